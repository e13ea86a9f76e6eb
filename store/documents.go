package store

import (
	"context"
	"crypto/sha256"
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
		if err := s.lockDocuments(ctx); err != nil {
			return err
		}
		var current int64
		err := s.db(ctx).QueryRow(ctx, `select revision from documents where id = $1 for update`, id).Scan(&current)
		if err != nil {
			return orNotFound(err, "document", id)
		}
		if revision != 0 && revision != current {
			return stale("document", id)
		}
		if err := s.forgetDocument(ctx, id); err != nil {
			return err
		}
		_, err = s.db(ctx).Exec(ctx, q, id)
		return err
	})
}

// documentsLock is the advisory lock that polls share while they save documents, and that deletions have
// to themselves: a poll that is half way through would bring a document back, or wait in a circle.
const documentsLock = 0x6363646f

func (s *Store) lockDocuments(ctx context.Context) error {
	_, err := s.db(ctx).Exec(ctx, `select pg_advisory_xact_lock($1)`, documentsLock)
	return err
}

// savedDocuments counts what became of a batch.
type savedDocuments struct{ Added, Updated, Unchanged int }

// saveDocuments keeps each document once, by its canonical URL. One that is there already is
// replaced only by the collection that brought it, and only if its content has changed. Where only the
// figures of a service have, such as points or a position, those are replaced and nothing else: feeds
// have none. A document that was deleted stays away.
func (s *Store) saveDocuments(ctx context.Context, documents []Document) (savedDocuments, error) {
	// Ordered by the hash, two transactions with the same documents never wait for each other in a circle.
	const q = `
		insert into documents (
			id, collection_id, title, content, content_text, summary, url, canonical_url, canonical_url_hash, source,
			source_name, source_metadata, domain, market, language, content_hash, published_at, fetched_at, author)
		select distinct on (hash)
			id, collection_id, title, content, content_text, summary, url, canonical_url, hash, source, source_name,
			metadata, domain, market, language, content_hash, published_at, fetched_at, author
		from unnest(
			@id::uuid[], @collection_id::uuid[], @title::text[], @content::text[], @content_text::text[], @summary::text[],
			@url::text[], @canonical_url::text[], @hash::bytea[], @source::text[], @source_name::text[], @metadata::jsonb[],
			@domain::text[], @market::text[], @language::text[], @content_hash::text[], @published_at::timestamptz[],
			@fetched_at::timestamptz[], @author::text[]
		) with ordinality as d (
			id, collection_id, title, content, content_text, summary, url, canonical_url, hash, source, source_name,
			metadata, domain, market, language, content_hash, published_at, fetched_at, author, position)
		where not exists (select from deleted_documents where canonical_url_hash = d.hash)
			-- What has not changed is not even locked: an insert in vain would write to every row it meets.
			and not exists (
				select
				from documents as known
				where known.canonical_url_hash = d.hash
					and (known.collection_id is distinct from d.collection_id or known.content_hash = d.content_hash
						and (known.source = 'rss' or known.source_metadata || d.metadata = known.source_metadata)))
		order by hash, position
		on conflict (canonical_url_hash) do update
		set title = excluded.title, content = excluded.content, content_text = excluded.content_text,
			summary = excluded.summary, url = excluded.url,
			source_metadata = case
				when documents.content_hash <> excluded.content_hash then excluded.source_metadata
				else documents.source_metadata || excluded.source_metadata end,
			content_hash = excluded.content_hash, published_at = excluded.published_at, author = excluded.author,
			language = excluded.language,
			status = case when documents.content_hash <> excluded.content_hash then 'new' else documents.status end,
			processed_at = case when documents.content_hash <> excluded.content_hash then null else documents.processed_at end,
			revision = documents.revision + 1, updated_at = now()
		where documents.collection_id = excluded.collection_id and (
			documents.content_hash <> excluded.content_hash
			or documents.source <> 'rss' and documents.source_metadata || excluded.source_metadata <> documents.source_metadata)
		returning xmax = 0`
	if len(documents) == 0 {
		return savedDocuments{}, nil
	}
	if _, err := s.db(ctx).Exec(ctx, `select pg_advisory_xact_lock_shared($1)`, documentsLock); err != nil {
		return savedDocuments{}, err
	}
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

// IndexPendingDocuments puts the words of documents that have just come in where searches find them
// fastest. They are found before that, too.
func (s *Store) IndexPendingDocuments(ctx context.Context) error {
	_, err := s.db(ctx).Exec(ctx, `select gin_clean_pending_list('documents_search')`)
	return err
}

// documentArrays turns documents into one array per column.
func documentArrays(documents []Document) pgx.NamedArgs {
	column := func(value func(Document) any) []any {
		values := make([]any, len(documents))
		for i, d := range documents {
			values[i] = value(d)
		}
		return values
	}
	return pgx.NamedArgs{
		"id":            column(func(d Document) any { return d.ID }),
		"collection_id": column(func(d Document) any { return d.CollectionID }),
		"title":         column(func(d Document) any { return d.Title }),
		"content":       column(func(d Document) any { return d.Content }),
		"content_text":  column(func(d Document) any { return d.ContentText }),
		"summary":       column(func(d Document) any { return d.Summary }),
		"url":           column(func(d Document) any { return d.URL }),
		"canonical_url": column(func(d Document) any { return d.CanonicalURL }),
		"hash": column(func(d Document) any {
			hash := sha256.Sum256([]byte(d.CanonicalURL))
			return hash[:]
		}),
		"source":       column(func(d Document) any { return d.Source }),
		"source_name":  column(func(d Document) any { return d.SourceName }),
		"metadata":     column(func(d Document) any { return d.SourceMetadata }),
		"domain":       column(func(d Document) any { return d.Domain }),
		"market":       column(func(d Document) any { return d.Market }),
		"language":     column(func(d Document) any { return d.Language }),
		"content_hash": column(func(d Document) any { return d.ContentHash }),
		"published_at": column(func(d Document) any { return d.PublishedAt }),
		"fetched_at":   column(func(d Document) any { return d.FetchedAt }),
		"author":       column(func(d Document) any { return d.Author }),
	}
}
