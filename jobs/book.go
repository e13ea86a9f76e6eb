package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/store"
)

// A book keeps account of the calls of one attempt of a job in the database. What an earlier attempt was answered is
// not asked again.
type book struct {
	store *store.Store
	// job, run and topic are what the calls are for; attempt tells this start of the job from earlier ones.
	job        store.JobID
	run, topic *uuid.UUID
	attempt    uuid.UUID
	budget     *store.ResearchBudget
}

// newBook opens the book for an attempt that begins. Without a budget everything may be spent.
func newBook(s *store.Store, job store.JobID, run, topic *uuid.UUID, budget *store.ResearchBudget) *book {
	return &book{store: s, job: job, run: run, topic: topic, attempt: uuid.New(), budget: budget}
}

// settling is how long it may take to note what came of a call, also where the job is being stopped.
const settling = 10 * time.Second

// Make makes a call; see ledger.Book.
func (b *book) Make(ctx context.Context, c ledger.Call, send func(context.Context) (ledger.Reply, error)) (ledger.Reply, error) {
	request := store.CallRequest{
		JobID: b.job, RunID: b.run, TopicID: b.topic, Attempt: b.attempt, Provider: c.Provider, Model: c.Model, Operation: c.Operation,
		Request: c.Request, Most: c.Most, PerInput: c.Price.PerInput, PerOutput: c.Price.PerOutput, PerRequest: c.Price.PerRequest,
	}
	if b.budget != nil {
		request.RepeatLost, request.MaxRequests, request.MaxCost = b.budget.RepeatLostCalls, &b.budget.MaxRequests, b.budget.MaxCostMicros()
	}
	id, before, err := b.store.ReserveCall(ctx, request)
	if err != nil {
		return ledger.Reply{}, b.refusal(c, err)
	}
	if before != nil {
		return ledger.Reply{Body: before.Body, InputTokens: before.InputTokens, OutputTokens: before.OutputTokens, Cost: before.Cost}, nil
	}
	reply, err := send(ctx)
	// What was paid is noted even if nobody waits for it any more.
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), settling)
	defer cancel()
	if err != nil {
		return reply, errors.Join(err, b.store.FailCall(noting, id, err.Error(), reply.Cost))
	}
	return reply, b.store.SettleCall(noting, id, store.CallReply{
		Body: reply.Body, InputTokens: reply.InputTokens, OutputTokens: reply.OutputTokens, Cost: reply.Cost,
	})
}

// refusal says why a call is not made.
func (b *book) refusal(c ledger.Call, err error) error {
	var over *store.OverBudget
	switch {
	case errors.Is(err, store.ErrAnswerLost):
		return ledger.ErrLost
	case errors.Is(err, store.ErrTooManyRequests):
		return &ledger.Refusal{Requests: &b.budget.MaxRequests}
	case errors.Is(err, store.ErrUnknownPrice):
		return &ledger.Refusal{Unpriced: c.Provider}
	case errors.As(err, &over):
		return &ledger.Refusal{Most: c.Most, Left: over.Left, Budget: *b.budget.MaxCostMicros()}
	}
	return err
}
