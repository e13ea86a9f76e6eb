package collect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

var update = flag.Bool("update", false, "write the labelled set anew")

// A labelled document says which others are its duplicates: those of the same group.
type labelled struct {
	Group string `json:"group"`
	// Edit is how the generator has made it: "original" is as its source published it.
	Edit     string    `json:"edit"`
	Title    string    `json:"title"`
	Text     string    `json:"text"`
	Language string    `json:"language"`
	URL      string    `json:"url"`
	At       time.Time `json:"at"`
}

func (l labelled) pending(seq int) store.PendingDocument {
	hash := store.ContentHash(l.Title, known(l.Text))
	return store.PendingDocument{
		ID: uuid.New(), Seq: int64(seq), Title: l.Title, Text: l.Text, Language: l.Language, URL: l.URL, ContentHash: hash, HappenedAt: l.At,
	}
}

// A labeller makes the labelled set of real texts: those of the captured feeds, edited as publishers edit what they take over,
// and others that look alike but are not: forms filled in with other facts.
type labeller struct {
	rng  *rand.Rand
	list []labelled
	site int
	// times is how many edits a copy has.
	times int
}

func (l *labeller) add(group, edit, title, text, language string, at time.Time) {
	l.site++
	l.list = append(l.list, labelled{
		Group: group, Edit: edit, Title: title, Text: text, Language: language,
		URL: fmt.Sprintf("https://site%d.example/%d", l.site%37, l.site), At: at,
	})
}

// publishedAnew is the title of two calls of which one is a year older and names other days and another city: they are no
// duplicates. No copies are made of them, for one shortened to what both say is a copy of either.
const publishedAnew = "GTAC Diversity Scholarship"

// publishedTwice are the captured texts that their feeds hold twice, found by reading.
var publishedTwice = map[string]string{
	"Wild Flavors All Year Round": "twice-flavors",
	"Studio,Upper flr in 1940s 6-plex,Hardwood, Backyard,Gas stove,Cat OK (oakland north / temescal) $1750 480ft2": "twice-studio",
}

// originals are the documents of the captures that have words enough.
func originals(t *testing.T) []store.Document {
	var list []store.Document
	for _, name := range []string{"guardian.rss", "heise.atom", "rss-1.rss", "uolNoticias.rss", "encoding.rss", "content-encoded.rss", "many-links.rss", "craigslist.rss", "gulp-atom.atom"} {
		b := mustCollect(t, "application/xml", file(t, name))
		list = append(list, b.Documents[:min(len(b.Documents), 40)]...)
	}
	return list
}

func labelledSet(t *testing.T) []labelled { return drawnSet(originals(t), 7, 1) }

// drawnSet draws a set of these documents in which every copy has been edited so many times.
func drawnSet(documents []store.Document, seed uint64, times int) []labelled {
	l := &labeller{rng: rand.New(rand.NewPCG(seed, 11)), times: times}
	start := time.Date(2026, time.November, 1, 6, 0, 0, 0, time.UTC)
	for i, d := range documents {
		text := ""
		if d.ContentText != nil {
			text, _ = truncate(*d.ContentText, 1800)
		}
		at := start.Add(time.Duration(i) * 17 * time.Minute)
		if d.PublishedAt != nil {
			at = *d.PublishedAt
		}
		group := fmt.Sprint("real-", i)
		for title, same := range publishedTwice {
			if d.Title == title {
				group = same
			}
		}
		l.add(group, "original", d.Title, text, d.Language, at)
		l.list[len(l.list)-1].URL = d.URL
		if n := len(strings.Fields(text)); n >= 35 && !strings.Contains(d.URL, "craigslist") && d.Title != publishedAnew {
			l.copies(group, d, text, at)
		}
	}
	l.forms(start)
	l.series(start)
	l.boilerplate(start)
	l.rng.Shuffle(len(l.list), func(i, j int) { l.list[i], l.list[j] = l.list[j], l.list[i] })
	return l.list
}

// copies are three edits of a text, each of them drawn.
func (l *labeller) copies(group string, d store.Document, text string, at time.Time) {
	edits := []string{"reordered", "shortened", "boilerplate", "numbers", "wording", "title", "typography", "same"}
	l.rng.Shuffle(len(edits), func(i, j int) { edits[i], edits[j] = edits[j], edits[i] })
	for i, edit := range edits[:3] {
		title, edited := l.edit(edit, d.Title, text)
		for n := 1; n < l.times; n++ {
			edit += ", " + edits[i+3*n%5]
			title, edited = l.edit(edits[i+3*n%5], title, edited)
		}
		l.add(group, edit, title, edited, d.Language, at.Add(time.Duration(l.rng.IntN(600))*time.Minute))
	}
}

func (l *labeller) edit(edit, title, text string) (string, string) {
	switch edit {
	case "reordered":
		parts := strings.SplitAfter(text, ". ")
		l.rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		return title, strings.Join(parts, " ")
	case "shortened":
		words := strings.Fields(text)
		return title, strings.Join(words[:max(28, len(words)*(35+l.rng.IntN(40))/100)], " ") + " … Continue reading"
	case "boilerplate":
		return title + " | " + siteNames[l.rng.IntN(len(siteNames))], l.frame(text)
	case "numbers":
		return l.newNumbers(title, 1), l.newNumbers(text, 3)
	case "wording":
		words := strings.Fields(text)
		for i := 11 + l.rng.IntN(15); i < len(words); i += 25 + l.rng.IntN(20) {
			words[i] = replacements[l.rng.IntN(len(replacements))]
		}
		return title, strings.Join(words, " ")
	case "title":
		return otherTitles[l.rng.IntN(len(otherTitles))], text
	case "typography":
		return strings.ToUpper(title), strings.NewReplacer("'", "’", " - ", " – ", `"`, "“", ". ", ".\n\n").Replace(text)
	}
	return title, text
}

// frame puts what a site writes above and below everything.
func (l *labeller) frame(text string) string {
	n := len(strings.Fields(text))
	frame := frames[l.rng.IntN(len(frames))]
	if n < 60 {
		frame = shortFrames[l.rng.IntN(len(shortFrames))]
	}
	return frame[0] + "\n" + text + "\n" + frame[1]
}

// newNumbers changes at most so many numbers of a text, as an update does.
func (l *labeller) newNumbers(text string, most int) string {
	words := strings.Fields(text)
	for i, word := range words {
		digits := strings.Trim(word, ".,;:%$€£()")
		if most > 0 && digits != "" && strings.Trim(digits, "0123456789") == "" {
			words[i] = strings.Replace(word, digits, fmt.Sprint(l.rng.IntN(900)+2), 1)
			most--
		}
	}
	return strings.Join(words, " ")
}

var siteNames = []string{"The Daily Example", "Beispiel-Zeitung", "News 24", "Tech Wire", "Ejemplo"}

var frames = [][2]string{
	{"Home > News > Latest", "Sign up to our newsletter to receive the best stories of the week in your inbox. By signing up you agree to our terms of service and privacy policy. All rights reserved."},
	{"Advertisement. Story continues below.", "This article was originally published elsewhere and is republished here under a Creative Commons licence. Read the original article. Follow us on Twitter, Facebook and Instagram for more."},
	{"Von unserer Redaktion", "Mehr zum Thema finden Sie in unserem Dossier. Abonnieren Sie unseren kostenlosen Newsletter. Wir freuen uns über Ihre Kommentare. Zur Startseite."},
	{"Share this: Facebook Twitter LinkedIn WhatsApp", "Copyright by the respective owner. No part may be reproduced without permission. Contact the newsroom with tips and corrections."},
}

var shortFrames = [][2]string{
	{"", "Read more"}, {"Latest news:", "Continue reading on our site"}, {"", "Zum vollständigen Artikel"}, {"Breaking", "Follow us on Twitter"},
}

var replacements = []string{"however", "reportedly", "also", "nearly", "major", "currently", "jedoch", "etwa", "derzeit", "possibly"}

// otherTitles stand for titles that are translated or made anew: none has to do with the text.
var otherTitles = []string{
	"Was hinter der Meldung des Tages steckt", "Lo que hay que saber esta mañana", "Ce que l'on sait ce soir", "Five things we learned",
	"Wie es jetzt weitergeht", "The story everybody is talking about", "Het nieuws van vandaag uitgelegd", "Cosa sappiamo finora",
}

var cities = []string{"Berlin", "Hamburg", "München", "Köln", "Frankfurt", "Stuttgart", "Leipzig", "Dresden", "Hannover", "Bremen", "Rostock", "Kiel"}

// forms are texts that differ in the facts that they fill in and in nothing else. None is a copy of another.
func (l *labeller) forms(start time.Time) {
	one := func(list []string) string { return list[l.rng.IntN(len(list))] }
	weekdays := []string{"Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"}
	skies := []string{"sonnig", "bewölkt", "regnerisch", "neblig", "wechselhaft"}
	winds := []string{"Nordwest", "Südost", "West", "Ost", "Nord"}
	companies := []string{"Alphatec", "Betasoft", "Gammacorp", "Deltaworks", "Epsilon Energy", "Zeta Motors", "Etapharm", "Thetabank", "Iotagen", "Kappa Foods"}
	roles := []string{"Software Engineer", "Nurse", "Accountant", "Truck Driver", "Electrician", "Sales Manager", "Data Analyst", "Welder", "Teacher", "Chef"}
	skills := []string{"Go and PostgreSQL", "patient care", "tax law", "long-distance routes", "high-voltage systems", "key accounts", "statistics and SQL", "MIG and TIG", "classroom work", "French cuisine"}
	places := []string{"Trona", "Ridgecrest", "Parkfield", "Borrego Springs", "Ocotillo Wells", "Westmorland", "Petrolia", "Cloverdale", "Searles Valley", "Cobb"}
	teams := []string{"Arsenal", "Chelsea", "Everton", "Fulham", "Brentford", "Burnley", "Wolves", "Leeds", "Brighton", "Spurs"}
	for i := range 14 {
		at := start.Add(time.Duration(i) * 24 * time.Hour)
		r := l.rng.IntN
		l.add(fmt.Sprint("weather-", i), "form", fmt.Sprintf("Wetter in %s am %s: %d Grad", cities[i%len(cities)], weekdays[i%7], 4+r(20)),
			fmt.Sprintf("In %s wird es am %s %s. Die Temperaturen steigen auf %d Grad, in der Nacht sinken sie auf %d Grad. Der Wind weht mit %d Kilometern pro Stunde aus %s. "+
				"Die Wahrscheinlichkeit für Niederschlag liegt bei %d Prozent. Die Sonne geht um %d:%02d Uhr auf und um %d:%02d Uhr unter. Der UV-Index beträgt %d.",
				cities[i%len(cities)], weekdays[i%7], one(skies), 10+r(20), r(10), 5+r(50), one(winds), r(100), 5+r(3), r(60), 16+r(5), r(60), 1+r(8)), "de", at)
		c := companies[i%len(companies)]
		l.add(fmt.Sprint("stock-", i), "form", fmt.Sprintf("%s shares %s %d.%d%%: what investors should know", c, one([]string{"rise", "fall", "jump", "drop"}), 1+r(9), r(10)),
			fmt.Sprintf("Shares of %s closed at $%d.%02d on %s, a change of %d.%d%% on the day. The trading volume was %d million shares, compared with a 50-day average of %d million. "+
				"Over the past twelve months %s has returned %d%%, while the index gained %d%%. The company has a market value of $%d billion and trades at %d times expected earnings. "+
				"Analysts have an average target price of $%d. This report was generated automatically and is no investment advice.",
				c, 20+r(300), r(100), one([]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}), r(9), r(10), 1+r(60), 1+r(60), c, r(80), r(30), 1+r(400), 8+r(30), 20+r(400)), "en", at)
		if i < len(roles) {
			l.add(fmt.Sprint("job-", i), "form", fmt.Sprintf("%s (m/f/d) in %s", roles[i], cities[i]),
				fmt.Sprintf("We are looking for a %s to join our team in %s. You have at least %d years of experience as a %s and solid knowledge of %s. We offer a competitive salary from %d,000 euros, "+
					"30 days of holiday, flexible hours, a company pension and a modern workplace. We are an equal opportunity employer and welcome applications from all qualified people "+
					"regardless of origin, religion, gender, age or disability. Please send your application with your earliest starting date to jobs@example.com.",
					roles[i], cities[i], 1+r(8), roles[i], skills[i], 30+r(60)), "en", at)
			l.add(fmt.Sprint("quake-", i), "form", fmt.Sprintf("Magnitude %d.%d earthquake reported near %s", 2+r(3), r(10), places[i]),
				fmt.Sprintf("A magnitude %d.%d earthquake was reported %s at %d:%02d a.m. Pacific time %d miles from %s, according to the U.S. Geological Survey. The earthquake occurred %d miles from %s. "+
					"In the last ten days, there have been %d earthquakes of magnitude 3.0 or greater centered nearby. The earthquake occurred at a depth of %d.%d miles. Did you feel this earthquake? Consider reporting what you felt.",
					2+r(3), r(10), one([]string{"Monday", "Tuesday", "Friday"}), 1+r(11), r(60), 2+r(40), places[i], 2+r(40), places[(i+3)%len(places)], r(9), r(12), r(10)), "en", at)
			a, b := teams[i], teams[(i+3)%len(teams)]
			l.add(fmt.Sprint("match-", i), "form", fmt.Sprintf("%s %d-%d %s: match report", a, r(5), r(5), b),
				fmt.Sprintf("%s met %s on matchday %d in front of %d,%03d spectators. The first goal fell in minute %d. At half time it stood %d-%d. %s had %d%% possession and %d shots on target, %s had %d. "+
					"The referee showed %d yellow cards. Tables, fixtures and live scores of all leagues are on our sports pages.", a, b, 1+r(38), 10+r(60), r(1000), 1+r(45), r(3), r(3), a, 30+r(40), r(12), b, r(12), r(7)), "en", at)
			l.add(fmt.Sprint("release-", i), "form", fmt.Sprintf("Release v2.%d.%d", i, r(9)), fmt.Sprintf("Version 2.%d.%d is out. It fixes %d bugs, see the changelog. Update with npm install.", i, r(9), 1+r(40)), "en", at)
		}
	}
}

// series are columns whose name returns, with little or no text.
func (l *labeller) series(start time.Time) {
	for i := range 8 {
		at := start.Add(time.Duration(i) * 7 * 24 * time.Hour)
		l.add(fmt.Sprint("thread-", i), "series", "Open thread for the weekend: what are you reading", "", "en", at)
		l.add(fmt.Sprint("weather-title-", i), "series", "Weather", "", "en", start.Add(time.Duration(i)*time.Hour))
		l.add(fmt.Sprint("empty-", i), "series", fmt.Sprintf("Short note about %s and its %s", cities[i], frames[i%4][0]), "", "de", at)
		l.add(fmt.Sprint("crossword-", i), "series", fmt.Sprintf("Cryptic crossword No %d", 27300+i), fmt.Sprintf("Set by the usual setter. Puzzle number %d of our daily series. Solutions appear tomorrow.", 27300+i), "en", at)
		// The same news under one title from two publishers is a copy, whatever little it says.
		title := fmt.Sprintf("%s council approves the new bridge near %s after long debate", cities[i], cities[i+2])
		l.add(fmt.Sprint("title-", i), "title only", title, "", "en", at)
		l.add(fmt.Sprint("title-", i), "title only", title, "", "en", at.Add(5*time.Hour))
	}
}

// boilerplate are short texts of their own above what a site writes below everything, and texts that quote the same speech.
func (l *labeller) boilerplate(start time.Time) {
	long := frames[0][1] + " " + frames[1][1] + " " + frames[3][1]
	quote := "\"We will not rest until every household in this country has a warm home, a secure job and a doctor within reach, and we will be measured by that promise alone,\" the minister said."
	for i, text := range []string{
		"The harbour of Kiel stays closed until the divers have found the cause of the oil slick, its director said after the morning tide.",
		"A bakery in Lyon won the national prize for its rye bread and will send forty loaves to the president's breakfast table.",
		"Two otters were seen in the canal below the old mill, the first since the factory upstream closed its gates long ago.",
		"The city library lends out telescopes from next month; who borrows one has to pass a short course on the roof terrace.",
		"Firefighters rescued a pianist from a lift after nine hours; she had hummed the whole programme of the evening to stay calm.",
		"Beekeepers in the valley ask drivers to slow down between noon and three, when the young queens leave their hives.",
	} {
		at := start.Add(time.Duration(i) * time.Hour)
		title := strings.Join(strings.Fields(text)[:8], " ")
		l.add(fmt.Sprint("below-", i), "boilerplate alone", title, text+"\n"+long, "en", at)
		l.add(fmt.Sprint("quote-", i), "quotes the same", "Reaction: "+title, text+" "+quote+" Asked about it, people in the street of "+cities[i]+" shrugged and talked about "+strings.Join(strings.Fields(text)[9:15], " ")+" instead.", "en", at)
	}
}

const labelledFile = "testdata/duplicates.jsonl"

func readLabelled(t testing.TB) []labelled {
	t.Helper()
	b, err := os.ReadFile(labelledFile)
	require.NoError(t, err)
	var list []labelled
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l labelled
		require.NoError(t, json.Unmarshal(lines.Bytes(), &l))
		list = append(list, l)
	}
	require.NoError(t, lines.Err())
	return list
}

func TestLabelledSetIsWhatItsGeneratorMakes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	for _, l := range labelledSet(t) {
		line, err := json.Marshal(l)
		require.NoError(t, err)
		b.Write(append(line, '\n'))
	}
	if *update {
		require.NoError(t, os.WriteFile(labelledFile, b.Bytes(), 0o600))
	}
	kept, err := os.ReadFile(labelledFile)
	require.NoError(t, err)
	require.True(t, bytes.Equal(b.Bytes(), kept), "run with -update")
}

// An index is what the database is in earnest.
type index map[int64][]int64

func (x index) holders(key int64) ([]int64, bool) { return x[key], len(x[key]) > 16 }

func TestDuplicatesPrecisionAndRecall(t *testing.T) {
	t.Parallel()
	list := readLabelled(t)
	found := judge(list, t.Logf)
	t.Logf("%d documents, %d pairs; precision %.4f, recall %.4f", len(list), found.right+found.missed, found.precision(), found.recall())
	require.GreaterOrEqual(t, found.precision(), 0.95)
	require.GreaterOrEqual(t, found.recall(), 0.95)
}

// A tally counts pairs of duplicates.
type tally struct{ right, falsely, missed int }

func (c *tally) add(o tally) {
	c.right, c.falsely, c.missed = c.right+o.right, c.falsely+o.falsely, c.missed+o.missed
}

// precision is which share of those found is right, recall which share of the right ones is found.
func (c *tally) precision() float64 { return share(c.right, c.right+c.falsely) }
func (c *tally) recall() float64    { return share(c.right, c.right+c.missed) }

// judge finds the duplicates of a set. It logs the wrong ones and those that are missing.
func judge(list []labelled, logf func(string, ...any)) (pairs tally) {
	found := index{}
	texts := make([]Text, len(list))
	parent := make([]int, len(list))
	root := func(i int) int {
		for parent[i] != i {
			i = parent[i]
		}
		return i
	}
	for i, l := range list {
		parent[i] = i
		texts[i] = Prepare(l.pending(i))
		for _, c := range DuplicateCandidates(texts[i].Sketch, found.holders) {
			m := Compare(&texts[i], &texts[c.Seq])
			if m.Kind == "" {
				continue
			}
			if o := list[c.Seq]; o.Group != l.Group {
				logf("wrong: %.2f %s/%s %q = %s/%s %q", m.Similarity, l.Group, l.Edit, l.Title, o.Group, o.Edit, o.Title)
			}
			parent[root(i)] = root(int(c.Seq))
		}
		for _, hash := range texts[i].Sketch {
			found[hash] = append(found[hash], int64(i))
		}
	}
	for i := range list {
		for j := range i {
			same, joined := list[i].Group == list[j].Group, root(i) == root(j)
			switch {
			case same && joined:
				pairs.right++
			case joined:
				pairs.falsely++
			case same:
				pairs.missed++
				logf("missed: %s %s | %s %q", list[i].Group, list[i].Edit, list[j].Edit, list[i].Title)
			}
		}
	}
	return pairs
}

// Sets that nothing was tuned on, drawn by other seeds, in which every copy has been edited twice.
func TestOtherDrawsPrecisionAndRecall(t *testing.T) {
	t.Parallel()
	var all tally
	documents := originals(t)
	for seed := range uint64(4) {
		all.add(judge(drawnSet(documents, 100+seed, 2), t.Logf))
	}
	t.Logf("%d pairs; precision %.4f, recall %.4f", all.right+all.missed, all.precision(), all.recall())
	require.GreaterOrEqual(t, all.precision(), 0.95)
	require.GreaterOrEqual(t, all.recall(), 0.95)
}
