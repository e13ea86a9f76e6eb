package jobs

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/webhook"
)

const (
	// queueWebhooks has a worker for each webhook that is called at once.
	queueWebhooks = "webhooks"
	// webhookWorkers is how many webhooks are called at once.
	webhookWorkers = 16
	// webhookTick is how often is looked for webhooks with something to do: about as late as a delivery is.
	webhookTick = time.Second
	// webhookSlice is how long a webhook may keep its worker while others wait; what is left comes with the next job.
	webhookSlice = 10 * time.Second
	// callsAtOnce is how many calls a receiver gets at once.
	callsAtOnce = 8
	// keptAnswer is how much of an answer is kept as the proof of a delivery.
	keptAnswer = 1024
	// deliveryAge and keptDeliveries bound the log of deliveries: of each webhook the newest so many, for so long.
	deliveryAge    = 7 * 24 * time.Hour
	keptDeliveries = 10_000
	// unreadAge is for how long events are kept for a webhook that has not come to them.
	unreadAge = 7 * 24 * time.Hour
)

// webhookTest is the type of a delivery that tells of nothing but itself.
const webhookTest = "webhook.test"

// WebhookArgs asks to look at the events that a webhook is told of, and to make the calls that are due.
type WebhookArgs struct {
	WebhookID uuid.UUID `json:"webhook_id" river:"unique"`
}

// Kind names the job.
func (WebhookArgs) Kind() string { return "webhook" }

// InsertOpts says that one job works for a webhook at a time; the next one makes up for a failed one.
func (WebhookArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueWebhooks, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}

// TestWebhook adds a delivery that tells of nothing but itself, and queues it.
func (c *Client) TestWebhook(ctx context.Context, id uuid.UUID) (store.WebhookDelivery, error) {
	return c.deliver(ctx, id, func(ctx context.Context) (store.WebhookDelivery, error) {
		body, _ := webhook.Body(webhookTest, c.now(), map[string]any{"webhook_id": id}) // which always has a JSON form
		return c.store.TestWebhook(ctx, id, webhookTest, body, c.now())
	})
}

// ReplayDelivery adds a delivery that sends once more what another one has sent, and queues it.
func (c *Client) ReplayDelivery(ctx context.Context, id, delivery uuid.UUID) (store.WebhookDelivery, error) {
	return c.deliver(ctx, id, func(ctx context.Context) (store.WebhookDelivery, error) {
		return c.store.ReplayDelivery(ctx, id, delivery, c.now())
	})
}

// deliver adds a delivery and the job that sends it in one transaction. A job that runs already may end without having seen
// the delivery: the next look finds it.
func (c *Client) deliver(ctx context.Context, id uuid.UUID, add func(context.Context) (store.WebhookDelivery, error)) (d store.WebhookDelivery, err error) {
	err = c.store.InTx(ctx, func(ctx context.Context) error {
		if d, err = add(ctx); err != nil {
			return err
		}
		_, err = c.insert(ctx, WebhookArgs{WebhookID: id})
		return err
	})
	return d, err
}

// keepCalling looks again and again for webhooks with something to do, until ctx ends. It is no job itself: one a second
// would be the most of all jobs.
func (c *Client) keepCalling(ctx context.Context) {
	c.keep(ctx, webhookTick, c.queueWebhooks, "webhooks were not looked after")
}

// queueWebhooks queues the jobs of webhooks with something to do.
func (c *Client) queueWebhooks(ctx context.Context) error {
	ids, err := c.store.WebhooksWithWork(ctx, c.now())
	if err != nil || len(ids) == 0 {
		return err
	}
	params := make([]river.InsertManyParams, len(ids))
	for i, id := range ids {
		params[i] = river.InsertManyParams{Args: WebhookArgs{WebhookID: id}}
	}
	return c.store.InTx(ctx, func(ctx context.Context) error {
		tx, _ := store.Tx(ctx)
		_, err := c.river.InsertManyTx(ctx, tx, params)
		return err
	})
}

type webhookWorker struct {
	river.WorkerDefaults[WebhookArgs]
	store   *store.Store
	poster  *collect.Poster
	now     func() time.Time
	metrics *metrics
	// slice is how long a job works before others have their turn; it does a round in any case.
	slice time.Duration
}

// Work makes deliveries of events and calls the receiver, until there is nothing to do now or others are to have their turn.
func (w *webhookWorker) Work(ctx context.Context, job *river.Job[WebhookArgs]) error {
	for end := time.Now().Add(w.slice); ; {
		more, err := w.round(ctx, job.Args.WebhookID)
		if err != nil || !more || time.Now().After(end) {
			return err
		}
	}
}

// round makes some deliveries and some calls, and answers whether there may be more to do.
func (w *webhookWorker) round(ctx context.Context, id uuid.UUID) (bool, error) {
	looked, err := w.store.AdvanceWebhook(ctx, id, w.now(), func(e store.Event) ([]byte, error) {
		return webhook.Body(e.Type, e.OccurredAt, e.Data)
	})
	if err != nil {
		return false, err
	}
	due, err := w.store.WebhookCalls(ctx, id, w.now(), callsAtOnce)
	if err != nil {
		return false, err
	}
	return looked > 0 || len(due.Calls) > 0, w.call(ctx, id, due)
}

// call makes the calls at once and keeps what came of each.
func (w *webhookWorker) call(ctx context.Context, id uuid.UUID, due store.WebhookCalls) error {
	faults := make([]error, len(due.Calls))
	var calls sync.WaitGroup
	for i, call := range due.Calls {
		calls.Go(func() { faults[i] = w.deliver(ctx, id, due, call) })
	}
	calls.Wait()
	return errors.Join(faults...)
}

func (w *webhookWorker) deliver(ctx context.Context, id uuid.UUID, due store.WebhookCalls, call store.WebhookCall) error {
	began, body := w.now(), []byte(call.Body)
	header, err := webhook.Header(call.MessageID, began, body, due.Secrets...)
	if err != nil {
		return err
	}
	stopwatch := time.Now()
	got, err := w.poster.Post(ctx, due.URL, header, body, keptAnswer)
	if ctx.Err() != nil {
		// Nobody knows what the receiver has made of it: the next worker sends it again.
		return ctx.Err()
	}
	answer := webhook.Answer{Status: got.Status, RetryAfter: got.RetryAfter}
	outcome := store.WebhookOutcome{
		WebhookID: id, Call: call, Succeeded: answer.Succeeded(), Gone: answer.Gone(), At: w.now(),
		Attempt: attempt(began, time.Since(stopwatch), got, err),
	}
	if !outcome.Succeeded {
		outcome.Failures = due.Failures + 1
		if wait, more := webhook.RetryIn(call.Attempts+1, answer); more {
			outcome.RetryAt = new(outcome.At.Add(wait))
		}
		if rest := webhook.Rest(outcome.Failures, answer); rest > 0 {
			outcome.RestUntil = outcome.At.Add(rest)
		}
	}
	w.metrics.called(outcome.Succeeded)
	return w.store.SaveWebhookOutcome(ctx, outcome)
}

// attempt is how the log tells of a call.
func attempt(at time.Time, took time.Duration, got collect.PostAnswer, err error) store.WebhookAttempt {
	a := store.WebhookAttempt{At: at, DurationMS: took.Milliseconds()}
	if err != nil {
		a.Error = new(err.Error())
		return a
	}
	a.Status = &got.Status
	if len(got.Body) > 0 {
		// What the log cannot hold is left out: the end of a character that was cut, and NUL.
		a.Answer = new(strings.ReplaceAll(strings.ToValidUTF8(string(got.Body), ""), "\x00", ""))
	}
	return a
}
