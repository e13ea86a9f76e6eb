// Package collect brings documents in from outside: one polite fetcher and the collectors above it.
//
// A collector takes a Source, asks the outside world once and returns a Batch or an *Error. It
// knows no database, keeps nothing between calls and is safe for concurrent use.
package collect

import (
	"context"
	"time"

	"github.com/content-creator/content-creator-api/store"
)

// A Source says what to collect and what the last collection learnt.
type Source struct {
	// Type names the collector, as a key of All.
	Type string
	// URL is the address of a feed, Config what any other type asks for.
	URL    string
	Config store.SourceConfig
	// Language overrides what the source says of its language; "" believes the source.
	Language string
	// ETag and LastModified are those of the last Batch; "" asks for everything.
	ETag, LastModified string
	// BodyHash is that of the last Batch; empty believes nothing to be known.
	BodyHash []byte
}

// A Batch is what one collection of a source brought.
type Batch struct {
	// Documents stand in the source's order, no two with one canonical URL. ID, CollectionID,
	// Domain and Market are left zero: the caller fills them.
	Documents []store.Document
	// Skipped are the entries that could not become documents; the first MaxSkipped of them.
	Skipped []Skipped
	// Entries counts what the source listed, good or bad; SkippedCount those that are no
	// document, Duplicates those whose canonical URL an earlier one has.
	Entries, SkippedCount, Duplicates int
	// Unread counts the skipped entries that are a fault: all but those that the source itself has
	// withdrawn. FirstUnread is the first of them.
	Unread      int
	FirstUnread Skipped
	// Empty tells a valid source without a single entry from one that answered NotModified.
	Empty bool
	// Fault is a sentence on what is broken about the source as a whole although entries of it
	// could be read: it ends early, its head is damaged. "" if nothing is.
	Fault string
	// Cut is set where the source listed more than MaxEntries; the rest was left.
	Cut bool

	// NotModified is set where the server answered 304, or once more with the very body that the Source knows: nothing
	// else is new.
	NotModified bool
	// ETag and LastModified go into the next Source, byte for byte. Save them in the transaction
	// that saves the documents, or those are lost.
	ETag, LastModified string
	// BodyHash goes into the next Source likewise: many servers send no validators, or obey none. It is nil where not all
	// of the body could be read: it is to be read, and its faults told, again.
	BodyHash []byte

	// Status is the HTTP status of the last answer, Bytes what its body weighed on the wire.
	Status int
	Bytes  int64
	// FinalURL is where the answer came from; MovedTo the address that every permanent redirect
	// before the first temporary one led to, "" if there was none.
	FinalURL, MovedTo string
	// Downgraded is set where a redirect led from https to http.
	Downgraded bool

	// FeedTitle and FeedLanguage are what the source says of itself; "" and "und" if nothing.
	FeedTitle, FeedLanguage string
	// Pace is how often the source wants to be asked. After NotModified it holds no more than Fresh.
	Pace store.Pace
	// FeedFormat is rss, atom or json, FeedDescription plain text, FeedSelf the address at which the feed says
	// that it lives; "" where unknown.
	FeedFormat, FeedDescription, FeedSelf string
}

// A Skipped entry could not become a document.
type Skipped struct {
	// Position counts from 1 in the source's order.
	Position int
	// Title is the entry's title where it is known.
	Title string
	// Reason is a sentence for a person.
	Reason string
}

// Bounds of one collection.
const (
	// MaxEntries is how many entries of one source are read.
	MaxEntries = 2000
	// MaxSkipped is how many skipped entries a Batch lists.
	MaxSkipped = 100
)

// A Collector reads one kind of source.
type Collector interface {
	// Collect asks the source once. Its error is always an *Error.
	Collect(ctx context.Context, s Source) (Batch, error)
}

// Services say where outside services are and what they know us by. Addresses are http or https, with or
// without a path; a proxy, a twin or a test may stand in. An empty key switches off what needs it.
type Services struct {
	// RedditURL is the public site with its feeds, RedditOAuthURL what an application key opens,
	// RedditTokenURL where that key is exchanged.
	RedditURL, RedditOAuthURL, RedditTokenURL string
	RedditClientID, RedditClientSecret        string
	// RedditUserAgent is how Reddit knows us; "" is the fetcher's name.
	RedditUserAgent                           string
	TrendsURL, AutocompleteURL                string
	GoogleNewsURL, BingNewsURL, TheNewsAPIURL string
	TheNewsAPIKey                             string
}

// All is every collector by the type of source it reads.
func All(f *Fetcher, services Services, now func() time.Time) map[string]Collector {
	feeds := rssCollector{fetcher: f, now: now}
	return map[string]Collector{
		store.TypeRSS:          feeds,
		store.TypeReddit:       newRedditCollector(f, services, now),
		store.TypeTrends:       trendsCollector{feeds: feeds, base: services.TrendsURL},
		store.TypeAutocomplete: autocompleteCollector{fetcher: f, base: services.AutocompleteURL, now: now},
		store.TypeNews:         newsCollector{feeds: feeds, services: services},
	}
}
