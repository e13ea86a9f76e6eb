package collect

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// The codes of an Error; no others occur.
const (
	CodeInvalidURL       = "invalid_url"        // the address is no http or https address
	CodeDNSFailed        = "dns_failed"         // its host has no address
	CodeAddressRefused   = "address_refused"    // its host has only addresses that may not be fetched
	CodeConnectFailed    = "connect_failed"     // nobody answers there
	CodeTLSFailed        = "tls_failed"         // the encrypted connection cannot be trusted or made
	CodeTimeout          = "timeout"            // a phase took longer than it may
	CodeCanceled         = "canceled"           // the caller gave up
	CodeProtocolError    = "protocol_error"     // the answer is no HTTP, or the connection broke
	CodeTruncated        = "truncated"          // the body ended before its end
	CodeTooLarge         = "too_large"          // the body is larger than it may be
	CodeBadEncoding      = "bad_encoding"       // the body cannot be decompressed
	CodeTooManyRedirects = "too_many_redirects" // redirects go on or in a circle
	CodeBadRedirect      = "bad_redirect"       // a redirect leads nowhere
	CodeHTTPStatus       = "http_status"        // an answer other than 200; see Status
	CodeRateLimited      = "rate_limited"       // 429, or 503 with Retry-After
	CodeHostBusy         = "host_busy"          // it is not the site's turn; nothing was asked
	CodeGone             = "gone"               // 410: it will not come back
	CodeUnsupportedType  = "unsupported_type"   // the answer is a picture, an archive and the like
	CodeNotAFeed         = "not_a_feed"         // the answer is text, but no feed
	CodeMalformedFeed    = "malformed_feed"     // a feed of which no entry can be read
	CodeNotConfigured    = "not_configured"     // the service needs a key that the settings lack
	CodeUnauthorized     = "unauthorized"       // the service refuses the key of the settings
	CodeForbidden        = "forbidden"          // the service shows what is asked for to nobody, or not to us
	CodeNotFound         = "not_found"          // the service knows nothing of that name
	CodeBadAnswer        = "bad_answer"         // the service's answer is not what its interface says
	CodeNoWords          = "no_words"           // suggestions cannot be asked for in that language
	CodeRobotsDisallowed = "robots_disallowed"  // the site's robots.txt asks programs to stay away from there
	CodeRobotsUnknown    = "robots_unknown"     // its robots.txt cannot be had now, so nobody knows
	CodeNotHTML          = "not_html"           // the answer is no web page
	CodeNoArticle        = "no_article"         // a web page on which no article is found
)

// An Error says why a collection failed.
type Error struct {
	// Code is one of the Code constants.
	Code string
	// Message is a sentence for a person: what happened and where. It holds neither the
	// credentials nor the query of an address.
	Message string
	// Status is the HTTP status where an answer came, else zero.
	Status int
	// RetryAfter is how long the server asks to wait, at most MaxRetryAfter; zero means it does not say.
	RetryAfter time.Duration
	// Err is the cause, for the log only.
	Err error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// The causes with which a fetch cancels itself.
var (
	errBodyTimeout  = errors.New("the body stopped coming")
	errTotalTimeout = errors.New("the request took too long")
)

// failure turns what the HTTP client returned into an Error.
func failure(ctx context.Context, at *url.URL, err error) *Error {
	e := &Error{Err: err}
	where := shown(at)
	host := at.Hostname()
	cause := context.Cause(ctx)

	var (
		refused  *refusedError
		dns      *net.DNSError
		op       *net.OpError
		netErr   net.Error
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		alert    tls.AlertError
		hostname x509.HostnameError
	)
	switch {
	case errors.As(err, &refused):
		e.Code, e.Message = CodeAddressRefused, fmt.Sprintf("%s is not fetched: %s has %s.", where, host, refused.what)
	case errors.Is(cause, errBodyTimeout):
		e.Code, e.Message = CodeTimeout, where+" stopped sending in the middle of its answer."
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		e.Code, e.Message = CodeTimeout, where+" did not finish its answer in time."
	case ctx.Err() != nil:
		e.Code, e.Message, e.Err = CodeCanceled, where+" was not fetched: the work was cancelled.", ctx.Err()
	case errors.As(err, &dns) && !dns.IsTimeout:
		e.Code, e.Message = CodeDNSFailed, fmt.Sprintf("The host %s of %s cannot be found.", host, where)
	case errors.As(err, &netErr) && netErr.Timeout():
		e.Code, e.Message = CodeTimeout, where+" "+timedOut(err)+"."
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &hostname):
		e.Code, e.Message = CodeTLSFailed, fmt.Sprintf("No trusted connection to %s: %s.", where, tlsReason(err))
	case errors.As(err, &op) && op.Op == "dial":
		e.Code, e.Message = CodeConnectFailed, "Nobody answers at "+where+"."
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Code, e.Message = CodeTruncated, where+" broke off in the middle of its answer."
	default:
		e.Code, e.Message = CodeProtocolError, where+" gave no valid answer, or the connection broke."
	}
	return e
}

// timedOut says which phase was too slow, as far as the client tells.
func timedOut(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return "did not accept a connection in time"
	}
	return "did not answer in time"
}

func tlsReason(err error) string {
	var (
		hostname  x509.HostnameError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &hostname):
		return "its certificate is for another host"
	case errors.As(err, &authority):
		return "its certificate comes from an unknown authority"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not yet valid"
	case errors.As(err, &invalid):
		return "its certificate is not valid"
	}
	return "the TLS handshake failed"
}

// statusError is the Error for an answer that brings no body to use.
func statusError(at *url.URL, status int, header http.Header, now time.Time) *Error {
	e := &Error{Code: CodeHTTPStatus, Status: status, RetryAfter: RetryAfter(header, now)}
	e.Message = fmt.Sprintf("%s answered %s.", shown(at), statusText(status))
	switch {
	case status == http.StatusGone:
		e.Code = CodeGone
		e.Message = shown(at) + " is gone for good (410 Gone)."
	case status == http.StatusTooManyRequests,
		status == http.StatusServiceUnavailable && e.RetryAfter > 0:
		e.Code, e.RetryAfter = CodeRateLimited, cmp.Or(e.RetryAfter, resetAfter(header))
		if e.RetryAfter > 0 {
			e.Message = fmt.Sprintf("%s answered %s and asks to wait %s.", shown(at), statusText(status), e.RetryAfter)
		}
	}
	return e
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprintf("%d", status)
}

// shown is an address as messages and logs may show it: no credentials, no query, no fragment.
func shown(u *url.URL) string {
	path := u.EscapedPath()
	if len(path) > 200 {
		path = path[:200] + "…"
	}
	return cleanText(u.Scheme + "://" + u.Host + path)
}
