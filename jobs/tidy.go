package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/content-creator/content-creator-api/store"
)

// eventAge is for how long events can be resumed from.
const eventAge = 24 * time.Hour

// fetchAge is for how long the ledger of polls is kept.
const fetchAge = 7 * 24 * time.Hour

// TidyArgs forgets what has had its time: events, kept answers, the ledger of polls, deliveries of webhooks, and documents
// of imports that came to nothing.
type TidyArgs struct{}

// Kind names the job.
func (TidyArgs) Kind() string { return "tidy" }

// InsertOpts says that one at a time is enough.
func (TidyArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: unfinished}}
}

type tidyWorker struct {
	river.WorkerDefaults[TidyArgs]
	store *store.Store
}

// Work deletes what is too old.
func (w *tidyWorker) Work(ctx context.Context, _ *river.Job[TidyArgs]) error {
	return errors.Join(w.store.DeleteOldEvents(ctx, eventAge, unreadAge), w.store.DeleteOldAnswers(ctx), w.store.DeleteOldFetches(ctx, fetchAge),
		w.store.DeleteOldOPML(ctx, importAge), w.store.DeleteOldDeliveries(ctx, deliveryAge, keptDeliveries))
}
