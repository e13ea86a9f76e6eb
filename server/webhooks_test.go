package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
)

// hook adds a webhook and answers it with its secret.
func (w *world) hook(body string) (path string, made map[string]any) {
	w.t.Helper()
	made = w.send("POST", "/webhooks", body).object(w.t, http.StatusCreated)
	return "/webhooks/" + made["id"].(string), made
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	created := w.send("POST", "/webhooks", `{"url":" https://example.org/hook?token=1 ","description":" Newsroom ","event_types":["topic.created"]}`, "Idempotency-Key: x")
	made := created.object(t, http.StatusCreated)
	path := "/webhooks/" + made["id"].(string)
	require.Equal(t, "/api/v1"+path, created.Header.Get("Location"))
	require.Equal(t, `"1"`, created.Header.Get("ETag"))
	require.Equal(t, "https://example.org/hook?token=1", made["url"])
	require.Equal(t, "Newsroom", made["description"])
	require.Equal(t, true, made["enabled"])
	require.Regexp(t, `^whsec_[A-Za-z0-9+/]{43}=$`, made["secret"])

	read := w.send("GET", path, "")
	one := read.object(t, http.StatusOK)
	require.NotContains(t, one, "secret")
	delete(made, "secret")
	require.Equal(t, made, one)
	tag := read.Header.Get("ETag")
	require.Equal(t, http.StatusNotModified, w.send("GET", path, "", "If-None-Match: "+tag).StatusCode)

	patched := w.send("PATCH", path, `{"event_types":null,"enabled":false}`, "If-Match: "+tag, "Content-Type: application/merge-patch+json")
	changed := patched.object(t, http.StatusOK)
	require.Nil(t, changed["event_types"])
	require.Equal(t, false, changed["enabled"])
	require.Equal(t, "Newsroom", changed["description"])
	w.send("PATCH", path, `{"enabled":true}`, "If-Match: "+tag).refused(t, http.StatusPreconditionFailed, "WEBHOOK_CHANGED")
	w.send("DELETE", path, "", "If-Match: "+tag).refused(t, http.StatusPreconditionFailed, "WEBHOOK_CHANGED")
	changed = w.send("PATCH", path, `{"url":"http://example.net/","description":"","event_types":["job.failed"],"enabled":true}`).object(t, http.StatusOK)
	require.Equal(t, []any{"job.failed"}, changed["event_types"])

	rotated := w.send("POST", path+"/rotate", "")
	fresh := rotated.object(t, http.StatusOK)
	require.Regexp(t, `^whsec_`, fresh["secret"])
	require.NotNil(t, fresh["previous_secret_until"])
	require.NotEqual(t, patched.Header.Get("ETag"), rotated.Header.Get("ETag"))

	second, _ := w.hook(`{"url":"https://example.org/other","enabled":false,"event_types":null}`)
	list := w.read("/webhooks?page_size=1")
	require.EqualValues(t, 2, list["total"])
	require.Equal(t, second, "/webhooks/"+list["items"].([]any)[0].(map[string]any)["id"].(string))
	next := w.read("/webhooks?page_size=1&cursor=" + list["next_cursor"].(string))
	require.Equal(t, path, "/webhooks/"+next["items"].([]any)[0].(map[string]any)["id"].(string))
	require.Nil(t, next["next_cursor"])
	require.NotContains(t, string(w.send("GET", "/webhooks", "").body), "whsec_")
	require.NotContains(t, w.log.String(), "whsec_")

	require.Equal(t, http.StatusNoContent, w.send("DELETE", path, "").StatusCode)
	for _, gone := range []answer{
		w.send("GET", path, ""), w.send("PATCH", path, `{"enabled":true}`), w.send("DELETE", path, ""), w.send("POST", path+"/rotate", ""),
		w.send("POST", path+"/test", ""), w.send("GET", path+"/deliveries", ""), w.send("POST", path+"/deliveries/"+unknownID+"/replay", ""),
	} {
		gone.refused(t, http.StatusNotFound, "WEBHOOK_NOT_FOUND")
	}
}

func TestWebhookRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path, _ := w.hook(`{"url":"https://example.org/hook"}`)
	for body, field := range map[string]string{
		`{}`: "url", `{"url":"x"}`: "url", `{"url":"https://example.org/` + strings.Repeat("x", 2000) + `"}`: "url",
		`{"url":"https://example.org/","event_types":[]}`:                                 "event_types",
		`{"url":"https://example.org/","event_types":["topic.created","topic.created"]}`:  "event_types",
		`{"url":"https://example.org/","event_types":["topic.painted"]}`:                  "event_types.0",
		`{"url":"https://example.org/","secret":"whsec_x"}`:                               "secret",
		`{"url":"https://example.org/","enabled":null}`:                                   "enabled",
		`{"url":"https://example.org/","description":"` + strings.Repeat("x", 501) + `"}`: "description",
	} {
		problem := w.send("POST", "/webhooks", body).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
		require.Contains(t, faults(problem), field, body)
	}
	for _, address := range []string{
		"ftp://example.org/", "//example.org/", "example.org/hook", "https:///hook", "https://user:pass@example.org/", "https://example.org/#here", "https://exa mple.org/",
	} {
		body := `{"url":"` + address + `"}`
		problem := w.send("POST", "/webhooks", body).refused(t, http.StatusUnprocessableEntity, "WEBHOOK_VALIDATION_FAILED")
		require.Contains(t, faults(problem), "url", address)
		w.send("PATCH", path, body).refused(t, http.StatusUnprocessableEntity, "WEBHOOK_VALIDATION_FAILED")
	}
	w.send("PATCH", path, `{}`).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	w.send("PATCH", path, `{"event_types":[]}`).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	w.send("GET", path+"/deliveries?state=odd", "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	w.send("GET", "/webhooks?cursor=x", "").refused(t, http.StatusUnprocessableEntity, "WEBHOOK_VALIDATION_FAILED")
	w.send("GET", path+"/deliveries?cursor=x", "").refused(t, http.StatusUnprocessableEntity, "WEBHOOK_DELIVERY_VALIDATION_FAILED")
	for _, missing := range []answer{
		w.send("GET", path+"/deliveries/"+unknownID, ""), w.send("POST", path+"/deliveries/"+unknownID+"/replay", ""),
	} {
		missing.refused(t, http.StatusNotFound, "WEBHOOK_DELIVERY_NOT_FOUND")
	}
	w.send("PATCH", path, `{"enabled":false}`).object(t, http.StatusOK)
	w.send("POST", path+"/test", "").refused(t, http.StatusConflict, "WEBHOOK_CONFLICT")
	w.send("POST", path+"/deliveries/"+unknownID+"/replay", "").refused(t, http.StatusConflict, "WEBHOOK_CONFLICT")

	w.execute(`
		insert into webhooks (id, url, description, enabled, secret, position_xid, position_seq, since)
		select gen_random_uuid(), 'https://example.org', '', false, '', 0, 0, pg_current_snapshot()
		from generate_series(2, 100)`)
	full := w.send("POST", "/webhooks", `{"url":"https://example.org/hook"}`).refused(t, http.StatusConflict, "WEBHOOK_CONFLICT")
	require.EqualValues(t, 100, full.Details["limit"])
}

// The whole way through the API: a topic, a call that is verified, the log, a replay.
func TestWebhookDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.working = true })
	calls := make(chan *http.Request, 10)
	var verifier *standardwebhooks.Webhook
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body := make([]byte, r.ContentLength)
		if _, err := r.Body.Read(body); err != nil && err.Error() != "EOF" {
			t.Error(err)
		}
		if err := verifier.Verify(body, r.Header); err != nil {
			t.Error(err)
		}
		_, _ = rw.Write([]byte("thanks"))
		calls <- r
	}))
	t.Cleanup(receiver.Close)
	path, made := w.hook(`{"url":"` + receiver.URL + `","event_types":["topic.deleted"]}`)
	var err error
	verifier, err = standardwebhooks.NewWebhook(made["secret"].(string))
	require.NoError(t, err)
	called := func() string {
		select {
		case r := <-calls:
			return r.Header.Get("webhook-id")
		case <-within(t, patience).Done():
			require.Fail(t, "nobody called", w.log.String())
			return ""
		}
	}

	test := w.send("POST", path+"/test", "", "Idempotency-Key: once")
	tested := test.object(t, http.StatusAccepted)
	require.Equal(t, "webhook.test", tested["event_type"])
	require.Equal(t, "/api/v1"+path+"/deliveries/"+tested["id"].(string), test.Header.Get("Location"))
	require.Equal(t, tested["message_id"], called())
	again := w.send("POST", path+"/test", "", "Idempotency-Key: once")
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	require.Equal(t, tested["id"], again.object(t, http.StatusAccepted)["id"])

	topic := w.topic(client.TopicCreate{})
	require.Equal(t, http.StatusNoContent, w.send("DELETE", "/topics/"+topic.ID.String(), "").StatusCode)
	message := called()
	eventually(t, func() bool { return w.read(path + "/deliveries?state=succeeded")["total"].(float64) == 2 }, "the log")
	log := w.read(path + "/deliveries?page_size=1")
	newest := log["items"].([]any)[0].(map[string]any)
	require.Equal(t, message, newest["message_id"])
	require.Equal(t, "topic.deleted", newest["event_type"])
	require.Equal(t, "thanks", newest["attempts"].([]any)[0].(map[string]any)["answer"])
	older := w.read(path + "/deliveries?page_size=1&cursor=" + log["next_cursor"].(string))["items"].([]any)[0].(map[string]any)
	require.Equal(t, tested["id"], older["id"])
	require.Nil(t, older["event_id"])
	whole := w.read(path + "/deliveries/" + newest["id"].(string))
	payload := whole["payload"].(map[string]any)
	require.Equal(t, "topic.deleted", payload["type"])
	require.Equal(t, map[string]any{"topic_id": topic.ID.String()}, payload["data"])
	require.NotEmpty(t, payload["timestamp"])

	replay := w.send("POST", path+"/deliveries/"+newest["id"].(string)+"/replay", "").object(t, http.StatusAccepted)
	require.Equal(t, newest["id"], replay["replay_of"])
	require.Equal(t, message, called())
	second := w.send("POST", path+"/deliveries/"+newest["id"].(string)+"/replay", "").object(t, http.StatusAccepted)
	require.NotEqual(t, replay["id"], second["id"], "each call is one more")
	require.Equal(t, message, called())

	metrics := string(w.send("GET", "/admin/metrics", "").body)
	require.Contains(t, metrics, `content_creator_webhooks{state="enabled"} 1`)
	require.Contains(t, metrics, `content_creator_webhook_attempts_total{outcome="succeeded"}`)
	require.Contains(t, metrics, "content_creator_webhook_deliveries_pending ")
	require.Contains(t, metrics, "content_creator_webhook_lag_seconds ")

	w.execute(`update webhook_deliveries set state = 'pending', finished_at = null, next_attempt_at = now() + interval '1 day' where id = $1`, newest["id"])
	w.send("POST", path+"/deliveries/"+newest["id"].(string)+"/replay", "").refused(t, http.StatusConflict, "WEBHOOK_DELIVERY_CONFLICT")
	w.send("GET", path+"/deliveries/"+unknownID, "").refused(t, http.StatusNotFound, "WEBHOOK_DELIVERY_NOT_FOUND")
}
