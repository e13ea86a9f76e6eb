package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// ResearchArgs works on a run of research, or answers with one that is there already.
type ResearchArgs struct {
	RunID   uuid.UUID  `json:"run_id"`
	TopicID *uuid.UUID `json:"topic_id,omitempty"`
	// Reused: the run was made for an earlier question, which was the same.
	Reused bool `json:"reused,omitempty"`
}

// Kind names the job.
func (ResearchArgs) Kind() string { return "research" }

// InsertOpts says how research is queued. Steps that are done are not done again, so that an attempt costs little.
func (ResearchArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueResearch, MaxAttempts: 3}
}

const (
	// researchWorkers is how many runs are worked on at once.
	researchWorkers = 2
	// researchSlack is how much longer than its budget a run may take to make a report of what it has.
	researchSlack = 2 * time.Minute
)

type researchWorker struct {
	river.WorkerDefaults[ResearchArgs]
	store    *store.Store
	backends []research.Backend
	model    *llm.Client
	reranker *research.Reranker
	pages    *collect.Pages
	now      func() time.Time
}

// Timeout is what the run may take, and some more to make a report of it.
func (w *researchWorker) Timeout(*river.Job[ResearchArgs]) time.Duration {
	return maxResearchSeconds*time.Second + researchSlack
}

// maxResearchSeconds is how long a run may take at most; the specification says so.
const maxResearchSeconds = 3600

// A researchResult is what the job shows of a run.
type researchResult struct {
	RunID  uuid.UUID `json:"run_id"`
	Status string    `json:"status"`
	Reused bool      `json:"reused"`
	// Answered, Claims and Cost are those of the run.
	Answered *bool             `json:"answered"`
	Claims   store.ClaimCounts `json:"claims"`
	Cost     store.Spending    `json:"cost"`
}

// Work goes on with a run where it stopped. What it has come to is kept and the job ended in one transaction.
func (w *researchWorker) Work(ctx context.Context, job *river.Job[ResearchArgs]) error {
	run, err := w.store.StartResearch(ctx, job.Args.RunID)
	if isNotFound(err) {
		return failForGood("The run has been removed, with its topic.")
	}
	if err != nil {
		return err
	}
	if run.Status != "running" || job.Args.Reused {
		return w.finish(ctx, job, run.ID)
	}
	outcome, err := w.research(ctx, job, run)
	switch {
	case errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely):
		return err // the run was cancelled with its job
	case stopped(ctx):
		// The run goes on where it stopped, and that costs it no attempt.
		return river.JobSnooze(time.Second)
	case errors.Is(err, research.ErrAllFailed):
		return w.fail(ctx, job, run.ID, err)
	case err != nil:
		return w.orFail(ctx, job, run.ID, err)
	}
	return w.store.InTx(ctx, func(ctx context.Context) error {
		if _, err := w.store.FinishResearch(ctx, run.ID, outcome); err != nil {
			return err
		}
		return w.finish(ctx, job, run.ID)
	})
}

// finish ends the job with what the run has come to.
func (w *researchWorker) finish(ctx context.Context, job *river.Job[ResearchArgs], id uuid.UUID) error {
	return w.store.InTx(ctx, func(ctx context.Context) error {
		run, err := w.store.ResearchRun(ctx, id)
		if err != nil {
			return err
		}
		return complete(ctx, job, researchResult{
			RunID: id, Status: run.Status, Reused: job.Args.Reused, Answered: run.Answered, Claims: run.Claims, Cost: run.Cost,
		})
	})
}

// fail ends a run whose sources could all not be asked, once trying again has not helped.
func (w *researchWorker) fail(ctx context.Context, job *river.Job[ResearchArgs], id uuid.UUID, err error) error {
	if job.Attempt < job.MaxAttempts {
		return &Failure{Message: sentence(err)}
	}
	if err := w.store.EndResearch(ctx, id, "failed", sentence(err)); err != nil {
		return err
	}
	return failForGood(sentence(err))
}

// sentence is an error as people read it.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + strings.TrimRight(text[1:], ".") + "."
}

// orFail ends the run with the last attempt that met a fault of our own.
func (w *researchWorker) orFail(ctx context.Context, job *river.Job[ResearchArgs], id uuid.UUID, cause error) error {
	if job.Attempt < job.MaxAttempts {
		return cause
	}
	return errors.Join(cause, w.store.EndResearch(context.WithoutCancel(ctx), id, "failed", "An internal error; the server's log says more."))
}

// research works on a run for as long as its budget lasts.
func (w *researchWorker) research(ctx context.Context, job *river.Job[ResearchArgs], run store.ResearchRun) (store.ResearchOutcome, error) {
	began := time.Now()
	left := time.Duration(float64(run.Budget.MaxSeconds)*float64(time.Second)) - time.Duration(run.WorkedSeconds*float64(time.Second))
	work, cancel := context.WithTimeout(ctx, max(left, 0))
	defer cancel()
	j := &journal{
		book: newBook(w.store, store.JobID(job.ID), &run.ID, run.TopicID, &run.Budget), store: w.store, job: store.JobID(job.ID), run: run.ID,
		worked: began,
	}
	request := research.Request{
		Question: run.Question, Language: run.Language, OutputLanguage: run.OutputLanguage, Market: run.Market,
		Depth: research.Depths[run.Depth], Now: w.now(), Allowance: research.Allowance{Requests: &run.Budget.MaxRequests, Cost: run.Budget.MaxCostMicros()},
	}
	tools := research.Tools{Backends: []research.Backend{w.archive(run)}, Read: w.readSource, Model: w.model, Reranker: w.reranker}
	if run.Scope == "all" {
		tools.Backends = append(tools.Backends, w.backends...)
	}
	if run.TopicID != nil {
		documents, err := w.store.TopicDocuments(ctx, *run.TopicID, store.Page{Size: store.MaxPageSize})
		if err != nil {
			return store.ResearchOutcome{}, err
		}
		// What the topic was made of is looked at first.
		tools.Backends = append([]research.Backend{ofTopic(documents.Items)}, tools.Backends...)
	}
	outcome, err := research.Run(ctx, work, request, tools, j)
	if noting := context.WithoutCancel(ctx); err == nil || ctx.Err() != nil {
		err = errors.Join(err, j.clock(noting))
	}
	return outcome, err
}

// ofTopic are the documents that a topic was made of as a backend, which finds them whatever is asked.
func ofTopic(documents []store.TopicDocument) research.Backend {
	return research.Backend{Name: "topic", Own: true, Search: func(_ context.Context, q research.Query) ([]research.Hit, error) {
		hits := []research.Hit{}
		for i, d := range documents[:min(len(documents), q.Limit)] {
			hits = append(hits, documentHit(d.DocumentSummary, "topic", i+1))
		}
		return hits, nil
	}}
}

func documentHit(d store.DocumentSummary, backend string, rank int) research.Hit {
	hit := research.Hit{URL: d.URL, Title: d.Title, PublishedAt: d.PublishedAt, Backend: backend, Rank: rank, DocumentID: &d.ID}
	if d.Summary != nil {
		hit.Snippet = *d.Summary
	}
	return hit
}

// archive is the own archive as a backend: what matches all words of a query first, then what matches some.
func (w *researchWorker) archive(run store.ResearchRun) research.Backend {
	backend := research.Backend{Name: "archive", Own: true}
	backend.Search = func(ctx context.Context, q research.Query) ([]research.Hit, error) {
		words := annotate.TellingWords(q.Text, q.Language)
		var hits []research.Hit
		for _, terms := range []string{strings.Join(words, " "), strings.Join(words, " or ")} {
			if strings.TrimSpace(terms) == "" || len(hits) >= q.Limit {
				break
			}
			list, err := w.store.SearchDocuments(ctx, terms, store.DocumentFilter{Domain: run.Domain}, store.Page{Size: min(q.Limit, store.MaxPageSize)})
			if err != nil {
				return nil, fmt.Errorf("search the archive: %w", err)
			}
			for _, d := range list.Items {
				known := slices.ContainsFunc(hits, func(h research.Hit) bool { return *h.DocumentID == d.ID })
				if known || len(hits) >= q.Limit {
					continue
				}
				hits = append(hits, documentHit(d.DocumentSummary, "archive", len(hits)+1))
			}
		}
		return hits, nil
	}
	return backend
}

// readSource reads what a backend has found: a document of the archive from there, all else from the web.
func (w *researchWorker) readSource(ctx context.Context, hit research.Hit) (store.Snapshot, error) {
	if hit.DocumentID != nil {
		return w.readDocument(ctx, hit)
	}
	if w.pages == nil {
		return store.Snapshot{}, errPagesOff
	}
	page, err := w.pages.Get(ctx, hit.URL)
	if err != nil {
		return store.Snapshot{}, err
	}
	canonical, err := collect.Canonical(page.URL)
	if err != nil {
		return store.Snapshot{}, err
	}
	snapshot := store.Snapshot{
		URL: page.URL, CanonicalURL: canonical, Title: page.Title, Text: page.Text, Language: page.Language,
		PublishedAt: page.PublishedAt, FetchedAt: w.now(),
	}
	if snapshot.Title == "" {
		snapshot.Title = hit.Title
	}
	if snapshot.PublishedAt == nil {
		snapshot.PublishedAt = hit.PublishedAt
	}
	return snapshot, nil
}

func (w *researchWorker) readDocument(ctx context.Context, hit research.Hit) (store.Snapshot, error) {
	d, err := w.store.Document(ctx, *hit.DocumentID)
	if isNotFound(err) {
		return store.Snapshot{}, &collect.Error{Code: "removed", Message: "The document has been removed from the archive.", Err: err}
	}
	if err != nil {
		return store.Snapshot{}, err
	}
	text := d.ContentText
	if text == nil {
		text = d.Summary
	}
	if text == nil {
		return store.Snapshot{}, &collect.Error{Code: collect.CodeNoArticle, Message: "The archive has no text of the document."}
	}
	fetched := d.FetchedAt
	if d.PageFetchedAt != nil {
		fetched = *d.PageFetchedAt
	}
	return store.Snapshot{
		URL: d.URL, CanonicalURL: d.CanonicalURL, Title: d.Title, Text: *text, Language: d.Language, DocumentID: &d.ID,
		PublishedAt: d.PublishedAt, FetchedAt: fetched,
	}, nil
}

// A journal keeps what a run does in the database.
type journal struct {
	*book
	store *store.Store
	job   store.JobID
	run   uuid.UUID

	mu sync.Mutex
	// worked is until when the time that the run has taken is noted.
	worked time.Time
	// percent never goes back.
	percent int
}

// Do does a step once; see research.Journal.
func (j *journal) Do(ctx context.Context, step research.Step, do func(context.Context) (any, error)) (json.RawMessage, error) {
	input, err := json.Marshal(step.Input)
	if err != nil {
		return nil, err
	}
	output, done, err := j.store.BeginStep(ctx, j.run, store.ResearchStep{Key: step.Key, Stage: step.Stage, Message: step.Message, Input: input})
	if err != nil || done {
		return output, err
	}
	value, err := do(ctx)
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), settling)
	defer cancel()
	if err != nil {
		return nil, errors.Join(err, j.store.EndStep(noting, j.run, step.Key, nil, new(err.Error())))
	}
	if output, err = json.Marshal(value); err != nil {
		return nil, err
	}
	return output, errors.Join(j.store.EndStep(noting, j.run, step.Key, output, nil), j.clock(noting))
}

// clock notes the time that the run has taken since it was last noted.
func (j *journal) clock(ctx context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	passed := now.Sub(j.worked)
	j.worked = now
	return j.store.WorkedOnResearch(ctx, j.run, passed)
}

// Keep keeps a text.
func (j *journal) Keep(ctx context.Context, s store.Snapshot) (store.Snapshot, error) {
	return j.store.KeepSnapshot(ctx, s)
}

// Kept is a text that was kept.
func (j *journal) Kept(ctx context.Context, id uuid.UUID) (store.Snapshot, error) {
	return j.store.Snapshot(ctx, id)
}

// Tell tells how far the run is. That it could not be told is no reason to stop.
func (j *journal) Tell(ctx context.Context, percent int, stage, message string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.percent = max(j.percent, percent)
	_ = j.store.ReportProgress(ctx, j.job, store.JobProgress{Percent: j.percent, Stage: stage, Message: message})
}

// Research queues research in the transaction of ctx. The same question that is being worked on, or that was answered
// within maxAge, is not researched again: its run is the answer.
func (c *Client) Research(ctx context.Context, r store.ResearchRequest, maxAge time.Duration) (store.Job, error) {
	var job store.Job
	err := c.store.InTx(ctx, func(ctx context.Context) error {
		if err := c.store.LockQuestion(ctx, r.Question); err != nil {
			return err
		}
		args := ResearchArgs{RunID: uuid.Must(uuid.NewV7()), TopicID: r.TopicID}
		if maxAge > 0 {
			same, found, err := c.store.SameResearch(ctx, r, c.now().Add(-maxAge))
			if err != nil {
				return err
			}
			if found && same.Status != "complete" {
				// It is under way: whoever asks again follows the same job.
				job, err = c.store.Job(ctx, same.JobID)
				return err
			}
			if found {
				args.RunID, args.Reused = same.ID, true
			}
		}
		result, err := c.insert(ctx, args)
		if err != nil {
			return fmt.Errorf("queue research: %w", err)
		}
		id := store.JobID(result.Job.ID)
		if !args.Reused {
			if err := c.store.CreateResearchRun(ctx, args.RunID, id, r); err != nil {
				return err
			}
		}
		job, err = c.store.Job(ctx, id)
		return err
	})
	return job, err
}

// CompareResearch tells what has changed from one run to another. Runs without a report are refused.
func (c *Client) CompareResearch(ctx context.Context, older, newer uuid.UUID) (store.RunComparison, error) {
	before, err := c.store.RunFindings(ctx, older)
	if err != nil {
		return store.RunComparison{}, err
	}
	after, err := c.store.RunFindings(ctx, newer)
	if err != nil {
		return store.RunComparison{}, err
	}
	return research.CompareRuns(before, after), nil
}
