// Package llm asks language models: one client for every endpoint that speaks as OpenAI's chat/completions does, with
// deadlines, retries by cause, prices, and typed answers that are checked against their schema. Nothing is cut in
// silence: what does not fit, or was not read in full, is an error.
package llm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/content-creator/content-creator-api/ledger"
)

// DefaultMaxTokens is how long an answer may be whose Request does not say.
const DefaultMaxTokens = 2000

// maxTries is how often a request is sent at most, the first time included.
const maxTries = 3

// Config says which model is asked, and where. Every zero field but BaseURL and Model takes its default.
type Config struct {
	// BaseURL is what chat/completions stands below, as https://openrouter.ai/api/v1 or http://localhost:11434/v1.
	BaseURL string
	// APIKey is the bearer; "" sends none.
	APIKey string
	Model  string
	// ContextTokens is how many tokens prompt and answer may have together; 0 is not known, and then not checked.
	ContextTokens int
	// Price is what a million tokens cost; nil fields are not known. Ollama on a machine of one's own is free.
	Price ledger.Price

	Timeout time.Duration // 120 s for a request, its answer included
	MaxBody int64         // 8 MiB
	Backoff time.Duration // 1 s before the second try, twice that before the third, and up to as much again at random
	// MaxWait is the longest Retry-After that is waited for, 20 s; a longer one is the caller's to wait for.
	MaxWait time.Duration

	HTTP http.RoundTripper // connections of its own
	Now  func() time.Time  // time.Now
}

// A Client asks one model. It is safe for concurrent use.
type Client struct {
	config   Config
	provider string
	http     *http.Client

	mu sync.Mutex
	// dialect is what the endpoint has been found to take.
	dialect dialect
}

// New makes a Client. It connects to nothing yet.
func New(c Config) *Client {
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.Timeout = cmp.Or(c.Timeout, 120*time.Second)
	c.MaxBody = cmp.Or(c.MaxBody, 8<<20)
	c.Backoff = cmp.Or(c.Backoff, time.Second)
	c.MaxWait = cmp.Or(c.MaxWait, 20*time.Second)
	if c.HTTP == nil {
		c.HTTP = http.DefaultTransport.(*http.Transport).Clone()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	provider, free := providerOf(c.BaseURL)
	if free && c.Price == (ledger.Price{}) {
		zero := int64(0)
		c.Price = ledger.Price{PerInput: &zero, PerOutput: &zero}
	}
	client := &Client{config: c, provider: provider, dialect: firstDialect(provider)}
	// A redirect would carry the key to another place, and the request as a GET.
	client.http = &http.Client{Transport: c.HTTP, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return client
}

// Provider is who is asked: openrouter, openai, gemini, ollama, or else the host of the address.
func (c *Client) Provider() string { return c.provider }

// Title is who is asked, as people know it.
func (c *Client) Title() string { return title(c.provider) }

// title is a provider as people know it.
func title(provider string) string {
	return cmp.Or(map[string]string{"openrouter": "OpenRouter", "openai": "OpenAI", "gemini": "Gemini", "ollama": "Ollama"}[provider], provider)
}

// Model is which model is asked.
func (c *Client) Model() string { return c.config.Model }

// Price is what a million tokens cost; nil fields are not known.
func (c *Client) Price() ledger.Price { return c.config.Price }

// ContextTokens is how many tokens prompt and answer may have together; 0 is not known.
func (c *Client) ContextTokens() int { return c.config.ContextTokens }

// providerOf names who answers at an address, and whether that is free because it is one's own machine.
func providerOf(base string) (name string, free bool) {
	u, err := url.Parse(base)
	if err != nil {
		return "unknown", false
	}
	host := strings.ToLower(u.Hostname())
	below := func(domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }
	switch {
	case below("openrouter.ai"):
		return "openrouter", false
	case below("openai.com"):
		return "openai", false
	case below("googleapis.com"):
		return "gemini", false
	case below("ollama.com"):
		return "ollama", false
	case u.Port() == "11434", slices.Contains(strings.Split(host, "."), "ollama"):
		return "ollama", true
	}
	return host, false
}

// A Request is what a model is asked.
type Request struct {
	// Operation is what it is for, as "plan" or "write"; it is booked, not sent.
	Operation string
	// System says how to answer, Prompt what.
	System, Prompt string
	// MaxTokens is how long the answer may be, DefaultMaxTokens unless set.
	MaxTokens   int
	Temperature float64
	// Schema is what a JSON answer must fit; nil asks for text.
	Schema *Schema
}

// An Answer is what the model said.
type Answer struct {
	Text string
	// Model is which one answered, as the endpoint names it.
	Model string
	// InputTokens and OutputTokens are as the endpoint counted them, and Cost is in micro-dollars; nil is not known.
	InputTokens, OutputTokens *int
	Cost                      *int64
	// FromBook: the call had been answered before, and was not sent.
	FromBook bool
}

// Ask asks the model once, as often as it takes to be answered. The error is an *Error, ledger.ErrBudget,
// ledger.ErrLost or the book's own; with CodeCutOff comes the Answer as far as it got.
//
// Each HTTP request goes through the book. An answer that was paid for is booked as one, also where its text is of no
// use: asked again, the book tells the same fault and nothing is paid twice. To a request that failed, send's Reply
// tells a Cost of zero where nothing can have been charged, and nil where that is not known.
func (c *Client) Ask(ctx context.Context, book ledger.Book, r Request) (Answer, error) {
	return c.ask(ctx, book, r, nil)
}

// ask is Ask with what was said after the prompt.
func (c *Client) ask(ctx context.Context, book ledger.Book, r Request, after []message) (Answer, error) {
	r.MaxTokens = cmp.Or(r.MaxTokens, DefaultMaxTokens)
	x := exchange{Request: r, messages: append([]message{{"user", r.Prompt}}, after...)}
	least, most := x.tokens()
	if room := c.config.ContextTokens; room > 0 && most+r.MaxTokens > room {
		return Answer{}, &Error{Code: CodeTooLong, unsent: true, Message: fmt.Sprintf(
			"The prompt (up to %d tokens) and its answer (up to %d) are up to %d tokens longer than the context of %s (%d).",
			most, r.MaxTokens, most+r.MaxTokens-room, c.config.Model, room)}
	}
	call := c.call(x, most)
	reply, sent, err := c.persist(ctx, book, call, x)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{InputTokens: reply.InputTokens, OutputTokens: reply.OutputTokens, Cost: reply.Cost, FromBook: !sent}
	return c.read(answer, reply.Body, least, most)
}

// call is the exchange as it is booked. It does not depend on the endpoint's dialect, so that a question is the same
// call whichever way it is put.
func (c *Client) call(x exchange, most int) ledger.Call {
	request, err := json.Marshal(c.body(x, dialect{tokens: "max_tokens"}))
	if err != nil {
		panic(err) // strings and numbers alone
	}
	return ledger.Call{
		Provider: c.provider, Model: c.config.Model, Operation: x.Operation, Request: request, Price: c.config.Price,
		Most: c.cost(&most, &x.MaxTokens),
	}
}

// cost is what tokens cost, rounded up; nil where that is not known.
func (c *Client) cost(in, out *int) *int64 {
	p := c.config.Price
	if p.PerInput == nil || p.PerOutput == nil {
		return nil
	}
	total := int64(0)
	if *p.PerInput != 0 || *p.PerOutput != 0 {
		if in == nil || out == nil {
			return nil
		}
		total = (int64(*in)**p.PerInput + int64(*out)**p.PerOutput + 999_999) / 1_000_000
	}
	if p.PerRequest != nil {
		total += *p.PerRequest
	}
	return &total
}

// persist sends the exchange until it is answered, or it makes no sense to send it again.
func (c *Client) persist(ctx context.Context, book ledger.Book, call ledger.Call, x exchange) (reply ledger.Reply, sent bool, err error) {
	c.mu.Lock()
	spoken := c.dialect
	c.mu.Unlock()
	for try := 1; ; {
		reply, err := book.Make(ctx, call, func(ctx context.Context) (ledger.Reply, error) {
			sent = true
			return c.send(ctx, x, spoken)
		})
		if err == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			if sent {
				c.dialect = spoken
			}
			return reply, sent, nil
		}
		var fault *Error
		if !errors.As(err, &fault) {
			return reply, sent, err
		}
		if other, found := spoken.other(x, fault); found {
			spoken = other
			continue
		}
		wait := cmp.Or(fault.RetryAfter, c.config.Backoff<<(try-1)+rand.N(c.config.Backoff)) //nolint:gosec // jitter is no secret
		if !fault.again() || try == maxTries || wait > c.config.MaxWait {
			return reply, sent, err
		}
		select {
		case <-ctx.Done():
			return reply, sent, canceled(ctx)
		case <-time.After(wait):
		}
		try++
	}
}

func canceled(ctx context.Context) *Error {
	return &Error{Code: CodeCanceled, Message: "The model did not answer in the time that it was given.", Err: ctx.Err()}
}

// send sends one request. What it answers was paid for, as far as anybody knows.
func (c *Client) send(ctx context.Context, x exchange, d dialect) (ledger.Reply, error) {
	raw, status, header, err := c.post(ctx, x, d)
	if err == nil && status != http.StatusOK {
		err = c.refusal(status, header, raw)
	}
	var said completion
	if err == nil {
		said, err = c.parse(status, header, raw)
	}
	if err != nil {
		var reply ledger.Reply
		var fault *Error
		if errors.As(err, &fault) && (fault.unsent || fault.unpaid) {
			reply.Cost = new(int64)
		}
		return reply, err
	}
	reply := ledger.Reply{Body: raw}
	reply.InputTokens, reply.OutputTokens = said.tokens()
	reply.Cost = said.cost()
	if reply.Cost == nil {
		reply.Cost = c.cost(reply.InputTokens, reply.OutputTokens)
	}
	if said.nothing() && (reply.OutputTokens == nil || *reply.OutputTokens == 0) {
		// A model that is warming up; the prompt may have been charged.
		return ledger.Reply{InputTokens: reply.InputTokens, OutputTokens: reply.OutputTokens, Cost: reply.Cost}, &Error{
			Code: CodeEmpty, Status: status, Message: "The model " + c.config.Model + " answered nothing.",
		}
	}
	return reply, nil
}

// post sends a request and reads the answer whole.
func (c *Client) post(ctx context.Context, x exchange, d dialect) (raw []byte, status int, header http.Header, err error) {
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	body, err := json.Marshal(c.body(x, d))
	if err != nil {
		return nil, 0, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.BaseURL+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return nil, 0, nil, &Error{Code: CodeUnreachable, unsent: true, Message: "The address of the model is not one.", Err: err}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	if c.config.APIKey != "" {
		request.Header.Set("Authorization", "Bearer "+c.config.APIKey)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, 0, nil, c.failure(outer, 0, err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err = io.ReadAll(io.LimitReader(response.Body, c.config.MaxBody+1))
	switch {
	case err != nil:
		return nil, 0, nil, c.failure(outer, response.StatusCode, err)
	case int64(len(raw)) > c.config.MaxBody:
		return nil, 0, nil, &Error{Code: CodeTooLarge, Status: response.StatusCode, Message: fmt.Sprintf("%s answered more than %d bytes.", c.Title(), c.config.MaxBody)}
	}
	return raw, response.StatusCode, response.Header, nil
}

// failure is why there is no answer, or no whole one.
func (c *Client) failure(outer context.Context, status int, err error) *Error {
	var own *url.Error
	if errors.As(err, &own) {
		err = own.Err // the address is known
	}
	var op *net.OpError
	var timeout net.Error
	e := &Error{Status: status, Err: err}
	switch {
	case outer.Err() != nil:
		return canceled(outer)
	case errors.As(err, &op) && op.Op == "dial":
		e.Code, e.unsent, e.Message = CodeUnreachable, true, "Nobody answers at the model's address, "+c.config.BaseURL+"."
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Code, e.Message = CodeTimeout, fmt.Sprintf("%s did not answer within %s.", c.Title(), c.config.Timeout)
	default:
		e.Code, e.Message = CodeDisconnected, "The connection to "+c.Title()+" broke before its answer was whole."
	}
	return e
}
