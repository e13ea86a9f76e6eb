package server

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
	"go.yaml.in/yaml/v3"

	"github.com/content-creator/content-creator-api/openapi"
)

// A specification is what a server obeys, as it was read.
type specification struct {
	operations map[string]*operation
	// answers have its text with code for every operation, by path. The code takes a third of a second to write: whoever asks
	// first waits for it, not every start.
	answers func() (map[string]echo.HandlerFunc, error)
}

// ours is the program's own specification. Reading it takes longer than all else of a server's start, and nothing changes
// it: the servers of a process share it.
var ours = sync.OnceValues(func() (*specification, error) { return readSpecification(openapi.YAML) })

func readSpecification(text []byte) (*specification, error) {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("read the specification: %w", err)
	}
	operations, err := operationsOf(doc)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("read the specification: %w", err)
	}
	if _, err := json.Marshal(tree); err != nil {
		return nil, fmt.Errorf("write the specification as JSON: %w", err)
	}
	return &specification{
		operations: operations,
		answers:    sync.OnceValues(func() (map[string]echo.HandlerFunc, error) { return withSamples(doc) }),
	}, nil
}

// withSamples are the answers that have the specification with code for every operation, by path.
func withSamples(doc *openapi3.T) (map[string]echo.HandlerFunc, error) {
	text, err := openapi.WithSamples(doc)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("read the specification: %w", err)
	}
	asJSON, err := json.Marshal(tree)
	return map[string]echo.HandlerFunc{
		"/openapi.yaml": constant("application/yaml", text), "/openapi.json": constant(echo.MIMEApplicationJSON, asJSON),
	}, err
}
