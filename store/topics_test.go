package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestCreateTopic(t *testing.T) {
	t.Parallel()

	t.Run("fills in what is not said", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		before := time.Now()
		topic, err := s.CreateTopic(t.Context(), store.TopicCreate{
			Title: " \t PropTech trends\u00a0 ", Domain: " proptech ", Market: " DE ", Language: "de-AT",
		})
		require.NoError(t, err)
		require.Equal(t, uuid.Version(7), topic.ID.Version())
		require.WithinDuration(t, before, topic.CreatedAt, time.Minute)
		require.Equal(t, store.Topic{
			ID: topic.ID, Title: "PropTech trends", Source: "manual", DiscoveredAt: topic.CreatedAt,
			Domain: "proptech", Market: "de", Language: "de", Priority: 5, Status: "discovered",
			Citations: []map[string]any{}, Competitors: []map[string]any{}, ContentGaps: []string{}, Keywords: map[string]any{},
			SupportingImages: []map[string]any{}, Revision: 1, CreatedAt: topic.CreatedAt, UpdatedAt: topic.CreatedAt,
		}, topic)
		read, err := s.Topic(t.Context(), topic.ID)
		require.NoError(t, err)
		require.Equal(t, topic, read)
	})

	t.Run("keeps what is said", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		topic, err := s.CreateTopic(t.Context(), store.TopicCreate{
			Title: "Title", Description: new("What it is about"), Source: new("reddit"), Domain: "tech", Market: "at",
			Language: "EN", Priority: new(9),
		})
		require.NoError(t, err)
		require.Equal(t, "What it is about", *topic.Description)
		require.Equal(t, "reddit", topic.Source)
		require.Equal(t, 9, topic.Priority)
		require.Equal(t, "en", topic.Language)
	})

	t.Run("tells of itself", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		topic := aTopic(t.Context(), t, s, "Title")
		_, err := s.CreateTopic(t.Context(), store.TopicCreate{Title: "Title", Domain: "d", Market: "de", Language: "de"})
		requireKind(t, err, store.KindInvalid)
		events := happened(t, s)
		require.Equal(t, []string{"topic.created"}, types(events), "the refused one is silent")
		require.JSONEq(t, `{"topic_id":"`+topic.ID.String()+`"}`, string(events[0].Data))
		require.WithinDuration(t, topic.CreatedAt, events[0].OccurredAt, time.Minute)
	})

	t.Run("is not told of where it is taken back", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
			aTopic(ctx, t, s, "Title")
			return context.Canceled
		}), context.Canceled)
		require.Empty(t, happened(t, s))
	})

	t.Run("is not kept where it cannot be told of", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		sabotage(t, s, "insert", "events")
		_, err := s.CreateTopic(t.Context(), store.TopicCreate{Title: "Title", Domain: "d", Market: "de", Language: "de"})
		requireSabotage(t, err)
		require.Zero(t, number(t, s, `select count(*) from topics`))
	})

	t.Run("keeps every character", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		title := "Ü 👩‍👩‍👧 \u202eעברית\u200f \u0301 𝔘𝔫𝔦 \u0001 \ufffd 'quote\" \\ %s $1 @id"
		topic := aTopic(t.Context(), t, s, title)
		require.Equal(t, title, topic.Title)
	})

	t.Run("takes the longest titles", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		longest := map[string]func(int) rune{
			"four bytes each":      func(int) rune { return 0x20000 + rand.Int32N(40_000) },
			"longer when folded":   func(int) rune { return 0x3300 + rand.Int32N(0x57) },
			"much longer folded":   func(i int) rune { return []rune{0xfdfa, 0xfdfb, rune('a' + i%26)}[i%3] },
			"longest when folded":  func(int) rune { return 0xfdfa },
			"composed when folded": func(int) rune { return 0x0390 },
		}
		for name, draw := range longest {
			title := make([]rune, 500)
			for i := range title {
				title[i] = draw(i)
			}
			for range 2 {
				_, err := s.CreateTopic(t.Context(), store.TopicCreate{
					Title: string(title), Domain: strings.Repeat("𝔡", 100), Market: strings.Repeat("𝔪", 64), Language: "de",
				})
				if err != nil {
					require.Contains(t, theRefusal(t, err, store.KindInvalid).Details, "existing_id", name)
				}
			}
		}
		require.EqualValues(t, len(longest), number(t, s, `select count(*) from topics`))
	})

	faults := map[string]struct {
		topic store.TopicCreate
		field string
	}{
		"title too short":     {store.TopicCreate{Title: "  ab\u2003", Domain: "d", Market: "m", Language: "de"}, "title"},
		"title too long":      {store.TopicCreate{Title: strings.Repeat("é", 501), Domain: "d", Market: "m", Language: "de"}, "title"},
		"title with a NUL":    {store.TopicCreate{Title: "abc\x00", Domain: "d", Market: "m", Language: "de"}, "body"},
		"domain of nothing":   {store.TopicCreate{Title: "Title", Domain: "\u00a0", Market: "m", Language: "de"}, "domain"},
		"market of nothing":   {store.TopicCreate{Title: "Title", Domain: "d", Market: "\u3000", Language: "de"}, "market"},
		"market too long":     {store.TopicCreate{Title: "Title", Domain: "d", Market: strings.Repeat("é", 65), Language: "de"}, "market"},
		"language of nothing": {store.TopicCreate{Title: "Title", Domain: "d", Market: "m", Language: "-AT"}, "language"},
		"source unheard of":   {store.TopicCreate{Title: "Title", Source: new("gossip"), Domain: "d", Market: "m", Language: "de"}, "source"},
		"priority too high":   {store.TopicCreate{Title: "Title", Domain: "d", Market: "m", Language: "de", Priority: new(11)}, "priority"},
	}
	for name, tc := range faults {
		t.Run("refuses a "+name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			_, err := s.CreateTopic(t.Context(), tc.topic)
			requireFault(t, err, tc.field)
		})
	}
}

func TestTitleKey(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		a, b string
		same bool
	}{
		"case":                     {"PropTech Trends", "proptech trENDS", true},
		"case beyond ASCII":        {"ÜBER ÉTÉ ΣΊΣΥΦΟΣ", "über été σίσυφος", true},
		"final sigma":              {"Οδυσσεύς", "οδυσσεύσ", true},
		"sharp s":                  {"Straße", "STRASSE", true},
		"capital sharp s":          {"STRAẞE", "straße", true},
		"umlauts are not vowels":   {"Bär", "Baer", false},
		"accents are letters":      {"pate", "pâté", false},
		"composed or not":          {"Caf\u00e9", "Cafe\u0301", true},
		"full width":               {"ＫＩ　２０２６", "KI 2026", true},
		"half width katakana":      {"ｶﾀｶﾅ", "カタカナ", true},
		"ligature":                 {"ﬁnance", "FINANCE", true},
		"circled digit":            {"Top ① tip", "top 1 tip", true},
		"superscript":              {"CO₂ per m²", "co2 per M2", true},
		"white space":              {"  a\t\n b\u00a0\u2003c ", "a b c", true},
		"white space matters once": {"ab c", "a bc", false},
		"punctuation counts":       {"Why?", "Why", false},
		"dotted I is its own":      {"İstanbul", "istanbul", false},
		"folded, then composed":    {"\u1e9b\u0323", "\u1e69", true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := store.TitleKey(tc.a), store.TitleKey(tc.b)
			require.Equal(t, tc.same, a == b, "%q and %q", a, b)
			require.Equal(t, a, store.TitleKey(a), "a key is its own key")
			require.Equal(t, b, store.TitleKey(b), "a key is its own key")
		})
	}
}

func TestDuplicateTopic(t *testing.T) {
	t.Parallel()

	t.Run("is refused with the id of the first", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		first := aTopic(t.Context(), t, s, "Straße der Zukunft")
		_, err := s.CreateTopic(t.Context(), store.TopicCreate{Title: "STRASSE  der zukunft", Domain: "other", Market: "De", Language: "de-CH"})
		refusal := theRefusal(t, err, store.KindInvalid)
		require.Equal(t, "topic", refusal.Resource)
		require.Contains(t, refusal.Error(), "duplicate")
		require.Equal(t, first.ID, refusal.Details["existing_id"])
		requireFault(t, err, "title")
	})

	t.Run("is none in another market or language", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		for _, c := range []store.TopicCreate{{Market: "de", Language: "de"}, {Market: "at", Language: "de"}, {Market: "de", Language: "en"}} {
			c.Title, c.Domain = "Title", "d"
			_, err := s.CreateTopic(t.Context(), c)
			require.NoError(t, err)
		}
	})

	t.Run("is free again once the first is gone", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		require.NoError(t, s.DeleteTopic(t.Context(), aTopic(t.Context(), t, s, "Title").ID, 0))
		aTopic(t.Context(), t, s, "Title")
	})

	t.Run("of twenty that race one wins", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		type answer struct {
			topic store.Topic
			err   error
		}
		answers := make(chan answer, 20)
		var racers sync.WaitGroup
		for range cap(answers) {
			racers.Go(func() {
				topic, err := s.CreateTopic(t.Context(), store.TopicCreate{Title: "Title", Domain: "d", Market: "de", Language: "de"})
				answers <- answer{topic, err}
			})
		}
		racers.Wait()
		close(answers)
		var won []uuid.UUID
		var named []any
		for a := range answers {
			if a.err == nil {
				won = append(won, a.topic.ID)
				continue
			}
			named = append(named, theRefusal(t, a.err, store.KindInvalid).Details["existing_id"])
		}
		require.Len(t, won, 1)
		for _, id := range named {
			require.Equal(t, won[0], id)
		}
		require.Equal(t, []string{"topic.created"}, types(happened(t, s)))
	})

	t.Run("waits for the outcome of the first", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		second := make(chan error, 1)
		err := s.InTx(t.Context(), func(ctx context.Context) error {
			aTopic(ctx, t, s, "Title")
			go func() {
				_, err := s.CreateTopic(t.Context(), store.TopicCreate{Title: "title", Domain: "d", Market: "de", Language: "de"})
				second <- err
			}()
			awaitBlocked(t, s, 1)
			return context.Canceled
		})
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, soon(t, second), "the first was taken back")
	})
}

func TestUpdateTopic(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		update store.TopicUpdate
		expect func(*store.Topic)
	}{
		"title":               {store.TopicUpdate{Title: new("  Another ")}, func(t *store.Topic) { t.Title = "Another" }},
		"case of the title":   {store.TopicUpdate{Title: new("TITLE")}, func(t *store.Topic) { t.Title = "TITLE" }},
		"description":         {store.TopicUpdate{Description: given("New")}, func(t *store.Topic) { t.Description = new("New") }},
		"description to ''":   {store.TopicUpdate{Description: given("")}, func(t *store.Topic) { t.Description = new("") }},
		"description to null": {store.TopicUpdate{Description: cleared[string]()}, func(t *store.Topic) { t.Description = nil }},
		"priority":            {store.TopicUpdate{Priority: new(10)}, func(t *store.Topic) { t.Priority = 10 }},
		"status":              {store.TopicUpdate{Status: new("drafted")}, func(t *store.Topic) { t.Status = "drafted" }},
		"everything": {
			store.TopicUpdate{Title: new("All"), Description: given("of it"), Priority: new(1), Status: new("archived")},
			func(t *store.Topic) {
				t.Title, t.Description, t.Priority, t.Status = "All", new("of it"), 1, "archived"
			},
		},
	}
	for name, tc := range cases {
		t.Run("changes the "+name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			before, err := s.CreateTopic(t.Context(), store.TopicCreate{
				Title: "Title", Description: new("Old"), Domain: "d", Market: "de", Language: "de",
			})
			require.NoError(t, err)
			after, err := s.UpdateTopic(t.Context(), before.ID, before.Revision, tc.update)
			require.NoError(t, err)
			require.Greater(t, after.UpdatedAt, before.UpdatedAt)
			expected := before
			tc.expect(&expected)
			expected.Revision, expected.UpdatedAt = 2, after.UpdatedAt
			require.Equal(t, expected, after)
			read, err := s.Topic(t.Context(), before.ID)
			require.NoError(t, err)
			require.Equal(t, after, read)
			events := happened(t, s)
			require.Equal(t, []string{"topic.created", "topic.updated"}, types(events))
			require.JSONEq(t, `{"topic_id":"`+before.ID.String()+`"}`, string(events[1].Data))
		})
	}

	unchanged := map[string]store.TopicUpdate{
		"nothing":       {},
		"the same data": {Title: new(" Title"), Description: given("Old"), Priority: new(5), Status: new("discovered")},
	}
	for name, update := range unchanged {
		t.Run("moves nothing by "+name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			before, err := s.CreateTopic(t.Context(), store.TopicCreate{
				Title: "Title", Description: new("Old"), Domain: "d", Market: "de", Language: "de",
			})
			require.NoError(t, err)
			after, err := s.UpdateTopic(t.Context(), before.ID, 0, update)
			require.NoError(t, err)
			require.Equal(t, before, after)
			require.Equal(t, []string{"topic.created"}, types(happened(t, s)))
		})
	}

	t.Run("moves nothing by null where nothing is", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		before := aTopic(t.Context(), t, s, "Title")
		after, err := s.UpdateTopic(t.Context(), before.ID, 0, store.TopicUpdate{Description: cleared[string]()})
		require.NoError(t, err)
		require.Equal(t, before, after)
	})

	t.Run("reads what JSON leaves out, nulls and says", func(t *testing.T) {
		t.Parallel()
		for text, expected := range map[string]store.TopicUpdate{
			`{}`:                     {},
			`{"description":null}`:   {Description: cleared[string]()},
			`{"description":"text"}`: {Description: given("text")},
			`{"priority":3}`:         {Priority: new(3)},
		} {
			var update store.TopicUpdate
			require.NoError(t, json.Unmarshal([]byte(text), &update))
			require.Equal(t, expected, update)
		}
	})

	t.Run("refuses a stale revision", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		topic := aTopic(t.Context(), t, s, "Title")
		_, err := s.UpdateTopic(t.Context(), topic.ID, 1, store.TopicUpdate{Priority: new(6)})
		require.NoError(t, err)
		_, err = s.UpdateTopic(t.Context(), topic.ID, 1, store.TopicUpdate{Priority: new(7)})
		require.Equal(t, topic.ID.String(), theRefusal(t, err, store.KindStale).Details["id"])
		after, err := s.Topic(t.Context(), topic.ID)
		require.NoError(t, err)
		require.Equal(t, 6, after.Priority)
	})

	t.Run("of ten that race with one revision one wins", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		topic := aTopic(t.Context(), t, s, "Title")
		answers := make(chan error, 10)
		for i := range cap(answers) {
			go func() {
				_, err := s.UpdateTopic(t.Context(), topic.ID, topic.Revision, store.TopicUpdate{Title: new(fmt.Sprint("Title ", i))})
				answers <- err
			}()
		}
		won := 0
		for range cap(answers) {
			if err := soon(t, answers); err != nil {
				requireKind(t, err, store.KindStale)
				continue
			}
			won++
		}
		require.Equal(t, 1, won)
	})

	t.Run("finds no topic", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := uuid.New()
		_, err := s.UpdateTopic(t.Context(), id, 0, store.TopicUpdate{Priority: new(1)})
		refusal := theRefusal(t, err, store.KindNotFound)
		require.Equal(t, "topic", refusal.Resource)
		require.Equal(t, map[string]any{"id": id.String()}, refusal.Details)
	})

	t.Run("refuses the title of another", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		taken, topic := aTopic(t.Context(), t, s, "Taken"), aTopic(t.Context(), t, s, "Title")
		_, err := s.UpdateTopic(t.Context(), topic.ID, 0, store.TopicUpdate{Title: new("tAKEN"), Priority: new(1)})
		refusal := theRefusal(t, err, store.KindInvalid)
		require.Contains(t, refusal.Message, "duplicate")
		require.Equal(t, taken.ID, refusal.Details["existing_id"])
		after, err := s.Topic(t.Context(), topic.ID)
		require.NoError(t, err)
		require.Equal(t, topic, after)
	})

	t.Run("says every fault at once", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		topic := aTopic(t.Context(), t, s, "Title")
		_, err := s.UpdateTopic(t.Context(), topic.ID, 0, store.TopicUpdate{Status: new("published")})
		require.NoError(t, err)
		_, err = s.UpdateTopic(t.Context(), topic.ID, 0, store.TopicUpdate{Title: new(" a "), Status: new("drafted")})
		requireFault(t, err, "title", "status")
	})

	t.Run("refuses what the table cannot hold", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		topic := aTopic(t.Context(), t, s, "Title")
		_, err := s.UpdateTopic(t.Context(), topic.ID, 0, store.TopicUpdate{Priority: new(11)})
		requireFault(t, err, "priority")
		_, err = s.UpdateTopic(t.Context(), topic.ID, 0, store.TopicUpdate{Title: new(strings.Repeat("a", 501))})
		requireFault(t, err, "title")
		_, err = s.UpdateTopic(t.Context(), topic.ID, 0, store.TopicUpdate{Description: given("a\x00b")})
		requireFault(t, err, "body")
	})

	t.Run("changes nothing that it cannot tell of", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		topic := aTopic(t.Context(), t, s, "Title")
		sabotage(t, s, "insert", "events")
		_, err := s.UpdateTopic(t.Context(), topic.ID, 0, store.TopicUpdate{Priority: new(1)})
		requireSabotage(t, err)
		after, err := s.Topic(t.Context(), topic.ID)
		require.NoError(t, err)
		require.Equal(t, topic, after)
	})

	t.Run("the sync's own columns move no time", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		topic := aTopic(t.Context(), t, s, "Title")
		do(t, s, `update topics set notion_id = 'page', notion_synced_at = now() where id = $1`, topic.ID)
		after, err := s.Topic(t.Context(), topic.ID)
		require.NoError(t, err)
		require.Equal(t, topic.UpdatedAt, after.UpdatedAt)
		require.Equal(t, "page", *after.NotionID)
		require.NotNil(t, after.NotionSyncedAt)
	})
}

// TestTopicStatus/from_to tries each status after each.
func TestTopicStatus(t *testing.T) {
	t.Parallel()
	statuses := []string{"discovered", "validated", "researched", "drafted", "published", "archived"}
	// A row is where a topic stands, a column where it goes, in the order of statuses.
	allowed := map[string]string{
		"discovered": "yyyyyy",
		"validated":  "-yyyyy",
		"researched": "--yyyy",
		"drafted":    "---yyy",
		"published":  "----yy",
		"archived":   "y----y",
	}
	s := storetest.New(t)
	for _, from := range statuses {
		for i, to := range statuses {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				topic := aTopic(t.Context(), t, s, "From "+from+" to "+to)
				do(t, s, `update topics set status = $2 where id = $1`, topic.ID, from)
				after, err := s.UpdateTopic(t.Context(), topic.ID, 0, store.TopicUpdate{Status: &to})
				if allowed[from][i] == 'y' {
					require.NoError(t, err)
					require.Equal(t, to, after.Status)
					return
				}
				requireFault(t, err, "status")
				after, err = s.Topic(t.Context(), topic.ID)
				require.NoError(t, err)
				require.Equal(t, from, after.Status)
			})
		}
	}
	t.Run("unheard of", func(t *testing.T) {
		t.Parallel()
		topic := aTopic(t.Context(), t, s, "Unheard of")
		_, err := s.UpdateTopic(t.Context(), topic.ID, 0, store.TopicUpdate{Status: new("lost")})
		requireFault(t, err, "status")
	})
}

func TestDeleteTopic(t *testing.T) {
	t.Parallel()

	t.Run("is for good", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		topic, other := aTopic(t.Context(), t, s, "Title"), aTopic(t.Context(), t, s, "Other")
		require.NoError(t, s.DeleteTopic(t.Context(), topic.ID, topic.Revision))
		_, err := s.Topic(t.Context(), topic.ID)
		requireKind(t, err, store.KindNotFound)
		requireKind(t, s.DeleteTopic(t.Context(), topic.ID, 0), store.KindNotFound)
		_, err = s.Topic(t.Context(), other.ID)
		require.NoError(t, err)
		events := happened(t, s)
		require.Equal(t, []string{"topic.created", "topic.created", "topic.deleted"}, types(events))
		require.JSONEq(t, `{"topic_id":"`+topic.ID.String()+`"}`, string(events[2].Data))
	})

	t.Run("refuses a stale revision", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		topic := aTopic(t.Context(), t, s, "Title")
		requireKind(t, s.DeleteTopic(t.Context(), topic.ID, 2), store.KindStale)
		_, err := s.Topic(t.Context(), topic.ID)
		require.NoError(t, err)
	})

	t.Run("changes nothing where it fails", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		topic := aTopic(t.Context(), t, s, "Title")
		sabotage(t, s, "delete", "topics")
		requireSabotage(t, s.DeleteTopic(t.Context(), topic.ID, 0))
		require.Equal(t, []string{"topic.created"}, types(happened(t, s)))
	})
}
