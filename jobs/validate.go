package jobs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// A Validation says how to validate a topic.
type Validation struct {
	// Profile and Version name what it is scored by; the original and the newest unless set.
	Profile string
	Version int
	// Keywords are what its domain is about; what its documents are about most unless given.
	Keywords []string
	// Threshold replaces the profile's.
	Threshold *float64
	// DryRun tells the score and keeps nothing.
	DryRun bool
}

// ValidateTopic scores a topic by what the archive has about it, and keeps the score. It asks nobody outside.
func (c *Client) ValidateTopic(ctx context.Context, id uuid.UUID, v Validation) (store.TopicScore, error) {
	topic, err := c.store.Topic(ctx, id)
	if err != nil {
		return store.TopicScore{}, err
	}
	profile, err := validationProfile(ctx, c.store, v.Profile, v.Version)
	if err != nil {
		return store.TopicScore{}, err
	}
	if v.Threshold != nil {
		profile.Parameters[store.ParamThreshold] = *v.Threshold
	}
	score, err := newValidator(c.store, c.now()).validate(ctx, topic, v.Keywords, profile)
	if err != nil {
		return store.TopicScore{}, err
	}
	if v.DryRun {
		score.ScoredAt = c.now()
		return score, nil
	}
	return c.store.SaveTopicScore(ctx, score)
}

// validationProfile is a profile that topics can be validated by: the original unless it is named, its newest version unless told.
func validationProfile(ctx context.Context, s *store.Store, name string, version int) (store.ScoringProfile, error) {
	profile, err := s.ScoringProfile(ctx, cmp.Or(name, store.ProfileOriginal), version)
	if err == nil && profile.Kind != store.ForValidation {
		return profile, store.WrongProfile(profile)
	}
	return profile, err
}

// A validator scores topics by what the archive has about them. What topics have in common it reads once.
type validator struct {
	store *store.Store
	now   time.Time
	// others are the known topics of a market and language, keywords what is written about most in a domain of them.
	others   map[[2]string][]research.KnownTopic
	keywords map[[3]string][]string
}

func newValidator(s *store.Store, now time.Time) *validator {
	return &validator{store: s, now: now, others: map[[2]string][]research.KnownTopic{}, keywords: map[[3]string][]string{}}
}

// validate scores a topic; without keywords its domain is about what its documents are about most.
func (v *validator) validate(ctx context.Context, topic store.Topic, keywords []string, profile store.ScoringProfile) (store.TopicScore, error) {
	candidacy := research.Candidacy{Topic: topic, Keywords: keywords, Now: v.now}
	var err error
	if candidacy.Documents, candidacy.Position, err = v.store.TopicEvidence(ctx, topic, strings.Join(annotate.TellingWords(topic.Title, topic.Language), " ")); err != nil {
		return store.TopicScore{}, err
	}
	if len(keywords) == 0 {
		if candidacy.Keywords, err = v.domainKeywords(ctx, topic); err != nil {
			return store.TopicScore{}, err
		}
	}
	if candidacy.Others, err = v.otherTopics(ctx, topic); err != nil {
		return store.TopicScore{}, err
	}
	return research.Validate(candidacy, profile), nil
}

func (v *validator) otherTopics(ctx context.Context, topic store.Topic) ([]research.KnownTopic, error) {
	key := [2]string{topic.Market, topic.Language}
	if _, read := v.others[key]; !read {
		known, err := knownTitles(ctx, v.store, topic.Market, topic.Language)
		if err != nil {
			return nil, err
		}
		v.others[key] = known
	}
	return slices.DeleteFunc(slices.Clone(v.others[key]), func(k research.KnownTopic) bool { return k.Topic.ID == topic.ID }), nil
}

// domainKeywords are what the archive has written about most in a topic's domain, in the month before its documents end.
func (v *validator) domainKeywords(ctx context.Context, topic store.Topic) ([]string, error) {
	const month = 30 * 24 * time.Hour
	key := [3]string{topic.Domain, topic.Market, topic.Language}
	if _, read := v.keywords[key]; !read {
		report, err := v.store.Keywords(ctx, store.KeywordFilter{
			Domain: topic.Domain, Market: topic.Market, Language: topic.Language, Since: v.now.Add(-month), Until: v.now, MinDocuments: 2, Sort: "-documents", Limit: 50,
		})
		if err != nil {
			return nil, err
		}
		v.keywords[key] = []string{}
		for _, k := range report.Items {
			v.keywords[key] = append(v.keywords[key], k.Text)
		}
	}
	return v.keywords[key], nil
}

// RescoreTopicsArgs scores many topics anew. The request names the version of its profile.
type RescoreTopicsArgs struct {
	Request store.RescoringRequest `json:"request"`
}

// Kind names the job.
func (RescoreTopicsArgs) Kind() string { return "rescore_topics" }

// InsertOpts says how topics are scored anew. Those that are scored are not scored again, so that an attempt costs little.
func (RescoreTopicsArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

type rescoreWorker struct {
	river.WorkerDefaults[RescoreTopicsArgs]
	store *store.Store
	now   func() time.Time
}

const (
	// rescoreTimeout lets as many topics as there may be be looked up in a large archive.
	rescoreTimeout = time.Hour
	// rescoreBatch is how many topics are looked at before it is told how far the job is.
	rescoreBatch = 20
)

// Timeout is longer than that of other jobs.
func (w *rescoreWorker) Timeout(*river.Job[RescoreTopicsArgs]) time.Duration { return rescoreTimeout }

// Work scores one topic after the other, each in a transaction, and goes on where an earlier attempt stopped.
func (w *rescoreWorker) Work(ctx context.Context, job *river.Job[RescoreTopicsArgs]) error {
	err := w.rescore(ctx, job)
	if stopped(ctx) {
		return river.JobSnooze(time.Second) // which costs the job no attempt
	}
	return refused(err)
}

func (w *rescoreWorker) rescore(ctx context.Context, job *river.Job[RescoreTopicsArgs]) error {
	request := job.Args.Request
	profile, err := validationProfile(ctx, w.store, request.Profile, request.ProfileVersion)
	if err != nil {
		return err
	}
	chosen, err := w.choose(ctx, request)
	if err != nil {
		return err
	}
	rescoring, err := w.store.BeginRescoring(ctx, store.JobID(job.ID), request, chosen)
	if err != nil {
		return err
	}
	validator := newValidator(w.store, w.now())
	for done := rescoring.Scored; ; {
		batch, err := w.store.NextToRescore(ctx, rescoring.ID, rescoreBatch)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			break
		}
		_ = w.store.ReportProgress(ctx, store.JobID(job.ID), store.JobProgress{
			Percent: 100 * done / max(rescoring.Topics, 1), Stage: "scoring", Message: fmt.Sprintf("Scoring topic %d of %d.", done+1, rescoring.Topics),
		})
		for _, next := range batch {
			if err := w.score(ctx, rescoring, next, validator, profile); err != nil {
				return err
			}
		}
		done += len(batch)
	}
	return w.store.InTx(ctx, func(ctx context.Context) error {
		finished, err := w.store.FinishRescoring(ctx, rescoring.ID)
		if err != nil {
			return err
		}
		return complete(ctx, job, finished)
	})
}

// choose are the topics that a request means.
func (w *rescoreWorker) choose(ctx context.Context, r store.RescoringRequest) ([]uuid.UUID, error) {
	limit := cmp.Or(r.Limit, DefaultRescored)
	if len(r.TopicIDs) > 0 {
		return r.TopicIDs, nil
	}
	var filter store.TopicFilter
	if r.Filter != nil {
		filter = *r.Filter
	}
	ids := []uuid.UUID{}
	for page := (store.Page{Size: min(limit, store.MaxPageSize)}); ; {
		list, err := w.store.Topics(ctx, filter, page)
		if err != nil {
			return nil, err
		}
		for _, topic := range list.Items {
			ids = append(ids, topic.ID)
		}
		if list.NextCursor == nil || len(ids) >= limit {
			return ids[:min(len(ids), limit)], nil
		}
		page.Cursor = *list.NextCursor
	}
}

// DefaultRescored is how many topics are scored anew unless a request says so.
const DefaultRescored = 100

// score scores one topic, by the inputs of its score where it has one and those are wanted. One that was deleted meanwhile is left out.
func (w *rescoreWorker) score(ctx context.Context, rescoring store.Rescoring, next store.ToRescore, v *validator, profile store.ScoringProfile) error {
	if next.Before != nil && rescoring.Request.Inputs != store.ArchiveInputs {
		if score, complete := research.Revalidate(*next.Before, profile); complete {
			return leaveOut(w.store.SaveRescored(ctx, rescoring, score, store.StoredInputs))
		}
	}
	topic, err := w.store.Topic(ctx, next.TopicID)
	if err != nil {
		return leaveOut(err)
	}
	score, err := v.validate(ctx, topic, nil, profile)
	if err != nil {
		return err
	}
	return leaveOut(w.store.SaveRescored(ctx, rescoring, score, store.ArchiveInputs))
}

// leaveOut forgives that a topic is gone: its turn has gone with it.
func leaveOut(err error) error {
	if isNotFound(err) {
		return nil
	}
	return err
}

// RescoreTopics queues the scoring of many topics in the transaction of ctx. The newest version of the profile is the newest now.
func (c *Client) RescoreTopics(ctx context.Context, r store.RescoringRequest) (store.Job, error) {
	if err := r.Check(); err != nil {
		return store.Job{}, err
	}
	if r.Filter != nil {
		// What cannot be searched for is refused now, not when nobody waits for the answer any more.
		if _, err := c.store.Topics(ctx, *r.Filter, store.Page{Size: 1}); err != nil {
			return store.Job{}, err
		}
	}
	profile, err := validationProfile(ctx, c.store, r.Profile, r.ProfileVersion)
	if err != nil {
		return store.Job{}, err
	}
	r.Profile, r.ProfileVersion = profile.Name, profile.Version
	return c.queue(ctx, RescoreTopicsArgs{r})
}
