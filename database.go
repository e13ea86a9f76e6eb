package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/embedded"
)

// withDatabase gives f the address of a database: DATABASE_URL, else a private server that lives as
// long as f. If that server ends by itself, so does the context that f is given, and that is the error.
func (a *app) withDatabase(ctx context.Context, f func(ctx context.Context, dsn string) error) error {
	if a.config.DatabaseURL != "" {
		return f(ctx, string(a.config.DatabaseURL))
	}
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	postgres, err := embedded.Start(ctx, embedded.Options{Dir: filepath.Join(dir, "postgres"), Logger: a.logger})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-postgres.Done():
			stop()
		case <-running.Done():
		}
	}()
	err = f(running, postgres.DSN())
	if gone := postgres.Err(); gone != nil {
		// Whatever else went wrong did so because of that.
		err = fmt.Errorf("the private database is gone: %w", gone)
	}
	return errors.Join(err, postgres.Stop())
}

// besideServe runs f with the store of the database that another process may be running here.
func (a *app) besideServe(ctx context.Context, f func(context.Context, *store.Store) error) error {
	if a.config.DatabaseURL == "" {
		dir, err := a.dataDir()
		if err != nil {
			return err
		}
		if dsn := embedded.Running(filepath.Join(dir, "postgres")); dsn != "" {
			return a.openStore(ctx, dsn, f)
		}
	}
	return a.withStore(ctx, f)
}

// withStore gives f a store on a migrated database.
func (a *app) withStore(ctx context.Context, f func(context.Context, *store.Store) error) error {
	return a.withDatabase(ctx, func(ctx context.Context, dsn string) error {
		if err := store.Migrate(ctx, dsn); err != nil {
			return err
		}
		return a.openStore(ctx, dsn, f)
	})
}

// openStore gives f a store on a database whose schema is there.
func (a *app) openStore(ctx context.Context, dsn string, f func(context.Context, *store.Store) error) error {
	s, err := store.Open(ctx, dsn, a.config.DatabaseConns)
	if err != nil {
		return err
	}
	defer s.Close()
	return f(ctx, s)
}

// dataDir is the folder of everything that is not in a database of the user's own. It is made if missing.
func (a *app) dataDir() (string, error) {
	dir := a.config.DataDir
	if dir == "" {
		base, err := a.userDataDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(base, "content-creator")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("DATA_DIR: %w", err)
	}
	// The private server may run as another user, who must get through; what is secret is closed itself.
	if err := os.MkdirAll(dir, 0o711); err != nil { //nolint:gosec // passable, not readable
		return "", fmt.Errorf("DATA_DIR: %w", err)
	}
	return dir, nil
}

// userDataDir is where programs keep a user's data. Root's home is closed to the user that the
// private server then runs as.
func (a *app) userDataDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib", nil
	}
	return a.homeDataDir()
}

// homeDataDir is userDataDir for everybody but root.
func (p process) homeDataDir() (string, error) {
	if dir := p.env("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	if home := p.env("HOME"); home != "" {
		return filepath.Join(home, ".local", "share"), nil
	}
	return "", errors.New("DATA_DIR: there is no home folder to put the data in; set DATA_DIR or DATABASE_URL")
}

// env is a variable of the environment that is no setting of ours.
func (p process) env(name string) string {
	for _, pair := range p.environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// migrate runs one of the migrate commands.
func (a *app) migrate(ctx context.Context, dsn, direction string, all bool) error {
	switch direction {
	case "up":
		if err := store.Migrate(ctx, dsn); err != nil {
			return err
		}
	case "down":
		if err := store.MigrateDown(ctx, dsn, all); err != nil {
			return err
		}
	case "status":
	default:
		return errUsage
	}
	status, err := store.Migrations(ctx, dsn)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "schema %d of %d, job queue %d of %d, dirty: %t\n",
		status.Version, status.Latest, status.RiverVersion, status.RiverLatest, status.Dirty)
	return err
}

// keys runs one of the keys commands.
func (a *app) keys(ctx context.Context, s *store.Store, args []string) error {
	switch {
	case args[0] == "create" && len(args) >= 3:
		key, err := s.CreateAPIKey(ctx, store.APIKeyCreate{Name: args[1], Scopes: args[2:], Origin: "command"})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.out, key.Key)
		return err
	case args[0] == "list" && len(args) == 1:
		return a.listKeys(ctx, s)
	case args[0] == "revoke" && len(args) == 2:
		id, err := uuid.Parse(args[1])
		if err != nil {
			return fmt.Errorf("%q is not the id of a key: %w", args[1], errUsage)
		}
		return s.DeleteAPIKey(ctx, id)
	}
	return errUsage
}

func (a *app) listKeys(ctx context.Context, s *store.Store) error {
	table := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tNAME\tBEGINS WITH\tSCOPES\tEXPIRES\tLAST USED")
	for page := (store.Page{Size: store.MaxPageSize}); ; {
		list, err := s.APIKeys(ctx, page)
		if err != nil {
			return err
		}
		for _, k := range list.Items {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Prefix, strings.Join(k.Scopes, ","), moment(k.ExpiresAt), moment(k.LastUsedAt))
		}
		if list.NextCursor == nil {
			return table.Flush()
		}
		page.Cursor = *list.NextCursor
	}
}

// moment shows a time that may be unknown.
func moment(at *time.Time) string {
	if at == nil {
		return "never"
	}
	return at.UTC().Format(time.RFC3339)
}
