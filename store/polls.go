package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Poll is what asking a source once has brought: documents, "not modified", or an error.
type Poll struct {
	// Asked is the collection as it was asked. Where it asks for something else by now, the poll is void.
	Asked Collection
	At    time.Time
	// NextPollAt is when the source is to be asked again.
	NextPollAt time.Time

	// Documents need no ID, CollectionID, Domain or Market: SavePoll gives them.
	Documents []Document
	// ETag and LastModified replace the collection's after a success; "" is none.
	ETag, LastModified string
	// NotModified keeps validators and documents as they are.
	NotModified bool

	// Err is why the source could not be read; nil after a success.
	Err *PollError
}

// PollOutcome is what became of a poll in the database. Its JSON form is the job's result.
type PollOutcome struct {
	// Outcome is documents_added, documents_updated, nothing_new, not_modified, failed or superseded
	// (the collection got another source while the old one was asked; nothing was saved).
	Outcome            string `json:"outcome"`
	DocumentsAdded     int    `json:"documents_added"`
	DocumentsUpdated   int    `json:"documents_updated"`
	DocumentsUnchanged int    `json:"documents_unchanged"`
}

// SavePoll keeps everything that a poll has brought in one transaction: documents, validators,
// counters, health, the time of the next poll and the events that tell of it.
func (s *Store) SavePoll(ctx context.Context, p Poll) (PollOutcome, error) {
	var outcome PollOutcome
	err := s.InTx(ctx, func(ctx context.Context) error {
		c, err := s.lockCollection(ctx, p.Asked.ID, 0)
		if err != nil {
			return err
		}
		switch {
		case !c.asksLike(p.Asked):
			outcome = PollOutcome{Outcome: "superseded"}
			return nil
		case p.Err != nil:
			outcome = PollOutcome{Outcome: "failed"}
			return s.savePollFailure(ctx, c, p)
		}
		outcome, err = s.savePollSuccess(ctx, c, p)
		return err
	})
	return outcome, err
}

func (s *Store) savePollSuccess(ctx context.Context, c Collection, p Poll) (PollOutcome, error) {
	const q = `
		update collections
		set last_polled_at = @at, last_success_at = @at, next_poll_at = @next,
			success_count = success_count + 1, consecutive_failures = 0,
			last_error_code = null, last_error = null, last_error_at = null,
			documents_count = documents_count + @added,
			etag = case when @not_modified then etag else nullif(@etag, '') end,
			last_modified = case when @not_modified then last_modified else nullif(@last_modified, '') end,
			revision = revision + 1
		where id = @id`
	saved, err := s.saveDocuments(ctx, p.documentsOf(c))
	if err != nil {
		return PollOutcome{}, err
	}
	_, err = s.db(ctx).Exec(ctx, q, pgx.NamedArgs{
		"id": c.ID, "at": p.At, "next": p.NextPollAt, "added": saved.Added, "not_modified": p.NotModified,
		"etag": p.ETag, "last_modified": p.LastModified,
	})
	if err != nil {
		return PollOutcome{}, err
	}
	if c.ConsecutiveFailures > 0 {
		err = s.Emit(ctx, "feed.recovered", map[string]any{"collection_id": c.ID, "failures": c.ConsecutiveFailures})
	}
	if err == nil && saved.Added+saved.Updated > 0 {
		err = s.Emit(ctx, "feed.polled", map[string]any{
			"collection_id": c.ID, "documents_added": saved.Added, "documents_updated": saved.Updated,
		})
	}
	return PollOutcome{
		Outcome:        p.outcome(saved),
		DocumentsAdded: saved.Added, DocumentsUpdated: saved.Updated, DocumentsUnchanged: saved.Unchanged,
	}, err
}

func (p Poll) outcome(saved savedDocuments) string {
	switch {
	case p.NotModified:
		return "not_modified"
	case saved.Added > 0:
		return "documents_added"
	case saved.Updated > 0:
		return "documents_updated"
	}
	return "nothing_new"
}

// documentsOf are the poll's documents as the collection's own. The last of a feed is its oldest,
// so it gets the smallest id.
func (p Poll) documentsOf(c Collection) []Document {
	documents := make([]Document, len(p.Documents))
	for i := len(documents) - 1; i >= 0; i-- {
		d := p.Documents[i]
		d.ID, d.CollectionID, d.Domain, d.Market = newID(), &c.ID, c.Domain, c.Market
		documents[i] = d
	}
	return documents
}

func (s *Store) savePollFailure(ctx context.Context, c Collection, p Poll) error {
	const q = `
		update collections
		set last_polled_at = @at, next_poll_at = @next,
			failure_count = failure_count + 1, consecutive_failures = consecutive_failures + 1,
			last_error_code = @code, last_error = @message, last_error_at = @at,
			revision = revision + 1
		where id = @id
		returning health`
	var health string
	err := s.db(ctx).QueryRow(ctx, q, pgx.NamedArgs{
		"id": c.ID, "at": p.At, "next": p.NextPollAt, "code": p.Err.Code, "message": p.Err.Message,
	}).Scan(&health)
	// Only a change of health is news.
	if err != nil || health == c.Health || health == "paused" {
		return err
	}
	return s.Emit(ctx, "feed.degraded", map[string]any{
		"collection_id": c.ID, "health": health, "code": p.Err.Code, "message": p.Err.Message,
	})
}
