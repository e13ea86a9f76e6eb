package server

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/jobs"
	"github.com/content-creator/content-creator-api/store"
)

// SynthesizeTopic queues a draft.
func (s *Server) SynthesizeTopic(ctx context.Context, req api.SynthesizeTopicRequestObject) (api.SynthesizeTopicResponseObject, error) {
	topic, err := s.Store.Topic(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	b := orZero(req.Body)
	job, err := s.Jobs.Synthesize(ctx, jobs.SynthesizeArgs{
		TopicID: topic.ID, TargetWords: cmp.Or(orZero(b.TargetWords), 1500), Language: cmp.Or(orZero(b.Language), topic.Language), Tone: cmp.Or(orZero(b.Tone), "neutral"),
		Keyword: b.Keyword,
		Budget:  store.ResearchBudget{MaxCostUSD: b.MaxCostUsd, MaxSeconds: 600, MaxRequests: 60},
	})
	if err != nil {
		return nil, err
	}
	return api.SynthesizeTopic202JSONResponse{AcceptedJSONResponse: accepted(job)}, nil
}

// ListDrafts answers one page of the versions of a topic's draft.
func (s *Server) ListDrafts(ctx context.Context, req api.ListDraftsRequestObject) (api.ListDraftsResponseObject, error) {
	list, err := s.Store.Drafts(ctx, req.ID, page(req.Params.Page, req.Params.PageSize, req.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListDrafts200JSONResponse(list), nil
}

// GetDraft answers one draft.
func (s *Server) GetDraft(ctx context.Context, req api.GetDraftRequestObject) (api.GetDraftResponseObject, error) {
	d, err := s.Store.Draft(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	return api.GetDraft200JSONResponse(d), nil
}

// UpdateDraft keeps what a person has made of a draft as a version of its own.
func (s *Server) UpdateDraft(ctx context.Context, req api.UpdateDraftRequestObject) (api.UpdateDraftResponseObject, error) {
	d, err := s.Store.Draft(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	parent := d.ID
	d.ParentID, d.JobID, d.Edited = &parent, nil, true
	d.Title = cmp.Or(orZero(req.Body.Title), d.Title)
	if req.Body.MetaDescription != nil {
		d.MetaDescription = req.Body.MetaDescription
	}
	if req.Body.BodyMarkdown != nil {
		d.BodyMarkdown = *req.Body.BodyMarkdown
	}
	if req.Body.Keyword != nil {
		d.Keyword = req.Body.Keyword
	}
	if d, err = s.Store.SaveDraft(ctx, s.Jobs.EditedDraft(d)); err != nil {
		return nil, err
	}
	return api.UpdateDraft200JSONResponse(d), nil
}

// DeleteDraft deletes a version.
func (s *Server) DeleteDraft(ctx context.Context, req api.DeleteDraftRequestObject) (api.DeleteDraftResponseObject, error) {
	if err := s.Store.DeleteDraft(ctx, req.ID); err != nil {
		return nil, err
	}
	return api.DeleteDraft204Response{}, nil
}

// CompareDrafts tells how one draft becomes another.
func (s *Server) CompareDrafts(ctx context.Context, req api.CompareDraftsRequestObject) (api.CompareDraftsResponseObject, error) {
	before, err := s.Store.Draft(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	after, err := s.Store.Draft(ctx, req.Params.With)
	if err != nil {
		return nil, err
	}
	comparison := api.DraftComparison{From: before.ID, To: after.ID, Changes: []api.DraftChange{}}
	for _, change := range jobs.CompareDrafts(before, after) {
		comparison.Changes = append(comparison.Changes, api.DraftChange{Op: api.DraftChangeOp(change.Op), Text: change.Text})
	}
	return api.CompareDrafts200JSONResponse(comparison), nil
}

// ExportDraft answers a draft as a file.
func (s *Server) ExportDraft(ctx context.Context, req api.ExportDraftRequestObject) (api.ExportDraftResponseObject, error) {
	d, err := s.Store.Draft(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	file, as, err := jobs.ExportDraft(d, string(req.Params.Format))
	if err != nil {
		return nil, err
	}
	return exportedDraft{file, as.MediaType, fmt.Sprintf("draft-%s-v%d.%s", d.TopicID, d.Version, as.Extension)}, nil
}

// An exportedDraft is a file to be saved.
type exportedDraft struct {
	file            []byte
	mediaType, name string
}

// VisitExportDraftResponse writes the file.
func (e exportedDraft) VisitExportDraftResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", e.mediaType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+e.name+`"`)
	_, err := io.Copy(w, bytes.NewReader(e.file))
	return err
}
