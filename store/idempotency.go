package store

import (
	"bytes"
	"context"
	"errors"
	"hash/fnv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// IdempotencyAge is for how long the first answer to a key is kept.
const IdempotencyAge = 24 * time.Hour

// An Answer is what a request was answered, kept so that its repetition gets the same.
type Answer struct {
	Status  int
	Headers map[string]string
	Body    []byte
}

// Errors of Idempotent.
var (
	// ErrIdempotencyInUse: a request with this key is still running.
	ErrIdempotencyInUse = errors.New("a request with this Idempotency-Key is still running")
	// ErrIdempotencyReused: the key came with another request before.
	ErrIdempotencyReused = errors.New("this Idempotency-Key came with another request before")
)

// Idempotent runs work at most once per key of a client: in one transaction with its effects it
// keeps the answer, and gives that to every later request with the same key and request hash.
// An answer that is not a success is given but not kept, and its effects are taken back.
func (s *Store) Idempotent(ctx context.Context, client uuid.UUID, key string, request []byte,
	work func(ctx context.Context) (Answer, error),
) (answer Answer, replayed bool, err error) {
	failed := errors.New("not a success")
	err = s.InTx(ctx, func(ctx context.Context) error {
		if err := s.lockIdempotencyKey(ctx, client, key); err != nil {
			return err
		}
		answer, replayed, err = s.keptAnswer(ctx, client, key, request)
		if err != nil || replayed {
			return err
		}
		if answer, err = work(ctx); err != nil {
			return err
		}
		if answer.Status >= 300 {
			return failed
		}
		return s.keepAnswer(ctx, client, key, request, answer)
	})
	if errors.Is(err, failed) {
		err = nil
	}
	return answer, replayed, err
}

func (s *Store) lockIdempotencyKey(ctx context.Context, client uuid.UUID, key string) error {
	hash := fnv.New64a()
	_, _ = hash.Write(client[:])
	_, _ = hash.Write([]byte(key))
	var locked bool
	err := s.db(ctx).QueryRow(ctx, `select pg_try_advisory_xact_lock($1)`, int64(hash.Sum64())).Scan(&locked)
	if err == nil && !locked {
		return ErrIdempotencyInUse
	}
	return err
}

func (s *Store) keptAnswer(ctx context.Context, client uuid.UUID, key string, request []byte) (Answer, bool, error) {
	const q = `
		select request_hash, status, headers, body
		from idempotency_keys
		where api_key_id = $1 and key = $2 and created_at > now() - $3::interval`
	var answer Answer
	var kept []byte
	err := s.db(ctx).QueryRow(ctx, q, client, key, IdempotencyAge).Scan(&kept, &answer.Status, &answer.Headers, &answer.Body)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Answer{}, false, nil
	case err != nil:
		return Answer{}, false, err
	case !bytes.Equal(kept, request):
		return Answer{}, false, ErrIdempotencyReused
	}
	return answer, true, nil
}

func (s *Store) keepAnswer(ctx context.Context, client uuid.UUID, key string, request []byte, a Answer) error {
	const q = `
		insert into idempotency_keys (api_key_id, key, request_hash, status, headers, body)
		values (@client, @key, @request, @status, coalesce(@headers, '{}'::jsonb), coalesce(@body, ''::bytea))
		on conflict (api_key_id, key) do update
		set request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers,
			body = excluded.body, created_at = now()`
	_, err := s.db(ctx).Exec(ctx, q, pgx.NamedArgs{
		"client": client, "key": key, "request": request, "status": a.Status, "headers": a.Headers, "body": a.Body,
	})
	return err
}

// DeleteOldAnswers forgets answers that no repetition may get any more.
func (s *Store) DeleteOldAnswers(ctx context.Context) error {
	_, err := s.db(ctx).Exec(ctx, `delete from idempotency_keys where created_at < now() - $1::interval`, IdempotencyAge)
	return err
}
