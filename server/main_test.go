package server_test

import (
	"fmt"
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/content-creator/content-creator-api/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(tidy{m}) }

// tidy fails tests that leave goroutines behind.
type tidy struct{ *testing.M }

// Run runs the tests.
func (m tidy) Run() int {
	code := m.M.Run()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	// The database server itself ends after the tests.
	server := goleak.IgnoreAnyFunction("github.com/content-creator/content-creator-api/store/embedded.launch.func1")
	output := goleak.IgnoreAnyFunction("os/exec.(*Cmd).writerDescriptor.func1")
	if err := goleak.Find(server, output); err != nil && code == 0 {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
