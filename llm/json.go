package llm

import (
	"encoding/json"
	"iter"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	thinking = regexp.MustCompile(`(?s)^\s*<think(?:ing)?>.*?</think(?:ing)?>`)
	fenced   = regexp.MustCompile("(?s)```[a-zA-Z0-9]*[ \t]*\r?\n?(.*?)```")
)

// maxPieces bounds how many pieces of a text are looked at.
const maxPieces = 32

// candidates are the pieces of a text that are JSON, the likeliest first: the whole, what stands in fences, every
// balanced object or array from left to right, and last the same with what models often get wrong mended.
func candidates(text string) iter.Seq[string] {
	text = strings.TrimSpace(thinking.ReplaceAllString(strings.ToValidUTF8(text, "\ufffd"), ""))
	pieces := []string{text}
	for _, found := range fenced.FindAllStringSubmatch(text, maxPieces) {
		pieces = append(pieces, strings.TrimSpace(found[1]))
	}
	pieces = append(pieces, balanced(text)...)
	return func(yield func(string) bool) {
		for _, piece := range pieces {
			if json.Valid([]byte(piece)) && !yield(piece) {
				return
			}
		}
		for _, piece := range pieces {
			if json.Valid([]byte(piece)) {
				continue
			}
			if mended := mend(piece); json.Valid([]byte(mended)) && !yield(mended) {
				return
			}
		}
	}
}

// balanced are the outermost objects and arrays of a text. A bracket that is never closed is none's beginning.
func balanced(text string) []string {
	var pieces []string
	for i := 0; i < len(text) && len(pieces) < maxPieces; i++ {
		if text[i] != '{' && text[i] != '[' {
			continue
		}
		if end := closing(text[i:]); end > 0 {
			pieces = append(pieces, text[i:i+end])
			i += end - 1
		}
	}
	return pieces
}

// closing is where the bracket ends with which a text begins; 0 is nowhere. Brackets in double quotes do not count.
func closing(text string) int {
	var open []byte
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			open = append(open, '}')
		case c == '[':
			open = append(open, ']')
		case c == '}' || c == ']':
			if open[len(open)-1] != c {
				return 0
			}
			open = open[:len(open)-1]
			if len(open) == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// mend repairs what models get wrong in JSON: single quotes, commas before a closing bracket, line breaks in texts,
// comments, and the words of Python. It may make nonsense of nonsense; whoever uses the result checks it.
func mend(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '\'':
			i += mendString(&b, text[i:])
		case c == ',' && closes(text[i+1:]):
			i++
		case strings.HasPrefix(text[i:], "//"):
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				end = len(text) - i
			}
			i += end
		case isLetter(c):
			end := i
			for end < len(text) && isLetter(text[end]) {
				end++
			}
			b.WriteString(jsonWord(text[i:end]))
			i = end
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// mendString writes the string with which a text begins, and answers how long it was.
func mendString(b *strings.Builder, text string) int {
	quote := text[0]
	b.WriteByte('"')
	i := 1
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] == '\'' {
				b.WriteByte('\'')
				continue
			}
			b.WriteByte('\\')
			_, size := utf8.DecodeRuneInString(text[i:])
			b.WriteString(text[i : i+size])
			i += size - 1
		case c == quote && (quote == '"' || endsString(text[i+1:])):
			b.WriteByte('"')
			return i + 1
		case c == '"':
			b.WriteString(`\"`)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ':
		default:
			b.WriteByte(c)
		}
	}
	return i
}

// endsString tells a closing single quote from an apostrophe: behind it comes what can follow a string.
func endsString(rest string) bool {
	rest = strings.TrimLeft(rest, " \t\r\n")
	return rest == "" || strings.ContainsRune(",:}]", rune(rest[0]))
}

func closes(rest string) bool {
	rest = strings.TrimLeft(rest, " \t\r\n")
	return rest != "" && (rest[0] == '}' || rest[0] == ']')
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func jsonWord(word string) string {
	switch word {
	case "True":
		return "true"
	case "False":
		return "false"
	case "None":
		return "null"
	}
	return word
}
