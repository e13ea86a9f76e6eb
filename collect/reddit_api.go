package collect

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/store"
)

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
