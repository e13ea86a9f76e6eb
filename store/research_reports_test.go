package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestReportsAreKeptOncePerJob(t *testing.T) {
	t.Parallel()
	w := storetest.New(t)
	topic, err := w.CreateTopic(t.Context(), store.TopicCreate{Title: "Heat pumps", Domain: "energy", Market: "de", Language: "en"})
	require.NoError(t, err)
	report := store.ResearchReport{Kind: store.ReportKeyword, TopicID: &topic.ID, JobID: 7, Request: json.RawMessage(`{}`), Result: json.RawMessage(`{"n": 1}`)}
	shown := store.TopicResearch{Keywords: json.RawMessage(`{"keyword": "x"}`)}
	first, err := w.SaveReport(t.Context(), report, shown)
	require.NoError(t, err)
	changed, err := w.Topic(t.Context(), topic.ID)
	require.NoError(t, err)
	report.Result = json.RawMessage(`{"n": 2}`)
	again, err := w.SaveReport(t.Context(), report, shown)
	require.NoError(t, err)
	require.Equal(t, first, again, "a job that runs twice leaves one")
	same, err := w.Topic(t.Context(), topic.ID)
	require.NoError(t, err)
	require.Equal(t, changed.UpdatedAt, same.UpdatedAt, "the topic has not changed again")

	guess := json.RawMessage(`{"search_volume": {"value": 10, "unit": "x", "source": "gpt", "measured_at": "2026-11-23T08:15:00Z", "method": "model"}}`)
	_, err = w.SaveReport(t.Context(), store.ResearchReport{Kind: store.ReportKeyword, JobID: 8, Request: json.RawMessage(`{}`), Result: guess}, store.TopicResearch{})
	require.ErrorContains(t, err, "result_check", "a guess never stands in a measured field")
	_, err = w.SaveReport(t.Context(), store.ResearchReport{Kind: store.ReportKeyword, TopicID: &first.ID, JobID: 9, Request: json.RawMessage(`{}`), Result: json.RawMessage(`{}`)}, store.TopicResearch{})
	require.Error(t, err, "there is no such topic")
}

func TestSerpSnapshots(t *testing.T) {
	t.Parallel()
	w := storetest.New(t)
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	save := func(job store.JobID, query, market string, difficulty float64) store.SerpSnapshot {
		figure, err := json.Marshal(map[string]any{"score": map[string]any{"value": store.Derived(difficulty, "points of 100", "x", at)}})
		require.NoError(t, err)
		saved, err := w.SaveSerp(t.Context(), store.SerpSnapshot{JobID: job, Query: query, Language: "en", Market: market, Source: "caller", Analysis: json.RawMessage(`{}`), Difficulty: figure})
		require.NoError(t, err)
		return saved
	}
	first := save(1, "Heat pump", "de", 40)
	require.Equal(t, first, save(1, "Heat pump", "de", 50), "a job that runs twice leaves one")
	save(2, "heat PUMP", "de", 60)
	save(3, "heat pump", "us", 70)
	found, err := w.Difficulties(t.Context(), []string{"HEAT pump", "other"}, "en", "de")
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.InDelta(t, 60, *found[store.TitleKey("heat pump")].Value(), 0, "the latest of the market")
	anywhere, err := w.Difficulties(t.Context(), []string{"heat pump"}, "en", "")
	require.NoError(t, err)
	require.InDelta(t, 70, *anywhere[store.TitleKey("heat pump")].Value(), 0)
	none, err := w.Difficulties(t.Context(), []string{"heat pump"}, "fr", "")
	require.NoError(t, err)
	require.Empty(t, none)
}
