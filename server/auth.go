package server

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/content-creator/content-creator-api/store"
)

// keyAge is for how long a key that was found is believed. Revoking is told at once by a
// notification; this bounds how long a process that missed it goes on.
const keyAge = 10 * time.Second

// admit lets a request through whose key has the operation's scope and has requests left. What is
// not in the specification, and what it leaves open, is counted by address.
func (s *Server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		op := s.operation(c)
		if op == nil || op.scope == "" {
			if err := s.limit(c, c.RealIP()); err != nil {
				return err
			}
			return next(c)
		}
		if op.feed {
			withOrigin(c)
			if token := c.QueryParam(feedToken); token != "" && bearer(c.Request()) == "" {
				if err := s.admitReader(c, token); err != nil {
					return err
				}
				return next(c)
			}
		}
		key, err := s.keys.find(c.Request().Context(), bearer(c.Request()))
		if err != nil {
			// Guessing is limited, too.
			return errors.Join(s.limit(c, c.RealIP()), err)
		}
		if err := s.limit(c, key.ID.String()); err != nil {
			return err
		}
		if !key.Allows(op.scope) {
			return &problem{
				status: http.StatusForbidden, code: "FORBIDDEN", message: "This needs the scope " + op.scope + ".",
				details: map[string]any{"required_scope": op.scope, "scopes": key.Scopes},
			}
		}
		c.Set(clientKey, key.ID)
		return next(c)
	}
}

// clientKey is where the id of the request's key is kept.
const clientKey = "client"

// client is the id of the request's key; nil for open operations.
func client(c echo.Context) uuid.UUID {
	id, _ := c.Get(clientKey).(uuid.UUID)
	return id
}

// bearer is the key in the Authorization header, or "".
func bearer(r *http.Request) string {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}

func unauthorized() *problem {
	return &problem{
		status: http.StatusUnauthorized, code: "UNAUTHORIZED", message: "Send a valid key as Authorization: Bearer <key>.",
		header: map[string]string{"WWW-Authenticate": "Bearer"},
	}
}

// A keyring finds keys, remembering them for a short time, and notes their use.
type keyring struct {
	store *store.Store
	now   func() time.Time

	mu sync.RWMutex
	// known is by the SHA-256 of the key, so that memory holds no key.
	known map[[32]byte]knownKey
	used  map[uuid.UUID]time.Time
	// forgotten counts how often known was emptied on purpose.
	forgotten int
}

type knownKey struct {
	store.APIKey
	until time.Time
}

func newKeyring(s *store.Store, now func() time.Time) *keyring {
	return &keyring{store: s, now: now, known: map[[32]byte]knownKey{}, used: map[uuid.UUID]time.Time{}}
}

// maxKnown bounds the memory of the keyring. Only keys that exist are remembered.
const maxKnown = 10_000

// find answers the key, or that it is not valid.
func (k *keyring) find(ctx context.Context, key string) (store.APIKey, error) {
	if key == "" {
		return store.APIKey{}, unauthorized()
	}
	now, hash := k.now(), sha256.Sum256([]byte(key))
	k.mu.RLock()
	known, ok := k.known[hash]
	noted, forgotten := k.used[known.ID], k.forgotten
	k.mu.RUnlock()
	if !ok || now.After(known.until) {
		found, err := k.store.APIKeyByKey(ctx, key)
		var refusal *store.Error
		if errors.As(err, &refusal) {
			return store.APIKey{}, unauthorized()
		}
		if err != nil {
			return store.APIKey{}, err
		}
		known = knownKey{found, now.Add(keyAge)}
		k.remember(hash, known, forgotten)
	}
	if known.Expired(now) {
		return store.APIKey{}, unauthorized()
	}
	if now.Sub(noted) > lastUseEvery {
		k.mu.Lock()
		k.used[known.ID] = now
		k.mu.Unlock()
	}
	return known.APIKey, nil
}

// remember keeps a key, unless keys were forgotten since it was looked up: it may be one that was
// revoked meanwhile.
func (k *keyring) remember(hash [32]byte, known knownKey, forgotten int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.forgotten != forgotten {
		return
	}
	if len(k.known) >= maxKnown {
		clear(k.known)
	}
	k.known[hash] = known
}

// forget makes every key be looked up again.
func (k *keyring) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.known)
	k.forgotten++
}

// lastUseEvery is how exact the time of a key's last use is.
const lastUseEvery = time.Minute

// keepLastUse writes down when keys were last used, every minute and once more when ctx ends.
func (k *keyring) keepLastUse(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(lastUseEvery)
	defer tick.Stop()
	written := map[uuid.UUID]time.Time{}
	for running := true; running; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			running = false
		}
		if err := k.writeLastUse(ctx, written); err != nil {
			log.Warn("the keys' last use could not be kept", "error", err)
		}
	}
}

// writeLastUse writes what has changed since it was last written.
func (k *keyring) writeLastUse(ctx context.Context, written map[uuid.UUID]time.Time) error {
	changed := map[uuid.UUID]time.Time{}
	k.mu.RLock()
	for id, at := range k.used {
		if !at.Equal(written[id]) {
			changed[id] = at
		}
	}
	k.mu.RUnlock()
	if len(changed) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := k.store.TouchAPIKeys(ctx, changed); err != nil {
		return err
	}
	for id, at := range changed {
		written[id] = at
	}
	return nil
}
