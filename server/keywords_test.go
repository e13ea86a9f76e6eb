package server_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/store"
)

// annotate saves what a document was found to be about.
func (w *world) annotate(d store.Document, keywords []store.Keyword, entities ...store.Entity) {
	w.t.Helper()
	require.NoError(w.t, w.store.InTx(w.t.Context(), func(ctx context.Context) error {
		_, err := w.store.SaveFindings(ctx, store.Findings{
			Documents:   []store.ProcessedDocument{{ID: d.ID, Seq: w.made.Add(1), Sketch: []int64{}, Terms: []int64{}, Posted: []int64{}}},
			Annotations: []store.Annotations{{DocumentID: d.ID, Keywords: keywords, Entities: entities}},
		})
		return err
	}))
}

func entity(kind, text string) store.Entity {
	return store.Entity{Kind: kind, Text: text, Count: 1, Key: kind + " " + text}
}

func TestDocumentKeywords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.document(store.Document{Title: "Heat pumps"})
	path := "/documents/" + d.ID.String()
	fresh := w.read(path)
	require.Nil(t, fresh["keywords"], "nobody has looked yet")
	require.Nil(t, fresh["entities"])
	tag := w.send("GET", path, "").Header.Get("ETag")
	w.annotate(d, []store.Keyword{{Text: "heat pumps", Score: 0.75, Count: 2, Key: "heat pump"}},
		store.Entity{Kind: "amount", Text: "1,2 Millionen Euro", Value: new(1.2e6), Unit: new("EUR"), Count: 1, FirstOffset: 12, Key: "amount 1.2e+06 EUR"})
	known := w.read(path)
	require.Equal(t, []any{map[string]any{"text": "heat pumps", "score": 0.75, "count": 2.0}}, known["keywords"])
	require.Equal(t, []any{map[string]any{
		"kind": "amount", "text": "1,2 Millionen Euro", "value": 1.2e6, "unit": "EUR", "date": nil, "country": nil, "count": 1.0, "first_offset": 12.0,
	}}, known["entities"])
	require.NotEqual(t, tag, w.send("GET", path, "").Header.Get("ETag"))
	// Nothing found is an empty list.
	e := w.document(store.Document{Title: "…"})
	w.annotate(e, nil)
	require.Equal(t, []any{}, w.read("/documents/" + e.ID.String())["keywords"])
	require.Equal(t, []any{}, w.read("/documents/" + e.ID.String())["entities"])
}

func TestKeywords(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, func(o *options) { o.now = func() time.Time { return now } })
	nothing := w.read("/keywords")
	require.Equal(t, []any{}, nothing["items"])
	require.EqualValues(t, 0, nothing["documents"])
	require.Equal(t, "2026-11-16T12:00:00Z", nothing["since"])
	require.Equal(t, "2026-11-23T12:00:00Z", nothing["until"])

	siemens, kiel := entity("organisation", "Siemens AG"), entity("place", "Kiel")
	pumps := []store.Keyword{{Text: "heat pumps", Score: 0.7, Count: 2, Key: "heat pump"}, {Text: "Siemens AG", Score: 0.6, Count: 2}}
	// Four documents this week, two the week before; one of no date, collected this week; one too old.
	of := func(days int, d store.Document) store.Document {
		d.PublishedAt = new(now.AddDate(0, 0, -days))
		return w.document(d)
	}
	a := of(1, store.Document{Domain: "tech", Market: "de", Language: "de"})
	b := of(2, store.Document{Domain: "tech", Market: "at", Language: "de"})
	c := of(3, store.Document{Domain: "art", Market: "de", Language: "en"})
	d := w.document(store.Document{Domain: "art", Market: "de", Language: "fr", FetchedAt: now.Add(-time.Hour)})
	w.annotate(a, pumps, siemens, entity("date", "2026-11-22"), siemens)
	w.annotate(b, pumps, siemens)
	w.annotate(c, pumps, kiel)
	w.annotate(d, nil, kiel)
	w.annotate(of(8, store.Document{Domain: "tech"}), nil, siemens)
	w.annotate(of(9, store.Document{Domain: "tech"}), nil, siemens, kiel)
	w.annotate(of(20, store.Document{}), pumps, siemens, kiel)

	terms := func(query string) []string {
		list := []string{}
		for _, item := range w.read("/keywords?" + query)["items"].([]any) {
			list = append(list, item.(map[string]any)["text"].(string))
		}
		return list
	}
	report := w.read("/keywords")
	require.EqualValues(t, 4, report["documents"])
	require.EqualValues(t, 2, report["documents_before"])
	first := report["items"].([]any)[0].(map[string]any)
	id := first["id"].(string)
	require.Equal(t, map[string]any{"id": id, "kind": "keyphrase", "text": "heat pumps", "documents": 3.0, "documents_before": 0.0, "growth": nil}, first)
	for _, item := range report["items"].([]any)[1:] {
		m := item.(map[string]any)
		want := map[string]float64{"Siemens AG": -0.5, "Kiel": 0}[m["text"].(string)]
		require.Equal(t, want, m["growth"], m)
		require.EqualValues(t, 2, m["documents"])
	}
	require.Equal(t, []string{"heat pumps", "Kiel", "Siemens AG"}, terms("sort=-growth"))
	require.Equal(t, []string{"Siemens AG"}, terms("kind=organisation"))
	require.Equal(t, []string{}, terms("kind=person"))
	require.Equal(t, []string{"heat pumps"}, terms("limit=1"))
	require.Equal(t, []string{"heat pumps"}, terms("min_documents=3"))
	require.ElementsMatch(t, []string{"heat pumps", "Siemens AG"}, terms("domain=tech"))
	require.Equal(t, []string{"heat pumps"}, terms("market=AT&min_documents=1&kind=keyphrase"))
	require.Equal(t, []string{"Kiel"}, terms("language=FR&min_documents=1"))
	require.Equal(t, []string{"Siemens AG"}, terms("since=2026-11-13T00:00:00Z&until=2026-11-16T00:00:00Z&kind=organisation"))
	require.Equal(t, []string{}, terms("since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z"))

	for query, field := range map[string]string{
		"since=2026-11-23T00:00:00Z&until=2026-11-22T00:00:00Z": "since", "since=2026-01-01T00:00:00Z": "since",
	} {
		refused := w.send("GET", "/keywords?"+query, "").refused(t, http.StatusUnprocessableEntity, "KEYWORD_VALIDATION_FAILED")
		require.Contains(t, faults(refused), field)
	}
	for _, query := range []string{"kind=date", "limit=0", "limit=101", "sort=text", "since=yesterday", "min_documents=0"} {
		w.send("GET", "/keywords?"+query, "").refused(t, http.StatusUnprocessableEntity, client.ErrorCode("VALIDATION_FAILED"))
	}

	// The documents of one, the last published first.
	list := w.read("/keywords/" + id + "/documents?page_size=3")
	require.EqualValues(t, 4, list["total"])
	require.Equal(t, []string{a.ID.String(), b.ID.String(), c.ID.String()}, ids(list))
	require.Len(t, ids(w.read("/keywords/"+id+"/documents?page_size=3&cursor="+list["next_cursor"].(string))), 1)
	var kielID string
	for _, item := range report["items"].([]any) {
		if m := item.(map[string]any); m["text"] == "Kiel" {
			kielID = m["id"].(string)
		}
	}
	undated := w.read("/keywords/" + kielID + "/documents?page_size=1")
	require.Equal(t, []string{d.ID.String()}, ids(undated), "by when it was collected")
	require.Equal(t, []string{c.ID.String()}, ids(w.read("/keywords/"+kielID+"/documents?page_size=1&cursor="+undated["next_cursor"].(string))))
	w.send("GET", "/keywords/7/documents", "").refused(t, http.StatusNotFound, "KEYWORD_NOT_FOUND")
	w.send("GET", "/keywords/9999999999999999999/documents", "").refused(t, http.StatusNotFound, "KEYWORD_NOT_FOUND")
	w.send("GET", "/keywords/x/documents", "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	w.send("GET", "/keywords/"+id+"/documents?cursor=x", "").refused(t, http.StatusUnprocessableEntity, "KEYWORD_VALIDATION_FAILED")

	// What is deleted counts no more; what has changed counts anew.
	w.send("DELETE", "/documents/"+a.ID.String(), "")
	require.EqualValues(t, 3, w.read("/keywords/" + id + "/documents")["total"])
	w.execute(`delete from document_signatures where document_id = $1`, b.ID)
	w.annotate(b, nil, kiel)
	require.EqualValues(t, 2, w.read("/keywords/" + id + "/documents")["total"])
}
