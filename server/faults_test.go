package server_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
)

// TestWithoutATable takes the tables of topics and research away, one after the other: whoever needs them answers 500 and tells
// nothing of the inside.
func TestWithoutATable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := "/topics/" + w.topic(client.TopicCreate{Title: "A topic", Domain: "d", Market: "de", Language: "en"}).ID.String()
	one := "/" + unknownID
	calls := [][3]string{
		{"GET", "/research/runs"},
		{"GET", "/research/runs" + one},
		{"GET", "/research/runs" + one + "/steps"},
		{"GET", "/research/runs" + one + "/sources"},
		{"GET", "/research/runs" + one + "/claims"},
		{"GET", "/snapshots" + one},
		{"GET", topic + "/claims"},
		{"GET", "/costs"},
		{"GET", "/costs/calls"},
		{"GET", "/topics/discoveries"},
		{"GET", "/topics/discovery-schedules"},
		{"GET", "/topics/discovery-schedules" + one},
		{"GET", topic + "/scores"},
		{"GET", topic + "/documents"},
		{"GET", "/scoring-profiles"},
		{"GET", "/scoring-profiles/original"},
		{"GET", topic + "/drafts"},
		{"GET", "/drafts" + one},
		{"GET", "/drafts" + one + "/export?format=json"},
		{"GET", topic + "/keywords"},
		{"GET", topic + "/competitors"},
		{"GET", "/research/reports"},
		{"GET", "/research/reports" + one},
		{"GET", "/searches"},
		{"GET", "/collections"},
		{"GET", "/admin/metrics"},
		{"POST", "/collections/discover", `{"url": "https://a.example"}`},
		{"DELETE", "/drafts" + one},
		{"DELETE", "/topics/discovery-schedules" + one},
		{"DELETE", "/scoring-profiles/original"},
		{"PATCH", "/drafts" + one, `{"title": "Another"}`},
		{"PATCH", "/topics/discovery-schedules" + one, `{"every_hours": 2}`},
		{"POST", topic + "/validate", "{}"},
		{"POST", topic + "/synthesize", "{}"},
		{"POST", topic + "/research", "{}"},
		{"POST", topic + "/research/keyword", "{}"},
		{"POST", topic + "/research/competitor", "{}"},
		{"POST", "/research/deep", `{"question": "What is it?", "language": "en"}`},
		{"POST", "/research/keyword", `{"subject": "it", "language": "en"}`},
		{"POST", "/research/competitor", `{"subject": "it", "language": "en"}`},
		{"POST", "/topics/discover", `{"domain": "d", "market": "de", "language": "en"}`},
		{"POST", "/scoring-profiles", `{"name": "x", "kind": "validation", "weights": {"freshness": 1}}`},
		{"POST", "/topics/discovery-schedules", `{"name": "x", "every_hours": 1, "request": {"domain": "d", "market": "de", "language": "en"}}`},
	}
	for _, table := range []string{
		"research_runs", "research_steps", "research_sources", "snapshots", "claims", "calls", "discoveries", "discovery_schedules", "topic_scores", "topic_documents",
		"scoring_profiles", "drafts", "research_reports", "topics", "job_progress",
		"saved_searches", "collections", "webhooks",
	} {
		w.execute(`alter table ` + table + ` rename to taken_away`)
		failed := 0
		for _, call := range calls {
			a := w.send(call[0], call[1], call[2])
			if a.StatusCode == http.StatusInternalServerError {
				failed++
				require.NotContains(t, string(a.body), "taken_away")
				require.NotContains(t, string(a.body), "relation")
			}
		}
		if table != "research_steps" && table != "research_sources" && table != "claims" {
			require.Positive(t, failed, "nobody misses %s", table)
		}
		w.execute(`alter table taken_away rename to ` + table)
	}
}
