package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A ScoringProfile is how topics are scored: a version of the weights and parameters of a name. Its JSON form is the API's.
type ScoringProfile struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	// Kind is validation or discovery.
	Kind string `json:"kind"`
	// Weights of the parts sum to 1.
	Weights    map[string]float64 `json:"weights"`
	Parameters map[string]float64 `json:"parameters"`
	// Fixed profiles are built in and never change.
	Fixed      bool       `json:"fixed"`
	ArchivedAt *time.Time `json:"archived_at"`
	CreatedAt  time.Time  `json:"created_at"`
}

// The kinds of profiles, and the built-in one of each.
const (
	ForValidation    = "validation"
	ForDiscovery     = "discovery"
	ProfileOriginal  = "original"
	ProfileBurst     = "burst"
	ParamThreshold   = "threshold"
	ParamHalfLife    = "half_life_days"
	ParamDiversity   = "full_diversity"
	ParamVolumeGuess = "assumed_volume"
)

// profileParts are the parts that a profile of a kind weighs, profileParameters its parameters with their bounds.
var (
	profileParts = map[string][]string{
		ForValidation: {"relevance", "diversity", "freshness", "volume", "novelty"},
		ForDiscovery:  {"burst", "breadth", "cohesion", "freshness", "novelty", "relevance"},
	}
	profileParameters = map[string][2]float64{
		ParamThreshold: {0, 1}, ParamHalfLife: {0.1, 3650}, ParamDiversity: {1, 100}, ParamVolumeGuess: {0, 1},
	}
)

const profileColumns = `name, version, kind, weights, parameters, fixed, archived_at, created_at`

// A ScoringProfileCreate is a profile to add, or a new version of one.
type ScoringProfileCreate struct {
	Name       string             `json:"name"`
	Kind       string             `json:"kind"`
	Weights    map[string]float64 `json:"weights"`
	Parameters map[string]float64 `json:"parameters"`
}

func (c ScoringProfileCreate) faults() map[string]string {
	faults := map[string]string{}
	parts := profileParts[c.Kind]
	var sum float64
	for name, weight := range c.Weights {
		if !slices.Contains(parts, name) {
			faults["weights."+name] = fmt.Sprintf("is no part of a %s; these are: %v", c.Kind, parts)
		}
		if weight < 0 || math.IsNaN(weight) {
			faults["weights."+name] = "is less than 0"
		}
		sum += weight
	}
	if math.Abs(sum-1) > 0.001 {
		faults["weights"] = fmt.Sprintf("sum to %.4g, not to 1", sum)
	}
	for name, value := range c.Parameters {
		bounds, known := profileParameters[name]
		switch {
		case !known:
			faults["parameters."+name] = "is no parameter"
		case !(value >= bounds[0] && value <= bounds[1]):
			faults["parameters."+name] = fmt.Sprintf("is not from %g to %g", bounds[0], bounds[1])
		}
	}
	return faults
}

// CreateScoringProfile adds a profile, or the next version of one whose kind is the same. Parameters that are left out
// take those of the built-in profile of the kind; what a validation assumes of unknown volume is nothing unless it says so.
func (s *Store) CreateScoringProfile(ctx context.Context, c ScoringProfileCreate) (ScoringProfile, error) {
	const insert = `
		insert into scoring_profiles (name, version, kind, weights, parameters)
		values ($1, $2, $3, $4, $5)
		returning ` + profileColumns
	if faults := c.faults(); len(faults) > 0 {
		return ScoringProfile{}, invalid("scoring_profile", "The profile cannot be kept so.", faults)
	}
	parameters := map[string]float64{ParamThreshold: 0.6, ParamHalfLife: 7, ParamDiversity: 5}
	for name, value := range c.Parameters {
		parameters[name] = value
	}
	var profile ScoringProfile
	err := s.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockName(ctx, profileLockClass, c.Name); err != nil {
			return err
		}
		version := 1
		newest, err := s.ScoringProfile(ctx, c.Name, 0)
		var refusal *Error
		switch {
		case err == nil && newest.Fixed:
			return conflict("scoring_profile", "The profile "+c.Name+" is built in and never changes. Take another name.", map[string]any{"name": c.Name})
		case err == nil && newest.Kind != c.Kind:
			return conflict("scoring_profile", "The profile "+c.Name+" is for "+newest.Kind+".", map[string]any{"name": c.Name})
		case err == nil:
			version = newest.Version + 1
		case !errors.As(err, &refusal):
			return err
		}
		rows, _ := s.db(ctx).Query(ctx, insert, c.Name, version, c.Kind, c.Weights, parameters)
		profile, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[ScoringProfile])
		return orInvalid(err, "scoring_profile")
	})
	return profile, err
}

// profileLockClass sets the locks of profiles apart from other advisory locks.
const profileLockClass = 0x63637775

// ScoringProfile reads a version of a profile; 0 is the newest.
func (s *Store) ScoringProfile(ctx context.Context, name string, version int) (ScoringProfile, error) {
	const q = `
		select ` + profileColumns + `
		from scoring_profiles
		where name = $1 and ($2 = 0 or version = $2)
		order by version desc
		limit 1`
	rows, _ := s.db(ctx).Query(ctx, q, name, version)
	profile, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[ScoringProfile])
	if errors.Is(err, pgx.ErrNoRows) {
		return profile, notFound("scoring_profile", name)
	}
	return profile, err
}

var profileListing = plainListing[ScoringProfile]{
	resource: "scoring_profile",
	columns:  profileColumns,
	from:     "scoring_profiles p",
	where: `(@kind::text is null or kind = @kind) and (@name::text is null or name = @name)
			and (@name::text is not null or archived_at is null and version = (select max(version) from scoring_profiles n where n.name = p.name))`,
	orders: []order{{name: "name", keys: []sortKey{{"name", keyText}, {"version", keyInt}}}},
	scan:   pgx.RowToStructByName[ScoringProfile],
	keys:   func(p ScoringProfile, _ string) []string { return []string{p.Name, fmt.Sprint(p.Version)} },
}

// ScoringProfiles answers one page of profiles: the newest version of each, or with a name all versions of that one.
func (s *Store) ScoringProfiles(ctx context.Context, kind, name *string, p Page) (List[ScoringProfile], error) {
	return profileListing.page(ctx, s, p, pgx.NamedArgs{"kind": kind, "name": name})
}

// ArchiveScoringProfile puts all versions of a profile aside; what was scored with them stays.
func (s *Store) ArchiveScoringProfile(ctx context.Context, name string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		profile, err := s.ScoringProfile(ctx, name, 0)
		if err != nil {
			return err
		}
		if profile.Fixed {
			return conflict("scoring_profile", "The profile "+name+" is built in and stays.", map[string]any{"name": name})
		}
		_, err = s.db(ctx).Exec(ctx, `update scoring_profiles set archived_at = coalesce(archived_at, now()) where name = $1`, name)
		return err
	})
}

// A ScorePart is what one metric adds to a score.
type ScorePart struct {
	Name string `json:"name"`
	// Value is from 0 to 1; nil where nothing is known to make it of. Then its weight goes to the others.
	Value *float64 `json:"value"`
	// Weight is the profile's, Weighted what the part adds to the score.
	Weight      float64        `json:"weight"`
	Weighted    float64        `json:"weighted"`
	Inputs      map[string]any `json:"inputs"`
	Explanation string         `json:"explanation"`
}

// A TopicScore is what a topic scored, with all that the score was made of. Its JSON form is the API's.
type TopicScore struct {
	ID             uuid.UUID   `json:"id"`
	TopicID        uuid.UUID   `json:"topic_id"`
	Profile        string      `json:"profile"`
	ProfileVersion int         `json:"profile_version"`
	Score          float64     `json:"score"`
	Threshold      float64     `json:"threshold"`
	Passed         bool        `json:"passed"`
	Parts          []ScorePart `json:"parts"`
	ScoredAt       time.Time   `json:"scored_at"`
}

const scoreColumns = `id, topic_id, profile, profile_version, score, threshold, passed, parts, scored_at`

// SaveTopicScore keeps a score. A topic that was merely discovered is validated if it passed.
func (s *Store) SaveTopicScore(ctx context.Context, score TopicScore) (TopicScore, error) {
	err := s.InTx(ctx, func(ctx context.Context) (err error) {
		if score, err = s.insertScore(ctx, score); err != nil {
			return err
		}
		return s.validateIfPassed(ctx, score)
	})
	return score, err
}

func (s *Store) insertScore(ctx context.Context, score TopicScore) (TopicScore, error) {
	const q = `
		insert into topic_scores (id, topic_id, profile, profile_version, score, threshold, passed, parts)
		values ($1, $2, $3, $4, $5, $6, $7, $8)
		returning ` + scoreColumns
	const newest = `update topics set score = $2, score_profile = $3, revision = revision + 1 where id = $1`
	if _, err := s.lockTopic(ctx, score.TopicID, 0); err != nil {
		return score, err
	}
	if _, err := s.db(ctx).Exec(ctx, newest, score.TopicID, score.Score, versioned(score.Profile, score.ProfileVersion)); err != nil {
		return score, err
	}
	rows, _ := s.db(ctx).Query(ctx, q, newID(), score.TopicID, score.Profile, score.ProfileVersion, score.Score, score.Threshold, score.Passed, score.Parts)
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[TopicScore])
}

// versioned names a version of a profile.
func versioned(profile string, version int) string { return fmt.Sprintf("%s@%d", profile, version) }

// validateIfPassed moves on a topic that was merely discovered.
func (s *Store) validateIfPassed(ctx context.Context, score TopicScore) error {
	const q = `
		update topics set status = 'validated', revision = revision + 1, updated_at = now()
		where id = $1 and status = 'discovered'`
	if !score.Passed {
		return nil
	}
	tag, err := s.db(ctx).Exec(ctx, q, score.TopicID)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	return s.emitTopic(ctx, "topic.updated", score.TopicID)
}

var scoreListing = plainListing[TopicScore]{
	resource: "topic",
	columns:  scoreColumns,
	from:     "topic_scores",
	where:    "topic_id = @topic and (@profile::text is null or profile = @profile)",
	orders:   []order{{name: "-scored_at", desc: true, keys: []sortKey{{"scored_at", keyTime}, {"id", keyID}}}},
	scan:     pgx.RowToStructByName[TopicScore],
	keys:     func(t TopicScore, _ string) []string { return []string{momentKey(t.ScoredAt), t.ID.String()} },
}

// TopicScores answers one page of what a topic has scored, the newest first.
func (s *Store) TopicScores(ctx context.Context, topic uuid.UUID, profile *string, p Page) (List[TopicScore], error) {
	if _, err := s.Topic(ctx, topic); err != nil {
		return List[TopicScore]{}, err
	}
	return scoreListing.page(ctx, s, p, pgx.NamedArgs{"topic": topic, "profile": profile})
}

// A TopicDocument is a document that a topic was made of. Its JSON form is the API's.
type TopicDocument struct {
	DocumentSummary
	// Reason is term, story, trend, suggestion, seed, model or article, Words what says so.
	Reason  string    `json:"reason"`
	Words   string    `json:"words"`
	AddedAt time.Time `json:"added_at"`
}

var topicDocumentListing = plainListing[TopicDocument]{
	resource: "topic",
	columns:  summaryColumns + `, m.reason, m.words, m.added_at`,
	from:     "topic_documents m join documents t on t.id = m.document_id",
	where:    "m.topic_id = @topic",
	orders:   []order{{name: "-added_at", desc: true, keys: []sortKey{{"m.added_at", keyTime}, {"m.document_id", keyID}}}},
	scan:     pgx.RowToStructByName[TopicDocument],
	keys:     func(d TopicDocument, _ string) []string { return []string{momentKey(d.AddedAt), d.ID.String()} },
}

// TopicDocuments answers one page of the documents that a topic was made of.
func (s *Store) TopicDocuments(ctx context.Context, topic uuid.UUID, p Page) (List[TopicDocument], error) {
	if _, err := s.Topic(ctx, topic); err != nil {
		return List[TopicDocument]{}, err
	}
	return topicDocumentListing.page(ctx, s, p, pgx.NamedArgs{"topic": topic})
}

// DiscoveryProfile is the newest version of the profile that a discovery names; one that is not there, or for something else, is
// refused as a fault of the request.
func (s *Store) DiscoveryProfile(ctx context.Context, name string) (ScoringProfile, error) {
	profile, err := s.ScoringProfile(ctx, cmp.Or(name, ProfileBurst), 0)
	var refusal *Error
	switch {
	case errors.As(err, &refusal):
		return profile, invalid("scoring_profile", "The profile cannot be used for that.", map[string]string{"profile": "there is none of the name " + name})
	case err == nil && profile.Kind != ForDiscovery:
		return profile, WrongProfile(profile)
	}
	return profile, err
}

// WrongProfile is the refusal to score a topic by a profile that is for something else.
func WrongProfile(p ScoringProfile) *Error {
	return invalid("scoring_profile", "The profile cannot be used for that.", map[string]string{"profile": p.Name + " is for " + p.Kind})
}

// TopicEvidence is what the archive has about a topic: the documents that it was made of, or else those that match some words;
// and where it stood among suggestions, if any of the documents says so.
func (s *Store) TopicEvidence(ctx context.Context, topic Topic, words string) (documents []DocumentSummary, position *int, err error) {
	const suggested = `
		select min((source_metadata ->> 'position')::int)
		from topic_documents m join documents d on d.id = m.document_id
		where m.topic_id = $1 and d.source = 'autocomplete'`
	linked, err := s.TopicDocuments(ctx, topic.ID, Page{Size: MaxPageSize})
	if err != nil {
		return nil, nil, err
	}
	for _, d := range linked.Items {
		documents = append(documents, d.DocumentSummary)
	}
	if err := s.db(ctx).QueryRow(ctx, suggested, topic.ID).Scan(&position); err != nil || len(documents) > 0 {
		return documents, position, err
	}
	found, err := s.SearchDocuments(ctx, words, DocumentFilter{Market: topic.Market, Language: topic.Language}, Page{Size: MaxPageSize})
	var refusal *Error
	if errors.As(err, &refusal) {
		return nil, nil, nil // its title says nothing that could be searched for
	}
	for _, hit := range found.Items {
		documents = append(documents, hit.DocumentSummary)
	}
	return documents, nil, err
}

// DocumentsOfTopics are the documents that topics were made of, by topic.
func (s *Store) DocumentsOfTopics(ctx context.Context, topics []uuid.UUID) (map[uuid.UUID][]uuid.UUID, error) {
	const q = `select topic_id, document_id from topic_documents where topic_id = any ($1)`
	rows, _ := s.db(ctx).Query(ctx, q, topics)
	linked := map[uuid.UUID][]uuid.UUID{}
	var topic, document uuid.UUID
	_, err := pgx.ForEachRow(rows, []any{&topic, &document}, func() error {
		linked[topic] = append(linked[topic], document)
		return nil
	})
	return linked, err
}
