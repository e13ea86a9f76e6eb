package server_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/openapi"
	"github.com/content-creator/content-creator-api/store"
)

// site sends a request outside of the API, without a key unless a header has one.
func (w *world) site(method, path string, headers ...string) answer {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, strings.TrimSuffix(w.url, "/api/v1")+path, http.NoBody)
	require.NoError(w.t, err)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	return w.do(request)
}

// basic is a key as a browser sends it.
func basic(key string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+key))
}

// keyWith makes a key with these scopes.
func (w *world) keyWith(scopes ...string) string {
	w.t.Helper()
	made, err := w.store.CreateAPIKey(w.t.Context(), store.APIKeyCreate{Name: "scoped", Scopes: scopes, Origin: "command"})
	require.NoError(w.t, err)
	return made.Key
}

// TestScopes goes through the specification: each operation needs the scope that it names.
func TestScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc, err := openapi3.NewLoader().LoadFromData(openapi.YAML)
	require.NoError(t, err)
	below := map[string]string{"write": "read", "admin": "write"}
	keys := map[string]string{"read": w.keyWith("read"), "write": w.keyWith("write"), "admin": w.keyWith("admin"), "": w.keyWith("read", "write")}
	checkedOperations := 0
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			checkedOperations++
			t.Run(operation.OperationID, func(t *testing.T) {
				t.Parallel()
				// What the path names does not exist, and the body is no JSON: whoever gets past the key hears of that.
				// An unknown parameter does the same where there is neither.
				path := strings.NewReplacer("{id}", unknownID, "{job_id}", "999999", "{delivery_id}", unknownID, "{format}", "rss").Replace(path) + "?unknown=1"
				ask := func(authorization string) answer { return w.send(method, path, "", "Authorization: "+authorization) }
				if operation.Security != nil && len(*operation.Security) == 0 {
					require.Contains(t, []string{"getHealth", "signIn"}, operation.OperationID, "the only open ones")
					require.NotContains(t, []int{401, 403}, ask("").StatusCode)
					return
				}
				scope := operation.Extensions["x-required-scope"].(string)
				for _, wrong := range []string{"", "Bearer", "Bearer ", "Bearer cc_wrong", "Basic " + keys[scope], keys[scope], basic(keys[scope])} {
					a := ask(wrong)
					a.refused(t, http.StatusUnauthorized, "UNAUTHORIZED")
					require.Equal(t, "Bearer", a.Header.Get("WWW-Authenticate"))
				}
				if less := below[scope]; less != "" {
					problem := ask("Bearer "+keys[less]).refused(t, http.StatusForbidden, "FORBIDDEN")
					require.Equal(t, map[string]any{"required_scope": scope, "scopes": []any{less}}, problem.Details)
				}
				for _, enough := range []string{"Bearer " + keys[scope], "bearer  " + keys[scope], "BEARER " + keys["admin"]} {
					require.Contains(t, []int{400, 404, 415, 422}, ask(enough).StatusCode, "%s", enough)
				}
			})
		}
	}
	require.GreaterOrEqual(t, checkedOperations, 29)
	w.send("GET", "/admin/config", "", "Authorization: Bearer "+keys[""]).refused(t, http.StatusForbidden, "FORBIDDEN")
	read, err := w.scoped("read").ListTopicsWithResponse(t.Context(), nil)
	require.NoError(t, err)
	require.NotNil(t, read.JSON200)
	anonymous, err := w.as("").ListTopicsWithResponse(t.Context(), nil)
	require.NoError(t, err)
	require.NotNil(t, anonymous.JSON401)
}

// TestOpenPages need no key.
func TestOpenPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, status := range map[string]int{"/openapi.yaml": 200, "/openapi.json": 200, "/": 200, "/topics/0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37": 200, "/assets/none.js": 404, "/api/v1/admin/health": 200} {
		require.Equal(t, status, w.site("GET", path).StatusCode, path)
	}
}

func TestMonitor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.working = true })
	_, id := w.queued(w.feed(feedOf("a")))
	w.job(id, "succeeded")
	for _, wrong := range []string{"", basic("cc_wrong"), basic(""), "Bearer cc_wrong", basic(w.keyWith("write")), "Bearer " + w.keyWith("read")} {
		for _, path := range []string{"/monitor", "/monitor/", "/monitor/api/jobs"} {
			a := w.site("GET", path, "Authorization: "+wrong)
			a.refused(t, http.StatusUnauthorized, "UNAUTHORIZED")
			require.Contains(t, a.Header.Get("WWW-Authenticate"), "Basic", "a browser asks for it")
		}
	}
	authorization := "Authorization: " + basic(w.key)
	page := w.site("GET", "/monitor/", authorization)
	require.Equal(t, http.StatusOK, page.StatusCode)
	require.Contains(t, page.Header.Get("Content-Type"), "text/html")
	require.Contains(t, page.Header.Get("Content-Security-Policy"), "default-src 'self'")
	require.NotContains(t, string(page.body), "https://", "nothing from elsewhere")
	scripts := regexp.MustCompile(`(?:src|href)="(/monitor/[^"]+\.(?:js|css))"`).FindAllStringSubmatch(string(page.body), -1)
	require.NotEmpty(t, scripts)
	for _, script := range scripts {
		require.Equal(t, http.StatusOK, w.site("GET", script[1], authorization).StatusCode, script[1])
	}
	jobs := w.site("GET", "/monitor/api/jobs?state=completed", "Authorization: Bearer "+w.key)
	require.Equal(t, http.StatusOK, jobs.StatusCode)
	require.Contains(t, string(jobs.body), `"poll"`)

	// A form on somebody else's page changes nothing, though the browser sends the password.
	const cancel = "/monitor/api/jobs/cancel"
	for _, foreign := range []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"} {
		require.Equal(t, http.StatusForbidden, w.site("POST", cancel, authorization, foreign).StatusCode, foreign)
	}
	require.NotEqual(t, http.StatusForbidden, w.site("POST", cancel, authorization, "Sec-Fetch-Site: same-origin").StatusCode)
}

func TestHandler(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	recorder := httptest.NewRecorder()
	w.server.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/api/v1/admin/health", http.NoBody))
	require.Equal(t, http.StatusOK, recorder.Code)
}
