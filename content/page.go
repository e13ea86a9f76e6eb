package content

import (
	"bytes"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/markdown"
	"github.com/content-creator/content-creator-api/store"
)

// PageOf is what a text is scored by. keyword is the phrase that it is to be found by, "" none.
func PageOf(title, body, language, keyword string, counts Counts, publishedAt *time.Time) Page {
	base, _, _ := strings.Cut(language, "-")
	p := Page{Language: base, Counts: counts, Keyword: keyword, PublishedAt: publishedAt}
	for _, s := range annotate.Sentences(annotate.Normal(body), language) {
		p.Sentences = append(p.Sentences, annotate.Words(s.Text, language))
	}
	stems := annotate.Stems(keyword, language)
	p.KeywordCount, p.KeywordWords = annotate.Occurrences(annotate.Stems(body, language), stems), len(stems)
	_, entities := annotate.Annotate(title, body, language, publishedAt)
	for _, e := range entities {
		p.Entities += e.Count
	}
	return p
}

// ScoreDraft is how well a draft is made for its keyword: without the list of its sources and the marks that name them.
func ScoreDraft(d store.Draft, now time.Time) store.Score {
	written := written(d)
	keyword := ""
	if d.Keyword != nil {
		keyword = *d.Keyword
	}
	page := PageOf(d.Title, readable(written), d.Language, keyword, countMarkdown(written), nil)
	page.Target = d.TargetWords
	return Score(page, now)
}

// Edited is a draft whose text a person has changed, with what follows from it: what no longer stands there rests on nothing any
// more, and its words are counted and scored anew.
func Edited(d store.Draft, now time.Time) store.Draft {
	d.Sentences = slices.DeleteFunc(slices.Clone(d.Sentences), func(s store.DraftSentence) bool {
		return !strings.Contains(d.BodyMarkdown, markdown.Text(s.Text)) && !strings.Contains(d.BodyMarkdown, s.Text)
	})
	d.WordCount, d.ContentScore = wordCount(d), new(ScoreDraft(d, now))
	return d
}

// wordCount is how many words a draft has, counted as its score counts them.
func wordCount(d store.Draft) int { return len(annotate.Words(readable(written(d)), d.Language)) }

// written is what a draft says: its Markdown without the label, what is still to research, and the list of its sources.
func written(d store.Draft) string {
	words := labelsOf(d.Language)
	text, _, _ := strings.Cut(d.BodyMarkdown, "\n## "+words.sources+"\n")
	text, _, _ = strings.Cut(text, "\n## "+words.open+"\n")
	return strings.Replace(text, "\n*"+words.extractive+"*\n", "\n", 1)
}

var sourceMark = regexp.MustCompile(`\[\d+\]`)

// readable is the text of Markdown, a block on each line.
func readable(source string) string {
	var page bytes.Buffer
	_ = goldmark.Convert([]byte(source), &page) // to memory
	return sourceMark.ReplaceAllString(html.UnescapeString(bluemonday.StrictPolicy().Sanitize(page.String())), "")
}

func countMarkdown(markdown string) (c Counts) {
	_ = ast.Walk(goldmark.DefaultParser().Parse(text.NewReader([]byte(markdown))), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			switch n.Level {
			case 1:
				c.H1++
			case 2:
				c.H2++
			case 3:
				c.H3++
			}
		case *ast.List:
			c.Lists++
		case *ast.Image:
			c.Images++
		}
		return ast.WalkContinue, nil
	}) // nothing in it fails
	return c
}
