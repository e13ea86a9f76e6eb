package store

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The ways in which reports, drafts and descriptions are made: of the sources' own sentences, or by a model.
const (
	Extractive = "extractive"
	ByModel    = "model"
)

// A ResearchRun is a question with what may be spent on it and what came of it. Its JSON form is the API's.
type ResearchRun struct {
	ID      uuid.UUID  `json:"id"`
	TopicID *uuid.UUID `json:"topic_id"`
	JobID   JobID      `json:"job_id"`

	Question string `json:"question"`
	Domain   string `json:"domain"`
	Market   string `json:"market"`
	// Language is the question's, OutputLanguage the report's.
	Language       string `json:"language"`
	OutputLanguage string `json:"output_language"`
	// Depth is quick, balanced or deep; Scope is archive or all.
	Depth  string         `json:"depth"`
	Scope  string         `json:"scope"`
	Budget ResearchBudget `json:"budget"`

	// Status is queued, running, complete, partial, failed or cancelled.
	Status string `json:"status"`
	// Method is extractive or model; nil before there is a report.
	Method *string `json:"method"`
	// Answered is whether any source bears an answer; nil before that is known.
	Answered *bool `json:"answered"`
	// Report is CommonMark with [n] for sources; nil before there is one.
	Report *string `json:"report"`
	// Questions were looked into; OpenQuestions are those of them that no source answered.
	Questions     []string `json:"questions"`
	OpenQuestions []string `json:"open_questions"`
	// Shortfalls say what could not be done, and why.
	Shortfalls []string `json:"shortfalls"`
	// Dropped are sentences that their sources did not bear.
	Dropped       []DroppedSentence `json:"dropped"`
	Disagreements []SourceDispute   `json:"disagreements"`
	Claims        ClaimCounts       `json:"claims"`
	SourcesRead   int               `json:"sources_read"`
	Cost          Spending          `json:"cost"`
	// WorkedSeconds is how long it has been worked on.
	WorkedSeconds float64 `json:"worked_seconds"`
	Error         *string `json:"error"`

	Revision   int64      `json:"-"`
	CreatedAt  time.Time  `json:"created_at"`
	StartedAt  *time.Time `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
}

// A ResearchBudget is what a run may spend; it is never exceeded.
type ResearchBudget struct {
	// MaxCostUSD is nil where cost is not limited.
	MaxCostUSD  *float64 `json:"max_cost_usd"`
	MaxSeconds  int      `json:"max_seconds"`
	MaxRequests int      `json:"max_requests"`
	// RepeatLostCalls makes paid calls again whose answers were lost because the process died.
	RepeatLostCalls bool `json:"repeat_lost_calls"`
}

// MaxCostMicros is the limit in micro-dollars.
func (b ResearchBudget) MaxCostMicros() *int64 {
	if b.MaxCostUSD == nil {
		return nil
	}
	return new(int64(*b.MaxCostUSD*1e6 + 0.5))
}

// A DroppedSentence was written and is not in the report.
type DroppedSentence struct {
	Sentence string `json:"sentence"`
	Reason   string `json:"reason"`
}

// A SourceDispute is a figure, date or name on which sources differ.
type SourceDispute struct {
	Kind    string         `json:"kind"`
	Subject string         `json:"subject"`
	Values  []DisputeValue `json:"values"`
}

// A DisputeValue is what one source says.
type DisputeValue struct {
	Value string `json:"value"`
	// Source is its number in the report.
	Source      int        `json:"source"`
	Quote       string     `json:"quote"`
	PublishedAt *time.Time `json:"published_at"`
}

// ClaimCounts are how many claims have which verdict.
type ClaimCounts struct {
	Supported    int `json:"supported"`
	Partly       int `json:"partly"`
	NotSupported int `json:"not_supported"`
	Unreachable  int `json:"unreachable"`
}

const runColumns = `
	r.id, r.topic_id, r.job_id, r.question, r.domain, r.market, r.language, r.output_language, r.depth, r.scope,
	r.max_cost_micros, r.max_seconds, r.max_requests, r.repeat_lost_calls, r.status, r.method, r.answered, r.report,
	r.questions, r.open_questions, r.shortfalls, r.dropped, r.disagreements, r.worked_ms, r.error,
	r.revision, r.created_at, r.started_at, r.finished_at,
	claimed.supported, claimed.partly, claimed.not_supported, claimed.unreachable,
	(select count(*) from research_sources where run_id = r.id and snapshot_id is not null) as sources_read,
	spent.requests, spent.known_usd, spent.calls_of_unknown_cost, spent.input_tokens, spent.output_tokens`

// Left joins, so that counting runs does not count their claims and calls: the planner leaves out what nobody reads.
const runTables = `
	research_runs r
	left join lateral (
		select count(*) filter (where verdict = 'supported') as supported, count(*) filter (where verdict = 'partly') as partly,
			count(*) filter (where verdict = 'not_supported') as not_supported, count(*) filter (where verdict = 'unreachable') as unreachable
		from claims
		where run_id = r.id) claimed on true
	left join lateral (
		select` + spendingColumns + `
		from calls
		where run_id = r.id) spent on true`

func scanRun(row pgx.CollectableRow) (ResearchRun, error) {
	var r ResearchRun
	var maxCost *int64
	var workedMS int64
	err := row.Scan(&r.ID, &r.TopicID, &r.JobID, &r.Question, &r.Domain, &r.Market, &r.Language, &r.OutputLanguage, &r.Depth, &r.Scope,
		&maxCost, &r.Budget.MaxSeconds, &r.Budget.MaxRequests, &r.Budget.RepeatLostCalls, &r.Status, &r.Method, &r.Answered, &r.Report,
		&r.Questions, &r.OpenQuestions, &r.Shortfalls, &r.Dropped, &r.Disagreements, &workedMS, &r.Error,
		&r.Revision, &r.CreatedAt, &r.StartedAt, &r.FinishedAt,
		&r.Claims.Supported, &r.Claims.Partly, &r.Claims.NotSupported, &r.Claims.Unreachable, &r.SourcesRead,
		&r.Cost.Requests, &r.Cost.KnownUSD, &r.Cost.CallsOfUnknownCost, &r.Cost.InputTokens, &r.Cost.OutputTokens)
	r.Budget.MaxCostUSD = dollars(maxCost)
	r.WorkedSeconds = float64(workedMS) / 1000
	return r, err
}

// A ResearchRequest is a run to make. Every field is set.
type ResearchRequest struct {
	TopicID                                                          *uuid.UUID
	Question, Domain, Market, Language, OutputLanguage, Depth, Scope string
	Budget                                                           ResearchBudget
}

// CreateResearchRun adds a run, which its job works on.
func (s *Store) CreateResearchRun(ctx context.Context, id uuid.UUID, job JobID, r ResearchRequest) error {
	const q = `
		insert into research_runs (id, topic_id, job_id, question, question_key, domain, market, language, output_language, depth, scope,
			max_cost_micros, max_seconds, max_requests, repeat_lost_calls)
		values (@id, @topic, @job, @question, @key, @domain, @market, @language, @output, @depth, @scope,
			@max_cost, @max_seconds, @max_requests, @repeat)`
	_, err := s.db(ctx).Exec(ctx, q, pgx.NamedArgs{
		"id": id, "topic": r.TopicID, "job": int64(job), "question": r.Question, "key": QuestionKey(r.Question), "domain": r.Domain,
		"market": marketCode(r.Market), "language": languageTag(r.Language), "output": languageTag(r.OutputLanguage), "depth": r.Depth,
		"scope": r.Scope, "max_cost": r.Budget.MaxCostMicros(), "max_seconds": r.Budget.MaxSeconds, "max_requests": r.Budget.MaxRequests,
		"repeat": r.Budget.RepeatLostCalls,
	})
	return orInvalid(err, "research_run")
}

// QuestionKey is what makes two questions the same: as of titles, without the signs around them.
func QuestionKey(question string) string {
	return TitleKey(strings.TrimFunc(question, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }))
}

// SameResearch is the newest run of the same question, market, languages, depth and scope that is under way, or that has been
// finished since a time, if there is one. For a topic it is one of the topic's own.
func (s *Store) SameResearch(ctx context.Context, r ResearchRequest, since time.Time) (run ResearchRun, found bool, err error) {
	const q = `
		select ` + runColumns + `
		from ` + runTables + `
		where question_key = @key and market = @market and output_language = @output and language = @language and depth = @depth
			and scope = @scope and domain = @domain and topic_id is not distinct from @topic
			and (status in ('queued', 'running') or status = 'complete' and finished_at >= @since)
		order by created_at desc
		limit 1`
	rows, _ := s.planned(ctx).Query(ctx, q, pgx.NamedArgs{
		"key": QuestionKey(r.Question), "market": marketCode(r.Market), "language": languageTag(r.Language),
		"output": languageTag(r.OutputLanguage), "depth": r.Depth, "scope": r.Scope, "domain": r.Domain, "topic": r.TopicID, "since": since,
	})
	run, err = pgx.CollectExactlyOneRow(rows, scanRun)
	if errors.Is(err, pgx.ErrNoRows) {
		return run, false, nil
	}
	return run, err == nil, err
}

// LockQuestion makes whoever asks the same question wait for the end of the transaction.
func (s *Store) LockQuestion(ctx context.Context, question string) error {
	return s.lockName(ctx, questionLockClass, QuestionKey(question))
}

// lockName makes whoever locks the same name of a class wait for the end of the transaction.
func (s *Store) lockName(ctx context.Context, class int, name string) error {
	_, err := s.db(ctx).Exec(ctx, `select pg_advisory_xact_lock($1::int, hashtext($2))`, class, name)
	return err
}

// questionLockClass sets the locks of questions apart from other advisory locks.
const questionLockClass = 0x63637774

// ResearchRun reads one run.
func (s *Store) ResearchRun(ctx context.Context, id uuid.UUID) (ResearchRun, error) {
	const q = `select ` + runColumns + ` from ` + runTables + ` where r.id = $1`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	run, err := pgx.CollectExactlyOneRow(rows, scanRun)
	return run, orNotFound(err, "research_run", id)
}

// A ResearchFilter narrows a list of runs; nil fields do not.
type ResearchFilter struct {
	TopicID               *uuid.UUID
	Status, Market, Depth *string
}

var runListing = plainListing[ResearchRun]{
	resource: "research_run",
	columns:  runColumns,
	from:     runTables,
	where: `(@topic::uuid is null or topic_id = @topic)
			and (@status::text is null or status = @status)
			and (@market::text is null or market = @market)
			and (@depth::text is null or depth = @depth)`,
	orders: []order{{name: "-created_at", desc: true, keys: []sortKey{{"r.created_at", keyTime}, {"r.id", keyID}}}},
	scan:   scanRun,
	keys:   func(r ResearchRun, _ string) []string { return []string{momentKey(r.CreatedAt), r.ID.String()} },
}

// ResearchRuns answers one page of runs, the newest first.
func (s *Store) ResearchRuns(ctx context.Context, f ResearchFilter, p Page) (List[ResearchRun], error) {
	if f.Market != nil {
		f.Market = new(marketCode(*f.Market))
	}
	return runListing.page(ctx, s, p, pgx.NamedArgs{"topic": f.TopicID, "status": f.Status, "market": f.Market, "depth": f.Depth})
}

// StartResearch notes that a run is being worked on, and answers it. One that has ended already is answered as it is.
func (s *Store) StartResearch(ctx context.Context, id uuid.UUID) (ResearchRun, error) {
	const q = `
		update research_runs
		set status = 'running', started_at = coalesce(started_at, now()), error = null, revision = revision + 1
		where id = $1 and status in ('queued', 'running')`
	if _, err := s.db(ctx).Exec(ctx, q, id); err != nil {
		return ResearchRun{}, err
	}
	return s.ResearchRun(ctx, id)
}

// EndResearch notes that a run has ended without a report. One that has ended already stays as it is.
func (s *Store) EndResearch(ctx context.Context, id uuid.UUID, status, message string) error {
	const q = `
		update research_runs
		set status = $2, error = $3, finished_at = now(), revision = revision + 1
		where id = $1 and status in ('queued', 'running')`
	_, err := s.db(ctx).Exec(ctx, q, id, status, message)
	return err
}

// followJob keeps a run in step with its job: cancelled with it, queued again with it.
func (s *Store) followJob(ctx context.Context, job JobID, from []string, to string) error {
	const q = `
		update research_runs
		set status = $3, finished_at = case when $3 = 'queued' then null else now() end, revision = revision + 1
		where job_id = $1 and status = any ($2)`
	_, err := s.db(ctx).Exec(ctx, q, int64(job), from, to)
	return err
}

// CancelResearch cancels the run that a job works on, if it works on one that has not ended.
func (s *Store) CancelResearch(ctx context.Context, job JobID) error {
	return s.followJob(ctx, job, []string{"queued", "running"}, "cancelled")
}

// RequeueResearch makes the run of a job go on, if it has failed or was cancelled.
func (s *Store) RequeueResearch(ctx context.Context, job JobID) error {
	return s.followJob(ctx, job, []string{"failed", "cancelled"}, "queued")
}

// WorkedOnResearch adds to the time that a run has taken.
func (s *Store) WorkedOnResearch(ctx context.Context, id uuid.UUID, d time.Duration) error {
	_, err := s.db(ctx).Exec(ctx, `update research_runs set worked_ms = worked_ms + $2 where id = $1`, id, d.Milliseconds())
	return err
}

// A ResearchStep is a piece of a run's work. Its JSON form is the API's.
type ResearchStep struct {
	// Seq is its place in the order in which steps began.
	Seq     int64  `json:"-"`
	Key     string `json:"key"`
	Stage   string `json:"stage"`
	Message string `json:"message"`
	// State is running, done or failed.
	State      string          `json:"state"`
	Input      json.RawMessage `json:"input"`
	Output     json.RawMessage `json:"output"`
	Error      *string         `json:"error"`
	StartedAt  time.Time       `json:"started_at"`
	FinishedAt *time.Time      `json:"finished_at"`
}

// BeginStep notes that a step of a run begins. One that was done before is answered by its output instead.
func (s *Store) BeginStep(ctx context.Context, run uuid.UUID, step ResearchStep) (output json.RawMessage, done bool, err error) {
	const q = `
		insert into research_steps (run_id, key, stage, message, state, input)
		values (@run, @key, @stage, @message, 'running', @input)
		on conflict (run_id, key) do update
		set state = case when research_steps.state = 'done' then 'done' else 'running' end,
			started_at = case when research_steps.state = 'done' then research_steps.started_at else now() end
		returning state = 'done', output`
	err = s.db(ctx).QueryRow(ctx, q, pgx.NamedArgs{
		"run": run, "key": step.Key, "stage": step.Stage, "message": step.Message, "input": step.Input,
	}).Scan(&done, &output)
	return output, done, err
}

// EndStep notes what a step came to: its output, or why it failed.
func (s *Store) EndStep(ctx context.Context, run uuid.UUID, key string, output json.RawMessage, fault *string) error {
	const q = `
		update research_steps
		set state = case when $4::text is null then 'done' else 'failed' end, output = $3, error = $4, finished_at = now()
		where run_id = $1 and key = $2`
	_, err := s.db(ctx).Exec(ctx, q, run, key, output, fault)
	return err
}

var stepListing = plainListing[ResearchStep]{
	resource: "research_run",
	columns:  "seq, key, stage, message, state, input, output, error, started_at, finished_at",
	from:     "research_steps",
	where:    "run_id = @run",
	orders:   []order{{name: "seq", keys: []sortKey{{"seq", keyBigInt}}}},
	scan:     pgx.RowToStructByName[ResearchStep],
	keys:     func(s ResearchStep, _ string) []string { return []string{strconv.FormatInt(s.Seq, 10)} },
}

// ResearchSteps answers one page of what a run has done, in the order in which it began.
func (s *Store) ResearchSteps(ctx context.Context, run uuid.UUID, p Page) (List[ResearchStep], error) {
	if _, err := s.ResearchRun(ctx, run); err != nil {
		return List[ResearchStep]{}, err
	}
	return stepListing.page(ctx, s, p, pgx.NamedArgs{"run": run})
}
