package contentcreator

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/gen/client"
)

// Codes that the client itself gives where the server has given none.
const (
	// CodeNotModified is a 304: the resource still has the ETag of If-None-Match.
	CodeNotModified client.ErrorCode = "NOT_MODIFIED"
	// CodeUnexpectedAnswer is an answer that is none of this API, perhaps a proxy's.
	CodeUnexpectedAnswer client.ErrorCode = "UNEXPECTED_ANSWER"
	// CodeConnectionFailed is a request that never got a whole answer.
	CodeConnectionFailed client.ErrorCode = "CONNECTION_FAILED"
	// CodeTimedOut is a request whose last attempt took longer than its time-out.
	CodeTimedOut client.ErrorCode = "TIMED_OUT"
)

// Families of errors, for errors.Is. An Error is of one of them by its status.
var (
	ErrNotModified  = errors.New("not modified")
	ErrUnauthorized = errors.New("no valid key")
	ErrForbidden    = errors.New("scope missing")
	ErrNotFound     = errors.New("not found")
	ErrConflict     = errors.New("conflict")
	// ErrChanged says that the resource is newer than If-Match.
	ErrChanged = errors.New("changed meanwhile")
	// ErrInvalid is a request that breaks a rule; Details.Errors says which field breaks which.
	ErrInvalid     = errors.New("invalid")
	ErrRateLimited = errors.New("too many requests")
	// ErrUnavailable is every fault that may be gone later: no connection, a time-out, a 502, 503 or 504.
	ErrUnavailable = errors.New("unavailable")
)

// Details are what an error may tell beyond its message. Which of it there is depends on the code.
type Details struct {
	// Errors has every faulty field and its fault, with a 422.
	Errors map[string]string `json:"errors"`
	// ExistingID is what is there already, with a duplicate.
	ExistingID string `json:"existing_id"`
	// RequiredScope is the scope that the key lacks, with a 403.
	RequiredScope client.Scope `json:"required_scope"`
	// All is everything there is, as it came.
	All map[string]any `json:"-"`
}

// An Error is a call that brought no success.
type Error struct {
	// Status is the HTTP status; 0 if there was no answer.
	Status int
	// Code says what went wrong, for a program.
	Code client.ErrorCode
	// Message says it for a person.
	Message string
	Details Details
	// RequestID names the request in the server's log. It is known also where no answer came.
	RequestID string
	// RetryAfter is how long the server asks to wait; 0 if it does not say.
	RetryAfter time.Duration
	// Attempts is how many times the request was sent.
	Attempts int

	cause error
}

// Error names code, status and request id. It never holds a key.
func (e *Error) Error() string {
	return fmt.Sprintf("content creator: %s (%s, status %d, request %s)", e.Message, e.Code, e.Status, e.RequestID)
}

// Unwrap answers why there was no answer, if there was none.
func (e *Error) Unwrap() error { return e.cause }

// Is tells to which family the error belongs.
func (e *Error) Is(target error) bool {
	switch e.Status {
	case http.StatusNotModified:
		return target == ErrNotModified
	case http.StatusUnauthorized:
		return target == ErrUnauthorized
	case http.StatusForbidden:
		return target == ErrForbidden
	case http.StatusNotFound:
		return target == ErrNotFound
	case http.StatusConflict:
		return target == ErrConflict
	case http.StatusPreconditionFailed:
		return target == ErrChanged
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return target == ErrInvalid
	case http.StatusTooManyRequests:
		return target == ErrRateLimited
	case 0, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return target == ErrUnavailable
	}
	return false
}

// passes tells whether the fault may be gone later.
func (e *Error) passes() bool { return e.Is(ErrUnavailable) || e.Is(ErrRateLimited) }

// HasCode tells whether an error is of this API and has one of these codes.
func HasCode(err error, codes ...client.ErrorCode) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(codes, e.Code)
}

// A JobFailedError is a job that did not succeed, with all that is known of it.
type JobFailedError struct{ Job client.Job }

func (e *JobFailedError) Error() string {
	message := "content creator: job " + e.Job.ID + " " + string(e.Job.State)
	if fault, err := e.Job.Error.Get(); err == nil && e.Job.State == client.JobStateFailed {
		message += ": " + fault.Message
	}
	return message
}

// answered makes an error of an answer that is no success.
func answered(response *http.Response, body []byte, requestID string) *Error {
	e := &Error{Status: response.StatusCode, RequestID: requestID, RetryAfter: retryAfter(response.Header, time.Now())}
	if id := response.Header.Get("X-Request-Id"); id != "" {
		e.RequestID = id
	}
	var told struct {
		Code      client.ErrorCode `json:"error_code"`
		Message   string           `json:"message"`
		Details   json.RawMessage  `json:"details"`
		RequestID string           `json:"request_id"`
	}
	if json.Unmarshal(body, &told) == nil && told.Code != "" {
		e.Code, e.Message = told.Code, told.Message
		if told.RequestID != "" {
			e.RequestID = told.RequestID
		}
		// A detail of another type than is known here is still in All.
		_ = json.Unmarshal(told.Details, &e.Details)
		_ = json.Unmarshal(told.Details, &e.Details.All)
		return e
	}
	_ = json.Unmarshal(body, &e.Details.All)
	e.Message = fmt.Sprintf("The server answered %d %s.", e.Status, http.StatusText(e.Status))
	switch e.Status {
	case http.StatusNotModified:
		e.Code = CodeNotModified
	case http.StatusServiceUnavailable:
		e.Code = client.ErrorCodeUNAVAILABLE
	default:
		e.Code = CodeUnexpectedAnswer
	}
	return e
}

// isPage tells whether a success is a page, such as a captive portal's, where no draft was exported.
func isPage(request *http.Request, response *http.Response) bool {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return kind == "text/html" && !strings.HasSuffix(request.URL.Path, "/export")
}

// isBroken tells whether a body calls itself JSON and is not, as one that was cut off where nobody noticed.
func isBroken(response *http.Response, body []byte) bool {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return kind == "application/json" && !json.Valid(body)
}

// retryAfter is what the header asks for, in seconds or as a date; 0 if nothing or in the past.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
