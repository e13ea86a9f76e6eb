// Command content-creator is a content-research backend: see README.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the build.
var version = "0.1.0-dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, process{args: os.Args[1:], environ: os.Environ(), out: os.Stdout, log: os.Stderr})
	stop()
	os.Exit(code)
}

// report prints why a command failed.
func (p process) report(err error) {
	_, _ = fmt.Fprintln(p.log, "content-creator:", err)
}
