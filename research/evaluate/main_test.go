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
	sets, err := readSets(t.Context(), filepath.Join("..", "testdata"))
	require.NoError(t, err)
	all, unseen, third := sets[0], sets[1], sets[2]
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

	r, err = unseen.evaluate(t.Context(), "extractive")
	require.NoError(t, err)
	require.GreaterOrEqual(t, r.rate(), leastRate)
	require.GreaterOrEqual(t, r.wanted, 15)
	require.GreaterOrEqual(t, r.told, 3)
	require.LessOrEqual(t, r.forbidden, 3)

	r, err = third.evaluate(t.Context(), "extractive")
	require.NoError(t, err)
	require.GreaterOrEqual(t, r.rate(), leastRate)
	require.GreaterOrEqual(t, r.wanted, 18)
	require.LessOrEqual(t, r.forbidden, 4)

	var out strings.Builder
	require.NoError(t, table(t.Context(), all.every(79), &out))
	require.Contains(t, out.String(), "careful")
	require.Error(t, table(t.Context(), set{}, &out), "nothing cited is nothing borne")
	_, err = readSet(t.Context(), t.TempDir())
	require.Error(t, err)
	require.Error(t, evaluateAll(t.Context(), t.TempDir(), &out))
	require.Zero(t, result{}.rate())
}

// TestUnseenSets: each answer stands in the pages that are said to have it, as they are read, and what is forbidden in some page.
func TestUnseenSets(t *testing.T) {
	t.Parallel()
	sets, err := readSets(t.Context(), filepath.Join("..", "testdata"))
	require.NoError(t, err)
	for _, unseen := range sets[1:] {
		require.GreaterOrEqual(t, len(unseen.questions), 22)
		var texts []string
		for _, p := range unseen.pages {
			texts = append(texts, p.Text)
		}
		all := strings.Join(texts, "\n")
		for _, q := range unseen.questions {
			require.Equal(t, len(q.Answers) == 0, len(q.Pages) == 0, q.ID)
			for _, stated := range append(q.Answers, q.Forbidden...) {
				require.True(t, strings.Contains(all, stated), "%s: %q stands nowhere", q.ID, stated)
			}
		}
	}
}
