package research

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/ledger"
)

// A searXNG asks a SearXNG, usually one's own.
type searXNG struct{ web }

func (s searXNG) backend() Backend {
	return Backend{Name: s.name, Price: ledger.Price{PerRequest: new(int64)}, Search: s.search}
}

// searXNGPage is its answer.
type searXNGPage struct {
	Results []struct {
		URL           string   `json:"url"`
		Title         string   `json:"title"`
		Content       string   `json:"content"`
		Score         *float64 `json:"score"`
		PublishedDate string   `json:"publishedDate"`
		PubDate       string   `json:"pubdate"`
	} `json:"results"`
	// Unresponsive are pairs of an engine and what is the matter with it.
	Unresponsive [][]string `json:"unresponsive_engines"`
}

// search asks all engines of SearXNG's general category. Where nothing was found because none of them answered, that is
// an error: the engines behind it take it for a robot now and then.
func (s searXNG) search(ctx context.Context, q Query) ([]Hit, error) {
	query := url.Values{"q": {q.Text}, "format": {"json"}, "safesearch": {"0"}, "categories": {"general"}, "language": {s.language(q)}}
	if span := timeRange(q.Since, s.now()); span != "" {
		query.Set("time_range", span)
	}
	a, err := s.ask(ctx, call{path: "/search", query: query})
	if err != nil {
		return nil, err
	}
	switch {
	case a.status == http.StatusForbidden:
		return nil, s.fault(CodeFormatDisabled, "SearXNG refuses JSON (403): add json to search.formats in its settings.yml, and let this machine pass its limiter")
	case a.status != http.StatusOK:
		return nil, s.refusal(a, "")
	}
	var page searXNGPage
	if err := s.decode(a, &page); err != nil {
		return nil, err
	}
	var hits []Hit
	for _, r := range page.Results {
		hits = append(hits, Hit{URL: r.URL, Title: r.Title, Snippet: r.Content, Score: r.Score, PublishedAt: s.date(r.PublishedDate + r.PubDate)})
	}
	kept := s.hits(hits, q, maxLimit)
	if len(kept) == 0 && len(page.Unresponsive) > 0 {
		return nil, s.fault(CodeUnavailable, "none of SearXNG's engines answered: %s", s.shown(engines(page.Unresponsive)))
	}
	return kept, nil
}

// language is as SearXNG names it: de, de-AT, or all.
func (s searXNG) language(q Query) string {
	switch tongue, region := q.tongue(), q.region(); {
	case tongue == "":
		return "all"
	case region == "":
		return tongue
	default:
		return tongue + "-" + region
	}
}

// engines lists what is the matter with each.
func engines(unresponsive [][]string) string {
	var list []string
	for _, pair := range unresponsive {
		if len(pair) > 0 {
			list = append(list, pair[0]+" ("+strings.Join(pair[1:], ", ")+")")
		}
	}
	return strings.Join(list, ", ")
}

// timeRange is the shortest of the spans that services know in which a day lies; "" where none is long enough.
func timeRange(since, now time.Time) string {
	if since.IsZero() {
		return ""
	}
	for _, span := range []struct {
		name string
		days int
	}{{"day", 1}, {"week", 7}, {"month", 30}, {"year", 365}} {
		if now.Sub(since) <= time.Duration(span.days)*24*time.Hour {
			return span.name
		}
	}
	return ""
}
