package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/llm/llmtest"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

const question = "How many bicycles cross the Elz bridge on a day?"

// asked is research on a question, with room for everything.
func asked(change ...func(*store.ResearchRequest)) store.ResearchRequest {
	r := store.ResearchRequest{
		Question: question, Language: "en", OutputLanguage: "en", Market: "de", Depth: "quick", Scope: "all",
		Budget: store.ResearchBudget{MaxSeconds: 60, MaxRequests: 50},
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

// pageAbout is a page of a site that has one thing to say.
func pageAbout(title, text string) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(rw, `<html lang="en"><head><title>%s</title><meta property="article:published_time" content="2026-02-01T08:00:00Z"></head>
			<body><article><h1>%s</h1><p>%s</p><p>%s</p></article></body></html>`, title, title, text,
			strings.Repeat("The town has repaired its roads, planted trees and asked its people what they want for the years to come. ", 8))
	}
}

// searching gives research a search service that finds some pages, and reads them.
func searching(price *int64, addresses ...string) func(*Config) {
	return func(c *Config) {
		fetcher := collect.NewFetcher(collect.Config{UserAgent: "test", AllowCIDRs: loopback})
		c.Pages = collect.NewPages(fetcher, time.Now)
		c.Backends = []research.Backend{{Name: "finder", Price: ledger.Price{PerRequest: price}, Search: func(context.Context, research.Query) ([]research.Hit, error) {
			var hits []research.Hit
			for i, address := range addresses {
				hits = append(hits, research.Hit{URL: address, Title: "Found", Backend: "finder", Rank: i + 1})
			}
			return hits, nil
		}}}
	}
}

const counted = "Sensors on the Elz bridge counted 14,500 bicycles on an average day in 2025, the town said."

func TestResearchJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	address := strings.TrimSuffix(site(t, pageAbout("Bicycles on the Elz bridge", counted)), "/feed.xml")
	c := w.working(searching(new(int64(8000)), address+"/bikes", address+"/robots.txt"))
	topic, err := w.store.CreateTopic(t.Context(), store.TopicCreate{Title: question, Domain: "mobility", Market: "de", Language: "en"})
	require.NoError(t, err)
	job, err := c.Research(t.Context(), asked(func(r *store.ResearchRequest) { r.TopicID = &topic.ID }), time.Hour)
	require.NoError(t, err)
	require.Equal(t, &store.JobSubject{Type: "topic", ID: topic.ID}, job.Subject)

	done := w.finished(job.ID)
	require.Equal(t, "succeeded", done.State, w.log.String())
	var result researchResult
	require.NoError(t, json.Unmarshal(done.Result, &result))
	require.Equal(t, "complete", result.Status)
	require.True(t, *result.Answered)

	run, err := w.store.ResearchRun(t.Context(), result.RunID)
	require.NoError(t, err)
	require.Contains(t, *run.Report, "14,500")
	require.Equal(t, 1, run.SourcesRead)
	require.Positive(t, run.WorkedSeconds)
	require.InDelta(t, 0.016, run.Cost.KnownUSD, 1e-9, "two queries")

	claims, err := w.store.TopicClaims(t.Context(), topic.ID, store.ClaimFilter{Verdict: new(store.Supported)}, store.Page{})
	require.NoError(t, err)
	require.NotEmpty(t, claims.Items)
	claim := claims.Items[0]
	require.Equal(t, counted, claim.Quote)
	snapshot, err := w.store.Snapshot(t.Context(), claim.Source.SnapshotID)
	require.NoError(t, err)
	require.Equal(t, claim.Quote, string([]rune(snapshot.Text)[claim.Start:claim.End]))
	require.Equal(t, snapshot.Hash, claim.Source.Hash)

	topic, err = w.store.Topic(t.Context(), topic.ID)
	require.NoError(t, err)
	require.Equal(t, "researched", topic.Status)
	require.Equal(t, run.Report, topic.ResearchReport)
	require.Len(t, topic.Citations, 1)
	sources, err := w.store.ResearchSources(t.Context(), run.ID, store.Page{})
	require.NoError(t, err)
	require.Len(t, sources.Items, 2)
	require.NotNil(t, sources.Items[1].Error)
	steps, err := w.store.ResearchSteps(t.Context(), run.ID, store.Page{Size: 100})
	require.NoError(t, err)
	stages := map[string]bool{}
	for _, step := range steps.Items {
		require.Equal(t, "done", step.State, step.Key)
		stages[step.Stage] = true
	}
	for _, stage := range []string{"plan", "search", "fuse", "fetch", "write", "check"} {
		require.True(t, stages[stage], stage)
	}
	require.Positive(t, w.count(`select count(*) from events where type = 'job.progress' and data::text like '%Reading 1 of 2%'`))

	// The same question is answered from there, and costs nothing.
	again, err := c.Research(t.Context(), asked(func(r *store.ResearchRequest) {
		r.TopicID, r.Question = &topic.ID, "  how many BICYCLES cross the Elz bridge on a day"
	}), time.Hour)
	require.NoError(t, err)
	require.NotEqual(t, job.ID, again.ID)
	require.NoError(t, json.Unmarshal(w.finished(again.ID).Result, &result))
	require.True(t, result.Reused)
	require.Equal(t, run.ID, result.RunID)
	runs, err := w.store.ResearchRuns(t.Context(), store.ResearchFilter{TopicID: &topic.ID, Market: new("DE")}, store.Page{})
	require.NoError(t, err)
	require.Len(t, runs.Items, 1)
}

func TestResearchIsFollowedWhileItRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(searching(nil))
	first, err := c.Research(t.Context(), asked(), time.Hour)
	require.NoError(t, err)
	second, err := c.Research(t.Context(), asked(), time.Hour)
	require.NoError(t, err)
	require.Equal(t, first.ID, second.ID)
	anew, err := c.Research(t.Context(), asked(), 0)
	require.NoError(t, err)
	require.NotEqual(t, first.ID, anew.ID)
}

func TestResearchIsCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	started := make(chan struct{}, 1)
	c := w.working(func(c *Config) {
		c.Backends = []research.Backend{{Name: "slow", Search: func(ctx context.Context, _ research.Query) ([]research.Hit, error) {
			started <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		}}}
	})
	job, err := c.Research(t.Context(), asked(), 0)
	require.NoError(t, err)
	select {
	case <-started:
	case <-time.After(patience):
		require.Fail(t, "it did not begin")
	}
	_, err = c.Cancel(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, "cancelled", w.finished(job.ID).State)
	runs, err := w.store.ResearchRuns(t.Context(), store.ResearchFilter{}, store.Page{})
	require.NoError(t, err)
	require.Equal(t, "cancelled", runs.Items[0].Status)

	// Tried again, it goes on.
	w.polling(false)
	_, err = c.Retry(t.Context(), job.ID)
	require.NoError(t, err)
	run, err := w.store.ResearchRun(t.Context(), runs.Items[0].ID)
	require.NoError(t, err)
	require.Contains(t, []string{"queued", "running"}, run.Status)
	select {
	case <-started:
	case <-time.After(patience):
		require.Fail(t, "it did not begin again")
	}
	_, err = c.Cancel(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, "cancelled", w.finished(job.ID).State)
}

func TestResearchWhereNobodyAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working(func(c *Config) {
		c.Backends = []research.Backend{{Name: "broken", Search: func(context.Context, research.Query) ([]research.Hit, error) {
			return nil, &collect.Error{Code: collect.CodeTimeout, Message: "finder.example did not answer."}
		}}}
	})
	job, err := c.Research(t.Context(), asked(), 0)
	require.NoError(t, err)
	done := w.finished(job.ID)
	require.Equal(t, "succeeded", done.State, "the archive was asked, and has nothing")
	runs, err := w.store.ResearchRuns(t.Context(), store.ResearchFilter{}, store.Page{})
	require.NoError(t, err)
	require.Equal(t, "partial", runs.Items[0].Status)
	require.False(t, *runs.Items[0].Answered)
	require.Contains(t, runs.Items[0].Shortfalls[0], "Broken failed.")
}

// TestResearchBudgets runs out of each of the three.
func TestResearchBudgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	address := strings.TrimSuffix(site(t, pageAbout("Bicycles on the Elz bridge", counted)), "/feed.xml")
	model := llmtest.New(t)
	zero := int64(0)
	c := w.working(searching(&zero, address+"/1"), func(c *Config) {
		c.Model = llm.New(llm.Config{BaseURL: model.URL, APIKey: llmtest.Key, Model: "m", Price: ledger.Price{PerInput: new(int64(1e6)), PerOutput: new(int64(1e6))}})
	})
	model.Always(llmtest.Match{Prompt: "Name at most"}, func(llmtest.Request) llmtest.Reply {
		return llmtest.Reply{Text: `{"questions":[],"queries":[]}`, InputTokens: 200, OutputTokens: 20}
	})
	for name, tc := range map[string]struct {
		budget store.ResearchBudget
		says   string
	}{
		"cost":     {store.ResearchBudget{MaxCostUSD: new(0.000001), MaxSeconds: 60, MaxRequests: 50}, "of the budget of $0.000001 is left"},
		"requests": {store.ResearchBudget{MaxSeconds: 60, MaxRequests: 1}, "The only request that the budget allows is made."},
	} {
		before := model.Count()
		job, err := c.Research(t.Context(), asked(func(r *store.ResearchRequest) { r.Budget = tc.budget }), 0)
		require.NoError(t, err)
		require.Equal(t, "succeeded", w.finished(job.ID).State, name)
		runs, err := w.store.ResearchRuns(t.Context(), store.ResearchFilter{}, store.Page{})
		require.NoError(t, err)
		require.Equal(t, "partial", runs.Items[0].Status, name)
		require.Contains(t, strings.Join(runs.Items[0].Shortfalls, " "), tc.says, name)
		if tc.budget.MaxCostUSD != nil {
			require.LessOrEqual(t, runs.Items[0].Cost.KnownUSD, *tc.budget.MaxCostUSD)
			require.Equal(t, before, model.Count(), "not one call was made that could cost too much")
		}
		require.LessOrEqual(t, runs.Items[0].Cost.Requests, tc.budget.MaxRequests)
	}
}

// TestResearchOfFewRequests is answered: searching does not spend them all.
func TestResearchOfFewRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	address := strings.TrimSuffix(site(t, pageAbout("Bicycles on the Elz bridge", counted)), "/feed.xml")
	zero := int64(0)
	c := w.working(searching(&zero, address+"/1", address+"/2", address+"/3", address+"/4", address+"/5"), func(c *Config) {
		for _, name := range []string{"another", "third"} {
			more := c.Backends[0]
			more.Name = name
			c.Backends = append(c.Backends, more)
		}
	})
	job, err := c.Research(t.Context(), asked(func(r *store.ResearchRequest) { r.Budget.MaxRequests = 8 }), 0)
	require.NoError(t, err)
	require.Equal(t, "succeeded", w.finished(job.ID).State)
	runs, err := w.store.ResearchRuns(t.Context(), store.ResearchFilter{}, store.Page{})
	require.NoError(t, err)
	run := runs.Items[0]
	require.Equal(t, new(true), run.Answered)
	require.Equal(t, "partial", run.Status)
	require.Equal(t, 5, run.SourcesRead)
	require.LessOrEqual(t, run.Cost.Requests, 8)
	require.Contains(t, strings.Join(run.Shortfalls, " "), "The 8 requests that the budget allows are shared among searching, reading and writing.")
}

// TestResearchGoesOn stands in for a process that died after some steps and in the middle of a call.
func TestResearchGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queue := w.client()
	job, err := queue.Research(t.Context(), asked(), 0)
	require.NoError(t, err)
	runs, err := w.store.ResearchRuns(t.Context(), store.ResearchFilter{}, store.Page{})
	require.NoError(t, err)
	run := runs.Items[0]
	_, err = w.store.StartResearch(t.Context(), run.ID)
	require.NoError(t, err)
	dead := &journal{book: newBook(w.store, job.ID, &run.ID, nil, &run.Budget), store: w.store, job: job.ID, run: run.ID, worked: time.Now()}
	plan := json.RawMessage(`{"questions":["` + question + `"],"queries":["Elz bridge"],"by_model":false}`)
	_, err = dead.Do(t.Context(), research.Step{Key: "plan", Stage: "plan", Message: "Planning."}, func(context.Context) (any, error) { return plan, nil })
	require.NoError(t, err)
	query, err := json.Marshal(research.Query{Text: "Elz bridge", Language: "en", Market: "de", Limit: 10})
	require.NoError(t, err)
	_, _, err = w.store.ReserveCall(t.Context(), store.CallRequest{
		JobID: job.ID, RunID: &run.ID, Attempt: uuid.New(), Provider: "finder", Operation: "search", Request: query, Most: new(int64(8000)), PerRequest: new(int64(8000)),
	})
	require.NoError(t, err)

	w.working(searching(new(int64(8000)), "http://127.0.0.1:1/never"))
	require.Equal(t, "succeeded", w.finished(job.ID).State, w.log.String())
	run, err = w.store.ResearchRun(t.Context(), run.ID)
	require.NoError(t, err)
	require.Equal(t, "partial", run.Status)
	require.Contains(t, strings.Join(run.Shortfalls, " "), "not paid for again")
	require.Equal(t, 1, w.count(`select count(*) from calls where provider = 'finder'`))
	require.Equal(t, 1, w.count(`select count(*) from calls where state = 'lost'`))
}
