package research

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/store"
)

// A Candidate is something that may be a topic, with the documents of the window that speak of it.
type Candidate struct {
	// Words are a keyphrase, a name, the title of a story, a search.
	Words string
	// Reason is term, story, trend, suggestion, seed, model or article; Source the kind of topic that it makes.
	Reason, Source string
	Documents      []store.DocumentSummary
	// Now and Before are how many documents of the window have it, and of the window before; nil is not counted.
	Now, Before *int
}

// A Hunt is where topics are looked for.
type Hunt struct {
	Language     string
	Since, Until time.Time
	// Documents were in the window, DocumentsBefore in the one of the same length before it.
	Documents, DocumentsBefore int
	// Seeds are what is wanted; without them everything is. Proposed are what a model would look for, too.
	Seeds, Proposed []string
	Known           []KnownTopic
	// Sample are documents of the window, whatever they are about: what a publisher writes with all of them says nothing.
	Sample []store.DocumentSummary
	Limit  int
}

const (
	// sameDocuments is which share of the smaller of two candidates' documents must be common to make them one; two at least,
	// unless one has no more.
	sameDocuments = 0.5
	// leastCohesion is how much the documents of a topic must have in common.
	leastCohesion = 0.08
	// sameTitle is how much of two titles must be the same words to make them one topic.
	sameTitle = 0.6
	// maxLeftOut is how many candidates are told that were left out, maxTopicTerms how many words of a topic.
	maxLeftOut, maxTopicTerms = 30, 8
	// fewDocuments are so few that hardly two are about one thing. Where they make fewer than fewTopics, single articles are topics, too, so
	// that there are no more than mostArticles together.
	fewDocuments, fewTopics, mostArticles = 60, 3, 5
	// leastHeadline is how many words the headline has of an article that is a topic.
	leastHeadline = 4
	// maxTopicDocuments is how many documents a topic is linked to.
	maxTopicDocuments = 30
)

// A cluster is candidates that mean the same.
type cluster struct {
	candidates []Candidate
	documents  []store.DocumentSummary
	reasons    map[uuid.UUID]Candidate
	// began are the documents of the first candidate.
	began map[uuid.UUID]bool
}

// Discover makes topics of candidates: those that mean the same are one, each is scored by a profile and told with its parts, and
// what is no topic with why. The same candidates make the same topics.
func Discover(candidates []Candidate, h Hunt, profile store.ScoringProfile) (topics []store.DiscoveredTopic, out []store.LeftOut) {
	threshold := profile.Parameters[store.ParamThreshold]
	docs := newDigest(candidates, h.Sample, h.Language)
	for _, c := range docs.clusters(candidates) {
		common, loose := docs.cohesion(c)
		topic := c.topic(h, profile, common)
		switch {
		case topic.Title == "":
			continue
		case len(c.documents) < 2 && c.candidates[0].Reason == "term":
			out = append(out, store.LeftOut{Title: topic.Title, Score: &topic.Score, Reason: "Only one document speaks of it."})
		case loose:
			out = append(out, store.LeftOut{Title: topic.Title, Score: &topic.Score, Reason: "Its documents have a word in common, and little else: " + c.candidates[0].Words + "."})
		case topic.Score < threshold:
			out = append(out, store.LeftOut{Title: topic.Title, Score: &topic.Score, Reason: "Its score is below the threshold."})
		default:
			topics = append(topics, topic)
		}
	}
	slices.SortStableFunc(topics, func(a, b store.DiscoveredTopic) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(len(b.Documents), len(a.Documents)), strings.Compare(a.Title, b.Title))
	})
	topics, twins := withoutTwins(topics, h)
	out = append(out, twins...)
	if h.Documents <= fewDocuments && len(topics) < fewTopics {
		topics, _ = withoutTwins(append(topics, h.articles(topics, profile)...), h)
	}
	for _, topic := range topics[min(len(topics), h.Limit):] {
		out = append(out, store.LeftOut{Title: topic.Title, Score: &topic.Score, Reason: "Others scored higher, and no more were asked for."})
	}
	return topics[:min(len(topics), h.Limit)], out[:min(len(out), maxLeftOut)]
}

// articles are the best single documents of the window as topics, where they are not of others already. It is not known how much is
// written about them.
func (h Hunt) articles(besides []store.DiscoveredTopic, profile store.ScoringProfile) []store.DiscoveredTopic {
	used := map[string]bool{}
	for _, topic := range besides {
		for id := range idsOf(topic.Documents) {
			used[id] = true
		}
	}
	var articles []store.DiscoveredTopic
	published := map[string]time.Time{}
	for _, d := range h.Sample {
		if used[d.ID.String()] || d.Source == "trends" || d.Source == "autocomplete" || len(strings.Fields(d.Title)) < leastHeadline {
			continue
		}
		c := newCluster(Candidate{Words: d.Title, Reason: ReasonArticle, Source: d.Source, Documents: []store.DocumentSummary{d}})
		topic := c.topic(h, profile, 0)
		topic.Terms = []string{annotate.KeyTerms(d.Title, orEmpty(d.Summary), h.Language)}
		off := slices.ContainsFunc(topic.Parts, func(p store.ScorePart) bool { return p.Name == "relevance" && p.Value != nil && *p.Value == 0 })
		if topic.Score < profile.Parameters[store.ParamThreshold] || off {
			continue
		}
		if d.PublishedAt != nil {
			published[d.ID.String()] = *d.PublishedAt
		}
		articles = append(articles, topic)
	}
	slices.SortStableFunc(articles, func(a, b store.DiscoveredTopic) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), published[b.Documents[0].ID.String()].Compare(published[a.Documents[0].ID.String()]), strings.Compare(a.Title, b.Title))
	})
	return articles[:min(len(articles), mostArticles-len(besides))]
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// ReasonArticle is the reason of a topic that is a single article, where there are few documents.
const ReasonArticle = "article"

// clusters puts together candidates that share most of their documents, the strongest first: stories, then what has most documents.
func clusters(candidates []Candidate) []*cluster {
	rank := map[string]int{"story": 0, "trend": 1, "seed": 2, "term": 3, "suggestion": 4, "model": 5}
	candidates = slices.Clone(candidates)
	slices.SortStableFunc(candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(rank[a.Reason], rank[b.Reason]), cmp.Compare(len(b.Documents), len(a.Documents)), strings.Compare(a.Words, b.Words))
	})
	var all []*cluster
	for _, candidate := range candidates {
		if len(candidate.Documents) == 0 {
			continue
		}
		at := slices.IndexFunc(all, func(c *cluster) bool { return c.covers(candidate) })
		if at < 0 {
			all = append(all, newCluster(candidate))
			continue
		}
		all[at].add(candidate)
	}
	return all
}

func newCluster(first Candidate) *cluster {
	c := &cluster{reasons: map[uuid.UUID]Candidate{}, began: map[uuid.UUID]bool{}}
	c.add(first)
	for _, d := range first.Documents {
		c.began[d.ID] = true
	}
	return c
}

func (c *cluster) covers(candidate Candidate) bool {
	// Compared with what began the cluster, so that it does not drift.
	common := 0
	for _, d := range candidate.Documents {
		if c.began[d.ID] {
			common++
		}
	}
	smaller := min(len(candidate.Documents), len(c.began))
	return common >= min(2, smaller) && float64(common) >= sameDocuments*float64(smaller)
}

func (c *cluster) add(candidate Candidate) {
	c.candidates = append(c.candidates, candidate)
	for _, d := range candidate.Documents {
		if _, has := c.reasons[d.ID]; !has {
			c.reasons[d.ID] = candidate
			c.documents = append(c.documents, d)
		}
	}
}

// topic is what a cluster makes, scored.
func (c *cluster) topic(h Hunt, profile store.ScoringProfile, common float64) store.DiscoveredTopic {
	t := store.DiscoveredTopic{Title: c.title(h.Language), Source: c.candidates[0].Source}
	publishers := map[string]bool{}
	var newest *time.Time
	for _, d := range c.documents {
		publishers[d.SourceName] = true
		if d.PublishedAt != nil && (newest == nil || d.PublishedAt.After(*newest)) {
			newest = d.PublishedAt
		}
		if len(t.Documents) < maxTopicDocuments {
			why := c.reasons[d.ID]
			t.Documents = append(t.Documents, store.DiscoveredDocument{ID: d.ID, Title: d.Title, URL: d.URL, Reason: why.Reason, Words: why.Words})
		}
	}
	for _, candidate := range c.candidates {
		if len(t.Terms) < maxTopicTerms && !slices.Contains(t.Terms, candidate.Words) {
			t.Terms = append(t.Terms, candidate.Words)
		}
	}
	t.Parts = []store.ScorePart{
		c.burst(h),
		diversityPart("breadth", len(publishers), profile),
		c.cohesionPart(common),
		freshnessPart(newest, h.Until, profile),
		// One that is found again is no less new for being known as itself.
		noveltyPart(t.Title, h.Language, h.Known, func(known KnownTopic, alike float64) bool { return known.is(t, alike) }),
		relevancePart(t.Title+" "+strings.Join(t.Terms, " "), h.Language, h.Seeds),
	}
	if sum := total(profile, t.Parts); sum != nil {
		t.Score = *sum
	}
	return t
}

// burst is by how much more is written about it than before, in standard deviations of what was to be expected.
func (c *cluster) burst(h Hunt) store.ScorePart {
	if h.DocumentsBefore == 0 {
		return unknown("burst", map[string]any{"documents": h.Documents, "documents_before": 0}, "The archive has nothing of the time before to compare with.")
	}
	share := float64(h.Documents) / float64(h.DocumentsBefore)
	best := math.Inf(-1)
	var strongest Candidate
	for _, candidate := range c.candidates {
		if candidate.Now == nil {
			continue
		}
		expected := float64(*candidate.Before) * share
		if z := (float64(*candidate.Now) - expected) / math.Sqrt(expected+1); z > best {
			best, strongest = z, candidate
		}
	}
	if strongest.Now == nil {
		return unknown("burst", map[string]any{}, "It is no term whose documents are counted.")
	}
	return known("burst", 1-math.Exp(-math.Max(best, 0)/3), map[string]any{
		"term": strongest.Words, "documents": *strongest.Now, "documents_before": *strongest.Before, "expected": math.Round(100*float64(*strongest.Before)*share) / 100,
		"deviations": math.Round(100*best) / 100,
	}, "“%s” stands in %d documents, %.1f standard deviations more than expected.", strongest.Words, *strongest.Now, best)
}

// cohesionPart is full where a third of the words are common.
func (c *cluster) cohesionPart(common float64) store.ScorePart {
	if c.candidates[0].Reason == ReasonArticle {
		return unknown("cohesion", map[string]any{"documents": 1}, "It is a single article.")
	}
	return known("cohesion", 3*common, map[string]any{"documents": len(c.documents), "common": math.Round(1e4*common) / 1e4},
		"Its documents share %.0f %% of their words; a third counts in full.", 100*common)
}

// title is one that a person would write about: the story's, the search's, or the headline that has most in common with the others.
func (c *cluster) title(language string) string {
	first := c.candidates[0]
	if first.Reason != "term" && first.Reason != "seed" && first.Reason != "model" {
		return line(first.Words, 300)
	}
	stems := make([][]string, len(c.documents))
	for i, d := range c.documents {
		stems[i] = annotate.Stems(d.Title, language)
	}
	var best string
	most := -1.
	words := annotate.Stems(first.Words, language)
	for i, d := range c.documents {
		central := annotate.Overlap(stems[i], words)
		for _, other := range stems {
			central += annotate.Overlap(stems[i], other) / float64(len(stems))
		}
		if len(strings.Fields(d.Title)) >= 3 && central > most {
			best, most = d.Title, central
		}
	}
	return line(best, 300)
}

// withoutTwins gives candidates that are topics already to those, and leaves out those that mean the same as a better one.
func withoutTwins(topics []store.DiscoveredTopic, h Hunt) (kept []store.DiscoveredTopic, out []store.LeftOut) {
	for _, topic := range topics {
		stems := annotate.Stems(topic.Title, h.Language)
		twin := slices.IndexFunc(kept, func(other store.DiscoveredTopic) bool {
			return annotate.Overlap(stems, annotate.Stems(other.Title, h.Language)) >= sameTitle ||
				mostlyIn(topic.Documents, idsOf(other.Documents)) && mostlyIn(other.Documents, idsOf(topic.Documents))
		})
		if twin >= 0 {
			out = append(out, store.LeftOut{Title: topic.Title, Score: &topic.Score, Reason: "It means the same as “" + kept[twin].Title + "”."})
			continue
		}
		if at := slices.IndexFunc(h.Known, func(known KnownTopic) bool { return known.is(topic, annotate.Overlap(stems, known.TitleStems)) }); at >= 0 {
			topic.TopicID, topic.Title = &h.Known[at].Topic.ID, h.Known[at].Title
		}
		if topic.TopicID != nil && slices.ContainsFunc(kept, func(other store.DiscoveredTopic) bool {
			return other.TopicID != nil && *other.TopicID == *topic.TopicID
		}) {
			out = append(out, store.LeftOut{Title: topic.Title, Score: &topic.Score, Reason: "It is a part of a topic that was found already."})
			continue
		}
		kept = append(kept, topic)
	}
	return kept, out
}

// is reports whether a topic that was found is one that is known: by how alike their titles are, or by its documents.
func (known KnownTopic) is(found store.DiscoveredTopic, alike float64) bool {
	return alike >= sameTitle || mostlyIn(found.Documents, known.Documents)
}

func idsOf(documents []store.DiscoveredDocument) map[string]bool {
	ids := map[string]bool{}
	for _, d := range documents {
		ids[d.ID.String()] = true
	}
	return ids
}

// mostlyIn: at least half of the documents, and two of them, are among others.
func mostlyIn(documents []store.DiscoveredDocument, others map[string]bool) bool {
	common := 0
	for _, d := range documents {
		if others[d.ID.String()] {
			common++
		}
	}
	return common >= 2 && 2*common >= len(documents)
}
