package research

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// How it is decided whether the words of a source bear a sentence.
//
// What can be checked by rules is checked by rules, and no model overrules them: the sentence's numbers, dates and names
// must stand in the quote (names and years also around it), and neither may deny or doubt what the other states. Only
// where all of that fits and merely the words differ may a model decide.
const (
	// byQuote judges what is the source's own sentence, byRules everything else that no model is asked about.
	byQuote, byRules = "quote", "rules"
	// leastCommon is which share of the telling words of a sentence the quote and its surroundings must have, leastInQuote
	// which the quote itself; below leastForPart it says something else. In the language of its source, a sentence must share
	// leastToAsk of its words with the quote for a model to be asked.
	leastCommon, leastInQuote, leastForPart, leastToAsk = 0.7, 0.4, 0.4, 0.25
)

// Evidence is what a sentence rests on: words of a source, and what stands around them.
type Evidence struct {
	Quote string
	// Context is where the names may stand that the quote only alludes to: the title, the sentences before.
	Context string
	// Language is the source's.
	Language string
	// Year is that of the source's publication; 0 is unknown.
	Year int
}

// A Judgement is a verdict with who reached it and why.
type Judgement struct {
	// Verdict is one of store.Supported, store.Partly, store.NotSupported.
	Verdict, By, Reason string
	// Open: numbers, dates and names fit and only the words differ, so that a model may decide.
	Open bool
}

// Judge decides by rules whether evidence bears a sentence.
func Judge(sentence, language string, e Evidence) Judgement {
	if saysTheSame(sentence, e.Quote) {
		return Judgement{Verdict: store.Supported, By: byQuote, Reason: "It is the source's own sentence."}
	}
	for _, check := range []func(string, string, Evidence) string{missingNumber, missingDate, missingName, deniedOtherwise} {
		if fault := check(sentence, language, e); fault != "" {
			return Judgement{Verdict: store.NotSupported, By: byRules, Reason: fault}
		}
	}
	common, inQuote := commonWords(sentence, language, e)
	open := language != e.Language || inQuote >= leastToAsk
	switch {
	case doubts(e.Quote, e.Language) && !doubts(sentence, language):
		return Judgement{Verdict: store.Partly, By: byRules, Reason: "The source says so with reservation."}
	case denies(e.Quote, e.Language) && !denies(sentence, language):
		return Judgement{Verdict: store.Partly, By: byRules, Reason: "The source denies something in the same sentence."}
	case common >= leastCommon && inQuote >= leastInQuote:
		return Judgement{Verdict: store.Supported, By: byRules, Reason: fmt.Sprintf("Numbers, dates and names fit, and %.0f %% of the words.", 100*common)}
	case common >= leastForPart:
		return Judgement{Verdict: store.Partly, By: byRules, Open: open, Reason: fmt.Sprintf("Numbers, dates and names fit, but only %.0f %% of the words.", 100*common)}
	}
	return Judgement{Verdict: store.NotSupported, By: byRules, Open: open, Reason: fmt.Sprintf("Only %.0f %% of its words stand in the source.", 100*common)}
}

// saysTheSame: one is the other but for the signs around it.
func saysTheSame(a, b string) bool { return bare(a) == bare(b) }

// bare is a text without its signs, in lower case.
func bare(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '%' }), " ")
}

// missingNumber names a number of the sentence that the quote does not state.
func missingNumber(sentence, language string, e Evidence) string {
	said, saidDates := collect.Stated(sentence, language)
	stated, statedDates := collect.Stated(e.Quote, e.Language)
	for _, n := range said {
		if isYear(n) && (yearAmong(int(n.Value), statedDates) || yearAmong(int(n.Value), saidDates) || int(n.Value) == e.Year || strings.Contains(e.Context, n.Text)) {
			continue
		}
		if !slices.ContainsFunc(stated, func(other collect.StatedNumber) bool { return sameNumber(n, other) }) {
			return fmt.Sprintf("The number %q does not stand in the quote.", n.Text)
		}
	}
	return ""
}

func isYear(n collect.StatedNumber) bool {
	return n.Value >= 1900 && n.Value <= 2100 && n.Value == math.Trunc(n.Value) && n.Unit != "percent" && len(n.Unit) != 3 && !strings.ContainsAny(n.Text, ".,'")
}

func yearAmong(year int, dates []collect.StatedDate) bool {
	return slices.ContainsFunc(dates, func(d collect.StatedDate) bool { return d.Year == year })
}

// sameNumber: a sentence may round what the source states, but not the other way about, and not take percent for euros.
func sameNumber(said, stated collect.StatedNumber) bool {
	if measureOf(said.Unit) != measureOf(stated.Unit) {
		return false
	}
	tolerance := 1e-9 * math.Abs(stated.Value)
	if said.Step > stated.Step {
		tolerance = said.Step / 2
	}
	return math.Abs(said.Value-stated.Value) <= tolerance
}

// measureOf is a unit that must be the same: a currency or percent. What is merely counted may have other names.
func measureOf(unit string) string {
	if unit == "percent" || isCurrency(unit) {
		return unit
	}
	return ""
}

func isCurrency(unit string) bool { return len(unit) == 3 && strings.ToUpper(unit) == unit }

// missingDate names a date of the sentence that stands neither in the quote nor around it.
func missingDate(sentence, language string, e Evidence) string {
	_, said := collect.Stated(sentence, language)
	_, stated := collect.Stated(e.Quote, e.Language)
	_, around := collect.Stated(e.Context, e.Language)
	for _, d := range said {
		if !slices.ContainsFunc(append(stated, around...), func(other collect.StatedDate) bool { return sameDate(d, other, e.Year) }) {
			return fmt.Sprintf("The date %q does not stand in the source's words.", d.Text)
		}
	}
	return ""
}

// sameDate: what both say of a date is the same, and the source says all that the sentence does. A date without its year
// is one of the year in which the source was published.
func sameDate(said, stated collect.StatedDate, published int) bool {
	if stated.Year == 0 {
		stated.Year = published
	}
	fits := func(said, stated int) bool { return said == 0 || said == stated }
	weekday := said.Weekday == 0 || stated.Weekday == 0 || said.Weekday == stated.Weekday
	if said.Year == 0 && said.Month == 0 && said.Day == 0 {
		return said.Weekday == stated.Weekday
	}
	return fits(said.Year, stated.Year) && fits(said.Month, stated.Month) && fits(said.Day, stated.Day) && weekday
}

// missingName names a person, organisation, place or product of the sentence that the source does not.
func missingName(sentence, language string, e Evidence) string {
	around := e.Quote + "\n" + e.Context
	words := wordsOf(around)
	var known map[string]bool
	for _, name := range namesIn(sentence, language) {
		if hasWords(words, name.text) {
			continue
		}
		if known == nil {
			known = map[string]bool{}
			for _, other := range namesIn(around, e.Language) {
				known[other.key] = true
			}
		}
		// Germany is Deutschland.
		if !known[name.key] {
			return fmt.Sprintf("The name %q does not stand in the source's words.", name.text)
		}
	}
	return ""
}

// A name is that of a person, organisation, place or product; names of equal key are the same thing.
type name struct{ text, key string }

// namesIn are the names of a text: those that are known as such, and capitals in a row.
func namesIn(text, language string) []name {
	var names []name
	_, entities := annotate.Annotate("", text, language, nil)
	for _, entity := range entities {
		switch entity.Kind {
		case annotate.Person, annotate.Organisation, annotate.Place, annotate.Product:
			names = append(names, name{entity.Text, entity.Key})
		}
	}
	for _, run := range capitalRuns(text, language) {
		names = append(names, name{run, "capitals " + strings.ToLower(run)})
	}
	return names
}

// capitalRuns are several words with capitals in a row, and where only names have them a single one that begins no sentence.
func capitalRuns(text, language string) []string {
	least := 1
	if language == "de" || language == "lb" {
		least = 2
	}
	var runs, run []string
	end := func() {
		if len(run) >= least {
			runs = append(runs, strings.Join(run, " "))
		}
		run = nil
	}
	for _, sentence := range annotate.Sentences(annotate.Normal(text), language) {
		for i, field := range strings.Fields(sentence.Text) {
			word := strings.TrimFunc(field, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
			first := firstRune(word)
			if i == 0 || !unicode.IsUpper(first) || len([]rune(word)) < 2 {
				end()
				continue
			}
			run = append(run, word)
			// What a genitive says something of is no part of the name: Trump's State of the Union address.
			if last := field[len(field)-1]; strings.IndexByte(",;:.!?)", last) >= 0 || strings.HasSuffix(word, "'s") || strings.HasSuffix(word, "’s") {
				end()
			}
		}
		end()
	}
	return runs
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// wordsOf are the words of a text in lower case.
func wordsOf(text string) map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), notWord) {
		words[word] = true
	}
	return words
}

// hasWords: every word of a name is there, in whatever case of the genitive.
func hasWords(words map[string]bool, name string) bool {
	for word := range wordsOf(name) {
		if word != "s" && !words[word] && !words[word+"s"] && !words[strings.TrimSuffix(word, "s")] {
			return false
		}
	}
	return true
}

// Words by which a sentence denies, and by which it leaves open, whether something is so: by language, since the never of one is
// the May of another.
var (
	denials = wordSets(map[string]string{
		"en": `not no never none neither nor without cannot isn't wasn't aren't don't doesn't didn't won't can't hasn't haven't denied denies refused rejected`,
		"de": "nicht kein keine keinen keinem keiner keines nie niemals ohne weder dementiert dementierte abgelehnt lehnte verneint",
		"fr": "ne pas jamais aucun aucune sans non",
		"es": "no nunca ningún ninguna sin jamás tampoco",
		"it": "non mai nessun nessuna nessuno senza né",
		"nl": "niet geen nooit zonder noch ontkent",
	})
	reservations = wordSets(map[string]string{
		"en": "may might could allegedly reportedly possibly perhaps expected expects plans planned planning proposes proposed rumoured rumored",
		"de": "soll sollen könnte könnten angeblich womöglich möglicherweise vielleicht voraussichtlich erwartet erwarten geplant plant planen mutmaßlich vermutlich",
		"fr": "pourrait pourraient prévoit prévoient",
		"es": "podría podrían prevé prevén quizás",
		"it": "potrebbe potrebbero prevede prevedono forse",
		"nl": "zou zouden misschien mogelijk verwacht",
	})
)

// wordSets are the words of each language, and under "" those of all.
func wordSets(lists map[string]string) map[string]map[string]bool {
	sets := map[string]map[string]bool{"": {}}
	for language, list := range lists {
		sets[language] = map[string]bool{}
		for _, word := range strings.Fields(list) {
			sets[language][word], sets[""][word] = true, true
		}
	}
	return sets
}

func denies(text, language string) bool { return hasAny(text, ofLanguage(denials, language)) }

func doubts(text, language string) bool { return hasAny(text, ofLanguage(reservations, language)) }

// ofLanguage are the words of a language; those of all for one that has no list.
func ofLanguage(sets map[string]map[string]bool, language string) map[string]bool {
	base, _, _ := strings.Cut(language, "-")
	if set, known := sets[base]; known {
		return set
	}
	return sets[""]
}

func hasAny(text string, words map[string]bool) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(strings.ReplaceAll(text, "’", "'")), func(r rune) bool {
		return !unicode.IsLetter(r) && r != '\''
	}) {
		if words[word] {
			return true
		}
	}
	return false
}

// deniedOtherwise: the sentence denies what the source does not.
func deniedOtherwise(sentence, language string, e Evidence) string {
	if denies(sentence, language) && !denies(e.Quote, e.Language) {
		return "It denies something, and the source does not."
	}
	return ""
}

// commonWords are which share of the telling words of a sentence stand in the quote or around it, and which in the quote.
func commonWords(sentence, language string, e Evidence) (common, inQuote float64) {
	stems := annotate.Stems(sentence, language)
	if len(stems) == 0 {
		return 0, 0
	}
	quote, around := annotate.Stems(e.Quote, e.Language), annotate.Stems(e.Context, e.Language)
	var both, one float64
	for _, stem := range stems {
		switch {
		case hasStem(quote, stem):
			both++
			one++
		case hasStem(around, stem):
			both++
		}
	}
	return both / float64(len(stems)), one / float64(len(stems))
}

// minCompound is how long a stem must be to be found as a part of a compound.
const minCompound = 5

// hasStem: the stem is among others, or is a part of a compound, or has one as its part: Wärmepumpe and Wärmepumpenförderung.
func hasStem(stems []string, stem string) bool {
	return slices.ContainsFunc(stems, func(other string) bool {
		return other == stem || len(stem) >= minCompound && strings.Contains(other, stem) || len(other) >= minCompound && strings.Contains(stem, other)
	})
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
