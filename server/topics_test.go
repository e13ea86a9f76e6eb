package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/oapi-codegen/nullable"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/store"
)

func TestCreateTopic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	topic := w.topic(client.TopicCreate{Title: "PropTech trends"})
	require.Equal(t, "PropTech trends", topic.Title)
	require.Equal(t, client.TopicStatusDiscovered, topic.Status)
	require.Equal(t, 5, topic.Priority)
	require.True(t, topic.TrendingScore.IsNull(), "nothing has measured it")

	again := w.send("POST", "/topics", `{"title":"  proptech TRENDS ","domain":"proptech","market":"DE","language":"de-AT"}`)
	require.Equal(t, http.StatusUnprocessableEntity, again.StatusCode)
	problem := again.problem(t)
	require.Equal(t, client.ErrorCodeTOPICVALIDATIONFAILED, problem.ErrorCode)
	require.Contains(t, problem.Message, "duplicate")
	require.Equal(t, topic.ID.String(), problem.Details["existing_id"])
}

func TestCreateTopicRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const good = `{"title":"A title","domain":"d","market":"de","language":"de"`
	cases := map[string]struct {
		body, contentType string
		status            int
		code              client.ErrorCode
		fields            []string
	}{
		"every fault at once":    {`{"title":"x","domain":"","priority":11,"colour":"red"}`, "", 422, "VALIDATION_FAILED", []string{"title", "domain", "priority", "colour", "market", "language"}},
		"unknown source":         {good + `,"source":"rumour"}`, "", 422, "VALIDATION_FAILED", []string{"source"}},
		"blank title":            {`{"title":"     ","domain":"d","market":"de","language":"de"}`, "", 422, "TOPIC_VALIDATION_FAILED", []string{"title"}},
		"null where not allowed": {good + `,"priority":null}`, "", 422, "VALIDATION_FAILED", []string{"priority"}},
		"not JSON":               {`{"title":`, "", 400, "MALFORMED_JSON", nil},
		"garbage behind":         {good + `} garbage`, "", 400, "MALFORMED_JSON", nil},
		"no body":                {` `, "", 400, "MALFORMED_JSON", nil},
		"no object":              {`[]`, "", 422, "VALIDATION_FAILED", []string{"body"}},
		"form":                   {`title=x`, "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"merge patch":            {good + `}`, "application/merge-patch+json", 415, "UNSUPPORTED_MEDIA_TYPE", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			headers := []string{}
			if tc.contentType != "" {
				headers = append(headers, "Content-Type: "+tc.contentType)
			}
			a := w.send("POST", "/topics", tc.body, headers...)
			require.Equal(t, tc.status, a.StatusCode, "%s", a.body)
			problem := a.problem(t)
			require.Equal(t, tc.code, problem.ErrorCode)
			require.Equal(t, a.Header.Get("X-Request-Id"), problem.RequestID)
			for _, field := range tc.fields {
				require.Contains(t, faults(problem), field)
			}
			require.Len(t, faults(problem), len(tc.fields))
		})
	}
}

// unknownID is a UUID that nothing has.
const unknownID = "0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37"

func TestCreateTopicKeeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.send("POST", "/topics", `{"title":" Title ","description":"About","source":"news","domain":" PropTech ","market":" DE ","language":"de-AT","priority":10}`)
	topic := a.object(t, http.StatusCreated)
	require.Equal(t, "/api/v1/topics/"+topic["id"].(string), a.Header.Get("Location"))
	require.Equal(t, `"1"`, a.Header.Get("ETag"))
	for field, want := range map[string]any{
		"title": "Title", "description": "About", "source": "news", "domain": "PropTech", "market": "de", "language": "de",
		"priority": 10.0, "status": "discovered", "citations": []any{}, "keywords": map[string]any{}, "research_report": nil,
		"score": nil, "score_profile": nil, "engagement_score": nil, "word_count": nil, "source_url": nil,
	} {
		require.Equal(t, want, topic[field], field)
	}
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`, topic["created_at"], "UTC")
	require.Equal(t, topic, w.read("/topics/"+topic["id"].(string)))
}

// TestDuplicateRace: two requests for one title cannot both win.
func TestDuplicateRace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const racers = 8
	statuses := make(chan int, racers)
	for range racers {
		go func() {
			a := w.send("POST", "/topics", `{"title":"The same","domain":"d","market":"de","language":"de"}`)
			statuses <- a.StatusCode
		}()
	}
	won := 0
	for range racers {
		if status := <-statuses; status == http.StatusCreated {
			won++
		} else {
			require.Equal(t, http.StatusUnprocessableEntity, status)
		}
	}
	require.Equal(t, 1, won)
	require.Equal(t, 1, w.count(`select count(*) from topics`))
}

func TestBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const rest = `"domain":"d","market":"de","language":"de"}`
	big := strings.Repeat("x", 1<<20)
	cases := map[string]struct {
		body    string
		status  int
		code    client.ErrorCode
		faults  map[string]any
		message string
	}{
		"name twice":       {`{"title":"one","title":"two",` + rest, 400, "MALFORMED_JSON", nil, `"title" stands there twice`},
		"NUL":              {`{"title":"n\u0000l","description":"\u0000",` + rest, 422, "VALIDATION_FAILED", map[string]any{"title": "NUL", "description": "NUL"}, ""},
		"NUL's name":       {`{"title":"x","description":"\\u0000",` + rest, 422, "VALIDATION_FAILED", map[string]any{"title": "minimum string length is 3"}, ""},
		"not UTF-8":        {"{\"title\":\"\xff\xfe\xfd\"," + rest, 400, "MALFORMED_JSON", nil, "UTF-8"},
		"number as text":   {`{"title":"Title","priority":"5",` + rest, 422, "VALIDATION_FAILED", map[string]any{"priority": "integer"}, ""},
		"half a number":    {`{"title":"Title","priority":5.5,` + rest, 422, "VALIDATION_FAILED", map[string]any{"priority": "integer"}, ""},
		"whole with point": {`{"title":"Title","priority":5.0,` + rest, 422, "VALIDATION_FAILED", map[string]any{"priority": "whole number"}, ""},
		"exponent":         {`{"title":"Title","priority":5e0,` + rest, 422, "VALIDATION_FAILED", map[string]any{"priority": "whole number"}, ""},
		"endless number":   {`{"title":"Title","priority":1e999,` + rest, 422, "VALIDATION_FAILED", map[string]any{"priority": "beyond all bounds"}, ""},
		"other case":       {`{"Title":"Title",` + rest, 422, "VALIDATION_FAILED", map[string]any{"Title": "unsupported", "title": "missing"}, ""},
		"array of names":   {`[{"a":1,"b":[{"c":1,"c":2}]}]`, 400, "MALFORMED_JSON", nil, `"c" stands there twice`},
		"array of NUL":     {`["\u0000"]`, 422, "VALIDATION_FAILED", map[string]any{"0": "NUL", "body": "object"}, ""},
		"null":             {`null`, 422, "VALIDATION_FAILED", map[string]any{"body": "null"}, ""},
		"too deep":         {strings.Repeat(`{"a":`, 20_000), 400, "MALFORMED_JSON", nil, "depth"},
		"too long":         {`{"title":"` + strings.Repeat("ä", 501) + `",` + rest, 422, "VALIDATION_FAILED", map[string]any{"title": "maximum string length is 500"}, ""},
		"too large":        {`{"title":"` + big + `",` + rest, 413, "BODY_TOO_LARGE", nil, "1 MiB"},
		"language":         {`{"title":"Title","domain":"d","market":"de","language":"german language"}`, 422, "VALIDATION_FAILED", map[string]any{"language": "regular expression"}, ""},
		"blank domain":     {`{"title":"Title","domain":"  ","market":"\t","language":"de"}`, 422, "VALIDATION_FAILED", map[string]any{"domain": "regular expression", "market": "regular expression"}, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problem := w.send("POST", "/topics", tc.body).refused(t, tc.status, tc.code)
			require.Contains(t, problem.Message, tc.message)
			require.Len(t, faults(problem), len(tc.faults), "%v", faults(problem))
			for field, fault := range tc.faults {
				require.Contains(t, faults(problem)[field], fault, field)
			}
			if name == "too large" {
				chunked := w.chunked("/topics", tc.body)
				chunked.refused(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
			}
		})
	}
	t.Run("500 characters of two bytes", func(t *testing.T) {
		t.Parallel()
		w.send("POST", "/topics", `{"title":"`+strings.Repeat("ä", 500)+`",`+rest).object(t, http.StatusCreated)
	})
	t.Run("charset", func(t *testing.T) {
		t.Parallel()
		w.send("POST", "/topics", `{"title":"With charset",`+rest, "Content-Type: Application/JSON; charset=utf-8").object(t, http.StatusCreated)
	})
	t.Run("no type", func(t *testing.T) {
		t.Parallel()
		problem := w.send("POST", "/topics", `{"title":"Untyped",`+rest, "Content-Type: ").refused(t, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
		require.Contains(t, problem.Details, "content_type")
	})
}

// chunked sends a body that does not say how large it is.
func (w *world) chunked(path, body string) answer {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), "POST", w.url+path, io.MultiReader(strings.NewReader(body)))
	require.NoError(w.t, err)
	request.Header.Set("Authorization", "Bearer "+w.key)
	request.Header.Set("Content-Type", "application/json")
	return w.do(request)
}

func TestListTopics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	add := func(title, domain, market, language, source string, priority int) {
		s := client.TopicCreateSource(source)
		w.topic(client.TopicCreate{Title: title, Domain: domain, Market: market, Language: language, Source: &s, Priority: &priority})
	}
	add("Häuser bauen", "proptech", "de", "de", "manual", 9)
	add("Fenster dämmen", "proptech", "at", "de", "news", 7)
	add("Villes intelligentes", "cities", "fr", "fr", "rss", 5)
	add("Smart-building sensors in C++", "proptech", "uk", "en", "reddit", 1)
	w.execute(`update topics set discovered_at = '2026-01-01T00:00:00Z'::timestamptz + case market
		when 'de' then interval '3 days' when 'at' then interval '2 days' when 'fr' then interval '1 day' else interval '0' end,
		status = case market when 'de' then 'validated' when 'at' then 'archived' else status end`)
	all := []string{"Häuser bauen", "Fenster dämmen", "Villes intelligentes", "Smart-building sensors in C++"}
	cases := map[string]struct {
		query string
		want  []string
	}{
		"newest first":       {"", all},
		"oldest first":       {"sort=discovered_at", []string{all[3], all[2], all[1], all[0]}},
		"priority":           {"sort=-priority", all},
		"title":              {"sort=title", []string{all[1], all[0], all[3], all[2]}},
		"updated":            {"sort=-updated_at", nil},
		"domain":             {"domain=cities", all[2:3]},
		"market":             {"market=AT", all[1:2]},
		"language":           {"language=DE", all[:2]},
		"source":             {"source=reddit", all[3:]},
		"one status":         {"status=validated", all[:1]},
		"two states":         {"status=validated&status=archived", all[:2]},
		"priority from":      {"min_priority=7", all[:2]},
		"after is inclusive": {"discovered_after=2026-01-03T00:00:00Z", all[:2]},
		"before is not":      {"discovered_before=2026-01-03T00:00:00Z", all[2:]},
		"offset":             {"discovered_after=2026-01-03T02:00:00%2B02:00&discovered_before=2026-01-04T02:00:00%2B02:00", all[1:2]},
		"all at once":        {"domain=proptech&market=de&language=de&source=manual&status=validated&min_priority=9&search=haus", all[:1]},
		"nothing":            {"domain=unknown", []string{}},
		"word form":          {"search=haus", all[:1]},
		"other word form":    {"search=Fenstern", all[1:2]},
		"French":             {"search=ville+intelligente", all[2:3]},
		"C++":                {"search=" + url.QueryEscape("C++"), all[3:]},
		"hyphen":             {"search=smart-building", all[3:]},
		"phrase":             {"search=" + url.QueryEscape(`"building sensors"`), all[3:]},
		"excluded":           {"search=" + url.QueryEscape("haus or sensors -building"), all[:1]},
		"or":                 {"search=" + url.QueryEscape("haus or villes"), []string{all[0], all[2]}},
		"search by time":     {"search=" + url.QueryEscape("haus or villes") + "&sort=discovered_at", []string{all[2], all[0]}},
		"by relevance":       {"search=sensors&sort=relevance", all[3:]},
		"second page":        {"page=2&page_size=3", all[3:]},
		"page behind":        {"page=3&page_size=3", []string{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := w.read("/topics?" + tc.query)
			if tc.want == nil {
				require.ElementsMatch(t, all, titles(list))
				return
			}
			if name == "or" {
				require.ElementsMatch(t, tc.want, titles(list))
				return
			}
			require.Equal(t, tc.want, titles(list))
			require.Equal(t, "eq", list["total_relation"])
			require.Equal(t, false, list["fuzzy"])
		})
	}
	t.Run("misspelt", func(t *testing.T) {
		t.Parallel()
		list := w.read("/topics?search=inteligentess")
		require.Equal(t, all[2:3], titles(list))
		require.Equal(t, true, list["fuzzy"])
	})
	t.Run("cursor", func(t *testing.T) {
		t.Parallel()
		for _, query := range []string{"", "&sort=title", "&sort=-priority", "&sort=-updated_at", "&sort=discovered_at", "&search=" + url.QueryEscape("haus or fenster or ville or sensors")} {
			seen := map[string]bool{}
			path := "/topics?page_size=1" + query
			first := w.read(path)
			require.EqualValues(t, 4, first["total"], query)
			require.EqualValues(t, 4, first["pages"])
			require.EqualValues(t, 1, first["page"])
			for list := first; ; {
				require.Len(t, list["items"], 1, query)
				seen[titles(list)[0]] = true
				cursor, more := list["next_cursor"].(string)
				if !more {
					break
				}
				list = w.read(path + "&cursor=" + url.QueryEscape(cursor))
				require.EqualValues(t, 0, list["page"])
			}
			require.Len(t, seen, 4, query)
		}
	})
	t.Run("summary", func(t *testing.T) {
		t.Parallel()
		item := w.read("/topics?domain=cities")["items"].([]any)[0].(map[string]any)
		require.NotContains(t, item, "research_report", "lists are short")
		require.Equal(t, "rss", item["source"])
	})
}

func TestListRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.topic(client.TopicCreate{})
	w.topic(client.TopicCreate{})
	cursor := url.QueryEscape(w.read("/topics?page_size=1")["next_cursor"].(string))
	cases := map[string]struct {
		query  string
		code   client.ErrorCode
		fields []string
	}{
		"unknown parameter":    {"colour=red&color=blue", "VALIDATION_FAILED", []string{"colour", "color"}},
		"repeated parameter":   {"domain=a&domain=b", "VALIDATION_FAILED", []string{"domain"}},
		"every fault":          {"page=0&page_size=101&min_priority=11&sort=nope&status=x&source=y&discovered_after=tomorrow", "VALIDATION_FAILED", []string{"page", "page_size", "min_priority", "sort", "status.0", "source", "discovered_after"}},
		"30 February":          {"discovered_after=2026-02-30T00:00:00Z", "VALIDATION_FAILED", []string{"discovered_after"}},
		"date alone":           {"discovered_before=2026-02-03", "VALIDATION_FAILED", []string{"discovered_before"}},
		"plus as a space":      {"discovered_after=2026-01-01T00:00:00+02:00", "VALIDATION_FAILED", []string{"discovered_after"}},
		"no number":            {"page=first&page_size=1.5", "VALIDATION_FAILED", []string{"page", "page_size"}},
		"beyond numbers":       {"page=99999999999999999999", "VALIDATION_FAILED", []string{"page"}},
		"empty search":         {"search=", "VALIDATION_FAILED", []string{"search"}},
		"empty status":         {"status=", "VALIDATION_FAILED", []string{"status"}},
		"NUL":                  {"domain=%00", "VALIDATION_FAILED", []string{"domain"}},
		"not UTF-8":            {"market=%ff", "VALIDATION_FAILED", []string{"market"}},
		"too deep":             {"page=101&page_size=100", "TOPIC_VALIDATION_FAILED", []string{"page"}},
		"no cursor":            {"cursor=abc", "TOPIC_VALIDATION_FAILED", []string{"cursor"}},
		"no base64":            {"cursor=%21%21", "TOPIC_VALIDATION_FAILED", []string{"cursor"}},
		"other order's":        {"sort=title&page_size=1&cursor=" + cursor, "TOPIC_VALIDATION_FAILED", []string{"cursor"}},
		"other filters'":       {"domain=x&page_size=1&cursor=" + cursor, "TOPIC_VALIDATION_FAILED", []string{"cursor"}},
		"relevance of nothing": {"sort=relevance", "TOPIC_VALIDATION_FAILED", []string{"sort"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problem := w.send("GET", "/topics?"+tc.query, "").refused(t, http.StatusUnprocessableEntity, tc.code)
			found := faults(problem)
			require.Len(t, found, len(tc.fields), "%v", found)
			for _, field := range tc.fields {
				require.Contains(t, found, field)
			}
		})
	}
	for _, query := range []string{"%zz", "a=1;b=2"} {
		problem := w.send("GET", "/topics?"+query, "").refused(t, http.StatusBadRequest, "BAD_REQUEST")
		require.Contains(t, problem.Message, "query cannot be read")
	}
}

func TestReadTopic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.topic(client.TopicCreate{Title: "Title"}).ID.String()
	cases := map[string]struct {
		id     string
		status int
		code   client.ErrorCode
	}{
		"its id":     {id, 200, ""},
		"upper case": {strings.ToUpper(id), 200, ""},
		"unknown":    {unknownID, 404, "TOPIC_NOT_FOUND"},
		"version 4":  {"f47ac10b-58cc-4372-a567-0e02b2c3d479", 404, "TOPIC_NOT_FOUND"},
		"nil":        {"00000000-0000-0000-0000-000000000000", 404, "TOPIC_NOT_FOUND"},
		"braces":     {"%7B" + id + "%7D", 422, "VALIDATION_FAILED"},
		"urn":        {"urn:uuid:" + id, 422, "VALIDATION_FAILED"},
		"no hyphens": {strings.ReplaceAll(id, "-", ""), 422, "VALIDATION_FAILED"},
		"too short":  {id[:35], 422, "VALIDATION_FAILED"},
		"no UUID":    {"x", 422, "VALIDATION_FAILED"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := w.send("GET", "/topics/"+tc.id, "")
			if tc.code == "" {
				require.Equal(t, "Title", a.object(t, tc.status)["title"])
				return
			}
			problem := a.refused(t, tc.status, tc.code)
			if tc.status == http.StatusNotFound {
				require.Equal(t, tc.id, problem.Details["id"])
				return
			}
			require.Equal(t, map[string]any{"id": "is not a UUID"}, faults(problem))
		})
	}
}

func TestConditionalRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := "/topics/" + w.topic(client.TopicCreate{}).ID.String()
	collection := "/collections/" + w.collection("https://example.com/feed").ID.String()
	document := "/documents/" + w.document(store.Document{}).ID.String()
	for _, path := range []string{topic, collection, document, "/admin/config"} {
		tag := w.send("GET", path, "", "Accept-Encoding: identity").Header.Get("ETag")
		require.Regexp(t, `^"\d+"$`, tag)
		cases := map[string]int{
			tag: 304, "W/" + tag: 304, "*": 304, `"x", ` + tag: 304, `"x",W/` + tag + `,"y"`: 304,
			`"x"`: 200, strings.Trim(tag, `"`): 200, `"999"`: 200, ` `: 200,
		}
		for header, status := range cases {
			a := w.send("GET", path, "", "Accept-Encoding: identity", "If-None-Match: "+header)
			require.Equal(t, status, a.StatusCode, "%s %s", path, header)
			require.Equal(t, tag, a.Header.Get("ETag"), "a 304 names it, too")
			if status == http.StatusNotModified {
				require.Empty(t, a.body)
			}
		}
	}
}

func TestConditionalChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for kind, tc := range map[string]struct {
		path, patch string
		code        client.ErrorCode
	}{
		"topic":      {"/topics/" + w.topic(client.TopicCreate{}).ID.String(), `{"priority":9}`, "TOPIC_CHANGED"},
		"collection": {"/collections/" + w.collection("https://example.com/feed").ID.String(), `{"name":"New"}`, "COLLECTION_CHANGED"},
		"document":   {"/documents/" + w.document(store.Document{}).ID.String(), "", "DOCUMENT_CHANGED"},
		"config":     {"/admin/config", `{"polling_enabled":false}`, "CONFIG_CHANGED"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			tag := w.send("GET", tc.path, "").Header.Get("ETag")
			if tc.patch != "" {
				for _, stale := range []string{`"999"`, "W/" + tag, "1", `"abc"`, `"0"`, `"-1"`, `"01"`} {
					w.send("PATCH", tc.path, tc.patch, "If-Match: "+stale).refused(t, http.StatusPreconditionFailed, tc.code)
				}
				changed := w.send("PATCH", tc.path, tc.patch, "If-Match: "+tag)
				changed.object(t, http.StatusOK)
				require.NotEqual(t, tag, changed.Header.Get("ETag"))
				require.Equal(t, changed.Header.Get("ETag"), w.send("GET", tc.path, "").Header.Get("ETag"))
				w.send("PATCH", tc.path, tc.patch, "If-Match: "+tag).refused(t, http.StatusPreconditionFailed, tc.code)
				w.send("PATCH", tc.path, tc.patch, "If-Match: *").object(t, http.StatusOK)
				w.send("PATCH", tc.path, tc.patch).object(t, http.StatusOK)
			}
			if kind == "config" {
				return
			}
			tag = w.send("GET", tc.path, "").Header.Get("ETag")
			w.send("DELETE", tc.path, "", `If-Match: "999"`).refused(t, http.StatusPreconditionFailed, tc.code)
			require.Equal(t, http.StatusNoContent, w.send("DELETE", tc.path, "", "If-Match: "+tag).StatusCode)
			missing := client.ErrorCode(strings.ToUpper(kind) + "_NOT_FOUND")
			w.send("GET", tc.path, "").refused(t, http.StatusNotFound, missing)
			w.send("DELETE", tc.path, "").refused(t, http.StatusNotFound, missing)
			w.send("DELETE", tc.path, "", "If-Match: "+tag).refused(t, http.StatusNotFound, missing)
			if tc.patch != "" {
				w.send("PATCH", tc.path, tc.patch).refused(t, http.StatusNotFound, missing)
			}
		})
	}
}

func TestUpdateTopic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.topic(client.TopicCreate{Title: "Taken"})
	cases := map[string]struct {
		body   string
		status int
		code   client.ErrorCode
		field  string
		want   any
	}{
		"title":             {`{"title":" New title "}`, 200, "", "title", "New title"},
		"own title":         {`{"title":"MINE"}`, 200, "", "title", "MINE"},
		"description":       {`{"description":"New"}`, 200, "", "description", "New"},
		"null clears":       {`{"description":null}`, 200, "", "description", nil},
		"absent stays":      {`{"priority":1}`, 200, "", "description", "Old"},
		"priority":          {`{"priority":1}`, 200, "", "priority", 1.0},
		"forward":           {`{"status":"drafted"}`, 200, "", "status", "drafted"},
		"archive":           {`{"status":"archived"}`, 200, "", "status", "archived"},
		"same status":       {`{"status":"validated"}`, 200, "", "status", "validated"},
		"back":              {`{"status":"discovered"}`, 422, "TOPIC_VALIDATION_FAILED", "status", nil},
		"unknown status":    {`{"status":"done"}`, 422, "VALIDATION_FAILED", "status", nil},
		"taken title":       {`{"title":"taken"}`, 422, "TOPIC_VALIDATION_FAILED", "title", nil},
		"blank title":       {`{"title":"  x  "}`, 422, "TOPIC_VALIDATION_FAILED", "title", nil},
		"null title":        {`{"title":null}`, 422, "VALIDATION_FAILED", "title", nil},
		"nothing":           {`{}`, 422, "VALIDATION_FAILED", "body", nil},
		"unknown field":     {`{"colour":"red"}`, 422, "VALIDATION_FAILED", "colour", nil},
		"read-only field":   {`{"id":"` + unknownID + `"}`, 422, "VALIDATION_FAILED", "id", nil},
		"priority too high": {`{"priority":11}`, 422, "VALIDATION_FAILED", "priority", nil},
	}
	n := 0
	for name, tc := range cases {
		n++
		market := fmt.Sprint("m", n)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, contentType := range []string{"application/json", "application/merge-patch+json", "Application/Merge-Patch+JSON; charset=utf-8"} {
				topic := w.topic(client.TopicCreate{Title: "Mine", Market: market, Description: nullable.NewNullableWithValue("Old")})
				taken := w.topic(client.TopicCreate{Title: "Taken", Market: market})
				path := "/topics/" + topic.ID.String()
				w.send("PATCH", path, `{"status":"validated"}`).object(t, http.StatusOK)
				before := w.read(path)
				a := w.send("PATCH", path, tc.body, "Content-Type: "+contentType)
				if tc.code == "" {
					changed := a.object(t, tc.status)
					require.Equal(t, tc.want, changed[tc.field])
					require.Equal(t, changed, w.read(path))
				} else {
					problem := a.refused(t, tc.status, tc.code)
					require.Contains(t, faults(problem), tc.field)
					if name == "taken title" {
						require.Equal(t, taken.ID.String(), problem.Details["existing_id"])
					}
					require.Equal(t, before, w.read(path), "nothing has changed")
				}
				require.Equal(t, http.StatusNoContent, w.send("DELETE", path, "").StatusCode)
				require.Equal(t, http.StatusNoContent, w.send("DELETE", "/topics/"+taken.ID.String(), "").StatusCode)
			}
		})
	}
	t.Run("archived goes back to the beginning only", func(t *testing.T) {
		t.Parallel()
		path := "/topics/" + w.topic(client.TopicCreate{}).ID.String()
		w.send("PATCH", path, `{"status":"archived"}`).object(t, http.StatusOK)
		w.send("PATCH", path, `{"status":"published"}`).refused(t, http.StatusUnprocessableEntity, "TOPIC_VALIDATION_FAILED")
		w.send("PATCH", path, `{"status":"discovered"}`).object(t, http.StatusOK)
	})
	t.Run("what stays equal keeps its version", func(t *testing.T) {
		t.Parallel()
		topic := w.topic(client.TopicCreate{Title: "Still"})
		a := w.send("PATCH", "/topics/"+topic.ID.String(), `{"title":"Still","priority":5}`)
		require.Equal(t, `"1"`, a.Header.Get("ETag"))
	})
	w.send("PATCH", "/topics/"+unknownID, `{"priority":1}`).refused(t, http.StatusNotFound, "TOPIC_NOT_FOUND")
	w.send("PATCH", "/topics/"+unknownID, `priority=1`, "Content-Type: text/plain").refused(t, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
}
