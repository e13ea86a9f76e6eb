package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/config"
	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/jobs"
	"github.com/content-creator/content-creator-api/openapi"
	"github.com/content-creator/content-creator-api/server"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// A world is a server of its own on a database of its own. Every answer that its clients get is
// checked against the specification.
type world struct {
	*client.ClientWithResponses
	t     testing.TB
	store *store.Store
	jobs  *jobs.Client
	// url is where the API begins, key an admin key.
	url, key string
	log      *lockedBuffer
	server   *server.Server
}

// options of a world; zero values are the usual.
type options struct {
	settings config.Config
	// working runs workers and the schedule, too.
	working bool
	// dsn is a database to use instead of a fresh one.
	dsn string
}

func newWorld(t testing.TB, configure ...func(*options)) *world {
	t.Helper()
	o := options{settings: config.Config{LogLevel: "debug", LogFormat: "text"}}
	for _, change := range configure {
		change(&o)
	}
	if o.dsn == "" {
		o.dsn = storetest.NewDatabase(t)
	}
	w := &world{t: t, store: storetest.Open(t, o.dsn), log: &lockedBuffer{}}
	level := &slog.LevelVar{}
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: level}))
	registry := prometheus.NewRegistry()
	fetcher := collect.NewFetcher(collect.Config{UserAgent: "test", AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	polls := 0
	if o.working {
		polls = 4
	}
	var err error
	w.jobs, err = jobs.New(jobs.Config{
		Store: w.store, Collectors: collect.All(fetcher, time.Now), Logger: logger, Metrics: registry, Polls: polls,
		SweepEvery: time.Hour, Now: time.Now,
	})
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(context.Background())
	w.server, err = server.New(ctx, server.Config{
		Store: w.store, Jobs: w.jobs, Logger: logger, LogLevel: level, Registry: registry, Version: "test",
		Settings: o.settings, Now: time.Now,
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
	response, err := (&http.Client{Transport: checked(w.t), Timeout: 30 * time.Second}).Do(request)
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
	c.Domain, c.Market, c.Language = "proptech", "de", "de"
	created, err := w.CreateTopicWithResponse(w.t.Context(), nil, c)
	require.NoError(w.t, err)
	require.NotNil(w.t, created.JSON201, "%s", created.Body)
	return *created.JSON201
}

// feed serves a feed on loopback and answers its address.
func (w *world) feed(handler http.HandlerFunc) string {
	w.t.Helper()
	site := httptest.NewServer(handler)
	w.t.Cleanup(site.Close)
	return site.URL + "/feed.xml"
}

// collection adds a feed.
func (w *world) collection(address string) client.Collection {
	w.t.Helper()
	created, err := w.CreateCollectionWithResponse(w.t.Context(), nil, client.CollectionCreate{
		Name: "Feed", URL: address, Domain: "proptech", Market: "de",
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
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.FileBodyDecoder)
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
