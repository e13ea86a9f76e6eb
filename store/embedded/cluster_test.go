package embedded

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOtherMajorIsRefused(t *testing.T) {
	t.Parallel()
	for made, cure := range map[string]string{"99": "install PostgreSQL 99", "9.6": "dump it with PostgreSQL 9"} {
		t.Run(made, func(t *testing.T) {
			t.Parallel()
			dir := testDir(t)
			precious := filepath.Join(dir, "data", "PG_VERSION")
			require.NoError(t, os.Mkdir(filepath.Dir(precious), 0o700))
			require.NoError(t, os.WriteFile(precious, []byte(made+"\n"), 0o600))
			_, err := start(testContext(t), Options{Dir: dir}, hostWith(realBinaries(t)))
			require.ErrorContains(t, err, "was made by PostgreSQL "+strings.TrimSuffix(made, ".6"))
			require.ErrorContains(t, err, realBinaries(t)+": PostgreSQL ")
			require.ErrorContains(t, err, cure)
			text, err := os.ReadFile(precious)
			require.NoError(t, err)
			assert.Equal(t, made+"\n", string(text))
		})
	}
}

func TestStrangeDataIsRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ file, text, want string }{
		"other files":     {"data/letter.txt", "dear", "holds no PostgreSQL data"},
		"broken version":  {"data/PG_VERSION", "new", "read the version of the data"},
		"version, folder": {"data/PG_VERSION/x", "", "read the version of the data"},
		"data is a file":  {"data", "", "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := testDir(t)
			path := filepath.Join(dir, tc.file)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, []byte(tc.text), 0o600))
			_, err := Start(testContext(t), Options{Dir: dir})
			require.ErrorContains(t, err, tc.want)
			assert.FileExists(t, path)
		})
	}
}

func TestHalfDoneInitdb(t *testing.T) {
	t.Parallel()
	base := testDir(t)
	dir := filepath.Join(base, "pg")
	hanging := wrapped(t, base, "", `echo 15 > "$2/PG_VERSION"; exec sleep 600`)
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := start(ctx, Options{Dir: dir}, hostWith(hanging))
		failed <- err
	}()
	eventually(t, "initdb has begun", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "data.new-*", "PG_VERSION"))
		return len(found) == 1
	})
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	assert.NoDirExists(t, filepath.Join(dir, "data"))

	// What a killed initdb leaves, and an empty data folder, do no harm.
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "data.new-dead", "base"), 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "data"), 0o700))
	s := mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost())
	assert.Equal(t, "1", ask(t, s.DSN(), "select 1::text"))
	left, err := filepath.Glob(filepath.Join(dir, "data.new*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestInitdbFailure(t *testing.T) {
	t.Parallel()
	base := testDir(t)
	bin := wrapped(t, base, "", "echo no room; exit 1")
	_, err := start(testContext(t), Options{Dir: filepath.Join(base, "pg")}, hostWith(bin))
	require.ErrorContains(t, err, "initdb: exit status 1: no room")

	h := hostWith(wrapped(t, base, "", "exec sleep 600"))
	h.limits.initdb = 50 * time.Millisecond
	_, err = start(testContext(t), Options{Dir: filepath.Join(base, "pg")}, h)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestUnknownLocale(t *testing.T) {
	t.Parallel()
	base := testDir(t)
	bin := wrapped(t, base, "", `case "$*" in *UTF-8*) echo 'initdb: error: invalid locale name'; exit 1;; esac`)
	s := mustStart(t, Options{Dir: filepath.Join(base, "pg"), Throwaway: true}, hostWith(bin))
	assert.Equal(t, "C", ask(t, s.DSN(), "select datctype from pg_database where datname = current_database()"))
}

func TestFailedStart(t *testing.T) {
	t.Parallel()
	base := testDir(t)
	dir := filepath.Join(base, "pg")
	require.NoError(t, mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost()).Stop())

	for name, tc := range map[string]struct{ before, want string }{
		"dies":       {"echo 'XX000 FATAL:  no luck'; exit 1", "ended while starting: exit status 1; its last log lines:\nXX000 FATAL:  no luck"},
		"exits well": {"exit 0", "ended while starting: exit status 0"},
		"is mute":    {"echo thinking; exec sleep 600", "no answer after 300ms"},
		"cannot run": {"", "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			h := hostWith(wrapped(t, testDir(t), tc.before, ""))
			h.limits.silence = 300 * time.Millisecond
			if name == "cannot run" {
				c := cluster{bin: t.TempDir(), socket: dir}
				require.NoError(t, os.WriteFile(filepath.Join(c.bin, "postgres"), nil, 0o600))
				_, err := c.run(testContext(t), false)
				require.ErrorContains(t, err, tc.want)
				return
			}
			_, err := start(testContext(t), Options{Dir: dir}, h)
			require.ErrorContains(t, err, tc.want)
			assert.NoFileExists(t, filepath.Join(dir, "run"))
		})
	}

	t.Run("is cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(testContext(t))
		defer cancel()
		// The server says that it runs by opening the pipe.
		pipe := filepath.Join(testDir(t), "pipe")
		require.NoError(t, syscall.Mkfifo(pipe, 0o600))
		require.NoError(t, os.Chmod(pipe, 0o666))
		go func() {
			_, _ = os.ReadFile(pipe)
			cancel()
		}()
		_, err := start(ctx, Options{Dir: dir}, hostWith(wrapped(t, testDir(t), "echo runs > "+pipe+"; exec sleep 600", "")))
		require.ErrorIs(t, err, context.Canceled)
	})

	t.Run("old backends are waited for", func(t *testing.T) {
		marker := filepath.Join(testDir(t), "marker")
		require.NoError(t, os.Mkdir(marker, 0o700))
		require.NoError(t, os.Chmod(filepath.Dir(marker), 0o777))
		before := "if rmdir " + marker + "; then echo 'F0001 FATAL:  pre-existing shared memory block is still in use'; exit 1; fi"
		s := mustStart(t, Options{Dir: dir, Throwaway: true}, hostWith(wrapped(t, testDir(t), before, "")))
		assert.NoDirExists(t, marker)
		require.NoError(t, s.Stop())
	})

	t.Run("database is made where it is missing", func(t *testing.T) {
		s := mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost())
		admin := strings.Replace(s.DSN(), "/content_creator?", "/postgres?", 1)
		execute(t, admin, "drop database content_creator")
		require.NoError(t, s.Stop())
		s = mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost())
		assert.Equal(t, "content_creator", ask(t, s.DSN(), "select current_database()::text"))
		require.NoError(t, s.Stop())
	})
}

// TestAwait has a server that replays its log for longer than a mute one would be waited for.
func TestAwait(t *testing.T) {
	t.Parallel()
	c := cluster{socket: testDir(t), limits: limits{silence: 200 * time.Millisecond}}
	listener, err := net.Listen("unix", filepath.Join(c.socket, socketFile))
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	begun := time.Now()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			code := cannotConnectNow
			if time.Since(begun) > 600*time.Millisecond {
				code = "28000"
			}
			server := pgproto3.NewBackend(conn, conn)
			_, _ = server.ReceiveStartupMessage()
			server.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: "told " + code})
			_ = server.Flush()
			_ = conn.Close()
		}
	}()
	p := &process{log: &logSink{}, done: make(chan struct{})}
	err = c.await(testContext(t), p, false)
	require.ErrorContains(t, err, "told 28000")
}
