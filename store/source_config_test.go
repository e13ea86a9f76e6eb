package store_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestSourceConfig(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	create := func(t *testing.T, kind string, c store.SourceConfig) (store.Collection, error) {
		t.Helper()
		return s.CreateCollection(t.Context(), store.CollectionCreate{
			Name: "n", Type: &kind, Config: c, Domain: "d", Market: "m", Language: new("de"),
		})
	}

	defaults := map[string]struct {
		kind       string
		give, want store.SourceConfig
	}{
		"a subreddit is read hot": {
			"reddit", store.SourceConfig{Subreddit: " r/golang/ "}, store.SourceConfig{Subreddit: "golang", Sort: "hot", Limit: 25},
		},
		"the top of a week": {
			"reddit",
			store.SourceConfig{Subreddit: "rust+golang", Sort: "top", MinScore: 3, Comments: true},
			store.SourceConfig{Subreddit: "rust+golang", Sort: "top", Window: "week", MinScore: 3, Comments: true, Limit: 25},
		},
		"a country is written in upper case": {"trends", store.SourceConfig{Region: "de"}, store.SourceConfig{Region: "DE"}},
		"suggestions of questions": {
			"autocomplete",
			store.SourceConfig{Keywords: []string{" solar  panel", "solar panel", "wallbox"}},
			store.SourceConfig{Keywords: []string{"solar panel", "wallbox"}, Expansions: []string{"questions"}},
		},
		"expansions have an order": {
			"autocomplete",
			store.SourceConfig{Keywords: []string{"wallbox"}, Expansions: []string{"questions", "alphabet", "questions"}},
			store.SourceConfig{Keywords: []string{"wallbox"}, Expansions: []string{"alphabet", "questions"}},
		},
		"news of one provider": {
			"news",
			store.SourceConfig{Query: " photovoltaik   preise "},
			store.SourceConfig{Query: "photovoltaik preise", Provider: "google_news", Limit: 50},
		},
	}
	for name, tc := range defaults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := create(t, tc.kind, tc.give)
			require.NoError(t, err)
			require.Nil(t, c.URL)
			require.Equal(t, tc.want, c.Config)

			_, err = create(t, tc.kind, tc.give)
			require.Equal(t, c.ID, theRefusal(t, err, store.KindConflict).Details["existing_id"])
		})
	}

	faults := map[string]struct {
		kind string
		give store.SourceConfig
		want []string
	}{
		"feed without an address":        {"rss", store.SourceConfig{}, []string{"url"}},
		"feed with a subreddit":          {"rss", store.SourceConfig{Subreddit: "golang"}, []string{"config.subreddit", "url"}},
		"reddit without a subreddit":     {"reddit", store.SourceConfig{Region: "DE"}, []string{"config.region", "config.subreddit"}},
		"reddit with no name":            {"reddit", store.SourceConfig{Subreddit: "a b"}, []string{"config.subreddit"}},
		"a window of what is hot":        {"reddit", store.SourceConfig{Subreddit: "golang", Window: "day"}, []string{"config.window"}},
		"trends of nowhere":              {"trends", store.SourceConfig{}, []string{"config.region"}},
		"suggestions for nothing":        {"autocomplete", store.SourceConfig{Keywords: []string{" "}}, []string{"config.keywords"}},
		"news of everything":             {"news", store.SourceConfig{}, []string{"config.query"}},
		"categories of another provider": {"news", store.SourceConfig{Query: "q", Categories: []string{"tech"}}, []string{"config.categories"}},
		"a type of its own":              {"fax", store.SourceConfig{}, []string{"type"}},
	}
	for name, tc := range faults {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := create(t, tc.kind, tc.give)
			requireFault(t, err, tc.want...)
		})
	}

	t.Run("refuses an address where settings tell all", func(t *testing.T) {
		t.Parallel()
		_, err := s.CreateCollection(t.Context(), store.CollectionCreate{
			Name: "n", Type: new("trends"), URL: new("https://example.org"), Config: store.SourceConfig{Region: "FR"}, Domain: "d", Market: "m",
		})
		requireFault(t, err, "url")
	})
	t.Run("refuses suggestions in no language", func(t *testing.T) {
		t.Parallel()
		_, err := s.CreateCollection(t.Context(), store.CollectionCreate{
			Name: "n", Type: new("autocomplete"), Config: store.SourceConfig{Keywords: []string{"k"}}, Domain: "d", Market: "m",
		})
		requireFault(t, err, "language")
	})
}

func TestUpdateSourceConfig(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	c, err := s.CreateCollection(t.Context(), store.CollectionCreate{
		Name: "n", Type: new("reddit"), Config: store.SourceConfig{Subreddit: "golang", Sort: "top", Window: "day"}, Domain: "d", Market: "m",
	})
	require.NoError(t, err)
	patch := func(t *testing.T, text string) (store.Collection, error) {
		t.Helper()
		var u store.CollectionUpdate
		require.NoError(t, json.Unmarshal([]byte(text), &u))
		return s.UpdateCollection(t.Context(), c.ID, 0, u)
	}

	after, err := patch(t, `{"config":{"min_score":7,"window":null}}`)
	require.NoError(t, err)
	require.Equal(t, store.SourceConfig{Subreddit: "golang", Sort: "top", Window: "week", MinScore: 7, Limit: 25}, after.Config)
	require.False(t, after.NextPollAt.After(after.UpdatedAt), "what is asked for has changed")

	_, err = patch(t, `{"config":{"subreddit":null}}`)
	requireFault(t, err, "config.subreddit")
	_, err = patch(t, `{"config":{"limit":"many"}}`)
	require.Error(t, err)
	_, err = patch(t, `{"config":{"keywords":["x"]}}`)
	requireFault(t, err, "config.keywords")
	_, err = patch(t, `{"url":"https://example.org"}`)
	requireFault(t, err, "url")
}
