package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// patience is how long tests wait for what should happen soon.
const patience = 60 * time.Second

// An output is what a process prints, readable while it prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// A ran is a finished run.
type ran struct {
	code     int
	out, log string
}

// execute runs a command to its end. Arguments are split at spaces.
func execute(t *testing.T, args string, environ ...string) ran {
	t.Helper()
	var out, log output
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	code := run(ctx, process{args: strings.Fields(args), environ: environ, out: &out, log: &log})
	return ran{code, out.String(), log.String()}
}

// A running is a command that runs until it is stopped.
type running struct {
	api
	out, log *output
	stop     context.CancelFunc
	ended    chan struct{}
	code     int
}

// launch begins a command. It is stopped with the test.
func launch(t *testing.T, args string, environ ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{out: &output{}, log: &output{}, stop: cancel, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		r.code = run(ctx, process{args: strings.Fields(args), environ: environ, out: r.out, log: r.log})
	}()
	t.Cleanup(func() { r.finish(t) })
	return r
}

// serve begins to serve on a free port and waits until it does.
func serve(t *testing.T, args string, environ ...string) *running {
	t.Helper()
	r := launch(t, "serve --addr=127.0.0.1:0 --fetch-allow-cidrs=127.0.0.0/8 --host-requests-per-second=0 --fetch-articles=false "+args, environ...)
	r.api = welcomed(t, r.out, r.log, r.ended)
	return r
}

// finish stops a command and answers its exit code.
func (r *running) finish(t *testing.T) int {
	t.Helper()
	r.stop()
	return r.wait(t)
}

// wait waits until a command has ended.
func (r *running) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-r.ended:
	case <-time.After(patience):
		require.Fail(t, "the command does not end", "%s%s", r.out, r.log)
	}
	return r.code
}

var (
	apiLine = regexp.MustCompile(`(?m)^  API +(http://\S+)$`)
	keyLine = regexp.MustCompile(`(?m)^  Admin key +(cc_\S+)$`)
)

// welcomed waits for the welcome and reads from it where the server is, and its key if there is one.
func welcomed(t *testing.T, out, log fmt.Stringer, ended <-chan struct{}) api {
	t.Helper()
	eventually(t, func() bool {
		select {
		case <-ended:
			require.Fail(t, "the server has ended", "%s%s", out, log)
		default:
		}
		return strings.HasSuffix(out.String(), "\n\n") && apiLine.MatchString(out.String())
	}, log.String)
	a := api{t: t, base: apiLine.FindStringSubmatch(out.String())[1]}
	if found := keyLine.FindStringSubmatch(out.String()); found != nil {
		a.key = found[1]
	}
	return a
}

// An api is a server as its users see it.
type api struct {
	t         *testing.T
	base, key string
}

// try sends a request and reads the answer; the error is that none came.
func (a api) try(ctx context.Context, method, path string, body, into any) (int, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, content)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+a.key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if into != nil && response.StatusCode < 300 {
		err = json.Unmarshal(answer, into)
	}
	return response.StatusCode, err
}

// send is try for requests that must be answered so.
func (a api) send(status int, method, path string, body, into any) {
	a.t.Helper()
	got, err := a.try(a.t.Context(), method, path, body, into)
	require.NoError(a.t, err)
	require.Equal(a.t, status, got, "%s %s", method, path)
}

type identified struct {
	ID string `json:"id"`
}

// collection adds a feed.
func (a api) collection(address string) string {
	a.t.Helper()
	var c identified
	a.send(http.StatusCreated, "POST", "/collections", map[string]any{"name": address, "url": address, "domain": "d", "market": "de"}, &c)
	return c.ID
}

// metrics are the process's own, as Prometheus reads them.
func (a api) metrics() string {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.base+"/admin/metrics", nil)
	require.NoError(a.t, err)
	request.Header.Set("Authorization", "Bearer "+a.key)
	response, err := http.DefaultClient.Do(request)
	require.NoError(a.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(a.t, err)
	return string(text)
}

// total is how many items a list has.
func (a api) total(path string) int {
	a.t.Helper()
	var list struct {
		Total int `json:"total"`
	}
	a.send(http.StatusOK, "GET", path, nil, &list)
	return list.Total
}

// eventually asks again and again until ok.
func eventually(t testing.TB, ok func() bool, state ...func() string) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
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

// folder is a folder that the private database's user can reach, which t.TempDir is not for root.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cc-main-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // passable on purpose
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func TestCommands(t *testing.T) {
	t.Parallel()
	good := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/admin/health" {
			rw.WriteHeader(http.StatusNotFound)
		}
	}))
	bad := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) }))
	gone := httptest.NewServer(nil)
	gone.Close()
	t.Cleanup(func() { good.Close(); bad.Close() })
	goodAddr, badAddr, goneAddr := strings.TrimPrefix(good.URL, "http://"), strings.TrimPrefix(bad.URL, "http://"), strings.TrimPrefix(gone.URL, "http://")
	_, goodPort, _ := strings.Cut(goodAddr, ":")

	cases := map[string]struct {
		args     string
		environ  []string
		code     int
		out, log string
	}{
		"nothing":                    {"", nil, exitUsage, "Usage: content-creator <command>", ""},
		"help":                       {"help", nil, exitOK, "POLL_CONCURRENCY      how many sources are polled at once [16]", ""},
		"--help":                     {"serve --help", nil, exitOK, "Usage: ", ""},
		"-h":                         {"-h", nil, exitOK, "Usage: ", ""},
		"help shows what is set":     {"help --rate-limit=7", []string{"ADMIN_API_KEY=" + strings.Repeat("k", 32)}, exitOK, "second per key, in bursts of four times that; 0 is no limit [7]", ""},
		"help with bad settings":     {"help --rate-limit=x", nil, exitOK, "Usage: ", ""},
		"unknown command":            {"dance", nil, exitUsage, "", "content-creator: there is no such command; see content-creator help\n"},
		"too many words":             {"serve now", nil, exitUsage, "", "no such command"},
		"workers as a word":          {"serve --workers false", nil, exitUsage, "", "no such command"},
		"work with words":            {"work hard", nil, exitUsage, "", "no such command"},
		"migrate nothing":            {"migrate", nil, exitUsage, "", "no such command"},
		"migrate up --all":           {"migrate up --all", nil, exitUsage, "", "no such command"},
		"serve --all":                {"serve --all", nil, exitUsage, "", "no such command"},
		"keys alone":                 {"keys", nil, exitUsage, "", "no such command"},
		"version with words":         {"version now", nil, exitUsage, "", "no such command"},
		"unknown flag alone":         {"--colour=red", nil, exitUsage, "", "--colour: there is no such flag"},
		"bad settings":               {"version --log-level=loud", []string{"RATE_LIMIT=-1"}, exitUsage, "", "content-creator: the settings are not valid:\nLOG_LEVEL: \"loud\" is not debug, info, warn or error\nRATE_LIMIT: -1 is not a number from 0 on\n"},
		"version":                    {"version", nil, exitOK, version + "\n", ""},
		"version as JSON":            {"version --log-format=json", nil, exitOK, version + "\n", ""},
		"healthy":                    {"healthcheck --addr=" + goodAddr, nil, exitOK, "", ""},
		"healthy by its name":        {"healthcheck --addr=localhost:" + goodPort, nil, exitOK, "", ""},
		"healthy on every address":   {"healthcheck --addr=:" + goodPort, nil, exitOK, "", ""},
		"healthy on 0.0.0.0":         {"healthcheck --addr=0.0.0.0:" + goodPort, nil, exitOK, "", ""},
		"healthy on [::]":            {"healthcheck --addr=[::]:" + goodPort, nil, exitOK, "", ""},
		"unwell":                     {"healthcheck --addr=" + badAddr, nil, exitFailure, "", "the server is not well: 503 Service Unavailable"},
		"away":                       {"healthcheck --addr=" + goneAddr, nil, exitFailure, "", "connection refused"},
		"no host name":               {"healthcheck --addr=%:1", nil, exitFailure, "", "content-creator: "},
		"address in use":             {"serve --addr=" + goodAddr, nil, exitFailure, "", "content-creator: ADDR: "},
		"no database":                {"serve --addr=127.0.0.1:0 --database-url=postgres://127.0.0.1:1/x", nil, exitFailure, "", "connect to the database"},
		"nobody to work for":         {"work --database-url=postgres://127.0.0.1:1/x", nil, exitFailure, "", "connect to the database"},
		"no database to migrate":     {"migrate up --database-url=postgres://127.0.0.1:1/x", nil, exitFailure, "", "connect to the database"},
		"none to take back":          {"migrate down --database-url=postgres://127.0.0.1:1/x", nil, exitFailure, "", "connect to the database"},
		"none to look at":            {"migrate status --database-url=postgres://127.0.0.1:1/x", nil, exitFailure, "", "connect to the database"},
		"unknown direction":          {"migrate sideways --database-url=postgres://127.0.0.1:1/x", nil, exitUsage, "", "no such command"},
		"a file where the data goes": {"migrate up --data-dir=/dev/null/x", nil, exitFailure, "", "DATA_DIR: "},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := execute(t, tc.args, tc.environ...)
			require.Equal(t, tc.code, got.code, "%s%s", got.out, got.log)
			require.Contains(t, got.out, tc.out)
			require.Contains(t, got.log, tc.log)
			require.NotContains(t, got.out+got.log, "kkkk", "keys are not shown")
			if tc.log == "" {
				require.Empty(t, got.log)
			}
			if tc.out == "" {
				require.Empty(t, got.out)
			}
		})
	}
}

func TestMigrateCommand(t *testing.T) {
	t.Parallel()
	database := "DATABASE_URL=" + storetest.NewEmptyDatabase(t)
	status := regexp.MustCompile(`^schema (\d+) of (\d+), job queue (\d+) of (\d+), dirty: false\n$`)
	migrate := func(direction string) []string {
		got := execute(t, "migrate "+direction, database)
		require.Equal(t, exitOK, got.code, got.log)
		found := status.FindStringSubmatch(got.out)
		require.NotNil(t, found, got.out)
		return found[1:]
	}
	none := migrate("status")
	require.Equal(t, "0", none[0])
	require.Equal(t, "0", none[2])
	for range 2 {
		up := migrate("up")
		require.Equal(t, up[1], up[0])
		require.Equal(t, up[3], up[2])
	}
	down := migrate("down")
	require.NotEqual(t, down[1], down[0])
	require.Equal(t, down[3], down[2])
	for range 2 {
		require.Equal(t, none, migrate("down --all"))
	}
	require.Equal(t, none, migrate("status"))
	require.NotEqual(t, none, migrate("up"))
}

func TestKeysCommand(t *testing.T) {
	t.Parallel()
	database := "DATABASE_URL=" + storetest.NewEmptyDatabase(t)
	keys := func(args string) ran { return execute(t, "keys "+args, database) }

	made := keys("create laptop admin")
	require.Equal(t, exitOK, made.code, made.log)
	require.Regexp(t, `^cc_\S{40,}\n$`, made.out)
	require.Equal(t, exitOK, keys("create reader read").code)
	for n := range 100 {
		require.Equal(t, exitOK, keys(fmt.Sprintf("create bulk%d read write", n)).code)
	}

	link := execute(t, "sign-in --addr=0.0.0.0:8088", database)
	require.Equal(t, exitOK, link.code, link.log)
	require.Regexp(t, `^http://localhost:8088/#code=[\w-]{32}\n$`, link.out)

	list := keys("list")
	require.Equal(t, exitOK, list.code)
	lines := strings.Split(strings.TrimSpace(list.out), "\n")
	require.Len(t, lines, 103, "all pages")
	require.Regexp(t, `^ID +NAME +BEGINS WITH +SCOPES +EXPIRES +LAST USED$`, lines[0])
	require.NotContains(t, list.out, strings.TrimSpace(made.out))
	id := map[string]string{}
	for _, line := range lines[1:] {
		id[strings.Fields(line)[1]] = strings.Fields(line)[0]
	}
	require.Contains(t, list.out, id["laptop"]+"  laptop ")

	require.Equal(t, exitOK, keys("revoke "+id["reader"]).code)
	for args, want := range map[string]ran{
		"revoke " + id["reader"]:   {exitFailure, "", "There is no API key with the id " + id["reader"]},
		"revoke " + id["laptop"]:   {exitFailure, "", "the last admin key that works"},
		"revoke laptop":            {exitUsage, "", `"laptop" is not the id of a key`},
		"create nobody":            {exitUsage, "", "no such command"},
		"create nobody everything": {exitFailure, "", ""},
		"forget":                   {exitUsage, "", "no such command"},
	} {
		got := keys(args)
		require.Equal(t, want.code, got.code, args)
		require.Contains(t, got.log, want.log, args)
		require.Empty(t, got.out, args)
	}
	require.NotContains(t, keys("list").out, id["reader"])

	s := storetest.Open(t, strings.TrimPrefix(database, "DATABASE_URL="))
	_, err := s.Pool().Exec(t.Context(), `update api_keys set last_used_at = '2026-11-23 10:00:00+00' where name = 'laptop'`)
	require.NoError(t, err)
	require.Regexp(t, `(?m)^`+id["laptop"]+` .* never +2026-11-23T10:00:00Z$`, keys("list").out)
	_, err = s.Pool().Exec(t.Context(), `alter table api_keys rename to taken_away; alter table sign_in_codes rename to taken_away_too`)
	require.NoError(t, err)
	for _, args := range []string{"keys list", "sign-in"} {
		got := execute(t, args, database)
		require.Equal(t, exitFailure, got.code, args)
		require.NotEmpty(t, got.log, args)
		require.Empty(t, got.out, args)
	}
}

// TestDataFolderThatCannotBe: what runs beside the server says why there is no folder of data.
func TestDataFolderThatCannotBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	got := execute(t, "sign-in", "DATA_DIR="+filepath.Join(file, "below"))
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.log, "DATA_DIR")
	require.Empty(t, got.out)
}

func TestFirstKey(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	database := storetest.NewEmptyDatabase(t)
	environ := []string{"DATABASE_URL=" + database, "DATA_DIR=" + filepath.Join(dir, "data")}
	first := serve(t, "", environ...)
	require.NotEmpty(t, first.key)
	file := filepath.Join(dir, "data", "admin.key")
	require.Equal(t, 1, strings.Count(first.out.String(), first.key))
	require.NotContains(t, first.log.String(), first.key)
	require.Contains(t, first.out.String(), "kept in "+file+"\n")
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, first.key+"\n", string(kept))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	first.send(http.StatusOK, "GET", "/admin/config", nil, nil)
	key := first.key
	link := regexp.MustCompile(`(?m)^  Sign in +http://\S+/#code=(\S+)$`).FindStringSubmatch(first.out.String())
	require.NotNil(t, link, first.out.String())
	require.NotContains(t, first.log.String(), link[1])
	first.send(http.StatusCreated, "POST", "/admin/sign-in", map[string]string{"code": link[1]}, nil)
	require.Equal(t, exitOK, first.finish(t), first.log.String())

	second := serve(t, "", environ...)
	require.Empty(t, second.key)
	require.NotContains(t, second.out.String(), "Sign in")
	second.key = key
	second.send(http.StatusOK, "GET", "/admin/config", nil, nil)
	require.Equal(t, exitOK, second.finish(t))

	own := strings.Repeat("my-own-key", 4)
	third := serve(t, "", append(environ, "ADMIN_API_KEY="+own)...)
	require.Empty(t, third.key)
	third.key = own
	third.send(http.StatusOK, "GET", "/admin/config", nil, nil)
	require.NotContains(t, third.out.String()+third.log.String(), own)
}

func TestFirstKeyThatCannotBeKept(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	environ := []string{"DATABASE_URL=" + storetest.NewEmptyDatabase(t), "DATA_DIR=" + dir}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "admin.key"), 0o700))
	got := execute(t, "serve --addr=127.0.0.1:0", environ...)
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.log, "keep the first key: ")
	require.NotContains(t, got.out+got.log, "cc_")
	got = execute(t, "serve --addr=127.0.0.1:0 --data-dir=/dev/null/x", environ[0])
	require.Contains(t, got.log, "DATA_DIR: ")

	require.NoError(t, os.Remove(filepath.Join(dir, "admin.key")))
	require.NotEmpty(t, serve(t, "", environ...).key, "the next start makes one")
}

func TestDataFolder(t *testing.T) {
	t.Parallel()
	p := process{environ: []string{"XDG_DATA_HOME=/x", "HOME=/h"}}
	dir, err := p.homeDataDir()
	require.NoError(t, err)
	require.Equal(t, "/x", dir)
	p.environ = []string{"XDG_DATA_HOME=relative", "HOME=/h"}
	dir, err = p.homeDataDir()
	require.NoError(t, err)
	require.Equal(t, "/h/.local/share", dir)
	_, err = process{}.homeDataDir()
	require.ErrorContains(t, err, "there is no home folder")

	dir, err = (&app{process: p}).userDataDir()
	require.NoError(t, err)
	if os.Geteuid() == 0 {
		require.Equal(t, "/var/lib", dir, "root's home is closed to the database's user")
	}
}

// feedOf is an RSS feed of articles.
func feedOf(articles ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>Site</title><language>en</language>`)
	for _, article := range articles {
		_, _ = fmt.Fprintf(&b, `<item><title>About %s</title><link>https://example.com/%s</link><description>Words.</description></item>`, article, article)
	}
	b.WriteString(`</channel></rss>`)
	return b.String()
}

func TestServeAndWorkApart(t *testing.T) {
	t.Parallel()
	database := "DATABASE_URL=" + storetest.NewEmptyDatabase(t)
	data := "DATA_DIR=" + folder(t)
	s := serve(t, "--workers=false", database, data)
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, feedOf("a", "b")) }))
	t.Cleanup(site.Close)
	id := s.collection(site.URL + "/feed.xml")
	var job struct {
		ID, State string
		Error     struct{ Message string }
	}
	s.send(http.StatusAccepted, "POST", "/collections/"+id+"/poll", nil, &job)
	require.Equal(t, "queued", job.State)

	w := launch(t, "work --fetch-allow-cidrs=127.0.0.0/8 --host-requests-per-second=0 --fetch-articles=false", database, data)
	eventually(t, func() bool {
		s.send(http.StatusOK, "GET", "/jobs/"+job.ID, nil, &job)
		return job.State == "succeeded"
	}, func() string { return job.Error.Message + w.log.String() })
	require.Equal(t, 2, s.total("/documents"))
	// A job may be done before the worker has said that it works.
	eventually(t, func() bool { return strings.Contains(w.log.String(), "working") }, w.log.String)
	require.NotContains(t, w.log.String(), "addr=", "it listens on nothing unless told to")
	require.Equal(t, exitOK, w.finish(t), w.log.String())

	// A worker that can be asked tells of its own polls.
	w = launch(t, "work --work-addr=127.0.0.1:0 --fetch-allow-cidrs=127.0.0.0/8 --host-requests-per-second=0 --fetch-articles=false", database, data)
	s.send(http.StatusAccepted, "POST", "/collections/"+id+"/poll", nil, &job)
	eventually(t, func() bool {
		s.send(http.StatusOK, "GET", "/jobs/"+job.ID, nil, &job)
		return job.State == "succeeded"
	}, func() string { return job.Error.Message + w.log.String() })
	eventually(t, func() bool { return strings.Contains(w.log.String(), "addr=") }, w.log.String)
	w.api = api{t: t, base: "http://" + regexp.MustCompile(`addr=(\S+)`).FindStringSubmatch(w.log.String())[1] + "/api/v1", key: s.key}
	w.send(http.StatusOK, "GET", "/admin/health", nil, nil)
	// A poll is counted a moment after it is saved.
	eventually(t, func() bool {
		return strings.Contains(w.metrics(), "\ncontent_creator_polls_total{outcome=\"not_modified\"} 1\n")
	}, w.metrics)
	require.Equal(t, exitOK, w.finish(t), w.log.String())
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	w = launch(t, "work --work-addr="+taken.Addr().String(), database, data)
	require.Equal(t, exitFailure, w.wait(t))
	require.Contains(t, w.log.String(), "WORK_ADDR: ")

	require.Equal(t, exitOK, s.finish(t), s.log.String())
	_, err = s.try(t.Context(), "GET", "/admin/health", nil, nil)
	require.Error(t, err, "nobody listens any more")
}

func TestReplicasAtOnce(t *testing.T) {
	t.Parallel()
	const replicas = 10
	database := "DATABASE_URL=" + storetest.NewEmptyDatabase(t)
	all := make([]*running, replicas)
	for i := range all {
		all[i] = launch(t, "serve --addr=127.0.0.1:0 --database-conns=5 --poll-concurrency=1", database, "DATA_DIR="+folder(t))
	}
	var keys []string
	for _, r := range all {
		r.api = welcomed(t, r.out, r.log, r.ended)
		if r.key != "" {
			keys = append(keys, r.key)
		}
	}
	require.Len(t, keys, 1, "one makes the first key, and one alone")
	for _, r := range all {
		r.key = keys[0]
		r.send(http.StatusOK, "GET", "/admin/config", nil, nil)
		r.stop()
	}
	for _, r := range all {
		require.Equal(t, exitOK, r.wait(t), r.log.String())
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"0.0.0.0:80": "localhost:80", "[::]:80": "localhost:80", "127.0.0.1:80": "127.0.0.1:80", "pipe": "pipe",
	} {
		require.Equal(t, want, reachable(addr))
	}
}
