package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// tag is the lexeme of the search index that stands for a value; see search_tag in the migrations.
func tag(kind, value string) string {
	if runes := []rune(value); len(runes) > 400 {
		value = string(runes[:400])
	}
	return "'\x01" + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(kind+value) + "'"
}

func anyTag(kind string, values []string) string {
	tags := make([]string, len(values))
	for i, value := range values {
		tags[i] = tag(kind, value)
	}
	return "(" + strings.Join(tags, " | ") + ")"
}

// localKinds are the filters that the index knows within steps, too.
const localKinds = "dmlstp"

const everywhere = -1

// valueTag stands for any of the values; within a step unless that is everywhere.
func valueTag(step int64, kind string, values []string) string {
	if step == everywhere || !strings.Contains(localKinds, kind) {
		return anyTag(kind, values)
	}
	return anyTag("1"+strconv.FormatInt(step, 10)+kind, values)
}

// keys are what the search index is asked, of a step or everywhere: each must match. Apart from each other they let
// the index leap from one to the next; together it would read all of the rarest.
func (h *hunt) keys(step int64) []string {
	keys := h.wordKeys(step)
	local := false
	for _, t := range h.s.tags {
		keys = append(keys, valueTag(step, t.kind, t.values))
		local = local || strings.Contains(localKinds, t.kind)
	}
	if step == everywhere {
		for _, tags := range h.spanTags {
			keys = append(keys, "("+strings.Join(tags, " | ")+")")
		}
		return keys
	}
	if !local {
		// Where a value keeps to the step, the step itself would only be more to read.
		keys = append(keys, tag("0", strconv.FormatInt(step, 10)))
	}
	return keys
}

// wordKeys are the words: what all arms have in common by itself, and what is left of each in its own languages.
func (h *hunt) wordKeys(step int64) []string {
	common, left := h.sharedWords()
	if len(h.arms) == 1 && !slices.ContainsFunc(h.wanted(), func(l string) bool { return !slices.Contains(h.arms[0].languages, l) }) {
		if len(common) == 0 {
			return []string{valueTag(step, "l", h.arms[0].wanted)}
		}
		return common
	}
	var either []string
	for i, a := range h.arms {
		either = append(either, "("+strings.Join(append(left[i], h.languageTag(step, a)), " & ")+")")
	}
	return append(common, "("+strings.Join(either, " | ")+")")
}

// sharedWords are the words that all arms have in common, and what is left of each.
func (h *hunt) sharedWords() (common []string, left [][]string) {
	left = make([][]string, len(h.arms))
	for i, a := range h.arms {
		left[i] = conjuncts(a.loose)
	}
	for _, part := range left[0] {
		if !slices.ContainsFunc(left, func(other []string) bool { return !slices.Contains(other, part) }) {
			common = append(common, part)
		}
	}
	for i := range left {
		left[i] = slices.DeleteFunc(left[i], func(part string) bool { return slices.Contains(common, part) })
	}
	return common, left
}

// wordParts are the parts that the index intersects to find the words, whatever the language.
func (h *hunt) wordParts() []string {
	parts, left := h.sharedWords()
	var either []string
	for _, words := range left {
		if len(words) == 0 {
			return parts
		}
		either = append(either, "("+strings.Join(words, " & ")+")")
	}
	return append(parts, strings.Join(either, " | "))
}

// wanted are the languages that the filters leave.
func (h *hunt) wanted() []string {
	if h.s.languages != nil {
		return h.s.languages
	}
	return h.languages
}

// languageTag keeps an arm to its languages, by the shorter list.
func (h *hunt) languageTag(step int64, a arm) string {
	others := slices.DeleteFunc(slices.Clone(h.languages), func(l string) bool { return slices.Contains(a.languages, l) })
	if len(others) < len(a.wanted) && len(others) > 0 && a.loose != "" {
		return "!" + valueTag(step, "l", others)
	}
	return valueTag(step, "l", a.wanted)
}

// everywhere is the condition that all keys match.
func (h *hunt) everywhere(args pgx.NamedArgs) string {
	conditions := []string{h.indexed}
	for i, key := range h.keys(everywhere) {
		name := "key_" + strconv.Itoa(i)
		args[name] = key
		conditions = append(conditions, h.words+" @@ @"+name+"::text::tsquery")
	}
	return strings.Join(conditions, " and ")
}

// within is what to select from to have one row for each step, and the condition that all keys of that step match.
func (h *hunt) within(steps []int64, args pgx.NamedArgs) (from, condition string) {
	var columns [][]string
	for _, step := range steps {
		for i, key := range h.keys(step) {
			if i == len(columns) {
				columns = append(columns, nil)
			}
			columns[i] = append(columns[i], key)
		}
	}
	conditions := []string{h.indexed}
	var arrays, names []string
	for i, column := range columns {
		n := strconv.Itoa(i)
		args["step_"+n] = column
		arrays, names = append(arrays, "@step_"+n+"::text[]"), append(names, "key_"+n)
		conditions = append(conditions, h.words+" @@ step.key_"+n+"::tsquery")
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") as step (" + strings.Join(names, ", ") + ")", strings.Join(conditions, " and ")
}

// cover adds the spans of time to the tags: whole years, and months at the ends. The rows' own
// conditions do the rest.
func (h *hunt) cover(ctx context.Context) error {
	for column, bounds := range h.s.spans {
		first, last, err := h.reach(ctx, column, bounds)
		if err != nil {
			return err
		}
		tags := spanTags(h.kinds[column], first, last)
		if len(tags) <= 100 {
			h.spanTags = append(h.spanTags, tags)
		}
	}
	return nil
}

// reach closes the open ends of a span by what the table holds.
func (h *hunt) reach(ctx context.Context, column string, bounds span) (first, last time.Time, err error) {
	q := `
		select coalesce((select min(` + column + `) from ` + h.table + ` where ` + column + ` > '-infinity'), 'epoch'),
			coalesce((select max(` + column + `) from ` + h.table + ` where ` + column + ` > '-infinity'), 'epoch')`
	if err := h.db.QueryRow(ctx, q).Scan(&first, &last); err != nil {
		return first, last, err
	}
	if bounds.after != nil && bounds.after.After(first) {
		first = *bounds.after
	}
	if bounds.before != nil && bounds.before.Before(last) {
		last = *bounds.before
	}
	return first.UTC(), last.UTC(), nil
}

// spanTags cover the time from first to last: whole years, and months at the ends.
func spanTags(kind string, first, last time.Time) []string {
	// A span of nothing matches nothing; the index needs to be asked for something.
	tags := []string{tag(kind+"m", "0000-00")}
	for at := month(first); !at.After(last); {
		if at.Month() == time.January && !at.AddDate(1, 0, 0).After(last) {
			tags = append(tags, tag(kind+"y", at.Format("2006")))
			at = at.AddDate(1, 0, 0)
			continue
		}
		tags = append(tags, tag(kind+"m", at.Format("2006-01")))
		at = at.AddDate(0, 1, 0)
	}
	return tags
}

func month(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
}
