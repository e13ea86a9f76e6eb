package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect/collecttest"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// A pollJob is the job of a poll as users see it.
type pollJob struct {
	State  string
	Error  *struct{ Message string }
	Result struct {
		Outcome        string
		DocumentsAdded int `json:"documents_added"`
		Fault          string
	}
}

// polled polls a collection and waits for the outcome in the same request.
func (a api) polled(id string) pollJob {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.base+"/collections/"+id+"/poll", nil)
	require.NoError(a.t, err)
	request.Header.Set("Authorization", "Bearer "+a.key)
	request.Header.Set("Prefer", "wait=50")
	response, err := http.DefaultClient.Do(request)
	require.NoError(a.t, err)
	defer func() { _ = response.Body.Close() }()
	require.Equal(a.t, http.StatusOK, response.StatusCode)
	var job pollJob
	require.NoError(a.t, json.NewDecoder(response.Body).Decode(&job))
	return job
}

// source adds a collection that is not polled by itself.
func (a api) source(kind string, config map[string]any) string {
	a.t.Helper()
	var c identified
	a.send(http.StatusCreated, "POST", "/collections", map[string]any{
		"name": kind, "type": kind, "config": config, "domain": "energy", "market": "de", "language": "de", "enabled": false,
	}, &c)
	return c.ID
}

// TestEverySource asks every kind of source through the API, twice.
func TestEverySource(t *testing.T) {
	t.Parallel()
	world := collecttest.New(t)
	s := serve(t, "", append(world.Environment(), "DATABASE_URL="+storetest.NewEmptyDatabase(t), "DATA_DIR="+folder(t))...)

	type document struct {
		Title, Source, URL string
		SourceName         string         `json:"source_name"`
		SourceMetadata     map[string]any `json:"source_metadata"`
		PublishedAt        *string        `json:"published_at"`
	}
	for _, tc := range []struct {
		kind        string
		config      map[string]any
		added       int
		title, name string
		fact        string
		value       any
	}{
		{"reddit", map[string]any{"subreddit": "r/golang", "comments": true, "min_score": 5}, 2, "Go 2.0 & generics <T>", "r/golang", "score", 321.0},
		{"trends", map[string]any{"region": "de"}, 3, "photovoltaik förderung", "Google Trends DE", "approx_traffic_min", 2000.0},
		{"autocomplete", map[string]any{"keywords": []string{"solaranlage"}, "expansions": []string{"questions"}}, 36, "warum solaranlage kosten", "autocomplete", "position", 2.0},
		{"news", map[string]any{"query": "solar", "provider": "google_news"}, 4, "Wind at night", "Example News", "link_is_redirect", true},
		{"news", map[string]any{"query": "solar", "provider": "bing_news"}, 4, "Wind at night", "Example News", "provider", "bing_news"},
		{"news", map[string]any{"query": "heat", "provider": "thenewsapi"}, 0, "", "", "", nil},
	} {
		id := s.source(tc.kind, tc.config)
		job := s.polled(id)
		require.Equal(t, "succeeded", job.State, "%s: %+v", tc.kind, job.Error)
		require.Equal(t, tc.added, job.Result.DocumentsAdded, "what another collection has brought is not there twice")
		require.Empty(t, job.Result.Fault)
		if tc.added > 0 {
			var list struct{ Items []identified }
			s.send(http.StatusOK, "GET", "/documents?page_size=100&collection_id="+id, nil, &list)
			require.Len(t, list.Items, tc.added)
			var found *document
			for _, item := range list.Items {
				var d document
				s.send(http.StatusOK, "GET", "/documents/"+item.ID, nil, &d)
				if d.Title == tc.title {
					found = &d
				}
			}
			require.NotNil(t, found, tc.title)
			require.Equal(t, tc.kind, found.Source)
			require.Equal(t, tc.name, found.SourceName)
			require.Equal(t, tc.value, found.SourceMetadata[tc.fact], "%v", found.SourceMetadata)
		}
		again := s.polled(id)
		require.Equal(t, "succeeded", again.State)
		require.Contains(t, []string{"nothing_new", "not_modified"}, again.Result.Outcome, tc.kind)
	}

	// A figure that changes is kept, without a new document.
	world.Change(func() { world.Posts[0]["score"] = 400 })
	var list struct{ Items []identified }
	s.send(http.StatusOK, "GET", "/collections?page_size=100&type=reddit", nil, &list)
	require.Len(t, list.Items, 1)
	require.Equal(t, "documents_updated", s.polled(list.Items[0].ID).Result.Outcome)

	missing := s.polled(s.source("reddit", map[string]any{"subreddit": "nosuchsub"}))
	require.Equal(t, "failed", missing.State)
	require.Equal(t, "There is no r/nosuchsub on Reddit.", missing.Error.Message)
	require.NotContains(t, s.log.String()+s.out.String(), "hunter2")
}

// TestSourcesWithoutKeys runs without any key: Reddit is read by its public feed, TheNewsAPI says what it needs.
func TestSourcesWithoutKeys(t *testing.T) {
	t.Parallel()
	world := collecttest.New(t)
	environ := []string{"DATABASE_URL=" + storetest.NewEmptyDatabase(t), "DATA_DIR=" + folder(t)}
	for _, setting := range world.Environment() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasSuffix(name, "_URL") {
			environ = append(environ, setting)
		}
	}
	s := serve(t, "", environ...)
	id := s.source("reddit", map[string]any{"subreddit": "golang", "min_score": 100})
	job := s.polled(id)
	require.Equal(t, "succeeded", job.State)
	require.Equal(t, 4, job.Result.DocumentsAdded)
	require.Contains(t, job.Result.Fault, "their points are not known, so min_score left none out")

	news := s.polled(s.source("news", map[string]any{"query": "solar", "provider": "thenewsapi"}))
	require.Equal(t, "failed", news.State)
	require.Equal(t, "TheNewsAPI needs a key: set THENEWSAPI_API_KEY.", news.Error.Message)
}
