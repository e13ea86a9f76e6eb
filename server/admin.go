package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/content-creator/content-creator-api/config"
	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/store"
)

// healthTimeout is how long a probe waits for the database.
const healthTimeout = 2 * time.Second

// GetHealth answers whether this process can serve.
func (s *Server) GetHealth(ctx context.Context, _ api.GetHealthRequestObject) (api.GetHealthResponseObject, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	start := time.Now()
	err := s.Store.Ping(ctx)
	database := api.HealthCheck{Status: api.HealthCheckStatusOk, LatencyMs: float64(time.Since(start).Microseconds()) / 1000}
	health := api.Health{
		Status: api.HealthStatusOk, Version: s.Version, UptimeSeconds: int(s.Now().Sub(s.started).Seconds()),
		Checks: map[string]api.HealthCheck{},
	}
	database.Message.SetNull()
	if err != nil {
		s.Logger.WarnContext(ctx, "the database is away", "error", err)
		database.Status = api.HealthCheckStatusFailed
		database.Message.Set("The database cannot be reached.")
		health.Status = api.HealthStatusDown
	}
	health.Checks["database"] = database
	if err != nil {
		return api.GetHealth503JSONResponse(health), nil
	}
	return api.GetHealth200JSONResponse(health), nil
}

// GetMetrics answers the metrics in the Prometheus format. They are read before the answer begins, as the
// library would write its errors into it.
func (s *Server) GetMetrics(context.Context, api.GetMetricsRequestObject) (api.GetMetricsResponseObject, error) {
	families, err := s.Registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	return metricsResponse{prometheus.GathererFunc(already(families))}, nil
}

// already is a function that has its answer.
func already[T any](value T) func() (T, error) { return func() (T, error) { return value, nil } }

type metricsResponse struct{ prometheus.Gatherer }

// VisitGetMetricsResponse writes the metrics.
func (m metricsResponse) VisitGetMetricsResponse(w http.ResponseWriter) error {
	promhttp.HandlerFor(m, promhttp.HandlerOpts{DisableCompression: true}).ServeHTTP(w, &http.Request{})
	return nil
}

// runtimeSettings are those in force: the environment's, changed by the database's.
type runtimeSettings struct {
	rateLimit float64
	logLevel  string
	stored    store.Settings
}

// reload takes over what the database says now. Where it cannot be read, what is in force stays so.
func (s *Server) reload(ctx context.Context) {
	stored, err := s.Store.Settings(ctx)
	if err != nil {
		s.Logger.Warn("the settings could not be read", "error", err)
		return
	}
	s.apply(stored)
}

// apply puts settings in force, unless newer ones are: a reload may have read them before a change and come after it.
func (s *Server) apply(stored store.Settings) {
	s.applying.Lock()
	defer s.applying.Unlock()
	if current := s.runtime.Load(); current != nil && current.stored.Revision > stored.Revision {
		return
	}
	r := &runtimeSettings{rateLimit: s.Settings.RateLimit, logLevel: s.Settings.LogLevel, stored: stored}
	if stored.RateLimit != nil {
		r.rateLimit = *stored.RateLimit
	}
	if stored.LogLevel != nil {
		r.logLevel = *stored.LogLevel
	}
	level, err := config.ParseLevel(r.logLevel)
	if err != nil {
		level = slog.LevelInfo
	}
	s.LogLevel.Set(level)
	s.runtime.Store(r)
}

// GetConfig answers the configuration.
func (s *Server) GetConfig(ctx context.Context, req api.GetConfigRequestObject) (api.GetConfigResponseObject, error) {
	stored, err := s.Store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	s.apply(stored)
	if tag := etag(stored.Revision); matches(req.Params.IfNoneMatch, tag) {
		return api.GetConfig304Response{Headers: api.NotModifiedResponseHeaders{ETag: tag}}, nil
	}
	return api.GetConfig200JSONResponse{Body: s.config(), Headers: api.GetConfig200ResponseHeaders{ETag: etag(stored.Revision)}}, nil
}

// UpdateConfig changes settings for every process.
func (s *Server) UpdateConfig(ctx context.Context, req api.UpdateConfigRequestObject) (api.UpdateConfigResponseObject, error) {
	stored, err := s.Store.UpdateSettings(ctx, revision(req.Params.IfMatch), *req.Body)
	if err != nil {
		return nil, err
	}
	s.apply(stored)
	return api.UpdateConfig200JSONResponse{Body: s.config(), Headers: api.UpdateConfig200ResponseHeaders{ETag: etag(stored.Revision)}}, nil
}

func (s *Server) config() api.Config {
	r := s.runtime.Load()
	c := api.Config{
		PollingEnabled: r.stored.PollingEnabled, RateLimit: r.rateLimit, LogLevel: api.LogLevel(r.logLevel),
		Services: []api.ConfigService{}, Environment: []api.ConfigEntry{},
	}
	c.UpdatedAt.SetNull()
	if r.stored.UpdatedAt != nil {
		c.UpdatedAt.Set(*r.stored.UpdatedAt)
	}
	for _, service := range s.Settings.Services() {
		shown := api.ConfigService{Name: service.Name, Enabled: service.On}
		shown.Reason.SetNull()
		if !service.On {
			shown.Reason.Set(service.Reason)
		}
		c.Services = append(c.Services, shown)
	}
	for _, e := range s.Settings.Entries() {
		c.Environment = append(c.Environment, api.ConfigEntry{Name: e.Name, Value: e.Value, Source: api.ConfigEntrySource(e.Source)})
	}
	return c
}

// SignIn makes a key of a code and shows it this once.
func (s *Server) SignIn(ctx context.Context, req api.SignInRequestObject) (api.SignInResponseObject, error) {
	key, found, err := s.Store.SignIn(ctx, req.Body.Code)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, &problem{
			status: http.StatusUnauthorized, code: "UNAUTHORIZED",
			message: "This sign-in link was used, has expired, or is none. Make another: content-creator sign-in.",
		}
	}
	return api.SignIn201JSONResponse{Body: key, Headers: api.SignIn201ResponseHeaders{Location: basePath + "/admin/api-keys/" + key.ID.String()}}, nil
}

// CreateAPIKey makes a key and shows it this once.
func (s *Server) CreateAPIKey(ctx context.Context, req api.CreateAPIKeyRequestObject) (api.CreateAPIKeyResponseObject, error) {
	wanted := *req.Body
	wanted.Origin = "api"
	key, err := s.Store.CreateAPIKey(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return api.CreateAPIKey201JSONResponse{Body: key, Headers: api.CreateAPIKey201ResponseHeaders{
		Location: basePath + "/admin/api-keys/" + key.ID.String(),
	}}, nil
}

// ListAPIKeys answers one page of keys.
func (s *Server) ListAPIKeys(ctx context.Context, req api.ListAPIKeysRequestObject) (api.ListAPIKeysResponseObject, error) {
	list, err := s.Store.APIKeys(ctx, page(req.Params.Page, req.Params.PageSize, req.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	return api.ListAPIKeys200JSONResponse(list), nil
}

// DeleteAPIKey revokes a key.
func (s *Server) DeleteAPIKey(ctx context.Context, req api.DeleteAPIKeyRequestObject) (api.DeleteAPIKeyResponseObject, error) {
	if err := s.Store.DeleteAPIKey(ctx, req.ID); err != nil {
		return nil, err
	}
	s.keys.forget()
	return api.DeleteAPIKey204Response{}, nil
}
