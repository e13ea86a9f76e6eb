package research

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/ledger"
)

// A gemini has Gemini search with Google and takes the pages that its answer stands on. What the model says is not
// used but as a snippet to rank by. The addresses are Google's redirectors, whose titles name the site.
type gemini struct {
	web
	model string
	price ledger.Price
}

// maxGeminiTokens is how long Gemini's answer may be.
const maxGeminiTokens = 2000

func (g gemini) backend() Backend {
	return Backend{
		Name: g.name, Price: g.price, model: g.model, most: g.cost(maxGeminiPrompt, maxGeminiTokens), metered: g.search,
		Search: func(ctx context.Context, q Query) ([]Hit, error) {
			f, err := g.search(ctx, q)
			return f.hits, err
		},
	}
}

// maxGeminiText is how much of a query is asked, in characters, and maxGeminiPrompt how many tokens the prompt has at
// most; what Google finds is put before the model for nothing.
const maxGeminiText, maxGeminiPrompt = 1000, 5000

// cost is what a request costs in micro-dollars; nil where that is not known.
func (g gemini) cost(in, out int) *int64 {
	p := g.price
	if p.PerRequest == nil || p.PerInput == nil || p.PerOutput == nil {
		return nil
	}
	total := *p.PerRequest + (int64(in)**p.PerInput+int64(out)**p.PerOutput+999_999)/1_000_000
	return &total
}

// geminiAnswer is what Gemini answers.
type geminiAnswer struct {
	Candidates []struct {
		FinishReason string `json:"finishReason"`
		Grounding    struct {
			Chunks []struct {
				Web struct {
					URI    string `json:"uri"`
					Title  string `json:"title"`
					Domain string `json:"domain"`
				} `json:"web"`
			} `json:"groundingChunks"`
			Supports []struct {
				Segment struct {
					Text string `json:"text"`
				} `json:"segment"`
				Chunks []int `json:"groundingChunkIndices"`
			} `json:"groundingSupports"`
		} `json:"groundingMetadata"`
	} `json:"candidates"`
	PromptFeedback struct {
		BlockReason string `json:"blockReason"`
	} `json:"promptFeedback"`
	Usage struct {
		Prompt     *int `json:"promptTokenCount"`
		Candidates *int `json:"candidatesTokenCount"`
		Thoughts   int  `json:"thoughtsTokenCount"`
	} `json:"usageMetadata"`
}

func (g gemini) search(ctx context.Context, q Query) (found, error) {
	a, err := g.ask(ctx, call{
		path:   "/v1beta/models/" + url.PathEscape(g.model) + ":generateContent",
		header: map[string]string{"x-goog-api-key": g.key},
		send: map[string]any{
			"contents":         []any{map[string]any{"role": "user", "parts": []any{map[string]any{"text": g.prompt(q)}}}},
			"tools":            []any{map[string]any{"google_search": map[string]any{}}},
			"generationConfig": map[string]any{"temperature": 0, "maxOutputTokens": maxGeminiTokens},
		},
	})
	if err != nil {
		return found{}, err
	}
	if a.status != http.StatusOK {
		return found{}, g.refuse(a)
	}
	var said geminiAnswer
	if err := g.decode(a, &said); err != nil {
		return found{}, err
	}
	f := g.usage(said)
	switch {
	case said.PromptFeedback.BlockReason != "":
		return f, g.fault(CodeRefused, "a filter of Gemini's holds the query back (%s)", g.shown(said.PromptFeedback.BlockReason))
	case len(said.Candidates) == 0:
		return f, g.fault(CodeBadAnswer, "Gemini answered without candidates")
	}
	first := said.Candidates[0]
	grounding := first.Grounding
	if len(grounding.Chunks) == 0 && first.FinishReason != "STOP" && first.FinishReason != "" {
		return f, g.fault(CodeRefused, "Gemini did not answer to the end (%s)", g.shown(first.FinishReason))
	}
	snippets := make([][]string, len(grounding.Chunks))
	for _, support := range grounding.Supports {
		for _, i := range support.Chunks {
			if i >= 0 && i < len(snippets) {
				snippets[i] = append(snippets[i], support.Segment.Text)
			}
		}
	}
	var hits []Hit
	for i, chunk := range grounding.Chunks {
		title := chunk.Web.Title
		if title == "" {
			title = chunk.Web.Domain
		}
		hits = append(hits, Hit{URL: chunk.Web.URI, Title: title, Snippet: strings.Join(snippets[i], " "), Redirect: isGoogleRedirect(chunk.Web.URI)})
	}
	f.hits = g.hits(hits, q, maxLimit)
	return f, nil
}

// usage is what the request has cost.
func (g gemini) usage(said geminiAnswer) found {
	u := said.Usage
	if u.Prompt == nil {
		return found{}
	}
	in, out := *u.Prompt, u.Thoughts
	if u.Candidates != nil {
		out += *u.Candidates
	}
	return found{in: &in, out: &out, cost: g.cost(in, out)}
}

// prompt asks for sources, in the language and for the country of the query.
func (g gemini) prompt(q Query) string {
	prompt := fmt.Sprintf("Search the web for up to %d different sources about the following, and sum up in a sentence each what they say.", q.limit(maxLimit))
	if tongue := q.tongue(); tongue != "" {
		prompt += " Prefer sources in the language " + tongue + "."
	}
	if region := q.region(); region != "" {
		prompt += " Prefer sources from the country " + region + "."
	}
	if !q.Since.IsZero() {
		prompt += " Use only sources published since " + q.Since.UTC().Format(time.DateOnly) + "."
	}
	return prompt + "\n\n" + cut(q.Text, maxGeminiText)
}

// isGoogleRedirect reports whether an address leads to a source over Google.
func isGoogleRedirect(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Hostname() == "vertexaisearch.cloud.google.com" && strings.HasPrefix(u.Path, "/grounding-api-redirect/")
}

// retryDelay is how Gemini says when to come again, in the body.
var retryDelay = regexp.MustCompile(`"retryDelay"\s*:\s*"(\d+)(?:\.\d+)?s"`)

// refuse knows Gemini's ways: a wrong key is a 400.
func (g gemini) refuse(a answer) *BackendError {
	var said struct {
		Error struct {
			Message string `json:"message"`
			Status  string `json:"status"`
		} `json:"error"`
	}
	_ = json.Unmarshal(a.body, &said) // what is of another form tells nothing more than its status
	e := g.refusal(a, said.Error.Message)
	if strings.Contains(said.Error.Message, "API key not valid") {
		e.Code, e.Message = CodeBadKey, "Gemini refuses the key in GEMINI_API_KEY."
	}
	if delay := retryDelay.FindSubmatch(a.body); e.RetryAfter == 0 && delay != nil {
		seconds, _ := strconv.Atoi(string(delay[1])) // digits
		e.RetryAfter = time.Duration(min(seconds, 86400)) * time.Second
	}
	return e
}
