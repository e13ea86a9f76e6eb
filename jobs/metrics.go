package jobs

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/content-creator/content-creator-api/store"
)

// metrics count what this process has worked.
type metrics struct {
	polls     *prometheus.CounterVec
	documents *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	fetches   *prometheus.CounterVec
	bytes     prometheus.Counter
	calls     *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "content_creator_polls_total", Help: "Polls by outcome.",
		}, []string{"outcome"}),
		documents: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "content_creator_documents_total", Help: "Documents that polls brought, by what became of them.",
		}, []string{"change"}),
		fetches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "content_creator_fetches_total", Help: "Answers of sources by HTTP status; 0 where none came.",
		}, []string{"status"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "content_creator_fetch_bytes_total", Help: "What answers of sources weighed on the wire.",
		}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "content_creator_webhook_attempts_total", Help: "Calls of webhooks by outcome.",
		}, []string{"outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "content_creator_job_duration_seconds", Help: "How long jobs worked, by kind and outcome.",
			Buckets: []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60, 120, 300, 600},
		}, []string{"kind", "outcome"}),
	}
	registry.MustRegister(m.polls, m.documents, m.duration, m.fetches, m.bytes, m.calls)
	return m
}

func (m *metrics) polled(p store.Poll, o store.PollOutcome) {
	m.fetches.WithLabelValues(strconv.Itoa(p.Status)).Inc()
	m.bytes.Add(float64(p.Bytes))
	m.polls.WithLabelValues(o.Outcome).Inc()
	m.documents.WithLabelValues("added").Add(float64(o.DocumentsAdded))
	m.documents.WithLabelValues("updated").Add(float64(o.DocumentsUpdated))
	m.documents.WithLabelValues("unchanged").Add(float64(o.DocumentsUnchanged))
}

// called counts a call of a webhook.
func (m *metrics) called(succeeded bool) {
	outcome := "failed"
	if succeeded {
		outcome = "succeeded"
	}
	m.calls.WithLabelValues(outcome).Inc()
}

// observe times every job.
func (m *metrics) observe() rivertype.Middleware {
	return river.WorkerMiddlewareFunc(func(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
		start := time.Now()
		err := work(ctx)
		outcome := "succeeded"
		if err != nil {
			outcome = "failed"
		}
		m.duration.WithLabelValues(job.Kind, outcome).Observe(time.Since(start).Seconds())
		return err
	})
}
