package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/content"
	"github.com/content-creator/content-creator-api/llm"
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
	// MaxCostUSD is what a model may cost, if one is set up; nil is no limit.
	MaxCostUSD *float64 `json:"max_cost_usd,omitempty"`
}

// KeywordArgs looks for the keywords around a subject.
type KeywordArgs struct{ Subject }

// KeyTerms are the words by which people would look for a topic, whose title may be a headline.
func KeyTerms(topic store.Topic) string {
	more := ""
	if topic.Description != nil {
		more = *topic.Description
	}
	return annotate.KeyTerms(topic.Title, more, topic.Language)
}

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
	// model is nil where none is set up.
	model *llm.Client
	now   func() time.Time
}

// Timeout lets a model think.
func (w *keywordWorker) Timeout(*river.Job[KeywordArgs]) time.Duration { return 5 * time.Minute }

// Work finds keywords, then keeps them and ends the job in one transaction.
func (w *keywordWorker) Work(ctx context.Context, job *river.Job[KeywordArgs]) error {
	archive, err := gather(ctx, w.store, job.Args.Subject, w.now())
	if err != nil {
		return refused(err)
	}
	found := research.Keywords(archive, job.Args.Count)
	if w.model != nil {
		_ = w.store.ReportProgress(ctx, store.JobID(job.ID), store.JobProgress{Percent: 60, Stage: "proposals", Message: "Asking the model what else people search for."})
		ask := proposer(w.model, w.store, job.ID, job.Args.TopicID, job.Args.MaxCostUSD)
		if err := ask.Keywords(ctx, archive, &found, job.Args.Count); err != nil {
			return err
		}
	}
	if err := w.rate(ctx, job.Args.Subject, &found); err != nil {
		return err
	}
	result, err := json.Marshal(found)
	if err != nil {
		return err
	}
	return refused(keep(ctx, w.store, job, job.Args.Subject, store.ReportKeyword, result, store.TopicResearch{Keywords: result}))
}

// rate tells how hard the keywords are to win, where their results were looked at, and how much they promise.
func (w *keywordWorker) rate(ctx context.Context, subject Subject, found *research.KeywordResearch) error {
	keywords := found.All()
	queries := make([]string, len(keywords))
	for i, k := range keywords {
		queries[i] = k.Keyword
	}
	difficulties, err := w.store.Difficulties(ctx, queries, subject.Language, subject.Market)
	if err != nil {
		return err
	}
	gaps, err := w.gaps(ctx, subject)
	if err != nil {
		return err
	}
	for _, k := range keywords {
		if difficulty, known := difficulties[store.TitleKey(k.Keyword)]; known {
			k.Difficulty = difficulty
		}
		opportunity := content.Opportunity{Difficulty: k.Difficulty.Value(), Volume: k.SearchVolume.Value(), Gaps: gaps}
		if k.Intent != nil {
			opportunity.Intent = *k.Intent
		}
		if k.Trend.Direction != nil {
			opportunity.Trend = *k.Trend.Direction
		}
		k.Opportunity = content.OpportunityScore(opportunity, w.now())
	}
	return nil
}

// gaps is how many content gaps the topic's latest competitor research has found; nil where it has none.
func (w *keywordWorker) gaps(ctx context.Context, subject Subject) (*int, error) {
	if subject.TopicID == nil {
		return nil, nil
	}
	report, err := w.store.LatestReport(ctx, *subject.TopicID, store.ReportCompetitor)
	if refusal, ok := errors.AsType[*store.Error](err); ok && refusal.Kind == store.KindNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found research.CompetitorResearch
	if err := json.Unmarshal(report.Result, &found); err != nil || found.ContentGaps == nil {
		return nil, err
	}
	return new(len(found.ContentGaps)), nil
}

type competitorWorker struct {
	river.WorkerDefaults[CompetitorArgs]
	store *store.Store
	// pages is nil where pages are not read.
	pages *collect.Pages
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
		_, own[i] = siteOf(site)
	}
	found := research.Competition(archive, own, w.ownPages(ctx, subject, archive), subject.Count)
	shown := store.TopicResearch{}
	if found.ContentGaps != nil {
		subjects := make([]string, len(found.ContentGaps))
		for i, gap := range found.ContentGaps {
			subjects[i] = gap.Subject
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

// ownPages reads a few pages of those own sites of which the archive has nothing about the subject.
func (w *competitorWorker) ownPages(ctx context.Context, subject Subject, archive research.Archive) []research.OwnPage {
	list := []research.OwnPage{}
	for _, own := range subject.OwnSites {
		address, site := siteOf(own)
		if slices.ContainsFunc(archive.Matching, func(d store.ArchiveDocument) bool { return research.PublisherOf(d) == site }) {
			continue
		}
		pages, fault := readSite(ctx, w.pages, address)
		if fault != nil {
			list = append(list, research.OwnPage{URL: address, Error: fault})
		}
		for _, page := range pages {
			own := research.OwnPage{URL: page.URL, Stems: map[string]bool{}}
			for _, stem := range annotate.Stems(page.Title+"\n"+page.Text, subject.Language) {
				own.Stems[stem] = true
			}
			list = append(list, own)
		}
	}
	return list
}

// siteOf is the address of a host or address, and its registrable domain.
func siteOf(own string) (address, site string) {
	if !strings.Contains(own, "://") {
		own = "https://" + own
	}
	at, err := url.Parse(own)
	if err != nil {
		return own, own
	}
	return own, store.Site(at.Hostname())
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
	// mostArticles and mostSuggested are how many documents are read at most.
	mostArticles, mostSuggested = 1000, 200
)

// gather is what the archive has about a subject: what has all of its words, or where nothing has, any of them.
func gather(ctx context.Context, s *store.Store, subject Subject, now time.Time) (research.Archive, error) {
	a := research.Archive{
		Keyword: subject.Subject, Language: subject.Language, Until: now, Since: now.Add(-trendWindow), Before: now.Add(-2 * trendWindow), MatchedBy: "none", Exact: true,
		SimilarStems: func(text string) []string { return annotate.Stems(text, subject.Language) },
	}
	words := annotate.TellingWords(subject.Subject, subject.Language)
	for _, way := range []struct{ by, between string }{{"all_words", " "}, {"any_word", " or "}} {
		if len(words) == 0 || a.MatchedBy != "none" {
			break
		}
		if err := matching(ctx, s, strings.Join(words, way.between), subject, &a); err != nil {
			return a, err
		}
		if len(a.Matching)+len(a.Suggestions)+len(a.Trends) > 0 {
			a.MatchedBy = way.by
		}
	}
	uses := map[int64]int{}
	for _, d := range a.Matching {
		for _, term := range d.Terms {
			uses[term]++
		}
	}
	var err error
	if a.Terms, err = s.TermUses(ctx, mostUsed(uses), subject.Language); err != nil {
		return a, err
	}
	a.SizeNow, a.SizeBefore, err = s.ArchiveSizes(ctx, subject.Language, subject.Market, a.Before, a.Since, a.Until)
	return a, err
}

// matching reads the newest documents that match: articles, suggestions and trends, each sort for itself.
func matching(ctx context.Context, s *store.Store, words string, subject Subject, a *research.Archive) error {
	all := store.DocumentFilter{Market: subject.Market, Language: subject.Language}
	suggested, trending := all, all
	suggested.Source, trending.Source = store.TypeAutocomplete, store.TypeTrends
	suggestions, err := newestMatches(ctx, s, words, suggested, mostSuggested)
	if err != nil {
		return err
	}
	trends, err := newestMatches(ctx, s, words, trending, mostSuggested)
	if err != nil {
		return err
	}
	// What is no article stands among all.
	found, err := newestMatches(ctx, s, words, all, mostArticles+len(suggestions.documents)+len(trends.documents))
	if err != nil {
		return err
	}
	a.Suggestions, a.Trends = suggestions.documents, trends.documents
	a.Matching = slices.DeleteFunc(found.documents, func(d store.ArchiveDocument) bool {
		return d.Source == store.TypeAutocomplete || d.Source == store.TypeTrends
	})
	a.Articles = max(found.total-suggestions.total-trends.total, len(a.Matching))
	a.Exact = suggestions.exact && trends.exact && found.exact
	return nil
}

// newest are the newest documents that match, and how many there are: as many or, unless exact, more.
type newest struct {
	documents []store.ArchiveDocument
	total     int
	exact     bool
}

func newestMatches(ctx context.Context, s *store.Store, words string, filter store.DocumentFilter, most int) (found newest, err error) {
	var ids []uuid.UUID
	for page := (store.Page{Size: store.MaxPageSize, Sort: "-published_at"}); ; {
		list, err := s.SearchDocuments(ctx, words, filter, page)
		if err != nil {
			return found, err
		}
		if page.Cursor == "" {
			found.total, found.exact = list.Total, list.TotalRelation == "eq"
		}
		for _, hit := range list.Items {
			ids = append(ids, hit.ID)
		}
		if list.NextCursor == nil || len(ids) >= most {
			break
		}
		page.Cursor = *list.NextCursor
	}
	found.documents, err = s.ArchiveDocuments(ctx, ids[:min(most, len(ids))])
	return found, err
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
