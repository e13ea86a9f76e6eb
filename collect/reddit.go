package collect

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
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
		return errors.New("it has been removed")
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

// api asks Reddit's API once, and once more with a new token where it refuses the old.
func (c redditCollector) api(ctx context.Context, path string, query url.Values, subreddit string) (*Response, error) {
	query.Set("raw_json", "1") // else < and & come escaped once more
	r := Request{
		URL: endpoint(c.services.RedditOAuthURL, path, query), Accept: "application/json",
		UserAgent: c.services.RedditUserAgent, AnyStatus: true,
	}
	for again := false; ; again = true {
		token, err := c.token.get(ctx)
		if err != nil {
			return nil, err
		}
		r.Authorization = "Bearer " + token
		resp, err := c.feeds.fetcher.Get(ctx, r)
		if err != nil {
			return nil, err
		}
		if resp.Status == http.StatusUnauthorized && !again {
			c.token.forget(token)
			continue
		}
		if e := redditRefusal(resp, subreddit, c.now()); e != nil {
			return nil, e
		}
		return resp, nil
	}
}

// redditRefusal is why Reddit does not show a subreddit; nil if it does.
func redditRefusal(resp *Response, subreddit string, now time.Time) *Error {
	// What does not exist is looked for instead.
	if strings.Contains(resp.URL.Path, "/subreddits/search") {
		return &Error{Code: CodeNotFound, Status: http.StatusNotFound, Message: "There is no r/" + subreddit + " on Reddit."}
	}
	if resp.Status == http.StatusOK {
		return nil
	}
	var told struct {
		Reason string `json:"reason"`
	}
	_ = json.Unmarshal(resp.Body, &told) // feeds answer with pages; what is no JSON has no reason
	e := statusError(resp.URL, resp.Status, resp.Header, now)
	say := func(code, what string) { e.Code, e.Message = code, "r/"+subreddit+" "+what+"." }
	switch {
	case e.Code == CodeRateLimited:
	case resp.Status == http.StatusUnauthorized:
		e.Code, e.Message = CodeUnauthorized, "Reddit refuses the token that it gave for REDDIT_CLIENT_ID."
	case told.Reason == "private":
		say(CodeForbidden, "is private")
	case told.Reason == "quarantined":
		say(CodeForbidden, "is quarantined; Reddit shows it only to those who ask for it by hand")
	case told.Reason == "gold_only":
		say(CodeForbidden, "is only for those who pay Reddit")
	case told.Reason == "banned":
		say(CodeNotFound, "has been banned by Reddit")
	case resp.Status == http.StatusNotFound:
		say(CodeNotFound, "does not exist, or has been banned by Reddit")
	case resp.Status == http.StatusForbidden:
		say(CodeForbidden, "is private, or Reddit refuses us (403 Forbidden)")
	}
	return e
}

// restFor notes that the source wants to be left alone; zero says nothing.
func (b *Batch) restFor(rest time.Duration) {
	if seconds := int(math.Ceil(rest.Seconds())); seconds > b.Pace.Fresh.Seconds {
		b.Pace.Fresh = store.Rest{Seconds: seconds, Words: fmt.Sprintf("x-ratelimit-reset %d", seconds)}
	}
}

// redditRest is how long Reddit wants no more requests; zero while some are left.
func redditRest(h http.Header) time.Duration {
	left, err := strconv.ParseFloat(h.Get("X-Ratelimit-Remaining"), 64)
	if err != nil || left >= 1 {
		return 0
	}
	return resetAfter(h)
}

// A redditToken is what an application key is exchanged for. It is kept while it is good and shared
// by every collection at once.
type redditToken struct {
	fetcher  *Fetcher
	services Services
	now      func() time.Time
	// mine holds the one place of whoever reads or changes what follows.
	mine    chan struct{}
	value   string
	expires time.Time
}

func newRedditToken(f *Fetcher, services Services, now func() time.Time) *redditToken {
	return &redditToken{fetcher: f, services: services, now: now, mine: make(chan struct{}, 1)}
}

// get answers a token that is good for now.
func (t *redditToken) get(ctx context.Context) (string, error) {
	select {
	case t.mine <- struct{}{}:
		defer func() { <-t.mine }()
	case <-ctx.Done():
		return "", &Error{Code: CodeCanceled, Message: "Reddit was not asked: the work was cancelled.", Err: ctx.Err()}
	}
	if t.value != "" && t.now().Before(t.expires) {
		return t.value, nil
	}
	return t.renew(ctx)
}

// forget drops a token that Reddit refused, unless there is a newer one already.
func (t *redditToken) forget(refused string) {
	t.mine <- struct{}{}
	defer func() { <-t.mine }()
	if t.value == refused {
		t.value = ""
	}
}

// tokenMargin is how long before its end a token is renewed.
const tokenMargin = time.Minute

func (t *redditToken) renew(ctx context.Context) (string, error) {
	key := base64.StdEncoding.EncodeToString([]byte(t.services.RedditClientID + ":" + t.services.RedditClientSecret))
	resp, err := t.fetcher.Get(ctx, Request{
		URL: t.services.RedditTokenURL, Form: url.Values{"grant_type": {"client_credentials"}}, Authorization: "Basic " + key,
		Accept: "application/json", UserAgent: t.services.RedditUserAgent, AnyStatus: true,
	})
	if err != nil {
		return "", err
	}
	switch resp.Status {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return "", &Error{Code: CodeUnauthorized, Status: resp.Status, Message: "Reddit refuses REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET."}
	default:
		return "", statusError(resp.URL, resp.Status, resp.Header, t.now())
	}
	var answer struct {
		Token   string  `json:"access_token"`
		Seconds float64 `json:"expires_in"`
		Error   any     `json:"error"`
	}
	if err := decodeJSON(resp, &answer); err != nil {
		return "", err
	}
	if answer.Token == "" {
		return "", &Error{Code: CodeUnauthorized, Status: resp.Status, Message: "Reddit gives no token for REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET."}
	}
	t.value = answer.Token
	t.expires = t.now().Add(time.Duration(min(answer.Seconds, (24*time.Hour).Seconds())*float64(time.Second)) - tokenMargin)
	return t.value, nil
}
