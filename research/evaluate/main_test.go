package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// every is a part of a set: every nth question.
func (s set) every(n int) set {
	part := s
	part.questions = nil
	for i := 0; i < len(s.questions); i += n {
		part.questions = append(part.questions, s.questions[i])
	}
	return part
}

// TestCitationsHold holds what is published, on a part of the questions: the command asks all of them.
func TestCitationsHold(t *testing.T) {
	t.Parallel()
	all, err := readSet(t.Context(), filepath.Join("..", "testdata", "eval"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(all.questions), 60)

	r, err := all.every(8).evaluate(t.Context(), "extractive")
	require.NoError(t, err)
	require.GreaterOrEqual(t, r.rate(), leastRate)
	require.GreaterOrEqual(t, r.wanted, r.answerable*8/10)
	require.LessOrEqual(t, r.forbidden, 1, "traps that were stated as facts")
	r, err = all.every(20).evaluate(t.Context(), "sloppy")
	require.NoError(t, err)
	require.GreaterOrEqual(t, r.rate(), leastRate)
	require.Greater(t, r.dropped, 2, "what it made up was noticed")

	var out strings.Builder
	require.NoError(t, table(t.Context(), all.every(79), &out))
	require.Contains(t, out.String(), "careful")
	require.Error(t, table(t.Context(), set{}, &out), "nothing cited is nothing borne")
	_, err = readSet(t.Context(), t.TempDir())
	require.Error(t, err)
	require.Zero(t, result{}.rate())
}
