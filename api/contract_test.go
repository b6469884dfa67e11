package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"calipso.io/calipso/api/openapi"
)

// contract is the API's document, as a test holds requests and answers against it.
type contract struct {
	openapi.Document
	compiler *jsonschema.Compiler
	mu       sync.Mutex
	schemas  map[string]*jsonschema.Schema // by where they are in the document
}

// theContract reads the document as the server shows it, once for all tests.
var theContract = sync.OnceValues(func() (*contract, error) {
	described, err := document(routes())
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(described)
	if err != nil {
		return nil, err
	}
	c := &contract{compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	c.compiler.AssertFormat()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = c.compiler.AddResource("openapi.json", value)
	}
	if err == nil {
		err = json.Unmarshal(text, &c.Document)
	}
	return c, err
})

// hold checks that a request that was accepted, and the answer, are as the document says.
func hold(t *testing.T, r *http.Request, body string, w *httptest.ResponseRecorder) {
	t.Helper()
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.check(r, body, w); err != nil {
		t.Errorf("%s %s, answered with %d: not as the API's document says: %v\nbody: %.1000s\nanswer: %.1000s", r.Method, r.URL, w.Code, err, body, w.Body)
	}
}

func (c *contract) check(r *http.Request, body string, w *httptest.ResponseRecorder) error {
	path, operation := c.operation(r)
	if operation == nil { // of no route, or of the task monitor
		return nil
	}
	at := pointer("paths", path, strings.ToLower(r.Method))
	if operation.Body != nil && w.Code < 300 {
		if _, ok := operation.Body.Content[mediaJSON]; ok {
			if err := c.validate(at+pointer("requestBody", "content", mediaJSON, "schema"), withoutNulls(body)); err != nil {
				return fmt.Errorf("the accepted body: %w", err)
			}
		}
		if _, ok := operation.Body.Content[mediaLines]; ok {
			if err := c.validateEach(at+pointer("requestBody", "content", mediaLines, "schema")+"/contentSchema", mediaLines, body); err != nil {
				return fmt.Errorf("the accepted body: %w", err)
			}
		}
	}
	status := fmt.Sprint(w.Code)
	if _, ok := operation.Responses[status]; !ok && w.Code >= 500 {
		status = "5XX"
	}
	response, ok := operation.Responses[status]
	if !ok {
		return fmt.Errorf("the status is not described")
	}
	at += pointer("responses", status)
	if response.Ref != "" {
		at = strings.TrimPrefix(response.Ref, "#")
		response = c.Components.Responses["Error"]
	}
	return c.checkAnswer(at, response, w)
}

// withoutNulls leaves out the keys whose value is null: in bodies they are as if they were not there.
func withoutNulls(body string) []byte {
	var keys map[string]any
	if json.Unmarshal([]byte(body), &keys) != nil {
		return []byte(body)
	}
	maps.DeleteFunc(keys, func(_ string, value any) bool { return value == nil })
	text, _ := json.Marshal(keys) // of what was decoded from JSON: it can't fail
	return text
}

func (c *contract) checkAnswer(at string, response openapi.Response, w *httptest.ResponseRecorder) error {
	if w.Code == http.StatusSeeOther {
		return nil
	}
	if len(response.Content) == 0 {
		if w.Body.Len() > 0 && w.Code < 300 {
			return fmt.Errorf("there should be no body")
		}
		return nil
	}
	given, _, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("content type %q: %w", w.Header().Get("Content-Type"), err)
	}
	media, ok := response.Content[given]
	if !ok {
		return fmt.Errorf("the content type %s is not described", given)
	}
	at += pointer("content", given, "schema")
	if media.Schema["contentSchema"] != nil {
		return c.validateEach(at+"/contentSchema", given, w.Body.String())
	}
	if given != mediaJSON && given != mediaProblem {
		return nil
	}
	return c.validate(at, w.Body.Bytes())
}

// validateEach checks the documents of a stream.
func (c *contract) validateEach(at, media, stream string) error {
	for line := range strings.Lines(stream) {
		data, isData := strings.CutPrefix(line, "data: ")
		if media == mediaEvents && (!isData || strings.TrimSpace(data) == "{}") {
			continue
		}
		if err := c.validate(at, []byte(data)); err != nil {
			return err
		}
	}
	return nil
}

// schema returns the schema that is somewhere in the document. One compiler does it for all tests, one after the other.
func (c *contract) schema(at string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.schemas[at]; known != nil {
		return known, nil
	}
	schema, err := c.compiler.Compile("openapi.json#" + at)
	if err == nil {
		c.schemas[at] = schema
	}
	return schema, err
}

func (c *contract) validate(at string, text []byte) error {
	schema, err := c.schema(at)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// operation finds what the document says of a request.
func (c *contract) operation(r *http.Request) (path string, o *openapi.Operation) {
	for path, operations := range c.Paths {
		o := operations[strings.ToLower(r.Method)]
		if o != nil && fitsPath(path, r.URL.EscapedPath()) && (!strings.Contains(path, "{") || c.Paths[r.URL.Path] == nil) {
			return path, o
		}
	}
	return "", nil
}

// fitsPath tells whether a path is one of a path with parameters.
func fitsPath(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && (!strings.HasPrefix(want[i], "{") || got[i] == "") {
			return false
		}
	}
	return true
}

// pointer is a JSON pointer.
func pointer(keys ...string) (p string) {
	for _, key := range keys {
		p += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(key)
	}
	return p
}
