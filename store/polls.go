package store

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Poll is what asking a source once has brought: documents, "not modified", or an error.
type Poll struct {
	// Asked is the collection as it was asked. Where it asks for something else by now, the poll is void.
	Asked Collection
	// At is when the answer was read, Duration how long asking took.
	At       time.Time
	Duration time.Duration
	// NextPollAt is when the source is to be asked again, NextPollReason why then.
	NextPollAt     time.Time
	NextPollReason PollReason

	// Documents need no ID, CollectionID, Domain or Market: SavePoll gives them.
	Documents []Document
	// ETag, LastModified and BodyHash replace the collection's after a success; "" and nil are none.
	ETag, LastModified string
	BodyHash           []byte
	// NotModified keeps documents as they are, and with a Status of 304 the validators.
	NotModified bool
	// Pace replaces the collection's.
	Pace Pace
	// MovedTo is where permanent redirects led, "" if nowhere.
	MovedTo string

	// What the ledger keeps besides; see Fetch.
	FinalURL                string
	Status                  int
	Bytes                   int64
	Entries, EntriesSkipped int
	Fault                   string

	// Then, where set, is told in the same transaction what was added or updated; its error undoes the poll.
	Then func(ctx context.Context, changed []ChangedDocument) error

	// Err is why the source could not be read; nil after a success.
	Err *PollError
	// Gone is set where the source said that it will not come back; Ours where the fault seems to be
	// our own network's, which no collection is blamed for.
	Gone, Ours bool
}

// PollOutcome is what became of a poll in the database. Its JSON form is the job's result.
type PollOutcome struct {
	// Outcome is documents_added, documents_updated, nothing_new, not_modified, failed, network_down (no
	// site answers, so no collection is blamed) or superseded (the collection got another source while
	// the old one was asked; nothing was saved).
	Outcome            string `json:"outcome"`
	DocumentsAdded     int    `json:"documents_added"`
	DocumentsUpdated   int    `json:"documents_updated"`
	DocumentsUnchanged int    `json:"documents_unchanged"`
}

// SavePoll keeps everything that a poll has brought in one transaction: documents, validators,
// counters, health, the time of the next poll, its line of the ledger and the events that tell of it.
func (s *Store) SavePoll(ctx context.Context, p Poll) (PollOutcome, error) {
	var outcome PollOutcome
	err := s.InTx(ctx, func(ctx context.Context) error {
		c, err := s.lockCollection(ctx, p.Asked.ID, 0)
		if err != nil {
			return err
		}
		if !c.asksLike(p.Asked) {
			outcome = PollOutcome{Outcome: "superseded"}
			return nil
		}
		if p.Err != nil {
			outcome, err = s.savePollFailure(ctx, c, p)
		} else {
			outcome, err = s.savePollSuccess(ctx, c, p)
		}
		if err != nil {
			return err
		}
		return s.saveFetch(ctx, p, outcome)
	})
	return outcome, err
}

func (s *Store) savePollSuccess(ctx context.Context, c Collection, p Poll) (PollOutcome, error) {
	const q = `
		update collections
		set last_polled_at = @at, last_success_at = @at, next_poll_at = @next, next_poll_reason = jsonb_strip_nulls(@reason),
			success_count = success_count + 1, consecutive_failures = 0,
			last_error_code = null, last_error = null, last_error_at = null,
			documents_count = documents_count + @added,
			url = @url, moved_from = @moved_from, moved_to = @moved_to, moved_since = @moved_since, moved_count = @moved_count,
			pace = @pace, site = @site,
			etag = case when @keep_validators then etag else nullif(@etag, '') end,
			last_modified = case when @keep_validators then last_modified else nullif(@last_modified, '') end,
			body_hash = coalesce(@body_hash::bytea, ''),
			revision = revision + 1
		where id = @id`
	documents := p.documentsOf(c)
	adopted, err := s.adoptDocuments(ctx, c, documents)
	if err != nil {
		return PollOutcome{}, err
	}
	saved, err := s.saveDocuments(ctx, documents)
	if err != nil {
		return PollOutcome{}, err
	}
	moved, err := s.followMove(ctx, c, p)
	if err != nil {
		return PollOutcome{}, err
	}
	_, err = s.db(ctx).Exec(ctx, q, pgx.NamedArgs{
		"id": c.ID, "at": p.At, "next": p.NextPollAt, "reason": p.NextPollReason.steps(), "added": saved.Added + adopted,
		"url": moved.URL, "moved_from": moved.MovedFrom, "moved_to": moved.MovedTo, "moved_since": moved.MovedSince, "moved_count": moved.MovedCount,
		"pace": p.Pace, "site": p.site(), "keep_validators": p.Status == http.StatusNotModified, "etag": p.ETag, "last_modified": p.LastModified,
		"body_hash": p.BodyHash,
	})
	if err != nil {
		return PollOutcome{}, err
	}
	if p.Then != nil && len(saved.Changed) > 0 {
		if err := p.Then(ctx, saved.Changed); err != nil {
			return PollOutcome{}, err
		}
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

// site is what was asked, nil where no address tells.
func (p Poll) site() *string {
	at, err := url.Parse(p.FinalURL)
	if p.Asked.URL != nil {
		at, err = url.Parse(*p.Asked.URL)
	}
	if err != nil || at.Hostname() == "" {
		return p.Asked.Site
	}
	return new(Site(at.Hostname()))
}

// A permanent redirect is believed after so many same answers in a row over so long.
const (
	moveAnswers = 5
	moveTime    = 48 * time.Hour
)

// followMove answers the collection with what a poll tells of its address. The new address is taken
// once the redirect has been proven, unless another collection has it or somebody took it back.
func (s *Store) followMove(ctx context.Context, c Collection, p Poll) (Collection, error) {
	const taken = `select exists (select from collections where type = $1 and url = $2 and config = $3 and domain = $4 and market = $5)`
	if p.MovedTo == "" || c.URL == nil || p.MovedTo == *c.URL || c.DeclinedMove != nil && *c.DeclinedMove == p.MovedTo || len(p.MovedTo) > 2048 {
		c.MovedTo, c.MovedSince, c.MovedCount = nil, nil, 0
		return c, nil
	}
	if c.MovedTo == nil || *c.MovedTo != p.MovedTo {
		c.MovedTo, c.MovedSince, c.MovedCount = &p.MovedTo, &p.At, 0
	}
	c.MovedCount++
	if c.MovedCount < moveAnswers || p.At.Sub(*c.MovedSince) < moveTime {
		return c, nil
	}
	var exists bool
	err := s.db(ctx).QueryRow(ctx, taken, c.Type, p.MovedTo, c.Config, c.Domain, c.Market).Scan(&exists)
	if err != nil || exists {
		return c, err
	}
	err = s.Emit(ctx, "feed.moved", map[string]any{"collection_id": c.ID, "from": *c.URL, "to": p.MovedTo, "answers": c.MovedCount, "since": c.MovedSince})
	c.MovedFrom, c.URL = c.URL, &p.MovedTo
	c.MovedTo, c.MovedSince, c.MovedCount = nil, nil, 0
	return c, err
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

func (s *Store) savePollFailure(ctx context.Context, c Collection, p Poll) (PollOutcome, error) {
	const q = `
		update collections
		set last_polled_at = @at, next_poll_at = @next, next_poll_reason = jsonb_strip_nulls(@reason), site = @site,
			failure_count = failure_count + @failures, consecutive_failures = consecutive_failures + @failures,
			last_error_code = @code, last_error = @message, last_error_at = @at,
			enabled = enabled and not @gone, gone_at = case when @gone then @at else gone_at end,
			revision = revision + 1
		where id = @id
		returning health`
	outcome := PollOutcome{Outcome: "failed"}
	failures := 1
	if p.Ours {
		outcome.Outcome, failures = "network_down", 0
	}
	var health string
	err := s.db(ctx).QueryRow(ctx, q, pgx.NamedArgs{
		"id": c.ID, "at": p.At, "next": p.NextPollAt, "reason": p.NextPollReason.steps(), "site": p.site(), "failures": failures,
		"code": p.Err.Code, "message": p.Err.Message, "gone": p.Gone,
	}).Scan(&health)
	// Only a change of health is news.
	if err != nil || health == c.Health || health == "paused" || p.Ours {
		return outcome, err
	}
	event := "feed.degraded"
	if p.Gone {
		event = "feed.gone"
	}
	return outcome, s.Emit(ctx, event, map[string]any{
		"collection_id": c.ID, "health": health, "code": p.Err.Code, "message": p.Err.Message,
	})
}

// PostponePoll tells when and why a collection is polled later than it was meant to be.
func (s *Store) PostponePoll(ctx context.Context, c Collection, at time.Time, reason PollReason) error {
	const q = `update collections set next_poll_at = $2, next_poll_reason = jsonb_strip_nulls($3), site = $4 where id = $1`
	_, err := s.db(ctx).Exec(ctx, q, c.ID, at, reason.steps(), Poll{Asked: c}.site())
	return err
}

// hastenPolls makes the polls run now that wait for a site's budget.
func (s *Store) hastenPolls(ctx context.Context, site string, now time.Time) error {
	const q = `
		with waiting as (
			update collections
			set next_poll_at = least(next_poll_at, $2)
			where site = $1 and next_poll_reason @> '[{"code": "host_budget"}]'
			returning id::text)
		update river_job
		set scheduled_at = least(scheduled_at, now())
		where kind = 'poll' and state = 'scheduled' and args ->> 'collection_id' in (select id from waiting)`
	_, err := s.db(ctx).Exec(ctx, q, site, now)
	return err
}
