package contentcreator

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/gen/client"
)

// An Event is something that happened.
type Event = client.Event

// A Job is a piece of background work.
type Job = client.Job

// Events are everything that happens from now on, or after the event that LastEventID names, of some types or of all. The
// stream is opened again where it breaks off, so that none is lost or comes twice.
func (c *Client) Events(ctx context.Context, types []client.EventType, options ...RequestOption) iter.Seq2[Event, error] {
	params := &client.StreamEventsParams{}
	if len(types) > 0 {
		params.Types = &types
	}
	endless := func(context.Context) (bool, error) { return false, nil }
	return c.follow(ctx, func(*Event) bool { return false }, endless, func(ctx context.Context, more ...RequestOption) (*http.Response, error) {
		return c.API.StreamEvents(ctx, params, append(options, more...)...)
	})
}

// JobEvents are the events of a job from its beginning to its end.
func (c *Client) JobEvents(ctx context.Context, id string, options ...RequestOption) iter.Seq2[Event, error] {
	finished := func(ctx context.Context) (bool, error) {
		answer, err := c.API.GetJobWithResponse(ctx, id)
		if err != nil {
			return false, err
		}
		return !answer.JSON200.FinishedAt.IsNull(), nil
	}
	return c.follow(ctx, isEnd, finished, func(ctx context.Context, more ...RequestOption) (*http.Response, error) {
		return c.API.StreamJobEvents(ctx, id, nil, append(options, more...)...)
	})
}

// follow iterates over the events of a stream, and opens it again where it broke off, so that none is lost or comes
// twice. It ends with the event that is the last, and after the first error, which is yielded once: a refusal, or a
// stream that stays away. Where a stream closes without an event and over says that no more will happen, one more has to
// do so: the first may have been cut off.
func (c *Client) follow(ctx context.Context, isLast func(*Event) bool, over func(context.Context) (bool, error), open func(context.Context, ...RequestOption) (*http.Response, error)) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		var last, requestID string
		again, stood, finished := c.retries, false, false
		for failures := 0; ; {
			response, err := open(ctx, header("Accept", "text/event-stream"), resume(last))
			if err == nil {
				stood, requestID = true, response.Header.Get("X-Request-Id")
				before, stream := last, c.read(response.Body)
				var done bool
				done, err = stream.tell(yield, isLast, func(id string) { failures, last = 0, id })
				stream.silent.Stop()
				_ = response.Body.Close()
				if done {
					return
				}
				if stream.retry > 0 {
					again.First = stream.retry
				}
				if errors.Is(err, io.EOF) && last == before {
					if finished {
						return
					}
					var fault error
					if finished, fault = over(ctx); finished {
						continue
					}
					err = cmp.Or(fault, err)
				}
			}
			if ctx.Err() != nil {
				yield(Event{}, context.Cause(ctx))
				return
			}
			fault, answered := errors.AsType[*Error](err)
			if !answered {
				fault = &Error{Code: CodeConnectionFailed, Message: "The event stream broke off and could not be opened again.", RequestID: requestID, Attempts: failures + 1, cause: err}
			}
			if failures++; !stood || !fault.passes() || failures > c.reconnects {
				yield(Event{}, fault)
				return
			}
			if err := sleep(ctx, again.wait(failures, fault.RetryAfter)); err != nil {
				yield(Event{}, err)
				return
			}
		}
	}
}

// resume has a stream go on behind an event, if there was one.
func resume(last string) RequestOption {
	if last == "" {
		return func(context.Context, *http.Request) error { return nil }
	}
	return LastEventID(last)
}

// read begins to read a body, which is closed when it falls silent.
func (c *Client) read(body io.ReadCloser) *events {
	silent := time.AfterFunc(c.silence, func() { _ = body.Close() })
	return &events{body: bufio.NewReader(body), silent: silent, silence: c.silence}
}

// events are read off a body.
type events struct {
	body    *bufio.Reader
	silent  *time.Timer
	silence time.Duration
	// retry is how long the server wants to be left alone after a break.
	retry time.Duration
}

// tell yields events until the stream breaks off. It is done if it came to the last one, or if nobody wants more.
func (s *events) tell(yield func(Event, error) bool, isLast func(*Event) bool, told func(id string)) (done bool, err error) {
	for {
		event, err := s.next()
		if err != nil {
			return false, err
		}
		told(event.ID)
		if !yield(*event, nil) || isLast(event) {
			return true, nil
		}
	}
}

// next reads the next event. An event that was cut off is none.
func (s *events) next() (*Event, error) {
	var data []string
	for {
		line, err := s.body.ReadString('\n')
		if err != nil {
			return nil, err
		}
		s.silent.Reset(s.silence)
		line = strings.TrimRight(line, "\r\n")
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "data":
			data = append(data, value)
		case "retry":
			if ms, err := strconv.Atoi(value); err == nil {
				s.retry = time.Duration(ms) * time.Millisecond
			}
		}
		if line == "" && len(data) > 0 {
			event := new(Event)
			// The event's id and type are in its data, too.
			if err := json.Unmarshal([]byte(strings.Join(data, "\n")), event); err != nil {
				return nil, err
			}
			return event, nil
		}
	}
}

// isEnd tells whether an event says that its job has finished.
func isEnd(event *Event) bool {
	return event.Type == client.EventTypeJobSucceeded || event.Type == client.EventTypeJobFailed || event.Type == client.EventTypeJobCancelled
}

// WaitJob waits until a job has finished, and answers it; a JobFailedError if it failed or was cancelled. Each event is
// told to progress, which may be nil. It follows the job's events and, where no stream comes through, asks now and then.
func (c *Client) WaitJob(ctx context.Context, id string, progress func(Event)) (*Job, error) {
	for event, err := range c.JobEvents(ctx, id) {
		if err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			break // The job itself tells whether it is there.
		}
		if progress != nil {
			progress(event)
		}
	}
	asking := Retries{First: time.Second, Longest: 5 * time.Second}
	for attempt := 1; ; attempt++ {
		answer, err := c.API.GetJobWithResponse(ctx, id)
		if err != nil {
			return nil, err
		}
		job := answer.JSON200
		switch job.State {
		case client.JobStateSucceeded:
			return job, nil
		case client.JobStateFailed, client.JobStateCancelled:
			return nil, &JobFailedError{*job}
		case client.JobStateQueued, client.JobStateRunning:
		}
		if err := sleep(ctx, asking.wait(attempt, 0)); err != nil {
			return nil, err
		}
	}
}
