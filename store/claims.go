package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A Snapshot is a text as it was when it was read: what citations point into. Its JSON form is the API's.
type Snapshot struct {
	ID           uuid.UUID `json:"id"`
	URL          string    `json:"url"`
	CanonicalURL string    `json:"canonical_url"`
	Title        string    `json:"title"`
	// Hash is the SHA-256 of Text, in lower-case hex.
	Hash string `json:"hash"`
	// Text is plain; positions in it count its characters (Unicode code points).
	Text     string `json:"text"`
	Language string `json:"language"`
	// DocumentID is the document of the archive that the text was taken from; nil where it was read from the web.
	DocumentID  *uuid.UUID `json:"document_id"`
	PublishedAt *time.Time `json:"published_at"`
	FetchedAt   time.Time  `json:"fetched_at"`
}

const snapshotColumns = `id, url, canonical_url, title, hash, text, language, document_id, published_at, fetched_at`

// KeepSnapshot keeps a text, whose id and hash it sets. The same text of the same address is kept once, as it was first.
func (s *Store) KeepSnapshot(ctx context.Context, snapshot Snapshot) (Snapshot, error) {
	const (
		insert = `
			insert into snapshots (id, url, canonical_url, title, hash, text, language, document_id, published_at, fetched_at)
			values (@id, @url, @canonical, @title, @hash, @text, @language, (select id from documents where id = @document), @published, @fetched)
			on conflict (canonical_url, hash) do nothing`
		find = `select ` + snapshotColumns + ` from snapshots where canonical_url = $1 and hash = $2`
	)
	sum := sha256.Sum256([]byte(snapshot.Text))
	hash := hex.EncodeToString(sum[:])
	_, err := s.db(ctx).Exec(ctx, insert, pgx.NamedArgs{
		"id": newID(), "url": snapshot.URL, "canonical": snapshot.CanonicalURL, "title": snapshot.Title, "hash": hash, "text": snapshot.Text,
		"language": snapshot.Language, "document": snapshot.DocumentID, "published": snapshot.PublishedAt, "fetched": snapshot.FetchedAt,
	})
	if err != nil {
		return Snapshot{}, err
	}
	rows, _ := s.db(ctx).Query(ctx, find, snapshot.CanonicalURL, hash)
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Snapshot])
}

// Snapshot reads one snapshot.
func (s *Store) Snapshot(ctx context.Context, id uuid.UUID) (Snapshot, error) {
	rows, _ := s.db(ctx).Query(ctx, `select `+snapshotColumns+` from snapshots where id = $1`, id)
	snapshot, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Snapshot])
	return snapshot, orNotFound(err, "snapshot", id)
}

// A ResearchSource is a page that a run found: read, or why not. Its JSON form is the API's.
type ResearchSource struct {
	// Position is its place among the run's sources, the best being 1: the n of [n] in the report.
	Position int    `json:"position"`
	URL      string `json:"url"`
	Title    string `json:"title"`
	// FoundBy are the backends that found it.
	FoundBy []string `json:"found_by"`
	// Score is how well it suits, the sum of Parts; nil where it was not weighed.
	Score *float64        `json:"score"`
	Parts json.RawMessage `json:"parts"`
	// SnapshotID is nil where it was not read; then Error says why.
	SnapshotID  *uuid.UUID `json:"snapshot_id"`
	Hash        *string    `json:"hash"`
	PublishedAt *time.Time `json:"published_at"`
	FetchedAt   *time.Time `json:"fetched_at"`
	// CopyOf is the position of the source whose text this one repeats.
	CopyOf *int       `json:"copy_of"`
	Error  *PageError `json:"error"`
}

var sourceListing = plainListing[ResearchSource]{
	resource: "research_run",
	columns: `position, research_sources.url, research_sources.title, found_by, score, parts, snapshot_id, hash, published_at, fetched_at,
		copy_of, error`,
	from:   "research_sources left join snapshots on snapshots.id = snapshot_id",
	where:  "run_id = @run",
	orders: []order{{name: "position", keys: []sortKey{{"position", keyInt}}}},
	scan:   pgx.RowToStructByName[ResearchSource],
	keys:   func(r ResearchSource, _ string) []string { return []string{fmt.Sprint(r.Position)} },
}

// ResearchSources answers one page of the sources of a run, the best first.
func (s *Store) ResearchSources(ctx context.Context, run uuid.UUID, p Page) (List[ResearchSource], error) {
	if _, err := s.ResearchRun(ctx, run); err != nil {
		return List[ResearchSource]{}, err
	}
	return sourceListing.page(ctx, s, p, pgx.NamedArgs{"run": run})
}

// The verdicts on claims.
const (
	Supported    = "supported"
	Partly       = "partly"
	NotSupported = "not_supported"
	Unreachable  = "unreachable"
)

// A ResearchClaim is a sentence of a report with the words of a source that it rests on. Its JSON form is the API's.
type ResearchClaim struct {
	ID       uuid.UUID `json:"id"`
	RunID    uuid.UUID `json:"run_id"`
	Position int       `json:"position"`
	Section  string    `json:"section"`
	Sentence string    `json:"sentence"`
	Quote    string    `json:"quote"`
	// Start and End are the quote's place in the snapshot's text, in characters; End is exclusive.
	Start  int         `json:"start"`
	End    int         `json:"end"`
	Source ClaimSource `json:"source"`
	// Verdict is supported, partly, not_supported or unreachable.
	Verdict string `json:"verdict"`
	// JudgedBy is "quote", "rules" or the name of a model.
	JudgedBy string `json:"judged_by"`
	Reason   string `json:"reason"`
	// IndependentSources is how many sources of the run say so without having copied each other.
	IndependentSources int `json:"independent_sources"`
	// Disputed: another source, about as new, has another figure; the run's disagreements tell which.
	Disputed bool `json:"disputed"`
}

// A ClaimSource is where a quote stands.
type ClaimSource struct {
	// Number is the n of [n] in the report.
	Number      int        `json:"number"`
	URL         string     `json:"url"`
	Title       string     `json:"title"`
	Hash        string     `json:"hash"`
	FetchedAt   time.Time  `json:"fetched_at"`
	PublishedAt *time.Time `json:"published_at"`
	SnapshotID  uuid.UUID  `json:"snapshot_id"`
}

// A ClaimFilter narrows a list of claims; nil fields do not.
type ClaimFilter struct {
	RunID   *uuid.UUID
	Verdict *string
}

var claimListing = plainListing[ResearchClaim]{
	resource: "claim",
	columns: `claims.id, run_id, position, section, sentence, quote, quote_start, quote_end, source, url, title, hash, fetched_at,
		published_at, snapshot_id, verdict, judged_by, reason, independent_sources, disputed`,
	from:   "claims join snapshots on snapshots.id = snapshot_id",
	where:  "run_id = @run and (@verdict::text is null or verdict = @verdict)",
	orders: []order{{name: "position", keys: []sortKey{{"position", keyInt}}}},
	scan: func(row pgx.CollectableRow) (ResearchClaim, error) {
		var c ResearchClaim
		err := row.Scan(&c.ID, &c.RunID, &c.Position, &c.Section, &c.Sentence, &c.Quote, &c.Start, &c.End, &c.Source.Number, &c.Source.URL,
			&c.Source.Title, &c.Source.Hash, &c.Source.FetchedAt, &c.Source.PublishedAt, &c.Source.SnapshotID, &c.Verdict, &c.JudgedBy,
			&c.Reason, &c.IndependentSources, &c.Disputed)
		return c, err
	},
	keys: func(c ResearchClaim, _ string) []string { return []string{fmt.Sprint(c.Position)} },
}

// ResearchClaims answers one page of the claims of a run, in the order of the report.
func (s *Store) ResearchClaims(ctx context.Context, run uuid.UUID, f ClaimFilter, p Page) (List[ResearchClaim], error) {
	if _, err := s.ResearchRun(ctx, run); err != nil {
		return List[ResearchClaim]{}, err
	}
	return claimListing.page(ctx, s, p, pgx.NamedArgs{"run": run, "verdict": f.Verdict})
}

// TopicClaims answers one page of the claims of a topic's newest run that has a report. A topic that has never been
// researched has none, which is a refusal of its own.
func (s *Store) TopicClaims(ctx context.Context, topic uuid.UUID, f ClaimFilter, p Page) (List[ResearchClaim], error) {
	run, err := s.reportedRun(ctx, topic)
	if err != nil {
		return List[ResearchClaim]{}, err
	}
	return claimListing.page(ctx, s, p, pgx.NamedArgs{"run": run, "verdict": f.Verdict})
}

// reportedRun is the newest run of a topic that has a report.
func (s *Store) reportedRun(ctx context.Context, topic uuid.UUID) (uuid.UUID, error) {
	const q = `
		select id
		from research_runs
		where topic_id = $1 and status in ('complete', 'partial')
		order by created_at desc, id desc
		limit 1`
	if _, err := s.Topic(ctx, topic); err != nil {
		return uuid.Nil, err
	}
	var run uuid.UUID
	err := s.db(ctx).QueryRow(ctx, q, topic).Scan(&run)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, &Error{
			Kind: KindNotFound, Resource: "research_run", Message: "The topic has not been researched. Queue that with POST /topics/{id}/research.",
			Details: map[string]any{"topic_id": topic},
		}
	}
	return run, err
}

// A ResearchOutcome is what a run has come to.
type ResearchOutcome struct {
	// Status is complete or partial, Method extractive or model.
	Status, Method, Report   string
	Answered                 bool
	Questions, OpenQuestions []string
	Shortfalls               []string
	Dropped                  []DroppedSentence
	Disagreements            []SourceDispute
	Sources                  []ResearchSource
	// Claims have their source's number and snapshot, and no id yet.
	Claims []ResearchClaim
}

// FinishResearch keeps what a run has come to, and brings its topic up to date. It reports false, and keeps nothing, where
// the run has ended meanwhile, as by being cancelled.
func (s *Store) FinishResearch(ctx context.Context, id uuid.UUID, o ResearchOutcome) (finished bool, err error) {
	const q = `
		update research_runs
		set status = @status, method = @method, answered = @answered, report = @report, questions = @questions, open_questions = @open,
			shortfalls = @shortfalls, dropped = @dropped, disagreements = @disagreements, error = null, finished_at = now(),
			revision = revision + 1
		where id = @id and status = 'running'
		returning topic_id`
	err = s.InTx(ctx, func(ctx context.Context) error {
		var topic *uuid.UUID
		err := s.db(ctx).QueryRow(ctx, q, pgx.NamedArgs{
			"id": id, "status": o.Status, "method": o.Method, "answered": o.Answered, "report": o.Report, "questions": orEmpty(o.Questions),
			"open": orEmpty(o.OpenQuestions), "shortfalls": orEmpty(o.Shortfalls), "dropped": orEmpty(o.Dropped), "disagreements": orEmpty(o.Disagreements),
		}).Scan(&topic)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		finished = true
		if err := s.saveSources(ctx, id, o.Sources); err != nil {
			return fmt.Errorf("keep the sources: %w", err)
		}
		if err := s.saveClaims(ctx, id, topic, o.Claims); err != nil {
			return fmt.Errorf("keep the claims: %w", err)
		}
		if topic == nil {
			return nil
		}
		return s.researchedTopic(ctx, *topic, o)
	})
	return finished, err
}

// orEmpty is a list that JSON does not call null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *Store) saveSources(ctx context.Context, run uuid.UUID, sources []ResearchSource) error {
	const q = `
		insert into research_sources (run_id, position, url, title, found_by, score, parts, snapshot_id, copy_of, error)
		values (@run, @position, @url, @title, @found_by, @score, @parts, @snapshot, @copy_of, @error)`
	batch := &pgx.Batch{}
	for _, source := range sources {
		parts := source.Parts
		if parts == nil {
			parts = json.RawMessage("[]")
		}
		batch.Queue(q, pgx.NamedArgs{
			"run": run, "position": source.Position, "url": source.URL, "title": source.Title, "found_by": orEmpty(source.FoundBy),
			"score": source.Score, "parts": parts, "snapshot": source.SnapshotID, "copy_of": source.CopyOf, "error": source.Error,
		})
	}
	tx, _ := Tx(ctx)
	return tx.SendBatch(ctx, batch).Close()
}

func (s *Store) saveClaims(ctx context.Context, run uuid.UUID, topic *uuid.UUID, claims []ResearchClaim) error {
	const q = `
		insert into claims (id, run_id, topic_id, position, section, sentence, source, snapshot_id, quote, quote_start, quote_end,
			verdict, judged_by, reason, independent_sources, disputed)
		values (@id, @run, @topic, @position, @section, @sentence, @source, @snapshot, @quote, @start, @end,
			@verdict, @judged_by, @reason, @independent, @disputed)`
	batch := &pgx.Batch{}
	for i, c := range claims {
		batch.Queue(q, pgx.NamedArgs{
			"id": newID(), "run": run, "topic": topic, "position": i + 1, "section": c.Section, "sentence": c.Sentence,
			"source": c.Source.Number, "snapshot": c.Source.SnapshotID, "quote": c.Quote, "start": c.Start, "end": c.End,
			"verdict": c.Verdict, "judged_by": c.JudgedBy, "reason": c.Reason, "independent": c.IndependentSources, "disputed": c.Disputed,
		})
	}
	tx, _ := Tx(ctx)
	return tx.SendBatch(ctx, batch).Close()
}

// researchedTopic gives a topic its report and citations. Only a report that answers moves its status.
func (s *Store) researchedTopic(ctx context.Context, id uuid.UUID, o ResearchOutcome) error {
	const q = `
		update topics
		set research_report = @report, citations = @citations,
			status = case when @answered and status in ('discovered', 'validated') then 'researched' else status end,
			revision = revision + 1, updated_at = now()
		where id = @id`
	type citation struct {
		Number     int       `json:"number"`
		URL        string    `json:"url"`
		Title      string    `json:"title"`
		SnapshotID uuid.UUID `json:"snapshot_id"`
	}
	var citations []citation
	cited := map[int]bool{}
	for _, claim := range o.Claims {
		cited[claim.Source.Number] = true
	}
	for _, source := range o.Sources {
		if cited[source.Position] && source.SnapshotID != nil {
			citations = append(citations, citation{source.Position, source.URL, source.Title, *source.SnapshotID})
		}
	}
	if _, err := s.db(ctx).Exec(ctx, q, pgx.NamedArgs{"id": id, "report": o.Report, "citations": orEmpty(citations), "answered": o.Answered}); err != nil {
		return err
	}
	return s.emitTopic(ctx, "topic.updated", id)
}
