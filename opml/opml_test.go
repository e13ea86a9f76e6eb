package opml

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

// outlines parses a document of these outlines.
func outlines(t *testing.T, body string) []Entry {
	t.Helper()
	entries, err := Parse(`<?xml version="1.0"?><opml version="1.0"><head><title>t</title></head><body>` + body + `</body></opml>`)
	require.NoError(t, err)
	return entries
}

func TestParseWhatOtherReadersExport(t *testing.T) {
	t.Parallel()
	feed := func(name, url string) store.CollectionCreate { return store.CollectionCreate{Name: name, URL: &url} }
	in := func(c store.CollectionCreate, category string) store.CollectionCreate {
		c.Category = &category
		return c
	}
	for name, tc := range map[string]struct {
		body string
		want []store.CollectionCreate
	}{
		"a feed":                   {`<outline text="A" title="Long A" type="rss" xmlUrl="https://a.example/feed" htmlUrl="https://a.example/"/>`, []store.CollectionCreate{feed("A", "https://a.example/feed")}},
		"without a type":           {`<outline title="A" xmlUrl="https://a.example/feed"></outline>`, []store.CollectionCreate{feed("A", "https://a.example/feed")}},
		"in lower case":            {`<OUTLINE TEXT="A" xmlurl=" https://a.example/feed "/>`, []store.CollectionCreate{feed("A", "https://a.example/feed")}},
		"with url":                 {`<outline text="A" type="rss" url="https://a.example/feed"/>`, []store.CollectionCreate{feed("A", "https://a.example/feed")}},
		"blank text, then title":   {`<outline text=" " title="A" xmlUrl="https://a.example/feed"/>`, []store.CollectionCreate{feed("A", "https://a.example/feed")}},
		"no name":                  {`<outline xmlUrl="https://a.example/feed"/>`, []store.CollectionCreate{feed("a.example", "https://a.example/feed")}},
		"no name and no host":      {`<outline xmlUrl="/feed"/>`, []store.CollectionCreate{feed("Feed", "/feed")}},
		"escaped twice":            {`<outline text="Q&amp;amp;A &amp;#8211; &uuml;ber&#10;all" xmlUrl="https://a.example/feed"/>`, []store.CollectionCreate{feed("Q&A – über all", "https://a.example/feed")}},
		"a bare ampersand":         {`<outline text="Q & A" xmlUrl="https://a.example/feed?a=1&b=2"/>`, []store.CollectionCreate{feed("Q & A", "https://a.example/feed?a=1&b=2")}},
		"without quotes":           {`<outline text=A xmlUrl="https://a.example/feed"/>`, []store.CollectionCreate{feed("A", "https://a.example/feed")}},
		"feed://":                  {`<outline text="A" xmlUrl="feed://a.example/feed"/>`, []store.CollectionCreate{feed("A", "http://a.example/feed")}},
		"feed:https://":            {`<outline text="A" xmlUrl="feed:https://a.example/feed"/>`, []store.CollectionCreate{feed("A", "https://a.example/feed")}},
		"folders":                  {`<outline text="Tech"><outline title="Go &amp;amp; C"><outline text="A" xmlUrl="u"/></outline><outline text="B" xmlUrl="v"/></outline><outline text="C" xmlUrl="w"/>`, []store.CollectionCreate{in(feed("A", "u"), "Tech/Go & C"), in(feed("B", "v"), "Tech"), feed("C", "w")}},
		"folders without names":    {`<outline><outline text="A" xmlUrl="u"/></outline>`, []store.CollectionCreate{feed("A", "u")}},
		"a feed is no folder":      {`<outline text="A" xmlUrl="u"><outline text="B" xmlUrl="v"/></outline>`, []store.CollectionCreate{feed("A", "u"), feed("B", "v")}},
		"categories as attributes": {`<outline text="A" xmlUrl="u" category="/Tech/Go,/News"/>`, []store.CollectionCreate{in(feed("A", "u"), "Tech/Go")}},
		"the folder counts":        {`<outline text="News"><outline text="A" xmlUrl="u" category="/Tech"/></outline>`, []store.CollectionCreate{in(feed("A", "u"), "News")}},
		"an empty folder":          {`<outline text="Tech"/>`, nil},
		"foreign attributes":       {`<outline text="A" xmlUrl="u" xmlns:x="urn:x" x:xmlUrl="no" x:type="reddit" language="en"/>`, []store.CollectionCreate{feed("A", "u")}},
		"a long name is cut":       {`<outline text="` + strings.Repeat("ä", 300) + `" xmlUrl="u"/>`, []store.CollectionCreate{feed(strings.Repeat("ä", 199)+"…", "u")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []store.CollectionCreate
			for _, e := range outlines(t, tc.body) {
				require.False(t, e.Own)
				require.Empty(t, e.Fault)
				got = append(got, e.Create)
			}
			require.Equal(t, tc.want, got)
		})
	}
}

func TestParseTellsWhatIsNoFeed(t *testing.T) {
	t.Parallel()
	entries := outlines(t, "\n\n"+`<outline text="A" type="rss"/>
<outline text="B" type="link" url="https://b.example/"/>
<outline text="C"
  type="include" url="https://c.example/c.opml"/>
<outline text="D" xmlns:cc="`+Namespace+`" cc:type="rss" cc:enabled="perhaps" xmlUrl="u"/>
<outline text="E" xmlns:cc="`+Namespace+`" cc:type="rss" cc:pollIntervalMinutes="often" xmlUrl="u"/>
<outline text="F" xmlns:cc="`+Namespace+`" cc:type="news" cc:config='{"query":"a","else":1}'/>`)
	faults := []string{}
	for _, e := range entries {
		faults = append(faults, fmt.Sprint(e.Line, " ", e.Create.Name, ": ", e.Fault))
	}
	require.Equal(t, []string{
		"3 A: It has no xmlUrl.",
		"4 B: It is a link to something else, not a feed.",
		"5 C: It is a link to something else, not a feed.",
		"7 D: Its attribute enabled is neither true nor false.",
		"8 E: Its attribute pollIntervalMinutes is no number.",
		"9 F: Its attribute config is not the config of a collection as JSON.",
	}, faults)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"nothing":           {"", "The document is no OPML: it has no element."},
		"text":              {"hello", "The document is no OPML: it has no element."},
		"a web page":        {"<!DOCTYPE html><html><body></body></html>", "The document is no OPML: it begins with <html>."},
		"a feed":            {`<rss version="2.0"><channel/></rss>`, "The document is no OPML: it begins with <rss>."},
		"what breaks off":   {"<opml><body>\n<outline text=\"a\" xmlUrl=\"u\"/>\n<outl", "The document is broken at line 3: unexpected EOF."},
		"what is not ended": {"<opml><body>\n<outline text=\"a\" xmlUrl=\"u\"/>\n", "The document is broken at line 3: unexpected EOF."},
		"too deep":          {"<opml>" + strings.Repeat("<outline text='a'>", 200), "The document has more than 100 elements inside each other at line 1."},
		"too many":          {"<opml>" + strings.Repeat("<outline xmlUrl='a'/>", MaxEntries+1), "The document has more than 20000 sources."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(tc.text)
			require.EqualError(t, err, tc.want)
			var broken *Error
			require.ErrorAs(t, err, &broken)
		})
	}
}

// Entities of a document's own are neither replaced, which could grow without bounds, nor looked up outside.
func TestParseReplacesNoEntities(t *testing.T) {
	t.Parallel()
	entries, err := Parse(`<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>
<opml><body><outline text="&b; &x; ü" xmlUrl="u"/></body></opml>`)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, "&b; &x; ü", entries[0].Create.Name)
}

// collections are one of every kind, with names that XML and readers trip over.
func collections() []store.Collection {
	all := []store.Collection{
		{Name: "No folder", Type: "rss", URL: new("https://a.example/feed?a=1&b=%22"), Domain: "d", Market: "de", Enabled: true, FetchArticles: "never", AdaptivePolling: true, PollIntervalMinutes: 60, MinPollIntervalMinutes: 15, MaxPollIntervalMinutes: 1440},
		{Name: `Q&amp;A <b>"x"</b> 'y'`, Type: "rss", URL: new("http://b.example/"), Category: new("News & more"), Domain: "d&d", Market: "at", Language: new("de"), PollIntervalMinutes: 5, MinPollIntervalMinutes: 5, MaxPollIntervalMinutes: 10080},
		{Name: "r/golang", Type: "reddit", Config: store.SourceConfig{Subreddit: "golang", Sort: "top", Window: "week", Limit: 25}, Category: new("Tech"), Domain: "d", Market: "de", Enabled: true, PollIntervalMinutes: 60, MinPollIntervalMinutes: 15, MaxPollIntervalMinutes: 1440},
		{Name: "Go", Type: "rss", URL: new("https://go.dev/blog/feed.atom"), Category: new("Tech/Go"), Domain: "d", Market: "de", Enabled: true, PollIntervalMinutes: 60, MinPollIntervalMinutes: 15, MaxPollIntervalMinutes: 1440},
		{Name: "Trends", Type: "trends", Config: store.SourceConfig{Region: "DE"}, Category: new("Tech/Trends/A"), Domain: "d", Market: "de", PollIntervalMinutes: 60, MinPollIntervalMinutes: 15, MaxPollIntervalMinutes: 1440},
		{Name: "Questions", Type: "autocomplete", Config: store.SourceConfig{Keywords: []string{`"a" & b`, "ü"}, Expansions: []string{"questions"}}, Category: new("Zoo"), Domain: "d", Market: "de", Language: new("de"), PollIntervalMinutes: 60, MinPollIntervalMinutes: 15, MaxPollIntervalMinutes: 1440},
	}
	for i := range all {
		all[i].FetchArticles = cmp.Or(all[i].FetchArticles, "auto")
	}
	return all
}

func written(t *testing.T, all []store.Collection) string {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, "A & B", time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
	for _, c := range all {
		require.NoError(t, w.Write(c))
	}
	require.NoError(t, w.Close())
	return b.String()
}

func TestWriteAndParseAgain(t *testing.T) {
	t.Parallel()
	all := collections()
	entries, err := Parse(written(t, all))
	require.NoError(t, err)
	require.Len(t, entries, len(all))
	for i, c := range all {
		e := entries[i]
		require.True(t, e.Own)
		require.Empty(t, e.Fault)
		require.Equal(t, store.CollectionCreate{
			Name: c.Name, Type: &c.Type, URL: c.URL, Config: c.Config, Category: c.Category, Domain: c.Domain, Market: c.Market,
			Language: c.Language, Enabled: &c.Enabled, FetchArticles: &c.FetchArticles, AdaptivePolling: &c.AdaptivePolling, PollIntervalMinutes: &c.PollIntervalMinutes,
			MinPollIntervalMinutes: &c.MinPollIntervalMinutes, MaxPollIntervalMinutes: &c.MaxPollIntervalMinutes,
		}, e.Create)
	}
}

func TestWriteForOtherReaders(t *testing.T) {
	t.Parallel()
	require.Equal(t, `<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0" xmlns:cc="urn:content-creator:opml">
  <head>
    <title>A &amp; B</title>
    <dateCreated>Mon, 23 Nov 2026 08:00:00 +0000</dateCreated>
  </head>
  <body>
    <outline text="Tech" title="Tech">
      <outline text="r/golang" title="r/golang" type="rss" xmlUrl="https://www.reddit.com/r/golang/top/.rss?t=week" cc:type="reddit" cc:config="{&#34;subreddit&#34;:&#34;golang&#34;,&#34;sort&#34;:&#34;top&#34;,&#34;window&#34;:&#34;week&#34;,&#34;limit&#34;:25}" cc:domain="d" cc:market="de" cc:enabled="true" cc:fetchArticles="auto" cc:adaptivePolling="false" cc:pollIntervalMinutes="60" cc:minPollIntervalMinutes="15" cc:maxPollIntervalMinutes="1440"/>
      <outline text="Go" title="Go">
        <outline text="Go" title="Go" type="rss" xmlUrl="https://go.dev/blog/feed.atom" cc:type="rss" cc:domain="d" cc:market="de" cc:enabled="true" cc:fetchArticles="auto" cc:adaptivePolling="false" cc:pollIntervalMinutes="60" cc:minPollIntervalMinutes="15" cc:maxPollIntervalMinutes="1440"/>
      </outline>
    </outline>
  </body>
</opml>
`, written(t, collections()[2:4]))
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("the client has gone") }

func TestWriteTellsThatItFailed(t *testing.T) {
	t.Parallel()
	w := NewWriter(brokenPipe{}, "t", time.Now())
	var err error
	for range 100 {
		if err = w.Write(collections()[1]); err != nil {
			break
		}
	}
	require.EqualError(t, err, "the client has gone")
	require.EqualError(t, w.Close(), "the client has gone")
}

// Whatever comes, Parse ends, keeps its bounds, and what it makes of its own writing is the same again.
func FuzzParse(f *testing.F) {
	f.Add(`<opml><body><outline text="A" xmlUrl="https://a.example/feed"/></body></opml>`)
	f.Add(`<opml xmlns:cc="` + Namespace + `"><outline text="T"><outline text="x" cc:type="reddit" cc:config='{"subreddit":"go"}' cc:enabled="1"/></outline></opml>`)
	f.Add(`<!DOCTYPE opml [<!ENTITY a "b">]><opml><outline text="&a;" url=x type=rss></opml>`)
	f.Add("<opml><a></b></opml></opml><c>")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := Parse(text)
		if err != nil {
			require.IsType(t, &Error{}, err)
			require.True(t, strings.HasSuffix(err.Error(), "."), err.Error())
			return
		}
		require.LessOrEqual(t, len(entries), MaxEntries)
		for _, e := range entries {
			require.Positive(t, e.Line)
			require.LessOrEqual(t, len([]rune(e.Create.Name)), max(maxName, len([]rune(text))))
			if e.Create.Category != nil {
				require.LessOrEqual(t, len([]rune(*e.Create.Category)), maxName)
			}
			if !e.Own && e.Fault == "" {
				require.NotEmpty(t, e.Create.Name)
				require.NotEmpty(t, *e.Create.URL)
			}
		}
	})
}
