package store

import (
	"time"

	"github.com/google/uuid"
)

// A Document is one article, kept once however many feeds carry it. Its JSON form is the API's.
type Document struct {
	ID uuid.UUID `json:"id"`
	// CollectionID is the collection that first brought the document; nil once that is deleted.
	CollectionID *uuid.UUID `json:"collection_id"`

	Title string `json:"title"`
	// Content is sanitised HTML, ContentText the same as plain text; nil where the feed carried none.
	Content      *string `json:"content"`
	ContentText  *string `json:"content_text"`
	Summary      *string `json:"summary"`
	URL          string  `json:"url"`
	CanonicalURL string  `json:"canonical_url"`

	// Source is the kind of collector, SourceName the origin it read: a host, later a subreddit.
	Source         string         `json:"source"`
	SourceName     string         `json:"source_name"`
	SourceMetadata map[string]any `json:"source_metadata"`

	Domain string `json:"domain"`
	Market string `json:"market"`
	// Language is a BCP 47 primary tag; "und" where neither the feed nor the collection tells.
	Language string `json:"language"`

	// ContentHash is the SHA-256 of title and content text, in lower-case hex.
	ContentHash string `json:"content_hash"`
	// PublishedAt is nil where the source does not say; it is never the time of fetching.
	PublishedAt *time.Time `json:"published_at"`
	FetchedAt   time.Time  `json:"fetched_at"`
	Author      *string    `json:"author"`

	// ReliabilityScore (0 to 1) and Paywall are nil until something has measured them.
	ReliabilityScore *float64   `json:"reliability_score"`
	Paywall          *bool      `json:"paywall"`
	Status           string     `json:"status"`
	ProcessedAt      *time.Time `json:"processed_at"`

	Revision  int64     `json:"-"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}
