// Package contentcreator is the Go client of the Content Creator API: every operation with its types, and around them
// retries, idempotency keys, typed errors, iterators over lists and events, and waiting for jobs.
package contentcreator

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/gen/client"
)

// Version is the version of this package and of the specification it was made of.
const Version = "0.1.0"

// Retries say how patiently a call is repeated. Zero fields have the defaults.
type Retries struct {
	// Attempts is how many times a request is sent at most: 4 by default, 1 for no retries.
	Attempts int
	// Within bounds all attempts and waits together: 2 minutes by default. A wait that would end later is not begun.
	Within time.Duration
	// First bounds the first wait, and Longest every one that the server does not ask for: 250 ms and 10 s by default.
	// A wait is a random part of its bound, which doubles each time.
	First, Longest time.Duration
}

// A Client calls the API. It is safe for concurrent use.
type Client struct {
	// API has every operation of the specification. Its calls are sent by this client: what is no success is an Error, so that
	// an answer without one has its JSON200, JSON201 or JSON202.
	API *client.ClientWithResponses

	http       *http.Client
	base       string
	key        func(context.Context) (string, error)
	userAgent  string
	timeout    time.Duration
	silence    time.Duration
	reconnects int
	retries    Retries
}

// An Option sets up a client.
type Option func(*Client)

// WithKey sets the API key.
func WithKey(key string) Option {
	return WithKeyFunc(func(context.Context) (string, error) { return key, nil })
}

// WithKeyFunc sets what is asked for the key before each attempt, so that keys may change.
func WithKeyFunc(key func(context.Context) (string, error)) Option {
	return func(c *Client) { c.key = key }
}

// WithKeyFromEnvironment takes the key from CONTENT_CREATOR_API_KEY, as it is at the time of each attempt.
func WithKeyFromEnvironment() Option {
	return WithKeyFunc(func(context.Context) (string, error) {
		return os.Getenv("CONTENT_CREATOR_API_KEY"), nil //nolint:forbidigo // a library has no config; it looks only if told
	})
}

// WithHTTPClient sets what sends requests; http.DefaultClient unless told otherwise.
func WithHTTPClient(h *http.Client) Option { return func(c *Client) { c.http = h } }

// WithTimeout bounds each attempt, its answer's body included: 30 seconds by default. Where `Prefer: wait` asks the
// server to wait, that much is added. It does not bound streams.
func WithTimeout(d time.Duration) Option { return func(c *Client) { c.timeout = d } }

// WithRetries sets how patiently calls are repeated.
func WithRetries(r Retries) Option { return func(c *Client) { c.retries = r } }

// WithSilence sets after which silence an event stream counts as broken: 45 seconds by default, three times as long
// as a server is ever silent.
func WithSilence(d time.Duration) Option { return func(c *Client) { c.silence = d } }

// WithReconnects sets how many times in a row a broken stream is opened again in vain: 10 by default.
func WithReconnects(n int) Option { return func(c *Client) { c.reconnects = n } }

// WithUserAgent puts your program's name, such as "newsroom/2.1", before the client's own.
func WithUserAgent(program string) Option {
	return func(c *Client) { c.userAgent = program + " " + c.userAgent }
}

// New makes a client of the server at an address such as https://content.example.org; /api/v1 is added unless it is there.
func New(baseURL string, options ...Option) (*Client, error) {
	parsed, err := url.Parse(strings.TrimRight(baseURL, "/"))
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		// The address is not repeated: it may hold a password.
		return nil, errors.New("content creator: the base URL must be an http or https address without user, query and fragment")
	}
	c := &Client{
		base: strings.TrimSuffix(parsed.String(), "/api/v1") + "/api/v1", http: http.DefaultClient, timeout: 30 * time.Second,
		silence: 45 * time.Second, reconnects: 10, userAgent: "content-creator-go/" + Version,
	}
	for _, option := range options {
		option(c)
	}
	c.retries = c.retries.withDefaults()
	c.API, err = client.NewClientWithResponses(c.base, client.WithHTTPClient(c), client.WithRequestEditorFn(keyed))
	return c, err
}

// BaseURL is where the operations begin. With it and the client as its HTTP client, generated code of your own gets
// keys, retries and typed errors, too.
func (c *Client) BaseURL() string { return c.base }

func (r Retries) withDefaults() Retries {
	if r.Attempts == 0 {
		r.Attempts = 4
	}
	if r.Within == 0 {
		r.Within = 2 * time.Minute
	}
	if r.First == 0 {
		r.First = 250 * time.Millisecond
	}
	if r.Longest == 0 {
		r.Longest = 10 * time.Second
	}
	return r
}
