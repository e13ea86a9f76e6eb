package collect

import (
	"cmp"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/store"
)

// describe says what is to know of a feed.
func (s *search) describe(at *url.URL, resp *Response, b Batch, c candidate) FoundFeed {
	address := at.String()
	if resp.MovedTo != "" {
		address = resp.MovedTo
	}
	f := FoundFeed{
		URL: address, AlsoAt: []string{}, FoundBy: c.by, Title: known(oneLine(b.FeedTitle)), Description: known(b.FeedDescription),
		Format: &b.FeedFormat, EntriesCount: &b.Entries, CollectionIDs: []uuid.UUID{},
		Comments: isComments(address, b.FeedTitle, c.title), signature: signature(b),
	}
	f.NewestEntryAt, f.AverageIntervalMinutes = pace(b.Documents)
	if language := languageOfFeed(b); language != undetermined {
		f.Language = &language
	}
	total, parts := score(b, f.NewestEntryAt, s.reader.now())
	f.Score, f.ScoreParts = &total, &parts
	name, _ := truncate(cmp.Or(oneLine(b.FeedTitle), c.title, at.Hostname()), 200)
	f.Collection = Suggestion{Name: name, Type: store.TypeRSS, URL: &f.URL}
	f.rank = rank(f, b)
	return f
}

// rank says which of several addresses of one feed to keep, the lowest.
func rank(f FoundFeed, b Batch) int {
	rank := 0
	if !slices.Contains([]string{"page", "link", "youtube", "github"}, f.FoundBy) {
		rank += 4
	}
	if b.FeedSelf != f.URL {
		rank += 2
	}
	if !strings.HasPrefix(f.URL, "https://") {
		rank++
	}
	return rank
}

// languageOfFeed is what the feed says, else what most of its entries are written in.
func languageOfFeed(b Batch) string {
	if b.FeedLanguage != undetermined {
		return b.FeedLanguage
	}
	counts, most := map[string]int{}, undetermined
	for _, d := range b.Documents {
		counts[d.Language]++
		if counts[d.Language] > counts[most] {
			most = d.Language
		}
	}
	return most
}

// pace is when the newest entry was published, and the mean time between two entries in minutes.
func pace(documents []store.Document) (newest *time.Time, interval *int) {
	var dates []time.Time
	for _, d := range documents {
		if d.PublishedAt != nil {
			dates = append(dates, *d.PublishedAt)
		}
	}
	if len(dates) == 0 {
		return nil, nil
	}
	slices.SortFunc(dates, time.Time.Compare)
	newest = &dates[len(dates)-1]
	if span := newest.Sub(dates[0]); span > 0 {
		interval = new(int(math.Round(span.Minutes() / float64(len(dates)-1))))
	}
	return newest, interval
}

// signature is what the newest entries of a feed are; "" where it has none.
func signature(b Batch) string {
	var newest []string
	for _, d := range b.Documents[:min(len(b.Documents), 5)] {
		newest = append(newest, d.CanonicalURL)
	}
	return strings.Join(newest, "\n")
}

// withoutDoubles keeps the best address of each feed, in the order in which they were found.
func withoutDoubles(feeds []FoundFeed) []FoundFeed {
	kept := []FoundFeed{}
	for _, f := range feeds {
		i := slices.IndexFunc(kept, func(k FoundFeed) bool { return sameFeed(k, f) })
		if i < 0 {
			kept = append(kept, f)
			continue
		}
		better, other := kept[i], f
		if f.rank < better.rank {
			better, other = f, better
		}
		for _, address := range append([]string{other.URL}, other.AlsoAt...) {
			if address != better.URL && !slices.Contains(better.AlsoAt, address) {
				better.AlsoAt = append(better.AlsoAt, address)
			}
		}
		kept[i] = better
	}
	return kept
}

// sameFeed is whether two addresses bring the same: they are one but for how they are written, or their newest
// entries are.
func sameFeed(a, b FoundFeed) bool {
	if a.Comments != b.Comments {
		return false
	}
	return sameAddress(a.URL, b.URL) || a.signature != "" && a.signature == b.signature
}

func sameAddress(a, b string) bool {
	first, errA := Canonical(a)
	second, errB := Canonical(b)
	return errA == nil && errB == nil && strings.TrimSuffix(first, "/") == strings.TrimSuffix(second, "/")
}

var commentsTitle = regexp.MustCompile(`(?i)^(comments on|kommentare (zu|für)|commentaires sur|comentarios en|commenti (a|su))\b|(comments?|kommentar-?|commentaires?|comentarios?|commenti)[ -]?(feed|rss|flux)?$`)

// isComments is whether a feed's address or one of its names says that it holds comments.
func isComments(address string, titles ...string) bool {
	if strings.Contains(address, "/comments/") || strings.Contains(address, "comments.xml") || strings.Contains(address, "/comments.rss") {
		return true
	}
	return slices.ContainsFunc(titles, func(title string) bool { return commentsTitle.MatchString(strings.TrimSpace(title)) })
}
