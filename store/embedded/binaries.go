//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// finder looks for PostgreSQL's programs.
type finder struct {
	pinned   string   // where set, the only folder looked at
	globs    []string // the highest number in the path first, within each
	pgConfig string   // a program that prints the folder
	postgres string   // a program that may be a link into the folder
}

func systemFinder() finder {
	return finder{
		pinned: os.Getenv("PG_BINDIR"),
		globs: []string{
			"/usr/lib/postgresql/*/bin",
			"/usr/pgsql-*/bin",
			"/opt/homebrew/opt/postgresql@*/bin",
			"/usr/local/opt/postgresql@*/bin",
			"/Applications/Postgres.app/Contents/Versions/*/bin",
		},
		pgConfig: "pg_config",
		postgres: "postgres",
	}
}

// Binaries is the folder with the postgres and initdb that a new cluster would use: the one named by $PG_BINDIR, and
// nothing else, where that is set; then the places of the usual packages, pg_config and PATH. The error tells what was
// passed over and why, and names the cures.
func Binaries() (dir string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir, passed := systemFinder().find(ctx, 0)
	if dir == "" {
		return "", &noBinariesError{passed: passed}
	}
	return dir, nil
}

// find returns the first usable folder of the wanted major version, 0 for any, and what it passed over on the way.
func (f finder) find(ctx context.Context, want int) (dir string, passed []string) {
	seen := map[string]bool{}
	for _, source := range f.sources() {
		for _, dir := range source(ctx) {
			if seen[dir] {
				continue
			}
			seen[dir] = true
			if reason := unfit(ctx, dir, want); reason != "" {
				passed = append(passed, dir+": "+reason)
				continue
			}
			return dir, passed
		}
	}
	return "", passed
}

// sources are asked one after the other, as the later ones cost a process each.
func (f finder) sources() []func(context.Context) []string {
	if f.pinned != "" {
		return []func(context.Context) []string{func(context.Context) []string { return []string{f.pinned} }}
	}
	return []func(context.Context) []string{f.packaged, f.configured, f.onPath}
}

func (f finder) packaged(context.Context) []string {
	var all []string
	for _, glob := range f.globs {
		dirs, _ := filepath.Glob(glob)
		slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(lastNumber(b), lastNumber(a)) })
		all = append(all, dirs...)
	}
	return all
}

func (f finder) configured(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, f.pgConfig, "--bindir").Output()
	if err != nil {
		return nil
	}
	return []string{strings.TrimSpace(string(out))}
}

func (f finder) onPath(context.Context) []string {
	path, err := exec.LookPath(f.postgres)
	if err != nil {
		return nil
	}
	// initdb lies beside the program itself, not beside a link to it.
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil
	}
	return []string{filepath.Dir(path)}
}

var (
	numbers      = regexp.MustCompile(`\d+`)
	postgresSays = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)
)

func lastNumber(path string) int {
	all := numbers.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(all[len(all)-1])
	return n
}

// unfit is the reason to pass a folder over; "" for a good one.
func unfit(ctx context.Context, dir string, want int) string {
	for _, program := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			return "no " + program + " in it"
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return fmt.Sprintf("its postgres does not run (%v)", err)
	}
	m := postgresSays.FindStringSubmatch(string(out))
	if m == nil {
		return fmt.Sprintf("its postgres gives no version (%q)", strings.TrimSpace(string(out)))
	}
	major, _ := strconv.Atoi(m[2])
	switch {
	case major < oldestMajor:
		return fmt.Sprintf("PostgreSQL %s is too old, %d or newer is needed", m[1], oldestMajor)
	case want != 0 && major != want:
		return "PostgreSQL " + m[1]
	}
	return ""
}

// binaries finds the programs for data of the given major version, 0 for none yet. Downloaded ones are kept in the
// cluster's folder and come last.
func (c *cluster) binaries(ctx context.Context, h host, major int) (string, error) {
	dir, passed := h.finder.find(ctx, major)
	if dir != "" {
		return dir, nil
	}
	fetched := filepath.Join(c.dir, "postgresql")
	bin := filepath.Join(fetched, "bin")
	if _, err := os.Stat(fetched); err == nil {
		reason := unfit(ctx, bin, major)
		if reason == "" {
			return bin, nil
		}
		passed = append(passed, bin+": "+reason)
	}
	if major != 0 {
		return "", &otherMajorError{data: c.data, major: major, passed: passed}
	}
	if h.root {
		return "", &noBinariesError{passed: passed, fetch: errors.New("not tried, since we are root")}
	}
	c.log.Info("no PostgreSQL is installed, downloading one", "to", fetched)
	ctx, cancel := context.WithTimeout(ctx, c.limits.fetch)
	defer cancel()
	if err := h.fetch(ctx, fetched); err != nil {
		return "", &noBinariesError{passed: passed, fetch: err}
	}
	return bin, nil
}
