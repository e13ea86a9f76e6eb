package research

import (
	"time"

	"github.com/content-creator/content-creator-api/store"
)

// A Trend tells how the archive's share of a subject has changed.
type Trend struct {
	Growth    store.Figure `json:"growth"`
	Direction *string      `json:"direction"`
	// Documents are those of the window, DocumentsBefore of the baseline before it.
	Documents       int `json:"documents"`
	DocumentsBefore int `json:"documents_before"`
}

// leastForTrend is how many documents a window and its baseline need together for a trend to be told.
const leastForTrend = 5

// TrendOf compares the share of a subject in a window with that in the baseline before it: up from half as much again,
// down from a third less. Too few documents tell no trend.
func TrendOf(now, before, allNow, allBefore int, at time.Time) Trend {
	t := Trend{Growth: store.Unknown("share"), Documents: now, DocumentsBefore: before}
	if now+before < leastForTrend || allNow == 0 || allBefore == 0 {
		return t
	}
	expected := float64(before) * float64(allNow) / float64(allBefore)
	direction := "steady"
	if before > 0 {
		growth := float64(now)/expected - 1
		t.Growth = store.Derived(growth, "share", "content-creator: share of the archive's documents in the window / in the baseline − 1", at)
	}
	switch {
	case float64(now) >= 1.5*expected:
		direction = "up"
	case float64(now) <= expected*2/3:
		direction = "down"
	}
	t.Direction = &direction
	return t
}
