package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// A movable clock tells the time that a test wants.
type movable struct {
	mu sync.Mutex
	at time.Time
}

// clockNow starts at the database's own time, as events bear that.
func clockNow() *movable { return &movable{at: time.Now().UTC().Truncate(time.Microsecond)} }

func (c *movable) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *movable) goOn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A receiver is somebody's program that takes webhooks: it verifies each with the library of those who wrote the specification.
type receiver struct {
	t       testing.TB
	url     string
	mu      sync.Mutex
	secrets []string
	answer  http.HandlerFunc
	got     []received
}

type received struct {
	id, signature string
	body          struct {
		Type      string         `json:"type"`
		Timestamp time.Time      `json:"timestamp"`
		Data      map[string]any `json:"data"`
	}
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{t: t}
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	r.url = server.URL + "/hook"
	return r
}

func (r *receiver) ServeHTTP(rw http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	for _, secret := range r.secrets {
		verifier, err := standardwebhooks.NewWebhook(secret)
		if err == nil {
			err = verifier.VerifyIgnoringTimestamp(body, request.Header)
		}
		if err != nil {
			r.t.Errorf("not as the specification has it: %v", err)
		}
	}
	if request.Header.Get("Content-Type") != "application/json" || request.Method != http.MethodPost || request.Header.Get("User-Agent") != "test" {
		r.t.Errorf("%s with %v", request.Method, request.Header)
	}
	one := received{id: request.Header.Get("webhook-id"), signature: request.Header.Get("webhook-signature")}
	if err := json.Unmarshal(body, &one.body); err != nil {
		r.t.Errorf("%s: %v", body, err)
	}
	r.got = append(r.got, one)
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		answer(rw, request)
	}
}

// answers makes the receiver answer so from now on.
func (r *receiver) answers(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// knows are the secrets each of which must have signed.
func (r *receiver) knows(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets = secrets
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received{}, r.got...)
}

func status(code int, headers ...string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		for _, header := range headers {
			name, value, _ := strings.Cut(header, ": ")
			rw.Header().Set(name, value)
		}
		rw.WriteHeader(code)
	}
}

// webhook adds a webhook.
func (w *world) webhook(create store.WebhookCreate) store.WebhookWithSecret {
	w.t.Helper()
	made, err := w.store.CreateWebhook(w.t.Context(), create)
	require.NoError(w.t, err)
	return made
}

// hook is a receiver that is told of some events.
func (w *world) hook(types ...string) (store.WebhookWithSecret, *receiver) {
	w.t.Helper()
	r := newReceiver(w.t)
	made := w.webhook(store.WebhookCreate{URL: r.url, EventTypes: types})
	r.knows(made.Secret)
	return made, r
}

func (w *world) hookNow(id uuid.UUID) store.Webhook {
	w.t.Helper()
	hook, err := w.store.Webhook(w.t.Context(), id)
	require.NoError(w.t, err)
	return hook
}

// deliveries are a webhook's, the oldest first.
func (w *world) deliveries(id uuid.UUID) []store.WebhookDelivery {
	w.t.Helper()
	list, err := w.store.WebhookDeliveries(w.t.Context(), id, store.WebhookDeliveryFilter{}, store.Page{Size: 100})
	require.NoError(w.t, err)
	var oldest []store.WebhookDelivery
	for _, d := range list.Items {
		oldest = append([]store.WebhookDelivery{d}, oldest...)
	}
	return oldest
}

// caller works the jobs of webhooks by hand, at the time of a clock.
func (w *world) caller(now func() time.Time, configure ...func(*collect.Config)) *webhookWorker {
	w.t.Helper()
	c := collect.Config{UserAgent: "test", AllowCIDRs: loopback, Now: now}
	for _, change := range configure {
		change(&c)
	}
	poster := collect.NewPoster(c)
	w.t.Cleanup(poster.Close)
	return &webhookWorker{store: w.store, poster: poster, now: now, metrics: newMetrics(prometheus.NewRegistry()), slice: webhookSlice}
}

// work does what there is to do for a webhook now.
func (w *world) work(caller *webhookWorker, id uuid.UUID) {
	w.t.Helper()
	require.NoError(w.t, caller.Work(w.t.Context(), &river.Job[WebhookArgs]{Args: WebhookArgs{WebhookID: id}}))
}

// emit makes something happen and waits until readers may see it.
func (w *world) emit(types ...string) {
	w.t.Helper()
	for _, name := range types {
		require.NoError(w.t, w.store.Emit(w.t.Context(), name, map[string]any{"name": name}))
	}
	w.settle()
}

// settle waits until every transaction that began before has ended.
func (w *world) settle() {
	w.t.Helper()
	now := w.count(`select pg_current_xact_id()::text::bigint`)
	eventually(w.t, func() bool { return w.count(`select pg_snapshot_xmin(pg_current_snapshot())::text::bigint`) > now })
}

func calling(c *Config) {
	c.Poster = collect.NewPoster(collect.Config{UserAgent: "test", AllowCIDRs: loopback})
}

// The whole way: an event, a signed call, the log.
func TestWebhooksAreCalled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, receiver := w.hook("topic.created", "feed.polled")
	every, all := w.hook()
	receiver.answers(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("thanks")) })
	c := w.working(calling)
	topic, err := w.store.CreateTopic(t.Context(), store.TopicCreate{Title: "A topic", Domain: "d", Market: "de", Language: "en"})
	require.NoError(t, err)
	require.NoError(t, w.store.DeleteTopic(t.Context(), topic.ID, 0))

	eventually(t, func() bool { return len(all.all()) == 2 && len(receiver.all()) == 1 }, w.log.String)
	got := receiver.all()[0]
	require.Equal(t, "topic.created", got.body.Type)
	require.Equal(t, map[string]any{"topic_id": topic.ID.String()}, got.body.Data)
	eventually(t, func() bool { return w.deliveries(made.ID)[0].State == "succeeded" }, w.log.String)
	d := w.deliveries(made.ID)[0]
	require.Equal(t, got.id, d.MessageID)
	require.Equal(t, "topic.created", d.EventType)
	require.NotNil(t, d.EventID)
	require.Len(t, d.Attempts, 1)
	require.Equal(t, 200, *d.Attempts[0].Status)
	require.Equal(t, "thanks", *d.Attempts[0].Answer)
	require.Nil(t, d.Attempts[0].Error)
	require.NotNil(t, d.FinishedAt)
	require.Nil(t, d.NextAttemptAt)
	eventually(t, func() bool {
		return metric(t, w.registry, "content_creator_webhook_attempts_total", "succeeded") == 3
	})

	test, err := c.TestWebhook(t.Context(), made.ID)
	require.NoError(t, err)
	require.Equal(t, "webhook.test", test.EventType)
	require.Nil(t, test.EventID)
	eventually(t, func() bool { return len(receiver.all()) == 2 }, w.log.String)
	require.Equal(t, map[string]any{"webhook_id": made.ID.String()}, receiver.all()[1].body.Data)

	again, err := c.ReplayDelivery(t.Context(), made.ID, d.ID)
	require.NoError(t, err)
	require.Equal(t, d.ID, *again.ReplayOf)
	require.Equal(t, d.MessageID, again.MessageID)
	eventually(t, func() bool { return len(receiver.all()) == 3 }, w.log.String)
	require.Equal(t, got.body, receiver.all()[2].body)

	require.Zero(t, w.events("job.queued"), "their own jobs are no events, which would be endless")
	for _, secret := range []string{made.Secret, every.Secret} {
		require.NotContains(t, w.log.String(), secret)
	}
}

// What each answer of a receiver leads to, by a clock that the test moves.
func TestWebhookAnswers(t *testing.T) {
	t.Parallel()
	minute := time.Minute
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		// state and status are those of the delivery after one attempt, least and most the wait before the next.
		state       string
		status      int
		least, most time.Duration
		// rests: the receiver is left alone for as long.
		rests bool
		says  string
	}{
		"200":                        {answer: status(200), state: "succeeded", status: 200},
		"204":                        {answer: status(204), state: "succeeded", status: 204},
		"a redirect is not followed": {answer: status(302, "Location: /hook/elsewhere"), state: "pending", status: 302, least: 5 * time.Second, most: 6 * time.Second},
		"400":                        {answer: status(400), state: "pending", status: 400, least: 5 * time.Second, most: 6 * time.Second},
		"500":                        {answer: status(500, "Retry-After: 600"), state: "pending", status: 500, least: 5 * time.Second, most: 6 * time.Second},
		"429 with seconds":           {answer: status(429, "Retry-After: 600"), state: "pending", status: 429, least: 10 * minute, most: 11 * minute, rests: true},
		"429 with less":              {answer: status(429, "Retry-After: 1"), state: "pending", status: 429, least: 5 * time.Second, most: 6 * time.Second, rests: true},
		"429 for a week":             {answer: status(429, "Retry-After: 604800"), state: "pending", status: 429, least: 24 * time.Hour, most: 27 * time.Hour, rests: true},
		"429 with a date": {
			answer: func(rw http.ResponseWriter, r *http.Request) {
				status(429, "Retry-After: "+time.Now().Add(10*time.Minute).UTC().Format(http.TimeFormat))(rw, r)
			}, state: "pending", status: 429, least: 10*minute - 2*time.Second, most: 12 * minute, rests: true,
		},
		"503 without": {answer: status(503), state: "pending", status: 503, least: 5 * time.Second, most: 6 * time.Second, rests: true},
		"502":         {answer: status(502, "Retry-After: 60"), state: "pending", status: 502, least: minute, most: 67 * time.Second, rests: true},
		"504":         {answer: status(504, "Retry-After: 60"), state: "pending", status: 504, least: minute, most: 67 * time.Second, rests: true},
		"410":         {answer: status(410), state: "failed", status: 410},
		"it breaks off": {
			answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			state:  "pending", least: 5 * time.Second, most: 6 * time.Second, rests: true, says: "no valid answer",
		},
		"an endless body": {
			answer: func(rw http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					_, _ = rw.Write([]byte(strings.Repeat("é\x00", 3000)))
				}
			},
			state: "succeeded", status: 200,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, clock := newWorld(t), clockNow()
			made, receiver := w.hook("news")
			receiver.answers(tc.answer)
			caller := w.caller(clock.now)
			w.emit("news")
			w.work(caller, made.ID)
			require.Len(t, receiver.all(), 1)
			d := w.deliveries(made.ID)[0]
			require.Equal(t, tc.state, d.State)
			require.Len(t, d.Attempts, 1)
			if tc.status == 0 {
				require.Nil(t, d.Attempts[0].Status)
				require.Contains(t, *d.Attempts[0].Error, tc.says)
			} else {
				require.Equal(t, tc.status, *d.Attempts[0].Status)
			}
			if answer := d.Attempts[0].Answer; name == "an endless body" {
				require.Equal(t, strings.Repeat("é", 341), *answer)
			}
			hook := w.hookNow(made.ID)
			require.Equal(t, tc.state == "succeeded", hook.FailingSince == nil)
			require.Equal(t, tc.status != 410, hook.Enabled)
			if d.State != "pending" {
				require.Equal(t, clock.now(), *d.FinishedAt)
				return
			}
			wait := d.NextAttemptAt.Sub(clock.now())
			require.GreaterOrEqual(t, wait, tc.least-time.Millisecond)
			require.LessOrEqual(t, wait, tc.most)
			rests := w.count(`select count(*) from webhooks where resting_until > $1`, clock.now())
			require.Equal(t, tc.rests, rests == 1)

			receiver.answers(status(200))
			w.work(caller, made.ID)
			require.Len(t, receiver.all(), 1, "it waits")
			clock.goOn(tc.most + time.Second)
			w.work(caller, made.ID)
			d = w.deliveries(made.ID)[0]
			require.Equal(t, "succeeded", d.State)
			require.Len(t, d.Attempts, 2)
			require.Equal(t, receiver.all()[0].id, receiver.all()[1].id)
			hook = w.hookNow(made.ID)
			require.Nil(t, hook.FailingSince)
			require.Zero(t, w.count(`select failures from webhooks`))
		})
	}
}

func TestWebhookAddressesAreGuarded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, receiver := w.hook("news")
	w.emit("news")
	caller := w.caller(time.Now, func(c *collect.Config) { c.AllowCIDRs = nil })
	w.work(caller, made.ID)
	require.Empty(t, receiver.all())
	d := w.deliveries(made.ID)[0]
	require.Equal(t, "pending", d.State)
	require.Contains(t, *d.Attempts[0].Error, "is not called: 127.0.0.1 has a loopback address.")
}

// A delivery is tried ten times, over three days; one that has failed for five days is the end of its webhook.
func TestWebhookGivesUp(t *testing.T) {
	t.Parallel()
	w, clock := newWorld(t), clockNow()
	began := clock.now()
	made, receiver := w.hook("news")
	other, bystander := w.hook()
	receiver.answers(status(500))
	caller := w.caller(clock.now)
	w.emit("news")
	var waits []time.Duration
	for {
		w.work(caller, made.ID)
		d := w.deliveries(made.ID)[0]
		if d.State != "pending" {
			break
		}
		waits = append(waits, d.NextAttemptAt.Sub(clock.now()))
		clock.goOn(waits[len(waits)-1] + time.Second)
	}
	require.Len(t, receiver.all(), 10)
	require.Len(t, w.deliveries(made.ID)[0].Attempts, 10)
	for i, least := range []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	} {
		require.GreaterOrEqual(t, waits[i], least-time.Millisecond)
		require.LessOrEqual(t, waits[i], least+least/10+time.Millisecond)
	}
	require.True(t, w.hookNow(made.ID).Enabled)

	clock.goOn(began.Add(5*24*time.Hour - time.Minute).Sub(clock.now()))
	w.emit("news")
	w.work(caller, made.ID)
	require.True(t, w.hookNow(made.ID).Enabled, "a minute is left")
	clock.goOn(10 * time.Minute)
	w.emit("news")
	w.work(caller, made.ID)
	hook := w.hookNow(made.ID)
	require.False(t, hook.Enabled)
	require.Equal(t, "failing", *hook.DisabledReason)
	for _, d := range w.deliveries(made.ID) {
		require.Equal(t, "failed", d.State)
		require.NotNil(t, d.FinishedAt)
	}
	require.Equal(t, 1, w.events("webhook.disabled"))
	w.settle()
	w.work(caller, other.ID)
	var types []string
	for _, one := range bystander.all() {
		types = append(types, one.body.Type)
	}
	require.Contains(t, types, "webhook.disabled")
	calls := len(receiver.all())
	clock.goOn(24 * time.Hour)
	w.work(caller, made.ID)
	require.Len(t, receiver.all(), calls)
	ids, err := w.store.WebhooksWithWork(t.Context(), clock.now())
	require.NoError(t, err)
	require.Empty(t, ids)
}

// A receiver that is away is asked by one call at a time, and rests ever longer; none of its deliveries is used up by that.
func TestWebhookReceiverIsAway(t *testing.T) {
	t.Parallel()
	w, clock := newWorld(t), clockNow()
	made := w.webhook(store.WebhookCreate{URL: "http://127.0.0.1:1/hook"})
	caller := w.caller(clock.now)
	for range 20 {
		w.emit("news")
	}
	attempts := func() int {
		return w.count(`select coalesce(sum(jsonb_array_length(attempts)), 0) from webhook_deliveries`)
	}
	w.work(caller, made.ID)
	require.Equal(t, callsAtOnce, attempts(), "nobody knew it")
	for n := range 10 {
		w.work(caller, made.ID)
		require.Equal(t, callsAtOnce+n, attempts(), "it rests")
		rest := min(5*time.Second<<n, 5*time.Minute)
		clock.goOn(rest - time.Second)
		w.work(caller, made.ID)
		require.Equal(t, callsAtOnce+n, attempts(), "for ever longer")
		clock.goOn(rest/10 + 2*time.Second)
		w.work(caller, made.ID)
		require.Equal(t, callsAtOnce+n+1, attempts())
	}
	require.Equal(t, 20, w.count(`select count(*) from webhook_deliveries where state = 'pending'`))
}

// A process may die at any line: no event is lost, none is delivered as two.
func TestWebhooksSurviveCrashes(t *testing.T) {
	t.Parallel()
	died := errors.New("the process dies")

	t.Run("while it makes deliveries of events", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		made, receiver := w.hook()
		w.emit("a", "b", "c")
		_, err := w.store.AdvanceWebhook(t.Context(), made.ID, time.Now(), func(e store.Event) ([]byte, error) {
			if e.Type == "c" {
				return nil, died
			}
			return []byte("{}"), nil
		})
		require.ErrorIs(t, err, died)
		require.Zero(t, w.count(`select count(*) from webhook_deliveries`))
		w.work(w.caller(time.Now), made.ID)
		require.Len(t, receiver.all(), 3)
	})

	t.Run("with the deliveries, before the position is kept", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		made, receiver := w.hook()
		w.emit("a", "b")
		require.ErrorIs(t, w.store.InTx(t.Context(), func(ctx context.Context) error {
			looked, err := w.store.AdvanceWebhook(ctx, made.ID, time.Now(), func(store.Event) ([]byte, error) { return []byte("{}"), nil })
			require.NoError(t, err)
			require.Equal(t, 2, looked)
			return died
		}), died)
		w.work(w.caller(time.Now), made.ID)
		require.Len(t, receiver.all(), 2)
		require.Equal(t, 2, w.count(`select count(*) from webhook_deliveries`))
	})

	t.Run("even if a position is lost", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		made, receiver := w.hook()
		w.emit("a", "b")
		w.work(w.caller(time.Now), made.ID)
		w.execute(`update webhooks set position_xid = 0`)
		w.work(w.caller(time.Now), made.ID)
		require.Len(t, receiver.all(), 2)
	})

	t.Run("between the call and its outcome", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		made, receiver := w.hook()
		w.emit("a")
		ctx, die := context.WithCancel(t.Context())
		receiver.answers(func(http.ResponseWriter, *http.Request) { die() })
		caller := w.caller(time.Now)
		require.ErrorIs(t, caller.Work(ctx, &river.Job[WebhookArgs]{Args: WebhookArgs{WebhookID: made.ID}}), context.Canceled)
		receiver.answers(nil)
		w.work(caller, made.ID)
		got := receiver.all()
		require.Len(t, got, 2, "it may come twice")
		require.Equal(t, got[0].id, got[1].id, "and says so")
		require.Len(t, w.deliveries(made.ID)[0].Attempts, 1)
		require.Nil(t, w.hookNow(made.ID).FailingSince)
	})

	t.Run("two workers at once", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		made, receiver := w.hook()
		for n := range 30 {
			w.emit(fmt.Sprint("e", n))
		}
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { w.work(w.caller(time.Now), made.ID) })
		}
		both.Wait()
		require.Equal(t, 30, w.count(`select count(*) from webhook_deliveries where state = 'succeeded' and jsonb_array_length(attempts) = 1`))
		ids := map[string]bool{}
		for _, one := range receiver.all() {
			ids[one.id] = true
		}
		require.Len(t, ids, 30)
	})
}

// A late commit is not skipped, whatever was delivered before it.
func TestWebhooksSkipNoLateCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, receiver := w.hook()
	caller := w.caller(time.Now)
	require.NoError(t, w.store.InTx(t.Context(), func(early context.Context) error {
		require.NoError(t, w.store.Emit(early, "early", map[string]any{}))
		require.NoError(t, w.store.Emit(t.Context(), "late", map[string]any{}))
		w.work(caller, made.ID)
		return nil
	}))
	w.settle()
	w.work(caller, made.ID)
	got := receiver.all()
	require.Len(t, got, 2)
}

// A slow receiver does not hold up another one.
func TestWebhooksDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slow, stuck := w.hook()
	stop := newGate()
	stuck.answers(func(_ http.ResponseWriter, r *http.Request) { stop.pass(r.Context()) })
	_, quick := w.hook()
	w.working(calling)
	w.emit("news")
	stop.await(t)
	eventually(t, func() bool { return len(quick.all()) == 1 }, w.log.String)
	close(stop.open)
	eventually(t, func() bool { return w.deliveries(slow.ID)[0].State == "succeeded" }, w.log.String)
}

// One with much to do lets others have their turn.
func TestWebhookSlice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, receiver := w.hook()
	for n := range 20 {
		w.emit(fmt.Sprint("e", n))
	}
	caller := w.caller(time.Now)
	caller.slice = 0
	for _, calls := range []int{8, 16, 20, 20} {
		w.work(caller, made.ID)
		require.Len(t, receiver.all(), calls)
	}
}

// For a day after a rotation both secrets sign.
func TestWebhookRotation(t *testing.T) {
	t.Parallel()
	w, clock := newWorld(t), clockNow()
	made, receiver := w.hook()
	caller := w.caller(clock.now)
	rotated, err := w.store.RotateWebhookSecret(t.Context(), made.ID, clock.now())
	require.NoError(t, err)
	require.NotEqual(t, made.Secret, rotated.Secret)
	receiver.knows(made.Secret, rotated.Secret)
	w.emit("a")
	w.work(caller, made.ID)
	require.Len(t, strings.Fields(receiver.all()[0].signature), 2)
	clock.goOn(24*time.Hour + time.Second)
	receiver.knows(rotated.Secret)
	w.emit("b")
	w.work(caller, made.ID)
	require.Len(t, strings.Fields(receiver.all()[1].signature), 1)
}

func TestWebhookFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, _ := w.hook()
	w.emit("a")
	caller := w.caller(time.Now)
	work := func() error {
		return caller.Work(t.Context(), &river.Job[WebhookArgs]{Args: WebhookArgs{WebhookID: made.ID}})
	}
	w.execute(`update webhooks set secret = 'whsec_!'`)
	require.ErrorContains(t, work(), "a secret is no base64")
	w.execute(`alter table webhook_deliveries rename column next_attempt_at to gone`)
	require.ErrorContains(t, work(), "next_attempt_at", "its calls cannot be read")
	w.execute(`alter table webhook_deliveries rename to gone`)
	require.ErrorContains(t, work(), "webhook_deliveries", "nor its backlog")
	require.NoError(t, w.store.DeleteWebhook(t.Context(), made.ID, 0))
	c := w.client(calling)
	_, err := c.TestWebhook(t.Context(), made.ID)
	require.Equal(t, store.KindNotFound, refusal(t, err).Kind)
	require.ErrorContains(t, c.queueWebhooks(t.Context()), "webhook_deliveries")
	w.working(calling)
	eventually(t, func() bool { return strings.Contains(w.log.String(), "webhooks were not looked after") })
}
