package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A Draft is a version of what was written on a topic. Its JSON form is the API's.
type Draft struct {
	ID       uuid.UUID  `json:"id"`
	TopicID  uuid.UUID  `json:"topic_id"`
	Version  int        `json:"version"`
	RunID    *uuid.UUID `json:"run_id"`
	ParentID *uuid.UUID `json:"parent_id"`
	JobID    *JobID     `json:"-"`

	Title string `json:"title"`
	// MetaDescription is nil where no sentence of the draft is of a fitting length.
	MetaDescription *string `json:"meta_description"`
	Language        string  `json:"language"`
	Tone            string  `json:"tone"`
	// Keyword is what the draft is to be found by; nil where none was given.
	Keyword *string `json:"keyword"`
	// Method is extractive or model; Edited by a person.
	Method string `json:"method"`
	Edited bool   `json:"edited"`

	Outline      []OutlineSection `json:"outline"`
	BodyMarkdown string           `json:"body_markdown"`
	WordCount    int              `json:"word_count"`
	TargetWords  int              `json:"target_words"`
	// Sentences are those that rest on claims.
	Sentences []DraftSentence `json:"sentences"`
	// Citations are the sources, by the n of [n].
	Citations       []DraftCitation   `json:"citations"`
	InternalLinks   []InternalLink    `json:"internal_links"`
	HeroImagePrompt string            `json:"hero_image_prompt"`
	Dropped         []DroppedSentence `json:"dropped"`
	// ContentScore is how well it is made, and what to improve; nil in drafts that are older than scores.
	ContentScore *Score    `json:"content_score"`
	CreatedAt    time.Time `json:"created_at"`
}

// An OutlineSection is a heading with what belongs under it.
type OutlineSection struct {
	Heading string `json:"heading"`
	// ToResearch: nothing is known of it yet.
	ToResearch bool `json:"to_research"`
	Claims     int  `json:"claims"`
}

// A DraftSentence rests on claims.
type DraftSentence struct {
	Text    string      `json:"text"`
	Section string      `json:"section"`
	Claims  []uuid.UUID `json:"claims"`
}

// A DraftCitation is a source of a draft.
type DraftCitation struct {
	Number      int        `json:"number"`
	URL         string     `json:"url"`
	Title       string     `json:"title"`
	SnapshotID  uuid.UUID  `json:"snapshot_id"`
	Hash        string     `json:"hash"`
	FetchedAt   time.Time  `json:"fetched_at"`
	PublishedAt *time.Time `json:"published_at"`
}

// An InternalLink is another topic that a draft may link to.
type InternalLink struct {
	TopicID uuid.UUID `json:"topic_id"`
	Title   string    `json:"title"`
	Anchor  string    `json:"anchor"`
	// Relevance is the share of words that the titles have in common, from 0 to 1.
	Relevance float64 `json:"relevance"`
}

const draftColumns = `
	id, topic_id, version, run_id, parent_id, job_id, title, meta_description, language, tone, method, edited, outline, body_markdown,
	word_count, target_words, sentences, citations, internal_links, hero_image_prompt, dropped, created_at, keyword, content_score`

// SaveDraft keeps a draft as its topic's next version, and the topic as drafted.
func (s *Store) SaveDraft(ctx context.Context, d Draft) (Draft, error) {
	const (
		insert = `
			insert into drafts (id, topic_id, version, run_id, parent_id, job_id, title, meta_description, language, tone, method, edited, outline,
				body_markdown, word_count, target_words, sentences, citations, internal_links, hero_image_prompt, dropped, keyword, content_score)
			values (@id, @topic, (select coalesce(max(version), 0) + 1 from drafts where topic_id = @topic), @run, @parent, @job, @title, @meta,
				@language, @tone, @method, @edited, @outline, @body, @words, @target, @sentences, @citations, @links, @prompt, @dropped, @keyword, @score)
			returning ` + draftColumns
		drafted = `
			update topics
			set word_count = $2, content_score = $3, status = case when status in ('discovered', 'validated', 'researched') then 'drafted' else status end,
				revision = revision + 1, updated_at = now()
			where id = $1`
	)
	err := s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.lockTopic(ctx, d.TopicID, 0); err != nil {
			return err
		}
		rows, _ := s.db(ctx).Query(ctx, insert, pgx.NamedArgs{
			"id": newID(), "topic": d.TopicID, "run": d.RunID, "parent": d.ParentID, "job": (*int64)(d.JobID), "title": strings.TrimSpace(d.Title),
			"meta": d.MetaDescription, "language": d.Language, "tone": d.Tone, "method": d.Method, "edited": d.Edited, "outline": orEmpty(d.Outline),
			"body": d.BodyMarkdown, "words": d.WordCount, "target": d.TargetWords, "sentences": orEmpty(d.Sentences), "citations": orEmpty(d.Citations),
			"links": orEmpty(d.InternalLinks), "prompt": d.HeroImagePrompt, "dropped": orEmpty(d.Dropped), "keyword": d.Keyword, "score": d.ContentScore,
		})
		saved, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Draft])
		if err != nil {
			return orInvalid(err, "draft")
		}
		d = saved
		if _, err := s.db(ctx).Exec(ctx, drafted, d.TopicID, d.WordCount, d.ContentScore.points()); err != nil {
			return err
		}
		return s.emitTopic(ctx, "topic.updated", d.TopicID)
	})
	return d, err
}

// Draft reads one draft.
func (s *Store) Draft(ctx context.Context, id uuid.UUID) (Draft, error) {
	rows, _ := s.db(ctx).Query(ctx, `select `+draftColumns+` from drafts where id = $1`, id)
	d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Draft])
	return d, orNotFound(err, "draft", id)
}

// DraftOfJob is the draft that a job has made, if it has.
func (s *Store) DraftOfJob(ctx context.Context, job JobID) (d Draft, found bool, err error) {
	rows, _ := s.db(ctx).Query(ctx, `select `+draftColumns+` from drafts where job_id = $1`, int64(job))
	d, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Draft])
	if errors.Is(err, pgx.ErrNoRows) {
		return d, false, nil
	}
	return d, err == nil, err
}

var draftListing = plainListing[Draft]{
	resource: "draft",
	columns:  draftColumns,
	from:     "drafts",
	where:    "topic_id = @topic",
	orders:   []order{{name: "-created_at", desc: true, keys: []sortKey{{"created_at", keyTime}, {"id", keyID}}}},
	scan:     pgx.RowToStructByName[Draft],
	keys:     func(d Draft, _ string) []string { return []string{momentKey(d.CreatedAt), d.ID.String()} },
}

// Drafts answers one page of the versions of a topic's draft, the newest first.
func (s *Store) Drafts(ctx context.Context, topic uuid.UUID, p Page) (List[Draft], error) {
	if _, err := s.Topic(ctx, topic); err != nil {
		return List[Draft]{}, err
	}
	return draftListing.page(ctx, s, p, pgx.NamedArgs{"topic": topic})
}

// DeleteDraft deletes one version for good.
func (s *Store) DeleteDraft(ctx context.Context, id uuid.UUID) error {
	tag, err := s.db(ctx).Exec(ctx, `delete from drafts where id = $1`, id)
	if err == nil && tag.RowsAffected() == 0 {
		return notFound("draft", id)
	}
	return err
}

// RunToWriteFrom is the newest run of a topic that has a report. A topic without one cannot be written on yet, and neither can one
// whose report has no supported claim: each is a refusal that says what to do.
func (s *Store) RunToWriteFrom(ctx context.Context, topic uuid.UUID) (ResearchRun, error) {
	id, err := s.reportedRun(ctx, topic)
	if err != nil {
		return ResearchRun{}, err
	}
	run, err := s.ResearchRun(ctx, id)
	if err == nil && run.Claims.Supported == 0 {
		return ResearchRun{}, nothingToWriteFrom(run)
	}
	return run, err
}

func nothingToWriteFrom(run ResearchRun) *Error {
	message := "The topic's newest report has no supported claim to write from."
	if len(run.OpenQuestions) > 0 {
		message += " It left open: " + strings.Join(run.OpenQuestions, " ")
	}
	return &Error{
		Kind: KindInvalid, Resource: "research_run", Message: message + " Research it further with POST /topics/{id}/research.",
		Details: map[string]any{"run_id": run.ID, "open_questions": run.OpenQuestions},
	}
}
