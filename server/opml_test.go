package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
)

func TestDiscoverCollections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working)
	feed := w.feed(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			_, _ = rw.Write([]byte(`<html><title>Site</title><link rel="alternate" type="application/rss+xml" href="feed.xml">`))
		case "/feed.xml":
			feedOf("a", "b")(rw, r)
		default:
			http.NotFound(rw, r)
		}
	})
	site := strings.TrimSuffix(feed, "feed.xml")

	queued := w.send("POST", "/collections/discover", `{"url":"`+site+`"}`)
	job := queued.object(t, http.StatusAccepted)
	require.Equal(t, "discover", job["kind"])
	require.Equal(t, "/api/v1/jobs/"+job["id"].(string), queued.Header.Get("Location"))
	w.job(job["id"].(string), "succeeded")

	done := w.send("POST", "/collections/discover", `{"url":"`+site+`"}`, "Prefer: wait=20").object(t, http.StatusOK)
	result := done["result"].(map[string]any)
	require.InDelta(t, 1, result["feeds_found"], 0)
	found := result["sites"].([]any)[0].(map[string]any)["feeds"].([]any)[0].(map[string]any)
	require.Equal(t, feed, found["url"])
	require.Equal(t, "link", found["found_by"])
	require.Equal(t, []any{}, found["collection_ids"])

	// What it suggests is a body for POST /collections.
	suggestion := found["collection"].(map[string]any)
	suggestion["domain"], suggestion["market"] = "tech", "de"
	body, err := json.Marshal(suggestion)
	require.NoError(t, err)
	added := w.send("POST", "/collections", string(body)).object(t, http.StatusCreated)
	again := w.send("POST", "/collections/discover", `{"from_urls":["`+site+`","r/golang"],"limit":5,"exhaustive":true}`, "Prefer: wait=20").object(t, http.StatusOK)
	sites := again["result"].(map[string]any)["sites"].([]any)
	require.Equal(t, []any{added["id"]}, sites[0].(map[string]any)["feeds"].([]any)[0].(map[string]any)["collection_ids"])
	subreddit := sites[1].(map[string]any)["feeds"].([]any)[0].(map[string]any)
	require.Equal(t, map[string]any{"name": "r/golang", "type": "reddit", "config": map[string]any{"subreddit": "golang"}}, subreddit["collection"])

	failed := w.send("POST", "/collections/discover", `{"url":"http://127.0.0.1:1/"}`, "Prefer: wait=20").object(t, http.StatusOK)
	require.Equal(t, "failed", failed["state"])
	require.Equal(t, "failed", failed["result"].(map[string]any)["sites"].([]any)[0].(map[string]any)["outcome"])
	require.Len(t, w.read("/jobs?kind=discover")["items"], 4)
}

func TestDiscoverCollectionsRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for body, field := range map[string]string{
		`{}`: "body", `{"limit":5}`: "url", `{"url":"a","from_urls":["b"]}`: "url", `{"url":" "}`: "url", `{"from_urls":[]}`: "from_urls",
		`{"url":"a","limit":51}`: "limit", `{"url":"a","else":1}`: "else",
		`{"from_urls":[` + strings.Repeat(`"a",`, 20) + `"a"]}`: "from_urls",
	} {
		e := w.send("POST", "/collections/discover", body).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
		require.Contains(t, faults(e), field, body)
	}
	reader, err := w.scoped("read").DiscoverCollectionsWithResponse(t.Context(), nil, client.DiscoveryRequest{URL: new("a")})
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, reader.StatusCode())
}

const subscriptions = `<?xml version="1.0"?><opml version="1.0"><body>
<outline text="Tech"><outline text="heise" xmlUrl="https://a.example/feed"/></outline>
<outline text="heise" xmlUrl="http://a.example/feed/"/>
<outline text="No" type="rss"/>
</body></opml>`

func TestImportAndExportCollections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working)
	opml := "Content-Type: text/x-opml; charset=utf-8"

	dry := w.send("POST", "/collections/opml?domain=tech&market=DE&dry_run=true", subscriptions, opml, "Prefer: wait=20").object(t, http.StatusOK)
	require.Equal(t, "succeeded", dry["state"], "%v\n%s", dry, w.log)
	require.InDelta(t, 1, dry["result"].(map[string]any)["created"], 0)
	require.Zero(t, w.count(`select count(*) from collections`))

	queued := w.send("POST", "/collections/opml?domain=tech&market=DE&enabled=false&language=de", subscriptions, opml, "Idempotency-Key: one")
	job := queued.object(t, http.StatusAccepted)
	require.Equal(t, "import", job["kind"])
	report := w.job(job["id"].(string), "succeeded")["result"].(map[string]any)
	require.InDelta(t, 1, report["created"], 0)
	require.InDelta(t, 1, report["duplicates_count"], 0)
	refused := report["refused"].([]any)[0].(map[string]any)
	require.Equal(t, map[string]any{"line": 4., "name": "No", "url": nil, "reason": "It has no xmlUrl."}, refused)

	list := w.read("/collections?category=Tech")["items"].([]any)
	require.Len(t, list, 1)
	heise := list[0].(map[string]any)
	require.Equal(t, []any{"Tech", "tech", "de", "de", false}, []any{heise["category"], heise["domain"], heise["market"], heise["language"], heise["enabled"]})
	require.Equal(t, report["duplicates"].([]any)[0].(map[string]any)["existing_id"], heise["id"])

	// The same request again is the same answer; with other parameters it is another request.
	again := w.send("POST", "/collections/opml?domain=tech&market=DE&enabled=false&language=de", subscriptions, opml, "Idempotency-Key: one")
	require.Equal(t, job["id"], again.object(t, http.StatusAccepted)["id"])
	w.send("POST", "/collections/opml?domain=tech&market=AT", subscriptions, opml, "Idempotency-Key: one").refused(t, http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")

	exported := w.send("GET", "/collections/opml", "")
	require.Equal(t, http.StatusOK, exported.StatusCode, "%s", exported.body)
	require.Equal(t, "text/x-opml; charset=utf-8", exported.Header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="collections.opml"`, exported.Header.Get("Content-Disposition"))
	require.Contains(t, string(exported.body), `<outline text="Tech" title="Tech">`)

	// In and out again.
	w.execute(`delete from collections`)
	w.send("POST", "/collections/opml", string(exported.body), "Content-Type: Application/XML", "Prefer: wait=20").object(t, http.StatusOK)
	back := w.read("/collections")["items"].([]any)[0].(map[string]any)
	for name := range heise {
		if name != "id" && !strings.HasSuffix(name, "_at") {
			require.Equal(t, heise[name], back[name], name)
		}
	}

	// Filters are those of the list.
	for query, count := range map[string]int{
		"": 1, "?domain=tech&market=DE&type=rss&enabled=false&health=paused&category=Tech": 1,
		"?domain=x": 0, "?market=at": 0, "?type=reddit": 0, "?enabled=true": 0, "?health=new": 0, "?category=Te": 0,
	} {
		filtered := w.send("GET", "/collections/opml"+query, "")
		require.Equal(t, count, strings.Count(string(filtered.body), "xmlUrl="), query)
		require.True(t, strings.HasSuffix(string(filtered.body), "</opml>\n"))
	}

	broken := w.send("POST", "/collections/opml", "<opml>", "Content-Type: text/xml", "Prefer: wait=20").object(t, http.StatusOK)
	require.Equal(t, "failed", broken["state"])
	require.Nil(t, broken["result"])
}

func TestImportCollectionsRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	opml := "Content-Type: text/x-opml"
	e := w.send("POST", "/collections/opml", `{}`).refused(t, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
	require.Equal(t, "Send the body as text/x-opml.", e.Message)
	w.send("POST", "/collections/opml", " \n", opml).refused(t, http.StatusBadRequest, "BAD_REQUEST")
	w.send("POST", "/collections", "<opml/>", opml).refused(t, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
	for query, field := range map[string]string{
		"?domain=": "domain", "?market=%20": "market", "?language=1": "language", "?enabled=perhaps": "enabled", "?dry_run=2": "dry_run", "?else=1": "else",
	} {
		e := w.send("POST", "/collections/opml"+query, subscriptions, opml).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
		require.Contains(t, faults(e), field, query)
	}
	w.send("GET", "/collections/opml?page=1", "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	w.send("DELETE", "/collections/opml", "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")

	// Only this operation takes large bodies, and not any.
	large := `<opml><body>` + strings.Repeat("<!-- "+strings.Repeat("x", 1000)+" -->\n", 9000) + `</body></opml>`
	require.Equal(t, http.StatusAccepted, w.send("POST", "/collections/opml", large, opml).StatusCode)
	e = w.send("POST", "/collections/opml", large+large, opml).refused(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
	require.Equal(t, "The body may have 10 MiB at most.", e.Message)
	e = w.send("POST", "/collections", large).refused(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
	require.Equal(t, "The body may have 1 MiB at most.", e.Message)
}

// An export is as long as it is, and in the order of folders and names.
func TestExportOfManyCollections(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.execute(`
		insert into collections (id, name, type, url, category, domain, market)
		select gen_random_uuid(), 'Feed ' || lpad((n * 7 % 1301)::text, 4, '0'), 'rss', 'https://a.example/' || n,
			case n % 4 when 0 then null when 1 then 'A' when 2 then 'A/B' else 'A-B' end, 'd', 'de'
		from generate_series(1, 1300) as n`)
	document := string(w.send("GET", "/collections/opml", "").body)
	require.Equal(t, 1300, strings.Count(document, "xmlUrl="))
	var folders []string
	for line := range strings.Lines(document) {
		if strings.Contains(line, "<outline") && !strings.Contains(line, "/>") {
			folders = append(folders, strings.TrimSpace(line))
		}
	}
	want := []string{`<outline text="A" title="A">`, `<outline text="B" title="B">`, `<outline text="A-B" title="A-B">`}
	require.Equal(t, want, folders)
	for i := 0; i < 1300; i++ {
		require.Contains(t, document, fmt.Sprintf(`xmlUrl="https://a.example/%d"`, i+1))
	}
}

func TestCategories(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.collection("https://a.example/feed").ID.String()
	for given, want := range map[string]any{`" Tech /  Go  / "`: "Tech/Go", `"Tech"`: "Tech", `"/"`: nil, `null`: nil} {
		changed := w.send("PATCH", "/collections/"+id, `{"category":`+given+`}`).object(t, http.StatusOK)
		require.Equal(t, want, changed["category"], given)
	}
	w.send("PATCH", "/collections/"+id, `{"category":"Tech/Go"}`)
	require.Equal(t, "Tech/Go", w.send("PATCH", "/collections/"+id, `{"name":"New"}`).object(t, http.StatusOK)["category"])
	for category, count := range map[string]int{"Tech": 1, "Tech/": 1, "Tech/Go": 1, "Tec": 0, "Go": 0, "Tech/Go/x": 0} {
		require.Len(t, w.read("/collections?category=" + category)["items"], count, category)
	}
	w.send("PATCH", "/collections/"+id, `{"category":"`+strings.Repeat("a", 201)+`"}`).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
}
