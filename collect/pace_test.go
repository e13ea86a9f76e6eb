package collect

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

func TestFreshness(t *testing.T) {
	t.Parallel()
	now := clock()
	in := func(d time.Duration) string { return now.Add(d).UTC().Format(http.TimeFormat) }
	for name, tc := range map[string]struct {
		header http.Header
		want   store.Rest
	}{
		"nothing":                 {http.Header{}, store.Rest{}},
		"max-age":                 {http.Header{"Cache-Control": {"public, max-age=600"}}, store.Rest{Seconds: 600, Words: "max-age 600"}},
		"quoted, in odd case":     {http.Header{"Cache-Control": {`private, Max-Age="60"`}}, store.Rest{Seconds: 60, Words: "max-age 60"}},
		"of which a part is over": {http.Header{"Cache-Control": {"max-age=600"}, "Age": {"200"}}, store.Rest{Seconds: 400, Words: "max-age 600"}},
		"over":                    {http.Header{"Cache-Control": {"max-age=600"}, "Age": {"9000"}}, store.Rest{}},
		"a year is a day":         {http.Header{"Cache-Control": {"max-age=99999999999"}}, store.Rest{Seconds: 86400, Words: "max-age 99999999999"}},
		"no number":               {http.Header{"Cache-Control": {"max-age=x"}}, store.Rest{}},
		"negative":                {http.Header{"Cache-Control": {"max-age=-1"}}, store.Rest{}},
		"for shared caches":       {http.Header{"Cache-Control": {"s-maxage=60"}}, store.Rest{}},
		"not to be kept":          {http.Header{"Cache-Control": {"no-cache, max-age=600"}}, store.Rest{}},
		"Expires": {
			http.Header{"Expires": {in(2 * time.Hour)}},
			store.Rest{Seconds: 7200, Words: "Expires " + now.Add(2*time.Hour).UTC().Format(time.RFC3339)},
		},
		"Expires by the server's own clock": {
			http.Header{"Expires": {in(-10 * time.Hour)}, "Date": {in(-11 * time.Hour)}},
			store.Rest{Seconds: 3600, Words: "Expires " + now.Add(-10*time.Hour).UTC().Format(time.RFC3339)},
		},
		"Expired":             {http.Header{"Expires": {in(-time.Hour)}}, store.Rest{}},
		"Expires: 0":          {http.Header{"Expires": {"0"}}, store.Rest{}},
		"max-age before that": {http.Header{"Cache-Control": {"max-age=0"}, "Expires": {in(time.Hour)}}, store.Rest{}},
	} {
		assert.Equal(t, tc.want, freshness(tc.header, now), name)
	}
}

func TestPaceOfAFeed(t *testing.T) {
	t.Parallel()
	const entry = `<item><link>/a</link></item>`
	all := ""
	for _, day := range []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"} {
		all += "<day>" + day + "</day>"
	}
	for name, tc := range map[string]struct {
		head string
		want store.Pace
	}{
		"nothing":           {"", store.Pace{}},
		"ttl":               {"<ttl> 60 </ttl>", store.Pace{Wish: store.Rest{Seconds: 3600, Words: "ttl 60"}}},
		"ttl of no number":  {"<ttl>x</ttl>", store.Pace{}},
		"ttl below zero":    {"<ttl>-5</ttl>", store.Pace{}},
		"ttl of a year":     {"<ttl>525600</ttl>", store.Pace{Wish: store.Rest{Seconds: 86400, Words: "ttl 525600"}}},
		"hours and days":    {"<skipHours><hour>24</hour><hour>3</hour><hour>3</hour><hour>x</hour><hour>25</hour></skipHours><skipDays><day>sunday</day><day>Someday</day></skipDays>", store.Pace{SkipHours: []int{0, 3}, SkipDays: []time.Weekday{time.Sunday}}},
		"never":             {"<skipDays>" + all + "</skipDays>", store.Pace{}},
		"syndication":       {"<sy:updatePeriod> Hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", store.Pace{Wish: store.Rest{Seconds: 1800, Words: "sy:updatePeriod hourly, 2 times"}}},
		"syndication alone": {"<sy:updatePeriod>daily</sy:updatePeriod>", store.Pace{Wish: store.Rest{Seconds: 86400, Words: "sy:updatePeriod daily"}}},
		"the longer of two": {"<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", store.Pace{Wish: store.Rest{Seconds: 3600, Words: "sy:updatePeriod hourly"}}},
		"a period unheard of": {
			"<sy:updatePeriod>fortnightly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", store.Pace{},
		},
	} {
		body := `<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>` + tc.head + entry + `</channel></rss>`
		assert.Equal(t, tc.want, mustCollect(t, "text/xml", body).Pace, name)
	}
	hours := ""
	for _, hour := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23"} {
		hours += "<hour>" + hour + "</hour>"
	}
	assert.Empty(t, mustCollect(t, "text/xml", feed("<skipHours>"+hours+"</skipHours>"+entry)).Pace.SkipHours, "a feed that wants no visits at all")

	atom := `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><title>T</title><sy:updatePeriod>weekly</sy:updatePeriod><entry><title>A</title><link href="https://example.org/a"/></entry></feed>`
	assert.Equal(t, store.Rest{Seconds: 86400, Words: "sy:updatePeriod weekly"}, mustCollect(t, "application/atom+xml", atom).Pace.Wish)
}

func TestPublishing(t *testing.T) {
	t.Parallel()
	now := clock()
	ago := func(hours ...int) []store.Document {
		documents := []store.Document{{}}
		for _, h := range hours {
			at := now.Add(-time.Duration(h) * time.Hour)
			documents = append(documents, store.Document{PublishedAt: &at})
		}
		return documents
	}
	gap, newest := publishing(ago(), now)
	assert.Zero(t, gap)
	assert.Nil(t, newest)

	gap, newest = publishing(ago(7, -3), now)
	assert.Zero(t, gap, "one entry has no gap, and what is to come does not count")
	require.NotNil(t, newest)
	assert.Equal(t, now.Add(-7*time.Hour), *newest)

	gap, newest = publishing(ago(9, 1, 5), now)
	assert.Equal(t, 4*3600, gap)
	assert.Equal(t, now.Add(-time.Hour), *newest)

	gap, _ = publishing(ago(1, 3, 24*365), now)
	assert.Equal(t, 2*3600, gap, "what is a year old says nothing of today")

	var many []int
	for h := range 40 {
		many = append(many, h*h)
	}
	gap, _ = publishing(ago(many...), now)
	assert.Equal(t, 19*19*3600/19, gap, "the newest twenty")
}
