package server

import (
	"context"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/markdown"
)

// ListDocuments answers one page of documents.
func (s *Server) ListDocuments(ctx context.Context, req api.ListDocumentsRequestObject) (api.ListDocumentsResponseObject, error) {
	filter, page := documentFilter(req.Params)
	list, err := s.Store.Documents(ctx, filter, page)
	if err != nil {
		return nil, err
	}
	return api.ListDocuments200JSONResponse(list), nil
}

// SearchDocuments answers one page of hits.
func (s *Server) SearchDocuments(ctx context.Context, req api.SearchDocumentsRequestObject) (api.SearchDocumentsResponseObject, error) {
	filter, page := searchFilter(req.Params)
	result, err := s.Store.FindDocuments(ctx, req.Params.Q, filter, page, facetFields(req.Params.Facets)...)
	if err != nil {
		return nil, err
	}
	return api.SearchDocuments200JSONResponse(result), nil
}

// ListDuplicates answers one page of clusters of duplicates.
func (s *Server) ListDuplicates(ctx context.Context, req api.ListDuplicatesRequestObject) (api.ListDuplicatesResponseObject, error) {
	filter, page := duplicateFilter(req.Params)
	list, err := s.Store.Duplicates(ctx, filter, page)
	if err != nil {
		return nil, err
	}
	return api.ListDuplicates200JSONResponse(list), nil
}

// GetDocument answers one document.
func (s *Server) GetDocument(ctx context.Context, req api.GetDocumentRequestObject) (api.GetDocumentResponseObject, error) {
	document, err := s.Store.Document(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	if tag := etag(document.Revision); matches(req.Params.IfNoneMatch, tag) {
		return api.GetDocument304Response{Headers: api.NotModifiedResponseHeaders{ETag: tag}}, nil
	}
	// It is written where it is asked for: most documents are never read in full.
	if document.Content != nil && document.ContentText != nil {
		if written := markdown.FromHTML(*document.Content); written != "" {
			document.ContentMarkdown = &written
		}
	}
	return api.GetDocument200JSONResponse{Body: document, Headers: api.GetDocument200ResponseHeaders{ETag: etag(document.Revision)}}, nil
}

// DeleteDocument deletes a document and remembers its address.
func (s *Server) DeleteDocument(ctx context.Context, req api.DeleteDocumentRequestObject) (api.DeleteDocumentResponseObject, error) {
	if err := s.Store.DeleteDocument(ctx, req.ID, revision(req.Params.IfMatch)); err != nil {
		return nil, err
	}
	return api.DeleteDocument204Response{}, nil
}
