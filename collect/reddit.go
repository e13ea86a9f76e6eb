package collect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/content-creator/content-creator-api/store"
)

// redditHost is where people read Reddit, wherever we are told of it.
const redditHost = "www.reddit.com"

// bestComments is how many comments are kept with a post.
const bestComments = 5

// A redditCollector reads the posts of subreddits: through the API where the settings have an
// application key, else from the public feed, which knows neither points nor comments and says so.
type redditCollector struct {
	feeds    rssCollector
	services Services
	token    *redditToken
	now      func() time.Time
}

func newRedditCollector(f *Fetcher, services Services, now func() time.Time) redditCollector {
	return redditCollector{
		feeds: rssCollector{fetcher: f, now: now}, services: services, now: now,
		token: newRedditToken(f, services, now),
	}
}

// Collect asks for one page of posts, and for the comments of each post where they are wanted.
func (c redditCollector) Collect(ctx context.Context, s Source) (Batch, error) {
	if c.services.RedditClientID == "" || c.services.RedditClientSecret == "" {
		return c.public(ctx, s)
	}
	return c.posts(ctx, s)
}

// query is what the API and the feed are asked for alike.
func (c redditCollector) query(s Source) url.Values {
	query := url.Values{"limit": {strconv.Itoa(s.Config.Limit)}}
	if s.Config.Window != "" {
		query.Set("t", s.Config.Window)
	}
	return query
}

// public reads the public feed.
func (c redditCollector) public(ctx context.Context, s Source) (Batch, error) {
	config := s.Config
	s.URL = endpoint(c.services.RedditURL, "/r/"+config.Subreddit+"/"+config.Sort+"/.rss", c.query(s))
	var rest time.Duration
	b, err := c.feeds.collect(ctx, s, dialect{
		source: store.TypeReddit, name: "r/" + config.Subreddit, limit: config.Limit,
		request: Request{AnyStatus: true, UserAgent: c.services.RedditUserAgent},
		refuse: func(resp *Response) *Error {
			rest = redditRest(resp.Header)
			return redditRefusal(resp, config.Subreddit, c.now())
		},
		amend: amendRedditEntry,
	})
	if err != nil {
		return Batch{}, err
	}
	b.restFor(rest)
	var lost []string
	if config.MinScore > 0 {
		lost = append(lost, "their points are not known, so min_score left none out")
	}
	if config.Comments {
		lost = append(lost, "their comments are not known")
	}
	if len(lost) > 0 && !b.NotModified {
		b.Fault = strings.TrimSpace(b.Fault + " The posts come from Reddit's public feed, as REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET are not set: " +
			strings.Join(lost, ", and ") + ".")
		// Each poll says so.
		b.BodyHash = nil
	}
	return b, nil
}

// amendRedditEntry takes a post out of what the feed wraps around it.
func amendRedditEntry(e *entry) error {
	e.facts = facts{}
	e.facts.text("post_id", strings.TrimPrefix(e.guid, "t3_"))
	if len(e.categories) > 0 {
		name := strings.TrimPrefix(oneLine(e.categories[0]), "r/")
		e.facts.text("subreddit", name)
		e.origin = "r/" + name
	}
	e.categories = nil
	for i, author := range e.authors {
		e.authors[i] = strings.TrimPrefix(author, "/u/")
	}
	text, external := unwrapRedditPost(e.content)
	e.content, e.description = text, ""
	if external != "" && !isRedditPost(external) {
		e.external = external
	}
	return nil
}

// unwrapRedditPost finds the text of a post and the link it is about in the HTML of the feed.
func unwrapRedditPost(source string) (text, link string) {
	nodes, err := html.ParseFragment(strings.NewReader(truncateBytes(source, maxContent)), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		return "", ""
	}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.DataAtom == atom.Div && attr(n, "class") == "md" && text == "":
			var b strings.Builder
			_ = html.Render(&b, n) // a strings.Builder takes everything
			text = b.String()
			return
		case n.DataAtom == atom.A && n.FirstChild != nil && n.FirstChild.Data == "[link]":
			link = attr(n, "href")
		}
		for child := range n.ChildNodes() {
			walk(child)
		}
	}
	for _, n := range nodes {
		walk(n)
	}
	return text, link
}

// isRedditPost is whether an address is that of a post itself, as a post without a link has it.
func isRedditPost(address string) bool {
	u, err := parseURL(address)
	return err == nil && store.Site(u.Hostname()) == "reddit.com" && strings.Contains(u.Path, "/comments/")
}

// A redditThing is any object of Reddit's interface.
type redditThing struct {
	Kind string          `json:"kind"`
	Data json.RawMessage `json:"data"`
}

type redditListing struct {
	Data struct {
		Children []redditThing `json:"children"`
	} `json:"data"`
}

// A redditPost is a t3. Figures are nil where Reddit does not tell them.
type redditPost struct {
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Subreddit    string   `json:"subreddit"`
	Author       string   `json:"author"`
	Permalink    string   `json:"permalink"`
	URL          string   `json:"url"`
	Domain       string   `json:"domain"`
	IsSelf       bool     `json:"is_self"`
	SelfText     string   `json:"selftext"`
	SelfTextHTML string   `json:"selftext_html"`
	CreatedUTC   float64  `json:"created_utc"`
	Edited       any      `json:"edited"` // false, or the time
	Score        *int     `json:"score"`
	HideScore    bool     `json:"hide_score"`
	UpvoteRatio  *float64 `json:"upvote_ratio"`
	NumComments  *int     `json:"num_comments"`
	Flair        string   `json:"link_flair_text"`
	Over18       bool     `json:"over_18"`
	Stickied     bool     `json:"stickied"`
	RemovedBy    string   `json:"removed_by_category"`
	Preview      struct {
		Images []struct {
			Source struct {
				URL string `json:"url"`
			} `json:"source"`
		} `json:"images"`
	} `json:"preview"`
}

type redditComment struct {
	Author   string  `json:"author"`
	Body     string  `json:"body"`
	BodyHTML string  `json:"body_html"`
	Score    *int    `json:"score"`
	Created  float64 `json:"created_utc"`
}

// posts reads one listing through the API.
func (c redditCollector) posts(ctx context.Context, s Source) (Batch, error) {
	config := s.Config
	requests := newSpree(c.now)
	resp, err := c.api(ctx, "/r/"+config.Subreddit+"/"+config.Sort, c.query(s), config.Subreddit)
	if err != nil {
		return Batch{}, err
	}
	requests.left--
	var listing redditListing
	if err := decodeJSON(resp, &listing); err != nil {
		return Batch{}, err
	}
	b := Batch{Status: resp.Status, Bytes: resp.Bytes, FinalURL: shown(resp.URL), FeedLanguage: undetermined}
	r := newReader(s, store.TypeReddit, feedHead{}, &url.URL{Scheme: "https", Host: redditHost, Path: "/"}, c.now())
	talk := &redditTalk{collector: c, requests: requests, wanted: config.Comments, rest: redditRest(resp.Header)}
	children := listing.Data.Children
	b.Cut = len(children) > MaxEntries
	for _, child := range children[:min(len(children), MaxEntries)] {
		b.Entries++
		var p redditPost
		err := readRedditPost(child, &p)
		if err == nil && p.tooLow(config.MinScore) {
			continue
		}
		if err == nil {
			e := p.entry()
			talk.add(ctx, &b, p, &e)
			err = r.add(&b, e)
		}
		if err != nil {
			b.skip(p.Title, err)
		}
	}
	if talk.own != nil {
		return Batch{}, talk.own
	}
	recognise(b.Documents)
	b.Empty = b.Entries == 0
	b.Fault = talk.fault()
	b.Pace.Gap, b.Pace.Newest = publishing(b.Documents, c.now())
	b.restFor(talk.rest)
	if len(b.Documents) == 0 && b.SkippedCount > 0 && b.SkippedCount == b.Entries {
		return Batch{}, &Error{Code: CodeBadAnswer, Status: resp.Status, Message: fmt.Sprintf(
			"%s lists %d posts of which none can be read; the first: %s", shown(resp.URL), b.Entries, b.Skipped[0].Reason)}
	}
	return b, nil
}

func readRedditPost(child redditThing, p *redditPost) error {
	if child.Kind != "t3" {
		return errors.New("it is no post")
	}
	if err := json.Unmarshal(child.Data, p); err != nil {
		return errors.New("it is not written as Reddit writes posts")
	}
	if p.RemovedBy != "" || p.SelfText == "[removed]" || p.SelfText == "[deleted]" {
		return errWithdrawn
	}
	return nil
}

// tooLow is whether a post is known to have too few points.
func (p redditPost) tooLow(least int) bool { return p.Score != nil && *p.Score < least }

func (p redditPost) entry() entry {
	e := entry{title: p.Title, titlePlain: true, origin: "r/" + oneLine(p.Subreddit), facts: facts{"over_18": p.Over18}}
	if p.Permalink != "" {
		e.links = []string{"https://" + redditHost + p.Permalink}
	}
	e.content, e.contentPlain = p.SelfTextHTML, false
	if e.content == "" {
		e.content, e.contentPlain = p.SelfText, true
	}
	if p.Author != "" && p.Author != "[deleted]" {
		e.authors = []string{html.EscapeString(p.Author)}
	}
	e.published, e.publishedRaw = epoch(p.CreatedUTC)
	if edited, ok := p.Edited.(float64); ok {
		e.updated, e.updatedRaw = epoch(edited)
	}
	if !p.IsSelf && p.URL != "" && !isRedditPost(p.URL) {
		e.external = p.URL
		e.facts.text("external_domain", p.Domain)
	}
	if len(p.Preview.Images) > 0 {
		e.image = p.Preview.Images[0].Source.URL
	}
	e.facts.text("post_id", p.ID)
	e.facts.text("subreddit", p.Subreddit)
	e.facts.text("flair", p.Flair)
	e.facts.number("score", p.Score)
	e.facts.number("num_comments", p.NumComments)
	if p.UpvoteRatio != nil {
		e.facts["upvote_ratio"] = *p.UpvoteRatio
	}
	e.facts.flag("stickied", p.Stickied)
	e.facts.flag("score_hidden", p.HideScore)
	return e
}

// epoch is a time in seconds since 1970, in UTC, and how it was written.
func epoch(seconds float64) (*time.Time, string) {
	if seconds <= 0 || seconds > math.MaxInt32*4 || math.IsNaN(seconds) {
		return nil, ""
	}
	whole, part := math.Modf(seconds)
	at := time.Unix(int64(whole), int64(part*1e9)).UTC()
	return &at, strconv.FormatFloat(seconds, 'f', -1, 64)
}

// A redditTalk gets the comments of posts, and remembers what could not be got.
type redditTalk struct {
	collector redditCollector
	requests  *spree
	wanted    bool
	// rest is how long Reddit asks to be left alone.
	rest           time.Duration
	first          *Error
	failed, missed int
	inARow         int
	// over is set where no more is asked, own where that is our own fault.
	over bool
	own  error
}

// add puts the best comments after the text of a post. A post whose comments cannot be got stays.
func (t *redditTalk) add(ctx context.Context, b *Batch, p redditPost, e *entry) {
	if !t.wanted || p.NumComments != nil && *p.NumComments == 0 {
		return
	}
	if t.over || t.rest > 0 || t.inARow == maxMisses || !t.requests.next() {
		t.missed++
		e.facts["comments_missing"] = true
		return
	}
	// One more than wanted: the first may be a moderator's or gone.
	query := url.Values{"sort": {"top"}, "limit": {strconv.Itoa(2 * bestComments)}, "depth": {"1"}}
	resp, err := t.collector.api(ctx, "/r/"+p.Subreddit+"/comments/"+url.PathEscape(p.ID), query, p.Subreddit)
	var page []redditListing
	if err == nil {
		b.Bytes += resp.Bytes
		t.rest = redditRest(resp.Header)
		err = decodeJSON(resp, &page)
	}
	if err != nil {
		fault, own := asFault(ctx, err)
		if own != nil {
			t.own, t.over = own, true
			return
		}
		t.first = cmp.Or(t.first, fault)
		t.over = stops(fault)
		t.rest = max(t.rest, fault.RetryAfter)
		t.failed++
		t.inARow++
		e.facts["comments_missing"] = true
		return
	}
	t.inARow = 0
	if len(page) > 1 {
		e.addComments(page[1])
	}
}

// fault says what comments could not be got; "" if none.
func (t *redditTalk) fault() string {
	var faults []string
	if t.failed > 0 {
		faults = append(faults, fmt.Sprintf("The comments of %d posts could not be read; the first: %s", t.failed, t.first.Message))
	}
	if t.missed > 0 {
		faults = append(faults, fmt.Sprintf("The comments of %d more posts were not asked for, to stay within limits.", t.missed))
	}
	return strings.Join(faults, " ")
}

// addComments keeps the best comments: their words in the text, their points in the metadata, as
// those change by the minute.
func (e *entry) addComments(listing redditListing) {
	var kept []any
	var page strings.Builder
	for _, child := range listing.Data.Children {
		var comment redditComment
		if len(kept) == bestComments {
			break
		}
		if child.Kind != "t1" || json.Unmarshal(child.Data, &comment) != nil || comment.gone() {
			continue
		}
		one := facts{}
		one.text("author", comment.Author)
		one.number("score", comment.Score)
		if at, _ := epoch(comment.Created); at != nil {
			one["created_at"] = at.Format(time.RFC3339)
		}
		kept = append(kept, map[string]any(one))
		body := comment.BodyHTML
		if body == "" {
			body = escapeText(comment.Body)
		}
		page.WriteString("<blockquote><p><strong>" + html.EscapeString(comment.Author) + "</strong></p>" + body + "</blockquote>")
	}
	if len(kept) == 0 {
		return
	}
	e.facts["comments"] = kept
	if e.contentPlain {
		e.content, e.contentPlain = escapeText(e.content), false
	}
	e.content += page.String()
}

// gone is whether nobody can read a comment any more.
func (c redditComment) gone() bool {
	switch strings.TrimSpace(c.Body) {
	case "", "[deleted]", "[removed]":
		return true
	}
	return c.Author == "" || c.Author == "[deleted]"
}
