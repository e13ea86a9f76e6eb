package server_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/config"
	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/jobs"
	"github.com/content-creator/content-creator-api/openapi"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/server"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// A world is a server of its own on a database of its own. Every answer that its clients get is
// checked against the specification.
type world struct {
	*client.ClientWithResponses
	t     testing.TB
	store *store.Store
	jobs  *jobs.Client
	// url is where the API begins, key an admin key.
	url, key string
	// dsn is the database.
	dsn    string
	log    *lockedBuffer
	server *server.Server
	made   atomic.Int64
	// stop ends what runs beside the requests, as the end of the process does.
	stop func()
}

// options of a world; zero values are the usual.
type options struct {
	settings config.Config
	// working runs workers and the schedule, too.
	working bool
	// taking makes the sites of the test, which all are one, be asked one request at a time.
	taking bool
	// reading lets pages be read, backends are the search services that are set up.
	reading  bool
	backends []research.Backend
	// dsn is a database to use instead of a fresh one.
	dsn string
	now func() time.Time
}

func newWorld(t testing.TB, configure ...func(*options)) *world {
	t.Helper()
	o := options{settings: config.Config{LogLevel: "debug", LogFormat: "text"}, now: time.Now}
	for _, change := range configure {
		change(&o)
	}
	if o.dsn == "" {
		o.dsn = storetest.NewDatabase(t)
	}
	w := &world{t: t, dsn: o.dsn, store: storetest.Open(t, o.dsn), log: &lockedBuffer{}}
	level := &slog.LevelVar{}
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: level}))
	registry := prometheus.NewRegistry()
	hosts := store.HostBudget{Store: w.store, Default: 1000, Now: time.Now}
	fetching := collect.Config{UserAgent: "test", AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	if o.taking {
		fetching.Turns = hosts
	}
	fetcher := collect.NewFetcher(fetching)
	t.Cleanup(fetcher.Close)
	polls := 0
	if o.working {
		polls = 4
	}
	var pages *collect.Pages
	if o.reading {
		pages = collect.NewPages(fetcher, time.Now)
	}
	var err error
	w.jobs, err = jobs.New(jobs.Config{
		Store: w.store, Collectors: collect.All(fetcher, collect.Services{}, time.Now), Logger: logger,
		Discoverer: collect.NewDiscoverer(fetcher, time.Now, "https://www.youtube.com", "https://github.com"), Metrics: registry, Polls: polls,
		Poster: collect.NewPoster(fetching), SweepEvery: time.Hour, Now: time.Now, Pages: pages, Backends: o.backends,
	})
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	w.server, err = server.New(ctx, server.Config{
		Store: w.store, Jobs: w.jobs, Hosts: hosts, Logger: logger, LogLevel: level, Registry: registry, Version: "test",
		Settings: o.settings, Now: o.now,
	})
	require.NoError(t, err)
	require.NoError(t, w.jobs.Start(ctx))
	following := make(chan struct{})
	go func() { defer close(following); w.server.Run(ctx) }()
	listening := httptest.NewUnstartedServer(w.server.Handler())
	listening.Config.BaseContext = nil
	listening.Start()
	t.Cleanup(func() {
		cancel()
		listening.CloseClientConnections()
		listening.Close()
		stop, done := context.WithTimeout(context.Background(), 10*time.Second)
		defer done()
		require.NoError(t, w.jobs.Stop(stop))
		<-following
	})
	w.url = listening.URL + "/api/v1"
	made, err := w.store.CreateAPIKey(t.Context(), store.APIKeyCreate{Name: "test", Scopes: []string{"admin"}, Origin: "command"})
	require.NoError(t, err)
	w.key = made.Key
	w.ClientWithResponses = w.as(made.Key)
	return w
}

// as is a client with another key; "" sends none.
func (w *world) as(key string) *client.ClientWithResponses {
	w.t.Helper()
	c, err := client.NewClientWithResponses(w.url,
		client.WithHTTPClient(&http.Client{Transport: checked(w.t), Timeout: 30 * time.Second}),
		client.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			if key != "" {
				r.Header.Set("Authorization", "Bearer "+key)
			}
			return nil
		}))
	require.NoError(w.t, err)
	return c
}

// scoped is a client whose key has these scopes only.
func (w *world) scoped(scopes ...string) *client.ClientWithResponses {
	w.t.Helper()
	made, err := w.store.CreateAPIKey(w.t.Context(), store.APIKeyCreate{Name: "scoped", Scopes: scopes, Origin: "command"})
	require.NoError(w.t, err)
	return w.as(made.Key)
}

// An answer is what a raw request got.
type answer struct {
	*http.Response
	body []byte
}

// send sends a request as it is written here, with the admin key unless a header says otherwise. A
// header is "Name: value".
func (w *world) send(method, path, body string, headers ...string) answer {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	require.NoError(w.t, err)
	request.Header.Set("Authorization", "Bearer "+w.key)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	return w.do(request)
}

// do sends a request and reads the whole answer. It follows no redirect.
func (w *world) do(request *http.Request) answer {
	w.t.Helper()
	response, err := (&http.Client{
		Transport: checked(w.t), Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).Do(request)
	require.NoError(w.t, err)
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	return answer{response, content}
}

// problem is the answer's error body.
func (a answer) problem(t *testing.T) client.Error {
	t.Helper()
	var e client.Error
	require.NoError(t, json.Unmarshal(a.body, &e), "%s", a.body)
	return e
}

// faults maps fields to faults in an error body.
func faults(e client.Error) map[string]any {
	errors, _ := e.Details["errors"].(map[string]any)
	return errors
}

// topic creates a topic; what is zero gets a sane value.
func (w *world) topic(c client.TopicCreate) client.Topic {
	w.t.Helper()
	if c.Title == "" {
		c.Title = "Topic " + time.Now().Format(time.RFC3339Nano)
	}
	c.Domain, c.Market, c.Language = cmp.Or(c.Domain, "proptech"), cmp.Or(c.Market, "de"), cmp.Or(c.Language, "de")
	created, err := w.CreateTopicWithResponse(w.t.Context(), nil, c)
	require.NoError(w.t, err)
	require.NotNil(w.t, created.JSON201, "%s", created.Body)
	return *created.JSON201
}

// feed serves a feed on loopback and answers its address.
func (w *world) feed(handler http.HandlerFunc) string {
	w.t.Helper()
	site := httptest.NewServer(handler)
	w.t.Cleanup(func() {
		site.CloseClientConnections()
		site.Close()
	})
	return site.URL + "/feed.xml"
}

// collection adds a feed.
func (w *world) collection(address string) client.Collection {
	w.t.Helper()
	created, err := w.CreateCollectionWithResponse(w.t.Context(), nil, client.CollectionCreate{
		Name: "Feed", URL: &address, Domain: "proptech", Market: "de",
	})
	require.NoError(w.t, err)
	require.NotNil(w.t, created.JSON201, "%s", created.Body)
	return *created.JSON201
}

// within is a context for waiting on something that should happen soon.
func within(t *testing.T, patience time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// specification is loaded once for all worlds.
var specification = func() routers.Router {
	doc, err := openapi3.NewLoader().LoadFromData(openapi.YAML)
	if err != nil {
		panic(err)
	}
	doc.Servers = openapi3.Servers{{URL: "/api/v1"}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		panic(err)
	}
	for _, text := range []string{"text/event-stream", "application/rss+xml", "application/atom+xml", "text/markdown", "text/html", "application/x-research-info-systems", "application/x-bibtex", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"} {
		openapi3filter.RegisterBodyDecoder(text, openapi3filter.FileBodyDecoder)
	}
	openapi3filter.RegisterBodyDecoder("application/feed+json", openapi3filter.JSONBodyDecoder)
	return router
}()

// checked sends requests and holds every answer against the specification.
func checked(t testing.TB) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			return response, err
		}
		route, params, err := specification.FindRoute(request)
		if err != nil || strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
			return response, nil //nolint:nilerr // what is not in the specification is not held against it
		}
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		response.Body = io.NopCloser(bytes.NewReader(body))
		if response.Header.Get("Content-Encoding") == "gzip" {
			body = []byte(unzipped(t, body))
		}
		err = openapi3filter.ValidateResponse(request.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route},
			Status:                 response.StatusCode, Header: response.Header, Body: io.NopCloser(bytes.NewReader(body)),
			Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
		})
		require.NoError(t, err, "%s %s answered %d: %s", request.Method, request.URL.Path, response.StatusCode, body)
		return response, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// patience is how long tests wait for what should happen at once.
const patience = 20 * time.Second

// eventually asks again and again until ok.
func eventually(t testing.TB, ok func() bool, what string) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			require.Fail(t, "it did not happen in time", what)
		}
	}
}

// read is a GET that succeeds, as a JSON object.
func (w *world) read(path string, headers ...string) map[string]any {
	w.t.Helper()
	return w.send("GET", path, "", headers...).object(w.t, http.StatusOK)
}

// object is the body of an answer with this status.
func (a answer) object(t testing.TB, status int) map[string]any {
	t.Helper()
	require.Equal(t, status, a.StatusCode, "%s", a.body)
	var object map[string]any
	require.NoError(t, json.Unmarshal(a.body, &object), "%s", a.body)
	return object
}

// refused requires an answer to be an error with this status and code.
func (a answer) refused(t *testing.T, status int, code client.ErrorCode) client.Error {
	t.Helper()
	require.Equal(t, status, a.StatusCode, "%s", a.body)
	e := a.problem(t)
	require.Equal(t, code, e.ErrorCode, "%s", a.body)
	require.NotEmpty(t, e.Message)
	require.NotNil(t, e.Details)
	require.Equal(t, a.Header.Get("X-Request-Id"), e.RequestID)
	return e
}

// titles are those of the items of a list.
func titles(list map[string]any) []string {
	found := []string{}
	for _, item := range list["items"].([]any) {
		found = append(found, item.(map[string]any)["title"].(string))
	}
	return found
}

// execute runs SQL on the database.
func (w *world) execute(statement string, args ...any) {
	w.t.Helper()
	_, err := w.store.Pool().Exec(w.t.Context(), statement, args...)
	require.NoError(w.t, err)
}

// count answers a query for one number.
func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	var n int
	require.NoError(w.t, w.store.Pool().QueryRow(w.t.Context(), query, args...).Scan(&n))
	return n
}

// here narrows the locks of the whole server to those of this database.
const here = ` and database = (select oid from pg_database where datname = current_database())`

// waiting is how many transactions wait for a lock.
func (w *world) waiting() int {
	return w.count(`select count(*) from pg_locks where not granted` + here)
}

// A site is a feed on loopback that tests may change.
type site struct {
	mu      sync.Mutex
	handler http.HandlerFunc
}

func (s *site) serve(handler http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = handler
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	handler := s.handler
	s.mu.Unlock()
	handler(w, r)
}

// feedOf is an RSS feed with an entry for each path.
func feedOf(paths ...string) http.HandlerFunc {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>Site</title><language>en</language>`)
	for _, path := range paths {
		_, _ = fmt.Fprintf(&b, `<item><title>About %s</title><link>https://example.com/%s</link><description>Words on %s.</description></item>`, path, path, path)
	}
	b.WriteString(`</channel></rss>`)
	text := b.String()
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(text)))
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(text))
	}
}

// A gate stops whoever passes until it is opened.
type gate struct{ arrived, open chan struct{} }

func newGate() *gate { return &gate{make(chan struct{}, 100), make(chan struct{})} }

// pass waits for the gate to open, or for ctx.
func (g *gate) pass(ctx context.Context) {
	g.arrived <- struct{}{}
	select {
	case <-g.open:
	case <-ctx.Done():
	}
}

// await waits until somebody stands at the gate.
func (g *gate) await(t testing.TB) {
	t.Helper()
	select {
	case <-g.arrived:
	case <-time.After(patience):
		require.Fail(t, "nobody came to the gate")
	}
}

// poll polls a collection and waits for the end of the job.
func (w *world) poll(id string) map[string]any {
	w.t.Helper()
	return w.send("POST", "/collections/"+id+"/poll", "", "Prefer: wait=20").object(w.t, http.StatusOK)
}

// job waits until a job is in a state.
func (w *world) job(id, state string) map[string]any {
	w.t.Helper()
	var job map[string]any
	eventually(w.t, func() bool {
		job = w.read("/jobs/" + id)
		return job["state"] == state
	}, "job "+id+" "+state)
	return job
}

// document keeps a document that a feed of its own has brought; what is zero gets a sane value.
func (w *world) document(d store.Document) store.Document {
	w.t.Helper()
	n := w.made.Add(1)
	c, err := w.store.CreateCollection(w.t.Context(), store.CollectionCreate{
		Name: "Feed", URL: new(fmt.Sprintf("https://example.com/feed/%d", n)), Domain: cmp.Or(d.Domain, "proptech"), Market: cmp.Or(d.Market, "de"),
	})
	require.NoError(w.t, err)
	d.Title = cmp.Or(d.Title, fmt.Sprintf("Document %d", n))
	d.URL = cmp.Or(d.URL, fmt.Sprintf("https://example.com/%d?utm_source=x", n))
	d.CanonicalURL = cmp.Or(d.CanonicalURL, fmt.Sprintf("https://example.com/%d", n))
	d.Source, d.SourceName = cmp.Or(d.Source, "rss"), cmp.Or(d.SourceName, "example.com")
	d.Language = cmp.Or(d.Language, "de")
	if d.SourceMetadata == nil {
		d.SourceMetadata = map[string]any{}
	}
	d.ContentHash = fmt.Sprintf("%x", sha256.Sum256([]byte(d.Title)))
	if d.FetchedAt.IsZero() {
		d.FetchedAt = time.Now()
	}
	outcome, err := w.store.SavePoll(w.t.Context(), store.Poll{
		Asked: c, At: time.Now(), NextPollAt: time.Now().Add(time.Hour), Documents: []store.Document{d},
	})
	require.NoError(w.t, err)
	require.Equal(w.t, 1, outcome.DocumentsAdded)
	var id uuid.UUID
	require.NoError(w.t, w.store.Pool().QueryRow(w.t.Context(), `select id from documents where collection_id = $1`, c.ID).Scan(&id))
	saved, err := w.store.Document(w.t.Context(), id)
	require.NoError(w.t, err)
	return saved
}

func clientTopic(title string) client.TopicCreate { return client.TopicCreate{Title: title} }
