package collect

import (
	"cmp"
	"context"
	"errors"
	"html"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	ext "github.com/mmcdole/gofeed/extensions"

	"github.com/content-creator/content-creator-api/store"
)

// trendsSite is where people read about a trend, wherever we are told of it.
const trendsSite = "https://trends.google.com"

// trendWindow is how many days before a trend its address shows.
const trendWindow = 7

// A trendsCollector reads Google's feed of what a country searches for at the moment. Every figure
// is Google's own.
//
// A search that trends again on another day is another document: its address names the search, the
// country and the day (UTC) on which the trend began.
type trendsCollector struct {
	feeds rssCollector
	base  string
}

// Collect asks once for the trends of Source.Config.Region.
func (c trendsCollector) Collect(ctx context.Context, s Source) (Batch, error) {
	region := s.Config.Region
	s.URL = endpoint(c.base, "/trending/rss", url.Values{"geo": {region}})
	now := c.feeds.now().UTC()
	return c.feeds.collect(ctx, s, dialect{
		source:  store.TypeTrends,
		name:    "Google Trends " + region,
		request: Request{AnyStatus: true},
		refuse: func(resp *Response) *Error {
			if resp.Status == http.StatusBadRequest || resp.Status == http.StatusNotFound {
				return &Error{Code: CodeNotFound, Status: resp.Status, Message: "Google Trends has no trends of " + region + "."}
			}
			return captcha(resp, now)
		},
		amend: func(e *entry) error { return amendTrend(e, region, now) },
	})
}

// amendTrend makes an entry of a trend, which has no address of its own: each names the whole feed.
func amendTrend(e *entry, region string, now time.Time) error {
	search := PlainText(e.title)
	if search == "" {
		return errors.New("it names no search")
	}
	e.facts = facts{"region": region}
	e.links, e.guid = []string{trendAddress(search, region, cmp.Or(e.published, &now))}, ""
	traffic := told(e.extensions, "ht", "approx_traffic")
	e.facts.text("approx_traffic", traffic)
	if least, known := atLeast(traffic); known {
		e.facts["approx_traffic_min"] = least
	}
	if e.image == "" {
		e.image = told(e.extensions, "ht", "picture")
	}
	e.facts.text("image_source", told(e.extensions, "ht", "picture_source"))

	var articles []any
	var page strings.Builder
	elements := e.extensions["ht"]["news_item"]
	for _, element := range elements[:min(len(elements), maxFacts)] {
		article := newsOfTrend(element)
		if len(article) == 0 {
			continue
		}
		articles = append(articles, map[string]any(article))
		page.WriteString("<li>" + newsLine(article) + "</li>")
	}
	if len(articles) > 0 {
		e.facts["news_items"] = articles
		e.content, e.contentPlain = "<ul>"+page.String()+"</ul>", false
	}
	return nil
}

func trendAddress(title, region string, began *time.Time) string {
	day := began.UTC()
	window := day.AddDate(0, 0, -trendWindow).Format(time.DateOnly) + " " + day.Format(time.DateOnly)
	return endpoint(trendsSite, "/trends/explore", url.Values{"q": {title}, "geo": {region}, "date": {window}})
}

// newsOfTrend is an article that Google names as the reason of a trend.
func newsOfTrend(element ext.Extension) facts {
	children := ext.Extensions{"ht": element.Children}
	article, base := facts{}, &url.URL{}
	article.text("title", PlainText(told(children, "ht", "news_item_title")))
	article.text("snippet", PlainText(told(children, "ht", "news_item_snippet")))
	article.text("source", PlainText(told(children, "ht", "news_item_source")))
	article.address("url", base, told(children, "ht", "news_item_url"))
	article.address("image", base, told(children, "ht", "news_item_picture"))
	return article
}

// newsLine shows an article as HTML.
func newsLine(article facts) string {
	of := func(name string) string { value, _ := article[name].(string); return html.EscapeString(value) }
	line := of("title")
	if of("url") != "" {
		line = `<a href="` + of("url") + `">` + cmp.Or(line, of("url")) + "</a>"
	}
	if source := of("source"); source != "" {
		line += " – " + source
	}
	if snippet := of("snippet"); snippet != "" {
		line += "<p>" + snippet + "</p>"
	}
	return line
}

var (
	wholeFigure = regexp.MustCompile(`^(\d{1,12}|\d{1,3}(?:[.,\x{a0}\x{202f} ]\d{3}){1,3})\+?$`)
	shortFigure = regexp.MustCompile(`^(\d{1,4}(?:[.,]\d{1,2})?)\s?([KkMm])\+?$`)
)

// atLeast reads Google's lower bound of searches: "2,000+", "20.000+", "500K+", "1.5M+".
func atLeast(traffic string) (int, bool) {
	traffic = strings.TrimSpace(traffic)
	if found := wholeFigure.FindStringSubmatch(traffic); found != nil {
		figure, err := strconv.Atoi(strings.Join(strings.FieldsFunc(found[1], func(r rune) bool { return r < '0' || r > '9' }), ""))
		return figure, err == nil
	}
	found := shortFigure.FindStringSubmatch(traffic)
	if found == nil {
		return 0, false
	}
	figure, err := strconv.ParseFloat(strings.ReplaceAll(found[1], ",", "."), 64)
	unit := map[string]float64{"K": 1e3, "M": 1e6}[strings.ToUpper(found[2])]
	return int(math.Round(figure * unit)), err == nil
}
