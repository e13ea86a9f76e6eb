package collect

import (
	"strings"

	"github.com/RadhiFadlillah/whatlanggo"

	"github.com/content-creator/content-creator-api/store"
)

const (
	// enoughText is how many bytes of text tell their language by themselves; a headline does not.
	enoughText = 500
	// mostText is how much text is looked at.
	mostText = 20_000
)

// recognise finds the language of documents that neither they nor their feed name: from their own
// text where it is long enough, else from all those texts together. What stays unclear stays "und".
// SourceMetadata says "language_from": "text".
func recognise(documents []store.Document) {
	var unnamed []*store.Document
	var all strings.Builder
	for i := range documents {
		d := &documents[i]
		if d.Language != undetermined {
			continue
		}
		unnamed = append(unnamed, d)
		if all.Len() < mostText {
			all.WriteString(textOf(d) + "\n")
		}
	}
	common := LanguageOf(all.String())
	for _, d := range unnamed {
		own := undetermined
		if text := textOf(d); len(text) >= enoughText {
			own = LanguageOf(text)
		}
		if own == undetermined {
			own = common
		}
		if own != undetermined {
			d.Language = own
			d.SourceMetadata["language_from"] = "text"
		}
	}
}

// textOf is a document's title and the beginning of its text.
func textOf(d *store.Document) string {
	text := d.Title
	if d.ContentText != nil {
		text += "\n" + *d.ContentText
	}
	text, _ = truncate(text, mostText)
	return text
}

// LanguageOf is the language of a text as ISO 639, "und" where it is not clear.
func LanguageOf(text string) string {
	info := whatlanggo.Detect(text)
	if code := info.Lang.Iso6391(); info.IsReliable() && code != "" {
		return code
	}
	return undetermined
}
