package llmtest

import (
	"context"
	"strings"
	"sync"

	"github.com/content-creator/content-creator-api/ledger"
)

// A Book is a ledger.Book that lives in memory and remembers what was answered. The zero Book is empty.
type Book struct {
	// Refuse is the error of every further call that is not in the book yet; nil refuses none.
	Refuse error

	mu       sync.Mutex
	entries  []Entry
	answered map[string]ledger.Reply
}

// An Entry is a call that was sent, or answered from the book.
type Entry struct {
	Call     ledger.Call
	Reply    ledger.Reply
	Err      error
	FromBook bool
}

// Make is ledger.Book's.
func (b *Book) Make(ctx context.Context, c ledger.Call, send func(context.Context) (ledger.Reply, error)) (ledger.Reply, error) {
	key := strings.Join([]string{c.Provider, c.Model, c.Operation, string(c.Request)}, "\x00")
	b.mu.Lock()
	reply, found := b.answered[key]
	refuse := b.Refuse
	if found {
		b.entries = append(b.entries, Entry{Call: c, Reply: reply, FromBook: true})
	}
	b.mu.Unlock()
	switch {
	case found:
		return reply, nil
	case refuse != nil:
		return ledger.Reply{}, refuse
	}
	reply, err := send(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, Entry{Call: c, Reply: reply, Err: err})
	if err == nil {
		if b.answered == nil {
			b.answered = map[string]ledger.Reply{}
		}
		b.answered[key] = reply
	}
	return reply, err
}

// Entries are what was called so far.
func (b *Book) Entries() []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Entry(nil), b.entries...)
}
