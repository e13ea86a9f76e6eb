package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// NotifyChannel is the PostgreSQL channel on which a commit tells every process what has changed:
// "events", "settings" or "api_keys".
const NotifyChannel = "content_creator"

// An Event is something that happened. Its JSON form is the API's.
type Event struct {
	ID         EventID         `json:"id"`
	Type       string          `json:"type"`
	OccurredAt time.Time       `json:"occurred_at"`
	Data       json.RawMessage `json:"data"`
}

// An EventID orders events: by transaction, then within it. The zero id comes before all.
type EventID struct{ Xid, Seq int64 }

func (id EventID) String() string { return fmt.Sprintf("%d-%d", id.Xid, id.Seq) }

// MarshalText makes the id a string in JSON.
func (id EventID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// ParseEventID reads an id as String writes it.
func ParseEventID(text string) (EventID, error) {
	var id EventID
	if _, err := fmt.Sscanf(text, "%d-%d", &id.Xid, &id.Seq); err != nil || id.String() != text {
		return EventID{}, invalid("event", "The event id cannot be read.", map[string]string{"Last-Event-ID": "is not an id that a stream has sent"})
	}
	return id, nil
}

// EventFilter narrows a stream; zero fields do not.
type EventFilter struct {
	Types []string
	JobID int64
}

// Events reads at most limit events after an id, in order. Events of transactions that may still
// overlap with running ones are left for the next call, so none is ever skipped.
func (s *Store) Events(ctx context.Context, after EventID, f EventFilter, limit int) ([]Event, error) {
	const q = `
		select xid, seq, type, occurred_at, data
		from events
		where (xid, seq) > (@xid, @seq)
			and xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
			and (@job_id = 0 or job_id = @job_id)
			and (cardinality(@types::text[]) = 0 or type = any (@types))
		order by xid, seq
		limit @limit`
	if f.Types == nil {
		f.Types = []string{}
	}
	rows, _ := s.db(ctx).Query(ctx, q, pgx.NamedArgs{
		"xid": after.Xid, "seq": after.Seq, "job_id": f.JobID, "types": f.Types, "limit": limit,
	})
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Event, err error) {
		err = row.Scan(&e.ID.Xid, &e.ID.Seq, &e.Type, &e.OccurredAt, &e.Data)
		return e, err
	})
}

// LastEventID is where a stream that wants only what is new begins: every event after it is one
// that was not visible yet.
func (s *Store) LastEventID(ctx context.Context) (EventID, error) {
	// The largest id below the first transaction that is still running; seq counts within one.
	const q = `select pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1`
	id := EventID{Seq: 1<<63 - 1}
	err := s.db(ctx).QueryRow(ctx, q).Scan(&id.Xid)
	return id, err
}

// Emit adds an event in the transaction of ctx, or alone.
func (s *Store) Emit(ctx context.Context, eventType string, data map[string]any) error {
	_, err := s.db(ctx).Exec(ctx, `select emit_event($1, null, $2)`, eventType, data)
	return err
}

// DeleteOldEvents forgets events that happened longer than age ago; those that a webhook has not come to yet are kept for
// longer, but no longer than unread.
func (s *Store) DeleteOldEvents(ctx context.Context, age, unread time.Duration) error {
	const q = `
		delete from events
		where occurred_at < now() - @age::interval and (
			occurred_at < now() - @unread::interval
			or not exists (
				select
				from webhooks
				where enabled and (position_xid, position_seq) < (events.xid, events.seq)))`
	_, err := s.db(ctx).Exec(ctx, q, pgx.NamedArgs{"age": age, "unread": unread})
	return err
}

// Listen calls heard with the payload of every notification on NotifyChannel until ctx ends or the
// connection breaks, and tells by ready that it has begun. It holds one connection of the pool.
func (s *Store) Listen(ctx context.Context, ready func(), heard func(payload string)) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	// A connection that has listened must not go back to the pool.
	defer func() { _ = conn.Hijack().Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `listen `+NotifyChannel); err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	ready()
	for {
		notification, err := conn.Conn().WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("listen for changes: %w", err)
		}
		heard(notification.Payload)
	}
}
