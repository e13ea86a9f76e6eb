package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A DuplicateCluster is a set of documents with the same text, or nearly. Its JSON form is the API's.
type DuplicateCluster struct {
	ID uuid.UUID `json:"id"`
	// Kind is exact where all have the same title and text, else near.
	Kind string `json:"kind"`
	Size int    `json:"size"`
	// Documents are the first to arrive, at most MaxClusterDocuments.
	Documents []DuplicateDocument `json:"documents"`
	CreatedAt time.Time           `json:"created_at"`
	// UpdatedAt is when a document last joined or left.
	UpdatedAt time.Time `json:"updated_at"`
}

// MaxClusterDocuments is how many documents of a cluster a list shows.
const MaxClusterDocuments = 50

// A DuplicateDocument is a member of a cluster.
type DuplicateDocument struct {
	ID    uuid.UUID `json:"id"`
	Title string    `json:"title"`
	URL   string    `json:"url"`
	// Source is the origin, as in Document.SourceName.
	Source      string     `json:"source"`
	PublishedAt *time.Time `json:"published_at"`
	// Similarity is the share of the shorter text that stands in the longer one, between this document and the one it
	// was matched with, from 0 to 1; 1 for the first.
	Similarity float64 `json:"similarity"`
	// MatchedID is that document; nil for the first.
	MatchedID *uuid.UUID `json:"matched_id"`
}

// A DuplicateFilter selects clusters that have a document of each of these values; what is zero selects all.
type DuplicateFilter struct {
	Kind, Domain, Market, Language string
	CollectionID                   uuid.UUID
	// DocumentID selects the cluster of that document.
	DocumentID uuid.UUID
	// Since selects those that a document has joined or left at this time or later.
	Since *time.Time
}

var duplicateListing = plainListing[DuplicateCluster]{
	resource: "document",
	columns:  `id, kind, size, created_at, updated_at`,
	from:     "duplicate_clusters",
	where: `(@kind = '' or kind = @kind)
			and (@domain = '' or domains @> array[@domain::text])
			and (@market = '' or markets @> array[@market::text])
			and (@language = '' or languages @> array[@language::text])
			and (@collection::uuid is null or collection_ids @> array[@collection::uuid])
			and (@document::uuid is null or id = (select cluster_id from duplicates where document_id = @document))
			and (@since::timestamptz is null or updated_at >= @since)`,
	orders: []order{
		{name: "-updated_at", desc: true, keys: []sortKey{{"updated_at", keyTime}, {"id", keyID}}},
		{name: "-size", desc: true, keys: []sortKey{{"size", keyInt}, {"id", keyID}}},
	},
	scan: pgx.RowToStructByNameLax[DuplicateCluster],
	keys: func(c DuplicateCluster, order string) []string {
		if order == "-size" {
			return []string{fmt.Sprint(c.Size), c.ID.String()}
		}
		return []string{momentKey(c.UpdatedAt), c.ID.String()}
	},
}

// Duplicates answers one page of clusters, the last changed first unless told otherwise.
func (s *Store) Duplicates(ctx context.Context, f DuplicateFilter, p Page) (List[DuplicateCluster], error) {
	const q = `
		select m.cluster_id, m.id, m.title, m.url, m.source, m.published_at, m.similarity, m.matched_id
		from unnest($1::uuid[]) with ordinality as c (id, place)
		cross join lateral (
			select m.cluster_id, d.id, d.seq, d.title, d.url, d.source_name as source, d.published_at, m.similarity, m.matched_id
			from duplicates m
			join documents d on d.id = m.document_id
			where m.cluster_id = c.id
			order by d.seq
			limit $2) m
		order by c.place, m.seq`
	list, err := duplicateListing.page(ctx, s, p, pgx.NamedArgs{
		"kind": f.Kind, "domain": f.Domain, "market": marketCode(f.Market), "language": strings.ToLower(f.Language),
		"collection": orNull(f.CollectionID), "document": orNull(f.DocumentID), "since": f.Since,
	})
	if err != nil {
		return list, err
	}
	ids := make([]uuid.UUID, len(list.Items))
	place := map[uuid.UUID]int{}
	for i := range list.Items {
		ids[i], place[list.Items[i].ID] = list.Items[i].ID, i
		list.Items[i].Documents = []DuplicateDocument{}
	}
	rows, _ := s.db(ctx).Query(ctx, q, ids, MaxClusterDocuments)
	var cluster uuid.UUID
	var d DuplicateDocument
	_, err = pgx.ForEachRow(rows, []any{&cluster, &d.ID, &d.Title, &d.URL, &d.Source, &d.PublishedAt, &d.Similarity, &d.MatchedID}, func() error {
		c := &list.Items[place[cluster]]
		c.Documents = append(c.Documents, d)
		return nil
	})
	if err != nil {
		return list, fmt.Errorf("read the documents of clusters: %w", err)
	}
	return list, nil
}
