package research

import (
	"fmt"
	"time"

	"github.com/content-creator/content-creator-api/store"
)

// Archive is what the archive holds of a subject.
type Archive struct {
	Keyword, Language string
	// MatchedBy is all_words, any_word, or none where the archive has nothing about it.
	MatchedBy string
	// Matching are the newest articles about it, the newest first; Suggestions and Trends what Google suggests and sees rising
	// to its words.
	Matching, Suggestions, Trends []store.ArchiveDocument
	// Articles is how many articles about it there are: as many, or where Exact is false, more.
	Articles int
	Exact    bool
	// Terms are those of the matching documents.
	Terms []store.TermUse
	// SizeNow and SizeBefore are how many documents there are at all from Since to Until, and from Before to Since.
	SizeNow, SizeBefore  int
	Before, Since, Until time.Time
	// SimilarStems are the same for all forms of a phrase.
	SimilarStems func(text string) []string
}

// A Sample says how much was read of what the archive has about a subject: its newest documents.
type Sample struct {
	Read int `json:"read"`
	// Complete: there are no others.
	Complete bool `json:"complete"`
	// Since is when the oldest of them happened; nil where nothing was read.
	Since *time.Time `json:"since"`
}

func (a Archive) complete() bool { return a.Exact && len(a.Matching) >= a.Articles }

func (a Archive) sample() Sample {
	s := Sample{Read: len(a.Matching), Complete: a.complete()}
	for _, d := range a.Matching {
		if at := happened(d); s.Since == nil || at.Before(*s.Since) {
			s.Since = &at
		}
	}
	return s
}

// documents is how many articles about the subject there are.
func (a Archive) documents() store.Figure {
	unit := "documents"
	if !a.Exact {
		unit = "documents, at least"
	}
	return store.Derived(float64(a.Articles), unit, "content-creator: the archive", a.Until)
}

// from says of which documents figures are.
func (a Archive) from() string {
	switch {
	case a.complete():
		return "content-creator: the archive's documents about the subject"
	case a.Exact:
		return fmt.Sprintf("content-creator: the newest %d of the archive's %d documents about the subject", len(a.Matching), a.Articles)
	}
	return fmt.Sprintf("content-creator: the newest %d of the archive's documents about the subject, of which there are more than %d", len(a.Matching), a.Articles)
}

// trend compares how many of some documents are of the window with how many are of the baseline. Where what was read does not
// reach back to the baseline's begin it is unknown.
func (a Archive) trend(documents []store.ArchiveDocument) Trend {
	now, before := 0, 0
	for _, d := range documents {
		switch at := happened(d); {
		case !at.Before(a.Since) && at.Before(a.Until):
			now++
		case !at.Before(a.Before) && at.Before(a.Since):
			before++
		}
	}
	if !a.complete() {
		if since := a.sample().Since; since == nil || since.After(a.Before) {
			return Trend{Growth: store.Unknown("share"), Documents: now, DocumentsBefore: before}
		}
	}
	return TrendOf(now, before, a.SizeNow, a.SizeBefore, a.Until)
}

func happened(d store.ArchiveDocument) time.Time {
	if d.PublishedAt != nil {
		return *d.PublishedAt
	}
	return d.FetchedAt
}
