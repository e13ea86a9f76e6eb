package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A Fetch is one line of the ledger: what a poll asked, what came and what came of it. Its JSON form
// is the API's.
type Fetch struct {
	ID           uuid.UUID `json:"id"`
	CollectionID uuid.UUID `json:"collection_id"`
	StartedAt    time.Time `json:"started_at"`
	DurationMS   int       `json:"duration_ms"`
	// URL is what was asked; nil for a source without an address. FinalURL is where the answer came from.
	URL      *string `json:"url"`
	FinalURL *string `json:"final_url"`
	// Status is the HTTP status; nil where no answer came.
	Status *int `json:"status"`
	// Bytes is what the answer's body weighed on the wire.
	Bytes            int64   `json:"bytes"`
	ETagSent         *string `json:"etag_sent"`
	LastModifiedSent *string `json:"last_modified_sent"`
	// Outcome is that of PollOutcome.
	Outcome            string  `json:"outcome"`
	Entries            int     `json:"entries"`
	EntriesSkipped     int     `json:"entries_skipped"`
	DocumentsAdded     int     `json:"documents_added"`
	DocumentsUpdated   int     `json:"documents_updated"`
	DocumentsUnchanged int     `json:"documents_unchanged"`
	Fault              *string `json:"fault"`
	ErrorCode          *string `json:"error_code"`
	ErrorMessage       *string `json:"error_message"`

	NextPollAt     time.Time  `json:"next_poll_at"`
	NextPollReason PollReason `json:"next_poll_reason"`
	// NextPollWhy is the same for programs.
	NextPollWhy []PollStep `db:"-" json:"next_poll_why"`
}

const fetchColumns = `
	id, collection_id, started_at, duration_ms, url, final_url, status, bytes, etag_sent, last_modified_sent, outcome, entries,
	entries_skipped, documents_added, documents_updated, documents_unchanged, fault, error_code, error_message,
	next_poll_at, next_poll_reason`

// saveFetch writes the ledger's line of a poll.
func (s *Store) saveFetch(ctx context.Context, p Poll, outcome PollOutcome) error {
	const q = `
		insert into fetches (` + fetchColumns + `)
		values (@id, @collection, @started, @duration, @url, @final_url, @status, @bytes, @etag, @last_modified, @outcome, @entries,
			@skipped, @added, @updated, @unchanged, @fault, @code, @message, @next, jsonb_strip_nulls(@reason))`
	args := pgx.NamedArgs{
		"id": newID(), "collection": p.Asked.ID, "started": p.At.Add(-p.Duration), "duration": p.Duration.Milliseconds(),
		"url": p.Asked.URL, "final_url": known(p.FinalURL), "status": known(p.Status), "bytes": p.Bytes,
		"etag": p.Asked.ETag, "last_modified": p.Asked.LastModified, "outcome": outcome.Outcome,
		"entries": p.Entries, "skipped": p.EntriesSkipped, "added": outcome.DocumentsAdded, "updated": outcome.DocumentsUpdated,
		"unchanged": outcome.DocumentsUnchanged, "fault": known(p.Fault), "code": nil, "message": nil,
		"next": p.NextPollAt, "reason": p.NextPollReason.steps(),
	}
	if p.Err != nil {
		args["code"], args["message"] = p.Err.Code, p.Err.Message
	}
	_, err := s.db(ctx).Exec(ctx, q, args)
	return err
}

// known is nil for what is not known.
func known[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// DeleteOldFetches forgets fetches that are older than age. Those of a collection's last poll stay.
func (s *Store) DeleteOldFetches(ctx context.Context, age time.Duration) error {
	const q = `
		delete from fetches
		using collections
		where collections.id = fetches.collection_id and started_at < now() - @age::interval
			and started_at < collections.last_polled_at - interval '1 hour'`
	_, err := s.db(ctx).Exec(ctx, q, pgx.NamedArgs{"age": age})
	return err
}

// networkCodes are the errors that an own network that is down causes, too.
var networkCodes = []string{"dns_failed", "connect_failed", "timeout", "protocol_error"}

// NetworkSeemsDown is whether the fault may be ours: since the last poll of any site that got an answer, or
// since the moment given, polls of at least ten sites met errors of the network. Polls that asked nobody tell nothing.
func (s *Store) NetworkSeemsDown(ctx context.Context, since time.Time) (bool, error) {
	const q = `
		with recent as materialized (
			select started_at, url, coalesce(error_code = any ($2), false) as away, error_code is null or status is not null as answered
			from fetches
			where started_at > $1)
		select count(distinct substring(url from '^[a-z]+://([^/]*)')) >= 10
		from recent
		where away and started_at > coalesce((select max(started_at) from recent where answered), '-infinity')`
	var down bool
	err := s.db(ctx).QueryRow(ctx, q, since, networkCodes).Scan(&down)
	return down, err
}
