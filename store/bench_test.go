package store_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/content-creator/content-creator-api/migrations"
	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// benchBudget is what 95 of 100 lists and searches must take at most.
const benchBudget = 50 * time.Millisecond

// BenchmarkMillion measures lists and searches over a million topics and a million documents. Each
// line is a group of requests with drawn filters, values and pages; the last one fails if a group was over the budget.
//
// The database is made on the server that BENCH_DATABASE_URL names, else on that of the tests. It is
// named after the migrations and the number of rows (BENCH_ROWS), and kept.
func BenchmarkMillion(b *testing.B) {
	rows := 1_000_000
	if given := os.Getenv("BENCH_ROWS"); given != "" {
		rows, _ = strconv.Atoi(given)
	}
	dsn := benchDatabase(b, rows)
	s := storetest.Open(b, dsn)
	d := newBenchDraw(b, dsn)
	for _, sort := range []string{"-discovered_at", "discovered_at", "-priority", "-score", "-updated_at", "title"} {
		benchTopics(b, s, d, sort)
	}
	for _, sort := range []string{"-published_at", "published_at", "-fetched_at"} {
		benchDocuments(b, s, d, sort)
	}
	for _, terms := range benchSearches {
		for _, sort := range []string{"relevance", "-discovered_at", "discovered_at", "-priority", "-score", "-updated_at", "title"} {
			benchTopicSearch(b, s, d, terms, sort)
		}
		for _, sort := range []string{"relevance", "-published_at", "published_at", "-fetched_at"} {
			benchDocumentSearch(b, s, d, terms, sort)
		}
	}
	slices.Sort(d.names)
	for _, name := range d.names {
		b.Run("all/"+name, func(b *testing.B) {
			for b.Loop() {
			}
			report(b, d.all[name])
		})
	}
	// A failed benchmark shows no figures, so the verdict is one of its own.
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
		}
		for _, name := range d.over {
			b.Errorf("%s: 95 of 100 calls took more than the budget of %s", name, benchBudget)
		}
	})
}

// group measures calls of one kind; a call answers its own name for the report of the slowest.
func (d *benchDraw) group(b *testing.B, operation, name, sort string, call func() (string, func() error)) {
	b.Run(operation+"/"+name, func(b *testing.B) {
		var times []time.Duration
		slow := map[string][]time.Duration{}
		for b.Loop() {
			b.StopTimer()
			what, run := call()
			b.StartTimer()
			start := time.Now()
			if err := run(); err != nil {
				b.Fatalf("%s: %v", what, err)
			}
			took := time.Since(start)
			times = append(times, took)
			if took > benchBudget {
				slow[what] = append(slow[what], took)
			}
		}
		d.add(operation, times)
		d.add(operation+"/"+sort, times)
		if report(b, times) > benchBudget {
			d.over = append(d.over, operation+"/"+name)
			for what, times := range slow {
				b.Logf("%d × %s: up to %s", len(times), what, slices.Max(times))
			}
		}
	})
}

func (d *benchDraw) add(name string, times []time.Duration) {
	if !slices.Contains(d.names, name) {
		d.names = append(d.names, name)
	}
	d.all[name] = append(d.all[name], times...)
}

func report(b *testing.B, times []time.Duration) (p95 time.Duration) {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	ms := func(share float64) float64 {
		return float64(times[int(share*float64(len(times)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(ms(0.5), "p50-ms")
	b.ReportMetric(ms(0.95), "p95-ms")
	b.ReportMetric(ms(1), "max-ms")
	return times[int(0.95*float64(len(times)-1))]
}

// benchDraw draws the values of filters: half the time from one row, so that they go together, and half
// the time from several, so that they may exclude each other.
type benchDraw struct {
	rng       *rand.Rand
	now       time.Time
	topics    []topicValues
	documents []documentValues
	words     map[string][]string
	// all are the times of each operation, and of each of its orders; over are the groups over the budget.
	all         map[string][]time.Duration
	names, over []string
}

type topicValues struct {
	Domain, Market, Language, Source, Status string
	Priority                                 int
	DiscoveredAt                             time.Time
}

type documentValues struct {
	Domain, Market, Language, Source, SourceName, Status string
	CollectionID                                         uuid.UUID
	PublishedAt, FetchedAt                               time.Time
}

func newBenchDraw(b *testing.B, dsn string) *benchDraw {
	ctx := b.Context()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	world := newBenchWorld(1, benchNow)
	d := &benchDraw{rng: rand.New(rand.NewPCG(5, 6)), now: benchNow, words: world.words, all: map[string][]time.Duration{}}
	rows, _ := conn.Query(ctx, `
		select domain, market, language, source, status, priority, discovered_at
		from topics tablesample bernoulli (0.5) repeatable (1)`)
	if d.topics, err = pgx.CollectRows(rows, pgx.RowToStructByName[topicValues]); err != nil {
		b.Fatal(err)
	}
	rows, _ = conn.Query(ctx, `
		select domain, market, language, source, source_name, status, collection_id,
			coalesce(published_at, fetched_at) as published_at, fetched_at
		from documents tablesample bernoulli (0.5) repeatable (1)`)
	if d.documents, err = pgx.CollectRows(rows, pgx.RowToStructByName[documentValues]); err != nil {
		b.Fatal(err)
	}
	return d
}

func pick[T any](d *benchDraw, from []T) T { return from[d.rng.IntN(len(from))] }

// bounds are the ends of a span of time near a moment: one or both.
func (d *benchDraw) bounds(at time.Time) (after, before *time.Time) {
	length := time.Duration(d.rng.ExpFloat64() * float64(60*24*time.Hour))
	from, to := at.Add(-length), at.Add(length)
	switch d.rng.IntN(3) {
	case 0:
		return &from, nil
	case 1:
		return nil, &to
	}
	return &from, &to
}

var topicFilters = []struct {
	name string
	set  func(*benchDraw, *store.TopicFilter, topicValues)
}{
	{"domain", func(_ *benchDraw, f *store.TopicFilter, v topicValues) { f.Domain = v.Domain }},
	{"market", func(_ *benchDraw, f *store.TopicFilter, v topicValues) { f.Market = v.Market }},
	{"language", func(_ *benchDraw, f *store.TopicFilter, v topicValues) { f.Language = v.Language }},
	{"source", func(_ *benchDraw, f *store.TopicFilter, v topicValues) { f.Source = v.Source }},
	{"status", func(_ *benchDraw, f *store.TopicFilter, v topicValues) { f.Status = []string{v.Status} }},
	{"statuses", func(d *benchDraw, f *store.TopicFilter, v topicValues) {
		f.Status = []string{v.Status, pick(d, d.topics).Status, "drafted"}
	}},
	{"priority", func(d *benchDraw, f *store.TopicFilter, _ topicValues) { f.MinPriority = 2 + d.rng.IntN(9) }},
	{"discovered", func(d *benchDraw, f *store.TopicFilter, v topicValues) {
		f.DiscoveredAfter, f.DiscoveredBefore = d.bounds(v.DiscoveredAt)
	}},
}

var documentFilters = []struct {
	name string
	set  func(*benchDraw, *store.DocumentFilter, documentValues)
}{
	{"domain", func(_ *benchDraw, f *store.DocumentFilter, v documentValues) { f.Domain = v.Domain }},
	{"market", func(_ *benchDraw, f *store.DocumentFilter, v documentValues) { f.Market = v.Market }},
	{"language", func(_ *benchDraw, f *store.DocumentFilter, v documentValues) { f.Language = v.Language }},
	{"source", func(_ *benchDraw, f *store.DocumentFilter, v documentValues) { f.Source = v.Source }},
	{"source_name", func(_ *benchDraw, f *store.DocumentFilter, v documentValues) { f.SourceName = v.SourceName }},
	{"collection", func(_ *benchDraw, f *store.DocumentFilter, v documentValues) { f.CollectionID = v.CollectionID }},
	{"status", func(_ *benchDraw, f *store.DocumentFilter, v documentValues) { f.Status = v.Status }},
	{"published", func(d *benchDraw, f *store.DocumentFilter, v documentValues) {
		f.PublishedAfter, f.PublishedBefore = d.bounds(v.PublishedAt)
	}},
	{"fetched", func(d *benchDraw, f *store.DocumentFilter, v documentValues) {
		f.FetchedAfter, f.FetchedBefore = d.bounds(v.FetchedAt)
	}},
}

// topicFilter sets n of the filters.
func (d *benchDraw) topicFilter(n int) (store.TopicFilter, string) {
	var f store.TopicFilter
	var names []string
	values, together := pick(d, d.topics), d.rng.IntN(2) == 0
	for _, i := range d.rng.Perm(len(topicFilters))[:n] {
		if !together {
			values = pick(d, d.topics)
		}
		topicFilters[i].set(d, &f, values)
		names = append(names, topicFilters[i].name)
	}
	slices.Sort(names)
	return f, strings.Join(names, "+")
}

func (d *benchDraw) documentFilter(n int) (store.DocumentFilter, string) {
	var f store.DocumentFilter
	var names []string
	values, together := pick(d, d.documents), d.rng.IntN(2) == 0
	for _, i := range d.rng.Perm(len(documentFilters))[:n] {
		if !together {
			values = pick(d, d.documents)
		}
		documentFilters[i].set(d, &f, values)
		names = append(names, documentFilters[i].name)
	}
	slices.Sort(names)
	return f, strings.Join(names, "+")
}

// benchPages are the pages that lists are asked for. A cursor is that of a page at some depth.
var benchPages = []struct {
	name string
	draw func(*benchDraw) store.Page
}{
	{"first", func(*benchDraw) store.Page { return store.Page{} }},
	{"hundred", func(d *benchDraw) store.Page { return store.Page{Number: 1 + d.rng.IntN(5), Size: 100} }},
	{"deep", func(d *benchDraw) store.Page { return store.Page{Number: 50 + d.rng.IntN(450)} }},
}

func benchTopics(b *testing.B, s *store.Store, d *benchDraw, sort string) {
	for _, n := range []int{0, 1, 2, 3, 4, 6} {
		for _, p := range benchPages {
			d.group(b, "topics", fmt.Sprintf("%s/filters=%d/%s", sort, n, p.name), sort, func() (string, func() error) {
				f, names := d.topicFilter(n)
				page := p.draw(d)
				page.Sort = sort
				return fmt.Sprintf("%s page %d of %d %+v", names, page.Number, page.Size, f), func() error {
					_, err := s.Topics(context.Background(), f, page)
					return err
				}
			})
		}
		d.group(b, "topics", fmt.Sprintf("%s/filters=%d/cursor", sort, n), sort, func() (string, func() error) {
			f, names := d.topicFilter(n)
			before, err := s.Topics(context.Background(), f, store.Page{Number: 1 + d.rng.IntN(20), Sort: sort})
			return names, func() error {
				if err != nil || before.NextCursor == nil {
					return err
				}
				_, err := s.Topics(context.Background(), f, store.Page{Cursor: *before.NextCursor, Sort: sort})
				return err
			}
		})
	}
}

func benchDocuments(b *testing.B, s *store.Store, d *benchDraw, sort string) {
	for _, n := range []int{0, 1, 2, 3, 4, 6} {
		for _, p := range benchPages {
			d.group(b, "documents", fmt.Sprintf("%s/filters=%d/%s", sort, n, p.name), sort, func() (string, func() error) {
				f, names := d.documentFilter(n)
				page := p.draw(d)
				page.Sort = sort
				return fmt.Sprintf("%s page %d of %d %s", names, page.Number, page.Size, documentFilterText(f)), func() error {
					_, err := s.Documents(context.Background(), f, page)
					return err
				}
			})
		}
		d.group(b, "documents", fmt.Sprintf("%s/filters=%d/cursor", sort, n), sort, func() (string, func() error) {
			f, names := d.documentFilter(n)
			before, err := s.Documents(context.Background(), f, store.Page{Number: 1 + d.rng.IntN(20), Sort: sort})
			return names, func() error {
				if err != nil || before.NextCursor == nil {
					return err
				}
				_, err := s.Documents(context.Background(), f, store.Page{Cursor: *before.NextCursor, Sort: sort})
				return err
			}
		})
	}
}

func documentFilterText(f store.DocumentFilter) string {
	text := fmt.Sprintf("%s %s %s %s %s %s", f.Domain, f.Market, f.Language, f.SourceName, f.Status, f.CollectionID)
	for _, bound := range []*time.Time{f.PublishedAfter, f.PublishedBefore, f.FetchedAfter, f.FetchedBefore} {
		if bound == nil {
			text += " -"
			continue
		}
		text += " " + bound.Format(time.DateOnly)
	}
	return text
}

// benchSearches are the kinds of searches.
var benchSearches = []struct {
	name string
	draw func(*benchDraw) string
}{
	{"common", func(d *benchDraw) string { return pick(d, []string{"solar", "sensor", "energy", "budget"}) }},
	{"common_two", func(d *benchDraw) string {
		return pick(d, []string{"solar sensor", "energy solar", "budget sensor", "solar lighting"})
	}},
	{"middling", func(d *benchDraw) string {
		return pick(d, []string{"lighting", "quantum", "smart building", "zeppelin", oldWord})
	}},
	{"vocabulary", func(d *benchDraw) string { return d.word(20_000) }},
	{"frequent", func(d *benchDraw) string { return d.word(30) }},
	{"rare", func(*benchDraw) string { return rareWord }},
	{"absent", func(*benchDraw) string { return "nowhere" }},
	{"phrase", func(d *benchDraw) string {
		return pick(d, []string{`"smart building"`, `"solar sensor"`, `"energy budget" solar`})
	}},
	{"without", func(d *benchDraw) string {
		return pick(d, []string{"solar -sensor", "-solar", "energy -" + d.word(100)})
	}},
	{"either", func(d *benchDraw) string {
		return pick(d, []string{"solar or sensor", "zeppelin or " + rareWord, d.word(1000) + " or quantum"})
	}},
}

// word is a word of some language, among its most frequent.
func (d *benchDraw) word(among int) string {
	words := d.words[benchLanguages[d.rng.IntN(len(benchLanguages))].tag]
	return words[d.rng.IntN(min(among, len(words)))]
}

func benchTopicSearch(b *testing.B, s *store.Store, d *benchDraw, terms struct {
	name string
	draw func(*benchDraw) string
}, sort string,
) {
	for _, n := range []int{0, 1, 3} {
		d.group(b, "topic_search", fmt.Sprintf("%s/%s/filters=%d", terms.name, sort, n), sort, func() (string, func() error) {
			f, names := d.topicFilter(n)
			f.Search = terms.draw(d)
			page := store.Page{Sort: sort, Number: 1 + d.rng.IntN(3)}
			return fmt.Sprintf("%s %s %+v", f.Search, names, f), func() error {
				_, err := s.Topics(context.Background(), f, page)
				return err
			}
		})
	}
}

func benchDocumentSearch(b *testing.B, s *store.Store, d *benchDraw, terms struct {
	name string
	draw func(*benchDraw) string
}, sort string,
) {
	for _, n := range []int{0, 1, 3} {
		d.group(b, "document_search", fmt.Sprintf("%s/%s/filters=%d", terms.name, sort, n), sort, func() (string, func() error) {
			f, names := d.documentFilter(n)
			q := terms.draw(d)
			page := store.Page{Sort: sort, Number: 1 + d.rng.IntN(3)}
			return fmt.Sprintf("%s %s %s", q, names, documentFilterText(f)), func() error {
				_, err := s.SearchDocuments(context.Background(), q, f, page)
				return err
			}
		})
	}
}

// benchNow is when the made-up world ends; it stands in the database's name through benchSpan's rows.
var benchNow = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)

// benchDatabase is the address of the filled database, which it makes where there is none.
func benchDatabase(b *testing.B, rows int) string {
	ctx := b.Context()
	base := os.Getenv("BENCH_DATABASE_URL")
	if base == "" {
		base = storetest.Server(b)
	}
	hash := sha256.New()
	err := fs.WalkDir(migrations.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".up.sql") {
			return err
		}
		content, err := migrations.Files.ReadFile(path)
		if strings.Contains(path, "search") || strings.Contains(path, "_topics") || strings.Contains(path, "_documents") {
			_, _ = hash.Write(content)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	name := fmt.Sprintf("cc_bench_%d_%s", rows, hex.EncodeToString(hash.Sum(nil))[:12])
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var exists bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, name).Scan(&exists); err != nil {
		b.Fatal(err)
	}
	parsed, err := url.Parse(base)
	if err != nil {
		b.Fatal(err)
	}
	parsed.Path = "/" + name
	if exists {
		return parsed.String()
	}
	// It gets its name when it is whole.
	draft := *parsed
	draft.Path += "_draft"
	for _, statement := range []string{"drop database if exists " + name + "_draft with (force)", "create database " + name + "_draft template template0"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			b.Fatal(err)
		}
	}
	if err := store.Migrate(ctx, draft.String()); err != nil {
		b.Fatal(err)
	}
	if err := fillBench(ctx, draft.String(), newBenchWorld(rows, benchNow), b.Logf); err != nil {
		b.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "alter database "+name+"_draft rename to "+name); err != nil {
		b.Fatal(err)
	}
	return parsed.String()
}

// fillBench fills the tables without their indexes, which it makes anew behind.
func fillBench(ctx context.Context, dsn string, w *benchWorld, logf func(string, ...any)) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	indexes, err := dropIndexes(ctx, conn)
	if err != nil {
		return err
	}
	for _, c := range w.collections {
		_, err := conn.Exec(ctx, `insert into collections (id, name, type, url, domain, market) values ($1, $2, 'rss', $3, $4, $5)`,
			c.id, c.sourceName, "https://"+c.sourceName+"/"+c.id.String(), c.domain.name, c.market)
		if err != nil {
			return err
		}
	}
	start := time.Now()
	if err := copyRows(ctx, dsn, w.rows, "documents", benchDocumentColumns, w.document); err != nil {
		return err
	}
	if err := copyRows(ctx, dsn, w.rows, "topics", benchTopicColumns, w.topic); err != nil {
		return err
	}
	logf("filled in %s", time.Since(start))
	for _, statement := range append([]string{"set maintenance_work_mem = '1GB'"}, append(indexes, "vacuum (analyze)")...) {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	logf("indexed by %s", time.Since(start))
	return nil
}

func dropIndexes(ctx context.Context, conn *pgx.Conn) (definitions []string, err error) {
	rows, _ := conn.Query(ctx, `
		select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
		from pg_index i
		where i.indrelid in ('topics'::regclass, 'documents'::regclass)
			and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
		order by 1`)
	type index struct{ Name, Definition string }
	indexes, err := pgx.CollectRows(rows, pgx.RowToStructByName[index])
	if err != nil {
		return nil, err
	}
	for _, i := range indexes {
		definitions = append(definitions, i.Definition)
		if _, err := conn.Exec(ctx, "drop index "+i.Name); err != nil {
			return nil, err
		}
	}
	return definitions, nil
}

// copyRows copies in two streams, in chunks, so that rows arrive about in their order.
func copyRows(ctx context.Context, dsn string, rows int, table string, columns []string, row func(int) []any) error {
	const chunk, streams = 5_000, 2
	var next atomic.Int64
	var group sync.WaitGroup
	faults := make([]error, streams)
	for stream := range streams {
		group.Go(func() {
			conn, err := pgx.Connect(ctx, dsn)
			if err != nil {
				faults[stream] = err
				return
			}
			defer func() { _ = conn.Close(ctx) }()
			for {
				from := int(next.Add(1)-1) * chunk
				if from >= rows {
					return
				}
				_, err := conn.CopyFrom(ctx, pgx.Identifier{table}, columns,
					pgx.CopyFromSlice(min(chunk, rows-from), func(i int) ([]any, error) { return row(from + i), nil }))
				if err != nil {
					faults[stream] = err
					return
				}
			}
		})
	}
	group.Wait()
	return cmp.Or(faults...)
}

// BenchmarkInsertDocuments adds documents of 3 kB to the million, a hundred in a transaction.
func BenchmarkInsertDocuments(b *testing.B) {
	rows := 1_000_000
	if given := os.Getenv("BENCH_ROWS"); given != "" {
		rows, _ = strconv.Atoi(given)
	}
	conn, err := pgx.Connect(b.Context(), benchDatabase(b, rows))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	w := newBenchWorld(rows, benchNow)
	next := rows + int(time.Now().UnixNano()%1_000_000_000)
	for b.Loop() {
		tx, err := conn.Begin(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for range 100 {
			next++
			row := w.document(next)
			text := w.text(rand.New(rand.NewPCG(7, uint64(next))), next, "en", 3000)
			row[3], row[4] = "<p>"+text+"</p>", text
			insertDocument(b, tx, row)
		}
		if err := tx.Commit(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "documents/s")
	if _, err := conn.Exec(context.Background(), `delete from documents where fetched_at > $1`, benchNow); err != nil {
		b.Fatal(err)
	}
}

func insertDocument(b *testing.B, tx pgx.Tx, row []any) {
	places := make([]string, len(row))
	for i := range row {
		places[i] = "$" + strconv.Itoa(i+1)
	}
	_, err := tx.Exec(b.Context(), `insert into documents (`+strings.Join(benchDocumentColumns, ", ")+`) values (`+strings.Join(places, ", ")+`)`, row...)
	if err != nil {
		b.Fatal(err)
	}
}
