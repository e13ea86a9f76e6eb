package collect

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/content-creator/content-creator-api/store"
)

// story is a few paragraphs that every seeker takes for an article.
var story = func() string {
	var b strings.Builder
	for _, p := range []string{
		"The harbour master of Lerwick keeps two logbooks, one for the ships and one for the weather, and he trusts only the second.",
		"When the ferry company asked him last spring whether the new pier could be used in a northerly gale, he opened it at a page from 1978.",
		"On that day, he read out, three boats had been torn from their moorings, although the wind had never been stronger than forecast.",
		"The pier was turned by twelve degrees, which cost a year and two million pounds, and nobody has complained about it since the first winter.",
	} {
		b.WriteString("<p>" + p + "</p>\n")
	}
	return b.String()
}()

func address(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}

func extract(t *testing.T, page string) (Article, error) {
	t.Helper()
	return NewExtractor().Extract(context.Background(), []byte(page), "text/html", address(t, "https://www.example.org/news/pier?id=7"))
}

func mustExtract(t *testing.T, page string) Article {
	t.Helper()
	a, err := extract(t, page)
	require.NoError(t, err)
	return a
}

// articlePage is a page with the story, something in its head and something before its text.
func articlePage(head, before string) string {
	return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A pier turns | Example</title>` + head +
		`</head><body><nav><a href="/">Home</a> <a href="/world">World</a></nav><article><h1>A pier turns</h1>` + before + story +
		`</article><footer>All rights reserved.</footer></body></html>`
}

func TestExtract(t *testing.T) {
	t.Parallel()
	a := mustExtract(t, articlePage(
		`<meta property="og:image" content="/lead.jpg"><meta name="author" content="By Ann Other">
		<link rel="canonical" href="http://example.org/news/pier?utm_source=x">
		<script type="application/ld+json">{"@type":"NewsArticle","headline":"A pier turns","datePublished":"2026-03-05T08:15:00+01:00","isAccessibleForFree":"False",}</script>
		<script type="application/ld+json">{"@graph":[{"@type":["NewsArticle"],"datePublished":"2026-03-05T08:15:00+01:00","isAccessibleForFree":"False"}]}</script>`,
		`<p>It took <a href="javascript:alert(1)" onclick="x()">one</a> <a href="../about">look</a> into an old book to change a <b>plan</b> that many engineers had signed already.</p>
		<script>alert(1)</script><figure><img data-src="/pier.jpg" src="data:image/gif;base64,AAAA"><figcaption>The pier</figcaption></figure>`))
	assert.Equal(t, "A pier turns", a.Title)
	assert.Equal(t, "Ann Other", a.Author)
	assert.Equal(t, "https://www.example.org/lead.jpg", a.Image)
	assert.Equal(t, "https://example.org/news/pier", a.Canonical)
	assert.Equal(t, "2026-03-05T08:15:00+01:00", a.PublishedAt.Format(time.RFC3339), "with its zone")
	assert.False(t, a.DateOnly)
	assert.Equal(t, new(true), a.Paywall)
	assert.Equal(t, "en", a.Language)
	assert.True(t, strings.HasPrefix(a.Text, "It took one look into an old book"), a.Text)
	assert.True(t, strings.HasSuffix(a.Text, "since the first winter."), a.Text)
	assert.NotContains(t, a.Text, "Home")
	assert.NotContains(t, a.Text, "rights")
	assert.Contains(t, a.HTML, `<img src="https://www.example.org/pier.jpg"`)
	assert.Contains(t, a.HTML, `href="https://www.example.org/about"`)
	for _, bad := range []string{"<script", "javascript:", "onclick", "data:", "<nav"} {
		assert.NotContains(t, a.HTML, bad)
	}
	assert.Equal(t, countWords(a.Text), a.WordCount)
	assert.Equal(t, len(strings.Fields(a.Text)), a.WordCount)
}

func TestExtractIsDeterministic(t *testing.T) {
	t.Parallel()
	page := file(t, "articles/newsroom-heatpump.html")
	first := mustExtract(t, page)
	for range 5 {
		require.Equal(t, first, mustExtract(t, page))
	}
}

func TestExtractKeepsStructure(t *testing.T) {
	t.Parallel()
	a := mustExtract(t, file(t, "articles/docs-pgidx.html"))
	assert.Contains(t, a.HTML, "<h2>The order of columns</h2>")
	assert.Contains(t, a.HTML, "<li>Look at unused indexes")
	a = mustExtract(t, file(t, "articles/shop-bread.html"))
	assert.Contains(t, a.HTML, "<th>Material</th><td>Beech and stainless steel</td>")
	assert.NotContains(t, a.Text, "Add to cart")
}

func TestPublished(t *testing.T) {
	t.Parallel()
	meta := func(name, value string) string {
		return fmt.Sprintf(`<meta property=%q content=%q>`, name, value)
	}
	cases := map[string]struct {
		head, before, want string
		dateOnly           bool
	}{
		"meta":                   {head: meta("article:published_time", "2026-03-05T08:15:00-05:00"), want: "2026-03-05T08:15:00-05:00"},
		"zone without a colon":   {head: meta("article:published_time", "2026-03-05T08:15:00+0900"), want: "2026-03-05T08:15:00+09:00"},
		"no seconds":             {head: meta("date", "2026-03-05T08:15Z"), want: "2026-03-05T08:15:00Z"},
		"no zone":                {head: meta("date", "2026-03-05 08:15:00"), want: "2026-03-05T08:15:00Z"},
		"a date alone":           {head: meta("date", "2026-03-05"), want: "2026-03-05T00:00:00Z", dateOnly: true},
		"in words":               {head: meta("dc.date", "March 5, 2026"), want: "2026-03-05T00:00:00Z", dateOnly: true},
		"as mail writes it":      {head: meta("pubdate", "Thu, 05 Mar 2026 08:15:00 +0100"), want: "2026-03-05T08:15:00+01:00"},
		"time element":           {before: `<time datetime="2026-03-05T08:15:00+02:00">today</time>`, want: "2026-03-05T08:15:00+02:00"},
		"microdata first":        {before: `<time datetime="2020-01-01">old</time><span itemprop="datePublished" content="2026-03-05T08:15:00Z">x</span>`, want: "2026-03-05T08:15:00Z"},
		"pubdate first":          {before: `<time datetime="2020-01-01">old</time><time pubdate datetime="2026-03-05">x</time>`, want: "2026-03-05T00:00:00Z", dateOnly: true},
		"linked data first":      {head: meta("date", "2020-01-01") + `<script type="application/ld+json">[{"@type":"BlogPosting","datePublished":"2026-03-05T08:15:00Z"}]</script>`, want: "2026-03-05T08:15:00Z"},
		"not of the page, first": {head: `<script type="application/ld+json">[{"@type":"WebPage","datePublished":"2020-01-01"},{"@type":"Article","datePublished":"2026-03-05"}]</script>`, want: "2026-03-05T00:00:00Z", dateOnly: true},
		"not of another thing":   {head: `<script type="application/ld+json">{"@type":"Event","datePublished":"2026-03-05"}</script>`},
		"unreadable, then good":  {head: meta("article:published_time", "yesterday") + meta("date", "2026-03-05"), want: "2026-03-05T00:00:00Z", dateOnly: true},
		"of an age before feeds": {head: meta("date", "1970-01-01T00:00:00Z")},
		"modification":           {before: `<time class="modified" datetime="2026-03-05">x</time>`},
		"nothing":                {},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := mustExtract(t, articlePage(tc.head, tc.before))
			if tc.want == "" {
				require.Nil(t, a.PublishedAt, "never now")
				return
			}
			require.NotNil(t, a.PublishedAt)
			require.Equal(t, tc.want, a.PublishedAt.Format(time.RFC3339))
			require.Equal(t, tc.dateOnly, a.DateOnly)
		})
	}
}

func TestPaywall(t *testing.T) {
	t.Parallel()
	ld := func(value string) string {
		return `<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":` + value + `}</script>`
	}
	yes, no := new(true), new(false)
	cases := map[string]struct {
		head, before string
		want         *bool
	}{
		"unknown":          {"", "", nil},
		"false":            {ld(`false`), "", yes},
		"as an address":    {ld(`"https://schema.org/False"`), "", yes},
		"true":             {ld(`true`), "", no},
		"nonsense":         {ld(`3`), "", nil},
		"locked":           {`<meta property="article:content_tier" content="locked">`, "", yes},
		"free":             {`<meta property="article:content_tier" content="free">`, "", no},
		"class":            {"", `<div class="c-paywall is-open">Subscribe to read on.</div>`, yes},
		"class, but free":  {ld(`true`), `<div class="paywall">Subscribe to read on.</div>`, no},
		"empty":            {"", `<div class="paywall"></div>`, nil},
		"hidden":           {"", `<div class="paywall" hidden>Subscribe.</div>`, nil},
		"hidden by style":  {"", `<div class="paywall" style="display: none">Subscribe.</div>`, nil},
		"part of a word":   {"", `<div class="nopaywalls">We have none.</div>`, nil},
		"both, it is paid": {ld(`true`) + ld(`false`), "", yes},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, mustExtract(t, articlePage(tc.head, tc.before)).Paywall)
		})
	}
}

func TestPageFacts(t *testing.T) {
	t.Parallel()
	canonical := func(href string) func(*testing.T, Article) {
		return func(t *testing.T, a Article) { t.Helper(); require.Equal(t, href, a.Canonical) }
	}
	author := func(name string) func(*testing.T, Article) {
		return func(t *testing.T, a Article) { t.Helper(); require.Equal(t, name, a.Author) }
	}
	cases := map[string]struct {
		head, before string
		check        func(*testing.T, Article)
	}{
		"canonical of a sister host": {`<link rel="Canonical" href="//m.example.org/a">`, "", canonical("https://m.example.org/a")},
		"canonical of another site":  {`<link rel="canonical" href="https://example.com/a">`, "", canonical("")},
		"canonical that is none":     {`<link rel="canonical" href="javascript:x"><meta property="og:url" content="/a">`, "", canonical("https://www.example.org/a")},
		"canonical of the home page": {`<link rel="canonical" href="https://www.example.org/">`, "", canonical("")},
		"canonical left empty":       {`<link rel="canonical" href="">`, "", canonical("")},
		"base":                       {`<base href="https://www.example.org/deep/"><link rel="canonical" href="a">`, "", canonical("https://www.example.org/deep/a")},
		"base that is none":          {`<base href="ftp://x/"><link rel="canonical" href="a">`, "", canonical("https://www.example.org/news/a")},
		"authors":                    {`<script type="application/ld+json">{"@type":"Article","author":[{"name":"Ann"},"Bob",{"name":"Ann"},{"url":"https://x.org/me"}]}</script>`, "", author("Ann, Bob")},
		"author in the text":         {"", `<a rel="author" href="/me">By Cleo Pat</a>`, author("Cleo Pat")},
		"author as an address":       {`<meta property="article:author" content="https://facebook.com/x">`, "", author("")},
		"image of linked data": {
			`<script type="application/ld+json">{"@type":"Article","image":[{"@type":"ImageObject","name":"x","url":"/i.jpg"}]}</script>`, "",
			func(t *testing.T, a Article) { t.Helper(); require.Equal(t, "https://www.example.org/i.jpg", a.Image) },
		},
		"image that is none": {
			`<meta property="og:image" content="data:image/png;base64,x"><script type="application/ld+json">{"@type":"Article","image":{"contentUrl":"https://cdn.org/j.jpg"}}</script>`, "",
			func(t *testing.T, a Article) { t.Helper(); require.Equal(t, "https://cdn.org/j.jpg", a.Image) },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.check(t, mustExtract(t, articlePage(tc.head, tc.before)))
		})
	}
}

func TestPageLanguage(t *testing.T) {
	t.Parallel()
	german := strings.Repeat("Die Genossenschaft pachtet elf öffentliche Dächer und verkauft den Strom dort, wo er entsteht. ", 10)
	for name, tc := range map[string]struct{ said, text, want string }{
		"as the page says":         {"de-AT", "Servus", "de"},
		"from the text":            {"", german, "de"},
		"a template's own":         {"en", german, "de"},
		"too short to doubt":       {"en", "Guten Tag", "en"},
		"said, whatever the text":  {"fr", german, "fr"},
		"nobody knows":             {"", "1234", "und"},
		"unclear, so as is said":   {"en", strings.Repeat("1234 ", 200), "en"},
		"a name that is no tag":    {"english", "Hello", "und"},
		"from the text, no letter": {"", strings.Repeat("5 ", 400), "und"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, pageLanguage(tc.said, tc.text))
		})
	}
}

func TestPageCharset(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("<p>Die Stra\xdfe f\xfchrt \xfcber die Br\xfccke nach K\xf6ln, und niemand wei\xdf, wie lange sie noch gesperrt bleibt.</p>", 6)
	for name, tc := range map[string]struct{ head, contentType string }{
		"declared":         {`<meta charset="iso-8859-1">`, "text/html"},
		"declared of old":  {`<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1">`, "text/html"},
		"by the server":    {``, "text/html; charset=latin1"},
		"the server first": {`<meta charset="koi8-r">`, "text/html; charset=latin1"},
		"by nobody":        {``, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := NewExtractor().Extract(context.Background(), []byte("<html><head>"+tc.head+"</head><body><article>"+text+"</article></body></html>"),
				tc.contentType, address(t, "https://example.org/"))
			require.NoError(t, err)
			require.Contains(t, a.Text, "Die Straße führt über die Brücke nach Köln")
		})
	}
}

func TestExtractInVain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ page, says string }{
		"empty":          {"", "no article was found on it"},
		"short":          {"<html><body><p>Hello.</p></body></html>", "no article was found on it"},
		"too long":       {strings.Repeat("x", maxPage+1), "it is longer than 5 MiB"},
		"too deep":       {strings.Repeat("<div>", 5000) + story, "it is nested too deeply"},
		"too many nodes": {strings.Repeat("<br>", maxPageNodes+1), "it has more than 200000 elements and texts"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := extract(t, tc.page)
			require.EqualError(t, err, tc.says)
		})
	}
}

// TestSeekersThatFail are those that panic, find nothing or take too long.
func TestSeekersThatFail(t *testing.T) {
	t.Parallel()
	panics := func(*html.Node, *url.URL) *html.Node { panic("index out of range") }
	nothing := func(*html.Node, *url.URL) *html.Node { return nil }
	page, at := []byte(articlePage("", "")), address(t, "https://example.org/")

	for name, seeker := range map[string]seeker{"panics": panics, "finds nothing": nothing} {
		for i := range seekers {
			t.Run(fmt.Sprint("one ", name, " ", i), func(t *testing.T) {
				t.Parallel()
				e := NewExtractor()
				e.seekers[i] = seeker
				a, err := e.Extract(context.Background(), page, "", at)
				require.NoError(t, err)
				require.Contains(t, a.Text, "The pier was turned by twelve degrees")
			})
			t.Run(fmt.Sprint("all but one ", name, " ", i), func(t *testing.T) {
				t.Parallel()
				e := NewExtractor()
				for j := range e.seekers {
					if j != i {
						e.seekers[j] = seeker
					}
				}
				a, err := e.Extract(context.Background(), page, "", at)
				require.NoError(t, err)
				require.Contains(t, a.Text, "The pier was turned by twelve degrees")
			})
		}
	}

	t.Run("all panic", func(t *testing.T) {
		t.Parallel()
		e := NewExtractor()
		e.seekers = [seekers]seeker{panics, panics, panics}
		_, err := e.Extract(context.Background(), page, "", at)
		require.EqualError(t, err, "the parser gave up on it")
	})

	t.Run("one takes too long", func(t *testing.T) {
		t.Parallel()
		e := NewExtractor()
		e.limit = 50 * time.Millisecond
		release, ended := make(chan struct{}), make(chan struct{}, maxExtractions)
		e.seekers[byReadability] = func(*html.Node, *url.URL) *html.Node { <-release; ended <- struct{}{}; return nil }
		for range maxExtractions + 1 {
			_, err := e.Extract(context.Background(), page, "", at)
			require.EqualError(t, err, "reading it takes longer than 20s")
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := e.Extract(ctx, page, "", at)
		require.ErrorIs(t, err, context.Canceled)
		close(release)
		for range maxExtractions {
			<-ended
		}
		e.seekers[byReadability] = nothing
		e.limit = maxExtraction
		_, err = e.Extract(context.Background(), page, "", at)
		require.NoError(t, err, "its place is free again")
	})
}

func TestTeasersAreLeftOut(t *testing.T) {
	t.Parallel()
	teasers := `<section class="q"><h3>Related stories</h3><ul>` + strings.Repeat(`<li><a href="/x">Other</a><p>Another story altogether, of which this is but the beginning.</p></li>`, 3) + `</ul></section>`
	a := mustExtract(t, strings.Replace(articlePage("", ""), "</article>", teasers+"</article>", 1))
	require.NotContains(t, a.Text, "Another story")
	require.Contains(t, a.Text, "since the first winter.")
	a = mustExtract(t, articlePage("", "<h2>Related</h2><p>What is related here is the tale itself, which has a heading of that name and goes on for a while.</p>"))
	require.Contains(t, a.Text, "the tale itself", "a heading of the article")
}

func TestCountWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"":                             0,
		"—  …":                         0,
		"Don't stop, well-known C++ 4": 5,
		"it’s over - or is it?":        5,
		"Häuser, déjà vu":              3,
		"de\u0301ja\u0300 vu":          2,
		"十年前，这条货运铁路":                   5,
		"東京タワー":                        3,
		"GPT模型 in 2026":                4,
		"안녕하세요 여러분":                    2,
		"สวัสดีชาวโลก":                 2,
	} {
		require.Equal(t, want, countWords(text), text)
	}
}

func TestIsExcerpt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", excerptWords)
	cases := map[string]struct {
		text *string
		want bool
	}{
		"nothing":           {nil, true},
		"short":             {new("A few words."), true},
		"whole":             {new(long + "The end."), false},
		"dots":              {new(long + "and then…"), true},
		"three dots":        {new(long + "and then [...]"), true},
		"read more":         {new(long + "and then\nRead more »"), true},
		"German":            {new(long + "und dann\nWeiterlesen"), true},
		"Japanese":          {new(long + "そして 続きを読む"), true},
		"below it, whole":   {new(long + "The end.\nThe post A appeared first on B."), false},
		"below it, cut":     {new(long + "and […]\nThe post A appeared first on B."), true},
		"more in the midst": {new("Read more\n" + long + "The end."), false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := store.Document{ContentText: tc.text}
			if tc.text != nil {
				d.WordCount = new(countWords(*tc.text))
			}
			require.Equal(t, tc.want, IsExcerpt(d))
		})
	}
}

func FuzzExtract(f *testing.F) {
	f.Add(articlePage(`<meta property="og:image" content="/x">`, `<time datetime="2026-01-01">x</time>`))
	f.Add(`<table><tr><td><p>x</table></p><svg><title>y</title></svg><base href="//[">`)
	at, _ := url.Parse("https://example.org/a")
	e := NewExtractor()
	f.Fuzz(func(t *testing.T, page string) {
		a, err := e.Extract(context.Background(), []byte(page), "text/html", at)
		if err != nil {
			require.Zero(t, a)
			return
		}
		require.NotContains(t, strings.ToLower(a.HTML), "<script")
		require.Equal(t, cleanText(a.Text), a.Text)
		require.Positive(t, a.WordCount+1)
	})
}
