//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// The port is part of the socket's file name only.
	socketPort   = "5432"
	socketFile   = ".s.PGSQL." + socketPort
	socketPrefix = "content-creator-pg-"
)

// settings are defaults for one application on a small machine. They go to postgresql.conf, not to the command line, so
// that the owner of the machine can change them there.
const settings = `
# Set by content-creator when this cluster was made; change at will.
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
`

// locales are tried in turn, as no name of a UTF-8 locale is known everywhere. Sorting is by bytes in all of them: fast,
// and not changed by an update of the C library.
var locales = [][]string{
	{"--locale=C.UTF-8", "--lc-collate=C", "--lc-messages=C"},
	{"--locale=C", "--lc-ctype=en_US.UTF-8"},
	{"--locale=C"},
}

// cluster is one data folder with what is needed to run it.
type cluster struct {
	dir       string
	data      string
	socket    string
	bin       string
	as        account
	log       *slog.Logger
	throwaway bool
	limits    limits
}

// major is the version that made the data; 0 where there is none yet.
func (c *cluster) major() (int, error) {
	text, err := os.ReadFile(filepath.Join(c.data, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(text), ".", 2)[0]))
		if err != nil {
			return 0, fmt.Errorf("read the version of the data in %s: %w", c.data, err)
		}
		return major, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("read the version of the data: %w", err)
	}
	entries, err := os.ReadDir(c.data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("look into the data folder: %w", err)
	}
	if len(entries) > 0 {
		return 0, fmt.Errorf("%s is not empty and holds no PostgreSQL data (no PG_VERSION); it was left untouched: "+
			"move it away, or choose another folder", c.data)
	}
	return 0, nil
}

// init makes the cluster beside its place and moves it there whole, so that a broken attempt is never taken for data.
func (c *cluster) init(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.limits.initdb)
	defer cancel()
	if err := c.dropAttempts(ctx); err != nil {
		return fmt.Errorf("clear a broken attempt at initdb: %w", err)
	}
	c.log.Info("making the database cluster", "dir", c.data)
	attempt, err := c.initdb(ctx)
	if err != nil {
		_ = c.dropAttempts(ctx)
		return err
	}
	if err := appendSettings(filepath.Join(attempt, "postgresql.conf")); err != nil {
		return fmt.Errorf("write postgresql.conf: %w", err)
	}
	// An empty folder stands in the way of os.Rename; one with files in it stands in the way of os.Remove too.
	if err := os.Remove(c.data); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("put the new cluster in place: %w", err)
	}
	if err := os.Rename(attempt, c.data); err != nil {
		return fmt.Errorf("put the new cluster in place: %w", err)
	}
	if err := syncFolder(c.dir); err != nil {
		return fmt.Errorf("put the new cluster in place: %w", err)
	}
	return nil
}

// dropAttempts tries for a while, as an initdb whose owner was killed may still be at work.
func (c *cluster) dropAttempts(ctx context.Context) error {
	for begun := time.Now(); ; {
		attempts, err := filepath.Glob(filepath.Join(globEscape(c.dir), "data.new-*"))
		for _, a := range attempts {
			err = errors.Join(err, os.RemoveAll(a))
		}
		if err == nil || time.Since(begun) > c.limits.harsh || pause(ctx, pollEvery) != nil {
			return err
		}
	}
}

// initdb returns the folder it filled. It syncs that folder itself unless told otherwise.
func (c *cluster) initdb(ctx context.Context) (string, error) {
	var failure error
	for _, locale := range locales {
		attempt, err := os.MkdirTemp(c.dir, "data.new-")
		if err == nil {
			err = c.as.own(attempt)
		}
		if err != nil {
			return "", fmt.Errorf("make the data folder: %w", err)
		}
		args := append([]string{
			"-D", attempt, "-U", superuser, "-E", "UTF8", "--data-checksums", "--no-instructions",
			"--auth-local=trust", "--auth-host=scram-sha-256",
		}, locale...)
		if c.throwaway {
			args = append(args, "--no-sync")
		}
		out, err := c.output(ctx, "initdb", args...)
		if err == nil {
			return attempt, nil
		}
		failure = fmt.Errorf("initdb: %w: %s", err, lastBytes(out, 2000))
		if ctx.Err() != nil || !strings.Contains(out, "invalid locale") {
			break
		}
	}
	return "", failure
}

// output runs one of PostgreSQL's programs to its end.
func (c *cluster) output(ctx context.Context, program string, args ...string) (string, error) {
	// See launch: the child's life hangs on this thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := c.as.command(ctx, filepath.Join(c.bin, program), args...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return string(out), err
}

func appendSettings(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(settings)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// longestSocket is what fits into a socket address, 107 bytes on Linux.
const longestSocket = len(syscall.RawSockaddrUnix{}.Path) - 1

// plainPath has nothing that the server's setting, pgx or golang-migrate's rewriting of URLs would take for its own: a
// comma starts another host, a space comes out as a plus.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9/._-]+$`)

func holdsSocket(dir string) bool {
	return plainPath.MatchString(dir) && len(filepath.Join(dir, socketFile)) <= longestSocket
}

// makeSocketFolder makes run/ anew; leftovers in it may name processes that exist again as something else. Where its
// path will not do for a socket, run/ is a link to a temporary folder, so that the next start can find and remove it.
func (c *cluster) makeSocketFolder() error {
	c.dropSocketFolder()
	run := filepath.Join(c.dir, "run")
	c.socket = run
	if holdsSocket(run) {
		if err := os.Mkdir(run, 0o700); err != nil {
			return err
		}
		return c.as.own(run)
	}
	for _, temp := range []string{os.TempDir(), "/tmp"} {
		if !holdsSocket(filepath.Join(temp, socketPrefix+"0123456789")) {
			continue
		}
		short, err := os.MkdirTemp(temp, socketPrefix)
		if err != nil {
			return err
		}
		c.socket = short
		if err := errors.Join(c.as.own(short), os.Symlink(short, run)); err != nil {
			return errors.Join(err, os.Remove(short))
		}
		return nil
	}
	return fmt.Errorf("%s is too long a path for a socket, or has special characters in it, and so has TMPDIR", run)
}

// dropSocketFolder removes nothing but what a server and makeSocketFolder leave there.
func (c *cluster) dropSocketFolder() {
	run := filepath.Join(c.dir, "run")
	folder := run
	if short, err := os.Readlink(run); err == nil {
		if !strings.HasPrefix(filepath.Base(short), socketPrefix) || !c.as.owns(short) {
			return
		}
		folder = short
	}
	for _, path := range []string{filepath.Join(folder, socketFile), filepath.Join(folder, socketFile+".lock"), folder} {
		_ = os.Remove(path)
	}
	_ = os.Remove(run)
}

// globEscape makes a path match itself alone.
func globEscape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func lastBytes(s string, n int) string {
	return strings.TrimSpace(s[max(0, len(s)-n):])
}
