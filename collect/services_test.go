package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect/collecttest"
	"github.com/content-creator/content-creator-api/store"
)

// services are those of a world, with every key.
func services(w *collecttest.World) Services {
	return Services{
		RedditURL: w.URL + "/reddit", RedditOAuthURL: w.URL + "/oauth/", RedditTokenURL: w.URL + "/reddit/api/v1/access_token",
		RedditClientID: collecttest.RedditClientID, RedditClientSecret: collecttest.RedditClientSecret, RedditUserAgent: "test:app:1 (by /u/me)",
		TrendsURL: w.URL + "/trends", AutocompleteURL: w.URL + "/suggest", GoogleNewsURL: w.URL + "/googlenews", BingNewsURL: w.URL + "/bing",
		TheNewsAPIURL: w.URL + "/thenewsapi", TheNewsAPIKey: collecttest.TheNewsAPIKey,
	}
}

// ask collects a source of the world's.
func ask(t *testing.T, s Services, source Source) (Batch, error) {
	t.Helper()
	b, err := All(fetcher(t, Config{}), s, clock)[source.Type].Collect(t.Context(), source)
	secret(t, b, err)
	return b, err
}

func mustAsk(t *testing.T, s Services, source Source) Batch {
	t.Helper()
	b, err := ask(t, s, source)
	require.NoError(t, err)
	return b
}

// secret makes sure that nothing tells a key.
func secret(t *testing.T, b Batch, err error) {
	t.Helper()
	told, marshalErr := json.Marshal(b)
	require.NoError(t, marshalErr)
	text := string(told)
	for ; err != nil; err = errors.Unwrap(err) {
		text += fmt.Sprintf("%s %+v", err, err)
	}
	require.NotContains(t, text, "hunter2")
}

// facts are the metadata of a document as the API tells them.
func metadata(t *testing.T, d store.Document) string {
	t.Helper()
	told, err := json.Marshal(d.SourceMetadata)
	require.NoError(t, err)
	return string(told)
}

func reddit(config store.SourceConfig) Source {
	if config.Subreddit == "" {
		config.Subreddit = "golang"
	}
	config.Sort, config.Limit = "top", 25
	config.Window = "week"
	return Source{Type: "reddit", Config: config, Language: "en"}
}

func TestReddit(t *testing.T) {
	t.Parallel()
	w := collecttest.New(t)
	b := mustAsk(t, services(w), reddit(store.SourceConfig{}))
	require.Len(t, b.Documents, 3)
	assert.Equal(t, 4, b.Entries)
	assert.Equal(t, []Skipped{{Position: 3, Title: "Removed by the moderators", Reason: "It has been removed."}}, b.Skipped)
	assert.Zero(t, b.Unread, "what moderators have removed is no fault")
	assert.Empty(t, b.Fault)
	assert.False(t, b.Empty)
	assert.Equal(t, 200, b.Status)
	assert.Equal(t, w.URL+"/oauth/r/golang/top", b.FinalURL)
	assert.Zero(t, b.Pace.Fresh)

	d := b.Documents[0]
	assert.Equal(t, "Go 2.0 & generics <T>", d.Title)
	assert.Equal(t, "https://www.reddit.com/r/golang/comments/aaa/a_post/", d.URL)
	assert.Equal(t, d.URL, d.CanonicalURL)
	assert.Equal(t, "reddit", d.Source)
	assert.Equal(t, "r/golang", d.SourceName)
	assert.Equal(t, "en", d.Language)
	assert.Equal(t, "gopher", *d.Author)
	assert.Equal(t, "Read this & that", *d.ContentText)
	assert.Contains(t, *d.Content, `<strong>this</strong> &amp; <a href="https://www.reddit.com/r/programming"`)
	assert.NotContains(t, *d.Content, "script")
	assert.Equal(t, "2026-11-22T07:30:00Z", d.PublishedAt.Format(time.RFC3339))
	assert.JSONEq(t, `{"post_id":"aaa","subreddit":"golang","score":321,"upvote_ratio":0.93,"num_comments":12,"flair":"news","over_18":false,"stickied":true,
		"updated_at":"2026-11-22T08:30:01Z"}`, metadata(t, d))

	link := b.Documents[1]
	assert.Nil(t, link.Author)
	assert.Nil(t, link.Content)
	assert.JSONEq(t, `{"post_id":"bbb","subreddit":"golang","score":7,"score_hidden":true,"upvote_ratio":0.93,"num_comments":0,"over_18":true,
		"external_url":"https://blog.example.com/post?id=1&x=2","external_domain":"blog.example.com","image":"https://preview.redd.it/x.png?a=1&b=2"}`, metadata(t, link))
	assert.Equal(t, "<p>plain text</p>", *b.Documents[2].Content)

	asked := w.Asked("/oauth")
	require.Len(t, asked, 1)
	assert.Equal(t, "test:app:1 (by /u/me)", asked[0].Header.Get("User-Agent"))
	assert.Equal(t, "week", asked[0].Query.Get("t"))
	assert.Equal(t, "25", asked[0].Query.Get("limit"))

	few := mustAsk(t, services(w), reddit(store.SourceConfig{MinScore: 8}))
	require.Len(t, few.Documents, 1)
	assert.Equal(t, 4, few.Entries)

	w.Posts = nil
	none := mustAsk(t, services(w), reddit(store.SourceConfig{}))
	assert.True(t, none.Empty)
	assert.Empty(t, none.Documents)
}

func TestRedditComments(t *testing.T) {
	t.Parallel()
	w := collecttest.New(t)
	b := mustAsk(t, services(w), reddit(store.SourceConfig{Comments: true}))
	require.Len(t, b.Documents, 3)
	assert.Empty(t, b.Fault)
	d := b.Documents[0]
	assert.Equal(t, "Read this & that\nalice\nGreat <b>news</b>\nbob\nI doubt it\ndave\nthird\nerin\nfourth\nfrank\nfifth", *d.ContentText)
	assert.Contains(t, *d.Content, "<blockquote><p><strong>alice</strong></p><div><p>Great &lt;b&gt;news&lt;/b&gt;</p>\n</div></blockquote>")
	comments := d.SourceMetadata["comments"].([]any)
	require.Len(t, comments, 5)
	assert.Equal(t, map[string]any{"author": "alice", "score": 50, "created_at": "2026-11-22T08:30:00Z"}, comments[0])
	assert.Len(t, w.Asked("/oauth/r/golang/comments/"), 1, "posts without comments are not asked for them")

	t.Run("plain text and no HTML", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		w.Posts = []map[string]any{collecttest.Post("aaa", "T", 1, map[string]any{"selftext": "a < b", "num_comments": 2})}
		comment := collecttest.Comment("alice", "x < y", 2)
		comment["body_html"] = nil
		w.Comments = map[string][]map[string]any{"aaa": {{"kind": "t1", "body": 7}, comment}}
		d := mustAsk(t, services(w), reddit(store.SourceConfig{Comments: true})).Documents[0]
		assert.Equal(t, "a < b\nalice\nx < y", *d.ContentText)
	})
	t.Run("none that can be read", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		w.Comments = nil
		d := mustAsk(t, services(w), reddit(store.SourceConfig{Comments: true})).Documents[0]
		assert.Equal(t, "Read this & that", *d.ContentText)
		assert.NotContains(t, d.SourceMetadata, "comments")
		assert.NotContains(t, d.SourceMetadata, "comments_missing")
	})
}

func TestRedditCommentsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	many := func(n int) *collecttest.World {
		w := collecttest.New(t)
		w.Posts = nil
		for i := range n {
			w.Posts = append(w.Posts, collecttest.Post(fmt.Sprintf("p%d", i), fmt.Sprintf("Post %d", i), 1, map[string]any{"num_comments": 1}))
		}
		return w
	}
	missing := func(b Batch) (n int) {
		for _, d := range b.Documents {
			if d.SourceMetadata["comments_missing"] == true {
				n++
			}
		}
		return n
	}
	ask := func(w *collecttest.World) Batch {
		source := reddit(store.SourceConfig{Comments: true})
		source.Config.Limit = 100
		return mustAsk(t, services(w), source)
	}
	t.Run("one fails", func(t *testing.T) {
		t.Parallel()
		w := many(4)
		w.Answer(1, "/oauth/r/golang/comments/", 500, nil, "<html>")
		b := ask(w)
		assert.Len(t, b.Documents, 4)
		assert.Equal(t, 1, missing(b))
		assert.Equal(t, "The comments of 1 posts could not be read; the first: "+w.URL+"/oauth/r/golang/comments/p0 answered 500 Internal Server Error.", b.Fault)
		assert.Len(t, w.Asked("/oauth/r/golang/comments/"), 4)
	})
	t.Run("no JSON", func(t *testing.T) {
		t.Parallel()
		w := many(1)
		w.Answer(1, "/oauth/r/golang/comments/", 200, map[string]string{"Content-Type": "text/html"}, "<html>")
		assert.Contains(t, ask(w).Fault, "answered with a web page.")
	})
	t.Run("three in a row end it", func(t *testing.T) {
		t.Parallel()
		w := many(6)
		w.Answer(9, "/oauth/r/golang/comments/", 500, nil, "")
		b := ask(w)
		assert.Len(t, w.Asked("/oauth/r/golang/comments/"), 3)
		assert.Equal(t, 6, missing(b))
		assert.Contains(t, b.Fault, "The comments of 3 more posts were not asked for, to stay within limits.")
	})
	t.Run("too many requests", func(t *testing.T) {
		t.Parallel()
		w := many(6)
		w.Answer(1, "/oauth/r/golang/comments/", 429, map[string]string{"X-Ratelimit-Reset": "77"}, "")
		b := ask(w)
		assert.Len(t, w.Asked("/oauth/r/golang/comments/"), 1)
		assert.Len(t, b.Documents, 6)
		assert.Equal(t, store.Rest{Seconds: 77, Words: "x-ratelimit-reset 77"}, b.Pace.Fresh)
	})
	t.Run("nothing left", func(t *testing.T) {
		t.Parallel()
		w := many(3)
		w.RedditLeft, w.RedditReset = "0.0", "120"
		b := ask(w)
		assert.Empty(t, w.Asked("/oauth/r/golang/comments/"))
		assert.Equal(t, 3, missing(b))
		assert.Equal(t, 120, b.Pace.Fresh.Seconds)
	})
	t.Run("bounded", func(t *testing.T) {
		t.Parallel()
		w := many(70)
		b := ask(w)
		assert.Len(t, b.Documents, 70)
		assert.Len(t, w.Asked("/oauth/"), maxRequests)
		assert.Equal(t, "The comments of 11 more posts were not asked for, to stay within limits.", b.Fault)
	})
	t.Run("the budget of the site is used up", func(t *testing.T) {
		t.Parallel()
		w := many(6)
		source := reddit(store.SourceConfig{Comments: true})
		turns := &fewTurns{left: 4, wait: time.Hour}
		b, err := All(fetcher(t, Config{Turns: turns}), services(w), clock)["reddit"].Collect(t.Context(), source)
		require.NoError(t, err)
		assert.Len(t, b.Documents, 6, "what came is kept")
		assert.Equal(t, 4, missing(b))
		assert.Contains(t, b.Fault, "is not asked before")
	})
	t.Run("our own fault", func(t *testing.T) {
		t.Parallel()
		ours := errors.New("the database is away")
		turns := &fewTurns{left: 2, err: ours}
		_, err := All(fetcher(t, Config{Turns: turns}), services(many(6)), clock)["reddit"].Collect(t.Context(), reddit(store.SourceConfig{Comments: true}))
		assert.ErrorIs(t, err, ours)
	})
	t.Run("nobody waits any more", func(t *testing.T) {
		t.Parallel()
		w := many(3)
		ctx, cancel := context.WithCancel(context.Background())
		c := newRedditCollector(fetcher(t, Config{}), services(w), clock)
		talk := &redditTalk{collector: c, requests: newSpree(clock), wanted: true}
		cancel()
		talk.add(ctx, &Batch{}, redditPost{ID: "a", Subreddit: "golang"}, &entry{facts: facts{}})
		assert.Error(t, talk.own)
		assert.True(t, talk.over)
	})
}

// fewTurns gives so many turns, then a wait or an error. It keeps the rest that answers ask for.
type fewTurns struct {
	left int
	wait time.Duration
	err  error
	rest time.Duration
}

func (f *fewTurns) Take(context.Context, string) (time.Duration, error) {
	if f.left == 0 {
		return f.wait, f.err
	}
	f.left--
	return 0, nil
}

func (f *fewTurns) Give(_ context.Context, _ string, turn store.HostTurn) {
	f.rest = max(f.rest, turn.Rest)
}

// A site's budget learns of its rest, also from requests that take any status.
func TestRedditTellsItsBudget(t *testing.T) {
	t.Parallel()
	w := collecttest.New(t)
	w.Answer(1, "/oauth", 429, map[string]string{"X-Ratelimit-Reset": "77"}, "")
	turns := &fewTurns{left: 9}
	_, err := All(fetcher(t, Config{Turns: turns}), services(w), clock)["reddit"].Collect(t.Context(), reddit(store.SourceConfig{}))
	assert.Equal(t, CodeRateLimited, fault(t, err).Code)
	assert.Equal(t, 77*time.Second, turns.rest)
}

func TestRedditRefusals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		code, message string
		status        int
	}{
		"private":     {CodeForbidden, "r/private is private.", 403},
		"quarantined": {CodeForbidden, "r/quarantined is quarantined; Reddit shows it only to those who ask for it by hand.", 403},
		"gold_only":   {CodeForbidden, "r/gold_only is only for those who pay Reddit.", 403},
		"forbidden":   {CodeForbidden, "r/forbidden is private, or Reddit refuses us (403 Forbidden).", 403},
		"banned":      {CodeNotFound, "r/banned has been banned by Reddit.", 404},
		"missing":     {CodeNotFound, "r/missing does not exist, or has been banned by Reddit.", 404},
		"nosuchsub":   {CodeNotFound, "There is no r/nosuchsub on Reddit.", 404},
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := collecttest.New(t)
			for _, s := range []Services{services(w), {RedditURL: w.URL + "/reddit"}} {
				_, err := ask(t, s, reddit(store.SourceConfig{Subreddit: name}))
				e := fault(t, err)
				assert.Equal(t, want.code, e.Code)
				assert.Equal(t, want.message, e.Message)
				assert.Equal(t, want.status, e.Status)
			}
		})
	}
}

func TestRedditFaults(t *testing.T) {
	t.Parallel()
	const listing, token = "/oauth/r/golang/top", "/reddit/api/"
	cases := map[string]struct {
		path, body, header string
		status             int
		code, message      string
		rest               time.Duration
	}{
		"too many":           {listing, ``, "77", 429, CodeRateLimited, "answered 429 Too Many Requests and asks to wait 1m17s.", 77 * time.Second},
		"down":               {listing, ``, "", 503, CodeHTTPStatus, "answered 503 Service Unavailable.", 0},
		"a page":             {listing, `<html>`, "", 200, CodeBadAnswer, "answered with a web page.", 0},
		"no posts":           {listing, `{"data":{"children":[{"kind":"t5","data":{}},{"kind":"t3","data":{"title":7}},{"kind":"t3","data":{"title":"x"}}]}}`, "", 200, CodeBadAnswer, "lists 3 posts of which none can be read; the first: It is no post.", 0},
		"other JSON":         {listing, `[]`, "", 200, CodeBadAnswer, "answered with what its interface does not know.", 0},
		"key refused":        {token, `{"message":"Unauthorized"}`, "", 401, CodeUnauthorized, "Reddit refuses REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET.", 0},
		"no token":           {token, `{"error":"unsupported_grant_type"}`, "", 200, CodeUnauthorized, "Reddit gives no token for REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET.", 0},
		"token a page":       {token, `<html>`, "", 200, CodeBadAnswer, "answered with a web page.", 0},
		"token too often":    {token, ``, "30", 429, CodeRateLimited, "asks to wait 30s.", 30 * time.Second},
		"token redirects":    {token, ``, "", 302, CodeBadRedirect, "redirects a form that is not sent anywhere else.", 0},
		"always a new token": {listing, ``, "", 401, CodeUnauthorized, "Reddit refuses the token that it gave for REDDIT_CLIENT_ID.", 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := collecttest.New(t)
			w.Answer(9, tc.path, tc.status, map[string]string{"X-Ratelimit-Reset": tc.header, "Location": "/elsewhere"}, tc.body)
			_, err := ask(t, services(w), reddit(store.SourceConfig{}))
			e := fault(t, err)
			assert.Equal(t, tc.code, e.Code)
			assert.Contains(t, e.Message, tc.message)
			assert.Equal(t, tc.rest, e.RetryAfter)
			assert.Empty(t, w.Asked("/elsewhere"))
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		s := services(collecttest.New(t))
		s.RedditOAuthURL = "http://127.0.0.1:1"
		_, err := ask(t, s, reddit(store.SourceConfig{}))
		assert.Equal(t, CodeConnectFailed, fault(t, err).Code)
		s.RedditTokenURL = "http://127.0.0.1:1"
		_, err = ask(t, s, reddit(store.SourceConfig{}))
		assert.Equal(t, CodeConnectFailed, fault(t, err).Code)
		s.RedditTokenURL = "nowhere"
		_, err = ask(t, s, reddit(store.SourceConfig{}))
		assert.Equal(t, CodeInvalidURL, fault(t, err).Code)
	})
}

func TestRedditToken(t *testing.T) {
	t.Parallel()
	const tokens = "/reddit/api/v1/access_token"
	t.Run("shared by all", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		c := All(fetcher(t, Config{}), services(w), clock)["reddit"]
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				_, err := c.Collect(context.Background(), reddit(store.SourceConfig{}))
				assert.NoError(t, err)
			})
		}
		all.Wait()
		assert.Len(t, w.Asked(tokens), 1)
		w.RevokeTokens()
		_, err := c.Collect(t.Context(), reddit(store.SourceConfig{}))
		require.NoError(t, err)
		assert.Len(t, w.Asked(tokens), 2, "a refused token is renewed once")
	})
	t.Run("until it ends", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		now := today
		w.TokenSeconds = 3600
		c := All(fetcher(t, Config{}), services(w), func() time.Time { return now })["reddit"]
		for _, minutes := range []int{0, 58, 2} {
			now = now.Add(time.Duration(minutes) * time.Minute)
			_, err := c.Collect(t.Context(), reddit(store.SourceConfig{}))
			require.NoError(t, err)
		}
		assert.Len(t, w.Asked(tokens), 2)
	})
	t.Run("not waited for in vain", func(t *testing.T) {
		t.Parallel()
		token := newRedditToken(nil, Services{}, clock)
		token.mine <- struct{}{}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := token.get(ctx)
		assert.Equal(t, CodeCanceled, fault(t, err).Code)
		<-token.mine
		token.value = "newer"
		token.forget("older")
		assert.Equal(t, "newer", token.value)
	})
}

func TestRedditInPublic(t *testing.T) {
	t.Parallel()
	w := collecttest.New(t)
	public := Services{RedditURL: w.URL + "/reddit/"}
	b := mustAsk(t, public, reddit(store.SourceConfig{}))
	require.Len(t, b.Documents, 4)
	assert.Empty(t, b.Fault)
	d := b.Documents[0]
	assert.Equal(t, "Go 2.0 & generics <T>", d.Title)
	assert.Equal(t, "https://www.reddit.com/r/golang/comments/aaa/a_post/", d.CanonicalURL)
	assert.Equal(t, "reddit", d.Source)
	assert.Equal(t, "r/golang", d.SourceName)
	assert.Equal(t, "gopher", *d.Author)
	assert.Equal(t, "Read this & that", *d.ContentText)
	assert.JSONEq(t, `{"guid":"t3_aaa","post_id":"aaa","subreddit":"golang"}`, metadata(t, d))
	link := b.Documents[1]
	assert.Nil(t, link.Content)
	assert.Nil(t, link.Summary)
	assert.JSONEq(t, `{"guid":"t3_bbb","post_id":"bbb","subreddit":"golang","external_url":"https://blog.example.com/post?id=1&x=2"}`, metadata(t, link))
	asked := w.Asked("/reddit/")
	require.Len(t, asked, 1)
	assert.Equal(t, "/reddit/r/golang/top/.rss", asked[0].Path)
	assert.Equal(t, "week", asked[0].Query.Get("t"))

	w.RedditLeft, w.RedditReset = "0.4", "59.2"
	b = mustAsk(t, public, reddit(store.SourceConfig{MinScore: 5, Comments: true}))
	assert.Len(t, b.Documents, 4, "what is not known leaves nothing out")
	assert.Equal(t, "The posts come from Reddit's public feed, as REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET are not set: "+
		"their points are not known, so min_score left none out, and their comments are not known.", b.Fault)
	assert.Equal(t, 59, b.Pace.Fresh.Seconds)

	w.Answer(1, "/reddit/r/", 429, map[string]string{"Retry-After": "60"}, "<html>")
	_, err := ask(t, public, reddit(store.SourceConfig{}))
	assert.Equal(t, CodeRateLimited, fault(t, err).Code)
	assert.Equal(t, time.Minute, fault(t, err).RetryAfter)

	text, external := unwrapRedditPost(strings.Repeat("<div>", 600))
	assert.Empty(t, text+external)
}

func TestRedditRest(t *testing.T) {
	t.Parallel()
	for given, want := range map[[2]string]time.Duration{
		{"98.0", "412"}: 0, {"0.9", "412"}: 412 * time.Second, {"0", ""}: 0, {"0", "-1"}: 0, {"0", "NaN"}: 0, {"", "5"}: 0, {"0", "1795332600"}: 0,
	} {
		h := http.Header{}
		h.Set("X-Ratelimit-Remaining", given[0])
		h.Set("X-Ratelimit-Reset", given[1])
		assert.Equal(t, want, redditRest(h), given)
	}
	at, raw := epoch(1e30)
	assert.Nil(t, at)
	assert.Empty(t, raw)
}

func trends(region string) Source {
	return Source{Type: "trends", Config: store.SourceConfig{Region: region}, Language: "de"}
}

func TestTrends(t *testing.T) {
	t.Parallel()
	w := collecttest.New(t)
	b := mustAsk(t, services(w), trends("DE"))
	require.Len(t, b.Documents, 3, "though every item has the same link")
	d := b.Documents[0]
	assert.Equal(t, "photovoltaik förderung", d.Title)
	assert.Equal(t, "trends", d.Source)
	assert.Equal(t, "Google Trends DE", d.SourceName)
	assert.Equal(t, "de", d.Language)
	assert.Equal(t, "https://trends.google.com/trends/explore?date=2026-11-16+2026-11-23&geo=DE&q=photovoltaik+f%C3%B6rderung", d.URL)
	assert.Equal(t, "2026-11-23T06:40:00Z", d.PublishedAt.Format(time.RFC3339), "the day in UTC")
	assert.Equal(t, "Solar panels reach a record – Example News\nBatteries & grids - a report – The Paper", *d.ContentText)
	assert.Contains(t, *d.Content, `href="https://news.example.com/solar?utm_source=api"`)
	assert.JSONEq(t, `{"region":"DE","approx_traffic":"2.000+","approx_traffic_min":2000,"image":"https://encrypted-tbn1.gstatic.com/images?q=tbn:1","image_source":"Beispiel",
		"news_items":[
			{"title":"Solar panels reach a record","url":"https://news.example.com/solar?utm_source=api","source":"Example News","image":"https://encrypted-tbn2.gstatic.com/images?q=tbn:2"},
			{"title":"Batteries & grids - a report","url":"https://paper.example.org/grids","source":"The Paper","image":"https://encrypted-tbn2.gstatic.com/images?q=tbn:2"}]}`, metadata(t, d))
	assert.Equal(t, "c++ & <vector>", b.Documents[1].Title)
	assert.Equal(t, 500_000, b.Documents[1].SourceMetadata["approx_traffic_min"])
	assert.Nil(t, b.Documents[1].Content)
	assert.NotContains(t, b.Documents[2].SourceMetadata, "approx_traffic", "nothing is made up")
	assert.Equal(t, 600, b.Pace.Fresh.Seconds)

	w.Trends["DE"][0].Began = "Tue, 24 Nov 2026 10:00:00 +0100"
	w.Trends["DE"] = append(w.Trends["DE"], collecttest.Trend{Search: " "})
	again := mustAsk(t, services(w), trends("DE"))
	assert.NotEqual(t, d.CanonicalURL, again.Documents[0].CanonicalURL, "another day, another trend")
	assert.Equal(t, b.Documents[1].CanonicalURL, again.Documents[1].CanonicalURL)
	assert.Equal(t, "It names no search.", again.Skipped[0].Reason)

	assert.True(t, mustAsk(t, services(w), trends("US")).Empty)

	_, err := ask(t, services(w), trends("ZZ"))
	assert.Equal(t, CodeNotFound, fault(t, err).Code)
	assert.Equal(t, "Google Trends has no trends of ZZ.", err.Error())
	w.Answer(1, "/trends", 429, nil, "")
	_, err = ask(t, services(w), trends("DE"))
	assert.Equal(t, CodeRateLimited, fault(t, err).Code)
	w.Answer(1, "/trends", 302, map[string]string{"Location": "/trends/sorry/index"}, "")
	w.Answer(1, "/trends/sorry/", 200, nil, "<html>")
	_, err = ask(t, services(w), trends("DE"))
	assert.Equal(t, CodeRateLimited, fault(t, err).Code)
	assert.Contains(t, err.Error(), "takes us for a robot")
	w.Answer(1, "/trends", 304, nil, "")
	source := trends("DE")
	source.ETag = `"x"`
	assert.True(t, mustAsk(t, services(w), source).NotModified)
	w.Answer(1, "/trends", 200, map[string]string{"Content-Type": "text/html"}, "<html>")
	_, err = ask(t, services(w), trends("DE"))
	assert.Equal(t, CodeNotAFeed, fault(t, err).Code)
}

func TestNewsOfTrends(t *testing.T) {
	t.Parallel()
	b := mustCollectTrend(t, `<title>a</title><ht:approx_traffic>many</ht:approx_traffic><ht:news_item/>`+
		`<ht:news_item><ht:news_item_snippet>Short &amp;amp; &lt;b&gt;good&lt;/b&gt;</ht:news_item_snippet><ht:news_item_url>javascript:alert(1)</ht:news_item_url></ht:news_item>`+
		`<ht:news_item><ht:news_item_url>https://a.example/</ht:news_item_url></ht:news_item>`)
	d := b.Documents[0]
	assert.Equal(t, "https://trends.google.com/trends/explore?date=2026-11-16+2026-11-23&geo=DE&q=a", d.URL, "without a date, today")
	assert.Nil(t, d.PublishedAt)
	assert.Equal(t, "Short & good\nhttps://a.example/", *d.ContentText)
	assert.JSONEq(t, `{"region":"DE","approx_traffic":"many","news_items":[{"snippet":"Short & good"},{"url":"https://a.example/"}]}`, metadata(t, d))
}

func mustCollectTrend(t *testing.T, inner string) Batch {
	t.Helper()
	s := serve(t, page("application/xml", `<rss xmlns:ht="https://trends.google.com/trending/rss" version="2.0"><channel><title>x</title><item>`+inner+`</item></channel></rss>`))
	return mustAsk(t, Services{TrendsURL: s.URL}, trends("DE"))
}

func TestAtLeast(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]int{
		"100+": 100, "2000+": 2000, "2,000+": 2000, "20.000+": 20000, "1.000.000+": 1_000_000, "20\u00a0000+": 20000, "5 000+": 5000,
		"2K+": 2000, "500K+": 500_000, "1.5M+": 1_500_000, "1,5 M+": 1_500_000, " 200 ": 200, "0+": 0,
	} {
		got, known := atLeast(given)
		assert.True(t, known, given)
		assert.Equal(t, want, got, given)
	}
	for _, given := range []string{"", "many", "-5", "1.5", "2 million", "1e9", "99999999999999999999"} {
		_, known := atLeast(given)
		assert.False(t, known, given)
	}
}
