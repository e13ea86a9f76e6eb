package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// RunFindings are all that a run of research has come to.
type RunFindings struct {
	Run     ResearchRun
	Claims  []ResearchClaim
	Sources []ResearchSource
}

// RunFindings reads a run that has a report, with all of its claims and sources. One without is refused: that it says nothing is
// not known yet.
func (s *Store) RunFindings(ctx context.Context, id uuid.UUID) (RunFindings, error) {
	claims := `select ` + claimListing.columns + ` from ` + claimListing.from + ` where run_id = $1 order by position`
	sources := `select ` + sourceListing.columns + ` from ` + sourceListing.from + ` where run_id = $1 order by position`
	return inSnapshot(ctx, s, func(ctx context.Context) (RunFindings, error) {
		var f RunFindings
		var err error
		if f.Run, err = s.ResearchRun(ctx, id); err != nil {
			return f, err
		}
		if f.Run.Report == nil {
			return f, &Error{
				Kind: KindInvalid, Resource: "research_run", Message: fmt.Sprintf("The run %s has no report to compare; it is %s.", id, f.Run.Status),
				Details: map[string]any{"id": id, "status": f.Run.Status},
			}
		}
		rows, _ := s.db(ctx).Query(ctx, claims, id)
		if f.Claims, err = pgx.CollectRows(rows, claimListing.scan); err != nil {
			return f, fmt.Errorf("read the claims: %w", err)
		}
		rows, _ = s.db(ctx).Query(ctx, sources, id)
		if f.Sources, err = pgx.CollectRows(rows, sourceListing.scan); err != nil {
			return f, fmt.Errorf("read the sources: %w", err)
		}
		return f, nil
	})
}

// A RunComparison is what has changed from one run of research to another. Its JSON form is the API's.
type RunComparison struct {
	Older ComparedRun `json:"older"`
	Newer ComparedRun `json:"newer"`
	// SameQuestion is whether both asked the same, in the same market and languages.
	SameQuestion bool             `json:"same_question"`
	Claims       ClaimComparison  `json:"claims"`
	Sources      SourceComparison `json:"sources"`
}

// A ComparedRun is a run with what it came to.
type ComparedRun struct {
	ID             uuid.UUID   `json:"id"`
	Question       string      `json:"question"`
	Language       string      `json:"language"`
	OutputLanguage string      `json:"output_language"`
	Market         string      `json:"market"`
	Status         string      `json:"status"`
	Method         *string     `json:"method"`
	Answered       *bool       `json:"answered"`
	Verdicts       ClaimCounts `json:"verdicts"`
	SourcesRead    int         `json:"sources_read"`
	Cost           Spending    `json:"cost"`
	FinishedAt     *time.Time  `json:"finished_at"`
}

// A ClaimComparison is what has become of the claims.
type ClaimComparison struct {
	New  []ResearchClaim `json:"new"`
	Gone []ResearchClaim `json:"gone"`
	// Changed say the same with other figures, Kept with the same.
	Changed []ClaimChange `json:"changed"`
	Kept    []ClaimChange `json:"kept"`
}

// A ClaimChange is one statement in two reports.
type ClaimChange struct {
	Before ResearchClaim `json:"before"`
	After  ResearchClaim `json:"after"`
	// FiguresBefore and FiguresAfter are the numbers and dates that only the one has.
	FiguresBefore []string `json:"figures_before"`
	FiguresAfter  []string `json:"figures_after"`
	// Reworded: the words are not the same. VerdictChanged: the verdicts are not.
	Reworded       bool `json:"reworded"`
	VerdictChanged bool `json:"verdict_changed"`
}

// A SourceComparison is what has become of the sources.
type SourceComparison struct {
	New  []ComparedSource `json:"new"`
	Gone []ComparedSource `json:"gone"`
	// Changed have another text than before, Kept the same; of Unread one or the other was not read, so that nobody knows.
	Changed []SourceChange `json:"changed"`
	Kept    []SourceChange `json:"kept"`
	Unread  []SourceChange `json:"unread"`
}

// A ComparedSource is a page that one of two runs found.
type ComparedSource struct {
	Position int    `json:"position"`
	URL      string `json:"url"`
	Title    string `json:"title"`
	// Hash is nil where it was not read; then Error says why.
	Hash       *string    `json:"hash"`
	SnapshotID *uuid.UUID `json:"snapshot_id"`
	FetchedAt  *time.Time `json:"fetched_at"`
	Error      *PageError `json:"error"`
}

// A SourceChange is a page that both found.
type SourceChange struct {
	Before ComparedSource `json:"before"`
	After  ComparedSource `json:"after"`
}
