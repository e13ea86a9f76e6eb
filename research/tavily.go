package research

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/content-creator/content-creator-api/ledger"
)

// A tavily asks Tavily, which searches for language models.
type tavily struct {
	web
	text bool
}

func (t tavily) backend(price *int64) Backend {
	return Backend{Name: t.name, Price: ledger.Price{PerRequest: price}, Search: t.search}
}

// maxTavily is how many results Tavily gives at most.
const maxTavily = 20

// tavilyCountries are countries as Tavily names them.
var tavilyCountries = map[string]string{
	"AR": "argentina", "AT": "austria", "AU": "australia", "BE": "belgium", "BR": "brazil", "CA": "canada", "CH": "switzerland", "CL": "chile", "CZ": "czech republic",
	"DE": "germany", "DK": "denmark", "ES": "spain", "FI": "finland", "FR": "france", "GB": "united kingdom", "GR": "greece", "HU": "hungary", "IE": "ireland",
	"IN": "india", "IT": "italy", "JP": "japan", "KR": "south korea", "LU": "luxembourg", "MX": "mexico", "NL": "netherlands", "NO": "norway", "NZ": "new zealand",
	"PL": "poland", "PT": "portugal", "RO": "romania", "SE": "sweden", "SG": "singapore", "TR": "turkey", "US": "united states", "ZA": "south africa",
}

// tavilyQuery is what it is asked: a basic search, which is one credit.
type tavilyQuery struct {
	Query      string `json:"query"`
	Topic      string `json:"topic"`
	Depth      string `json:"search_depth"`
	MaxResults int    `json:"max_results"`
	RawContent bool   `json:"include_raw_content"`
	Country    string `json:"country,omitempty"`
	StartDate  string `json:"start_date,omitempty"`
}

func (t tavily) search(ctx context.Context, q Query) ([]Hit, error) {
	send := tavilyQuery{
		Query: cut(q.Text, maxTavilyQuery), Topic: "general", Depth: "basic", MaxResults: q.limit(maxTavily), RawContent: t.text, Country: tavilyCountries[q.region()],
	}
	if !q.Since.IsZero() {
		send.StartDate = q.Since.UTC().Format(time.DateOnly)
	}
	a, err := t.ask(ctx, call{path: "/search", header: map[string]string{"Authorization": "Bearer " + t.key}, send: send})
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, t.refuse(a)
	}
	var page struct {
		Results *[]struct {
			URL           string   `json:"url"`
			Title         string   `json:"title"`
			Content       string   `json:"content"`
			RawContent    string   `json:"raw_content"`
			Score         *float64 `json:"score"`
			PublishedDate string   `json:"published_date"`
		} `json:"results"`
	}
	if err := t.decode(a, &page); err != nil {
		return nil, err
	}
	if page.Results == nil {
		return nil, t.fault(CodeBadAnswer, "Tavily answered without results")
	}
	var hits []Hit
	for _, r := range *page.Results {
		hits = append(hits, Hit{URL: r.URL, Title: r.Title, Snippet: r.Content, Text: r.RawContent, Score: r.Score, PublishedAt: t.date(r.PublishedDate)})
	}
	return t.hits(hits, q, maxTavily), nil
}

// maxTavilyQuery is how long a query may be, in characters.
const maxTavilyQuery = 400

// refuse knows Tavily's own statuses: 432 is the plan's limit, 433 the limit that its owner has set to paying more.
func (t tavily) refuse(a answer) *BackendError {
	var said struct {
		Detail struct {
			Error string `json:"error"`
		} `json:"detail"`
	}
	_ = json.Unmarshal(a.body, &said) // what is of another form tells nothing more than its status
	e := t.refusal(a, said.Detail.Error)
	switch a.status {
	case 432:
		e.Code, e.Message = CodeNoCredit, "Tavily answers no more: the plan's credits are used up (432)."
	case 433:
		e.Code, e.Message = CodeNoCredit, "Tavily answers no more: the limit for paying as one goes is reached (433)."
	}
	return e
}
