package markdown

import (
	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
)

var fromHTML = converter.NewConverter(converter.WithPlugins(
	base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(), table.NewTablePlugin(), strikethrough.NewStrikethroughPlugin()))

// FromHTML is sanitised HTML as CommonMark with tables; "" where there is nothing in it, or where the library cannot write it.
func FromHTML(safe string) (written string) {
	// Where the library panics on a page, its HTML and its words are still there.
	defer func() { _ = recover() }()
	written, err := fromHTML.ConvertString(safe)
	if err != nil {
		return ""
	}
	return written
}
