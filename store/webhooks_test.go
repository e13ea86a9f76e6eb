package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func aWebhook(t *testing.T, s *store.Store, types ...string) store.WebhookWithSecret {
	t.Helper()
	made, err := s.CreateWebhook(t.Context(), store.WebhookCreate{URL: "https://example.org/hook", EventTypes: types})
	require.NoError(t, err)
	return made
}

// told moves a webhook on over all that has happened, and answers the types that it has deliveries of, the oldest first.
func told(t *testing.T, s *store.Store, id uuid.UUID) []string {
	t.Helper()
	happened(t, s)
	for looked := 1; looked > 0; {
		var err error
		looked, err = s.AdvanceWebhook(t.Context(), id, time.Now(), func(store.Event) ([]byte, error) { return []byte("{}"), nil })
		require.NoError(t, err)
	}
	list, err := s.WebhookDeliveries(t.Context(), id, store.WebhookDeliveryFilter{}, store.Page{Size: 100})
	require.NoError(t, err)
	found := []string{}
	for _, d := range list.Items {
		if !strings.HasPrefix(d.EventType, "mark") {
			found = append([]string{d.EventType}, found...)
		}
	}
	return found
}

func emit(t *testing.T, s *store.Store, types ...string) {
	t.Helper()
	for _, name := range types {
		require.NoError(t, s.Emit(t.Context(), name, map[string]any{}))
	}
}

func TestWebhookIsToldOf(t *testing.T) {
	t.Parallel()

	t.Run("nothing of other types, which are passed over", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		w := aWebhook(t, s, "wanted")
		emit(t, s, "other", "another")
		require.Empty(t, told(t, s, w.ID))
		emit(t, s, "wanted")
		require.Equal(t, []string{"wanted"}, told(t, s, w.ID))
	})

	t.Run("what happens from its beginning on", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		emit(t, s, "before")
		w := aWebhook(t, s)
		emit(t, s, "a", "b")
		require.Equal(t, []string{"a", "b"}, told(t, s, w.ID))
	})

	t.Run("nothing that had happened before, though it could not be read yet", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		var w store.WebhookWithSecret
		require.NoError(t, s.InTx(t.Context(), func(running context.Context) error {
			require.NoError(t, s.Emit(running, "while it began", map[string]any{}))
			emit(t, s, "before")
			w = aWebhook(t, s)
			emit(t, s, "after")
			return nil
		}))
		require.Equal(t, []string{"while it began", "after"}, told(t, s, w.ID))
	})

	t.Run("what happens in another cluster, where transactions count anew", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		w := aWebhook(t, s)
		do(t, s, `update webhooks set position_xid = position_xid + 1000000000000, since = '1000000000000:1000000000000:'`)
		emit(t, s, "before")
		happened(t, s)
		ids, err := s.WebhooksWithWork(t.Context(), time.Now())
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{w.ID}, ids)
		require.Empty(t, told(t, s, w.ID))
		emit(t, s, "after")
		require.Equal(t, []string{"after"}, told(t, s, w.ID))
	})

	t.Run("its types alone", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		w := aWebhook(t, s, "b", "d")
		emit(t, s, "a", "b", "c", "d", "b")
		require.Equal(t, []string{"b", "d", "b"}, told(t, s, w.ID))
		_, err := s.UpdateWebhook(t.Context(), w.ID, 0, store.WebhookUpdate{EventTypes: nullable.NewNullNullable[[]string]()})
		require.NoError(t, err)
		emit(t, s, "a")
		require.Equal(t, []string{"b", "d", "b", "a"}, told(t, s, w.ID))
	})

	t.Run("nothing that does not concern it, which it passes over", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		w, all, paused := aWebhook(t, s, "b"), aWebhook(t, s), aWebhook(t, s, "b")
		_, err := s.UpdateWebhook(t.Context(), paused.ID, 0, store.WebhookUpdate{Enabled: new(false)})
		require.NoError(t, err)
		emit(t, s, "a")
		happened(t, s)
		ids, err := s.WebhooksWithWork(t.Context(), time.Now())
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{all.ID}, ids)
		// Only what lies behind its position is looked at: without events there, a position is where the stream is.
		passed := func(id uuid.UUID) bool {
			return number(t, s, `select count(*) from webhooks where id = $1 and position_xid >= (select max(xid) from events where type = 'a')`, id) == 1
		}
		require.False(t, passed(w.ID))
		require.NoError(t, s.PassOverEvents(t.Context()))
		require.True(t, passed(w.ID))
		require.False(t, passed(all.ID))
		require.False(t, passed(paused.ID))
		require.NoError(t, s.InTx(t.Context(), func(running context.Context) error {
			require.NoError(t, s.Emit(running, "b", map[string]any{}))
			return s.PassOverEvents(t.Context())
		}))
		require.Equal(t, []string{"b"}, told(t, s, w.ID), "but nothing of a transaction that still ran")
		require.Equal(t, []string{"a", "b"}, told(t, s, all.ID))
	})

	t.Run("nothing of its pause", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		w := aWebhook(t, s)
		enable := func(enabled bool) {
			_, err := s.UpdateWebhook(t.Context(), w.ID, 0, store.WebhookUpdate{Enabled: &enabled})
			require.NoError(t, err)
		}
		emit(t, s, "a")
		require.Equal(t, []string{"a"}, told(t, s, w.ID))
		enable(false)
		emit(t, s, "b")
		require.Equal(t, []string{"a"}, told(t, s, w.ID))
		calls, err := s.WebhookCalls(t.Context(), w.ID, time.Now(), 10)
		require.NoError(t, err)
		require.Empty(t, calls.Calls)
		enable(true)
		emit(t, s, "c")
		require.Equal(t, []string{"a", "c"}, told(t, s, w.ID))
		calls, err = s.WebhookCalls(t.Context(), w.ID, time.Now(), 10)
		require.NoError(t, err)
		require.NotEmpty(t, calls.Calls, "what had been waiting is sent")
		enable(true)
		emit(t, s, "d")
		require.Equal(t, []string{"a", "c", "d"}, told(t, s, w.ID), "enabling what is enabled skips nothing")
	})

	t.Run("no more while it has a backlog", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		w := aWebhook(t, s)
		do(t, s, `
			insert into webhook_deliveries (id, webhook_id, message_id, event_type, body, state, next_attempt_at)
			select gen_random_uuid(), $1, 'm', 'mark', '', 'pending', now() + interval '1 hour'
			from generate_series(1, 10000)`, w.ID)
		emit(t, s, "a")
		happened(t, s)
		ids, err := s.WebhooksWithWork(t.Context(), time.Now())
		require.NoError(t, err)
		require.Empty(t, ids)
		looked, err := s.AdvanceWebhook(t.Context(), w.ID, time.Now(), nil)
		require.NoError(t, err)
		require.Zero(t, looked)
		require.NoError(t, s.DeleteOldEvents(t.Context(), 0, time.Hour))
		do(t, s, `delete from webhook_deliveries where id in (select id from webhook_deliveries limit 1)`)
		ids, err = s.WebhooksWithWork(t.Context(), time.Now())
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{w.ID}, ids)
		_, err = s.AdvanceWebhook(t.Context(), w.ID, time.Now(), func(store.Event) ([]byte, error) { return nil, nil })
		require.NoError(t, err)
		require.EqualValues(t, 1, number(t, s, `select count(*) from webhook_deliveries where event_type = 'a'`), "it had waited in the stream")
	})
}

func TestUpdateWebhook(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	w := aWebhook(t, s)
	failing := func() {
		do(t, s, `update webhooks set failures = 3, failing_since = now(), resting_until = now() + interval '1 hour'`)
	}
	state := func() int64 {
		return number(t, s, `select count(*) from webhooks where failures = 3 and failing_since is not null and resting_until > now()`)
	}
	failing()
	saved, err := s.UpdateWebhook(t.Context(), w.ID, 0, store.WebhookUpdate{Description: new(" new ")})
	require.NoError(t, err)
	require.Equal(t, "new", saved.Description)
	require.EqualValues(t, 1, state())
	_, err = s.UpdateWebhook(t.Context(), w.ID, 0, store.WebhookUpdate{URL: new("https://example.net/")})
	require.NoError(t, err)
	require.Zero(t, state(), "another address has no failures yet")
	failing()
	for _, enabled := range []bool{false, true} {
		saved, err = s.UpdateWebhook(t.Context(), w.ID, 0, store.WebhookUpdate{Enabled: &enabled})
		require.NoError(t, err)
	}
	require.Zero(t, state())
	require.Nil(t, saved.FailingSince)
	_, err = s.UpdateWebhook(t.Context(), w.ID, 99, store.WebhookUpdate{})
	require.Equal(t, store.KindStale, theRefusal(t, err, store.KindStale).Kind)
	_, err = s.CreateWebhook(t.Context(), store.WebhookCreate{URL: "https://example.org/\x00"})
	requireFault(t, err, "url")
	_, err = s.CreateWebhook(t.Context(), store.WebhookCreate{URL: "https://example.org/", Description: "a\x00"})
	requireFault(t, err, "body")
}

// outcome is what came of the only call that is due.
func outcome(t *testing.T, s *store.Store, id uuid.UUID, change func(*store.WebhookOutcome)) store.WebhookOutcome {
	t.Helper()
	calls, err := s.WebhookCalls(t.Context(), id, time.Now().Add(time.Hour), 10)
	require.NoError(t, err)
	require.Len(t, calls.Calls, 1)
	at := time.Now().UTC().Truncate(time.Microsecond)
	o := store.WebhookOutcome{WebhookID: id, Call: calls.Calls[0], Failures: calls.Failures + 1, At: at, Attempt: store.WebhookAttempt{At: at, Status: new(500)}}
	change(&o)
	return o
}

func TestSaveWebhookOutcome(t *testing.T) {
	t.Parallel()
	later := func(o *store.WebhookOutcome) { o.RetryAt = new(o.At.Add(time.Minute)) }
	begin := func(t *testing.T) (*store.Store, store.WebhookWithSecret) {
		s := storetest.New(t)
		w := aWebhook(t, s)
		_, err := s.TestWebhook(t.Context(), w.ID, "test", []byte("{}"), time.Now())
		require.NoError(t, err)
		return s, w
	}

	t.Run("counts once", func(t *testing.T) {
		t.Parallel()
		s, w := begin(t)
		o := outcome(t, s, w.ID, later)
		require.NoError(t, s.SaveWebhookOutcome(t.Context(), o))
		require.NoError(t, s.SaveWebhookOutcome(t.Context(), o), "another worker's changes nothing")
		require.EqualValues(t, 1, number(t, s, `select jsonb_array_length(attempts) from webhook_deliveries`))
		require.EqualValues(t, 1, number(t, s, `select failures from webhooks`))
		hook, err := s.Webhook(t.Context(), w.ID)
		require.NoError(t, err)
		require.Equal(t, o.At, *hook.FailingSince)
		require.EqualValues(t, 2, hook.Revision, "its health is a part of it")
		require.NoError(t, s.SaveWebhookOutcome(t.Context(), outcome(t, s, w.ID, later)))
		again, err := s.Webhook(t.Context(), w.ID)
		require.NoError(t, err)
		require.Equal(t, hook, again, "it goes on as it was")
		require.NoError(t, s.SaveWebhookOutcome(t.Context(), outcome(t, s, w.ID, func(o *store.WebhookOutcome) { o.Succeeded = true })))
		hook, err = s.Webhook(t.Context(), w.ID)
		require.NoError(t, err)
		require.Nil(t, hook.FailingSince)
		require.EqualValues(t, 3, hook.Revision)
	})

	t.Run("of a webhook that is deleted", func(t *testing.T) {
		t.Parallel()
		s, w := begin(t)
		o := outcome(t, s, w.ID, later)
		require.NoError(t, s.DeleteWebhook(t.Context(), w.ID, 0))
		require.NoError(t, s.SaveWebhookOutcome(t.Context(), o))
	})

	t.Run("of a webhook that was paused meanwhile", func(t *testing.T) {
		t.Parallel()
		s, w := begin(t)
		o := outcome(t, s, w.ID, func(o *store.WebhookOutcome) { o.Gone = true })
		_, err := s.UpdateWebhook(t.Context(), w.ID, 0, store.WebhookUpdate{Enabled: new(false)})
		require.NoError(t, err)
		require.NoError(t, s.SaveWebhookOutcome(t.Context(), o))
		hook, err := s.Webhook(t.Context(), w.ID)
		require.NoError(t, err)
		require.Nil(t, hook.DisabledReason)
	})

	t.Run("stands or falls with the event", func(t *testing.T) {
		t.Parallel()
		s, w := begin(t)
		o := outcome(t, s, w.ID, func(o *store.WebhookOutcome) { o.Gone = true })
		sabotage(t, s, "insert", "events")
		requireSabotage(t, s.SaveWebhookOutcome(t.Context(), o))
		hook, err := s.Webhook(t.Context(), w.ID)
		require.NoError(t, err)
		require.True(t, hook.Enabled)
		require.EqualValues(t, 1, number(t, s, `select count(*) from webhook_deliveries where state = 'pending' and attempts = '[]'`))
	})

	t.Run("or what else fails of it", func(t *testing.T) {
		t.Parallel()
		for operation, table := range map[string]string{"update": "webhooks", "update of enabled": "webhooks", "insert or update": "webhook_deliveries"} {
			s, w := begin(t)
			o := outcome(t, s, w.ID, func(o *store.WebhookOutcome) { o.Gone = true })
			sabotage(t, s, operation, table)
			requireSabotage(t, s.SaveWebhookOutcome(t.Context(), o))
		}
	})
}

func TestAdvanceWebhookFails(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	w := aWebhook(t, s)
	emit(t, s, "a")
	happened(t, s)
	advance := func() error {
		_, err := s.AdvanceWebhook(t.Context(), w.ID, time.Now(), func(store.Event) ([]byte, error) { return nil, nil })
		return err
	}
	sabotage(t, s, "insert", "webhook_deliveries")
	requireSabotage(t, advance())
	do(t, s, `drop trigger sabotage on webhook_deliveries`)
	sabotage(t, s, "update", "webhooks")
	requireSabotage(t, advance())
	require.Zero(t, number(t, s, `select count(*) from webhook_deliveries`), "with the position fall the deliveries")
}

func TestDeleteOldDeliveries(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	w, other := aWebhook(t, s), aWebhook(t, s)
	deliver := func(webhook uuid.UUID, name, state, age string) {
		d, err := s.TestWebhook(t.Context(), webhook, name, nil, time.Now())
		require.NoError(t, err)
		do(t, s, `
			update webhook_deliveries
			set state = $2, next_attempt_at = case when $2 = 'pending' then now() end, finished_at = case when $2 <> 'pending' then now() - $3::interval end
			where id = $1`, d.ID, state, age)
	}
	deliver(w.ID, "waits", "pending", "0")
	for _, name := range []string{"first", "second", "third"} {
		deliver(w.ID, name, "succeeded", "1 hour")
	}
	deliver(w.ID, "old", "failed", "3 hours")
	deliver(other.ID, "other", "failed", "1 hour")
	require.NoError(t, s.DeleteOldDeliveries(t.Context(), 2*time.Hour, 2))
	left := []string{}
	for _, id := range []uuid.UUID{w.ID, other.ID} {
		left = append(left, told(t, s, id)...)
	}
	require.Equal(t, []string{"waits", "second", "third", "other"}, left)
}

func TestOldEventsWaitForWebhooks(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	w := aWebhook(t, s)
	emit(t, s, "read")
	require.Equal(t, []string{"read"}, told(t, s, w.ID))
	emit(t, s, "unread")
	happened(t, s)
	do(t, s, `update events set occurred_at = now() - interval '25 hours'`)
	left := func() int64 {
		require.NoError(t, s.DeleteOldEvents(t.Context(), 24*time.Hour, 48*time.Hour))
		return number(t, s, `select count(*) from events where type in ('read', 'unread')`)
	}
	require.EqualValues(t, 1, left())
	do(t, s, `update events set occurred_at = now() - interval '49 hours' where type = 'unread'`)
	require.Zero(t, left(), "not for ever")
	emit(t, s, "unread")
	do(t, s, `update events set occurred_at = now() - interval '25 hours'`)
	_, err := s.UpdateWebhook(t.Context(), w.ID, 0, store.WebhookUpdate{Enabled: new(false)})
	require.NoError(t, err)
	require.Zero(t, left(), "a paused one reads nothing")
}

func TestWebhookFigures(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	none, err := s.WebhookFigures(t.Context())
	require.NoError(t, err)
	require.Zero(t, none)
	w, resting, paused := aWebhook(t, s), aWebhook(t, s), aWebhook(t, s)
	gone := aWebhook(t, s)
	for _, hook := range []store.WebhookWithSecret{w, resting, paused, gone} {
		_, err := s.TestWebhook(t.Context(), hook.ID, "test", nil, time.Now().Add(-time.Hour))
		require.NoError(t, err)
	}
	do(t, s, `update webhook_deliveries set next_attempt_at = now() - interval '9 hours' where webhook_id <> $1`, w.ID)
	do(t, s, `update webhooks set resting_until = now() + interval '1 hour' where id = $1`, resting.ID)
	do(t, s, `update webhooks set enabled = false where id in ($1, $2)`, paused.ID, gone.ID)
	do(t, s, `update webhooks set disabled_reason = 'gone', disabled_at = now() where id = $1`, gone.ID)
	f, err := s.WebhookFigures(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int64{2, 1, 1, 4}, []int64{f.Enabled, f.Paused, f.Disabled, f.Pending})
	require.InDelta(t, 3600, f.Lag.Seconds(), 60)
	do(t, s, `update webhook_deliveries set next_attempt_at = now() + interval '1 hour'`)
	f, err = s.WebhookFigures(t.Context())
	require.NoError(t, err)
	require.Zero(t, f.Lag)
}

// A replay falls with the transaction that asked for it.
func TestReplayDelivery(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	w := aWebhook(t, s)
	d, err := s.TestWebhook(t.Context(), w.ID, "test", []byte(`{"a":1}`), time.Now())
	require.NoError(t, err)
	do(t, s, `update webhook_deliveries set state = 'failed', next_attempt_at = null, finished_at = now()`)
	undone := errors.New("undone")
	require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
		_, err := s.ReplayDelivery(ctx, w.ID, d.ID, time.Now())
		require.NoError(t, err)
		return undone
	}), undone)
	require.EqualValues(t, 1, number(t, s, `select count(*) from webhook_deliveries`))
	again, err := s.ReplayDelivery(t.Context(), w.ID, d.ID, time.Now())
	require.NoError(t, err)
	whole, err := s.WebhookDelivery(t.Context(), w.ID, again.ID)
	require.NoError(t, err)
	require.JSONEq(t, `{"a":1}`, string(whole.Payload))
	_, err = s.WebhookDelivery(t.Context(), aWebhook(t, s).ID, again.ID)
	require.EqualError(t, err, "There is no webhook delivery with the id "+again.ID.String()+".")
}
