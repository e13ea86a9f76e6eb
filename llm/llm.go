// Package llm asks language models.
package llm

// A Client asks a model.
type Client struct{}
