package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store/embedded"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// build makes the program, once for all tests, and answers where it is.
func build(t *testing.T) string {
	t.Helper()
	path, err := built()
	require.NoError(t, err)
	return path
}

var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "cc-program-")
	if err != nil {
		return "", err
	}
	storetest.AtExit(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "content-creator")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, out)
	}
	return path, nil
})

// A killable is the program in a process of its own.
type killable struct {
	api
	out, log *output
	command  *exec.Cmd
	ended    chan struct{}
	err      error
}

// begin starts the program and waits until it serves.
func begin(t *testing.T, path string, args ...string) *killable {
	t.Helper()
	k := &killable{out: &output{}, log: &output{}, ended: make(chan struct{})}
	k.command = exec.Command(path, append([]string{
		"serve", "--addr=127.0.0.1:0", "--fetch-allow-cidrs=127.0.0.0/8", "--host-requests-per-second=0", "--rate-limit=0", "--database-url=", "--admin-api-key=",
		"--fetch-articles=false", // the articles of its feeds lead to a site of others
	}, args...)...)
	k.command.Stdout, k.command.Stderr = k.out, k.log
	require.NoError(t, k.command.Start())
	go func() { k.err = k.command.Wait(); close(k.ended) }()
	t.Cleanup(func() { k.signal(t, syscall.SIGKILL) })
	k.api = welcomed(t, k.out, k.log, k.ended)
	return k
}

// signal sends a signal and waits for the end.
func (k *killable) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := k.command.Process.Signal(s); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(t, err)
	}
	select {
	case <-k.ended:
	case <-time.After(patience):
		require.Fail(t, "the process does not end", k.log.String())
	}
}

// A press is a site with many feeds that has news each time it is asked.
type press struct {
	*httptest.Server
	mu sync.Mutex
	// issues counts what each feed has published.
	issues map[string]int
	asked  atomic.Int64
}

const (
	feeds  = 60
	window = 30
)

func newPress(t *testing.T) *press {
	t.Helper()
	p := &press{issues: map[string]int{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		p.mu.Lock()
		if p.issues[r.URL.Path] == 0 {
			p.issues[r.URL.Path] = window
		}
		p.issues[r.URL.Path] += 1 + rand.N(3)
		articles := p.current(r.URL.Path)
		p.mu.Unlock()
		_, _ = io.WriteString(rw, feedOf(articles...))
	}))
	t.Cleanup(p.Close)
	return p
}

// current are the articles that a feed lists now, newest first.
func (p *press) current(path string) []string {
	articles := make([]string, window)
	for i := range articles {
		articles[i] = fmt.Sprint(strings.Trim(path, "/"), "/", p.issues[path]-i)
	}
	return articles
}

// all are the addresses of all articles that the site lists now.
func (p *press) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for path := range p.issues {
		for _, article := range p.current(path) {
			all = append(all, "https://example.com/"+article)
		}
	}
	return all
}

// load works a server hard until ctx ends or it is gone: polls without end, and topics of which it
// notes those that were acknowledged.
func load(ctx context.Context, a api, collections []string, round int, topics *sync.Map, acknowledged chan<- struct{}) {
	var clients sync.WaitGroup
	for n := range 3 {
		clients.Go(func() {
			for ctx.Err() == nil {
				if _, err := a.try(ctx, "POST", "/collections/"+collections[rand.N(len(collections))]+"/poll", nil, nil); err != nil {
					return
				}
			}
		})
		clients.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				title := fmt.Sprintf("Round %d client %d number %d", round, n, i)
				var made identified
				status, err := a.try(ctx, "POST", "/topics", map[string]any{"title": title, "domain": "d", "market": "de", "language": "en"}, &made)
				if err != nil {
					return
				}
				if status == http.StatusCreated {
					topics.Store(title, made.ID)
					select {
					case acknowledged <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	clients.Wait()
}

// TestKilledInTheMiddle kills the server again and again while it polls and writes, and afterwards
// misses nothing and has nothing twice.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	const rounds = 5
	program, dir := build(t), folder(t)
	site := newPress(t)
	var key string
	var collections []string
	var topics sync.Map

	for round := range rounds {
		k := begin(t, program, "--data-dir="+dir)
		if round == 0 {
			key = k.key
		}
		k.key = key
		for round == 0 && len(collections) < feeds {
			collections = append(collections, k.collection(fmt.Sprint(site.URL, "/feed", len(collections))))
		}
		ctx, cancel := context.WithCancel(t.Context())
		acknowledged, loaded := make(chan struct{}), make(chan struct{})
		go func() { defer close(loaded); load(ctx, k.api, collections, round, &topics, acknowledged) }()
		// Some way into the work, and at another moment each time.
		asked, wait := site.asked.Load(), 20+rand.Int64N(80)
		eventually(t, func() bool { return site.asked.Load() >= asked+wait }, k.log.String)
		for range rand.N(20) {
			<-acknowledged
		}
		k.signal(t, syscall.SIGKILL)
		cancel()
		<-loaded
	}

	k := begin(t, program, "--data-dir="+dir)
	k.key = key
	require.Empty(t, keyLine.FindString(k.out.String()), "the key of the first start still works")
	begun := time.Now()
	eventually(t, func() bool { return k.total("/jobs?state=running") == 0 && k.total("/jobs?state=queued") == 0 },
		func() string {
			return fmt.Sprint(k.total("/jobs?state=running"), " run ", k.total("/jobs?state=queued"), " wait\n", k.log)
		})
	t.Logf("jobs left behind were worked after %s", time.Since(begun))
	for _, id := range collections {
		k.send(http.StatusAccepted, "POST", "/collections/"+id+"/poll", nil, nil)
	}
	eventually(t, func() bool { return k.total("/jobs?state=running") == 0 && k.total("/jobs?state=queued") == 0 }, k.log.String)
	require.Zero(t, k.total("/jobs?state=failed"), "no poll has failed for a kill")

	// Every topic that was acknowledged is there.
	lost := 0
	for title, id := range topics.Range {
		var topic struct{ Title string }
		status, err := k.try(t.Context(), "GET", "/topics/"+id.(string), nil, &topic)
		require.NoError(t, err)
		if status != http.StatusOK || topic.Title != title.(string) {
			lost++
		}
	}
	require.Zero(t, lost, "acknowledged topics are lost")

	dsn := dsnOf(t, dir)
	present := map[string]bool{}
	for _, address := range query[string](t, dsn, `select canonical_url from documents`) {
		require.False(t, present[address], "%s is there twice", address)
		present[address] = true
	}
	offered := site.all()
	for _, address := range offered {
		require.True(t, present[address], "%s is missing", address)
	}
	require.Equal(t, feeds*window, len(offered))
	require.Equal(t, []int{len(present)}, query[int](t, dsn, `select sum(documents_count)::bigint from collections`))
	// Each success had its answer; a kill may have cost answers, never invented them.
	successes := query[int](t, dsn, `select sum(success_count)::bigint from collections`)[0]
	require.LessOrEqual(t, int64(successes), site.asked.Load())
	require.GreaterOrEqual(t, successes, feeds)
	require.Equal(t, []int{0}, query[int](t, dsn, `select sum(failure_count + consecutive_failures)::bigint from collections`))
	require.Equal(t, []int{successes}, query[int](t, dsn, `select count(*) from river_job where kind = 'poll' and state = 'completed'`))
	require.Equal(t, []int{0}, query[int](t, dsn, `select count(*) from river_job where state = 'running' and kind = 'poll'`))
	t.Logf("%d kills, %d topics kept, %d documents, %d answers of the site, %d of them saved", rounds,
		len(slices.Collect(maps.Keys(maps.Collect(topics.Range)))), len(present), site.asked.Load(), successes)

	k.signal(t, syscall.SIGTERM)
	require.NoError(t, k.err, k.log.String())
}

// dsnOf is the address of the private database of a data folder.
func dsnOf(t *testing.T, dir string) string {
	t.Helper()
	socket, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres", "run"))
	require.NoError(t, err)
	found, err := filepath.Glob(filepath.Join(socket, ".s.PGSQL.*[0-9]"))
	require.NoError(t, err)
	require.Len(t, found, 1)
	return "postgres:///content_creator?user=postgres&sslmode=disable&host=" + socket + "&port=" + strings.TrimPrefix(filepath.Base(found[0]), ".s.PGSQL.")
}

// query reads one column.
func query[T any](t *testing.T, dsn, q string) []T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	rows, _ := conn.Query(t.Context(), q)
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	require.NoError(t, err)
	return values
}

// postmaster is the process of the private database.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(dir, "postgres", "data", "postmaster.pid"))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(file), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(t, err)
	return pid
}

func TestPrivateDatabase(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	data := "DATA_DIR=" + dir
	s := serve(t, "", data)
	s.send(http.StatusOK, "GET", "/admin/config", nil, nil)
	key := s.key

	other := execute(t, "serve --addr=127.0.0.1:0", data)
	require.Equal(t, exitFailure, other.code)
	require.Contains(t, other.log, dir)
	// Keys and links are made while the server runs.
	link := execute(t, "sign-in", data)
	require.Equal(t, exitOK, link.code, link.log)
	_, code, _ := strings.Cut(strings.TrimSpace(link.out), "#code=")
	s.send(http.StatusCreated, "POST", "/admin/sign-in", map[string]string{"code": code}, nil)
	require.Contains(t, execute(t, "keys list", data).out, "Signed in by link")
	require.Equal(t, exitOK, s.finish(t), s.log.String())
	require.NoFileExists(t, filepath.Join(dir, "postgres", "data", "postmaster.pid"))

	for name, start := range map[string]func() *running{
		"serve": func() *running { return serve(t, "", data) },
		"work": func() *running {
			w := launch(t, "work", data)
			eventually(t, func() bool { return strings.Contains(w.log.String(), "working") }, w.log.String)
			return w
		},
	} {
		r := start()
		require.NoError(t, syscall.Kill(postmaster(t, dir), syscall.SIGKILL))
		begun := time.Now()
		require.Equal(t, exitFailure, r.wait(t), name)
		t.Logf("%s ended %s after its database", name, time.Since(begun))
		require.Contains(t, r.log.String(), "content-creator: the private database is gone: postgres has ended by itself: signal: killed", name)
	}
	again := serve(t, "", data)
	again.key = key
	again.send(http.StatusOK, "GET", "/admin/config", nil, nil)
}

// TestDatabaseRestarts stops and starts the database under a running server.
func TestDatabaseRestarts(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	start := func() *embedded.Server {
		postgres, err := embedded.Start(t.Context(), embedded.Options{Dir: dir, Throwaway: true})
		require.NoError(t, err)
		t.Cleanup(func() { _ = postgres.Stop() })
		return postgres
	}
	postgres := start()
	s := serve(t, "", "DATABASE_URL="+postgres.DSN(), "DATA_DIR="+folder(t))
	site := newPress(t)
	id := s.collection(site.URL + "/feed")
	eventually(t, func() bool { return s.total("/documents") == window }, s.log.String)

	for range 2 {
		require.NoError(t, postgres.Stop())
		for range 30 {
			s.send(http.StatusServiceUnavailable, "GET", "/admin/health", nil, nil)
			s.send(http.StatusServiceUnavailable, "GET", "/topics", nil, nil)
			s.send(http.StatusServiceUnavailable, "POST", "/collections/"+id+"/poll", nil, nil)
		}
		postgres = start()
		require.NotEmpty(t, postgres.DSN())
		begun := time.Now()
		// A connection that died meanwhile may still cost an answer, but never another than 503.
		patiently := func(status int, method, path string, into any) bool {
			got, err := s.try(t.Context(), method, path, nil, into)
			require.NoError(t, err)
			require.Contains(t, []int{status, http.StatusServiceUnavailable}, got, "%s %s", method, path)
			return got == status
		}
		eventually(t, func() bool { return patiently(http.StatusOK, "GET", "/admin/health", nil) }, s.log.String)
		t.Logf("healthy %s after its database", time.Since(begun))
		var job struct{ ID, State string }
		eventually(t, func() bool { return patiently(http.StatusAccepted, "POST", "/collections/"+id+"/poll", &job) }, s.log.String)
		eventually(t, func() bool {
			return patiently(http.StatusOK, "GET", "/jobs/"+job.ID, &job) && job.State == "succeeded"
		}, s.log.String)
		t.Logf("polling %s after its database", time.Since(begun))
	}
	require.Equal(t, exitOK, s.finish(t), s.log.String())
}
