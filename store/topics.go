package store

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/oapi-codegen/nullable"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A Topic is something to write about, with everything known of it. Its JSON form is the API's.
type Topic struct {
	ID          uuid.UUID `json:"id"`
	Title       string    `json:"title"`
	Description *string   `json:"description"`

	Source       string    `json:"source"`
	SourceURL    *string   `json:"source_url"`
	DiscoveredAt time.Time `json:"discovered_at"`

	Domain   string  `json:"domain"`
	Market   string  `json:"market"`
	Language string  `json:"language"`
	Intent   *string `json:"intent"`

	// Score is the newest that a profile gave it, from 0 to 1, and ScoreProfile which, as in burst@1.
	Score        *float64 `json:"score"`
	ScoreProfile *string  `json:"score_profile"`
	// The others are nil until something has measured them.
	EngagementScore *int     `json:"engagement_score"`
	TrendingScore   *float64 `json:"trending_score"`
	Priority        int      `json:"priority"`
	Status          string   `json:"status"`

	ResearchReport *string          `json:"research_report"`
	Citations      []map[string]any `json:"citations"`
	Competitors    []map[string]any `json:"competitors"`
	ContentGaps    []string         `json:"content_gaps"`
	Keywords       map[string]any   `json:"keywords"`
	WordCount      *int             `json:"word_count"`
	ContentScore   *float64         `json:"content_score"`

	HeroImageURL     *string          `json:"hero_image_url"`
	SupportingImages []map[string]any `json:"supporting_images"`

	NotionID       *string    `json:"notion_id"`
	NotionSyncedAt *time.Time `json:"notion_synced_at"`

	Revision  int64     `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

const topicColumns = `
	id, title, description, source, source_url, discovered_at, domain, market, language, intent,
	score, score_profile, engagement_score, trending_score, priority, status, research_report, citations, competitors, content_gaps, keywords,
	word_count, content_score, hero_image_url, supporting_images, notion_id, notion_synced_at,
	revision, created_at, updated_at`

// TopicCreate is a topic to add. Source and Priority take their defaults where they are nil.
type TopicCreate struct {
	Title       string  `json:"title"`
	Description *string `json:"description"`
	Source      *string `json:"source"`
	Domain      string  `json:"domain"`
	Market      string  `json:"market"`
	Language    string  `json:"language"`
	Priority    *int    `json:"priority"`
}

// TopicUpdate is what to change of a topic: nil and unspecified fields stay as they are.
type TopicUpdate struct {
	Title       *string                   `json:"title,omitempty"`
	Description nullable.Nullable[string] `json:"description,omitempty"`
	Priority    *int                      `json:"priority,omitempty"`
	Status      *string                   `json:"status,omitempty"`
}

// CreateTopic adds a topic. A title that its market and language already have is refused as
// invalid, with the id of the one that is there in Details["existing_id"].
func (s *Store) CreateTopic(ctx context.Context, c TopicCreate) (Topic, error) {
	const q = `
		insert into topics (id, title, title_key, description, source, domain, market, language, priority)
		values (@id, @title, @title_key, @description, coalesce(@source, 'manual'), @domain, @market, @language, coalesce(@priority, 5))
		on conflict on constraint topics_unique_title do nothing
		returning ` + topicColumns
	title := strings.TrimSpace(c.Title)
	if fault := titleFault(title); fault != "" {
		return Topic{}, invalid("topic", "The title is too short.", map[string]string{"title": fault})
	}
	market, language := marketCode(c.Market), languageTag(c.Language)
	var topic Topic
	err := s.InTx(ctx, func(ctx context.Context) error {
		rows, _ := s.db(ctx).Query(ctx, q, pgx.NamedArgs{
			"id": newID(), "title": title, "title_key": TitleKey(title), "description": c.Description,
			"source": c.Source, "domain": strings.TrimSpace(c.Domain), "market": market,
			"language": language, "priority": c.Priority,
		})
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Topic])
		if err != nil {
			return orInvalid(err, "topic")
		}
		if len(found) == 0 {
			return s.duplicateTitle(ctx, market, language, title)
		}
		topic = found[0]
		return s.emitTopic(ctx, "topic.created", topic.ID)
	})
	return topic, err
}

// Topic reads one topic.
func (s *Store) Topic(ctx context.Context, id uuid.UUID) (Topic, error) {
	const q = `select ` + topicColumns + ` from topics where id = $1`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	topic, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Topic])
	return topic, orNotFound(err, "topic", id)
}

// UpdateTopic changes a topic and answers it as it is then. A nonzero revision must be the topic's
// own, else it is stale. Business data that stay equal move neither updated_at nor the revision.
func (s *Store) UpdateTopic(ctx context.Context, id uuid.UUID, revision int64, u TopicUpdate) (Topic, error) {
	var topic Topic
	err := s.InTx(ctx, func(ctx context.Context) error {
		before, err := s.lockTopic(ctx, id, revision)
		if err != nil {
			return err
		}
		if topic, err = u.apply(before); err != nil || sameBusinessData(before, topic) {
			return err
		}
		if topic, err = s.saveTopic(ctx, topic); err != nil {
			return err
		}
		return s.emitTopic(ctx, "topic.updated", id)
	})
	return topic, err
}

func (s *Store) lockTopic(ctx context.Context, id uuid.UUID, revision int64) (Topic, error) {
	const q = `select ` + topicColumns + ` from topics where id = $1 for update`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	topic, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Topic])
	if err != nil {
		return Topic{}, orNotFound(err, "topic", id)
	}
	if revision != 0 && revision != topic.Revision {
		return Topic{}, stale("topic", id)
	}
	return topic, nil
}

func (s *Store) saveTopic(ctx context.Context, t Topic) (Topic, error) {
	const q = `
		update topics
		set title = @title, title_key = @title_key, description = @description, priority = @priority, status = @status,
			revision = revision + 1, updated_at = now()
		where id = @id
		returning ` + topicColumns
	// A broken unique constraint ends the transaction, and the duplicate could not be looked up in it.
	var saved Topic
	err := s.savepoint(ctx, func(ctx context.Context) error {
		rows, _ := s.db(ctx).Query(ctx, q, pgx.NamedArgs{
			"id": t.ID, "title": t.Title, "title_key": TitleKey(t.Title), "description": t.Description,
			"priority": t.Priority, "status": t.Status,
		})
		var err error
		saved, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Topic])
		return err
	})
	if brokenConstraint(err) == "topics_unique_title" {
		return Topic{}, s.duplicateTitle(ctx, t.Market, t.Language, t.Title)
	}
	return saved, orInvalid(err, "topic")
}

// apply answers the topic as the update leaves it, or every rule that the update breaks.
func (u TopicUpdate) apply(t Topic) (Topic, error) {
	faults := map[string]string{}
	if u.Title != nil {
		t.Title = strings.TrimSpace(*u.Title)
		if fault := titleFault(t.Title); fault != "" {
			faults["title"] = fault
		}
	}
	if u.Description.IsNull() {
		t.Description = nil
	}
	if description, err := u.Description.Get(); err == nil {
		t.Description = &description
	}
	if u.Priority != nil {
		t.Priority = *u.Priority
	}
	if u.Status != nil {
		if fault := statusFault(t.Status, *u.Status); fault != "" {
			faults["status"] = fault
		}
		t.Status = *u.Status
	}
	if len(faults) > 0 {
		return t, invalid("topic", "The topic cannot be changed so.", faults)
	}
	return t, nil
}

// topicStatuses in their order; archived stands apart.
var topicStatuses = []string{"discovered", "validated", "researched", "drafted", "published"}

// statusFault says why a topic may not go from one status to another; "" if it may. This is the
// one place that knows the order: forward by any number of steps, into the archive from anywhere,
// and out of the archive to the beginning.
func statusFault(from, to string) string {
	switch {
	case from == to, to == "archived", from == "archived" && to == topicStatuses[0]:
		return ""
	case from == "archived":
		return "an archived topic can only go back to discovered"
	case slices.Index(topicStatuses, to) > slices.Index(topicStatuses, from):
		return ""
	}
	return "a topic cannot go back from " + from + " to " + to + "; archive it first"
}

func sameBusinessData(a, b Topic) bool {
	same := a.Title == b.Title && a.Priority == b.Priority && a.Status == b.Status
	if a.Description == nil || b.Description == nil {
		return same && a.Description == b.Description
	}
	return same && *a.Description == *b.Description
}

// DeleteTopic deletes a topic for good. A nonzero revision must be the topic's own, else it is stale.
func (s *Store) DeleteTopic(ctx context.Context, id uuid.UUID, revision int64) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.lockTopic(ctx, id, revision); err != nil {
			return err
		}
		if _, err := s.db(ctx).Exec(ctx, `delete from topics where id = $1`, id); err != nil {
			return err
		}
		return s.emitTopic(ctx, "topic.deleted", id)
	})
}

func (s *Store) emitTopic(ctx context.Context, event string, id uuid.UUID) error {
	return s.Emit(ctx, event, map[string]any{"topic_id": id})
}

// titleFault says what is wrong with a trimmed title; "" if nothing is.
func titleFault(title string) string {
	if utf8.RuneCountInString(title) < 3 {
		return "needs 3 characters besides white space around them"
	}
	return ""
}

// duplicateTitle is the refusal of a title that is taken. The other may be gone again by now, or not
// visible yet; then the refusal stands without its id.
func (s *Store) duplicateTitle(ctx context.Context, market, language, title string) error {
	refusal := invalid("topic", "There is a topic with this title in this market and language already (duplicate).",
		map[string]string{"title": "duplicate"})
	var existing uuid.UUID
	err := s.db(ctx).QueryRow(ctx, `select id from topics where market = $1 and language = $2 and title_key = $3`,
		market, language, TitleKey(title)).Scan(&existing)
	if err == nil {
		refusal.Details["existing_id"] = existing
	}
	return refusal
}

// TitleKey is what makes two titles the same: NFKC, case folded, white space collapsed.
func TitleKey(title string) string {
	folded := cases.Fold().String(norm.NFKC.String(title))
	return strings.Join(strings.Fields(norm.NFKC.String(folded)), " ")
}

// marketCode is how a market is kept: trimmed and in lower case.
func marketCode(market string) string { return strings.ToLower(strings.TrimSpace(market)) }

// languageTag is how a language is kept: the primary part of its BCP 47 tag, in lower case.
func languageTag(language string) string {
	primary, _, _ := strings.Cut(strings.TrimSpace(language), "-")
	return strings.ToLower(primary)
}
