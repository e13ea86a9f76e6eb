// Command content-creator is a content-research backend: see README.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// version is set by the build.
var version = "0.1.0-dev"

// gcPercent lets the heap grow to four times of what is in use, some tens of megabytes: to collect it at twice would cost every
// tenth request and poll. Whoever sets GOGC knows better.
const gcPercent = 300

func main() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, process{args: os.Args[1:], environ: os.Environ(), out: os.Stdout, log: os.Stderr})
	stop()
	os.Exit(code)
}

// report prints why a command failed.
func (p process) report(err error) {
	_, _ = fmt.Fprintln(p.log, "content-creator:", err)
}
