package annotate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/annotate"
)

// TestSentencesAreWhole: a mark within a sentence does not cut it.
func TestSentencesAreWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language, text string
		want           []string
	}{
		{"en", "Speaking on Jimmy Kimmel Live! the star denied it. He laughed.", []string{"Speaking on Jimmy Kimmel Live! the star denied it.", "He laughed."}},
		{"en", "'I don’t know, did I?' Daniels said, refusing to answer.", []string{"'I don’t know, did I?' Daniels said, refusing to answer."}},
		{"de", "„Kommt er wieder?“ Das wollte niemand sagen. Yahoo! kauft zu.", []string{"„Kommt er wieder?“ Das wollte niemand sagen.", "Yahoo! kauft zu."}},
		{"en", "Is it true? It is! \"Why?\" \"Because.\"", []string{"Is it true?", "It is!", "\"Why?\"", "\"Because.\""}},
		{"en", "What is it? - a start-up tells\nWhy? it did not say", []string{"What is it? -", "a start-up tells", "Why? it did not say"}},
	} {
		var texts []string
		for _, s := range annotate.Sentences(annotate.Normal(c.text), c.language) {
			texts = append(texts, s.Text)
		}
		require.Equal(t, c.want, texts)
	}
}
