package annotate

import (
	"slices"
	"strings"
)

const (
	// headline is how many words are too many for a keyword: who writes so many writes a headline.
	headline = 5
	// keyTermWords is how many words the key terms of a headline have at most, fewKeyTerms how many are enough.
	keyTermWords, fewKeyTerms = 4, 2
)

// KeyTerms are the words of a title by which people would look for it: a short one itself; of a headline its names and keyphrases, the
// most telling ones, in the order in which they stand there. more is text about the same, which tells which of them matter.
func KeyTerms(title, more, language string) string {
	if len(strings.Fields(title)) < headline {
		return title
	}
	keywords, entities := Annotate(title, more, language, nil)
	var phrases []string
	for _, e := range entities {
		if slices.Contains([]string{Person, Organisation, Place, Product}, e.Kind) {
			phrases = append(phrases, e.Text)
		}
	}
	// Names that the whole text keeps speaking of and its best phrases take turns.
	var ranked []string
	for i := range max(len(phrases), len(keywords)) {
		if i < len(keywords) {
			ranked = append(ranked, keywords[i].Text)
		}
		if i < len(phrases) {
			ranked = append(ranked, phrases[i])
		}
	}
	type span struct{ from, to int }
	var taken []span
	words := 0
	for _, phrase := range ranked {
		at := strings.Index(strings.ToLower(title), strings.ToLower(phrase))
		n := len(strings.Fields(phrase))
		if at < 0 || words >= fewKeyTerms || words+n > keyTermWords ||
			slices.ContainsFunc(taken, func(s span) bool { return at < s.to && s.from < at+len(phrase) }) {
			continue
		}
		taken = append(taken, span{at, at + len(phrase)})
		words += n
	}
	if words == 0 {
		return title
	}
	slices.SortFunc(taken, func(a, b span) int { return a.from - b.from })
	terms := make([]string, len(taken))
	for i, s := range taken {
		terms[i] = title[s.from:min(s.to, len(title))]
	}
	return strings.Join(terms, " ")
}
