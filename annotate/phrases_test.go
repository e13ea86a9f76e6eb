package annotate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOccurrences(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text, phrase []string
		want         int
	}{
		"two":            {[]string{"heat", "pump", "and", "heat", "pump"}, []string{"heat", "pump"}, 2},
		"not in a row":   {[]string{"heat", "the", "pump"}, []string{"heat", "pump"}, 0},
		"no overlap":     {[]string{"a", "a", "a"}, []string{"a", "a"}, 1},
		"longer phrase":  {[]string{"a"}, []string{"a", "b"}, 0},
		"nothing sought": {[]string{"a"}, nil, 0},
		"no text":        {nil, []string{"a"}, 0},
	} {
		require.Equal(t, tc.want, Occurrences(tc.text, tc.phrase), name)
	}
}
