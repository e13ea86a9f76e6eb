package server

import (
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/store"
)

// GetCosts sums up what was spent.
func (s *Server) GetCosts(ctx context.Context, req api.GetCostsRequestObject) (api.GetCostsResponseObject, error) {
	p := req.Params
	report, err := s.Store.Costs(ctx, store.CallFilter{
		Provider: p.Provider, Operation: p.Operation, State: (*string)(p.State), RunID: p.RunID, TopicID: p.TopicID, Since: p.Since, Until: p.Until,
	})
	if err != nil {
		return nil, err
	}
	return api.GetCosts200JSONResponse(report), nil
}

// ListCalls answers one page of the cost ledger.
func (s *Server) ListCalls(ctx context.Context, req api.ListCallsRequestObject) (api.ListCallsResponseObject, error) {
	p := req.Params
	list, err := s.Store.Calls(ctx, store.CallFilter{
		Provider: p.Provider, Operation: p.Operation, State: (*string)(p.State), RunID: p.RunID, TopicID: p.TopicID, Since: p.Since, Until: p.Until,
	}, page(p.Page, p.PageSize, p.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListCalls200JSONResponse(list), nil
}
