package server

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/jobs"
	"github.com/content-creator/content-creator-api/opml"
	"github.com/content-creator/content-creator-api/store"
)

// opmlType is the content type of OPML.
const opmlType = "text/x-opml"

// DiscoverCollections queues a search for the feeds of sites.
func (s *Server) DiscoverCollections(ctx context.Context, req api.DiscoverCollectionsRequestObject) (api.DiscoverCollectionsResponseObject, error) {
	body := req.Body
	if (body.URL == nil) == (body.FromUrls == nil) {
		return nil, invalidRequest(map[string]string{"url": "or from_urls is needed, and not both"})
	}
	args := jobs.DiscoverArgs{URLs: orZero(body.FromUrls), Limit: 20, Exhaustive: orZero(body.Exhaustive)}
	if body.URL != nil {
		args.URLs = []string{*body.URL}
	}
	if body.Limit != nil {
		args.Limit = *body.Limit
	}
	job, err := s.Jobs.Discover(ctx, args)
	if err != nil {
		return nil, err
	}
	return api.DiscoverCollections202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// ImportCollections keeps an OPML document and queues its import.
func (s *Server) ImportCollections(ctx context.Context, req api.ImportCollectionsRequestObject) (api.ImportCollectionsResponseObject, error) {
	document, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	contentType, _ := ctx.Value(contentTypeKey{}).(string)
	job, err := s.Jobs.ImportOPML(ctx, document, contentType, jobs.ImportArgs{
		Domain: orZero(req.Params.Domain), Market: orZero(req.Params.Market), Language: req.Params.Language,
		Enabled: req.Params.Enabled, DryRun: orZero(req.Params.DryRun),
	})
	if err != nil {
		return nil, err
	}
	return api.ImportCollections202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// ExportCollections answers collections as OPML.
func (s *Server) ExportCollections(ctx context.Context, req api.ExportCollectionsRequestObject) (api.ExportCollectionsResponseObject, error) {
	p := req.Params
	return &export{server: s, ctx: ctx, filter: store.CollectionFilter{
		Domain: p.Domain, Market: p.Market, Type: (*string)(p.Type), Category: p.Category, Enabled: p.Enabled, Health: (*string)(p.Health),
	}}, nil
}

// An export writes collections as it reads them.
type export struct {
	server *Server
	ctx    context.Context //nolint:containedctx // the generated code calls Visit without one
	filter store.CollectionFilter
}

// VisitExportCollectionsResponse sends the document. It begins with the first
// collection, so that a failure before that is still answered as one; a later one leaves a document that
// does not end, which no reader takes for whole.
func (e *export) VisitExportCollectionsResponse(w http.ResponseWriter) error {
	var out *opml.Writer
	begin := func() {
		w.Header().Set("Content-Type", opmlType+"; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="collections.opml"`)
		w.WriteHeader(http.StatusOK)
		out = opml.NewWriter(w, "Collections", e.server.Now())
	}
	err := e.server.Store.EachCollection(e.ctx, e.filter, func(c store.Collection) error {
		if out == nil {
			begin()
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(heartbeat))
		return out.Write(c)
	})
	if err != nil {
		return err
	}
	if out == nil {
		begin()
	}
	return out.Close()
}
