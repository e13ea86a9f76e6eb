package server_test

import (
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store/storetest"
)

// A line is what lies between a server and its database; tests may cut it.
type line struct {
	t        testing.TB
	upstream string
	listener net.Listener

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
	pipes sync.WaitGroup
}

// newLine answers a line, and the address of a fresh database at its end.
func newLine(t testing.TB) (l *line, dsn string) {
	t.Helper()
	direct := storetest.NewDatabase(t)
	config, err := pgconn.ParseConfig(direct)
	require.NoError(t, err)
	_, upstream := pgconn.NetworkAddress(config.Host, config.Port)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l = &line{t: t, upstream: upstream, listener: listener, conns: map[net.Conn]bool{}}
	l.pipes.Go(l.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		l.drop()
		l.pipes.Wait()
	})
	address, err := url.Parse(direct)
	require.NoError(t, err)
	query := address.Query()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	address.Host, address.RawQuery = listener.Addr().String(), query.Encode()
	return l, address.String()
}

func (l *line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		network := "tcp"
		if filepath.IsAbs(strings.TrimPrefix(l.upstream, "@")) {
			network = "unix"
		}
		l.mu.Lock()
		cut := l.cut
		l.mu.Unlock()
		if cut {
			_ = near.Close()
			continue
		}
		far, err := (&net.Dialer{}).DialContext(l.t.Context(), network, l.upstream)
		if err != nil {
			_ = near.Close()
			continue
		}
		l.mu.Lock()
		l.conns[near], l.conns[far] = true, true
		l.mu.Unlock()
		l.pipes.Go(func() { l.pipe(near, far) })
		l.pipes.Go(func() { l.pipe(far, near) })
	}
}

func (l *line) pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_, _ = to.Close(), from.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, to)
	delete(l.conns, from)
}

// drop ends all connections.
func (l *line) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for conn := range l.conns {
		_ = conn.Close()
	}
}

// broken cuts or mends the line.
func (l *line) broken(cut bool) {
	l.mu.Lock()
	l.cut = cut
	l.mu.Unlock()
	if cut {
		l.drop()
	}
}
