package research

import (
	"context"
	"strings"

	"github.com/content-creator/content-creator-api/annotate"
)

// A plan is what to look for.
type plan struct {
	// Questions are the parts of the question; the first is the question itself.
	Questions []string `json:"questions"`
	Queries   []string `json:"queries"`
	// ByModel: a model made it, or Cause is why none did.
	ByModel bool `json:"by_model"`
	// CauseKey and Cause say why; see cause.
	CauseKey string `json:"cause_key,omitempty"`
	Cause    string `json:"shortfall,omitempty"`
}

// think plans the research.
func (r *run) think(ctx context.Context) error {
	r.journal.Tell(ctx, 2, "plan", "Planning what to look for.")
	var err error
	r.plan, err = do(ctx, r.journal, Step{Key: "plan", Stage: "plan", Message: "Planning what to look for.", Input: map[string]any{
		"question": r.Question, "about": r.About, "language": r.Language, "depth": r.Depth.Name,
	}}, func(ctx context.Context) (plan, error) {
		own := r.ownPlan()
		if r.Model == nil {
			return own, nil
		}
		return r.planByModel(ctx, own)
	})
	if r.plan.Cause != "" {
		r.lacks(cause{key: r.plan.CauseKey, text: r.plan.Cause}, func(s *shortfall) { s.unplanned = true })
	}
	return err
}

// ownPlan looks for the question itself, and for what it is about.
func (r *run) ownPlan() plan {
	p := plan{Questions: []string{r.Question}}
	add := func(query string) {
		query = strings.Join(strings.Fields(query), " ")
		if query == "" || len(p.Queries) >= r.Depth.Queries {
			return
		}
		for _, other := range p.Queries {
			if strings.EqualFold(other, query) {
				return
			}
		}
		p.Queries = append(p.Queries, query)
	}
	words := annotate.TellingWords(r.Question, r.Language)
	add(strings.Join(words, " "))
	for _, name := range namesIn(r.Question, r.Language) {
		add(name.text)
	}
	keywords, _ := annotate.Annotate(r.Question, r.About, r.Language, nil)
	for _, keyword := range keywords {
		add(keyword.Text)
	}
	if len(p.Queries) == 0 {
		p.Queries = []string{r.Question}
	}
	return p
}
