package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestSavePoll(t *testing.T) {
	t.Parallel()

	t.Run("adds documents", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		at := time.Now().UTC().Truncate(time.Microsecond)
		full := anArticle("https://example.org/1")
		full.Content, full.ContentText, full.Summary, full.Author = new("<p>Text</p>"), new("Text"), new("Summary"), new("Ada")
		full.URL = "https://example.org/1?utm_source=feed"
		full.PublishedAt = new(at.Add(-time.Hour))
		full.SourceMetadata = map[string]any{"guid": "1", "tags": []any{"a", "b"}, "nested": map[string]any{"n": 1.5}}
		bare := anArticle("https://example.org/2")
		outcome, err := s.SavePoll(t.Context(), store.Poll{
			Asked: c, At: at, NextPollAt: at.Add(time.Hour), Documents: []store.Document{full, bare},
			ETag: `W/"1"`, LastModified: "Mon, 23 Nov 2026 08:10:00 GMT",
		})
		require.NoError(t, err)
		require.Equal(t, store.PollOutcome{Outcome: "documents_added", DocumentsAdded: 2}, outcome)

		for _, sent := range []store.Document{full, bare} {
			kept := theDocument(t, s, sent.CanonicalURL)
			require.Equal(t, uuid.Version(7), kept.ID.Version())
			require.WithinDuration(t, at, kept.CreatedAt, time.Minute)
			expected := sent
			expected.ID, expected.CollectionID, expected.Domain, expected.Market = kept.ID, &c.ID, "tech", "de"
			expected.Status, expected.Revision, expected.CreatedAt, expected.UpdatedAt = "new", 1, kept.CreatedAt, kept.CreatedAt
			if expected.SourceMetadata == nil {
				expected.SourceMetadata = map[string]any{}
			}
			require.Equal(t, expected, kept)
		}
		require.Greater(t, theDocument(t, s, full.CanonicalURL).ID.String(), theDocument(t, s, bare.CanonicalURL).ID.String(),
			"the first of a feed is its newest")

		after, err := s.Collection(t.Context(), c.ID)
		require.NoError(t, err)
		expected := c
		expected.LastPolledAt, expected.LastSuccessAt, expected.NextPollAt = &at, &at, at.Add(time.Hour)
		expected.NextPollReason, expected.Site = store.PollReason{}, new("example.org")
		expected.SuccessCount, expected.DocumentsCount, expected.Health, expected.Revision = 1, 2, "healthy", 2
		expected.ETag, expected.LastModified = new(`W/"1"`), new("Mon, 23 Nov 2026 08:10:00 GMT")
		require.Equal(t, expected, after)

		events := happened(t, s)
		require.Equal(t, []string{"feed.polled"}, types(events))
		require.JSONEq(t, `{"collection_id":"`+c.ID.String()+`","documents_added":2,"documents_updated":0}`, string(events[0].Data))
	})

	t.Run("leaves documents alone that have not changed", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		savePoll(t, s, c, anArticle("https://example.org/1"))
		before := theDocument(t, s, "https://example.org/1")
		again := anArticle("https://example.org/1")
		again.Summary, again.FetchedAt = new("Other words, but the content is the same"), again.FetchedAt.Add(time.Hour)
		require.Equal(t, store.PollOutcome{Outcome: "nothing_new", DocumentsUnchanged: 1}, savePoll(t, s, c, again))
		require.Equal(t, before, theDocument(t, s, "https://example.org/1"))
		require.Equal(t, []string{"feed.polled"}, types(happened(t, s)), "of nothing new nothing is told")
	})

	t.Run("keeps the new figures of a service, and nothing else", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		post, article := anArticle("https://example.org/post"), anArticle("https://example.org/article")
		post.Source = "reddit"
		post.SourceMetadata = map[string]any{"score": 1.0, "flair": "news"}
		article.SourceMetadata = map[string]any{"guid": "1"}
		savePoll(t, s, c, post, article)
		do(t, s, `update documents set status = 'processed', processed_at = now(), source_metadata = source_metadata || '{"ours": 1}'`)
		before := theDocument(t, s, post.CanonicalURL)
		require.Equal(t, "nothing_new", savePoll(t, s, c, post, article).Outcome)

		post.SourceMetadata = map[string]any{"score": 2.0, "flair": "news"}
		article.SourceMetadata = map[string]any{"guid": "2"}
		require.Equal(t, store.PollOutcome{Outcome: "documents_updated", DocumentsUpdated: 1, DocumentsUnchanged: 1}, savePoll(t, s, c, post, article))
		after := theDocument(t, s, post.CanonicalURL)
		expected := before
		expected.SourceMetadata = map[string]any{"score": 2.0, "flair": "news", "ours": 1.0}
		expected.Revision, expected.UpdatedAt = before.Revision+1, after.UpdatedAt
		require.Equal(t, expected, after, "processed it stays")
		require.Equal(t, map[string]any{"guid": "1", "ours": 1.0}, theDocument(t, s, article.CanonicalURL).SourceMetadata)

		other, err := s.CreateCollection(t.Context(), store.CollectionCreate{Name: "Another", URL: new("https://example.org/other"), Domain: "tech", Market: "de"})
		require.NoError(t, err)
		post.SourceMetadata = map[string]any{"score": 3.0}
		require.Equal(t, "nothing_new", savePoll(t, s, other, post).Outcome, "only who brought it changes it")
	})

	t.Run("updates documents whose content has changed", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		savePoll(t, s, c, anArticle("https://example.org/1"), anArticle("https://example.org/2"))
		before := theDocument(t, s, "https://example.org/1")
		do(t, s, `update documents set status = 'processed', processed_at = now(), reliability_score = 0.5, paywall = true where id = $1`, before.ID)
		changed := changedArticle("https://example.org/1")
		changed.Content, changed.ContentText, changed.Summary, changed.Author = new("<b>b</b>"), new("b"), new("s"), new("Bob")
		changed.URL, changed.Language, changed.PublishedAt = "https://example.org/one", "en", new(time.Now().UTC().Truncate(time.Second))
		changed.SourceMetadata = map[string]any{"guid": "2"}
		outcome := savePoll(t, s, c, changed, anArticle("https://example.org/2"), anArticle("https://example.org/3"))
		require.Equal(t, store.PollOutcome{Outcome: "documents_added", DocumentsAdded: 1, DocumentsUpdated: 1, DocumentsUnchanged: 1}, outcome)

		after := theDocument(t, s, "https://example.org/1")
		require.Greater(t, after.UpdatedAt, before.UpdatedAt)
		expected := changed
		expected.ID, expected.CollectionID, expected.Domain, expected.Market = before.ID, &c.ID, "tech", "de"
		expected.Status, expected.Revision, expected.FetchedAt = "new", 2, before.FetchedAt
		expected.CreatedAt, expected.UpdatedAt = before.CreatedAt, after.UpdatedAt
		expected.ReliabilityScore, expected.Paywall = new(0.5), new(true)
		require.Equal(t, expected, after)

		outcome = savePoll(t, s, c, anArticle("https://example.org/1"))
		require.Equal(t, store.PollOutcome{Outcome: "documents_updated", DocumentsUpdated: 1}, outcome)
		events := happened(t, s)
		require.Equal(t, []string{"feed.polled", "feed.polled", "feed.polled"}, types(events))
		require.JSONEq(t, `{"collection_id":"`+c.ID.String()+`","documents_added":0,"documents_updated":1}`, string(events[2].Data))
	})

	t.Run("keeps the document of two collections once", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		first, second := aCollection(t, s, "https://example.org/first"), aCollection(t, s, "https://example.org/second")
		savePoll(t, s, first, anArticle("https://example.org/1"))
		before := theDocument(t, s, "https://example.org/1")
		outcome := savePoll(t, s, second, changedArticle("https://example.org/1"))
		require.Equal(t, store.PollOutcome{Outcome: "nothing_new", DocumentsUnchanged: 1}, outcome)
		require.Equal(t, before, theDocument(t, s, "https://example.org/1"), "only the one that brought it changes it")
		for id, count := range map[uuid.UUID]int64{first.ID: 1, second.ID: 0} {
			c, err := s.Collection(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, count, c.DocumentsCount)
		}
	})

	t.Run("keeps one of two documents with one address", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		newer := changedArticle("https://example.org/1")
		outcome := savePoll(t, s, c, anArticle("https://example.org/0"), newer, anArticle("https://example.org/1"))
		require.Equal(t, store.PollOutcome{Outcome: "documents_added", DocumentsAdded: 2, DocumentsUnchanged: 1}, outcome)
		require.Equal(t, newer.Title, theDocument(t, s, "https://example.org/1").Title, "the first of a feed is its newest")
	})

	t.Run("does not bring back what was deleted", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		savePoll(t, s, c, anArticle("https://example.org/1"))
		require.NoError(t, s.DeleteDocument(t.Context(), theDocument(t, s, "https://example.org/1").ID, 0))
		outcome := savePoll(t, s, c, changedArticle("https://example.org/1"), anArticle("https://example.org/2"))
		require.Equal(t, store.PollOutcome{Outcome: "documents_added", DocumentsAdded: 1, DocumentsUnchanged: 1}, outcome)
		require.Zero(t, number(t, s, `select count(*) from documents where canonical_url = 'https://example.org/1'`))
	})

	t.Run("takes no documents at all", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		require.Equal(t, store.PollOutcome{Outcome: "nothing_new"}, savePoll(t, s, c))
		after, err := s.Collection(t.Context(), c.ID)
		require.NoError(t, err)
		require.Equal(t, "healthy", after.Health)
	})

	t.Run("takes a document of 5 MB", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		var text strings.Builder
		for i := 0; text.Len() < 5<<20; i++ {
			_, _ = fmt.Fprintf(&text, "word%d ", i)
		}
		article := anArticle("https://example.org/" + strings.Repeat("long", 5000))
		article.Content, article.ContentText, article.Summary = new(text.String()), new(text.String()), new(text.String())
		article.Title = text.String()[:100_000]
		savePoll(t, s, c, article)
		kept := theDocument(t, s, article.CanonicalURL)
		require.Equal(t, text.Len(), len(*kept.ContentText))
		require.Equal(t, article.Title, kept.Title)
	})

	t.Run("keeps every character but NUL", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		odd := "\u0001\u001f\u007f \u00a0\u200b\u202e\ufeff\ufffe\uffff \U0010ffff 👩‍👩‍👧 e\u0301 \"'\\$1 {} %s \ufffd עברית"
		article := anArticle("https://example.org/" + odd)
		article.Title, article.ContentText, article.Author, article.SourceName = odd, new(odd), new(odd), odd
		article.SourceMetadata = map[string]any{odd: odd}
		savePoll(t, s, c, article)
		kept := theDocument(t, s, article.CanonicalURL)
		require.Equal(t, odd, kept.Title)
		require.Equal(t, odd, *kept.ContentText)
		require.Equal(t, odd, *kept.Author)
		require.Equal(t, odd, kept.SourceName)
		require.Equal(t, map[string]any{odd: odd}, kept.SourceMetadata)
	})

	t.Run("takes 2,000 documents at once", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		articles := make([]store.Document, 2000)
		for i := range articles {
			articles[i] = anArticle(fmt.Sprint("https://example.org/", i))
		}
		require.Equal(t, store.PollOutcome{Outcome: "documents_added", DocumentsAdded: 2000}, savePoll(t, s, c, articles...))
		for i := range 500 {
			articles[i].ContentHash = hashOf("changed")
		}
		require.Equal(t, store.PollOutcome{Outcome: "documents_updated", DocumentsUpdated: 500, DocumentsUnchanged: 1500},
			savePoll(t, s, c, articles...))
	})

	validators := map[string]struct {
		poll               store.Poll
		etag, lastModified *string
	}{
		"are kept by not modified":           {store.Poll{NotModified: true, Status: 304}, new(`"1"`), new("yesterday")},
		"are kept by not modified with some": {store.Poll{NotModified: true, Status: 304, ETag: `"2"`}, new(`"1"`), new("yesterday")},
		"are replaced by the same body":      {store.Poll{NotModified: true, Status: 200, ETag: `"2"`}, new(`"2"`), nil},
		"are replaced":                       {store.Poll{ETag: `"2"`, LastModified: "today"}, new(`"2"`), new("today")},
		"are replaced one by one":            {store.Poll{ETag: `"2"`}, new(`"2"`), nil},
		"are cleared by a success without":   {store.Poll{}, nil, nil},
		"are kept by a failure":              {store.Poll{Err: &store.PollError{Code: "dns", Message: "No host."}}, new(`"1"`), new("yesterday")},
	}
	for name, tc := range validators {
		t.Run("validators "+name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			c := polled(t, s, 0)
			tc.poll.Asked, tc.poll.At, tc.poll.NextPollAt = c, time.Now(), time.Now()
			outcome, err := s.SavePoll(t.Context(), tc.poll)
			require.NoError(t, err)
			if tc.poll.NotModified {
				require.Equal(t, store.PollOutcome{Outcome: "not_modified"}, outcome)
			}
			after, err := s.Collection(t.Context(), c.ID)
			require.NoError(t, err)
			require.Equal(t, tc.etag, after.ETag)
			require.Equal(t, tc.lastModified, after.LastModified)
			require.Empty(t, tc.poll.Documents)
		})
	}

	t.Run("saves nothing of an address that is not the collection's any more", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		old := aCollection(t, s, "https://example.org/old")
		c, err := s.UpdateCollection(t.Context(), old.ID, 0, store.CollectionUpdate{URL: new("https://example.org/new")})
		require.NoError(t, err)
		require.Equal(t, store.PollOutcome{Outcome: "superseded"}, savePoll(t, s, old, anArticle("https://example.org/1")))
		outcome, err := s.SavePoll(t.Context(), store.Poll{
			Asked: old, At: time.Now(), NextPollAt: time.Now(), Err: &store.PollError{Code: "dns", Message: "No host."},
		})
		require.NoError(t, err)
		require.Equal(t, store.PollOutcome{Outcome: "superseded"}, outcome)
		after, err := s.Collection(t.Context(), c.ID)
		require.NoError(t, err)
		require.Equal(t, c, after)
		require.Zero(t, number(t, s, `select count(*) from documents`))
		require.Empty(t, happened(t, s))
	})

	t.Run("finds no collection that was deleted", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		require.NoError(t, s.DeleteCollection(t.Context(), c.ID, 0))
		_, err := s.SavePoll(t.Context(), store.Poll{Asked: c, Documents: []store.Document{anArticle("https://example.org/1")}})
		require.Equal(t, "collection", theRefusal(t, err, store.KindNotFound).Resource)
		require.Zero(t, number(t, s, `select count(*) from documents`))
	})

	t.Run("is taken back as a whole", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
			outcome, err := s.SavePoll(ctx, store.Poll{
				Asked: c, At: time.Now(), NextPollAt: time.Now(), Documents: []store.Document{anArticle("https://example.org/1")},
			})
			require.NoError(t, err)
			require.Equal(t, 1, outcome.DocumentsAdded)
			return context.Canceled
		}), context.Canceled)
		requireUntouched(t, s, c)
	})

	for operation, table := range map[string]string{"insert": "documents", "update": "collections"} {
		t.Run("keeps nothing where it fails at "+table, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			c := aCollection(t, s, "https://example.org/feed")
			sabotage(t, s, operation, table)
			_, err := s.SavePoll(t.Context(), store.Poll{
				Asked: c, At: time.Now(), NextPollAt: time.Now(), Documents: []store.Document{anArticle("https://example.org/1")},
			})
			requireSabotage(t, err)
			requireUntouched(t, s, c)
		})
	}
}

func TestSavePollFailure(t *testing.T) {
	t.Parallel()

	t.Run("counts, and tells only of a change", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		at := time.Now().UTC().Truncate(time.Microsecond)
		fail := func() {
			at = at.Add(time.Minute)
			outcome, err := s.SavePoll(t.Context(), store.Poll{
				Asked: c, At: at, NextPollAt: at.Add(2 * time.Hour),
				Err: &store.PollError{Code: "http_status", Message: "It answered 500."},
			})
			require.NoError(t, err)
			require.Equal(t, store.PollOutcome{Outcome: "failed"}, outcome)
		}
		for failures := 1; failures <= 6; failures++ {
			fail()
			after, err := s.Collection(t.Context(), c.ID)
			require.NoError(t, err)
			expected := c
			expected.LastPolledAt, expected.NextPollAt, expected.LastErrorAt = &at, at.Add(2*time.Hour), &at
			expected.LastErrorCode, expected.LastError = new("http_status"), new("It answered 500.")
			expected.NextPollReason, expected.Site = store.PollReason{}, new("example.org")
			expected.FailureCount, expected.ConsecutiveFailures, expected.Revision = int64(failures), failures, int64(1+failures)
			expected.Health = "degraded"
			if failures >= 5 {
				expected.Health = "failing"
			}
			require.Equal(t, expected, after)
		}
		savePoll(t, s, c)
		savePoll(t, s, c, anArticle("https://example.org/1"))
		fail()

		after, err := s.Collection(t.Context(), c.ID)
		require.NoError(t, err)
		require.EqualValues(t, 2, after.SuccessCount)
		require.EqualValues(t, 7, after.FailureCount)
		require.Equal(t, 1, after.ConsecutiveFailures)

		events := happened(t, s)
		require.Equal(t, []string{"feed.degraded", "feed.degraded", "feed.recovered", "feed.polled", "feed.degraded"}, types(events))
		for i, health := range map[int]string{0: "degraded", 1: "failing", 4: "degraded"} {
			require.JSONEq(t, `{"collection_id":"`+c.ID.String()+`","health":"`+health+`","code":"http_status","message":"It answered 500."}`,
				string(events[i].Data))
		}
		require.JSONEq(t, `{"collection_id":"`+c.ID.String()+`","failures":6}`, string(events[2].Data))
	})

	t.Run("is forgotten by a success", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		_, err := s.SavePoll(t.Context(), store.Poll{
			Asked: c, At: time.Now(), NextPollAt: time.Now(), Err: &store.PollError{Code: "dns", Message: "No host."},
		})
		require.NoError(t, err)
		outcome, err := s.SavePoll(t.Context(), store.Poll{Asked: c, At: time.Now(), NextPollAt: time.Now(), NotModified: true})
		require.NoError(t, err)
		require.Equal(t, "not_modified", outcome.Outcome)
		after, err := s.Collection(t.Context(), c.ID)
		require.NoError(t, err)
		require.Nil(t, after.LastError)
		require.Nil(t, after.LastErrorCode)
		require.Nil(t, after.LastErrorAt)
		require.Equal(t, []string{"feed.degraded", "feed.recovered"}, types(happened(t, s)))
	})

	t.Run("of a paused collection is no news", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		_, err := s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{Enabled: new(false)})
		require.NoError(t, err)
		_, err = s.SavePoll(t.Context(), store.Poll{
			Asked: c, At: time.Now(), NextPollAt: time.Now(), Err: &store.PollError{Code: "dns", Message: "No host."},
		})
		require.NoError(t, err)
		require.Empty(t, happened(t, s))
	})

	t.Run("keeps nothing where it fails", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		sabotage(t, s, "update", "collections")
		_, err := s.SavePoll(t.Context(), store.Poll{Asked: c, Err: &store.PollError{Code: "dns", Message: "No host."}})
		requireSabotage(t, err)
		requireUntouched(t, s, c)
	})
}

// TestSavePollTogether is about polls that run at the same time.
func TestSavePollTogether(t *testing.T) {
	t.Parallel()

	t.Run("the same documents in opposite order never deadlock", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		// With many tombstones a planner may prefer to turn the join with them around.
		do(t, s, `insert into deleted_documents (canonical_url_hash) select sha256(i::text::bytea) from generate_series(1, 2000) i`)
		do(t, s, `analyze deleted_documents`)
		one, other := aCollection(t, s, "https://example.org/one"), aCollection(t, s, "https://example.org/other")
		for round := range 15 {
			articles := make([]store.Document, 40)
			for i := range articles {
				articles[i] = anArticle(fmt.Sprint("https://example.org/", round, "/", i))
			}
			reversed := slices.Clone(articles)
			slices.Reverse(reversed)
			type answer struct {
				outcome store.PollOutcome
				err     error
			}
			answers := make(chan answer, 2)
			for _, poll := range []store.Poll{{Asked: one, Documents: articles}, {Asked: other, Documents: reversed}} {
				go func() {
					poll.At, poll.NextPollAt = time.Now(), time.Now()
					outcome, err := s.SavePoll(t.Context(), poll)
					answers <- answer{outcome, err}
				}()
			}
			added, unchanged := 0, 0
			for range cap(answers) {
				a := soon(t, answers)
				require.NoError(t, a.err)
				added, unchanged = added+a.outcome.DocumentsAdded, unchanged+a.outcome.DocumentsUnchanged
			}
			require.Equal(t, len(articles), added)
			require.Equal(t, len(articles), unchanged)
		}
	})

	t.Run("two of one collection follow each other", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		second := make(chan store.PollOutcome, 1)
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			_, err := s.SavePoll(ctx, store.Poll{
				Asked: c, At: time.Now(), NextPollAt: time.Now(), Documents: []store.Document{anArticle("https://example.org/1")},
			})
			require.NoError(t, err)
			go func() {
				outcome, _ := s.SavePoll(t.Context(), store.Poll{
					Asked: c, At: time.Now(), NextPollAt: time.Now(), Documents: []store.Document{changedArticle("https://example.org/1")},
				})
				second <- outcome
			}()
			awaitBlocked(t, s, 1)
			return nil
		}))
		require.Equal(t, store.PollOutcome{Outcome: "documents_updated", DocumentsUpdated: 1}, soon(t, second))
	})

	t.Run("and a deletion of the collection that has the documents never deadlock", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		poller := aCollection(t, s, "https://example.org/poller")
		for round := range 10 {
			owner := aCollection(t, s, fmt.Sprint("https://example.org/owner/", round))
			articles := make([]store.Document, 100)
			for i := range articles {
				articles[i] = anArticle(fmt.Sprint("https://example.org/", round, "/", i))
			}
			savePoll(t, s, owner, articles...)
			answers := make(chan error, 2)
			go func() { answers <- s.DeleteCollection(t.Context(), owner.ID, 0) }()
			go func() {
				_, err := s.SavePoll(t.Context(), store.Poll{
					Asked: poller, At: time.Now(), NextPollAt: time.Now(), Documents: articles,
				})
				answers <- err
			}()
			require.NoError(t, soon(t, answers))
			require.NoError(t, soon(t, answers))
		}
	})

	t.Run("whoever waits for a deletion gives up with its context", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c, other := aCollection(t, s, "https://example.org/feed"), aCollection(t, s, "https://example.org/other")
		savePoll(t, s, c, anArticle("https://example.org/1"))
		document := theDocument(t, s, "https://example.org/1")
		ended := make(chan error, 2)
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, s.DeleteDocument(ctx, document.ID, 0))
			waiting, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				_, err := s.SavePoll(waiting, store.Poll{Asked: c, Documents: []store.Document{anArticle("https://example.org/2")}})
				ended <- err
			}()
			go func() { ended <- s.DeleteCollection(waiting, other.ID, 0) }()
			awaitBlocked(t, s, 2)
			cancel()
			require.ErrorIs(t, soon(t, ended), context.Canceled)
			require.ErrorIs(t, soon(t, ended), context.Canceled)
			return nil
		}))
		_, err := s.Collection(t.Context(), other.ID)
		require.NoError(t, err)
	})

	t.Run("a document that is being deleted does not come back", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		savePoll(t, s, c, anArticle("https://example.org/1"))
		document := theDocument(t, s, "https://example.org/1")
		poll := make(chan error, 1)
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, s.DeleteDocument(ctx, document.ID, 0))
			go func() {
				_, err := s.SavePoll(t.Context(), store.Poll{
					Asked: c, At: time.Now(), NextPollAt: time.Now(), Documents: []store.Document{changedArticle("https://example.org/1")},
				})
				poll <- err
			}()
			awaitBlocked(t, s, 1)
			return nil
		}))
		require.NoError(t, soon(t, poll))
		require.Zero(t, number(t, s, `select count(*) from documents`))
	})
}

// anArticle is a document as a collector makes it.
func anArticle(canonicalURL string) store.Document {
	return store.Document{
		Title: "Title of " + canonicalURL, URL: canonicalURL, CanonicalURL: canonicalURL, Source: "rss", SourceName: "example.org",
		SourceMetadata: map[string]any{}, Language: "de", ContentFrom: "feed", ContentHash: hashOf(canonicalURL),
		FetchedAt: time.Now().UTC().Truncate(time.Microsecond),
	}
}

// changedArticle is anArticle after its authors have rewritten it.
func changedArticle(canonicalURL string) store.Document {
	article := anArticle(canonicalURL)
	article.Title, article.ContentHash = "Changed", hashOf("changed "+canonicalURL)
	return article
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// savePoll saves a poll of the collection that went well.
func savePoll(t *testing.T, s *store.Store, c store.Collection, documents ...store.Document) store.PollOutcome {
	t.Helper()
	now := time.Now()
	outcome, err := s.SavePoll(t.Context(), store.Poll{
		Asked: c, At: now, NextPollAt: now.Add(time.Hour), Documents: documents,
	})
	require.NoError(t, err)
	return outcome
}

// theDocument is the document with this canonical URL.
func theDocument(t *testing.T, s *store.Store, canonicalURL string) store.Document {
	t.Helper()
	rows, _ := s.Pool().Query(t.Context(), `select id from documents where canonical_url = $1`, canonicalURL)
	id, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[uuid.UUID])
	require.NoError(t, err)
	document, err := s.Document(t.Context(), id)
	require.NoError(t, err)
	return document
}

// requireUntouched wants the collection as it was, no documents and no events.
func requireUntouched(t *testing.T, s *store.Store, c store.Collection) {
	t.Helper()
	after, err := s.Collection(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, c, after)
	require.Zero(t, number(t, s, `select count(*) from documents`))
	require.Empty(t, happened(t, s))
}
