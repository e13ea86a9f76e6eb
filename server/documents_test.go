package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func pointer[T any](value T) *T { return &value }

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func TestListDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.document(store.Document{Title: "One", Domain: "tech", Market: "de", Language: "de", SourceName: "heise.de", PublishedAt: pointer(day(3)), FetchedAt: day(10)})
	w.document(store.Document{Title: "Two", Domain: "tech", Market: "at", Language: "en", PublishedAt: pointer(day(2)), FetchedAt: day(12)})
	w.document(store.Document{Title: "Three", Domain: "art", Market: "de", Language: "fr", FetchedAt: day(11)})
	w.execute(`update documents set status = 'processed' where title = 'Two'`)
	cases := map[string]struct {
		query string
		want  []string
	}{
		"last published first": {"", []string{"One", "Two", "Three"}},
		"undated first":        {"sort=published_at", []string{"Three", "Two", "One"}},
		"last fetched first":   {"sort=-fetched_at", []string{"Two", "Three", "One"}},
		"domain":               {"domain=tech", []string{"One", "Two"}},
		"market":               {"market=DE", []string{"One", "Three"}},
		"language":             {"language=FR", []string{"Three"}},
		"source":               {"source=rss", []string{"One", "Two", "Three"}},
		"origin":               {"source_name=heise.de", []string{"One"}},
		"collection":           {"collection_id=" + one.CollectionID.String(), []string{"One"}},
		"other collection":     {"collection_id=" + unknownID, []string{}},
		"status":               {"status=processed", []string{"Two"}},
		"published after":      {"published_after=2026-01-03T00:00:00Z", []string{"One"}},
		"published before":     {"published_before=2026-01-03T00:00:00Z", []string{"Two"}},
		"fetched after":        {"fetched_after=2026-01-11T01:00:00%2B01:00", []string{"Two", "Three"}},
		"fetched before":       {"fetched_before=2026-01-11T00:00:00Z", []string{"One"}},
		"combined":             {"domain=tech&market=de&language=de&source=rss&source_name=heise.de&status=new&fetched_after=2026-01-01T00:00:00Z", []string{"One"}},
		"second page":          {"page=2&page_size=2", []string{"Three"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, titles(w.read("/documents?"+tc.query)))
		})
	}
	for _, sort := range []string{"published_at", "-published_at", "-fetched_at"} {
		first := w.read("/documents?page_size=2&sort=" + sort)
		rest := w.read("/documents?page_size=2&sort=" + sort + "&cursor=" + first["next_cursor"].(string))
		require.ElementsMatch(t, []string{"One", "Two", "Three"}, append(titles(first), titles(rest)...))
	}
	for query, code := range map[string]client.ErrorCode{
		"sort=title": "VALIDATION_FAILED", "collection_id=x": "VALIDATION_FAILED", "status=odd": "VALIDATION_FAILED", "source_name=": "VALIDATION_FAILED",
		"published_after=2026-13-01T00:00:00Z": "VALIDATION_FAILED", "page=501": "DOCUMENT_VALIDATION_FAILED", "cursor=x": "DOCUMENT_VALIDATION_FAILED",
		"q=x": "VALIDATION_FAILED",
	} {
		w.send("GET", "/documents?"+query, "").refused(t, http.StatusUnprocessableEntity, code)
	}
}

func TestSearchDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	add := func(title, language, text string) {
		w.document(store.Document{Title: title, Language: language, ContentText: &text, PublishedAt: pointer(day(1))})
	}
	add("Neue Häuser denken mit", "de", "In smarten Gebäuden sinkt der Verbrauch von Energie.")
	add("Les cafés de Paris", "fr", "Les développeurs préfèrent les cafés.")
	add("Modern C++ and .NET", "en", "The smart building market grew, building smart things did not.")
	add("<script>alert(1)</script> & friends", "en", `Hostile <img src=x onerror="alert(2)"> markup around a zebra.`)
	storetest.Process(t, w.store)
	cases := map[string]struct {
		q, want, marked string
	}{
		"another form":     {"Haus", "Neue Häuser denken mit", "<mark>Häuser</mark>"},
		"plural":           {"Häusern", "Neue Häuser denken mit", "<mark>Häuser</mark>"},
		"umlaut left out":  {"gebaude", "Neue Häuser denken mit", "<mark>Gebäuden</mark>"},
		"French plural":    {"café", "Les cafés de Paris", "<mark>cafés</mark>"},
		"accent left out":  {"cafe", "Les cafés de Paris", "<mark>cafés</mark>"},
		"C++":              {"C++", "Modern C++ and .NET", ""},
		"phrase":           {`"smart building"`, "Modern C++ and .NET", "<mark>smart</mark> <mark>building</mark>"},
		"hyphen":           {"smart-building", "Modern C++ and .NET", "<mark>"},
		"either":           {"zebra or giraffe", "<script>alert(1)</script> & friends", "<mark>zebra</mark>"},
		"hostile document": {"friend", "<script>alert(1)</script> & friends", "&lt;script&gt;alert(1)&lt;/script&gt; &amp; <mark>friends</mark>"},
		"hostile search":   {`zebra'"; drop table documents; -- \ :* & | ! ( )`, "", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := w.read("/documents/search?q=" + url.QueryEscape(tc.q))
			if tc.want == "" {
				return
			}
			require.Equal(t, []string{tc.want}, titles(result))
			require.Equal(t, false, result["fuzzy"])
			hit := result["items"].([]any)[0].(map[string]any)
			shown := hit["title_highlighted"].(string) + " " + hit["snippet"].(string)
			require.Contains(t, shown, tc.marked)
			bare := strings.NewReplacer("<mark>", "", "</mark>", "").Replace(shown)
			require.NotContains(t, bare, "<", "no markup but <mark>")
		})
	}
	require.Equal(t, []string{"Modern C++ and .NET"}, titles(w.read("/documents/search?q="+url.QueryEscape("smart or zebra -friends")+"&language=en")))
	require.Empty(t, titles(w.read("/documents/search?q=haus&market=at")))
	misspelt := w.read("/documents/search?q=H%C3%A4userr")
	require.Equal(t, true, misspelt["fuzzy"])
	require.Equal(t, "Neue Häuser denken mit", misspelt["items"].([]any)[0].(map[string]any)["title_highlighted"])

	all := url.QueryEscape("haus or café or building or zebra")
	for _, sort := range []string{"relevance", "-published_at", "published_at", "-fetched_at"} {
		first := w.read("/documents/search?page_size=3&q=" + all + "&sort=" + sort)
		require.EqualValues(t, 4, first["total"])
		rest := w.read("/documents/search?page_size=3&q=" + all + "&sort=" + sort + "&cursor=" + url.QueryEscape(first["next_cursor"].(string)))
		require.Len(t, append(titles(first), titles(rest)...), 4)
		require.NotContains(t, titles(first), titles(rest)[0])
	}
	for query, fields := range map[string][]string{
		"": {"q"}, "q=": {"q"}, "q=" + strings.Repeat("x", 501): {"q"}, "q=x&q=y": {"q"}, "q=x&sort=title": {"sort"}, "q=%00": {"q"},
	} {
		problem := w.send("GET", "/documents/search?"+query, "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
		require.Len(t, faults(problem), len(fields), query)
		require.Contains(t, faults(problem), fields[0], query)
	}
	w.send("GET", "/documents/search?q=x&cursor=x", "").refused(t, http.StatusUnprocessableEntity, "DOCUMENT_VALIDATION_FAILED")
}

func TestContentAsMarkdown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for content, want := range map[string]any{
		"<p>a <b>b</b> <del>c</del></p>": "a **b** ~~c~~",
		"<p>*a*</p>":                     `\*a*`,
		`<h2>Order</h2><ul><li>Look</li></ul><p><a href="https://example.org/">there</a></p>`: "## Order\n\n- Look\n\n[there](https://example.org/)",
		"<pre><code>create index x\n    on y</code></pre>":                                    "```\ncreate index x\n    on y\n```",
		`<table><tbody><tr><th>Material</th><td>Beech</td></tr></tbody></table>`:              "| Material | Beech |\n|----------|-------|",
		`<img src="https://example.org/a.jpg"/>`:                                              nil,
	} {
		var text *string
		if want != nil {
			text = pointer("Some text")
		}
		d := w.document(store.Document{Title: "Title", Content: &content, ContentText: text})
		require.Equal(t, want, w.read("/documents/" + d.ID.String())["content_markdown"], content)
	}
}

func TestReadDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.document(store.Document{
		Title: "Title", Content: pointer("<p>Text</p>"), ContentText: pointer("Text"), Summary: pointer(strings.Repeat("s", 600)),
		SourceMetadata: map[string]any{"guid": "a-1"}, Author: pointer("Erika"), PublishedAt: pointer(day(1)),
	})
	document := w.read("/documents/" + d.ID.String())
	for field, want := range map[string]any{
		"title": "Title", "content": "<p>Text</p>", "content_text": "Text", "summary": strings.Repeat("s", 600), "author": "Erika",
		"source_metadata": map[string]any{"guid": "a-1"}, "published_at": "2026-01-01T00:00:00Z", "status": "new",
		"reliability_score": nil, "paywall": nil, "processed_at": nil, "collection_id": d.CollectionID.String(),
	} {
		require.Equal(t, want, document[field], field)
	}
	require.Equal(t, "Text", document["content_markdown"])
	item := w.read("/documents")["items"].([]any)[0].(map[string]any)
	require.Equal(t, strings.Repeat("s", 500), item["summary"], "lists are short")
	require.NotContains(t, item, "content")
	w.send("GET", "/documents/"+unknownID, "").refused(t, http.StatusNotFound, "DOCUMENT_NOT_FOUND")
	w.send("GET", "/documents/duplicate", "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
}

// TestDeletedDocument: the next poll does not bring it back.
func TestDeletedDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working)
	feed := &site{handler: feedOf("a", "b")}
	id := w.collection(w.feed(feed.ServeHTTP)).ID.String()
	eventually(t, func() bool { return w.read("/documents")["total"] == 2.0 }, "the first poll")
	gone := w.read("/documents")["items"].([]any)[0].(map[string]any)
	require.Equal(t, http.StatusNoContent, w.send("DELETE", "/documents/"+gone["id"].(string), "").StatusCode)

	feed.serve(feedOf("c", "a", "b"))
	require.Equal(t, "succeeded", w.poll(id)["state"])
	left := w.read("/documents")
	require.Len(t, left["items"], 2)
	require.NotContains(t, titles(left), gone["title"])
	require.Contains(t, titles(left), "About c")
}
