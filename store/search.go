package store

import (
	"context"
	"fmt"
	"html"
	"maps"
	"math"
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
	// RelevanceDepth is how many matches, the newest, are ranked: so deep reaches the order "relevance", and so
	// far a search counts at least.
	RelevanceDepth = 1_000
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
	// languages are all that understand it so, wanted those of them that the filters leave.
	languages, wanted []string
	exact, loose      string
}

// arms compiles the search for each language that the table holds; languages that understand it alike share an
// arm, and those to which it is nothing but stop words have none.
func (h *hunt) compile(ctx context.Context, w webSearch) error {
	// The recursion leaps from one language to the next: there are few.
	q := `
		with recursive languages as (
			select min(language) as language from ` + h.facets + `
			union all
			select (select min(f.language) from ` + h.facets + ` f where f.language > l.language)
			from languages l
			where l.language is not null)
		select language,
			websearch_to_tsquery(search_config(language), search_text($1, 1000))::text as exact,
			websearch_to_tsquery(search_config(language), search_text($2, 1000))::text as loose
		from languages
		where language is not null
		order by language`
	rows, _ := h.db.Query(ctx, q, w.exact, w.loose)
	var language, exact, loose string
	_, err := pgx.ForEachRow(rows, []any{&language, &exact, &loose}, func() error {
		h.languages = append(h.languages, language)
		if exact == "" {
			return nil
		}
		i := slices.IndexFunc(h.arms, func(a arm) bool { return a.exact == exact && a.loose == loose })
		if i < 0 {
			i, h.arms = len(h.arms), append(h.arms, arm{exact: exact, loose: loose})
		}
		h.arms[i].languages = append(h.arms[i].languages, language)
		if h.s.languages == nil || slices.Contains(h.s.languages, language) {
			h.arms[i].wanted = append(h.arms[i].wanted, language)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("compile the search: %w", err)
	}
	h.arms = slices.DeleteFunc(h.arms, func(a arm) bool { return len(a.wanted) == 0 })
	for i, a := range h.arms {
		n := strconv.Itoa(i)
		h.s.args["arm_"+n], h.s.args["loose_"+n] = a.exact, a.loose
		h.s.args["arm_"+n+"_languages"], h.s.args["arm_"+n+"_wanted"] = a.languages, a.wanted
	}
	return nil
}

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

const (
	// stepRows is how many rows arrive in a step.
	stepRows = 8_192
	// newestSteps is how many steps are read one after the other, sampledSteps how many of the rest.
	newestSteps, sampledSteps = 24, 12
	// triedSteps is in how many steps enough matches should be, if they are as many as they seem.
	triedSteps = 4
)

// valueTag stands for any of the values; within a step unless that is everywhere.
func valueTag(step int64, kind string, values []string) string {
	if step == everywhere || !strings.Contains(localKinds, kind) {
		return anyTag(kind, values)
	}
	return anyTag("1"+strconv.FormatInt(step, 10)+kind, values)
}

const everywhere = -1

// A hunt is a search under way.
type hunt struct {
	*listing
	db   querier
	s    *selection
	p    paging
	arms []arm
	// languages are those that the table holds.
	languages []string
	// phrase: the index finds more than what matches.
	phrase bool
	// newest is the seq of the newest row, as of the search's first page.
	newest int64
	// spanTags cover the spans of time, each by any of some tags.
	spanTags [][]string
	plan     searchPlan
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
	parts := make([][]string, len(h.arms))
	for i, a := range h.arms {
		parts[i] = conjuncts(a.loose)
	}
	if len(h.arms) == 1 && !slices.ContainsFunc(h.wanted(), func(l string) bool { return !slices.Contains(h.arms[0].languages, l) }) {
		if len(parts[0]) == 0 {
			return []string{valueTag(step, "l", h.arms[0].wanted)}
		}
		return parts[0]
	}
	var common []string
	for _, part := range parts[0] {
		if !slices.ContainsFunc(parts, func(other []string) bool { return !slices.Contains(other, part) }) {
			common = append(common, part)
		}
	}
	var either []string
	for i, a := range h.arms {
		left := slices.DeleteFunc(parts[i], func(part string) bool { return slices.Contains(common, part) })
		either = append(either, "("+strings.Join(append(left, h.languageTag(step, a)), " & ")+")")
	}
	return append(common, "("+strings.Join(either, " | ")+")")
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

// conjuncts parts a tsquery at its outermost ands. What must not occur stays with the first that must: the index
// would read everything for it alone.
func conjuncts(query string) []string {
	var parts []string
	var positive, negative []string
	depth, from, quoted := 0, 0, false
	for i := 0; i < len(query); i++ {
		switch c := query[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			return []string{"(" + query + ")"}
		case c == '&' && depth == 0:
			parts, from = append(parts, strings.TrimSpace(query[from:i])), i+1
		}
	}
	if last := strings.TrimSpace(query[from:]); last != "" {
		parts = append(parts, last)
	}
	for _, part := range parts {
		if strings.HasPrefix(part, "!") {
			negative = append(negative, part)
			continue
		}
		positive = append(positive, part)
	}
	if len(negative) == 0 {
		return positive
	}
	if len(positive) == 0 {
		return []string{"(" + query + ")"}
	}
	positive[0] = "(" + strings.Join(append([]string{positive[0]}, negative...), " & ") + ")"
	return positive
}

// everywhere is the condition that all keys match.
func (h *hunt) everywhere(args pgx.NamedArgs) string {
	var conditions []string
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
	var arrays, names, conditions []string
	for i, column := range columns {
		n := strconv.Itoa(i)
		args["step_"+n] = column
		arrays, names = append(arrays, "@step_"+n+"::text[]"), append(names, "key_"+n)
		conditions = append(conditions, h.words+" @@ step.key_"+n+"::tsquery")
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") as step (" + strings.Join(names, ", ") + ")", strings.Join(conditions, " and ")
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
	// hunt is nil where nothing was there to be looked for.
	hunt *hunt
	// count is the total before it was cut.
	count total
}

// arms are those of the search; none where nothing was looked for.
func (f hits[T]) arms() []arm {
	if f.hunt == nil {
		return nil
	}
	return f.hunt.arms
}

// search answers one page of matches. A search that says nothing but stop words matches nothing.
func search[T any](ctx context.Context, db querier, l *listing, s *selection, p paging, w webSearch) (hits[T], error) {
	none := hits[T]{List: newList[T](p, nil, nil, total{exact: true})}
	if p.order.name == "relevance" && p.offset()+p.size > l.ranked {
		return none, invalid(l.resource, "The list cannot be read so.", map[string]string{
			"page": fmt.Sprintf("the order by relevance reaches %d items deep; take another order to go further", l.ranked),
		})
	}
	if err := l.resolve(ctx, db, s); err != nil || s.nothing() {
		return none, err
	}
	h := hunt{listing: l, db: db, s: s, p: p, phrase: w.exact != w.loose}
	if err := h.compile(ctx, w); err != nil || len(h.arms) == 0 {
		return none, err
	}
	if err := h.prepare(ctx); err != nil {
		return none, fmt.Errorf("prepare the search: %w", err)
	}
	rows, count, err := h.run(ctx)
	if err != nil {
		return none, fmt.Errorf("search: %w", err)
	}
	list, err := load[T](ctx, db, l, h.p, rows, count)
	return hits[T]{list, rows, &h, count}, err
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
	h.s.args["newest"] = h.newest
	var err error
	if h.plan, err = h.estimate(ctx); err != nil {
		return fmt.Errorf("estimate: %w", err)
	}
	return nil
}

// A searchPlan says how a search is run.
type searchPlan struct {
	// direct: all matches are read; else the newest first, step by step.
	direct bool
	// words is the expected share of rows that have the words, density that among rows of the span of time,
	// matches how many match at all.
	words, density, matches float64
	// postings is what the index's part of reading all matches costs.
	postings float64
	// selected is how many rows the filters select, if these are few.
	selected int
}

// directCost is the cost of reading all matches.
func (h *hunt) directCost() float64 { return h.plan.postings + costMatch*h.plan.matches }

// checks is how many rows of the list should hold the page.
func (h *hunt) checks() int {
	return int(min(1.3*float64(h.p.offset()+h.p.size+1)/h.plan.words, math.MaxInt32)) + h.spare
}

// checkCost is the cost of looking into them; infinite where they are too many.
func (h *hunt) checkCost() float64 {
	if h.checks() > h.bounds.checked {
		return math.Inf(1)
	}
	return costCheck*float64(h.checks()) + costSample
}

// What the parts of a search cost, in microseconds; only their relations matter.
const (
	costPosting = 0.12
	costMatch   = 2.2
	costStep    = 1_200.0
	costCheck   = 10.0
	costSample  = 6_000.0
)

// estimate asks the planner how many rows each part of the search selects, and weighs: the index
// intersects at the cost of its rarest part, but always to the end.
func (h *hunt) estimate(ctx context.Context) (searchPlan, error) {
	parts := append([]string{"true"}, h.s.equal...)
	for _, row := range h.s.rows {
		parts = append(parts, row.sql)
	}
	filters := len(parts)
	for i, a := range h.arms {
		n := strconv.Itoa(i)
		matches := "true"
		if a.loose != "" {
			matches = "t.search_vector @@ @loose_" + n + "::text::tsquery"
		}
		parts = append(parts, matches, "t.language = any(@arm_"+n+"_languages::text[])", "t.language = any(@arm_"+n+"_wanted::text[])")
	}
	from := "select from " + h.table + " t where "
	var explained []struct{ Plan explainedPlan }
	err := h.db.QueryRow(ctx, "explain (format json) "+from+strings.Join(parts, " union all "+from), h.s.args).Scan(&explained)
	if err != nil {
		return searchPlan{}, err
	}
	estimates := explained[0].Plan.parts()
	if len(estimates) != len(parts) {
		return searchPlan{direct: true, words: 1}, nil
	}
	plan := searchPlan{selected: math.MaxInt}
	all := max(estimates[0], 1)
	// A word of one language is the more frequent there.
	var wanted, postings float64
	for arm := estimates[filters:]; len(arm) > 0; arm = arm[3:] {
		plan.words += min(arm[0]/max(arm[1], 1), 1) * arm[2]
		wanted += arm[2]
		postings += arm[0]
	}
	plan.words = max(plan.words/max(wanted, 1), 1/all)
	plan.density = plan.words
	fewest, share := min(postings, all), 1.0
	for i, rows := range estimates[1:filters] {
		fewest, share = min(fewest, rows), share*min(rows/all, 1)
		// The steps begin where a span of time does, so it thins nothing out.
		if i < len(h.s.equal) {
			plan.density *= min(rows/all, 1)
		}
	}
	if filters > 1 {
		selected, err := h.count(ctx, h.db, h.s, h.bounds.direct)
		if err != nil {
			return searchPlan{}, err
		}
		// The count knows how the filters hang together, which the product of their shares does not.
		if selected <= h.bounds.direct {
			share, plan.selected = float64(selected)/all, selected
		}
	}
	plan.matches = share * plan.words * all
	rows := min(all, float64(h.ranked)/max(plan.density, 1/all))
	if plan.matches < float64(2*h.ranked) {
		rows = all
	}
	plan.postings = costPosting * fewest
	directly := plan.postings + costMatch*plan.matches
	stepped := costMatch*float64(h.ranked) + costStep*rows/stepRows
	plan.direct = plan.matches <= float64(h.bounds.direct) && (directly <= stepped || !h.ranks())
	return plan, nil
}

// An explainedPlan is a node of the planner's.
type explainedPlan struct {
	PlanRows float64 `json:"Plan Rows"`
	Plans    []explainedPlan
}

// parts are the estimates for the parts of a union all.
func (p explainedPlan) parts() []float64 {
	var rows []float64
	for _, part := range p.Plans {
		rows = append(rows, part.PlanRows)
	}
	return rows
}

// steps are where matches are looked for: as many of the newest steps as should do, and then, should the words
// be out of fashion, a sample of the older ones. Where a span of time ends early, its end is where to begin.
func (h *hunt) steps(ctx context.Context) ([]int64, error) {
	start := h.newest
	for column, bounds := range h.s.spans {
		if bounds.before == nil {
			continue
		}
		var seq int64
		q := `select coalesce((
			select seq from ` + h.table + ` where ` + column + ` < @` + column + `_before order by ` + column + ` desc, id desc limit 1), 0)`
		if err := h.db.QueryRow(ctx, q, h.s.args).Scan(&seq); err != nil {
			return nil, err
		}
		start = min(start, seq)
	}
	at := start / stepRows
	enough := min(int(1.5*float64(h.ranked)/(h.plan.density*stepRows))+2, newestSteps)
	var steps []int64
	for ; at >= 0 && len(steps) < enough; at-- {
		steps = append(steps, at)
	}
	for stride := max(at/sampledSteps, 1); at >= 0; at -= stride {
		steps = append(steps, at)
	}
	return steps, nil
}

// run reads all matches where they are few. Where they are many, relevance ranks the newest of them, and every
// other order says where to look.
func (h *hunt) run(ctx context.Context) ([]found, total, error) {
	if h.ranks() {
		return h.ranking(ctx)
	}
	// Looking into the list may cost less than sorting all matches, but then they are not counted.
	if h.plan.direct && (h.plan.matches < float64(h.ranked) || h.directCost() < h.checkCost()) {
		rows, count, err := h.sorted(ctx, h.direct())
		if err != nil || count.rows < h.direct() {
			return rows, counted(count.rows, TotalCap), err
		}
	}
	least, few, err := h.sample(ctx)
	if err != nil {
		return nil, total{}, err
	}
	if few && h.directCost() < h.checkCost() {
		rows, count, err := h.sorted(ctx, h.bounds.direct+1)
		if err != nil || count.rows <= h.bounds.direct {
			return rows, counted(count.rows, TotalCap), err
		}
	}
	rows, count, err := h.beyond(ctx)
	if err != nil || count.exact {
		return rows, count, err
	}
	return rows, total{rows: max(least, count.rows)}, nil
}

// ranks: the newest matches will do.
func (h *hunt) ranks() bool { return h.p.order.name == "relevance" || h.phrase }

// ranking looks at the newest matches: among all, or in steps if there seem to be many. What seems so may
// turn out to be otherwise.
func (h *hunt) ranking(ctx context.Context) ([]found, total, error) {
	stepped, looked := ranked{}, false
	if !h.plan.direct {
		var err error
		if stepped, err = h.newestMatches(ctx, triedSteps); err != nil || stepped.more {
			return stepped.page(h.p), total{rows: stepped.matching()}, err
		}
		_, few, err := h.sample(ctx)
		if err != nil {
			return nil, total{}, err
		}
		if !few {
			looked = true
			if stepped, err = h.newestMatches(ctx, math.MaxInt); err != nil || stepped.more {
				return stepped.page(h.p), total{rows: stepped.matching()}, err
			}
		}
		h.plan.direct, h.plan.matches = true, float64(h.bounds.direct)
	}
	all, err := h.newestMatches(ctx, 0)
	if err != nil {
		return nil, total{}, err
	}
	if all.gathered < h.direct() {
		count := counted(all.gathered, TotalCap)
		if h.phrase {
			count = total{rows: all.matching(), exact: !all.more}
		}
		return all.page(h.p), count, nil
	}
	if !looked {
		h.plan.direct, h.plan.density = false, max(h.plan.density, float64(h.bounds.direct)/float64(h.newest+1))
		if stepped, err = h.newestMatches(ctx, math.MaxInt); err != nil {
			return nil, total{}, err
		}
	}
	return stepped.page(h.p), total{rows: stepped.matching()}, nil
}

// direct is where reading all matches gives up: soon where few were expected, since words that go together are
// more frequent than the planner thinks.
func (h *hunt) direct() int {
	return min(max(int(8*h.plan.matches), h.bounds.direct/4), h.bounds.direct) + 1
}

// sample counts matches in a few steps far apart: a bound from below, and what the plan should have expected. Few
// reports whether all should be read.
func (h *hunt) sample(ctx context.Context) (least int, few bool, err error) {
	last := h.newest / stepRows
	var steps []int64
	for i := range min(int64(h.sampled), last+1) {
		steps = append(steps, (2*i+1)*(last+1)/(2*min(int64(h.sampled), last+1)))
	}
	args := maps.Clone(h.s.args)
	args["each"] = h.ranked / 2
	from, matching := h.within(steps, args)
	q := `
		select count(*)
		from ` + from + `
		cross join lateral (
			select
			from ` + h.table + ` t
			where ` + allOf(matching, h.s.rest()) + `
			limit @each) x`
	if err := h.db.QueryRow(ctx, q, args).Scan(&least); err != nil {
		return 0, false, err
	}
	rows := float64(h.newest + 1)
	expected := float64(least) / min(float64(len(steps)*stepRows), rows) * rows
	h.plan.words = min(max(h.plan.words*expected/max(h.plan.matches, 1), expected/rows), 1)
	h.plan.density, h.plan.matches = max(expected/rows, 1/rows), expected
	return least, expected < float64(h.bounds.direct), nil
}

// own is a condition, or with an empty test the query, of each row's own language.
func (h *hunt) own(alias, test string) string {
	var cases strings.Builder
	cases.WriteString("case")
	for i := range h.arms {
		n := strconv.Itoa(i)
		cases.WriteString(" when " + alias + "language = any(@arm_" + n + "_languages::text[]) then " + test + "@arm_" + n + "::text::tsquery")
	}
	return cases.String() + " end"
}

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
	most, columns, matching := h.ranked, "", "true"
	if h.phrase {
		most, columns, matching = h.phrased, ", t.search_vector", h.own("c.", "c.search_vector @@ ")
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
	behind, known := "true", "true"
	if h.p.after != nil {
		behind, known = h.p.order.behind("r.", h.p.after, args), "t.seq <= @newest"
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
func (h *hunt) beyond(ctx context.Context) ([]found, total, error) {
	if h.checkCost() <= max(h.directCost(), costSample) {
		rows, err := h.checked(ctx, h.checks())
		if err != nil || len(rows) > h.p.size {
			return rows, total{rows: h.p.offset() + len(rows)}, err
		}
	}
	if _, timed := h.kinds[h.p.order.keys[0].column]; !timed {
		rows, count, err := h.sorted(ctx, math.MaxInt32)
		return rows, counted(count.rows, TotalCap), err
	}
	rows, err := h.byMonth(ctx)
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
		where (select ` + h.own("t.", "t.search_vector @@ ") + ` from ` + h.table + ` t where t.id = wanted.id)
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

// byMonth asks the index for one month after the other, as the order of the page has them, but first whether the
// year has any matches: for words out of fashion a year costs less than its months. The steps come in the order of
// the array; sorting them again would mean to read them all. "Offset 0" keeps the planner from walking along the
// order instead, row by row.
func (h *hunt) byMonth(ctx context.Context) ([]found, error) {
	years, months, err := h.calendar(ctx)
	if err != nil {
		return nil, err
	}
	calendar := *h.s
	calendar.args = maps.Clone(h.s.args)
	matching := h.everywhere(calendar.args)
	q := `
		select x.id, ` + h.p.order.columns("x.") + `
		from unnest(@years::text[]) with ordinality as year (tag, n)
		cross join lateral (
			select m.tag
			from unnest(@months::text[], @month_years::bigint[]) as m (tag, year)
			where m.year = year.n and (year.tag = '' or exists (
				select from ` + h.table + ` t where ` + matching + ` and ` + h.words + ` @@ nullif(year.tag, '')::tsquery))
			offset 0) month
		cross join lateral (
			select m.id, ` + h.p.order.columns("m.") + `
			from (
				select t.id, ` + h.p.order.columns("t.") + `
				from ` + h.table + ` t
				where ` + matching + ` and ` + h.words + ` @@ month.tag::tsquery
					and ` + calendar.rest("("+h.continued(&calendar, h.p)+") is true") + `
				offset 0) m
			order by ` + h.p.order.by("m.") + `
			limit @depth) x
		limit @limit offset @offset`
	var tags []string
	var ofYear []int
	for i, year := range months {
		for _, tag := range year {
			tags, ofYear = append(tags, tag), append(ofYear, i+1)
		}
	}
	calendar.args["years"], calendar.args["months"], calendar.args["month_years"] = years, tags, ofYear
	return h.read(ctx, h.db, &calendar, h.p, q)
}

// sorted reads all matches, but no more than most, sorts and counts them.
func (h *hunt) sorted(ctx context.Context, most int) ([]found, total, error) {
	args := maps.Clone(h.s.args)
	args["limit"], args["offset"], args["most"] = h.p.size+1, h.p.offset(), most
	behind := "true"
	if h.p.after != nil {
		behind = h.p.order.behind("g.", h.p.after, args)
	}
	q := `with gathered as materialized (
			select t.id, ` + h.p.order.columns("t.") + `
			from ` + h.table + ` t
			where ` + allOf(h.everywhere(args), h.s.rest()) + `
			limit @most),
		page as (
			select g.*
			from gathered g
			where ` + behind + `
			order by ` + h.p.order.by("g.") + `
			limit @limit offset @offset)
		select n.total, p.id, case when p.id is not null then ` + h.p.order.texts("p.") + ` end as keys
		from (select count(*) as total from gathered) n
		left join page p on true
		order by ` + h.p.order.by("p.")
	rows, _ := h.db.Query(ctx, q, args)
	var all int
	var id *uuid.UUID
	var keys []string
	var page []found
	_, err := pgx.ForEachRow(rows, []any{&all, &id, &keys}, func() error {
		if id != nil {
			page = append(page, found{*id, slices.Clone(keys)})
		}
		return nil
	})
	return page, total{rows: all, exact: true}, err
}

// calendar is what the order of the page goes through, from the cursor on: years, and the months of each. Rows
// without a date come where the order has them.
func (h *hunt) calendar(ctx context.Context) (years []string, months [][]string, err error) {
	column := h.p.order.keys[0].column
	kind := h.kinds[column]
	first, last, err := h.reach(ctx, column, h.s.spans[column])
	if err != nil {
		return nil, nil, err
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
	for at := month(first); !at.After(last); at = at.AddDate(0, 1, 0) {
		if len(years) == 0 || at.Month() == time.January {
			years, months = append(years, tag(kind+"y", at.Format("2006"))), append(months, nil)
		}
		months[len(months)-1] = append(months[len(months)-1], tag(kind+"m", at.Format("2006-01")))
	}
	if undated {
		years = slices.Insert(years, 0, tag(kind+"y", "none"))
		months = slices.Insert(months, 0, []string{tag(kind+"m", "none")})
	}
	if h.p.order.desc {
		slices.Reverse(years)
		slices.Reverse(months)
		for _, year := range months {
			slices.Reverse(year)
		}
	}
	// The first months are most likely to have matches: no need to ask first.
	for i, year := range months {
		if len(year) > 2 {
			years, months = slices.Insert(years, i, ""), slices.Insert(months, i, year[:2])
			months[i+1] = year[2:]
			break
		}
	}
	return years, months, nil
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
			ts_headline(search_config(t.language), translate(t.title, @marks, ''), own.query, @whole) as title,
			ts_headline(search_config(t.language), translate(left(coalesce(t.content_text, t.summary, ''), @most), @marks, ''),
				own.query, @passage) as snippet
		from unnest(@ids::uuid[]) with ordinality as wanted (id, place)
		join documents t on t.id = wanted.id
		join (select language, query::tsquery from unnest(@languages::text[], @queries::text[]) as q (language, query)) own
			on own.language = t.language`
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
	for _, a := range found.arms() {
		for _, language := range a.languages {
			languages, queries = append(languages, language), append(queries, a.exact)
		}
	}
	rows, _ := s.planned(ctx).Query(ctx, q, pgx.NamedArgs{
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
