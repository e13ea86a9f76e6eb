package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

const bridge = "Sensors on the Elz bridge counted 14,500 bicycles on an average day in 2025, the town said."

// article puts a document with a text into the archive.
func (w *world) article(title, text, language string) store.Document {
	w.t.Helper()
	d := w.document(store.Document{Title: title, ContentText: &text, Domain: "mobility", Market: "de", Language: language, PublishedAt: pointer(day(3))})
	storetest.Process(w.t, w.store)
	return d
}

// research asks a question and answers the finished job's result.
func (w *world) research(path, body string) map[string]any {
	w.t.Helper()
	a := w.send("POST", path, body, "Prefer: wait=30")
	require.Equal(w.t, http.StatusOK, a.StatusCode, "%s", a.body)
	var job map[string]any
	require.NoError(w.t, json.Unmarshal(a.body, &job))
	require.Equal(w.t, "succeeded", job["state"], "%s", a.body)
	return job["result"].(map[string]any)
}

func TestResearchQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.working = true })
	d := w.article("Bicycles in Lindau", bridge+" The mayor was pleased.", "en")

	result := w.research("/research/deep", `{"question": "How many bicycles cross the Elz bridge on a day?", "language": "en-GB", "depth": "quick", "budget": {"max_cost_usd": 0, "max_requests": 7}}`)
	require.Equal(t, "complete", result["status"])
	require.Equal(t, false, result["reused"])
	id := result["run_id"].(string)

	run := w.read("/research/runs/" + id)
	require.Equal(t, "extractive", run["method"])
	require.Equal(t, true, run["answered"])
	require.Contains(t, run["report"], "14,500")
	require.EqualValues(t, 1, run["sources_read"])
	require.Zero(t, run["cost"].(map[string]any)["requests"], "the own archive is free")
	require.EqualValues(t, 120, run["budget"].(map[string]any)["max_seconds"])
	require.EqualValues(t, 7, run["budget"].(map[string]any)["max_requests"])
	require.EqualValues(t, 0, run["budget"].(map[string]any)["max_cost_usd"])

	claims := w.read("/research/runs/" + id + "/claims?verdict=supported")
	claim := claims["items"].([]any)[0].(map[string]any)
	require.Equal(t, bridge, claim["quote"])
	source := claim["source"].(map[string]any)
	snapshot := w.read("/snapshots/" + source["snapshot_id"].(string))
	require.Equal(t, d.ID.String(), snapshot["document_id"])
	text := []rune(snapshot["text"].(string))
	require.Equal(t, bridge, string(text[int(claim["start"].(float64)):int(claim["end"].(float64))]))
	require.Equal(t, snapshot["hash"], source["hash"])
	require.Empty(t, w.read("/research/runs/" + id + "/claims?verdict=partly")["items"])
	require.NotEmpty(t, w.read("/research/runs/" + id + "/steps?page_size=2")["next_cursor"])
	require.Len(t, w.read("/research/runs/" + id + "/sources")["items"], 1)

	// What is finished does not change.
	a := w.send("GET", "/research/runs/"+id, "")
	require.Equal(t, http.StatusNotModified, w.send("GET", "/research/runs/"+id, "", "If-None-Match: "+a.Header.Get("ETag")).StatusCode)

	again := w.research("/research/deep", `{"question": "how many bicycles cross the Elz bridge on a day", "language": "en", "depth": "quick", "budget": {"max_seconds": 90}}`)
	require.Equal(t, true, again["reused"])
	require.Equal(t, id, again["run_id"])

	for query, want := range map[string]int{"": 1, "?status=complete&depth=quick": 1, "?status=failed": 0, "?topic_id=" + unknownID: 0, "?market=xx": 0} {
		require.Len(t, w.read("/research/runs" + query)["items"], want, query)
	}
}

func TestResearchTopic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.working = true })
	w.article("Bicycles in Lindau", bridge, "en")
	topic := w.topic(client.TopicCreate{Title: "How many bicycles cross the Elz bridge on a day?", Domain: "energy", Market: "de", Language: "en"})
	path := "/topics/" + topic.ID.String()

	a := w.send("GET", path+"/claims", "")
	require.Equal(t, http.StatusNotFound, a.StatusCode)
	require.Equal(t, client.ErrorCodeRESEARCHRUNNOTFOUND, a.problem(t).ErrorCode)

	// Its own domain has nothing.
	result := w.research(path+"/research", `{"depth": "quick", "any_domain": false}`)
	require.Equal(t, false, result["answered"])
	require.Equal(t, "discovered", w.read(path)["status"])
	require.Contains(t, w.read(path)["research_report"], "Nothing was found")

	result = w.research(path+"/research", `{"depth": "quick", "scope": "archive"}`)
	require.Equal(t, true, result["answered"])
	require.Equal(t, "researched", w.read(path)["status"])
	require.Len(t, w.read(path)["citations"], 1)
	claims := w.read(path + "/claims")
	require.Len(t, claims["items"], 1)
	require.Equal(t, result["run_id"], claims["items"].([]any)[0].(map[string]any)["run_id"])

	require.Equal(t, http.StatusNoContent, w.send("DELETE", path, "").StatusCode)
	require.Equal(t, http.StatusNotFound, w.send("GET", "/research/runs/"+result["run_id"].(string), "").StatusCode)
}

func TestResearchRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for body, field := range map[string]string{
		`{"language": "de"}`:                                                     "question",
		`{"question": "ab", "language": "de"}`:                                   "question",
		`{"question": "Was ist das?"}`:                                           "language",
		`{"question": "Was ist das?", "language": "de", "depth": "x"}`:           "depth",
		`{"question": "Was?", "language": "de", "budget": {"max_cost_usd": -1}}`: "budget.max_cost_usd",
		`{"question": "Was?", "language": "de", "budget": {"max_usd": 1}}`:       "budget",
	} {
		a := w.send("POST", "/research/deep", body)
		require.Equal(t, http.StatusUnprocessableEntity, a.StatusCode, body)
		require.Contains(t, fmt.Sprint(a.problem(t).Details), field, body)
	}
	for _, path := range []string{
		"/research/runs/" + unknownID, "/research/runs/" + unknownID + "/steps", "/research/runs/" + unknownID + "/sources",
		"/research/runs/" + unknownID + "/claims", "/snapshots/" + unknownID, "/topics/" + unknownID + "/claims",
	} {
		require.Equal(t, http.StatusNotFound, w.send("GET", path, "").StatusCode, path)
	}
	require.Equal(t, http.StatusNotFound, w.send("POST", "/topics/"+unknownID+"/research", `{}`).StatusCode)
	a := w.send("GET", "/snapshots/"+unknownID, "")
	require.Equal(t, client.ErrorCodeSNAPSHOTNOTFOUND, a.problem(t).ErrorCode)
	reader := w.scoped("read")
	refused, err := reader.ResearchQuestionWithResponse(t.Context(), nil, client.ResearchRequest{Question: "Was ist das?", Language: "de"})
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, refused.StatusCode())
}

func TestCosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := uuid.New()
	id, _, err := w.store.ReserveCall(t.Context(), store.CallRequest{
		JobID: 1, Attempt: run, Provider: "openrouter", Model: "m", Operation: "write", Request: []byte("a"), Most: new(int64(9000)), PerInput: new(int64(600_000)),
	})
	require.NoError(t, err)
	require.NoError(t, w.store.SettleCall(t.Context(), id, store.CallReply{Body: []byte("{}"), InputTokens: new(10), OutputTokens: new(20), Cost: new(int64(4000))}))
	_, _, err = w.store.ReserveCall(t.Context(), store.CallRequest{JobID: 1, Attempt: run, Provider: "tavily", Operation: "search", Request: []byte("b")})
	require.NoError(t, err)

	report := w.read("/costs")
	require.EqualValues(t, map[string]any{"requests": 2., "known_usd": 0.004, "calls_of_unknown_cost": 1., "input_tokens": 10., "output_tokens": 20.}, report["total"])
	require.Len(t, report["parts"], 2)
	require.Len(t, w.read("/costs?provider=tavily&since=2026-01-01T00:00:00Z")["parts"], 1)
	require.Empty(t, w.read("/costs?until=2026-01-01T00:00:00Z")["parts"])
	calls := w.read("/costs/calls?state=answered")
	require.Len(t, calls["items"], 1)
	call := calls["items"].([]any)[0].(map[string]any)
	require.EqualValues(t, 0.6, call["price"].(map[string]any)["input_per_million_usd"])
	require.Nil(t, call["price"].(map[string]any)["per_request_usd"])
	require.Len(t, w.read("/costs/calls?page_size=1")["items"], 1)
	require.Empty(t, w.read("/costs/calls?run_id=" + unknownID)["items"])
}

func TestCompareResearchRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.working = true })
	ask := func() string {
		return w.research("/research/deep", `{"question": "How many bicycles cross the Elz bridge on a day?", "language": "en", "depth": "quick", "max_age_hours": 0}`)["run_id"].(string)
	}
	w.article("Bicycles in Lindau", bridge+" The mayor was pleased.", "en")
	first := ask()
	w.article("More bicycles in Lindau", "On average 16,200 bicycles cross the Elz bridge on a day in summer, a second count found.", "en")
	second := ask()
	diff := w.read("/research/runs/" + second + "/diff?against=" + first)
	require.Equal(t, first, diff["older"].(map[string]any)["id"])
	require.Equal(t, true, diff["same_question"])
	claims, sources := diff["claims"].(map[string]any), diff["sources"].(map[string]any)
	require.Len(t, claims["kept"], 1, "%v", claims)
	require.Equal(t, false, claims["kept"].([]any)[0].(map[string]any)["reworded"])
	require.Len(t, claims["new"], 1)
	require.Contains(t, claims["new"].([]any)[0].(map[string]any)["sentence"], "16,200")
	require.Len(t, sources["new"], 1)
	require.Len(t, sources["kept"], 1)
	require.Greater(t, diff["newer"].(map[string]any)["verdicts"].(map[string]any)["supported"], diff["older"].(map[string]any)["verdicts"].(map[string]any)["supported"])
	back := w.read("/research/runs/" + first + "/diff?against=" + second)
	require.Len(t, back["claims"].(map[string]any)["gone"], 1)

	for _, path := range []string{unknownID + "/diff?against=" + first, first + "/diff?against=" + unknownID} {
		w.send("GET", "/research/runs/"+path, "").refused(t, http.StatusNotFound, client.ErrorCodeRESEARCHRUNNOTFOUND)
	}
	w.execute(`update research_runs set status = 'cancelled', report = null where id = $1`, first)
	e := w.send("GET", "/research/runs/"+second+"/diff?against="+first, "").refused(t, http.StatusUnprocessableEntity, client.ErrorCodeRESEARCHRUNVALIDATIONFAILED)
	require.Contains(t, e.Message, "cancelled", "that there is nothing to compare is not that nothing is the same")
	for _, table := range []string{"claims", "research_sources"} {
		w.execute(`alter table ` + table + ` rename to taken_away`)
		require.Equal(t, http.StatusInternalServerError, w.send("GET", "/research/runs/"+second+"/diff?against="+second, "").StatusCode, table)
		w.execute(`alter table taken_away rename to ` + table)
	}
}
