package store_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestIdempotent(t *testing.T) {
	t.Parallel()
	first, other := []byte("hash of the request"), []byte("hash of another")
	created := store.Answer{
		Status: http.StatusCreated, Headers: map[string]string{"Location": "/api/v1/topics/1", "ETag": `"1"`}, Body: []byte("{\"a\":\"\x00\xff\"}\n"),
	}
	never := func(context.Context) (store.Answer, error) { panic("it has run once already") }

	t.Run("keeps the first answer", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		client := aKey(t, s, "write").ID
		answer, replayed, err := s.Idempotent(t.Context(), client, "k", first, func(ctx context.Context) (store.Answer, error) {
			aTopic(ctx, t, s, "Title")
			return created, nil
		})
		require.NoError(t, err)
		require.False(t, replayed)
		require.Equal(t, created, answer)
		for range 3 {
			answer, replayed, err = s.Idempotent(t.Context(), client, "k", first, never)
			require.NoError(t, err)
			require.True(t, replayed)
			require.Equal(t, created, answer)
		}
		require.EqualValues(t, 1, number(t, s, `select count(*) from topics`))
	})

	t.Run("keeps an answer of nothing but a status", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		client := aKey(t, s, "write").ID
		requireRuns(t, s, client, "k", first, store.Answer{Status: http.StatusNoContent})
		answer, replayed, err := s.Idempotent(t.Context(), client, "k", first, never)
		require.NoError(t, err)
		require.True(t, replayed)
		require.Equal(t, store.Answer{Status: http.StatusNoContent, Headers: map[string]string{}, Body: []byte{}}, answer)
	})

	t.Run("refuses another request with the key", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		client := aKey(t, s, "write").ID
		requireRuns(t, s, client, "k", first, created)
		_, replayed, err := s.Idempotent(t.Context(), client, "k", other, never)
		require.ErrorIs(t, err, store.ErrIdempotencyReused)
		require.False(t, replayed)
	})

	t.Run("knows each client's keys", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		one, two := aKey(t, s, "write").ID, aKey(t, s, "write").ID
		requireRuns(t, s, one, "k", first, created)
		requireRuns(t, s, two, "k", other, created)
		requireRuns(t, s, one, "K", other, created)
		require.NoError(t, s.DeleteAPIKey(t.Context(), one), "its answers go with it")
		require.EqualValues(t, 1, number(t, s, `select count(*) from idempotency_keys`))
	})

	t.Run("refuses a repetition while the first runs", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		client := aKey(t, s, "write").ID
		_, _, err := s.Idempotent(t.Context(), client, "k", first, func(context.Context) (store.Answer, error) {
			_, _, err := s.Idempotent(t.Context(), client, "k", first, never)
			require.ErrorIs(t, err, store.ErrIdempotencyInUse)
			requireRuns(t, s, client, "another", first, created)
			return created, nil
		})
		require.NoError(t, err)
		_, replayed, err := s.Idempotent(t.Context(), client, "k", first, never)
		require.NoError(t, err)
		require.True(t, replayed)
	})

	t.Run("of twenty that race one runs", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		client := aKey(t, s, "write").ID
		var runs atomic.Int32
		answers := make(chan error, 20)
		for range cap(answers) {
			go func() {
				_, _, err := s.Idempotent(t.Context(), client, "k", first, func(context.Context) (store.Answer, error) {
					runs.Add(1)
					return created, nil
				})
				answers <- err
			}()
		}
		for range cap(answers) {
			if err := soon(t, answers); err != nil {
				require.ErrorIs(t, err, store.ErrIdempotencyInUse)
			}
		}
		require.EqualValues(t, 1, runs.Load())
	})

	t.Run("keeps nothing of a failure", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		client := aKey(t, s, "write").ID
		broken := errors.New("broken")
		_, replayed, err := s.Idempotent(t.Context(), client, "k", first, func(ctx context.Context) (store.Answer, error) {
			aTopic(ctx, t, s, "Title")
			return store.Answer{}, broken
		})
		require.ErrorIs(t, err, broken)
		require.False(t, replayed)
		require.Zero(t, number(t, s, `select count(*) from topics`))
		requireRuns(t, s, client, "k", other, created)
	})

	for _, status := range []int{http.StatusMultipleChoices, http.StatusUnprocessableEntity, http.StatusInternalServerError} {
		t.Run("gives but does not keep "+http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			client := aKey(t, s, "write").ID
			refused := store.Answer{Status: status, Headers: map[string]string{}, Body: []byte("no")}
			answer, replayed, err := s.Idempotent(t.Context(), client, "k", first, func(ctx context.Context) (store.Answer, error) {
				aTopic(ctx, t, s, "Title")
				return refused, nil
			})
			require.NoError(t, err)
			require.False(t, replayed)
			require.Equal(t, refused, answer)
			require.Zero(t, number(t, s, `select count(*) from topics`), "its effects are taken back")
			requireRuns(t, s, client, "k", other, created)
		})
	}

	t.Run("forgets after a day", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		client := aKey(t, s, "write").ID
		requireRuns(t, s, client, "k", first, created)
		age(t, s, store.IdempotencyAge-time.Minute)
		_, replayed, err := s.Idempotent(t.Context(), client, "k", first, never)
		require.NoError(t, err)
		require.True(t, replayed)
		age(t, s, store.IdempotencyAge+time.Minute)
		requireRuns(t, s, client, "k", other, store.Answer{Status: 200, Headers: map[string]string{}, Body: []byte("new")})
		answer, replayed, err := s.Idempotent(t.Context(), client, "k", other, never)
		require.NoError(t, err)
		require.True(t, replayed, "the new answer counts from now")
		require.Equal(t, "new", string(answer.Body))
	})

	t.Run("keeps no effects where the answer cannot be kept", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		client := aKey(t, s, "write").ID
		sabotage(t, s, "insert", "idempotency_keys")
		_, _, err := s.Idempotent(t.Context(), client, "k", first, func(ctx context.Context) (store.Answer, error) {
			aTopic(ctx, t, s, "Title")
			return created, nil
		})
		requireSabotage(t, err)
		require.Zero(t, number(t, s, `select count(*) from topics`))
	})

	t.Run("runs nothing where it cannot look first", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		do(t, s, `drop table idempotency_keys`)
		_, _, err := s.Idempotent(t.Context(), uuid.New(), "k", first, never)
		require.ErrorContains(t, err, "idempotency_keys")
	})
}

func TestDeleteOldAnswers(t *testing.T) {
	t.Parallel()
	t.Run("keeps the younger ones", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		client := aKey(t, s, "write").ID
		requireRuns(t, s, client, "old", []byte("hash"), store.Answer{Status: 200, Headers: map[string]string{}, Body: []byte{}})
		age(t, s, store.IdempotencyAge+time.Minute)
		requireRuns(t, s, client, "young", []byte("hash"), store.Answer{Status: 200, Headers: map[string]string{}, Body: []byte{}})
		require.NoError(t, s.DeleteOldAnswers(t.Context()))
		require.EqualValues(t, 1, number(t, s, `select count(*) from idempotency_keys`))
		require.EqualValues(t, 1, number(t, s, `select count(*) from idempotency_keys where key = 'young'`))
	})
}

// requireRuns wants a request to run, not to be replayed, and to be answered so.
func requireRuns(t *testing.T, s *store.Store, client uuid.UUID, key string, request []byte, answer store.Answer) {
	t.Helper()
	ran := false
	got, replayed, err := s.Idempotent(t.Context(), client, key, request, func(context.Context) (store.Answer, error) {
		ran = true
		return answer, nil
	})
	require.NoError(t, err)
	require.True(t, ran)
	require.False(t, replayed)
	require.Equal(t, answer, got)
}

// age makes all kept answers so old.
func age(t *testing.T, s *store.Store, d time.Duration) {
	t.Helper()
	do(t, s, `update idempotency_keys set created_at = now() - $1::interval`, d)
}
