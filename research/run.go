package research

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/store"
)

// A Request is a question to research.
type Request struct {
	Question string
	// About says more of what is meant: the description and keywords of a topic.
	About string
	// Language is the question's, OutputLanguage the report's. Market is where it is asked for.
	Language, OutputLanguage, Market string
	Depth                            Depth
	Now                              time.Time
	Allowance                        Allowance
}

// An Allowance is what the journal's book lets a run spend; what is nil has no limit. The book alone holds it: a run that knows
// it plans by it.
type Allowance struct {
	Requests *int
	// Cost is in micro-dollars.
	Cost *int64
}

// Depth is how far research goes.
type Depth struct {
	Name string
	// Queries is how many are asked, Hits how many answers of each backend are looked at, Sources how many are read.
	Queries, Hits, Sources int
	// Sentences is how many a report has at most.
	Sentences int
}

// Depths are the depths by name.
var Depths = map[string]Depth{
	"quick":    {Name: "quick", Queries: 2, Hits: 10, Sources: 6, Sentences: 6},
	"balanced": {Name: "balanced", Queries: 4, Hits: 15, Sources: 12, Sentences: 12},
	"deep":     {Name: "deep", Queries: 8, Hits: 25, Sources: 25, Sentences: 24},
}

// Tools are what research works with.
type Tools struct {
	// Backends find sources: the own archive first, then others.
	Backends []Backend
	// Read reads what a backend has found. Its errors are told as why a source could not be read.
	Read func(ctx context.Context, hit Hit) (store.Snapshot, error)
	// Model plans, writes and judges; nil leaves that to rules.
	Model *llm.Client
	// Reranker says how well sources answer; nil leaves that to BM25.
	Reranker *Reranker
}

// A Journal keeps what a run has done, so that one that was cut off goes on where it stopped.
type Journal interface {
	// Book makes the calls that may cost something.
	ledger.Book
	// Do does a step once and answers its output; one that was done before is answered by what it came to then. A step that
	// failed is done again.
	Do(ctx context.Context, step Step, do func(ctx context.Context) (any, error)) (json.RawMessage, error)
	// Keep keeps a text that was read and sets its id and hash; Kept is one that was kept.
	Keep(ctx context.Context, snapshot store.Snapshot) (store.Snapshot, error)
	Kept(ctx context.Context, id uuid.UUID) (store.Snapshot, error)
	// Tell says how far the run is, in words that a person follows.
	Tell(ctx context.Context, percent int, stage, message string)
}

// A Step is a piece of work that is done once.
type Step struct {
	// Key is unique in the run, Stage one of plan, search, fetch, extract, fuse, rerank, write, check.
	Key, Stage, Message string
	Input               any
}

// do does a step whose output is a T.
func do[T any](ctx context.Context, j Journal, step Step, f func(ctx context.Context) (T, error)) (T, error) {
	var output T
	raw, err := j.Do(ctx, step, func(ctx context.Context) (any, error) { return f(ctx) })
	if err != nil {
		return output, err
	}
	if err := json.Unmarshal(raw, &output); err != nil {
		return output, fmt.Errorf("read what the step %s came to: %w", step.Key, err)
	}
	return output, nil
}

// ErrAllFailed is what Run answers where no backend could be asked, so that it is not known whether there is anything.
var ErrAllFailed = errors.New("no source of research could be asked")

// A run is one at work.
type run struct {
	Request
	Tools
	journal Journal
	// work ends when the time that the run may take is over.
	work    context.Context //nolint:containedctx // a second one, shorter than that of the stages
	plan    plan
	shares  shares
	sources []*source
	// shortfalls are what could not be done, keys their causes.
	shortfalls []*shortfall
	keys       map[*shortfall]string
	// parts is how many parts of the report there is something to write of.
	parts int
	// strikes are how often the model was away, as far as it counts: at two it is not asked any more.
	strikes int
	away    error
	// found are the passages on each question that has been looked into.
	found map[string][]passage
}

// Run researches a question. It takes what it is given no longer than work lasts, which is within ctx: when that is over,
// or the journal's book allows no more calls, it makes a report of what it has by then, and says what is missing. The
// error is that of ctx, of the journal itself, or ErrAllFailed.
func Run(ctx, work context.Context, r Request, tools Tools, j Journal) (store.ResearchOutcome, error) {
	research := &run{Request: r, Tools: tools, journal: j, work: work, found: map[string][]passage{}, keys: map[*shortfall]string{}}
	for _, stage := range []func(context.Context) error{research.think, research.search, research.read, research.weigh} {
		if err := stage(ctx); err != nil {
			return store.ResearchOutcome{}, err
		}
		if ctx.Err() != nil {
			return store.ResearchOutcome{}, ctx.Err()
		}
	}
	return research.report(ctx)
}

// share is a context that ends when a share of the time that is left to the run is over.
func (r *run) share(of float64) (context.Context, context.CancelFunc) {
	end, bounded := r.work.Deadline()
	if !bounded {
		return context.WithCancel(r.work)
	}
	return context.WithTimeout(r.work, time.Duration(of*float64(time.Until(end))))
}

// twoStrikes is how often a model may be away until it is asked no more in a run.
const twoStrikes = 2

// consult asks the model, unless it is known not to answer: one that refuses the key or wants to be left alone is asked once in a
// run, one that cannot be reached or takes too long twice.
func consult[T any](ctx context.Context, r *run, q llm.Request) (T, error) {
	var nothing T
	if r.away != nil {
		return nothing, r.away
	}
	said, err := llm.Typed[T](ctx, r.Model, r.journal, q)
	var fault *llm.Error
	if errors.As(err, &fault) && r.work.Err() == nil {
		switch {
		case fault.Lasting():
			r.strikes = twoStrikes
		case fault.Transient(), fault.Code == llm.CodeCanceled:
			r.strikes++
		}
		if r.strikes >= twoStrikes {
			r.away = err
		}
	}
	return said, err
}

// why says in words why a call could not be made or was not answered.
func why(err error) string {
	if errors.Is(err, ledger.ErrLost) {
		return "Its answer was lost when the process was killed, and it is not paid for twice."
	}
	return sentenceOf(err.Error())
}
