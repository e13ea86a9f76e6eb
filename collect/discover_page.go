package collect

import (
	"mime"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxSearchedPage is how much of a page is searched for links, in bytes.
const maxSearchedPage = 4 << 20

// A webPage is what a page says of its feeds.
type webPage struct {
	at    *url.URL
	title string
	// links are those it declares to be feeds, anchors those that look like one.
	links, anchors []candidate
	// text is the page itself.
	text string
}

// feedTypes are the types by which pages declare feeds, the certain ones first.
var feedTypes = map[string]bool{
	"application/rss+xml": true, "application/atom+xml": true, "application/feed+json": true, "application/rdf+xml": true,
	"application/x.atom+xml": true, "application/x-atom+xml": true, "text/rss+xml": true, "application/json": true, "text/xml": true, "application/xml": true,
}

// readPage reads the links of a page.
func readPage(resp *Response) *webPage {
	p := &webPage{at: resp.URL, text: truncateBytes(ToUTF8(resp.Body, resp.Header.Get("Content-Type")), maxSearchedPage)}
	base := resp.URL
	var anchors []string
	tokens := html.NewTokenizer(strings.NewReader(p.text))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			break
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		token := tokens.Token()
		switch token.DataAtom {
		case atom.Title:
			if kind == html.StartTagToken && p.title == "" && tokens.Next() == html.TextToken {
				p.title, _ = truncate(oneLine(tokens.Token().Data), maxTitle)
			}
		case atom.Base:
			if b, err := resolveURL(resp.URL, attribute(token, "href")); err == nil {
				base = b
			}
		case atom.Link:
			p.declare(base, token)
		case atom.A:
			anchors = append(anchors, attribute(token, "href"))
		default: // says nothing of feeds
		}
	}
	for _, href := range anchors {
		p.mention(base, href)
	}
	return p
}

// declare notes a link element that declares a feed.
func (p *webPage) declare(base *url.URL, token html.Token) {
	relations := strings.Fields(strings.ToLower(attribute(token, "rel")))
	alternate, feed := false, false
	for _, relation := range relations {
		alternate, feed = alternate || relation == "alternate", feed || relation == "feed"
	}
	media, _, _ := mime.ParseMediaType(attribute(token, "type"))
	if !feed && (!alternate || !feedTypes[media]) || len(p.links) == maxDeclared {
		return
	}
	// WordPress declares its programming interface so.
	if media == "application/json" && strings.Contains(attribute(token, "href"), "/wp-json") {
		return
	}
	href := strings.TrimPrefix(strings.TrimSpace(attribute(token, "href")), "feed:")
	if at, err := resolveURL(base, href); err == nil && href != "" {
		title, _ := truncate(oneLine(attribute(token, "title")), 200)
		p.links = append(p.links, candidate{url: at.String(), by: "link", title: title})
	}
}

var feedPath = regexp.MustCompile(`(?i)(^|[/._-])(rss|atom|feeds?)([._/-]|$)|\.(rss|atom|rdf)$`)

// mention notes an anchor that looks like a feed of the same site.
func (p *webPage) mention(base *url.URL, href string) {
	at, err := resolveURL(base, href)
	if err != nil || href == "" || len(p.anchors) == maxAnchors || !sameSite(at, p.at) || !feedPath.MatchString(at.Path) {
		return
	}
	p.anchors = append(p.anchors, candidate{url: at.String(), by: "anchor"})
}

func attribute(token html.Token, name string) string {
	for _, a := range token.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
