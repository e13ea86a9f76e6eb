package store

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Keyphrase is the kind of terms that are no entities.
const Keyphrase = "keyphrase"

// termKinds are the last bits of a term's id.
var termKinds = []string{Keyphrase, "person", "organisation", "place", "product"}

// termID is the id of a term by its kind and key, if documents are counted by that kind: 60 bits of FNV-1a, then the kind.
func termID(kind, key string) (id int64, counted bool) {
	code := slices.Index(termKinds, kind)
	h := fnv.New64a()
	_, _ = h.Write([]byte(kind + "\n" + key))
	return int64(h.Sum64()>>4<<3) | int64(code), code >= 0
}

// A KeywordFilter selects what documents are counted; what is zero selects all.
type KeywordFilter struct {
	// Kind is keyphrase, person, organisation, place or product.
	Kind                     string
	Domain, Market, Language string
	// Since is inclusive, Until exclusive.
	Since, Until time.Time
	// MinDocuments is in how many documents of the window a term stands at least.
	MinDocuments int
	// Sort is "-documents" or "-growth", Limit how many are answered.
	Sort  string
	Limit int
}

// MaxKeywordWindow is how long a window may be.
const MaxKeywordWindow = 92 * 24 * time.Hour

// A KeywordReport is what is written about in a window of time. Its JSON form is the API's.
type KeywordReport struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	// Documents were published in the window, DocumentsBefore in the one of the same length before it.
	Documents       int            `json:"documents"`
	DocumentsBefore int            `json:"documents_before"`
	Items           []KeywordCount `json:"items"`
}

// A KeywordCount is a term with the documents of the window that have it.
type KeywordCount struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	// Text is the form that came first.
	Text            string `json:"text"`
	Documents       int    `json:"documents"`
	DocumentsBefore int    `json:"documents_before"`
	// Growth is by how much its share of the documents has grown: 0.5 is half as much again. It is nil where nothing was before.
	Growth *float64 `json:"growth"`
}

// Keywords counts the terms of a window of time.
func (s *Store) Keywords(ctx context.Context, f KeywordFilter) (KeywordReport, error) {
	const (
		window = `
			from document_terms
			where happened_at >= @before and happened_at < @until
				and (@domain = '' or domain = @domain)
				and (@market = '' or market = @market)
				and (@language = '' or language = @language)`
		totals = `
			select count(*) filter (where happened_at >= @since), count(*) filter (where happened_at < @since)` + window
		// What is expected is as large a share of the documents as before; a surge is counted in its standard deviations.
		counts = `
			select t.id::text, t.kind, t.text, c.now, c.before
			from (
				select term, sum(now)::int as now, (count(*) - sum(now))::int as before
				from (select unnest(terms) as term, (happened_at >= @since)::int as now` + window + `) found
				where @code::bigint < 0 or term & 7 = @code
				group by term
				having sum(now) >= @least
				order by
					case when @growth then (sum(now) - (count(*) - sum(now)) * @share::float8) / sqrt((count(*) - sum(now)) * @share::float8 + 1) end desc nulls last,
					sum(now) desc, term
				limit @limit) c
			join terms t on t.id = c.term
			order by
				case when @growth then (c.now - c.before * @share::float8) / sqrt(c.before * @share::float8 + 1) end desc nulls last,
				c.now desc, c.term`
	)
	if err := f.check(); err != nil {
		return KeywordReport{}, err
	}
	args := pgx.NamedArgs{
		"before": f.Since.Add(-f.Until.Sub(f.Since)), "since": f.Since, "until": f.Until, "domain": f.Domain, "market": marketCode(f.Market),
		"language": strings.ToLower(f.Language), "code": slices.Index(termKinds, f.Kind), "least": max(f.MinDocuments, 1),
		"growth": f.Sort == "-growth", "limit": f.Limit,
	}
	report := KeywordReport{Since: f.Since, Until: f.Until, Items: []KeywordCount{}}
	if err := s.planned(ctx).QueryRow(ctx, totals, args).Scan(&report.Documents, &report.DocumentsBefore); err != nil {
		return report, fmt.Errorf("count the documents of a window: %w", err)
	}
	share := 0.0
	if report.DocumentsBefore > 0 {
		share = float64(report.Documents) / float64(report.DocumentsBefore)
	}
	args["share"] = share
	rows, _ := s.planned(ctx).Query(ctx, counts, args)
	var k KeywordCount
	_, err := pgx.ForEachRow(rows, []any{&k.ID, &k.Kind, &k.Text, &k.Documents, &k.DocumentsBefore}, func() error {
		k.Growth = nil
		if k.DocumentsBefore > 0 {
			k.Growth = new(math.Round(1e4*(float64(k.Documents)/(float64(k.DocumentsBefore)*share)-1)) / 1e4)
		}
		report.Items = append(report.Items, k)
		return nil
	})
	if err != nil {
		return report, fmt.Errorf("count the terms of a window: %w", err)
	}
	return report, nil
}

func (f KeywordFilter) check() error {
	switch span := f.Until.Sub(f.Since); {
	case span <= 0:
		return invalid("keyword", "The window cannot be read so.", map[string]string{"since": "must be before until"})
	case span > MaxKeywordWindow:
		return invalid("keyword", "The window cannot be read so.", map[string]string{"since": "must be at most 92 days before until"})
	}
	return nil
}

var keywordDocumentListing = plainListing[DocumentSummary]{
	resource: "keyword",
	columns:  summaryColumns,
	from:     "document_terms m join documents t on t.id = m.document_id",
	where:    `m.terms @> array[@term::bigint]`,
	orders:   []order{{name: "-published_at", desc: true, keys: []sortKey{{"m.happened_at", keyTime}, {"m.document_id", keyID}}}},
	scan:     pgx.RowToStructByName[DocumentSummary],
	keys: func(d DocumentSummary, _ string) []string {
		happened := d.FetchedAt
		if d.PublishedAt != nil {
			happened = *d.PublishedAt
		}
		return []string{momentKey(happened), d.ID.String()}
	},
}

// KeywordDocuments answers one page of the documents that have a term, the last published first (those without a date by when
// they were fetched).
func (s *Store) KeywordDocuments(ctx context.Context, id string, p Page) (List[DocumentSummary], error) {
	const q = `select true from terms where id = $1`
	term, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return List[DocumentSummary]{}, notFound("keyword", id)
	}
	var known bool
	if err := s.db(ctx).QueryRow(ctx, q, term).Scan(&known); err != nil {
		return List[DocumentSummary]{}, orNotFound(err, "keyword", id)
	}
	return keywordDocumentListing.page(ctx, s, p, pgx.NamedArgs{"term": term})
}

// TermDocuments are the newest documents of a window that have each of some terms, at most so many of each, by the id of the term.
// They are found by reading the window once, so that what it costs does not grow with the archive behind it.
func (s *Store) TermDocuments(ctx context.Context, f KeywordFilter, terms []string, most int) (map[string][]DocumentSummary, error) {
	const q = `
		with found as (
			select term, document_id, row_number() over (partition by term order by happened_at desc, document_id desc) as place
			from document_terms, unnest(terms) as term
			where happened_at >= @since and happened_at < @until
				and (@domain = '' or domain = @domain)
				and (@market = '' or market = @market)
				and (@language = '' or language = @language)
				and term in (select wanted::bigint from unnest(@terms::text[]) as wanted))
		select f.term::text, ` + summaryColumns + `
		from found f
		join documents t on t.id = f.document_id
		where f.place <= @most
		order by f.term, f.place`
	type termDocument struct {
		Term string
		DocumentSummary
	}
	rows, _ := s.planned(ctx).Query(ctx, q, pgx.NamedArgs{
		"since": f.Since, "until": f.Until, "domain": f.Domain, "market": marketCode(f.Market), "language": strings.ToLower(f.Language),
		"terms": terms, "most": most,
	})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[termDocument])
	if err != nil {
		return nil, fmt.Errorf("read the documents of terms: %w", err)
	}
	documents := map[string][]DocumentSummary{}
	for _, d := range list {
		documents[d.Term] = append(documents[d.Term], d.DocumentSummary)
	}
	return documents, nil
}
