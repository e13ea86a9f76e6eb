package store_test

import (
	"sync"
	"testing"

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
