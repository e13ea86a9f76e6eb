package llm

import (
	"time"
)

// The codes of an Error; no others occur.
const (
	CodeBadKey       = "bad_key"           // 401: the key is wrong or missing
	CodeNoCredit     = "no_credit"         // 402, or a quota that is used up: somebody has to pay first
	CodeForbidden    = "forbidden"         // 403: the key may not ask this model
	CodeNotFound     = "not_found"         // 404: there is no such model or address
	CodeBadRequest   = "bad_request"       // 400 and the like: the endpoint does not take the request
	CodeTooLong      = "context_too_long"  // prompt and answer do not fit the model's context
	CodeTruncated    = "prompt_truncated"  // the endpoint read only a part of the prompt, and did not say so
	CodeRateLimited  = "rate_limited"      // 429: asked too often
	CodeOverloaded   = "overloaded"        // 500, 502, 503, 504: the endpoint cannot answer now
	CodeRefused      = "refused"           // the model, or a filter before or behind it, would not answer
	CodeCutOff       = "cut_off"           // the answer reached MaxTokens, or the end of the context
	CodeEmpty        = "empty"             // the answer has no text
	CodeMalformed    = "malformed"         // the answer is not what the interface, or the schema, says
	CodeTooLarge     = "too_large"         // the answer is longer than Config.MaxBody
	CodeTimeout      = "timeout"           // no whole answer within Config.Timeout
	CodeUnreachable  = "unreachable"       // nobody answers at the address
	CodeDisconnected = "disconnected"      // the connection broke before or in the middle of the answer
	CodeCanceled     = "canceled"          // the caller gave up
	CodeMoved        = "address_redirects" // the address redirects, and keys are not sent after redirects
)

// An Error says why there is no answer.
type Error struct {
	// Code is one of the Code constants.
	Code string
	// Status is the HTTP status where an answer came, else zero.
	Status int
	// Message is a sentence for a person. It never holds the key.
	Message string
	// RetryAfter is how long the endpoint asks to wait, at most a day; zero means it does not say.
	RetryAfter time.Duration
	// Err is the cause, for the log.
	Err error

	// parameter is what of the request the endpoint does not take, as far as it says.
	parameter string
	// unsent: nothing was sent. unpaid: nothing can have been charged.
	unsent, unpaid bool
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// Transient reports whether the same request may be answered later.
func (e *Error) Transient() bool {
	switch e.Code {
	case CodeRateLimited, CodeOverloaded, CodeUnreachable, CodeDisconnected, CodeTimeout, CodeEmpty:
		return true
	}
	return false
}

// Lasting reports whether the same request is of no use within minutes: somebody has to change something first, or the endpoint
// asks to be left alone for longer than is waited for.
func (e *Error) Lasting() bool {
	switch e.Code {
	case CodeBadKey, CodeNoCredit, CodeForbidden, CodeNotFound, CodeMoved:
		return true
	case CodeRateLimited:
		return e.RetryAfter > 0
	}
	return false
}

// again reports whether the request is sent once more at once: a timeout, or an answer that broke off, may have
// been paid for, and would take as long again.
func (e *Error) again() bool {
	switch e.Code {
	case CodeRateLimited, CodeOverloaded, CodeUnreachable, CodeEmpty:
		return true
	case CodeDisconnected:
		return e.Status == 0
	}
	return false
}
