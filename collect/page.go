package collect

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// pageAccept asks for pages as browsers do, and takes no other.
const pageAccept = "text/html, application/xhtml+xml;q=0.9"

const (
	// maxPageHops is how many redirects are followed to a page.
	maxPageHops = 10
	// maxRefreshes is how many of them may stand in a page instead of its header.
	maxRefreshes = 2
	// maxRefreshDelay is how soon such a page must lead on; a later one only reloads itself.
	maxRefreshDelay = 5
)

// Pages fetches pages and reads their articles. It respects robots.txt at every address on the way, for
// the user agent that the Fetcher names itself. X-Robots-Tag and its like speak to search engines, about
// what they show to others, and are not looked at.
type Pages struct {
	fetcher   *Fetcher
	robots    *robots
	extractor *Extractor
}

// NewPages makes Pages above a fetcher. The clock is that of the robots.txt files it keeps.
func NewPages(f *Fetcher, now func() time.Time) *Pages {
	return &Pages{fetcher: f, robots: newRobots(f, now), extractor: NewExtractor()}
}

// A Page is an article and where it was found.
type Page struct {
	Article
	// URL is where the page came from, after all redirects.
	URL string
	// Counts are of the whole page, before its article was cut out of it.
	Counts PageCounts
}

// PageCounts are what a page is divided by. What stands in navigation and the foot of the page counts for nothing but main
// headings: many pages have theirs in a header.
type PageCounts struct{ H1, H2, H3, Lists, Images int }

// countPage counts what can be seen of a page.
func countPage(body []byte, contentType string) (c PageCounts) {
	page, err := html.ParseWithOptions(strings.NewReader(ToUTF8(body, pageType(body, contentType))), html.ParseOptionEnableScripting(false))
	if err != nil || tooManyNodes(page) {
		return c
	}
	c.add(page, false)
	return c
}

func (c *PageCounts) add(n *html.Node, frame bool) {
	if n.Type == html.ElementNode {
		switch n.DataAtom {
		case atom.Nav, atom.Header, atom.Footer, atom.Aside:
			frame = true
		case atom.H1:
			c.H1++
		default:
		}
		if dropped[n.DataAtom] && n.DataAtom != atom.Title {
			return
		}
		if !frame {
			switch n.DataAtom {
			case atom.H2:
				c.H2++
			case atom.H3:
				c.H3++
			case atom.Ul, atom.Ol:
				c.Lists++
			case atom.Img:
				if !isPixel(n) {
					c.Images++
				}
			default:
			}
		}
	}
	for child := range n.ChildNodes() {
		c.add(child, frame)
	}
}

// Get fetches a page and reads its article. The error is an *Error, or that of the Turns of the fetcher.
func (p *Pages) Get(ctx context.Context, address string) (Page, error) {
	at, err := parseURL(address)
	if err != nil {
		return Page{}, &Error{Code: CodeInvalidURL, Message: "The address of the page is not one: " + err.Error() + ".", Err: err}
	}
	at.Fragment, at.RawFragment = "", ""
	first, seen, refreshes := at, map[string]bool{}, 0
	for {
		if seen[at.String()] {
			return Page{}, &Error{Code: CodeTooManyRedirects, Message: shown(first) + " redirects in a circle."}
		}
		if len(seen) > maxPageHops {
			return Page{}, &Error{Code: CodeTooManyRedirects, Message: fmt.Sprintf("%s redirects more than %d times.", shown(first), maxPageHops)}
		}
		seen[at.String()] = true
		if err := p.robots.allow(ctx, at); err != nil {
			return Page{}, err
		}
		resp, err := p.fetcher.Get(ctx, Request{URL: at.String(), Accept: pageAccept, Check: acceptPage, OneHop: true})
		if err != nil {
			return Page{}, err
		}
		if resp.Next != nil {
			at = resp.Next
			continue
		}
		contentType := resp.Header.Get("Content-Type")
		if next := refresh(resp.Body, contentType, resp.URL); next != nil && refreshes < maxRefreshes && !seen[next.String()] {
			refreshes++
			at = next
			continue
		}
		return p.read(ctx, resp, contentType)
	}
}

// read turns the body of an answer into its article.
func (p *Pages) read(ctx context.Context, resp *Response, contentType string) (Page, error) {
	article, err := p.extractor.Extract(ctx, resp.Body, contentType, resp.URL)
	if ctx.Err() != nil {
		return Page{}, failure(ctx, resp.URL, ctx.Err())
	}
	if err != nil {
		return Page{}, &Error{Code: CodeNoArticle, Status: resp.Status, Message: fmt.Sprintf("%s was read in vain: %s.", shown(resp.URL), err), Err: err}
	}
	return Page{Article: article, URL: resp.URL.String(), Counts: countPage(resp.Body, contentType)}, nil
}

// acceptPage refuses what is no web page, before its body is read, and pages that are too long to be read.
func acceptPage(at *url.URL, header http.Header) *Error {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err == nil && media != "text/html" && media != "application/xhtml+xml" {
		return &Error{Code: CodeNotHTML, Status: http.StatusOK, Message: fmt.Sprintf("%s answered with %s, not with a web page.", shown(at), cleanText(media))}
	}
	if length, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64); err == nil && length > maxPage {
		return &Error{Code: CodeTooLarge, Status: http.StatusOK, Message: fmt.Sprintf("%s is larger than %s.", shown(at), size(maxPage))}
	}
	return nil
}

var refreshTarget = regexp.MustCompile(`(?i)^\s*(\d{1,3})(?:\.\d*)?\s*[;,]\s*url\s*=\s*["']?([^"']+)`)

// refresh is where a page leads that is only there to lead on; nil where it does not.
func refresh(page []byte, contentType string, address *url.URL) *url.URL {
	// What leads on stands in the head, and is not looked for in whole articles.
	head := ToUTF8(page[:min(len(page), 16<<10)], pageType(page, contentType))
	z := html.NewTokenizer(strings.NewReader(head))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return nil
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		token := z.Token()
		switch token.DataAtom {
		case atom.Body, atom.Noscript:
			return nil
		case atom.Meta:
			n := &html.Node{Attr: token.Attr}
			if !strings.EqualFold(strings.TrimSpace(attr(n, "http-equiv")), "refresh") {
				continue
			}
			m := refreshTarget.FindStringSubmatch(attr(n, "content"))
			if m == nil {
				return nil
			}
			if delay, err := strconv.Atoi(m[1]); err != nil || delay > maxRefreshDelay {
				return nil
			}
			next, err := resolveURL(address, strings.TrimSpace(m[2]))
			if err != nil {
				return nil
			}
			next.Fragment, next.RawFragment = "", ""
			return next
		default:
		}
	}
}
