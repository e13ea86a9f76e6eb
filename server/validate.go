package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// An operation is what the middlewares know of one method of one path.
type operation struct {
	id string
	// scope is what a key needs; "" is open to everybody.
	scope string
	route *routers.Route
	// query has the names of the parameters that the query may hold, headers of those that are headers.
	query   map[string]bool
	headers []string
	// idempotent operations honour Idempotency-Key, waits those that queue a job honour Prefer.
	idempotent, waits bool
	// maxBody is how large its body may be, in bytes.
	maxBody int64
	// feed: a token in the address will do instead of a key.
	feed    bool
	options *openapi3filter.Options
}

// pathParameter is a parameter as the specification writes it.
var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// operationsOf indexes the specification by method and Echo's pattern, as Echo has routed already.
func operationsOf(doc *openapi3.T) (map[string]*operation, error) {
	defineFormats(doc)
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("the specification is not valid: %w", err)
	}
	openapi3filter.RegisterBodyDecoder("application/json", decodeJSON)
	openapi3filter.RegisterBodyDecoder("application/merge-patch+json", decodeJSON)
	for _, name := range []string{opmlType, "text/xml", "application/xml"} {
		openapi3filter.RegisterBodyDecoder(name, openapi3filter.FileBodyDecoder)
	}
	options := &openapi3filter.Options{
		MultiError:              true,
		KeepValidatedValue:      true,
		SkipSettingDefaults:     true,                                  // the store knows them; set here, they would let null pass
		AuthenticationFunc:      openapi3filter.NoopAuthenticationFunc, // see authorize
		SchemaValidationOptions: doc.GetSchemaValidationOptions(),
	}
	operations := map[string]*operation{}
	for path, item := range doc.Paths.Map() {
		for method, spec := range item.Operations() {
			op := &operation{
				id: spec.OperationID, options: options, query: map[string]bool{}, maxBody: maxBody,
				route: &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: spec},
			}
			if spec.Security == nil || len(*spec.Security) > 0 {
				scope, ok := spec.Extensions["x-required-scope"].(string)
				if !ok {
					return nil, fmt.Errorf("%s needs a key but names no x-required-scope", spec.OperationID)
				}
				op.scope = scope
			}
			if most, told := spec.Extensions["x-max-body"].(float64); told {
				op.maxBody = int64(most)
			}
			if spec.Security != nil {
				op.feed = slices.ContainsFunc(*spec.Security, func(r openapi3.SecurityRequirement) bool { _, named := r["FeedToken"]; return named })
				op.query[feedToken] = op.feed
			}
			for _, parameter := range append(item.Parameters, spec.Parameters...) {
				op.query[parameter.Value.Name] = op.query[parameter.Value.Name] || parameter.Value.In == openapi3.ParameterInQuery
				if parameter.Value.In == openapi3.ParameterInHeader {
					op.headers = append(op.headers, parameter.Value.Name)
				}
				op.idempotent = op.idempotent || parameter.Value.Name == idempotencyHeader
				op.waits = op.waits || parameter.Value.Name == "Prefer"
			}
			operations[method+" "+basePath+pathParameter.ReplaceAllString(path, ":$1")] = op
		}
	}
	return operations, nil
}

// operation is the one that the request was routed to; nil outside of the specification.
func (s *Server) operation(c echo.Context) *operation {
	return s.operations[c.Request().Method+" "+c.Path()]
}

// defineFormats makes the formats of strings be checked, which the library leaves open: its own UUID
// refuses version 7, its own date-time takes 30 February.
func defineFormats(doc *openapi3.T) {
	doc.SetStringFormatValidator("uuid", openapi3.NewCallbackValidator(func(value string) error {
		if len(value) != 36 || uuid.Validate(value) != nil {
			return errors.New("is not a UUID")
		}
		return nil
	}))
	doc.SetStringFormatValidator("date-time", openapi3.NewCallbackValidator(func(value string) error {
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return errors.New("is not a time such as 2026-11-23T08:15:00Z")
		}
		return nil
	}))
}

// decodeJSON reads one JSON value and refuses anything behind it.
func decodeJSON(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
	var text bytes.Buffer
	decoder := json.NewDecoder(io.TeeReader(body, &text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, &openapi3filter.ParseError{Kind: openapi3filter.KindInvalidFormat, Cause: err}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, &openapi3filter.ParseError{Kind: openapi3filter.KindInvalidFormat, Cause: errors.New("something follows the JSON value")}
	}
	if name := repeatedName(json.NewDecoder(&text)); name != "" {
		return nil, &openapi3filter.ParseError{Kind: openapi3filter.KindInvalidFormat, Cause: fmt.Errorf("%q stands there twice", name)}
	}
	return value, nil
}

// repeatedName finds a name that an object holds twice, since JSON leaves open which of them counts.
// The text has been decoded before, so it has no other fault.
func repeatedName(decoder *json.Decoder) string {
	token, _ := decoder.Token()
	opened, nested := token.(json.Delim)
	if !nested {
		return ""
	}
	names := map[json.Token]bool{}
	for decoder.More() {
		if opened == '{' {
			name, _ := decoder.Token()
			if names[name] {
				return fmt.Sprint(name)
			}
			names[name] = true
		}
		if name := repeatedName(decoder); name != "" {
			return name
		}
	}
	_, _ = decoder.Token()
	return ""
}

// validate lets only requests through that obey the specification.
func (s *Server) validate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		op := s.operation(c)
		if op == nil {
			return next(c)
		}
		// To the router, a parameter at the end of a path is all the rest of it.
		if strings.Contains(strings.Join(c.ParamValues(), ""), "/") {
			return echo.ErrNotFound
		}
		request := c.Request()
		if _, err := url.ParseQuery(request.URL.RawQuery); err != nil {
			return &problem{status: http.StatusBadRequest, code: "BAD_REQUEST", message: "The query cannot be read: " + err.Error() + "."}
		}
		faults := unknownQuery(op, c)
		for _, name := range op.headers {
			if !isText(request.Header.Get(name)) {
				faults[name] = notText
			}
		}
		input := &openapi3filter.RequestValidationInput{
			Request: request, PathParams: pathParams(c), QueryParams: c.QueryParams(), Route: op.route, Options: op.options,
		}
		if op.route.Operation.RequestBody != nil {
			if err := checkBody(c, op, faults); err != nil {
				return err
			}
			input.Request = c.Request()
		}
		if err := openapi3filter.ValidateRequest(request.Context(), input); err != nil {
			if p := validationProblem(err, faults); p != nil {
				return p
			}
		}
		if len(faults) > 0 {
			return invalidRequest(faults)
		}
		if request.Header.Get(echo.HeaderContentType) == mergePatch {
			// The handlers know one content type; the specification has told the two apart.
			request.Header.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
		}
		return next(c)
	}
}

const mergePatch = "application/merge-patch+json"

func pathParams(c echo.Context) map[string]string {
	names, values := c.ParamNames(), c.ParamValues()
	params := make(map[string]string, len(names))
	for i, name := range names {
		params[name] = values[i]
	}
	return params
}

// unknownQuery refuses parameters that the operation does not have, and a second value where one is meant.
func unknownQuery(op *operation, c echo.Context) map[string]string {
	faults := map[string]string{}
	for name, values := range c.QueryParams() {
		if !op.query[name] {
			faults[name] = "is not a parameter of this operation"
			continue
		}
		schema := op.route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name)
		if len(values) > 1 && (schema == nil || !schema.Schema.Value.Type.Is(openapi3.TypeArray)) {
			faults[name] = "stands there more than once"
		}
		if !isText(strings.Join(values, "")) {
			faults[name] = notText
		}
	}
	return faults
}

const notText = "holds bytes that are not text: NUL or broken UTF-8"

// isText reports whether the database can take a value.
func isText(value string) bool { return utf8.ValidString(value) && !strings.ContainsRune(value, 0) }

// bodyKey is where the body is kept as it came.
const bodyKey = "body"

// checkBody tells an empty body and a wrong type apart from an invalid one.
func checkBody(c echo.Context, op *operation, faults map[string]string) error {
	r := c.Request()
	if !op.route.Operation.RequestBody.Value.Required && r.ContentLength == 0 {
		// Nothing said is everything by default.
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader("{}")), 2
		r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	}
	sent := r.Header.Get(echo.HeaderContentType)
	contentType, _, _ := strings.Cut(sent, ";")
	contentType = strings.ToLower(strings.TrimSpace(contentType))
	taken := op.route.Operation.RequestBody.Value.Content
	if taken[contentType] == nil {
		return &problem{
			status: http.StatusUnsupportedMediaType, code: "UNSUPPORTED_MEDIA_TYPE",
			message: "Send the body as " + usualType(taken) + ".", details: map[string]any{"content_type": sent},
		}
	}
	r.Header.Set(echo.HeaderContentType, contentType)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	c.Set(bodyKey, body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if taken[echo.MIMEApplicationJSON] == nil {
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), contentTypeKey{}, sent)))
		if len(bytes.TrimSpace(body)) == 0 {
			return &problem{status: http.StatusBadRequest, code: "BAD_REQUEST", message: "The body is missing."}
		}
		return nil
	}
	return checkJSON(body, faults)
}

// contentTypeKey is where the context has the content type of a body that is no JSON, as it was sent.
type contentTypeKey struct{}

// usualType is the type to send where an operation takes several.
func usualType(taken openapi3.Content) string {
	for _, name := range []string{echo.MIMEApplicationJSON, opmlType} {
		if taken[name] != nil {
			return name
		}
	}
	return "what the specification says"
}

// checkJSON finds what no JSON value of ours can be.
func checkJSON(body []byte, faults map[string]string) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return malformedJSON("The body is missing.")
	}
	if !utf8.Valid(body) {
		return malformedJSON("The body is not valid JSON: it is not UTF-8.")
	}
	// JSON may hold NUL by another name only.
	if bytes.Contains(body, []byte(`\u0000`)) {
		var value any
		_ = json.Unmarshal(body, &value)
		nulFaults(value, "", faults)
	}
	return nil
}

// nulFaults finds the strings of a JSON value that hold NUL.
func nulFaults(value any, field string, faults map[string]string) {
	below := func(name string) string { return strings.TrimPrefix(field+"."+name, ".") }
	switch value := value.(type) {
	case string:
		if !isText(value) {
			faults[orBody(field)] = notText
		}
	case []any:
		for i, item := range value {
			nulFaults(item, below(strconv.Itoa(i)), faults)
		}
	case map[string]any:
		for name, item := range value {
			nulFaults(item, below(name), faults)
		}
	}
}

func malformedJSON(message string) *problem {
	return &problem{status: http.StatusBadRequest, code: "MALFORMED_JSON", message: message}
}

func invalidRequest(faults map[string]string) *problem {
	message := "1 field is not valid."
	if len(faults) != 1 {
		message = fmt.Sprintf("%d fields are not valid.", len(faults))
	}
	return &problem{
		status: http.StatusUnprocessableEntity, code: "VALIDATION_FAILED", message: message,
		details: map[string]any{"errors": faults},
	}
}

// validationProblem collects every fault that the library found, by field.
func validationProblem(err error, faults map[string]string) *problem {
	var parse *openapi3filter.ParseError
	if errors.As(err, &parse) && isBodyError(err) {
		return malformedJSON("The body is not valid JSON: " + parse.RootCause().Error() + ".")
	}
	collectFaults(err, "", faults)
	return nil
}

func isBodyError(err error) bool {
	var request *openapi3filter.RequestError
	return errors.As(err, &request) && request.RequestBody != nil
}

// collectFaults walks the library's tree of errors.
func collectFaults(err error, field string, faults map[string]string) {
	var multi openapi3.MultiError
	var request *openapi3filter.RequestError
	var schema *openapi3.SchemaError
	switch {
	case errors.As(err, &multi) && isDirect(err, multi):
		for _, inner := range multi {
			collectFaults(inner, field, faults)
		}
	case errors.As(err, &request) && request == err: //nolint:errorlint // the outermost only
		if request.Parameter != nil {
			field = request.Parameter.Name
		}
		if request.Err == nil {
			faults[orBody(field)] = request.Reason
			return
		}
		collectFaults(request.Err, field, faults)
	case errors.As(err, &schema):
		faults[fieldOf(schema, field)] = reasonOf(schema)
	default:
		faults[orBody(field)] = parseReason(err)
	}
}

// isDirect reports whether err is the multi error itself and not a wrapper of it.
func isDirect(err error, _ openapi3.MultiError) bool {
	_, direct := err.(openapi3.MultiError) //nolint:errorlint // that is the question
	return direct
}

// fieldOf is the path of the faulty value: the parameter, and the pointer into it or the body with dots.
func fieldOf(e *openapi3.SchemaError, field string) string {
	if pointer := e.JSONPointer(); len(pointer) > 0 {
		return strings.TrimPrefix(field+"."+strings.Join(pointer, "."), ".")
	}
	// The library names an unknown or missing property in its text only.
	if name := quotedName.FindStringSubmatch(e.Reason); name != nil && field == "" {
		return name[1]
	}
	return orBody(field)
}

var quotedName = regexp.MustCompile(`^property "([^"]+)"`)

// reasonOf is the library's reason without its schema's source.
func reasonOf(e *openapi3.SchemaError) string {
	if cause := errors.Unwrap(e.Origin); cause != nil && e.SchemaField == "format" {
		return cause.Error()
	}
	if strings.Contains(e.Reason, "json.Number") {
		return "is a number beyond all bounds"
	}
	return e.Reason
}

func parseReason(err error) string {
	var parse *openapi3filter.ParseError
	if errors.As(err, &parse) {
		return "cannot be read: " + parse.RootCause().Error()
	}
	return err.Error()
}

func orBody(field string) string {
	if field == "" {
		return "body"
	}
	return field
}
