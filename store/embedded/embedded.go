// Package embedded runs a private PostgreSQL server, so that the product works without a database set up by hand.
//
// It uses the PostgreSQL installed on the machine, keeps one cluster in one folder and listens on a unix socket in a
// folder closed to others; there is no TCP port and no password. The server lives as long as its owner: it is stopped
// by Stop, by the kernel when the owner dies (Linux), or by the next Start in the same folder (elsewhere).
package embedded

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
)

const (
	// oldestMajor is the oldest PostgreSQL the project's SQL is written for.
	oldestMajor = 15

	superuser = "postgres"
	database  = "content_creator"

	cures = "install PostgreSQL 15 or newer (on Debian and Ubuntu: apt-get install postgresql), " +
		"or run everything in containers (docker compose up), or set DATABASE_URL to a PostgreSQL server of your own"
)

// Options say where and how a server runs.
type Options struct {
	// Dir belongs to the server: cluster, socket and lock are kept in it, and it is made if missing. Under root the
	// server runs as another user, so Start refuses a Dir below a folder that user cannot pass, such as /root or what
	// os.MkdirTemp makes (mode 0700).
	Dir string
	// Logger gets the server's log, at debug level but for FATAL and PANIC; nil throws it away.
	Logger *slog.Logger
	// Throwaway trades durability for speed: a crash of the machine may lose the cluster. For tests only.
	Throwaway bool
}

// limits bound every wait of a server's life.
type limits struct {
	initdb   time.Duration
	silence  time.Duration // a starting server may give no answer for so long
	recovery time.Duration // a starting server may replay its log for so long
	fetch    time.Duration
	fast     time.Duration // the patience with SIGINT, then with SIGQUIT and SIGKILL
	harsh    time.Duration
}

func defaultLimits() limits {
	return limits{
		initdb:   time.Minute,
		silence:  30 * time.Second,
		recovery: 10 * time.Minute,
		fetch:    10 * time.Minute,
		fast:     20 * time.Second,
		harsh:    5 * time.Second,
	}
}

// noBinariesError tells what was looked at and what the user can do.
type noBinariesError struct {
	passed []string
	fetch  error // why the download did not help; nil where none was tried
}

func (e *noBinariesError) Error() string {
	looked := "no installation"
	if len(e.passed) > 0 {
		looked = strings.Join(e.passed, "; ")
	}
	if e.fetch != nil {
		looked += fmt.Sprintf("; download: %v", e.fetch)
	}
	return fmt.Sprintf("no PostgreSQL to start (found: %s). Any one of these helps: %s", looked, cures)
}

func (e *noBinariesError) Unwrap() error { return e.fetch }

// otherMajorError refuses data that the found binaries cannot read.
type otherMajorError struct {
	data   string
	major  int
	passed []string
}

func (e *otherMajorError) Error() string {
	install := fmt.Sprintf("install PostgreSQL %d again, or ", e.major)
	if e.major < oldestMajor {
		install = ""
	}
	return fmt.Sprintf("the data in %s was made by PostgreSQL %d, which is not what is installed (found: %s); it was left untouched. "+
		"To go on, %sdump it with PostgreSQL %d (pg_dump), move the folder away and restore into the new one",
		e.data, e.major, strings.Join(e.passed, "; "), install, e.major)
}
