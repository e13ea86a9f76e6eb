package annotate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/annotate"
)

// TestKeyTerms: nobody looks for a whole headline.
func TestKeyTerms(t *testing.T) {
	t.Parallel()
	for title, wanted := range map[string]string{
		"Continuous Lifecycle London: Programm online, Ticketverkauf gestartet": "Continuous Lifecycle London",
		"Wärmepumpen: Förderung wird ab Januar deutlich gekürzt":                "Wärmepumpen Förderung",
		"Heat pumps": "Heat pumps",
		"How many bicycles cross the Elz bridge on a day?": "Elz bridge",
		"What is it and why is it so?":                     "What is it and why is it so?",
	} {
		language := "en"
		if title[0] == 'C' || title[0] == 'W' && title[1] != 'h' {
			language = "de"
		}
		require.Equal(t, wanted, annotate.KeyTerms(title, "", language))
	}
}

// TestTagsAreNoWords: markup that a source left in its text makes no keyphrases, and code that is no markup stays.
func TestTagsAreNoWords(t *testing.T) {
	t.Parallel()
	keywords, _ := annotate.Annotate("Solar roofs", `<div class="teaser"><a href="https://a.example/solar">Solar roofs</a> are on <span>every</span> barn.</div><br/> <div class="teaser"><a href='/x'>More solar roofs</a></div>`, "en", nil)
	require.NotEmpty(t, keywords)
	for _, keyword := range keywords {
		for _, word := range []string{"div", "href", "class", "teaser", "span", "br"} {
			require.NotContains(t, keyword.Text, word)
		}
	}
	keywords, _ = annotate.Annotate("Vec<T> explained", "A Vec<T> holds values, and if a < b it grows. Every Vec<T> can grow.", "en", nil)
	require.Equal(t, "Vec", keywords[0].Text)
}
