package api

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/api/openapi"
	"calipso.io/calipso/pkg/auth"
)

// TestContract walks through the document: of each operation what is right is answered as described, and what is wrong is
// refused with a message that names it.
func TestContract(t *testing.T) {
	t.Parallel()
	s := withTenants(t)
	for _, r := range routes() {
		w := walk{t, s, r}
		t.Run(r.method+" "+r.path, func(t *testing.T) {
			w.t = t
			w.parameters()
			w.bodies()
			w.rights()
			w.otherMethods()
		})
	}
	for _, r := range routes() { // at last: some of them delete
		t.Run("right "+r.method+" "+r.path, func(t *testing.T) { walk{t, s, r}.right() })
	}
}

type walk struct {
	t *testing.T
	s *site
	route
}

// target is the path with a query that has what is needed, and more.
func (w walk) target(more ...string) string {
	q := url.Values{}
	for _, p := range w.params {
		if p.needed {
			q.Set(p.name, right(p))
		}
	}
	for i := 0; i+1 < len(more); i += 2 {
		q[more[i]] = append(q[more[i]], more[i+1])
	}
	path := strings.NewReplacer(":name", "lab", ":host", "10.0.0.1:22", ":id", "0123456789abcdef01234567", ":file", "style.css").Replace(w.path)
	return path + "?" + q.Encode()
}

// right is a value that a parameter may have.
func right(p param) string {
	switch values, _ := p.schema["enum"].([]string); {
	case len(values) > 0:
		return values[0]
	case p.schema["type"] == "boolean":
		return "true"
	case p.schema["type"] == "integer":
		return "1"
	case p.schema["format"] == "date-time":
		return "2026-03-04T12:00:00Z"
	case p.schema["pattern"] != nil:
		return "0123456789abcdef01234567"
	case p.name == "name":
		return "log_levels"
	}
	return "lab"
}

// example is a body as the document shows it.
func (w walk) example() map[string]any {
	value := w.doc.body
	switch whole := value.(type) {
	case draft:
		value = whole.document
	case jsonLines:
		value = whole.document
	}
	text, err := json.Marshal(value)
	body := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &body)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return body
}

func (w walk) refused(status int, target, body, field, names string) {
	w.t.Helper()
	a := w.s.call(w.method, target, body)
	if a.Code != status {
		w.t.Errorf("%s %s is answered with %d, want %d: %.300s\nbody: %.300s", w.method, target, a.Code, status, a.Body, body)
		return
	}
	got := a.want(status)["error"].(map[string]any)
	if message, _ := got["message"].(string); !strings.Contains(message, names) || field != "" && got["field"] != field {
		w.t.Errorf("%s %s: %v does not name %s%s", w.method, target, got, field, names)
	}
}

func (w walk) parameters() {
	if len(w.params) == 1 && w.params[0].name == "" {
		return // all are taken
	}
	w.refused(400, w.target("nonsense", "1"), "", "", `"nonsense"`)
	for _, p := range w.params {
		name := p.name
		if p.prefix {
			name += "network"
		}
		blank := strings.Replace(w.target(name, "BLANK"), "BLANK", "", 1)
		if p.needed {
			blank = strings.Replace(w.target(), url.QueryEscape(name)+"="+right(p), url.QueryEscape(name)+"=", 1)
			w.refused(400, strings.Replace(w.target(), url.QueryEscape(name)+"="+right(p), "", 1), "", name, "missing")
		}
		w.refused(400, blank, "", name, "blank")
		w.refused(400, w.target(name, "a\x00b"), "", name, "")
		if !p.repeat {
			w.refused(400, w.target(name, right(p), name, right(p)), "", name, "only once")
		}
		if len(p.schema) > 1 || p.schema["type"] != nil && p.schema["type"] != "string" {
			w.refused(400, w.target(name, "-1 nonsense"), "", name, "")
		}
	}
}

func (w walk) bodies() {
	if w.doc.body == nil || w.path == "/login" {
		return
	}
	w.refused(400, w.target(), "", "", "empty")
	w.refused(400, w.target(), "{", "", "not JSON")
	w.refused(400, w.target(), "[]", "", "not an object")
	if _, long := w.doc.body.(jsonLines); !long {
		w.refused(413, w.target(), `"`+strings.Repeat("a", maxBody)+`"`, "", "longer")
	}
	body := w.example()
	body["nonsense"] = 1
	w.refused(400, w.target(), asJSON(w.t, body), "", "nonsense")
	schema := w.schema()
	for key, of := range schema["properties"].(map[string]any) {
		wrong := wrongFor(of.(map[string]any))
		if wrong == nil {
			continue
		}
		body := w.example()
		body[key] = wrong
		w.refused(400, w.target(), asJSON(w.t, body), "", key)
	}
	needed, _ := schema["required"].([]any)
	for _, key := range needed {
		body := w.example()
		delete(body, key.(string))
		a := w.s.call(w.method, w.target(), asJSON(w.t, body))
		if a.Code/100 != 4 {
			w.t.Errorf("without %s: %d %.300s", key, a.Code, a.Body)
		}
	}
}

// schema is the one of the body.
func (w walk) schema() openapi.Schema {
	c, err := theContract()
	if err != nil {
		w.t.Fatal(err)
	}
	schema := c.Paths[openPath(w.path)][strings.ToLower(w.method)].Body.Content[bodyMedia(w.route)].Schema
	if of, ok := schema["contentSchema"].(map[string]any); ok {
		schema = of
	}
	if ref, ok := schema["$ref"].(string); ok {
		schema = c.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
	}
	return schema
}

// wrongFor is a value that a schema does not allow; nil when it allows all.
func wrongFor(schema map[string]any) any {
	kinds, _ := json.Marshal(schema["type"])
	switch kind := string(kinds); {
	case schema["$ref"] != nil:
		return "nonsense"
	case strings.Contains(kind, "string"):
		return []any{map[string]any{}}
	case strings.Contains(kind, "object"), strings.Contains(kind, "array"):
		return 7
	case kind != "null":
		return "nonsense"
	}
	return nil
}

func (w walk) rights() {
	bare := strings.TrimSuffix(w.target(), "?")
	if w.access != public {
		w.s.anonymous(w.method, bare, "").want(401)
	}
	if slices.Contains(auth.Roles(), string(w.access)) && w.doc.media == "" {
		got := w.s.anonymous(w.method, bare, asJSON(w.t, w.example()), w.s.as("viewer")).want(403)["error"].(map[string]any)
		if message, _ := got["message"].(string); !strings.Contains(message, string(w.access)) {
			w.t.Errorf("%v does not name the role %s", got, w.access)
		}
	}
}

func (w walk) otherMethods() {
	c, err := theContract()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} {
		if slices.Contains(slices.Collect(maps.Keys(c.Paths[openPath(w.path)])), strings.ToLower(method)) {
			continue
		}
		if a := w.s.call(method, strings.TrimSuffix(w.target(), "?"), ""); a.Code != 405 && a.Code != 404 {
			w.t.Errorf("%s is answered with %d: %s", method, a.Code, a.Body)
		}
	}
}

// right sends what the document shows. That the answer is as described is checked with every answer.
func (w walk) right() {
	if w.doc.media == mediaEvents || w.path == "/login" {
		return
	}
	body := ""
	if w.doc.body != nil {
		body = asJSON(w.t, w.example())
	}
	if a := w.s.call(w.method, w.target(), body); a.Code >= 500 {
		w.t.Errorf("%d: %s", a.Code, a.Body)
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
