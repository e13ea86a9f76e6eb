package docs_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/openapi/docs"
)

const sample = `
openapi: 3.0.3
info: { title: Sample API, version: 1.2.3, description: "With **bold** words and ` + "`code`" + `." }
servers: [{ url: /api }]
tags: [{ name: Topics }]
components:
  parameters:
    Cursor: { name: cursor, in: query, description: Where to go on., schema: { $ref: '#/components/schemas/Cursor' } }
  securitySchemes: { Key: { type: http, scheme: bearer } }
  schemas:
    Cursor: { type: string, example: eyJzIjoi }
    Topic:
      type: object
      required: [title]
      properties:
        title: { type: string, example: Otters in winter }
        status: { type: string, enum: [new, done] }
paths:
  /topics:
    get:
      tags: [Topics]
      operationId: listTopics
      summary: Every otter topic
      parameters:
        - $ref: '#/components/parameters/Cursor'
        - { name: q, in: query, required: true, schema: { type: string }, example: otters }
        - { name: state, in: query, schema: { type: array, items: { type: string } }, example: [new, done] }
        - { name: page, in: query, schema: { type: integer }, examples: { second: { value: 2 } } }
        - { name: X-Trace, in: header, schema: { type: string } }
      responses:
        '200':
          description: The topics
          content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Topic' } } } }
    post:
      tags: [Topics]
      operationId: createTopic
      summary: A topic more
      security: [{ Key: [] }]
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Topic' } } } }
      responses: { '201': { description: The new topic } }
`

func TestSwaggerUIInABrowser(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	b.open("/docs")
	see(b, chromedp.WaitVisible(chromedp.CSS("#operations-Topics-createTopic")))
	assert.Equal(t, []string{"Every otter topic", "A topic more"}, b.texts(".opblock-summary-description"))

	see(b, chromedp.Click(chromedp.CSS("#operations-Topics-listTopics .opblock-summary-control")))
	see(b, chromedp.Click(chromedp.CSS("#operations-Topics-listTopics .execute")))
	see(b, chromedp.WaitVisible(chromedp.CSS(".live-responses-table .response-col_description pre")))
	answer := see(b, chromedp.Text(chromedp.CSS(".live-responses-table")))
	assert.Contains(t, answer, "Otters can hold hands")
	assert.Contains(t, answer, `"asked": "q=otters"`, "examples of optional parameters are not sent")
	assert.Equal(t, []string{"eyJzIjoi", `["new","done"]`, "2"}, b.texts(".parameters-col_description .renderedMarkdown code"))

	for scheme, page := range map[string]string{"dark": "html.dark-mode", "light": "html:not(.dark-mode)"} {
		b.prefer(scheme)
		see(b, chromedp.WaitReady(chromedp.CSS(page)))
	}
	b.assertClean()
}

func TestRedocInABrowser(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	b.open("/redoc")
	see(b, chromedp.WaitVisible(chromedp.CSS(`[id="tag/Topics/operation/createTopic"]`)))
	assert.Equal(t, []string{"Every otter topic", "A topic more"}, b.texts(`[id^="tag/Topics/operation/"] h2`))

	// Redoc fills its style elements by script; were they refused, its menu would scroll away.
	position := see(b, chromedp.Evaluate[string](`getComputedStyle(document.querySelector('.menu-content')).position`))
	assert.Equal(t, "sticky", position)

	see(b, chromedp.SendKeys(chromedp.CSS(`[role="search"] input`), "otter"))
	assert.Contains(t, see(b, chromedp.Text(chromedp.CSS(`[data-role="search:results"] li`))), "Every otter topic")
	b.assertClean()
}

// browser is one headless Chromium at one server, and all that it asked for and complained about.
type browser struct {
	t      *testing.T
	ctx    context.Context
	server *httptest.Server

	mu         sync.Mutex
	requests   []string
	complaints []string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	mux := http.NewServeMux()
	handler := docs.Handler("/openapi.yaml")
	mux.Handle("/docs", handler)
	mux.Handle("/docs/", handler)
	mux.Handle("/redoc", handler)
	mux.Handle("/redoc/", handler)
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, sample) })
	mux.HandleFunc("GET /api/topics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `[{"title":"Otters can hold hands","asked":%q}]`, r.URL.RawQuery)
	})
	b := &browser{t: t, server: httptest.NewServer(mux)}
	t.Cleanup(b.server.Close)

	ctx, stop := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true),
		chromedp.WindowSize(1280, 900), chromedp.WSURLReadTimeout(time.Minute))
	t.Cleanup(stop)
	b.ctx, stop = chromedp.NewContext(ctx, chromedp.WithListener(b.listen))
	t.Cleanup(stop)
	require.NoError(t, chromedp.Do(b.ctx), "start the browser")
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		window.violations = [];
		document.addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective + ' ' + e.blockedURI));`})
	require.NoError(t, err)
	return b
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	require.Fail(t, "no browser in PATH", "cure: apt-get install chromium")
	return ""
}

// listen keeps what happens on the page; console.log and console.info are no complaints.
func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, fmt.Sprintf("%s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			said := string(e.Type) + ":"
			for _, arg := range e.Args {
				said += fmt.Sprintf(" %s%s", arg.Value, arg.Description)
			}
			b.complaints = append(b.complaints, said)
		}
	}
}

// see takes one step on the page and says what it saw; a step that takes a minute fails the test.
func see[T any](b *browser, step chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	saw, err := chromedp.Run(ctx, step)
	b.mu.Lock()
	defer b.mu.Unlock()
	require.NoError(b.t, err, "the page complained of %q", b.complaints)
	return saw
}

func (b *browser) open(path string) {
	b.t.Helper()
	see(b, chromedp.Navigate(b.server.URL+path))
}

func (b *browser) prefer(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	require.NoError(b.t, err)
}

func (b *browser) texts(selector string) []string {
	b.t.Helper()
	return see(b, chromedp.Evaluate[[]string](fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.textContent.trim())`, selector)))
}

// assertClean holds that nothing was refused, nothing went wrong and no other host was asked.
func (b *browser) assertClean() {
	b.t.Helper()
	violations := see(b, chromedp.Evaluate[[]string](`violations`))
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.Empty(b.t, violations)
	assert.Empty(b.t, b.complaints)
	assert.NotEmpty(b.t, b.requests)
	for _, request := range b.requests {
		asked, err := url.Parse(request)
		require.NoError(b.t, err)
		local := asked.Scheme == "data" || asked.Scheme == "blob"
		assert.True(b.t, local || "http://"+asked.Host == b.server.URL, "asked for %s", request)
	}
}
