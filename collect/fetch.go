package collect

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/content-creator/content-creator-api/store"
)

// DefaultUserAgent is what the fetcher calls itself unless it is configured otherwise.
const DefaultUserAgent = "content-creator/1.0 (+https://github.com/content-creator/content-creator-api)"

// MaxRetryAfter is the longest wait that a server's Retry-After can ask for.
const MaxRetryAfter = 7 * 24 * time.Hour

// maxValidator bounds an ETag or Last-Modified worth keeping.
const maxValidator = 1024

// Config sets up a Fetcher. Every zero field takes its default.
type Config struct {
	UserAgent string // DefaultUserAgent
	// AllowCIDRs are networks that may be fetched although they are not of the public internet.
	AllowCIDRs []netip.Prefix

	MaxBody      int64 // 15 MiB, on the wire and again after decompression
	MaxHeader    int64 // 64 KiB
	MaxRedirects int   // 10

	DialTimeout   time.Duration // 10 s, DNS included
	TLSTimeout    time.Duration // 10 s
	HeaderTimeout time.Duration // 15 s from the request to the end of the answer's header
	BodyTimeout   time.Duration // 15 s between two pieces of the body
	Timeout       time.Duration // 60 s for everything, redirects included

	// Turns shares out requests to sites; nil asks at once.
	Turns Turns
	// Patience is how long a request waits for its turn, 10 s unless set; then it is a CodeHostBusy.
	Patience time.Duration

	Resolver *net.Resolver    // the system's
	RootCAs  *x509.CertPool   // the system's
	Now      func() time.Time // time.Now
}

// Turns are the requests that each site may be asked, shared out among all who ask. A site is what
// store.Site makes of a host.
type Turns interface {
	// Take answers zero where it is the caller's turn, who must then Give it back; else for how long it
	// is pointless to ask again.
	Take(ctx context.Context, site string) (wait time.Duration, err error)
	// Give ends a turn: what came of it.
	Give(ctx context.Context, site string, t store.HostTurn)
}

// A Fetcher gets pages over HTTP: bounded in time and size, never from inside a private network,
// polite to servers. It is safe for concurrent use; Close it when it is no longer needed.
type Fetcher struct {
	config    Config
	guard     guard
	transport *http.Transport
}

// NewFetcher makes a Fetcher of its own connections.
func NewFetcher(c Config) *Fetcher {
	c.UserAgent = cmp.Or(c.UserAgent, DefaultUserAgent)
	c.MaxBody = cmp.Or(c.MaxBody, 15<<20)
	c.MaxHeader = cmp.Or(c.MaxHeader, 64<<10)
	c.MaxRedirects = cmp.Or(c.MaxRedirects, 10)
	c.DialTimeout = cmp.Or(c.DialTimeout, 10*time.Second)
	c.TLSTimeout = cmp.Or(c.TLSTimeout, 10*time.Second)
	c.HeaderTimeout = cmp.Or(c.HeaderTimeout, 15*time.Second)
	c.BodyTimeout = cmp.Or(c.BodyTimeout, 15*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 60*time.Second)
	c.Patience = cmp.Or(c.Patience, 10*time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	f := &Fetcher{config: c, guard: guard{allow: c.AllowCIDRs}}
	dialer := &net.Dialer{Timeout: c.DialTimeout, Resolver: c.Resolver, ControlContext: f.guard.control}
	f.transport = &http.Transport{
		// A proxy would dial for us, past the guard.
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs},
		TLSHandshakeTimeout:    c.TLSTimeout,
		ResponseHeaderTimeout:  c.HeaderTimeout,
		MaxResponseHeaderBytes: c.MaxHeader,
		// Bodies are decompressed here, where their size is watched.
		DisableCompression:  true,
		MaxIdleConns:        32,
		MaxIdleConnsPerHost: 1,
		IdleConnTimeout:     30 * time.Second,
	}
	return f
}

// Close ends the connections that are kept open for the next request.
func (f *Fetcher) Close() { f.transport.CloseIdleConnections() }

// A Request says what to get.
type Request struct {
	URL string
	// ETag and LastModified make the request conditional; "" leaves them out.
	ETag, LastModified string
	// Accept is the header; "" takes anything.
	Accept string
	// UserAgent replaces Config.UserAgent for services that want a name of their own kind.
	UserAgent string
	// Authorization is the header. A redirect to another host, or from https to http, leaves it out.
	Authorization string
	// Form makes the request a POST of these fields, whose redirects are not followed.
	Form url.Values
	// AnyStatus answers whatever the status is; without it a status other than 200 is an Error.
	AnyStatus bool
	// Check looks at the header of a 200 before its body is read; its fault ends the fetch. Nil takes any.
	Check func(at *url.URL, header http.Header) *Error
	// OneHop answers a redirect instead of following it, for callers who must look at each address first.
	OneHop bool
}

// A Response is the answer to a Request: 200, 304 to a conditional one, a redirect to one of OneHop, or any to one of AnyStatus.
type Response struct {
	Status int
	Header http.Header
	// Body is whole, decompressed and at most Config.MaxBody long.
	Body []byte
	// Bytes is what the body weighed on the wire.
	Bytes int64
	// URL is where the answer came from, without credentials.
	URL *url.URL
	// MovedTo, NotModified and Downgraded are as in Batch.
	MovedTo                 string
	NotModified, Downgraded bool
	// Next is where the redirect of a request of OneHop leads.
	Next *url.URL
	// ETag and LastModified are the server's, byte for byte; those of the request where a 304 names none.
	ETag, LastModified string
}

// Get fetches one page and follows its redirects, https to http included: what comes is never
// trusted anyway, and Response tells. Validators go to the site (registrable domain) they were
// meant for and to no other, which could mistake them for its own. Each request waits for its site's
// turn. The error is an *Error, or that of the Turns.
func (f *Fetcher) Get(ctx context.Context, r Request) (*Response, error) {
	at, err := parseURL(r.URL)
	if err != nil {
		return nil, &Error{Code: CodeInvalidURL, Message: "The address of the source is not one: " + err.Error() + ".", Err: err}
	}
	at.Fragment, at.RawFragment = "", ""
	ctx, cancel := context.WithTimeoutCause(ctx, f.config.Timeout, errTotalTimeout)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)

	out, way := &Response{}, newRoute(at)
	turn := heldTurn{f: f}
	defer turn.end(ctx)
	for {
		conditional := (r.ETag != "" || r.LastModified != "") && sameSite(way.first, at)
		if err := turn.at(ctx, at); err != nil {
			return nil, err
		}
		resp, err := f.send(ctx, at, r, conditional)
		if err != nil {
			return nil, failure(ctx, at, err)
		}
		if !redirects(resp.StatusCode) {
			err := way.arrived(f.receive(ctx, stop, at, r, conditional, resp, out))
			_ = resp.Body.Close()
			turn.answered(resp.StatusCode, f.verdict(at, resp, err))
			return out, err
		}
		_ = resp.Body.Close()
		turn.answered(resp.StatusCode, nil)
		next, err := follow(at, resp, r)
		if err != nil {
			return nil, err
		}
		if r.OneHop {
			return &Response{Status: resp.StatusCode, Header: resp.Header, URL: at, Next: next}, nil
		}
		if err := way.goesOn(resp.StatusCode, next, f.config.MaxRedirects); err != nil {
			return nil, err
		}
		if way.permanent {
			out.MovedTo = next.String()
		}
		out.Downgraded = out.Downgraded || at.Scheme == "https" && next.Scheme == "http"
		if next.Host != at.Host || out.Downgraded {
			r.Authorization = ""
		}
		at = next
	}
}

// A route is the way that redirects lead.
type route struct {
	first *url.URL
	seen  map[string]bool
	// permanent is whether all of it is for good, so that its end may be kept as the address.
	permanent bool
}

func newRoute(first *url.URL) *route {
	return &route{first: first, seen: map[string]bool{first.String(): true}, permanent: true}
}

// goesOn follows a redirect, unless it leads in a circle or too far.
func (w *route) goesOn(status int, next *url.URL, most int) error {
	switch {
	case w.seen[next.String()]:
		return &Error{Code: CodeTooManyRedirects, Status: status, Message: shown(w.first) + " redirects in a circle."}
	case len(w.seen) > most:
		return &Error{Code: CodeTooManyRedirects, Status: status, Message: fmt.Sprintf("%s redirects more than %d times.", shown(w.first), most)}
	}
	w.seen[next.String()] = true
	// An address with a password in it is not for keeping.
	w.permanent = w.permanent && next.User == nil && (status == http.StatusMovedPermanently || status == http.StatusPermanentRedirect)
	return nil
}

// arrived is what the answer at the end means for its beginning: what a redirect leads to for now
// being gone says nothing of what will be here later.
func (w *route) arrived(err error) error {
	if fault := new(Error); !w.permanent && errors.As(err, &fault) && fault.Code == CodeGone {
		fault.Code = CodeHTTPStatus
	}
	return err
}

// defaultRest is how long a site is left alone that says "too many requests", but not until when.
const defaultRest = 15 * time.Minute

// A heldTurn is the turn of the site that is being asked.
type heldTurn struct {
	f    *Fetcher
	site string
	store.HostTurn
}

// at makes it the turn of the site of an address, waiting for it where it is another one.
func (t *heldTurn) at(ctx context.Context, at *url.URL) error {
	site := store.Site(at.Hostname())
	if t.f.config.Turns == nil || site == t.site {
		t.Requests++
		return nil
	}
	t.end(ctx)
	if err := t.f.takeTurn(ctx, at, site); err != nil {
		return err
	}
	t.site, t.HostTurn = site, store.HostTurn{Requests: 1}
	return nil
}

// answered keeps what a request has come to.
func (t *heldTurn) answered(status int, err error) {
	var fault *Error
	t.Status, t.Rest = status, 0
	if status == http.StatusTooManyRequests && errors.As(err, &fault) {
		t.Rest = cmp.Or(fault.RetryAfter, defaultRest)
	}
}

// end gives the turn back, also when the work has been cancelled.
func (t *heldTurn) end(ctx context.Context) {
	if t.site == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	t.f.config.Turns.Give(ctx, t.site, t.HostTurn)
	t.site = ""
}

// takeTurn waits until a site may be asked.
func (f *Fetcher) takeTurn(ctx context.Context, at *url.URL, site string) error {
	for waited := time.Duration(0); ; {
		wait, err := f.config.Turns.Take(ctx, site)
		switch {
		case err != nil && ctx.Err() != nil:
			return failure(ctx, at, ctx.Err())
		case err != nil:
			return fmt.Errorf("take a turn at %s: %w", site, err)
		case wait <= 0:
			return nil
		case waited+wait > f.config.Patience:
			return &Error{Code: CodeHostBusy, RetryAfter: wait, Message: fmt.Sprintf("%s is not asked before %s have passed: that is its budget.", site, wait.Round(time.Second))}
		}
		waited += wait
		select {
		case <-ctx.Done():
			return failure(ctx, at, ctx.Err())
		case <-time.After(wait):
		}
	}
}

// verdict is what an answer means for its site's budget: too many requests are that also to who
// wanted any status.
func (f *Fetcher) verdict(at *url.URL, resp *http.Response, err error) error {
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		return statusError(at, resp.StatusCode, resp.Header, f.config.Now())
	}
	return err
}

// send asks one address, without following anything.
func (f *Fetcher) send(ctx context.Context, at *url.URL, r Request, conditional bool) (*http.Response, error) {
	if err := f.guard.checkHost(at.Hostname()); err != nil {
		return nil, err
	}
	req := (&http.Request{Method: http.MethodGet, URL: at, Host: at.Host, Header: http.Header{}}).WithContext(ctx)
	if r.Form != nil {
		form := r.Form.Encode()
		req.Method, req.Body, req.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(form)), int64(len(form))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("User-Agent", cmp.Or(r.UserAgent, f.config.UserAgent))
	req.Header.Set("Accept", cmp.Or(r.Accept, "*/*"))
	req.Header.Set("Accept-Encoding", "gzip, br, deflate")
	if at.User != nil {
		password, _ := at.User.Password()
		req.SetBasicAuth(at.User.Username(), password)
	}
	if r.Authorization != "" {
		req.Header.Set("Authorization", r.Authorization)
	}
	if conditional && r.ETag != "" {
		req.Header.Set("If-None-Match", r.ETag)
	}
	if conditional && r.LastModified != "" {
		req.Header.Set("If-Modified-Since", r.LastModified)
	}
	return f.transport.RoundTrip(req)
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow is where a redirect leads.
func follow(at *url.URL, resp *http.Response, r Request) (*url.URL, error) {
	bad := func(why string, err error) error {
		return &Error{Code: CodeBadRedirect, Status: resp.StatusCode, Message: shown(at) + " redirects " + why + ".", Err: err}
	}
	if r.Form != nil {
		return nil, bad("a form that is not sent anywhere else", nil)
	}
	location := resp.Header.Get("Location")
	if location == "" {
		return nil, bad("without saying where to", nil)
	}
	next, err := resolveURL(at, location)
	if err != nil {
		return nil, bad("to what is no http address", err)
	}
	next.Fragment, next.RawFragment = "", ""
	return next, nil
}

// receive turns the last answer into the response.
func (f *Fetcher) receive(ctx context.Context, stop context.CancelCauseFunc, at *url.URL, r Request, conditional bool, resp *http.Response, out *Response) error {
	out.Status, out.Header = resp.StatusCode, resp.Header
	clean := *at
	clean.User = nil
	out.URL = &clean
	out.ETag, out.LastModified = validator(resp.Header, "ETag"), validator(resp.Header, "Last-Modified")
	if conditional && resp.StatusCode == http.StatusNotModified {
		out.NotModified = true
		out.ETag = cmp.Or(out.ETag, r.ETag)
		out.LastModified = cmp.Or(out.LastModified, r.LastModified)
		return nil
	}
	if resp.StatusCode != http.StatusOK && !r.AnyStatus {
		return statusError(at, resp.StatusCode, resp.Header, f.config.Now())
	}
	if r.Check != nil {
		if fault := r.Check(at, resp.Header); fault != nil {
			return fault
		}
	}
	tooLarge := &Error{Code: CodeTooLarge, Status: resp.StatusCode, Message: fmt.Sprintf("%s is larger than %s.", shown(at), size(f.config.MaxBody))}
	if resp.ContentLength > f.config.MaxBody {
		return tooLarge
	}
	raw, err := f.readAll(resp.Body, stop)
	if err != nil {
		e := failure(ctx, at, err)
		e.Status = resp.StatusCode
		return e
	}
	out.Bytes = int64(len(raw))
	if out.Bytes > f.config.MaxBody {
		return tooLarge
	}
	out.Body, err = decompress(raw, resp.Header.Values("Content-Encoding"), f.config.MaxBody)
	switch {
	case errors.Is(err, errTooLarge):
		return tooLarge
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Code: CodeTruncated, Status: resp.StatusCode, Message: shown(at) + " broke off in the middle of its compressed answer.", Err: err}
	case err != nil:
		return &Error{Code: CodeBadEncoding, Status: resp.StatusCode, Message: fmt.Sprintf("%s sent what cannot be decompressed: %s.", shown(at), cleanText(err.Error())), Err: err}
	}
	return nil
}

// readAll reads one byte more than allowed at most, and gives up when nothing comes for a while.
func (f *Fetcher) readAll(body io.Reader, stop context.CancelCauseFunc) ([]byte, error) {
	timer := time.AfterFunc(f.config.BodyTimeout, func() { stop(errBodyTimeout) })
	defer timer.Stop()
	var buf bytes.Buffer
	_, err := io.Copy(&buf, io.LimitReader(readerFunc(func(p []byte) (int, error) {
		n, err := body.Read(p)
		if n > 0 {
			timer.Reset(f.config.BodyTimeout)
		}
		return n, err
	}), f.config.MaxBody+1))
	return buf.Bytes(), err
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// validator is a header that is worth sending back; what the database could not keep is not.
func validator(h http.Header, name string) string {
	value := h.Get(name)
	if len(value) > maxValidator || !utf8.ValidString(value) {
		return ""
	}
	return value
}

// sameSite compares registrable domains, so that example.org may answer for www.example.org.
func sameSite(a, b *url.URL) bool {
	return store.Site(a.Hostname()) == store.Site(b.Hostname())
}

// RetryAfter reads the header of that name as seconds or as a date; zero if it says nothing of the future.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		if seconds > uint64(MaxRetryAfter/time.Second) {
			return MaxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now).Round(time.Second), 0), MaxRetryAfter)
}

// resetAfter reads X-Ratelimit-Reset as the seconds that Reddit and others write there; those who
// write a date's seconds say nothing here. Zero if nothing is said.
func resetAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(h.Get("X-Ratelimit-Reset"), 64)
	if err != nil || !(seconds > 0 && seconds <= MaxRetryAfter.Seconds()) {
		return 0
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Second)
}

// size is a number of bytes as a message tells it.
func size(n int64) string {
	if n >= 1<<20 {
		return strconv.FormatInt(n>>20, 10) + " MiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}
