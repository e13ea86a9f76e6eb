package research

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/store"
)

// A Gap is a subject that competitors cover and one does not oneself.
type Gap struct {
	Subject string `json:"subject"`
	// Kind is keyphrase, person, organisation, place or product.
	Kind string `json:"kind"`
	// Competitors are the publishers that cover it, Documents how many of theirs do, DocumentIDs some of these.
	Competitors []string     `json:"competitors"`
	Documents   store.Figure `json:"documents"`
	DocumentIDs []uuid.UUID  `json:"document_ids"`
}

// An OwnPage is one of one's own that was read; Error says why it could not be.
type OwnPage struct {
	URL   string           `json:"url"`
	Error *store.PageError `json:"error"`
	// Stems are those of its title and text.
	Stems map[string]bool `json:"-"`
}

func (p OwnPage) read() bool { return p.Error == nil }

// covers is whether all words of a phrase stand on the page.
func (p OwnPage) covers(stems []string) bool {
	return !slices.ContainsFunc(stems, func(stem string) bool { return !p.Stems[stem] })
}

// ownTerms are the terms of one's own documents, and how many these are.
func (a Archive) ownTerms(own []string) (terms map[int64]bool, documents int) {
	terms = map[int64]bool{}
	for _, d := range a.Matching {
		if !slices.Contains(own, PublisherOf(d)) {
			continue
		}
		documents++
		for _, term := range d.Terms {
			terms[term] = true
		}
	}
	return terms, documents
}

// gaps are the subjects of competitors' documents that neither one's own documents name among theirs nor one's own pages have
// in their text, those of most competitors first.
func (a Archive) gaps(own []string, ownTerms map[int64]bool, pages []OwnPage, count int) []Gap {
	gaps := []Gap{}
	for _, t := range a.byUse() {
		stems := a.SimilarStems(t.Text)
		if ownTerms[t.ID] || a.isSubject(t.Text) || slices.ContainsFunc(pages, func(p OwnPage) bool { return p.covers(stems) }) {
			continue
		}
		gap := Gap{Subject: t.Text, Kind: t.Kind, Competitors: []string{}, DocumentIDs: []uuid.UUID{}}
		n := 0
		for _, d := range t.documents {
			site := PublisherOf(d)
			if site == "" || slices.Contains(own, site) {
				continue
			}
			n++
			if !slices.Contains(gap.Competitors, site) {
				gap.Competitors = append(gap.Competitors, site)
			}
			if len(gap.DocumentIDs) < maxEvidence {
				gap.DocumentIDs = append(gap.DocumentIDs, d.ID)
			}
		}
		// What one document alone has is its own business.
		if n < 2 {
			continue
		}
		slices.Sort(gap.Competitors)
		gap.Documents = store.Derived(float64(n), "documents", a.from(), a.Until)
		gaps = append(gaps, gap)
	}
	slices.SortStableFunc(gaps, func(x, y Gap) int {
		return cmp.Or(cmp.Compare(len(y.Competitors), len(x.Competitors)), cmp.Compare(*y.Documents.Value(), *x.Documents.Value()), cmp.Compare(x.Subject, y.Subject))
	})
	return gaps[:min(count, len(gaps))]
}
