package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/opml"
	"github.com/content-creator/content-creator-api/store"
)

// ImportArgs asks to import an OPML document, which is kept beside the queue. The other fields are for
// outlines that do not say it themselves; "" and nil say nothing either.
type ImportArgs struct {
	ImportID uuid.UUID `json:"import_id" river:"unique"`
	Domain   string    `json:"domain"`
	Market   string    `json:"market"`
	Language *string   `json:"language"`
	Enabled  *bool     `json:"enabled"`
	DryRun   bool      `json:"dry_run"`
}

// Kind names the job.
func (ImportArgs) Kind() string { return "import" }

// InsertOpts says how imports are queued. A document that cannot be read stays so: the attempts are for
// faults of our own.
func (ImportArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 4, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}

const (
	// importBatch is how many outlines one transaction imports.
	importBatch = 500
	// importSpacing is the time between the first polls of two imported feeds, so that thousands of them do
	// not all come at once, then and at every interval later.
	importSpacing = 200 * time.Millisecond
	// importAge is for how long a document is kept whose job has failed: as long as that can be retried.
	importAge = 8 * 24 * time.Hour
)

// ImportOPML keeps a document and queues its import, in the transaction of ctx.
func (c *Client) ImportOPML(ctx context.Context, document []byte, contentType string, defaults ImportArgs) (store.Job, error) {
	var job store.Job
	err := c.store.InTx(ctx, func(ctx context.Context) (err error) {
		if defaults.ImportID, err = c.store.KeepOPML(ctx, document, contentType); err != nil {
			return err
		}
		job, err = c.queue(ctx, defaults)
		return err
	})
	return job, err
}

type importWorker struct {
	river.WorkerDefaults[ImportArgs]
	store *store.Store
}

// Timeout is for the largest document on a slow database.
func (w *importWorker) Timeout(*river.Job[ImportArgs]) time.Duration { return 10 * time.Minute }

// Work imports batch by batch, each in a transaction that also keeps how far it is: a crash costs no more
// than the batch it falls into, and the counts stay right. A dry run is one transaction that is taken back.
func (w *importWorker) Work(ctx context.Context, job *river.Job[ImportArgs]) error {
	kept, err := w.store.OPMLImport(ctx, job.Args.ImportID)
	if isNotFound(err) {
		return failForGood("The document is no longer there; send it again.")
	}
	if err != nil {
		return err
	}
	if err := w.report(ctx, job, 0, 1, "reading", "Reading the document."); err != nil {
		return err
	}
	entries, err := opml.Parse(collect.ToUTF8(kept.Document, kept.ContentType))
	var broken *opml.Error
	if errors.As(err, &broken) {
		return failForGood(broken.Message + " Nothing was imported.")
	}
	run := &importRun{importWorker: w, args: job.Args, OPMLImport: kept, rehearsed: map[uuid.UUID]bool{}}
	run.Report.DryRun = job.Args.DryRun
	if job.Args.DryRun {
		return w.rehearse(ctx, job, run, entries)
	}
	for run.Done < len(entries) {
		if err := w.report(ctx, job, run.Done, len(entries), "importing", fmt.Sprintf("%d of %d sources done.", run.Done, len(entries))); err != nil {
			return err
		}
		if err := w.store.InTx(ctx, func(ctx context.Context) error { return run.batch(ctx, entries) }); err != nil {
			return err
		}
	}
	return w.finish(ctx, job, run)
}

// errRehearsed takes a dry run back.
var errRehearsed = errors.New("a dry run")

func (w *importWorker) rehearse(ctx context.Context, job *river.Job[ImportArgs], run *importRun, entries []opml.Entry) error {
	err := w.store.InTx(ctx, func(ctx context.Context) error {
		for run.Done < len(entries) {
			if err := run.batch(ctx, entries); err != nil {
				return err
			}
		}
		return errRehearsed
	})
	if !errors.Is(err, errRehearsed) {
		return err
	}
	return w.finish(ctx, job, run)
}

// finish forgets the document and ends the job in one transaction.
func (w *importWorker) finish(ctx context.Context, job *river.Job[ImportArgs], run *importRun) error {
	return w.store.InTx(ctx, func(ctx context.Context) error {
		if err := w.store.DeleteOPML(ctx, run.ID); err != nil {
			return err
		}
		return complete(ctx, job, run.Report)
	})
}

// report tells how far the import is: reading is a tenth of it.
func (w *importWorker) report(ctx context.Context, job *river.Job[ImportArgs], done, all int, stage, message string) error {
	percent := 5
	if stage == "importing" {
		percent = 10 + 85*done/all
	}
	return w.store.ReportProgress(ctx, store.JobID(job.ID), store.JobProgress{Percent: percent, Stage: stage, Message: message})
}

// An importRun is one attempt at a document.
type importRun struct {
	*importWorker
	store.OPMLImport
	args ImportArgs
	// rehearsed are collections that a dry run has made and will take back.
	rehearsed map[uuid.UUID]bool
}

// batch imports the next entries and keeps how far that is.
func (r *importRun) batch(ctx context.Context, entries []opml.Entry) error {
	next := entries[r.Done:min(r.Done+importBatch, len(entries))]
	var items []store.ImportItem
	// places has the item of each entry, -1 where it is none; again those that an earlier item stands for.
	places := make([]int, len(next))
	again := map[int]int{}
	firsts := map[string]int{}
	for i, e := range next {
		e = r.withDefaults(e)
		next[i], places[i] = e, -1
		if e.Fault != "" {
			continue
		}
		item := store.ImportItem{Create: e.Create, Wait: time.Duration(r.Done+i) * importSpacing}
		if !e.Own {
			item.Alike = alike(*e.Create.URL)
			key := strings.Join([]string{item.Alike[0], e.Create.Domain, e.Create.Market}, " ")
			if first, double := firsts[key]; double {
				again[len(items)] = first
			} else {
				firsts[key] = len(items)
			}
		}
		places[i] = len(items)
		items = append(items, item)
	}
	outcomes, err := r.importItems(ctx, items, again)
	if err != nil {
		return err
	}
	for i, e := range next {
		outcome := store.Imported{URL: e.Create.URL, Fault: e.Fault}
		if places[i] >= 0 {
			outcome = outcomes[places[i]]
		}
		r.count(e, outcome)
	}
	r.Done += len(next)
	return r.store.SaveOPMLImport(ctx, r.OPMLImport)
}

// importItems imports the items but those that come again; these get what became of the first.
func (r *importRun) importItems(ctx context.Context, items []store.ImportItem, again map[int]int) ([]store.Imported, error) {
	var once []store.ImportItem
	places := make([]int, len(items))
	for i, item := range items {
		if first, double := again[i]; double {
			places[i] = places[first]
			continue
		}
		places[i] = len(once)
		once = append(once, item)
	}
	imported, err := r.store.ImportCollections(ctx, once)
	if err != nil {
		return nil, err
	}
	outcomes := make([]store.Imported, len(items))
	for i := range items {
		outcomes[i] = imported[places[i]]
		if _, double := again[i]; double {
			outcomes[i].Created, outcomes[i].URL = false, items[i].Create.URL
		}
	}
	return outcomes, nil
}

// count notes what became of an entry.
func (r *importRun) count(e opml.Entry, outcome store.Imported) {
	r.Report.Outlines++
	e.Create.URL = outcome.URL
	switch {
	case outcome.Fault != "":
		r.Report.Refuse(e.Line, e.Create, outcome.Fault)
	case outcome.Created:
		r.Report.Created++
		r.rehearsed[outcome.ID] = r.args.DryRun
	case r.rehearsed[outcome.ID]:
		r.Report.Double(e.Line, e.Create, nil)
	default:
		r.Report.Double(e.Line, e.Create, &outcome.ID)
	}
}

// withDefaults fills in what the outline does not say. One of our own says everything but, where somebody
// has taken it out, domain and market; what has none of these is at fault.
func (r *importRun) withDefaults(e opml.Entry) opml.Entry {
	e.Create.Domain = cmp.Or(strings.TrimSpace(e.Create.Domain), r.args.Domain)
	e.Create.Market = cmp.Or(strings.TrimSpace(e.Create.Market), r.args.Market)
	if !e.Own {
		e.Create.Language, e.Create.Enabled = r.args.Language, r.args.Enabled
	}
	if e.Fault == "" && (e.Create.Domain == "" || e.Create.Market == "") {
		e.Fault = "It names no domain and market: send them as parameters."
	}
	return e
}

// alike are the addresses that other readers hold to be one: with http and https, with and without a slash
// at the end. The first stands for them all.
func alike(address string) []string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return []string{address}
	}
	host, path, query := strings.ToLower(u.Host), strings.TrimSuffix(u.EscapedPath(), "/"), ""
	if u.RawQuery != "" {
		query = "?" + u.RawQuery
	}
	var all []string
	for _, slash := range []string{"", "/"} {
		for _, scheme := range []string{"https://", "http://"} {
			all = append(all, scheme+host+path+slash+query)
		}
	}
	return all
}
