// Command bare is the yardstick of `task load`: the same topic read by nothing but Echo and pgx.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"

	"context"

	"github.com/content-creator/content-creator-api/store"
)

const query = `
	select id, title, description, source, source_url, discovered_at, domain, market, language, intent,
		score, score_profile, engagement_score, trending_score, priority, status, research_report, citations, competitors, content_gaps, keywords,
		word_count, content_score, hero_image_url, supporting_images, notion_id, notion_synced_at,
		revision, created_at, updated_at
	from topics where id = $1`

func main() {
	pool, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	e := echo.New()
	e.GET("/api/v1/topics/:id", func(c echo.Context) error {
		rows, _ := pool.Query(c.Request().Context(), query, c.Param("id"))
		topic, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[store.Topic])
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, topic)
	})
	log.Fatal(e.Start(os.Getenv("ADDR")))
}
