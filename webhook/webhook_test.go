package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
)

// The vector that the specification's own libraries are tested by.
const vectorSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func TestHeader(t *testing.T) {
	t.Parallel()
	t.Run("is that of the published vector", func(t *testing.T) {
		t.Parallel()
		header, err := Header("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`), vectorSecret)
		require.NoError(t, err)
		require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", header.Get("webhook-signature"))
		require.Equal(t, "msg_p5jXN8AQM9LWM0D4loKWxJek", header.Get("webhook-id"))
		require.Equal(t, "1614265330", header.Get("webhook-timestamp"))
		require.Equal(t, "application/json", header.Get("content-type"))
	})
	t.Run("has a signature of each secret", func(t *testing.T) {
		t.Parallel()
		secrets := []string{vectorSecret, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
		body := []byte(`{"type":"a"}`)
		header, err := Header("msg_1", time.Now(), body, secrets...)
		require.NoError(t, err)
		require.Len(t, strings.Split(header.Get("webhook-signature"), " "), 2)
		for _, secret := range secrets {
			verifier, err := standardwebhooks.NewWebhook(secret)
			require.NoError(t, err)
			require.NoError(t, verifier.Verify(body, header))
			require.Error(t, verifier.Verify([]byte(`{"type":"b"}`), header))
		}
	})
	t.Run("keeps a broken secret to itself", func(t *testing.T) {
		t.Parallel()
		_, err := Header("msg_1", time.Now(), nil, "whsec_hush!")
		require.EqualError(t, err, "sign msg_1: a secret is no base64")
	})
}

func TestBody(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 15, 1, 0, time.FixedZone("CET", 3600))
	body, err := Body("topic.created", at, json.RawMessage(`{"topic_id": "x"}`))
	require.NoError(t, err)
	require.Equal(t, `{"type":"topic.created","timestamp":"2026-11-23T08:15:01Z","data":{"topic_id":"x"}}`, string(body))
	_, err = Body("topic.created", at, json.RawMessage(`{`))
	require.ErrorContains(t, err, "write the body of topic.created")
}

// between requires each of many draws of a wait to be within its tenth, and them to differ.
func between(t *testing.T, least time.Duration, draw func() time.Duration) {
	t.Helper()
	different := map[time.Duration]bool{}
	for range 100 {
		got := draw()
		require.GreaterOrEqual(t, got, least)
		require.LessOrEqual(t, got, least+least/10)
		different[got] = true
	}
	require.Greater(t, len(different), 50, "chance sets receivers apart")
}

func TestRetryIn(t *testing.T) {
	t.Parallel()
	all := time.Duration(0)
	for attempts, least := range map[int]time.Duration{
		1: 5 * time.Second, 2: 5 * time.Minute, 3: 30 * time.Minute, 4: 2 * time.Hour, 5: 5 * time.Hour,
		6: 10 * time.Hour, 7: 14 * time.Hour, 8: 20 * time.Hour, 9: 24 * time.Hour,
	} {
		all += least
		between(t, least, func() time.Duration {
			wait, more := RetryIn(attempts, Answer{Status: 500})
			require.True(t, more)
			return wait
		})
	}
	require.InDelta(t, 75.6, all.Hours(), 0.1)
	for name, tc := range map[string]struct {
		answer Answer
		least  time.Duration
	}{
		"429 asks":                  {Answer{429, time.Hour}, time.Hour},
		"502 asks":                  {Answer{502, time.Hour}, time.Hour},
		"503 asks":                  {Answer{503, time.Hour}, time.Hour},
		"504 asks":                  {Answer{504, time.Hour}, time.Hour},
		"for less than the own":     {Answer{503, time.Second}, 5 * time.Second},
		"for more than counts":      {Answer{503, 100 * time.Hour}, 24 * time.Hour},
		"500 may not ask":           {Answer{500, time.Hour}, 5 * time.Second},
		"404 may not ask":           {Answer{404, time.Hour}, 5 * time.Second},
		"no answer asks nothing":    {Answer{0, time.Hour}, 5 * time.Second},
		"a redirect may ask no one": {Answer{301, time.Hour}, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			between(t, tc.least, func() time.Duration { wait, _ := RetryIn(1, tc.answer); return wait })
		})
	}
	for _, last := range []struct {
		attempts int
		answer   Answer
	}{{10, Answer{Status: 500}}, {11, Answer{}}, {1, Answer{Status: 410}}} {
		_, more := RetryIn(last.attempts, last.answer)
		require.False(t, more, "%+v", last)
	}
}

func TestRest(t *testing.T) {
	t.Parallel()
	for failures, least := range map[int]time.Duration{
		0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 3: 20 * time.Second, 6: 160 * time.Second, 7: 5 * time.Minute, 1_000_000: 5 * time.Minute,
	} {
		between(t, least, func() time.Duration { return Rest(failures, Answer{}) })
	}
	between(t, 2*time.Hour, func() time.Duration { return Rest(1, Answer{429, 2 * time.Hour}) })
	for _, status := range []int{200, 302, 400, 404, 410, 500} {
		require.Zero(t, Rest(5, Answer{status, time.Hour}), "%d", status)
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	for status, succeeded := range map[int]bool{0: false, 199: false, 200: true, 204: true, 299: true, 300: false, 304: false, 400: false, 410: false, 500: false} {
		require.Equal(t, succeeded, Answer{Status: status}.Succeeded(), "%d", status)
		require.Equal(t, status == 410, Answer{Status: status}.Gone(), "%d", status)
	}
}
