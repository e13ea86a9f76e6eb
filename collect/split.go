package collect

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Bounds of what is given to the parsers. They recurse, and copy what is in scope for every
// element: without bounds a few kilobytes could take a process down.
const (
	maxHead       = 1 << 20   // bytes of a feed outside its entries
	maxShell      = 64 << 10  // bytes of the tags around the entries
	maxEntry      = 4 << 20   // bytes of one entry
	maxDepth      = 200       // elements inside each other
	maxTokens     = 100_000   // elements, texts and comments of one entry
	maxNamespaces = 200       // declared at one place
	maxWork       = 64 << 20  // bytes copied for one entry
	maxFeedWork   = 512 << 20 // bytes copied for all of them
	maxListed     = 50_000    // entries looked for; MaxEntries of them are read
)

var errTooComplex = errors.New("it is built in a way that no feed needs")

// A kind is a format of feeds.
type kind int

const (
	kindNone kind = iota
	kindRSS
	kindAtom
	kindJSON
)

// A rawFeed is a feed taken apart, so that each entry can be read alone: one that is broken does
// not spoil the others, and none can cost more than its share.
type rawFeed struct {
	kind kind
	// head is the feed without its entries, a document in itself.
	head string
	// open and close make a document of a single entry.
	open, close string
	// entryName is the name of an entry's element as the feed writes it.
	entryName string
	entries   []string
	// broken is the fault in which the feed ends: something of it may be missing.
	broken error
}

// errEarly is the fault of a feed of which a part is missing.
var errEarly = errors.New("it ends before its end")

var (
	feedRoot = regexp.MustCompile(`(?i)<((?:[a-z_][\w.-]*:)?(?:rss|rdf|feed))[\s/>]`)
	firstTag = regexp.MustCompile(`<([A-Za-z_][\w.:-]*)`)
	channel  = regexp.MustCompile(`(?i)<(((?:[a-z_][\w.-]*:)?)channel)[\s/>]`)
	prolog   = regexp.MustCompile(`(?is)<\?.*?\?>|<!--.*?-->|<!doctype\s[^\[>]*(?:\[.*?\]\s*)?>`)
)

// splitFeed takes a feed apart; its kind is kindNone if it is none.
func splitFeed(text string) rawFeed {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") {
		return splitJSON(text)
	}
	return splitXML(text)
}

func splitXML(text string) rawFeed {
	start, name := findRoot(text)
	if start < 0 {
		return rawFeed{}
	}
	text = text[start:]
	f := rawFeed{kind: kindRSS}
	rootEnd := tagEnd(text, 0)
	f.open, f.close = openTag(text[:rootEnd]), "</"+name+">"
	f.entryName = "item"
	local := strings.ToLower(name[strings.IndexByte(name, ':')+1:])
	if local == "feed" {
		f.kind = kindAtom
		f.entryName = name[:len(name)-len("feed")] + "entry"
	} else if m := channel.FindStringSubmatchIndex(text); m != nil {
		f.entryName = text[m[4]:m[5]] + "item"
		if local == "rss" {
			f.open += openTag(text[m[0]:tagEnd(text, m[0])])
			f.close = "</" + text[m[2]:m[3]] + ">" + f.close
		}
	}
	if len(f.open) > maxShell || strings.Count(f.open, "xmlns") > maxNamespaces {
		f.broken = errTooComplex
		return f
	}

	blocks, open := findBlocks(text, f.entryName)
	var head strings.Builder
	at := 0
	for _, b := range blocks[:min(len(blocks), maxListed)] {
		head.WriteString(text[at:b[0]])
		f.entries = append(f.entries, text[b[0]:b[1]])
		at = b[1]
	}
	full := len(blocks) > maxListed
	if !full {
		head.WriteString(text[at:])
	}
	if head.Len() <= maxHead {
		// The closing tags may have been lost with a broken entry; too many do no harm.
		f.head = head.String() + f.close
	}
	if open {
		// The feed's end may stand in what was taken for the entry.
		at = blocks[len(blocks)-1][0]
	}
	if !full && !strings.HasSuffix(text[:rootEnd], "/>") && !strings.Contains(strings.ToLower(text[at:]), "</"+strings.ToLower(name)) {
		f.broken = errEarly
		if open {
			// Half an entry has half an address.
			f.entries = f.entries[:len(f.entries)-1]
		}
	}
	return f
}

// findRoot is where the feed's element begins, past what stands before it: declarations, comments,
// and the warnings that broken servers put there. -1 if there is none.
func findRoot(text string) (int, string) {
	at := 0
	for {
		rest := text[at:]
		trimmed := len(rest) - len(strings.TrimLeft(rest, " \t\r\n"))
		m := prolog.FindStringIndex(rest)
		if m == nil || m[0] != trimmed {
			break
		}
		if strings.EqualFold(strings.Join(strings.Fields(rest[m[0]:m[1]]), " "), "<!doctype html>") {
			return -1, ""
		}
		at += m[1]
	}
	if m := firstTag.FindStringSubmatchIndex(text[at:]); m != nil && isPage(text[at+m[2]:at+m[3]]) {
		return -1, ""
	}
	window := text[at:min(len(text), at+maxShell)]
	m := feedRoot.FindStringSubmatchIndex(window)
	if m == nil {
		return -1, ""
	}
	return at + m[0], window[m[2]:m[3]]
}

// isPage is whether an element begins a web page.
func isPage(name string) bool {
	switch strings.ToLower(name) {
	case "html", "head", "body":
		return true
	}
	return false
}

// tagEnd is where the tag that begins at i ends.
func tagEnd(text string, i int) int {
	quote := byte(0)
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return len(text)
}

// openTag is a start tag that closes nothing.
func openTag(tag string) string {
	if inner, ok := strings.CutSuffix(tag, "/>"); ok {
		return inner + ">"
	}
	return tag
}

// findBlocks finds the elements of a name, none inside another: where one begins before the last
// has ended, the last ended there; open is whether the last one never ends. Comments and CDATA sections are skipped, for they may hold the
// name too, unless they were never closed and what looks like their end belongs to a later one.
func findBlocks(text, name string) (blocks [][2]int, open bool) {
	var (
		cdata  = section{open: finder{text: text, mark: "<![CDATA["}, close: finder{text: text, mark: "]]>"}, end: finder{text: text, mark: "</" + name}}
		remark = section{open: finder{text: text, mark: "<!--"}, close: finder{text: text, mark: "-->"}, end: finder{text: text, mark: "</" + name}}
	)
	start := -1
	for i := 0; i < len(text); {
		j := strings.IndexByte(text[i:], '<')
		if j < 0 {
			break
		}
		i += j
		rest := text[i:]
		switch {
		case strings.HasPrefix(rest, cdata.open.mark):
			i = cdata.skip(i)
		case strings.HasPrefix(rest, remark.open.mark):
			i = remark.skip(i)
		case isTag(rest[1:], name):
			if start >= 0 {
				blocks = append(blocks, [2]int{start, i})
			}
			start = i
			i++
			if end := tagEnd(rest, 0); strings.HasSuffix(rest[:end], "/>") {
				i = start + end
				blocks = append(blocks, [2]int{start, i})
				start = -1
			}
		case start >= 0 && strings.HasPrefix(rest, "</") && isTag(rest[2:], name):
			i += tagEnd(rest, 0)
			blocks = append(blocks, [2]int{start, i})
			start = -1
		default:
			i++
		}
	}
	if start >= 0 {
		blocks = append(blocks, [2]int{start, len(text)})
	}
	return blocks, start >= 0
}

// A section is a piece of text in which tags are none.
type section struct{ open, close, end finder }

// skip is where the section that opens at i ends, or only its opening if it was never closed: if
// the entry ends in it, and another section opens after that.
func (s *section) skip(i int) int {
	i += len(s.open.mark)
	closed := s.close.next(i)
	if closed < 0 {
		return i
	}
	if end := s.end.next(i); end >= 0 && end < closed {
		if open := s.open.next(end); open >= 0 && open < closed {
			return i
		}
	}
	return closed + len(s.close.mark)
}

// A finder looks for one mark from ever later places, and never twice at the same.
type finder struct {
	text, mark string
	at         int
	looked     bool
}

func (f *finder) next(i int) int {
	if f.looked && (f.at < 0 || f.at >= i) {
		return f.at
	}
	f.looked = true
	if f.at = strings.Index(f.text[i:], f.mark); f.at >= 0 {
		f.at += i
	}
	return f.at
}

// isTag is whether a tag of that name begins here, past its bracket.
func isTag(rest, name string) bool {
	return len(rest) > len(name) && strings.EqualFold(rest[:len(name)], name) && strings.IndexByte(" \t\r\n/>", rest[len(name)]) >= 0
}

// document is a feed of that one entry.
func (f *rawFeed) document(entry string) string { return f.open + entry + f.close }

// inspect reads a document once without building anything and refuses what the parsers would
// choke on. The language is the innermost xml:lang down to the depth of an entry, the work what
// parsing it will copy, in bytes.
func inspect(document string, entryDepth int) (language string, work int, err error) {
	d := xml.NewDecoder(strings.NewReader(document))
	d.Strict = false
	var (
		tokens, depth, declared, base int
		// By depth: the pieces of text so far, the namespaces declared.
		text, namespaces [maxDepth + 1]int
	)
	for {
		token, err := d.Token()
		if err != nil {
			return "", work, syntaxError(err)
		}
		if tokens++; tokens > maxTokens {
			return "", work, errTooComplex
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return "", work, errTooComplex
			}
			text[depth], namespaces[depth] = 0, 0
			for _, a := range t.Attr {
				switch {
				case a.Name.Space == "xmlns" || a.Name.Local == "xmlns":
					namespaces[depth]++
				case a.Name.Local == "base":
					base = max(base, len(a.Value))
				case a.Name.Local == "lang" && depth <= entryDepth && a.Value != "":
					language = a.Value
				}
			}
			declared += namespaces[depth]
			// Each element copies the namespaces in scope, and each address may grow by the base.
			work += declared*64 + base*2
		case xml.EndElement:
			declared -= namespaces[depth]
			if depth--; depth == 0 {
				return language, work, nil
			}
		case xml.CharData:
			// The pieces of one text are joined one by one.
			text[depth] += len(t)
			work += text[depth]
		}
		if declared > 2*maxNamespaces || work > maxWork || base*len(document)/8 > maxWork {
			return "", work, errTooComplex
		}
	}
}

// syntaxError is a fault of XML without the line, which counts in a document of our making.
func syntaxError(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return errors.New(syntax.Msg)
	}
	return errors.New("it holds no element")
}

// splitJSON takes a JSON Feed apart. Where its text breaks off, what came before is kept.
func splitJSON(text string) rawFeed {
	f := rawFeed{kind: kindJSON, open: `{"version":"https://jsonfeed.org/version/1.1","items":[`, close: `]}`}
	head := map[string]json.RawMessage{}
	d := json.NewDecoder(strings.NewReader(text))
	items, err := f.readJSON(d, head)
	var version string
	_ = json.Unmarshal(head["version"], &version)
	if named := strings.Contains(version, "jsonfeed.org"); !named && (!items || head["title"] == nil) {
		return rawFeed{}
	}
	if err != nil {
		f.broken = err
	}
	if packed, err := json.Marshal(head); err == nil && len(packed) <= maxHead {
		f.head = string(packed)
	}
	return f
}

// readJSON reads the members of the feed's object, the items one by one; found tells whether it
// has a list of items.
func (f *rawFeed) readJSON(d *json.Decoder, head map[string]json.RawMessage) (found bool, err error) {
	_, _ = d.Token() // the brace that made it JSON
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return found, jsonError(err)
		}
		if key != "items" {
			var value json.RawMessage
			if err := d.Decode(&value); err != nil {
				return found, jsonError(err)
			}
			head[fmt.Sprint(key)] = value
			continue
		}
		open, err := d.Token()
		if err != nil {
			return found, jsonError(err)
		}
		if open != json.Delim('[') {
			return found, errors.New("its items are no list")
		}
		found = true
		for d.More() {
			var item json.RawMessage
			if err := d.Decode(&item); err != nil {
				return found, jsonError(err)
			}
			if len(f.entries) < maxListed {
				f.entries = append(f.entries, string(item))
			}
		}
		if _, err := d.Token(); err != nil {
			return found, jsonError(err)
		}
	}
	_, err = d.Token()
	if err != nil {
		return found, jsonError(err)
	}
	return found, nil
}

func jsonError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errEarly
	}
	return err
}
