package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/store"
)

// report is a document of a publisher about something, processed.
func (w *world) report(publisher, title, text string, at time.Time, change ...func(*store.Document)) store.Document {
	w.t.Helper()
	d := store.Document{Title: title, ContentText: &text, Summary: &text, Domain: "energy", Market: "de", Language: "en", SourceName: publisher, PublishedAt: &at}
	for _, f := range change {
		f(&d)
	}
	return w.document(d)
}

// processed waits until every document has been processed.
func (w *world) processed() {
	w.t.Helper()
	w.sweep()
	eventually(w.t, func() bool { return w.count(`select count(*) from documents where status = 'new'`) == 0 }, "documents processed")
}

// sweep has the schedule looked at now.
func (w *world) sweep() {
	w.t.Helper()
	w.execute(`insert into river_job (kind, args, queue, state, max_attempts, priority) values ('sweep', '{}', 'default', 'available', 1, 1)`)
}

// discovery runs a discovery and answers its result.
func (w *world) discovery(body string) map[string]any {
	w.t.Helper()
	var job map[string]any
	a := w.send("POST", "/topics/discover", body, "Prefer: wait=30")
	require.NoError(w.t, json.Unmarshal(a.body, &job))
	require.Equal(w.t, "succeeded", job["state"], "%s", a.body)
	return job["result"].(map[string]any)
}

// newsroom is an archive in which heat pumps are in the news since yesterday, and the weather always is.
func newsroom(t *testing.T) *world {
	w := newWorld(t, func(o *options) { o.working = true })
	now := time.Now().UTC()
	for i := range 12 {
		w.report(fmt.Sprintf("p%d.example", i%4), fmt.Sprintf("Weather report number %d for the northern coast", i), "Clouds and rain move over the coast, with gusts in the evening and sun on the islands.", now.AddDate(0, 0, -i))
	}
	for i := range 5 {
		w.report(fmt.Sprintf("paper%d.example", i), fmt.Sprintf("Heat pump subsidy of Elbland raised, part %d", i),
			"The heat pump subsidy of Elbland has been raised to 35 percent, the ministry said about the heat pump programme.", now.Add(-time.Duration(i+1)*time.Hour))
	}
	w.processed()
	return w
}

func TestDiscoverTopics(t *testing.T) {
	t.Parallel()
	w := newsroom(t)
	first := w.discovery(`{"domain": "energy", "market": "DE", "language": "en", "dry_run": true, "limit": 5}`)
	report := first["report"].(map[string]any)
	require.NotEmpty(t, report["topics"], "%v", report)
	require.Nil(t, report["topics"].([]any)[0].(map[string]any)["topic_id"], "nothing is kept of a dry run")
	require.Empty(t, w.read("/topics")["items"])

	body := `{"domain": "energy", "market": "de", "language": "en", "keywords": ["heat pump"], "limit": 5}`
	report = w.discovery(body)["report"].(map[string]any)
	best := report["topics"].([]any)[0].(map[string]any)
	require.Contains(t, best["title"], "Heat pump subsidy")
	require.Equal(t, true, best["created"])
	require.GreaterOrEqual(t, len(best["documents"].([]any)), 3)
	for _, part := range best["parts"].([]any) {
		require.NotEmpty(t, part.(map[string]any)["explanation"])
	}
	id := best["topic_id"].(string)
	documents := w.read("/topics/" + id + "/documents")
	require.NotEmpty(t, documents["items"])
	require.NotEmpty(t, documents["items"].([]any)[0].(map[string]any)["words"])

	// The topic keeps what it scored, and lists can be sorted by it.
	w.topic(client.TopicCreate{Domain: "energy"})
	listed := w.read("/topics?sort=-score")["items"].([]any)
	scored := listed[0].(map[string]any)
	require.Equal(t, []any{id, best["score"], "burst@1"}, []any{scored["id"], scored["score"], scored["score_profile"]})
	require.Nil(t, listed[len(listed)-1].(map[string]any)["score"], "what has no score comes last")
	before := w.send("GET", "/topics/"+id, "").Header.Get("ETag")

	// Again, it is the same topic.
	report = w.discovery(body)["report"].(map[string]any)
	require.NotEqual(t, before, w.send("GET", "/topics/"+id, "").Header.Get("ETag"), "which has another version")
	for _, topic := range report["topics"].([]any) {
		require.Equal(t, false, topic.(map[string]any)["created"], "%v", topic)
	}
	require.NotEmpty(t, w.read("/topics/discoveries?page_size=1")["next_cursor"])

	empty := w.discovery(`{"domain": "fishing", "market": "de", "language": "en"}`)["report"].(map[string]any)
	require.Empty(t, empty["topics"])
	require.Contains(t, empty["note"], "no processed documents")
	site := w.discovery(`{"domain": "energy", "market": "de", "language": "en", "site_url": "127.0.0.1:1"}`)["report"].(map[string]any)
	require.NotNil(t, site["site"].(map[string]any)["error"], "a site that cannot be read is told")

	for body, field := range map[string]string{`{"domain": "x", "language": "de"}`: "market", `{"domain": "x", "market": "de", "language": "en", "limit": 51}`: "limit", `{"domain": "x", "market": "de", "language": "EN-gb"}`: "language"} {
		a := w.send("POST", "/topics/discover", body)
		require.Contains(t, faults(a.refused(t, http.StatusUnprocessableEntity, client.ErrorCodeVALIDATIONFAILED)), field, body)
	}
	for profile, fault := range map[string]string{"none": "there is none of the name none", "original": "original is for validation"} {
		request := `{"domain": "energy", "market": "de", "language": "en", "profile": "` + profile + `"}`
		for path, body := range map[string]string{"/topics/discover": request, "/topics/discovery-schedules": `{"name": "Energy", "every_hours": 24, "request": ` + request + `}`} {
			refused := w.send("POST", path, body).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeSCORINGPROFILEVALIDATIONFAILED)
			require.Equal(t, fault, faults(refused)["profile"])
		}
	}
}

func TestValidateTopic(t *testing.T) {
	t.Parallel()
	w := newsroom(t)
	topic := w.topic(client.TopicCreate{Title: "Heat pump subsidy in Elbland", Domain: "energy", Market: "de", Language: "en"})
	w.topic(client.TopicCreate{Title: "Heat pump prices", Domain: "energy", Market: "de", Language: "en"})
	path := "/topics/" + topic.ID.String()

	score := w.send("POST", path+"/validate", `{"dry_run": true}`).object(t, http.StatusOK)
	require.Equal(t, "discovered", w.read(path)["status"])
	require.Empty(t, w.read(path + "/scores")["items"])
	require.Len(t, score["parts"], 5)

	score = w.send("POST", path+"/validate", `{"keywords": ["heat pump", "subsidy", "Elbland"]}`).object(t, http.StatusOK)
	require.Equal(t, true, score["passed"], "%v", score)
	sum := 0.
	for _, part := range score["parts"].([]any) {
		p := part.(map[string]any)
		sum += p["weighted"].(float64)
		if p["name"] == "novelty" {
			require.Equal(t, "Heat pump prices", p["inputs"].(map[string]any)["most_similar"])
		}
	}
	require.InDelta(t, score["score"], sum, 1e-9, "it can be made again from its parts")
	validated := w.read(path)
	require.Equal(t, []any{score["score"], "original@1"}, []any{validated["score"], validated["score_profile"]})
	w.discovery(`{"domain": "energy", "market": "de", "language": "en", "keywords": ["heat pump subsidy in Elbland"]}`)
	require.Equal(t, "original@1", w.read(path)["score_profile"], "a discovery says less than a validation")
	require.Equal(t, "validated", w.read(path)["status"])
	require.Len(t, w.read(path + "/scores?profile=original")["items"], 1)
	require.Empty(t, w.read(path + "/scores?profile=other")["items"])

	w.send("POST", path+"/validate", `{"profile": "none"}`).refused(t, http.StatusNotFound, client.ErrorCodeSCORINGPROFILENOTFOUND)
	w.send("POST", path+"/validate", `{"profile": "burst"}`).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeSCORINGPROFILEVALIDATIONFAILED)
	w.send("POST", "/topics/"+unknownID+"/validate", "").refused(t, http.StatusNotFound, client.ErrorCodeTOPICNOTFOUND)
	require.Equal(t, http.StatusNotFound, w.send("GET", "/topics/"+unknownID+"/scores", "").StatusCode)
	require.Equal(t, http.StatusNotFound, w.send("GET", "/topics/"+unknownID+"/documents", "").StatusCode)

	// Nothing is known of what nobody writes about, and nothing is invented.
	alone := w.topic(client.TopicCreate{Title: "Qqxyz", Domain: "nothing", Market: "xx", Language: "en"})
	made := w.send("POST", "/scoring-profiles", `{"name": "strict", "kind": "validation", "weights": {"relevance": 0.5, "freshness": 0.3, "volume": 0.2}}`).object(t, http.StatusCreated)
	require.EqualValues(t, 1, made["version"])
	score = w.send("POST", "/topics/"+alone.ID.String()+"/validate", `{"profile": "strict"}`).object(t, http.StatusOK)
	require.EqualValues(t, 0, score["score"])
	for _, part := range score["parts"].([]any) {
		p := part.(map[string]any)
		if p["name"] == "relevance" || p["name"] == "freshness" || p["name"] == "volume" {
			require.Nil(t, p["value"], p["name"])
		}
	}
}

func TestScoringProfiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Len(t, w.read("/scoring-profiles")["items"], 2)
	require.Len(t, w.read("/scoring-profiles?kind=discovery")["items"], 1)
	body := `{"name": "newsroom", "kind": "validation", "weights": {"freshness": 1}, "parameters": {"half_life_days": %d}}`
	for version := 1; version <= 2; version++ {
		a := w.send("POST", "/scoring-profiles", fmt.Sprintf(body, version))
		require.EqualValues(t, version, a.object(t, http.StatusCreated)["version"])
	}
	require.EqualValues(t, 2, w.read("/scoring-profiles/newsroom")["version"])
	require.EqualValues(t, 1, w.read("/scoring-profiles/newsroom?version=1")["parameters"].(map[string]any)["half_life_days"], "versions never change")
	require.Len(t, w.read("/scoring-profiles?name=newsroom")["items"], 2)
	require.Len(t, w.read("/scoring-profiles?page_size=1")["items"], 1)

	for body, fault := range map[string]string{
		`{"name": "x", "kind": "validation", "weights": {"freshness": 0.5}}`:                               "sum to 0.5",
		`{"name": "x", "kind": "validation", "weights": {"burst": 1}}`:                                     "is no part",
		`{"name": "x", "kind": "validation", "weights": {"freshness": 1}, "parameters": {"speed": 1}}`:     "is no parameter",
		`{"name": "x", "kind": "validation", "weights": {"freshness": 1}, "parameters": {"threshold": 2}}`: "is not from 0 to 1",
	} {
		e := w.send("POST", "/scoring-profiles", body).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeSCORINGPROFILEVALIDATIONFAILED)
		require.Contains(t, fmt.Sprint(e.Details), fault, body)
	}
	for _, body := range []string{`{"name": "original", "kind": "validation", "weights": {"freshness": 1}}`, `{"name": "newsroom", "kind": "discovery", "weights": {"burst": 1}}`} {
		w.send("POST", "/scoring-profiles", body).refused(t, http.StatusConflict, client.ErrorCodeSCORINGPROFILECONFLICT)
	}
	require.Equal(t, http.StatusNoContent, w.send("DELETE", "/scoring-profiles/newsroom", "").StatusCode)
	require.Len(t, w.read("/scoring-profiles")["items"], 2)
	require.NotNil(t, w.read("/scoring-profiles/newsroom")["archived_at"])
	w.send("DELETE", "/scoring-profiles/original", "").refused(t, http.StatusConflict, client.ErrorCodeSCORINGPROFILECONFLICT)
	w.send("DELETE", "/scoring-profiles/none", "").refused(t, http.StatusNotFound, client.ErrorCodeSCORINGPROFILENOTFOUND)
}

func TestDiscoverySchedules(t *testing.T) {
	t.Parallel()
	w := newsroom(t)
	a := w.send("POST", "/topics/discovery-schedules", `{"name": "Energy", "every_hours": 24, "request": {"domain": "energy", "market": "de", "language": "en"}}`)
	schedule := a.object(t, http.StatusCreated)
	path := "/topics/discovery-schedules/" + schedule["id"].(string)
	require.Equal(t, "/api/v1"+path, a.Header.Get("Location"))

	w.sweep()
	eventually(t, func() bool {
		return len(w.read("/topics/discoveries?schedule_id=" + schedule["id"].(string))["items"].([]any)) == 1
	}, "the discovery")
	next, err := time.Parse(time.RFC3339, w.read(path)["next_run_at"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), next, time.Minute)
	require.NotEmpty(t, w.read("/topics")["items"])

	tag := w.send("GET", path, "").Header.Get("ETag")
	require.Equal(t, http.StatusNotModified, w.send("GET", path, "", "If-None-Match: "+tag).StatusCode)
	changed := w.send("PATCH", path, `{"every_hours": 1, "name": "Power", "enabled": false, "request": {"domain": "power", "market": "at", "language": "de"}}`, "If-Match: "+tag).object(t, http.StatusOK)
	require.Equal(t, "power", changed["request"].(map[string]any)["domain"])
	require.Equal(t, false, changed["enabled"])
	w.send("PATCH", path, `{"request": {"domain": "power", "market": "at", "language": "de", "profile": "original"}}`).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeSCORINGPROFILEVALIDATIONFAILED)
	w.send("PATCH", path, `{"every_hours": 2}`, "If-Match: "+tag).refused(t, http.StatusPreconditionFailed, client.ErrorCodeDISCOVERYSCHEDULECHANGED)
	require.Len(t, w.read("/topics/discovery-schedules")["items"], 1)
	require.Equal(t, http.StatusNoContent, w.send("DELETE", path, "").StatusCode)
	w.send("DELETE", path, "").refused(t, http.StatusNotFound, client.ErrorCodeDISCOVERYSCHEDULENOTFOUND)
	w.send("PATCH", path, `{"every_hours": 2}`).refused(t, http.StatusNotFound, client.ErrorCodeDISCOVERYSCHEDULENOTFOUND)
	require.Len(t, w.read("/topics/discoveries")["items"], 1, "what it has found stays")
}
