package server

import (
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
)

// ListStories answers one page of stories.
func (s *Server) ListStories(ctx context.Context, req api.ListStoriesRequestObject) (api.ListStoriesResponseObject, error) {
	filter, page := storyFilter(req.Params)
	list, err := s.Store.Stories(ctx, filter, page)
	if err != nil {
		return nil, err
	}
	return api.ListStories200JSONResponse(list), nil
}

// GetStory answers one story.
func (s *Server) GetStory(ctx context.Context, req api.GetStoryRequestObject) (api.GetStoryResponseObject, error) {
	story, err := s.Store.Story(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	if tag := etag(story.Revision); matches(req.Params.IfNoneMatch, tag) {
		return api.GetStory304Response{Headers: api.NotModifiedResponseHeaders{ETag: tag}}, nil
	}
	return api.GetStory200JSONResponse{Body: story, Headers: api.GetStory200ResponseHeaders{ETag: etag(story.Revision)}}, nil
}
