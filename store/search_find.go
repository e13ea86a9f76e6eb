package store

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A match is a row that the index found.
type match struct {
	found
	Seq int64
	// Behind: it comes after the cursor.
	Behind bool
	// Matches: its own words say so, too.
	Matches bool
	// Total is how many rows the index found, as far as it was asked.
	Total int
}

// ranked are the newest rows that the index finds, in the order of the page.
type ranked struct {
	rows []match
	// more: there are further ones. Gathered is how many there are, as far as that is known.
	more     bool
	gathered int
}

// matching is how many of the rows match.
func (r ranked) matching() int {
	n := 0
	for _, row := range r.rows {
		if row.Matches {
			n++
		}
	}
	return n
}

func (r ranked) page(p paging) []found {
	var page []found
	for _, row := range r.rows {
		if row.Matches && row.Behind {
			page = append(page, row.found)
		}
	}
	page = page[min(p.offset(), len(page)):]
	return page[:min(p.size+1, len(page))]
}

// newestMatches reads the newest rows that the index finds, within so many steps unless directly, and ranks them.
func (h *hunt) newestMatches(ctx context.Context, tried int) (ranked, error) {
	var steps []int64
	most, columns, matching := h.candidates(), "", "true"
	if h.phrase {
		columns, matching = ", t.search_vector", h.own("c.", "c.search_vector @@ ")
	}
	score := "0"
	for _, key := range h.p.order.keys {
		switch key.column {
		case "score":
			score, columns = "ts_rank(c.rank_vector, "+h.own("c.", "")+")", columns+", t.rank_vector"
		case "id":
		default:
			columns += ", t." + key.column
		}
	}
	args := maps.Clone(h.s.args)
	behind, known := h.behind("r.", args), "true"
	if h.p.after != nil {
		known = "t.seq <= @newest"
	}
	if !h.plan.direct {
		var err error
		if steps, err = h.steps(ctx); err != nil {
			return ranked{}, err
		}
		steps = steps[:min(tried, len(steps))]
	}
	args["candidates"], args["direct"] = most+1, h.direct()
	q := h.newestSQL("t.id, t.seq, t.language"+columns, h.s.rest(known), steps, args) + `
		select r.id, ` + h.p.order.texts("r.") + ` as keys, r.seq, ` + behind + ` as behind, r.matches,
			(select count(*) from gathered) as total
		from (
			select c.*, (` + score + `)::double precision as score, coalesce(` + matching + `, false) as matches
			from candidates c) r
		order by ` + h.p.order.by("r.")
	rows, _ := h.db.Query(ctx, q, args)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[match])
	if err != nil {
		return ranked{}, err
	}
	result := ranked{more: len(all) > most}
	oldest := h.newest
	for _, row := range all {
		oldest, result.gathered = min(oldest, row.Seq), row.Total
	}
	// The one too many is the oldest.
	result.rows = slices.DeleteFunc(all, func(row match) bool { return result.more && row.Seq == oldest })
	return result, nil
}

// newestSQL selects the newest rows that the index finds as candidates: from all, or step by step until
// there are enough.
func (h *hunt) newestSQL(columns, where string, steps []int64, args pgx.NamedArgs) string {
	if h.plan.direct {
		// Only the newest are read as a whole, by the place where the index found them. If there are too many, one
		// will do to tell.
		return `with gathered as materialized (
			select t.ctid as place, t.seq
			from ` + h.table + ` t
			where ` + allOf(h.everywhere(args), where) + `
			limit @direct),
		newest as materialized (
			select g.place
			from gathered g
			order by g.seq desc
			limit (select case when count(*) < @direct then @candidates else 1 end from gathered)),
		candidates as materialized (
			select ` + columns + `
			from newest n
			join ` + h.table + ` t on t.ctid = n.place)`
	}
	from, matching := h.within(steps, args)
	return `with candidates as materialized (
			select x.*
			from ` + from + `
			cross join lateral (
				select ` + columns + `
				from ` + h.table + ` t
				where ` + allOf(matching, where) + `
				order by t.seq desc
				limit @candidates) x
			limit @candidates),
		gathered as (select c.seq from candidates c)`
}

// beyond finds the page where there are too many matches to look at all: it reads the list as it would be
// without the words, and keeps what has them. Where too few have, the words keep to a part of the order.
func (h *hunt) beyond(ctx context.Context, sample sampled) ([]found, total, error) {
	if h.checkCost() <= max(min(h.directCost(), sample.stretch), h.costSample) {
		rows, err := h.checked(ctx, h.checks())
		if err != nil || len(rows) > h.p.size {
			return rows, total{rows: h.p.offset() + len(rows)}, err
		}
	}
	if h.p.order.keys[0].kind == keyText {
		rows, all, err := h.sorted(ctx, math.MaxInt32, sample.last)
		if sample.last != nil {
			return rows, total{rows: all}, err
		}
		return rows, counted(all, TotalCap), err
	}
	rows, err := h.inParts(ctx)
	if len(rows) == 0 && h.p.offset() > 0 {
		return nil, total{}, err
	}
	return rows, total{rows: h.p.offset() + len(rows), exact: h.p.after == nil && len(rows) <= h.p.size}, err
}

// checked looks into the next rows of the list for the words.
func (h *hunt) checked(ctx context.Context, most int) ([]found, error) {
	list := h.p
	list.number, list.size = 1, most-1
	candidates, err := h.find(ctx, h.db, h.s, list, h.plan.selected)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(candidates))
	for i, candidate := range candidates {
		ids[i] = candidate.ID
	}
	// A join would read all rows before it answers the first.
	q := `
		select wanted.place
		from unnest(@ids::uuid[]) with ordinality as wanted (id, place)
		where (select ` + h.own("t.", "t.search_vector @@ ") + ` from ` + h.table + ` t where t.id = wanted.id and ` + h.indexed + `)
		limit @limit`
	args := maps.Clone(h.s.args)
	args["ids"], args["limit"] = ids, h.p.offset()+h.p.size+1
	rows, _ := h.db.Query(ctx, q, args)
	places, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, err
	}
	var page []found
	for _, place := range places[min(h.p.offset(), len(places)):] {
		page = append(page, candidates[place-1])
	}
	return page, nil
}

// sorted reads all matches, but no more than most, sorts and counts them; or those alone between the cursor and the row
// with the keys last, which are not all to be counted.
func (h *hunt) sorted(ctx context.Context, most int, last []string) (rows []found, all int, err error) {
	args := maps.Clone(h.s.args)
	args["limit"], args["offset"], args["most"] = h.p.size+1, h.p.offset(), most
	matching, stretch := h.everywhere(args), "true"
	if last != nil {
		stretch = h.behind("t.", args) + " and " + h.p.order.until("t.", last, args)
		beginnings, err := h.beginnings(ctx, stretch, args)
		if err != nil {
			return nil, 0, err
		}
		if n := len(beginnings); n > 0 && n <= h.beginningsMost {
			// The index leaps to those; without, it would read all that match.
			args["beginnings"] = anyTag(h.kinds[h.p.order.keys[0].column], beginnings)
			matching += " and " + h.words + " @@ @beginnings::text::tsquery"
		}
	}
	q := `with gathered as materialized (
			select t.id, ` + h.p.order.columns("t.") + `
			from ` + h.table + ` t
			where ` + allOf(matching, h.s.rest(), stretch) + `
			limit @most),
		page as (
			select g.*
			from gathered g
			where ` + h.behind("g.", args) + `
			order by ` + h.p.order.by("g.") + `
			limit @limit offset @offset)
		select n.total, p.id, case when p.id is not null then ` + h.p.order.texts("p.") + ` end as keys
		from (select count(*) as total from gathered) n
		left join page p on true
		order by ` + h.p.order.by("p.")
	var id *uuid.UUID
	var keys []string
	result, _ := h.db.Query(ctx, q, args)
	_, err = pgx.ForEachRow(result, []any{&all, &id, &keys}, func() error {
		if id != nil {
			rows = append(rows, found{*id, slices.Clone(keys)})
		}
		return nil
	})
	return rows, all, err
}
