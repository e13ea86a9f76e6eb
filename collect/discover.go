package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/content-creator/content-creator-api/store"
)

// Bounds of looking for the feeds of one site.
const (
	// MaxRequests is how many addresses are asked, redirects aside.
	MaxRequests = 25
	// SiteTimeout is how long all of them may take together.
	SiteTimeout = 30 * time.Second
	// maxDeclared and maxAnchors are how many feeds of a page are tried, by where it names them.
	maxDeclared, maxAnchors = 12, 5
)

// How a site's feeds were looked for, as Discovery.Outcome.
const (
	OutcomeFound = "found"
	// OutcomeNothing: all there is to try was tried, and none is a feed.
	OutcomeNothing = "nothing_found"
	// OutcomeFailed: nothing was found, but not everything could be asked.
	OutcomeFailed = "failed"
)

// A Discovery is what came of looking for the feeds of one site. Its JSON form is the API's.
type Discovery struct {
	// URL is the address as it was given.
	URL     string          `json:"url"`
	Outcome string          `json:"outcome"`
	Error   *DiscoveryError `json:"error"`
	// Title is that of the page.
	Title *string `json:"title"`
	// Feeds are the best first, feeds of comments last.
	Feeds []FoundFeed `json:"feeds"`
	// Tried are the addresses that were asked, and those that should have been, in their order.
	Tried []Attempt `json:"tried"`
}

// A DiscoveryError is why looking failed: one of the codes of Error, and a sentence.
type DiscoveryError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// An Attempt is one address and what it was: feed, duplicate, page, not_a_feed, failed or not_tried.
type Attempt struct {
	URL     string `json:"url"`
	FoundBy string `json:"found_by"`
	Outcome string `json:"outcome"`
	Message string `json:"message"`
}

// A FoundFeed is a source that can be collected. What is nil is unknown; of a subreddit, which is not asked,
// everything is.
type FoundFeed struct {
	URL string `json:"url"`
	// AlsoAt are other addresses with the same entries.
	AlsoAt []string `json:"also_at"`
	// FoundBy is page, link, anchor, path, platform, youtube, github or reddit.
	FoundBy     string  `json:"found_by"`
	Title       *string `json:"title"`
	Description *string `json:"description"`
	// Format is rss, atom or json.
	Format        *string    `json:"format"`
	Language      *string    `json:"language"`
	EntriesCount  *int       `json:"entries_count"`
	NewestEntryAt *time.Time `json:"newest_entry_at"`
	// AverageIntervalMinutes is the mean time between two entries.
	AverageIntervalMinutes *int `json:"average_interval_minutes"`
	// Comments is set where the entries are readers' comments.
	Comments   bool        `json:"comments"`
	Score      *float64    `json:"score"`
	ScoreParts *ScoreParts `json:"score_parts"`
	// Collection is what to add to follow it.
	Collection Suggestion `json:"collection"`
	// CollectionIDs are the collections that follow it already; the caller fills them.
	CollectionIDs []uuid.UUID `json:"collection_ids"`

	// signature is the same for feeds with the same newest entries, rank says which of them to keep.
	signature string
	rank      int
}

// A Suggestion is a collection without domain and market.
type Suggestion struct {
	Name   string              `json:"name"`
	Type   string              `json:"type"`
	URL    *string             `json:"url,omitempty"`
	Config *store.SourceConfig `json:"config,omitempty"`
}

// ScoreParts are the parts of a feed's score; their sum is from 0.4 to 1.
type ScoreParts struct {
	// Readable is 0.4: what cannot be read is no feed.
	Readable float64 `json:"readable"`
	// Volume is 0.3·min(n/50, 1) of n entries.
	Volume float64 `json:"volume"`
	// Freshness is 0.2·max(0, 1 − a/30) where the newest entry is a days old; 0 where no entry has a date.
	Freshness float64 `json:"freshness"`
	// Described is 0.1 with a title and a description, 0.05 with one of them.
	Described float64 `json:"described"`
}

// score is how much a feed promises.
func score(b Batch, newest *time.Time, now time.Time) (float64, ScoreParts) {
	p := ScoreParts{Readable: 0.4, Volume: 0.3 * min(float64(b.Entries)/50, 1)}
	if newest != nil {
		age := now.Sub(*newest).Hours() / 24
		p.Freshness = 0.2 * min(max(0, 1-age/30), 1)
	}
	for _, text := range []string{b.FeedTitle, b.FeedDescription} {
		if text != "" {
			p.Described += 0.05
		}
	}
	p.Volume, p.Freshness = rounded(p.Volume), rounded(p.Freshness)
	return rounded(p.Readable + p.Volume + p.Freshness + p.Described), p
}

// rounded has four decimals.
func rounded(f float64) float64 { return math.Round(f*1e4) / 1e4 }

// A Discoverer finds the feeds of sites. It is safe for concurrent use.
type Discoverer struct {
	reader rssCollector
	// youTube and gitHub are where these two are asked.
	youTube, gitHub *url.URL
	// timeout is SiteTimeout, but for tests.
	timeout time.Duration
}

// NewDiscoverer makes a Discoverer. The addresses are where YouTube and GitHub are, or what stands in for
// them; one that cannot be read finds nothing there.
func NewDiscoverer(f *Fetcher, now func() time.Time, youTube, gitHub string) *Discoverer {
	d := &Discoverer{reader: rssCollector{fetcher: f, now: now}, youTube: &url.URL{}, gitHub: &url.URL{}, timeout: SiteTimeout}
	if u, err := parseURL(youTube); err == nil {
		d.youTube = u
	}
	if u, err := parseURL(gitHub); err == nil {
		d.gitHub = u
	}
	return d
}

// DiscoverOptions say how much to look for.
type DiscoverOptions struct {
	// Limit is how many feeds of a site are answered.
	Limit int
	// Exhaustive also tries the well-known paths of sites that declare their feeds.
	Exhaustive bool
}

// Discover looks for the feeds of one site: it asks whether the address is a feed itself, then what its
// platform is known for, what its page and the site's front page declare, and last the paths at which feeds
// usually are. It asks one address after the other, and ends early where the site wants to be left alone.
func (d *Discoverer) Discover(ctx context.Context, address string, options DiscoverOptions) Discovery {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	s := &search{
		Discoverer: d, ctx: ctx, options: options, asked: map[string]bool{},
		found: Discovery{URL: address, Feeds: []FoundFeed{}, Tried: []Attempt{}},
	}
	at, guessed, err := typedAddress(address)
	if err != nil {
		s.fault = &Error{Code: CodeInvalidURL, Message: "The address is not one: " + err.Error() + "."}
		return s.finish()
	}
	switch host := at.Hostname(); {
	case isHost(host, "reddit.com") && subredditOf(at) != "":
		s.reddit(at)
	case d.isYouTube(at):
		s.onYouTube(at)
	case d.isGitHub(at):
		s.onGitHub(at)
	default:
		s.site(at, guessed)
	}
	return s.finish()
}

// A search is one call of Discover.
type search struct {
	*Discoverer
	ctx     context.Context //nolint:containedctx // it lives as long as one call
	options DiscoverOptions
	found   Discovery
	asked   map[string]bool
	// fault is the first failure that leaves open whether there is a feed.
	fault *Error
	// stopped is why nothing more is asked; "" goes on.
	stopped string
}

// A candidate is an address that may be a feed.
type candidate struct {
	url, by string
	// title is what the page calls it.
	title string
}

// finish sorts what was found and says how the search went.
func (s *search) finish() Discovery {
	feeds := withoutDoubles(s.found.Feeds)
	slices.SortStableFunc(feeds, func(a, b FoundFeed) int {
		return cmp.Or(compareBool(a.Comments, b.Comments), cmp.Compare(orZero(b.Score), orZero(a.Score)))
	})
	s.found.Feeds = feeds[:min(len(feeds), s.options.Limit)]
	switch {
	case len(feeds) > 0:
		s.found.Outcome = OutcomeFound
	case s.fault != nil:
		s.found.Outcome = OutcomeFailed
		s.found.Error = &DiscoveryError{Code: s.fault.Code, Message: s.fault.Message}
	default:
		s.found.Outcome = OutcomeNothing
	}
	return s.found
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func orZero(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}

// site looks at an address of which nothing is known. A guessed scheme was not in the address.
func (s *search) site(at *url.URL, guessed bool) {
	page, feed := s.page(at)
	if page == nil && !feed && guessed && at.Scheme == "https" && s.fault != nil && slices.Contains(
		[]string{CodeConnectFailed, CodeTLSFailed, CodeProtocolError}, s.fault.Code) {
		plain := *at
		plain.Scheme = "http"
		s.fault, s.stopped = nil, ""
		at = &plain
		page, feed = s.page(at)
	}
	if feed {
		return
	}
	if page != nil {
		at = page.at
		s.declared(page)
	}
	s.try(platformFeeds(at))
	if !s.hasFeed() && (at.Path != "" && at.Path != "/") {
		front := *at
		front.Path, front.RawPath, front.RawQuery = "/", "", ""
		var root *webPage
		if root, feed = s.page(&front); root != nil {
			s.declared(root)
		}
		if feed {
			return
		}
	}
	if page != nil && !s.hasFeed() {
		s.try(page.anchors)
	}
	if !s.hasFeed() || s.options.Exhaustive {
		s.wellKnown(at)
	}
}

// declared tries what a page declares to be its feeds.
func (s *search) declared(page *webPage) {
	s.found.Title = cmp.Or(s.found.Title, known(page.title))
	s.try(page.links)
}

// wellKnown tries the paths at which feeds usually are, those below the page's own first.
func (s *search) wellKnown(at *url.URL) {
	paths := wellKnownPaths
	if section := strings.TrimSuffix(at.Path, "/"); section != "" && strings.Count(section, "/") <= 2 {
		paths = append([]string{section + "/feed/", section + "/rss.xml", section + "/index.xml"}, paths...)
	}
	for _, path := range paths {
		s.try([]candidate{{url: at.Scheme + "://" + at.Host + path, by: "path"}})
		if s.hasFeed() && !s.options.Exhaustive {
			return
		}
	}
}

// wellKnownPaths are those of the original (COL-FD-05), then those of other readers.
var wellKnownPaths = []string{
	"/feed/", "/rss/", "/rss.xml", "/feed.xml", "/atom.xml", "/feeds/posts/default", "/rss/index.xml", "/index.xml",
	"/blog/feed/", "/blog/rss/", "/news/feed/", "/news/rss/", "/feed.json", "/index.rss", "/feed.atom", "/blog/rss.xml",
	"/blog/index.xml", "/blogs/news.atom",
}

// hasFeed is whether there is a feed of more than comments.
func (s *search) hasFeed() bool {
	return slices.ContainsFunc(s.found.Feeds, func(f FoundFeed) bool { return !f.Comments })
}

// try asks candidates one by one.
func (s *search) try(candidates []candidate) {
	for _, c := range candidates {
		if at, err := parseURL(c.url); err == nil {
			s.ask(at, c)
		}
	}
}

// page asks an address that may be a page or a feed.
func (s *search) page(at *url.URL) (page *webPage, feed bool) {
	return s.ask(at, candidate{url: at.String(), by: "page"})
}

// ask asks an address once, notes what it is and keeps it if it is a feed.
func (s *search) ask(at *url.URL, c candidate) (page *webPage, feed bool) {
	at.Path, at.Fragment, at.RawFragment = cmp.Or(at.Path, "/"), "", ""
	if s.asked[at.String()] {
		return nil, false
	}
	s.asked[at.String()] = true
	note := func(outcome, message string) {
		s.found.Tried = append(s.found.Tried, Attempt{URL: at.String(), FoundBy: c.by, Outcome: outcome, Message: message})
	}
	switch {
	case s.stopped != "":
	case s.ctx.Err() != nil:
		s.stop(&Error{Code: CodeTimeout, Message: "Not everything could be asked: the time for this site is up."})
	case len(s.asked) > MaxRequests:
		s.stop(&Error{Code: CodeTimeout, Message: fmt.Sprintf("Not everything could be asked: %d addresses are enough for one site.", MaxRequests)})
	}
	if s.stopped != "" {
		note("not_tried", s.stopped)
		return nil, false
	}
	resp, err := s.reader.fetcher.Get(s.ctx, Request{URL: at.String(), Accept: siteAccept})
	if err != nil {
		s.failed(err, c, note)
		return nil, false
	}
	var b Batch
	err = s.reader.read(s.ctx, Source{Type: store.TypeRSS}, dialect{source: store.TypeRSS}, resp, &b)
	if err == nil {
		b.MovedTo = resp.MovedTo
		note("feed", feedMessage(b))
		s.found.Feeds = append(s.found.Feeds, s.describe(at, resp, b, c))
		return nil, true
	}
	var fault *Error
	if c.by == "page" && errors.As(err, &fault) && fault.Code == CodeNotAFeed {
		page := readPage(resp)
		message := fault.Message
		if len(page.links) > 0 {
			message = fmt.Sprintf("%s is a web page that declares feeds: %d.", shown(resp.URL), len(page.links))
		}
		note("page", message)
		return page, false
	}
	s.failed(err, c, note)
	return nil, false
}

// siteAccept asks for pages, and for feeds where a site tells them apart.
const siteAccept = "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"

func feedMessage(b Batch) string {
	return fmt.Sprintf("A feed (%s) with %d entries.", b.FeedFormat, b.Entries)
}

// failed notes a failure, and what it means for the rest.
func (s *search) failed(err error, c candidate, note func(outcome, message string)) {
	var fault *Error
	if !errors.As(err, &fault) {
		fault = &Error{Code: CodeProtocolError, Message: err.Error()}
	}
	switch fault.Code {
	case CodeNotAFeed, CodeUnsupportedType, CodeMalformedFeed:
		note("not_a_feed", fault.Message)
		return
	case CodeRateLimited, CodeHostBusy, CodeDNSFailed, CodeConnectFailed, CodeTLSFailed, CodeAddressRefused, CodeTimeout, CodeCanceled:
		// Asking on would be rude or in vain. A feed that is declared may be on another host.
		if c.by != "link" && c.by != "anchor" {
			s.stopped = "Not tried: an earlier request to the site failed."
		}
	}
	note("failed", fault.Message)
	missing := fault.Status == http.StatusNotFound || fault.Status == http.StatusGone
	guess := c.by == "path" || c.by == "platform"
	refused := fault.Status >= 400 && fault.Status < 500 && fault.Code == CodeHTTPStatus
	if c.by == "page" || !missing && (!guess || !refused) {
		s.blame(fault)
	}
}

func (s *search) stop(fault *Error) {
	s.stopped = fault.Message
	s.blame(fault)
}

// blame keeps the first fault.
func (s *search) blame(fault *Error) {
	if s.fault == nil {
		s.fault = fault
	}
}

// sitesAtOnce is how many sites are looked at at the same time.
const sitesAtOnce = 4

// DiscoverAll looks for the feeds of several sites, in their order. Addresses of one site are looked at one
// after the other. It calls done after each, never twice at a time.
func (d *Discoverer) DiscoverAll(ctx context.Context, addresses []string, options DiscoverOptions, done func()) []Discovery {
	var (
		all    = make([]Discovery, len(addresses))
		bySite = map[string][]int{}
		group  errgroup.Group
		mu     sync.Mutex
	)
	for i, address := range addresses {
		name := address
		if at, _, err := typedAddress(address); err == nil {
			name = store.Site(at.Hostname())
		}
		bySite[name] = append(bySite[name], i)
	}
	group.SetLimit(sitesAtOnce)
	for _, same := range bySite {
		group.Go(func() error {
			for _, i := range same {
				all[i] = d.Discover(ctx, addresses[i], options)
				mu.Lock()
				done()
				mu.Unlock()
			}
			return nil
		})
	}
	_ = group.Wait()
	return all
}
