package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/text/language"

	"github.com/content-creator/content-creator-api/store"
)

// A newsCollector searches the news at one of several providers.
type newsCollector struct {
	feeds    rssCollector
	services Services
}

// Collect asks the provider that Source.Config names.
func (c newsCollector) Collect(ctx context.Context, s Source) (Batch, error) {
	switch s.Config.Provider {
	case "google_news":
		return c.google(ctx, s)
	case "bing_news":
		return c.bing(ctx, s)
	case "thenewsapi":
		return c.theNewsAPI(ctx, s)
	}
	return Batch{}, &Error{Code: CodeNotFound, Message: fmt.Sprintf("There is no news provider %q.", cleanText(s.Config.Provider))}
}

// An edition is a language and a country that news are asked for.
type edition struct{ language, region string }

// editionOf completes what a collection says: a language is asked for where most of those who speak
// it live, a country in what most of its people speak. Who says neither gets English of the USA.
func editionOf(s Source) edition {
	e := edition{primaryLanguage(s.Language), s.Config.Region}
	if e.language == undetermined {
		e.language = "en"
		if tag, err := language.Parse("und-" + e.region); err == nil && e.region != "" {
			base, _ := tag.Base()
			e.language = base.String()
		}
	}
	if e.region == "" {
		region, _ := language.Make(e.language).Region()
		e.region = region.String()
	}
	return e
}

// google is the edition as Google News names it: hl, and the second half of ceid.
func (e edition) google() (hl, half string) {
	switch e.language {
	case "en":
		return "en-" + e.region, "en"
	case "es":
		if e.region != "ES" {
			return "es-419", "es-419"
		}
	case "pt":
		if e.region == "BR" {
			return "pt-BR", "pt-419"
		}
		return "pt-PT", "pt-150"
	case "zh":
		if e.region == "CN" || e.region == "SG" {
			return "zh-CN", "zh-Hans"
		}
		return "zh-" + e.region, "zh-Hant"
	case "nb", "nn":
		return "no", "no"
	}
	return e.language, e.language
}

// google reads a search as a feed. Its links are redirectors that only a browser can follow: they are
// kept as they are, and the metadata says so.
func (c newsCollector) google(ctx context.Context, s Source) (Batch, error) {
	e := editionOf(s)
	hl, half := e.google()
	query := url.Values{"q": {s.Config.Query}, "hl": {hl}, "gl": {e.region}, "ceid": {e.region + ":" + half}}
	s.URL = endpoint(c.services.GoogleNewsURL, "/rss/search", query)
	return c.search(ctx, s, "Google News", func(one *entry) error {
		one.origin = PlainText(one.sourceTitle)
		if one.origin != "" {
			one.title = strings.TrimSuffix(strings.TrimSpace(one.title), " - "+strings.TrimSpace(one.sourceTitle))
		}
		// A lone article's text is its link once more; a list tells who else wrote about it.
		if !strings.Contains(one.description, "<li") {
			one.description = ""
		}
		one.facts["link_is_redirect"] = true
		return nil
	})
}

// bing reads a search as a feed. Its links lead over Bing to an address that they name.
func (c newsCollector) bing(ctx context.Context, s Source) (Batch, error) {
	e := editionOf(s)
	query := url.Values{"q": {s.Config.Query}, "format": {"RSS"}, "setlang": {e.language}, "setmkt": {e.language + "-" + e.region}}
	s.URL = endpoint(c.services.BingNewsURL, "/news/search", query)
	return c.search(ctx, s, "Bing News", func(one *entry) error {
		for i, link := range one.links {
			one.links[i] = behindBing(link)
		}
		one.guid = ""
		for prefix := range one.extensions {
			if name := told(one.extensions, prefix, "Source"); name != "" {
				one.origin = PlainText(name)
				one.sourceTitle = name
			}
			if picture := told(one.extensions, prefix, "Image"); picture != "" {
				one.image = strings.TrimSpace(picture)
			}
		}
		return nil
	})
}

// behindBing is the address to which a link of Bing's leads.
func behindBing(link string) string {
	u, err := parseURL(link)
	if err != nil || store.Site(u.Hostname()) != "bing.com" || !strings.HasPrefix(u.Path, "/news/apiclick") {
		return link
	}
	if target := u.Query().Get("url"); target != "" {
		return target
	}
	return link
}

// search reads the feed of a provider's search.
func (c newsCollector) search(ctx context.Context, s Source, name string, amend func(*entry) error) (Batch, error) {
	return c.feeds.collect(ctx, s, dialect{
		source: store.TypeNews, name: name, limit: s.Config.Limit,
		request: Request{AnyStatus: true},
		refuse:  func(resp *Response) *Error { return captcha(resp, c.feeds.now()) },
		amend: func(one *entry) error {
			one.facts = facts{"provider": s.Config.Provider}
			return amend(one)
		},
	})
}

// maxNewsPages is how many pages of TheNewsAPI make up one collection: each counts against the
// plan's requests of a day, and the free plan has three articles a page.
const maxNewsPages = 5

// A newsAPIPage is one page of TheNewsAPI's articles.
type newsAPIPage struct {
	Meta struct {
		Found    int `json:"found"`
		Returned int `json:"returned"`
	} `json:"meta"`
	Data []json.RawMessage `json:"data"`
}

// A newsAPIArticle is one of its articles.
type newsAPIArticle struct {
	UUID        string   `json:"uuid"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Keywords    string   `json:"keywords"`
	Snippet     string   `json:"snippet"`
	URL         string   `json:"url"`
	ImageURL    string   `json:"image_url"`
	Language    string   `json:"language"`
	PublishedAt string   `json:"published_at"`
	Source      string   `json:"source"`
	Categories  []string `json:"categories"`
	Locale      string   `json:"locale"`
	Relevance   *float64 `json:"relevance_score"`
}

// theNewsAPI asks TheNewsAPI page after page, newest first, until Source.Config.Limit articles have
// come, there are no more, or bounds end it.
func (c newsCollector) theNewsAPI(ctx context.Context, s Source) (Batch, error) {
	if c.services.TheNewsAPIKey == "" {
		return Batch{}, &Error{Code: CodeNotConfigured, Message: "TheNewsAPI needs a key: set THENEWSAPI_API_KEY."}
	}
	b := Batch{Empty: true, FeedLanguage: undetermined}
	requests := newSpree(c.feeds.now)
	var maker *reader
	for page := 1; b.Entries < s.Config.Limit; page++ {
		if page > maxNewsPages || !requests.next() {
			b.Cut = true
			b.Fault = fmt.Sprintf("Only the newest %d articles were asked for, to stay within limits.", b.Entries)
			break
		}
		resp, found, err := c.newsPage(ctx, s, page)
		if err != nil {
			fault, own := asFault(ctx, err)
			if own != nil || page == 1 {
				return Batch{}, err
			}
			b.Fault = fmt.Sprintf("Only the first %d articles could be read: %s", b.Entries, fault.Message)
			break
		}
		if maker == nil {
			// The address holds the key and is shown nowhere.
			base := *resp.URL
			base.RawQuery = ""
			maker = newReader(s, store.TypeNews, feedHead{}, &base, c.feeds.now())
			b.Status, b.FinalURL = resp.Status, shown(resp.URL)
		}
		b.Bytes += resp.Bytes
		b.addNews(maker, found, s.Config)
		if len(found.Data) == 0 || b.Entries >= found.Meta.Found {
			break
		}
		if resp.Header.Get("X-UsageLimit-Remaining") == "0" && b.Entries < s.Config.Limit {
			b.Cut = true
			b.Fault = fmt.Sprintf("Only the newest %d articles were asked for: the plan's requests of today are used up.", b.Entries)
			break
		}
	}
	if len(b.Documents) == 0 && b.Entries > 0 && b.SkippedCount == b.Entries {
		return Batch{}, &Error{Code: CodeBadAnswer, Status: b.Status, Message: fmt.Sprintf(
			"%s lists %d articles of which none can be read; the first: %s", b.FinalURL, b.Entries, b.Skipped[0].Reason)}
	}
	recognise(b.Documents)
	b.Pace.Gap, b.Pace.Newest = publishing(b.Documents, c.feeds.now())
	return b, nil
}

// newsPage asks for one page.
func (c newsCollector) newsPage(ctx context.Context, s Source, page int) (*Response, newsAPIPage, error) {
	query := url.Values{
		"api_token": {c.services.TheNewsAPIKey}, "search": {s.Config.Query}, "sort": {"published_at"},
		"limit": {strconv.Itoa(s.Config.Limit)}, "page": {strconv.Itoa(page)},
	}
	if tongue := primaryLanguage(s.Language); tongue != undetermined {
		query.Set("language", tongue)
	}
	if s.Config.Region != "" {
		query.Set("locale", strings.ToLower(s.Config.Region))
	}
	if len(s.Config.Categories) > 0 {
		query.Set("categories", strings.Join(s.Config.Categories, ","))
	}
	var found newsAPIPage
	resp, err := c.feeds.fetcher.Get(ctx, Request{URL: endpoint(c.services.TheNewsAPIURL, "/v1/news/all", query), Accept: "application/json", AnyStatus: true})
	if err != nil {
		return nil, found, err
	}
	if resp.Status != http.StatusOK {
		return nil, found, c.newsRefusal(resp)
	}
	return resp, found, decodeJSON(resp, &found)
}

// newsRefusal is why TheNewsAPI answers with no articles.
func (c newsCollector) newsRefusal(resp *Response) *Error {
	var answer struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.Unmarshal(resp.Body, &answer) // what is no JSON tells nothing more than its status
	e := statusError(resp.URL, resp.Status, resp.Header, c.feeds.now())
	switch {
	case resp.Status == http.StatusUnauthorized, answer.Error.Code == "invalid_api_token":
		e.Code, e.Message = CodeUnauthorized, "TheNewsAPI refuses the key in THENEWSAPI_API_KEY."
	case resp.Status == http.StatusPaymentRequired, answer.Error.Code == "usage_limit_reached":
		e.Code, e.Message = CodeRateLimited, "TheNewsAPI answers no more today: the plan's requests are used up."
		e.RetryAfter = max(e.RetryAfter, untilTomorrow(c.feeds.now()))
	case resp.Status == http.StatusTooManyRequests, answer.Error.Code == "rate_limit_reached":
		e.Code, e.Message = CodeRateLimited, "TheNewsAPI is asked too often and wants rest."
		e.RetryAfter = max(e.RetryAfter, time.Minute)
	case resp.Status == http.StatusForbidden:
		e.Code, e.Message = CodeForbidden, "TheNewsAPI does not answer this with the plan of THENEWSAPI_API_KEY."
	case answer.Error.Message != "":
		said, _ := truncate(oneLine(strings.ReplaceAll(answer.Error.Message, c.services.TheNewsAPIKey, "***")), 200)
		e.Message = fmt.Sprintf("TheNewsAPI answered %s: %s.", statusText(resp.Status), strings.TrimSuffix(said, "."))
	}
	return e
}

// untilTomorrow is how long this day lasts, in UTC.
func untilTomorrow(now time.Time) time.Duration {
	now = now.UTC()
	return now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
}

// addNews makes documents of a page, up to the limit.
func (b *Batch) addNews(maker *reader, page newsAPIPage, config store.SourceConfig) {
	for _, raw := range page.Data {
		if b.Entries == config.Limit {
			return
		}
		b.Entries++
		b.Empty = false
		var a newsAPIArticle
		err := errors.New("it is not written as TheNewsAPI writes articles")
		if json.Unmarshal(raw, &a) == nil {
			err = maker.add(b, a.entry())
		}
		if err != nil {
			b.skip(a.Title, err)
		}
	}
}

// entry is an article as a document is made of it. The snippet is the beginning of its text.
func (a newsAPIArticle) entry() entry {
	e := entry{
		title: html.UnescapeString(a.Title), titlePlain: true, links: []string{a.URL}, origin: oneLine(a.Source), language: a.Language,
		description: a.Description, descriptionPlain: true, content: a.Snippet, contentPlain: true,
		publishedRaw: a.PublishedAt, categories: a.Categories, image: a.ImageURL,
		facts: facts{"provider": "thenewsapi"},
	}
	if at, err := time.Parse(time.RFC3339Nano, a.PublishedAt); err == nil {
		e.published = &at
	}
	e.facts.text("uuid", a.UUID)
	e.facts.text("keywords", a.Keywords)
	e.facts.text("locale", a.Locale)
	if a.Relevance != nil {
		e.facts["relevance_score"] = *a.Relevance
	}
	return e
}
