package server

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/content-creator/content-creator-api/clients/web"
	"github.com/content-creator/content-creator-api/openapi/docs"
)

// mountDocs serves the specification with code for every operation, the pages that show it, and the console.
// All of it comes from the binary and is open to everybody; the console asks for a key itself.
func (s *Server) mountDocs(specified *specification) {
	for _, path := range []string{"/openapi.yaml", "/openapi.json"} {
		s.echo.GET(path, func(c echo.Context) error {
			answers, err := specified.answers()
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
