//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

const mavenCentral = "https://repo1.maven.org/maven2"

// unpacked is how the library's refusal of our data folder begins.
const unpacked = "unable to clean up data directory"

// fetchFrom returns a function that downloads PostgreSQL and unpacks it into a folder, whole or not at all.
//
// The library has no call for that alone, and a server run by it is not ours: it clears folders and outlives a killed
// owner. So it is given a data folder that os.RemoveAll refuses by contract, one ending in a dot, which makes it give up
// right after unpacking and before it touches any data.
func fetchFrom(repository string) func(ctx context.Context, dir string) error {
	return func(ctx context.Context, dir string) error {
		attempt := dir + ".new"
		if err := errors.Join(os.RemoveAll(attempt), os.RemoveAll(dir)); err != nil {
			return err
		}
		library := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
			Version(embeddedpostgres.V18).
			BinaryRepositoryURL(repository).
			CachePath(filepath.Join(attempt, "cache")).
			RuntimePath(filepath.Join(attempt, "run")).
			BinariesPath(filepath.Join(attempt, "files")).
			DataPath(filepath.Join(attempt, "run") + "/.").
			Port(0).
			Logger(io.Discard))
		outcome := make(chan error, 1)
		go func() { outcome <- library.Start() }() // it takes no context; an abandoned one ends with its download
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-outcome:
			return settle(ctx, attempt, dir, err)
		}
	}
}

func settle(ctx context.Context, attempt, dir string, outcome error) error {
	defer func() { _ = os.RemoveAll(attempt) }()
	if outcome == nil || !strings.HasPrefix(outcome.Error(), unpacked) {
		return fmt.Errorf("fetch PostgreSQL: %w", outcome)
	}
	files := filepath.Join(attempt, "files")
	if reason := unfit(ctx, filepath.Join(files, "bin"), 0); reason != "" {
		return errors.New("the downloaded PostgreSQL is of no use: " + reason)
	}
	return os.Rename(files, dir)
}
