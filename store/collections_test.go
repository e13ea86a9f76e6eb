package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestCreateCollection(t *testing.T) {
	t.Parallel()

	t.Run("fills in what is not said", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c, err := s.CreateCollection(t.Context(), store.CollectionCreate{
			Name: " heise online ", URL: new(" HTTPS://WWW.Heise.de/RSS/atom.xml?A=b#top "), Domain: " tech ", Market: " DE ",
		})
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), c.CreatedAt, time.Minute)
		require.Equal(t, store.Collection{
			ID: c.ID, Name: "heise online", NameKey: "heise online", Type: "rss", URL: new("https://www.heise.de/RSS/atom.xml?A=b"),
			Domain: "tech", Market: "de", Enabled: true, FetchArticles: "auto", AdaptivePolling: true, PollIntervalMinutes: 60, MinPollIntervalMinutes: 15,
			MaxPollIntervalMinutes: 1440, NextPollAt: c.CreatedAt, NextPollReason: store.PollReason{{Code: "added"}}, Health: "new", BodyHash: []byte{},
			Revision: 1, CreatedAt: c.CreatedAt, UpdatedAt: c.CreatedAt,
		}, c)
		read, err := s.Collection(t.Context(), c.ID)
		require.NoError(t, err)
		require.Equal(t, c, read)
	})

	t.Run("keeps what is said", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c, err := s.CreateCollection(t.Context(), store.CollectionCreate{
			Name: "n", Type: new("rss"), URL: new("https://example.org"), Domain: "d", Market: "m", Language: new("de-CH"),
			Enabled: new(false), PollIntervalMinutes: new(5),
		})
		require.NoError(t, err)
		require.Equal(t, "de", *c.Language)
		require.False(t, c.Enabled)
		require.Equal(t, "paused", c.Health)
		require.Equal(t, 5, c.PollIntervalMinutes)
		require.False(t, c.AdaptivePolling, "an interval is chosen to hold")
	})

	t.Run("refuses an address twice", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		first := aCollection(t, s, "https://example.org/feed")
		_, err := s.CreateCollection(t.Context(), store.CollectionCreate{
			Name: "Another", URL: new("https://EXAMPLE.org/feed#x"), Domain: "tech", Market: "DE",
		})
		refusal := theRefusal(t, err, store.KindConflict)
		require.Equal(t, "collection", refusal.Resource)
		require.Equal(t, first.ID, refusal.Details["existing_id"])
		for _, c := range []store.CollectionCreate{
			{URL: new("https://example.org/feed"), Domain: "tech", Market: "at"},
			{URL: new("https://example.org/feed"), Domain: "other", Market: "de"},
			{URL: new("https://example.org/Feed"), Domain: "tech", Market: "de"},
		} {
			c.Name = "Another"
			_, err := s.CreateCollection(t.Context(), c)
			require.NoError(t, err)
		}
	})

	t.Run("knows a host by its name in DNS", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		for address, kept := range map[string]string{
			"http://BÜCHER.example:8080/ä?ö": "http://xn--bcher-kva.example:8080/%C3%A4?ö", "https://[2001:DB8::1]:81/f": "https://[2001:db8::1]:81/f",
		} {
			require.Equal(t, kept, *aCollection(t, s, address).URL)
		}
		_, err := s.CreateCollection(t.Context(), store.CollectionCreate{Name: "n", URL: new("http://xn--bcher-kva.example:8080/ä?ö"), Domain: "tech", Market: "de"})
		require.Equal(t, "collection", theRefusal(t, err, store.KindConflict).Resource)
	})

	t.Run("of ten that race one wins", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		answers := make(chan error, 10)
		for range cap(answers) {
			go func() {
				_, err := s.CreateCollection(t.Context(), store.CollectionCreate{Name: "n", URL: new("https://example.org"), Domain: "d", Market: "m"})
				answers <- err
			}()
		}
		won := 0
		for range cap(answers) {
			if err := soon(t, answers); err != nil {
				require.Contains(t, theRefusal(t, err, store.KindConflict).Details, "existing_id")
				continue
			}
			won++
		}
		require.Equal(t, 1, won)
	})

	faults := map[string]struct {
		c     store.CollectionCreate
		field string
	}{
		"name of nothing":    {store.CollectionCreate{Name: "\u00a0", URL: new("https://a.org"), Domain: "d", Market: "m"}, "name"},
		"domain of nothing":  {store.CollectionCreate{Name: "n", URL: new("https://a.org"), Domain: " ", Market: "m"}, "domain"},
		"market of nothing":  {store.CollectionCreate{Name: "n", URL: new("https://a.org"), Domain: "d", Market: "\u2003"}, "market"},
		"type unheard of":    {store.CollectionCreate{Name: "n", Type: new("fax"), URL: new("https://a.org"), Domain: "d", Market: "m"}, "type"},
		"interval too short": {store.CollectionCreate{Name: "n", URL: new("https://a.org"), Domain: "d", Market: "m", PollIntervalMinutes: new(4)}, "poll_interval_minutes"},
		"name with a NUL":    {store.CollectionCreate{Name: "n\x00", URL: new("https://a.org"), Domain: "d", Market: "m"}, "body"},
		"host of no name":    {store.CollectionCreate{Name: "n", URL: new("https://ü\u2488.org/"), Domain: "d", Market: "m"}, "url"},
		"address too long":   {store.CollectionCreate{Name: "n", URL: new("https://a.org/" + strings.Repeat("ä", 2000)), Domain: "d", Market: "m"}, "url"},
	}
	for name, tc := range faults {
		t.Run("refuses a "+name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			_, err := s.CreateCollection(t.Context(), tc.c)
			requireFault(t, err, tc.field)
		})
	}
}

func TestFeedAddress(t *testing.T) {
	t.Parallel()
	// An empty want is a refusal.
	cases := map[string]struct{ address, want string }{
		"scheme and host in lower case": {"HTTP://Example.ORG/Feed", "http://example.org/Feed"},
		"white space around it":         {"\n https://example.org/a ", "https://example.org/a"},
		"fragment":                      {"https://example.org/a#b%20c", "https://example.org/a"},
		"query stays":                   {"https://example.org/a?b=c&b=d&e=%C3%A4+1", "https://example.org/a?b=c&b=d&e=%C3%A4+1"},
		"port stays":                    {"https://example.org:8443/", "https://example.org:8443/"},
		"escaped path stays":            {"https://example.org/a%2Fb%20c", "https://example.org/a%2Fb%20c"},
		"path beyond ASCII":             {"https://example.org/ä", "https://example.org/%C3%A4"},
		"IPv6":                          {"https://[2001:DB8::1]/feed", "https://[2001:db8::1]/feed"},
		"no host":                       {"https:///feed", ""},
		"only a port":                   {"https://:80/feed", ""},
		"no scheme":                     {"example.org/feed", ""},
		"user name":                     {"https://joe@example.org/feed", ""},
		"password":                      {"https://joe:hush@example.org/feed", ""},
		"control character":             {"https://example.org/\x7f", ""},
		"broken escape":                 {"https://example.org/%zz", ""},
		"nothing":                       {"  ", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			c, err := s.CreateCollection(t.Context(), store.CollectionCreate{Name: "n", URL: &tc.address, Domain: "d", Market: "m"})
			if tc.want == "" {
				requireFault(t, err, "url")
				require.NotContains(t, err.Error(), "hush")
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, *c.URL)
			after, err := s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{URL: c.URL})
			require.NoError(t, err)
			require.Equal(t, tc.want, *after.URL, "kept as it is a second time")
		})
	}
}

func TestUpdateCollection(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		update store.CollectionUpdate
		expect func(*store.Collection)
	}{
		"name":             {store.CollectionUpdate{Name: new(" New Name ")}, func(c *store.Collection) { c.Name, c.NameKey = "New Name", "new name" }},
		"domain":           {store.CollectionUpdate{Domain: new(" new ")}, func(c *store.Collection) { c.Domain = "new" }},
		"market":           {store.CollectionUpdate{Market: new(" AT ")}, func(c *store.Collection) { c.Market = "at" }},
		"language":         {store.CollectionUpdate{Language: given("EN-gb")}, func(c *store.Collection) { c.Language = new("en") }},
		"language to null": {store.CollectionUpdate{Language: cleared[string]()}, func(c *store.Collection) { c.Language = nil }},
		"enabled":          {store.CollectionUpdate{Enabled: new(false)}, func(c *store.Collection) { c.Enabled, c.Health = false, "paused" }},
		"same address":     {store.CollectionUpdate{URL: new("https://example.ORG/feed#x")}, func(*store.Collection) {}},
		"nothing":          {store.CollectionUpdate{}, func(*store.Collection) {}},
	}
	for name, tc := range cases {
		t.Run("changes the "+name+" and nothing else", func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			before := polled(t, s, 24*time.Hour)
			after, err := s.UpdateCollection(t.Context(), before.ID, before.Revision, tc.update)
			require.NoError(t, err)
			require.Greater(t, after.UpdatedAt, before.UpdatedAt)
			expected := before
			tc.expect(&expected)
			expected.Revision, expected.UpdatedAt = before.Revision+1, after.UpdatedAt
			require.Equal(t, expected, after)
			read, err := s.Collection(t.Context(), before.ID)
			require.NoError(t, err)
			require.Equal(t, after, read)
		})
	}

	t.Run("a new address forgets the validators and is due", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		before := polled(t, s, time.Hour)
		require.NotNil(t, before.ETag)
		require.NotNil(t, before.LastModified)
		after, err := s.UpdateCollection(t.Context(), before.ID, 0, store.CollectionUpdate{URL: new("https://example.org/new")})
		require.NoError(t, err)
		require.Equal(t, "https://example.org/new", *after.URL)
		require.Nil(t, after.ETag)
		require.Nil(t, after.LastModified)
		due, err := s.ClaimDueCollections(t.Context(), time.Now(), 10)
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{before.ID}, due)
	})

	// The last poll was half an hour ago; next is how far ahead the next one was, want how far it is after.
	intervals := map[string]struct {
		next     time.Duration
		interval int
		want     time.Duration
	}{
		"shorter":                     {30 * time.Minute, 45, 15 * time.Minute},
		"so short that it is overdue": {30 * time.Minute, 5, -25 * time.Minute},
		"longer":                      {30 * time.Minute, 600, 30 * time.Minute},
		"longer while overdue":        {-time.Minute, 600, -time.Minute},
		"shorter during a pause":      {20 * time.Hour, 120, 90 * time.Minute},
	}
	for name, tc := range intervals {
		t.Run("an interval that is "+name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			before := polled(t, s, tc.next)
			last := *before.LastPolledAt
			after, err := s.UpdateCollection(t.Context(), before.ID, 0, store.CollectionUpdate{PollIntervalMinutes: &tc.interval})
			require.NoError(t, err)
			require.Equal(t, tc.interval, after.PollIntervalMinutes)
			require.WithinDuration(t, last.Add(30*time.Minute+tc.want), after.NextPollAt, 0)
		})
	}

	t.Run("an interval leaves what was never polled due", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		before := aCollection(t, s, "https://example.org")
		after, err := s.UpdateCollection(t.Context(), before.ID, 0, store.CollectionUpdate{PollIntervalMinutes: new(600)})
		require.NoError(t, err)
		require.Equal(t, before.NextPollAt, after.NextPollAt)
	})

	t.Run("refuses the address of another", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		taken, c := aCollection(t, s, "https://example.org/taken"), aCollection(t, s, "https://example.org/feed")
		_, err := s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{URL: new("https://example.org/taken"), Name: new("New")})
		require.Equal(t, taken.ID, theRefusal(t, err, store.KindConflict).Details["existing_id"])
		after, err := s.Collection(t.Context(), c.ID)
		require.NoError(t, err)
		require.Equal(t, c, after)
	})

	t.Run("refuses what it cannot be", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		_, err := s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{URL: new("nowhere")})
		requireFault(t, err, "url")
		_, err = s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{Name: new(" ")})
		requireFault(t, err, "name")
		_, err = s.UpdateCollection(t.Context(), c.ID, c.Revision+1, store.CollectionUpdate{Name: new("New")})
		requireKind(t, err, store.KindStale)
		_, err = s.UpdateCollection(t.Context(), uuid.New(), 0, store.CollectionUpdate{Name: new("New")})
		require.Equal(t, "collection", theRefusal(t, err, store.KindNotFound).Resource)
	})
}

func TestDeleteCollection(t *testing.T) {
	t.Parallel()

	t.Run("keeps the documents", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		savePoll(t, s, c, anArticle("https://example.org/1"))
		document := theDocument(t, s, "https://example.org/1")
		require.Equal(t, c.ID, *document.CollectionID)
		c, err := s.Collection(t.Context(), c.ID)
		require.NoError(t, err)
		requireKind(t, s.DeleteCollection(t.Context(), c.ID, c.Revision+1), store.KindStale)
		require.NoError(t, s.DeleteCollection(t.Context(), c.ID, c.Revision))
		_, err = s.Collection(t.Context(), c.ID)
		requireKind(t, err, store.KindNotFound)
		requireKind(t, s.DeleteCollection(t.Context(), c.ID, 0), store.KindNotFound)
		document.CollectionID = nil
		require.Equal(t, document, theDocument(t, s, "https://example.org/1"))
	})

	t.Run("leaves its documents to the next that brings them", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/feed")
		savePoll(t, s, c, anArticle("https://example.org/1"), anArticle("https://example.org/2"))
		do(t, s, `update documents set status = 'processed', processed_at = now()`)
		require.NoError(t, s.DeleteCollection(t.Context(), c.ID, 0))
		again := aCollection(t, s, "https://example.org/feed")
		changed := anArticle("https://example.org/1")
		changed.Title, changed.ContentHash = "Changed", strings.Repeat("b", 64)
		outcome := savePoll(t, s, again, changed, anArticle("https://example.org/2"))
		require.Equal(t, store.PollOutcome{Outcome: "documents_updated", DocumentsUpdated: 1, DocumentsUnchanged: 1}, outcome)
		require.Equal(t, "Changed", theDocument(t, s, "https://example.org/1").Title)
		unchanged := theDocument(t, s, "https://example.org/2")
		require.Equal(t, again.ID, *unchanged.CollectionID)
		require.Equal(t, "processed", unchanged.Status)
		after, err := s.Collection(t.Context(), again.ID)
		require.NoError(t, err)
		require.EqualValues(t, 2, after.DocumentsCount)

		require.NoError(t, s.DeleteCollection(t.Context(), again.ID, 0))
		elsewhere, err := s.CreateCollection(t.Context(), store.CollectionCreate{Name: "n", URL: new("https://example.org/feed"), Domain: "other", Market: "at"})
		require.NoError(t, err)
		savePoll(t, s, elsewhere, anArticle("https://example.org/2"))
		moved := theDocument(t, s, "https://example.org/2")
		require.Equal(t, []string{"other", "at", "new"}, []string{moved.Domain, moved.Market, moved.Status})
		require.Nil(t, moved.ProcessedAt)
	})
}

func TestClaimDueCollections(t *testing.T) {
	t.Parallel()

	t.Run("answers the longest overdue first and moves them ahead", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		overdue := map[int]uuid.UUID{}
		for _, minutes := range []int{30, 10, 50, 20, 40, -10} {
			c := aCollection(t, s, fmt.Sprint("https://example.org/", minutes))
			do(t, s, `update collections set next_poll_at = now() - make_interval(mins => $2), poll_interval_minutes = 600 where id = $1`, c.ID, minutes)
			overdue[minutes] = c.ID
		}
		due, err := s.ClaimDueCollections(t.Context(), time.Now(), 3)
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{overdue[50], overdue[40], overdue[30]}, due)
		c, err := s.Collection(t.Context(), overdue[50])
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(600*time.Minute), c.NextPollAt, time.Minute)
		due, err = s.ClaimDueCollections(t.Context(), time.Now(), 3)
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{overdue[20], overdue[10]}, due)
		due, err = s.ClaimDueCollections(t.Context(), time.Now(), 3)
		require.NoError(t, err)
		require.Empty(t, due)
	})

	t.Run("leaves out what is paused", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org/1")
		_, err := s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{Enabled: new(false)})
		require.NoError(t, err)
		due, err := s.ClaimDueCollections(t.Context(), time.Now(), 3)
		require.NoError(t, err)
		require.Empty(t, due)
		_, err = s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{Enabled: new(true)})
		require.NoError(t, err)
		due, err = s.ClaimDueCollections(t.Context(), time.Now(), 3)
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{c.ID}, due)
	})

	t.Run("gives two callers different ones", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		for i := range 20 {
			aCollection(t, s, fmt.Sprint("https://example.org/", i))
		}
		var all []uuid.UUID
		require.NoError(t, s.InTx(t.Context(), func(first context.Context) error {
			one, err := s.ClaimDueCollections(first, time.Now(), 12)
			require.NoError(t, err)
			require.Len(t, one, 12)
			// The other does not wait for the first, which has not ended yet.
			other, err := s.ClaimDueCollections(t.Context(), time.Now(), 12)
			require.NoError(t, err)
			require.Len(t, other, 8)
			all = append(one, other...)
			return nil
		}))
		slices.SortFunc(all, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
		require.Len(t, slices.Compact(all), 20)
	})

	t.Run("never claims more than asked for", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		do(t, s, `
			insert into collections (id, name, type, url, domain, market, next_poll_at)
			select gen_random_uuid(), 'n', 'rss', 'https://example.org/' || i, 'd', 'm', now() - i * interval '1 second'
			from generate_series(1, 1000) i`)
		for _, analyzed := range []string{"", "analyze collections"} {
			do(t, s, analyzed)
			due, err := s.ClaimDueCollections(t.Context(), time.Now(), 100)
			require.NoError(t, err)
			require.Len(t, due, 100)
		}
		require.EqualValues(t, 800, number(t, s, `select count(*) from collections where next_poll_at < now()`))
	})
}

func TestCollectionHealth(t *testing.T) {
	t.Parallel()
	failure := &store.PollError{Code: "http_status", Message: "https://example.org answered 404 Not Found."}
	// A script polls with S (success) and F (failure) and pauses with P.
	cases := map[string]struct {
		script         string
		state, summary string
		rate           *float64
	}{
		"never polled":        {"", "new", "New: it has not been polled yet.", nil},
		"good":                {"SS", "healthy", "Healthy: 2 of 2 polls went well, 1 document in the last 24 hours.", new(1.0)},
		"good again":          {"FFFFFFS", "healthy", "Healthy: 1 of 7 polls went well, 1 document in the last 24 hours.", new(1.0 / 7)},
		"bad from the start":  {"F", "degraded", "Degraded: the last poll failed (https://example.org answered 404 Not Found); 0 of 1 poll went well, 0 documents in the last 24 hours.", new(0.0)},
		"bad a few times":     {"SFFFF", "degraded", "Degraded: the last 4 polls failed (https://example.org answered 404 Not Found); 1 of 5 polls went well, 1 document in the last 24 hours.", new(0.2)},
		"bad for long":        {"SFFFFF", "failing", "Failing: the last 5 polls failed (https://example.org answered 404 Not Found); 1 of 6 polls went well, 1 document in the last 24 hours.", new(1.0 / 6)},
		"paused while bad":    {"FP", "paused", "Paused: 0 of 1 poll went well, 0 documents in the last 24 hours.", new(0.0)},
		"paused before polls": {"P", "paused", "Paused: 0 of 0 polls went well, 0 documents in the last 24 hours.", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			c := aCollection(t, s, "https://example.org")
			at := time.Now().UTC().Truncate(time.Second)
			published := at.Add(-48 * time.Hour)
			var succeeded, failed *time.Time
			for i, step := range tc.script {
				at = at.Add(time.Duration(i) * time.Second)
				poll := store.Poll{Asked: c, At: at, NextPollAt: at.Add(time.Hour)}
				switch step {
				case 'P':
					_, err := s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{Enabled: new(false)})
					require.NoError(t, err)
					continue
				case 'F':
					poll.Err, failed = failure, new(at)
				default:
					article := anArticle("https://example.org/1")
					article.PublishedAt = &published
					poll.Documents, succeeded, failed = []store.Document{article}, new(at), nil
				}
				_, err := s.SavePoll(t.Context(), poll)
				require.NoError(t, err)
			}
			c, err := s.Collection(t.Context(), c.ID)
			require.NoError(t, err)
			h, err := s.CollectionHealth(t.Context(), c.ID)
			require.NoError(t, err)
			expected := store.CollectionHealth{
				CollectionID: c.ID, State: tc.state, Summary: tc.summary, SuccessRate: tc.rate,
				SuccessCount: int64(strings.Count(tc.script, "S")), FailureCount: int64(strings.Count(tc.script, "F")),
				ConsecutiveFailures: c.ConsecutiveFailures, LastPolledAt: c.LastPolledAt, LastSuccessAt: succeeded,
				NextPollAt: &c.NextPollAt,
			}
			if strings.Contains(tc.script, "P") {
				expected.NextPollAt = nil
			}
			if failed != nil {
				expected.LastError = &store.PollError{Code: failure.Code, Message: failure.Message, At: *failed}
			}
			if expected.SuccessCount > 0 {
				expected.DocumentsCount, expected.DocumentsLast24h, expected.NewestDocumentAt = 1, 1, &published
			}
			if expected.NextPollAt == nil {
				require.Nil(t, h.NextPoll)
				expected.NextPollWhy = []store.PollStep{}
			} else {
				require.Contains(t, *h.NextPoll, c.NextPollReason.String())
				expected.NextPollWhy = c.NextPollReason
			}
			h.NextPoll = nil
			require.Equal(t, expected, h)
			require.Equal(t, tc.state, c.Health)
		})
	}

	t.Run("counts the documents of a day", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, "https://example.org")
		var articles []store.Document
		for i, hours := range []int{1, 23, 25, 100} {
			article := anArticle(fmt.Sprint("https://example.org/", i))
			article.FetchedAt = time.Now().Add(-time.Duration(hours) * time.Hour)
			articles = append(articles, article)
		}
		savePoll(t, s, c, articles...)
		h, err := s.CollectionHealth(t.Context(), c.ID)
		require.NoError(t, err)
		require.EqualValues(t, 2, h.DocumentsLast24h)
		require.EqualValues(t, 4, h.DocumentsCount)
		require.Nil(t, h.NewestDocumentAt, "none has a date")
	})

	t.Run("needs the collection and the documents", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		_, err := s.CollectionHealth(t.Context(), uuid.New())
		requireKind(t, err, store.KindNotFound)
		c := aCollection(t, s, "https://example.org")
		do(t, s, `drop table documents cascade`)
		_, err = s.CollectionHealth(t.Context(), c.ID)
		require.ErrorContains(t, err, "documents")
	})
}

func TestCollections(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	add := func(name, domain, market string, next time.Duration) store.Collection {
		c, err := s.CreateCollection(t.Context(), store.CollectionCreate{
			Name: name, URL: new("https://example.org/" + uuid.NewString()), Domain: domain, Market: market,
		})
		require.NoError(t, err)
		do(t, s, `update collections set next_poll_at = now() + $2 where id = $1`, c.ID, next)
		return c
	}
	apple := add("apple", "tech", "de", 4*time.Hour)
	add("Banana", "tech", "at", 2*time.Hour)
	failing := add("äpfel", "tech", "ÖSTERREICH", 3*time.Hour)
	paused := add("Cherry", "food", "de", time.Hour)
	add("banana", "food", "de", 5*time.Hour)
	_, err := s.UpdateCollection(t.Context(), paused.ID, 0, store.CollectionUpdate{Enabled: new(false)})
	require.NoError(t, err)
	_, err = s.SavePoll(t.Context(), store.Poll{
		Asked: failing, At: time.Now(), NextPollAt: time.Now().Add(3 * time.Hour),
		Err: &store.PollError{Code: "dns", Message: "No such host."},
	})
	require.NoError(t, err)

	names := func(l store.List[store.Collection]) []string {
		list := []string{}
		for _, c := range l.Items {
			list = append(list, c.Name)
		}
		return list
	}
	filters := map[string]struct {
		filter store.CollectionFilter
		want   []string
	}{
		"all, the newest first": {store.CollectionFilter{}, []string{"banana", "Cherry", "äpfel", "Banana", "apple"}},
		"domain":                {store.CollectionFilter{Domain: new("food")}, []string{"banana", "Cherry"}},
		"market in any case":    {store.CollectionFilter{Market: new("DE")}, []string{"banana", "Cherry", "apple"}},
		"market beyond ASCII":   {store.CollectionFilter{Market: new("Österreich")}, []string{"äpfel"}},
		"type":                  {store.CollectionFilter{Type: new("rss")}, []string{"banana", "Cherry", "äpfel", "Banana", "apple"}},
		"type without any":      {store.CollectionFilter{Type: new("reddit")}, []string{}},
		"health":                {store.CollectionFilter{Health: new("degraded")}, []string{"äpfel"}},
		"enabled":               {store.CollectionFilter{Enabled: new(true)}, []string{"banana", "äpfel", "Banana", "apple"}},
		"not enabled":           {store.CollectionFilter{Enabled: new(false)}, []string{"Cherry"}},
		"two at once":           {store.CollectionFilter{Domain: new("tech"), Market: new("de")}, []string{"apple"}},
	}
	for name, tc := range filters {
		t.Run("by "+name, func(t *testing.T) {
			t.Parallel()
			list, err := s.Collections(t.Context(), tc.filter, store.Page{})
			require.NoError(t, err)
			require.Equal(t, tc.want, names(list))
			require.Equal(t, len(tc.want), list.Total)
			require.Equal(t, "eq", list.TotalRelation)
			require.Nil(t, list.NextCursor)
		})
	}

	sorts := map[string][]string{
		"":             {"banana", "Cherry", "äpfel", "Banana", "apple"},
		"-created_at":  {"banana", "Cherry", "äpfel", "Banana", "apple"},
		"next_poll_at": {"Cherry", "Banana", "äpfel", "apple", "banana"},
	}
	for sort, want := range sorts {
		t.Run("in the order "+sort, func(t *testing.T) {
			t.Parallel()
			list, err := s.Collections(t.Context(), store.CollectionFilter{}, store.Page{Sort: sort})
			require.NoError(t, err)
			require.Equal(t, want, names(list))
		})
	}

	for _, sort := range []string{"", "-created_at", "name", "next_poll_at"} {
		t.Run("walked in the order "+sort, func(t *testing.T) {
			t.Parallel()
			all, err := s.Collections(t.Context(), store.CollectionFilter{}, store.Page{Sort: sort})
			require.NoError(t, err)
			require.Len(t, all.Items, 5)
			walked, page := []string{}, store.Page{Sort: sort, Size: 2}
			for {
				list, err := s.Collections(t.Context(), store.CollectionFilter{}, page)
				require.NoError(t, err)
				require.Equal(t, 5, list.Total)
				walked = append(walked, names(list)...)
				if list.NextCursor == nil {
					break
				}
				page.Cursor = *list.NextCursor
			}
			require.Equal(t, names(all), walked)
			second, err := s.Collections(t.Context(), store.CollectionFilter{}, store.Page{Sort: sort, Size: 2, Number: 2})
			require.NoError(t, err)
			require.Equal(t, walked[2:4], names(second))
		})
	}

	t.Run("by name whatever its case", func(t *testing.T) {
		t.Parallel()
		list, err := s.Collections(t.Context(), store.CollectionFilter{}, store.Page{Sort: "name"})
		require.NoError(t, err)
		sorted := slices.DeleteFunc(names(list), func(name string) bool { return name == "äpfel" })
		require.Equal(t, []string{"apple", "banana", "banana", "cherry"}, strings.Split(strings.ToLower(strings.Join(sorted, " ")), " "))
	})

	t.Run("walked while one is polled shows none twice", func(t *testing.T) {
		t.Parallel()
		list, err := s.Collections(t.Context(), store.CollectionFilter{Domain: new("tech")}, store.Page{Size: 1})
		require.NoError(t, err)
		_, err = s.Collections(t.Context(), store.CollectionFilter{}, store.Page{Size: 1, Cursor: *list.NextCursor})
		requireFault(t, err, "cursor")
		_, err = s.Collections(t.Context(), store.CollectionFilter{}, store.Page{Sort: "url"})
		requireFault(t, err, "sort")
	})

	t.Run("shows the whole collection", func(t *testing.T) {
		t.Parallel()
		list, err := s.Collections(t.Context(), store.CollectionFilter{Domain: new("tech"), Market: new("de")}, store.Page{})
		require.NoError(t, err)
		read, err := s.Collection(t.Context(), apple.ID)
		require.NoError(t, err)
		require.Equal(t, []store.Collection{read}, list.Items)
	})

	t.Run("says what went wrong", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		aCollection(t, s, "https://example.org")
		do(t, s, `alter table collections rename to kept_collections`)
		do(t, s, `create sequence reads`)
		do(t, s, `create function readable() returns boolean language plpgsql as $$
			begin if nextval('reads') > 1 then raise exception 'sabotage'; end if; return true; end $$`)
		do(t, s, `create view collections as select * from kept_collections where readable()`)
		_, err := s.Collections(t.Context(), store.CollectionFilter{}, store.Page{})
		require.ErrorContains(t, err, "count")
		requireSabotage(t, err)
		_, err = s.Collections(t.Context(), store.CollectionFilter{}, store.Page{})
		require.ErrorContains(t, err, "list")
		requireSabotage(t, err)
	})
}

// polled is a collection in German with validators whose last poll was half an hour ago and whose next
// one is so far ahead.
func polled(t *testing.T, s *store.Store, next time.Duration) store.Collection {
	t.Helper()
	c, err := s.CreateCollection(t.Context(), store.CollectionCreate{
		Name: "A feed", URL: new("https://example.org/feed"), Domain: "tech", Market: "de", Language: new("de"),
	})
	require.NoError(t, err)
	now := time.Now()
	_, err = s.SavePoll(t.Context(), store.Poll{
		Asked: c, At: now.Add(-30 * time.Minute), NextPollAt: now.Add(next), ETag: `"1"`, LastModified: "yesterday",
	})
	require.NoError(t, err)
	c, err = s.Collection(t.Context(), c.ID)
	require.NoError(t, err)
	return c
}
