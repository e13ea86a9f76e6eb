package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// A DocumentSummary is what lists show of a document. Its JSON form is the API's.
type DocumentSummary struct {
	ID           uuid.UUID  `json:"id"`
	CollectionID *uuid.UUID `json:"collection_id"`
	Title        string     `json:"title"`
	// Summary is its first 500 characters.
	Summary     *string    `json:"summary"`
	URL         string     `json:"url"`
	Source      string     `json:"source"`
	SourceName  string     `json:"source_name"`
	Domain      string     `json:"domain"`
	Market      string     `json:"market"`
	Language    string     `json:"language"`
	PublishedAt *time.Time `json:"published_at"`
	FetchedAt   time.Time  `json:"fetched_at"`
	Author      *string    `json:"author"`
	Status      string     `json:"status"`
}

// A DocumentHit is a document that matches a search.
type DocumentHit struct {
	DocumentSummary
	// Score says how well it matches, within one answer; it is 0 in orders other than relevance.
	Score float64 `json:"score"`
	// TitleHighlighted and Snippet are safe HTML in which only <mark> is markup.
	TitleHighlighted string `json:"title_highlighted"`
	Snippet          string `json:"snippet"`
}

// A DocumentFilter selects documents; what is zero selects all. Its JSON form is the API's.
type DocumentFilter struct {
	Domain     string `json:"domain,omitempty"`
	Market     string `json:"market,omitempty"`
	Language   string `json:"language,omitempty"`
	Source     string `json:"source,omitempty"`
	SourceName string `json:"source_name,omitempty"`
	// Site selects the origins that are a site, or hosts below it.
	Site         string    `json:"site,omitempty"`
	Status       string    `json:"status,omitempty"`
	CollectionID uuid.UUID `json:"collection_id,omitzero"`
	// The After are inclusive, the Before exclusive. A document without a date lies in no span of time.
	PublishedAfter  *time.Time `json:"published_after,omitempty"`
	PublishedBefore *time.Time `json:"published_before,omitempty"`
	FetchedAfter    *time.Time `json:"fetched_after,omitempty"`
	FetchedBefore   *time.Time `json:"fetched_before,omitempty"`
}

// normalised writes the values as documents have them.
func (f DocumentFilter) normalised() DocumentFilter {
	f.Market, f.Language = marketCode(f.Market), languageTag(f.Language)
	if f.Site != "" {
		f.Site = Site(f.Site)
	}
	return f
}

// summaryColumns are those of a DocumentSummary, of the table alias t.
const summaryColumns = `t.id, t.collection_id, t.title, left(t.summary, 500) as summary, t.url, t.source, t.source_name, t.domain, t.market,
		t.language, t.published_at, t.fetched_at, t.author, t.status`

var documentListing = listing{
	resource: "document",
	table:    "documents",
	facets:   "document_facets",
	columns:  summaryColumns,
	walked:   "t.id, t.facet, t.published_order, t.fetched_at",
	spanned:  map[string]string{"-published_at": "fetched_at", "published_at": "fetched_at", "-fetched_at": "published_order"},
	orders: []order{
		{name: "-published_at", desc: true, keys: []sortKey{{"published_order", keyTime}, {"id", keyID}}},
		{name: "published_at", keys: []sortKey{{"published_order", keyTime}, {"id", keyID}}},
		{name: "-fetched_at", desc: true, keys: []sortKey{{"fetched_at", keyTime}, {"id", keyID}}},
	},
	words: `(t.search_vector || document_tags(t.domain, t.market, t.language, t.source, t.source_name, t.collection_id, t.status,
		t.published_at, t.fetched_at, t.seq))`,
	indexed: "t.status <> 'new'",
	recent:  "published_order",
	kinds:   map[string]string{"published_order": "a", "fetched_at": "b"},
}

// Documents lists documents, the last published first unless told otherwise. Those without a date
// stand behind all others, and in the order "published_at" before them.
func (s *Store) Documents(ctx context.Context, f DocumentFilter, p Page) (List[DocumentSummary], error) {
	checked, err := p.checked("document", documentListing.orders, f)
	if err != nil {
		return List[DocumentSummary]{}, err
	}
	return inSnapshot(ctx, s, func(ctx context.Context) (List[DocumentSummary], error) {
		return page[DocumentSummary](ctx, s.planned(ctx), s.listing(documentListing), f.selection(), checked, s.totalCap)
	})
}

// SearchDocuments lists the documents that match a web search, the best among the newest matches first
// unless told otherwise.
func (s *Store) SearchDocuments(ctx context.Context, terms string, f DocumentFilter, p Page) (List[DocumentHit], error) {
	return inSnapshot(ctx, s, func(ctx context.Context) (List[DocumentHit], error) {
		found, err := s.searchDocuments(ctx, terms, f, p)
		if err != nil {
			return List[DocumentHit]{}, err
		}
		return s.highlight(ctx, found)
	})
}

func (s *Store) searchDocuments(ctx context.Context, terms string, f DocumentFilter, p Page) (hits[DocumentSummary], error) {
	q, err := parseSearch("document", "q", terms)
	if err != nil {
		return hits[DocumentSummary]{}, err
	}
	checked, err := p.checked("document", withRelevance(&documentListing), struct {
		Terms  string
		Filter DocumentFilter
	}{terms, f})
	if err != nil {
		return hits[DocumentSummary]{}, err
	}
	return search[DocumentSummary](ctx, s.planned(ctx), s.listing(documentListing), f.selection(), checked, q)
}

func (f DocumentFilter) selection() *selection {
	f = f.normalised()
	s := newSelection()
	s.is("domain", "d", f.Domain)
	s.is("market", "m", f.Market)
	s.is("language", "l", f.Language)
	s.is("source", "s", f.Source)
	s.is("source_name", "n", f.SourceName)
	s.below("source_name", "n", f.Site)
	s.is("status", "t", f.Status)
	if f.CollectionID != uuid.Nil {
		s.is("collection_id", "k", f.CollectionID.String())
	}
	s.within("published_order", f.PublishedAfter, f.PublishedBefore)
	s.within("fetched_at", f.FetchedAfter, f.FetchedBefore)
	return s
}
