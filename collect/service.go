package collect

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	ext "github.com/mmcdole/gofeed/extensions"
)

// Bounds of a collection that takes many requests.
const (
	maxRequests = 60
	// maxSpree is how long new requests are begun; the last one may still take its own time.
	maxSpree = 45 * time.Second
	// maxMisses is how many requests may fail in a row before the rest is not asked any more.
	maxMisses = 3
)

// A spree bounds the requests that make up one collection.
type spree struct {
	now   func() time.Time
	left  int
	until time.Time
}

func newSpree(now func() time.Time) *spree {
	return &spree{now: now, left: maxRequests, until: now().Add(maxSpree)}
}

// next is whether one more request may be made.
func (s *spree) next() bool {
	if s.left == 0 || !s.now().Before(s.until) {
		return false
	}
	s.left--
	return true
}

// endpoint is an address below a service's own.
func endpoint(base, path string, query url.Values) string {
	address := strings.TrimRight(base, "/") + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// decodeJSON reads the JSON of a service's answer.
func decodeJSON(resp *Response, into any) error {
	err := json.Unmarshal([]byte(ToUTF8(resp.Body, resp.Header.Get("Content-Type"))), into)
	if err == nil {
		return nil
	}
	what := "what its interface does not know"
	if media := resp.Header.Get("Content-Type"); strings.Contains(media, "html") {
		what = "a web page"
	}
	return &Error{Code: CodeBadAnswer, Status: resp.Status, Message: shown(resp.URL) + " answered with " + what + ".", Err: err}
}

// asFault tells the fault of one request of many from one that ends all: our own, or that nobody
// waits any more.
func asFault(ctx context.Context, err error) (of *Error, own error) {
	if !errors.As(err, &of) || ctx.Err() != nil {
		return nil, err
	}
	return of, nil
}

// stops is whether a fault leaves no sense in the next request: the service wants rest, or never
// answers us.
func stops(e *Error) bool {
	return e.Code == CodeRateLimited || e.Code == CodeHostBusy || e.Code == CodeUnauthorized
}

// captcha is the fault of Google's answer to what it takes for a robot, nil for any other answer.
func captcha(resp *Response, now time.Time) *Error {
	blocked := strings.Contains(resp.URL.Path, "/sorry/") || strings.HasPrefix(resp.URL.Host, "consent.")
	if !blocked && resp.Status == http.StatusOK {
		return nil
	}
	e := statusError(resp.URL, resp.Status, resp.Header, now)
	if blocked {
		e.Code, e.Message = CodeRateLimited, resp.URL.Host+" takes us for a robot and asks for rest."
	}
	return e
}

// told is the text of the first element of that name, whatever its prefix.
func told(extensions ext.Extensions, prefix, name string) string {
	for key, value := range extensions[prefix] {
		if strings.EqualFold(key, name) && len(value) > 0 {
			return value[0].Value
		}
	}
	return ""
}
