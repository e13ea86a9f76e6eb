package collect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/collect"
)

func TestSerials(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string][]string{"v": {"201506", "201601"}, "linie": {"9"}},
		collect.Serials("Wer v201506 hat, nimmt v201601; die Linie 9 fährt 40 km für EUR40 am 3. Mai 2026."))
	for _, c := range []struct {
		a, b  string
		other bool
	}{
		{"v201506 ends on April 11", "v201509 ends on June 21", true},
		{"Section 4 costs 300 crowns", "section 5 costs 400 crowns", true},
		{"Section 4 costs 300 crowns", "Section 4 costs 400 crowns", false},
		{"The A380 has 500 seats", "It has 400 seats", false},
		{"v2 replaces v1", "v1 was first", false},
	} {
		require.Equal(t, c.other, collect.OtherSerials(collect.Serials(c.a), collect.Serials(c.b)), c.a)
	}
}
