package research

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/content-creator/content-creator-api/store"
)

// A section is a part of a report.
type section struct {
	Heading   string     `json:"heading"`
	Sentences []sentence `json:"sentences"`
}

// A sentence of a report with the passages that it rests on.
type sentence struct {
	Text string `json:"text"`
	// Evidence names the passages: the position of the source, a point, the index of its sentence.
	Evidence []string `json:"evidence"`
	verdicts []Judgement
}

// report writes what the sources say, checks every sentence against them, and puts together what is left.
func (r *run) report(ctx context.Context) (store.ResearchOutcome, error) {
	out := store.ResearchOutcome{Method: store.Extractive, Questions: r.plan.Questions}
	disputes := r.disputes()
	sections, err := r.write(ctx, &out, disputes)
	if err != nil {
		return out, err
	}
	r.journal.Tell(ctx, 85, "check", "Checking every sentence against its source.")
	sections, err = r.check(ctx, &out, sections)
	if err != nil {
		return out, err
	}
	r.number(sections, disputes)
	out.Disagreements = r.renumbered(disputes)
	r.claims(&out, sections, disputes)
	out.Answered = len(out.Claims) > 0
	for _, question := range r.plan.Questions {
		if !slices.ContainsFunc(sections, func(part section) bool { return part.Heading == question }) {
			out.OpenQuestions = append(out.OpenQuestions, question)
		}
	}
	r.listSources(&out)
	out.Shortfalls = r.told()
	out.Status = "complete"
	if len(out.Shortfalls) > 0 {
		out.Status = "partial"
	}
	out.Report = r.render(out, sections, disputes)
	return out, nil
}

// number gives the sources the numbers by which the report cites them: from 1 on and without gaps, in the order in which its text
// comes to them. What repeats a cited source follows, then what is not cited, the best first.
func (r *run) number(sections []section, disputes []store.SourceDispute) {
	next := 0
	cite := func(s *source) {
		if s.number == 0 {
			next++
			s.number = next
		}
	}
	for _, part := range sections {
		for _, s := range part.Sentences {
			for _, id := range s.Evidence {
				p, _ := r.passage(id)
				cite(p.source)
			}
		}
	}
	for _, dispute := range disputes {
		for _, value := range dispute.Values {
			cite(r.at(value.Source))
		}
	}
	for _, s := range r.sources {
		if s.copyOf != nil && s.copyOf.number != 0 {
			cite(s)
		}
	}
	for _, s := range r.sources {
		cite(s)
	}
	slices.SortFunc(r.sources, func(a, b *source) int { return cmp.Compare(a.number, b.number) })
}

// at is the source of a position.
func (r *run) at(position int) *source {
	return r.sources[slices.IndexFunc(r.sources, func(s *source) bool { return s.position == position })]
}

// renumbered are disputes whose values name the sources by their numbers.
func (r *run) renumbered(disputes []store.SourceDispute) []store.SourceDispute {
	told := slices.Clone(disputes)
	for i := range told {
		told[i].Values = slices.Clone(told[i].Values)
		for j := range told[i].Values {
			told[i].Values[j].Source = r.at(told[i].Values[j].Source).number
		}
	}
	return told
}

// write makes the sections of the report: by the model where there is one, else of the sources' own sentences.
func (r *run) write(ctx context.Context, out *store.ResearchOutcome, disputes []store.SourceDispute) ([]section, error) {
	r.journal.Tell(ctx, 70, "write", "Writing the report.")
	if r.Model != nil {
		sections, byModel, err := r.writeByModel(ctx, disputes)
		if byModel {
			out.Method = store.ByModel
		}
		return sections, err
	}
	step := Step{Key: "write:extractive", Stage: "write", Message: "Choosing the sentences that answer.", Input: r.plan.Questions}
	return do(ctx, r.journal, step, func(context.Context) ([]section, error) {
		var sections []section
		for i, question := range r.plan.Questions {
			if part := r.extractSection(question, r.answering(question, disputes), sections, i); len(part.Sentences) > 0 {
				sections = append(sections, part)
			}
		}
		return sections, nil
	})
}

// extractSection lets the sources answer a question in their own sentences, which are not said twice.
func (r *run) extractSection(question string, passages []passage, before []section, i int) section {
	most := r.Depth.Sentences
	if i > 0 {
		most = max(most/len(r.plan.Questions), 2)
	}
	said := map[string]bool{}
	for _, part := range before {
		for _, s := range part.Sentences {
			said[s.Text] = true
		}
	}
	part := section{Heading: question}
	for _, p := range r.inOrder(question, choose(passages, most)) {
		if text := p.sentence().Text; !said[text] {
			said[text] = true
			part.Sentences = append(part.Sentences, sentence{Text: text, Evidence: []string{p.id()}})
		}
	}
	return part
}

// inOrder puts what each source says in the source's own order, the source with the best passage first, so that a sentence follows
// the one that it leans on. What is asked in particular is answered first.
func (r *run) inOrder(question string, chosen []passage) []passage {
	if newInquiry(question, r.Language).particular() {
		return chosen
	}
	best := map[*source]int{}
	for i, p := range chosen {
		if _, has := best[p.source]; !has {
			best[p.source] = i
		}
	}
	slices.SortStableFunc(chosen, func(a, b passage) int {
		return cmp.Or(cmp.Compare(best[a.source], best[b.source]), cmp.Compare(a.index, b.index))
	})
	return chosen
}

// answering are the passages that answer a question, the best first. What newer figures have overtaken is left to the
// part of the report that tells where sources differ, unless the question names its year.
func (r *run) answering(question string, disputes []store.SourceDispute) []passage {
	asked := newInquiry(question, r.Language)
	return slices.DeleteFunc(r.candidates(question, asked), func(p passage) bool {
		return len(asked.years) == 0 && slices.ContainsFunc(disputes, func(d store.SourceDispute) bool { return overtaken(p, d) })
	})
}

// beside is which share of the best score a sentence must have that says something else than what is asked for in particular.
const beside = 0.8

// candidates are the passages that answer a question, the best first.
func (r *run) candidates(question string, asked inquiry) []passage {
	found := r.passages(question, asked)
	best := 0.
	for _, p := range found {
		if p.covers >= answers && (!asked.particular() || asked.satisfied(p.sentence().Text, p.source.snapshot.Language)) {
			best = max(best, p.score)
		}
	}
	if best == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(found), func(p passage) bool {
		least := 0.5
		if asked.particular() && !asked.satisfied(p.sentence().Text, p.source.snapshot.Language) {
			least = beside
		}
		return p.score < least*best || p.covers < answers && p.itself < answers
	})
}

// id names a passage.
func (p passage) id() string { return fmt.Sprintf("%d.%d", p.source.position, p.index) }

// passage is the one that an id names.
func (r *run) passage(id string) (passage, bool) {
	var position, index int
	if _, err := fmt.Sscanf(id, "%d.%d", &position, &index); err != nil {
		return passage{}, false
	}
	for _, s := range r.sources {
		if s.position == position && s.snapshot != nil && index >= 0 && index < len(s.text) {
			return passage{source: s, index: index}, true
		}
	}
	return passage{}, false
}
