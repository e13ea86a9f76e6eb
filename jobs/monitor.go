package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"riverqueue.com/riverui"
)

// Monitor is River's own web page over the queue, to be mounted below prefix. It knows no keys: put
// a check in front of it. What it keeps running ends with ctx.
func (c *Client) Monitor(ctx context.Context, prefix string) (http.Handler, error) {
	handler, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: riverui.NewEndpoints(c.river, nil),
		Logger:    slog.New(slog.DiscardHandler),
		Prefix:    prefix,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the job monitor: %w", err)
	}
	if err := handler.Start(ctx); err != nil {
		return nil, fmt.Errorf("start the job monitor: %w", err)
	}
	return handler, nil
}
