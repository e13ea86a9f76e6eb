package annotate

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/content-creator/content-creator-api/store"
)

const (
	// MaxKeyphrases is how many phrases of a document are kept.
	MaxKeyphrases = 12
	// fewKeyphrases are kept whatever they score, others from minScore on.
	fewKeyphrases, minScore = 5, 0.2
	// maxPhrase is how many words a phrase has at most.
	maxPhrase = 3
	// onceOnly is how much worse a phrase of several words scores that stands neither twice nor in the title.
	onceOnly = 4
)

// A term is a word in all its forms.
type term struct {
	stem string
	// count and capitals: how often it stands there, and with a capital where that tells something.
	count, capitals, shouts int
	// sentences are the numbers of those that have it, each once.
	sentences   []int
	left, right map[string]int
	weight      float64
}

// A candidate is a phrase in all its forms.
type candidate struct {
	stems  []string
	count  int
	forms  map[string]int
	first  int
	weight float64
	// titled: it stands in the title.
	titled bool
	// entity: it is one of the entities.
	entity bool
	// proper: it stands somewhere with all its words capitalised.
	proper bool
}

// A phraseReader weighs the words and phrases of a text.
type phraseReader struct {
	*text
	stop  map[string]bool
	stems []string // by word; "" is a stop word or no word
	// spans are the entities that words belong to.
	spans      []*mention
	terms      map[string]*term
	candidates map[string]*candidate
	order      []string
}

// keyphrases are the phrases of one to three words that tell what a text is about, the best first.
//
// The weight of a word is YAKE's (Campos et al., "YAKE! Keyword extraction from single documents using multiple local
// features", Information Sciences 509, 2020), the lower the better:
//
//	S(w) = T_rel · T_pos / (T_case + T_freq/T_rel + T_sentence/T_rel)
//
// with T_pos = ln(3 + the median of its sentences' numbers), T_freq its count over the mean and standard deviation of all counts,
// T_rel from how many different words are its neighbours, T_case from how often it has a capital within a sentence (in German,
// where that tells nothing, only from acronyms), T_sentence the share of sentences that have it. A phrase of n words weighs
//
//	S(p) = L(n) · (Π S(w))^(1/n) / count
//
// with L = 1, 0.6, 0.55 (YAKE's own product prefers single words of short texts), four times that where it stands neither twice nor
// in the title nor is a name, and scores 1/(1+S(p)). Forms of a word count together, by their stems. Phrases do not
// begin or end with a stop word, and contain no punctuation, nor a part of a name
// without the rest of it, nor a date or amount. Where words have no spaces between them, two to six characters
// that stand together more than once are a phrase.
func keyphrases(t *text, mentions []mention) []store.Keyword {
	r := &phraseReader{
		text: t, stop: stopWords(t.language), stems: make([]string, len(t.words)), spans: make([]*mention, len(t.words)),
		terms: map[string]*term{}, candidates: map[string]*candidate{},
	}
	for n := range mentions {
		for i := mentions[n].from; i < mentions[n].to; i++ {
			r.spans[i] = &mentions[n]
		}
	}
	r.readTerms()
	r.weigh()
	for i := range r.words {
		r.phrasesFrom(i)
	}
	r.unspacedPhrases()
	return r.best()
}

// readTerms counts words and their neighbours.
func (r *phraseReader) readTerms() {
	stemmer := newStemmer(r.language)
	for i := range r.words {
		w := &r.words[i]
		if r.tells(i) {
			r.stems[i] = stemmer.of(w.lower)
		}
	}
	for i, stem := range r.stems {
		if stem == "" {
			continue
		}
		w := &r.words[i]
		t := r.terms[stem]
		if t == nil {
			t = &term{stem: stem, left: map[string]int{}, right: map[string]int{}}
			r.terms[stem] = t
		}
		t.count++
		if w.shout {
			t.shouts++
		}
		if w.capital && !w.first && r.language != "de" {
			t.capitals++
		}
		if n := len(t.sentences); n == 0 || t.sentences[n-1] != w.sentence {
			t.sentences = append(t.sentences, w.sentence)
		}
		if i > 0 && r.joined(i) {
			t.left[r.words[i-1].lower]++
		}
		if r.joined(i + 1) {
			t.right[r.words[i+1].lower]++
		}
	}
}

// tells: a word tells something of the text.
func (r *phraseReader) tells(i int) bool {
	w, m := &r.words[i], r.spans[i]
	dated := m != nil && (m.kind == Date || m.kind == Amount)
	return !dated && w.class == letters && w.usable() && !r.isStop(w) && !r.inAddress(i)
}

// inAddress: a word is a part of an address or an identifier, as in example.com.
func (r *phraseReader) inAddress(i int) bool {
	glued := func(i int) bool {
		if i == 0 || i == len(r.words) {
			return false
		}
		switch r.words[i].gap {
		case ".", "@", "://", "_", "=", "/", "#", "\\":
			return r.words[i].gap != "/" || i > 1 && r.words[i-1].gap == "."
		}
		return false
	}
	return glued(i) || glued(i+1)
}

// isStop: a stop word, or too short to tell anything.
func (r *phraseReader) isStop(w *word) bool {
	if r.stop[w.lower] || legalForms[w.text] {
		return true
	}
	n := utf8.RuneCountInString(w.text)
	short := n < 3
	if r.stop == nil {
		short = n < 4
	}
	return short && !w.shout && !strings.ContainsAny(w.text, "+#0123456789")
}

// weigh gives every word its weight.
func (r *phraseReader) weigh() {
	if len(r.terms) == 0 {
		return
	}
	sum, squares, most := 0.0, 0.0, 0.0
	for _, t := range r.terms {
		n := float64(t.count)
		sum, squares, most = sum+n, squares+n*n, max(most, n)
	}
	mean := sum / float64(len(r.terms))
	deviation := math.Sqrt(max(squares/float64(len(r.terms))-mean*mean, 0))
	for _, t := range r.terms {
		n := float64(t.count)
		casing := float64(max(t.capitals, t.shouts)) / (1 + math.Log(n))
		frequency := n / (mean + deviation)
		related := 1 + (diversity(t.left)+diversity(t.right))*n/most
		position := math.Log(3 + median(t.sentences))
		spread := float64(len(t.sentences)) / float64(r.sentences)
		t.weight = related * position / (casing + frequency/related + spread/related)
	}
}

// diversity is how many different neighbours there are, of all.
func diversity(neighbours map[string]int) float64 {
	total := 0
	for _, n := range neighbours {
		total += n
	}
	if total == 0 {
		return 0
	}
	return float64(len(neighbours)) / float64(total)
}

func median(sorted []int) float64 {
	n := len(sorted)
	return float64(sorted[(n-1)/2]+sorted[n/2]) / 2
}

// phrasesFrom adds the phrases that begin at a word.
func (r *phraseReader) phrasesFrom(i int) {
	var stems []string
	for n := 0; n < maxPhrase && i+n < len(r.words); n++ {
		w := &r.words[i+n]
		if n > 0 && (!r.joined(i+n) || w.sentence != r.words[i].sentence) {
			return
		}
		stem := r.stems[i+n]
		// A version belongs to its name: iPhone 17.
		if stem == "" && w.class == number && n > 0 && r.spans[i+n] != nil && r.spans[i+n].kind == Product {
			stem = w.text
		}
		if stem == "" {
			return
		}
		if stems = append(stems, stem); r.fits(i, i+n) {
			r.add(i, i+n, stems)
		}
	}
}

// fits: in German a phrase ends with a noun, and nouns have a capital.
func (r *phraseReader) fits(from, to int) bool {
	if !r.wholeNames(from, to) {
		return false
	}
	last := &r.words[to]
	if last.class != letters && last.class != number || last.class == number && from == to {
		return false
	}
	return r.language != "de" || last.class == number || last.capital && (from != to || !last.first || r.hasCapital(to))
}

// wholeNames: a phrase is a name, or has none in it but those of places.
func (r *phraseReader) wholeNames(from, to int) bool {
	for i := from; i <= to; i++ {
		m := r.spans[i]
		if m == nil || r.words[i].class == unspaced {
			continue
		}
		exact := m.from == from && m.to == to+1
		if !exact && (m.kind != Place || m.from < from || m.to > to+1) {
			return false
		}
	}
	return true
}

// hasCapital: the word stands with a capital within a sentence as well, or twice, or in the title.
func (r *phraseReader) hasCapital(i int) bool {
	t := r.terms[r.stems[i]]
	return t.count > 1 || r.words[i].sentence == 0
}

func (r *phraseReader) add(from, to int, stems []string) {
	key := strings.Join(stems, " ")
	c := r.candidates[key]
	if c == nil {
		c = &candidate{stems: slices.Clone(stems), forms: map[string]int{}, first: from}
		r.candidates[key] = c
		r.order = append(r.order, key)
	}
	c.count++
	c.titled = c.titled || r.words[from].sentence == 0
	if m := r.spans[from]; m != nil && m.from == from && m.to == to+1 {
		c.entity = true
	}
	proper := true
	for i := from; i <= to; i++ {
		proper = proper && (r.words[i].capital || r.words[i].class == number)
	}
	c.proper = c.proper || proper && r.language != "de"
	c.forms[strings.Join(strings.Fields(r.raw[r.words[from].at:r.words[to].end]), " ")]++
}

// best are the phrases with the lowest weights.
func (r *phraseReader) best() []store.Keyword {
	all := make([]*candidate, 0, len(r.order))
	for _, key := range r.order {
		c := r.candidates[key]
		if c.weight == 0 {
			c.weight = r.weightOf(c)
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(a.weight, b.weight), cmp.Compare(a.first, b.first))
	})
	var kept []*candidate
	for _, c := range all {
		if len(kept) == MaxKeyphrases || len(kept) >= fewKeyphrases && 1/(1+c.weight) < minScore {
			break
		}
		kept = keep(kept, c)
	}
	list := make([]store.Keyword, len(kept))
	for i, c := range kept {
		list[i] = store.Keyword{Text: c.form(), Score: math.Round(1e4/(1+c.weight)) / 1e4, Count: c.count}
		if !c.entity {
			list[i].Key = strings.Join(c.stems, " ")
		}
	}
	return list
}

// lengthFactors make longer phrases, which tell more, count for more.
var lengthFactors = [maxPhrase + 1]float64{1, 1, 0.6, 0.55}

func (r *phraseReader) weightOf(c *candidate) float64 {
	product, n := 1.0, 0
	for _, stem := range c.stems {
		if t := r.terms[stem]; t != nil {
			product *= t.weight
			n++
		}
	}
	weight := lengthFactors[len(c.stems)] * math.Pow(product, 1/float64(n)) / float64(c.count)
	if len(c.stems) > 1 && c.count == 1 && !c.titled && !c.proper {
		weight *= onceOnly
	}
	return weight
}

// keep adds a phrase. A part of one that is there is left out unless it stands elsewhere, too; a longer one takes the place of
// its parts that mostly stand in it.
func keep(kept []*candidate, c *candidate) []*candidate {
	part := func(k *candidate) bool { return contains(c.stems, k.stems) }
	switch {
	case slices.ContainsFunc(kept, func(k *candidate) bool { return contains(k.stems, c.stems) && c.count < 2*k.count }):
		return kept
	case !slices.ContainsFunc(kept, part):
		return append(kept, c)
	}
	mostly := func(k *candidate) bool {
		return part(k) && 2*c.count > k.count && (c.count > 1 || c.titled || c.proper)
	}
	first := slices.IndexFunc(kept, mostly)
	if first < 0 {
		return kept
	}
	// It scores at least as well as what it replaces.
	c.weight = min(c.weight, kept[first].weight)
	kept[first] = c
	return slices.DeleteFunc(kept, func(k *candidate) bool { return k != c && mostly(k) })
}

// contains: the words of b stand in a, one behind the other.
func contains(a, b []string) bool {
	for i := 0; i+len(b) <= len(a); i++ {
		if slices.Equal(a[i:i+len(b)], b) {
			return true
		}
	}
	return false
}

// form is the one that stands there most often, of equals the first in order.
func (c *candidate) form() string {
	best := ""
	for form, n := range c.forms {
		if n > c.forms[best] || n == c.forms[best] && form < best {
			best = form
		}
	}
	return best
}

// particlesOfCJK are characters that words seldom contain, and that separate them.
const particlesOfCJK = "的了是在和与與及或也都就不有这這那我你他她它们們将將被把从從对對为為以于於上下中后後前年月日时時个個等而但并並の"

// maxRun is how many characters of one run without a space are looked at.
const maxRun = 200

// unspacedPhrases finds what stands together more than once, and in the title also once, where no spaces tell words apart.
func (r *phraseReader) unspacedPhrases() {
	found := map[string]*candidate{}
	var order []string
	runs := 0
	for i := range r.words {
		w := &r.words[i]
		if w.class != unspaced {
			continue
		}
		for _, run := range unspacedRuns(w.text) {
			runs++
			for from := range run {
				for n := 2; n <= 6 && from+n <= len(run); n++ {
					text := string(run[from : from+n])
					c := found[text]
					if c == nil {
						c = &candidate{stems: strings.Split(text, ""), forms: map[string]int{text: 1}, first: i}
						found[text] = c
						order = append(order, text)
					}
					c.count++
					c.titled = c.titled || w.sentence == 0 && n == len(run)
				}
			}
		}
	}
	for _, text := range order {
		c := found[text]
		if c.count < 2 && !c.titled {
			continue
		}
		// Longer and more frequent is better; the same measure of position as for words.
		c.weight = math.Log(3+float64(r.words[c.first].sentence)) / (float64(c.count) * float64(len(c.stems)))
		r.candidates[text] = c
		r.order = append(r.order, text)
	}
}

// unspacedRuns are the parts of a run between particles, and between scripts: kanji, katakana. Hiragana are mostly particles.
func unspacedRuns(s string) [][]rune {
	var runs [][]rune
	var run []rune
	script := 0
	flush := func() {
		if len(run) > 1 {
			runs = append(runs, run)
		}
		run = nil
	}
	for i, r := range []rune(s) {
		if i == maxRun {
			break
		}
		now := 0
		switch {
		case strings.ContainsRune(particlesOfCJK, r) || unicode.Is(unicode.Hiragana, r):
			flush()
			continue
		case unicode.Is(unicode.Katakana, r) || r == 'ー':
			now = 1
		case unicode.Is(unicode.Han, r):
			now = 2
		}
		if now != script {
			flush()
		}
		run, script = append(run, r), now
	}
	flush()
	return runs
}
