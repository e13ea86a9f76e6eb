package research

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/store"
)

// A source is a page that was found, and where it could be read its text.
type source struct {
	Group
	foundBy []string
	// position is its rank, number the one by which the report cites it.
	position, number int
	snapshot         *store.Snapshot
	fault            *store.PageError
	// kept is why it is not to be read: others are, or there would be nothing left to write with.
	kept *ledger.Refusal
	// unreadFor is the key of the cause for which it was not read.
	unreadFor string
	// text is the snapshot's cut into sentences, stems those of each.
	text  []annotate.Sentence
	stems [][]string
	// hostile are the sentences of paragraphs that speak to machines.
	hostile []bool
	// copyOf is the source whose text this one repeats, changed are the sentences in which it states other figures.
	copyOf  *source
	changed []bool
	score   float64
	parts   json.RawMessage
}

// readers is how many sources are read at once.
const readers = 4

// A reading is what came of a source: a text that is kept, or why there is none.
type reading struct {
	SnapshotID *uuid.UUID       `json:"snapshot_id,omitempty"`
	Fault      *store.PageError `json:"fault,omitempty"`
}

// read reads the sources.
func (r *run) read(ctx context.Context) error {
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		done  int
		fatal error
	)
	slots := make(chan struct{}, readers)
	for _, s := range r.sources {
		if s.DocumentID == nil { // the own archive needs no requests
			s.kept = r.shares.read()
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			mu.Lock()
			done++
			message, percent := fmt.Sprintf("Reading %d of %d: %s.", done, len(r.sources), s.site()), 20+40*done/len(r.sources)
			r.journal.Tell(ctx, percent, "fetch", message) // in order
			mu.Unlock()
			err := r.readSource(ctx, s, message)
			mu.Lock()
			defer mu.Unlock()
			fatal = errors.Join(fatal, err)
		})
	}
	group.Wait()
	if fatal != nil {
		return fatal
	}
	for _, s := range r.sources {
		if s.fault != nil && s.fault.Code == codeNotAllowed {
			r.lacks(cause{key: s.unreadFor, text: s.fault.Message}, func(s *shortfall) { s.unread++ })
		}
	}
	return nil
}

// site is who publishes a source, in words.
func (s *source) site() string {
	parsed, err := url.Parse(s.URL)
	if err != nil || parsed.Hostname() == "" {
		return s.URL
	}
	return parsed.Hostname()
}

// hostile are the sentences of each paragraph that speaks to machines instead of readers: one sentence goes on with the other.
func hostile(text string, sentences []annotate.Sentence) []bool {
	marked := make([]bool, len(sentences))
	runes := []rune(text)
	for from := 0; from < len(sentences); {
		to := from + 1
		for to < len(sentences) && !slices.Contains(runes[sentences[to-1].End:sentences[to].Start], '\n') {
			to++
		}
		// What stands before its first sentence is a part of it, too.
		begin := sentences[from].Start
		for begin > 0 && runes[begin-1] != '\n' {
			begin--
		}
		paragraph := sentences[from:to]
		speaks := commands(string(runes[begin:paragraph[len(paragraph)-1].End])) ||
			slices.ContainsFunc(paragraph, func(s annotate.Sentence) bool { return commands(s.Text) })
		for i := from; i < to; i++ {
			marked[i] = speaks
		}
		from = to
	}
	return marked
}

// codeNotAllowed is the fault of a source that the run's budget or time left no room for.
const codeNotAllowed = "not_read"

// readSource reads one source. That it cannot be read is part of the answer; the error is the journal's own.
func (r *run) readSource(ctx context.Context, s *source, message string) error {
	key, _ := collect.Canonical(s.URL) // it was fused by it
	step := Step{Key: "fetch:" + key, Stage: "fetch", Message: message, Input: map[string]string{"url": s.URL}}
	result, err := do(ctx, r.journal, step, func(ctx context.Context) (reading, error) { return r.readPage(ctx, s) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		why := r.why(err)
		s.unreadFor = why.key
		result = reading{Fault: &store.PageError{Code: codeNotAllowed, Message: why.text}}
	}
	s.fault = result.Fault
	if result.SnapshotID == nil {
		return nil
	}
	snapshot, err := r.journal.Kept(ctx, *result.SnapshotID)
	if err != nil {
		return err
	}
	s.snapshot = &snapshot
	s.text = annotate.Sentences(snapshot.Text, snapshot.Language)
	for _, sentence := range s.text {
		s.stems = append(s.stems, annotate.Stems(sentence.Text, snapshot.Language))
	}
	s.hostile = hostile(snapshot.Text, s.text)
	return nil
}

// readPage reads a page by way of the book, which counts requests, and keeps its text.
func (r *run) readPage(ctx context.Context, s *source) (reading, error) {
	if s.kept != nil {
		return reading{}, s.kept
	}
	free := int64(0)
	call := ledger.Call{
		Provider: "web", Operation: "read", Request: []byte(s.URL), Price: ledger.Price{PerRequest: &free}, Most: &free,
	}
	read := func(ctx context.Context) (ledger.Reply, error) {
		snapshot, err := r.Read(ctx, s.Hit)
		if err != nil {
			return ledger.Reply{Cost: &free}, err
		}
		snapshot.Text = annotate.Normal(snapshot.Text)
		if snapshot, err = r.journal.Keep(ctx, snapshot); err != nil {
			return ledger.Reply{Cost: &free}, err
		}
		body, err := json.Marshal(reading{SnapshotID: &snapshot.ID})
		return ledger.Reply{Body: body, Cost: &free}, err
	}
	var reply ledger.Reply
	var err error
	if s.DocumentID != nil {
		// The own archive is not asked over the network, and at once: also when the time is over.
		reply, err = read(ctx)
	} else {
		reply, err = r.journal.Make(r.work, call, read)
	}
	var fault *collect.Error
	if errors.As(err, &fault) {
		return reading{Fault: &store.PageError{Code: fault.Code, Message: fault.Message}}, nil
	}
	if err != nil {
		return reading{}, err
	}
	var result reading
	return result, json.Unmarshal(reply.Body, &result)
}
