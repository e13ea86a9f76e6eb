// Package server is the HTTP side: it obeys the specification, asks the store and queues jobs.
// It talks to nobody outside.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/content-creator/content-creator-api/config"
	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/jobs"
	"github.com/content-creator/content-creator-api/store"
)

// basePath is where the operations of the specification begin.
const basePath = "/api/v1"

// Config is what the server needs.
type Config struct {
	Store *store.Store
	Jobs  *jobs.Client
	// Hosts are the budgets of the sites that jobs ask.
	Hosts    store.HostBudget
	Logger   *slog.Logger
	LogLevel *slog.LevelVar
	Registry *prometheus.Registry
	Version  string
	// Settings are the process's own; those that may change while running start from them.
	Settings config.Config
	Now      func() time.Time
}

// A Server answers HTTP requests.
type Server struct {
	Config
	echo       *echo.Echo
	operations map[string]*operation
	keys       *keyring
	limits     *limiter
	hub        *hub
	metrics    *metrics
	started    time.Time
	// heartbeat is how often a silent stream shows that it lives.
	heartbeat time.Duration
	// draining is closed when no more requests are taken: what waits inside of one is to end.
	draining chan struct{}
	// runtime holds the settings in force: the environment's, changed by the database's.
	runtime  atomic.Pointer[runtimeSettings]
	applying sync.Mutex
}

// New builds a server from the specification and fails where the two disagree. What it keeps running
// beside the requests ends with ctx.
func New(ctx context.Context, c Config) (*Server, error) {
	specified, err := ours()
	if err != nil {
		return nil, err
	}
	s := &Server{
		Config: c, operations: specified.operations, started: c.Now(), keys: newKeyring(c.Store, c.Now), limits: newLimiter(c.Now), hub: newHub(),
		metrics: newMetrics(c.Registry), heartbeat: heartbeat, draining: make(chan struct{}),
	}
	s.apply(store.Settings{PollingEnabled: true})
	s.Registry.MustRegister(databaseMetrics{s.Store})
	s.echo = echo.New()
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.Logger.SetOutput(io.Discard) // slog says it all
	s.echo.HTTPErrorHandler = s.writeError
	s.echo.IPExtractor = echo.ExtractIPDirect()
	s.echo.Use(compress, s.observe, recoverPanic, secure, s.crossOrigin(), s.limitBody, s.admit, s.validate, s.waitForJob, s.idempotent)
	strict := api.NewStrictHandler(s, nil)
	api.RegisterHandlersWithBaseURL(s.echo, strict, basePath)
	s.mountDocs(specified)
	if err := s.mountMonitor(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Run follows what other processes change (keys, settings, events) and keeps books until ctx ends.
func (s *Server) Run(ctx context.Context) {
	var books sync.WaitGroup
	books.Go(func() { s.keys.keepLastUse(ctx, s.Logger) })
	s.follow(ctx)
	books.Wait()
}

// Handler answers every request.
func (s *Server) Handler() http.Handler { return s.echo }

// Serve answers requests on a listener until ctx ends, then lets running ones finish for at most
// grace. Open event streams end with ctx. It serves once.
func (s *Server) Serve(ctx context.Context, listener net.Listener, grace time.Duration) error {
	httpServer := &http.Server{
		Handler:           s.Handler(),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.Logger.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	close(s.draining)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := httpServer.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), httpServer.Close())
	}
	return nil
}
