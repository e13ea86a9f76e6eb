package server_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
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
