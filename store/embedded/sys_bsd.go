//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package embedded

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// childAttr keeps the terminal's ^C from reaching the server besides our own signal. Nothing here stops the server of a
// killed owner; the next start does.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// isPostmaster asks for the command line and not just for the number, as numbers are used again.
func isPostmaster(pid int, data string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), "postgres -D "+data+" ")
}
