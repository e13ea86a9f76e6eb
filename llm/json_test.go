package llm

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCandidates(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"a bracket never closed":     {`see [1 and {"a":1}`, `{"a":1}`},
		"brackets that do not fit":   {`{"a":[1} then {"b":2}`, `{"b":2}`},
		"braces in texts":            {`so: {"a":"}{\""} end`, `{"a":"}{\""}`},
		"apostrophes":                {`{'a': 'it's so', 'b': 'c\'d'}`, `{"a":"it's so","b":"c'd"}`},
		"double in single":           {`{'a': 'say "yes"'}`, `{"a":"say \"yes\""}`},
		"breaks and tabs in texts":   {"{\"a\": \"one\ntwo\tthree\x01\"}", `{"a":"one\ntwo\tthree"}`},
		"escapes stay":               {`{'a': "x\n\u00e9\\", 'b': 1,}`, `{"a":"x\né\\","b":1}`},
		"comments":                   {"{\"a\": 1, // the first\n\"b\": 2 // end\n}", `{"a":1,"b":2}`},
		"a comment to the end":       {`[1] // done`, `[1]`},
		"Python":                     {`{'a': True, 'b': False, 'c': None, 'd': [1,],}`, `{"a":true,"b":false,"c":null,"d":[1]}`},
		"a fence without a name":     {"text\n```\n{\"a\":1}\n```", `{"a":1}`},
		"thoughts with JSON":         {"<thinking>{\"b\":2}</thinking>{\"a\":1}", `{"a":1}`},
		"bytes that are no text":     {"{\"a\":\"\xff\"}", `{"a":"�"}`},
		"an address is no comment":   {`{"a":"https://x.example/",}`, `{"a":"https://x.example/"}`},
		"cut off in a text":          {`{"a": "b`, ""},
		"cut off behind a backslash": {`{'a': 'b\`, ""},
		"none":                       {"no JSON here", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := slices.Collect(candidates(tc.text))
			if tc.want == "" {
				require.Empty(t, found)
				return
			}
			require.NotEmpty(t, found)
			require.JSONEq(t, tc.want, found[0])
		})
	}
	t.Run("not all of a flood", func(t *testing.T) {
		t.Parallel()
		require.Len(t, slices.Collect(candidates(strings.Repeat("{} ", 1000))), maxPieces)
	})
	t.Run("may stop at the first", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"{} {}", "{'a':1} {'b':1}"} {
			for range candidates(text) {
				break
			}
		}
	})
}

func FuzzCandidates(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, "```json\n[1,]\n```", `{'a': 'b\'`, `{"a":"\`, "<think>{</think>[", `[[[[[{"`, `'`, "\xff'\\\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for piece := range candidates(text) {
			require.True(t, json.Valid([]byte(piece)))
		}
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int{
		"": {0, 0}, "the": {1, 2}, "a b": {2, 2}, "Wärmepumpe 2026": {1, 9}, "日本": {0, 4}, "😀": {0, 4}, "a\n\nb": {2, 4}, "x, y.": {2, 4}, "Привет": {1, 5},
	} {
		least, most := Tokens(text)
		require.Equal(t, want, [2]int{least, most}, text)
	}
}
