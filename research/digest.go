package research

import (
	"slices"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/store"
)

const (
	// leastOfHouse is how many documents of a publisher tell what it writes with each, and houseShare in which share of them a
	// word stands that says nothing of what they are about: "submitted by … [link] [comments]".
	leastOfHouse = 8
	houseShare   = 0.8
)

// A digest is what documents say, to see how much they have in common.
type digest struct {
	stems map[uuid.UUID][]string
	// alike are the pairs that were compared.
	alike map[[2]uuid.UUID]float64
}

// newDigest reads the documents of candidates: the words of titles and summaries, those that a publisher writes everywhere aside.
// What it writes everywhere is told by a sample of what was published besides.
func newDigest(candidates []Candidate, sample []store.DocumentSummary, language string) *digest {
	d := &digest{stems: map[uuid.UUID][]string{}, alike: map[[2]uuid.UUID]float64{}}
	of := map[string][]uuid.UUID{}
	read := func(documents []store.DocumentSummary) {
		for _, document := range documents {
			if _, known := d.stems[document.ID]; known {
				continue
			}
			text := document.Title
			if document.Summary != nil {
				text += " " + *document.Summary
			}
			d.stems[document.ID] = annotate.Stems(text, language)
			of[document.SourceName] = append(of[document.SourceName], document.ID)
		}
	}
	for _, candidate := range candidates {
		read(candidate.Documents)
	}
	read(sample)
	for _, documents := range of {
		d.leaveOutHouseWords(documents)
	}
	return d
}

func (d *digest) leaveOutHouseWords(documents []uuid.UUID) {
	if len(documents) < leastOfHouse {
		return
	}
	with := map[string]int{}
	for _, id := range documents {
		seen := map[string]bool{}
		for _, stem := range d.stems[id] {
			if !seen[stem] {
				seen[stem] = true
				with[stem]++
			}
		}
	}
	for _, id := range documents {
		d.stems[id] = slices.DeleteFunc(d.stems[id], func(stem string) bool { return float64(with[stem]) >= houseShare*float64(len(documents)) })
	}
}

// cohesion is how much the documents of a cluster have in common with the one that has most in common with all: the mean of the
// shares of their words. They are loose where fewer than half have as much in common with it as a topic takes.
func (d *digest) cohesion(c *cluster) (common float64, loose bool) {
	if len(c.documents) < 2 {
		return 1, false
	}
	documents := c.documents[:min(len(c.documents), maxTopicDocuments)]
	common = -1
	for i := range documents {
		sum, alike := 0., 0
		for j := range documents {
			if i == j {
				continue
			}
			share := d.overlap(documents[i], documents[j])
			sum += share
			if share >= leastCohesion {
				alike++
			}
		}
		if mean := sum / float64(len(documents)-1); mean > common {
			common, loose = mean, mean < leastCohesion || 2*alike < len(documents)-1
		}
	}
	return common, loose
}

func (d *digest) overlap(a, b store.DocumentSummary) float64 {
	pair := [2]uuid.UUID{a.ID, b.ID}
	if slices.Compare(a.ID[:], b.ID[:]) > 0 {
		pair = [2]uuid.UUID{b.ID, a.ID}
	}
	share, known := d.alike[pair]
	if !known {
		share = annotate.Overlap(d.stems[a.ID], d.stems[b.ID])
		d.alike[pair] = share
	}
	return share
}

// clusters puts together what means the same. A candidate that is no more than a word in common hides nothing: where it began a
// cluster it stands alone, and what it would have taken in is put together without it.
func (d *digest) clusters(candidates []Candidate) []*cluster {
	var broad []*cluster
	for {
		var narrow []Candidate
		all := clusters(candidates)
		broken := false
		for _, c := range all {
			rest := c.candidates
			if _, loose := d.cohesion(c); loose && len(rest) > 1 {
				broad = append(broad, newCluster(rest[0]))
				rest, broken = rest[1:], true
			}
			narrow = append(narrow, rest...)
		}
		if !broken {
			return append(all, broad...)
		}
		candidates = narrow
	}
}
