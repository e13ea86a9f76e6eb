package research_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// finding is a keyword that finds pages of a site.
func finding(keyword string, pages ...int) store.KeywordResults {
	r := store.KeywordResults{Keyword: keyword}
	for _, page := range pages {
		r.Addresses = append(r.Addresses, fmt.Sprintf("https://a.example/%d", page))
	}
	return r
}

// keywordsIn are the keywords of clusters, the hub first.
func keywordsIn(clusters []store.KeywordCluster) [][]string {
	var all [][]string
	for _, c := range clusters {
		var keywords []string
		for _, k := range c.Keywords {
			keywords = append(keywords, k.Keyword)
		}
		all = append(all, keywords)
	}
	return all
}

func TestClusterKeywords(t *testing.T) {
	t.Parallel()
	keywords := []store.KeywordResults{
		finding("heat pump cost", 1, 2, 3, 4, 5), finding("heat pump price", 1, 2, 3, 9), finding("what does a heat pump cost", 2, 3, 4, 5, 8),
		// Each shares three with the next, and the first nothing with the last.
		finding("chain a", 20, 21, 22), finding("chain b", 20, 21, 22, 23, 24, 25), finding("chain c", 23, 24, 25, 26, 27, 28), finding("chain d", 26, 27, 28),
		finding("two in common", 1, 2, 40), finding("nothing in common", 50, 51),
	}
	// One page has many addresses, and counts once.
	keywords[1].Addresses[0] = "http://a.example/1?utm_source=newsletter#top"
	keywords[8].Addresses = append(keywords[8].Addresses, "https://a.example/50?utm_source=x", "https://a.example/50#y")
	clusters, alone := research.ClusterKeywords(keywords, 3)
	require.Equal(t, [][]string{
		{"heat pump cost", "what does a heat pump cost", "heat pump price"}, {"chain b", "chain a", "chain c"},
	}, keywordsIn(clusters), "what shares nothing with the hub is not in its cluster")
	require.Equal(t, "heat pump cost", clusters[0].Hub)
	require.Equal(t, []string{"https://a.example/1", "https://a.example/2", "https://a.example/3"}, clusters[0].Keywords[2].Shared, "why is told")
	require.Len(t, clusters[0].Keywords[0].Shared, 5)
	require.Equal(t, store.SharedAddress{URL: "https://a.example/2", Keywords: 3}, clusters[0].Addresses[0])
	require.Len(t, clusters[0].Addresses, 5, "what one alone finds is not shared")

	require.Len(t, alone, 3)
	require.Equal(t, "chain d", alone[0].Keyword)
	require.Equal(t, "chain c", *alone[0].Closest)
	require.Equal(t, 3, alone[0].Shared)
	require.Nil(t, alone[1].Closest)
	require.Equal(t, 2, alone[2].Shared)

	for range 20 {
		rand.Shuffle(len(keywords), func(i, j int) { keywords[i], keywords[j] = keywords[j], keywords[i] })
		again, alike := research.ClusterKeywords(keywords, 3)
		require.Equal(t, clusters, again, "their order does not matter")
		require.Equal(t, alone, alike)
	}
	strict, _ := research.ClusterKeywords(keywords, 4)
	require.Equal(t, [][]string{{"heat pump cost", "what does a heat pump cost"}}, keywordsIn(strict))
	none, nobody := research.ClusterKeywords(nil, 3)
	require.Empty(t, none)
	require.Empty(t, nobody)
}

// thousand keywords find ten of so many pages each.
func thousand(pages int) []store.KeywordResults {
	random := rand.New(rand.NewPCG(1, 2))
	var keywords []store.KeywordResults
	for i := range 1000 {
		keywords = append(keywords, finding(fmt.Sprintf("keyword %d", i), random.Perm(pages)[:10]...))
	}
	return keywords
}

// TestClusterAThousandKeywords: every keyword is told once, also where all find the same.
func TestClusterAThousandKeywords(t *testing.T) {
	t.Parallel()
	clusters, alone := research.ClusterKeywords(thousand(10), 3)
	require.Len(t, clusters, 1)
	require.Len(t, clusters[0].Keywords, 1000)
	require.Empty(t, alone)
	clusters, alone = research.ClusterKeywords(thousand(60), 3)
	told := map[string]bool{}
	for _, keywords := range keywordsIn(clusters) {
		require.GreaterOrEqual(t, len(keywords), 2)
		for _, keyword := range keywords {
			told[keyword] = true
		}
	}
	for _, keyword := range alone {
		told[keyword.Keyword] = true
	}
	require.Len(t, told, 1000)
}

// BenchmarkClusterKeywords clusters a thousand keywords that have nothing, some and everything in common.
func BenchmarkClusterKeywords(b *testing.B) {
	for _, pages := range []int{10, 100, 10_000} {
		keywords := thousand(pages)
		b.Run(fmt.Sprintf("pages=%d", pages), func(b *testing.B) {
			for b.Loop() {
				research.ClusterKeywords(keywords, 3)
			}
		})
	}
}
