package server_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// search saves a search and answers its path.
func (w *world) search(body string) string {
	w.t.Helper()
	created := w.send("POST", "/searches", body)
	require.Equal(w.t, http.StatusCreated, created.StatusCode, "%s", created.body)
	return strings.TrimPrefix(created.Header.Get("Location"), "/api/v1")
}

func TestSavedSearches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.document(store.Document{Title: "Heat pumps", Language: "en", Market: "at", SourceName: "news.example.com"})
	w.document(store.Document{Title: "Heat waves", Language: "en", Market: "de"})
	storetest.Process(t, w.store)

	const body = `{"name":" Heat ","query":"heat","filters":{"market":"AT","site":"www.example.com"}}`
	first := w.send("POST", "/searches", body, "Idempotency-Key: k")
	again := w.send("POST", "/searches", body, "Idempotency-Key: k")
	require.Equal(t, first.body, again.body)
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	search := first.object(t, http.StatusCreated)
	path := "/searches/" + search["id"].(string)
	require.Equal(t, "/api/v1"+path, first.Header.Get("Location"))
	require.Equal(t, "Heat", search["name"])
	require.Equal(t, "relevance", search["sort"])
	require.Equal(t, map[string]any{"market": "at", "site": "example.com"}, search["filters"])
	require.Nil(t, search["feed_token_created_at"])

	read := w.send("GET", path, "")
	require.JSONEq(t, string(first.body), string(read.body))
	require.Equal(t, http.StatusNotModified, w.send("GET", path, "", "If-None-Match: "+read.Header.Get("ETag")).StatusCode)

	found := w.read(path + "/documents?facets=market,source_name")
	require.Equal(t, []string{"Heat pumps"}, titles(found))
	require.Equal(t, []any{
		map[string]any{"field": "market", "relation": "eq", "counted": 1.0, "other": 0.0, "values": []any{map[string]any{"value": "at", "count": 1.0}}},
		map[string]any{"field": "source_name", "relation": "eq", "counted": 1.0, "other": 0.0, "values": []any{map[string]any{"value": "news.example.com", "count": 1.0}}},
	}, found["facets"])
	require.Nil(t, w.read(path + "/documents?sort=-fetched_at")["facets"])

	changed := w.send("PATCH", path, `{"filters":{"market":null,"language":"EN","site":null},"sort":"-fetched_at"}`, "If-Match: "+read.Header.Get("ETag"), "Content-Type: application/merge-patch+json").object(t, http.StatusOK)
	require.Equal(t, map[string]any{"language": "en"}, changed["filters"])
	require.Equal(t, []string{"Heat waves", "Heat pumps"}, titles(w.read(path+"/documents")))
	w.send("PATCH", path, `{"query":"x"}`, "If-Match: "+read.Header.Get("ETag")).refused(t, http.StatusPreconditionFailed, "SEARCH_CHANGED")
	require.Equal(t, "Waves", w.send("PATCH", path, `{"name":"Waves","query":"waves"}`).object(t, http.StatusOK)["name"])
	require.Equal(t, []string{"Heat waves"}, titles(w.read(path+"/documents")))

	for body, field := range map[string]string{
		`{"query":"x"}`: "name", `{"name":"x"}`: "query", `{"name":"x","query":" "}`: "query", `{"name":"x","query":"x","sort":"title"}`: "sort",
		`{"name":"x","query":"x","filters":{"status":"odd"}}`: "filters.status", `{"name":"x","query":"x","filters":{"q":"odd"}}`: "filters",
	} {
		problem := w.send("POST", "/searches", body).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
		require.Contains(t, faults(problem), field, body)
	}
	many := w.send("POST", "/searches", `{"name":"x","query":"`+strings.Repeat("x ", 33)+`"}`).refused(t, http.StatusUnprocessableEntity, "SEARCH_VALIDATION_FAILED")
	require.Contains(t, faults(many), "query")
	w.send("GET", path+"/documents?facets=author", "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")

	w.search(`{"name":"another","query":"waves"}`)
	require.Equal(t, []string{"another", "Waves"}, names(w.read("/searches?sort=name")))
	newest := w.read("/searches?page_size=1")
	require.Equal(t, []string{"another"}, names(newest))
	require.Equal(t, []string{"Waves"}, names(w.read("/searches?page_size=1&cursor="+newest["next_cursor"].(string))))
	byName := w.read("/searches?page_size=1&sort=name")
	require.Equal(t, []string{"Waves"}, names(w.read("/searches?page_size=1&sort=name&cursor="+byName["next_cursor"].(string))))

	require.Equal(t, http.StatusNoContent, w.send("DELETE", path, "").StatusCode)
	for _, gone := range []answer{
		w.send("GET", path, ""), w.send("PATCH", path, `{"name":"x"}`), w.send("DELETE", path, ""), w.send("GET", path+"/documents", ""),
		w.send("GET", path+"/feed/rss", ""), w.send("POST", path+"/feed-token", ""), w.send("DELETE", path+"/feed-token", ""),
	} {
		gone.refused(t, http.StatusNotFound, "SEARCH_NOT_FOUND")
	}
}

func names(list map[string]any) []string {
	var found []string
	for _, item := range list["items"].([]any) {
		found = append(found, item.(map[string]any)["name"].(string))
	}
	return found
}

// What a feed says is what our own collector reads from it, in each format.
func TestFeedsAreReadBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const hostile = `<script>alert("heat")</script> & R&D &lt; ]]> café`
	published := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	old := w.document(store.Document{
		Title: hostile, Summary: pointer(hostile), Language: "fr", Author: pointer(`Erika "M" & Co`), PublishedAt: &published, FetchedAt: day(2),
		URL: "https://example.com/a?b=1&c=<2>", CanonicalURL: "https://example.com/a?b=1&c=2",
	})
	bare := w.document(store.Document{Title: "Café \x0b alone", Language: "und", FetchedAt: day(3)})
	w.document(store.Document{Title: "Another matter", Language: "en"})
	storetest.Process(t, w.store)
	path := w.search(`{"name":"Heat & <i>more</i>","query":"café"}`)
	token := w.send("POST", path+"/feed-token", "").object(t, http.StatusCreated)

	fetcher := collect.NewFetcher(collect.Config{UserAgent: "test", AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(fetcher.Close)
	collector := collect.All(fetcher, collect.Services{}, time.Now)["rss"]
	for format, contentType := range map[string]string{"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			address := strings.TrimSuffix(w.url, "/api/v1") + token[format].(string)
			batch, err := collector.Collect(t.Context(), collect.Source{Type: "rss", URL: address})
			require.NoError(t, err)
			require.Empty(t, batch.Fault)
			require.Zero(t, batch.SkippedCount)
			require.Len(t, batch.Documents, 2)
			require.Contains(t, batch.FeedTitle, "Heat & ")
			first, second := batch.Documents[0], batch.Documents[1]
			require.Equal(t, hostile, second.Title)
			require.Equal(t, published, second.PublishedAt.UTC())
			require.Equal(t, "fr", second.Language)
			require.Contains(t, second.URL, "https://example.com/a?b=1&c=")
			require.Equal(t, hostile, *cmpOr(second.Summary, second.ContentText))
			require.Equal(t, `Erika "M" & Co`, *second.Author)
			require.Equal(t, "urn:uuid:"+old.ID.String(), second.SourceMetadata["guid"])
			require.Equal(t, "urn:uuid:"+bare.ID.String(), first.SourceMetadata["guid"])
			if format == "rss" {
				require.Nil(t, first.PublishedAt, "the others have to say when an entry was changed")
				require.Nil(t, first.Author)
			}

			again, err := collector.Collect(t.Context(), collect.Source{Type: "rss", URL: address, ETag: batch.ETag, LastModified: batch.LastModified})
			require.NoError(t, err)
			require.True(t, again.NotModified)

			raw := w.send("GET", path+"/feed/"+format, "")
			require.Equal(t, contentType+"; charset=utf-8", raw.Header.Get("Content-Type"))
			require.Equal(t, "private, max-age=300", raw.Header.Get("Cache-Control"))
			require.NotContains(t, string(raw.body), "ft_", "the token stays out of the feed")
			require.NotContains(t, string(raw.body), "<script")
			require.Equal(t, raw.body, w.send("GET", path+"/feed/"+format, "").body, "it is the same each time")
			if format == "json" {
				require.True(t, json.Valid(raw.body))
				return
			}
			var any struct{ XMLName xml.Name }
			require.NoError(t, xml.Unmarshal(raw.body, &any))
		})
	}
}

func cmpOr[T any](values ...*T) *T {
	for _, value := range values {
		if value != nil {
			return value
		}
	}
	return nil
}

func TestFeedsAreConditional(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.search(`{"name":"Heat","query":"heat"}`) + "/feed/atom"
	empty := w.send("GET", path, "")
	require.Equal(t, http.StatusOK, empty.StatusCode)
	tag, modified := empty.Header.Get("ETag"), empty.Header.Get("Last-Modified")
	for _, header := range []string{"If-None-Match: " + tag, "If-None-Match: W/" + tag, "If-Modified-Since: " + modified} {
		same := w.send("GET", path, "", header)
		require.Equal(t, http.StatusNotModified, same.StatusCode, header)
		require.Empty(t, same.body)
		require.Equal(t, tag, same.Header.Get("ETag"))
		require.Equal(t, modified, same.Header.Get("Last-Modified"))
	}
	require.Equal(t, http.StatusOK, w.send("GET", path, "", `If-None-Match: "x"`, "If-Modified-Since: "+modified).StatusCode, "a tag goes before a time")
	require.Equal(t, http.StatusOK, w.send("GET", path, "", "If-Modified-Since: yesterday").StatusCode)
	w.document(store.Document{Title: "Heat"})
	storetest.Process(t, w.store)
	w.execute(`update documents set updated_at = now() + interval '1 minute'`)
	for _, header := range []string{"If-None-Match: " + tag, "If-Modified-Since: " + modified} {
		require.Contains(t, string(w.send("GET", path, "", header).body), `<title type="html">Heat</title>`, header)
	}
	w.send("GET", strings.TrimSuffix(path, "atom")+"pdf", "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	proxied := w.send("GET", path, "", "X-Forwarded-Proto: https")
	require.Contains(t, string(proxied.body), `href="https://127.0.0.1`)
	odd := w.send("GET", path, "", `X-Forwarded-Proto: javascript`)
	require.Contains(t, string(odd.body), `href="http://127.0.0.1`)
}

// A token opens one feed and nothing else, until it is replaced or revoked.
func TestFeedTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path, other := w.search(`{"name":"Heat","query":"heat"}`), w.search(`{"name":"Other","query":"heat"}`)
	made := func() string {
		return w.send("POST", path+"/feed-token", "").object(t, http.StatusCreated)["token"].(string)
	}
	open := func(path, token string) answer { return w.send("GET", path+"?token="+token, "", "Authorization: ") }

	require.Equal(t, http.StatusUnauthorized, open(path+"/feed/rss", "ft_x").StatusCode, "without a token nothing opens it")
	token := made()
	require.NotNil(t, w.read(path)["feed_token_created_at"])
	require.Equal(t, http.StatusOK, open(path+"/feed/rss", token).StatusCode)
	for _, closed := range []string{
		other + "/feed/rss", "/searches/" + unknownID + "/feed/rss", "/searches/x/feed/rss", path, path + "/documents", "/searches", "/documents",
	} {
		open(closed, token).refused(t, http.StatusUnauthorized, "UNAUTHORIZED")
	}
	open(path+"/feed/rss", "").refused(t, http.StatusUnauthorized, "UNAUTHORIZED")
	open(path+"/feed/rss", token+"&token=x").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	w.send("GET", path+"/documents?token="+token, "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	require.NotContains(t, w.log.String(), token, "the log holds no secrets")
	require.Zero(t, w.count(`select count(*) from saved_searches where feed_token_hash::text like '%'||$1||'%'`, token))

	second := made()
	require.NotEqual(t, token, second)
	open(path+"/feed/rss", token).refused(t, http.StatusUnauthorized, "UNAUTHORIZED")
	require.Equal(t, http.StatusOK, open(path+"/feed/json", second).StatusCode)
	require.Equal(t, http.StatusNoContent, w.send("DELETE", path+"/feed-token", "").StatusCode)
	open(path+"/feed/rss", second).refused(t, http.StatusUnauthorized, "UNAUTHORIZED")
	require.Nil(t, w.read(path)["feed_token_created_at"])
	require.Equal(t, http.StatusOK, w.send("GET", path+"/feed/rss", "").StatusCode, "keys still open it")
}
