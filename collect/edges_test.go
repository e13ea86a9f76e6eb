package collect

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCountPage: a page is divided by what a reader sees of it; what frames it counts for main headings alone.
func TestCountPage(t *testing.T) {
	t.Parallel()
	page := `<html><body><header><h1>Name</h1><h2>Menu</h2><ul><li>a</ul><img src="logo.png"></header>
		<h2>One</h2><h3>Half</h3><h3>Other half</h3><ol><li>b</ol><ul><li>c</ul><img src="a.jpg"><img src="pixel.gif" width="1" height="1">
		<noscript><h2>Hidden</h2></noscript><script>"<h2>"</script><footer><h3>Foot</h3></footer></body></html>`
	require.Equal(t, PageCounts{H1: 1, H2: 1, H3: 2, Lists: 2, Images: 1}, countPage([]byte(page), "text/html; charset=utf-8"))
	deep := strings.Repeat("<div>", 300_000) + "<h2>Deep</h2>"
	require.Equal(t, PageCounts{}, countPage([]byte(deep), "text/html; charset=utf-8"), "a page of more than anybody reads is not counted")
}

// TestWordsOfTwoScripts: where one script without spaces meets another, a word ends.
func TestWordsOfTwoScripts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"日本": countWords("日本"), "日本ภาษาไทย": countWords("日本") + countWords("ภาษาไทย"), "ภาษาไทย日本": countWords("ภาษาไทย") + countWords("日本")} {
		require.Equal(t, want, countWords(text), text)
		require.Positive(t, want)
	}
}

// TestSubredditOf: only the address of a subreddit has one.
func TestSubredditOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"https://www.reddit.com/r/golang/top": "golang", "https://www.reddit.com/user/somebody": "", "https://www.reddit.com/": ""} {
		at, err := url.Parse(address)
		require.NoError(t, err)
		require.Equal(t, want, subredditOf(at), address)
	}
}
