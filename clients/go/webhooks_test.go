package contentcreator_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	contentcreator "github.com/content-creator/content-creator-api/clients/go"
	"github.com/content-creator/content-creator-api/gen/client"
)

// The vector that the specification's own libraries are tested by.
const (
	vectorSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" //nolint:gosec // it is published
	vectorID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorTimestamp = 1614265330
	vectorBody      = `{"test": 2432232314}`
	vectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	otherSecret     = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" //nolint:gosec // it is made up
)

func TestVerifyWebhook(t *testing.T) {
	t.Parallel()
	headers := func(id, timestamp, signature string) http.Header {
		h := http.Header{}
		for name, value := range map[string]string{"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature} {
			if value != "" {
				h.Set(name, value)
			}
		}
		return h
	}
	const at = "1614265330"
	vector := headers(vectorID, at, vectorSignature)
	for name, tc := range map[string]struct {
		header  http.Header
		body    string
		secrets []string
		// late is how long after it was signed it is verified.
		late      time.Duration
		tolerance time.Duration
		fault     string
	}{
		"the published one":             {header: vector},
		"a secret without its prefix":   {header: vector, secrets: []string{vectorSecret[len("whsec_"):]}},
		"one of several signatures":     {header: headers(vectorID, at, "v1,AAAA v1a,BBBB "+vectorSignature+" v2,CCCC")},
		"one of several secrets":        {header: vector, secrets: []string{otherSecret, vectorSecret}},
		"the other one of them":         {header: vector, secrets: []string{vectorSecret, otherSecret}},
		"five minutes late":             {header: vector, late: 5 * time.Minute},
		"five minutes early":            {header: vector, late: -5 * time.Minute},
		"an hour late, where that may":  {header: vector, late: time.Hour, tolerance: 2 * time.Hour},
		"too late":                      {header: vector, late: 5*time.Minute + time.Second, fault: "at another time"},
		"too early":                     {header: vector, late: -5*time.Minute - time.Second, fault: "at another time"},
		"no id":                         {header: headers("", at, vectorSignature), fault: "headers are missing"},
		"no time":                       {header: headers(vectorID, "", vectorSignature), fault: "headers are missing"},
		"no signature":                  {header: headers(vectorID, at, ""), fault: "headers are missing"},
		"a time that is none":           {header: headers(vectorID, "noon", vectorSignature), fault: "its time is none"},
		"another id":                    {header: headers(vectorID+"x", at, vectorSignature), fault: "has signed it"},
		"another time":                  {header: headers(vectorID, "1614265331", vectorSignature), fault: "has signed it"},
		"another body":                  {header: vector, body: `{"test": 2432232315}`, fault: "has signed it"},
		"another secret":                {header: vector, secrets: []string{otherSecret}, fault: "has signed it"},
		"no secret":                     {header: vector, secrets: []string{}, fault: "has signed it"},
		"a part of a signature":         {header: headers(vectorID, at, vectorSignature[:20]), fault: "has signed it"},
		"a signature of another kind":   {header: headers(vectorID, at, "v1a"+vectorSignature[2:]), fault: "has signed it"},
		"a signature without its kind":  {header: headers(vectorID, at, vectorSignature[3:]), fault: "has signed it"},
		"a secret that is none":         {header: vector, secrets: []string{"whsec_!"}, fault: "secret is whsec_ and base64"},
		"an empty secret signs nothing": {header: vector, secrets: []string{""}, fault: "secret is whsec_ and base64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifier := contentcreator.WebhookVerifier{
				Secrets: []string{vectorSecret}, Tolerance: tc.tolerance,
				Now: func() time.Time { return time.Unix(vectorTimestamp, 0).Add(tc.late) },
			}
			if tc.secrets != nil {
				verifier.Secrets = tc.secrets
			}
			body := vectorBody
			if tc.body != "" {
				body = tc.body
			}
			message, err := verifier.Verify(tc.header, []byte(body))
			if tc.fault != "" {
				require.ErrorContains(t, err, tc.fault)
				require.Zero(t, message)
				return
			}
			require.NoError(t, err)
			require.Equal(t, vectorID, message.ID)
		})
	}
}

// No answer that holds a secret is kept, so those calls take no key; the others do.
func TestWebhookSecretsTakeNoKey(t *testing.T) {
	t.Parallel()
	keyed := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keyed[strings.ReplaceAll(r.URL.Path, uuid.Nil.String(), "id")] = r.Header.Get("Idempotency-Key") != ""
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(server.Close)
	c, err := contentcreator.New(server.URL)
	require.NoError(t, err)
	_, err = c.API.CreateWebhookWithResponse(t.Context(), client.WebhookCreate{URL: "https://example.org/"})
	require.NoError(t, err)
	_, err = c.API.RotateWebhookSecretWithResponse(t.Context(), uuid.Nil)
	require.NoError(t, err)
	_, err = c.API.TestWebhookWithResponse(t.Context(), uuid.Nil, nil)
	require.NoError(t, err)
	_, err = c.API.ReplayWebhookDeliveryWithResponse(t.Context(), uuid.Nil, uuid.Nil, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]bool{
		"/api/v1/webhooks": false, "/api/v1/webhooks/id/rotate": false, "/api/v1/webhooks/id/test": true, "/api/v1/webhooks/id/deliveries/id/replay": true,
	}, keyed)
}

func TestWebhookMessage(t *testing.T) {
	t.Parallel()
	signer, err := standardwebhooks.NewWebhook(otherSecret)
	require.NoError(t, err)
	signed := func(body string) (http.Header, []byte) {
		now := time.Now()
		signature, err := signer.Sign("msg_1", now, []byte(body))
		require.NoError(t, err)
		return http.Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)}, "Webhook-Signature": {signature}}, []byte(body)
	}
	header, body := signed(`{"type":"topic.created","timestamp":"2026-11-23T08:15:01Z","data":{"topic_id":"x"}}`)
	message, err := contentcreator.VerifyWebhook(header, body, otherSecret)
	require.NoError(t, err)
	require.Equal(t, contentcreator.WebhookMessage{
		ID: "msg_1", Type: client.EventTypeTopicCreated, Timestamp: time.Date(2026, 11, 23, 8, 15, 1, 0, time.UTC), Data: map[string]any{"topic_id": "x"},
	}, message)

	header, body = signed(`[]`)
	_, err = contentcreator.VerifyWebhook(header, body, otherSecret)
	require.ErrorIs(t, err, contentcreator.ErrWebhook)
	require.ErrorContains(t, err, "cannot be read")
}
