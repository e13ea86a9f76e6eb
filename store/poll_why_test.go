package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

// TestWhyThen: the reason of a next poll is read step by step, what decided first.
func TestWhyThen(t *testing.T) {
	t.Parallel()
	lasting := func(code string, seconds int64) store.PollStep { return store.PollStep{Code: code, Seconds: &seconds} }
	failed := func(count int) store.PollStep { return store.PollStep{Code: "back_off", Count: &count} }
	saying := func(code, words string) store.PollStep { return store.PollStep{Code: code, Words: &words} }
	for reason, steps := range map[string][]store.PollStep{
		"":                             {},
		"its interval of 1 d 12 h":     {lasting("interval", 129600)},
		"it has just been added":       {{Code: "added"}},
		"its settings were changed":    {{Code: "settings_changed"}},
		"its interval was changed":     {{Code: "interval_changed"}},
		"something that is newer":      {saying("other", "something that is newer")},
		"the back-off after a failure": {failed(1)},
		"its interval of 7 d is longer than the back-off after 3 failures in a row":                       {lasting("interval", 604800), failed(3)},
		"it asked to wait 1 h (Retry-After), which is longer than the back-off after 9 failures in a row": {lasting("retry_after", 3600), failed(9)},
		"max-age 21600 is longer than the computed 3 h, half of the 6 h between its entries": {
			saying("source_wish", "max-age 21600"), lasting("computed", 10800), lasting("half_of_gap", 21600),
		},
		"ttl 180 is longer than max-age 7200 is longer than 1 h, as nothing tells how often it publishes, moved out of its skipHours and skipDays": {
			saying("source_wish", "ttl 180"), saying("source_wish", "max-age 7200"), lasting("unknown_pace", 3600), {Code: "skip_hours"},
		},
		"its least interval of 15 min (half of the 1 min 5 s between its entries is less)": {lasting("least_interval", 900), lasting("half_of_gap", 65)},
		"its longest interval of 1 d (half of the 400 d since its newest entry is more)":   {lasting("longest_interval", 86400), lasting("half_of_silence", 34560000)},
		"no site answers, so the fault seems to be on our side; it is not counted":         {{Code: "network_down"}},
		"the budget of its site, which others share, is used up":                           {{Code: "host_budget"}},
	} {
		require.Equal(t, steps, store.WhyThen(reason), reason)
	}
}
