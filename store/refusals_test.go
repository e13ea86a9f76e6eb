package store_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// TestHostileCursors: a cursor that was tampered with is refused before any of it reaches the database.
func TestHostileCursors(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	aTopic(t.Context(), t, s, "First")
	aTopic(t.Context(), t, s, "Second")
	for _, sort := range []string{"-discovered_at", "-priority", "-score", "title"} {
		list, err := s.Topics(t.Context(), store.TopicFilter{}, store.Page{Size: 1, Sort: sort})
		require.NoError(t, err)
		require.NotNil(t, list.NextCursor)
		text, err := base64.RawURLEncoding.DecodeString(*list.NextCursor)
		require.NoError(t, err)
		var cursor map[string]any
		require.NoError(t, json.Unmarshal(text, &cursor))
		keys := cursor["k"].([]any)
		for name, tampered := range map[string][]any{
			"none": {}, "too few": keys[:1], "too many": append(keys, keys[0]), "no time or number": append([]any{"x'; drop table topics\x00"}, keys[1:]...),
			"no id": append(keys[:len(keys)-1:len(keys)-1], "x"),
		} {
			cursor["k"] = tampered
			text, err := json.Marshal(cursor)
			require.NoError(t, err)
			_, err = s.Topics(t.Context(), store.TopicFilter{}, store.Page{Size: 1, Sort: sort, Cursor: base64.RawURLEncoding.EncodeToString(text)})
			requireFault(t, err, "cursor")
			require.Contains(t, fmt.Sprint(theRefusal(t, err, store.KindInvalid).Details), "is not a cursor that this list gave", "%s %s", sort, name)
		}
		cursor["k"], cursor["m"] = keys, -1
		text, err = json.Marshal(cursor)
		require.NoError(t, err)
		_, err = s.Topics(t.Context(), store.TopicFilter{}, store.Page{Size: 1, Sort: sort, Cursor: base64.RawURLEncoding.EncodeToString(text)})
		requireFault(t, err, "cursor")
	}
}

// TestWhatCannotBeListed is refused, and the field is named.
func TestWhatCannotBeListed(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	topics := func(f store.TopicFilter, p store.Page) error { _, err := s.Topics(t.Context(), f, p); return err }
	documents := func(terms string, p store.Page) error {
		_, err := s.SearchDocuments(t.Context(), terms, store.DocumentFilter{}, p)
		return err
	}
	requireFault(t, topics(store.TopicFilter{}, store.Page{Number: -1}), "page")
	requireFault(t, topics(store.TopicFilter{}, store.Page{Size: -1}), "page_size")
	requireFault(t, topics(store.TopicFilter{Search: "\x00"}, store.Page{}), "search")
	requireFault(t, topics(store.TopicFilter{Search: strings.Repeat("w ", 33)}, store.Page{}), "search")
	requireFault(t, documents(strings.Repeat("w", 501), store.Page{}), "q")
	requireFault(t, documents("word", store.Page{Number: 11, Size: 100}), "page")
	require.NoError(t, documents("word", store.Page{Number: 11, Size: 100, Sort: "-published_at"}), "other orders reach deeper")
}

// TestSearchesAsTyped: typographic quotes are quotes, and what excludes an address excludes it alone.
func TestSearchesAsTyped(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	text := func(text string) *string { return &text }
	processedFeed(t, s, store.CollectionCreate{},
		store.Document{Title: "One", ContentText: text("a smart building"), Language: "en"},
		store.Document{Title: "Two", ContentText: text("building is smart"), Language: "en"},
		store.Document{Title: "Three", ContentText: text("building beside www.example.org/path"), Language: "en"})
	for terms, want := range map[string][]string{
		`"smart building"`:                 {"One"},
		`“smart building”`:                 {"One"},
		`„smart building“`:                 {"One"},
		`«smart building»`:                 {"One"},
		`building -www.example.org/path`:   {"One", "Two"},
		`building -“smart building”`:       {"Two", "Three"},
		`smart building`:                   {"One", "Two"},
		"smart\x00\tbuilding":              {"One", "Two"},
		`building www.example.org/path`:    {"Three"},
		`building -(smart`:                 {"Three"},
		`building -www.example.org/path "`: {"One", "Two"},
	} {
		list, err := s.SearchDocuments(t.Context(), terms, store.DocumentFilter{}, store.Page{})
		require.NoError(t, err, terms)
		var titles []string
		for _, hit := range list.Items {
			titles = append(titles, hit.Title)
		}
		require.ElementsMatch(t, want, titles, terms)
	}
}

// TestFiguresOfNoNumber: what is no number is unknown, and says nothing of where it comes from.
func TestFiguresOfNoNumber(t *testing.T) {
	t.Parallel()
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		f := store.Derived(value, "share", "a formula", time.Now())
		require.Equal(t, store.Unknown("share"), f)
		require.Nil(t, f.Value())
		require.Empty(t, f.Method())
		require.Empty(t, f.Source())
		require.Nil(t, store.Measured(value, "share", "a source", time.Now()).Value())
	}
	var f store.Figure
	require.Error(t, json.Unmarshal([]byte(`{"value": "many"}`), &f))
	var m store.Measure
	require.Error(t, json.Unmarshal([]byte(`{"value": "many"}`), &m))
	guess, err := json.Marshal(store.Guessed(1, "share", "a model", time.Now()))
	require.NoError(t, err)
	require.ErrorContains(t, json.Unmarshal(guess, &m), "only a measured one may")
	require.Nil(t, m.Value())
}

// TestWeightsBelowNothing: a profile tells the part whose weight is no weight.
func TestWeightsBelowNothing(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	for _, weight := range []float64{-0.5, math.NaN()} {
		_, err := s.CreateScoringProfile(t.Context(), store.ScoringProfileCreate{Name: "x", Kind: "validation", Weights: map[string]float64{"freshness": weight, "burst": 1}})
		require.Contains(t, fmt.Sprint(theRefusal(t, err, store.KindInvalid).Details), "weights.freshness:is less than 0")
	}
	require.Zero(t, number(t, s, `select count(*) from scoring_profiles where name = 'x'`))
}

// TestSavedSearchOfABrokenFilter: an update by a value that no filter takes changes nothing.
func TestSavedSearchOfABrokenFilter(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	saved, err := s.CreateSearch(t.Context(), store.SavedSearchCreate{Name: "Mine", Query: "word"})
	require.NoError(t, err)
	_, err = s.UpdateSearch(t.Context(), saved.ID, 0, store.SavedSearchUpdate{Query: new("\x00")})
	requireFault(t, err, "query")
	after, err := s.Search(t.Context(), saved.ID)
	require.NoError(t, err)
	require.Equal(t, saved, after)
}

// TestEntriesWithoutAName: of two entries at one address that a feed names by nothing but their title, the later one replaces the
// earlier; only two names tell them apart.
func TestEntriesWithoutAName(t *testing.T) {
	t.Parallel()
	const page = "https://example.org/log"
	for name, tc := range map[string]struct {
		before, after string
		kept          int64
	}{
		"neither is named": {"", "", 1}, "the first is not": {"", "two", 1}, "the second is not": {"one", "", 1}, "both are": {"one", "two", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			c := aCollection(t, s, "https://example.org/feed")
			entry := func(title, guid string) store.Document {
				d := anArticle(page)
				d.Title, d.EntryAddress, d.ContentHash = title, page+"#"+hashOf(title), hashOf(title)
				if guid != "" {
					d.SourceMetadata = map[string]any{"guid": guid}
				}
				return d
			}
			other := anArticle("https://example.org/other")
			savePoll(t, s, c, entry("First", tc.before), other)
			c, err := s.Collection(t.Context(), c.ID)
			require.NoError(t, err)
			savePoll(t, s, c, entry("Second", tc.after), other)
			require.Equal(t, tc.kept, number(t, s, `select count(*) from documents where canonical_url like $1`, page+"%"))
			require.EqualValues(t, 1, number(t, s, `select count(*) from documents where title = 'Second'`))
			require.EqualValues(t, 1, number(t, s, `select count(*) from documents where canonical_url = 'https://example.org/other'`))
		})
	}
}
