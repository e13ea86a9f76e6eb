package jobs

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// TestWhatAPageSaysOfItself: a page at another address than the entry's, of another canonical one or cut off says so, and what it
// does not say is unknown.
func TestWhatAPageSaysOfItself(t *testing.T) {
	t.Parallel()
	w := &articleWorker{now: time.Now}
	d := store.Document{URL: "https://a.example/1", CanonicalURL: "https://a.example/1"}
	for name, tc := range map[string]struct {
		page  collect.Page
		facts map[string]any
	}{
		"the same": {collect.Page{URL: d.URL, Article: collect.Article{Canonical: d.CanonicalURL}}, map[string]any{}},
		"moved":    {collect.Page{URL: "https://a.example/2"}, map[string]any{"page_url": "https://a.example/2"}},
		"another":  {collect.Page{URL: d.URL, Article: collect.Article{Canonical: "https://b.example/1"}}, map[string]any{"page_canonical_url": "https://b.example/1"}},
		"cut":      {collect.Page{URL: d.URL, Article: collect.Article{Cut: true}}, map[string]any{"content_truncated": true}},
	} {
		said := w.read(d, tc.page)
		require.Equal(t, tc.facts, said.Facts, name)
		require.Nil(t, said.Author, name)
		require.Nil(t, said.ImageURL, name)
	}
}

// TestFaultsThatPass tells those of the way to a site from those of the site.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	for fault, want := range map[*collect.Error]bool{
		{Code: collect.CodeDNSFailed}: true, {Code: collect.CodeTruncated}: true, {Code: collect.CodeRobotsUnknown}: true,
		{Code: "http_error", Status: http.StatusBadGateway}: true, {Code: "http_error", Status: http.StatusForbidden}: false, {Code: collect.CodeNotAFeed}: false,
	} {
		require.Equal(t, want, passes(fault), "%+v", fault)
	}
	require.Equal(t, &store.PageError{Code: "unreachable", Message: "broken"}, pageError(errors.New("broken")))
}

// TestBookWithoutAPrice: where there is a limit to what may be spent, a call whose price nobody knows is refused, and is not made.
func TestBookWithoutAPrice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBook(w.store, 5, nil, nil, &store.ResearchBudget{MaxCostUSD: new(1.), MaxSeconds: 60, MaxRequests: 9})
	_, err := b.Make(t.Context(), ledger.Call{Provider: "somebody", Operation: "write"}, func(context.Context) (ledger.Reply, error) {
		require.Fail(t, "it is made")
		return ledger.Reply{}, nil
	})
	var refusal *ledger.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, "somebody", refusal.Unpriced)
	require.Zero(t, w.count(`select count(*) from calls`))
}

// TestResearchThatNobodyAnswers: where nobody at all could be asked, research is tried again, and fails in the end with what was said.
func TestResearchThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(searching(nil))
	job, err := c.Research(t.Context(), asked(), 0)
	require.NoError(t, err)
	runs, err := w.store.ResearchRuns(t.Context(), store.ResearchFilter{}, store.Page{})
	require.NoError(t, err)
	worker := &researchWorker{store: w.store, now: time.Now, backends: []research.Backend{{Name: "broken", Search: func(context.Context, research.Query) ([]research.Hit, error) {
		return nil, &collect.Error{Code: collect.CodeTimeout, Message: "finder.example did not answer."}
	}}}}
	w.execute(`alter table documents rename to taken_away`) // nor does the archive answer
	work := func(attempt int) (store.ResearchRun, error) {
		row := &rivertype.JobRow{ID: int64(job.ID), Attempt: attempt, MaxAttempts: 2}
		err := worker.Work(t.Context(), &river.Job[ResearchArgs]{JobRow: row, Args: ResearchArgs{RunID: runs.Items[0].ID}})
		run, readErr := w.store.ResearchRun(t.Context(), runs.Items[0].ID)
		require.NoError(t, readErr)
		return run, err
	}
	run, err := work(1)
	var told *Failure
	require.ErrorAs(t, err, &told)
	require.Equal(t, "running", run.Status)
	run, err = work(2)
	require.Error(t, err)
	require.Equal(t, "failed", run.Status)
	require.Equal(t, told.Message, *run.Error)
}

// TestManyTopics: what is asked of all topics is asked of those behind the first page, too.
func TestManyTopics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.execute(`
		insert into topics (id, title, title_key, source, domain, market, language)
		select gen_random_uuid(), 'Topic ' || n, 'topic ' || n, 'manual', 'energy', 'de', 'en' from generate_series(1, 230) n`)
	worker := &rescoreWorker{store: w.store, now: time.Now}
	for limit, want := range map[int]int{0: DefaultRescored, 150: 150, 300: 230} {
		chosen, err := worker.choose(t.Context(), store.RescoringRequest{Limit: limit})
		require.NoError(t, err)
		unique := map[uuid.UUID]bool{}
		for _, id := range chosen {
			unique[id] = true
		}
		require.Len(t, chosen, want)
		require.Len(t, unique, want)
	}
	known, err := knownTitles(t.Context(), w.store, "DE", "en")
	require.NoError(t, err)
	require.Len(t, known, 230)
}

// TestPageWithoutATitle: what a page does not say of itself is what the search service said of it.
func TestPageWithoutATitle(t *testing.T) {
	t.Parallel()
	address := site(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write([]byte(`<html lang="en"><body><article><p>` + counted + ` ` + counted + `</p></article></body></html>`))
	})
	worker := &researchWorker{now: time.Now, pages: configured(reading(t)).Pages}
	day := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	snapshot, err := worker.readSource(t.Context(), research.Hit{URL: address, Title: "Said by the service", PublishedAt: &day})
	require.NoError(t, err)
	require.Equal(t, "Said by the service", snapshot.Title)
	require.Equal(t, &day, snapshot.PublishedAt)
	require.Contains(t, snapshot.Text, "14,500")
}
