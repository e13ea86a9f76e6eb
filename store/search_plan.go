package store

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

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
	// before is how many rows of the list a sample showed to come before the end of the page.
	before float64
}

// directCost is the cost of reading all matches.
func (h *hunt) directCost() float64 { return h.plan.postings + costMatch*h.plan.matches }

// stepsCost is the cost of reading the newest, step by step.
func (h *hunt) stepsCost() float64 {
	rows := float64(h.newest + 1)
	if h.plan.matches >= float64(2*h.ranked) {
		rows = min(rows, float64(h.candidates())/h.plan.density)
	}
	return costMatch*float64(h.candidates()) + costStep*rows/stepRows
}

// candidates is how many rows are ranked: the newest that the index finds.
func (h *hunt) candidates() int {
	if h.phrase {
		return h.phrased
	}
	return h.ranked
}

// checks is how many rows of the list should hold the page.
func (h *hunt) checks() int {
	return int(min(max(1.3*float64(h.p.offset()+h.p.size+1)/h.plan.words, h.plan.before), math.MaxInt32)) + h.spare
}

// checkCost is the cost of looking into them; infinite where they are too many.
func (h *hunt) checkCost() float64 {
	if h.checks() > h.bounds.checked {
		return math.Inf(1)
	}
	return h.costCheck*float64(h.checks()) + h.costSample
}

// What the parts of a search cost, in microseconds; only their relations matter.
const (
	costPosting = 0.12 // an entry of the index's rarest part, for each part
	costMatch   = 2.2
	costStep    = 1_200.0
)

// estimate makes the plan: it asks the planner how many rows each part of the search selects, and weighs. The index
// intersects at the cost of its rarest part, but always to the end.
func (h *hunt) estimate(ctx context.Context) error {
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
	arms := len(parts)
	args := maps.Clone(h.s.args)
	words := h.wordParts()
	for i, part := range words {
		name := "part_" + strconv.Itoa(i)
		args[name] = part
		parts = append(parts, "t.search_vector @@ @"+name+"::text::tsquery")
	}
	from := "select from " + h.table + " t where "
	var explained []struct{ Plan explainedPlan }
	err := h.db.QueryRow(ctx, "explain (format json) "+from+strings.Join(parts, " union all "+from), args).Scan(&explained)
	if err != nil {
		return err
	}
	estimates := explained[0].Plan.parts()
	if len(estimates) != len(parts) {
		h.plan = searchPlan{direct: true, words: 1}
		return nil
	}
	plan := searchPlan{selected: math.MaxInt}
	all := max(estimates[0], 1)
	// A word of one language is the more frequent there.
	var wanted float64
	for arm := estimates[filters:arms]; len(arm) > 0; arm = arm[3:] {
		plan.words += min(arm[0]/max(arm[1], 1), 1) * arm[2]
		wanted += arm[2]
	}
	plan.words = max(plan.words/max(wanted, 1), 1/all)
	plan.density = plan.words
	fewest, share := slices.Min(append(estimates[arms:], all)), 1.0
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
			return err
		}
		// The count knows how the filters hang together, which the product of their shares does not.
		if selected <= h.bounds.direct {
			share, plan.selected = float64(selected)/all, selected
		}
	}
	plan.matches = share * plan.words * all
	plan.postings = costPosting * fewest * float64(max(len(words), 1)+len(h.s.tags))
	h.plan = plan
	h.plan.direct = plan.matches <= float64(h.bounds.direct) && (h.directCost() <= h.stepsCost() || !h.ranks())
	return nil
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

const (
	// stepRows is how many rows arrive in a step.
	stepRows = 8_192
	// newestSteps is how many steps are read one after the other, sampledSteps how many of the rest.
	newestSteps, sampledSteps = 24, 12
	// triedSteps is in how many steps enough matches should be, if they are as many as they seem.
	triedSteps = 4
)

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
	enough := min(int(1.5*float64(h.candidates())/(h.plan.density*stepRows))+2, newestSteps)
	var steps []int64
	for ; at >= 0 && len(steps) < enough; at-- {
		steps = append(steps, at)
	}
	for stride := max(at/sampledSteps, 1); at >= 0; at -= stride {
		steps = append(steps, at)
	}
	return steps, nil
}

// A sampled is what a few steps far apart showed of the matches.
type sampled struct {
	// least is how many were found: a bound from below.
	least int
	// few reports whether all should be read.
	few bool
	// near has the keys of the row up to which the list should hold the page. Last has those of the row with which the
	// page ends at the latest: enough to fill it were found up to there. They are nil where too few were found, and
	// in every order but by text, the only one in which words clump: titles of a language begin alike.
	near, last []string
	// stretch is what it costs to read the order up to last, infinite without it.
	stretch float64
}

// sample looks for matches in a few steps far apart, and corrects what the plan expected.
func (h *hunt) sample(ctx context.Context) (sampled, error) {
	end := h.newest / stepRows
	var steps []int64
	for i := range min(int64(h.sampled), end+1) {
		steps = append(steps, (2*i+1)*(end+1)/(2*min(int64(h.sampled), end+1)))
	}
	rows, page := float64(h.newest+1), h.p.offset()+h.p.size+1
	share := min(float64(len(steps)*stepRows)/rows, 1)
	args := maps.Clone(h.s.args)
	args["each"], args["near"], args["last"] = h.ranked/2, int(1.5*float64(page)*share), page-1
	columns, nth := "", func(string) string { return "null::text[]" }
	if h.p.order.keys[0].kind == keyText {
		columns = "t.id, " + h.p.order.columns("t.")
		from := "(select " + h.p.order.texts("m.") + " from matches m where " + h.behind("m.", args) + " order by " + h.p.order.by("m.")
		nth = func(n string) string { return from + " limit 1 offset " + n + ")" }
	}
	from, matching := h.within(steps, args)
	q := `
		with matches as materialized (
			select x.*
			from ` + from + `
			cross join lateral (
				select ` + columns + `
				from ` + h.table + ` t
				where ` + allOf(matching, h.s.rest()) + `
				limit @each) x)
		select (select count(*) from matches), ` + nth("@near") + `, ` + nth("@last")
	found := sampled{stretch: math.Inf(1)}
	if err := h.db.QueryRow(ctx, q, args).Scan(&found.least, &found.near, &found.last); err != nil {
		return sampled{}, err
	}
	expected := float64(found.least) / share
	h.plan.words = min(max(h.plan.words*expected/max(h.plan.matches, 1), expected/rows), 1)
	h.plan.density, h.plan.matches = max(expected/rows, 1/rows), expected
	found.few = expected < float64(h.bounds.direct)
	if found.last != nil {
		found.stretch = h.costSample + h.plan.postings + costMatch*float64(page)/share
	}
	if found.near == nil {
		return found, nil
	}
	return found, h.measure(ctx, found.near)
}

// measure counts how much of the list comes before the row with these keys: the words may keep to a late part of the order.
func (h *hunt) measure(ctx context.Context, near []string) error {
	args := maps.Clone(h.s.args)
	selected := h.plan.matches / (h.plan.words * float64(h.newest+1))
	args["most"] = int(float64(h.bounds.checked)/selected) + 1
	q := `select count(*) from (select from ` + h.table + ` t where ` + h.behind("t.", args) + ` and ` + h.p.order.until("t.", near, args) + ` limit @most) x`
	var before int
	if err := h.db.QueryRow(ctx, q, args).Scan(&before); err != nil {
		return err
	}
	h.plan.before = float64(before) * selected
	return nil
}

// behind is the condition that a row comes after the cursor.
func (h *hunt) behind(alias string, args pgx.NamedArgs) string {
	if h.p.after == nil {
		return "true"
	}
	return h.p.order.behind(alias, h.p.after, args)
}

// direct is where reading all matches gives up: soon where few were expected, since words that go together are
// more frequent than the planner thinks.
func (h *hunt) direct() int {
	return min(max(int(8*h.plan.matches), h.bounds.direct/4), h.bounds.direct) + 1
}
