package jobs

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

// sweep works one sweep.
func (w *world) sweep(c *Client) error {
	return (&sweepWorker{client: c}).Work(w.t.Context(), &river.Job[SweepArgs]{})
}

// queued counts the polls that are queued.
func (w *world) queued() int { return w.count(`select count(*) from river_job where kind = 'poll'`) }

func TestSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client()
	due := w.collection("http://127.0.0.1:1/due.xml")
	later, paused := w.collection("http://127.0.0.1:1/later.xml"), w.collection("http://127.0.0.1:1/paused.xml")
	w.execute(`update collections set next_poll_at = now() + interval '1 minute' where id = $1`, later.ID)
	w.execute(`update collections set enabled = false where id = $1`, paused.ID)

	require.NoError(t, w.sweep(c))
	require.Zero(t, w.queued(), "polling is paused")
	require.False(t, w.reload(due).NextPollAt.After(time.Now()), "it stays due")

	w.polling(true)
	for range 2 {
		require.NoError(t, w.sweep(c))
		require.Equal(t, 1, w.queued())
	}
	require.Equal(t, 1, w.count(`select count(*) from river_job where kind = 'poll' and tags = '{scheduled}' and queue = 'collect' and max_attempts = 4
		and args ->> 'collection_id' = $1`, due.ID.String()))
	require.True(t, w.reload(due).NextPollAt.After(time.Now().Add(59*time.Minute)), "it is claimed")

	// Due again before it was polled: the queued poll is enough.
	w.execute(`update collections set next_poll_at = now() where id = $1`, due.ID)
	require.NoError(t, w.sweep(c))
	require.Equal(t, 1, w.queued())
}

func TestSweepsAtOnce(t *testing.T) {
	t.Parallel()
	const collections = 2*sweepBatch + 7
	w := newWorld(t)
	w.execute(`insert into collections (id, name, type, url, domain, market)
		select gen_random_uuid(), 'Feed', 'rss', 'http://127.0.0.1:1/' || n, 'd', 'de' from generate_series(1, $1::int) n`, collections)
	w.polling(true)
	var sweeps sync.WaitGroup
	for range 4 {
		c := w.client()
		sweeps.Go(func() { require.NoError(t, w.sweep(c)) })
	}
	sweeps.Wait()
	require.Equal(t, collections, w.queued())
	require.Equal(t, collections, w.count(`select count(distinct args ->> 'collection_id') from river_job where kind = 'poll'`))
}

func TestSweepFaults(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"settings", "collections", "river_job"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.client()
			due := w.collection("http://127.0.0.1:1/due.xml")
			w.polling(true)
			w.execute(`alter table ` + table + ` rename to gone`)
			require.ErrorContains(t, w.sweep(c), table)
			w.execute(`alter table gone rename to ` + table)
			require.False(t, w.reload(due).NextPollAt.After(time.Now()), "nothing was claimed")
		})
	}
}

// What else a sweep does may fail for as long as it likes: feeds are polled all the same.
func TestSweepPollsWhateverElseFails(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"documents", "discovery_schedules"} {
		w := newWorld(t)
		c := w.client()
		due := w.collection("http://127.0.0.1:1/due.xml")
		w.polling(true)
		w.execute(`alter table ` + table + ` rename to gone`)
		require.ErrorContains(t, w.sweep(c), table)
		require.Equal(t, 1, w.queued(), table)
		require.True(t, w.reload(due).NextPollAt.After(time.Now()), table)
	}
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	collection := w.collection(site(t, serving("a")))
	w.polling(true)
	c := w.working(func(c *Config) { c.SweepEvery = 0 })
	require.Equal(t, time.Minute, c.sweepEvery)
	eventually(t, func() bool { return w.reload(collection).SuccessCount == 1 }, w.log.String)
	eventually(t, func() bool {
		return w.count(`select count(distinct kind) from river_job where kind in ('sweep', 'tidy') and state = 'completed'`) == 2
	}, w.log.String)
	_, err := w.store.Job(t.Context(), store.JobID(w.count(`select id from river_job where kind = 'sweep'`)))
	require.Equal(t, store.KindNotFound, refusal(t, err).Kind, "housekeeping is nobody's business")
}

func TestTidy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, err := w.store.CreateAPIKey(t.Context(), store.APIKeyCreate{Name: "test", Scopes: []string{"admin"}, Origin: "command"})
	require.NoError(t, err)
	for _, age := range []string{"23 hours", "25 hours"} {
		w.execute(`insert into events (type, data, occurred_at) values ('test', '{}', now() - $1::interval)`, age)
		w.execute(`insert into idempotency_keys (api_key_id, key, request_hash, status, headers, body, created_at)
			values ($1, $2, '', 201, '{}', '', now() - $3::interval)`, key.ID, age, age)
	}
	tidy := func() error { return (&tidyWorker{store: w.store}).Work(t.Context(), &river.Job[TidyArgs]{}) }
	require.NoError(t, tidy())
	require.Equal(t, 1, w.events("test"))
	require.Equal(t, 1, w.count(`select count(*) from idempotency_keys`))

	w.execute(`alter table events rename to gone`)
	require.ErrorContains(t, tidy(), "events")
}

func TestKinds(t *testing.T) {
	t.Parallel()
	require.Equal(t, "poll", PollArgs{CollectionID: uuid.Nil}.Kind())
	require.Equal(t, "sweep", SweepArgs{}.Kind())
	require.Equal(t, "tidy", TidyArgs{}.Kind())
}
