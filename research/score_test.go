package research_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// validation is a profile for validations.
func validation(parameters map[string]float64, weights map[string]float64) store.ScoringProfile {
	return store.ScoringProfile{Name: "p", Version: 2, Kind: store.ForValidation, Weights: weights, Parameters: parameters}
}

// kept is a score as the database gives it back.
func kept(t *testing.T, score store.TopicScore) store.TopicScore {
	t.Helper()
	raw, err := json.Marshal(score)
	require.NoError(t, err)
	var again store.TopicScore
	require.NoError(t, json.Unmarshal(raw, &again))
	return again
}

func TestRevalidate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	weights := map[string]float64{"relevance": 0.3, "diversity": 0.25, "freshness": 0.2, "volume": 0.15, "novelty": 0.1}
	usual := validation(map[string]float64{store.ParamThreshold: 0.6, store.ParamHalfLife: 7, store.ParamDiversity: 5, store.ParamVolumeGuess: 0.5}, weights)
	strict := validation(map[string]float64{store.ParamThreshold: 0.9, store.ParamHalfLife: 3.5, store.ParamDiversity: 2}, map[string]float64{"diversity": 0.5, "freshness": 0.25, "volume": 0.25})
	known := research.Candidacy{
		Topic:    store.Topic{ID: uuid.New(), Title: "Heat pump subsidy in Elbland", Language: "en"},
		Keywords: []string{"heat pump"}, Position: new(3), Now: now,
		Documents: []store.DocumentSummary{
			{SourceName: "a.example", PublishedAt: new(now.AddDate(0, 0, -7))}, {SourceName: "b.example"}, {SourceName: "b.example"},
		},
		Others: []research.KnownTopic{{Title: "Heat pump prices", TitleStems: []string{"heat", "pump", "price"}}},
	}
	unknown := research.Candidacy{Topic: store.Topic{ID: uuid.New(), Title: "Heat pumps", Language: "en"}, Now: now}
	for name, c := range map[string]research.Candidacy{"known": known, "unknown": unknown} {
		before := kept(t, research.Validate(c, usual))
		same, complete := research.Revalidate(before, usual)
		require.True(t, complete, name)
		require.Equal(t, before, kept(t, same), "the same profile makes the same score of the same inputs")
		// What another profile makes of the inputs is what it would have made of the topic.
		other, complete := research.Revalidate(before, strict)
		require.True(t, complete, name)
		require.Equal(t, kept(t, research.Validate(c, strict)), kept(t, other), name)
	}
	other, _ := research.Revalidate(kept(t, research.Validate(known, usual)), strict)
	require.InDelta(t, 1*0.5+0.25*0.25+0.25*(0.7*0.8+0.3*28/50), other.Score, 1e-4, "two publishers are full, two half-lives have passed, third place")
	require.False(t, other.Passed)

	// Where an input is missing, nothing is guessed.
	for part, input := range map[string]string{"diversity": "publishers", "freshness": "age_days", "volume": "characters"} {
		broken := kept(t, research.Validate(known, usual))
		for _, p := range broken.Parts {
			if p.Name == part {
				delete(p.Inputs, input)
			}
		}
		_, complete := research.Revalidate(broken, strict)
		require.False(t, complete, part)
	}
	_, complete := research.Revalidate(store.TopicScore{}, usual)
	require.False(t, complete)
	_, complete = research.Revalidate(store.TopicScore{Parts: []store.ScorePart{{Name: "charm"}}}, usual)
	require.False(t, complete)
}
