package store

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/oapi-codegen/nullable"
)

// A Collection is a source that is polled for documents. Its JSON form is the API's.
type Collection struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
	// NameKey is what the database orders names by.
	NameKey string `json:"-"`
	Type    string `json:"type"`
	// URL is the address of a feed; nil for every other type, which Config tells all about.
	URL    *string      `json:"url"`
	Config SourceConfig `json:"config"`

	Domain string `json:"domain"`
	Market string `json:"market"`
	// Language overrides what the feed says of itself; nil believes the feed.
	Language *string `json:"language"`
	Enabled  bool    `json:"enabled"`

	PollIntervalMinutes int        `json:"poll_interval_minutes"`
	LastPolledAt        *time.Time `json:"last_polled_at"`
	LastSuccessAt       *time.Time `json:"-"`
	NextPollAt          time.Time  `json:"next_poll_at"`

	SuccessCount        int64 `json:"success_count"`
	FailureCount        int64 `json:"failure_count"`
	ConsecutiveFailures int   `json:"consecutive_failures"`
	// DocumentsCount counts the documents that this collection was the first to bring.
	DocumentsCount int64      `json:"documents_count"`
	LastErrorCode  *string    `json:"-"`
	LastError      *string    `json:"last_error"`
	LastErrorAt    *time.Time `json:"-"`
	// Health is new, healthy, degraded, failing or paused.
	Health string `json:"health"`

	// ETag and LastModified are the source's own words, to be sent back byte for byte.
	ETag         *string `json:"etag"`
	LastModified *string `json:"last_modified"`

	Revision  int64     `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

const collectionColumns = `
	id, name, lower(name) as name_key, type, url, config, domain, market, language, enabled, poll_interval_minutes, last_polled_at, last_success_at,
	next_poll_at, success_count, failure_count, consecutive_failures, documents_count, last_error_code, last_error,
	last_error_at, health, etag, last_modified, revision, created_at, updated_at`

// CollectionCreate is a collection to add; nil fields take their defaults.
type CollectionCreate struct {
	Name                string       `json:"name"`
	Type                *string      `json:"type"`
	URL                 *string      `json:"url"`
	Config              SourceConfig `json:"config"`
	Domain              string       `json:"domain"`
	Market              string       `json:"market"`
	Language            *string      `json:"language"`
	Enabled             *bool        `json:"enabled"`
	PollIntervalMinutes *int         `json:"poll_interval_minutes"`
}

// CollectionUpdate is what to change of a collection: nil and unspecified fields stay as they are.
type CollectionUpdate struct {
	Name                *string                   `json:"name,omitempty"`
	URL                 *string                   `json:"url,omitempty"`
	Config              SourceConfigUpdate        `json:"config,omitempty"`
	Domain              *string                   `json:"domain,omitempty"`
	Market              *string                   `json:"market,omitempty"`
	Language            nullable.Nullable[string] `json:"language,omitempty"`
	Enabled             *bool                     `json:"enabled,omitempty"`
	PollIntervalMinutes *int                      `json:"poll_interval_minutes,omitempty"`
}

// CreateCollection adds a collection that is due at once. A source that its domain and market
// already have is a conflict, with the id of the one that is there in Details["existing_id"].
func (s *Store) CreateCollection(ctx context.Context, create CollectionCreate) (Collection, error) {
	const q = `
		insert into collections (id, name, type, url, config, domain, market, language, enabled, poll_interval_minutes)
		values (@id, @name, @type, @url, @config, @domain, @market, @language, coalesce(@enabled, true), coalesce(@interval, 60))
		on conflict (type, coalesce(url, ''), md5(config::text), domain, market) do nothing
		returning ` + collectionColumns
	c := Collection{
		Name: strings.TrimSpace(create.Name), Type: TypeRSS, URL: create.URL, Config: create.Config,
		Domain: strings.TrimSpace(create.Domain), Market: marketCode(create.Market), Language: languagePointer(create.Language),
	}
	if create.Type != nil {
		c.Type = *create.Type
	}
	if err := c.checkSource(); err != nil {
		return Collection{}, err
	}
	rows, _ := s.db(ctx).Query(ctx, q, pgx.NamedArgs{
		"id": newID(), "name": c.Name, "type": c.Type, "url": c.URL, "config": c.Config, "domain": c.Domain, "market": c.Market,
		"language": c.Language, "enabled": create.Enabled, "interval": create.PollIntervalMinutes,
	})
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Collection])
	if err != nil {
		return Collection{}, orInvalid(err, "collection")
	}
	if len(found) == 0 {
		return Collection{}, s.duplicateSource(ctx, c)
	}
	return found[0], nil
}

// Collection reads one collection.
func (s *Store) Collection(ctx context.Context, id uuid.UUID) (Collection, error) {
	const q = `select ` + collectionColumns + ` from collections where id = $1`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Collection])
	return c, orNotFound(err, "collection", id)
}

// UpdateCollection changes a collection and answers it as it is then. A nonzero revision must be its
// own, else it is stale. A new address forgets the old one's validators and is due at once.
func (s *Store) UpdateCollection(ctx context.Context, id uuid.UUID, revision int64, u CollectionUpdate) (Collection, error) {
	var c Collection
	err := s.InTx(ctx, func(ctx context.Context) error {
		before, err := s.lockCollection(ctx, id, revision)
		if err != nil {
			return err
		}
		if c, err = u.apply(before); err != nil {
			return err
		}
		c, err = s.saveCollection(ctx, before, c)
		return err
	})
	return c, err
}

func (s *Store) lockCollection(ctx context.Context, id uuid.UUID, revision int64) (Collection, error) {
	const q = `select ` + collectionColumns + ` from collections where id = $1 for update`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Collection])
	if err != nil {
		return Collection{}, orNotFound(err, "collection", id)
	}
	if revision != 0 && revision != c.Revision {
		return Collection{}, stale("collection", id)
	}
	return c, nil
}

func (s *Store) saveCollection(ctx context.Context, before, c Collection) (Collection, error) {
	// A new interval counts from the last poll; what is due stays due, and no other change ends a pause
	// that the source has asked for.
	const q = `
		update collections
		set name = @name, url = @url, config = @config, domain = @domain, market = @market, language = @language, enabled = @enabled,
			poll_interval_minutes = @interval,
			etag = case when @moved then null else etag end,
			last_modified = case when @moved then null else last_modified end,
			next_poll_at = case
				when @moved then now()
				when poll_interval_minutes = @interval then next_poll_at
				else least(next_poll_at, coalesce(last_polled_at, now()) + make_interval(mins => @interval)) end,
			revision = revision + 1,
			updated_at = now()
		where id = @id
		returning ` + collectionColumns
	var saved Collection
	err := s.savepoint(ctx, func(ctx context.Context) error {
		rows, _ := s.db(ctx).Query(ctx, q, pgx.NamedArgs{
			"id": c.ID, "name": c.Name, "url": c.URL, "config": c.Config, "domain": c.Domain, "market": c.Market,
			"language": c.Language, "enabled": c.Enabled, "interval": c.PollIntervalMinutes, "moved": !c.asksLike(before),
		})
		var err error
		saved, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Collection])
		return err
	})
	if brokenConstraint(err) == "collections_unique_source" {
		return Collection{}, s.duplicateSource(ctx, c)
	}
	return saved, orInvalid(err, "collection")
}

// apply answers the collection as the update leaves it.
func (u CollectionUpdate) apply(c Collection) (Collection, error) {
	if u.Name != nil {
		c.Name = strings.TrimSpace(*u.Name)
	}
	if u.URL != nil {
		c.URL = u.URL
	}
	var err error
	if c.Config, err = u.Config.apply(c.Config); err != nil {
		return c, err
	}
	if u.Domain != nil {
		c.Domain = strings.TrimSpace(*u.Domain)
	}
	if u.Market != nil {
		c.Market = marketCode(*u.Market)
	}
	if u.Language.IsNull() {
		c.Language = nil
	}
	if language, err := u.Language.Get(); err == nil {
		c.Language = languagePointer(&language)
	}
	if u.Enabled != nil {
		c.Enabled = *u.Enabled
	}
	if u.PollIntervalMinutes != nil {
		c.PollIntervalMinutes = *u.PollIntervalMinutes
	}
	return c, c.checkSource()
}

// address is the URL, or "".
func (c Collection) address() string {
	if c.URL == nil {
		return ""
	}
	return *c.URL
}

// asksLike is whether two collections ask the same of the same place.
func (c Collection) asksLike(other Collection) bool {
	return c.Type == other.Type && c.address() == other.address() && bytes.Equal(c.Config.encode(), other.Config.encode())
}

// DeleteCollection forgets a collection; its documents stay. A nonzero revision must be its own,
// else it is stale.
func (s *Store) DeleteCollection(ctx context.Context, id uuid.UUID, revision int64) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.lockCollection(ctx, id, revision); err != nil {
			return err
		}
		// Its documents change, too.
		if err := s.lockDocuments(ctx); err != nil {
			return err
		}
		_, err := s.db(ctx).Exec(ctx, `delete from collections where id = $1`, id)
		return err
	})
}

// ClaimDueCollections answers the ids of at most limit collections that are due, longest overdue
// first, and moves each one's next poll an interval ahead: no other caller gets them meanwhile, and
// if nothing comes of the claim they are due again then.
func (s *Store) ClaimDueCollections(ctx context.Context, limit int) ([]uuid.UUID, error) {
	// Materialized: as a subquery it might run, and lock, more than once.
	const q = `
		with due as materialized (
			select id, next_poll_at as due_at
			from collections
			where enabled and next_poll_at <= now()
			order by next_poll_at, id
			limit $1
			for update skip locked),
		claimed as (
			update collections
			set next_poll_at = now() + make_interval(mins => poll_interval_minutes)
			from due
			where collections.id = due.id
			returning due.id, due.due_at)
		select id
		from claimed
		order by due_at, id`
	rows, _ := s.db(ctx).Query(ctx, q, limit)
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// CollectionHealth tells how polling a collection has gone. Its JSON form is the API's.
type CollectionHealth struct {
	CollectionID        uuid.UUID  `json:"collection_id"`
	State               string     `json:"state"`
	Summary             string     `json:"summary"`
	SuccessCount        int64      `json:"success_count"`
	FailureCount        int64      `json:"failure_count"`
	ConsecutiveFailures int        `json:"consecutive_failures"`
	SuccessRate         *float64   `json:"success_rate"`
	LastPolledAt        *time.Time `json:"last_polled_at"`
	LastSuccessAt       *time.Time `json:"last_success_at"`
	NextPollAt          *time.Time `json:"next_poll_at"`
	LastError           *PollError `json:"last_error"`
	DocumentsCount      int64      `json:"documents_count"`
	DocumentsLast24h    int64      `json:"documents_last_24h"`
	NewestDocumentAt    *time.Time `json:"newest_document_at"`
}

// PollError is why a poll failed: a code for programs, a sentence for people.
type PollError struct {
	Code    string    `json:"code"`
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

// CollectionHealth reads the health of a collection.
func (s *Store) CollectionHealth(ctx context.Context, id uuid.UUID) (CollectionHealth, error) {
	const q = `
		select
			(select count(*) from documents where collection_id = $1 and fetched_at > now() - interval '24 hours'),
			(select published_at from documents where collection_id = $1 order by published_at desc nulls last limit 1)`
	c, err := s.Collection(ctx, id)
	if err != nil {
		return CollectionHealth{}, err
	}
	h := CollectionHealth{
		CollectionID: id, State: c.Health, SuccessCount: c.SuccessCount, FailureCount: c.FailureCount,
		ConsecutiveFailures: c.ConsecutiveFailures, LastPolledAt: c.LastPolledAt, LastSuccessAt: c.LastSuccessAt,
		DocumentsCount: c.DocumentsCount,
	}
	if polls := c.SuccessCount + c.FailureCount; polls > 0 {
		rate := float64(c.SuccessCount) / float64(polls)
		h.SuccessRate = &rate
	}
	if c.Enabled {
		h.NextPollAt = &c.NextPollAt
	}
	if c.LastErrorCode != nil && c.LastError != nil && c.LastErrorAt != nil {
		h.LastError = &PollError{Code: *c.LastErrorCode, Message: *c.LastError, At: *c.LastErrorAt}
	}
	if err := s.db(ctx).QueryRow(ctx, q, id).Scan(&h.DocumentsLast24h, &h.NewestDocumentAt); err != nil {
		return CollectionHealth{}, err
	}
	h.Summary = h.summarise()
	return h, nil
}

// summarise says the state in one sentence.
func (h CollectionHealth) summarise() string {
	counts := fmt.Sprintf("%d of %d polls went well, %d documents in the last 24 hours",
		h.SuccessCount, h.SuccessCount+h.FailureCount, h.DocumentsLast24h)
	switch h.State {
	case "new":
		return "New: it has not been polled yet."
	case "paused":
		return "Paused: " + counts + "."
	case "healthy":
		return "Healthy: " + counts + "."
	}
	// Degraded and failing collections have failed at least once, and keep why.
	failed := "the last poll"
	if h.ConsecutiveFailures > 1 {
		failed = fmt.Sprintf("the last %d polls", h.ConsecutiveFailures)
	}
	return fmt.Sprintf("%s%s: %s failed (%s); %s.",
		strings.ToUpper(h.State[:1]), h.State[1:], failed, strings.TrimSuffix(h.LastError.Message, "."), counts)
}

// feedAddress checks and trims the address of a feed.
func feedAddress(address string) (string, error) {
	address = strings.TrimSpace(address)
	parsed, err := url.Parse(address)
	fault := ""
	switch {
	case err != nil:
		fault = "is not an address that can be read"
	case parsed.Hostname() == "":
		fault = "names no host"
	case parsed.User != nil:
		fault = "must not hold a user name or password"
	}
	if fault != "" {
		return "", invalid("collection", "The address of the feed is not valid.", map[string]string{"url": fault})
	}
	parsed.Scheme, parsed.Host, parsed.Fragment = strings.ToLower(parsed.Scheme), strings.ToLower(parsed.Host), ""
	return parsed.String(), nil
}

func languagePointer(language *string) *string {
	if language == nil {
		return nil
	}
	tag := languageTag(*language)
	return &tag
}

// duplicateSource is the refusal of a source that is taken.
func (s *Store) duplicateSource(ctx context.Context, c Collection) error {
	const q = `
		select id
		from collections
		where type = $1 and coalesce(url, '') = coalesce($2, '') and md5(config::text) = md5($3::jsonb::text) and domain = $4 and market = $5`
	details := map[string]any{}
	var existing uuid.UUID
	err := s.db(ctx).QueryRow(ctx, q, c.Type, c.URL, c.Config, c.Domain, c.Market).Scan(&existing)
	if err == nil {
		details["existing_id"] = existing
	}
	return conflict("collection", "This domain and market have a collection of this source already.", details)
}
