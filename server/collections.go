package server

import (
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/store"
)

// CreateCollection adds a feed and queues its first poll.
func (s *Server) CreateCollection(ctx context.Context, req api.CreateCollectionRequestObject) (api.CreateCollectionResponseObject, error) {
	var c store.Collection
	err := s.Store.InTx(ctx, func(ctx context.Context) (err error) {
		if c, err = s.Store.CreateCollection(ctx, *req.Body); err != nil || !c.Enabled {
			return err
		}
		_, err = s.Jobs.Poll(ctx, c.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return api.CreateCollection201JSONResponse{Body: c, Headers: api.CreateCollection201ResponseHeaders{
		Location: basePath + "/collections/" + c.ID.String(), ETag: etag(c.Revision),
	}}, nil
}

// ListCollections answers one page of collections.
func (s *Server) ListCollections(ctx context.Context, req api.ListCollectionsRequestObject) (api.ListCollectionsResponseObject, error) {
	filter, page := collectionFilter(req.Params)
	list, err := s.Store.Collections(ctx, filter, page)
	if err != nil {
		return nil, err
	}
	return api.ListCollections200JSONResponse(list), nil
}

// GetCollection answers one collection.
func (s *Server) GetCollection(ctx context.Context, req api.GetCollectionRequestObject) (api.GetCollectionResponseObject, error) {
	c, err := s.Store.Collection(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	if tag := etag(c.Revision); matches(req.Params.IfNoneMatch, tag) {
		return api.GetCollection304Response{Headers: api.NotModifiedResponseHeaders{ETag: tag}}, nil
	}
	return api.GetCollection200JSONResponse{Body: c, Headers: api.GetCollection200ResponseHeaders{ETag: etag(c.Revision)}}, nil
}

// UpdateCollection changes a collection.
func (s *Server) UpdateCollection(ctx context.Context, req api.UpdateCollectionRequestObject) (api.UpdateCollectionResponseObject, error) {
	c, err := s.Store.UpdateCollection(ctx, req.ID, revision(req.Params.IfMatch), *req.Body)
	if err != nil {
		return nil, err
	}
	return api.UpdateCollection200JSONResponse{Body: c, Headers: api.UpdateCollection200ResponseHeaders{ETag: etag(c.Revision)}}, nil
}

// DeleteCollection forgets a feed.
func (s *Server) DeleteCollection(ctx context.Context, req api.DeleteCollectionRequestObject) (api.DeleteCollectionResponseObject, error) {
	if err := s.Store.DeleteCollection(ctx, req.ID, revision(req.Params.IfMatch)); err != nil {
		return nil, err
	}
	return api.DeleteCollection204Response{}, nil
}

// PollCollection queues a poll.
func (s *Server) PollCollection(ctx context.Context, req api.PollCollectionRequestObject) (api.PollCollectionResponseObject, error) {
	if _, err := s.Store.Collection(ctx, req.ID); err != nil {
		return nil, err
	}
	job, err := s.Jobs.Poll(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	return api.PollCollection202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// GetCollectionHealth tells how polling has gone.
func (s *Server) GetCollectionHealth(ctx context.Context, req api.GetCollectionHealthRequestObject) (api.GetCollectionHealthResponseObject, error) {
	health, err := s.Store.CollectionHealth(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	return api.GetCollectionHealth200JSONResponse(health), nil
}

// ListCollectionFetches answers one page of what its polls have met.
func (s *Server) ListCollectionFetches(ctx context.Context, req api.ListCollectionFetchesRequestObject) (api.ListCollectionFetchesResponseObject, error) {
	filter, page := fetchFilter(req.Params)
	list, err := s.Store.Fetches(ctx, req.ID, filter, page)
	if err != nil {
		return nil, err
	}
	return api.ListCollectionFetches200JSONResponse(list), nil
}
