// Change raises a topic's priority, unless somebody else was faster.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/google/uuid"

	contentcreator "github.com/content-creator/content-creator-api/clients/go"
	"github.com/content-creator/content-creator-api/gen/client"
)

func main() {
	c, err := contentcreator.New(os.Getenv("CONTENT_CREATOR_URL"), contentcreator.WithKeyFromEnvironment())
	if err != nil {
		log.Fatal(err)
	}
	changed, err := raise(context.Background(), c, uuid.MustParse(os.Args[1]))
	switch {
	case errors.Is(err, contentcreator.ErrChanged), errors.Is(err, contentcreator.ErrNotFound):
		fmt.Println(err)
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Println(changed.Title, "has priority", changed.Priority)
	}
}

func raise(ctx context.Context, c *contentcreator.Client, id client.ID) (*client.Topic, error) {
	var headers http.Header
	got, err := c.API.GetTopicWithResponse(ctx, id, nil, contentcreator.Headers(&headers))
	if err != nil {
		return nil, err
	}
	priority := min(got.JSON200.Priority+1, 10)
	changed, err := c.API.UpdateTopicWithResponse(ctx, id, nil, client.TopicUpdate{Priority: &priority}, contentcreator.IfMatch(headers.Get("ETag")))
	if err != nil {
		return nil, err
	}
	return changed.JSON200, nil
}
