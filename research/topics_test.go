package research_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

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
	profile := scoring
	profile.Parameters = maps.Clone(scoring.Parameters)
	heating := about("District heating grows in Lindau", "Lindau builds more district heating", "More district heating for Lindau")
	bridge := about("Elz bridge closed for repairs", "Repairs close the Elz bridge", "Elz bridge: repairs begin")
	hunt := hunting
	hunt.Limit = 1
	hunt.Known = []research.KnownTopic{
		{Topic: store.TopicSummary{ID: uuid.New()}, Title: "Heating Lindau by district", TitleStems: annotate.Stems("Heating Lindau by district", "en"), Documents: map[string]bool{heating[0].ID.String(): true, heating[1].ID.String(): true}},
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

// A broad word, wanted or not, takes nothing from the topics that it is a word of.
func TestABroadWordHidesNothing(t *testing.T) {
	t.Parallel()
	heating := about("District heating grows in Lindau", "Lindau builds more district heating", "More district heating for Lindau")
	bridge := about("Elz bridge closed for repairs", "Repairs close the Elz bridge", "Elz bridge: repairs begin")
	other := about("Mayor resigns", "Cats sleep all day", "Oil price falls")
	mayor := append(append(append([]store.DocumentSummary{}, heating...), bridge...), other...)
	topics, out := research.Discover([]research.Candidate{
		{Words: "mayor", Reason: "seed", Source: "rss", Documents: mayor},
		{Words: "district heating", Reason: "term", Source: "rss", Documents: heating},
		{Words: "Elz bridge", Reason: "term", Source: "rss", Documents: bridge},
	}, hunting, scoring)
	require.Len(t, topics, 2)
	require.Len(t, out, 1)
	require.Contains(t, out[0].Reason, "little else: mayor.")
}

// Two titles that are made of the same documents are one topic.
func TestTheSameDocumentsAreOneTopic(t *testing.T) {
	t.Parallel()
	list := about("Elz bridge closed for repairs", "Repairs close the Elz bridge", "Ferry replaces the Elz bridge", "Elz bridge repairs: ferry runs at night")
	topics, out := research.Discover([]research.Candidate{
		{Words: "Elz bridge", Reason: "story", Source: "rss", Documents: list[:2]},
		{Words: "Night traffic in the valley", Reason: "story", Source: "rss", Documents: list[2:]},
		{Words: "repairs", Reason: "term", Source: "rss", Documents: list},
		{Words: "bridge at night", Reason: "term", Source: "rss", Documents: list[1:]},
	}, hunting, scoring)
	require.Len(t, topics, 1, "%v", topics)
	require.Contains(t, out[0].Reason, "means the same")
}

// What a publisher writes below everything makes no topic.
func TestWordsOfAHouseMakeNoTopic(t *testing.T) {
	t.Parallel()
	var list []store.DocumentSummary
	for i, title := range []string{"Mayor resigns", "Cats sleep all day", "Oil price falls", "Rain in Lindau", "Elz bridge closed", "Choir wins prize", "New tram line", "School reopens"} {
		list = append(list, store.DocumentSummary{
			ID: uuid.New(), Title: title, Summary: new("submitted by reader number " + fmt.Sprint(100+i) + " link comments below"), SourceName: "board.example", PublishedAt: new(now),
		})
	}
	hunt := hunting
	candidates := []research.Candidate{{Words: "comments", Reason: "term", Source: "rss", Documents: list[:5]}}
	topics, _ := research.Discover(candidates, hunt, scoring)
	require.Len(t, topics, 1, "five documents do not tell what all have")
	hunt.Sample = list
	topics, out := research.Discover(candidates, hunt, scoring)
	require.Empty(t, topics)
	require.Len(t, out, 1)
}

// A topic that is found again is as new as it was.
func TestATopicFoundAgainIsNoLessNew(t *testing.T) {
	t.Parallel()
	heating := about("District heating grows in Lindau", "Lindau builds more district heating", "More district heating for Lindau")
	candidates := []research.Candidate{{Words: "district heating", Reason: "term", Source: "rss", Documents: heating}}
	first, _ := research.Discover(candidates, hunting, scoring)
	require.Len(t, first, 1)
	hunt := hunting
	hunt.Known = []research.KnownTopic{{Topic: store.TopicSummary{ID: uuid.New()}, Title: first[0].Title, TitleStems: annotate.Stems(first[0].Title, "en")}}
	again, _ := research.Discover(candidates, hunt, scoring)
	require.Equal(t, hunt.Known[0].Topic.ID, *again[0].TopicID)
	require.InDelta(t, first[0].Score, again[0].Score, 1e-9)
}

var (
	scoring = store.ScoringProfile{
		Name: "test", Version: 1, Weights: map[string]float64{"burst": 0.3, "breadth": 0.3, "cohesion": 0.2, "freshness": 0.1, "novelty": 0.1},
		Parameters: map[string]float64{store.ParamThreshold: 0.2, store.ParamHalfLife: 7, store.ParamDiversity: 5},
	}
	hunting = research.Hunt{Language: "en", Since: now.AddDate(0, 0, -7), Until: now, Documents: 200, DocumentsBefore: 200, Limit: 20}
)

// Where there are few documents, the best single articles are topics, too, said to be such; where there are many, none is.
func TestSingleArticlesOfASmallArchive(t *testing.T) {
	t.Parallel()
	hunt := hunting
	hunt.Documents, hunt.DocumentsBefore, hunt.Limit, hunt.Seeds = 7, 0, 20, nil
	hunt.Sample = about("Red Hat releases WildFly 10 today", "SourceForge changes hands once more", "Facebook closes its Parse platform", "Apache has a new logo now", "Zing doubles its heap to 2 TB", "The MySQLDumper project may end soon", "Short headline")
	hunt.Sample[0].PublishedAt = new(now.Add(-time.Hour))
	hunt.Sample[1].Source = "trends"
	topics, _ := research.Discover(nil, hunt, scoring)
	require.Len(t, topics, 5)
	require.Equal(t, "Red Hat releases WildFly 10 today", topics[0].Title, "the newest first")
	for _, topic := range topics {
		require.Equal(t, research.ReasonArticle, topic.Documents[0].Reason)
		for _, part := range topic.Parts {
			require.Equal(t, part.Name == "burst" || part.Name == "cohesion" || part.Name == "relevance", part.Value == nil, part.Name)
		}
	}
	story := []research.Candidate{{Words: "Apache has a new logo now", Reason: "story", Source: "rss", Documents: append(hunt.Sample[3:4:4], about("The new logo of Apache is there now")...)}}
	topics, _ = research.Discover(story, hunt, scoring)
	require.Len(t, topics, 5)
	require.Equal(t, "Apache has a new logo now", topics[0].Title, "what several write comes first")
	require.Equal(t, "story", topics[0].Documents[0].Reason)

	hunt.Seeds = []string{"heap"}
	topics, _ = research.Discover(nil, hunt, scoring)
	require.Len(t, topics, 1, "only what is wanted")
	hunt.Seeds, hunt.Documents = nil, 61
	topics, _ = research.Discover(nil, hunt, scoring)
	require.Empty(t, topics, "a large archive has topics of several documents, or none")
}
