package llm

import (
	"unicode"
	"unicode/utf8"
)

// Tokens are bounds of how many tokens a text has, whatever the model. Most is what to reserve by: long words
// are taken for a token every two and a half letters, digits, signs and letters beyond ASCII for one each, and what
// no alphabet knows for one each byte. Least is what even the largest vocabularies need: one a word.
func Tokens(text string) (least, most int) {
	word := 0
	endWord := func() {
		if word > 0 {
			least++
			most += max(1, (word*2+4)/5)
		}
		word = 0
	}
	space := false
	for _, r := range text {
		isSpace := r == ' ' || r == '\n' || r == '\t' || r == '\r'
		switch {
		case r < utf8.RuneSelf && unicode.IsLetter(r):
			word++
		case r < 0x0250 && unicode.IsLetter(r), r >= 0x0370 && r < 0x0530 && unicode.IsLetter(r):
			// Latin with accents, Greek, Cyrillic: words as well, of more tokens.
			word += 2
		case unicode.Is(unicode.Han, r), unicode.Is(unicode.Hiragana, r), unicode.Is(unicode.Katakana, r), unicode.Is(unicode.Hangul, r):
			endWord()
			most += 2
		case isSpace:
			endWord()
			if space || r != ' ' {
				most++
			}
		case r < utf8.RuneSelf:
			endWord()
			most++
		default:
			endWord()
			most += utf8.RuneLen(r)
		}
		space = isSpace
	}
	endWord()
	return least, most
}
