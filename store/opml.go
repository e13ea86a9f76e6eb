package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// An OPMLImport is a document whose import has not finished.
type OPMLImport struct {
	ID          uuid.UUID
	Document    []byte
	ContentType string
	// Done is how many of its outlines have been dealt with, Report what came of them.
	Done   int
	Report ImportReport
}

// An ImportReport says what came of the outlines of a document. Its JSON form is the API's.
type ImportReport struct {
	DryRun bool `json:"dry_run"`
	// Outlines are those that stand for a source, Created, DuplicatesCount and RefusedCount what became of them.
	Outlines        int `json:"outlines"`
	Created         int `json:"created"`
	DuplicatesCount int `json:"duplicates_count"`
	RefusedCount    int `json:"refused_count"`
	// Duplicates and Refused list the first MaxImportListed of them.
	Duplicates []ImportDuplicate `json:"duplicates"`
	Refused    []ImportRefusal   `json:"refused"`
}

// MaxImportListed is how many duplicates and how many refusals a report lists.
const MaxImportListed = 500

// An ImportDuplicate is an outline whose source is there already. ExistingID is unknown where the same
// document brings it twice and nothing is kept of a dry run.
type ImportDuplicate struct {
	Line       int        `json:"line"`
	Name       string     `json:"name"`
	URL        *string    `json:"url"`
	ExistingID *uuid.UUID `json:"existing_id"`
}

// An ImportRefusal is an outline that cannot become a collection.
type ImportRefusal struct {
	Line   int     `json:"line"`
	Name   string  `json:"name"`
	URL    *string `json:"url"`
	Reason string  `json:"reason"`
}

// Refuse notes an outline that cannot become a collection.
func (r *ImportReport) Refuse(line int, create CollectionCreate, reason string) {
	r.RefusedCount++
	if len(r.Refused) < MaxImportListed {
		r.Refused = append(r.Refused, ImportRefusal{Line: line, Name: create.Name, URL: create.URL, Reason: reason})
	}
}

// Double notes an outline whose source is there already, as a collection with this id.
func (r *ImportReport) Double(line int, create CollectionCreate, existing *uuid.UUID) {
	r.DuplicatesCount++
	if len(r.Duplicates) < MaxImportListed {
		r.Duplicates = append(r.Duplicates, ImportDuplicate{Line: line, Name: create.Name, URL: create.URL, ExistingID: existing})
	}
}

// KeepOPML keeps a document until its import has finished.
func (s *Store) KeepOPML(ctx context.Context, document []byte, contentType string) (uuid.UUID, error) {
	const q = `insert into opml_imports (id, document, content_type, report) values ($1, $2, $3, $4)`
	id := newID()
	report := ImportReport{Duplicates: []ImportDuplicate{}, Refused: []ImportRefusal{}}
	_, err := s.db(ctx).Exec(ctx, q, id, document, contentType, report)
	return id, err
}

// OPMLImport reads an import.
func (s *Store) OPMLImport(ctx context.Context, id uuid.UUID) (OPMLImport, error) {
	const q = `select id, document, content_type, done, report from opml_imports where id = $1`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	i, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[OPMLImport])
	return i, orNotFound(err, "import", id)
}

// SaveOPMLImport keeps how far an import is. Call it in the transaction of what it has brought.
func (s *Store) SaveOPMLImport(ctx context.Context, i OPMLImport) error {
	_, err := s.db(ctx).Exec(ctx, `update opml_imports set done = $2, report = $3 where id = $1`, i.ID, i.Done, i.Report)
	return err
}

// DeleteOPML forgets a document.
func (s *Store) DeleteOPML(ctx context.Context, id uuid.UUID) error {
	_, err := s.db(ctx).Exec(ctx, `delete from opml_imports where id = $1`, id)
	return err
}

// DeleteOldOPML forgets documents whose jobs can no longer be retried.
func (s *Store) DeleteOldOPML(ctx context.Context, age time.Duration) error {
	_, err := s.db(ctx).Exec(ctx, `delete from opml_imports where created_at < now() - $1::interval`, age)
	return err
}

// An ImportItem is a collection to import.
type ImportItem struct {
	Create CollectionCreate
	// Alike are other addresses of the same feed: where one of them is there already, so is this.
	Alike []string
	// Wait is how long after now the first poll is due.
	Wait time.Duration
}

// An Imported says what came of an ImportItem: a new collection, one that was there, or a fault.
type Imported struct {
	// URL is the address as it is kept.
	URL     *string
	ID      uuid.UUID
	Created bool
	// Fault is a sentence; "" if there was none.
	Fault string
}

// importRow is an item as the SQL reads it.
type importRow struct {
	N        int          `json:"n"`
	ID       uuid.UUID    `json:"id"`
	Name     string       `json:"name"`
	Type     string       `json:"type"`
	URL      *string      `json:"url"`
	Config   SourceConfig `json:"config"`
	Category *string      `json:"category"`
	Domain   string       `json:"domain"`
	Market   string       `json:"market"`
	Language *string      `json:"language"`
	Enabled  bool         `json:"enabled"`
	Articles string       `json:"articles"`
	Adaptive bool         `json:"adaptive"`
	Interval int          `json:"interval"`
	Least    int          `json:"least"`
	Most     int          `json:"most"`
	Wait     float64      `json:"wait"`
	Alike    []string     `json:"alike"`
}

// ImportCollections adds collections as CreateCollection does, many at once, and answers what came of each.
// One that is there already, or comes twice, is no failure; nor is one that breaks a rule.
func (s *Store) ImportCollections(ctx context.Context, items []ImportItem) ([]Imported, error) {
	outcomes := make([]Imported, len(items))
	var rows []importRow
	for n, item := range items {
		c := item.Create.collection()
		err := c.check()
		if err == nil {
			err = c.checkLimits()
		}
		var refusal *Error
		switch {
		case errors.As(err, &refusal):
			outcomes[n].URL, outcomes[n].Fault = item.Create.URL, refusal.sentence()
			continue
		case err != nil:
			return nil, err
		}
		outcomes[n].URL = c.URL
		rows = append(rows, importRow{
			N: n, ID: newID(), Name: c.Name, Type: c.Type, URL: c.URL, Config: c.Config, Category: c.Category, Domain: c.Domain,
			Market: c.Market, Language: c.Language, Enabled: c.Enabled, Articles: c.FetchArticles, Adaptive: c.AdaptivePolling,
			Interval: c.PollIntervalMinutes, Least: c.MinPollIntervalMinutes, Most: c.MaxPollIntervalMinutes,
			Wait: item.Wait.Seconds(), Alike: item.Alike,
		})
	}
	err := s.InTx(ctx, func(ctx context.Context) error {
		if err := s.findAlike(ctx, rows, outcomes); err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(r importRow) bool { return outcomes[r.N].ID != uuid.Nil })
		return s.insertImported(ctx, rows, outcomes)
	})
	return outcomes, err
}

// findAlike finds the collections that have a row's feed under another address.
func (s *Store) findAlike(ctx context.Context, rows []importRow, outcomes []Imported) error {
	const q = `
		select r.n, c.id
		from jsonb_to_recordset(@rows) as r (n integer, alike text[], domain text, market text)
		cross join lateral unnest(r.alike) as a (url)
		cross join lateral (
			select id
			from collections
			where type = 'rss' and coalesce(url, '') = a.url and domain = r.domain and market = r.market
			limit 1) c
		order by r.n, c.id desc`
	return s.found(ctx, q, rows, func(n int, id uuid.UUID) { outcomes[n].ID = id })
}

// insertImported adds the rows whose source is new. Those of the others answer whom it belongs to.
func (s *Store) insertImported(ctx context.Context, rows []importRow, outcomes []Imported) error {
	const insert = `
		insert into collections (id, name, type, url, config, category, domain, market, language, enabled, fetch_articles,
			adaptive_polling, poll_interval_minutes, min_poll_interval_minutes, max_poll_interval_minutes, next_poll_at)
		select id, name, type, url, config, category, domain, market, language, enabled, articles, adaptive, "interval", "least", most, now() + make_interval(secs => wait)
		from jsonb_to_recordset(@rows) as r (n integer, id uuid, name text, type text, url text, config jsonb, category text, domain text,
			market text, language text, enabled boolean, articles text, adaptive boolean, "interval" integer, "least" integer, most integer, wait double precision)
		order by n
		on conflict (type, coalesce(url, ''), md5(config::text), domain, market) do nothing`
	const find = `
		select r.n, c.id
		from jsonb_to_recordset(@rows) as r (n integer, type text, url text, config jsonb, domain text, market text)
		cross join lateral (
			select id
			from collections
			where type = r.type and coalesce(url, '') = coalesce(r.url, '') and md5(config::text) = md5(r.config::text)
				and domain = r.domain and market = r.market
			limit 1) c`
	if len(rows) == 0 {
		return nil
	}
	if _, err := s.db(ctx).Exec(ctx, insert, pgx.NamedArgs{"rows": rows}); err != nil {
		return fmt.Errorf("import collections: %w", err)
	}
	made := map[int]uuid.UUID{}
	for _, row := range rows {
		made[row.N] = row.ID
	}
	return s.found(ctx, find, rows, func(n int, id uuid.UUID) { outcomes[n].ID, outcomes[n].Created = id, made[n] == id })
}

// found runs a query that answers ids for numbers of rows.
func (s *Store) found(ctx context.Context, q string, rows []importRow, each func(n int, id uuid.UUID)) error {
	if len(rows) == 0 {
		return nil
	}
	// Planned anew: a plan for few collections is none for thousands.
	answer, _ := s.planned(ctx).Query(ctx, q, pgx.NamedArgs{"rows": rows})
	var n int
	var id uuid.UUID
	_, err := pgx.ForEachRow(answer, []any{&n, &id}, func() error {
		each(n, id)
		return nil
	})
	return err
}

var (
	httpAddress     = regexp.MustCompile(`^(?i:https?)://`)
	languageTagForm = regexp.MustCompile(`^[a-z]{2,8}$`)
	countryForm     = regexp.MustCompile(`^[A-Z]{2}$`)
)

// checkLimits finds what the specification refuses in JSON, for collections that come another way.
func (c Collection) checkLimits() error {
	faults := c.Config.checkLimits()
	length := func(field, value string, most int) {
		if n := utf8.RuneCountInString(value); n < 1 || n > most {
			faults[field] = fmt.Sprintf("has %d characters, not 1 to %d", n, most)
		}
	}
	length("name", c.Name, 200)
	length("domain", c.Domain, 100)
	length("market", c.Market, 64)
	if c.Category != nil {
		length("category", *c.Category, 200)
	}
	if c.URL != nil && !httpAddress.MatchString(*c.URL) {
		faults["url"] = "begins with neither http:// nor https://"
	}
	if c.URL != nil && utf8.RuneCountInString(*c.URL) > 2048 {
		faults["url"] = "is longer than 2048 characters"
	}
	if c.Language != nil && !languageTagForm.MatchString(*c.Language) {
		faults["language"] = "is not the tag of a language, such as de"
	}
	if !slices.Contains([]string{"auto", "always", "never"}, c.FetchArticles) {
		faults["fetch_articles"] = "is none of auto, always, never"
	}
	for field, minutes := range map[string]int{
		"poll_interval_minutes": c.PollIntervalMinutes, "min_poll_interval_minutes": c.MinPollIntervalMinutes,
		"max_poll_interval_minutes": c.MaxPollIntervalMinutes,
	} {
		if minutes < 5 || minutes > 10080 {
			faults[field] = "is not from 5 to 10080"
		}
	}
	if len(faults) > 0 {
		return invalid("collection", "The collection is not valid.", faults)
	}
	return nil
}

func (c SourceConfig) checkLimits() map[string]string {
	faults := map[string]string{}
	among := func(field string, allowed []string, values ...string) {
		for _, value := range values {
			if value != "" && !slices.Contains(allowed, value) {
				faults["config."+field] = "is none of " + strings.Join(allowed, ", ")
			}
		}
	}
	among("sort", []string{"hot", "new", "top", "rising"}, c.Sort)
	among("window", []string{"hour", "day", "week", "month", "year", "all"}, c.Window)
	among("provider", []string{"google_news", "bing_news", "thenewsapi"}, c.Provider)
	among("expansions", []string{"alphabet", "questions", "prepositions"}, c.Expansions...)
	among("categories", []string{
		"general", "science", "sports", "business", "health", "entertainment", "tech", "politics", "food", "travel",
	}, c.Categories...)
	if c.Region != "" && !countryForm.MatchString(c.Region) {
		faults["config.region"] = "is not a country, ISO 3166-1 alpha-2"
	}
	if c.MinScore < 0 || c.MinScore > 1_000_000 {
		faults["config.min_score"] = "is not from 0 to 1000000"
	}
	if c.Limit < 0 || c.Limit > 100 {
		faults["config.limit"] = "is not from 1 to 100"
	}
	if utf8.RuneCountInString(c.Query) > 300 {
		faults["config.query"] = "is longer than 300 characters"
	}
	if len(c.Keywords) > 50 || slices.ContainsFunc(c.Keywords, func(k string) bool { return utf8.RuneCountInString(k) > 100 }) {
		faults["config.keywords"] = "are more than 50, or one is longer than 100 characters"
	}
	return faults
}

// exportBatch is how many collections an export reads at once.
const exportBatch = 500

// EachCollection calls each with every collection that a filter selects, ordered by category, those of one
// folder next to each other, then by name. What is added meanwhile may be missing.
func (s *Store) EachCollection(ctx context.Context, f CollectionFilter, each func(Collection) error) error {
	q := `
		select ` + collectionColumns + `
		from collections
		where ` + collectionListing.where + `
			and (@last::uuid is null
				or (coalesce(string_to_array(category, '/'), '{}'), lower(name), id) > (@path::text[], @name::text, @last::uuid))
		order by coalesce(string_to_array(category, '/'), '{}'), lower(name), id
		limit @limit`
	args := f.args()
	args["last"], args["path"], args["name"], args["limit"] = nil, []string{}, "", exportBatch
	for {
		rows, _ := s.planned(ctx).Query(ctx, q, args)
		batch, err := pgx.CollectRows(rows, pgx.RowToStructByName[Collection])
		if err != nil {
			return fmt.Errorf("export collections: %w", err)
		}
		for _, c := range batch {
			if err := each(c); err != nil {
				return err
			}
		}
		if len(batch) < exportBatch {
			return nil
		}
		last := batch[len(batch)-1]
		args["last"], args["path"], args["name"] = last.ID, last.Folders(), last.NameKey
	}
}

// Folders are the folders that a collection is in, the outermost first.
func (c Collection) Folders() []string {
	if c.Category == nil {
		return []string{}
	}
	return strings.Split(*c.Category, "/")
}

// CollectionsReading answers, for each of these feeds' addresses, the collections that read it.
func (s *Store) CollectionsReading(ctx context.Context, addresses []string) (map[string][]uuid.UUID, error) {
	const q = `select url, id from collections where type = 'rss' and coalesce(url, '') = any ($1) order by id`
	return s.idsBy(ctx, q, addresses)
}

// CollectionsOfSubreddits answers, for each of these subreddits in lower case, the collections that read it.
func (s *Store) CollectionsOfSubreddits(ctx context.Context, names []string) (map[string][]uuid.UUID, error) {
	const q = `
		select lower(config ->> 'subreddit'), id
		from collections
		where type = 'reddit' and lower(config ->> 'subreddit') = any ($1)
		order by id`
	return s.idsBy(ctx, q, names)
}

func (s *Store) idsBy(ctx context.Context, q string, keys []string) (map[string][]uuid.UUID, error) {
	found := map[string][]uuid.UUID{}
	rows, _ := s.db(ctx).Query(ctx, q, keys)
	var key string
	var id uuid.UUID
	_, err := pgx.ForEachRow(rows, []any{&key, &id}, func() error {
		found[key] = append(found[key], id)
		return nil
	})
	return found, err
}

// sentence is a refusal with every fault, in the order of the fields' names.
func (e *Error) sentence() string {
	faults, _ := e.Details["errors"].(map[string]string)
	var parts []string
	for field, fault := range faults {
		parts = append(parts, field+" "+fault)
	}
	slices.Sort(parts)
	return strings.TrimSpace(e.Message + " " + strings.Join(parts, "; "))
}
