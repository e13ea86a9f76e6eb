package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestMigrateUpDownUp(t *testing.T) {
	t.Parallel()
	dsn := storetest.NewEmptyDatabase(t)
	ctx := t.Context()

	status, err := store.Migrations(ctx, dsn)
	require.NoError(t, err)
	require.Zero(t, status.Version)
	require.False(t, status.Current())

	require.NoError(t, store.Migrate(ctx, dsn))
	status, err = store.Migrations(ctx, dsn)
	require.NoError(t, err)
	require.True(t, status.Current(), "%+v", status)

	require.NoError(t, store.MigrateDown(ctx, dsn, false))
	status, err = store.Migrations(ctx, dsn)
	require.NoError(t, err)
	require.Less(t, status.Version, status.Latest)

	require.NoError(t, store.MigrateDown(ctx, dsn, true))
	status, err = store.Migrations(ctx, dsn)
	require.NoError(t, err)
	require.Zero(t, status.Version)
	require.Zero(t, status.RiverVersion)
	require.NoError(t, store.MigrateDown(ctx, dsn, false), "nothing is left to take back")
	require.NoError(t, store.MigrateDown(ctx, dsn, true))

	require.NoError(t, store.Migrate(ctx, dsn))
	require.NoError(t, store.Migrate(ctx, dsn), "a second time changes nothing")
	_, err = storetest.Open(t, dsn).CreateTopic(ctx, store.TopicCreate{Title: "Works again", Domain: "d", Market: "de", Language: "de"})
	require.NoError(t, err)
}

func TestTenReplicasMigrateAtOnce(t *testing.T) {
	t.Parallel()
	dsn := storetest.NewEmptyDatabase(t)
	var replicas sync.WaitGroup
	errs := make(chan error, 10)
	for range 10 {
		replicas.Go(func() { errs <- store.Migrate(t.Context(), dsn) })
	}
	replicas.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	status, err := store.Migrations(t.Context(), dsn)
	require.NoError(t, err)
	require.True(t, status.Current(), "%+v", status)
}

// TestMaintenanceFindsEverything does what PostgreSQL does by itself, or what restores a dump, where public is in no search path:
// from 17 on no index could be built otherwise, and before that tables were never analysed.
func TestMaintenanceFindsEverything(t *testing.T) {
	t.Parallel()
	dsn := storetest.NewDatabase(t)
	s := storetest.Open(t, dsn)
	aTopic(t.Context(), t, s, "A topic of the archive")
	savePoll(t, s, aCollection(t, s, "https://example.org/feed"), anArticle("https://example.org/1"))
	storetest.Process(t, s)

	// A connection of its own: one that has written keeps the functions it has found.
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	for _, statement := range []string{
		`set search_path = ''`,
		`analyze`,
		`reindex schema public`,
		// A restore fires no triggers; it computes columns and checks rows.
		`set session_replication_role = replica`,
		`update public.topics set title = title || ' again'`,
		`update public.documents set title = title || ' again'`,
		`update public.collections set name = name || ' again'`,
	} {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// TestMigrateFaults: what stands in the way is told, and nothing is changed behind it.
func TestMigrateFaults(t *testing.T) {
	t.Parallel()
	dsn := storetest.NewDatabase(t)
	ctx := t.Context()
	pool := storetest.Open(t, dsn).Pool()
	execute := func(statement string) {
		t.Helper()
		_, err := pool.Exec(ctx, statement)
		require.NoError(t, err)
	}
	all := map[string]func(context.Context, string) error{
		"up":     store.Migrate,
		"step":   func(ctx context.Context, dsn string) error { return store.MigrateDown(ctx, dsn, false) },
		"down":   func(ctx context.Context, dsn string) error { return store.MigrateDown(ctx, dsn, true) },
		"status": func(ctx context.Context, dsn string) error { _, err := store.Migrations(ctx, dsn); return err },
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	for name, migrate := range all {
		require.ErrorContains(t, migrate(ctx, "postgres://u:secret@h:port/x"), "read the database address", name)
		require.ErrorContains(t, migrate(ctx, "postgres://127.0.0.1:1/x?sslmode=disable"), "connect to the database", name)
		require.ErrorIs(t, migrate(stopped, dsn), context.Canceled, name)
	}

	// A migration that failed half way needs a person, who is told what to do.
	execute(`update schema_migrations set dirty = true`)
	status, err := store.Migrations(ctx, dsn)
	require.NoError(t, err)
	require.True(t, status.Dirty)
	require.False(t, status.Current())
	for _, name := range []string{"up", "step", "down"} {
		require.ErrorContains(t, all[name](ctx, dsn), "failed half way in an earlier run", name)
	}
	execute(`update schema_migrations set dirty = false`)

	// The job queue's own tables cannot be read.
	execute(`alter table river_migration rename column version to taken_away`)
	require.ErrorContains(t, all["status"](ctx, dsn), "read the job queue's version")
	require.ErrorContains(t, all["up"](ctx, dsn), "migrate the job queue")
	execute(`alter table river_migration rename column taken_away to version`)
	// Nor can our version.
	execute(`alter table schema_migrations rename column version to taken_away`)
	require.ErrorContains(t, all["status"](ctx, dsn), "read the schema's version")
	require.Error(t, all["up"](ctx, dsn))
	execute(`alter table schema_migrations rename column taken_away to version`)

	// Whoever migrates meanwhile is waited for, as long as one may wait.
	conn, err := pool.Acquire(ctx)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, `select pg_advisory_lock(7061644215)`)
	require.NoError(t, err)
	soon, end := context.WithTimeout(ctx, 200*time.Millisecond)
	defer end()
	require.ErrorContains(t, store.Migrate(soon, dsn), "wait for other processes that migrate")
	_, err = conn.Exec(ctx, `select pg_advisory_unlock(7061644215)`)
	require.NoError(t, err)
	conn.Release()
	require.NoError(t, store.Migrate(ctx, dsn), "all is as it was")

	// The queue's tables stay where something of somebody else's rests on them.
	execute(`create view watching as select id from river_job`)
	require.ErrorContains(t, all["down"](ctx, dsn), "remove the job queue")
}
