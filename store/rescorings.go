package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// What a new score is made of: the inputs of the score before, or what the archive has now.
const (
	StoredInputs  = "stored"
	ArchiveInputs = "archive"
)

// A RescoringRequest says which topics to score anew, and by what. Its JSON form is the API's.
type RescoringRequest struct {
	// Profile and ProfileVersion name what they are scored by; the original and the newest unless set.
	Profile        string `json:"profile,omitempty"`
	ProfileVersion int    `json:"profile_version,omitempty"`
	// TopicIDs or Filter choose the topics; without either all are meant.
	TopicIDs []uuid.UUID  `json:"topic_ids,omitempty"`
	Filter   *TopicFilter `json:"filter,omitempty"`
	// Limit is how many topics are scored at most, the newest first.
	Limit int `json:"limit,omitempty"`
	// Inputs is StoredInputs, where there are some, unless set.
	Inputs string `json:"inputs,omitempty"`
	// UpdateStatus validates discovered topics that pass.
	UpdateStatus bool `json:"update_status,omitempty"`
}

// Check refuses a request that chooses its topics in two ways.
func (r RescoringRequest) Check() error {
	if len(r.TopicIDs) > 0 && r.Filter != nil {
		return invalid("rescoring", "The topics cannot be chosen so.", map[string]string{"filter": "and topic_ids choose topics both; give one of them"})
	}
	return nil
}

// A Rescoring is many topics scored anew by one profile. Its JSON form is the API's.
type Rescoring struct {
	ID             uuid.UUID        `json:"id"`
	JobID          JobID            `json:"job_id"`
	Request        RescoringRequest `json:"request"`
	Profile        string           `json:"profile"`
	ProfileVersion int              `json:"profile_version"`
	// Topics were chosen, Scored of them have their new score. Missing were asked for and are not there.
	Topics  int         `json:"topics"`
	Scored  int         `json:"scored"`
	Missing []uuid.UUID `json:"missing"`
	// Risen, Fallen and Same count those that had a score before, FirstScored those that had none.
	Risen       int `json:"risen"`
	Fallen      int `json:"fallen"`
	Same        int `json:"same"`
	FirstScored int `json:"first_scored"`
	// NowPassed did not reach their threshold before, NoLongerPassed did.
	NowPassed      int `json:"now_passed"`
	NoLongerPassed int `json:"no_longer_passed"`
	// MeanChange is of those that had a score before; nil where none had.
	MeanChange *float64   `json:"mean_change"`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at"`
}

const rescoringColumns = `
	r.id, r.job_id, r.request, r.profile, r.profile_version, compared.topics, compared.scored, r.missing, compared.risen, compared.fallen,
	compared.same, compared.first_scored, compared.now_passed, compared.no_longer_passed, compared.mean_change, r.created_at, r.finished_at`

// sameScore is by how much two scores may differ and still be the same: their parts are kept to four places.
const sameScore = `0.00005`

const rescoringTables = `
	rescorings r
	left join lateral (
		select count(*) as topics, count(a.id) as scored,
			count(*) filter (where a.score - b.score > ` + sameScore + `) as risen,
			count(*) filter (where b.score - a.score > ` + sameScore + `) as fallen,
			count(*) filter (where abs(a.score - b.score) <= ` + sameScore + `) as same,
			count(a.id) filter (where b.id is null) as first_scored,
			count(*) filter (where a.passed and not b.passed) as now_passed,
			count(*) filter (where b.passed and not a.passed) as no_longer_passed,
			avg(a.score - b.score) as mean_change
		from rescored_topics t
		left join topic_scores a on a.id = t.after_id
		left join topic_scores b on b.id = t.before_id
		where t.rescoring_id = r.id) compared on true`

// BeginRescoring keeps what a job is to score: the topics in their turn, and the score that each has. A job that has begun
// before goes on with what it began.
func (s *Store) BeginRescoring(ctx context.Context, job JobID, r RescoringRequest, topics []uuid.UUID) (Rescoring, error) {
	const (
		insert = `
			insert into rescorings (id, job_id, request, profile, profile_version, missing)
			values ($1, $2, $3, $4, $5, (
				select coalesce(array_agg(id order by turn), '{}')
				from unnest($6::uuid[]) with ordinality wanted (id, turn)
				where not exists (select from topics where topics.id = wanted.id)))
			on conflict (job_id) do nothing`
		choose = `
			insert into rescored_topics (rescoring_id, topic_id, turn, before_id)
			select $1, topics.id, turn, (select id from topic_scores where topic_id = topics.id order by scored_at desc, id desc limit 1)
			from unnest($2::uuid[]) with ordinality wanted (id, turn)
			join topics on topics.id = wanted.id
			order by turn
			on conflict do nothing`
		find = `select ` + rescoringColumns + ` from ` + rescoringTables + ` where r.job_id = $1`
	)
	var rescoring Rescoring
	err := s.InTx(ctx, func(ctx context.Context) error {
		id := newID()
		tag, err := s.db(ctx).Exec(ctx, insert, id, int64(job), r, r.Profile, r.ProfileVersion, topics)
		if err != nil {
			return fmt.Errorf("begin to score topics: %w", err)
		}
		if tag.RowsAffected() > 0 {
			if _, err := s.db(ctx).Exec(ctx, choose, id, topics); err != nil {
				return fmt.Errorf("choose the topics to score: %w", err)
			}
		}
		rows, _ := s.db(ctx).Query(ctx, find, int64(job))
		rescoring, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Rescoring])
		return err
	})
	return rescoring, err
}

// A ToRescore is a topic whose turn has come; Before is nil where it was never scored.
type ToRescore struct {
	TopicID uuid.UUID
	Before  *TopicScore
}

// NextToRescore are the next topics that have no new score yet, at most so many.
func (s *Store) NextToRescore(ctx context.Context, rescoring uuid.UUID, limit int) ([]ToRescore, error) {
	const q = `
		select t.topic_id, to_jsonb(b) as before
		from rescored_topics t
		left join topic_scores b on b.id = t.before_id
		where t.rescoring_id = $1 and t.after_id is null
		order by t.turn
		limit $2`
	rows, _ := s.db(ctx).Query(ctx, q, rescoring, limit)
	return pgx.CollectRows(rows, pgx.RowToStructByName[ToRescore])
}

// SaveRescored keeps a topic's new score beside its old ones. One whose turn was taken already, or that is gone, stays as it is.
func (s *Store) SaveRescored(ctx context.Context, rescoring Rescoring, score TopicScore, inputs string) error {
	const (
		turn = `select from rescored_topics where rescoring_id = $1 and topic_id = $2 and after_id is null for update`
		take = `update rescored_topics set after_id = $3, inputs = $4 where rescoring_id = $1 and topic_id = $2`
	)
	return s.InTx(ctx, func(ctx context.Context) error {
		tag, err := s.db(ctx).Exec(ctx, turn, rescoring.ID, score.TopicID)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if score, err = s.insertScore(ctx, score); err != nil {
			return err
		}
		if _, err := s.db(ctx).Exec(ctx, take, rescoring.ID, score.TopicID, score.ID, inputs); err != nil || !rescoring.Request.UpdateStatus {
			return err
		}
		return s.validateIfPassed(ctx, score)
	})
}

// FinishRescoring notes that all topics have had their turn, and answers what came of it.
func (s *Store) FinishRescoring(ctx context.Context, id uuid.UUID) (Rescoring, error) {
	_, err := s.db(ctx).Exec(ctx, `update rescorings set finished_at = coalesce(finished_at, now()) where id = $1`, id)
	if err != nil {
		return Rescoring{}, err
	}
	return s.Rescoring(ctx, id)
}

// Rescoring reads one rescoring.
func (s *Store) Rescoring(ctx context.Context, id uuid.UUID) (Rescoring, error) {
	rows, _ := s.db(ctx).Query(ctx, `select `+rescoringColumns+` from `+rescoringTables+` where r.id = $1`, id)
	rescoring, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Rescoring])
	return rescoring, orNotFound(err, "rescoring", id)
}

var rescoringListing = plainListing[Rescoring]{
	resource: "rescoring",
	columns:  rescoringColumns,
	from:     rescoringTables,
	where:    "(@profile::text is null or r.profile = @profile)",
	orders:   []order{{name: "-created_at", desc: true, keys: []sortKey{{"r.created_at", keyTime}, {"r.id", keyID}}}},
	scan:     pgx.RowToStructByName[Rescoring],
	keys:     func(r Rescoring, _ string) []string { return []string{momentKey(r.CreatedAt), r.ID.String()} },
}

// Rescorings answers one page of rescorings, the newest first.
func (s *Store) Rescorings(ctx context.Context, profile *string, p Page) (List[Rescoring], error) {
	return rescoringListing.page(ctx, s, p, pgx.NamedArgs{"profile": profile})
}

// A RescoredTopic is what a rescoring has changed of one topic. Its JSON form is the API's.
type RescoredTopic struct {
	TopicID uuid.UUID `json:"topic_id"`
	Title   string    `json:"title"`
	Status  string    `json:"status"`
	// Inputs is StoredInputs or ArchiveInputs.
	Inputs string `json:"inputs"`
	// Before is nil where it had never been scored; then so are Change and the ranks.
	Before *ScoreTotal `json:"before"`
	After  ScoreTotal  `json:"after"`
	Change *float64    `json:"change"`
	// RankBefore and RankAfter are among the topics of the rescoring that had a score before, the best being 1. RankChange is
	// positive where it has risen.
	RankBefore *int         `json:"rank_before"`
	RankAfter  *int         `json:"rank_after"`
	RankChange *int         `json:"rank_change"`
	Parts      []PartChange `json:"parts"`
}

// A ScoreTotal is a score without what it is made of.
type ScoreTotal struct {
	ID             uuid.UUID `json:"id"`
	Profile        string    `json:"profile"`
	ProfileVersion int       `json:"profile_version"`
	Score          float64   `json:"score"`
	Threshold      float64   `json:"threshold"`
	Passed         bool      `json:"passed"`
	ScoredAt       time.Time `json:"scored_at"`
}

func (t TopicScore) total() ScoreTotal {
	return ScoreTotal{t.ID, t.Profile, t.ProfileVersion, t.Score, t.Threshold, t.Passed, t.ScoredAt}
}

// A PartChange is one metric of two scores. Values are nil where nothing was known, Weighted is what the metric added to the score.
type PartChange struct {
	Name           string   `json:"name"`
	Before         *float64 `json:"before"`
	After          *float64 `json:"after"`
	WeightBefore   *float64 `json:"weight_before"`
	WeightAfter    float64  `json:"weight_after"`
	WeightedBefore *float64 `json:"weighted_before"`
	WeightedAfter  float64  `json:"weighted_after"`
	// Change is of what was added; the changes of all parts sum to the score's.
	Change *float64 `json:"change"`
}

// compareParts puts the metrics of two scores side by side, in the order of the newer; before may be nil.
func compareParts(before *TopicScore, after []ScorePart) []PartChange {
	was := map[string]ScorePart{}
	if before != nil {
		for _, part := range before.Parts {
			was[part.Name] = part
		}
	}
	changes := make([]PartChange, len(after))
	for i, part := range after {
		changes[i] = PartChange{Name: part.Name, After: part.Value, WeightAfter: part.Weight, WeightedAfter: part.Weighted}
		if old, known := was[part.Name]; known {
			changes[i].Before, changes[i].WeightBefore, changes[i].WeightedBefore = old.Value, &old.Weight, &old.Weighted
			changes[i].Change = new(part.Weighted - old.Weighted)
		}
	}
	return changes
}

var rescoredListing = plainListing[RescoredTopic]{
	resource: "rescoring",
	columns:  `topic_id, title, status, inputs, rank_before, rank_after, before, after`,
	from: `(
		select t.topic_id, topics.title, topics.status, t.inputs, a.score, coalesce(a.score - b.score, 0) as change,
			case when b.id is not null then rank() over (partition by b.id is null order by b.score desc) end as rank_before,
			case when b.id is not null then rank() over (partition by b.id is null order by a.score desc) end as rank_after,
			to_jsonb(b) as before, to_jsonb(a) as after
		from rescored_topics t
		join topics on topics.id = t.topic_id
		join topic_scores a on a.id = t.after_id
		left join topic_scores b on b.id = t.before_id
		where t.rescoring_id = @rescoring) rescored`,
	where: "true",
	orders: []order{
		{name: "-score", desc: true, keys: []sortKey{{"score", keyFloat}, {"topic_id", keyID}}},
		{name: "-change", desc: true, keys: []sortKey{{"change", keyFloat}, {"topic_id", keyID}}},
		{name: "change", keys: []sortKey{{"change", keyFloat}, {"topic_id", keyID}}},
	},
	scan: scanRescored,
	keys: func(t RescoredTopic, order string) []string {
		key := t.After.Score
		if order != "-score" {
			key = 0
			if t.Change != nil {
				key = *t.Change
			}
		}
		return []string{strconv.FormatFloat(key, 'g', -1, 64), t.TopicID.String()}
	},
}

func scanRescored(row pgx.CollectableRow) (RescoredTopic, error) {
	var t RescoredTopic
	var before *TopicScore
	var after TopicScore
	if err := row.Scan(&t.TopicID, &t.Title, &t.Status, &t.Inputs, &t.RankBefore, &t.RankAfter, &before, &after); err != nil {
		return t, err
	}
	t.After, t.Parts = after.total(), compareParts(before, after.Parts)
	if before != nil {
		t.Before, t.Change = new(before.total()), new(after.Score-before.Score)
		t.RankChange = new(*t.RankBefore - *t.RankAfter)
	}
	return t, nil
}

// RescoredTopics answers one page of what a rescoring has changed; topics that have not had their turn are not among them.
func (s *Store) RescoredTopics(ctx context.Context, rescoring uuid.UUID, p Page) (List[RescoredTopic], error) {
	if _, err := s.Rescoring(ctx, rescoring); err != nil {
		return List[RescoredTopic]{}, err
	}
	return rescoredListing.page(ctx, s, p, pgx.NamedArgs{"rescoring": rescoring})
}
