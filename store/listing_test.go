package store_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// A million rows are read in other ways than a few. These tests make the few be read in all of the ways and
// expect the same answers.

// oddWorld fills a database with rows that differ in everything and are correlated as rows of old are with one
// another: early ones are archived, a language has its markets, a word goes out of fashion.
func oddWorld(t *testing.T) (dsn string) {
	t.Helper()
	dsn = storetest.NewDatabase(t)
	s := storetest.Open(t, dsn)
	random := rand.New(rand.NewPCG(7, 8))
	start := time.Date(2025, time.March, 1, 0, 0, 0, 0, time.UTC)
	const insertTopic = `
		insert into topics (id, title, title_key, description, source, discovered_at, domain, market, language, priority, status, updated_at, score, score_profile)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, nullif($13::double precision, 0) / 20, case when $13 > 0 then 'burst@1' end)`
	const insertDocument = `
		insert into documents (id, title, content_text, summary, url, canonical_url, canonical_url_hash, source, source_name, domain,
			market, language, content_hash, published_at, fetched_at, status)
		values ($1, $2, $3, $4, $5, $5, sha256($5::text::bytea), 'rss', $6, $7, $8, $9, repeat('0', 64), $10, $11, $12)`
	for i := range 400 {
		at := start.Add(time.Duration(i) * 30 * time.Hour).Truncate(24 * time.Hour)
		language := []string{"en", "de", "fr"}[random.IntN(3)]
		market := map[string][]string{"en": {"us", "gb"}, "de": {"de", "ch"}, "fr": {"fr", "ch"}}[language][random.IntN(2)]
		domain := fmt.Sprintf("domain-%d", random.IntN(8))
		words := []string{"solar"}
		if i < 120 {
			words = append(words, "pandemic")
		}
		for _, word := range []string{"sensor", "smart building", "building smart", "houses", "Häuser"} {
			if random.IntN(3) == 0 {
				words = append(words, word)
			}
		}
		random.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		body := strings.Join(words, " and ")
		title := fmt.Sprintf("%s number %d", words[0], i)
		status := "archived"
		if i > 200 {
			status = []string{"discovered", "published"}[random.IntN(2)]
		}
		_, err := s.Pool().Exec(t.Context(), insertTopic, uuid.Must(uuid.NewV7()), title, strings.ToLower(title), body,
			[]string{"rss", "manual"}[random.IntN(2)], at, domain, market, language, 1+random.IntN(10), status,
			at.Add(time.Duration(random.IntN(40))*24*time.Hour), float64(random.IntN(21)))
		require.NoError(t, err)
		published := &at
		if random.IntN(10) == 0 {
			published = nil
		}
		if random.IntN(10) == 1 {
			published = pointer(at.AddDate(0, -5, 0))
		}
		_, err = s.Pool().Exec(t.Context(), insertDocument, uuid.Must(uuid.NewV7()), title, body, body,
			fmt.Sprintf("https://a.example/%d", i), fmt.Sprintf("source-%d", random.IntN(5)), domain, market, language, published,
			at.Add(time.Hour), []string{"new", "processed"}[random.IntN(2)])
		require.NoError(t, err)
	}
	_, err := s.Pool().Exec(t.Context(), "vacuum analyze")
	require.NoError(t, err)
	return dsn
}

// ways are the ways of reading: as usual, and those of Narrow.
func ways(t *testing.T, dsn string) (usual *store.Store, others map[string]*store.Store) {
	near, far := storetest.Open(t, dsn), storetest.Open(t, dsn)
	near.Narrow(false)
	far.Narrow(true)
	return storetest.Open(t, dsn), map[string]*store.Store{"near": near, "far": far}
}

// TestEveryWayOfReading reads one world, which no part of it changes.
func TestEveryWayOfReading(t *testing.T) {
	t.Parallel()
	usual, others := ways(t, oddWorld(t))
	for name, test := range map[string]func(t *testing.T, usual *store.Store, others map[string]*store.Store){
		"topics": everyWayListsTopics, "documents": everyWayListsDocuments, "searches": everyWaySearches, "relevance": everyWayRanks,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, usual, others)
		})
	}
}

// sizeFor is the size of the pages in which so many rows are walked through. Each page is a request: one walk in ten may take
// as many as there are rows, the others about eight.
func sizeFor(random *rand.Rand, rows int) int {
	size := 1 + random.IntN(30)
	if random.IntN(10) == 0 {
		return size
	}
	return max(size, rows/8)
}

// some are a few of all: over many filters each comes with each of their parts.
func some(random *rand.Rand, few int, all ...string) []string {
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:few]
}

func everyWayListsTopics(t *testing.T, usual *store.Store, others map[string]*store.Store) {
	random := rand.New(rand.NewPCG(9, 10))
	for i := range 60 {
		f := oddTopicFilter(random)
		for _, sort := range some(random, 2, "-discovered_at", "discovered_at", "-priority", "-score", "-updated_at", "title") {
			want := walkTopics(t, usual, f, sort, 100)
			size := sizeFor(random, len(want))
			for name, s := range others {
				require.Equal(t, ids(want), ids(walkTopics(t, s, f, sort, size)), "%d %s %s %+v", i, name, sort, f)
				// One request, however small the page.
				number, size := 1+random.IntN(6), 1+random.IntN(30)
				page, err := s.Topics(t.Context(), f, store.Page{Number: number, Size: size, Sort: sort})
				require.NoError(t, err)
				from := min((number-1)*size, len(want))
				require.Equal(t, ids(want[from:min(from+size, len(want))]), ids(page.Items), "%d %s %s page %d %+v", i, name, sort, number, f)
				requireTotal(t, len(want), 20, page.Total, page.TotalRelation)
			}
		}
	}
}

func requireTotal(t *testing.T, want, limit, total int, relation string) {
	t.Helper()
	if want > limit {
		require.Equal(t, "gte", relation)
		require.LessOrEqual(t, total, want)
		return
	}
	require.Equal(t, "eq", relation)
	require.Equal(t, want, total)
}

func ids[T any](items []T) []uuid.UUID {
	all := []uuid.UUID{}
	for _, item := range items {
		switch item := any(item).(type) {
		case store.TopicSummary:
			all = append(all, item.ID)
		case store.DocumentSummary:
			all = append(all, item.ID)
		case store.DocumentHit:
			all = append(all, item.ID)
		}
	}
	return all
}

func oddTopicFilter(random *rand.Rand) store.TopicFilter {
	var f store.TopicFilter
	maybe := func(set func()) {
		if random.IntN(3) == 0 {
			set()
		}
	}
	moment := func() *time.Time {
		return pointer(time.Date(2025, time.March, 1+random.IntN(500), 0, 0, 0, 0, time.UTC))
	}
	maybe(func() { f.Domain = fmt.Sprintf("domain-%d", random.IntN(9)) })
	maybe(func() { f.Market = []string{"us", "de", "ch"}[random.IntN(3)] })
	maybe(func() { f.Language = []string{"en", "de"}[random.IntN(2)] })
	maybe(func() { f.Source = "manual" })
	maybe(func() { f.Status = []string{"archived"} })
	maybe(func() { f.Status = []string{"published", "discovered"} })
	maybe(func() { f.MinPriority = 1 + random.IntN(10) })
	maybe(func() { f.DiscoveredAfter = moment() })
	maybe(func() { f.DiscoveredBefore = moment() })
	return f
}

func oddDocumentFilter(random *rand.Rand) store.DocumentFilter {
	var f store.DocumentFilter
	maybe := func(set func()) {
		if random.IntN(3) == 0 {
			set()
		}
	}
	moment := func() *time.Time {
		return pointer(time.Date(2025, time.March, 1+random.IntN(500), 0, 0, 0, 0, time.UTC))
	}
	maybe(func() { f.Domain = fmt.Sprintf("domain-%d", random.IntN(9)) })
	maybe(func() { f.Market = []string{"us", "de", "ch"}[random.IntN(3)] })
	maybe(func() { f.Language = []string{"en", "de"}[random.IntN(2)] })
	maybe(func() { f.SourceName = fmt.Sprintf("source-%d", random.IntN(5)) })
	maybe(func() { f.Status = "new" })
	maybe(func() { f.PublishedAfter = moment() })
	maybe(func() { f.PublishedBefore = moment() })
	maybe(func() { f.FetchedAfter = moment() })
	maybe(func() { f.FetchedBefore = moment() })
	return f
}

func everyWayListsDocuments(t *testing.T, usual *store.Store, others map[string]*store.Store) {
	random := rand.New(rand.NewPCG(11, 12))
	for i := range 60 {
		f := oddDocumentFilter(random)
		for _, sort := range some(random, 2, "-published_at", "published_at", "-fetched_at") {
			want := walkDocuments(t, usual, f, sort, 100)
			size := sizeFor(random, len(want))
			for name, s := range others {
				require.Equal(t, ids(want), ids(walkDocuments(t, s, f, sort, size)), "%d %s %s %+v", i, name, sort, f)
			}
		}
	}
}

// A search in any order but relevance finds all that matches, whichever way it takes.
func everyWaySearches(t *testing.T, usual *store.Store, others map[string]*store.Store) {
	random := rand.New(rand.NewPCG(13, 14))
	searches := []string{"solar", "sensor", "pandemic", "smart building", "house", "Haus", "-sensor", "sensor -pandemic", "pandemic or houses", "nowhere"}
	for i := range 50 {
		topics, documents := oddTopicFilter(random), oddDocumentFilter(random)
		topics.Search = searches[i%len(searches)]
		for _, sort := range some(random, 2, "-discovered_at", "discovered_at", "-priority", "-score", "-updated_at", "title") {
			want := walkTopics(t, usual, topics, sort, 100)
			size := sizeFor(random, len(want))
			for name, s := range others {
				require.Equal(t, ids(want), ids(walkTopics(t, s, topics, sort, size)), "%d %s %s %+v", i, name, sort, topics)
				size := 1 + random.IntN(30)
				page, err := s.Topics(t.Context(), topics, store.Page{Number: 2, Size: size, Sort: sort})
				require.NoError(t, err)
				from := min(size, len(want))
				require.Equal(t, ids(want[from:min(from+size, len(want))]), ids(page.Items), "%d %s %s %+v", i, name, sort, topics)
				require.LessOrEqual(t, page.Total, len(want))
				if page.TotalRelation == "eq" {
					require.Equal(t, len(want), page.Total, "%d %s %s %+v", i, name, sort, topics)
				}
			}
		}
		for _, sort := range some(random, 2, "-published_at", "published_at", "-fetched_at") {
			want := walkHits(t, usual, topics.Search, documents, sort, 100)
			size := sizeFor(random, len(want))
			for name, s := range others {
				require.Equal(t, ids(want), ids(walkHits(t, s, topics.Search, documents, sort, size)), "%d %s %s %s %+v", i, name, sort, topics.Search, documents)
			}
		}
	}
}

// Relevance ranks the newest matches; where they are all there are, every way finds the same.
func everyWayRanks(t *testing.T, usual *store.Store, others map[string]*store.Store) {
	random := rand.New(rand.NewPCG(15, 16))
	for i := range 50 {
		f := oddDocumentFilter(random)
		terms := []string{"solar", `"smart building"`, "pandemic", `sensor -"smart building"`, "Haus", `-"smart building"`}[i%6]
		all := ids(walkHits(t, usual, terms, f, "-published_at", 100))
		require.ElementsMatch(t, all, ids(walkHits(t, usual, terms, f, "relevance", 100)), "%s %+v", terms, f)
		for name, s := range others {
			list, err := s.SearchDocuments(t.Context(), terms, f, store.Page{Size: 30})
			require.NoError(t, err)
			require.Subset(t, all, ids(list.Items), "%d %s %s %+v", i, name, terms, f)
			require.LessOrEqual(t, list.Total, len(all))
			if list.TotalRelation == "eq" {
				require.Equal(t, len(all), list.Total, "%d %s %s %+v", i, name, terms, f)
			}
			if list.Total > 0 {
				require.NotEmpty(t, list.Items)
			}
		}
	}
}

// walkHits reads all hits by their cursors.
func walkHits(t *testing.T, s *store.Store, terms string, f store.DocumentFilter, sort string, size int) []store.DocumentHit {
	t.Helper()
	var all []store.DocumentHit
	for page := (store.Page{Size: size, Sort: sort}); ; {
		list, err := s.SearchDocuments(t.Context(), terms, f, page)
		require.NoError(t, err)
		all = append(all, list.Items...)
		if list.NextCursor == nil {
			return all
		}
		page.Cursor = *list.NextCursor
	}
}
