package jobs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// BenchmarkFirstFetch polls feeds of twenty entries for the first time, sixteen at once. `task load:feeds`
// measures the whole program so; this one shows where the time goes (-cpuprofile).
func BenchmarkFirstFetch(b *testing.B) {
	w, texts := newWorld(b), newArchive(1_000)
	var feeds []string
	for i := range 100 {
		var items strings.Builder
		for j := range 20 {
			_, _ = fmt.Fprintf(&items, `<item><title>%s</title><link>https://example.com/FEED/%d-%d</link><description>%s</description></item>`,
				texts.text(8), i, j, texts.text(60))
		}
		feeds = append(feeds, `<?xml version="1.0"?><rss version="2.0"><channel><title>Site</title><language>en</language>`+items.String()+`</channel></rss>`)
	}
	address := site(b, func(rw http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("feed"))
		_, _ = rw.Write([]byte(strings.ReplaceAll(feeds[n%len(feeds)], "FEED", strconv.Itoa(n))))
	})
	c := w.client(func(c *Config) { c.Polls = 16 })
	w.execute(`
		with feeds as (
			insert into collections (id, name, type, url, domain, market, next_poll_at)
			select gen_random_uuid(), 'Feed ' || n, 'rss', $1 || '?feed=' || n, 'bench', 'en', now() + interval '1 hour'
			from generate_series(1, $2::int) n
			returning id)
		insert into river_job (args, kind, max_attempts, queue, state, scheduled_at, priority, tags)
		select jsonb_build_object('collection_id', id), 'poll', 4, 'collect', 'available', now(), 1, '{scheduled}' from feeds`, address, b.N)
	b.ResetTimer()
	w.start(c)
	eventually(b, func() bool {
		return w.count(`select count(*) from river_job where kind = 'poll' and state <> 'completed'`) == 0
	}, w.log.String)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "polls/s")
}

// BenchmarkOneMore measures what processing one more document costs beside archives of several sizes (BENCH_ARCHIVE, as in
// "10000,100000,1000000"). The archive's signatures are computed from made-up texts (the first 50,000; the others' are made
// from those), a tenth of which fill in one of twenty forms, and copied into the tables. The indexes of full-text search are left out: they are no part of what is
// measured, and would take most of the time to fill.
func BenchmarkOneMore(b *testing.B) {
	besideArchives(b, "10000,100000", (*archive).fill, func(b *testing.B, w *world, texts *archive) {
		b.ResetTimer()
		benchOneMore(b, w, texts)
	})
}

// besideArchives measures something beside archives of the sizes that BENCH_ARCHIVE names, else of the usual ones, each filled once.
func besideArchives(b *testing.B, usual string, fill func(*archive, *world, int), measure func(*testing.B, *world, *archive)) {
	sizes := usual
	if given := os.Getenv("BENCH_ARCHIVE"); given != "" {
		sizes = given
	}
	for _, given := range strings.Split(sizes, ",") {
		size, err := strconv.Atoi(given)
		require.NoError(b, err)
		var w *world
		var a *archive
		b.Run(given, func(b *testing.B) {
			if w == nil {
				w, a = newWorld(b), newArchive(size)
				fill(a, w, size)
			}
			measure(b, w, a)
		})
	}
}

func benchOneMore(b *testing.B, w *world, texts *archive) {
	collection := w.collection("http://127.0.0.1:1/feed.xml")
	worker := &processWorker{store: w.store, metrics: newMetrics(prometheus.NewRegistry())}
	var times []time.Duration
	documents := 0
	for b.Loop() {
		b.StopTimer()
		var batch []store.Document
		for range processBatch {
			l := texts.next()
			batch = append(batch, l.document())
			if texts.rng.IntN(5) == 0 {
				l.Text, l.URL = l.Text+" Read more on our site.", l.URL+"/copy"
				batch = append(batch, l.document())
			}
		}
		w.save(collection, batch[:processBatch]...)
		b.StartTimer()
		start := time.Now()
		done, err := worker.batch(b.Context())
		require.NoError(b, err)
		require.Equal(b, processBatch, done)
		times = append(times, time.Since(start)/processBatch)
		documents += done
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "µs/document")
	b.ReportMetric(float64(times[len(times)-1].Microseconds()), "max-µs/document")
	b.ReportMetric(float64(w.count(`select count(*)::int from duplicates`)), "duplicates")
	b.ReportMetric(float64(w.count(`select count(*)::int from story_documents`)), "in-stories")
}

// An archive makes up texts.
type archive struct {
	rng   *rand.Rand
	words []string
	zipf  *rand.Zipf
	forms []string
	// signatures are those computed so far.
	signatures []collect.Signature
	made       int
	first      time.Time
	span       time.Duration
}

func newArchive(size int) *archive {
	a := &archive{rng: rand.New(rand.NewPCG(3, 5)), first: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)}
	// A thousand documents a day, whatever the size of the archive: these go back further.
	a.span = time.Duration(size) * (24 * time.Hour / 1000)
	syllables := strings.Fields("ba de fi go ku la me ni po ru sa te vi wo xu ing ver ton sta pro")
	for len(a.words) < 50_000 {
		word := ""
		for range 2 + a.rng.IntN(3) {
			word += syllables[a.rng.IntN(len(syllables))]
		}
		a.words = append(a.words, word)
	}
	a.zipf = rand.NewZipf(a.rng, 1.1, 20, uint64(len(a.words)-1))
	for range 20 {
		a.forms = append(a.forms, a.text(60))
	}
	return a
}

func (a *archive) text(words int) string {
	var b strings.Builder
	for i := range words {
		word := a.words[a.zipf.Uint64()]
		if i%11 == 3 {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		b.WriteString(word + " ")
	}
	return b.String()
}

// next is a document of the last three days.
func (a *archive) next() labelled {
	a.made++
	l := labelled{
		Title: a.text(8), Text: a.text(50 + a.rng.IntN(250)), Language: "en", URL: fmt.Sprintf("https://site%d.example/%d", a.rng.IntN(500), a.made),
		At: a.first.Add(-rand.N(72 * time.Hour)),
	}
	if a.rng.IntN(10) == 0 {
		l.Text = a.forms[a.rng.IntN(len(a.forms))] + a.text(20)
	}
	return l
}

// prepared is how many signatures are computed; those of larger archives are made from them, with other hashes in the sketch.
const prepared = 50_000

func (a *archive) signature(d store.PendingDocument) collect.Signature {
	if len(a.signatures) < prepared {
		a.signatures = append(a.signatures, collect.Prepare(d).Signature)
		return a.signatures[len(a.signatures)-1]
	}
	model := a.signatures[a.rng.IntN(prepared)]
	salt := a.rng.Int64()
	sketch := slices.Clone(model.Sketch)
	for i := range sketch {
		sketch[i] ^= salt
	}
	return collect.Signature{Sketch: sketch, Terms: model.Terms}
}

// fill copies an archive of that size into the database.
func (a *archive) fill(w *world, size int) {
	w.execute(`drop index documents_search, documents_title_trigrams`)
	w.execute(`alter table document_shingles drop constraint document_shingles_pkey; alter table story_terms drop constraint story_terms_pkey`)
	const part = 20_000
	for seq := int64(1); seq <= int64(size); {
		var documents, signatures, shingles, terms [][]any
		for range min(part, size-int(seq)+1) {
			l := a.next()
			if len(a.signatures) == prepared {
				l.Text = "" // its signature is another's
			}
			l.At = a.first.Add(-time.Duration(float64(a.span) * (1 - float64(seq)/float64(size))))
			id := uuid.Must(uuid.NewV7())
			sum := sha256.Sum256([]byte(l.URL))
			hash := hex.EncodeToString(sum[:])
			t := a.signature(store.PendingDocument{Title: l.Title, Text: l.Text, Language: l.Language, URL: l.URL, ContentHash: hash, HappenedAt: l.At})
			documents = append(documents, []any{id, l.Title, l.Text, l.URL, l.URL, sum[:], "rss", "site.example", "d", "m", "en", hash, l.At, "processed"})
			signatures = append(signatures, []any{id, seq, t.Sketch, t.Terms, l.At})
			for _, h := range t.Sketch {
				shingles = append(shingles, []any{h, seq})
			}
			for _, h := range t.Terms {
				terms = append(terms, []any{h, l.At, seq})
			}
			seq++
		}
		w.copy("documents", "id title content_text url canonical_url canonical_url_hash source source_name domain market language content_hash published_at status", documents)
		w.copy("document_signatures", "document_id seq sketch terms happened_at", signatures)
		w.copy("document_shingles", "hash seq", shingles)
		w.copy("story_terms", "term happened_at seq", terms)
	}
	w.execute(`set statement_timeout = 0; alter table document_shingles add primary key (hash, seq)`)
	w.execute(`set statement_timeout = 0; alter table story_terms add primary key (term, happened_at, seq)`)
	for _, table := range []string{"documents", "document_signatures", "document_shingles", "story_terms"} {
		w.execute(`analyze ` + table)
	}
	w.t.Logf("%d documents: shingles %d MB, terms %d MB, signatures %d MB", size, w.megabytes("document_shingles"), w.megabytes("story_terms"), w.megabytes("document_signatures"))
}

func (w *world) megabytes(table string) int {
	return w.count(`select (pg_total_relation_size($1::regclass) / 1048576)::int`, table)
}

func (w *world) copy(table, columns string, rows [][]any) {
	w.t.Helper()
	_, err := w.store.Pool().CopyFrom(w.t.Context(), pgx.Identifier{table}, strings.Fields(columns), pgx.CopyFromRows(rows))
	require.NoError(w.t, err)
}
