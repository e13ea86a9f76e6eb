package research

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/store"
)

// A Competitor is a publisher that writes about a subject.
type Competitor struct {
	Name            string          `json:"name"`
	Website         string          `json:"website"`
	ShareOfVoice    store.Figure    `json:"share_of_voice"`
	Documents       store.Figure    `json:"documents"`
	ContentStrategy ContentStrategy `json:"content_strategy"`
	DocumentIDs     []uuid.UUID     `json:"document_ids"`
}

// A ContentStrategy is what documents tell of how somebody publishes.
type ContentStrategy struct {
	Topics           []string     `json:"topics"`
	PostingFrequency store.Figure `json:"posting_frequency"`
	MedianWords      store.Figure `json:"median_words"`
	// DaysSinceLast is how old the newest document is.
	DaysSinceLast store.Figure `json:"days_since_last"`
	ContentTypes  []string     `json:"content_types"`
	// Strengths and Weaknesses say nothing but what figures do.
	Strengths  []Statement `json:"strengths"`
	Weaknesses []Statement `json:"weaknesses"`
}

// CompetitorResearch is who writes about a subject and what one does not write oneself.
type CompetitorResearch struct {
	Topic       string       `json:"topic"`
	MatchedBy   string       `json:"matched_by"`
	Documents   store.Figure `json:"documents"`
	Sample      Sample       `json:"sample"`
	Since       time.Time    `json:"since"`
	Until       time.Time    `json:"until"`
	Competitors []Competitor `json:"competitors"`
	// TrendingTopics are the keyphrases of the matching documents whose share of the archive grows.
	TrendingTopics []string `json:"trending_topics"`
	// OwnDocuments are those of the sample that are one's own; OwnPages what was read of one's own sites besides.
	OwnDocuments store.Figure `json:"own_documents"`
	OwnPages     []OwnPage    `json:"own_pages"`
	// ContentGaps is null where nothing of one's own was named, or could be read, to compare with.
	ContentGaps    []Gap      `json:"content_gaps"`
	Recommendation *Statement `json:"recommendation"`
}

// Competition finds who writes about a subject: at most count competitors and as many gaps. own are one's own sites, pages what
// was read of those.
func Competition(a Archive, own []string, pages []OwnPage, count int) CompetitorResearch {
	r := CompetitorResearch{
		Topic: a.Keyword, MatchedBy: a.MatchedBy, Documents: a.documents(), Sample: a.sample(), Since: a.Since, Until: a.Until,
		Competitors: a.competitors(own, count), TrendingTopics: a.trending(count), OwnDocuments: store.Unknown("documents"), OwnPages: pages,
	}
	if len(own) > 0 {
		terms, documents := a.ownTerms(own)
		r.OwnDocuments = store.Derived(float64(documents), "documents", a.from(), a.Until)
		if documents > 0 || slices.ContainsFunc(pages, OwnPage.read) {
			r.ContentGaps = a.gaps(own, terms, pages, count)
		}
	}
	r.Recommendation = r.recommend()
	return r
}

// trending are the keyphrases whose share of the archive grows, those of most documents first.
func (a Archive) trending(count int) []string {
	list := []string{}
	for _, t := range a.byUse() {
		if d := a.trend(t.documents).Direction; d != nil && *d == "up" && !a.isSubject(t.Text) && len(list) < count {
			list = append(list, t.Text)
		}
	}
	return list
}

func (r CompetitorResearch) recommend() *Statement {
	switch {
	case len(r.ContentGaps) > 0:
		gap := r.ContentGaps[0]
		return &Statement{fmt.Sprintf("Write about “%s”: %d publishers do in %.0f documents, and nothing of yours that was read does.",
			gap.Subject, len(gap.Competitors), *gap.Documents.Value()), store.MethodDerived}
	case len(r.TrendingTopics) > 0:
		return &Statement{fmt.Sprintf("Write about “%s”: its share of the archive grows.", r.TrendingTopics[0]), store.MethodDerived}
	}
	return nil
}

// PublisherOf is the registrable domain of an address; of a redirector's, the origin that is named.
func PublisherOf(d store.ArchiveDocument) string {
	if hidden, _ := d.SourceMetadata["link_is_redirect"].(bool); hidden {
		return ""
	}
	u, err := url.Parse(d.URL)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	return store.Site(u.Hostname())
}

// competitors are the publishers of the matching documents without one's own, who publishes most first, at most count. Links
// whose publisher a redirector hides, suggestions and trends make nobody a competitor.
func (a Archive) competitors(own []string, count int) []Competitor {
	by := map[string][]store.ArchiveDocument{}
	total := 0
	for _, d := range a.Matching {
		if site := PublisherOf(d); site != "" {
			by[site] = append(by[site], d)
			total++
		}
	}
	list := []Competitor{}
	for site, documents := range by {
		if slices.Contains(own, site) {
			continue
		}
		list = append(list, a.competitor(site, documents, total))
	}
	slices.SortFunc(list, func(x, y Competitor) int {
		return cmp.Or(cmp.Compare(*y.Documents.Value(), *x.Documents.Value()), cmp.Compare(x.Name, y.Name))
	})
	return list[:min(count, len(list))]
}

func (a Archive) competitor(site string, documents []store.ArchiveDocument, total int) Competitor {
	from := a.from()
	c := Competitor{
		Name: site, Website: "https://" + site + "/", DocumentIDs: []uuid.UUID{},
		ShareOfVoice: store.Derived(float64(len(documents))/float64(total), "share", from, a.Until),
		Documents:    store.Derived(float64(len(documents)), "documents", from, a.Until),
		ContentStrategy: ContentStrategy{
			Topics: a.topicsOf(documents), PostingFrequency: store.Unknown("documents a week"), MedianWords: store.Unknown("words"),
			DaysSinceLast: store.Unknown("days"), ContentTypes: typesOf(documents), Strengths: []Statement{}, Weaknesses: []Statement{},
		},
	}
	var words []int
	var times []time.Time
	for _, d := range documents {
		if len(c.DocumentIDs) < maxEvidence {
			c.DocumentIDs = append(c.DocumentIDs, d.ID)
		}
		if d.WordCount != nil && *d.WordCount > 0 {
			words = append(words, *d.WordCount)
		}
		if d.PublishedAt != nil {
			times = append(times, *d.PublishedAt)
		}
	}
	s := &c.ContentStrategy
	if len(words) > 0 {
		sort.Ints(words)
		s.MedianWords = store.Derived((float64(words[(len(words)-1)/2])+float64(words[len(words)/2]))/2, "words", from, a.Until)
	}
	slices.SortFunc(times, time.Time.Compare)
	if n := len(times); n > 0 {
		s.DaysSinceLast = store.Derived(math.Floor(max(a.Until.Sub(times[n-1]).Hours()/24, 0)), "days", from, a.Until)
		// The time between the first and the last, which two documents at least have.
		if span := times[n-1].Sub(times[0]); n > 1 && span >= 24*time.Hour {
			s.PostingFrequency = store.Derived(float64(n-1)/(span.Hours()/24/7), "documents a week", from+"; (n − 1) / time from the first to the last", a.Until)
		}
	}
	s.judge(c.ShareOfVoice)
	return c
}

// judge tells strengths and weaknesses by rules over figures that are known.
func (s *ContentStrategy) judge(share store.Figure) {
	if v := share.Value(); v != nil && *v >= 0.3 {
		s.Strengths = append(s.Strengths, Statement{"It publishes three of ten documents about the subject, or more.", store.MethodDerived})
	}
	if v := s.MedianWords.Value(); v != nil && *v >= 1500 {
		s.Strengths = append(s.Strengths, Statement{"It writes at length: 1,500 words or more in the middle.", store.MethodDerived})
	} else if v != nil && *v < 500 {
		s.Weaknesses = append(s.Weaknesses, Statement{"It writes short texts: fewer than 500 words in the middle.", store.MethodDerived})
	}
	if v := s.DaysSinceLast.Value(); v != nil && *v > 90 {
		s.Weaknesses = append(s.Weaknesses, Statement{"It has written nothing about the subject for three months.", store.MethodDerived})
	}
}

// topicsOf are the keyphrases that most of some documents have.
func (a Archive) topicsOf(documents []store.ArchiveDocument) []string {
	of := a
	of.Matching = documents
	list := []string{}
	for _, t := range of.byUse() {
		if len(list) < 5 {
			list = append(list, t.Text)
		}
	}
	return list
}

// A usedTerm is a term with the matching documents that have it.
type usedTerm struct {
	store.TermUse
	documents []store.ArchiveDocument
}

// byUse are the terms of the matching documents, those that most have first.
func (a Archive) byUse() []usedTerm {
	with := map[int64][]store.ArchiveDocument{}
	for _, d := range a.Matching {
		for _, term := range d.Terms {
			with[term] = append(with[term], d)
		}
	}
	var list []usedTerm
	for _, t := range a.Terms {
		if len(with[t.ID]) > 0 {
			list = append(list, usedTerm{t, with[t.ID]})
		}
	}
	slices.SortFunc(list, func(x, y usedTerm) int {
		return cmp.Or(cmp.Compare(len(y.documents), len(x.documents)), cmp.Compare(x.Text, y.Text))
	})
	return list
}

// isSubject is whether a phrase is the subject itself in one of its forms.
func (a Archive) isSubject(phrase string) bool {
	return slices.Equal(a.SimilarStems(phrase), a.SimilarStems(a.Keyword))
}

// kindWords are words of titles that tell what sort of text it is.
var kindWords = map[string][]string{
	"guide": {"guide", "how to", "tutorial", "anleitung", "ratgeber", "so geht"}, "review": {"review", "test:", "im test", "vergleich"},
	"interview": {"interview"}, "podcast": {"podcast"}, "video": {"video"}, "study": {"study", "studie", "survey", "umfrage"},
}

func typesOf(documents []store.ArchiveDocument) []string {
	list := []string{}
	for kind, words := range kindWords {
		if slices.ContainsFunc(documents, func(d store.ArchiveDocument) bool {
			return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(d.Title), w) })
		}) {
			list = append(list, kind)
		}
	}
	slices.Sort(list)
	return list
}
