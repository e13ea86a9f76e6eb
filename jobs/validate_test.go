package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

// scoredTopics are topics, the first of which have a score.
func (w *world) scoredTopics(c *Client, topics, scored int) []uuid.UUID {
	w.t.Helper()
	var ids []uuid.UUID
	for i := range topics {
		topic, err := w.store.CreateTopic(w.t.Context(), store.TopicCreate{Title: fmt.Sprintf("Bridge number %d", i), Domain: "energy", Market: "de", Language: "en"})
		require.NoError(w.t, err)
		ids = append(ids, topic.ID)
		if i < scored {
			_, err := c.ValidateTopic(w.t.Context(), topic.ID, Validation{})
			require.NoError(w.t, err)
		}
	}
	return ids
}

// rescoring is an attempt of a job that scores topics.
func rescoring(id int64, topics []uuid.UUID) *river.Job[RescoreTopicsArgs] {
	return &river.Job[RescoreTopicsArgs]{JobRow: &rivertype.JobRow{ID: id, Attempt: 1, MaxAttempts: 3}, Args: RescoreTopicsArgs{
		Request: store.RescoringRequest{Profile: store.ProfileOriginal, ProfileVersion: 1, TopicIDs: topics},
	}}
}

// TestRescoreGoesOn stops a job in the middle: the next attempt scores the rest, and nothing twice.
func TestRescoreGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queue := w.client(func(c *Config) { c.Polls = 0 })
	ids := w.scoredTopics(queue, 3, 2)
	job, err := queue.RescoreTopics(t.Context(), store.RescoringRequest{TopicIDs: ids})
	require.NoError(t, err)
	worker := &rescoreWorker{store: w.store, now: time.Now}
	attempt := rescoring(int64(job.ID), ids)

	// The second topic's score cannot be kept.
	w.execute(`create function refuse() returns trigger language plpgsql as $$ begin if new.topic_id = '` + ids[1].String() + `' then raise 'no'; end if; return new; end $$`)
	w.execute(`create trigger refuse before insert on topic_scores for each row execute function refuse()`)
	require.ErrorContains(t, worker.Work(t.Context(), attempt), "no")
	require.Equal(t, 3, w.count(`select count(*) from topic_scores`), "two of before, one anew")
	begun, err := w.store.Rescorings(t.Context(), nil, store.Page{})
	require.NoError(t, err)
	require.Equal(t, 1, begun.Items[0].Scored, "what has been done is told")
	require.Nil(t, begun.Items[0].FinishedAt)

	w.execute(`drop trigger refuse on topic_scores`)
	w.start(w.client())
	done := w.finished(job.ID)
	require.Equal(t, "succeeded", done.State, w.log.String())
	var told struct{ ID uuid.UUID }
	require.NoError(t, json.Unmarshal(done.Result, &told))
	require.Equal(t, begun.Items[0].ID, told.ID, "the same run goes on")
	result, err := w.store.Rescoring(t.Context(), told.ID)
	require.NoError(t, err)
	require.Equal(t, 3, result.Scored)
	require.Equal(t, 2, result.Same)
	require.Equal(t, 5, w.count(`select count(*) from topic_scores`))
	require.NotZero(t, w.events("job.progress"))

	// A score is kept for a turn once.
	require.NoError(t, w.store.SaveRescored(t.Context(), result, store.TopicScore{TopicID: ids[0], Profile: store.ProfileOriginal, ProfileVersion: 1}, store.StoredInputs))
	require.Equal(t, 5, w.count(`select count(*) from topic_scores`))
}

// TestRescoreWithoutItsTopic deletes a topic between its choice and its turn.
func TestRescoreWithoutItsTopic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	queue := w.client(func(c *Config) { c.Polls = 0 })
	ids := w.scoredTopics(queue, 2, 0)
	request := store.RescoringRequest{Profile: store.ProfileOriginal, ProfileVersion: 1, TopicIDs: ids}
	begun, err := w.store.BeginRescoring(t.Context(), 7, request, ids)
	require.NoError(t, err)
	waiting, err := w.store.NextToRescore(t.Context(), begun.ID, 10)
	require.NoError(t, err)
	require.Len(t, waiting, 2)
	require.NoError(t, w.store.DeleteTopic(t.Context(), ids[0], 0))
	worker := &rescoreWorker{store: w.store, now: time.Now}
	profile, err := validationProfile(t.Context(), w.store, "", 0)
	require.NoError(t, err)
	for _, next := range waiting {
		require.NoError(t, worker.score(t.Context(), begun, next, newValidator(w.store, time.Now()), profile))
	}
	finished, err := w.store.FinishRescoring(t.Context(), begun.ID)
	require.NoError(t, err)
	require.Equal(t, 1, finished.Topics)
	require.Equal(t, 1, finished.Scored)
}

// TestRescoreStops tells a server that stops from a job that is cancelled.
func TestRescoreStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	worker := &rescoreWorker{store: w.store, now: time.Now}
	stopping, stop := context.WithCancel(t.Context())
	stop()
	var snooze *river.JobSnoozeError
	require.ErrorAs(t, worker.Work(stopping, rescoring(1, nil)), &snooze, "it goes on with the next process")
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(rivertype.ErrJobCancelledRemotely)
	err := worker.Work(cancelled, rescoring(1, nil))
	require.Error(t, err)
	require.False(t, errors.As(err, &snooze), "it stays cancelled")
	require.Greater(t, worker.Timeout(nil), 2*time.Minute)
}
