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
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/llm/llmtest"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// brought saves documents as a poll of a collection of their kind would.
func (w *world) brought(source string, documents ...store.Document) {
	w.t.Helper()
	n := w.made.Add(1)
	c, err := w.store.CreateCollection(w.t.Context(), store.CollectionCreate{Name: "Feed", URL: new(fmt.Sprintf("https://f.example/%d", n)), Domain: "energy", Market: "de"})
	require.NoError(w.t, err)
	for i := range documents {
		d := &documents[i]
		d.URL = fmt.Sprintf("https://%s.example/%d-%d", source, n, i)
		d.CanonicalURL, d.Source, d.Domain, d.Market, d.Language, d.FetchedAt = d.URL, source, "energy", "de", "en", time.Now()
		if d.SourceName == "" {
			d.SourceName = source + ".example"
		}
		if d.SourceMetadata == nil {
			d.SourceMetadata = map[string]any{}
		}
		d.ContentHash = store.ContentHash(d.Title, d.ContentText)
	}
	_, err = w.store.SavePoll(w.t.Context(), store.Poll{Asked: c, At: time.Now(), NextPollAt: time.Now().Add(time.Hour), Documents: documents})
	require.NoError(w.t, err)
}

func TestDiscoverTopicsFromSearchesSeedsAndSites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	yesterday := time.Now().Add(-24 * time.Hour)
	text := "The district heating network of Lindau grows by nine kilometres, and the boilers of the old power station are switched off."
	w.brought("rss", store.Document{Title: "District heating grows in Lindau", ContentText: &text, Summary: &text, PublishedAt: &yesterday, SourceName: "a.example"},
		store.Document{Title: "Lindau builds more district heating", ContentText: &text, Summary: &text, PublishedAt: &yesterday, SourceName: "b.example"})
	w.brought("trends", store.Document{Title: "oil price today", PublishedAt: &yesterday})
	w.brought("autocomplete", store.Document{Title: "district heating cost per year", SourceMetadata: map[string]any{"position": 2}})
	site := strings.TrimSuffix(site(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(rw, `<html lang="en"><head><title>District heating</title></head><body><article><h1>District heating</h1><p>%s</p>
			<p><a href="/more">More</a> <a href="/more#x">again</a> <a href="https://other.example/">elsewhere</a> %s</p></article></body></html>`, text, text)
	}), "/feed.xml")
	fetcher := collect.NewFetcher(collect.Config{UserAgent: "test", AllowCIDRs: loopback})
	c := w.working(func(c *Config) { c.Pages = collect.NewPages(fetcher, time.Now) })
	require.NoError(t, w.store.InTx(t.Context(), func(ctx context.Context) error { _, err := c.insert(ctx, ProcessArgs{}); return err }))
	eventually(t, func() bool { return w.count(`select count(*) from documents where status = 'new'`) == 0 })

	job, err := c.DiscoverTopics(t.Context(), DiscoverTopicsArgs{Request: store.DiscoveryRequest{
		Domain: "energy", Market: "de", Language: "en", Keywords: []string{"district heating", "the of"}, SiteURL: &site, MinScore: new(0.),
	}})
	require.NoError(t, err)
	done := w.finished(job.ID)
	require.Equal(t, "succeeded", done.State, w.log.String())
	var run struct{ Report store.DiscoveryReport }
	require.NoError(t, json.Unmarshal(done.Result, &run))
	require.Len(t, run.Report.Site.Pages, 2)
	require.NotEmpty(t, run.Report.Site.Keywords)
	sources := map[string]uuid.UUID{}
	for _, topic := range run.Report.Topics {
		sources[topic.Source] = *topic.TopicID
	}
	require.Contains(t, sources, "rss", "%+v", run.Report)
	require.Contains(t, sources, "trends")
	require.Contains(t, sources, "autocomplete")

	score, err := c.ValidateTopic(t.Context(), sources["autocomplete"], Validation{Threshold: new(0.1)})
	require.NoError(t, err)
	for _, part := range score.Parts {
		if part.Name == "volume" {
			require.EqualValues(t, 2, part.Inputs["position"], "where it stood is measured")
		}
	}

	// What is linked to a topic is what its research reads first.
	research, err := c.Research(t.Context(), asked(func(r *store.ResearchRequest) {
		r.TopicID, r.Question = new(sources["rss"]), "By how many kilometres does the district heating network of Lindau grow?"
	}), 0)
	require.NoError(t, err)
	require.Equal(t, "succeeded", w.finished(research.ID).State)
	require.Positive(t, w.count(`select count(*) from claims where sentence like '%nine kilometres%'`))

	// Nothing found is told with its reason.
	for want, request := range map[string]store.DiscoveryRequest{
		"no processed documents": {Until: new(yesterday.AddDate(-3, 0, 0))},
		"left_out says why":      {MinScore: new(1.)},
	} {
		request.Domain, request.Market, request.Language = "energy", "de", "en"
		job, err := c.DiscoverTopics(t.Context(), DiscoverTopicsArgs{Request: request})
		require.NoError(t, err)
		var run struct{ Report store.DiscoveryReport }
		require.NoError(t, json.Unmarshal(w.finished(job.ID).Result, &run))
		require.NotNil(t, run.Report.Note, want)
		require.Contains(t, *run.Report.Note, want)
	}

	// Work that is done is not done again.
	again := &river.Job[DiscoverTopicsArgs]{JobRow: &rivertype.JobRow{ID: int64(job.ID)}}
	_ = (&topicsWorker{store: w.store, now: time.Now}).Work(t.Context(), again)
	require.Equal(t, 3, w.count(`select count(*) from discoveries`))
}

func TestDescribeSiteFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	worker := &topicsWorker{store: w.store, now: time.Now}
	require.Equal(t, "pages_off", worker.describe(t.Context(), "example.com").Error.Code)
	fetcher := collect.NewFetcher(collect.Config{UserAgent: "test"})
	worker.pages = collect.NewPages(fetcher, time.Now)
	require.NotEmpty(t, worker.describe(t.Context(), "http://127.0.0.1:1").Error.Message)
	require.Nil(t, linksWithin("", "::"))
}

func TestResearchFailsForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queue := w.client()
	job, err := queue.Research(t.Context(), asked(), 0)
	require.NoError(t, err)
	runs, err := w.store.ResearchRuns(t.Context(), store.ResearchFilter{}, store.Page{})
	require.NoError(t, err)
	worker := &researchWorker{store: w.store, now: time.Now}
	row := func(attempt int) *river.Job[ResearchArgs] {
		return &river.Job[ResearchArgs]{JobRow: &rivertype.JobRow{ID: int64(job.ID), Attempt: attempt, MaxAttempts: 2}, Args: ResearchArgs{RunID: runs.Items[0].ID}}
	}
	require.ErrorContains(t, worker.fail(t.Context(), row(1), runs.Items[0].ID, research.ErrAllFailed), "No source of research could be asked.")
	require.ErrorContains(t, worker.orFail(t.Context(), row(1), runs.Items[0].ID, research.ErrAllFailed), "no source")
	run, err := w.store.ResearchRun(t.Context(), runs.Items[0].ID)
	require.NoError(t, err)
	require.Equal(t, "queued", run.Status)
	require.ErrorContains(t, worker.orFail(t.Context(), row(2), run.ID, research.ErrAllFailed), "no source")
	run, err = w.store.ResearchRun(t.Context(), run.ID)
	require.NoError(t, err)
	require.Equal(t, "failed", run.Status)
	require.ErrorContains(t, worker.fail(t.Context(), row(2), run.ID, research.ErrAllFailed), "No source of research could be asked.")

	// What was read cannot be read any more, or never could.
	_, err = worker.readSource(t.Context(), research.Hit{URL: "https://a.example/1"})
	require.ErrorContains(t, err, "FETCH_ARTICLES")
	_, err = worker.readSource(t.Context(), research.Hit{DocumentID: new(uuid.New())})
	require.ErrorContains(t, err, "removed")
	w.brought("rss", store.Document{Title: "Nothing but a title"})
	list, err := w.store.Documents(t.Context(), store.DocumentFilter{}, store.Page{})
	require.NoError(t, err)
	_, err = worker.readSource(t.Context(), research.Hit{DocumentID: &list.Items[0].ID})
	require.ErrorContains(t, err, "no text")
	gone := row(1)
	gone.Args.RunID = uuid.New()
	require.ErrorContains(t, worker.Work(t.Context(), gone), "removed")
}

func TestSynthesizeRunsTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := counted
	at := time.Now().Add(-time.Hour)
	w.brought("rss", store.Document{Title: "Bicycles on the Elz bridge", ContentText: &text, PublishedAt: &at})
	topic, err := w.store.CreateTopic(t.Context(), store.TopicCreate{Title: question, Domain: "energy", Market: "de", Language: "en"})
	require.NoError(t, err)
	c := w.working()
	_, err = c.Synthesize(t.Context(), SynthesizeArgs{TopicID: topic.ID})
	require.ErrorContains(t, err, "has not been researched")
	w.process()
	job, err := c.Research(t.Context(), asked(func(r *store.ResearchRequest) { r.TopicID = &topic.ID }), 0)
	require.NoError(t, err)
	w.finished(job.ID)
	job, err = c.Synthesize(t.Context(), SynthesizeArgs{TopicID: topic.ID, TargetWords: 300, Language: "en", Tone: "neutral"})
	require.NoError(t, err)
	require.Equal(t, "succeeded", w.finished(job.ID).State, w.log.String())
	again := &river.Job[SynthesizeArgs]{JobRow: &rivertype.JobRow{ID: int64(job.ID)}, Args: SynthesizeArgs{TopicID: topic.ID}}
	_ = (&synthesizeWorker{store: w.store}).Work(t.Context(), again)
	require.Equal(t, 1, w.count(`select count(*) from drafts`))
	// Nor can one be written on whose report has lost its claims since the job was queued, or that is gone.
	w.execute(`update claims set verdict = 'not_supported'`)
	require.ErrorContains(t, (&synthesizeWorker{store: w.store}).Work(t.Context(), &river.Job[SynthesizeArgs]{JobRow: &rivertype.JobRow{ID: 998}, Args: again.Args}), "no supported claim")
	require.NoError(t, w.store.DeleteTopic(t.Context(), topic.ID, 0))
	again.ID = 999
	require.ErrorContains(t, (&synthesizeWorker{store: w.store}).Work(t.Context(), again), "There is no topic")
}

// TestDiscoveryOfASmallArchive: one feed makes topics of single articles and says so; none says what to do.
func TestDiscoveryOfASmallArchive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	discover := func(request store.DiscoveryRequest) store.DiscoveryReport {
		request.Domain, request.Market, request.Language = "energy", "de", "en"
		job, err := c.DiscoverTopics(t.Context(), DiscoverTopicsArgs{Request: request})
		require.NoError(t, err)
		var run struct{ Report store.DiscoveryReport }
		done := w.finished(job.ID)
		require.Equal(t, "succeeded", done.State, w.log.String())
		require.NoError(t, json.Unmarshal(done.Result, &run))
		return run.Report
	}
	require.Contains(t, *discover(store.DiscoveryRequest{}).Note, "It has none at all of these: add collections")

	week := time.Now().Add(-7 * 24 * time.Hour)
	texts := []string{"The network of Lindau grows by nine kilometres this year.", "A turbine was stolen from the harbour at night.", "Minister Ada Holm resigns after a vote in parliament."}
	w.brought("rss", store.Document{Title: "District heating grows in Lindau", ContentText: &texts[0], PublishedAt: &week}, store.Document{Title: "Thieves take a whole turbine", ContentText: &texts[1], PublishedAt: &week},
		store.Document{Title: "Energy minister Ada Holm resigns", ContentText: &texts[2], PublishedAt: &week})
	w.process()
	found := discover(store.DiscoveryRequest{WindowDays: 14})
	require.Len(t, found.Topics, 3)
	require.Equal(t, "article", found.Topics[0].Documents[0].Reason)
	require.Contains(t, *found.Note, "The archive has 3 documents")
	require.Contains(t, *found.Note, "of 1 publisher, and no two that are about the same: these topics are single articles. More feeds")

	missed := discover(store.DiscoveryRequest{WindowDays: 1})
	require.Empty(t, missed.Topics)
	require.Contains(t, *missed.Note, "The newest is of "+week.UTC().Format(time.DateOnly))
	require.Contains(t, *discover(store.DiscoveryRequest{WindowDays: 14, MinScore: new(1.)}).Note, "nothing in common. More feeds")
}

// TestSynthesizeWithoutItsModel: a draft that the model did not write is made of the report, and its job says why.
func TestSynthesizeWithoutItsModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := counted
	at := time.Now().Add(-time.Hour)
	w.brought("rss", store.Document{Title: "Bicycles on the Elz bridge", ContentText: &text, PublishedAt: &at})
	topic, err := w.store.CreateTopic(t.Context(), store.TopicCreate{Title: question, Domain: "energy", Market: "de", Language: "en"})
	require.NoError(t, err)
	model := llmtest.New(t)
	model.Always(llmtest.Match{}, func(llmtest.Request) llmtest.Reply { return llmtest.Reply{Status: 402} })
	c := w.working(thinking(model))
	w.process()
	job, err := c.Research(t.Context(), asked(func(r *store.ResearchRequest) { r.TopicID = &topic.ID }), 0)
	require.NoError(t, err)
	w.finished(job.ID)
	job, err = c.Synthesize(t.Context(), SynthesizeArgs{TopicID: topic.ID, TargetWords: 300, Language: "en", Tone: "neutral", Budget: store.ResearchBudget{MaxRequests: 10, MaxSeconds: 60}})
	require.NoError(t, err)
	done := w.finished(job.ID)
	require.Equal(t, "succeeded", done.State, w.log.String())
	var result synthesizeResult
	require.NoError(t, json.Unmarshal(done.Result, &result))
	require.Equal(t, store.Extractive, result.Method)
	require.Equal(t, "The model did not write 1 section, made of the report's own sentences instead. 127.0.0.1 wants to be paid first (402).", *result.Shortfall)
}
