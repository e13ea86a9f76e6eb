package annotate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A Sentence is one of a text, or a line of it that is none, as a heading.
type Sentence struct {
	Text string
	// Start and End are its place in the text, in characters (Unicode code points); End is exclusive.
	Start, End int
	// Line counts the lines of the text from 0: sentences of one line belong together.
	Line int
}

// Normal is a text as it must be for positions in it to hold: valid UTF-8, composed (NFC), without the characters that
// neither show nor separate, and bounded to 200,000 bytes.
func Normal(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == '\u00ad' || r == '\u200b' || r == '\ufeff' || r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	text = norm.NFC.String(text)
	if len(text) > maxText {
		cut := maxText
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	return text
}

// Sentences cuts a Normal text into its sentences, up to the first 20,000 words.
func Sentences(normal, language string) []Sentence {
	// As long as the text itself, character by character.
	t := read(strings.ReplaceAll(normal, "’", "'"), language)
	var starts []int
	for i, w := range t.words {
		if i == 0 || w.sentence != t.words[i-1].sentence {
			starts = append(starts, sentenceStart(t.raw, w.at))
		}
	}
	var found []Sentence
	runes, last, line := 0, 0, 0
	for i, start := range starts {
		end := len(t.raw)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		if cut := strings.IndexByte(t.raw[start:end], '\n'); cut >= 0 {
			end = start + cut
		}
		part := strings.TrimRightFunc(t.raw[start:end], unicode.IsSpace)
		runes += utf8.RuneCountInString(t.raw[last:start])
		line += strings.Count(t.raw[last:start], "\n")
		last = start
		length := utf8.RuneCountInString(part)
		found = append(found, Sentence{Start: runes, End: runes + length, Line: line})
	}
	all := []rune(normal)
	for i := range found {
		found[i].Text = string(all[found[i].Start:found[i].End])
	}
	return found
}

// sentenceStart is where a sentence begins whose first word is at a place: with the quotation marks and brackets before it.
func sentenceStart(raw string, at int) int {
	for at > 0 {
		r, size := utf8.DecodeLastRuneInString(raw[:at])
		if !strings.ContainsRune("\"'„“«»‚‘(¿¡[#€$£§-–+−", r) {
			break
		}
		at -= size
	}
	return at
}

// Stems are the stems of the words of a text that say something, in their order: without stop words, numbers included.
func Stems(text, language string) []string {
	t := read(clean(text), language)
	stop, stemmer := stopWords(language), newStemmer(language)
	var stems []string
	for _, w := range t.words {
		switch {
		case w.class == unspaced:
			stems = append(stems, pairsOf(w.text)...)
		case stop[w.lower] || w.class == letters && utf8.RuneCountInString(w.text) < 2:
		default:
			stems = append(stems, stemmer.of(w.lower))
		}
	}
	return stems
}

// pairsOf are the overlapping pairs of characters of a script without spaces.
func pairsOf(run string) []string {
	runes := []rune(run)
	if len(runes) < 2 {
		return []string{run}
	}
	pairs := make([]string, 0, len(runes)-1)
	for i := range len(runes) - 1 {
		pairs = append(pairs, string(runes[i:i+2]))
	}
	return pairs
}

// TellingWords are the words of a text that say something, as they stand there: what a search is made of.
func TellingWords(text, language string) []string {
	t := read(clean(text), language)
	stop := stopWords(language)
	var words []string
	for _, w := range t.words {
		if w.class == unspaced || !stop[w.lower] && (w.class == number || utf8.RuneCountInString(w.text) > 1) {
			words = append(words, w.text)
		}
	}
	return words
}

// Words are the words of a text as they stand there, numbers and stop words included. A script without spaces has none.
func Words(text, language string) []string {
	var words []string
	for _, w := range read(clean(text), language).words {
		if w.class != unspaced {
			words = append(words, w.text)
		}
	}
	return words
}

// Overlap is the share of the stems of two texts that both have, from 0 to 1 (Jaccard's index of the two sets).
func Overlap(a, b []string) float64 {
	inA, all := map[string]bool{}, map[string]bool{}
	for _, stem := range a {
		inA[stem], all[stem] = true, true
	}
	common := 0
	for _, stem := range b {
		if inA[stem] {
			common++
			delete(inA, stem)
		}
		all[stem] = true
	}
	if len(all) == 0 {
		return 0
	}
	return float64(common) / float64(len(all))
}
