package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	textmessage "golang.org/x/text/message"

	"github.com/content-creator/content-creator-api/ledger"
)

// Typed asks for JSON and reads it into a T. The schema is that of the request, or that of T (see SchemaOf). An answer
// that does not fit is shown to the model with its fault, once; what does not fit then either is an *Error of
// CodeMalformed. The other errors are those of Ask.
func Typed[T any](ctx context.Context, c *Client, book ledger.Book, r Request) (T, error) {
	var value T
	if r.Schema == nil {
		r.Schema = SchemaOf(reflect.TypeFor[T]())
	}
	shape, err := r.Schema.compile()
	if err != nil {
		return value, err
	}
	var after []message
	for round := 0; ; round++ {
		answer, err := c.ask(ctx, book, r, after)
		if err != nil {
			return value, err
		}
		value, fault := read[T](shape, answer.Text)
		if fault == nil {
			return value, nil
		}
		if round == 1 {
			return value, &Error{Code: CodeMalformed, Message: fmt.Sprintf("The model %s did not answer in the form that was asked for, not even when told what was wrong: %s.", c.config.Model, c.shown(fault.Error())), Err: fault}
		}
		after = repair(answer.Text, fault)
	}
}

// maxShown is how much of a faulty answer its repair repeats, in characters.
const maxShown = 4000

// repair is what is said to a model whose answer does not fit.
func repair(text string, fault error) []message {
	if runes := []rune(text); len(runes) > maxShown {
		text = string(runes[:maxShown]) + "…"
	}
	return []message{
		{"assistant", text},
		{"user", "This answer cannot be used: " + fault.Error() + ". Answer again, with the corrected JSON alone."},
	}
}

// read finds the JSON in a text that fits, and its value. The fault is that of the first piece of JSON.
func read[T any](shape *jsonschema.Schema, text string) (value T, fault error) {
	for raw := range candidates(text) {
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(raw))
		if err != nil {
			continue
		}
		err = shape.Validate(instance)
		if err == nil {
			var fresh T
			if err = json.Unmarshal([]byte(raw), &fresh); err == nil {
				return fresh, nil
			}
		}
		if fault == nil {
			fault = errors.New(explain(err))
		}
	}
	if fault == nil {
		fault = errors.New("there is no JSON in it")
	}
	return value, fault
}

// maxFaults is how many faults of one answer are told.
const maxFaults = 5

// explain tells where an answer does not fit, and why.
func explain(err error) string {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return err.Error()
	}
	printer := textmessage.NewPrinter(language.English)
	var faults []string
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) == 0 && len(faults) < maxFaults {
			faults = append(faults, "at /"+strings.Join(e.InstanceLocation, "/")+" "+e.ErrorKind.LocalizedString(printer))
		}
	}
	walk(invalid)
	return strings.Join(faults, "; ")
}
