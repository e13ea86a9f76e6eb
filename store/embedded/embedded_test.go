package embedded

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	migrations "github.com/golang-migrate/migrate/v4/database"
	_ "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStart(t *testing.T) {
	dir := filepath.Join(testDir(t), "made", "on-the-way")
	begun := time.Now()
	s, err := Start(testContext(t), Options{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop() })
	t.Logf("cold start: %s", time.Since(begun))

	execute(t, s.DSN(), "create table kept (id int)", "insert into kept values (7)")
	for query, want := range map[string]string{
		"select current_database()::text": "content_creator",
		"show fsync":                      "on",
		"show full_page_writes":           "on",
		"show data_checksums":             "on",
		"show listen_addresses":           "",
		"show shared_buffers":             "256MB",
		"show timezone":                   "UTC",
		"show server_encoding":            "UTF8",
		"select datcollate from pg_database where datname = current_database()": "C",
		"select lower('Ä')":                           "ä",
		"select to_tsvector('german', 'ÄPFEL')::text": "'apfel':1",
		"select string_agg(x, '') from (values ('b'),('a'),('B')) v(x) where x < 'b'": "aB",
	} {
		assert.Equal(t, want, ask(t, s.DSN(), query), query)
	}
	info, err := os.Stat(filepath.Join(dir, "run"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	stopped := time.Now()
	require.NoError(t, s.Stop())
	t.Logf("stop: %s", time.Since(stopped))
	<-s.Done()
	require.NoError(t, s.Err())
	require.NoError(t, s.Stop(), "a second stop")
	assert.NoFileExists(t, filepath.Join(dir, "run"))

	begun = time.Now()
	again, err := Start(testContext(t), Options{Dir: dir})
	require.NoError(t, err)
	t.Logf("warm start: %s", time.Since(begun))
	assert.Equal(t, s.DSN(), again.DSN())
	assert.Equal(t, "7", ask(t, again.DSN(), "select id::text from kept"))
	require.NoError(t, again.Err(), "while it runs")
	require.NoError(t, again.Stop())
}

func TestStartLeavesTheServerAloneLater(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(testContext(t))
	s, err := Start(ctx, Options{Dir: filepath.Join(testDir(t), "pg"), Throwaway: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop() })
	cancel()
	assert.Equal(t, "off", ask(t, s.DSN(), "show fsync"))
	assert.Equal(t, "off", ask(t, s.DSN(), "show synchronous_commit"))
	require.NoError(t, s.Stop())
}

func TestDSNServesMigrate(t *testing.T) {
	t.Parallel()
	s := mustStart(t, Options{Dir: testDir(t), Throwaway: true}, thisHost())
	driver, err := migrations.Open(strings.Replace(s.DSN(), "postgres://", "pgx5://", 1))
	require.NoError(t, err)
	require.NoError(t, driver.SetVersion(3, false))
	require.NoError(t, driver.Close())
	assert.Equal(t, "3", ask(t, s.DSN(), "select version::text from schema_migrations"))
}

func TestSecondOwnerIsRefused(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	require.Empty(t, Running(dir), "nothing was ever there")
	s := mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost())
	require.Equal(t, s.DSN(), Running(dir), "but it may be asked")
	_, err := Start(testContext(t), Options{Dir: dir})
	require.ErrorContains(t, err, "in use by another process")
	require.ErrorContains(t, err, "pid ")
}

func TestOddPath(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"long": strings.Repeat("long/", 26), "special": "Application Support, [é]"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(testDir(t), path)
			s := mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost())
			first, err := os.Readlink(filepath.Join(dir, "run"))
			require.NoError(t, err)
			driver, err := migrations.Open(strings.Replace(s.DSN(), "postgres://", "pgx5://", 1))
			require.NoError(t, err)
			require.NoError(t, driver.Close())

			// A killed owner leaves its socket folder; the next one removes it.
			require.NoError(t, s.process.cmd.Process.Signal(syscall.SIGKILL))
			<-s.Done()
			require.NoError(t, s.lock.Close())
			next := mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost())
			assert.NoDirExists(t, first)
			second, err := os.Readlink(filepath.Join(dir, "run"))
			require.NoError(t, err)
			require.NoError(t, next.Stop())
			assert.NoDirExists(t, second)
		})
	}
}

func TestSocketFolder(t *testing.T) {
	long := filepath.Join(testDir(t), strings.Repeat("long/", 26))
	require.NoError(t, os.MkdirAll(long, 0o700))
	t.Setenv("TMPDIR", long)
	c := cluster{dir: long}
	require.NoError(t, c.makeSocketFolder())
	assert.True(t, strings.HasPrefix(c.socket, "/tmp/"+socketPrefix), c.socket)
	c.dropSocketFolder()
	assert.NoDirExists(t, c.socket)

	// What is not ours stays.
	elsewhere := testDir(t)
	require.NoError(t, os.Symlink(elsewhere, filepath.Join(long, "run")))
	require.Error(t, c.makeSocketFolder())
	assert.DirExists(t, elsewhere)
	require.NoError(t, os.Remove(filepath.Join(long, "run")))

	short := cluster{dir: testDir(t)}
	foreign := filepath.Join(short.dir, "run", "file")
	require.NoError(t, os.MkdirAll(filepath.Dir(foreign), 0o700))
	require.NoError(t, os.WriteFile(foreign, nil, 0o600))
	require.Error(t, short.makeSocketFolder())
	assert.FileExists(t, foreign)
}

func TestStartWantsAFolder(t *testing.T) {
	t.Parallel()
	_, err := Start(testContext(t), Options{})
	require.ErrorContains(t, err, "no folder")

	file := filepath.Join(testDir(t), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = Start(testContext(t), Options{Dir: file})
	require.ErrorContains(t, err, "make the postgres folder")

	dir := testDir(t)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "owner.lock"), 0o700))
	_, err = Start(testContext(t), Options{Dir: dir})
	require.ErrorContains(t, err, "lock the postgres folder")
}

func TestLog(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]slog.Level{
		"00000 LOG:  database system is ready to accept connections":        slog.LevelDebug,
		"57P03 FATAL:  the database system is starting up":                  slog.LevelDebug,
		"57P01 FATAL:  terminating connection due to administrator command": slog.LevelDebug,
		"53300 FATAL:  sorry, too many clients already":                     slog.LevelError,
		"XX000 PANIC:  could not write to file":                             slog.LevelError,
		"postgres: FATAL:  data directory has wrong ownership":              slog.LevelError,
		"\tcontinued FATAL: line":                                           slog.LevelDebug,
	} {
		assert.Equal(t, want, levelOf(line), line)
	}

	var out strings.Builder
	s := logSink{log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	assert.Empty(t, s.tail())
	for range 30 {
		_, _ = s.Write([]byte("00000 LOG:  one\n"))
	}
	_, _ = s.Write([]byte("53300 FATAL:  t"))
	_, _ = s.Write([]byte("wo\nthree"))
	assert.Equal(t, tailLines+2, strings.Count(s.tail(), "\n")+1)
	assert.True(t, s.contains("FATAL:  two\nthree"))
	assert.Contains(t, out.String(), `level=ERROR msg=postgres line="53300 FATAL:  two"`)
	assert.Equal(t, 30, strings.Count(out.String(), "level=DEBUG"))

	_, _ = s.Write([]byte(strings.Repeat("x", 2*longestLine)))
	assert.Less(t, len(s.rest), longestLine, "a line without an end is cut")
}
