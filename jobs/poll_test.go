package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
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

	// A server that obeys no validators: what it sends once more is not read again.
	w.execute(`update collections set etag = null`)
	r = result(t, w.outcome(c, collection))
	require.Equal(t, "not_modified", r.Outcome)
	require.Equal(t, http.StatusOK, r.HTTPStatus)
	require.Equal(t, after.ETag, w.reload(collection).ETag)

	w.execute(`update collections set etag = null, body_hash = ''`)
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
	require.False(t, broken.NextPollAt.Before(before.Add(68*time.Minute)), "it is left alone for longer")
	require.Contains(t, broken.NextPollReason.String(), "2 failures in a row")

	body.Store(feed("c", "a", "b"))
	require.Equal(t, "succeeded", w.outcome(c, collection).State)
	require.Zero(t, w.reload(collection).ConsecutiveFailures)
	require.Equal(t, 1, w.events("feed.recovered"))

	require.InDelta(t, 2, metric(t, w.registry, "content_creator_polls_total", "failed"), 0)
	require.InDelta(t, 2, metric(t, w.registry, "content_creator_polls_total", "documents_added"), 0)
	require.InDelta(t, 3, metric(t, w.registry, "content_creator_documents_total", "added"), 0)
	require.InDelta(t, 2, metric(t, w.registry, "content_creator_job_duration_seconds", "poll", "failed"), 0)
	// A job is counted a moment after it has ended.
	eventually(t, func() bool {
		return metric(t, w.registry, "content_creator_job_duration_seconds", "poll", "succeeded") == 6
	})
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
				// The books are kept once the job's end is on record.
				eventually(t, func() bool { return metric(t, w.registry, "content_creator_polls_total", tc.polls) == 1 })
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

// What cannot be polled for a fault of our own is not left looking as if it were well.
func TestOwnFaultsAreToldInTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, collector := range map[string]collectorFunc{
		"error": func(context.Context, collect.Source) (collect.Batch, error) {
			return collect.Batch{}, errors.New("hunter2")
		},
		"panic": func(context.Context, collect.Source) (collect.Batch, error) { panic("hunter2") },
		"too long": func(ctx context.Context, _ collect.Source) (collect.Batch, error) {
			<-ctx.Done()
			return collect.Batch{}, &collect.Error{Code: collect.CodeCanceled, Message: "It was cancelled."}
		},
	} {
		worker := &pollWorker{store: w.store, now: time.Now, metrics: newMetrics(prometheus.NewRegistry()), collectors: map[string]collect.Collector{"rss": collector}}
		collection := w.collection("http://127.0.0.1:1/feed.xml")
		attempt := func(n int) {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			job := &river.Job[PollArgs]{JobRow: &rivertype.JobRow{Tags: []string{scheduledTag}, Attempt: n, MaxAttempts: 4}, Args: PollArgs{CollectionID: collection.ID}}
			require.Error(t, worker.Work(ctx, job), name)
		}
		attempt(3)
		require.Equal(t, "new", w.reload(collection).Health, "%s: it will be tried again", name)
		attempt(4)
		after := w.reload(collection)
		require.Equal(t, "degraded", after.Health, name)
		require.Equal(t, "internal", *after.LastErrorCode, name)
		require.NotContains(t, *after.LastError, "hunter2", name)
		require.True(t, after.NextPollAt.After(time.Now().Add(time.Hour)), name)
		require.Equal(t, 1, w.count(`select count(*) from fetches where collection_id = $1 and error_code = 'internal'`, collection.ID), name)
	}
	require.Equal(t, 3, w.events("feed.degraded"))

	// The server stops: that is nobody's fault.
	stopping, stop := context.WithCancel(t.Context())
	collection := w.collection("http://127.0.0.1:1/feed.xml")
	worker := &pollWorker{store: w.store, now: time.Now, collectors: map[string]collect.Collector{"rss": collectorFunc(
		func(context.Context, collect.Source) (collect.Batch, error) { stop(); return collect.Batch{}, nil })}}
	require.Error(t, worker.Work(stopping, &river.Job[PollArgs]{JobRow: &rivertype.JobRow{Tags: []string{scheduledTag}, Attempt: 4, MaxAttempts: 4}, Args: PollArgs{CollectionID: collection.ID}}))
	require.Equal(t, "new", w.reload(collection).Health)
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

// turns lets a site be asked when the test says so.
type turns struct {
	wait  atomic.Int64
	fault atomic.Bool
	rests sync.Map
}

func (t *turns) Take(context.Context, string) (time.Duration, error) {
	if t.fault.Load() {
		return 0, errors.New("the database is away")
	}
	return time.Duration(t.wait.Load()), nil
}

func (t *turns) Give(_ context.Context, site string, turn store.HostTurn) {
	t.rests.Store(site, turn.Rest)
}

func TestPollWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	budget := &turns{}
	budget.wait.Store(int64(time.Hour))
	fetcher := collect.NewFetcher(collect.Config{AllowCIDRs: loopback, Turns: budget})
	t.Cleanup(fetcher.Close)
	c := w.working(func(c *Config) { c.Collectors = collect.All(fetcher, collect.Services{}, time.Now) })
	collection := w.collection(site(t, serving("a")))
	job := w.poll(c, collection)
	w.job(job.ID, func(j store.Job) bool {
		return j.State == "queued" && w.reload(collection).NextPollAt.After(time.Now().Add(59*time.Minute))
	})
	put := w.reload(collection)
	require.Equal(t, "the budget of its site, which others share, is used up", put.NextPollReason.String())
	require.Equal(t, "new", put.Health, "nothing was asked, so nothing has failed")
	require.Zero(t, w.count(`select count(*) from fetches`))

	budget.wait.Store(0)
	require.Equal(t, "documents_added", result(t, w.outcome(c, collection)).Outcome)
	rest, _ := budget.rests.Load("127.0.0.1")
	require.Equal(t, time.Duration(0), rest)
}

// Whoever takes a site's block back wants its feeds polled, not in a week.
func TestPollsGoOnWhenABlockIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	budget := store.HostBudget{Store: w.store, Default: 1000, Now: time.Now}
	fetcher := collect.NewFetcher(collect.Config{AllowCIDRs: loopback, Turns: budget})
	t.Cleanup(fetcher.Close)
	c := w.working(func(c *Config) { c.Collectors = collect.All(fetcher, collect.Services{}, time.Now) })
	blocked := func(until *time.Time) {
		update := store.HostUpdate{}
		update.BlockedUntil.SetNull()
		if until != nil {
			update.BlockedUntil.Set(*until)
		}
		_, err := budget.UpdateHost(t.Context(), "127.0.0.1", 0, update)
		require.NoError(t, err)
	}
	week := time.Now().Add(6 * 24 * time.Hour)
	blocked(&week)
	collection := w.collection(site(t, serving("a")))
	job := w.poll(c, collection)
	w.job(job.ID, func(j store.Job) bool {
		return j.State == "queued" && w.reload(collection).NextPollAt.After(week.Add(-time.Second))
	})
	require.True(t, w.reload(collection).NextPollAt.Before(week.Add(11*time.Minute)), "not much later than the site may be asked")
	later := week.Add(time.Hour)
	blocked(&later)
	require.True(t, w.reload(collection).NextPollAt.After(week.Add(-time.Second)), "still blocked")
	blocked(nil)
	require.False(t, w.reload(collection).NextPollAt.After(time.Now()))
	require.Equal(t, "documents_added", result(t, w.finished(job.ID)).Outcome)
}

func TestPollOfWhatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	collection := w.collection(site(t, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusGone) }))
	require.Equal(t, "failed", w.outcome(w.working(), collection).State)
	gone := w.reload(collection)
	require.Equal(t, "gone", gone.Health)
	require.False(t, gone.Enabled)
	require.Equal(t, 1, w.events("feed.gone"))
}

func TestPollKeepsThePaceOfAFeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	age := "60"
	collection := w.collection(site(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("ETag", `"1"`)
		rw.Header().Set("Cache-Control", "max-age="+age)
		if r.Header.Get("If-None-Match") != "" {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = rw.Write([]byte(`<rss version="2.0"><channel><ttl>120</ttl><item><link>/a</link></item></channel></rss>`))
	}))
	w.outcome(c, collection)
	first := w.reload(collection)
	require.Equal(t, store.Pace{Fresh: store.Rest{Seconds: 60, Words: "max-age 60"}, Wish: store.Rest{Seconds: 7200, Words: "ttl 120"}}, first.Pace)
	require.Contains(t, first.NextPollReason.String(), "ttl 120")

	age = "18000"
	require.Equal(t, "not_modified", result(t, w.outcome(c, collection)).Outcome)
	second := w.reload(collection)
	require.Equal(t, store.Pace{Fresh: store.Rest{Seconds: 18000, Words: "max-age 18000"}, Wish: store.Rest{Seconds: 7200, Words: "ttl 120"}}, second.Pace)
	require.Contains(t, second.NextPollReason.String(), "max-age 18000 is longer than ")
	require.True(t, second.NextPollAt.After(time.Now().Add(299*time.Minute)))

	age = "0"
	w.outcome(c, collection)
	require.Equal(t, second.Pace, w.reload(collection).Pace, "an answer that says nothing leaves what is known")
}

func TestPollDoesNotBlameOthersForOurNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	away := &collect.Error{Code: collect.CodeDNSFailed, Message: "No such host."}
	c := w.working(collectors(func(context.Context, collect.Source) (collect.Batch, error) { return collect.Batch{}, away }))
	var polled store.Collection
	for i := range 11 {
		polled = w.collection(fmt.Sprintf("https://site%d.example.org/", i))
		w.outcome(c, polled)
	}
	last := w.reload(polled)
	require.Zero(t, last.ConsecutiveFailures)
	require.Contains(t, last.NextPollReason.String(), "no site answers")
	require.Equal(t, 1, w.count(`select count(*) from fetches where outcome = 'network_down'`))
}
