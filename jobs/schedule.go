package jobs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// A schedule is how long a source is left alone, and why, in words that follow "in 6 h: ".
type schedule struct {
	wait   time.Duration
	reason string
}

// afterSuccess is when a source is asked again that has answered. It follows how often the source
// publishes, half of that, within the collection's bounds; longer where the server or the feed ask
// for it; and out of the hours and days in which the feed wants no visits.
func afterSuccess(c store.Collection, p store.Pace, now time.Time) schedule {
	s := ownInterval(c, p, now)
	for _, rest := range []store.Rest{p.Fresh, p.Wish} {
		if wait := rest.Duration(); wait > s.wait {
			s = schedule{wait, fmt.Sprintf("%s is longer than %s", rest.Words, s.reason)}
		}
	}
	return s.jittered().outside(p, now)
}

// ownInterval is the interval without the source's wishes.
func ownInterval(c store.Collection, p store.Pace, now time.Time) schedule {
	fixed := minutes(c.PollIntervalMinutes)
	if !c.AdaptivePolling {
		return schedule{fixed, "its interval of " + store.Spell(fixed)}
	}
	if p.Newest == nil {
		return schedule{fixed, fmt.Sprintf("%s, as nothing tells how often it publishes", store.Spell(fixed))}
	}
	// A source that has been silent for longer than usual is asked less often, too.
	silent := now.Sub(*p.Newest)
	gap := time.Duration(p.Gap) * time.Second
	computed := max(gap, silent) / 2
	why := fmt.Sprintf("half of the %s between its entries", store.Spell(gap))
	if silent > gap {
		why = fmt.Sprintf("half of the %s since its newest entry", store.Spell(silent))
	}
	switch least, most := minutes(c.MinPollIntervalMinutes), minutes(c.MaxPollIntervalMinutes); {
	case computed < least:
		return schedule{least, fmt.Sprintf("its least interval of %s (%s is less)", store.Spell(least), why)}
	case computed > most:
		return schedule{most, fmt.Sprintf("its longest interval of %s (%s is more)", store.Spell(most), why)}
	}
	return schedule{computed, fmt.Sprintf("the computed %s, %s", store.Spell(computed), why)}
}

// afterFailure is when a source is asked again that could not be read. Feedbin's curve: the fourth
// power of the failures in a row, from 8 (68 minutes) to 23 (3 days 6 hours), in seconds; never less
// than the source asks for or than its interval.
func afterFailure(c store.Collection, failures int, fault *collect.Error) schedule {
	n := time.Duration(min(max(failures, 8), 23))
	s := schedule{n * n * n * n * time.Second, fmt.Sprintf("the back-off after %s", times(failures))}
	if fixed := minutes(c.PollIntervalMinutes); !c.AdaptivePolling && fixed > s.wait {
		s = schedule{fixed, fmt.Sprintf("its interval of %s is longer than %s", store.Spell(fixed), s.reason)}
	}
	if fault.RetryAfter > s.wait {
		s = schedule{fault.RetryAfter, fmt.Sprintf("it asked to wait %s (Retry-After), which is longer than %s", store.Spell(fault.RetryAfter), s.reason)}
	}
	return s.jittered()
}

// networkRest is how long polls wait while no site at all answers.
const networkRest = 5 * time.Minute

// afterSilence is when a source is asked again that may not be at fault.
func afterSilence() schedule {
	return schedule{networkRest, "no site answers, so the fault seems to be on our side; it is not counted"}.jittered()
}

// jittered adds up to a twentieth by chance, so that sources added together drift apart.
func (s schedule) jittered() schedule {
	s.wait += rand.N(s.wait/20 + 1) //nolint:gosec // jitter is no secret
	return s
}

// outside moves the end of the wait out of the hours and days that the feed names.
func (s schedule) outside(p store.Pace, now time.Time) schedule {
	at := now.Add(s.wait).UTC()
	start := at
	// A week has 168 hours, and some of them are allowed.
	for range 168 {
		if !slices.Contains(p.SkipHours, at.Hour()) && !slices.Contains(p.SkipDays, at.Weekday()) {
			break
		}
		at = at.Truncate(time.Hour).Add(time.Hour)
	}
	if at.Equal(start) {
		return s
	}
	return schedule{at.Sub(now) + rand.N(10*time.Minute), s.reason + ", moved out of its skipHours and skipDays"} //nolint:gosec // jitter is no secret
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

func times(n int) string {
	if n == 1 {
		return "a failure"
	}
	return fmt.Sprintf("%d failures in a row", n)
}
