package store_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/oapi-codegen/nullable"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// patience is for how long the tests wait for what must happen.
const patience = time.Minute

func TestOpen(t *testing.T) {
	t.Parallel()
	server := storetest.Server(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	nowhere, err := url.Parse(server)
	require.NoError(t, err)
	nowhere.Path = "/nowhere"

	t.Run("works", func(t *testing.T) {
		t.Parallel()
		s, err := store.Open(t.Context(), server, 0)
		require.NoError(t, err)
		require.NoError(t, s.Ping(t.Context()))
		var zone string
		require.NoError(t, s.Pool().QueryRow(t.Context(), `select current_setting('timezone')`).Scan(&zone))
		require.Equal(t, "UTC", zone)
		s.Close()
		require.Error(t, s.Ping(t.Context()))
	})

	t.Run("answers times in UTC", func(t *testing.T) {
		t.Parallel()
		s, err := store.Open(t.Context(), server, 1)
		require.NoError(t, err)
		defer s.Close()
		var now time.Time
		require.NoError(t, s.Pool().QueryRow(t.Context(), `select now()`).Scan(&now))
		require.Equal(t, time.UTC, now.Location())
	})

	t.Run("what the address says goes before the defaults", func(t *testing.T) {
		t.Parallel()
		joint := "?"
		if strings.Contains(server, "?") {
			joint = "&"
		}
		s, err := store.Open(t.Context(), server+joint+"application_name=mine", 3)
		require.NoError(t, err)
		defer s.Close()
		var name string
		require.NoError(t, s.Pool().QueryRow(t.Context(), `select current_setting('application_name')`).Scan(&name))
		require.Equal(t, "mine", name)
		require.EqualValues(t, 3, s.Pool().Config().MaxConns)
	})

	faults := map[string]struct {
		dsn      string
		maxConns int
		says     string
	}{
		"port that is none":             {"postgres://joe:hush@localhost:port/db", 1, "read the database address"},
		"ssl mode that is none":         {"postgres://joe:hush@localhost/db?sslmode=maybe", 1, "sslmode is invalid"},
		"password with a slash":         {"postgres://joe:hu/hush@localhost/db", 1, "malformed"},
		"password with a broken escape": {"postgres://joe:%zhush@localhost/db", 1, "read the database address"},
		"password with a space":         {"host=localhost password=very hush user=joe", 1, "malformed"},
		"no address at all":             {"joe:hush@localhost", 1, "read the database address"},
		"pool of no connections":        {"postgres://joe:hush@localhost/db?pool_max_conns=0", 1, "malformed"},
		"pool that is too large":        {"postgres://joe:hush@localhost/db", 1 << 31, "open the database"},
		"nobody listens":                {"postgres://joe:hush@" + closed.Addr().String() + "/db?sslmode=disable", 1, "refused"},
		"no such database":              {nowhere.String(), 1, "does not exist"},
	}
	for name, tc := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), tc.dsn, tc.maxConns)
			require.Nil(t, s)
			require.ErrorContains(t, err, tc.says)
			require.NotContains(t, err.Error(), "hush", "the password")
		})
	}
}

// TestOpenOldServer/is_refused talks to a server that says it is PostgreSQL 14.
func TestOpenOldServer(t *testing.T) {
	t.Parallel()
	t.Run("is refused", func(t *testing.T) {
		t.Parallel()
		s, err := store.Open(t.Context(), pretendServer(t, "140012"), 1)
		require.Nil(t, s)
		require.EqualError(t, err, "PostgreSQL 14 is too old: 15 or newer is needed")
	})
}

func TestInTx(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")

	t.Run("commits", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		var topic store.Topic
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			topic = aTopic(ctx, t, s, "Inside")
			_, err := s.Topic(t.Context(), topic.ID)
			requireKind(t, err, store.KindNotFound)
			return nil
		}))
		_, err := s.Topic(t.Context(), topic.ID)
		require.NoError(t, err)
	})

	t.Run("takes everything back", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		var topic store.Topic
		require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
			topic = aTopic(ctx, t, s, "Inside")
			return broken
		}), broken)
		_, err := s.Topic(t.Context(), topic.ID)
		requireKind(t, err, store.KindNotFound)
	})

	t.Run("joins the one around it", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		var topic store.Topic
		require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
			require.NoError(t, s.InTx(ctx, func(inner context.Context) error {
				outerTx, _ := store.Tx(ctx)
				innerTx, inside := store.Tx(inner)
				require.True(t, inside)
				require.Equal(t, outerTx, innerTx)
				topic = aTopic(inner, t, s, "Inside")
				return nil
			}))
			return broken
		}), broken)
		_, err := s.Topic(t.Context(), topic.ID)
		requireKind(t, err, store.KindNotFound)
	})

	t.Run("goes on after a refused duplicate", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		taken, other := aTopic(t.Context(), t, s, "Taken"), aTopic(t.Context(), t, s, "Other")
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			_, err := s.UpdateTopic(ctx, other.ID, 0, store.TopicUpdate{Title: new("TAKEN")})
			refusal := theRefusal(t, err, store.KindInvalid)
			require.Equal(t, taken.ID, refusal.Details["existing_id"])
			_, err = s.UpdateTopic(ctx, other.ID, 0, store.TopicUpdate{Title: new("Free")})
			return err
		}))
		after, err := s.Topic(t.Context(), other.ID)
		require.NoError(t, err)
		require.Equal(t, "Free", after.Title)
	})

	t.Run("takes back what a panic leaves", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		require.PanicsWithValue(t, "broken", func() {
			_ = s.InTx(t.Context(), func(ctx context.Context) error {
				aTopic(ctx, t, s, "Inside")
				panic("broken")
			})
		})
		require.Zero(t, number(t, s, `select count(*) from topics`))
	})

	t.Run("needs a database", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		s.Close()
		require.Error(t, s.InTx(t.Context(), func(context.Context) error { return nil }))
	})

	t.Run("none outside", func(t *testing.T) {
		t.Parallel()
		_, inside := store.Tx(t.Context())
		require.False(t, inside)
	})
}

// TestEveryMethod/fails_without_its_database calls all of them with a context that has ended and on a
// closed pool.
func TestEveryMethod(t *testing.T) {
	t.Parallel()
	id := uuid.New()
	calls := map[string]func(context.Context, *store.Store) error{
		"CreateTopic": func(ctx context.Context, s *store.Store) error {
			_, err := s.CreateTopic(ctx, store.TopicCreate{Title: "Title", Domain: "d", Market: "m", Language: "de"})
			return err
		},
		"Topic": func(ctx context.Context, s *store.Store) error { _, err := s.Topic(ctx, id); return err },
		"UpdateTopic": func(ctx context.Context, s *store.Store) error {
			_, err := s.UpdateTopic(ctx, id, 0, store.TopicUpdate{Priority: new(3)})
			return err
		},
		"DeleteTopic": func(ctx context.Context, s *store.Store) error { return s.DeleteTopic(ctx, id, 0) },
		"CreateCollection": func(ctx context.Context, s *store.Store) error {
			_, err := s.CreateCollection(ctx, store.CollectionCreate{Name: "n", URL: new("https://example.org"), Domain: "d", Market: "m"})
			return err
		},
		"Collection": func(ctx context.Context, s *store.Store) error { _, err := s.Collection(ctx, id); return err },
		"UpdateCollection": func(ctx context.Context, s *store.Store) error {
			_, err := s.UpdateCollection(ctx, id, 0, store.CollectionUpdate{})
			return err
		},
		"DeleteCollection": func(ctx context.Context, s *store.Store) error { return s.DeleteCollection(ctx, id, 0) },
		"ClaimDueCollections": func(ctx context.Context, s *store.Store) error {
			_, err := s.ClaimDueCollections(ctx, time.Now(), 1)
			return err
		},
		"CollectionHealth": func(ctx context.Context, s *store.Store) error { _, err := s.CollectionHealth(ctx, id); return err },
		"Collections": func(ctx context.Context, s *store.Store) error {
			_, err := s.Collections(ctx, store.CollectionFilter{}, store.Page{})
			return err
		},
		"SavePoll":       func(ctx context.Context, s *store.Store) error { _, err := s.SavePoll(ctx, store.Poll{}); return err },
		"Document":       func(ctx context.Context, s *store.Store) error { _, err := s.Document(ctx, id); return err },
		"DeleteDocument": func(ctx context.Context, s *store.Store) error { return s.DeleteDocument(ctx, id, 0) },
		"Events": func(ctx context.Context, s *store.Store) error {
			_, err := s.Events(ctx, store.EventID{}, store.EventFilter{}, 1)
			return err
		},
		"LastEventID":     func(ctx context.Context, s *store.Store) error { _, err := s.LastEventID(ctx); return err },
		"Emit":            func(ctx context.Context, s *store.Store) error { return s.Emit(ctx, "test", nil) },
		"DeleteOldEvents": func(ctx context.Context, s *store.Store) error { return s.DeleteOldEvents(ctx, 0, time.Hour) },
		"Listen":          func(ctx context.Context, s *store.Store) error { return s.Listen(ctx, func() {}, func(string) {}) },
		"Job":             func(ctx context.Context, s *store.Store) error { _, err := s.Job(ctx, 1); return err },
		"Jobs": func(ctx context.Context, s *store.Store) error {
			_, err := s.Jobs(ctx, store.JobFilter{}, store.Page{})
			return err
		},
		"ReportProgress": func(ctx context.Context, s *store.Store) error {
			return s.ReportProgress(ctx, 1, store.JobProgress{})
		},
		"WatchJob":       func(ctx context.Context, s *store.Store) error { return s.WatchJob(ctx, 1) },
		"RequeueOrphans": func(ctx context.Context, s *store.Store) error { _, err := s.RequeueOrphans(ctx); return err },
		"HoldClientLock": func(ctx context.Context, s *store.Store) error { return s.HoldClientLock(ctx, "x", func() {}) },
		"QueueDepths":    func(ctx context.Context, s *store.Store) error { _, err := s.QueueDepths(ctx); return err },
		"CreateAPIKey": func(ctx context.Context, s *store.Store) error {
			_, err := s.CreateAPIKey(ctx, store.APIKeyCreate{Name: "n", Scopes: []string{"read"}, Origin: "api"})
			return err
		},
		"SetEnvironmentKey": func(ctx context.Context, s *store.Store) error {
			return s.SetEnvironmentKey(ctx, strings.Repeat("k", 32))
		},
		"FirstAPIKey": func(ctx context.Context, s *store.Store) error { _, err := s.FirstAPIKey(ctx); return err },
		"HasAdminKey": func(ctx context.Context, s *store.Store) error { _, err := s.HasAdminKey(ctx); return err },
		"APIKeyByKey": func(ctx context.Context, s *store.Store) error { _, err := s.APIKeyByKey(ctx, "k"); return err },
		"TouchAPIKeys": func(ctx context.Context, s *store.Store) error {
			return s.TouchAPIKeys(ctx, map[uuid.UUID]time.Time{id: time.Now()})
		},
		"DeleteAPIKey": func(ctx context.Context, s *store.Store) error { return s.DeleteAPIKey(ctx, id) },
		"APIKeys":      func(ctx context.Context, s *store.Store) error { _, err := s.APIKeys(ctx, store.Page{}); return err },
		"Settings":     func(ctx context.Context, s *store.Store) error { _, err := s.Settings(ctx); return err },
		"UpdateSettings": func(ctx context.Context, s *store.Store) error {
			_, err := s.UpdateSettings(ctx, 0, store.SettingsUpdate{})
			return err
		},
		"Idempotent": func(ctx context.Context, s *store.Store) error {
			_, _, err := s.Idempotent(ctx, id, "k", nil, func(context.Context) (store.Answer, error) { return store.Answer{}, nil })
			return err
		},
		"CreateWebhook": func(ctx context.Context, s *store.Store) error {
			_, err := s.CreateWebhook(ctx, store.WebhookCreate{URL: "https://example.org"})
			return err
		},
		"Webhook":  func(ctx context.Context, s *store.Store) error { _, err := s.Webhook(ctx, id); return err },
		"Webhooks": func(ctx context.Context, s *store.Store) error { _, err := s.Webhooks(ctx, store.Page{}); return err },
		"UpdateWebhook": func(ctx context.Context, s *store.Store) error {
			_, err := s.UpdateWebhook(ctx, id, 0, store.WebhookUpdate{})
			return err
		},
		"DeleteWebhook": func(ctx context.Context, s *store.Store) error { return s.DeleteWebhook(ctx, id, 0) },
		"RotateWebhookSecret": func(ctx context.Context, s *store.Store) error {
			_, err := s.RotateWebhookSecret(ctx, id, time.Now())
			return err
		},
		"WebhookDeliveries": func(ctx context.Context, s *store.Store) error {
			_, err := s.WebhookDeliveries(ctx, id, store.WebhookDeliveryFilter{}, store.Page{})
			return err
		},
		"WebhookDelivery": func(ctx context.Context, s *store.Store) error { _, err := s.WebhookDelivery(ctx, id, id); return err },
		"TestWebhook": func(ctx context.Context, s *store.Store) error {
			_, err := s.TestWebhook(ctx, id, "t", nil, time.Now())
			return err
		},
		"ReplayDelivery": func(ctx context.Context, s *store.Store) error {
			_, err := s.ReplayDelivery(ctx, id, id, time.Now())
			return err
		},
		"DeleteOldDeliveries": func(ctx context.Context, s *store.Store) error { return s.DeleteOldDeliveries(ctx, 0, 0) },
		"WebhooksWithWork": func(ctx context.Context, s *store.Store) error {
			_, err := s.WebhooksWithWork(ctx, time.Now())
			return err
		},
		"AdvanceWebhook": func(ctx context.Context, s *store.Store) error {
			_, err := s.AdvanceWebhook(ctx, id, time.Now(), nil)
			return err
		},
		"WebhookCalls": func(ctx context.Context, s *store.Store) error {
			_, err := s.WebhookCalls(ctx, id, time.Now(), 1)
			return err
		},
		"SaveWebhookOutcome": func(ctx context.Context, s *store.Store) error {
			return s.SaveWebhookOutcome(ctx, store.WebhookOutcome{WebhookID: id})
		},
		"PassOverEvents":   func(ctx context.Context, s *store.Store) error { return s.PassOverEvents(ctx) },
		"WebhookFigures":   func(ctx context.Context, s *store.Store) error { _, err := s.WebhookFigures(ctx); return err },
		"DeleteOldAnswers": func(ctx context.Context, s *store.Store) error { return s.DeleteOldAnswers(ctx) },
		"FindDocuments": func(ctx context.Context, s *store.Store) error {
			_, err := s.FindDocuments(ctx, "word", store.DocumentFilter{}, store.Page{})
			return err
		},
	}
	s, ended := storetest.New(t), storetest.New(t)
	ended.Close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range calls {
		t.Run(name+"/fails without its database", func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, call(over, s), context.Canceled)
			err := call(t.Context(), ended)
			require.ErrorContains(t, err, "closed pool")
			var refusal *store.Error
			require.NotErrorAs(t, err, &refusal, "nothing that the caller could mend")
			ended := s.InTx(t.Context(), func(ctx context.Context) error {
				over, cancel := context.WithCancel(ctx)
				cancel()
				return call(over, s)
			})
			require.ErrorIs(t, ended, context.Canceled, "in the middle of a transaction")
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	t.Run("are worded for people", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		id := uuid.New()
		_, err := s.Topic(t.Context(), id)
		require.EqualError(t, err, "There is no topic with the id "+id.String()+".")
		require.EqualError(t, s.DeleteAPIKey(t.Context(), id), "There is no API key with the id "+id.String()+".")
		topic := aTopic(t.Context(), t, s, "Title")
		require.EqualError(t, s.DeleteTopic(t.Context(), topic.ID, 99),
			"The topic has changed since you read it: its ETag differs from If-Match. Read it again.")
	})
	t.Run("job in the wrong state", func(t *testing.T) {
		t.Parallel()
		refusal := store.JobConflict(store.Job{ID: 7, State: "running"}, "Not now.")
		require.Equal(t, &store.Error{
			Kind: store.KindConflict, Resource: "job", Message: "Not now.", Details: map[string]any{"id": "7", "state": "running"},
		}, refusal)
	})
	t.Run("second row with one key", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		_, err := s.Pool().Exec(t.Context(), `insert into settings default values`)
		require.True(t, store.IsUniqueViolation(err), "%v", err)
		_, err = s.Pool().Exec(t.Context(), `update settings set rate_limit = -1`)
		require.Error(t, err)
		require.False(t, store.IsUniqueViolation(err), "%v", err)
		require.False(t, store.IsUniqueViolation(nil))
	})
}

// TestColumns/agree_with_the_struct: each column is in the struct or left out on purpose, and what may be
// null is what can say so.
func TestColumns(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	tables := map[string]struct {
		row any
		// internal are columns that no struct needs, made are fields that a query or the server makes.
		internal, made []string
	}{
		"topics": {store.Topic{}, []string{"title_key", "search_vector", "rank_vector", "facet", "title_order", "score_order", "seq"}, nil},
		"documents": {
			store.Document{},
			[]string{"canonical_url_hash", "search_vector", "rank_vector", "facet", "published_order", "seq"},
			[]string{"keywords", "entities", "contentmarkdown", "entryaddress"},
		},
		"collections": {store.Collection{}, nil, []string{"namekey"}},
		"api_keys":    {store.APIKey{}, []string{"key_hash", "origin"}, nil},
		"settings":    {store.Settings{}, []string{"id"}, nil},
	}
	for table, tc := range tables {
		t.Run(table+"/agree with the struct", func(t *testing.T) {
			t.Parallel()
			fields := map[string]reflect.Type{}
			for _, field := range reflect.VisibleFields(reflect.TypeOf(tc.row)) {
				fields[strings.ToLower(field.Name)] = field.Type
			}
			for _, made := range tc.made {
				require.Contains(t, fields, made)
				delete(fields, made)
			}
			internal := map[string]bool{}
			for _, name := range tc.internal {
				internal[name] = true
			}
			rows, _ := s.Pool().Query(t.Context(), `
				select column_name::text as name, is_nullable = 'YES' as nullable
				from information_schema.columns
				where table_schema = 'public' and table_name = $1`, table)
			type column struct {
				Name     string
				Nullable bool
			}
			columns, err := pgx.CollectRows(rows, pgx.RowToStructByName[column])
			require.NoError(t, err)
			require.NotEmpty(t, columns)
			for _, c := range columns {
				field, known := fields[strings.ReplaceAll(c.Name, "_", "")]
				delete(fields, strings.ReplaceAll(c.Name, "_", ""))
				if internal[c.Name] {
					require.False(t, known, "%s is in the struct after all", c.Name)
					delete(internal, c.Name)
					continue
				}
				require.True(t, known, "%s is not in the struct", c.Name)
				require.Equal(t, c.Nullable, field.Kind() == reflect.Pointer, "%s is %s; may be null: %t", c.Name, field, c.Nullable)
			}
			require.Empty(t, fields, "fields without a column")
			require.Empty(t, internal, "columns that are gone")
		})
	}
}

// aTopic is a topic with this title.
func aTopic(ctx context.Context, t *testing.T, s *store.Store, title string) store.Topic {
	t.Helper()
	topic, err := s.CreateTopic(ctx, store.TopicCreate{Title: title, Domain: "tech", Market: "de", Language: "de"})
	require.NoError(t, err)
	return topic
}

// aCollection is a collection at this address.
func aCollection(t *testing.T, s *store.Store, url string) store.Collection {
	t.Helper()
	c, err := s.CreateCollection(t.Context(), store.CollectionCreate{Name: "A feed", URL: &url, Domain: "tech", Market: "de"})
	require.NoError(t, err)
	return c
}

// requireKind wants a refusal of this kind.
func requireKind(t *testing.T, err error, kind store.Kind) {
	t.Helper()
	_ = theRefusal(t, err, kind)
}

// theRefusal is the refusal of this kind that err must be.
func theRefusal(t *testing.T, err error, kind store.Kind) *store.Error {
	t.Helper()
	var refusal *store.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, kind, refusal.Kind, "%v", err)
	return refusal
}

// requireFault wants a refusal that names these fields and no others.
func requireFault(t *testing.T, err error, fields ...string) {
	t.Helper()
	faults, ok := theRefusal(t, err, store.KindInvalid).Details["errors"].(map[string]string)
	require.True(t, ok)
	var named []string
	for field, fault := range faults {
		require.NotEmpty(t, fault)
		named = append(named, field)
	}
	require.ElementsMatch(t, fields, named)
}

// number is what a query counts.
func number(t *testing.T, s *store.Store, query string, args ...any) int64 {
	t.Helper()
	var n int64
	require.NoError(t, s.Pool().QueryRow(t.Context(), query, args...).Scan(&n))
	return n
}

// do runs a statement.
func do(t *testing.T, s *store.Store, statement string, args ...any) {
	t.Helper()
	_, err := s.Pool().Exec(t.Context(), statement, args...)
	require.NoError(t, err)
}

// sabotage makes the database fail at what is done to a table, once the statement gets there.
func sabotage(t *testing.T, s *store.Store, operation, table string) {
	t.Helper()
	do(t, s, `create or replace function sabotage() returns trigger language plpgsql as $$ begin raise exception 'sabotage'; end $$`)
	do(t, s, `create trigger sabotage before `+operation+` on `+table+` for each statement execute function sabotage()`)
}

// requireSabotage wants the fault that sabotage makes, not a refusal.
func requireSabotage(t *testing.T, err error) {
	t.Helper()
	var pg *pgconn.PgError
	require.ErrorAs(t, err, &pg)
	require.Equal(t, "sabotage", pg.Message)
}

// happened are all events of the database so far. It adds one of its own and waits until that can be
// seen: no event before it can then be on its way.
func happened(t *testing.T, s *store.Store) []store.Event {
	t.Helper()
	mark := "mark." + uuid.NewString()
	require.NoError(t, s.Emit(t.Context(), mark, map[string]any{}))
	var events []store.Event
	await(t, func() bool {
		all, err := s.Events(t.Context(), store.EventID{}, store.EventFilter{}, 10_000)
		require.NoError(t, err)
		events = events[:0]
		for _, event := range all {
			if event.Type == mark {
				return true
			}
			if !strings.HasPrefix(event.Type, "mark.") {
				events = append(events, event)
			}
		}
		return false
	})
	return events
}

// types are the types of events.
func types(events []store.Event) []string {
	names := []string{}
	for _, event := range events {
		names = append(names, event.Type)
	}
	return names
}

// await asks again and again until the answer is yes, and gives up after patience.
func await(t *testing.T, done func() bool) {
	t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			require.FailNow(t, "it has not happened in time")
		case <-tick.C:
		}
	}
}

// soon takes what comes through a channel, and gives up after patience.
func soon[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		require.FailNow(t, "nothing came in time")
		panic("unreachable")
	}
}

// awaitBlocked waits until n connections of the test's database wait for a lock of another one.
func awaitBlocked(t *testing.T, s *store.Store, n int64) {
	t.Helper()
	await(t, func() bool {
		return number(t, s, `
			select count(*)
			from pg_stat_activity
			where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`) >= n
	})
}

// pretendServer answers like a PostgreSQL that knows nothing but its version.
func pretendServer(t *testing.T, version string) (dsn string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go pretend(conn, version)
		}
	}()
	return "postgres://joe@" + listener.Addr().String() + "/db?sslmode=disable&default_query_exec_mode=simple_protocol"
}

// cleared is a null.
func cleared[T any]() nullable.Nullable[T] { return nullable.NewNullNullable[T]() }

// given is a value that may be null and is not.
func given[T any](value T) nullable.Nullable[T] { return nullable.NewNullableWithValue(value) }

// pretend serves one connection of pretendServer.
func pretend(conn net.Conn, version string) {
	defer func() { _ = conn.Close() }()
	backend := pgproto3.NewBackend(conn, conn)
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return
	}
	backend.Send(&pgproto3.AuthenticationOk{})
	backend.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	backend.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	for backend.Flush() == nil {
		message, err := backend.Receive()
		if err != nil {
			return
		}
		query, asked := message.(*pgproto3.Query)
		switch {
		case !asked:
			return
		case strings.Contains(query.String, "server_version_num"):
			backend.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
				{Name: []byte("version"), DataTypeOID: 23, DataTypeSize: 4, TypeModifier: -1},
			}})
			backend.Send(&pgproto3.DataRow{Values: [][]byte{[]byte(version)}})
			backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
		default:
			backend.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "0A000", Message: "this server only pretends"})
		}
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	}
}
