package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A Schema is what a JSON answer must fit.
type Schema struct {
	// Name is what it is called towards the endpoint: letters, digits, _ and -.
	Name string
	// JSON is the JSON schema (2020-12). Endpoints hold their models to it where each object has
	// additionalProperties false and requires all its properties.
	JSON json.RawMessage
}

// compile reads the schema; nothing is loaded from elsewhere.
func (s *Schema) compile() (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.JSON))
	if err != nil {
		return nil, fmt.Errorf("the schema %s is no JSON: %w", s.Name, err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	if err := c.AddResource("schema.json", document); err != nil {
		return nil, fmt.Errorf("the schema %s: %w", s.Name, err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		return nil, fmt.Errorf("the schema %s: %w", s.Name, err)
	}
	return compiled, nil
}

// nowhere loads no other schemas.
type nowhere struct{}

// Load refuses.
func (nowhere) Load(string) (any, error) { return nil, errors.New("schemas stand alone") }

// isStrict reports whether endpoints that hold models to a schema take this one.
func isStrict(raw json.RawMessage) bool {
	var schema any
	return json.Unmarshal(raw, &schema) == nil && allClosed(schema)
}

// allClosed reports whether every object with properties requires them all, and allows no others.
func allClosed(schema any) bool {
	switch s := schema.(type) {
	case []any:
		for _, each := range s {
			if !allClosed(each) {
				return false
			}
		}
	case map[string]any:
		if properties, ok := s["properties"].(map[string]any); ok {
			required, _ := s["required"].([]any)
			if s["additionalProperties"] != false || len(required) != len(properties) {
				return false
			}
		}
		for _, each := range s {
			if !allClosed(each) {
				return false
			}
		}
	}
	return true
}

// SchemaOf is the schema of a type made of structs, slices, strings, numbers and booleans. Every field is required
// under its JSON name; a pointer may be null. A field's tags say more: desc tells the model what it is, and enum lists,
// separated by commas, what it may be. Other types are a mistake in the program, and it panics.
func SchemaOf(t reflect.Type) *Schema {
	raw, err := json.Marshal(shapeOf(t))
	if err != nil {
		panic(err)
	}
	name := strings.ToLower(t.Name())
	if name == "" {
		name = "answer"
	}
	return &Schema{Name: name, JSON: raw}
}

func shapeOf(t reflect.Type) map[string]any {
	if t == reflect.TypeFor[time.Time]() {
		return map[string]any{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": shapeOf(t.Elem())}
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{shapeOf(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.Struct:
		return shapeOfStruct(t)
	default:
		panic("no JSON schema is made of " + t.String())
	}
}

func shapeOfStruct(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || field.Anonymous || name == "-" {
			continue
		}
		if name == "" {
			name = field.Name
		}
		shape := shapeOf(field.Type)
		if text := field.Tag.Get("desc"); text != "" {
			shape["description"] = text
		}
		if values := field.Tag.Get("enum"); values != "" {
			shape["enum"] = strings.Split(values, ",")
		}
		properties[name] = shape
		required = append(required, name)
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}
