package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// TopResults is how many results of a search make keywords alike.
const TopResults = 10

// KeywordResults are the first results of a keyword's latest snapshot.
type KeywordResults struct {
	// Keyword is as it was asked for.
	Keyword    string    `json:"keyword"`
	SnapshotID uuid.UUID `json:"snapshot_id"`
	Source     string    `json:"source"`
	LookedAt   time.Time `json:"looked_at"`
	// Addresses are those of the results, the first first.
	Addresses []string `json:"-"`
}

// LatestResults are the first results of the latest snapshot of each keyword that has one, in the order of the keywords, and the
// keywords that have none. Keywords of the same key (TitleKey) are one. Where market is empty, a snapshot of any counts.
func (s *Store) LatestResults(ctx context.Context, keywords []string, language, market string) (found []KeywordResults, without []string, err error) {
	const q = `
		select wanted.turn, latest.id, latest.source, latest.created_at, array(
			select result ->> 'url'
			from jsonb_array_elements(latest.results) result
			where (result ->> 'position')::int <= $4
			order by (result ->> 'position')::int)
		from unnest($1::text[]) with ordinality wanted (key, turn)
		cross join lateral (
			select id, source, created_at, results
			from serp_snapshots
			where query_key = wanted.key and language = $2 and ($3 = '' or market = $3)
			order by created_at desc, id desc
			limit 1) latest
		order by wanted.turn`
	var keys, spelled []string
	known := map[string]bool{}
	for _, keyword := range keywords {
		if key := TitleKey(keyword); !known[key] {
			known[key] = true
			keys, spelled = append(keys, key), append(spelled, keyword)
		}
	}
	rows, _ := s.db(ctx).Query(ctx, q, keys, languageTag(language), marketCode(market), TopResults)
	var turn int
	var r KeywordResults
	has := map[int]bool{}
	_, err = pgx.ForEachRow(rows, []any{&turn, &r.SnapshotID, &r.Source, &r.LookedAt, &r.Addresses}, func() error {
		r.Keyword, has[turn-1] = spelled[turn-1], true
		found = append(found, r)
		return nil
	})
	without = []string{}
	for i, keyword := range spelled {
		if !has[i] {
			without = append(without, keyword)
		}
	}
	return found, without, err
}

// KeywordClusters are keywords whose searches have the same pages among their first results. Its JSON form is the API's.
type KeywordClusters struct {
	Language  string           `json:"language"`
	Market    string           `json:"market"`
	MinShared int              `json:"min_shared"`
	Keywords  int              `json:"keywords"`
	Clusters  []KeywordCluster `json:"clusters"`
	// Alone have a snapshot, and too little in common with any other.
	Alone []LoneKeyword `json:"alone"`
	// WithoutSnapshot are those whose results nobody has looked at.
	WithoutSnapshot []string `json:"without_snapshot"`
}

// A KeywordCluster is keywords that one page can answer: each shares results with the first, the hub.
type KeywordCluster struct {
	Hub      string             `json:"hub"`
	Keywords []ClusteredKeyword `json:"keywords"`
	// Addresses are what most of its keywords find, with how many do.
	Addresses []SharedAddress `json:"addresses"`
}

// A ClusteredKeyword is a keyword of a cluster with the addresses that it shares with the hub; of the hub itself, all of its own.
type ClusteredKeyword struct {
	KeywordResults
	Shared []string `json:"shared"`
}

// A SharedAddress is a page with how many keywords of a cluster find it.
type SharedAddress struct {
	URL      string `json:"url"`
	Keywords int    `json:"keywords"`
}

// A LoneKeyword is a keyword in no cluster.
type LoneKeyword struct {
	KeywordResults
	// Closest shares most results with it; nil where none shares any.
	Closest *string `json:"closest"`
	Shared  int     `json:"shared"`
}
