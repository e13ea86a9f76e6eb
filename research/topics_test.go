package research_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// about are documents of several publishers about one thing.
func about(titles ...string) []store.DocumentSummary {
	var list []store.DocumentSummary
	for i, title := range titles {
		list = append(list, store.DocumentSummary{ID: uuid.New(), Title: title, SourceName: fmt.Sprintf("paper%d.example", i), PublishedAt: new(now.AddDate(0, 0, -1))})
	}
	return list
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	profile := store.ScoringProfile{
		Name: "test", Version: 1, Weights: map[string]float64{"burst": 0.3, "breadth": 0.3, "cohesion": 0.2, "freshness": 0.1, "novelty": 0.1},
		Parameters: map[string]float64{store.ParamThreshold: 0.2, store.ParamHalfLife: 7, store.ParamDiversity: 5},
	}
	heating := about("District heating grows in Lindau", "Lindau builds more district heating", "More district heating for Lindau")
	bridge := about("Elz bridge closed for repairs", "Repairs close the Elz bridge", "Elz bridge: repairs begin")
	hunt := research.Hunt{
		Language: "en", Since: now.AddDate(0, 0, -7), Until: now, Documents: 20, DocumentsBefore: 20, Limit: 1,
		Known: []research.KnownTopic{
			{Topic: store.TopicSummary{ID: uuid.New()}, Title: "Heating Lindau by district", TitleStems: annotate.Stems("Heating Lindau by district", "en"), Documents: map[string]bool{heating[0].ID.String(): true, heating[1].ID.String(): true}},
		},
	}
	candidates := []research.Candidate{
		{Words: "District heating grows in Lindau", Reason: "story", Source: "rss", Documents: heating},
		{Words: "district heating", Reason: "term", Source: "rss", Documents: heating[:2], Now: new(9), Before: new(1)},
		{Words: "District heating grows in Lindau again", Reason: "trend", Source: "trends", Documents: about("Something else altogether")},
		{Words: "Elz bridge repairs", Reason: "story", Source: "rss", Documents: bridge[:2]},
		{Words: "", Reason: "story", Source: "rss", Documents: about("", "")},
		{Words: "nobody", Reason: "term", Source: "rss"},
		{Words: "lonely", Reason: "term", Source: "rss", Documents: about("A lonely document")},
		{Words: "thing", Reason: "term", Source: "rss", Documents: about("Cats sleep all day", "Oil price falls", "Mayor resigns")},
	}
	topics, out := research.Discover(candidates, hunt, profile)
	require.Len(t, topics, 1, "no more were asked for")
	require.Equal(t, "Heating Lindau by district", topics[0].Title, "it is a topic already")
	require.Equal(t, hunt.Known[0].Topic.ID, *topics[0].TopicID)
	require.Len(t, topics[0].Documents, 3)
	parts := map[string]store.ScorePart{}
	for _, part := range topics[0].Parts {
		parts[part.Name] = part
	}
	require.Equal(t, "district heating", parts["burst"].Inputs["term"], "the term is part of the story")
	reasons := map[string]string{}
	for _, left := range out {
		reasons[left.Title] = left.Reason
	}
	require.Contains(t, reasons["Elz bridge repairs"], "Others scored higher")
	require.Contains(t, reasons["A lonely document"], "Only one document")
	require.Contains(t, reasons["District heating grows in Lindau again"], "means the same")
	require.Len(t, reasons, 4, "%v", reasons)

	again, _ := research.Discover(candidates, hunt, profile)
	require.Equal(t, topics, again, "the same candidates make the same topics")
	profile.Parameters[store.ParamThreshold] = 1
	none, out := research.Discover(candidates, hunt, profile)
	require.Empty(t, none)
	require.NotEmpty(t, out)
}
