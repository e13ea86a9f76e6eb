//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// A Server is a running private PostgreSQL.
type Server struct {
	dsn     string
	cluster *cluster
	process *process
	lock    *os.File

	stop     sync.Once
	stopErr  error
	stopping atomic.Bool
}

// host is what Start takes from the machine; tests put other things in its place.
type host struct {
	root   bool
	finder finder
	fetch  func(ctx context.Context, dir string) error
	limits limits
}

func thisHost() host {
	return host{root: os.Geteuid() == 0, finder: systemFinder(), fetch: fetchFrom(mavenCentral), limits: defaultLimits()}
}

// Start brings up the server kept in o.Dir and returns once it answers; the first call makes the cluster, and where no
// PostgreSQL is installed and the caller is not root, downloads one. ctx bounds the start alone: cancelling it later
// does not stop the server.
//
// A server that a killed owner left behind is stopped first, committed rows are kept. It fails where another process
// uses the folder, where the data is of a major version that is not installed (it is left untouched), or where no
// PostgreSQL can be had; the error then names what to do.
func Start(ctx context.Context, o Options) (*Server, error) {
	return start(ctx, o, thisHost())
}

func start(ctx context.Context, o Options, h host) (*Server, error) {
	if o.Dir == "" {
		return nil, errors.New("start postgres: no folder given")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if err := makeFolder(dir, h.root); err != nil {
		return nil, fmt.Errorf("make the postgres folder: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir, data: filepath.Join(dir, "data"), log: log, throwaway: o.Throwaway, limits: h.limits}
	s, err := c.start(ctx, h)
	if err != nil {
		_ = unlockFolder(lock)
		return nil, err
	}
	s.lock = lock
	// For Running; where it cannot be told, others cannot come in, and nothing else is lost.
	if _, err := lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"+s.dsn+"\n"), 0); err != nil {
		log.Warn("where the private database is cannot be told to other processes", "error", err)
	}
	return s, nil
}

// Running is the DSN of the server that another process runs in a folder; "" if none does.
func Running(dir string) string {
	lock, err := os.Open(filepath.Join(dir, "owner.lock")) //nolint:gosec // the caller's own folder
	if err != nil {
		return ""
	}
	defer func() { _ = lock.Close() }()
	if !errors.Is(syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK) {
		return "" // nobody has it; the shared lock ends with the file
	}
	told, _ := io.ReadAll(io.LimitReader(lock, 4096))
	_, dsn, _ := strings.Cut(string(told), "\n")
	return strings.TrimSpace(dsn)
}

// start does all that needs the folder's lock.
func (c *cluster) start(ctx context.Context, h host) (*Server, error) {
	if err := c.stopOrphan(ctx); err != nil {
		return nil, err
	}
	major, err := c.major()
	if err != nil {
		return nil, err
	}
	if c.bin, err = c.binaries(ctx, h, major); err != nil {
		return nil, err
	}
	if c.as, err = accountFor(h.root, c.data); err != nil {
		return nil, err
	}
	if err := c.as.reach(ctx, c.dir, c.bin); err != nil {
		return nil, err
	}
	fresh := major == 0
	if fresh {
		if err := c.init(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.makeSocketFolder(); err != nil {
		return nil, fmt.Errorf("make the postgres socket folder: %w", err)
	}
	p, err := c.run(ctx, fresh)
	if err != nil {
		c.dropSocketFolder()
		return nil, err
	}
	return &Server{dsn: c.dsn(database), cluster: c, process: p}, nil
}

// dsn is a URL rather than key=value pairs because golang-migrate takes URLs only.
func (c *cluster) dsn(name string) string {
	q := url.Values{"host": {c.socket}, "port": {socketPort}, "user": {superuser}, "sslmode": {"disable"}}
	return "postgres:///" + name + "?" + q.Encode()
}

// DSN is a postgres:// URL of the database content_creator, through the unix socket and as superuser. It is good for
// pgx and libpq as it is, and for golang-migrate with its scheme replaced by pgx5.
func (s *Server) DSN() string { return s.dsn }

// Done is closed when the server has exited, asked or not; Err then tells which.
func (s *Server) Done() <-chan struct{} { return s.process.done }

// Err is nil while the server runs and after Stop; after an exit nobody asked for it is the reason, with the last lines
// of the server's log.
func (s *Server) Err() error {
	select {
	case <-s.process.done:
	default:
		return nil
	}
	if s.stopping.Load() {
		return nil
	}
	return s.process.failure("postgres has ended by itself")
}

// Stop shuts the server down, breaking off open connections, and frees the folder; call it after an unasked exit too.
// It takes about 20 ms, at worst half a minute: a server deaf to the request is killed, which Stop reports and the next
// Start repairs. Further calls do nothing and return the same.
func (s *Server) Stop() error {
	s.stop.Do(func() {
		select {
		case <-s.process.done:
		default:
			s.stopping.Store(true)
			s.stopErr = s.process.stop(s.cluster.limits)
		}
		s.cluster.dropSocketFolder()
		_ = unlockFolder(s.lock)
	})
	return s.stopErr
}
