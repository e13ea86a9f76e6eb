package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/golang-migrate/migrate/v4"
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/content-creator/content-creator-api/migrations"
)

// migrationLock is the advisory lock that lets one process at a time change the schema.
const migrationLock = 7_061_644_215

// MigrationStatus says how far the schema is.
type MigrationStatus struct {
	// Version is the newest of our migrations that is applied, Latest the newest there is; 0 is none.
	Version, Latest uint
	// Dirty: a migration failed half way and a person must look.
	Dirty bool
	// RiverVersion and RiverLatest are the same of the job queue's own tables.
	RiverVersion, RiverLatest int
}

// Current reports whether nothing is left to apply.
func (m MigrationStatus) Current() bool {
	return !m.Dirty && m.Version == m.Latest && m.RiverVersion == m.RiverLatest
}

// Migrate brings the schema up to date: the job queue's tables first, since ours hang a trigger on
// them, then ours. Any number of processes may call it at once: one works, the others wait.
func Migrate(ctx context.Context, dsn string) error {
	return withMigrator(ctx, dsn, func(m *migrator) error {
		if status, err := m.status(ctx); err == nil && status.Current() {
			return nil
		}
		if _, err := m.river.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return fmt.Errorf("migrate the job queue: %w", err)
		}
		if err := m.ours.Up(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
			return fmt.Errorf("migrate up: %w", dirtyHint(err))
		}
		return nil
	})
}

// MigrateDown takes back the last of our migrations, or all of them and the job queue's tables.
// Data in dropped tables is lost.
func MigrateDown(ctx context.Context, dsn string, all bool) error {
	return withMigrator(ctx, dsn, func(m *migrator) error {
		if !all {
			err := m.ours.Steps(-1)
			if err != nil && !isNothingApplied(err) {
				return fmt.Errorf("migrate down: %w", dirtyHint(err))
			}
			return nil
		}
		if err := m.ours.Down(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
			return fmt.Errorf("migrate down: %w", dirtyHint(err))
		}
		if _, err := m.river.Migrate(ctx, rivermigrate.DirectionDown, &rivermigrate.MigrateOpts{TargetVersion: -1}); err != nil {
			return fmt.Errorf("remove the job queue: %w", err)
		}
		return nil
	})
}

// Migrations says how far the schema is, without changing it.
func Migrations(ctx context.Context, dsn string) (MigrationStatus, error) {
	var status MigrationStatus
	err := withMigrator(ctx, dsn, func(m *migrator) (err error) {
		status, err = m.status(ctx)
		return err
	})
	return status, err
}

// migrator holds both migration libraries, on one connection that owns the lock.
type migrator struct {
	ours  *migrate.Migrate
	river *rivermigrate.Migrator[pgx.Tx]
	pool  *pgxpool.Pool
}

func withMigrator(ctx context.Context, dsn string, f func(*migrator) error) error {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return fmt.Errorf("read the database address: %w", withoutDSN(err))
	}
	config.MaxConns = 3
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer pool.Close()

	unlock, err := lockMigrations(ctx, pool)
	if err != nil {
		return err
	}
	defer unlock()

	db := stdlib.OpenDBFromPool(pool)
	defer func() { _ = db.Close() }()
	m, err := newMigrator(pool, db)
	if err != nil {
		return err
	}
	defer func() { _, _ = m.ours.Close() }()
	return f(m)
}

// lockMigrations waits for the lock on a connection of its own. A session lock ends with its
// session, so a process that dies half way blocks nobody.
func lockMigrations(ctx context.Context, pool *pgxpool.Pool) (unlock func(), err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, migrationLock); err != nil {
		conn.Release()
		return nil, fmt.Errorf("wait for other processes that migrate: %w", err)
	}
	return func() {
		unlockCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = conn.Exec(unlockCtx, `select pg_advisory_unlock($1)`, migrationLock)
		conn.Release()
	}, nil
}

func newMigrator(pool *pgxpool.Pool, db *sql.DB) (*migrator, error) {
	river, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("read the job queue's migrations: %w", err)
	}
	files, err := iofs.New(migrations.Files, ".")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	driver, err := migratepgx.WithInstance(db, &migratepgx.Config{})
	if err != nil {
		return nil, fmt.Errorf("prepare the database for migrations: %w", err)
	}
	ours, err := migrate.NewWithInstance("embedded", files, "database", driver)
	if err != nil {
		return nil, fmt.Errorf("prepare the migrations: %w", err)
	}
	return &migrator{ours: ours, river: river, pool: pool}, nil
}

func (m *migrator) status(ctx context.Context) (MigrationStatus, error) {
	var status MigrationStatus
	var err error
	status.Version, status.Dirty, err = m.ours.Version()
	if err != nil && !errors.Is(err, migrate.ErrNilVersion) {
		return status, fmt.Errorf("read the schema's version: %w", err)
	}
	if status.Latest, err = latestMigration(); err != nil {
		return status, err
	}
	all := m.river.AllVersions()
	status.RiverLatest = all[len(all)-1].Version
	applied, err := m.river.ExistingVersions(ctx)
	if err != nil {
		return status, fmt.Errorf("read the job queue's version: %w", err)
	}
	if len(applied) > 0 {
		status.RiverVersion = applied[len(applied)-1].Version
	}
	return status, nil
}

func latestMigration() (uint, error) {
	files, err := iofs.New(migrations.Files, ".")
	if err != nil {
		return 0, fmt.Errorf("read the migrations: %w", err)
	}
	version, err := files.First()
	for err == nil {
		var next uint
		if next, err = files.Next(version); err == nil {
			version = next
		}
	}
	return version, nil
}

// dirtyHint says what to do about a migration that failed half way.
func dirtyHint(err error) error {
	var dirty migrate.ErrDirty
	if errors.As(err, &dirty) {
		return fmt.Errorf("migration %d failed half way in an earlier run; look at the schema, mend it, "+
			"then set schema_migrations.dirty to false: %w", dirty.Version, err)
	}
	return err
}

func isNothingApplied(err error) bool {
	return errors.Is(err, migrate.ErrNoChange) || errors.Is(err, migrate.ErrNilVersion) || errors.Is(err, fs.ErrNotExist)
}
