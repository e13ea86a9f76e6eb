package contentcreator

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/content-creator/content-creator-api/gen/client"
)

// A RequestOption changes one request.
type RequestOption = client.RequestEditorFn

// mostBody is how much of an answer is read.
const mostBody = 256 << 20

// IfMatch does the change only if the resource still has this ETag; ErrChanged otherwise.
func IfMatch(etag string) RequestOption { return header("If-Match", etag) }

// IfNoneMatch answers ErrNotModified if the resource still has this ETag.
func IfNoneMatch(etag string) RequestOption { return header("If-None-Match", etag) }

// IdempotencyKey replaces the key that is made for each POST by one of your own, which a later call may repeat.
func IdempotencyKey(key string) RequestOption { return header("Idempotency-Key", key) }

// PreferWait has the server wait for a job, so many seconds at most; 60 is the most it does.
func PreferWait(d time.Duration) RequestOption {
	return header("Prefer", fmt.Sprintf("wait=%d", int(d.Seconds())))
}

// LastEventID has a stream go on right after an event.
func LastEventID(id string) RequestOption { return header("Last-Event-ID", id) }

type headersOut struct{}

// Headers has the answer's headers written to h: the ETag, Location and limits.
func Headers(h *http.Header) RequestOption {
	return func(ctx context.Context, r *http.Request) error {
		*r = *r.WithContext(context.WithValue(r.Context(), headersOut{}, h))
		return nil
	}
}

func header(name, value string) RequestOption {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set(name, value)
		return nil
	}
}

// keyed gives a POST a key of its own, kept across retries; those that make secrets take none.
func keyed(_ context.Context, r *http.Request) error {
	if r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") == "" && !makesSecret.MatchString(r.URL.Path) {
		r.Header.Set("Idempotency-Key", randomID())
	}
	return nil
}

var makesSecret = regexp.MustCompile(`/(admin/api-keys|admin/sign-in|feed-token|webhooks|webhooks/[^/]+/rotate)$`)

func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Do sends a request as often as its retries allow. What is no success is an Error. The body of a success has been
// read, that of an event stream aside.
func (c *Client) Do(request *http.Request) (*http.Response, error) {
	if err := buffer(request); err != nil {
		return nil, err
	}
	id := request.Header.Get("X-Request-Id")
	if id == "" {
		id = randomID()
		request.Header.Set("X-Request-Id", id)
	}
	request.Header.Set("User-Agent", c.userAgent)
	began, ctx := time.Now(), request.Context()
	for attempt := 1; ; attempt++ {
		response, fault := c.attempt(request, id)
		if fault == nil {
			if out, ok := ctx.Value(headersOut{}).(*http.Header); ok {
				*out = response.Header
			}
			return response, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("content creator: %s %s, request %s: %w", request.Method, request.URL.Path, id, context.Cause(ctx))
		}
		fault.Attempts = attempt
		wait := c.retries.wait(attempt, fault.RetryAfter)
		if attempt >= c.retries.Attempts || !again(request, fault, attempt) || time.Since(began)+wait > c.retries.Within {
			return nil, fault
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, fmt.Errorf("content creator: %s %s, request %s: %w", request.Method, request.URL.Path, id, err)
		}
	}
}

// buffer keeps a body, so that it can be sent again.
func buffer(request *http.Request) error {
	if request.Body == nil || request.GetBody != nil {
		return nil
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return fmt.Errorf("content creator: read the request's body: %w", err)
	}
	request.ContentLength = int64(len(body))
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return nil
}

// attempt sends a request once.
func (c *Client) attempt(request *http.Request, id string) (*http.Response, *Error) {
	stream := request.Header.Get("Accept") == "text/event-stream"
	ctx, cancel := context.WithCancelCause(request.Context())
	timer := time.AfterFunc(c.timeout+preferred(request), func() { cancel(context.DeadlineExceeded) })
	failed := func(err error) (*http.Response, *Error) {
		timer.Stop()
		timedOut := errors.Is(context.Cause(ctx), context.DeadlineExceeded)
		cancel(nil)
		if timedOut {
			return nil, &Error{Code: CodeTimedOut, Message: "The server did not answer in time.", RequestID: id, cause: context.DeadlineExceeded}
		}
		return nil, &Error{Code: CodeConnectionFailed, Message: "No whole answer came: " + err.Error() + ".", RequestID: id, cause: err}
	}
	sent := request.Clone(ctx)
	if request.GetBody != nil {
		sent.Body, _ = request.GetBody() // of bytes in memory: never fails
	}
	if c.key != nil {
		key, err := c.key(ctx)
		if err != nil {
			return failed(fmt.Errorf("get the key: %w", err))
		}
		if key != "" {
			sent.Header.Set("Authorization", "Bearer "+key)
		}
	}
	response, err := c.http.Do(sent) //nolint:gosec // to the address that the caller gave
	if err != nil {
		return failed(err)
	}
	if stream && response.StatusCode == http.StatusOK {
		timer.Stop()
		response.Body = &released{response.Body, func() { cancel(nil) }}
		return response, nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBody))
	_ = response.Body.Close()
	if err != nil {
		return failed(err)
	}
	success := response.StatusCode >= 200 && response.StatusCode <= 299
	if success && isBroken(response, body) {
		return failed(errors.New("what came is no JSON"))
	}
	timer.Stop()
	cancel(nil)
	if !success || isPage(request, response) {
		return nil, answered(response, body, id)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// released is the body of a stream, which lets go of its context when it is closed.
type released struct {
	io.ReadCloser
	release func()
}

// Close closes the stream.
func (r *released) Close() error {
	r.release()
	return r.ReadCloser.Close()
}

// waitPreference is what a Prefer header has where the server is to wait, maxWait how long it does at most.
var waitPreference = regexp.MustCompile(`(?i)(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?`)

const maxWait = time.Minute

// preferred is how long the server is asked to wait for a job.
func preferred(request *http.Request) time.Duration {
	wanted := waitPreference.FindStringSubmatch(request.Header.Get("Prefer"))
	if wanted == nil {
		return 0
	}
	seconds, _ := strconv.Atoi(wanted[1])
	return min(time.Duration(seconds)*time.Second, maxWait)
}

// again tells whether a request may be sent again after a fault. With If-Match only after answers that say that
// nothing was done: a change whose answer was lost would look like somebody else's. A POST without a key only where
// it was refused for being one of too many. A key that is in use is so by the attempt before, whose answer is awaited.
func again(request *http.Request, fault *Error, attempt int) bool {
	switch {
	case request.Method == http.MethodPost && request.Header.Get("Idempotency-Key") == "":
		return fault.Status == http.StatusTooManyRequests
	case request.Header.Get("If-Match") != "":
		return fault.Status == http.StatusTooManyRequests || fault.Status == http.StatusServiceUnavailable
	case fault.Code == client.ErrorCodeIDEMPOTENCYKEYINUSE:
		return attempt > 1
	}
	return fault.passes()
}

// wait is how long to wait after an attempt: what the server asks for, or a random part of a bound that doubles.
func (r Retries) wait(attempt int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	bound := min(r.Longest, r.First<<min(attempt-1, 20))
	return time.Duration(mathrand.Int64N(int64(bound) + 1)) //nolint:gosec // spreads load, keeps no secret
}

// sleep waits, but not beyond the context.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
