package research

import (
	"regexp"
	"slices"
	"strings"

	"github.com/content-creator/content-creator-api/annotate"
)

// Where a sentence answers in other words than the question has.

// sayings are words by which the same is told, by language: what one asks with, another answers with.
var sayings = map[string][]string{
	"en": {
		`join joins joined joining sign signs signed signing move moves moved switch switched transfer transferred left`,
		`die dies died dying dead death deaths killed kill kills lives fatalities`,
		`injured injuries hurt wounded`,
		`manage manages managed manager coach coaches boss leads`,
		`react reacts reacted reaction reactions respond responds responded response condemn condemned condemns criticise criticised criticize criticized welcome welcomed welcomes praise praised reject rejected denounce denounced applaud applauded called calls outrage said says`,
		`found founded founder establish established start started`,
		`buy buys bought acquire acquired purchase purchased takeover`,
	},
	"de": {
		`wechseln wechselt wechselte wechsel anschließen anschließt schließt unterschreibt unterschrieb unterschrieben verpflichtet verlässt künftig`,
		`sterben starb starben gestorben tot tote toten todesopfer getötet leben`,
		`verletzt verletzte verletzten`,
		`trainieren trainiert trainierte trainer trainerin coach leitet führt`,
		`reagieren reagiert reagierte reagierten reaktion reaktionen nennt nannte nannten kritisiert kritisierte kritisierten begrüßt begrüßte verurteilt verurteilte lobt lobte lehnt zeigt zeigte verständnis empört sagt sagte`,
		`gründen gründet gründete gegründet gründer gründerin`,
		`kaufen kauft kaufte gekauft übernimmt übernahm übernommen erwirbt erwarb erworben`,
	},
}

// meant are the stems of a question that a sentence has in other words: a word of the same saying, an amount of money where money is
// asked for, two of its words made one.
func (q inquiry) meant(sentence string, stems []string, language string) []string {
	var more []string
	if len(q.price) > 0 && statesMoney(sentence, language) {
		more = append(more, q.price...)
	}
	for stem, others := range q.sayings {
		if slices.ContainsFunc(stems, func(s string) bool { return others[s] }) {
			more = append(more, stem)
		}
	}
	for one, both := range q.joined {
		if slices.Contains(stems, one) {
			more = append(more, both...)
		}
	}
	return more
}

// sayingsOf are, for each stem that has any, the stems of the other words of its saying.
func sayingsOf(stems []string, language string) map[string]map[string]bool {
	base, _, _ := strings.Cut(language, "-")
	found := map[string]map[string]bool{}
	for _, saying := range sayings[base] {
		words := map[string]bool{}
		for word := range strings.FieldsSeq(saying) {
			for _, stem := range annotate.Stems(word, language) {
				words[stem] = true
			}
		}
		for _, stem := range stems {
			if words[stem] {
				found[stem] = words
			}
		}
	}
	return found
}

// joinedOf are the stems of two words in a row as one, as of takeover for take over, with those of the question that it has.
func joinedOf(words, stems []string, language string) map[string][]string {
	found := map[string][]string{}
	for i := 1; i < len(words); i++ {
		var both []string
		for _, stem := range annotate.Stems(words[i-1]+" "+words[i], language) {
			if slices.Contains(stems, stem) {
				both = append(both, stem)
			}
		}
		if one := annotate.Stems(words[i-1]+words[i], language); len(one) == 1 && len(both) > 0 {
			found[one[0]] = both
		}
	}
	return found
}

// whichThing names a sort of thing of which a question asks which: the answer names the thing and not its sort.
var whichThing = regexp.MustCompile(`(?i)^\s*((for|to|at|from|with|in|by|zu|für|bei|von|mit|in|an|aus) )?(which|welche[rnms]?) (\p{L}+) (?:did|does|do|has|have|had|is|are|was|were|will|would|can|\p{Ll}+)\b`)

// notThings are sorts that are no names.
var notThings = regexp.MustCompile(`(?i)^(year|years|month|day|date|jahr|jahren|monat|tag|datum|share|anteil|zahl|anzahl|betrag|summe|preis|kosten|ablöse|percentage|time|zeit|uhrzeit|number|questions?|fragen?|reasons?|gründe|way|weise)$`)

// asksWhich is the sort of thing of which a question asks which one it is; "" where it asks otherwise.
func asksWhich(question string) string {
	match := whichThing.FindStringSubmatch(question)
	if match == nil || notThings.MatchString(match[4]) {
		return ""
	}
	return match[4]
}

// reacts is a question for what somebody said to something.
var reacts = regexp.MustCompile(`(?i)^\s*(?:how (?:did|do|does|have|has) (.+?) (?:react|respond)(?:ed)?\b|wie (?:reagier(?:t|te|en|ten)|hat|haben) (.+?)(?: (?:auf|reagiert|zu)\b|\?|$))`)

// reactionOf are the stems of who is asked to have reacted; none where the question asks otherwise.
func reactionOf(question, language string) []string {
	match := reacts.FindStringSubmatch(question)
	if match == nil || match[2] != "" && !strings.Contains(strings.ToLower(question), "reagier") {
		return nil
	}
	return annotate.Stems(match[1]+match[2], language)
}

// oneOf is a single one of something: which word counts it.
var oneOf = regexp.MustCompile(`(?i)\b(?:one|a single|only one|just one|eine?[mnrs]?|einzige[mnrs]?)\s+(\p{L}+)(?:\s+(\p{L}+))?`)

// manyOf is what a question asks how many there are of; it may have a word before it.
var manyOf = regexp.MustCompile(`(?i)\b(?:how many|wie ?viele?n?) (\p{L}+)(?: (\p{L}+))?`)

// countsOne: a sentence has one of what the question asks how many there are of.
func (q inquiry) countsOne(sentence string) bool {
	asked := manyOf.FindStringSubmatch(strings.Join(q.words, " "))
	people := func(word string) bool {
		return slices.Contains([]string{"people", "persons", "personen", "menschen", "leute"}, word)
	}
	for _, match := range oneOf.FindAllStringSubmatch(strings.ToLower(sentence), -1) {
		for _, counted := range match[1:] {
			if asked != nil && counted == "person" && slices.ContainsFunc(asked[1:], people) ||
				asked != nil && len([]rune(counted)) >= 4 && slices.ContainsFunc(asked[1:], func(w string) bool { return strings.HasPrefix(w, counted) }) {
				return true
			}
		}
	}
	return false
}

// leans begins a sentence that goes on with whom the one before names.
var leans = regexp.MustCompile(`(?i)^\W*(they|their|he|she|his|her|sie|er|ihre?[nr]?|seine?[nr]?)\b`)

// ofReaction: the sentence is about who is asked to have reacted, be it that it goes on with the one before.
func (q inquiry) ofReaction(s *source, index int) bool {
	language := s.snapshot.Language
	return q.satisfied(s.text[index].Text, language) ||
		index > 0 && leans.MatchString(s.text[index].Text) && q.satisfied(s.text[index-1].Text, language)
}

// ofTheFuture: the question asks for what is to come.
var ofTheFuture = regexp.MustCompile(`(?i)\b(will|going to|planned|plans?|expected|soll|sollen|wird|werden|geplant|künftig|könnte|could|may|might)\b`)

// hedges are how a sentence says what is only meant, wanted or said to be; that somebody may do something is none. The German will
// wants, the English one promises.
var hedges = map[string]*regexp.Regexp{
	"en": regexp.MustCompile(`(?i)\b(could be|reportedly|allegedly|rumou?red|(expects?|expected|plans?|planned|hopes?|wants?|set) to)\b`),
	"de": regexp.MustCompile(`(?i)\b(soll|sollen|angeblich|könnten?|voraussichtlich|will|wollen|möchten?)\b`),
}

// hedged: a sentence says only what is meant to be, where the question asks for what is.
func (q inquiry) hedged(sentence, language string) bool {
	base, _, _ := strings.Cut(language, "-")
	pattern := hedges[base]
	return !q.future && pattern != nil && pattern.MatchString(sentence)
}

// namesBeyond: a sentence names something that the question does not.
func (q inquiry) namesBeyond(sentence, language string) bool {
	return slices.ContainsFunc(namesIn(sentence, language), func(n name) bool {
		for word := range wordsOf(n.text) {
			if !slices.Contains(q.words, word) && !slices.Contains(q.words, strings.TrimSuffix(word, "s")) && !slices.Contains(q.words, word+"s") {
				return true
			}
		}
		return false
	})
}
