// Package ledger is the language in which the rooms that call outside services speak with whoever keeps the
// books: what a call is before it is made, and what came of it. So a price can be reserved before it is paid,
// a call refused that would go over a budget, and one that was answered before answered again from the books.
package ledger

import (
	"context"
	"errors"
)

// A Call is one request to an outside service before it is made.
type Call struct {
	// Provider is who is paid, as "openrouter" or "tavily"; Model is empty where no model is asked.
	Provider, Model string
	// Operation is what it is for, as "plan", "search" or "write".
	Operation string
	// Request is what is asked, without secrets. Within one run, calls of equal provider, model, operation
	// and request are the same call: an answer to the first is the answer to all.
	Request []byte
	Price   Price
	// Most is the most that the call can cost, in micro-dollars; nil where that is not known.
	Most *int64
}

// A Price is what a service asks, in micro-dollars (a millionth of a US dollar). Nil is not known; zero is free.
type Price struct {
	// PerInput and PerOutput are for a million tokens.
	PerInput, PerOutput *int64
	// PerRequest is for the request itself.
	PerRequest *int64
}

// A Reply is what came of a call that was answered.
type Reply struct {
	// Body is all that is needed to answer the same call again.
	Body []byte
	// InputTokens and OutputTokens are as the service counted them; nil where it did not say.
	InputTokens, OutputTokens *int
	// Cost is in micro-dollars; nil where it is not known.
	Cost *int64
}

// Errors of a Book.
var (
	// ErrBudget refuses a call that could go over what may be spent.
	ErrBudget = errors.New("the budget does not allow this call")
	// ErrLost refuses a call that was made before by a process that died before it had the answer: whether it
	// was paid for nobody knows, so it is not paid for again.
	ErrLost = errors.New("this call was made before, and its answer was lost")
)

// A Book keeps account of calls.
type Book interface {
	// Make reserves what a call can cost, sends it, and books what it did cost. An equal call that was
	// answered before is answered from the book without being sent. Its errors are ErrBudget and ErrLost,
	// which come before anything is sent, those of send, and those of the book itself.
	Make(ctx context.Context, c Call, send func(ctx context.Context) (Reply, error)) (Reply, error)
}

// Unbooked sends every call and keeps no account.
type Unbooked struct{}

// Make sends the call.
func (Unbooked) Make(ctx context.Context, _ Call, send func(ctx context.Context) (Reply, error)) (Reply, error) {
	return send(ctx)
}
