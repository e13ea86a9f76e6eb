package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// DiscoverArgs asks for the feeds of sites.
type DiscoverArgs struct {
	URLs       []string `json:"urls"`
	Limit      int      `json:"limit"`
	Exhaustive bool     `json:"exhaustive"`
}

// Kind names the job.
func (DiscoverArgs) Kind() string { return "discover" }

// InsertOpts says how discoveries are queued. What a site does wrong is part of the answer, so that the
// second attempt is for faults of our own.
func (DiscoverArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueCollect, MaxAttempts: 2}
}

type discoverWorker struct {
	river.WorkerDefaults[DiscoverArgs]
	store      *store.Store
	discoverer *collect.Discoverer
}

// Timeout is what the sites may take one after the other, should they all be one, and some more.
func (w *discoverWorker) Timeout(job *river.Job[DiscoverArgs]) time.Duration {
	return time.Duration(len(job.Args.URLs))*collect.SiteTimeout + time.Minute
}

// discoverResult is what the job shows of a discovery.
type discoverResult struct {
	FeedsFound int                 `json:"feeds_found"`
	Sites      []collect.Discovery `json:"sites"`
}

// Work looks at the sites. Where none of them could be asked, the job has failed; what was tried is its
// result nevertheless.
func (w *discoverWorker) Work(ctx context.Context, job *river.Job[DiscoverArgs]) error {
	done := 0
	w.report(ctx, job, done)
	sites := w.discoverer.DiscoverAll(ctx, job.Args.URLs, collect.DiscoverOptions{Limit: job.Args.Limit, Exhaustive: job.Args.Exhaustive}, func() {
		done++
		w.report(ctx, job, done)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := w.nameCollections(ctx, sites); err != nil {
		return err
	}
	result := discoverResult{Sites: sites}
	var faults []string
	for _, site := range sites {
		result.FeedsFound += len(site.Feeds)
		if site.Outcome == collect.OutcomeFailed {
			faults = append(faults, site.Error.Message)
		}
	}
	if err := river.RecordOutput(ctx, result); err != nil {
		return err
	}
	if len(faults) == len(sites) {
		return failForGood(strings.Join(faults, " "))
	}
	return nil
}

// report tells how many sites are done. That it could not be told is no reason to ask them all again.
func (w *discoverWorker) report(ctx context.Context, job *river.Job[DiscoverArgs], done int) {
	sites := len(job.Args.URLs)
	message := "Looking for feeds at " + job.Args.URLs[0] + "."
	if sites > 1 {
		message = fmt.Sprintf("Looking for feeds: %d of %d sites done.", done, sites)
	}
	_ = w.store.ReportProgress(ctx, store.JobID(job.ID), store.JobProgress{
		Percent: 5 + 90*done/sites, Stage: "asking", Message: message,
	})
}

// nameCollections notes which of the feeds are collected already.
func (w *discoverWorker) nameCollections(ctx context.Context, sites []collect.Discovery) error {
	var addresses, subreddits []string
	for _, site := range sites {
		for _, f := range site.Feeds {
			addresses = append(append(addresses, f.URL), f.AlsoAt...)
			if f.Collection.Config != nil {
				subreddits = append(subreddits, strings.ToLower(f.Collection.Config.Subreddit))
			}
		}
	}
	reading, err := w.store.CollectionsReading(ctx, addresses)
	if err != nil {
		return err
	}
	following, err := w.store.CollectionsOfSubreddits(ctx, subreddits)
	if err != nil {
		return err
	}
	for _, site := range sites {
		for i := range site.Feeds {
			f := &site.Feeds[i]
			for _, address := range append([]string{f.URL}, f.AlsoAt...) {
				f.CollectionIDs = append(f.CollectionIDs, reading[address]...)
			}
			if f.Collection.Config != nil {
				f.CollectionIDs = append(f.CollectionIDs, following[strings.ToLower(f.Collection.Config.Subreddit)]...)
			}
		}
	}
	return nil
}

// Discover queues a discovery in the transaction of ctx.
func (c *Client) Discover(ctx context.Context, args DiscoverArgs) (store.Job, error) {
	return c.queue(ctx, args)
}
