package jobs

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/llm/llmtest"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// later is by how much later the next cut is: close by at first, then further and further away.
func later(asked int) int { return max(2, asked/20) }

// A cutter works as the worker in it does, and is cut off each time a little later, until it gets through.
type cutter[T river.JobArgs] struct {
	river.Worker[T]
	store *store.Store
	// cuts is how often it was cut off.
	cuts *atomic.Int64
}

// Work is river.Worker's.
func (c cutter[T]) Work(ctx context.Context, job *river.Job[T]) error {
	for asked := 1; ; asked += later(asked) {
		if err := c.Worker.Work(storetest.CutOff(ctx, asked), job); err == nil || ctx.Err() != nil {
			return err
		}
		c.cuts.Add(1)
		// It may have been cut off once all was done, and before it heard of that.
		var over bool
		if err := c.store.Pool().QueryRow(ctx, `select finalized_at is not null from river_job where id = $1`, job.ID).Scan(&over); err != nil || over {
			return err
		}
	}
}

// cutting registers a worker that is cut off.
func cutting[T river.JobArgs](workers *river.Workers, s *store.Store, cuts *atomic.Int64, worker river.Worker[T]) {
	river.AddWorker(workers, cutter[T]{worker, s, cuts})
}

// hands work on jobs with these workers until the test ends.
func (w *world) hands(workers *river.Workers) {
	w.t.Helper()
	hands, err := river.NewClient(riverpgxv5.New(w.store.Pool()), &river.Config{
		Workers: workers, Logger: slog.New(slog.DiscardHandler),
		Queues: map[string]river.QueueConfig{
			queueDefault: {MaxWorkers: 1}, queueResearch: {MaxWorkers: 1}, queueCollect: {MaxWorkers: 1}, queueArticles: {MaxWorkers: 1},
		},
		FetchPollInterval: 10 * time.Millisecond, FetchCooldown: 5 * time.Millisecond,
	})
	require.NoError(w.t, err)
	require.NoError(w.t, hands.Start(w.t.Context()))
	w.t.Cleanup(func() { _ = hands.StopAndCancel(context.Background()) })
}

// TestJobsAreCutOffAnywhere cuts each kind of job off at one statement after the other, until an attempt gets through: then its result is
// there, once, and nothing of the attempts before it.
func TestJobsAreCutOffAnywhere(t *testing.T) {
	t.Parallel()
	w := heated(t)
	w.brought("autocomplete", store.Document{Title: "district heating cost per year", SourceMetadata: map[string]any{"position": 2}})
	w.process()
	site := httptest.NewServer(pageAbout("District heating", "District heating costs 1,200 euros a year in Lindau, the town says."))
	t.Cleanup(site.Close)
	model := llmtest.New(t)
	model.Always(llmtest.Match{Prompt: "things to look for"}, func(llmtest.Request) llmtest.Reply {
		return llmtest.Reply{JSON: map[string]any{"seeds": []any{"warms quarters"}}}
	})
	model.Otherwise = &llmtest.Reply{Refusal: "no"}
	queue := w.client(func(c *Config) { c.Polls = 0 })
	config := configured(thinking(model))
	fetcher := collect.NewFetcher(collect.Config{UserAgent: "test", AllowCIDRs: loopback})
	t.Cleanup(fetcher.Close)
	config.Pages = collect.NewPages(fetcher, time.Now)
	cuts, workers := &atomic.Int64{}, river.NewWorkers()
	cutting(workers, w.store, cuts, &topicsWorker{store: w.store, pages: config.Pages, model: config.Model, now: time.Now})
	cutting(workers, w.store, cuts, &keywordWorker{store: w.store, model: config.Model, now: time.Now})
	cutting(workers, w.store, cuts, &competitorWorker{store: w.store, pages: config.Pages, now: time.Now})
	cutting(workers, w.store, cuts, &serpWorker{store: w.store, pages: config.Pages, now: time.Now})
	cutting(workers, w.store, cuts, &rescoreWorker{store: w.store, now: time.Now})
	cutting(workers, w.store, cuts, &researchWorker{store: w.store, now: time.Now})
	cutting(workers, w.store, cuts, &synthesizeWorker{store: w.store, now: time.Now})
	cutting(workers, w.store, cuts, &importWorker{store: w.store})
	w.hands(workers)

	topic, err := w.store.CreateTopic(t.Context(), store.TopicCreate{Title: "By how many kilometres does the district heating network of Lindau grow?", Domain: "energy", Market: "de", Language: "en"})
	require.NoError(t, err)
	subject := Subject{TopicID: &topic.ID, Subject: "district heating", Language: "en", Market: "de", Count: 3, OwnSites: []string{site.URL}}
	once := func(query string) func() {
		return func() { require.Equal(t, 1, w.count(query), query) }
	}
	for _, work := range []struct {
		name  string
		queue func(ctx context.Context) (store.Job, error)
		check func()
	}{
		{"discover", func(ctx context.Context) (store.Job, error) {
			return queue.DiscoverTopics(ctx, DiscoverTopicsArgs{Request: store.DiscoveryRequest{Domain: "energy", Market: "de", Language: "en", Keywords: []string{"heating"}, MinScore: new(0.), SiteURL: &site.URL}})
		}, once(`select count(*) from discoveries`)},
		{"keywords", func(ctx context.Context) (store.Job, error) { return queue.ResearchKeywords(ctx, subject) }, once(`select count(*) from research_reports where kind = 'keyword'`)},
		{"competitors", func(ctx context.Context) (store.Job, error) { return queue.ResearchCompetitors(ctx, subject) }, once(`select count(*) from research_reports where kind = 'competitor'`)},
		{"keywords again", func(ctx context.Context) (store.Job, error) { return queue.ResearchKeywords(ctx, subject) }, func() {
			require.Equal(t, 2, w.count(`select count(*) from research_reports where kind = 'keyword'`))
		}},
		{"results", func(ctx context.Context) (store.Job, error) {
			return queue.ResearchSerp(ctx, SerpArgs{Query: "district heating", Language: "en", Market: "de", URLs: []string{site.URL + "/1", site.URL + "/2"}})
		}, once(`select count(*) from serp_snapshots`)},
		{"rescore", func(ctx context.Context) (store.Job, error) {
			return queue.RescoreTopics(ctx, store.RescoringRequest{TopicIDs: []uuid.UUID{topic.ID}, Inputs: store.ArchiveInputs, UpdateStatus: true})
		}, once(`select count(*) from topic_scores`)},
		{"research", func(ctx context.Context) (store.Job, error) {
			return queue.Research(ctx, asking(topic), 0)
		}, func() {
			require.Equal(t, 1, w.count(`select count(*) from research_runs where status in ('complete', 'partial')`))
			require.Equal(t, w.count(`select count(*) from claims`), w.count(`select count(distinct position) from claims`))
		}},
		{"synthesize", func(ctx context.Context) (store.Job, error) {
			return queue.Synthesize(ctx, SynthesizeArgs{TopicID: topic.ID, TargetWords: 300, Language: "en", Tone: "neutral", Budget: store.ResearchBudget{MaxRequests: 10, MaxSeconds: 60}})
		}, once(`select count(*) from drafts`)},
		{"import", func(ctx context.Context) (store.Job, error) {
			return queue.ImportOPML(ctx, []byte(list(outline("A", "https://a.example/feed"), outline("B", "https://b.example/feed"))), "", intoTech)
		}, func() {
			require.Equal(t, 2, w.count(`select count(*) from collections where domain = 'tech'`))
			require.Zero(t, w.count(`select count(*) from opml_imports`))
		}},
	} {
		cuts.Store(0)
		job, err := work.queue(t.Context())
		require.NoError(t, err, work.name)
		done := w.finished(job.ID)
		require.Equal(t, "succeeded", done.State, "%s: %+v", work.name, done.Error)
		require.True(t, json.Valid(done.Result), work.name)
		require.Greater(t, cuts.Load(), int64(10), work.name)
		work.check()
	}
	require.LessOrEqual(t, w.count(`select count(*) from calls where state = 'answered' and operation = 'propose_seeds'`), 1, "what was answered is not bought again")
}

// asking is quick research on a topic.
func asking(topic store.Topic) store.ResearchRequest {
	return asked(func(r *store.ResearchRequest) {
		r.TopicID, r.Question, r.Scope = &topic.ID, topic.Title, "archive"
		r.Budget = store.ResearchBudget{MaxSeconds: 600, MaxRequests: 500}
	})
}

// TestAnswersAreCutOffAnywhere does the same to what is answered at once: it fails, or it answers.
func TestAnswersAreCutOffAnywhere(t *testing.T) {
	t.Parallel()
	w := heated(t)
	w.process()
	c := w.working()
	topic, err := w.store.CreateTopic(t.Context(), store.TopicCreate{Title: "District heating in Lindau", Domain: "energy", Market: "de", Language: "en"})
	require.NoError(t, err)
	_, err = w.store.CreateDiscoverySchedule(t.Context(), store.DiscoveryScheduleCreate{Name: "x", EveryHours: 1, Request: store.DiscoveryRequest{Domain: "energy", Market: "de", Language: "en"}})
	require.NoError(t, err)
	job, err := c.Research(t.Context(), asking(topic), 0)
	require.NoError(t, err)
	require.Equal(t, "succeeded", w.finished(job.ID).State)
	runs, err := w.store.ResearchRuns(t.Context(), store.ResearchFilter{}, store.Page{})
	require.NoError(t, err)
	run := runs.Items[0].ID
	// A job that waits from the moment at which workers can see it.
	unasked := w.collection("https://later.example/feed")
	var waiting store.Job
	require.NoError(t, w.store.InTx(t.Context(), func(ctx context.Context) error {
		if waiting, err = c.Poll(ctx, unasked.ID); err != nil {
			return err
		}
		tx, _ := store.Tx(ctx)
		_, err = tx.Exec(ctx, `update river_job set state = 'scheduled', scheduled_at = now() + interval '1 hour' where id = $1`, int64(waiting.ID))
		return err
	}))
	for name, answer := range map[string]func(ctx context.Context) error{
		"validate": func(ctx context.Context) error { _, err := c.ValidateTopic(ctx, topic.ID, Validation{}); return err },
		"compare":  func(ctx context.Context) error { _, err := c.CompareResearch(ctx, run, run); return err },
		"clusters": func(ctx context.Context) error {
			_, err := c.ClusterKeywords(ctx, []string{"a", "b"}, "en", "", 3)
			return err
		},
		"same research": func(ctx context.Context) error { _, err := c.Research(ctx, asking(topic), time.Hour); return err },
		"schedules":     c.queueSchedules,
		"cancel":        func(ctx context.Context) error { _, err := c.Cancel(ctx, waiting.ID); return err },
		"rescore": func(ctx context.Context) error {
			_, err := c.RescoreTopics(ctx, store.RescoringRequest{Filter: &store.TopicFilter{Market: "de"}})
			return err
		},
	} {
		failed, answered := 0, false
		for asked := 1; !answered; asked += later(asked) {
			if err := answer(storetest.CutOff(t.Context(), asked)); err != nil {
				failed++
				require.True(t, strings.Contains(err.Error(), "deadline") || strings.Contains(err.Error(), "conn"), "%s: %v", name, err)
				continue
			}
			answered = true
		}
		require.Positive(t, failed, name)
	}
	require.Equal(t, 1, w.count(`select count(*) from research_runs`))
}

// TestCollectingIsCutOffAnywhere does the same to what brings documents in: a poll, the reading of a page, processing, the search
// for feeds and a dry run. Each document is there once, read and processed once its jobs get through.
func TestCollectingIsCutOffAnywhere(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMagazine(t)
	other := w.collection("https://other.example/feed.xml")
	w.save(other, harbour("Harbour closed", "a.example/1", "One."), harbour("Harbour stays closed", "b.example/2", "Two."),
		bridge("Bread for the president", "a.example/3"), bridge("Bread, again", "c.example/4"))
	w.process()
	queue := w.client(func(c *Config) { c.Polls = 0 }, reading(t))
	config := configured(reading(t))
	fetcher := collect.NewFetcher(collect.Config{UserAgent: "test", AllowCIDRs: loopback})
	t.Cleanup(fetcher.Close)
	cuts, workers := &atomic.Int64{}, river.NewWorkers()
	metrics := newMetrics(prometheus.NewRegistry())
	cutting(workers, w.store, cuts, &pollWorker{
		store: w.store, collectors: collect.All(fetcher, collect.Services{}, time.Now), now: time.Now, metrics: metrics, client: queue, readsPages: true,
	})
	cutting(workers, w.store, cuts, &articleWorker{store: w.store, pages: config.Pages, now: time.Now, client: queue})
	cutting(workers, w.store, cuts, &processWorker{store: w.store, client: queue, metrics: metrics})
	cutting(workers, w.store, cuts, &discoverWorker{store: w.store, discoverer: collect.NewDiscoverer(fetcher, time.Now, "https://www.youtube.com", "https://github.com")})
	cutting(workers, w.store, cuts, &importWorker{store: w.store})
	w.hands(workers)

	done := func(name string, job store.Job, err error) {
		t.Helper()
		require.NoError(t, err, name)
		ended := w.finished(job.ID)
		require.Equal(t, "succeeded", ended.State, "%s: %+v", name, ended.Error)
		require.Greater(t, cuts.Swap(0), int64(5), name)
	}
	c := w.collection(m.URL + "/feed.xml")
	polled, err := queue.Poll(t.Context(), c.ID)
	done("poll", polled, err)
	eventually(t, func() bool { return w.count(`select count(*) from river_job where finalized_at is null`) == 0 })
	require.Greater(t, cuts.Swap(0), int64(10), "the page and its processing")
	require.Equal(t, 5, w.documents())
	require.Equal(t, 1, w.count(`select count(*) from documents where content_from = 'page' and status = 'processed'`))
	require.Equal(t, 1, w.count(`select documents_count from collections where id = $1`, c.ID))

	require.NoError(t, w.store.DeleteDocument(t.Context(), uuidOf(t, w, `select id from documents where canonical_url like '%a.example/1'`), 0))
	w.save(other, harbour("Harbour shut", "d.example/5", "Three."))
	require.NoError(t, w.store.InTx(t.Context(), queue.ensureProcessing))
	eventually(t, func() bool {
		return w.count(`select count(*) from documents where status = 'new'`)+w.count(`select count(*) from river_job where finalized_at is null`) == 0
	})
	require.Len(t, w.clusters(), 2)
	require.Greater(t, cuts.Swap(0), int64(10))

	found, err := queue.Discover(t.Context(), DiscoverArgs{URLs: []string{m.URL + "/feed.xml"}, Limit: 5})
	done("discover", found, err)
	sites := discovered(t, w.finished(found.ID)).Sites
	require.Len(t, sites[0].Feeds, 1, "%+v", sites)
	require.Equal(t, []uuid.UUID{c.ID}, sites[0].Feeds[0].CollectionIDs)

	rehearsal := intoTech
	rehearsal.DryRun = true
	rehearsed, err := queue.ImportOPML(t.Context(), []byte(list(outline("A", "https://a.example/feed"))), "", rehearsal)
	done("dry run", rehearsed, err)
	require.Zero(t, w.count(`select count(*) from collections where domain = 'tech'`))
	require.Zero(t, w.count(`select count(*) from opml_imports`))
	require.Zero(t, w.count(`select count(*) from river_job where state <> 'completed'`))
}

func uuidOf(t *testing.T, w *world, query string) (id uuid.UUID) {
	t.Helper()
	require.NoError(t, w.store.Pool().QueryRow(t.Context(), query).Scan(&id))
	return id
}
