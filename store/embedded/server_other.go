//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package embedded

import (
	"context"
	"errors"
)

var errSystem = errors.New("the embedded PostgreSQL does not run on this system; run everything in containers (docker compose up), " +
	"or set DATABASE_URL to a PostgreSQL server of your own")

// A Server cannot be had on this system.
type Server struct{}

// Start always fails on this system.
func Start(context.Context, Options) (*Server, error) { return nil, errSystem }

// Running is empty: no process runs one.
func Running(string) string { return "" }

// Binaries always fails on this system.
func Binaries() (string, error) { return "", errSystem }

// DSN is empty.
func (*Server) DSN() string { return "" }

// Done is never closed.
func (*Server) Done() <-chan struct{} { return nil }

// Err is nil.
func (*Server) Err() error { return nil }

// Stop does nothing.
func (*Server) Stop() error { return nil }
