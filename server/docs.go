package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
	"go.yaml.in/yaml/v3"

	"github.com/content-creator/content-creator-api/clients/web"
	"github.com/content-creator/content-creator-api/openapi"
	"github.com/content-creator/content-creator-api/openapi/docs"
)

// mountDocs serves the specification with code for every operation, the pages that show it, and the console.
// All of it comes from the binary and is open to everybody; the console asks for a key itself.
func (s *Server) mountDocs(doc *openapi3.T) error {
	var tree any
	if err := yaml.Unmarshal(openapi.YAML, &tree); err != nil {
		return fmt.Errorf("read the specification: %w", err)
	}
	if _, err := json.Marshal(tree); err != nil {
		return fmt.Errorf("write the specification as JSON: %w", err)
	}
	// The code beside the operations takes a third of a second to write: whoever asks first waits for it, not every start.
	specification := sync.OnceValues(func() (map[string]echo.HandlerFunc, error) { return withSamples(doc) })
	for _, path := range []string{"/openapi.yaml", "/openapi.json"} {
		s.echo.GET(path, func(c echo.Context) error {
			answers, err := specification()
			if err != nil {
				return err
			}
			return answers[path](c)
		})
	}
	pages := echo.WrapHandler(docs.Handler("/openapi.yaml"))
	for _, path := range []string{"/docs", "/docs/*", "/redoc", "/redoc/*"} {
		s.echo.Match([]string{http.MethodGet, http.MethodHead}, path, pages)
	}
	console := echo.WrapHandler(web.Handler())
	for _, path := range web.Paths {
		s.echo.Match([]string{http.MethodGet, http.MethodHead}, path, console)
	}
	return nil
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

// constant serves what never changes while the process runs.
func constant(contentType string, content []byte) echo.HandlerFunc {
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return func(c echo.Context) error {
		c.Response().Header().Set("ETag", tag)
		header := c.Request().Header.Get("If-None-Match")
		if matches(&header, tag) {
			return c.NoContent(http.StatusNotModified)
		}
		return c.Blob(http.StatusOK, contentType, content)
	}
}
