package contentcreator_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/clients/behaviour"
	contentcreator "github.com/content-creator/content-creator-api/clients/go"
	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/config"
	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/jobs"
	apiserver "github.com/content-creator/content-creator-api/server"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// running is a whole server with its workers, and an admin key of it.
func running(t *testing.T) (address, key string) {
	t.Helper()
	s := storetest.New(t)
	logger := slog.New(slog.DiscardHandler)
	fetcher := collect.NewFetcher(collect.Config{UserAgent: "test", AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(fetcher.Close)
	registry := prometheus.NewRegistry()
	worker, err := jobs.New(jobs.Config{
		Store: s, Collectors: collect.All(fetcher, collect.Services{}, time.Now), Logger: logger, Metrics: registry, Polls: 2, SweepEvery: time.Hour, Now: time.Now,
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	handler, err := apiserver.New(ctx, apiserver.Config{
		Store: s, Jobs: worker, Hosts: store.HostBudget{Store: s, Default: 1000, Now: time.Now}, Logger: logger, LogLevel: &slog.LevelVar{}, Registry: registry,
		Version: "test", Settings: config.Config{}, Now: time.Now,
	})
	require.NoError(t, err)
	require.NoError(t, worker.Start(ctx))
	following := make(chan struct{})
	go func() { defer close(following); handler.Run(ctx) }()
	listening := httptest.NewServer(handler.Handler())
	t.Cleanup(func() {
		cancel()
		listening.CloseClientConnections()
		listening.Close()
		stop, done := context.WithTimeout(context.Background(), 10*time.Second)
		defer done()
		require.NoError(t, worker.Stop(stop))
		<-following
	})
	made, err := s.CreateAPIKey(t.Context(), store.APIKeyCreate{Name: "test", Scopes: []string{"admin"}, Origin: "command"})
	require.NoError(t, err)
	return listening.URL, made.Key
}

// A scene is what a case plays in: the client under test behind the proxy, and one that goes straight to the server.
type scene struct {
	t              *testing.T
	direct, tested *contentcreator.Client
	keyless        *contentcreator.Client
	proxy          *behaviour.Proxy
	title          string
	items          int
	events         []string
	script         []behaviour.Step
}

// begin lets the script begin: what comes before was preparation.
func (s *scene) begin() {
	s.proxy.Begin(s.script)
}

func (s *scene) topic() (id client.ID, etag string) {
	var headers http.Header
	made, err := s.direct.API.CreateTopicWithResponse(s.t.Context(), nil, s.create(), contentcreator.Headers(&headers))
	require.NoError(s.t, err)
	return made.JSON201.ID, headers.Get("ETag")
}

func (s *scene) create() client.TopicCreate {
	return client.TopicCreate{Title: s.title, Domain: "behaviour", Market: "de", Language: "en"}
}

// do does what a case asks for.
func (s *scene) do(ctx context.Context, action string) error {
	update := client.TopicUpdate{Priority: new(7)}
	switch action {
	case "get_topic":
		id, _ := s.topic()
		s.begin()
		_, err := s.tested.API.GetTopicWithResponse(ctx, id, nil)
		return err
	case "get_missing_topic":
		s.begin()
		_, err := s.tested.API.GetTopicWithResponse(ctx, uuid.New(), nil)
		return err
	case "get_unchanged_topic":
		id, etag := s.topic()
		s.begin()
		_, err := s.tested.API.GetTopicWithResponse(ctx, id, nil, contentcreator.IfNoneMatch(etag))
		return err
	case "get_topic_without_key":
		s.begin()
		_, err := s.keyless.API.GetTopicWithResponse(ctx, uuid.New(), nil)
		return err
	case "create_topic":
		s.begin()
		_, err := s.tested.API.CreateTopicWithResponse(ctx, nil, s.create())
		return err
	case "create_faulty_topic":
		s.begin()
		_, err := s.tested.API.CreateTopicWithResponse(ctx, nil, client.TopicCreate{})
		return err
	case "create_api_key":
		s.begin()
		_, err := s.tested.API.CreateAPIKeyWithResponse(ctx, client.APIKeyCreate{Name: s.title, Scopes: []client.Scope{client.ScopeRead}})
		return err
	case "update_topic":
		id, _ := s.topic()
		s.begin()
		_, err := s.tested.API.UpdateTopicWithApplicationMergePatchPlusJSONBodyWithResponse(ctx, id, nil, update)
		return err
	case "update_topic_if_match", "update_stale_topic":
		id, etag := s.topic()
		if action == "update_stale_topic" {
			_, err := s.direct.API.UpdateTopicWithApplicationMergePatchPlusJSONBodyWithResponse(ctx, id, nil, client.TopicUpdate{Priority: new(3)})
			require.NoError(s.t, err)
		}
		s.begin()
		_, err := s.tested.API.UpdateTopicWithApplicationMergePatchPlusJSONBodyWithResponse(ctx, id, nil, update, contentcreator.IfMatch(etag))
		return err
	case "delete_topic":
		id, _ := s.topic()
		s.begin()
		_, err := s.tested.API.DeleteTopicWithResponse(ctx, id, nil)
		return err
	case "list_topics":
		return s.list(ctx)
	case "stream_without_key":
		s.begin()
		for _, err := range s.keyless.Events(ctx, nil) {
			return err
		}
		return nil
	}
	return s.wait(ctx, action)
}

// list reads five topics by pages of two.
func (s *scene) list(ctx context.Context) error {
	domain := strings.ToLower(strings.ReplaceAll(s.title, " ", "-"))
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		_, err := s.direct.API.CreateTopicWithResponse(ctx, nil, client.TopicCreate{Title: s.title + " " + n, Domain: domain, Market: "de", Language: "en"})
		require.NoError(s.t, err)
	}
	s.begin()
	seen := map[client.ID]bool{}
	for topic, err := range contentcreator.All(ctx, func(ctx context.Context, cursor string) ([]client.TopicSummary, nullable.Nullable[string], error) {
		params := &client.ListTopicsParams{Domain: &domain, PageSize: new(2)}
		if cursor != "" {
			params.Cursor = &cursor
		}
		page, err := s.tested.API.ListTopicsWithResponse(ctx, params)
		if err != nil {
			return nil, nil, err
		}
		return page.JSON200.Items, page.JSON200.NextCursor, nil
	}) {
		if err != nil {
			return err
		}
		seen[topic.ID] = true
		s.items = len(seen)
	}
	return nil
}

// wait waits for jobs.
func (s *scene) wait(ctx context.Context, action string) error {
	id := "999999999"
	switch action {
	case "wait_job":
		queued, err := s.direct.API.DiscoverTopicsWithResponse(ctx, nil, client.DiscoverTopicsJSONRequestBody{Domain: "behaviour", Market: "de", Language: "en"})
		require.NoError(s.t, err)
		id = queued.JSON202.ID
		_, err = s.direct.WaitJob(ctx, id, nil) // so that all its events are there
		require.NoError(s.t, err)
	case "wait_failing_job":
		address := "http://127.0.0.1:9/" + s.title
		feed, err := s.direct.API.CreateCollectionWithResponse(ctx, nil, client.CollectionCreate{Name: s.title, URL: &address, Domain: "behaviour", Market: "de", Enabled: new(false)})
		require.NoError(s.t, err)
		queued, err := s.direct.API.PollCollectionWithResponse(ctx, feed.JSON201.ID, nil)
		require.NoError(s.t, err)
		id = queued.JSON202.ID
		_, err = s.direct.WaitJob(ctx, id, nil)
		require.Error(s.t, err)
	case "wait_missing_job":
	default:
		s.t.Fatalf("nobody knows how to %s", action)
	}
	s.begin()
	_, err := s.tested.WaitJob(ctx, id, func(e contentcreator.Event) { s.events = append(s.events, string(e.Type)) })
	return err
}

// made is how many topics there are of the title.
func (s *scene) made() int {
	list, err := s.direct.API.ListTopicsWithResponse(s.t.Context(), &client.ListTopicsParams{Search: &s.title})
	require.NoError(s.t, err)
	return list.JSON200.Total
}

var errEnough = errors.New("the caller has had enough")

func TestBehaviour(t *testing.T) {
	t.Parallel()
	address, key := running(t)
	cases, err := behaviour.Cases()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(cases), 30)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			proxy, err := behaviour.NewProxy(address)
			require.NoError(t, err)
			faulty := httptest.NewServer(proxy)
			t.Cleanup(func() { faulty.CloseClientConnections(); faulty.Close() })
			retries := contentcreator.Retries{Attempts: c.Options.Attempts, Within: time.Duration(c.Options.WithinMS) * time.Millisecond, First: time.Millisecond, Longest: 5 * time.Millisecond}
			options := []contentcreator.Option{contentcreator.WithRetries(retries)}
			if c.Options.TimeoutMS > 0 {
				options = append(options, contentcreator.WithTimeout(time.Duration(c.Options.TimeoutMS)*time.Millisecond))
			}
			connect := func(url string, options ...contentcreator.Option) *contentcreator.Client {
				made, err := contentcreator.New(url, options...)
				require.NoError(t, err)
				return made
			}
			s := &scene{
				t: t, proxy: proxy, script: c.Script, title: "Behaviour " + uuid.NewString(), direct: connect(address, contentcreator.WithKey(key)),
				tested: connect(faulty.URL, append(options, contentcreator.WithKey(key))...), keyless: connect(faulty.URL, options...),
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if c.Options.CancelAt > 0 {
				proxy.OnRequest(c.Options.CancelAt, func() { cancel(errEnough) })
			}
			s.hold(c, s.do(ctx, c.Do))
		})
	}
}

// hold compares what came of a case with what must.
func (s *scene) hold(c behaviour.Case, err error) {
	t, want := s.t, c.Expect
	seen := s.proxy.Seen()
	var failed *contentcreator.JobFailedError
	switch {
	case want.Aborted:
		require.ErrorIs(t, err, errEnough)
	case want.JobFailed:
		require.ErrorAs(t, err, &failed)
		require.Equal(t, client.JobStateFailed, failed.Job.State)
	case want.Error != nil:
		var fault *contentcreator.Error
		require.ErrorAs(t, err, &fault)
		require.Equal(t, want.Error.Code, string(fault.Code))
		require.Equal(t, want.Error.Status, fault.Status)
		require.Equal(t, want.Error.Attempts, fault.Attempts)
		if want.Error.RetryAfter > 0 {
			require.Equal(t, time.Duration(want.Error.RetryAfter)*time.Second, fault.RetryAfter)
		}
		require.NotEmpty(t, fault.RequestID)
	default:
		require.NoError(t, err)
	}
	require.Len(t, seen, want.Requests)
	require.Empty(t, behaviour.Same(seen, want.Same...))
	for _, name := range want.Lacks {
		for _, header := range seen {
			require.Empty(t, header.Get(name))
		}
	}
	if want.Resumed {
		require.NotEmpty(t, seen[1].Get("Last-Event-ID"))
	}
	require.Equal(t, want.Items, s.items)
	if want.Made != nil {
		require.Equal(t, *want.Made, s.made())
	}
	for _, kind := range want.Events {
		require.Contains(t, s.events, kind)
	}
}

// TestReadmeProgram runs the README's first program as a user does, and holds what it pulls in.
func TestReadmeProgram(t *testing.T) {
	t.Parallel()
	address, key := running(t)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, program, _ := strings.Cut(string(readme), "```go\n")
	program, _, _ = strings.Cut(program, "```")
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(root, "tmp"), 0o750))
	folder, err := os.MkdirTemp(filepath.Join(root, "tmp"), "readme")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte(program), 0o600))
	command := func(args ...string) string {
		run := exec.CommandContext(t.Context(), "go", append(args, "./tmp/"+filepath.Base(folder))...)                //nolint:gosec // a folder of our own
		run.Dir, run.Env = root, append(os.Environ(), "CONTENT_CREATOR_URL="+address, "CONTENT_CREATOR_API_KEY="+key) //nolint:forbidigo // as a user runs it
		said, err := run.CombinedOutput()
		require.NoError(t, err, "%s", said)
		return string(said)
	}
	require.Equal(t, "0 topics\n", command("run"))
	packages := command("list", "-deps")
	for _, heavy := range []string{"labstack/echo", "jackc/pgx", "riverqueue", "kin-openapi"} {
		require.NotContains(t, packages, heavy)
	}
}
