package server_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
	"github.com/content-creator/content-creator-api/store"
)

// group saves what processing has found: a cluster, or a story, of these documents.
func (w *world) group(f func(id uuid.UUID, members []store.Membership) store.Findings, documents ...store.Document) uuid.UUID {
	w.t.Helper()
	id := uuid.Must(uuid.NewV7())
	var members []store.Membership
	var processed []store.ProcessedDocument
	for i, d := range documents {
		m := store.Membership{DocumentID: d.ID, GroupID: id, Similarity: 1, Publisher: d.SourceName, Terms: []string{"Kiel", "fire"}}
		if i > 0 {
			m.MatchedID, m.Similarity = documents[0].ID, 0.9
		}
		members = append(members, m)
		processed = append(processed, store.ProcessedDocument{ID: d.ID, Seq: w.made.Add(1), Sketch: []int64{}, Terms: []int64{}, Posted: []int64{}})
	}
	require.NoError(w.t, w.store.InTx(w.t.Context(), func(ctx context.Context) error {
		findings := f(id, members)
		findings.Documents = processed
		_, err := w.store.SaveFindings(ctx, findings)
		return err
	}))
	return id
}

func asCluster(_ uuid.UUID, members []store.Membership) store.Findings {
	return store.Findings{Duplicates: members}
}

func asStory(_ uuid.UUID, members []store.Membership) store.Findings {
	return store.Findings{Stories: members}
}

func ids(list map[string]any) []string {
	found := []string{}
	for _, item := range list["items"].([]any) {
		found = append(found, item.(map[string]any)["id"].(string))
	}
	return found
}

func TestListDuplicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Equal(t, []string{}, ids(w.read("/documents/duplicates")))
	a := w.document(store.Document{Title: "A", Domain: "tech", Market: "de", Language: "de", SourceName: "a.example", PublishedAt: pointer(day(3))})
	b := w.document(store.Document{Title: "B", Domain: "tech", Market: "at", Language: "en", SourceName: "b.example"})
	c := w.document(store.Document{Title: "C", Domain: "art", Market: "de", Language: "fr", SourceName: "c.example"})
	d := w.document(store.Document{Title: "D", Domain: "art", Market: "ch", Language: "fr", SourceName: "d.example"})
	e := w.document(store.Document{Title: "E", Domain: "art", Market: "ch", Language: "fr", SourceName: "e.example"})
	w.execute(`update documents set content_hash = $1 where title in ('A', 'B')`, a.ContentHash)
	exact, near := w.group(asCluster, a, b).String(), w.group(asCluster, c, d, e).String()
	w.execute(`update duplicate_clusters set updated_at = '2026-01-10' where id = $1`, exact)
	w.execute(`update duplicate_clusters set updated_at = '2026-01-20' where id = $1`, near)
	for query, want := range map[string][]string{
		"": {near, exact}, "sort=-updated_at": {near, exact}, "sort=-size": {near, exact}, "kind=exact": {exact}, "kind=near": {near},
		"domain=tech": {exact}, "domain=none": {}, "market=AT": {exact}, "market=ch": {near}, "market=de": {near, exact}, "language=FR": {near},
		"since=2026-01-15T00:00:00Z": {near}, "since=2026-02-01T00:00:00Z": {},
		"collection_id=" + b.CollectionID.String(): {exact}, "collection_id=" + unknownID: {},
		"document_id=" + d.ID.String(): {near}, "document_id=" + unknownID: {},
		"kind=near&domain=art&market=de&language=fr&since=2026-01-01T00:00:00Z": {near}, "page=2&page_size=1": {exact},
	} {
		require.Equal(t, want, ids(w.read("/documents/duplicates?"+query)), query)
	}
	for _, sort := range []string{"-updated_at", "-size"} {
		first := w.read("/documents/duplicates?page_size=1&sort=" + sort)
		require.EqualValues(t, 2, first["total"])
		require.Equal(t, []string{exact}, ids(w.read("/documents/duplicates?page_size=1&sort="+sort+"&cursor="+first["next_cursor"].(string))))
	}
	cluster := w.read("/documents/duplicates?kind=exact")["items"].([]any)[0].(map[string]any)
	require.EqualValues(t, 2, cluster["size"])
	members := cluster["documents"].([]any)
	require.Equal(t, map[string]any{
		"id": a.ID.String(), "title": "A", "url": a.URL, "source": "a.example", "published_at": "2026-01-03T00:00:00Z", "similarity": 1.0, "matched_id": nil,
	}, members[0])
	require.Equal(t, map[string]any{
		"id": b.ID.String(), "title": "B", "url": b.URL, "source": "b.example", "published_at": nil, "similarity": 0.9, "matched_id": a.ID.String(),
	}, members[1])
	for query, code := range map[string]client.ErrorCode{
		"sort=title": "VALIDATION_FAILED", "kind=odd": "VALIDATION_FAILED", "collection_id=x": "VALIDATION_FAILED", "since=yesterday": "VALIDATION_FAILED",
		"page=501": "DOCUMENT_VALIDATION_FAILED", "cursor=x": "DOCUMENT_VALIDATION_FAILED",
	} {
		w.send("GET", "/documents/duplicates?"+query, "").refused(t, http.StatusUnprocessableEntity, code)
	}
	// Whoever deletes all but one has no duplicates left.
	w.send("DELETE", "/documents/"+a.ID.String(), "")
	require.Equal(t, []string{near}, ids(w.read("/documents/duplicates")))
}

func TestStories(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Equal(t, []string{}, ids(w.read("/stories")))
	a := w.document(store.Document{Title: "Fire in Kiel", Domain: "tech", Market: "de", Language: "de", SourceName: "a.example", PublishedAt: pointer(day(3))})
	b := w.document(store.Document{Title: "Kiel burns", Domain: "tech", Market: "at", Language: "en", SourceName: "b.example", PublishedAt: pointer(day(4))})
	c := w.document(store.Document{Title: "C", Domain: "art", Market: "de", Language: "fr", SourceName: "c.example", PublishedAt: pointer(day(5))})
	d := w.document(store.Document{Title: "D", Domain: "art", Market: "ch", Language: "fr", SourceName: "d.example", PublishedAt: pointer(day(6))})
	e := w.document(store.Document{Title: "E", Domain: "art", Market: "ch", Language: "fr", SourceName: "e.example", PublishedAt: pointer(day(7))})
	kiel, other := w.group(asStory, a, b).String(), w.group(asStory, c, d, e).String()
	for query, want := range map[string][]string{
		"": {other, kiel}, "sort=-last_at": {other, kiel}, "sort=-size": {other, kiel}, "domain=tech": {kiel}, "domain=none": {}, "market=AT": {kiel},
		"market=de": {other, kiel}, "language=FR": {other}, "min_sources=3": {other}, "min_sources=4": {}, "since=2026-01-05T00:00:00Z": {other},
		"document_id=" + b.ID.String(): {kiel}, "document_id=" + unknownID: {}, "page=2&page_size=1": {kiel},
	} {
		require.Equal(t, want, ids(w.read("/stories?"+query)), query)
	}
	for _, sort := range []string{"-last_at", "-size"} {
		first := w.read("/stories?page_size=1&sort=" + sort)
		require.Equal(t, []string{kiel}, ids(w.read("/stories?page_size=1&sort="+sort+"&cursor="+first["next_cursor"].(string))))
	}
	for query, code := range map[string]client.ErrorCode{
		"sort=title": "VALIDATION_FAILED", "min_sources=1": "VALIDATION_FAILED", "page=501": "STORY_VALIDATION_FAILED", "cursor=x": "STORY_VALIDATION_FAILED",
	} {
		w.send("GET", "/stories?"+query, "").refused(t, http.StatusUnprocessableEntity, code)
	}

	told := store.Disagreement{Kind: "number", Subject: "people hurt", Claims: []store.Claim{
		{DocumentID: a.ID, Value: "12", Quote: "12 people were hurt."}, {DocumentID: b.ID, Value: "15", Quote: "15 people were hurt."},
	}}
	require.NoError(t, w.store.InTx(t.Context(), func(ctx context.Context) error {
		return w.store.SaveDisagreements(ctx, uuid.MustParse(kiel), []store.Disagreement{told})
	}))
	story := w.read("/stories/" + kiel)
	require.Equal(t, "Fire in Kiel", story["title"], "the one that others were matched with")
	require.Equal(t, []any{"a.example", "b.example"}, story["sources"])
	require.Equal(t, "2026-01-03T00:00:00Z", story["first_at"])
	require.Equal(t, "2026-01-04T00:00:00Z", story["last_at"])
	require.Equal(t, map[string]any{
		"id": b.ID.String(), "title": "Kiel burns", "url": b.URL, "source": "b.example", "language": "en", "published_at": "2026-01-04T00:00:00Z",
		"similarity": 0.9, "matched_id": a.ID.String(), "shared_terms": []any{"Kiel", "fire"},
	}, story["documents"].([]any)[1])
	require.Equal(t, []any{map[string]any{"kind": "number", "subject": "people hurt", "claims": []any{
		map[string]any{"document_id": a.ID.String(), "value": "12", "quote": "12 people were hurt."},
		map[string]any{"document_id": b.ID.String(), "value": "15", "quote": "15 people were hurt."},
	}}}, story["disagreements"])

	tag := w.send("GET", "/stories/"+other, "").Header.Get("ETag")
	require.NotEmpty(t, tag)
	require.Equal(t, http.StatusNotModified, w.send("GET", "/stories/"+other, "", "If-None-Match: "+tag).StatusCode)
	w.send("DELETE", "/documents/"+e.ID.String(), "")
	require.NotEqual(t, tag, w.send("GET", "/stories/"+other, "").Header.Get("ETag"))
	w.send("DELETE", "/documents/"+d.ID.String(), "")
	w.send("GET", "/stories/"+other, "").refused(t, http.StatusNotFound, "STORY_NOT_FOUND")
	w.send("GET", "/stories/nonsense", "").refused(t, http.StatusUnprocessableEntity, "VALIDATION_FAILED")
}
