package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// How events become calls. A webhook keeps its position in the stream of events. Moving it on and adding a delivery for each
// event are one transaction, so that no event is lost or delivered twice wherever a process dies. A call is made outside of
// any transaction and its outcome kept afterwards: a process that dies in between makes the next one call again.

const (
	// maxPending is up to how many deliveries of a webhook wait; the events behind them wait in the stream.
	maxPending = 10_000
	// advanceBatch is how many events one transaction looks at.
	advanceBatch = 500
)

// concerning is whether the event e, which can be read, is one that the webhook w is told of and has not come to.
const concerning = `(e.xid, e.seq) > (w.position_xid, w.position_seq)
					and e.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
					and (w.event_types is null or e.type = any (w.event_types))`

// PassOverEvents moves the positions of webhooks on that no event behind theirs concerns. Without it they would look at the
// same events again and again, and keep them from being forgotten.
func (s *Store) PassOverEvents(ctx context.Context) error {
	const q = `
		update webhooks w
		set position_xid = ` + streamXid + `, position_seq = ` + streamSeq + `
		where enabled and position_xid < ` + streamXid + ` and not exists (select from events e where ` + concerning + `)`
	_, err := s.db(ctx).Exec(ctx, q)
	return err
}

// WebhooksWithWork are the enabled webhooks that have something to do: a call that is due, or an event that concerns them.
func (s *Store) WebhooksWithWork(ctx context.Context, now time.Time) ([]uuid.UUID, error) {
	const q = `
		select id
		from webhooks w
		where enabled and (
			resting_until <= @now and exists (
				select
				from webhook_deliveries d
				where d.webhook_id = w.id and d.state = 'pending' and d.next_attempt_at <= @now)
			or ` + strayed + `
			or exists (
				select
				from events e
				where ` + concerning + `)
				and not ` + backlog + `)`
	rows, _ := s.db(ctx).Query(ctx, q, pgx.NamedArgs{"now": now, "most": maxPending})
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// backlog is whether as many deliveries of the webhook w wait as may.
const backlog = `(
		select count(*) >= @most
		from (
			select
			from webhook_deliveries p
			where p.webhook_id = w.id and p.state = 'pending'
			limit @most) waiting)`

// strayed is whether the webhook w stands where no transaction has been: its database was restored in another cluster, which
// counts anew.
const strayed = `w.position_xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint`

// AdvanceWebhook moves a webhook's position on by some events and adds a delivery for each that it is told of, whose body is
// made by compose. It answers how many events it has looked at; zero where there are none, or where the webhook is not
// enabled, gone, or has a backlog.
func (s *Store) AdvanceWebhook(ctx context.Context, id uuid.UUID, now time.Time, compose func(Event) ([]byte, error)) (int, error) {
	const lock = `
		select event_types, position_xid, position_seq, ` + strayed + `
		from webhooks w
		where id = @id and enabled and not ` + backlog + `
		for update`
	const restart = `
		update webhooks
		set position_xid = ` + streamXid + `, position_seq = ` + streamSeq + `, since = pg_current_snapshot()
		where id = $1`
	const move = `update webhooks set position_xid = @xid, position_seq = @seq where id = @id`
	looked := 0
	err := s.InTx(ctx, func(ctx context.Context) error {
		var types []string
		var position EventID
		var lost bool
		err := s.db(ctx).QueryRow(ctx, lock, pgx.NamedArgs{"id": id, "most": maxPending}).Scan(&types, &position.Xid, &position.Seq, &lost)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if lost {
			_, err := s.db(ctx).Exec(ctx, restart, id)
			return err
		}
		events, err := s.Events(ctx, position, EventFilter{}, advanceBatch)
		if err != nil || len(events) == 0 {
			return err
		}
		looked = len(events)
		position = events[looked-1].ID
		events = slices.DeleteFunc(events, func(e Event) bool { return types != nil && !slices.Contains(types, e.Type) })
		if err := s.addDeliveries(ctx, id, events, now, compose); err != nil {
			return err
		}
		_, err = s.db(ctx).Exec(ctx, move, pgx.NamedArgs{"id": id, "xid": position.Xid, "seq": position.Seq})
		return err
	})
	return looked, err
}

func (s *Store) addDeliveries(ctx context.Context, webhook uuid.UUID, events []Event, now time.Time, compose func(Event) ([]byte, error)) error {
	const q = `
		insert into webhook_deliveries (id, webhook_id, message_id, event_type, event_xid, event_seq, body, state, next_attempt_at, created_at)
		select id, @webhook, message_id, event_type, xid, seq, body, 'pending', @now, @now
		from unnest(@ids::uuid[], @messages::text[], @types::text[], @xids::bigint[], @seqs::bigint[], @bodies::text[])
			as event (id, message_id, event_type, xid, seq, body)
		where not pg_visible_in_snapshot(xid::text::xid8, (select since from webhooks where id = @webhook))
		on conflict (webhook_id, event_xid, event_seq) where replay_of is null and event_xid is not null do nothing`
	var ids []uuid.UUID
	var messages, types, bodies []string
	var xids, seqs []int64
	for _, e := range events {
		body, err := compose(e)
		if err != nil {
			return err
		}
		delivery := newID()
		ids, messages, types = append(ids, delivery), append(messages, messageID(delivery)), append(types, e.Type)
		xids, seqs, bodies = append(xids, e.ID.Xid), append(seqs, e.ID.Seq), append(bodies, string(body))
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := s.db(ctx).Exec(ctx, q, pgx.NamedArgs{
		"webhook": webhook, "now": now, "ids": ids, "messages": messages, "types": types, "xids": xids, "seqs": seqs, "bodies": bodies,
	})
	return err
}

// WebhookCalls are calls that a webhook is due.
type WebhookCalls struct {
	URL string
	// Secrets that sign, the newest first.
	Secrets []string
	// Failures are how many times in a row calls have failed; those made at once count as one.
	Failures int
	Calls    []WebhookCall
}

// A WebhookCall is an attempt to make.
type WebhookCall struct {
	DeliveryID uuid.UUID
	MessageID  string
	Body       string
	// Attempts are those that were made before.
	Attempts int
}

// WebhookCalls answers at most limit calls that are due, those that have waited longest first: one alone where the last
// attempt has failed, none where the receiver rests or the webhook is not enabled.
func (s *Store) WebhookCalls(ctx context.Context, id uuid.UUID, now time.Time, limit int) (WebhookCalls, error) {
	const target = `
		select url, secret, case when previous_secret_until > @now then previous_secret end, failures
		from webhooks
		where id = @id and enabled and resting_until <= @now`
	const due = `
		select id, message_id, body, jsonb_array_length(attempts)
		from webhook_deliveries
		where webhook_id = @id and state = 'pending' and next_attempt_at <= @now
		order by next_attempt_at, id
		limit @limit`
	var c WebhookCalls
	var secret string
	var previous *string
	err := s.db(ctx).QueryRow(ctx, target, pgx.NamedArgs{"id": id, "now": now}).Scan(&c.URL, &secret, &previous, &c.Failures)
	if errors.Is(err, pgx.ErrNoRows) {
		return WebhookCalls{}, nil
	}
	if err != nil {
		return WebhookCalls{}, err
	}
	c.Secrets = []string{secret}
	if previous != nil {
		c.Secrets = append(c.Secrets, *previous)
	}
	if c.Failures > 0 {
		limit = 1
	}
	rows, _ := s.db(ctx).Query(ctx, due, pgx.NamedArgs{"id": id, "now": now, "limit": limit})
	c.Calls, err = pgx.CollectRows(rows, pgx.RowToStructByPos[WebhookCall])
	return c, err
}

// A WebhookOutcome is what came of a call.
type WebhookOutcome struct {
	WebhookID uuid.UUID
	Call      WebhookCall
	Attempt   WebhookAttempt
	Succeeded bool
	// Failures are those in a row with this one, where it is one.
	Failures int
	// Gone: the receiver wants nothing more.
	Gone bool
	// At is when the outcome was known.
	At time.Time
	// RetryAt is when it is tried again; nil is never.
	RetryAt *time.Time
	// RestUntil is until when the receiver is left alone; the zero time is not at all.
	RestUntil time.Time
}

// SaveWebhookOutcome keeps what came of a call, and what follows for the webhook: one whose receiver is gone or has been
// failing for five days is disabled, in the same transaction as the event that tells of it. An outcome that another worker
// has kept already, or whose delivery is gone, changes nothing.
func (s *Store) SaveWebhookOutcome(ctx context.Context, o WebhookOutcome) error {
	const keep = `
		update webhook_deliveries
		set attempts = attempts || @attempt::jsonb,
			state = case when @succeeded then 'succeeded' when @retry_at::timestamptz is null then 'failed' else 'pending' end,
			next_attempt_at = case when not @succeeded then @retry_at::timestamptz end,
			finished_at = case when @succeeded or @retry_at::timestamptz is null then @at::timestamptz end
		where id = @id and state = 'pending' and jsonb_array_length(attempts) = @attempts`
	return s.InTx(ctx, func(ctx context.Context) error {
		w, err := s.lockWebhook(ctx, o.WebhookID, 0)
		if refusal := new(Error); errors.As(err, &refusal) && refusal.Kind == KindNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		tag, err := s.db(ctx).Exec(ctx, keep, pgx.NamedArgs{
			"id": o.Call.DeliveryID, "attempts": o.Call.Attempts, "attempt": []WebhookAttempt{o.Attempt},
			"succeeded": o.Succeeded, "retry_at": o.RetryAt, "at": o.At,
		})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if o.Succeeded {
			return s.webhookWorks(ctx, w)
		}
		return s.webhookFails(ctx, w, o)
	})
}

// webhookWorks forgets failures; most calls write nothing here.
func (s *Store) webhookWorks(ctx context.Context, w Webhook) error {
	const q = `
		update webhooks
		set failures = 0, failing_since = null, resting_until = '-infinity', revision = revision + 1
		where id = $1`
	if w.FailingSince == nil {
		return nil
	}
	_, err := s.db(ctx).Exec(ctx, q, w.ID)
	return err
}

func (s *Store) webhookFails(ctx context.Context, w Webhook, o WebhookOutcome) error {
	const q = `
		update webhooks
		set failures = greatest(failures, @failures), failing_since = @since, resting_until = greatest(resting_until, @rest),
			revision = revision + case when failing_since is null then 1 else 0 end
		where id = @id`
	since := o.Attempt.At
	if w.FailingSince != nil {
		since = *w.FailingSince
	}
	if _, err := s.db(ctx).Exec(ctx, q, pgx.NamedArgs{"id": w.ID, "failures": o.Failures, "since": since, "rest": o.RestUntil}); err != nil || !w.Enabled {
		return err
	}
	switch {
	case o.Gone:
		return s.disableWebhook(ctx, w.ID, "gone", since, o.At)
	case o.At.Sub(since) >= maxFailing:
		return s.disableWebhook(ctx, w.ID, "failing", since, o.At)
	}
	return nil
}

// disableWebhook ends what is tried for a webhook, and tells of it.
func (s *Store) disableWebhook(ctx context.Context, id uuid.UUID, reason string, since, at time.Time) error {
	const disable = `
		update webhooks
		set enabled = false, disabled_reason = @reason, disabled_at = @at, revision = revision + 1, updated_at = now()
		where id = @id`
	const end = `
		update webhook_deliveries
		set state = 'failed', next_attempt_at = null, finished_at = @at
		where webhook_id = @id and state = 'pending'`
	args := pgx.NamedArgs{"id": id, "reason": reason, "at": at}
	for _, q := range []string{disable, end} {
		if _, err := s.db(ctx).Exec(ctx, q, args); err != nil {
			return err
		}
	}
	return s.Emit(ctx, "webhook.disabled", map[string]any{"webhook_id": id, "reason": reason, "failing_since": since})
}

// WebhookFigures are how the webhooks are doing.
type WebhookFigures struct {
	// Enabled, Paused by hand and Disabled by the server are numbers of webhooks, Pending one of deliveries.
	Enabled, Paused, Disabled, Pending int64
	// Lag is for how long the oldest delivery has been due whose receiver does not rest.
	Lag time.Duration
}

// WebhookFigures counts webhooks and what they have to do.
func (s *Store) WebhookFigures(ctx context.Context) (WebhookFigures, error) {
	const q = `
		select count(*) filter (where enabled), count(*) filter (where not enabled and disabled_reason is null),
			count(*) filter (where disabled_reason is not null), coalesce(sum(due.pending), 0)::bigint,
			greatest(now() - min(due.oldest) filter (where enabled and resting_until <= now()), interval '0')
		from webhooks
		cross join lateral (
			select count(*) as pending, min(next_attempt_at) as oldest
			from webhook_deliveries
			where webhook_id = webhooks.id and state = 'pending') due`
	var f WebhookFigures
	var lag *time.Duration
	err := s.db(ctx).QueryRow(ctx, q).Scan(&f.Enabled, &f.Paused, &f.Disabled, &f.Pending, &lag)
	if lag != nil {
		f.Lag = *lag
	}
	return f, err
}
