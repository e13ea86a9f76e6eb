// Package storetest gives each test a database of its own, cloned from a migrated template.
//
// The server comes from TEST_DATABASE_URL, else from the PostgreSQL installed on the machine, else from
// a container. Where there is none, tests fail and say how to mend that; they never skip.
package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/content-creator/content-creator-api/migrations"
	"github.com/content-creator/content-creator-api/store"
)

// Server returns the address of the test server's own database, starting the server on first use.
func Server(t testing.TB) string {
	t.Helper()
	dsn, err := server()
	if err != nil {
		t.Fatalf("no PostgreSQL for tests: %v\nInstall it (apt-get install postgresql), or set TEST_DATABASE_URL to a server "+
			"on which databases may be created, or start Docker.", err)
	}
	return dsn
}

// New returns a store on a fresh, migrated database that is dropped when the test ends.
func New(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, NewDatabase(t))
}

// Open returns a store on a database, closed when the test ends.
func Open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, 12)
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Process makes searches find the documents that have come in, as the job that processes them does, but looks for neither
// duplicates nor stories nor keywords.
func Process(t testing.TB, s *store.Store) {
	t.Helper()
	err := s.InTx(t.Context(), func(ctx context.Context) error {
		claimed, err := s.ClaimNewDocuments(ctx, 1_000_000)
		if err != nil {
			return err
		}
		var f store.Findings
		for _, d := range claimed {
			f.Documents = append(f.Documents, store.ProcessedDocument{ID: d.ID, Seq: d.Seq, HappenedAt: d.HappenedAt, Sketch: []int64{}, Terms: []int64{}})
		}
		_, err = s.SaveFindings(ctx, f)
		return err
	})
	if err != nil {
		t.Fatalf("process documents: %v", err)
	}
}

// NewDatabase returns the address of a fresh, migrated database that is dropped when the test ends.
func NewDatabase(t testing.TB) string {
	t.Helper()
	base := Server(t)
	template, err := template(base)
	if err != nil {
		t.Fatalf("make the template of the tests' databases: %v", err)
	}
	return create(t, base, "template "+template+" strategy wal_log")
}

// NewEmptyDatabase is NewDatabase without any migration.
func NewEmptyDatabase(t testing.TB) string {
	t.Helper()
	return create(t, Server(t), "template template0")
}

var databases atomic.Int64

func create(t testing.TB, base, options string) string {
	t.Helper()
	name := fmt.Sprintf("cc_test_%d_%d_%d", os.Getpid(), time.Now().UnixMicro(), databases.Add(1))
	if err := execute(base, "create database "+name+" "+options); err != nil {
		t.Fatalf("create the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(base, "drop database if exists "+name+" with (force)"); err != nil {
			t.Logf("drop the test's database: %v", err)
		}
	})
	return withDatabase(base, name)
}

// execute runs one statement on a connection of its own.
func execute(dsn, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

// templates remembers the template's name by server.
var templates sync.Map

// template makes the template once per schema: processes that share a server share it, too.
func template(base string) (string, error) {
	once, _ := templates.LoadOrStore(base, sync.OnceValues(func() (string, error) { return makeTemplate(base) }))
	return once.(func() (string, error))()
}

func makeTemplate(base string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	hash, err := schemaHash()
	if err != nil {
		return "", err
	}
	name := "cc_template_" + hash
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	// The lock ends with the connection.
	if _, err := conn.Exec(ctx, `select pg_advisory_lock(hashtext($1))`, name); err != nil {
		return "", err
	}
	var exists bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, name).Scan(&exists); err != nil || exists {
		return name, err
	}
	// It gets its name when it is whole, so that a killed process leaves no half template behind.
	draft := name + "_draft"
	if _, err := conn.Exec(ctx, "drop database if exists "+draft+" with (force)"); err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, "create database "+draft+" template template0"); err != nil {
		return "", err
	}
	if err := store.Migrate(ctx, withDatabase(base, draft)); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, "alter database "+draft+" rename to "+name)
	return name, err
}

// schemaHash names a state of the migrations.
func schemaHash() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrations.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := migrations.Files.ReadFile(path)
		_, _ = fmt.Fprintln(sum, path, len(content))
		_, _ = sum.Write(content)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:16], err
}

// withDatabase is an address with another database name.
func withDatabase(dsn, name string) string {
	parsed, err := url.Parse(dsn)
	if err != nil || parsed.Scheme == "" {
		panic(fmt.Sprintf("not a postgres:// address: %q", dsn))
	}
	parsed.Path = "/" + name
	return parsed.String()
}

// server finds or starts the test server, once per process.
var server = sync.OnceValues(func() (string, error) {
	if dsn := strings.TrimSpace(os.Getenv("TEST_DATABASE_URL")); dsn != "" {
		return dsn, nil
	}
	dsn, err := startInstalled()
	if err == nil {
		return dsn, nil
	}
	dsn, containerErr := startContainer()
	if containerErr == nil {
		return dsn, nil
	}
	return "", errors.Join(err, fmt.Errorf("container: %w", containerErr))
})
