package jobs

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertest"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// A labelled document; see collect/labelled_test.go, which makes the set.
type labelled struct {
	Group, Edit, Title, Text, Language, URL string
	At                                      time.Time
}

func readLabelled(t testing.TB, name string) []labelled {
	t.Helper()
	f, err := os.Open("../collect/testdata/" + name)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var list []labelled
	for lines.Scan() {
		var l labelled
		require.NoError(t, json.Unmarshal(lines.Bytes(), &l))
		list = append(list, l)
	}
	require.NoError(t, lines.Err())
	return list
}

func (l labelled) document() store.Document {
	u, _ := url.Parse(l.URL)
	sum := sha256.Sum256([]byte(l.Title + "\n" + l.Text))
	d := store.Document{
		Title: l.Title, URL: l.URL, CanonicalURL: l.URL, Source: "rss", SourceName: u.Hostname(), Language: l.Language,
		ContentHash: hex.EncodeToString(sum[:]), PublishedAt: &l.At, FetchedAt: l.At.Add(time.Minute), SourceMetadata: map[string]any{},
	}
	if l.Text != "" {
		d.ContentText = &l.Text
	}
	return d
}

// save keeps documents as a poll does, without a queue.
func (w *world) save(c store.Collection, documents ...store.Document) {
	w.t.Helper()
	_, err := w.store.SavePoll(w.t.Context(), store.Poll{
		Asked: c, At: time.Now(), NextPollAt: time.Now().Add(time.Hour), Documents: documents,
	})
	require.NoError(w.t, err)
}

// process works all batches there are.
func (w *world) process() {
	w.t.Helper()
	worker := &processWorker{store: w.store, metrics: newMetrics(prometheus.NewRegistry())}
	for {
		done, err := worker.batch(w.t.Context())
		require.NoError(w.t, err)
		if done == 0 {
			return
		}
	}
}

func (w *world) clusters() []store.DuplicateCluster {
	w.t.Helper()
	list, err := w.store.Duplicates(w.t.Context(), store.DuplicateFilter{}, store.Page{Size: 100})
	require.NoError(w.t, err)
	return list.Items
}

func (w *world) stories() []store.StorySummary {
	w.t.Helper()
	list, err := w.store.Stories(w.t.Context(), store.StoryFilter{}, store.Page{Size: 100})
	require.NoError(w.t, err)
	return list.Items
}

// titles are those of each cluster, in order.
func titles(clusters []store.DuplicateCluster) [][]string {
	var all [][]string
	for _, c := range clusters {
		var list []string
		for _, d := range c.Documents {
			list = append(list, d.Title)
		}
		slices.Sort(list)
		all = append(all, list)
	}
	slices.SortFunc(all, slices.Compare)
	return all
}

// harbour is a text of several sentences, whose end may be another's.
func harbour(title, path, end string) store.Document {
	text := "The harbour of Kiel stays closed until the divers have found the cause of the oil slick, its director said after the morning tide. " +
		"Three ferries were sent to Rostock instead, and the fish market opens a day later than usual. " +
		"Nobody remembers a longer closure since the winter in which the bay froze over from shore to shore. " + end
	return labelled{Title: title, Text: text, Language: "en", URL: "https://" + path, At: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}.document()
}

// bridge is another text.
func bridge(title, path string) store.Document {
	text := "A bakery in Lyon won the national prize for its rye bread and will send forty loaves to the breakfast table of the president. " +
		"The jury praised a crust that sings when it leaves the oven and a crumb that keeps for a week without losing its moisture. " +
		"Its owner has baked for thirty years and says that the flour matters more than the oven."
	return labelled{Title: title, Text: text, Language: "en", URL: "https://" + path, At: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}.document()
}

func TestProcessFollowsPoll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	w.outcome(c, w.collection(site(t, serving("a", "b"))))
	eventually(t, func() bool {
		return w.count(`select count(*) from documents where status = 'processed' and processed_at is not null`) == 2
	}, w.log.String)
	eventually(t, func() bool {
		return w.count(`select count(*) from river_job where kind = 'process' and state = 'completed'`) == 1
	}, w.log.String)
	require.Equal(t, 2, w.count(`select min(revision)::int from documents`), "what is processed has changed")
	require.Equal(t, 2.0, metric(t, w.registry, "content_creator_documents_total", "processed"))
	require.Zero(t, w.events("job.succeeded")-1, "only the poll is anybody's business")
	_, err := w.store.Job(t.Context(), store.JobID(w.count(`select id from river_job where kind = 'process'`)))
	require.Equal(t, store.KindNotFound, refusal(t, err).Kind)
}

func TestProcessLabelledSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.collection("http://127.0.0.1:1/feed.xml")
	groups := map[string]string{}
	var documents []store.Document
	for i, l := range readLabelled(t, "duplicates.jsonl") {
		d := l.document()
		d.CanonicalURL = fmt.Sprint("https://labelled.example/", i)
		groups[d.CanonicalURL] = l.Group
		documents = append(documents, d)
	}
	for part := range slices.Chunk(documents, 70) {
		w.save(c, part...)
	}
	start := time.Now()
	w.process()
	t.Logf("%d documents, %.0f a second", len(documents), float64(len(documents))/time.Since(start).Seconds())

	pairs := map[string]int{}
	for _, group := range groups {
		pairs[group]++
	}
	var all, right, falsely int
	for _, n := range pairs {
		all += n * (n - 1) / 2
	}
	rows, err := w.store.Pool().Query(t.Context(), `
		select a.canonical_url, b.canonical_url
		from duplicates x join duplicates y on x.cluster_id = y.cluster_id and x.document_id < y.document_id
		join documents a on a.id = x.document_id join documents b on b.id = y.document_id`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var a, b string
		require.NoError(t, rows.Scan(&a, &b))
		if groups[a] == groups[b] {
			right++
			continue
		}
		falsely++
	}
	require.NoError(t, rows.Err())
	precision, recall := float64(right)/float64(right+falsely), float64(right)/float64(all)
	t.Logf("precision %.4f, recall %.4f of %d pairs", precision, recall, all)
	require.GreaterOrEqual(t, precision, 0.95)
	require.GreaterOrEqual(t, recall, 0.95)
	require.Zero(t, w.count(`select count(*) from duplicate_clusters c where size <> (select count(*) from duplicates d where d.cluster_id = c.id)`))
	require.Zero(t, w.count(`select count(*) from (select hash from document_shingles group by hash having count(*) > $1) x`, 40))
}

func TestProcessStories(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.collection("http://127.0.0.1:1/feed.xml")
	groups := map[string]string{}
	var documents []store.Document
	for _, l := range readLabelled(t, "stories.jsonl") {
		groups[l.URL] = l.Group
		documents = append(documents, l.document())
	}
	slices.Reverse(documents)
	w.save(c, documents...)
	w.process()
	found := map[string]int{}
	for _, s := range w.stories() {
		story, err := w.store.Story(t.Context(), s.ID)
		require.NoError(t, err)
		require.Equal(t, s, story.StorySummary)
		require.Len(t, story.Documents, s.Size)
		require.GreaterOrEqual(t, len(s.Sources), 2)
		group := groups[story.Documents[0].URL]
		for _, d := range story.Documents {
			require.Equal(t, group, groups[d.URL], d.Title)
			require.NotEmpty(t, d.SharedTerms)
			require.Positive(t, d.Similarity)
		}
		found[group] = max(found[group], s.Size)
		if group == "kiel" {
			require.NotEmpty(t, story.Disagreements)
			require.Contains(t, s.Title, "Kiel")
		}
	}
	require.Equal(t, map[string]int{"kiel": 4, "jetty": 3, "otters": 4, "merger": 3, "crash": 4, "election": 2, "rocket": 2, "ecb": 2}, found)
	require.Empty(t, w.clusters())
}

func TestProcessClusters(t *testing.T) {
	t.Parallel()
	const tail = "The port authority will meet again in the evening and tell the shipping companies what to expect for the rest of the week. "
	setUp := func(t *testing.T) (*world, store.Collection) {
		w := newWorld(t)
		return w, w.collection("http://127.0.0.1:1/feed.xml")
	}
	t.Run("copies of other addresses are exact", func(t *testing.T) {
		t.Parallel()
		w, c := setUp(t)
		w.save(c, harbour("Oil", "a.example/1", ""), harbour("Oil", "b.example/1", ""), bridge("Bread", "a.example/2"))
		w.process()
		clusters := w.clusters()
		require.Equal(t, [][]string{{"Oil", "Oil"}}, titles(clusters))
		require.Equal(t, "exact", clusters[0].Kind)
		require.Equal(t, 2, clusters[0].Size)
		require.Equal(t, 1.0, clusters[0].Documents[0].Similarity)
		require.Nil(t, clusters[0].Documents[0].MatchedID)
		require.Equal(t, clusters[0].Documents[0].ID, *clusters[0].Documents[1].MatchedID)
		// A later copy that is not the same makes it near, and posts only what is new.
		before := w.count(`select count(*) from document_shingles`)
		w.save(c, harbour("Oil again", "c.example/1", "Nothing more is known."))
		w.process()
		require.Equal(t, [][]string{{"Oil", "Oil", "Oil again"}}, titles(w.clusters()))
		require.Equal(t, clusters[0].ID, w.clusters()[0].ID)
		require.Equal(t, "near", w.clusters()[0].Kind)
		require.Less(t, w.count(`select count(*) from document_shingles`)-before, 10)
	})
	t.Run("nothing is no copy of nothing", func(t *testing.T) {
		t.Parallel()
		w, c := setUp(t)
		bare := func(title, path string) store.Document {
			return labelled{Title: title, Language: "en", URL: "https://" + path, At: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}.document()
		}
		w.save(c, bare("Weather", "a.example/1"), bare("Weather", "b.example/1"), bare("", "a.example/2"), bare("", "b.example/2"),
			bare("The harbour of Kiel stays closed for days", "a.example/3"), bare("The harbour of Kiel stays closed for days", "b.example/3"))
		w.process()
		require.Equal(t, [][]string{{"The harbour of Kiel stays closed for days", "The harbour of Kiel stays closed for days"}}, titles(w.clusters()))
	})
	t.Run("a document that is a copy of two unites them", func(t *testing.T) {
		t.Parallel()
		w, c := setUp(t)
		oil, bread := harbour("Oil", "a.example/1", ""), bridge("Bread", "a.example/2")
		w.save(c, oil, harbour("Oil copy", "b.example/1", ""), bread, bridge("Bread copy", "b.example/2"))
		w.process()
		require.Len(t, w.clusters(), 2)
		both := harbour("Both", "c.example/1", *bread.ContentText)
		w.save(c, both)
		w.process()
		require.Equal(t, [][]string{{"Both", "Bread", "Bread copy", "Oil", "Oil copy"}}, titles(w.clusters()))
		require.Equal(t, 1, w.count(`select count(*) from duplicate_clusters`))
	})
	t.Run("a document that changes leaves", func(t *testing.T) {
		t.Parallel()
		w, c := setUp(t)
		first := harbour("Oil", "a.example/1", tail)
		w.save(c, first)
		w.process()
		w.save(c, harbour("Oil copy", "b.example/1", tail), harbour("Oil third", "c.example/1", tail))
		w.process()
		id := w.clusters()[0].ID
		changed := bridge("Bread now", "a.example/1")
		w.save(c, changed)
		w.process()
		require.Equal(t, [][]string{{"Oil copy", "Oil third"}}, titles(w.clusters()), "the others still find each other")
		require.Equal(t, 0, w.count(`select count(*) from documents where status = 'new'`))
		// And back again.
		w.save(c, first)
		w.process()
		require.Equal(t, [][]string{{"Oil", "Oil copy", "Oil third"}}, titles(w.clusters()))
		require.NotEqual(t, uuid.Nil, id)
		w.save(c, harbour("Oil fourth", "d.example/1", tail))
		w.process()
		require.Equal(t, [][]string{{"Oil", "Oil copy", "Oil fourth", "Oil third"}}, titles(w.clusters()))
	})
	t.Run("a document that is deleted leaves", func(t *testing.T) {
		t.Parallel()
		w, c := setUp(t)
		w.save(c, harbour("Oil", "a.example/1", tail))
		w.process()
		w.save(c, harbour("Oil copy", "b.example/1", tail), harbour("Oil third", "c.example/1", tail))
		w.process()
		cluster := w.clusters()[0]
		for left := 3; left > 1; left-- {
			require.NoError(t, w.store.DeleteDocument(t.Context(), w.clusters()[0].Documents[0].ID, 0))
			w.process()
		}
		require.Empty(t, w.clusters(), "one is no cluster")
		require.NotEmpty(t, cluster.ID)
		require.Equal(t, 1, w.count(`select count(distinct seq) from document_shingles`))
		require.Equal(t, 1, w.count(`select count(distinct seq) from story_terms`))
		require.Equal(t, 1, w.count(`select count(*) from document_signatures`))
	})
}

func TestProcessTemplateOfManyDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.collection("http://127.0.0.1:1/feed.xml")
	form := strings.Repeat("We are an equal opportunity employer and welcome applications from all qualified people regardless of origin or age. ", 1) +
		"Please send your application with your earliest starting date and your expectations of salary to the address below, and add your references. " +
		"We offer thirty days of holiday, flexible hours, a pension and a modern workplace close to the station with a canteen and a kindergarten. "
	syllables := strings.Fields("ba de fi go ku la me ni po ru sa te vi wo xu")
	word := func(n int) string { return syllables[n%15] + syllables[n/15%15] + syllables[n/225%15] }
	var documents []store.Document
	for i := range 60 {
		var own []string
		for k := range 10 {
			own = append(own, word(i*53+k*17))
		}
		documents = append(documents, labelled{
			Title: "Wanted: " + own[0] + " " + own[1], Text: form + strings.Join(own, " "), Language: "en", URL: fmt.Sprintf("https://jobs%d.example/%d", i%3, i),
			At: time.Date(2026, 11, 20, 8, i, 0, 0, time.UTC),
		}.document())
	}
	w.save(c, documents...)
	w.process()
	require.Empty(t, w.clusters())
	// However many fill in the form, one more is compared with a few only.
	g := &processWorker{store: w.store}
	w.save(c, labelled{Title: "Job anew", Text: form + "Wanted somebody else.", Language: "en", URL: "https://jobs.example/x", At: time.Now()}.document())
	require.NoError(t, w.store.InTx(t.Context(), func(ctx context.Context) error {
		claimed, err := w.store.ClaimNewDocuments(ctx, 10)
		require.NoError(t, err)
		n, err := g.neighbourhood(ctx, claimed)
		require.NoError(t, err)
		require.LessOrEqual(t, len(n.known), 16)
		return nil
	}))
}

func TestProcessAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var documents []store.Document
	for i := range 3 * processBatch {
		d := harbour(fmt.Sprint("Oil ", i%2), fmt.Sprintf("site%d.example/%d", i, i), "")
		if i%3 == 0 {
			d = bridge("Bread", fmt.Sprintf("site%d.example/%d", i, i))
		}
		documents = append(documents, d)
	}
	c := w.collection("http://127.0.0.1:1/feed.xml")
	var all sync.WaitGroup
	for range 3 {
		all.Go(w.process)
	}
	for part := range slices.Chunk(documents, 100) {
		w.save(c, part...)
		all.Go(w.process)
	}
	all.Wait()
	require.Equal(t, len(documents), w.count(`select count(*) from documents where status = 'processed'`))
	require.Equal(t, len(documents), w.count(`select sum(size)::int from duplicate_clusters`))
	require.Equal(t, 2, w.count(`select count(*) from duplicate_clusters`))
	for _, cluster := range w.clusters() {
		require.Len(t, cluster.Documents, store.MaxClusterDocuments)
	}
}

// Wherever it is killed, nothing of the batch has happened, and it is processed again.
func TestProcessFaults(t *testing.T) {
	t.Parallel()
	for _, table := range []string{
		"document_signatures", "document_shingles", "story_terms", "duplicates", "duplicate_clusters", "stories", "story_documents", "story_disagreements",
	} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.save(w.collection("http://127.0.0.1:1/feed.xml"), harbour("Oil in Kiel harbour", "a.example/1", ""), harbour("Oil in Kiel harbour", "b.example/1", "More soon."))
			w.execute(`alter table ` + table + ` rename to gone`)
			worker := &processWorker{store: w.store, metrics: newMetrics(prometheus.NewRegistry())}
			require.ErrorContains(t, worker.Work(t.Context(), &river.Job[ProcessArgs]{}), table)
			w.execute(`alter table gone rename to ` + table)
			require.Equal(t, 2, w.count(`select count(*) from documents where status = 'new'`))
			w.process()
			require.Len(t, w.clusters(), 1)
			require.Len(t, w.stories(), 1)
		})
	}
}

func TestSweepQueuesProcessing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client()
	require.NoError(t, w.sweep(c))
	require.Zero(t, w.count(`select count(*) from river_job where kind = 'process'`))
	w.save(w.collection("http://127.0.0.1:1/feed.xml"), harbour("Oil", "a.example/1", ""))
	for range 2 {
		require.NoError(t, w.sweep(c), "paused polling does not pause it")
		require.Equal(t, 1, w.count(`select count(*) from river_job where kind = 'process' and tags = '{scheduled}' and max_attempts = 2`))
	}
	require.Equal(t, "process", ProcessArgs{}.Kind())
	w.execute(`alter table documents rename to gone`)
	require.ErrorContains(t, w.sweep(c), "documents")
}

// Documents that come while the job ends are the next job's: the poll that brought them could queue none.
func TestProcessHandsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client()
	w.save(w.collection("http://127.0.0.1:1/feed.xml"), harbour("Oil", "a.example/1", ""))
	queue := func() *river.Job[ProcessArgs] {
		require.NoError(t, w.sweep(c))
		var id int64
		require.NoError(t, w.store.Pool().QueryRow(t.Context(), `
			update river_job set state = 'running', attempt = 1, attempted_at = now() where state = 'available' returning id`).Scan(&id))
		return &river.Job[ProcessArgs]{JobRow: &rivertype.JobRow{ID: id, State: rivertype.JobStateRunning, Kind: "process"}}
	}
	job := queue()
	worker := &processWorker{store: w.store, client: c, metrics: newMetrics(prometheus.NewRegistry())}
	ctx := rivertest.WorkContext(t.Context(), c.river)
	for _, table := range []string{"documents", "river_job"} {
		w.execute(`alter table ` + table + ` rename to gone`)
		require.ErrorContains(t, worker.finish(ctx, job), table)
		w.execute(`alter table gone rename to ` + table)
	}
	require.NoError(t, worker.finish(ctx, job))
	require.Equal(t, 1, w.count(`select count(*) from river_job where kind = 'process' and state = 'completed'`))
	require.Equal(t, 1, w.count(`select count(*) from river_job where kind = 'process' and state = 'available' and tags = '{scheduled}'`))
	// The next one finds nothing left behind itself.
	require.NoError(t, worker.Work(ctx, queue()))
	require.Equal(t, 2, w.count(`select count(*) from river_job where kind = 'process' and state = 'completed'`))
	require.Equal(t, 2, w.count(`select count(*) from river_job where kind = 'process'`))
}

func TestPrepareNeedsNoSource(t *testing.T) {
	t.Parallel()
	require.Equal(t, "somewhere", collect.Prepare(store.PendingDocument{SourceName: "somewhere"}).Source)
}

// Processing waits while polls are due that nobody has begun, and no longer.
func TestPollsGoFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	worker := &processWorker{store: w.store}
	require.NoError(t, worker.letPollsPass(t.Context()), "nothing is due")
	job := w.poll(w.client(), w.collection(site(t, serving("a"))))
	passed := make(chan error, 1)
	go func() { passed <- worker.letPollsPass(t.Context()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 2*pollsCheck)
	defer cancel()
	require.ErrorIs(t, worker.letPollsPass(ctx), context.DeadlineExceeded, "a poll is due")
	require.Empty(t, passed)
	w.execute(`update river_job set state = 'running' where id = $1`, int64(job.ID))
	select {
	case err := <-passed:
		require.NoError(t, err)
	case <-time.After(patience):
		require.Fail(t, "it waits for a poll that somebody has begun")
	}
}
