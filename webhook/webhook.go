// Package webhook is what a call to somebody's address looks like by the Standard Webhooks specification, and when a
// failed one is tried again. It is pure: it reaches no network, no database and no clock.
//
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// secretPrefix marks the secret of symmetric signatures.
const secretPrefix = "whsec_"

// Body is what a receiver gets of an event. The same event has the same bytes.
func Body(eventType string, at time.Time, data any) ([]byte, error) {
	body, err := json.Marshal(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{eventType, at.UTC(), data})
	if err != nil {
		return nil, fmt.Errorf("write the body of %s: %w", eventType, err)
	}
	return body, nil
}

// Header has what a receiver needs to verify a body: the message's id, the time of the attempt, and one signature per
// secret, so that a secret can be replaced while receivers still know the old one.
func Header(messageID string, at time.Time, body []byte, secrets ...string) (http.Header, error) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
		if err != nil {
			// The secret is not repeated.
			return nil, fmt.Errorf("sign %s: a secret is no base64", messageID)
		}
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(messageID + "." + timestamp + "."))
		_, _ = mac.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return http.Header{
		"Content-Type":      {"application/json"},
		"Webhook-Id":        {messageID},
		"Webhook-Timestamp": {timestamp},
		"Webhook-Signature": {strings.Join(signatures, " ")},
	}, nil
}
