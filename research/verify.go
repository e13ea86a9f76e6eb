package research

import (
	"context"
	"slices"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/store"
)

// A verdict is what the check came to for one sentence: the words that stay, and how each of its passages bears them.
type verdict struct {
	// Text is the sentence, or the source's own where that had to take its place; "" where it was dropped.
	Text string `json:"text"`
	// Evidence and Judgements belong together.
	Evidence   []string    `json:"evidence"`
	Judgements []Judgement `json:"judgements"`
	// Dropped is why the sentence is not in the report as it was written.
	Dropped string `json:"dropped,omitempty"`
}

// check judges every sentence by what it rests on. One that its source does not bear gives way to the source's own words,
// where these answer as well; else it is dropped.
func (r *run) check(ctx context.Context, out *store.ResearchOutcome, sections []section) ([]section, error) {
	step := Step{Key: "check", Stage: "check", Message: "Checking every sentence against its source.", Input: sections}
	verdicts, err := do(ctx, r.journal, step, func(ctx context.Context) ([]verdict, error) {
		var verdicts []verdict
		for _, part := range sections {
			for _, s := range part.Sentences {
				verdicts = append(verdicts, r.judge(s))
			}
		}
		return verdicts, nil
	})
	if err != nil {
		return nil, err
	}
	if verdicts, err = r.judgeByModel(ctx, verdicts); err != nil {
		return nil, err
	}
	at := 0
	said := map[string]bool{}
	var checked []section
	for _, part := range sections {
		kept := section{Heading: part.Heading}
		for _, s := range part.Sentences {
			v := r.settle(verdicts[at])
			at++
			if v.Dropped != "" {
				out.Dropped = append(out.Dropped, store.DroppedSentence{Sentence: s.Text, Reason: v.Dropped})
			}
			// What stands in the report already is not told again.
			if v.Text != "" && !said[bare(v.Text)] {
				said[bare(v.Text)] = true
				kept.Sentences = append(kept.Sentences, sentence{Text: v.Text, Evidence: v.Evidence, verdicts: v.Judgements})
			}
		}
		if len(kept.Sentences) > 0 {
			checked = append(checked, kept)
		}
	}
	return checked, nil
}

// judge decides by rules how the passages of a sentence bear it.
func (r *run) judge(s sentence) verdict {
	v := verdict{Text: s.Text}
	for _, id := range s.Evidence {
		p, known := r.passage(id)
		if !known || slices.Contains(v.Evidence, id) {
			continue
		}
		v.Evidence = append(v.Evidence, id)
		if p.source.hostile[p.index] {
			v.Judgements = append(v.Judgements, Judgement{Verdict: store.NotSupported, By: byRules, Reason: "The quote speaks to machines instead of readers."})
			continue
		}
		v.Judgements = append(v.Judgements, Judge(s.Text, r.OutputLanguage, p.evidence()))
	}
	return v
}

// settle keeps what is supported, and puts the source's own words in the place of what is not.
func (r *run) settle(v verdict) verdict {
	if v.Text == "" {
		return v
	}
	if len(v.Evidence) == 0 {
		return verdict{Dropped: "It names no source that was read."}
	}
	kept := verdict{Text: v.Text}
	for i, j := range v.Judgements {
		if j.Verdict == store.Supported {
			kept.Evidence, kept.Judgements = append(kept.Evidence, v.Evidence[i]), append(kept.Judgements, j)
		}
	}
	if len(kept.Evidence) > 0 {
		return kept
	}
	reason := v.Judgements[0].Reason
	for i, id := range v.Evidence {
		p, _ := r.passage(id)
		if own := p.sentence().Text; quotable(own) && !p.source.hostile[p.index] && p.source.says(p.index) {
			return verdict{
				Text: own, Evidence: []string{v.Evidence[i]}, Judgements: []Judgement{Judge(own, p.source.snapshot.Language, p.evidence())},
				Dropped: reason + " The source's own words stand in its place.",
			}
		}
	}
	return verdict{Dropped: reason}
}

// claims are the sentences of the report with the quotes that bear them.
func (r *run) claims(out *store.ResearchOutcome, sections []section, disputes []store.SourceDispute) {
	for _, part := range sections {
		for _, s := range part.Sentences {
			independent := r.independent(s)
			for i, id := range s.Evidence {
				p, _ := r.passage(id)
				own := p.sentence()
				out.Claims = append(out.Claims, store.ResearchClaim{
					Section: part.Heading, Sentence: s.Text, Quote: own.Text, Start: own.Start, End: own.End,
					Source: store.ClaimSource{
						Number: p.source.number, URL: p.source.URL, Title: p.source.snapshot.Title, Hash: p.source.snapshot.Hash,
						FetchedAt: p.source.snapshot.FetchedAt, SnapshotID: p.source.snapshot.ID,
					},
					Verdict: s.verdicts[i].Verdict, JudgedBy: s.verdicts[i].By, Reason: s.verdicts[i].Reason, IndependentSources: independent,
					Disputed: disputed(p, disputes),
				})
			}
		}
	}
}

// independent counts the sources that say what a sentence says, those that repeat each other once.
func (r *run) independent(s sentence) int {
	count := 0
	stems := stemsOf(s, r.OutputLanguage)
	for _, source := range r.sources {
		if source.snapshot == nil {
			continue
		}
		for i := range source.text {
			if source.hostile[i] || !source.says(i) {
				continue
			}
			p := passage{source: source, index: i}
			cited := slices.Contains(s.Evidence, p.id())
			if !cited && annotate.Overlap(source.stems[i], stems) < 0.3 {
				continue
			}
			if cited || Judge(s.Text, r.OutputLanguage, p.evidence()).Verdict == store.Supported {
				count++
				break
			}
		}
	}
	return count
}
