package collect

import (
	"math"
	"strings"
)

// A StatedNumber is a number that a sentence states, as 14,500, "1.2 million euros" or "zwölf".
type StatedNumber struct {
	// Text is as it stands there.
	Text  string
	Value float64
	// Step is the place value of its last digit that tells: 0.1 million is 100,000.
	Step float64
	// Unit is "percent", the code of a currency, or the beginning of the word that is counted; "" where there is none.
	Unit string
}

// Contradicts reports whether the two are further apart than either was rounded.
func (n StatedNumber) Contradicts(other StatedNumber) bool {
	return math.Abs(n.Value-other.Value) > max(n.Step, other.Step)/2+1e-9*math.Abs(n.Value)
}

// A StatedDate is a date that a sentence states; 0 is what it does not say. Weekday counts from Monday, 1.
type StatedDate struct {
	Text                      string
	Year, Month, Day, Weekday int
}

// Stated are the numbers and the dates of a sentence. A number is read as its language writes it; one that could be
// read in two ways is read in neither.
func Stated(sentence, language string) (numbers []StatedNumber, dates []StatedDate) {
	found, rest := datesIn(sentence)
	for _, d := range found {
		dates = append(dates, StatedDate{d.text, d.date.year, d.date.month, d.date.day, d.date.weekday})
	}
	if hasWord(rest, numberWords) {
		rest = writtenNumber.ReplaceAllStringFunc(rest, func(word string) string { return numberWords[strings.ToLower(word)] })
	}
	for _, match := range numberPattern.FindAllStringSubmatch(withoutCodes(rest), -1) {
		if number, _, ok := numberOf(match, language); ok {
			numbers = append(numbers, number)
		}
	}
	return numbers, dates
}

// numberOf reads a match of numberPattern. A single letter for its scale, without a currency, may be metres or millions: it is
// left out, and the number ambiguous.
func numberOf(match []string, language string) (n StatedNumber, ambiguous, ok bool) {
	currency, digits, scale, sign, word := match[1], match[2], strings.ToLower(match[3]), match[4], match[5]
	n = StatedNumber{Text: strings.TrimSpace(strings.TrimSuffix(match[0], word)), Unit: unitOf(currency, sign, word)}
	if n.Value, n.Step, ok = parseNumber(digits, language); !ok {
		return n, false, false
	}
	ambiguous = len(scale) == 1 && currency == "" && sign == ""
	if scale != "" && !ambiguous {
		factor := scaleOf(scale, language)
		n.Value, n.Step = n.Value*factor, n.Step*factor
	}
	return n, ambiguous, true
}
