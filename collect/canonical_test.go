package collect

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://example.org":                                                   "https://example.org/",
		"  https://Example.ORG/Path/To/A  ":                                     "https://example.org/Path/To/A",
		"HTTPS://EXAMPLE.ORG:443/a":                                             "https://example.org/a",
		"http://example.org:80/a":                                               "https://example.org/a",
		"http://example.org/a":                                                  "https://example.org/a",
		"http://example.org:8080/a":                                             "http://example.org:8080/a",
		"https://example.org:08443/a":                                           "https://example.org:8443/a",
		"https://example.org:/a":                                                "https://example.org/a",
		"https://example.org./a":                                                "https://example.org/a",
		"https://www.example.org/a/":                                            "https://www.example.org/a/",
		"https://user:secret@example.org/a":                                     "https://example.org/a",
		"https://example.org/a#comments":                                        "https://example.org/a",
		"https://example.org/#!/route/A":                                        "https://example.org/#!/route/A",
		"https://example.org/a//b":                                              "https://example.org/a//b",
		"https://example.org/a/./b/../c":                                        "https://example.org/a/c",
		"https://example.org/a/%2e%2E/c":                                        "https://example.org/c",
		"https://example.org/../../a/..":                                        "https://example.org/",
		"https://example.org/a/.":                                               "https://example.org/a/",
		"https://example.org/%7euser/%c3%a4?q=%c3%a4&p=%41":                     "https://example.org/~user/%C3%A4?p=A&q=%C3%A4",
		"https://example.org/ä b":                                               "https://example.org/%C3%A4%20b",
		"https://example.org/a b%2Fc":                                           "https://example.org/a%20b%2Fc",
		"https://example.org/100%":                                              "https://example.org/100%25",
		"https://example.org/100%/%zz%4":                                        "https://example.org/100%25/%25zz%254",
		"https://example.org/a\n\t/b":                                           "https://example.org/a/b",
		"https://bücher.example/a":                                              "https://xn--bcher-kva.example/a",
		"https://XN--BCHER-KVA.example/a":                                       "https://xn--bcher-kva.example/a",
		"https://my_blog.example.org/a":                                         "https://my_blog.example.org/a",
		"https://[2001:DB8::0:1]:443/a":                                         "https://[2001:db8::1]/a",
		"https://192.0.2.1/a":                                                   "https://192.0.2.1/a",
		"https://example.org/a?":                                                "https://example.org/a",
		"https://example.org/a?y=2&x=1":                                         "https://example.org/a?x=1&y=2",
		"https://example.org/a?x=2&x=1&&":                                       "https://example.org/a?x=2&x=1",
		"https://example.org/a?x":                                               "https://example.org/a?x",
		"https://example.org/a?x=":                                              "https://example.org/a?x=",
		"https://example.org/watch?v=dQw4w9WgXcQ&utm_source=rss&UTM_Medium=x":   "https://example.org/watch?v=dQw4w9WgXcQ",
		"https://example.org/a?%75tm_source=rss&fbclid=1&gclid=2&mc_cid=3&_ga=": "https://example.org/a",
		"https://example.org/a?id=1&amp;utm_source=rss":                         "https://example.org/a?id=1",
		"https://example.org/a?wt_mc=rss.dev&WT.mc_id=1&at_medium=x&mkt_tok=y":  "https://example.org/a",
		"https://example.org/a?ref=rss":                                         "https://example.org/a",
		"https://example.org/a?ref=main&source=de":                              "https://example.org/a?ref=main&source=de",
		"https://example.org/a?source=rss----d12c403d4976--food":                "https://example.org/a",
		"https://example.org/a?source=rssreader&from=feed.main&via=atom":        "https://example.org/a?source=rssreader",
		"https://example.org/a?reference=rss&utmost=1&at=2":                     "https://example.org/a?at=2&reference=rss&utmost=1",
		"https://example.org/a?q=a+b%20c":                                       "https://example.org/a?q=a+b%20c",
		"https://example.org/a?u=http%3a%2f%2fb%3Fc":                            "https://example.org/a?u=http%3A%2F%2Fb%3Fc",
		"https://example.org/a?x[]=1":                                           "https://example.org/a?x%5B%5D=1",
		"https://example.org/a;v=1,2!$&'()*":                                    "https://example.org/a;v=1,2!$&'()*",
	} {
		got, err := Canonical(raw)
		require.NoError(t, err, raw)
		assert.Equal(t, want, got, raw)
		again, err := Canonical(got)
		require.NoError(t, err, got)
		assert.Equal(t, got, again)
	}
}

func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "/a", "a", "//example.org/a", "ftp://example.org/a", "javascript:alert(1)", "mailto:a@example.org", "tag:example.org,2026:1", "urn:uuid:1",
		"http:", "http://", "http:///a", "http:example.org", "https://exa mple.org/", "https://exa<mple.org/", "https://a..b/", "https://.a/", "https://[::1/",
		"https://example.org:99999/", "https://example.org:0/", "https://example.org:x/", "https://%41.org/", "https://xn--a-ä.org/", "https://a%00b/",
		"https://" + strings.Repeat("a.", 130) + "org/", "https://example.org/" + strings.Repeat("a", maxURL), "https://example.org/" + strings.Repeat("ä", 3000),
		"https://user:p%zz@example.org/",
	} {
		got, err := Canonical(raw)
		assert.Error(t, err, "%.60s -> %.60s", raw, got)
		if err != nil {
			assert.NotContains(t, err.Error(), "example.org", "an error must not repeat the address")
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{
		"https://example.org/a?b=c#d", "http://user:pw@EXAMPLE.org:80/%7e/../%zz?utm_source=a&amp;b", "https://bücher.example/ä?ö#!ü", "https://[::1%25lo]:1/",
		"https://a/%", "https://a/.././//..", "https://a?%", "HTTP://A.:080", "https://１２７.0.0.1/", "https://a/#!#%23", "http:\\\\a\\b", "https://a/?&&=&=1&a", "//a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		once, err := Canonical(raw)
		if err != nil {
			return
		}
		twice, err := Canonical(once)
		require.NoError(t, err, "%q -> %q", raw, once)
		require.Equal(t, once, twice, "%q", raw)
		u, err := url.Parse(once)
		require.NoError(t, err)
		require.Contains(t, []string{"http", "https"}, u.Scheme)
		require.NotEmpty(t, u.Host)
		require.Nil(t, u.User)
		require.LessOrEqual(t, len(once), maxURL)
	})
}
