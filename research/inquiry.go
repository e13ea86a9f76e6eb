package research

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/collect"
)

// What a question asks for, told by how it begins.
var (
	asksNumber = regexp.MustCompile(`(?i)\b(how (many|much|high|large|big|long|far|old)|what (share|percentage|proportion|price|cost|amount|number|sum)|` +
		`wie ?(viele?n?|hoch|groß|lang|weit|alt|teuer|stark)|welche[rnms]? (anteil|zahl|anzahl|betrag|summe|preis|kosten)|combien|cuánt[oa]s?|quant[oiae])\b`)
	asksTime = regexp.MustCompile(`(?i)\b(when|what (date|day|year|month)|since when|until when|wann|seit wann|bis wann|welche[mnrs]? (tag|jahr|monat|datum)|quand|cuándo|quando)\b`)
	asksWho  = regexp.MustCompile(`(?i)^\s*(who|whose|whom|what (is|was) the name|which (company|person|organisation|organization|firm)|wer|wem|wen|wessen|welche[rs]? (firma|person|unternehmen)|wie (heißt|heißen|hieß|hießen)|qui|quién|chi)\b`)
)

// What a question for a number is about, where it names no thing that is counted.
var (
	asksMoney = regexp.MustCompile(`(?i)\b(how (much|high|large|big)|money|costs?|price|fund\w*|rais\w+|wie ?(viel|hoch|groß|teuer)|kost\w+|betrag|summe|preis|geld|combien|cuánt[oa]|quant[oa])\b`)
	asksShare = regexp.MustCompile(`(?i)\b(how (high|large|big)|share|percentage|proportion|rate|per ?cent\w*|wie ?(hoch|groß)|\w*anteil\w*|\w*quote|prozent\w*)\b`)
)

// ofNow are the words by which a question asks how it is today. They say nothing of what it is about.
var ofNow = regexp.MustCompile(`(?i)\b(now|nowadays|today|currently|at present|at the moment|these days|heute|heutzutage|jetzt|nun|derzeit|aktuell|momentan|zurzeit|gegenwärtig|inzwischen|mittlerweile)\b`)

// timeUnits begin the words by which time is counted.
var timeUnits = regexp.MustCompile(`^(minut|hour|stund|uhr|day|tag|week|woch|month|monat|quart|year|jahr|pm|am|o'clock)`)

// ofAsking are the words by which a question asks what there is to tell. They say nothing of what it is about, either.
var ofAsking = regexp.MustCompile(`(?i)\b(happen(s|ed|ing)?|takes? place|took place|said|says?|told|news|` +
	`passiert\w*|geschieht|geschah|geschehen|gesagt|sagte?n?|sagt|neues|neuigkeiten|stattgefunden)\b|änder(t|n|te|ten) sich\b`)

// heldAt is a verb that German cuts in two: findet … statt.
var heldAt = regexp.MustCompile(`(?i)\b(findet|finden|fand|fanden)\b(.*)\bstatt\b`)

// tellingStems are the stems of a question that say what it is about.
func tellingStems(question, language string) []string {
	about := heldAt.ReplaceAllString(ofAsking.ReplaceAllString(ofNow.ReplaceAllString(question, " "), " "), "$2")
	if stems := annotate.Stems(about, language); len(stems) > 0 {
		return stems
	}
	return annotate.Stems(question, language)
}

// priceWords say that money is asked for.
var priceWords = regexp.MustCompile(`(?i)\b(cost\w*|prices?|priced|fees?|charged?|pays?|paid|money|sold|sell|sells|sale|verkauft|verkauf|kost\w+|preise?|teuer|gebühr\w*|bezahl\w*|zahl(t|en)|geld|betrag|summe)\b`)

// qualified is a name that is told from its namesakes by what follows: Neustadt an der Erle, Neustadt (Brese).
var qualified = regexp.MustCompile(`(\p{Lu}\p{L}+) (?:\((\p{Lu}\p{L}+)\)|(?:an der|am|ob der|vor der|upon|under|sur) (\p{Lu}\p{L}+))`)

// An inquiry is a question with what an answer must have.
type inquiry struct {
	// words are all of the question, stems those that tell something.
	words, stems []string
	// names are those of several words: a source that does not name them speaks of something else.
	names []string
	// price are the stems that say that money is asked for: a sentence with an amount of money has them, whatever its words.
	price []string
	// proper are the words that may be names of one word: written with a capital, and long enough to have a namesake by one letter.
	proper []string
	// serials are the things that a number tells from their like.
	serials map[string][]string
	// qualifiers tell the names of the question from their namesakes.
	qualifiers         map[string]string
	number, time, name bool
	// money and share: a number that is asked for may be of money or percent.
	money, share bool
	// sayings are other words for some of the stems, joined two of its words as one.
	sayings map[string]map[string]bool
	joined  map[string][]string
	// reaction are the stems of who is asked to have said something; future: it asks for what is to come.
	reaction []string
	future   bool
	// years are those that the question names.
	years    []int
	language string
}

// asksAtAll begins a question, also one without its mark. In a headline the same words ask nothing: the night when it rained.
var asksAtAll = regexp.MustCompile(`(?i)^\s*((for|to|at|from|with|in|by|since|until|zu|für|bei|von|mit|in|an|aus|seit|bis) )?(how|when|who|whose|whom|what|which|where|why|wie|wann|wer|wem|wen|wessen|was|welche[rnms]?|wo|warum|combien|quand|qui|cuánt[oa]s?|cuándo|quién|quant[oiae]|quando|chi)\b`)

func newInquiry(question, language string) inquiry {
	asks := strings.ContainsRune(question, '?') || asksAtAll.MatchString(question)
	q := inquiry{
		words: strings.FieldsFunc(strings.ToLower(question), notWord), language: language,
		stems: tellingStems(question, language), serials: collect.Serials(question),
		qualifiers: qualifiersIn(question), years: yearsIn(question, language),
		number: asks && asksNumber.MatchString(question), time: asks && asksTime.MatchString(question), name: asks && asksWho.MatchString(question),
		proper: properIn(question),
		money:  asksMoney.MatchString(question), share: asksShare.MatchString(question),
	}
	if sort := asksWhich(question); sort != "" && !q.number && !q.time {
		// The sort of thing is not said again by what names it.
		q.name = true
		of := annotate.Stems(sort, language)
		if rest := slices.DeleteFunc(slices.Clone(q.stems), func(stem string) bool { return slices.Contains(of, stem) }); len(rest) > 0 {
			q.stems = rest
		}
	}
	q.sayings, q.joined = sayingsOf(q.stems, language), joinedOf(q.words, q.stems, language)
	q.reaction, q.future = reactionOf(question, language), ofTheFuture.MatchString(question)
	if q.money {
		q.price = annotate.Stems(strings.Join(priceWords.FindAllString(question, -1), " "), language)
	}
	// A headline is full of capitals that are no names.
	for _, n := range namesIn(question, language) {
		if asks && strings.ContainsRune(n.text, ' ') {
			q.names = append(q.names, n.text)
		}
	}
	return q
}

// satisfied: a sentence has what is asked for: a number, a date, a name; any will do where nothing in particular is.
func (q inquiry) satisfied(sentence, language string) bool {
	numbers, dates := collect.Stated(sentence, language)
	switch {
	case len(q.reaction) > 0:
		stems := annotate.Stems(sentence, language)
		return slices.ContainsFunc(q.reaction, func(stem string) bool { return hasStem(stems, stem) })
	case q.counts() && q.countsOne(sentence):
		return true
	case q.counts():
		return slices.ContainsFunc(numbers, func(n collect.StatedNumber) bool { return n.Unit != "percent" && !isMoney(n.Unit) })
	case q.number:
		return len(numbers) > 0
	case q.time:
		return len(dates) > 0 || slices.ContainsFunc(numbers, func(n collect.StatedNumber) bool { return isYear(n) || timeUnits.MatchString(n.Unit) })
	case q.name:
		return q.namesBeyond(sentence, language)
	}
	return len(numbers)+len(dates) > 0
}

// counts: the question asks how many there are of something, which is told neither in money nor in percent.
func (q inquiry) counts() bool { return q.number && !q.money && !q.share }

// particular: the question asks for a number, a date or a name, or for what somebody said.
func (q inquiry) particular() bool { return q.number || q.time || q.name || len(q.reaction) > 0 }

// figures are the numbers with which a sentence answers a question for one, and what they measure: what the question says is
// counted, else money or percent where it may ask for these.
func (q inquiry) figures(sentence, language string) (unit string, numbers []collect.StatedNumber) {
	stated, _ := collect.Stated(sentence, language)
	for _, fits := range []func(unit string) bool{
		func(unit string) bool {
			return measureOf(unit) == "" && slices.ContainsFunc(q.words, func(word string) bool { return strings.HasPrefix(word, unit) || compounds(word, unit) })
		},
		func(unit string) bool { return isCurrency(unit) && q.money },
		func(unit string) bool { return unit == "percent" && q.share },
	} {
		for _, n := range stated {
			if n.Unit != "" && fits(n.Unit) && (unit == "" || n.Unit == unit) {
				unit, numbers = n.Unit, append(numbers, n)
			}
		}
		if len(numbers) > 0 {
			return unit, numbers
		}
	}
	return "", nil
}

// dates are the days, months and years with which a sentence answers a question for one.
func (q inquiry) dates(sentence, language string) []collect.StatedDate {
	_, stated := collect.Stated(sentence, language)
	return slices.DeleteFunc(stated, func(d collect.StatedDate) bool { return d.Year == 0 })
}

// compounds: a word is made of another one with something before it, as Badegäste is of Gäste.
func compounds(word, end string) bool {
	return utf8.RuneCountInString(end) >= leastNamesake-1 && strings.Contains(word, end)
}

// otherMoney are currencies of several countries, which have no code of their own.
var otherMoney = regexp.MustCompile(`^(crown|krone|franc|franken|peso|rupee|rupie|dinar|lira|shilling|schilling)`)

func isMoney(unit string) bool { return isCurrency(unit) || otherMoney.MatchString(unit) }

// ofAnotherYear: the question names a year, and the sentence only others.
func (q inquiry) ofAnotherYear(sentence, language string) bool {
	years := yearsIn(sentence, language)
	return len(q.years) > 0 && len(years) > 0 && !slices.ContainsFunc(years, func(year int) bool { return slices.Contains(q.years, year) })
}

// yearsIn are the years that a text names.
func yearsIn(text, language string) []int {
	var years []int
	numbers, dates := collect.Stated(text, language)
	for _, n := range numbers {
		if isYear(n) {
			years = append(years, int(n.Value))
		}
	}
	for _, d := range dates {
		if d.Year != 0 {
			years = append(years, d.Year)
		}
	}
	return years
}

// qualifiersIn are the names of a text that are told from their namesakes, with what tells them. A day is no such thing.
func qualifiersIn(text string) map[string]string {
	found := map[string]string{}
	for _, match := range qualified.FindAllStringSubmatch(text, -1) {
		qualifier := match[2] + match[3]
		if _, days := collect.Stated(qualifier, ""); len(days) == 0 {
			found[match[1]] = qualifier
		}
	}
	return found
}

// missesName: the source lacks a word of a name of the question. That they stand together is not asked: where every noun has a
// capital, what stands in a row is not always one name.
func (q inquiry) missesName(s *source) bool {
	words := wordsOf(s.snapshot.Title + "\n" + s.snapshot.Text)
	for _, qualifier := range q.qualifiers {
		if !hasWords(words, qualifier) {
			return true
		}
	}
	return slices.ContainsFunc(q.names, func(name string) bool { return !hasWords(words, name) })
}

// namesAnother: a sentence names something that shares a part with what the question names, and is not it: Anne Berger
// where Anna Berger is asked for.
func (q inquiry) namesAnother(sentence, language string) bool {
	for _, asked := range q.names {
		if containsName(sentence, asked) {
			continue
		}
		parts := wordsOf(asked)
		for _, n := range namesIn(sentence, language) {
			words := wordsOf(n.text)
			if len(words) < 2 {
				continue
			}
			shared := 0
			for word := range words {
				if parts[word] || parts[strings.TrimSuffix(word, "s")] {
					shared++
				}
			}
			if shared > 0 && shared < len(words) && shared < len(parts) {
				return true
			}
		}
	}
	return false
}

// qualifiesOtherwise: a text tells a name from its namesakes otherwise than the question does: Neustadt (Brese).
func (q inquiry) qualifiesOtherwise(text string) bool {
	for name, qualifier := range qualifiersIn(text) {
		if asked := q.qualifiers[name]; asked != "" && asked != qualifier && !containsName(text, asked) {
			return true
		}
	}
	return false
}

// properIn are the words of a text that may be names of one word, without the ending of the genitive.
func properIn(text string) []string {
	var found []string
	for _, word := range strings.FieldsFunc(text, notWord) {
		first, _ := utf8.DecodeRuneInString(word)
		if word = strings.TrimSuffix(word, "s"); unicode.IsUpper(first) && utf8.RuneCountInString(word) >= leastNamesake {
			found = append(found, word)
		}
	}
	return found
}

// leastNamesake is how long names are at least that one letter may tell apart; the shorter differ by one too often.
const leastNamesake = 6

// speaksOfNamesake: a text names what is written almost as something that the question names, and not that: Neustedt where
// Neustadt is asked for, version 4 where it is version 3.
func (q inquiry) speaksOfNamesake(text string) bool {
	if collect.OtherSerials(q.serials, collect.Serials(text)) {
		return true
	}
	named := properIn(text)
	return slices.ContainsFunc(q.proper, func(asked string) bool {
		return !slices.Contains(named, asked) && slices.ContainsFunc(named, func(other string) bool { return oneLetterApart(asked, other) })
	})
}

// oneLetterApart: two words of one length differ in one letter, which is not their first.
func oneLetterApart(a, b string) bool {
	some, others := []rune(a), []rune(b)
	if len(some) != len(others) || some[0] != others[0] {
		return false
	}
	apart := 0
	for i := range some {
		if some[i] != others[i] {
			apart++
		}
	}
	return apart == 1
}

// containsName: the words of a name stand in a text one after the other, in whatever case of the genitive.
func containsName(text, name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), notWord)
	all := strings.FieldsFunc(strings.ToLower(text), notWord)
	for i := 0; i+len(words) <= len(all); i++ {
		matches := true
		for j, word := range words {
			if other := all[i+j]; other != word && other != word+"s" && other+"s" != word {
				matches = false
				break
			}
		}
		if matches {
			return true
		}
	}
	return false
}

// commandPatterns are what texts say that are made for models instead of readers.
var commandPatterns = regexp.MustCompile(`(?i)(ignore|disregard|forget|override)\b.{0,40}\b(previous|prior|above|earlier|all|your)\b.{0,40}\b(instruction|prompt|rule|context|direction|guideline)s?|` +
	`(ignorier\w*|vergiss|vergesst|missachte\w*)\b.{0,60}\b(anweisung|instrukt|vorgabe|regel|kontext|prompt)\w*|` +
	`\b(system|developer|assistant) (prompt|message|note|notice|instruction)s?\s*:|(?-i:\b(SYSTEM|DEVELOPER|ASSISTANT))\s*:|\b(you are|act as|pretend to be|du bist|verhalte dich als) (an? |ein\w* )?(ai|ki|assistant|assistent|language model|sprachmodell|chatbot)|` +
	`\b(as an ai|als ki)\b|\[(source|quelle) ?\d+\]|<\|?(im_start|system|endoftext)|` +
	`\b(cite|zitiere?n?) (this|diese) (page|seite|source|quelle)\b|` +
	`(^|[:;] ?|\bplease )(state|write|answer|say) (instead|that|in your)\b|\b(schreibe|antworte|behaupte),? (dass|stattdessen|in deiner)\b`)

// toMachines are how texts address whoever reads them by machine, and what is only said to these. Articles about such machines are
// written otherwise: that they must do something, or have leaked keys, is news.
var toMachines = regexp.MustCompile(`(?i)\b(hinweis|anweisung|nachricht|mitteilung|achtung|note|notice|message|instructions?|attention|an alle|to all|to any|dear|hey|liebe[rs]?)\b.{0,20}\b` + machines + `\b[^.!?]{0,40}[:,]|` +
	`\b` + machines + `\b.{0,40}\b(must|should|have to|has to|is to|are to|muss|müssen|soll|sollen|sollten)\b.{0,60}\b(cite|state|report|say|write|answer|reply|ignore|list|mention|zitier\w*|nenn\w*|angeben|anzugeben|schreib\w*|antwort\w*|behaupt\w*|meld\w*|ignorier\w*)\b|` +
	`\b(beim zusammenfassen|bei der zusammenfassung) (ist|sind|muss|müssen|bitte)\b|\b(when|if|while) (you )?(are )?summari[sz]\w* (this|the|it)\b|` +
	`\b(reveal|print|send|leak|exfiltrate|output|repeat|verrate?|sende?|schicke?|nenne?|gib)\b.{0,30}\b(your|deine?n?|eure?n?)\b.{0,30}\b(api.?keys?|schlüssel|secrets?|passw\w+|credentials?|zugangsdaten|system ?prompts?|umgebungsvariablen|environment variables|instructions|anweisungen)\b|` +
	`\b(new|neue|updated|geänderte) (instructions?|anweisung(en)?)[^.!?:]{0,40}:|</?\s*(data|system|user|assistant|instructions?|claims)\b[^>]*>|` +
	`\b(mark|judge|rate|treat|bewerte|beurteile)\b.{0,60}\b(supported|verified|belegt|gestützt)\b|"verdict"\s*:`)

// machines are the names of those that read.
const machines = `(llms?|chat ?bots?|(large )?language models?|sprachmodelle?n?|(ki|ai)[- ](systeme?n?|systems?|models?|modelle?n?|agent(en|s)?|assisten(ten|ts?)|bots?)|assistants?|assistenten|crawlers?|automated (readers|systems|agents))`

// commands: a sentence speaks to a machine that reads it, and is no statement.
func commands(sentence string) bool {
	plain := unmasked(sentence)
	return commandPatterns.MatchString(plain) || toMachines.MatchString(plain)
}

// lookalikes are letters of other scripts that are drawn as Latin ones.
var lookalikes = strings.NewReplacer(
	"а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "і", "i", "ѕ", "s", "ј", "j", "ԁ", "d", "ո", "n", "һ", "h", "ӏ", "l", "к", "k", "м", "m", "т", "t", "в", "b", "н", "h",
	"А", "A", "Е", "E", "О", "O", "Р", "P", "С", "C", "У", "Y", "Х", "X", "І", "I", "Ѕ", "S", "К", "K", "М", "M", "Т", "T", "В", "B", "Н", "H",
	"ο", "o", "α", "a", "ε", "e", "ι", "i", "κ", "k", "ν", "v", "ρ", "p", "τ", "t", "υ", "u", "χ", "x", "Α", "A", "Β", "B", "Ε", "E", "Ζ", "Z", "Η", "H", "Ι", "I", "Κ", "K", "Μ", "M", "Ν", "N", "Ο", "O", "Ρ", "P", "Τ", "T", "Υ", "Y", "Χ", "X",
)

// unmasked is a text as its reader sees it: without what is not drawn, letters and brackets of other forms as the common ones.
func unmasked(text string) string {
	text = lookalikes.Replace(norm.NFKC.String(text))
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Mn, r), unicode.Is(unicode.Variation_Selector, r):
			return -1
		case r == '‹', r == '〈', r == '⟨':
			return '<'
		case r == '›', r == '〉', r == '⟩':
			return '>'
		}
		return r
	}, text)
}
