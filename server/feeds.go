package server

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/store"
)

// The formats of a feed, as its address names them.
const (
	formatRSS  = "rss"
	formatAtom = "atom"
	formatJSON = "json"
)

// feedToken is the parameter of a feed's address that opens it without an API key.
const feedToken = "token"

// feedAge is for how long a feed may be kept without asking again.
const feedAge = 5 * time.Minute

func searchPath(id uuid.UUID) string { return basePath + "/searches/" + id.String() }

// admitReader lets a reader through whose address holds the token of the feed. Which searches there are it does not tell.
func (s *Server) admitReader(c echo.Context, token string) error {
	id, err := uuid.Parse(c.Param("id"))
	opens := false
	if err == nil {
		if opens, err = s.Store.FeedTokenOpens(c.Request().Context(), id, token); err != nil {
			return errors.Join(s.limit(c, c.RealIP()), err)
		}
	}
	if !opens {
		// Guessing is limited, too.
		return errors.Join(s.limit(c, c.RealIP()), unauthorized())
	}
	return s.limit(c, "feed "+id.String())
}

type originKey struct{}

// withOrigin remembers under which name this server was asked: feeds hold whole addresses.
func withOrigin(c echo.Context) {
	scheme := "http"
	if c.Scheme() == "https" {
		scheme = "https"
	}
	request := c.Request()
	c.SetRequest(request.WithContext(context.WithValue(request.Context(), originKey{}, scheme+"://"+request.Host)))
}

// GetSearchFeed answers the newest matches of a saved search as a feed.
func (s *Server) GetSearchFeed(ctx context.Context, req api.GetSearchFeedRequestObject) (api.GetSearchFeedResponseObject, error) {
	feed, err := s.Store.SearchFeed(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	origin, _ := ctx.Value(originKey{}).(string)
	address := origin + searchPath(req.ID)
	answer := feedAnswer{modified: feed.UpdatedAt.UTC().Truncate(time.Second)}
	switch req.Format {
	case formatRSS:
		answer.contentType = "application/rss+xml; charset=utf-8"
		answer.body, err = rssOf(feed, address)
	case formatAtom:
		answer.contentType = "application/atom+xml; charset=utf-8"
		answer.body, err = atomOf(feed, address)
	default:
		answer.contentType = "application/feed+json; charset=utf-8"
		answer.body, err = jsonFeedOf(feed, address)
	}
	answer.etag = fmt.Sprintf(`"%x"`, sha256.Sum256(answer.body))
	answer.unchanged = answer.has(req.Params)
	return answer, err
}

// A feedAnswer is a feed, or the answer that it has not changed.
type feedAnswer struct {
	contentType string
	body        []byte
	etag        string
	modified    time.Time
	unchanged   bool
}

// has reports whether whoever asks has this answer already. A tag goes before a time.
func (a feedAnswer) has(p api.GetSearchFeedParams) bool {
	if p.IfNoneMatch != nil {
		return matches(p.IfNoneMatch, a.etag)
	}
	since, err := http.ParseTime(orZero(p.IfModifiedSince))
	return err == nil && !a.modified.After(since)
}

// VisitGetSearchFeedResponse writes the answer.
func (a feedAnswer) VisitGetSearchFeedResponse(w http.ResponseWriter) error {
	header := w.Header()
	header.Set("ETag", a.etag)
	header.Set("Last-Modified", a.modified.Format(http.TimeFormat))
	header.Set("Cache-Control", fmt.Sprintf("private, max-age=%d", int(feedAge.Seconds())))
	if a.unchanged {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", a.contentType)
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(a.body)
	return err
}

// feedDescription says what a feed shows.
func feedDescription(q store.SavedSearch) string { return "Documents that match: " + q.Query }

// entryID names an entry for good.
func entryID(d store.FeedItem) string { return "urn:uuid:" + d.ID.String() }

// language is that of a document; "" where it is not known.
func language(d store.FeedItem) string {
	if d.Language == "und" {
		return ""
	}
	return d.Language
}

type rssLink struct {
	Href string `xml:"href,attr"`
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
}

type rssGUID struct {
	IsPermaLink bool   `xml:"isPermaLink,attr"`
	ID          string `xml:",chardata"`
}

type rssItem struct {
	Title       string  `xml:"title"`
	Link        string  `xml:"link"`
	GUID        rssGUID `xml:"guid"`
	Published   string  `xml:"pubDate,omitempty"`
	Creator     string  `xml:"dc:creator,omitempty"`
	Language    string  `xml:"dc:language,omitempty"`
	Description string  `xml:"description,omitempty"`
}

type rssFeed struct {
	XMLName xml.Name `xml:"rss"`
	Version string   `xml:"version,attr"`
	Atom    string   `xml:"xmlns:atom,attr"`
	DC      string   `xml:"xmlns:dc,attr"`
	Channel struct {
		Title       string    `xml:"title"`
		Link        string    `xml:"link"`
		Description string    `xml:"description"`
		Self        rssLink   `xml:"atom:link"`
		Built       string    `xml:"lastBuildDate"`
		TTL         int       `xml:"ttl"`
		Items       []rssItem `xml:"item"`
	} `xml:"channel"`
}

// rssOf is RSS 2.0. Its times have a numeric zone: "UTC" is none that RFC 822 knows.
func rssOf(f store.SearchFeed, address string) ([]byte, error) {
	feed := rssFeed{Version: "2.0", Atom: "http://www.w3.org/2005/Atom", DC: "http://purl.org/dc/elements/1.1/"}
	channel := &feed.Channel
	channel.Title, channel.Link, channel.Description = rssTitle(f.Search.Name), address+"/documents", html.EscapeString(feedDescription(f.Search))
	channel.Self = rssLink{address + "/feed/" + formatRSS, "self", "application/rss+xml"}
	channel.Built, channel.TTL = f.UpdatedAt.UTC().Format(time.RFC1123Z), int(feedAge.Minutes())
	for _, d := range f.Items {
		item := rssItem{
			Title: rssTitle(d.Title), Link: d.URL, GUID: rssGUID{ID: entryID(d)}, Language: language(d),
			Creator: rssTitle(orZero(d.Author)), Description: html.EscapeString(orZero(d.Summary)),
		}
		if d.PublishedAt != nil {
			item.Published = d.PublishedAt.UTC().Format(time.RFC1123Z)
		}
		channel.Items = append(channel.Items, item)
	}
	return xmlOf(feed)
}

// rssTitle escapes what a reader would take for markup. RSS leaves open whether a title is text or HTML: "R&D" is fine
// as either.
func rssTitle(text string) string {
	if html.UnescapeString(text) != text {
		text = strings.ReplaceAll(text, "&", "&amp;")
	}
	return strings.ReplaceAll(text, "<", "&lt;")
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

// An atomText is HTML, as which readers that do not look at its type would take it anyway.
type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

func atomTextOf(text string) *atomText {
	if text == "" {
		return nil
	}
	return &atomText{"html", html.EscapeString(text)}
}

type atomEntry struct {
	Language  string    `xml:"xml:lang,attr,omitempty"`
	ID        string    `xml:"id"`
	Title     *atomText `xml:"title"`
	Link      atomLink  `xml:"link"`
	Published string    `xml:"published,omitempty"`
	Updated   string    `xml:"updated"`
	Author    string    `xml:"author>name"`
	Summary   *atomText `xml:"summary"`
}

type atomFeed struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID       string      `xml:"id"`
	Title    *atomText   `xml:"title"`
	Subtitle *atomText   `xml:"subtitle"`
	Updated  string      `xml:"updated"`
	Links    []atomLink  `xml:"link"`
	Entries  []atomEntry `xml:"entry"`
}

// atomOf is Atom 1.0. It asks for an author of each entry: the origin, where none is known.
func atomOf(f store.SearchFeed, address string) ([]byte, error) {
	feed := atomFeed{
		ID: "urn:uuid:" + f.Search.ID.String(), Title: atomTextOf(f.Search.Name), Subtitle: atomTextOf(feedDescription(f.Search)),
		Updated: f.UpdatedAt.UTC().Format(time.RFC3339),
		Links: []atomLink{
			{"self", "application/atom+xml", address + "/feed/" + formatAtom}, {"alternate", "application/json", address + "/documents"},
		},
	}
	for _, d := range f.Items {
		entry := atomEntry{
			Language: language(d), ID: entryID(d), Title: atomTextOf(d.Title), Link: atomLink{Rel: "alternate", Href: d.URL},
			Updated: d.UpdatedAt.UTC().Format(time.RFC3339), Author: cmp.Or(orZero(d.Author), d.SourceName), Summary: atomTextOf(orZero(d.Summary)),
		}
		if d.PublishedAt != nil {
			entry.Published = d.PublishedAt.UTC().Format(time.RFC3339)
		}
		feed.Entries = append(feed.Entries, entry)
	}
	return xmlOf(feed)
}

func xmlOf(feed any) ([]byte, error) {
	text, err := xml.MarshalIndent(feed, "", " ")
	return append([]byte(xml.Header), text...), err
}

type jsonAuthor struct {
	Name string `json:"name"`
}

type jsonItem struct {
	ID    string `json:"id"`
	URL   string `json:"url"`
	Title string `json:"title"`
	// ContentText has to be there, if only empty.
	ContentText string       `json:"content_text"`
	Published   *time.Time   `json:"date_published,omitempty"`
	Modified    time.Time    `json:"date_modified"`
	Authors     []jsonAuthor `json:"authors,omitempty"`
	Language    string       `json:"language,omitempty"`
}

type jsonFeed struct {
	Version     string     `json:"version"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	HomePageURL string     `json:"home_page_url"`
	FeedURL     string     `json:"feed_url"`
	Items       []jsonItem `json:"items"`
}

// jsonFeedOf is JSON Feed 1.1.
func jsonFeedOf(f store.SearchFeed, address string) ([]byte, error) {
	feed := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: f.Search.Name, Description: feedDescription(f.Search),
		HomePageURL: address + "/documents", FeedURL: address + "/feed/" + formatJSON, Items: []jsonItem{},
	}
	for _, d := range f.Items {
		item := jsonItem{
			ID: entryID(d), URL: d.URL, Title: d.Title, ContentText: orZero(d.Summary), Published: d.PublishedAt,
			Modified: d.UpdatedAt.UTC(), Language: language(d),
		}
		if d.Author != nil {
			item.Authors = []jsonAuthor{{*d.Author}}
		}
		feed.Items = append(feed.Items, item)
	}
	return json.Marshal(feed)
}
