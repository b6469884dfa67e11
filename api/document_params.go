package api

import (
	"regexp"
	"strings"

	"calipso.io/calipso/api/openapi"
)

// openPath writes a route's path as OpenAPI does: /scans/{id}.
func openPath(path string) string { return regexp.MustCompile(`:(\w+)`).ReplaceAllString(path, "{$1}") }

func pathParameters(path string) (parameters []openapi.Parameter) {
	for _, name := range regexp.MustCompile(`:(\w+)`).FindAllStringSubmatch(path, -1) {
		parameters = append(parameters, openapi.Parameter{Name: name[1], In: "path", Required: true,
			Schema: openapi.Schema{"type": "string"}, Description: aboutParam(name[1])})
	}
	return parameters
}

func queryParameters(params []param) (parameters []openapi.Parameter) {
	for _, p := range params {
		if p.name != "" { // else all are taken, and have no effect
			parameters = append(parameters, p.describe())
		}
	}
	return parameters
}

func (p param) describe() openapi.Parameter {
	described := openapi.Parameter{Name: p.name, In: "query", Required: p.needed, Schema: p.schema, Description: aboutParam(p.name)}
	if p.schema == nil {
		p.schema, described.Schema = openapi.Schema{"type": "string"}, openapi.Schema{"type": "string"}
	}
	switch {
	case p.prefix: // an object whose keys are names of parameters
		described.Name, described.Style, described.Explode = strings.Trim(p.name, ":"), "form", true
		described.Schema = openapi.Schema{"type": "object", "additionalProperties": false,
			"patternProperties": map[string]openapi.Schema{"^" + regexp.QuoteMeta(p.name): p.schema}}
	case p.repeat:
		described.Style, described.Explode = "form", true
		described.Schema = openapi.Schema{"type": "array", "items": p.schema}
	}
	return described
}

// aboutParam says what a parameter means; it means the same in all routes.
func aboutParam(name string) string {
	return map[string]string{
		"all":               "All of them, instead of a page or of some.",
		"attributes:":       "attributes:NAME=VALUE: the link has this attribute with this value, or a list with it.",
		"base_object":       "Id of the object that was scanned.",
		"dry_run":           "Only say what would be done.",
		"end_time":          "The last moment.",
		"env_name":          "Name of the environment.",
		"environment":       "Name of the environment; the same as env_name.",
		"failed":            "Only what failed.",
		"focal_point":       "Document id of the focal point.",
		"force":             "Also an environment that is not supported.",
		"format":            "Of the answer.",
		"host":              "Name of the host.",
		"id":                "The id.",
		"id_path":           "Ids from the environment down to the object, joined by slashes.",
		"ids":               "Ids of those that are meant.",
		"inventory":         "Name of the inventory; the one that scans write by default when it is left out.",
		"link_id":           "Document id of a link that is part of it.",
		"link_type":         "Type of a link: SOURCE-TARGET.",
		"name":              "The name.",
		"next":              "The page to go to afterwards.",
		"origin_id":         "Id of what it is about, as of a scan.",
		"page":              "Number of the page; they count from 0.",
		"page_size":         "How many there are on a page.",
		"parent_path":       "The id_path of an object: what is directly below it, or with sub_tree all of it.",
		"projection":        "The attributes that are wanted, with commas between them.",
		"source":            "Who knows the user; all of them when it is left out.",
		"source_id":         "The source's own id.",
		"start_time":        "The first moment.",
		"sub_tree":          "The object of parent_path and all that is below it.",
		"target_id":         "The target's own id.",
		"viewed":            "Whether somebody has marked it as viewed.",
		"mechanism_drivers": "A mechanism driver; it must have all that are given.",
	}[name]
}
