package collect

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/store"
)

// How near-duplicates are found.
//
// A text becomes its shingles: every three words in a row, or every two where it is short. Of their
// hashes the smallest are its sketch: a sample that two texts draw alike, because both draw by the
// same hash, so that copies share most of it and a text that holds a third of another still shares
// about a third (Broder, "On the resemblance and containment of documents", 1997, where it is the set
// s of the smallest elements). An index from hash to document then names the candidates. A banded MinHash would
// need as many rows in that index, and would miss what was shortened: its containment is high and its Jaccard low.
//
// The sketch only nominates. Whether two texts are copies is read from the texts themselves; see Compare.
const (
	// sketchSize is how many hashes a sketch has at most.
	sketchSize = 24
	// shortText is below how many tokens a text is cut into pairs of words, and longText from how many on
	// into threes. Between them it is cut both ways, so that neighbours in length still meet.
	shortText, longText = 40, 24
	// minTitle is how many tokens a document needs that has nothing but its title.
	minTitle = 5
)

// A Signature is what a document is found by.
type Signature struct {
	// Sketch nominates near-duplicates; it is empty where there is too little text to tell.
	Sketch []int64
	// Terms nominate documents about the same event, the most telling first.
	Terms []int64
}

// A Text is a document made ready to be compared with others.
type Text struct {
	Signature
	ContentHash string
	// Source is who published it: a registrable domain.
	Source   string
	At       time.Time
	language string

	title, body []token
	// compared is the body, or title and body where that is short.
	compared []token
	topic    topic
}

// Prepare reads a document's title and text (its summary, where it has no text).
func Prepare(d store.PendingDocument) Text {
	t := Text{
		ContentHash: d.ContentHash, Source: publisher(d.URL, d.SourceName), At: d.HappenedAt, language: d.Language,
		title: tokens(d.Title), body: tokens(d.Text),
	}
	t.compared = t.body
	if len(t.body) < longText {
		t.compared = slices.Concat(t.title, t.body)
	}
	t.topic = topicOf(t.title, t.body)
	t.Sketch = t.sketch()
	t.Terms = t.topic.keys()
	return t
}

// titleOnly reports whether nothing but the title tells what the document says.
func (t *Text) titleOnly() bool { return len(t.body) == 0 }

// sketch is the smallest hashes of the shingles, and one of the whole.
func (t *Text) sketch() []int64 {
	sketch := []int64{}
	if len(t.compared) < minTitle {
		return sketch
	}
	n := len(t.compared)
	switch {
	case n < longText:
		sketch = smallest(shingles(t.compared, 2), sketchSize)
	case n < shortText:
		sketch = append(smallest(shingles(t.compared, 3), sketchSize/2), smallest(shingles(t.compared, 2), sketchSize/2)...)
	default:
		sketch = smallest(shingles(t.compared, 3), sketchSize)
	}
	return append(sketch, int64(mix(hashOf("whole "+t.ContentHash))))
}

// smallest are the n smallest different hashes.
func smallest(hashes []uint64, n int) []int64 {
	hashes = slices.Clone(hashes)
	slices.Sort(hashes)
	hashes = slices.Compact(hashes)
	sketch := make([]int64, min(n, len(hashes)))
	for i := range sketch {
		sketch[i] = int64(hashes[i])
	}
	return sketch
}

// Bounds of what counts as a copy; the labelled set in testdata/duplicates holds them.
const (
	// minCovered is which share of the shorter text must stand in the longer one.
	minCovered = 0.72
	// maxReplaced is which share of the common text may have other words or numbers in the same place.
	maxReplaced = 0.12
	// minTokens is how much of a long text must be common.
	minTokens = 16
	// titleSpan is within which time two documents with nothing but the same title are the same.
	titleSpan = 3 * 24 * time.Hour
	// seriesSpan is after which time a source that says the same again with other numbers goes on with a series.
	seriesSpan = 12 * time.Hour
	// editionSpan is after which time the same text with other facts is another edition, whoever publishes it.
	editionSpan = 30 * 24 * time.Hour
)

// A Match says how alike two documents are.
type Match struct {
	// Kind is "exact", "near" or "" where they are no duplicates.
	Kind string
	// Similarity is the share of the shorter text that stands in the longer one, from 0 to 1.
	Similarity float64
}

// Compare reads whether one document is a copy of the other: the same, reordered, shortened, extended, with
// a few numbers or words changed. It is none if the two share a template that each fills in its own way.
func Compare(a, b *Text) Match {
	if a.ContentHash == b.ContentHash {
		if a.tooBare(b) {
			return Match{}
		}
		return Match{Kind: "exact", Similarity: 1}
	}
	if a.titleOnly() != b.titleOnly() || a.tooBare(b) {
		return Match{}
	}
	shorter, longer := a, b
	if len(b.compared) < len(a.compared) {
		shorter, longer = b, a
	}
	k := 3
	if len(shorter.compared) < shortText {
		k = 2
	}
	d := align(shorter.compared, longer.compared, k)
	similarity := share(d.covered, len(shorter.compared))
	match := Match{Similarity: similarity}
	switch {
	case similarity < minCovered,
		len(shorter.compared) >= longText && d.covered < minTokens,
		len(shorter.compared) < longText && !sameShort(shorter, longer, d),
		d.isTemplate(shorter, longer),
		onlyBoilerplate(shorter, longer, d):
		return match
	}
	match.Kind = "near"
	return match
}

// tooBare reports that the two have nothing but titles, and those may well recur: "Weather", "Open thread".
func (t *Text) tooBare(other *Text) bool {
	if !t.titleOnly() && !other.titleOnly() {
		return len(t.compared) < minTitle
	}
	apart := t.At.Sub(other.At).Abs()
	return len(t.title) < minTitle || apart > titleSpan
}

// sameShort: in a few words every number and every name counts.
func sameShort(a, b *Text, d difference) bool {
	return d.numbers == 0 && d.words <= 1 && len(b.compared) <= 3*len(a.compared) && numbersIn(a.compared) == numbersIn(b.compared)
}

func numbersIn(list []token) string {
	var numbers []string
	for _, t := range list {
		if t.number {
			numbers = append(numbers, t.text)
		}
	}
	slices.Sort(numbers)
	return strings.Join(slices.Compact(numbers), " ")
}

// onlyBoilerplate: both say much that the other does not, under different titles. What they share is
// then what stands below every text of a source.
func onlyBoilerplate(a, b *Text, d difference) bool {
	const own = 8
	alone, alsoAlone := len(a.compared)-d.covered, len(b.compared)-d.coveredOther
	return alone >= own && alsoAlone >= own && share(alone, len(a.compared)) > 0.1 && alikeTitles(a, b) < 0.5
}

// alikeTitles is the share of the shorter title's words that stand in the longer one.
func alikeTitles(a, b *Text) float64 {
	common := 0
	other := map[string]bool{}
	for _, t := range b.title {
		other[t.text] = true
	}
	seen := map[string]bool{}
	for _, t := range a.title {
		if other[t.text] && !seen[t.text] {
			common++
		}
		seen[t.text] = true
	}
	return share(common, min(len(seen), len(other)))
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// A difference is what tells two texts apart that share much.
type difference struct {
	// covered and coveredOther are how many tokens of each stand in the other, in runs of at least k.
	covered, coveredOther int
	// words and numbers are how many of the first have others in their place.
	words, numbers int
	// pairs count the telling words that stand in each other's place.
	pairs map[[2]string]int
	// swapped are the tokens of either text that the other has something else for.
	swapped map[string]bool
}

// maxGap is how long a passage may be that stands in another's place; longer ones are an omission and an addition.
const maxGap = 8

// maxOccurrences is how many places are remembered of a passage that a text repeats.
const maxOccurrences = 8

// align finds what of a stands in b, and what stands there in its place.
func align(a, b []token, k int) difference {
	inA, inB := shingles(a, k), shingles(b, k)
	at := make(map[uint64][]int, len(inB))
	for i, h := range inB {
		if len(at[h]) < maxOccurrences {
			at[h] = append(at[h], i)
		}
	}
	there := make(map[uint64]bool, len(inA))
	for _, h := range inA {
		there[h] = true
	}
	covered := make([]bool, len(a))
	for i, h := range inA {
		if len(at[h]) > 0 {
			mark(covered[i : i+k])
		}
	}
	coveredB := make([]bool, len(b))
	for i, h := range inB {
		if there[h] {
			mark(coveredB[i : i+k])
		}
	}
	d := difference{pairs: map[[2]string]int{}, swapped: map[string]bool{}, covered: count(covered), coveredOther: count(coveredB)}
	for start := 0; start < len(a); start++ {
		if covered[start] {
			continue
		}
		end := start
		for end < len(a) && !covered[end] {
			end++
		}
		from, to, found := opposite(inA, at, start, end, k, len(a), len(b))
		if found && end-start <= maxGap && to-from <= 2*maxGap && !slices.Contains(coveredB[from:to], true) {
			d.replace(a[start:end], b[from:to])
		}
		start = end
	}
	return d
}

func mark(list []bool) {
	for i := range list {
		list[i] = true
	}
}

func count(list []bool) int {
	n := 0
	for _, is := range list {
		if is {
			n++
		}
	}
	return n
}

// opposite is what b has between the neighbours of a's passage: the shortest such passage, where it has several.
func opposite(inA []uint64, at map[uint64][]int, start, end, k, lenA, lenB int) (from, to int, found bool) {
	lefts, rights := []int{-k}, []int{lenB}
	if start > 0 {
		lefts = at[inA[start-k]]
	}
	if end < lenA {
		rights = at[inA[end]]
	}
	for _, left := range lefts {
		for _, right := range rights {
			if right > left+k && (!found || right-left-k < to-from) {
				from, to, found = left+k, right, true
			}
		}
	}
	return from, to, found && (start > 0 || end < lenA)
}

func (d *difference) replace(a, b []token) {
	for i, t := range a {
		if t.number {
			d.numbers++
		} else {
			d.words++
		}
		d.swapped[t.text] = true
		if len(a) == len(b) && !t.number && !b[i].number && telling(t) && telling(b[i]) && !alike(t.text, b[i].text) {
			d.pairs[[2]string{t.text, b[i].text}]++
		}
	}
	for _, t := range b {
		d.swapped[t.text] = true
	}
}

// alike are two spellings or forms of one word.
func alike(a, b string) bool {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return 2*n >= max(len(a), len(b)) && n >= 3
}

// isTemplate reports that two texts fill in the same form: reports of weather and stocks, job ads.
func (d difference) isTemplate(a, b *Text) bool {
	replaced := d.words + d.numbers
	if share(replaced, d.covered+replaced) > maxReplaced {
		return true
	}
	// Nearly every number is another.
	numbers := 0
	for _, t := range a.compared {
		if t.number {
			numbers++
		}
	}
	if d.numbers >= 4 && share(d.numbers, numbers) > 0.7 {
		return true
	}
	// The same word stands in the same other word's place again and again: it is about somebody else.
	for _, times := range d.pairs {
		if times >= 2 {
			return true
		}
	}
	apart := a.At.Sub(b.At).Abs()
	if apart > editionSpan && d.numbers > 0 && replaced >= 3 {
		return true
	}
	series := a.Source == b.Source && apart > seriesSpan
	return d.otherSubject(a, b, series)
}

// otherSubject reports that two titles are made alike and differ in what the texts differ in, too. A number may change
// while a report is updated, but not in a series, and not a name.
func (d difference) otherSubject(a, b *Text, series bool) bool {
	onlyA, onlyB := lacking(a.title, b.title), lacking(b.title, a.title)
	if alikeTitles(a, b) < 0.4 || len(onlyA) == 0 || len(onlyB) == 0 {
		return series && d.numbers >= 2 && d.numbers >= d.words
	}
	named := func(list []token) bool {
		return slices.ContainsFunc(list, func(t token) bool { return d.swapped[t.text] && (!t.number || series) })
	}
	if named(onlyA) && named(onlyB) {
		return true
	}
	return d.words+d.numbers >= 3 && (speaksAlone(onlyA, a, b) || speaksAlone(onlyB, b, a))
}

// speaksAlone reports that a text has a word of its own title that the other has nowhere.
func speaksAlone(own []token, a, b *Text) bool {
	return slices.ContainsFunc(own, func(t token) bool {
		has := func(o token) bool { return o.text == t.text }
		return !t.number && telling(t) && slices.ContainsFunc(a.body, has) && !slices.ContainsFunc(b.body, has)
	})
}

// lacking are the tokens of a title that the other does not have.
func lacking(title, other []token) []token {
	has := map[string]bool{}
	for _, t := range other {
		has[t.text] = true
	}
	return slices.DeleteFunc(slices.Clone(title), func(t token) bool { return has[t.text] })
}

// maxCandidates is how many documents one is compared with at most: those that share most.
const maxCandidates = 8

// A Candidate is a document that an index nominates.
type Candidate struct {
	Seq   int64
	Score float64
}

// bestCandidates are those with the highest score, the oldest first among equals.
func bestCandidates(scores map[int64]float64, least float64, most int) []Candidate {
	var list []Candidate
	for seq, score := range scores {
		if score >= least {
			list = append(list, Candidate{seq, score})
		}
	}
	slices.SortFunc(list, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Seq, b.Seq))
	})
	return list[:min(most, len(list))]
}

// Holders answers which documents an index has for a key; or that it has too many, so that the key tells nothing.
type Holders func(key int64) (seqs []int64, common bool)

// DuplicateCandidates nominates from what the index holds for each hash of a sketch. Hashes that are common are
// template text: they count on neither side.
func DuplicateCandidates(sketch []int64, holders Holders) []Candidate {
	scores := map[int64]float64{}
	telling := 0
	for _, hash := range sketch {
		found, common := holders(hash)
		if common {
			continue
		}
		telling++
		for _, seq := range found {
			scores[seq]++
		}
	}
	// A copy of a third shares a third of the sketch; one hash alone may be a set phrase.
	least := 2.0
	if telling <= 3 {
		least = 1
	}
	return bestCandidates(scores, least, maxCandidates)
}
