package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// facetValue is what a document has in a field.
func facetValue(d store.DocumentSummary, field string) string {
	switch field {
	case "source":
		return d.Source
	case "source_name":
		return d.SourceName
	case "language":
		return d.Language
	case "domain":
		return d.Domain
	case "market":
		return d.Market
	}
	if d.PublishedAt == nil {
		return "none"
	}
	return d.PublishedAt.Format("2006-01")
}

// Facets say what counting by hand says, of all matches where they are few and of the newest where they are many.
func TestFacets(t *testing.T) {
	t.Parallel()
	dsn := storetest.NewDatabase(t)
	s := storetest.Open(t, dsn)
	random := rand.New(rand.NewPCG(7, 8))
	for _, c := range []store.CollectionCreate{{Domain: "energy", Market: "de"}, {Domain: "energy", Market: "at"}, {Domain: "art", Market: "fr"}} {
		documents := make([]store.Document, 60)
		for i := range documents {
			text := []string{"heat pump today", "pump the heat", "nothing"}[random.IntN(3)]
			documents[i] = store.Document{
				Title: "Title", ContentText: &text, Language: []string{"en", "de"}[random.IntN(2)],
				SourceName: fmt.Sprintf("s%d.%s", random.IntN(30), []string{"example.com", "anexample.com", "example.org"}[random.IntN(3)]),
			}
			if random.IntN(5) > 0 {
				documents[i].PublishedAt = pointer(time.Date(2024, time.Month(1+random.IntN(30)), 3, 0, 0, 0, 0, time.UTC))
			}
		}
		processedFeed(t, s, c, documents...)
	}
	for name, tc := range map[string]struct {
		terms  string
		filter store.DocumentFilter
		// matchless searches find nothing.
		matchless bool
	}{
		"a word":           {"heat", store.DocumentFilter{}, false},
		"a phrase":         {`"heat pump"`, store.DocumentFilter{}, false},
		"filters":          {"pump", store.DocumentFilter{Domain: "energy", Language: "de"}, false},
		"a site":           {"pump", store.DocumentFilter{Site: "www.example.com"}, false},
		"a span of time":   {"pump", store.DocumentFilter{PublishedAfter: pointer(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC))}, false},
		"no match":         {"xylophone", store.DocumentFilter{}, true},
		"stop words alone": {"the", store.DocumentFilter{Language: "en"}, true},
	} {
		var matches []store.DocumentSummary
		for page := (store.Page{Size: 100, Sort: "-fetched_at"}); ; {
			list, err := s.SearchDocuments(t.Context(), tc.terms, tc.filter, page)
			require.NoError(t, err)
			for _, hit := range list.Items {
				matches = append(matches, hit.DocumentSummary)
			}
			if list.NextCursor == nil {
				break
			}
			page.Cursor = *list.NextCursor
		}
		require.Equal(t, tc.matchless, len(matches) == 0, name)
		for _, narrow := range []bool{false, true} {
			for _, sort := range []string{"relevance", "-published_at"} {
				t.Run(fmt.Sprintf("%s/%t/%s", name, narrow, sort), func(t *testing.T) {
					t.Parallel()
					s := storetest.Open(t, dsn)
					if narrow {
						s.Narrow(false)
					}
					found, err := s.FindDocuments(t.Context(), tc.terms, tc.filter, store.Page{Sort: sort, Size: 3}, store.FacetFields()...)
					require.NoError(t, err)
					require.Len(t, found.Facets, 6)
					for i, field := range store.FacetFields() {
						facet := found.Facets[i]
						require.Equal(t, field, facet.Field)
						require.NotNil(t, facet.Values)
						require.LessOrEqual(t, len(facet.Values), 20)
						truth := map[string]int{}
						for _, d := range matches {
							truth[facetValue(d, field)]++
						}
						sum := facet.Other
						for i, value := range facet.Values {
							key := "none"
							if value.Value != nil {
								key = *value.Value
							}
							sum += value.Count
							require.LessOrEqual(t, value.Count, truth[key], "%s %s", field, key)
							if facet.Relation == "eq" {
								require.Equal(t, truth[key], value.Count, "%s %s", field, key)
							}
							if i > 0 && field == "month" && value.Value != nil {
								require.Less(t, *value.Value, *facet.Values[i-1].Value, "the latest month first")
							} else if i > 0 && field != "month" {
								require.LessOrEqual(t, value.Count, facet.Values[i-1].Count, "the most frequent first")
							}
						}
						require.Equal(t, facet.Counted, sum)
						require.Equal(t, found.TotalRelation, facet.Relation)
						if facet.Relation == "eq" {
							require.Equal(t, len(matches), facet.Counted)
						} else {
							require.True(t, narrow)
							require.Positive(t, facet.Counted)
							require.LessOrEqual(t, facet.Counted, 30)
						}
					}
				})
			}
		}
	}
	_, err := s.FindDocuments(t.Context(), "heat", store.DocumentFilter{}, store.Page{}, "author")
	var refusal *store.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, store.KindInvalid, refusal.Kind)
	without, err := s.FindDocuments(t.Context(), "heat", store.DocumentFilter{}, store.Page{})
	require.NoError(t, err)
	require.Nil(t, without.Facets)
}

// A site is a registrable domain with all hosts below it, however many there are.
func TestFilterBySite(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	documents := []store.Document{{SourceName: "example.com"}, {SourceName: "news.example.com"}, {SourceName: "notexample.com"}, {SourceName: "example.com.evil.org"}}
	for i := range 250 {
		documents = append(documents, store.Document{SourceName: fmt.Sprintf("b%d.many.net", i)})
	}
	processedFeed(t, s, store.CollectionCreate{}, documents...)
	for site, want := range map[string]int{
		"example.com": 2, "WWW.Example.COM": 2, "news.example.com": 2, "many.net": 250, "com": 0, "%": 0, "evil.org": 1, "absent.example": 0,
	} {
		list, err := s.Documents(t.Context(), store.DocumentFilter{Site: site}, store.Page{})
		require.NoError(t, err)
		require.Equal(t, want, list.Total, site)
		for _, sort := range []string{"relevance", "published_at"} {
			found, err := s.SearchDocuments(t.Context(), "title", store.DocumentFilter{Site: site}, store.Page{Sort: sort})
			require.NoError(t, err)
			require.Equal(t, want, found.Total, site)
		}
	}
}
