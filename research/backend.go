// Package research answers questions from sources that were read: it searches, reads, weighs and writes, and checks every
// sentence against the words that it cites. It keeps nothing itself.
package research

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/ledger"
)

// A Backend finds pages for a query.
type Backend struct {
	Name string
	// Own: it is the own archive, which is asked without a book.
	Own    bool
	Price  ledger.Price
	Search func(ctx context.Context, q Query) ([]Hit, error)
}

// A Query is what a backend is asked.
type Query struct {
	Text, Language, Market string
	Limit                  int
	Since                  time.Time
}

// A Hit is a page that a backend found.
type Hit struct {
	URL, Title, Snippet, Text string
	PublishedAt               *time.Time
	Backend                   string
	Rank                      int
	Score                     *float64
	DocumentID                *uuid.UUID
}
