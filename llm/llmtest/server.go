// Package llmtest holds a model's endpoint as a small server: chat/completions as OpenAI, OpenRouter and Ollama answer
// it, with the traps of each. Nothing of it reaches the internet, and the program never links it.
package llmtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode"
)

// Key is the one that the server takes.
const Key = "sk-model-hunter2"

// A Server is an endpoint that is told what to answer. Fields may be changed between requests, by Change where
// requests may be under way.
type Server struct {
	// URL is what chat/completions stands below.
	URL string

	// RefuseSchema and RefuseJSONObject answer 400 to those response formats, RefuseTemperature to a temperature other than
	// 1, and RefuseMaxTokens to max_tokens, as OpenAI's newer models do.
	RefuseSchema, RefuseJSONObject, RefuseTemperature, RefuseMaxTokens bool
	// ContextTokens refuses longer prompts as OpenAI does; 0 is no limit. SilentContext cuts them without a word, as Ollama.
	ContextTokens, SilentContext int
	// Otherwise answers what no Answer was meant for; without it such a request is a 500 and fails the test.
	Otherwise *Reply

	t       testing.TB
	mu      sync.Mutex
	asked   []Request
	scripts []*script
}

// A Request is one that the server got.
type Request struct {
	Model, System, Prompt string
	// Messages are the texts behind the system's, the prompt first: more than one is a round of repair.
	Messages    []string
	Temperature *float64
	MaxTokens   int
	// Format is the type of the response format, Schema the name of the JSON schema in it; "" is none.
	Format, Schema string
	// Strict: the answer was to be held to the schema.
	Strict bool
	Header http.Header
	// Body is the JSON as it came.
	Body string
}

// A Match says which requests a script answers: those whose texts contain these; "" takes any.
type Match struct {
	System, Prompt, Schema string
	// Last is in the last message: the prompt, or the fault that a repair tells.
	Last string
}

// A Reply is how one request is answered.
type Reply struct {
	// Text is what the model says; JSON is marshalled into it where it is set.
	Text string
	JSON any
	// Fenced puts the text into ```json, Chatty writes before and behind it, Thinking before it in <think>.
	Fenced, Chatty, Thinking bool
	// Finish is "stop" unless set: "length" and "content_filter" are the others.
	Finish string
	// Refusal is said instead of a text.
	Refusal string
	// InputTokens and OutputTokens are counted as words and a half unless set; NoUsage says nothing of them.
	InputTokens, OutputTokens int
	NoUsage                   bool
	// Cost is OpenRouter's usage.cost, in dollars.
	Cost *float64

	// Status other than 0 and 200 is an error, which Error describes; with 200 and an Error the error hides in an answer,
	// as OpenRouter does. Body replaces all of it.
	Status int
	Error  *Fault
	Header map[string]string
	Body   string

	// Until makes the answer wait for the channel's end, or for the client to go.
	Until <-chan struct{}
	// Hang sends the half of the body and then waits for the client to go; Drop closes the connection without an answer,
	// Break in the middle of it.
	Hang, Drop, Break bool
}

// A Fault is an endpoint's error.
type Fault struct {
	Code           any
	Message        string
	Type, Param    string
	FlaggedBecause []string
}

type script struct {
	match Match
	left  int // negative is for ever
	reply func(Request) Reply
}

// New starts a server; it ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL + "/v1"
	return s
}

// Answer answers the next requests that match, one with each reply; the scripts that came first are looked at first.
func (s *Server) Answer(m Match, replies ...Reply) {
	s.Change(func() {
		for _, r := range replies {
			s.scripts = append(s.scripts, &script{m, 1, func(Request) Reply { return r }})
		}
	})
}

// Always answers every request that matches and that no earlier script does.
func (s *Server) Always(m Match, reply func(Request) Reply) {
	s.Change(func() { s.scripts = append(s.scripts, &script{m, -1, reply}) })
}

// Change alters the server while it may be asked.
func (s *Server) Change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Asked are the requests so far, the refused ones included.
func (s *Server) Asked() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.asked...)
}

// Count is how many requests there were so far.
func (s *Server) Count() int { return len(s.Asked()) }

// ServeHTTP is the endpoint.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request, body, err := read(r)
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/chat/completions" {
		http.Error(w, "404 page not found", http.StatusNotFound)
		return
	}
	reply := s.reply(request, body, r.Header.Get("Authorization"))
	if reply.Until != nil {
		select {
		case <-reply.Until:
		case <-r.Context().Done():
			return
		}
	}
	s.write(w, r, request, reply)
}

// wire is the JSON of a request.
type wire struct {
	Model    string
	Messages []struct{ Role, Content string }
	// Pointers tell what was not sent.
	Temperature         *float64
	MaxTokens           *int `json:"max_tokens"`
	MaxCompletionTokens *int `json:"max_completion_tokens"`
	ResponseFormat      *struct {
		Type       string
		JSONSchema *struct {
			Name   string
			Schema json.RawMessage
			Strict bool
		} `json:"json_schema"`
	} `json:"response_format"`
}

func read(r *http.Request) (Request, wire, error) {
	var raw json.RawMessage
	var body wire
	if err := json.NewDecoder(r.Body).Decode(&raw); err != nil {
		return Request{}, body, err
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return Request{}, body, err
	}
	out := Request{Model: body.Model, Temperature: body.Temperature, Header: r.Header.Clone(), Body: string(raw)}
	for _, m := range body.Messages {
		if m.Role == "system" {
			out.System = m.Content
			continue
		}
		out.Messages = append(out.Messages, m.Content)
	}
	if len(out.Messages) > 0 {
		out.Prompt = out.Messages[0]
	}
	for _, limit := range []*int{body.MaxTokens, body.MaxCompletionTokens} {
		if limit != nil {
			out.MaxTokens = *limit
		}
	}
	if f := body.ResponseFormat; f != nil {
		out.Format = f.Type
		if f.JSONSchema != nil {
			out.Schema, out.Strict = f.JSONSchema.Name, f.JSONSchema.Strict
		}
	}
	return out, body, nil
}

// reply finds the answer to a request, and notes that it was asked.
func (s *Server) reply(r Request, body wire, authorization string) Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r)
	if authorization != "Bearer "+Key {
		return Reply{Status: http.StatusUnauthorized, Error: &Fault{
			Code: "invalid_api_key", Type: "invalid_request_error",
			Message: "Incorrect API key provided: " + strings.TrimPrefix(authorization, "Bearer ") + ".",
		}}
	}
	if refusal := s.refusal(r, body); refusal != nil {
		return Reply{Status: http.StatusBadRequest, Error: refusal}
	}
	for _, one := range s.scripts {
		if one.left == 0 || !one.match.fits(r) {
			continue
		}
		one.left--
		return one.reply(r)
	}
	if s.Otherwise != nil {
		return *s.Otherwise
	}
	s.t.Errorf("llmtest: nothing answers this request: system %.100q, prompt %.200q, schema %q", r.System, r.Prompt, r.Schema)
	return Reply{Status: http.StatusInternalServerError, Error: &Fault{Message: "no script"}}
}

func (m Match) fits(r Request) bool {
	last := ""
	if len(r.Messages) > 0 {
		last = r.Messages[len(r.Messages)-1]
	}
	return strings.Contains(r.System, m.System) && strings.Contains(r.Prompt, m.Prompt) &&
		strings.Contains(last, m.Last) && (m.Schema == "" || m.Schema == r.Schema)
}

// refusal is what the endpoint does not take of a request.
func (s *Server) refusal(r Request, body wire) *Fault {
	refuse := func(code, param, format string, args ...any) *Fault {
		return &Fault{Code: code, Type: "invalid_request_error", Param: param, Message: fmt.Sprintf(format, args...)}
	}
	used := tokens(r.System+" "+strings.Join(r.Messages, " ")) + r.MaxTokens
	switch {
	case len(body.Messages) == 0 || body.Model == "":
		return refuse("missing_required_parameter", "messages", "Missing required parameter.")
	case s.RefuseMaxTokens && body.MaxTokens != nil:
		return refuse("unsupported_parameter", "max_tokens", "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
	case s.RefuseTemperature && r.Temperature != nil && *r.Temperature != 1:
		return refuse("unsupported_value", "temperature", "Unsupported value: 'temperature' does not support %v with this model.", *r.Temperature)
	case s.RefuseSchema && r.Format == "json_schema", s.RefuseJSONObject && r.Format == "json_object":
		return refuse("invalid_request_error", "response_format", "response_format of type %s is not supported by this model", r.Format)
	case s.ContextTokens > 0 && used > s.ContextTokens:
		return refuse("context_length_exceeded", "messages", "This model's maximum context length is %d tokens. However, you requested %d tokens.", s.ContextTokens, used)
	}
	return nil
}

// tokens are counted as words and a half.
func tokens(text string) int {
	between := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	return len(strings.FieldsFunc(text, between)) * 3 / 2
}

// content is the text of a reply as it is wrapped.
func (r Reply) content() string {
	text := r.Text
	if r.JSON != nil {
		raw, err := json.Marshal(r.JSON)
		if err != nil {
			panic(err)
		}
		text = string(raw)
	}
	if r.Fenced {
		text = "```json\n" + text + "\n```"
	}
	if r.Chatty {
		text = "Sure! Here is the [requested] JSON:\n\n" + text + "\n\nLet me know if {anything} else is needed."
	}
	if r.Thinking {
		text = "<think>\nThe user wants {\"something\": 1}.\n</think>\n\n" + text
	}
	return text
}

func (s *Server) usage(q Request, r Reply) map[string]any {
	in, out := r.InputTokens, r.OutputTokens
	if in == 0 {
		in = tokens(q.System + " " + strings.Join(q.Messages, " "))
		s.mu.Lock()
		if s.SilentContext > 0 {
			in = min(in, s.SilentContext)
		}
		s.mu.Unlock()
	}
	if out == 0 {
		out = tokens(r.content())
	}
	usage := map[string]any{"prompt_tokens": in, "completion_tokens": out, "total_tokens": in + out}
	if r.Cost != nil {
		usage["cost"] = *r.Cost
	}
	return usage
}
