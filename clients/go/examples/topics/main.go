// Topics adds a topic and says how many there are.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	contentcreator "github.com/content-creator/content-creator-api/clients/go"
	"github.com/content-creator/content-creator-api/gen/client"
)

func main() {
	ctx := context.Background()
	c, err := contentcreator.New(os.Getenv("CONTENT_CREATOR_URL"), contentcreator.WithKeyFromEnvironment())
	if err != nil {
		log.Fatal(err)
	}
	title := fmt.Sprintf("PropTech trends %d", time.Now().UnixMilli())
	made, err := c.API.CreateTopicWithResponse(ctx, nil, client.TopicCreate{Title: title, Domain: "proptech", Market: "de", Language: "en"})
	if err != nil {
		log.Fatal(err)
	}
	list, err := c.API.ListTopicsWithResponse(ctx, &client.ListTopicsParams{Domain: &made.JSON201.Domain})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s is one of %d topics of %s.\n", made.JSON201.Title, list.JSON200.Total, made.JSON201.Domain)
}
