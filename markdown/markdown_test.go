package markdown_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"

	"github.com/content-creator/content-creator-api/markdown"
)

// rendered is what a reader's program makes of a line.
func rendered(t *testing.T, line string) string {
	t.Helper()
	var page bytes.Buffer
	require.NoError(t, goldmark.Convert([]byte(line), &page))
	return page.String()
}

func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"# no heading":                "<p># no heading</p>\n",
		"*a* _b_ `c` ~d~":             "<p>*a* _b_ `c` ~d~</p>\n",
		"[a](http://x) <b>\n\nlines ": "<p>[a](http://x) &lt;b&gt; lines</p>\n",
		`back\slash`:                  "<p>back\\slash</p>\n",
	} {
		require.Equal(t, want, rendered(t, markdown.Text(text)))
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	require.Equal(t, "<p><a href=\"https://example.org/a%20b%3E\">A [b]</a></p>\n", rendered(t, markdown.Link("A [b]", "https://example.org/a b\n>")))
}

func TestStatedBy(t *testing.T) {
	t.Parallel()
	require.Empty(t, markdown.StatedBy(nil, "disputed"))
	require.Equal(t, `a\_b.example, c.example (*disputed*): `, markdown.StatedBy([]string{"a_b.example", "c.example"}, "disputed"))
}
