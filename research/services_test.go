package research_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/llm/llmtest"
	"github.com/content-creator/content-creator-api/research"
)

const serviceKey = "key-hunter2"

// A service stands for all search services: what it answers, and what it was asked last.
type service struct {
	*httptest.Server
	status int
	header map[string]string
	body   string
	hang   bool
	// What hangs is not over when the next request comes.
	noting sync.Mutex
	asked  *http.Request
	sent   string
	count  int
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{status: 200}
	s.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.noting.Lock()
		s.asked, s.sent = r.Clone(context.Background()), string(body)
		s.count++
		s.noting.Unlock()
		if s.hang {
			<-r.Context().Done()
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		for name, value := range s.header {
			rw.Header().Set(name, value)
		}
		rw.WriteHeader(s.status)
		_, _ = io.WriteString(rw, s.body)
	}))
	t.Cleanup(s.Close)
	return s
}

// backends are all services at the fake's address.
func (s *service) backends(change ...func(*research.Services)) map[string]research.Backend {
	services := research.Services{
		SearXNGURL: s.URL, TavilyURL: s.URL, TavilyKey: serviceKey, TavilyPrice: new(int64(8000)), BraveURL: s.URL + "/", BraveKey: serviceKey, BravePrice: new(int64(5000)),
		TheNewsAPIURL: s.URL, TheNewsAPIKey: serviceKey, GeminiURL: s.URL, GeminiKey: serviceKey, GeminiModel: "gemini-2.5-flash",
		GeminiPrice: ledger.Price{PerRequest: new(int64(35000)), PerInput: new(int64(300_000)), PerOutput: new(int64(2_500_000))},
		Now:         func() time.Time { return now },
	}
	for _, f := range change {
		f(&services)
	}
	all := map[string]research.Backend{}
	for _, b := range research.Backends(services) {
		all[b.Name] = b
	}
	return all
}

// found are answers of each service with a page that is there, and with one whose address is none.
var foundBodies = map[string]string{
	"searxng":    `{"results": [{"url": "https://a.example/1?utm_source=x", "title": "A <b>title</b>", "content": "Some text", "score": 1.5, "publishedDate": "2026-02-03T04:05:06"}, {"url": "javascript:x"}]}`,
	"tavily":     `{"results": [{"url": "https://a.example/1", "title": "A title", "content": "Some text", "score": 0.9, "published_date": "Tue, 03 Feb 2026 04:05:06 GMT"}, {"url": ""}]}`,
	"brave":      `{"type": "search", "web": {"results": [{"url": "https://a.example/1", "title": "A title", "description": "Some <strong>text</strong>", "page_age": "2026-02-03T04:05:06"}]}}`,
	"thenewsapi": `{"data": [{"url": "https://a.example/1", "title": "A title", "description": "", "snippet": "Some text", "published_at": "2026-02-03T04:05:06.000000Z", "relevance_score": 12.5}]}`,
	"gemini": `{"candidates": [{"finishReason": "STOP", "groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://vertexaisearch.cloud.google.com/grounding-api-redirect/abc", "title": "", "domain": "a.example"}}],
		"groundingSupports": [{"segment": {"text": "Some text"}, "groundingChunkIndices": [0, 7]}]}}], "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 40, "thoughtsTokenCount": 10}}`,
}

func TestBackendsFind(t *testing.T) {
	t.Parallel()
	for name, body := range foundBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.body = body
			hits, err := s.backends()[name].Search(t.Context(), research.Query{Text: `heat "pumps" in Elbland`, Language: "de-DE", Market: "de", Limit: 5, Since: now.AddDate(0, 0, -20)})
			require.NoError(t, err)
			require.Len(t, hits, 1)
			require.Equal(t, name, hits[0].Backend)
			require.Equal(t, 1, hits[0].Rank)
			require.Contains(t, hits[0].Snippet, "Some text")
			require.NotContains(t, hits[0].Title, "<")
			if name == "gemini" {
				require.True(t, hits[0].Redirect)
				require.Equal(t, "a.example", hits[0].Title)
			} else {
				require.Equal(t, "2026-02-03T04:05:06Z", hits[0].PublishedAt.Format(time.RFC3339))
			}
		})
	}
}

func TestBackendsAsk(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ask := func(name string, q research.Query) url.Values {
		s.body = foundBodies[name]
		_, err := s.backends()[name].Search(t.Context(), q)
		require.NoError(t, err)
		return s.asked.URL.Query()
	}
	q := research.Query{Text: "wolves -zoo", Language: "de", Market: "AT", Limit: 3, Since: now.AddDate(0, 0, -20)}
	searxng := ask("searxng", q)
	require.Equal(t, "de-AT", searxng.Get("language"))
	require.Equal(t, "month", searxng.Get("time_range"))
	require.Equal(t, "all", ask("searxng", research.Query{Text: "x", Since: now.AddDate(-3, 0, 0)}).Get("language"))
	require.Equal(t, "fr", ask("searxng", research.Query{Text: "x", Language: "fr"}).Get("language"))

	brave := ask("brave", q)
	require.Equal(t, "AT", brave.Get("country"))
	require.Equal(t, "2026-11-03to2026-11-23", brave.Get("freshness"))
	require.Equal(t, serviceKey, s.asked.Header.Get("X-Subscription-Token"))
	for language, want := range map[string]string{"ja": "jp", "no": "nb", "pt": "pt-pt", "zh": "zh-hans", "xx": "", "en": "en"} {
		require.Equal(t, want, ask("brave", research.Query{Text: "x", Language: language}).Get("search_lang"), language)
	}
	require.Equal(t, "pt-br", ask("brave", research.Query{Text: "x", Language: "pt", Market: "br"}).Get("search_lang"))
	require.Equal(t, "zh-hant", ask("brave", research.Query{Text: "x", Language: "zh", Market: "tw"}).Get("search_lang"))
	require.Equal(t, "GB", ask("brave", research.Query{Text: "x", Market: "uk"}).Get("country"))
	require.Len(t, strings.Fields(ask("brave", research.Query{Text: strings.Repeat("word ", 80)}).Get("q")), 50)

	news := ask("thenewsapi", q)
	require.Equal(t, "wolves zoo", news.Get("search"))
	require.Equal(t, []string{"de", "at", "2026-11-03", "3"}, []string{news.Get("language"), news.Get("locale"), news.Get("published_after"), news.Get("limit")})

	ask("tavily", q)
	require.Equal(t, "Bearer "+serviceKey, s.asked.Header.Get("Authorization"))
	var sent map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.sent), &sent))
	require.Equal(t, "austria", sent["country"])
	require.Equal(t, "2026-11-03", sent["start_date"])
	ask("gemini", q)
	require.Contains(t, s.sent, "google_search")
	require.Contains(t, s.sent, "since 2026-11-03")
	require.Equal(t, serviceKey, s.asked.Header.Get("x-goog-api-key"))
}

func TestBackendsFindNothing(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"searxng": `{"results": []}`, "tavily": `{"results": []}`, "brave": `{"type": "search"}`, "thenewsapi": `{"data": []}`,
		"gemini": `{"candidates": [{"finishReason": "STOP"}]}`,
	} {
		s := newService(t)
		s.body = body
		hits, err := s.backends()[name].Search(t.Context(), research.Query{Text: "x"})
		require.NoError(t, err, name)
		require.Empty(t, hits, name)
		require.NotNil(t, hits, name)
	}
}

func TestBackendsFail(t *testing.T) {
	t.Parallel()
	type fault struct {
		backends string
		status   int
		body     string
		header   map[string]string
		code     string
		retry    time.Duration
	}
	all := "searxng tavily brave thenewsapi gemini"
	for name, tc := range map[string]fault{
		"key":                {all, 401, `{"detail": {"error": "Bad ` + serviceKey + `"}, "error": {"message": "Bad ` + serviceKey + `", "detail": "x"}}`, nil, research.CodeBadKey, 0},
		"paid":               {all, 402, "", nil, research.CodeNoCredit, 0},
		"too often":          {all, 429, "", map[string]string{"Retry-After": "7"}, research.CodeRateLimited, 7 * time.Second},
		"down":               {all, 503, "<html>", nil, research.CodeUnavailable, 0},
		"elsewhere":          {all, 302, "", map[string]string{"Location": "http://127.0.0.1:1/"}, research.CodeBadAnswer, 0},
		"not there":          {all, 404, "", nil, research.CodeBadAnswer, 0},
		"bad query":          {all, 400, "{}", nil, research.CodeBadRequest, 0},
		"a web page":         {all, 200, "<html></html>", map[string]string{"Content-Type": "text/html"}, research.CodeBadAnswer, 0},
		"half a JSON":        {all, 200, `{"results": [`, nil, research.CodeBadAnswer, 0},
		"no list":            {"tavily brave thenewsapi gemini", 200, `{}`, nil, research.CodeBadAnswer, 0},
		"too large":          {all, 200, `{"x": "` + strings.Repeat("x", 2000) + `"}`, nil, research.CodeTooLarge, 0},
		"forbidden":          {"tavily brave thenewsapi gemini", 403, "", nil, research.CodeForbidden, 0},
		"no JSON allowed":    {"searxng", 403, "", nil, research.CodeFormatDisabled, 0},
		"no engines":         {"searxng", 200, `{"results": [], "unresponsive_engines": [["google", "CAPTCHA"], []]}`, nil, research.CodeUnavailable, 0},
		"plan":               {"tavily", 432, "", nil, research.CodeNoCredit, 0},
		"paying":             {"tavily", 433, "", nil, research.CodeNoCredit, 0},
		"brave's key":        {"brave", 422, `{"error": {"code": "SUBSCRIPTION_TOKEN_INVALID"}}`, nil, research.CodeBadKey, 0},
		"brave's quota":      {"brave", 429, `{"error": {"code": "QUOTA_LIMITED"}}`, nil, research.CodeNoCredit, 0},
		"brave's window":     {"brave", 429, ``, map[string]string{"X-RateLimit-Reset": "2, 1419704"}, research.CodeRateLimited, 2 * time.Second},
		"news key":           {"thenewsapi", 401, `{"error": {"code": "invalid_api_token"}}`, nil, research.CodeBadKey, 0},
		"news quota":         {"thenewsapi", 402, `{"error": {"code": "usage_limit_reached"}}`, nil, research.CodeNoCredit, 0},
		"news rate":          {"thenewsapi", 400, `{"error": {"code": "rate_limit_reached"}}`, nil, research.CodeRateLimited, 0},
		"gemini's key":       {"gemini", 400, `{"error": {"message": "API key not valid. Please pass a valid API key."}}`, nil, research.CodeBadKey, 0},
		"gemini's delay":     {"gemini", 429, `{"error": {"details": [{"retryDelay": "21.5s"}]}}`, nil, research.CodeRateLimited, 21 * time.Second},
		"gemini's filter":    {"gemini", 200, `{"promptFeedback": {"blockReason": "SAFETY"}}`, nil, research.CodeRefused, 0},
		"gemini's other end": {"gemini", 200, `{"candidates": [{"finishReason": "MAX_TOKENS"}]}`, nil, research.CodeRefused, 0},
	} {
		for backend := range strings.FieldsSeq(tc.backends) {
			t.Run(name+"/"+backend, func(t *testing.T) {
				t.Parallel()
				s := newService(t)
				s.status, s.body, s.header = tc.status, tc.body, tc.header
				_, err := s.backends(func(o *research.Services) { o.MaxBody = 1500 })[backend].Search(t.Context(), research.Query{Text: "x"})
				var fault *research.BackendError
				require.ErrorAs(t, err, &fault)
				require.Equal(t, tc.code, fault.Code, fault.Message)
				require.Equal(t, tc.retry, fault.RetryAfter)
				require.NotContains(t, fault.Message, serviceKey)
				require.Equal(t, backend, fault.Backend)
				require.Equal(t, tc.code == research.CodeRateLimited || tc.code == research.CodeUnavailable, fault.Transient())
			})
		}
	}
}

func TestBackendsAway(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.hang = true
	for backend, b := range s.backends(func(o *research.Services) { o.Timeout = 20 * time.Millisecond }) {
		_, err := b.Search(t.Context(), research.Query{Text: "x"})
		var fault *research.BackendError
		require.ErrorAs(t, err, &fault)
		require.Equal(t, research.CodeTimeout, fault.Code, backend)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for backend, b := range s.backends() {
		_, err := b.Search(cancelled, research.Query{Text: "x"})
		var fault *research.BackendError
		require.ErrorAs(t, err, &fault)
		require.Equal(t, research.CodeCanceled, fault.Code, backend)
		require.ErrorIs(t, err, context.Canceled)
	}
	s.CloseClientConnections()
	s.Close()
	_, err := s.backends()["searxng"].Search(t.Context(), research.Query{Text: "x"})
	var fault *research.BackendError
	require.ErrorAs(t, err, &fault)
	require.Equal(t, research.CodeUnreachable, fault.Code)
	broken := research.Backends(research.Services{SearXNGURL: "http://[::1"})[0]
	_, err = broken.Search(t.Context(), research.Query{Text: "x"})
	require.ErrorAs(t, err, &fault)
	require.Equal(t, research.CodeUnreachable, fault.Code)
}

func TestSearchBooksAndTolerates(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.body = foundBodies["gemini"]
	all := s.backends()
	book := &llmtest.Book{}
	backends := []research.Backend{all["gemini"], all["tavily"], {Name: "own", Own: true, Search: func(context.Context, research.Query) ([]research.Hit, error) {
		return []research.Hit{{URL: "https://own.example/1", Title: "Own"}}, nil
	}}}
	q := research.Query{Text: "x", Language: "en"}
	found := research.Search(t.Context(), book, backends, q)
	require.False(t, found.Failed())
	require.Len(t, found.Groups, 2)
	require.Equal(t, research.CodeBadAnswer, found.Backends[1].Error.Code)
	require.EqualValues(t, 35000+(100*300_000+50*2_500_000+999_999)/1_000_000, *found.Backends[0].Cost)
	asked := s.count
	again := research.Search(t.Context(), book, backends[:1], q)
	require.True(t, again.Backends[0].FromBook)
	require.Equal(t, asked, s.count, "the book answers")
	require.Equal(t, found.Groups[0].URL, again.Groups[0].URL)

	for cause, code := range map[error]string{ledger.ErrBudget: research.CodeBudget, ledger.ErrLost: research.CodeLost, errors.New("x"): research.CodeFailed} {
		refused := research.Search(t.Context(), &llmtest.Book{Refuse: cause}, []research.Backend{all["tavily"]}, q)
		require.True(t, refused.Failed())
		require.Equal(t, code, refused.Backends[0].Error.Code)
	}
	// Asked to come again in a moment, it does.
	tries := 0
	impatient := research.Backend{Name: "moody", Search: func(context.Context, research.Query) ([]research.Hit, error) {
		if tries++; tries == 1 {
			return nil, &research.BackendError{Backend: "moody", Code: research.CodeRateLimited, Message: "Later.", RetryAfter: time.Millisecond}
		}
		old := now.AddDate(-1, 0, 0)
		return []research.Hit{{URL: "https://m.example/1", PublishedAt: &old}, {URL: "https://m.example/2"}}, nil
	}}
	later := research.Search(t.Context(), ledger.Unbooked{}, []research.Backend{impatient}, research.Query{Text: "x", Since: now.AddDate(0, -1, 0)})
	require.Equal(t, 2, tries)
	require.Len(t, later.Groups, 1, "what is known to be older is left out")
}

func TestFuse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Heat pumps are being sold in ever greater numbers in the towns along the river Elz this year. ", 6)
	at := now.AddDate(0, 0, -3)
	groups := research.Fuse(
		[]research.Hit{{URL: "http://www.a.example/1?utm_source=x", Title: "A", Backend: "one"}, {URL: "https://b.example/2", Title: "B", Backend: "one"}, {URL: "::", Backend: "one"}},
		[]research.Hit{{URL: "https://b.example/2", Snippet: "text", Backend: "two", PublishedAt: &at}, {URL: "https://b.example/2#again", Backend: "two"}, {URL: "https://c.example/3", Title: "C", Backend: "two"}},
	)
	require.Len(t, groups, 3)
	require.Equal(t, "https://b.example/2", groups[0].URL, "both have it")
	require.InDelta(t, 1./61+1./62, groups[0].Fusion, 1e-9)
	require.Equal(t, "text", groups[0].Snippet)
	require.Equal(t, &at, groups[0].PublishedAt)

	copies := research.Fuse([]research.Hit{{URL: "https://x.example/1", Title: "Heat pumps", Text: long, PublishedAt: &now}, {URL: "https://y.example/2", Title: "Heat pumps", Text: long, PublishedAt: &at}})
	require.Len(t, copies, 1)
	require.Equal(t, "https://y.example/2", copies[0].URL, "the one that was published first")
	require.Len(t, copies[0].Copies, 1)
}

func TestRerank(t *testing.T) {
	t.Parallel()
	s := newService(t)
	recent, old := now.AddDate(0, 0, -30), now.AddDate(-2, 0, 0)
	groups := research.Fuse([]research.Hit{
		{URL: "https://www.uni-elz.edu/pumps", Title: "Heat pumps", Text: "Heat pumps and their efficiency in old houses.", PublishedAt: &recent},
		{URL: "http://blog.example.de/cats", Title: "Cats", Text: "Cats sleep most of the day.", PublishedAt: &old},
		{URL: "https://blog.example.de/more", Title: "More heat", Text: "Heat in the city and what to do about it."},
	})
	q := research.Query{Text: "heat pumps efficiency", Language: "en", Market: "de"}
	ranking := research.Rerank(t.Context(), ledger.Unbooked{}, q, groups, research.RankOptions{Now: now, Keep: 2})
	require.Equal(t, "bm25", ranking.Relevance)
	require.Equal(t, 1, ranking.Dropped)
	require.Equal(t, "https://www.uni-elz.edu/pumps", ranking.Pages[0].URL)
	weights := 0.
	for _, part := range ranking.Pages[0].Parts {
		weights += part.Weight
		require.NotEmpty(t, part.Because)
		if part.Name == "freshness" {
			require.InDelta(t, 0.5, part.Value, 0.01, "half after thirty days")
		}
	}
	require.InDelta(t, 1, weights, 1e-9)
	for _, p := range ranking.Pages {
		require.GreaterOrEqual(t, p.BM25, 0.)
	}

	for base, list := range map[string]string{"/voyage/v1": "data", "/cohere/v2": "results", "/jina/v1": "results"} {
		r := research.NewReranker(research.RerankService{BaseURL: s.URL + base, Key: serviceKey, Model: "m", Price: ledger.Price{PerInput: new(int64(50_000))}, Now: func() time.Time { return now }})
		s.status, s.body = 200, `{"`+list+`": [{"index": 0, "relevance_score": 0.1}, {"index": 1, "relevance_score": 0.9}, {"index": 2, "relevance_score": 0.2}], "usage": {"total_tokens": 120}}`
		book := &llmtest.Book{}
		ranking = research.Rerank(t.Context(), book, q, groups, research.RankOptions{Reranker: r, Now: now})
		require.Nil(t, ranking.Fault)
		require.Contains(t, ranking.Relevance, " m")
		require.EqualValues(t, 6, *book.Entries()[0].Reply.Cost)
		require.Equal(t, "Bearer "+serviceKey, s.asked.Header.Get("Authorization"))
	}
	r := research.NewReranker(research.RerankService{BaseURL: s.URL, Model: "m", Price: ledger.Price{PerRequest: new(int64(2000))}})
	for body, status := range map[string]int{`{"detail": "no"}`: 429, `x`: 200, `{"results": []}`: 200, `{"results": [{"index": 9, "relevance_score": 1}]}`: 200} {
		s.status, s.body = status, body
		ranking = research.Rerank(t.Context(), ledger.Unbooked{}, q, groups, research.RankOptions{Reranker: r, Now: now})
		require.NotNil(t, ranking.Fault, body)
		require.Equal(t, "bm25", ranking.Relevance)
		require.Len(t, ranking.Pages, 3)
	}
	require.Nil(t, research.NewReranker(research.RerankService{}))
}

func TestFuseKeepsCopiesWithOtherFigures(t *testing.T) {
	t.Parallel()
	text := func(houses, more string) string {
		return "The Elmford heat pump trial has ended: " + houses + " houses replaced their gas boiler with a heat pump within one year. The trial cut the heating bills of the houses by 31 percent on average, according to the institute that measured it. " + more
	}
	fused := research.Fuse([]research.Hit{
		{URL: "https://a.example/1", Title: "Elmford trial ends", Text: text("412", "")},
		{URL: "https://b.example/2", Title: "Elmford trial ends", Text: text("412", "Neighbours were asked in 40 houses.")},
		{URL: "https://c.example/3", Title: "Elmford trial ends", Text: text("389", "")},
	})
	require.Len(t, fused, 2)
	require.Len(t, fused[0].Copies, 1, "more is no change")
	require.Equal(t, "https://c.example/3", fused[1].URL)
}
