package server_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
)

// queued adds a feed whose first poll nobody works, and answers both ids.
func (w *world) queued(address string) (collection, job string) {
	w.t.Helper()
	collection = w.collection(address).ID.String()
	require.NoError(w.t, w.store.Pool().QueryRow(w.t.Context(), `select id::text from river_job where args ->> 'collection_id' = $1`, collection).Scan(&job))
	return collection, job
}

// finish makes a job look finished, as its worker would have left it.
func (w *world) finish(job, state string) {
	w.t.Helper()
	w.execute(`update river_job set state = $2::river_job_state, finalized_at = now(), attempt = 1, attempted_at = now() where id = $1::text::bigint`, job, state)
}

func TestJobs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := map[string]string{}
	for _, state := range []string{"queued", "succeeded", "failed", "cancelled"} {
		_, ids[state] = w.queued("https://example.com/" + state)
	}
	w.finish(ids["succeeded"], "completed")
	w.finish(ids["failed"], "discarded")
	w.send("POST", "/jobs/"+ids["cancelled"]+"/cancel", "").object(t, http.StatusOK)

	listed := func(query string) []string {
		found := []string{}
		for _, item := range w.read("/jobs?" + query)["items"].([]any) {
			found = append(found, item.(map[string]any)["state"].(string))
		}
		return found
	}
	require.Equal(t, []string{"cancelled", "failed", "succeeded", "queued"}, listed(""), "newest first")
	require.Len(t, listed("kind=poll"), 4)
	for state, id := range ids {
		require.Equal(t, []string{state}, listed("state="+state))
		require.Equal(t, state, w.read("/jobs/" + id)["state"])
	}
	require.Empty(t, listed("state=running"))
	first := w.read("/jobs?page_size=3")
	require.Equal(t, []string{"queued"}, listed("page_size=3&cursor="+first["next_cursor"].(string)))
	require.Equal(t, []string{"queued"}, listed("page_size=3&page=2"))

	for query, code := range map[string]client.ErrorCode{"state=lost": "VALIDATION_FAILED", "kind=sweep": "VALIDATION_FAILED", "cursor=x": "JOB_VALIDATION_FAILED"} {
		w.send("GET", "/jobs?"+query, "").refused(t, http.StatusUnprocessableEntity, code)
	}
	for _, path := range []string{"", "/events"} {
		for _, id := range []string{"0", "-1", "01", "x", "1.5", "9999999999999999999", unknownID} {
			w.send("GET", "/jobs/"+id+path, "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
		}
		problem := w.send("GET", "/jobs/999999999999999999"+path, "").refused(t, http.StatusNotFound, "JOB_NOT_FOUND")
		require.Equal(t, "999999999999999999", problem.Details["id"])
	}
	for _, action := range []string{"/cancel", "/retry"} {
		w.send("POST", "/jobs/999999999"+action, "").refused(t, http.StatusNotFound, "JOB_NOT_FOUND")
		w.send("POST", "/jobs/x"+action, "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	}
}

func TestHiddenJobs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working)
	eventually(t, func() bool { return w.count(`select count(*) from river_job where kind = 'sweep'`) > 0 }, "the schedule")
	require.Empty(t, w.read("/jobs")["items"], "the queue's own housekeeping is nobody's business")
	var id string
	require.NoError(t, w.store.Pool().QueryRow(t.Context(), `select min(id)::text from river_job`).Scan(&id))
	w.send("GET", "/jobs/"+id, "").refused(t, http.StatusNotFound, "JOB_NOT_FOUND")
	w.send("POST", "/jobs/"+id+"/cancel", "").refused(t, http.StatusNotFound, "JOB_NOT_FOUND")
}

func TestCancelJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("queued", func(t *testing.T) {
		t.Parallel()
		_, id := w.queued("https://example.com/cancel-queued")
		job := w.send("POST", "/jobs/"+id+"/cancel", "").object(t, http.StatusOK)
		require.Equal(t, "cancelled", job["state"])
		require.NotNil(t, job["finished_at"])
		again := w.send("POST", "/jobs/"+id+"/cancel", "").object(t, http.StatusOK)
		require.Equal(t, job, again, "nothing changes")
	})
	t.Run("finished", func(t *testing.T) {
		t.Parallel()
		for state, shown := range map[string]string{"completed": "succeeded", "discarded": "failed"} {
			_, id := w.queued("https://example.com/cancel-" + state)
			w.finish(id, state)
			problem := w.send("POST", "/jobs/"+id+"/cancel", "").refused(t, http.StatusConflict, "JOB_CONFLICT")
			require.Equal(t, shown, problem.Details["state"])
		}
	})
	t.Run("running", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, working)
		stand, told := newGate(), make(chan struct{})
		_, id := w.queued(w.feed(func(_ http.ResponseWriter, r *http.Request) {
			stand.pass(r.Context())
			close(told)
		}))
		stand.await(t)
		require.Equal(t, "running", w.job(id, "running")["state"])
		w.send("POST", "/jobs/"+id+"/cancel", "").object(t, http.StatusOK)
		<-told
		require.NotNil(t, w.job(id, "cancelled")["finished_at"])
		w.send("POST", "/jobs/"+id+"/cancel", "").object(t, http.StatusOK)
	})
}

func TestRetryJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("failed or cancelled", func(t *testing.T) {
		t.Parallel()
		for name, end := range map[string]func(id string){
			"failed":    func(id string) { w.finish(id, "discarded") },
			"cancelled": func(id string) { w.send("POST", "/jobs/"+id+"/cancel", "") },
		} {
			_, id := w.queued("https://example.com/retry-" + name)
			end(id)
			a := w.send("POST", "/jobs/"+id+"/retry", "")
			require.Equal(t, "queued", a.object(t, http.StatusAccepted)["state"], name)
			require.Equal(t, "/api/v1/jobs/"+id, a.Header.Get("Location"))
			require.Nil(t, a.object(t, http.StatusAccepted)["finished_at"])
		}
	})
	t.Run("other states", func(t *testing.T) {
		t.Parallel()
		_, id := w.queued("https://example.com/retry-queued")
		problem := w.send("POST", "/jobs/"+id+"/retry", "").refused(t, http.StatusConflict, "JOB_CONFLICT")
		require.Equal(t, map[string]any{"id": id, "state": "queued"}, problem.Details)
		w.finish(id, "completed")
		w.send("POST", "/jobs/"+id+"/retry", "").refused(t, http.StatusConflict, "JOB_CONFLICT")
	})
	t.Run("beside its like", func(t *testing.T) {
		t.Parallel()
		collection, id := w.queued("https://example.com/retry-beside")
		w.send("POST", "/jobs/"+id+"/cancel", "")
		other := w.send("POST", "/collections/"+collection+"/poll", "").object(t, http.StatusAccepted)
		require.NotEqual(t, id, other["id"])
		w.send("POST", "/jobs/"+id+"/retry", "").refused(t, http.StatusConflict, "JOB_CONFLICT")
		require.Equal(t, "cancelled", w.read("/jobs/" + id)["state"], "nothing has changed")
	})
	t.Run("until it has finished", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, working)
		feed := &site{handler: func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNotFound) }}
		_, id := w.queued(w.feed(feed.ServeHTTP))
		w.job(id, "failed")
		feed.serve(feedOf("a"))
		job := w.send("POST", "/jobs/"+id+"/retry", "", "Prefer: wait=20").object(t, http.StatusOK)
		require.Equal(t, "succeeded", job["state"])
		require.Equal(t, id, job["id"])
	})
}

// TestWaitEndsWithClient: whoever waits no longer keeps nothing running.
func TestWaitEndsWithClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	collection := w.send("POST", "/collections", `{"name":"n","url":"https://example.com/never","domain":"d","market":"de","enabled":false}`).object(t, http.StatusCreated)["id"].(string)
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, "POST", w.url+"/collections/"+collection+"/poll", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+w.key)
	request.Header.Set("Prefer", "wait=60")
	done := make(chan error, 1)
	go func() {
		response, err := http.DefaultTransport.RoundTrip(request)
		if err == nil {
			_ = response.Body.Close()
		}
		done <- err
	}()
	eventually(t, func() bool { return w.server.Subscribed() == 1 }, "the request to wait")
	leave()
	require.ErrorIs(t, <-done, context.Canceled)
	eventually(t, func() bool { return w.logged("path=/api/v1/collections/" + collection + "/poll") }, "the end of the request")
	require.Zero(t, w.server.Subscribed())
}
