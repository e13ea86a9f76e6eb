package collect

import (
	"slices"
	"strings"

	"github.com/content-creator/content-creator-api/store"
)

// How reports of one event are seen to contradict each other.
//
// Two sentences are compared only where they say the same but for a figure: most of their words are
// common, and each has exactly one figure of that kind and unit. What is rounded, or written in
// another way, does not contradict. Everything else is left unsaid.
const (
	// maxSentences and the lengths bound what is read of one document.
	maxSentences             = 60
	minSentence, maxSentence = 4, 60
	maxQuote                 = 400
	maxDisagreements         = 20
	// minCommonWords are how many telling words and names must be common; two do where the shorter sentence has no other.
	minCommonWords = 3
	// minOfShorter and minOfLonger are which share of each sentence must be, and minCommonNaming which of both where a
	// name is in question.
	minOfShorter, minOfLonger = 0.7, 0.4
	minCommonNaming           = 0.75
)

// A sentence is one with what it can be compared by.
type sentence struct {
	quote string
	// words are its telling words, figures and names aside, in their order.
	words []string
	// all are the words with the names, each once, and stems their beginnings.
	all, stems []string
	numbers    map[string][]StatedNumber // by unit
	dates      []figure
	names      []figure
}

// A figure is a date or a name that a sentence states.
type figure struct {
	text string
	date date
}

// A date with what is known of it; 0 is unknown.
type date struct{ year, month, day, weekday int }

// Disagreements compares what documents about one event say. The document at an index of documents is
// the one whose id it names.
func Disagreements(documents []store.PendingDocument) []store.Disagreement {
	read := make([]report, len(documents))
	for i, d := range documents {
		read[i] = newReport(d)
	}
	var list []store.Disagreement
	seen := map[string]bool{}
	for i := range documents {
		for j := i + 1; j < len(documents); j++ {
			for _, found := range between(read[i], read[j]) {
				key := found.Kind + "\n" + strings.ToLower(found.Claims[0].Value) + "\n" + strings.ToLower(found.Claims[1].Value)
				reverse := found.Kind + "\n" + strings.ToLower(found.Claims[1].Value) + "\n" + strings.ToLower(found.Claims[0].Value)
				if seen[key] || seen[reverse] {
					continue
				}
				seen[key] = true
				found.Claims[0].DocumentID, found.Claims[1].DocumentID = documents[i].ID, documents[j].ID
				if list = append(list, found); len(list) == maxDisagreements {
					return list
				}
			}
		}
	}
	return list
}

// A report is a document's sentences, and which of them have a stem.
type report struct {
	sentences []sentence
	with      map[string][]int
}

func newReport(d store.PendingDocument) report {
	r := report{sentences: sentencesOf(d), with: map[string][]int{}}
	for i, s := range r.sentences {
		for _, stem := range s.stems {
			r.with[stem] = append(r.with[stem], i)
		}
	}
	return r
}

// between compares each sentence with the most alike of the other document.
func between(a, b report) []store.Disagreement {
	var list []store.Disagreement
	for _, s := range a.sentences {
		if best, ok := b.mostAlike(s); ok {
			other := b.sentences[best]
			subject := commonOf(s.all, other.all)
			list = append(list, contradictions(s, other, strings.Join(subject[:min(len(subject), 8)], " "))...)
		}
	}
	return list
}

// mostAlike finds the sentence that can be compared with another document's.
func (r report) mostAlike(s sentence) (best int, ok bool) {
	common := make([]int, len(r.sentences))
	for _, stem := range s.stems {
		for _, i := range r.with[stem] {
			common[i]++
		}
	}
	similarity := 0.0
	for i, n := range common {
		shorter, longer := min(len(s.stems), len(r.sentences[i].stems)), max(len(s.stems), len(r.sentences[i].stems))
		if n < min(minCommonWords, max(shorter, 2)) || share(n, shorter) < minOfShorter || share(n, longer) < minOfLonger {
			continue
		}
		if alike := share(n, longer); alike > similarity {
			best, similarity, ok = i, alike, true
		}
	}
	return best, ok
}

func commonOf(a, b []string) []string {
	var common []string
	stems := map[string]bool{}
	for _, word := range b {
		stems[stemOf(word)] = true
	}
	for _, word := range a {
		if stems[stemOf(word)] && !slices.Contains(common, word) {
			common = append(common, word)
		}
	}
	return common
}

func contradictions(a, b sentence, subject string) []store.Disagreement {
	var list []store.Disagreement
	tell := func(kind, unit, x, y string) {
		about := subject
		if unit != "" && !strings.Contains(" "+subject+" ", " "+unit+" ") {
			about = unit + ": " + subject
		}
		list = append(list, store.Disagreement{Kind: kind, Subject: about, Claims: []store.Claim{
			{Value: x, Quote: a.quote}, {Value: y, Quote: b.quote},
		}})
	}
	units := make([]string, 0, len(a.numbers))
	for unit := range a.numbers {
		units = append(units, unit)
	}
	slices.Sort(units)
	for _, unit := range units {
		x, y := a.numbers[unit], b.numbers[unit]
		if len(x) == 1 && len(y) == 1 && x[0].Contradicts(y[0]) {
			tell("number", unit, x[0].Text, y[0].Text)
		}
	}
	if len(a.dates) == 1 && len(b.dates) == 1 && a.dates[0].date.contradicts(b.dates[0].date) {
		tell("date", "", a.dates[0].text, b.dates[0].text)
	}
	if x, y, one := oneOther(a.names, b.names); one && len(list) == 0 && alikeBut(a, b) {
		tell("name", "", x.text, y.text)
	}
	// Few pairs come this far, and to read the serials costs more than all else.
	if len(list) > 0 && OtherSerials(Serials(a.quote), Serials(b.quote)) {
		return nil
	}
	return list
}

// alikeBut: the sentences are alike, their names aside.
func alikeBut(a, b sentence) bool {
	common := len(commonOf(a.words, b.words))
	return common >= minCommonWords && share(common, max(len(a.words), len(b.words))) >= minCommonNaming
}

// contradicts: something that both know is different.
func (d date) contradicts(o date) bool {
	differ := func(a, b int) bool { return a != 0 && b != 0 && a != b }
	return differ(d.year, o.year) || differ(d.month, o.month) || differ(d.day, o.day) || differ(d.weekday, o.weekday)
}

// oneOther finds the one name in which two sentences differ. Names that share a word are the same: "Angela
// Merkel" is "Merkel".
func oneOther(a, b []figure) (x, y figure, one bool) {
	if len(a) != len(b) {
		return x, y, false
	}
	same := func(n, m figure) bool {
		return len(commonOf(strings.Fields(strings.ToLower(n.text)), strings.Fields(strings.ToLower(m.text)))) > 0
	}
	lacks := func(list, other []figure) []figure {
		return slices.DeleteFunc(slices.Clone(list), func(n figure) bool {
			return slices.ContainsFunc(other, func(m figure) bool { return same(n, m) })
		})
	}
	onlyA, onlyB := lacks(a, b), lacks(b, a)
	if len(onlyA) != 1 || len(onlyB) != 1 {
		return x, y, false
	}
	return onlyA[0], onlyB[0], true
}
