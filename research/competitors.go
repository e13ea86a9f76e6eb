package research

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/store"
)

// A Competitor is a publisher that writes about a subject, or a site that was named by whoever asked.
type Competitor struct {
	Name    string `json:"name"`
	Website string `json:"website"`
	// Named: it is here because it was asked for.
	Named bool `json:"named"`
	// Title is that of the site as it was read, Feeds what was found there; Fault why it could not be read.
	Title *string  `json:"title"`
	Feeds []string `json:"feeds"`
	Fault *string  `json:"fault"`

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
	Competitors []Competitor `json:"competitors"`
	// ContentGaps is null where nothing of one's own was named to compare with.
	ContentGaps    []Gap        `json:"content_gaps"`
	OwnPages       []OwnPage    `json:"own_pages"`
	TrendingTopics []string     `json:"trending_topics"`
	Recommendation *Statement   `json:"recommendation"`
	Since          time.Time    `json:"since"`
	Until          time.Time    `json:"until"`
	OwnDocuments   store.Figure `json:"own_documents"`
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

// Competitors are the publishers of the matching documents without one's own, who publishes most first, at most count. Links
// whose publisher a redirector hides, suggestions and trends make nobody a competitor.
func Competitors(a Archive, own []string, count int) []Competitor {
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

// Named is a competitor that was asked for and of whom the archive has nothing.
func (a Archive) Named(site string) Competitor { return a.competitor(site, nil, 0) }

func (a Archive) competitor(site string, documents []store.ArchiveDocument, total int) Competitor {
	const from = "content-creator: the archive's documents about the subject"
	c := Competitor{
		Name: site, Website: "https://" + site + "/", Feeds: []string{}, DocumentIDs: []uuid.UUID{}, ShareOfVoice: store.Unknown("share"),
		Documents: store.Derived(float64(len(documents)), "documents", from, a.Until),
		ContentStrategy: ContentStrategy{
			Topics: a.topicsOf(documents), PostingFrequency: store.Unknown("documents a week"), MedianWords: store.Unknown("words"),
			DaysSinceLast: store.Unknown("days"), ContentTypes: typesOf(documents), Strengths: []Statement{}, Weaknesses: []Statement{},
		},
	}
	if total > 0 {
		c.ShareOfVoice = store.Derived(float64(len(documents))/float64(total), "share", from, a.Until)
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
	count := map[string]int{}
	for _, t := range a.Terms {
		for _, d := range documents {
			if slices.Contains(d.Terms, t.ID) {
				count[t.Text]++
			}
		}
	}
	list := make([]string, 0, len(count))
	for text := range count {
		list = append(list, text)
	}
	slices.SortFunc(list, func(x, y string) int { return cmp.Or(cmp.Compare(count[y], count[x]), cmp.Compare(x, y)) })
	return list[:min(5, len(list))]
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
