package collect

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxContent is how much of one entry's HTML is read.
const maxContent = 1 << 20

// policy is what may stand in a document's content: text with its structure, links and pictures.
// No ids or names, which could pose as the page's own; no forms, media players or styles.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("article", "aside", "section", "div", "p", "br", "hr", "wbr", "span", "h1", "h2", "h3", "h4", "h5", "h6",
		"figure", "figcaption", "details", "summary", "pre", "blockquote", "q",
		"ul", "ol", "li", "dl", "dt", "dd",
		"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th",
		"abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "rp", "rt", "ruby", "s",
		"samp", "small", "strong", "sub", "sup", "time", "tt", "u", "var")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("cite").OnElements("blockquote", "q", "del", "ins")
	p.AllowAttrs("src").OnElements("img")
	p.AllowAttrs("alt").Matching(bluemonday.Paragraph).OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.NumberOrPercent).OnElements("img")
	p.AllowAttrs("colspan", "rowspan", "span").Matching(bluemonday.Integer).OnElements("td", "th", "col", "colgroup")
	p.AllowAttrs("start", "value").Matching(bluemonday.Integer).OnElements("ol", "li")
	p.AllowAttrs("datetime").Matching(bluemonday.ISO8601).OnElements("time", "del", "ins")
	p.AllowAttrs("dir").Matching(bluemonday.Direction).Globally()
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[A-Za-z0-9-]{1,35}$`)).Globally()
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(false)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	// Brings rel="noopener" with it.
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}()

// dropped are the elements that go with all they hold.
var dropped = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Iframe: true, atom.Frame: true, atom.Frameset: true, atom.Object: true,
	atom.Embed: true, atom.Applet: true, atom.Template: true, atom.Svg: true, atom.Math: true, atom.Noscript: true,
	atom.Noembed: true, atom.Noframes: true, atom.Title: true, atom.Meta: true, atom.Link: true, atom.Base: true,
	atom.Input: true, atom.Button: true, atom.Select: true, atom.Textarea: true, atom.Canvas: true, atom.Audio: true,
	atom.Video: true, atom.Dialog: true, atom.Map: true, atom.Xmp: true, atom.Plaintext: true,
}

// blocks are the elements that stand on lines of their own.
var blocks = map[atom.Atom]bool{
	atom.Address: true, atom.Article: true, atom.Aside: true, atom.Blockquote: true, atom.Br: true, atom.Caption: true,
	atom.Center: true, atom.Dd: true, atom.Details: true, atom.Dir: true, atom.Div: true, atom.Dl: true, atom.Dt: true,
	atom.Fieldset: true, atom.Figcaption: true, atom.Figure: true, atom.Footer: true, atom.Form: true, atom.H1: true,
	atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Header: true, atom.Hr: true,
	atom.Li: true, atom.Main: true, atom.Menu: true, atom.Nav: true, atom.Ol: true, atom.P: true, atom.Pre: true,
	atom.Section: true, atom.Summary: true, atom.Table: true, atom.Tbody: true, atom.Tfoot: true, atom.Thead: true,
	atom.Tr: true, atom.Ul: true,
}

// dataURI finds pictures written into the text, which would use up maxContent before its words do.
var dataURI = regexp.MustCompile(`(?i)(\ssrc(?:set)?\s*=\s*)(?:"\s*data:[^"]*"|'\s*data:[^']*')`)

// escapedElement begins HTML that was escaped once too often.
var escapedElement = regexp.MustCompile(`(?i)^\s*&lt;(p|div|table|ul|ol|dl|h[1-6]|article|section|span|a|img|figure|blockquote|br|b|strong|em|i)(\s|/|&gt;)`)

// escapedTwice: no element stands in the source, and it begins with an escaped one that ends. What explains HTML does not begin so.
func escapedTwice(source string) bool {
	return !strings.Contains(source, "<") && escapedElement.MatchString(source) && (strings.Contains(source, "&lt;/") || strings.Contains(source, "/&gt;"))
}

// A sanitizer cleans the HTML of one feed.
type sanitizer struct {
	// budget is how many more bytes relative addresses may grow by when they are resolved: a long
	// base before very many short links would multiply the feed.
	budget int
}

// clean is what a page may show of an entry's HTML, and its plain text. Addresses are resolved
// against base. cut tells that the HTML was longer than maxContent and its end is missing.
func (s *sanitizer) clean(source string, base *url.URL) (safe, text string, cut bool) {
	if len(source) > maxContent {
		source = dataURI.ReplaceAllString(source, `$1""`)
	}
	if len(source) > maxContent {
		source, cut = truncateBytes(source, maxContent), true
	}
	if escapedTwice(source) {
		source = html.UnescapeString(source)
	}
	var b textBuilder
	if !strings.ContainsAny(source, "<&\r\x00") {
		// Words alone, as many feeds have them, need no parser.
		b.walk(&html.Node{Type: html.TextNode, Data: source}, false)
		return strings.TrimSpace(cleanText(html.EscapeString(source))), b.String(), cut
	}
	nodes, err := html.ParseFragmentWithOptions(strings.NewReader(source),
		&html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}, html.ParseOptionEnableScripting(false))
	if err != nil {
		// Nested too deep for a page: its words are all that is left.
		text = PlainText(source)
		return cleanText(escapeText(text)), text, cut
	}
	root := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	s.prune(root, base)
	b.walk(root, false)
	var out strings.Builder
	for n := range root.ChildNodes() {
		// Writing to a strings.Builder cannot fail, nor can what was just parsed be unwritable
		// in a way that harms: the policy below has the last word.
		_ = html.Render(&out, n)
	}
	return strings.TrimSpace(cleanText(policy.Sanitize(out.String()))), b.String(), cut
}

// prune takes out what must not be shown and resolves addresses.
func (s *sanitizer) prune(n *html.Node, base *url.URL) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch {
		case c.Type == html.CommentNode, c.Type == html.ElementNode && (dropped[c.DataAtom] || c.Namespace != "" || isPixel(c)):
			n.RemoveChild(c)
		case c.Type == html.ElementNode:
			s.resolve(c, base)
			if c.DataAtom == atom.Img && attr(c, "src") == "" {
				n.RemoveChild(c)
				break
			}
			s.prune(c, base)
		}
		c = next
	}
}

// resolve makes the addresses of an element absolute; what is no address goes.
func (s *sanitizer) resolve(n *html.Node, base *url.URL) {
	kept := n.Attr[:0]
	for _, a := range n.Attr {
		switch a.Key {
		case "href", "src", "cite":
			address := strings.TrimSpace(a.Val)
			if len(address) >= 7 && strings.EqualFold(address[:7], "mailto:") {
				break
			}
			u, err := resolveURL(base, address)
			if err != nil || address == "" {
				continue
			}
			resolved := u.String()
			if grown := len(resolved) - len(a.Val); grown > 0 {
				s.budget -= grown
			}
			if s.budget < 0 {
				continue
			}
			a.Val = resolved
		}
		kept = append(kept, a)
	}
	n.Attr = kept
}

var pixelStyle = regexp.MustCompile(`(?i)(?:^|[;\s])(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|!|$)|display\s*:\s*none`)

// isPixel is whether an element is a picture that nobody is meant to see.
func isPixel(n *html.Node) bool {
	if n.DataAtom != atom.Img {
		return false
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "width", "height":
			if v := strings.TrimSuffix(strings.TrimSpace(a.Val), "px"); v == "0" || v == "1" {
				return true
			}
		case "style":
			if pixelStyle.MatchString(a.Val) {
				return true
			}
		}
	}
	return false
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// A textBuilder collects words and the line breaks between them.
type textBuilder struct {
	b strings.Builder
	// gap is what stands before the next word: nothing, a space or a line break.
	gap byte
}

func (t *textBuilder) walk(n *html.Node, pre bool) {
	switch n.Type {
	case html.TextNode:
		t.text(n.Data, pre)
		return
	case html.ElementNode:
		if blocks[n.DataAtom] {
			t.breakLine()
			defer t.breakLine()
		} else if n.DataAtom == atom.Td || n.DataAtom == atom.Th {
			t.space()
		}
	}
	for c := range n.ChildNodes() {
		t.walk(c, pre || n.DataAtom == atom.Pre)
	}
}

func (t *textBuilder) text(s string, pre bool) {
	for _, r := range s {
		switch {
		case pre && r == '\n':
			t.breakLine()
		case unicode.IsSpace(r):
			t.space()
		case unicode.IsControl(r), r == '\uFEFF':
		default:
			if t.gap != 0 && t.b.Len() > 0 {
				t.b.WriteByte(t.gap)
			}
			t.gap = 0
			t.b.WriteRune(r)
		}
	}
}

func (t *textBuilder) space() {
	if t.gap == 0 {
		t.gap = ' '
	}
}

func (t *textBuilder) breakLine() { t.gap = '\n' }

func (t *textBuilder) String() string { return t.b.String() }

// PlainText is a short piece of HTML, such as a title, on one line: tags go, entities are decoded
// once. What stands in angle brackets without being an element of HTML stays: "Vec<T> explained".
func PlainText(source string) string {
	z := html.NewTokenizer(strings.NewReader(source))
	var (
		t    textBuilder
		skip atom.Atom
	)
	for {
		kind := z.Next()
		raw := string(z.Raw())
		switch kind {
		case html.ErrorToken:
			// The tokenizer drops a "<" that nothing closes, and all that follows.
			t.text(raw, false)
			return cleanText(t.String())
		case html.TextToken:
			if skip == 0 {
				t.text(html.UnescapeString(raw), false)
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			switch {
			case skip != 0:
				if kind == html.EndTagToken && tag == skip {
					skip = 0
				}
			case tag == 0:
				t.text(raw, false)
			case kind == html.StartTagToken && dropped[tag] && strings.Contains(strings.ToLower(source), "</"+tag.String()):
				skip = tag
			case blocks[tag]:
				t.space()
			}
		}
	}
}

// cleanText is a string that the database keeps and a page shows: valid UTF-8 without control
// characters other than white space.
func cleanText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || !isXMLChar(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// escapeText is plain text as HTML, its line breaks kept.
func escapeText(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if s == "" {
		return ""
	}
	var b strings.Builder
	for paragraph := range strings.SplitSeq(s, "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(paragraph), "\n", "<br>") + "</p>")
		}
	}
	return b.String()
}

// truncateBytes is the beginning of s in at most n bytes, ending between two characters.
func truncateBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// truncate is the beginning of s in at most n characters.
func truncate(s string, n int) (string, bool) {
	for i := range s {
		if n == 0 {
			return s[:i], true
		}
		n--
	}
	return s, false
}
