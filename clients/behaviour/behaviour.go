// Package behaviour is what every client of the API is held to: a table of cases, and a proxy before a real server that
// does to a client's requests what a case wants.
package behaviour

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// A Case is one thing that a client promises. Its fields have the defaults that Go gives them.
type Case struct {
	Name string `json:"name"`
	// Shows is the promise, for a person.
	Shows string `json:"shows"`
	// Script is what the proxy does to the requests, one step each. It forwards those behind the last step.
	Script []Step `json:"script"`
	// Action is what the client is told to do; each runner has them all.
	Action string `json:"action"`
	With   With   `json:"with"`
	Expect Expect `json:"expect"`
}

// With is how the client is set up, and what is passed to the action.
type With struct {
	// Attempts and WithinMS are the client's retries, where not the default. The waits that the server does not ask for
	// are bound by 20 ms in all cases.
	Attempts int `json:"attempts"`
	WithinMS int `json:"within_ms"`
	// TimeoutMS bounds an attempt, SilenceMS the silence of a stream.
	TimeoutMS int `json:"timeout_ms"`
	SilenceMS int `json:"silence_ms"`
	// Reconnects is how many times in a row a stream is opened again in vain.
	Reconnects int `json:"reconnects"`
	// Key is sent instead of the right one.
	Key string `json:"key"`
	// Headers are sent with the request. ETAG stands for the topic's, STALE for the one before it,
	// UNIQUE for a word that no other case has.
	Headers map[string]string `json:"headers"`
	// Cancel says that the call is cancelled once the proxy has seen its first request.
	Cancel bool `json:"cancel"`
	// CancelAtEvent says that it is cancelled when its first event comes.
	CancelAtEvent bool `json:"cancel_at_event"`
	// CancelJobAt is how many requests the proxy has seen when the job is cancelled by somebody else.
	CancelJobAt int `json:"cancel_job_at"`
	// Feed is what the polled collection's feed does: ok, missing or hanging. The job has finished before it is followed,
	// but for hanging.
	Feed string `json:"feed"`
	// Body is sent instead of the action's own.
	Body json.RawMessage `json:"body"`
}

// Expect is what must come of it. Fields that are left out are not looked at, but for Error: none is then allowed.
type Expect struct {
	// Requests are the methods and paths that the proxy saw, without their query; ID stands for an id.
	Requests []string `json:"requests"`
	// Attempts is how many requests the proxy saw.
	Attempts int `json:"attempts"`
	// Same are headers that all requests have, with one value.
	Same []string `json:"same"`
	// Absent are headers that no request has.
	Absent []string `json:"absent"`
	// Queries are what all requests have in their query, in order; * is anything, but something.
	Queries map[string][]string `json:"queries"`
	// Resumes are the requests that have a Last-Event-ID, counted from 0; the others have none.
	Resumes []int `json:"resumes"`
	// Error is how the call fails.
	Error *Error `json:"error"`
	// Cancelled says that the call fails with the reason that the caller gave.
	Cancelled bool `json:"cancelled"`
	// Topics is how many topics of the case's own domain the server has afterwards.
	Topics *int `json:"topics"`
	// Items is how many items a list brought, none of them twice.
	Items *int `json:"items"`
	// Events are the types of the events that a stream brought, without job.progress and job.running:
	// how many of those there are is a matter of time.
	Events []string `json:"events"`
	// Job is the state of the job that was waited for.
	Job string `json:"job"`
	// Replayed says that the server gave an answer for the second time.
	Replayed bool `json:"replayed"`
	// LeastMS and MostMS bound how long the call takes.
	LeastMS int `json:"least_ms"`
	MostMS  int `json:"most_ms"`
}

// An Error is what a client says of a call that brought no success. The request's id is always looked at: it is the one
// that was sent.
type Error struct {
	Code   string `json:"code"`
	Status int    `json:"status"`
	// RetryAfter is in seconds, rounded up. One that came as a date may be two less: dates have no fractions.
	RetryAfter int `json:"retry_after"`
	// Attempts is how many the error says there were; 0 is the number that the proxy saw.
	Attempts int `json:"attempts"`
	// Fields are those that the error says are faulty, in order.
	Fields []string `json:"fields"`
	// Job says that it is the error of a job that did not succeed, and the job's state.
	Job string `json:"job"`
}

// A Step is what the proxy does to one request. Without any field it forwards the request.
type Step struct {
	// Times is how many requests it is for; once unless told otherwise.
	Times int `json:"times"`
	// Status answers without the server, with these headers and this body. A Retry-After of the form "+90" becomes the
	// date in 90 seconds.
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	// Drop closes the connection: before the request is forwarded, or after the server has answered.
	Drop string `json:"drop"`
	// Hang answers nothing until the client goes.
	Hang bool `json:"hang"`
	// Cut forwards, and breaks the answer off.
	Cut *Cut `json:"cut"`
	// PauseMS forwards, and holds a stream up for so long behind its first event.
	PauseMS int `json:"pause_ms"`
}

// A Cut says after how much an answer is broken off.
type Cut struct {
	// Bytes are of the body.
	Bytes int `json:"bytes"`
	// Chunked leaves it to the connection's end to say that the body was cut off.
	Chunked bool `json:"chunked"`
	// Events are of a stream; half of the next one comes, too.
	Events *int `json:"events"`
	// Clean ends a stream as if the server had ended it, between two events.
	Clean bool `json:"clean"`
}

// A Seen is a request that the proxy got.
type Seen struct {
	Method  string              `json:"method"`
	Path    string              `json:"path"`
	Query   map[string][]string `json:"query"`
	Headers map[string][]string `json:"headers"`
	At      time.Time           `json:"at"`
	// Replayed says that the server answered with an answer that an earlier request had got.
	Replayed bool `json:"replayed"`
}

// Cases reads a table.
func Cases(path string) ([]Case, error) {
	file, err := os.Open(path) //nolint:gosec // the test's own
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var cases []Case
	decoder := json.NewDecoder(file)
	// A field that is spelled wrong would expect nothing.
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&cases); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return cases, nil
}
