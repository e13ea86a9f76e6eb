package research

import (
	"regexp"
	"strings"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/collect"
)

// What a question asks for, told by how it begins.
var (
	asksNumber = regexp.MustCompile(`(?i)\b(how (many|much|high|large|big|long|far|old)|what (share|percentage|proportion|price|amount|number)|` +
		`wie ?(viele?n?|hoch|groß|lang|weit|alt|teuer|stark)|welche[rnms]? (anteil|zahl|anzahl|betrag|summe|preis)|combien|cuánt[oa]s?|quant[oiae])\b`)
	asksTime = regexp.MustCompile(`(?i)\b(when|what (date|day|year|month)|since when|until when|wann|seit wann|bis wann|welche[mnrs]? (tag|jahr|monat|datum)|quand|cuándo|quando)\b`)
	asksWho  = regexp.MustCompile(`(?i)^\s*(who|whose|whom|which (company|person|organisation|organization|firm)|wer|wem|wen|wessen|welche[rs]? (firma|person|unternehmen)|qui|quién|chi)\b`)
)

// An inquiry is a question with what an answer must have.
type inquiry struct {
	stems []string
	// names are those of several words: a source that does not name them speaks of something else.
	names              []string
	number, time, name bool
	language           string
}

func newInquiry(question, language string) inquiry {
	q := inquiry{
		stems: annotate.Stems(question, language), language: language,
		number: asksNumber.MatchString(question), time: asksTime.MatchString(question), name: asksWho.MatchString(question),
	}
	// A headline is full of capitals that are no names.
	asks := strings.ContainsRune(question, '?') || q.particular()
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
	case q.number:
		return len(numbers) > 0
	case q.time:
		return len(dates) > 0 || len(numbers) > 0
	case q.name:
		return len(namesIn(sentence, language)) > 0
	}
	return len(numbers)+len(dates) > 0
}

// particular: the question asks for a number, a date or a name.
func (q inquiry) particular() bool { return q.number || q.time || q.name }

// missesName: the source never names what the question does, in full.
func (q inquiry) missesName(s *source) bool {
	for _, n := range q.names {
		if !containsName(s.snapshot.Title+"\n"+s.snapshot.Text, n) {
			return true
		}
	}
	return false
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
	`\b(system|developer|assistant) ?(prompt|message|note|instruction)?s?\s*:|\b(you are|act as|pretend to be|du bist|verhalte dich als) (an? |ein\w* )?(ai|ki|assistant|assistent|language model|sprachmodell|chatbot)|` +
	`\b(as an ai|als ki)\b|\[(source|quelle) ?\d+\]|<\|?(im_start|system|endoftext)|` +
	`\b(ai|ki|language model|sprachmodell|assistant|assistent|llm)s?\b.{0,40}\b(must|should|have to|muss|müssen|sollen?|cite|state|zitier\w*|antworte\w*|answer)\b|` +
	`\b(cite|zitiere?n?) (this|diese) (page|seite|source|quelle)\b|\b(state|write|answer|say|schreibe?|antworte|behaupte) (instead|that|dass|stattdessen|in your|in deiner)\b`)

// commands: a sentence speaks to a machine that reads it, and is no statement.
func commands(sentence string) bool { return commandPatterns.MatchString(sentence) }
