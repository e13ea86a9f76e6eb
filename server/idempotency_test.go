package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const replayed = "Idempotency-Replayed"

func topicBody(title string) string {
	return fmt.Sprintf(`{"title":%q,"domain":"d","market":"de","language":"de"}`, title)
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const key = "Idempotency-Key: order-17"
	first := w.send("POST", "/topics", topicBody("Once"), key)
	first.object(t, http.StatusCreated)
	require.Empty(t, first.Header.Get(replayed))
	again := w.send("POST", "/topics", topicBody("Once"), key)
	require.Equal(t, http.StatusCreated, again.StatusCode)
	require.Equal(t, "true", again.Header.Get(replayed))
	require.Equal(t, first.body, again.body)
	for _, header := range []string{"Location", "ETag", "Content-Type"} {
		require.Equal(t, first.Header.Get(header), again.Header.Get(header), header)
	}
	require.NotEqual(t, first.Header.Get("X-Request-Id"), again.Header.Get("X-Request-Id"), "each request has its own")
	require.Equal(t, 1, w.count(`select count(*) from topics`))

	t.Run("other body", func(t *testing.T) {
		t.Parallel()
		problem := w.send("POST", "/topics", topicBody("Twice"), key).refused(t, http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
		require.Contains(t, faults(problem), "Idempotency-Key")
		require.Equal(t, 0, w.count(`select count(*) from topics where title = 'Twice'`))
	})
	t.Run("other path", func(t *testing.T) {
		t.Parallel()
		id := w.collection("https://example.com/feed").ID.String()
		w.send("POST", "/collections/"+id+"/poll", "", key).refused(t, http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
	})
	t.Run("other client", func(t *testing.T) {
		t.Parallel()
		a := w.send("POST", "/topics", topicBody("Another's"), key, "Authorization: Bearer "+w.keyWith("write"))
		require.Equal(t, "Another's", a.object(t, http.StatusCreated)["title"])
		require.Empty(t, a.Header.Get(replayed))
	})
	t.Run("refused is not kept", func(t *testing.T) {
		t.Parallel()
		const key = "Idempotency-Key: refused"
		w.topic(clientTopic("Taken"))
		w.send("POST", "/topics", topicBody("taken"), key).refused(t, http.StatusUnprocessableEntity, "TOPIC_VALIDATION_FAILED")
		w.send("POST", "/topics", topicBody("x"), key).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
		w.execute(`delete from topics where title = 'Taken'`)
		w.send("POST", "/topics", topicBody("taken"), key).object(t, http.StatusCreated)
	})
	t.Run("too old", func(t *testing.T) {
		t.Parallel()
		const key = "Idempotency-Key: old"
		w.send("POST", "/topics", topicBody("Old"), key).object(t, http.StatusCreated)
		w.execute(`update idempotency_keys set created_at = now() - interval '25 hours' where key = 'old'`)
		w.send("POST", "/topics", topicBody("Younger"), key).object(t, http.StatusCreated)
		require.Equal(t, "true", w.send("POST", "/topics", topicBody("Younger"), key).Header.Get(replayed))
	})
	t.Run("no text", func(t *testing.T) {
		t.Parallel()
		problem := w.send("POST", "/topics", topicBody("Odd"), "Idempotency-Key: \xff").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
		require.Contains(t, faults(problem), "Idempotency-Key")
		w.send("POST", "/topics", topicBody("Odd"), "Idempotency-Key: "+strings.Repeat("k", 256)).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
		w.send("POST", "/topics", topicBody("Long"), "Idempotency-Key: "+strings.Repeat("k", 255)).object(t, http.StatusCreated)
	})
	t.Run("secrets are not kept", func(t *testing.T) {
		t.Parallel()
		const key = "Idempotency-Key: secret"
		one := w.send("POST", "/admin/api-keys", `{"name":"n","scopes":["read"]}`, key).object(t, http.StatusCreated)
		two := w.send("POST", "/admin/api-keys", `{"name":"n","scopes":["read"]}`, key).object(t, http.StatusCreated)
		require.NotEqual(t, one["key"], two["key"])
		require.Equal(t, 0, w.count(`select count(*) from idempotency_keys where key = 'secret'`))
	})
}

// TestIdempotencyInUse: of two at once the second hears that the first is still running.
func TestIdempotencyInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const key = "Idempotency-Key: both"
	tx, err := w.store.Pool().Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	_, err = tx.Exec(t.Context(), `lock table topics`)
	require.NoError(t, err)
	first := make(chan answer, 1)
	go func() { first <- w.send("POST", "/topics", topicBody("Both"), key) }()
	eventually(t, func() bool { return w.waiting() == 1 }, "the first to wait")
	w.send("POST", "/topics", topicBody("Both"), key).refused(t, http.StatusConflict, "IDEMPOTENCY_KEY_IN_USE")
	require.NoError(t, tx.Rollback(t.Context()))
	created := (<-first).object(t, http.StatusCreated)
	require.Equal(t, created, w.send("POST", "/topics", topicBody("Both"), key).object(t, http.StatusCreated))
}

func TestIdempotencyOfJobs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working)
	id := w.collection(w.feed(feedOf("a"))).ID.String()
	w.poll(id)
	const key = "Idempotency-Key: poll-1"
	first := w.send("POST", "/collections/"+id+"/poll", "", key, "Prefer: wait=20")
	job := first.object(t, http.StatusOK)
	require.Equal(t, "succeeded", job["state"])
	require.Empty(t, first.Header.Get(replayed))

	again := w.send("POST", "/collections/"+id+"/poll", "", key, "Prefer: wait=20")
	require.Equal(t, job, again.object(t, http.StatusOK), "the same job, waited for")
	require.Equal(t, "true", again.Header.Get(replayed))
	bare := w.send("POST", "/collections/"+id+"/poll", "", key)
	require.Equal(t, job["id"], bare.object(t, http.StatusAccepted)["id"], "the answer as it was kept")
	require.Equal(t, "/api/v1/jobs/"+job["id"].(string), bare.Header.Get("Location"))
	require.EqualValues(t, 2, w.read("/jobs")["total"])

	// Cancelling and retrying keep theirs, too.
	_, other := w.queued(w.feed(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	w.job(other, "running")
	cancelled := w.send("POST", "/jobs/"+other+"/cancel", "", "Idempotency-Key: c")
	require.Equal(t, cancelled.body, w.send("POST", "/jobs/"+other+"/cancel", "", "Idempotency-Key: c").body)
	w.send("POST", "/jobs/"+other+"/retry", "", "Idempotency-Key: c").refused(t, http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
	held := func() int {
		return w.count(`select count(*) from pg_locks where locktype = 'advisory' and objsubid = 1` + here)
	}
	eventually(t, func() bool { return held() == 0 }, "locks to be let go")
}
