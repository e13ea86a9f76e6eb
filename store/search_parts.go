package store

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Where too many rows match to be sorted, they are read part by part: the index knows the month of each time and each priority.
// Of titles it knows the beginnings.

// A group of parts of an order is asked for as a whole first, unless its tag is "": for words out of fashion a year costs less
// than its months.
type group struct {
	tag   string
	parts []string
}

// parts are what the order of the page is made of, from the cursor on.
func (h *hunt) parts(ctx context.Context) ([]group, error) {
	switch h.p.order.keys[0].kind {
	case keyInt:
		return h.grades(1), nil
	case keyFloat:
		return h.grades(-1), nil
	default:
		return h.calendar(ctx)
	}
}

// inParts asks the index for one part of the order after the other. They come in the order of the arrays; sorting them again
// would mean to read them all. "Offset 0" keeps the planner from walking along the order instead, row by row.
func (h *hunt) inParts(ctx context.Context) ([]found, error) {
	groups, err := h.parts(ctx)
	if err != nil {
		return nil, err
	}
	s := *h.s
	s.args = maps.Clone(h.s.args)
	matching := h.everywhere(s.args)
	q := `
		select x.id, ` + h.p.order.columns("x.") + `
		from unnest(@groups::text[]) with ordinality as g (tag, n)
		cross join lateral (
			select p.tag
			from unnest(@parts::text[], @part_groups::bigint[]) as p (tag, of_group)
			where p.of_group = g.n and (g.tag = '' or exists (
				select from ` + h.table + ` t where ` + matching + ` and ` + h.words + ` @@ nullif(g.tag, '')::tsquery))
			offset 0) part
		cross join lateral (
			select m.id, ` + h.p.order.columns("m.") + `
			from (
				select t.id, ` + h.p.order.columns("t.") + `
				from ` + h.table + ` t
				where ` + matching + ` and ` + h.words + ` @@ part.tag::tsquery
					and ` + s.rest("("+h.continued(&s, h.p)+") is true") + `
				offset 0) m
			order by ` + h.p.order.by("m.") + `
			limit @depth) x
		limit @limit offset @offset`
	var tags, parts []string
	var ofGroup []int
	for i, g := range groups {
		tags = append(tags, g.tag)
		for _, part := range g.parts {
			parts, ofGroup = append(parts, part), append(ofGroup, i+1)
		}
	}
	s.args["groups"], s.args["parts"], s.args["part_groups"] = tags, parts, ofGroup
	return h.read(ctx, h.db, &s, h.p, q)
}

// calendar is years, and the months of each. Rows without a date come where the order has them.
func (h *hunt) calendar(ctx context.Context) ([]group, error) {
	column := h.p.order.keys[0].column
	kind := h.kinds[column]
	first, last, err := h.reach(ctx, column, h.s.spans[column])
	if err != nil {
		return nil, err
	}
	undated := true
	if h.p.after != nil {
		// The keys have been checked.
		at, _ := keyMoment(h.p.after[0])
		switch {
		case h.p.order.desc && at.IsZero():
			last = first.AddDate(0, -1, 0)
		case h.p.order.desc:
			last = at.UTC()
		case !at.IsZero():
			first, undated = at.UTC(), false
		}
	}
	var years []group
	for at := month(first); !at.After(last); at = at.AddDate(0, 1, 0) {
		if len(years) == 0 || at.Month() == time.January {
			years = append(years, group{tag: tag(kind+"y", at.Format("2006"))})
		}
		year := &years[len(years)-1]
		year.parts = append(year.parts, tag(kind+"m", at.Format("2006-01")))
	}
	if undated {
		years = slices.Insert(years, 0, group{tag(kind+"y", "none"), []string{tag(kind+"m", "none")}})
	}
	if h.p.order.desc {
		slices.Reverse(years)
		for _, year := range years {
			slices.Reverse(year.parts)
		}
	}
	// The first months are most likely to have matches: no need to ask first.
	for i, year := range years {
		if len(year.parts) > 2 {
			years[i].parts = year.parts[2:]
			return slices.Insert(years, i, group{parts: year.parts[:2]}), nil
		}
	}
	return years, nil
}

// grades are the values from 10 to the lowest: priorities, or tenths of a score, where -1 is unknown.
func (h *hunt) grades(lowest int) []group {
	key := h.p.order.keys[0]
	highest := 10
	if h.p.after != nil {
		// The keys have been checked.
		after, _ := strconv.ParseFloat(h.p.after[0], 64)
		if key.kind == keyFloat {
			after = max(math.Floor(after*10), -1)
		}
		highest = int(after)
	}
	var all group
	for value := highest; value >= lowest; value-- {
		all.parts = append(all.parts, tag(h.kinds[key.column], strconv.Itoa(value)))
	}
	return []group{all}
}

// beginnings are those that the texts in a stretch of the order have, which the index knows; some too many if there are more than are asked for.
// The recursion leaps from one to the next.
func (h *hunt) beginnings(ctx context.Context, stretch string, args pgx.NamedArgs) ([]string, error) {
	column := h.p.order.keys[0].column
	first := `select left(t.` + column + `, 3) from ` + h.table + ` t where ` + stretch
	q := `
		with recursive beginnings (beginning) as (
			(` + first + ` order by t.` + column + ` limit 1)
			union all
			select (` + first + `
				and t.` + column + ` > case when length(b.beginning) < 3 then b.beginning else b.beginning || chr(1114111) end
				order by t.` + column + ` limit 1)
			from beginnings b
			where b.beginning is not null)
		select beginning from beginnings where beginning is not null limit @beginnings_most`
	args["beginnings_most"] = h.beginningsMost + 1
	rows, _ := h.db.Query(ctx, q, args)
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
