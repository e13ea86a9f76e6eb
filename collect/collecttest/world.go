// Package collecttest holds the outside services that collectors ask, as small servers with the real
// ones' forms, limits and oddities. Nothing of it reaches the internet.
package collecttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the services take for right.
const (
	RedditClientID     = "app-id"
	RedditClientSecret = "app-secret-hunter2"
	TheNewsAPIKey      = "news-key-hunter2"
)

// A World is every outside service, each below a path of its own on one server. Fields may be changed
// between requests, by Change where requests may be under way.
type World struct {
	// URL is the server's address.
	URL string

	// Posts are Reddit's, those of every subreddit that there is; Comments those of a post by its id.
	Posts    []map[string]any
	Comments map[string][]map[string]any
	// RedditLeft and RedditReset are what Reddit's headers say of its limit; "" sends none.
	RedditLeft, RedditReset string
	// TokenSeconds is how long Reddit says that its tokens live.
	TokenSeconds int

	// Trends is what each country searches for.
	Trends map[string][]Trend
	// Latin1 makes Google suggest in ISO-8859-1 whatever is asked for, SuggestLimit take for a robot
	// whoever asks more often; 0 is no limit.
	Latin1       bool
	SuggestLimit int
	// Suggestions are what Google adds to a query; one that begins with "xyzzy" has none.
	Suggestions []string

	// News are what the news services find.
	News []Article
	// NewsPlan is how many articles TheNewsAPI puts on a page, NewsLeft how many requests its plan has left.
	NewsPlan, NewsLeft int

	mu       sync.Mutex
	requests []Request
	scripts  []*script
	tokens   map[string]bool
	issued   int
	suggests int
}

// A Request is one that a service got.
type Request struct {
	Method, Path string
	Query, Form  url.Values
	Header       http.Header
}

// A script answers the next requests to a path in a way of its own.
type script struct {
	path   string
	left   int
	status int
	header map[string]string
	body   string
}

// New starts the services; they end with the test.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{tokens: map[string]bool{}, TokenSeconds: 86400, RedditLeft: "98.0", RedditReset: "412", NewsPlan: 3, NewsLeft: 100}
	w.fill()
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.URL = server.URL
	return w
}

// Environment is the settings that make a process ask these services, with every key.
func (w *World) Environment() []string {
	return []string{
		"REDDIT_BASE_URL=" + w.URL + "/reddit", "REDDIT_OAUTH_BASE_URL=" + w.URL + "/oauth",
		"REDDIT_TOKEN_URL=" + w.URL + "/reddit/api/v1/access_token",
		"REDDIT_CLIENT_ID=" + RedditClientID, "REDDIT_CLIENT_SECRET=" + RedditClientSecret,
		"TRENDS_BASE_URL=" + w.URL + "/trends", "AUTOCOMPLETE_BASE_URL=" + w.URL + "/suggest",
		"GOOGLE_NEWS_BASE_URL=" + w.URL + "/googlenews", "BING_NEWS_BASE_URL=" + w.URL + "/bing",
		"THENEWSAPI_BASE_URL=" + w.URL + "/thenewsapi", "THENEWSAPI_API_KEY=" + TheNewsAPIKey,
	}
}

// Change alters the world while it may be asked.
func (w *World) Change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// Answer makes the next requests whose path begins so be answered by status, header and body alone.
func (w *World) Answer(times int, path string, status int, header map[string]string, body string) {
	w.Change(func() { w.scripts = append(w.scripts, &script{path, times, status, header, body}) })
}

// Asked are the requests so far whose path begins so.
func (w *World) Asked(path string) []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []Request
	for _, r := range w.requests {
		if strings.HasPrefix(r.Path, path) {
			found = append(found, r)
		}
	}
	return found
}

// ServeHTTP is all services.
func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = r.ParseForm()
	w.requests = append(w.requests, Request{r.Method, r.URL.Path, r.URL.Query(), r.PostForm, r.Header.Clone()})
	for _, s := range w.scripts {
		if s.left > 0 && strings.HasPrefix(r.URL.Path, s.path) {
			s.left--
			for name, value := range s.header {
				rw.Header().Set(name, value)
			}
			rw.WriteHeader(s.status)
			_, _ = rw.Write([]byte(s.body))
			return
		}
	}
	service, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	path = "/" + path
	switch service {
	case "reddit":
		w.reddit(rw, r, path)
	case "oauth":
		w.oauth(rw, r, path)
	case "trends":
		w.trends(rw, r, path)
	case "suggest":
		w.suggest(rw, r, path)
	case "googlenews":
		w.googleNews(rw, r, path)
	case "bing":
		w.bingNews(rw, r, path)
	case "thenewsapi":
		w.theNewsAPI(rw, r, path)
	default:
		http.NotFound(rw, r)
	}
}

func write(rw http.ResponseWriter, status int, contentType, body string) {
	rw.Header().Set("Content-Type", contentType)
	rw.WriteHeader(status)
	_, _ = rw.Write([]byte(body))
}

func writeJSON(rw http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	write(rw, status, "application/json; charset=UTF-8", string(body))
}

// robot is how Google answers what it takes for one.
func robot(rw http.ResponseWriter) {
	write(rw, http.StatusTooManyRequests, "text/html", "<html><title>Sorry...</title>Our systems have detected unusual traffic</html>")
}

// day is a time on the day on which tests collect.
func day(hour, minute int) time.Time {
	return time.Date(2026, time.November, 22, hour, minute, 0, 0, time.UTC)
}

func xmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

func number(text string, otherwise int) int {
	n := otherwise
	_, _ = fmt.Sscan(text, &n)
	return n
}
