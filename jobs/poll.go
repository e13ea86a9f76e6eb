package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

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
	client     *Client
	// readsPages is whether documents' pages are queued to be read.
	readsPages bool
}

// pollResult is what the job shows of a poll.
type pollResult struct {
	store.PollOutcome
	EntriesSkipped int   `json:"entries_skipped"`
	HTTPStatus     int   `json:"http_status"`
	Bytes          int64 `json:"bytes"`
	// Fault is what is wrong with the source although it brought something.
	Fault string `json:"fault,omitempty"`
}

// Work asks the source, then keeps what it brought and finishes the job in one transaction: a crash
// in between changes nothing and the poll starts again. What fails on our own side is tried again, too, and told
// in the end: a collection that cannot be polled must not look as if it were well.
func (w *pollWorker) Work(ctx context.Context, job *river.Job[PollArgs]) error {
	started := w.now()
	err := withoutPanic(ctx, func(ctx context.Context) error { return w.poll(ctx, job.Args.CollectionID, w.jobOf(job)) })
	var told *Failure
	var snooze *river.JobSnoozeError
	if err == nil || errors.As(err, &told) || errors.As(err, &snooze) || job.Attempt < job.MaxAttempts || errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	return errors.Join(err, w.saveInternal(context.WithoutCancel(ctx), job.Args.CollectionID, started))
}

// saveInternal tells that a collection could not be polled through no fault of its own.
func (w *pollWorker) saveInternal(ctx context.Context, id uuid.UUID, started time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := w.store.Collection(ctx, id)
	if err != nil {
		return err
	}
	_, _, err = w.fail(ctx, c, &collect.Error{Code: codeInternal, Message: "It could not be polled for an internal error, or took too long; the server's log says more."}, started)
	return err
}

// codeInternal is the error of a poll that failed on our own side.
const codeInternal = "internal"

// jobOf is what a poll tells the queue's job.
func (w *pollWorker) jobOf(job *river.Job[PollArgs]) pollJob {
	return pollJob{
		report: func(ctx context.Context, p store.JobProgress) error {
			// Nobody waits for what the schedule queued.
			if slices.Contains(job.Tags, scheduledTag) {
				return nil
			}
			return w.store.ReportProgress(ctx, store.JobID(job.ID), p)
		},
		complete: func(ctx context.Context, result pollResult) error {
			if result.DocumentsAdded+result.DocumentsUpdated > 0 {
				if err := w.client.ensureProcessing(ctx); err != nil {
					return err
				}
			}
			return complete(ctx, job, result)
		},
	}
}

// A pollJob is what a poll tells the queue of itself: how far it is, and, in the transaction that saves
// everything else, that it is done.
type pollJob struct {
	report   func(context.Context, store.JobProgress) error
	complete func(context.Context, pollResult) error
}

func (w *pollWorker) poll(ctx context.Context, id uuid.UUID, job pollJob) error {
	c, err := w.store.Collection(ctx, id)
	if isNotFound(err) {
		return failForGood("The collection has been removed.")
	}
	if err != nil {
		return err
	}
	if err := job.report(ctx, store.JobProgress{Percent: 10, Stage: "fetching", Message: "Asking " + c.Name + "."}); err != nil {
		return err
	}
	started := w.now()
	batch, err := w.collectors[c.Type].Collect(ctx, source(c))
	if ctx.Err() != nil {
		// Nobody knows what the source would have said.
		return ctx.Err()
	}
	var fault *collect.Error
	if errors.As(err, &fault) {
		return w.saveFailure(ctx, c, fault, started)
	}
	if err != nil {
		return err
	}
	if err := job.report(ctx, store.JobProgress{Percent: 70, Stage: "saving", Message: "Saving what " + c.Name + " brought."}); err != nil {
		return err
	}
	return w.saveBatch(ctx, job, c, batch, started)
}

func (w *pollWorker) saveBatch(ctx context.Context, job pollJob, c store.Collection, batch collect.Batch, started time.Time) error {
	result := pollResult{EntriesSkipped: batch.SkippedCount, HTTPStatus: batch.Status, Bytes: batch.Bytes, Fault: faultOf(batch)}
	now, pace := w.now(), paceAfter(c.Pace, batch)
	next := afterSuccess(c, pace, now)
	poll := store.Poll{
		Asked: c, At: now, Duration: now.Sub(started), NextPollAt: now.Add(next.wait), NextPollReason: next.reason,
		Documents: batch.Documents, ETag: batch.ETag, LastModified: batch.LastModified, BodyHash: batch.BodyHash, NotModified: batch.NotModified,
		Pace: pace, MovedTo: batch.MovedTo, FinalURL: batch.FinalURL, Status: batch.Status, Bytes: batch.Bytes,
		Entries: batch.Entries, EntriesSkipped: batch.SkippedCount, Fault: result.Fault,
		Then: w.queuePages(c, batch.Documents),
	}
	err := w.store.InTx(ctx, func(ctx context.Context) (err error) {
		if result.PollOutcome, err = w.store.SavePoll(ctx, poll); err != nil {
			return err
		}
		return job.complete(ctx, result)
	})
	if isNotFound(err) {
		return failForGood("The collection was removed while it was polled.")
	}
	if err == nil {
		w.metrics.polled(poll, result.PollOutcome)
	}
	return err
}

// faultOf says what is wrong with what came: with the source as a whole, else with entries that could not be kept.
func faultOf(batch collect.Batch) string {
	if batch.Fault != "" || batch.Unread == 0 {
		return batch.Fault
	}
	first := batch.FirstUnread
	return fmt.Sprintf("%d of %d entries could not be read; the first, number %d (%s): %s",
		batch.Unread, batch.Entries, first.Position, cmp.Or(first.Title, "without a title"), first.Reason)
}

// paceAfter is what is known of a source's pace after a batch: one without news does not repeat what the feed says, and a
// 304 not all of the headers.
func paceAfter(before store.Pace, batch collect.Batch) store.Pace {
	if !batch.NotModified {
		return batch.Pace
	}
	if batch.Pace.Fresh.Seconds > 0 || batch.Status != http.StatusNotModified {
		before.Fresh = batch.Pace.Fresh
	}
	return before
}

func (w *pollWorker) saveFailure(ctx context.Context, c store.Collection, fault *collect.Error, started time.Time) error {
	if fault.Code == collect.CodeHostBusy {
		return w.postpone(ctx, c, fault)
	}
	poll, outcome, err := w.fail(ctx, c, fault, started)
	if isNotFound(err) {
		return failForGood("The collection was removed while it was polled.")
	}
	if err != nil {
		return err
	}
	w.metrics.polled(poll, outcome)
	return failForGood(fault.Message)
}

// fail keeps a poll that has failed.
func (w *pollWorker) fail(ctx context.Context, c store.Collection, fault *collect.Error, started time.Time) (store.Poll, store.PollOutcome, error) {
	ours, err := w.seemsOurs(ctx, fault)
	if err != nil {
		return store.Poll{}, store.PollOutcome{}, err
	}
	now, next := w.now(), afterFailure(c, c.ConsecutiveFailures+1, fault)
	if ours {
		next = afterSilence()
	}
	poll := store.Poll{
		Asked: c, At: now, Duration: now.Sub(started), NextPollAt: now.Add(next.wait), NextPollReason: next.reason, Status: fault.Status,
		Err: &store.PollError{Code: fault.Code, Message: fault.Message, At: now}, Gone: fault.Code == collect.CodeGone, Ours: ours,
	}
	outcome, err := w.store.SavePoll(ctx, poll)
	return poll, outcome, err
}

// postponedApart is within how long those come back that wait for one site.
const postponedApart = 10 * time.Minute

// postpone puts off a poll whose site must not be asked yet: nothing was asked, nothing has failed.
// Those that wait for one site come back at different times.
func (w *pollWorker) postpone(ctx context.Context, c store.Collection, fault *collect.Error) error {
	wait := fault.RetryAfter + rand.N(min(fault.RetryAfter, postponedApart)+time.Second) //nolint:gosec // jitter is no secret
	if err := w.store.PostponePoll(ctx, c, w.now().Add(wait), store.PollReason{{Code: "host_budget"}}); err != nil {
		return err
	}
	return river.JobSnooze(wait)
}

// networkWindow is how far back is looked for any site that has answered.
const networkWindow = 10 * time.Minute

// seemsOurs is whether a source may not be to blame, since no other answers either.
func (w *pollWorker) seemsOurs(ctx context.Context, fault *collect.Error) (bool, error) {
	if fault.Status != 0 || fault.Code == codeInternal {
		return false, nil
	}
	return w.store.NetworkSeemsDown(ctx, w.now().Add(-networkWindow))
}

func source(c store.Collection) collect.Source {
	return collect.Source{
		Type: c.Type, URL: text(c.URL), Config: c.Config, Language: text(c.Language), ETag: text(c.ETag), LastModified: text(c.LastModified),
		BodyHash: c.BodyHash,
	}
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
