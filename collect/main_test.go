package collect

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// today is the day on which all tests collect.
var today = time.Date(2026, time.November, 23, 8, 15, 0, 0, time.UTC)

func clock() time.Time { return today }

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// fetcher is one that may reach the test's own servers.
func fetcher(t *testing.T, c Config) *Fetcher {
	t.Helper()
	c.AllowCIDRs = append(c.AllowCIDRs, loopback...)
	c.Now = clock
	f := NewFetcher(c)
	t.Cleanup(f.Close)
	return f
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// page answers every request with one body.
func page(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(body))
	}
}

func file(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return string(b)
}

// collect serves a body as a feed and collects it.
func collect(t *testing.T, contentType, body string) (Batch, error) {
	t.Helper()
	s := serve(t, page(contentType, body))
	c := All(fetcher(t, Config{}), Services{}, clock)["rss"]
	return c.Collect(context.Background(), Source{Type: "rss", URL: s.URL + "/feed"})
}

func mustCollect(t *testing.T, contentType, body string) Batch {
	t.Helper()
	b, err := collect(t, contentType, body)
	require.NoError(t, err)
	return b
}

// item is an RSS feed of one item.
func item(inner string) string { return feed("<item>" + inner + "</item>") }

func feed(items string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" ` +
		`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom" ` +
		`xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">` +
		`<channel><title>Feed</title><link>https://www.example.org/</link><language>de-DE</language>` + items + `</channel></rss>`
}

// fault is the *Error that every failure must be.
func fault(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	require.True(t, errors.As(err, &e), "%T: %v", err, err)
	require.NotEmpty(t, e.Message)
	require.True(t, strings.HasSuffix(e.Message, "."), e.Message)
	return e
}
