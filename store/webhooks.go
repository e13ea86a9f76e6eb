package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/oapi-codegen/nullable"
)

const (
	// MaxWebhooks is how many webhooks there may be.
	MaxWebhooks = 100
	// SecretOverlap is for how long the secret before a rotation signs, too.
	SecretOverlap = 24 * time.Hour
	// maxFailing is for how long the calls of a webhook may fail before it is disabled.
	maxFailing = 5 * 24 * time.Hour
)

// A Webhook is an address that is told of events. Its JSON form is the API's. Its secret is not in it: it is shown when it
// is made and never again.
type Webhook struct {
	ID          uuid.UUID `json:"id"`
	URL         string    `json:"url"`
	Description string    `json:"description"`
	// EventTypes are the events that it is told of; nil is all.
	EventTypes []string `json:"event_types"`
	// Enabled: events of the time in which it is not are never told.
	Enabled bool `json:"enabled"`
	// PreviousSecretUntil is until when the secret before the last rotation signs, too; nil without one.
	PreviousSecretUntil *time.Time `json:"previous_secret_until"`
	// FailingSince is when its calls began to fail; nil while they succeed.
	FailingSince *time.Time `json:"failing_since"`
	// DisabledReason is why the server has disabled it: gone or failing; nil where it has not.
	DisabledReason *string    `json:"disabled_reason"`
	DisabledAt     *time.Time `json:"disabled_at"`

	Revision  int64     `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

const webhookColumns = `
	id, url, description, event_types, enabled, previous_secret_until, failing_since, disabled_reason, disabled_at,
	revision, created_at, updated_at`

// WebhookWithSecret is a webhook whose secret was made just now. Secret is shown this once.
type WebhookWithSecret struct {
	Webhook
	Secret string `json:"secret"`
}

// WebhookCreate is a webhook to make. What is nil has its default: every event, enabled.
type WebhookCreate struct {
	URL         string   `json:"url"`
	Description string   `json:"description"`
	EventTypes  []string `json:"event_types"`
	Enabled     *bool    `json:"enabled"`
}

// WebhookUpdate is what to change of a webhook: what is nil or unspecified stays as it is.
type WebhookUpdate struct {
	URL         *string                     `json:"url,omitempty"`
	Description *string                     `json:"description,omitempty"`
	EventTypes  nullable.Nullable[[]string] `json:"event_types,omitempty"`
	Enabled     *bool                       `json:"enabled,omitempty"`
}

// newWebhookSecret makes a secret of 256 random bits.
func newWebhookSecret() string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: see crypto/rand
	return "whsec_" + base64.StdEncoding.EncodeToString(secret)
}

// CreateWebhook makes a webhook, which is told of what happens from now on, and answers its secret this once.
func (s *Store) CreateWebhook(ctx context.Context, create WebhookCreate) (WebhookWithSecret, error) {
	const q = `
		insert into webhooks (id, url, description, event_types, enabled, secret, position_xid, position_seq, since)
		values (@id, @url, @description, @event_types, @enabled, @secret, ` + streamXid + `, ` + streamSeq + `, pg_current_snapshot())
		returning ` + webhookColumns
	const full = `select count(*) >= $1 from webhooks`
	made := WebhookWithSecret{Secret: newWebhookSecret()}
	w := Webhook{ID: newID(), URL: create.URL, Description: create.Description, EventTypes: create.EventTypes, Enabled: true}
	if create.Enabled != nil {
		w.Enabled = *create.Enabled
	}
	if err := w.check(); err != nil {
		return made, err
	}
	err := s.InTx(ctx, func(ctx context.Context) error {
		var enough bool
		if err := s.db(ctx).QueryRow(ctx, full, MaxWebhooks).Scan(&enough); err != nil {
			return err
		}
		if enough {
			return conflict("webhook", "There are as many webhooks as there may be. Delete one first.", map[string]any{"limit": MaxWebhooks})
		}
		args := w.args()
		args["secret"] = made.Secret
		rows, _ := s.db(ctx).Query(ctx, q, args)
		var err error
		made.Webhook, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Webhook])
		return orInvalid(err, "webhook")
	})
	return made, err
}

// Where the stream of events stands now: behind all that can be read already, as LastEventID.
const (
	streamXid = `pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1`
	streamSeq = `9223372036854775807`
)

// args are what a user may set of a webhook.
func (w Webhook) args() pgx.NamedArgs {
	return pgx.NamedArgs{"id": w.ID, "url": w.URL, "description": w.Description, "event_types": w.EventTypes, "enabled": w.Enabled}
}

// check completes and checks what a user may set. Where the address leads is looked at when it is called: a name may lead
// elsewhere by then.
func (w *Webhook) check() error {
	w.URL, w.Description = strings.TrimSpace(w.URL), strings.TrimSpace(w.Description)
	fault := ""
	u, err := url.Parse(w.URL)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		fault = "must be an http or https address"
	case u.User != nil:
		fault = "must hold no user and password: the signature says who calls"
	case u.Fragment != "":
		fault = "must hold no fragment: it would not be sent"
	}
	if fault != "" {
		return invalid("webhook", "The webhook cannot be kept so.", map[string]string{"url": fault})
	}
	return nil
}

// Webhook reads one webhook.
func (s *Store) Webhook(ctx context.Context, id uuid.UUID) (Webhook, error) {
	const q = `select ` + webhookColumns + ` from webhooks where id = $1`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	w, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Webhook])
	return w, orNotFound(err, "webhook", id)
}

var webhookListing = plainListing[Webhook]{
	resource: "webhook",
	columns:  webhookColumns,
	from:     "webhooks",
	where:    "true",
	orders:   []order{{name: "-created_at", desc: true, keys: []sortKey{{"created_at", keyTime}, {"id", keyID}}}},
	scan:     pgx.RowToStructByName[Webhook],
	keys:     func(w Webhook, _ string) []string { return []string{momentKey(w.CreatedAt), w.ID.String()} },
}

// Webhooks answers one page of webhooks, the newest first.
func (s *Store) Webhooks(ctx context.Context, p Page) (List[Webhook], error) {
	return webhookListing.page(ctx, s, p, pgx.NamedArgs{})
}

// UpdateWebhook changes a webhook and answers it as it is then. One that is enabled again is told of what happens from then
// on; that, and another address, forget its failures. A nonzero revision must be its own, else it is stale.
func (s *Store) UpdateWebhook(ctx context.Context, id uuid.UUID, revision int64, u WebhookUpdate) (Webhook, error) {
	const q = `
		update webhooks
		set url = @url, description = @description, event_types = @event_types, enabled = @enabled,
			position_xid = case when @begins then ` + streamXid + ` else position_xid end,
			position_seq = case when @begins then ` + streamSeq + ` else position_seq end,
			since = case when @begins then pg_current_snapshot() else since end,
			failures = case when @anew then 0 else failures end,
			failing_since = case when not @anew then failing_since end,
			resting_until = case when @anew then '-infinity' else resting_until end,
			disabled_reason = case when not @begins then disabled_reason end,
			disabled_at = case when not @begins then disabled_at end,
			revision = revision + 1, updated_at = now()
		where id = @id
		returning ` + webhookColumns
	var saved Webhook
	err := s.InTx(ctx, func(ctx context.Context) error {
		before, err := s.lockWebhook(ctx, id, revision)
		if err != nil {
			return err
		}
		w := u.apply(before)
		if err := w.check(); err != nil {
			return err
		}
		args := w.args()
		args["begins"] = w.Enabled && !before.Enabled
		args["anew"] = w.Enabled && !before.Enabled || w.URL != before.URL
		rows, _ := s.db(ctx).Query(ctx, q, args)
		saved, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Webhook])
		return orInvalid(err, "webhook")
	})
	return saved, err
}

// apply answers the webhook as the update leaves it.
func (u WebhookUpdate) apply(w Webhook) Webhook {
	if u.URL != nil {
		w.URL = *u.URL
	}
	if u.Description != nil {
		w.Description = *u.Description
	}
	if u.Enabled != nil {
		w.Enabled = *u.Enabled
	}
	if u.EventTypes.IsSpecified() {
		// Null is every type, which is nil here, too.
		w.EventTypes, _ = u.EventTypes.Get()
	}
	return w
}

func (s *Store) lockWebhook(ctx context.Context, id uuid.UUID, revision int64) (Webhook, error) {
	const q = `select ` + webhookColumns + ` from webhooks where id = $1 for update`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	w, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Webhook])
	if err != nil {
		return Webhook{}, orNotFound(err, "webhook", id)
	}
	if revision != 0 && revision != w.Revision {
		return Webhook{}, stale("webhook", id)
	}
	return w, nil
}

// DeleteWebhook forgets a webhook and its deliveries. A nonzero revision must be its own, else it is stale.
func (s *Store) DeleteWebhook(ctx context.Context, id uuid.UUID, revision int64) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.lockWebhook(ctx, id, revision); err != nil {
			return err
		}
		_, err := s.db(ctx).Exec(ctx, `delete from webhooks where id = $1`, id)
		return err
	})
}

// RotateWebhookSecret gives a webhook a new secret and answers it this once. The one before signs, too, for SecretOverlap
// from now; one before that no longer does.
func (s *Store) RotateWebhookSecret(ctx context.Context, id uuid.UUID, now time.Time) (WebhookWithSecret, error) {
	const q = `
		update webhooks
		set previous_secret = secret, previous_secret_until = @until, secret = @secret, revision = revision + 1, updated_at = now()
		where id = @id
		returning ` + webhookColumns
	made := WebhookWithSecret{Secret: newWebhookSecret()}
	rows, _ := s.db(ctx).Query(ctx, q, pgx.NamedArgs{"id": id, "secret": made.Secret, "until": now.Add(SecretOverlap)})
	var err error
	made.Webhook, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Webhook])
	return made, orNotFound(err, "webhook", id)
}
