package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A SerpSnapshot is what stood among the results of a search at one time. Its JSON form is the API's.
type SerpSnapshot struct {
	ID       uuid.UUID `json:"id"`
	JobID    JobID     `json:"job_id"`
	Query    string    `json:"query"`
	Language string    `json:"language"`
	Market   string    `json:"market"`
	// Source is who told the results: a search service, or "caller".
	Source     string          `json:"source"`
	Results    []SerpResult    `json:"results"`
	Analysis   json.RawMessage `json:"analysis"`
	Difficulty json.RawMessage `json:"difficulty"`
	CreatedAt  time.Time       `json:"created_at"`
}

// A SerpResult is one result and what its page is like.
type SerpResult struct {
	Position int     `json:"position"`
	URL      string  `json:"url"`
	Domain   string  `json:"domain"`
	Title    *string `json:"title"`
	Snippet  *string `json:"snippet"`
	// Authority is high, medium or low, AuthorityReason the rule that says so.
	Authority       string `json:"authority"`
	AuthorityReason string `json:"authority_reason"`
	WordCount       Figure `json:"word_count"`
	// ContentScore is unknown where the page could not be read; Error says why.
	ContentScore Score      `json:"content_score"`
	PublishedAt  *time.Time `json:"published_at"`
	ContentHash  *string    `json:"content_hash"`
	Error        *PageError `json:"error"`
}

const serpColumns = `id, job_id, query, language, market, source, results, analysis, difficulty, created_at`

// A SerpFilter narrows a list of snapshots; what is empty does not.
type SerpFilter struct{ Query, Language, Market string }

var serpListing = plainListing[SerpSnapshot]{
	resource: "serp_snapshot",
	columns:  serpColumns,
	from:     "serp_snapshots",
	where: `(@query = '' or query_key = @query)
			and (@language = '' or language = @language)
			and (@market = '' or market = @market)`,
	orders: []order{{name: "-created_at", desc: true, keys: []sortKey{{"created_at", keyTime}, {"id", keyID}}}},
	scan:   pgx.RowToStructByName[SerpSnapshot],
	keys:   func(p SerpSnapshot, _ string) []string { return []string{momentKey(p.CreatedAt), p.ID.String()} },
}

// SerpSnapshots answers one page of snapshots, the newest first.
func (s *Store) SerpSnapshots(ctx context.Context, f SerpFilter, p Page) (List[SerpSnapshot], error) {
	return serpListing.page(ctx, s, p, pgx.NamedArgs{
		"query": TitleKey(f.Query), "language": languageTag(f.Language), "market": marketCode(f.Market),
	})
}

// SerpSnapshot reads one snapshot.
func (s *Store) SerpSnapshot(ctx context.Context, id uuid.UUID) (SerpSnapshot, error) {
	const q = `select ` + serpColumns + ` from serp_snapshots where id = $1`
	rows, _ := s.db(ctx).Query(ctx, q, id)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[SerpSnapshot])
	return found, orNotFound(err, "serp_snapshot", id)
}

// SaveSerp keeps a snapshot once per job.
func (s *Store) SaveSerp(ctx context.Context, p SerpSnapshot) (SerpSnapshot, error) {
	const (
		save = `
			insert into serp_snapshots (id, job_id, query, query_key, language, market, source, results, analysis, difficulty)
			values (@id, @job, @query, @key, @language, @market, @source, @results, @analysis, @difficulty)
			on conflict (job_id) do nothing`
		read = `select ` + serpColumns + ` from serp_snapshots where job_id = $1`
	)
	_, err := s.db(ctx).Exec(ctx, save, pgx.NamedArgs{
		"id": newID(), "job": int64(p.JobID), "query": p.Query, "key": TitleKey(p.Query), "language": languageTag(p.Language),
		"market": marketCode(p.Market), "source": p.Source, "results": emptyForNil(p.Results), "analysis": p.Analysis, "difficulty": p.Difficulty,
	})
	if err != nil {
		return SerpSnapshot{}, fmt.Errorf("save a snapshot: %w", err)
	}
	rows, _ := s.db(ctx).Query(ctx, read, int64(p.JobID))
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[SerpSnapshot])
}

// Difficulties are what the latest snapshots of some searches found of their difficulty, by the key of the query (TitleKey).
// Where market is empty, those of any count.
func (s *Store) Difficulties(ctx context.Context, queries []string, language, market string) (map[string]Figure, error) {
	const q = `
		select distinct on (query_key) query_key, difficulty -> 'score' -> 'value'
		from serp_snapshots
		where query_key = any($1) and language = $2 and ($3 = '' or market = $3)
		order by query_key, created_at desc`
	keys := make([]string, len(queries))
	for i, query := range queries {
		keys[i] = TitleKey(query)
	}
	found := map[string]Figure{}
	rows, _ := s.db(ctx).Query(ctx, q, keys, languageTag(language), marketCode(market))
	var key string
	var figure Figure
	_, err := pgx.ForEachRow(rows, []any{&key, &figure}, func() error {
		found[key] = figure
		return nil
	})
	return found, err
}

// A SerpComparison is how the results of a search have changed (SRP-3).
type SerpComparison struct {
	Older    uuid.UUID    `json:"older"`
	Newer    uuid.UUID    `json:"newer"`
	Entrants []SerpPlace  `json:"entrants"`
	Dropouts []SerpPlace  `json:"dropouts"`
	Changes  []SerpChange `json:"changes"`
	Stable   []SerpPlace  `json:"stable"`
}

// A SerpPlace is an address and its position.
type SerpPlace struct {
	URL      string `json:"url"`
	Position int    `json:"position"`
}

// A SerpChange is an address whose position has changed; Change is positive where it has risen.
type SerpChange struct {
	URL       string `json:"url"`
	Old       int    `json:"old"`
	New       int    `json:"new"`
	Change    int    `json:"change"`
	Direction string `json:"direction"`
}

// CompareSerps says what has changed from one snapshot to a later one.
func CompareSerps(older, newer SerpSnapshot) SerpComparison {
	c := SerpComparison{Older: older.ID, Newer: newer.ID, Entrants: []SerpPlace{}, Dropouts: []SerpPlace{}, Changes: []SerpChange{}, Stable: []SerpPlace{}}
	was := map[string]int{}
	for _, r := range older.Results {
		was[r.URL] = r.Position
	}
	for _, r := range newer.Results {
		old, known := was[r.URL]
		delete(was, r.URL)
		switch {
		case !known:
			c.Entrants = append(c.Entrants, SerpPlace{r.URL, r.Position})
		case old == r.Position:
			c.Stable = append(c.Stable, SerpPlace{r.URL, r.Position})
		default:
			direction := "up"
			if old < r.Position {
				direction = "down"
			}
			c.Changes = append(c.Changes, SerpChange{r.URL, old, r.Position, old - r.Position, direction})
		}
	}
	for _, r := range older.Results {
		if position, gone := was[r.URL]; gone {
			c.Dropouts = append(c.Dropouts, SerpPlace{r.URL, position})
		}
	}
	return c
}
