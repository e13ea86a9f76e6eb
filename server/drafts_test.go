package server_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
)

func TestSynthesizeTopic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.working = true })
	w.article("Bicycles in Lindau <script>alert(1)</script>", bridge+" The mayor of the town was pleased with the bicycles on the bridge.", "en")
	topic := w.topic(client.TopicCreate{Title: "How many bicycles cross the Elz bridge on a day?", Domain: "energy", Market: "de", Language: "en"})
	related := w.topic(client.TopicCreate{Title: "Bicycles on the Elz bridge", Domain: "energy", Market: "de", Language: "en"})
	path := "/topics/" + topic.ID.String()

	w.send("POST", path+"/synthesize", "").refused(t, http.StatusNotFound, client.ErrorCodeRESEARCHRUNNOTFOUND)
	unknown := w.topic(client.TopicCreate{Title: "Who won the rowing in Oberhausen?", Domain: "energy", Market: "de", Language: "en"})
	require.Equal(t, false, w.research("/topics/"+unknown.ID.String()+"/research", `{"depth": "quick"}`)["answered"])
	empty := w.send("POST", "/topics/"+unknown.ID.String()+"/synthesize", "").refused(t, http.StatusUnprocessableEntity, client.ErrorCodeRESEARCHRUNVALIDATIONFAILED)
	require.Equal(t, "The topic's newest report has no supported claim to write from. It left open: Who won the rowing in Oberhausen? Research it further with POST /topics/{id}/research.", empty.Message)
	require.Equal(t, []any{"Who won the rowing in Oberhausen?"}, empty.Details["open_questions"])
	require.Empty(t, w.read("/topics/" + unknown.ID.String() + "/drafts")["items"])
	require.Equal(t, true, w.research(path+"/research", `{"depth": "quick"}`)["answered"])
	result := w.research(path+"/synthesize", `{"target_words": 400, "tone": "factual", "keyword": "bicycle bridge"}`)
	require.Equal(t, "extractive", result["method"])
	require.EqualValues(t, 1, result["version"])
	require.Equal(t, "drafted", w.read(path)["status"])
	require.Equal(t, result["word_count"], w.read(path)["word_count"])

	draft := w.read("/drafts/" + result["draft_id"].(string))
	require.Contains(t, draft["body_markdown"], "14,500 bicycles")
	require.Contains(t, draft["body_markdown"], "no model has written anything")
	require.Contains(t, draft["body_markdown"], "[1]")
	require.NotContains(t, draft["body_markdown"], "<script>")
	require.Equal(t, bridge, draft["meta_description"])
	require.Equal(t, related.ID.String(), draft["internal_links"].([]any)[0].(map[string]any)["topic_id"])
	require.Equal(t, "bicycle bridge", draft["keyword"])
	score := draft["content_score"].(map[string]any)
	require.Equal(t, "derived", score["value"].(map[string]any)["method"])
	require.InDelta(t, score["value"].(map[string]any)["value"], w.read(path)["content_score"], 1e-9)
	require.NotEmpty(t, score["suggestions"])
	claims := w.read(path + "/claims")["items"].([]any)
	require.Equal(t, claims[0].(map[string]any)["id"], draft["sentences"].([]any)[0].(map[string]any)["claims"].([]any)[0])

	edited := w.send("PATCH", "/drafts/"+draft["id"].(string), `{"title": "Bicycles", "meta_description": "All about it.", "body_markdown": "# Bicycles\n\nOther words."}`).object(t, http.StatusOK)
	require.EqualValues(t, 2, edited["version"])
	require.Equal(t, draft["id"], edited["parent_id"])
	require.Equal(t, true, edited["edited"])
	require.Empty(t, edited["sentences"])
	require.Equal(t, "bicycle bridge", edited["keyword"], "it stays what it was for")
	require.NotEqual(t, score["value"], edited["content_score"].(map[string]any)["value"])
	named := w.send("PATCH", "/drafts/"+edited["id"].(string), `{"keyword": "words"}`).object(t, http.StatusOK)
	require.Equal(t, "words", named["keyword"])
	w.send("DELETE", "/drafts/"+named["id"].(string), "")
	comparison := w.read("/drafts/" + draft["id"].(string) + "/compare?with=" + edited["id"].(string))
	ops := map[string]bool{}
	for _, change := range comparison["changes"].([]any) {
		ops[change.(map[string]any)["op"].(string)] = true
	}
	require.Equal(t, map[string]bool{"equal": true, "insert": true, "delete": true}, ops)
	require.Len(t, w.read(path + "/drafts")["items"], 2)

	for format, want := range map[string]string{
		"markdown": "14,500", "html": "<!doctype html>", "json": `"body_markdown"`, "ris": "TY  - ELEC", "bibtex": "@online{source1",
	} {
		a := w.send("GET", "/drafts/"+draft["id"].(string)+"/export?format="+format, "")
		require.Equal(t, http.StatusOK, a.StatusCode)
		require.Contains(t, string(a.body), want, format)
		if format == "html" || format == "markdown" {
			require.NotContains(t, string(a.body), "<script>", format)
		}
		require.Contains(t, a.Header.Get("Content-Disposition"), "attachment; filename=")
	}
	a := w.send("GET", "/drafts/"+draft["id"].(string)+"/export?format=docx", "")
	archive, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
	require.NoError(t, err)
	require.Len(t, archive.File, 6)
	for _, file := range archive.File {
		part, err := file.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(part)
		require.NoError(t, err)
		decoder := xml.NewDecoder(bytes.NewReader(content))
		for err == nil {
			_, err = decoder.Token()
		}
		require.True(t, errors.Is(err, io.EOF), "%s: %v", file.Name, err)
		if file.Name == "word/document.xml" {
			require.Contains(t, string(content), "14,500 bicycles")
			require.Contains(t, string(content), `w:val="Heading1"`)
		}
	}

	require.Equal(t, http.StatusNoContent, w.send("DELETE", "/drafts/"+edited["id"].(string), "").StatusCode)
	w.send("DELETE", "/drafts/"+edited["id"].(string), "").refused(t, http.StatusNotFound, client.ErrorCodeDRAFTNOTFOUND)
	for _, path := range []string{"/drafts/" + unknownID, "/drafts/" + unknownID + "/export?format=json", "/drafts/" + unknownID + "/compare?with=" + unknownID, "/topics/" + unknownID + "/drafts"} {
		require.Equal(t, http.StatusNotFound, w.send("GET", path, "").StatusCode, path)
	}
	require.Equal(t, http.StatusNotFound, w.send("GET", "/drafts/"+draft["id"].(string)+"/compare?with="+unknownID, "").StatusCode)
	require.Equal(t, http.StatusNotFound, w.send("PATCH", "/drafts/"+unknownID, `{"title": "Abc"}`).StatusCode)
	w.send("PATCH", "/drafts/"+draft["id"].(string), `{"title": "   a   "}`).refused(t, http.StatusUnprocessableEntity, client.ErrorCodeDRAFTVALIDATIONFAILED)
	var job map[string]any
	require.NoError(t, json.Unmarshal(w.send("GET", "/jobs?kind=synthesize", "").body, &job))
	require.Len(t, job["items"], 1)
	require.True(t, strings.HasPrefix(draft["hero_image_prompt"].(string), "Editorial photograph"))
}
