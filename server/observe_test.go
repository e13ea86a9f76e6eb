package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/content-creator/content-creator-api/openapi"
)

func TestCORS(t *testing.T) {
	t.Parallel()
	const ours, theirs = "https://app.example.com", "https://evil.example.com"
	origins := func(allowed ...string) *world {
		return newWorld(t, func(o *options) { o.settings.CORSOrigins = allowed })
	}
	some, all, none := origins("https://other.example", ours), origins("*"), origins()
	cases := map[string]struct {
		w            *world
		origin, want string
	}{
		"ours":         {some, ours, ours},
		"theirs":       {some, theirs, ""},
		"prefix":       {some, ours + ".evil.com", ""},
		"other scheme": {some, "http://app.example.com", ""},
		"null":         {some, "null", ""},
		"any":          {all, theirs, "*"},
		"none":         {none, ours, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			allowed := func(a answer) string { return a.Header.Get("Access-Control-Allow-Origin") }
			simple := tc.w.send("GET", "/topics", "", "Origin: "+tc.origin)
			require.Equal(t, http.StatusOK, simple.StatusCode)
			require.Equal(t, tc.want, allowed(simple))
			require.Empty(t, simple.Header.Get("Access-Control-Allow-Credentials"))
			failed := tc.w.send("GET", "/topics", "", "Origin: "+tc.origin, "Authorization: ")
			require.Equal(t, tc.want, allowed(failed), "pages may read errors, too")
			preflight := tc.w.site("OPTIONS", "/api/v1/topics/"+unknownID, "Origin: "+tc.origin,
				"Access-Control-Request-Method: PATCH", "Access-Control-Request-Headers: authorization, if-match")
			require.Equal(t, http.StatusNoContent, preflight.StatusCode)
			require.Equal(t, tc.want, allowed(preflight))
			if tc.want == "" {
				require.Empty(t, preflight.Header.Get("Access-Control-Allow-Methods"))
				return
			}
			for _, method := range []string{"GET", "POST", "PATCH", "DELETE"} {
				require.Contains(t, preflight.Header.Get("Access-Control-Allow-Methods"), method)
			}
			for _, header := range []string{"Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID", "Prefer"} {
				require.Contains(t, preflight.Header.Get("Access-Control-Allow-Headers"), header)
			}
			for _, header := range []string{"ETag", "Location", "RateLimit-Remaining", "Retry-After", "X-Request-Id", "Idempotency-Replayed", "Preference-Applied"} {
				require.Contains(t, simple.Header.Get("Access-Control-Expose-Headers"), header)
			}
			require.Contains(t, simple.Header.Values("Vary"), "Origin")
		})
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, a := range []answer{w.send("GET", "/topics", ""), w.send("GET", "/topics/x", ""), w.site("GET", "/nope"), w.site("GET", "/openapi.yaml")} {
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "private, no-cache",
		} {
			require.Equal(t, want, a.Header.Get(name), name)
		}
		require.Empty(t, a.Header.Get("Server"))
	}
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.read("/admin/api-keys")["items"].([]any)[0].(map[string]any)["id"].(string)
	w.send("GET", "/topics?search=private+words", "", "X-Request-Id: one").object(t, http.StatusOK)
	var line string
	eventually(t, func() bool {
		for l := range strings.Lines(w.log.String()) {
			if strings.Contains(l, "request_id=one") {
				line = l
			}
		}
		return line != ""
	}, "the line")
	for _, part := range []string{"level=INFO", "method=GET", "path=/api/v1/topics ", "status=200", "took_ms=", "remote=127.0.0.1", "key=" + id} {
		require.Contains(t, line, part)
	}
	require.NotContains(t, line, "private")
	require.False(t, w.logged(w.key))
}

func TestSpecification(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asYAML := w.site("GET", "/openapi.yaml")
	require.Equal(t, http.StatusOK, asYAML.StatusCode)
	require.Equal(t, "application/yaml", asYAML.Header.Get("Content-Type"))
	require.Equal(t, bytes.Count(openapi.YAML, []byte("operationId:")), bytes.Count(asYAML.body, []byte("x-codeSamples:")), "code beside every operation")
	asJSON := w.site("GET", "/openapi.json")
	require.Contains(t, asJSON.Header.Get("Content-Type"), "application/json")
	var fromYAML, fromJSON any
	require.NoError(t, yaml.Unmarshal(asYAML.body, &fromYAML))
	require.NoError(t, json.Unmarshal(asJSON.body, &fromJSON))
	expected, err := json.Marshal(fromYAML)
	require.NoError(t, err)
	require.JSONEq(t, string(expected), string(asJSON.body))
	require.Equal(t, "3.0.3", fromJSON.(map[string]any)["openapi"])
	for path, a := range map[string]answer{"/openapi.yaml": asYAML, "/openapi.json": asJSON} {
		tag := a.Header.Get("ETag")
		for header, status := range map[string]int{tag: 304, "W/" + tag: 304, "*": 304, `"x"`: 200, fmt.Sprintf(`"x", %s`, tag): 304} {
			again := w.site("GET", path, "If-None-Match: "+header)
			require.Equal(t, status, again.StatusCode, header)
			if header != "*" { // which does not tell that the client has the compressed one
				require.Equal(t, tag, again.Header.Get("ETag"))
			}
		}
	}
	require.NotEqual(t, asYAML.Header.Get("ETag"), asJSON.Header.Get("ETag"))
	for _, page := range []string{"/", "/docs", "/redoc"} {
		a := w.site("GET", page, "Accept: text/html")
		for a.StatusCode >= 300 && a.StatusCode < 400 {
			a = w.site("GET", a.Header.Get("Location"))
		}
		require.Equal(t, http.StatusOK, a.StatusCode, page)
		require.Contains(t, a.Header.Get("Content-Type"), "text/html")
	}
}
