package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A SavedSearch is a search of documents that somebody keeps. Its JSON form is the API's.
type SavedSearch struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
	// NameKey is what the database orders names by.
	NameKey string         `json:"-"`
	Query   string         `json:"query"`
	Filters DocumentFilter `json:"filters"`
	// Sort is one of the orders of SearchDocuments.
	Sort string `json:"sort"`
	// FeedTokenCreatedAt is when the token in the feed's address was made; nil while there is none.
	FeedTokenCreatedAt *time.Time `json:"feed_token_created_at"`

	Revision  int64     `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

const searchColumns = `
	id, name, lower(name) as name_key, query, filters, sort, feed_token_created_at, revision, created_at, updated_at`

// SavedSearchCreate is a search to keep.
type SavedSearchCreate struct {
	Name    string         `json:"name"`
	Query   string         `json:"query"`
	Filters DocumentFilter `json:"filters"`
	// Sort is relevance unless told.
	Sort string `json:"sort"`
}

// SavedSearchUpdate is what to change of a saved search: what is nil stays as it is.
type SavedSearchUpdate struct {
	Name    *string              `json:"name,omitempty"`
	Query   *string              `json:"query,omitempty"`
	Filters DocumentFilterUpdate `json:"filters,omitempty"`
	Sort    *string              `json:"sort,omitempty"`
}

// A DocumentFilterUpdate is a merge patch of a DocumentFilter: null takes a filter away.
type DocumentFilterUpdate map[string]json.RawMessage

// apply answers the filter as the patch leaves it.
func (u DocumentFilterUpdate) apply(f DocumentFilter) (DocumentFilter, error) {
	return mergePatch(f, u)
}

// check completes and checks what a user may set.
func (q *SavedSearch) check() error {
	q.Name, q.Query, q.Sort = strings.TrimSpace(q.Name), strings.TrimSpace(q.Query), cmp.Or(q.Sort, "relevance")
	q.Filters = q.Filters.normalised()
	if _, err := parseSearch("search", "query", q.Query); err != nil {
		return err
	}
	_, err := Page{Sort: q.Sort}.checked("search", withRelevance(&documentListing), nil)
	return err
}

func (q SavedSearch) args() pgx.NamedArgs {
	return pgx.NamedArgs{"id": q.ID, "name": q.Name, "query": q.Query, "filters": q.Filters, "sort": q.Sort}
}

// CreateSearch keeps a search.
func (s *Store) CreateSearch(ctx context.Context, create SavedSearchCreate) (SavedSearch, error) {
	const q = `
		insert into saved_searches (id, name, query, filters, sort)
		values (@id, @name, @query, @filters, @sort)
		returning ` + searchColumns
	search := SavedSearch{ID: newID(), Name: create.Name, Query: create.Query, Filters: create.Filters, Sort: create.Sort}
	if err := search.check(); err != nil {
		return SavedSearch{}, err
	}
	rows, _ := s.db(ctx).Query(ctx, q, search.args())
	saved, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[SavedSearch])
	return saved, orInvalid(err, "search")
}

// Search reads one saved search.
func (s *Store) Search(ctx context.Context, id uuid.UUID) (SavedSearch, error) {
	const q = `select ` + searchColumns + ` from saved_searches where id = $1`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[SavedSearch])
	return found, orNotFound(err, "search", id)
}

// UpdateSearch changes a saved search and answers it as it is then. A nonzero revision must be its own, else it is stale.
func (s *Store) UpdateSearch(ctx context.Context, id uuid.UUID, revision int64, u SavedSearchUpdate) (SavedSearch, error) {
	const q = `
		update saved_searches
		set name = @name, query = @query, filters = @filters, sort = @sort, revision = revision + 1, updated_at = now()
		where id = @id
		returning ` + searchColumns
	var saved SavedSearch
	err := s.InTx(ctx, func(ctx context.Context) error {
		search, err := s.lockSearch(ctx, id, revision)
		if err != nil {
			return err
		}
		if search, err = u.apply(search); err != nil {
			return err
		}
		rows, _ := s.db(ctx).Query(ctx, q, search.args())
		saved, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[SavedSearch])
		return orInvalid(err, "search")
	})
	return saved, err
}

// apply answers the search as the update leaves it.
func (u SavedSearchUpdate) apply(q SavedSearch) (SavedSearch, error) {
	if u.Name != nil {
		q.Name = *u.Name
	}
	if u.Query != nil {
		q.Query = *u.Query
	}
	if u.Sort != nil {
		q.Sort = *u.Sort
	}
	var err error
	if q.Filters, err = u.Filters.apply(q.Filters); err != nil {
		return q, err
	}
	return q, q.check()
}

func (s *Store) lockSearch(ctx context.Context, id uuid.UUID, revision int64) (SavedSearch, error) {
	const q = `select ` + searchColumns + ` from saved_searches where id = $1 for update`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	search, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[SavedSearch])
	if err != nil {
		return SavedSearch{}, orNotFound(err, "search", id)
	}
	if revision != 0 && revision != search.Revision {
		return SavedSearch{}, stale("search", id)
	}
	return search, nil
}

// DeleteSearch forgets a saved search, and with it its feed. A nonzero revision must be its own, else it is stale.
func (s *Store) DeleteSearch(ctx context.Context, id uuid.UUID, revision int64) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.lockSearch(ctx, id, revision); err != nil {
			return err
		}
		_, err := s.db(ctx).Exec(ctx, `delete from saved_searches where id = $1`, id)
		return err
	})
}

// CreateFeedToken gives a saved search's feed a new token, of 256 random bits, and answers it this once. The one
// before no longer works.
func (s *Store) CreateFeedToken(ctx context.Context, id uuid.UUID) (string, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: see crypto/rand
	token := "ft_" + base64.RawURLEncoding.EncodeToString(secret)
	return token, s.setFeedToken(ctx, id, hashAPIKey(token))
}

// DeleteFeedToken makes a saved search's feed readable by API keys alone.
func (s *Store) DeleteFeedToken(ctx context.Context, id uuid.UUID) error {
	return s.setFeedToken(ctx, id, nil)
}

func (s *Store) setFeedToken(ctx context.Context, id uuid.UUID, hash []byte) error {
	const q = `
		update saved_searches
		set feed_token_hash = @hash, feed_token_created_at = case when @hash::bytea is not null then now() end, revision = revision + 1
		where id = @id`
	tag, err := s.db(ctx).Exec(ctx, q, pgx.NamedArgs{"id": id, "hash": hash})
	if err == nil && tag.RowsAffected() == 0 {
		return notFound("search", id)
	}
	return err
}

// FeedTokenOpens reports whether a token is that of a saved search's feed.
func (s *Store) FeedTokenOpens(ctx context.Context, id uuid.UUID, token string) (bool, error) {
	const q = `select exists (select from saved_searches where id = $1 and feed_token_hash = $2)`
	var opens bool
	err := s.db(ctx).QueryRow(ctx, q, id, hashAPIKey(token)).Scan(&opens)
	return opens, err
}

// A SearchFeed is what a feed shows of a saved search.
type SearchFeed struct {
	Search SavedSearch
	// Items are the matches that were fetched last, the latest first.
	Items []FeedItem
	// UpdatedAt is when the search or one of the items last changed.
	UpdatedAt time.Time
}

// A FeedItem is a document of a feed.
type FeedItem struct {
	DocumentSummary
	UpdatedAt time.Time
}

// feedLength is how many documents a feed shows.
const feedLength = 50

// SearchFeed reads the newest matches of a saved search: the 50 that were fetched last, since what comes late would
// never be seen by the date that it bears.
func (s *Store) SearchFeed(ctx context.Context, id uuid.UUID) (SearchFeed, error) {
	q, err := s.Search(ctx, id)
	if err != nil {
		return SearchFeed{}, err
	}
	terms, err := parseSearch("search", "query", q.Query)
	if err != nil {
		return SearchFeed{}, err
	}
	l := s.listing(documentListing)
	l.columns += ", t.updated_at"
	p, err := Page{Size: feedLength, Sort: "-fetched_at"}.checked("search", l.orders, nil)
	if err != nil {
		return SearchFeed{}, err
	}
	found, err := inSnapshot(ctx, s, func(ctx context.Context) (hits[FeedItem], error) {
		return search[FeedItem](ctx, s.planned(ctx), l, q.Filters.selection(), p, terms)
	})
	feed := SearchFeed{Search: q, Items: found.Items, UpdatedAt: q.UpdatedAt}
	for _, item := range found.Items {
		if item.UpdatedAt.After(feed.UpdatedAt) {
			feed.UpdatedAt = item.UpdatedAt
		}
	}
	return feed, err
}

// SavedSearchDocuments runs a saved search: FindDocuments in its own order unless the page names another.
func (s *Store) SavedSearchDocuments(ctx context.Context, id uuid.UUID, p Page, facets ...string) (DocumentSearch, error) {
	q, err := s.Search(ctx, id)
	if err != nil {
		return DocumentSearch{}, err
	}
	p.Sort = cmp.Or(p.Sort, q.Sort)
	return s.FindDocuments(ctx, q.Query, q.Filters, p, facets...)
}

var searchListing = plainListing[SavedSearch]{
	resource: "search",
	columns:  searchColumns,
	from:     "saved_searches",
	where:    "true",
	orders: []order{
		{name: "-created_at", desc: true, keys: []sortKey{{"created_at", keyTime}, {"id", keyID}}},
		{name: "name", keys: []sortKey{{"lower(name)", keyText}, {"id", keyID}}},
	},
	scan: pgx.RowToStructByName[SavedSearch],
	keys: func(q SavedSearch, order string) []string {
		if order == "name" {
			return []string{q.NameKey, q.ID.String()}
		}
		return []string{momentKey(q.CreatedAt), q.ID.String()}
	},
}

// Searches answers one page of the saved searches.
func (s *Store) Searches(ctx context.Context, p Page) (List[SavedSearch], error) {
	return searchListing.page(ctx, s, p, pgx.NamedArgs{})
}
