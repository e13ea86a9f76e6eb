package collect

import "unicode"

// wordLetters are how many letters make a word on average, in the scripts that put no space between words.
var wordLetters = []struct {
	script  *unicode.RangeTable
	letters int
}{
	{unicode.Han, 2},
	{unicode.Hiragana, 2},
	{unicode.Katakana, 2},
	{unicode.Thai, 5},
	{unicode.Lao, 5},
	{unicode.Khmer, 5},
	{unicode.Myanmar, 5},
}

// countWords counts the words of a text: runs of letters and digits, in which an apostrophe or a hyphen
// joins. Where a script puts no spaces, two letters of Chinese and Japanese, and five of Thai, Lao, Khmer
// and Burmese, count as a word; what is left of a run of them counts as one.
func countWords(text string) int {
	words, run, per, inside, joint := 0, 0, 0, false, false
	endRun := func() {
		if run > 0 {
			words += (run + per - 1) / per
		}
		run = 0
	}
	for _, r := range text {
		letters := lettersPerWord(r)
		switch {
		case unicode.IsMark(r):
		case letters > 0:
			if run > 0 && letters != per {
				endRun()
			}
			run, per, inside, joint = run+1, letters, false, false
		case unicode.IsLetter(r), unicode.IsDigit(r):
			endRun()
			if !inside {
				words++
			}
			inside, joint = true, false
		case inside && !joint && (r == '\'' || r == '’' || r == '-' || r == '\u2011' || r == '\u00AD'):
			joint = true
		default:
			endRun()
			inside, joint = false, false
		}
	}
	endRun()
	return words
}

func lettersPerWord(r rune) int {
	if r < 0x0E00 {
		return 0
	}
	for _, u := range wordLetters {
		if unicode.Is(u.script, r) {
			return u.letters
		}
	}
	return 0
}
