package collect

import (
	"bytes"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

var xmlEncoding = regexp.MustCompile(`^\s*<\?xml[^>]*?\sencoding\s*=\s*["']\s*([A-Za-z0-9._:-]+)\s*["']`)

// metaCharset is the encoding that a page declares in its beginning.
var metaCharset = regexp.MustCompile(`(?i)<meta\s[^>]*?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]+)`)

// pageType is the Content-Type of a page, with the encoding that the page itself declares where the server names none.
func pageType(page []byte, contentType string) string {
	if _, params, err := mime.ParseMediaType(contentType); err == nil && params["charset"] != "" {
		return contentType
	}
	if m := metaCharset.FindSubmatch(page[:min(len(page), 4096)]); m != nil {
		return "text/html; charset=" + string(m[1])
	}
	return contentType
}

// ToUTF8 is a text in UTF-8 that XML allows: whatever the labels say, broken bytes become U+FFFD
// and control characters go.
//
// A byte order mark wins. Bytes that are valid UTF-8 are UTF-8, for labels are wrong more often
// than chance is right. Then the HTTP label counts, then the XML declaration; text without a label
// is taken for windows-1252, as browsers do.
func ToUTF8(body []byte, contentType string) string {
	enc, body := detectEncoding(body, contentType)
	if enc != nil {
		// Decoders of x/text replace what they cannot read and never fail.
		if decoded, err := enc.NewDecoder().Bytes(body); err == nil {
			body = decoded
		}
	}
	return legalXML(strings.ToValidUTF8(string(body), "\uFFFD"))
}

// detectEncoding is nil for UTF-8; the body comes back without its byte order mark.
func detectEncoding(body []byte, contentType string) (encoding.Encoding, []byte) {
	marks := []struct {
		mark string
		enc  encoding.Encoding
	}{
		{"\xef\xbb\xbf", nil},
		{"\xff\xfe\x00\x00", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
		{"\x00\x00\xfe\xff", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
		{"\xff\xfe", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"\xfe\xff", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
	}
	for _, m := range marks {
		if rest, ok := bytes.CutPrefix(body, []byte(m.mark)); ok {
			return m.enc, rest
		}
	}
	switch {
	case bytes.HasPrefix(body, []byte("<\x00")), bytes.HasPrefix(body, []byte("{\x00")):
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), body
	case bytes.HasPrefix(body, []byte("\x00<")), bytes.HasPrefix(body, []byte("\x00{")):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), body
	}

	labels := labels(body, contentType)
	// ISO-2022-JP and its like are ASCII to the eye.
	if utf8.Valid(body) && bytes.IndexByte(body, 0x1b) < 0 {
		return nil, body
	}
	good, bad := countUTF8(body)
	for _, label := range labels {
		enc, name := charset.Lookup(label)
		switch {
		case enc == nil, strings.HasPrefix(name, "utf-16"), name == "replacement":
			// Unknown, or plainly wrong: UTF-16 was looked for above.
		case name == "utf-8":
			if good >= bad {
				return nil, body
			}
		case good > 4*bad:
			// A single broken byte in a UTF-8 text with a wrong label.
			return nil, body
		default:
			return enc, body
		}
	}
	if good > 4*bad || bad == 0 {
		return nil, body
	}
	return charmap.Windows1252, body
}

// labels are what the server and the document say, the server first.
func labels(body []byte, contentType string) []string {
	var out []string
	if _, params, err := mime.ParseMediaType(contentType); err == nil && params["charset"] != "" {
		out = append(out, params["charset"])
	}
	if m := xmlEncoding.FindSubmatch(body[:min(len(body), 1024)]); m != nil {
		out = append(out, string(m[1]))
	}
	return out
}

// countUTF8 counts the sequences of several bytes that are UTF-8 and the bytes that are not.
func countUTF8(body []byte) (good, bad int) {
	for len(body) > 0 {
		if body[0] < utf8.RuneSelf {
			body = body[1:]
			continue
		}
		r, n := utf8.DecodeRune(body)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		body = body[n:]
	}
	return good, bad
}

var numericReference = regexp.MustCompile(`&#(?:[xX]([0-9A-Fa-f]+)|([0-9]+));`)

// legalXML drops the characters that XML forbids, written out or as references: one of them
// would fail the whole document.
func legalXML(s string) string {
	s = strings.Map(func(r rune) rune {
		if !isXMLChar(r) {
			return -1
		}
		return r
	}, s)
	if !strings.Contains(s, "&#") {
		return s
	}
	return numericReference.ReplaceAllStringFunc(s, func(reference string) string {
		if isXMLChar(referenced(reference)) {
			return reference
		}
		return ""
	})
}

// referenced is the character a numeric reference stands for; -1 for none.
func referenced(reference string) rune {
	digits, base := reference[2:len(reference)-1], rune(10)
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	var n rune
	for _, c := range []byte(digits) {
		n = n*base + rune(unhex(c))
		if n > utf8.MaxRune {
			return -1
		}
	}
	return n
}

func isXMLChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF ||
		r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}
