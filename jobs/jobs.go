// Package jobs is the background work: what jobs there are, how they are queued and worked, and
// the schedule. The queue is River, in the same PostgreSQL as everything else.
//
// Every worker may run twice: a process may be killed at any line, and its jobs then start again.
package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// Queues by name.
const (
	queueArticles = "articles"
	queueCollect  = "collect"
	queueResearch = "research"
	queueDefault  = river.QueueDefault
)

// unfinished are the states in which a second job with the same arguments is pointless. The
// library's own default includes finished ones, which would block the next poll for a day.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
	rivertype.JobStateRetryable, rivertype.JobStateScheduled,
}

// Config is what jobs need.
type Config struct {
	Store *store.Store
	// Collectors by collection type.
	Collectors map[string]collect.Collector
	// Discoverer finds the feeds of sites.
	Discoverer *collect.Discoverer
	// Pages reads the pages of documents; nil reads none.
	Pages *collect.Pages
	// Poster calls webhooks; nil calls none.
	Poster *collect.Poster
	// Backends find sources of research beside the own archive, Model writes and judges; nil leaves that to rules.
	Backends []research.Backend
	Model    *llm.Client
	// Reranker says how well sources answer; nil leaves that to rules.
	Reranker *research.Reranker
	Logger   *slog.Logger
	Metrics  prometheus.Registerer
	// Polls is how many sources are polled at once; 0 works no jobs and keeps no schedule here.
	Polls int
	// SweepEvery is how often due collections are looked for; 0 is a minute.
	SweepEvery time.Duration
	// Now is the clock of the schedule.
	Now func() time.Time
}

// A Client queues jobs and, if so configured, works them.
type Client struct {
	store *store.Store
	river *river.Client[pgx.Tx]
	log   *slog.Logger
	now   func() time.Time
	works bool
	// calls is whether webhooks are called here.
	calls bool
	// backends are the search services that may be asked for.
	backends []research.Backend
	// sweepEvery is also how often the jobs of dead workers are looked for.
	sweepEvery time.Duration

	// stopHeartbeat ends what says that this worker is alive, and what looks after dead ones.
	stopHeartbeat context.CancelFunc
	heartbeat     sync.WaitGroup
}

// New prepares a client; Start begins to work.
func New(c Config) (*Client, error) {
	client := &Client{store: c.Store, log: c.Logger, now: c.Now, works: c.Polls > 0, calls: c.Poster != nil, backends: c.Backends, sweepEvery: cmp.Or(c.SweepEvery, time.Minute), stopHeartbeat: func() {}}
	config := &river.Config{
		Logger: slog.New(warnings{c.Logger.Handler()}),
		// Feeds are polled by their own schedule, so their finished jobs are only a record.
		CompletedJobRetentionPeriod: 24 * time.Hour,
		CancelledJobRetentionPeriod: 7 * 24 * time.Hour,
		DiscardedJobRetentionPeriod: 7 * 24 * time.Hour,
		JobTimeout:                  2 * time.Minute,
		// A poll takes milliseconds where nothing is new; the library's tenth of a second would let workers idle.
		FetchCooldown: 5 * time.Millisecond,
	}
	if client.works {
		metrics := newMetrics(c.Metrics)
		config.Workers = client.workers(c, metrics)
		config.Queues = map[string]river.QueueConfig{
			queueCollect:  {MaxWorkers: c.Polls},
			queueDefault:  {MaxWorkers: 2},
			queueResearch: {MaxWorkers: researchWorkers},
		}
		if c.Pages != nil {
			config.Queues[queueArticles] = river.QueueConfig{MaxWorkers: articleWorkers}
		}
		if client.calls {
			config.Queues[queueWebhooks] = river.QueueConfig{MaxWorkers: webhookWorkers}
		}
		config.Middleware = []rivertype.Middleware{metrics.observe(), client.hideInternals()}
		config.PeriodicJobs = periodic(client.sweepEvery)
	}
	var err error
	if client.river, err = river.NewClient(riverpgxv5.New(c.Store.Pool()), config); err != nil {
		return nil, fmt.Errorf("prepare the job queue: %w", err)
	}
	return client, nil
}

// workers registers every kind of job there is.
func (c *Client) workers(config Config, m *metrics) *river.Workers {
	workers := river.NewWorkers()
	river.AddWorker(workers, &pollWorker{store: config.Store, collectors: config.Collectors, now: config.Now, metrics: m, client: c, readsPages: config.Pages != nil})
	river.AddWorker(workers, &processWorker{store: config.Store, client: c, metrics: m})
	river.AddWorker(workers, &discoverWorker{store: config.Store, discoverer: config.Discoverer})
	river.AddWorker(workers, &importWorker{store: config.Store})
	river.AddWorker(workers, &articleWorker{store: config.Store, pages: config.Pages, now: config.Now, client: c})
	river.AddWorker(workers, &topicsWorker{store: config.Store, pages: config.Pages, model: config.Model, now: config.Now})
	river.AddWorker(workers, &rescoreWorker{store: config.Store, now: config.Now})
	river.AddWorker(workers, &keywordWorker{store: config.Store, model: config.Model, now: config.Now})
	river.AddWorker(workers, &competitorWorker{store: config.Store, pages: config.Pages, now: config.Now})
	river.AddWorker(workers, &serpWorker{store: config.Store, backends: config.Backends, pages: config.Pages, now: config.Now})
	river.AddWorker(workers, &synthesizeWorker{store: config.Store, model: config.Model, now: config.Now})
	river.AddWorker(workers, &researchWorker{store: config.Store, backends: config.Backends, model: config.Model, reranker: config.Reranker, pages: config.Pages, now: config.Now})
	river.AddWorker(workers, &webhookWorker{store: config.Store, poster: config.Poster, now: config.Now, metrics: m, slice: webhookSlice})
	river.AddWorker(workers, &sweepWorker{client: c})
	river.AddWorker(workers, &tidyWorker{store: config.Store})
	return workers
}

// periodic lists what runs by the clock. It lives in the memory of the one client that leads, so
// what a single source needs is a column in the database instead.
func periodic(sweepEvery time.Duration) []*river.PeriodicJob {
	return []*river.PeriodicJob{
		river.NewPeriodicJob(river.PeriodicInterval(sweepEvery),
			func() (river.JobArgs, *river.InsertOpts) { return SweepArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
		river.NewPeriodicJob(river.PeriodicInterval(time.Hour),
			func() (river.JobArgs, *river.InsertOpts) { return TidyArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
	}
}

// Start begins to work jobs and returns; a client without workers has nothing to begin. Jobs that a
// killed process left running are taken over at once.
func (c *Client) Start(ctx context.Context) (err error) {
	if !c.works {
		return nil
	}
	alive, die := context.WithCancel(context.WithoutCancel(ctx))
	c.stopHeartbeat = die
	defer func() {
		if err != nil {
			die()
			c.heartbeat.Wait()
		}
	}()
	if err := c.startHeartbeat(ctx, alive); err != nil {
		return err
	}
	if err := c.takeOver(ctx); err != nil {
		return err
	}
	c.heartbeat.Go(func() { c.keepTakingOver(alive) })
	if c.calls {
		c.heartbeat.Go(func() { c.keepCalling(alive) })
	}
	return c.river.Start(ctx)
}

// takeOver makes the jobs of dead workers run again.
func (c *Client) takeOver(ctx context.Context) error {
	orphans, err := c.store.RequeueOrphans(ctx)
	if err != nil {
		return fmt.Errorf("take over jobs of dead workers: %w", err)
	}
	if orphans > 0 {
		c.log.Info("took over jobs of dead workers", "jobs", orphans)
	}
	return nil
}

// keepTakingOver looks for dead workers until ctx ends. It is no job itself, since a sweep whose
// worker has died keeps every other sweep from being queued.
func (c *Client) keepTakingOver(ctx context.Context) {
	c.keep(ctx, c.sweepEvery, c.takeOver, "dead workers were not looked after")
}

// keep does something again and again until ctx ends; a warning tells when it failed.
func (c *Client) keep(ctx context.Context, every time.Duration, do func(context.Context) error, warning string) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := do(ctx); err != nil && ctx.Err() == nil {
			c.log.Warn(warning, "error", err)
		}
	}
}

// Stop lets running jobs finish until ctx ends, then cancels them and waits for that.
func (c *Client) Stop(ctx context.Context) error {
	if !c.works {
		return nil
	}
	defer c.heartbeat.Wait()
	defer c.stopHeartbeat()
	err := c.river.Stop(ctx)
	if err == nil || ctx.Err() == nil {
		return err
	}
	hardStop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return c.river.StopAndCancel(hardStop)
}

// startHeartbeat takes the session lock by which other processes see that this one lives, and keeps
// taking it again where the connection breaks.
func (c *Client) startHeartbeat(ctx, alive context.Context) error {
	held := make(chan struct{})
	var once sync.Once
	first := make(chan error, 1)
	c.heartbeat.Go(func() {
		for {
			err := c.store.HoldClientLock(alive, c.river.ID(), func() { once.Do(func() { close(held) }) })
			select {
			case first <- err:
			default:
			}
			select {
			case <-alive.Done():
				return
			case <-time.After(time.Second):
			}
		}
	})
	select {
	case <-held:
		return nil
	case err := <-first:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stopped: the server stops, and nobody has cancelled the job of ctx.
func stopped(ctx context.Context) bool {
	return errors.Is(ctx.Err(), context.Canceled) && !errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely)
}

// insert queues a job in the transaction of ctx, so that the job and the change it follows from stand or
// fall together.
func (c *Client) insert(ctx context.Context, args river.JobArgs) (*rivertype.JobInsertResult, error) {
	tx, inside := store.Tx(ctx)
	if !inside {
		return nil, errors.New("a job is queued outside of a transaction")
	}
	return c.river.InsertTx(ctx, tx, args, nil)
}

// queue queues a job of which there may be several alike.
func (c *Client) queue(ctx context.Context, args river.JobArgs) (store.Job, error) {
	var job store.Job
	err := c.store.InTx(ctx, func(ctx context.Context) error {
		result, err := c.insert(ctx, args)
		if err != nil {
			return fmt.Errorf("queue a job: %w", err)
		}
		job, err = c.store.Job(ctx, store.JobID(result.Job.ID))
		return err
	})
	return job, err
}

// Poll queues a poll of a collection in the transaction of ctx. Where one is queued or running
// already, that is the answer; one that waits for its next try runs at once.
func (c *Client) Poll(ctx context.Context, collectionID uuid.UUID) (store.Job, error) {
	var job store.Job
	err := c.store.InTx(ctx, func(ctx context.Context) error {
		result, err := c.insert(ctx, PollArgs{CollectionID: collectionID})
		if err != nil {
			return fmt.Errorf("queue a poll: %w", err)
		}
		if result.UniqueSkippedAsDuplicate {
			if err := c.hasten(ctx, result.Job); err != nil {
				return err
			}
		}
		job, err = c.store.Job(ctx, store.JobID(result.Job.ID))
		return err
	})
	return job, err
}

// hasten makes a job that the schedule queued run now and tell of itself.
func (c *Client) hasten(ctx context.Context, job *rivertype.JobRow) error {
	if err := c.store.WatchJob(ctx, store.JobID(job.ID)); err != nil {
		return err
	}
	tx, _ := store.Tx(ctx)
	_, err := c.river.JobRetryTx(ctx, tx, job.ID)
	return err
}

// Cancel ends a queued job and tells a running one to stop. A cancelled job stays as it is; one that
// has succeeded or failed is a conflict.
func (c *Client) Cancel(ctx context.Context, id store.JobID) (store.Job, error) {
	return c.change(ctx, id, func(ctx context.Context, tx pgx.Tx, before store.Job) error {
		if before.State == "succeeded" || before.State == "failed" {
			return store.JobConflict(before, "It has "+before.State+" already.")
		}
		if err := c.store.CancelResearch(ctx, id); err != nil {
			return err
		}
		_, err := c.river.JobCancelTx(ctx, tx, int64(id))
		return err
	})
}

// Retry queues a failed or cancelled job again, or one that could not have its page. One in any other state is a conflict.
func (c *Client) Retry(ctx context.Context, id store.JobID) (store.Job, error) {
	return c.change(ctx, id, func(ctx context.Context, tx pgx.Tx, before store.Job) error {
		if before.State != "failed" && before.State != "cancelled" && !couldNotRead(before) {
			return store.JobConflict(before, "Only failed and cancelled jobs can run again; this one is "+before.State+".")
		}
		if err := c.store.RequeueResearch(ctx, id); err != nil {
			return err
		}
		// The unique index refuses a job whose like is queued already.
		_, err := c.river.JobRetryTx(ctx, tx, int64(id))
		if store.IsUniqueViolation(err) {
			return store.JobConflict(before, "Another job for the same is queued or running.")
		}
		return err
	})
}

func (c *Client) change(ctx context.Context, id store.JobID,
	change func(context.Context, pgx.Tx, store.Job) error,
) (store.Job, error) {
	var job store.Job
	err := c.store.InTx(ctx, func(ctx context.Context) error {
		before, err := c.store.Job(ctx, id)
		if err != nil {
			return err
		}
		tx, _ := store.Tx(ctx)
		if err := change(ctx, tx, before); err != nil {
			return err
		}
		job, err = c.store.Job(ctx, id)
		return err
	})
	return job, err
}

// complete ends a job with its result in the transaction of ctx, so that what it has done and its end stand or
// fall together.
func complete[T river.JobArgs](ctx context.Context, job *river.Job[T], result any) error {
	if err := river.RecordOutput(ctx, result); err != nil {
		return err
	}
	tx, _ := store.Tx(ctx)
	_, err := river.JobCompleteTx[*riverpgxv5.Driver, pgx.Tx](ctx, tx, job)
	return err
}

// A Failure is why a job has failed, in words that whoever queued it may read. A worker that returns
// any other error shows no more than that something went wrong.
type Failure struct {
	Message string
	// cause tells the queue what to do next.
	cause error
}

func (f *Failure) Error() string { return f.Message }

func (f *Failure) Unwrap() error { return f.cause }

// failForGood ends a job: trying again would change nothing.
func failForGood(message string) error {
	return &Failure{Message: message, cause: river.JobCancel(nil)}
}

// hideInternals keeps the text of unexpected errors out of the job that users see; the log has it.
func (c *Client) hideInternals() rivertype.Middleware {
	return river.WorkerMiddlewareFunc(func(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
		err := withoutPanic(ctx, work)
		var failure *Failure
		var snooze *river.JobSnoozeError
		switch {
		case err == nil, errors.As(err, &failure), errors.As(err, &snooze):
			return err
		case errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely):
			return err
		case ctx.Err() != nil:
			return &Failure{Message: "The job was interrupted: it took too long, or the server stopped."}
		}
		c.log.ErrorContext(ctx, "job failed", "job", job.ID, "kind", job.Kind, "attempt", job.Attempt, "error", err)
		return &Failure{Message: "An internal error; the server's log says more."}
	})
}

// withoutPanic makes a panic an error, for the queue would show its text.
func withoutPanic(ctx context.Context, work func(context.Context) error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic: %v\n%s", value, debug.Stack())
		}
	}()
	return work(ctx)
}

// warnings passes on what the queue warns of; its statistics are metrics here.
type warnings struct{ slog.Handler }

// Enabled reports whether a level is worth passing on.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}
