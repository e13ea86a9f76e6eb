//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	pollEvery = 10 * time.Millisecond
	// Each question makes a server at recovery fork and log.
	patientPollEvery = 100 * time.Millisecond

	cannotConnectNow  = "57P03"
	adminShutdown     = "57P01"
	unknownDatabase   = "3D000"
	duplicateDatabase = "42P04"
)

// process is one postmaster.
type process struct {
	cmd  *exec.Cmd
	log  *logSink
	done chan struct{}
	err  error // the outcome of Wait, set before done is closed
}

func launch(cmd *exec.Cmd, log *logSink) (*process, error) {
	p := &process{cmd: cmd, log: log, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.WaitDelay = time.Second
	started := make(chan error, 1)
	go func() {
		// The kernel's notice of the parent's death is tied to the thread that forked, so that thread must last.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	return p, nil
}

func (p *process) stop(l limits) error {
	steps := []struct {
		signal   syscall.Signal
		patience time.Duration
	}{{syscall.SIGINT, l.fast}, {syscall.SIGQUIT, l.harsh}, {syscall.SIGKILL, l.harsh}}
	for i, step := range steps {
		if err := p.cmd.Process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop postgres: %w", err)
		}
		select {
		case <-p.done:
			if i > 0 || p.err != nil {
				return p.failure("postgres did not shut down cleanly")
			}
			return nil
		case <-time.After(step.patience):
		}
	}
	return errors.New("stop postgres: it outlived SIGKILL")
}

// failure must be called after done only.
func (p *process) failure(what string) error {
	err := p.err
	if err == nil {
		err = errors.New("exit status 0")
	}
	return fmt.Errorf("%s: %w%s", what, err, p.log.tail())
}

// run starts the postmaster and waits for its first answer.
func (c *cluster) run(ctx context.Context, fresh bool) (*process, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limits.recovery)
	defer cancel()
	begun := time.Now()
	for {
		log := &logSink{log: c.log}
		p, err := launch(c.as.command(context.Background(), filepath.Join(c.bin, "postgres"), c.arguments()...), log)
		if err != nil {
			return nil, err
		}
		err = c.await(ctx, p, fresh)
		if err == nil {
			return p, nil
		}
		select {
		case <-p.done:
		default:
			_ = p.stop(c.limits)
			return nil, err
		}
		// Backends outlive a killed postmaster until they next look up from their work.
		if !log.contains("pre-existing shared memory block") || time.Since(begun) > c.limits.silence {
			return nil, err
		}
		if err := pause(ctx, pollEvery); err != nil {
			return nil, fmt.Errorf("wait for the old server's processes: %w", err)
		}
	}
}

func (c *cluster) arguments() []string {
	settings := []string{
		"listen_addresses=", "port=" + socketPort,
		"unix_socket_directories=" + c.socket, "unix_socket_permissions=0700",
		"logging_collector=off", "log_destination=stderr", "log_line_prefix=%e ", "lc_messages=C",
	}
	if c.throwaway {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	args := []string{"-D", c.data}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// await polls until the database answers. A server replaying its log says so, and is given more time than a mute one:
// stopping it for being slow would make the next start as slow.
func (c *cluster) await(ctx context.Context, p *process, fresh bool) error {
	begun := time.Now()
	heard := begun
	for {
		err := c.probe(ctx, fresh)
		if err == nil {
			return nil
		}
		pg, answered := errors.AsType[*pgconn.PgError](err)
		switch {
		case answered && pg.Code == cannotConnectNow:
			heard = time.Now()
		case answered && pg.Code == unknownDatabase:
			fresh = true
		case answered:
			return fmt.Errorf("connect to the new server: %w", err)
		case time.Since(heard) > c.limits.silence:
			return fmt.Errorf("postgres gives no answer after %s: %w%s", c.limits.silence, err, p.log.tail())
		}
		select {
		case <-p.done:
			return p.failure("postgres ended while starting")
		default:
		}
		beat := pollEvery
		if time.Since(begun) > time.Second {
			beat = patientPollEvery
		}
		if err := pause(ctx, beat); err != nil {
			return fmt.Errorf("wait for postgres: %w%s", err, p.log.tail())
		}
	}
}

// probe connects to our database. In a fresh cluster it makes it first, as asking for a missing one logs a FATAL.
func (c *cluster) probe(ctx context.Context, fresh bool) error {
	ctx, cancel := context.WithTimeout(ctx, c.limits.silence)
	defer cancel()
	name := database
	if fresh {
		name = "postgres"
	}
	conn, err := pgx.Connect(ctx, c.dsn(name))
	if err != nil {
		return err
	}
	if fresh {
		_, err = conn.Exec(ctx, "create database "+database)
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == duplicateDatabase {
			err = nil
		}
	}
	return errors.Join(err, conn.Close(ctx))
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
