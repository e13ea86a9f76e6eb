package embedded

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// helperDir makes the test binary a program that runs a server in that folder until it is killed.
const helperDir = "EMBEDDED_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		serve(dir)
	}
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func serve(dir string) {
	s, err := Start(context.Background(), Options{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.DSN())
	<-s.Done()
	os.Exit(1)
}

// testDir is a folder that the server's user can reach, which t.TempDir is not for root.
func testDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "embedded-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// realBinaries is where the tests' PostgreSQL is.
func realBinaries(t *testing.T) string {
	t.Helper()
	dir, err := Binaries()
	require.NoError(t, err)
	return dir
}

// hostWith is this machine with nothing but the given folder to find PostgreSQL in.
func hostWith(bin string) host {
	h := thisHost()
	h.finder = finder{pinned: bin}
	h.fetch = func(context.Context, string) error { return fmt.Errorf("no network") }
	return h
}

// script writes a shell script that others may run.
func script(t *testing.T, path, body string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755))
}

// wrapped is a folder of binaries that lead to the real ones, with some shell code in front.
func wrapped(t *testing.T, dir, beforePostgres, beforeInitdb string) string {
	t.Helper()
	origin := realBinaries(t)
	bin := filepath.Join(dir, "bin")
	version := `case "$*" in --version) exec ` + origin + `/postgres --version;; esac` + "\n"
	script(t, filepath.Join(bin, "postgres"), version+beforePostgres+"\nexec "+origin+`/postgres "$@"`)
	script(t, filepath.Join(bin, "initdb"), beforeInitdb+"\nexec "+origin+`/initdb "$@"`)
	return bin
}

func mustStart(t *testing.T, o Options, h host) *Server {
	t.Helper()
	s, err := start(testContext(t), o, h)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	ctx := testContext(t)
	conn, err := pgx.Connect(ctx, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execute(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	conn := connect(t, dsn)
	for _, s := range statements {
		_, err := conn.Exec(testContext(t), s)
		require.NoError(t, err, s)
	}
	require.NoError(t, conn.Close(testContext(t)))
}

func ask(t *testing.T, dsn, query string) string {
	t.Helper()
	conn := connect(t, dsn)
	var answer string
	require.NoError(t, conn.QueryRow(testContext(t), query).Scan(&answer))
	require.NoError(t, conn.Close(testContext(t)))
	return answer
}

// eventually polls without the first wait that require.Eventually has.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx := testContext(t)
	for !ok() {
		require.NoError(t, pause(ctx, pollEvery), what)
	}
}

// processesIn counts the processes that work in a data folder.
func processesIn(t *testing.T, data string) int {
	t.Helper()
	out, err := exec.CommandContext(testContext(t), "ps", "-A", "-o", "pid=").Output()
	require.NoError(t, err)
	n := 0
	for pid := range strings.FieldsSeq(string(out)) {
		var number int
		_, err := fmt.Sscan(pid, &number)
		require.NoError(t, err)
		if isPostmaster(number, data) {
			n++
		}
	}
	return n
}
