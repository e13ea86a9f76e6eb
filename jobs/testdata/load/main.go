// Load measures polling: how fast the workers read a site of many feeds, what it costs in memory and in
// the database. Run it as `task load:feeds`. It starts a private PostgreSQL, the site and the worker
// process on this machine, and removes them again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/embedded"
)

var (
	feeds       = flag.Int("feeds", 500, "how many feeds the site has")
	entries     = flag.Int("entries", 20, "how many entries a feed has")
	words       = flag.Int("words", 60, "how many words an entry has")
	concurrency = flag.Int("concurrency", 16, "how many feeds are polled at once")
	limit       = flag.Duration("limit", 5*time.Minute, "how long a round may take")
	database    = flag.String("database", "", "PostgreSQL to use instead of a private one; everything in it is deleted")
	miniflux    = flag.String("miniflux", "", "program of Miniflux v2 that is to fetch the same feeds in the same minute")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "content-creator-load")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// The private PostgreSQL may run as another user.
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // it holds nothing but this run's database
		return err
	}
	binary := filepath.Join(dir, "content-creator")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	dsn := *database
	if dsn == "" {
		postgres, err := embedded.Start(ctx, embedded.Options{Dir: filepath.Join(dir, "postgres")})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, postgres.Stop()) }()
		dsn = postgres.DSN()
	}
	if err := errors.Join(store.MigrateDown(ctx, dsn, true), store.Migrate(ctx, dsn)); err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	s, err := newSite()
	if err != nil {
		return err
	}
	l := load{pool: pool, site: s, dir: dir, binary: binary, dsn: dsn}
	return l.rounds(ctx)
}

// A load is one run.
type load struct {
	pool *pgxpool.Pool
	site *site
	// dir is the folder of all that is private to the run.
	dir, binary, dsn string
	worker           *exec.Cmd
}

func (l *load) rounds(ctx context.Context) error {
	const add = `
		insert into collections (id, name, type, url, domain, market, next_poll_at)
		select gen_random_uuid(), 'Feed ' || n, 'rss', $1 || '/feed/' || n, 'load', 'en', 'infinity'
		from generate_series(1, $2::int) n`
	if _, err := l.pool.Exec(ctx, add, l.site.address, *feeds); err != nil {
		return err
	}
	l.worker = exec.CommandContext(ctx, l.binary, "work", "--poll-concurrency="+strconv.Itoa(*concurrency), "--log-level=warn",
		"--fetch-allow-cidrs=127.0.0.0/8", "--host-requests-per-second=0", "--fetch-articles=false", "--database-conns="+strconv.Itoa(max(20, *concurrency+10)))
	l.worker.Env = append(os.Environ(), "DATABASE_URL="+l.dsn)
	l.worker.Stderr = os.Stderr
	if err := l.worker.Start(); err != nil {
		return err
	}
	defer func() { _ = l.worker.Process.Kill(); _ = l.worker.Wait() }()

	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer func() { _ = table.Flush() }()
	_, _ = fmt.Fprintln(table, "round\tseconds\tpolls/s\tdocuments/s\t304 %\tworker MB\tworker CPU s\tpostgres CPU s\tdatabase MB\tgrowth MB\t")
	if *miniflux != "" {
		if err := l.miniflux(ctx, table, *miniflux); err != nil {
			return err
		}
	}
	for _, round := range []struct {
		name   string
		change func()
	}{
		{"first fetch", func() {}},
		{"nothing new", func() {}},
		{"one new entry each", func() { l.site.edition.Add(1) }},
	} {
		round.change()
		if err := l.round(ctx, table, round.name); err != nil {
			return err
		}
	}
	return nil
}

// round makes every feed due and waits until each has been polled.
func (l *load) round(ctx context.Context, table *tabwriter.Writer, name string) error {
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	before, err := l.figures(ctx)
	if err != nil {
		return err
	}
	l.site.asked.Store(0)
	l.site.unchanged.Store(0)
	start := time.Now()
	// The sweep comes once a minute; this is what it does.
	const due = `
		with due as (update collections set next_poll_at = now() + interval '1 hour' returning id)
		insert into river_job (args, kind, max_attempts, queue, state, scheduled_at, priority, tags)
		select jsonb_build_object('collection_id', id), 'poll', 4, 'collect', 'available', now(), 1, '{scheduled}' from due`
	if _, err := l.pool.Exec(ctx, due); err != nil {
		return err
	}
	if _, err := l.pool.Exec(ctx, `select pg_notify(current_schema() || '.river_insert', '{"queue":"collect"}')`); err != nil {
		return err
	}
	for {
		var left int
		err := l.pool.QueryRow(ctx, `select count(*) from river_job where kind = 'poll' and state in ('available', 'running', 'retryable', 'scheduled')`).Scan(&left)
		if err != nil {
			return err
		}
		if left == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	seconds := time.Since(start).Seconds()
	after, err := l.figures(ctx)
	if err != nil {
		return err
	}
	if failed := after.failures - before.failures; failed > 0 {
		return fmt.Errorf("%d polls failed", failed)
	}
	_, _ = fmt.Fprintf(table, "%s\t%.2f\t%.0f\t%.0f\t%.0f\t%d\t%.1f\t%.1f\t%d\t%d\t\n", name, seconds, float64(*feeds)/seconds,
		float64(after.documents-before.documents)/seconds, 100*float64(l.site.unchanged.Load())/float64(max(l.site.asked.Load(), 1)),
		residentMB(l.worker.Process.Pid), after.worker-before.worker, after.cpu-before.cpu, after.size>>20, (after.size-before.size)>>20)
	return table.Flush()
}

type figures struct {
	documents, failures, size int64
	// cpu and worker are seconds of processor time, of PostgreSQL and of the worker process.
	cpu, worker float64
}

func (l *load) figures(ctx context.Context) (f figures, err error) {
	const q = `
		select (select count(*) from documents), (select coalesce(sum(failure_count), 0) from collections),
			pg_database_size(current_database())`
	err = l.pool.QueryRow(ctx, q).Scan(&f.documents, &f.failures, &f.size)
	f.cpu, f.worker = postgresSeconds(l.dir), processSeconds(fmt.Sprintf("/proc/%d/stat", l.worker.Process.Pid))
	return f, err
}

// residentMB is the memory of a process.
func residentMB(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kb / 1024
		}
	}
	return 0
}

// postgresSeconds is the processor time of the PostgreSQL in a folder.
func postgresSeconds(dir string) (seconds float64) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		if cwd, _ := os.Readlink(filepath.Dir(path) + "/cwd"); strings.HasPrefix(cwd, dir) {
			seconds += processSeconds(path)
		}
	}
	return seconds
}

// processSeconds is the processor time of a process and of its children that have ended.
func processSeconds(path string) float64 {
	stat, _ := os.ReadFile(path) //nolint:gosec // of the kernel's
	_, rest, _ := strings.Cut(string(stat), ") ")
	ticks := 0
	if fields := strings.Fields(rest); len(fields) > 14 {
		for _, field := range fields[11:15] {
			n, _ := strconv.Atoi(field)
			ticks += n
		}
	}
	return float64(ticks) / 100
}

// A site serves feeds with validators.
type site struct {
	address          string
	edition          atomic.Int64
	asked, unchanged atomic.Int64
}

func newSite() (*site, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it lives as long as the process
	if err != nil {
		return nil, err
	}
	s := &site{address: "http://" + listener.Addr().String()}
	go func() { _ = (&http.Server{Handler: s, ReadHeaderTimeout: time.Minute}).Serve(listener) }()
	return s, nil
}

// ServeHTTP answers one feed.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number, isFeed := strings.CutPrefix(r.URL.Path, "/feed/")
	if !isFeed { // Miniflux looks for icons
		http.NotFound(w, r)
		return
	}
	s.asked.Add(1)
	edition := s.edition.Load()
	etag := fmt.Sprintf(`"%d"`, edition)
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		s.unchanged.Add(1)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	n, _ := strconv.Atoi(number)
	w.Header().Set("Content-Type", "application/rss+xml")
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, `<?xml version="1.0"?><rss version="2.0"><channel><title>Feed %d</title><link>%s</link><language>en</language>`, n, s.address)
	for i := range *entries {
		id := edition + int64(*entries-i)
		_, _ = fmt.Fprintf(&b, `<item><title>%s</title><link>%s/%d/%d</link><guid>%d-%d</guid><pubDate>%s</pubDate><description>%s</description></item>`,
			prose(n, id, 8), s.address, n, id, n, id, time.Unix(1_790_000_000+id*3600, 0).UTC().Format(time.RFC1123Z), prose(n+1, id, *words))
	}
	b.WriteString(`</channel></rss>`)
	_, _ = w.Write([]byte(b.String()))
}

var vocabulary = strings.Fields(`market energy price solar house report company growth city plan research product team
	garden water school health data network vehicle engine policy farm river budget travel music design paper climate storm
	index factory export winter summer harvest bridge museum player season victory coach election minister court ruling`)

// prose is text that differs from feed to feed and entry to entry.
func prose(feed int, entry int64, words int) string {
	state := uint64(feed)*2654435761 + uint64(entry)*40503 + 1 //nolint:gosec // never negative
	var b strings.Builder
	for range words {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		_, _ = fmt.Fprintf(&b, "%s%d ", vocabulary[state%uint64(len(vocabulary))], state>>32%997)
	}
	return strings.TrimSpace(b.String())
}
