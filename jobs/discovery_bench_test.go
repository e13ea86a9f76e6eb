package jobs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

// BenchmarkDiscovery measures what discovery, validation and keyword research cost beside archives of several sizes (BENCH_ARCHIVE, as
// in "20000,200000"): a thousand documents a day, so that larger archives reach further back and the windows hold the same.
// What grows with the archive is a fault.
func BenchmarkDiscovery(b *testing.B) {
	besideArchives(b, "20000", (*archive).fillForDiscovery, func(b *testing.B, w *world, a *archive) {
		for _, work := range a.discoveries(w) {
			b.Run(work.name, func(b *testing.B) {
				for b.Loop() {
					require.NoError(b, work.do())
				}
			})
		}
	})
}

type discoveryWork struct {
	name string
	do   func() error
}

// discoveries are what is measured.
func (a *archive) discoveries(w *world) []discoveryWork {
	ctx, now := w.t.Context(), a.first
	clock := func() time.Time { return now }
	common, middling, rare := a.words[0], a.words[300], a.words[20_000]
	discover := func(r store.DiscoveryRequest) func() error {
		r.Domain, r.Market, r.Language, r.DryRun = "d", "m", "en", true
		return func() error {
			_, err := (&topicsWorker{store: w.store, now: clock}).discover(ctx, 1, r, func(int, string, string) {})
			return err
		}
	}
	validate := func(title string) func() error {
		topic, err := w.store.CreateTopic(ctx, store.TopicCreate{Title: title, Domain: "d", Market: "m", Language: "en"})
		require.NoError(w.t, err)
		return func() error {
			profile, err := validationProfile(ctx, w.store, "", 0)
			if err != nil {
				return err
			}
			_, err = newValidator(w.store, now).validate(ctx, topic, nil, profile)
			return err
		}
	}
	research := func(words string) func() error {
		return func() error {
			_, err := gather(ctx, w.store, Subject{Subject: words, Language: "en", Market: "m", Count: 10}, now)
			return err
		}
	}
	var keywords []string
	for i := range 1000 {
		keywords = append(keywords, fmt.Sprintf("keyword %d", i))
	}
	clusters := func() error {
		_, err := w.client().ClusterKeywords(ctx, keywords, "en", "m", 3)
		return err
	}
	return []discoveryWork{
		{"discover", discover(store.DiscoveryRequest{})},
		{"discover_month", discover(store.DiscoveryRequest{WindowDays: 30})},
		{"discover_seeds", discover(store.DiscoveryRequest{Keywords: []string{common, middling, rare, common + " " + middling}})},
		{"validate_common", validate(common + " " + a.words[1])},
		{"validate_rare", validate(rare + " " + middling)},
		{"keywords_common", research(common)},
		{"keywords_middling", research(middling)},
		{"keywords_rare", research(rare)},
		{"keywords_any_word", research(rare + " " + a.words[30_000])},
		{"clusters", clusters},
	}
}

// fillForDiscovery copies an archive of that size into the database, with its terms, stories, searches and topics.
func (a *archive) fillForDiscovery(w *world, size int) {
	// Indexes of full-text search are made faster than they grow.
	var indexes string
	require.NoError(w.t, w.store.Pool().QueryRow(w.t.Context(), `
		select string_agg(indexdef, ';') from pg_indexes where indexname in ('documents_search', 'documents_title_trigrams', 'document_terms_terms')`).Scan(&indexes))
	w.execute(`drop index documents_search, documents_title_trigrams, document_terms_terms`)
	const part = 20_000
	terms := map[int64]bool{}
	for made := 0; made < size; {
		var documents, ofDocuments, stories, ofStories, named [][]any
		for range min(part, size-made) {
			made++
			at := a.first.Add(-time.Duration(float64(a.span) * (1 - float64(made)/float64(size))))
			id := uuid.Must(uuid.NewV7())
			address := fmt.Sprintf("https://site%d.example/%d", a.rng.IntN(500), made)
			sum := sha256.Sum256([]byte(address))
			source := "rss"
			switch made % 100 {
			case 0:
				source = "trends"
			case 1:
				source = "autocomplete"
			}
			documents = append(documents, []any{
				id, a.text(8), a.text(40), address, address, sum[:], source, fmt.Sprintf("site%d.example", made%500), "d", "m", "en", hex.EncodeToString(sum[:]), at, "processed",
			})
			own := []int64{}
			for range 12 {
				n := a.zipf.Uint64()
				term := int64(n+1) << 3
				own = append(own, term)
				if !terms[term] {
					terms[term] = true
					named = append(named, []any{term, "keyphrase", a.words[n]})
				}
			}
			ofDocuments = append(ofDocuments, []any{id, at, "d", "m", "en", own})
			if made%20 == 0 {
				story := uuid.Must(uuid.NewV7())
				stories = append(stories, []any{story, a.text(8), 2, []string{"a.example", "b.example"}, []string{"d"}, []string{"m"}, []string{"en"}, at, at})
				ofStories = append(ofStories, []any{id, story, "a.example", 1., []string{"x"}})
			}
		}
		w.copy("documents", "id title content_text url canonical_url canonical_url_hash source source_name domain market language content_hash published_at status", documents)
		w.copy("terms", "id kind text", named)
		w.copy("document_terms", "document_id happened_at domain market language terms", ofDocuments)
		w.copy("stories", "id title size sources domains markets languages first_at last_at", stories)
		w.copy("story_documents", "document_id story_id publisher similarity shared_terms", ofStories)
	}
	w.execute(`set statement_timeout = 0; ` + indexes)
	for range 1000 {
		_, err := w.store.CreateTopic(w.t.Context(), store.TopicCreate{Title: a.text(8), Domain: "d", Market: "m", Language: "en"})
		require.NoError(w.t, err)
	}
	for i := range 1000 {
		snapshot := store.SerpSnapshot{JobID: store.JobID(i + 1), Query: fmt.Sprintf("keyword %d", i), Language: "en", Market: "m", Source: "caller", Analysis: json.RawMessage(`{}`), Difficulty: json.RawMessage(`{}`)}
		for place := range 10 {
			snapshot.Results = append(snapshot.Results, store.SerpResult{Position: place + 1, URL: fmt.Sprintf("https://a.example/%d", a.rng.IntN(2000)), WordCount: store.Unknown("words")})
		}
		_, err := w.store.SaveSerp(w.t.Context(), snapshot)
		require.NoError(w.t, err)
	}
	w.execute(`vacuum analyze`)
}
