package research

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/ledger"
)

// A brave asks Brave's index of the web.
type brave struct{ web }

func (b brave) backend(price *int64) Backend {
	return Backend{Name: b.name, Price: ledger.Price{PerRequest: price}, Search: b.search}
}

const (
	// maxBrave is how many results Brave gives at most.
	maxBrave = 20
	// maxBraveText and maxBraveWords are how long a query may be.
	maxBraveText, maxBraveWords = 400, 50
)

// braveCountries are those that Brave takes; it refuses others.
var braveCountries = strings.Fields("AR AU AT BE BR CA CL DK FI FR DE HK IN ID IT JP KR MY MX NL NZ NO CN PL PT PH RU SA ZA ES SE CH TW TR GB US")

// braveLanguages are those that Brave takes; some have names of its own.
var braveLanguages = strings.Fields("ar eu bn bg ca hr cs da nl en et fi fr gl de el gu he hi hu is it kn ko lv lt ms ml mr nb pl pa ro ru sr sk sl es sv ta te th tr uk vi")

// language is as Brave names it, "" where it knows it not.
func (b brave) language(q Query) string {
	switch tongue := q.tongue(); {
	case tongue == "ja":
		return "jp"
	case tongue == "no", tongue == "nn":
		return "nb"
	case tongue == "pt" && q.region() == "BR":
		return "pt-br"
	case tongue == "pt":
		return "pt-pt"
	case tongue == "zh" && slices.Contains([]string{"TW", "HK"}, q.region()):
		return "zh-hant"
	case tongue == "zh":
		return "zh-hans"
	case slices.Contains(braveLanguages, tongue):
		return tongue
	}
	return ""
}

func (b brave) search(ctx context.Context, q Query) ([]Hit, error) {
	query := url.Values{"q": {braveQuery(q.Text)}, "count": {strconv.Itoa(q.limit(maxBrave))}, "text_decorations": {"false"}, "result_filter": {"web"}}
	if country := q.region(); slices.Contains(braveCountries, country) {
		query.Set("country", country)
	}
	if tongue := b.language(q); tongue != "" {
		query.Set("search_lang", tongue)
	}
	if !q.Since.IsZero() {
		query.Set("freshness", q.Since.UTC().Format(time.DateOnly)+"to"+b.now().UTC().Format(time.DateOnly))
	}
	a, err := b.ask(ctx, call{path: "/res/v1/web/search", query: query, header: map[string]string{"X-Subscription-Token": b.key}})
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, b.refuse(a)
	}
	var page struct {
		Type string `json:"type"`
		Web  struct {
			Results []struct {
				URL         string `json:"url"`
				Title       string `json:"title"`
				Description string `json:"description"`
				PageAge     string `json:"page_age"`
			} `json:"results"`
		} `json:"web"`
	}
	if err := b.decode(a, &page); err != nil {
		return nil, err
	}
	if page.Type != "search" {
		return nil, b.fault(CodeBadAnswer, "Brave answered with what is no search")
	}
	var hits []Hit
	for _, r := range page.Web.Results {
		hits = append(hits, Hit{URL: r.URL, Title: r.Title, Snippet: r.Description, PublishedAt: b.date(r.PageAge)})
	}
	return b.hits(hits, q, maxBrave), nil
}

// braveQuery is a query that is not too long.
func braveQuery(text string) string {
	words := strings.Fields(text)
	return cut(strings.Join(words[:min(len(words), maxBraveWords)], " "), maxBraveText)
}

// refuse knows how Brave says that a key is wrong, with 422, and when to come again, in a header of its own.
func (b brave) refuse(a answer) *BackendError {
	var said struct {
		Error struct {
			Code   string `json:"code"`
			Detail string `json:"detail"`
		} `json:"error"`
	}
	_ = json.Unmarshal(a.body, &said) // what is of another form tells nothing more than its status
	e := b.refusal(a, said.Error.Detail)
	switch said.Error.Code {
	case "SUBSCRIPTION_TOKEN_INVALID":
		e.Code, e.Message = CodeBadKey, "Brave refuses the key."
	case "QUOTA_LIMITED":
		e.Code, e.Message = CodeNoCredit, "Brave answers no more: the plan's requests are used up."
	}
	// The shortest window comes first: "1, 1419704" is a second.
	first, _, _ := strings.Cut(a.header.Get("X-RateLimit-Reset"), ",")
	if seconds, err := strconv.Atoi(strings.TrimSpace(first)); e.Code == CodeRateLimited && e.RetryAfter == 0 && err == nil && seconds > 0 && seconds < 86400 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e
}
