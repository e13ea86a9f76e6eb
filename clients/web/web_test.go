package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/clients/web"
)

func ask(t *testing.T, method, address string, headers ...string) *http.Response {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	web.Handler().ServeHTTP(recorder, request)
	return recorder.Result()
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(content)
}

// scriptOf is the script that the page is made by.
func scriptOf(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`src="(/assets/start-[^"]+\.js)"`).FindStringSubmatch(body(t, ask(t, "GET", "/")))
	require.NotEmpty(t, found)
	return found[1]
}

func TestPage(t *testing.T) {
	t.Parallel()
	nonces := map[string]bool{}
	for _, address := range []string{"/", "/topics", "/topics/0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37", "/settings"} {
		page := ask(t, "GET", address)
		require.Equal(t, http.StatusOK, page.StatusCode, address)
		require.Equal(t, "text/html; charset=utf-8", page.Header.Get("Content-Type"))
		require.Equal(t, "no-store", page.Header.Get("Cache-Control"))
		text := body(t, page)
		nonce := regexp.MustCompile(`nonce="([^"]+)"`).FindStringSubmatch(text)[1]
		policy := page.Header.Get("Content-Security-Policy")
		require.Contains(t, policy, "style-src 'self' 'nonce-"+nonce+"'")
		require.NotContains(t, policy, "unsafe")
		require.NotContains(t, text, "__CSP_NONCE__")
		require.NotRegexp(t, `(src|href)="https?:`, text, "nothing from elsewhere")
		require.False(t, nonces[nonce], "a nonce is used once")
		nonces[nonce] = true
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	script := scriptOf(t)
	plain := ask(t, "GET", script)
	require.Equal(t, http.StatusOK, plain.StatusCode)
	require.Equal(t, "text/javascript; charset=utf-8", plain.Header.Get("Content-Type"))
	require.Equal(t, "public, max-age=31536000, immutable", plain.Header.Get("Cache-Control"))
	require.Equal(t, "Accept-Encoding", plain.Header.Get("Vary"))
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	whole := body(t, plain)

	zipped := ask(t, "GET", script, "Accept-Encoding: deflate, gzip;q=0.5")
	require.Equal(t, "gzip", zipped.Header.Get("Content-Encoding"))
	reader, err := gzip.NewReader(zipped.Body)
	require.NoError(t, err)
	unzipped, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Equal(t, whole, string(unzipped))

	small := ask(t, "GET", script, "Accept-Encoding: gzip, deflate, br")
	require.Equal(t, "br", small.Header.Get("Content-Encoding"))
	require.Less(t, len(body(t, small)), len(whole)/3)

	for _, refused := range []string{"", "identity", "gzip;q=0", "br;q=0, gzip;q=0.0", "gzip;q=x"} {
		require.Empty(t, ask(t, "GET", script, "Accept-Encoding: "+refused).Header.Get("Content-Encoding"), refused)
	}
	tags := []string{plain.Header.Get("ETag"), zipped.Header.Get("ETag"), small.Header.Get("ETag")}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(tags))), 3, "each encoding has its own")
	require.Equal(t, http.StatusNotModified, ask(t, "GET", script, "If-None-Match: "+tags[0]).StatusCode)
	require.Empty(t, body(t, ask(t, "HEAD", script)))

	icon := ask(t, "GET", "/favicon.svg")
	require.Equal(t, "image/svg+xml", icon.Header.Get("Content-Type"))
	require.Equal(t, "no-cache", icon.Header.Get("Cache-Control"))
	require.Contains(t, body(t, ask(t, "GET", "/licenses.md")), "MIT License")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"/assets/none.js", "/assets/", scriptOf(t) + ".br", "/assets/../web.go"} {
		require.Equal(t, http.StatusNotFound, ask(t, "GET", address).StatusCode, address)
	}
	refused := ask(t, "POST", "/")
	require.Equal(t, http.StatusMethodNotAllowed, refused.StatusCode)
	require.Equal(t, "GET, HEAD", refused.Header.Get("Allow"))
}

// TestPaths holds the addresses that are served against those that the console knows.
func TestPaths(t *testing.T) {
	t.Parallel()
	routes, err := os.ReadFile("src/routes.tsx")
	require.NoError(t, err)
	found := regexp.MustCompile(`page\('([^']+)'`).FindAllStringSubmatch(string(routes), -1)
	require.NotEmpty(t, found)
	for _, route := range found {
		require.Contains(t, web.Paths, strings.ReplaceAll(route[1], "$id", "*"))
	}
	require.Len(t, web.Paths, len(found)+3, "and the assets, the icon and the licenses")
}
