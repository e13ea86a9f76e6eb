package server

import (
	"cmp"
	"context"
	"time"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/store"
)

// ResearchQuestion queues research on a question.
func (s *Server) ResearchQuestion(ctx context.Context, req api.ResearchQuestionRequestObject) (api.ResearchQuestionResponseObject, error) {
	b := req.Body
	depth := cmp.Or(string(orZero(b.Depth)), "balanced")
	job, err := s.Jobs.Research(ctx, store.ResearchRequest{
		Question: b.Question, Domain: orZero(b.Domain), Market: orZero(b.Market), Language: b.Language,
		OutputLanguage: cmp.Or(orZero(b.OutputLanguage), b.Language), Depth: depth, Scope: cmp.Or(string(orZero(b.Scope)), "all"),
		Budget: researchBudget(b.Budget, depth),
	}, maxAge(b.MaxAgeHours))
	if err != nil {
		return nil, err
	}
	return api.ResearchQuestion202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// ResearchTopic queues research on a topic.
func (s *Server) ResearchTopic(ctx context.Context, req api.ResearchTopicRequestObject) (api.ResearchTopicResponseObject, error) {
	topic, err := s.Store.Topic(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	b := orZero(req.Body)
	depth := cmp.Or(string(orZero(b.Depth)), "balanced")
	r := store.ResearchRequest{
		TopicID: &topic.ID, Question: cmp.Or(orZero(b.Question), topic.Title), Market: topic.Market, Language: topic.Language,
		OutputLanguage: cmp.Or(orZero(b.OutputLanguage), topic.Language), Depth: depth, Scope: cmp.Or(string(orZero(b.Scope)), "all"),
		Budget: researchBudget(b.Budget, depth),
	}
	if b.AnyDomain != nil && !*b.AnyDomain {
		r.Domain = topic.Domain
	}
	job, err := s.Jobs.Research(ctx, r, maxAge(b.MaxAgeHours))
	if err != nil {
		return nil, err
	}
	return api.ResearchTopic202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// defaultBudgets are what runs may spend unless told otherwise, by depth.
var defaultBudgets = map[string]store.ResearchBudget{
	"quick":    {MaxSeconds: 120, MaxRequests: 40},
	"balanced": {MaxSeconds: 300, MaxRequests: 100},
	"deep":     {MaxSeconds: 1200, MaxRequests: 300},
}

func researchBudget(asked *api.ResearchBudgetRequest, depth string) store.ResearchBudget {
	budget, b := defaultBudgets[depth], orZero(asked)
	budget.MaxCostUSD = b.MaxCostUsd
	if b.MaxSeconds != nil {
		budget.MaxSeconds = *b.MaxSeconds
	}
	if b.MaxRequests != nil {
		budget.MaxRequests = *b.MaxRequests
	}
	budget.RepeatLostCalls = orZero(b.RepeatLostCalls)
	return budget
}

// maxAge is how old an earlier answer may be; a day unless told otherwise.
func maxAge(hours *int) time.Duration {
	if hours == nil {
		return 24 * time.Hour
	}
	return time.Duration(*hours) * time.Hour
}

// ListResearchRuns answers one page of runs.
func (s *Server) ListResearchRuns(ctx context.Context, req api.ListResearchRunsRequestObject) (api.ListResearchRunsResponseObject, error) {
	p := req.Params
	filter := store.ResearchFilter{TopicID: p.TopicID, Status: (*string)(p.Status), Market: p.Market, Depth: (*string)(p.Depth)}
	list, err := s.Store.ResearchRuns(ctx, filter, page(p.Page, p.PageSize, p.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListResearchRuns200JSONResponse(list), nil
}

// GetResearchRun answers one run.
func (s *Server) GetResearchRun(ctx context.Context, req api.GetResearchRunRequestObject) (api.GetResearchRunResponseObject, error) {
	run, err := s.Store.ResearchRun(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	tag := etag(run.Revision)
	// What a run under way has cost grows without another revision.
	if run.FinishedAt != nil && matches(req.Params.IfNoneMatch, tag) {
		return api.GetResearchRun304Response{Headers: api.NotModifiedResponseHeaders{ETag: tag}}, nil
	}
	return api.GetResearchRun200JSONResponse{Body: run, Headers: api.GetResearchRun200ResponseHeaders{ETag: tag}}, nil
}

// ListResearchSteps answers one page of what a run has done.
func (s *Server) ListResearchSteps(ctx context.Context, req api.ListResearchStepsRequestObject) (api.ListResearchStepsResponseObject, error) {
	list, err := s.Store.ResearchSteps(ctx, req.ID, page(req.Params.Page, req.Params.PageSize, req.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListResearchSteps200JSONResponse(list), nil
}

// ListResearchSources answers one page of what a run has found.
func (s *Server) ListResearchSources(ctx context.Context, req api.ListResearchSourcesRequestObject) (api.ListResearchSourcesResponseObject, error) {
	list, err := s.Store.ResearchSources(ctx, req.ID, page(req.Params.Page, req.Params.PageSize, req.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListResearchSources200JSONResponse(list), nil
}

// ListResearchClaims answers one page of the claims of a run.
func (s *Server) ListResearchClaims(ctx context.Context, req api.ListResearchClaimsRequestObject) (api.ListResearchClaimsResponseObject, error) {
	p := req.Params
	list, err := s.Store.ResearchClaims(ctx, req.ID, store.ClaimFilter{Verdict: (*string)(p.Verdict)}, page(p.Page, p.PageSize, p.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListResearchClaims200JSONResponse(list), nil
}

// ListTopicClaims answers one page of the claims of a topic's report.
func (s *Server) ListTopicClaims(ctx context.Context, req api.ListTopicClaimsRequestObject) (api.ListTopicClaimsResponseObject, error) {
	p := req.Params
	list, err := s.Store.TopicClaims(ctx, req.ID, store.ClaimFilter{Verdict: (*string)(p.Verdict)}, page(p.Page, p.PageSize, p.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListTopicClaims200JSONResponse(list), nil
}

// GetSnapshot answers one snapshot.
func (s *Server) GetSnapshot(ctx context.Context, req api.GetSnapshotRequestObject) (api.GetSnapshotResponseObject, error) {
	snapshot, err := s.Store.Snapshot(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	return api.GetSnapshot200JSONResponse(snapshot), nil
}

// CompareResearchRuns tells what has changed from one run to another.
func (s *Server) CompareResearchRuns(ctx context.Context, req api.CompareResearchRunsRequestObject) (api.CompareResearchRunsResponseObject, error) {
	comparison, err := s.Jobs.CompareResearch(ctx, req.Params.Against, req.ID)
	if err != nil {
		return nil, err
	}
	return api.CompareResearchRuns200JSONResponse(comparison), nil
}
