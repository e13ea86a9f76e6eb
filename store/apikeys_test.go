package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestCreateAPIKey(t *testing.T) {
	t.Parallel()

	t.Run("makes a key that is shown once", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		end := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
		made, err := s.CreateAPIKey(t.Context(), store.APIKeyCreate{Name: " Newsroom ", Scopes: []string{"read", "write"}, ExpiresAt: &end, Origin: "api"})
		require.NoError(t, err)
		require.Regexp(t, `^cc_[A-Za-z0-9_-]{43}$`, made.Key)
		require.WithinDuration(t, time.Now(), made.CreatedAt, time.Minute)
		require.Equal(t, store.APIKey{
			ID: made.ID, Name: "Newsroom", Scopes: []string{"read", "write"}, Prefix: made.Key[:7], ExpiresAt: &end, CreatedAt: made.CreatedAt,
		}, made.APIKey)
		other := aKey(t, s, "read")
		require.NotEqual(t, made.Key, other.Key)

		found, err := s.APIKeyByKey(t.Context(), made.Key)
		require.NoError(t, err)
		require.Equal(t, made.APIKey, found)
		for _, wrong := range []string{made.Prefix, made.Key[:45], made.Key + "x", strings.ToUpper(made.Key), "", made.ID.String()} {
			_, err = s.APIKeyByKey(t.Context(), wrong)
			require.Equal(t, "api_key", theRefusal(t, err, store.KindNotFound).Resource)
			require.NotContains(t, err.Error(), "cc_", "the message holds no key")
		}
	})

	t.Run("keeps no key anywhere in the database", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		first, err := s.FirstAPIKey(t.Context())
		require.NoError(t, err)
		environment := "environment-" + strings.Repeat("k", 32)
		require.NoError(t, s.SetEnvironmentKey(t.Context(), environment))
		for _, key := range []string{first, environment, aKey(t, s, "read").Key} {
			require.Zero(t, number(t, s, `select count(*) from api_keys where position($1 in api_keys::text) > 0`, key[8:]))
			require.EqualValues(t, 1, number(t, s, `select count(*) from api_keys where prefix = $1`, key[:7]))
		}
	})

	faults := map[string]struct {
		create store.APIKeyCreate
		field  string
	}{
		"an end in the past":      {store.APIKeyCreate{Name: "n", Scopes: []string{"read"}, Origin: "api", ExpiresAt: new(time.Now().Add(-time.Second))}, "expires_at"},
		"a name of nothing":       {store.APIKeyCreate{Name: "\u00a0", Scopes: []string{"read"}, Origin: "api"}, "name"},
		"a name that is too long": {store.APIKeyCreate{Name: strings.Repeat("n", 101), Scopes: []string{"read"}, Origin: "api"}, "name"},
		"no scopes":               {store.APIKeyCreate{Name: "n", Scopes: []string{}, Origin: "api"}, "scopes"},
		"a scope unheard of":      {store.APIKeyCreate{Name: "n", Scopes: []string{"read", "root"}, Origin: "api"}, "scopes"},
	}
	for name, tc := range faults {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			made, err := s.CreateAPIKey(t.Context(), tc.create)
			requireFault(t, err, tc.field)
			require.Empty(t, made.Key, "no key that does not work")
			require.Zero(t, number(t, s, `select count(*) from api_keys`))
		})
	}
}

func TestAPIKey(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ scopes, allowed string }{
		"read":           {"read", "read"},
		"write":          {"write", "read write"},
		"admin":          {"admin", "read write admin"},
		"read and write": {"read write", "read write"},
		"nothing":        {"", ""},
	}
	for name, tc := range cases {
		t.Run(name+" allows", func(t *testing.T) {
			t.Parallel()
			key := store.APIKey{Scopes: strings.Fields(tc.scopes)}
			for _, scope := range []string{"read", "write", "admin"} {
				require.Equal(t, strings.Contains(tc.allowed, scope), key.Allows(scope), scope)
			}
		})
	}
	t.Run("scope unheard of is allowed to nobody", func(t *testing.T) {
		t.Parallel()
		require.False(t, store.APIKey{Scopes: []string{"read", "write", "admin"}}.Allows("root"))
		require.False(t, store.APIKey{Scopes: []string{"root"}}.Allows("read"))
	})
	t.Run("expires at its end", func(t *testing.T) {
		t.Parallel()
		now := time.Now()
		require.False(t, store.APIKey{}.Expired(now))
		require.False(t, store.APIKey{ExpiresAt: new(now.Add(1))}.Expired(now))
		require.True(t, store.APIKey{ExpiresAt: &now}.Expired(now))
		require.True(t, store.APIKey{ExpiresAt: new(now.Add(-1))}.Expired(now))
	})
	t.Run("is found after its end, too", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		made := aKey(t, s, "read")
		do(t, s, `update api_keys set expires_at = now() - interval '1 second'`)
		found, err := s.APIKeyByKey(t.Context(), made.Key)
		require.NoError(t, err)
		require.True(t, found.Expired(time.Now()))
	})
}

func TestSetEnvironmentKey(t *testing.T) {
	t.Parallel()
	one, two := strings.Repeat("1", 32), strings.Repeat("2", 32)

	t.Run("is the one admin key of the environment", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		require.NoError(t, s.SetEnvironmentKey(t.Context(), one))
		before, err := s.APIKeyByKey(t.Context(), one)
		require.NoError(t, err)
		require.True(t, before.Allows("admin"))
		require.NoError(t, s.SetEnvironmentKey(t.Context(), one))
		again, err := s.APIKeyByKey(t.Context(), one)
		require.NoError(t, err)
		require.Equal(t, before, again, "the same key changes nothing")

		heard, _ := listen(t, s)
		require.NoError(t, s.SetEnvironmentKey(t.Context(), two))
		require.Equal(t, "api_keys", soon(t, heard), "every process forgets the old one")
		_, err = s.APIKeyByKey(t.Context(), one)
		requireKind(t, err, store.KindNotFound)
		_, err = s.APIKeyByKey(t.Context(), two)
		require.NoError(t, err)
		require.EqualValues(t, 1, number(t, s, `select count(*) from api_keys`))
	})

	t.Run("takes over a key that is there already", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		made := aKey(t, s, "read")
		require.NoError(t, s.SetEnvironmentKey(t.Context(), made.Key))
		found, err := s.APIKeyByKey(t.Context(), made.Key)
		require.NoError(t, err)
		require.True(t, found.Allows("admin"))
	})

	t.Run("is set by ten processes at once", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		for _, key := range []string{one, two} {
			answers := make(chan error, 10)
			for range cap(answers) {
				go func() { answers <- s.SetEnvironmentKey(t.Context(), key) }()
			}
			for range cap(answers) {
				require.NoError(t, soon(t, answers))
			}
			_, err := s.APIKeyByKey(t.Context(), key)
			require.NoError(t, err)
			require.EqualValues(t, 1, number(t, s, `select count(*) from api_keys`))
		}
	})

	for _, operation := range []string{"delete", "insert"} {
		t.Run("keeps the old one where it fails to "+operation, func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			require.NoError(t, s.SetEnvironmentKey(t.Context(), one))
			sabotage(t, s, operation, "api_keys")
			requireSabotage(t, s.SetEnvironmentKey(t.Context(), two))
			_, err := s.APIKeyByKey(t.Context(), one)
			require.NoError(t, err)
		})
	}
}

func TestFirstAPIKey(t *testing.T) {
	t.Parallel()

	t.Run("is made by one of ten processes", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		type answer struct {
			key string
			err error
		}
		answers := make(chan answer, 10)
		for range cap(answers) {
			go func() {
				key, err := s.FirstAPIKey(t.Context())
				answers <- answer{key, err}
			}()
		}
		var keys []string
		for range cap(answers) {
			a := soon(t, answers)
			require.NoError(t, a.err)
			if a.key != "" {
				keys = append(keys, a.key)
			}
		}
		require.Len(t, keys, 1)
		found, err := s.APIKeyByKey(t.Context(), keys[0])
		require.NoError(t, err)
		require.True(t, found.Allows("admin"))
	})

	t.Run("is made where no admin key works", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		has, err := s.HasAdminKey(t.Context())
		require.NoError(t, err)
		require.False(t, has)
		aKey(t, s, "write")
		expired := aKey(t, s, "admin")
		has, err = s.HasAdminKey(t.Context())
		require.NoError(t, err)
		require.True(t, has)
		key, err := s.FirstAPIKey(t.Context())
		require.NoError(t, err)
		require.Empty(t, key)
		do(t, s, `update api_keys set expires_at = now() where id = $1`, expired.ID)
		key, err = s.FirstAPIKey(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, key)
	})

	t.Run("is none where nobody knows of the others", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		do(t, s, `alter table api_keys drop column expires_at`)
		key, err := s.FirstAPIKey(t.Context())
		require.ErrorContains(t, err, "expires_at")
		require.Empty(t, key)
	})

	t.Run("is none where it cannot be kept", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		sabotage(t, s, "insert", "api_keys")
		key, err := s.FirstAPIKey(t.Context())
		requireSabotage(t, err)
		require.Empty(t, key)
	})
}

func TestTouchAPIKeys(t *testing.T) {
	t.Parallel()

	t.Run("never goes back in time", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		one, two, three := aKey(t, s, "read"), aKey(t, s, "read"), aKey(t, s, "read")
		early := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
		late := early.Add(time.Minute)
		require.NoError(t, s.TouchAPIKeys(t.Context(), map[uuid.UUID]time.Time{one.ID: late, two.ID: early}))
		require.NoError(t, s.TouchAPIKeys(t.Context(), map[uuid.UUID]time.Time{one.ID: early, two.ID: late, uuid.New(): late}))
		require.NoError(t, s.TouchAPIKeys(t.Context(), nil))
		for key, want := range map[string]*time.Time{one.Key: &late, two.Key: &late, three.Key: nil} {
			found, err := s.APIKeyByKey(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, want, found.LastUsedAt)
		}
	})

	t.Run("by many processes at once never deadlocks", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		do(t, s, `
			insert into api_keys (id, name, key_hash, prefix, scopes, origin)
			select gen_random_uuid(), 'n', sha256(i::text::bytea), 'cc_', '{read}', 'api' from generate_series(1, 300) i`)
		rows, _ := s.Pool().Query(t.Context(), `select id from api_keys`)
		ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		require.NoError(t, err)
		for round := range 10 {
			used := map[uuid.UUID]time.Time{}
			for _, id := range ids {
				used[id] = time.Now().Add(time.Duration(round) * time.Second)
			}
			answers := make(chan error, 6)
			for range cap(answers) {
				go func() { answers <- s.TouchAPIKeys(t.Context(), used) }()
			}
			for range cap(answers) {
				require.NoError(t, soon(t, answers))
			}
		}
	})

	t.Run("does not wait for a request that uses the key", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		key := aKey(t, s, "write")
		_, _, err := s.Idempotent(t.Context(), key.ID, "k", []byte("hash"), func(ctx context.Context) (store.Answer, error) {
			tx, _ := store.Tx(ctx)
			_, err := tx.Exec(ctx, `select from api_keys where id = $1 for key share`, key.ID)
			require.NoError(t, err)
			return store.Answer{Status: 201}, s.TouchAPIKeys(t.Context(), map[uuid.UUID]time.Time{key.ID: time.Now()})
		})
		require.NoError(t, err)
	})
}

func TestDeleteAPIKey(t *testing.T) {
	t.Parallel()

	t.Run("revokes in every process", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		key := aKey(t, s, "read")
		heard, _ := listen(t, s)
		require.NoError(t, s.DeleteAPIKey(t.Context(), key.ID))
		require.Equal(t, "api_keys", soon(t, heard))
		_, err := s.APIKeyByKey(t.Context(), key.Key)
		requireKind(t, err, store.KindNotFound)
		requireKind(t, s.DeleteAPIKey(t.Context(), key.ID), store.KindNotFound)
	})

	t.Run("leaves the last admin key", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		one, two := aKey(t, s, "admin"), aKey(t, s, "admin", "read")
		aKey(t, s, "write")
		require.NoError(t, s.DeleteAPIKey(t.Context(), one.ID))
		refusal := theRefusal(t, s.DeleteAPIKey(t.Context(), two.ID), store.KindConflict)
		require.Equal(t, two.ID, refusal.Details["id"])
		_, err := s.APIKeyByKey(t.Context(), two.Key)
		require.NoError(t, err)
	})

	t.Run("leaves the last that works", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		working, expired := aKey(t, s, "admin"), aKey(t, s, "admin")
		do(t, s, `update api_keys set expires_at = now() where id = $1`, expired.ID)
		requireKind(t, s.DeleteAPIKey(t.Context(), working.ID), store.KindConflict)
		require.NoError(t, s.DeleteAPIKey(t.Context(), expired.ID))
	})

	t.Run("of two that revoke each other one succeeds", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		answers := make(chan error, 2)
		for _, key := range []store.APIKeyWithSecret{aKey(t, s, "admin"), aKey(t, s, "admin")} {
			go func() { answers <- s.DeleteAPIKey(t.Context(), key.ID) }()
		}
		failed := 0
		for range cap(answers) {
			if err := soon(t, answers); err != nil {
				requireKind(t, err, store.KindConflict)
				failed++
			}
		}
		require.Equal(t, 1, failed)
	})

	t.Run("keeps the key where nobody knows of the others", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		key := aKey(t, s, "read")
		do(t, s, `alter table api_keys drop column expires_at`)
		require.ErrorContains(t, s.DeleteAPIKey(t.Context(), key.ID), "expires_at")
		require.EqualValues(t, 1, number(t, s, `select count(*) from api_keys`))
	})

	t.Run("keeps the key where it fails", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		key := aKey(t, s, "read")
		sabotage(t, s, "delete", "api_keys")
		requireSabotage(t, s.DeleteAPIKey(t.Context(), key.ID))
	})
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	t.Run("are listed, the newest first", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		list, err := s.APIKeys(t.Context(), store.Page{})
		require.NoError(t, err)
		require.Equal(t, []store.APIKey{}, list.Items)
		var want []store.APIKey
		for range 5 {
			want = append([]store.APIKey{aKey(t, s, "read").APIKey}, want...)
		}
		walked, page := []store.APIKey{}, store.Page{Size: 2}
		for {
			list, err := s.APIKeys(t.Context(), page)
			require.NoError(t, err)
			require.Equal(t, 5, list.Total)
			walked = append(walked, list.Items...)
			if list.NextCursor == nil {
				break
			}
			page.Cursor = *list.NextCursor
		}
		require.Equal(t, want, walked)
		require.NotContains(t, fmt.Sprintf("%+v", walked), "key_hash")
	})
}

// aKey is a new key with these scopes.
func aKey(t *testing.T, s *store.Store, scopes ...string) store.APIKeyWithSecret {
	t.Helper()
	key, err := s.CreateAPIKey(t.Context(), store.APIKeyCreate{Name: "A key", Scopes: scopes, Origin: "api"})
	require.NoError(t, err)
	return key
}
