package research_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/llm/llmtest"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/research/researchtest"
	"github.com/content-creator/content-creator-api/store"
)

// countings are six pages that answer bikesAsked, each for a year of its own, and found by services of some prices. What was done
// with them is counted.
func countings(prices ...int64) (tools research.Tools, searches, reads *atomic.Int64) {
	var pages []page
	for i := range 6 {
		text := fmt.Sprintf("An der Elzbrücke wurden im Jahr %d insgesamt %d.500 Fahrräder am Tag gezählt, teilte das Amt mit.", 2015+i, 10+i)
		pages = append(pages, page{fmt.Sprintf("https://blatt%d.example/rad", i), fmt.Sprintf("Räder, Teil %d", i), text, "de", "2026-02-01"})
	}
	tools, searches, reads = web(pages...), &atomic.Int64{}, &atomic.Int64{}
	find, read := tools.Backends[0].Search, tools.Read
	tools.Backends = nil
	for i, price := range prices {
		tools.Backends = append(tools.Backends, research.Backend{
			Name: []string{"searxng", "tavily", "brave"}[i], Price: ledger.Price{PerRequest: &price},
			Search: func(ctx context.Context, q research.Query) ([]research.Hit, error) {
				searches.Add(1)
				return find(ctx, q)
			},
		})
	}
	tools.Read = func(ctx context.Context, hit research.Hit) (store.Snapshot, error) {
		reads.Add(1)
		return read(ctx, hit)
	}
	return tools, searches, reads
}

// TestSearchingLeavesRequestsForReading: of a few requests most are for reading and some for writing; what was left out for that is told.
func TestSearchingLeavesRequestsForReading(t *testing.T) {
	t.Parallel()
	reranking := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = rw.Write([]byte(`{"results":[{"index":0,"relevance_score":0.9},{"index":1,"relevance_score":0.8},{"index":2,"relevance_score":0.7},{"index":3,"relevance_score":0.6},{"index":4,"relevance_score":0.5},{"index":5,"relevance_score":0.4}]}`))
	}))
	t.Cleanup(reranking.Close)
	for name, tc := range map[string]struct {
		requests                  *int
		model, reranked, archived bool
		searches, reads           int64
		en, de                    string
	}{
		"no limit": {searches: 6, reads: 6},
		"enough":   {requests: new(12), searches: 6, reads: 6},
		"few": {
			requests: new(8), searches: 2, reads: 6,
			en: "Brave was not asked; SearXNG (1 of 2 searches) and Tavily (1 of 2 searches) were not asked everything.",
			de: "Brave wurde nicht gefragt; SearXNG (1 von 2 Suchen) und Tavily (1 von 2 Suchen) wurden nicht alles gefragt.",
		},
		"few, and a model to write": {
			requests: new(8), model: true, searches: 2, reads: 3,
			en: "Brave was not asked; SearXNG (1 of 2 searches) and Tavily (1 of 2 searches) were not asked everything; 3 of 6 sources were not read.",
			de: "Brave wurde nicht gefragt; SearXNG (1 von 2 Suchen) und Tavily (1 von 2 Suchen) wurden nicht alles gefragt; 3 von 6 Quellen wurden nicht gelesen.",
		},
		"few, and a reranker": {
			requests: new(8), reranked: true, searches: 2, reads: 5,
			en: "Brave was not asked; SearXNG (1 of 2 searches) and Tavily (1 of 2 searches) were not asked everything; 1 of 6 sources was not read.",
			de: "Brave wurde nicht gefragt; SearXNG (1 von 2 Suchen) und Tavily (1 von 2 Suchen) wurden nicht alles gefragt; 1 von 6 Quellen wurde nicht gelesen.",
		},
		"two": {
			requests: new(2), searches: 1, reads: 1,
			en: "Tavily and Brave were not asked; SearXNG (1 of 2 searches) was not asked everything; 5 of 6 sources were not read.",
			de: "Tavily und Brave wurden nicht gefragt; SearXNG (1 von 2 Suchen) wurde nicht alles gefragt; 5 von 6 Quellen wurden nicht gelesen.",
		},
		"the own archive needs none": {
			requests: new(2), archived: true, searches: 1, reads: 6,
			en: "Tavily and Brave were not asked; SearXNG (1 of 2 searches) was not asked everything.",
			de: "Tavily und Brave wurden nicht gefragt; SearXNG (1 von 2 Suchen) wurde nicht alles gefragt.",
		},
		"one is not shared": {requests: new(1), searches: 6, reads: 6}, // it is the book that refuses the others
	} {
		for language, because := range map[string][2]string{
			"en": {"The %d requests that the budget allows are shared among searching, reading and writing. ", tc.en},
			"de": {"Die %d Anfragen, die das Budget erlaubt, verteilen sich auf Suchen, Lesen und Schreiben. ", tc.de},
		} {
			tools, searches, reads := countings(0, 0, 0)
			if tc.model {
				tools.Model, _ = writer(t, func(map[string]string) []map[string]any { return []map[string]any{} }, "supported")
			}
			if tc.reranked {
				tools.Reranker = research.NewReranker(research.RerankService{BaseURL: reranking.URL, Key: "k", Model: "r"})
			}
			if tc.archived {
				find := tools.Backends[0].Search
				tools.Backends = append(tools.Backends, research.Backend{Name: "archive", Own: true, Search: func(ctx context.Context, q research.Query) ([]research.Hit, error) {
					hits, err := find(ctx, q)
					searches.Add(-1)
					for i := range hits {
						hits[i].DocumentID = new(uuid.New())
					}
					return hits, err
				}})
			}
			request := ask(bikesAsked, "de")
			request.OutputLanguage, request.Allowance.Requests = language, tc.requests
			out := run(t, request, tools, &researchtest.Diary{})
			var wanted []string
			if because[1] != "" {
				wanted = []string{fmt.Sprintf(because[0], *tc.requests) + because[1]}
			}
			require.Equal(t, wanted, out.Shortfalls, name)
			require.Equal(t, [2]int64{tc.searches, tc.reads}, [2]int64{searches.Load(), reads.Load()}, name)
		}
	}
}

// TestSearchingLeavesDollarsForWriting: what is to be paid for writing or weighing is not spent on searching; what is free is asked anyway.
func TestSearchingLeavesDollarsForWriting(t *testing.T) {
	t.Parallel()
	reranking := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(`{"results":[]}`)) }))
	t.Cleanup(reranking.Close)
	for name, tc := range map[string]struct {
		cost     int64
		model    *ledger.Price
		reranked bool
		prices   []int64
		searches int64
		en, de   string
	}{
		"nothing else costs":    {cost: 16_000, prices: []int64{8000}, searches: 2},
		"a model that is free":  {cost: 16_000, model: &ledger.Price{PerInput: new(int64), PerOutput: new(int64)}, prices: []int64{8000}, searches: 2},
		"a price nobody knows":  {cost: 16_000, model: &ledger.Price{}, prices: []int64{8000}, searches: 2},
		"enough":                {cost: 32_000, model: &ledger.Price{PerInput: new(int64(1)), PerOutput: new(int64(1))}, prices: []int64{8000}, searches: 2},
		"a reranker":            {cost: 16_000, reranked: true, prices: []int64{8000}, searches: 1, en: "SearXNG (1 of 2 searches) was not asked everything.", de: "SearXNG (1 von 2 Suchen) wurde nicht alles gefragt."},
		"a model":               {cost: 16_000, model: &ledger.Price{PerInput: new(int64(1)), PerOutput: new(int64(1))}, prices: []int64{8000, 0}, searches: 3, en: "SearXNG (1 of 2 searches) was not asked everything.", de: "SearXNG (1 von 2 Suchen) wurde nicht alles gefragt."},
		"the first is not kept": {cost: 9000, model: &ledger.Price{PerInput: new(int64(1)), PerOutput: new(int64(1))}, prices: []int64{8000, 0}, searches: 3, en: "SearXNG (1 of 2 searches) was not asked everything.", de: "SearXNG (1 von 2 Suchen) wurde nicht alles gefragt."},
	} {
		for language, because := range map[string][2]string{
			"en": {"Searching may cost at most half of the budget of $%s, so that there is something left to write with. ", tc.en},
			"de": {"Suchen darf höchstens die Hälfte des Budgets von %s Dollar kosten, damit etwas zum Schreiben übrig bleibt. ", tc.de},
		} {
			tools, searches, _ := countings(tc.prices...)
			if tc.model != nil {
				_, server := writer(t, func(map[string]string) []map[string]any { return []map[string]any{} }, "supported")
				tools.Model = llm.New(llm.Config{BaseURL: server.URL, APIKey: llmtest.Key, Model: "writer-1", Price: *tc.model})
			}
			if tc.reranked {
				tools.Reranker = research.NewReranker(research.RerankService{BaseURL: reranking.URL, Key: "k", Model: "r", Price: ledger.Price{PerRequest: new(int64(2000))}})
			}
			request := ask(bikesAsked, "de")
			request.OutputLanguage, request.Allowance.Cost = language, &tc.cost
			out := run(t, request, tools, &researchtest.Diary{})
			require.Equal(t, tc.searches, searches.Load(), name)
			if because[1] == "" {
				require.NotContains(t, fmt.Sprint(out.Shortfalls), "half of the budget", name)
				continue
			}
			require.Contains(t, out.Shortfalls, fmt.Sprintf(because[0], ledger.Dollars(tc.cost))+because[1], name)
		}
	}
	// What a search costs is not known: the book refuses it, and says so.
	tools, searches, _ := countings(0)
	tools.Backends[0].Price = ledger.Price{}
	request := ask(bikesAsked, "de")
	request.Allowance.Cost, request.Allowance.Requests = new(int64(5)), new(2)
	run(t, request, tools, &researchtest.Diary{})
	require.EqualValues(t, 2, searches.Load(), "the book of this test refuses nothing")
}
