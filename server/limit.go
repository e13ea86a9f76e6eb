package server

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// burst is how many seconds' worth of requests may come at once.
const burst = 4

// maxBuckets bounds the limiter's memory.
const maxBuckets = 10_000

// A limiter gives each client a token bucket.
type limiter struct {
	now     func() time.Time
	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, buckets: map[string]*rate.Limiter{}}
}

// take takes one token of a client's bucket, which is refilled at perSecond. left is how many are
// there still, wait how long until there is one again.
func (l *limiter) take(client string, perSecond float64) (left float64, wait time.Duration) {
	size := bucketSize(perSecond)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	bucket := l.buckets[client]
	// Another limit begins with a full bucket: the old one says little of it.
	if bucket == nil || bucket.Limit() != rate.Limit(perSecond) {
		l.makeRoom(now)
		bucket = rate.NewLimiter(rate.Limit(perSecond), size)
		l.buckets[client] = bucket
	}
	if !bucket.AllowN(now, 1) {
		missing := 1 - bucket.TokensAt(now)
		return 0, time.Duration(missing / perSecond * float64(time.Second))
	}
	return bucket.TokensAt(now), 0
}

// makeRoom forgets full buckets once there are many, since a new one is full, too; and all if that is not
// enough, since memory must not grow with the number of addresses.
func (l *limiter) makeRoom(now time.Time) {
	if len(l.buckets) < maxBuckets {
		return
	}
	for client, bucket := range l.buckets {
		if bucket.TokensAt(now) >= float64(bucket.Burst()) {
			delete(l.buckets, client)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}

func bucketSize(perSecond float64) int { return max(1, int(burst*perSecond)) }

// limit counts a request against a client's bucket and says in the answer's headers what is left.
func (s *Server) limit(c echo.Context, client string) error {
	perSecond := s.runtime.Load().rateLimit
	if perSecond == 0 {
		return nil
	}
	left, wait := s.limits.take(client, perSecond)
	size := bucketSize(perSecond)
	header := c.Response().Header()
	header["Ratelimit-Limit"] = []string{strconv.Itoa(size)}
	header["Ratelimit-Remaining"] = []string{strconv.Itoa(int(left))}
	header["Ratelimit-Reset"] = []string{strconv.Itoa(int(math.Ceil((float64(size) - left) / perSecond)))}
	if wait == 0 {
		return nil
	}
	seconds := int(math.Ceil(wait.Seconds()))
	return &problem{
		status: http.StatusTooManyRequests, code: "RATE_LIMITED",
		message: fmt.Sprintf("Too many requests. Try again in %d s.", seconds),
		details: map[string]any{"retry_after_seconds": seconds},
		header:  map[string]string{"Retry-After": strconv.Itoa(seconds)},
	}
}
