package server_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// contextOf is a context of the test that can be left earlier.
func contextOf(t *testing.T) (context.Context, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, cancel
}

// serve makes a world's server listen by itself; stop is what SIGTERM is, done how serving ended.
func (w *world) serve(t *testing.T, grace time.Duration) (stop func(), done chan error) {
	t.Helper()
	ctx, stop := contextOf(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w.url = "http://" + listener.Addr().String() + "/api/v1"
	done = make(chan error, 1)
	go func() { done <- w.server.Serve(ctx, listener, grace) }()
	return stop, done
}

// ended waits for the end of serving.
func ended(t *testing.T, done chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		require.Fail(t, "it serves on")
		return nil
	}
}

// TestShutdown: streams and waits end at once, requests that run may finish.
func TestShutdown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	collection, id := w.queued("https://example.com/feed")
	stop, done := w.serve(t, time.Minute)
	all, one := w.stream("/events"), w.stream("/jobs/"+id+"/events")
	require.Equal(t, "job.queued", one.next().name)

	tx, err := w.store.Pool().Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	_, err = tx.Exec(t.Context(), `lock table topics`)
	require.NoError(t, err)
	created, waited := make(chan answer, 1), make(chan answer, 1)
	go func() { created <- w.send("POST", "/topics", topicBody("Last")) }()
	go func() { waited <- w.send("POST", "/collections/"+collection+"/poll", "", "Prefer: wait=60") }()
	eventually(t, func() bool { return w.waiting() == 1 && w.server.Subscribed() == 3 }, "the requests to wait")

	stop()
	all.closes()
	one.ends()
	require.Equal(t, "queued", (<-waited).object(t, http.StatusAccepted)["state"])
	select {
	case err := <-done:
		require.Fail(t, "it did not let the request finish", "%v", err)
	case a := <-created:
		require.Fail(t, "the request did not wait", "%s", a.body)
	default:
	}
	require.NoError(t, tx.Rollback(t.Context()))
	require.Equal(t, http.StatusCreated, (<-created).StatusCode)
	require.NoError(t, ended(t, done))
}

// TestShutdownWithoutGrace: what does not end in time is cut off.
func TestShutdownWithoutGrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stop, done := w.serve(t, 50*time.Millisecond)
	tx, err := w.store.Pool().Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	_, err = tx.Exec(t.Context(), `lock table topics`)
	require.NoError(t, err)
	cut := make(chan error, 1)
	go func() {
		request, _ := http.NewRequestWithContext(t.Context(), "POST", w.url+"/topics", strings.NewReader(topicBody("Late")))
		request.Header.Set("Authorization", "Bearer "+w.key)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultTransport.RoundTrip(request)
		if err == nil {
			_ = response.Body.Close()
		}
		cut <- err
	}()
	eventually(t, func() bool { return w.waiting() == 1 }, "the request to wait")
	stop()
	require.ErrorContains(t, ended(t, done), "stop serving")
	require.Error(t, <-cut)
}

func TestServeFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	err = w.server.Serve(t.Context(), listener, time.Second)
	require.ErrorContains(t, err, "serve")
	require.True(t, errors.Is(err, net.ErrClosed))
}
