package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/content-creator/content-creator-api/store"
)

// metrics count requests.
type metrics struct {
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "content_creator_http_requests_total", Help: "Requests by method, route and status.",
		}, []string{"method", "route", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "content_creator_http_request_duration_seconds", Help: "How long requests took, by method and route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"method", "route"}),
	}
	registry.MustRegister(m.requests, m.latency)
	return m
}

// databaseMetrics are read when they are asked for: the connection pool, the queue and the schedule.
type databaseMetrics struct{ store *store.Store }

var (
	poolConnections = prometheus.NewDesc("content_creator_db_connections", "Database connections by state.", []string{"state"}, nil)
	poolWaits       = prometheus.NewDesc("content_creator_db_waits_total", "How often a connection had to be waited for.", nil, nil)
	poolWaited      = prometheus.NewDesc("content_creator_db_wait_seconds_total", "How long connections were waited for.", nil, nil)
	queueJobs       = prometheus.NewDesc("content_creator_queue_jobs", "Unfinished jobs by queue and state.", []string{"queue", "state"}, nil)
	queueAge        = prometheus.NewDesc("content_creator_queue_oldest_job_age_seconds",
		"For how long the oldest job has been due, by queue and state.", []string{"queue", "state"}, nil)
	collections  = prometheus.NewDesc("content_creator_collections", "Collections by health.", []string{"health"}, nil)
	pollLag      = prometheus.NewDesc("content_creator_poll_lag_seconds", "For how long the collection has been due that is longest overdue.", nil, nil)
	webhooks     = prometheus.NewDesc("content_creator_webhooks", "Webhooks by state: enabled, paused by hand, disabled by the server.", []string{"state"}, nil)
	webhookCalls = prometheus.NewDesc("content_creator_webhook_deliveries_pending", "Deliveries of webhooks that wait for an attempt.", nil, nil)
	webhookLag   = prometheus.NewDesc("content_creator_webhook_lag_seconds",
		"For how long the oldest delivery has been due whose receiver does not rest.", nil, nil)
	hostsBlocked = prometheus.NewDesc("content_creator_hosts_blocked", "Sites that are not asked for the time being.", nil, nil)
)

// Describe tells what there will be.
func (databaseMetrics) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{poolConnections, poolWaits, poolWaited, queueJobs, queueAge, collections, pollLag, hostsBlocked, webhooks, webhookCalls, webhookLag} {
		descriptions <- d
	}
}

// Collect reads the pool, the queue and the schedule. One that cannot be read fails the scrape: no figure is
// better than a wrong one.
func (m databaseMetrics) Collect(metrics chan<- prometheus.Metric) {
	stat := m.store.Pool().Stat()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(poolConnections, float64(stat.AcquiredConns()), "acquired")
	gauge(poolConnections, float64(stat.IdleConns()), "idle")
	gauge(poolConnections, float64(stat.MaxConns()), "max")
	metrics <- prometheus.MustNewConstMetric(poolWaits, prometheus.CounterValue, float64(stat.EmptyAcquireCount()))
	metrics <- prometheus.MustNewConstMetric(poolWaited, prometheus.CounterValue, stat.AcquireDuration().Seconds())

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	depths, err := m.store.QueueDepths(ctx)
	if err != nil {
		metrics <- prometheus.NewInvalidMetric(queueJobs, err)
		return
	}
	for _, d := range depths {
		gauge(queueJobs, float64(d.Jobs), d.Queue, d.State)
		gauge(queueAge, d.OldestAge.Seconds(), d.Queue, d.State)
	}
	polling, err := m.store.PollingFigures(ctx)
	if err != nil {
		metrics <- prometheus.NewInvalidMetric(collections, err)
		return
	}
	for health, count := range polling.Collections {
		gauge(collections, float64(count), health)
	}
	gauge(pollLag, polling.Lag.Seconds())
	gauge(hostsBlocked, float64(polling.HostsBlocked))
	figures, err := m.store.WebhookFigures(ctx)
	if err != nil {
		metrics <- prometheus.NewInvalidMetric(webhooks, err)
		return
	}
	gauge(webhooks, float64(figures.Enabled), "enabled")
	gauge(webhooks, float64(figures.Paused), "paused")
	gauge(webhooks, float64(figures.Disabled), "disabled")
	gauge(webhookCalls, float64(figures.Pending))
	gauge(webhookLag, figures.Lag.Seconds())
}
