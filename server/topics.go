package server

import (
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
)

// CreateTopic adds a topic.
func (s *Server) CreateTopic(ctx context.Context, req api.CreateTopicRequestObject) (api.CreateTopicResponseObject, error) {
	topic, err := s.Store.CreateTopic(ctx, *req.Body)
	if err != nil {
		return nil, err
	}
	return api.CreateTopic201JSONResponse{Body: topic, Headers: api.CreateTopic201ResponseHeaders{
		Location: basePath + "/topics/" + topic.ID.String(), ETag: etag(topic.Revision),
	}}, nil
}

// ListTopics answers one page of topics.
func (s *Server) ListTopics(ctx context.Context, req api.ListTopicsRequestObject) (api.ListTopicsResponseObject, error) {
	filter, page := topicFilter(req.Params)
	list, err := s.Store.FindTopics(ctx, filter, page)
	if err != nil {
		return nil, err
	}
	return api.ListTopics200JSONResponse(list), nil
}

// GetTopic answers one topic.
func (s *Server) GetTopic(ctx context.Context, req api.GetTopicRequestObject) (api.GetTopicResponseObject, error) {
	topic, err := s.Store.Topic(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	if tag := etag(topic.Revision); matches(req.Params.IfNoneMatch, tag) {
		return api.GetTopic304Response{Headers: api.NotModifiedResponseHeaders{ETag: tag}}, nil
	}
	return api.GetTopic200JSONResponse{Body: topic, Headers: api.GetTopic200ResponseHeaders{ETag: etag(topic.Revision)}}, nil
}

// UpdateTopic changes a topic.
func (s *Server) UpdateTopic(ctx context.Context, req api.UpdateTopicRequestObject) (api.UpdateTopicResponseObject, error) {
	topic, err := s.Store.UpdateTopic(ctx, req.ID, revision(req.Params.IfMatch), *req.Body)
	if err != nil {
		return nil, err
	}
	return api.UpdateTopic200JSONResponse{Body: topic, Headers: api.UpdateTopic200ResponseHeaders{ETag: etag(topic.Revision)}}, nil
}

// DeleteTopic deletes a topic.
func (s *Server) DeleteTopic(ctx context.Context, req api.DeleteTopicRequestObject) (api.DeleteTopicResponseObject, error) {
	if err := s.Store.DeleteTopic(ctx, req.ID, revision(req.Params.IfMatch)); err != nil {
		return nil, err
	}
	return api.DeleteTopic204Response{}, nil
}
