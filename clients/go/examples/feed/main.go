// Feed adds the feed at an address, polls it, and says what that brought.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	contentcreator "github.com/content-creator/content-creator-api/clients/go"
	"github.com/content-creator/content-creator-api/gen/client"
)

func main() {
	c, err := contentcreator.New(os.Getenv("CONTENT_CREATOR_URL"), contentcreator.WithKeyFromEnvironment())
	if err != nil {
		log.Fatal(err)
	}
	job, err := poll(context.Background(), c, os.Args[1])
	if failed, ok := errors.AsType[*contentcreator.JobFailedError](err); ok {
		fmt.Println("The poll has", failed.Job.State)
		return
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("The poll brought", job.Result.MustGet()["documents_added"], "documents.")
}

func poll(ctx context.Context, c *contentcreator.Client, address string) (*contentcreator.Job, error) {
	made, err := c.API.CreateCollectionWithResponse(ctx, nil, client.CollectionCreate{
		Name: "A feed", URL: &address, Domain: "proptech", Market: "de", Enabled: new(false),
	})
	if err != nil {
		return nil, err
	}
	queued, err := c.API.PollCollectionWithResponse(ctx, made.JSON201.ID, nil)
	if err != nil {
		return nil, err
	}
	return c.WaitJob(ctx, queued.JSON202.ID, func(event contentcreator.Event) { log.Println(event.Type) })
}
