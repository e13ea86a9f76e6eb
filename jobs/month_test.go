package jobs

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

var monthFeeds = flag.Int("month-feeds", len(behaviours), "how many feeds the simulated month has")

// TestMonth lets a month pass, by an injected clock, over feeds with all kinds of misbehaviour, and holds
// what matters in the end: no feed lost without a word, no site asked more than its budget or against
// its wish, no article missed that a feed offered when it was asked. The flag -month-feeds says how
// many; `task month` takes a thousand.
func TestMonth(t *testing.T) {
	t.Parallel()
	m := newMonth(t, *monthFeeds)
	m.pass()
	m.check()
}

// behaviours are what feeds do, by their number modulo the list's length.
var behaviours = []string{
	"plain", "no validators", "fails for three days", "drops connections for a day", "429 with seconds", "503 with a date", "moves",
	"redirects for a while", "gone", "skips hours", "max-age", "broken XML for two days", "redirects in circles for a day",
}

const (
	monthHours = 30 * 24
	// On this day nobody can be reached for six hours: it is our own network.
	outageStart, outageEnd = 20 * 24 * time.Hour, 20*24*time.Hour + 6*time.Hour
	feedWindow             = 8
	monthRate              = 2
)

type month struct {
	*world
	start  time.Time
	worker *pollWorker
	server *httptest.Server
	feeds  int

	mu  sync.Mutex
	now time.Time
	// asked are the times of all requests to a site; offered the articles in answers that were delivered.
	asked   map[string][]time.Time
	offered map[string]bool
	// notBefore is until when a site or feed asked to be left alone.
	notBefore map[string]time.Time
	faults    []string
	polls     int
	ids       map[int]store.Collection
}

func newMonth(t *testing.T, feeds int) *month {
	m := &month{
		world: newWorld(t), start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), feeds: feeds,
		asked: map[string][]time.Time{}, offered: map[string]bool{}, notBefore: map[string]time.Time{}, ids: map[int]store.Collection{},
	}
	m.now = m.start
	listener, err := net.Listen("tcp", "0.0.0.0:0") //nolint:gosec // every address of 127.0.0.0/8 is a site of its own
	require.NoError(t, err)
	m.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: m, ErrorLog: slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), 0)}}
	m.server.Start()
	t.Cleanup(m.server.Close)
	fetcher := collect.NewFetcher(collect.Config{
		AllowCIDRs: loopback, Now: m.clock, Patience: 1,
		Turns: store.HostBudget{Store: m.store, Default: monthRate, Now: m.clock},
	})
	t.Cleanup(fetcher.Close)
	m.worker = &pollWorker{store: m.store, collectors: collect.All(fetcher, collect.Services{}, m.clock), now: m.clock, metrics: newMetrics(prometheus.NewRegistry())}
	for n := range feeds {
		m.ids[n] = m.collection(m.address(n))
	}
	// They are added in the first hour.
	m.execute(`update collections set next_poll_at = $1::timestamptz + random() * interval '1 hour'`, m.start)
	return m
}

func (m *month) clock() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// site is one of five to a kind of feed, so that sites have many feeds. Those that block their site have it to themselves.
func (m *month) site(n int) string {
	return fmt.Sprintf("127.0.%d.%d", n%len(behaviours)+1, n/len(behaviours)%5+1)
}

func (m *month) address(n int) string {
	_, port, _ := net.SplitHostPort(m.server.Listener.Addr().String())
	return fmt.Sprintf("http://%s/feed/%d", net.JoinHostPort(m.site(n), port), n)
}

// pass goes from one moment at which feeds are due to the next.
func (m *month) pass() {
	end := m.start.Add(monthHours * time.Hour)
	for {
		var next *time.Time
		err := m.store.Pool().QueryRow(m.t.Context(), `select min(next_poll_at) from collections where enabled`).Scan(&next)
		require.NoError(m.t, err)
		if next == nil || next.After(end) {
			return
		}
		m.mu.Lock()
		m.now = maxTime(m.now, *next)
		m.mu.Unlock()
		due, err := m.store.ClaimDueCollections(m.t.Context(), m.clock(), 50)
		require.NoError(m.t, err)
		group := errgroup.Group{}
		group.SetLimit(4)
		for _, id := range due {
			group.Go(func() error { return m.pollOnce(id) })
		}
		require.NoError(m.t, group.Wait())
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// pollOnce works a poll as the queue would.
func (m *month) pollOnce(id uuid.UUID) error {
	m.mu.Lock()
	m.polls++
	m.mu.Unlock()
	err := m.worker.poll(context.Background(), id, pollJob{
		report:   func(context.Context, store.JobProgress) error { return nil },
		complete: func(context.Context, pollResult) error { return nil },
	})
	var failure *Failure
	var snooze *river.JobSnoozeError
	if errors.As(err, &failure) || errors.As(err, &snooze) {
		return nil
	}
	return err
}

// ServeHTTP is every site there is.
func (m *month) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	site, _, _ := net.SplitHostPort(r.Host)
	kind, number, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	n, _ := strconv.Atoi(number)
	now := m.clock()
	age := now.Sub(m.start)
	m.mu.Lock()
	day := func(from, to float64) bool { return age.Hours() >= 24*from && age.Hours() < 24*to }
	dropped := age >= outageStart && age < outageEnd || behaviours[n%len(behaviours)] == "drops connections for a day" && day(6, 7)
	// What a redirect leads to is asked in the turn of what led there, and puts the next one off. A request whose
	// connection breaks is sent a second time by the HTTP client itself.
	if kind == "feed" && !dropped {
		m.asked[site] = append(m.asked[site], now)
	}
	for _, key := range []string{site, r.URL.Path} {
		if now.Before(m.notBefore[key]) {
			m.faults = append(m.faults, fmt.Sprintf("%s was asked at %s, before %s", key, now, m.notBefore[key]))
		}
	}
	m.mu.Unlock()
	if dropped {
		panic(http.ErrAbortHandler)
	}
	switch behaviour := behaviours[n%len(behaviours)]; {
	case kind == "moved", kind == "elsewhere":
	case behaviour == "fails for three days" && day(5, 8):
		w.WriteHeader(http.StatusInternalServerError)
		return
	case behaviour == "429 with seconds" && day(3, 3.5):
		w.Header().Set("Retry-After", "18000")
		w.WriteHeader(http.StatusTooManyRequests)
		m.rest(site, now.Add(5*time.Hour))
		return
	case behaviour == "503 with a date" && day(4, 4.5):
		until := now.Add(30 * time.Hour).Truncate(time.Second)
		w.Header().Set("Retry-After", until.Format(http.TimeFormat))
		w.WriteHeader(http.StatusServiceUnavailable)
		m.rest(r.URL.Path, until)
		return
	case behaviour == "moves" && day(7, 31):
		http.Redirect(w, r, "/moved/"+number, http.StatusMovedPermanently)
		return
	case behaviour == "redirects for a while" && day(7, 20):
		http.Redirect(w, r, "/elsewhere/"+number, http.StatusFound)
		return
	case behaviour == "gone" && day(10, 31):
		w.WriteHeader(http.StatusGone)
		return
	case behaviour == "broken XML for two days" && day(9, 11):
		_, _ = io.WriteString(w, `<rss version="2.0"><channel><item><title>&`)
		return
	case behaviour == "redirects in circles for a day" && day(12, 13):
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
		return
	}
	m.feed(w, r, n, now)
}

func (m *month) rest(key string, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.notBefore[key] = until
}

// feed answers the newest articles of a feed, each of which came out at its own time.
func (m *month) feed(w http.ResponseWriter, r *http.Request, n int, now time.Time) {
	gap := time.Duration(6+n*7%40) * time.Hour
	newest := int(now.Sub(m.start.Add(-200*time.Hour)) / gap)
	behaviour := behaviours[n%len(behaviours)]
	if behaviour != "no validators" {
		etag := fmt.Sprintf(`"%d-%d"`, n, newest)
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	head := ""
	switch behaviour {
	case "skips hours":
		head = "<skipHours><hour>2</hour><hour>3</hour><hour>4</hour></skipHours>"
		if now.Hour() >= 2 && now.Hour() <= 4 && now.Sub(m.start) > 6*time.Hour {
			m.mu.Lock()
			m.faults = append(m.faults, fmt.Sprintf("feed %d was asked in an hour that it skips, at %s", n, now))
			m.mu.Unlock()
		}
	case "max-age":
		w.Header().Set("Cache-Control", "max-age=14400")
		m.rest(r.URL.Path, now.Add(4*time.Hour))
	}
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, `<rss version="2.0"><channel><title>Feed %d</title><language>en</language>%s`, n, head)
	var urls []string
	for article := newest; article > newest-feedWindow && article >= 0; article-- {
		url := fmt.Sprintf("https://example.org/%d/%d", n, article)
		urls = append(urls, url)
		_, _ = fmt.Fprintf(&b, `<item><title>Article %d of feed %d</title><link>%s</link><pubDate>%s</pubDate></item>`,
			article, n, url, m.start.Add(-200*time.Hour).Add(time.Duration(article)*gap).Format(time.RFC1123Z))
	}
	b.WriteString(`</channel></rss>`)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, url := range urls {
		m.offered[url] = true
	}
}

// check holds what matters in the end.
func (m *month) check() {
	t := m.t
	m.mu.Lock()
	defer m.mu.Unlock()
	require.Empty(t, m.faults)

	rows, _ := m.store.Pool().Query(t.Context(), `select canonical_url from documents`)
	kept := map[string]bool{}
	for rows.Next() {
		var url string
		require.NoError(t, rows.Scan(&url))
		kept[url] = true
	}
	require.NoError(t, rows.Err())
	for url := range m.offered {
		if !kept[url] {
			require.Fail(t, "an article was missed", url)
		}
	}
	require.Len(t, kept, len(m.offered))

	requests := 0
	for site, times := range m.asked {
		requests += len(times)
		slices.SortFunc(times, time.Time.Compare)
		for i := 1; i < len(times); i++ {
			require.GreaterOrEqual(t, times[i].Sub(times[i-1]), time.Second/monthRate, "%s was asked too often", site)
		}
	}
	health := map[string]int{}
	for n := range m.feeds {
		c, err := m.store.Collection(t.Context(), m.ids[n].ID)
		require.NoError(t, err)
		health[c.Health]++
		about := fmt.Sprintf("feed %d, which %s: %+v", n, behaviours[n%len(behaviours)], c)
		switch behaviours[n%len(behaviours)] {
		case "gone":
			require.Equal(t, "gone", c.Health, about)
			require.Equal(t, 1, m.count(`select count(*) from events where type = 'feed.gone' and data->>'collection_id' = $1`, c.ID.String()), about)
			continue
		case "moves":
			require.Equal(t, strings.Replace(m.address(n), "/feed/", "/moved/", 1), *c.URL, about)
			require.Equal(t, 1, m.count(`select count(*) from events where type = 'feed.moved' and data->>'collection_id' = $1`, c.ID.String()), about)
		case "fails for three days", "drops connections for a day", "broken XML for two days", "redirects in circles for a day", "503 with a date":
			told := m.count(`select count(*) from events where type in ('feed.degraded', 'feed.recovered') and data->>'collection_id' = $1`, c.ID.String())
			// One that was not asked while it misbehaved has nothing to tell.
			if c.FailureCount > 0 {
				require.GreaterOrEqual(t, told, 2, about)
			}
			require.Equal(t, m.address(n), *c.URL, about)
		default:
			require.Equal(t, m.address(n), *c.URL, about)
		}
		require.Equal(t, "healthy", c.Health, about)
		require.Less(t, m.now.Sub(*c.LastSuccessAt), 4*24*time.Hour, about)
	}
	t.Logf("%d feeds, %d polls, %d requests, %d articles, %v; by outcome: %v", m.feeds, m.polls, requests, len(kept), health, m.outcomes())
}

// outcomes counts the ledger.
func (m *month) outcomes() string {
	counts := map[string]int{}
	rows, _ := m.store.Pool().Query(m.t.Context(), `select outcome, count(*) from fetches group by outcome`)
	for rows.Next() {
		var outcome string
		var count int
		require.NoError(m.t, rows.Scan(&outcome, &count))
		counts[outcome] = count
	}
	require.NoError(m.t, rows.Err())
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprint(outcome, " ", counts[outcome]))
	}
	return strings.Join(parts, ", ")
}
