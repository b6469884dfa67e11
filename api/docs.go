package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/openapi"
)

func docsRoutes() []route {
	return []route{
		{"GET", "/openapi.json", public, nil, (*server).getDocument,
			doc{about: "This description.", answer: map[string]any{}}},
		{"GET", "/docs", public, nil, (*server).docsPage,
			doc{about: "This description, to be read.", answer: "", media: mediaHTML}},
	}
}

// getDocument answers GET /openapi.json. It tells nothing that Calipso's source does not.
func (s *server) getDocument(c *gin.Context, _ query) error {
	described, err := s.document()
	if err != nil {
		return fmt.Errorf("describe the API: %w", err)
	}
	c.JSON(http.StatusOK, described)
	return nil
}

//go:embed docs.html
var docsHTML string

// docsPage answers GET /docs. The page has neither scripts nor anything from elsewhere.
func (s *server) docsPage(c *gin.Context, _ query) error {
	described, err := s.document()
	if err != nil {
		return fmt.Errorf("describe the API: %w", err)
	}
	page, err := template.New("docs").Funcs(template.FuncMap{"groups": groupsOf, "type": typeOf, "properties": propertiesOf, "json": indented}).Parse(docsHTML)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := page.Execute(&text, described); err != nil {
		return err
	}
	c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	c.Data(http.StatusOK, "text/html; charset=utf-8", text.Bytes())
	return nil
}

// callGroup is what a tag has, for people.
type callGroup struct {
	Name  string
	Calls []call
}

type call struct {
	Method, Path string
	*openapi.Operation
}

// groupsOf sorts operations by the names of their tags, and within them by path and method.
func groupsOf(d *openapi.Document) []callGroup {
	groups := make([]callGroup, len(d.Tags))
	for i, tag := range d.Tags {
		groups[i].Name = tag.Name
		for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
			for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
				if operation := d.Paths[path][method]; operation.Tags[0] == tag.Name {
					groups[i].Calls = append(groups[i].Calls, call{strings.ToUpper(method), path, operation})
				}
			}
		}
	}
	slices.SortFunc(groups, func(a, b callGroup) int { return strings.Compare(a.Name, b.Name) })
	return groups
}

// property is a key of an object, for people.
type property struct {
	Name, Description string
	Required          bool
	Schema            openapi.Schema
}

func propertiesOf(schema openapi.Schema) (all []property) {
	properties, _ := schema["properties"].(map[string]openapi.Schema)
	required, _ := schema["required"].([]string)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		about, _ := properties[name]["description"].(string)
		all = append(all, property{name, about, slices.Contains(required, name), properties[name]})
	}
	return all
}

// typeOf says in words what a schema allows, with links to the schemas that it refers to.
func typeOf(schema openapi.Schema) template.HTML {
	if ref, ok := schema["$ref"].(string); ok {
		name := template.HTMLEscapeString(strings.TrimPrefix(ref, "#/components/schemas/"))
		return template.HTML(`<a href="#schema-` + name + `">` + name + `</a>`)
	}
	if alternatives, ok := schema["anyOf"].([]openapi.Schema); ok {
		texts := []string{}
		for _, one := range alternatives {
			texts = append(texts, string(typeOf(one)))
		}
		return template.HTML(strings.Join(texts, " or "))
	}
	if streamed, ok := schema["contentSchema"].(openapi.Schema); ok {
		return "each " + typeOf(streamed)
	}
	if values, ok := schema["enum"].([]string); ok {
		return template.HTML("one of " + template.HTMLEscapeString(strings.Join(values, ", ")))
	}
	if items, ok := schema["items"].(openapi.Schema); ok {
		return "list of " + typeOf(items)
	}
	if schema["type"] == nil {
		return "anything"
	}
	return template.HTML(template.HTMLEscapeString(fmt.Sprint(schema["type"])))
}

func indented(value any) (string, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	return string(text), err
}
