// Package store keeps everything the service knows in PostgreSQL: types, SQL, transactions, errors.
//
// Each table has a file; a query stands right above the method that runs it. Methods report misses
// and broken rules as *Error and everything else as it came.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"
)

// MinServerVersion is the oldest PostgreSQL the SQL of this package runs on.
const MinServerVersion = 150000

// A Store reads and writes one database. It is safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
	// totalCap is the number up to which lists count exactly.
	totalCap int
	bounds   bounds
}

// querier is what a pool and a transaction have in common.
type querier interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Open connects to the database that dsn names, checks its version and returns the store.
// maxConns bounds the pool; zero takes pgx's default (4 or the number of cores).
// The schema is not touched: see Migrate.
func Open(ctx context.Context, dsn string, maxConns int) (*Store, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the database address: %w", withoutDSN(err))
	}
	if maxConns > 0 {
		config.MaxConns = int32(maxConns)
	}
	// A connection that died with its server is noticed before a request pays for it.
	config.HealthCheckPeriod = 5 * time.Second
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	setDefaults(config.ConnConfig.RuntimeParams, map[string]string{
		"application_name": "content-creator",
		"timezone":         "UTC",
		"jit":              "off",
		// Lists and searches read few rows of large tables: worker processes cost more than they bring,
		// bitmaps must not fall back to whole pages, and pages are in memory or on a solid disk.
		"max_parallel_workers_per_gather": "0",
		"work_mem":                        "32MB",
		"random_page_cost":                "1.1",
		// No query of this service may run for longer; River and migrations have their own limits.
		"statement_timeout":                   "60s",
		"idle_in_transaction_session_timeout": "120s",
	})
	config.AfterConnect = registerTypes
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &Store{pool: pool, totalCap: TotalCap, bounds: usualBounds}
	if err := s.checkVersion(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

// registerTypes makes a connection answer times in UTC, wherever the process runs, and take ids as the bytes that they are:
// without it, each is written as text and read again.
func registerTypes(_ context.Context, conn *pgx.Conn) error {
	pgxuuid.Register(conn.TypeMap())
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// setDefaults fills in what the address does not say itself.
func setDefaults(params, defaults map[string]string) {
	for name, value := range defaults {
		if _, told := params[name]; !told {
			params[name] = value
		}
	}
}

// withoutDSN keeps the password in a malformed address out of the message.
func withoutDSN(err error) error {
	inner := errors.Unwrap(err)
	// What it quotes may be a part of the password.
	if inner == nil || strings.Contains(inner.Error(), `"`) {
		return errors.New("it is malformed")
	}
	return inner
}

func (s *Store) checkVersion(ctx context.Context) error {
	var version int
	if err := s.pool.QueryRow(ctx, `select current_setting('server_version_num')::int`).Scan(&version); err != nil {
		return fmt.Errorf("ask the database for its version: %w", err)
	}
	if version < MinServerVersion {
		return fmt.Errorf("PostgreSQL %d is too old: %d or newer is needed", version/10000, MinServerVersion/10000)
	}
	return nil
}

// Close ends all connections; it waits for those in use.
func (s *Store) Close() { s.pool.Close() }

// Pool is the connection pool, for River and the metrics. SQL belongs in this package.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Ping answers whether the database can be asked anything at all.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

type txKey struct{}

// InTx runs f in one transaction: every method called with the context that f is given joins it,
// and so does every job enqueued with it. It commits if f returns nil and rolls back otherwise.
// Inside a transaction InTx joins that one instead of opening its own.
func (s *Store) InTx(ctx context.Context, f func(ctx context.Context) error) error {
	if _, inside := Tx(ctx); inside {
		return f(ctx)
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		return f(context.WithValue(ctx, txKey{}, tx))
	})
}

// inSnapshot runs several queries that must see one state of the database: a row that moves from facet to
// facet between two of them would be in none.
func inSnapshot[T any](ctx context.Context, s *Store, f func(ctx context.Context) (T, error)) (result T, err error) {
	if _, inside := Tx(ctx); inside {
		return f(ctx)
	}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, s.pool, options, func(tx pgx.Tx) error {
		result, err = f(context.WithValue(ctx, txKey{}, tx))
		return err
	})
	return result, err
}

// Tx is the transaction that ctx carries, if it does.
func Tx(ctx context.Context) (pgx.Tx, bool) {
	tx, inside := ctx.Value(txKey{}).(pgx.Tx)
	return tx, inside
}

// db is what a query runs on: the transaction of ctx, else the pool.
func (s *Store) db(ctx context.Context) querier {
	if tx, inside := Tx(ctx); inside {
		return tx
	}
	return s.pool
}

// planned is db for queries whose best plan depends on their values: lists with optional filters,
// searches. They are planned anew each time, while what is prepared keeps one plan for all values.
func (s *Store) planned(ctx context.Context) querier { return plannedEachTime{s.db(ctx)} }

type plannedEachTime struct{ querier }

// Query plans and runs a query.
func (q plannedEachTime) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return q.querier.Query(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}

// QueryRow plans and runs a query for one row.
func (q plannedEachTime) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return q.querier.QueryRow(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}

// savepoint runs f so that its failure leaves the surrounding transaction usable.
func (s *Store) savepoint(ctx context.Context, f func(ctx context.Context) error) error {
	return pgx.BeginFunc(ctx, s.db(ctx), func(nested pgx.Tx) error {
		return f(context.WithValue(ctx, txKey{}, nested))
	})
}

// newID makes a UUIDv7: unique, and later ones sort after earlier ones.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
