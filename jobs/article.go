package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// ArticleArgs reads the page of a document once.
type ArticleArgs struct {
	DocumentID uuid.UUID `json:"document_id" river:"unique"`
}

// Kind names the job.
func (ArticleArgs) Kind() string { return "article" }

// InsertOpts says how pages are queued. The attempts are for what passes: a site that is down, a fault of
// our own.
func (ArticleArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		Queue: queueArticles, MaxAttempts: 3,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished},
	}
}

const (
	// articleWorkers is how many pages are read at once.
	articleWorkers = 4
	// maxPageTime is for how long one page is waited for, its robots.txt and redirects included.
	maxPageTime = 100 * time.Second
	// leastPause is how long a site is left alone that asks for patience without saying for how long.
	leastPause = 5 * time.Minute
	// busyJitter is by how much those come back apart that wait for the budget of one site.
	busyJitter = 20 * time.Second
	// maxPatience is for how long a page is wanted at all.
	maxPatience = 3 * 24 * time.Hour
)

type articleWorker struct {
	river.WorkerDefaults[ArticleArgs]
	store  *store.Store
	pages  *collect.Pages
	now    func() time.Time
	client *Client
}

// articleResult is what the job shows.
type articleResult struct {
	// Outcome is article_read or page_unreadable.
	Outcome string `json:"outcome"`
	URL     string `json:"url"`
	// WordCount is that of the article that was read; PageError is why the page cannot be, as the document says, too.
	WordCount *int             `json:"word_count,omitempty"`
	PageError *store.PageError `json:"page_error,omitempty"`
}

// pageUnreadable is the outcome of a job that found out that its page cannot be had: a fact about the document, and no fault of ours.
const pageUnreadable = "page_unreadable"

// NextRetry gives a site that is down time to come back.
func (w *articleWorker) NextRetry(job *river.Job[ArticleArgs]) time.Time {
	return w.now().Add(time.Duration(job.Attempt*job.Attempt) * leastPause)
}

// Work reads the page, then keeps what it has brought and finishes the job in one transaction.
func (w *articleWorker) Work(ctx context.Context, job *river.Job[ArticleArgs]) error {
	d, err := w.store.Document(ctx, job.Args.DocumentID)
	if isNotFound(err) {
		return failForGood("The document has been removed.")
	}
	if err != nil {
		return err
	}
	page, err := w.fetch(ctx, d.URL)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var fault *collect.Error
	if errors.As(err, &fault) {
		return w.saveFault(ctx, job, d, fault)
	}
	if err != nil {
		return err
	}
	return w.save(ctx, w.read(d, page), func(ctx context.Context) error {
		if err := w.client.ensureProcessing(ctx); err != nil {
			return err
		}
		return complete(ctx, job, articleResult{Outcome: "article_read", URL: page.URL, WordCount: &page.WordCount})
	})
}

// fetch reads a page in a good deal less time than a job has.
func (w *articleWorker) fetch(ctx context.Context, address string) (collect.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, maxPageTime)
	defer cancel()
	return w.pages.Get(ctx, address)
}

// read is what a page says beyond the feed.
func (w *articleWorker) read(d store.Document, page collect.Page) store.DocumentPage {
	p := store.DocumentPage{
		DocumentID: d.ID, SaidByFeed: d.SaidByFeed(), At: w.now(),
		Content: page.HTML, ContentText: page.Text, WordCount: page.WordCount,
		Language: page.Language, Author: known(page.Author), ImageURL: known(page.Image), Paywall: page.Paywall,
		PublishedAt: page.PublishedAt, Facts: map[string]any{},
	}
	if d.PublishedAt == nil && page.PublishedAt != nil {
		p.Facts["published_from"] = "page"
		if page.DateOnly {
			p.Facts["published_precision"] = "day"
		}
	}
	if page.URL != d.URL {
		p.Facts["page_url"] = page.URL
	}
	if page.Canonical != "" && page.Canonical != d.CanonicalURL {
		p.Facts["page_canonical_url"] = page.Canonical
	}
	if page.Cut {
		p.Facts["content_truncated"] = true
	}
	return p
}

// save keeps a page and ends the job in one transaction. Where the feed has said something else meanwhile,
// the job runs again: the poll could not queue another one.
func (w *articleWorker) save(ctx context.Context, p store.DocumentPage, end func(context.Context) error) error {
	err := w.store.InTx(ctx, func(ctx context.Context) error {
		saved, err := w.store.SavePage(ctx, p)
		switch {
		case err != nil:
			return err
		case !saved:
			return river.JobSnooze(time.Second)
		}
		return end(ctx)
	})
	if isNotFound(err) {
		return failForGood("The document was removed while its page was read.")
	}
	return err
}

// saveFault waits and tries again where that may help; in the end it keeps why the page cannot be had, and that is what the job came to.
func (w *articleWorker) saveFault(ctx context.Context, job *river.Job[ArticleArgs], d store.Document, fault *collect.Error) error {
	patient := w.now().Sub(job.CreatedAt) < maxPatience
	asked := fault.Code == collect.CodeRateLimited || fault.RetryAfter > 0
	switch {
	case fault.Code == collect.CodeHostBusy && patient:
		// Those that wait for the budget of one site come back at different times. A redirect within a site that is
		// asked once a minute would have them wait for ever.
		return river.JobSnooze(fault.RetryAfter + rand.N(busyJitter)) //nolint:gosec // jitter is no secret
	case asked && patient:
		return river.JobSnooze(max(fault.RetryAfter, leastPause))
	case !asked && passes(fault) && job.Attempt < job.MaxAttempts:
		return &Failure{Message: fault.Message}
	}
	why := &store.PageError{Code: fault.Code, Message: fault.Message}
	return w.save(ctx, store.DocumentPage{DocumentID: d.ID, SaidByFeed: d.SaidByFeed(), At: w.now(), Err: why}, func(ctx context.Context) error {
		return complete(ctx, job, articleResult{Outcome: pageUnreadable, URL: d.URL, PageError: why})
	})
}

// couldNotRead: a job has succeeded, and found that its page cannot be had.
func couldNotRead(job store.Job) bool {
	var result articleResult
	return job.Kind == (ArticleArgs{}).Kind() && job.State == "succeeded" && json.Unmarshal(job.Result, &result) == nil && result.Outcome == pageUnreadable
}

// passes is whether the fault of a page may be gone some other time.
func passes(fault *collect.Error) bool {
	switch fault.Code {
	case collect.CodeDNSFailed, collect.CodeConnectFailed, collect.CodeTLSFailed, collect.CodeTimeout, collect.CodeProtocolError,
		collect.CodeTruncated, collect.CodeRobotsUnknown:
		return true
	}
	return fault.Status >= 500
}

// queuePages queues the pages of the documents that a poll has changed and whose feed carries less, in the
// transaction of the poll.
func (w *pollWorker) queuePages(c store.Collection, documents []store.Document) func(context.Context, []store.ChangedDocument) error {
	if !w.readsPages {
		return nil
	}
	return func(ctx context.Context, changed []store.ChangedDocument) error {
		// Of two documents with one address the first was kept. An entry may be kept apart from others at its address.
		byAddress := make(map[string]store.Document, len(documents))
		for _, d := range slices.Backward(documents) {
			byAddress[d.CanonicalURL] = d
			if d.EntryAddress != "" {
				d.CanonicalURL = d.EntryAddress
				byAddress[d.EntryAddress] = d
			}
		}
		var params []river.InsertManyParams
		for _, change := range changed {
			if wantsPage(c, byAddress[change.CanonicalURL]) {
				params = append(params, river.InsertManyParams{
					Args: ArticleArgs{DocumentID: change.ID}, InsertOpts: &river.InsertOpts{Tags: []string{scheduledTag}},
				})
			}
		}
		if len(params) == 0 {
			return nil
		}
		tx, _ := store.Tx(ctx)
		_, err := river.ClientFromContext[pgx.Tx](ctx).InsertManyTx(ctx, tx, params)
		return err
	}
}

// wantsPage is whether the page of a document that a collection brought is to be read. What suggestions and
// trends link to is a search, not an article, and Reddit's robots.txt forbids everything. A page of several entries
// is the text of none.
func wantsPage(c store.Collection, d store.Document) bool {
	switch c.FetchArticles {
	case "always":
		return true
	case "never":
		return false
	}
	return (c.Type == store.TypeRSS || c.Type == store.TypeNews) && !d.SharesAddress() && collect.IsExcerpt(d)
}

// known is a pointer to a text, or nil.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
