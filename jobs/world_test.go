package jobs

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// patience is how long tests wait for what should happen at once.
const patience = 30 * time.Second

// A world is a database with its own queue. Its schedule is paused, so that only what a test asks for
// is polled.
type world struct {
	t     testing.TB
	store *store.Store
	log   *lockedBuffer
	// registry is that of the last client that works.
	registry prometheus.Gatherer
	made     atomic.Int64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, store: storetest.New(t), log: &lockedBuffer{}}
	w.polling(false)
	return w
}

// polling switches the schedule.
func (w *world) polling(enabled bool) {
	w.t.Helper()
	_, err := w.store.UpdateSettings(w.t.Context(), 0, store.SettingsUpdate{PollingEnabled: &enabled})
	require.NoError(w.t, err)
}

// client is a client that does not work yet.
func (w *world) client(configure ...func(*Config)) *Client {
	w.t.Helper()
	fetcher := collect.NewFetcher(collect.Config{UserAgent: "test", AllowCIDRs: loopback})
	w.t.Cleanup(fetcher.Close)
	config := Config{
		Store: w.store, Collectors: collect.All(fetcher, collect.Services{}, time.Now), Logger: slog.New(slog.NewTextHandler(w.log, nil)),
		Discoverer: collect.NewDiscoverer(fetcher, time.Now, "https://www.youtube.com", "https://github.com"),
		Metrics:    prometheus.NewRegistry(), Polls: 4, SweepEvery: time.Hour, Now: time.Now,
	}
	for _, change := range configure {
		change(&config)
	}
	c, err := New(config)
	require.NoError(w.t, err)
	if c.works {
		w.registry = config.Metrics.(*prometheus.Registry)
	}
	return c
}

// loopback is where the tests' sites are.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// working is a client that works until the test ends.
func (w *world) working(configure ...func(*Config)) *Client {
	w.t.Helper()
	c := w.client(configure...)
	w.start(c)
	return c
}

func (w *world) start(c *Client) {
	w.t.Helper()
	require.NoError(w.t, c.Start(w.t.Context()))
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(w.t, c.Stop(ctx))
	})
}

// collectors makes every feed be read by f.
func collectors(f func(ctx context.Context, s collect.Source) (collect.Batch, error)) func(*Config) {
	return func(c *Config) { c.Collectors = map[string]collect.Collector{"rss": collectorFunc(f)} }
}

type collectorFunc func(ctx context.Context, s collect.Source) (collect.Batch, error)

func (f collectorFunc) Collect(ctx context.Context, s collect.Source) (collect.Batch, error) {
	return f(ctx, s)
}

// collection adds a feed.
func (w *world) collection(address string) store.Collection {
	w.t.Helper()
	c, err := w.store.CreateCollection(w.t.Context(), store.CollectionCreate{
		Name: "Feed", URL: &address, Domain: "proptech", Market: fmt.Sprint("m", w.made.Add(1)),
	})
	require.NoError(w.t, err)
	return c
}

// reload reads a collection again.
func (w *world) reload(c store.Collection) store.Collection {
	w.t.Helper()
	again, err := w.store.Collection(w.t.Context(), c.ID)
	require.NoError(w.t, err)
	return again
}

// poll queues a poll.
func (w *world) poll(c *Client, collection store.Collection) store.Job {
	w.t.Helper()
	job, err := c.Poll(w.t.Context(), collection.ID)
	require.NoError(w.t, err)
	return job
}

// job waits until a job is as wanted.
func (w *world) job(id store.JobID, wanted func(store.Job) bool) store.Job {
	w.t.Helper()
	var job store.Job
	eventually(w.t, func() bool {
		var err error
		job, err = w.store.Job(w.t.Context(), id)
		require.NoError(w.t, err)
		return wanted(job)
	}, func() string { return fmt.Sprintf("%+v %+v\n%s", job, job.Error, w.log) })
	return job
}

// finished waits for the end of a job.
func (w *world) finished(id store.JobID) store.Job {
	w.t.Helper()
	return w.job(id, store.Job.Finished)
}

// outcome polls a collection and answers what became of the job.
func (w *world) outcome(c *Client, collection store.Collection) store.Job {
	w.t.Helper()
	return w.finished(w.poll(c, collection).ID)
}

// execute runs SQL on the database.
func (w *world) execute(statement string, args ...any) {
	w.t.Helper()
	_, err := w.store.Pool().Exec(w.t.Context(), statement, args...)
	require.NoError(w.t, err)
}

// count answers a query for one number.
func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	rows, _ := w.store.Pool().Query(w.t.Context(), query, args...)
	n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
	require.NoError(w.t, err)
	return n
}

func (w *world) documents() int { return w.count(`select count(*) from documents`) }

// events are how many events of a type there are.
func (w *world) events(eventType string) int {
	return w.count(`select count(*) from events where type = $1`, eventType)
}

// orphan makes a job look like one whose worker was killed in the middle of it.
func (w *world) orphan(id int64) {
	w.execute(`update river_job set state = 'running', attempt = attempt + 1, attempted_at = now(), finalized_at = null, attempted_by = '{dead}' where id = $1`, id)
}

// site serves a feed on loopback and answers its address.
func site(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL + "/feed.xml"
}

// feed is an RSS feed with an entry for each path.
func feed(paths ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>Site</title><language>en</language>`)
	for _, path := range paths {
		_, _ = fmt.Fprintf(&b, `<item><title>About %s</title><link>https://example.com/%s</link><description>Words on %s.</description></item>`, path, path, path)
	}
	b.WriteString(`</channel></rss>`)
	return b.String()
}

// serving answers with a feed.
func serving(paths ...string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(feed(paths...))) }
}

// A gate stops whoever passes until it is opened.
type gate struct{ arrived, open chan struct{} }

func newGate() *gate { return &gate{make(chan struct{}, 100), make(chan struct{})} }

// pass waits for the gate to open, or for ctx.
func (g *gate) pass(ctx context.Context) {
	g.arrived <- struct{}{}
	select {
	case <-g.open:
	case <-ctx.Done():
	}
}

// await waits until somebody stands at the gate.
func (g *gate) await(t testing.TB) {
	t.Helper()
	select {
	case <-g.arrived:
	case <-time.After(patience):
		require.Fail(t, "nobody came to the gate")
	}
}

// eventually asks again and again until ok.
func eventually(t testing.TB, ok func() bool, state ...func() string) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			for _, s := range state {
				t.Log(s())
			}
			require.Fail(t, "it did not happen in time")
		}
	}
}

// metric is the value of a counter, or how often a histogram was used.
func metric(t testing.TB, registry prometheus.Gatherer, name string, labels ...string) float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var values []string
			for _, label := range m.GetLabel() {
				values = append(values, label.GetValue())
			}
			if family.GetName() == name && strings.Join(values, " ") == strings.Join(labels, " ") {
				return m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return 0
}

// A lockedBuffer is a log that is written and read at once.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
