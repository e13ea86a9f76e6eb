package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
)

// logged reports whether the log holds a text.
func (w *world) logged(text string) bool { return strings.Contains(w.log.String(), text) }

// A stream is an open stream of events. The channel closes with it.
type stream struct {
	*http.Response
	t      testing.TB
	events chan streamed
	// comments are the lines that are no event.
	comments chan string
	leave    func()
}

// streamed is an event as it was sent.
type streamed struct {
	id, name string
	event    client.Event
}

// stream opens a stream; it ends with the test.
func (w *world) stream(path string, headers ...string) *stream {
	w.t.Helper()
	ctx, leave := context.WithCancel(w.t.Context())
	request, err := http.NewRequestWithContext(ctx, "GET", w.url+path, http.NoBody)
	require.NoError(w.t, err)
	request.Header.Set("Authorization", "Bearer "+w.key)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	response, err := checked(w.t).RoundTrip(request)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, response.StatusCode)
	require.Equal(w.t, "text/event-stream", response.Header.Get("Content-Type"))
	s := &stream{Response: response, t: w.t, events: make(chan streamed, 1000), comments: make(chan string, 1000), leave: leave}
	go s.read()
	w.t.Cleanup(func() {
		leave()
		for range s.events { //nolint:revive // it is over when the channel closes
		}
	})
	require.Equal(w.t, ": welcome", <-s.comments)
	return s
}

func (s *stream) read() {
	defer close(s.events)
	defer close(s.comments)
	defer func() { _ = s.Body.Close() }()
	var e streamed
	for lines := bufio.NewScanner(s.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e.event); err != nil {
				s.t.Error(err)
			}
		case "":
			if value != "" {
				s.comments <- lines.Text()
			} else if e.id != "" {
				s.events <- e
				e = streamed{}
			}
		}
	}
}

// next is the next event.
func (s *stream) next() streamed {
	s.t.Helper()
	select {
	case e, open := <-s.events:
		require.True(s.t, open, "the stream has ended")
		require.Equal(s.t, e.id, e.event.ID)
		require.Equal(s.t, e.name, string(e.event.Type))
		return e
	case <-time.After(patience):
		require.Fail(s.t, "no event came")
		return streamed{}
	}
}

// closes waits for the end of the stream, whatever comes before.
func (s *stream) closes() {
	s.t.Helper()
	for deadline := time.After(patience); ; {
		select {
		case _, open := <-s.events:
			if !open {
				return
			}
		case <-deadline:
			require.Fail(s.t, "the stream goes on")
		}
	}
}

// ends requires the stream to end without another event.
func (s *stream) ends() {
	s.t.Helper()
	select {
	case e, open := <-s.events:
		require.False(s.t, open, "%v", e)
	case <-time.After(patience):
		require.Fail(s.t, "the stream goes on")
	}
}

// names reads events until one is called last, and answers the names of all.
func (s *stream) names(last string) []string {
	s.t.Helper()
	var names []string
	for {
		e := s.next()
		names = append(names, e.name)
		if e.name == last {
			return names
		}
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.topic(client.TopicCreate{Title: "Before"})
	live := w.stream("/events")
	require.Equal(t, "no-store", live.Header.Get("Cache-Control"))
	require.Equal(t, "no", live.Header.Get("X-Accel-Buffering"))

	topic := w.topic(client.TopicCreate{Title: "Live"})
	created := live.next()
	if created.event.Data["topic_id"] == before.ID.String() {
		// It was not readable yet when the stream began: an older transaction was running somewhere.
		created = live.next()
	}
	require.Equal(t, "topic.created", created.name)
	require.Equal(t, map[string]any{"topic_id": topic.ID.String()}, created.event.Data)
	require.WithinDuration(t, time.Now(), created.event.OccurredAt, time.Minute)
	path := "/topics/" + topic.ID.String()
	w.send("PATCH", path, `{"priority":9}`)
	w.send("PATCH", path, `{"priority":9}`)
	w.send("DELETE", path, "")
	require.Equal(t, []string{"topic.updated", "topic.deleted"}, live.names("topic.deleted"), "what changes nothing is no event")
	live.leave()

	t.Run("resumed", func(t *testing.T) {
		t.Parallel()
		again := w.stream("/events", "Last-Event-ID: "+created.id)
		require.Equal(t, []string{"topic.updated", "topic.deleted"}, again.names("topic.deleted"), "without a gap, without a repetition")
	})
	t.Run("from the beginning", func(t *testing.T) {
		t.Parallel()
		all := w.stream("/events", "Last-Event-ID: 0-0")
		require.Equal(t, []string{"topic.created", "topic.created", "topic.updated", "topic.deleted"}, all.names("topic.deleted"))
	})
	t.Run("by type", func(t *testing.T) {
		t.Parallel()
		some := w.stream("/events?types=topic.deleted&types=topic.updated", "Last-Event-ID: 0-0")
		require.Equal(t, []string{"topic.updated", "topic.deleted"}, some.names("topic.deleted"))
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		for _, id := range []string{"x", "1", "1-", "-1", "1-1-1", "99999999999999999999-1", "01-1", "1-99999999999999999999"} {
			for _, path := range []string{"/events", "/jobs/1/events"} {
				problem := w.send("GET", path, "", "Last-Event-ID: "+id)
				if path == "/jobs/1/events" && problem.StatusCode == http.StatusNotFound {
					continue
				}
				require.Contains(t, faults(problem.refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")), "Last-Event-ID", id)
			}
		}
		w.send("GET", "/events?types=weather.changed", "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	})
}

// TestEventsInOrder: an event of a transaction that was slow is not skipped by those who read on.
func TestEventsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	live := w.stream("/events")
	tx, err := w.store.Pool().Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `select emit_event('topic.updated', null, '{"slow":true}')`)
	require.NoError(t, err)
	w.topic(client.TopicCreate{})
	require.NoError(t, tx.Commit(t.Context()))
	require.Equal(t, []string{"topic.updated", "topic.created"}, live.names("topic.created"))
}

// TestManyEvents come in several batches.
func TestManyEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	live := w.stream("/events")
	w.execute(`select emit_event('topic.updated', null, jsonb_build_object('n', n)) from generate_series(1, 450) n`)
	for n := range 450 {
		require.EqualValues(t, n+1, live.next().event.Data["n"])
	}
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.Beat(20 * time.Millisecond)
	live := w.stream("/events")
	for range 2 {
		require.Equal(t, ": still here", <-live.comments)
	}
}

func TestJobEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working)
	stand := newGate()
	_, id := w.queued(w.feed(func(rw http.ResponseWriter, r *http.Request) {
		stand.pass(r.Context())
		feedOf("a")(rw, r)
	}))
	stand.await(t)
	_, other := w.queued(w.feed(feedOf("b")))
	w.job(other, "succeeded")

	live := w.stream("/jobs/" + id + "/events")
	queued := live.next()
	require.Equal(t, "job.queued", queued.name, "all so far")
	running := live.next()
	require.Equal(t, "job.running", running.name)
	require.Equal(t, id, running.event.Data["job_id"])
	progress := live.next()
	require.Equal(t, "job.progress", progress.name)
	require.EqualValues(t, 10, progress.event.Data["progress"].(map[string]any)["percent"])
	close(stand.open)
	require.Equal(t, []string{"job.progress", "job.succeeded"}, live.names("job.succeeded"))
	live.ends()

	resumed := w.stream("/jobs/"+id+"/events", "Last-Event-ID: "+progress.id)
	require.Equal(t, []string{"job.progress", "job.succeeded"}, resumed.names("job.succeeded"))
	resumed.ends()

	whole := w.stream("/jobs/" + id + "/events")
	names := whole.names("job.succeeded")
	require.Equal(t, []string{"job.queued", "job.running", "job.progress", "job.progress", "job.succeeded"}, names)
	whole.ends()

	// Whoever has the last event already, or comes after the events are gone, is not kept.
	w.execute(`delete from events`)
	w.stream("/jobs/" + id + "/events").ends()
}

// TestRetriedJobEvents: a stream does not end with an end that was not the last.
func TestRetriedJobEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, id := w.queued("https://example.com/feed")
	w.send("POST", "/jobs/"+id+"/cancel", "")
	w.send("POST", "/jobs/"+id+"/retry", "")
	live := w.stream("/jobs/" + id + "/events")
	for _, name := range []string{"job.queued", "job.cancelled", "job.queued"} {
		require.Equal(t, name, live.next().name)
	}
	w.send("POST", "/jobs/"+id+"/cancel", "")
	require.Equal(t, "job.cancelled", live.next().name)
	live.ends()
}

func TestFeedEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working)
	live := w.stream("/events?types=feed.polled&types=feed.degraded&types=feed.recovered&types=job.failed")
	feed := &site{handler: feedOf("a")}
	id := w.collection(w.feed(feed.ServeHTTP)).ID.String()
	polled := live.next()
	require.Equal(t, "feed.polled", polled.name)
	require.EqualValues(t, 1, polled.event.Data["documents_added"])
	feed.serve(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNotFound) })
	w.poll(id)
	require.Equal(t, []string{"feed.degraded", "job.failed"}, live.names("job.failed"))
	feed.serve(feedOf("a"))
	w.poll(id)
	recovered := live.next()
	require.Equal(t, "feed.recovered", recovered.name)
	require.Equal(t, id, recovered.event.Data["collection_id"])
}

// TestBrokenStream: a stream that can read no more ends, and its client comes back.
func TestBrokenStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, id := w.queued("https://example.com/feed")
	live, followed := w.stream("/events"), w.stream("/jobs/"+id+"/events")
	require.Equal(t, "job.queued", followed.next().name)
	w.execute(`alter table river_job rename to elsewhere_too`)
	followed.ends()
	w.execute(`alter table events rename to elsewhere`)
	live.closes()
	require.True(t, w.logged("an event stream broke off"))
	w.send("GET", "/jobs/"+id+"/events", "").refused(t, http.StatusInternalServerError, "INTERNAL")
	w.execute(`alter table elsewhere rename to events`)
	w.topic(client.TopicCreate{})
	require.Equal(t, "topic.created", w.stream("/events?types=topic.created", "Last-Event-ID: 0-0").next().name)
}
