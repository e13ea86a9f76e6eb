package jobs

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// ProcessArgs looks at every document that has not been processed: finds its duplicates and the story it belongs to.
type ProcessArgs struct{}

// Kind names the job.
func (ProcessArgs) Kind() string { return "process" }

// InsertOpts says that one at a time is enough: batches are worked one after another anyway. Once more is tried soon, as after
// a deadlock; beyond that the sweep makes up for a failed one.
func (ProcessArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 2, Tags: []string{scheduledTag}, UniqueOpts: river.UniqueOpts{ByState: unfinished}}
}

const (
	// processBatch is how many documents one transaction processes.
	processBatch = 200
	// processFor is for how long one job works.
	processFor = 5 * time.Second
	// commonShingle is how many different texts may have a passage that is no template text.
	commonShingle = 16
	// maxStorySpan is how long a story may go on; what comes later is another one.
	maxStorySpan = 14 * 24 * time.Hour
)

type processWorker struct {
	river.WorkerDefaults[ProcessArgs]
	store   *store.Store
	client  *Client
	metrics *metrics
}

// Work processes batches until no document is left, or hands an archive over to a job after it, so that a stopping process
// waits for no archive. A batch is one transaction: a crash leaves all or nothing of it.
func (w *processWorker) Work(ctx context.Context, job *river.Job[ProcessArgs]) error {
	if err := w.letPollsPass(ctx); err != nil {
		return err
	}
	for started := time.Now(); time.Since(started) < processFor; {
		done, err := w.batch(ctx)
		if err != nil {
			return err
		}
		if done == 0 {
			break
		}
	}
	return w.finish(ctx, job)
}

// Polls go first, for so long: a document that is kept can wait, an article that leaves its feed cannot.
const (
	pollsFirst = 10 * time.Second
	pollsCheck = 200 * time.Millisecond
)

// letPollsPass waits while polls are due that no worker has begun.
func (w *processWorker) letPollsPass(ctx context.Context) error {
	for started := time.Now(); time.Since(started) < pollsFirst; {
		waiting, err := w.store.HasDueJobs(ctx, queueCollect)
		if err != nil || !waiting {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollsCheck):
		}
	}
	return nil
}

// finish ends the job, and queues another if documents are left or have come meanwhile. It locks out who saves documents: a poll
// before it could not queue another job, since this one was still running; one after it can.
func (w *processWorker) finish(ctx context.Context, job *river.Job[ProcessArgs]) error {
	return w.store.InTx(ctx, func(ctx context.Context) error {
		if err := w.store.LockOutDocuments(ctx); err != nil {
			return err
		}
		waiting, err := w.store.HasNewDocuments(ctx)
		if err != nil {
			return err
		}
		tx, _ := store.Tx(ctx)
		if _, err := river.JobCompleteTx[*riverpgxv5.Driver, pgx.Tx](ctx, tx, job); err != nil || !waiting {
			return err
		}
		_, err = w.client.insert(ctx, ProcessArgs{})
		return err
	})
}

// ensureProcessing queues the processing of what the transaction of ctx has saved, unless a job for it is queued or
// running: that one will see the documents, since it locks out whoever saves some before it ends. To insert a second one in
// vain would make every poll wait until the one before has committed.
func (c *Client) ensureProcessing(ctx context.Context) error {
	there, err := c.store.HasUnfinishedJob(ctx, ProcessArgs{}.Kind())
	if err != nil || there {
		return err
	}
	_, err = c.insert(ctx, ProcessArgs{})
	return err
}

// batch processes the next documents in one transaction and answers how many they were.
func (w *processWorker) batch(ctx context.Context) (int, error) {
	var claimed []store.PendingDocument
	err := w.store.InTx(ctx, func(ctx context.Context) (err error) {
		claimed, err = w.store.ClaimNewDocuments(ctx, processBatch)
		if err != nil || len(claimed) == 0 {
			return err
		}
		// Whatever else is to be found out about a document joins here, and is written by SaveFindings.
		annotated := annotations(claimed)
		g, err := w.neighbourhood(ctx, claimed)
		if err != nil {
			return err
		}
		g.group()
		g.findings.Annotations = annotated
		changed, err := w.store.SaveFindings(ctx, g.findings)
		if err != nil {
			return err
		}
		return w.compareStories(ctx, changed)
	})
	if err == nil {
		w.metrics.documents.WithLabelValues("processed").Add(float64(len(claimed)))
	}
	return len(claimed), err
}

// annotations finds out what documents are about.
func annotations(claimed []store.PendingDocument) []store.Annotations {
	list := make([]store.Annotations, len(claimed))
	for i, d := range claimed {
		list[i].DocumentID = d.ID
		list[i].Keywords, list[i].Entities = annotate.Annotate(d.Title, d.Text, d.Language, d.PublishedAt)
	}
	return list
}

// compareStories finds anew where the documents of stories contradict each other.
func (w *processWorker) compareStories(ctx context.Context, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	texts, err := w.store.StoryTexts(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := w.store.SaveDisagreements(ctx, id, collect.Disagreements(texts[id])); err != nil {
			return err
		}
	}
	return nil
}

// A node is a document of the batch, or one that the indexes know.
type node struct {
	store.PendingDocument
	collect.Text
	cluster, story uuid.UUID
}

// A grouping joins the documents of a batch with their like, one after another.
type grouping struct {
	batch []*node
	known map[int64]*node
	// shingles and terms are what the indexes hold, terms by the document's place in the batch.
	shingles store.Holders
	terms    []store.Holders
	// earlier are the documents of this batch that came before, by hash and by term.
	earlierShingles, earlierTerms store.Holders
	findings                      store.Findings
	// merged are the clusters that have become a part of another one.
	merged map[uuid.UUID]uuid.UUID
}

// neighbourhood reads all that the documents of a batch may have to be compared with.
func (w *processWorker) neighbourhood(ctx context.Context, claimed []store.PendingDocument) (*grouping, error) {
	g := &grouping{known: map[int64]*node{}, earlierShingles: store.Holders{}, earlierTerms: store.Holders{}, merged: map[uuid.UUID]uuid.UUID{}}
	var hashes []int64
	lookups := make([]store.TermLookup, len(claimed))
	for i, d := range claimed {
		n := &node{PendingDocument: d, Text: collect.Prepare(d)}
		g.batch = append(g.batch, n)
		hashes = append(hashes, n.Sketch...)
		lookups[i] = store.TermLookup{Terms: n.Terms, At: d.HappenedAt}
	}
	var err error
	if g.shingles, err = w.store.ShingleHolders(ctx, hashes, commonShingle); err != nil {
		return nil, err
	}
	if g.terms, err = w.store.TermHolders(ctx, lookups, collect.StorySpan, collect.CommonTerm); err != nil {
		return nil, err
	}
	wanted := map[int64]bool{}
	for i, n := range g.batch {
		for _, c := range collect.DuplicateCandidates(n.Sketch, g.shingleHolders) {
			wanted[c.Seq] = true
		}
		for _, c := range collect.StoryCandidates(&n.Text, g.termHolders(i)) {
			wanted[c.Seq] = true
		}
	}
	neighbours, err := w.store.ProcessedNeighbours(ctx, slices.Sorted(maps.Keys(wanted)))
	if err != nil {
		return nil, err
	}
	for _, d := range neighbours {
		g.known[d.Seq] = &node{PendingDocument: d, Text: collect.Prepare(d), cluster: d.ClusterID, story: d.StoryID}
	}
	return g, nil
}

// shingleHolders are the index's and those of the batch so far.
func (g *grouping) shingleHolders(hash int64) ([]int64, bool) {
	found, some := g.shingles[hash]
	if some && found == nil {
		return nil, true
	}
	all := slices.Concat(found, g.earlierShingles[hash])
	return all, len(all) > commonShingle
}

// termHolders are the index's around a document of the batch, and those of the batch so far.
func (g *grouping) termHolders(i int) collect.Holders {
	return func(term int64) ([]int64, bool) {
		found, some := g.terms[i][term]
		if some && found == nil {
			return nil, true
		}
		all := slices.Clone(found)
		for _, seq := range g.earlierTerms[term] {
			if g.known[seq].HappenedAt.Sub(g.batch[i].HappenedAt).Abs() <= collect.StorySpan {
				all = append(all, seq)
			}
		}
		return all, len(all) > collect.CommonTerm
	}
}

// group joins every document of the batch, in the order of arrival.
func (g *grouping) group() {
	for i, n := range g.batch {
		g.joinCluster(n)
		g.joinStory(i, n)
		posted := g.post(n)
		g.findings.Documents = append(g.findings.Documents, store.ProcessedDocument{
			ID: n.ID, Seq: n.Seq, HappenedAt: n.HappenedAt, Sketch: n.Sketch, Terms: n.Terms, Posted: posted,
		})
		g.known[n.Seq] = n
		if n.ClusterID != uuid.Nil {
			g.findings.LeftClusters = append(g.findings.LeftClusters, n.ClusterID)
		}
		if n.StoryID != uuid.Nil {
			g.findings.LeftStories = append(g.findings.LeftStories, n.StoryID)
		}
	}
}

// joinCluster compares a document with its candidates, joins the cluster of the most alike and unites the clusters of all
// that it is a copy of.
func (g *grouping) joinCluster(n *node) {
	var best *node
	var match collect.Match
	var clusters []uuid.UUID
	for _, c := range collect.DuplicateCandidates(n.Sketch, g.shingleHolders) {
		other := g.known[c.Seq]
		if other == nil {
			continue
		}
		m := collect.Compare(&n.Text, &other.Text)
		if m.Kind == "" {
			continue
		}
		if other.cluster != uuid.Nil {
			clusters = append(clusters, g.now(other.cluster))
		}
		if best == nil || m.Similarity > match.Similarity {
			best, match = other, m
		}
	}
	if best == nil {
		return
	}
	if len(clusters) == 0 {
		best.cluster = g.newCluster(n, best)
		clusters = []uuid.UUID{best.cluster}
		g.findings.Duplicates = append(g.findings.Duplicates, store.Membership{DocumentID: best.ID, GroupID: best.cluster, Similarity: 1})
	}
	// Ids grow: the smallest is the oldest.
	slices.SortFunc(clusters, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	n.cluster = clusters[0]
	for _, c := range slices.Compact(clusters)[1:] {
		g.merged[c] = n.cluster
		g.findings.Unions = append(g.findings.Unions, [2]uuid.UUID{c, n.cluster})
	}
	if best.cluster == uuid.Nil {
		best.cluster = n.cluster
		g.findings.Duplicates = append(g.findings.Duplicates, store.Membership{DocumentID: best.ID, GroupID: n.cluster, Similarity: match.Similarity, MatchedID: n.ID})
	}
	g.findings.Duplicates = append(g.findings.Duplicates, store.Membership{
		DocumentID: n.ID, GroupID: n.cluster, MatchedID: best.ID, Similarity: match.Similarity,
	})
}

// newCluster is the id that one of the two had before it changed, else a new one.
func (g *grouping) newCluster(n, other *node) uuid.UUID {
	for _, former := range []uuid.UUID{other.ClusterID, n.ClusterID} {
		taken := slices.ContainsFunc(g.findings.Duplicates, func(m store.Membership) bool { return m.GroupID == former })
		if former != uuid.Nil && !taken {
			return former
		}
	}
	return uuid.Must(uuid.NewV7())
}

// now is what a cluster has become a part of.
func (g *grouping) now(cluster uuid.UUID) uuid.UUID {
	for {
		into, merged := g.merged[cluster]
		if !merged {
			return cluster
		}
		cluster = into
	}
}

// post makes a document found by the hashes that its cluster is not found by yet and that still tell something.
func (g *grouping) post(n *node) []int64 {
	posted := []int64{}
	for _, hash := range n.Sketch {
		holders, common := g.shingleHolders(hash)
		covered := n.cluster != uuid.Nil && slices.ContainsFunc(holders, func(seq int64) bool {
			holder := g.known[seq]
			return holder != nil && holder.cluster != uuid.Nil && g.now(holder.cluster) == g.now(n.cluster)
		})
		// One more would tell nothing that is not known.
		if !covered && !common {
			posted = append(posted, hash)
			g.earlierShingles[hash] = append(g.earlierShingles[hash], n.Seq)
		}
	}
	for _, term := range n.Terms {
		g.earlierTerms[term] = append(g.earlierTerms[term], n.Seq)
	}
	return posted
}

// joinStory joins the story of the document that a document has most in common with, or begins one with a
// document of another publisher.
func (g *grouping) joinStory(i int, n *node) {
	var best *node
	var bond collect.Bond
	for _, c := range collect.StoryCandidates(&n.Text, g.termHolders(i)) {
		other := g.known[c.Seq]
		if other == nil || other.story == uuid.Nil && other.Source == n.Source ||
			other.story != uuid.Nil && n.HappenedAt.Sub(other.StoryFirstAt).Abs() > maxStorySpan {
			continue
		}
		b, same := collect.SameEvent(&n.Text, &other.Text, g.termHolders(i))
		if same && (best == nil || b.Similarity > bond.Similarity) {
			best, bond = other, b
		}
	}
	if best == nil {
		return
	}
	if best.story == uuid.Nil {
		best.story, best.StoryFirstAt = g.newStory(n, best), best.HappenedAt
		g.findings.Stories = append(g.findings.Stories, store.Membership{
			DocumentID: best.ID, GroupID: best.story, Similarity: 1, Publisher: best.Source, Terms: bond.Terms,
		})
	}
	n.story, n.StoryFirstAt = best.story, best.StoryFirstAt
	g.findings.Stories = append(g.findings.Stories, store.Membership{
		DocumentID: n.ID, GroupID: n.story, MatchedID: best.ID, Similarity: bond.Similarity, Publisher: n.Source, Terms: bond.Terms,
	})
}

// newStory is the id that one of the two had before it changed, else a new one.
func (g *grouping) newStory(n, other *node) uuid.UUID {
	for _, former := range []uuid.UUID{other.StoryID, n.StoryID} {
		taken := slices.ContainsFunc(g.findings.Stories, func(m store.Membership) bool { return m.GroupID == former })
		if former != uuid.Nil && !taken {
			return former
		}
	}
	return uuid.Must(uuid.NewV7())
}
