package api

import (
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestDocument: the description is a valid document of OpenAPI 3.1, in which nothing is missing.
func TestDocument(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	text := s.anonymous("GET", "/openapi.json", "")
	loader := openapi3.NewLoader()
	read, err := loader.LoadFromData(text.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	wrong := strings.Replace(text.Body.String(), `"in":"query"`, `"in":"somewhere"`, 1)
	if read, err = loader.LoadFromData([]byte(wrong)); err == nil && read.Validate(t.Context()) == nil {
		t.Error("any document is valid")
	}
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	for name := range c.Components.Schemas {
		if _, err := c.schema(pointer("components", "schemas", name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDocumentOfRoutes: every route says what it does, what it takes and what it answers.
func TestDocumentOfRoutes(t *testing.T) {
	t.Parallel()
	ids := []string{}
	for _, r := range routes() {
		name := r.method + " " + r.path
		if len(r.doc.about) < 10 || !strings.HasSuffix(r.doc.about, ".") {
			t.Errorf("%s says %q of itself, which is no sentence", name, r.doc.about)
		}
		if takesBody := r.method == "POST" || r.method == "PUT" || r.method == "PATCH"; takesBody != (r.doc.body != nil) && !slices.Contains(withoutBody(), name) {
			t.Errorf("%s: does it take a body? Its description has %v", name, r.doc.body)
		}
		if r.doc.answer == nil && r.doc.status != 303 && r.doc.status != 204 && name != "DELETE /auth/tokens" {
			t.Errorf("%s does not say what it answers", name)
		}
		ids = append(ids, operationID(r))
	}
	slices.Sort(ids)
	if all := len(ids); len(slices.Compact(ids)) != all {
		t.Error("operations have the same ids")
	}
}

// withoutBody are routes that change something and need nothing to be told.
func withoutBody() []string {
	return []string{"POST /monitor/scans/:id/abort", "POST /scans/:id/abort", "POST /logout"}
}

// TestDocsPage: the page shows every operation, and asks nobody else for anything.
func TestDocsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.anonymous("GET", "/docs", "")
	page := a.Body.String()
	for _, r := range routes() {
		if !strings.Contains(page, `<details id="`+operationID(r)+`">`) {
			t.Errorf("%s %s is not on the page", r.method, r.path)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "://") || !strings.Contains(a.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("the page needs more than itself")
	}
	if !strings.Contains(page, `<a href="#schema-ScanList">ScanList</a> or <a href="#schema-WholeScan">WholeScan</a>`) {
		t.Error("the page does not link to schemas")
	}
}

// TestSchemas: Go types are described as encoding/json writes them.
func TestSchemas(t *testing.T) {
	t.Parallel()
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	whole := c.Components.Schemas["WholeScan"]
	properties := whole["properties"].(map[string]any)
	for _, key := range []string{"_id", "id", "inventory", "progress"} { // of the structures within, too
		if properties[key] == nil || !slices.Contains(whole["required"].([]any), any(key)) {
			t.Errorf("WholeScan without %s", key)
		}
	}
	if slices.Contains(whole["required"].([]any), any("summary")) {
		t.Error("what may be left out is not required")
	}
	phase := properties["phase"].(map[string]any)
	if phase["description"] != "the phase that is running" {
		t.Errorf("the comment of a field is not its description: %v", phase)
	}
	if ref := properties["summary"].(map[string]any)["$ref"]; ref != "#/components/schemas/ScanSummary" {
		t.Errorf("summary refers to %v", ref)
	}
}
