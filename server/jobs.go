package server

import (
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/store"
)

// ListJobs answers one page of jobs.
func (s *Server) ListJobs(ctx context.Context, req api.ListJobsRequestObject) (api.ListJobsResponseObject, error) {
	filter, page := jobFilter(req.Params)
	list, err := s.Store.Jobs(ctx, filter, page)
	if err != nil {
		return nil, err
	}
	return api.ListJobs200JSONResponse(list), nil
}

// GetJob answers one job.
func (s *Server) GetJob(ctx context.Context, req api.GetJobRequestObject) (api.GetJobResponseObject, error) {
	id, err := store.ParseJobID(req.JobID)
	if err != nil {
		return nil, err
	}
	job, err := s.Store.Job(ctx, id)
	if err != nil {
		return nil, err
	}
	return api.GetJob200JSONResponse(job), nil
}

// CancelJob stops a job.
func (s *Server) CancelJob(ctx context.Context, req api.CancelJobRequestObject) (api.CancelJobResponseObject, error) {
	id, err := store.ParseJobID(req.JobID)
	if err != nil {
		return nil, err
	}
	job, err := s.Jobs.Cancel(ctx, id)
	if err != nil {
		return nil, err
	}
	return api.CancelJob200JSONResponse(job), nil
}

// RetryJob queues a failed or cancelled job again.
func (s *Server) RetryJob(ctx context.Context, req api.RetryJobRequestObject) (api.RetryJobResponseObject, error) {
	id, err := store.ParseJobID(req.JobID)
	if err != nil {
		return nil, err
	}
	job, err := s.Jobs.Retry(ctx, id)
	if err != nil {
		return nil, err
	}
	return api.RetryJob202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// accepted says where the job of a request can be followed.
func accepted(job store.Job) api.AcceptedJSONResponse {
	return api.AcceptedJSONResponse{
		Body: job, Headers: api.AcceptedResponseHeaders{Location: basePath + "/jobs/" + job.ID.String()},
	}
}
