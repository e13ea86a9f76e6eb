package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestPollIntervals(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	create := func(c store.CollectionCreate) (store.Collection, error) {
		c.Name, c.URL, c.Domain, c.Market = "n", new("https://example.org/"+t.Name()+time.Now().String()), "d", "m"
		return s.CreateCollection(t.Context(), c)
	}
	intervals := func(c store.Collection) []any {
		return []any{c.AdaptivePolling, c.PollIntervalMinutes, c.MinPollIntervalMinutes, c.MaxPollIntervalMinutes}
	}
	for name, tc := range map[string]struct {
		create store.CollectionCreate
		want   []any
	}{
		"nothing told":           {store.CollectionCreate{}, []any{true, 60, 15, 1440}},
		"an interval":            {store.CollectionCreate{PollIntervalMinutes: new(30)}, []any{false, 30, 15, 1440}},
		"both":                   {store.CollectionCreate{PollIntervalMinutes: new(30), AdaptivePolling: new(true)}, []any{true, 30, 15, 1440}},
		"a least above the most": {store.CollectionCreate{MinPollIntervalMinutes: new(2000)}, []any{true, 60, 2000, 2000}},
		"a most below the least": {store.CollectionCreate{MaxPollIntervalMinutes: new(10)}, []any{true, 60, 10, 10}},
	} {
		c, err := create(tc.create)
		require.NoError(t, err, name)
		require.Equal(t, tc.want, intervals(c), name)
	}
	_, err := create(store.CollectionCreate{MinPollIntervalMinutes: new(100), MaxPollIntervalMinutes: new(99)})
	requireFault(t, err, "min_poll_interval_minutes")

	c, err := create(store.CollectionCreate{})
	require.NoError(t, err)
	c, err = s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{PollIntervalMinutes: new(90), MinPollIntervalMinutes: new(20), MaxPollIntervalMinutes: new(50)})
	require.NoError(t, err)
	require.Equal(t, []any{false, 90, 20, 50}, intervals(c))
	c, err = s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{AdaptivePolling: new(true)})
	require.NoError(t, err)
	require.Equal(t, []any{true, 90, 20, 50}, intervals(c))
	_, err = s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{MaxPollIntervalMinutes: new(19)})
	requireFault(t, err, "min_poll_interval_minutes")
}

const (
	oldAddress = "https://old.example.org/feed"
	newAddress = "https://new.example.org/feed"
)

// redirected polls a collection whose address redirects for good, hours after noon.
func redirected(t *testing.T, s *store.Store, c store.Collection, hours int, to string) store.Collection {
	t.Helper()
	at := time.Date(2026, 11, 1, 12+hours, 0, 0, 0, time.UTC)
	c, err := s.Collection(t.Context(), c.ID)
	require.NoError(t, err)
	_, err = s.SavePoll(t.Context(), store.Poll{Asked: c, At: at, NextPollAt: at, NextPollReason: reason("r"), MovedTo: to, FinalURL: "https://other.example.net/x"})
	require.NoError(t, err)
	c, err = s.Collection(t.Context(), c.ID)
	require.NoError(t, err)
	return c
}

func TestFollowMove(t *testing.T) {
	t.Parallel()

	t.Run("takes an address over after five answers in 48 hours", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, oldAddress)
		for i, hours := range []int{0, 12, 24, 36, 47} {
			c = redirected(t, s, c, hours, newAddress)
			require.Equal(t, oldAddress, *c.URL)
			require.Equal(t, newAddress, *c.MovedTo)
			require.Equal(t, i+1, c.MovedCount)
			require.Equal(t, "example.org", *c.Site)
		}
		require.Empty(t, happened(t, s))
		c = redirected(t, s, c, 48, newAddress)
		require.Equal(t, newAddress, *c.URL)
		require.Equal(t, oldAddress, *c.MovedFrom)
		require.Nil(t, c.MovedTo)
		require.Nil(t, c.MovedSince)
		events := happened(t, s)
		require.Len(t, events, 1)
		require.Equal(t, "feed.moved", events[0].Type)

		// Whoever takes the move back has it taken back for good.
		c, err := s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{URL: new(oldAddress)})
		require.NoError(t, err)
		require.Nil(t, c.MovedFrom)
		for hours := range 100 {
			c = redirected(t, s, c, hours, newAddress)
		}
		require.Equal(t, oldAddress, *c.URL)
		require.Nil(t, c.MovedTo)
	})

	t.Run("needs five answers", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, oldAddress)
		for _, hours := range []int{0, 48, 96, 144} {
			require.Equal(t, oldAddress, *redirected(t, s, c, hours, newAddress).URL)
		}
		require.Equal(t, newAddress, *redirected(t, s, c, 145, newAddress).URL)
	})

	t.Run("needs the same answers in a row", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		c := aCollection(t, s, oldAddress)
		for hours := range 48 {
			c = redirected(t, s, c, hours, newAddress)
		}
		c = redirected(t, s, c, 49, "")
		require.Nil(t, c.MovedTo)
		c = redirected(t, s, c, 50, "https://third.example.org/")
		require.Equal(t, 1, c.MovedCount)
		c = redirected(t, s, c, 51, newAddress)
		require.Equal(t, 1, c.MovedCount)
		require.Equal(t, oldAddress, *c.URL)
	})

	t.Run("leaves an address to the collection that has it", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		aCollection(t, s, newAddress)
		c := aCollection(t, s, oldAddress)
		for hours := range 60 {
			c = redirected(t, s, c, hours, newAddress)
		}
		require.Equal(t, oldAddress, *c.URL)
		require.Equal(t, newAddress, *c.MovedTo)
	})
}

func TestGone(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	c := aCollection(t, s, oldAddress)
	at := time.Now().UTC().Truncate(time.Microsecond)
	_, err := s.SavePoll(t.Context(), store.Poll{
		Asked: c, At: at, NextPollAt: at.Add(time.Hour), Gone: true,
		Err: &store.PollError{Code: "gone", Message: "It is gone.", At: at}, Status: 410,
	})
	require.NoError(t, err)
	c, err = s.Collection(t.Context(), c.ID)
	require.NoError(t, err)
	require.False(t, c.Enabled)
	require.Equal(t, "gone", c.Health)
	require.Equal(t, at, *c.GoneAt)
	events := happened(t, s)
	require.Len(t, events, 1)
	require.Equal(t, "feed.gone", events[0].Type)
	h, err := s.CollectionHealth(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, "Gone: the last poll failed (It is gone); 0 of 1 poll went well, 0 documents in the last 24 hours.", h.Summary)
	require.Nil(t, h.NextPoll)

	c, err = s.UpdateCollection(t.Context(), c.ID, 0, store.CollectionUpdate{Enabled: new(true)})
	require.NoError(t, err)
	require.Nil(t, c.GoneAt)
	require.Equal(t, "degraded", c.Health)
	require.False(t, c.NextPollAt.After(time.Now()), "it is tried at once")
}

func TestFetches(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	c := aCollection(t, s, oldAddress)
	at := time.Now().UTC().Truncate(time.Microsecond)
	next := at.Add(time.Hour)
	polls := []store.Poll{
		{
			At: at, Duration: 1500 * time.Millisecond, NextPollAt: next, NextPollReason: reason("one"), Status: 200, Bytes: 7, FinalURL: newAddress,
			Entries: 3, EntriesSkipped: 1, Fault: "It ends early.", ETag: `"1"`, LastModified: "today",
			Documents: []store.Document{anArticle("https://example.org/1"), anArticle("https://example.org/2")},
		},
		{At: at, NextPollAt: next, NextPollReason: reason("two"), Status: 304, NotModified: true},
		{At: at, NextPollAt: next, NextPollReason: reason("three"), Status: 500, Err: &store.PollError{Code: "http_status", Message: "Broken.", At: at}},
		{At: at, NextPollAt: next, NextPollReason: reason("four"), Err: &store.PollError{Code: "dns_failed", Message: "No host.", At: at}, Ours: true},
	}
	for _, poll := range polls {
		var err error
		poll.Asked, err = s.Collection(t.Context(), c.ID)
		require.NoError(t, err)
		_, err = s.SavePoll(t.Context(), poll)
		require.NoError(t, err)
	}
	list, err := s.Fetches(t.Context(), c.ID, store.FetchFilter{}, store.Page{})
	require.NoError(t, err)
	require.Len(t, list.Items, 4)
	for i := range list.Items {
		list.Items[i].ID = [16]byte{}
	}
	etag, modified := `"1"`, "today"
	url := oldAddress
	require.Equal(t, []store.Fetch{
		{
			CollectionID: c.ID, StartedAt: at, URL: &url, ETagSent: &etag, LastModifiedSent: &modified, Outcome: "network_down",
			ErrorCode: new("dns_failed"), ErrorMessage: new("No host."), NextPollAt: next, NextPollReason: reason("four"), NextPollWhy: reason("four"),
		},
		{
			CollectionID: c.ID, StartedAt: at, URL: &url, ETagSent: &etag, LastModifiedSent: &modified, Outcome: "failed", Status: new(500),
			ErrorCode: new("http_status"), ErrorMessage: new("Broken."), NextPollAt: next, NextPollReason: reason("three"), NextPollWhy: reason("three"),
		},
		{
			CollectionID: c.ID, StartedAt: at, URL: &url, ETagSent: &etag, LastModifiedSent: &modified, Outcome: "not_modified", Status: new(304),
			NextPollAt: next, NextPollReason: reason("two"), NextPollWhy: reason("two"),
		},
		{
			CollectionID: c.ID, StartedAt: at.Add(-1500 * time.Millisecond), DurationMS: 1500, URL: &url, FinalURL: new(newAddress), Status: new(200), Bytes: 7,
			Outcome: "documents_added", Entries: 3, EntriesSkipped: 1, DocumentsAdded: 2, Fault: new("It ends early."),
			NextPollAt: next, NextPollReason: reason("one"), NextPollWhy: reason("one"),
		},
	}, list.Items)

	failed, err := s.Fetches(t.Context(), c.ID, store.FetchFilter{Outcome: new("failed")}, store.Page{})
	require.NoError(t, err)
	require.Len(t, failed.Items, 1)
	first, err := s.Fetches(t.Context(), c.ID, store.FetchFilter{}, store.Page{Size: 3})
	require.NoError(t, err)
	rest, err := s.Fetches(t.Context(), c.ID, store.FetchFilter{}, store.Page{Size: 3, Cursor: *first.NextCursor})
	require.NoError(t, err)
	require.Equal(t, reason("one"), rest.Items[0].NextPollReason)
	_, err = s.Fetches(t.Context(), uuid.New(), store.FetchFilter{}, store.Page{})
	requireKind(t, err, store.KindNotFound)

	after, err := s.Collection(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, 1, after.ConsecutiveFailures, "what may be our own fault is not counted")
	require.Equal(t, "degraded", after.Health)

	// The ledger forgets what is old, but not the last poll.
	do(t, s, `update fetches set started_at = started_at - interval '8 days' where outcome <> 'documents_added'`)
	require.NoError(t, s.DeleteOldFetches(t.Context(), 7*24*time.Hour))
	require.EqualValues(t, 1, number(t, s, `select count(*) from fetches`))
	do(t, s, `update fetches set started_at = started_at - interval '8 days'`)
	do(t, s, `update collections set last_polled_at = last_polled_at - interval '8 days'`)
	require.NoError(t, s.DeleteOldFetches(t.Context(), 7*24*time.Hour))
	require.EqualValues(t, 1, number(t, s, `select count(*) from fetches`))
}

func TestNetworkSeemsDown(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	start := time.Now().Add(-time.Minute)
	poll := func(address, code string) {
		c, err := s.CreateCollection(t.Context(), store.CollectionCreate{Name: "n", URL: &address, Domain: "d", Market: "m"})
		require.NoError(t, err)
		p := store.Poll{Asked: c, At: time.Now(), NextPollAt: time.Now()}
		if code != "" {
			p.Err = &store.PollError{Code: code, Message: "m", At: p.At}
		}
		if code == "http_status" {
			p.Status = 500
		}
		_, err = s.SavePoll(t.Context(), p)
		require.NoError(t, err)
	}
	down := func() bool {
		seems, err := s.NetworkSeemsDown(t.Context(), start)
		require.NoError(t, err)
		return seems
	}
	for i := range 9 {
		poll("https://example"+string(rune('a'+i))+".org/", "dns_failed")
		poll("https://example"+string(rune('a'+i))+".org/2", "timeout")
	}
	require.False(t, down(), "nine sites may well be away")
	poll("https://another.org/", "connect_failed")
	require.True(t, down())
	poll("https://api.thenewsapi.com/", "not_configured")
	poll("https://internal.org/", "internal")
	require.True(t, down(), "these asked nobody")
	poll("https://broken.org/", "http_status")
	require.False(t, down(), "somebody answers")
	poll("https://first.org/", "timeout")
	require.False(t, down(), "and one failure since proves nothing")
}

func TestHosts(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	budget := store.HostBudget{Store: s, Default: 2, Rates: map[string]float64{"slow.org": 0.1}, Now: func() time.Time { return now }}
	take := func(site string) time.Duration {
		t.Helper()
		wait, err := budget.Take(t.Context(), site)
		require.NoError(t, err)
		return wait
	}

	t.Run("sites", func(t *testing.T) {
		t.Parallel()
		for host, want := range map[string]string{
			"old.reddit.com": "reddit.com", "REDDIT.com.": "reddit.com", "a.b.co.uk": "b.co.uk", "me.github.io": "me.github.io",
			"127.0.0.1": "127.0.0.1", "::1": "::1", "localhost": "localhost",
		} {
			require.Equal(t, want, store.Site(host))
		}
	})

	require.Zero(t, take("a.org"))
	require.Equal(t, 500*time.Millisecond, take("a.org"), "two a second")
	require.Zero(t, take("b.org"), "another site has its own budget")
	now = now.Add(500 * time.Millisecond)
	require.Equal(t, 250*time.Millisecond, take("a.org"), "the first request is still under way")
	budget.Give(t.Context(), "a.org", store.HostTurn{Requests: 1, Status: 200, Rest: 0})
	require.Zero(t, take("a.org"))
	budget.Give(t.Context(), "a.org", store.HostTurn{Requests: 1, Status: 500, Rest: 0})

	require.Zero(t, take("slow.org"))
	budget.Give(t.Context(), "slow.org", store.HostTurn{Requests: 1, Status: 200, Rest: 0})
	require.Equal(t, 10*time.Second, take("slow.org"))
	now = now.Add(10 * time.Second)
	require.Zero(t, take("slow.org"))
	budget.Give(t.Context(), "slow.org", store.HostTurn{Requests: 3, Status: 200})
	require.Equal(t, 30*time.Second, take("slow.org"), "redirects were a part of the turn, and count")

	// Whoever is killed in the middle of a request keeps the site waiting for no longer than a request may take.
	now = now.Add(2 * time.Minute)
	require.Zero(t, take("b.org"))
	budget.Give(t.Context(), "b.org", store.HostTurn{Requests: 1, Status: 0, Rest: 0})

	// Refusals block the whole site, twice as long each time in a row.
	now = now.Add(time.Minute)
	require.Zero(t, take("a.org"))
	budget.Give(t.Context(), "a.org", store.HostTurn{Requests: 1, Status: 429, Rest: time.Hour})
	require.Equal(t, time.Hour, take("a.org"))
	h, err := budget.Host(t.Context(), "www.A.org")
	require.NoError(t, err)
	require.Equal(t, "it answered 429 Too Many Requests", *h.BlockedReason)
	require.InDelta(t, 3600, h.WaitSeconds, 0)
	now = now.Add(time.Hour)
	require.Zero(t, take("a.org"))
	budget.Give(t.Context(), "a.org", store.HostTurn{Requests: 1, Status: 429, Rest: time.Hour})
	require.Equal(t, 2*time.Hour, take("a.org"))
	blocked, err := budget.Hosts(t.Context(), store.HostFilter{Blocked: new(true)}, store.Page{})
	require.NoError(t, err)
	require.Len(t, blocked.Items, 1)
	now = now.Add(2 * time.Hour)
	require.Zero(t, take("a.org"))
	budget.Give(t.Context(), "a.org", store.HostTurn{Requests: 1, Status: 200, Rest: 0})

	c := aCollection(t, s, "https://www.a.org/feed")
	savePoll(t, s, c)
	h, err = budget.Host(t.Context(), "a.org")
	require.NoError(t, err)
	last := now
	require.Equal(t, store.Host{
		Site: "a.org", RequestsPerSecond: 2, NextRequestAt: new(now.Add(500 * time.Millisecond)), WaitSeconds: .5,
		Requests: 5, Failures: 3, LastStatus: new(200), LastRequestAt: &last, Collections: 1, Revision: 1,
	}, h)

	// By hand.
	h, err = budget.UpdateHost(t.Context(), "a.org", 1, store.HostUpdate{RequestsPerSecond: nullable.NewNullableWithValue(.25)})
	require.NoError(t, err)
	require.InDelta(t, .25, h.RequestsPerSecond, 0)
	require.InDelta(t, .25, *h.Override, 0)
	_, err = budget.UpdateHost(t.Context(), "a.org", 1, store.HostUpdate{RequestsPerSecond: nullable.NewNullNullable[float64]()})
	requireKind(t, err, store.KindStale)
	now = now.Add(time.Second)
	require.Zero(t, take("a.org"))
	budget.Give(t.Context(), "a.org", store.HostTurn{Requests: 1, Status: 200, Rest: 0})
	require.Equal(t, 4*time.Second, take("a.org"))
	h, err = budget.UpdateHost(t.Context(), "new.org", 0, store.HostUpdate{BlockedUntil: nullable.NewNullableWithValue(now.Add(time.Hour))})
	require.NoError(t, err)
	require.Equal(t, "it was blocked by hand", *h.BlockedReason)
	require.Equal(t, time.Hour, take("new.org"))
	_, err = budget.UpdateHost(t.Context(), "new.org", 0, store.HostUpdate{BlockedUntil: nullable.NewNullNullable[time.Time]()})
	require.NoError(t, err)
	require.Zero(t, take("new.org"))
	_, err = budget.Host(t.Context(), "unknown.org")
	requireKind(t, err, store.KindNotFound)
	_, err = budget.UpdateHost(t.Context(), "unknown.org", 4, store.HostUpdate{})
	requireKind(t, err, store.KindNotFound)
	_, err = budget.UpdateHost(t.Context(), "a.org", 0, store.HostUpdate{RequestsPerSecond: nullable.NewNullableWithValue(-1.)})
	requireFault(t, err, "requests_per_second")

	byRequests, err := budget.Hosts(t.Context(), store.HostFilter{}, store.Page{Sort: "-requests", Size: 1})
	require.NoError(t, err)
	require.Equal(t, "a.org", byRequests.Items[0].Site)
	next, err := budget.Hosts(t.Context(), store.HostFilter{}, store.Page{Sort: "-requests", Size: 1, Cursor: *byRequests.NextCursor})
	require.NoError(t, err)
	require.Equal(t, "slow.org", next.Items[0].Site)
	byName, err := budget.Hosts(t.Context(), store.HostFilter{Blocked: new(false)}, store.Page{Size: 2})
	require.NoError(t, err)
	rest, err := budget.Hosts(t.Context(), store.HostFilter{Blocked: new(false)}, store.Page{Size: 2, Cursor: *byName.NextCursor})
	require.NoError(t, err)
	require.Equal(t, []string{"new.org", "slow.org"}, []string{rest.Items[0].Site, rest.Items[1].Site})

	do(t, s, `drop table hosts cascade`)
	_, err = budget.Take(t.Context(), "a.org")
	require.Error(t, err)
	_, err = budget.UpdateHost(t.Context(), "a.org", 0, store.HostUpdate{})
	require.Error(t, err)
}

// Many who ask at once get one turn among them.
func TestHostsTakeTurns(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	now := time.Now()
	budget := store.HostBudget{Store: s, Default: 2, Now: func() time.Time { return now }}
	turns := make(chan bool, 16)
	for range cap(turns) {
		go func() {
			wait, err := budget.Take(t.Context(), "example.org")
			turns <- err == nil && wait == 0
		}()
	}
	taken := 0
	for range cap(turns) {
		if soon(t, turns) {
			taken++
		}
	}
	require.Equal(t, 1, taken)
}

// reason is one in words.
func reason(words string) store.PollReason { return store.PollReason{{Code: "other", Words: &words}} }
