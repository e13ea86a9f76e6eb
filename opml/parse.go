// Package opml reads and writes lists of subscriptions in OPML 2.0 (http://opml.org/spec2.opml). It reads
// what feed readers really export, and loses nothing of what it has written itself.
package opml

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/content-creator/content-creator-api/store"
)

// Namespace is that of the attributes in which a collection keeps what OPML has no word for.
const Namespace = "urn:content-creator:opml"

// Bounds of a document.
const (
	// MaxEntries is how many sources a document may have.
	MaxEntries = 20_000
	// maxDepth is how many elements may stand inside each other.
	maxDepth = 100
	// maxName is the longest name of a collection, in characters; longer ones are cut.
	maxName = 200
)

// An Entry is an outline that stands for a source.
type Entry struct {
	// Line is where the outline begins, from 1.
	Line int
	// Create is the collection to make of it. Its Domain and Market are "" where the outline says nothing.
	Create store.CollectionCreate
	// Own is set where the outline is one of our own: Create then says everything, nil being the default.
	Own bool
	// Fault is why it can be no collection, as a sentence; "" if it can.
	Fault string
}

// An Error says why a document cannot be read, as a sentence for a person.
type Error struct{ Message string }

func (e *Error) Error() string { return e.Message }

func errorf(format string, args ...any) *Error { return &Error{Message: fmt.Sprintf(format, args...)} }

// Parse reads a document, which has to be UTF-8 without the characters that XML forbids. The category of an
// entry is the path of the folders that it is in, else the first of its category attribute. Entities that a
// document declares itself are not replaced, and nothing outside of it is read.
//
// Its error is always an *Error. It means that nothing of the document should be imported: it is no
// OPML, it breaks off, or it is beyond bounds.
func Parse(text string) ([]Entry, error) {
	p := parser{decoder: xml.NewDecoder(strings.NewReader(text))}
	p.decoder.Strict = false
	p.decoder.Entity = xml.HTMLEntity
	// The text is UTF-8 whatever its declaration says.
	p.decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	if err := p.read(); err != nil {
		return nil, err
	}
	return p.entries, nil
}

type parser struct {
	decoder *xml.Decoder
	entries []Entry
	rooted  bool
	// folders has a name for each open element; "" is no folder.
	folders []string
}

// read reads token by token; recursion would let a document choose our depth.
func (p *parser) read() error {
	for {
		line, _ := p.decoder.InputPos()
		token, err := p.decoder.Token()
		if errors.Is(err, io.EOF) && p.rooted {
			return nil
		}
		if err != nil {
			return p.broken(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := p.open(line, t); err != nil {
				return err
			}
		case xml.EndElement:
			p.folders = p.folders[:len(p.folders)-1]
		}
	}
}

func (p *parser) broken(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return errorf("The document is broken at line %d: %s.", syntax.Line, syntax.Msg)
	case !p.rooted:
		return errorf("The document is no OPML: it has no element.")
	}
	line, _ := p.decoder.InputPos()
	return errorf("The document is broken at line %d.", line)
}

// open begins an element.
func (p *parser) open(line int, e xml.StartElement) error {
	name := strings.ToLower(e.Name.Local)
	switch {
	case !p.rooted && name != "opml":
		return errorf("The document is no OPML: it begins with <%.40s>.", e.Name.Local)
	case len(p.folders) == maxDepth:
		return errorf("The document has more than %d elements inside each other at line %d.", maxDepth, line)
	}
	p.rooted = true
	folder := ""
	if name == "outline" {
		var source bool
		if folder, source = p.outline(line, attributesOf(e)); source && len(p.entries) > MaxEntries {
			return errorf("The document has more than %d sources.", MaxEntries)
		}
	}
	p.folders = append(p.folders, folder)
	return nil
}

// outline reads one outline: a source, or a folder with this name.
func (p *parser) outline(line int, a attributes) (folder string, source bool) {
	name := firstOf(a.plain["text"], a.plain["title"])
	kind := strings.ToLower(strings.TrimSpace(a.plain["type"]))
	address := strings.TrimSpace(a.plain["xmlurl"])
	if address == "" && kind != "link" && kind != "include" {
		address = strings.TrimSpace(a.plain["url"])
	}
	e := Entry{Line: line}
	switch {
	case a.own["type"] != "":
		e = ownEntry(line, name, address, a.own)
	case address != "":
		e.Create.URL = new(withoutFeedScheme(address))
		e.Create.Name = foreignName(name, *e.Create.URL)
	case kind == "link" || kind == "include":
		e.Create.Name = foreignName(name, "")
		e.Fault = "It is a link to something else, not a feed."
	case kind == "rss" || kind == "atom":
		e.Create.Name = foreignName(name, "")
		e.Fault = "It has no xmlUrl."
	default:
		return clean(name), false
	}
	e.Create.Category = p.category(a.plain["category"])
	p.entries = append(p.entries, e)
	return "", true
}

// category is the path of the open folders, else the first that the outline names itself: "/Tech/Go,/News".
func (p *parser) category(named string) *string {
	var path []string
	for _, folder := range p.folders {
		if folder != "" {
			path = append(path, folder)
		}
	}
	if len(path) == 0 {
		first, _, _ := strings.Cut(named, ",")
		path = []string{clean(first)}
	}
	if joined := cut(strings.Trim(strings.Join(path, "/"), "/ "), maxName); joined != "" {
		return &joined
	}
	return nil
}

// attributes are those of an outline by lower-case name: OPML's, and our own.
type attributes struct{ plain, own map[string]string }

func attributesOf(e xml.StartElement) attributes {
	a := attributes{plain: map[string]string{}, own: map[string]string{}}
	for _, attr := range e.Attr {
		name := strings.ToLower(attr.Name.Local)
		switch {
		case attr.Name.Space == Namespace:
			a.own[name] = attr.Value
		case attr.Name.Space == "" && a.plain[name] == "":
			a.plain[name] = attr.Value
		}
	}
	return a
}

// ownEntry reads back what Writer has written.
func ownEntry(line int, name, address string, own map[string]string) Entry {
	e := Entry{Line: line, Own: true, Create: store.CollectionCreate{
		Name: name, Type: new(own["type"]), Domain: own["domain"], Market: own["market"],
	}}
	if own["type"] == store.TypeRSS {
		e.Create.URL = &address
	}
	if language, told := own["language"]; told {
		e.Create.Language = &language
	}
	if when, told := own["fetcharticles"]; told {
		e.Create.FetchArticles = &when
	}
	for name, field := range map[string]**bool{"enabled": &e.Create.Enabled, "adaptivePolling": &e.Create.AdaptivePolling} {
		if text, told := own[strings.ToLower(name)]; told {
			value, err := strconv.ParseBool(text)
			if err != nil {
				e.Fault = "Its attribute " + name + " is neither true nor false."
			}
			*field = &value
		}
	}
	for name, field := range map[string]**int{
		"pollIntervalMinutes":    &e.Create.PollIntervalMinutes,
		"minPollIntervalMinutes": &e.Create.MinPollIntervalMinutes,
		"maxPollIntervalMinutes": &e.Create.MaxPollIntervalMinutes,
	} {
		if text, told := own[strings.ToLower(name)]; told {
			value, err := strconv.Atoi(text)
			if err != nil {
				e.Fault = "Its attribute " + name + " is no number."
			}
			*field = &value
		}
	}
	if config, told := own["config"]; told {
		decoder := json.NewDecoder(bytes.NewReader([]byte(config)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&e.Create.Config); err != nil {
			e.Fault = "Its attribute config is not the config of a collection as JSON."
		}
	}
	return e
}

// foreignName is the name that another reader gave a feed, or the feed's host.
func foreignName(name, address string) string {
	if name = clean(name); name != "" {
		return cut(name, maxName)
	}
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return cut(u.Host, maxName)
	}
	return "Feed"
}

// clean is text on one line. Some readers escape it twice.
func clean(s string) string {
	return strings.Join(strings.Fields(html.UnescapeString(s)), " ")
}

func cut(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return strings.TrimSpace(string(runes[:most-1])) + "…"
	}
	return s
}

// withoutFeedScheme reads feed://example.org and feed:https://example.org as the addresses that they mean.
func withoutFeedScheme(address string) string {
	rest, found := strings.CutPrefix(address, "feed:")
	switch {
	case !found:
		return address
	case strings.HasPrefix(rest, "//"):
		return "http:" + rest
	}
	return rest
}

func firstOf(values ...string) string {
	for _, value := range values {
		if strings.TrimSpace(value) != "" {
			return value
		}
	}
	return ""
}
