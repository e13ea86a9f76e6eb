package server_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/gen/client"
)

// BenchmarkReadTopic reads one topic through everything that a request meets: key, limits, validation,
// ETag, metrics, log. `task load` compares it with a bare program over a full database.
func BenchmarkReadTopic(b *testing.B) {
	w := newWorld(b, func(o *options) { o.settings.RateLimit = 1e9; o.settings.LogLevel = "info" })
	topic := w.topic(client.TopicCreate{})
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	b.SetParallelism(16)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			request, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, w.url+"/topics/"+topic.ID.String(), nil)
			request.Header.Set("Authorization", "Bearer "+w.key)
			response, err := transport.RoundTrip(request)
			require.NoError(b, err)
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
