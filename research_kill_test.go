package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store/storetest"
)

// An outside is a model, a search service and the pages that this finds, which counts what it is asked and can be told to
// have the asking process killed.
type outside struct {
	*httptest.Server
	mu sync.Mutex
	// asked counts requests of the round, paid how often each paid one came in its round.
	asked, round int
	paid         map[string]int
	// killAt is the request at which the process is killed, 0 none; answered whether it has its answer by then.
	killAt   int
	answered bool
	kill     func()
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{paid: map[string]int{}}
	o.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		kill := o.count(r.URL.Path, body)
		if kill != nil && !o.answered {
			kill()
			return
		}
		o.answer(rw, r, string(body))
		if kill != nil {
			_ = http.NewResponseController(rw).Flush()
			kill()
		}
	}))
	t.Cleanup(o.Close)
	return o
}

// count notes a request, and answers what kills the process if this is when.
func (o *outside) count(path string, body []byte) func() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	if path == "/search" || path == "/v1/chat/completions" {
		o.paid[fmt.Sprintf("%d %s %x", o.round, path, sha256.Sum256(body))]++
	}
	if o.asked == o.killAt {
		return o.kill
	}
	return nil
}

func (o *outside) answer(rw http.ResponseWriter, r *http.Request, body string) {
	encode := func(value any) {
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(value)
	}
	switch r.URL.Path {
	case "/search":
		encode(map[string]any{"results": []map[string]any{
			{"url": o.URL + "/bikes", "title": "Bicycles on the Elz bridge", "content": "14,500 bicycles", "score": 0.9},
			{"url": o.URL + "/town", "title": "The town of Lindau", "content": "A town", "score": 0.5},
		}})
	case "/v1/chat/completions":
		said := `{"questions":[],"queries":["Elz bridge bicycles counted"]}`
		switch {
		case strings.Contains(body, "The passages stand between"):
			said = `{"sentences":[{"text":"On an average day 14,500 bicycles cross the Elz bridge, as sensors tell.","evidence":["1.0","1.1","2.0","2.1"]}]}`
		case strings.Contains(body, "The pairs stand between"):
			said = `{"decisions":[{"pair":1,"verdict":"supported"}]}`
		}
		encode(map[string]any{
			"model": "m", "choices": []any{map[string]any{"finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": said}}},
			"usage": map[string]any{"prompt_tokens": len(body) / 4, "completion_tokens": 40, "total_tokens": len(body)/4 + 40},
		})
	case "/robots.txt":
		http.NotFound(rw, r)
	default:
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(rw, `<html lang="en"><head><title>Bicycles %s</title></head><body><article><h1>Bicycles %s</h1>
			<p>Sensors on the Elz bridge counted 14,500 bicycles on an average day in 2025, the town said.</p><p>%s</p></article></body></html>`,
			r.URL.Path, r.URL.Path, strings.Repeat("The town of "+strings.Trim(r.URL.Path, "/")+" has planted trees, and asked its people what they want for the years to come. ", 9))
	}
}

// set prepares the next round.
func (o *outside) set(killAt int, answered bool, kill func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked, o.killAt, o.answered, o.kill = 0, killAt, answered, kill
	if killAt > 0 {
		o.round++
	}
}

// TestResearchKilledAtEveryStep kills the server at every request that research makes, before it is answered and after, and sees
// every run come to its end without a paid call being made twice.
func TestResearchKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	program, dir := build(t), folder(t)
	database := storetest.NewEmptyDatabase(t)
	o := newOutside(t)
	start := func() *killable {
		k := begin(t, program, "--data-dir="+dir, "--database-url="+database, "--admin-api-key="+strings.Repeat("k", 40), "--fetch-articles=true",
			"--llm-base-url="+o.URL+"/v1", "--llm-api-key=secret", "--llm-model=m", "--llm-input-usd-per-million=1", "--llm-output-usd-per-million=2",
			"--tavily-base-url="+o.URL, "--tavily-api-key=secret", "--tavily-usd-per-request=0.008")
		k.key = strings.Repeat("k", 40)
		return k
	}
	type run struct {
		Status     string
		Method     string
		Answered   bool
		Shortfalls []string
		Cost       struct {
			KnownUSD float64 `json:"known_usd"`
			Requests int
		}
	}
	ask := func(k *killable) (job string) {
		var queued struct{ ID string }
		// It may be killed before it has answered; the job is there then, the newest of its kind.
		_, _ = k.try(t.Context(), "POST", "/research/deep", map[string]any{
			"question": "How many bicycles does the Elz bridge count on a day?", "language": "en", "depth": "quick", "max_age_hours": 0,
			"budget": map[string]any{"max_cost_usd": 0.2},
		}, &queued)
		return queued.ID
	}
	result := func(k *killable, job string) (r run) {
		var done struct {
			State  string
			Result struct {
				RunID string `json:"run_id"`
			}
		}
		eventually(t, func() bool {
			k.send(http.StatusOK, "GET", "/jobs/"+job, nil, &done)
			return done.State == "succeeded" || done.State == "failed" || done.State == "cancelled"
		}, k.log.String)
		require.Equal(t, "succeeded", done.State, k.log.String())
		k.send(http.StatusOK, "GET", "/research/runs/"+done.Result.RunID, nil, &r)
		return r
	}

	k := start()
	o.set(0, false, nil)
	whole := result(k, ask(k))
	require.Equal(t, "complete", whole.Status, whole.Shortfalls)
	require.Equal(t, "model", whole.Method)
	requests := o.asked
	require.Greater(t, requests, 5)

	kills, complete, partial := 0, 0, 0
	for n := 1; n <= requests; n++ {
		for _, answered := range []bool{false, true} {
			running := k
			killed := make(chan struct{})
			o.set(n, answered, sync.OnceFunc(func() {
				_ = running.command.Process.Signal(syscall.SIGKILL)
				close(killed)
			}))
			job := ask(k)
			// What is remembered, as a robots.txt, is not asked again: the last requests may never come.
			finished := false
			eventually(t, func() bool {
				select {
				case <-killed:
					return true
				default:
				}
				var done struct{ State string }
				if status, err := k.try(t.Context(), "GET", "/jobs/"+job, nil, &done); err != nil || status != http.StatusOK {
					return false
				}
				finished = done.State == "succeeded"
				return finished
			}, k.log.String)
			if finished {
				continue
			}
			kills++
			<-running.ended
			o.set(0, false, nil)
			k = start()
			if job == "" {
				var newest struct{ Items []struct{ ID string } }
				k.send(http.StatusOK, "GET", "/jobs?kind=research&page_size=1", nil, &newest)
				job = newest.Items[0].ID
			}
			r := result(k, job)
			require.True(t, r.Answered, "%d %t: %v", n, answered, r.Shortfalls)
			require.LessOrEqual(t, r.Cost.KnownUSD, 0.2)
			switch r.Status {
			case "complete":
				complete++
			case "partial":
				partial++
				require.NotEmpty(t, r.Shortfalls)
			default:
				require.Fail(t, "it did not come to its end", "%d %t: %s", n, answered, r.Status)
			}
		}
	}
	for request, times := range o.paid {
		require.Equal(t, 1, times, "%s was made twice", request)
	}
	require.GreaterOrEqual(t, kills, 2*(requests-2))
	t.Logf("%d kills: %d runs complete, %d partial; %d paid calls, none made twice", kills, complete, partial, len(o.paid))
}
