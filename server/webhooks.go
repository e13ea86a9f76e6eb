package server

import (
	"context"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/store"
)

func webhookPath(id uuid.UUID) string { return basePath + "/webhooks/" + id.String() }

func deliveryPath(d store.WebhookDelivery) string {
	return webhookPath(d.WebhookID) + "/deliveries/" + d.ID.String()
}

// CreateWebhook adds a webhook and shows its secret this once.
func (s *Server) CreateWebhook(ctx context.Context, req api.CreateWebhookRequestObject) (api.CreateWebhookResponseObject, error) {
	made, err := s.Store.CreateWebhook(ctx, *req.Body)
	if err != nil {
		return nil, err
	}
	return api.CreateWebhook201JSONResponse{Body: made, Headers: api.CreateWebhook201ResponseHeaders{
		Location: webhookPath(made.ID), ETag: etag(made.Revision),
	}}, nil
}

// ListWebhooks answers one page of webhooks.
func (s *Server) ListWebhooks(ctx context.Context, req api.ListWebhooksRequestObject) (api.ListWebhooksResponseObject, error) {
	list, err := s.Store.Webhooks(ctx, page(req.Params.Page, req.Params.PageSize, req.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListWebhooks200JSONResponse(list), nil
}

// GetWebhook answers one webhook.
func (s *Server) GetWebhook(ctx context.Context, req api.GetWebhookRequestObject) (api.GetWebhookResponseObject, error) {
	w, err := s.Store.Webhook(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	if tag := etag(w.Revision); matches(req.Params.IfNoneMatch, tag) {
		return api.GetWebhook304Response{Headers: api.NotModifiedResponseHeaders{ETag: tag}}, nil
	}
	return api.GetWebhook200JSONResponse{Body: w, Headers: api.GetWebhook200ResponseHeaders{ETag: etag(w.Revision)}}, nil
}

// UpdateWebhook changes a webhook.
func (s *Server) UpdateWebhook(ctx context.Context, req api.UpdateWebhookRequestObject) (api.UpdateWebhookResponseObject, error) {
	w, err := s.Store.UpdateWebhook(ctx, req.ID, revision(req.Params.IfMatch), *req.Body)
	if err != nil {
		return nil, err
	}
	return api.UpdateWebhook200JSONResponse{Body: w, Headers: api.UpdateWebhook200ResponseHeaders{ETag: etag(w.Revision)}}, nil
}

// DeleteWebhook forgets a webhook.
func (s *Server) DeleteWebhook(ctx context.Context, req api.DeleteWebhookRequestObject) (api.DeleteWebhookResponseObject, error) {
	if err := s.Store.DeleteWebhook(ctx, req.ID, revision(req.Params.IfMatch)); err != nil {
		return nil, err
	}
	return api.DeleteWebhook204Response{}, nil
}

// RotateWebhookSecret replaces a webhook's secret and shows the new one this once.
func (s *Server) RotateWebhookSecret(ctx context.Context, req api.RotateWebhookSecretRequestObject) (api.RotateWebhookSecretResponseObject, error) {
	made, err := s.Store.RotateWebhookSecret(ctx, req.ID, s.Now())
	if err != nil {
		return nil, err
	}
	return api.RotateWebhookSecret200JSONResponse{Body: made, Headers: api.RotateWebhookSecret200ResponseHeaders{ETag: etag(made.Revision)}}, nil
}

// TestWebhook queues a delivery that tells of nothing but itself.
func (s *Server) TestWebhook(ctx context.Context, req api.TestWebhookRequestObject) (api.TestWebhookResponseObject, error) {
	d, err := s.Jobs.TestWebhook(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	return api.TestWebhook202JSONResponse{Body: d, Headers: api.TestWebhook202ResponseHeaders{Location: deliveryPath(d)}}, nil
}

// ListWebhookDeliveries answers one page of a webhook's log.
func (s *Server) ListWebhookDeliveries(ctx context.Context, req api.ListWebhookDeliveriesRequestObject) (api.ListWebhookDeliveriesResponseObject, error) {
	p := req.Params
	list, err := s.Store.WebhookDeliveries(ctx, req.ID, store.WebhookDeliveryFilter{State: (*string)(p.State)}, page(p.Page, p.PageSize, p.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListWebhookDeliveries200JSONResponse(list), nil
}

// GetWebhookDelivery answers one delivery with what is sent.
func (s *Server) GetWebhookDelivery(ctx context.Context, req api.GetWebhookDeliveryRequestObject) (api.GetWebhookDeliveryResponseObject, error) {
	d, err := s.Store.WebhookDelivery(ctx, req.ID, req.DeliveryID)
	if err != nil {
		return nil, err
	}
	return api.GetWebhookDelivery200JSONResponse(d), nil
}

// ReplayWebhookDelivery queues a delivery of the same once more.
func (s *Server) ReplayWebhookDelivery(ctx context.Context, req api.ReplayWebhookDeliveryRequestObject) (api.ReplayWebhookDeliveryResponseObject, error) {
	d, err := s.Jobs.ReplayDelivery(ctx, req.ID, req.DeliveryID)
	if err != nil {
		return nil, err
	}
	return api.ReplayWebhookDelivery202JSONResponse{Body: d, Headers: api.ReplayWebhookDelivery202ResponseHeaders{Location: deliveryPath(d)}}, nil
}
