package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCombined holds our extraction against those it stands on, on every group of the labelled pages.
func TestCombined(t *testing.T) {
	t.Parallel()
	pages, leftOut, err := readPages("../testdata/articles")
	require.NoError(t, err)
	require.Empty(t, leftOut)
	require.GreaterOrEqual(t, len(pages), 40)
	f1 := map[string]float64{}
	facts := factScores{}
	for _, e := range allExtractors() {
		var s score
		for _, p := range pages {
			article := e.extract(p)
			s.add(p.expected, article.Text)
			if e.facts {
				facts.add(p, article)
			}
		}
		_, _, f1[e.name] = s.means()
	}
	require.GreaterOrEqual(t, f1["combined"], f1["readability"])
	require.GreaterOrEqual(t, f1["combined"], f1["trafilatura"])
	require.Greater(t, f1["combined"], 0.94)
	for _, name := range []string{"author", "language", "paywall", "published"} {
		require.Equal(t, facts[name][1], facts[name][0], name)
	}
	require.GreaterOrEqual(t, facts["title"][0], facts["title"][1]-1)
}

func TestShingles(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		expected, found   string
		precision, recall []float64
		f1                float64
	}{
		"the same":         {"a b c d e", "A", []float64{0}, []float64{0}, 0},
		"equal":            {"a b c d e", "a, b. c\nd e!", []float64{1}, []float64{1}, 1},
		"half":             {"a b c d e", "a b c d", []float64{1}, []float64{0.5}, 2. / 3},
		"too much":         {"a b c d", "a b c d e", []float64{0.5}, []float64{1}, 2. / 3},
		"twice":            {"a b c d", "a b c d a b c d", []float64{0.2}, []float64{1}, 1. / 3},
		"short":            {"a b", "a b", []float64{1}, []float64{1}, 1},
		"nothing found":    {"a b c d", "", nil, []float64{0}, 0},
		"nothing expected": {"", "a b c d", []float64{0}, nil, 0},
		"nothing":          {"", "", nil, nil, 1},
		"other scripts":    {"Häuser über 42 Straßen", "Häuser über 42 Straßen", []float64{1}, []float64{1}, 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s score
			require.InDelta(t, tc.f1, s.add(tc.expected, tc.found), 1e-9)
			require.Equal(t, tc.precision, s.precision)
			require.Equal(t, tc.recall, s.recall)
		})
	}
	var none score
	precision, recall, f1 := none.means()
	require.Zero(t, precision+recall+f1)
}

func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	sentence := "The pier was turned by twelve degrees, which cost a year and two million pounds, and nobody has complained about it since. "
	page := "<html><head><title>T</title></head><body><article>" + strings.Repeat("<p>"+strings.Repeat(sentence, 3)+"</p>", 3) + "</article></body></html>"
	write("a.html", page)
	write("a.txt", strings.Repeat(sentence, 9))
	write("a.json", `{"title":"T","published":"2026-01-01","paywall":true}`)
	write("empty.html", "")
	write("empty.txt", "Nothing of this is found here.")
	write("alone.html", "x")
	write("b/source.html", page)
	write("b/expected.html", "<div><p>"+strings.Repeat(sentence, 9)+"</p><script>x</script></div>")
	var out strings.Builder
	require.NoError(t, run([]string{"-v", dir}, &out))
	require.Contains(t, out.String(), "left out, for there is no expected text: "+filepath.Join(dir, "alone.html"))
	require.Regexp(t, `(?m)^a +1\.000 +1\.000 +1\.000$`, out.String())
	require.Regexp(t, `(?m)^b +1\.000 +1\.000 +1\.000$`, out.String())
	require.Regexp(t, `(?m)^empty +0\.000 +0\.000 +0\.000$`, out.String())
	require.Regexp(t, `(?m)^combined +1\.0000 +0\.6667 +0\.8000 `, out.String())
	require.Contains(t, out.String(), "(3 pages)")
	require.Contains(t, out.String(), "published    0 of 1 right")
	require.Contains(t, out.String(), "paywall      0 of 1 right")
	require.Contains(t, out.String(), "title        1 of 1 right")

	for name, arguments := range map[string][]string{
		"no folder":    {},
		"empty folder": {t.TempDir()},
		"bad flag":     {"-x", dir},
	} {
		require.Error(t, run(arguments, &out), name)
	}
	write("a.json", "{")
	require.ErrorContains(t, run([]string{dir}, &out), "a.json")
}
