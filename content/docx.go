package content

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/content-creator/content-creator-api/store"
)

// The parts of a DOCX (ECMA-376, WordprocessingML) that are the same in every one, and how the others begin and end.
const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	docxTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
		`<Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/></Types>`
	docxRelations = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	docxOffice    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	docxRels      = docxRelations + `<Relationship Id="rId1" Type="` + docxOffice + `/officeDocument" Target="word/document.xml"/></Relationships>`
	docxSpace     = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	docxBegin     = xmlHead + `<w:document ` + docxSpace + ` xmlns:r="` + docxOffice + `"><w:body>`
	docxEnd       = `<w:sectPr/></w:body></w:document>`
)

// docxHeadings are how many levels of headings a document has, docxListLevels how deep its lists.
const docxHeadings, docxListLevels = 6, 9

func docxStyles() string {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:styles ` + docxSpace + `><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>`)
	for level := 1; level <= docxHeadings; level++ {
		fmt.Fprintf(&b, `<w:style w:type="paragraph" w:styleId="Heading%d"><w:name w:val="heading %d"/><w:basedOn w:val="Normal"/><w:pPr><w:outlineLvl w:val="%d"/></w:pPr><w:rPr><w:b/><w:sz w:val="%d"/></w:rPr></w:style>`,
			level, level, level-1, max(40-4*level, 22))
	}
	b.WriteString(`<w:style w:type="paragraph" w:styleId="ListParagraph"><w:name w:val="List Paragraph"/><w:basedOn w:val="Normal"/></w:style></w:styles>`)
	return b.String()
}

// docx is a draft as a Word document: headings, paragraphs, lists, emphasis and links, as its Markdown has them.
func docx(d store.Draft) ([]byte, error) {
	source := []byte(d.BodyMarkdown)
	w := &docxWriter{source: source}
	w.blocks(goldmark.DefaultParser().Parse(text.NewReader(source)), docxParagraph{})
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	for _, part := range []struct{ name, content string }{
		{"[Content_Types].xml", docxTypes},
		{"_rels/.rels", docxRels},
		{"word/_rels/document.xml.rels", w.relations()},
		{"word/styles.xml", docxStyles()},
		{"word/numbering.xml", w.numbering()},
		{"word/document.xml", docxBegin + w.out.String() + docxEnd},
	} {
		w, err := archive.Create(part.name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write([]byte(part.content)); err != nil {
			return nil, err
		}
	}
	err := archive.Close()
	return file.Bytes(), err
}

type docxWriter struct {
	source []byte
	out    strings.Builder
	// links are the addresses that the document links to, lists its lists: what each ordered one counts from, 0 for bullets.
	links []string
	lists []int
}

// A docxParagraph is how a paragraph is set: by a style, or as an item of a list of a level.
type docxParagraph struct {
	style       string
	list, level int
}

func (p docxParagraph) properties() string {
	switch {
	case p.list > 0:
		return fmt.Sprintf(`<w:pPr><w:pStyle w:val="ListParagraph"/><w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr></w:pPr>`, p.level, p.list)
	case p.style != "":
		return `<w:pPr><w:pStyle w:val="` + p.style + `"/></w:pPr>`
	}
	return ""
}

func (w *docxWriter) blocks(parent ast.Node, p docxParagraph) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Heading:
			w.paragraph(n, docxParagraph{style: fmt.Sprintf("Heading%d", min(n.Level, docxHeadings))})
		case *ast.Paragraph, *ast.TextBlock:
			w.paragraph(n, p)
		case *ast.List:
			w.list(n, p)
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				w.out.WriteString("<w:p>" + run(strings.TrimRight(string(line.Value(w.source)), "\n"), "") + "</w:p>")
			}
		case *ast.HTMLBlock, *ast.ThematicBreak:
		default:
			w.blocks(n, p)
		}
	}
}

func (w *docxWriter) list(n *ast.List, p docxParagraph) {
	start := 0
	if n.IsOrdered() {
		start = max(n.Start, 1)
	}
	w.lists = append(w.lists, start)
	item := docxParagraph{list: len(w.lists)}
	if p.list > 0 {
		item.level = min(p.level+1, docxListLevels-1)
	}
	w.blocks(n, item)
}

func (w *docxWriter) paragraph(n ast.Node, p docxParagraph) {
	w.out.WriteString("<w:p>" + p.properties())
	w.inline(n, "")
	w.out.WriteString("</w:p>")
}

// inline writes what stands in a line, set as its properties say.
func (w *docxWriter) inline(parent ast.Node, properties string) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			w.out.WriteString(run(shown(n.Segment.Value(w.source)), properties))
			if n.HardLineBreak() {
				w.out.WriteString("<w:r><w:br/></w:r>")
			} else if n.SoftLineBreak() {
				w.out.WriteString(run(" ", properties))
			}
		case *ast.String:
			w.out.WriteString(run(string(n.Value), properties))
		case *ast.Emphasis:
			w.inline(n, properties+map[bool]string{true: "<w:b/>", false: "<w:i/>"}[n.Level > 1])
		case *ast.Link:
			w.link(string(n.Destination), func(set string) { w.inline(n, properties+set) })
		case *ast.AutoLink:
			w.link(string(n.URL(w.source)), func(set string) { w.out.WriteString(run(string(n.Label(w.source)), properties+set)) })
		case *ast.RawHTML:
		default:
			w.inline(n, properties)
		}
	}
}

// link writes what leads to an address; to none but those of the web and of mail.
func (w *docxWriter) link(address string, words func(set string)) {
	scheme, _, _ := strings.Cut(strings.ToLower(address), ":")
	if scheme != "http" && scheme != "https" && scheme != "mailto" {
		words("")
		return
	}
	w.links = append(w.links, address)
	fmt.Fprintf(&w.out, `<w:hyperlink r:id="link%d">`, len(w.links))
	words(`<w:color w:val="0563C1"/><w:u w:val="single"/>`)
	w.out.WriteString("</w:hyperlink>")
}

// run is a text that is set in one way.
func run(text, properties string) string {
	if properties != "" {
		properties = "<w:rPr>" + properties + "</w:rPr>"
	}
	return `<w:r>` + properties + `<w:t xml:space="preserve">` + xmlText(text) + `</w:t></w:r>`
}

// shown is what a reader sees of a text of Markdown.
func shown(source []byte) string {
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(source))))
}

func (w *docxWriter) relations() string {
	var b strings.Builder
	b.WriteString(docxRelations)
	for _, part := range []string{"styles", "numbering"} {
		fmt.Fprintf(&b, `<Relationship Id="%s" Type="%s/%s" Target="%s.xml"/>`, part, docxOffice, part, part)
	}
	for i, address := range w.links {
		fmt.Fprintf(&b, `<Relationship Id="link%d" Type="%s/hyperlink" Target="%s" TargetMode="External"/>`, i+1, docxOffice, xmlText(address))
	}
	b.WriteString("</Relationships>")
	return b.String()
}

// numbering are the lists: of bullets (1), of numbers (2), and each list of the document with where it begins.
func (w *docxWriter) numbering() string {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:numbering ` + docxSpace + `>`)
	for id, format := range []string{"bullet", "decimal"} {
		fmt.Fprintf(&b, `<w:abstractNum w:abstractNumId="%d"><w:multiLevelType w:val="multilevel"/>`, id+1)
		for level := range docxListLevels {
			mark := "•"
			if format == "decimal" {
				mark = fmt.Sprintf("%%%d.", level+1)
			}
			fmt.Fprintf(&b, `<w:lvl w:ilvl="%d"><w:start w:val="1"/><w:numFmt w:val="%s"/><w:lvlText w:val="%s"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="%d" w:hanging="360"/></w:pPr></w:lvl>`,
				level, format, mark, 720*(level+1))
		}
		b.WriteString(`</w:abstractNum>`)
	}
	for i, start := range w.lists {
		fmt.Fprintf(&b, `<w:num w:numId="%d"><w:abstractNumId w:val="%d"/>`, i+1, min(start, 1)+1)
		for level := 0; start > 0 && level < docxListLevels; level++ {
			fmt.Fprintf(&b, `<w:lvlOverride w:ilvl="%d"><w:startOverride w:val="%d"/></w:lvlOverride>`, level, start)
		}
		b.WriteString(`</w:num>`)
	}
	b.WriteString(`</w:numbering>`)
	return b.String()
}
