package jobs

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/store"
)

// TestWorkWithoutATable takes one table after the other away: what works on it fails with an error and keeps nothing half.
func TestWorkWithoutATable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := time.Now().Add(-time.Hour)
	text := counted
	w.brought("rss", store.Document{Title: "Bicycles on the Elz bridge", ContentText: &text, PublishedAt: &at}, store.Document{Title: "More bicycles on the Elz bridge", ContentText: &text, PublishedAt: &at})
	w.brought("autocomplete", store.Document{Title: "elz bridge bicycles"})
	topic, err := w.store.CreateTopic(t.Context(), store.TopicCreate{Title: question, Domain: "energy", Market: "de", Language: "en"})
	require.NoError(t, err)
	c := w.working()
	require.NoError(t, w.store.InTx(t.Context(), func(ctx context.Context) error { _, err := c.insert(ctx, ProcessArgs{}); return err }))
	eventually(t, func() bool { return w.count(`select count(*) from documents where status = 'new'`) == 0 })
	job, err := c.Research(t.Context(), asked(func(r *store.ResearchRequest) { r.TopicID = &topic.ID }), 0)
	require.NoError(t, err)
	require.Equal(t, "succeeded", w.finished(job.ID).State)

	row := func() *rivertype.JobRow {
		return &rivertype.JobRow{ID: w.made.Add(1) + 1e6, MaxAttempts: 1, Attempt: 1}
	}
	subject := Subject{TopicID: &topic.ID, Subject: "Elz bridge bicycles", Language: "en", Market: "de", Count: 5, OwnSites: []string{"own.example"}}
	works := map[string]func(ctx context.Context) error{
		"discover": func(ctx context.Context) error {
			return (&topicsWorker{store: w.store, now: time.Now}).Work(ctx, &river.Job[DiscoverTopicsArgs]{JobRow: row(), Args: DiscoverTopicsArgs{
				Request: store.DiscoveryRequest{Domain: "energy", Market: "de", Language: "en", Keywords: []string{"bicycles"}, MinScore: new(0.)},
			}})
		},
		"validate": func(ctx context.Context) error {
			_, err := c.ValidateTopic(ctx, topic.ID, Validation{})
			return err
		},
		"rescore": func(ctx context.Context) error {
			return (&rescoreWorker{store: w.store, now: time.Now}).Work(ctx, &river.Job[RescoreTopicsArgs]{JobRow: row(), Args: RescoreTopicsArgs{
				Request: store.RescoringRequest{Profile: store.ProfileOriginal, ProfileVersion: 1, Inputs: store.ArchiveInputs},
			}})
		},
		"keywords": func(ctx context.Context) error {
			return (&keywordWorker{store: w.store, now: time.Now}).Work(ctx, &river.Job[KeywordArgs]{JobRow: row(), Args: KeywordArgs{subject}})
		},
		"competitors": func(ctx context.Context) error {
			return (&competitorWorker{store: w.store, now: time.Now}).Work(ctx, &river.Job[CompetitorArgs]{JobRow: row(), Args: CompetitorArgs{subject}})
		},
		"synthesize": func(ctx context.Context) error {
			return (&synthesizeWorker{store: w.store, now: time.Now}).Work(ctx, &river.Job[SynthesizeArgs]{JobRow: row(), Args: SynthesizeArgs{TopicID: topic.ID, TargetWords: 300, Language: "en", Tone: "x"}})
		},
		"search results": func(ctx context.Context) error {
			return (&serpWorker{store: w.store, now: time.Now}).Work(ctx, &river.Job[SerpArgs]{JobRow: row(), Args: SerpArgs{Query: "x", Language: "en", URLs: []string{"https://a.example"}}})
		},
		"research": func(ctx context.Context) error {
			runs, err := w.store.ResearchRuns(ctx, store.ResearchFilter{}, store.Page{})
			if err != nil {
				return err
			}
			_, err = (&researchWorker{store: w.store, now: time.Now}).research(ctx, &river.Job[ResearchArgs]{JobRow: row()}, runs.Items[0])
			return err
		},
		"work on research": func(ctx context.Context) error {
			return (&researchWorker{store: w.store, now: time.Now}).Work(ctx, &river.Job[ResearchArgs]{JobRow: row(), Args: ResearchArgs{RunID: uuid.Nil}})
		},
		"queue research": func(ctx context.Context) error {
			_, err := c.Research(ctx, asked(), time.Hour)
			return err
		},
		"schedule": func(context.Context) error { return c.queueSchedules(t.Context()) },
		"book": func(ctx context.Context) error {
			_, err := newBook(w.store, 5, nil, nil, nil).Make(ctx, freeCall(), func(context.Context) (ledger.Reply, error) { return ledger.Reply{Body: []byte("x")}, nil })
			return err
		},
	}
	for _, table := range []string{
		"scoring_profiles", "document_terms", "terms", "stories", "documents", "topics", "topic_documents", "discoveries", "discovery_schedules", "topic_scores", "rescorings", "rescored_topics",
		"research_runs", "research_steps", "research_sources", "snapshots", "claims", "calls", "drafts", "research_reports", "serp_snapshots",
	} {
		w.execute(`alter table ` + table + ` rename to taken_away`)
		failed := 0
		for name, work := range works {
			if table == "calls" && name != "book" {
				continue
			}
			if err := work(t.Context()); err != nil {
				failed++
			}
		}
		require.Positive(t, failed, "nobody misses %s", table)
		w.execute(`alter table taken_away rename to ` + table)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, work := range works {
		if name != "schedule" {
			require.Error(t, work(cancelled), name)
		}
	}
	require.Empty(t, w.count(`select count(*) from drafts`))
}

func freeCall() ledger.Call { return ledger.Call{Provider: "x", Operation: "y"} }
