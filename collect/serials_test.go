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

func TestWhatANumberNamesIsNoFigure(t *testing.T) {
	t.Parallel()
	numbers, _ := collect.Stated("Today v201605 of the A380 comes for EUR40 and 12km of wire.", "en")
	var values []float64
	for _, n := range numbers {
		values = append(values, n.Value)
	}
	require.Equal(t, []float64{40, 12}, values)
}

func TestPartsOfMonthsAreDates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]collect.StatedDate{
		"Anfang Mai feiert die Konferenz Premiere.":       {Text: "Anfang Mai", Month: 5},
		"The hall opens in late October for 300 guests.":  {Text: "late October", Month: 10},
		"Die Halle öffnet Ende Mai 2026.":                 {Text: "Mai 2026", Month: 5, Year: 2026},
		"It is to open by mid-June, the council has said": {Text: "mid-June", Month: 6},
	} {
		_, dates := collect.Stated(text, "")
		require.Equal(t, []collect.StatedDate{want}, dates, text)
	}
	for _, text := range []string{"In the end may be too late.", "She said at the beginning of her march.", "Marchers may be late.", "However late may she come."} {
		_, dates := collect.Stated(text, "en")
		require.Empty(t, dates, text)
	}
}
