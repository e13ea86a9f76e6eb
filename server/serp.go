package server

import (
	"cmp"
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/jobs"
	"github.com/content-creator/content-creator-api/store"
)

// ResearchSerp queues a look at the results of a search.
func (s *Server) ResearchSerp(ctx context.Context, req api.ResearchSerpRequestObject) (api.ResearchSerpResponseObject, error) {
	b := req.Body
	job, err := s.Jobs.ResearchSerp(ctx, jobs.SerpArgs{
		Query: b.Query, Language: b.Language, Market: orZero(b.Market), Count: cmp.Or(orZero(b.Count), 10), Backend: string(orZero(b.Backend)), URLs: orZero(b.Urls),
	})
	if err != nil {
		return nil, err
	}
	return api.ResearchSerp202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// ListSerpSnapshots answers one page of snapshots.
func (s *Server) ListSerpSnapshots(ctx context.Context, req api.ListSerpSnapshotsRequestObject) (api.ListSerpSnapshotsResponseObject, error) {
	p := req.Params
	list, err := s.Store.SerpSnapshots(ctx, store.SerpFilter{Query: orZero(p.Query), Language: orZero(p.Language), Market: orZero(p.Market)},
		page(p.Page, p.PageSize, p.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListSerpSnapshots200JSONResponse(list), nil
}

// GetSerpSnapshot answers one snapshot.
func (s *Server) GetSerpSnapshot(ctx context.Context, req api.GetSerpSnapshotRequestObject) (api.GetSerpSnapshotResponseObject, error) {
	snapshot, err := s.Store.SerpSnapshot(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	return api.GetSerpSnapshot200JSONResponse(snapshot), nil
}

// CompareSerpSnapshots tells how the results of a search have changed.
func (s *Server) CompareSerpSnapshots(ctx context.Context, req api.CompareSerpSnapshotsRequestObject) (api.CompareSerpSnapshotsResponseObject, error) {
	newer, err := s.Store.SerpSnapshot(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	older, err := s.Store.SerpSnapshot(ctx, req.Params.Against)
	if err != nil {
		return nil, err
	}
	return api.CompareSerpSnapshots200JSONResponse(store.CompareSerps(older, newer)), nil
}
