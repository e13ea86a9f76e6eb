package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/research"
)

// articles serves /1 to /4, articles of growing length, and nothing else.
func articles(t *testing.T) string {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		n := strings.Index("1234", strings.TrimPrefix(r.URL.Path, "/"))
		if n < 0 || r.URL.Path == "/" {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(rw, `<html lang="en"><head><title>Heat pump cost %d</title><meta property="article:published_time" content="2026-11-%02dT08:00:00Z"></head><body><article><h1>Heat pump cost</h1>`, n, n+1)
		for section := range 3 * (n + 1) {
			_, _ = fmt.Fprintf(rw, "<h2>Part %d</h2><ul><li>first</li><li>second</li></ul>", section)
			for range 5 {
				_, _ = io.WriteString(rw, "<p>A heat pump costs a good deal of money in Berlin. The owner pays 12,000 euros for it, and the state pays some of that back. It is quiet, and it saves gas in winter.</p>")
			}
		}
		_, _ = io.WriteString(rw, "</article></body></html>")
	}))
	t.Cleanup(site.Close)
	return site.URL
}

func TestSerp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.working, o.reading = true, true })
	site := articles(t)
	look := func(query string, paths ...string) map[string]any {
		urls := make([]string, len(paths))
		for i, path := range paths {
			urls[i] = site + path
		}
		body, err := json.Marshal(map[string]any{"query": query, "language": "en", "market": "de", "urls": urls})
		require.NoError(t, err)
		return w.research("/research/serp", string(body))
	}
	first := look("Cheap heat pump", "/1", "/2", "/3", "/gone")
	require.Equal(t, "caller", first["source"])
	results := first["results"].([]any)
	require.Len(t, results, 4)
	best, gone := results[0].(map[string]any), results[3].(map[string]any)
	require.Equal(t, "Heat pump cost", best["title"], "the page's own")
	require.EqualValues(t, 1, best["position"])
	require.Equal(t, "high", best["authority"])
	require.NotNil(t, best["content_hash"])
	score := best["content_score"].(map[string]any)
	require.InDelta(t, 70, score["value"].(map[string]any)["value"], 30)
	weights := 0.0
	for _, p := range score["parts"].([]any) {
		part := p.(map[string]any)
		require.NotNil(t, part["value"].(map[string]any)["value"], part["name"])
		weights += part["weight_used"].(float64)
	}
	require.InDelta(t, 1, weights, 1e-3)
	require.NotEmpty(t, score["suggestions"])
	require.Equal(t, "http_status", gone["error"].(map[string]any)["code"])
	require.Nil(t, gone["content_score"].(map[string]any)["value"].(map[string]any)["value"])
	require.NotNil(t, gone["content_score"].(map[string]any)["reason"])
	require.Nil(t, gone["title"])
	difficulty := first["difficulty"].(map[string]any)
	hard := difficulty["score"].(map[string]any)["value"].(map[string]any)
	require.Equal(t, "derived", hard["method"])
	require.NotEmpty(t, difficulty["recommendations"])
	require.NotNil(t, difficulty["targets"])
	require.NotNil(t, difficulty["ranking_time"])
	require.InDelta(t, 0.75, first["analysis"].(map[string]any)["authority_share"].(map[string]any)["value"], 1e-9, "three of four stand among the first three")

	second := look("cheap HEAT pump", "/2", "/1", "/4", "/gone")
	path := "/research/serp/" + second["id"].(string)
	require.Equal(t, second["id"], w.read(path)["id"])
	diff := w.read(path + "/diff?against=" + first["id"].(string))
	require.Len(t, diff["entrants"], 1)
	require.Equal(t, site+"/3", diff["dropouts"].([]any)[0].(map[string]any)["url"])
	require.Len(t, diff["changes"], 2)
	require.Len(t, diff["stable"], 1)
	require.Len(t, w.read("/research/serp?query=CHEAP+heat+pump")["items"], 2)
	require.Len(t, w.read("/research/serp?language=fr")["items"], 0)

	alone := look("One page", "/1")
	require.Nil(t, alone["difficulty"].(map[string]any)["score"].(map[string]any)["value"].(map[string]any)["value"], "one page is too few")
	require.Nil(t, alone["difficulty"].(map[string]any)["targets"])

	keyword := w.research("/research/keyword", `{"subject": "cheap heat pump", "language": "en", "market": "de"}`)["result"].(map[string]any)["primary"].(map[string]any)
	require.Equal(t, "derived", keyword["difficulty"].(map[string]any)["method"], "the latest snapshot tells it")
	require.NotNil(t, keyword["opportunity"].(map[string]any)["value"].(map[string]any)["value"])
	other := w.research("/research/keyword", `{"subject": "submarines", "language": "en"}`)["result"].(map[string]any)["primary"].(map[string]any)
	require.Nil(t, other["difficulty"].(map[string]any)["value"], "nobody looked at its results")
	require.Nil(t, other["opportunity"].(map[string]any)["value"].(map[string]any)["value"])

	for _, path := range []string{"/research/serp/" + unknownID, path + "/diff?against=" + unknownID, "/research/serp/" + unknownID + "/diff?against=" + unknownID} {
		w.send("GET", path, "").refused(t, http.StatusNotFound, client.ErrorCodeSERPSNAPSHOTNOTFOUND)
	}
	w.send("GET", "/research/serp?cursor=x", "").refused(t, http.StatusUnprocessableEntity, client.ErrorCodeSERPSNAPSHOTVALIDATIONFAILED)
	e := w.send("POST", "/research/serp", `{"query": "x", "language": "en"}`).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeSERPSNAPSHOTVALIDATIONFAILED)
	require.Contains(t, e.Message, "SEARXNG_BASE_URL")
	e = w.send("POST", "/research/serp", `{"query": "x", "language": "en", "backend": "brave"}`).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeSERPSNAPSHOTVALIDATIONFAILED)
	require.Contains(t, e.Message, "brave")
}

func TestSerpOfASearchService(t *testing.T) {
	t.Parallel()
	site := articles(t)
	status := http.StatusOK
	service := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		_, _ = fmt.Fprintf(rw, `{"results": [{"url": "%s/3", "title": "Third", "content": "About the cost"}, {"url": "%s/1", "title": "First", "content": ""}, {"url": "%s/4", "title": "Fourth", "content": ""}]}`, site, site, site)
	}))
	t.Cleanup(service.Close)
	w := newWorld(t, func(o *options) {
		o.working = true
		o.backends = research.Backends(research.Services{SearXNGURL: service.URL})
	})
	snapshot := w.research("/research/serp", `{"query": "heat pump cost", "language": "en", "count": 2}`)
	require.Equal(t, "searxng", snapshot["source"])
	results := snapshot["results"].([]any)
	require.Len(t, results, 2)
	require.Equal(t, site+"/3", results[0].(map[string]any)["url"])
	require.Equal(t, "About the cost", results[0].(map[string]any)["snippet"])
	require.Equal(t, "pages_off", results[0].(map[string]any)["error"].(map[string]any)["code"])
	require.EqualValues(t, 1, w.read("/costs/calls")["total"], "the call is in the ledger")

	status = http.StatusForbidden
	var job map[string]any
	require.NoError(t, json.Unmarshal(w.send("POST", "/research/serp", `{"query": "other", "language": "en"}`).body, &job))
	failed := w.job(job["id"].(string), "failed")
	require.Contains(t, failed["error"].(map[string]any)["message"], "SearXNG")
}
