package jobs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// A magazine has a feed of excerpts and the pages that they lead to.
type magazine struct {
	*httptest.Server
	feed, page atomic.Value // http.HandlerFunc
	pages      atomic.Int64
}

func newMagazine(t testing.TB) *magazine {
	t.Helper()
	m := &magazine{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed.xml":
			m.feed.Load().(http.HandlerFunc)(rw, r)
		case "/a":
			m.pages.Add(1)
			m.page.Load().(http.HandlerFunc)(rw, r)
		default:
			http.NotFound(rw, r)
		}
	}))
	t.Cleanup(m.Close)
	m.says("Just the beginning")
	m.page.Store(article("The pier was turned by twelve degrees, and nobody has complained since"))
	return m
}

// says makes the feed carry one text.
func (m *magazine) says(text string) {
	m.feed.Store(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(rw, `<?xml version="1.0"?><rss version="2.0"><channel><title>Site</title><language>en</language>
			<item><title>The pier</title><link>%s/a</link><description>%s</description></item></channel></rss>`, m.URL, text)
	}))
}

// article is a page about one sentence.
func article(sentence string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(rw, `<html lang="en"><head><title>The pier</title><meta name="author" content="Ann Other">
			<meta property="article:published_time" content="2026-03-05"><meta property="og:image" content="/lead.jpg">
			<meta property="article:content_tier" content="free"></head><body><nav><a href="/">Home</a></nav><article><h1>The pier</h1>%s</article></body></html>`,
			strings.Repeat("<p>"+sentence+", says the harbour master of Lerwick, who keeps two logbooks.</p>", 6))
	}
}

func answering(status int, header ...string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		if len(header) == 2 {
			rw.Header().Set(header[0], header[1])
		}
		rw.WriteHeader(status)
	}
}

// reading makes a client read pages.
func reading(t testing.TB) func(*Config) {
	t.Helper()
	fetcher := collect.NewFetcher(collect.Config{UserAgent: "test", AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(fetcher.Close)
	return func(c *Config) { c.Pages = collect.NewPages(fetcher, time.Now) }
}

// theDocument is the only one there is.
func (w *world) theDocument() store.Document {
	w.t.Helper()
	rows, _ := w.store.Pool().Query(w.t.Context(), `select id from documents`)
	id, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[uuid.UUID])
	require.NoError(w.t, err)
	d, err := w.store.Document(w.t.Context(), id)
	require.NoError(w.t, err)
	return d
}

// articleJob waits until the job of the only document is as wanted.
func (w *world) articleJob(wanted func(store.Job) bool) store.Job {
	w.t.Helper()
	return w.job(store.JobID(w.count(`select coalesce(max(id), 0)::int from river_job where kind = 'article'`)), wanted)
}

// processed waits until the only document has been looked at and nothing will touch it any more.
func (w *world) processed() store.Document {
	w.t.Helper()
	eventually(w.t, func() bool { return w.theDocument().Status == "processed" }, w.log.String)
	eventually(w.t, func() bool {
		return w.count(`select count(*) from river_job where kind = 'process' and state <> 'completed'`) == 0
	}, w.log.String)
	return w.theDocument()
}

func succeeded(j store.Job) bool { return j.State == "succeeded" }

func TestArticle(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMagazine(t)
	c := w.working(reading(t))
	collection := w.collection(m.URL + "/feed.xml")
	w.outcome(c, collection)
	job := w.articleJob(succeeded)
	d := w.theDocument()
	require.Equal(t, &store.JobSubject{Type: "document", ID: d.ID}, job.Subject)
	require.JSONEq(t, fmt.Sprintf(`{"outcome":"article_read","url":"%s/a","word_count":%d}`, m.URL, *d.WordCount), string(job.Result))
	require.Equal(t, "page", d.ContentFrom)
	require.True(t, strings.HasPrefix(*d.ContentText, "The pier was turned by twelve degrees"), *d.ContentText)
	require.Contains(t, *d.Content, "<p>The pier was turned")
	require.Equal(t, store.ContentHash(d.Title, d.ContentText), d.ContentHash)
	require.Equal(t, "Just the beginning", *d.Summary)
	require.Equal(t, "Ann Other", *d.Author)
	require.Equal(t, m.URL+"/lead.jpg", *d.ImageURL)
	require.Equal(t, "2026-03-05T00:00:00Z", d.PublishedAt.Format(time.RFC3339))
	require.Equal(t, "day", d.SourceMetadata["published_precision"])
	require.Equal(t, new(false), d.Paywall)
	require.Nil(t, d.PageError)
	require.WithinDuration(t, time.Now(), *d.PageFetchedAt, time.Minute)
	require.GreaterOrEqual(t, d.Revision, int64(2))
	require.Zero(t, w.count(`select count(*) from events where data ->> 'kind' = 'article'`), "what nobody asked for is not told")
	eventually(t, func() bool { d = w.theDocument(); return d.Status == "processed" }, w.log.String)

	// The same feed again changes nothing.
	w.execute(`update collections set body_hash = ''`)
	require.Equal(t, "nothing_new", result(t, w.outcome(c, collection)).Outcome)
	require.Equal(t, d, w.theDocument())

	// What the feed says anew is kept beside the page's text, and the page is read again.
	w.execute(`update documents set status = 'processed', processed_at = now()`)
	m.page.Store(article("The pier is to be turned back again before the winter"))
	m.says("Another beginning")
	require.Equal(t, "documents_updated", result(t, w.outcome(c, collection)).Outcome)
	eventually(t, func() bool { return strings.HasPrefix(*w.theDocument().ContentText, "The pier is to be turned back") }, w.log.String)
	after := w.theDocument()
	require.Equal(t, "Another beginning", *after.Summary)
	// It is processed anew, which may have happened by now.
	require.Equal(t, after.Status == "processed", after.ProcessedAt != nil)
	require.EqualValues(t, 2, m.pages.Load())
}

// A page that is read after its document was processed has it processed again at once, and not when the sweep comes.
func TestReadPagesAreProcessed(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMagazine(t)
	c := w.working(reading(t))
	w.outcome(c, w.collection(m.URL+"/feed.xml"))
	w.articleJob(succeeded)
	w.processed()

	m.page.Store(article("The pier is sold for one euro"))
	_, err := c.queue(t.Context(), ArticleArgs{DocumentID: w.theDocument().ID})
	require.NoError(t, err)
	eventually(t, func() bool {
		d := w.theDocument()
		return d.Status == "processed" && strings.HasPrefix(*d.ContentText, "The pier is sold")
	}, w.log.String)
}

func TestArticleRunsTwice(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMagazine(t)
	c := w.working(reading(t))
	w.outcome(c, w.collection(m.URL+"/feed.xml"))
	job := w.articleJob(succeeded)
	before := w.processed()
	// A worker that lives on notes late that it has completed the job, over what is written here.
	require.NoError(t, c.Stop(t.Context()))
	w.orphan(int64(job.ID))
	w.working(reading(t))
	eventually(t, func() bool { return m.pages.Load() == 2 }, w.log.String)
	eventually(t, func() bool { return w.theDocument().Revision == before.Revision+1 }, w.log.String)
	after := w.theDocument()
	require.Equal(t, before.ContentHash, after.ContentHash)
	require.Equal(t, "processed", after.Status, "the same text needs no second look")
	require.NotNil(t, after.ProcessedAt)
}

func TestArticleFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		page http.HandlerFunc
		code string
		says string
	}{
		"gone":         {answering(410), "gone", "is gone for good"},
		"not found":    {answering(404), "http_status", "answered 404"},
		"no page":      {answering(200, "Content-Type", "application/pdf"), "not_html", "not with a web page"},
		"nothing said": {answering(200, "Content-Type", "text/html"), "no_article", "no article was found"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, m := newWorld(t), newMagazine(t)
			m.page.Store(tc.page)
			c := w.working(reading(t))
			w.outcome(c, w.collection(m.URL+"/feed.xml"))
			job := w.articleJob(store.Job.Finished)
			require.Equal(t, "succeeded", job.State, "that a page cannot be had is what it found out")
			require.Nil(t, job.Error)
			require.Equal(t, 1, job.Attempt)
			d := w.theDocument()
			require.Equal(t, tc.code, d.PageError.Code)
			require.Contains(t, d.PageError.Message, tc.says)
			var found articleResult
			require.NoError(t, json.Unmarshal(job.Result, &found))
			require.Equal(t, articleResult{Outcome: "page_unreadable", URL: m.URL + "/a", PageError: d.PageError}, found)
			require.Equal(t, "feed", d.ContentFrom)
			require.Equal(t, "Just the beginning", *d.ContentText)
			require.Nil(t, d.PageFetchedAt)

			// It can be tried again, and then the fault is forgotten.
			m.page.Store(article("It is there after all"))
			_, err := c.Retry(t.Context(), job.ID)
			require.NoError(t, err)
			eventually(t, func() bool { return w.theDocument().PageError == nil }, w.log.String)
			job = w.articleJob(func(j store.Job) bool { return j.Finished() && j.Attempt == 2 })
			require.Contains(t, string(job.Result), "article_read")
			_, err = c.Retry(t.Context(), job.ID)
			require.ErrorContains(t, err, "this one is succeeded")
		})
	}
}

// TestArticleFaultsThatPass are tried again later.
func TestArticleFaultsThatPass(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMagazine(t)
	m.page.Store(answering(502))
	c := w.working(reading(t))
	w.outcome(c, w.collection(m.URL+"/feed.xml"))
	job := w.articleJob(func(j store.Job) bool { return j.Error != nil })
	require.Equal(t, "queued", job.State)
	require.Contains(t, job.Error.Message, "answered 502 Bad Gateway")
	require.Greater(t, time.Until(job.ScheduledAt), leastPause-time.Minute)
	require.Nil(t, w.theDocument().PageError)
	for range job.MaxAttempts - 1 {
		attempt := w.articleJob(func(store.Job) bool { return true }).Attempt
		w.execute(`update river_job set state = 'available', scheduled_at = now() where kind = 'article'`)
		w.articleJob(func(j store.Job) bool { return j.Attempt > attempt && j.State != "running" && j.State != "available" })
	}
	job = w.articleJob(store.Job.Finished)
	require.Equal(t, "succeeded", job.State)
	require.Equal(t, "http_status", w.theDocument().PageError.Code)
}

func TestArticleOfABusySite(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMagazine(t)
	m.page.Store(answering(429, "Retry-After", "3600"))
	c := w.working(reading(t))
	w.outcome(c, w.collection(m.URL+"/feed.xml"))
	job := w.articleJob(func(j store.Job) bool { return time.Until(j.ScheduledAt) > 50*time.Minute })
	require.Equal(t, "queued", job.State)
	require.Nil(t, job.Error)
	w.execute(`update river_job set state = 'available', scheduled_at = now(), created_at = now() - interval '4 days' where kind = 'article'`)
	require.Contains(t, string(w.articleJob(succeeded).Result), "page_unreadable", "patience ends")
	require.Equal(t, "rate_limited", w.theDocument().PageError.Code)
}

func TestArticlesWanted(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 300)
	cases := map[string]struct {
		fetch, says string
		configure   bool
		want        int
	}{
		"short":              {"auto", "Just the beginning", true, 1},
		"long":               {"auto", long, true, 0},
		"long, but cut":      {"auto", long + "…", true, 1},
		"always":             {"always", long, true, 1},
		"never":              {"never", "Just the beginning", true, 0},
		"switched off":       {"always", "Just the beginning", false, 0},
		"nothing in at all":  {"auto", "", true, 1},
		"a link to go on by": {"auto", long + "&lt;a href='/a'&gt;Read more&lt;/a&gt;", true, 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, m := newWorld(t), newMagazine(t)
			m.says(tc.says)
			collection := w.collection(m.URL + "/feed.xml")
			_, err := w.store.UpdateCollection(t.Context(), collection.ID, 0, store.CollectionUpdate{FetchArticles: &tc.fetch})
			require.NoError(t, err)
			var configure []func(*Config)
			if tc.configure {
				configure = append(configure, reading(t))
			}
			w.outcome(w.working(configure...), collection)
			require.Equal(t, tc.want, w.count(`select count(*) from river_job where kind = 'article'`))
		})
	}
	for kind, want := range map[string]bool{store.TypeRSS: true, store.TypeNews: true, store.TypeReddit: false, store.TypeTrends: false, store.TypeAutocomplete: false} {
		require.Equal(t, want, wantsPage(store.Collection{Type: kind, FetchArticles: "auto"}, store.Document{}), kind)
	}
}

// TestArticleOfAChangingWorld removes the document, or changes what its feed says, while the page is read.
func TestArticleOfAChangingWorld(t *testing.T) {
	t.Parallel()
	t.Run("removed before", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c := w.working(reading(t))
		var row *rivertype.JobInsertResult
		err := pgx.BeginFunc(t.Context(), w.store.Pool(), func(tx pgx.Tx) (err error) {
			row, err = c.river.InsertTx(t.Context(), tx, ArticleArgs{DocumentID: uuid.New()}, nil)
			return err
		})
		require.NoError(t, err)
		job := w.finished(store.JobID(row.Job.ID))
		require.Equal(t, "The document has been removed.", job.Error.Message)
	})
	for name, change := range map[string]string{
		"removed": `delete from documents`,
		"changed": `update documents set content_hash = repeat('a', 64), content_text = 'More'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, m, g := newWorld(t), newMagazine(t), newGate()
			m.page.Store(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				g.pass(r.Context())
				article("It was turned")(rw, r)
			}))
			w.outcome(w.working(reading(t)), w.collection(m.URL+"/feed.xml"))
			g.await(t)
			w.execute(change)
			close(g.open)
			if name == "removed" {
				require.Equal(t, "The document was removed while its page was read.", w.articleJob(store.Job.Finished).Error.Message)
				return
			}
			w.articleJob(succeeded)
			require.EqualValues(t, 2, m.pages.Load(), "it was read again")
			require.Equal(t, "page", w.theDocument().ContentFrom)
		})
	}
}

func TestArticleOwnFaults(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"document unreadable": `alter table documents rename column author to gone`,
		"page not saved":      `alter table documents drop constraint documents_content_from_check, add constraint no_pages check (content_from = 'feed')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, m := newWorld(t), newMagazine(t)
			c := w.client(reading(t))
			d := store.Document{Title: "T", URL: m.URL + "/a", CanonicalURL: m.URL + "/a", Source: "rss", SourceName: "x", SourceMetadata: map[string]any{}, Language: "en", ContentHash: store.ContentHash("T", nil), FetchedAt: time.Now()}
			collection := w.collection(m.URL + "/feed.xml")
			_, err := w.store.SavePoll(t.Context(), store.Poll{Asked: collection, At: time.Now(), NextPollAt: time.Now().Add(time.Hour), Documents: []store.Document{d}})
			require.NoError(t, err)
			id := w.theDocument().ID
			var row *rivertype.JobInsertResult
			require.NoError(t, pgx.BeginFunc(t.Context(), w.store.Pool(), func(tx pgx.Tx) (err error) {
				row, err = c.river.InsertTx(t.Context(), tx, ArticleArgs{DocumentID: id}, &river.InsertOpts{})
				return err
			}))
			w.execute(statement)
			w.start(c)
			tried := w.tried(store.JobID(row.Job.ID))
			require.Equal(t, "An internal error; the server's log says more.", tried.Errors[0].Error)
		})
	}
}
