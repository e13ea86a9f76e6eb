//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// account is the user the server runs as; the zero value is the user we are.
type account struct {
	name string
	drop bool // we are root, which PostgreSQL refuses to be
	uid  uint32
	gid  uint32
}

// accountFor takes the owner of existing data, whoever made it, and else the first of the usual users.
func accountFor(root bool, data string) (account, error) {
	if !root {
		return account{}, nil
	}
	if uid, gid, err := ownerOf(data); err == nil && uid != 0 {
		return account{name: "#" + strconv.Itoa(int(uid)), drop: true, uid: uid, gid: gid}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(errUID, errGID); err != nil {
			return account{}, fmt.Errorf("look up user %s: %w", name, err)
		}
		return account{name: name, drop: true, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return account{}, errors.New("PostgreSQL refuses to run as root and there is neither a user postgres nor nobody: run as another user")
}

func ownerOf(path string) (uid, gid uint32, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, err
	}
	stat := info.Sys().(*syscall.Stat_t)
	return stat.Uid, stat.Gid, nil
}

// own gives path to the account.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

func (a account) owns(path string) bool {
	uid, _, err := ownerOf(path)
	if a.drop {
		return err == nil && uid == a.uid
	}
	return err == nil && int(uid) == os.Geteuid()
}

// command runs with little of our environment: the API keys in it are none of that user's business, and PG* and LC_*
// would change what the server does.
func (a account) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.SysProcAttr = childAttr()
	if a.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	// initdb removes its half-made folder when asked to stop.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 3 * time.Second
	return cmd
}

// reach fails where the account cannot come to the folder or to the binaries, in words better than the kernel's.
func (a account) reach(ctx context.Context, dir, bin string) error {
	if !a.drop {
		return nil
	}
	cmd := a.command(ctx, filepath.Join(bin, "postgres"), "--version")
	cmd.Dir = dir
	err := cmd.Run()
	if err == nil {
		return nil
	}
	for _, path := range []string{dir, bin} {
		if wall := a.wall(path); wall != "" {
			return fmt.Errorf("user %s, as whom PostgreSQL runs because it refuses to run as root, cannot reach %s: %s is closed to it. "+
				"Choose a folder outside of it (DATA_DIR, for instance below /var/lib), or open it: chmod o+x %s", a.name, path, wall, wall)
		}
	}
	return fmt.Errorf("run %s as user %s in %s: %w", cmd.Path, a.name, dir, err)
}

// wall is the uppermost folder on the way to path that the account cannot pass, by its mode; "" where there is none.
func (a account) wall(path string) string {
	if above := filepath.Dir(path); above != path {
		if wall := a.wall(above); wall != "" {
			return wall
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	stat := info.Sys().(*syscall.Stat_t)
	pass := info.Mode().Perm()
	switch {
	case stat.Uid == a.uid:
		pass >>= 6
	case stat.Gid == a.gid:
		pass >>= 3
	}
	if pass&1 == 0 {
		return path
	}
	return ""
}
