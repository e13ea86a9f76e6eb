package store

import (
	"fmt"
	"strings"
	"time"
)

// A Pace is how often a source asks to be visited, and how often it really publishes.
type Pace struct {
	// Fresh is how long the server calls its last answer fresh: Cache-Control's max-age, else Expires.
	Fresh Rest `json:"fresh,omitzero"`
	// Wish is what the feed itself asks for: ttl or sy:updatePeriod.
	Wish Rest `json:"wish,omitzero"`
	// SkipHours (0 to 23, UTC) and SkipDays are when the feed wants no visits.
	SkipHours []int          `json:"skip_hours,omitempty"`
	SkipDays  []time.Weekday `json:"skip_days,omitempty"`
	// Gap is the average time, in seconds, between the newest entries; zero if there are too few dates.
	Gap int `json:"gap,omitempty"`
	// Newest is the date of the newest entry; nil if none has one.
	Newest *time.Time `json:"newest,omitempty"`
}

// A Rest is a time for which a source wants to be left alone; zero if it says nothing.
type Rest struct {
	Seconds int `json:"seconds,omitempty"`
	// Words are the source's own: "max-age 21600".
	Words string `json:"words,omitempty"`
}

// Duration is the rest as a duration.
func (r Rest) Duration() time.Duration { return time.Duration(r.Seconds) * time.Second }

// Spell writes a duration in its two largest units: "6 h 12 min".
func Spell(d time.Duration) string {
	units := []struct {
		name   string
		length time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}
	var parts []string
	for _, unit := range units {
		if n := d / unit.length; n > 0 && len(parts) < 2 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit.name))
			d %= unit.length
		} else if len(parts) == 1 {
			break
		}
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}
