package annotate

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/content-creator/content-creator-api/store"
)

// The kinds of entities.
const (
	Person       = "person"
	Organisation = "organisation"
	Place        = "place"
	Product      = "product"
	Date         = "date"
	Amount       = "amount"
)

// MaxEntities is how many entities of a document are kept: the most frequent, and of these the first.
const MaxEntities = 50

// A mention is one occurrence of an entity.
type mention struct {
	kind string
	// from and to are its words.
	from, to int
	// at and end are its place in bytes.
	at, end int
	// name stands for all spellings; "" takes the text in lower case.
	name string
	// shown is the text, where it differs from what stands there.
	shown               string
	value               *float64
	unit, date, country string
}

// An entityReader reads one text. What one rule has taken no later one sees.
type entityReader struct {
	*text
	published *time.Time
	stop      map[string]bool
	taken     []bool
	mentions  []mention
}

// Annotate finds the keyphrases of a title and text, the best first, and the entities that they name, the most frequent first.
// Entities are found by rules and lists, which would rather miss a name than invent one. Relative dates, and those without a
// year, are resolved only if it is known when the text was published.
func Annotate(title, body, language string, published *time.Time) ([]store.Keyword, []store.Entity) {
	t := read(unmarked(clean(title+"\n"+body)), language)
	r := &entityReader{text: t, published: published, stop: stopWords(t.language), taken: make([]bool, len(t.words))}
	r.dates()
	r.amounts()
	r.products()
	r.listed(true)
	r.organisations()
	r.people()
	r.listed(false)
	r.surnames()
	return keyphrases(t, r.mentions), r.summed()
}

// take adds a mention of the words from up to before to, unless another one has them.
func (r *entityReader) take(m mention) bool {
	if m.from >= m.to || !r.free(m.from, m.to) {
		return false
	}
	for i := m.from; i < m.to; i++ {
		r.taken[i] = true
	}
	if m.end == 0 {
		m.at, m.end = r.words[m.from].at, r.words[m.to-1].end
		// The last point of U.S. belongs to it.
		if strings.Contains(r.words[m.to-1].text, ".") && initials(r.words[m.to-1].text) && strings.HasPrefix(r.raw[m.end:], ".") {
			m.end++
		}
	}
	r.mentions = append(r.mentions, m)
	return true
}

func (r *entityReader) free(from, to int) bool { return !slices.Contains(r.taken[from:to], true) }

// summed are the mentions of each entity together.
func (r *entityReader) summed() []store.Entity {
	slices.SortStableFunc(r.mentions, func(a, b mention) int { return cmp.Compare(a.at, b.at) })
	var found []store.Entity
	place := map[string]int{}
	forms := map[string]int{}
	runes, last := 0, 0
	for _, m := range r.mentions {
		shown := cmp.Or(m.shown, strings.Join(strings.Fields(r.raw[m.at:m.end]), " "))
		key := m.kind + " " + cmp.Or(m.date, m.name, strings.ToLower(shown))
		runes += utf8.RuneCountInString(r.raw[last:m.at])
		last = m.at
		i, known := place[key]
		if !known {
			i = len(found)
			place[key] = i
			found = append(found, store.Entity{
				Kind: m.kind, Text: shown, Value: m.value, Unit: orNil(m.unit), Date: orNil(m.date), Country: orNil(m.country),
				FirstOffset: runes, Key: key,
			})
		}
		e := &found[i]
		e.Count++
		forms[key+"\n"+shown]++
		if forms[key+"\n"+shown] > forms[key+"\n"+e.Text] {
			e.Text = shown
		}
	}
	slices.SortStableFunc(found, func(a, b store.Entity) int { return cmp.Compare(b.Count, a.Count) })
	return found[:min(len(found), MaxEntities)]
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
