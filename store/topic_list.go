package store

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A TopicSummary is what lists show of a topic. Its JSON form is the API's.
type TopicSummary struct {
	ID              uuid.UUID `json:"id"`
	Title           string    `json:"title"`
	Status          string    `json:"status"`
	Priority        int       `json:"priority"`
	Domain          string    `json:"domain"`
	Market          string    `json:"market"`
	Language        string    `json:"language"`
	Source          string    `json:"source"`
	DiscoveredAt    time.Time `json:"discovered_at"`
	UpdatedAt       time.Time `json:"updated_at"`
	Score           *float64  `json:"score"`
	ScoreProfile    *string   `json:"score_profile"`
	EngagementScore *int      `json:"engagement_score"`
	TrendingScore   *float64  `json:"trending_score"`
	ContentScore    *float64  `json:"content_score"`
	WordCount       *int      `json:"word_count"`
}

// A TopicFilter selects topics; what is zero selects all. Its JSON form is the API's.
type TopicFilter struct {
	Domain   string `json:"domain,omitempty"`
	Market   string `json:"market,omitempty"`
	Language string `json:"language,omitempty"`
	Source   string `json:"source,omitempty"`
	// Status selects topics in any of these states.
	Status []string `json:"status,omitempty"`
	// MinPriority is the least priority, from 1 to 10.
	MinPriority int `json:"min_priority,omitempty"`
	// DiscoveredAfter is inclusive, DiscoveredBefore exclusive.
	DiscoveredAfter  *time.Time `json:"discovered_after,omitempty"`
	DiscoveredBefore *time.Time `json:"discovered_before,omitempty"`
	// Search is a web search over title, description and report.
	Search string `json:"search,omitempty"`
}

var topicListing = listing{
	resource: "topic",
	table:    "topics",
	facets:   "topic_facets",
	columns: `t.id, t.title, t.status, t.priority, t.domain, t.market, t.language, t.source, t.discovered_at, t.updated_at,
		t.score, t.score_profile, t.engagement_score, t.trending_score, t.content_score, t.word_count`,
	walked:  "t.id, t.facet, t.priority, t.discovered_at, t.updated_at, t.title_order, t.score_order",
	spanned: map[string]string{"-updated_at": "discovered_at"},
	orders: []order{
		{name: "-discovered_at", desc: true, keys: []sortKey{{"discovered_at", keyTime}, {"id", keyID}}},
		{name: "discovered_at", keys: []sortKey{{"discovered_at", keyTime}, {"id", keyID}}},
		{name: "-priority", desc: true, keys: []sortKey{{"priority", keyInt}, {"discovered_at", keyTime}, {"id", keyID}}},
		{name: "-score", desc: true, keys: []sortKey{{"score_order", keyFloat}, {"discovered_at", keyTime}, {"id", keyID}}},
		{name: "-updated_at", desc: true, keys: []sortKey{{"updated_at", keyTime}, {"id", keyID}}},
		{name: "title", keys: []sortKey{{"title_order", keyText}, {"id", keyID}}},
	},
	words:   "(t.search_vector || topic_tags(t.domain, t.market, t.language, t.source, t.status, t.priority, t.discovered_at, t.updated_at, t.title_order, t.score_order, t.seq))",
	indexed: "true",
	recent:  "discovered_at",
	kinds:   map[string]string{"discovered_at": "a", "updated_at": "u", "priority": "p", "score_order": "c", "title_order": "i"},
}

// Topics lists topics, the newest first unless told otherwise; with a search, the best among the
// newest matches first.
func (s *Store) Topics(ctx context.Context, f TopicFilter, p Page) (List[TopicSummary], error) {
	terms := strings.TrimSpace(f.Search)
	orders := topicListing.orders
	if terms != "" {
		orders = withRelevance(&topicListing)
	}
	checked, err := p.checked("topic", orders, f)
	if err != nil {
		return List[TopicSummary]{}, err
	}
	if terms == "" {
		return inSnapshot(ctx, s, func(ctx context.Context) (List[TopicSummary], error) {
			return page[TopicSummary](ctx, s.planned(ctx), s.listing(topicListing), f.selection(), checked, s.totalCap)
		})
	}
	q, err := parseSearch("topic", "search", terms)
	if err != nil {
		return List[TopicSummary]{}, err
	}
	return inSnapshot(ctx, s, func(ctx context.Context) (List[TopicSummary], error) {
		found, err := search[TopicSummary](ctx, s.planned(ctx), s.listing(topicListing), f.selection(), checked, q)
		return found.List, err
	})
}

func (f TopicFilter) selection() *selection {
	s := newSelection()
	s.is("domain", "d", f.Domain)
	s.is("market", "m", marketCode(f.Market))
	s.is("language", "l", languageTag(f.Language))
	s.is("source", "s", f.Source)
	s.is("status", "t", f.Status...)
	s.atLeast("priority", "p", f.MinPriority)
	s.within("discovered_at", f.DiscoveredAfter, f.DiscoveredBefore)
	return s
}
