package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The kinds of research reports.
const (
	ReportKeyword    = "keyword"
	ReportCompetitor = "competitor"
)

// A ResearchReport is what keyword or competitor research has found. Its JSON form is the API's.
type ResearchReport struct {
	ID      uuid.UUID  `json:"id"`
	Kind    string     `json:"kind"`
	TopicID *uuid.UUID `json:"topic_id"`
	JobID   JobID      `json:"job_id"`
	// Request is what was asked for, Result what research.Keywords or research.Competitors answered.
	Request   json.RawMessage `json:"request"`
	Result    json.RawMessage `json:"result"`
	CreatedAt time.Time       `json:"created_at"`
}

const reportColumns = `id, kind, topic_id, job_id, request, result, created_at`

// A ReportFilter narrows a list of reports; what is zero does not.
type ReportFilter struct {
	Kind    string
	TopicID uuid.UUID
}

var reportListing = plainListing[ResearchReport]{
	resource: "research_report",
	columns:  reportColumns,
	from:     "research_reports",
	where: `(@kind = '' or kind = @kind)
			and (@topic = '00000000-0000-0000-0000-000000000000'::uuid or topic_id = @topic)`,
	orders: []order{{name: "-created_at", desc: true, keys: []sortKey{{"created_at", keyTime}, {"id", keyID}}}},
	scan:   pgx.RowToStructByName[ResearchReport],
	keys:   func(r ResearchReport, _ string) []string { return []string{momentKey(r.CreatedAt), r.ID.String()} },
}

// ResearchReports answers one page of reports, the newest first.
func (s *Store) ResearchReports(ctx context.Context, f ReportFilter, p Page) (List[ResearchReport], error) {
	return reportListing.page(ctx, s, p, pgx.NamedArgs{"kind": f.Kind, "topic": f.TopicID})
}

// ResearchReport reads one report.
func (s *Store) ResearchReport(ctx context.Context, id uuid.UUID) (ResearchReport, error) {
	const q = `select ` + reportColumns + ` from research_reports where id = $1`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[ResearchReport])
	return r, orNotFound(err, "research_report", id)
}

// LatestReport is a topic's latest report of a kind. Where there is none yet, the refusal says what to call.
func (s *Store) LatestReport(ctx context.Context, topic uuid.UUID, kind string) (ResearchReport, error) {
	const q = `
		select ` + reportColumns + `
		from research_reports
		where topic_id = $1 and kind = $2
		order by created_at desc, id desc
		limit 1`
	if _, err := s.Topic(ctx, topic); err != nil {
		return ResearchReport{}, err
	}
	rows, _ := s.db(ctx).Query(ctx, q, topic, kind)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[ResearchReport])
	if err != nil {
		return ResearchReport{}, err
	}
	if len(found) == 0 {
		return ResearchReport{}, &Error{
			Kind: KindNotFound, Resource: "research_report", Details: map[string]any{"id": topic.String()},
			Message: fmt.Sprintf("This topic has no %s research yet. POST /topics/%s/research/%s begins it.", kind, topic, kind),
		}
	}
	return found[0], nil
}

// SaveReport keeps a report once per job and, where it is about a topic, what the topic shows of it.
func (s *Store) SaveReport(ctx context.Context, r ResearchReport, shown TopicResearch) (ResearchReport, error) {
	const (
		save = `
			insert into research_reports (id, kind, topic_id, job_id, request, result)
			values ($1, $2, $3, $4, $5, $6)
			on conflict (job_id) do nothing`
		read  = `select ` + reportColumns + ` from research_reports where job_id = $1`
		topic = `
			update topics
			set keywords = coalesce($2, keywords), competitors = coalesce($3, competitors), content_gaps = coalesce($4, content_gaps),
				revision = revision + 1, updated_at = now()
			where id = $1`
	)
	var saved ResearchReport
	err := s.InTx(ctx, func(ctx context.Context) error {
		if r.TopicID != nil {
			if _, err := s.lockTopic(ctx, *r.TopicID, 0); err != nil {
				return err
			}
		}
		added, err := s.db(ctx).Exec(ctx, save, newID(), r.Kind, r.TopicID, int64(r.JobID), r.Request, r.Result)
		if err != nil {
			return fmt.Errorf("save a report: %w", err)
		}
		rows, _ := s.db(ctx).Query(ctx, read, int64(r.JobID))
		if saved, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[ResearchReport]); err != nil {
			return err
		}
		if r.TopicID == nil || added.RowsAffected() == 0 {
			return nil
		}
		if _, err := s.db(ctx).Exec(ctx, topic, *r.TopicID, shown.Keywords, shown.Competitors, shown.ContentGaps); err != nil {
			return fmt.Errorf("show a report in its topic: %w", err)
		}
		return s.emitTopic(ctx, "topic.updated", *r.TopicID)
	})
	return saved, err
}

// TopicResearch is what a topic shows of research; nil leaves as it is. Values are those of the report.
type TopicResearch struct{ Keywords, Competitors, ContentGaps json.RawMessage }

// An ArchiveDocument is what research sees of a document.
type ArchiveDocument struct {
	ID             uuid.UUID
	Title          string
	URL            string
	Source         string
	SourceName     string
	SourceMetadata map[string]any
	PublishedAt    *time.Time
	FetchedAt      time.Time
	WordCount      *int
	StoryTitle     *string
	// Terms are its keyphrases and names by their ids.
	Terms []int64
}

// ArchiveDocuments reads documents for research, in the order of ids.
func (s *Store) ArchiveDocuments(ctx context.Context, ids []uuid.UUID) ([]ArchiveDocument, error) {
	const q = `
		select d.id, d.title, d.url, d.source, d.source_name, d.source_metadata, d.published_at, d.fetched_at, d.word_count,
			st.title as story_title, coalesce(t.terms, '{}') as terms
		from unnest($1::uuid[]) with ordinality as wanted (id, place)
		join documents d on d.id = wanted.id
		left join document_terms t on t.document_id = d.id
		left join story_documents sd on sd.document_id = d.id
		left join stories st on st.id = sd.story_id
		order by wanted.place`
	rows, _ := s.db(ctx).Query(ctx, q, ids)
	return pgx.CollectRows(rows, pgx.RowToStructByName[ArchiveDocument])
}

// MaxTermUse is how far the documents of a term are counted: what more have is common, and counting them all would take longer the
// larger the archive is.
const MaxTermUse = 2_000

// A TermUse is a term with how many documents of the archive have it; MaxTermUse is that many or more.
type TermUse struct {
	ID        int64
	Kind      string
	Text      string
	Documents int
}

// TermUses reads terms and counts their documents in a language, up to MaxTermUse.
func (s *Store) TermUses(ctx context.Context, ids []int64, language string) ([]TermUse, error) {
	const q = `
		select t.id, t.kind, t.text, (
			select count(*)
			from (select from document_terms d where d.terms @> array[t.id] and ($2 = '' or d.language = $2) limit $3) counted)::int as documents
		from terms t
		where t.id = any($1)
		order by t.id`
	rows, _ := s.planned(ctx).Query(ctx, q, ids, language, MaxTermUse)
	return pgx.CollectRows(rows, pgx.RowToStructByName[TermUse])
}

// ArchiveSizes counts the documents of a language and market in a window of time, and in the one before it.
func (s *Store) ArchiveSizes(ctx context.Context, language, market string, before, since, until time.Time) (now, earlier int, err error) {
	const q = `
		select count(*) filter (where happened_at >= $4), count(*) filter (where happened_at < $4)
		from document_terms
		where happened_at >= $3 and happened_at < $5 and ($1 = '' or language = $1) and ($2 = '' or market = $2)`
	err = s.planned(ctx).QueryRow(ctx, q, languageTag(language), marketCode(market), before, since, until).Scan(&now, &earlier)
	return now, earlier, err
}
