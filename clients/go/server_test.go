package contentcreator_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	contentcreator "github.com/content-creator/content-creator-api/clients/go"
)

// A running is the server that the tests of this package share, with a database of its own.
type running struct{ base, key string }

// stopServer stops it, if a test has started it.
var stopServer = func() {}

var startServer = sync.OnceValues(start)

func TestMain(m *testing.M) {
	code := m.Run()
	stopServer()
	os.Exit(code)
}

// realServer is the server, started by the first test that asks.
func realServer(t *testing.T) *running {
	t.Helper()
	server, err := startServer()
	require.NoError(t, err)
	return server
}

// direct is a client of the server without anything between them.
func (r *running) direct(t *testing.T) *contentcreator.Client {
	t.Helper()
	c, err := contentcreator.New(r.base, contentcreator.WithKey(r.key))
	require.NoError(t, err)
	return c
}

func start() (*running, error) {
	dir, err := os.MkdirTemp("", "content-creator-sdk")
	if err != nil {
		return nil, err
	}
	// Where root starts the tests, PostgreSQL runs as somebody else.
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "content-creator")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/content-creator/content-creator-api").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	server := exec.Command(program, "serve", "--addr=127.0.0.1:0", "--data-dir="+filepath.Join(dir, "data"), "--database-url=",
		"--fetch-allow-cidrs=127.0.0.0/8", "--host-requests-per-second=0", "--rate-limit=0", "--log-level=error")
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	r := &running{}
	stopServer = func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
		_ = os.RemoveAll(dir)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 2 && words[0] == "API":
			r.base = words[1]
		case len(words) == 3 && words[0] == "Admin":
			r.key = words[2]
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return r, nil
		}
	}
	return nil, errors.New("the server did not start")
}
