package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestEvents(t *testing.T) {
	t.Parallel()

	t.Run("none is skipped that begins earlier and commits later", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		require.NoError(t, s.InTx(t.Context(), func(early context.Context) error {
			require.NoError(t, s.Emit(early, "early", map[string]any{}))
			require.NoError(t, s.Emit(t.Context(), "late", map[string]any{}))
			require.EqualValues(t, 1, number(t, s, `select count(*) from events`), "the late one is there")
			events, err := s.Events(t.Context(), store.EventID{}, store.EventFilter{}, 10)
			require.NoError(t, err)
			require.Empty(t, events, "a reader that saw it would go on behind it and miss the early one")
			return nil
		}))
		require.Equal(t, []string{"early", "late"}, types(happened(t, s)))
	})

	t.Run("what is taken back holds up nobody", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, s.Emit(ctx, "gone", map[string]any{}))
			require.NoError(t, s.Emit(t.Context(), "stays", map[string]any{}))
			return context.Canceled
		}), context.Canceled)
		require.Equal(t, []string{"stays"}, types(happened(t, s)))
	})

	t.Run("a reader that follows sees each once and in order", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		const writers, rounds = 6, 15
		for writer := range writers {
			go func() {
				for round := range rounds {
					_ = s.InTx(t.Context(), func(ctx context.Context) error {
						_ = s.Emit(ctx, fmt.Sprint(writer, "/", round, "/a"), map[string]any{})
						return s.Emit(ctx, fmt.Sprint(writer, "/", round, "/b"), map[string]any{})
					})
				}
			}()
		}
		var last store.EventID
		seen := map[string]int{}
		await(t, func() bool {
			events, err := s.Events(t.Context(), last, store.EventFilter{}, 7)
			require.NoError(t, err)
			require.LessOrEqual(t, len(events), 7)
			for _, event := range events {
				require.True(t, event.ID.Xid > last.Xid || event.ID.Xid == last.Xid && event.ID.Seq > last.Seq, "%s after %s", event.ID, last)
				last = event.ID
				seen[event.Type]++
			}
			return len(seen) == 2*writers*rounds
		})
		for name, times := range seen {
			require.Equal(t, 1, times, name)
		}
	})

	t.Run("are read by type and job", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		job := aJob(t, s, jobRow{})
		other := aJob(t, s, jobRow{})
		require.NoError(t, s.ReportProgress(t.Context(), job, store.JobProgress{Percent: 5, Stage: "s", Message: "m"}))
		aTopic(t.Context(), t, s, "Title")
		require.Len(t, happened(t, s), 4)
		for want, filter := range map[string]store.EventFilter{
			"[job.queued job.progress]":            {JobID: int64(job)},
			"[job.queued]":                         {JobID: int64(other)},
			"[job.progress]":                       {JobID: int64(job), Types: []string{"job.progress", "topic.created"}},
			"[job.progress topic.created]":         {Types: []string{"topic.created", "job.progress"}},
			"[]":                                   {Types: []string{"topic.deleted"}},
			"[job.queued job.queued job.progress]": {Types: []string{"job.queued", "job.progress"}},
		} {
			events, err := s.Events(t.Context(), store.EventID{}, filter, 10)
			require.NoError(t, err)
			require.Equal(t, want, fmt.Sprint(types(events)))
		}
	})

	t.Run("are read as the API shows them", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		require.NoError(t, s.Emit(t.Context(), "feed.polled", map[string]any{"documents_added": 3}))
		event := happened(t, s)[0]
		text, err := json.Marshal(event)
		require.NoError(t, err)
		at, err := event.OccurredAt.MarshalText()
		require.NoError(t, err)
		require.JSONEq(t, fmt.Sprintf(`{"id":"%d-%d","type":"feed.polled","occurred_at":"%s","data":{"documents_added":3}}`,
			event.ID.Xid, event.ID.Seq, at), string(text))
	})
}

func TestLastEventID(t *testing.T) {
	t.Parallel()
	t.Run("is behind what was and before what comes", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		require.NoError(t, s.Emit(t.Context(), "old", map[string]any{}))
		require.Len(t, happened(t, s), 1)
		var last store.EventID
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, s.Emit(ctx, "on its way", map[string]any{}))
			var err error
			last, err = s.LastEventID(t.Context())
			require.NoError(t, err)
			return nil
		}))
		require.NoError(t, s.Emit(t.Context(), "new", map[string]any{}))
		require.Len(t, happened(t, s), 3)
		events, err := s.Events(t.Context(), last, store.EventFilter{Types: []string{"old", "on its way", "new"}}, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"on its way", "new"}, types(events))
	})
}

func TestParseEventID(t *testing.T) {
	t.Parallel()
	for _, id := range []store.EventID{{}, {Xid: 74211, Seq: 1042}, {Xid: 1<<63 - 1, Seq: 1<<63 - 1}} {
		t.Run("reads "+id.String(), func(t *testing.T) {
			t.Parallel()
			read, err := store.ParseEventID(id.String())
			require.NoError(t, err)
			require.Equal(t, id, read)
		})
	}
	for _, text := range []string{
		"", "-", "1", "1-", "-1", "1-2-3", " 1-2", "1-2 ", "1 -2", "+1-2", "1-+2", "01-2", "1-02", "a-b", "1-2a", "1_2",
		"9223372036854775808-1", "1-9223372036854775808", "１-２", "1-2\n", "0x1-2", "1.0-2",
	} {
		t.Run("refuses "+text, func(t *testing.T) {
			t.Parallel()
			id, err := store.ParseEventID(text)
			requireFault(t, err, "Last-Event-ID")
			require.Zero(t, id)
		})
	}
}

func TestListen(t *testing.T) {
	t.Parallel()

	t.Run("hears what is committed", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		heard, stop := listen(t, s)
		require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
			_, err := s.UpdateSettings(ctx, 0, store.SettingsUpdate{})
			require.NoError(t, err)
			return context.Canceled
		}), context.Canceled)
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			aTopic(ctx, t, s, "Title")
			require.Empty(t, heard)
			return s.Emit(ctx, "another", map[string]any{})
		}))
		require.Equal(t, "events", soon(t, heard), "the settings were taken back")
		_, err := s.UpdateSettings(t.Context(), 0, store.SettingsUpdate{})
		require.NoError(t, err)
		require.Equal(t, "settings", soon(t, heard), "two events in one transaction are heard once")
		require.ErrorIs(t, stop(), context.Canceled)
	})

	t.Run("ends with its connection", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		ready, ended := make(chan struct{}), make(chan error, 1)
		go func() { ended <- s.Listen(t.Context(), func() { close(ready) }, func(string) {}) }()
		soon(t, ready)
		require.EqualValues(t, 1, number(t, s, `
			select count(pg_terminate_backend(pid))
			from pg_stat_activity
			where datname = current_database() and query ilike 'listen%'`))
		require.ErrorContains(t, soon(t, ended), "listen for changes")
		require.NoError(t, s.Ping(t.Context()), "the others are well")
	})

	t.Run("says why it cannot begin", func(t *testing.T) {
		t.Parallel()
		s := storetest.Open(t, pretendServer(t, "150000"))
		err := s.Listen(t.Context(), func() { t.Error("it has begun") }, func(string) {})
		require.ErrorContains(t, err, "only pretends")
	})
}

func TestDeleteOldEvents(t *testing.T) {
	t.Parallel()
	t.Run("keeps the younger ones", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		for name, age := range map[string]time.Duration{"young": 23 * time.Hour, "old": 25 * time.Hour} {
			require.NoError(t, s.Emit(t.Context(), name, map[string]any{}))
			do(t, s, `update events set occurred_at = now() - $2::interval where type = $1`, name, age)
		}
		require.NoError(t, s.DeleteOldEvents(t.Context(), 24*time.Hour, 48*time.Hour))
		require.Equal(t, []string{"young"}, types(happened(t, s)))
	})
}

// listen hears notifications until stop, which answers why it has ended.
func listen(t *testing.T, s *store.Store) (heard <-chan string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, payloads, ended := make(chan struct{}), make(chan string, 100), make(chan error, 1)
	go func() {
		ended <- s.Listen(ctx, func() { close(ready) }, func(payload string) { payloads <- payload })
	}()
	soon(t, ready)
	return payloads, func() error {
		cancel()
		return soon(t, ended)
	}
}
