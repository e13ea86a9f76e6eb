package jobs

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// A Subject is what keyword and competitor research is about.
type Subject struct {
	TopicID  *uuid.UUID `json:"topic_id,omitempty"`
	Subject  string     `json:"subject"`
	Language string     `json:"language"`
	Market   string     `json:"market,omitempty"`
	// Count is how many keywords, or competitors, are answered at most.
	Count int `json:"count"`
	// OwnSites are one's own, which are no competitors and which gaps are found against.
	OwnSites []string `json:"own_sites,omitempty"`
}

// KeywordArgs looks for the keywords around a subject.
type KeywordArgs struct{ Subject }

// Kind names the job.
func (KeywordArgs) Kind() string { return "research_keyword" }

// InsertOpts says how keyword research is queued.
func (KeywordArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// CompetitorArgs looks for who writes about a subject.
type CompetitorArgs struct{ Subject }

// Kind names the job.
func (CompetitorArgs) Kind() string { return "research_competitor" }

// InsertOpts says how competitor research is queued.
func (CompetitorArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

type keywordWorker struct {
	river.WorkerDefaults[KeywordArgs]
	store *store.Store
	now   func() time.Time
}

// Work finds keywords, then keeps them and ends the job in one transaction.
func (w *keywordWorker) Work(ctx context.Context, job *river.Job[KeywordArgs]) error {
	archive, err := gather(ctx, w.store, job.Args.Subject, w.now())
	if err != nil {
		return refused(err)
	}
	result, err := json.Marshal(research.Keywords(archive, job.Args.Count))
	if err != nil {
		return err
	}
	return refused(keep(ctx, w.store, job, job.Args.Subject, store.ReportKeyword, result, store.TopicResearch{Keywords: result}))
}

type competitorWorker struct {
	river.WorkerDefaults[CompetitorArgs]
	store *store.Store
	now   func() time.Time
}

// Work finds competitors, then keeps them and ends the job in one transaction.
func (w *competitorWorker) Work(ctx context.Context, job *river.Job[CompetitorArgs]) error {
	subject := job.Args.Subject
	archive, err := gather(ctx, w.store, subject, w.now())
	if err != nil {
		return refused(err)
	}
	own := make([]string, len(subject.OwnSites))
	for i, site := range subject.OwnSites {
		own[i] = store.Site(site)
	}
	found := research.CompetitorResearch{
		Topic: subject.Subject, MatchedBy: archive.MatchedBy, Since: archive.Since, Until: archive.Until, OwnPages: []research.OwnPage{}, TrendingTopics: []string{},
		Documents:   store.Derived(float64(len(archive.Matching)), "documents", "content-creator: the archive", archive.Until),
		Competitors: research.Competitors(archive, own, subject.Count), OwnDocuments: store.Unknown("documents"),
	}
	shown := store.TopicResearch{}
	if len(own) > 0 {
		terms, documents := termsOf(archive, own)
		found.OwnDocuments = store.Derived(float64(documents), "documents", "content-creator: the archive", archive.Until)
		found.ContentGaps = research.Gaps(archive, own, terms, func(string) bool { return false }, subject.Count)
		subjects := []string{}
		for _, gap := range found.ContentGaps {
			subjects = append(subjects, gap.Subject)
		}
		if shown.ContentGaps, err = json.Marshal(subjects); err != nil {
			return err
		}
	}
	if shown.Competitors, err = json.Marshal(found.Competitors); err != nil {
		return err
	}
	result, err := json.Marshal(found)
	if err != nil {
		return err
	}
	return refused(keep(ctx, w.store, job, subject, store.ReportCompetitor, result, shown))
}

// termsOf are the terms of one's own documents, and how many these are.
func termsOf(a research.Archive, own []string) (terms map[int64]bool, documents int) {
	terms = map[int64]bool{}
	for _, d := range a.Matching {
		if !slices.Contains(own, research.PublisherOf(d)) {
			continue
		}
		documents++
		for _, term := range d.Terms {
			terms[term] = true
		}
	}
	return terms, documents
}

// keep saves a report and ends its job.
func keep[T river.JobArgs](ctx context.Context, s *store.Store, job *river.Job[T], subject Subject, kind string, result json.RawMessage, shown store.TopicResearch) error {
	request, err := json.Marshal(subject)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		report, err := s.SaveReport(ctx, store.ResearchReport{Kind: kind, TopicID: subject.TopicID, JobID: store.JobID(job.ID), Request: request, Result: result}, shown)
		if err != nil {
			return err
		}
		return complete(ctx, job, report)
	})
}

const (
	// trendWindow is the window in which trends are told, against as long before it.
	trendWindow = 30 * 24 * time.Hour
	// mostTerms is how many terms of the matching documents are looked at: those that most of them have.
	mostTerms = 150
)

// gather is what the archive has about a subject: what has all of its words, or where nothing has, any of them.
func gather(ctx context.Context, s *store.Store, subject Subject, now time.Time) (research.Archive, error) {
	a := research.Archive{
		Keyword: subject.Subject, Language: subject.Language, Until: now, Since: now.Add(-trendWindow), Before: now.Add(-2 * trendWindow), MatchedBy: "none",
		SimilarStems: func(text string) []string { return annotate.Stems(text, subject.Language) },
	}
	words := annotate.TellingWords(subject.Subject, subject.Language)
	var ids []uuid.UUID
	for _, way := range []struct{ by, between string }{{"all_words", " "}, {"any_word", " or "}} {
		if len(words) == 0 || len(ids) > 0 {
			break
		}
		list, err := s.SearchDocuments(ctx, strings.Join(words, way.between), store.DocumentFilter{Market: subject.Market, Language: subject.Language}, store.Page{Size: store.MaxPageSize})
		if err != nil {
			return a, err
		}
		for _, hit := range list.Items {
			ids = append(ids, hit.ID)
			a.MatchedBy = way.by
		}
	}
	documents, err := s.ArchiveDocuments(ctx, ids)
	if err != nil {
		return a, err
	}
	uses := map[int64]int{}
	for _, d := range documents {
		switch d.Source {
		case store.TypeAutocomplete:
			a.Suggestions = append(a.Suggestions, d)
		case store.TypeTrends:
			a.Trends = append(a.Trends, d)
		default:
			a.Matching = append(a.Matching, d)
			for _, term := range d.Terms {
				uses[term]++
			}
		}
	}
	if a.Terms, err = s.TermUses(ctx, mostUsed(uses), subject.Language); err != nil {
		return a, err
	}
	a.SizeNow, a.SizeBefore, err = s.ArchiveSizes(ctx, subject.Language, subject.Market, a.Before, a.Since, a.Until)
	return a, err
}

// mostUsed are the terms that most documents have.
func mostUsed(uses map[int64]int) []int64 {
	terms := make([]int64, 0, len(uses))
	for term := range uses {
		terms = append(terms, term)
	}
	slices.SortFunc(terms, func(x, y int64) int {
		if uses[x] != uses[y] {
			return uses[y] - uses[x]
		}
		return int(min(max(x-y, -1), 1))
	})
	return terms[:min(len(terms), mostTerms)]
}

// ResearchKeywords and ResearchCompetitors queue research in the transaction of ctx.
func (c *Client) ResearchKeywords(ctx context.Context, subject Subject) (store.Job, error) {
	return c.queue(ctx, KeywordArgs{subject})
}

// ResearchCompetitors queues competitor research in the transaction of ctx.
func (c *Client) ResearchCompetitors(ctx context.Context, subject Subject) (store.Job, error) {
	return c.queue(ctx, CompetitorArgs{subject})
}
