package server

import (
	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
)

var markdownConverter = converter.NewConverter(converter.WithPlugins(
	base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(), table.NewTablePlugin(), strikethrough.NewStrikethroughPlugin()))

// markdown is a document's sanitised HTML as CommonMark with tables; nil where there is nothing in it, or where the
// library cannot write it. It is made where it is asked for, since most documents are never read in full.
func markdown(safe *string) (out *string) {
	// A page that the library panics on is still there as HTML and as text.
	defer func() { _ = recover() }()
	if safe == nil {
		return nil
	}
	written, err := markdownConverter.ConvertString(*safe)
	if err != nil || written == "" {
		return nil
	}
	return &written
}
