package content

import (
	"time"

	"github.com/content-creator/content-creator-api/store"
)

// An Opportunity is what its score is computed from; nil and "" are unknown.
type Opportunity struct {
	// Difficulty is from 0 to 100; Volume how many searches there are a month.
	Difficulty, Volume *float64
	// Gaps is how many subjects competitors cover that one does not oneself.
	Gaps *int
	// Intent is informational, commercial, transactional or navigational.
	Intent string
	// Trend is up, steady or down.
	Trend string
}

// OpportunityScore is OPP-1 and OPP-2: how much a keyword promises. Parts that are unknown share their weight out among the
// others.
func OpportunityScore(o Opportunity, now time.Time) store.Score {
	return scoreOf("opportunity", []part{o.seo(), o.gap(), o.intent(), o.trend()}, now)
}

// VolumeValue is OPP-1's share of searches a month.
func VolumeValue(volume float64) float64 {
	for _, step := range []struct{ from, value float64 }{{1e6, 1}, {1e5, 0.9}, {1e4, 0.75}, {1e3, 0.5}, {100, 0.25}, {10, 0.1}} {
		if volume >= step.from {
			return step.value
		}
	}
	return 0
}

func (o Opportunity) seo() part {
	p := part{name: "seo", weight: 0.30, inputs: map[string]any{"difficulty": o.Difficulty, "search_volume": o.Volume}}
	if o.Difficulty == nil {
		p.note = "the difficulty is unknown: it takes an analysis of the search results"
		return p
	}
	// The original's 0.3 of an unknown volume would be a guess; the ease alone is known.
	value, note := (100-*o.Difficulty)/100, "(100 − difficulty)/100; the search volume is unknown and left out"
	if o.Volume != nil {
		value, note = value*VolumeValue(*o.Volume), "(100 − difficulty)/100 · share of the search volume"
	}
	p.value, p.note = new(min(max(value, 0), 1)), note
	return p
}

// GapValue is OPP-2 of a number of gaps.
func GapValue(gaps int) float64 {
	switch {
	case gaps <= 0:
		return 0
	case gaps <= 2:
		return 0.4
	case gaps <= 4:
		return 0.7
	}
	return 1
}

func (o Opportunity) gap() part {
	p := part{name: "gap", weight: 0.25, inputs: map[string]any{"gaps": o.Gaps}}
	if o.Gaps == nil {
		p.note = "the content gaps are unknown: it takes a comparison with competitors"
		return p
	}
	p.value, p.note = new(GapValue(*o.Gaps)), "none 0, one or two 0.4, three or four 0.7, more 1"
	return p
}

func (o Opportunity) intent() part {
	p := part{name: "intent", weight: 0.25, inputs: map[string]any{"intent": orNil(o.Intent)}, note: "who buys 1, who wants to know 0.6, who looks for a site 0.3"}
	values := map[string]float64{"transactional": 1, "commercial": 1, "informational": 0.6, "navigational": 0.3}
	if value, known := values[o.Intent]; known {
		p.value = &value
	} else {
		p.note = "the intent is unknown"
	}
	return p
}

func (o Opportunity) trend() part {
	p := part{name: "trend", weight: 0.20, inputs: map[string]any{"trend": orNil(o.Trend)}, note: "up 1, steady 0.5, down 0"}
	values := map[string]float64{"up": 1, "steady": 0.5, "down": 0}
	if value, known := values[o.Trend]; known {
		p.value = &value
	} else {
		p.note = "the trend is unknown"
	}
	return p
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
