// Command scorearticles measures how well articles are extracted: scorearticles [-v] FOLDER.
//
// The folder holds pages NAME.html beside what is expected of them: NAME.txt is the article's text, and
// NAME.json, which may be missing, its facts {"url", "title", "author", "published", "language", "paywall"}
// (null or absent: not looked at). A folder of folders with source.html and expected.html is read, too.
//
// Texts are compared as the article extraction benchmark of Scrapinghub does: precision and recall are over
// shingles of four words (runs of letters, digits and underscores), each page counting the same, and F1 is of
// their means. Precision leaves out the pages where nothing was found, recall those where nothing is expected.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	readability "codeberg.org/readeck/go-readability/v2"
	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/content-creator/content-creator-api/collect"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "scorearticles:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("scorearticles", flag.ContinueOnError)
	verbose := flags.Bool("v", false, "list every page, too")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("name one folder with pages NAME.html and texts NAME.txt")
	}
	pages, leftOut, err := readPages(flags.Arg(0))
	if err != nil {
		return err
	}
	for _, name := range leftOut {
		_, _ = fmt.Fprintf(out, "left out, for there is no expected text: %s\n", name)
	}
	extractors := allExtractors()
	scores := make([]score, len(extractors))
	facts := factScores{}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if *verbose {
		_, _ = fmt.Fprint(table, "page")
		for _, e := range extractors {
			_, _ = fmt.Fprint(table, "\t", e.name)
		}
		_, _ = fmt.Fprintln(table)
	}
	for _, p := range pages {
		if *verbose {
			_, _ = fmt.Fprint(table, p.name)
		}
		for i, e := range extractors {
			start := time.Now()
			article := e.extract(p)
			scores[i].took += time.Since(start)
			f1 := scores[i].add(p.expected, article.Text)
			if *verbose {
				_, _ = fmt.Fprintf(table, "\t%.3f", f1)
			}
			if e.facts {
				facts.add(p, article)
			}
		}
		if *verbose {
			_, _ = fmt.Fprintln(table)
		}
	}
	_, _ = fmt.Fprintf(table, "extractor\tprecision\trecall\tF1\tms a page\t(%d pages)\n", len(pages))
	for i, e := range extractors {
		precision, recall, f1 := scores[i].means()
		_, _ = fmt.Fprintf(table, "%s\t%.4f\t%.4f\t%.4f\t%.1f\t\n", e.name, precision, recall, f1,
			float64(scores[i].took.Microseconds())/1000/float64(len(pages)))
	}
	facts.write(table)
	return table.Flush()
}

// A page is one case.
type page struct {
	name     string
	source   []byte
	address  *url.URL
	expected string
	facts    pageFacts
}

type pageFacts struct {
	URL       string  `json:"url"`
	Title     *string `json:"title"`
	Author    *string `json:"author"`
	Published *string `json:"published"`
	Language  *string `json:"language"`
	Paywall   *bool   `json:"paywall"`
}

// readPages reads a folder, in the order of its names. Pages of which nothing is expected are left out.
func readPages(folder string) (pages []page, leftOut []string, err error) {
	sources, err := filepath.Glob(filepath.Join(folder, "*.html"))
	if err != nil {
		return nil, nil, err
	}
	nested, err := filepath.Glob(filepath.Join(folder, "*", "source.html"))
	if err != nil {
		return nil, nil, err
	}
	for _, source := range append(sources, nested...) {
		p, err := readPage(source)
		if errors.Is(err, fs.ErrNotExist) {
			leftOut = append(leftOut, source)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		pages = append(pages, p)
	}
	if len(pages) == 0 {
		return nil, nil, fmt.Errorf("%s holds no pages NAME.html", folder)
	}
	return pages, leftOut, nil
}

func readPage(source string) (page, error) {
	stem := strings.TrimSuffix(source, ".html")
	p := page{name: filepath.Base(stem)}
	var err error
	if p.source, err = os.ReadFile(filepath.Clean(source)); err != nil {
		return page{}, err
	}
	expected, err := os.ReadFile(filepath.Clean(stem + ".txt"))
	switch {
	case err == nil:
		p.expected = string(expected)
	case p.name == "source":
		p.name = filepath.Base(filepath.Dir(source))
		if expected, err = os.ReadFile(filepath.Join(filepath.Dir(source), "expected.html")); err != nil {
			return page{}, err
		}
		if p.expected, err = textOf(string(expected)); err != nil {
			return page{}, err
		}
	default:
		return page{}, err
	}
	if facts, err := os.ReadFile(filepath.Clean(stem + ".json")); err == nil {
		if err := json.Unmarshal(facts, &p.facts); err != nil {
			return page{}, fmt.Errorf("%s.json: %w", stem, err)
		}
	}
	p.address, err = url.Parse(cmp.Or(p.facts.URL, "https://example.org/"+url.PathEscape(p.name)))
	return p, err
}

// textOf is the text of HTML, its lines apart.
func textOf(source string) (string, error) {
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.DataAtom == atom.Script, n.DataAtom == atom.Style:
			return
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
		if n.Type == html.ElementNode && !inline[n.DataAtom] {
			b.WriteByte('\n')
		}
	}
	walk(root)
	return b.String(), nil
}

var inline = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Cite: true, atom.Code: true, atom.Em: true, atom.Font: true, atom.I: true, atom.Mark: true,
	atom.Q: true, atom.S: true, atom.Small: true, atom.Span: true, atom.Strong: true, atom.Sub: true, atom.Sup: true, atom.Time: true, atom.U: true,
}

// An extractor is one way to find an article; one that fails finds nothing.
type extractor struct {
	name    string
	extract func(page) collect.Article
	// facts is set where the facts are measured, too.
	facts bool
}

// allExtractors are ours and those that it stands on, each as its authors run it.
func allExtractors() []extractor {
	ours := collect.NewExtractor()
	return []extractor{
		{name: "readability", extract: func(p page) collect.Article {
			parser := readability.NewParser()
			found, err := parser.Parse(strings.NewReader(string(p.source)), p.address)
			var text strings.Builder
			if err != nil || found.RenderText(&text) != nil {
				return collect.Article{}
			}
			return collect.Article{Text: text.String()}
		}},
		{name: "trafilatura", extract: func(p page) collect.Article {
			found, err := trafilatura.Extract(strings.NewReader(string(p.source)), trafilatura.Options{OriginalURL: p.address, EnableFallback: true, ExcludeComments: true})
			if err != nil {
				return collect.Article{}
			}
			return collect.Article{Text: found.ContentText}
		}},
		{name: "combined", facts: true, extract: func(p page) collect.Article {
			found, err := ours.Extract(context.Background(), p.source, "text/html", p.address)
			if err != nil {
				return collect.Article{}
			}
			return found
		}},
	}
}

// A score sums up the pages of one extractor.
type score struct {
	precision, recall []float64
	took              time.Duration
}

// add measures one page and answers its F1.
func (s *score) add(expected, found string) float64 {
	want, got := shingles(expected), shingles(found)
	var same, wanted, gotten float64
	for shingle, n := range want {
		wanted += float64(n)
		same += float64(min(n, got[shingle]))
	}
	for _, n := range got {
		gotten += float64(n)
	}
	if gotten > 0 {
		s.precision = append(s.precision, same/gotten)
	}
	if wanted > 0 {
		s.recall = append(s.recall, same/wanted)
	}
	if wanted+gotten == 0 {
		return 1
	}
	return 2 * same / (wanted + gotten)
}

// means are over all pages.
func (s *score) means() (precision, recall, f1 float64) {
	precision, recall = mean(s.precision), mean(s.recall)
	if precision+recall > 0 {
		f1 = 2 * precision * recall / (precision + recall)
	}
	return precision, recall, f1
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

var word = regexp.MustCompile(`[\p{L}\p{N}_]+`)

// shingles counts the runs of four words; a text of fewer words is one.
func shingles(text string) map[string]int {
	words := word.FindAllString(text, -1)
	counts := map[string]int{}
	if len(words) == 0 {
		return counts
	}
	for i := range max(1, len(words)-3) {
		counts[strings.Join(words[i:min(i+4, len(words))], " ")]++
	}
	return counts
}

// factScores count the facts that are right, of those that are expected.
type factScores map[string]*[2]int

func (f factScores) add(p page, found collect.Article) {
	check := func(name string, expected, got *string) {
		if expected == nil {
			return
		}
		if f[name] == nil {
			f[name] = &[2]int{}
		}
		f[name][1]++
		if got != nil && *got == *expected {
			f[name][0]++
		}
	}
	check("title", p.facts.Title, &found.Title)
	check("author", p.facts.Author, &found.Author)
	check("language", p.facts.Language, &found.Language)
	published := ""
	if found.PublishedAt != nil {
		published = found.PublishedAt.Format(time.RFC3339)
		if found.DateOnly {
			published = found.PublishedAt.Format(time.DateOnly)
		}
	}
	check("published", p.facts.Published, &published)
	if p.facts.Paywall != nil {
		expected, got := fmt.Sprint(*p.facts.Paywall), "unknown"
		if found.Paywall != nil {
			got = fmt.Sprint(*found.Paywall)
		}
		check("paywall", &expected, &got)
	}
}

func (f factScores) write(out io.Writer) {
	var names []string
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		_, _ = fmt.Fprintf(out, "%s\t%d of %d right\n", name, f[name][0], f[name][1])
	}
}
