package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

// A Sample is code that calls an operation, as readers of x-codeSamples know it.
type Sample struct {
	Lang   string `yaml:"lang" json:"lang"`
	Label  string `yaml:"label" json:"label"`
	Source string `yaml:"source" json:"source"`
}

// WithSamples is the specification with code for curl, TypeScript and Go beside every operation, made of its examples. doc is
// YAML as it was loaded.
func WithSamples(doc *openapi3.T) ([]byte, error) {
	var tree yaml.Node
	if err := yaml.Unmarshal(YAML, &tree); err != nil {
		return nil, fmt.Errorf("read the specification: %w", err)
	}
	paths := child(tree.Content[0], "paths")
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			var samples yaml.Node
			if err := samples.Encode(samplesOf(call{path, method, operation, append(slices.Clone(item.Parameters), operation.Parameters...)})); err != nil {
				return nil, err
			}
			at := child(child(paths, path), strings.ToLower(method))
			at.Content = append(at.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "x-codeSamples"}, &samples)
		}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err := encoder.Encode(&tree)
	return out.Bytes(), err
}

// child is the value of a key that is there.
func child(node *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	panic("the specification has no " + key)
}

// A call is an operation with all of its parameters.
type call struct {
	path, method string
	*openapi3.Operation
	parameters openapi3.Parameters
}

func samplesOf(c call) []Sample {
	return []Sample{
		{"Shell", "curl", c.curl()},
		{"TypeScript", "TypeScript", c.typeScript()},
		{"Go", "Go", c.golang()},
	}
}

// needed are the parameters of a place that a request must have.
func (c call) needed(in string) []*openapi3.Parameter {
	var list []*openapi3.Parameter
	for _, p := range c.parameters {
		if p.Value.In == in && p.Value.Required {
			list = append(list, p.Value)
		}
	}
	return list
}

// has tells whether there is a parameter that a client takes beside the path.
func (c call) hasOptions() bool {
	return slices.ContainsFunc(c.parameters, func(p *openapi3.ParameterRef) bool { return p.Value.In != openapi3.ParameterInPath })
}

// body is the media type of the request's body and its example; "" where there is none.
func (c call) body() (mediaType string, example any) {
	if c.RequestBody == nil {
		return "", nil
	}
	types := slices.Sorted(maps.Keys(c.RequestBody.Value.Content))
	// JSON before what is an alternative to it.
	slices.SortStableFunc(types, func(a, b string) int { return strings.Index(b, "json") - strings.Index(a, "json") })
	return types[0], c.RequestBody.Value.Content[types[0]].Example
}

func (c call) curl() string {
	path, query := c.path, url.Values{}
	for _, p := range c.needed(openapi3.ParameterInPath) {
		path = strings.ReplaceAll(path, "{"+p.Name+"}", fmt.Sprint(p.Example))
	}
	for _, p := range c.needed(openapi3.ParameterInQuery) {
		query.Set(p.Name, fmt.Sprint(p.Example))
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	command := "curl"
	if c.streams() {
		command += " -N"
	}
	if c.method != http.MethodGet {
		command += " -X " + c.method
	}
	parts := []string{command + ` "$API` + path + `"`}
	if c.Security == nil || len(*c.Security) > 0 {
		parts = append(parts, `-H "Authorization: Bearer $KEY"`)
	}
	if mediaType, example := c.body(); mediaType != "" {
		parts = append(parts, "-H 'Content-Type: "+mediaType+"'")
		if strings.Contains(mediaType, "json") {
			parts = append(parts, "-d '"+strings.ReplaceAll(jsonOf(example), "'", `'\''`)+"'")
		} else {
			parts = append(parts, "--data-binary @feeds.opml")
		}
	}
	return strings.Join(parts, " \\\n  ")
}

// streams tells whether the answer is a stream of events.
func (c call) streams() bool {
	ok := c.Responses.Value("200")
	return ok != nil && ok.Value.Content["text/event-stream"] != nil
}

// typeScript calls the operation by clients/ts.
func (c call) typeScript() string {
	var options []string
	for _, in := range []string{openapi3.ParameterInPath, openapi3.ParameterInQuery} {
		values := map[string]any{}
		for _, p := range c.needed(in) {
			values[p.Name] = p.Example
		}
		if len(values) > 0 {
			options = append(options, in+": "+literal(values))
		}
	}
	if mediaType, example := c.body(); strings.Contains(mediaType, "json") {
		options = append(options, "body: "+literal(example))
	} else if mediaType != "" {
		options = append(options, "body: opml")
	}
	arguments := ""
	if len(options) > 0 {
		arguments = "{ " + strings.Join(options, ", ") + " }"
	}
	tag := c.Tags[0]
	name := strings.ToLower(tag[:1]) + tag[1:] + "." + methodOf(tag, c.OperationID)
	if c.streams() {
		return "for await (const event of client." + name + "(" + arguments + ")) {\n  console.log(event.type, event.data);\n}"
	}
	return "const { data } = await client." + name + "(" + arguments + ");"
}

// methodOf is an operation's name without its tag: getTopic of Topics is get. clients/ts/openapi-ts.config.ts names them so.
func methodOf(tag, operationID string) string {
	singular := strings.TrimSuffix(tag, "s")
	for at := 1; at+len(singular) <= len(operationID); at++ {
		if !strings.HasPrefix(operationID[at:], singular) || !unicode.IsLower(rune(operationID[at-1])) {
			continue
		}
		rest := strings.TrimPrefix(operationID[at+len(singular):], "s")
		if rest == "" || !unicode.IsLower(rune(rest[0])) {
			return operationID[:at] + rest
		}
	}
	return operationID
}

// literal is a JSON value as TypeScript writes it.
func literal(value any) string {
	switch v := value.(type) {
	case map[string]any:
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			fields = append(fields, name+": "+literal(v[name]))
		}
		return "{ " + strings.Join(fields, ", ") + " }"
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = literal(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case string:
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`).Replace(v) + "'"
	}
	return jsonOf(value)
}

// golang calls the operation by clients/go.
func (c call) golang() string {
	name := strings.ToUpper(c.OperationID[:1]) + c.OperationID[1:]
	name = strings.NewReplacer("Api", "API").Replace(name)
	arguments := []string{"ctx"}
	for _, p := range c.needed(openapi3.ParameterInPath) {
		arguments = append(arguments, goValue(p, "client."+name+"Params"))
	}
	if c.hasOptions() {
		var fields []string
		for _, p := range c.needed(openapi3.ParameterInQuery) {
			fields = append(fields, strings.ToUpper(p.Name[:1])+p.Name[1:]+": "+goValue(p, "client."+name+"Params"))
		}
		if len(fields) > 0 {
			arguments = append(arguments, "&client."+name+"Params{"+strings.Join(fields, ", ")+"}")
		} else {
			arguments = append(arguments, "nil")
		}
	}
	if c.streams() {
		if c.path == "/events" {
			return "for event, err := range c.Events(ctx, nil) {\n\tif err != nil {\n\t\treturn err\n\t}\n\tfmt.Println(event.Type, event.Data)\n}"
		}
		return "for event, err := range c.JobEvents(ctx, " + arguments[1] + ") {\n\tif err != nil {\n\t\treturn err\n\t}\n\tfmt.Println(event.Type, event.Data)\n}"
	}
	mediaType, example := c.body()
	if mediaType != "" {
		name += "WithBody"
		body := "file"
		if strings.Contains(mediaType, "json") {
			body = "strings.NewReader(`" + jsonOf(example) + "`)"
		}
		arguments = append(arguments, `"`+mediaType+`"`, body)
	}
	return "answer, err := c.API." + name + "WithResponse(" + strings.Join(arguments, ", ") + ")"
}

// goValue is a parameter's example as the Go client takes it; parameters are the operation's type of them.
func goValue(p *openapi3.Parameter, parameters string) string {
	schema, example := p.Schema.Value, fmt.Sprintf("%#v", p.Example)
	switch {
	case schema.Format == "uuid":
		return "uuid.MustParse(" + example + ")"
	case len(schema.Enum) > 0 && p.In == openapi3.ParameterInQuery:
		return parameters + strings.ToUpper(p.Name[:1]) + p.Name[1:] + "(" + example + ")"
	}
	return example
}

// jsonOf writes what came out of YAML, whose maps may have keys of any type, as JSON on one line.
func jsonOf(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // of what was JSON
	return strings.TrimSpace(b.String())
}
