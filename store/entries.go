package store

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// GUID is what the feed knows an entry by, "" if it does not say.
func (d Document) GUID() string {
	guid, _ := d.SourceMetadata["guid"].(string)
	return guid
}

// SharesAddress is whether other entries of its feed have the document's address, too: the page there is not its own.
func (d Document) SharesAddress() bool {
	return d.EntryAddress != "" && d.CanonicalURL == d.EntryAddress
}

// page is the canonical URL without the place of an entry.
func (d Document) page() string {
	if !d.SharesAddress() {
		return d.CanonicalURL
	}
	page, _, _ := strings.Cut(d.CanonicalURL, "#entry-")
	return page
}

// A keptEntry is an entry of a feed that is kept.
type keptEntry struct{ CanonicalURL, Title, GUID string }

// tellEntriesApart gives each entry of a feed the address under which it is kept already, or may be. A feed that shows one entry
// at a time, each at the same address, would lose the last one with every poll: an entry of another guid and another
// title is another one.
func (s *Store) tellEntriesApart(ctx context.Context, documents []Document) ([]Document, error) {
	const q = `
		select canonical_url, title, coalesce(source_metadata ->> 'guid', '') as guid
		from documents
		where canonical_url_hash = any ($1::bytea[]) and collection_id = $2`
	var hashes [][]byte
	for _, d := range documents {
		if d.EntryAddress != "" {
			hashes = append(hashes, addressHash(d.page()), addressHash(d.EntryAddress))
		}
	}
	if len(hashes) == 0 {
		return documents, nil
	}
	rows, _ := s.db(ctx).Query(ctx, q, hashes, documents[0].CollectionID)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[keptEntry])
	if err != nil || len(found) == 0 {
		return documents, err
	}
	kept := map[string]keptEntry{}
	for _, k := range found {
		kept[k.CanonicalURL] = k
	}
	documents = slices.Clone(documents)
	for i, d := range documents {
		documents[i].CanonicalURL = d.addressBeside(kept)
	}
	return documents, nil
}

// addressBeside is the document's address beside those that are kept.
func (d Document) addressBeside(kept map[string]keptEntry) string {
	if d.EntryAddress == "" {
		return d.CanonicalURL
	}
	if _, own := kept[d.EntryAddress]; own {
		return d.EntryAddress
	}
	there, taken := kept[d.page()]
	switch same := there.GUID == d.GUID() && d.GUID() != "" || there.Title == d.Title; {
	case !taken:
		return d.CanonicalURL
	case same:
		return d.page()
	case there.GUID == "" || d.GUID() == "":
		return d.CanonicalURL
	}
	return d.EntryAddress
}

// adoptDocuments gives a collection that is new the documents in its feed whose own collection was deleted: a feed that is
// added again would seem empty, and nobody would bring what is corrected in them. It answers how many there were.
func (s *Store) adoptDocuments(ctx context.Context, c Collection, documents []Document) (int, error) {
	const q = `
		update documents
		set collection_id = @id, domain = @domain, market = @market, revision = revision + 1,
			status = case when (domain, market) = (@domain, @market) then status else 'new' end,
			processed_at = case when (domain, market) = (@domain, @market) then processed_at end
		where canonical_url_hash = any (@hashes::bytea[]) and collection_id is null`
	if c.SuccessCount > 0 || len(documents) == 0 {
		return 0, nil
	}
	if err := s.shareDocuments(ctx); err != nil {
		return 0, err
	}
	hashes := make([][]byte, len(documents))
	for i, d := range documents {
		hashes[i] = addressHash(d.CanonicalURL)
	}
	tag, err := s.db(ctx).Exec(ctx, q, pgx.NamedArgs{"id": c.ID, "domain": c.Domain, "market": c.Market, "hashes": hashes})
	return int(tag.RowsAffected()), err
}
