package embedded

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// helper runs a server in a process of its own and returns it with the server's DSN.
func helper(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	dsn, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return cmd, strings.TrimSpace(dsn)
}

// insertUntilCut commits rows until the server goes away and returns how many it was told are safe.
func insertUntilCut(ctx context.Context, conn *pgx.Conn, first chan<- struct{}) int {
	for n := 0; ; n++ {
		if _, err := conn.Exec(ctx, "insert into kept values ($1)", n); err != nil {
			return n
		}
		if n == 10 {
			close(first)
		}
	}
}

func TestKilledOwner(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testDir(t), "pg")
	data := filepath.Join(dir, "data")
	owner, dsn := helper(t, dir)
	execute(t, dsn, "create table kept (n int)")
	safe, first := make(chan int), make(chan struct{})
	ctx, conn := testContext(t), connect(t, dsn)
	go func() { safe <- insertUntilCut(ctx, conn, first) }()
	<-first
	assert.NotZero(t, processesIn(t, data))
	require.NoError(t, owner.Process.Kill())
	_ = owner.Wait()
	committed := <-safe

	// The kernel stops the server by itself ...
	begun := time.Now()
	eventually(t, "the server has gone", func() bool { return processesIn(t, data) == 0 })
	t.Logf("gone after %s", time.Since(begun))
	assert.NoFileExists(t, filepath.Join(data, "postmaster.pid"))

	// ... and nothing is lost, nor in the way.
	s := mustStart(t, Options{Dir: dir}, thisHost())
	kept, err := strconv.Atoi(ask(t, s.DSN(), "select count(*)::text from kept"))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, kept, committed)
	require.NoError(t, s.Stop())
}

func TestOwnerKilledInInitdb(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testDir(t), "pg")
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), helperDir+"="+dir)
	require.NoError(t, owner.Start())
	eventually(t, "initdb has begun", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "data.new-*", "PG_VERSION"))
		return len(found) == 1
	})
	require.NoError(t, owner.Process.Kill())
	_ = owner.Wait()
	assert.NoDirExists(t, filepath.Join(dir, "data"))
	s := mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost())
	assert.Equal(t, "1", ask(t, s.DSN(), "select 1::text"))
	require.NoError(t, s.Stop())
	left, err := filepath.Glob(filepath.Join(dir, "data.new*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// orphan runs the server of dir with no tie to its parent. The caller's Wait would be what PID 1 does; without it the
// dead server stays as a zombie.
func orphan(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	c := cluster{dir: dir, data: filepath.Join(dir, "data"), bin: realBinaries(t), limits: defaultLimits()}
	var err error
	c.as, err = accountFor(os.Geteuid() == 0, c.data)
	require.NoError(t, err)
	require.NoError(t, c.makeSocketFolder())
	cmd := c.as.command(context.Background(), filepath.Join(c.bin, "postgres"), c.arguments()...)
	cmd.SysProcAttr.Pdeathsig = 0
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	eventually(t, "the orphan answers", func() bool { return c.probe(testContext(t), false) == nil })
	execute(t, c.dsn(database), "create table if not exists kept (n int)", "insert into kept values (1)")
	return cmd
}

func TestOrphan(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testDir(t), "pg")
	require.NoError(t, mustStart(t, Options{Dir: dir}, thisHost()).Stop())

	t.Run("is stopped", func(t *testing.T) {
		left := orphan(t, dir)
		begun := time.Now()
		s := mustStart(t, Options{Dir: dir}, thisHost())
		t.Logf("start over an orphan that becomes a zombie: %s", time.Since(begun))
		assert.Equal(t, "1", ask(t, s.DSN(), "select count(*)::text from kept"))
		assert.False(t, isPostmaster(left.Process.Pid, filepath.Join(dir, "data")))
		require.NoError(t, s.Stop())
	})

	t.Run("is killed where it is deaf", func(t *testing.T) {
		left := orphan(t, dir)
		require.NoError(t, left.Process.Signal(syscall.SIGSTOP))
		h := thisHost()
		h.limits.fast, h.limits.harsh = 50*time.Millisecond, time.Second
		s := mustStart(t, Options{Dir: dir}, h)
		s.cluster.limits = defaultLimits()
		assert.Equal(t, "2", ask(t, s.DSN(), "select count(*)::text from kept"))
		require.NoError(t, s.Stop())
	})

	t.Run("is waited for no longer than the caller wants", func(t *testing.T) {
		left := orphan(t, dir)
		require.NoError(t, left.Process.Signal(syscall.SIGSTOP))
		ctx, cancel := context.WithTimeout(testContext(t), 50*time.Millisecond)
		defer cancel()
		_, err := Start(ctx, Options{Dir: dir})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		h := thisHost()
		h.limits.fast, h.limits.harsh = 0, 0
		_, err = start(testContext(t), Options{Dir: dir}, h)
		require.ErrorContains(t, err, "outlived SIGKILL")
	})
}

func TestForeignProcessIsSpared(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testDir(t), "pg")
	data := filepath.Join(dir, "data")
	require.NoError(t, mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost()).Stop())
	as, err := accountFor(os.Geteuid() == 0, data)
	require.NoError(t, err)

	for _, where := range []string{"/", data} {
		t.Run("in "+filepath.Base(where), func(t *testing.T) {
			foreign := as.command(context.Background(), "/bin/sleep", "600")
			foreign.Dir = where
			require.NoError(t, foreign.Start())
			ended := make(chan struct{})
			go func() { _ = foreign.Wait(); close(ended) }()
			stale := fmt.Sprintf("%d\n%s\n1700000000\n5432\n%s\n\n  1  1\n", foreign.Process.Pid, data, filepath.Join(dir, "run"))
			pidFile := filepath.Join(data, "postmaster.pid")
			require.NoError(t, os.WriteFile(pidFile, []byte(stale), 0o600))
			require.NoError(t, as.own(pidFile))

			s := mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost())
			assert.Equal(t, "1", ask(t, s.DSN(), "select 1::text"))
			require.NoError(t, s.Stop())
			select {
			case <-ended:
				t.Error("the foreign process was killed")
			default:
			}
			require.NoError(t, foreign.Process.Kill())
			<-ended
		})
	}

	t.Run("unreadable", func(t *testing.T) {
		require.NoError(t, os.Mkdir(filepath.Join(data, "postmaster.pid"), 0o700))
		_, err := Start(testContext(t), Options{Dir: dir})
		require.ErrorContains(t, err, "look for a server left behind")
	})
}

func TestCrashShowsInDone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testDir(t), "pg")
	s := mustStart(t, Options{Dir: dir}, thisHost())
	execute(t, s.DSN(), "create table kept (n int)", "insert into kept values (1)")
	select {
	case <-s.Done():
		t.Fatal("done already")
	default:
	}
	require.NoError(t, s.process.cmd.Process.Kill())
	<-s.Done()
	require.ErrorContains(t, s.Err(), "postgres has ended by itself: signal: killed; its last log lines:\n")
	require.NoError(t, s.Stop())
	require.Error(t, s.Err(), "Stop does not hide the crash")

	begun := time.Now()
	s = mustStart(t, Options{Dir: dir}, thisHost())
	t.Logf("start after a crash: %s", time.Since(begun))
	assert.Equal(t, "1", ask(t, s.DSN(), "select count(*)::text from kept"))
	require.NoError(t, s.Stop())
}

func TestStopOfADeafServer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testDir(t), "pg")
	h := thisHost()
	h.limits.fast, h.limits.harsh = 50*time.Millisecond, 2*time.Second
	s := mustStart(t, Options{Dir: dir, Throwaway: true}, h)
	require.NoError(t, s.process.cmd.Process.Signal(syscall.SIGSTOP))
	require.ErrorContains(t, s.Stop(), "did not shut down cleanly: signal: killed")
	require.ErrorContains(t, s.Stop(), "did not shut down cleanly", "the same again")
	require.NoError(t, s.Err())
	require.NoError(t, mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost()).Stop())

	s = mustStart(t, Options{Dir: dir, Throwaway: true}, thisHost())
	require.NoError(t, s.process.cmd.Process.Signal(syscall.SIGSTOP))
	require.ErrorContains(t, s.process.stop(limits{}), "outlived SIGKILL")
	<-s.Done()
	require.NoError(t, s.Stop())
}
