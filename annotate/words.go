// Package annotate finds out what a text is about without any model: its keyphrases, and the people,
// organisations, places, products, dates and amounts that it names. It is pure: the same text gives the same answer.
package annotate

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxText is how many bytes of a text are read, and maxWords how many words of it.
	maxText, maxWords = 200_000, 20_000
	// maxWord is how many bytes a word may have that can be a part of a name or phrase.
	maxWord = 80
	// maxInitials is how many bytes U.S.A. and the like may have.
	maxInitials = 12
)

// A class is what a word is made of.
type class int

const (
	letters class = iota
	number
	// unspaced is a run of a script that puts no spaces between words.
	unspaced
)

// A word is one with where it stands.
type word struct {
	text, lower string
	// at and end are its place in bytes.
	at, end int
	// gap is what stands between it and the word before.
	gap      string
	class    class
	sentence int
	// first: a sentence, a line or a quotation begins with it, so that its capital tells nothing.
	first bool
	// capital: it begins with one; shout: it is nothing but capitals, two at least.
	capital, shout bool
}

// A text is what is read, cut into words.
type text struct {
	raw       string
	language  string
	words     []word
	sentences int
}

// clean is a text as all offsets mean it: composed, valid, with one kind of apostrophe, and bounded.
func clean(s string) string {
	if len(s) > maxText {
		cut := maxText
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut]
	}
	s = norm.NFC.String(strings.ToValidUTF8(s, "\ufffd"))
	return strings.ReplaceAll(s, "’", "'")
}

// tag is one of HTML with what tells it from a comparison or a type in angle brackets: an attribute, a slash, or the name of an
// element that means nothing else.
var tag = regexp.MustCompile(`(?i)</[a-z][a-z0-9]*\s*>|<[a-z][a-z0-9]*(\s+[a-z_:][-a-z0-9_:.]*\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))+\s*/?>|<(div|span|p|br|li|ul|ol|td|tr|table|img|h[1-6]|strong|em)\s*/?>`)

// unmarked is a text in which there are spaces in the place of tags, which a source left in its words: they are none of its own.
func unmarked(text string) string {
	if !strings.Contains(text, "<") {
		return text
	}
	return tag.ReplaceAllStringFunc(text, func(found string) string { return strings.Repeat(" ", len(found)) })
}

// read cuts a text into words.
func read(raw, language string) *text {
	t := &text{raw: raw, language: language, words: make([]word, 0, min(len(raw)/6+1, maxWords))}
	for i := 0; i < len(raw) && len(t.words) < maxWords; {
		r, size := utf8.DecodeRuneInString(raw[i:])
		switch {
		case isUnspaced(r):
			i = t.add(i, t.unspacedEnd(i), unspaced)
		case unicode.IsDigit(r):
			i = t.addNumber(i)
		case unicode.IsLetter(r):
			i = t.addLetters(i)
		default:
			i += size
		}
	}
	if n := len(t.words); n > 0 {
		t.sentences = t.words[n-1].sentence + 1
	}
	return t
}

// add appends a word and answers where it ends.
func (t *text) add(at, end int, c class) int {
	w := word{text: t.raw[at:end], at: at, end: end, class: c, first: true}
	if n := len(t.words); n > 0 {
		last := &t.words[n-1]
		w.gap, w.sentence = t.raw[last.end:at], last.sentence
		if t.endsSentence(last, w.gap, w.text) {
			w.sentence++
		}
		w.first = w.sentence != last.sentence || strings.ContainsAny(w.gap, ":„“«»\"•–—|")
	}
	r, _ := utf8.DecodeRuneInString(w.text)
	w.capital = unicode.IsUpper(r)
	w.lower = w.text
	if c == letters {
		w.lower = strings.ToLower(w.text)
		w.shout = w.capital && len(w.text) > 1 && strings.ToUpper(w.text) == w.text
	}
	t.words = append(t.words, w)
	return end
}

// abbreviations are words behind which a point ends no sentence.
var abbreviations = setOf(`dr prof mr mrs ms st sig dott sen gov rep gen mme mlle sr sra dra ca bzw nr mio mrd inc ltd corp co no vs jan feb
	mär mar apr jun jul aug sep sept okt oct nov dez dec déc janv févr avr juil ing dipl med evtl ggf inkl abs art bd hl jr jh etc str tel mld mln`)

func (t *text) endsSentence(before *word, gap, next string) bool {
	if strings.ContainsAny(gap, "\n。！？") {
		return true
	}
	if mark := strings.IndexAny(gap, "!?…"); mark >= 0 {
		return !goesOn(gap[mark:], next)
	}
	dot := strings.IndexByte(gap, '.')
	if dot < 0 || dot+1 == len(gap) {
		return false
	}
	if dot == 0 {
		short := utf8.RuneCountInString(before.text) == 1 || abbreviations[before.lower]
		// "12. März" is a day, "in 2026. Das" an end.
		ordinal := before.class == number && len(before.text) <= 2 && t.language != "en"
		if short || ordinal {
			return false
		}
	}
	r, _ := utf8.DecodeRuneInString(next)
	return !unicode.IsLower(r)
}

// goesOn: what follows a mark is the rest of its sentence: it begins in lower case ("on Live! the star said"), or the mark ends
// words in quotation marks, behind which it is told whose they are ("'Did I?' Daniels said").
func goesOn(gap, next string) bool {
	if r, _ := utf8.DecodeRuneInString(next); unicode.IsLower(r) {
		return !strings.ContainsAny(gap, "-–—•|")
	}
	behind := strings.TrimLeft(gap, "!?…")
	quote, size := utf8.DecodeRuneInString(behind)
	return strings.ContainsRune("'\"”“»«", quote) && strings.TrimSpace(behind[size:]) == "" && len(behind) > size
}

// elisions are what stands before an apostrophe as a word of its own: l'eau, dell'acqua.
var elisions = setOf(`l d j m n s t c qu jusqu lorsqu puisqu quoiqu quelqu dell all dall nell sull un quest quell sant tutt coll`)

func (t *text) addLetters(at int) int {
	end := at
	runes := 0
	for end < len(t.raw) {
		r, size := utf8.DecodeRuneInString(t.raw[end:])
		if unicode.IsLetter(r) && !isUnspaced(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			end, runes = end+size, runes+1
			continue
		}
		next, nextSize := utf8.DecodeRuneInString(t.raw[end+size:])
		if !unicode.IsLetter(next) && !unicode.IsDigit(next) || isUnspaced(next) {
			break
		}
		if r == '\'' {
			if elisions[strings.ToLower(t.raw[at:end])] {
				return t.add(at, end, letters)
			}
			if behind := end + 1 + nextSize; (next == 's' || next == 'S') && !wordGoesOn(t.raw[behind:]) {
				t.add(at, end, letters)
				return behind
			}
		}
		if !t.inWord(r, at, end, next, end+size+nextSize) {
			return t.add(at, end, letters)
		}
		end += size
	}
	return t.add(at, t.signsEnd(at, end, runes), letters)
}

// signsEnd: C++, C# and the like keep what tells them apart.
func (t *text) signsEnd(at, end, runes int) int {
	if runes != 1 || t.raw[at] >= utf8.RuneSelf {
		return end
	}
	switch rest := t.raw[end:]; {
	case strings.HasPrefix(rest, "++"):
		return end + 2
	case strings.HasPrefix(rest, "#"):
		return end + 1
	}
	return end
}

// inWord: a sign between two letters that belongs to the word: a hyphen, the points of U.S., of Node.js and of ID.3.
func (t *text) inWord(r rune, at, end int, next rune, behind int) bool {
	switch r {
	case '-', '\u2010', '\u2011', '\u00ad', '\'':
		return true
	case '.':
		head := t.raw[at:end]
		return end-at < maxInitials && initials(head) && !wordGoesOn(t.raw[behind:]) ||
			strings.HasPrefix(t.raw[end:], ".js") || unicode.IsDigit(next) && head == "ID"
	}
	return false
}

func wordGoesOn(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest != "" && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// initials: single letters with points between, as in U.S.
func initials(s string) bool {
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if !unicode.IsLetter(r) || len(s) > size && s[size] != '.' {
			return false
		}
		s = s[min(size+1, len(s)):]
	}
	return true
}

// addNumber takes 1,200.50 and 12.03.2026 as one; 4bn and 30km are two, 5G and 12th one.
func (t *text) addNumber(at int) int {
	end := at
	for end < len(t.raw) {
		r, size := utf8.DecodeRuneInString(t.raw[end:])
		if !unicode.IsDigit(r) {
			next, _ := utf8.DecodeRuneInString(t.raw[end+size:])
			if !strings.ContainsRune(".,':", r) || !unicode.IsDigit(next) {
				break
			}
		}
		end += size
	}
	tail := end
	for tail < len(t.raw) {
		r, size := utf8.DecodeRuneInString(t.raw[tail:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) || isUnspaced(r) {
			break
		}
		tail += size
	}
	if tail == end || isMeasure(t.raw[end:tail]) {
		return t.add(at, end, number)
	}
	return t.add(at, tail, letters)
}

func (t *text) unspacedEnd(at int) int {
	end := at
	for end < len(t.raw) {
		r, size := utf8.DecodeRuneInString(t.raw[end:])
		if !isUnspaced(r) && !unicode.IsMark(r) {
			break
		}
		end += size
	}
	return end
}

// unspacedScripts are those whose words no space tells apart.
var unspacedScripts = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}

func isUnspaced(r rune) bool {
	const longSound = 'ー' // of both kana, and so of no script of its own
	return r >= '\u0e00' && (r < '\u1100' || r >= '\u1780') && (unicode.In(r, unspacedScripts...) || r == longSound)
}

// joined: nothing but a space stands between a word and the one before.
func (t *text) joined(i int) bool {
	return i > 0 && i < len(t.words) && (t.words[i].gap == " " || t.words[i].gap == "\u00a0" || t.words[i].gap == "\u202f")
}

// usable: a word that can be a part of a name or phrase.
func (w *word) usable() bool { return len(w.text) <= maxWord }

// setOf are the words of a list.
func setOf(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}
