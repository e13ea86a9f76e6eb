package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A PendingDocument is what processing sees of a document.
type PendingDocument struct {
	ID uuid.UUID
	// Seq is the document's place in the order of arrival.
	Seq   int64
	Title string
	// Text is the beginning of the content, else the summary, else empty.
	Text                                   string
	Language, URL, SourceName, ContentHash string
	// PublishedAt is nil where that is unknown; HappenedAt is when it was published, or else fetched.
	PublishedAt *time.Time
	HappenedAt  time.Time
	// ClusterID and StoryID are what it belongs to, or belonged to before it changed; the zero id is none.
	ClusterID, StoryID uuid.UUID
	// StoryFirstAt is when that story began.
	StoryFirstAt time.Time
}

const pendingColumns = `
	d.id, d.seq, d.title, left(coalesce(d.content_text, d.summary, ''), 50000) as text, d.language, d.url, d.source_name,
	d.content_hash, d.published_at, coalesce(d.published_at, d.fetched_at) as happened_at,
	coalesce(m.cluster_id, '00000000-0000-0000-0000-000000000000') as cluster_id,
	coalesce(s.id, '00000000-0000-0000-0000-000000000000') as story_id,
	coalesce(s.first_at, 'epoch') as story_first_at`

const pendingJoins = `
	left join duplicates m on m.document_id = d.id
	left join story_documents b on b.document_id = d.id
	left join stories s on s.id = b.story_id`

// processLock is the advisory lock of whoever processes documents. One batch at a time looks at its
// neighbours and joins them, so that two copies that arrive together meet.
const processLock = 0x63637072

// ClaimNewDocuments answers at most limit documents that have not been processed, the first to arrive first, and with them
// those that were found to be copies of them. It belongs into the transaction that keeps what comes of them, and
// waits for any other batch to end. What an earlier version of them has left in the indexes is forgotten.
func (s *Store) ClaimNewDocuments(ctx context.Context, limit int) ([]PendingDocument, error) {
	const (
		claim = `
			select id
			from documents
			where status = 'new'
			order by seq
			limit $1
			for update skip locked`
		// All at once: one that was matched with another would else be found new by it, and the other way round, for ever.
		followers = `
			with recursive followers as (
				select document_id from duplicates where matched_id = any($1)
				union
				select d.document_id from duplicates d join followers f on d.matched_id = f.document_id)
			select id
			from documents
			where id in (select document_id from followers) and id <> all($1)
			for update skip locked`
		read = `select ` + pendingColumns + ` from documents d` + pendingJoins + ` where d.id = any($1) order by d.seq`
	)
	if err := s.shareDocuments(ctx); err != nil {
		return nil, err
	}
	if _, err := s.db(ctx).Exec(ctx, `select pg_advisory_xact_lock($1)`, processLock); err != nil {
		return nil, err
	}
	rows, _ := s.db(ctx).Query(ctx, claim, limit)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	rows, _ = s.db(ctx).Query(ctx, followers, ids)
	more, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, err
	}
	ids = append(ids, more...)
	rows, _ = s.db(ctx).Query(ctx, read, ids)
	claimed, err := pgx.CollectRows(rows, pgx.RowToStructByName[PendingDocument])
	if err != nil {
		return nil, err
	}
	_, err = s.forgetSignatures(ctx, ids)
	return claimed, err
}

// HasNewDocuments reports whether any document waits to be processed.
func (s *Store) HasNewDocuments(ctx context.Context) (waiting bool, err error) {
	err = s.db(ctx).QueryRow(ctx, `select exists (select from documents where status = 'new')`).Scan(&waiting)
	return waiting, err
}

// groups are clusters and stories by their ids.
type groups struct{ clusters, stories []uuid.UUID }

// forgetSignatures takes documents out of the indexes, their clusters and their stories, and answers which those were. What only
// they stood for in the index passes to the members that stay.
func (s *Store) forgetSignatures(ctx context.Context, ids []uuid.UUID) (groups, error) {
	const (
		pass = `
			insert into document_shingles (hash, seq)
			select hash, min(g.seq)
			from duplicates leaver
			join document_signatures l on l.document_id = leaver.document_id
			cross join unnest(l.sketch) hash
			join duplicates m on m.cluster_id = leaver.cluster_id and m.document_id <> all($1)
			join document_signatures g on g.document_id = m.document_id and hash = any(g.sketch)
			where leaver.document_id = any($1)
			group by leaver.cluster_id, hash
			on conflict do nothing`
		shingles = `
			delete from document_shingles
			where (hash, seq) in (select unnest(sketch), seq from document_signatures where document_id = any($1))`
		terms = `
			delete from story_terms
			where (term, happened_at, seq) in (
				select unnest(terms), happened_at, seq from document_signatures where document_id = any($1))`
		unlink     = `update story_documents set matched_id = null where matched_id = any($1)`
		signatures = `delete from document_signatures where document_id = any($1)`
		clusters   = `delete from duplicates where document_id = any($1) returning cluster_id`
		stories    = `delete from story_documents where document_id = any($1) returning story_id`
	)
	var left groups
	var known bool
	err := s.db(ctx).QueryRow(ctx, `select exists (select from document_signatures where document_id = any($1))`, ids).Scan(&known)
	if err != nil || !known {
		return left, err
	}
	for _, q := range []string{pass, shingles, terms, unlink, signatures} {
		if _, err := s.db(ctx).Exec(ctx, q, ids); err != nil {
			return left, fmt.Errorf("forget signatures: %w", err)
		}
	}
	rows, _ := s.db(ctx).Query(ctx, clusters, ids)
	if left.clusters, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil {
		return left, fmt.Errorf("leave clusters: %w", err)
	}
	rows, _ = s.db(ctx).Query(ctx, stories, ids)
	if left.stories, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil {
		return left, fmt.Errorf("leave stories: %w", err)
	}
	return left, nil
}

// forgetDocument is forgetSignatures of a document that is about to be deleted. Its copies are to be processed again.
func (s *Store) forgetDocument(ctx context.Context, id uuid.UUID) error {
	const again = `
		update documents
		set status = 'new', processed_at = null, revision = revision + 1
		where status = 'processed' and id in (select document_id from duplicates where matched_id = $1)`
	if _, err := s.db(ctx).Exec(ctx, again, id); err != nil {
		return err
	}
	left, err := s.forgetSignatures(ctx, []uuid.UUID{id})
	if err != nil {
		return err
	}
	return s.refreshGroups(ctx, left)
}

// Holders says which documents, by their Seq, an index has for each key: nil for a key that too many have.
type Holders map[int64][]int64

// ShingleHolders looks hashes up. What more than most documents have is template text, and who has it is not told.
func (s *Store) ShingleHolders(ctx context.Context, hashes []int64, most int) (Holders, error) {
	const q = `
		select h.hash, x.seqs
		from (select distinct hash from unnest($1::bigint[]) as u (hash)) h
		cross join lateral (
			select case when count(*) <= $2 then array_agg(seq) end as seqs
			from (select seq from document_shingles s where s.hash = h.hash limit $2 + 1) s
			having count(*) > 0) x`
	holders := Holders{}
	rows, _ := s.db(ctx).Query(ctx, q, hashes, most)
	var key int64
	var seqs []int64
	_, err := pgx.ForEachRow(rows, []any{&key, &seqs}, func() error {
		holders[key] = seqs
		return nil
	})
	return holders, err
}

// TermHolders looks up the terms of documents: for each who else has them within span of the document's moment. Who has a term
// that more than most documents have in these days is not told.
func (s *Store) TermHolders(ctx context.Context, lookups []TermLookup, span time.Duration, most int) ([]Holders, error) {
	const q = `
		select l.place, l.term, x.seqs
		from unnest($1::int[], $2::bigint[], $3::timestamptz[]) as l (place, term, moment)
		cross join lateral (
			select case when count(*) <= $5 then array_agg(seq) end as seqs
			from (
				select seq
				from story_terms s
				where s.term = l.term and s.happened_at between l.moment - $4::interval and l.moment + $4::interval
				limit $5 + 1) s
			having count(*) > 0) x`
	var places []int32
	var terms []int64
	var moments []time.Time
	found := make([]Holders, len(lookups))
	for i, lookup := range lookups {
		found[i] = Holders{}
		for _, term := range lookup.Terms {
			places, terms, moments = append(places, int32(i)), append(terms, term), append(moments, lookup.At)
		}
	}
	rows, _ := s.db(ctx).Query(ctx, q, places, terms, moments, span, most)
	var place int
	var term int64
	var seqs []int64
	_, err := pgx.ForEachRow(rows, []any{&place, &term, &seqs}, func() error {
		found[place][term] = seqs
		return nil
	})
	return found, err
}

// A TermLookup asks who else has these terms around a moment.
type TermLookup struct {
	Terms []int64
	At    time.Time
}

// ProcessedNeighbours reads documents that have been processed, by their Seq. Those that are gone are left out.
func (s *Store) ProcessedNeighbours(ctx context.Context, seqs []int64) ([]PendingDocument, error) {
	const q = `
		select ` + pendingColumns + `
		from document_signatures g
		join documents d on d.id = g.document_id` + pendingJoins + `
		where g.seq = any($1)`
	rows, _ := s.db(ctx).Query(ctx, q, seqs)
	return pgx.CollectRows(rows, pgx.RowToStructByName[PendingDocument])
}

// A ProcessedDocument is what processing has found out about a document.
type ProcessedDocument struct {
	ID            uuid.UUID
	Seq           int64
	HappenedAt    time.Time
	Sketch, Terms []int64
	// Posted are the hashes of the sketch under which it is to be found.
	Posted []int64
}

// A Membership puts a document into a cluster or a story.
type Membership struct {
	DocumentID, GroupID uuid.UUID
	// MatchedID is the member that it was matched with; the zero id is none, as for the first.
	MatchedID  uuid.UUID
	Similarity float64
	// Publisher and Terms are those of stories.
	Publisher string
	Terms     []string
}

// Findings are what processing a batch has brought.
type Findings struct {
	Documents []ProcessedDocument
	// Duplicates and Stories are new memberships; a document that is a member already stays so.
	Duplicates, Stories []Membership
	// Unions move all members of the first cluster into the second.
	Unions [][2]uuid.UUID
	// LeftClusters and LeftStories are those that the documents belonged to before.
	LeftClusters, LeftStories []uuid.UUID
	// Annotations are what the documents are about.
	Annotations []Annotations
}

// SaveFindings keeps what processing has found, marks the documents as processed and answers which stories
// have changed and still are some.
func (s *Store) SaveFindings(ctx context.Context, f Findings) ([]uuid.UUID, error) {
	if err := s.saveSignatures(ctx, f.Documents); err != nil {
		return nil, fmt.Errorf("save signatures: %w", err)
	}
	if err := s.saveAnnotations(ctx, f.Annotations); err != nil {
		return nil, fmt.Errorf("save annotations: %w", err)
	}
	clusters, err := s.joinClusters(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("join clusters: %w", err)
	}
	stories, err := s.joinStories(ctx, f.Stories)
	if err != nil {
		return nil, fmt.Errorf("join stories: %w", err)
	}
	touched := groups{append(clusters, f.LeftClusters...), append(stories, f.LeftStories...)}
	if err := s.refreshGroups(ctx, touched); err != nil {
		return nil, err
	}
	rows, _ := s.db(ctx).Query(ctx, `select id from stories where id = any($1) order by id`, touched.stories)
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

func (s *Store) saveSignatures(ctx context.Context, documents []ProcessedDocument) error {
	const (
		signature = `
			insert into document_signatures (document_id, seq, sketch, terms, happened_at)
			values ($1, $2, $3, $4, $5)`
		shingles = `insert into document_shingles (hash, seq) select unnest($1::bigint[]), $2 on conflict do nothing`
		terms    = `
			insert into story_terms (term, happened_at, seq)
			select unnest($1::bigint[]), $2, $3
			on conflict do nothing`
		// The one place that writes a processed document: its indexes cost as much as half of its insertion, so
		// whatever else processing finds out about it belongs into this statement.
		processed = `
			update documents
			set status = 'processed', processed_at = now(), revision = revision + 1
			where id = any($1)`
	)
	batch := &pgx.Batch{}
	ids := make([]uuid.UUID, len(documents))
	for i, d := range documents {
		ids[i] = d.ID
		batch.Queue(signature, d.ID, d.Seq, d.Sketch, d.Terms, d.HappenedAt)
		batch.Queue(shingles, d.Posted, d.Seq)
		batch.Queue(terms, d.Terms, d.HappenedAt, d.Seq)
	}
	batch.Queue(processed, ids)
	return s.send(ctx, batch)
}

func (s *Store) send(ctx context.Context, batch *pgx.Batch) error {
	tx, _ := Tx(ctx)
	return tx.SendBatch(ctx, batch).Close()
}

func (s *Store) joinClusters(ctx context.Context, f Findings) ([]uuid.UUID, error) {
	const (
		cluster = `insert into duplicate_clusters (id) values ($1) on conflict do nothing`
		member  = `
			insert into duplicates (document_id, cluster_id, matched_id, similarity)
			values ($1, $2, $3, $4)
			on conflict do nothing`
		union = `update duplicates set cluster_id = $2 where cluster_id = $1`
	)
	batch := &pgx.Batch{}
	var touched []uuid.UUID
	for _, m := range f.Duplicates {
		touched = append(touched, m.GroupID)
		batch.Queue(cluster, m.GroupID)
		batch.Queue(member, m.DocumentID, m.GroupID, orNull(m.MatchedID), m.Similarity)
	}
	for _, u := range f.Unions {
		touched = append(touched, u[0], u[1])
		batch.Queue(cluster, u[1])
		batch.Queue(union, u[0], u[1])
	}
	if batch.Len() == 0 {
		return nil, nil
	}
	return touched, s.send(ctx, batch)
}

func (s *Store) joinStories(ctx context.Context, members []Membership) ([]uuid.UUID, error) {
	const (
		story  = `insert into stories (id) values ($1) on conflict do nothing`
		member = `
			insert into story_documents (document_id, story_id, publisher, matched_id, similarity, shared_terms)
			values ($1, $2, $3, $4, $5, $6)
			on conflict do nothing`
	)
	batch := &pgx.Batch{}
	var touched []uuid.UUID
	for _, m := range members {
		touched = append(touched, m.GroupID)
		batch.Queue(story, m.GroupID)
		batch.Queue(member, m.DocumentID, m.GroupID, m.Publisher, orNull(m.MatchedID), m.Similarity, m.Terms)
	}
	if batch.Len() == 0 {
		return nil, nil
	}
	return touched, s.send(ctx, batch)
}

// orNull is an id, or nothing for the zero id.
func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// refreshGroups counts clusters and stories anew whose members have changed. What is left of one member, or of one
// publisher, is no group any more.
func (s *Store) refreshGroups(ctx context.Context, changed groups) error {
	if len(changed.clusters) > 0 {
		if err := s.refreshClusters(ctx, changed.clusters); err != nil {
			return fmt.Errorf("refresh clusters: %w", err)
		}
	}
	if len(changed.stories) > 0 {
		if err := s.refreshStories(ctx, changed.stories); err != nil {
			return fmt.Errorf("refresh stories: %w", err)
		}
	}
	return nil
}

func (s *Store) refreshClusters(ctx context.Context, ids []uuid.UUID) error {
	const (
		count = `
			update duplicate_clusters c
			set size = m.size, kind = m.kind, domains = m.domains, markets = m.markets, languages = m.languages,
				collection_ids = m.collection_ids, updated_at = now()
			from (
				select m.cluster_id, count(*) as size,
					case when count(distinct d.content_hash) = 1 then 'exact' else 'near' end as kind,
					array_agg(distinct d.domain) as domains, array_agg(distinct d.market) as markets,
					array_agg(distinct d.language) as languages,
					coalesce(array_agg(distinct d.collection_id) filter (where d.collection_id is not null), '{}') as collection_ids
				from duplicates m
				join documents d on d.id = m.document_id
				where m.cluster_id = any($1)
				group by m.cluster_id) m
			where c.id = m.cluster_id`
		small = `
			delete from duplicate_clusters c
			where id = any($1) and (select count(*) from (select from duplicates where cluster_id = c.id limit 2) m) < 2`
	)
	if _, err := s.db(ctx).Exec(ctx, small, ids); err != nil {
		return err
	}
	_, err := s.db(ctx).Exec(ctx, count, ids)
	return err
}

func (s *Store) refreshStories(ctx context.Context, ids []uuid.UUID) error {
	const (
		count = `
			update stories s
			set size = m.size, sources = m.sources, domains = m.domains, markets = m.markets, languages = m.languages,
				first_at = m.first_at, last_at = m.last_at, title = m.title, revision = s.revision + 1, updated_at = now()
			from (
				select b.story_id, count(*) as size, array_agg(distinct b.publisher) as sources,
					array_agg(distinct d.domain) as domains, array_agg(distinct d.market) as markets,
					array_agg(distinct d.language) as languages,
					min(coalesce(d.published_at, d.fetched_at)) as first_at, max(coalesce(d.published_at, d.fetched_at)) as last_at,
					(array_agg(d.title order by l.links desc, d.seq))[1] as title
				from story_documents b
				join documents d on d.id = b.document_id
				cross join lateral (select count(*) as links from story_documents x where x.matched_id = b.document_id) l
				where b.story_id = any($1)
				group by b.story_id) m
			where s.id = m.story_id`
		small = `
			delete from stories s
			where id = any($1) and (select count(distinct publisher) from story_documents where story_id = s.id) < 2`
	)
	if _, err := s.db(ctx).Exec(ctx, small, ids); err != nil {
		return err
	}
	_, err := s.db(ctx).Exec(ctx, count, ids)
	return err
}
