package collect

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of one page.
const (
	// maxPage is how many bytes of a page are read; trees cost many times their text.
	maxPage = 5 << 20
	// maxPageNodes is how many nodes a page may have.
	maxPageNodes = 200_000
	// maxExtraction is how long reading one page may take.
	maxExtraction = 20 * time.Second
	// maxExtractions is how many pages are read at once, those included that nobody waits for any more:
	// the libraries cannot be stopped in the middle of one.
	maxExtractions = 8
	// minArticle is how many characters of text make an article.
	minArticle = 100
)

// An Article is what a page is about, without what every page of its site has.
type Article struct {
	// HTML is sanitised, Text its words with line breaks.
	HTML, Text string
	// WordCount counts Text; see countWords.
	WordCount int
	// Title and Author are "" where the page does not say.
	Title, Author string
	// Image is the address of the lead picture, "" if there is none.
	Image string
	// Canonical is the address that the page gives itself, in the form of the function Canonical; ""
	// where it gives none, or one of another site.
	Canonical string
	// PublishedAt has the zone that the page names; nil where the page does not say. A date without a
	// time is its midnight in UTC and has DateOnly set; a time without a zone is taken for UTC.
	PublishedAt *time.Time
	DateOnly    bool
	// Language is a BCP 47 primary tag, "und" if neither the page nor its text tells.
	Language string
	// Paywall is whether the text is for subscribers alone; nil where the page does not say.
	Paywall *bool
	// Cut is set where the article is longer than is kept.
	Cut bool
}

// An Extractor reads articles out of pages. It is safe for concurrent use.
type Extractor struct {
	seekers [seekers]seeker
	slots   chan struct{}
	limit   time.Duration
}

// NewExtractor makes an Extractor.
func NewExtractor() *Extractor {
	return &Extractor{seekers: allSeekers, slots: make(chan struct{}, maxExtractions), limit: maxExtraction}
}

// The faults of a page that was had but holds no article.
var (
	errNoText     = errors.New("no article was found on it")
	errTooLong    = fmt.Errorf("it is longer than %s", size(maxPage))
	errTooManyTag = fmt.Errorf("it has more than %d elements and texts", maxPageNodes)
	errTooSlow    = fmt.Errorf("reading it takes longer than %s", maxExtraction)
)

// Extract reads the article of a page that came from address with that Content-Type header. It touches
// no network. Its error says why there is none, as the end of a sentence about the page; it is
// ctx's where ctx ended.
func (e *Extractor) Extract(ctx context.Context, page []byte, contentType string, address *url.URL) (Article, error) {
	if len(page) > maxPage {
		return Article{}, errTooLong
	}
	ctx, cancel := context.WithTimeoutCause(ctx, e.limit, errTooSlow)
	defer cancel()
	select {
	case e.slots <- struct{}{}:
	case <-ctx.Done():
		return Article{}, context.Cause(ctx)
	}
	type result struct {
		article Article
		err     error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-e.slots }()
		var r result
		r.err = guarded(func() (err error) {
			r.article, err = e.read(ToUTF8(page, pageType(page, contentType)), address)
			return err
		})
		done <- r
	}()
	select {
	case r := <-done:
		return r.article, r.err
	case <-ctx.Done():
		return Article{}, context.Cause(ctx)
	}
}

// read is Extract without its bounds of time.
func (e *Extractor) read(source string, address *url.URL) (Article, error) {
	page, err := html.ParseWithOptions(strings.NewReader(source), html.ParseOptionEnableScripting(false))
	if err != nil {
		return Article{}, errors.New("it is nested too deeply")
	}
	if tooManyNodes(page) {
		return Article{}, errTooManyTag
	}
	base := pageBase(page, address)
	showLazyImages(page)
	facts := readPageFacts(page, base, address)
	a := Article{
		Title: facts.title, Author: facts.author, Image: facts.image, Canonical: facts.canonical,
		PublishedAt: facts.publishedAt, DateOnly: facts.dateOnly, Paywall: facts.paywall,
	}
	kept, err := e.vote(page, base)
	if err != nil {
		return Article{}, err
	}
	dropTitle(page, kept, a.Title)
	pruneToArticle(page, kept)
	var out strings.Builder
	for n := range bodyOf(page).ChildNodes() {
		_ = html.Render(&out, n) // a strings.Builder takes everything
	}
	cleaner := sanitizer{budget: addressBudget}
	a.HTML, a.Text, a.Cut = cleaner.clean(out.String(), base)
	if len([]rune(a.Text)) < minArticle {
		return Article{}, errNoText
	}
	a.WordCount = countWords(a.Text)
	a.Language = pageLanguage(facts.language, a.Text)
	return a, nil
}

// tooManyNodes is whether a page has more nodes than are worked on.
func tooManyNodes(page *html.Node) bool {
	count := 0
	for range page.Descendants() {
		if count++; count > maxPageNodes {
			return true
		}
	}
	return false
}

// pageBase is what relative addresses of a page stand against.
func pageBase(page *html.Node, address *url.URL) *url.URL {
	for n := range page.Descendants() {
		if n.DataAtom != atom.Base || attr(n, "href") == "" {
			continue
		}
		if base, err := resolveURL(address, attr(n, "href")); err == nil {
			return base
		}
		break
	}
	return address
}

func bodyOf(page *html.Node) *html.Node {
	for n := range page.Descendants() {
		if n.DataAtom == atom.Body {
			return n
		}
	}
	return page
}

// lazySources are the attributes in which pages keep the address of a picture until a script shows it.
var lazySources = []string{"data-src", "data-original", "data-lazy-src", "data-lazy", "data-url"}

// showLazyImages gives pictures the address that a script would have given them.
func showLazyImages(page *html.Node) {
	for n := range page.Descendants() {
		if n.DataAtom != atom.Img {
			continue
		}
		if src := strings.TrimSpace(attr(n, "src")); src != "" && !strings.HasPrefix(src, "data:") {
			continue
		}
		for _, name := range lazySources {
			if address := attr(n, name); address != "" {
				setAttr(n, "src", address)
				break
			}
		}
	}
}

func setAttr(n *html.Node, key, value string) {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			n.Attr[i].Val = value
			return
		}
	}
	n.Attr = append(n.Attr, html.Attribute{Key: key, Val: value})
}

// pageLanguage is what a page says of its language, else its text's. Templates come with lang="en":
// where the text is clearly something else, that is believed.
func pageLanguage(said, text string) string {
	said = primaryLanguage(said)
	if said != undetermined && said != "en" || len(text) < enoughText {
		return said
	}
	head, _ := truncate(text, mostText)
	if own := LanguageOf(head); own != undetermined {
		return own
	}
	return said
}
