// Evaluate runs research over recorded pages and tells how well its citations hold: with the sources' own sentences, with a
// model that takes care, and with one that changes figures, cites at random and makes things up. It fails where less than
// 95 % of the cited claims are borne by their quotes. The questions of research/testdata/eval are those that the rules were
// made beside; those of eval-unseen and then eval-third beside it were written, and first asked, when the rules were finished.
//
//	go run ./research/evaluate
//	go run ./research/evaluate -misses    # also tells each report that is not as wanted
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/research/researchtest"
	"github.com/content-creator/content-creator-api/store"
)

// leastRate is which share of the cited claims must be borne by their quotes.
const leastRate = 0.95

var misses = flag.Bool("misses", false, "tell each report that is not as wanted, with what it says")

func main() {
	flag.Parse()
	if err := evaluateAll(context.Background(), filepath.Join("research", "testdata"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "evaluate:", err)
		os.Exit(1)
	}
}

// folders are the sets, in the order in which they were written, with what is said of each.
var folders = []struct{ name, title string }{
	{"eval", "Questions that the rules were made beside"},
	{"eval-unseen", "Questions that were written later"},
	{"eval-third", "Questions that were written last"},
}

// evaluateAll prints a table for each set.
func evaluateAll(ctx context.Context, folder string, out io.Writer) error {
	sets, err := readSets(ctx, folder)
	if err != nil {
		return err
	}
	for i, set := range sets {
		_, _ = fmt.Fprintf(out, "%s%s\n", strings.Repeat("\n", min(i, 1)), folders[i].title)
		err = errors.Join(err, table(ctx, set, out))
	}
	return err
}

// readSets reads all sets. What was written later is looked for among the pages of those before, too.
func readSets(ctx context.Context, folder string) ([]set, error) {
	var sets []set
	for i, f := range folders {
		next, err := readSet(ctx, filepath.Join(folder, f.name))
		if err != nil {
			return nil, err
		}
		if i > 0 {
			next.pages = append(next.pages, sets[i-1].pages...)
			maps.Copy(next.snapshots, sets[i-1].snapshots)
		}
		sets = append(sets, next)
	}
	return sets, nil
}

// table evaluates every writer and prints what came of it.
func table(ctx context.Context, set set, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "writer\tquestions\tanswered as wanted\tunanswerable told\ttraps stated\tclaims\tsupported\trate\tdropped\tseconds")
	var failed error
	for _, writer := range []string{"extractive", "careful", "sloppy"} {
		began := time.Now()
		r, err := set.evaluate(ctx, writer)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d of %d\t%d of %d\t%d\t%d\t%d\t%.1f %%\t%d\t%.1f\n", writer, len(set.questions), r.wanted, r.answerable, r.told, len(set.questions)-r.answerable,
			r.forbidden, r.claims, r.supported, 100*r.rate(), r.dropped, time.Since(began).Seconds())
		if r.rate() < leastRate {
			failed = fmt.Errorf("%s: only %.1f %% of the claims are borne by their quotes", writer, 100*r.rate())
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return failed
}

// A question with what a report must and must not say.
type question struct {
	ID, Language, Market, Question, Trap string
	Answers, Forbidden, Pages            []string
}

// A set is the questions and the pages that answer them.
type set struct {
	questions []question
	pages     []research.Group
	snapshots map[string]store.Snapshot
}

func readSet(ctx context.Context, folder string) (set, error) {
	s := set{snapshots: map[string]store.Snapshot{}}
	err := lines(filepath.Join(folder, "questions.jsonl"), func(line []byte) error {
		var q question
		err := json.Unmarshal(line, &q)
		s.questions = append(s.questions, q)
		return err
	})
	if err != nil {
		return s, err
	}
	extractor := collect.NewExtractor()
	return s, lines(filepath.Join(folder, "pages.jsonl"), func(line []byte) error {
		var p struct {
			File, URL, Title, Language string
			PublishedAt                time.Time `json:"published_at"`
		}
		if err := json.Unmarshal(line, &p); err != nil {
			return err
		}
		raw, err := os.ReadFile(filepath.Join(folder, "pages", p.File)) //nolint:gosec // the recorded pages
		if err != nil {
			return err
		}
		address, err := url.Parse(p.URL)
		if err != nil {
			return err
		}
		article, err := extractor.Extract(ctx, raw, "text/html; charset=utf-8", address)
		if err != nil {
			return fmt.Errorf("%s: %w", p.File, err)
		}
		s.snapshots[p.URL] = store.Snapshot{URL: p.URL, CanonicalURL: p.URL, Title: p.Title, Text: article.Text, Language: p.Language, PublishedAt: &p.PublishedAt, FetchedAt: p.PublishedAt}
		s.pages = append(s.pages, research.Group{Key: p.URL, Hit: research.Hit{URL: p.URL, Title: p.Title, Text: article.Text, PublishedAt: &p.PublishedAt, Backend: "recorded"}})
		return nil
	})
}

func lines(file string, each func(line []byte) error) error {
	raw, err := os.ReadFile(file) //nolint:gosec // the recorded questions
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(raw)) {
		if err := each([]byte(line)); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// A result is how a writer has done.
type result struct {
	answerable, wanted, told, forbidden, claims, supported, dropped int
}

// rate is which share of the cited claims their quotes bear.
func (r result) rate() float64 {
	if r.claims == 0 {
		return 0
	}
	return float64(r.supported) / float64(r.claims)
}

// evaluate has a writer answer every question.
func (s set) evaluate(ctx context.Context, writer string) (result, error) {
	var r result
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	tools := research.Tools{Read: func(_ context.Context, hit research.Hit) (store.Snapshot, error) { return s.snapshots[hit.URL], nil }}
	if writer != "extractive" {
		server := httptest.NewServer(model{sloppy: writer == "sloppy"})
		defer server.Close()
		tools.Model = llm.New(llm.Config{BaseURL: server.URL, Model: writer})
	}
	for _, q := range s.questions {
		tools.Backends = []research.Backend{{Name: "recorded", Own: true, Search: func(ctx context.Context, query research.Query) ([]research.Hit, error) {
			ranking := research.Rerank(ctx, ledger.Unbooked{}, query, s.pages, research.RankOptions{Now: now, Keep: query.Limit})
			hits := []research.Hit{}
			for _, p := range ranking.Pages {
				if p.BM25 > 0 {
					hits = append(hits, p.Hit)
				}
			}
			return hits, nil
		}}}
		d := &researchtest.Diary{}
		out, err := research.Run(ctx, ctx, research.Request{
			Question: q.Question, Language: q.Language, OutputLanguage: q.Language, Market: q.Market, Depth: research.Depths["quick"], Now: now,
		}, tools, d)
		if err != nil {
			return r, fmt.Errorf("%s: %w", q.ID, err)
		}
		r.dropped += len(out.Dropped)
		if missed := r.judge(q, out, d); missed != "" && *misses {
			fmt.Fprintf(os.Stderr, "%s %s: %s (%s) %s\n  wanted %q, forbidden %q\n", writer, q.ID, missed, q.Trap, q.Question, q.Answers, q.Forbidden)
			for _, claim := range out.Claims {
				fmt.Fprintf(os.Stderr, "  %s: %s\n    %q (disputed: %t)\n", claim.Source.URL, claim.Sentence, claim.Quote, claim.Disputed)
			}
		}
	}
	return r, nil
}

// judge compares a report with what is wanted of it, and checks every claim anew. It answers in which way the report is not
// as wanted; "" where it is.
func (r *result) judge(q question, out store.ResearchOutcome, d *researchtest.Diary) (missed string) {
	var said, quotes strings.Builder
	unborne := r.claims - r.supported
	for _, claim := range out.Claims {
		r.claims++
		// What is told as disputed is not told as a fact.
		if !claim.Disputed {
			said.WriteString(claim.Sentence + "\n")
		}
		quotes.WriteString(claim.Quote + "\n")
		kept, _ := d.Kept(context.Background(), claim.Source.SnapshotID) // from memory
		if holds(claim, kept) {
			r.supported++
		}
	}
	switch {
	case len(q.Answers) == 0 && !out.Answered:
		r.told++
	case len(q.Answers) == 0:
		missed = "answered what the pages do not tell"
	case containsAny(quotes.String(), q.Answers):
		r.answerable++
		r.wanted++
	default:
		r.answerable++
		missed = "not answered"
	}
	if containsAny(said.String(), q.Forbidden) {
		r.forbidden++
		missed = "states what the trap was laid for"
	}
	if r.claims-r.supported > unborne {
		missed = "cites what does not bear it"
	}
	return missed
}

func containsAny(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

var (
	figures = regexp.MustCompile(`\d+(?:[.,]\d+)*`)
	names   = regexp.MustCompile(`\p{Lu}\p{L}+(?: \p{Lu}\p{L}+)+`)
)

// holds checks a claim without research's own rules: its quote stands where it says, and every figure and every name of
// several words of the sentence stands in the quote, in the text around it, or in the title.
func holds(claim store.ResearchClaim, s store.Snapshot) bool {
	text := []rune(s.Text)
	if claim.Start < 0 || claim.End > len(text) || claim.Start >= claim.End || string(text[claim.Start:claim.End]) != claim.Quote {
		return false
	}
	quoted := figures.FindAllString(claim.Quote, -1)
	for _, figure := range figures.FindAllString(claim.Sentence, -1) {
		if !slices.Contains(quoted, figure) {
			return false
		}
	}
	around := s.Title + " " + string(text[max(claim.Start-600, 0):claim.End])
	for _, name := range names.FindAllString(claim.Sentence, -1) {
		if !strings.Contains(around, name) {
			return false
		}
	}
	return true
}

// A model answers as a language model's endpoint does. It copies passages; a sloppy one changes every other figure and name, cites the
// wrong passage now and then, adds what nobody said, and finds every sentence supported.
type model struct{ sloppy bool }

var passageLine = regexp.MustCompile(`(?m)^\[(\d+\.\d+)\] \([^\n]*?\) ([^\n]+)$`)

// ServeHTTP answers one request.
func (m model) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	var asked struct {
		Messages []struct{ Content string }
	}
	_ = json.NewDecoder(r.Body).Decode(&asked) // what is of another form gets the answer to nothing
	prompt := ""
	for _, message := range asked.Messages {
		prompt += message.Content + "\n"
	}
	answer := `{"questions":[],"queries":[]}`
	switch {
	case strings.Contains(prompt, "The passages stand between"):
		answer = m.write(prompt)
	case strings.Contains(prompt, "The pairs stand between"):
		var decisions []map[string]any
		for i := range strings.Count(prompt, "\nPair ") {
			decisions = append(decisions, map[string]any{"pair": i + 1, "verdict": map[bool]string{true: "supported", false: "not_supported"}[m.sloppy]})
		}
		answer = encode(map[string]any{"decisions": decisions})
	}
	rw.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(rw, encode(map[string]any{"model": "m", "choices": []any{map[string]any{
		"finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": answer},
	}}}))
}

func (m model) write(prompt string) string {
	type sentence struct {
		Text     string   `json:"text"`
		Evidence []string `json:"evidence"`
	}
	said := []sentence{}
	passages := passageLine.FindAllStringSubmatch(prompt, 5)
	for i, passage := range passages {
		s := sentence{passage[2], []string{passage[1]}}
		if m.sloppy {
			switch i % 4 {
			case 0:
				s.Text = figures.ReplaceAllStringFunc(s.Text, func(figure string) string { return "9" + figure })
			case 1:
				s.Evidence = []string{passages[(i+1)%len(passages)][1]}
			case 2:
				s.Text = names.ReplaceAllString(s.Text, "Erika Mustermann")
			case 3:
				s.Text = "Experts agree that this is the most important change of the last 40 years."
			}
		}
		said = append(said, s)
	}
	return encode(map[string]any{"sentences": said})
}

func encode(value any) string {
	raw, _ := json.Marshal(value) // of strings and numbers alone
	return string(raw)
}
