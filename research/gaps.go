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
	Stems []string         `json:"-"`
}

// Gaps are the subjects of competitors' documents that neither one's own documents name among theirs nor one's own
// pages have in their text, those that most documents have first. covered says whether a page has a subject.
func Gaps(a Archive, own []string, ownTerms map[int64]bool, covered func(subject string) bool, count int) []Gap {
	gaps := []Gap{}
	for _, t := range a.Terms {
		if ownTerms[t.ID] || slices.Equal(a.SimilarStems(t.Text), a.SimilarStems(a.Keyword)) || covered(t.Text) {
			continue
		}
		gap := Gap{Subject: t.Text, Kind: t.Kind, Competitors: []string{}, DocumentIDs: []uuid.UUID{}}
		n := 0
		for _, d := range a.Matching {
			site := PublisherOf(d)
			if site == "" || slices.Contains(own, site) || !slices.Contains(d.Terms, t.ID) {
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
		gap.Documents = store.Derived(float64(n), "documents", "content-creator: the archive's documents about the subject", a.Until)
		gaps = append(gaps, gap)
	}
	slices.SortStableFunc(gaps, func(x, y Gap) int {
		return cmp.Or(cmp.Compare(len(y.Competitors), len(x.Competitors)), cmp.Compare(*y.Documents.Value(), *x.Documents.Value()), cmp.Compare(x.Subject, y.Subject))
	})
	return gaps[:min(count, len(gaps))]
}
