package store

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/oapi-codegen/nullable"
	"golang.org/x/net/idna"
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
	// Category is the folder it is filed in, "Tech/Go" being Go inside of Tech; nil is none.
	Category *string `json:"category"`

	Domain string `json:"domain"`
	Market string `json:"market"`
	// Language overrides what the feed says of itself; nil believes the feed.
	Language *string `json:"language"`
	Enabled  bool    `json:"enabled"`
	// FetchArticles is when the pages of documents are read: auto (where the feed has no more than an excerpt), always
	// or never.
	FetchArticles string `json:"fetch_articles"`

	// AdaptivePolling follows how often the source publishes, between the least and the most; without it, and
	// while nothing is known, PollIntervalMinutes holds.
	AdaptivePolling        bool `json:"adaptive_polling"`
	PollIntervalMinutes    int  `json:"poll_interval_minutes"`
	MinPollIntervalMinutes int  `json:"min_poll_interval_minutes"`
	MaxPollIntervalMinutes int  `json:"max_poll_interval_minutes"`
	Pace                   Pace `json:"-"`

	LastPolledAt   *time.Time `json:"last_polled_at"`
	LastSuccessAt  *time.Time `json:"-"`
	NextPollAt     time.Time  `json:"next_poll_at"`
	NextPollReason PollReason `json:"next_poll_reason"`

	// Site is what was last asked; see Site. nil before the first poll.
	Site *string `json:"host"`
	// MovedTo is where permanent redirects lead, MovedSince since when and MovedCount how often in a row.
	MovedTo    *string    `json:"moved_to"`
	MovedSince *time.Time `json:"moved_since"`
	MovedCount int        `json:"-"`
	// MovedFrom is the address before the last move; DeclinedMove one that was taken back.
	MovedFrom    *string    `json:"moved_from"`
	DeclinedMove *string    `json:"-"`
	GoneAt       *time.Time `json:"gone_at"`

	SuccessCount        int64 `json:"success_count"`
	FailureCount        int64 `json:"failure_count"`
	ConsecutiveFailures int   `json:"consecutive_failures"`
	// DocumentsCount counts the documents that this collection was the first to bring.
	DocumentsCount int64      `json:"documents_count"`
	LastErrorCode  *string    `json:"-"`
	LastError      *string    `json:"last_error"`
	LastErrorAt    *time.Time `json:"-"`
	// Health is new, healthy, degraded, failing, paused or gone.
	Health string `json:"health"`

	// ETag and LastModified are the source's own words, to be sent back byte for byte.
	ETag         *string `json:"etag"`
	LastModified *string `json:"last_modified"`
	// BodyHash is the SHA-256 of its last answer; empty where that is to be read again in any case.
	BodyHash []byte `json:"-"`

	Revision  int64     `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

const collectionColumns = `
	id, name, lower(name) as name_key, type, url, config, category, domain, market, language, enabled, fetch_articles, adaptive_polling, poll_interval_minutes,
	min_poll_interval_minutes, max_poll_interval_minutes, pace, last_polled_at, last_success_at, next_poll_at, next_poll_reason, site,
	moved_to, moved_since, moved_count, moved_from, declined_move, gone_at, success_count, failure_count, consecutive_failures, documents_count, last_error_code, last_error,
	last_error_at, health, etag, last_modified, body_hash, revision, created_at, updated_at`

// CollectionCreate is a collection to add; nil fields take their defaults.
type CollectionCreate struct {
	Name     string       `json:"name"`
	Type     *string      `json:"type"`
	URL      *string      `json:"url"`
	Config   SourceConfig `json:"config"`
	Category *string      `json:"category"`
	Domain   string       `json:"domain"`
	Market   string       `json:"market"`
	Language *string      `json:"language"`
	Enabled  *bool        `json:"enabled"`
	// FetchArticles is auto unless told.
	FetchArticles *string `json:"fetch_articles"`
	// AdaptivePolling is on unless it is told or a PollIntervalMinutes is.
	AdaptivePolling        *bool `json:"adaptive_polling"`
	PollIntervalMinutes    *int  `json:"poll_interval_minutes"`
	MinPollIntervalMinutes *int  `json:"min_poll_interval_minutes"`
	MaxPollIntervalMinutes *int  `json:"max_poll_interval_minutes"`
}

// CollectionUpdate is what to change of a collection: nil and unspecified fields stay as they are.
type CollectionUpdate struct {
	Name                   *string                   `json:"name,omitempty"`
	URL                    *string                   `json:"url,omitempty"`
	Config                 SourceConfigUpdate        `json:"config,omitempty"`
	Category               nullable.Nullable[string] `json:"category,omitempty"`
	Domain                 *string                   `json:"domain,omitempty"`
	Market                 *string                   `json:"market,omitempty"`
	Language               nullable.Nullable[string] `json:"language,omitempty"`
	Enabled                *bool                     `json:"enabled,omitempty"`
	FetchArticles          *string                   `json:"fetch_articles,omitempty"`
	AdaptivePolling        *bool                     `json:"adaptive_polling,omitempty"`
	PollIntervalMinutes    *int                      `json:"poll_interval_minutes,omitempty"`
	MinPollIntervalMinutes *int                      `json:"min_poll_interval_minutes,omitempty"`
	MaxPollIntervalMinutes *int                      `json:"max_poll_interval_minutes,omitempty"`
}

// CreateCollection adds a collection that is due at once. A source that its domain and market
// already have is a conflict, with the id of the one that is there in Details["existing_id"].
func (s *Store) CreateCollection(ctx context.Context, create CollectionCreate) (Collection, error) {
	const q = `
		insert into collections (id, name, type, url, config, category, domain, market, language, enabled, fetch_articles, adaptive_polling, poll_interval_minutes,
			min_poll_interval_minutes, max_poll_interval_minutes)
		values (@id, @name, @type, @url, @config, @category, @domain, @market, @language, @enabled, @fetch_articles, @adaptive, @interval, @min_interval, @max_interval)
		on conflict (type, coalesce(url, ''), md5(config::text), domain, market) do nothing
		returning ` + collectionColumns
	c := create.collection()
	if err := c.check(); err != nil {
		return Collection{}, err
	}
	args := c.args()
	args["id"] = newID()
	rows, _ := s.db(ctx).Query(ctx, q, args)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Collection])
	if err != nil {
		return Collection{}, orInvalid(err, "collection")
	}
	if len(found) == 0 {
		return Collection{}, s.duplicateSource(ctx, c)
	}
	return found[0], nil
}

// Intervals of polling, in minutes, unless told.
const (
	defaultPollInterval    = 60
	defaultMinPollInterval = 15
	defaultMaxPollInterval = 24 * 60
)

// collection is the collection to add, with its defaults.
func (create CollectionCreate) collection() Collection {
	or := func(value *int, other int) int {
		if value == nil {
			return other
		}
		return *value
	}
	c := Collection{
		Name: strings.TrimSpace(create.Name), Type: TypeRSS, URL: create.URL, Config: create.Config, Category: categoryPath(create.Category),
		Domain: strings.TrimSpace(create.Domain), Market: marketCode(create.Market), Language: languagePointer(create.Language),
		Enabled: create.Enabled == nil || *create.Enabled, AdaptivePolling: create.PollIntervalMinutes == nil, FetchArticles: "auto",
		PollIntervalMinutes:    or(create.PollIntervalMinutes, defaultPollInterval),
		MinPollIntervalMinutes: or(create.MinPollIntervalMinutes, defaultMinPollInterval),
		MaxPollIntervalMinutes: or(create.MaxPollIntervalMinutes, defaultMaxPollInterval),
	}
	if create.Type != nil {
		c.Type = *create.Type
	}
	if create.FetchArticles != nil {
		c.FetchArticles = *create.FetchArticles
	}
	if create.AdaptivePolling != nil {
		c.AdaptivePolling = *create.AdaptivePolling
	}
	// A single bound moves the other's default.
	if create.MaxPollIntervalMinutes == nil {
		c.MaxPollIntervalMinutes = max(c.MaxPollIntervalMinutes, c.MinPollIntervalMinutes)
	}
	if create.MinPollIntervalMinutes == nil {
		c.MinPollIntervalMinutes = min(c.MinPollIntervalMinutes, c.MaxPollIntervalMinutes)
	}
	return c
}

// check completes and checks what a user may set.
func (c *Collection) check() error {
	if c.MinPollIntervalMinutes > c.MaxPollIntervalMinutes {
		return invalid("collection", "The intervals of the collection are not valid.", map[string]string{
			"min_poll_interval_minutes": fmt.Sprintf("is %d, more than max_poll_interval_minutes, %d", c.MinPollIntervalMinutes, c.MaxPollIntervalMinutes),
		})
	}
	return c.checkSource()
}

// args are what a user may set, as SQL takes it.
func (c Collection) args() pgx.NamedArgs {
	return pgx.NamedArgs{
		"id": c.ID, "name": c.Name, "type": c.Type, "url": c.URL, "config": c.Config, "category": c.Category, "domain": c.Domain, "market": c.Market,
		"language": c.Language, "enabled": c.Enabled, "fetch_articles": c.FetchArticles, "adaptive": c.AdaptivePolling, "interval": c.PollIntervalMinutes,
		"min_interval": c.MinPollIntervalMinutes, "max_interval": c.MaxPollIntervalMinutes,
	}
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
	// that the source has asked for. Whoever enables what was gone, or goes back to where it has moved from, knows better.
	const q = `
		update collections
		set name = @name, url = @url, config = @config, category = @category, domain = @domain, market = @market, language = @language, enabled = @enabled,
			fetch_articles = @fetch_articles,
			adaptive_polling = @adaptive, poll_interval_minutes = @interval,
			min_poll_interval_minutes = @min_interval, max_poll_interval_minutes = @max_interval,
			etag = case when @changed then null else etag end,
			last_modified = case when @changed then null else last_modified end,
			body_hash = case when @changed then '' else body_hash end,
			pace = case when @changed then '{}' else pace end,
			declined_move = case when @changed and url is not null and moved_from = @url then url when @changed then null else declined_move end,
			moved_from = case when @changed then null else moved_from end,
			moved_to = case when @changed then null else moved_to end,
			moved_since = case when @changed then null else moved_since end,
			moved_count = case when @changed then 0 else moved_count end,
			gone_at = case when @enabled then null else gone_at end,
			next_poll_at = case
				when @changed or (@enabled and gone_at is not null) then now()
				when @rescheduled then least(next_poll_at, coalesce(last_polled_at, now()) + make_interval(mins => @interval))
				else next_poll_at end,
			next_poll_reason = case
				when @changed or (@enabled and gone_at is not null) then '[{"code": "settings_changed"}]'
				when @rescheduled and next_poll_at > coalesce(last_polled_at, now()) + make_interval(mins => @interval) then '[{"code": "interval_changed"}]'
				else next_poll_reason end,
			revision = revision + 1,
			updated_at = now()
		where id = @id
		returning ` + collectionColumns
	args := c.args()
	args["changed"] = !c.asksLike(before)
	args["rescheduled"] = c.PollIntervalMinutes != before.PollIntervalMinutes
	var saved Collection
	err := s.savepoint(ctx, func(ctx context.Context) error {
		rows, _ := s.db(ctx).Query(ctx, q, args)
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
	if u.Category.IsNull() {
		c.Category = nil
	}
	if category, err := u.Category.Get(); err == nil {
		c.Category = categoryPath(&category)
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
	if u.FetchArticles != nil {
		c.FetchArticles = *u.FetchArticles
	}
	if u.PollIntervalMinutes != nil {
		c.PollIntervalMinutes = *u.PollIntervalMinutes
		// An interval is chosen to hold.
		c.AdaptivePolling = false
	}
	if u.AdaptivePolling != nil {
		c.AdaptivePolling = *u.AdaptivePolling
	}
	if u.MinPollIntervalMinutes != nil {
		c.MinPollIntervalMinutes = *u.MinPollIntervalMinutes
	}
	if u.MaxPollIntervalMinutes != nil {
		c.MaxPollIntervalMinutes = *u.MaxPollIntervalMinutes
	}
	return c, c.check()
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
		if err := s.LockOutDocuments(ctx); err != nil {
			return err
		}
		_, err := s.db(ctx).Exec(ctx, `delete from collections where id = $1`, id)
		return err
	})
}

// ClaimDueCollections answers the ids of at most limit collections that are due by now, longest overdue
// first, and moves each one's next poll an interval ahead: no other caller gets them meanwhile, and
// if nothing comes of the claim they are due again then.
func (s *Store) ClaimDueCollections(ctx context.Context, now time.Time, limit int) ([]uuid.UUID, error) {
	// Materialized: as a subquery it might run, and lock, more than once.
	const q = `
		with due as materialized (
			select id, next_poll_at as due_at
			from collections
			where enabled and next_poll_at <= $2
			order by next_poll_at, id
			limit $1
			for update skip locked),
		claimed as (
			update collections
			set next_poll_at = $2::timestamptz + make_interval(mins => poll_interval_minutes)
			from due
			where collections.id = due.id
			returning due.id, due.due_at)
		select id
		from claimed
		order by due_at, id`
	rows, _ := s.db(ctx).Query(ctx, q, limit, now)
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
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
	default:
		// Other readers and the hosts' budgets know a name with umlauts by its form in DNS.
		if parsed.Host, err = asciiHost(parsed.Host); err != nil {
			fault = "names a host that cannot be looked up"
		}
	}
	if fault != "" {
		return "", invalid("collection", "The address of the feed is not valid.", map[string]string{"url": fault})
	}
	parsed.Scheme, parsed.Host, parsed.Fragment = strings.ToLower(parsed.Scheme), strings.ToLower(parsed.Host), ""
	return parsed.String(), nil
}

// asciiHost is a host, with or without its port, as DNS knows it.
func asciiHost(host string) (string, error) {
	if !strings.ContainsFunc(host, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return host, nil
	}
	name, port, found := strings.Cut(host, ":")
	name, err := hostNames.ToASCII(name)
	if found {
		name += ":" + port
	}
	return name, err
}

var hostNames = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// categoryPath is a folder's path in its one spelling: no empty parts, no space around a part; nil if
// nothing is left.
func categoryPath(category *string) *string {
	if category == nil {
		return nil
	}
	var parts []string
	for part := range strings.SplitSeq(*category, "/") {
		if part = strings.Join(strings.Fields(part), " "); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return new(strings.Join(parts, "/"))
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
