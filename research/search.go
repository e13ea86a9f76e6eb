package research

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// searchShare is which share of a run's time searching may take.
const searchShare = 0.6

// search asks every backend every query, the own archive first, and fuses what they found.
func (r *run) search(ctx context.Context) error {
	var lists [][]Hit
	foundBy := map[string][]string{}
	failed := true
	var faults []string
	r.divide()
	for i, query := range r.plan.Queries {
		message := fmt.Sprintf("Searching %s for “%s”.", r.backendNames(), query)
		r.journal.Tell(ctx, 5+15*i/len(r.plan.Queries), "search", message)
		q := Query{Text: query, Language: r.Language, Market: r.Market, Limit: r.Depth.Hits}
		backends := r.asking(ctx) // also where the step was done before, so that the shares are those of then
		findings, err := do(ctx, r.journal, Step{Key: fmt.Sprintf("search:%d", i), Stage: "search", Message: message, Input: q},
			func(context.Context) (Findings, error) {
				// A service that does not answer leaves the time to ask the others, and to read.
				asking, done := r.share(searchShare / float64(len(r.plan.Queries)-i))
				defer done()
				return Search(asking, r.journal, backends, q), nil
			})
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, outcome := range findings.Backends {
			if fault := outcome.Error; fault != nil {
				why := r.whyUnasked(fault)
				faults = append(faults, why.text)
				r.lacks(why, func(s *shortfall) {
					if why.own {
						s.failed++
						return
					}
					if s.unasked[outcome.Name] == 0 {
						s.order = append(s.order, outcome.Name)
					}
					s.unasked[outcome.Name]++
				})
			}
		}
		failed = failed && findings.Failed()
		lists = append(lists, hitsOf(findings, foundBy))
	}
	if failed && r.work.Err() == nil {
		return fmt.Errorf("%w: %s", ErrAllFailed, strings.Join(slices.Compact(faults), " "))
	}
	groups, err := do(ctx, r.journal, Step{Key: "fuse", Stage: "fuse", Message: "Putting together what was found.", Input: map[string]int{"lists": len(lists)}},
		func(context.Context) ([]Group, error) { return Fuse(lists...), nil })
	for i, group := range groups[:min(len(groups), r.Depth.Sources)] {
		r.sources = append(r.sources, &source{Group: group, foundBy: foundBy[group.Key], position: i + 1})
	}
	return err
}

// asking are the backends for the next query: the own archive is asked also when the time to search is over, and others not where
// that would take more than the share of searching.
func (r *run) asking(ctx context.Context) []Backend {
	backends := slices.Clone(r.Backends)
	for i, b := range backends {
		if b.Own {
			backends[i].Search = func(_ context.Context, q Query) ([]Hit, error) { return b.Search(ctx, q) }
			continue
		}
		if refusal := r.shares.search(b); refusal != nil {
			backends[i] = Backend{Name: b.Name, Own: true, Search: func(context.Context, Query) ([]Hit, error) { return nil, refusal }}
		}
	}
	return backends
}

func (r *run) backendNames() string {
	var names []string
	for _, b := range r.Backends {
		names = append(names, titleOf(b.Name))
	}
	return strings.Join(names, ", ")
}

// sentenceOf ends a text with one point.
func sentenceOf(text string) string { return strings.TrimRight(text, ".") + "." }

// hitsOf are the pages of findings in their order, copies behind what they copy, and notes which backends found them.
func hitsOf(f Findings, foundBy map[string][]string) []Hit {
	hits := []Hit{}
	add := func(g Group) {
		g.Rank = len(hits) + 1
		hits = append(hits, g.Hit)
		for _, place := range g.FoundBy {
			if !slices.Contains(foundBy[g.Key], place.Backend) {
				foundBy[g.Key] = append(foundBy[g.Key], place.Backend)
			}
		}
	}
	for _, group := range f.Groups {
		add(group)
		for _, twin := range group.Copies {
			add(twin)
		}
	}
	return hits
}
