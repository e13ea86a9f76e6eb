package server

import (
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
)

// ListHosts answers one page of the sites that have been asked.
func (s *Server) ListHosts(ctx context.Context, req api.ListHostsRequestObject) (api.ListHostsResponseObject, error) {
	filter, page := hostFilter(req.Params)
	list, err := s.Hosts.Hosts(ctx, filter, page)
	if err != nil {
		return nil, err
	}
	return api.ListHosts200JSONResponse(list), nil
}

// GetHost answers how a site is asked.
func (s *Server) GetHost(ctx context.Context, req api.GetHostRequestObject) (api.GetHostResponseObject, error) {
	h, err := s.Hosts.Host(ctx, req.Host)
	if err != nil {
		return nil, err
	}
	return api.GetHost200JSONResponse{Body: h, Headers: api.GetHost200ResponseHeaders{ETag: etag(h.Revision)}}, nil
}

// UpdateHost sets a site's budget by hand.
func (s *Server) UpdateHost(ctx context.Context, req api.UpdateHostRequestObject) (api.UpdateHostResponseObject, error) {
	h, err := s.Hosts.UpdateHost(ctx, req.Host, revision(req.Params.IfMatch), *req.Body)
	if err != nil {
		return nil, err
	}
	return api.UpdateHost200JSONResponse{Body: h, Headers: api.UpdateHost200ResponseHeaders{ETag: etag(h.Revision)}}, nil
}
