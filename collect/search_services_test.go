package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect/collecttest"
	"github.com/content-creator/content-creator-api/store"
)

func suggestions(language string, expansions []string, keywords ...string) Source {
	return Source{Type: "autocomplete", Language: language, Config: store.SourceConfig{Keywords: keywords, Expansions: expansions}}
}

func TestAutocomplete(t *testing.T) {
	t.Parallel()
	w := collecttest.New(t)
	source := suggestions("de", []string{"prepositions", "questions"}, "solaranlage")
	source.Config.Region = "AT"
	b := mustAsk(t, services(w), source)
	assert.Empty(t, b.Fault)
	assert.Equal(t, 17, len(w.Asked("/suggest/complete/search")))
	assert.Equal(t, 17*4, b.Entries)
	assert.Equal(t, b.Entries, len(b.Documents)+b.Duplicates)

	titles := map[string]store.Document{}
	for _, d := range b.Documents {
		titles[d.Title] = d
	}
	first := b.Documents[0]
	assert.Equal(t, "solaranlage", first.Title)
	assert.Equal(t, "autocomplete", first.Source)
	assert.Equal(t, "autocomplete", first.SourceName)
	assert.Equal(t, "de", first.Language)
	assert.Equal(t, "https://www.google.com/search?gl=at&hl=de&q=solaranlage", first.CanonicalURL)
	assert.Nil(t, first.Content)
	assert.Nil(t, first.PublishedAt)
	assert.JSONEq(t, `{"keyword":"solaranlage","query":"solaranlage","position":1,"times_found":1,"region":"AT"}`, metadata(t, first))
	assert.JSONEq(t, `{"keyword":"solaranlage","query":"solaranlage für","expansion":"prepositions","position":2,"times_found":1,"region":"AT"}`,
		metadata(t, titles["solaranlage für kosten"]))
	assert.Contains(t, titles, "warum solaranlage förderung")
	assert.NotContains(t, titles, "why solaranlage")
	asked := w.Asked("/suggest/complete/search")
	assert.Equal(t, []string{"de"}, asked[0].Query["hl"])
	assert.Equal(t, []string{"at"}, asked[0].Query["gl"])

	w.Suggestions = []string{"", "für zuhause"}
	again := mustAsk(t, services(w), suggestions("de", []string{"prepositions"}, "Solaranlage", "solaranlage für zuhause"))
	var found []string
	for _, d := range again.Documents {
		if strings.EqualFold(d.Title, "solaranlage für zuhause") {
			found = append(found, metadata(t, d))
		}
	}
	require.Len(t, found, 1, "once, whatever its case and whoever found it")
	assert.JSONEq(t, `{"keyword":"solaranlage für zuhause","query":"solaranlage für zuhause","position":1,"times_found":2}`, found[0])
}

func TestAutocompleteLanguages(t *testing.T) {
	t.Parallel()
	for tongue, question := range map[string]string{
		"de": "warum x", "en": "why x", "fr": "pourquoi x", "es": "por qué x", "it": "perché x", "nl": "waarom x", "pt": "por que x", "pl": "dlaczego x",
		"sv": "varför x", "da": "hvorfor x", "nb": "hvorfor x", "cs": "proč x",
	} {
		w := expansions[tongue]
		all := expand("x", []string{"alphabet", "questions", "prepositions"}, w)
		assert.Len(t, all, 1+len([]rune(w.letters))+len(w.questions)+len(w.prepositions), tongue)
		assert.Contains(t, all, suggestQuery{"x", "questions", question})
		seen := map[string]bool{}
		for _, q := range interleave([][]suggestQuery{all, all}) {
			assert.False(t, seen[q.text], "%s: %s twice", tongue, q.text)
			seen[q.text] = true
		}
		for _, q := range all {
			assert.True(t, seen[q.text], "%s: %s is asked", tongue, q.text)
		}
		for _, letter := range w.letters {
			assert.True(t, unicode.IsLower(letter), "%s: %c", tongue, letter)
		}
	}
	w := collecttest.New(t)
	b := mustAsk(t, services(w), suggestions("fi", []string{"alphabet", "questions"}, "aurinko"))
	assert.Equal(t, `There are no words of the language "fi" to expand keywords with; suggestions are those to the keywords alone.`, b.Fault)
	assert.Len(t, b.Documents, 4)
	assert.Len(t, w.Asked("/suggest"), 1)
	_, err := ask(t, services(w), suggestions("", nil, "x"))
	assert.Equal(t, CodeNoWords, fault(t, err).Code)
	assert.True(t, mustAsk(t, services(w), suggestions("de", nil)).Empty)
}

func TestAutocompleteAnswers(t *testing.T) {
	t.Parallel()
	t.Run("nothing found", func(t *testing.T) {
		t.Parallel()
		b := mustAsk(t, services(collecttest.New(t)), suggestions("de", nil, "xyzzy"))
		assert.True(t, b.Empty)
		assert.Empty(t, b.Fault)
	})
	t.Run("in Latin-1", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		w.Latin1 = true
		b := mustAsk(t, services(w), suggestions("de", nil, "wärmepumpe"))
		assert.Equal(t, "wärmepumpe förderung", b.Documents[2].Title)
	})
	for body, want := range map[string]any{
		`["x",["a",["b",0,[512]],[7],[],7,null," <b>c</b> "],[],{"k":1}]`: []string{"a", "b", "c"},
		`["x",[]]`: []string(nil),
		`["x"]`:    "answered without a list of suggestions.",
		`["x",{}]`: "answered without a list of suggestions.",
		`{}`:       "answered with what its interface does not know.",
		`<html>`:   "answered with a web page.",
		`["x",[` + strings.Repeat(`"s",`, 99) + `"s"]]`: strings.Split(strings.Repeat("s ", 49)+"s", " "),
	} {
		contentType := "text/javascript"
		if body == "<html>" {
			contentType = "text/html"
		}
		got, err := readSuggestions(&Response{Body: []byte(body), Header: http.Header{"Content-Type": {contentType}}, URL: base})
		if message, fails := want.(string); fails {
			assert.Equal(t, CodeBadAnswer, fault(t, err).Code)
			assert.Contains(t, err.Error(), message)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, want, got, body)
	}
}

func TestAutocompleteFaults(t *testing.T) {
	t.Parallel()
	const path = "/suggest/complete/search"
	questions := suggestions("de", []string{"questions"}, "solar")
	t.Run("some fail", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		w.Answer(2, path, 500, nil, "")
		b := mustAsk(t, services(w), questions)
		assert.Equal(t, "2 of 9 queries failed; the first: "+w.URL+path+" answered 500 Internal Server Error.", b.Fault)
		assert.Len(t, w.Asked(path), 9)
		assert.Len(t, b.Documents, 28)
	})
	t.Run("all fail", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		w.Answer(99, path, 500, nil, "")
		_, err := ask(t, services(w), questions)
		assert.Equal(t, 500, fault(t, err).Status)
		assert.Len(t, w.Asked(path), maxMisses)
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		_, err := ask(t, Services{AutocompleteURL: "http://127.0.0.1:1"}, questions)
		assert.Equal(t, CodeConnectFailed, fault(t, err).Code)
	})
	t.Run("taken for a robot in the midst", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		w.SuggestLimit = 4
		b := mustAsk(t, services(w), questions)
		assert.Len(t, b.Documents, 16)
		assert.Contains(t, b.Fault, "1 of 5 queries failed and 4 more were not asked; the first: ")
		assert.Contains(t, b.Fault, "takes us for a robot and asks for rest.")
		assert.Len(t, w.Asked(path), 5)
	})
	t.Run("taken for a robot at once", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		w.Answer(1, path, 429, map[string]string{"Retry-After": "99"}, "")
		_, err := ask(t, services(w), questions)
		assert.Equal(t, CodeRateLimited, fault(t, err).Code)
		assert.Equal(t, 99*time.Second, fault(t, err).RetryAfter)
	})
	t.Run("too many", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		b := mustAsk(t, services(w), suggestions("de", []string{"alphabet"}, "solar", "wind", "wasser"))
		assert.Len(t, w.Asked(path), maxRequests)
		assert.Equal(t, "Only 60 of 90 queries were asked, to stay within limits: use fewer keywords or expansions.", b.Fault)
		share := map[any]int{}
		for _, d := range b.Documents {
			share[d.SourceMetadata["keyword"]]++
		}
		assert.Equal(t, map[any]int{"solar": 80, "wind": 80, "wasser": 80}, share, "each keyword has its share")
	})
	t.Run("too long", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		now := today
		b, err := All(fetcher(t, Config{}), services(w), func() time.Time { now = now.Add(10 * time.Second); return now })["autocomplete"].Collect(t.Context(), questions)
		require.NoError(t, err)
		assert.Contains(t, b.Fault, "of 9 queries were asked, to stay within limits")
	})
	t.Run("nobody waits any more", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := All(fetcher(t, Config{}), services(collecttest.New(t)), clock)["autocomplete"].Collect(ctx, questions)
		assert.Equal(t, CodeCanceled, fault(t, err).Code)
	})
	t.Run("our own fault", func(t *testing.T) {
		t.Parallel()
		ours := errors.New("the database is away")
		_, err := All(fetcher(t, Config{Turns: &fewTurns{err: ours}}), services(collecttest.New(t)), clock)["autocomplete"].Collect(t.Context(), questions)
		assert.ErrorIs(t, err, ours)
	})
	t.Run("an address that is too long", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		w.Suggestions = []string{strings.Repeat("ä", maxURL/5)}
		b := mustAsk(t, services(w), suggestions("de", nil, "x"))
		assert.Equal(t, 1, b.SkippedCount)
	})
}

func news(provider string) Source {
	return Source{Type: "news", Language: "en", Config: store.SourceConfig{Provider: provider, Query: "solar & wind", Limit: 50}}
}

func TestGoogleNews(t *testing.T) {
	t.Parallel()
	w := collecttest.New(t)
	b := mustAsk(t, services(w), news("google_news"))
	require.Len(t, b.Documents, 4)
	d := b.Documents[0]
	assert.Equal(t, "Solar panels reach a record", d.Title, "without the publisher")
	assert.Equal(t, "Example News", d.SourceName)
	assert.Equal(t, "news", d.Source)
	assert.Equal(t, "https://news.google.com/rss/articles/CBMi0000?oc=5", d.URL)
	assert.Nil(t, d.Content, "its text is its title once more")
	assert.Equal(t, "2026-11-22T17:08:00Z", d.PublishedAt.Format(time.RFC3339))
	assert.JSONEq(t, `{"provider":"google_news","guid":"CBMi0000","link_is_redirect":true,"origin_title":"Example News","origin_url":"https://news.example.com"}`, metadata(t, d))
	assert.Contains(t, *b.Documents[1].ContentText, "Another view", "who else wrote about it")
	asked := w.Asked("/googlenews/rss/search")
	assert.Equal(t, "map[ceid:[US:en] gl:[US] hl:[en-US] q:[solar & wind]]", fmt.Sprint(asked[0].Query))

	few := news("google_news")
	few.Config.Limit = 2
	assert.Len(t, mustAsk(t, services(w), few).Documents, 2)
	w.News = nil
	assert.True(t, mustAsk(t, services(w), few).Empty)
	w.Answer(1, "/googlenews", 503, nil, "")
	_, err := ask(t, services(w), few)
	assert.Equal(t, 503, fault(t, err).Status)
}

func TestEditions(t *testing.T) {
	t.Parallel()
	for given, want := range map[[2]string]string{
		{"de", ""}: "de DE:de", {"de", "AT"}: "de AT:de", {"en", ""}: "en-US US:en", {"en", "GB"}: "en-GB GB:en", {"fr", ""}: "fr FR:fr",
		{"es", ""}: "es ES:es", {"es", "MX"}: "es-419 MX:es-419", {"pt", ""}: "pt-BR BR:pt-419", {"pt", "PT"}: "pt-PT PT:pt-150",
		{"it", ""}: "it IT:it", {"sv", ""}: "sv SE:sv", {"da", ""}: "da DK:da", {"nb", ""}: "no NO:no", {"ja", ""}: "ja JP:ja",
		{"zh", ""}: "zh-CN CN:zh-Hans", {"zh", "TW"}: "zh-TW TW:zh-Hant", {"", "DE"}: "de DE:de", {"", "GE"}: "ka GE:ka", {"", ""}: "en-US US:en",
	} {
		e := editionOf(Source{Language: given[0], Config: store.SourceConfig{Region: given[1]}})
		hl, half := e.google()
		assert.Equal(t, want, hl+" "+e.region+":"+half, given)
	}
}

func TestBingNews(t *testing.T) {
	t.Parallel()
	w := collecttest.New(t)
	source := news("bing_news")
	source.Language, source.Config.Region = "de", "AT"
	b := mustAsk(t, services(w), source)
	require.Len(t, b.Documents, 4)
	d := b.Documents[0]
	assert.Equal(t, "Solar panels reach a record", d.Title)
	assert.Equal(t, "https://news.example.com/solar?utm_source=api", d.URL, "the page behind Bing's redirector")
	assert.Equal(t, "https://news.example.com/solar", d.CanonicalURL)
	assert.Equal(t, "Example News", d.SourceName)
	assert.Equal(t, "More solar panels than ever.", *d.ContentText)
	assert.JSONEq(t, `{"provider":"bing_news","image":"http://www.bing.com/th?id=1&pid=News","origin_title":"Example News"}`, metadata(t, d))
	assert.Equal(t, "map[format:[RSS] q:[solar & wind] setlang:[de] setmkt:[de-AT]]", fmt.Sprint(w.Asked("/bing")[0].Query))
	assert.Equal(t, d.CanonicalURL, mustAsk(t, services(w), source).Documents[0].CanonicalURL)

	for link, want := range map[string]string{
		"https://www.bing.com/news/apiclick.aspx?tid=1": "https://www.bing.com/news/apiclick.aspx?tid=1", "https://a.example/news/apiclick?url=x": "https://a.example/news/apiclick?url=x",
		"mailto:x": "mailto:x", "https://www.bing.com/news/other?url=x": "https://www.bing.com/news/other?url=x",
	} {
		assert.Equal(t, want, behindBing(link))
	}
	w.Answer(1, "/bing", 200, map[string]string{"Content-Type": "text/html"}, "<!doctype html><title>Bing</title>")
	_, err := ask(t, services(w), source)
	assert.Equal(t, CodeNotAFeed, fault(t, err).Code)
}

func TestTheNewsAPI(t *testing.T) {
	t.Parallel()
	w := collecttest.New(t)
	source := news("thenewsapi")
	source.Config.Region, source.Config.Categories = "US", []string{"science", "tech"}
	b := mustAsk(t, services(w), source)
	require.Len(t, b.Documents, 4, "of two pages")
	assert.Empty(t, b.Fault)
	assert.False(t, b.Empty)
	assert.Equal(t, w.URL+"/thenewsapi/v1/news/all", b.FinalURL)
	d := b.Documents[0]
	assert.Equal(t, "Solar panels reach a record", d.Title)
	assert.Equal(t, "https://news.example.com/solar", d.CanonicalURL)
	assert.Equal(t, "news.example.com", d.SourceName)
	assert.Equal(t, "2026-11-22T17:08:00Z", d.PublishedAt.Format(time.RFC3339))
	assert.Equal(t, "More solar panels than ever.", *d.Summary)
	assert.Equal(t, "More solar panels than ever were put on roofs last year, says a report...", *d.ContentText)
	assert.JSONEq(t, `{"provider":"thenewsapi","uuid":"b1e4c2a0-0000-4000-8000-000000000000","categories":["tech","science"],"keywords":"solar, energy",
		"image":"https://news.example.com/image.jpg","relevance_score":12.5}`, metadata(t, d))
	assert.Nil(t, b.Documents[2].PublishedAt, "never now")
	assert.Equal(t, "0000-00-00T00:00:00.000000Z", b.Documents[2].SourceMetadata["published_raw"])
	asked := w.Asked("/thenewsapi")
	require.Len(t, asked, 2)
	assert.Equal(t, "map[api_token:["+collecttest.TheNewsAPIKey+"] categories:[science,tech] language:[en] limit:[50] locale:[us] page:[2] search:[solar & wind] sort:[published_at]]", fmt.Sprint(asked[1].Query))

	source.Config.Limit = 2
	assert.Len(t, mustAsk(t, services(w), source).Documents, 2)
	w.News = nil
	none := mustAsk(t, services(w), source)
	assert.True(t, none.Empty)
	assert.Empty(t, none.Fault)
}

func TestTheNewsAPIWithinBounds(t *testing.T) {
	t.Parallel()
	many := func() *collecttest.World {
		w := collecttest.New(t)
		for i := range 40 {
			w.News = append(w.News, collecttest.Article{Title: fmt.Sprint("Article ", i), URL: fmt.Sprintf("https://a.example/%d", i), Site: "a.example", Published: today})
		}
		return w
	}
	w := many()
	b := mustAsk(t, services(w), news("thenewsapi"))
	assert.Len(t, b.Documents, 15)
	assert.True(t, b.Cut)
	assert.Equal(t, "Only the newest 15 articles were asked for, to stay within limits.", b.Fault)

	w = many()
	w.NewsLeft = 2
	b = mustAsk(t, services(w), news("thenewsapi"))
	assert.Len(t, b.Documents, 6)
	assert.Equal(t, "Only the newest 6 articles were asked for: the plan's requests of today are used up.", b.Fault)

	w = many()
	source := news("thenewsapi")
	source.Config.Limit = 10
	w.NewsPlan = 4
	assert.Len(t, mustAsk(t, services(w), source).Documents, 10)

	// The second page fails.
	w = many()
	w.Change(func() { w.NewsLeft = 0 })
	_, err := ask(t, services(w), news("thenewsapi"))
	assert.Equal(t, CodeRateLimited, fault(t, err).Code)
	assert.Equal(t, "TheNewsAPI answers no more today: the plan's requests are used up.", err.Error())
	assert.Equal(t, 15*time.Hour+45*time.Minute, fault(t, err).RetryAfter)
}

func TestTheNewsAPIFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status        int
		body          string
		code, message string
	}{
		"key refused":     {401, `{"error":{"code":"invalid_api_token"}}`, CodeUnauthorized, "TheNewsAPI refuses the key in THENEWSAPI_API_KEY."},
		"key refused too": {400, `{"error":{"code":"invalid_api_token"}}`, CodeUnauthorized, "TheNewsAPI refuses the key in THENEWSAPI_API_KEY."},
		"used up":         {402, ``, CodeRateLimited, "TheNewsAPI answers no more today: the plan's requests are used up."},
		"too often":       {429, `{"error":{"code":"rate_limit_reached"}}`, CodeRateLimited, "TheNewsAPI is asked too often and wants rest."},
		"plan":            {403, `{"error":{"code":"endpoint_access_restricted"}}`, CodeForbidden, "TheNewsAPI does not answer this with the plan of THENEWSAPI_API_KEY."},
		"malformed":       {400, `{"error":{"code":"malformed_parameters","message":"No good: ` + collecttest.TheNewsAPIKey + `."}}`, CodeHTTPStatus, "TheNewsAPI answered 400 Bad Request: No good: ***."},
		"down":            {503, `<html>`, CodeHTTPStatus, "answered 503 Service Unavailable."},
		"a page":          {200, `<html>`, CodeBadAnswer, "answered with a web page."},
		"odd articles":    {200, `{"meta":{"found":2},"data":[7,{"title":"x","url":"ftp://x"}]}`, CodeBadAnswer, "lists 2 articles of which none can be read; the first: It is not written as TheNewsAPI writes articles."},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := collecttest.New(t)
			w.Answer(1, "/thenewsapi", tc.status, nil, tc.body)
			_, err := ask(t, services(w), news("thenewsapi"))
			e := fault(t, err)
			assert.Equal(t, tc.code, e.Code)
			assert.Contains(t, e.Message, tc.message)
		})
	}
	t.Run("a later page", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		w.Answer(1, "/thenewsapi", 200, nil, `{"meta":{"found":9},"data":[{"title":"x","url":"https://a.example/x","published_at":"2026-11-22T17:08:24.000000Z"}]}`)
		w.Answer(1, "/thenewsapi", 500, nil, ``)
		b := mustAsk(t, services(w), news("thenewsapi"))
		assert.Len(t, b.Documents, 1)
		assert.Contains(t, b.Fault, "Only the first 1 articles could be read: ")
	})
	t.Run("no key", func(t *testing.T) {
		t.Parallel()
		_, err := ask(t, Services{}, news("thenewsapi"))
		assert.Equal(t, CodeNotConfigured, fault(t, err).Code)
		assert.Equal(t, "TheNewsAPI needs a key: set THENEWSAPI_API_KEY.", err.Error())
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		_, err := ask(t, Services{TheNewsAPIURL: "http://127.0.0.1:1", TheNewsAPIKey: "key-hunter2"}, news("thenewsapi"))
		assert.Equal(t, CodeConnectFailed, fault(t, err).Code)
	})
	t.Run("a redirect in a circle", func(t *testing.T) {
		t.Parallel()
		w := collecttest.New(t)
		w.Answer(99, "/thenewsapi", 302, map[string]string{"Location": "?api_token=" + collecttest.TheNewsAPIKey}, ``)
		_, err := ask(t, services(w), news("thenewsapi"))
		assert.Equal(t, CodeTooManyRedirects, fault(t, err).Code)
	})
	_, err := ask(t, Services{}, news("altavista"))
	assert.Equal(t, CodeNotFound, fault(t, err).Code)
}

// A request's own fields reach whom they are for, and nobody else.
func TestGetWithFields(t *testing.T) {
	t.Parallel()
	var seen []http.Header
	other := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.Header.Clone()) })
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Clone())
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, "/end", http.StatusFound)
		case "/other":
			http.Redirect(w, r, elsewhere, http.StatusFound)
		case "/form":
			body, _ := io.ReadAll(r.Body)
			_, _ = io.WriteString(w, r.Method+" "+r.Header.Get("Content-Type")+" "+string(body))
		case "/teapot":
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, "short and stout")
		}
	})
	f := fetcher(t, Config{})
	get := func(r Request) *Response {
		resp, err := f.Get(t.Context(), r)
		require.NoError(t, err)
		return resp
	}
	get(Request{URL: s.URL + "/same", Authorization: "Bearer x", UserAgent: "me/1"})
	require.Len(t, seen, 2)
	for _, h := range seen {
		assert.Equal(t, "Bearer x", h.Get("Authorization"))
		assert.Equal(t, "me/1", h.Get("User-Agent"))
	}
	seen = nil
	get(Request{URL: s.URL + "/other", Authorization: "Bearer x"})
	require.Len(t, seen, 2)
	assert.Equal(t, "Bearer x", seen[0].Get("Authorization"))
	assert.Empty(t, seen[1].Get("Authorization"), "another host gets no token")

	assert.Equal(t, "POST application/x-www-form-urlencoded a=b+%26", string(get(Request{URL: s.URL + "/form", Form: map[string][]string{"a": {"b &"}}}).Body))
	teapot := get(Request{URL: s.URL + "/teapot", AnyStatus: true})
	assert.Equal(t, http.StatusTeapot, teapot.Status)
	assert.Equal(t, "short and stout", string(teapot.Body))
}
