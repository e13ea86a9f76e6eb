package content

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"

	"github.com/content-creator/content-creator-api/store"
)

// A Format is a way to take a draft out.
type Format struct{ MediaType, Extension string }

// Formats are the formats by name.
var Formats = map[string]Format{
	"markdown": {"text/markdown; charset=utf-8", "md"},
	"html":     {"text/html; charset=utf-8", "html"},
	"docx":     {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
	"json":     {"application/json", "json"},
	"ris":      {"application/x-research-info-systems; charset=utf-8", "ris"},
	"bibtex":   {"application/x-bibtex; charset=utf-8", "bib"},
}

// Export writes a draft in a format of Formats; ris and bibtex hold its citations.
func Export(d store.Draft, format string) ([]byte, error) {
	switch format {
	case "markdown":
		return []byte(d.BodyMarkdown), nil
	case "html":
		return page(d)
	case "docx":
		return docx(d)
	case "json":
		return json.MarshalIndent(d, "", "  ")
	case "ris":
		return []byte(ris(d)), nil
	case "bibtex":
		return []byte(bibTeX(d)), nil
	}
	return nil, fmt.Errorf("there is no format %q", format)
}

// page is a draft as a whole web page, sanitised: sources are never trusted.
func page(d store.Draft) ([]byte, error) {
	var body bytes.Buffer
	if err := goldmark.Convert([]byte(d.BodyMarkdown), &body); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=%q>\n<head>\n<meta charset=\"utf-8\">\n<title>%s</title>\n", xmlText(d.Language), xmlText(d.Title))
	if d.MetaDescription != nil {
		fmt.Fprintf(&b, "<meta name=\"description\" content=\"%s\">\n", xmlText(*d.MetaDescription))
	}
	b.WriteString("</head>\n<body>\n")
	b.Write(bluemonday.UGCPolicy().SanitizeBytes(body.Bytes()))
	b.WriteString("</body>\n</html>\n")
	return b.Bytes(), nil
}

// xmlText is a text as XML and HTML write it.
func xmlText(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // to memory
	return b.String()
}

// ris are the citations as reference managers read them.
func ris(d store.Draft) string {
	var b strings.Builder
	for _, c := range d.Citations {
		fmt.Fprintf(&b, "TY  - ELEC\r\nTI  - %s\r\nUR  - %s\r\n", oneLine(c.Title), oneLine(c.URL))
		if c.PublishedAt != nil {
			fmt.Fprintf(&b, "PY  - %s\r\nDA  - %s\r\n", c.PublishedAt.UTC().Format("2006"), c.PublishedAt.UTC().Format("2006/01/02"))
		}
		fmt.Fprintf(&b, "Y2  - %s\r\nN1  - SHA-256 of the text as it was read: %s\r\nER  - \r\n\r\n", c.FetchedAt.UTC().Format("2006/01/02"), c.Hash)
	}
	return b.String()
}

// bibTeX are the citations as LaTeX reads them.
func bibTeX(d store.Draft) string {
	special := strings.NewReplacer(`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "&", `\&`, "%", `\%`, "$", `\$`, "#", `\#`, "_", `\_`)
	var b strings.Builder
	for _, c := range d.Citations {
		fmt.Fprintf(&b, "@online{source%d,\n  title = {%s},\n  url = {%s},\n  urldate = {%s},\n", c.Number, special.Replace(oneLine(c.Title)),
			strings.NewReplacer("{", "%7B", "}", "%7D").Replace(oneLine(c.URL)), c.FetchedAt.UTC().Format("2006-01-02"))
		if c.PublishedAt != nil {
			fmt.Fprintf(&b, "  date = {%s},\n", c.PublishedAt.UTC().Format("2006-01-02"))
		}
		fmt.Fprintf(&b, "  note = {SHA-256 %s},\n}\n\n", c.Hash)
	}
	return b.String()
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// A Change is a piece of text that two versions share, or that one of them alone has.
type Change struct {
	// Op is equal, insert or delete.
	Op   string `json:"op"`
	Text string `json:"text"`
}

// Compare tells by lines how one text becomes another: the fewest insertions and deletions (longest common subsequence).
func Compare(before, after string) []Change {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	// common[i][j] is how long the longest common subsequence of a[i:] and b[j:] is.
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var changes []Change
	add := func(op, line string) {
		if n := len(changes); n > 0 && changes[n-1].Op == op {
			changes[n-1].Text += "\n" + line
			return
		}
		changes = append(changes, Change{op, line})
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			add("equal", a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			add("delete", a[i])
			i++
		default:
			add("insert", b[j])
			j++
		}
	}
	return changes
}
