package jobs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// refusal is the store's refusal in an error.
func refusal(t *testing.T, err error) *store.Error {
	t.Helper()
	var refused *store.Error
	require.ErrorAs(t, err, &refused)
	return refused
}

func TestNewRefusesNonsense(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := New(Config{Store: w.store, Logger: w.client().log, Metrics: prometheus.NewRegistry(), Polls: 1_000_000})
	require.ErrorContains(t, err, "prepare the job queue: ")
}

func TestPollJoins(t *testing.T) {
	t.Parallel()

	t.Run("a queued poll", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		idle := w.client(func(c *Config) { c.Polls = 0 })
		require.NoError(t, idle.Start(t.Context()))
		collection := w.collection("http://127.0.0.1:1/feed.xml")
		job := w.poll(idle, collection)
		require.Equal(t, "queued", job.State)
		require.Equal(t, job.ID, w.poll(idle, collection).ID)
		require.NotEqual(t, job.ID, w.poll(idle, w.collection("http://127.0.0.1:1/other.xml")).ID)
		require.NoError(t, idle.Stop(t.Context()), "there is nothing to stop")
	})

	t.Run("a scheduled poll, which then tells of itself", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		idle := w.client()
		collection := w.collection(site(t, serving("a")))
		claimed, err := idle.queueDue(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, claimed)
		require.Zero(t, w.events("job.queued"))
		job := w.poll(idle, collection)
		require.Equal(t, 1, w.count(`select count(*) from river_job where kind = 'poll' and tags = '{}'`))
		w.working()
		require.Equal(t, "succeeded", w.finished(job.ID).State)
		require.Equal(t, 1, w.events("job.succeeded"))
		require.Equal(t, 2, w.events("job.progress"))
	})

	t.Run("a running poll", func(t *testing.T) {
		t.Parallel()
		w, g := newWorld(t), newGate()
		c := w.working()
		collection := w.collection(site(t, func(rw http.ResponseWriter, r *http.Request) { g.pass(r.Context()); serving("a")(rw, r) }))
		job := w.poll(c, collection)
		g.await(t)
		again := w.poll(c, collection)
		require.Equal(t, job.ID, again.ID)
		require.Equal(t, "running", again.State)
		close(g.open)
		require.Equal(t, 1, w.finished(job.ID).Attempt)
		require.NotEqual(t, job.ID, w.outcome(c, collection).ID, "a finished one is not in the way")
	})

	t.Run("one that waits for its next try, which then runs at once", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		var calls atomic.Int64
		c := w.working(collectors(func(context.Context, collect.Source) (collect.Batch, error) {
			if calls.Add(1) == 1 {
				return collect.Batch{}, errors.New("our own fault")
			}
			return collect.Batch{Status: http.StatusOK}, nil
		}))
		collection := w.collection("http://127.0.0.1:1/feed.xml")
		job := w.poll(c, collection)
		failed := w.job(job.ID, func(j store.Job) bool { return j.Error != nil })
		require.Equal(t, "queued", failed.State)
		w.execute(`update river_job set scheduled_at = now() + interval '1 hour' where id = $1`, int64(job.ID))
		require.Equal(t, job.ID, w.poll(c, collection).ID)
		ended := w.finished(job.ID)
		require.Equal(t, "succeeded", ended.State)
		require.Equal(t, 2, ended.Attempt)
	})
}

func TestPollFaults(t *testing.T) {
	t.Parallel()
	t.Run("no queue", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c := w.client()
		w.execute(`alter table river_job rename to gone`)
		_, err := c.Poll(t.Context(), uuid.New())
		require.ErrorContains(t, err, "queue a poll: ")
	})
	t.Run("a job that cannot be hastened", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c, collection := w.client(), w.collection("http://127.0.0.1:1/feed.xml")
		w.poll(c, collection)
		w.execute(`create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$`)
		w.execute(`create trigger refuse before update of tags on river_job for each row execute function refuse()`)
		_, err := c.Poll(t.Context(), collection.ID)
		require.ErrorContains(t, err, "refused")
	})
	t.Run("outside of a transaction", func(t *testing.T) {
		t.Parallel()
		_, err := newWorld(t).client().insert(t.Context(), PollArgs{})
		require.ErrorContains(t, err, "outside of a transaction")
	})
}

func TestPollFallsWithItsTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, collection := w.client(), w.collection("http://127.0.0.1:1/feed.xml")
	err := w.store.InTx(t.Context(), func(ctx context.Context) error {
		_, err := c.Poll(ctx, collection.ID)
		require.NoError(t, err)
		return errors.New("something else went wrong")
	})
	require.Error(t, err)
	require.Zero(t, w.count(`select count(*) from river_job where kind = 'poll'`))
}

func TestCancel(t *testing.T) {
	t.Parallel()

	t.Run("queued", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		idle := w.client()
		collection := w.collection(site(t, serving("a")))
		job := w.poll(idle, collection)
		for range 2 {
			cancelled, err := idle.Cancel(t.Context(), job.ID)
			require.NoError(t, err)
			require.Equal(t, "cancelled", cancelled.State)
			require.NotNil(t, cancelled.FinishedAt)
		}
		again := w.poll(idle, collection)
		require.NotEqual(t, job.ID, again.ID)

		_, err := idle.Retry(t.Context(), job.ID)
		refused := refusal(t, err)
		require.Equal(t, store.KindConflict, refused.Kind)
		require.Equal(t, "Another job for the same is queued or running.", refused.Message)
		require.Equal(t, "cancelled", refused.Details["state"])

		w.working()
		require.Equal(t, "succeeded", w.finished(again.ID).State)
		retried, err := idle.Retry(t.Context(), job.ID)
		require.NoError(t, err)
		require.Equal(t, "queued", retried.State)
		require.Equal(t, "succeeded", w.finished(job.ID).State)
	})

	t.Run("running", func(t *testing.T) {
		t.Parallel()
		w, g := newWorld(t), newGate()
		c := w.working()
		collection := w.collection(site(t, func(_ http.ResponseWriter, r *http.Request) { g.pass(r.Context()) }))
		job := w.poll(c, collection)
		g.await(t)
		running, err := c.Cancel(t.Context(), job.ID)
		require.NoError(t, err)
		require.Equal(t, "running", running.State)
		ended := w.finished(job.ID)
		require.Equal(t, "cancelled", ended.State)
		require.Equal(t, "It was cancelled.", ended.Error.Message)
		require.Zero(t, w.reload(collection).FailureCount, "nobody knows what the source would have said")
		require.Equal(t, 1, w.events("job.cancelled"))
		require.NotContains(t, w.log.String(), "job failed")

		// A cancelled job that is tried again and fails has failed.
		close(g.open)
		_, err = c.Retry(t.Context(), job.ID)
		require.NoError(t, err)
		ended = w.finished(job.ID)
		require.Equal(t, "failed", ended.State)
		require.Contains(t, ended.Error.Message, "/feed.xml answered with an empty page.")
	})

	t.Run("finished", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c := w.working()
		good, bad := w.outcome(c, w.collection(site(t, serving("a")))), w.outcome(c, w.collection(site(t, http.NotFound)))
		for _, job := range []store.Job{good, bad} {
			_, err := c.Cancel(t.Context(), job.ID)
			refused := refusal(t, err)
			require.Equal(t, store.KindConflict, refused.Kind)
			require.Equal(t, "It has "+job.State+" already.", refused.Message)
			require.Equal(t, job.State, refused.Details["state"])
		}
	})

	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		_, err := newWorld(t).client().Cancel(t.Context(), 4711)
		require.Equal(t, store.KindNotFound, refusal(t, err).Kind)
	})
}

func TestRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var works atomic.Bool
	collection := w.collection(site(t, func(rw http.ResponseWriter, r *http.Request) {
		if !works.Load() {
			http.NotFound(rw, r)
			return
		}
		serving("a")(rw, r)
	}))
	c := w.client()
	job := w.poll(c, collection)
	_, err := c.Retry(t.Context(), job.ID)
	require.Equal(t, "Only failed and cancelled jobs can run again; this one is queued.", refusal(t, err).Message)

	w.start(c)
	require.Equal(t, "failed", w.finished(job.ID).State)
	works.Store(true)
	again, err := c.Retry(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, "queued", again.State)
	require.Nil(t, again.FinishedAt)
	ended := w.finished(job.ID)
	require.Equal(t, "succeeded", ended.State)
	require.Equal(t, 2, ended.Attempt)

	_, err = c.Retry(t.Context(), job.ID)
	require.Equal(t, "Only failed and cancelled jobs can run again; this one is succeeded.", refusal(t, err).Message)
	_, err = c.Retry(t.Context(), 4711)
	require.Equal(t, store.KindNotFound, refusal(t, err).Kind)
}

func TestStop(t *testing.T) {
	t.Parallel()
	ended := func(context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return ctx, cancel
	}
	soon := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, 50*time.Millisecond)
	}
	for name, patience := range map[string]func(context.Context) (context.Context, context.CancelFunc){"patience ends": soon, "patience has ended": ended} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, g := newWorld(t), newGate()
			c := w.working()
			collection := w.collection(site(t, func(rw http.ResponseWriter, r *http.Request) { g.pass(r.Context()); serving("a")(rw, r) }))
			job := w.poll(c, collection)
			g.await(t)
			ctx, cancel := patience(t.Context())
			defer cancel()
			require.NoError(t, c.Stop(ctx))

			interrupted := w.job(job.ID, func(j store.Job) bool { return j.Error != nil })
			require.Equal(t, "queued", interrupted.State)
			require.Equal(t, "The job was interrupted: it took too long, or the server stopped.", interrupted.Error.Message)
			require.Zero(t, w.reload(collection).FailureCount)

			close(g.open)
			next := w.working()
			require.Equal(t, job.ID, w.poll(next, collection).ID)
			require.Equal(t, "succeeded", w.finished(job.ID).State)
		})
	}
	t.Run("running jobs finish", func(t *testing.T) {
		t.Parallel()
		w, g := newWorld(t), newGate()
		c := w.working()
		job := w.poll(c, w.collection(site(t, func(rw http.ResponseWriter, r *http.Request) { g.pass(r.Context()); serving("a")(rw, r) })))
		g.await(t)
		stopped := make(chan error, 1)
		go func() { stopped <- c.Stop(t.Context()) }()
		close(g.open)
		require.NoError(t, <-stopped)
		require.Equal(t, "succeeded", w.finished(job.ID).State)
	})
	t.Run("never started", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, newWorld(t).client().Stop(t.Context()))
	})
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	t.Run("database closed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c := w.client()
		w.store.Close()
		require.ErrorContains(t, c.Start(t.Context()), "hold the worker's lock")
	})
	t.Run("no queue", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c := w.client()
		w.execute(`alter table river_job rename to gone`)
		require.ErrorContains(t, c.Start(t.Context()), "take over jobs of dead workers: ")
		// Nothing keeps a connection: closing the store would wait for it.
		w.store.Close()
	})
	t.Run("told to stop meanwhile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c := w.client()
		conn, err := w.store.Pool().Acquire(t.Context())
		require.NoError(t, err)
		defer conn.Release()
		_, err = conn.Exec(t.Context(), `select pg_advisory_lock($1::int, hashtext($2))`, 0x63637770, c.river.ID())
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Start(ctx) }()
		eventually(t, func() bool {
			return w.count(`select count(*) from pg_locks where locktype = 'advisory' and not granted
				and database = (select oid from pg_database where datname = current_database())`) == 1
		})
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

// held is whether a client is known to be alive.
func (w *world) held(c *Client) bool {
	return w.count(`select count(*) from pg_locks where locktype = 'advisory' and granted and objid = hashtext($1)::oid
		and database = (select oid from pg_database where datname = current_database())`, c.river.ID()) == 1
}

func TestHeartbeatComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	require.True(t, w.held(c))
	w.execute(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = hashtext($1)::oid`, c.river.ID())
	eventually(t, func() bool { return w.held(c) })
}

func TestOrphans(t *testing.T) {
	t.Parallel()

	t.Run("are taken over at the start", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		collection := w.collection(site(t, serving("a")))
		job := w.poll(w.client(), collection)
		w.execute(`update river_job set attempt = 3, max_attempts = 4 where id = $1`, int64(job.ID))
		w.orphan(int64(job.ID))
		w.working()
		require.Equal(t, "succeeded", w.finished(job.ID).State, "although its attempts were used up")
		require.Contains(t, w.log.String(), "took over jobs of dead workers")
		require.Equal(t, 1, w.documents())
	})

	t.Run("are taken over later, the sweep included", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.working(func(c *Config) { c.SweepEvery = 50 * time.Millisecond })
		collection := w.collection(site(t, serving("a")))
		// Stop the world's sweeps by a dead one, as a killed leader leaves it.
		w.execute(`delete from river_job where kind = 'sweep' and state <> 'running'`)
		eventually(t, func() bool {
			made, err := w.store.Pool().Exec(t.Context(), `
				update river_job set state = 'running', attempted_by = '{dead}', finalized_at = null
				where id = (select id from river_job where kind = 'sweep' order by id limit 1) and state = 'completed'`)
			// A sweep that is queued at this moment is in the way of a second one.
			return !store.IsUniqueViolation(err) && made.RowsAffected() == 1
		})
		w.polling(true)
		eventually(t, func() bool { return w.reload(collection).SuccessCount == 1 }, w.log.String)
	})

	t.Run("living workers keep theirs", func(t *testing.T) {
		t.Parallel()
		w, g := newWorld(t), newGate()
		c := w.working()
		job := w.poll(c, w.collection(site(t, func(rw http.ResponseWriter, r *http.Request) { g.pass(r.Context()); serving("a")(rw, r) })))
		g.await(t)
		w.working()
		close(g.open)
		require.Equal(t, 1, w.finished(job.ID).Attempt)
	})

	t.Run("that cannot be looked for are told of", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c := w.client(func(c *Config) { c.SweepEvery = 10 * time.Millisecond })
		ctx, cancel := context.WithCancel(t.Context())
		w.execute(`alter table river_job rename to gone`)
		done := make(chan struct{})
		go func() { defer close(done); c.keepTakingOver(ctx) }()
		eventually(t, func() bool { return len(w.log.String()) > 0 })
		cancel()
		<-done
		require.Contains(t, w.log.String(), "dead workers were not looked after")
	})
}

// TestOneJobWorkedTwice lets a second worker take a job over while the first is still at it, as happens
// when the first has lost its connection for a moment.
func TestOneJobWorkedTwice(t *testing.T) {
	t.Parallel()
	w, g := newWorld(t), newGate()
	c := w.working()
	collection := w.collection(site(t, func(rw http.ResponseWriter, r *http.Request) { g.pass(r.Context()); serving("a", "b", "c")(rw, r) }))
	job := w.poll(c, collection)
	g.await(t)
	w.working()
	w.execute(`update river_job set state = 'available' where id = $1`, int64(job.ID))
	w.execute(`select pg_notify(current_schema() || '.river_insert', '{"queue": "collect"}')`)
	g.await(t)
	close(g.open)
	require.Equal(t, "succeeded", w.finished(job.ID).State)
	require.Equal(t, 3, w.documents())
	require.EqualValues(t, 3, w.reload(collection).DocumentsCount)
}

func TestTwoCollectionsOneFeed(t *testing.T) {
	t.Parallel()
	w, g := newWorld(t), newGate()
	address := site(t, func(rw http.ResponseWriter, r *http.Request) { g.pass(r.Context()); serving("a", "b", "c")(rw, r) })
	one, other := w.working(), w.working()
	first, second := w.collection(address), w.collection(address)
	jobs := []store.Job{w.poll(one, first), w.poll(other, second)}
	g.await(t)
	g.await(t)
	close(g.open)
	for _, job := range jobs {
		require.Equal(t, "succeeded", w.finished(job.ID).State)
	}
	require.Equal(t, 3, w.documents())
	require.EqualValues(t, 3, w.reload(first).DocumentsCount+w.reload(second).DocumentsCount)
}

func TestEveryCollectionOnce(t *testing.T) {
	t.Parallel()
	const collections = 200
	w := newWorld(t)
	var hits sync.Map
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		n, _ := hits.LoadOrStore(r.URL.Path, &atomic.Int64{})
		n.(*atomic.Int64).Add(1)
		serving(r.URL.Path[1:])(rw, r)
	}))
	t.Cleanup(s.Close)
	for i := range collections {
		w.collection(fmt.Sprint(s.URL, "/", i))
	}
	w.polling(true)
	quick := func(c *Config) { c.SweepEvery, c.Polls = 50*time.Millisecond, 8 }
	w.working(quick)
	w.working(quick)
	eventually(t, func() bool {
		return w.count(`select count(*) from collections where success_count > 0`) == collections
	}, w.log.String)
	eventually(t, func() bool {
		return w.count(`select count(*) from river_job where kind = 'poll' and state <> 'completed'`) == 0
	}, w.log.String)
	require.Equal(t, collections, w.count(`select sum(success_count)::bigint from collections`))
	require.Equal(t, collections, w.count(`select count(*) from river_job where kind = 'poll'`))
	require.Equal(t, collections, w.documents())
	hits.Range(func(path, n any) bool {
		require.EqualValues(t, 1, n.(*atomic.Int64).Load(), path)
		return true
	})
	require.Zero(t, w.events("job.succeeded"), "polls by schedule are silent")
	require.Zero(t, w.count(`select count(*) from job_progress`))
}

func TestHideInternals(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(rivertype.ErrJobCancelledRemotely)
	late, stop := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer stop()
	snooze, known, secret := river.JobSnooze(time.Minute), failForGood("Known."), errors.New("hunter2")
	cases := map[string]struct {
		ctx       context.Context
		err, want error
		says      string
	}{
		"well":         {t.Context(), nil, nil, ""},
		"known":        {t.Context(), fmt.Errorf("wrapped: %w", known), known, ""},
		"snoozed":      {t.Context(), snooze, snooze, ""},
		"cancelled":    {cancelled, secret, secret, ""},
		"interrupted":  {late, secret, nil, "The job was interrupted: it took too long, or the server stopped."},
		"unknown":      {t.Context(), secret, nil, "An internal error; the server's log says more."},
		"unknown gone": {t.Context(), pgx.ErrNoRows, nil, "An internal error; the server's log says more."},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			middleware, ok := newWorld(t).client().hideInternals().(rivertype.WorkerMiddleware)
			require.True(t, ok)
			err := middleware.Work(tc.ctx, &rivertype.JobRow{}, func(context.Context) error { return tc.err })
			if tc.says != "" {
				require.EqualError(t, err, tc.says)
				return
			}
			require.ErrorIs(t, err, tc.want)
		})
	}
}

func TestMonitor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client()
	job := w.poll(c, w.collection("http://127.0.0.1:1/feed.xml"))
	handler, err := c.Monitor(t.Context(), "/monitor")
	require.NoError(t, err)
	for path, want := range map[string]string{
		"/monitor/": "<html", "/monitor/api/jobs?state=available": fmt.Sprintf(`"id":%d`, job.ID), "/monitor/api/states": `"available":{"accuracy":"exact","count":1,`,
	} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, answer.Code, path)
		require.Contains(t, answer.Body.String(), want, path)
	}
	_, err = (&Client{}).Monitor(t.Context(), "/monitor")
	require.ErrorContains(t, err, "prepare the job monitor: ")
}
