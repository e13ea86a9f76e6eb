package collect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/content-creator/content-creator-api/store"
)

func TestRecognise(t *testing.T) {
	t.Parallel()
	document := func(language, title, text string) store.Document {
		d := store.Document{Title: title, Language: language, SourceMetadata: map[string]any{}}
		if text != "" {
			d.ContentText = &text
		}
		return d
	}
	german := "Die neuen Häuser am Stadtrand haben dicke Wände, und die Heizung regelt sich abends von selbst. "
	french := "Les nouvelles maisons du quartier ont des murs épais et le chauffage se règle tout seul le soir. "
	documents := []store.Document{
		document("en", "Ein deutscher Titel, dem der Feed widerspricht", german),
		document("und", "Häuser", ""),
		document("und", "Mietpreise und Wohnungen in deutschen Städten", german),
		document("und", "Les maisons", strings.Repeat(french, 8)),
		document("und", "Heizungen im Winter", german),
	}
	recognise(documents)
	languages := make([]string, len(documents))
	for i, d := range documents {
		languages[i] = d.Language
	}
	assert.Equal(t, "en", languages[0], "what the feed says stands")
	assert.Equal(t, "fr", languages[3], "a long text tells its own language")
	assert.NotContains(t, documents[0].SourceMetadata, "language_from")
	assert.Equal(t, "text", documents[3].SourceMetadata["language_from"])

	only := []store.Document{document("und", "Häuser", ""), document("und", "Wohnungen", german), document("und", "Mieten", german)}
	recognise(only)
	assert.Equal(t, "de", only[0].Language, "a headline takes the language of its feed")

	unclear := []store.Document{document("und", "42", ""), document("und", "", "")}
	recognise(unclear)
	assert.Equal(t, "und", unclear[0].Language)
	assert.Equal(t, map[string]any{}, unclear[0].SourceMetadata)
}
