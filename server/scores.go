package server

import (
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/jobs"
)

// DiscoverTopics queues a discovery.
func (s *Server) DiscoverTopics(ctx context.Context, req api.DiscoverTopicsRequestObject) (api.DiscoverTopicsResponseObject, error) {
	job, err := s.Jobs.DiscoverTopics(ctx, jobs.DiscoverTopicsArgs{Request: *req.Body})
	if err != nil {
		return nil, err
	}
	return api.DiscoverTopics202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// ListDiscoveries answers one page of discoveries that have run.
func (s *Server) ListDiscoveries(ctx context.Context, req api.ListDiscoveriesRequestObject) (api.ListDiscoveriesResponseObject, error) {
	list, err := s.Store.Discoveries(ctx, req.Params.ScheduleID, page(req.Params.Page, req.Params.PageSize, req.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListDiscoveries200JSONResponse(list), nil
}

// CreateDiscoverySchedule adds a schedule.
func (s *Server) CreateDiscoverySchedule(ctx context.Context, req api.CreateDiscoveryScheduleRequestObject) (api.CreateDiscoveryScheduleResponseObject, error) {
	schedule, err := s.Store.CreateDiscoverySchedule(ctx, *req.Body)
	if err != nil {
		return nil, err
	}
	return api.CreateDiscoverySchedule201JSONResponse{Body: schedule, Headers: api.CreateDiscoverySchedule201ResponseHeaders{
		Location: basePath + "/topics/discovery-schedules/" + schedule.ID.String(), ETag: etag(schedule.Revision),
	}}, nil
}

// ListDiscoverySchedules answers one page of schedules.
func (s *Server) ListDiscoverySchedules(ctx context.Context, req api.ListDiscoverySchedulesRequestObject) (api.ListDiscoverySchedulesResponseObject, error) {
	list, err := s.Store.DiscoverySchedules(ctx, page(req.Params.Page, req.Params.PageSize, req.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListDiscoverySchedules200JSONResponse(list), nil
}

// GetDiscoverySchedule answers one schedule.
func (s *Server) GetDiscoverySchedule(ctx context.Context, req api.GetDiscoveryScheduleRequestObject) (api.GetDiscoveryScheduleResponseObject, error) {
	schedule, err := s.Store.DiscoverySchedule(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	tag := etag(schedule.Revision)
	if matches(req.Params.IfNoneMatch, tag) {
		return api.GetDiscoverySchedule304Response{Headers: api.NotModifiedResponseHeaders{ETag: tag}}, nil
	}
	return api.GetDiscoverySchedule200JSONResponse{Body: schedule, Headers: api.GetDiscoverySchedule200ResponseHeaders{ETag: tag}}, nil
}

// UpdateDiscoverySchedule changes a schedule.
func (s *Server) UpdateDiscoverySchedule(ctx context.Context, req api.UpdateDiscoveryScheduleRequestObject) (api.UpdateDiscoveryScheduleResponseObject, error) {
	schedule, err := s.Store.UpdateDiscoverySchedule(ctx, req.ID, revision(req.Params.IfMatch), *req.Body)
	if err != nil {
		return nil, err
	}
	return api.UpdateDiscoverySchedule200JSONResponse{Body: schedule, Headers: api.UpdateDiscoverySchedule200ResponseHeaders{ETag: etag(schedule.Revision)}}, nil
}

// DeleteDiscoverySchedule forgets a schedule.
func (s *Server) DeleteDiscoverySchedule(ctx context.Context, req api.DeleteDiscoveryScheduleRequestObject) (api.DeleteDiscoveryScheduleResponseObject, error) {
	if err := s.Store.DeleteDiscoverySchedule(ctx, req.ID, revision(req.Params.IfMatch)); err != nil {
		return nil, err
	}
	return api.DeleteDiscoverySchedule204Response{}, nil
}

// ValidateTopic scores a topic.
func (s *Server) ValidateTopic(ctx context.Context, req api.ValidateTopicRequestObject) (api.ValidateTopicResponseObject, error) {
	b := orZero(req.Body)
	score, err := s.Jobs.ValidateTopic(ctx, req.ID, jobs.Validation{
		Profile: orZero(b.Profile), Version: orZero(b.ProfileVersion), Keywords: orZero(b.Keywords), Threshold: b.Threshold, DryRun: orZero(b.DryRun),
	})
	if err != nil {
		return nil, err
	}
	return api.ValidateTopic200JSONResponse(score), nil
}

// ListTopicScores answers one page of what a topic has scored.
func (s *Server) ListTopicScores(ctx context.Context, req api.ListTopicScoresRequestObject) (api.ListTopicScoresResponseObject, error) {
	list, err := s.Store.TopicScores(ctx, req.ID, req.Params.Profile, page(req.Params.Page, req.Params.PageSize, req.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListTopicScores200JSONResponse(list), nil
}

// ListTopicDocuments answers one page of the documents of a topic.
func (s *Server) ListTopicDocuments(ctx context.Context, req api.ListTopicDocumentsRequestObject) (api.ListTopicDocumentsResponseObject, error) {
	list, err := s.Store.TopicDocuments(ctx, req.ID, page(req.Params.Page, req.Params.PageSize, req.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListTopicDocuments200JSONResponse(list), nil
}

// CreateScoringProfile adds a profile.
func (s *Server) CreateScoringProfile(ctx context.Context, req api.CreateScoringProfileRequestObject) (api.CreateScoringProfileResponseObject, error) {
	profile, err := s.Store.CreateScoringProfile(ctx, *req.Body)
	if err != nil {
		return nil, err
	}
	return api.CreateScoringProfile201JSONResponse{Body: profile, Headers: api.CreateScoringProfile201ResponseHeaders{
		Location: basePath + "/scoring-profiles/" + profile.Name,
	}}, nil
}

// ListScoringProfiles answers one page of profiles.
func (s *Server) ListScoringProfiles(ctx context.Context, req api.ListScoringProfilesRequestObject) (api.ListScoringProfilesResponseObject, error) {
	p := req.Params
	list, err := s.Store.ScoringProfiles(ctx, (*string)(p.Kind), p.Name, page(p.Page, p.PageSize, p.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListScoringProfiles200JSONResponse(list), nil
}

// GetScoringProfile answers one profile.
func (s *Server) GetScoringProfile(ctx context.Context, req api.GetScoringProfileRequestObject) (api.GetScoringProfileResponseObject, error) {
	profile, err := s.Store.ScoringProfile(ctx, req.Name, orZero(req.Params.Version))
	if err != nil {
		return nil, err
	}
	return api.GetScoringProfile200JSONResponse(profile), nil
}

// DeleteScoringProfile archives a profile.
func (s *Server) DeleteScoringProfile(ctx context.Context, req api.DeleteScoringProfileRequestObject) (api.DeleteScoringProfileResponseObject, error) {
	if err := s.Store.ArchiveScoringProfile(ctx, req.Name); err != nil {
		return nil, err
	}
	return api.DeleteScoringProfile204Response{}, nil
}

// ScoreTopics queues the scoring of many topics.
func (s *Server) ScoreTopics(ctx context.Context, req api.ScoreTopicsRequestObject) (api.ScoreTopicsResponseObject, error) {
	job, err := s.Jobs.RescoreTopics(ctx, *req.Body)
	if err != nil {
		return nil, err
	}
	return api.ScoreTopics202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// ListRescorings answers one page of rescorings.
func (s *Server) ListRescorings(ctx context.Context, req api.ListRescoringsRequestObject) (api.ListRescoringsResponseObject, error) {
	list, err := s.Store.Rescorings(ctx, req.Params.Profile, page(req.Params.Page, req.Params.PageSize, req.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListRescorings200JSONResponse(list), nil
}

// GetRescoring answers one rescoring.
func (s *Server) GetRescoring(ctx context.Context, req api.GetRescoringRequestObject) (api.GetRescoringResponseObject, error) {
	rescoring, err := s.Store.Rescoring(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	return api.GetRescoring200JSONResponse(rescoring), nil
}

// ListRescoredTopics answers one page of what a rescoring has changed.
func (s *Server) ListRescoredTopics(ctx context.Context, req api.ListRescoredTopicsRequestObject) (api.ListRescoredTopicsResponseObject, error) {
	p := req.Params
	list, err := s.Store.RescoredTopics(ctx, req.ID, page(p.Page, p.PageSize, p.Cursor, string(orZero(p.Sort))))
	if err != nil {
		return nil, err
	}
	return api.ListRescoredTopics200JSONResponse(list), nil
}
