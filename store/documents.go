package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A Document is one article, kept once however many feeds carry it. Its JSON form is the API's.
type Document struct {
	ID uuid.UUID `json:"id"`
	// CollectionID is the collection that first brought the document; nil once that is deleted.
	CollectionID *uuid.UUID `json:"collection_id"`

	Title string `json:"title"`
	// Content is sanitised HTML, ContentText the same as plain text; nil where the feed carried none.
	Content      *string `json:"content"`
	ContentText  *string `json:"content_text"`
	Summary      *string `json:"summary"`
	URL          string  `json:"url"`
	CanonicalURL string  `json:"canonical_url"`

	// Source is the kind of collector, SourceName the origin it read: a host, later a subreddit.
	Source         string         `json:"source"`
	SourceName     string         `json:"source_name"`
	SourceMetadata map[string]any `json:"source_metadata"`

	Domain string `json:"domain"`
	Market string `json:"market"`
	// Language is a BCP 47 primary tag: the collection's, else the feed's, else the text's; "und" where none tells.
	Language string `json:"language"`

	// ContentHash is the SHA-256 of title and content text, in lower-case hex.
	ContentHash string `json:"content_hash"`
	// PublishedAt is nil where the source does not say; it is never the time of fetching.
	PublishedAt *time.Time `json:"published_at"`
	FetchedAt   time.Time  `json:"fetched_at"`
	Author      *string    `json:"author"`

	// ReliabilityScore (0 to 1) and Paywall are nil until something has measured them.
	ReliabilityScore *float64   `json:"reliability_score"`
	Paywall          *bool      `json:"paywall"`
	Status           string     `json:"status"`
	ProcessedAt      *time.Time `json:"processed_at"`

	Revision  int64     `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

const documentColumns = `
	id, collection_id, title, content, content_text, summary, url, canonical_url, source, source_name, source_metadata,
	domain, market, language, content_hash, published_at, fetched_at, author, reliability_score, paywall, status,
	processed_at, revision, created_at, updated_at`

// Document reads one document.
func (s *Store) Document(ctx context.Context, id uuid.UUID) (Document, error) {
	const q = `select ` + documentColumns + ` from documents where id = $1`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Document])
	return d, orNotFound(err, "document", id)
}

// DeleteDocument deletes a document for good and remembers its address, so that no poll brings it
// back. A nonzero revision must be its own, else it is stale.
func (s *Store) DeleteDocument(ctx context.Context, id uuid.UUID, revision int64) error {
	const q = `
		with deleted as (delete from documents where id = $1 returning canonical_url_hash)
		insert into deleted_documents (canonical_url_hash)
		select canonical_url_hash from deleted
		on conflict do nothing`
	return s.InTx(ctx, func(ctx context.Context) error {
		var current int64
		err := s.db(ctx).QueryRow(ctx, `select revision from documents where id = $1 for update`, id).Scan(&current)
		if err != nil {
			return orNotFound(err, "document", id)
		}
		if revision != 0 && revision != current {
			return stale("document", id)
		}
		_, err = s.db(ctx).Exec(ctx, q, id)
		return err
	})
}

// savedDocuments counts what became of a batch.
type savedDocuments struct{ Added, Updated, Unchanged int }

// saveDocuments keeps each document once, by its canonical URL. One that is there already is
// replaced only by the collection that brought it, and only if its content has changed; one that
// was deleted stays away.
func (s *Store) saveDocuments(ctx context.Context, documents []Document) (savedDocuments, error) {
	const q = `
		insert into documents (
			id, collection_id, title, content, content_text, summary, url, canonical_url, canonical_url_hash, source,
			source_name, source_metadata, domain, market, language, content_hash, published_at, fetched_at, author)
		select *
		from unnest(
			@id::uuid[], @collection_id::uuid[], @title::text[], @content::text[], @content_text::text[], @summary::text[],
			@url::text[], @canonical_url::text[], @hash::bytea[], @source::text[], @source_name::text[], @metadata::jsonb[],
			@domain::text[], @market::text[], @language::text[], @content_hash::text[], @published_at::timestamptz[],
			@fetched_at::timestamptz[], @author::text[]
		) as d (
			id, collection_id, title, content, content_text, summary, url, canonical_url, hash, source, source_name,
			metadata, domain, market, language, content_hash, published_at, fetched_at, author)
		where not exists (select from deleted_documents where canonical_url_hash = d.hash)
		on conflict (canonical_url_hash) do update
		set title = excluded.title, content = excluded.content, content_text = excluded.content_text,
			summary = excluded.summary, url = excluded.url, source_metadata = excluded.source_metadata,
			content_hash = excluded.content_hash, published_at = excluded.published_at, author = excluded.author,
			language = excluded.language, status = 'new', processed_at = null,
			revision = documents.revision + 1, updated_at = now()
		where documents.collection_id = excluded.collection_id and documents.content_hash <> excluded.content_hash
		returning xmax = 0`
	rows, _ := s.db(ctx).Query(ctx, q, documentArrays(documents))
	added, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	saved := savedDocuments{Unchanged: len(documents) - len(added)}
	for _, isNew := range added {
		if isNew {
			saved.Added++
			continue
		}
		saved.Updated++
	}
	return saved, err
}

// documentArrays turns documents into one array per column. They are ordered by the hash of their
// address, so that two transactions with the same documents never wait for each other in a circle.
func documentArrays(documents []Document) pgx.NamedArgs {
	type hashed struct {
		Document
		hash []byte
	}
	ordered := make([]hashed, len(documents))
	for i, d := range documents {
		hash := sha256.Sum256([]byte(d.CanonicalURL))
		ordered[i] = hashed{d, hash[:]}
	}
	slices.SortFunc(ordered, func(a, b hashed) int { return bytes.Compare(a.hash, b.hash) })
	column := func(value func(hashed) any) []any {
		values := make([]any, len(ordered))
		for i, d := range ordered {
			values[i] = value(d)
		}
		return values
	}
	return pgx.NamedArgs{
		"id":            column(func(d hashed) any { return d.ID }),
		"collection_id": column(func(d hashed) any { return d.CollectionID }),
		"title":         column(func(d hashed) any { return d.Title }),
		"content":       column(func(d hashed) any { return d.Content }),
		"content_text":  column(func(d hashed) any { return d.ContentText }),
		"summary":       column(func(d hashed) any { return d.Summary }),
		"url":           column(func(d hashed) any { return d.URL }),
		"canonical_url": column(func(d hashed) any { return d.CanonicalURL }),
		"hash":          column(func(d hashed) any { return d.hash }),
		"source":        column(func(d hashed) any { return d.Source }),
		"source_name":   column(func(d hashed) any { return d.SourceName }),
		"metadata":      column(func(d hashed) any { return d.SourceMetadata }),
		"domain":        column(func(d hashed) any { return d.Domain }),
		"market":        column(func(d hashed) any { return d.Market }),
		"language":      column(func(d hashed) any { return d.Language }),
		"content_hash":  column(func(d hashed) any { return d.ContentHash }),
		"published_at":  column(func(d hashed) any { return d.PublishedAt }),
		"fetched_at":    column(func(d hashed) any { return d.FetchedAt }),
		"author":        column(func(d hashed) any { return d.Author }),
	}
}
