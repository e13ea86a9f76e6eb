package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	t.Run("begin with the environment's", func(t *testing.T) {
		t.Parallel()
		settings, err := storetest.New(t).Settings(t.Context())
		require.NoError(t, err)
		require.Equal(t, store.Settings{PollingEnabled: true, Revision: 1}, settings)
	})
}

func TestUpdateSettings(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		update store.SettingsUpdate
		expect func(*store.Settings)
	}{
		"polling":             {store.SettingsUpdate{PollingEnabled: new(false)}, func(s *store.Settings) { s.PollingEnabled = false }},
		"rate limit":          {store.SettingsUpdate{RateLimit: given(0.5)}, func(s *store.Settings) { s.RateLimit = new(0.5) }},
		"rate limit to 0":     {store.SettingsUpdate{RateLimit: given(0.0)}, func(s *store.Settings) { s.RateLimit = new(0.0) }},
		"rate limit to null":  {store.SettingsUpdate{RateLimit: cleared[float64]()}, func(s *store.Settings) { s.RateLimit = nil }},
		"log level":           {store.SettingsUpdate{LogLevel: given("debug")}, func(s *store.Settings) { s.LogLevel = new("debug") }},
		"log level to null":   {store.SettingsUpdate{LogLevel: cleared[string]()}, func(s *store.Settings) { s.LogLevel = nil }},
		"nothing that is set": {store.SettingsUpdate{}, func(*store.Settings) {}},
	}
	for name, tc := range cases {
		t.Run("changes "+name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			before, err := s.UpdateSettings(t.Context(), 1, store.SettingsUpdate{RateLimit: given(7.5), LogLevel: given("warn")})
			require.NoError(t, err)
			heard, _ := listen(t, s)
			after, err := s.UpdateSettings(t.Context(), before.Revision, tc.update)
			require.NoError(t, err)
			require.Equal(t, "settings", soon(t, heard))
			require.WithinDuration(t, time.Now(), *after.UpdatedAt, time.Minute)
			expected := before
			tc.expect(&expected)
			expected.Revision, expected.UpdatedAt = 3, after.UpdatedAt
			require.Equal(t, expected, after)
			read, err := s.Settings(t.Context())
			require.NoError(t, err)
			require.Equal(t, after, read)
		})
	}

	t.Run("refuses a stale revision", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		_, err := s.UpdateSettings(t.Context(), 2, store.SettingsUpdate{PollingEnabled: new(false)})
		require.Equal(t, "config", theRefusal(t, err, store.KindStale).Resource)
		settings, err := s.Settings(t.Context())
		require.NoError(t, err)
		require.True(t, settings.PollingEnabled)
	})

	t.Run("refuses what is not allowed", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		_, err := s.UpdateSettings(t.Context(), 0, store.SettingsUpdate{RateLimit: given(-1.0)})
		requireFault(t, err, "rate_limit")
		_, err = s.UpdateSettings(t.Context(), 0, store.SettingsUpdate{LogLevel: given("loud")})
		requireFault(t, err, "log_level")
	})
}
