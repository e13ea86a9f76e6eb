package store_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestJob(t *testing.T) {
	t.Parallel()
	states := map[string]struct {
		row      jobRow
		state    string
		finished bool
	}{
		"available":                   {jobRow{State: "available"}, "queued", false},
		"pending":                     {jobRow{State: "pending"}, "queued", false},
		"scheduled":                   {jobRow{State: "scheduled"}, "queued", false},
		"retryable":                   {jobRow{State: "retryable"}, "queued", false},
		"running":                     {jobRow{State: "running"}, "running", false},
		"running, to be cancelled":    {jobRow{State: "running", Metadata: `{"cancel_attempted_at":"2026-11-23T08:00:00Z"}`}, "running", false},
		"completed":                   {jobRow{State: "completed"}, "succeeded", true},
		"completed before the cancel": {jobRow{State: "completed", Metadata: `{"cancel_attempted_at":"2026-11-23T08:00:00Z"}`}, "succeeded", true},
		"discarded":                   {jobRow{State: "discarded"}, "failed", true},
		"cancelled by its worker":     {jobRow{State: "cancelled"}, "failed", true},
		"cancelled by a person":       {jobRow{State: "cancelled", Metadata: `{"cancel_attempted_at":"2026-11-23T08:00:00Z"}`}, "cancelled", true},
	}
	for name, tc := range states {
		t.Run(name+" is "+tc.state, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			job, err := s.Job(t.Context(), aJob(t, s, tc.row))
			require.NoError(t, err)
			require.Equal(t, tc.state, job.State)
			require.Equal(t, tc.finished, job.Finished())
			require.Equal(t, tc.finished, job.FinishedAt != nil)
			percent := 0
			if tc.state == "succeeded" {
				percent = 100
			}
			require.Equal(t, percent, job.Progress.Percent)
		})
	}

	t.Run("is shown whole", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		collection := uuid.New()
		id := aJob(t, s, jobRow{
			State: "retryable", Args: fmt.Sprintf(`{"collection_id":"%s"}`, collection), Attempt: 2, MaxAttempts: 4,
			Errors: []string{
				`{"at":"2026-11-23T08:00:00Z","attempt":1,"error":"first","trace":"secret"}`,
				`{"at":"2026-11-23T08:01:00.5Z","attempt":2,"error":"second","trace":"secret"}`,
			},
			Metadata: `{"output":{"outcome":"failed","n":1}}`,
		})
		require.NoError(t, s.ReportProgress(t.Context(), id, store.JobProgress{Percent: 30, Stage: "saving", Message: "Saving."}))
		job, err := s.Job(t.Context(), id)
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), job.CreatedAt, time.Minute)
		require.NotNil(t, job.StartedAt)
		require.JSONEq(t, `{"outcome":"failed","n":1}`, string(job.Result))
		require.Equal(t, store.Job{
			ID: id, Kind: "poll", State: "queued", Subject: &store.JobSubject{Type: "collection", ID: collection},
			Progress: store.JobProgress{Percent: 30, Stage: "saving", Message: "Saving."}, Attempt: 2, MaxAttempts: 4,
			Error:  &store.JobError{Message: "second", Attempt: 2, At: time.Date(2026, 11, 23, 8, 1, 0, 5e8, time.UTC)},
			Result: job.Result, CreatedAt: job.CreatedAt, ScheduledAt: job.ScheduledAt, StartedAt: job.StartedAt,
		}, job)
		text, err := json.Marshal(job)
		require.NoError(t, err)
		require.Contains(t, string(text), `"id":"`+id.String()+`"`)
		require.NotContains(t, string(text), "secret")
	})

	t.Run("is shown with nothing yet", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := aJob(t, s, jobRow{Args: `{}`})
		job, err := s.Job(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, store.Job{
			ID: id, Kind: "poll", State: "queued", MaxAttempts: 4, CreatedAt: job.CreatedAt, ScheduledAt: job.ScheduledAt,
		}, job)
	})

	t.Run("of the queue's own housekeeping is not found", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		for _, id := range []store.JobID{aJob(t, s, jobRow{Kind: "sweep"}), 99, 0, -1} {
			_, err := s.Job(t.Context(), id)
			refusal := theRefusal(t, err, store.KindNotFound)
			require.Equal(t, "job", refusal.Resource)
			require.Equal(t, map[string]any{"id": id.String()}, refusal.Details)
		}
	})
}

func TestParseJobID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]store.JobID{"1": 1, "9223372036854775807": 1<<63 - 1} {
		t.Run("reads "+text, func(t *testing.T) {
			t.Parallel()
			id, err := store.ParseJobID(text)
			require.NoError(t, err)
			require.Equal(t, want, id)
			require.Equal(t, text, id.String())
		})
	}
	for _, text := range []string{"", "x", "1.5", " 1", "1x", "9223372036854775808", "0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37"} {
		t.Run("finds no job "+text, func(t *testing.T) {
			t.Parallel()
			_, err := store.ParseJobID(text)
			require.Equal(t, map[string]any{"id": text}, theRefusal(t, err, store.KindNotFound).Details)
		})
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	var all []store.JobID
	for _, row := range []jobRow{
		{State: "available"},
		{State: "running"},
		{State: "completed"},
		{State: "discarded"},
		{State: "cancelled"},
		{State: "cancelled", Metadata: `{"cancel_attempted_at":"2026-11-23T08:00:00Z"}`},
		{State: "retryable"},
	} {
		all = append([]store.JobID{aJob(t, s, row)}, all...)
	}
	aJob(t, s, jobRow{Kind: "sweep"})
	ids := func(l store.List[store.Job]) []store.JobID {
		list := []store.JobID{}
		for _, job := range l.Items {
			list = append(list, job.ID)
		}
		return list
	}
	filters := map[string]struct {
		filter store.JobFilter
		want   []store.JobID
	}{
		"nothing":      {store.JobFilter{}, all},
		"kind":         {store.JobFilter{Kind: new("poll")}, all},
		"hidden kind":  {store.JobFilter{Kind: new("sweep")}, []store.JobID{}},
		"queued":       {store.JobFilter{State: new("queued")}, []store.JobID{all[0], all[6]}},
		"running":      {store.JobFilter{State: new("running")}, []store.JobID{all[5]}},
		"succeeded":    {store.JobFilter{State: new("succeeded")}, []store.JobID{all[4]}},
		"failed":       {store.JobFilter{State: new("failed")}, []store.JobID{all[2], all[3]}},
		"cancelled":    {store.JobFilter{State: new("cancelled")}, []store.JobID{all[1]}},
		"both at once": {store.JobFilter{Kind: new("poll"), State: new("cancelled")}, []store.JobID{all[1]}},
	}
	for name, tc := range filters {
		t.Run("by "+name, func(t *testing.T) {
			t.Parallel()
			list, err := s.Jobs(t.Context(), tc.filter, store.Page{})
			require.NoError(t, err)
			require.Equal(t, tc.want, ids(list))
			require.Equal(t, len(tc.want), list.Total)
		})
	}

	t.Run("walked to the end", func(t *testing.T) {
		t.Parallel()
		walked, page := []store.JobID{}, store.Page{Size: 3}
		for {
			list, err := s.Jobs(t.Context(), store.JobFilter{}, page)
			require.NoError(t, err)
			require.Equal(t, 7, list.Total)
			walked = append(walked, ids(list)...)
			if list.NextCursor == nil {
				break
			}
			page.Cursor = *list.NextCursor
		}
		require.Equal(t, all, walked)
	})
}

func TestReportProgress(t *testing.T) {
	t.Parallel()

	t.Run("is kept and told", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := aJob(t, s, jobRow{State: "running"})
		for _, percent := range []int{10, 70} {
			progress := store.JobProgress{Percent: percent, Stage: "fetching", Message: "Asking."}
			require.NoError(t, s.ReportProgress(t.Context(), id, progress))
			job, err := s.Job(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, progress, job.Progress)
		}
		events := happened(t, s)
		require.Equal(t, []string{"job.running", "job.progress", "job.progress"}, types(events))
		require.JSONEq(t, `{"job_id":"`+id.String()+`","progress":{"percent":70,"stage":"fetching","message":"Asking."}}`, string(events[2].Data))
	})

	t.Run("of a scheduled job is kept and not told", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := aJob(t, s, jobRow{State: "running", Tags: []string{"scheduled"}})
		require.NoError(t, s.ReportProgress(t.Context(), id, store.JobProgress{Percent: 10}))
		job, err := s.Job(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, 10, job.Progress.Percent)
		require.Empty(t, happened(t, s))
	})

	t.Run("is neither where it cannot be told", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := aJob(t, s, jobRow{State: "running"})
		sabotage(t, s, "insert", "events")
		requireSabotage(t, s.ReportProgress(t.Context(), id, store.JobProgress{Percent: 10}))
		job, err := s.Job(t.Context(), id)
		require.NoError(t, err)
		require.Zero(t, job.Progress)
	})

	t.Run("needs a job", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		require.Error(t, s.ReportProgress(t.Context(), 99, store.JobProgress{Percent: 10}))
	})
}

// TestJobEvents/tell_of_a_change is about the trigger that watches the queue's table.
func TestJobEvents(t *testing.T) {
	t.Parallel()
	const toState = `update river_job set state = $2::river_job_state,
		finalized_at = case when $2 in ('completed', 'cancelled', 'discarded') then now() end where id = $1`

	t.Run("tell of a change of state", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := aJob(t, s, jobRow{})
		for _, state := range []string{"running", "retryable", "available", "running", "scheduled", "running", "discarded", "available", "running", "completed"} {
			do(t, s, toState, id, state)
		}
		require.Equal(t, []string{
			"job.queued", "job.running", "job.queued", "job.running", "job.queued", "job.running", "job.failed", "job.queued", "job.running",
			"job.succeeded",
		}, types(happened(t, s)), "from retryable to available nothing changes for the client")
	})

	t.Run("tell who cancelled", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		worker, person := aJob(t, s, jobRow{State: "running"}), aJob(t, s, jobRow{State: "running"})
		do(t, s, toState, worker, "cancelled")
		do(t, s, `update river_job set metadata = '{"cancel_attempted_at":"2026-11-23T08:00:00Z"}' where id = $1`, person)
		do(t, s, toState, person, "cancelled")
		require.Equal(t, []string{"job.running", "job.running", "job.failed", "job.cancelled"}, types(happened(t, s)))
	})

	t.Run("hold the job's error and result", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := aJob(t, s, jobRow{State: "running", Attempt: 2})
		do(t, s, `
			update river_job
			set state = 'discarded', finalized_at = now(), metadata = '{"output":{"n":1}}', errors = array[
				'{"at":"2026-11-23T08:00:00Z","attempt":1,"error":"first"}', '{"at":"2026-11-23T08:00:00Z","attempt":2,"error":"second"}']::jsonb[]
			where id = $1`, id)
		events := happened(t, s)
		require.Equal(t, []string{"job.running", "job.failed"}, types(events))
		require.JSONEq(t, `{"job_id":"`+id.String()+`","kind":"poll","state":"running","attempt":2,"error":null,"result":null}`, string(events[0].Data))
		require.JSONEq(t, `{"job_id":"`+id.String()+`","kind":"poll","state":"failed","attempt":2,"error":"second","result":{"n":1}}`, string(events[1].Data))
	})

	t.Run("are taken back with the change", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := aJob(t, s, jobRow{})
		require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
			tx, _ := store.Tx(ctx)
			_, err := tx.Exec(ctx, toState, id, "completed")
			require.NoError(t, err)
			return context.Canceled
		}), context.Canceled)
		require.Equal(t, []string{"job.queued"}, types(happened(t, s)))
	})

	t.Run("are silent for the schedule and housekeeping", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		for _, row := range []jobRow{{Tags: []string{"scheduled"}}, {Kind: "sweep"}, {Kind: "tidy"}} {
			do(t, s, toState, aJob(t, s, row), "completed")
		}
		require.Empty(t, happened(t, s))
	})

	t.Run("begin once somebody watches", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := aJob(t, s, jobRow{Tags: []string{"a", "scheduled", "b"}})
		require.NoError(t, s.WatchJob(t.Context(), id))
		require.NoError(t, s.WatchJob(t.Context(), 99))
		do(t, s, toState, id, "running")
		require.NoError(t, s.ReportProgress(t.Context(), id, store.JobProgress{Percent: 10}))
		require.Equal(t, []string{"job.running", "job.progress"}, types(happened(t, s)))
		require.EqualValues(t, 1, number(t, s, `select count(*) from river_job where tags = '{a,b}'`))
	})
}

func TestRequeueOrphans(t *testing.T) {
	t.Parallel()

	t.Run("takes jobs from the dead only", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		end := holdLock(t, s, "alive")
		living := aJob(t, s, jobRow{State: "running", AttemptedBy: []string{"dead", "alive"}, Attempt: 1})
		orphan := aJob(t, s, jobRow{State: "running", AttemptedBy: []string{"alive", "dead"}, Attempt: 1})
		unnamed := aJob(t, s, jobRow{State: "running"})
		waiting := aJob(t, s, jobRow{State: "scheduled", AttemptedBy: []string{"dead"}, ScheduledAt: new(time.Now().Add(time.Hour))})
		done := aJob(t, s, jobRow{State: "completed", AttemptedBy: []string{"dead"}})
		states := func() (all []string) {
			for _, id := range []store.JobID{living, orphan, unnamed, waiting, done} {
				job, err := s.Job(t.Context(), id)
				require.NoError(t, err)
				all = append(all, job.State)
			}
			return all
		}
		n, err := s.RequeueOrphans(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 2, n)
		require.Equal(t, []string{"running", "queued", "queued", "queued", "succeeded"}, states())
		n, err = s.RequeueOrphans(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)

		require.ErrorIs(t, end(), context.Canceled)
		await(t, func() bool {
			n, err := s.RequeueOrphans(t.Context())
			require.NoError(t, err)
			return n == 1
		})
		require.Equal(t, []string{"queued", "queued", "queued", "queued", "succeeded"}, states())
	})

	// The attempts an orphan has had and may have, and what it may have afterwards.
	for _, tc := range [][3]int{{1, 4, 4}, {3, 4, 4}, {4, 4, 5}, {1, 1, 2}} {
		t.Run(fmt.Sprintf("after %d of %d attempts leaves %d", tc[0], tc[1], tc[2]), func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			id := aJob(t, s, jobRow{State: "running", AttemptedBy: []string{"dead"}, Attempt: tc[0], MaxAttempts: tc[1]})
			_, err := s.RequeueOrphans(t.Context())
			require.NoError(t, err)
			job, err := s.Job(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, tc[0], job.Attempt)
			require.Equal(t, tc[2], job.MaxAttempts)
			require.WithinDuration(t, time.Now(), job.ScheduledAt, time.Minute)
			require.EqualValues(t, 1, number(t, s, `select count(*) from river_job where state = 'available'`))
			require.Equal(t, []string{"job.running", "job.queued"}, types(happened(t, s)))
		})
	}

	t.Run("does not wait for a job that is ending", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := aJob(t, s, jobRow{State: "running", AttemptedBy: []string{"dead"}})
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			tx, _ := store.Tx(ctx)
			_, err := tx.Exec(ctx, `update river_job set state = 'completed', finalized_at = now() where id = $1`, id)
			require.NoError(t, err)
			n, err := s.RequeueOrphans(t.Context())
			require.NoError(t, err)
			require.Zero(t, n)
			return nil
		}))
	})

	t.Run("knows its own database's clients", func(t *testing.T) {
		t.Parallel()
		s, other := storetest.New(t), storetest.New(t)
		holdLock(t, other, "worker")
		aJob(t, s, jobRow{State: "running", AttemptedBy: []string{"worker"}})
		n, err := s.RequeueOrphans(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
	})
}

func TestHoldClientLock(t *testing.T) {
	t.Parallel()

	t.Run("waits for another with the same name", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		end := holdLock(t, s, "worker")
		held, ended := make(chan struct{}), make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { ended <- s.HoldClientLock(ctx, "worker", func() { close(held) }) }()
		awaitBlocked(t, s, 1)
		require.ErrorIs(t, end(), context.Canceled)
		soon(t, held)
		cancel()
		require.ErrorIs(t, soon(t, ended), context.Canceled)
	})

	t.Run("gives up waiting with its context", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		holdLock(t, s, "worker")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.HoldClientLock(ctx, "worker", func() { t.Error("it has the lock") }) }()
		awaitBlocked(t, s, 1)
		cancel()
		require.ErrorIs(t, soon(t, ended), context.Canceled)
	})

	t.Run("notices a broken connection", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		held, ended := make(chan struct{}), make(chan error, 1)
		go func() { ended <- s.HoldClientLock(t.Context(), "worker", func() { close(held) }) }()
		soon(t, held)
		do(t, s, `
			select pg_terminate_backend(pid)
			from pg_locks
			where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`)
		require.ErrorContains(t, soon(t, ended), "hold the worker's lock")
	})
}

func TestQueueDepths(t *testing.T) {
	t.Parallel()
	t.Run("count what is unfinished", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		depths, err := s.QueueDepths(t.Context())
		require.NoError(t, err)
		require.Empty(t, depths)
		for _, row := range []jobRow{
			{Queue: "collect", ScheduledAt: new(time.Now().Add(-10 * time.Minute))},
			{Queue: "collect", State: "retryable", ScheduledAt: new(time.Now().Add(-time.Minute))},
			{Queue: "collect", State: "running"},
			{Queue: "collect", State: "completed", ScheduledAt: new(time.Now().Add(-time.Hour))},
			{Queue: "later", State: "scheduled", ScheduledAt: new(time.Now().Add(time.Hour))},
			{Queue: "later", State: "pending", Kind: "sweep", ScheduledAt: new(time.Now().Add(time.Hour))},
		} {
			aJob(t, s, row)
		}
		depths, err = s.QueueDepths(t.Context())
		require.NoError(t, err)
		counts := map[string]int64{}
		for _, d := range depths {
			counts[d.Queue+" "+d.State] = d.Jobs
			switch d.Queue + " " + d.State {
			case "collect queued":
				require.InDelta(t, 10*time.Minute, d.OldestAge, float64(time.Minute))
			case "later queued":
				require.Zero(t, d.OldestAge, "none may run yet")
			}
		}
		require.Equal(t, map[string]int64{"collect queued": 2, "collect running": 1, "later queued": 2}, counts)
	})
}

// jobRow is a row of the queue; zero fields take what a poll that was just queued has.
type jobRow struct {
	State, Kind, Queue, Args, Metadata string
	Attempt, MaxAttempts               int
	Tags, AttemptedBy, Errors          []string
	ScheduledAt                        *time.Time
}

// aJob adds a row to the queue.
func aJob(t *testing.T, s *store.Store, row jobRow) store.JobID {
	t.Helper()
	if row.Tags == nil {
		row.Tags = []string{}
	}
	state := cmp.Or(row.State, "available")
	return store.JobID(number(t, s, `
		insert into river_job (state, kind, queue, args, metadata, attempt, max_attempts, tags, attempted_by, errors, scheduled_at,
			attempted_at, finalized_at)
		values ($1::river_job_state, $2, $3, $4::text::jsonb, $5::text::jsonb, $6::int, $7::int, $8, $9, $10::text[]::jsonb[], coalesce($11, now()),
			case when $6::int > 0 then now() end,
			case when $1::text in ('completed', 'cancelled', 'discarded') then now() end)
		returning id`,
		state, cmp.Or(row.Kind, "poll"), cmp.Or(row.Queue, "collect"), cmp.Or(row.Args, `{}`), cmp.Or(row.Metadata, `{}`),
		row.Attempt, cmp.Or(row.MaxAttempts, 4), row.Tags, row.AttemptedBy, row.Errors, row.ScheduledAt))
}

// holdLock holds a worker's lock until end, which answers why it has ended, or the end of the test.
func holdLock(t *testing.T, s *store.Store, name string) (end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	held, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.HoldClientLock(ctx, name, func() { close(held) }) }()
	soon(t, held)
	return func() error {
		cancel()
		return soon(t, ended)
	}
}
