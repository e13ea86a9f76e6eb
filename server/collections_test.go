package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
)

func working(o *options) { o.working = true }

func TestCollectionLifeCycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working)
	feed := &site{handler: feedOf("a", "b")}
	address := w.feed(feed.ServeHTTP)

	created := w.send("POST", "/collections", `{"name":" heise ","url":"`+address+`","domain":"tech","market":"DE","language":"de-DE"}`)
	collection := created.object(t, http.StatusCreated)
	id := collection["id"].(string)
	require.Equal(t, "/api/v1/collections/"+id, created.Header.Get("Location"))
	require.Equal(t, `"1"`, created.Header.Get("ETag"))
	for field, want := range map[string]any{
		"name": "heise", "url": address, "type": "rss", "domain": "tech", "market": "de", "language": "de", "enabled": true,
		"fetch_articles": "auto", "poll_interval_minutes": 60.0, "health": "new", "last_polled_at": nil, "etag": nil, "last_error": nil, "documents_count": 0.0,
	} {
		require.Equal(t, want, collection[field], field)
	}

	// It is polled at once.
	eventually(t, func() bool { return w.read("/collections/" + id)["health"] == "healthy" }, "the first poll")
	health := w.read("/collections/" + id + "/health")
	require.Equal(t, "healthy", health["state"])
	require.EqualValues(t, 1, health["success_rate"])
	require.EqualValues(t, 2, health["documents_count"])
	require.EqualValues(t, 2, health["documents_last_24h"])
	require.Contains(t, health["summary"], "1 of 1 poll went well")
	require.NotNil(t, health["next_poll_at"])
	require.Nil(t, health["last_error"])
	first := w.read("/jobs")["items"].([]any)[0].(map[string]any)
	require.Equal(t, map[string]any{"type": "collection", "id": id}, first["subject"])

	// Its second poll learns that nothing is new.
	job := w.poll(id)
	require.Equal(t, "succeeded", job["state"])
	require.Equal(t, "not_modified", job["result"].(map[string]any)["outcome"])
	require.EqualValues(t, 304, job["result"].(map[string]any)["http_status"])
	require.EqualValues(t, 100, job["progress"].(map[string]any)["percent"])
	require.NotNil(t, job["finished_at"])

	// A failure shows in job and health.
	feed.serve(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNotFound) })
	job = w.poll(id)
	require.Equal(t, "failed", job["state"])
	require.Contains(t, job["error"].(map[string]any)["message"], "404")
	require.Nil(t, job["result"])
	health = w.read("/collections/" + id + "/health")
	require.Equal(t, "degraded", health["state"])
	require.EqualValues(t, 1, health["consecutive_failures"])
	require.Equal(t, "http_status", health["last_error"].(map[string]any)["code"])
	require.Contains(t, health["summary"], "Degraded")
	require.Contains(t, w.read("/collections/" + id)["last_error"], "404")

	// Paused, it is polled by hand only.
	paused := w.send("PATCH", "/collections/"+id, `{"enabled":false}`).object(t, http.StatusOK)
	require.Equal(t, "paused", paused["health"])
	require.Nil(t, w.read("/collections/" + id + "/health")["next_poll_at"])
	feed.serve(feedOf("c", "a", "b"))
	job = w.poll(id)
	require.EqualValues(t, 1, job["result"].(map[string]any)["documents_added"])
	require.Equal(t, "paused", w.read("/collections/" + id)["health"])

	// Removed, it leaves its documents behind.
	require.Equal(t, http.StatusNoContent, w.send("DELETE", "/collections/"+id, "").StatusCode)
	documents := w.read("/documents")
	require.EqualValues(t, 3, documents["total"])
	require.Nil(t, documents["items"].([]any)[0].(map[string]any)["collection_id"])
	for _, path := range []string{"", "/health"} {
		w.send("GET", "/collections/"+id+path, "").refused(t, http.StatusNotFound, "COLLECTION_NOT_FOUND")
	}
	w.send("POST", "/collections/"+id+"/poll", "").refused(t, http.StatusNotFound, "COLLECTION_NOT_FOUND")
}

func TestCreateCollectionRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	existing := w.collection("https://example.com/feed")
	other := w.collection("https://example.com/other")
	const rest = `"name":"n","domain":"proptech","market":"de"`

	problem := w.send("POST", "/collections", `{"url":"HTTPS://EXAMPLE.com/feed#part",`+rest+`}`).refused(t, http.StatusConflict, "COLLECTION_CONFLICT")
	require.Equal(t, existing.ID.String(), problem.Details["existing_id"])
	problem = w.send("PATCH", "/collections/"+other.ID.String(), `{"url":"https://example.com/feed"}`).refused(t, http.StatusConflict, "COLLECTION_CONFLICT")
	require.Equal(t, existing.ID.String(), problem.Details["existing_id"])
	w.send("POST", "/collections", `{"url":"https://example.com/feed","name":"n","domain":"proptech","market":"at","enabled":false}`).object(t, http.StatusCreated)
	require.EqualValues(t, 2, w.read("/jobs")["total"], "only enabled ones are polled, and nothing that was refused")

	cases := map[string]struct {
		body   string
		code   client.ErrorCode
		fields []string
	}{
		"every fault":   {`{"url":"gopher://x.y/z","name":" ","domain":"","poll_interval_minutes":4,"type":"fax","colour":"red"}`, "VALIDATION_FAILED", []string{"url", "name", "domain", "market", "poll_interval_minutes", "type", "colour"}},
		"user in it":    {`{"url":"https://user:secret@example.com/feed",` + rest + `}`, "COLLECTION_VALIDATION_FAILED", []string{"url"}},
		"no host":       {`{"url":"https:///feed.xml",` + rest + `}`, "COLLECTION_VALIDATION_FAILED", []string{"url"}},
		"unreadable":    {`{"url":"https://exa mple.com/",` + rest + `}`, "COLLECTION_VALIDATION_FAILED", []string{"url"}},
		"language":      {`{"url":"https://example.com/x","language":"german!",` + rest + `}`, "VALIDATION_FAILED", []string{"language"}},
		"too rarely":    {`{"url":"https://example.com/x","poll_interval_minutes":10081,` + rest + `}`, "VALIDATION_FAILED", []string{"poll_interval_minutes"}},
		"enabled":       {`{"url":"https://example.com/x","enabled":"yes",` + rest + `}`, "VALIDATION_FAILED", []string{"enabled"}},
		"long name":     {`{"url":"https://example.com/x","name":"` + strings.Repeat("n", 201) + `","domain":"d","market":"de"}`, "VALIDATION_FAILED", []string{"name"}},
		"NUL in market": {`{"url":"https://example.com/x","name":"n","domain":"d","market":"d\u0000"}`, "VALIDATION_FAILED", []string{"market"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problem := w.send("POST", "/collections", tc.body).refused(t, http.StatusUnprocessableEntity, tc.code)
			require.NotContains(t, fmt.Sprint(problem), "secret")
			require.Len(t, faults(problem), len(tc.fields), "%v", faults(problem))
			for _, field := range tc.fields {
				require.Contains(t, faults(problem), field)
			}
		})
	}
}

func TestUpdateCollection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cases := map[string]struct {
		body  string
		field string
		want  any
	}{
		"name":       {`{"name":" New "}`, "name", "New"},
		"url":        {`{"url":"https://example.com/moved"}`, "etag", nil},
		"domain":     {`{"domain":"other"}`, "domain", "other"},
		"market":     {`{"market":"AT"}`, "market", "at"},
		"language":   {`{"language":"fr-CA"}`, "language", "fr"},
		"null":       {`{"language":null}`, "language", nil},
		"paused":     {`{"enabled":false}`, "health", "paused"},
		"interval":   {`{"poll_interval_minutes":5}`, "poll_interval_minutes", 5.0},
		"articles":   {`{"fetch_articles":"always"}`, "fetch_articles", "always"},
		"same again": {`{"name":"Feed"}`, "etag", `"kept"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := w.collection("https://example.com/" + strings.ReplaceAll(name, " ", "-")).ID.String()
			w.execute(`update collections set etag = '"kept"', language = 'de' where id = $1`, id)
			changed := w.send("PATCH", "/collections/"+id, tc.body, "Content-Type: application/merge-patch+json").object(t, http.StatusOK)
			require.Equal(t, tc.want, changed[tc.field])
			require.Equal(t, changed, w.read("/collections/"+id))
		})
	}
	id := w.collection("https://example.com/refusals").ID.String()
	for body, field := range map[string]string{
		`{}`: "body", `{"name":null}`: "name", `{"type":"rss"}`: "type", `{"url":"x"}`: "url", `{"enabled":null}`: "enabled", `{"fetch_articles":"sometimes"}`: "fetch_articles",
	} {
		problem := w.send("PATCH", "/collections/"+id, body).refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
		require.Contains(t, faults(problem), field, body)
	}
	w.send("PATCH", "/collections/"+id, `{"url":"https://user@example.com/"}`).refused(t, http.StatusUnprocessableEntity, "COLLECTION_VALIDATION_FAILED")
}

func TestListCollections(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, body := range []string{
		`{"name":"beta","domain":"tech","market":"de","enabled":false`, `{"name":"Alpha","domain":"tech","market":"at"`, `{"name":"gamma","domain":"art","market":"de"`,
	} {
		w.send("POST", "/collections", fmt.Sprintf(`%s,"url":"https://example.com/%d"}`, body, i)).object(t, http.StatusCreated)
	}
	w.execute(`update collections set consecutive_failures = 5, last_polled_at = now(), next_poll_at = '2026-01-01' where name = 'gamma'`)
	w.execute(`update collections set next_poll_at = '2026-01-02' where name = 'beta'`)
	cases := map[string]struct {
		query string
		want  []string
	}{
		"newest first": {"", []string{"gamma", "Alpha", "beta"}},
		"name":         {"sort=name", []string{"Alpha", "beta", "gamma"}},
		"due first":    {"sort=next_poll_at", []string{"gamma", "beta", "Alpha"}},
		"domain":       {"domain=tech", []string{"Alpha", "beta"}},
		"market":       {"market=DE", []string{"gamma", "beta"}},
		"type":         {"type=rss", []string{"gamma", "Alpha", "beta"}},
		"paused":       {"enabled=false", []string{"beta"}},
		"polled":       {"enabled=true", []string{"gamma", "Alpha"}},
		"failing":      {"health=failing", []string{"gamma"}},
		"new":          {"health=new", []string{"Alpha"}},
		"combined":     {"domain=tech&market=de&enabled=false&health=paused&type=rss", []string{"beta"}},
		"second page":  {"page=2&page_size=2", []string{"beta"}},
	}
	names := func(list map[string]any) []string {
		found := []string{}
		for _, item := range list["items"].([]any) {
			found = append(found, item.(map[string]any)["name"].(string))
		}
		return found
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, names(w.read("/collections?"+tc.query)))
		})
	}
	for _, sort := range []string{"name", "next_poll_at", "-created_at"} {
		first := w.read("/collections?page_size=2&sort=" + sort)
		rest := w.read("/collections?page_size=2&sort=" + sort + "&cursor=" + first["next_cursor"].(string))
		require.Len(t, append(names(first), names(rest)...), 3)
		require.Nil(t, rest["next_cursor"])
		require.NotContains(t, names(first), names(rest)[0])
	}
	for query, code := range map[string]client.ErrorCode{
		"enabled=perhaps": "VALIDATION_FAILED", "health=ill": "VALIDATION_FAILED", "search=x": "VALIDATION_FAILED", "cursor=x": "COLLECTION_VALIDATION_FAILED",
	} {
		w.send("GET", "/collections?"+query, "").refused(t, http.StatusUnprocessableEntity, code)
	}
}

func TestPollPreference(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working)
	stand := newGate()
	address := w.feed(func(rw http.ResponseWriter, r *http.Request) {
		stand.pass(r.Context())
		feedOf("a")(rw, r)
	})
	id := w.send("POST", "/collections", `{"name":"n","url":"`+address+`","domain":"d","market":"de","enabled":false}`).object(t, http.StatusCreated)["id"].(string)

	queued := w.send("POST", "/collections/"+id+"/poll", "")
	job := queued.object(t, http.StatusAccepted)
	require.Equal(t, "/api/v1/jobs/"+job["id"].(string), queued.Header.Get("Location"))
	stand.await(t)
	w.job(job["id"].(string), "running")

	// A feed is never polled twice at the same time.
	again := w.send("POST", "/collections/"+id+"/poll", "", "Prefer: wait=0").object(t, http.StatusAccepted)
	require.Equal(t, job["id"], again["id"])

	start := time.Now()
	tooShort := w.send("POST", "/collections/"+id+"/poll", "", "Prefer: respond-async, wait=1")
	require.Equal(t, "running", tooShort.object(t, http.StatusAccepted)["state"])
	require.Equal(t, queued.Header.Get("Location"), tooShort.Header.Get("Location"))
	require.Empty(t, tooShort.Header.Get("Preference-Applied"))
	require.GreaterOrEqual(t, time.Since(start), time.Second)

	for _, odd := range []string{"wait", "wait=", "wait=soon", "wait=-1", "await=5", "return=minimal"} {
		w.send("POST", "/collections/"+id+"/poll", "", "Prefer: "+odd).object(t, http.StatusAccepted)
	}

	finished := make(chan answer, 1)
	go func() {
		finished <- w.send("POST", "/collections/"+id+"/poll", "", `Prefer: handling=strict; Wait="99"`)
	}()
	close(stand.open)
	a := <-finished
	require.Equal(t, "succeeded", a.object(t, http.StatusOK)["state"])
	require.Equal(t, "wait=60", a.Header.Get("Preference-Applied"), "60 at most")
	require.Equal(t, "application/json", a.Header.Get("Content-Type"))
}

// TestRefusedPoll: what is refused is refused at once, waiting or not.
func TestRefusedPoll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send("POST", "/collections/"+unknownID+"/poll", "", "Prefer: wait=10").refused(t, http.StatusNotFound, "COLLECTION_NOT_FOUND")
	w.send("POST", "/collections/x/poll", "", "Prefer: wait=10").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	w.send("GET", "/collections/"+unknownID, "").refused(t, http.StatusNotFound, "COLLECTION_NOT_FOUND")
	w.send("GET", "/collections/"+unknownID+"/health", "").refused(t, http.StatusNotFound, "COLLECTION_NOT_FOUND")
	w.send("PATCH", "/collections/"+unknownID, `{"name":"x"}`).refused(t, http.StatusNotFound, "COLLECTION_NOT_FOUND")
	w.send("DELETE", "/collections/"+unknownID, "").refused(t, http.StatusNotFound, "COLLECTION_NOT_FOUND")
	w.send("POST", "/topics", `{"title":"Title","domain":"d","market":"de","language":"de"}`, "Prefer: wait=10").object(t, http.StatusCreated)
}

// TestTypedClient: what integrators generate from the specification works.
func TestTypedClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, working)
	collection := w.collection(w.feed(feedOf("a")))
	wait := "wait=20"
	polled, err := w.PollCollectionWithResponse(t.Context(), collection.ID, &client.PollCollectionParams{Prefer: &wait})
	require.NoError(t, err)
	require.Equal(t, client.JobStateSucceeded, polled.JSON200.State)
	documents, err := w.ListDocumentsWithResponse(t.Context(), &client.ListDocumentsParams{CollectionID: &collection.ID})
	require.NoError(t, err)
	require.Len(t, documents.JSON200.Items, 1)
	missing, err := w.GetDocumentWithResponse(t.Context(), collection.ID, nil)
	require.NoError(t, err)
	require.Equal(t, client.ErrorCodeDOCUMENTNOTFOUND, missing.JSON404.ErrorCode)
}
