package embedded

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClosedParent(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(testDir(t), "closed")
	require.NoError(t, os.Mkdir(parent, 0o700))
	s, err := Start(testContext(t), Options{Dir: filepath.Join(parent, "pg"), Throwaway: true})
	if os.Geteuid() != 0 {
		require.NoError(t, err, "without root there is no other user to shut out")
		require.NoError(t, s.Stop())
		return
	}
	require.ErrorContains(t, err, parent+" is closed to it")
	require.ErrorContains(t, err, "chmod o+x "+parent)
	require.ErrorContains(t, err, "DATA_DIR")
}

func TestMakeFolder(t *testing.T) {
	for name, tc := range map[string]struct {
		root bool
		want os.FileMode
	}{"root": {true, 0o711}, "other": {false, 0o700}} {
		t.Run(name, func(t *testing.T) {
			base := testDir(t)
			defer syscall.Umask(syscall.Umask(0o077))
			require.NoError(t, makeFolder(filepath.Join(base, "a", "b"), tc.root))
			for _, made := range []string{"a", "a/b"} {
				info, err := os.Stat(filepath.Join(base, made))
				require.NoError(t, err)
				assert.Equal(t, tc.want, info.Mode().Perm())
			}
			info, err := os.Stat(base)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o755), info.Mode().Perm(), "what was there stays as it was")
		})
	}
}

func TestAccountFor(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	self, err := accountFor(false, dir)
	require.NoError(t, err)
	assert.Equal(t, account{}, self)

	usual, err := accountFor(true, filepath.Join(dir, "missing"))
	require.NoError(t, err)
	assert.True(t, usual.drop)
	assert.Contains(t, []string{"postgres", "nobody"}, usual.name)

	// Data keeps the user that made it: another one could not read it.
	if os.Geteuid() == 0 {
		require.NoError(t, os.Chown(dir, 4711, 4712))
	}
	uid, gid, err := ownerOf(dir)
	require.NoError(t, err)
	keeper, err := accountFor(true, dir)
	require.NoError(t, err)
	assert.Equal(t, uid, keeper.uid)
	assert.Equal(t, gid, keeper.gid)
	assert.True(t, keeper.owns(dir))
	assert.False(t, keeper.owns(filepath.Join(dir, "missing")))
}

func TestWall(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	uid, gid, err := ownerOf(dir)
	require.NoError(t, err)
	inner := filepath.Join(dir, "inner")
	require.NoError(t, os.Mkdir(inner, 0o700))
	owner, group, other := account{uid: uid, gid: gid + 1}, account{uid: uid + 1, gid: gid}, account{uid: uid + 1, gid: gid + 1}
	for mode, open := range map[os.FileMode][]account{0o700: {owner}, 0o070: {group}, 0o007: {other}, 0o711: {owner, group, other}} {
		require.NoError(t, os.Chmod(inner, mode))
		for _, a := range []account{owner, group, other} {
			want := inner
			for _, o := range open {
				if a == o {
					want = ""
				}
			}
			assert.Equal(t, want, a.wall(inner), "%o for %+v", mode, a)
		}
	}
	require.NoError(t, os.Chmod(inner, 0o700))
	assert.Empty(t, owner.wall(filepath.Join(inner, "missing")))
}

func TestEnvironmentIsNotPassedOn(t *testing.T) {
	t.Setenv("LLM_API_KEY", "secret")
	t.Setenv("PGDATA", "/elsewhere")
	cmd := account{}.command(testContext(t), "/bin/true")
	for _, pair := range cmd.Env {
		assert.NotContains(t, pair, "secret")
		assert.NotContains(t, pair, "PGDATA")
	}
	assert.Contains(t, cmd.Env, "PATH="+os.Getenv("PATH"))
}

func TestReach(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		require.NoError(t, account{}.reach(testContext(t), "/nonexistent", "/nonexistent"))
		return
	}
	a, err := accountFor(true, "/nonexistent")
	require.NoError(t, err)
	bin := installation(t, filepath.Join(testDir(t), "bin"), "16.1")
	require.NoError(t, a.reach(testContext(t), "/", bin))
	require.NoError(t, os.Chmod(bin, 0o700))
	require.ErrorContains(t, a.reach(testContext(t), "/", bin), bin+" is closed to it")
	require.ErrorContains(t, a.reach(testContext(t), "/", "/nonexistent"), "run /nonexistent/postgres as user")
}
