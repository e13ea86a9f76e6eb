package server

import (
	"cmp"
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
)

// ListKeywords answers what is written about.
func (s *Server) ListKeywords(ctx context.Context, req api.ListKeywordsRequestObject) (api.ListKeywordsResponseObject, error) {
	report, err := s.Store.Keywords(ctx, keywordFilter(req.Params, s.Now()))
	if err != nil {
		return nil, err
	}
	return api.ListKeywords200JSONResponse(report), nil
}

// ListKeywordDocuments answers one page of the documents that have a keyword.
func (s *Server) ListKeywordDocuments(ctx context.Context, req api.ListKeywordDocumentsRequestObject) (api.ListKeywordDocumentsResponseObject, error) {
	list, err := s.Store.KeywordDocuments(ctx, req.ID, page(req.Params.Page, req.Params.PageSize, req.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListKeywordDocuments200JSONResponse(list), nil
}

// DiscoverKeywordClusters puts keywords together by the results of their searches.
func (s *Server) DiscoverKeywordClusters(ctx context.Context, req api.DiscoverKeywordClustersRequestObject) (api.DiscoverKeywordClustersResponseObject, error) {
	b := req.Body
	clusters, err := s.Jobs.ClusterKeywords(ctx, b.Keywords, b.Language, orZero(b.Market), cmp.Or(orZero(b.MinShared), 3))
	if err != nil {
		return nil, err
	}
	return api.DiscoverKeywordClusters200JSONResponse(clusters), nil
}
