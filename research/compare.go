package research

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// sameStatement is how much of the words of two sentences, figures aside, must be the same to make them one statement.
const sameStatement = 0.75

// CompareRuns says what has changed from one run to another: which statements are new, gone, kept, or made with other figures, and
// which sources. The same runs are always compared alike.
func CompareRuns(older, newer store.RunFindings) store.RunComparison {
	a, b := older.Run, newer.Run
	return store.RunComparison{
		Older: comparedRun(a), Newer: comparedRun(b),
		SameQuestion: store.QuestionKey(a.Question) == store.QuestionKey(b.Question) && a.Market == b.Market && a.Language == b.Language && a.OutputLanguage == b.OutputLanguage,
		Claims:       compareClaims(older, newer),
		Sources:      compareSources(older.Sources, newer.Sources),
	}
}

func comparedRun(r store.ResearchRun) store.ComparedRun {
	return store.ComparedRun{
		ID: r.ID, Question: r.Question, Language: r.Language, OutputLanguage: r.OutputLanguage, Market: r.Market, Status: r.Status, Method: r.Method,
		Answered: r.Answered, Verdicts: r.Claims, SourcesRead: r.SourcesRead, Cost: r.Cost, FinishedAt: r.FinishedAt,
	}
}

// A statement is a claim with what tells it from others.
type statement struct {
	claim    store.ResearchClaim
	language string
	// words are its sentence without the signs, undated is it without its dates, stems are those of its words that are no figures.
	words, undated string
	stems          []string
}

func statements(f store.RunFindings) []statement {
	list := make([]statement, len(f.Claims))
	for i, c := range f.Claims {
		s := statement{claim: c, language: f.Run.OutputLanguage, words: bare(c.Sentence)}
		s.undated = withoutDates(c.Sentence, s.language)
		for _, stem := range annotate.Stems(s.undated, s.language) {
			if !strings.ContainsFunc(stem, unicode.IsDigit) {
				s.stems = append(s.stems, stem)
			}
		}
		list[i] = s
	}
	return list
}

// withoutDates is a sentence without the dates that it states, whose months are words.
func withoutDates(sentence, language string) string {
	_, dates := collect.Stated(sentence, language)
	for _, d := range dates {
		sentence = strings.Replace(sentence, d.Text, " ", 1)
	}
	return sentence
}

// compareClaims pairs what is the same to the letter, then what says the same in other words or with other figures, the most alike
// first. What is left over is gone or new.
func compareClaims(older, newer store.RunFindings) store.ClaimComparison {
	before, after := statements(older), statements(newer)
	type pair struct {
		before, after int
		alike         float64
	}
	var pairs []pair
	for i, old := range before {
		for j, young := range after {
			if alike := old.alike(young); alike > 0 {
				pairs = append(pairs, pair{i, j, alike})
			}
		}
	}
	slices.SortStableFunc(pairs, func(x, y pair) int { return cmp.Compare(y.alike, x.alike) })
	c := store.ClaimComparison{New: []store.ResearchClaim{}, Gone: []store.ResearchClaim{}, Changed: []store.ClaimChange{}, Kept: []store.ClaimChange{}}
	partner, taken := make([]int, len(before)), make([]bool, len(after))
	for _, p := range pairs {
		if partner[p.before] == 0 && !taken[p.after] {
			partner[p.before], taken[p.after] = p.after+1, true
		}
	}
	for i, old := range before {
		if partner[i] == 0 {
			c.Gone = append(c.Gone, old.claim)
			continue
		}
		change := old.become(after[partner[i]-1])
		if len(change.FiguresBefore)+len(change.FiguresAfter) > 0 {
			c.Changed = append(c.Changed, change)
			continue
		}
		c.Kept = append(c.Kept, change)
	}
	for j, young := range after {
		if !taken[j] {
			c.New = append(c.New, young.claim)
		}
	}
	return c
}

// alike is how much two sentences say the same, figures aside: 2 to the letter, 0 where they do not. They do not where one denies
// what the other states, or speaks of somebody else.
func (s statement) alike(other statement) float64 {
	if s.words == other.words {
		return 2
	}
	common := annotate.Overlap(s.stems, other.stems)
	if common < sameStatement || denies(s.claim.Sentence, s.language) != denies(other.claim.Sentence, other.language) {
		return 0
	}
	if missingName(s.undated, s.language, Evidence{Quote: other.undated, Language: other.language}) != "" ||
		missingName(other.undated, other.language, Evidence{Quote: s.undated, Language: s.language}) != "" {
		return 0
	}
	return common
}

// become is what has changed from one sentence to another that says the same.
func (s statement) become(other statement) store.ClaimChange {
	before, after := figuresOf(s), figuresOf(other)
	return store.ClaimChange{
		Before: s.claim, After: other.claim, FiguresBefore: figuresWithout(before, after), FiguresAfter: figuresWithout(after, before),
		Reworded: s.words != other.words, VerdictChanged: s.claim.Verdict != other.claim.Verdict,
	}
}

// A figure is a number or date as it stands in a sentence; those of equal key are the same.
type figure struct{ text, key string }

func figuresOf(s statement) []figure {
	var figures []figure
	numbers, dates := collect.Stated(s.claim.Sentence, s.language)
	for _, n := range numbers {
		figures = append(figures, figure{n.Text, fmt.Sprintf("%g %s", n.Value, measureOf(n.Unit))})
	}
	for _, d := range dates {
		figures = append(figures, figure{d.Text, fmt.Sprintf("%d-%d-%d", d.Year, d.Month, d.Day)})
	}
	return figures
}

// figuresWithout are the texts of the figures that others do not have, each as often as it stands there more.
func figuresWithout(figures, others []figure) []string {
	left := map[string]int{}
	for _, f := range others {
		left[f.key]++
	}
	only := []string{}
	for _, f := range figures {
		if left[f.key]--; left[f.key] < 0 {
			only = append(only, strings.TrimSpace(f.text))
		}
	}
	return only
}

// compareSources pairs pages by their canonical addresses.
func compareSources(older, newer []store.ResearchSource) store.SourceComparison {
	c := store.SourceComparison{New: []store.ComparedSource{}, Gone: []store.ComparedSource{}, Changed: []store.SourceChange{}, Kept: []store.SourceChange{}, Unread: []store.SourceChange{}}
	found := map[string]store.ResearchSource{}
	for _, source := range newer {
		found[canonicalOf(source.URL)] = source
	}
	known := map[string]bool{}
	for _, source := range older {
		address := canonicalOf(source.URL)
		known[address] = true
		again, there := found[address]
		change := store.SourceChange{Before: comparedSource(source), After: comparedSource(again)}
		switch {
		case !there:
			c.Gone = append(c.Gone, change.Before)
		case source.Hash == nil || again.Hash == nil:
			c.Unread = append(c.Unread, change)
		case *source.Hash != *again.Hash:
			c.Changed = append(c.Changed, change)
		default:
			c.Kept = append(c.Kept, change)
		}
	}
	for _, source := range newer {
		if !known[canonicalOf(source.URL)] {
			c.New = append(c.New, comparedSource(source))
		}
	}
	return c
}

func comparedSource(s store.ResearchSource) store.ComparedSource {
	return store.ComparedSource{Position: s.Position, URL: s.URL, Title: s.Title, Hash: s.Hash, SnapshotID: s.SnapshotID, FetchedAt: s.FetchedAt, Error: s.Error}
}

// canonicalOf is the canonical address, or what was given where there is none.
func canonicalOf(address string) string {
	canonical, err := collect.Canonical(address)
	if err != nil {
		return address
	}
	return canonical
}
