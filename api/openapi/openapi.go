// Package openapi makes descriptions of APIs in the form of OpenAPI 3.1. What goes over the API is described by the Go types
// that are encoded and decoded, so the description can't say something else than the program.
package openapi

// Document is a description of an API.
type Document struct {
	OpenAPI    string                           `json:"openapi"`
	Info       Info                             `json:"info"`
	Tags       []Tag                            `json:"tags"`
	Paths      map[string]map[string]*Operation `json:"paths"` // by path, and by the method in small letters
	Components Components                       `json:"components"`
	Security   []Requirement                    `json:"security"`
}

// Info says what API it is.
type Info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description,omitempty"`
}

// Tag is a group of operations.
type Tag struct {
	Name string `json:"name"`
}

// Requirement names a way to log in.
type Requirement map[string][]string

// Components are what the rest refers to.
type Components struct {
	Schemas         map[string]Schema         `json:"schemas"`
	Responses       map[string]Response       `json:"responses"`
	SecuritySchemes map[string]SecurityScheme `json:"securitySchemes"`
}

// SecurityScheme is a way to log in.
type SecurityScheme struct {
	Type        string `json:"type"`
	Scheme      string `json:"scheme,omitempty"`
	In          string `json:"in,omitempty"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
}

// Operation is a way to call the API.
type Operation struct {
	ID          string              `json:"operationId"`
	Summary     string              `json:"summary"`
	Description string              `json:"description,omitempty"`
	Tags        []string            `json:"tags"`
	Parameters  []Parameter         `json:"parameters,omitempty"`
	Body        *Body               `json:"requestBody,omitempty"`
	Responses   map[string]Response `json:"responses"` // by status
	Security    *[]Requirement      `json:"security,omitempty"`
}

// Parameter is one of an operation's parameters.
type Parameter struct {
	Name        string `json:"name"`
	In          string `json:"in"` // path or query
	Description string `json:"description,omitempty"`
	Required    bool   `json:"required,omitempty"`
	Style       string `json:"style,omitempty"`
	Explode     bool   `json:"explode,omitempty"`
	Schema      Schema `json:"schema"`
}

// Body is the body of a request.
type Body struct {
	Required bool             `json:"required"`
	Content  map[string]Media `json:"content"` // by its type
}

// Response is an answer, or a reference to one.
type Response struct {
	Ref         string           `json:"$ref,omitempty"`
	Description string           `json:"description,omitempty"`
	Content     map[string]Media `json:"content,omitempty"` // by its type
}

// Media is a body of a type.
type Media struct {
	Schema  Schema `json:"schema,omitempty"`
	Example any    `json:"example,omitempty"`
}
