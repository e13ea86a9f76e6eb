package llm

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A message is one turn of an exchange.
type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// An exchange is a request with all that was said.
type exchange struct {
	Request
	// messages are those behind the system's.
	messages []message
}

// perMessage is how many tokens a turn has besides its text.
const perMessage = 8

// tokens are bounds of how many tokens the exchange has.
func (x exchange) tokens() (least, most int) {
	for _, m := range append(x.messages, message{Content: x.system()}) {
		l, m := Tokens(m.Content)
		least, most = least+l, most+m+perMessage
	}
	return least, most
}

// system is the system's message. The schema stands in it whatever the endpoint takes beside: models answer better
// what they can read.
func (x exchange) system() string {
	if x.Schema == nil {
		return x.System
	}
	return strings.TrimSpace(x.System + "\n\nAnswer with JSON alone, without any text around it. It must fit this JSON schema:\n" + string(x.Schema.JSON))
}

// A body is the JSON of a request.
type body struct {
	Model               string          `json:"model"`
	Messages            []message       `json:"messages"`
	Temperature         *float64        `json:"temperature,omitempty"`
	MaxTokens           int             `json:"max_tokens,omitempty"`
	MaxCompletionTokens int             `json:"max_completion_tokens,omitempty"`
	ResponseFormat      *responseFormat `json:"response_format,omitempty"`
	// Usage makes OpenRouter tell what it charged, and an empty Transforms keeps it from cutting prompts.
	Usage      *usageWanted `json:"usage,omitempty"`
	Transforms *[]string    `json:"transforms,omitempty"`
}

type usageWanted struct {
	Include bool `json:"include"`
}

type responseFormat struct {
	Type   string        `json:"type"`
	Schema *schemaFormat `json:"json_schema,omitempty"`
}

type schemaFormat struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
	Strict bool            `json:"strict"`
}

func (c *Client) body(x exchange, d dialect) body {
	b := body{Model: c.config.Model}
	if system := x.system(); system != "" {
		b.Messages = append(b.Messages, message{"system", system})
	}
	b.Messages = append(b.Messages, x.messages...)
	if !d.ownTemperature {
		b.Temperature = &x.Temperature
	}
	if d.tokens == "max_tokens" {
		b.MaxTokens = x.MaxTokens
	} else {
		b.MaxCompletionTokens = x.MaxTokens
	}
	if x.Schema != nil {
		switch d.format {
		case jsonSchema:
			b.ResponseFormat = &responseFormat{"json_schema", &schemaFormat{x.Schema.Name, x.Schema.JSON, isStrict(x.Schema.JSON)}}
		case jsonObject:
			b.ResponseFormat = &responseFormat{Type: "json_object"}
		}
	}
	if c.provider == "openrouter" {
		b.Usage, b.Transforms = &usageWanted{true}, &[]string{}
	}
	return b
}

// How an endpoint is told that the answer is JSON, the best way first.
const (
	jsonSchema = iota
	jsonObject
	promptOnly
)

// A dialect is what an endpoint takes of the requests that all should take.
type dialect struct {
	format int
	// tokens is the name under which it takes MaxTokens.
	tokens string
	// ownTemperature: it takes no temperature.
	ownTemperature bool
}

func firstDialect(provider string) dialect {
	if provider == "openai" {
		return dialect{tokens: "max_completion_tokens"} // its newer models refuse the old name
	}
	return dialect{tokens: "max_tokens"}
}

// other is the dialect to try where one was not understood.
func (d dialect) other(x exchange, fault *Error) (dialect, bool) {
	if fault.Code != CodeBadRequest {
		return d, false
	}
	about := func(name string) bool { return fault.parameter == name || strings.Contains(fault.Message, name) }
	switch {
	case d.tokens == "max_tokens" && about("max_completion_tokens"):
		d.tokens = "max_completion_tokens"
	case !d.ownTemperature && about("temperature"):
		d.ownTemperature = true
	case x.Schema != nil && d.format < promptOnly:
		d.format++
	default:
		return d, false
	}
	return d, true
}

// A completion is the JSON of an answer.
type completion struct {
	Model   string `json:"model"`
	Choices []struct {
		Message struct {
			Content content `json:"content"`
			Refusal string  `json:"refusal"`
		} `json:"message"`
		FinishReason string    `json:"finish_reason"`
		Error        *apiError `json:"error"`
	} `json:"choices"`
	Usage *struct {
		PromptTokens     *int     `json:"prompt_tokens"`
		CompletionTokens *int     `json:"completion_tokens"`
		Cost             *float64 `json:"cost"`
	} `json:"usage"`
	Error *apiError `json:"error"`
}

// A content is a text, or a list of parts some of which are text.
type content string

// UnmarshalJSON reads either form; null is no text.
func (c *content) UnmarshalJSON(raw []byte) error {
	var text *string
	if json.Unmarshal(raw, &text) == nil {
		if text != nil {
			*c = content(*text)
		}
		return nil
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	for _, p := range parts {
		if p.Type == "text" {
			*c += content(p.Text)
		}
	}
	return nil
}

// An apiError is an endpoint's error: a text, or an object whose code is a number or a name.
type apiError struct {
	Message, Param, Type, Code string
	Status                     int
	Flagged                    bool
}

// UnmarshalJSON reads either form.
func (e *apiError) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &e.Message) == nil {
		return nil
	}
	var object struct {
		Message  string `json:"message"`
		Param    string `json:"param"`
		Type     string `json:"type"`
		Code     any    `json:"code"`
		Metadata struct {
			Reasons []string `json:"reasons"`
		} `json:"metadata"`
	}
	_ = json.Unmarshal(raw, &object) // an error of any other form is an error still
	e.Message, e.Param, e.Type, e.Flagged = object.Message, object.Param, object.Type, len(object.Metadata.Reasons) > 0
	switch code := object.Code.(type) {
	case float64:
		e.Status = int(code)
	case string:
		e.Code = code
		e.Status, _ = strconv.Atoi(code)
	}
	return nil
}

func (a completion) tokens() (in, out *int) {
	if a.Usage == nil {
		return nil, nil
	}
	in, out = a.Usage.PromptTokens, a.Usage.CompletionTokens
	if in != nil && *in == 0 {
		in = nil // every prompt has some
	}
	return in, out
}

// cost is what the endpoint says that it charged, in micro-dollars.
func (a completion) cost() *int64 {
	if a.Usage == nil || a.Usage.Cost == nil || *a.Usage.Cost < 0 || *a.Usage.Cost > 1e6 {
		return nil
	}
	cost := int64(math.Ceil(*a.Usage.Cost*1e6 - 1e-6))
	return &cost
}

// nothing reports whether there is neither text nor a reason for its absence.
func (a completion) nothing() bool {
	first := a.Choices[0]
	return strings.TrimSpace(string(first.Message.Content)) == "" && first.Message.Refusal == "" &&
		(first.FinishReason == "" || first.FinishReason == "stop")
}

// parse reads an answer whose status is 200, which may be an error all the same.
func (c *Client) parse(status int, header http.Header, raw []byte) (completion, error) {
	var said completion
	if err := json.Unmarshal(raw, &said); err != nil {
		what := "with what is no JSON"
		if strings.Contains(header.Get("Content-Type"), "html") {
			what = "with a web page: is its address the one below which chat/completions is"
		}
		return said, &Error{Code: CodeMalformed, Status: status, Message: c.Title() + " answered " + what + ".", Err: err}
	}
	if len(said.Choices) > 0 && said.Error == nil {
		said.Error = said.Choices[0].Error
	}
	switch {
	case said.Error != nil:
		if said.Error.Status == 0 {
			said.Error.Status = http.StatusBadGateway
		}
		e := c.fault(said.Error.Status, header, *said.Error, raw)
		e.Status, e.unpaid = status, len(said.Choices) == 0
		return said, e
	case len(said.Choices) == 0:
		return said, &Error{Code: CodeMalformed, Status: status, Message: c.Title() + " answered JSON without any choices."}
	}
	return said, nil
}

// refusal is an answer of another status than 200.
func (c *Client) refusal(status int, header http.Header, raw []byte) *Error {
	if status >= 300 && status < 400 {
		return &Error{Code: CodeMoved, Status: status, unpaid: true, Message: "The model's address, " + c.config.BaseURL + ", redirects; set the address that it leads to."}
	}
	var answer struct {
		Error *apiError `json:"error"`
	}
	// Gemini puts its errors into a list.
	trimmed := []byte(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(raw)), "["), "]"))
	said := apiError{}
	if json.Unmarshal(trimmed, &answer) == nil && answer.Error != nil {
		said = *answer.Error
	}
	e := c.fault(status, header, said, raw)
	e.unpaid = true
	return e
}

// fault is what an endpoint's error means.
func (c *Client) fault(status int, header http.Header, said apiError, raw []byte) *Error {
	e := &Error{Status: status, RetryAfter: c.retryAfter(header, raw), parameter: said.Param}
	e.Code = codeOf(status, said)
	words := map[string]string{
		CodeBadKey: "refuses the key", CodeNoCredit: "wants to be paid first", CodeForbidden: "does not let this key ask the model " + c.config.Model,
		CodeNotFound: "does not know the model " + c.config.Model, CodeTooLong: "says that the prompt is longer than the model's context",
		CodeRateLimited: "is asked too often", CodeOverloaded: "cannot answer now", CodeRefused: "will not answer this", CodeBadRequest: "does not take the request",
	}
	e.Message = fmt.Sprintf("%s %s (%d).", c.Title(), words[e.Code], status)
	if text := c.shown(said.Message); text != "" {
		e.Message = fmt.Sprintf("%s %s (%d): %s", c.Title(), words[e.Code], status, text)
	}
	return e
}

var tooLong = regexp.MustCompile(`(?i)context[ _](length|window|size)|maximum context|too many (input )?tokens|(prompt|input) is too long|input token count|exceeds? the (maximum|model)`)

func codeOf(status int, said apiError) string {
	switch {
	case said.Code == "insufficient_quota", status == http.StatusPaymentRequired:
		return CodeNoCredit
	case said.Code == "content_filter", said.Code == "content_policy_violation", said.Flagged:
		return CodeRefused
	case status == http.StatusUnauthorized:
		return CodeBadKey
	case status == http.StatusForbidden:
		return CodeForbidden
	case status == http.StatusNotFound:
		return CodeNotFound
	case status == http.StatusTooManyRequests:
		return CodeRateLimited
	case status >= 500, status == http.StatusRequestTimeout:
		return CodeOverloaded
	case said.Code == "context_length_exceeded", status == http.StatusRequestEntityTooLarge, tooLong.MatchString(said.Message):
		return CodeTooLong
	case strings.Contains(said.Message, "API key not valid"): // Gemini's 400
		return CodeBadKey
	}
	return CodeBadRequest
}

// shown is a text of the endpoint's as messages may show it: short, on one line, without the key.
func (c *Client) shown(text string) string {
	if c.config.APIKey != "" {
		text = strings.ReplaceAll(text, c.config.APIKey, "***")
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return text
}

// maxRetryAfter bounds what an endpoint can ask for.
const maxRetryAfter = 24 * time.Hour

// retryDelay is how Gemini writes it, into the body.
var retryDelay = regexp.MustCompile(`"retryDelay"\s*:\s*"(\d+)(?:\.\d+)?s"`)

// retryAfter reads seconds or a date; zero if nothing is said of the future.
func (c *Client) retryAfter(header http.Header, raw []byte) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if found := retryDelay.FindSubmatch(raw); value == "" && found != nil {
		value = string(found[1])
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
	}
	if date, err := http.ParseTime(value); err == nil {
		return min(max(date.Sub(c.config.Now()), 0), maxRetryAfter)
	}
	return 0
}

// read is the answer in the body of a reply, be it new or from the book.
func (c *Client) read(a Answer, raw []byte, least, most int) (Answer, error) {
	said, err := c.parse(http.StatusOK, http.Header{}, raw)
	if err != nil {
		return a, err
	}
	first := said.Choices[0]
	a.Model, a.Text = said.Model, strings.TrimSpace(string(first.Message.Content))
	fault := func(code, format string, args ...any) (Answer, error) {
		return a, &Error{Code: code, Status: http.StatusOK, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case c.truncated(a, least, most):
		return fault(CodeTruncated, "%s read only %d tokens of a prompt of %d to %d, and did not say so.%s", c.Title(), *a.InputTokens, least, most, c.cure())
	case first.Message.Refusal != "":
		return fault(CodeRefused, "The model %s will not answer this: %s", c.config.Model, c.shown(first.Message.Refusal))
	case first.FinishReason == "content_filter":
		return fault(CodeRefused, "A filter of %s holds the answer back.", c.Title())
	case first.FinishReason == "length" && c.contextFull(a):
		return fault(CodeCutOff, "The answer of the model %s broke off where its context was full.%s", c.config.Model, c.cure())
	case first.FinishReason == "length":
		return fault(CodeCutOff, "The answer of the model %s is longer than allowed, and broke off.", c.config.Model)
	case a.Text == "":
		return fault(CodeEmpty, "The model %s answered nothing.", c.config.Model)
	}
	return a, nil
}

// truncated reports whether the endpoint read less than was sent. Ollama cuts what is longer than its num_ctx, which
// it takes from its own settings alone: then it counts fewer tokens than the prompt has at least, or just as many as
// its context, a power of two. Counts are not exact, so a quarter is let pass, and no context is so small that it cuts
// a few sentences.
func (c *Client) truncated(a Answer, least, most int) bool {
	if a.InputTokens == nil {
		return false
	}
	read := *a.InputTokens
	return least >= 256 && read < least-least/4 || c.provider == "ollama" && read >= 2048 && bits.OnesCount(uint(read)) == 1 && read < most
}

// contextFull reports whether the whole context was used up, as Ollama's defaults have it.
func (c *Client) contextFull(a Answer) bool {
	if c.provider != "ollama" || a.InputTokens == nil || a.OutputTokens == nil {
		return false
	}
	sum := *a.InputTokens + *a.OutputTokens
	return sum >= 2048 && bits.OnesCount(uint(sum)) == 1
}

// cure is what helps against too small a context.
func (c *Client) cure() string {
	if c.provider != "ollama" {
		return ""
	}
	return " Ollama's OpenAI endpoint takes the context from the server alone, 4,096 unless told otherwise: start it with " +
		"OLLAMA_CONTEXT_LENGTH, or make a model with PARAMETER num_ctx, and set LLM_CONTEXT_TOKENS to the same."
}
