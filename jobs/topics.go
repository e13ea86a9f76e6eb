package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"golang.org/x/net/html"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// DiscoverTopicsArgs looks for topics.
type DiscoverTopicsArgs struct {
	Request    store.DiscoveryRequest `json:"request"`
	ScheduleID *uuid.UUID             `json:"schedule_id,omitempty"`
}

// Kind names the job.
func (DiscoverTopicsArgs) Kind() string { return "discover_topics" }

// InsertOpts says how discoveries of topics are queued.
func (DiscoverTopicsArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 3}
}

type topicsWorker struct {
	river.WorkerDefaults[DiscoverTopicsArgs]
	store *store.Store
	pages *collect.Pages
	// model is nil where none is set up.
	model *llm.Client
	now   func() time.Time
}

// proposalRequests is how many requests a job may make of a model that proposes: two questions, each with a round of repair, and as
// many again where the endpoint answers later.
const proposalRequests = 8

// proposer is who proposes in a job, with what that may cost.
func proposer(model *llm.Client, s *store.Store, job int64, topic *uuid.UUID, maxCost *float64) research.Proposer {
	budget := store.ResearchBudget{MaxCostUSD: maxCost, MaxRequests: proposalRequests}
	return research.Proposer{Model: model, Book: newBook(s, store.JobID(job), nil, topic, &budget)}
}

// Timeout lets a model think and a site answer.
func (w *topicsWorker) Timeout(*river.Job[DiscoverTopicsArgs]) time.Duration { return 5 * time.Minute }

// Work looks for topics, then keeps what it has found and ends the job in one transaction.
func (w *topicsWorker) Work(ctx context.Context, job *river.Job[DiscoverTopicsArgs]) error {
	if run, found, err := w.store.DiscoveryOfJob(ctx, store.JobID(job.ID)); err != nil || found {
		return errors.Join(err, river.RecordOutput(ctx, run))
	}
	run := store.DiscoveryRun{JobID: store.JobID(job.ID), ScheduleID: job.Args.ScheduleID, Request: job.Args.Request}
	var err error
	if run.Report, err = w.discover(ctx, job.ID, job.Args.Request, func(percent int, stage, message string) {
		_ = w.store.ReportProgress(ctx, store.JobID(job.ID), store.JobProgress{Percent: percent, Stage: stage, Message: message})
	}); err != nil {
		return refused(err)
	}
	return w.store.InTx(ctx, func(ctx context.Context) error {
		saved, err := w.store.SaveDiscovery(ctx, run)
		if err != nil {
			return err
		}
		return complete(ctx, job, saved)
	})
}

// refused ends a job whose request breaks a rule: trying again would change nothing.
func refused(err error) error {
	var refusal *store.Error
	if errors.As(err, &refusal) {
		return failForGood(refusal.Message)
	}
	return err
}

const (
	// surging is how many terms of a window are looked at, perTerm how many documents of each, mostFound how many stories, searches
	// and documents to a seed.
	surging, perTerm, mostFound = 150, 20, 50
	// knownTopics is how many topics of a language are compared with.
	knownTopics = 500
	// sitePages is how many pages of a site are read.
	sitePages = 5
)

// discover gathers what may be a topic, and makes topics of it.
func (w *topicsWorker) discover(ctx context.Context, job int64, r store.DiscoveryRequest, tell func(percent int, stage, message string)) (store.DiscoveryReport, error) {
	until := w.now()
	if r.Until != nil {
		until = *r.Until
	}
	window := time.Duration(cmp.Or(r.WindowDays, 7)) * 24 * time.Hour
	profile, err := w.store.DiscoveryProfile(ctx, r.Profile)
	if err != nil {
		return store.DiscoveryReport{}, err
	}
	report := store.DiscoveryReport{
		Since: until.Add(-window), Until: until, Profile: profile.Name, ProfileVersion: profile.Version,
		Topics: []store.DiscoveredTopic{}, LeftOut: []store.LeftOut{},
	}
	if r.MinScore != nil {
		profile.Parameters[store.ParamThreshold] = *r.MinScore
	}
	hunt := research.Hunt{Language: r.Language, Since: report.Since, Until: until, Seeds: r.Keywords, Limit: cmp.Or(r.Limit, 20)}
	if r.SiteURL != nil {
		tell(5, "site", "Reading "+*r.SiteURL+".")
		site := w.describe(ctx, *r.SiteURL)
		if ctx.Err() != nil {
			return report, ctx.Err()
		}
		report.Site = &site
		hunt.Seeds = append(slices.Clone(hunt.Seeds), site.Keywords...)
	}
	tell(30, "terms", "Looking for what is written about more than before.")
	candidates, err := w.surges(ctx, r, &hunt)
	if err != nil {
		return report, err
	}
	ask := proposer(w.model, w.store, job, nil, r.MaxCostUSD)
	// Where there are no documents, nothing that a model proposes could become a topic.
	if w.model != nil && hunt.Documents > 0 {
		tell(45, "proposals", "Asking the model what else to look for.")
		seeds, err := ask.Seeds(ctx, r.Domain, hunt, candidates)
		if err != nil {
			return report, err
		}
		report.Proposals, hunt.Proposed = &seeds, seeds.Seeds
	}
	tell(60, "documents", "Looking at stories, searches and seeds.")
	more, err := w.found(ctx, r, hunt)
	if err != nil {
		return report, err
	}
	candidates = append(candidates, more...)
	if hunt.Known, err = w.knownTopics(ctx, r.Market, r.Language); err != nil {
		return report, err
	}
	tell(85, "scoring", "Scoring the candidates.")
	report.Documents, report.DocumentsBefore, report.Considered = hunt.Documents, hunt.DocumentsBefore, len(candidates)
	topics, leftOut := research.Discover(candidates, hunt, profile)
	report.Topics, report.LeftOut = append(report.Topics, topics...), append(report.LeftOut, leftOut...)
	if report.Note, err = w.remark(ctx, r, report, hunt); err != nil {
		return report, err
	}
	if report.Proposals != nil {
		tell(90, "proposals", "Asking the model how to write about them.")
		if err := ask.Angles(ctx, r.Language, report.Topics, &report.Proposals.Proposal); err != nil {
			return report, err
		}
	}
	return report, nil
}

// remark says why nothing was found, or only single articles, and what helps; nil where there is more.
func (w *topicsWorker) remark(ctx context.Context, r store.DiscoveryRequest, found store.DiscoveryReport, h research.Hunt) (*string, error) {
	articles := 0
	for _, topic := range found.Topics {
		if topic.Documents[0].Reason == research.ReasonArticle {
			articles++
		}
	}
	if len(found.Topics) > articles {
		return nil, nil
	}
	window := fmt.Sprintf("from %s to %s", found.Since.UTC().Format(time.DateOnly), found.Until.UTC().Format(time.DateOnly))
	publishers := map[string]bool{}
	for _, d := range h.Sample {
		publishers[d.SourceName] = true
	}
	archive := fmt.Sprintf("%s %s, of %s", store.Amount(found.Documents, "document"), window, store.Amount(len(publishers), "publisher"))
	const more = " More feeds on the same subject, or a longer window, show what several write about."
	switch {
	case articles > 0:
		return new("The archive has " + archive + ", and no two that are about the same: these topics are single articles." + more), nil
	case found.Documents > 0 && found.Considered == 0:
		return new("The archive has " + archive + ", and they have nothing in common." + more), nil
	case found.Documents > 0:
		return new(fmt.Sprintf("None of %d candidates %s became a topic: left_out says why. The archive has %s.", found.Considered, window, archive) + more), nil
	}
	note := "The archive has no processed documents of this domain, market and language " + window + "."
	newest, err := w.store.Documents(ctx, store.DocumentFilter{Domain: r.Domain, Market: r.Market, Language: r.Language}, store.Page{Size: 1, Sort: "-published_at"})
	switch {
	case err != nil:
		return nil, err
	case len(newest.Items) == 0:
		note += " It has none at all of these: add collections with this domain and market whose feeds are in this language."
	case newest.Items[0].PublishedAt != nil:
		note += fmt.Sprintf(" The newest is of %s: name a later day than that as until to look there.", newest.Items[0].PublishedAt.UTC().Format(time.DateOnly))
	}
	return &note, nil
}

// surges are the terms of the window that stand in more documents than before, with these. What else it reads of the window the hunt keeps.
func (w *topicsWorker) surges(ctx context.Context, r store.DiscoveryRequest, h *research.Hunt) ([]research.Candidate, error) {
	window := store.KeywordFilter{
		Domain: r.Domain, Market: r.Market, Language: r.Language, Since: h.Since, Until: h.Until, MinDocuments: 2, Sort: "-growth", Limit: surging,
	}
	report, err := w.store.Keywords(ctx, window)
	if err != nil {
		return nil, err
	}
	h.Documents, h.DocumentsBefore = report.Documents, report.DocumentsBefore
	sample, err := w.store.Documents(ctx, inWindow(r, *h), store.Page{Size: store.MaxPageSize})
	if err != nil {
		return nil, err
	}
	h.Sample = sample.Items
	telling := slices.DeleteFunc(report.Items, func(k store.KeywordCount) bool {
		// What a fifth of all documents have is what they are about anyway.
		return k.Documents > 10 && 5*k.Documents > report.Documents
	})
	ids := make([]string, len(telling))
	for i, k := range telling {
		ids[i] = k.ID
	}
	documents, err := w.store.TermDocuments(ctx, window, ids, perTerm)
	if err != nil {
		return nil, err
	}
	var candidates []research.Candidate
	for _, k := range telling {
		candidates = append(candidates, research.Candidate{
			Words: k.Text, Reason: "term", Source: topicSource(documents[k.ID]), Documents: documents[k.ID], Now: &k.Documents, Before: &k.DocumentsBefore,
		})
	}
	return candidates, nil
}

// topicSource is the kind of source that most documents are of.
func topicSource(documents []store.DocumentSummary) string {
	counts := map[string]int{}
	best := "rss"
	for _, d := range documents {
		counts[d.Source]++
		if counts[d.Source] > counts[best] {
			best = d.Source
		}
	}
	return best
}

// found are stories, searches that trend or are suggested, and what speaks of the seeds.
func (w *topicsWorker) found(ctx context.Context, r store.DiscoveryRequest, h research.Hunt) ([]research.Candidate, error) {
	var candidates []research.Candidate
	stories, err := w.store.Stories(ctx, store.StoryFilter{Domain: r.Domain, Market: r.Market, Language: r.Language, MinSources: 2, Since: &h.Since}, store.Page{Size: mostFound, Sort: "-size"})
	if err != nil {
		return nil, err
	}
	for _, s := range stories.Items {
		if !s.FirstAt.Before(h.Until) {
			continue
		}
		story, err := w.store.Story(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		var documents []store.DocumentSummary
		for _, d := range story.Documents {
			documents = append(documents, store.DocumentSummary{ID: d.ID, Title: d.Title, URL: d.URL, SourceName: d.Source, Language: d.Language, PublishedAt: d.PublishedAt})
		}
		candidates = append(candidates, research.Candidate{Words: s.Title, Reason: "story", Source: "rss", Documents: documents})
	}
	filter := inWindow(r, h)
	for source, reason := range map[string]string{"trends": "trend", "autocomplete": "suggestion"} {
		f := filter
		f.Source = source
		if source == "autocomplete" {
			// Suggestions have no time of their own but that of the asking.
			f.PublishedAfter, f.PublishedBefore, f.FetchedAfter, f.FetchedBefore = nil, nil, &h.Since, &h.Until
		}
		list, err := w.store.Documents(ctx, f, store.Page{Size: mostFound})
		if err != nil {
			return nil, err
		}
		for _, d := range list.Items {
			candidates = append(candidates, research.Candidate{Words: d.Title, Reason: reason, Source: source, Documents: []store.DocumentSummary{d}})
		}
	}
	for _, list := range []struct {
		reason string
		seeds  []string
	}{{"seed", h.Seeds[:min(len(h.Seeds), mostFound)]}, {"model", h.Proposed}} {
		for _, seed := range list.seeds {
			candidate, err := w.speakingOf(ctx, seed, r.Language, filter)
			if err != nil {
				return nil, err
			}
			if len(candidate.Documents) >= 2 {
				candidate.Reason = list.reason
				candidates = append(candidates, candidate)
			}
		}
	}
	return candidates, nil
}

// inWindow selects what was published in the window.
func inWindow(r store.DiscoveryRequest, h research.Hunt) store.DocumentFilter {
	return store.DocumentFilter{Domain: r.Domain, Market: r.Market, Language: r.Language, PublishedAfter: &h.Since, PublishedBefore: &h.Until}
}

// speakingOf is what speaks of a seed; nothing does of one that says nothing that could be searched for.
func (w *topicsWorker) speakingOf(ctx context.Context, seed, language string, filter store.DocumentFilter) (research.Candidate, error) {
	candidate := research.Candidate{Words: seed}
	list, err := w.store.SearchDocuments(ctx, strings.Join(annotate.TellingWords(seed, language), " "), filter, store.Page{Size: perTerm})
	var refusal *store.Error
	if errors.As(err, &refusal) {
		return candidate, nil
	}
	for _, hit := range list.Items {
		candidate.Documents = append(candidate.Documents, hit.DocumentSummary)
	}
	candidate.Source = topicSource(candidate.Documents)
	return candidate, err
}

// knownTitles are those of the newest topics of a market and language.
func knownTitles(ctx context.Context, s *store.Store, market, language string) ([]research.KnownTopic, error) {
	var topics []research.KnownTopic
	page := store.Page{Size: store.MaxPageSize}
	for len(topics) < knownTopics {
		list, err := s.FindTopics(ctx, store.TopicFilter{Market: strings.ToLower(market), Language: language}, page)
		if err != nil {
			return nil, err
		}
		for _, t := range list.Items {
			topics = append(topics, research.KnownTopic{Topic: t, Title: t.Title, TitleStems: annotate.Stems(t.Title, t.Language), Documents: map[string]bool{}})
		}
		if list.NextCursor == nil {
			break
		}
		page.Cursor = *list.NextCursor
	}
	return topics, nil
}

// knownTopics are the newest topics of a market and language with their documents.
func (w *topicsWorker) knownTopics(ctx context.Context, market, language string) ([]research.KnownTopic, error) {
	topics, err := knownTitles(ctx, w.store, market, language)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(topics))
	for i, t := range topics {
		ids[i] = t.Topic.ID
	}
	linked, err := w.store.DocumentsOfTopics(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, t := range topics {
		for _, document := range linked[t.Topic.ID] {
			t.Documents[document.String()] = true
		}
	}
	return topics, nil
}

// describe reads a few pages of a site. That it cannot be read is a part of the answer.
func (w *topicsWorker) describe(ctx context.Context, address string) store.SiteProfile {
	address, _ = siteOf(address)
	pages, fault := readSite(ctx, w.pages, address)
	profile := research.DescribeSite(address, pages)
	profile.Error = fault
	return profile
}

// readSite reads a page, then some that it links to within its site. The fault is that of the first page.
func readSite(ctx context.Context, pages *collect.Pages, address string) ([]research.SitePage, *store.PageError) {
	if pages == nil {
		return nil, pageError(errPagesOff)
	}
	first, err := pages.Get(ctx, address)
	if err != nil {
		return nil, pageError(err)
	}
	read := []research.SitePage{{URL: first.URL, Title: first.Title, Text: first.Text, Language: first.Language}}
	for _, link := range linksWithin(first.HTML, first.URL) {
		if len(read) == sitePages || ctx.Err() != nil {
			break
		}
		if page, err := pages.Get(ctx, link); err == nil {
			read = append(read, research.SitePage{URL: page.URL, Title: page.Title, Text: page.Text, Language: page.Language})
		}
	}
	return read, nil
}

// errPagesOff is why no page is read where none may be.
var errPagesOff = &collect.Error{Code: "pages_off", Message: "Pages are not read: FETCH_ARTICLES is off."}

// pageError says why a page could not be read.
func pageError(err error) *store.PageError {
	if fault, ok := errors.AsType[*collect.Error](err); ok {
		return &store.PageError{Code: fault.Code, Message: fault.Message}
	}
	return &store.PageError{Code: "unreachable", Message: err.Error()}
}

// linksWithin are the addresses of the same site that a page links to, each once. The page's links are absolute already.
func linksWithin(page, address string) []string {
	var links []string
	own, err := url.Parse(address)
	if err != nil {
		return nil
	}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return links
		case html.StartTagToken:
			for _, attribute := range z.Token().Attr {
				to, err := url.Parse(attribute.Val)
				if attribute.Key != "href" || err != nil || store.Site(to.Hostname()) != store.Site(own.Hostname()) {
					continue
				}
				if to.Fragment = ""; to.String() != address && !slices.Contains(links, to.String()) {
					links = append(links, to.String())
				}
			}
		default:
		}
	}
}

// DiscoverTopics queues a discovery in the transaction of ctx, unless its profile cannot be used.
func (c *Client) DiscoverTopics(ctx context.Context, args DiscoverTopicsArgs) (store.Job, error) {
	if _, err := c.store.DiscoveryProfile(ctx, args.Request.Profile); err != nil {
		return store.Job{}, err
	}
	return c.queue(ctx, args)
}

// scheduleBatch is how many due discoveries one transaction claims.
const scheduleBatch = 50

// queueSchedules claims due discoveries and queues them, in one transaction.
func (c *Client) queueSchedules(ctx context.Context) error {
	return c.store.InTx(ctx, func(ctx context.Context) error {
		due, err := c.store.ClaimDueSchedules(ctx, c.now(), scheduleBatch)
		if err != nil {
			return err
		}
		for _, schedule := range due {
			if _, err := c.insert(ctx, DiscoverTopicsArgs{Request: schedule.Request, ScheduleID: &schedule.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}
