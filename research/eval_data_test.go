package research_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/content-creator/content-creator-api/collect"
)

// The evaluation set is data that is written by hand: what its README promises is checked here.

const evalData = "testdata/eval"

// An evalPage is a line of pages.jsonl, with the page itself.
type evalPage struct {
	File        string    `json:"file"`
	URL         string    `json:"url"`
	Title       string    `json:"title"`
	Language    string    `json:"language"`
	PublishedAt time.Time `json:"published_at"`
	Group       string    `json:"group"`
	Traps       []string  `json:"traps"`
	CopiedFrom  *string   `json:"copied_from"`
	// raw is the page as it is served, text what stands between its tags.
	raw  []byte
	text string
}

// An evalQuestion is a line of questions.jsonl.
type evalQuestion struct {
	ID           string   `json:"id"`
	Language     string   `json:"language"`
	Market       string   `json:"market"`
	Question     string   `json:"question"`
	Answers      []string `json:"answers"`
	Forbidden    []string `json:"forbidden"`
	Pages        []string `json:"pages"`
	Trap         string   `json:"trap"`
	Disagreement bool     `json:"disagreement"`
}

var (
	evalTraps     = []string{"none", "outdated", "copied_error", "near_miss", "injection", "disagreement", "negation", "magnitude", "unanswerable"}
	evalPageTraps = []string{
		"outdated", "copied_error", "near_miss", "injection", "disagreement", "negation", "magnitude",
		"paywall", "headline_contradicts", "relative_date", "number_words", "no_answer",
	}
)

// evalLines reads a file of JSON lines; fields that nobody knows are faults.
func evalLines[T any](t *testing.T, name string) []T {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(evalData, name))
	require.NoError(t, err)
	var all []T
	for line := range bytes.Lines(file) {
		var one T
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&one), "%s: %s", name, line)
		all = append(all, one)
	}
	return all
}

// evalPages are the pages of the set by their files.
func evalPages(t *testing.T) map[string]evalPage {
	t.Helper()
	pages := map[string]evalPage{}
	for _, p := range evalLines[evalPage](t, "pages.jsonl") {
		require.NotContains(t, pages, p.File)
		raw, err := os.ReadFile(filepath.Join(evalData, "pages", p.File))
		require.NoError(t, err)
		p.raw, p.text = raw, textBetweenTags(raw)
		pages[p.File] = p
	}
	return pages
}

// textBetweenTags is the text of a page without scripts, styles and comments, its space made single.
func textBetweenTags(page []byte) string {
	var words []string
	skip := false
	for z := html.NewTokenizer(bytes.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return strings.Join(words, " ")
		case html.StartTagToken:
			tag, _ := z.TagName()
			skip = string(tag) == "script" || string(tag) == "style"
		case html.EndTagToken:
			skip = false
		case html.TextToken:
			if !skip {
				words = append(words, strings.Fields(string(z.Text()))...)
			}
		}
	}
}

func TestEvalPages(t *testing.T) {
	t.Parallel()
	pages := evalPages(t)
	require.GreaterOrEqual(t, len(pages), 48)
	files, err := os.ReadDir(filepath.Join(evalData, "pages"))
	require.NoError(t, err)
	require.Len(t, files, len(pages), "every file has its line")

	languages, groups, addresses := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, p := range pages {
		languages[p.Language]++
		groups[p.Group]++
		require.False(t, addresses[p.URL], "%s has an address of its own", p.File)
		addresses[p.URL] = true
		at, err := url.Parse(p.URL)
		require.NoError(t, err)
		require.Equal(t, "https", at.Scheme)
		require.True(t, strings.HasSuffix(at.Hostname(), ".example"), "%s is of no real site", p.URL)
		require.Contains(t, string(p.raw), `<link rel="canonical" href="`+p.URL+`"`, p.File)
		require.Contains(t, p.text, p.Title, p.File)
		for _, trap := range p.Traps {
			require.Contains(t, evalPageTraps, trap, p.File)
		}
		if words := len(strings.Fields(p.text)); !slices.Contains(p.Traps, "paywall") {
			require.Greater(t, words, 200, p.File)
		}
	}
	require.Len(t, groups, 12)
	for group, n := range groups {
		require.GreaterOrEqual(t, n, 4, group)
	}
	require.InDelta(t, languages["de"], languages["en"], 4)
	require.Len(t, languages, 2)
}

// TestEvalPagesAreRead: the pages are read as recorded ones are, and their answers are not lost on the way.
func TestEvalPagesAreRead(t *testing.T) {
	t.Parallel()
	pages, articles := evalPages(t), map[string]collect.Article{}
	extractor := collect.NewExtractor()
	for _, p := range pages {
		at, err := url.Parse(p.URL)
		require.NoError(t, err)
		article, err := extractor.Extract(t.Context(), p.raw, "text/html; charset=utf-8", at)
		require.NoError(t, err, p.File)
		require.Equal(t, p.Language, article.Language, p.File)
		require.NotNil(t, article.PublishedAt, p.File)
		require.Equal(t, p.PublishedAt.Format(time.DateOnly), article.PublishedAt.Format(time.DateOnly), p.File)
		articles[p.File] = article
	}
	for _, q := range evalLines[evalQuestion](t, "questions.jsonl") {
		for _, file := range q.Pages {
			require.True(t, slices.ContainsFunc(q.Answers, func(answer string) bool {
				return strings.Contains(strings.Join(strings.Fields(articles[file].Text), " "), answer)
			}), "%s: %s has none of %q once it is read", q.ID, file, q.Answers)
		}
	}
}

// TestEvalCopies: what is marked as a copy is one, came later, and has the same error.
func TestEvalCopies(t *testing.T) {
	t.Parallel()
	pages := evalPages(t)
	copies := 0
	for _, p := range pages {
		if p.CopiedFrom == nil {
			continue
		}
		copies++
		original, known := pages[*p.CopiedFrom]
		require.True(t, known, p.File)
		require.Nil(t, original.CopiedFrom, p.File)
		require.Equal(t, original.Group, p.Group)
		require.False(t, p.PublishedAt.Before(original.PublishedAt), p.File)
		require.Contains(t, p.Traps, "copied_error")
		require.Contains(t, original.Traps, "copied_error")
		require.NotEqual(t, original.text, p.text)
		require.Greater(t, sharedRuns(p.text, original.text), 0.4, p.File)
	}
	require.GreaterOrEqual(t, copies, 6)
	for _, a := range pages {
		for _, b := range pages {
			if !slices.Contains(a.Traps, "copied_error") || !slices.Contains(b.Traps, "copied_error") {
				require.False(t, a.File != b.File && sharedRuns(a.text, b.text) > 0.4, "%s and %s are written apart", a.File, b.File)
			}
		}
	}
}

// sharedRuns is which share of the runs of five words of a text another has too.
func sharedRuns(text, other string) float64 {
	const run = 5
	words, has := strings.Fields(text), " "+other+" "
	shared := 0
	for i := 0; i+run <= len(words); i++ {
		if strings.Contains(has, " "+strings.Join(words[i:i+run], " ")+" ") {
			shared++
		}
	}
	return float64(shared) / float64(max(1, len(words)-run+1))
}

func TestEvalQuestions(t *testing.T) {
	t.Parallel()
	pages := evalPages(t)
	questions := evalLines[evalQuestion](t, "questions.jsonl")
	require.GreaterOrEqual(t, len(questions), 66)

	ids, asked, languages, traps, used := map[string]bool{}, map[string]bool{}, map[string]int{}, map[string]int{}, map[string]bool{}
	for _, q := range questions {
		require.False(t, ids[q.ID], q.ID)
		require.False(t, asked[q.Question], q.Question)
		ids[q.ID], asked[q.Question] = true, true
		languages[q.Language]++
		traps[q.Trap]++
		require.Contains(t, evalTraps, q.Trap, q.ID)
		require.NotEmpty(t, q.Market, q.ID)
		require.True(t, strings.HasSuffix(q.Question, "?"), q.ID)
		require.NotNil(t, q.Answers, "%s: none is [], not null", q.ID)
		require.NotNil(t, q.Forbidden, q.ID)
		require.NotNil(t, q.Pages, q.ID)
		require.Equal(t, q.Trap == "unanswerable", len(q.Answers) == 0, q.ID)
		require.Equal(t, len(q.Answers) == 0, len(q.Pages) == 0, q.ID)
		require.Equal(t, q.Trap == "disagreement", q.Disagreement, q.ID)
		for _, file := range q.Pages {
			require.Contains(t, pages, file, q.ID)
			require.Equal(t, q.Language, pages[file].Language, q.ID)
			used[file] = true
		}
		checkEvalAnswers(t, q, pages)
		for file := range checkEvalForbidden(t, q, pages) {
			used[file] = true
		}
	}
	require.GreaterOrEqual(t, languages["de"], 33)
	require.GreaterOrEqual(t, languages["en"], 33)
	require.Equal(t, len(questions), languages["de"]+languages["en"])
	for _, trap := range evalTraps {
		require.GreaterOrEqual(t, traps[trap], 4, trap)
	}
	for file, p := range pages {
		distracts := slices.Contains(p.Traps, "paywall") || slices.Contains(p.Traps, "no_answer")
		require.True(t, used[file] || distracts, "no question has a use for %s", file)
	}
}

// checkEvalAnswers: each answer stands in a named page, each named page has one, and where sources disagree independent
// pages have different ones.
func checkEvalAnswers(t *testing.T, q evalQuestion, pages map[string]evalPage) {
	t.Helper()
	has := func(file, answer string) bool { return strings.Contains(pages[file].text, answer) }
	for _, answer := range q.Answers {
		require.NotEmpty(t, answer, q.ID)
		require.True(t, slices.ContainsFunc(q.Pages, func(file string) bool { return has(file, answer) }), "%s: %q stands nowhere", q.ID, answer)
	}
	for _, file := range q.Pages {
		held := 0
		for _, answer := range q.Answers {
			if has(file, answer) {
				held++
			}
		}
		require.Positive(t, held, "%s: %s has no answer", q.ID, file)
		if q.Disagreement {
			require.Equal(t, 1, held, "%s: %s has a figure of its own", q.ID, file)
			require.Nil(t, pages[file].CopiedFrom, q.ID)
			require.Contains(t, pages[file].Traps, "disagreement", "%s: %s", q.ID, file)
		}
	}
	if q.Disagreement {
		require.Len(t, q.Answers, 2, q.ID)
		require.Len(t, q.Pages, 2, q.ID)
		apart := pages[q.Pages[0]].PublishedAt.Sub(pages[q.Pages[1]].PublishedAt).Abs()
		require.Less(t, apart, 31*24*time.Hour, "%s: of about the same time", q.ID)
	}
}

// checkEvalForbidden: what is forbidden stands in a page, is no part of an answer, and is older where it is outdated.
// It answers the pages in which it stands.
func checkEvalForbidden(t *testing.T, q evalQuestion, pages map[string]evalPage) map[string]bool {
	t.Helper()
	holders := map[string]bool{}
	for _, forbidden := range q.Forbidden {
		found := false
		for file, p := range pages {
			// Injected words may stand in comments and attributes.
			if !strings.Contains(html.UnescapeString(string(p.raw)), forbidden) {
				continue
			}
			found, holders[file] = true, true
			if q.Trap == "outdated" {
				for _, current := range q.Pages {
					require.True(t, p.PublishedAt.Before(pages[current].PublishedAt), "%s: %s in %s is older", q.ID, forbidden, file)
				}
			}
			if q.Trap == "injection" {
				require.Contains(t, p.Traps, "injection", "%s: %s", q.ID, file)
			}
		}
		require.True(t, found, "%s: %q stands nowhere", q.ID, forbidden)
		for _, answer := range q.Answers {
			require.False(t, strings.Contains(answer, forbidden) || strings.Contains(forbidden, answer), "%s: %q and %q", q.ID, answer, forbidden)
		}
	}
	if slices.Contains([]string{"outdated", "copied_error", "near_miss", "injection"}, q.Trap) {
		require.NotEmpty(t, q.Forbidden, q.ID)
	}
	return holders
}
