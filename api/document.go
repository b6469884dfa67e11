package api

import (
	"io/fs"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"calipso.io/calipso/api/openapi"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
)

// either is an answer that is of one of several types; their values are examples.
type either []any

// draft is a document of the model as the body of a request: it needs no keys but these.
type draft struct {
	document any
	needed   []string
}

// jsonLines is a body of JSON documents like this one, each on a line of its own.
type jsonLines struct{ document any }

// Types of bodies.
const (
	mediaJSON    = "application/json"
	mediaProblem = "application/problem+json"
	mediaLines   = "application/x-ndjson"
	mediaEvents  = "text/event-stream"
	mediaHTML    = "text/html"
	mediaText    = "text/plain"
	mediaCSV     = "text/csv"
	mediaForm    = "application/x-www-form-urlencoded"
)

// document describes the API, as its routes are.
func document(routes []route) (*openapi.Document, error) {
	comments, err := openapi.ReadComments(map[string]fs.FS{
		reflect.TypeFor[wire.Done]().PkgPath():  wire.Source,
		reflect.TypeFor[model.Scan]().PkgPath(): model.Source,
	})
	if err != nil {
		return nil, err
	}
	comments[[3]string{ownPackage()}] = "" // nothing is known, but names need no package before them
	d := &describer{schemas: openapi.NewSchemas(openTypes(), comments, isFilled)}
	paths, tags := map[string]map[string]*openapi.Operation{}, []openapi.Tag{}
	for _, r := range routes {
		path, operation := openPath(r.path), d.operation(r)
		if paths[path] == nil {
			paths[path] = map[string]*openapi.Operation{}
		}
		paths[path][strings.ToLower(r.method)] = operation
		if tag := (openapi.Tag{Name: operation.Tags[0]}); !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return &openapi.Document{OpenAPI: "3.1.0", Info: openapi.Info{Title: "Calipso", Version: "1", Description: aboutAPI}, Tags: tags, Paths: paths,
		Components: openapi.Components{Responses: map[string]openapi.Response{"Error": d.failure()}, Schemas: d.schemas.Components, SecuritySchemes: logins()},
		Security:   []openapi.Requirement{{"token": {}}, {"bearer": {}}, {"basic": {}}, {"session": {}}}}, nil
}

const aboutAPI = "The virtual and physical networking of clouds: what was discovered, and how it is discovered. " +
	"Lists have pages, which count from 0. Parameters and keys that are not described are refused."

func logins() map[string]openapi.SecurityScheme {
	return map[string]openapi.SecurityScheme{
		"token":   {Type: "apiKey", In: "header", Name: "X-Auth-Token", Description: "The same token or key."},
		"bearer":  {Type: "http", Scheme: "bearer", Description: "A token of POST /auth/tokens, or an API key, as others send theirs: Authorization: Bearer TOKEN."},
		"basic":   {Type: "http", Scheme: "basic", Description: "A user's name and password."},
		"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "A browser's session."},
	}
}

// openTypes are the schemas of types that write themselves as JSON, or have keys that no Go type names.
func openTypes() map[reflect.Type]openapi.Schema {
	text, flag := openapi.Schema{"type": "string"}, openapi.Schema{"type": "boolean"}
	needed := []string{"_id", "environment", "type", "id", "name", "object_name", "parent_id", "parent_type", "id_path", "name_path"}
	object := map[string]openapi.Schema{"show_in_tree": flag, "host": text, "found_in": text, "found_by": text,
		"last_scanned": {"type": "string", "format": "date-time"}}
	for _, key := range needed {
		object[key] = text
	}
	return map[reflect.Type]openapi.Schema{
		reflect.TypeFor[model.Object]():    {"type": "object", "properties": object, "required": append(needed, "show_in_tree")},
		reflect.TypeFor[model.Section]():   {"type": "object", "properties": map[string]openapi.Schema{"name": text}, "required": []string{"name"}},
		reflect.TypeFor[wire.Projection](): {"type": "object", "properties": map[string]openapi.Schema{"id": text}, "required": []string{"id"}},
	}
}

// isFilled: the API's own lists are never null. Those of documents are as they were stored.
func isFilled(f openapi.Field) bool {
	pkg := f.Owner.PkgPath()
	return f.Type.Kind() == reflect.Slice && (pkg == reflect.TypeFor[wire.Done]().PkgPath() || pkg == ownPackage())
}

func ownPackage() string { return reflect.TypeFor[route]().PkgPath() }

// describer makes the operations of a document, and the schemas that they refer to.
type describer struct{ schemas *openapi.Schemas }

func (d *describer) operation(r route) *openapi.Operation {
	tag, _, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
	if tag == "" {
		tag = strings.TrimPrefix(fleetPath, "/")
	}
	o := &openapi.Operation{ID: operationID(r), Summary: r.doc.about, Tags: []string{tag},
		Parameters: append(pathParameters(r.path), queryParameters(r.params)...), Responses: map[string]openapi.Response{}}
	if slices.Contains(auth.Roles(), string(r.access)) {
		o.Description = "Takes the role " + string(r.access) + "."
	}
	if r.access == public {
		o.Security = &[]openapi.Requirement{}
	}
	if r.doc.body != nil {
		o.Body = &openapi.Body{Required: true, Content: map[string]openapi.Media{bodyMedia(r): d.body(r.doc.body)}}
	}
	o.Responses[strconv.Itoa(r.status())] = d.answer(r.doc)
	if r.access == page {
		o.Responses["303"] = openapi.Response{Description: "To the form to log in, for browsers."}
	}
	if r.method == http.MethodGet && hasJSON(o.Responses["200"]) {
		o.Responses["304"] = openapi.Response{Description: "What the client has, by its If-None-Match, is what there is."}
	}
	for _, status := range r.refusals() {
		o.Responses[status] = openapi.Response{Ref: "#/components/responses/Error"}
	}
	for _, status := range r.doc.same {
		o.Responses[strconv.Itoa(status)] = o.Responses[strconv.Itoa(r.status())]
	}
	return o
}

func (r route) status() int {
	if r.doc.status == 0 {
		return http.StatusOK
	}
	return r.doc.status
}

// refusals are the statuses of errors that a route may answer with.
func (r route) refusals() []string {
	statuses := []string{"400", "404", "5XX"}
	if r.access != public {
		statuses = append(statuses, "401", "403", "429")
	}
	if r.method != http.MethodGet {
		statuses = append(statuses, "401", "403", "408", "409", "412", "413", "429")
	}
	return statuses
}

// operationID makes a name of a route's method and path: getScansIdEvents.
func operationID(r route) string {
	id := strings.ToLower(r.method)
	for _, word := range strings.FieldsFunc(r.path, func(c rune) bool { return strings.ContainsRune("/:_.-", c) }) {
		id += strings.ToUpper(word[:1]) + word[1:]
	}
	return id
}

func bodyMedia(r route) string {
	switch r.doc.body.(type) {
	case wire.LoginForm:
		return mediaForm
	case jsonLines:
		return mediaLines
	}
	return mediaJSON
}

func (d *describer) body(body any) openapi.Media {
	if lines, ok := body.(jsonLines); ok {
		return d.lines(lines.document)
	}
	whole, ok := body.(draft)
	if !ok {
		return d.media(body)
	}
	t := reflect.TypeOf(whole.document)
	d.schemas.Of(t)
	schema := openapi.Schema{}
	for key, value := range d.schemas.Components[t.Name()] {
		schema[key] = value
	}
	delete(schema, "required")
	if len(whole.needed) > 0 {
		schema["required"] = whole.needed
	}
	return openapi.Media{Schema: schema, Example: example(whole.document)}
}

func (d *describer) answer(of doc) openapi.Response {
	media := of.media
	if media == "" {
		media = mediaJSON
	}
	answer := openapi.Response{Description: "Done."}
	if of.answer == nil {
		return answer
	}
	answer.Content = map[string]openapi.Media{media: d.media(of.answer)}
	if media == mediaEvents || media == mediaLines {
		answer.Content[media] = d.lines(of.answer)
	}
	for _, media := range of.also {
		answer.Content[media] = openapi.Media{Schema: openapi.Schema{"type": "string"}}
	}
	return answer
}

// lines describes a stream of JSON documents.
func (d *describer) lines(document any) openapi.Media {
	return openapi.Media{Schema: openapi.Schema{"type": "string", "contentMediaType": mediaJSON, "contentSchema": d.media(document).Schema}}
}

// media describes a body by a value of its type, which is an example of it if there is anything in it.
func (d *describer) media(value any) openapi.Media {
	alternatives, several := value.(either)
	if !several {
		return openapi.Media{Schema: d.schemas.Of(reflect.TypeOf(value)), Example: example(value)}
	}
	schemas := []openapi.Schema{}
	for _, one := range alternatives {
		schemas = append(schemas, d.schemas.Of(reflect.TypeOf(one)))
	}
	return openapi.Media{Schema: openapi.Schema{"anyOf": schemas}}
}

func example(value any) any {
	if reflect.ValueOf(value).IsZero() {
		return nil
	}
	return value
}

// failure is how errors are answered.
func (d *describer) failure() openapi.Response {
	return openapi.Response{Description: "It was refused, or it failed: the message says why.", Content: map[string]openapi.Media{
		mediaJSON: d.media(wire.Error{}), mediaProblem: d.media(wire.Problem{})}}
}

// hasJSON tells whether an answer is JSON: such answers have ETags.
func hasJSON(r openapi.Response) bool { _, ok := r.Content[mediaJSON]; return ok }
