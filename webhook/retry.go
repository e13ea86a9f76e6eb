package webhook

import (
	"math/rand/v2"
	"net/http"
	"time"
)

// waits are the specification's, before each attempt after the first: about 75 hours in all.
var waits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// MaxAttempts is how often a delivery is tried before it has failed for good.
var MaxAttempts = len(waits) + 1

// maxRetryAfter is the longest wait that a receiver can ask for.
const maxRetryAfter = 24 * time.Hour

// An Answer is what an attempt has met: a status of zero is that no answer came.
type Answer struct {
	Status int
	// RetryAfter is how long the receiver asks to wait; zero where it does not say.
	RetryAfter time.Duration
}

// Succeeded reports whether the receiver has it. A redirect is no success, and is not followed.
func (a Answer) Succeeded() bool { return a.Status >= 200 && a.Status < 300 }

// Gone reports that the receiver wants nothing more.
func (a Answer) Gone() bool { return a.Status == http.StatusGone }

// away: it is the receiver that cannot take anything now, whatever is sent.
func (a Answer) away() bool {
	switch a.Status {
	case 0, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// asked is the wait that the receiver asks for, where its answer is one that may ask.
func (a Answer) asked() time.Duration {
	if a.Status == 0 || !a.away() {
		return 0
	}
	return min(a.RetryAfter, maxRetryAfter)
}

// RetryIn is how long a delivery waits after so many failed attempts, the last of which had this answer: the
// specification's wait, longer where the receiver asks for it, and up to a tenth more by chance. It answers false where
// nothing more is tried.
func RetryIn(attempts int, a Answer) (time.Duration, bool) {
	if a.Gone() || attempts >= MaxAttempts {
		return 0, false
	}
	return jittered(max(waits[attempts-1], a.asked())), true
}

// Rest is how long a receiver is left alone altogether that does not take anything now, after so many failures in a
// row: from 5 seconds, doubling, to 5 minutes; longer where it asks for it. Zero where others may be better received.
func Rest(failures int, a Answer) time.Duration {
	if !a.away() {
		return 0
	}
	doubling := 5 * time.Second << min(max(failures-1, 0), 10)
	return jittered(max(min(doubling, 5*time.Minute), a.asked()))
}

func jittered(d time.Duration) time.Duration {
	return d + rand.N(d/10+1) //nolint:gosec // jitter is no secret
}
