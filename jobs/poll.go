package jobs

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// PollArgs asks one source once. A second poll of the same source joins the first.
type PollArgs struct {
	CollectionID uuid.UUID `json:"collection_id" river:"unique"`
}

// Kind names the job.
func (PollArgs) Kind() string { return "poll" }

// InsertOpts says how polls are queued. What the source does wrong is not tried again here: the
// collection's schedule does that. The attempts are for faults of our own.
func (PollArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		Queue: queueCollect, MaxAttempts: 4,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished},
	}
}

// scheduledTag marks polls that nobody waits for; see emit_job_event in the migrations.
const scheduledTag = "scheduled"

type pollWorker struct {
	river.WorkerDefaults[PollArgs]
	store      *store.Store
	collectors map[string]collect.Collector
	now        func() time.Time
	metrics    *metrics
}

// pollResult is what the job shows of a poll.
type pollResult struct {
	store.PollOutcome
	EntriesSkipped int   `json:"entries_skipped"`
	HTTPStatus     int   `json:"http_status"`
	Bytes          int64 `json:"bytes"`
}

// Work asks the source, then keeps what it brought and finishes the job in one transaction: a crash
// in between changes nothing and the poll starts again.
func (w *pollWorker) Work(ctx context.Context, job *river.Job[PollArgs]) error {
	c, err := w.store.Collection(ctx, job.Args.CollectionID)
	if isNotFound(err) {
		return failForGood("The collection has been removed.")
	}
	if err != nil {
		return err
	}
	if err := w.report(ctx, job, 10, "fetching", "Asking "+c.Name+"."); err != nil {
		return err
	}
	batch, err := w.collectors[c.Type].Collect(ctx, source(c))
	if ctx.Err() != nil {
		// Nobody knows what the source would have said.
		return ctx.Err()
	}
	var fault *collect.Error
	if errors.As(err, &fault) {
		return w.saveFailure(ctx, c, fault)
	}
	if err != nil {
		return err
	}
	if err := w.report(ctx, job, 70, "saving", "Saving what "+c.Name+" brought."); err != nil {
		return err
	}
	return w.saveBatch(ctx, job, c, batch)
}

func (w *pollWorker) saveBatch(ctx context.Context, job *river.Job[PollArgs], c store.Collection, batch collect.Batch) error {
	result := pollResult{EntriesSkipped: batch.SkippedCount, HTTPStatus: batch.Status, Bytes: batch.Bytes}
	err := w.store.InTx(ctx, func(ctx context.Context) error {
		var err error
		now := w.now()
		result.PollOutcome, err = w.store.SavePoll(ctx, store.Poll{
			Asked: c, At: now, NextPollAt: now.Add(nextInterval(c, 0, 0)),
			Documents: batch.Documents, ETag: batch.ETag, LastModified: batch.LastModified, NotModified: batch.NotModified,
		})
		if err != nil {
			return err
		}
		if err := river.RecordOutput(ctx, result); err != nil {
			return err
		}
		tx, _ := store.Tx(ctx)
		_, err = river.JobCompleteTx[*riverpgxv5.Driver, pgx.Tx](ctx, tx, job)
		return err
	})
	if isNotFound(err) {
		return failForGood("The collection was removed while it was polled.")
	}
	if err == nil {
		w.metrics.polled(result.PollOutcome)
	}
	return err
}

func (w *pollWorker) saveFailure(ctx context.Context, c store.Collection, fault *collect.Error) error {
	now := w.now()
	outcome, err := w.store.SavePoll(ctx, store.Poll{
		Asked: c, At: now, NextPollAt: now.Add(nextInterval(c, c.ConsecutiveFailures+1, fault.RetryAfter)),
		Err: &store.PollError{Code: fault.Code, Message: fault.Message, At: now},
	})
	if isNotFound(err) {
		return failForGood("The collection was removed while it was polled.")
	}
	if err != nil {
		return err
	}
	w.metrics.polled(outcome)
	return failForGood(fault.Message)
}

// report tells how far the poll is, if anybody may be waiting for it.
func (w *pollWorker) report(ctx context.Context, job *river.Job[PollArgs], percent int, stage, message string) error {
	if slices.Contains(job.Tags, scheduledTag) {
		return nil
	}
	return w.store.ReportProgress(ctx, store.JobID(job.ID), store.JobProgress{Percent: percent, Stage: stage, Message: message})
}

func source(c store.Collection) collect.Source {
	return collect.Source{
		Type: c.Type, URL: text(c.URL), Config: c.Config, Language: text(c.Language), ETag: text(c.ETag), LastModified: text(c.LastModified),
	}
}

// Bounds of the time between two polls of a source that fails.
const (
	maxBackoff    = 24 * time.Hour
	maxRetryAfter = 7 * 24 * time.Hour
)

// nextInterval is how long a source is left alone: its interval while all goes well, doubled with
// each failure in a row up to a day, and never less than a source that refuses asks for. Up to a
// twentieth is added by chance, so that sources added together drift apart.
func nextInterval(c store.Collection, failures int, retryAfter time.Duration) time.Duration {
	interval := time.Duration(c.PollIntervalMinutes) * time.Minute
	for range min(failures-1, 12) {
		interval = max(interval, min(2*interval, maxBackoff))
	}
	interval = max(interval, min(retryAfter, maxRetryAfter))
	return interval + rand.N(interval/20) //nolint:gosec // jitter is no secret
}

func isNotFound(err error) bool {
	var refusal *store.Error
	return errors.As(err, &refusal) && refusal.Kind == store.KindNotFound
}

// text is what a pointer points at, or "".
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
