package store

import (
	"context"
	"fmt"
	"html"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// maxSearchLength and maxSearchTerms bound what a search may ask.
	maxSearchLength = 500
	maxSearchTerms  = 32
	// RelevanceDepth is how many matches, the newest, are ranked: so deep reaches the order "relevance".
	RelevanceDepth = 1_000
	// phraseRows is how many rows that have all words of a phrase, the newest, are read to see whether the
	// words stand together: the index does not know.
	phraseRows = 2_000
	// checkedRows is how many rows of a walk are read to see whether they match.
	checkedRows = 2_000
	// snippetChars is how much of a text is read for its snippet.
	snippetChars = 2_000
)

// A webSearch is a search as typed, cleaned. Loose finds at least what exact finds, and asks nothing
// that the index cannot answer alone: no phrases.
type webSearch struct{ exact, loose string }

// parseSearch cleans a search or says what is wrong with it.
func parseSearch(resource, field, terms string) (webSearch, error) {
	clean := cleanSearch(terms)
	fault := ""
	switch {
	case clean == "":
		fault = "needs a word to look for"
	case utf8.RuneCountInString(clean) > maxSearchLength:
		fault = fmt.Sprintf("may have %d characters", maxSearchLength)
	case len(strings.Fields(clean)) > maxSearchTerms:
		fault = fmt.Sprintf("may have %d words", maxSearchTerms)
	}
	if fault != "" {
		return webSearch{}, invalid(resource, "The search cannot be understood.", map[string]string{field: fault})
	}
	return webSearch{exact: clean, loose: loosened(clean)}, nil
}

// cleanSearch drops what no text contains, evens out quotes and white space, and parts compounds at
// their hyphens: "smart-building" finds "smart building" too, since texts are indexed both ways.
func cleanSearch(terms string) string {
	runes := []rune(strings.ToValidUTF8(terms, " "))
	var clean strings.Builder
	for i, r := range runes {
		switch {
		case unicode.IsControl(r), unicode.IsSpace(r):
			clean.WriteRune(' ')
		case strings.ContainsRune("“”„«»", r):
			clean.WriteRune('"')
		case isHyphen(r) && i > 0 && i+1 < len(runes) && joins(runes[i-1], runes[i+1]):
			clean.WriteRune(' ')
		default:
			clean.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(clean.String()), " ")
}

func isHyphen(r rune) bool { return r == '-' || r == '‐' || r == '‑' }

// joins reports whether a hyphen between these makes a compound: it does not in 2026-11.
func joins(before, after rune) bool {
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return word(before) && word(after) && (unicode.IsLetter(before) || unicode.IsLetter(after))
}

// loosened takes phrases apart into their words and drops those that must not occur.
func loosened(clean string) string {
	parts := strings.Split(clean, `"`)
	var loose strings.Builder
	for i, part := range parts {
		if i%2 == 0 || i == len(parts)-1 {
			loose.WriteString(part)
			continue
		}
		before := loose.String()
		if bare, excluded := strings.CutSuffix(before, "-"); excluded {
			loose.Reset()
			loose.WriteString(bare)
			continue
		}
		loose.WriteByte(' ')
		for _, word := range strings.Fields(part) {
			word = strings.TrimLeft(word, "-")
			if !strings.EqualFold(word, "or") {
				loose.WriteString(word + " ")
			}
		}
	}
	return strings.Join(strings.Fields(loose.String()), " ")
}

// An arm is a search as one or more languages understand it, as tsquery text.
type arm struct {
	languages    []string
	exact, loose string
}

// arms compiles the search for each language; languages that understand it alike share an arm, and those
// to which it is nothing but stop words have none.
func (w webSearch) arms(ctx context.Context, db querier, languages []string) ([]arm, error) {
	const q = `
		select language,
			websearch_to_tsquery(search_config(language), search_text($2, 1000))::text as exact,
			websearch_to_tsquery(search_config(language), search_text($3, 1000))::text as loose
		from unnest($1::text[]) as language
		order by language`
	rows, _ := db.Query(ctx, q, languages, w.exact, w.loose)
	var arms []arm
	var language string
	var compiled arm
	_, err := pgx.ForEachRow(rows, []any{&language, &compiled.exact, &compiled.loose}, func() error {
		i := slices.IndexFunc(arms, func(a arm) bool { return a.exact == compiled.exact && a.loose == compiled.loose })
		switch {
		case compiled.exact == "":
		case i < 0:
			arms = append(arms, arm{[]string{language}, compiled.exact, compiled.loose})
		default:
			arms[i].languages = append(arms[i].languages, language)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("compile the search: %w", err)
	}
	return arms, nil
}

// A lexeme of the search index that stands for a value; see search_tag in the migrations.
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

// indexQuery is what the search index is asked: each arm in its own languages, and the filters.
func indexQuery(arms []arm, s *selection) string {
	var either []string
	covered := 0
	for _, a := range arms {
		either = append(either, armQuery(a, len(a.languages) == len(s.languages)))
		covered += len(a.languages)
	}
	return strings.Join(append([]string{"(" + strings.Join(either, " | ") + ")"}, s.tags...), " & ")
}

func armQuery(a arm, everywhere bool) string {
	if a.loose == "" {
		// Nothing but excluded phrases: every row of these languages may match.
		return anyTag("l", a.languages)
	}
	if everywhere {
		return "(" + a.loose + ")"
	}
	return "((" + a.loose + ") & " + anyTag("l", a.languages) + ")"
}

// A hunt is a search under way.
type hunt struct {
	*listing
	db   querier
	s    *selection
	p    paging
	arms []arm
	// phrased: the index finds more than what matches.
	phrased bool
	// newest is the seq of the newest row, as of the search's first page.
	newest int64
}

// withRelevance are the orders of a search.
func withRelevance(l *listing) []order {
	relevance := order{name: "relevance", desc: true, keys: []sortKey{{"score", keyFloat}, {l.recent, keyTime}, {"id", keyID}}}
	return append([]order{relevance}, l.orders...)
}

// hits is one page of matches: the items, where they were found, and what was looked for.
type hits[T any] struct {
	List[T]
	rows []found
	arms []arm
}

// search answers one page of matches. A search that says nothing but stop words matches nothing.
func search[T any](ctx context.Context, db querier, l *listing, s *selection, p paging, w webSearch) (hits[T], error) {
	none := hits[T]{List: newList[T](p, nil, nil, total{exact: true})}
	if p.order.name == "relevance" && p.offset()+p.size > RelevanceDepth {
		return none, invalid(l.resource, "The list cannot be read so.", map[string]string{
			"page": fmt.Sprintf("the order by relevance reaches %d items deep; take another order to go further", RelevanceDepth)})
	}
	if err := l.resolve(ctx, db, s, true); err != nil || s.nothing() {
		return none, err
	}
	arms, err := w.arms(ctx, db, s.languages)
	if err != nil || len(arms) == 0 {
		return none, err
	}
	h := hunt{listing: l, db: db, s: s, p: p, arms: arms, phrased: w.exact != w.loose}
	if err := h.prepare(ctx); err != nil {
		return none, fmt.Errorf("prepare the search: %w", err)
	}
	rows, count, err := h.run(ctx)
	if err != nil {
		return none, fmt.Errorf("search: %w", err)
	}
	list, err := load[T](ctx, db, l, h.p, rows, count)
	return hits[T]{list, rows, arms}, err
}

func (h *hunt) prepare(ctx context.Context) error {
	if err := h.cover(ctx); err != nil {
		return err
	}
	h.newest = h.p.mark
	if h.newest == 0 {
		// Not the largest seq, which no index knows, but the sequence's: it is never smaller.
		q := `select coalesce(pg_sequence_last_value(pg_get_serial_sequence('` + h.table + `', 'seq')), 0)`
		if err := h.db.QueryRow(ctx, q).Scan(&h.newest); err != nil {
			return err
		}
	}
	h.p.mark = h.newest
	var languages, queries []string
	for _, a := range h.arms {
		for _, language := range a.languages {
			languages, queries = append(languages, language), append(queries, a.exact)
		}
	}
	maps.Copy(h.s.args, pgx.NamedArgs{
		"query": indexQuery(h.arms, h.s), "newest": h.newest, "steps": steps(h.newest),
		"languages": languages, "queries": queries,
	})
	return nil
}

// run looks at the newest matches first. Are these all, they are sorted as asked; else the order
// says where to look on.
func (h *hunt) run(ctx context.Context) ([]found, total, error) {
	seen, err := h.newestMatches(ctx)
	if err != nil {
		return nil, total{}, err
	}
	count := total{rows: len(seen.rows), exact: !seen.more}
	if !seen.more || h.phrased || h.p.order.name == "relevance" {
		return seen.page(h.p), count, nil
	}
	rows, err := h.beyond(ctx, seen)
	return rows, count, err
}

// own gives each row the query of its own language.
const own = `
		join unnest(@languages::text[], @queries::text[]) as own (language, query) on own.language = `

// A match is a row that the index found.
type match struct {
	found
	Seq int64
	// Behind: it comes after the cursor.
	Behind bool
	// Matches: its own words say so, too.
	Matches bool
}

// matches are the newest ones, in the order of the page. There may be more.
type matches struct {
	rows []match
	more bool
	// density is the share of matches among the rows looked at.
	density float64
}

func (m matches) page(p paging) []found {
	var rows []found
	for _, row := range m.rows {
		if row.Behind {
			rows = append(rows, row.found)
		}
	}
	rows = rows[min(p.offset(), len(rows)):]
	return rows[:min(p.size+1, len(rows))]
}

// newestMatches reads the newest rows that the index finds, step by step, and ranks them.
func (h *hunt) newestMatches(ctx context.Context) (matches, error) {
	most, columns, matching := RelevanceDepth, "", "true"
	if h.phrased {
		most, columns, matching = phraseRows, ", t.search_vector", "c.search_vector @@ own.query::tsquery"
	}
	score := "0"
	for _, key := range h.p.order.keys {
		switch key.column {
		case "score":
			score, columns = "ts_rank(c.rank_vector, own.query::tsquery)", columns+", t.rank_vector"
		case "id":
		default:
			columns += ", t." + key.column
		}
	}
	behind, marked := "true", "true"
	if h.p.after != nil {
		behind, marked = h.p.order.behind("r.", h.p.after, h.s.args), "t.seq <= @newest"
	}
	q := `with candidates as materialized (
			select x.*
			from unnest(@steps::text[]) as step (tag)
			cross join lateral (
				select t.id, t.seq, t.language` + columns + `
				from ` + h.table + ` t
				where ` + h.words + ` @@ (@query::tsquery && step.tag::tsquery) and ` + h.s.where(marked) + `
				order by t.seq desc
				limit @candidates) x
			limit @candidates)
		select r.id, ` + h.p.order.texts("r.") + ` as keys, r.seq, ` + behind + ` as behind, r.matches
		from (
			select c.*, (` + score + `)::double precision as score, ` + matching + ` as matches
			from candidates c` + own + `c.language) r
		order by ` + h.p.order.by("r.")
	h.s.args["candidates"] = most + 1
	rows, _ := h.db.Query(ctx, q, h.s.args)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[match])
	if err != nil {
		return matches{}, err
	}
	seen := matches{more: len(all) > most}
	oldest := h.newest
	for _, row := range all {
		oldest = min(oldest, row.Seq)
		if row.Matches {
			seen.rows = append(seen.rows, row)
		}
	}
	if seen.more && len(seen.rows) > most {
		// The one too many is the oldest.
		seen.rows = slices.DeleteFunc(seen.rows, func(m match) bool { return m.Seq == oldest })
	}
	seen.density = float64(len(all)) / float64(h.newest-oldest+1)
	return seen, nil
}

// beyond finds the page where there are too many matches to look at all.
func (h *hunt) beyond(ctx context.Context, seen matches) ([]found, error) {
	depth := h.p.offset() + h.p.size + 1
	if float64(depth) < seen.density*checkedRows/2 {
		rows, err := h.read(ctx, h.db, h.s, h.p, h.checkedWalk())
		if err != nil || len(rows) > h.p.size {
			return rows, err
		}
	}
	if kind, timed := h.kinds[h.p.order.keys[0].column]; timed {
		tags, err := h.monthTags(ctx, kind)
		if err != nil {
			return nil, err
		}
		h.s.args["steps"] = tags
		return h.read(ctx, h.db, h.s, h.p, h.byMonth())
	}
	return h.read(ctx, h.db, h.s, h.p, h.sorted())
}

// checkedWalk walks along the order of the page and looks into the rows that the filters leave.
func (h *hunt) checkedWalk() string {
	on, off := h.s.split(h.p.order.keys[0].column)
	return `
		select w.id, ` + h.p.order.texts("w.") + ` as keys
		from (
			select t.id, ` + h.p.order.columns("t.") + `
			from (
				select ` + h.walked + `
				from ` + h.table + ` t
				where ` + allOf(on, h.continued(h.s, h.p, "t.")) + `
				order by ` + h.p.order.by("t.") + `
				limit ` + strconv.Itoa(walkRows) + `) t
			where ` + allOf(off, h.s.inFacets("t.")) + `
			order by ` + h.p.order.by("t.") + `
			limit ` + strconv.Itoa(checkedRows) + `) w
		join ` + h.table + ` t on t.id = w.id` + own + `t.language
		where t.search_vector @@ own.query::tsquery
		order by ` + h.p.order.by("w.") + `
		limit @limit offset @offset`
}

// byMonth asks the index for one month after the other, as the order of the page has them. The steps come
// in the order of the array; sorting them again would mean to read them all.
func (h *hunt) byMonth() string {
	return `
		select x.id, ` + h.p.order.texts("x.") + ` as keys
		from unnest(@steps::text[]) as step (tag)
		cross join lateral (
			select t.id, ` + h.p.order.columns("t.") + `
			from ` + h.table + ` t
			where ` + h.words + ` @@ (@query::tsquery && step.tag::tsquery)
				and ` + h.s.where(h.continued(h.s, h.p, "t.")) + `
			order by ` + h.p.order.by("t.") + `
			limit @depth) x
		limit @limit offset @offset`
}

// sorted reads all matches.
func (h *hunt) sorted() string {
	return `with gathered as materialized (
			select t.id, ` + h.p.order.columns("t.") + `
			from ` + h.table + ` t
			where ` + h.words + ` @@ @query::tsquery and ` + h.s.where(h.continued(h.s, h.p, "t.")) + `)
		select g.id, ` + h.p.order.texts("g.") + ` as keys
		from gathered g
		order by ` + h.p.order.by("g.") + `
		limit @limit offset @offset`
}

// monthTags are the months that the order of the page goes through, from the cursor on; rows without
// a date come where it has them.
func (h *hunt) monthTags(ctx context.Context, kind string) ([]string, error) {
	column := h.p.order.keys[0].column
	first, last, err := h.reach(ctx, column, h.s.spans[column])
	if err != nil {
		return nil, err
	}
	undated := []string{tag(kind+"m", "none")}
	if h.p.after != nil {
		// The keys have been checked.
		at, _ := keyMoment(h.p.after[0])
		switch {
		case h.p.order.desc && at.IsZero():
			return undated, nil
		case h.p.order.desc:
			last = at.UTC()
		case !at.IsZero():
			first, undated = at.UTC(), nil
		}
	}
	tags := spanTags(kind, first, last)
	if !h.p.order.desc {
		return append(undated, tags...), nil
	}
	slices.Reverse(tags)
	return append(tags, undated...), nil
}

// steps are the tags of all rows up to the newest, the newest first: small steps, then larger ones.
func steps(newest int64) []string {
	var tags []string
	at := newest >> 13
	for level := range 3 {
		for n := 0; at >= 0 && (level == 2 || n < 4 || at%4 != 3); n++ {
			tags = append(tags, tag(strconv.Itoa(level), strconv.FormatInt(at, 10)))
			at--
		}
		if at < 0 {
			break
		}
		at >>= 2
	}
	return tags
}

// cover adds the spans of time to the tags: whole years, and months at the ends. The rows' own
// conditions do the rest.
func (h *hunt) cover(ctx context.Context) error {
	for column, bounds := range h.s.spans {
		first, last, err := h.reach(ctx, column, bounds)
		if err != nil {
			return err
		}
		tags := yearTags(h.kinds[column], first, last)
		if len(tags) <= 100 {
			h.s.tags = append(h.s.tags, "("+strings.Join(tags, " | ")+")")
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

// spanTags are the months from first to last.
func spanTags(kind string, first, last time.Time) []string {
	var tags []string
	for at := month(first); !at.After(last); at = at.AddDate(0, 1, 0) {
		tags = append(tags, tag(kind+"m", at.Format("2006-01")))
	}
	return tags
}

// yearTags cover the same with few tags.
func yearTags(kind string, first, last time.Time) []string {
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

// The marks around a match while its text is still text: no text holds control characters once cleaned.
const (
	markStart = "\x01"
	markStop  = "\x02"
)

// highlight adds to hits what they show of their matches.
func (s *Store) highlight(ctx context.Context, found hits[DocumentSummary]) (List[DocumentHit], error) {
	// A headline reads the text from its beginning, so only so much of it is given to it.
	const q = `
		select wanted.place,
			ts_headline(search_config(t.language), translate(t.title, @marks, ''), own.query::tsquery, @whole) as title,
			ts_headline(search_config(t.language), translate(left(coalesce(t.content_text, t.summary, ''), @most), @marks, ''),
				own.query::tsquery, @passage) as snippet
		from unnest(@ids::uuid[]) with ordinality as wanted (id, place)
		join documents t on t.id = wanted.id` + own + `t.language`
	list := List[DocumentHit]{
		Items: make([]DocumentHit, len(found.Items)), Total: found.Total, TotalRelation: found.TotalRelation,
		Page: found.Page, PageSize: found.PageSize, Pages: found.Pages, NextCursor: found.NextCursor,
	}
	scores := map[uuid.UUID]string{}
	for _, row := range found.rows {
		scores[row.ID] = row.Keys[0]
	}
	ids := make([]uuid.UUID, len(found.Items))
	for i, item := range found.Items {
		ids[i] = item.ID
		// In orders other than relevance the first key is no number.
		score, _ := strconv.ParseFloat(scores[item.ID], 64)
		list.Items[i] = DocumentHit{DocumentSummary: item, Score: score, TitleHighlighted: html.EscapeString(item.Title)}
	}
	var languages, queries []string
	for _, a := range found.arms {
		for _, language := range a.languages {
			languages, queries = append(languages, language), append(queries, a.exact)
		}
	}
	rows, _ := s.db(ctx).Query(ctx, q, pgx.NamedArgs{
		"ids": ids, "languages": languages, "queries": queries, "marks": markStart + markStop, "most": snippetChars,
		"whole":   "HighlightAll=true,StartSel=" + markStart + ",StopSel=" + markStop,
		"passage": "MinWords=15,MaxWords=35,StartSel=" + markStart + ",StopSel=" + markStop,
	})
	var place int
	var title, snippet string
	_, err := pgx.ForEachRow(rows, []any{&place, &title, &snippet}, func() error {
		list.Items[place-1].TitleHighlighted, list.Items[place-1].Snippet = marked(title), marked(snippet)
		return nil
	})
	if err != nil {
		return List[DocumentHit]{}, fmt.Errorf("highlight: %w", err)
	}
	return list, nil
}

// marked makes safe HTML of a text with marks.
func marked(text string) string {
	return strings.NewReplacer(markStart, "<mark>", markStop, "</mark>").Replace(html.EscapeString(text))
}
