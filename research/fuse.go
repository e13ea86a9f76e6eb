package research

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/store"
)

// Findings are what backends have found for a query, and how each of them fared.
type Findings struct {
	Query    Query     `json:"query"`
	Backends []Outcome `json:"backends"`
	// Groups are the pages, each once, best first.
	Groups []Group `json:"groups"`
}

// An Outcome is how one backend fared.
type Outcome struct {
	Name string `json:"name"`
	Hits int    `json:"hits"`
	// Error is nil where it answered, be it that it found nothing.
	Error *BackendError `json:"error"`
	// FromBook: it had been asked the same before, and was not asked again.
	FromBook bool `json:"from_book"`
	// Cost is in micro-dollars; nil is not known, and so it is for what failed in a way that may have been charged.
	Cost *int64 `json:"cost"`
}

// Failed reports whether no backend answered: then that there are no groups says nothing about the web.
func (f Findings) Failed() bool {
	return !slices.ContainsFunc(f.Backends, func(o Outcome) bool { return o.Error == nil })
}

const (
	// maxAtOnce is how many backends are asked at the same time.
	maxAtOnce = 8
	// maxPatience is the longest Retry-After for which a backend is asked once more: Brave's smallest plan allows one
	// request a second.
	maxPatience = 3 * time.Second
)

// Search asks all backends at once, each through the book as the operation "search", and fuses what they find. That a
// backend fails is told in its outcome and keeps no other from being heard. A Query's Since should be the same when a
// run goes on, so that the book knows the calls again; the time of day does not count.
func Search(ctx context.Context, book ledger.Book, backends []Backend, q Query) Findings {
	f := Findings{Query: q, Backends: make([]Outcome, len(backends))}
	lists := make([][]Hit, len(backends))
	var group errgroup.Group
	group.SetLimit(maxAtOnce)
	for i, b := range backends {
		group.Go(func() error {
			lists[i], f.Backends[i] = b.consult(ctx, book, q)
			return nil
		})
	}
	_ = group.Wait() // each outcome has its own error
	f.Groups = Fuse(lists...)
	return f
}

// consult asks one backend, twice where it wants to be asked again in a moment.
func (b Backend) consult(ctx context.Context, book ledger.Book, q Query) ([]Hit, Outcome) {
	o := Outcome{Name: b.Name}
	hits, err := b.book(ctx, book, q, &o)
	var fault *BackendError
	if errors.As(err, &fault) && fault.Code == CodeRateLimited && fault.RetryAfter > 0 && fault.RetryAfter <= maxPatience {
		select {
		case <-ctx.Done():
		case <-time.After(fault.RetryAfter):
			hits, err = b.book(ctx, book, q, &o)
		}
	}
	if err != nil {
		o.Error = b.explain(ctx, err)
		return nil, o
	}
	if !q.Since.IsZero() {
		day := q.Since.UTC().Truncate(24 * time.Hour)
		hits = slices.DeleteFunc(hits, func(h Hit) bool { return h.PublishedAt != nil && h.PublishedAt.Before(day) })
	}
	o.Hits = len(hits)
	return hits, o
}

// book asks through the book. The body of the reply is the hits, so that the book can answer the same call again.
func (b Backend) book(ctx context.Context, book ledger.Book, q Query, o *Outcome) ([]Hit, error) {
	if b.Own {
		return b.Search(ctx, q)
	}
	asked := q
	asked.Since = q.Since.UTC().Truncate(24 * time.Hour)
	request, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	c := ledger.Call{Provider: b.Name, Model: b.model, Operation: "search", Request: request, Price: b.Price, Most: cmp.Or(b.most, b.Price.PerRequest)}
	sent := false
	reply, err := book.Make(ctx, c, func(ctx context.Context) (ledger.Reply, error) {
		sent = true
		return b.send(ctx, q)
	})
	o.FromBook, o.Cost = !sent && err == nil, reply.Cost
	if err != nil {
		return nil, err
	}
	var hits []Hit
	if err := json.Unmarshal(reply.Body, &hits); err != nil {
		return nil, fmt.Errorf("read what %s found before: %w", b.Name, err)
	}
	return hits, nil
}

// send asks the service itself.
func (b Backend) send(ctx context.Context, q Query) (ledger.Reply, error) {
	f := found{cost: b.Price.PerRequest}
	var err error
	if b.metered != nil {
		f, err = b.metered(ctx, q)
	} else {
		f.hits, err = b.Search(ctx, q)
	}
	if err != nil {
		return ledger.Reply{InputTokens: f.in, OutputTokens: f.out, Cost: b.paid(err, f)}, err
	}
	if f.hits == nil {
		f.hits = []Hit{}
	}
	body, err := json.Marshal(f.hits)
	return ledger.Reply{Body: body, InputTokens: f.in, OutputTokens: f.out, Cost: f.cost}, err
}

// paid is what a call that failed has cost: nothing where the service refused it, what it said it did where it says so,
// and else nobody knows, unless the service is free.
func (b Backend) paid(err error, f found) *int64 {
	if b.metered != nil && f.cost != nil {
		return f.cost
	}
	if b.Price.PerRequest != nil && *b.Price.PerRequest == 0 && b.metered == nil {
		return new(int64)
	}
	var fault *BackendError
	if !errors.As(err, &fault) {
		return nil
	}
	switch fault.Code {
	case CodeBadKey, CodeNoCredit, CodeForbidden, CodeFormatDisabled, CodeBadRequest, CodeRateLimited, CodeUnavailable:
		return new(int64)
	}
	return nil
}

// explain is why a backend found nothing, also where it was not the backend's fault.
func (b Backend) explain(ctx context.Context, err error) *BackendError {
	var fault *BackendError
	if errors.As(err, &fault) {
		return fault
	}
	title := upper(titleOf(b.Name))
	fault = &BackendError{Backend: b.Name, Code: CodeFailed, Message: title + " failed.", Err: err}
	switch {
	case errors.Is(err, ledger.ErrBudget):
		fault.Code, fault.Message = CodeBudget, title+" was not asked. "+sentenceOf(upper(err.Error()))
		_ = errors.As(err, &fault.Refusal)
	case errors.Is(err, ledger.ErrLost):
		fault.Code, fault.Message = CodeLost, title+" was asked before, and its answer was lost; it is not paid for again."
	case ctx.Err() != nil:
		fault.Code, fault.Message = CodeCanceled, title+" did not answer in the time that it was given."
	}
	return fault
}

// A Group is one page with all that backends have said of it, and the copies of it elsewhere.
type Group struct {
	// Hit is the page's best: its own rank is that in the backend where it stood highest; what that backend did not know
	// (text, date, snippet) is taken from the others.
	Hit
	// Key is the page's canonical address.
	Key string `json:"key"`
	// Fusion is the sum of 1/(60 + rank) over the backends that found it.
	Fusion float64 `json:"fusion"`
	// FoundBy says where each backend had it.
	FoundBy []Place `json:"found_by"`
	// Copies are pages at other addresses that say the same, found and fused as this one; they count for nothing.
	Copies []Group `json:"copies,omitempty"`
}

// A Place is where a page stood in a backend's list.
type Place struct {
	Backend string `json:"backend"`
	Rank    int    `json:"rank"`
}

// fusionK is the k of reciprocal rank fusion (Cormack, Clarke, Büttcher 2009).
const fusionK = 60

// Fuse makes one list of several: pages of the same canonical address are one, scored by reciprocal rank, best first;
// where scores are equal the page that stood higher in an earlier list comes first. Pages that say the same (see
// collect.Compare) become one with copies: the one published first where all tell when, else the best. Equal lists
// give equal results.
func Fuse(lists ...[]Hit) []Group {
	var groups []*Group
	byKey := map[string]*Group{}
	for _, list := range lists {
		seen := map[string]bool{}
		for i, h := range list {
			key, err := collect.Canonical(h.URL)
			if err != nil || seen[key] {
				continue
			}
			seen[key] = true
			h.Rank = cmp.Or(h.Rank, i+1)
			g := byKey[key]
			if g == nil {
				g = &Group{Hit: h, Key: key}
				byKey[key] = g
				groups = append(groups, g)
			} else {
				g.merge(h)
			}
			g.Fusion += 1 / float64(fusionK+h.Rank)
			g.FoundBy = append(g.FoundBy, Place{h.Backend, h.Rank})
		}
	}
	slices.SortStableFunc(groups, func(a, b *Group) int { return cmp.Compare(b.Fusion, a.Fusion) })
	return distinct(groups)
}

// merge takes over what another backend says of the same page.
func (g *Group) merge(h Hit) {
	best, other := g.Hit, h
	if h.Rank < best.Rank {
		best, other = h, best
	}
	best.Title, best.Snippet = cmp.Or(best.Title, other.Title), cmp.Or(best.Snippet, other.Snippet)
	if len(other.Text) > len(best.Text) {
		best.Text = other.Text
	}
	if best.PublishedAt == nil {
		best.PublishedAt = other.PublishedAt
	}
	if best.DocumentID == nil {
		best.DocumentID = other.DocumentID
	}
	g.Hit = best
}

// body is what a page is compared and ranked by.
func (h Hit) body() string { return cmp.Or(h.Text, h.Snippet) }

// distinct puts pages that say the same together. A copy in which figures have been changed does not.
func distinct(groups []*Group) []Group {
	texts := prepare(groups)
	var clusters [][]int
	for i := range groups {
		at := slices.IndexFunc(clusters, func(c []int) bool {
			return alike(&texts[c[0]], &texts[i]) && !figuresIn(groups[c[0]].body(), "").restated(figuresIn(groups[i].body(), ""))
		})
		if at < 0 {
			clusters = append(clusters, []int{i})
			continue
		}
		clusters[at] = append(clusters[at], i)
	}
	out := make([]Group, len(clusters))
	for n, members := range clusters {
		first := earliest(groups, members)
		out[n] = *groups[first]
		for _, i := range members {
			if i != first {
				out[n].Copies = append(out[n].Copies, *groups[i])
			}
			// The page stands where its best copy stood, though that one counts no second time.
			out[n].Fusion = max(out[n].Fusion, groups[i].Fusion)
		}
	}
	return out
}

// earliest is the member that was published first, or the best where not all tell when.
func earliest(groups []*Group, members []int) int {
	first := members[0]
	for _, i := range members {
		if groups[i].PublishedAt == nil {
			return members[0]
		}
		if groups[i].PublishedAt.Before(*groups[first].PublishedAt) {
			first = i
		}
	}
	return first
}

// prepare reads the texts of groups, as many at once as there is to gain by it.
func prepare(groups []*Group) []collect.Text {
	texts := make([]collect.Text, len(groups))
	var wait sync.WaitGroup
	for i, g := range groups {
		wait.Go(func() {
			sum := sha256.Sum256([]byte(strings.ToLower(strings.Join(strings.Fields(g.Title+"\n"+g.body()), " "))))
			d := store.PendingDocument{Title: g.Title, Text: g.body(), URL: g.URL, ContentHash: hex.EncodeToString(sum[:])}
			if g.PublishedAt != nil {
				d.PublishedAt, d.HappenedAt = g.PublishedAt, *g.PublishedAt
			}
			texts[i] = collect.Prepare(d)
		})
	}
	wait.Wait()
	return texts
}

// alike reports whether two pages say the same. Only those are compared whose sketches meet: comparing is dear.
func alike(a, b *collect.Text) bool {
	meets := slices.ContainsFunc(a.Sketch, func(h int64) bool { return slices.Contains(b.Sketch, h) })
	return meets && collect.Compare(a, b).Kind != ""
}
