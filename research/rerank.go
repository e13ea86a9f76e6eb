package research

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/llm"
)

// A Reranker is a service that says how well texts answer a query: Voyage, Cohere, Jina, or what speaks as they do.
type Reranker struct {
	web
	model string
	price ledger.Price
	// limit is the name under which the service takes how many results are wanted.
	limit string
}

// RerankService says which service reranks. Without a model there is none.
type RerankService struct {
	// BaseURL is what /rerank stands below: https://api.voyageai.com/v1, https://api.cohere.com/v2, https://api.jina.ai/v1.
	BaseURL, Key, Model string
	// Price has PerInput or PerRequest, after which the service charges.
	Price   ledger.Price
	Timeout time.Duration     // 30 s
	HTTP    http.RoundTripper // connections of its own
	Now     func() time.Time  // time.Now
}

// NewReranker makes a Reranker; nil where none is set up.
func NewReranker(s RerankService) *Reranker {
	if s.BaseURL == "" || s.Model == "" {
		return nil
	}
	w := newWeb(s.Timeout, 0, s.HTTP, s.Now).at("rerank", s.BaseURL, s.Key)
	r := &Reranker{web: w, model: s.Model, price: s.Price, limit: "top_n"}
	for part, name := range map[string]string{"voyage": "voyage", "cohere": "cohere", "jina": "jina"} {
		if strings.Contains(strings.ToLower(s.BaseURL), part) {
			r.name, r.title = name, titleOf(name)
		}
	}
	if r.name == "voyage" {
		r.limit = "top_k"
	}
	return r
}

// maxReranked is how much of each text is sent, in characters.
const maxReranked = 1000

// rerank answers how well each text answers the query, from 0 to 1, through the book.
func (r *Reranker) rerank(ctx context.Context, book ledger.Book, query string, texts []string) ([]float64, error) {
	send := map[string]any{"model": r.model, "query": query, "documents": texts, r.limit: len(texts)}
	request, err := json.Marshal(send)
	if err != nil {
		return nil, err
	}
	c := ledger.Call{Provider: r.name, Model: r.model, Operation: "rerank", Request: request, Price: r.price, Most: r.most(query, texts)}
	reply, err := book.Make(ctx, c, func(ctx context.Context) (ledger.Reply, error) { return r.send(ctx, send) })
	if err != nil {
		return nil, err
	}
	return r.scores(reply.Body, len(texts))
}

// most is what a request can cost at most: the query is counted once with each text.
func (r *Reranker) most(query string, texts []string) *int64 {
	_, each := llm.Tokens(query)
	sum := 0
	for _, t := range texts {
		_, own := llm.Tokens(t)
		sum += each + own
	}
	return r.cost(&sum)
}

// cost is what so many tokens cost; nil where that is not known.
func (r *Reranker) cost(tokens *int) *int64 {
	if r.price.PerInput == nil && r.price.PerRequest == nil {
		return nil
	}
	total := int64(0)
	if r.price.PerRequest != nil {
		total = *r.price.PerRequest
	}
	if r.price.PerInput != nil && *r.price.PerInput != 0 {
		if tokens == nil {
			return nil
		}
		total += (int64(*tokens)**r.price.PerInput + 999_999) / 1_000_000
	}
	return &total
}

// rerankAnswer is what services answer: Voyage calls the list data, the others results.
type rerankAnswer struct {
	Data    []rerankScore `json:"data"`
	Results []rerankScore `json:"results"`
	Usage   struct {
		TotalTokens *int `json:"total_tokens"`
	} `json:"usage"`
}

type rerankScore struct {
	Index int      `json:"index"`
	Score *float64 `json:"relevance_score"`
}

func (r *Reranker) send(ctx context.Context, send any) (ledger.Reply, error) {
	header := map[string]string{}
	if r.key != "" {
		header["Authorization"] = "Bearer " + r.key
	}
	a, err := r.ask(ctx, call{path: "/rerank", header: header, send: send})
	if err != nil {
		return ledger.Reply{}, err
	}
	if a.status != http.StatusOK {
		var said struct {
			Detail  any `json:"detail"`
			Message any `json:"message"`
		}
		_ = json.Unmarshal(a.body, &said) // what is of another form tells nothing more than its status
		text, _ := cmp.Or(said.Detail, said.Message).(string)
		return ledger.Reply{Cost: new(int64)}, r.refusal(a, text)
	}
	var said rerankAnswer
	if err := r.decode(a, &said); err != nil {
		return ledger.Reply{}, err
	}
	tokens := said.Usage.TotalTokens
	return ledger.Reply{Body: a.body, InputTokens: tokens, Cost: r.cost(tokens)}, nil
}

// scores reads an answer that came now or stood in the book. Each text needs a score.
func (r *Reranker) scores(body []byte, n int) ([]float64, error) {
	var said rerankAnswer
	if err := json.Unmarshal(body, &said); err != nil {
		return nil, r.fault(CodeBadAnswer, "%s answered with what its interface does not know", r.title)
	}
	list := said.Data
	if list == nil {
		list = said.Results
	}
	scores, told := make([]float64, n), make([]bool, n)
	for _, s := range list {
		if s.Index < 0 || s.Index >= n || s.Score == nil {
			return nil, r.fault(CodeBadAnswer, "%s scored a text that it was not given, or none", r.title)
		}
		scores[s.Index], told[s.Index] = min(max(*s.Score, 0), 1), true
	}
	if slices.Contains(told, false) {
		return nil, r.fault(CodeBadAnswer, "%s did not score every text", r.title)
	}
	return scores, nil
}

// Keep is how many pages a Ranking keeps unless it is told otherwise.
const Keep = 25

// RankOptions say how pages are ordered. Every zero field takes its default.
type RankOptions struct {
	// Reranker is asked how well pages answer the query; nil leaves that to BM25.
	Reranker *Reranker
	// Keep is how many pages are kept, 25.
	Keep int
	// Now is what freshness is measured from; a run that goes on should keep it. It is needed.
	Now time.Time
}

// A Ranking is pages in their order, and how it came about.
type Ranking struct {
	Pages []Ranked `json:"pages"`
	// Relevance says who judged it: "bm25", or the service and its model, as "voyage rerank-2.5".
	Relevance string `json:"relevance"`
	// Fault is why the reranker was not heard; nil where it was, or there is none.
	Fault *BackendError `json:"fault"`
	// Dropped are how many pages came after those kept.
	Dropped int `json:"dropped"`
}

// A Ranked is a page with its score and all that the score is made of.
type Ranked struct {
	Group
	// Score is the sum of each part's value times its weight, from 0 to 1.
	Score float64 `json:"score"`
	Parts []Part  `json:"parts"`
	// BM25 is the page's, without bound.
	BM25 float64 `json:"bm25"`
}

// A Part is one of the six metrics of a score.
type Part struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Weight float64 `json:"weight"`
	// Because says in words how the value came about.
	Because string `json:"because"`
}

// Rerank orders pages: by BM25, then by the reranker where there is one, then by the weighted sum of six metrics.
// Where the reranker fails, the order of BM25 stays and Fault tells. No page is dropped for its score, only for its
// place.
func Rerank(ctx context.Context, book ledger.Book, q Query, groups []Group, o RankOptions) Ranking {
	out := Ranking{Relevance: "bm25", Pages: []Ranked{}}
	index := newBM25(q, groups)
	pages := make([]*page, len(groups))
	for i, g := range groups {
		score, share := index.score(i)
		pages[i] = &page{Group: g, bm25: score, relevance: share, because: fmt.Sprintf("BM25 %.2f of at most %.2f", score, index.bound), terms: index.bodies[i]}
	}
	byRelevance := func(a, b *page) int {
		return cmp.Or(cmp.Compare(b.relevance, a.relevance), cmp.Compare(b.Fusion, a.Fusion), cmp.Compare(a.Key, b.Key))
	}
	slices.SortStableFunc(pages, byRelevance)
	if o.Reranker != nil && len(pages) > 0 {
		if err := o.Reranker.judge(ctx, book, q, pages); err != nil {
			out.Fault = Backend{Name: o.Reranker.name}.explain(ctx, err)
		} else {
			out.Relevance = o.Reranker.name + " " + o.Reranker.model
			slices.SortStableFunc(pages, byRelevance)
		}
	}
	out.Pages = append(out.Pages, measure(q, pages, o.Now)...)
	slices.SortStableFunc(out.Pages, func(a, b Ranked) int { return cmp.Compare(b.Score, a.Score) })
	keep := min(cmp.Or(o.Keep, Keep), len(out.Pages))
	out.Pages, out.Dropped = out.Pages[:keep], len(out.Pages)-keep
	return out
}

// judge has the reranker say how relevant pages are.
func (r *Reranker) judge(ctx context.Context, book ledger.Book, q Query, pages []*page) error {
	texts := make([]string, len(pages))
	for i, p := range pages {
		texts[i] = cut(strings.TrimSpace(p.Title+"\n"+p.body()), maxReranked)
	}
	scores, err := r.rerank(ctx, book, q.Text, texts)
	if err != nil {
		return err
	}
	for i, p := range pages {
		p.relevance, p.because = scores[i], r.name+" "+r.model
	}
	return nil
}
