// Package markdown writes Markdown: texts of others in that of ours, shown as they are, and sanitised HTML.
package markdown

import (
	"fmt"
	"strings"
)

// special are the characters that mean something in CommonMark, or would once it is rendered.
const special = "\\`*_{}[]<>#|~"

// Text is a text in one line that CommonMark shows as it is.
func Text(text string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(text), " ") {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

var inBrackets = strings.NewReplacer("<", "%3C", ">", "%3E", "\n", "", " ", "%20")

// Link leads to an address, in words.
func Link(words, address string) string {
	return fmt.Sprintf("[%s](<%s>)", Text(words), inBrackets.Replace(address))
}

// StatedBy stands before a sentence that not everybody would state: who does, and a remark of ours. It is empty where nobody is named.
func StatedBy(sites []string, remark string) string {
	if len(sites) == 0 {
		return ""
	}
	return fmt.Sprintf("%s (*%s*): ", Text(strings.Join(sites, ", ")), remark)
}
