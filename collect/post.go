package collect

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	// postTimeout is for everything: a receiver that needs longer should answer first and work then.
	postTimeout = 15 * time.Second
	// maxAnswer is how much of an answer is read, so that the connection may serve again.
	maxAnswer = 64 << 10
)

// A Poster sends what others have asked to be sent: bounded in time and size, never into a private network. It follows
// no redirect and waits for no site's turn. It is safe for concurrent use; Close it when it is no longer needed.
type Poster struct{ fetcher *Fetcher }

// NewPoster makes a Poster of its own connections. A Timeout of zero is 15 seconds, for everything.
func NewPoster(c Config) *Poster {
	c.Timeout = cmp.Or(c.Timeout, postTimeout)
	return &Poster{NewFetcher(c)}
}

// Close ends the connections that are kept open for the next request.
func (p *Poster) Close() { p.fetcher.Close() }

// A PostAnswer is what came back, whatever its status.
type PostAnswer struct {
	Status int
	// RetryAfter is how long the receiver asks to wait, at most MaxRetryAfter; zero means it does not say.
	RetryAfter time.Duration
	// Body is the beginning of the answer's body as it came on the wire, at most as long as Post was told.
	Body []byte
}

// Post sends a body and answers what came back, with the first bytes of the answer. Its error is an *Error: no answer
// came. An answer whose body breaks off, or never ends, is an answer.
func (p *Poster) Post(ctx context.Context, address string, header http.Header, body []byte, keep int) (PostAnswer, error) {
	f := p.fetcher
	at, err := parseURL(address)
	if err != nil {
		return PostAnswer{}, &Error{Code: CodeInvalidURL, Message: "The address is not one: " + err.Error() + ".", Err: err}
	}
	at.Fragment, at.RawFragment = "", ""
	ctx, cancel := context.WithTimeoutCause(ctx, f.config.Timeout, errTotalTimeout)
	defer cancel()
	resp, err := f.post(ctx, at, header, body)
	if err != nil {
		return PostAnswer{}, postFailure(ctx, at, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer := PostAnswer{Status: resp.StatusCode, RetryAfter: RetryAfter(resp.Header, f.config.Now())}
	var kept bytes.Buffer
	// What is wrong with the body is the receiver's affair: its status has said what became of ours.
	_, _ = io.CopyN(&kept, resp.Body, int64(keep))
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	answer.Body = kept.Bytes()
	return answer, nil
}

func (f *Fetcher) post(ctx context.Context, at *url.URL, header http.Header, body []byte) (*http.Response, error) {
	if err := f.guard.checkHost(at.Hostname()); err != nil {
		return nil, err
	}
	req := (&http.Request{
		Method: http.MethodPost, URL: at, Host: at.Host, Header: header.Clone(),
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
	}).WithContext(ctx)
	req.Header.Set("User-Agent", f.config.UserAgent)
	// Not sent: it lets the transport repeat what went out on a connection that the receiver had just closed.
	req.Header["Idempotency-Key"] = []string{}
	return f.transport.RoundTrip(req)
}

// postFailure is failure in the words of one who sends.
func postFailure(ctx context.Context, at *url.URL, err error) *Error {
	fault := failure(ctx, at, err)
	var refused *refusedError
	if errors.As(err, &refused) {
		fault.Message = fmt.Sprintf("%s is not called: %s has %s.", shown(at), at.Hostname(), refused.what)
	}
	return fault
}
