package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// requestIDKey is where the id of the request is kept.
const requestIDKey = "request_id"

// requestIDPattern is what is taken over from a client; anything else could forge log lines.
var requestIDPattern = regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{1,128}$`)

func requestID(c echo.Context) string {
	id, _ := c.Get(requestIDKey).(string)
	return id
}

// observe names, times, counts and logs every request. It answers errors itself, so that what is
// counted is what was sent.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !requestIDPattern.MatchString(id) {
			id = uuid.Must(uuid.NewV7()).String()
		}
		c.Set(requestIDKey, id)
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		if err := next(c); err != nil {
			s.writeError(err, c)
		}
		s.record(c, id, time.Since(start))
		return nil
	}
}

var knownMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

func (s *Server) record(c echo.Context, id string, took time.Duration) {
	request, response := c.Request(), c.Response()
	route, method := c.Path(), request.Method
	if route == "" {
		route = "unmatched"
	}
	// Clients make up methods, and each would be a series of its own.
	if !slices.Contains(knownMethods, method) {
		method = "other"
	}
	s.metrics.requests.WithLabelValues(method, route, strconv.Itoa(response.Status)).Inc()
	s.metrics.latency.WithLabelValues(method, route).Observe(took.Seconds())
	s.Logger.LogAttrs(request.Context(), slog.LevelInfo, "request",
		slog.String("request_id", id), slog.String("method", request.Method), slog.String("path", request.URL.Path),
		slog.Int("status", response.Status), slog.Int64("bytes", response.Size), slog.Float64("took_ms", float64(took.Microseconds())/1000),
		slog.String("remote", c.RealIP()), slog.String("key", client(c).String()))
}

// recoverPanic turns a panic into an error; the log gets the stack.
func recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			// http.ErrAbortHandler is how a handler ends a connection on purpose.
			if cause := recover(); cause == http.ErrAbortHandler { //nolint:errorlint // the very value
				panic(cause)
			} else if cause != nil {
				err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
			}
		}()
		return next(c)
	}
}

// secure sets what keeps browsers from doing more with an answer than showing it. The documentation
// pages loosen it for themselves.
func secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set(echo.HeaderXContentTypeOptions, "nosniff")
		header.Set(echo.HeaderXFrameOptions, "DENY")
		header.Set(echo.HeaderReferrerPolicy, "no-referrer")
		header.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
		header.Set(echo.HeaderCacheControl, "private, no-cache")
		return next(c)
	}
}

// crossOrigin lets the pages of CORS_ORIGINS call the API; by default none may.
func (s *Server) crossOrigin() echo.MiddlewareFunc {
	if len(s.Settings.CORSOrigins) == 0 {
		return func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	}
	return middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOrigins: s.Settings.CORSOrigins,
		AllowMethods: []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete},
		AllowHeaders: []string{
			"Authorization", "Content-Type", idempotencyHeader, "If-Match", "If-None-Match", "Last-Event-ID", "Prefer", "X-Request-Id",
		},
		ExposeHeaders: []string{
			"ETag", "Location", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Request-Id",
			replayedHeader, "Preference-Applied",
		},
		MaxAge: 600,
	})
}

// maxBody is how large a request may be whose operation does not say it in x-max-body.
const maxBody = 1 << 20

// limitBody refuses bodies that say they are too large and cuts off those that turn out to be.
func (s *Server) limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		request, most := c.Request(), int64(maxBody)
		if op := s.operation(c); op != nil {
			most = op.maxBody
		}
		if request.ContentLength > most {
			return bodyTooLarge(most)
		}
		request.Body = http.MaxBytesReader(c.Response(), request.Body, most)
		return next(c)
	}
}
