package storetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/ory/dockertest/v3"
	"github.com/ory/dockertest/v3/docker"

	"github.com/content-creator/content-creator-api/store/embedded"
)

// stoppers end what the process has started.
var stoppers struct {
	sync.Mutex
	stop []func()
}

// Main runs the tests of a package and then stops the server they have used. Use it as
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
func Main(m interface{ Run() int }) {
	code := m.Run()
	stoppers.Lock()
	for _, stop := range stoppers.stop {
		stop()
	}
	os.Exit(code)
}

// AtExit has something done after the last test of a package.
func AtExit(stop func()) {
	stoppers.Lock()
	defer stoppers.Unlock()
	stoppers.stop = append(stoppers.stop, stop)
}

// startInstalled starts a throw-away cluster from the machine's own binaries. It ends with the
// process, however that ends.
func startInstalled() (string, error) {
	dir, err := os.MkdirTemp("", "cc-test-")
	if err != nil {
		return "", fmt.Errorf("make a folder for the server: %w", err)
	}
	// Under root the server runs as another user, who must get in.
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // passable, not readable
		return "", fmt.Errorf("open the server's folder: %w", err)
	}
	removeAbandoned(dir)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	postgres, err := embedded.Start(ctx, embedded.Options{Dir: dir, Throwaway: true})
	if err != nil {
		_ = os.RemoveAll(dir)
		return "", err
	}
	AtExit(func() {
		_ = postgres.Stop()
		_ = os.RemoveAll(dir)
	})
	return postgres.DSN(), nil
}

// removeAbandoned removes the folders of killed test processes: those older than a day.
func removeAbandoned(own string) {
	siblings, _ := filepath.Glob(filepath.Join(filepath.Dir(own), "cc-test-*"))
	for _, dir := range siblings {
		info, err := os.Stat(dir)
		if err == nil && dir != own && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(dir)
		}
	}
}

// startContainer starts PostgreSQL in a container that ends by itself after an hour.
func startContainer() (string, error) {
	pool, err := dockertest.NewPool("")
	if err != nil {
		return "", err
	}
	pool.MaxWait = time.Minute
	if err := pool.Client.Ping(); err != nil {
		return "", fmt.Errorf("no container engine answers: %w", err)
	}
	container, err := pool.RunWithOptions(&dockertest.RunOptions{
		Repository: "postgres", Tag: "18-alpine",
		Env: []string{"POSTGRES_PASSWORD=test"},
		Cmd: []string{"postgres", "-c", "fsync=off", "-c", "max_connections=300"},
	}, func(host *docker.HostConfig) { host.AutoRemove = true })
	if err != nil {
		return "", fmt.Errorf("start PostgreSQL in a container: %w", err)
	}
	_ = container.Expire(3600)
	AtExit(func() { _ = pool.Purge(container) })
	dsn := "postgres://postgres:test@" + container.GetHostPort("5432/tcp") + "/postgres?sslmode=disable"
	err = pool.Retry(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
	return dsn, err
}
