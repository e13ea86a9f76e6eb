package collecttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// A Trend is a search that many make at the moment.
type Trend struct {
	Search, Traffic, Began string
	News                   []Article
}

// trends is trends.google.com. Every item has the feed's own address as its link.
func (w *World) trends(rw http.ResponseWriter, r *http.Request, path string) {
	region := r.URL.Query().Get("geo")
	trends, known := w.Trends[region]
	if path != "/trending/rss" || !known {
		write(rw, http.StatusBadRequest, "text/html", "<html><title>Error 400 (Bad Request)!!1</title></html>")
		return
	}
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><rss xmlns:atom="http://www.w3.org/2005/Atom" xmlns:ht="https://trends.google.com/trending/rss" version="2.0">`+
		`<channel><title>Daily Search Trends</title><description>Recent searches</description><link>https://trends.google.com/trending?geo=%s</link>`, region)
	for _, t := range trends {
		_, _ = fmt.Fprintf(&b, `<item><title>%s</title>`, xmlText(t.Search))
		if t.Traffic != "" {
			_, _ = fmt.Fprintf(&b, `<ht:approx_traffic>%s</ht:approx_traffic>`, t.Traffic)
		}
		_, _ = fmt.Fprintf(&b, `<description></description><link>https://trends.google.com/trending/rss?geo=%s</link><pubDate>%s</pubDate>`+
			`<ht:picture>https://encrypted-tbn1.gstatic.com/images?q=tbn:1</ht:picture><ht:picture_source>Beispiel</ht:picture_source>`, region, t.Began)
		for _, a := range t.News {
			_, _ = fmt.Fprintf(&b, `<ht:news_item><ht:news_item_title>%s</ht:news_item_title><ht:news_item_snippet></ht:news_item_snippet>`+
				`<ht:news_item_url>%s</ht:news_item_url><ht:news_item_picture>https://encrypted-tbn2.gstatic.com/images?q=tbn:2</ht:news_item_picture>`+
				`<ht:news_item_source>%s</ht:news_item_source></ht:news_item>`, xmlText(a.Title), xmlText(a.URL), xmlText(a.Source))
		}
		b.WriteString(`</item>`)
	}
	rw.Header().Set("Cache-Control", "private, max-age=600")
	write(rw, http.StatusOK, "application/xml; charset=utf-8", b.String()+`</channel></rss>`)
}

// suggest is suggestqueries.google.com. To whom it takes for a robot it shows a page to prove otherwise.
func (w *World) suggest(rw http.ResponseWriter, r *http.Request, path string) {
	if strings.HasPrefix(path, "/sorry/") {
		robot(rw)
		return
	}
	query := r.URL.Query()
	text := query.Get("q")
	if path != "/complete/search" || query.Get("client") != "firefox" || query.Get("hl") == "" {
		write(rw, http.StatusBadRequest, "text/html", "<html>Error 400</html>")
		return
	}
	w.suggests++
	if w.SuggestLimit > 0 && w.suggests > w.SuggestLimit {
		http.Redirect(rw, r, "/suggest/sorry/index?continue=x", http.StatusFound)
		return
	}
	found := []string{}
	if !strings.Contains(text, "xyzzy") {
		for _, tail := range w.Suggestions {
			found = append(found, strings.TrimSpace(text+" "+tail))
		}
	}
	body, err := json.Marshal([]any{text, found, []string{}, map[string]any{"google:suggestsubtypes": [][]int{{512}}}})
	if err != nil {
		panic(err)
	}
	if w.Latin1 {
		latin, err := charmap.ISO8859_1.NewEncoder().Bytes(body)
		if err != nil {
			panic(err)
		}
		write(rw, http.StatusOK, "text/javascript; charset=ISO-8859-1", string(latin))
		return
	}
	write(rw, http.StatusOK, "text/javascript; charset=UTF-8", string(body))
}

// googleNews is news.google.com. Its links lead nowhere without a browser, and titles end in the
// publisher's name.
func (w *World) googleNews(rw http.ResponseWriter, r *http.Request, path string) {
	query := r.URL.Query()
	if path != "/rss/search" || query.Get("q") == "" || !strings.HasPrefix(query.Get("ceid"), query.Get("gl")+":") {
		write(rw, http.StatusBadRequest, "text/html", "<html>Error 400</html>")
		return
	}
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>`+
		`<generator>NFE/5.0</generator><title>"%s" - Google News</title><link>https://news.google.com/search?q=x</link><language>%s</language>`, xmlText(query.Get("q")), query.Get("hl"))
	for i, a := range w.News {
		link := fmt.Sprintf("https://news.google.com/rss/articles/CBMi%04d?oc=5", i)
		description := fmt.Sprintf(`<a href="%s" target="_blank">%s</a>&nbsp;&nbsp;<font color="#6f6f6f">%s</font>`, link, a.Title, a.Source)
		if i == 1 {
			description = "<ol><li>" + description + `</li><li><a href="https://news.google.com/rss/articles/other">Another view</a>&nbsp;&nbsp;<font color="#6f6f6f">Other Paper</font></li></ol>`
		}
		_, _ = fmt.Fprintf(&b, `<item><title>%s - %s</title><link>%s</link><guid isPermaLink="false">CBMi%04d</guid><pubDate>%s</pubDate><description>%s</description><source url="%s">%s</source></item>`,
			xmlText(a.Title), xmlText(a.Source), link, i, a.Published.Format("Mon, 02 Jan 2006 15:04:05 GMT"), xmlText(description), "https://"+a.Site, xmlText(a.Source))
	}
	write(rw, http.StatusOK, "application/xml; charset=utf-8", b.String()+`</channel></rss>`)
}
