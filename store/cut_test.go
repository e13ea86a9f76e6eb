package store_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// cutAnywhere does the work again and again, cut off a little later each time, until it gets through: each attempt before says
// that its time was over, or comes to what the last one does. The work is done in a transaction of its own that is taken back.
func cutAnywhere(t *testing.T, s *store.Store, work func(ctx context.Context, t *testing.T) error) {
	t.Helper()
	takenBack := errors.New("taken back")
	for asked := 1; ; asked += max(1, asked/20) {
		reached := false
		err := s.InTx(t.Context(), func(ctx context.Context) error {
			reached = true
			if err := work(storetest.CutOff(ctx, asked), t); err != nil {
				return err
			}
			return takenBack
		})
		require.True(t, reached)
		if errors.Is(err, takenBack) {
			require.Greater(t, asked, 1)
			return
		}
		requireOver(t, err)
		require.Less(t, asked, 5_000, "it never gets through")
	}
}

// requireOver wants the fault of a statement whose time was over.
func requireOver(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	var refusal *store.Error
	require.NotErrorAs(t, err, &refusal, "nothing that the caller could mend")
	require.True(t, errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "conn closed"), "%v", err)
}

// grouped is a world of two documents that are copies of each other and a story of two publishers.
func grouped(t *testing.T, s *store.Store) (documents []store.PendingDocument) {
	t.Helper()
	text := "The heat pump warms the house."
	feed(t, s, store.CollectionCreate{},
		store.Document{Title: "Heat pumps", ContentText: &text, SourceName: "a.example", Language: "en", Summary: &text},
		store.Document{Title: "Heat pumps again", ContentText: &text, SourceName: "b.example", Language: "en"})
	require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) (err error) {
		documents, err = s.ClaimNewDocuments(ctx, 10)
		if err != nil {
			return err
		}
		_, err = s.SaveFindings(ctx, findings(documents))
		return err
	}))
	require.EqualValues(t, 1, number(t, s, `select count(*) from duplicate_clusters`))
	require.EqualValues(t, 1, number(t, s, `select count(*) from stories`))
	return documents
}

// findings are one cluster and one story of all documents.
func findings(documents []store.PendingDocument) store.Findings {
	var f store.Findings
	cluster, story := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	for i, d := range documents {
		f.Documents = append(f.Documents, store.ProcessedDocument{ID: d.ID, Seq: d.Seq, HappenedAt: d.HappenedAt, Sketch: []int64{1}, Terms: []int64{2}, Posted: []int64{1}})
		m := store.Membership{DocumentID: d.ID, Similarity: 1, Publisher: []string{"a.example", "b.example"}[i%2], Terms: []string{"heat"}}
		if i > 0 {
			m.MatchedID = documents[0].ID
		}
		m.GroupID = cluster
		f.Duplicates = append(f.Duplicates, m)
		m.GroupID = story
		f.Stories = append(f.Stories, m)
	}
	return f
}

// TestWritesAreCutOffAnywhere cuts what writes in several statements off before each of them: it says so, and once its time
// suffices it is done.
func TestWritesAreCutOffAnywhere(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	documents := grouped(t, s)
	fresh := aCollection(t, s, "https://example.org/fresh")
	entry := anArticle("https://example.org/new")
	entry.EntryAddress = "https://example.org/new#1"
	topic := aTopic(t.Context(), t, s, "A topic")
	schedule, err := s.CreateDiscoverySchedule(t.Context(), store.DiscoveryScheduleCreate{Name: "x", EveryHours: 1, Request: store.DiscoveryRequest{Domain: "energy", Market: "de", Language: "en"}})
	require.NoError(t, err)
	run := newRun(t, s, 1, func(r *store.ResearchRequest) { r.TopicID = &topic.ID })
	_, err = s.StartResearch(t.Context(), run)
	require.NoError(t, err)
	_, _, err = s.ReserveCall(t.Context(), request("free", uuid.New(), func(r *store.CallRequest) { r.Most = new(int64(0)) }))
	require.NoError(t, err)
	rescoring, err := s.BeginRescoring(t.Context(), 2, store.RescoringRequest{Profile: "original", ProfileVersion: 1}, []uuid.UUID{topic.ID})
	require.NoError(t, err)
	counted := func(ctx context.Context, t *testing.T, query string) int {
		t.Helper()
		var count int
		tx, _ := store.Tx(ctx)
		// What was written is looked at with the time of the test.
		require.NoError(t, tx.QueryRow(context.WithoutCancel(ctx), query).Scan(&count), query)
		return count
	}
	for name, work := range map[string]func(ctx context.Context, t *testing.T) error{
		"delete a document": func(ctx context.Context, t *testing.T) error {
			if err := s.DeleteDocument(ctx, documents[0].ID, 0); err != nil {
				return err
			}
			require.Zero(t, counted(ctx, t, `select (select count(*) from duplicate_clusters) + (select count(*) from stories)`))
			require.Equal(t, 1, counted(ctx, t, `select count(*) from documents where status = 'new'`), "its copy is processed again")
			return nil
		},
		"save findings": func(ctx context.Context, t *testing.T) error {
			f := findings(documents)
			tx, _ := store.Tx(ctx)
			if _, err := tx.Exec(ctx, `delete from document_signatures`); err != nil {
				return err
			}
			f.Unions = [][2]uuid.UUID{{f.Duplicates[0].GroupID, documents[0].ID}}
			f.Annotations = []store.Annotations{{DocumentID: documents[0].ID}}
			if _, err := s.SaveFindings(ctx, f); err != nil {
				return err
			}
			require.Equal(t, 2, counted(ctx, t, `select count(*) from document_signatures`))
			return nil
		},
		"save a poll": func(ctx context.Context, t *testing.T) error {
			_, err := s.SavePoll(ctx, store.Poll{
				Asked: fresh, At: time.Now(), NextPollAt: time.Now().Add(time.Hour), Documents: []store.Document{entry},
				MovedTo: "https://example.org/moved", FinalURL: "https://example.org/moved", Status: http.StatusOK,
			})
			if err != nil {
				return err
			}
			require.Equal(t, 3, counted(ctx, t, `select count(*) from documents`))
			return nil
		},
		"reserve a call that was lost": func(ctx context.Context, t *testing.T) error {
			_, before, err := s.ReserveCall(ctx, request("free", uuid.New(), func(r *store.CallRequest) { r.Most, r.MaxRequests = new(int64(0)), new(9) }))
			if err != nil {
				return err
			}
			require.Nil(t, before)
			require.Equal(t, 1, counted(ctx, t, `select count(*) from calls where state = 'lost'`))
			require.Equal(t, 1, counted(ctx, t, `select count(*) from calls where state = 'reserved'`))
			return nil
		},
		"finish research": func(ctx context.Context, t *testing.T) error {
			finished, err := s.FinishResearch(ctx, run, store.ResearchOutcome{
				Status: "complete", Method: "extractive", Report: "It is.", Answered: true, Sources: []store.ResearchSource{{Position: 1, URL: "https://a.example", Title: "A"}},
			})
			if err != nil {
				return err
			}
			require.True(t, finished)
			require.Equal(t, 1, counted(ctx, t, `select count(*) from topics where status = 'researched' and research_report = 'It is.'`))
			require.Equal(t, 1, counted(ctx, t, `select count(*) from research_sources where parts = '[]'`), "no parts are none")
			return nil
		},
		"save a draft": func(ctx context.Context, t *testing.T) error {
			_, err := s.SaveDraft(ctx, store.Draft{TopicID: topic.ID, Title: "The title", Language: "en", Tone: "neutral", Method: "extractive", BodyMarkdown: "One two.", WordCount: 2})
			if err != nil {
				return err
			}
			require.Equal(t, 1, counted(ctx, t, `select count(*) from drafts`))
			return nil
		},
		"update a schedule": func(ctx context.Context, t *testing.T) error {
			_, err := s.UpdateDiscoverySchedule(ctx, schedule.ID, 0, store.DiscoveryScheduleUpdate{Request: &store.DiscoveryRequest{Domain: "art", Market: "de", Language: "en"}})
			return err
		},
		"save a discovery": func(ctx context.Context, t *testing.T) error {
			saved, err := s.SaveDiscovery(ctx, store.DiscoveryRun{JobID: 1, Request: store.DiscoveryRequest{Domain: "energy", Market: "de", Language: "en"}, Report: store.DiscoveryReport{
				Topics: []store.DiscoveredTopic{{Title: "Found", Source: "rss"}},
			}})
			if err != nil {
				return err
			}
			require.True(t, saved.Report.Topics[0].Created)
			return nil
		},
		"create a profile": func(ctx context.Context, t *testing.T) error {
			profile, err := s.CreateScoringProfile(ctx, store.ScoringProfileCreate{Name: "mine", Kind: "validation", Weights: map[string]float64{"freshness": 1}})
			if err != nil {
				return err
			}
			require.Equal(t, 1, profile.Version)
			return nil
		},
		"finish a rescoring": func(ctx context.Context, t *testing.T) error {
			finished, err := s.FinishRescoring(ctx, rescoring.ID)
			if err != nil {
				return err
			}
			require.NotNil(t, finished.FinishedAt)
			return nil
		},
		"import collections": func(ctx context.Context, t *testing.T) error {
			imported, err := s.ImportCollections(ctx, []store.ImportItem{{Create: store.CollectionCreate{Name: "I", URL: new("https://i.example/feed"), Domain: "d", Market: "de"}}})
			if err != nil {
				return err
			}
			require.Len(t, imported, 1)
			require.Empty(t, imported[0].Fault)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) { cutAnywhere(t, s, work) })
	}
	require.EqualValues(t, 2, number(t, s, `select count(*) from documents`), "all was taken back")
	require.EqualValues(t, 1, number(t, s, `select count(*) from duplicate_clusters`))
}

// TestReadsAreCutOffAnywhere: what reads in several statements fails before each of them, and never answers a part.
func TestReadsAreCutOffAnywhere(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	grouped(t, s)
	var story uuid.UUID
	require.NoError(t, s.Pool().QueryRow(t.Context(), `select id from stories`).Scan(&story))
	topic := aTopic(t.Context(), t, s, "Heat pumps in houses")
	for name, work := range map[string]func(ctx context.Context, t *testing.T) error{
		"a story": func(ctx context.Context, t *testing.T) error {
			found, err := s.Story(ctx, story)
			if err == nil {
				require.Len(t, found.Documents, 2)
			}
			return err
		},
		"duplicates": func(ctx context.Context, t *testing.T) error {
			list, err := s.Duplicates(ctx, store.DuplicateFilter{}, store.Page{})
			if err == nil {
				require.Len(t, list.Items, 1)
				require.Len(t, list.Items[0].Documents, 2)
			}
			return err
		},
		"misspelt documents": func(ctx context.Context, t *testing.T) error {
			found, err := s.FindDocuments(ctx, "Heat pumsp", store.DocumentFilter{}, store.Page{}, "source")
			if err == nil {
				require.True(t, found.Fuzzy)
				require.NotEmpty(t, found.Items)
				snippets := ""
				for _, hit := range found.Items {
					snippets += hit.Snippet
				}
				require.Equal(t, "The heat pump warms the house.", snippets, "the summary, where there is one")
			}
			return err
		},
		"misspelt topics of a filter": func(ctx context.Context, t *testing.T) error {
			found, err := s.FindTopics(ctx, store.TopicFilter{Search: "Heat pumsp", Domain: topic.Domain}, store.Page{})
			if err == nil {
				require.True(t, found.Fuzzy)
			}
			return err
		},
		"documents of a site": func(ctx context.Context, t *testing.T) error {
			list, err := s.Documents(ctx, store.DocumentFilter{Site: "a.example"}, store.Page{})
			if err == nil {
				require.Len(t, list.Items, 1)
			}
			return err
		},
		"export": func(ctx context.Context, t *testing.T) error {
			n := 0
			err := s.EachCollection(ctx, store.CollectionFilter{}, func(store.Collection) error { n++; return nil })
			if err == nil {
				require.Equal(t, 1, n)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { cutAnywhere(t, s, work) })
	}
}

// TestSearchesAreCutOffAnywhere: a search that takes the ways of a large archive fails at each of its statements, and never
// answers a part of a page.
func TestSearchesAreCutOffAnywhere(t *testing.T) {
	t.Parallel()
	_, others := ways(t, oddWorld(t))
	between := pointer(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	for i, search := range []struct {
		sort, terms string
		filter      store.DocumentFilter
	}{
		{"relevance", "solar", store.DocumentFilter{PublishedBefore: between}},
		{"relevance", `"smart building"`, store.DocumentFilter{}},
		{"-published_at", "pandemic", store.DocumentFilter{Language: "en"}},
	} {
		for name, s := range others {
			t.Run(fmt.Sprint(i, "/", name), func(t *testing.T) {
				t.Parallel()
				whole, err := s.FindDocuments(t.Context(), search.terms, search.filter, store.Page{Sort: search.sort, Size: 20}, "source", "month")
				require.NoError(t, err)
				require.NotEmpty(t, whole.Items)
				cutAnywhere(t, s, func(ctx context.Context, t *testing.T) error {
					found, err := s.FindDocuments(ctx, search.terms, search.filter, store.Page{Sort: search.sort, Size: 20}, "source", "month")
					if err == nil {
						require.Equal(t, ids(whole.Items), ids(found.Items))
						require.Equal(t, whole.Facets, found.Facets)
					}
					return err
				})
			})
		}
	}
	for name, s := range others {
		t.Run("topics/"+name, func(t *testing.T) {
			t.Parallel()
			sort := map[string]string{"near": "title", "far": "-priority"}[name]
			cutAnywhere(t, s, func(ctx context.Context, t *testing.T) error {
				list, err := s.Topics(ctx, store.TopicFilter{Search: "solar"}, store.Page{Sort: sort, Size: 5})
				if err == nil {
					require.Len(t, list.Items, 5)
				}
				return err
			})
		})
	}
}
