package server

import (
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
)

// CreateSearch keeps a search.
func (s *Server) CreateSearch(ctx context.Context, req api.CreateSearchRequestObject) (api.CreateSearchResponseObject, error) {
	search, err := s.Store.CreateSearch(ctx, *req.Body)
	if err != nil {
		return nil, err
	}
	return api.CreateSearch201JSONResponse{Body: search, Headers: api.CreateSearch201ResponseHeaders{
		Location: searchPath(search.ID), ETag: etag(search.Revision),
	}}, nil
}

// ListSearches answers one page of saved searches.
func (s *Server) ListSearches(ctx context.Context, req api.ListSearchesRequestObject) (api.ListSearchesResponseObject, error) {
	p := req.Params
	list, err := s.Store.Searches(ctx, page(p.Page, p.PageSize, p.Cursor, string(orZero(p.Sort))))
	if err != nil {
		return nil, err
	}
	return api.ListSearches200JSONResponse(list), nil
}

// GetSearch answers one saved search.
func (s *Server) GetSearch(ctx context.Context, req api.GetSearchRequestObject) (api.GetSearchResponseObject, error) {
	search, err := s.Store.Search(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	if tag := etag(search.Revision); matches(req.Params.IfNoneMatch, tag) {
		return api.GetSearch304Response{Headers: api.NotModifiedResponseHeaders{ETag: tag}}, nil
	}
	return api.GetSearch200JSONResponse{Body: search, Headers: api.GetSearch200ResponseHeaders{ETag: etag(search.Revision)}}, nil
}

// UpdateSearch changes a saved search.
func (s *Server) UpdateSearch(ctx context.Context, req api.UpdateSearchRequestObject) (api.UpdateSearchResponseObject, error) {
	search, err := s.Store.UpdateSearch(ctx, req.ID, revision(req.Params.IfMatch), *req.Body)
	if err != nil {
		return nil, err
	}
	return api.UpdateSearch200JSONResponse{Body: search, Headers: api.UpdateSearch200ResponseHeaders{ETag: etag(search.Revision)}}, nil
}

// DeleteSearch forgets a saved search.
func (s *Server) DeleteSearch(ctx context.Context, req api.DeleteSearchRequestObject) (api.DeleteSearchResponseObject, error) {
	if err := s.Store.DeleteSearch(ctx, req.ID, revision(req.Params.IfMatch)); err != nil {
		return nil, err
	}
	return api.DeleteSearch204Response{}, nil
}

// ListSearchDocuments runs a saved search.
func (s *Server) ListSearchDocuments(ctx context.Context, req api.ListSearchDocumentsRequestObject) (api.ListSearchDocumentsResponseObject, error) {
	p := req.Params
	result, err := s.Store.SavedSearchDocuments(ctx, req.ID, page(p.Page, p.PageSize, p.Cursor, string(orZero(p.Sort))), facetFields(p.Facets)...)
	if err != nil {
		return nil, err
	}
	return api.ListSearchDocuments200JSONResponse(result), nil
}

// CreateFeedToken makes the token of a saved search's feed and shows it this once.
func (s *Server) CreateFeedToken(ctx context.Context, req api.CreateFeedTokenRequestObject) (api.CreateFeedTokenResponseObject, error) {
	token, err := s.Store.CreateFeedToken(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	address := func(format string) string {
		return searchPath(req.ID) + "/feed/" + format + "?" + feedToken + "=" + token
	}
	return api.CreateFeedToken201JSONResponse{
		Token: token, Rss: address(formatRSS), Atom: address(formatAtom), JSON: address(formatJSON),
	}, nil
}

// DeleteFeedToken revokes the token of a saved search's feed.
func (s *Server) DeleteFeedToken(ctx context.Context, req api.DeleteFeedTokenRequestObject) (api.DeleteFeedTokenResponseObject, error) {
	if err := s.Store.DeleteFeedToken(ctx, req.ID); err != nil {
		return nil, err
	}
	return api.DeleteFeedToken204Response{}, nil
}
