package collect

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"

	"github.com/content-creator/content-creator-api/store"
)

// maxRest is the longest that a source's own wish for rest counts.
const maxRest = 24 * time.Hour

// rest is a wish for rest, bounded.
func rest(d time.Duration, words string) store.Rest {
	d = min(d, maxRest)
	if d < time.Second {
		return store.Rest{}
	}
	return store.Rest{Seconds: int(d / time.Second), Words: words}
}

// freshness is how long a server calls its answer fresh: max-age, else Expires, by RFC 9111, 5.2 and 5.3.
// A server that forbids keeping the answer says nothing of how often it may be asked.
func freshness(h http.Header, now time.Time) store.Rest {
	for part := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch strings.ToLower(name) {
		case "no-cache", "no-store":
			return store.Rest{}
		case "max-age":
			seconds, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 64)
			if err != nil || seconds < 0 {
				return store.Rest{}
			}
			age, _ := strconv.ParseInt(strings.TrimSpace(h.Get("Age")), 10, 64)
			left := min(seconds, int64(maxRest/time.Second)) - min(max(age, 0), seconds)
			return rest(time.Duration(left)*time.Second, fmt.Sprintf("max-age %d", seconds))
		}
	}
	expires, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return store.Rest{}
	}
	// The server's own clock, where it tells it: only the difference counts.
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return rest(expires.Sub(now), "Expires "+expires.UTC().Format(time.RFC3339))
}

// rssPace is what an RSS feed says of its own pace.
func rssPace(f *rss.Feed) store.Pace {
	p := store.Pace{Wish: syndicationRest(f.Extensions)}
	if minutes, err := strconv.Atoi(strings.TrimSpace(f.TTL)); err == nil && minutes > 0 {
		ttl := rest(time.Duration(min(minutes, int(maxRest/time.Minute)))*time.Minute, fmt.Sprintf("ttl %d", minutes))
		if ttl.Seconds > p.Wish.Seconds {
			p.Wish = ttl
		}
	}
	for _, text := range f.SkipHours {
		// 24 is midnight in the oldest specification.
		if hour, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && hour >= 0 && hour <= 24 {
			p.SkipHours = append(p.SkipHours, hour%24)
		}
	}
	for _, text := range f.SkipDays {
		for day := time.Sunday; day <= time.Saturday; day++ {
			if strings.EqualFold(strings.TrimSpace(text), day.String()) {
				p.SkipDays = append(p.SkipDays, day)
			}
		}
	}
	p.SkipHours, p.SkipDays = distinct(p.SkipHours), distinct(p.SkipDays)
	// A feed that never wants a visit does not mean it.
	if len(p.SkipHours) == 24 {
		p.SkipHours = nil
	}
	if len(p.SkipDays) == 7 {
		p.SkipDays = nil
	}
	return p
}

func distinct[T cmp.Ordered](values []T) []T {
	slices.Sort(values)
	return slices.Compact(values)
}

// syndicationPeriods are the lengths of sy:updatePeriod, RSS 1.0's syndication module.
var syndicationPeriods = map[string]time.Duration{
	"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour,
	"monthly": 30 * 24 * time.Hour, "yearly": 365 * 24 * time.Hour,
}

// syndicationRest is sy:updatePeriod over sy:updateFrequency.
func syndicationRest(extensions ext.Extensions) store.Rest {
	text := func(name string) string {
		if found := extensions["sy"][name]; len(found) > 0 {
			return strings.ToLower(strings.TrimSpace(found[0].Value))
		}
		return ""
	}
	period := text("updatePeriod")
	length, known := syndicationPeriods[period]
	if !known {
		return store.Rest{}
	}
	times, err := strconv.Atoi(text("updateFrequency"))
	if err != nil || times < 1 {
		times = 1
	}
	words := "sy:updatePeriod " + period
	if times > 1 {
		words = fmt.Sprintf("%s, %d times", words, times)
	}
	return rest(length/time.Duration(times), words)
}

// Bounds of what an average gap is made of.
const (
	maxGapEntries = 20
	maxGapSpan    = 60 * 24 * time.Hour
)

// publishing tells from the dates of entries how often a source publishes: the average gap between
// its newest entries, 20 at most and of 60 days at most.
func publishing(documents []store.Document, now time.Time) (gap int, newest *time.Time) {
	var dates []time.Time
	for _, d := range documents {
		if d.PublishedAt != nil && !d.PublishedAt.After(now) {
			dates = append(dates, *d.PublishedAt)
		}
	}
	if len(dates) == 0 {
		return 0, nil
	}
	slices.SortFunc(dates, func(a, b time.Time) int { return b.Compare(a) })
	dates = dates[:min(len(dates), maxGapEntries)]
	last := 0
	for last+1 < len(dates) && dates[0].Sub(dates[last+1]) <= maxGapSpan {
		last++
	}
	if last > 0 {
		gap = int(dates[0].Sub(dates[last])/time.Second) / last
	}
	return gap, &dates[0]
}
