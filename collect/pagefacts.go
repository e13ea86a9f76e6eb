package collect

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// pageFacts are what a page says of itself.
type pageFacts struct {
	title, author, image, canonical, language string
	publishedAt                               *time.Time
	dateOnly                                  bool
	paywall                                   *bool
}

// A factReader collects the candidates for each fact, the best first.
type factReader struct {
	base, address *url.URL
	meta          map[string][]string
	things        []map[string]any // JSON-LD
	titles        []string
	headings      []string
	canonicals    []string
	times         []string
	authors       []string
	language      string
	walled        bool
}

// Bounds of what is read of a page's facts.
const (
	maxThings     = 200 // of JSON-LD
	maxThingDepth = 20
)

func readPageFacts(page *html.Node, base, address *url.URL) pageFacts {
	r := &factReader{base: base, address: address, meta: map[string][]string{}}
	for n := range page.Descendants() {
		if n.Type == html.ElementNode {
			r.element(n)
		}
	}
	f := pageFacts{
		title: r.title(), author: r.author(), image: r.image(), canonical: r.canonical(), language: r.language, paywall: r.paywall(),
	}
	f.publishedAt, f.dateOnly = r.published()
	return f
}

func (r *factReader) element(n *html.Node) {
	switch n.DataAtom {
	case atom.Html:
		r.language = attr(n, "lang")
	case atom.Meta:
		name := attr(n, "property") + attr(n, "name") + attr(n, "itemprop")
		if name == "" {
			name = attr(n, "http-equiv")
		}
		if content := strings.TrimSpace(attr(n, "content")); content != "" {
			name = strings.ToLower(strings.TrimSpace(name))
			r.meta[name] = append(r.meta[name], content)
		}
		return
	case atom.Script:
		if strings.EqualFold(strings.TrimSpace(attr(n, "type")), "application/ld+json") && n.FirstChild != nil {
			r.linkedData(n.FirstChild.Data)
		}
		return
	case atom.Title:
		if n.Namespace == "" {
			r.titles = append(r.titles, wordsOf(n))
		}
		return
	case atom.H1, atom.H2, atom.H3:
		if words := wordsOf(n); words != "" && len(r.headings) < maxFacts {
			r.headings = append(r.headings, words)
		}
		return
	case atom.Link:
		if slices.Contains(strings.Fields(strings.ToLower(attr(n, "rel"))), "canonical") {
			r.canonicals = append(r.canonicals, attr(n, "href"))
		}
		return
	default:
		r.marked(n)
	}
}

// marked reads the facts that stand in a page's visible text.
func (r *factReader) marked(n *html.Node) {
	property := strings.ToLower(attr(n, "itemprop"))
	isPublished := has(n, "pubdate")
	switch {
	case property == "datepublished", n.DataAtom == atom.Time && isPublished:
		r.times = append([]string{timeOf(n)}, r.times...)
	case n.DataAtom == atom.Time && !strings.Contains(property+strings.ToLower(attr(n, "class")), "modif"):
		r.times = append(r.times, timeOf(n))
	case property == "author", n.DataAtom == atom.A && slices.Contains(strings.Fields(strings.ToLower(attr(n, "rel"))), "author"):
		r.authors = append(r.authors, wordsOf(n))
	}
	if !r.walled && isWall(n) {
		r.walled = strings.TrimSpace(wordsOf(n)) != ""
	}
}

// has is whether an element has an attribute, be it empty.
func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func timeOf(n *html.Node) string {
	for _, key := range []string{"datetime", "content"} {
		if value := strings.TrimSpace(attr(n, key)); value != "" {
			return value
		}
	}
	return wordsOf(n)
}

// wordsOf is the text below a node on one line.
func wordsOf(n *html.Node) string {
	var b textBuilder
	b.walk(n, false)
	text, _ := truncate(oneLine(b.String()), maxTitle)
	return text
}

// linkedData keeps the things of one JSON-LD script. Scripts with errors in them are common, and no fault.
func (r *factReader) linkedData(source string) {
	var value any
	source = strings.NewReplacer("<![CDATA[", "", "]]>", "", "\n", " ", "\r", " ", "\t", " ").Replace(source)
	if json.Unmarshal([]byte(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(source), ";"))), &value) == nil {
		r.collect(value, 0)
	}
}

func (r *factReader) collect(value any, depth int) {
	if depth > maxThingDepth || len(r.things) >= maxThings {
		return
	}
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			r.collect(one, depth+1)
		}
	case map[string]any:
		if isArticle(v) {
			r.things = append(r.things, v)
		}
		for _, key := range []string{"@graph", "mainEntity", "mainEntityOfPage", "itemListElement"} {
			r.collect(v[key], depth+1)
		}
	}
}

// isArticle is whether a thing of schema.org is a text that somebody published.
func isArticle(thing map[string]any) bool {
	for _, kind := range texts(thing["@type"]) {
		for _, end := range []string{"Article", "Posting", "Report", "WebPage", "Review", "Recipe", "CreativeWork", "Blog", "APIReference"} {
			if strings.HasSuffix(kind, end) {
				return true
			}
		}
	}
	return false
}

// texts are the strings in a value of JSON-LD: itself, its items, the names, addresses and ids of things.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, one := range v[:min(len(v), maxFacts)] {
			if list, nested := one.([]any); !nested || len(list) == 0 {
				all = append(all, texts(one)...)
			}
		}
		return all
	case map[string]any:
		for _, key := range []string{"name", "url", "@id"} {
			if s, ok := v[key].(string); ok && s != "" {
				return []string{s}
			}
		}
	}
	return nil
}

// said are the values of a property, those of articles before those of pages.
func (r *factReader) said(property string) []string {
	var articles, pages []string
	for _, thing := range r.things {
		found := texts(thing[property])
		if slices.ContainsFunc(texts(thing["@type"]), func(s string) bool { return strings.HasSuffix(s, "WebPage") }) {
			pages = append(pages, found...)
			continue
		}
		articles = append(articles, found...)
	}
	return append(articles, pages...)
}

func (r *factReader) metas(names ...string) []string {
	var all []string
	for _, name := range names {
		all = append(all, r.meta[name]...)
	}
	return all
}

func (r *factReader) title() string {
	candidates := slices.Concat(r.said("headline"), r.metas("og:title", "twitter:title", "dc.title", "citation_title"), r.titles, r.headings[:min(len(r.headings), 1)])
	for _, candidate := range candidates {
		title := oneLine(PlainText(candidate))
		if title == "" {
			continue
		}
		// A heading is the title without the name of the site.
		for _, heading := range r.headings {
			if len(heading) >= len(title)/3 && strings.Contains(title, heading) {
				title = heading
				break
			}
		}
		title, _ = truncate(title, maxTitle)
		return title
	}
	return ""
}

// byWords stand before a name that somebody signs with.
var byWords = regexp.MustCompile(`(?i)^(?:by|von|par|por|di|da|door|av|af)\s+`)

func (r *factReader) author() string {
	candidates := r.said("author")
	if len(candidates) == 0 {
		candidates = r.metas("author", "article:author", "dc.creator", "dc.creator.name", "parsely-author", "sailthru.author", "citation_author")
	}
	if len(candidates) == 0 {
		candidates = r.authors[:min(len(r.authors), 1)]
	}
	var names []string
	for _, candidate := range candidates {
		name := byWords.ReplaceAllString(PlainText(candidate), "")
		if name == "" || strings.Contains(name, "://") || strings.HasPrefix(name, "@") || slices.Contains(names, name) {
			continue
		}
		names = append(names, name)
	}
	name, _ := truncate(strings.Join(names[:min(len(names), maxFacts)], ", "), maxAuthor)
	return name
}

func (r *factReader) image() string {
	candidates := r.metas("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
	for _, thing := range r.things {
		candidates = append(candidates, imagesOf(thing["image"])...)
	}
	for _, candidate := range candidates {
		if u, err := resolveURL(r.base, candidate); err == nil && strings.TrimSpace(candidate) != "" {
			return u.String()
		}
	}
	return ""
}

// imagesOf are the addresses of an image of JSON-LD, whose name is no address.
func imagesOf(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		if len(v) > 0 {
			if _, nested := v[0].([]any); !nested {
				return imagesOf(v[0])
			}
		}
	case map[string]any:
		for _, key := range []string{"url", "contentUrl"} {
			if s, ok := v[key].(string); ok && s != "" {
				return []string{s}
			}
		}
	}
	return nil
}

// canonical is the page's own idea of its address. Only one of its own site counts: any other would let a
// page pass for somebody else's.
func (r *factReader) canonical() string {
	for _, candidate := range append(slices.Clone(r.canonicals), r.metas("og:url")...) {
		u, err := resolveURL(r.base, candidate)
		if err != nil || strings.TrimSpace(candidate) == "" || !sameSite(u, r.address) {
			continue
		}
		// A page that names the front page names none.
		if strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && strings.Trim(r.address.Path, "/") != "" {
			continue
		}
		if canonical, err := Canonical(u.String()); err == nil {
			return canonical
		}
	}
	return ""
}

// published is when the page says that it came out.
func (r *factReader) published() (at *time.Time, dateOnly bool) {
	candidates := slices.Concat(r.said("datePublished"),
		r.metas("article:published_time", "og:published_time", "datepublished", "article:published", "parsely-pub-date", "sailthru.date",
			"dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date", "citation_publication_date", "citation_date", "publish-date",
			"publishdate", "pubdate", "date"),
		r.said("dateCreated"), r.times)
	for _, candidate := range candidates {
		if at, dateOnly := parsePageTime(candidate); at != nil {
			return at, dateOnly
		}
	}
	return nil, false
}

// zoned and zoneless are the forms of a time in pages, beside those of feeds.
var (
	zoned = []string{
		time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700",
		"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST",
		time.RFC1123Z, time.RFC1123,
	}
	zoneless  = []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"}
	datesOnly = []string{"2006-01-02", "2006/01/02", "20060102", "2006-1-2", "January 2, 2006", "Jan 2, 2006", "2 January 2006", "2 Jan 2006", "02.01.2006"}
)

func parsePageTime(raw string) (at *time.Time, dateOnly bool) {
	raw = strings.TrimSpace(raw)
	for i, layouts := range [][]string{zoned, zoneless, datesOnly} {
		for _, layout := range layouts {
			parsed, err := time.Parse(layout, raw)
			if err != nil {
				continue
			}
			if parsed.Before(firstDate) {
				return nil, false
			}
			return &parsed, i == 2
		}
	}
	return nil, false
}

// wallNames are classes and ids of what stands before a text that has to be paid for.
var wallNames = regexp.MustCompile(`(?i)(?:^|[\s_-])(?:paywall|pay-wall|paygate|subscriber-only|subscribers-only|subscription-required|premium-content-gate|article-gate|regwall|piano-offer|tp-modal)(?:$|[\s_-])`)

// isWall is whether an element asks for money, where anybody can see it.
func isWall(n *html.Node) bool {
	names := attr(n, "class") + " " + attr(n, "id")
	if len(names) > 2000 || !wallNames.MatchString(names) {
		return false
	}
	return !has(n, "hidden") && !strings.Contains(strings.ReplaceAll(strings.ToLower(attr(n, "style")), " ", ""), "display:none") && !dropped[n.DataAtom]
}

// paywall is what schema.org says, else the meta element that many use, else what can be seen.
func (r *factReader) paywall() *bool {
	free := map[string]bool{}
	for _, thing := range r.things {
		switch v := thing["isAccessibleForFree"].(type) {
		case bool:
			free[map[bool]string{true: "true", false: "false"}[v]] = true
		case string:
			free[strings.ToLower(v[strings.LastIndex(v, "/")+1:])] = true
		}
	}
	for _, tier := range r.metas("article:content_tier") {
		free[map[string]string{"locked": "false", "metered": "false", "free": "true"}[strings.ToLower(tier)]] = true
	}
	switch {
	case free["false"], r.walled && !free["true"]:
		return new(true)
	case free["true"]:
		return new(false)
	}
	return nil
}
