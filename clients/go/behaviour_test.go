package contentcreator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/clients/behaviour"
	contentcreator "github.com/content-creator/content-creator-api/clients/go"
	"github.com/content-creator/content-creator-api/gen/client"
)

// TestBehaviour holds this client to the table that all clients are held to. The TypeScript client's is
// clients/ts/test/behaviour.test.ts.
func TestBehaviour(t *testing.T) {
	t.Parallel()
	cases, err := behaviour.Cases(filepath.Join("..", "behaviour.json"))
	require.NoError(t, err)
	require.Greater(t, len(cases), 30)
	server := realServer(t)
	proxy, err := behaviour.NewProxy(strings.TrimSuffix(server.base, "/api/v1"))
	require.NoError(t, err)
	line := httptest.NewServer(proxy)
	t.Cleanup(line.Close)
	t.Run("cases", func(t *testing.T) {
		for _, tc := range cases {
			t.Run(tc.Name, func(t *testing.T) {
				t.Parallel()
				newTrial(t, server, line.URL, tc).run()
			})
		}
	})
}

// errEnough is why the caller cancels.
var errEnough = errors.New("enough")

// A trial is one case under way.
type trial struct {
	behaviour.Case
	t *testing.T
	// direct reaches the server, c the proxy, which is at line and calls the script by id.
	direct, c *contentcreator.Client
	line, id  string
	ctx       context.Context
	cancel    context.CancelCauseFunc
	// word is in all that the trial makes.
	word  string
	topic client.Topic
	// own are the topics whose events are looked at.
	own     []string
	job     string
	headers http.Header

	items  []string
	events []contentcreator.Event
	state  client.JobState
}

func newTrial(t *testing.T, server *running, line string, tc behaviour.Case) *trial {
	w := &trial{Case: tc, t: t, direct: server.direct(t), line: line, word: "w" + strings.ReplaceAll(uuid.NewString(), "-", ""), headers: http.Header{}}
	steps, err := json.Marshal(tc.Script)
	require.NoError(t, err)
	response, err := http.Post(line+"/scripts", "application/json", bytes.NewReader(steps))
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var begun struct{ ID string }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&begun))
	w.id = begun.ID

	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	options := []contentcreator.Option{
		contentcreator.WithKey(server.key), contentcreator.WithUserAgent("trial/1"),
		contentcreator.WithRetries(contentcreator.Retries{Attempts: tc.With.Attempts, Within: ms(tc.With.WithinMS), First: ms(20), Longest: ms(20)}),
	}
	if tc.With.Key != "" {
		options = append(options, contentcreator.WithKey(tc.With.Key))
	}
	if tc.With.TimeoutMS > 0 {
		options = append(options, contentcreator.WithTimeout(ms(tc.With.TimeoutMS)))
	}
	if tc.With.SilenceMS > 0 {
		options = append(options, contentcreator.WithSilence(ms(tc.With.SilenceMS)))
	}
	if tc.With.Reconnects > 0 {
		options = append(options, contentcreator.WithReconnects(tc.With.Reconnects))
	}
	w.c, err = contentcreator.New(line+"/s/"+w.id, options...)
	require.NoError(t, err)
	return w
}

// seen are the requests that the proxy has seen, once they are as many.
func (w *trial) seen(least int) ([]behaviour.Seen, error) {
	request, err := http.NewRequestWithContext(w.t.Context(), "GET", fmt.Sprintf("%s/scripts/%s?least=%d", w.line, w.id, least), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var seen []behaviour.Seen
	return seen, json.NewDecoder(response.Body).Decode(&seen)
}

func (w *trial) run() {
	w.prepare()
	ctx, cancel := context.WithCancelCause(w.t.Context())
	ctx, end := context.WithTimeoutCause(ctx, time.Minute, errors.New("the trial takes too long"))
	defer end()
	defer cancel(nil)
	w.ctx, w.cancel = ctx, cancel
	if w.With.Cancel {
		go func() {
			_, _ = w.seen(1)
			cancel(errEnough)
		}()
	}
	if w.With.CancelJobAt > 0 {
		go func() {
			_, _ = w.seen(w.With.CancelJobAt)
			_, _ = w.direct.API.CancelJobWithResponse(ctx, w.job, nil)
		}()
	}
	began := time.Now()
	err := w.act()
	w.check(err, time.Since(began))
}

// prepare makes what the action needs.
func (w *trial) prepare() {
	ctx := w.t.Context()
	switch w.Action {
	case "get_topic", "update_topic", "delete_topic":
		var first, second http.Header
		made, err := w.direct.API.CreateTopicWithResponse(ctx, nil, w.newTopic(0), contentcreator.Headers(&first))
		require.NoError(w.t, err)
		w.topic = *made.JSON201
		_, err = w.direct.API.UpdateTopicWithResponse(ctx, w.topic.ID, nil, client.TopicUpdate{Priority: new(2)}, contentcreator.Headers(&second))
		require.NoError(w.t, err)
		w.setHeaders(strings.NewReplacer("ETAG", second.Get("ETag"), "STALE", first.Get("ETag")))
	case "list_topics", "list_topics_by_page", "events":
		for n := range 5 {
			made, err := w.direct.API.CreateTopicWithResponse(ctx, nil, w.newTopic(n))
			require.NoError(w.t, err)
			w.own = append(w.own, made.JSON201.ID.String())
		}
	}
	w.setHeaders(strings.NewReplacer("UNIQUE", w.word))
	if w.With.Feed != "" && w.Action != "poll_collection" {
		made, err := w.direct.API.PollCollectionWithResponse(ctx, w.collection(), nil)
		require.NoError(w.t, err)
		w.job = made.JSON202.ID
		w.t.Cleanup(func() { _, _ = w.direct.API.CancelJobWithResponse(context.Background(), w.job, nil) })
		if w.With.Feed != "hanging" {
			_, _ = w.direct.WaitJob(ctx, w.job, nil)
		}
	}
}

func (w *trial) setHeaders(replacer *strings.Replacer) {
	for name, value := range w.With.Headers {
		if w.headers.Get(name) == "" || w.headers.Get(name) == value {
			w.headers.Set(name, replacer.Replace(value))
		}
	}
}

func (w *trial) newTopic(n int) client.TopicCreate {
	return client.TopicCreate{Title: fmt.Sprintf("Topic %d %s", n, w.word), Domain: w.word, Market: "de", Language: "en"}
}

func (w *trial) collection() client.ID {
	address := w.line + "/feeds/" + w.With.Feed + ".xml?" + w.word
	made, err := w.direct.API.CreateCollectionWithResponse(w.t.Context(), nil, client.CollectionCreate{
		Name: w.word, URL: &address, Domain: w.word, Market: "de", Enabled: new(false),
	})
	require.NoError(w.t, err)
	return made.JSON201.ID
}

// withHeaders sends the case's own headers.
func (w *trial) withHeaders(_ context.Context, r *http.Request) error {
	maps.Copy(r.Header, w.headers)
	return nil
}

// act does what the case is about.
func (w *trial) act() error {
	api := w.c.API
	switch w.Action {
	case "get_topic":
		_, err := api.GetTopicWithResponse(w.ctx, w.topic.ID, nil, w.withHeaders)
		return err
	case "get_unknown_topic":
		_, err := api.GetTopicWithResponse(w.ctx, uuid.New(), nil, w.withHeaders)
		return err
	case "create_topic":
		body := w.newTopic(0)
		if w.With.Body != nil {
			require.NoError(w.t, json.Unmarshal(w.With.Body, &body))
		}
		_, err := api.CreateTopicWithResponse(w.ctx, nil, body, w.withHeaders)
		return err
	case "update_topic":
		_, err := api.UpdateTopicWithResponse(w.ctx, w.topic.ID, nil, client.TopicUpdate{Priority: new(9)}, w.withHeaders)
		return err
	case "delete_topic":
		_, err := api.DeleteTopicWithResponse(w.ctx, w.topic.ID, nil, w.withHeaders)
		return err
	case "create_api_key":
		_, err := api.CreateAPIKeyWithResponse(w.ctx, client.APIKeyCreate{Name: w.word, Scopes: []client.Scope{client.ScopeRead}})
		return err
	case "poll_collection":
		answer, err := api.PollCollectionWithResponse(w.ctx, w.collection(), nil, w.withHeaders)
		if err == nil {
			w.state = answer.JSON202.State
			w.t.Cleanup(func() { _, _ = w.direct.API.CancelJobWithResponse(context.Background(), answer.JSON202.ID, nil) })
		}
		return err
	case "list_topics", "list_topics_by_page":
		return w.list()
	case "wait_job", "wait_unknown_job":
		if w.Action == "wait_unknown_job" {
			w.job = "999999999"
		}
		job, err := w.c.WaitJob(w.ctx, w.job, func(event contentcreator.Event) {
			if w.events = append(w.events, event); w.With.CancelAtEvent {
				w.cancel(errEnough)
			}
		})
		if err == nil {
			w.state = job.State
		}
		return err
	case "job_events":
		return w.follow(w.c.JobEvents(w.ctx, w.job), math.MaxInt)
	case "events":
		return w.follow(w.c.Events(w.ctx, []client.EventType{client.EventTypeTopicCreated}, contentcreator.LastEventID("0-1")), 5)
	}
	return errors.New("there is no action " + w.Action)
}

func (w *trial) list() error {
	params := client.ListTopicsParams{Domain: &w.word, PageSize: new(2)}
	topics := contentcreator.All(w.ctx, func(ctx context.Context, cursor string) ([]client.TopicSummary, nullable.Nullable[string], error) {
		if cursor != "" {
			params.Cursor = &cursor
		}
		page, err := w.c.API.ListTopicsWithResponse(ctx, &params)
		if err != nil {
			return nil, nil, err
		}
		return page.JSON200.Items, page.JSON200.NextCursor, nil
	})
	if w.Action == "list_topics_by_page" {
		topics = contentcreator.AllByPage(w.ctx, func(ctx context.Context, number int) ([]client.TopicSummary, int, error) {
			params.Page = &number
			page, err := w.c.API.ListTopicsWithResponse(ctx, &params)
			if err != nil {
				return nil, 0, err
			}
			return page.JSON200.Items, page.JSON200.Pages, nil
		})
	}
	for topic, err := range topics {
		if err != nil {
			return err
		}
		w.items = append(w.items, topic.ID.String())
	}
	return nil
}

// follow takes so many events of the trial off a stream.
func (w *trial) follow(stream iter.Seq2[contentcreator.Event, error], most int) error {
	for event, err := range stream {
		if err != nil {
			return err
		}
		if topic, isTopic := event.Data["topic_id"].(string); isTopic && !slices.Contains(w.own, topic) {
			continue
		}
		if w.events = append(w.events, event); len(w.events) == most {
			return nil
		}
	}
	return nil
}

// check compares what came of it with what was expected.
func (w *trial) check(err error, took time.Duration) {
	t, expect := w.t, w.Expect
	seen, fault := w.seen(0)
	require.NoError(t, fault)
	w.checkError(err, seen)
	w.checkRequests(seen)
	if expect.Topics != nil {
		list, err := w.direct.API.ListTopicsWithResponse(t.Context(), &client.ListTopicsParams{Domain: &w.word})
		require.NoError(t, err)
		require.Equal(t, *expect.Topics, list.JSON200.Total, "topics on the server")
	}
	if expect.Items != nil {
		require.Len(t, w.items, *expect.Items)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(w.items))), *expect.Items, "none comes twice")
	}
	if expect.Events != nil {
		types, ids := []string{}, []string{}
		for _, event := range w.events {
			ids = append(ids, event.ID)
			if event.Type != client.EventTypeJobProgress && event.Type != client.EventTypeJobRunning {
				types = append(types, string(event.Type))
			}
		}
		require.Equal(t, expect.Events, types)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(ids))), len(ids), "none comes twice")
	}
	require.Equal(t, expect.Job, string(w.state))
	if expect.LeastMS > 0 {
		require.GreaterOrEqual(t, took.Milliseconds(), int64(expect.LeastMS))
	}
	if expect.MostMS > 0 {
		require.LessOrEqual(t, took.Milliseconds(), int64(expect.MostMS))
	}
}

func (w *trial) checkError(err error, seen []behaviour.Seen) {
	t, want := w.t, w.Expect.Error
	if w.Expect.Cancelled {
		require.ErrorIs(t, err, errEnough)
		return
	}
	if want == nil {
		require.NoError(t, err)
		return
	}
	if want.Job != "" {
		failed, ok := errors.AsType[*contentcreator.JobFailedError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, want.Job, string(failed.Job.State))
		return
	}
	fault, ok := errors.AsType[*contentcreator.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, want.Code, string(fault.Code))
	require.Equal(t, want.Status, fault.Status)
	require.Contains(t, []int{want.RetryAfter, want.RetryAfter - 1, want.RetryAfter - 2}, int(math.Ceil(fault.RetryAfter.Seconds())))
	require.Equal(t, seen[len(seen)-1].Headers["X-Request-Id"], []string{fault.RequestID})
	if want.Attempts == 0 {
		want.Attempts = len(seen)
	}
	require.Equal(t, want.Attempts, fault.Attempts)
	require.Equal(t, want.Fields, slices.Sorted(maps.Keys(fault.Details.Errors)))
}

// anID is an id in a path.
var anID = regexp.MustCompile(`/([0-9]+|[0-9a-f]{8}-[0-9a-f-]{27})\b`)

func (w *trial) checkRequests(seen []behaviour.Seen) {
	t, expect := w.t, w.Expect
	if expect.Attempts > 0 {
		require.Len(t, seen, expect.Attempts)
	}
	requests, resumes := []string{}, []int(nil)
	for n, request := range seen {
		requests = append(requests, request.Method+" "+anID.ReplaceAllString(strings.TrimPrefix(request.Path, "/api/v1"), "/ID"))
		if len(request.Headers["Last-Event-Id"]) > 0 {
			resumes = append(resumes, n)
		}
		for _, name := range expect.Same {
			require.Len(t, request.Headers[http.CanonicalHeaderKey(name)], 1, name)
			require.Equal(t, seen[0].Headers[http.CanonicalHeaderKey(name)], request.Headers[http.CanonicalHeaderKey(name)], name)
		}
		for _, name := range expect.Absent {
			require.Empty(t, request.Headers[name])
		}
		for name := range w.headers {
			require.Equal(t, w.headers[name], request.Headers[name])
		}
		for name, values := range expect.Queries {
			got := append(request.Query[name], "")[0]
			if want := values[n]; want != "*" {
				require.Equal(t, want, got, name)
				continue
			}
			require.NotEmpty(t, got, name)
		}
	}
	if expect.Requests != nil {
		require.Equal(t, expect.Requests, requests)
	}
	require.Equal(t, expect.Resumes, resumes)
	require.Equal(t, expect.Replayed, len(seen) > 0 && seen[len(seen)-1].Replayed)
	if len(expect.Same) > 0 {
		require.True(t, strings.HasPrefix(seen[0].Headers["User-Agent"][0], "trial/1 content-creator-"))
	}
}
