package server_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A clock stands until it is advanced.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// limited is what an answer says of the limit.
func (a answer) limited() [3]string {
	return [3]string{a.Header.Get("RateLimit-Limit"), a.Header.Get("RateLimit-Remaining"), a.Header.Get("RateLimit-Reset")}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	clock := &clock{at: time.Now()}
	w := newWorld(t, func(o *options) { o.settings.RateLimit, o.now = 0.5, clock.now })
	reader := "Authorization: Bearer " + w.keyWith("read")

	// Two at once, as four seconds' worth; what is refused for other reasons counts, too.
	require.Equal(t, [3]string{"2", "1", "2"}, w.send("GET", "/topics", "", reader).limited())
	forbidden := w.send("DELETE", "/topics/"+unknownID, "", reader)
	forbidden.refused(t, http.StatusForbidden, "FORBIDDEN")
	require.Equal(t, [3]string{"2", "0", "4"}, forbidden.limited())
	over := w.send("GET", "/topics", "", reader)
	require.EqualValues(t, 2, over.refused(t, http.StatusTooManyRequests, "RATE_LIMITED").Details["retry_after_seconds"])
	require.Equal(t, "2", over.Header.Get("Retry-After"))
	require.Equal(t, [3]string{"2", "0", "4"}, over.limited())

	// Another key has its own.
	other := "Authorization: Bearer " + w.keyWith("read")
	require.Equal(t, [3]string{"2", "1", "2"}, w.send("GET", "/topics", "", other).limited())

	// Time fills it again; asking in vain does not empty it.
	clock.advance(1900 * time.Millisecond)
	require.Equal(t, "1", w.send("GET", "/topics", "", reader).Header.Get("Retry-After"))
	clock.advance(200 * time.Millisecond)
	require.Equal(t, http.StatusOK, w.send("GET", "/topics", "", reader).StatusCode)
	w.send("GET", "/topics", "", reader).refused(t, http.StatusTooManyRequests, "RATE_LIMITED")
	clock.advance(time.Hour)
	require.Equal(t, [3]string{"2", "1", "2"}, w.send("GET", "/topics", "", reader).limited(), "never more than full")

	// Everything is counted: open pages, guesses and what does not exist, by address.
	const anonymous = "Authorization: "
	require.Equal(t, [3]string{"2", "1", "2"}, w.site("GET", "/openapi.yaml").limited())
	require.Equal(t, [3]string{"2", "0", "4"}, w.site("GET", "/nowhere").limited())
	w.site("GET", "/openapi.yaml").refused(t, http.StatusTooManyRequests, "RATE_LIMITED")
	w.site("GET", "/monitor/").refused(t, http.StatusTooManyRequests, "RATE_LIMITED")
	w.send("GET", "/admin/health", "", anonymous).refused(t, http.StatusTooManyRequests, "RATE_LIMITED")
	w.send("GET", "/topics", "", anonymous).refused(t, http.StatusTooManyRequests, "RATE_LIMITED")
	w.send("GET", "/topics", "", "Authorization: Bearer cc_guess").refused(t, http.StatusTooManyRequests, "RATE_LIMITED")
	require.Equal(t, http.StatusOK, w.send("GET", "/topics", "", reader).StatusCode, "who has a key does not suffer from others")
}

func TestRateLimitChanges(t *testing.T) {
	t.Parallel()
	clock := &clock{at: time.Now()}
	w := newWorld(t, func(o *options) { o.now = clock.now })
	require.Equal(t, [3]string{"", "", ""}, w.send("GET", "/topics", "").limited(), "0 is no limit")
	reader := "Authorization: Bearer " + w.keyWith("read")

	w.send("PATCH", "/admin/config", `{"rate_limit":1}`).object(t, http.StatusOK)
	require.Equal(t, [3]string{"4", "3", "1"}, w.send("GET", "/topics", "", reader).limited())
	w.send("PATCH", "/admin/config", `{"rate_limit":0.25}`).object(t, http.StatusOK)
	require.Equal(t, [3]string{"1", "0", "4"}, w.send("GET", "/topics", "", reader).limited(), "a smaller bucket holds less")
	w.send("GET", "/topics", "", reader).refused(t, http.StatusTooManyRequests, "RATE_LIMITED")
	clock.advance(time.Hour)
	w.send("PATCH", "/admin/config", `{"rate_limit":100}`).object(t, http.StatusOK)
	clock.advance(time.Hour)
	require.Equal(t, [3]string{"400", "399", "1"}, w.send("GET", "/topics", "", reader).limited())
	w.send("PATCH", "/admin/config", `{"rate_limit":0}`).object(t, http.StatusOK)
	for range 10 {
		require.Equal(t, [3]string{"", "", ""}, w.send("GET", "/topics", "", reader).limited())
	}
}

// Whoever could choose the address by which requests without a key are counted had no limit, and wrote what the log tells.
func TestForwardedAddressIsNotBelieved(t *testing.T) {
	t.Parallel()
	clock := &clock{at: time.Now()}
	w := newWorld(t, func(o *options) { o.settings.RateLimit, o.now = 0.5, clock.now })
	for i, status := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests, http.StatusTooManyRequests} {
		from := fmt.Sprint("192.0.2.", i)
		a := w.send("GET", "/admin/health", "", "Authorization: ", "X-Forwarded-For: "+from, "X-Real-Ip: "+from, "Forwarded: for="+from)
		require.Equal(t, status, a.StatusCode, "request %d", i)
	}
	require.NotContains(t, w.log.String(), "192.0.2.")
}
