package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// result is what the job shows of a poll.
func result(t *testing.T, job store.Job) pollResult {
	t.Helper()
	require.Equal(t, "succeeded", job.State, "%+v", job.Error)
	var r pollResult
	require.NoError(t, json.Unmarshal(job.Result, &r))
	return r
}

func TestPoll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	var body atomic.Value
	body.Store(feed("a", "b"))
	collection := w.collection(site(t, func(rw http.ResponseWriter, r *http.Request) {
		text := body.Load().(string)
		if text == "" {
			rw.WriteHeader(http.StatusNotFound)
			return
		}
		etag := `"` + text[len(text)/2:len(text)/2+20] + `"`
		rw.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = rw.Write([]byte(text))
	}))

	before := time.Now()
	job := w.outcome(c, collection)
	r := result(t, job)
	require.Equal(t, "documents_added", r.Outcome)
	require.Equal(t, 2, r.DocumentsAdded)
	require.Equal(t, http.StatusOK, r.HTTPStatus)
	require.Equal(t, int64(len(feed("a", "b"))), r.Bytes)
	require.Equal(t, store.JobProgress{Percent: 100, Stage: "saving", Message: "Saving what Feed brought."}, job.Progress)
	require.Equal(t, &store.JobSubject{Type: "collection", ID: collection.ID}, job.Subject)
	after := w.reload(collection)
	require.Equal(t, "healthy", after.Health)
	require.NotEmpty(t, *after.ETag)
	require.EqualValues(t, 1, after.SuccessCount)
	require.EqualValues(t, 2, after.DocumentsCount)
	require.False(t, after.NextPollAt.Before(before.Add(time.Hour)))
	require.False(t, after.NextPollAt.After(time.Now().Add(63*time.Minute)))

	require.Equal(t, "not_modified", result(t, w.outcome(c, collection)).Outcome)
	require.Equal(t, after.ETag, w.reload(collection).ETag)

	w.execute(`update collections set etag = null`)
	r = result(t, w.outcome(c, collection))
	require.Equal(t, "nothing_new", r.Outcome)
	require.Equal(t, 2, r.DocumentsUnchanged)

	body.Store(feed("c", "a", "b"))
	r = result(t, w.outcome(c, collection))
	require.Equal(t, 1, r.DocumentsAdded)
	require.Equal(t, 3, w.documents())

	body.Store("")
	for range 2 {
		failed := w.outcome(c, collection)
		require.Equal(t, "failed", failed.State)
		require.Equal(t, *collection.URL+" answered 404 Not Found.", failed.Error.Message)
		require.Equal(t, 1, failed.Attempt, "what the source does wrong is not tried again")
	}
	broken := w.reload(collection)
	require.Equal(t, 2, broken.ConsecutiveFailures)
	require.Equal(t, "http_status", *broken.LastErrorCode)
	require.Equal(t, *collection.URL+" answered 404 Not Found.", *broken.LastError)
	require.False(t, broken.NextPollAt.Before(before.Add(2*time.Hour)), "it is left alone for longer")

	body.Store(feed("c", "a", "b"))
	require.Equal(t, "succeeded", w.outcome(c, collection).State)
	require.Zero(t, w.reload(collection).ConsecutiveFailures)
	require.Equal(t, 1, w.events("feed.recovered"))

	require.InDelta(t, 2, metric(t, w.registry, "content_creator_polls_total", "failed"), 0)
	require.InDelta(t, 2, metric(t, w.registry, "content_creator_polls_total", "documents_added"), 0)
	require.InDelta(t, 3, metric(t, w.registry, "content_creator_documents_total", "added"), 0)
	require.InDelta(t, 2, metric(t, w.registry, "content_creator_job_duration_seconds", "poll", "failed"), 0)
	require.InDelta(t, 5, metric(t, w.registry, "content_creator_job_duration_seconds", "poll", "succeeded"), 0)
	require.Empty(t, w.log.String(), "a feed that fails is nothing for the log")
}

func TestPollHonoursRetryAfter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	collection := w.collection(site(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Retry-After", "7200")
		rw.WriteHeader(http.StatusTooManyRequests)
	}))
	before := time.Now()
	job := w.outcome(w.working(), collection)
	require.Equal(t, "failed", job.State)
	require.Contains(t, job.Error.Message, "asks to wait 2h0m0s")
	require.False(t, w.reload(collection).NextPollAt.Before(before.Add(2*time.Hour)))
}

func TestPollOfARemovedCollection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	collection := w.collection(site(t, serving("a")))
	idle := w.client()
	job := w.poll(idle, collection)
	require.NoError(t, w.store.DeleteCollection(t.Context(), collection.ID, 0))
	w.working()
	ended := w.finished(job.ID)
	require.Equal(t, "failed", ended.State)
	require.Equal(t, "The collection has been removed.", ended.Error.Message)
}

func TestChangesWhilePolling(t *testing.T) {
	t.Parallel()
	remove := func(w *world, c store.Collection) error { return w.store.DeleteCollection(w.t.Context(), c.ID, 0) }
	move := func(w *world, c store.Collection) error {
		address := "http://127.0.0.1:1/moved.xml"
		_, err := w.store.UpdateCollection(w.t.Context(), c.ID, 0, store.CollectionUpdate{URL: &address})
		return err
	}
	cases := map[string]struct {
		change             func(*world, store.Collection) error
		status             int
		state, says, polls string
	}{
		"removed, then it answers":      {remove, http.StatusOK, "failed", "The collection was removed while it was polled.", ""},
		"removed, then it fails":        {remove, http.StatusTeapot, "failed", "The collection was removed while it was polled.", ""},
		"moved, then the old one works": {move, http.StatusOK, "succeeded", "", "superseded"},
		"moved, then the old one fails": {move, http.StatusTeapot, "failed", "/feed.xml answered 418 I'm a teapot.", "superseded"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, g := newWorld(t), newGate()
			c := w.working()
			collection := w.collection(site(t, func(rw http.ResponseWriter, r *http.Request) {
				g.pass(r.Context())
				rw.WriteHeader(tc.status)
				_, _ = rw.Write([]byte(feed("a")))
			}))
			job := w.poll(c, collection)
			g.await(t)
			require.NoError(t, tc.change(w, collection))
			close(g.open)
			ended := w.finished(job.ID)
			require.Equal(t, tc.state, ended.State)
			if tc.says != "" {
				require.Contains(t, ended.Error.Message, tc.says)
			}
			if tc.polls != "" {
				require.InDelta(t, 1, metric(t, w.registry, "content_creator_polls_total", tc.polls), 0)
				after := w.reload(collection)
				require.Zero(t, after.SuccessCount+after.FailureCount)
				require.Nil(t, after.LastError)
			}
			require.Zero(t, w.documents())
		})
	}
}

// TestOwnFaults makes our own side fail at every step of a poll: it is tried again, and who queued it is
// told no more than that.
func TestOwnFaults(t *testing.T) {
	t.Parallel()
	good := collect.Batch{Status: http.StatusOK}
	cases := map[string]struct {
		before, while string
		batch         collect.Batch
		err           error
		log           string
	}{
		"collection unreadable": {before: `alter table collections rename to gone`, log: `relation \"collections\" does not exist`},
		"progress not kept":     {before: `alter table job_progress rename to gone`, log: `relation \"job_progress\" does not exist`},
		"later one not kept":    {while: `alter table job_progress rename to gone`, batch: good, log: `relation \"job_progress\" does not exist`},
		"poll not saved":        {while: `alter table collections rename column etag to gone`, batch: good, log: `column \"etag\" does not exist`},
		"failure not saved": {
			while: `alter table collections rename column etag to gone`, err: &collect.Error{Code: "timeout", Message: "Slow."},
			log: `column \"etag\" does not exist`,
		},
		"collector at fault": {err: errors.New("hunter2 is not the password"), log: "hunter2"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.client(collectors(func(ctx context.Context, _ collect.Source) (collect.Batch, error) {
				_, err := w.store.Pool().Exec(ctx, tc.while)
				require.NoError(t, err)
				return tc.batch, tc.err
			}))
			job := w.poll(c, w.collection("http://127.0.0.1:1/feed.xml"))
			w.execute(tc.before)
			w.start(c)
			row := w.tried(job.ID)
			require.Equal(t, "An internal error; the server's log says more.", row.Errors[0].Error)
			require.Nil(t, row.FinalizedAt, "it is tried again")
			require.Contains(t, w.log.String(), tc.log)
			require.Zero(t, w.documents())
		})
	}
}

// tried waits for the end of a job's first attempt. It reads the queue's own row, for tests that break
// other tables.
func (w *world) tried(id store.JobID) *rivertype.JobRow {
	w.t.Helper()
	reader := w.client(func(c *Config) { c.Polls = 0 })
	var row *rivertype.JobRow
	eventually(w.t, func() bool {
		var err error
		row, err = reader.river.JobGet(w.t.Context(), int64(id))
		require.NoError(w.t, err)
		return len(row.Errors) > 0
	}, w.log.String)
	return row
}

func TestAPanicIsHiddenToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working(collectors(func(context.Context, collect.Source) (collect.Batch, error) { panic("hunter2") }))
	row := w.tried(w.poll(c, w.collection("http://127.0.0.1:1/feed.xml")).ID)
	require.Equal(t, "An internal error; the server's log says more.", row.Errors[0].Error)
	require.Empty(t, row.Errors[0].Trace)
	require.Contains(t, w.log.String(), "panic: hunter2")
	require.Contains(t, w.log.String(), "poll_test.go", "the log says where")
	require.InDelta(t, 1, metric(t, w.registry, "content_creator_job_duration_seconds", "poll", "failed"), 0)
}

func TestOutsideOfTheQueueNothingIsSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	collection := w.collection("http://127.0.0.1:1/feed.xml")
	worker := &pollWorker{store: w.store, now: time.Now, metrics: newMetrics(prometheus.NewRegistry()), collectors: map[string]collect.Collector{
		"rss": collectorFunc(func(context.Context, collect.Source) (collect.Batch, error) { return collect.Batch{}, nil }),
	}}
	job := &river.Job[PollArgs]{JobRow: &rivertype.JobRow{Tags: []string{scheduledTag}}, Args: PollArgs{CollectionID: collection.ID}}
	require.Error(t, worker.Work(t.Context(), job))
	require.Zero(t, w.reload(collection).SuccessCount)
}

func TestNextInterval(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		minutes, failures int
		retryAfter        time.Duration
		want              time.Duration
	}{
		"success":                         {60, 0, 0, time.Hour},
		"shortest":                        {5, 0, 0, 5 * time.Minute},
		"longest":                         {10080, 0, 0, 7 * 24 * time.Hour},
		"first failure":                   {60, 1, 0, time.Hour},
		"second":                          {60, 2, 0, 2 * time.Hour},
		"third":                           {60, 3, 0, 4 * time.Hour},
		"up to a day":                     {60, 6, 0, 24 * time.Hour},
		"never more":                      {60, 1_000_000, 0, 24 * time.Hour},
		"from the shortest":               {5, 1_000_000, 0, 24 * time.Hour},
		"never less than the interval":    {10080, 5, 0, 7 * 24 * time.Hour},
		"asked to wait":                   {60, 1, 3 * time.Hour, 3 * time.Hour},
		"asked to wait less":              {60, 2, time.Minute, 2 * time.Hour},
		"asked to wait longer than a day": {60, 9, 48 * time.Hour, 48 * time.Hour},
		"asked to wait for ever":          {60, 1, 1 << 62, 7 * 24 * time.Hour},
		"asked to wait less than nothing": {60, 1, -time.Hour, time.Hour},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			different := map[time.Duration]bool{}
			for range 200 {
				got := nextInterval(store.Collection{PollIntervalMinutes: tc.minutes}, tc.failures, tc.retryAfter)
				require.GreaterOrEqual(t, got, tc.want)
				require.Less(t, got, tc.want+tc.want/20)
				different[got] = true
			}
			require.Greater(t, len(different), 100, "chance sets sources apart")
		})
	}
}
