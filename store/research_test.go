package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// run adds a run of research that a job works on.
func newRun(t *testing.T, s *store.Store, job store.JobID, change ...func(*store.ResearchRequest)) uuid.UUID {
	t.Helper()
	r := store.ResearchRequest{
		Question: "What is it?", Market: "DE", Language: "en-GB", OutputLanguage: "de", Depth: "quick", Scope: "all",
		Budget: store.ResearchBudget{MaxCostUSD: new(0.25), MaxSeconds: 60, MaxRequests: 9},
	}
	for _, f := range change {
		f(&r)
	}
	id := uuid.New()
	require.NoError(t, s.CreateResearchRun(t.Context(), id, job, r))
	return id
}

func TestResearchRunEnds(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	id := newRun(t, s, 1)
	run, err := s.StartResearch(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "running", run.Status)
	require.Equal(t, []string{"de", "en", "de"}, []string{run.Market, run.Language, run.OutputLanguage})
	require.InDelta(t, 0.25, *run.Budget.MaxCostUSD, 1e-9)
	require.EqualValues(t, 250_000, *run.Budget.MaxCostMicros())

	require.NoError(t, s.CancelResearch(t.Context(), 1))
	finished, err := s.FinishResearch(t.Context(), id, store.ResearchOutcome{Status: "complete", Method: "extractive"})
	require.NoError(t, err)
	require.False(t, finished, "what was cancelled stays so")
	require.NoError(t, s.EndResearch(t.Context(), id, "failed", "x"))
	run, err = s.StartResearch(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "cancelled", run.Status)
	require.NotNil(t, run.FinishedAt)

	require.NoError(t, s.RequeueResearch(t.Context(), 1))
	run, err = s.ResearchRun(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "queued", run.Status)
	require.Nil(t, run.FinishedAt)
	require.NoError(t, s.EndResearch(t.Context(), id, "failed", "It broke."))
	run, err = s.ResearchRun(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "It broke.", *run.Error)
	_, err = s.StartResearch(t.Context(), uuid.New())
	require.ErrorContains(t, err, "There is no research run")
	require.Error(t, s.CreateResearchRun(t.Context(), uuid.New(), 2, store.ResearchRequest{Question: "x"}))
}

func TestClaimsAreKept(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	id := newRun(t, s, 1)
	_, err := s.StartResearch(t.Context(), id)
	require.NoError(t, err)
	snapshot, err := s.KeepSnapshot(t.Context(), store.Snapshot{URL: "https://a.example/1", CanonicalURL: "https://a.example/1", Title: "A", Text: "It has 9 rooms.", Language: "en", FetchedAt: time.Now()})
	require.NoError(t, err)
	claims := []store.ResearchClaim{
		{Section: "Rooms", Sentence: "It has 9 rooms.", Quote: "It has 9 rooms.", End: 15, Verdict: store.Supported, JudgedBy: "quote", Reason: "r", IndependentSources: 2, Disputed: true},
		{Section: "Rooms", Sentence: "It has rooms.", Quote: "It has 9 rooms.", End: 15, Verdict: store.Partly, JudgedBy: "m", Reason: "r"},
	}
	for i := range claims {
		claims[i].Source = store.ClaimSource{Number: 1, SnapshotID: snapshot.ID}
	}
	finished, err := s.FinishResearch(t.Context(), id, store.ResearchOutcome{Status: "complete", Method: "extractive", Claims: claims})
	require.NoError(t, err)
	require.True(t, finished)
	kept, err := s.ResearchClaims(t.Context(), id, store.ClaimFilter{}, store.Page{Number: 1, Size: 5})
	require.NoError(t, err)
	require.Len(t, kept.Items, 2)
	for i, claim := range kept.Items {
		require.Equal(t, id, claim.RunID)
		require.Equal(t, i+1, claim.Position)
		require.Equal(t, snapshot.Hash, claim.Source.Hash)
		claim.ID, claim.RunID, claim.Position, claim.Source = claims[i].ID, claims[i].RunID, 0, claims[i].Source
		require.Equal(t, claims[i], claim)
	}
}

func TestSameResearch(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ask := store.ResearchRequest{Question: " what is IT", Market: "de", Language: "en", OutputLanguage: "de", Depth: "quick", Scope: "all"}
	_, found, err := s.SameResearch(t.Context(), ask, time.Now())
	require.NoError(t, err)
	require.False(t, found)
	id := newRun(t, s, 1)
	same, found, err := s.SameResearch(t.Context(), ask, time.Now())
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, id, same.ID)
	for _, other := range []func(*store.ResearchRequest){
		func(r *store.ResearchRequest) { r.Depth = "deep" }, func(r *store.ResearchRequest) { r.Market = "at" },
		func(r *store.ResearchRequest) { r.Scope = "archive" }, func(r *store.ResearchRequest) { r.TopicID = new(uuid.New()) },
		func(r *store.ResearchRequest) { r.Question = "Who is it?" },
	} {
		r := ask
		other(&r)
		_, found, err := s.SameResearch(t.Context(), r, time.Now())
		require.NoError(t, err)
		require.False(t, found)
	}
	// A partial answer is not offered again.
	_, err = s.StartResearch(t.Context(), id)
	require.NoError(t, err)
	_, err = s.FinishResearch(t.Context(), id, store.ResearchOutcome{Status: "partial", Method: "extractive"})
	require.NoError(t, err)
	_, found, err = s.SameResearch(t.Context(), ask, time.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.False(t, found)
}

func TestStepsAreDoneOnce(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	id := newRun(t, s, 1)
	step := store.ResearchStep{Key: "plan", Stage: "plan", Message: "Planning.", Input: json.RawMessage(`{"a": 1}`)}
	_, done, err := s.BeginStep(t.Context(), id, step)
	require.NoError(t, err)
	require.False(t, done)
	require.NoError(t, s.EndStep(t.Context(), id, "plan", nil, new("It broke.")))
	_, done, err = s.BeginStep(t.Context(), id, step)
	require.NoError(t, err)
	require.False(t, done, "what failed is done again")
	require.NoError(t, s.EndStep(t.Context(), id, "plan", json.RawMessage(`[1]`), nil))
	output, done, err := s.BeginStep(t.Context(), id, step)
	require.NoError(t, err)
	require.True(t, done)
	require.JSONEq(t, `[1]`, string(output))
	require.NoError(t, s.WorkedOnResearch(t.Context(), id, 1500*time.Millisecond))
	run, err := s.ResearchRun(t.Context(), id)
	require.NoError(t, err)
	require.InDelta(t, 1.5, run.WorkedSeconds, 1e-9)
}

func TestSnapshotsAreKeptOnce(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	text := store.Snapshot{URL: "https://a.example/1?x", CanonicalURL: "https://a.example/1", Title: "A", Text: "Some text.", Language: "en", FetchedAt: time.Now()}
	first, err := s.KeepSnapshot(t.Context(), text)
	require.NoError(t, err)
	again, err := s.KeepSnapshot(t.Context(), text)
	require.NoError(t, err)
	require.Equal(t, first, again)
	text.Text = "Another text."
	other, err := s.KeepSnapshot(t.Context(), text)
	require.NoError(t, err)
	require.NotEqual(t, first.ID, other.ID)
	read, err := s.Snapshot(t.Context(), first.ID)
	require.NoError(t, err)
	require.Equal(t, "Some text.", read.Text)
}
