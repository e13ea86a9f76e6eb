package embedded

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// installation makes a folder of programs that say a version and do no more.
func installation(t *testing.T, dir, version string) string {
	t.Helper()
	script(t, filepath.Join(dir, "postgres"), "echo 'postgres (PostgreSQL) "+version+"'")
	script(t, filepath.Join(dir, "initdb"), "exit 1")
	return dir
}

func TestFind(t *testing.T) {
	t.Parallel()
	base := testDir(t)
	packaged := filepath.Join(base, "usr", "lib", "postgresql")
	old := installation(t, filepath.Join(packaged, "9", "bin"), "9.6.24")
	fifteen := installation(t, filepath.Join(packaged, "15", "bin"), "15.18 (Debian 15.18-0+deb12u1)")
	beta := installation(t, filepath.Join(packaged, "100", "bin"), "100beta2")
	own := installation(t, filepath.Join(base, "own", "bin"), "16.1")
	script(t, filepath.Join(base, "pg_config"), "echo "+own)
	brew := installation(t, filepath.Join(base, "brew", "bin"), "17.5 (Homebrew)")
	link := filepath.Join(base, "path", "postgres")
	require.NoError(t, os.Mkdir(filepath.Dir(link), 0o755))
	require.NoError(t, os.Symlink(filepath.Join(brew, "postgres"), link))
	tooOld := installation(t, filepath.Join(base, "14", "bin"), "14.2")
	bare := filepath.Join(base, "bare")
	script(t, filepath.Join(bare, "postgres"), "")
	broken, mute := filepath.Join(base, "broken"), filepath.Join(base, "mute")
	installation(t, broken, "")
	script(t, filepath.Join(broken, "postgres"), "exit 3")
	installation(t, mute, "16")
	script(t, filepath.Join(mute, "postgres"), "echo mu")

	all := finder{globs: []string{filepath.Join(packaged, "*", "bin")}, pgConfig: filepath.Join(base, "pg_config"), postgres: link}
	for name, tc := range map[string]struct {
		finder finder
		want   int
		dir    string
		passed []string
	}{
		"highest":       {finder: all, dir: beta},
		"wanted major":  {finder: all, want: 15, dir: fifteen, passed: []string{beta + ": PostgreSQL 100beta2"}},
		"pg_config":     {finder: all, want: 16, dir: own, passed: []string{old + ": PostgreSQL 9.6.24 is too old, 15 or newer is needed"}},
		"link on PATH":  {finder: all, want: 17, dir: brew},
		"none of that":  {finder: all, want: 18, passed: []string{own + ": PostgreSQL 16.1", brew + ": PostgreSQL 17.5"}},
		"pinned":        {finder: finder{pinned: fifteen, globs: all.globs}, dir: fifteen},
		"pinned, old":   {finder: finder{pinned: tooOld, globs: all.globs}, passed: []string{tooOld + ": PostgreSQL 14.2 is too old, 15 or newer is needed"}},
		"no folder":     {finder: finder{pinned: base + "/x"}, passed: []string{base + "/x: no postgres in it"}},
		"client only":   {finder: finder{pinned: bare}, passed: []string{bare + ": no initdb in it"}},
		"does not run":  {finder: finder{pinned: broken}, passed: []string{broken + ": its postgres does not run (exit status 3)"}},
		"no version":    {finder: finder{pinned: mute}, passed: []string{mute + `: its postgres gives no version ("mu")`}},
		"nothing there": {finder: finder{globs: []string{base + "/none*"}, pgConfig: base + "/x", postgres: base + "/x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, passed := tc.finder.find(testContext(t), tc.want)
			assert.Equal(t, tc.dir, dir)
			for _, reason := range tc.passed {
				assert.Contains(t, passed, reason)
			}
		})
	}
	assert.Zero(t, lastNumber("/usr/bin"))
}

func TestBinariesObeysPin(t *testing.T) {
	dir := installation(t, testDir(t), "13.4")
	t.Setenv("PG_BINDIR", dir)
	_, err := Binaries()
	require.ErrorContains(t, err, dir+": PostgreSQL 13.4 is too old")
	requireCures(t, err)
}

func requireCures(t *testing.T, err error) {
	t.Helper()
	for _, cure := range []string{"apt-get install postgresql", "docker compose up", "DATABASE_URL"} {
		require.ErrorContains(t, err, cure)
	}
}

func TestNoBinaries(t *testing.T) {
	t.Parallel()
	h := hostWith("/nonexistent")
	h.finder = finder{globs: []string{"/nonexistent/*"}}
	offline := errors.New("offline")
	h.fetch = func(context.Context, string) error { return offline }
	h.root = false
	_, err := start(testContext(t), Options{Dir: filepath.Join(testDir(t), "pg")}, h)
	require.ErrorContains(t, err, "no installation; download: offline")
	require.ErrorIs(t, err, offline)
	requireCures(t, err)

	h.root = true
	_, err = start(testContext(t), Options{Dir: filepath.Join(testDir(t), "pg")}, h)
	require.ErrorContains(t, err, "not tried, since we are root")
	requireCures(t, err)
}

// repository serves an archive as Maven Central does.
func repository(t *testing.T, damage func([]byte) []byte) string {
	t.Helper()
	files, err := os.ReadFile("testdata/postgres.txz")
	require.NoError(t, err)
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	f, err := z.Create("postgres.txz")
	require.NoError(t, err)
	_, err = f.Write(damage(files))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	sum := sha256.Sum256(archive.Bytes())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			_, _ = w.Write([]byte(hex.EncodeToString(sum[:])))
			return
		}
		_, _ = w.Write(archive.Bytes())
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestFetch(t *testing.T) {
	t.Parallel()
	whole := func(b []byte) []byte { return b }

	t.Run("once", func(t *testing.T) {
		t.Parallel()
		c := cluster{dir: testDir(t), log: slog.New(slog.DiscardHandler), limits: defaultLimits()}
		h := host{finder: finder{pinned: "/nonexistent"}, fetch: fetchFrom(repository(t, whole))}
		bin, err := c.binaries(testContext(t), h, 0)
		require.NoError(t, err)
		assert.Equal(t, filepath.Join(c.dir, "postgresql", "bin"), bin)
		left, err := os.ReadDir(c.dir)
		require.NoError(t, err)
		assert.Len(t, left, 1, "nothing is left beside the programs")

		h.fetch = nil
		again, err := c.binaries(testContext(t), h, 18)
		require.NoError(t, err)
		assert.Equal(t, bin, again)
		_, err = c.binaries(testContext(t), h, 17)
		require.ErrorContains(t, err, bin+": PostgreSQL 18.3")
	})

	t.Run("damaged", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(testDir(t), "postgresql")
		half := func(b []byte) []byte { return b[:len(b)/2] }
		require.ErrorContains(t, fetchFrom(repository(t, half))(testContext(t), dir), "fetch PostgreSQL")
		assert.NoDirExists(t, dir)
	})

	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		asked, release := make(chan struct{}), make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(asked)
			<-release
		}))
		t.Cleanup(server.Close)
		t.Cleanup(func() { close(release) })
		ctx, cancel := context.WithCancel(testContext(t))
		go func() { <-asked; cancel() }()
		require.ErrorIs(t, fetchFrom(server.URL)(ctx, filepath.Join(testDir(t), "postgresql")), context.Canceled)
	})
}

func TestSettle(t *testing.T) {
	t.Parallel()
	attempt := testDir(t)
	installation(t, filepath.Join(attempt, "files", "bin"), "12.1")
	err := settle(testContext(t), attempt, attempt+"-done", errors.New(unpacked))
	require.ErrorContains(t, err, "of no use: PostgreSQL 12.1 is too old")
	assert.NoDirExists(t, attempt)
}
