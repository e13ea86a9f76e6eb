package content

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// split cuts texts whose sentences end with points alone.
func split(text string) [][]string {
	var sentences [][]string
	for s := range strings.SplitSeq(strings.TrimSuffix(text, "."), ".") {
		sentences = append(sentences, strings.Fields(s))
	}
	return sentences
}

func TestReadabilityByHand(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		language, text   string
		words, syllables int
		ease             float64
	}{
		// The 1 cat 1 sat 1 on 1 the 1 ta-ble 2; it 1 was 1 hap-py 2: 8 words, 10 syllables, 2 sentences.
		"en": {"en", "The cat sat on the table. It was happy.", 9, 11, 206.835 - 1.015*4.5 - 84.6*11/9},
		// Die 1 Kat-ze 2 schläft 1; Das 1 Haus 1 ist 1 sehr 1 schön 1: 8 words, 9 syllables.
		"de": {"de", "Die Katze schläft. Das Haus ist sehr schön.", 8, 9, 180 - 4 - 58.5*9/8},
		// El 1 ga-to 2 duer-me 2: 3 words, 5 syllables.
		"es": {"es", "El gato duerme.", 3, 5, 206.835 - 3 - 62.3*5/3},
		// Il 1 gat-to 2 dor-me 2.
		"it": {"it", "Il gatto dorme.", 3, 5, 217 - 3.9 - 100},
		// Le 1 chat 1 dort 1.
		"fr": {"fr", "Le chat dort.", 3, 3, 207 - 3.045 - 73.6},
		// De 1 kat 1 slaapt 1.
		"nl": {"nl", "De kat slaapt.", 3, 3, 206.84 - 2.79 - 77},
		// O 1 ga-to 2 dor-me 2.
		"pt": {"pt", "O gato dorme.", 3, 5, 248.835 - 3.045 - 141},
	} {
		r, known := Readability(split(tc.text), tc.language)
		require.True(t, known, name)
		require.Equal(t, tc.words, r.Words, name)
		require.Equal(t, tc.syllables, r.Syllables, name)
		require.InDelta(t, tc.ease, r.Ease, 1e-6, name)
	}
	for word, want := range map[string][]int{"lições": {2}, "moment": {2}, "parlent": {1}, "tables": {1}} {
		language := "fr"
		if word == "lições" {
			language = "pt"
		}
		require.Equal(t, want[0], Syllables(word, language), word)
	}
	one, known := Readability([][]string{{}, {"cat"}}, "en")
	require.True(t, known)
	require.Equal(t, 1, one.Sentences, "one without words is none")
	for _, language := range []string{"pl", "und", "ja", ""} {
		_, known := Readability(split("Kot śpi."), language)
		require.False(t, known, "no formula, and never the English one")
	}
	_, known = Readability(nil, "en")
	require.False(t, known)
}

func TestSyllables(t *testing.T) {
	t.Parallel()
	for language, words := range map[string]map[string]int{
		"en": {"make": 1, "makes": 1, "boxes": 2, "walked": 1, "wanted": 2, "table": 2, "media": 3, "nation": 2, "the": 1, "rhythm": 1, "2026": 1, "e-mail": 2},
		"de": {"Häuser": 2, "Wärmepumpe": 4, "Energie": 3, "Quelle": 2, "neue": 2, "GmbH": 1},
		"es": {"día": 2, "agua": 2, "guerra": 2, "que": 1, "ciudad": 2, "país": 2},
		"fr": {"maison": 2, "parlent": 1, "beau": 1, "quatre": 1},
		"nl": {"mooie": 2, "water": 2},
	} {
		for word, want := range words {
			require.Equal(t, want, Syllables(word, language), "%s %s", language, word)
		}
	}
}
