package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"
)

// A Document is one article, kept once however many feeds carry it. Its JSON form is the API's.
type Document struct {
	ID uuid.UUID `json:"id"`
	// CollectionID is the collection that first brought the document; nil once that is deleted.
	CollectionID *uuid.UUID `json:"collection_id"`

	Title string `json:"title"`
	// Content is sanitised HTML, ContentText the same as plain text; nil where the feed carried none.
	Content     *string `json:"content"`
	ContentText *string `json:"content_text"`
	// ContentMarkdown is the same as CommonMark with tables. It is not stored: what shows the document writes it.
	ContentMarkdown *string `json:"content_markdown" db:"-"`
	// WordCount counts ContentText, nil where there is none.
	WordCount *int    `json:"word_count"`
	Summary   *string `json:"summary"`
	// ImageURL is the lead picture.
	ImageURL     *string `json:"image_url"`
	URL          string  `json:"url"`
	CanonicalURL string  `json:"canonical_url"`
	// EntryAddress is the canonical URL for an entry of a feed that shares its address with others; "" for what has no entries.
	EntryAddress string `json:"-" db:"-"`

	// ContentFrom is where the content stands: feed or page.
	ContentFrom string `json:"content_from"`
	// PageError is why the page could not be had when it was last wanted.
	PageError *PageError `json:"page_error"`
	// PageFetchedAt is when the page was last read; nil if it never was.
	PageFetchedAt *time.Time `json:"page_fetched_at"`
	// FeedHash is the ContentHash of what the feed said last, where that is not what is kept; else nil.
	FeedHash *string `json:"-"`

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
	// Keywords, the best first, and Entities, the most frequent first, are nil until the document has been processed.
	Keywords []Keyword `json:"keywords"`
	Entities []Entity  `json:"entities"`

	Revision  int64     `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// PageError says why a page could not be had: a code for programs, a sentence for people.
type PageError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// documentColumns are those of the table; Keywords and Entities stand in another one.
const documentColumns = `
	id, collection_id, title, content, content_text, word_count, summary, image_url, content_from, page_error,
	page_fetched_at, feed_hash, url, canonical_url, source, source_name, source_metadata,
	domain, market, language, content_hash, published_at, fetched_at, author, reliability_score, paywall, status,
	processed_at, revision, created_at, updated_at`

// Document reads one document.
func (s *Store) Document(ctx context.Context, id uuid.UUID) (Document, error) {
	const q = `
		select ` + documentColumns + `, keywords, entities
		from documents
		left join document_annotations on document_id = id and status <> 'new'
		where id = $1`
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
		if err := s.LockOutDocuments(ctx); err != nil {
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

// LockOutDocuments waits for every transaction that saves documents, and keeps others from it until this one ends.
func (s *Store) LockOutDocuments(ctx context.Context) error {
	_, err := s.db(ctx).Exec(ctx, `select pg_advisory_xact_lock($1)`, documentsLock)
	return err
}

// shareDocuments keeps out whoever wants the documents to itself, until the transaction ends.
func (s *Store) shareDocuments(ctx context.Context) error {
	_, err := s.db(ctx).Exec(ctx, `select pg_advisory_xact_lock_shared($1)`, documentsLock)
	return err
}

// savedDocuments counts what became of a batch, and lists what was added or updated.
type savedDocuments struct {
	Added, Updated, Unchanged int
	Changed                   []ChangedDocument
}

// A ChangedDocument is one that a poll has added, or to which its feed has said something new.
type ChangedDocument struct {
	ID           uuid.UUID
	CanonicalURL string
	Added        bool
}

// saveDocuments keeps each document once, by its canonical URL. One that is there already is
// replaced only by the collection that brought it, and only if its content has changed; one that
// was deleted stays away. A text that was read from the page stays where the feed has less. Where only the
// figures of a service have changed, such as points or a position, those are replaced and nothing else.
func (s *Store) saveDocuments(ctx context.Context, documents []Document) (savedDocuments, error) {
	// Ordered by the hash, two transactions with the same documents never wait for each other in a circle.
	const q = `
		insert into documents (
			id, collection_id, title, content, content_text, word_count, summary, image_url, content_from, url,
			canonical_url, canonical_url_hash, source, source_name, source_metadata, domain, market, language, content_hash,
			feed_hash, published_at, fetched_at, author)
		select distinct on (hash)
			id, collection_id, title, content, content_text, word_count, summary, image_url, content_from, url,
			canonical_url, hash, source, source_name, metadata, domain, market, language, content_hash,
			feed_hash, published_at, fetched_at, author
		from unnest(
			@id::uuid[], @collection_id::uuid[], @title::text[], @content::text[], @content_text::text[],
			@word_count::integer[], @summary::text[], @image_url::text[], @content_from::text[],
			@url::text[], @canonical_url::text[], @hash::bytea[], @source::text[], @source_name::text[], @metadata::jsonb[],
			@domain::text[], @market::text[], @language::text[], @content_hash::text[], @feed_hash::text[], @published_at::timestamptz[],
			@fetched_at::timestamptz[], @author::text[]
		) with ordinality as d (
			id, collection_id, title, content, content_text, word_count, summary, image_url, content_from, url,
			canonical_url, hash, source, source_name, metadata, domain, market, language, content_hash, feed_hash, published_at,
			fetched_at, author, position)
		where not exists (select from deleted_documents where canonical_url_hash = d.hash)
			-- What has not changed is not even locked: an insert in vain would write to every row it meets.
			and not exists (
				select
				from documents as known
				where known.canonical_url_hash = d.hash
					and (known.collection_id is distinct from d.collection_id
						or coalesce(known.feed_hash, known.content_hash) = coalesce(d.feed_hash, d.content_hash)))
		order by hash, position
		on conflict (canonical_url_hash) do update
		set title = excluded.title, content = excluded.content, content_text = excluded.content_text,
			word_count = excluded.word_count, image_url = excluded.image_url,
			content_from = excluded.content_from, feed_hash = excluded.feed_hash,
			summary = excluded.summary, url = excluded.url, source_metadata = excluded.source_metadata,
			content_hash = excluded.content_hash, published_at = excluded.published_at, author = excluded.author,
			language = excluded.language, status = 'new', processed_at = null,
			revision = documents.revision + 1, updated_at = now()
		where documents.collection_id = excluded.collection_id
			and coalesce(documents.feed_hash, documents.content_hash) <> coalesce(excluded.feed_hash, excluded.content_hash)
		returning id, canonical_url, xmax = 0 as added`
	if len(documents) == 0 {
		return savedDocuments{}, nil
	}
	if err := s.shareDocuments(ctx); err != nil {
		return savedDocuments{}, err
	}
	documents, err := s.tellEntriesApart(ctx, documents)
	if err != nil {
		return savedDocuments{}, err
	}
	documents, err = s.keepPageTexts(ctx, documents)
	if err != nil {
		return savedDocuments{}, err
	}
	rows, _ := s.db(ctx).Query(ctx, q, documentArrays(documents))
	changed, err := pgx.CollectRows(rows, pgx.RowToStructByName[ChangedDocument])
	saved := savedDocuments{Unchanged: len(documents) - len(changed), Changed: changed}
	for _, c := range changed {
		if c.Added {
			saved.Added++
			continue
		}
		saved.Updated++
	}
	if err != nil {
		return savedDocuments{}, err
	}
	figures, err := s.saveFigures(ctx, documents)
	saved.Updated, saved.Unchanged = saved.Updated+figures, saved.Unchanged-figures
	return saved, err
}

// saveFigures takes over what services measure anew of documents whose text has not changed, and answers
// of how many. Feeds measure nothing.
func (s *Store) saveFigures(ctx context.Context, documents []Document) (int, error) {
	const q = `
		update documents
		set source_metadata = documents.source_metadata || d.metadata, revision = revision + 1, updated_at = now()
		from unnest(@hash::bytea[], @collection_id::uuid[], @metadata::jsonb[]) as d (hash, collection_id, metadata)
		where canonical_url_hash = d.hash and documents.collection_id = d.collection_id and source <> 'rss'
			and documents.source_metadata || d.metadata <> documents.source_metadata`
	if documents[0].Source == TypeRSS {
		return 0, nil
	}
	tag, err := s.db(ctx).Exec(ctx, q, documentArrays(documents))
	return int(tag.RowsAffected()), err
}

// IndexPendingDocuments puts the words of documents that have just come in where searches find them
// fastest. They are found before that, too.
func (s *Store) IndexPendingDocuments(ctx context.Context) error {
	_, err := s.db(ctx).Exec(ctx, `select gin_clean_pending_list('documents_search')`)
	return err
}

// keepPageTexts gives what the feed says anew of a document the text that was read from its page, unless
// the feed has as much. What a poll says is in feed_hash from then on, so that it is no news the next time.
func (s *Store) keepPageTexts(ctx context.Context, documents []Document) ([]Document, error) {
	const q = `
		select ` + documentColumns + `
		from documents
		where canonical_url_hash = any ($1::bytea[]) and content_from = 'page'`
	hashes := make([][]byte, len(documents))
	for i, d := range documents {
		hashes[i] = addressHash(d.CanonicalURL)
	}
	rows, _ := s.db(ctx).Query(ctx, q, hashes)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[Document])
	if err != nil || len(found) == 0 {
		return documents, err
	}
	pages := map[string]Document{}
	for _, d := range found {
		pages[d.CanonicalURL] = d
	}
	kept := slices.Clone(documents)
	for i, d := range kept {
		if page, had := pages[d.CanonicalURL]; had {
			kept[i] = d.withTextOf(page)
		}
	}
	return kept, nil
}

// withTextOf is what a feed says of a document, with what its page said beyond that.
func (d Document) withTextOf(page Document) Document {
	said := d.ContentHash
	d.PublishedAt, d.Author, d.ImageURL = cmp.Or(d.PublishedAt, page.PublishedAt), cmp.Or(d.Author, page.Author), cmp.Or(d.ImageURL, page.ImageURL)
	if d.Language == undetermined {
		d.Language = page.Language
	}
	if d.words() >= page.words() {
		return d
	}
	d.Content, d.ContentText = page.Content, page.ContentText
	d.WordCount, d.ContentFrom = page.WordCount, page.ContentFrom
	d.FeedHash, d.ContentHash = &said, ContentHash(d.Title, d.ContentText)
	return d
}

// SaidByFeed is the hash of what the feed said last.
func (d Document) SaidByFeed() string {
	if d.FeedHash != nil {
		return *d.FeedHash
	}
	return d.ContentHash
}

// undetermined is the language of what does not name it.
const undetermined = "und"

func (d Document) words() int {
	if d.WordCount == nil {
		return 0
	}
	return *d.WordCount
}

// ContentHash is the SHA-256, in lower-case hex, of the title, a line feed and the plain text, each
// in Unicode NFC and with every run of white space as one space. Without text it hashes the title alone,
// line feed included.
func ContentHash(title string, text *string) string {
	content := ""
	if text != nil {
		content = *text
	}
	oneLine := func(s string) string { return norm.NFC.String(strings.Join(strings.Fields(s), " ")) }
	sum := sha256.Sum256([]byte(oneLine(title) + "\n" + oneLine(content)))
	return hex.EncodeToString(sum[:])
}

func addressHash(canonical string) []byte {
	hash := sha256.Sum256([]byte(canonical))
	return hash[:]
}

// A DocumentPage is what reading the page of a document has brought, or why it brought nothing.
type DocumentPage struct {
	DocumentID uuid.UUID
	// SaidByFeed is the document's when the page was asked for: where the feed has said something else by now,
	// the page is void.
	SaidByFeed string
	At         time.Time

	// Err is why there is no text; all below is zero then.
	Err *PageError

	Content, ContentText string
	WordCount            int
	// What the feed is silent about is taken from the page; nil, "und" and "" where it is silent, too.
	PublishedAt *time.Time
	Language    string
	Author      *string
	ImageURL    *string
	Paywall     *bool
	// Facts join SourceMetadata.
	Facts map[string]any
}

// SavePage keeps what reading a document's page has brought, and makes it new where its text has changed, so
// that it is processed again. It reports false where the feed has changed meanwhile: nothing is kept then.
func (s *Store) SavePage(ctx context.Context, p DocumentPage) (saved bool, err error) {
	const failed = `
		update documents
		set page_error = @error, revision = revision + 1
		where id = @id`
	const read = `
		update documents
		set content = @content, content_text = @content_text, word_count = @word_count,
			content_from = 'page', page_error = null, page_fetched_at = @at,
			image_url = coalesce(image_url, @image_url), author = coalesce(author, @author),
			published_at = coalesce(published_at, @published_at), paywall = coalesce(@paywall, paywall),
			language = case when language = 'und' then @language else language end,
			source_metadata = source_metadata || @facts::jsonb,
			feed_hash = nullif(@feed_hash, @content_hash), content_hash = @content_hash,
			status = case when content_hash = @content_hash then status else 'new' end,
			processed_at = case when content_hash = @content_hash then processed_at end,
			revision = revision + 1, updated_at = now()
		where id = @id`
	err = s.InTx(ctx, func(ctx context.Context) error {
		if err := s.shareDocuments(ctx); err != nil {
			return err
		}
		d, err := s.lockDocument(ctx, p.DocumentID)
		if err != nil || d.SaidByFeed() != p.SaidByFeed {
			return err
		}
		saved = true
		if p.Err != nil {
			_, err = s.db(ctx).Exec(ctx, failed, pgx.NamedArgs{"id": d.ID, "error": p.Err})
			return err
		}
		_, err = s.db(ctx).Exec(ctx, read, pgx.NamedArgs{
			"id": d.ID, "at": p.At, "content": p.Content, "content_text": p.ContentText,
			"word_count": p.WordCount, "image_url": p.ImageURL, "author": p.Author, "published_at": p.PublishedAt, "paywall": p.Paywall,
			"language": p.Language, "facts": p.Facts, "feed_hash": p.SaidByFeed, "content_hash": ContentHash(d.Title, &p.ContentText),
		})
		return err
	})
	return saved, err
}

func (s *Store) lockDocument(ctx context.Context, id uuid.UUID) (Document, error) {
	const q = `select ` + documentColumns + ` from documents where id = $1 for update`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByNameLax[Document])
	return d, orNotFound(err, "document", id)
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
		"word_count":    column(func(d Document) any { return d.WordCount }),
		"summary":       column(func(d Document) any { return d.Summary }),
		"image_url":     column(func(d Document) any { return d.ImageURL }),
		"content_from":  column(func(d Document) any { return cmp.Or(d.ContentFrom, "feed") }),
		"url":           column(func(d Document) any { return d.URL }),
		"canonical_url": column(func(d Document) any { return d.CanonicalURL }),
		"hash":          column(func(d Document) any { return addressHash(d.CanonicalURL) }),
		"source":        column(func(d Document) any { return d.Source }),
		"source_name":   column(func(d Document) any { return d.SourceName }),
		"metadata":      column(func(d Document) any { return d.SourceMetadata }),
		"domain":        column(func(d Document) any { return d.Domain }),
		"market":        column(func(d Document) any { return d.Market }),
		"language":      column(func(d Document) any { return d.Language }),
		"content_hash":  column(func(d Document) any { return d.ContentHash }),
		"feed_hash":     column(func(d Document) any { return d.FeedHash }),
		"published_at":  column(func(d Document) any { return d.PublishedAt }),
		"fetched_at":    column(func(d Document) any { return d.FetchedAt }),
		"author":        column(func(d Document) any { return d.Author }),
	}
}
