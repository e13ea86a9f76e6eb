package static_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/server/static"
)

func ask(f *static.File, method, accepted string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	request := httptest.NewRequest(method, "/", nil)
	request.Header.Set("Accept-Encoding", accepted)
	f.ServeHTTP(recorder, request)
	return recorder
}

// TestFiles: a file that was built with its small forms is served in the one that the client takes.
func TestFiles(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("Words that repeat. ", 100)
	var zipped strings.Builder
	writer := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(writer, text)
	require.NoError(t, writer.Close())
	files, err := static.Files(fstest.MapFS{
		"assets/a.js": {Data: []byte(text)}, "assets/a.js.br": {Data: []byte("brotli")},
		"docs/b.css.gz": {Data: []byte(zipped.String())}, "LICENSE": {Data: []byte("MIT")}, "broken.js.gz": {Data: []byte("no gzip")},
		"cut.js.gz": {Data: []byte(zipped.String()[:40])},
	})
	require.NoError(t, err)
	require.Len(t, files, 5)
	for accepted, want := range map[string]string{
		"": "", "br, gzip": "br", "br;q=0, gzip;q=0.5": "gzip", "X-GZIP": "gzip", "*": "br", "gzip;q=0, br;q=0, *": "", "identity": "", "gzip;q=x": "",
	} {
		answer := ask(files["/assets/a.js"], http.MethodGet, accepted)
		require.Equal(t, want, answer.Header().Get("Content-Encoding"), accepted)
		require.Equal(t, "Accept-Encoding", answer.Header().Get("Vary"))
		require.Equal(t, "public, max-age=31536000, immutable", answer.Header().Get("Cache-Control"))
		require.Equal(t, want != "", strings.HasSuffix(answer.Header().Get("ETag"), "-"+want+`"`) && want != "")
	}
	require.Equal(t, text, ask(files["/docs/b.css"], http.MethodGet, "br").Body.String())
	require.Equal(t, zipped.String(), ask(files["/docs/b.css"], http.MethodGet, "gzip").Body.String())
	plain := ask(files["/LICENSE"], http.MethodGet, "br, gzip")
	require.Equal(t, "MIT", plain.Body.String())
	require.Equal(t, "no-cache", plain.Header().Get("Cache-Control"))
	require.Empty(t, plain.Header().Get("Vary"))
	require.Equal(t, http.StatusMethodNotAllowed, ask(files["/LICENSE"], http.MethodPost, "").Code)
	for _, broken := range []string{"/broken.js", "/cut.js"} {
		require.Panics(t, func() { ask(files[broken], http.MethodGet, "") })
	}
}
