package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
)

// A desk takes webhooks of new topics, and notes under which ids it has heard of each.
type desk struct {
	*httptest.Server
	mu     sync.Mutex
	secret string
	heard  map[string]map[string]bool
	calls  atomic.Int64
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{heard: map[string]map[string]bool{}}
	d.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the process was killed in the middle of its request
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		verifier, err := standardwebhooks.NewWebhook(d.secret)
		if err == nil {
			err = verifier.Verify(body, r.Header)
		}
		var message struct {
			Data struct {
				TopicID string `json:"topic_id"`
			} `json:"data"`
		}
		if err == nil {
			err = json.Unmarshal(body, &message)
		}
		if err != nil {
			t.Errorf("a call that is not to be believed: %v", err)
			return
		}
		if d.heard[message.Data.TopicID] == nil {
			d.heard[message.Data.TopicID] = map[string]bool{}
		}
		d.heard[message.Data.TopicID][r.Header.Get("webhook-id")] = true
		// Now and then it fails.
		if d.calls.Add(1)%17 == 0 {
			rw.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(d.Close)
	return d
}

// TestWebhooksOfKilledServers kills the server again and again while topics are made and told of: afterwards each
// acknowledged topic was told of, under one id.
func TestWebhooksOfKilledServers(t *testing.T) {
	t.Parallel()
	const rounds = 4
	program, dir, desk := build(t), folder(t), newDesk(t)
	var key string
	var topics sync.Map
	for round := range rounds {
		k := begin(t, program, "--data-dir="+dir)
		if round == 0 {
			key = k.key
		}
		k.key = key
		if round == 0 {
			var made struct{ Secret string }
			k.send(http.StatusCreated, "POST", "/webhooks", map[string]any{"url": desk.URL, "event_types": []string{"topic.created"}}, &made)
			desk.mu.Lock()
			desk.secret = made.Secret
			desk.mu.Unlock()
		}
		ctx, cancel := context.WithCancel(t.Context())
		var writers sync.WaitGroup
		for n := range 3 {
			writers.Go(func() {
				for i := 0; i < 200 && ctx.Err() == nil; i++ {
					var topic identified
					title := fmt.Sprintf("Round %d client %d number %d", round, n, i)
					status, err := k.try(ctx, "POST", "/topics", map[string]any{"title": title, "domain": "d", "market": "de", "language": "en"}, &topic)
					if err != nil {
						return
					}
					if status == http.StatusCreated {
						topics.Store(topic.ID, title)
					}
				}
			})
		}
		called, wait := desk.calls.Load(), 20+rand.Int64N(200)
		eventually(t, func() bool { return desk.calls.Load() >= called+wait }, k.log.String)
		k.signal(t, syscall.SIGKILL)
		cancel()
		writers.Wait()
	}

	k := begin(t, program, "--data-dir="+dir)
	k.key = key
	missing := func() (left []string) {
		desk.mu.Lock()
		defer desk.mu.Unlock()
		for id := range topics.Range {
			if desk.heard[id.(string)] == nil {
				left = append(left, id.(string))
			}
		}
		return left
	}
	eventually(t, func() bool { return len(missing()) == 0 }, func() string { return fmt.Sprint(len(missing()), " are missing\n", k.log) })
	desk.mu.Lock()
	defer desk.mu.Unlock()
	for topic, ids := range desk.heard {
		require.Len(t, ids, 1, "%s was told of as more than one", topic)
	}
	t.Logf("%d kills, %d topics, %d calls", rounds, len(desk.heard), desk.calls.Load())
	k.signal(t, syscall.SIGTERM)
	require.NoError(t, k.err, k.log.String())
}
