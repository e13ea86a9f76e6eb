package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/content-creator/content-creator-api/content"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// SynthesizeArgs writes a draft of a topic.
type SynthesizeArgs struct {
	TopicID     uuid.UUID `json:"topic_id"`
	TargetWords int       `json:"target_words"`
	Language    string    `json:"language"`
	Tone        string    `json:"tone"`
	// Keyword is what the draft is to be found by, and scored by; nil for none.
	Keyword *string              `json:"keyword,omitempty"`
	Budget  store.ResearchBudget `json:"budget"`
}

// Kind names the job.
func (SynthesizeArgs) Kind() string { return "synthesize" }

// InsertOpts says how drafts are queued.
func (SynthesizeArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueResearch, MaxAttempts: 3}
}

type synthesizeWorker struct {
	river.WorkerDefaults[SynthesizeArgs]
	store *store.Store
	model *llm.Client
	now   func() time.Time
}

// A synthesizeResult is what the job shows of a draft.
type synthesizeResult struct {
	DraftID   uuid.UUID `json:"draft_id"`
	Version   int       `json:"version"`
	Method    string    `json:"method"`
	WordCount int       `json:"word_count"`
	// Shortfall says which sections the model did not write, and why; nil where it wrote all, or there is none.
	Shortfall *string `json:"shortfall"`
}

// Work writes a draft, then keeps it and ends the job in one transaction.
func (w *synthesizeWorker) Work(ctx context.Context, job *river.Job[SynthesizeArgs]) error {
	if d, found, err := w.store.DraftOfJob(ctx, store.JobID(job.ID)); err != nil || found {
		return errors.Join(err, river.RecordOutput(ctx, resultOf(d)))
	}
	brief, err := w.brief(ctx, job)
	if err != nil {
		return refused(err)
	}
	_ = w.store.ReportProgress(ctx, store.JobID(job.ID), store.JobProgress{Percent: 20, Stage: "write", Message: "Writing the draft."})
	var unwritten []error
	brief.Unwritten = func(_ string, cause error) { unwritten = append(unwritten, cause) }
	draft, err := content.Write(ctx, brief)
	if err != nil {
		return err
	}
	id := store.JobID(job.ID)
	draft.JobID, draft.Keyword = &id, job.Args.Keyword
	draft.ContentScore = new(content.ScoreDraft(draft, w.now()))
	err = w.store.InTx(ctx, func(ctx context.Context) error {
		saved, err := w.store.SaveDraft(ctx, draft)
		if err != nil {
			return err
		}
		result := resultOf(saved)
		result.Shortfall = shortfallOf(unwritten)
		return complete(ctx, job, result)
	})
	return refused(err)
}

// shortfallOf says how many sections the model did not write, and why the first was not; nil where it wrote all.
func shortfallOf(unwritten []error) *string {
	if len(unwritten) == 0 {
		return nil
	}
	return new(fmt.Sprintf("The model did not write %s, made of the report's own sentences instead. %s", store.Amount(len(unwritten), "section"), sentence(unwritten[0])))
}

func resultOf(d store.Draft) synthesizeResult {
	return synthesizeResult{DraftID: d.ID, Version: d.Version, Method: d.Method, WordCount: d.WordCount}
}

// brief gathers what the draft is written from.
func (w *synthesizeWorker) brief(ctx context.Context, job *river.Job[SynthesizeArgs]) (content.Brief, error) {
	args := job.Args
	topic, err := w.store.Topic(ctx, args.TopicID)
	if err != nil {
		return content.Brief{}, err
	}
	run, err := w.store.RunToWriteFrom(ctx, topic.ID)
	if err != nil {
		return content.Brief{}, err
	}
	brief := content.Brief{
		Topic: topic, Run: run, Language: args.Language, Tone: args.Tone, TargetWords: args.TargetWords, Model: w.model,
		Book: newBook(w.store, store.JobID(job.ID), &run.ID, &topic.ID, &args.Budget),
		Supports: func(sentence string, claim store.ResearchClaim) (bool, string) {
			judged := research.Judge(sentence, args.Language, research.Evidence{Quote: claim.Quote, Context: claim.Source.Title + "\n" + claim.Sentence, Language: run.Language})
			return judged.Verdict == store.Supported, judged.Reason
		},
	}
	page := store.Page{Size: store.MaxPageSize}
	for {
		list, err := w.store.ResearchClaims(ctx, run.ID, store.ClaimFilter{Verdict: new(store.Supported)}, page)
		if err != nil {
			return brief, err
		}
		brief.Claims = append(brief.Claims, list.Items...)
		if list.NextCursor == nil {
			break
		}
		page.Cursor = *list.NextCursor
	}
	others, err := w.store.FindTopics(ctx, store.TopicFilter{Market: topic.Market, Language: topic.Language}, store.Page{Size: store.MaxPageSize})
	brief.Others = others.Items
	return brief, err
}

// Synthesize queues a draft in the transaction of ctx. A topic that has no report yet, or one without claims, is refused.
func (c *Client) Synthesize(ctx context.Context, args SynthesizeArgs) (store.Job, error) {
	if _, err := c.store.RunToWriteFrom(ctx, args.TopicID); err != nil {
		return store.Job{}, err
	}
	return c.queue(ctx, args)
}

// EditedDraft is a draft that a person has changed, with what follows from it.
func (c *Client) EditedDraft(d store.Draft) store.Draft { return content.Edited(d, c.now()) }

// ExportDraft writes a draft in a format, and answers it with its media type and file extension.
func ExportDraft(d store.Draft, format string) (file []byte, as content.Format, err error) {
	file, err = content.Export(d, format)
	return file, content.Formats[format], err
}

// CompareDrafts tells by lines how one draft becomes another.
func CompareDrafts(before, after store.Draft) []content.Change {
	return content.Compare(before.BodyMarkdown, after.BodyMarkdown)
}
