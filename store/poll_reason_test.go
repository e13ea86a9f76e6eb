package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/migrations"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestPollReason(t *testing.T) {
	t.Parallel()
	failed := func(count int) store.PollStep { return store.PollStep{Code: "back_off", Count: &count} }
	saying := func(code, words string) store.PollStep { return store.PollStep{Code: code, Words: &words} }
	for sentence, reason := range map[string]store.PollReason{
		"":                             nil,
		"its interval of 1 d 12 h":     {store.StepLasting("interval", 36*time.Hour)},
		"it has just been added":       {{Code: "added"}},
		"its settings were changed":    {{Code: "settings_changed"}},
		"its interval was changed":     {{Code: "interval_changed"}},
		"as it was told before":        {saying("other", "as it was told before")},
		"the back-off after a failure": {failed(1)},
		"its interval of 7 d is longer than the back-off after 3 failures in a row": {store.StepLasting("interval", 7*24*time.Hour), failed(3)},
		"it asked to wait 1 h (Retry-After), which is longer than the back-off after 9 failures in a row": {
			store.StepLasting("retry_after", time.Hour), failed(9),
		},
		"max-age 21600 is longer than the computed 3 h, half of the 6 h between its entries": {
			saying("source_wish", "max-age 21600"), store.StepLasting("computed", 3*time.Hour), store.StepLasting("half_of_gap", 6*time.Hour),
		},
		"ttl 180 is longer than max-age 7200 is longer than 1 h, as nothing tells how often it publishes, moved out of its skipHours and skipDays": {
			saying("source_wish", "ttl 180"), saying("source_wish", "max-age 7200"), store.StepLasting("unknown_pace", time.Hour), {Code: "skip_hours"},
		},
		"its least interval of 15 min (half of the 1 min 5 s between its entries is less), moved out of its skipHours and skipDays": {
			store.StepLasting("least_interval", 15*time.Minute), store.StepLasting("half_of_gap", 65*time.Second), {Code: "skip_hours"},
		},
		"its longest interval of 1 d (half of the 400 d since its newest entry is more)": {
			store.StepLasting("longest_interval", 24*time.Hour), store.StepLasting("half_of_silence", 400*24*time.Hour),
		},
		"no site answers, so the fault seems to be on our side; it is not counted": {{Code: "network_down"}},
		"the budget of its site, which others share, is used up":                   {{Code: "host_budget"}},
	} {
		require.Equal(t, sentence, reason.String())
		told, err := json.Marshal(reason)
		require.NoError(t, err)
		spoken, err := json.Marshal(sentence)
		require.NoError(t, err)
		require.JSONEq(t, string(spoken), string(told), "the API's reason is the sentence")
	}
}

// statements are those of a migration.
func statements(t *testing.T, name string) string {
	t.Helper()
	content, err := migrations.Files.ReadFile(name)
	require.NoError(t, err)
	return string(content)
}

// TestMigrateReasons: what was written as a sentence keeps it, and what is written in steps can be read as words again.
func TestMigrateReasons(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	up, down := statements(t, "0028_poll_reasons.up.sql"), statements(t, "0028_poll_reasons.down.sql")
	c := aCollection(t, s, oldAddress)
	reason := store.PollReason{store.StepLasting("computed", 3*time.Hour), store.StepLasting("half_of_gap", 6*time.Hour)}
	poll := store.Poll{Asked: c, At: time.Now(), NextPollAt: time.Now().Add(time.Hour), NextPollReason: reason, NotModified: true}
	_, err := s.SavePoll(t.Context(), poll)
	require.NoError(t, err)
	execute := func(statement string) {
		t.Helper()
		_, err := s.Pool().Exec(t.Context(), statement, pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)
	}
	reread := func() (store.Collection, store.Fetch) {
		t.Helper()
		s.Pool().Reset()
		c, err := s.Collection(t.Context(), c.ID)
		require.NoError(t, err)
		fetches, err := s.Fetches(t.Context(), c.ID, store.FetchFilter{}, store.Page{})
		require.NoError(t, err)
		return c, fetches.Items[0]
	}
	written, line := reread()
	require.Equal(t, reason, written.NextPollReason)
	require.Equal(t, reason, line.NextPollReason)
	require.Equal(t, []store.PollStep(reason), line.NextPollWhy)

	execute(down)
	execute(up)
	written, line = reread()
	require.Equal(t, "computed (10800 s), half of gap (21600 s)", written.NextPollReason.String())
	require.Equal(t, "other", line.NextPollWhy[0].Code)
	require.Equal(t, "computed (10800 s), half of gap (21600 s)", line.NextPollReason.String())

	execute(down)
	execute(`update collections set next_poll_reason = 'its settings were changed'; update fetches set next_poll_reason = 'ttl 180 is longer than 1 h'`)
	execute(up)
	written, line = reread()
	require.Equal(t, store.PollReason{{Code: "settings_changed"}}, written.NextPollReason)
	require.Equal(t, store.PollReason{{Code: "other", Words: new("ttl 180 is longer than 1 h")}}, line.NextPollReason)
	require.Equal(t, store.PollReason{{Code: "added"}}, aCollection(t, s, newAddress).NextPollReason)
}
