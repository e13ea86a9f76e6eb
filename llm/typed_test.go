package llm_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/llm/llmtest"
)

// A verdict is what the tests ask for.
type verdict struct {
	Value string `json:"value" enum:"yes,no" desc:"whether it is so"`
	Score int    `json:"score"`
}

var right = map[string]any{"value": "yes", "score": 7}

func typed(t *testing.T, s *llmtest.Server, book ledger.Book) (verdict, error) {
	t.Helper()
	return llm.Typed[verdict](t.Context(), client(s), book, llm.Request{Operation: "judge", System: "You judge.", Prompt: "Is it so?"})
}

func TestTyped(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]llmtest.Reply{
		"plain":             {JSON: right},
		"fenced":            {JSON: right, Fenced: true},
		"chatty":            {JSON: right, Chatty: true},
		"thinking":          {JSON: right, Thinking: true, Fenced: true, Chatty: true},
		"commas too many":   {Text: `{"value": "yes", "score": 7,}`},
		"single quotes":     {Text: `Well: {'value': 'yes', 'score': 7}`},
		"after another one": {Text: `[1, 2] and {"value":"yes","score":7}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Otherwise = &reply
			got, err := typed(t, s, ledger.Unbooked{})
			require.NoError(t, err)
			require.Equal(t, verdict{"yes", 7}, got)
			require.Equal(t, 1, s.Count())
			asked := s.Asked()[0]
			require.Equal(t, "json_schema", asked.Format)
			require.Equal(t, "verdict", asked.Schema)
			require.True(t, asked.Strict)
			require.Contains(t, asked.System, `"enum":["yes","no"]`)
		})
	}
}

func TestTypedIsRepairedOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ wrong, fault string }{
		"another value": {`{"value":"perhaps","score":7}`, "at /value value must be one of 'yes', 'no'"},
		"another type":  {`{"value":"yes","score":"7"}`, "at /score got string, want integer"},
		"missing":       {`{"value":"yes"}`, "missing property 'score'"},
		"beyond an int": {`{"value":"yes","score":1e40}`, "cannot unmarshal"},
		"no JSON":       {"It is so.", "there is no JSON in it"},
		"very long":     {strings.Repeat("It is so. ", 1000), "there is no JSON in it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Answer(llmtest.Match{Last: "Is it so?"}, llmtest.Reply{Text: tc.wrong})
			s.Answer(llmtest.Match{Last: tc.fault}, llmtest.Reply{JSON: right})
			book := &llmtest.Book{}
			got, err := typed(t, s, book)
			require.NoError(t, err)
			require.Equal(t, verdict{"yes", 7}, got)
			require.Len(t, s.Asked()[1].Messages, 3)
			require.Less(t, len(s.Asked()[1].Messages[1]), 4100)

			again, err := typed(t, s, book)
			require.NoError(t, err)
			require.Equal(t, got, again)
			require.Equal(t, 2, s.Count(), "both rounds stand in the book")
		})
	}
	t.Run("and not twice", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		s.Otherwise = &llmtest.Reply{Text: "{}"}
		got, err := typed(t, s, ledger.Unbooked{})
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, llm.CodeMalformed, e.Code)
		require.Contains(t, e.Message, "The model test/model did not answer in the form that was asked for")
		require.Zero(t, got)
		require.Equal(t, 2, s.Count())
	})
	t.Run("not where it broke off", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		s.Otherwise = &llmtest.Reply{Text: `{"value":`, Finish: "length"}
		_, err := typed(t, s, ledger.Unbooked{})
		require.ErrorContains(t, err, "broke off")
		require.Equal(t, 1, s.Count())
	})
}

func TestTypedSpeaksTheDialect(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.RefuseSchema, s.RefuseJSONObject, s.RefuseTemperature, s.RefuseMaxTokens = true, true, true, true
	s.Otherwise = &llmtest.Reply{JSON: right}
	c, book := client(s), &llmtest.Book{}
	ask := func(prompt string) {
		got, err := llm.Typed[verdict](t.Context(), c, book, llm.Request{Prompt: prompt})
		require.NoError(t, err)
		require.Equal(t, verdict{"yes", 7}, got)
	}
	ask("one")
	require.Equal(t, 5, s.Count(), "each time it learns one thing")
	last := s.Asked()[4]
	require.Empty(t, last.Format)
	require.Nil(t, last.Temperature)
	require.Equal(t, llm.DefaultMaxTokens, last.MaxTokens)
	ask("two")
	require.Equal(t, 6, s.Count(), "and does not forget it")

	// Another client that knows nothing of it yet finds the answer in the book all the same.
	c = client(s)
	ask("one")
	require.Equal(t, 6, s.Count())

	t.Run("but learns nothing from other faults", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		s.Answer(llmtest.Match{}, llmtest.Reply{Status: 400, Body: "{}"}, llmtest.Reply{Status: 400, Body: "{}"}, llmtest.Reply{Status: 400, Body: "{}"}, llmtest.Reply{JSON: right})
		c := client(s)
		_, err := llm.Typed[verdict](t.Context(), c, ledger.Unbooked{}, llm.Request{Prompt: "one"})
		require.Error(t, err)
		_, err = llm.Typed[verdict](t.Context(), c, ledger.Unbooked{}, llm.Request{Prompt: "one"})
		require.NoError(t, err)
		require.Equal(t, "json_schema", s.Asked()[3].Format)
	})
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	type inner struct {
		Name  string   `json:"name"`
		Tags  []string `json:"tags"`
		skip  int
		Other string `json:"-"`
	}
	type outer struct {
		inner
		Plain bool
		Rate  *float64  `json:"rate,omitempty"`
		At    time.Time `json:"at"`
		List  []inner   `json:"list"`
	}
	require.Zero(t, inner{}.skip)
	made := llm.SchemaOf(reflect.TypeFor[outer]())
	require.Equal(t, "outer", made.Name)
	require.JSONEq(t, `{"type":"object","additionalProperties":false,"required":["name","tags","Plain","rate","at","list"],"properties":{
		"name":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}},"Plain":{"type":"boolean"},
		"rate":{"anyOf":[{"type":"number"},{"type":"null"}]},"at":{"type":"string","format":"date-time"},
		"list":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["name","tags"],"properties":{
			"name":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}}}}}}`, string(made.JSON))
	require.Equal(t, "answer", llm.SchemaOf(reflect.TypeFor[[]string]()).Name)
	require.Panics(t, func() { llm.SchemaOf(reflect.TypeFor[map[string]int]()) })
}

func TestSchemasOfOnesOwn(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Otherwise = &llmtest.Reply{JSON: []any{"a", "b"}}
	ask := func(schema string) ([]string, error) {
		return llm.Typed[[]string](context.Background(), client(s), ledger.Unbooked{}, llm.Request{Prompt: "x", Schema: &llm.Schema{Name: "names", JSON: json.RawMessage(schema)}})
	}
	got, err := ask(`{"type":"array","items":{"type":"string"}}`)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, got)

	_, err = ask(`{"type":"object","properties":{"a":{}}}`)
	require.Error(t, err)
	require.False(t, s.Asked()[1].Strict, "an open object is not for endpoints that want closed ones")
	_, err = ask(`{"anyOf":[{"type":"object","properties":{"a":{}}}]}`)
	require.Error(t, err)
	asked := s.Count()
	for schema, fault := range map[string]string{
		`{`: "the schema names is no JSON", `{"type":7}`: "the schema names", `{"$ref":"https://elsewhere.example/s.json"}`: "schemas stand alone",
	} {
		_, err = ask(schema)
		require.ErrorContains(t, err, fault)
	}
	require.Equal(t, asked, s.Count(), "nothing is asked with a schema that is none")
}
