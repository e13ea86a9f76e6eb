package contentcreator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oapi-codegen/nullable"
	"github.com/stretchr/testify/require"

	contentcreator "github.com/content-creator/content-creator-api/clients/go"
	"github.com/content-creator/content-creator-api/gen/client"
)

const secret = "cc_hunter2"

// A server answers requests one after the other as it is told, and notes them.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

// serving answers with each of the handlers in turn, the last one for ever.
func serving(t *testing.T, handlers ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Clone(context.Background()))
		handler := handlers[min(len(s.requests), len(handlers))-1]
		s.mu.Unlock()
		handler(rw, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) client(t *testing.T, options ...contentcreator.Option) *contentcreator.Client {
	t.Helper()
	c, err := contentcreator.New(s.URL+"/api/v1/", append([]contentcreator.Option{
		contentcreator.WithKey(secret), contentcreator.WithUserAgent("test/1"),
		contentcreator.WithRetries(contentcreator.Retries{First: time.Millisecond, Longest: 5 * time.Millisecond}),
	}, options...)...)
	require.NoError(t, err)
	return c
}

// got are the requests so far.
func (s *server) got() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

func (s *server) header(i int, name string) string { return s.got()[i].Header.Get(name) }

func status(code int, header ...string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			rw.Header().Set(header[i], header[i+1])
		}
		rw.WriteHeader(code)
	}
}

func answer(code int, body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(code)
		_, _ = rw.Write([]byte(body))
	}
}

func broken(rw http.ResponseWriter, _ *http.Request) {
	connection, _, _ := http.NewResponseController(rw).Hijack()
	_ = connection.Close()
}

const topic = `{"id": "0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37", "title": "A topic"}`

func TestRetries(t *testing.T) {
	t.Parallel()
	s := serving(t, status(503, "Retry-After", "0"), status(502), broken, answer(201, topic))
	made, err := s.client(t).API.CreateTopicWithResponse(t.Context(), nil, client.TopicCreate{Title: "A topic"})
	require.NoError(t, err)
	require.Equal(t, "A topic", made.JSON201.Title)
	require.Len(t, s.got(), 4)
	for i := range s.got() {
		require.NotEmpty(t, s.header(i, "Idempotency-Key"))
		require.Equal(t, s.header(0, "Idempotency-Key"), s.header(i, "Idempotency-Key"), "the key is kept")
		require.Equal(t, s.header(0, "X-Request-Id"), s.header(i, "X-Request-Id"))
		require.Equal(t, "Bearer "+secret, s.header(i, "Authorization"))
		require.True(t, strings.HasPrefix(s.header(i, "User-Agent"), "test/1 content-creator-go/"))
	}
}

func TestNoRetries(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		options []contentcreator.RequestOption
		is      error
	}{
		"invalid":                {answer(422, `{"error_code": "TOPIC_VALIDATION_FAILED", "message": "Too short.", "details": {"errors": {"title": "short"}, "existing_id": "x"}, "request_id": "r1"}`), nil, contentcreator.ErrInvalid},
		"unauthorized":           {status(401), nil, contentcreator.ErrUnauthorized},
		"forbidden":              {status(403), nil, contentcreator.ErrForbidden},
		"not found":              {status(404), nil, contentcreator.ErrNotFound},
		"conflict":               {status(409), nil, contentcreator.ErrConflict},
		"changed":                {status(412), nil, contentcreator.ErrChanged},
		"not modified":           {status(304), nil, contentcreator.ErrNotModified},
		"an If-Match that broke": {broken, []contentcreator.RequestOption{contentcreator.IfMatch(`"1"`)}, contentcreator.ErrUnavailable},
		"a server's fault":       {status(500), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serving(t, tc.handler)
			_, err := s.client(t).API.UpdateTopicWithResponse(t.Context(), client.ID{}, nil, client.TopicUpdate{}, tc.options...)
			var fault *contentcreator.Error
			require.ErrorAs(t, err, &fault)
			if tc.is != nil {
				require.ErrorIs(t, err, tc.is)
			}
			require.Len(t, s.got(), 1)
			require.NotEmpty(t, fault.RequestID)
			require.NotContains(t, err.Error(), secret)
			if name == "invalid" {
				require.True(t, contentcreator.HasCode(err, client.ErrorCodeTOPICVALIDATIONFAILED))
				require.Equal(t, map[string]string{"title": "short"}, fault.Details.Errors)
				require.Equal(t, "x", fault.Details.ExistingID)
				require.Equal(t, "r1", fault.RequestID)
			}
		})
	}
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	s := serving(t, status(429, "Retry-After", "3600"))
	_, err := s.client(t).API.GetTopicWithResponse(t.Context(), client.ID{}, nil)
	var fault *contentcreator.Error
	require.ErrorAs(t, err, &fault)
	require.ErrorIs(t, err, contentcreator.ErrRateLimited)
	require.Equal(t, time.Hour, fault.RetryAfter)
	require.Len(t, s.got(), 1, "an hour is not waited for")

	busy := serving(t, status(503))
	_, err = busy.client(t).API.GetTopicWithResponse(t.Context(), client.ID{}, nil)
	require.ErrorIs(t, err, contentcreator.ErrUnavailable)
	require.Len(t, busy.got(), 4)

	ctx, cancel := context.WithCancelCause(t.Context())
	slow := serving(t, func(rw http.ResponseWriter, _ *http.Request) {
		cancel(errors.New("enough"))
		rw.Header().Set("Retry-After", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))
		rw.WriteHeader(503)
	})
	_, err = slow.client(t).API.GetTopicWithResponse(ctx, client.ID{}, nil)
	require.ErrorContains(t, err, "enough")

	hanging := serving(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	_, err = hanging.client(t, contentcreator.WithTimeout(20*time.Millisecond), contentcreator.WithRetries(contentcreator.Retries{Attempts: 1})).API.GetTopicWithResponse(t.Context(), client.ID{}, nil)
	require.True(t, contentcreator.HasCode(err, contentcreator.CodeTimedOut), err)
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "ftp://x", "http://", "http://user:pass@x", "http://x?q", "://"} {
		_, err := contentcreator.New(address)
		require.Error(t, err, address)
		require.NotContains(t, err.Error(), "pass@")
	}
	c, err := contentcreator.New("http://x.example/", contentcreator.WithKeyFromEnvironment(), contentcreator.WithHTTPClient(http.DefaultClient),
		contentcreator.WithSilence(time.Minute), contentcreator.WithReconnects(1))
	require.NoError(t, err)
	require.Equal(t, "http://x.example/api/v1", c.BaseURL())
	failing, err := contentcreator.New("http://x.example", contentcreator.WithRetries(contentcreator.Retries{Attempts: 1}),
		contentcreator.WithKeyFunc(func(context.Context) (string, error) { return "", errors.New("no vault") }))
	require.NoError(t, err)
	_, err = failing.API.GetTopicWithResponse(t.Context(), client.ID{}, nil)
	require.ErrorContains(t, err, "no vault")
}

func TestAll(t *testing.T) {
	t.Parallel()
	pages := map[string]string{"": "a", "a": "b", "b": "b"}
	list := func(_ context.Context, cursor string) ([]string, nullable.Nullable[string], error) {
		return []string{cursor + "1", cursor + "2"}, nullable.NewNullableWithValue(pages[cursor]), nil
	}
	var got []string
	for item, err := range contentcreator.All(t.Context(), list) {
		require.NoError(t, err)
		got = append(got, item)
	}
	require.Equal(t, []string{"1", "2", "a1", "a2", "b1", "b2"}, got, "a cursor that does not move ends it")
	for _, err := range contentcreator.All(t.Context(), list) {
		require.NoError(t, err)
		break
	}
	errs := 0
	for _, err := range contentcreator.All(t.Context(), func(context.Context, string) ([]string, nullable.Nullable[string], error) {
		return nil, nil, errors.New("x")
	}) {
		require.Error(t, err)
		errs++
	}
	require.Equal(t, 1, errs)
}

// events are written as a stream that breaks off behind them.
func events(list ...string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprint(rw, ": hello\nretry: 1\n\n")
		for _, e := range list {
			_, _ = fmt.Fprint(rw, e)
		}
	}
}

func event(n int, kind string) string {
	data, _ := json.Marshal(map[string]any{"id": fmt.Sprintf("1-%d", n), "type": kind, "occurred_at": "2026-11-23T08:15:01Z", "data": map[string]any{}})
	return fmt.Sprintf("id: 1-%d\nevent: %s\ndata: %s\n\n", n, kind, data)
}

func TestWaitJob(t *testing.T) {
	t.Parallel()
	job := func(state, fault string) http.HandlerFunc {
		return answer(200, `{"id": "7", "state": "`+state+`", "result": {"run_id": "0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37"}, "error": `+fault+`}`)
	}
	s := serving(t, events(event(1, "job.running"), event(2, "job.progress"), "data: {\"id\": \"cut"), status(503), events(event(3, "job.succeeded")), job("succeeded", "null"))
	var seen []string
	done, err := s.client(t).WaitJob(t.Context(), "7", func(e contentcreator.Event) { seen = append(seen, string(e.Type)) })
	require.NoError(t, err)
	require.Equal(t, []string{"job.running", "job.progress", "job.succeeded"}, seen)
	require.Equal(t, "1-2", s.header(2, "Last-Event-ID"), "it goes on behind the last whole event")
	result, err := contentcreator.Result[client.ResearchResult](done)
	require.NoError(t, err)
	require.Equal(t, "0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37", result.RunID.String())

	failed := serving(t, events(event(1, "job.failed")), job("failed", `{"message": "It broke.", "attempt": 1, "at": "2026-11-23T08:15:01Z"}`))
	_, err = failed.client(t).WaitJob(t.Context(), "7", nil)
	var fault *contentcreator.JobFailedError
	require.ErrorAs(t, err, &fault)
	require.ErrorContains(t, err, "It broke.")

	// Where no stream comes through, the job is asked.
	asked := serving(t, status(404), job("succeeded", "null"))
	_, err = asked.client(t).WaitJob(t.Context(), "7", nil)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	running := serving(t, status(404), func(rw http.ResponseWriter, r *http.Request) { cancel(); job("running", "null")(rw, r) })
	_, err = running.client(t).WaitJob(ctx, "7", nil)
	require.ErrorIs(t, err, context.Canceled)
	_, err = contentcreator.Result[client.ResearchResult](&client.Job{ID: "7"})
	require.ErrorContains(t, err, "has no result")
}

func TestEventsEnd(t *testing.T) {
	t.Parallel()
	s := serving(t, events(event(1, "topic.created")), status(404))
	var got []string
	for e, err := range s.client(t).Events(t.Context(), []client.EventType{client.EventTypeTopicCreated}) {
		if err != nil {
			require.ErrorIs(t, err, contentcreator.ErrNotFound)
			break
		}
		got = append(got, e.ID)
	}
	require.Equal(t, []string{"1-1"}, got)
	require.Equal(t, "topic.created", s.got()[0].URL.Query().Get("types"))

	silent := serving(t, func(rw http.ResponseWriter, r *http.Request) {
		events(event(1, "topic.created"))(rw, r)
		_ = http.NewResponseController(rw).Flush()
		<-r.Context().Done()
	})
	seen := 0
	for _, err := range silent.client(t, contentcreator.WithSilence(20*time.Millisecond), contentcreator.WithReconnects(1)).Events(t.Context(), nil, contentcreator.LastEventID("0-1")) {
		if seen++; seen == 3 {
			break
		}
		require.NoError(t, err)
	}
	require.Equal(t, "0-1", silent.header(0, "Last-Event-ID"))
	require.Equal(t, "1-1", silent.header(1, "Last-Event-ID"), "a silent stream is opened again")
}

func TestRequestOptions(t *testing.T) {
	t.Parallel()
	s := serving(t, status(304), answer(200, topic), answer(201, topic), answer(200, `{}`))
	c := s.client(t)
	_, err := c.API.GetTopicWithResponse(t.Context(), client.ID{}, nil, contentcreator.IfNoneMatch(`"3"`))
	require.ErrorIs(t, err, contentcreator.ErrNotModified)
	require.Equal(t, `"3"`, s.header(0, "If-None-Match"))
	var headers http.Header
	_, err = c.API.GetTopicWithResponse(t.Context(), client.ID{}, nil, contentcreator.Headers(&headers), func(_ context.Context, r *http.Request) error {
		r.Header.Set("X-Request-Id", "mine")
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, headers.Get("Content-Type"))
	require.Equal(t, "mine", s.header(1, "X-Request-Id"))
	_, err = c.API.CreateTopicWithResponse(t.Context(), nil, client.TopicCreate{}, contentcreator.IdempotencyKey("own"), contentcreator.PreferWait(5*time.Second))
	require.NoError(t, err)
	require.Equal(t, "own", s.header(2, "Idempotency-Key"))
	require.Equal(t, "wait=5", s.header(2, "Prefer"))
	// A body that can be read once is kept for the next try.
	request, err := http.NewRequestWithContext(t.Context(), "POST", c.BaseURL()+"/topics", struct{ *strings.Reader }{strings.NewReader(`{}`)})
	require.NoError(t, err)
	response, err := c.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.EqualError(t, &contentcreator.JobFailedError{Job: client.Job{ID: "1", State: client.JobStateCancelled}}, "content creator: job 1 cancelled")
	cut := serving(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Length", "100")
		_, _ = rw.Write([]byte("{"))
	})
	_, err = cut.client(t, contentcreator.WithRetries(contentcreator.Retries{Attempts: 1})).API.GetTopicWithResponse(t.Context(), client.ID{}, nil)
	require.True(t, contentcreator.HasCode(err, contentcreator.CodeConnectionFailed), err)
	require.Error(t, errors.Unwrap(err))
	page := serving(t, status(503), answer(502, "<html>"))
	_, err = page.client(t, contentcreator.WithRetries(contentcreator.Retries{Attempts: 2, First: time.Millisecond})).API.GetTopicWithResponse(t.Context(), client.ID{}, nil)
	require.True(t, contentcreator.HasCode(err, contentcreator.CodeUnexpectedAnswer), err)
}
