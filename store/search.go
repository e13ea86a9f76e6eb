package store

import (
	"context"
	"fmt"
	"math"
)

// How a search stays fast whatever is asked: the words (search_terms.go) become keys that the index intersects with
// the filters (search_keys.go); a plan weighs what reading all matches would cost (search_plan.go); and then either all
// are read, or the newest, or the list is walked (search_find.go).

// RelevanceDepth is how many matches, the newest, are ranked: so deep reaches the order "relevance", and so
// far a search counts at least.
const RelevanceDepth = 1_000

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
	if err := h.estimate(ctx); err != nil {
		return fmt.Errorf("estimate: %w", err)
	}
	return nil
}

// run reads all matches where they are few. Where they are many, relevance ranks the newest of them, and every
// other order says where to look.
func (h *hunt) run(ctx context.Context) ([]found, total, error) {
	if h.ranks() {
		return h.ranking(ctx)
	}
	// Looking into the list may cost less than sorting all matches, but then they are not counted.
	if h.plan.direct && (h.plan.matches < float64(h.ranked) || h.directCost() < h.checkCost()) {
		rows, all, err := h.sorted(ctx, h.direct(), nil)
		if err != nil || all < h.direct() {
			return rows, counted(all, TotalCap), err
		}
	}
	found, err := h.sample(ctx)
	if err != nil {
		return nil, total{}, err
	}
	if found.few && h.directCost() < h.checkCost() {
		rows, all, err := h.sorted(ctx, h.bounds.direct+1, nil)
		if err != nil || all <= h.bounds.direct {
			return rows, counted(all, TotalCap), err
		}
	}
	rows, count, err := h.beyond(ctx, found)
	if err != nil || count.exact {
		return rows, count, err
	}
	return rows, total{rows: max(found.least, count.rows)}, nil
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
		found, err := h.sample(ctx)
		if err != nil {
			return nil, total{}, err
		}
		if !found.few || h.stepsCost() < h.directCost() {
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
