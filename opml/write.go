package opml

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/store"
)

// A Writer writes collections as OPML: those of a category in its folder, each with all of its settings, so
// that Parse makes the same of it. Collections come one by one, those of one folder next to each other. The
// first failure stays: Close tells it.
type Writer struct {
	out  *bufio.Writer
	open []string
}

// NewWriter begins a document.
func NewWriter(w io.Writer, title string, created time.Time) *Writer {
	out := &Writer{out: bufio.NewWriter(w)}
	out.text(xml.Header, `<opml version="2.0" xmlns:cc="`, Namespace, "\">\n  <head>\n    <title>")
	out.escaped(title)
	out.text("</title>\n    <dateCreated>", created.UTC().Format(time.RFC1123Z), "</dateCreated>\n  </head>\n  <body>\n")
	return out
}

// Write adds a collection.
func (w *Writer) Write(c store.Collection) error {
	w.enter(c.Folders())
	w.indent()
	w.text("<outline")
	w.attribute("text", c.Name)
	w.attribute("title", c.Name)
	if address := feedOf(c); address != "" {
		w.attribute("type", "rss")
		w.attribute("xmlUrl", address)
	}
	w.attribute("cc:type", c.Type)
	if config, _ := json.Marshal(c.Config); string(config) != "{}" { //nolint:errchkjson // plain values
		w.attribute("cc:config", string(config))
	}
	w.attribute("cc:domain", c.Domain)
	w.attribute("cc:market", c.Market)
	if c.Language != nil {
		w.attribute("cc:language", *c.Language)
	}
	w.attribute("cc:enabled", strconv.FormatBool(c.Enabled))
	w.attribute("cc:fetchArticles", c.FetchArticles)
	w.attribute("cc:adaptivePolling", strconv.FormatBool(c.AdaptivePolling))
	w.attribute("cc:pollIntervalMinutes", strconv.Itoa(c.PollIntervalMinutes))
	w.attribute("cc:minPollIntervalMinutes", strconv.Itoa(c.MinPollIntervalMinutes))
	w.attribute("cc:maxPollIntervalMinutes", strconv.Itoa(c.MaxPollIntervalMinutes))
	w.text("/>\n")
	return w.failed()
}

// Close ends the document and answers whether all of it could be written.
func (w *Writer) Close() error {
	w.enter(nil)
	w.text("  </body>\n</opml>\n")
	return w.out.Flush()
}

// enter closes and opens folders until these are open.
func (w *Writer) enter(folders []string) {
	common := 0
	for common < min(len(w.open), len(folders)) && w.open[common] == folders[common] {
		common++
	}
	for len(w.open) > common {
		w.open = w.open[:len(w.open)-1]
		w.indent()
		w.text("</outline>\n")
	}
	for _, folder := range folders[common:] {
		w.indent()
		w.text("<outline")
		w.attribute("text", folder)
		w.attribute("title", folder)
		w.text(">\n")
		w.open = append(w.open, folder)
	}
}

func (w *Writer) indent() { w.text("    ", strings.Repeat("  ", len(w.open))) }

func (w *Writer) attribute(name, value string) {
	w.text(" ", name, `="`)
	w.escaped(value)
	w.text(`"`)
}

// What fails stays in the buffered writer, see failed.

func (w *Writer) text(parts ...string) {
	for _, part := range parts {
		_, _ = w.out.WriteString(part)
	}
}

func (w *Writer) escaped(value string) { _ = xml.EscapeText(w.out, []byte(value)) }

func (w *Writer) failed() error {
	_, err := w.out.Write(nil)
	return err
}

// feedOf is the address at which other readers can follow a collection, or "".
func feedOf(c store.Collection) string {
	switch {
	case c.URL != nil:
		return *c.URL
	case c.Type != store.TypeReddit:
		return ""
	}
	address := "https://www.reddit.com/r/" + c.Config.Subreddit + "/" + c.Config.Sort + "/.rss"
	if c.Config.Window != "" {
		address += "?t=" + url.QueryEscape(c.Config.Window)
	}
	return address
}
