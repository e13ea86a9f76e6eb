package store_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestFiguresSayWhereTheyComeFrom(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	honest := func(document string) bool {
		var answer bool
		require.NoError(t, s.Pool().QueryRow(t.Context(), `select honest_figures($1::jsonb)`, document).Scan(&answer), document)
		return answer
	}
	written := func(value any) string {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		return string(text)
	}
	guess := written(store.Guessed(5, "searches", "a model", at))
	derived := written(store.Derived(5, "searches", "a formula", at))
	measured := written(store.Measured(5, "searches", "a source", at))
	unknown := written(store.Unknown("searches"))
	require.JSONEq(t, `{"value":null,"unit":"searches","source":null,"measured_at":null,"method":null}`, unknown)
	require.JSONEq(t, `{"value":5,"unit":"searches","source":"a source","measured_at":"2026-11-23T10:00:00Z","method":"measured"}`, measured)

	for _, field := range []string{"search_volume", "cpc", "competition", "approx_traffic", "suggestion_position"} {
		for _, frame := range []string{`{"` + field + `":%}`, `{"a":[{"b":{"` + field + `":%}}]}`} {
			in := func(figure string) string { return strings.Replace(frame, "%", figure, 1) }
			require.True(t, honest(in(measured)), field)
			require.True(t, honest(in(unknown)), field)
			require.False(t, honest(in(guess)), field)
			require.False(t, honest(in(derived)), field)
			require.False(t, honest(in(`{"value":5,"unit":"searches"}`)), field)
		}
	}
	for _, figure := range []string{guess, derived, measured, unknown} {
		require.True(t, honest(`{"relevance":`+figure+`,"list":[`+figure+`,`+unknown+`]}`))
	}
	for _, broken := range []string{
		`{"value":5,"unit":"x","source":null,"measured_at":null,"method":null}`,
		`{"value":null,"unit":"x","source":"s","measured_at":"2026-11-23T10:00:00Z","method":"measured"}`,
		`{"value":5,"unit":"x","source":"s","measured_at":"2026-11-23T10:00:00Z","method":"felt"}`,
		`{"value":5,"unit":"x","source":"s","measured_at":null,"method":"derived"}`,
	} {
		require.False(t, honest(`{"deep":[{"relevance":`+broken+`}]}`), broken)
		require.Error(t, json.Unmarshal([]byte(broken), &store.Figure{}), broken)
	}
	for _, empty := range []string{`{}`, `[]`, `{"keywords":["a"],"n":1}`} {
		require.True(t, honest(empty))
	}
	// What Go decodes is as strict.
	require.Error(t, json.Unmarshal([]byte(guess), &store.Measure{}))
	require.Error(t, json.Unmarshal([]byte(derived), &store.Measure{}))
	for _, fine := range []string{measured, unknown} {
		var m store.Measure
		require.NoError(t, json.Unmarshal([]byte(fine), &m))
		require.JSONEq(t, fine, written(m))
	}

	// The tables refuse it, too.
	insert := `insert into research_reports (id, kind, job_id, request, result) values (gen_random_uuid(), 'keyword', $1, '{}', $2)`
	_, err := s.Pool().Exec(t.Context(), insert, 1, `{"primary":{"search_volume":`+guess+`}}`)
	require.ErrorContains(t, err, "research_reports_result_check")
	_, err = s.Pool().Exec(t.Context(), insert, 1, `{"primary":{"search_volume":`+measured+`}}`)
	require.NoError(t, err)
}
