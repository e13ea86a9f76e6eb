package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// feed creates a collection and saves these documents as its first poll.
func feed(t *testing.T, s *store.Store, c store.CollectionCreate, documents ...store.Document) store.Collection {
	t.Helper()
	if c.URL == nil {
		c.URL = new("https://example.org/" + uuid.NewString())
	}
	created, err := s.CreateCollection(t.Context(), store.CollectionCreate{
		Name: "Feed", URL: c.URL, Domain: defaulted(c.Domain, "proptech"), Market: defaulted(c.Market, "de"),
	})
	require.NoError(t, err)
	for i, d := range documents {
		d.CanonicalURL = defaulted(d.CanonicalURL, fmt.Sprintf("https://example.org/%s/%d", created.ID, i))
		d.URL, d.Source = d.CanonicalURL, "rss"
		d.SourceName = defaulted(d.SourceName, "example.org")
		d.Title, d.Language = defaulted(d.Title, "Title"), defaulted(d.Language, "de")
		d.ContentHash = defaulted(d.ContentHash, strings.Repeat("0", 64))
		if d.FetchedAt.IsZero() {
			d.FetchedAt = time.Now().UTC()
		}
		if d.SourceMetadata == nil {
			d.SourceMetadata = map[string]any{}
		}
		documents[i] = d
	}
	outcome, err := s.SavePoll(t.Context(), store.Poll{
		Asked: created, At: time.Now(), NextPollAt: time.Now().Add(time.Hour), Documents: documents,
	})
	require.NoError(t, err)
	require.Equal(t, len(documents), outcome.DocumentsAdded)
	return created
}

// processedFeed is a feed whose documents searches find.
func processedFeed(t *testing.T, s *store.Store, c store.CollectionCreate, documents ...store.Document) store.Collection {
	t.Helper()
	created := feed(t, s, c, documents...)
	storetest.Process(t, s)
	return created
}

func defaulted(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

func walkDocuments(t *testing.T, s *store.Store, f store.DocumentFilter, sort string, size int) []store.DocumentSummary {
	t.Helper()
	var all []store.DocumentSummary
	for page := (store.Page{Size: size, Sort: sort}); ; {
		list, err := s.Documents(t.Context(), f, page)
		require.NoError(t, err)
		all = append(all, list.Items...)
		if list.NextCursor == nil {
			return all
		}
		require.Len(t, list.Items, size, "only the last page is short")
		page.Cursor = *list.NextCursor
	}
}

func TestDocumentsAreFilteredSortedAndPaged(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	random := rand.New(rand.NewPCG(3, 4))
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	batch := func(n int) []store.Document {
		documents := make([]store.Document, n)
		for i := range documents {
			documents[i] = store.Document{
				Language: []string{"de", "en", "und"}[random.IntN(3)], SourceName: []string{"a.example", "b.example"}[random.IntN(2)],
				FetchedAt: day(1 + random.IntN(20)), Summary: pointer(strings.Repeat("ü", 600)),
			}
			if random.IntN(5) > 0 {
				documents[i].PublishedAt = pointer(day(1 + random.IntN(20)))
			}
		}
		return documents
	}
	first := feed(t, s, store.CollectionCreate{Domain: "proptech", Market: "de"}, batch(60)...)
	feed(t, s, store.CollectionCreate{Domain: "fashion", Market: "fr"}, batch(40)...)
	all := walkDocuments(t, s, store.DocumentFilter{}, "-fetched_at", 100)
	require.Len(t, all, 100)
	require.Equal(t, 500, len([]rune(*all[0].Summary)), "a list shows the beginning")
	early, late := day(5), day(12)

	filters := map[string]struct {
		filter store.DocumentFilter
		keep   func(store.DocumentSummary) bool
	}{
		"nothing":     {store.DocumentFilter{}, func(store.DocumentSummary) bool { return true }},
		"domain":      {store.DocumentFilter{Domain: "fashion"}, func(x store.DocumentSummary) bool { return x.Domain == "fashion" }},
		"market":      {store.DocumentFilter{Market: "de"}, func(x store.DocumentSummary) bool { return x.Market == "de" }},
		"language":    {store.DocumentFilter{Language: "und"}, func(x store.DocumentSummary) bool { return x.Language == "und" }},
		"source":      {store.DocumentFilter{Source: "rss"}, func(store.DocumentSummary) bool { return true }},
		"source name": {store.DocumentFilter{SourceName: "a.example"}, func(x store.DocumentSummary) bool { return x.SourceName == "a.example" }},
		"collection":  {store.DocumentFilter{CollectionID: first.ID}, func(x store.DocumentSummary) bool { return *x.CollectionID == first.ID }},
		"status":      {store.DocumentFilter{Status: "processed"}, func(store.DocumentSummary) bool { return false }},
		"published": {
			store.DocumentFilter{PublishedAfter: &early, PublishedBefore: &late},
			func(x store.DocumentSummary) bool {
				return x.PublishedAt != nil && !x.PublishedAt.Before(early) && x.PublishedAt.Before(late)
			},
		},
		"fetched": {
			store.DocumentFilter{FetchedAfter: &early, FetchedBefore: &late},
			func(x store.DocumentSummary) bool { return !x.FetchedAt.Before(early) && x.FetchedAt.Before(late) },
		},
		"everything": {
			store.DocumentFilter{Domain: "proptech", Language: "de", SourceName: "b.example", CollectionID: first.ID, FetchedAfter: &early, Status: "new"},
			func(x store.DocumentSummary) bool {
				return x.Domain == "proptech" && x.Language == "de" && x.SourceName == "b.example" && !x.FetchedAt.Before(early)
			},
		},
	}
	moment := func(at *time.Time) time.Time {
		if at == nil {
			return time.Time{}
		}
		return *at
	}
	orders := map[string]func(a, b store.DocumentSummary) int{
		"-published_at": func(a, b store.DocumentSummary) int { return moment(b.PublishedAt).Compare(moment(a.PublishedAt)) },
		"published_at":  func(a, b store.DocumentSummary) int { return moment(a.PublishedAt).Compare(moment(b.PublishedAt)) },
		"-fetched_at":   func(a, b store.DocumentSummary) int { return b.FetchedAt.Compare(a.FetchedAt) },
	}
	for name, tc := range filters {
		for sort, compare := range orders {
			t.Run(name+"/"+sort, func(t *testing.T) {
				t.Parallel()
				want := map[uuid.UUID]bool{}
				for _, x := range all {
					if tc.keep(x) {
						want[x.ID] = true
					}
				}
				got := walkDocuments(t, s, tc.filter, sort, 6)
				require.Len(t, got, len(want))
				for _, x := range got {
					require.True(t, want[x.ID], "%+v", x)
					delete(want, x.ID)
				}
				require.Empty(t, want, "each once")
				require.True(t, slices.IsSortedFunc(got, compare), "in order, those without a date as the oldest")
				list, err := s.Documents(t.Context(), tc.filter, store.Page{Number: 2, Size: 6, Sort: sort})
				require.NoError(t, err)
				require.Equal(t, len(got), list.Total)
				require.Equal(t, orEmpty(got[min(6, len(got)):min(12, len(got))]), orEmpty(list.Items))
			})
		}
	}
}

func TestDocumentSearch(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	document := func(language, title, text string) store.Document {
		return store.Document{Language: language, Title: title, ContentText: &text, PublishedAt: pointer(time.Now().Add(-time.Hour))}
	}
	home := processedFeed(t, s, store.CollectionCreate{},
		document("de", "Neue Häuser denken mit", "Die Verwaltungen der Städte planen smarte Gebäude."),
		document("de", "Haushalt", "Das Haus hat Geld."),
		document("en", "Houses", "Smart building with C# and C++ <script>alert('x')</script> & more"),
		document("fr", "L'été à la maison", "Une économie d'énergie"),
		document("und", "Haeuser 42", "ohne Sprache, aber mit Häuser"),
	)
	processedFeed(t, s, store.CollectionCreate{Domain: "fashion"}, document("de", "Häuser der Mode", "Kleider"))

	cases := map[string]struct {
		terms  string
		filter store.DocumentFilter
		want   []string
	}{
		"word forms in German":         {"Haus", store.DocumentFilter{Language: "de"}, []string{"Neue Häuser denken mit", "Haushalt", "Häuser der Mode"}},
		"each in its own language":     {"Häuser", store.DocumentFilter{}, []string{"Neue Häuser denken mit", "Haushalt", "Häuser der Mode", "Haeuser 42"}},
		"singular finds the plural":    {"Verwaltung", store.DocumentFilter{}, []string{"Neue Häuser denken mit"}},
		"accents are folded":           {"economie maison", store.DocumentFilter{}, []string{"L'été à la maison"}},
		"a phrase":                     {`"planen smarte"`, store.DocumentFilter{}, []string{"Neue Häuser denken mit"}},
		"a phrase in the wrong order":  {`"smarte planen"`, store.DocumentFilter{}, nil},
		"without":                      {"häuser -mode", store.DocumentFilter{Language: "de"}, []string{"Neue Häuser denken mit", "Haushalt"}},
		"or":                           {"kleider or geld", store.DocumentFilter{}, []string{"Häuser der Mode", "Haushalt"}},
		"C++ is not C":                 {"C++", store.DocumentFilter{}, []string{"Houses"}},
		"C#":                           {"c#", store.DocumentFilter{}, []string{"Houses"}},
		"a hyphen":                     {"smart-building", store.DocumentFilter{}, []string{"Houses"}},
		"a domain":                     {"häuser", store.DocumentFilter{Domain: "fashion"}, []string{"Häuser der Mode"}},
		"a collection":                 {"haus", store.DocumentFilter{CollectionID: home.ID, Language: "de"}, []string{"Neue Häuser denken mit", "Haushalt"}},
		"nothing that any text has":    {"xylophon", store.DocumentFilter{}, nil},
		"filters exclude each other":   {"haus", store.DocumentFilter{Domain: "fashion", Language: "fr"}, nil},
		"a date in the future of all":  {"haus", store.DocumentFilter{PublishedAfter: pointer(time.Now().Add(time.Hour))}, nil},
		"a source that is not its own": {"haus", store.DocumentFilter{SourceName: "elsewhere.example"}, nil},
	}
	for name, tc := range cases {
		for _, sort := range []string{"", "-published_at", "published_at", "-fetched_at"} {
			t.Run(name+"/"+sort, func(t *testing.T) {
				t.Parallel()
				list, err := s.SearchDocuments(t.Context(), tc.terms, tc.filter, store.Page{Sort: sort})
				require.NoError(t, err)
				var titles []string
				for _, x := range list.Items {
					titles = append(titles, x.Title)
				}
				require.ElementsMatch(t, tc.want, titles)
				require.Equal(t, len(tc.want), list.Total)
			})
		}
	}

	t.Run("highlights are safe HTML", func(t *testing.T) {
		t.Parallel()
		list, err := s.SearchDocuments(t.Context(), "building houses", store.DocumentFilter{}, store.Page{})
		require.NoError(t, err)
		require.Len(t, list.Items, 1)
		require.Equal(t, "<mark>Houses</mark>", list.Items[0].TitleHighlighted)
		require.Contains(t, list.Items[0].Snippet, "<mark>building</mark>")
		require.Contains(t, list.Items[0].Snippet, "&#39;x&#39;")
		require.NotContains(t, list.Items[0].Snippet, "<script")
		require.Positive(t, list.Items[0].Score)
	})
	t.Run("the title weighs more than the text", func(t *testing.T) {
		t.Parallel()
		list, err := s.SearchDocuments(t.Context(), "haus", store.DocumentFilter{Language: "de", Domain: "proptech"}, store.Page{})
		require.NoError(t, err)
		require.Equal(t, "Neue Häuser denken mit", list.Items[0].Title)
	})
	t.Run("pages and cursors", func(t *testing.T) {
		t.Parallel()
		for _, sort := range []string{"relevance", "-published_at", "-fetched_at"} {
			var ids []uuid.UUID
			for page := (store.Page{Size: 1, Sort: sort}); ; {
				list, err := s.SearchDocuments(t.Context(), "häuser", store.DocumentFilter{}, page)
				require.NoError(t, err)
				for _, x := range list.Items {
					require.NotContains(t, ids, x.ID)
					ids = append(ids, x.ID)
				}
				if list.NextCursor == nil {
					break
				}
				page.Cursor = *list.NextCursor
			}
			require.Len(t, ids, 4, sort)
		}
	})
	t.Run("misspelt", func(t *testing.T) {
		t.Parallel()
		found, err := s.FindDocuments(t.Context(), "Haushallt", store.DocumentFilter{}, store.Page{})
		require.NoError(t, err)
		require.True(t, found.Fuzzy)
		require.Equal(t, "Haushalt", found.Items[0].TitleHighlighted)
		for _, terms := range []string{"Haushalt -geld", `"Haushallt"`} {
			found, err = s.FindDocuments(t.Context(), terms, store.DocumentFilter{}, store.Page{})
			require.NoError(t, err)
			require.False(t, found.Fuzzy, "who quotes or excludes means it")
		}
	})
	t.Run("nothing to look for", func(t *testing.T) {
		t.Parallel()
		for _, terms := range []string{"   ", "der die das", "!!!", "-haus"} {
			list, err := s.SearchDocuments(t.Context(), terms, store.DocumentFilter{Language: "de"}, store.Page{})
			var refusal *store.Error
			if err != nil {
				require.ErrorAs(t, err, &refusal, terms)
				continue
			}
			require.NotNil(t, list.Items)
		}
	})
}

// Searches find what has been processed, and nothing on the way to it, whatever they ask for.
func TestSearchesFindWhatIsProcessed(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	text := "Die Brücke wird gebaut."
	said := store.Document{
		Title: "Brückenbau", ContentText: &text, CanonicalURL: "https://example.org/bridge", URL: "https://example.org/bridge", Source: "rss",
		SourceName: "example.org", Language: "de", ContentHash: strings.Repeat("0", 64), FetchedAt: time.Now(), SourceMetadata: map[string]any{},
	}
	collection := feed(t, s, store.CollectionCreate{}, said)
	found := func(terms, sort string) int {
		list, err := s.FindDocuments(t.Context(), terms, store.DocumentFilter{}, store.Page{Sort: sort}, "language")
		require.NoError(t, err)
		require.Len(t, list.Items, list.Total)
		return list.Total
	}
	all := func(terms string, want int) {
		t.Helper()
		for _, sort := range []string{"relevance", "published_at", "-fetched_at"} {
			require.Equal(t, want, found(terms, sort), "%s by %s", terms, sort)
		}
	}
	for _, terms := range []string{"brücke", "-tunnel", "gebaut or tunnel", "Brückebau"} {
		all(terms, 0)
	}
	storetest.Process(t, s)
	for _, terms := range []string{"brücke", "-tunnel", "gebaut or tunnel", "Brückebau"} {
		all(terms, 1)
	}

	// What a feed says anew is found, and no longer what it said before, once that is processed.
	text = "Der Tunnel wird gebaut."
	said.ContentHash = strings.Repeat("1", 64)
	_, err := s.SavePoll(t.Context(), store.Poll{Asked: collection, At: time.Now(), NextPollAt: time.Now().Add(time.Hour), Documents: []store.Document{said}})
	require.NoError(t, err)
	all("gebaut", 0)
	storetest.Process(t, s)
	all("tunnel", 1)
	all("brücke -tunnel", 0)
}

// The ways that a search takes among many rows leave out what is not processed, too.
func TestSearchesAmongManyFindWhatIsProcessed(t *testing.T) {
	t.Parallel()
	for _, far := range []bool{false, true} {
		s := storetest.New(t)
		batch := func(from int) []store.Document {
			documents := make([]store.Document, 60)
			for i := range documents {
				at := time.Date(2026, 1, 1, from+i, 0, 0, 0, time.UTC)
				documents[i] = store.Document{Title: fmt.Sprintf("Common title %d", from+i), PublishedAt: &at}
			}
			return documents
		}
		processedFeed(t, s, store.CollectionCreate{}, batch(0)...)
		feed(t, s, store.CollectionCreate{}, batch(30)...)
		s.Narrow(far)
		for _, sort := range []string{"relevance", "published_at", "-published_at", "-fetched_at"} {
			for _, terms := range []string{"common", `"common title"`, "-absent", "title -absent"} {
				list, err := s.SearchDocuments(t.Context(), terms, store.DocumentFilter{}, store.Page{Sort: sort, Size: 10})
				require.NoError(t, err)
				require.Len(t, list.Items, 10, "%s by %s", terms, sort)
				for _, d := range list.Items {
					require.Equal(t, "processed", d.Status, "%s by %s", terms, sort)
				}
			}
		}
	}
}

func TestAVeryLargeDocumentIsKeptAndFound(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	var text strings.Builder
	text.WriteString("Anfangswort ")
	random := rand.New(rand.NewPCG(5, 6))
	for text.Len() < 5<<20 {
		_, _ = fmt.Fprintf(&text, "w%x ", random.Uint64())
	}
	content := text.String()
	processedFeed(t, s, store.CollectionCreate{}, store.Document{Title: "Riesig", ContentText: &content, Content: &content})
	list, err := s.SearchDocuments(t.Context(), "anfangswort", store.DocumentFilter{}, store.Page{})
	require.NoError(t, err)
	require.Equal(t, 1, list.Total)
	require.Contains(t, list.Items[0].Snippet, "<mark>Anfangswort</mark>")
	document, err := s.Document(t.Context(), list.Items[0].ID)
	require.NoError(t, err)
	require.Len(t, *document.ContentText, len(content), "nothing is cut off")
}
