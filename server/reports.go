package server

import (
	"cmp"
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/jobs"
	"github.com/content-creator/content-creator-api/store"
)

// subject is what is asked for, with its defaults.
func subject(r api.SubjectRequest) jobs.Subject {
	return jobs.Subject{
		Subject: r.Subject, Language: r.Language, Market: orZero(r.Market), Count: cmp.Or(orZero(r.Count), 10), OwnSites: orZero(r.OwnSites), MaxCostUSD: r.MaxCostUsd,
	}
}

// ofTopic is the subject of a topic.
func (s *Server) ofTopic(ctx context.Context, id api.ID, body *api.TopicSubjectRequest) (jobs.Subject, error) {
	topic, err := s.Store.Topic(ctx, id)
	b := orZero(body)
	return jobs.Subject{
		TopicID: &topic.ID, Subject: cmp.Or(orZero(b.Subject), jobs.KeyTerms(topic)), Language: topic.Language, Market: topic.Market,
		Count: cmp.Or(orZero(b.Count), 10), OwnSites: orZero(b.OwnSites), MaxCostUSD: b.MaxCostUsd,
	}, err
}

// ResearchKeyword queues keyword research.
func (s *Server) ResearchKeyword(ctx context.Context, req api.ResearchKeywordRequestObject) (api.ResearchKeywordResponseObject, error) {
	job, err := s.Jobs.ResearchKeywords(ctx, subject(*req.Body))
	if err != nil {
		return nil, err
	}
	return api.ResearchKeyword202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// ResearchCompetitor queues competitor research.
func (s *Server) ResearchCompetitor(ctx context.Context, req api.ResearchCompetitorRequestObject) (api.ResearchCompetitorResponseObject, error) {
	job, err := s.Jobs.ResearchCompetitors(ctx, subject(*req.Body))
	if err != nil {
		return nil, err
	}
	return api.ResearchCompetitor202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// ResearchTopicKeyword queues keyword research on a topic.
func (s *Server) ResearchTopicKeyword(ctx context.Context, req api.ResearchTopicKeywordRequestObject) (api.ResearchTopicKeywordResponseObject, error) {
	about, err := s.ofTopic(ctx, req.ID, req.Body)
	if err != nil {
		return nil, err
	}
	job, err := s.Jobs.ResearchKeywords(ctx, about)
	if err != nil {
		return nil, err
	}
	return api.ResearchTopicKeyword202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// ResearchTopicCompetitor queues competitor research on a topic.
func (s *Server) ResearchTopicCompetitor(ctx context.Context, req api.ResearchTopicCompetitorRequestObject) (api.ResearchTopicCompetitorResponseObject, error) {
	about, err := s.ofTopic(ctx, req.ID, req.Body)
	if err != nil {
		return nil, err
	}
	job, err := s.Jobs.ResearchCompetitors(ctx, about)
	if err != nil {
		return nil, err
	}
	return api.ResearchTopicCompetitor202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// GetTopicKeywords answers a topic's latest keyword research.
func (s *Server) GetTopicKeywords(ctx context.Context, req api.GetTopicKeywordsRequestObject) (api.GetTopicKeywordsResponseObject, error) {
	report, err := s.Store.LatestReport(ctx, req.ID, store.ReportKeyword)
	if err != nil {
		return nil, err
	}
	return api.GetTopicKeywords200JSONResponse(report), nil
}

// GetTopicCompetitors answers a topic's latest competitor research.
func (s *Server) GetTopicCompetitors(ctx context.Context, req api.GetTopicCompetitorsRequestObject) (api.GetTopicCompetitorsResponseObject, error) {
	report, err := s.Store.LatestReport(ctx, req.ID, store.ReportCompetitor)
	if err != nil {
		return nil, err
	}
	return api.GetTopicCompetitors200JSONResponse(report), nil
}

// ListResearchReports answers one page of reports.
func (s *Server) ListResearchReports(ctx context.Context, req api.ListResearchReportsRequestObject) (api.ListResearchReportsResponseObject, error) {
	p := req.Params
	list, err := s.Store.ResearchReports(ctx, store.ReportFilter{Kind: string(orZero(p.Kind)), TopicID: orZero(p.TopicID)}, page(p.Page, p.PageSize, p.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListResearchReports200JSONResponse(list), nil
}

// GetResearchReport answers one report.
func (s *Server) GetResearchReport(ctx context.Context, req api.GetResearchReportRequestObject) (api.GetResearchReportResponseObject, error) {
	report, err := s.Store.ResearchReport(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	return api.GetResearchReport200JSONResponse(report), nil
}
