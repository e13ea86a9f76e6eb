package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/content"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// SerpArgs looks at the results of a search.
type SerpArgs struct {
	Query    string `json:"query"`
	Language string `json:"language"`
	Market   string `json:"market"`
	// Count is how many results are looked at, Backend which service is asked.
	Count   int    `json:"count"`
	Backend string `json:"backend,omitempty"`
	// URLs are the results where the caller knows them, the first first.
	URLs []string `json:"urls,omitempty"`
}

// Kind names the job.
func (SerpArgs) Kind() string { return "research_serp" }

// InsertOpts says how the looking at results is queued.
func (SerpArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueResearch, MaxAttempts: 3}
}

// sourceCaller is the source of results that the caller has named.
const sourceCaller = "caller"

// webSearches are the services whose order of results is that of a search of the web.
var webSearches = []string{"searxng", "brave", "tavily"}

type serpWorker struct {
	river.WorkerDefaults[SerpArgs]
	store    *store.Store
	backends []research.Backend
	// pages is nil where pages are not read.
	pages *collect.Pages
	now   func() time.Time
}

// Timeout lets ten slow sites answer.
func (w *serpWorker) Timeout(*river.Job[SerpArgs]) time.Duration { return 10 * time.Minute }

// Work asks for the results, reads their pages, scores them, and keeps the snapshot and the job's end in one transaction.
func (w *serpWorker) Work(ctx context.Context, job *river.Job[SerpArgs]) error {
	args := job.Args
	results, source, err := w.results(ctx, job)
	if err != nil {
		return refused(err)
	}
	snapshot := store.SerpSnapshot{JobID: store.JobID(job.ID), Query: args.Query, Language: args.Language, Market: args.Market, Source: source}
	var scored []content.ScoredPage
	for i, result := range results {
		_ = w.store.ReportProgress(ctx, snapshot.JobID, store.JobProgress{
			Percent: 10 + 85*i/len(results), Stage: "fetch", Message: fmt.Sprintf("Reading %d of %d: %s.", i+1, len(results), result.Domain),
		})
		page := w.read(ctx, &result, args)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		snapshot.Results = append(snapshot.Results, result)
		if page != nil {
			scored = append(scored, *page)
		}
	}
	analysis := research.AnalyseSerp(snapshot.Results, w.now())
	if snapshot.Analysis, err = json.Marshal(analysis); err != nil {
		return err
	}
	if snapshot.Difficulty, err = json.Marshal(content.DifficultyOf(scored, analysis.AuthorityShare.Value(), w.now())); err != nil {
		return err
	}
	return refused(w.store.InTx(ctx, func(ctx context.Context) error {
		saved, err := w.store.SaveSerp(ctx, snapshot)
		if err != nil {
			return err
		}
		return complete(ctx, job, saved)
	}))
}

// results are what the caller has named, or what a service answers.
func (w *serpWorker) results(ctx context.Context, job *river.Job[SerpArgs]) (results []store.SerpResult, source string, err error) {
	args := job.Args
	for i, address := range args.URLs {
		results = append(results, resultAt(i+1, address, "", ""))
	}
	if len(results) > 0 {
		return results, sourceCaller, nil
	}
	backend, found := webSearch(w.backends, args.Backend)
	if !found {
		return nil, "", noWebSearch(args.Backend)
	}
	query := research.Query{Text: args.Query, Language: args.Language, Market: args.Market, Limit: args.Count}
	findings := research.Search(ctx, newBook(w.store, store.JobID(job.ID), nil, nil, nil), []research.Backend{backend}, query)
	if fault := findings.Backends[0].Error; fault != nil {
		message := fault.Message
		if !fault.Transient() {
			return nil, "", failForGood(message)
		}
		return nil, "", &Failure{Message: message, cause: fault}
	}
	for _, group := range findings.Groups {
		results = append(results, resultAt(group.Rank, group.URL, group.Title, group.Snippet))
		// Copies hold places, too.
		for _, other := range group.Copies {
			results = append(results, resultAt(other.Rank, other.URL, other.Title, other.Snippet))
		}
	}
	slices.SortFunc(results, func(a, b store.SerpResult) int { return a.Position - b.Position })
	return results[:min(args.Count, len(results))], backend.Name, nil
}

func resultAt(position int, address, title, snippet string) store.SerpResult {
	r := store.SerpResult{Position: position, URL: address, WordCount: store.Unknown("words")}
	if at, err := url.Parse(address); err == nil {
		r.Domain = strings.TrimPrefix(strings.ToLower(at.Hostname()), "www.")
	}
	if title != "" {
		r.Title = &title
	}
	if snippet != "" {
		r.Snippet = &snippet
	}
	r.Authority, r.AuthorityReason = research.AuthorityOf(r.Domain, position)
	r.ContentScore = content.Unscored("the page was not read")
	return r
}

// read reads the page of a result and scores it; nil where it cannot be read, and then the result says why.
func (w *serpWorker) read(ctx context.Context, r *store.SerpResult, args SerpArgs) *content.ScoredPage {
	if w.pages == nil {
		r.Error = pageError(errPagesOff)
		return nil
	}
	page, err := w.pages.Get(ctx, r.URL)
	if err != nil {
		r.Error = pageError(err)
		return nil
	}
	if r.Title == nil {
		r.Title = &page.Title
	}
	r.PublishedAt = page.PublishedAt
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(page.Text)))
	r.ContentHash = &hash
	counts := content.Counts(page.Counts)
	of := content.PageOf(page.Title, page.Text, args.Language, args.Query, counts, page.PublishedAt)
	r.ContentScore = content.Score(of, w.now())
	words := of.Words()
	r.WordCount = store.Derived(float64(words), "words", "content-creator: the page's article", w.now())
	scored := content.ScoredPage{Score: r.ContentScore.Value.Value(), Words: words, H2: counts.H2, Images: counts.Images}
	for _, part := range r.ContentScore.Parts {
		if part.Name == content.PartFreshness {
			scored.Freshness = part.Value.Value()
		}
	}
	return &scored
}

// webSearch is the service of a name, or the first that searches the web.
func webSearch(backends []research.Backend, name string) (research.Backend, bool) {
	for _, wanted := range webSearches {
		if name != "" && wanted != name {
			continue
		}
		if i := slices.IndexFunc(backends, func(b research.Backend) bool { return b.Name == wanted }); i >= 0 {
			return backends[i], true
		}
	}
	return research.Backend{}, false
}

func noWebSearch(name string) error {
	message := "No service that searches the web is set up. Give urls, the results that you see, or set one up: SEARXNG_BASE_URL, BRAVE_API_KEY or TAVILY_API_KEY."
	if name != "" {
		message = fmt.Sprintf("The service %s is not set up.", name)
	}
	return &store.Error{Kind: store.KindInvalid, Resource: "serp_snapshot", Message: message, Details: map[string]any{"errors": map[string]string{"urls": "is needed"}}}
}

// ResearchSerp queues a look at the results of a search in the transaction of ctx. It is refused where nobody could tell them.
func (c *Client) ResearchSerp(ctx context.Context, args SerpArgs) (store.Job, error) {
	if _, found := webSearch(c.backends, args.Backend); len(args.URLs) == 0 && !found {
		return store.Job{}, noWebSearch(args.Backend)
	}
	return c.queue(ctx, args)
}
