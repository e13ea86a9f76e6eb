package store

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A Keyword is a phrase that tells what a document is about. Its JSON form is the API's.
type Keyword struct {
	// Text is the form in which the phrase stands there most often.
	Text string `json:"text"`
	// Score is from 0 to 1, higher is better; see annotate.Keyphrases.
	Score float64 `json:"score"`
	Count int     `json:"count"`
	// Key is the same for all forms of the phrase; "" for one that is an entity, which is counted as such.
	Key string `json:"-"`
}

// An Entity is something that a document names. Its JSON form is the API's.
type Entity struct {
	// Kind is person, organisation, place, product, date or amount.
	Kind string `json:"kind"`
	// Text is the form in which it stands there most often.
	Text string `json:"text"`
	// Value and Unit are an amount's: 1.2 million euros are 1200000 EUR. Value is nil where the text can be read in two ways.
	Value *float64 `json:"value"`
	Unit  *string  `json:"unit"`
	// Date is a date's: a day, a month or a quarter (2026-03-12, 2026-03, 2026-Q1); nil where the text alone does not tell.
	Date *string `json:"date"`
	// Country is the ISO 3166 code of a place's country; nil for what is in none, or in several.
	Country *string `json:"country"`
	Count   int     `json:"count"`
	// FirstOffset is where it stands first, in characters of the title, a line feed and the text.
	FirstOffset int `json:"first_offset"`
	// Key is the same for all spellings.
	Key string `json:"-"`
}

// Annotations are what a document was found to be about.
type Annotations struct {
	DocumentID uuid.UUID
	Keywords   []Keyword
	Entities   []Entity
}

// A foundTerm is a phrase or name by which documents are counted and found.
type foundTerm struct {
	id         int64
	kind, text string
}

// terms are a document's, each once. Dates and amounts are none, nor are phrases that are one of the names.
func (a Annotations) terms() []foundTerm {
	var found []foundTerm
	add := func(kind, key, text string) {
		id, counted := termID(kind, key)
		if counted && key != "" && !slices.ContainsFunc(found, func(t foundTerm) bool { return t.id == id }) {
			found = append(found, foundTerm{id: id, kind: kind, text: text})
		}
	}
	for _, e := range a.Entities {
		add(e.Kind, e.Key, e.Text)
	}
	for _, k := range a.Keywords {
		add(Keyphrase, k.Key, k.Text)
	}
	return found
}

// saveAnnotations keeps what documents were found to be about, in place of what was known before.
func (s *Store) saveAnnotations(ctx context.Context, list []Annotations) error {
	const (
		annotations = `
			insert into document_annotations (document_id, keywords, entities)
			values ($1, $2, $3)
			on conflict (document_id) do update set keywords = excluded.keywords, entities = excluded.entities`
		ofDocument = `
			insert into document_terms (document_id, happened_at, domain, market, language, terms)
			select id, coalesce(published_at, fetched_at), domain, market, language, $2
			from documents
			where id = $1
			on conflict (document_id) do update
			set happened_at = excluded.happened_at, domain = excluded.domain, market = excluded.market, language = excluded.language,
				terms = excluded.terms`
		terms = `
			insert into terms (id, kind, text)
			select distinct on (id) id, kind, text
			from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as t (id, kind, text, place)
			where not exists (select from terms known where known.id = t.id)
			order by id, place
			on conflict do nothing`
	)
	if len(list) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	var ids []int64
	var kinds, texts []string
	for _, a := range list {
		own := []int64{}
		for _, t := range a.terms() {
			own = append(own, t.id)
			ids, kinds, texts = append(ids, t.id), append(kinds, t.kind), append(texts, t.text)
		}
		batch.Queue(annotations, a.DocumentID, emptyForNil(a.Keywords), emptyForNil(a.Entities))
		batch.Queue(ofDocument, a.DocumentID, own)
	}
	batch.Queue(terms, ids, kinds, texts)
	return s.send(ctx, batch)
}

// emptyForNil: nothing found is an empty list, and null would be not looked for.
func emptyForNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
