package docs_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/openapi/docs"
)

const (
	swaggerScript = "/docs/assets/5.35.0/swagger-ui-bundle.js"
	redocScript   = "/redoc/assets/2.5.4/redoc.standalone.js"
)

func ask(t *testing.T, method, target string, headers ...string) *http.Response {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	docs.Handler("/openapi.yaml").ServeHTTP(recorder, request)
	response := recorder.Result()
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(content)
}

// addresses are those of all files in site, and of the pages as they are asked for.
func addresses(t *testing.T) []string {
	t.Helper()
	all := []string{"/docs", "/docs/", "/redoc", "/redoc/", "/docs/guides", "/docs/guides/"}
	require.NoError(t, filepath.WalkDir("site", func(name string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != "index.html" {
			all = append(all, strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(name), "site"), ".gz"))
		}
		return err
	}))
	require.Greater(t, len(all), 10)
	return all
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	for address, contentType := range map[string]string{
		"/docs":                                 "text/html; charset=utf-8",
		"/redoc/":                               "text/html; charset=utf-8",
		"/docs/init.js":                         "text/javascript; charset=utf-8",
		"/docs/pages.css":                       "text/css; charset=utf-8",
		swaggerScript:                           "text/javascript; charset=utf-8",
		redocScript:                             "text/javascript; charset=utf-8",
		"/docs/assets/5.35.0/swagger-ui.css":    "text/css; charset=utf-8",
		"/docs/assets/5.35.0/favicon-32x32.png": "image/png",
		"/redoc/assets/2.5.4/LICENSE":           "text/plain; charset=utf-8",
	} {
		response := ask(t, http.MethodGet, address)
		assert.Equal(t, http.StatusOK, response.StatusCode, address)
		assert.Equal(t, contentType, response.Header.Get("Content-Type"), address)
		assert.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"), address)
	}
}

func TestGzipIsNegotiated(t *testing.T) {
	t.Parallel()
	for accepted, zipped := range map[string]bool{
		"gzip": true, "GZIP": true, "x-gzip": true, "br, gzip;q=0.5": true, "*": true,
		"": false, "identity": false, "br": false, "gzip;q=0": false, "gzip; q=0.0, *": false, "*;q=0": false, "gzip;q=junk": false,
	} {
		t.Run(accepted, func(t *testing.T) {
			t.Parallel()
			response := ask(t, http.MethodGet, swaggerScript, "Accept-Encoding", accepted)
			assert.Equal(t, zipped, response.Header.Get("Content-Encoding") == "gzip")
			assert.Equal(t, "Accept-Encoding", response.Header.Get("Vary"))
			text := body(t, response)
			if zipped {
				reader, err := gzip.NewReader(strings.NewReader(text))
				require.NoError(t, err)
				content, err := io.ReadAll(reader)
				require.NoError(t, err)
				text = string(content)
			}
			assert.Contains(t, text, "SwaggerUIBundle")
		})
	}
	small := ask(t, http.MethodGet, "/docs/init.js", "Accept-Encoding", "gzip")
	assert.Empty(t, small.Header.Get("Content-Encoding"))
}

func TestEveryFileIsWholeAndCachedAsItsAddressAllows(t *testing.T) {
	t.Parallel()
	for _, address := range addresses(t) {
		plain := ask(t, http.MethodGet, address)
		assert.Equal(t, http.StatusOK, plain.StatusCode, address)
		assert.NotEmpty(t, body(t, plain), address)
		want := "no-cache"
		if strings.Contains(address, "/assets/") {
			want = "public, max-age=31536000, immutable"
		}
		assert.Equal(t, want, plain.Header.Get("Cache-Control"), address)

		zipped := ask(t, http.MethodGet, address, "Accept-Encoding", "gzip")
		if zipped.Header.Get("Content-Encoding") == "gzip" {
			assert.NotEqual(t, plain.Header.Get("ETag"), zipped.Header.Get("ETag"), "two encodings of %s are two representations", address)
		}
		for _, response := range []*http.Response{plain, zipped} {
			tag := response.Header.Get("ETag")
			require.Regexp(t, `^"[0-9a-f]{24}(-gzip)?"$`, tag, address)
			for header, status := range map[string]int{
				tag: http.StatusNotModified, `"other", W/` + tag: http.StatusNotModified, "*": http.StatusNotModified, `"other"`: http.StatusOK,
			} {
				encoding := response.Header.Get("Content-Encoding")
				again := ask(t, http.MethodGet, address, "If-None-Match", header, "Accept-Encoding", encoding)
				assert.Equal(t, status, again.StatusCode, "%s with If-None-Match: %s", address, header)
				assert.Equal(t, status == http.StatusNotModified, body(t, again) == "", address)
				assert.Equal(t, tag, again.Header.Get("ETag"), address)
			}
		}
	}
}

func TestHeadSaysWhatGetWouldSay(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"/docs", "/redoc", redocScript} {
		for _, encoding := range []string{"", "gzip"} {
			get, head := ask(t, http.MethodGet, address, "Accept-Encoding", encoding), ask(t, http.MethodHead, address, "Accept-Encoding", encoding)
			assert.Equal(t, http.StatusOK, head.StatusCode)
			assert.Equal(t, get.Header, head.Header)
			assert.Empty(t, body(t, head))
		}
	}
}

func TestContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	for _, address := range addresses(t) {
		policy := ask(t, http.MethodGet, address).Header.Get("Content-Security-Policy")
		assert.Contains(t, policy, "default-src 'none'", address)
		assert.Contains(t, policy, "frame-ancestors 'none'", address)
		for _, loose := range []string{"unsafe-", "http", "*"} {
			assert.NotContains(t, policy, loose, address)
		}
	}
	for _, page := range []string{"/docs", "/redoc"} {
		policy := ask(t, http.MethodGet, page).Header.Get("Content-Security-Policy")
		assert.Contains(t, policy, "script-src 'self'; ", page)
		assert.Contains(t, policy, "connect-src 'self'; ", page)
	}
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"/", "/docsx", "/docs/none.js", "/docs/index.html", "/docs/assets/", "/docs/assets/5.35.0/", "/docs/assets/1.0.0/swagger-ui-bundle.js",
		swaggerScript + ".gz", "/redoc/init.js/", "/docs/../docs.go", "/site/docs/init.js",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			assert.Equal(t, http.StatusNotFound, ask(t, method, address).StatusCode, address)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
		for _, address := range []string{"/docs", "/redoc/", swaggerScript} {
			response := ask(t, method, address)
			assert.Equal(t, http.StatusMethodNotAllowed, response.StatusCode, "%s %s", method, address)
			assert.Equal(t, "GET, HEAD", response.Header.Get("Allow"))
		}
	}
}

func TestPagesReferToWhatIsThereAndRunNoScriptOfTheirOwn(t *testing.T) {
	t.Parallel()
	reference := regexp.MustCompile(`(?:src|href|data-spec)="([^"]*)"`)
	for page, other := range map[string]string{"/docs": "/redoc", "/redoc": "/docs"} {
		html := body(t, ask(t, http.MethodGet, page))
		found := map[string]bool{}
		for _, match := range reference.FindAllStringSubmatch(html, -1) {
			found[match[1]] = true
			if match[1] != "/openapi.yaml" {
				assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, match[1]).StatusCode, "%s refers to %s", page, match[1])
			}
		}
		assert.True(t, found[other] && found["/openapi.yaml"], "%s links to its sibling and the specification", page)
		assert.NotRegexp(t, `<script[^>]*>[^<]|<style|\son\w+=|\sstyle=`, html)
		for _, part := range []string{`<html lang="en">`, `<meta name="viewport"`, "<title>", "<main "} {
			assert.Contains(t, html, part)
		}
	}
}

func TestSpecificationAddressIsEscaped(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/docs", nil)
	docs.Handler(`/x"><script>alert(1)</script>`).ServeHTTP(recorder, request)
	assert.NotContains(t, recorder.Body.String(), "<script>alert")
}

// Redoc's bundle as it comes from npm asks a foreign host for a logo; refresh.sh takes that out.
func TestRedocKnowsNoForeignLogo(t *testing.T) {
	t.Parallel()
	assert.NotContains(t, body(t, ask(t, http.MethodGet, redocScript)), "logo-mini")
}

func TestLicensesStandBesideTheAssets(t *testing.T) {
	t.Parallel()
	for address, license := range map[string]string{
		"/docs/assets/5.35.0/LICENSE":  "Apache License",
		"/docs/assets/5.35.0/NOTICE":   "swagger-ui",
		swaggerScript + ".LICENSE.txt": "MIT",
		"/redoc/assets/2.5.4/LICENSE":  "MIT License",
		redocScript + ".LICENSE.txt":   "License",
	} {
		assert.Contains(t, body(t, ask(t, http.MethodGet, address)), license, address)
	}
}

// TestGuides holds the guides' commands against the specification.
func TestGuides(t *testing.T) {
	t.Parallel()
	page := body(t, ask(t, "GET", "/docs/guides"))
	require.Contains(t, page, `<h2 id="research-with-a-budget">`)
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		require.Contains(t, page, `id="`+link[1]+`"`, "a link leads somewhere")
	}
	guides, err := os.ReadFile("guides.md")
	require.NoError(t, err)
	specification, err := os.ReadFile("../openapi.yaml")
	require.NoError(t, err)
	paths := regexp.MustCompile("(?:\\$API|`GET )(/[a-z/_{}-]+)").FindAllStringSubmatch(string(guides), -1)
	require.Greater(t, len(paths), 8)
	for _, path := range paths {
		require.Contains(t, string(specification), "\n  "+path[1]+":\n")
	}
}
