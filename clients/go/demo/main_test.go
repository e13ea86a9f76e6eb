package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDemo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), filepath.Join("..", "..", "..", "research", "testdata", "eval"), &out), out.String())
	require.Contains(t, out.String(), "The archive has 50 documents.")
	require.Contains(t, out.String(), "each quote found in its source")
	require.Contains(t, out.String(), "Quellen")
	require.Contains(t, out.String(), "Draft version 1 (extractive)")
}

func TestDemoOfAFolderWithoutFeeds(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, run(t.Context(), t.TempDir(), &bytes.Buffer{}), "holds no feeds")
	require.ErrorIs(t, run(t.Context(), filepath.Join(t.TempDir(), "none"), &bytes.Buffer{}), os.ErrNotExist)
}
