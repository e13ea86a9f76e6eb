package collect

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// What is kept of robots.txt files, as RFC 9309 says.
const (
	// robotsLife is for how long one is believed.
	robotsLife = 24 * time.Hour
	// robotsPause is for how long one that could not be had is not asked for again.
	robotsPause = 10 * time.Minute
	// maxRobots is how much of one is read.
	maxRobots = 512 << 10
	// maxRobotsKept is how many are kept; those not needed for longest go first.
	maxRobotsKept = 2000
)

// robots are the robots.txt files of the sites that pages were wanted from.
type robots struct {
	fetcher *Fetcher
	agent   string
	now     func() time.Time
	flights singleflight.Group

	mu    sync.Mutex
	known map[string]*list.Element
	// recent holds *robotsFile, the one used last first.
	recent *list.List
}

// A robotsFile is what one origin says to us; fault is why it could not be had.
type robotsFile struct {
	origin string
	rules  []robotsRule
	fault  *Error
	until  time.Time
}

// A robotsRule lets us or does not let us read the paths that its pattern matches.
type robotsRule struct {
	pattern string
	allow   bool
}

func newRobots(f *Fetcher, now func() time.Time) *robots {
	return &robots{fetcher: f, agent: productToken(strings.TrimSpace(f.config.UserAgent)), now: now, known: map[string]*list.Element{}, recent: list.New()}
}

// allow is nil where the robots.txt of a page's site lets us read it.
func (r *robots) allow(ctx context.Context, at *url.URL) error {
	file, err := r.file(ctx, at)
	if err != nil {
		return err
	}
	if file.fault != nil {
		return file.fault
	}
	path := at.EscapedPath()
	if at.RawQuery != "" {
		path += "?" + at.RawQuery
	}
	if !allowed(file.rules, cmp.Or(path, "/")) {
		return &Error{Code: CodeRobotsDisallowed, Message: fmt.Sprintf("%s is not fetched: the robots.txt of %s asks us not to.", shown(at), at.Host)}
	}
	return nil
}

// file is the robots.txt of a page's origin, kept or fetched. Those who want one at the same time share it.
func (r *robots) file(ctx context.Context, at *url.URL) (*robotsFile, error) {
	origin := at.Scheme + "://" + at.Host
	if file := r.kept(origin); file != nil {
		return file, nil
	}
	result := r.flights.DoChan(origin, func() (any, error) {
		// Whoever gives up must not take it from the others; the fetcher has a deadline of its own.
		file, err := r.fetch(context.WithoutCancel(ctx), origin)
		if err != nil {
			return nil, err
		}
		r.keep(file)
		return file, nil
	})
	select {
	case one := <-result:
		if one.Err != nil {
			return nil, one.Err
		}
		return one.Val.(*robotsFile), nil
	case <-ctx.Done():
		return nil, failure(ctx, at, ctx.Err())
	}
}

// fetch asks an origin. What it says there is nothing of forbids nothing (4xx); what it cannot say now
// forbids everything for now.
// Its error says that nobody was asked.
func (r *robots) fetch(ctx context.Context, origin string) (*robotsFile, error) {
	file := &robotsFile{origin: origin, until: r.now().Add(robotsLife)}
	resp, err := r.fetcher.Get(ctx, Request{URL: origin + "/robots.txt", Accept: "text/plain, */*;q=0.5"})
	var fault *Error
	switch {
	case err != nil && (!errors.As(err, &fault) || fault.Code == CodeHostBusy):
		return nil, err
	case errors.As(err, &fault) && fault.Status >= 400 && fault.Status < 500 && fault.Status != http.StatusTooManyRequests:
	case errors.As(err, &fault) && fault.Code == CodeAddressRefused:
		file.fault = fault // nor is anything else fetched from there
	case errors.As(err, &fault):
		file.until = r.now().Add(max(robotsPause, fault.RetryAfter))
		file.fault = &Error{
			Code: CodeRobotsUnknown, Status: fault.Status, RetryAfter: fault.RetryAfter, Err: fault,
			Message: "It is not known whether " + origin + " may be read: " + fault.Message,
		}
	default:
		file.rules = parseRobots(resp.Body, r.agent)
	}
	return file, nil
}

// parseRobots reads the rules for an agent, as RFC 9309 says: those of all groups that name it, else those for
// everybody. Lines that are none are passed over, so that a web page in the place of the file forbids nothing.
//
// It is our own since temoto/robotstxt joins the group of an empty "Disallow:" with the next one, and finds
// patterns with a * anywhere in a path.
func parseRobots(body []byte, agent string) []robotsRule {
	text := strings.ToValidUTF8(string(body[:min(len(body), maxRobots)]), "")
	var (
		ours, everybody []robotsRule
		named, isOurs   bool // whether a group names us; whether the current one does
		forAll, inRules bool
	)
	for line := range strings.FieldsFuncSeq(strings.TrimPrefix(text, "\uFEFF"), func(r rune) bool { return r == '\n' || r == '\r' }) {
		line, _, _ = strings.Cut(line, "#")
		name, value, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		value = strings.TrimSpace(value)
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case "user-agent":
			if inRules {
				isOurs, forAll, inRules = false, false, false
			}
			isOurs = isOurs || strings.EqualFold(productToken(value), agent)
			forAll = forAll || value == "*"
			named = named || isOurs
		case "allow", "disallow":
			inRules = true
			if value == "" {
				continue
			}
			rule := robotsRule{pattern: normalEscapes(value, true), allow: name == "allow"}
			if isOurs {
				ours = append(ours, rule)
			}
			if forAll {
				everybody = append(everybody, rule)
			}
		}
	}
	if named {
		return ours
	}
	return everybody
}

// productToken is a user agent without its version.
func productToken(agent string) string {
	for i, r := range agent {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_' {
			return agent[:i]
		}
	}
	return agent
}

// allowed is what the longest pattern says that matches a path; of two as long the one that allows.
func allowed(rules []robotsRule, path string) bool {
	path = normalEscapes(path, true)
	longest, allow := -1, true
	for _, rule := range rules {
		length := len(rule.pattern)
		if length < longest || length == longest && !rule.allow || !matches(rule.pattern, path) {
			continue
		}
		longest, allow = length, rule.allow
	}
	return allow
}

// matches is whether a path begins as a pattern says, in which * is any text and a final $ the end.
func matches(pattern, path string) bool {
	pattern, toEnd := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	rest, found := strings.CutPrefix(path, parts[0])
	if !found {
		return false
	}
	for i, part := range parts[1:] {
		if toEnd && i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return !toEnd || rest == ""
}

// kept is the file of an origin while it is believed; nil if there is none.
func (r *robots) kept(origin string) *robotsFile {
	r.mu.Lock()
	defer r.mu.Unlock()
	element, found := r.known[origin]
	if !found {
		return nil
	}
	file := element.Value.(*robotsFile)
	if !r.now().Before(file.until) {
		return nil
	}
	r.recent.MoveToFront(element)
	return file
}

func (r *robots) keep(file *robotsFile) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, found := r.known[file.origin]; found {
		r.recent.Remove(old)
	}
	r.known[file.origin] = r.recent.PushFront(file)
	if r.recent.Len() > maxRobotsKept {
		last := r.recent.Back()
		r.recent.Remove(last)
		delete(r.known, last.Value.(*robotsFile).origin)
	}
}
