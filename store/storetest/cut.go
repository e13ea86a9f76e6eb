package storetest

import (
	"context"
	"sync"
	"sync/atomic"
)

// CutOff is a context whose time is over once it has been asked so often whether it is: each statement of the database asks a
// few times. So work can be cut off before any of its statements, and stays cut off.
func CutOff(ctx context.Context, asked int) context.Context {
	c := &cut{Context: ctx, over: make(chan struct{})}
	c.left.Store(int64(asked))
	return c
}

type cut struct {
	context.Context //nolint:containedctx // it is one
	left            atomic.Int64
	over            chan struct{}
	once            sync.Once
}

// Done is context.Context's.
func (c *cut) Done() <-chan struct{} {
	if c.left.Add(-1) <= 0 {
		c.once.Do(func() { close(c.over) })
	}
	return c.over
}

// Err is context.Context's.
func (c *cut) Err() error {
	select {
	case <-c.over:
		return context.DeadlineExceeded
	default:
		return c.Context.Err()
	}
}
