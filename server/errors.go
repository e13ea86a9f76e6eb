package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

	"github.com/content-creator/content-creator-api/store"
)

// A problem is an error as the client sees it.
type problem struct {
	status  int
	code    string
	message string
	details map[string]any
	header  map[string]string
}

func (p *problem) Error() string { return p.code + ": " + p.message }

// errorBody is the one body of every failure.
type errorBody struct {
	ErrorCode string         `json:"error_code"`
	Message   string         `json:"message"`
	Details   map[string]any `json:"details"`
	RequestID string         `json:"request_id"`
}

// writeError is the only place that answers errors.
func (s *Server) writeError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := problemOf(err)
	if p.status >= http.StatusInternalServerError {
		s.Logger.ErrorContext(c.Request().Context(), "request failed", "request_id", requestID(c),
			"method", c.Request().Method, "path", c.Request().URL.Path, "status", p.status, "error", err)
	}
	for name, value := range p.header {
		c.Response().Header().Set(name, value)
	}
	body := errorBody{ErrorCode: p.code, Message: p.message, Details: p.details, RequestID: requestID(c)}
	if body.Details == nil {
		body.Details = map[string]any{}
	}
	if c.Request().Method == http.MethodHead {
		_ = c.NoContent(p.status)
		return
	}
	_ = c.JSON(p.status, body)
}

// statusClientGone is for the log and the metrics: whoever asked went before the answer.
const statusClientGone = 499

// problemOf finds what to answer for an error; what it does not know is our fault and says nothing.
func problemOf(err error) *problem {
	var known *problem
	var refusal *store.Error
	var tooLarge *http.MaxBytesError
	var wrongType *json.UnmarshalTypeError
	var http4xx *echo.HTTPError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &refusal):
		return refusalProblem(refusal)
	case errors.Is(err, store.ErrIdempotencyInUse):
		return &problem{status: http.StatusConflict, code: "IDEMPOTENCY_KEY_IN_USE", message: "A request with this Idempotency-Key is still running."}
	case errors.Is(err, store.ErrIdempotencyReused):
		return &problem{
			status: http.StatusUnprocessableEntity, code: "IDEMPOTENCY_KEY_REUSED",
			message: "This Idempotency-Key came with another request before. Use a new one.",
			details: map[string]any{"errors": map[string]string{"Idempotency-Key": "came with another method, path, query or body before"}},
		}
	case errors.As(err, &tooLarge):
		return bodyTooLarge(tooLarge.Limit)
	case errors.As(err, &wrongType):
		// The specification has let it through: 5.0 and 5e0 are whole numbers, too, but not to the decoder.
		return invalidRequest(map[string]string{wrongType.Field: "must be written as a whole number, without point and exponent"})
	case errors.As(err, &http4xx):
		return echoProblem(http4xx)
	case errors.Is(err, context.Canceled):
		return &problem{status: statusClientGone, code: "BAD_REQUEST", message: "The client has gone."}
	case databaseAway(err):
		return &problem{
			status: http.StatusServiceUnavailable, code: "UNAVAILABLE",
			message: "The database cannot be reached. Try again in a moment.", header: map[string]string{"Retry-After": "1"},
		}
	case errors.Is(err, context.DeadlineExceeded), queryTimedOut(err):
		return &problem{status: http.StatusGatewayTimeout, code: "TIMEOUT", message: "It took too long."}
	}
	return &problem{
		status: http.StatusInternalServerError, code: "INTERNAL",
		message: "Something went wrong on our side. Name the request id if you report it.",
	}
}

// refusalProblem is the status and code of a refusal by the store.
func refusalProblem(e *store.Error) *problem {
	resource := strings.ToUpper(e.Resource)
	p := &problem{message: e.Message, details: e.Details}
	switch e.Kind {
	case store.KindNotFound:
		p.status, p.code = http.StatusNotFound, resource+"_NOT_FOUND"
	case store.KindConflict:
		p.status, p.code = http.StatusConflict, resource+"_CONFLICT"
	case store.KindStale:
		p.status, p.code = http.StatusPreconditionFailed, resource+"_CHANGED"
	default:
		p.status, p.code = http.StatusUnprocessableEntity, resource+"_VALIDATION_FAILED"
	}
	return p
}

// echoProblem is what the router and the generated binder refuse.
func echoProblem(e *echo.HTTPError) *problem {
	switch e.Code {
	case http.StatusNotFound:
		return &problem{status: e.Code, code: "ROUTE_NOT_FOUND", message: "There is nothing at this path. See /docs."}
	case http.StatusMethodNotAllowed:
		return &problem{status: e.Code, code: "METHOD_NOT_ALLOWED", message: "This path has no such method. See the Allow header."}
	case http.StatusRequestEntityTooLarge:
		return bodyTooLarge(maxBody)
	}
	return &problem{status: http.StatusBadRequest, code: "BAD_REQUEST", message: fmt.Sprint("The request is malformed: ", e.Message)}
}

func bodyTooLarge(most int64) *problem {
	return &problem{
		status: http.StatusRequestEntityTooLarge, code: "BODY_TOO_LARGE", message: fmt.Sprintf("The body may have %d MiB at most.", most>>20),
	}
}

// queryTimedOut reports whether the database has ended a query that took too long.
func queryTimedOut(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "57014"
}

// databaseAway reports whether err means that the database cannot be asked at all.
func databaseAway(err error) bool {
	var connect *pgconn.ConnectError
	var network *net.OpError
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// Class 08 is a broken connection, 57P a server that stops or starts, 53300 one that is full.
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P") || pg.Code == "53300"
	}
	// A connection that ended in the middle of an answer shows as the end of its stream.
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) || errors.Is(err, io.ErrUnexpectedEOF)
}
