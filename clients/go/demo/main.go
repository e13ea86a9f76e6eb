// Demo shows the whole way from feeds to a cited report, over the HTTP API and by the Go SDK alone, and says what it does.
//
//	go run ./clients/go/demo [FOLDER]
//
// It builds the server, starts it with a database of its own that is thrown away, serves the feeds of a folder (or, without
// one, the recorded pages of the evaluation) on this machine, and needs neither keys nor the internet.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/oapi-codegen/nullable"

	contentcreator "github.com/content-creator/content-creator-api/clients/go"
	"github.com/content-creator/content-creator-api/gen/client"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	folder := filepath.Join("research", "testdata", "eval")
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := run(ctx, folder, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// A demo is the way that is shown.
type demo struct {
	*contentcreator.Client
	out   io.Writer
	began time.Time
}

func run(ctx context.Context, folder string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	feeds, site, err := serveFeeds(ctx, folder)
	if err != nil {
		return err
	}
	d := &demo{out: out}
	d.say("Starting the server …")
	base, key, stop, err := startServer(ctx, feeds[0] == recorded[0])
	if err != nil {
		return err
	}
	defer stop()
	if d.Client, err = contentcreator.New(base, contentcreator.WithKey(key), contentcreator.WithUserAgent("demo/1")); err != nil {
		return err
	}
	d.began = time.Now()
	for _, step := range []func() error{
		func() error { return d.collect(ctx, site, feeds) },
		func() error { return d.research(ctx) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	d.say("Done in %s.", time.Since(d.began).Round(100*time.Millisecond))
	return nil
}

// counted is a number of things in words.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

func (d *demo) say(format string, args ...any) { _, _ = fmt.Fprintf(d.out, format+"\n", args...) }

// collect adds the feeds, polls each once, and waits until what they brought is indexed.
func (d *demo) collect(ctx context.Context, site string, feeds []string) error {
	for _, name := range feeds {
		address := site + "/" + name
		made, err := d.API.CreateCollectionWithResponse(ctx, nil, client.CollectionCreate{Name: name, URL: &address, Domain: "demo", Market: "de"})
		if err != nil {
			return err
		}
		polled, err := d.API.PollCollectionWithResponse(ctx, made.JSON201.ID, nil)
		if err != nil {
			return err
		}
		job, err := d.WaitJob(ctx, polled.JSON202.ID, nil)
		var failed *contentcreator.JobFailedError
		switch {
		case errors.As(err, &failed):
			d.say("  %-28s %v", name, failed)
		case err != nil:
			return err
		default:
			result, _ := job.Result.Get()
			d.say("  %-28s %v", name, result["outcome"])
		}
	}
	if err := d.settle(ctx); err != nil {
		return err
	}
	list, err := d.API.ListDocumentsWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	d.say("The archive has %d documents.", list.JSON200.Total)
	return nil
}

// settle waits until the pages of the feeds are read and every document is indexed.
func (d *demo) settle(ctx context.Context) error {
	for {
		waiting := 0
		for _, state := range []client.JobState{client.JobStateQueued, client.JobStateRunning} {
			jobs, err := d.API.ListJobsWithResponse(ctx, &client.ListJobsParams{State: &state})
			if err != nil {
				return err
			}
			waiting += jobs.JSON200.Total
		}
		unread, err := d.API.ListDocumentsWithResponse(ctx, &client.ListDocumentsParams{Status: new(client.DocumentStatusNew)})
		if err != nil {
			return err
		}
		if waiting+unread.JSON200.Total == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// research discovers topics in each language, validates and researches the best, and opens every quote of its report.
func (d *demo) research(ctx context.Context) error {
	for _, language := range []string{"en", "de"} {
		topic, err := d.discover(ctx, language)
		if err != nil {
			return err
		}
		if topic == nil {
			continue
		}
		score, err := d.API.ValidateTopicWithResponse(ctx, *topic, nil, client.TopicValidationRequest{})
		if err != nil {
			return err
		}
		d.say("Validated: %.2f by the profile %s (it needs %.2f).", score.JSON200.Score, score.JSON200.Profile, score.JSON200.Threshold)
		for _, part := range score.JSON200.Parts {
			d.say("  %-10s %s", part.Name, part.Explanation)
		}
		if err := d.report(ctx, *topic); err != nil {
			return err
		}
		if err := d.draft(ctx, *topic); err != nil {
			return err
		}
	}
	return nil
}

// discover looks for topics at the times of the newest documents of a language, and answers the best.
func (d *demo) discover(ctx context.Context, language string) (*client.ID, error) {
	newest, err := d.API.ListDocumentsWithResponse(ctx, &client.ListDocumentsParams{Language: &language, PageSize: new(100)})
	if err != nil {
		return nil, err
	}
	const window = 46
	var last time.Time
	for _, document := range newest.JSON200.Items {
		at, err := document.PublishedAt.Get()
		if err != nil || !last.IsZero() && last.Sub(at) < window*24*time.Hour {
			continue
		}
		last = at
		topic, err := d.discoverAt(ctx, client.TopicDiscoveryRequest{
			Domain: "demo", Market: "de", Language: language, WindowDays: new(window), Limit: new(5), Until: new(at.Add(time.Second)),
		})
		if topic != nil || err != nil {
			return topic, err
		}
	}
	return nil, nil
}

func (d *demo) discoverAt(ctx context.Context, request client.TopicDiscoveryRequest) (*client.ID, error) {
	queued, err := d.API.DiscoverTopicsWithResponse(ctx, nil, request)
	if err != nil {
		return nil, err
	}
	job, err := d.WaitJob(ctx, queued.JSON202.ID, nil)
	if err != nil {
		return nil, err
	}
	found, err := contentcreator.Result[client.TopicDiscovery](job)
	if err != nil {
		return nil, err
	}
	d.say("\nTopics in %q up to %s (%s, %s):", request.Language, request.Until.Format(time.DateOnly),
		counted(found.Report.Documents, "document"), counted(found.Report.Considered, "candidate"))
	for _, topic := range found.Report.Topics {
		d.say("  %.2f  %s  (%s)", topic.Score, topic.Title, counted(len(topic.Documents), "document"))
	}
	if len(found.Report.Topics) == 0 {
		note, _ := found.Report.Note.Get()
		d.say("  none: %s", note)
		return nil, nil
	}
	id, err := found.Report.Topics[0].TopicID.Get()
	return &id, err
}

// report researches a topic and opens every quote of the report in the text that it was taken from.
func (d *demo) report(ctx context.Context, topic client.ID) error {
	queued, err := d.API.ResearchTopicWithResponse(ctx, topic, nil, client.TopicResearchRequest{Depth: new(client.TopicResearchRequestDepthQuick)})
	if err != nil {
		return err
	}
	job, err := d.WaitJob(ctx, queued.JSON202.ID, func(event contentcreator.Event) {
		if progress, ok := event.Data["progress"].(map[string]any); ok {
			d.say("  … %v", progress["message"])
		}
	})
	if err != nil {
		return err
	}
	result, err := contentcreator.Result[client.ResearchResult](job)
	if err != nil {
		return err
	}
	run, err := d.API.GetResearchRunWithResponse(ctx, result.RunID, nil)
	if err != nil {
		return err
	}
	report, _ := run.JSON200.Report.Get()
	d.say("\n%s", report)
	claims := contentcreator.All(ctx, func(ctx context.Context, cursor string) ([]client.ResearchClaim, nullable.Nullable[string], error) {
		page, err := d.API.ListTopicClaimsWithResponse(ctx, topic, &client.ListTopicClaimsParams{Cursor: orNil(cursor)})
		if err != nil {
			return nil, nil, err
		}
		return page.JSON200.Items, page.JSON200.NextCursor, nil
	})
	opened := 0
	for claim, err := range claims {
		if err != nil {
			return err
		}
		snapshot, err := d.API.GetSnapshotWithResponse(ctx, claim.Source.SnapshotID)
		if err != nil {
			return err
		}
		if text := []rune(snapshot.JSON200.Text); string(text[claim.Start:claim.End]) != claim.Quote {
			return fmt.Errorf("the quote %q does not stand in %s", claim.Quote, claim.Source.URL)
		}
		opened++
	}
	d.say("%s, each quote found in its source. Cost: %.4f dollars, %s.",
		counted(opened, "citation"), run.JSON200.Cost.KnownUsd, counted(run.JSON200.Cost.Requests, "request"))
	return nil
}

// draft has a draft written of the report, and says what it holds.
func (d *demo) draft(ctx context.Context, topic client.ID) error {
	queued, err := d.API.SynthesizeTopicWithResponse(ctx, topic, nil, client.SynthesisRequest{})
	if err != nil {
		return err
	}
	job, err := d.WaitJob(ctx, queued.JSON202.ID, nil)
	if err != nil {
		return err
	}
	result, err := contentcreator.Result[client.SynthesisResult](job)
	if err != nil {
		return err
	}
	draft, err := d.API.GetDraftWithResponse(ctx, result.DraftID)
	if err != nil {
		return err
	}
	d.say("Draft version %d (%s): %s, %s with claims, %s.", result.Version, result.Method, counted(result.WordCount, "word"),
		counted(len(draft.JSON200.Sentences), "sentence"), counted(len(draft.JSON200.Citations), "source"))
	return nil
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
