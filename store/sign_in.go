package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"
)

// CreateSignInCode makes a code that signs somebody in once within a time. Codes that have expired are forgotten.
func (s *Store) CreateSignInCode(ctx context.Context, within time.Duration) (string, error) {
	const q = `
		with expired as (delete from sign_in_codes where expires_at <= now())
		insert into sign_in_codes (hash, expires_at) values ($1, now() + $2::interval)`
	secret := make([]byte, 24)
	_, _ = rand.Read(secret) // never fails: see crypto/rand
	code := base64.RawURLEncoding.EncodeToString(secret)
	_, err := s.db(ctx).Exec(ctx, q, hashAPIKey(code), within)
	return code, err
}

// SignIn takes a code and makes an admin key of it; not found is a code that was used, has expired, or was never made.
func (s *Store) SignIn(ctx context.Context, code string) (key APIKeyWithSecret, found bool, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		taken, err := s.db(ctx).Exec(ctx, `delete from sign_in_codes where hash = $1 and expires_at > now()`, hashAPIKey(code))
		if err != nil || taken.RowsAffected() == 0 {
			return err
		}
		found = true
		key, err = s.CreateAPIKey(ctx, APIKeyCreate{Name: "Signed in by link", Scopes: []string{"admin"}, Origin: "command"})
		return err
	})
	return key, found, err
}
