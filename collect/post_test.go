package collect

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// poster is one that may reach the test's own servers.
func poster(t *testing.T, c Config) *Poster {
	t.Helper()
	c.AllowCIDRs = append(c.AllowCIDRs, loopback...)
	c.Now = clock
	p := NewPoster(c)
	t.Cleanup(p.Close)
	return p
}

func TestPost(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Retry-After", today.Add(90*time.Second).Format(http.TimeFormat))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusFound)
		_, _ = io.WriteString(w, "moved along")
	})
	header := http.Header{"Content-Type": {"application/json"}, "Webhook-Id": {"msg_1"}}
	answer, err := poster(t, Config{UserAgent: "test"}).Post(t.Context(), s.URL+"/hook?token=1#part", header, []byte(`{"a":1}`), 5)
	require.NoError(t, err)
	require.Equal(t, PostAnswer{Status: 302, RetryAfter: 90 * time.Second, Body: []byte("moved")}, answer)
	require.Equal(t, `{"a":1}`, string(body))
	require.Equal(t, "/hook?token=1", got.URL.String())
	require.Equal(t, http.MethodPost, got.Method)
	require.EqualValues(t, 7, got.ContentLength)
	require.Equal(t, "msg_1", got.Header.Get("webhook-id"))
	require.NotContains(t, got.Header, "Idempotency-Key")
	require.Equal(t, "test", got.Header.Get("User-Agent"))
	require.Empty(t, header.Get("User-Agent"), "the caller's header is its own")
}

func TestPostMeetsFaults(t *testing.T) {
	t.Parallel()
	hangs := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	stops := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	for name, tc := range map[string]struct {
		address string
		config  Config
		code    string
		says    string
	}{
		"no address":                     {"ftp://example.org", Config{}, CodeInvalidURL, "The address is not one"},
		"nobody answers":                 {"http://127.0.0.1:1/hook", Config{}, CodeConnectFailed, "Nobody answers at http://127.0.0.1:1/hook."},
		"a private address":              {"http://10.0.0.1/hook", Config{}, CodeAddressRefused, "http://10.0.0.1/hook is not called: 10.0.0.1 has a private address."},
		"the cloud's metadata":           {"http://169.254.169.254/latest", Config{}, CodeAddressRefused, "the address of a cloud's metadata"},
		"a private address in disguise":  {"http://[::ffff:10.0.0.1]/", Config{}, CodeAddressRefused, "is not called"},
		"an answer that does not come":   {hangs.URL + "?token=hush", Config{Timeout: 50 * time.Millisecond}, CodeTimeout, "did not finish its answer in time"},
		"a header that does not come":    {hangs.URL, Config{HeaderTimeout: 50 * time.Millisecond}, CodeTimeout, "did not answer in time"},
		"a host that is of this machine": {"http://localhost:1/", Config{}, CodeConnectFailed, "Nobody answers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := poster(t, tc.config).Post(t.Context(), tc.address, http.Header{}, []byte("{}"), 10)
			var fault *Error
			require.ErrorAs(t, err, &fault)
			require.Equal(t, tc.code, fault.Code)
			require.Contains(t, fault.Message, tc.says)
			require.NotContains(t, fault.Message, "hush")
		})
	}
	t.Run("a name that leads inside is refused when it is dialled", func(t *testing.T) {
		t.Parallel()
		p := NewPoster(Config{})
		t.Cleanup(p.Close)
		_, err := p.Post(t.Context(), strings.Replace(hangs.URL, "127.0.0.1", "localhost", 1), http.Header{}, nil, 10)
		require.ErrorContains(t, err, "is not called: localhost has a loopback address.")
	})
	t.Run("a body that stops is an answer", func(t *testing.T) {
		t.Parallel()
		answer, err := poster(t, Config{Timeout: 300 * time.Millisecond}).Post(t.Context(), stops.URL, http.Header{}, nil, 10)
		require.NoError(t, err)
		require.Equal(t, PostAnswer{Status: 200, Body: []byte("half")}, answer)
	})
	t.Run("whoever gives up is told so", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := poster(t, Config{}).Post(ctx, hangs.URL, http.Header{}, nil, 10)
		var fault *Error
		require.True(t, errors.As(err, &fault))
		require.Equal(t, CodeCanceled, fault.Code)
	})
}

// A connection that the receiver has closed meanwhile costs no delivery.
func TestPostGoesOnWithAnotherConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	})
	p := poster(t, Config{})
	for range 3 {
		answer, err := p.Post(t.Context(), s.URL, http.Header{}, []byte("again"), 10)
		require.NoError(t, err)
		require.Equal(t, "again", string(answer.Body))
		s.CloseClientConnections()
	}
}
