package jobs

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

func discovered(t *testing.T, job store.Job) discoverResult {
	t.Helper()
	var r discoverResult
	require.NoError(t, json.Unmarshal(job.Result, &r), "%+v", job)
	return r
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	address := site(t, serving("a", "b"))
	known := w.collection(address)
	reddit, err := w.store.CreateCollection(t.Context(), store.CollectionCreate{
		Name: "r/golang", Type: new("reddit"), Config: store.SourceConfig{Subreddit: "GoLang"}, Domain: "d", Market: "m",
	})
	require.NoError(t, err)
	none := strings.TrimSuffix(site(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(rw, r)
			return
		}
		_, _ = rw.Write([]byte("<html><title>No feeds</title>"))
	}), "feed.xml")

	job, err := c.Discover(t.Context(), DiscoverArgs{URLs: []string{address, "r/golang", none, "http://127.0.0.1:1/"}, Limit: 20})
	require.NoError(t, err)
	require.Equal(t, "discover", job.Kind)
	done := w.finished(job.ID)
	require.Equal(t, "succeeded", done.State, "%+v", done.Error)
	require.Equal(t, "Looking for feeds: 4 of 4 sites done.", done.Progress.Message)
	r := discovered(t, done)
	require.Equal(t, 2, r.FeedsFound)
	require.Equal(t, []uuid.UUID{known.ID}, r.Sites[0].Feeds[0].CollectionIDs)
	require.Equal(t, []uuid.UUID{reddit.ID}, r.Sites[1].Feeds[0].CollectionIDs)
	require.Equal(t, collect.OutcomeNothing, r.Sites[2].Outcome)
	require.Equal(t, "No feeds", *r.Sites[2].Title)
	require.Equal(t, collect.OutcomeFailed, r.Sites[3].Outcome)
	require.Equal(t, collect.CodeConnectFailed, r.Sites[3].Error.Code)

	// Where there is nothing, the job has not failed: it has found that out.
	job, err = c.Discover(t.Context(), DiscoverArgs{URLs: []string{none}, Limit: 20})
	require.NoError(t, err)
	done = w.finished(job.ID)
	require.Equal(t, "succeeded", done.State)
	require.Zero(t, discovered(t, done).FeedsFound)

	// Where nobody answers it has, and says what was tried.
	job, err = c.Discover(t.Context(), DiscoverArgs{URLs: []string{"http://127.0.0.1:1/"}, Limit: 20})
	require.NoError(t, err)
	done = w.finished(job.ID)
	require.Equal(t, "failed", done.State)
	require.Equal(t, "Nobody answers at http://127.0.0.1:1/.", done.Error.Message)
	require.Equal(t, "failed", discovered(t, done).Sites[0].Tried[0].Outcome)
}

func TestDiscoverIsCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	slow := newGate()
	address := site(t, func(_ http.ResponseWriter, r *http.Request) { slow.pass(r.Context()) })
	job, err := c.Discover(t.Context(), DiscoverArgs{URLs: []string{address}, Limit: 20})
	require.NoError(t, err)
	slow.await(t)
	_, err = c.Cancel(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, "cancelled", w.finished(job.ID).State)
}
