package jobs

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

// An oneEntry is an entry of an RSS feed; what is empty is left out.
type oneEntry struct{ title, link, guid, words string }

// entriesFeed is a feed of a site with those entries.
func entriesFeed(entries []oneEntry) string {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Site</title><link>https://example.com/show/</link><language>en</language>`)
	for _, e := range entries {
		b.WriteString(`<item>`)
		for name, text := range map[string]string{"title": e.title, "link": e.link, "guid": e.guid, "description": e.words} {
			if text != "" {
				_, _ = fmt.Fprintf(&b, `<%s>%s</%s>`, name, text, name)
			}
		}
		b.WriteString(`</item>`)
	}
	return b.String() + `</channel></rss>`
}

// TestEntriesThatShareAnAddress polls feeds whose entries have no page of their own, one answer after the
// other: each entry is kept once, however the feed moves on, and none pushes another one out.
func TestEntriesThatShareAnAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	const log = "https://example.com/changelog"
	for name, tc := range map[string]struct {
		polls [][]oneEntry
		kept  []string
	}{
		"sections of a changelog": {
			polls: [][]oneEntry{
				{{"Two", log + "#two", "v2", "b"}, {"One", log + "#one", "v1", "a"}},
				{{"Three", log + "#three", "v3", "c"}, {"Two", log + "#two", "v2", "b"}},
				{{"Four", log + "#four", "v4", "d"}},
				{{"Four", log + "#four", "v4", "d"}, {"Three", log + "#three", "v3", "c"}},
			},
			kept: []string{"Four", "One", "Three", "Two"},
		},
		"sections, without ids": {
			polls: [][]oneEntry{{{"Two", log + "/2#two", "", "b"}, {"One", log + "/2#one", "", "a"}}, {{"Two", log + "/2#two", "", "b"}}},
			kept:  []string{"One", "Two"},
		},
		"the page itself as the id": {
			polls: [][]oneEntry{{{"Two", log + "/3", log + "/3", "b"}, {"One", log + "/3", log + "/3", "a"}}},
			kept:  []string{"One", "Two"},
		},
		"one id for all": {
			polls: [][]oneEntry{{{"Two", log + "/4", "1", "b"}, {"One", log + "/4", "1", "a"}}},
			kept:  []string{"One", "Two"},
		},
		"episodes of a show": {
			polls: [][]oneEntry{
				{{"One", "https://example.com/show/", "e1", "a"}},
				{{"Two", "http://example.com/show/", "e2", "b"}, {"One", "https://example.com/show/", "e1", "a"}},
			},
			kept: []string{"One", "Two"},
		},
		"a page that shows one at a time": {
			polls: [][]oneEntry{
				{{"One", log + "/now", "s1", "a"}},
				{{"Two", log + "/now", "s2", "b"}},
				{{"Three", log + "/now", "s3", "c"}, {"Two", log + "/now", "s2", "b"}},
				{{"One", log + "/now", "s1", "a"}},
			},
			kept: []string{"One", "Three", "Two"},
		},
		"notices without an address": {
			polls: [][]oneEntry{{{"Two", "", "n2", "b"}, {"One", "mailto:office@example.com", "n1", "a"}}, {{"Two", "", "n2", "b"}}},
			kept:  []string{"One", "Two"},
		},
		"one article, listed twice": {
			polls: [][]oneEntry{{{"One", log + "/5", "x1", "a"}, {"One", log + "/5?utm_source=feed", "x2", "a"}}},
			kept:  []string{"One"},
		},
		"an article with a new title": {
			polls: [][]oneEntry{{{"One", log + "/6", "x1", "a"}}, {{"One, corrected", log + "/6", "x1", "a"}}},
			kept:  []string{"One, corrected"},
		},
		"an article with a new id": {
			polls: [][]oneEntry{{{"One", log + "/7", "x1", "a"}}, {{"One", log + "/7", "x2", "a, and more"}}},
			kept:  []string{"One"},
		},
	} {
		var body atomic.Value
		collection := w.collection(site(t, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(body.Load().(string))) }))
		for _, entries := range tc.polls {
			body.Store(entriesFeed(entries))
			result(t, w.outcome(c, collection))
		}
		require.Equal(t, tc.kept, w.titles(collection), name)
		w.execute(`update collections set body_hash = ''`)
		require.Equal(t, "nothing_new", result(t, w.outcome(c, collection)).Outcome, name)
		w.execute(`delete from documents where collection_id = $1`, collection.ID)
	}
}

// A feed that breaks off is asked for the rest: its ETag would say that we have it.
func TestAFeedThatBreaksOffIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	whole, asked := feed("a", "b", "c"), 0
	collection := w.collection(site(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") != "" {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		asked++
		if asked > 1 {
			_, _ = rw.Write([]byte(whole))
			return
		}
		_, _ = rw.Write([]byte(whole[:strings.Index(whole, "example.com/b")+8]))
	}))
	r := result(t, w.outcome(c, collection))
	require.Equal(t, 1, r.DocumentsAdded, "half an entry has half an address")
	require.Equal(t, "It ends before its end.", r.Fault)
	health, err := w.store.CollectionHealth(t.Context(), collection.ID)
	require.NoError(t, err)
	require.Equal(t, "Healthy, but: It ends before its end; 1 of 1 poll went well, 1 document in the last 24 hours.", health.Summary)
	require.Equal(t, 2, result(t, w.outcome(c, collection)).DocumentsAdded)
	require.Equal(t, "not_modified", result(t, w.outcome(c, collection)).Outcome)
	require.Equal(t, []string{"About a", "About b", "About c"}, w.titles(collection))
}

// What cannot be kept of a feed is told.
func TestEntriesThatCannotBeReadAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	collection := w.collection(site(t, func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = rw.Write([]byte(entriesFeed([]oneEntry{{title: "One", link: "https://example.com/1"}, {title: "Two", link: "ftp://example.com/2"}, {words: "Three"}})))
	}))
	const told = "2 of 3 entries could not be read; the first, number 2 (Two): Its link cannot be used: it begins with neither http:// nor https://."
	require.Equal(t, told, result(t, w.outcome(c, collection)).Fault)
	fetches, err := w.store.Fetches(t.Context(), collection.ID, store.FetchFilter{}, store.Page{Size: 1})
	require.NoError(t, err)
	require.Equal(t, told, *fetches.Items[0].Fault)
}

// A page of several entries is the text of none of them, so that it is read for nobody who does not ask for it.
func TestPagesOfSeveralEntriesAreNotRead(t *testing.T) {
	t.Parallel()
	shared := store.Document{CanonicalURL: "https://example.com/log#entry-1", EntryAddress: "https://example.com/log#entry-1"}
	alone := store.Document{CanonicalURL: "https://example.com/log", EntryAddress: "https://example.com/log#entry-1"}
	feed := store.Collection{Type: store.TypeRSS, FetchArticles: "auto"}
	require.False(t, wantsPage(feed, shared))
	require.True(t, wantsPage(feed, alone))
	feed.FetchArticles = "always"
	require.True(t, wantsPage(feed, shared))
}

// titles are those of a collection's documents, in their order.
func (w *world) titles(c store.Collection) []string {
	w.t.Helper()
	rows, err := w.store.Pool().Query(w.t.Context(), `select title from documents where collection_id = $1 order by title`, c.ID)
	require.NoError(w.t, err)
	var titles []string
	for rows.Next() {
		var title string
		require.NoError(w.t, rows.Scan(&title))
		titles = append(titles, title)
	}
	require.NoError(w.t, rows.Err())
	return titles
}
