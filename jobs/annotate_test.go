package jobs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

// TestProcessAnnotates follows a document from its arrival over a change to its deletion.
func TestProcessAnnotates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.collection("http://127.0.0.1:1/feed.xml")
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	d := labelled{
		Title: "Wärmepumpen in Kiel", Text: "Die Siemens AG baut seit gestern Wärmepumpen. Die Wärmepumpen kosten 1,2 Mio. Euro.", Language: "de",
		URL: "https://a.example/1", At: at,
	}.document()
	w.save(c, d)
	w.process()
	first := w.only()
	require.Equal(t, "processed", first.Status)
	require.Equal(t, "Wärmepumpen", first.Keywords[0].Text)
	require.Equal(t, 3, first.Keywords[0].Count)
	kinds := map[string]store.Entity{}
	for _, e := range first.Entities {
		kinds[e.Kind] = e
	}
	require.Equal(t, "Siemens AG", kinds["organisation"].Text)
	require.Equal(t, "DE", *kinds["place"].Country)
	require.Equal(t, "2026-11-19", *kinds["date"].Date, "the day before it was published")
	require.Equal(t, 1.2e6, *kinds["amount"].Value)
	require.Equal(t, []string{"Siemens AG"}, w.writtenAbout("organisation", at))
	require.Contains(t, w.writtenAbout("keyphrase", at), "Wärmepumpen")
	require.NotContains(t, w.writtenAbout("keyphrase", at), "Kiel", "it counts as a place")

	// What has changed is not known until it has been looked at again.
	changed := labelled{Title: "Bäcker in Lyon", Text: "Angela Merkel lobt das Roggenbrot.", Language: "de", URL: d.URL, At: at}.document()
	w.save(c, changed)
	fresh := w.only()
	require.Nil(t, fresh.Keywords)
	require.Nil(t, fresh.Entities)
	w.process()
	require.Empty(t, w.writtenAbout("organisation", at))
	require.Equal(t, []string{"Angela Merkel"}, w.writtenAbout("person", at))

	require.NoError(t, w.store.DeleteDocument(t.Context(), first.ID, 0))
	require.Empty(t, w.writtenAbout("person", at))
}

// only is the one document there is.
func (w *world) only() store.Document {
	w.t.Helper()
	list, err := w.store.Documents(w.t.Context(), store.DocumentFilter{}, store.Page{})
	require.NoError(w.t, err)
	require.Len(w.t, list.Items, 1)
	d, err := w.store.Document(w.t.Context(), list.Items[0].ID)
	require.NoError(w.t, err)
	return d
}

// writtenAbout are the terms of a kind around a moment.
func (w *world) writtenAbout(kind string, at time.Time) []string {
	w.t.Helper()
	report, err := w.store.Keywords(w.t.Context(), store.KeywordFilter{
		Kind: kind, Since: at.Add(-time.Hour), Until: at.Add(time.Hour), MinDocuments: 1, Limit: 20,
	})
	require.NoError(w.t, err)
	var texts []string
	for _, k := range report.Items {
		texts = append(texts, k.Text)
	}
	return texts
}
