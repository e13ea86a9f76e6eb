package contentcreator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/gen/client"
)

// ErrWebhook is a webhook that is not to be believed: answer it 400 and do nothing.
var ErrWebhook = errors.New("content creator: the webhook is not to be believed")

// WebhookTolerance is how far a webhook's time may be from that of the receiver, before or after: an old one may be
// somebody's who has recorded it.
const WebhookTolerance = 5 * time.Minute

// A WebhookVerifier tells webhooks of the server from those of others.
type WebhookVerifier struct {
	// Secrets as the server has shown them; one of them must have signed. There may be several while one is replaced.
	Secrets []string
	// Tolerance is WebhookTolerance unless set.
	Tolerance time.Duration
	// Now is the receiver's clock; time.Now unless set.
	Now func() time.Time
}

// A WebhookMessage is what a webhook tells of.
type WebhookMessage struct {
	// ID is the same in every attempt and replay: by it a receiver knows what it has taken already.
	ID string
	// Type is that of the event, or "webhook.test".
	Type client.EventType `json:"type"`
	// Timestamp is when it happened.
	Timestamp time.Time `json:"timestamp"`
	// Data is what exactly; see client.EventType.
	Data map[string]any `json:"data"`
}

// VerifyWebhook reads a webhook from the header and the body of a request, which must be the bytes as they came, and fails
// with ErrWebhook unless one of the secrets has signed it within the last minutes.
func VerifyWebhook(header http.Header, body []byte, secrets ...string) (WebhookMessage, error) {
	return WebhookVerifier{Secrets: secrets}.Verify(header, body)
}

// Verify is VerifyWebhook with the verifier's settings.
func (v WebhookVerifier) Verify(header http.Header, body []byte) (WebhookMessage, error) {
	message := WebhookMessage{ID: header.Get("webhook-id")}
	timestamp, signatures := header.Get("webhook-timestamp"), strings.Fields(header.Get("webhook-signature"))
	if message.ID == "" || timestamp == "" || len(signatures) == 0 {
		return WebhookMessage{}, fmt.Errorf("%w: its headers are missing", ErrWebhook)
	}
	if err := v.checkTime(timestamp); err != nil {
		return WebhookMessage{}, err
	}
	signed, err := v.signed(message.ID+"."+timestamp+".", body, signatures)
	if err != nil {
		return WebhookMessage{}, err
	}
	if !signed {
		return WebhookMessage{}, fmt.Errorf("%w: nobody with a secret of yours has signed it", ErrWebhook)
	}
	if err := json.Unmarshal(body, &message); err != nil {
		return WebhookMessage{}, fmt.Errorf("%w: its body cannot be read: %w", ErrWebhook, err)
	}
	return message, nil
}

func (v WebhookVerifier) checkTime(timestamp string) error {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: its time is none", ErrWebhook)
	}
	now, tolerance := time.Now, v.Tolerance
	if v.Now != nil {
		now = v.Now
	}
	if tolerance == 0 {
		tolerance = WebhookTolerance
	}
	if apart := now().Sub(time.Unix(seconds, 0)); apart > tolerance || apart < -tolerance {
		return fmt.Errorf("%w: it was sent at another time", ErrWebhook)
	}
	return nil
}

// signed is whether one of the secrets has made one of the signatures.
func (v WebhookVerifier) signed(prefix string, body []byte, signatures []string) (signed bool, err error) {
	for _, secret := range v.Secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) == 0 {
			// The secret is not repeated.
			return false, errors.New("content creator: a webhook's secret is whsec_ and base64")
		}
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(prefix))
		_, _ = mac.Write(body)
		own := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		for _, signature := range signatures {
			signed = hmac.Equal(own, []byte(signature)) || signed
		}
	}
	return signed, nil
}
