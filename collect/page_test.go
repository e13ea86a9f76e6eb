package collect

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A articleSite answers by path and remembers what it was asked.
type articleSite struct {
	mu    sync.Mutex
	asked []string
	paths map[string]http.HandlerFunc
}

func (s *articleSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.Path)
	answer := s.paths[r.URL.Path]
	s.mu.Unlock()
	if answer == nil {
		http.NotFound(w, r)
		return
	}
	answer(w, r)
}

func (s *articleSite) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, asked := range s.asked {
		if asked == path {
			n++
		}
	}
	return n
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func refreshing(content string) http.HandlerFunc {
	return page("text/html", `<html><head><meta http-equiv="Refresh" content="`+content+`"></head><body>Moved.</body></html>`)
}

func TestPages(t *testing.T) {
	t.Parallel()
	good := page("text/html; charset=utf-8", articlePage("", ""))
	elsewhere := serve(t, (&articleSite{paths: map[string]http.HandlerFunc{
		"/robots.txt": page("text/plain", "User-agent: *\nDisallow: /private/"),
		"/a":          good, "/private/a": good,
	}}).ServeHTTP)
	cases := map[string]struct {
		paths map[string]http.HandlerFunc
		// want is the code of the fault, or the path that the page came from.
		want, says string
		untouched  string
	}{
		"no robots.txt":       {paths: map[string]http.HandlerFunc{"/a": good}, want: "/a"},
		"forbidden":           {paths: map[string]http.HandlerFunc{"/a": good, "/robots.txt": page("text/plain", "User-agent: *\nDisallow: /")}, want: CodeRobotsDisallowed, says: "the robots.txt of 127.0.0.1:", untouched: "/a"},
		"forbidden to others": {paths: map[string]http.HandlerFunc{"/a": good, "/robots.txt": page("text/plain", "User-agent: other\nDisallow: /\n\nUser-agent: *\nAllow: /")}, want: "/a"},
		"forbidden to us":     {paths: map[string]http.HandlerFunc{"/a": good, "/robots.txt": page("text/plain", "User-agent: *\nAllow: /\nUser-agent: CONTENT-creator/9\nDisallow: /a")}, want: CodeRobotsDisallowed},
		"robots.txt refused":  {paths: map[string]http.HandlerFunc{"/a": good, "/robots.txt": status(403)}, want: "/a"},
		"robots.txt broken":   {paths: map[string]http.HandlerFunc{"/a": good, "/robots.txt": status(500)}, want: CodeRobotsUnknown, says: "may be read", untouched: "/a"},
		"robots.txt too busy": {paths: map[string]http.HandlerFunc{"/a": good, "/robots.txt": status(429, "Retry-After", "900")}, want: CodeRobotsUnknown, untouched: "/a"},
		"robots.txt moved":    {paths: map[string]http.HandlerFunc{"/a": good, "/robots.txt": redirect("/r.txt"), "/r.txt": page("text/plain", "User-agent: *\nDisallow: /a")}, want: CodeRobotsDisallowed, untouched: "/a"},
		"robots.txt is HTML":  {paths: map[string]http.HandlerFunc{"/a": good, "/robots.txt": page("text/html", "<html>User-agent: *<p>Disallow: /</html>")}, want: "/a"},

		"redirect":                      {paths: map[string]http.HandlerFunc{"/a": redirect("/b#x"), "/b": good}, want: "/b"},
		"redirect to what is forbidden": {paths: map[string]http.HandlerFunc{"/a": redirect("/b"), "/b": good, "/robots.txt": page("text/plain", "User-agent: *\nDisallow: /b")}, want: CodeRobotsDisallowed, untouched: "/b"},
		"redirect to another site":      {paths: map[string]http.HandlerFunc{"/a": redirect(elsewhere.URL + "/a")}, want: elsewhere.URL + "/a"},
		"redirect to a forbidden site":  {paths: map[string]http.HandlerFunc{"/a": redirect(elsewhere.URL + "/private/a")}, want: CodeRobotsDisallowed},
		"redirect in a circle":          {paths: map[string]http.HandlerFunc{"/a": redirect("/b"), "/b": redirect("/a")}, want: CodeTooManyRedirects, says: "in a circle"},
		"redirect to nowhere":           {paths: map[string]http.HandlerFunc{"/a": redirect("")}, want: CodeBadRedirect},
		"redirect inside":               {paths: map[string]http.HandlerFunc{"/a": redirect("http://10.1.2.3/a")}, want: CodeAddressRefused},

		"refresh":               {paths: map[string]http.HandlerFunc{"/a": refreshing("0; url='/b'"), "/b": good}, want: "/b"},
		"refresh to forbidden":  {paths: map[string]http.HandlerFunc{"/a": refreshing("0;URL=/b"), "/b": good, "/robots.txt": page("text/plain", "User-agent: *\nDisallow: /b")}, want: CodeRobotsDisallowed, untouched: "/b"},
		"refresh of itself":     {paths: map[string]http.HandlerFunc{"/a": page("text/html", articlePage(`<meta http-equiv="refresh" content="300">`, ""))}, want: "/a"},
		"refresh later":         {paths: map[string]http.HandlerFunc{"/a": page("text/html", articlePage(`<meta http-equiv="refresh" content="300;url=/b">`, "")), "/b": good}, want: "/a", untouched: "/b"},
		"refresh to itself":     {paths: map[string]http.HandlerFunc{"/a": refreshing("0;url=/a")}, want: CodeNoArticle},
		"refresh to no address": {paths: map[string]http.HandlerFunc{"/a": refreshing("0;url=mailto:x@y.z")}, want: CodeNoArticle},
		"refreshes without end": {paths: map[string]http.HandlerFunc{"/a": refreshing("0;url=/b"), "/b": refreshing("0;url=/c"), "/c": refreshing("0;url=/d"), "/d": good}, want: CodeNoArticle, untouched: "/d"},
		"refresh without script": {paths: map[string]http.HandlerFunc{
			"/a": page("text/html", articlePage(`<noscript><meta http-equiv="refresh" content="0;url=/b"></noscript>`, "")), "/b": good,
		}, want: "/a", untouched: "/b"},

		"a picture":      {paths: map[string]http.HandlerFunc{"/a": page("image/png", "\x89PNG")}, want: CodeNotHTML, says: "answered with image/png, not with a web page"},
		"a document":     {paths: map[string]http.HandlerFunc{"/a": page("application/pdf", "%PDF")}, want: CodeNotHTML},
		"XHTML":          {paths: map[string]http.HandlerFunc{"/a": page("application/xhtml+xml", articlePage("", ""))}, want: "/a"},
		"no type at all": {paths: map[string]http.HandlerFunc{"/a": page("nonsense;;", articlePage("", ""))}, want: "/a"},
		"no article":     {paths: map[string]http.HandlerFunc{"/a": page("text/html", "<p>Please switch on JavaScript.</p>")}, want: CodeNoArticle, says: "no article was found on it"},
		"told too large": {paths: map[string]http.HandlerFunc{"/a": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Length", fmt.Sprint(maxPage+1))
		}}, want: CodeTooLarge},
		"found too large": {paths: map[string]http.HandlerFunc{"/a": page("text/html", strings.Repeat("<p>words ", maxPage/8))}, want: CodeNoArticle, says: "longer than 5 MiB"},
		"not there":       {paths: map[string]http.HandlerFunc{}, want: CodeHTTPStatus},
		"gone":            {paths: map[string]http.HandlerFunc{"/a": status(410)}, want: CodeGone},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := &articleSite{paths: tc.paths}
			s := serve(t, site.ServeHTTP)
			got, err := NewPages(fetcher(t, Config{}), clock).Get(context.Background(), s.URL+"/a#top")
			if strings.Contains(tc.want, "/") {
				require.NoError(t, err)
				require.Equal(t, tc.want, strings.TrimPrefix(got.URL, s.URL))
				require.Contains(t, got.Text, "since the first winter.")
			} else {
				e := fault(t, err)
				require.Equal(t, tc.want, e.Code, e.Message)
				require.Contains(t, e.Message, tc.says)
				require.Zero(t, got)
			}
			if tc.untouched != "" {
				require.Zero(t, site.count(tc.untouched))
			}
		})
	}
	for raw, code := range map[string]string{"gopher://x": CodeInvalidURL, "http://127.0.0.1:1/a": CodeRobotsUnknown} {
		_, err := NewPages(fetcher(t, Config{}), clock).Get(context.Background(), raw)
		require.Equal(t, code, fault(t, err).Code)
	}
}

func TestPagesFollowOnlySoFar(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			w.WriteHeader(404)
			return
		}
		redirect(r.URL.Path+"x")(w, r)
	})
	_, err := NewPages(fetcher(t, Config{}), clock).Get(context.Background(), s.URL+"/a")
	e := fault(t, err)
	require.Equal(t, CodeTooManyRedirects, e.Code)
	require.Contains(t, e.Message, "more than 10 times")
}

func TestPagesAreGivenUp(t *testing.T) {
	t.Parallel()
	for name, waits := range map[string]string{"at robots.txt": "/robots.txt", "at the page": "/a"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			release := make(chan struct{})
			site := &articleSite{paths: map[string]http.HandlerFunc{waits: func(http.ResponseWriter, *http.Request) { cancel(); <-release }}}
			s := serve(t, site.ServeHTTP)
			_, err := NewPages(fetcher(t, Config{}), clock).Get(ctx, s.URL+"/a")
			close(release)
			require.Equal(t, CodeCanceled, fault(t, err).Code)
		})
	}
	t.Run("while reading", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(context.Background())
		p := NewPages(fetcher(t, Config{}), clock)
		cancel()
		_, err := p.read(ctx, &Response{URL: address(t, "https://example.org/"), Body: []byte(articlePage("", ""))}, "")
		require.Equal(t, CodeCanceled, fault(t, err).Code)
	})
}

func TestRobotsAreKept(t *testing.T) {
	t.Parallel()
	var answer atomic.Pointer[http.HandlerFunc]
	say := func(h http.HandlerFunc) { answer.Store(&h) }
	var asked atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { asked.Add(1); (*answer.Load())(w, r) })
	now := today
	r := newRobots(fetcher(t, Config{}), func() time.Time { return now })
	at := address(t, s.URL+"/a")

	say(status(503, "Retry-After", "60"))
	e := fault(t, r.allow(t.Context(), at))
	require.Equal(t, CodeRobotsUnknown, e.Code)
	require.Equal(t, time.Minute, e.RetryAfter)
	say(page("text/plain", "User-agent: *\nDisallow: /b"))
	now = now.Add(robotsPause - time.Second)
	require.Error(t, r.allow(t.Context(), at), "it is not asked for again at once")
	require.EqualValues(t, 1, asked.Load())
	now = now.Add(time.Second)
	require.NoError(t, r.allow(t.Context(), at))
	require.EqualValues(t, 2, asked.Load())

	say(page("text/plain", "User-agent: *\nDisallow: /a"))
	now = now.Add(robotsLife - time.Second)
	require.NoError(t, r.allow(t.Context(), at))
	now = now.Add(time.Second)
	require.Equal(t, CodeRobotsDisallowed, fault(t, r.allow(t.Context(), at)).Code)
	require.EqualValues(t, 3, asked.Load())

	for i := range maxRobotsKept {
		r.keep(&robotsFile{origin: fmt.Sprint("https://", i, ".example"), until: now.Add(time.Hour)})
	}
	require.Nil(t, r.kept(s.URL), "the one not used for longest went")
	require.NotNil(t, r.kept("https://0.example"))
	require.Equal(t, maxRobotsKept, r.recent.Len())
	require.Len(t, r.known, maxRobotsKept)
}

// TestRobotsOfQueries: what a robots.txt says of a query holds for it alone.
func TestRobotsOfQueries(t *testing.T) {
	t.Parallel()
	s := serve(t, page("text/plain", "User-agent: *\nDisallow: /a?sort="))
	r := newRobots(fetcher(t, Config{}), clock)
	require.NoError(t, r.allow(t.Context(), address(t, s.URL+"/a")))
	require.NoError(t, r.allow(t.Context(), address(t, s.URL+"/a?page=2")))
	require.Equal(t, CodeRobotsDisallowed, fault(t, r.allow(t.Context(), address(t, s.URL+"/a?sort=up"))).Code)
}

// TestRobotsNobodyWaitsFor: who has no time left does not wait for a robots.txt; for the others it is fetched all the same.
func TestRobotsNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	release, asked := make(chan struct{}), make(chan struct{}, 1)
	s := serve(t, func(http.ResponseWriter, *http.Request) { asked <- struct{}{}; <-release })
	r := newRobots(fetcher(t, Config{}), clock)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	require.ErrorIs(t, r.allow(ctx, address(t, s.URL+"/a")), context.Canceled)
	close(release)
	require.NoError(t, r.allow(t.Context(), address(t, s.URL+"/a")))
}

func TestRobotsAreAskedForOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	release := make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1); <-release })
	r := newRobots(fetcher(t, Config{}), clock)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { assert.NoError(t, r.allow(context.Background(), address(t, s.URL+"/a"))) })
	}
	close(release)
	group.Wait()
	require.EqualValues(t, 1, asked.Load())
}

func TestParseRobots(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text    string
		allowed map[string]bool
	}{
		"nothing":             {"", map[string]bool{"/": true}},
		"everything":          {"User-agent: *\nDisallow: /", map[string]bool{"/": false, "/a": false}},
		"an empty rule":       {"User-agent: us\nDisallow:\nUser-agent: *\nDisallow: /", map[string]bool{"/a": true}},
		"ours before all":     {"User-agent: *\nDisallow: /\nUser-agent: US\nDisallow: /b", map[string]bool{"/a": true, "/b": false}},
		"ours twice":          {"User-agent: us\nDisallow: /a\nUser-agent: x\nDisallow: /c\nUser-agent: us\nDisallow: /b", map[string]bool{"/a": false, "/b": false, "/c": true}},
		"several agents":      {"User-agent: x\nUser-agent: us/1.0\nDisallow: /a", map[string]bool{"/a": false}},
		"no other's name":     {"User-agent: usual\nDisallow: /\n", map[string]bool{"/a": true}},
		"longest wins":        {"User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c", map[string]bool{"/a": false, "/a/b": true, "/a/b/c": false}},
		"as long, allow wins": {"User-agent: *\nDisallow: /a\nAllow: /a", map[string]bool{"/a": true}},
		"as long, other way":  {"User-agent: *\nAllow: /a\nDisallow: /a", map[string]bool{"/a": true}},
		"stars":               {"User-agent: *\nDisallow: /*/print\nDisallow: /*.pdf$\nDisallow: /*?s=", map[string]bool{"/a/print/1": false, "/print": true, "/a.pdf": false, "/a.pdf?x": true, "/a?s=1": false, "/x/a.pdf.html": true}},
		"the end":             {"User-agent: *\nDisallow: /a$", map[string]bool{"/a": false, "/ab": true}},
		"star and end":        {"User-agent: *\nDisallow: /a*b*c$", map[string]bool{"/aXbXc": false, "/abcX": true, "/acb": true}},
		"escapes":             {"User-agent: *\nDisallow: /caf%c3%a9\nDisallow: /ü\nDisallow: /%61b", map[string]bool{"/café": false, "/caf%C3%A9": false, "/%C3%BC": false, "/ab": false}},
		"odd lines":           {"\ufeffUSER-AGENT : * # all\rDisallow : /a # this\r\nSitemap: /x\nnonsense\nCrawl-delay: 5\nDisallow: /b", map[string]bool{"/a": false, "/b": false, "/c": true}},
		"rules of nobody":     {"Disallow: /\nUser-agent: *\nAllow: /", map[string]bool{"/a": true}},
		"beyond the limit":    {"User-agent: *\n" + strings.Repeat("#", maxRobots) + "\nDisallow: /", map[string]bool{"/a": true}},
		"broken bytes":        {"User-agent: *\nDisallow: /a\xff", map[string]bool{"/a": false}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := parseRobots([]byte(tc.text), "us")
			for path, want := range tc.allowed {
				require.Equal(t, want, allowed(rules, path), path)
			}
		})
	}
	require.Equal(t, "content-creator", productToken("content-creator/0.1 (+https://x)"))
	require.Equal(t, "bot", productToken("bot"))
}
