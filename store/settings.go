package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/oapi-codegen/nullable"
)

// Settings are what may be changed while running, for every process. Nil takes the environment's value.
type Settings struct {
	PollingEnabled bool
	RateLimit      *float64
	LogLevel       *string
	Revision       int64
	UpdatedAt      *time.Time
}

const settingsColumns = `polling_enabled, rate_limit, log_level, revision, updated_at`

// SettingsUpdate is what to change: nil and unspecified fields stay as they are.
type SettingsUpdate struct {
	PollingEnabled *bool                      `json:"polling_enabled,omitempty"`
	RateLimit      nullable.Nullable[float64] `json:"rate_limit,omitempty"`
	LogLevel       nullable.Nullable[string]  `json:"log_level,omitempty"`
}

// Settings reads the settings.
func (s *Store) Settings(ctx context.Context) (Settings, error) {
	rows, _ := s.db(ctx).Query(ctx, `select `+settingsColumns+` from settings`)
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Settings])
}

// UpdateSettings changes the settings and tells every process. A nonzero revision must be their own,
// else they are stale.
func (s *Store) UpdateSettings(ctx context.Context, revision int64, u SettingsUpdate) (Settings, error) {
	const q = `
		update settings
		set polling_enabled = @polling_enabled, rate_limit = @rate_limit, log_level = @log_level,
			revision = revision + 1, updated_at = now()
		returning ` + settingsColumns
	var after Settings
	err := s.InTx(ctx, func(ctx context.Context) error {
		rows, _ := s.db(ctx).Query(ctx, `select `+settingsColumns+` from settings for update`)
		before, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Settings])
		if err != nil {
			return err
		}
		if revision != 0 && revision != before.Revision {
			return stale("config", "config")
		}
		changed := u.apply(before)
		rows, _ = s.db(ctx).Query(ctx, q, pgx.NamedArgs{
			"polling_enabled": changed.PollingEnabled, "rate_limit": changed.RateLimit, "log_level": changed.LogLevel,
		})
		if after, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Settings]); err != nil {
			return orInvalid(err, "config")
		}
		_, err = s.db(ctx).Exec(ctx, `select pg_notify($1, 'settings')`, NotifyChannel)
		return err
	})
	return after, err
}

func (u SettingsUpdate) apply(s Settings) Settings {
	if u.PollingEnabled != nil {
		s.PollingEnabled = *u.PollingEnabled
	}
	if u.RateLimit.IsSpecified() {
		s.RateLimit = valueOf(u.RateLimit)
	}
	if u.LogLevel.IsSpecified() {
		s.LogLevel = valueOf(u.LogLevel)
	}
	return s
}

// valueOf is a nullable's value; nil for null.
func valueOf[T any](n nullable.Nullable[T]) *T {
	value, err := n.Get()
	if err != nil {
		return nil
	}
	return &value
}
