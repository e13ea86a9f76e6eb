package collect

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	jsonfeed "github.com/mmcdole/gofeed/json"
	"github.com/mmcdole/gofeed/rss"

	"github.com/content-creator/content-creator-api/store"
)

// A feedHead is what a feed says of itself.
type feedHead struct {
	title, link, language string
	// description is HTML; self is where the feed says that it lives.
	description, self string
	// authors write the entries that name none.
	authors []string
	// pace is what it says of its own.
	pace store.Pace
}

// An entry is one article as a feed tells it, whatever the feed's format. All texts are as they came.
type entry struct {
	title string
	// links are the addresses it may be found at, the best first; they may be relative.
	links []string
	guid  string
	// description is the short text, content the long one; plain is set where they are no HTML.
	description, content           string
	descriptionPlain, contentPlain bool
	titlePlain                     bool
	authors                        []string
	language                       string
	published, updated             *time.Time
	publishedRaw, updatedRaw       string
	categories                     []string
	enclosures                     []*gofeed.Enclosure
	image, comments, external      string
	duration                       string
	sourceTitle, sourceURL         string
	// extensions are the elements of other name spaces than the feed's own.
	extensions ext.Extensions
	// origin is the document's SourceName where that is not the whole source's.
	origin string
	// facts go into the SourceMetadata as they are.
	facts facts
}

// guarded runs a parser; should it panic on what it is fed, that entry is at fault and no more.
func guarded(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the parser gave up on it")
		}
	}()
	return f()
}

// tags is how many elements stand around an entry.
func (f *rawFeed) tags() int { return strings.Count(f.close, "</") }

// readHead reads what stands outside the entries.
func (f *rawFeed) readHead() (head feedHead, err error) {
	if f.head == "" {
		return head, errTooComplex
	}
	err = guarded(func() error {
		language, feed, original, _, err := f.parse(f.head, f.tags())
		if err != nil {
			return err
		}
		head = feedHead{title: feed.Title, link: feed.Link, language: cmp.Or(feed.Language, language), description: feed.Description, self: feed.FeedLink}
		switch o := original.(type) {
		case *rss.Feed:
			head.pace = rssPace(o)
		case *atom.Feed:
			head.authors = names(feed.Authors)
			head.pace = store.Pace{Wish: syndicationRest(o.Extensions)}
		case *jsonfeed.Feed:
			head.authors = jsonNames(o.Authors, o.Author)
		}
		return nil
	})
	return head, err
}

// readEntry reads one entry. The work is that of inspect, also where it fails.
func (f *rawFeed) readEntry(raw string) (e entry, work int, err error) {
	if len(raw) > maxEntry {
		return e, 0, fmt.Errorf("it is larger than %s", size(maxEntry))
	}
	err = guarded(func() error {
		language, feed, original, n, err := f.parse(f.document(raw), f.tags()+1)
		work = n
		if err != nil {
			return err
		}
		if len(feed.Items) == 0 {
			return errors.New("it is no entry")
		}
		e = fromItem(feed.Items[0])
		e.language = language
		switch o := original.(type) {
		case *rss.Feed:
			e.fromRSS(o.Items[0], feed.Items[0])
		case *atom.Feed:
			e.fromAtom(o.Entries[0])
		case *jsonfeed.Feed:
			e.fromJSON(o.Items[0])
		}
		e.fromMedia(feed.Items[0].Extensions)
		return nil
	})
	return e, work, err
}

// parse runs the parser of the feed's format over a document.
func (f *rawFeed) parse(document string, depth int) (language string, feed *gofeed.Feed, original any, work int, err error) {
	if f.kind != kindJSON {
		if language, work, err = inspect(document, depth); err != nil {
			return "", nil, nil, work, err
		}
	}
	var translator gofeed.Translator
	r := strings.NewReader(document)
	switch f.kind {
	case kindRSS:
		original, err = (&rss.Parser{}).Parse(r)
		translator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: true}
	case kindAtom:
		original, err = (&atom.Parser{}).Parse(r)
		translator = &gofeed.DefaultAtomTranslator{}
	default:
		original, err = (&jsonfeed.Parser{}).Parse(r)
		translator = &gofeed.DefaultJSONTranslator{}
	}
	if err != nil {
		return "", nil, nil, work, err
	}
	feed, err = translator.Translate(original)
	return language, feed, original, work, err
}

// fromItem takes over what gofeed makes equal in all formats.
func fromItem(i *gofeed.Item) entry {
	e := entry{
		title: i.Title, guid: i.GUID, description: i.Description, content: i.Content,
		published: i.PublishedParsed, publishedRaw: i.Published,
		updated: i.UpdatedParsed, updatedRaw: i.Updated,
		authors: names(i.Authors), categories: i.Categories, enclosures: i.Enclosures,
	}
	if i.Image != nil {
		e.image = i.Image.URL
	}
	if i.ITunesExt != nil {
		e.duration = i.ITunesExt.Duration
	}
	e.extensions = i.Extensions
	e.links = append(e.links, extension(i.Extensions, "feedburner", "origLink"))
	return e
}

func (e *entry) fromRSS(o *rss.Item, i *gofeed.Item) {
	e.links = append(e.links, o.Links...)
	for _, name := range []string{"atom", "atom03"} {
		for _, link := range i.Extensions[name]["link"] {
			if rel := link.Attrs["rel"]; rel == "" || rel == "alternate" {
				e.links = append(e.links, link.Attrs["href"])
			}
		}
	}
	e.comments = o.Comments
	if o.Source != nil {
		e.sourceTitle, e.sourceURL = o.Source.Title, o.Source.URL
	}
	dc := o.DublinCoreExt
	if dc == nil {
		dc = &ext.DublinCoreExtension{}
	}
	if len(dc.Language) > 0 {
		e.language = cmp.Or(dc.Language[0], e.language)
	}
	// gofeed takes the first creator, and none where name and remark stand together: "Jane Doe (Reuters)".
	switch {
	case o.Author == "" && len(dc.Creator) > 1:
		e.authors = dc.Creator
	case len(e.authors) == 0 && o.Author != "":
		e.authors = []string{o.Author}
	case len(e.authors) == 0:
		e.authors = dc.Creator
	}
}

func (e *entry) fromAtom(o *atom.Entry) {
	var pages, others []string
	for _, link := range o.Links {
		switch {
		case link.Rel == "alternate" && link.Type == "text/html":
			pages = append(pages, link.Href)
		case link.Rel == "alternate":
			others = append(others, link.Href)
		case link.Rel == "replies":
			e.comments = cmp.Or(e.comments, link.Href)
		}
	}
	e.links = append(append(e.links, pages...), others...)
	// gofeed takes the update for the publication where that is missing or unreadable.
	e.published, e.publishedRaw = o.PublishedParsed, o.Published
	if o.Content != nil {
		kind := strings.ToLower(o.Content.Type)
		e.contentPlain = kind == "text" || kind == "text/plain"
		if o.Content.Src != "" {
			e.links = append(e.links, o.Content.Src)
		}
	}
	if o.Source != nil {
		e.sourceTitle = o.Source.Title
		for _, link := range o.Source.Links {
			if link.Rel == "alternate" || e.sourceURL == "" {
				e.sourceURL = link.Href
			}
		}
		if len(e.authors) == 0 {
			for _, person := range o.Source.Authors {
				e.authors = append(e.authors, cmp.Or(person.Name, person.Email))
			}
		}
	}
}

func (e *entry) fromJSON(o *jsonfeed.Item) {
	e.links = append(e.links, o.URL, o.ExternalURL)
	if o.URL != "" {
		e.external = o.ExternalURL
	}
	e.titlePlain, e.descriptionPlain = true, true
	e.contentPlain = o.ContentHTML == ""
	e.language = o.Language
	e.authors = jsonNames(o.Authors, o.Author)
}

// pictureName is how the address of a picture ends where nothing else says that it is one.
var pictureName = regexp.MustCompile(`(?i)\.(?:jpe?g|png|webp|avif|gif)(?:\?|$)`)

// fromMedia takes what Media RSS adds: YouTube's feeds have their words nowhere else.
func (e *entry) fromMedia(extensions ext.Extensions) {
	media := extensions["media"]
	thumbnails, descriptions := media["thumbnail"], media["description"]
	for _, group := range media["group"] {
		thumbnails = append(thumbnails, group.Children["thumbnail"]...)
		descriptions = append(descriptions, group.Children["description"]...)
	}
	widest, wanted := 0, e.image == "" && len(thumbnails) == 0
	for _, content := range media["content"] {
		address := content.Attrs["url"]
		width, _ := strconv.Atoi(content.Attrs["width"])
		if wanted && width > widest && pictureName.MatchString(address) {
			e.image, widest = address, width
		}
	}
	if e.image == "" && len(thumbnails) > 0 {
		e.image = thumbnails[0].Attrs["url"]
	}
	if e.description == "" && e.content == "" && len(descriptions) > 0 {
		e.description = descriptions[0].Value
	}
}

// extension is the text of the first element of that name.
func extension(extensions ext.Extensions, prefix, name string) string {
	if elements := extensions[prefix][name]; len(elements) > 0 {
		return elements[0].Value
	}
	return ""
}

func names(persons []*gofeed.Person) []string {
	var out []string
	for _, p := range persons {
		if name := cmp.Or(p.Name, p.Email); name != "" {
			out = append(out, name)
		}
	}
	return out
}

func jsonNames(authors []*jsonfeed.Author, author *jsonfeed.Author) []string {
	if len(authors) == 0 && author != nil {
		authors = []*jsonfeed.Author{author}
	}
	var out []string
	for _, a := range authors {
		if a != nil && a.Name != "" {
			out = append(out, a.Name)
		}
	}
	return out
}
