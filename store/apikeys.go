package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// An APIKey is a key as the database keeps it: by its hash, never itself. Its JSON form is the API's.
type APIKey struct {
	ID     uuid.UUID `json:"id"`
	Name   string    `json:"name"`
	Scopes []string  `json:"scopes"`
	// Prefix are the key's first characters, to recognise it by.
	Prefix     string     `json:"prefix"`
	ExpiresAt  *time.Time `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	CreatedAt  time.Time  `json:"created_at"`
}

const apiKeyColumns = `id, name, scopes, prefix, expires_at, last_used_at, created_at`

// APIKeyWithSecret is a new key. Key is shown this once.
type APIKeyWithSecret struct {
	APIKey
	Key string `json:"key"`
}

// APIKeyCreate is a key to make. Origin is api, command or first_start.
type APIKeyCreate struct {
	Name      string     `json:"name"`
	Scopes    []string   `json:"scopes"`
	ExpiresAt *time.Time `json:"expires_at"`
	Origin    string     `json:"-"`
}

// Allows reports whether the key has a scope. Admin includes write, and write includes read; a scope
// unheard of is allowed to nobody.
func (k APIKey) Allows(scope string) bool {
	rank := []string{"read", "write", "admin"}
	needed := slices.Index(rank, scope)
	return needed >= 0 && slices.ContainsFunc(k.Scopes, func(s string) bool { return slices.Index(rank, s) >= needed })
}

// Expired reports whether the key's end has come.
func (k APIKey) Expired(now time.Time) bool { return k.ExpiresAt != nil && !now.Before(*k.ExpiresAt) }

// CreateAPIKey makes a key of 256 random bits.
func (s *Store) CreateAPIKey(ctx context.Context, c APIKeyCreate) (APIKeyWithSecret, error) {
	if c.ExpiresAt != nil && c.ExpiresAt.Before(time.Now()) {
		return APIKeyWithSecret{}, invalid("api_key", "The key would have ended already.", map[string]string{"expires_at": "must be in the future"})
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: see crypto/rand
	key := "cc_" + base64.RawURLEncoding.EncodeToString(secret)
	saved, err := s.insertAPIKey(ctx, key, c)
	if err != nil {
		return APIKeyWithSecret{}, err
	}
	return APIKeyWithSecret{APIKey: saved, Key: key}, nil
}

func (s *Store) insertAPIKey(ctx context.Context, key string, c APIKeyCreate) (APIKey, error) {
	const q = `
		insert into api_keys (id, name, key_hash, prefix, scopes, origin, expires_at)
		values (@id, @name, @hash, @prefix, @scopes, @origin, @expires_at)
		returning ` + apiKeyColumns
	rows, _ := s.db(ctx).Query(ctx, q, pgx.NamedArgs{
		"id": newID(), "name": strings.TrimSpace(c.Name), "hash": hashAPIKey(key), "prefix": key[:7],
		"scopes": c.Scopes, "origin": c.Origin, "expires_at": c.ExpiresAt,
	})
	saved, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[APIKey])
	return saved, orInvalid(err, "api_key")
}

// SetEnvironmentKey makes key the one admin key that ADMIN_API_KEY sets; an earlier one stops working.
func (s *Store) SetEnvironmentKey(ctx context.Context, key string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		// Processes that start at once set it one after the other.
		if _, err := s.db(ctx).Exec(ctx, `lock table api_keys in share row exclusive mode`); err != nil {
			return err
		}
		var same bool
		err := s.db(ctx).QueryRow(ctx, `select exists (select from api_keys where origin = 'environment' and key_hash = $1)`,
			hashAPIKey(key)).Scan(&same)
		if err != nil || same {
			return err
		}
		if _, err := s.db(ctx).Exec(ctx, `delete from api_keys where origin = 'environment' or key_hash = $1`, hashAPIKey(key)); err != nil {
			return err
		}
		_, err = s.insertAPIKey(ctx, key, APIKeyCreate{Name: "ADMIN_API_KEY", Scopes: []string{"admin"}, Origin: "environment"})
		if err != nil {
			return err
		}
		return s.notifyAPIKeys(ctx)
	})
}

// FirstAPIKey makes an admin key if none works, and answers it; "" if one does. Of processes that start
// at once, one makes it.
func (s *Store) FirstAPIKey(ctx context.Context) (string, error) {
	var key string
	err := s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.db(ctx).Exec(ctx, `lock table api_keys in share row exclusive mode`); err != nil {
			return err
		}
		has, err := s.HasAdminKey(ctx)
		if err != nil || has {
			return err
		}
		made, err := s.CreateAPIKey(ctx, APIKeyCreate{Name: "First admin key", Scopes: []string{"admin"}, Origin: "first_start"})
		key = made.Key
		return err
	})
	return key, err
}

// HasAdminKey reports whether any admin key works.
func (s *Store) HasAdminKey(ctx context.Context) (bool, error) {
	const q = `select exists (select from api_keys where 'admin' = any (scopes) and (expires_at is null or expires_at > now()))`
	var has bool
	err := s.db(ctx).QueryRow(ctx, q).Scan(&has)
	return has, err
}

// APIKeyByKey finds the key that a request has sent. Expired ones are found, too: see Expired.
func (s *Store) APIKeyByKey(ctx context.Context, key string) (APIKey, error) {
	const q = `select ` + apiKeyColumns + ` from api_keys where key_hash = $1`
	rows, _ := s.db(ctx).Query(ctx, q, hashAPIKey(key))
	k, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[APIKey])
	return k, orNotFound(err, "api_key", "that was sent")
}

// TouchAPIKeys notes that keys were used, each at its time.
func (s *Store) TouchAPIKeys(ctx context.Context, used map[uuid.UUID]time.Time) error {
	// Locked in the order of their ids, so that processes that note the same keys do not wait in a circle.
	const q = `
		with locked as materialized (
			select id
			from api_keys
			where id = any ($1)
			order by id
			for no key update)
		update api_keys
		set last_used_at = greatest(last_used_at, used.at)
		from locked
		join unnest($1::uuid[], $2::timestamptz[]) as used (id, at) using (id)
		where api_keys.id = locked.id`
	ids, times := make([]uuid.UUID, 0, len(used)), make([]time.Time, 0, len(used))
	for id, at := range used {
		ids, times = append(ids, id), append(times, at)
	}
	_, err := s.db(ctx).Exec(ctx, q, ids, times)
	return err
}

// DeleteAPIKey revokes a key in every process. The last admin key that works is a conflict.
func (s *Store) DeleteAPIKey(ctx context.Context, id uuid.UUID) error {
	const q = `
		delete from api_keys
		where id = $1
		returning 'admin' = any (scopes)`
	return s.InTx(ctx, func(ctx context.Context) error {
		// Two admins who revoke each other's key at once must not both succeed.
		if _, err := s.db(ctx).Exec(ctx, `lock table api_keys in share row exclusive mode`); err != nil {
			return err
		}
		var admin bool
		if err := s.db(ctx).QueryRow(ctx, q, id).Scan(&admin); err != nil {
			return orNotFound(err, "api_key", id)
		}
		left, err := s.HasAdminKey(ctx)
		if err != nil {
			return err
		}
		if admin && !left {
			return conflict("api_key", "This is the last admin key that works. Make another one first.", map[string]any{"id": id})
		}
		return s.notifyAPIKeys(ctx)
	})
}

// notifyAPIKeys tells every process to forget the keys that it has seen.
func (s *Store) notifyAPIKeys(ctx context.Context) error {
	_, err := s.db(ctx).Exec(ctx, `select pg_notify($1, 'api_keys')`, NotifyChannel)
	return err
}

func hashAPIKey(key string) []byte {
	hash := sha256.Sum256([]byte(key))
	return hash[:]
}
