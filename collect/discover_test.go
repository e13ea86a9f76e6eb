package collect

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

// A fakeSite answers what its pages say, and 404 to all else. HEAD, which we never send, is refused.
type fakeSite struct {
	*httptest.Server
	t  *testing.T
	mu sync.Mutex
	// pages by path, with the query if there is one.
	pages map[string]http.HandlerFunc
	other http.HandlerFunc
	asked []string
	now   int
}

func newSite(t *testing.T) *fakeSite {
	s := &fakeSite{t: t, pages: map[string]http.HandlerFunc{}, other: http.NotFound}
	s.Server = serve(t, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.RequestURI())
		s.now++
		now := s.now
		handler := s.pages[r.URL.RequestURI()]
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.now--
		}()
		switch {
		case r.Method != http.MethodGet:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case now > 1:
			w.WriteHeader(http.StatusTeapot) // a site is asked one thing at a time
		case handler != nil:
			handler(w, r)
		default:
			s.other(w, r)
		}
	})
	return s
}

func (s *fakeSite) serve(path, contentType, body string) { s.pages[path] = page(contentType, body) }

// html serves a page with this head.
func (s *fakeSite) html(path, head string) {
	s.serve(path, "text/html; charset=utf-8", "<!doctype html><html><head><title> The\n site </title>"+head+"</head><body>Hello</body></html>")
}

// feed serves a feed with an article for each name.
func (s *fakeSite) feed(path, title string, names ...string) {
	s.serve(path, "application/rss+xml", rssOf(title, names...))
}

func rssOf(title string, names ...string) string {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>` + title + `</title><description>About &lt;b&gt;it&lt;/b&gt;</description><language>en-GB</language>`)
	for i, name := range names {
		_, _ = fmt.Fprintf(&b, `<item><title>%s</title><link>https://example.com/%s</link><pubDate>%s</pubDate></item>`,
			name, name, today.Add(-time.Duration(i)*time.Hour).Format(time.RFC1123Z))
	}
	return b.String() + `</channel></rss>`
}

func (s *fakeSite) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.asked...)
}

// look looks for the feeds of a path of the site, which stands in for YouTube and GitHub, too.
func (s *fakeSite) look(path string, change ...func(*Discoverer)) Discovery {
	return s.lookAt(s.URL+path, DiscoverOptions{Limit: 20}, change...)
}

func (s *fakeSite) lookAt(address string, options DiscoverOptions, change ...func(*Discoverer)) Discovery {
	d := NewDiscoverer(fetcher(s.t, Config{}), clock, "https://www.youtube.com", "https://github.com")
	for _, f := range change {
		f(d)
	}
	found := d.Discover(context.Background(), address, options)
	require.Equal(s.t, address, found.URL)
	for _, f := range found.Feeds {
		if f.Score != nil {
			p := f.ScoreParts
			require.InDelta(s.t, p.Readable+p.Volume+p.Freshness+p.Described, *f.Score, 1e-9)
		}
	}
	return found
}

// paths are those of the found feeds.
func (s *fakeSite) paths(found Discovery) []string {
	paths := []string{}
	for _, f := range found.Feeds {
		paths = append(paths, f.FoundBy+" "+strings.TrimPrefix(f.URL, s.URL))
	}
	return paths
}

// outcomes of what was tried, by path.
func (s *fakeSite) outcomes(found Discovery) map[string]string {
	outcomes := map[string]string{}
	for _, a := range found.Tried {
		require.NotEmpty(s.t, a.Message)
		outcomes[strings.TrimPrefix(a.URL, s.URL)] = a.Outcome
	}
	return outcomes
}

func TestDiscoverTheAddressIsAFeed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serve("/what", "text/html", rssOf("It", "a", "b", "c"))
	found := s.look("/what")
	require.Equal(t, OutcomeFound, found.Outcome)
	require.Nil(t, found.Error)
	require.Len(t, found.Feeds, 1)
	f := found.Feeds[0]
	newest := today
	address := s.URL + "/what"
	require.Equal(t, FoundFeed{
		URL: address, AlsoAt: []string{}, FoundBy: "page", Title: new("It"), Description: new("About it"), Format: new("rss"),
		Language: new("en"), EntriesCount: new(3), NewestEntryAt: &newest, AverageIntervalMinutes: new(60),
		Score: new(0.718), ScoreParts: &ScoreParts{Readable: 0.4, Volume: 0.018, Freshness: 0.2, Described: 0.1},
		Collection: Suggestion{Name: "It", Type: "rss", URL: &address}, CollectionIDs: f.CollectionIDs, signature: f.signature, rank: f.rank,
	}, f)
	require.Equal(t, []Attempt{{URL: address, FoundBy: "page", Outcome: "feed", Message: "A feed (rss) with 3 entries."}}, found.Tried)
	require.Equal(t, []string{"/what"}, s.requests())
}

func TestDiscoverWhatAPageDeclares(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.html("/blog/post", `<base href="/deep/er/">
		<link rel="Alternate Home" type="application/rss+xml; charset=utf-8" href="../main.xml" title="Main">
		<link rel=alternate type=application/atom+xml href='/atom.xml'>
		<link rel="alternate" type="application/rss+xml" href="/comments/feed/" title="Comments">
		<link rel="alternate" type="application/rss+xml" href="/gone.xml">
		<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">
		<link rel="alternate" hreflang="de" href="/de/">
		<link rel="feed" href="feed://`+"HOST"+`/other.json">
		<link rel="stylesheet" type="application/rss+xml" href="/style.xml">`)
	post := s.pages["/blog/post"]
	s.pages["/blog/post"] = func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		post(rec, r)
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(strings.ReplaceAll(rec.Body.String(), "feed://HOST", "feed:"+s.URL)))
	}
	s.feed("/deep/main.xml", "Main", "a", "b", "c")
	s.serve("/atom.xml", "application/atom+xml", `<feed xmlns="http://www.w3.org/2005/Atom"><title>Main</title><link rel="self" href="`+s.URL+`/atom.xml"/>`+
		`<entry><title>a</title><link href="https://example.com/a"/></entry><entry><title>b</title><link href="https://example.com/b?utm_source=atom"/></entry><entry><title>c</title><link href="https://example.com/c"/></entry></feed>`)
	s.feed("/comments/feed/", "Comments on Main", "a", "b", "c", "d", "e", "f", "g", "h")
	s.serve("/other.json", "application/feed+json", `{"version":"https://jsonfeed.org/version/1.1","title":"Other","items":[]}`)

	found := s.look("/blog/post")
	require.Equal(t, "The site", *found.Title)
	require.Equal(t, []string{"link /atom.xml", "link /other.json", "link /comments/feed/"}, s.paths(found))
	require.Equal(t, []string{s.URL + "/deep/main.xml"}, found.Feeds[0].AlsoAt, "the same entries; the other one knows where it lives")
	require.Equal(t, 0, *found.Feeds[1].EntriesCount)
	require.Nil(t, found.Feeds[1].NewestEntryAt)
	require.Nil(t, found.Feeds[1].AverageIntervalMinutes)
	require.Nil(t, found.Feeds[1].Language)
	require.Nil(t, found.Feeds[1].Description)
	require.InDelta(t, 0.45, *found.Feeds[1].Score, 1e-9)
	require.True(t, found.Feeds[2].Comments)
	require.Equal(t, map[string]string{
		"/blog/post": "page", "/deep/main.xml": "feed", "/atom.xml": "feed", "/comments/feed/": "feed", "/gone.xml": "failed", "/other.json": "feed",
	}, s.outcomes(found))

	limited := s.lookAt(s.URL+"/blog/post", DiscoverOptions{Limit: 1})
	require.Equal(t, []string{"link /atom.xml"}, s.paths(limited))
}

func TestDiscoverGoesOnToTheFrontPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.html("/2026/11/a-post/", `<link rel="alternate" type="application/rss+xml" href="/2026/11/a-post/feed/" title="The site » A post Comments Feed">`)
	s.feed("/2026/11/a-post/feed/", "Comments on: A post", "x")
	s.html("/", `<link rel="alternate" type="application/rss+xml" href="/news">`)
	s.feed("/news", "News", "a")
	found := s.look("/2026/11/a-post/")
	require.Equal(t, []string{"link /news", "link /2026/11/a-post/feed/"}, s.paths(found))

	// Also where the page itself is not there.
	require.Equal(t, []string{"link /news"}, s.paths(s.look("/not/there")))
}

func TestDiscoverByWellKnownPaths(t *testing.T) {
	t.Parallel()
	t.Run("the first that is one", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.html("/", "")
		s.other = page("text/html", "<html><title>Soft 404</title></html>")
		s.feed("/rss.xml", "Feed", "a")
		s.feed("/feed.xml", "Feed", "a")
		found := s.look("")
		require.Equal(t, []string{"path /rss.xml"}, s.paths(found))
		require.Equal(t, map[string]string{"/": "page", "/feed/": "not_a_feed", "/rss/": "not_a_feed", "/rss.xml": "feed"}, s.outcomes(found))
	})
	t.Run("all of them if asked for", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.html("/", `<link rel="alternate" type="application/rss+xml" href="/a">`)
		s.feed("/a", "Feed", "a", "b")
		s.feed("/feed/", "Feed", "a", "b")
		s.pages["/rss/"] = func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/feed/", http.StatusMovedPermanently)
		}
		s.feed("/blog/feed/", "Blog", "c", "d", "e")
		require.Equal(t, []string{"link /a"}, s.paths(s.look("/")))
		found := s.lookAt(s.URL, DiscoverOptions{Limit: 20, Exhaustive: true})
		require.Equal(t, []string{"path /blog/feed/", "link /a"}, s.paths(found))
		require.Equal(t, []string{s.URL + "/feed/"}, found.Feeds[1].AlsoAt)
	})
	t.Run("below the page first", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.html("/posts/", "")
		s.feed("/posts/index.xml", "Posts", "a")
		s.feed("/feed/", "All", "b")
		require.Equal(t, []string{"path /posts/index.xml"}, s.paths(s.look("/posts/")))
	})
	t.Run("links of the text before guesses", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.serve("/", "text/html", `<a href="/about">us</a><a href="https://feeds.example.com/rss">elsewhere</a><a href="abo/news.rss">RSS</a><a href="">here</a>`)
		s.feed("/abo/news.rss", "News", "a")
		require.Equal(t, []string{"anchor /abo/news.rss"}, s.paths(s.look("/")))
		require.Equal(t, []string{"/", "/abo/news.rss"}, s.requests())
	})
}

// Nothing found and failed are never the same answer.
func TestDiscoverNothing(t *testing.T) {
	t.Parallel()
	t.Run("there is none", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.html("/", `<link rel="alternate" type="application/rss+xml" href="/gone">`)
		found := s.look("/")
		require.Equal(t, OutcomeNothing, found.Outcome)
		require.Nil(t, found.Error)
		require.NotNil(t, found.Feeds)
		require.Len(t, found.Tried, 2+len(wellKnownPaths))
		require.LessOrEqual(t, len(s.requests()), MaxRequests)
	})
	t.Run("a broken feed is none", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.html("/", `<link rel="alternate" type="application/rss+xml" href="/f">`)
		s.serve("/f", "application/rss+xml", "<rss><channel><item><title>x</title></item></channel></rss>")
		found := s.look("/")
		require.Equal(t, OutcomeNothing, found.Outcome)
		require.Equal(t, "not_a_feed", s.outcomes(found)["/f"])
		require.Contains(t, found.Tried[1].Message, "is a broken feed")
	})
	for name, tc := range map[string]struct {
		prepare func(s *fakeSite)
		code    string
		tried   map[string]string
	}{
		"the page is not there": {func(*fakeSite) {}, CodeHTTPStatus, nil},
		"the site wants to be left alone": {func(s *fakeSite) {
			s.other = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }
		}, CodeRateLimited, map[string]string{"/": "failed", "/feed/": "not_tried"}},
		"a declared feed is refused": {func(s *fakeSite) {
			s.html("/", `<link rel="alternate" type="application/rss+xml" href="/f">`)
			s.pages["/f"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
		}, CodeHTTPStatus, map[string]string{"/f": "failed", "/feed/": "failed"}},
		"a front page that has moved away": {func(s *fakeSite) {
			s.pages["/"] = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
			}
		}, CodeAddressRefused, map[string]string{"/": "failed", "/feed/": "not_tried"}},
		"a usual path is broken": {func(s *fakeSite) {
			s.html("/", "")
			s.pages["/feed/"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		}, CodeHTTPStatus, map[string]string{"/feed/": "failed", "/rss/": "failed"}},
		"the time is up": {func(s *fakeSite) {
			s.html("/", "")
			s.pages["/rss.xml"] = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		}, CodeTimeout, map[string]string{"/rss/": "failed", "/rss.xml": "failed", "/feed.xml": "not_tried"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			tc.prepare(s)
			found := s.look("/", func(d *Discoverer) { d.timeout = time.Second })
			require.Equal(t, OutcomeFailed, found.Outcome)
			require.Equal(t, tc.code, found.Error.Code)
			require.NotEmpty(t, found.Error.Message)
			for path, outcome := range tc.tried {
				require.Equal(t, outcome, s.outcomes(found)[path], path)
			}
		})
	}
	for address, code := range map[string]string{
		"":                                CodeInvalidURL,
		"ftp://example.org/":              CodeInvalidURL,
		"https://me:secret@example.org/":  CodeInvalidURL,
		"not an address":                  CodeInvalidURL,
		"http://10.0.0.1/":                CodeAddressRefused,
		"10.0.0.1":                        CodeAddressRefused,
		"http://127.0.0.1:1/":             CodeConnectFailed,
		"https://example.invalid/a/b?c=d": CodeDNSFailed,
	} {
		t.Run("address "+address, func(t *testing.T) {
			t.Parallel()
			found := newSite(t).lookAt(address, DiscoverOptions{Limit: 20})
			require.Equal(t, OutcomeFailed, found.Outcome)
			require.Equal(t, code, found.Error.Code, found.Error.Message)
			require.NotContains(t, found.Error.Message, "secret")
		})
	}
}

// However much a site names, it is asked for no more than a bounded number of addresses.
func TestDiscoverIsBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var links, anchors strings.Builder
	for i := range 40 {
		_, _ = fmt.Fprintf(&links, `<link rel="alternate" type="application/rss+xml" href="%d">`, i)
		_, _ = fmt.Fprintf(&anchors, `<a href="/%d.rss">RSS</a>`, i)
	}
	s.html("/a/b", links.String())
	s.serve("/", "text/html", "<html>"+links.String()+anchors.String())
	found := s.look("/a/b")
	require.Len(t, s.requests(), MaxRequests)
	require.Equal(t, OutcomeFailed, found.Outcome)
	require.Equal(t, CodeTimeout, found.Error.Code)
	require.Equal(t, "not_tried", s.outcomes(found)["/feed/"])
	require.Contains(t, found.Error.Message, "25 addresses are enough for one site")

	// So it is with pages beyond all size.
	huge := newSite(t)
	huge.serve("/", "text/html", "<html>"+strings.Repeat("<p>words", maxPage/8)+`<link rel="alternate" type="application/rss+xml" href="/late">`)
	require.Equal(t, map[string]string{"/": "page"}["/"], huge.outcomes(huge.look("/"))["/"])
	require.NotContains(t, huge.requests(), "/late")
}

func TestDiscoverAddressesAsTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.feed("/f", "Feed", "a")
	host := strings.TrimPrefix(s.URL, "http://")
	for _, address := range []string{host + "/f", " " + s.URL + "/f#top ", "feed:" + s.URL + "/f", "feed://" + host + "/f"} {
		found := s.lookAt(address, DiscoverOptions{Limit: 20})
		require.Equal(t, []string{"page /f"}, s.paths(found), "%s: %+v", address, found)
	}
	for typed, want := range map[string]string{
		"@user@social.example":         "https://social.example/@user",
		"user@social.example":          "https://social.example/@user",
		"r/golang":                     "https://www.reddit.com/r/golang",
		"example.org/a b":              "https://example.org/a%20b",
		"bücher.example":               "https://xn--bcher-kva.example",
		"HTTP://Example.org:80/A":      "http://example.org/A",
		"feed:https://example.org/rss": "https://example.org/rss",
	} {
		at, _, err := typedAddress(typed)
		require.NoError(t, err, typed)
		require.Equal(t, want, at.String())
	}
}

func TestDiscoverSubreddits(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]store.SourceConfig{
		"https://www.reddit.com/r/golang/":                 {Subreddit: "golang"},
		"https://old.reddit.com/r/golang+rust/top/?t=week": {Subreddit: "golang+rust", Sort: "top"},
		"r/golang":                                             {Subreddit: "golang"},
		"reddit.com/r/golang/comments/abc/title":               {Subreddit: "golang"},
		"https://www.reddit.com/r/golang.rss":                  {Subreddit: "golang"},
		"https://www.reddit.com/r/golang/new.json?after=t3_ab": {Subreddit: "golang", Sort: "new"},
	} {
		s := newSite(t)
		found := s.lookAt(address, DiscoverOptions{Limit: 20})
		require.Equal(t, OutcomeFound, found.Outcome, address)
		require.Len(t, found.Feeds, 1)
		f := found.Feeds[0]
		require.Equal(t, "reddit", f.FoundBy)
		require.Equal(t, Suggestion{Name: "r/" + want.Subreddit, Type: "reddit", Config: &want}, f.Collection, address)
		require.Nil(t, f.Score)
		require.Len(t, found.Tried, 1)
	}
}

const channelID = "UC0123456789abcdefghijkl"

func TestDiscoverYouTube(t *testing.T) {
	t.Parallel()
	other := "UCzzzzzzzzzzzzzzzzzzzzzz"
	list := "/feeds/videos.xml?playlist_id=PL1"
	for name, tc := range map[string]struct {
		address, page string
		want          []string
	}{
		"a channel":             {"https://www.youtube.com/channel/" + channelID + "/videos", "", []string{channelID}},
		"a handle":              {"https://youtube.com/@handle", `<link rel="canonical" href="https://www.youtube.com/channel/` + channelID + `"> "channelId":"` + other + `"`, []string{channelID}},
		"a handle's own feed":   {"m.youtube.com/@handle", `"channelId":"` + other + `" <link rel="alternate" type="application/rss+xml" href="https://www.youtube.com/feeds/videos.xml?channel_id=` + channelID + `">`, []string{channelID}},
		"a user":                {"https://www.youtube.com/user/name", `<meta itemprop="identifier" content="` + channelID + `">`, []string{channelID}},
		"a name":                {"https://www.youtube.com/c/name", `{"externalId":"` + channelID + `"}`, []string{channelID}},
		"a video":               {"https://www.youtube.com/watch?v=abc", `{"channelId":"` + channelID + `"}`, []string{channelID}},
		"a short address":       {"https://youtu.be/abc?si=x", `{"externalChannelId":"` + channelID + `","channelId":"` + other + `"}`, []string{channelID}},
		"a video of a playlist": {"https://www.youtube.com/watch?v=abc&list=PL1", `{"channelId":"` + channelID + `"}`, []string{channelID, list}},
		"a playlist":            {"https://www.youtube.com/playlist?list=PL1", "", []string{list}},
		"the feed itself":       {"https://www.youtube.com/feeds/videos.xml?channel_id=" + channelID, "", []string{channelID}},
		"no channel":            {"https://www.youtube.com/@nobody", "<html>", nil},
		"YouTube itself":        {"https://www.youtube.com/", "<html>", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			if tc.page != "" {
				s.other = func(w http.ResponseWriter, r *http.Request) {
					if !strings.HasPrefix(r.URL.Path, "/feeds/") && !strings.Contains(r.URL.Path, "rss") && !strings.Contains(r.URL.Path, "xml") {
						page("text/html", "<html><title>Name - YouTube</title>"+tc.page)(w, r)
						return
					}
					http.NotFound(w, r)
				}
			}
			s.feed("/feeds/videos.xml?channel_id="+channelID, "Channel", "a", "b", "c")
			s.feed(list, "List", "b", "c")
			found := s.lookAt(tc.address, DiscoverOptions{Limit: 20}, func(d *Discoverer) {
				*d = *NewDiscoverer(d.reader.fetcher, clock, s.URL, "https://github.com")
			})
			var got []string
			for _, f := range found.Feeds {
				path := strings.TrimPrefix(f.URL, s.URL)
				got = append(got, strings.TrimPrefix(path, "/feeds/videos.xml?channel_id="))
			}
			require.Equal(t, tc.want, got, "%+v", found)
			if tc.want == nil {
				require.Equal(t, OutcomeNothing, found.Outcome)
			}
		})
	}
}

func TestDiscoverGitHub(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][]string{
		"https://github.com/golang/go":                  {"/golang/go/releases.atom", "/golang/go/tags.atom", "/golang/go/commits.atom"},
		"github.com/golang/go.git":                      {"/golang/go/releases.atom", "/golang/go/tags.atom", "/golang/go/commits.atom"},
		"https://www.github.com/golang/go/tree/rel/1.9": {"/golang/go/releases.atom", "/golang/go/tags.atom", "/golang/go/commits/rel/1.9.atom"},
		"https://github.com/golang/go/issues?q=is:open": {"/golang/go/releases.atom", "/golang/go/tags.atom", "/golang/go/commits.atom", "/golang/go/issues?q=is:open"},
		"https://github.com/golang":                     {"/golang.atom"},
		"https://github.com/orgs/golang/repositories":   {"/golang.atom"},
		"https://github.com/golang/go/releases.atom":    {"/golang/go/releases.atom"},
	} {
		s := newSite(t)
		for i, path := range want {
			s.feed(path, path, fmt.Sprint(i))
		}
		found := s.lookAt(address, DiscoverOptions{Limit: 20}, func(d *Discoverer) {
			*d = *NewDiscoverer(d.reader.fetcher, clock, "https://www.youtube.com", s.URL+"/")
		})
		var tried []string
		for _, a := range found.Tried {
			tried = append(tried, strings.TrimPrefix(a.URL, s.URL))
		}
		require.Equal(t, want, tried, address)
		if strings.Contains(address, "issues") {
			last := found.Tried[len(want)-1]
			require.Equal(t, "GitHub has no feed of issues.", last.Message)
			require.Len(t, found.Feeds, len(want)-1)
			continue
		}
		require.Len(t, found.Feeds, len(want), address)
	}
	// What is no user is a page like any other.
	s := newSite(t)
	s.html("/features", `<link rel="alternate" type="application/atom+xml" href="/changes">`)
	s.feed("/changes", "Changes", "a")
	found := s.lookAt("https://github.com/features", DiscoverOptions{Limit: 20}, func(d *Discoverer) {
		*d = *NewDiscoverer(d.reader.fetcher, clock, "", s.URL)
	})
	require.Equal(t, []string{"link /changes"}, s.paths(found))
}

func TestDiscoverPlatforms(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://medium.com/@user/a-post-123":             "https://medium.com/feed/@user",
		"https://medium.com/publication":                  "https://medium.com/feed/publication",
		"https://medium.com/tag/go/latest":                "https://medium.com/feed/tag/go",
		"https://user.medium.com/a-post":                  "https://user.medium.com/feed",
		"https://name.substack.com/p/a-post":              "https://name.substack.com/feed",
		"https://name.wordpress.com/":                     "https://name.wordpress.com/feed/",
		"https://name.blogspot.co.uk/2026/11/a.html":      "https://name.blogspot.co.uk/feeds/posts/default",
		"https://name.tumblr.com":                         "https://name.tumblr.com/rss",
		"https://bsky.app/profile/name.example":           "https://bsky.app/profile/name.example/rss",
		"https://dev.to/name/a-post":                      "https://dev.to/feed/name",
		"https://vimeo.com/name":                          "https://vimeo.com/name/videos/rss",
		"https://social.example/@user":                    "https://social.example/@user.rss",
		"https://social.example/@user@other.example/":     "https://social.example/@user@other.example.rss",
		"https://shop.example/de/blogs/news/a-post":       "https://shop.example/de/blogs/news.atom",
		"https://shop.example/blogs/news":                 "https://shop.example/blogs/news.atom",
		"https://medium.com/":                             "",
		"https://example.org/about":                       "",
		"https://social.example/@user/112233445566778899": "",
	} {
		at, err := parseURL(address)
		require.NoError(t, err)
		got := ""
		for _, c := range platformFeeds(at) {
			require.Equal(t, "platform", c.by)
			got = c.url
		}
		require.Equal(t, want, got, address)
	}
	s := newSite(t)
	s.html("/@user", "")
	s.feed("/@user.rss", "User", "a")
	require.Equal(t, []string{"platform /@user.rss"}, s.paths(s.look("/@user")))
}

func TestDiscoverAll(t *testing.T) {
	t.Parallel()
	one, two := newSite(t), newSite(t)
	for _, s := range []*fakeSite{one, two} {
		s.feed("/a", "A", "a")
		s.feed("/b", "B", "b")
	}
	done := 0
	d := NewDiscoverer(fetcher(t, Config{}), clock, "", "")
	addresses := []string{one.URL + "/a", two.URL + "/a", one.URL + "/b", "ftp://no", two.URL + "/b"}
	all := d.DiscoverAll(t.Context(), addresses, DiscoverOptions{Limit: 5}, func() { done++ })
	require.Equal(t, len(addresses), done)
	for i, found := range all {
		require.Equal(t, addresses[i], found.URL)
		want := OutcomeFound
		if i == 3 {
			want = OutcomeFailed
		}
		// The sites answer nothing to two requests at once.
		require.Equal(t, want, found.Outcome, "%+v", found)
	}
}

func TestDiscoverScore(t *testing.T) {
	t.Parallel()
	day := func(days float64) *time.Time { return new(today.Add(-time.Duration(days * 24 * float64(time.Hour)))) }
	for name, tc := range map[string]struct {
		batch  Batch
		newest *time.Time
		want   float64
	}{
		"nothing but readable":   {Batch{}, nil, 0.4},
		"all there is":           {Batch{Entries: 80, FeedTitle: "t", FeedDescription: "d"}, day(0), 1},
		"half the entries":       {Batch{Entries: 25}, nil, 0.55},
		"half a month old":       {Batch{}, day(15), 0.5},
		"older than a month":     {Batch{}, day(31), 0.4},
		"from the future":        {Batch{}, day(-3), 0.6},
		"a title":                {Batch{FeedTitle: "t"}, nil, 0.45},
		"a description":          {Batch{FeedDescription: "d"}, nil, 0.45},
		"a third of a percent":   {Batch{Entries: 1}, nil, 0.406},
		"rounded to four digits": {Batch{}, day(1), 0.5933},
	} {
		got, _ := score(tc.batch, tc.newest, today)
		require.InDelta(t, tc.want, got, 1e-9, name)
	}
}

func TestDiscoverKnowsComments(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"https://a.example/comments/feed/", ""},
		{"https://a.example/feed", "Comments on: A"},
		{"https://a.example/feed", "Kommentare zu: A"},
		{"https://a.example/feed", "Site » A post Comments Feed"},
		{"https://a.example/feed", "Site » Kommentar-Feed"},
		{"https://a.example/comments.xml", ""},
	} {
		require.True(t, isComments(c[0], c[1]), "%v", c)
	}
	for _, c := range [][2]string{
		{"https://a.example/feed/", "Site » Feed"}, {"https://a.example/feed", "Political commentary"}, {"https://a.example/feed", "Kommentare"},
	} {
		require.False(t, isComments(c[0], c[1]), "%v", c)
	}
}
