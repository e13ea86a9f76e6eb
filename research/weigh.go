package research

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

const (
	// leastWords and mostWords bound a sentence that is worth quoting.
	leastWords, mostWords = 5, 60
	// answers is which share of the question's weight a sentence and its surroundings must have to be an answer, and
	// answersItself which the sentence alone.
	answers, answersItself = 0.55, 0.25
	// aboutIt is which share of the question's weight a title must have for its article to be about nothing else; then its first
	// sentences answer, whatever their words.
	aboutIt = 0.7
	leads   = 4
	// hedgedWeighs is how much less a sentence weighs that says only what may be.
	hedgedWeighs = 0.75
	// tooAlike is how much of two sentences may be the same words.
	tooAlike = 0.6
)

// A passage is a sentence of a source that may answer.
type passage struct {
	source *source
	index  int
	score  float64
	// covers is which share of the question's weight the sentence and its surroundings have, itself which the sentence alone.
	covers, itself float64
}

func (p passage) sentence() annotate.Sentence { return p.source.text[p.index] }

// evidence is the passage with what stands around it.
func (p passage) evidence() Evidence {
	e := Evidence{Quote: p.sentence().Text, Context: p.source.around(p.index), Language: p.source.snapshot.Language}
	if at := p.source.snapshot.PublishedAt; at != nil {
		e.Year = at.Year()
	}
	return e
}

// around is what stands around a sentence: the title and the two sentences before it.
func (s *source) around(index int) string {
	context := []string{s.snapshot.Title}
	for _, before := range s.text[max(index-2, 0):index] {
		context = append(context, before.Text)
	}
	return strings.Join(context, "\n")
}

// weigh finds which sources repeat each other, and orders them.
func (r *run) weigh(ctx context.Context) error {
	r.journal.Tell(ctx, 62, "rerank", "Weighing the sources.")
	r.findCopies()
	groups := make([]Group, len(r.sources))
	for i, s := range r.sources {
		groups[i] = s.Group
		if s.snapshot != nil {
			groups[i].Text, groups[i].PublishedAt = s.snapshot.Text, s.snapshot.PublishedAt
		}
	}
	q := Query{Text: r.Question, Language: r.Language, Market: r.Market}
	ranking, err := do(ctx, r.journal, Step{Key: "rerank", Stage: "rerank", Message: "Weighing the sources.", Input: q}, func(context.Context) (rerankOutput, error) {
		return outputOf(Rerank(r.work, r.journal, q, groups, RankOptions{Reranker: r.Reranker, Keep: len(groups), Now: r.Now})), nil
	})
	if err != nil {
		return err
	}
	if ranking.Failure != nil {
		r.lacks(r.whyUnasked(ranking.Failure), func(s *shortfall) { s.unordered = true })
	}
	for _, s := range r.sources {
		s.score, s.parts = ranking.Scores[s.Key], ranking.Parts[s.Key]
	}
	slices.SortStableFunc(r.sources, func(a, b *source) int {
		return cmp.Or(cmp.Compare(unread(a), unread(b)), cmp.Compare(b.score, a.score))
	})
	for i, s := range r.sources {
		s.position = i + 1
	}
	return nil
}

// rerankOutput is what reranking has come to, by the address of the source.
type rerankOutput struct {
	Relevance string                     `json:"relevance"`
	Failure   *BackendError              `json:"failure,omitempty"`
	Scores    map[string]float64         `json:"scores"`
	Parts     map[string]json.RawMessage `json:"parts"`
}

func outputOf(ranking Ranking) rerankOutput {
	out := rerankOutput{Relevance: ranking.Relevance, Failure: ranking.Fault, Scores: map[string]float64{}, Parts: map[string]json.RawMessage{}}
	for _, p := range ranking.Pages {
		out.Scores[p.Key] = p.Score
		out.Parts[p.Key], _ = json.Marshal(p.Parts) // strings and numbers
	}
	return out
}

func unread(s *source) int {
	if s.snapshot == nil {
		return 1
	}
	return 0
}

// says: the sentence is the source's own and not that of a source that it repeats.
func (s *source) says(index int) bool { return s.copyOf == nil || s.changed[index] }

// findCopies marks the sources that repeat the text of another one. The one that was published first counts, and where a copy
// states another figure, both do.
func (r *run) findCopies() {
	var read []*source
	for _, s := range r.sources {
		if s.snapshot != nil {
			read = append(read, s)
		}
	}
	slices.SortStableFunc(read, func(a, b *source) int { return compareTimes(a.snapshot, b.snapshot) })
	texts := make([]collect.Text, len(read))
	for i, s := range read {
		texts[i] = collect.Prepare(store.PendingDocument{
			Title: s.snapshot.Title, Text: s.snapshot.Text, Language: s.snapshot.Language, URL: s.URL, SourceName: s.site(), ContentHash: s.snapshot.Hash,
		})
		for j := range i {
			if read[j].copyOf == nil && collect.Compare(&texts[j], &texts[i]).Kind != "" {
				s.repeats(read[j])
				break
			}
		}
	}
}

// repeats marks a source as a copy.
func (s *source) repeats(original *source) {
	s.copyOf, s.changed = original, make([]bool, len(s.text))
	known := figuresIn(original.snapshot.Text, original.snapshot.Language)
	for i, sentence := range s.text {
		s.changed[i] = figuresIn(sentence.Text, s.snapshot.Language).beyond(known)
	}
}

// compareTimes puts the earlier published first; those of unknown time come last.
func compareTimes(a, b *store.Snapshot) int {
	switch {
	case a.PublishedAt == nil && b.PublishedAt == nil:
		return 0
	case a.PublishedAt == nil:
		return 1
	case b.PublishedAt == nil:
		return -1
	}
	return a.PublishedAt.Compare(*b.PublishedAt)
}

// passages are the sentences of the sources that may answer a question, the best first. Of sources that repeat each other
// there are those of one, and those in which another has changed a figure. They are looked for once, when the sources have been
// weighed, and not to be changed.
func (r *run) passages(question string, asked inquiry) []passage {
	found, known := r.found[question]
	if !known {
		found = r.findPassages(asked)
		if question != r.Question {
			// A part of the question is answered where it is spoken of what the question itself is about.
			subject := newInquiry(r.Question, r.Language)
			spoken := r.speakingOf(subject)
			found = slices.DeleteFunc(found, func(p passage) bool {
				return !spoken[p.source] || subject.namesAnother(p.sentence().Text, p.source.snapshot.Language) || subject.speaksOfNamesake(p.sentence().Text)
			})
		}
		r.found[question] = found
	}
	return found
}

func (r *run) findPassages(asked inquiry) []passage {
	weights := r.weights(asked.stems)
	headlines := r.headlines()
	var found []passage
	for _, s := range r.sources {
		if s.snapshot == nil || asked.missesName(s) {
			continue
		}
		title := annotate.Stems(s.snapshot.Title, s.snapshot.Language)
		titled := covered(asked.stems, weights, title)
		for i, sentence := range s.text {
			if s.hostile[i] || !s.says(i) || !quotable(sentence.Text) || headlines[bare(sentence.Text)] || asked.besides(s, i) {
				continue
			}
			around := slices.Concat(title, s.stems[max(i-1, 0)])
			p := passage{source: s, index: i}
			stems := slices.Concat(s.stems[i], asked.meant(sentence.Text, s.stems[i], s.snapshot.Language))
			p.itself = covered(asked.stems, weights, stems)
			p.covers = covered(asked.stems, weights, append(around, stems...))
			leading := !asked.particular() && titled >= aboutIt && i < leads
			if p.itself < answersItself && !leading {
				continue
			}
			p.score = 0.65*p.itself + 0.25*p.covers + 0.1/float64(s.position)
			if leading {
				p.score += 0.3
			}
			if asked.satisfied(sentence.Text, s.snapshot.Language) {
				p.score += 0.25
			}
			if asked.hedged(sentence.Text, s.snapshot.Language) {
				p.score *= hedgedWeighs
			}
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b passage) int { return cmp.Compare(b.score, a.score) })
	return found
}

// besides: a sentence is about a namesake, or somebody else than who is asked to have reacted.
func (q inquiry) besides(s *source, index int) bool {
	sentence := s.text[index].Text
	titled := s.snapshot.Title + "\n" + sentence
	return q.namesAnother(sentence, s.snapshot.Language) || q.qualifiesOtherwise(titled) || q.speaksOfNamesake(sentence) || q.speaksOfNamesake(titled) ||
		len(q.reaction) > 0 && !q.ofReaction(s, index)
}

// speakingOf are the sources that speak of what a question is about.
func (r *run) speakingOf(subject inquiry) map[*source]bool {
	weights := r.weights(subject.stems)
	spoken := map[*source]bool{}
	for _, s := range r.sources {
		if s.snapshot == nil || subject.missesName(s) {
			continue
		}
		all := annotate.Stems(s.snapshot.Title, s.snapshot.Language)
		for _, stems := range s.stems {
			all = append(all, stems...)
		}
		spoken[s] = covered(subject.stems, weights, all) >= answers
	}
	return spoken
}

// headlines are the titles of all sources. A line that is one leads to its article and is no statement.
func (r *run) headlines() map[string]bool {
	titles := map[string]bool{}
	for _, s := range r.sources {
		titles[bare(s.Title)] = true
		if s.snapshot != nil {
			titles[bare(s.snapshot.Title)] = true
		}
	}
	return titles
}

func statesMoney(sentence, language string) bool {
	numbers, _ := collect.Stated(sentence, language)
	return slices.ContainsFunc(numbers, func(n collect.StatedNumber) bool { return isMoney(n.Unit) })
}

// weights are how much each stem of a question tells: its inverse document frequency among the sentences (never negative).
func (r *run) weights(stems []string) []float64 {
	weights := make([]float64, len(stems))
	with := make([]float64, len(stems))
	// Few sentences tell little about how rare a word is.
	total := 50.
	for _, s := range r.sources {
		for _, sentence := range s.stems {
			total++
			for i, stem := range stems {
				if hasStem(sentence, stem) {
					with[i]++
				}
			}
		}
	}
	for i := range stems {
		weights[i] = math.Log(1 + (total-with[i]+0.5)/(with[i]+0.5))
	}
	return weights
}

// covered is which share of the weight of some stems is among others.
func covered(stems []string, weights []float64, among []string) float64 {
	var sum, all float64
	for i, stem := range stems {
		all += weights[i]
		if hasStem(among, stem) {
			sum += weights[i]
		}
	}
	if all == 0 {
		return 0
	}
	return sum / all
}

// quotable: a statement of a length that can be read, made for readers, and whole.
func quotable(sentence string) bool {
	words := len(strings.Fields(sentence))
	return words >= leastWords && words <= mostWords && !unfinished.MatchString(sentence) && !pointer.MatchString(sentence)
}

// unfinished ends what asks, announces or was cut off.
var unfinished = regexp.MustCompile(`([?:]|\.\.\.|…|\[(\.\.\.|…)\])[\s"'”’“»«–—-]*$`)

// pointer begins a line that only leads to another article.
var pointer = regexp.MustCompile(`(?i)^[\s–—▶►»>•*-]*(related|read more|read also|also read|see also|more on this|more on this story|further reading|` +
	`mehr zum thema|mehr dazu|siehe auch|lesen sie auch|lesen sie hier|auch interessant|zum thema|lire aussi|à lire aussi|lea también|leia mais|leia também|leggi anche|lees ook)\s*[:|–—]`)

// choose takes the best passages that do not say the same, at most so many.
func choose(passages []passage, most int) []passage {
	var chosen []passage
	perSource := map[*source]int{}
	for _, p := range passages {
		if len(chosen) == most {
			break
		}
		same := slices.ContainsFunc(chosen, func(other passage) bool {
			return annotate.Overlap(p.source.stems[p.index], other.source.stems[other.index]) > tooAlike
		})
		if same || perSource[p.source] >= (most+1)/2 {
			continue
		}
		perSource[p.source]++
		chosen = append(chosen, p)
	}
	return chosen
}
