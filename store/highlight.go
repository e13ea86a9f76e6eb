package store

import (
	"context"
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// snippetChars is how much of a text is read for its snippet.
const snippetChars = 2_000

// The marks around a match while its text is still text: no text holds control characters once cleaned.
const (
	markStart = "\x01"
	markStop  = "\x02"
)

// highlight adds to hits what they show of their matches.
func (s *Store) highlight(ctx context.Context, found hits[DocumentSummary]) (List[DocumentHit], error) {
	// A headline reads the text from its beginning, so only so much of it is given to it.
	const q = `
		select wanted.place,
			ts_headline(search_config(t.language), translate(t.title, @marks, ''), own.query, @whole) as title,
			ts_headline(search_config(t.language), translate(left(coalesce(t.content_text, t.summary, ''), @most), @marks, ''),
				own.query, @passage) as snippet
		from unnest(@ids::uuid[]) with ordinality as wanted (id, place)
		join documents t on t.id = wanted.id
		join (select language, query::tsquery from unnest(@languages::text[], @queries::text[]) as q (language, query)) own
			on own.language = t.language`
	list := List[DocumentHit]{
		Items: make([]DocumentHit, len(found.Items)), Total: found.Total, TotalRelation: found.TotalRelation,
		Page: found.Page, PageSize: found.PageSize, Pages: found.Pages, NextCursor: found.NextCursor,
	}
	scores := map[uuid.UUID]string{}
	for _, row := range found.rows {
		scores[row.ID] = row.Keys[0]
	}
	ids := make([]uuid.UUID, len(found.Items))
	for i, item := range found.Items {
		ids[i] = item.ID
		// In orders other than relevance the first key is no number.
		score, _ := strconv.ParseFloat(scores[item.ID], 64)
		list.Items[i] = DocumentHit{DocumentSummary: item, Score: score, TitleHighlighted: html.EscapeString(item.Title)}
	}
	var languages, queries []string
	for _, a := range found.arms() {
		for _, language := range a.languages {
			languages, queries = append(languages, language), append(queries, a.exact)
		}
	}
	rows, _ := s.planned(ctx).Query(ctx, q, pgx.NamedArgs{
		"ids": ids, "languages": languages, "queries": queries, "marks": markStart + markStop, "most": snippetChars,
		"whole":   "HighlightAll=true,StartSel=" + markStart + ",StopSel=" + markStop,
		"passage": "MinWords=15,MaxWords=35,StartSel=" + markStart + ",StopSel=" + markStop,
	})
	var place int
	var title, snippet string
	_, err := pgx.ForEachRow(rows, []any{&place, &title, &snippet}, func() error {
		list.Items[place-1].TitleHighlighted, list.Items[place-1].Snippet = marked(title), marked(snippet)
		return nil
	})
	if err != nil {
		return List[DocumentHit]{}, fmt.Errorf("highlight: %w", err)
	}
	return list, nil
}

// marked makes safe HTML of a text with marks.
func marked(text string) string {
	return strings.NewReplacer(markStart, "<mark>", markStop, "</mark>").Replace(html.EscapeString(text))
}
