package research

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/store"
)

// total weighs the parts of a score: the sum of value times weight, the weights of parts of which nothing is known being shared out
// among the others. Without any known part it is nil.
func total(profile store.ScoringProfile, parts []store.ScorePart) *float64 {
	known := 0.
	for i := range parts {
		parts[i].Weight = profile.Weights[parts[i].Name]
		if parts[i].Value != nil {
			known += parts[i].Weight
		}
	}
	if known == 0 {
		return nil
	}
	sum := 0.
	for i := range parts {
		if parts[i].Value == nil {
			parts[i].Explanation += sharedOut
			continue
		}
		parts[i].Weighted = *parts[i].Value * parts[i].Weight / known
		sum += parts[i].Weighted
	}
	return new(math.Min(math.Max(sum, 0), 1))
}

// sharedOut ends the explanation of a part of which nothing is known.
const sharedOut = " Its weight is shared out among the others."

// known is a part with a value, unknown one without.
func known(name string, value float64, inputs map[string]any, format string, args ...any) store.ScorePart {
	return store.ScorePart{Name: name, Value: new(math.Round(1e4*math.Min(math.Max(value, 0), 1)) / 1e4), Inputs: inputs, Explanation: fmt.Sprintf(format, args...)}
}

func unknown(name string, inputs map[string]any, explanation string) store.ScorePart {
	return store.ScorePart{Name: name, Inputs: inputs, Explanation: explanation}
}

// diversityPart is how many publishers write about something, up to as many as the profile calls full.
func diversityPart(name string, publishers int, profile store.ScoringProfile) store.ScorePart {
	full := profile.Parameters[store.ParamDiversity]
	return known(name, float64(publishers)/full, map[string]any{"publishers": publishers, "full": full},
		"%s about it; %g count in full.", counted(publishers, "publisher writes", "publishers write"), full)
}

// counted is a count with what is counted.
func counted(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}

// freshnessPart halves with every half-life of the profile since the newest document.
func freshnessPart(newest *time.Time, now time.Time, profile store.ScoringProfile) store.ScorePart {
	halfLife := profile.Parameters[store.ParamHalfLife]
	if newest == nil {
		return unknown("freshness", map[string]any{"half_life_days": halfLife}, "It is not known when anything was published about it.")
	}
	age := math.Max(now.Sub(*newest).Hours()/24, 0)
	return known("freshness", math.Pow(0.5, age/halfLife), map[string]any{"newest": newest.UTC(), "age_days": math.Round(1e6*age) / 1e6, "half_life_days": halfLife},
		"The newest document is %.1f days old; every %g days halve it.", age, halfLife)
}

// A KnownTopic is one that is there already.
type KnownTopic struct {
	TitleStems []string
	Title      string
	Topic      store.TopicSummary
	// Documents are those that it was made of.
	Documents map[string]bool
}

// noveltyPart is how little a title has in common with the most similar of the known topics that are not the same.
func noveltyPart(title, language string, topics []KnownTopic, same func(other KnownTopic, alike float64) bool) store.ScorePart {
	stems := annotate.Stems(title, language)
	best, similar, others := 0., "", 0
	for _, other := range topics {
		s := annotate.Overlap(stems, other.TitleStems)
		if same(other, s) {
			continue
		}
		others++
		if s > best {
			best, similar = s, other.Title
		}
	}
	if similar == "" {
		return known("novelty", 1, map[string]any{"topics": others}, "No other topic has anything in common with it.")
	}
	return known("novelty", 1-best, map[string]any{"topics": others, "similarity": math.Round(1e4*best) / 1e4, "most_similar": similar},
		"It shares %.0f %% of its words with “%s”.", 100*best, similar)
}

// relevancePart is which share of the words of a text are among the keywords. It does not fall as there are more keywords.
func relevancePart(text, language string, keywords []string) store.ScorePart {
	stems := annotate.Stems(text, language)
	if len(keywords) == 0 || len(stems) == 0 {
		return unknown("relevance", map[string]any{"keywords": len(keywords)}, "There are no keywords to compare it with.")
	}
	var wanted []string
	for _, keyword := range keywords {
		wanted = append(wanted, annotate.Stems(keyword, language)...)
	}
	found := 0
	for _, stem := range stems {
		if hasStem(wanted, stem) {
			found++
		}
	}
	return known("relevance", float64(found)/float64(len(stems)), map[string]any{"words": len(stems), "found": found, "keywords": len(keywords)},
		"%d of its %d words are among %d keywords.", found, len(stems), len(keywords))
}

// A Candidacy is what is known of a topic that is to be validated.
type Candidacy struct {
	Topic store.Topic
	// Documents are what the archive has about it.
	Documents []store.DocumentSummary
	// Keywords are what its domain is about.
	Keywords []string
	// Position is where the topic stood among the suggestions to a query, from 1; nil where it came from none.
	Position *int
	Others   []KnownTopic
	Now      time.Time
}

// Validate scores a topic by a profile: relevance, diversity, freshness, volume and novelty, as the original did, with real times,
// positions and stored topics.
func Validate(c Candidacy, profile store.ScoringProfile) store.TopicScore {
	publishers := map[string]bool{}
	var newest *time.Time
	for _, d := range c.Documents {
		publishers[d.SourceName] = true
		if d.PublishedAt != nil && (newest == nil || d.PublishedAt.After(*newest)) {
			newest = d.PublishedAt
		}
	}
	return scored(c.Topic.ID, profile, []store.ScorePart{
		relevancePart(c.Topic.Title, c.Topic.Language, c.Keywords),
		diversityPart("diversity", len(publishers), profile),
		freshnessPart(newest, c.Now, profile),
		volumePart(c.Position, len([]rune(c.Topic.Title)), profile),
		noveltyPart(c.Topic.Title, c.Topic.Language, c.Others, func(KnownTopic, float64) bool { return false }),
	})
}

// scored is the score that parts make by a profile.
func scored(topic uuid.UUID, profile store.ScoringProfile, parts []store.ScorePart) store.TopicScore {
	score := store.TopicScore{
		TopicID: topic, Profile: profile.Name, ProfileVersion: profile.Version, Threshold: profile.Parameters[store.ParamThreshold], Parts: parts,
	}
	if sum := total(profile, parts); sum != nil {
		score.Score = *sum
	}
	score.Passed = score.Score >= score.Threshold
	return score
}

// Revalidate is what a profile makes of the inputs that a score was made of, so that the difference is the profile's alone. It
// reports false where the score does not hold all that is needed.
func Revalidate(before store.TopicScore, profile store.ScoringProfile) (score store.TopicScore, complete bool) {
	parts := make([]store.ScorePart, len(before.Parts))
	for i, part := range before.Parts {
		again, ok := revalued(part, profile)
		if !ok {
			return store.TopicScore{}, false
		}
		parts[i] = again
	}
	return scored(before.TopicID, profile, parts), len(parts) > 0
}

// revalued is a part as a profile values its inputs. Relevance and novelty are the same by every profile.
func revalued(part store.ScorePart, profile store.ScoringProfile) (store.ScorePart, bool) {
	number := func(name string) (value float64, there bool) {
		value, there = part.Inputs[name].(float64)
		return value, there
	}
	switch part.Name {
	case "diversity":
		publishers, there := number("publishers")
		return diversityPart(part.Name, int(publishers), profile), there
	case "freshness":
		if part.Value == nil {
			return freshnessPart(nil, time.Time{}, profile), true
		}
		text, _ := part.Inputs["newest"].(string)
		newest, err := time.Parse(time.RFC3339Nano, text)
		age, there := number("age_days")
		return freshnessPart(&newest, newest.Add(time.Duration(age*24*float64(time.Hour))), profile), there && err == nil
	case "volume":
		position, stood := number("position")
		characters, there := number("characters")
		if !stood {
			return volumePart(nil, 0, profile), true
		}
		return volumePart(new(int(position)), int(characters), profile), there
	}
	part.Explanation = strings.TrimSuffix(part.Explanation, sharedOut)
	return part, part.Name == "relevance" || part.Name == "novelty"
}

// volumePart is the original's: by the place among suggestions and the length of the query; where there is none, what the profile
// assumes, if it does.
func volumePart(position *int, characters int, profile store.ScoringProfile) store.ScorePart {
	if position != nil {
		length := math.Min(float64(characters)/50, 1)
		return known("volume", 0.7*(1-float64(*position-1)/10)+0.3*length, map[string]any{"position": *position, "characters": characters},
			"It stood at place %d among the suggestions.", *position)
	}
	if assumed, says := profile.Parameters[store.ParamVolumeGuess]; says {
		return known("volume", assumed, map[string]any{"assumed": assumed}, "It is in no suggestions; the profile assumes %g then.", assumed)
	}
	return unknown("volume", map[string]any{}, "It is in no suggestions, so that its volume is not known.")
}
