package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/config"
	"github.com/content-creator/content-creator-api/gen/client"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	l, dsn := newLine(t)
	w := newWorld(t, func(o *options) { o.dsn = dsn })
	const anonymous = "Authorization: "
	healthy := w.read("/admin/health", anonymous)
	require.Equal(t, "ok", healthy["status"])
	require.Equal(t, "test", healthy["version"])
	database := healthy["checks"].(map[string]any)["database"].(map[string]any)
	require.Equal(t, "ok", database["status"])
	require.Nil(t, database["message"])

	l.broken(true)
	ill := w.send("GET", "/admin/health", "", anonymous)
	require.NotContains(t, string(ill.body), "127.0.0.1", "why is for the log")
	down := ill.object(t, http.StatusServiceUnavailable)
	require.Equal(t, "down", down["status"])
	require.Equal(t, "failed", down["checks"].(map[string]any)["database"].(map[string]any)["status"])
	require.True(t, w.logged("the database is away"))
	l.broken(false)
	eventually(t, func() bool { return w.send("GET", "/admin/health", "").StatusCode == http.StatusOK }, "health")
}

// TestDatabaseAway: what needs the database says so, and is well again once it is back.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	l, dsn := newLine(t)
	clock := &clock{at: time.Now()}
	w := newWorld(t, func(o *options) { o.dsn, o.now = dsn, clock.now })
	id := w.topic(client.TopicCreate{}).ID.String()
	live := w.stream("/events")
	const body = `{"title":"Title","domain":"d","market":"de","language":"de"}`

	l.broken(true)
	for _, request := range [][2]string{
		{"GET", "/topics"},
		{"GET", "/topics/" + id},
		{"GET", "/topics?search=x"},
		{"GET", "/admin/metrics"},
		{"GET", "/admin/config"},
		{"GET", "/events"},
		{"GET", "/jobs/1/events"},
		{"GET", "/admin/api-keys"},
		{"DELETE", "/topics/" + id},
		{"GET", "/documents/search?q=x"},
	} {
		a := w.send(request[0], request[1], "")
		a.refused(t, http.StatusServiceUnavailable, "UNAVAILABLE")
		require.Equal(t, "1", a.Header.Get("Retry-After"))
	}
	w.send("POST", "/topics", body, "Idempotency-Key: k").refused(t, http.StatusServiceUnavailable, "UNAVAILABLE")
	w.send("POST", "/topics", body).refused(t, http.StatusServiceUnavailable, "UNAVAILABLE")
	// A key that is not remembered cannot be judged.
	w.send("GET", "/topics", "", "Authorization: Bearer unknown").refused(t, http.StatusServiceUnavailable, "UNAVAILABLE")
	monitor := w.site("GET", "/monitor/", "Authorization: "+basic("unknown"))
	monitor.refused(t, http.StatusServiceUnavailable, "UNAVAILABLE")
	require.Empty(t, monitor.Header.Get("WWW-Authenticate"), "the browser keeps its password")
	live.closes()
	eventually(t, func() bool { return w.logged("notifications are away") }, "a warning")

	l.broken(false)
	eventually(t, func() bool { return w.send("GET", "/topics/"+id, "").StatusCode == http.StatusOK }, "health")
	w.send("POST", "/topics", body, "Idempotency-Key: k").object(t, http.StatusCreated)
	// Notifications come again, too, and what was missed is read.
	again := newWorld(t, func(o *options) { o.dsn = w.dsn })
	again.send("PATCH", "/admin/config", `{"log_level":"error"}`).object(t, http.StatusOK)
	eventually(t, func() bool { return w.level() == "ERROR" }, "the settings")
}

// level is the log level in force.
func (w *world) level() string { return w.server.LogLevel.Level().String() }

func TestMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working)
	w.poll(w.collection(w.feed(feedOf("a"))).ID.String())
	w.send("GET", "/topics/"+unknownID, "")
	w.send("BREW", "/topics/"+unknownID, "")
	w.site("GET", "/no/such/path")
	_, id := w.queued(w.feed(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	w.job(id, "running")
	a := w.send("GET", "/admin/metrics", "")
	require.Equal(t, http.StatusOK, a.StatusCode)
	require.Contains(t, a.Header.Get("Content-Type"), "text/plain")
	for _, line := range []string{
		`content_creator_http_requests_total{method="GET",route="/api/v1/topics/:id",status="404"} 1`,
		`content_creator_http_requests_total{method="other",route="/api/v1/topics/:id",status="405"} 1`,
		`content_creator_http_requests_total{method="GET",route="unmatched",status="404"} 1`,
		`content_creator_http_request_duration_seconds_count{method="GET",route="/api/v1/topics/:id"} 1`,
		`content_creator_db_connections{state="max"} 12`,
		`content_creator_db_waits_total`,
		`content_creator_db_wait_seconds_total`,
		`content_creator_queue_jobs{queue="collect",state="running"} 1`,
		`content_creator_queue_oldest_job_age_seconds{queue="collect",state="running"}`,
		`content_creator_documents_total{change="added"} 1`,
		`content_creator_polls_total{outcome="documents_added"} 1`,
	} {
		require.Contains(t, string(a.body), line)
	}
	require.NotContains(t, string(a.body), unknownID, "a series per resource would never end")
	w.execute(`alter table river_job rename to elsewhere`)
	w.send("GET", "/admin/metrics", "").refused(t, http.StatusInternalServerError, "INTERNAL")
	w.execute(`alter table elsewhere rename to river_job`)
}

func TestConfig(t *testing.T) {
	t.Parallel()
	settings, _, err := config.Load([]string{"--log-level=debug"}, []string{
		"RATE_LIMIT=1000", "ADMIN_API_KEY=" + strings.Repeat("s3cret", 6), "DATABASE_URL=postgres://user:s3cret@db/x",
	})
	require.NoError(t, err)
	same := func(o *options) { o.settings = settings }
	w := newWorld(t, same)
	other := newWorld(t, same, func(o *options) { o.dsn = w.dsn })

	a := w.send("GET", "/admin/config", "")
	require.NotContains(t, string(a.body), "s3cret")
	before := a.object(t, http.StatusOK)
	require.Equal(t, true, before["polling_enabled"])
	require.EqualValues(t, 1000, before["rate_limit"])
	require.Equal(t, "debug", before["log_level"])
	require.Nil(t, before["updated_at"])
	require.Contains(t, before["environment"], map[string]any{"name": "ADMIN_API_KEY", "value": "***", "source": "environment"})
	require.Contains(t, before["environment"], map[string]any{"name": "LOG_LEVEL", "value": "debug", "source": "flag"})
	require.Contains(t, before["environment"], map[string]any{"name": "LOG_FORMAT", "value": "text", "source": "default"})

	changed := w.send("PATCH", "/admin/config", `{"polling_enabled":false,"rate_limit":2000,"log_level":"error"}`).object(t, http.StatusOK)
	require.Equal(t, false, changed["polling_enabled"])
	require.EqualValues(t, 2000, changed["rate_limit"])
	require.Equal(t, "error", changed["log_level"])
	require.NotNil(t, changed["updated_at"])
	require.Equal(t, changed, w.read("/admin/config"))
	// The other process hears of it.
	eventually(t, func() bool { return other.level() == "ERROR" }, "the other's log level")
	require.Equal(t, "8000", other.send("GET", "/topics", "").Header.Get("RateLimit-Limit"))

	// Null goes back to the environment, absent stays.
	back := w.send("PATCH", "/admin/config", `{"rate_limit":null,"log_level":null}`, "Content-Type: application/merge-patch+json").object(t, http.StatusOK)
	require.Equal(t, false, back["polling_enabled"])
	require.EqualValues(t, 1000, back["rate_limit"])
	require.Equal(t, "debug", back["log_level"])
	eventually(t, func() bool { return other.level() == "DEBUG" }, "the other's log level")

	for body, fields := range map[string][]string{
		`{}`: {"body"}, `{"polling_enabled":null}`: {"polling_enabled"}, `{"rate_limit":-1,"log_level":"loud"}`: {"rate_limit", "log_level"},
		`{"rate_limit":1e999}`: {"rate_limit"}, `{"environment":[]}`: {"environment"}, `{"updated_at":null}`: {"updated_at"},
	} {
		found := faults(w.send("PATCH", "/admin/config", body).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED"))
		require.Len(t, found, len(fields), body)
		for _, field := range fields {
			require.Contains(t, found, field, body)
		}
	}
	// Who starts later finds the settings in force.
	later := newWorld(t, same, func(o *options) { o.dsn = w.dsn })
	require.Equal(t, false, later.read("/admin/config")["polling_enabled"])
}

// TestUnreadableSettings: what is in force stays so.
func TestUnreadableSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.settings.LogLevel = "nonsense" })
	require.Equal(t, "INFO", w.level())
	w.execute(`alter table settings rename to elsewhere`)
	w.execute(`select pg_notify('content_creator', 'settings')`)
	eventually(t, func() bool { return w.logged("the settings could not be read") }, "a warning")
	w.send("GET", "/admin/config", "").refused(t, http.StatusInternalServerError, "INTERNAL")
	w.send("PATCH", "/admin/config", `{"rate_limit":5}`).refused(t, http.StatusInternalServerError, "INTERNAL")
	w.execute(`alter table elsewhere rename to settings`)
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := newWorld(t, func(o *options) { o.dsn = w.dsn })
	made := w.send("POST", "/admin/api-keys", `{"name":" Dashboard ","scopes":["read"],"expires_at":"2999-01-01T02:00:00+02:00"}`)
	key := made.object(t, http.StatusCreated)
	secret, id := key["key"].(string), key["id"].(string)
	require.Regexp(t, `^cc_[A-Za-z0-9_-]{43}$`, secret)
	require.Equal(t, "/api/v1/admin/api-keys/"+id, made.Header.Get("Location"))
	require.Equal(t, "Dashboard", key["name"])
	require.Equal(t, secret[:7], key["prefix"])
	require.Equal(t, "2999-01-01T00:00:00Z", key["expires_at"])
	require.Nil(t, key["last_used_at"])

	list := w.send("GET", "/admin/api-keys", "")
	require.NotContains(t, string(list.body), secret)
	delete(key, "key")
	require.Equal(t, key, list.object(t, http.StatusOK)["items"].([]any)[0], "newest first")
	require.EqualValues(t, 3, list.object(t, http.StatusOK)["total"])
	first := w.read("/admin/api-keys?page_size=2")
	require.Len(t, w.read("/admin/api-keys?page_size=2&cursor=" + first["next_cursor"].(string))["items"], 1)
	w.send("GET", "/admin/api-keys?cursor=x", "").refused(t, http.StatusUnprocessableEntity, "API_KEY_VALIDATION_FAILED")

	// It works in every process, until it is revoked.
	bearer := "Authorization: Bearer " + secret
	w.read("/topics", bearer)
	other.read("/topics", bearer)
	require.Equal(t, http.StatusNoContent, w.send("DELETE", "/admin/api-keys/"+id, "").StatusCode)
	w.send("GET", "/topics", "", bearer).refused(t, http.StatusUnauthorized, "UNAUTHORIZED")
	eventually(t, func() bool { return other.send("GET", "/topics", "", bearer).StatusCode == http.StatusUnauthorized }, "the other to hear of it")
	w.send("DELETE", "/admin/api-keys/"+id, "").refused(t, http.StatusNotFound, "API_KEY_NOT_FOUND")

	for body, fields := range map[string][]string{
		`{}`:                                    {"name", "scopes"},
		`{"name":" ","scopes":["read"]}`:        {"name"},
		`{"name":"n","scopes":[]}`:              {"scopes"},
		`{"name":"n","scopes":["read","read"]}`: {"scopes"},
		`{"name":"n","scopes":["root"]}`:        {"scopes.0"},
		`{"name":"n","scopes":["read"],"expires_at":"2026-02-30T00:00:00Z"}`: {"expires_at"},
		`{"name":"n","scopes":["read"],"key":"cc_mine"}`:                     {"key"},
		`{"name":"n\u0000","scopes":["read"]}`:                               {"name"},
	} {
		found := faults(w.send("POST", "/admin/api-keys", body).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED"))
		require.Len(t, found, len(fields), "%s %v", body, found)
		for _, field := range fields {
			require.Contains(t, found, field, body)
		}
	}
	past := w.send("POST", "/admin/api-keys", `{"name":"n","scopes":["read"],"expires_at":"2020-01-01T00:00:00Z"}`)
	require.Contains(t, faults(past.refused(t, http.StatusUnprocessableEntity, "API_KEY_VALIDATION_FAILED")), "expires_at")

	for _, secret := range []string{secret, w.key} {
		require.False(t, w.logged(secret))
		require.False(t, other.logged(secret))
	}
}

func TestLastAdminKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.read("/admin/api-keys")["items"].([]any)[0].(map[string]any)["id"].(string)
	w.send("POST", "/admin/api-keys", `{"name":"no admin","scopes":["write"]}`).object(t, http.StatusCreated)
	soon := w.send("POST", "/admin/api-keys", `{"name":"soon gone","scopes":["admin"],"expires_at":"2999-01-01T00:00:00Z"}`).object(t, http.StatusCreated)
	w.execute(`update api_keys set expires_at = now() where id = $1`, uuid.MustParse(soon["id"].(string)))
	w.send("DELETE", "/admin/api-keys/"+id, "").refused(t, http.StatusConflict, "API_KEY_CONFLICT")
	w.read("/admin/config")

	second := w.send("POST", "/admin/api-keys", `{"name":"second","scopes":["admin"]}`).object(t, http.StatusCreated)
	require.Equal(t, http.StatusNoContent, w.send("DELETE", "/admin/api-keys/"+id, "").StatusCode)
	w.send("GET", "/topics", "").refused(t, http.StatusUnauthorized, "UNAUTHORIZED")
	bearer := "Authorization: Bearer " + second["key"].(string)
	w.send("DELETE", "/admin/api-keys/"+second["id"].(string), "", bearer).refused(t, http.StatusConflict, "API_KEY_CONFLICT")
}

// TestExpiredKey: a key ends at its time, even where it was looked up a moment before.
func TestExpiredKey(t *testing.T) {
	t.Parallel()
	clock := &clock{at: time.Now()}
	w := newWorld(t, func(o *options) { o.now = clock.now })
	end := clock.now().Add(time.Hour)
	key := w.send("POST", "/admin/api-keys", fmt.Sprintf(`{"name":"n","scopes":["read"],"expires_at":%q}`, end.Format(time.RFC3339Nano))).object(t, http.StatusCreated)
	bearer := "Authorization: Bearer " + key["key"].(string)
	clock.advance(time.Hour - time.Second)
	w.read("/topics", bearer)
	clock.advance(time.Second)
	a := w.send("GET", "/topics", "", bearer)
	a.refused(t, http.StatusUnauthorized, "UNAUTHORIZED")
	require.Equal(t, "Bearer", a.Header.Get("WWW-Authenticate"))
}

// TestLastUse is written at the end at the latest.
func TestLastUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.read("/topics")
	require.Nil(t, w.read("/admin/api-keys")["items"].([]any)[0].(map[string]any)["last_used_at"])
	w.stop()
	eventually(t, func() bool {
		return w.read("/admin/api-keys")["items"].([]any)[0].(map[string]any)["last_used_at"] != nil
	}, "the time of the last use")

	t.Run("or warned of", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.read("/topics")
		w.execute(`alter table api_keys rename to elsewhere`)
		w.stop()
		eventually(t, func() bool { return w.logged("last use could not be kept") }, "a warning")
	})
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code, err := w.store.CreateSignInCode(t.Context(), time.Hour)
	require.NoError(t, err)
	late, err := w.store.CreateSignInCode(t.Context(), time.Millisecond)
	require.NoError(t, err)
	body := func(code string) string { return `{"code": "` + code + `"}` }
	made := w.send("POST", "/admin/sign-in", body(code), "Authorization: ").object(t, http.StatusCreated)
	require.Equal(t, []any{"admin"}, made["scopes"])
	listed, err := w.as(made["key"].(string)).ListAPIKeysWithResponse(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, listed.StatusCode())
	eventually(t, func() bool { return w.count(`select count(*) from sign_in_codes where expires_at > now()`) == 0 }, "the other has expired")
	for _, none := range []string{code, late, strings.Repeat("x", 32)} {
		e := w.send("POST", "/admin/sign-in", body(none), "Authorization: ").refused(t, http.StatusUnauthorized, client.ErrorCodeUNAUTHORIZED)
		require.Contains(t, e.Message, "content-creator sign-in")
	}
	_, err = w.store.CreateSignInCode(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Equal(t, 1, w.count(`select count(*) from sign_in_codes`), "what has expired is forgotten")
	w.execute(`alter table sign_in_codes rename to away`)
	require.Equal(t, http.StatusInternalServerError, w.send("POST", "/admin/sign-in", body(code)).StatusCode)
}
