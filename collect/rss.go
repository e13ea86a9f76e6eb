package collect

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/content-creator/content-creator-api/store"
)

// feedAccept asks for feeds first and takes anything: many are served as something else.
const feedAccept = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"

// maxDescription is how much of what a feed says of itself is kept, in characters.
const maxDescription = 500

// formats are the names of the kinds of feeds.
var formats = map[kind]string{kindRSS: "rss", kindAtom: "atom", kindJSON: "json"}

// An rssCollector reads RSS 0.9 to 2.0, Atom 0.3 and 1.0 and JSON Feed.
type rssCollector struct {
	fetcher *Fetcher
	now     func() time.Time
}

// A dialect is what is special of the feeds of one service.
type dialect struct {
	// source is the Source of the documents.
	source string
	// name is their SourceName where the entry tells none; "" takes the site's host.
	name string
	// limit is how many entries are read; 0 reads all.
	limit int
	// request is sent with the feed's address and validators.
	request Request
	// refuse is the fault of an answer that request.AnyStatus lets through; nil if it has none.
	refuse func(*Response) *Error
	// amend sets right what the service writes in its own way. Its error skips the entry.
	amend func(*entry) error
}

// Collect fetches the feed and reads it. A feed of which some entries are broken is a success that
// lists them as Skipped; one without entries is a success that is Empty.
func (c rssCollector) Collect(ctx context.Context, s Source) (Batch, error) {
	return c.collect(ctx, s, dialect{source: store.TypeRSS})
}

// collect reads the feed at the source's URL.
func (c rssCollector) collect(ctx context.Context, s Source, d dialect) (Batch, error) {
	r := d.request
	r.URL, r.ETag, r.LastModified, r.Accept = s.URL, s.ETag, s.LastModified, feedAccept
	resp, err := c.fetcher.Get(ctx, r)
	if err != nil {
		return Batch{}, err
	}
	if d.refuse != nil && !resp.NotModified {
		if e := d.refuse(resp); e != nil {
			return Batch{}, e
		}
	}
	b := Batch{
		Status: resp.Status, Bytes: resp.Bytes, NotModified: resp.NotModified,
		ETag: resp.ETag, LastModified: resp.LastModified,
		FinalURL: resp.URL.String(), MovedTo: resp.MovedTo, Downgraded: resp.Downgraded,
		FeedLanguage: undetermined, Pace: store.Pace{Fresh: freshness(resp.Header, c.now())},
	}
	if resp.NotModified {
		b.BodyHash = s.BodyHash
		return b, nil
	}
	hash := sha256.Sum256(resp.Body)
	if bytes.Equal(hash[:], s.BodyHash) {
		b.NotModified, b.BodyHash = true, s.BodyHash
		return b, nil
	}
	if err := c.read(ctx, s, d, resp, &b); err != nil {
		return Batch{}, err
	}
	if b.Fault == "" && b.Unread == 0 {
		b.BodyHash = hash[:]
	}
	return b, nil
}

// read turns the body of an answer into documents.
func (c rssCollector) read(ctx context.Context, s Source, d dialect, resp *Response, b *Batch) error {
	contentType := resp.Header.Get("Content-Type")
	feed := splitFeed(ToUTF8(resp.Body, contentType))
	if feed.kind == kindNone {
		return notAFeed(resp, contentType)
	}
	head, headErr := feed.readHead()
	r := newReader(s, d.source, head, resp.URL, c.now())
	r.sourceName = cmp.Or(d.name, r.sourceName)
	b.FeedTitle, _ = truncate(PlainText(head.title), maxTitle)
	b.FeedLanguage = primaryLanguage(head.language)
	fresh := b.Pace.Fresh
	b.Pace = head.pace
	b.Pace.Fresh = fresh
	b.FeedFormat = formats[feed.kind]
	b.FeedDescription, _ = truncate(oneLine(PlainText(head.description)), maxDescription)
	if self, err := resolveURL(resp.URL, head.self); err == nil && head.self != "" {
		b.FeedSelf = self.String()
	}
	if feed.broken != nil {
		// What is missing would never come if the server were told that we have its answer.
		b.ETag, b.LastModified = "", ""
	}
	if d.limit > 0 {
		feed.entries = feed.entries[:min(len(feed.entries), d.limit)]
	}
	if listed := len(feed.entries); listed > MaxEntries {
		b.Cut = true
		b.Fault = fmt.Sprintf("It lists %d entries, of which the newest %d were read.", listed, MaxEntries)
		feed.entries = feed.newest()
	}
	for _, raw := range feed.entries {
		if err := ctx.Err(); err != nil {
			return failure(ctx, resp.URL, err)
		}
		b.Entries++
		e, err := r.read(&feed, raw)
		if err == nil && d.amend != nil {
			err = d.amend(&e)
		}
		if err == nil {
			err = r.add(b, e)
		}
		if err != nil {
			b.skip(e.title, err)
		}
	}

	recognise(b.Documents)
	b.Pace.Gap, b.Pace.Newest = publishing(b.Documents, r.now)

	fault := cmp.Or(feed.broken, headErr)
	switch {
	case len(b.Documents) > 0 && fault != nil:
		b.Fault = reason(fault)
	case len(b.Documents) > 0:
	case b.Entries > 0:
		return malformed(resp, fmt.Sprintf("none of its %d entries can be read; the first: %s", b.Entries, strings.TrimSuffix(b.Skipped[0].Reason, ".")))
	case fault != nil:
		return malformed(resp, strings.TrimSuffix(fault.Error(), "."))
	default:
		b.Empty = true
	}
	return nil
}

// newest are as many entries as are read. Most feeds begin with their newest one, some end with it.
func (f *rawFeed) newest() []string {
	first, last := f.entries[0], f.entries[len(f.entries)-1]
	if began, ended := f.dateOf(first), f.dateOf(last); began != nil && ended != nil && ended.After(*began) {
		return f.entries[len(f.entries)-MaxEntries:]
	}
	return f.entries[:MaxEntries]
}

// dateOf is when an entry was published or changed, nil if it does not say.
func (f *rawFeed) dateOf(raw string) *time.Time {
	e, _, err := f.readEntry(raw)
	if err != nil {
		return nil
	}
	return cmp.Or(e.published, e.updated, parseForeignDate(cmp.Or(e.publishedRaw, e.updatedRaw)))
}

// errWithdrawn is why an entry is skipped that the source itself has taken away.
var errWithdrawn = errors.New("it has been removed")

// skip notes that the last entry became no document.
func (b *Batch) skip(title string, err error) {
	title, _ = truncate(PlainText(title), maxTitle)
	skipped := Skipped{Position: b.Entries, Title: title, Reason: reason(err)}
	b.SkippedCount++
	if len(b.Skipped) < MaxSkipped {
		b.Skipped = append(b.Skipped, skipped)
	}
	if errors.Is(err, errWithdrawn) {
		return
	}
	if b.Unread++; b.Unread == 1 {
		b.FirstUnread = skipped
	}
}

// reason is the fault of an entry as a sentence.
func reason(err error) string {
	text, _ := truncate(cleanText(err.Error()), 300)
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func malformed(resp *Response, why string) *Error {
	return &Error{Code: CodeMalformedFeed, Status: resp.Status, Message: fmt.Sprintf("%s is a broken feed: %s.", shown(resp.URL), cleanText(why))}
}

// notAFeed says what the answer is instead.
func notAFeed(resp *Response, contentType string) *Error {
	e := &Error{Code: CodeNotAFeed, Status: resp.Status}
	body := bytes.TrimSpace(resp.Body)
	media, _, _ := mime.ParseMediaType(contentType)
	sniffed, _, _ := strings.Cut(http.DetectContentType(body), ";")
	what := "text that is no feed"
	switch {
	case len(body) == 0:
		what = "an empty page"
	case !looksPlain(body) && !utf8.Valid(body) && !strings.HasPrefix(sniffed, "text/"), binary(media) && !looksPlain(body):
		e.Code = CodeUnsupportedType
		what = fmt.Sprintf("%s, not a feed", cmp.Or(cleanText(media), sniffed))
	case sniffed == "text/html" || strings.Contains(media, "html"):
		what = "a web page, not a feed"
	case body[0] == '{' || body[0] == '[':
		what = "JSON that is no JSON Feed"
	case body[0] == '<':
		what = "XML that is no feed"
	}
	e.Message = fmt.Sprintf("%s answered with %s.", shown(resp.URL), what)
	return e
}

func binary(media string) bool {
	kind, _, _ := strings.Cut(media, "/")
	return kind == "image" || kind == "audio" || kind == "video" || kind == "font" ||
		media == "application/pdf" || media == "application/zip" || media == "application/octet-stream"
}

// feedBase is what relative links of a feed stand against: the site it names, else itself.
func feedBase(link string, final *url.URL) *url.URL {
	if link == "" {
		return final
	}
	if site, err := resolveURL(final, link); err == nil {
		return site
	}
	return final
}
