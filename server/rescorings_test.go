package server_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
)

// rescore scores topics anew and answers the rescoring.
func (w *world) rescore(body string) map[string]any {
	w.t.Helper()
	job := w.send("POST", "/topics/rescore", body, "Prefer: wait=30").object(w.t, http.StatusOK)
	require.Equal(w.t, "succeeded", job["state"], "%v", job)
	return job["result"].(map[string]any)
}

func TestScoreTopics(t *testing.T) {
	t.Parallel()
	w := newsroom(t)
	var ids []string
	for i, title := range []string{"Heat pump subsidy in Elbland", "Weather report for the northern coast", "Gusts and sun on the islands"} {
		topic := w.topic(client.TopicCreate{Title: title, Domain: "energy", Market: "de", Language: "en"})
		ids = append(ids, topic.ID.String())
		if i < 2 {
			w.send("POST", "/topics/"+ids[i]+"/validate", `{"threshold": 0.99}`).object(t, http.StatusOK)
		}
	}
	old := w.read("/topics/" + ids[0] + "/scores")["items"].([]any)[0].(map[string]any)
	w.send("POST", "/scoring-profiles", `{"name": "fresh", "kind": "validation", "weights": {"freshness": 0.8, "novelty": 0.2}, "parameters": {"half_life_days": 1, "threshold": 0.1}}`).object(t, http.StatusCreated)

	done := w.rescore(`{"profile": "fresh", "filter": {"domain": "energy", "market": "DE"}}`)
	require.EqualValues(t, 1, done["profile_version"], "the newest by then, told")
	require.EqualValues(t, 3, done["topics"])
	require.EqualValues(t, 3, done["scored"])
	require.EqualValues(t, 1, done["first_scored"])
	require.EqualValues(t, 2, done["now_passed"])
	require.EqualValues(t, 2, done["risen"].(float64)+done["fallen"].(float64)+done["same"].(float64))
	require.NotNil(t, done["mean_change"])
	require.NotNil(t, done["finished_at"])
	path := "/topics/rescorings/" + done["id"].(string)
	require.Equal(t, done, w.read(path))

	topics := map[string]map[string]any{}
	for _, item := range w.read(path + "/topics")["items"].([]any) {
		topic := item.(map[string]any)
		topics[topic["topic_id"].(string)] = topic
	}
	first, second, never := topics[ids[0]], topics[ids[1]], topics[ids[2]]
	require.Equal(t, "stored", first["inputs"])
	require.Equal(t, old["id"], first["before"].(map[string]any)["id"])
	require.Equal(t, "original", first["before"].(map[string]any)["profile"])
	sum := 0.
	for _, p := range first["parts"].([]any) {
		sum += p.(map[string]any)["change"].(float64)
	}
	require.InDelta(t, first["change"], sum, 1e-9, "the parts explain the change")
	require.InDelta(t, first["change"].(float64), first["after"].(map[string]any)["score"].(float64)-first["before"].(map[string]any)["score"].(float64), 1e-9)
	require.ElementsMatch(t, []any{1., 2.}, []any{first["rank_before"], second["rank_before"]})
	require.ElementsMatch(t, []any{1., 2.}, []any{first["rank_after"], second["rank_after"]})
	require.EqualValues(t, first["rank_before"].(float64)-first["rank_after"].(float64), first["rank_change"])
	require.Equal(t, "archive", never["inputs"])
	for _, field := range []string{"before", "change", "rank_before", "rank_after", "rank_change"} {
		require.Nil(t, never[field], field)
	}
	require.Nil(t, never["parts"].([]any)[0].(map[string]any)["weighted_before"])

	scores := w.read("/topics/" + ids[0] + "/scores")["items"].([]any)
	require.Len(t, scores, 2, "the old one stays beside the new one")
	require.Equal(t, old, scores[1])
	require.Equal(t, "discovered", w.read("/topics/" + ids[0])["status"], "statuses stay")
	w.rescore(fmt.Sprintf(`{"profile": "fresh", "topic_ids": [%q], "update_status": true}`, ids[0]))
	require.Equal(t, "validated", w.read("/topics/" + ids[0])["status"], "unless asked to")

	// By the same profile and inputs nothing changes; by the archive as it is now it may.
	w.report("late.example", "Heat pump subsidy in Elbland doubled", "The heat pump subsidy of Elbland has been doubled.", time.Now().UTC())
	w.processed()
	same := w.rescore(fmt.Sprintf(`{"profile": "fresh", "profile_version": 1, "topic_ids": [%q, %q, %q]}`, ids[0], ids[1], unknownID))
	require.EqualValues(t, 2, same["same"])
	require.InDelta(t, 0, same["mean_change"], 1e-9)
	require.Equal(t, []any{unknownID}, same["missing"])
	again := w.rescore(fmt.Sprintf(`{"profile": "fresh", "topic_ids": [%q], "inputs": "archive"}`, ids[0]))
	require.EqualValues(t, 1, again["risen"], "%v", again)
	require.Equal(t, "archive", w.read("/topics/rescorings/" + again["id"].(string) + "/topics")["items"].([]any)[0].(map[string]any)["inputs"])

	// Each order goes on behind a page, and is one.
	for sort, key := range map[string]func(map[string]any) float64{
		"-score":  func(i map[string]any) float64 { return -i["after"].(map[string]any)["score"].(float64) },
		"change":  func(i map[string]any) float64 { c, _ := i["change"].(float64); return c },
		"-change": func(i map[string]any) float64 { c, _ := i["change"].(float64); return -c },
	} {
		last, seen, cursor := math.Inf(-1), 0, ""
		for {
			page := w.read(path + "/topics?page_size=1&sort=" + sort + cursor)
			item := page["items"].([]any)[0].(map[string]any)
			require.GreaterOrEqual(t, key(item), last, sort)
			last, seen = key(item), seen+1
			if page["next_cursor"] == nil {
				break
			}
			cursor = "&cursor=" + page["next_cursor"].(string)
		}
		require.Equal(t, 3, seen, sort)
	}
	limited := w.rescore(`{"limit": 2}`)
	require.EqualValues(t, 2, limited["topics"])
	require.Equal(t, "original", limited["profile"])
	require.Len(t, w.read("/topics/rescorings?profile=fresh")["items"], 4)
	require.NotNil(t, w.read("/topics/rescorings?page_size=1")["next_cursor"])
	none := w.rescore(`{"filter": {"domain": "fishing"}}`)
	require.EqualValues(t, 0, none["topics"])
	require.Nil(t, none["mean_change"])
}

func TestScoreTopicsRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.working = true })
	w.send("POST", "/topics/rescore", `{"profile": "none"}`).refused(t, http.StatusNotFound, client.ErrorCodeSCORINGPROFILENOTFOUND)
	w.send("POST", "/topics/rescore", `{"profile": "original", "profile_version": 9}`).refused(t, http.StatusNotFound, client.ErrorCodeSCORINGPROFILENOTFOUND)
	w.send("POST", "/topics/rescore", `{"profile": "burst"}`).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeSCORINGPROFILEVALIDATIONFAILED)
	e := w.send("POST", "/topics/rescore", `{"topic_ids": ["`+unknownID+`"], "filter": {"market": "de"}}`).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeRESCORINGVALIDATIONFAILED)
	require.Contains(t, faults(e), "filter")
	e = w.send("POST", "/topics/rescore", `{"limit": 1001, "filter": {"color": "red"}}`).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeVALIDATIONFAILED)
	require.Contains(t, faults(e), "limit")
	for _, path := range []string{"/topics/rescorings/" + unknownID, "/topics/rescorings/" + unknownID + "/topics"} {
		w.send("GET", path, "").refused(t, http.StatusNotFound, client.ErrorCodeRESCORINGNOTFOUND)
	}
	w.send("GET", "/topics/rescorings?cursor=x", "").refused(t, http.StatusUnprocessableEntity, client.ErrorCodeRESCORINGVALIDATIONFAILED)
	words := strings.Repeat("word ", 99)
	w.send("POST", "/topics/rescore", `{"filter": {"search": "`+words+`"}}`).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeTOPICVALIDATIONFAILED)
}
