package collecttest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// An Article is what the news services find. Published may be spoilt for TheNewsAPI by Odd.
type Article struct {
	Title, URL, Source, Site, Description, Snippet, Odd string
	Published                                           time.Time
}

// bingNews is www.bing.com/news. Its links lead over Bing, by another address each time.
func (w *World) bingNews(rw http.ResponseWriter, r *http.Request, path string) {
	query := r.URL.Query()
	if path != "/news/search" || !strings.EqualFold(query.Get("format"), "rss") {
		write(rw, http.StatusOK, "text/html", "<!doctype html><title>Bing</title>")
		return
	}
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8" ?><rss version="2.0" xmlns:News="https://www.bing.com/news/search?q=x&amp;format=rss"><channel>` +
		`<title>x - BingNews</title><link>https://www.bing.com:443/news/search?q=x&amp;format=rss</link><description>Search results</description>`)
	for _, a := range w.News {
		link := fmt.Sprintf("http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&tid=%d&url=%s&c=1&mkt=%s", len(w.requests), url.QueryEscape(a.URL), strings.ToLower(query.Get("setmkt")))
		_, _ = fmt.Fprintf(&b, `<item><title>%s</title><link>%s</link><description>%s</description><pubDate>%s</pubDate><News:Source>%s</News:Source><News:Image>http://www.bing.com/th?id=1&amp;pid=News</News:Image></item>`,
			xmlText(a.Title), xmlText(link), xmlText(a.Description), a.Published.Format("Mon, 02 Jan 2006 15:04:05 GMT"), xmlText(a.Source))
	}
	write(rw, http.StatusOK, "text/xml; charset=utf-8", b.String()+`</channel></rss>`)
}

// theNewsAPI is api.thenewsapi.com, by a plan with few articles a page.
func (w *World) theNewsAPI(rw http.ResponseWriter, r *http.Request, path string) {
	query := r.URL.Query()
	refuse := func(status int, code, message string) {
		writeJSON(rw, status, map[string]any{"error": map[string]any{"code": code, "message": message}})
	}
	switch {
	case path != "/v1/news/all":
		refuse(http.StatusNotFound, "resource_not_found", "The resource does not exist.")
	case query.Get("api_token") != TheNewsAPIKey:
		refuse(http.StatusUnauthorized, "invalid_api_token", "An invalid API token was supplied.")
	case query.Get("search") == "":
		refuse(http.StatusBadRequest, "malformed_parameters", "The search parameter of the token "+query.Get("api_token")+" is empty.")
	case w.NewsLeft == 0:
		refuse(http.StatusPaymentRequired, "usage_limit_reached", "The usage limit for this account has been reached.")
	default:
		w.NewsLeft--
		rw.Header().Set("X-UsageLimit-Limit", "100")
		rw.Header().Set("X-UsageLimit-Remaining", fmt.Sprint(w.NewsLeft))
		limit := min(number(query.Get("limit"), w.NewsPlan), w.NewsPlan)
		page := number(query.Get("page"), 1)
		from := min((page-1)*limit, len(w.News))
		found := w.News[from:min(from+limit, len(w.News))]
		data := []any{}
		for i, a := range found {
			published := a.Odd
			if published == "" {
				published = a.Published.UTC().Format("2006-01-02T15:04:05.000000Z")
			}
			data = append(data, map[string]any{
				"uuid": fmt.Sprintf("b1e4c2a0-0000-4000-8000-%012d", from+i), "title": a.Title, "description": a.Description, "keywords": "solar, energy",
				"snippet": a.Snippet, "url": a.URL, "image_url": "https://" + a.Site + "/image.jpg", "language": "en",
				"published_at": published, "source": a.Site, "categories": []string{"tech", "science"}, "relevance_score": 12.5,
			})
		}
		writeJSON(rw, http.StatusOK, map[string]any{"meta": map[string]any{"found": len(w.News), "returned": len(data), "limit": limit, "page": page}, "data": data})
	}
}

// fill puts something into every service.
func (w *World) fill() {
	w.News = []Article{
		{
			Title: "Solar panels reach a record", URL: "https://news.example.com/solar?utm_source=api", Source: "Example News", Site: "news.example.com",
			Description: "More solar panels than ever.", Snippet: "More solar panels than ever were put on roofs last year, says a report...", Published: day(17, 8),
		},
		{Title: "Batteries & grids - a report", URL: "https://paper.example.org/grids", Source: "The Paper", Site: "paper.example.org", Description: "What grids need.", Published: day(12, 30)},
		{Title: "Heat pumps explained", URL: "https://paper.example.org/pumps", Source: "The Paper", Site: "paper.example.org", Published: day(9, 0), Odd: "0000-00-00T00:00:00.000000Z"},
		{Title: "Wind at night", URL: "https://news.example.com/wind", Source: "Example News", Site: "news.example.com", Description: "Blowing.", Published: day(3, 0)},
	}
	w.Trends = map[string][]Trend{
		"DE": {
			{Search: "photovoltaik förderung", Traffic: "2.000+", Began: "Sun, 22 Nov 2026 22:40:00 -0800", News: w.News[:2]},
			{Search: "c++ & <vector>", Traffic: "500K+", Began: "Sun, 22 Nov 2026 11:20:00 -0800"},
			{Search: "wetter", Began: "Sun, 22 Nov 2026 11:20:00 -0800"},
		},
		"US": {},
	}
	w.Suggestions = []string{"", "kosten", "förderung", "für zuhause"}
	w.Comments = map[string][]map[string]any{
		"aaa": {
			Comment("AutoModerator", "[removed]", 1), Comment("[deleted]", "gone", 90), Comment("alice", "Great <b>news</b>", 50),
			Comment("bob", "I doubt it", 40), Comment("carol", "[deleted]", 30), Comment("dave", "third", 3), Comment("erin", "fourth", 2), Comment("frank", "fifth", 1), Comment("grace", "sixth", 0),
		},
	}
	w.Posts = []map[string]any{
		Post("aaa", "Go 2.0 & generics <T>", 321, map[string]any{
			"selftext": "Read **this** & that", "selftext_html": `<div class="md"><p>Read <strong>this</strong> &amp; <a href="/r/programming">that</a><script>alert(1)</script></p></div>`,
			"num_comments": 12, "link_flair_text": "news", "edited": 1795336201.0, "stickied": true,
		}),
		Post("bbb", "A link elsewhere", 7, map[string]any{
			"is_self": false, "url": "https://blog.example.com/post?id=1&x=2", "domain": "blog.example.com", "author": "[deleted]", "over_18": true, "hide_score": true,
			"preview": map[string]any{"images": []any{map[string]any{"source": map[string]any{"url": "https://preview.redd.it/x.png?a=1&b=2"}}}},
		}),
		Post("ccc", "Removed by the moderators", 99, map[string]any{"selftext": "[removed]", "removed_by_category": "moderator"}),
		Post("ddd", "Few like this", 1, map[string]any{"selftext": "plain text", "selftext_html": nil}),
	}
}
