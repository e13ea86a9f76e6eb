package server_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/oapi-codegen/nullable"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
)

// unzipped is what a compressed answer says.
func unzipped(t testing.TB, body []byte) string {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(body))
	require.NoError(t, err)
	content, err := io.ReadAll(reader)
	require.NoError(t, err)
	return string(content)
}

// TestCompression: long answers are sent as gzip to those who take it, and to nobody else.
func TestCompression(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 10 {
		w.topic(client.TopicCreate{})
	}
	plain := w.send("GET", "/topics", "", "Accept-Encoding: identity")
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	require.Equal(t, "Accept-Encoding", plain.Header.Get("Vary"))
	require.Greater(t, len(plain.body), 1400)

	zipped := w.send("GET", "/topics", "", "Accept-Encoding: br, gzip")
	require.Equal(t, "gzip", zipped.Header.Get("Content-Encoding"))
	require.Equal(t, []string{"Accept-Encoding"}, zipped.Header.Values("Vary"))
	require.Less(t, len(zipped.body), len(plain.body)/2)
	require.JSONEq(t, string(plain.body), unzipped(t, zipped.body))

	for name, a := range map[string]answer{
		"refused":     w.send("GET", "/topics", "", "Accept-Encoding: gzip;q=0"),
		"too short":   w.send("GET", "/topics?page_size=1", "", "Accept-Encoding: gzip"),
		"empty":       w.send("GET", "/topics?market=none", "", "Accept-Encoding: gzip"),
		"an error":    w.send("GET", "/topics?page_size=x", "", "Accept-Encoding: gzip"),
		"not allowed": w.send("PUT", "/topics", "", "Accept-Encoding: gzip"),
	} {
		require.Empty(t, a.Header.Get("Content-Encoding"), name)
		require.True(t, json.Valid(a.body), name)
		require.Equal(t, "Accept-Encoding", a.Header.Get("Vary"), "%s: another client may get another answer", name)
	}
}

// TestCompressedTags: a compressed answer has a tag of its own, which is as good as the plain one's.
func TestCompressedTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic(client.TopicCreate{Description: nullable.NewNullableWithValue(strings.Repeat("Long enough to be compressed. ", 60))})
	path := "/topics/" + topic.ID.String()
	zipped := w.send("GET", path, "", "Accept-Encoding: gzip")
	require.Equal(t, "gzip", zipped.Header.Get("Content-Encoding"))
	require.Equal(t, `"1-gzip"`, zipped.Header.Get("ETag"))
	require.Equal(t, `"1"`, w.send("GET", path, "", "Accept-Encoding: identity").Header.Get("ETag"))

	for _, tags := range []string{`"1-gzip"`, `"9", W/"1-gzip"`} {
		same := w.send("GET", path, "", "Accept-Encoding: gzip", "If-None-Match: "+tags)
		require.Equal(t, http.StatusNotModified, same.StatusCode)
		require.Equal(t, `"1-gzip"`, same.Header.Get("ETag"))
		require.Empty(t, same.body)
		require.Empty(t, same.Header.Get("Content-Encoding"))
	}
	require.Equal(t, `"1"`, w.send("GET", path, "", "Accept-Encoding: gzip", `If-None-Match: "1"`).Header.Get("ETag"))

	changed := w.send("PATCH", path, `{"priority":9}`, "Accept-Encoding: gzip", `If-Match: "1-gzip"`)
	require.Equal(t, http.StatusOK, changed.StatusCode)
	require.Equal(t, `"2-gzip"`, changed.Header.Get("ETag"))
	w.send("PATCH", path, `{"priority":8}`, `If-Match: "1-gzip"`).refused(t, http.StatusPreconditionFailed, "TOPIC_CHANGED")
}

// TestCompressionElsewhere: the specification is compressed as well; what is compressed already, and streams, are left alone.
func TestCompressionElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	specification := w.site("GET", "/openapi.json", "Accept-Encoding: gzip")
	require.Equal(t, "gzip", specification.Header.Get("Content-Encoding"))
	require.True(t, json.Valid([]byte(unzipped(t, specification.body))))

	licenses := w.site("GET", "/licenses.md", "Accept-Encoding: gzip")
	require.Equal(t, []string{"gzip"}, licenses.Header.Values("Content-Encoding"))
	require.Contains(t, unzipped(t, licenses.body), "MIT License", "once, not twice")
	head := w.site("HEAD", "/topics", "Accept-Encoding: gzip")
	require.Empty(t, head.Header.Get("Content-Encoding"))
	part := w.site("GET", "/topics", "Accept-Encoding: gzip", "Range: bytes=0-8")
	require.Equal(t, "<!doctype", string(part.body))

	script := w.site("GET", "/docs/assets/5.35.0/swagger-ui-bundle.js", "Accept-Encoding: gzip")
	require.Equal(t, []string{"gzip"}, script.Header.Values("Content-Encoding"), "by the page itself")
	require.Contains(t, unzipped(t, script.body), "SwaggerUIBundle")

	stream := w.stream("/events", "Accept-Encoding: gzip")
	require.Empty(t, stream.Header.Get("Content-Encoding"))
	require.False(t, stream.Uncompressed)
}
