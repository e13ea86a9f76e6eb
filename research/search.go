package research

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/ledger"
)

// A found is a page with where it was found.
type found struct {
	Hit
	FoundBy []string `json:"found_by"`
	// RRF is its reciprocal rank fusion score over all queries and backends.
	RRF float64 `json:"rrf"`
}

// search asks every backend every query, the own archive first, and fuses what they found.
func (r *run) search(ctx context.Context) error {
	var lists [][]Hit
	asked, failed := 0, 0
	for i, query := range r.plan.Queries {
		for _, backend := range r.Backends {
			message := fmt.Sprintf("Searching %s for “%s”.", backend.Name, query)
			r.journal.Tell(ctx, 5+15*i/len(r.plan.Queries), "search", message)
			q := Query{Text: query, Language: r.Language, Market: r.Market, Limit: r.Depth.Hits}
			step := Step{Key: fmt.Sprintf("search:%d:%s", i, backend.Name), Stage: "search", Message: message, Input: q}
			hits, err := do(ctx, r.journal, step, func(context.Context) ([]Hit, error) { return ask(r.work, r.journal, backend, q) })
			if ctx.Err() != nil {
				return ctx.Err()
			}
			asked++
			if err != nil {
				failed++
				r.lacks("%s could not be asked: %s.", backend.Name, r.why(err))
				continue
			}
			lists = append(lists, hits)
		}
	}
	if asked == failed {
		return fmt.Errorf("%w: %s", ErrAllFailed, r.shortfalls[len(r.shortfalls)-1])
	}
	hits, err := do(ctx, r.journal, Step{Key: "fuse", Stage: "fuse", Message: "Putting together what was found.", Input: map[string]int{"lists": len(lists)}},
		func(context.Context) ([]found, error) { return fuse(lists), nil })
	for i, hit := range hits[:min(len(hits), r.Depth.Sources)] {
		r.sources = append(r.sources, &source{found: hit, position: i + 1})
	}
	return err
}

// ask asks a backend, by way of the book unless it is the own archive.
func ask(ctx context.Context, book ledger.Book, b Backend, q Query) ([]Hit, error) {
	if b.Own {
		return b.Search(ctx, q)
	}
	request, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	reply, err := book.Make(ctx, ledger.Call{Provider: b.Name, Operation: "search", Request: request, Price: b.Price, Most: b.Price.PerRequest},
		func(ctx context.Context) (ledger.Reply, error) {
			hits, err := b.Search(ctx, q)
			if err != nil {
				return ledger.Reply{}, err
			}
			body, err := json.Marshal(hits)
			return ledger.Reply{Body: body, Cost: b.Price.PerRequest}, err
		})
	if err != nil {
		return nil, err
	}
	var hits []Hit
	return hits, json.Unmarshal(reply.Body, &hits)
}

// fusionK is the constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009).
const fusionK = 60

// fuse puts ranked lists together: a page counts 1/(k+rank) for each that holds it.
func fuse(lists [][]Hit) []found {
	var all []found
	at := map[string]int{}
	for _, list := range lists {
		for rank, hit := range list {
			key, err := collect.Canonical(hit.URL)
			if err != nil {
				continue
			}
			i, known := at[key]
			if !known {
				i = len(all)
				at[key] = i
				all = append(all, found{Hit: hit})
			}
			all[i].RRF += 1 / float64(fusionK+rank+1)
			if !slices.Contains(all[i].FoundBy, hit.Backend) {
				all[i].FoundBy = append(all[i].FoundBy, hit.Backend)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(b.RRF, a.RRF) })
	return all
}
