package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/store"
)

// looked keeps a snapshot of the results of a search.
func (w *world) looked(query, market string, pages ...int) store.SerpSnapshot {
	w.t.Helper()
	snapshot := store.SerpSnapshot{
		JobID: store.JobID(w.made.Add(1) + 1e6), Query: query, Language: "en", Market: market, Source: "caller", Analysis: json.RawMessage(`{}`), Difficulty: json.RawMessage(`{}`),
	}
	for i, page := range pages {
		snapshot.Results = append(snapshot.Results, store.SerpResult{Position: i + 1, URL: fmt.Sprintf("https://a.example/%d?utm_source=s", page), WordCount: store.Unknown("words")})
	}
	saved, err := w.store.SaveSerp(w.t.Context(), snapshot)
	require.NoError(w.t, err)
	return saved
}

func TestDiscoverKeywordClusters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.looked("heat pump cost", "de", 91, 92, 93)
	hub := w.looked("Heat Pump  cost", "de", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
	w.looked("heat pump price", "de", 3, 2, 1)
	w.looked("beyond the first ten", "de", 11, 12, 13)
	w.looked("other market", "at", 1, 2, 3)
	body := `{"keywords": ["heat pump cost", "HEAT pump cost", "heat pump price", "beyond the first ten", "other market", "never looked at"], "language": "en-GB"%s}`

	a := w.send("POST", "/keywords/clusters", fmt.Sprintf(body, `, "market": "DE"`)).object(t, http.StatusOK)
	require.EqualValues(t, 5, a["keywords"], "in whatever case, a keyword is one")
	require.EqualValues(t, 3, a["min_shared"])
	require.Len(t, a["clusters"], 1)
	cluster := a["clusters"].([]any)[0].(map[string]any)
	require.Equal(t, "heat pump cost", cluster["hub"])
	first := cluster["keywords"].([]any)[0].(map[string]any)
	require.Equal(t, hub.ID.String(), first["snapshot_id"], "the latest snapshot")
	require.Equal(t, []any{"https://a.example/3", "https://a.example/2", "https://a.example/1"}, cluster["keywords"].([]any)[1].(map[string]any)["shared"])
	require.Len(t, cluster["addresses"], 3)
	alone := a["alone"].([]any)
	require.Len(t, alone, 1)
	require.Nil(t, alone[0].(map[string]any)["closest"], "only the first ten results count")
	require.Equal(t, []any{"other market", "never looked at"}, a["without_snapshot"], "what nobody has looked at is named")

	a = w.send("POST", "/keywords/clusters", fmt.Sprintf(body, "")).object(t, http.StatusOK)
	require.Len(t, a["clusters"].([]any)[0].(map[string]any)["keywords"], 3, "without a market those of any count")
	a = w.send("POST", "/keywords/clusters", fmt.Sprintf(body, `, "min_shared": 4`)).object(t, http.StatusOK)
	require.Empty(t, a["clusters"])
	require.EqualValues(t, 3, a["alone"].([]any)[1].(map[string]any)["shared"])
	require.Zero(t, w.count(`select count(*) from calls`), "nothing is bought")

	e := w.send("POST", "/keywords/clusters", `{"keywords": ["one"], "language": "en", "min_shared": 11}`).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeVALIDATIONFAILED)
	require.Contains(t, faults(e), "keywords")
	require.Contains(t, faults(e), "min_shared")
	w.execute(`alter table serp_snapshots rename to taken_away`)
	require.Equal(t, http.StatusInternalServerError, w.send("POST", "/keywords/clusters", fmt.Sprintf(body, "")).StatusCode)
}
