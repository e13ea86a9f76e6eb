package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"
)

// monitorPath is where River's own page over the queue is.
const monitorPath = "/monitor"

// mountMonitor puts River's page behind an admin key. A browser asks for it as a password; the name
// does not matter.
func (s *Server) mountMonitor(ctx context.Context) error {
	monitor, err := s.Jobs.Monitor(ctx, monitorPath)
	if err != nil {
		return err
	}
	// The browser sends the password by itself, even for a form on somebody else's page.
	guarded := s.adminOnly(echo.WrapHandler(http.NewCrossOriginProtection().Handler(monitor)))
	s.echo.Any(monitorPath, guarded)
	s.echo.Any(monitorPath+"/*", guarded)
	return nil
}

// monitorPolicy is what River's page needs: its own scripts, and styles that they set.
const monitorPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
	"frame-ancestors 'none'; base-uri 'self'; form-action 'self'"

func (s *Server) adminOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		_, password, _ := c.Request().BasicAuth()
		if password == "" {
			password = bearer(c.Request())
		}
		key, err := s.keys.find(c.Request().Context(), password)
		var refusal *problem
		if err != nil && !errors.As(err, &refusal) {
			return err
		}
		if err != nil || !key.Allows("admin") {
			c.Response().Header().Set("WWW-Authenticate", `Basic realm="Job monitor: the password is an admin key", charset="UTF-8"`)
			return &problem{status: http.StatusUnauthorized, code: "UNAUTHORIZED", message: "Sign in with an admin key as the password."}
		}
		c.Response().Header().Set(echo.HeaderContentSecurityPolicy, monitorPolicy)
		return next(c)
	}
}
