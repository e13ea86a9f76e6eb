package behaviour

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Proxy stands before a server. Below /s/ID it does what the script ID says; beside that it has feeds for the server
// to poll. It is a http.Handler and safe for concurrent use.
//
//	POST /scripts          begins a script: the steps in, {"id"} out
//	GET  /scripts/ID?least=N   what was seen, once that are N requests
//	     /s/ID/…           the server, by the script
//	GET  /feeds/ok.xml     two articles; missing.xml is not there, hanging.xml never answers
type Proxy struct {
	http.Handler
	target  *url.URL
	mu      sync.Mutex
	scripts map[string]*script
}

// A script is what is still to be done, and what was seen.
type script struct {
	mu    sync.Mutex
	steps []Step
	seen  []*Seen
	// more is closed and replaced with each request.
	more chan struct{}
}

// NewProxy makes a proxy before the server at an address.
func NewProxy(target string) (*Proxy, error) {
	parsed, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	// A path that is joined to an empty one would be relative.
	parsed.Path += "/"
	p := &Proxy{target: parsed, scripts: map[string]*script{}}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /scripts", p.begin)
	routes.HandleFunc("GET /scripts/{id}", p.tell)
	routes.HandleFunc("/s/{id}/{rest...}", p.serve)
	routes.HandleFunc("GET /feeds/ok.xml", feed)
	routes.HandleFunc("GET /feeds/hanging.xml", hang)
	p.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		// A client's transport may send again by itself on a connection that was kept.
		rw.Header().Set("Connection", "close")
		routes.ServeHTTP(rw, r)
	})
	return p, nil
}

func (p *Proxy) begin(rw http.ResponseWriter, r *http.Request) {
	s := &script{more: make(chan struct{})}
	var steps []Step
	if err := json.NewDecoder(r.Body).Decode(&steps); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	for _, step := range steps {
		for range max(1, step.Times) {
			s.steps = append(s.steps, step)
		}
	}
	p.mu.Lock()
	id := strconv.Itoa(len(p.scripts))
	p.scripts[id] = s
	p.mu.Unlock()
	_ = json.NewEncoder(rw).Encode(map[string]string{"id": id})
}

func (p *Proxy) script(r *http.Request) *script {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.scripts[r.PathValue("id")]
}

// tell answers what was seen, once it is as much as is asked for.
func (p *Proxy) tell(rw http.ResponseWriter, r *http.Request) {
	s := p.script(r)
	if s == nil {
		http.NotFound(rw, r)
		return
	}
	least, _ := strconv.Atoi(r.URL.Query().Get("least"))
	for {
		s.mu.Lock()
		more, text := s.more, []byte(nil)
		if len(s.seen) >= least {
			text, _ = json.Marshal(s.seen)
		}
		s.mu.Unlock()
		if text != nil {
			_, _ = rw.Write(text)
			return
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}

// next notes a request and takes the step for it.
func (s *script) next(r *http.Request, path string) (Step, *Seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := &Seen{Method: r.Method, Path: path, Query: r.URL.Query(), Headers: r.Header.Clone(), At: time.Now()}
	s.seen = append(s.seen, seen)
	close(s.more)
	s.more = make(chan struct{})
	if len(s.steps) == 0 {
		return Step{}, seen
	}
	step := s.steps[0]
	s.steps = s.steps[1:]
	return step, seen
}

// serve does a step.
func (p *Proxy) serve(rw http.ResponseWriter, r *http.Request) {
	s := p.script(r)
	if s == nil {
		http.NotFound(rw, r)
		return
	}
	path := "/" + r.PathValue("rest")
	step, seen := s.next(r, path)
	switch {
	case step.Drop == "before":
		panic(http.ErrAbortHandler)
	case step.Hang:
		hang(rw, r)
	case step.Status > 0:
		step.answer(rw)
	default:
		response, err := p.forward(r, path)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer func() { _ = response.Body.Close() }()
		if response.Header.Get("Idempotency-Replayed") == "true" {
			s.mu.Lock()
			seen.Replayed = true
			s.mu.Unlock()
		}
		step.pass(rw, response)
	}
}

// answer answers in the server's place.
func (s Step) answer(rw http.ResponseWriter) {
	for name, value := range s.Headers {
		if seconds, relative := strings.CutPrefix(value, "+"); relative && name == "Retry-After" {
			n, _ := strconv.Atoi(seconds)
			value = time.Now().Add(time.Duration(n) * time.Second).UTC().Format(http.TimeFormat)
		}
		rw.Header().Set(name, value)
	}
	rw.WriteHeader(s.Status)
	_, _ = io.WriteString(rw, s.Body) //nolint:gosec // the test's own
}

// forward sends a request on. What the server was told is done, even if the client goes.
func (p *Proxy) forward(r *http.Request, path string) (*http.Response, error) {
	ctx := context.WithoutCancel(r.Context())
	if r.Header.Get("Accept") == "text/event-stream" {
		ctx = r.Context()
	}
	request := r.Clone(ctx)
	request.URL = p.target.JoinPath(path)
	request.URL.RawQuery = r.URL.RawQuery
	request.RequestURI, request.Host = "", p.target.Host
	return http.DefaultTransport.RoundTrip(request)
}

// pass hands an answer on, as far as the step lets it.
func (s Step) pass(rw http.ResponseWriter, response *http.Response) {
	if s.Drop == "after" {
		_, _ = io.Copy(io.Discard, response.Body)
		panic(http.ErrAbortHandler)
	}
	for name, values := range response.Header {
		rw.Header()[name] = values
	}
	if s.Cut != nil && s.Cut.Chunked {
		rw.Header().Del("Content-Length")
	}
	stream := response.Header.Get("Content-Type") == "text/event-stream"
	if stream {
		// Node 20 takes what is cut off for whole where the connection was to be closed anyway.
		rw.Header().Del("Connection")
	}
	rw.WriteHeader(response.StatusCode)
	switch {
	case stream:
		s.stream(rw, response)
	case s.Cut != nil:
		_, _ = io.CopyN(rw, response.Body, int64(s.Cut.Bytes))
		_ = http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	default:
		_, _ = io.Copy(rw, response.Body)
	}
}

// stream hands a stream on, line by line.
func (s Step) stream(rw http.ResponseWriter, response *http.Response) {
	flush := http.NewResponseController(rw).Flush
	body, events := bufio.NewReader(response.Body), 0
	for {
		line, err := body.ReadString('\n')
		if err != nil {
			return
		}
		event := strings.HasPrefix(line, "data:")
		if event && s.Cut != nil && s.Cut.Events != nil && events >= *s.Cut.Events {
			if s.Cut.Clean {
				return
			}
			_, _ = io.WriteString(rw, line[:len(line)/2]) //nolint:gosec // the server's own
			_ = flush()
			panic(http.ErrAbortHandler)
		}
		if event {
			events++
		}
		if _, err := io.WriteString(rw, line); err != nil || flush() != nil { //nolint:gosec // the server's own
			return
		}
		if line == "\n" && events == 1 && s.PauseMS > 0 {
			select {
			case <-time.After(time.Duration(s.PauseMS) * time.Millisecond):
			case <-response.Request.Context().Done():
				return
			}
			s.PauseMS = 0
		}
	}
}

func hang(_ http.ResponseWriter, r *http.Request) {
	// The end of the body has to be read, or the server does not notice that the client goes.
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// feed is a feed of two articles.
func feed(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
	_, _ = fmt.Fprint(rw, `<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title><link>https://example.org/</link>`)
	for n := range 2 {
		_, _ = fmt.Fprintf(rw, `<item><title>Article %d</title><link>https://example.org/behaviour/%d</link><guid>%d</guid></item>`, n, n, n)
	}
	_, _ = fmt.Fprint(rw, `</channel></rss>`)
}
