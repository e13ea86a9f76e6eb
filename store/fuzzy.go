package store

import (
	"context"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A Found is one page of a search.
type Found[T any] struct {
	List[T]
	// Fuzzy: no text has the words, and these are the items whose titles look most like them. There is
	// one page of them.
	Fuzzy bool `json:"fuzzy"`
}

// FindTopics is Topics that, where a search has no match, answers what looks like it.
func (s *Store) FindTopics(ctx context.Context, f TopicFilter, p Page) (Found[TopicSummary], error) {
	list, err := s.Topics(ctx, f, p)
	if err != nil || list.Total > 0 || p.Cursor != "" || !mayBeMisspelt(f.Search) {
		return Found[TopicSummary]{List: list}, err
	}
	alike, err := lookAlikes[TopicSummary](ctx, s.planned(ctx), &topicListing, f.selection(), f.Search, list.PageSize)
	return fuzzily(list, alike), err
}

// A DocumentSearch is one page of a search of documents, and what was counted on the way.
type DocumentSearch struct {
	Found[DocumentHit]
	// Facets are nil unless some were asked for.
	Facets []Facet `json:"facets"`
}

// FindDocuments is SearchDocuments that, where nothing matches, answers what looks like it. It counts the values of
// the fields that facets names, see FacetFields, among the matches; what only looks alike is not counted.
func (s *Store) FindDocuments(ctx context.Context, terms string, f DocumentFilter, p Page, facets ...string) (DocumentSearch, error) {
	result, err := inSnapshot(ctx, s, func(ctx context.Context) (DocumentSearch, error) {
		hits, err := s.searchDocuments(ctx, terms, f, p)
		if err != nil {
			return DocumentSearch{}, err
		}
		counted, err := hits.facets(ctx, facets)
		if err != nil {
			return DocumentSearch{}, err
		}
		list, err := s.highlight(ctx, hits)
		return DocumentSearch{Found[DocumentHit]{List: list}, counted}, err
	})
	if err != nil || result.Total > 0 || p.Cursor != "" || !mayBeMisspelt(terms) {
		return result, err
	}
	result.Found, err = s.similarDocuments(ctx, terms, f, result.List)
	return result, err
}

// similarDocuments answers what looks like terms instead of an empty list.
func (s *Store) similarDocuments(ctx context.Context, terms string, f DocumentFilter, empty List[DocumentHit]) (Found[DocumentHit], error) {
	alike, err := lookAlikes[DocumentSummary](ctx, s.planned(ctx), &documentListing, f.selection(), terms, empty.PageSize)
	hits := make([]DocumentHit, len(alike))
	for i, d := range alike {
		hits[i] = DocumentHit{DocumentSummary: d, TitleHighlighted: html.EscapeString(d.Title)}
		if d.Summary != nil {
			hits[i].Snippet = html.EscapeString(*d.Summary)
		}
	}
	return fuzzily(empty, hits), err
}

// mayBeMisspelt reports whether a search is words alone. Who quotes or excludes means it.
func mayBeMisspelt(terms string) bool {
	words := strings.Fields(terms)
	return len(words) > 0 && !strings.ContainsRune(terms, '"') &&
		!slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, "-") })
}

// fuzzily is an empty list with what was found instead.
func fuzzily[T any](list List[T], alike []T) Found[T] {
	if len(alike) > 0 {
		list.Items, list.Total, list.Pages = alike, len(alike), 1
	}
	return Found[T]{List: list, Fuzzy: len(alike) > 0}
}

// lookAlikes finds items that a filter selects and whose title has a passage that looks like the
// terms: misspelt, or in another form than any stemmer knows. The most alike come first.
func lookAlikes[T any](ctx context.Context, db querier, l *listing, s *selection, terms string, limit int) ([]T, error) {
	if err := l.resolve(ctx, db, s); err != nil || s.nothing() {
		return nil, err
	}
	q := `
		select ` + l.columns + `
		from ` + l.table + ` t
		where @terms <% t.title and ` + l.indexed + ` and ` + allOf(s.where(), s.inFacets()) + `
		order by word_similarity(@terms, t.title) desc, t.id desc
		limit @limit`
	args := maps.Clone(s.args)
	args["terms"], args["limit"] = terms, limit
	rows, _ := db.Query(ctx, q, args)
	alike, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	if err != nil {
		return nil, fmt.Errorf("look for similar titles: %w", err)
	}
	return alike, nil
}
