package collect

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var base = &url.URL{Scheme: "https", Host: "example.org", Path: "/news/a.html"}

func clean(s string) (string, string) {
	safe, text, _ := (&sanitizer{budget: addressBudget}).clean(s, base)
	return safe, text
}

func TestCleanHTML(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, safe, text string }{
		"empty":               {"", "", ""},
		"paragraphs":          {"<p>One &amp; two</p><p>three</p>", "<p>One &amp; two</p><p>three</p>", "One & two\nthree"},
		"breaks":              {"a<br>b<br/><br/>c", "a<br/>b<br/><br/>c", "a\nb\nc"},
		"inline":              {"<b>bo</b>ld and <i>it</i>", "<b>bo</b>ld and <i>it</i>", "bold and it"},
		"white space":         {" a \n\t b&nbsp;&#160; c ", "a \n\t b\u00a0\u00a0 c", "a b c"},
		"lists":               {"<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>", "a\nb"},
		"tables":              {"<table><tr><td>a<td>b<tr><td>c</table>", "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>", "a b\nc"},
		"pre":                 {"<pre>a  b\nc</pre>", "<pre>a  b\nc</pre>", "a b\nc"},
		"unclosed":            {"<div><b>a", "<div><b>a</b></div>", "a"},
		"stray ends":          {"a</div></div>b", "ab", "ab"},
		"relative link":       {`<a href="../b?c=d#e">x</a>`, `<a href="https://example.org/b?c=d#e" rel="nofollow noopener" target="_blank">x</a>`, "x"},
		"fragment link":       {`<a href="#top">x</a>`, `<a href="https://example.org/news/a.html#top" rel="nofollow noopener" target="_blank">x</a>`, "x"},
		"protocol relative":   {`<a href="//b.org/c">x</a>`, `<a href="https://b.org/c" rel="nofollow noopener" target="_blank">x</a>`, "x"},
		"mail":                {`<a href="mailto:a@example.org">x</a>`, `<a href="mailto:a@example.org" rel="nofollow">x</a>`, "x"},
		"relative picture":    {`<img src=b.png alt="A b" width=20 srcset="c.png 2x">`, `<img src="https://example.org/news/b.png" alt="A b" width="20"/>`, ""},
		"escaped twice":       {`&lt;div class="a"&gt;&lt;a href="https://b.org/"&gt;x&lt;/a&gt; &amp;amp; y&lt;/div&gt;`, `<div><a href="https://b.org/" rel="nofollow noopener" target="_blank">x</a> &amp; y</div>`, "x & y"},
		"about elements":      {`How &lt;div&gt; and &lt;/div&gt; work`, `How &lt;div&gt; and &lt;/div&gt; work`, "How <div> and </div> work"},
		"picture without":     {`<img alt=x>a<img src="">`, "a", "a"},
		"data picture":        {`<img src="data:image/png;base64,AAAA">a<img src='data:image/svg+xml,x'>`, "a", "a"},
		"pixel":               {`a<img src=p.gif width=1 height=1>b<img src=p height="0px">c<img src=p style="width:1px;height:1px">d<img src=p style="display:none">e`, "abcde", "abcde"},
		"no pixel":            {`<img src=p width=100 style="width:100px">`, `<img src="https://example.org/news/p" width="100"/>`, ""},
		"script":              {"a<script>alert(1)</script>b<style>p{}</style>c", "abc", "abc"},
		"comment":             {"a<!-- b --><!--[if IE]>c<![endif]-->d", "ad", "ad"},
		"frames and forms":    {`a<iframe src="https://evil.org">x</iframe><object data=x>y</object><form action=/x><input value=z><button>q</button>b</form>`, "ab", "a\nb"},
		"noscript":            {"a<noscript><img src=x><p>b</p></noscript>c", "ac", "ac"},
		"unknown elements":    {"<article><foo>a</foo></article>", "<article>a</article>", "a"},
		"ids and classes":     {`<p id="login" class="x" style="color:red" data-x="y" name=z lang=de dir=rtl>a</p>`, `<p lang="de" dir="rtl">a</p>`, "a"},
		"emoji and entities":  {"&#128512; &eacute; &lt;b&gt; &unknown;", "😀 é &lt;b&gt; &amp;unknown;", "😀 é <b> &unknown;"},
		"control characters":  {"a\x01b&#7;c\u0085d", "abcd", "abc d"},
		"broken utf-8":        {"a\xffb", "a\uFFFDb", "a\uFFFDb"},
		"quote":               {`<blockquote cite="/q">a</blockquote><q cite="javascript:x">b</q>`, `<blockquote cite="https://example.org/q">a</blockquote><q>b</q>`, "a\nb"},
		"svg and math":        {"a<svg><a href=x>b</a></svg><math><mi>c</mi></math>d", "ad", "ad"},
		"byte order mark":     {"\ufeffa\ufeffb", "\ufeffa\ufeffb", "ab"},
		"page within":         {"<html><head><title>t</title></head><body onload=x><p>a</p></body></html>", "<p>a</p>", "a"},
		"breaks inside words": {"a<wbr>b&shy;c", "a<wbr/>b\u00adc", "ab\u00adc"},
	} {
		safe, text := clean(tc.in)
		assert.Equal(t, tc.safe, safe, name)
		assert.Equal(t, tc.text, text, name)
	}
}

var (
	dangerousTag  = regexp.MustCompile(`(?i)<\s*(script|style|iframe|object|embed|svg|math|form|input|link|meta|base|template|noscript|textarea|title|frameset|applet|video|audio|xmp|plaintext)\b`)
	dangerousAttr = regexp.MustCompile(`(?i)<[^>]*\s(on\w+|style|id|name|class|srcdoc|formaction|action|background|ping|srcset|xlink:href|data-[\w-]*)\s*=`)
	dangerousURL  = regexp.MustCompile(`(?i)<[^>]*\s(href|src|cite)\s*=\s*["']?\s*(?:[^"'h\s]|h[^t])`)
)

// harmless fails for HTML that could do more than show text, links and pictures.
func harmless(t *testing.T, in, safe string) {
	t.Helper()
	assert.NotRegexp(t, dangerousTag, safe, in)
	assert.NotRegexp(t, dangerousAttr, safe, in)
	for _, m := range dangerousURL.FindAllString(safe, -1) {
		assert.Contains(t, m, "m", "%s -> %s", in, safe)
		assert.Contains(t, safe, "mailto:", in)
	}
}

func TestCleanHTMLAgainstAttacks(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		`<script>alert(1)</script>`, `<SCRIPT SRC=https://evil.org/x.js></SCRIPT>`, `<scr<script>ipt>alert(1)</scr</script>ipt>`, `<script/x>alert(1)</script/x>`,
		`<img src=x onerror=alert(1)>`, `<img src="x" ONERROR = "alert(1)">`, `<img/src=x/onerror=alert(1)>`, `<img src=x onerror&#61;alert(1)>`, `<img """><script>alert(1)</script>">`,
		`<a href="javascript:alert(1)">x</a>`, `<a href=" java` + "\t" + `script:alert(1)">x</a>`, `<a href="JaVaScRiPt:alert(1)">x</a>`, `<a href="&#106;avascript:alert(1)">x</a>`,
		"<a href=\"java\x00script:alert(1)\">x</a>", `<a href="javascript&colon;alert(1)">x</a>`, `<a href="vbscript:x">x</a>`, `<a href="data:text/html,<script>alert(1)</script>">x</a>`,
		`<a href="https://example.org" onclick="x" style="x" id="x" name="y" ping="https://evil.org">x</a>`, `<a href="mailto:x@y.org?subject=z">m</a>`,
		`<svg onload=alert(1)>`, `<svg><script>alert(1)</script></svg>`, `<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`, `<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`,
		`<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>`, `<math><mi//xlink:href="data:x,<script>alert(1)</script>">`,
		`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<style><img src="</style><img src=x onerror=alert(1)//">`, `<textarea><img title="</textarea><img src onerror=alert(1)>"></textarea>`,
		`<title><a title="</title><img src onerror=alert(1)>">`, `<xmp><p title="</xmp><img src onerror=alert(1)>">`, `<plaintext><script>x`, `<template><img src=x onerror=alert(1)></template>`,
		`<iframe srcdoc="<script>alert(1)</script>"></iframe>`, `<iframe src="javascript:alert(1)">`, `<object data="data:text/html,x">`, `<embed src="javascript:alert(1)">`, `<base href="https://evil.org/">`,
		`<link rel=stylesheet href=https://evil.org>`, `<meta http-equiv=refresh content="0;url=javascript:alert(1)">`, `<form action="javascript:alert(1)"><input type=submit></form>`, `<isindex action=javascript:alert(1)>`,
		`<div style="background:url(javascript:alert(1))">x</div>`, `<table background="javascript:alert(1)"><tr><td>x</table>`, `<video poster=javascript:alert(1)><source onerror=alert(1)></video>`, `<audio src=x onerror=alert(1)>`,
		`<details open ontoggle=alert(1)>x</details>`, `<body onload=alert(1)>x`, `<marquee onstart=alert(1)>x</marquee>`, `<input autofocus onfocus=alert(1)>`, `<button formaction=javascript:alert(1)>x</button>`,
		`<!--><img src=x onerror=alert(1)>-->`, `<!-- --!><script>alert(1)</script> -->`, `<![CDATA[<script>alert(1)</script>]]>`, `<?xml version="1.0"?><script>alert(1)</script>`, `<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>`,
		`<img srcset="javascript:alert(1) 1x" src=x>`, `<img src="https://example.org/a.png" lowsrc="javascript:x" usemap="#m"><map name=m><area href=javascript:alert(1)></map>`, `<q cite="javascript:alert(1)">x</q>`,
		`<a href="//evil.org\@example.org">x</a>`, `<a href="https://example.org/" target=_self rel=opener>x</a>`, `<p lang="x' onmouseover='alert(1)">x</p>`, `<td dir="ltr onclick=x">x</td>`, `<img src=x alt="&quot; onerror=alert(1) x=&quot;">`,
		"<\x00script>alert(1)</script>", `<scr` + "\x00" + `ipt>alert(1)</script>`, `＜script＞alert(1)＜/script＞`, `<<script>alert(1)//<</script>`, `<script src=//evil.org`, `<a href='x' <img src=x onerror=alert(1)>`,
	} {
		safe, text := clean(in)
		harmless(t, in, safe)
		again, _ := clean(safe)
		assert.Equal(t, safe, again, "cleaning clean HTML changes nothing: %s", in)
		assert.NotContains(t, text, "\x00")
		assert.True(t, utf8.ValidString(safe))
	}
}

// Hostile structure costs no more than its size.
func TestWordsAloneAreCleanedAsIfParsed(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"", " ", "Some words", "  two\n lines \t and a tab ", `it's a "quote" > 3`, "non\u00a0breaking", "\x07bell \x7f", "\xff broken", "\u2028 line", "\ufeffmark",
	} {
		var s sanitizer
		safe, text, cut := s.clean(source, nil)
		wantSafe, wantText, wantCut := s.clean(source+"<!-- -->", nil)
		require.Equal(t, wantSafe, safe, "%q", source)
		require.Equal(t, wantText, text, "%q", source)
		require.Equal(t, wantCut, cut, "%q", source)
	}
}

func TestCleanHTMLIsBounded(t *testing.T) {
	for name, in := range map[string]string{
		"nested":       strings.Repeat("<div>", 100_000) + "deep words",
		"formatting":   strings.Repeat("<b><i><a>", 30_000) + "words",
		"tables":       strings.Repeat("<table><tr><td>", 30_000) + "words",
		"attributes":   "<p " + strings.Repeat("a=b ", 200_000) + ">words",
		"short links":  strings.Repeat("<a href=b>", 50_000) + "words",
		"misnested":    strings.Repeat("<a><b></a>", 50_000) + "words",
		"entities":     strings.Repeat("&amp;", 200_000) + "words",
		"open bracket": strings.Repeat("<", 200_000) + "words",
		"large":        strings.Repeat("Wörter ", 1<<17+1<<16),
	} {
		start := time.Now()
		s := sanitizer{budget: addressBudget}
		safe, text, cut := s.clean(in, base)
		assert.Less(t, time.Since(start), 20*time.Second, name)
		assert.Less(t, len(safe), 40<<20, name)
		assert.LessOrEqual(t, len(text), maxContent, name)
		assert.Equal(t, len(in) > maxContent, cut, name)
		t.Log(name, time.Since(start).Round(time.Millisecond), len(safe), len(text))
	}
	long := *base
	long.Path = "/" + strings.Repeat("x", 8000)
	s := sanitizer{budget: 100_000}
	safe, _, _ := s.clean(strings.Repeat(`<a href="?">b</a>`, 10_000), &long)
	assert.Less(t, len(safe), 1<<20)
	assert.Contains(t, safe, "href")
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                "",
		"  a \n b  ":                      "a b",
		"Q&amp;A &lt;3 &quot;x&quot;":     `Q&A <3 "x"`,
		"<b>Bold</b> &amp; <i>it</i>alic": "Bold & italic",
		"a<br>b<p>c":                      "a b c",
		"Vec<T> and Map<K, V> explained":  "Vec<T> and Map<K, V> explained",
		"a < b > c":                       "a < b > c",
		"1 <2":                            "1 <2",
		"ends with <b":                    "ends with <b",
		"AT&T &copy &amp;amp;":            "AT&T © &amp;",
		"x<script>alert(1)</script>y":     "xy",
		"Use <script> tags":               "Use tags",
		"x<style>a{}</b></style>y":        "xy",
		"a\x00b\x1fc\ufeffd":              "abcd",
		"<!-- c -->d":                     "d",
		"Zero\u200bwidth\u00a0space":      "Zero\u200bwidth space",
		"caf\xe9":                         "caf\uFFFD",
		"<a href='x'>Title</a>":           "Title",
		"<unknown-element>kept</unknown-element>": "<unknown-element>kept</unknown-element>",
	} {
		assert.Equal(t, want, PlainText(in), in)
	}
}

func TestEscapeText(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "", escapeText(" \n "))
	assert.Equal(t, "<p>a &lt;b&gt;<br>c</p><p>d &amp; e</p>", escapeText("a <b>\r\nc\r\n\r\n\n\nd & e"))
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		n    int
		want string
		cut  bool
	}{{"", 0, "", false}, {"äöü", 3, "äöü", false}, {"äöü", 2, "äö", true}, {"äöü", 0, "", true}, {"😀a", 1, "😀", true}} {
		got, cut := truncate(tc.in, tc.n)
		assert.Equal(t, tc.want, got)
		assert.Equal(t, tc.cut, cut)
	}
	assert.Equal(t, "ä", truncateBytes("äöü", 3))
	assert.Equal(t, "äöü", truncateBytes("äöü", 6))
	assert.Equal(t, "", truncateBytes("ä", 1))
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"<p>a</p>", `<a href="b">c</a>`, "<svg><style><img src=x onerror=y>", "a\x00&#0;<b", "<table><td><p>x</table>", "<noscript><!-- </noscript><img src=x onerror=a> -->"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		safe, text := clean(in)
		require.True(t, utf8.ValidString(safe))
		require.True(t, utf8.ValidString(text))
		require.NotContains(t, safe, "\x00")
		require.NotContains(t, text, "\x00")
		harmless(t, in, safe)
		plain := PlainText(in)
		require.True(t, utf8.ValidString(plain))
		require.NotContains(t, plain, "\n")
	})
}
