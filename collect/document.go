package collect

import (
	"cmp"
	"errors"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/content-creator/content-creator-api/store"
)

// Bounds of a document, in characters.
const (
	maxTitle     = 1000
	maxAuthor    = 500
	maxFact      = 1000 // one text of SourceMetadata
	maxFacts     = 50   // one list of SourceMetadata
	titleOfWords = 80   // a title made of an entry's first words
)

// undetermined is the language of what does not name it.
const undetermined = "und"

// addressBudget is how much the relative addresses of one feed may grow by in all.
const addressBudget = 16 << 20

// firstDate is the day before which no feed can have been published.
var firstDate = time.Date(1990, time.January, 1, 0, 0, 0, 0, time.UTC)

// maxAhead is how far in the future a date may lie: clocks are wrong, and zones are left out.
const maxAhead = 48 * time.Hour

// A reader makes the documents of one source.
type reader struct {
	source     string
	sourceName string
	language   string // overrides the entries'
	fallback   string // where an entry has none
	authors    []string
	base       *url.URL
	now        time.Time
	html       sanitizer
	work       int
	// site is the canonical address that the feed names as its own, "" if it names none; seen are the
	// documents at a canonical address, by their place in the batch.
	site string
	seen map[string][]int
	kept map[string]bool
}

func newReader(s Source, source string, head feedHead, final *url.URL, now time.Time) *reader {
	base := feedBase(head.link, final)
	site, _ := Canonical(base.String())
	return &reader{
		source:     source,
		sourceName: strings.TrimPrefix(base.Hostname(), "www."),
		language:   s.Language,
		fallback:   head.language,
		authors:    head.authors,
		base:       base,
		now:        now.UTC(),
		html:       sanitizer{budget: addressBudget},
		site:       site,
		seen:       map[string][]int{},
		kept:       map[string]bool{},
	}
}

// read reads one entry while the feed's share of work lasts.
func (r *reader) read(f *rawFeed, raw string) (entry, error) {
	if r.work > maxFeedWork {
		return entry{}, errTooComplex
	}
	e, work, err := f.readEntry(raw)
	r.work += work
	return e, err
}

// address is the first of an entry's addresses that is one: its link, its guid, its enclosure.
func (r *reader) address(e entry) (*url.URL, string, error) {
	var firstErr error
	candidates := e.links
	// A guid is an address only where it is a whole one.
	if strings.Contains(e.guid, "://") {
		candidates = append(candidates, e.guid)
	}
	for _, enclosure := range e.enclosures {
		candidates = append(candidates, enclosure.URL)
	}
	for _, candidate := range candidates {
		if strings.TrimSpace(candidate) == "" {
			continue
		}
		u, err := resolveURL(r.base, candidate)
		if err == nil {
			var canonical string
			if canonical, err = Canonical(u.String()); err == nil {
				return u, canonical, nil
			}
		}
		firstErr = cmp.Or(firstErr, err)
	}
	switch {
	case r.source == store.TypeRSS && strings.TrimSpace(e.guid) != "" && e.title+e.description+e.content != "":
		// Notices and alerts live in their feed alone.
		return r.base, r.site, nil
	case firstErr != nil:
		return nil, "", errors.New("its link cannot be used: " + firstErr.Error())
	}
	return nil, "", errors.New("it has no link")
}

func (r *reader) document(e entry, address *url.URL, canonical string) store.Document {
	facts := facts{}
	d := store.Document{
		URL:          address.String(),
		CanonicalURL: canonical,
		Source:       r.source,
		SourceName:   cmp.Or(e.origin, r.sourceName),
		Language:     r.languageOf(e),
		FetchedAt:    r.now,
		ContentFrom:  "feed",
		Status:       "new",
	}
	r.body(&d, e, address, facts)
	r.title(&d, e, facts)
	r.dates(&d, e, facts)
	r.people(&d, e, facts)
	r.rest(&d, e, facts)
	maps.Copy(facts, e.facts)
	d.ContentHash = store.ContentHash(d.Title, d.ContentText)
	d.SourceMetadata = facts
	return d
}

// body fills Content, ContentText and Summary. An entry with a long and a short text has them as
// content and summary; a single description is both; a content alone has no summary.
func (r *reader) body(d *store.Document, e entry, address *url.URL, facts facts) {
	long, plain := e.content, e.contentPlain
	if strings.TrimSpace(long) == "" {
		long, plain = e.description, e.descriptionPlain
	}
	if plain {
		long = escapeText(long)
	}
	safe, text, cut := r.html.clean(long, address)
	if text != "" || strings.Contains(safe, "<img") {
		d.Content = &safe
	}
	d.ContentText = known(text)
	if d.ContentText != nil {
		d.WordCount = new(countWords(text))
	}
	if cut {
		facts["content_truncated"] = true
	}
	summary := e.description
	if e.descriptionPlain {
		summary = escapeText(summary)
	}
	if summary == long {
		d.Summary = known(text)
		return
	}
	_, text, _ = r.html.clean(summary, address)
	d.Summary = known(text)
}

// title fills Title: the entry's, else its first words, else its address.
func (r *reader) title(d *store.Document, e entry, facts facts) {
	title := PlainText(e.title)
	if e.titlePlain {
		title = oneLine(e.title)
	}
	if title == "" && d.ContentText != nil {
		title = firstWords(*d.ContentText)
		facts["title_from"] = "text"
	}
	if title == "" {
		title = d.URL
		facts["title_from"] = "url"
	}
	var cut bool
	if d.Title, cut = truncate(title, maxTitle); cut {
		facts["title_truncated"] = true
	}
}

// dates fills PublishedAt, from the update where the entry does not name its publication.
func (r *reader) dates(d *store.Document, e entry, facts facts) {
	published, raw := e.published, e.publishedRaw
	if raw == "" && e.updatedRaw != "" {
		published, raw = e.updated, e.updatedRaw
		facts["published_from"] = "updated"
	}
	if published == nil {
		published = parseForeignDate(raw)
	}
	switch {
	case raw == "":
	case r.plausible(published):
		at := published.UTC()
		d.PublishedAt = &at
	default:
		delete(facts, "published_from")
		facts.text("published_raw", raw)
	}
	if r.plausible(e.updated) && (d.PublishedAt == nil || !e.updated.Equal(*d.PublishedAt)) {
		facts["updated_at"] = e.updated.UTC().Format(time.RFC3339)
	}
}

// plausible is whether a feed can have been published at that time.
func (r *reader) plausible(at *time.Time) bool {
	return at != nil && !at.Before(firstDate) && !at.After(r.now.Add(maxAhead))
}

func (r *reader) people(d *store.Document, e entry, facts facts) {
	authors := e.authors
	if len(authors) == 0 {
		authors = r.authors
	}
	var names []string
	for _, author := range authors[:min(len(authors), maxFacts)] {
		if name := PlainText(author); name != "" {
			names = append(names, name)
		}
	}
	name, _ := truncate(strings.Join(names, ", "), maxAuthor)
	d.Author = known(name)
	if len(names) > 1 {
		facts.list("authors", names)
	}
}

// rest keeps what else the entry says, and fills ImageURL.
func (r *reader) rest(d *store.Document, e entry, f facts) {
	f.text("guid", e.guid)
	var categories []string
	for _, c := range e.categories[:min(len(e.categories), maxFacts)] {
		if c = PlainText(c); c != "" {
			categories = append(categories, c)
		}
	}
	f.list("categories", categories)
	f.address("image", r.base, e.image)
	if image, found := f["image"].(string); found {
		d.ImageURL = &image
	}
	f.address("comments_url", r.base, e.comments)
	f.address("external_url", r.base, e.external)
	f.text("duration", e.duration)
	f.text("origin_title", PlainText(e.sourceTitle))
	f.address("origin_url", r.base, e.sourceURL)
	var enclosures []any
	for _, enclosure := range e.enclosures[:min(len(e.enclosures), maxFacts)] {
		one := map[string]any{}
		facts(one).address("url", r.base, enclosure.URL)
		if len(one) == 0 {
			continue
		}
		facts(one).text("type", enclosure.Type)
		if length, err := strconv.ParseInt(strings.TrimSpace(enclosure.Length), 10, 64); err == nil && length > 0 {
			one["length"] = length
		}
		enclosures = append(enclosures, one)
	}
	if len(enclosures) > 0 {
		f["enclosures"] = enclosures
	}
}

// languageOf is the source's, else the entry's, else the feed's.
func (r *reader) languageOf(e entry) string {
	for _, tag := range []string{r.language, e.language, r.fallback} {
		if tag = primaryLanguage(tag); tag != undetermined {
			return tag
		}
	}
	return undetermined
}

// primaryLanguage is the primary subtag of a BCP 47 tag: "de-DE" and "ger" are "de". What is no
// tag, a language's name for one, is "und".
func primaryLanguage(tag string) string {
	primary, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(tag), "_", "-"), "-")
	if len(primary) < 2 || len(primary) > 3 {
		return undetermined
	}
	parsed, err := language.Parse(primary)
	if err != nil {
		return undetermined
	}
	base, confidence := parsed.Base()
	if confidence != language.Exact {
		return undetermined
	}
	return base.String()
}

// oneLine is a text with every run of white space as one space.
func oneLine(s string) string { return cleanText(strings.Join(strings.Fields(s), " ")) }

// firstWords are as many whole words as make a title.
func firstWords(text string) string {
	text = oneLine(text)
	head, cut := truncate(text, titleOfWords)
	if !cut {
		return head
	}
	head, _ = truncate(text, titleOfWords-1)
	if i := strings.LastIndexByte(head, ' '); i > 0 && text[len(head)] != ' ' {
		head = head[:i]
	}
	return strings.TrimSpace(head) + "…"
}

func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// facts become SourceMetadata: plain values, and only those that are known.
type facts map[string]any

func (f facts) text(name, value string) {
	if value, _ = truncate(oneLine(value), maxFact); value != "" {
		f[name] = value
	}
}

// number keeps a figure, zero too; nil is not known.
func (f facts) number(name string, value *int) {
	if value != nil {
		f[name] = *value
	}
}

// flag keeps what is true of few.
func (f facts) flag(name string, value bool) {
	if value {
		f[name] = true
	}
}

func (f facts) list(name string, values []string) {
	list := make([]any, len(values))
	for i, v := range values {
		cut, _ := truncate(v, maxFact)
		list[i] = cut
	}
	if len(list) > 0 {
		f[name] = list
	}
}

func (f facts) address(name string, base *url.URL, value string) {
	if strings.TrimSpace(value) == "" {
		return
	}
	if u, err := resolveURL(base, value); err == nil {
		f[name] = u.String()
	}
}
