// Package behaviour is the table of what both SDKs do when the line or the server is at fault, and the proxy that plays the
// faults in front of a real server. clients/go and clients/ts run the same cases.
package behaviour

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"time"
)

//go:embed cases.json
var table []byte

// A Case is one row of the table. What is empty is not looked at, but for requests without an error, which must succeed.
type Case struct {
	Name string `json:"name"`
	// Do names what the SDK is asked to do; see the runners.
	Do string `json:"do"`
	// Script says what happens to the requests, one after the other; those behind its end pass.
	Script  []Step  `json:"script"`
	Options Options `json:"options"`
	Expect  Expect  `json:"expect"`
}

// Options set up the SDK; waits are milliseconds.
type Options struct {
	Attempts  int `json:"attempts"`
	WithinMS  int `json:"within_ms"`
	TimeoutMS int `json:"timeout_ms"`
	// CancelAt has the caller cancel as soon as so many requests have come.
	CancelAt int `json:"cancel_at"`
}

// Expect is what must come of it.
type Expect struct {
	Requests int    `json:"requests"`
	Error    *Fault `json:"error"`
	// Same are headers that every request must have, with the same value in all.
	Same []string `json:"same"`
	// Lacks are headers that no request may have.
	Lacks []string `json:"lacks"`
	// Resumed: the second request names an event in Last-Event-ID.
	Resumed bool `json:"resumed"`
	// Items is how many items a list has brought, each once.
	Items int `json:"items"`
	// Made is how many topics there are of the title that was to be created.
	Made *int `json:"made"`
	// Events are the types that must be among the events of a job.
	Events []string `json:"events"`
	// Aborted: the caller's own reason came back. JobFailed: the job did.
	Aborted   bool `json:"aborted"`
	JobFailed bool `json:"job_failed"`
}

// A Fault is an error of the SDK.
type Fault struct {
	Code   string `json:"code"`
	Status int    `json:"status"`
	// RetryAfter is in whole seconds, Attempts how many times the request was sent.
	RetryAfter int `json:"retry_after"`
	Attempts   int `json:"attempts"`
}

// Cases is the table.
func Cases() ([]Case, error) {
	var cases []Case
	err := json.Unmarshal(table, &cases)
	return cases, err
}

// A Step is what happens to one request: it passes unless something else is said.
type Step struct {
	// Answer is a status to answer with instead of asking the server.
	Answer  int               `json:"answer"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	// RetryAfterDate sets Retry-After to the time in so many seconds, as a date.
	RetryAfterDate int `json:"retry_after_date"`
	// Drop breaks the connection: "before" the server has seen the request, or "after".
	Drop string `json:"drop"`
	// Hang never answers.
	Hang bool `json:"hang"`
	// Cut breaks the answer off behind so many bytes of its body.
	Cut int `json:"cut"`
}

// A Proxy plays a script to requests on their way to a server, and notes them. Its own addresses begin with /_behaviour:
// PUT /_behaviour/script begins a script, GET /_behaviour/seen answers the headers of the requests since, with ?count=N once
// so many have come.
type Proxy struct {
	target *httputil.ReverseProxy
	mu     sync.Mutex
	script []Step
	seen   []http.Header
	// told is called when the request of this number comes.
	number int
	told   func()
}

// NewProxy makes a proxy in front of a server.
func NewProxy(server string) (*Proxy, error) {
	target, err := url.Parse(server)
	if err != nil {
		return nil, fmt.Errorf("behaviour: the server's address: %w", err)
	}
	p := &Proxy{target: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, FlushInterval: -1}}
	// What is cut off ends in a panic that says so; nothing else is worth a line.
	p.target.ErrorHandler = func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusBadGateway) }
	return p, nil
}

// Begin begins a script.
func (p *Proxy) Begin(script []Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script, p.seen = script, nil
}

// Seen are the headers of the requests since the script began.
func (p *Proxy) Seen() []http.Header {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// OnRequest has something done when the request of a number, counted from 1, has come since the script began.
func (p *Proxy) OnRequest(number int, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.number, p.told = number, do; len(p.seen) >= number {
		do()
	}
}

// ServeHTTP plays the next step.
func (p *Proxy) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/_behaviour/script":
		var script []Step
		if err := json.NewDecoder(r.Body).Decode(&script); err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		p.Begin(script)
	case "/_behaviour/seen":
		if count, err := strconv.Atoi(r.URL.Query().Get("count")); err == nil {
			came := make(chan struct{})
			p.OnRequest(count, sync.OnceFunc(func() { close(came) }))
			select {
			case <-came:
			case <-r.Context().Done():
			}
		}
		_ = json.NewEncoder(rw).Encode(p.Seen())
	default:
		p.play(p.next(r), rw, r)
	}
}

func (p *Proxy) next(r *http.Request) (step Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, r.Header.Clone())
	if p.told != nil && len(p.seen) == p.number {
		p.told()
	}
	if len(p.script) > 0 {
		step, p.script = p.script[0], p.script[1:]
	}
	return step
}

func (p *Proxy) play(s Step, rw http.ResponseWriter, r *http.Request) {
	switch {
	case s.Answer != 0:
		for name, value := range s.Headers {
			rw.Header().Set(name, value)
		}
		if s.RetryAfterDate != 0 {
			rw.Header().Set("Retry-After", time.Now().Add(time.Duration(s.RetryAfterDate)*time.Second).UTC().Format(http.TimeFormat))
		}
		rw.WriteHeader(s.Answer)
		_, _ = rw.Write([]byte(s.Body))
	case s.Drop == "before":
		panic(http.ErrAbortHandler)
	case s.Drop == "after":
		p.target.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case s.Hang:
		// A client that goes is only noticed once its body has been read.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	case s.Cut != 0:
		p.target.ServeHTTP(&cutting{ResponseWriter: rw, left: s.Cut}, r)
	default:
		p.target.ServeHTTP(rw, r)
	}
}

// cutting is an answer that breaks off.
type cutting struct {
	http.ResponseWriter
	left int
}

// Write passes on what is left, then breaks the connection.
func (c *cutting) Write(body []byte) (int, error) {
	n, err := c.ResponseWriter.Write(body[:min(c.left, len(body))])
	if c.left -= n; c.left <= 0 {
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, err
}

// Unwrap lets the proxy flush.
func (c *cutting) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// Same tells which header is missing in a request, or differs; "" if none.
func Same(requests []http.Header, names ...string) string {
	for _, name := range names {
		for i, header := range requests {
			if header.Get(name) == "" || header.Get(name) != requests[0].Get(name) {
				return name + " of request " + strconv.Itoa(i+1)
			}
		}
	}
	return ""
}
