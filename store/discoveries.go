package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A DiscoveryRequest says where topics are looked for. Its JSON form is the API's.
type DiscoveryRequest struct {
	Domain   string `json:"domain"`
	Market   string `json:"market"`
	Language string `json:"language"`
	// Keywords and the words of SiteURL's pages say what is wanted; without them everything is.
	Keywords []string `json:"keywords,omitempty"`
	SiteURL  *string  `json:"site_url,omitempty"`
	// WindowDays is how many days before Until are looked at, against as many before them. Until is now unless set.
	WindowDays int        `json:"window_days,omitempty"`
	Until      *time.Time `json:"until,omitempty"`
	Limit      int        `json:"limit,omitempty"`
	// MinScore replaces the profile's threshold.
	MinScore *float64 `json:"min_score,omitempty"`
	Profile  string   `json:"profile,omitempty"`
	// DryRun tells what would be found and keeps nothing of it.
	DryRun bool `json:"dry_run,omitempty"`
	// MaxCostUSD is what a model may cost, if one is set up; nil is no limit.
	MaxCostUSD *float64 `json:"max_cost_usd,omitempty"`
}

// A Proposal is what a model proposes; nothing of it was measured. Error says why it did not answer; nil where it did.
type Proposal struct {
	// Method is MethodModel, Model which one.
	Method Method  `json:"method"`
	Model  string  `json:"model"`
	Error  *string `json:"error"`
}

// SeedProposals are what a model would look for, too.
type SeedProposals struct {
	Proposal
	Seeds []string `json:"seeds"`
}

// A TopicProposal is how a model would name a topic and write about it.
type TopicProposal struct {
	Proposal
	Label  *string  `json:"label"`
	Angles []string `json:"angles"`
}

// A DiscoveredTopic is what a discovery has found: a topic, new or known, or with a dry run what would be one.
type DiscoveredTopic struct {
	TopicID *uuid.UUID `json:"topic_id"`
	Title   string     `json:"title"`
	// Created is false for a topic that was there already, which has got the documents.
	Created bool        `json:"created"`
	Source  string      `json:"source"`
	Score   float64     `json:"score"`
	Parts   []ScorePart `json:"parts"`
	// Terms are what made it: keyphrases, names, searches.
	Terms     []string             `json:"terms"`
	Documents []DiscoveredDocument `json:"documents"`
	// Proposal is a model's; nil where none is set up, or it proposed nothing.
	Proposal *TopicProposal `json:"proposal"`
}

// A DiscoveredDocument is a document that a topic was found in.
type DiscoveredDocument struct {
	ID     uuid.UUID `json:"id"`
	Title  string    `json:"title"`
	URL    string    `json:"url"`
	Reason string    `json:"reason"`
	Words  string    `json:"words"`
}

// A LeftOut is a candidate that was not made a topic.
type LeftOut struct {
	Title  string   `json:"title"`
	Score  *float64 `json:"score"`
	Reason string   `json:"reason"`
}

// A DiscoveryReport is what a discovery has come to. Its JSON form is the API's.
type DiscoveryReport struct {
	Since          time.Time `json:"since"`
	Until          time.Time `json:"until"`
	Profile        string    `json:"profile"`
	ProfileVersion int       `json:"profile_version"`
	// Documents were in the window, DocumentsBefore in the one before it.
	Documents       int               `json:"documents"`
	DocumentsBefore int               `json:"documents_before"`
	Considered      int               `json:"considered"`
	Topics          []DiscoveredTopic `json:"topics"`
	LeftOut         []LeftOut         `json:"left_out"`
	// Site is what the site's pages are about; nil where none was given.
	Site *SiteProfile `json:"site"`
	// Proposals are a model's; nil where none is set up.
	Proposals *SeedProposals `json:"proposals"`
	// Note says in words why nothing was found, where nothing was; else nil.
	Note *string `json:"note"`
}

// A SiteProfile is what the pages of a site are about.
type SiteProfile struct {
	URL string `json:"url"`
	// Method is extractive.
	Method   string   `json:"method"`
	Language *string  `json:"language"`
	Keywords []string `json:"keywords"`
	Themes   []string `json:"themes"`
	Pages    []string `json:"pages"`
	// Error is why the site could not be read; nil where it could.
	Error *PageError `json:"error"`
}

// A DiscoveryRun is a discovery that has run. Its JSON form is the API's.
type DiscoveryRun struct {
	ID         uuid.UUID        `json:"id"`
	JobID      JobID            `json:"job_id"`
	ScheduleID *uuid.UUID       `json:"schedule_id"`
	Request    DiscoveryRequest `json:"request"`
	Report     DiscoveryReport  `json:"report"`
	CreatedAt  time.Time        `json:"created_at"`
}

const discoveryColumns = `id, job_id, schedule_id, request, report, created_at`

// SaveDiscovery keeps what a discovery has found: its topics with their documents, and the run itself. A title that is taken by
// now gives its documents to the topic that has it. It sets the topics' ids.
func (s *Store) SaveDiscovery(ctx context.Context, run DiscoveryRun) (DiscoveryRun, error) {
	const insert = `
		insert into discoveries (id, job_id, schedule_id, request, report)
		values ($1, $2, (select id from discovery_schedules where id = $3), $4, $5)
		returning ` + discoveryColumns
	err := s.InTx(ctx, func(ctx context.Context) error {
		for i := range run.Report.Topics {
			if run.Request.DryRun {
				break
			}
			if err := s.saveDiscovered(ctx, run, &run.Report.Topics[i]); err != nil {
				return err
			}
		}
		rows, _ := s.db(ctx).Query(ctx, insert, newID(), int64(run.JobID), run.ScheduleID, run.Request, run.Report)
		var err error
		run, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[DiscoveryRun])
		return err
	})
	return run, err
}

func (s *Store) saveDiscovered(ctx context.Context, run DiscoveryRun, d *DiscoveredTopic) error {
	const (
		// The score of a validation says more than that of a discovery.
		measured = `
			update topics
			set trending_score = coalesce($2, trending_score), source_url = coalesce(source_url, $3),
				score = case when status = 'discovered' then $4 else score end,
				score_profile = case when status = 'discovered' then $5 else score_profile end,
				revision = revision + 1
			where id = $1`
		link = `
			insert into topic_documents (topic_id, document_id, reason, words)
			select $1, id, $3, $4 from documents where id = $2
			on conflict do nothing`
	)
	if d.TopicID == nil {
		r := run.Request
		topic, err := s.CreateTopic(ctx, TopicCreate{Title: d.Title, Source: &d.Source, Domain: r.Domain, Market: r.Market, Language: r.Language})
		var refusal *Error
		switch {
		case err == nil:
			d.TopicID, d.Created = &topic.ID, true
		case errors.As(err, &refusal) && refusal.Details["existing_id"] != nil:
			existing := refusal.Details["existing_id"].(uuid.UUID)
			d.TopicID = &existing
		default:
			return err
		}
	}
	var sourceURL *string
	if len(d.Documents) > 0 {
		titled := slices.IndexFunc(d.Documents, func(document DiscoveredDocument) bool { return document.Title == d.Title })
		sourceURL = &d.Documents[max(titled, 0)].URL
	}
	var trending *float64
	for _, part := range d.Parts {
		if part.Name == "burst" {
			trending = part.Value
		}
	}
	if _, err := s.db(ctx).Exec(ctx, measured, *d.TopicID, trending, sourceURL, d.Score, versioned(run.Report.Profile, run.Report.ProfileVersion)); err != nil {
		return err
	}
	for _, document := range d.Documents {
		if _, err := s.db(ctx).Exec(ctx, link, *d.TopicID, document.ID, document.Reason, document.Words); err != nil {
			return err
		}
	}
	return nil
}

// DiscoveryOfJob is the discovery that a job has made, if it has.
func (s *Store) DiscoveryOfJob(ctx context.Context, job JobID) (run DiscoveryRun, found bool, err error) {
	rows, _ := s.db(ctx).Query(ctx, `select `+discoveryColumns+` from discoveries where job_id = $1`, int64(job))
	run, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[DiscoveryRun])
	if errors.Is(err, pgx.ErrNoRows) {
		return run, false, nil
	}
	return run, err == nil, err
}

var discoveryListing = plainListing[DiscoveryRun]{
	resource: "discovery",
	columns:  discoveryColumns,
	from:     "discoveries",
	where:    "(@schedule::uuid is null or schedule_id = @schedule)",
	orders:   []order{{name: "-created_at", desc: true, keys: []sortKey{{"created_at", keyTime}, {"id", keyID}}}},
	scan:     pgx.RowToStructByName[DiscoveryRun],
	keys:     func(d DiscoveryRun, _ string) []string { return []string{momentKey(d.CreatedAt), d.ID.String()} },
}

// Discoveries answers one page of the discoveries that have run, the newest first.
func (s *Store) Discoveries(ctx context.Context, schedule *uuid.UUID, p Page) (List[DiscoveryRun], error) {
	return discoveryListing.page(ctx, s, p, pgx.NamedArgs{"schedule": schedule})
}

// A DiscoverySchedule is a discovery that runs by the clock. Its JSON form is the API's.
type DiscoverySchedule struct {
	ID         uuid.UUID        `json:"id"`
	Name       string           `json:"name"`
	Request    DiscoveryRequest `json:"request"`
	EveryHours int              `json:"every_hours"`
	Enabled    bool             `json:"enabled"`
	NextRunAt  time.Time        `json:"next_run_at"`
	Revision   int64            `json:"-"`
	CreatedAt  time.Time        `json:"created_at"`
	UpdatedAt  time.Time        `json:"updated_at"`
}

const scheduleColumns = `id, name, request, every_hours, enabled, next_run_at, revision, created_at, updated_at`

// A DiscoveryScheduleCreate is a schedule to add.
type DiscoveryScheduleCreate struct {
	Name       string           `json:"name"`
	Request    DiscoveryRequest `json:"request"`
	EveryHours int              `json:"every_hours"`
	Enabled    *bool            `json:"enabled"`
}

// A DiscoveryScheduleUpdate is what to change of a schedule; nil stays as it is.
type DiscoveryScheduleUpdate struct {
	Name       *string           `json:"name,omitempty"`
	Request    *DiscoveryRequest `json:"request,omitempty"`
	EveryHours *int              `json:"every_hours,omitempty"`
	Enabled    *bool             `json:"enabled,omitempty"`
}

// CreateDiscoverySchedule adds a schedule, which is due at once.
func (s *Store) CreateDiscoverySchedule(ctx context.Context, c DiscoveryScheduleCreate) (DiscoverySchedule, error) {
	const q = `
		insert into discovery_schedules (id, name, request, every_hours, enabled)
		values ($1, $2, $3, $4, coalesce($5, true))
		returning ` + scheduleColumns
	if _, err := s.DiscoveryProfile(ctx, c.Request.Profile); err != nil {
		return DiscoverySchedule{}, err
	}
	rows, _ := s.db(ctx).Query(ctx, q, newID(), c.Name, c.Request, c.EveryHours, c.Enabled)
	schedule, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[DiscoverySchedule])
	return schedule, orInvalid(err, "discovery_schedule")
}

// DiscoverySchedule reads one schedule.
func (s *Store) DiscoverySchedule(ctx context.Context, id uuid.UUID) (DiscoverySchedule, error) {
	rows, _ := s.db(ctx).Query(ctx, `select `+scheduleColumns+` from discovery_schedules where id = $1`, id)
	schedule, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[DiscoverySchedule])
	return schedule, orNotFound(err, "discovery_schedule", id)
}

var scheduleListing = plainListing[DiscoverySchedule]{
	resource: "discovery_schedule",
	columns:  scheduleColumns,
	from:     "discovery_schedules",
	where:    "true",
	orders:   []order{{name: "-created_at", desc: true, keys: []sortKey{{"created_at", keyTime}, {"id", keyID}}}},
	scan:     pgx.RowToStructByName[DiscoverySchedule],
	keys:     func(d DiscoverySchedule, _ string) []string { return []string{momentKey(d.CreatedAt), d.ID.String()} },
}

// DiscoverySchedules answers one page of schedules, the newest first.
func (s *Store) DiscoverySchedules(ctx context.Context, p Page) (List[DiscoverySchedule], error) {
	return scheduleListing.page(ctx, s, p, pgx.NamedArgs{})
}

// UpdateDiscoverySchedule changes a schedule. A nonzero revision must be its own, else it is stale.
func (s *Store) UpdateDiscoverySchedule(ctx context.Context, id uuid.UUID, revision int64, u DiscoveryScheduleUpdate) (DiscoverySchedule, error) {
	const q = `
		update discovery_schedules
		set name = coalesce($2, name), request = coalesce($3, request), every_hours = coalesce($4, every_hours), enabled = coalesce($5, enabled),
			next_run_at = case when $4::int is null then next_run_at else least(next_run_at, now() + make_interval(hours => $4)) end,
			revision = revision + 1, updated_at = now()
		where id = $1
		returning ` + scheduleColumns
	var schedule DiscoverySchedule
	err := s.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockSchedule(ctx, id, revision); err != nil {
			return err
		}
		var request json.RawMessage
		if u.Request != nil {
			_, err := s.DiscoveryProfile(ctx, u.Request.Profile)
			if err != nil {
				return err
			}
			if request, err = json.Marshal(u.Request); err != nil {
				return err
			}
		}
		rows, _ := s.db(ctx).Query(ctx, q, id, u.Name, request, u.EveryHours, u.Enabled)
		var err error
		schedule, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[DiscoverySchedule])
		return orInvalid(err, "discovery_schedule")
	})
	return schedule, err
}

func (s *Store) lockSchedule(ctx context.Context, id uuid.UUID, revision int64) error {
	var now int64
	err := s.db(ctx).QueryRow(ctx, `select revision from discovery_schedules where id = $1 for update`, id).Scan(&now)
	if err != nil {
		return orNotFound(err, "discovery_schedule", id)
	}
	if revision != 0 && revision != now {
		return stale("discovery_schedule", id)
	}
	return nil
}

// DeleteDiscoverySchedule forgets a schedule; what it has found stays.
func (s *Store) DeleteDiscoverySchedule(ctx context.Context, id uuid.UUID, revision int64) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockSchedule(ctx, id, revision); err != nil {
			return err
		}
		_, err := s.db(ctx).Exec(ctx, `delete from discovery_schedules where id = $1`, id)
		return err
	})
}

// ClaimDueSchedules are schedules that are due, each put off to its next time. It must run in the transaction that queues them.
func (s *Store) ClaimDueSchedules(ctx context.Context, now time.Time, limit int) ([]DiscoverySchedule, error) {
	const q = `
		update discovery_schedules
		set next_run_at = $1 + make_interval(hours => every_hours)
		where id in (select id from discovery_schedules where enabled and next_run_at <= $1 order by next_run_at limit $2 for update skip locked)
		returning ` + scheduleColumns
	rows, _ := s.db(ctx).Query(ctx, q, now, limit)
	return pgx.CollectRows(rows, pgx.RowToStructByName[DiscoverySchedule])
}
