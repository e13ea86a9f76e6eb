//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package embedded

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// makeFolder makes dir and what is missing above it. For root the new folders can be passed by all, whatever the umask,
// since the server's user must get through; what is inside is closed.
func makeFolder(dir string, root bool) error {
	mode := fs.FileMode(0o700)
	if root {
		mode = 0o711
	}
	var missing []string
	for p := dir; ; p = filepath.Dir(p) {
		if _, err := os.Stat(p); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, p)
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return err
	}
	for _, p := range missing {
		if err := os.Chmod(p, mode); err != nil {
			return err
		}
	}
	return nil
}

// lockFolder makes this process the folder's owner until unlockFolder. The kernel unlocks it for a dead process.
func lockFolder(dir string) (*os.File, error) {
	path := filepath.Join(dir, "owner.lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the postgres folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer func() { _ = f.Close() }()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		owner, _, _ := bufio.NewReader(io.LimitReader(f, 32)).ReadLine()
		return nil, fmt.Errorf("the postgres folder %s is in use by another process (pid %s): stop that one, or choose another folder",
			dir, bytes.TrimSpace(owner))
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", path, err), f.Close())
	}
	return f, nil
}

// unlockFolder gives the folder free at once: to close the file alone would leave the lock with a child that is just being
// started elsewhere in this process, until that has become another program.
func unlockFolder(lock *os.File) error {
	return errors.Join(syscall.Flock(int(lock.Fd()), syscall.LOCK_UN), lock.Close())
}

// stopOrphan ends a server whose owner has died; only the holder of the folder's lock may say so.
func (c *cluster) stopOrphan(ctx context.Context) error {
	path := filepath.Join(c.data, "postmaster.pid")
	pid, _, err := readPIDFile(path)
	if err == nil && pid > 1 && isPostmaster(pid, c.data) {
		c.log.Warn("stopping a postgres that its owner left behind", "pid", pid)
		if err := c.endOrphan(ctx, pid); err != nil {
			return err
		}
	}
	_, rest, err := readPIDFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a server left behind: %w", err)
	}
	// Postgres refuses to start while a process of that number is alive, and by now it may be anyone's, or a zombie's.
	// The file must stay, as its other lines lead to the memory that backends of a killed server may still use; the
	// number of its own parent postgres takes for stale.
	if err := overwrite(path, strconv.Itoa(os.Getpid())+"\n"+rest); err != nil {
		return fmt.Errorf("mark postmaster.pid as stale: %w", err)
	}
	return nil
}

// readPIDFile splits postmaster.pid into its first line, 0 for one that is no number, and the others.
func readPIDFile(path string) (pid int, rest string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, "", err
	}
	first, rest, _ := strings.Cut(string(text), "\n")
	pid, _ = strconv.Atoi(strings.TrimSpace(first))
	return pid, rest, nil
}

func (c *cluster) endOrphan(ctx context.Context, pid int) error {
	for _, step := range []struct {
		signal   syscall.Signal
		patience time.Duration
	}{{syscall.SIGINT, c.limits.fast}, {syscall.SIGQUIT, c.limits.harsh}, {syscall.SIGKILL, c.limits.harsh}} {
		if err := syscall.Kill(pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the postgres left behind (pid %d): %w", pid, err)
		}
		for begun := time.Now(); time.Since(begun) < step.patience; {
			if !isPostmaster(pid, c.data) {
				return nil
			}
			if err := pause(ctx, pollEvery); err != nil {
				return fmt.Errorf("stop the postgres left behind (pid %d): %w", pid, err)
			}
		}
	}
	return fmt.Errorf("the postgres left behind (pid %d) outlived SIGKILL", pid)
}

// overwrite keeps the file's owner, who is not us under root.
func overwrite(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
