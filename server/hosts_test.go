package server_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working, func(o *options) { o.taking = true })
	feed := &site{handler: feedOf("a", "b")}
	id := w.collection(w.feed(feed.ServeHTTP)).ID.String()
	eventually(t, func() bool { return w.read("/collections/" + id)["health"] == "healthy" }, "the first poll")

	host := w.read("/hosts/127.0.0.1")
	require.Equal(t, "127.0.0.1", host["host"])
	require.EqualValues(t, 1000, host["requests_per_second"])
	require.EqualValues(t, 1, host["requests"])
	require.EqualValues(t, 200, host["last_status"])
	require.EqualValues(t, 1, host["collections"])
	require.Nil(t, host["blocked_until"])
	require.Equal(t, []any{host["host"]}, []any{w.read("/hosts?sort=-requests")["items"].([]any)[0].(map[string]any)["host"]})
	require.Empty(t, w.read("/hosts?blocked=true")["items"])
	require.Equal(t, "127.0.0.1", w.read("/collections/" + id)["host"])

	// A site that has had enough is left alone, and says so.
	feed.serve(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Retry-After", "7200")
		rw.WriteHeader(http.StatusTooManyRequests)
	})
	require.Equal(t, "failed", w.poll(id)["state"])
	host = w.read("/hosts/127.0.0.1")
	require.Equal(t, "it answered 429 Too Many Requests", host["blocked_reason"])
	require.InDelta(t, 7200, host["wait_seconds"], 60)
	require.Len(t, w.read("/hosts?blocked=true")["items"], 1)
	metrics := string(w.send("GET", "/admin/metrics", "").body)
	require.Contains(t, metrics, "content_creator_hosts_blocked 1\n")
	require.Contains(t, metrics, `content_creator_collections{health="degraded"} 1`)
	require.Contains(t, metrics, `content_creator_fetches_total{status="429"} 1`)
	require.Contains(t, metrics, "content_creator_poll_lag_seconds 0\n")

	// By hand it may be asked at once.
	patched := w.send("PATCH", "/hosts/127.0.0.1", `{"blocked_until":null,"requests_per_second":500}`, `If-Match: "1"`)
	host = patched.object(t, http.StatusOK)
	require.Nil(t, host["blocked_until"])
	require.EqualValues(t, 500, host["requests_per_second"])
	require.EqualValues(t, 500, host["override"])
	require.Equal(t, `"2"`, patched.Header.Get("ETag"))
	w.send("PATCH", "/hosts/127.0.0.1", `{"requests_per_second":null}`, `If-Match: "1"`).refused(t, http.StatusPreconditionFailed, "HOST_CHANGED")
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	host = w.send("PATCH", "/hosts/www.Example.org", `{"blocked_until":"`+until+`"}`).object(t, http.StatusOK)
	require.Equal(t, "example.org", host["host"])
	require.Equal(t, "it was blocked by hand", host["blocked_reason"])

	w.send("GET", "/hosts/nobody.example", "").refused(t, http.StatusNotFound, "HOST_NOT_FOUND")
	w.send("PATCH", "/hosts/a.org", `{"requests_per_second":0}`).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	w.send("GET", "/hosts?cursor=x", "").refused(t, http.StatusUnprocessableEntity, "HOST_VALIDATION_FAILED")

	fetches := w.read("/collections/" + id + "/fetches")
	require.EqualValues(t, 2, fetches["total"])
	last := fetches["items"].([]any)[0].(map[string]any)
	require.Equal(t, "failed", last["outcome"])
	require.EqualValues(t, 429, last["status"])
	require.Equal(t, "rate_limited", last["error_code"])
	require.Contains(t, last["next_poll_reason"], "it asked to wait 2 h (Retry-After)")
	decided := map[string]any{"code": "retry_after", "seconds": 7200.0, "count": nil, "words": nil}
	require.Equal(t, decided, last["next_poll_why"].([]any)[0])
	health := w.read("/collections/" + id + "/health")
	require.Contains(t, health["next_poll"], "in 2 h")
	require.Equal(t, decided, health["next_poll_why"].([]any)[0])
	require.Len(t, w.read("/collections/" + id + "/fetches?outcome=documents_added")["items"], 1)
	w.send("GET", "/collections/0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37/fetches", "").refused(t, http.StatusNotFound, "COLLECTION_NOT_FOUND")
}
