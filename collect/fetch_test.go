package collect

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

func get(t *testing.T, f *Fetcher, url string) (*Response, error) {
	t.Helper()
	return f.Get(context.Background(), Request{URL: url})
}

func TestGetIsPolite(t *testing.T) {
	t.Parallel()
	var seen http.Header
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		w.Header().Set("ETag", `W/"a, b"`)
		w.Header().Set("Last-Modified", "Mon, 23 Nov 2026 08:10:00 +0000")
		_, _ = io.WriteString(w, "hello")
	})
	resp, err := get(t, fetcher(t, Config{}), s.URL+"/a?b=c#d")
	require.NoError(t, err)
	assert.Equal(t, "hello", string(resp.Body))
	assert.EqualValues(t, 5, resp.Bytes)
	assert.Equal(t, 200, resp.Status)
	assert.Equal(t, `W/"a, b"`, resp.ETag)
	assert.Equal(t, "Mon, 23 Nov 2026 08:10:00 +0000", resp.LastModified)
	assert.Equal(t, DefaultUserAgent, seen.Get("User-Agent"))
	assert.Equal(t, "*/*", seen.Get("Accept"))
	assert.Equal(t, "gzip, br, deflate", seen.Get("Accept-Encoding"))
	assert.Empty(t, seen.Get("If-None-Match"))
	assert.Empty(t, seen.Get("Referer"))
	assert.Empty(t, seen.Get("Authorization"))
	assert.Empty(t, resp.MovedTo)

	_, err = get(t, fetcher(t, Config{UserAgent: "other/2"}), strings.Replace(s.URL, "//", "//me:secret@", 1))
	require.NoError(t, err)
	assert.Equal(t, "other/2", seen.Get("User-Agent"))
	assert.Equal(t, "Basic bWU6c2VjcmV0", seen.Get("Authorization"))
}

func TestGetConditional(t *testing.T) {
	t.Parallel()
	const etag, modified = `W/"5f1c-63a2:gzip"`, "Mon, 23 Nov 2026 08:10:00 GMT"
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == etag && r.Header.Get("If-Modified-Since") == modified {
			if r.URL.Path == "/new" {
				w.Header().Set("ETag", `"newer"`)
			}
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if r.URL.Path == "/silly" {
			w.WriteHeader(http.StatusNotModified)
		}
	})
	f := fetcher(t, Config{})
	resp, err := f.Get(context.Background(), Request{URL: s.URL + "/old", ETag: etag, LastModified: modified})
	require.NoError(t, err)
	assert.True(t, resp.NotModified)
	assert.Equal(t, 304, resp.Status)
	assert.Equal(t, []string{etag, modified}, []string{resp.ETag, resp.LastModified}, "a 304 without validators keeps the old ones")

	resp, err = f.Get(context.Background(), Request{URL: s.URL + "/new", ETag: etag, LastModified: modified})
	require.NoError(t, err)
	assert.Equal(t, []string{`"newer"`, modified}, []string{resp.ETag, resp.LastModified})

	_, err = get(t, f, s.URL+"/silly")
	e := fault(t, err)
	assert.Equal(t, CodeHTTPStatus, e.Code, "a 304 that nobody asked for brings nothing")
	assert.Equal(t, 304, e.Status)
}

func TestGetDropsUnusableValidators(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", "\"\xff\"")
		w.Header().Set("Last-Modified", strings.Repeat("x", maxValidator+1))
	})
	resp, err := get(t, fetcher(t, Config{}), s.URL)
	require.NoError(t, err)
	assert.Empty(t, resp.ETag)
	assert.Empty(t, resp.LastModified)
}

func packed(t *testing.T, encoding string, plain []byte) []byte {
	t.Helper()
	var (
		b bytes.Buffer
		w io.WriteCloser
	)
	switch encoding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&b)
	case "br":
		w = brotli.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "flate":
		w, _ = flate.NewWriter(&b, flate.BestSpeed)
	default:
		return plain
	}
	_, err := w.Write(plain)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func cut(b []byte) []byte { return b[:len(b)-10] }

func TestGetEncodings(t *testing.T) {
	t.Parallel()
	plain := []byte("<rss>" + strings.Repeat("Grüße ", 100) + "</rss>")
	for name, tc := range map[string]struct {
		header string
		body   []byte
		code   string
	}{
		"none":                {"", plain, ""},
		"identity":            {"identity", plain, ""},
		"gzip":                {"gzip", packed(t, "gzip", plain), ""},
		"x-gzip":              {"X-GZIP", packed(t, "gzip", plain), ""},
		"brotli":              {"br", packed(t, "br", plain), ""},
		"deflate zlib":        {"deflate", packed(t, "zlib", plain), ""},
		"deflate raw":         {"deflate", packed(t, "flate", plain), ""},
		"two layers":          {"gzip, br", packed(t, "br", packed(t, "gzip", plain)), ""},
		"unnamed gzip":        {"", packed(t, "gzip", plain), ""},
		"gzip that lies":      {"gzip", plain, ""},
		"br that lies":        {"br", plain, ""},
		"unknown lies":        {"zstd", plain, ""},
		"unknown":             {"zstd", []byte("\x28\xb5\x2f\xfd"), CodeBadEncoding},
		"four layers":         {"gzip, gzip, gzip, gzip", plain, CodeBadEncoding},
		"broken gzip":         {"gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + strings.Repeat("\xff", 100)), CodeBadEncoding},
		"gzip without a body": {"gzip", []byte("\x1f\x8b\x08"), CodeTruncated},
		"no gzip at all":      {"gzip", []byte("hello"), CodeBadEncoding},
		"broken brotli":       {"br", []byte("hello, this is no brotli"), CodeBadEncoding},
		"broken deflate":      {"deflate", []byte("\xff\xff\xff\xff"), CodeBadEncoding},
		"gzip cut off":        {"gzip", cut(packed(t, "gzip", plain)), CodeTruncated},
		"brotli cut off":      {"br", cut(packed(t, "br", plain)), CodeTruncated},
		"deflate cut off":     {"deflate", cut(packed(t, "zlib", plain)), CodeTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tc.header != "" {
					w.Header().Set("Content-Encoding", tc.header)
				}
				_, _ = w.Write(tc.body)
			})
			resp, err := get(t, fetcher(t, Config{}), s.URL)
			if tc.code != "" {
				assert.Equal(t, tc.code, fault(t, err).Code)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, string(plain), string(resp.Body))
			assert.EqualValues(t, len(tc.body), resp.Bytes)
		})
	}
}

func TestGetSizes(t *testing.T) {
	t.Parallel()
	const limit = 4096
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		if r.URL.Query().Get("chunked") == "" {
			w.Header().Set("Content-Length", strconv.Itoa(n))
		}
		_, _ = w.Write(bytes.Repeat([]byte("x"), n))
	})
	f := fetcher(t, Config{MaxBody: limit})
	for _, query := range []string{"n=4096", "n=4096&chunked=1"} {
		resp, err := get(t, f, s.URL+"?"+query)
		require.NoError(t, err)
		assert.Len(t, resp.Body, limit)
	}
	for _, query := range []string{"n=4097", "n=4097&chunked=1", "n=1000000&chunked=1"} {
		_, err := get(t, f, s.URL+"?"+query)
		e := fault(t, err)
		assert.Equal(t, CodeTooLarge, e.Code)
		assert.Contains(t, e.Message, "4096 bytes")
	}
}

// A body of a few kilobytes that unpacks to much more ends at the limit, in time and in memory.
func TestGetBombs(t *testing.T) {
	zeros := make([]byte, 1<<20)
	for _, encoding := range []string{"gzip", "br", "zlib"} {
		var b bytes.Buffer
		var w io.WriteCloser = gzip.NewWriter(&b)
		switch encoding {
		case "br":
			w = brotli.NewWriterLevel(&b, 1)
		case "zlib":
			w = zlib.NewWriter(&b)
		}
		for range 8 {
			_, err := w.Write(zeros)
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		bomb := b.Bytes()
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", strings.Replace(encoding, "zlib", "deflate", 1))
			_, _ = w.Write(bomb)
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := get(t, fetcher(t, Config{MaxBody: 1 << 20}), s.URL)
		runtime.ReadMemStats(&after)
		e := fault(t, err)
		assert.Equal(t, CodeTooLarge, e.Code, encoding)
		assert.Contains(t, e.Message, "1 MiB")
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20), encoding)
	}
}

func TestGetStatuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		retry  string
		code   string
		wait   time.Duration
	}{
		"missing":           {404, "", CodeHTTPStatus, 0},
		"forbidden, wait":   {403, "60", CodeHTTPStatus, time.Minute},
		"gone":              {410, "", CodeGone, 0},
		"no content":        {204, "", CodeHTTPStatus, 0},
		"choices":           {300, "", CodeHTTPStatus, 0},
		"broken":            {500, "", CodeHTTPStatus, 0},
		"unknown":           {599, "", CodeHTTPStatus, 0},
		"unavailable":       {503, "", CodeHTTPStatus, 0},
		"unavailable, wait": {503, "120", CodeRateLimited, 2 * time.Minute},
		"too many":          {429, "", CodeRateLimited, 0},
		"too many, wait":    {429, " 3600 ", CodeRateLimited, time.Hour},
		"until a date":      {429, "Mon, 23 Nov 2026 08:25:00 GMT", CodeRateLimited, 10 * time.Minute},
		"until the past":    {429, "Mon, 23 Nov 2020 08:25:00 GMT", CodeRateLimited, 0},
		"for ever":          {429, "99999999999", CodeRateLimited, MaxRetryAfter},
		"until far":         {429, "Mon, 23 Nov 2099 08:25:00 GMT", CodeRateLimited, MaxRetryAfter},
		"nonsense":          {429, "soon", CodeRateLimited, 0},
		"negative":          {429, "-5", CodeRateLimited, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tc.retry != "" {
					w.Header().Set("Retry-After", tc.retry)
				}
				w.WriteHeader(tc.status)
			})
			_, err := get(t, fetcher(t, Config{}), s.URL+"/feed?token=secret")
			e := fault(t, err)
			assert.Equal(t, tc.code, e.Code)
			assert.Equal(t, tc.status, e.Status)
			assert.Equal(t, tc.wait, e.RetryAfter)
			assert.Contains(t, e.Message, strconv.Itoa(tc.status))
			assert.Contains(t, e.Message, "/feed")
			assert.NotContains(t, e.Error(), "secret")
		})
	}
}

func TestGetRedirects(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	s := serve(t, mux.ServeHTTP)
	to := func(path string, status int, location string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if location != "" {
				w.Header().Set("Location", location)
			}
			w.WriteHeader(status)
		})
	}
	mux.HandleFunc("/end", page("text/plain", "end"))
	for _, status := range []int{301, 302, 303, 307, 308} {
		to(fmt.Sprintf("/%d", status), status, "/end?from=redirect#part")
	}
	to("/permanent", 301, "308")
	to("/gone", 410, "")
	to("/gone-for-now", 302, "/gone")
	to("/gone-for-good", 301, "/gone")
	to("/password", 301, strings.Replace(s.URL, "http://", "http://user:secret@", 1)+"/end")
	to("/mixed", 301, "/302")
	to("/temporary-first", 302, "/301")
	to("/protocol-relative", 302, strings.TrimPrefix(s.URL, "http:")+"/end")
	to("/circle", 302, "/circle2")
	to("/circle2", 302, "/circle")
	to("/self", 302, "#again")
	to("/nowhere", 302, "")
	to("/mail", 302, "mailto:a@example.org")
	to("/file", 302, "file:///etc/passwd")
	to("/script", 302, "javascript:alert(1)")
	to("/garbage", 302, "http://[::1")
	to("/private", 302, "http://10.0.0.1/?token=secret")
	to("/metadata", 302, "http://169.254.169.254/latest/meta-data/")
	to("/disguised", 302, "http://[::ffff:10.0.0.1]/")
	to("/decimal", 302, "http://167772161/")
	mux.HandleFunc("/endless/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
	})
	f := fetcher(t, Config{})
	for _, tc := range []struct{ path, final, moved string }{
		{"/301", "/end?from=redirect", "/end?from=redirect"},
		{"/308", "/end?from=redirect", "/end?from=redirect"},
		{"/302", "/end?from=redirect", ""},
		{"/303", "/end?from=redirect", ""},
		{"/307", "/end?from=redirect", ""},
		{"/permanent", "/end?from=redirect", "/end?from=redirect"},
		{"/mixed", "/end?from=redirect", "/302"},
		{"/temporary-first", "/end?from=redirect", ""},
		{"/protocol-relative", "/end", ""},
		{"/password", "/end", ""},
	} {
		resp, err := get(t, f, s.URL+tc.path)
		require.NoError(t, err, tc.path)
		assert.Equal(t, "end", string(resp.Body))
		assert.Equal(t, s.URL+tc.final, resp.URL.String(), tc.path)
		if tc.moved != "" {
			tc.moved = s.URL + tc.moved
		}
		assert.Equal(t, tc.moved, resp.MovedTo, tc.path)
		assert.False(t, resp.Downgraded)
	}
	for path, code := range map[string]string{
		"/circle": CodeTooManyRedirects, "/self": CodeTooManyRedirects, "/endless/": CodeTooManyRedirects,
		"/gone": CodeGone, "/gone-for-good": CodeGone, "/gone-for-now": CodeHTTPStatus,
		"/nowhere": CodeBadRedirect, "/mail": CodeBadRedirect, "/file": CodeBadRedirect, "/script": CodeBadRedirect, "/garbage": CodeBadRedirect,
		"/private": CodeAddressRefused, "/metadata": CodeAddressRefused, "/disguised": CodeAddressRefused, "/decimal": CodeAddressRefused,
	} {
		_, err := get(t, f, s.URL+path)
		e := fault(t, err)
		assert.Equal(t, code, e.Code, path)
		assert.NotContains(t, e.Message, "secret")
	}
}

func TestGetRedirectLimitIsExact(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n, _ := strconv.Atoi(r.URL.Path[1:]); n > 0 {
			http.Redirect(w, r, "/"+strconv.Itoa(n-1), http.StatusFound)
		}
	})
	f := fetcher(t, Config{})
	_, err := get(t, f, s.URL+"/10")
	require.NoError(t, err)
	_, err = get(t, f, s.URL+"/11")
	assert.Contains(t, fault(t, err).Message, "more than 10 times")
}

// Another site must not answer "not modified" to a validator it never gave.
func TestGetKeepsValidatorsToTheirSite(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	var other string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.Host)
		seen[host+r.URL.Path] = r.Header.Get("If-None-Match")
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other, http.StatusFound)
		case "/stay":
			http.Redirect(w, r, "/end", http.StatusFound)
		case "/end":
			if r.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotModified)
			}
		}
	})
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	other = "http://localhost:" + port + "/end"
	f := fetcher(t, Config{})
	resp, err := f.Get(context.Background(), Request{URL: s.URL + "/away", ETag: `"1"`})
	require.NoError(t, err)
	assert.False(t, resp.NotModified)
	resp, err = f.Get(context.Background(), Request{URL: s.URL + "/stay", ETag: `"1"`})
	require.NoError(t, err)
	assert.True(t, resp.NotModified)
	assert.Equal(t, map[string]string{"127.0.0.1/away": `"1"`, "localhost/end": "", "127.0.0.1/stay": `"1"`, "127.0.0.1/end": `"1"`}, seen)

	a, b, c := &url.URL{Host: "example.co.uk"}, &url.URL{Host: "www.example.co.uk:8080"}, &url.URL{Host: "other.co.uk"}
	assert.True(t, sameSite(a, b))
	assert.False(t, sameSite(a, c))
}

func TestGetTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(page("text/plain", "safe"))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())

	resp, err := get(t, fetcher(t, Config{RootCAs: roots}), s.URL)
	require.NoError(t, err)
	assert.Equal(t, "safe", string(resp.Body))

	_, err = get(t, fetcher(t, Config{RootCAs: x509.NewCertPool()}), s.URL)
	e := fault(t, err)
	assert.Equal(t, CodeTLSFailed, e.Code)
	assert.Contains(t, e.Message, "unknown authority")

	_, err = get(t, fetcher(t, Config{RootCAs: roots}), strings.Replace(s.URL, "127.0.0.1", "localhost", 1))
	assert.Contains(t, fault(t, err).Message, "another host")

	plain := serve(t, page("text/plain", "plain"))
	_, err = get(t, fetcher(t, Config{}), strings.Replace(plain.URL, "http:", "https:", 1))
	e = fault(t, err)
	assert.Equal(t, CodeTLSFailed, e.Code)
	assert.Contains(t, e.Message, "handshake")

	down := httptest.NewUnstartedServer(http.RedirectHandler(plain.URL, http.StatusFound))
	down.StartTLS()
	t.Cleanup(down.Close)
	roots.AddCert(down.Certificate())
	resp, err = get(t, fetcher(t, Config{RootCAs: roots}), down.URL)
	require.NoError(t, err)
	assert.True(t, resp.Downgraded)

	expired := x509.CertificateInvalidError{Reason: x509.Expired}
	assert.Contains(t, tlsReason(&tls.CertificateVerificationError{Err: expired}), "expired")
	assert.Contains(t, tlsReason(x509.CertificateInvalidError{}), "not valid")
}

// raw answers each connection with bytes that need not be HTTP, then waits for the other side to leave.
func raw(t *testing.T, hang bool, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			_, _ = c.Read(buf)
			_, _ = io.WriteString(c, answer)
			if hang {
				_, _ = io.Copy(io.Discard, c)
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "http://" + l.Addr().String() + "/feed"
}

func TestGetBadAnswers(t *testing.T) {
	t.Parallel()
	const soon = 50 * time.Millisecond
	for name, tc := range map[string]struct {
		hang       bool
		answer     string
		code, says string
		config     Config
	}{
		"closes at once":         {false, "", CodeProtocolError, "no valid answer", Config{}},
		"no HTTP":                {false, "SSH-2.0-OpenSSH\r\n", CodeProtocolError, "no valid answer", Config{}},
		"never answers":          {true, "", CodeTimeout, "did not answer in time", Config{HeaderTimeout: soon}},
		"header never ends":      {true, "HTTP/1.1 200 OK\r\nA: b\r\n", CodeTimeout, "did not answer in time", Config{HeaderTimeout: soon}},
		"header too large":       {false, "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", 100<<10) + "\r\n\r\n", CodeProtocolError, "no valid answer", Config{}},
		"body stops":             {true, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>", CodeTimeout, "stopped sending", Config{BodyTimeout: soon}},
		"body cut off":           {false, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>", CodeTruncated, "broke off", Config{}},
		"chunk cut off":          {false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n<rss>", CodeTruncated, "broke off", Config{}},
		"chunk is none":          {false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss>", CodeProtocolError, "no valid answer", Config{}},
		"whole request too slow": {true, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>", CodeTimeout, "did not finish", Config{Timeout: soon}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := get(t, fetcher(t, tc.config), raw(t, tc.hang, tc.answer))
			e := fault(t, err)
			assert.Equal(t, tc.code, e.Code, e.Err)
			assert.Contains(t, e.Message, tc.says)
			assert.Error(t, errors.Unwrap(e))
		})
	}
	t.Run("TLS never comes", func(t *testing.T) {
		t.Parallel()
		_, err := get(t, fetcher(t, Config{TLSTimeout: soon}), strings.Replace(raw(t, true, ""), "http:", "https:", 1))
		assert.Equal(t, CodeTimeout, fault(t, err).Code)
	})
}

func TestGetUnreachable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	_, err = get(t, fetcher(t, Config{}), "http://"+address)
	assert.Equal(t, CodeConnectFailed, fault(t, err).Code)

	_, err = get(t, fetcher(t, Config{Resolver: noResolver()}), "http://feeds.example.org/a")
	e := fault(t, err)
	assert.Equal(t, CodeDNSFailed, e.Code)
	assert.Contains(t, e.Message, "feeds.example.org")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = fetcher(t, Config{}).Get(ctx, Request{URL: "http://" + address})
	assert.Equal(t, CodeCanceled, fault(t, err).Code)
	require.ErrorIs(t, err, context.Canceled)

	ctx, cancel = context.WithTimeout(context.Background(), 0)
	defer cancel()
	_, err = fetcher(t, Config{}).Get(ctx, Request{URL: "http://" + address})
	assert.Equal(t, CodeTimeout, fault(t, err).Code)

	for _, address := range []string{"", "/feed", "ftp://example.org/feed", "http://", "http://user:secret@exa mple.org/?secret"} {
		_, err = get(t, fetcher(t, Config{}), address)
		e = fault(t, err)
		assert.Equal(t, CodeInvalidURL, e.Code, address)
		assert.NotContains(t, e.Message, "secret")
	}
}

func TestFailureSaysWhichPhase(t *testing.T) {
	t.Parallel()
	at := &url.URL{Scheme: "https", Host: "example.org", Path: "/" + strings.Repeat("a", 300)}
	slow := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{IsTimeout: true}}
	e := failure(context.Background(), at, slow)
	assert.Equal(t, CodeTimeout, e.Code)
	assert.Contains(t, e.Message, "did not accept a connection in time")
	assert.Less(t, len(e.Message), 300)
}

// aTurns shares out turns as told and writes down what comes back.
type aTurns struct {
	take  func(site string) (time.Duration, error)
	mu    sync.Mutex
	given []string
}

func (a *aTurns) Take(_ context.Context, site string) (time.Duration, error) { return a.take(site) }

func (a *aTurns) Give(_ context.Context, site string, turn store.HostTurn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.given = append(a.given, fmt.Sprint(site, " ", turn.Requests, " ", turn.Status, " ", turn.Rest))
}

func TestGetTakesTurns(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/away":
			http.Redirect(w, r, "http://localhost:1/", http.StatusFound)
		case "/busy":
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/full":
			w.WriteHeader(http.StatusTooManyRequests)
		case "/down":
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	atOnce := func(string) (time.Duration, error) { return 0, nil }
	get := func(turns *aTurns, url string) *Error {
		_, err := fetcher(t, Config{Turns: turns, Patience: 50 * time.Millisecond}).Get(t.Context(), Request{URL: url})
		var fault *Error
		if err != nil {
			require.ErrorAs(t, err, &fault)
		}
		return fault
	}
	for path, want := range map[string][]string{
		"/there": {"127.0.0.1 1 200 0s"},
		"/moved": {"127.0.0.1 2 200 0s"},
		"/away":  {"127.0.0.1 1 302 0s", "localhost 1 0 0s"},
		"/busy":  {"127.0.0.1 1 429 1m0s"},
		"/full":  {"127.0.0.1 1 429 15m0s"},
		"/down":  {"127.0.0.1 1 503 0s"},
	} {
		turns := &aTurns{take: atOnce}
		_ = get(turns, s.URL+path)
		assert.Equal(t, want, turns.given, path)
	}
	turns := &aTurns{take: atOnce}
	require.NotNil(t, get(turns, "http://127.0.0.1:1/"))
	assert.Equal(t, []string{"127.0.0.1 1 0 0s"}, turns.given, "a turn ends also where nobody answers")

	// A short wait is waited for, a long one is told.
	waits := []time.Duration{20 * time.Millisecond, 20 * time.Millisecond, 0}
	turns = &aTurns{take: func(string) (time.Duration, error) {
		wait := waits[0]
		waits = waits[1:]
		return wait, nil
	}}
	require.Nil(t, get(turns, s.URL+"/there"))
	turns = &aTurns{take: func(string) (time.Duration, error) { return time.Minute, nil }}
	fault := get(turns, s.URL+"/there")
	assert.Equal(t, CodeHostBusy, fault.Code)
	assert.Equal(t, time.Minute, fault.RetryAfter)
	assert.Equal(t, "127.0.0.1 is not asked before 1m0s have passed: that is its budget.", fault.Message)
	assert.Empty(t, turns.given)

	// Whoever gives up does not wait.
	ctx, cancel := context.WithCancel(t.Context())
	turns = &aTurns{take: func(string) (time.Duration, error) { cancel(); return time.Minute, nil }}
	_, err := fetcher(t, Config{Turns: turns, Patience: time.Hour}).Get(ctx, Request{URL: s.URL})
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, CodeCanceled, fault.Code)
	turns.take = func(string) (time.Duration, error) { return 0, context.Canceled }
	_, err = fetcher(t, Config{Turns: turns}).Get(ctx, Request{URL: s.URL})
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, CodeCanceled, fault.Code)

	// What the budget cannot tell is no fault of the site.
	turns.take = func(string) (time.Duration, error) { return 0, errors.New("the database is away") }
	_, err = fetcher(t, Config{Turns: turns}).Get(t.Context(), Request{URL: s.URL})
	require.EqualError(t, err, "take a turn at 127.0.0.1: the database is away")
}

// A server that resets its HTTP/2 stream in the middle of an answer has sent no answer.
func TestGetHTTP2Resets(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, 2, r.ProtoMajor)
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "half")
			assert.NoError(t, http.NewResponseController(w).Flush())
		}
		panic(http.ErrAbortHandler)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	for _, path := range []string{"/", "/body"} {
		_, err := get(t, fetcher(t, Config{RootCAs: roots}), s.URL+path)
		e := fault(t, err)
		assert.Equal(t, CodeProtocolError, e.Code, path)
		assert.Equal(t, s.URL+path+" gave no valid answer, or the connection broke.", e.Message)
	}
}
