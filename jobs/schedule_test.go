package jobs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// requireAbout wants a wait of at least this, and at most a twentieth more.
func requireAbout(t *testing.T, want, got time.Duration) {
	t.Helper()
	require.GreaterOrEqual(t, got, want)
	require.LessOrEqual(t, got, want+want/20)
}

func TestScheduleAfterSuccess(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) // a Monday
	ago := func(d time.Duration) *time.Time { return new(now.Add(-d)) }
	adaptive := store.Collection{AdaptivePolling: true, PollIntervalMinutes: 60, MinPollIntervalMinutes: 15, MaxPollIntervalMinutes: 1440}
	cases := map[string]struct {
		collection store.Collection
		pace       store.Pace
		want       time.Duration
		reason     string
	}{
		"a fixed interval": {
			store.Collection{PollIntervalMinutes: 30},
			store.Pace{Gap: 9000, Newest: ago(time.Hour)},
			30 * time.Minute, "its interval of 30 min",
		},
		"nothing is known": {adaptive, store.Pace{}, time.Hour, "1 h, as nothing tells how often it publishes"},
		"it publishes every six hours": {
			adaptive,
			store.Pace{Gap: 6 * 3600, Newest: ago(time.Hour)},
			3 * time.Hour, "the computed 3 h, half of the 6 h between its entries",
		},
		"it has been silent": {
			adaptive,
			store.Pace{Gap: 3600, Newest: ago(10 * time.Hour)},
			5 * time.Hour, "the computed 5 h, half of the 10 h since its newest entry",
		},
		"it never stops": {
			adaptive,
			store.Pace{Gap: 60, Newest: ago(0)},
			15 * time.Minute, "its least interval of 15 min (half of the 1 min between its entries is less)",
		},
		"it is dead": {
			adaptive,
			store.Pace{Newest: ago(400 * 24 * time.Hour)},
			24 * time.Hour, "its longest interval of 1 d (half of the 400 d since its newest entry is more)",
		},
		"the server asks for more": {
			adaptive,
			store.Pace{Gap: 6 * 3600, Newest: ago(time.Hour), Fresh: store.Rest{Seconds: 21600, Words: "max-age 21600"}},
			6 * time.Hour, "max-age 21600 is longer than the computed 3 h, half of the 6 h between its entries",
		},
		"the feed asks for even more": {
			adaptive,
			store.Pace{Fresh: store.Rest{Seconds: 7200, Words: "max-age 7200"}, Wish: store.Rest{Seconds: 10800, Words: "ttl 180"}},
			3 * time.Hour, "ttl 180 is longer than max-age 7200 is longer than 1 h, as nothing tells how often it publishes",
		},
		"the server asks for less": {
			adaptive, store.Pace{Fresh: store.Rest{Seconds: 60, Words: "max-age 60"}}, time.Hour, "1 h, as nothing tells how often it publishes",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			different := map[time.Duration]bool{}
			for range 100 {
				got := afterSuccess(tc.collection, tc.pace, now)
				requireAbout(t, tc.want, got.wait)
				require.Equal(t, tc.reason, got.reason.String())
				different[got.wait] = true
			}
			require.Greater(t, len(different), 50, "chance sets sources apart")
		})
	}

	t.Run("hours in which it wants no visits", func(t *testing.T) {
		t.Parallel()
		got := afterSuccess(adaptive, store.Pace{SkipHours: []int{13, 14}}, now)
		require.GreaterOrEqual(t, got.wait, 3*time.Hour)
		require.Less(t, got.wait, 3*time.Hour+10*time.Minute)
		require.Equal(t, "1 h, as nothing tells how often it publishes, moved out of its skipHours and skipDays", got.reason.String())
	})
	t.Run("days in which it wants no visits", func(t *testing.T) {
		t.Parallel()
		got := afterSuccess(adaptive, store.Pace{SkipDays: []time.Weekday{time.Monday, time.Tuesday}, SkipHours: []int{0}}, now)
		require.GreaterOrEqual(t, got.wait, 37*time.Hour)
		require.Less(t, got.wait, 37*time.Hour+10*time.Minute)
	})
	t.Run("hours that do not matter", func(t *testing.T) {
		t.Parallel()
		got := afterSuccess(adaptive, store.Pace{SkipHours: []int{12, 15}}, now)
		requireAbout(t, time.Hour, got.wait)
	})
}

func TestScheduleAfterFailure(t *testing.T) {
	t.Parallel()
	adaptive := store.Collection{AdaptivePolling: true, PollIntervalMinutes: 60}
	weekly := store.Collection{PollIntervalMinutes: 10080}
	cases := map[string]struct {
		collection store.Collection
		failures   int
		retryAfter time.Duration
		want       time.Duration
		reason     string
	}{
		"the first":                       {adaptive, 1, 0, 4096 * time.Second, "the back-off after a failure"},
		"the eighth":                      {adaptive, 8, 0, 4096 * time.Second, "the back-off after 8 failures in a row"},
		"the ninth":                       {adaptive, 9, 0, 6561 * time.Second, "the back-off after 9 failures in a row"},
		"the 23rd":                        {adaptive, 23, 0, 279841 * time.Second, "the back-off after 23 failures in a row"},
		"the millionth":                   {adaptive, 1_000_000, 0, 279841 * time.Second, "the back-off after 1000000 failures in a row"},
		"of one that is asked each week":  {weekly, 3, 0, 7 * 24 * time.Hour, "its interval of 7 d is longer than the back-off after 3 failures in a row"},
		"of one that asks to wait":        {adaptive, 1, 25*time.Hour + 90*time.Second, 25*time.Hour + 90*time.Second, "it asked to wait 1 d 1 h (Retry-After), which is longer than the back-off after a failure"},
		"of one that asks to wait less":   {adaptive, 1, time.Minute, 4096 * time.Second, "the back-off after a failure"},
		"of one that asks to wait a week": {adaptive, 30, collect.MaxRetryAfter, collect.MaxRetryAfter, "it asked to wait 7 d (Retry-After), which is longer than the back-off after 30 failures in a row"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := afterFailure(tc.collection, tc.failures, &collect.Error{RetryAfter: tc.retryAfter})
			requireAbout(t, tc.want, got.wait)
			require.Equal(t, tc.reason, got.reason.String())
		})
	}
	requireAbout(t, networkRest, afterSilence().wait)
}
