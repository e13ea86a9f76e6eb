package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A WebhookDelivery is one event for one webhook, or a test, and what came of every attempt to send it. Its JSON form is
// the API's.
type WebhookDelivery struct {
	ID        uuid.UUID `json:"id"`
	WebhookID uuid.UUID `json:"webhook_id"`
	// MessageID is the receiver's webhook-id: the same in every attempt and replay.
	MessageID string `json:"message_id"`
	EventType string `json:"event_type"`
	// EventID is that of the event in the stream; nil where it is a test.
	EventID *EventID `json:"event_id"`
	// ReplayOf is the delivery that this one repeats.
	ReplayOf *uuid.UUID `json:"replay_of"`
	// State is pending, succeeded or failed.
	State string `json:"state"`
	// Attempts come in the order in which they were made.
	Attempts []WebhookAttempt `json:"attempts"`
	// NextAttemptAt is nil once nothing more is tried.
	NextAttemptAt *time.Time `json:"next_attempt_at"`
	CreatedAt     time.Time  `json:"created_at"`
	FinishedAt    *time.Time `json:"finished_at"`
}

// A WebhookAttempt is what came of one call.
type WebhookAttempt struct {
	At time.Time `json:"at"`
	// Status is nil where no answer came; Error then says why.
	Status *int    `json:"status"`
	Error  *string `json:"error"`
	// Answer is the beginning of the answer's body.
	Answer     *string `json:"answer"`
	DurationMS int64   `json:"duration_ms"`
}

// A WebhookDeliveryWithPayload has what is sent, too.
type WebhookDeliveryWithPayload struct {
	WebhookDelivery
	Payload json.RawMessage `json:"payload"`
}

const deliveryColumns = `
	id, webhook_id, message_id, event_type, event_xid, event_seq, replay_of, state, attempts, next_attempt_at, created_at, finished_at`

// scanDelivery reads deliveryColumns, and what more stands behind them.
func scanDelivery(row pgx.CollectableRow, d *WebhookDelivery, more ...any) error {
	var xid, seq *int64
	err := row.Scan(append([]any{
		&d.ID, &d.WebhookID, &d.MessageID, &d.EventType, &xid, &seq, &d.ReplayOf, &d.State, &d.Attempts, &d.NextAttemptAt, &d.CreatedAt, &d.FinishedAt,
	}, more...)...)
	if xid != nil && seq != nil {
		d.EventID = &EventID{*xid, *seq}
	}
	return err
}

func scanOneDelivery(row pgx.CollectableRow) (d WebhookDelivery, err error) {
	return d, scanDelivery(row, &d)
}

var deliveryListing = plainListing[WebhookDelivery]{
	resource: "webhook_delivery",
	columns:  deliveryColumns,
	from:     "webhook_deliveries",
	where:    `webhook_id = @webhook and (@state::text is null or state = @state)`,
	orders:   []order{{name: "-created_at", desc: true, keys: []sortKey{{"id", keyID}}}},
	scan:     scanOneDelivery,
	keys:     func(d WebhookDelivery, _ string) []string { return []string{d.ID.String()} },
}

// A WebhookDeliveryFilter narrows a list of deliveries; nil fields do not.
type WebhookDeliveryFilter struct{ State *string }

// WebhookDeliveries answers one page of a webhook's deliveries, the newest first.
func (s *Store) WebhookDeliveries(ctx context.Context, webhook uuid.UUID, f WebhookDeliveryFilter, p Page) (List[WebhookDelivery], error) {
	if _, err := s.Webhook(ctx, webhook); err != nil {
		return List[WebhookDelivery]{}, err
	}
	return deliveryListing.page(ctx, s, p, pgx.NamedArgs{"webhook": webhook, "state": f.State})
}

// WebhookDelivery reads one delivery of a webhook with what is sent.
func (s *Store) WebhookDelivery(ctx context.Context, webhook, id uuid.UUID) (WebhookDeliveryWithPayload, error) {
	const q = `select ` + deliveryColumns + `, body from webhook_deliveries where webhook_id = $1 and id = $2`
	rows, _ := s.db(ctx).Query(ctx, q, webhook, id)
	d, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (d WebhookDeliveryWithPayload, err error) {
		var body string
		err = scanDelivery(row, &d.WebhookDelivery, &body)
		d.Payload = json.RawMessage(body)
		return d, err
	})
	return d, orNotFound(err, "webhook_delivery", id)
}

// messageID is the webhook-id of what a delivery sends first.
func messageID(delivery uuid.UUID) string {
	return "msg_" + strings.ReplaceAll(delivery.String(), "-", "")
}

// TestWebhook adds a delivery that tells of nothing but itself. A webhook that is not enabled is a conflict.
func (s *Store) TestWebhook(ctx context.Context, webhook uuid.UUID, eventType string, body []byte, now time.Time) (WebhookDelivery, error) {
	const q = `
		insert into webhook_deliveries (id, webhook_id, message_id, event_type, body, state, next_attempt_at, created_at)
		values (@id, @webhook, @message, @type, @body, 'pending', @now, @now)
		returning ` + deliveryColumns
	var d WebhookDelivery
	err := s.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockEnabledWebhook(ctx, webhook); err != nil {
			return err
		}
		id := newID()
		rows, _ := s.db(ctx).Query(ctx, q, pgx.NamedArgs{
			"id": id, "webhook": webhook, "message": messageID(id), "type": eventType, "body": string(body), "now": now,
		})
		var err error
		d, err = pgx.CollectExactlyOneRow(rows, scanOneDelivery)
		return err
	})
	return d, err
}

// ReplayDelivery adds a delivery that sends the same once more, under the same message id. Each call adds one. A webhook
// that is not enabled, and a delivery that is still being tried, are conflicts.
func (s *Store) ReplayDelivery(ctx context.Context, webhook, id uuid.UUID, now time.Time) (WebhookDelivery, error) {
	const q = `
		insert into webhook_deliveries (id, webhook_id, message_id, event_type, event_xid, event_seq, replay_of, body, state, next_attempt_at, created_at)
		select @replay, webhook_id, message_id, event_type, event_xid, event_seq, id, body, 'pending', @now, @now
		from webhook_deliveries
		where id = @id
		returning ` + deliveryColumns
	var d WebhookDelivery
	err := s.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockEnabledWebhook(ctx, webhook); err != nil {
			return err
		}
		before, err := s.WebhookDelivery(ctx, webhook, id)
		if err != nil {
			return err
		}
		if before.State == "pending" {
			return conflict("webhook_delivery", "It is still being tried.", map[string]any{"id": id, "next_attempt_at": before.NextAttemptAt})
		}
		rows, _ := s.db(ctx).Query(ctx, q, pgx.NamedArgs{"id": id, "replay": newID(), "now": now})
		d, err = pgx.CollectExactlyOneRow(rows, scanOneDelivery)
		return err
	})
	return d, err
}

func (s *Store) lockEnabledWebhook(ctx context.Context, id uuid.UUID) error {
	w, err := s.lockWebhook(ctx, id, 0)
	if err == nil && !w.Enabled {
		return conflict("webhook", "The webhook is not enabled, so nothing is sent. Enable it first.", map[string]any{"id": id})
	}
	return err
}

// DeleteOldDeliveries forgets what has been finished for longer than age, and of each webhook all but the newest most.
func (s *Store) DeleteOldDeliveries(ctx context.Context, age time.Duration, most int) error {
	const old = `delete from webhook_deliveries where state <> 'pending' and finished_at < now() - $1::interval`
	const many = `
		delete from webhook_deliveries d
		using (
			select id as webhook_id, (
				select x.id
				from webhook_deliveries x
				where x.webhook_id = webhooks.id and x.state <> 'pending'
				order by x.id desc
				offset $1
				limit 1) as last
			from webhooks) kept
		where d.webhook_id = kept.webhook_id and d.state <> 'pending' and d.id <= kept.last`
	if _, err := s.db(ctx).Exec(ctx, old, age); err != nil {
		return err
	}
	_, err := s.db(ctx).Exec(ctx, many, most)
	return err
}
