package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/content-creator/content-creator-api/store"
)

const (
	idempotencyHeader = "Idempotency-Key"
	// replayedHeader marks an answer that an earlier request got first.
	replayedHeader = "Idempotency-Replayed"
)

// idempotent answers a repeated POST with the answer that the first one got. The handler runs in the
// transaction in which its answer is kept.
func (s *Server) idempotent(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		op, key := s.operation(c), c.Request().Header.Get(idempotencyHeader)
		if op == nil || !op.idempotent || key == "" {
			return next(c)
		}
		work := func(ctx context.Context) (store.Answer, error) {
			c.SetRequest(c.Request().WithContext(ctx))
			recorded, err := record(c, next)
			return store.Answer{Status: recorded.status, Headers: flat(recorded.header), Body: recorded.body.Bytes()}, err
		}
		ctx := c.Request().Context()
		answer, replayed, err := s.Store.Idempotent(ctx, client(c), key, requestHash(c), work)
		c.SetRequest(c.Request().WithContext(ctx))
		if err != nil {
			return err
		}
		for name, value := range answer.Headers {
			c.Response().Header().Set(name, value)
		}
		if replayed {
			c.Response().Header().Set(replayedHeader, "true")
		}
		return c.Blob(answer.Status, answer.Headers[echo.HeaderContentType], answer.Body)
	}
}

// requestHash stands for what was asked: method, path, query and body.
func requestHash(c echo.Context) []byte {
	sum := sha256.New()
	_, _ = sum.Write([]byte(c.Request().Method + " " + c.Request().URL.RequestURI() + "\n"))
	body, _ := c.Get(bodyKey).([]byte)
	_, _ = sum.Write(body)
	return sum.Sum(nil)
}

// A recording is an answer that has not been sent yet.
type recording struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the answer's own header.
func (r *recording) Header() http.Header { return r.header }

// Write adds to the body.
func (r *recording) Write(p []byte) (int, error) { return r.body.Write(p) }

// WriteHeader sets the status.
func (r *recording) WriteHeader(status int) { r.status = status }

// record runs a handler and keeps its answer instead of sending it.
func record(c echo.Context, handler echo.HandlerFunc) (*recording, error) {
	recorded := &recording{header: http.Header{}, status: http.StatusOK}
	sent := c.Response()
	// Deferred, so that what a panic is answered is sent, too.
	defer c.SetResponse(sent)
	c.SetResponse(echo.NewResponse(recorded, c.Echo()))
	return recorded, handler(c)
}

// flat takes the first value of each header; the handlers set no second one.
func flat(header http.Header) map[string]string {
	values := map[string]string{}
	for name := range header {
		values[name] = header.Get(name)
	}
	return values
}

// waitPreference is what a client that wants to wait writes.
var waitPreference = regexp.MustCompile(`(?i)(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?`)

// maxWait is how many seconds a request may wait for its job.
const maxWait = 60

// waitForJob makes "202, here is your job" a "200, here is what came of it" where the client prefers
// to wait and the job finishes in time. It stands around the transaction that queues the job.
func (s *Server) waitForJob(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		preference := waitPreference.FindStringSubmatch(c.Request().Header.Get("Prefer"))
		if op := s.operation(c); preference == nil || op == nil || !op.waits {
			return next(c)
		}
		recorded, err := record(c, next)
		if err != nil {
			return err
		}
		for name := range recorded.header {
			c.Response().Header().Set(name, recorded.header.Get(name))
		}
		if recorded.status == http.StatusAccepted {
			wanted, _ := strconv.Atoi(preference[1])
			seconds := min(wanted, maxWait)
			// A server's limit on reading requests must not end the wait.
			_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Time{})
			job, err := s.finishedJob(c.Request().Context(), recorded.header.Get(echo.HeaderLocation), time.Duration(seconds)*time.Second)
			if err == nil {
				c.Response().Header().Set("Preference-Applied", "wait="+strconv.Itoa(seconds))
				return c.JSON(http.StatusOK, job)
			}
		}
		return c.Blob(recorded.status, recorded.header.Get(echo.HeaderContentType), recorded.body.Bytes())
	}
}

// finishedJob waits until the job at a location has finished, or fails at the end of patience.
func (s *Server) finishedJob(ctx context.Context, location string, patience time.Duration) (json.RawMessage, error) {
	id, err := store.ParseJobID(location[strings.LastIndex(location, "/")+1:])
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	woken, unsubscribe := s.hub.subscribe()
	defer unsubscribe()
	for {
		job, err := s.Store.Job(ctx, id)
		if err != nil {
			return nil, err
		}
		if job.Finished() {
			return json.Marshal(job)
		}
		select {
		case <-woken:
		case <-s.draining:
			return nil, http.ErrServerClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
