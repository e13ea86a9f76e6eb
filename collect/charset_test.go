package collect

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// Each charset through the whole collector, named by the server, by the document or by nobody.
func TestCollectCharsets(t *testing.T) {
	t.Parallel()
	const german, japaneseText, chinese, greek, russian = "Häuser für 20 €", "日本語の見出し", "简体中文标题", "Ελληνικά νέα", "Новости дня"
	document := func(declared, title string) string {
		declaration := "<?xml version='1.0'?>"
		if declared != "" {
			declaration = "<?xml version='1.0' encoding='" + declared + "'?>"
		}
		return declaration + "<rss><channel><item><title>" + title + "</title><link>https://example.org/a</link></item></channel></rss>"
	}
	for name, tc := range map[string]struct {
		enc            encoding.Encoding
		declared, http string
		title, prefix  string
	}{
		"utf-8":                        {nil, "utf-8", "application/rss+xml", german, ""},
		"utf-8 with mark":              {nil, "", "text/xml", german, "\xef\xbb\xbf"},
		"utf-8, server says latin":     {nil, "utf-8", "text/xml; charset=iso-8859-1", german, ""},
		"utf-8, document says latin":   {nil, "iso-8859-1", "text/xml", german, ""},
		"windows-1252 in the document": {charmap.Windows1252, "windows-1252", "text/xml", german, ""},
		"windows-1252 by the server":   {charmap.Windows1252, "", "text/xml; charset=windows-1252", german, ""},
		"windows-1252 by nobody":       {charmap.Windows1252, "", "text/xml", german, ""},
		"windows-1252 said utf-8":      {charmap.Windows1252, "utf-8", "text/xml", german, ""},
		"latin said iso-8859-1":        {charmap.Windows1252, "ISO-8859-1", "text/xml", german, ""},
		"iso-8859-15":                  {charmap.ISO8859_15, "ISO-8859-15", "text/xml", german, ""},
		"iso-8859-7":                   {charmap.ISO8859_7, "iso-8859-7", "text/xml", greek, ""},
		"windows-1251":                 {charmap.Windows1251, "windows-1251", "text/xml", russian, ""},
		"koi8-r by the server":         {charmap.KOI8R, "", "text/xml;charset=\"KOI8-R\"", russian, ""},
		"the server before the file":   {charmap.KOI8R, "windows-1251", "text/xml;charset=koi8-r", russian, ""},
		"shift_jis":                    {japanese.ShiftJIS, "Shift_JIS", "text/xml", japaneseText, ""},
		"euc-jp":                       {japanese.EUCJP, "euc-jp", "text/xml", japaneseText, ""},
		"iso-2022-jp":                  {japanese.ISO2022JP, "iso-2022-jp", "text/xml", japaneseText, ""},
		"gbk":                          {simplifiedchinese.GBK, "gbk", "text/xml", chinese, ""},
		"gb2312":                       {simplifiedchinese.GBK, "gb2312", "text/xml", chinese, ""},
		"gb18030":                      {simplifiedchinese.GB18030, "gb18030", "text/xml", chinese, ""},
		"big5":                         {traditionalchinese.Big5, "big5", "text/xml", "繁體中文標題", ""},
		"euc-kr":                       {korean.EUCKR, "euc-kr", "text/xml", "한국어 제목", ""},
		"utf-16le with mark":           {unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16", "text/xml", german, ""},
		"utf-16be with mark":           {unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "utf-16", "text/xml", german, ""},
		"utf-16le without":             {unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16", "text/xml", german, ""},
		"utf-16be without":             {unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16", "text/xml", german, ""},
		"utf-32":                       {utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), "utf-32", "text/xml", german, ""},
		"utf-16 that is none":          {nil, "utf-16", "text/xml", "plain", ""},
		"unknown label":                {charmap.Windows1252, "x-klingon", "text/xml; charset=x-other", german, ""},
		"label that breaks":            {charmap.Windows1252, "", "text/xml; charset=", german, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := tc.prefix + document(tc.declared, tc.title)
			if tc.enc != nil {
				encoded, err := tc.enc.NewEncoder().String(body)
				require.NoError(t, err)
				body = encoded
			}
			b := mustCollect(t, tc.http, body)
			require.Len(t, b.Documents, 1)
			assert.Equal(t, tc.title, b.Documents[0].Title)
		})
	}
}

func TestToUTF8Repairs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, contentType, want string }{
		"one broken byte":                 {"Grüße, Häuser\xff!", "text/xml; charset=utf-8", "Grüße, Häuser\uFFFD!"},
		"one broken byte, wrong label":    {"Grüße, Häuser, Öfen, Ühr\xff!", "text/xml; charset=iso-8859-1", "Grüße, Häuser, Öfen, Ühr\uFFFD!"},
		"one broken byte, no label":       {"Grüße, Häuser, Öfen, Ühr\xff!", "", "Grüße, Häuser, Öfen, Ühr\uFFFD!"},
		"control characters":              {"a\x00b\x08c\x1bd\te\nf\x7f", "", "abcd\te\nf\x7f"},
		"non-characters":                  {"a\uFFFEb\uFFFFc", "", "abc"},
		"references to nothing":           {"a&#0;b&#x1F;c&#xD800;d&#1114112;e&#99999999999999999999;f&#65;g&#x1F600;h&#;i", "", "abcdef&#65;g&#x1F600;h&#;i"},
		"text that only looks like a ref": {"AT&T &#x; &#xZZ;", "", "AT&T &#x; &#xZZ;"},
		"escape in a text without label":  {"a\x1b$Bb", "", "a$Bb"},
	} {
		assert.Equal(t, tc.want, ToUTF8([]byte(tc.in), tc.contentType), name)
	}
}
