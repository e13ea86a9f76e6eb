package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A StorySummary is what lists show of documents of different publishers about one event. Its JSON form is the API's.
type StorySummary struct {
	ID uuid.UUID `json:"id"`
	// Title is that of the document that most others were matched with.
	Title string `json:"title"`
	Size  int    `json:"size"`
	// Sources are the registrable domains of the publishers.
	Sources   []string `json:"sources"`
	Domains   []string `json:"domains"`
	Markets   []string `json:"markets"`
	Languages []string `json:"languages"`
	// FirstAt and LastAt are the span in which its documents were published, or else fetched.
	FirstAt   time.Time `json:"first_at"`
	LastAt    time.Time `json:"last_at"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Revision  int64     `json:"-"`
}

const storyColumns = `id, title, size, sources, domains, markets, languages, first_at, last_at, created_at, updated_at, revision`

// A Story is a StorySummary with its documents and where they contradict each other.
type Story struct {
	StorySummary
	// Documents are in the order of publication, at most MaxStoryDocuments.
	Documents     []StoryDocument `json:"documents"`
	Disagreements []Disagreement  `json:"disagreements"`
}

// MaxStoryDocuments is how many documents of a story are shown, and compared for disagreements.
const MaxStoryDocuments = 50

// A StoryDocument is a member of a story, and why.
type StoryDocument struct {
	ID          uuid.UUID  `json:"id"`
	Title       string     `json:"title"`
	URL         string     `json:"url"`
	Source      string     `json:"source"`
	Language    string     `json:"language"`
	PublishedAt *time.Time `json:"published_at"`
	// Similarity, from 0 to 1, is how much it has in common with the document it was matched with; 1 for the first.
	Similarity float64 `json:"similarity"`
	// MatchedID is that document; nil for the first.
	MatchedID *uuid.UUID `json:"matched_id"`
	// SharedTerms are what the two have in common, the most telling first.
	SharedTerms []string `json:"shared_terms"`
}

// A Disagreement is a figure on which two documents of a story differ.
type Disagreement struct {
	// Kind is number, date or name.
	Kind string `json:"kind"`
	// Subject is what both sentences speak of, in words that they have in common.
	Subject string `json:"subject"`
	// Claims are two.
	Claims []Claim `json:"claims"`
}

// A Claim is what one document says.
type Claim struct {
	DocumentID uuid.UUID `json:"document_id"`
	Value      string    `json:"value"`
	// Quote is the sentence.
	Quote string `json:"quote"`
}

// A StoryFilter selects stories that have a document of each of these values; what is zero selects all.
type StoryFilter struct {
	Domain, Market, Language string
	// DocumentID selects the story of that document.
	DocumentID uuid.UUID
	// MinSources is how many publishers a story must have at least.
	MinSources int
	// Since selects stories with a document published at this time or later.
	Since *time.Time
}

var storyListing = plainListing[StorySummary]{
	resource: "story",
	columns:  storyColumns,
	from:     "stories",
	where: `(@domain = '' or domains @> array[@domain::text])
			and (@market = '' or markets @> array[@market::text])
			and (@language = '' or languages @> array[@language::text])
			and (@document::uuid is null or id = (select story_id from story_documents where document_id = @document))
			and source_count >= @min_sources
			and (@since::timestamptz is null or last_at >= @since)`,
	orders: []order{
		{name: "-last_at", desc: true, keys: []sortKey{{"last_at", keyTime}, {"id", keyID}}},
		{name: "-size", desc: true, keys: []sortKey{{"size", keyInt}, {"id", keyID}}},
	},
	scan: pgx.RowToStructByName[StorySummary],
	keys: func(s StorySummary, order string) []string {
		if order == "-size" {
			return []string{fmt.Sprint(s.Size), s.ID.String()}
		}
		return []string{momentKey(s.LastAt), s.ID.String()}
	},
}

// Stories answers one page of stories, those with the newest documents first unless told otherwise.
func (s *Store) Stories(ctx context.Context, f StoryFilter, p Page) (List[StorySummary], error) {
	return storyListing.page(ctx, s, p, pgx.NamedArgs{
		"domain": f.Domain, "market": marketCode(f.Market), "language": strings.ToLower(f.Language),
		"document": orNull(f.DocumentID), "min_sources": f.MinSources, "since": f.Since,
	})
}

// Story reads one story.
func (s *Store) Story(ctx context.Context, id uuid.UUID) (Story, error) {
	const (
		q    = `select ` + storyColumns + ` from stories where id = $1`
		docs = `
			select d.id, d.title, d.url, b.publisher as source, d.language, d.published_at, b.similarity, b.matched_id, b.shared_terms
			from story_documents b
			join documents d on d.id = b.document_id
			where b.story_id = $1
			order by coalesce(d.published_at, d.fetched_at), d.seq
			limit $2`
		disagreements = `
			select kind, subject, left_document_id, left_value, left_quote, right_document_id, right_value, right_quote
			from story_disagreements
			where story_id = $1
			order by position`
	)
	var story Story
	rows, _ := s.db(ctx).Query(ctx, q, id)
	var err error
	if story.StorySummary, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[StorySummary]); err != nil {
		return story, orNotFound(err, "story", id)
	}
	rows, _ = s.db(ctx).Query(ctx, docs, id, MaxStoryDocuments)
	if story.Documents, err = pgx.CollectRows(rows, pgx.RowToStructByName[StoryDocument]); err != nil {
		return story, fmt.Errorf("read a story's documents: %w", err)
	}
	story.Disagreements = []Disagreement{}
	rows, _ = s.db(ctx).Query(ctx, disagreements, id)
	d := Disagreement{}
	var left, right Claim
	_, err = pgx.ForEachRow(rows, []any{
		&d.Kind, &d.Subject, &left.DocumentID, &left.Value, &left.Quote, &right.DocumentID, &right.Value, &right.Quote,
	}, func() error {
		story.Disagreements = append(story.Disagreements, Disagreement{Kind: d.Kind, Subject: d.Subject, Claims: []Claim{left, right}})
		return nil
	})
	if err != nil {
		return story, fmt.Errorf("read a story's disagreements: %w", err)
	}
	return story, nil
}

// StoryTexts reads the documents of stories, at most MaxStoryDocuments of each, the first to be published first.
func (s *Store) StoryTexts(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]PendingDocument, error) {
	const q = `
		select x.*
		from unnest($1::uuid[]) as wanted (id)
		cross join lateral (
			select ` + pendingColumns + `
			from story_documents w
			join documents d on d.id = w.document_id` + pendingJoins + `
			where w.story_id = wanted.id
			order by coalesce(d.published_at, d.fetched_at), d.seq
			limit $2) x`
	rows, _ := s.db(ctx).Query(ctx, q, ids, MaxStoryDocuments)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[PendingDocument])
	texts := map[uuid.UUID][]PendingDocument{}
	for _, d := range list {
		texts[d.StoryID] = append(texts[d.StoryID], d)
	}
	return texts, err
}

// SaveDisagreements replaces those of a story.
func (s *Store) SaveDisagreements(ctx context.Context, storyID uuid.UUID, list []Disagreement) error {
	const q = `
		insert into story_disagreements (
			story_id, position, kind, subject, left_document_id, left_value, left_quote, right_document_id, right_value, right_quote)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	batch := &pgx.Batch{}
	batch.Queue(`delete from story_disagreements where story_id = $1`, storyID)
	for i, d := range list {
		left, right := d.Claims[0], d.Claims[1]
		batch.Queue(q, storyID, i, d.Kind, d.Subject, left.DocumentID, left.Value, left.Quote, right.DocumentID, right.Value, right.Quote)
	}
	return s.send(ctx, batch)
}
