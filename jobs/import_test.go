package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/opml"
	"github.com/content-creator/content-creator-api/store"
)

// list is an OPML document of these outlines, which begin on line 2.
func list(outlines ...string) string {
	return "<opml version=\"2.0\"><body>\n" + strings.Join(outlines, "\n") + "\n</body></opml>"
}

func outline(name, url string) string {
	return fmt.Sprintf(`<outline text="%s" type="rss" xmlUrl="%s"/>`, name, url)
}

var intoTech = ImportArgs{Domain: "tech", Market: "de"}

// imported imports a document and answers the report.
func (w *world) imported(c *Client, document string, args ImportArgs) store.ImportReport {
	w.t.Helper()
	job, err := c.ImportOPML(w.t.Context(), []byte(document), "", args)
	require.NoError(w.t, err)
	require.Equal(w.t, "import", job.Kind)
	return w.report(w.finished(job.ID))
}

func (w *world) report(job store.Job) store.ImportReport {
	w.t.Helper()
	require.Equal(w.t, "succeeded", job.State, "%+v", job.Error)
	var r store.ImportReport
	require.NoError(w.t, json.Unmarshal(job.Result, &r))
	require.Equal(w.t, r.Outlines, r.Created+r.DuplicatesCount+r.RefusedCount)
	require.Zero(w.t, w.count(`select count(*) from opml_imports`), "the document is forgotten")
	return r
}

// all are the collections by name.
func (w *world) all() map[string]store.Collection {
	w.t.Helper()
	all := map[string]store.Collection{}
	require.NoError(w.t, w.store.EachCollection(w.t.Context(), store.CollectionFilter{}, func(c store.Collection) error {
		all[c.Name] = c
		return nil
	}))
	return all
}

func TestImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	there := w.collection("https://there.example/feed")
	w.execute(`update collections set domain = 'tech', market = 'de'`)

	r := w.imported(c, list(
		outline("A", "https://a.example/feed"),
		`<outline text="News"><outline text="World">`+outline("B", "https://B.example/feed#x")+`</outline></outline>`,
		outline("A again", "http://a.example/feed/"),
		outline("A once more", "https://a.example/feed"),
		outline("There", "http://there.example/feed"),
		outline("FTP", "ftp://c.example/feed"),
		outline("Password", "https://me:secret@c.example/feed"),
		`<outline text="Nothing" type="rss"/>`,
		outline("Long", "https://c.example/"+strings.Repeat("x", 2100)),
	), ImportArgs{Domain: " tech ", Market: "DE", Language: new("de-CH"), Enabled: new(false)})
	all := w.all()
	a := all["A"].ID
	require.Equal(t, store.ImportReport{
		Outlines: 9, Created: 2, DuplicatesCount: 3, RefusedCount: 4,
		Duplicates: []store.ImportDuplicate{
			{Line: 4, Name: "A again", URL: new("http://a.example/feed/"), ExistingID: &a},
			{Line: 5, Name: "A once more", URL: new("https://a.example/feed"), ExistingID: &a},
			{Line: 6, Name: "There", URL: new("http://there.example/feed"), ExistingID: &there.ID},
		},
		Refused: []store.ImportRefusal{
			{Line: 7, Name: "FTP", URL: new("ftp://c.example/feed"), Reason: "The collection is not valid. url begins with neither http:// nor https://"},
			{Line: 8, Name: "Password", URL: new("https://me:secret@c.example/feed"), Reason: "The address of the feed is not valid. url must not hold a user name or password"},
			{Line: 9, Name: "Nothing", Reason: "It has no xmlUrl."},
			{Line: 10, Name: "Long", URL: r.Refused[3].URL, Reason: "The collection is not valid. url is longer than 2048 characters"},
		},
	}, r)
	require.Len(t, all, 3)
	b := all["B"]
	require.Equal(t, "https://b.example/feed", *b.URL)
	require.Equal(t, "News/World", *b.Category)
	require.Equal(t, []any{"tech", "de", "de", false}, []any{b.Domain, b.Market, *b.Language, b.Enabled})
	require.Nil(t, all["A"].Category)

	// A second time there is nothing new.
	again := w.imported(c, list(outline("A", "https://a.example/feed"), outline("B", "https://b.example/feed")), intoTech)
	require.Equal(t, []int{0, 2}, []int{again.Created, again.DuplicatesCount})
	// In another market there is.
	require.Equal(t, 2, w.imported(c, list(outline("A2", "https://a.example/feed"), outline("B2", "https://b.example/feed")), ImportArgs{Domain: "tech", Market: "at"}).Created)
	// Without a market nothing can be made.
	refused := w.imported(c, list(outline("C", "https://c.example/feed")), ImportArgs{Domain: "tech"})
	require.Equal(t, "It names no domain and market: send them as parameters.", refused.Refused[0].Reason)
	// An empty list is one, too.
	require.Zero(t, w.imported(c, list(), intoTech).Outlines)
}

func TestImportBrokenDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	job, err := c.ImportOPML(t.Context(), []byte(strings.TrimSuffix(list(outline("A", "https://a.example/feed")), "</body></opml>")), "", intoTech)
	require.NoError(t, err)
	done := w.finished(job.ID)
	require.Equal(t, "failed", done.State)
	require.Equal(t, "The document is broken at line 3: unexpected EOF. Nothing was imported.", done.Error.Message)
	require.Empty(t, w.all())

	// It is kept for as long as the job can be retried, no longer.
	require.Equal(t, 1, w.count(`select count(*) from opml_imports`))
	w.execute(`update opml_imports set created_at = now() - interval '9 days'`)
	require.NoError(t, (&tidyWorker{store: w.store}).Work(t.Context(), &river.Job[TidyArgs]{}))
	require.Zero(t, w.count(`select count(*) from opml_imports`))
	_, err = c.Retry(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, "The document is no longer there; send it again.", w.finished(job.ID).Error.Message)
}

func TestImportReadsItsEncoding(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	latin := strings.ReplaceAll(list(outline("B\xfccher", "https://a.example/feed")), "<opml", `<?xml version="1.0" encoding="iso-8859-1"?><opml`)
	require.Equal(t, 1, w.imported(c, latin, intoTech).Created)
	job, err := c.ImportOPML(t.Context(), []byte(list(outline("Stra\xdfe", "https://b.example/feed"))), "text/xml; charset=windows-1252", intoTech)
	require.NoError(t, err)
	require.Equal(t, 1, w.report(w.finished(job.ID)).Created)
	require.Contains(t, w.all(), "Bücher")
	require.Contains(t, w.all(), "Straße")
}

func TestImportRefusesWhatNoCollectionCanHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.imported(w.working(), `<opml xmlns:cc="urn:content-creator:opml"><body>
		<outline text="A" xmlUrl="https://a.example/" cc:type="rss" cc:domain="d" cc:market="m" cc:fetchArticles="often"/>
		<outline text="B" xmlUrl="https://b.example/" cc:type="rss" cc:domain="d" cc:market="m" cc:fetchArticles="always"/></body></opml>`, ImportArgs{})
	require.Equal(t, 1, r.Created)
	require.Contains(t, r.Refused[0].Reason, "fetch_articles is none of auto, always, never")
	require.Equal(t, "always", w.all()["B"].FetchArticles)
}

// What is exported comes back as it was, in a system that knows nothing of it.
func TestImportOfAnExport(t *testing.T) {
	t.Parallel()
	from, to := newWorld(t), newWorld(t)
	for i, create := range []store.CollectionCreate{
		{Name: "Plain", URL: new("https://a.example/feed"), Domain: "d", Market: "de"},
		{Name: "With a slash", URL: new("https://a.example/feed/"), Domain: "d", Market: "de"},
		{Name: "Elsewhere", URL: new("https://a.example/feed"), Domain: "d", Market: "at", Category: new(" Tech / Go & C/")},
		{Name: `Q&amp;A "1" <b>`, URL: new("http://b.example/?a=1&b=ü"), Domain: "e & f", Market: "de", Category: new("Tech"), Language: new("de"), Enabled: new(false), PollIntervalMinutes: new(5)},
		{Name: "Seldom", URL: new("http://c.example/"), Domain: "d", Market: "de", MinPollIntervalMinutes: new(100), MaxPollIntervalMinutes: new(200), FetchArticles: new("never")},
		{Name: "r/golang", Type: new("reddit"), Config: store.SourceConfig{Subreddit: "golang", Sort: "top", Comments: true}, Domain: "d", Market: "de", Category: new("Tech/Go & C")},
		{Name: "Trends", Type: new("trends"), Config: store.SourceConfig{Region: "DE"}, Domain: "d", Market: "de"},
		{Name: "Questions", Type: new("autocomplete"), Config: store.SourceConfig{Keywords: []string{"a", "ä"}}, Language: new("de"), Domain: "d", Market: "de"},
		{Name: "News", Type: new("news"), Config: store.SourceConfig{Query: `"a" -b`, Region: "AT"}, Domain: "d", Market: "de", Category: new("Zoo")},
	} {
		_, err := from.store.CreateCollection(t.Context(), create)
		require.NoError(t, err, "%d", i)
	}
	export := func(w *world) string {
		var b strings.Builder
		out := opml.NewWriter(&b, "t", time.Unix(0, 0))
		require.NoError(t, w.store.EachCollection(t.Context(), store.CollectionFilter{}, out.Write))
		require.NoError(t, out.Close())
		return b.String()
	}
	document := export(from)
	// The parameters are for outlines that do not say it themselves.
	r := to.imported(to.working(), document, ImportArgs{Domain: "x", Market: "y", Language: new("fr"), Enabled: new(false)})
	require.Equal(t, 9, r.Created, "%+v", r)
	require.Equal(t, document, export(to))
	settings := func(w *world) map[string]store.Collection {
		all := w.all()
		for name, c := range all {
			c.ID, c.CreatedAt, c.UpdatedAt, c.NextPollAt = uuid.Nil, time.Time{}, time.Time{}, time.Time{}
			all[name] = c
		}
		return all
	}
	require.Equal(t, settings(from), settings(to))
}

// What is refused in JSON is refused here.
func TestImportChecksConfigs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own := func(attributes string) string {
		return `<outline xmlns:cc="urn:content-creator:opml" text="n" ` + attributes + `/>`
	}
	cases := map[string]string{
		`cc:type="reddit" cc:config='{"subreddit":"../x"}'`:                                                     "config.subreddit",
		`cc:type="reddit" cc:config='{"subreddit":"golang","sort":"best"}'`:                                     "config.sort is none of hot, new, top, rising",
		`cc:type="reddit" cc:config='{"subreddit":"golang","sort":"top","window":"ever"}'`:                      "config.window is none of",
		`cc:type="reddit" cc:config='{"subreddit":"golang","limit":1000}'`:                                      "config.limit is not from 1 to 100",
		`cc:type="reddit" cc:config='{"subreddit":"golang","min_score":-1}'`:                                    "config.min_score is not from",
		`cc:type="trends" cc:config='{"region":"D/"}'`:                                                          "config.region is not a country",
		`cc:type="news" cc:config='{"query":"a","provider":"other"}'`:                                           "config.provider is none of",
		`cc:type="news" cc:config='{"query":"a","provider":"thenewsapi","categories":["x"]}'`:                   "config.categories is none of",
		`cc:type="news" cc:config='{"query":"` + strings.Repeat("a", 301) + `"}'`:                               "config.query is longer",
		`cc:type="autocomplete" cc:language="de" cc:config='{"keywords":["a"],"expansions":["x"]}'`:             "config.expansions is none of",
		`cc:type="autocomplete" cc:language="de" cc:config='{"keywords":["` + strings.Repeat("a", 101) + `"]}'`: "config.keywords are more than 50",
		`cc:type="autocomplete" cc:config='{"keywords":["a"]}'`:                                                 "language is needed",
		`cc:type="other"`: "type is no type of collection",
		`cc:type="rss" xmlUrl="https://a.example/" cc:language="1"`:                                             "language is not the tag of a language",
		`cc:type="rss" xmlUrl="https://a.example/" cc:pollIntervalMinutes="1"`:                                  "poll_interval_minutes is not from 5 to 10080",
		`cc:type="rss" xmlUrl="https://a.example/" cc:minPollIntervalMinutes="9" cc:maxPollIntervalMinutes="8"`: "min_poll_interval_minutes is 9, more than",
		`cc:type="rss" xmlUrl="https://a.example/" cc:domain="` + strings.Repeat("d", 101) + `"`:                "domain has 101 characters, not 1 to 100",
		`cc:type="rss" xmlUrl="https://a.example/" cc:market="` + strings.Repeat("m", 65) + `"`:                 "market has 65 characters, not 1 to 64",
		`cc:type="rss" text=" " title=" " xmlUrl="https://a.example/"`:                                          "name has 0 characters, not 1 to 200",
	}
	var outlines, wants []string
	for attributes, want := range cases {
		if strings.Contains(attributes, "text=") {
			outlines = append(outlines, `<outline xmlns:cc="urn:content-creator:opml" `+attributes+`/>`)
		} else {
			outlines = append(outlines, own(attributes))
		}
		wants = append(wants, want)
	}
	r := w.imported(w.working(), list(outlines...), intoTech)
	require.Equal(t, len(cases), r.RefusedCount, "%+v", r)
	for i, refused := range r.Refused {
		require.Contains(t, refused.Reason, wants[i], outlines[i])
		require.Equal(t, i+2, refused.Line)
	}
}

func TestImportDryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	there := w.collection("https://there.example/feed")
	w.execute(`update collections set domain = 'tech', market = 'de'`)
	args := intoTech
	args.DryRun = true
	r := w.imported(w.working(), list(outline("A", "https://a.example/feed"), outline("A", "https://a.example/feed"), outline("T", "https://there.example/feed")), args)
	require.Equal(t, store.ImportReport{
		DryRun: true, Outlines: 3, Created: 1, DuplicatesCount: 2, Refused: []store.ImportRefusal{},
		Duplicates: []store.ImportDuplicate{
			{Line: 3, Name: "A", URL: new("https://a.example/feed")},
			{Line: 4, Name: "T", URL: new("https://there.example/feed"), ExistingID: &there.ID},
		},
	}, r)
	require.Len(t, w.all(), 1)
}

// thousands is a document of many feeds, with a duplicate of each tenth.
func thousands(n int) string {
	var outlines []string
	for i := range n {
		outlines = append(outlines, outline(fmt.Sprint("Feed ", i), fmt.Sprintf("https://site%d.example/feed?a=1&amp;b=2", i)))
		if i%10 == 9 {
			outlines = append(outlines, outline("Again", fmt.Sprintf("http://site%d.example/feed?a=1&amp;b=2", i-9)))
		}
	}
	return list(outlines...)
}

func TestImportOfThousands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.working()
	began := time.Now()
	job, err := c.ImportOPML(t.Context(), []byte(thousands(5000)), "", intoTech)
	require.NoError(t, err)
	r := w.report(w.finished(job.ID))
	t.Logf("5,500 outlines took %s", time.Since(began).Round(time.Millisecond))
	require.Equal(t, []int{5500, 5000, 500, 0}, []int{r.Outlines, r.Created, r.DuplicatesCount, r.RefusedCount})
	require.Len(t, r.Duplicates, store.MaxImportListed)
	require.Equal(t, 5000, w.count(`select count(*) from collections`))
	// They do not all come at once.
	require.LessOrEqual(t, w.count(`select count(*) from collections where next_poll_at < now() + interval '1 minute'`), 400)
	require.Equal(t, 5000, w.count(`select count(*) from collections where next_poll_at < now() + interval '20 minutes'`))
	require.GreaterOrEqual(t, w.events("job.progress"), 11)
}

// A worker that was killed between two batches is followed by one that goes on there, and counts nothing twice.
func TestImportGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	idle := w.client(func(c *Config) { c.Polls = 0 })
	job, err := idle.ImportOPML(t.Context(), []byte(thousands(2000)), "", intoTech)
	require.NoError(t, err)
	var id uuid.UUID
	require.NoError(t, w.store.Pool().QueryRow(t.Context(), `select id from opml_imports`).Scan(&id))

	// The context ends with the second batch, as at a kill.
	ctx, kill := context.WithCancel(t.Context())
	worker := &importWorker{store: w.store}
	kept, err := w.store.OPMLImport(ctx, id)
	require.NoError(t, err)
	run := &importRun{importWorker: worker, args: intoTech, OPMLImport: kept, rehearsed: map[uuid.UUID]bool{}}
	entries, err := opml.Parse(thousands(2000))
	require.NoError(t, err)
	require.NoError(t, w.store.InTx(ctx, func(ctx context.Context) error { return run.batch(ctx, entries) }))
	killed := errors.New("killed")
	require.ErrorIs(t, w.store.InTx(ctx, func(ctx context.Context) error {
		if err := run.batch(ctx, entries); err != nil {
			return err
		}
		return killed
	}), killed)
	kill()
	require.Less(t, w.count(`select count(*) from collections`), importBatch)
	w.orphan(int64(job.ID))

	w.working()
	r := w.report(w.finished(job.ID))
	require.Equal(t, []int{2200, 2000, 200, 0}, []int{r.Outlines, r.Created, r.DuplicatesCount, r.RefusedCount})
	require.Equal(t, 2000, w.count(`select count(*) from collections`))
}

func TestAlike(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"https://a.example/F?x=1", "http://a.example/F?x=1", "https://a.example/F/?x=1", "http://a.example/F/?x=1"}, alike(" HTTP://A.example/F/?x=1#y "))
	require.Equal(t, []string{"https://a.example/%2F", "http://a.example/%2F", "https://a.example/%2F/", "http://a.example/%2F/"}, alike("https://a.example/%2F"))
	require.Equal(t, []string{"ftp://a.example/"}, alike("ftp://a.example/"))
	require.Equal(t, []string{"http://[::1"}, alike("http://[::1"))
}
