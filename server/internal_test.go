package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/jobs"
	"github.com/content-creator/content-creator-api/openapi"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestMatches(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		`"3"`: true, `W/"3"`: true, `*`: true, `"1", "3"`: true, `"1",W/"3" ,"4"`: true, ` "3" `: true,
		``: false, `3`: false, `"33"`: false, `w/"3"`: false, `"1", "2"`: false, `,`: false, `W/`: false,
	} {
		require.Equal(t, want, matches(&header, etag(3)), header)
	}
	require.False(t, matches(nil, etag(3)))
}

func TestRevision(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]int64{
		`"3"`: 3, ` "3" `: 3, `*`: 0, ``: 0, `3`: -1, `W/"3"`: -1, `"0"`: -1, `"-1"`: -1, `"+3"`: -1, `"03"`: -1, `"x"`: -1, `""`: -1,
		`"3", "4"`: -1, `"99999999999999999999"`: -1, `"9223372036854775807"`: 1<<63 - 1,
	} {
		require.Equal(t, want, revision(&header), header)
	}
	require.Zero(t, revision(nil))
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := newLimiter(func() time.Time { return now })
	for _, want := range []float64{3, 2, 1, 0} {
		left, wait := l.take("a", 1)
		require.InDelta(t, want, left, 1e-9)
		require.Zero(t, wait)
	}
	left, wait := l.take("a", 1)
	require.Zero(t, left)
	require.Equal(t, time.Second, wait)
	now = now.Add(250 * time.Millisecond)
	_, wait = l.take("a", 1)
	require.InDelta(t, 750*time.Millisecond, wait, float64(time.Millisecond), "asking in vain costs nothing")
	now = now.Add(time.Second)
	left, wait = l.take("a", 1)
	require.Zero(t, wait)
	require.InDelta(t, 0.25, left, 1e-9)

	for perSecond, size := range map[float64]int{0.1: 1, 0.25: 1, 0.5: 2, 1: 4, 50: 200, 1e6: 4e6} {
		require.Equal(t, size, bucketSize(perSecond))
	}
}

// TestLimiterMemory: neither idle nor busy clients make it grow without end.
func TestLimiterMemory(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := newLimiter(func() time.Time { return now })
	l.take("busy", 0.25)
	for n := range maxBuckets {
		l.take(fmt.Sprint("idle ", n), 1)
	}
	require.LessOrEqual(t, len(l.buckets), maxBuckets)
	now = now.Add(2 * time.Second)
	l.take("busy", 0.25)
	for n := range 100 {
		l.take(fmt.Sprint("new ", n), 1)
	}
	require.LessOrEqual(t, len(l.buckets), 200, "full buckets make room")
	_, wait := l.take("busy", 0.25)
	require.NotZero(t, wait, "an empty one is kept")
	for n := range 3 * maxBuckets {
		l.take(fmt.Sprint("flood ", n), 0.001)
	}
	require.LessOrEqual(t, len(l.buckets), maxBuckets)
}

func TestProblemOf(t *testing.T) {
	t.Parallel()
	refusal := func(kind store.Kind) error {
		return fmt.Errorf("wrapped: %w", &store.Error{Kind: kind, Resource: "topic", Message: "No.", Details: map[string]any{"id": 1}})
	}
	pg := func(code string) error { return fmt.Errorf("query: %w", &pgconn.PgError{Code: code, Message: "inner"}) }
	cases := map[string]struct {
		err    error
		status int
		code   string
	}{
		"a problem":         {fmt.Errorf("wrapped: %w", unauthorized()), 401, "UNAUTHORIZED"},
		"not found":         {refusal(store.KindNotFound), 404, "TOPIC_NOT_FOUND"},
		"conflict":          {refusal(store.KindConflict), 409, "TOPIC_CONFLICT"},
		"stale":             {refusal(store.KindStale), 412, "TOPIC_CHANGED"},
		"invalid":           {refusal(store.KindInvalid), 422, "TOPIC_VALIDATION_FAILED"},
		"key in use":        {store.ErrIdempotencyInUse, 409, "IDEMPOTENCY_KEY_IN_USE"},
		"key reused":        {store.ErrIdempotencyReused, 422, "IDEMPOTENCY_KEY_REUSED"},
		"too large":         {&http.MaxBytesError{Limit: 1}, 413, "BODY_TOO_LARGE"},
		"wrong type":        {echo.NewHTTPError(400).SetInternal(&json.UnmarshalTypeError{Field: "a"}), 422, "VALIDATION_FAILED"},
		"no route":          {echo.ErrNotFound, 404, "ROUTE_NOT_FOUND"},
		"no method":         {echo.ErrMethodNotAllowed, 405, "METHOD_NOT_ALLOWED"},
		"echo's too large":  {echo.ErrStatusRequestEntityTooLarge, 413, "BODY_TOO_LARGE"},
		"another of echo's": {echo.NewHTTPError(418, "teapot"), 400, "BAD_REQUEST"},
		"client gone":       {fmt.Errorf("query: %w", context.Canceled), 499, "BAD_REQUEST"},
		"gone in a read":    {fmt.Errorf("%w: %w", context.Canceled, &net.OpError{Op: "read", Err: errors.New("timeout")}), 499, "BAD_REQUEST"},
		"no connection":     {fmt.Errorf("ping: %w", &pgconn.ConnectError{}), 503, "UNAVAILABLE"},
		"cut connection":    {&net.OpError{Op: "read", Err: errors.New("reset")}, 503, "UNAVAILABLE"},
		"half an answer":    {io.ErrUnexpectedEOF, 503, "UNAVAILABLE"},
		"server stops":      {pg("57P01"), 503, "UNAVAILABLE"},
		"server starts":     {pg("57P03"), 503, "UNAVAILABLE"},
		"broken line":       {pg("08006"), 503, "UNAVAILABLE"},
		"too many":          {pg("53300"), 503, "UNAVAILABLE"},
		"too slow":          {pg("57014"), 504, "TIMEOUT"},
		"no time":           {context.DeadlineExceeded, 504, "TIMEOUT"},
		"other SQL":         {pg("42P01"), 500, "INTERNAL"},
		"anything":          {errors.New("secret inner text"), 500, "INTERNAL"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := problemOf(tc.err)
			require.Equal(t, tc.status, p.status)
			require.Equal(t, tc.code, p.code)
			require.NotEmpty(t, p.message)
			require.NotContains(t, p.message, "inner")
			require.Contains(t, p.Error(), tc.code)
			if tc.status == http.StatusServiceUnavailable {
				require.Equal(t, "1", p.header["Retry-After"])
			}
		})
	}
}

// TestRevokedMeanwhile: a key that was found before it was revoked is not remembered after.
func TestRevokedMeanwhile(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	k := newKeyring(s, time.Now)
	made, err := s.CreateAPIKey(t.Context(), store.APIKeyCreate{Name: "n", Scopes: []string{"read"}, Origin: "api"})
	require.NoError(t, err)
	_, err = k.find(t.Context(), made.Key)
	require.NoError(t, err)
	require.Len(t, k.known, 1)
	k.forget()
	k.remember([32]byte{1}, knownKey{}, k.forgotten-1)
	require.Empty(t, k.known)

	for n := range maxKnown + 1 {
		k.remember([32]byte{byte(n), byte(n >> 8)}, knownKey{}, k.forgotten)
	}
	require.LessOrEqual(t, len(k.known), maxKnown, "memory is bounded")
}

func TestLastUseIsWrittenOnce(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	now := time.Now().Truncate(time.Millisecond)
	k := newKeyring(s, func() time.Time { return now })
	made, err := s.CreateAPIKey(t.Context(), store.APIKeyCreate{Name: "n", Scopes: []string{"read"}, Origin: "api"})
	require.NoError(t, err)
	written := map[uuid.UUID]time.Time{}
	lastUse := func() time.Time {
		require.NoError(t, k.writeLastUse(t.Context(), written))
		found, err := s.APIKeyByKey(t.Context(), made.Key)
		require.NoError(t, err)
		return *found.LastUsedAt
	}
	_, err = k.find(t.Context(), made.Key)
	require.NoError(t, err)
	require.True(t, now.Equal(lastUse()))
	first := now
	now = now.Add(30 * time.Second)
	_, err = k.find(t.Context(), made.Key)
	require.NoError(t, err)
	require.True(t, first.Equal(lastUse()), "to the minute")
	now = now.Add(time.Minute)
	_, err = k.find(t.Context(), made.Key)
	require.NoError(t, err)
	require.True(t, now.Equal(lastUse()))
}

func TestRecoverPanic(t *testing.T) {
	t.Parallel()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", http.NoBody), httptest.NewRecorder())
	err := recoverPanic(func(echo.Context) error { panic("oh") })(c)
	require.ErrorContains(t, err, "panic: oh")
	require.ErrorContains(t, err, "goroutine")
	require.PanicsWithValue(t, http.ErrAbortHandler, func() {
		_ = recoverPanic(func(echo.Context) error { panic(http.ErrAbortHandler) })(c)
	})
}

// TestCommitted: what has begun to be answered gets no second answer.
func TestCommitted(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", http.NoBody), recorder)
	require.NoError(t, c.String(http.StatusOK, "begun"))
	s := &Server{Config: Config{Logger: slog.New(slog.DiscardHandler)}}
	s.writeError(errors.New("late"), c)
	require.Equal(t, "begun", recorder.Body.String())
}

// TestNewFailure: a server that could not keep its specification does not start. It changes what all servers are made of,
// so no other test may run beside it.
func TestNewFailure(t *testing.T) { //nolint:paralleltest // see above
	original := ours
	t.Cleanup(func() { ours = original })
	s := storetest.New(t)
	queue, err := jobs.New(jobs.Config{Store: s, Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Now: time.Now})
	require.NoError(t, err)
	replaced := func(before, after string) []byte {
		return bytes.Replace(openapi.YAML, []byte(before), []byte(after), 1)
	}
	for name, tc := range map[string]struct {
		specification []byte
		queue         *jobs.Client
		want          string
	}{
		"no YAML":    {[]byte("openapi: ["), queue, "read the specification"},
		"name twice": {replaced("  version: 0.1.0", "  version: 0.1.0\n  version: 0.1.0"), queue, "read the specification"},
		"no scope":   {replaced("x-required-scope: write", "x-unrelated: write"), queue, "names no x-required-scope"},
		"no JSON":    {replaced("'200':", "200:"), queue, "write the specification as JSON"},
		"no monitor": {openapi.YAML, &jobs.Client{}, "prepare the job monitor"},
	} {
		ours = func() (*specification, error) { return readSpecification(tc.specification) }
		_, err := New(t.Context(), Config{
			Store: s, Jobs: tc.queue, Logger: slog.New(slog.DiscardHandler), LogLevel: &slog.LevelVar{}, Registry: prometheus.NewRegistry(), Now: time.Now,
		})
		require.ErrorContains(t, err, tc.want, name)
	}
}

func TestOperationsOf(t *testing.T) {
	t.Parallel()
	load := func(change func(text string) string) error {
		doc, err := openapi3.NewLoader().LoadFromData([]byte(change(string(openapi.YAML))))
		require.NoError(t, err)
		_, err = operationsOf(doc)
		return err
	}
	require.NoError(t, load(func(text string) string { return text }))
	require.ErrorContains(t, load(func(text string) string {
		return strings.Replace(text, "x-required-scope: write", "x-unrelated: write", 1)
	}),
		"createTopic needs a key but names no x-required-scope")
	require.ErrorContains(t, load(func(text string) string { return strings.Replace(text, "title: Content Creator API", "title: ''", 1) }),
		"the specification is not valid")
}

func TestValidatorFallbacks(t *testing.T) {
	t.Parallel()
	faults := map[string]string{}
	collectFaults(errors.New("odd"), "", faults)
	collectFaults(&openapi3filter.RequestError{Reason: "bare"}, "field", faults)
	collectFaults(fmt.Errorf("wrapped: %w", openapi3.MultiError{errors.New("inner")}), "other", faults)
	require.Equal(t, map[string]string{"body": "odd", "field": "bare", "other": "wrapped: inner"}, faults)
}

// TestUnreadableIDs: what the specification would have refused is nobody's job.
func TestUnreadableIDs(t *testing.T) {
	t.Parallel()
	s := &Server{Config: Config{Store: storetest.New(t)}, hub: newHub(), draining: make(chan struct{})}
	_, reading := s.GetJob(t.Context(), api.GetJobRequestObject{JobID: "x"})
	_, cancelling := s.CancelJob(t.Context(), api.CancelJobRequestObject{JobID: "x"})
	_, retrying := s.RetryJob(t.Context(), api.RetryJobRequestObject{JobID: "x"})
	_, following := s.StreamJobEvents(t.Context(), api.StreamJobEventsRequestObject{JobID: "x"})
	_, waiting := s.finishedJob(t.Context(), "/jobs/x", time.Minute)
	_, waitingInVain := s.finishedJob(t.Context(), "/jobs/1", time.Minute)
	for _, err := range []error{reading, cancelling, retrying, following, waiting, waitingInVain} {
		var refusal *store.Error
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, store.KindNotFound, refusal.Kind)
	}
}

// deaf takes a number of writes and then fails.
type deaf struct {
	*httptest.ResponseRecorder
	left int
}

func (d *deaf) Write(p []byte) (int, error) {
	if d.left--; d.left < 0 {
		return 0, errors.New("nobody listens")
	}
	return len(p), nil
}

// TestDeafClient: a stream ends as soon as nobody takes what it sends.
func TestDeafClient(t *testing.T) {
	t.Parallel()
	s := &Server{Config: Config{Store: storetest.New(t)}, hub: newHub(), draining: make(chan struct{}), heartbeat: time.Millisecond}
	for writes := range 3 {
		stream := &stream{server: s, ctx: t.Context()}
		require.NoError(t, stream.send(&deaf{httptest.NewRecorder(), writes}))
	}
	require.Empty(t, s.hub.subscribers)
}

func TestWaitPreference(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"wait=5": "5", "WAIT=5": "5", "respond-async, wait=10": "10", "respond-async; wait = 10": "10", `wait="7"`: "7",
		"": "", "wait": "", "await=5": "", "wait=x": "", "wait=-5": "", "return=minimal": "",
	} {
		got := ""
		if match := waitPreference.FindStringSubmatch(header); match != nil {
			got = match[1]
		}
		require.Equal(t, want, got, header)
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	sleep(t.Context(), time.Millisecond)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	sleep(ended, time.Hour)
}
