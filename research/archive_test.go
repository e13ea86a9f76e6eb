package research_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// archived is an archive about heat pumps in which a publisher's documents have terms; term 1 is heat pump, 2 noise, 3 subsidy.
func archived(publishers map[string][]int64) research.Archive {
	a := research.Archive{
		Keyword: "heat pump", Language: "en", MatchedBy: "all_words", Exact: true, Until: now, Since: now.AddDate(0, 0, -30), Before: now.AddDate(0, 0, -60),
		SizeNow: 100, SizeBefore: 100, SimilarStems: func(text string) []string { return annotate.Stems(text, "en") },
		Terms: []store.TermUse{{ID: 1, Kind: "keyphrase", Text: "heat pumps", Documents: 9}, {ID: 2, Kind: "keyphrase", Text: "noise", Documents: 8}, {ID: 3, Kind: "keyphrase", Text: "subsidy", Documents: 4}},
	}
	for publisher, terms := range publishers {
		for i := range 4 {
			a.Matching = append(a.Matching, store.ArchiveDocument{
				ID: uuid.New(), Title: fmt.Sprintf("Guide %d", i), URL: fmt.Sprintf("https://www.%s/%d", publisher, i), Terms: terms,
				PublishedAt: new(now.AddDate(0, 0, -i*3)), WordCount: new(400),
			})
		}
	}
	a.Articles = len(a.Matching)
	return a
}

func TestCompetition(t *testing.T) {
	t.Parallel()
	a := archived(map[string][]int64{"paper.example": {1, 2, 3}, "other.example": {1, 2}, "own.example": {1, 3}})
	r := research.Competition(a, []string{"own.example"}, []research.OwnPage{}, 10)
	require.Len(t, r.Competitors, 2)
	require.InDelta(t, 1./3, *r.Competitors[0].ShareOfVoice.Value(), 1e-3)
	require.Equal(t, "https://other.example/", r.Competitors[0].Website)
	strategy := r.Competitors[0].ContentStrategy
	require.Equal(t, []string{"heat pumps", "noise"}, strategy.Topics)
	require.Equal(t, []string{"guide"}, strategy.ContentTypes)
	require.InDelta(t, 7./3, *strategy.PostingFrequency.Value(), 1e-3)
	require.NotEmpty(t, strategy.Strengths)
	require.NotEmpty(t, strategy.Weaknesses)
	require.Equal(t, []string{"noise"}, subjects(r), "the subsidy is one's own, the heat pump the subject")
	require.InDelta(t, 8, *r.ContentGaps[0].Documents.Value(), 0)
	require.Equal(t, []string{"other.example", "paper.example"}, r.ContentGaps[0].Competitors)
	require.Contains(t, r.Recommendation.Text, "noise")
	require.True(t, r.Sample.Complete)
	require.Equal(t, "content-creator: the archive's documents about the subject", r.Competitors[0].Documents.Source())
	require.Equal(t, []string{"noise", "subsidy"}, r.TrendingTopics)

	t.Run("own pages", func(t *testing.T) {
		t.Parallel()
		a := archived(map[string][]int64{"paper.example": {1, 2, 3}, "other.example": {1, 2, 3}})
		page := research.OwnPage{URL: "https://own.example", Stems: map[string]bool{"nois": true}}
		require.Equal(t, []string{"subsidy"}, subjects(research.Competition(a, []string{"own.example"}, []research.OwnPage{page}, 10)))
		gone := research.OwnPage{URL: "https://own.example", Error: &store.PageError{Code: "gone"}}
		r := research.Competition(a, []string{"own.example"}, []research.OwnPage{gone}, 10)
		require.Nil(t, r.ContentGaps, "nothing of one's own is known, so no gap either")
		require.Contains(t, r.Recommendation.Text, "grows")
		alone := research.Competition(a, nil, []research.OwnPage{}, 10)
		require.Nil(t, alone.ContentGaps)
		require.Nil(t, alone.OwnDocuments.Value())
	})
	t.Run("a sample", func(t *testing.T) {
		t.Parallel()
		a := archived(map[string][]int64{"paper.example": {1, 2}})
		a.Articles = 5000
		r := research.Competition(a, nil, []research.OwnPage{}, 10)
		require.False(t, r.Sample.Complete)
		require.Equal(t, 4, r.Sample.Read)
		require.InDelta(t, 5000, *r.Documents.Value(), 0)
		require.Contains(t, r.Competitors[0].ShareOfVoice.Source(), "the newest 4 of the archive's 5000")
		require.Empty(t, r.TrendingTopics, "what was read does not reach back far enough")
		require.Nil(t, r.Recommendation)
		k := research.Keywords(a, 5)
		require.Nil(t, k.Primary.Trend.Direction)
		require.Equal(t, 3, k.Primary.Trend.Documents, "until now, which is the fourth's time")
		a.Exact = false
		r = research.Competition(a, nil, []research.OwnPage{}, 10)
		require.Contains(t, r.Competitors[0].ShareOfVoice.Source(), "of which there are more than 5000")
		shown, err := json.Marshal(r.Documents)
		require.NoError(t, err)
		require.Contains(t, string(shown), "documents, at least")
	})
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		a := archived(nil)
		a.MatchedBy = "none"
		r := research.Competition(a, nil, []research.OwnPage{}, 10)
		require.Empty(t, r.Competitors)
		require.Nil(t, r.Sample.Since)
		require.Nil(t, research.Keywords(a, 5).Recommendation)
	})
	t.Run("hidden publishers", func(t *testing.T) {
		t.Parallel()
		a := archived(map[string][]int64{"paper.example": {1}})
		a.Matching[0].SourceMetadata, a.Matching[1].URL = map[string]any{"link_is_redirect": true}, "::"
		r := research.Competition(a, nil, []research.OwnPage{}, 10)
		require.InDelta(t, 2, *r.Competitors[0].Documents.Value(), 0)
	})
	t.Run("old and long", func(t *testing.T) {
		t.Parallel()
		a := archived(map[string][]int64{"paper.example": {1}})
		for i := range a.Matching {
			a.Matching[i].PublishedAt, a.Matching[i].WordCount = new(now.AddDate(-1, 0, -i)), new(2000)
		}
		s := research.Competition(a, nil, []research.OwnPage{}, 10).Competitors[0].ContentStrategy
		require.Contains(t, s.Strengths[1].Text, "at length")
		require.Contains(t, s.Weaknesses[0].Text, "three months")
	})
}

func subjects(r research.CompetitorResearch) []string {
	var list []string
	for _, gap := range r.ContentGaps {
		list = append(list, gap.Subject)
	}
	return list
}

func TestKeywords(t *testing.T) {
	t.Parallel()
	a := archived(map[string][]int64{"paper.example": {1, 2}, "other.example": {1, 3}})
	for i := range a.Matching {
		if i > 4 {
			a.Matching[i].PublishedAt, a.Matching[i].FetchedAt = nil, now.AddDate(0, 0, -40)
		}
	}
	suggestion := func(title string, position any) store.ArchiveDocument {
		return store.ArchiveDocument{ID: uuid.New(), Title: title, Source: store.TypeAutocomplete, FetchedAt: now, SourceMetadata: map[string]any{"position": position}}
	}
	a.Suggestions = []store.ArchiveDocument{suggestion("buy heat pump cheap", 2.), suggestion("how loud is a heat pump", 1.), suggestion("best heat pump test", nil), suggestion("heat pump", 1.), suggestion("how loud is a heat pump", 3.)}
	a.Trends = []store.ArchiveDocument{{Title: "Heat pumps", Source: store.TypeTrends, FetchedAt: now, SourceMetadata: map[string]any{"approx_traffic_min": 2000.}}}
	r := research.Keywords(a, 5)
	require.Equal(t, 2000., *r.Primary.ApproxTraffic.Value())
	require.Equal(t, store.MethodMeasured, r.Primary.ApproxTraffic.Figure().Method())
	require.Nil(t, r.Primary.SearchVolume.Value())
	require.Len(t, r.Secondary, 2)
	require.Equal(t, store.MethodDerived, r.Secondary[0].Relevance.Method())
	require.Len(t, r.LongTail, 2)
	require.Equal(t, "buy heat pump cheap", r.LongTail[0].Keyword, "the others have no position")
	require.Equal(t, "transactional", *r.LongTail[0].Intent)
	require.Len(t, r.RelatedQuestions, 1, "each question once")
	a.Matching[0].Title, a.Matching[1].Title = "How heat pumps threaten the quiet of the coast", "Who pays for the heat pumps of Elbland?"
	asked := research.Keywords(a, 5).RelatedQuestions
	require.Len(t, asked, 2, "a headline that begins as a question is none")
	require.Equal(t, a.Matching[1].Title, asked[1].Question)
	require.Len(t, r.All(), 5)
	require.NotNil(t, r.Recommendation)
	require.Len(t, r.Primary.DocumentIDs, 5)
	require.True(t, strings.HasPrefix(r.Recommendation.Text, "“heat pump” goes"), r.Recommendation.Text)
}

func TestTrendOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		now, before, allNow, allBefore int
		direction                      string
		growth                         float64
	}{
		"up": {9, 3, 100, 100, "up", 2}, "down": {3, 9, 100, 100, "down", -2. / 3}, "steady": {6, 6, 100, 100, "steady", 0},
		"as the archive": {12, 6, 200, 100, "steady", 0},
	} {
		trend := research.TrendOf(tc.now, tc.before, tc.allNow, tc.allBefore, now)
		require.Equal(t, tc.direction, *trend.Direction, name)
		require.InDelta(t, tc.growth, *trend.Growth.Value(), 1e-3, name)
	}
	require.Nil(t, research.TrendOf(2, 1, 10, 10, now).Direction, "too few")
	fresh := research.TrendOf(9, 0, 10, 10, now)
	require.Equal(t, "up", *fresh.Direction)
	require.Nil(t, fresh.Growth.Value(), "from nothing there is no share")
}

func TestAuthority(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]string{"epa.gov": "high", "en.wikipedia.org": "high", "umweltamt.bund.de": "high"} {
		level, reason := research.AuthorityOf(domain, 9)
		require.Equal(t, want, level, domain)
		require.NotEmpty(t, reason)
	}
	for position, want := range map[int]string{1: "high", 5: "medium", 9: "low"} {
		level, _ := research.AuthorityOf("paper.example", position)
		require.Equal(t, want, level, position)
	}
	found := research.AnalyseSerp([]store.SerpResult{
		{Position: 1, Domain: "a.example", Title: new("four"), Snippet: new("a snippet"), Authority: "high"},
		{Position: 2, Domain: "a.example", Authority: "low"},
		{Position: 3, Domain: "b.example", Title: new("six666")},
		{Position: 4, Domain: "c.example"},
	}, now)
	require.Equal(t, []string{"a.example", "b.example"}, found.TopDomains)
	require.Equal(t, map[string][]int{"a.example": {1, 2}, "b.example": {3}, "c.example": {4}}, found.Positions)
	require.InDelta(t, 5, *found.TitleLength.Value(), 0)
	require.InDelta(t, 9, *found.SnippetLength.Value(), 0)
	require.InDelta(t, 0.25, *found.AuthorityShare.Value(), 0)
	empty := research.AnalyseSerp(nil, now)
	require.Nil(t, empty.AuthorityShare.Value())
	require.Nil(t, empty.TitleLength.Value())
}
