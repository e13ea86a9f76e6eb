package research

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/ledger"
)

// A theNewsAPI asks TheNewsAPI for articles, the most relevant first. It is paid by the month, so that a request costs
// nothing more; its limit is one of requests a day.
type theNewsAPI struct{ web }

func (n theNewsAPI) backend() Backend {
	return Backend{Name: n.name, Price: ledger.Price{PerRequest: new(int64)}, Search: n.search}
}

// maxNews is how many articles the largest plan puts on a page; smaller ones give fewer of themselves.
const maxNews = 100

func (n theNewsAPI) search(ctx context.Context, q Query) ([]Hit, error) {
	query := url.Values{"api_token": {n.key}, "search": {newsQuery(q.Text)}, "sort": {"relevance_score"}, "limit": {strconv.Itoa(q.limit(maxNews))}}
	if tongue := q.tongue(); tongue != "" {
		query.Set("language", tongue)
	}
	if region := q.region(); region != "" {
		query.Set("locale", strings.ToLower(region))
	}
	if !q.Since.IsZero() {
		query.Set("published_after", q.Since.UTC().Format(time.DateOnly))
	}
	a, err := n.ask(ctx, call{path: "/v1/news/all", query: query})
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, n.refuse(a)
	}
	var page struct {
		Data *[]struct {
			URL         string   `json:"url"`
			Title       string   `json:"title"`
			Description string   `json:"description"`
			Snippet     string   `json:"snippet"`
			PublishedAt string   `json:"published_at"`
			Relevance   *float64 `json:"relevance_score"`
		} `json:"data"`
	}
	if err := n.decode(a, &page); err != nil {
		return nil, err
	}
	if page.Data == nil {
		return nil, n.fault(CodeBadAnswer, "TheNewsAPI answered without data")
	}
	var hits []Hit
	for _, r := range *page.Data {
		snippet := r.Description
		if snippet == "" {
			snippet = r.Snippet
		}
		hits = append(hits, Hit{URL: r.URL, Title: r.Title, Snippet: snippet, Score: r.Relevance, PublishedAt: n.date(r.PublishedAt)})
	}
	return n.hits(hits, q, maxNews), nil
}

// newsQuery takes the signs out of a text that are operators to TheNewsAPI.
func newsQuery(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("+", " ", "|", " ", "-", " ", `"`, " ", "*", " ", "(", " ", ")", " ").Replace(text)), " ")
}

// refuse knows TheNewsAPI's codes.
func (n theNewsAPI) refuse(a answer) *BackendError {
	var said struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.Unmarshal(a.body, &said) // what is of another form tells nothing more than its status
	e := n.refusal(a, said.Error.Message)
	switch said.Error.Code {
	case "invalid_api_token":
		e.Code, e.Message = CodeBadKey, "TheNewsAPI refuses the key in THENEWSAPI_API_KEY."
	case "usage_limit_reached":
		e.Code, e.Message = CodeNoCredit, "TheNewsAPI answers no more today: the plan's requests are used up."
	case "rate_limit_reached":
		e.Code = CodeRateLimited
	}
	return e
}
