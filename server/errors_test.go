package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/nope", "/api/v1", "/api/v1/", "/api/v1/topics/", "/api/v1/topics/a/b", "/API/V1/topics", "/api/v2/topics", "/.env", "/api/v1/documents/duplicates/x"} {
		w.site("GET", path, "Authorization: Bearer "+w.key).refused(t, http.StatusNotFound, "ROUTE_NOT_FOUND")
	}
	for path, allowed := range map[string][]string{
		"/topics": {"GET", "POST"}, "/topics/" + unknownID: {"GET", "PATCH", "DELETE"}, "/collections/" + unknownID + "/poll": {"POST"},
		"/admin/health": {"GET"}, "/documents/search": {"GET"},
	} {
		for _, method := range []string{"PUT", "TRACE", "BREW"} {
			a := w.send(method, path, "")
			a.refused(t, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
			for _, method := range allowed {
				require.Contains(t, a.Header.Get("Allow"), method, path)
			}
		}
		head := w.send("HEAD", path, "")
		require.Equal(t, http.StatusMethodNotAllowed, head.StatusCode)
		require.Empty(t, head.body)
		options := w.send("OPTIONS", path, "")
		require.Equal(t, http.StatusNoContent, options.StatusCode)
		require.Contains(t, options.Header.Get("Allow"), allowed[0])
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large := `{"title":"` + strings.Repeat("x", 1<<20) + `"}`
	declared := w.send("POST", "/topics", large)
	declared.refused(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
	w.chunked("/topics", large).refused(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
	fits := `{"description":"` + strings.Repeat("x", 20_000) + `"` + strings.Repeat(" ", 1<<20-20_018) + `}`
	require.Equal(t, 1<<20, len(fits))
	id := w.topic(client.TopicCreate{}).ID.String()
	w.send("PATCH", "/topics/"+id, fits).object(t, http.StatusOK)
	w.send("PATCH", "/topics/"+id, fits+" ").refused(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"abc-123", "A1._:/+=-", strings.Repeat("x", 128)} {
		require.Equal(t, id, w.send("GET", "/topics", "", "X-Request-Id: "+id).Header.Get("X-Request-Id"))
		require.True(t, w.logged("request_id="+id) || w.logged(`request_id="`+id+`"`), "%s", w.log)
	}
	seen := map[string]bool{}
	for _, odd := range []string{"", "two words", `quo"te`, "ümlaut", strings.Repeat("x", 129), "a\tb", "<b>"} {
		a := w.send("GET", "/topics/x", "", "X-Request-Id: "+odd)
		id := a.Header.Get("X-Request-Id")
		require.Regexp(t, `^[0-9a-f-]{36}$`, id, odd)
		require.False(t, seen[id])
		seen[id] = true
		require.Equal(t, id, a.problem(t).RequestID)
		require.True(t, w.logged("request_id="+id))
	}
}

// TestInternal: our own faults tell the client nothing and the log everything.
func TestInternal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, job := w.queued("https://example.com/feed")
	topic, collection := w.topic(client.TopicCreate{}).ID.String(), w.collection("https://example.com/other").ID.String()
	for _, table := range []string{"topics", "topic_facets", "collections", "documents", "document_facets", "river_job", "events"} {
		w.execute(`alter table ` + table + ` rename to gone_` + table)
	}
	for _, request := range [][3]string{
		{"GET", "/topics", ""},
		{"GET", "/topics?search=x", ""},
		{"GET", "/topics/" + topic, ""},
		{"POST", "/topics", topicBody("Title")},
		{"PATCH", "/topics/" + topic, `{"priority":1}`},
		{"DELETE", "/topics/" + topic, ""},
		{"GET", "/collections", ""},
		{"GET", "/collections/" + collection, ""},
		{"GET", "/collections/" + collection + "/health", ""},
		{"POST", "/collections", `{"name":"n","url":"https://example.com/x","domain":"d","market":"de"}`},
		{"PATCH", "/collections/" + collection, `{"name":"n"}`},
		{"DELETE", "/collections/" + collection, ""},
		{"POST", "/collections/" + collection + "/poll", ""},
		{"GET", "/documents", ""},
		{"GET", "/documents/search?q=x", ""},
		{"GET", "/documents/" + topic, ""},
		{"DELETE", "/documents/" + topic, ""},
		{"GET", "/jobs", ""},
		{"GET", "/jobs/" + job, ""},
		{"GET", "/jobs/" + job + "/events", ""},
		{"POST", "/jobs/" + job + "/cancel", ""},
		{"POST", "/jobs/" + job + "/retry", ""},
	} {
		for _, headers := range [][]string{nil, {"Idempotency-Key: k" + request[1], "Prefer: wait=5"}} {
			a := w.send(request[0], request[1], request[2], headers...)
			problem := a.refused(t, http.StatusInternalServerError, "INTERNAL")
			require.Empty(t, problem.Details)
			for _, inner := range []string{"relation", "SQLSTATE", "42P01", "select", "gone_"} {
				require.NotContains(t, string(a.body), inner)
			}
			require.Regexp(t, `level=ERROR.*request_id=`+problem.RequestID+`.*42P01`, w.log.String(), "%s %s", request[0], request[1])
		}
	}
	require.Equal(t, 0, w.count(`select count(*) from idempotency_keys`))
}

// TestFailedPoll: a queue that takes no job fails the whole request.
func TestFailedPoll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.collection("https://example.com/feed").ID.String()
	w.execute(`alter table river_job rename to elsewhere`)
	w.send("POST", "/collections/"+id+"/poll", "").refused(t, http.StatusInternalServerError, "INTERNAL")
	w.send("POST", "/collections", `{"name":"n","url":"https://example.com/x","domain":"d","market":"de"}`).refused(t, http.StatusInternalServerError, "INTERNAL")
	require.Equal(t, 1, w.count(`select count(*) from collections`), "no collection without its first poll")
	w.execute(`alter table elsewhere rename to river_job`)
}

func TestPanic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.collection("https://example.com/feed").ID.String()
	queue := w.server.Jobs
	w.server.Jobs = nil
	for _, headers := range [][]string{nil, {"Idempotency-Key: k"}, {"Prefer: wait=1"}, {"Idempotency-Key: k", "Prefer: wait=1"}} {
		a := w.send("POST", "/collections/"+id+"/poll", "", headers...)
		problem := a.refused(t, http.StatusInternalServerError, "INTERNAL")
		require.NotContains(t, string(a.body), "nil pointer")
		require.Regexp(t, `level=ERROR.*request_id=`+problem.RequestID+`.*nil pointer.*goroutine`, w.log.String())
	}
	w.send("POST", "/collections", `{"name":"n","url":"https://example.com/x","domain":"d","market":"de"}`).refused(t, http.StatusInternalServerError, "INTERNAL")
	require.Equal(t, 1, w.count(`select count(*) from collections`), "its transaction has been taken back")
	w.server.Jobs = queue
	w.send("POST", "/collections/"+id+"/poll", "", "Idempotency-Key: k").object(t, http.StatusAccepted)
}

// TestSlowDatabase: a query that takes too long is 504, and the client that went away is nobody's fault.
func TestSlowDatabase(t *testing.T) {
	t.Parallel()
	quick := newWorld(t)
	address, err := url.Parse(quick.dsn)
	require.NoError(t, err)
	query := address.Query()
	query.Set("statement_timeout", "200ms")
	address.RawQuery = query.Encode()
	w := newWorld(t, func(o *options) { o.dsn = address.String() })
	tx, err := quick.store.Pool().Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	_, err = tx.Exec(t.Context(), `lock table topics`)
	require.NoError(t, err)
	a := w.send("GET", "/topics/"+unknownID, "")
	a.refused(t, http.StatusGatewayTimeout, "TIMEOUT")
	require.True(t, w.logged("57014"))

	ctx, leave := contextOf(t)
	request, err := http.NewRequestWithContext(ctx, "GET", quick.url+"/topics/"+unknownID, http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+quick.key)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if response, err := http.DefaultTransport.RoundTrip(request); err == nil {
			_ = response.Body.Close()
		}
	}()
	eventually(t, func() bool { return quick.waiting() == 1 }, "the request to wait")
	leave()
	<-gone
	eventually(t, func() bool { return quick.logged("status=499") }, "the end of the request")
	require.False(t, quick.logged("level=ERROR"))
}

// TestErrorCodes: whatever the server may answer stands in the specification.
func TestErrorCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var spec struct {
		Components struct {
			Schemas map[string]struct{ Enum []string }
		}
	}
	require.NoError(t, json.NewDecoder(bytes.NewReader(w.site("GET", "/openapi.json").body)).Decode(&spec))
	codes := spec.Components.Schemas["ErrorCode"].Enum
	for _, code := range []string{
		"MALFORMED_JSON", "BAD_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED", "BODY_TOO_LARGE",
		"UNSUPPORTED_MEDIA_TYPE", "VALIDATION_FAILED", "IDEMPOTENCY_KEY_IN_USE", "IDEMPOTENCY_KEY_REUSED", "RATE_LIMITED", "INTERNAL",
		"UNAVAILABLE", "TIMEOUT",
	} {
		require.Contains(t, codes, code)
	}
	for _, resource := range []string{"TOPIC", "COLLECTION", "DOCUMENT", "JOB", "API_KEY"} {
		require.Contains(t, codes, resource+"_NOT_FOUND")
		require.Contains(t, codes, resource+"_VALIDATION_FAILED")
	}
}
