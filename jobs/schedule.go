package jobs

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// A schedule is how long a source is left alone, and why.
type schedule struct {
	wait   time.Duration
	reason store.PollReason
}

// afterSuccess is when a source is asked again that has answered. It follows how often the source
// publishes, half of that, within the collection's bounds; longer where the server or the feed ask
// for it; and out of the hours and days in which the feed wants no visits.
func afterSuccess(c store.Collection, p store.Pace, now time.Time) schedule {
	s := ownInterval(c, p, now)
	for _, rest := range []store.Rest{p.Fresh, p.Wish} {
		if wait := rest.Duration(); wait > s.wait {
			s = s.outweighed(wait, store.PollStep{Code: "source_wish", Words: &rest.Words})
		}
	}
	return s.jittered().outside(p, now)
}

// ownInterval is the interval without the source's wishes.
func ownInterval(c store.Collection, p store.Pace, now time.Time) schedule {
	fixed := minutes(c.PollIntervalMinutes)
	if !c.AdaptivePolling {
		return lasting("interval", fixed)
	}
	if p.Newest == nil {
		return lasting("unknown_pace", fixed)
	}
	// A source that has been silent for longer than usual is asked less often, too.
	silent := now.Sub(*p.Newest)
	gap := time.Duration(p.Gap) * time.Second
	computed := max(gap, silent) / 2
	why := store.StepLasting("half_of_gap", gap)
	if silent > gap {
		why = store.StepLasting("half_of_silence", silent)
	}
	switch least, most := minutes(c.MinPollIntervalMinutes), minutes(c.MaxPollIntervalMinutes); {
	case computed < least:
		return lasting("least_interval", least, why)
	case computed > most:
		return lasting("longest_interval", most, why)
	}
	return lasting("computed", computed, why)
}

// afterFailure is when a source is asked again that could not be read. Feedbin's curve: the fourth
// power of the failures in a row, from 8 (68 minutes) to 23 (3 days 6 hours), in seconds; never less
// than the source asks for or than its interval.
func afterFailure(c store.Collection, failures int, fault *collect.Error) schedule {
	n := time.Duration(min(max(failures, 8), 23))
	s := schedule{n * n * n * n * time.Second, store.PollReason{{Code: "back_off", Count: &failures}}}
	if fixed := minutes(c.PollIntervalMinutes); !c.AdaptivePolling && fixed > s.wait {
		s = s.outweighed(fixed, store.StepLasting("interval", fixed))
	}
	if fault.RetryAfter > s.wait {
		s = s.outweighed(fault.RetryAfter, store.StepLasting("retry_after", fault.RetryAfter))
	}
	return s.jittered()
}

// networkRest is how long polls wait while no site at all answers.
const networkRest = 5 * time.Minute

// afterSilence is when a source is asked again that may not be at fault.
func afterSilence() schedule {
	return schedule{networkRest, store.PollReason{{Code: "network_down"}}}.jittered()
}

// lasting is a schedule that one step decides, and what that was weighed against.
func lasting(code string, wait time.Duration, against ...store.PollStep) schedule {
	return schedule{wait, append(store.PollReason{store.StepLasting(code, wait)}, against...)}
}

// outweighed is the schedule of a step that asks for longer.
func (s schedule) outweighed(wait time.Duration, by store.PollStep) schedule {
	return schedule{wait, append(store.PollReason{by}, s.reason...)}
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
	return schedule{at.Sub(now) + rand.N(10*time.Minute), append(s.reason, store.PollStep{Code: "skip_hours"})} //nolint:gosec // jitter is no secret
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }
