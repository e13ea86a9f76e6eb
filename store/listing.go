package store

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// How the lists of topics and documents stay fast whatever is asked, at a million rows each.
//
// Filters by equality are looked up in a small table first, which holds every combination of their
// values that occurs: the facets. No facet, no row. The facets say which rows match, exactly, however
// the columns hang together; a bounded count then says whether they are few or many:
//
//   - few are gathered from the index of their facets and sorted;
//   - many are met soon on a walk along the index that has the order of the page; and
//   - where that walk meets too few of them, because they lie far down in this order, the first row of
//     each facet shows which facets the page is made of (heads).
//
// Every query reads indexes alone until the items of the page are known.
type bounds struct {
	// gather is up to how many rows are gathered and sorted, gatherDeep where the page lies deeper than deepPage.
	gather, gatherDeep, deepPage int
	// walk is how many index entries a walk may read before it gives up.
	walk int
	// headsFirst is up to how many facets heads come before a walk, headsMost up to how many they come at all,
	// headsRows how many rows of these facets may be merged.
	headsFirst, headsMost, headsRows int
	// ranked is how many matches of a search are ranked: the newest.
	ranked int
	// phrased is how many rows that have all words of a phrase are read to see whether the words stand
	// together, which the index does not know: the newest.
	phrased int
	// direct is up to how many expected matches are all read.
	direct int
	// checked is how many rows of a list may be read to see whether they match, spare how many more than expected.
	checked, spare int
	// sampled is in how many steps matches are counted where there seem to be many.
	sampled int
	// beginningsMost is for how many beginnings of titles the search index is asked at once.
	beginningsMost int
	// counted is how many matches, the newest, are counted by their values where not all are.
	counted int
	// costCheck and costSample are what it costs to look into a row of the list, and to sample the matches before; see searchPlan.
	costCheck, costSample float64
}

var usualBounds = bounds{
	gather: TotalCap, gatherDeep: 40_000, deepPage: 1_000,
	walk:       20_000,
	headsFirst: 48, headsMost: 12_000, headsRows: 120_000,
	ranked: RelevanceDepth, phrased: 600, direct: 12_000, checked: 8_000, spare: 60, sampled: 4, beginningsMost: 400, counted: 2_000,
	costCheck: 4, costSample: 6_000,
}

// A listing says how one table is listed and searched.
type listing struct {
	bounds
	resource string
	table    string
	facets   string
	// columns are those of a list item, of the table alias t.
	columns string
	orders  []order
	// walked are the columns that orders and filters need while walking.
	walked string
	// spanned holds for an order the other time column that has an index of months in this order.
	spanned map[string]string
	// words is the expression that the search index covers, indexed the rows that it holds.
	words, indexed string
	// recent is the column that breaks ties of rank.
	recent string
	// kinds are the search tags of the columns by which searches are sorted: of times the months, of titles the beginnings.
	kinds map[string]string
}

// listing is a table's listing within this store's bounds.
func (s *Store) listing(l listing) *listing {
	l.bounds = s.bounds
	return &l
}

// count counts the selected rows, but stops behind limit.
func (l *listing) count(ctx context.Context, db querier, s *selection, limit int) (int, error) {
	from := `select from ` + l.table + ` t where ` + s.where()
	if s.facets != nil {
		from = `
			select from unnest(@facets::bigint[]) as f (facet)
			cross join lateral (select from ` + l.table + ` t where t.facet = f.facet and ` + s.where() + `) x`
	}
	var count int
	q := `select count(*) from (` + from + ` limit @limit) x`
	args := maps.Clone(s.args)
	args["limit"] = limit + 1
	if err := db.QueryRow(ctx, q, args).Scan(&count); err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return count, nil
}

// A found row is its id and its sort keys.
type found struct {
	ID   uuid.UUID
	Keys []string
}

// find finds the rows of a page and one more if there is one.
func (l *listing) find(ctx context.Context, db querier, s *selection, p paging, count int) ([]found, error) {
	depth := p.offset() + p.size + 1
	wanted := p.size + 1
	gather := l.gather
	if depth > l.deepPage {
		gather = l.gatherDeep
	}
	merged := min(len(s.facets), depth) * depth
	unfiltered := s.facets == nil && len(s.rows) == 0
	switch {
	case unfiltered:
		return l.read(ctx, db, s, p, l.walkSQL(s, p, 0))
	case count <= gather:
		return l.read(ctx, db, s, p, l.gatherSQL(s, p))
	case s.facets != nil && len(s.facets) <= l.headsFirst && merged <= l.headsRows:
		return l.read(ctx, db, s, p, l.headsSQL(s, p))
	}
	if depth <= l.deepPage || s.facets == nil {
		rows, err := l.read(ctx, db, s, p, l.walkSQL(s, p, l.walk+2*depth))
		if err != nil || len(rows) == wanted {
			return rows, err
		}
	}
	few := s.facets != nil && len(s.facets) <= l.headsMost
	column, spanned := l.spanned[p.order.name]
	switch {
	case spanned && s.spans[column] != (span{}) && depth <= l.deepPage:
		return l.read(ctx, db, s, p, l.monthHeadsSQL(s, p, column))
	case few && merged <= l.headsRows:
		return l.read(ctx, db, s, p, l.headsSQL(s, p))
	case few:
		return l.read(ctx, db, s, p, l.jumpSQL(s, p))
	}
	return l.read(ctx, db, s, p, l.walkSQL(s, p, 0))
}

// gather reads all selected rows and sorts them.
func (l *listing) gatherSQL(s *selection, p paging) string {
	where := allOf(s.where(), l.continued(s, p))
	from := `select t.id, ` + p.order.columns("t.") + ` from ` + l.table + ` t where ` + where
	if s.facets != nil {
		from = `
			select x.*
			from unnest(@facets::bigint[]) as f (facet)
			cross join lateral (` + from + ` and t.facet = f.facet) x`
	}
	return `with gathered as materialized (` + from + `)
		select g.id, ` + p.order.columns("g.") + `
		from gathered g
		order by ` + p.order.by("g.") + `
		limit @limit offset @offset`
}

// walk reads rows in the order of the page and keeps the selected ones. It reads most index
// entries; 0 reads on to the end.
func (l *listing) walkSQL(s *selection, p paging, most int, from ...string) string {
	on, off := s.split(p.order.keys[0].column)
	walked := `
		select ` + l.walked + `
		from ` + l.table + ` t
		where ` + allOf(append(from, on, l.continued(s, p))...) + `
		order by ` + p.order.by("t.")
	if most > 0 {
		walked += ` limit ` + strconv.Itoa(most)
	}
	return `
		select t.id, ` + p.order.columns("t.") + `
		from (` + walked + `) t
		where ` + allOf(off, s.inFacets()) + `
		order by ` + p.order.by("t.") + `
		limit @limit offset @offset`
}

// headsSQL finds the facets whose first rows come first, and merges their rows. No row of the page can be
// in another facet.
func (l *listing) headsSQL(s *selection, p paging) string {
	return l.merge(s, p, `select unnest(@facets::bigint[])`, "t.facet")
}

// jumpSQL walks from the first row of all facets on, and so leaves out what lies before it.
func (l *listing) jumpSQL(s *selection, p paging) string {
	start, from := l.start(s, p)
	return start + l.walkSQL(s, p, 0, from)
}

// start finds the first row of all facets, and the condition that a row does not come before it.
func (l *listing) start(s *selection, p paging) (with, condition string) {
	comparison := " >= "
	if p.order.desc {
		comparison = " <= "
	}
	var columns, starts []string
	for _, key := range p.order.keys {
		columns, starts = append(columns, "t."+key.column), append(starts, "(select "+key.column+" from start)")
	}
	return `with start as materialized (
			select h.*
			from unnest(@facets::bigint[]) as f (facet)
			cross join lateral (
				select t.id, ` + p.order.columns("t.") + `
				from ` + l.table + ` t
				where t.facet = f.facet and ` + s.where(l.continued(s, p)) + `
				order by ` + p.order.by("t.") + `
				limit 1) h
			order by ` + p.order.by("h.") + `
			limit 1)`, "(" + strings.Join(columns, ", ") + ")" + comparison + "(" + strings.Join(starts, ", ") + ")"
}

// monthHeadsSQL does the same with the months of another column.
func (l *listing) monthHeadsSQL(s *selection, p paging, column string) string {
	months := `
		select generate_series(
			list_month(` + bound(s.spans[column].after, "@"+column+"_after::timestamptz", `(select min(`+column+`) from `+l.table+` where `+column+` > '-infinity')`) + `),
			list_month(` + bound(s.spans[column].before, "@"+column+"_before::timestamptz", `(select max(`+column+`) from `+l.table+`)`) + `))`
	return l.merge(s, p, months, "list_month(t."+column+")", s.inFacets())
}

func bound(moment *time.Time, given, open string) string {
	if moment != nil {
		return given
	}
	return open
}

func (l *listing) merge(s *selection, p paging, parts, column string, more ...string) string {
	first := `
		select t.id, ` + p.order.columns("t.") + `
		from ` + l.table + ` t
		where ` + column + ` = part.part and ` + allOf(append(more, s.where(), l.continued(s, p))...) + `
		order by ` + p.order.by("t.")
	return `with heads as materialized (
			select part.part, h.*
			from (` + parts + `) as part (part)
			cross join lateral (` + first + ` limit 1) h
			order by ` + p.order.by("h.") + `
			limit @depth)
		select x.id, ` + p.order.columns("x.") + `
		from heads part
		cross join lateral (` + first + ` limit @depth) x
		order by ` + p.order.by("x.") + `
		limit @limit offset @offset`
}

// continued is the condition of a cursor.
func (l *listing) continued(s *selection, p paging) string {
	if p.after == nil {
		return "true"
	}
	return p.order.behind("t.", p.after, s.args)
}

func (l *listing) read(ctx context.Context, db querier, s *selection, p paging, q string) ([]found, error) {
	args := maps.Clone(s.args)
	args["limit"], args["offset"], args["depth"] = p.size+1, p.offset(), p.offset()+p.size+1
	// The keys become text at the end: for the rows of the page, not for all that are sorted.
	rows, _ := db.Query(ctx, `select p.id, `+p.order.texts("p.")+` as keys from (`+q+`) p order by `+p.order.by("p."), args)
	return pgx.CollectRows(rows, pgx.RowToStructByName[found])
}

// page answers one page of a list without a search.
func page[T any](ctx context.Context, db querier, l *listing, s *selection, p paging, limit int) (List[T], error) {
	if err := l.resolve(ctx, db, s); err != nil {
		return List[T]{}, err
	}
	if s.nothing() {
		return newList[T](p, nil, nil, total{exact: true}), nil
	}
	most := max(limit, l.gather)
	if p.offset() > l.deepPage {
		most = max(limit, l.gatherDeep)
	}
	count, err := l.count(ctx, db, s, most)
	if err != nil {
		return List[T]{}, err
	}
	rows, err := l.find(ctx, db, s, p, count)
	if err != nil {
		return List[T]{}, fmt.Errorf("find the page: %w", err)
	}
	return load[T](ctx, db, l, p, rows, counted(count, limit))
}

// load reads the items of the rows found, in their order. A row that is gone by now is left out.
func load[T any](ctx context.Context, db querier, l *listing, p paging, rows []found, count total) (List[T], error) {
	list := newList(p, rows, keysOf(rows), count)
	ids := make([]uuid.UUID, len(list.Items))
	for i, row := range list.Items {
		ids[i] = row.ID
	}
	q := `
		select ` + l.columns + `
		from unnest($1::uuid[]) with ordinality as wanted (id, place)
		join ` + l.table + ` t on t.id = wanted.id
		order by wanted.place`
	loaded, _ := db.Query(ctx, q, ids)
	items, err := pgx.CollectRows(loaded, pgx.RowToStructByName[T])
	if err != nil {
		return List[T]{}, fmt.Errorf("read the items: %w", err)
	}
	return List[T]{
		Items: items, Total: list.Total, TotalRelation: list.TotalRelation, Page: list.Page, PageSize: list.PageSize,
		Pages: list.Pages, NextCursor: list.NextCursor,
	}, nil
}

func keysOf(rows []found) [][]string {
	keys := make([][]string, len(rows))
	for i, row := range rows {
		keys[i] = row.Keys
	}
	return keys
}
