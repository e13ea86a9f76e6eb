package jobs

import (
	"context"
	"errors"

	"github.com/riverqueue/river"

	"github.com/content-creator/content-creator-api/store"
)

// SweepArgs asks which collections are due and queues their polls, and whether documents wait to be processed.
type SweepArgs struct{}

// Kind names the job.
func (SweepArgs) Kind() string { return "sweep" }

// InsertOpts says that one sweep at a time is enough; the next one makes up for a failed one.
func (SweepArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: unfinished}}
}

// sweepBatch is how many collections one transaction claims.
const sweepBatch = 500

type sweepWorker struct {
	river.WorkerDefaults[SweepArgs]
	client *Client
}

// Work claims due collections and queues their polls, then queues the processing of documents that wait for it and
// discoveries that are due; what the last polls brought is indexed for good, and webhooks pass over events that do not concern them. None of these keeps the others from being done.
func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[SweepArgs]) error {
	return errors.Join(w.queuePolls(ctx), w.client.queueProcessing(ctx), w.client.store.IndexPendingDocuments(ctx), w.client.queueSchedules(ctx),
		w.client.store.PassOverEvents(ctx))
}

// queuePolls claims due collections batch by batch, each in one transaction with their polls.
func (w *sweepWorker) queuePolls(ctx context.Context) error {
	settings, err := w.client.store.Settings(ctx)
	if err != nil || !settings.PollingEnabled {
		return err
	}
	for {
		claimed, err := w.client.queueDue(ctx)
		if err != nil || claimed < sweepBatch {
			return err
		}
	}
}

// queueDue claims one batch of due collections and queues their polls.
func (c *Client) queueDue(ctx context.Context) (claimed int, err error) {
	err = c.store.InTx(ctx, func(ctx context.Context) error {
		due, err := c.store.ClaimDueCollections(ctx, c.now(), sweepBatch)
		if err != nil || len(due) == 0 {
			return err
		}
		claimed = len(due)
		params := make([]river.InsertManyParams, len(due))
		for i, id := range due {
			params[i] = river.InsertManyParams{
				Args: PollArgs{CollectionID: id}, InsertOpts: &river.InsertOpts{Tags: []string{scheduledTag}},
			}
		}
		tx, _ := store.Tx(ctx)
		_, err = c.river.InsertManyTx(ctx, tx, params)
		return err
	})
	return claimed, err
}

// queueProcessing queues the processing of documents that wait for it, where nothing else has.
func (c *Client) queueProcessing(ctx context.Context) error {
	waiting, err := c.store.HasNewDocuments(ctx)
	if err != nil || !waiting {
		return err
	}
	return c.store.InTx(ctx, func(ctx context.Context) error {
		_, err := c.insert(ctx, ProcessArgs{})
		return err
	})
}
