package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// benchWorld is the made-up world that the million rows are drawn from: a few big and many small
// domains, each at home in one language and a few markets; collections that belong to domains; a
// vocabulary per language in which few words are everywhere and most are rare.
type benchWorld struct {
	now         time.Time
	rows        int
	domains     []benchDomain
	domainShare []float64
	collections []benchCollection
	shares      []float64
	words       map[string][]string
}

type benchDomain struct {
	name, language string
	markets        []string
}

type benchCollection struct {
	id         uuid.UUID
	domain     benchDomain
	market     string
	language   string
	sourceName string
}

// plantedWords occur in a known share of all rows, whatever the language.
var plantedWords = []struct {
	word  string
	share float64
}{
	{"solar", 0.30}, {"sensor", 0.30}, {"energy", 0.25}, {"budget", 0.10}, {"lighting", 0.05}, {"quantum", 0.01}, {"zeppelin", 0.001},
}

// rareWord is in three rows; oldWord is in a third of the oldest fifth and nowhere else; the two words of
// plantedPhrase stand next to each other in one row of fifty.
const (
	rareWord      = "xylographic"
	oldWord       = "pandemic"
	plantedPhrase = "smart building"
)

// benchSpan is how far back the rows reach.
const benchSpan = 3 * 365 * 24 * time.Hour

var (
	benchLanguages = []struct {
		tag     string
		share   float64
		markets []string
	}{
		{"en", 0.45, []string{"us", "gb", "ca", "au"}},
		{"de", 0.25, []string{"de", "at", "ch"}},
		{"fr", 0.10, []string{"fr", "be", "ch"}},
		{"es", 0.10, []string{"es", "mx"}},
		{"it", 0.06, []string{"it", "ch"}},
		{"nl", 0.04, []string{"nl", "be"}},
	}
	benchSyllables = map[string][]string{
		"en": {"ing", "ment", "ther", "con", "ver", "tion", "sta", "pro", "lo", "ck", "ea", "rd", "wind", "for", "ly"},
		"de": {"ung", "sch", "heit", "ver", "gen", "lich", "haus", "bau", "ste", "ö", "werk", "keit", "auf", "ein", "strö"},
		"fr": {"eau", "tion", "ment", "é", "ré", "con", "eur", "oi", "gne", "par", "elle", "vou", "ant", "lè", "ser"},
		"es": {"ción", "dad", "ar", "ero", "mos", "ña", "que", "lla", "tra", "con", "ado", "ien", "pe", "ri", "sos"},
		"it": {"zione", "mente", "are", "gli", "che", "sco", "pre", "tà", "ella", "ino", "con", "ra", "vi", "mo", "tto"},
		"nl": {"ij", "heid", "oor", "ge", "lijk", "sch", "aan", "ver", "ing", "uit", "eer", "bo", "den", "ste", "oe"},
	}
)

func newBenchWorld(rows int, now time.Time) *benchWorld {
	rng := rand.New(rand.NewPCG(1, 2))
	w := &benchWorld{now: now.UTC().Truncate(time.Second), rows: rows, words: map[string][]string{}}
	for _, l := range benchLanguages {
		w.words[l.tag] = benchVocabulary(rng, benchSyllables[l.tag], 20_000)
	}
	for i := range 200 {
		l := benchLanguages[0]
		pick := rng.Float64()
		for _, l = range benchLanguages {
			if pick -= l.share; pick < 0 {
				break
			}
		}
		home := rng.IntN(len(l.markets))
		markets := slices.Concat(l.markets[home:], l.markets[:home])
		w.domains = append(w.domains, benchDomain{name: fmt.Sprintf("domain-%03d", i), language: l.tag, markets: markets})
	}
	w.domainShare = zipfShares(len(w.domains), 0.9)
	for i := range 2000 {
		d := w.domains[pickShare(rng, w.domainShare)]
		c := benchCollection{id: benchID(rng, now.Add(-benchSpan)), domain: d, market: pickMarket(rng, d), language: d.language}
		if rng.Float64() < 0.05 {
			c.language = "en"
		}
		c.sourceName = fmt.Sprintf("news%d.example", i*3/4)
		w.collections = append(w.collections, c)
	}
	w.shares = zipfShares(len(w.collections), 0.7)
	return w
}

func benchVocabulary(rng *rand.Rand, syllables []string, n int) []string {
	seen := map[string]bool{}
	var words []string
	for len(words) < n {
		var word strings.Builder
		for range 2 + rng.IntN(3) {
			word.WriteString(syllables[rng.IntN(len(syllables))])
		}
		if !seen[word.String()] {
			seen[word.String()] = true
			words = append(words, word.String())
		}
	}
	return words
}

// zipfShares are running sums of 1/rank^s, scaled to end in 1.
func zipfShares(n int, s float64) []float64 {
	shares := make([]float64, n)
	sum := 0.0
	for i := range shares {
		sum += math.Pow(float64(i+1), -s)
		shares[i] = sum
	}
	for i := range shares {
		shares[i] /= sum
	}
	return shares
}

func pickShare(rng *rand.Rand, shares []float64) int {
	i, _ := slices.BinarySearch(shares, rng.Float64())
	return min(i, len(shares)-1)
}

func pickMarket(rng *rand.Rand, d benchDomain) string {
	if rng.Float64() < 0.7 {
		return d.markets[0]
	}
	return d.markets[rng.IntN(len(d.markets))]
}

// benchID is a version 7 UUID of that moment.
func benchID(rng *rand.Rand, at time.Time) uuid.UUID {
	var id uuid.UUID
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	for i := 6; i < 16; i++ {
		id[i] = byte(rng.Uint32())
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// arrival is when row i came: more of late than at first.
func (w *benchWorld) arrival(rng *rand.Rand, i int) time.Time {
	age := 1 - math.Sqrt((float64(i)+rng.Float64())/float64(w.rows))
	return w.now.Add(-time.Duration(age * float64(benchSpan))).Truncate(time.Microsecond)
}

// text makes running text of about n characters. The first word of a vocabulary is about every
// twelfth word, the thousandth about one in ten thousand.
func (w *benchWorld) text(rng *rand.Rand, row int, language string, n int) string {
	words := w.words[language]
	var text strings.Builder
	for i := 0; text.Len() < n; i++ {
		if i > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(words[int(math.Exp(rng.Float64()*math.Log(float64(len(words)))))-1])
		if i%12 == 11 {
			text.WriteByte('.')
		}
	}
	return text.String()
}

// planted are the words of known frequency that row has.
func (w *benchWorld) planted(rng *rand.Rand, row int) []string {
	var words []string
	for _, p := range plantedWords {
		if rng.Float64() < p.share {
			words = append(words, p.word)
		}
	}
	if rng.Float64() < 0.02 {
		words = append(words, plantedPhrase)
	}
	if row < w.rows/5 && rng.Float64() < 0.33 {
		words = append(words, oldWord)
	}
	if row == w.rows/4 || row == w.rows/2 || row == w.rows-w.rows/4 {
		words = append(words, rareWord)
	}
	rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return words
}

// mix puts some of the planted words into the title and the rest into the body.
func mix(rng *rand.Rand, title, body string, planted []string) (string, string) {
	for _, word := range planted {
		if rng.Float64() < 0.15 {
			title = word + " " + title
			continue
		}
		from := rng.IntN(len(body))
		at := from + strings.IndexByte(body[from:], ' ')
		if at < from {
			body += " " + word
			continue
		}
		body = body[:at] + " " + word + body[at:]
	}
	return title, body
}

var benchTopicColumns = []string{
	"id", "title", "title_key", "description", "source", "discovered_at", "domain", "market", "language",
	"engagement_score", "trending_score", "priority", "status", "research_report", "word_count", "content_score", "created_at", "updated_at", "score", "score_profile",
}

func (w *benchWorld) topic(i int) []any {
	rng := rand.New(rand.NewPCG(3, uint64(i)))
	d := w.domains[pickShare(rng, w.domainShare)]
	language := d.language
	if rng.Float64() < 0.05 {
		language = "en"
	}
	at := w.arrival(rng, i)
	updated := at.Add(time.Duration(rng.ExpFloat64() * float64(20*24*time.Hour)))
	if updated.After(w.now) {
		updated = w.now
	}
	body := w.text(rng, i, language, 300+int(2700*math.Pow(rng.Float64(), 2)))
	title, body := mix(rng, w.text(rng, i, language, 30+rng.IntN(50)), body, w.planted(rng, i))
	title = fmt.Sprintf("%s %d", title, i)
	cut := min(len(body), 250)
	for cut < len(body) && body[cut] != ' ' {
		cut++
	}
	var report *string
	var words *int
	status := topicStatus(rng, float64(i)/float64(w.rows))
	if cut < len(body) {
		rest := body[cut:]
		n := len(strings.Fields(rest))
		report, words = &rest, &n
	}
	priority := []int{5, 5, 5, 5, 4, 6, 3, 7, 8, 2}[rng.IntN(10)]
	if rng.Float64() < 0.02 {
		priority = []int{1, 9, 9, 10}[rng.IntN(4)]
	}
	var score *float64
	var profile *string
	if rng.Float64() < 0.8 {
		score, profile = new(rng.Float64()), new("burst@1")
	}
	return []any{
		benchID(rng, at), title, strings.ToLower(title), body[:cut],
		[]string{"rss", "trends", "manual", "news", "reddit", "autocomplete", "competitor"}[pickShare(rng, []float64{.6, .75, .87, .94, .98, .999, 1})],
		at, d.name, pickMarket(rng, d), language, rng.IntN(1000), rng.Float64(), priority, status, report, words, rng.Float64() * 100, at, updated, score, profile,
	}
}

func topicStatus(rng *rand.Rand, age float64) string {
	statuses := []string{"discovered", "validated", "researched", "drafted", "published", "archived"}
	switch {
	case age > 0.9:
		return statuses[pickShare(rng, []float64{.8, .9, .95, .98, 1, 1})]
	case age > 0.7:
		return statuses[pickShare(rng, []float64{.3, .5, .65, .75, .98, 1})]
	}
	return statuses[pickShare(rng, []float64{.02, .04, .06, .08, .40, 1})]
}

var benchDocumentColumns = []string{
	"id", "collection_id", "title", "content", "content_text", "summary", "url", "canonical_url", "canonical_url_hash",
	"source", "source_name", "domain", "market", "language", "content_hash", "published_at", "fetched_at", "author", "status", "created_at", "updated_at",
}

func (w *benchWorld) document(i int) []any {
	rng := rand.New(rand.NewPCG(4, uint64(i)))
	c := w.collections[pickShare(rng, w.shares)]
	at := w.arrival(rng, i)
	var published *time.Time
	if rng.Float64() > 0.02 {
		age := time.Duration(rng.ExpFloat64() * float64(24*time.Hour))
		if rng.Float64() < 0.05 {
			age = time.Duration(rng.Float64() * float64(2*365*24*time.Hour))
		}
		p := at.Add(-age).Truncate(time.Second)
		published = &p
	}
	body := w.text(rng, i, c.language, 300+int(2700*math.Pow(rng.Float64(), 2)))
	title, body := mix(rng, w.text(rng, i, c.language, 30+rng.IntN(50)), body, w.planted(rng, i))
	cut := min(len(body), 200)
	for cut < len(body) && body[cut] != ' ' {
		cut++
	}
	url := fmt.Sprintf("https://%s/articles/%d", c.sourceName, i)
	urlHash, hash := sha256.Sum256([]byte(url)), sha256.Sum256([]byte(title+body))
	status := "processed"
	if pick := rng.Float64(); pick < 0.08 {
		status = "rejected"
	}
	if float64(i) > float64(w.rows)*0.97 && rng.Float64() < 0.8 {
		status = "new"
	}
	return []any{
		benchID(rng, at), c.id, title, "<p>" + body + "</p>", body, body[:cut], url, url, urlHash[:], "rss", c.sourceName,
		c.domain.name, c.market, c.language, hex.EncodeToString(hash[:]), published, at, "Erika Mustermann", status, at, at,
	}
}
