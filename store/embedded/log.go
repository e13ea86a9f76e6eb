//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package embedded

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"strings"
	"sync"
)

const (
	tailLines = 20
	// longestLine bounds what a line without an end may hold in memory.
	longestLine = 64 << 10
)

// logLine reads what the log_line_prefix "%e " makes; the earliest lines come before that setting is read.
var logLine = regexp.MustCompile(`^(?:([0-9A-Z]{5}) )?(?:\S+: )?([A-Z]+): +`)

// logSink takes the server's log, forwards it by line and keeps the end of it for error messages.
type logSink struct {
	log *slog.Logger

	mu    sync.Mutex
	rest  []byte
	lines []string
}

func (s *logSink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest = append(s.rest, b...)
	for {
		end := bytes.IndexByte(s.rest, '\n')
		if end < 0 && len(s.rest) < longestLine {
			return len(b), nil
		}
		if end < 0 {
			end = len(s.rest) - 1
		}
		s.take(strings.TrimRight(string(s.rest[:end+1]), "\r\n"))
		s.rest = append(s.rest[:0], s.rest[end+1:]...)
	}
}

func (s *logSink) take(line string) {
	// The answers to our own polling would push out what matters.
	if !strings.HasPrefix(line, cannotConnectNow) {
		s.lines = append(s.lines, line)
	}
	if len(s.lines) > tailLines {
		s.lines = s.lines[1:]
	}
	s.log.LogAttrs(context.Background(), levelOf(line), "postgres", slog.String("line", line))
}

// levelOf spares the reader the FATALs of every start and stop: a client too early, a client sent away.
func levelOf(line string) slog.Level {
	m := logLine.FindStringSubmatch(line)
	if m == nil || (m[2] != "FATAL" && m[2] != "PANIC") || m[1] == cannotConnectNow || m[1] == adminShutdown {
		return slog.LevelDebug
	}
	return slog.LevelError
}

// tail is the end of the log as an appendix to an error message; empty where nothing was logged.
func (s *logSink) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := s.lines
	if len(s.rest) > 0 {
		lines = append(lines[:len(lines):len(lines)], string(s.rest))
	}
	if len(lines) == 0 {
		return ""
	}
	return "; its last log lines:\n" + strings.Join(lines, "\n")
}

func (s *logSink) contains(text string) bool {
	return strings.Contains(s.tail(), text)
}
