package embedded

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// childAttr keeps the terminal's ^C from reaching the server besides our own signal, and makes the kernel stop the
// server when we die without a word.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
}

// isPostmaster asks for the working folder and not just for the number: numbers are used again, and a zombie, which has
// a number too, has no folder.
func isPostmaster(pid int, data string) bool {
	cwd, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	ours, err := os.Stat(data)
	if err != nil || !os.SameFile(cwd, ours) {
		return false
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return err == nil && strings.HasPrefix(string(name), "postgres")
}
