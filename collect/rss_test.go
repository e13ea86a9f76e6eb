package collect

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

func one(t *testing.T, contentType, body string) store.Document {
	t.Helper()
	b := mustCollect(t, contentType, body)
	require.Len(t, b.Documents, 1, "%+v", b.Skipped)
	return b.Documents[0]
}

func text(s *string) string {
	if s == nil {
		return "<nil>"
	}
	return *s
}

// Captures of real feeds become the documents a person would make of them.
func TestCollectCaptures(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		count                                               int
		feed, title, url, canonical, language, site, author string
		published                                           string
		textBegins                                          string
	}{
		"heise.atom": {
			4, "heise developer neueste Meldungen", "Java-Anwendungsserver: Red Hat gibt WildFly 10 frei",
			"http://www.heise.de/developer/meldung/Java-Anwendungsserver-Red-Hat-gibt-WildFly-10-frei-3088438.html?wt_mc=rss.developer.beitrag.atom",
			"https://www.heise.de/developer/meldung/Java-Anwendungsserver-Red-Hat-gibt-WildFly-10-frei-3088438.html",
			"de", "heise.de", "heise online", "2016-02-01T16:22:00Z", "Die nun verfügbare Version 10",
		},
		"guardian.rss": {
			4, "The Guardian", "Trump State of the Union address promised unity but emphasized discord",
			"https://www.theguardian.com/us-news/2018/jan/31/donald-trump-state-of-the-union-address-unity-discord",
			"https://www.theguardian.com/us-news/2018/jan/31/donald-trump-state-of-the-union-address-unity-discord",
			"en", "theguardian.com", "David Smith in Washington", "2018-01-31T07:26:05Z", "The president’s ‘new American moment’ speech",
		},
		"encoding.rss": {
			5, "Jornal de Notícias - Últimas Notícias", "Mãe de utente é a nova presidente da Raríssimas",
			"https://www.jn.pt/nacional/interior/sonia-laig-e-a-nova-presidente-da-rarissimas-9021600.html",
			"https://www.jn.pt/nacional/interior/sonia-laig-e-a-nova-presidente-da-rarissimas-9021600.html",
			"pt", "jn.pt", "<nil>", "2018-01-03T13:47:00Z", "Sónia Laygue,",
		},
		"reddit-atom.rss": {
			4, "reddit: the front page of the internet", "The Difficulties in Space",
			"https://www.reddit.com/r/space/comments/42babr/the_difficulties_in_space/",
			"https://www.reddit.com/r/space/comments/42babr/the_difficulties_in_space/",
			"en", "reddit.com", "<nil>", "2016-01-23T15:40:37Z", "submitted by",
		},
		"rss-1.rss": {
			4, "Science twis", "Food for fungi",
			"http://science.sciencemag.org/cgi/content/short/356/6343/1134-a?rss=1",
			"https://science.sciencemag.org/cgi/content/short/356/6343/1134-a?rss=1",
			"und", "science.sciencemag.org", "Hines, P. J.", "2017-06-15T17:29:47Z", "<nil>",
		},
		"uolNoticias.rss": {
			3, "UOL Noticias", "Ibope: Bolsonaro perde de Haddad, Ciro e Alckmin em simulações de 2º turno",
			"https://noticias.uol.com.br/politica/eleicoes/2018/noticias/2018/09/24/ibope-bolsonaro-perde-de-haddad-ciro-e-alckmin-em-simulacoes-de-2-turno.htm",
			"https://noticias.uol.com.br/politica/eleicoes/2018/noticias/2018/09/24/ibope-bolsonaro-perde-de-haddad-ciro-e-alckmin-em-simulacoes-de-2-turno.htm",
			"pt", "noticias.uol.com.br", "<nil>", "2018-09-24T22:42:40Z", "Líder na pesquisa Ibope",
		},
		"gulp-atom.atom": {
			2, "Release notes from gulp", "v3.9.0",
			"https://github.com/gulpjs/gulp/releases/tag/v3.9.0", "https://github.com/gulpjs/gulp/releases/tag/v3.9.0",
			"en", "github.com", "contra", "2015-06-01T21:49:41Z", "3.9.0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := mustCollect(t, "text/xml", file(t, name))
			require.Len(t, b.Documents, want.count)
			assert.Empty(t, b.Skipped)
			assert.Equal(t, want.count, b.Entries)
			assert.Equal(t, want.feed, b.FeedTitle)
			d := b.Documents[0]
			assert.Equal(t, want.title, d.Title)
			assert.Equal(t, want.url, d.URL)
			assert.Equal(t, want.canonical, d.CanonicalURL)
			assert.Equal(t, want.language, d.Language)
			assert.Equal(t, want.site, d.SourceName)
			assert.Equal(t, want.author, text(d.Author))
			require.NotNil(t, d.PublishedAt)
			assert.Equal(t, want.published, d.PublishedAt.Format(time.RFC3339))
			assert.True(t, strings.HasPrefix(text(d.ContentText), want.textBegins), text(d.ContentText))
			for _, d := range b.Documents {
				wellFormed(t, d)
			}
		})
	}
}

// wellFormed fails for a document that the database would refuse.
func wellFormed(t *testing.T, d store.Document) {
	t.Helper()
	packed, err := json.Marshal(d)
	require.NoError(t, err)
	assert.NotContains(t, string(packed), `\u0000`)
	for _, s := range []string{d.Title, d.URL, d.CanonicalURL, d.SourceName, d.Language, text(d.Content), text(d.ContentText), text(d.Summary), text(d.Author)} {
		assert.True(t, utf8.ValidString(s))
		assert.NotContains(t, s, "\x00")
	}
	assert.NotEmpty(t, d.Title)
	assert.LessOrEqual(t, utf8.RuneCountInString(d.Title), maxTitle)
	assert.Regexp(t, `^[0-9a-f]{64}$`, d.ContentHash)
	assert.Regexp(t, `^[a-z]{2,3}$`, d.Language)
	assert.Equal(t, "new", d.Status)
	assert.Equal(t, "rss", d.Source)
	assert.Equal(t, today, d.FetchedAt)
	assert.Zero(t, d.ID)
	assert.Nil(t, d.CollectionID)
	assert.Empty(t, d.Domain+d.Market)
	assert.Nil(t, d.ReliabilityScore)
	assert.Nil(t, d.Paywall)
	assert.NotNil(t, d.SourceMetadata)
}

func TestCollectConditional(t *testing.T) {
	t.Parallel()
	const etag, modified = `W/"5f1c-63a2"`, "Mon, 23 Nov 2026 08:10:00 +0000"
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		w.Header().Set("Last-Modified", modified)
		w.Header().Set("Cache-Control", "public, max-age=1800")
		if r.Header.Get("If-None-Match") == etag && r.Header.Get("If-Modified-Since") == modified {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		assert.Contains(t, r.Header.Get("Accept"), "application/atom+xml")
		_, _ = io.WriteString(w, item("<title>A</title><link>https://example.org/a</link>"))
	})
	c := All(fetcher(t, Config{}), Services{}, clock)["rss"]
	b, err := c.Collect(context.Background(), Source{Type: "rss", URL: s.URL + "/feed"})
	require.NoError(t, err)
	assert.Equal(t, []string{etag, modified}, []string{b.ETag, b.LastModified})
	assert.Equal(t, 200, b.Status)
	assert.Equal(t, s.URL+"/feed", b.FinalURL)
	assert.Equal(t, store.Rest{Seconds: 1800, Words: "max-age 1800"}, b.Pace.Fresh)
	assert.Positive(t, b.Bytes)
	b, err = c.Collect(context.Background(), Source{Type: "rss", URL: s.URL + "/feed", ETag: b.ETag, LastModified: b.LastModified})
	require.NoError(t, err)
	assert.True(t, b.NotModified)
	assert.False(t, b.Empty)
	assert.Empty(t, b.Documents)
	assert.Equal(t, []string{etag, modified}, []string{b.ETag, b.LastModified})
	assert.Equal(t, 304, b.Status)
	assert.Equal(t, store.Rest{Seconds: 1800, Words: "max-age 1800"}, b.Pace.Fresh)
}

func TestCollectSameBody(t *testing.T) {
	t.Parallel()
	const whole = `<title>A</title><link>https://example.org/a</link>`
	body, tag := item(whole), ""
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", tag)
		_, _ = io.WriteString(w, body)
	})
	c := All(fetcher(t, Config{}), Services{}, clock)["rss"]
	ask := func(hash []byte) Batch {
		b, err := c.Collect(context.Background(), Source{Type: "rss", URL: s.URL, BodyHash: hash})
		require.NoError(t, err)
		return b
	}
	first := ask(nil)
	require.Len(t, first.Documents, 1)
	require.Len(t, first.BodyHash, 32)
	tag = `"of another server"`
	same := ask(first.BodyHash)
	assert.True(t, same.NotModified)
	assert.Empty(t, same.Documents)
	assert.Equal(t, 200, same.Status)
	assert.Equal(t, first.BodyHash, same.BodyHash)
	assert.Equal(t, tag, same.ETag, "the validators are new ones all the same")

	body = item(`<title>B</title><link>https://example.org/b</link>`)
	changed := ask(first.BodyHash)
	assert.False(t, changed.NotModified)
	assert.Len(t, changed.Documents, 1)
	assert.NotEqual(t, first.BodyHash, changed.BodyHash)

	for what, broken := range map[string]string{
		"an entry that cannot be read": item(whole + "</item><item>"),
		"a feed that breaks off":       strings.TrimSuffix(item(whole), "</channel></rss>"),
	} {
		body = broken
		b := ask(first.BodyHash)
		assert.NotEmpty(t, b.Documents, what)
		assert.Nil(t, b.BodyHash, what)
	}
}

func TestCollectFormats(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ contentType, body, title, url, text, author string }{
		"rss 0.91 with doctype": {
			"text/xml", `<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">` +
				`<rss version="0.91"><channel><title>F</title><link>https://example.org</link><item><title>A</title><link>/a</link><description>D</description></item></channel></rss>`,
			"A", "https://example.org/a", "D", "<nil>",
		},
		"rss 0.9": {"text/xml", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>F</title><link>https://example.org</link></channel>` +
			`<item><title>A</title><link>https://example.org/a</link></item></rdf:RDF>`, "A", "https://example.org/a", "<nil>", "<nil>"},
		"rss 1.0, prefixed": {"application/rdf+xml", `<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel/></r:RDF>`, "", "", "", ""},
		"rss 1.0 with prefix for items": {
			"application/rdf+xml", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rss="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
				`<rss:channel><rss:title>F</rss:title></rss:channel><rss:item><rss:title>A</rss:title><rss:link>https://example.org/a</rss:link><dc:creator>Me</dc:creator><rss:description>D</rss:description></rss:item></rdf:RDF>`,
			"A", "https://example.org/a", "D", "Me",
		},
		"rss 2.0 in capitals": {"text/xml", `<RSS><CHANNEL><ITEM><TITLE>A</TITLE><LINK>https://example.org/a</LINK></ITEM></CHANNEL></RSS>`, "A", "https://example.org/a", "<nil>", "<nil>"},
		"rss, items outside":  {"text/xml", `<rss><channel><title>F</title></channel><item><title>A</title><link>https://example.org/a</link></item></rss>`, "A", "https://example.org/a", "<nil>", "<nil>"},
		"rss, no channel":     {"text/xml", `<rss><item><title>A</title><link>https://example.org/a</link></item></rss>`, "A", "https://example.org/a", "<nil>", "<nil>"},
		"atom 0.3": {"application/atom+xml", `<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>F</title><entry><title>A</title><link rel="alternate" type="text/html" href="https://example.org/a"/>` +
			`<issued>2026-01-02T03:04:05Z</issued><content type="text/html" mode="escaped">&lt;b&gt;D&lt;/b&gt;</content></entry></feed>`, "A", "https://example.org/a", "D", "<nil>"},
		"atom 1.0": {
			"application/atom+xml", `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.org/blog/"><author><name>Me</name></author><entry><title type="html">A &amp;amp; B</title>` +
				`<link rel="self" href="x"/><link rel="alternate" type="application/json" href="a.json"/><link type="text/html" href="a"/><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>D</p></div></content></entry></feed>`,
			"A & B", "https://example.org/blog/a", "D", "Me",
		},
		"atom, prefixed": {
			"application/atom+xml", `<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>A</a:title><a:link href="https://example.org/a"/><a:summary>D</a:summary></a:entry></a:feed>`,
			"A", "https://example.org/a", "D", "<nil>",
		},
		"atom, plain content": {
			"application/atom+xml", `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title><link href="https://example.org/a"/><content type="text">1 &lt;b&gt; 2</content></entry></feed>`,
			"A", "https://example.org/a", "1 <b> 2", "<nil>",
		},
		"atom, content elsewhere": {
			"application/atom+xml", `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title><content type="text/html" src="https://example.org/a"/></entry></feed>`,
			"A", "https://example.org/a", "<nil>", "<nil>",
		},
		"atom, author of the source": {"application/atom+xml", `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title><link href="https://example.org/a"/>` +
			`<source><title>S</title><link rel="self" href="https://s.example/f"/><link href="https://s.example/"/><author><name>Src</name></author></source></entry></feed>`, "A", "https://example.org/a", "<nil>", "Src"},
		"json feed 1.0": {
			"application/json", `{"version":"https://jsonfeed.org/version/1","title":"F","author":{"name":"Me"},"items":[{"id":1,"url":"https://example.org/a","title":"A <b>","content_text":"D <i>\n\nE"}]}`,
			"A <b>", "https://example.org/a", "D <i>\nE", "Me",
		},
		"json feed 1.1": {
			"application/feed+json", `{"version":"https://jsonfeed.org/version/1.1","title":"F","authors":[{"name":"Me"}],"language":"en","items":[{"id":"x","external_url":"https://example.org/a","title":"A","content_html":"<p>D</p>","authors":[{"name":"One"},{"name":"Two"},{}]}]}`,
			"A", "https://example.org/a", "D", "One, Two",
		},
		"declared twice": {
			"text/xml; charset=utf-8", `<?xml version="1.1" encoding="utf-16"?><rss><channel><item><title>Ä</title><link>https://example.org/a</link></item></channel></rss>`,
			"Ä", "https://example.org/a", "<nil>", "<nil>",
		},
		"warnings before": {
			"text/html", "<br />\n<b>Warning</b>: Undefined variable in /x.php on line 3<br />\n" + item("<title>A</title><link>https://example.org/a</link>"),
			"A", "https://example.org/a", "<nil>", "<nil>",
		},
		"comments before": {
			"text/xml", "\n\n<?xml version='1.0'?><?xml-stylesheet href='x'?><!-- <rss> --><!DOCTYPE rss [<!ENTITY nbsp '&#160;'>]>\n<rss><channel><item><title>A&nbsp;B</title><link>https://example.org/a</link></item></channel></rss>",
			"A B", "https://example.org/a", "<nil>", "<nil>",
		},
		"root across lines":  {"text/xml", "<rss\n  version='2.0'\n  xmlns:x=\"a>b\"\n><channel><item><title>A</title><link>https://example.org/a</link></item></channel></rss>", "A", "https://example.org/a", "<nil>", "<nil>"},
		"control characters": {"text/xml", item("<title>A\x0b&#x1;B</title><link>https://example.org/a</link>"), "AB", "https://example.org/a", "<nil>", "Me"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.title == "" {
				b := mustCollect(t, tc.contentType, tc.body)
				assert.True(t, b.Empty)
				return
			}
			d := one(t, tc.contentType, tc.body)
			wellFormed(t, d)
			assert.Equal(t, tc.title, d.Title)
			assert.Equal(t, tc.url, d.URL)
			assert.Equal(t, tc.text, text(d.ContentText))
			if tc.author != "Me" || d.Author != nil {
				assert.Equal(t, tc.author, text(d.Author))
			}
		})
	}
}

func TestCollectFaults(t *testing.T) {
	t.Parallel()
	deep := "<rss><channel>" + strings.Repeat("<x>", 100_000) + "<item><title>A</title></item></channel></rss>"
	for name, tc := range map[string]struct{ contentType, body, code, says string }{
		"web page":          {"text/html", "<!DOCTYPE html><html><head><title>Hi</title></head><body><p>x</p></body></html>", CodeNotAFeed, "a web page, not a feed"},
		"doctype in parts":  {"text/xml", "<!doctype\n html>\n<p>hello <feed> x</feed>", CodeNotAFeed, "XML that is no feed"},
		"page without type": {"", "<html><body>moved</body></html>", CodeNotAFeed, "a web page"},
		"capture":           {"application/rss+xml", file(t, "unrecognized.rss"), CodeNotAFeed, "a web page"},
		"empty":             {"text/xml", "", CodeNotAFeed, "an empty page"},
		"only spaces":       {"text/xml", " \n ", CodeNotAFeed, "an empty page"},
		"text":              {"text/plain", "hello", CodeNotAFeed, "text that is no feed"},
		"other XML":         {"application/xml", "<?xml version='1.0'?><urlset><url/></urlset>", CodeNotAFeed, "XML that is no feed"},
		"only a prolog":     {"application/xml", "<?xml version='1.0'?>", CodeNotAFeed, "XML that is no feed"},
		"other JSON":        {"application/json", `{"items":[{"a":1}]}`, CodeNotAFeed, "JSON that is no JSON Feed"},
		"JSON list":         {"application/json", `[1]`, CodeNotAFeed, "JSON that is no JSON Feed"},
		"no JSON":           {"application/json", `{`, CodeNotAFeed, "JSON that is no JSON Feed"},
		"no JSON either":    {"application/json", `{"a":`, CodeNotAFeed, "JSON that is no JSON Feed"},
		"picture":           {"image/png", "\x89PNG\r\n\x1a\n\x00\x00\x00\xff", CodeUnsupportedType, "image/png, not a feed"},
		"picture, no type":  {"", "\x89PNG\r\n\x1a\n\x00\x00\x00\xff\xff", CodeUnsupportedType, "image/png, not a feed"},
		"PDF":               {"application/pdf", "%PDF-1.7 text", CodeUnsupportedType, "application/pdf, not a feed"},
		"ends at once":      {"text/xml", "<rss><channel><title>A", CodeMalformedFeed, "it ends before its end"},
		"root never ends":   {"text/xml", "<rss version='2.0", CodeMalformedFeed, "it ends before its end"},
		"head is broken":    {"text/xml", "<rss><channel><title <></channel></rss>", CodeMalformedFeed, "is a broken feed"},
		"no good entry":     {"text/xml", feed("<item><title>A</title></item><item><title>B</titel></item>"), CodeMalformedFeed, "none of its 2 entries can be read; the first: It has no link"},
		"items no list":     {"application/json", `{"version":"https://jsonfeed.org/version/1","items":5}`, CodeMalformedFeed, "its items are no list"},
		"JSON cut off":      {"application/json", `{"version":"https://jsonfeed.org/version/1","items":`, CodeMalformedFeed, "it ends before its end"},
		"JSON cut in list":  {"application/json", `{"version":"https://jsonfeed.org/version/1","title":"x","items":[`, CodeMalformedFeed, "it ends before its end"},
		"JSON cut in item":  {"application/json", `{"version":"https://jsonfeed.org/version/1","title":"x","items":[{"id"`, CodeMalformedFeed, "it ends before its end"},
		"JSON cut after":    {"application/json", `{"version":"https://jsonfeed.org/version/1","title":"x","items":[]`, CodeMalformedFeed, "it ends before its end"},
		"JSON of nonsense":  {"application/json", `{"version":"https://jsonfeed.org/version/1","title":"x",5`, CodeMalformedFeed, "is a broken feed"},
		"huge root":         {"text/xml", "<rss " + strings.Repeat("a='b' ", 20_000) + "><channel></channel></rss>", CodeMalformedFeed, "no feed needs"},
		"many namespaces":   {"text/xml", "<rss " + strings.Repeat("xmlns:a='b' ", 300) + "><channel><item/></channel></rss>", CodeMalformedFeed, "no feed needs"},
		"huge head":         {"text/xml", "<rss><channel><title>" + strings.Repeat("x", maxHead) + "</title></channel></rss>", CodeMalformedFeed, "no feed needs"},
		"deep head":         {"text/xml", "<rss><channel>" + strings.Repeat("<x>", 10_000) + "</channel></rss>", CodeMalformedFeed, "no feed needs"},
		"deep and linkless": {"text/xml", deep, CodeMalformedFeed, "It has no link"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := collect(t, tc.contentType, tc.body)
			e := fault(t, err)
			assert.Equal(t, tc.code, e.Code, e.Message)
			assert.Contains(t, e.Message, tc.says)
			assert.Contains(t, e.Message, "http://127.0.0.1:")
			assert.Equal(t, 200, e.Status)
			assert.Zero(t, b)
		})
	}
}

func TestCollectPassesFetchErrorsOn(t *testing.T) {
	t.Parallel()
	s := serve(t, http.NotFound)
	c := All(fetcher(t, Config{}), Services{}, clock)["rss"]
	_, err := c.Collect(context.Background(), Source{URL: s.URL})
	assert.Equal(t, 404, fault(t, err).Status)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err = rssCollector{now: clock}.read(ctx, Source{}, dialect{}, &Response{Body: []byte(item("<link>/a</link>")), URL: base}, &Batch{})
	assert.Equal(t, CodeCanceled, fault(t, err).Code)
}

func TestCollectEmptyFeeds(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		feed(""), "<rss/>", "<rss version='2.0'></rss>", `<feed xmlns="http://www.w3.org/2005/Atom"/>`,
		`<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title></feed>`, `{"version":"https://jsonfeed.org/version/1.1","items":[]}`,
		`{"version":"https://jsonfeed.org/version/1.1","title":"F"}`,
	} {
		b := mustCollect(t, "text/xml", body)
		assert.True(t, b.Empty, body)
		assert.False(t, b.NotModified)
		assert.Empty(t, b.Documents)
		assert.Zero(t, b.Entries)
	}
}

// One broken entry keeps the good ones, whatever is broken about it.
func TestCollectKeepsGoodEntries(t *testing.T) {
	t.Parallel()
	good := func(n string) string {
		return "<item><title><![CDATA[" + n + "]]></title><link>https://example.org/" + n + "</link></item>"
	}
	for name, tc := range map[string]struct {
		bad    string
		reason string
	}{
		"wrong end tag":          {"<item><title>B</titel><link>https://example.org/b</link></item>", "It has no link."},
		"open tag":               {"<item><title>B</title><link>https://example.org/b</link><x y</item>", ""},
		"open cdata":             {"<item><title>B</title><description><![CDATA[ never closed</description></item>", ""},
		"open comment":           {"<item><title>B</title><!-- never closed <link>https://example.org/b</link></item>", ""},
		"no link":                {"<item><title>B</title></item>", "It has no link."},
		"useless link":           {"<item><title>B</title><link>javascript:alert(1)</link></item>", "It begins with neither http:// nor https://"},
		"endless link":           {"<item><title>B</title><link>https://example.org/" + strings.Repeat("x", 9000) + "</link></item>", "longer than 8192"},
		"deeply nested":          {"<item><title>B</title><link>https://example.org/b</link>" + strings.Repeat("<x>", 5000) + "</item>", "no feed needs"},
		"very many pieces":       {"<item><title>B</title><link>https://example.org/b</link>" + strings.Repeat("<x/>", 60_000) + "</item>", "no feed needs"},
		"text in pieces":         {"<item><title>B</title><link>https://example.org/b</link><dc:x>" + strings.Repeat("a<![CDATA[bbbbbbbb]]>", 20_000) + "</dc:x></item>", "no feed needs"},
		"namespaces":             {"<item><title>B</title><x " + strings.Repeat("xmlns:a='b' ", 500) + "/></item>", "no feed needs"},
		"very long base":         {"<item xml:base='https://example.org/" + strings.Repeat("x", 100_000) + "'><title>B</title><link>b</link>" + strings.Repeat("<x href='y'/>", 2000) + "</item>", "no feed needs"},
		"larger than any":        {"<item><title>B</title><link>https://example.org/b</link><description>" + strings.Repeat("x", maxEntry) + "</description></item>", "It is larger than 4 MiB."},
		"in a foreign namespace": {"<item xmlns='urn:other'><title>B</title></item>", "It is no entry."},
		"self-closed":            {"<item/>", "It has no link."},
		"entity in a tag name":   {"<item><ti&amp;tle>B</title><link>https://example.org/b</link></item>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := mustCollect(t, "text/xml", feed(good("a")+tc.bad+good("c")+good("d")))
			var titles []string
			for _, d := range b.Documents {
				titles = append(titles, d.Title)
			}
			assert.Equal(t, []string{"a", "c", "d"}, titles)
			require.Len(t, b.Skipped, 1)
			assert.Equal(t, 1, b.SkippedCount)
			assert.Equal(t, 4, b.Entries)
			assert.Equal(t, 2, b.Skipped[0].Position)
			assert.Contains(t, strings.ToLower(b.Skipped[0].Reason), strings.ToLower(tc.reason))
			assert.LessOrEqual(t, len(b.Skipped[0].Reason), 400)
			assert.Equal(t, "Feed", b.FeedTitle)
		})
	}
}

func TestCollectRepairsEntries(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"unclosed item":       feed("<item><title>A</title><link>https://example.org/a</link><item><title>B</title><link>https://example.org/b</link></item>"),
		"last one unclosed":   feed("<item><title>A</title><link>https://example.org/a</link></item><item><title>B</title><link>https://example.org/b</link>"),
		"cut off":             strings.TrimSuffix(feed("<item><title>A</title><link>https://example.org/a</link></item><item><title>B</title><link>https://example.org/b</link></item>"), "</channel></rss>"),
		"cut off in an entry": strings.TrimSuffix(feed("<item><title>A</title><link>https://example.org/a</link></item><item><title>B</title><link>https://example.org/b</link></item><item><title>C</title><link>https://example"), "</channel></rss>"),
		"bare ampersand":      feed("<item><title>A</title><link>https://example.org/a</link></item><item><title>B</title><link>https://example.org/b?x=1&y=2</link></item>"),
		"html entities":       feed("<item><title>A</title><link>https://example.org/a</link></item><item><title>B&nbsp;</title><link>https://example.org/b</link></item>"),
		"name in a comment":   feed("<!-- <item> --><item><title>A</title><link>https://example.org/a</link></item><item><title>B</title><description><![CDATA[</item><item>]]></description><link>https://example.org/b</link></item>"),
		"junk after":          feed("<item><title>A</title><link>https://example.org/a</link></item><item><title>B</title><link>https://example.org/b</link></item>") + "<script>x</script>",
		"json, one is wrong":  `{"version":"https://jsonfeed.org/version/1","items":[{"url":"https://example.org/a","title":"A"},{"url":5},null,{"url":"https://example.org/b","title":"B"}]}`,
		"json, cut off":       `{"version":"https://jsonfeed.org/version/1","title":"F","items":[{"url":"https://example.org/a","title":"A"},{"url":"https://example.org/b","title":"B"},{"url"`,
	} {
		b := mustCollect(t, "text/xml", body)
		require.Len(t, b.Documents, 2, name)
		assert.Equal(t, "A", b.Documents[0].Title, name)
		assert.Equal(t, "B", b.Documents[1].Title, name)
		if strings.Contains(name, "cut off") {
			assert.Equal(t, "It ends before its end.", b.Fault, name)
		} else {
			assert.Empty(t, b.Fault, name)
		}
	}
	b := mustCollect(t, "text/xml", strings.Replace(item("<link>https://example.org/a</link>"), "<title>", "<title x y=\"", 1))
	assert.NotEmpty(t, b.Fault, "a broken head")
	assert.Empty(t, b.FeedTitle)
}

func TestCollectCountsAndCaps(t *testing.T) {
	t.Parallel()
	b := mustCollect(t, "text/xml", feed(`<item><link>https://example.org/a?utm_source=x</link><title>first</title></item>
		<item><link>http://example.org/a#b</link><title>first</title></item><item><link>https://example.org/A</link><title>other</title></item>`))
	assert.Len(t, b.Documents, 2)
	assert.Equal(t, 1, b.Duplicates)
	assert.Equal(t, 3, b.Entries)
	assert.Equal(t, "first", b.Documents[0].Title)

	var items, objects strings.Builder
	for i := range MaxEntries + 10 {
		fmt.Fprintf(&items, "<item><link>https://example.org/%d</link></item>", i)
		fmt.Fprintf(&objects, `{"url":"https://example.org/%d"},`, i)
	}
	for _, body := range []string{feed(items.String()), `{"version":"https://jsonfeed.org/version/1","items":[` + strings.TrimSuffix(objects.String(), ",") + `]}`} {
		b = mustCollect(t, "text/xml", body)
		assert.Len(t, b.Documents, MaxEntries)
		assert.True(t, b.Cut)
		assert.Equal(t, fmt.Sprintf("It lists %d entries, of which the newest %d were read.", MaxEntries+10, MaxEntries), b.Fault)
	}
	// Some feeds end with their newest entry.
	var ascending strings.Builder
	for i := range MaxEntries + 10 {
		fmt.Fprintf(&ascending, "<item><link>https://example.org/%d</link><pubDate>%s</pubDate></item>", i, clock().Add(time.Duration(i-5000)*time.Minute).Format(time.RFC1123Z))
	}
	b = mustCollect(t, "text/xml", feed(ascending.String()))
	require.Len(t, b.Documents, MaxEntries)
	assert.Equal(t, "https://example.org/10", b.Documents[0].CanonicalURL)
	// Glued together by an open comment, they count all the same.
	b = mustCollect(t, "text/xml", feed("<item><link>https://example.org/x</link><!-- open</item>"+items.String()))
	assert.Equal(t, MaxEntries, b.Entries)
	assert.True(t, b.Cut)

	b = mustCollect(t, "text/xml", feed(strings.Repeat("<item><title>x</title></item>", 150)+"<item><link>https://example.org/a</link></item>"))
	assert.Len(t, b.Skipped, MaxSkipped)
	assert.Equal(t, 150, b.SkippedCount)
	assert.Equal(t, "x", b.Skipped[0].Title)
}

func TestCollectLinks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, url string }{
		"original before tracking":   {item("<link>https://feedproxy.example/~r/x</link><feedburner:origLink>https://example.org/a</feedburner:origLink>"), "https://example.org/a"},
		"relative to the site":       {item("<link>/a</link>"), "https://www.example.org/a"},
		"relative to its base":       {item("<title>x</title><link xml:base='https://b.example/c/'>d</link>"), "https://b.example/c/d"},
		"guid":                       {item("<guid>https://example.org/g</guid>"), "https://example.org/g"},
		"guid beats a broken link":   {item("<link>mailto:x</link><guid isPermaLink='false'>https://example.org/g</guid>"), "https://example.org/g"},
		"atom link in rss":           {item("<atom:link rel='self' href='https://example.org/s'/><atom:link href='https://example.org/a'/>"), "https://example.org/a"},
		"enclosure":                  {item("<guid>x-1</guid><enclosure url='https://example.org/e.mp3' type='audio/mpeg' length='5'/>"), "https://example.org/e.mp3"},
		"in cdata, with space":       {item("<link><![CDATA[\n https://example.org/a?x=1&y=2 \n]]></link>"), "https://example.org/a?x=1&y=2"},
		"first of several":           {item("<link></link><link>https://example.org/a</link><link>https://example.org/b</link>"), "https://example.org/a"},
		"fragment and case are kept": {item("<link>https://Example.org/A?utm_source=x#y</link>"), "https://example.org/A?utm_source=x#y"},
		"relative to the feed":       {`<rss><channel><item><link>/a</link></item></channel></rss>`, "/a"},
		"site is no address":         {`<rss><channel><link>mailto:x</link><item><link>/a</link></item></channel></rss>`, "/a"},
	} {
		d := one(t, "text/xml", tc.body)
		assert.True(t, strings.HasSuffix(d.URL, tc.url), "%s: %s", name, d.URL)
		assert.True(t, strings.HasPrefix(d.URL, "http"), name)
	}
}

func TestCollectTitles(t *testing.T) {
	t.Parallel()
	link := "<link>https://example.org/a</link>"
	long := strings.Repeat("ä", maxTitle+1)
	for name, tc := range map[string]struct {
		body, title string
		facts       map[string]any
	}{
		"html":       {item(link + "<title>&lt;b&gt;A&lt;/b&gt; &amp;amp; B\n  C</title>"), "A & B C", nil},
		"generics":   {item(link + "<title>Vec&lt;T&gt;</title>"), "Vec<T>", nil},
		"dublin":     {item(link + "<dc:title>D</dc:title>"), "D", nil},
		"too long":   {item(link + "<title>" + long + "</title>"), long[:2*maxTitle], map[string]any{"title_truncated": true}},
		"from text":  {item(link + "<description>" + strings.Repeat("word ", 30) + "</description>"), strings.TrimSpace(strings.Repeat("word ", 16)) + "…", map[string]any{"title_from": "text"}},
		"short text": {item(link + "<title> </title><description>&lt;p&gt;Hi&lt;/p&gt;</description>"), "Hi", map[string]any{"title_from": "text"}},
		"one word":   {item(link + "<description>" + strings.Repeat("x", 100) + "</description>"), strings.Repeat("x", 79) + "…", map[string]any{"title_from": "text"}},
		"from url":   {item(link), "https://example.org/a", map[string]any{"title_from": "url"}},
	} {
		d := one(t, "text/xml", tc.body)
		wellFormed(t, d)
		assert.Equal(t, tc.title, d.Title, name)
		for k, v := range tc.facts {
			assert.Equal(t, v, d.SourceMetadata[k], name)
		}
		assert.Len(t, d.SourceMetadata, len(tc.facts), "%s: %v", name, d.SourceMetadata)
	}
}

func TestCollectContent(t *testing.T) {
	t.Parallel()
	link := "<link>https://example.org/news/a</link>"
	for name, tc := range map[string]struct{ body, content, text, summary string }{
		"both":             {item(link + "<description>Short &lt;b&gt;one&lt;/b&gt;</description><content:encoded><![CDATA[<p>Long <img src='x.png'></p>]]></content:encoded>"), `<p>Long <img src="https://example.org/news/x.png"/></p>`, "Long", "Short one"},
		"description":      {item(link + "<description>&lt;p&gt;Only&lt;/p&gt;</description>"), "<p>Only</p>", "Only", "Only"},
		"content":          {item(link + "<content:encoded>&lt;p&gt;Only&lt;/p&gt;</content:encoded>"), "<p>Only</p>", "Only", "<nil>"},
		"neither":          {item(link + "<title>x</title>"), "<nil>", "<nil>", "<nil>"},
		"nothing to see":   {item(link + "<description>&lt;img src=p width=1&gt;&lt;p&gt; &lt;/p&gt;</description>"), "<nil>", "<nil>", "<nil>"},
		"picture only":     {item(link + "<description>&lt;img src=p&gt;</description>"), `<img src="https://example.org/news/p"/>`, "<nil>", "<nil>"},
		"media":            {item(link + "<media:group><media:description>From the film</media:description></media:group>"), "From the film", "From the film", "From the film"},
		"script":           {item(link + "<description>&lt;script&gt;alert(1)&lt;/script&gt;Safe&lt;img src=x onerror=alert(1)&gt;</description>"), `Safe<img src="https://example.org/news/x"/>`, "Safe", "Safe"},
		"json text":        {`{"version":"https://jsonfeed.org/version/1","items":[{"url":"https://example.org/a","content_text":"1 < 2\n3","summary":"S <b>"}]}`, "<p>1 &lt; 2<br/>3</p>", "1 < 2\n3", "S <b>"},
		"json html":        {`{"version":"https://jsonfeed.org/version/1","items":[{"url":"https://example.org/a","content_html":"<b>x</b>","content_text":"x"}]}`, "<b>x</b>", "x", "<nil>"},
		"json summary":     {`{"version":"https://jsonfeed.org/version/1","items":[{"url":"https://example.org/a","summary":"S <b>\u0000\ud800"}]}`, "<p>S &lt;b&gt;\uFFFD</p>", "S <b>\uFFFD", "S <b>\uFFFD"},
		"control in cdata": {item(link + "<description><![CDATA[a&#0;b&#x7;\x00c]]></description>"), "abc", "abc", "abc"},
	} {
		d := one(t, "text/xml", tc.body)
		wellFormed(t, d)
		assert.Equal(t, tc.content, text(d.Content), name)
		assert.Equal(t, tc.text, text(d.ContentText), name)
		assert.Equal(t, tc.summary, text(d.Summary), name)
	}
}

func TestContentIsBounded(t *testing.T) {
	t.Parallel()
	d := one(t, "text/xml", item("<link>https://example.org/news/a</link><description>"+strings.Repeat("Wörter ", 200_000)+"</description>"))
	assert.Equal(t, true, d.SourceMetadata["content_truncated"])
	assert.LessOrEqual(t, len(*d.ContentText), maxContent)
}

func TestCollectDates(t *testing.T) {
	t.Parallel()
	link := "<link>https://example.org/a</link>"
	atomEntry := func(dates string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://example.org/a"/>` + dates + `</entry></feed>`
	}
	for name, tc := range map[string]struct{ body, want, from, raw string }{
		"rfc 822":              {item(link + "<pubDate>Mon, 23 Nov 2026 09:00:00 +0100</pubDate>"), "2026-11-23T08:00:00Z", "", ""},
		"zone by name":         {item(link + "<pubDate>Sun, 22 Nov 2026 09:00:00 EST</pubDate>"), "2026-11-22T14:00:00Z", "", ""},
		"dublin core":          {item(link + "<dc:date>2026-11-22T09:00:00+01:00</dc:date>"), "2026-11-22T08:00:00Z", "", ""},
		"german":               {item(link + "<pubDate>Mo, 2 März 2026 09:00 +0100</pubDate>"), "2026-03-02T08:00:00Z", "", ""},
		"portuguese":           {item(link + "<pubDate>Seg, 24 Set 2018 19:42:40 -0300</pubDate>"), "2018-09-24T22:42:40Z", "", ""},
		"french june":          {item(link + "<pubDate>lun., 8 juin 2026 10:00:00 GMT</pubDate>"), "2026-06-08T10:00:00Z", "", ""},
		"french july":          {item(link + "<pubDate>8 juillet 2026 10:00:00</pubDate>"), "2026-07-08T10:00:00Z", "", ""},
		"no month":             {item(link + "<pubDate>8 Foobar 2026 10:00:00</pubDate>"), "", "", "8 Foobar 2026 10:00:00"},
		"no day":               {item(link + "<pubDate>31 Februar 2026 10:00:00</pubDate>"), "", "", "31 Februar 2026 10:00:00"},
		"none":                 {item(link), "", "", ""},
		"nonsense":             {item(link + "<pubDate>yesterday</pubDate>"), "", "", "yesterday"},
		"zero":                 {item(link + "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>"), "", "", "Thu, 01 Jan 1970 00:00:00 GMT"},
		"far ahead":            {item(link + "<pubDate>Thu, 26 Nov 2026 00:00:00 GMT</pubDate>"), "", "", "Thu, 26 Nov 2026 00:00:00 GMT"},
		"a little ahead":       {item(link + "<pubDate>Tue, 24 Nov 2026 20:00:00 GMT</pubDate>"), "2026-11-24T20:00:00Z", "", ""},
		"atom both":            {atomEntry("<published>2026-11-20T10:00:00Z</published><updated>2026-11-21T10:00:00Z</updated>"), "2026-11-20T10:00:00Z", "", ""},
		"atom updated only":    {atomEntry("<updated>2026-11-21T10:00:00Z</updated>"), "2026-11-21T10:00:00Z", "updated", ""},
		"atom published wrong": {atomEntry("<published>soon</published><updated>2026-11-21T10:00:00Z</updated>"), "", "", "soon"},
		"atom updated wrong":   {atomEntry("<updated>soon</updated>"), "", "", "soon"},
		"rss updated only":     {item(link + "<atom:updated>2026-11-21T10:00:00Z</atom:updated>"), "2026-11-21T10:00:00Z", "updated", ""},
		"json modified only":   {`{"version":"https://jsonfeed.org/version/1","items":[{"url":"https://example.org/a","date_modified":"2026-11-21T10:00:00+02:00"}]}`, "2026-11-21T08:00:00Z", "updated", ""},
	} {
		d := one(t, "text/xml", tc.body)
		got := ""
		if d.PublishedAt != nil {
			assert.Equal(t, time.UTC, d.PublishedAt.Location())
			got = d.PublishedAt.Format(time.RFC3339)
		}
		assert.Equal(t, tc.want, got, name)
		if tc.from == "" {
			assert.NotContains(t, d.SourceMetadata, "published_from", name)
		} else {
			assert.Equal(t, tc.from, d.SourceMetadata["published_from"], name)
		}
		if tc.raw == "" {
			assert.NotContains(t, d.SourceMetadata, "published_raw", name)
		} else {
			assert.Equal(t, tc.raw, d.SourceMetadata["published_raw"], name)
		}
	}
	d := one(t, "text/xml", atomEntry("<published>2026-11-20T10:00:00Z</published><updated>2026-11-21T10:00:00Z</updated>"))
	assert.Equal(t, "2026-11-21T10:00:00Z", d.SourceMetadata["updated_at"])
	d = one(t, "text/xml", atomEntry("<published>soon</published><updated>2026-11-21T10:00:00Z</updated>"))
	assert.Equal(t, "2026-11-21T10:00:00Z", d.SourceMetadata["updated_at"])
}

func TestCollectLanguages(t *testing.T) {
	t.Parallel()
	link := "<link>https://example.org/a</link>"
	for name, tc := range map[string]struct{ body, override, want string }{
		"feed":               {item(link), "", "de"},
		"override":           {item(link), "fr-CA", "fr"},
		"useless override":   {item(link), "english", "de"},
		"entry":              {item(link + "<dc:language>PT_br</dc:language>"), "", "pt"},
		"xml:lang of entry":  {feed("<item xml:lang='it'>" + link + "<title xml:lang='fr'>x</title></item>"), "", "it"},
		"xml:lang of feed":   {`<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="nl-BE"><title xml:lang="fr">x</title><entry><link href="https://example.org/a"/></entry></feed>`, "", "nl"},
		"three letters":      {item(link + "<dc:language>ger</dc:language>"), "", "de"},
		"said to be unknown": {item(link + "<dc:language>und</dc:language>"), "", "de"},
		"name":               {`<rss><channel><language>german</language><item>` + link + `</item></channel></rss>`, "", "und"},
		"unknown code":       {`<rss><channel><language>qz</language><item>` + link + `</item></channel></rss>`, "", "und"},
		"none":               {`<rss><channel><language></language><item>` + link + `</item></channel></rss>`, "", "und"},
		"json":               {`{"version":"https://jsonfeed.org/version/1.1","language":"en-US","items":[{"url":"https://example.org/a","language":"es"}]}`, "", "es"},
		"json of the feed":   {`{"version":"https://jsonfeed.org/version/1.1","language":"en-US","items":[{"url":"https://example.org/a"}]}`, "", "en"},
		"wrong in the entry": {item(link + "<dc:language>?</dc:language>"), "", "de"},
	} {
		s := serve(t, page("text/xml", tc.body))
		b, err := All(fetcher(t, Config{}), Services{}, clock)["rss"].Collect(context.Background(), Source{Type: "rss", URL: s.URL, Language: tc.override})
		require.NoError(t, err)
		assert.Equal(t, tc.want, b.Documents[0].Language, name)
	}
}

func TestCollectAuthors(t *testing.T) {
	t.Parallel()
	link := "<link>https://example.org/a</link>"
	for inner, want := range map[string]string{
		"":                                     "<nil>",
		"<author>me@example.org (Me)</author>": "Me",
		"<author>me@example.org</author>":      "me@example.org",
		"<author>Jane Doe (Reuters)</author>":  "Jane Doe (Reuters)",
		"<dc:creator>One</dc:creator><dc:creator>&lt;a href='x'&gt;Two&lt;/a&gt;</dc:creator>": "One, Two",
		"<dc:creator>Jane (AP)</dc:creator>":                                                   "Jane (AP)",
		"<author>" + strings.Repeat("ä", 600) + "</author>":                                    strings.Repeat("ä", maxAuthor),
		"<itunes:author>Caster</itunes:author>":                                                "Caster",
	} {
		d := one(t, "text/xml", item(link+inner))
		assert.Equal(t, want, text(d.Author), inner)
	}
	d := one(t, "text/xml", item(link+"<dc:creator>One</dc:creator><dc:creator>Two</dc:creator>"))
	assert.Equal(t, []any{"One", "Two"}, d.SourceMetadata["authors"])
}

func TestCollectFacts(t *testing.T) {
	t.Parallel()
	d := one(t, "text/xml", item(`<title>A</title><link>https://example.org/a</link><guid isPermaLink="false"> id-1 </guid><category>One</category><category>&lt;b&gt;Two&lt;/b&gt;</category><category/>
		<comments>/a#comments</comments><source url="https://s.example/feed">Source</source><enclosure url="/e.mp3" type="audio/mpeg" length="123"/><enclosure url="mailto:x"/>
		<media:content url="https://example.org/s.jpg?w=1" width="100"/><media:content url="https://example.org/l.jpg?w=2" width="400"/><media:content url="https://example.org/film" width="900"/><itunes:duration>74</itunes:duration>`))
	assert.Equal(t, map[string]any{
		"guid": "id-1", "categories": []any{"One", "Two"}, "comments_url": "https://www.example.org/a#comments",
		"origin_title": "Source", "origin_url": "https://s.example/feed", "duration": "74", "image": "https://example.org/l.jpg?w=2",
		"enclosures": []any{map[string]any{"url": "https://www.example.org/e.mp3", "type": "audio/mpeg", "length": int64(123)}},
	}, d.SourceMetadata)

	d = one(t, "text/xml", item(`<title>A</title><link>https://example.org/a</link><media:thumbnail url="/t.jpg"/>`))
	assert.Equal(t, map[string]any{"image": "https://www.example.org/t.jpg"}, d.SourceMetadata)

	d = one(t, "application/json", `{"version":"https://jsonfeed.org/version/1","items":[{"id":"x","title":"A","url":"https://example.org/a","external_url":"https://b.example/","tags":["t"],"image":"https://example.org/i.png",
		"attachments":[{"url":"https://example.org/e.mp3","mime_type":"audio/mpeg","size_in_bytes":5}]}]}`)
	assert.Equal(t, map[string]any{
		"guid": "x", "external_url": "https://b.example/", "categories": []any{"t"}, "image": "https://example.org/i.png",
		"enclosures": []any{map[string]any{"url": "https://example.org/e.mp3", "type": "audio/mpeg", "length": int64(5)}},
	}, d.SourceMetadata)

	d = one(t, "text/xml", `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title><link href="https://example.org/a"/><link rel="replies" href="/c"/>
		<source><title>S</title><link rel="self" href="https://s.example/f"/><link href="https://s.example/"/></source></entry></feed>`)
	assert.Equal(t, "S", d.SourceMetadata["origin_title"])
	assert.Equal(t, "https://s.example/", d.SourceMetadata["origin_url"])
	assert.Contains(t, d.SourceMetadata["comments_url"], "/c")
}

func TestContentHash(t *testing.T) {
	t.Parallel()
	// printf 'Häuser\nOne two' | sha256sum
	const want = "794a455f4fbbd5a5dec8413931d4d92ed209782a6489b84164926cdcb0c15546"
	composed, text := store.ContentHash("H\u00e4user", known("One  two")), "One\n two "
	assert.Equal(t, composed, store.ContentHash(" Ha\u0308user", &text))
	assert.NotEqual(t, composed, store.ContentHash("H\u00e4user One", known("two")))
	assert.NotEqual(t, composed, store.ContentHash("H\u00e4user", nil))
	assert.Equal(t, want, composed)
	assert.Equal(t, "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b", store.ContentHash("", nil), "the hash of a line feed")
}

// A feed built to cost as much as it can is read, or not, in seconds.
func TestCollectIsBounded(t *testing.T) {
	lol := `<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`
	namespaces := ""
	for i := range 190 {
		namespaces += fmt.Sprintf(" xmlns:n%d='u%d'", i, i)
	}
	for name, body := range map[string]string{
		"entities":     lol + item("<link>/a</link><title>&c;&c;&c;</title>"),
		"nesting":      feed(strings.Repeat("<x:y>", 500_000)),
		"namespaces":   "<rss" + namespaces + "><channel>" + strings.Repeat("<item><link>/a</link>"+strings.Repeat("<n1:a/>", 800)+"</item>", 1500) + "</channel></rss>",
		"openers":      feed(strings.Repeat("<item>", 300_000)),
		"open cdata":   feed(strings.Repeat("<item><![CDATA[", 100_000)),
		"open comment": feed(strings.Repeat("<item><!--", 100_000)),
		"brackets":     feed(strings.Repeat("<", 3_000_000)),
		"quotes":       "<rss a='" + strings.Repeat("\"", 3_000_000),
		"prolog":       strings.Repeat("<?x?>", 300_000) + "<rss/>",
		"open prolog":  strings.Repeat("<!-- ", 300_000),
		"json nesting": `{"version":"https://jsonfeed.org/version/1","items":[` + strings.Repeat("[", 1_000_000),
	} {
		start := time.Now()
		b, err := collect(t, "text/xml", body)
		// A hang, not a slow machine, is what this is about; the race detector is not used on it.
		assert.Less(t, time.Since(start), time.Minute, name)
		t.Log(name, time.Since(start).Round(time.Millisecond), len(body), b.Entries, b.SkippedCount, err)
	}
}

func TestInspectNeedsAnElement(t *testing.T) {
	t.Parallel()
	_, _, err := inspect("only text", 1)
	assert.EqualError(t, err, "it holds no element")
}

func TestGuarded(t *testing.T) {
	t.Parallel()
	assert.Error(t, guarded(func() error { panic("x") }))
	assert.NoError(t, guarded(func() error { return nil }))
}

func FuzzCollect(f *testing.F) {
	for _, name := range []string{"heise.atom", "guardian.rss", "encoding.rss", "reddit-atom.rss", "rss-1.rss", "uolNoticias.rss", "gulp-atom.atom", "unrecognized.rss"} {
		body, err := os.ReadFile("testdata/" + name)
		require.NoError(f, err)
		f.Add(body, "text/xml")
	}
	f.Add([]byte(item("<title>A</title><link>/a</link><description><![CDATA[<p>x]]></description>")), "text/xml; charset=latin1")
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1","items":[{"url":"https://example.org/a"},null,{"id":1}]}`), "application/json")
	f.Add([]byte("<rss><channel><item><link>https://a/<item><![CDATA[<item>]]>"), "")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		var b Batch
		resp := &Response{Status: 200, Header: http.Header{"Content-Type": {contentType}}, Body: body, URL: base}
		err := rssCollector{now: clock}.read(context.Background(), Source{Type: "rss"}, dialect{source: "rss"}, resp, &b)
		if err != nil {
			require.NotEmpty(t, fault(t, err).Code)
			return
		}
		require.LessOrEqual(t, len(b.Documents)+b.SkippedCount+b.Duplicates, b.Entries)
		for _, d := range b.Documents {
			wellFormed(t, d)
			harmless(t, "", text(d.Content))
		}
	})
}
