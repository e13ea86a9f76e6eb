package store_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// seedTopics creates topics that differ in everything a list filters and sorts by, and returns them as
// lists show them.
func seedTopics(t *testing.T, s *store.Store, n int) []store.TopicSummary {
	t.Helper()
	ctx := t.Context()
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	for i := range n {
		source := pick("manual", "rss", "trends")
		priority := 1 + random.IntN(10)
		topic, err := s.CreateTopic(ctx, store.TopicCreate{
			Title: fmt.Sprintf("%s %03d", pick("Häuser", "energy", "Zug", "ändern", "Über"), i), Source: &source, Priority: &priority,
			Domain: pick("proptech", "fashion"), Market: pick("de", "fr"), Language: pick("de", "en", "fr"),
		})
		require.NoError(t, err)
		status := pick("discovered", "validated", "archived")
		_, err = s.UpdateTopic(ctx, topic.ID, 0, store.TopicUpdate{Status: &status})
		require.NoError(t, err)
		// Several share a moment, so that the id must break ties.
		_, err = s.Pool().Exec(ctx, `
			update topics
			set discovered_at = $2, score = nullif($3::double precision, 0) / 10, score_profile = case when $3 > 0 then 'original@1' end
			where id = $1`,
			topic.ID, time.Date(2026, 1, 1+random.IntN(20), 0, 0, 0, 0, time.UTC), float64(random.IntN(11)))
		require.NoError(t, err)
	}
	return walkTopics(t, s, store.TopicFilter{}, "discovered_at", 100)
}

// walkTopics reads a whole list by its cursors.
func walkTopics(t *testing.T, s *store.Store, f store.TopicFilter, sort string, size int) []store.TopicSummary {
	t.Helper()
	var all []store.TopicSummary
	for page := (store.Page{Size: size, Sort: sort}); ; {
		list, err := s.Topics(t.Context(), f, page)
		require.NoError(t, err)
		all = append(all, list.Items...)
		if list.NextCursor == nil {
			return all
		}
		require.Len(t, list.Items, size, "only the last page is short")
		page.Cursor = *list.NextCursor
	}
}

// topicOrders are what each sort means, without the id that breaks ties.
var topicOrders = map[string]func(a, b store.TopicSummary) int{
	"-discovered_at": func(a, b store.TopicSummary) int { return b.DiscoveredAt.Compare(a.DiscoveredAt) },
	"discovered_at":  func(a, b store.TopicSummary) int { return a.DiscoveredAt.Compare(b.DiscoveredAt) },
	"-priority": func(a, b store.TopicSummary) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), b.DiscoveredAt.Compare(a.DiscoveredAt))
	},
	"-score": func(a, b store.TopicSummary) int {
		known := func(score *float64) float64 {
			if score == nil {
				return -1
			}
			return *score
		}
		return cmp.Or(cmp.Compare(known(b.Score), known(a.Score)), b.DiscoveredAt.Compare(a.DiscoveredAt))
	},
	"-updated_at": func(a, b store.TopicSummary) int { return b.UpdatedAt.Compare(a.UpdatedAt) },
}

func TestTopicsAreFilteredSortedAndPaged(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	all := seedTopics(t, s, 120)
	require.Len(t, all, 120)
	early, late := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 12, 0, 0, 0, 0, time.UTC)

	filters := map[string]struct {
		filter store.TopicFilter
		keep   func(store.TopicSummary) bool
	}{
		"nothing":    {store.TopicFilter{}, func(store.TopicSummary) bool { return true }},
		"domain":     {store.TopicFilter{Domain: "proptech"}, func(x store.TopicSummary) bool { return x.Domain == "proptech" }},
		"market":     {store.TopicFilter{Market: "FR"}, func(x store.TopicSummary) bool { return x.Market == "fr" }},
		"language":   {store.TopicFilter{Language: "de-AT"}, func(x store.TopicSummary) bool { return x.Language == "de" }},
		"source":     {store.TopicFilter{Source: "trends"}, func(x store.TopicSummary) bool { return x.Source == "trends" }},
		"status":     {store.TopicFilter{Status: []string{"archived"}}, func(x store.TopicSummary) bool { return x.Status == "archived" }},
		"statuses":   {store.TopicFilter{Status: []string{"archived", "validated"}}, func(x store.TopicSummary) bool { return x.Status != "discovered" }},
		"priority":   {store.TopicFilter{MinPriority: 7}, func(x store.TopicSummary) bool { return x.Priority >= 7 }},
		"after":      {store.TopicFilter{DiscoveredAfter: &early}, func(x store.TopicSummary) bool { return !x.DiscoveredAt.Before(early) }},
		"before":     {store.TopicFilter{DiscoveredBefore: &late}, func(x store.TopicSummary) bool { return x.DiscoveredAt.Before(late) }},
		"impossible": {store.TopicFilter{Domain: "nowhere", Market: "de"}, func(store.TopicSummary) bool { return false }},
		"everything": {
			store.TopicFilter{Domain: "proptech", Market: "de", Status: []string{"discovered", "archived"}, MinPriority: 3, DiscoveredAfter: &early, DiscoveredBefore: &late},
			func(x store.TopicSummary) bool {
				return x.Domain == "proptech" && x.Market == "de" && x.Status != "validated" && x.Priority >= 3 &&
					!x.DiscoveredAt.Before(early) && x.DiscoveredAt.Before(late)
			},
		},
	}
	for name, tc := range filters {
		for sort, compare := range topicOrders {
			t.Run(name+"/"+sort, func(t *testing.T) {
				t.Parallel()
				want := map[uuid.UUID]bool{}
				for _, x := range all {
					if tc.keep(x) {
						want[x.ID] = true
					}
				}
				got := walkTopics(t, s, tc.filter, sort, 7)
				require.Len(t, got, len(want))
				for _, x := range got {
					require.True(t, want[x.ID], "%+v", x)
				}
				require.True(t, slices.IsSortedFunc(got, compare), "in order")
				seen := map[uuid.UUID]bool{}
				for _, x := range got {
					require.False(t, seen[x.ID], "each once")
					seen[x.ID] = true
				}

				list, err := s.Topics(t.Context(), tc.filter, store.Page{Number: 2, Size: 7, Sort: sort})
				require.NoError(t, err)
				require.Equal(t, len(want), list.Total)
				require.Equal(t, "eq", list.TotalRelation)
				require.Equal(t, (len(want)+6)/7, list.Pages)
				require.Equal(t, orEmpty(got[min(7, len(got)):min(14, len(got))]), orEmpty(list.Items), "page numbers and cursors agree")
			})
		}
	}
}

func orEmpty[T any](items []T) []T {
	if len(items) == 0 {
		return nil
	}
	return items
}

func TestTopicsByTitle(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	for _, title := range []string{"Zug", "apfel", "Äpfel", "Birne"} {
		_, err := s.CreateTopic(t.Context(), store.TopicCreate{Title: title, Domain: "d", Market: "de", Language: "de"})
		require.NoError(t, err)
	}
	var titles []string
	for _, x := range walkTopics(t, s, store.TopicFilter{}, "title", 1) {
		titles = append(titles, x.Title)
	}
	require.Less(t, slices.Index(titles, "apfel"), slices.Index(titles, "Birne"), "case does not matter")
	require.Less(t, slices.Index(titles, "Birne"), slices.Index(titles, "Zug"))
}

func TestACursorWalkSeesEachTopicOnceWhileOthersAreAdded(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	before := seedTopics(t, s, 30)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ctx.Err() == nil; i++ {
			_, _ = s.CreateTopic(ctx, store.TopicCreate{Title: fmt.Sprintf("new %d", i), Domain: "d", Market: "de", Language: "de"})
		}
	}()
	walked := walkTopics(t, s, store.TopicFilter{DiscoveredBefore: pointer(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))}, "-discovered_at", 3)
	stop()
	<-done
	require.Len(t, walked, len(before))
}

func pointer[T any](v T) *T { return &v }

func TestTopicListRefusals(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	seedTopics(t, s, 5)
	first, err := s.Topics(t.Context(), store.TopicFilter{}, store.Page{Size: 2})
	require.NoError(t, err)
	cases := map[string]struct {
		filter store.TopicFilter
		page   store.Page
		field  string
	}{
		"unknown order":          {page: store.Page{Sort: "-colour"}, field: "sort"},
		"relevance of nothing":   {page: store.Page{Sort: "relevance"}, field: "sort"},
		"too many":               {page: store.Page{Size: 101}, field: "page_size"},
		"too deep":               {page: store.Page{Number: 501, Size: 20}, field: "page"},
		"garbage cursor":         {page: store.Page{Cursor: "%%%"}, field: "cursor"},
		"cursor of no JSON":      {page: store.Page{Cursor: "YWJj"}, field: "cursor"},
		"another order's cursor": {page: store.Page{Size: 2, Sort: "-priority", Cursor: *first.NextCursor}, field: "cursor"},
		"another filter's":       {filter: store.TopicFilter{Domain: "fashion"}, page: store.Page{Size: 2, Cursor: *first.NextCursor}, field: "cursor"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.Topics(t.Context(), tc.filter, tc.page)
			var refusal *store.Error
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, store.KindInvalid, refusal.Kind)
			require.Contains(t, refusal.Details["errors"], tc.field)
		})
	}
}

func TestTopicSearch(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	add := func(title, description, language string) {
		_, err := s.CreateTopic(t.Context(), store.TopicCreate{Title: title, Description: &description, Domain: "d", Market: "de", Language: language})
		require.NoError(t, err)
	}
	add("Neue Häuser in Berlin", "Wohnungsbau", "de")
	add("Ein Haus am See", "Ferien", "de")
	add("Houses of the future", "smart building with C++ inside", "en")
	add("Les maisons intelligentes", "Économie d'énergie", "fr")
	add("Gartenbau", "Kein Wort zu dem anderen", "de")
	cases := map[string][]string{
		"Haus":               {"Neue Häuser in Berlin", "Ein Haus am See"},
		"häusern":            {"Neue Häuser in Berlin", "Ein Haus am See"},
		"house":              {"Houses of the future"},
		"maison":             {"Les maisons intelligentes"},
		"economie":           {"Les maisons intelligentes"},
		"haus -see":          {"Neue Häuser in Berlin"},
		"berlin or see":      {"Neue Häuser in Berlin", "Ein Haus am See"},
		`"am See"`:           {"Ein Haus am See"},
		"C++":                {"Houses of the future"},
		"smart-building":     {"Houses of the future"},
		"wohnungsbau berlin": {"Neue Häuser in Berlin"},
		"nichtsdergleichen":  nil,
		`"'\&|!():*<->`:      nil,
	}
	for terms, want := range cases {
		t.Run(terms, func(t *testing.T) {
			t.Parallel()
			list, err := s.Topics(t.Context(), store.TopicFilter{Search: terms}, store.Page{})
			var refusal *store.Error
			if want == nil && err != nil {
				require.ErrorAs(t, err, &refusal, "a search without a word may be refused, never fail")
				return
			}
			require.NoError(t, err)
			var titles []string
			for _, x := range list.Items {
				titles = append(titles, x.Title)
			}
			require.ElementsMatch(t, want, titles)
			require.Equal(t, len(want), list.Total)
		})
	}
	t.Run("misspelt", func(t *testing.T) {
		t.Parallel()
		found, err := s.FindTopics(t.Context(), store.TopicFilter{Search: "inteligentes maissons"}, store.Page{})
		require.NoError(t, err)
		require.True(t, found.Fuzzy)
		require.Equal(t, "Les maisons intelligentes", found.Items[0].Title)
		require.Equal(t, 1, found.Total)
		found, err = s.FindTopics(t.Context(), store.TopicFilter{Search: "inteligentes maissons", Language: "de"}, store.Page{})
		require.NoError(t, err)
		require.False(t, found.Fuzzy, "filters still hold")
		require.Empty(t, found.Items)
		found, err = s.FindTopics(t.Context(), store.TopicFilter{Search: "maison"}, store.Page{})
		require.NoError(t, err)
		require.False(t, found.Fuzzy)
	})
	t.Run("very long", func(t *testing.T) {
		t.Parallel()
		_, err := s.Topics(t.Context(), store.TopicFilter{Search: strings.Repeat("haus or ", 60) + "see"}, store.Page{})
		var refusal *store.Error
		if err != nil {
			require.ErrorAs(t, err, &refusal)
		}
	})
}
