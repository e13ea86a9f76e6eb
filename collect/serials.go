package collect

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// serial is what a number tells from its like: a code as v201506 or A380, or the number behind a word that takes one as its name.
var serial = regexp.MustCompile(`(?i)(^|[^\p{L}\d])(?:(\p{L}{1,12})(\d+(?:\.\d+)*)|` +
	`(versions?|releases?|line|linie|route|section|paragraph|article|artikel|§|chapter|kapitel|part|teil|phase|stage|stufe|terminal|gate|tor|gleis|platform|` +
	`block|reactor|reaktor|unit|flight|flug|season|staffel|episode|folge|volume|band|series|serie|type|typ|class|klasse|grade|number|nummer|no\.|nr\.) (\d+(?:\.\d+)*))`)

// Serials are the things of a text that a number tells from their like, by the word that they share.
func Serials(text string) map[string][]string {
	found := map[string][]string{}
	for _, match := range serial.FindAllStringSubmatch(text, -1) {
		name, number := strings.ToLower(match[2]+match[4]), match[3]+match[5]
		if unitOf(name, "", "") == "" && !slices.Contains(found[name], number) { // EUR40 is an amount
			found[name] = append(found[name], number)
		}
	}
	return found
}

// OtherSerials reports whether two texts speak of the like, and of no one in common: version 3 and version 4.
func OtherSerials(a, b map[string][]string) bool {
	for name, numbers := range a {
		others := b[name]
		if len(others) > 0 && !slices.ContainsFunc(numbers, func(n string) bool { return slices.Contains(others, n) }) {
			return true
		}
	}
	return false
}

// code is a word with a number in it.
var code = regexp.MustCompile(`(\p{L}+)\d[\p{L}\d]*(\.\d+)*`)

// withoutCodes is a text without what a number only names: v201506 states no number, and EUR40 does.
func withoutCodes(text string) string {
	if !hasDigit(text) {
		return text
	}
	return code.ReplaceAllStringFunc(text, func(word string) string {
		if match := code.FindStringSubmatch(word); unitOf(match[1], "", "") != "" {
			return word
		}
		return strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return 'x'
			}
			return r
		}, word)
	})
}
