// Package research finds pages to questions and orders them: search backends behind one small face, their answers fused,
// copies counted once, and every score told with its parts.
//
// The services here are asked over connections of their own, not through collect.Fetcher: their addresses are the
// operator's settings and may well lie in a private network (SearXNG on localhost), they want other methods and headers,
// and a key must not follow a redirect. Deadlines and size limits hold all the same. The pages that they find are
// another matter: those are fetched by collect, whose guards hold.
package research

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/language"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/ledger"
)

// A Backend finds pages for a query.
type Backend struct {
	Name string
	// Price has PerRequest; the other fields are of services that are paid by tokens, too.
	Price ledger.Price
	// Search answers what it found, best first; an empty list is that it found nothing, and no error. Every failure is
	// one, a *BackendError.
	Search func(ctx context.Context, q Query) ([]Hit, error)
	// Own is the own archive: it is asked without a book.
	Own bool

	// model is which one a service asks that has models.
	model string
	// most is what a request can cost at most, where that is more than Price.PerRequest.
	most *int64
	// metered is Search for services that tell what a request has cost.
	metered func(ctx context.Context, q Query) (found, error)
}

// found is what a metered search has come to.
type found struct {
	hits    []Hit
	in, out *int
	cost    *int64
}

// A Query is what to look for.
type Query struct {
	// Text is as a person would type it.
	Text string `json:"text"`
	// Language is a BCP 47 tag and Market an ISO 3166 code of a country, as "de"; "" asks for any.
	Language string `json:"language"`
	Market   string `json:"market"`
	// Limit is how many hits are wanted of each backend, 10 unless set; some have fewer to give.
	Limit int `json:"limit"`
	// Since leaves out what is known to be older, to the day; the zero time leaves out nothing.
	Since time.Time `json:"since"`
}

// maxLimit bounds Query.Limit.
const maxLimit = 100

func (q Query) limit(most int) int { return max(1, min(cmp.Or(q.Limit, 10), most, maxLimit)) }

// tongue is the query's language as ISO 639, "" where there is none.
func (q Query) tongue() string {
	tag, err := language.Parse(q.Language)
	if err != nil || q.Language == "" || tag == language.Und {
		return ""
	}
	base, _ := tag.Base()
	return base.String()
}

// region is the query's country as ISO 3166 in capitals, "" where there is none.
func (q Query) region() string {
	code := strings.ToUpper(strings.TrimSpace(q.Market))
	if code == "UK" {
		code = "GB" // what it calls itself on the net
	}
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() {
		return ""
	}
	return region.String()
}

// A Hit is a page that a backend found.
type Hit struct {
	URL   string `json:"url"`
	Title string `json:"title"`
	// Snippet is what the backend says that the page says; it is shown and ranked by, and never quoted.
	Snippet string `json:"snippet"`
	// Text is the page's own, where the backend has it.
	Text        string     `json:"text,omitempty"`
	PublishedAt *time.Time `json:"published_at"`
	Backend     string     `json:"backend"`
	// Rank is its place in the backend's list, from 1.
	Rank int `json:"rank"`
	// Score is the backend's own, on a scale of its own.
	Score *float64 `json:"score,omitempty"`
	// DocumentID is set where the page is a document of the archive.
	DocumentID *uuid.UUID `json:"document_id,omitempty"`
	// Redirect: the address leads to the page over another site, and Title is all that tells which.
	Redirect bool `json:"redirect,omitempty"`
}

// The codes of a BackendError; no others occur.
const (
	CodeBadKey         = "bad_key"         // the service refuses the key
	CodeNoCredit       = "no_credit"       // the plan or the credit is used up
	CodeForbidden      = "forbidden"       // the plan does not include what was asked
	CodeFormatDisabled = "format_disabled" // SearXNG is not set up to answer JSON
	CodeBadRequest     = "bad_request"     // the service does not take the query
	CodeRateLimited    = "rate_limited"    // asked too often
	CodeUnavailable    = "unavailable"     // the service, or all engines behind it, cannot answer now
	CodeUnreachable    = "unreachable"     // nobody answers at the address, or the connection broke
	CodeTimeout        = "timeout"         // no whole answer in time
	CodeTooLarge       = "too_large"       // the answer is longer than it may be
	CodeBadAnswer      = "bad_answer"      // the answer is not what the interface says
	CodeRefused        = "refused"         // a filter of the service holds the answer back
	CodeCanceled       = "canceled"        // the caller gave up
	CodeBudget         = "budget"          // the budget does not allow to ask
	CodeLost           = "lost"            // it was asked before, and the answer was lost
	CodeFailed         = "failed"          // the backend failed in a way of its own
)

// A BackendError says why a backend found nothing. Its JSON form is what runs keep.
type BackendError struct {
	Backend string `json:"backend"`
	// Code is one of the Code constants.
	Code string `json:"code"`
	// Message is a sentence for a person, without keys.
	Message string `json:"message"`
	// RetryAfter is how long the service asks to wait, in nanoseconds; zero means it does not say.
	RetryAfter time.Duration `json:"retry_after"`
	// Refusal is what of the budget is used up, with CodeBudget.
	Refusal *ledger.Refusal `json:"refusal,omitempty"`
	// Err is the cause, for the log only.
	Err error `json:"-"`
}

func (e *BackendError) Error() string { return e.Message }

func (e *BackendError) Unwrap() error { return e.Err }

// Transient reports whether the same question may be answered later.
func (e *BackendError) Transient() bool {
	switch e.Code {
	case CodeRateLimited, CodeUnavailable, CodeUnreachable, CodeTimeout:
		return true
	}
	return false
}

// Services says which services there are, and with which keys. One without its key, or without its address in SearXNG's
// case, is absent.
type Services struct {
	SearXNGURL string

	TavilyURL, TavilyKey string
	// TavilyPrice and BravePrice are for a request, in micro-dollars; nil is not known.
	TavilyPrice *int64
	// TavilyText asks Tavily for the pages' texts, which takes longer.
	TavilyText bool

	BraveURL, BraveKey string
	BravePrice         *int64

	TheNewsAPIURL, TheNewsAPIKey string

	GeminiURL, GeminiKey, GeminiModel string
	// GeminiPrice has the price of a grounded request and of the model's tokens.
	GeminiPrice ledger.Price

	Timeout time.Duration     // 30 s for a request, its answer included
	MaxBody int64             // 8 MiB
	HTTP    http.RoundTripper // connections of its own
	Now     func() time.Time  // time.Now
}

// Backends are the services that are set up, always in the same order.
func Backends(s Services) []Backend {
	w := newWeb(s.Timeout, s.MaxBody, s.HTTP, s.Now)
	var list []Backend
	if s.SearXNGURL != "" {
		list = append(list, searXNG{w.at("searxng", s.SearXNGURL, "")}.backend())
	}
	if s.TavilyKey != "" {
		list = append(list, tavily{w.at("tavily", s.TavilyURL, s.TavilyKey), s.TavilyText}.backend(s.TavilyPrice))
	}
	if s.BraveKey != "" {
		list = append(list, brave{w.at("brave", s.BraveURL, s.BraveKey)}.backend(s.BravePrice))
	}
	if s.TheNewsAPIKey != "" {
		list = append(list, theNewsAPI{w.at("thenewsapi", s.TheNewsAPIURL, s.TheNewsAPIKey)}.backend())
	}
	if s.GeminiKey != "" {
		list = append(list, gemini{w.at("gemini", s.GeminiURL, s.GeminiKey), s.GeminiModel, s.GeminiPrice}.backend())
	}
	return list
}

// titles are the names of the backends as people know them.
var titles = map[string]string{
	"archive": "the archive", "topic": "the topic's documents", "searxng": "SearXNG", "tavily": "Tavily", "brave": "Brave",
	"thenewsapi": "TheNewsAPI", "gemini": "Gemini", "voyage": "Voyage", "cohere": "Cohere", "jina": "Jina", "rerank": "the reranker",
}

// titleOf is the name of a backend as people know it.
func titleOf(name string) string { return cmp.Or(titles[name], name) }

// A web asks one service over HTTP.
type web struct {
	// title is the name as people know it.
	name, title, base, key string
	maxBody                int64
	timeout                time.Duration
	client                 *http.Client
	now                    func() time.Time
}

func newWeb(timeout time.Duration, maxBody int64, over http.RoundTripper, now func() time.Time) web {
	if over == nil {
		over = http.DefaultTransport.(*http.Transport).Clone()
	}
	if now == nil {
		now = time.Now
	}
	// A redirect would carry the key to another place.
	client := &http.Client{Transport: over, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return web{maxBody: cmp.Or(maxBody, 8<<20), timeout: cmp.Or(timeout, 30*time.Second), client: client, now: now}
}

// at is the web of one service.
func (w web) at(name, base, key string) web {
	w.name, w.title, w.base, w.key = name, titleOf(name), strings.TrimRight(base, "/"), key
	return w
}

// A call is a request to a service.
type call struct {
	path   string
	query  url.Values
	header map[string]string
	// send makes it a POST of JSON.
	send any
}

// An answer is what came.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request and reads the answer whole, whatever its status.
func (w web) ask(ctx context.Context, c call) (answer, error) {
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	address := w.base + c.path
	if len(c.query) > 0 {
		address += "?" + c.query.Encode()
	}
	method, body := http.MethodGet, io.Reader(nil)
	if c.send != nil {
		raw, err := json.Marshal(c.send)
		if err != nil {
			return answer{}, err
		}
		method, body = http.MethodPost, bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return answer{}, w.fault(CodeUnreachable, "the address of %s is not one", w.title)
	}
	request.Header.Set("Accept", "application/json")
	if c.send != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.header {
		request.Header.Set(name, value)
	}
	response, err := w.client.Do(request)
	if err != nil {
		return answer{}, w.failure(outer, err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, w.maxBody+1))
	switch {
	case err != nil:
		return answer{}, w.failure(outer, err)
	case int64(len(raw)) > w.maxBody:
		return answer{}, w.fault(CodeTooLarge, "%s answered more than %d bytes", w.title, w.maxBody)
	}
	return answer{response.StatusCode, response.Header, raw}, nil
}

// fault is an error of the service's.
func (w web) fault(code, format string, args ...any) *BackendError {
	return &BackendError{Backend: w.name, Code: code, Message: strings.TrimSuffix(fmt.Sprintf(format, args...), ".") + "."}
}

// failure is why there is no answer, or no whole one. The address is not told: it may hold a key.
func (w web) failure(outer context.Context, err error) *BackendError {
	var own *url.Error
	if errors.As(err, &own) {
		err = own.Err
	}
	var timeout net.Error
	var e *BackendError
	switch {
	case outer.Err() != nil:
		e, err = w.fault(CodeCanceled, "%s did not answer in the time that it was given", w.title), outer.Err()
	case errors.As(err, &timeout) && timeout.Timeout():
		e = w.fault(CodeTimeout, "%s did not answer within %s", w.title, w.timeout)
	default:
		e = w.fault(CodeUnreachable, "nobody answers for %s, or the connection broke", w.title)
	}
	e.Err = err
	return e
}

// refusal is what an answer of another status than 200 means; said is the service's own word for it.
func (w web) refusal(a answer, said string) *BackendError {
	var e *BackendError
	switch status := a.status; {
	case status == http.StatusUnauthorized:
		e = w.fault(CodeBadKey, "%s refuses the key (401)", w.title)
	case status == http.StatusPaymentRequired:
		e = w.fault(CodeNoCredit, "%s wants to be paid first (402)", w.title)
	case status == http.StatusForbidden:
		e = w.fault(CodeForbidden, "%s does not answer this to us (403)", w.title)
	case status == http.StatusTooManyRequests:
		e = w.fault(CodeRateLimited, "%s is asked too often (429)", w.title)
	case status >= 500, status == http.StatusRequestTimeout:
		e = w.fault(CodeUnavailable, "%s cannot answer now (%d)", w.title, status)
	case status >= 300 && status < 400:
		e = w.fault(CodeBadAnswer, "%s redirects (%d); set the address that it leads to", w.title, status)
	case status == http.StatusNotFound:
		e = w.fault(CodeBadAnswer, "%s has nothing at its address (404): is the base address right", w.title)
	default:
		e = w.fault(CodeBadRequest, "%s does not take the query (%d)", w.title, status)
	}
	e.RetryAfter = collect.RetryAfter(a.header, w.now())
	if said = w.shown(said); said != "" {
		e.Message = strings.TrimSuffix(e.Message, ".") + ": " + said
	}
	return e
}

// shown is a text of the service's as messages may show it: short, on one line, without the key.
func (w web) shown(text string) string {
	if w.key != "" {
		text = strings.ReplaceAll(text, w.key, "***")
	}
	return oneLine(text, 200)
}

// oneLine is a text on one line, of at most so many characters.
func oneLine(text string, most int) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}

// cut is the beginning of a text, of at most so many characters.
func cut(text string, most int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), most)])
}

// decode reads the JSON of an answer.
func (w web) decode(a answer, into any) error {
	err := json.Unmarshal(a.body, into)
	if err == nil {
		return nil
	}
	what := "with what its interface does not know"
	if strings.Contains(a.header.Get("Content-Type"), "html") {
		what = "with a web page"
	}
	e := w.fault(CodeBadAnswer, "%s answered %s", w.title, what)
	e.Err = err
	return e
}

// hits finishes a backend's list: what has no address that could be read is left out, what is left is numbered.
func (w web) hits(list []Hit, q Query, most int) []Hit {
	kept := []Hit{}
	for _, h := range list {
		if _, err := collect.Canonical(h.URL); err != nil || len(kept) == q.limit(most) {
			continue
		}
		h.Title, h.Snippet = oneLine(collect.PlainText(h.Title), 500), oneLine(collect.PlainText(h.Snippet), 2000)
		h.Backend, h.Rank = w.name, len(kept)+1
		kept = append(kept, h)
	}
	return kept
}

// dateForms are how services write dates.
var dateForms = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05-07:00", time.DateTime, time.DateOnly, time.RFC1123, time.RFC1123Z, "January 2, 2006",
}

// date reads a date in any form that services use; nil where it is none, or lies in the future by more than a day.
func (w web) date(text string) *time.Time {
	text = strings.TrimSpace(text)
	for _, form := range dateForms {
		at, err := time.Parse(form, text)
		if err == nil && at.Year() > 1970 && at.Before(w.now().Add(24*time.Hour)) {
			at = at.UTC()
			return &at
		}
	}
	return nil
}
