package content_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/content"
	"github.com/content-creator/content-creator-api/store"
)

// TestWordDocument: a draft is in Word what it is in Markdown, and every part is well-formed.
func TestWordDocument(t *testing.T) {
	t.Parallel()
	file, err := content.Export(store.Draft{BodyMarkdown: strings.Join([]string{
		"# Heat & *pumps*", "", "A first \\#line\nand **its** rest &amp; [a link](<https://a.example/?a=1&b=2>) and [none](<javascript:x>).", "",
		"### Third level", "", "- a.example (*disputed*): 35 % [1]", "- two", "  1. deeper", "", "7. seven", "8. eight", "", "<script>no</script>", "", "    code <b>", "",
		"See <https://b.example/auto>, <me@a.example>.", "", "| a | b |", "> quoted  \n> twice `x*y*`",
	}, "\n")}, "docx")
	require.NoError(t, err)
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	parts := map[string]string{}
	for _, f := range archive.File {
		reader, err := f.Open()
		require.NoError(t, err)
		part, err := io.ReadAll(reader)
		require.NoError(t, err)
		parts[f.Name] = string(part)
		decoder := xml.NewDecoder(bytes.NewReader(part))
		for err == nil {
			_, err = decoder.Token()
		}
		require.True(t, errors.Is(err, io.EOF), "%s: %v", f.Name, err)
	}
	document := parts["word/document.xml"]
	for _, want := range []string{
		`<w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t xml:space="preserve">Heat &amp; </w:t></w:r><w:r><w:rPr><w:i/></w:rPr><w:t xml:space="preserve">pumps</w:t>`,
		`A first #line</w:t></w:r><w:r><w:t xml:space="preserve"> </w:t></w:r><w:r><w:t xml:space="preserve">and `, `<w:b/></w:rPr><w:t xml:space="preserve">its`, ` rest &amp; `,
		`<w:hyperlink r:id="link1"><w:r><w:rPr><w:color w:val="0563C1"/>`, `>none<`, `<w:pStyle w:val="Heading3"/>`, `<w:i/></w:rPr><w:t xml:space="preserve">disputed`,
		`<w:ilvl w:val="0"/><w:numId w:val="1"/>`, `<w:ilvl w:val="1"/><w:numId w:val="2"/>`, `<w:ilvl w:val="0"/><w:numId w:val="3"/>`, `code &lt;b&gt;`, `>https://b.example/auto<`, `>me@a.example<`, `<w:br/>`, `x*y*`,
	} {
		require.Contains(t, document, want)
	}
	for _, never := range []string{"javascript", "script", "**", "### ", "[1](", `\#`} {
		require.NotContains(t, document, never)
	}
	require.Contains(t, parts["word/_rels/document.xml.rels"], `Id="link1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="https://a.example/?a=1&amp;b=2" TargetMode="External"`)
	require.Contains(t, parts["word/numbering.xml"], `<w:num w:numId="3"><w:abstractNumId w:val="2"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/>`)
	require.Contains(t, parts["word/numbering.xml"], `<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>`)
}
