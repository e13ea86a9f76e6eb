package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// CollectionHealth tells how polling a collection has gone. Its JSON form is the API's.
type CollectionHealth struct {
	CollectionID        uuid.UUID  `json:"collection_id"`
	State               string     `json:"state"`
	Summary             string     `json:"summary"`
	SuccessCount        int64      `json:"success_count"`
	FailureCount        int64      `json:"failure_count"`
	ConsecutiveFailures int        `json:"consecutive_failures"`
	SuccessRate         *float64   `json:"success_rate"`
	LastPolledAt        *time.Time `json:"last_polled_at"`
	LastSuccessAt       *time.Time `json:"last_success_at"`
	NextPollAt          *time.Time `json:"next_poll_at"`
	// NextPoll says in words when it is due again, and why; nil while it is not polled.
	NextPoll *string `json:"next_poll"`
	// NextPollWhy is why then, for programs; empty while it is not polled.
	NextPollWhy      []PollStep `json:"next_poll_why"`
	LastError        *PollError `json:"last_error"`
	DocumentsCount   int64      `json:"documents_count"`
	DocumentsLast24h int64      `json:"documents_last_24h"`
	NewestDocumentAt *time.Time `json:"newest_document_at"`
	// fault is what the last poll found wrong with the source although it went well; nil if nothing.
	fault *string
}

// PollError is why a poll failed: a code for programs, a sentence for people.
type PollError struct {
	Code    string    `json:"code"`
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

// CollectionHealth reads the health of a collection.
func (s *Store) CollectionHealth(ctx context.Context, id uuid.UUID) (CollectionHealth, error) {
	const q = `
		select
			(select count(*) from documents where collection_id = $1 and fetched_at > now() - interval '24 hours'),
			(select published_at from documents where collection_id = $1 order by published_at desc nulls last limit 1),
			(select fault from fetches where collection_id = $1 order by id desc limit 1)`
	c, err := s.Collection(ctx, id)
	if err != nil {
		return CollectionHealth{}, err
	}
	h := CollectionHealth{
		CollectionID: id, State: c.Health, SuccessCount: c.SuccessCount, FailureCount: c.FailureCount,
		ConsecutiveFailures: c.ConsecutiveFailures, LastPolledAt: c.LastPolledAt, LastSuccessAt: c.LastSuccessAt,
		DocumentsCount: c.DocumentsCount, NextPollWhy: []PollStep{},
	}
	if polls := c.SuccessCount + c.FailureCount; polls > 0 {
		rate := float64(c.SuccessCount) / float64(polls)
		h.SuccessRate = &rate
	}
	if c.Enabled {
		h.NextPollAt, h.NextPoll, h.NextPollWhy = &c.NextPollAt, new(c.nextPoll(time.Now())), c.NextPollReason
	}
	if c.LastErrorCode != nil && c.LastError != nil && c.LastErrorAt != nil {
		h.LastError = &PollError{Code: *c.LastErrorCode, Message: *c.LastError, At: *c.LastErrorAt}
	}
	if err := s.db(ctx).QueryRow(ctx, q, id).Scan(&h.DocumentsLast24h, &h.NewestDocumentAt, &h.fault); err != nil {
		return CollectionHealth{}, err
	}
	h.Summary = h.summarise()
	return h, nil
}

// nextPoll says when the next poll is due, and why then: "in 6 h 12 min: ...".
func (c Collection) nextPoll(now time.Time) string {
	if wait := c.NextPollAt.Sub(now); wait > 0 {
		return "in " + Spell(wait.Round(time.Second)) + ": " + c.NextPollReason.String()
	}
	return "now: " + c.NextPollReason.String()
}

// summarise says the state in one sentence.
func (h CollectionHealth) summarise() string {
	counts := fmt.Sprintf("%d of %s went well, %s in the last 24 hours",
		h.SuccessCount, Amount(h.SuccessCount+h.FailureCount, "poll"), Amount(h.DocumentsLast24h, "document"))
	switch h.State {
	case "new":
		return "New: it has not been polled yet."
	case "paused":
		return "Paused: " + counts + "."
	case "healthy":
		if h.fault != nil {
			return "Healthy, but: " + strings.TrimSuffix(*h.fault, ".") + "; " + counts + "."
		}
		return "Healthy: " + counts + "."
	}
	// Degraded and failing collections have failed at least once, and keep why.
	failed := "the last poll"
	if h.ConsecutiveFailures > 1 {
		failed = fmt.Sprintf("the last %d polls", h.ConsecutiveFailures)
	}
	return fmt.Sprintf("%s%s: %s failed (%s); %s.",
		strings.ToUpper(h.State[:1]), h.State[1:], failed, strings.TrimSuffix(h.LastError.Message, "."), counts)
}

// Amount is how many of something there are, in English words: 1 poll, 2 polls.
func Amount[N int | int64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// PollingFigures are what operators watch of polling as a whole.
type PollingFigures struct {
	// Collections by health.
	Collections map[string]int
	// Lag is for how long the collection has been due that is longest overdue.
	Lag          time.Duration
	HostsBlocked int
}

// PollingFigures counts.
func (s *Store) PollingFigures(ctx context.Context) (PollingFigures, error) {
	const q = `
		select
			(select coalesce(jsonb_object_agg(health, n), '{}') from (select health, count(*) as n from collections group by health) counted),
			(select greatest(coalesce(now() - min(next_poll_at), '0'), '0') from collections where enabled and next_poll_at > '-infinity'),
			(select count(*) from hosts where blocked_until > now())`
	var f PollingFigures
	err := s.db(ctx).QueryRow(ctx, q).Scan(&f.Collections, &f.Lag, &f.HostsBlocked)
	return f, err
}
