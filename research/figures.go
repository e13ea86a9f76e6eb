package research

import (
	"slices"

	"github.com/content-creator/content-creator-api/collect"
)

// figures are the numbers and dates of a text.
type figures struct {
	numbers []collect.StatedNumber
	dates   []collect.StatedDate
}

func figuresIn(text, language string) (f figures) {
	f.numbers, f.dates = collect.Stated(text, language)
	return f
}

// beyond: there is a number or a date among them that is not known, however numbers were rounded.
func (f figures) beyond(known figures) bool {
	return slices.ContainsFunc(f.numbers, func(n collect.StatedNumber) bool {
		return !slices.ContainsFunc(known.numbers, func(other collect.StatedNumber) bool { return !n.Contradicts(other) })
	}) || slices.ContainsFunc(f.dates, func(d collect.StatedDate) bool {
		return !slices.ContainsFunc(known.dates, func(other collect.StatedDate) bool { return sameDate(d, other, 0) })
	})
}

// restated: each has a figure that the other lacks.
func (f figures) restated(other figures) bool { return f.beyond(other) && other.beyond(f) }
