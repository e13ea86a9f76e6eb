package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// heated is an archive in which several publishers write about heat pumps, one of them about their noise, too.
func heated(t *testing.T, configure ...func(*options)) *world {
	t.Helper()
	w := newWorld(t, append(configure, func(o *options) { o.working = true })...)
	now := time.Now().UTC()
	at := func(host string, n int) func(*store.Document) {
		return func(d *store.Document) {
			d.URL = fmt.Sprintf("https://%s/%d", host, n)
			d.CanonicalURL = d.URL
		}
	}
	for i := range 6 {
		w.report("paper.example", fmt.Sprintf("Heat pump noise in the town, part %d", i), "The heat pump noise of Lindau is measured by Anna Berger. Heat pump noise annoys the neighbours of every heat pump.", now.AddDate(0, 0, -2*i), at("www.paper.example", i))
	}
	for i := range 3 {
		w.report("own.example", fmt.Sprintf("Heat pump subsidy explained again, part %d", i), "The heat pump subsidy pays for a heat pump in an old house.", now.AddDate(0, 0, -i), at("own.example", i))
	}
	w.report("old.example", "Heat pump history", "The first heat pump was built long ago, says a book about the heat pump.", now.AddDate(0, 0, -45), at("old.example", 1))
	for i, title := range []string{"heat pump cost", "how loud is a heat pump", "buy heat pump"} {
		w.report("suggestions.example", title, "", now, func(d *store.Document) {
			d.Source, d.ContentText, d.Summary, d.SourceMetadata = "autocomplete", nil, nil, map[string]any{"position": i + 1}
		})
	}
	w.report("trends.example", "heat pump", "", now, func(d *store.Document) {
		d.Source, d.ContentText, d.Summary, d.SourceMetadata = "trends", nil, nil, map[string]any{"approx_traffic": "20K+", "approx_traffic_min": 20000}
	})
	w.processed()
	return w
}

func TestKeywordResearch(t *testing.T) {
	t.Parallel()
	w := heated(t)
	report := w.research("/research/keyword", `{"subject": "heat pump", "language": "en", "count": 5}`)
	require.Equal(t, "keyword", report["kind"])
	result := report["result"].(map[string]any)
	require.Equal(t, "all_words", result["matched_by"])
	primary := result["primary"].(map[string]any)
	require.Nil(t, primary["search_volume"].(map[string]any)["value"], "nobody has measured it")
	traffic := primary["approx_traffic"].(map[string]any)
	require.EqualValues(t, 20000, traffic["value"])
	require.Equal(t, "measured", traffic["method"])
	require.Equal(t, "Google Trends", traffic["source"])
	require.NotEmpty(t, result["secondary"])
	require.NotEmpty(t, result["long_tail"])
	require.NotEmpty(t, result["related_questions"])
	require.Equal(t, report["id"], w.read("/research/reports/" + report["id"].(string))["id"])

	topic := w.topic(client.TopicCreate{Title: "Heat pump noise", Domain: "energy", Market: "de", Language: "en"})
	path := "/topics/" + topic.ID.String()
	e := w.send("GET", path+"/keywords", "").refused(t, http.StatusNotFound, client.ErrorCodeRESEARCHREPORTNOTFOUND)
	require.Contains(t, e.Message, "POST /topics/")
	w.research(path+"/research/keyword", "")
	latest := w.read(path + "/keywords")
	require.Equal(t, topic.ID.String(), latest["topic_id"])
	require.Equal(t, "Heat pump noise", w.read(path)["keywords"].(map[string]any)["keyword"])
	require.Len(t, w.read("/research/reports?kind=keyword")["items"], 2)
	require.Len(t, w.read("/research/reports?topic_id=" + topic.ID.String())["items"], 1)

	nothing := w.research("/research/keyword", `{"subject": "submarines", "language": "en"}`)["result"].(map[string]any)
	require.Equal(t, "none", nothing["matched_by"])
	require.Empty(t, nothing["secondary"])
	w.send("GET", "/research/reports/"+unknownID, "").refused(t, http.StatusNotFound, client.ErrorCodeRESEARCHREPORTNOTFOUND)
	for _, kind := range []string{"keyword", "competitor"} {
		require.Equal(t, http.StatusNotFound, w.send("POST", "/topics/"+unknownID+"/research/"+kind, "{}").StatusCode)
	}
}

func TestCompetitorResearch(t *testing.T) {
	t.Parallel()
	w := heated(t)
	topic := w.topic(client.TopicCreate{Title: "Heat pump", Domain: "energy", Market: "de", Language: "en"})
	path := "/topics/" + topic.ID.String()
	report := w.research(path+"/research/competitor", `{"own_sites": ["www.own.example"], "count": 5}`)
	result := report["result"].(map[string]any)
	names := map[string]map[string]any{}
	for _, c := range result["competitors"].([]any) {
		names[c.(map[string]any)["name"].(string)] = c.(map[string]any)
	}
	require.Contains(t, names, "paper.example")
	require.NotContains(t, names, "own.example")
	share := names["paper.example"]["share_of_voice"].(map[string]any)
	require.Equal(t, "derived", share["method"])
	require.InDelta(t, 0.6, share["value"], 0.01)
	strategy := names["paper.example"]["content_strategy"].(map[string]any)
	require.InDelta(t, 3.5, strategy["posting_frequency"].(map[string]any)["value"], 0.1, "a document every other day")
	require.NotEmpty(t, result["content_gaps"], "nobody at home writes about the noise")
	require.EqualValues(t, 3, result["own_documents"].(map[string]any)["value"])
	require.NotEmpty(t, w.read(path)["content_gaps"])
	require.NotEmpty(t, w.read(path)["competitors"])
	require.Equal(t, report["id"], w.read(path + "/competitors")["id"])

	keywords := w.research(path+"/research/keyword", "")["result"].(map[string]any)
	for _, p := range keywords["primary"].(map[string]any)["opportunity"].(map[string]any)["parts"].([]any) {
		if part := p.(map[string]any); part["name"] == "gap" {
			require.EqualValues(t, len(result["content_gaps"].([]any)), part["inputs"].(map[string]any)["gaps"], "as the competitors' report found")
		}
	}
	broken := w.research("/research/competitor", `{"subject": "heat pump", "language": "en", "own_sites": ["http://[::1"]}`)["result"].(map[string]any)
	require.NotNil(t, broken["own_pages"].([]any)[0].(map[string]any)["error"])
	elsewhere := w.research("/research/competitor", `{"subject": "heat pump", "language": "en", "own_sites": ["nowhere.invalid"]}`)["result"].(map[string]any)
	require.Equal(t, "pages_off", elsewhere["own_pages"].([]any)[0].(map[string]any)["error"].(map[string]any)["code"])
	require.Nil(t, elsewhere["content_gaps"], "nothing of one's own could be read")
	alone := w.research("/research/competitor", `{"subject": "heat pump", "language": "en"}`)["result"].(map[string]any)
	require.Nil(t, alone["content_gaps"], "there is nothing to compare with")
	require.Len(t, w.read("/research/reports?kind=competitor&page_size=1")["items"], 1)
}

func TestOwnPagesAreRead(t *testing.T) {
	t.Parallel()
	w := heated(t, func(o *options) { o.reading = true })
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(rw, `<html lang="en"><body><article><h1>Heat pump noise</h1>`+strings.Repeat("<p>We measured the heat pump noise of Lindau with Anna Berger, and how it annoys the neighbours.</p>", 9)+"</article></body></html>")
	}))
	t.Cleanup(site.Close)
	gaps := func(own string) (subjects []string, pages []any) {
		result := w.research("/research/competitor", `{"subject": "heat pump", "language": "en", "own_sites": ["`+own+`"]}`)["result"].(map[string]any)
		for _, gap := range result["content_gaps"].([]any) {
			subjects = append(subjects, gap.(map[string]any)["subject"].(string))
		}
		return subjects, result["own_pages"].([]any)
	}
	without, read := gaps("own.example")
	require.Contains(t, without, "Anna Berger")
	require.Empty(t, read, "the archive has enough of it")
	with, read := gaps(site.URL)
	require.NotContains(t, with, "Anna Berger")
	require.NotEmpty(t, with)
	require.Nil(t, read[0].(map[string]any)["error"])
}

// TestLargeArchive has more about a subject than one page of a search, and suggestions besides.
func TestLargeArchive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.working = true })
	now := time.Now().UTC()
	for i := range 130 {
		host := fmt.Sprintf("paper%d.example", i%2)
		w.report(host, fmt.Sprintf("Heat pump report %d", i), "A heat pump again.", now.Add(-time.Duration(i)*time.Hour), func(d *store.Document) {
			d.URL = fmt.Sprintf("https://%s/%d", host, i)
			d.CanonicalURL = d.URL
			if i%13 == 0 {
				d.Source, d.SourceMetadata = "autocomplete", map[string]any{"position": i}
			}
		})
	}
	storetest.Process(t, w.store)
	result := w.research("/research/competitor", `{"subject": "heat pump", "language": "en"}`)["result"].(map[string]any)
	require.EqualValues(t, 120, result["documents"].(map[string]any)["value"], "ten are suggestions")
	require.Equal(t, true, result["sample"].(map[string]any)["complete"])
	require.EqualValues(t, 120, result["sample"].(map[string]any)["read"])
	require.InDelta(t, 0.5, result["competitors"].([]any)[0].(map[string]any)["share_of_voice"].(map[string]any)["value"], 0.01)
}
