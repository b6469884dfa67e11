package monitor

import (
	"strings"
	"testing"

	"calipso.io/calipso/pkg/document"
)

func TestShippedTemplates(t *testing.T) {
	t.Parallel()
	templates, err := ParseTemplates(document.Source{File: "shipped", Content: DefaultTemplates})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, tt := range templates {
		ids[tt.ID] = true
		if !strings.HasPrefix(tt.Type, "client_check_") {
			continue
		}
		checks, _ := tt.Config["checks"].(map[string]any)
		for name, check := range checks {
			attributes, _ := check.(map[string]any)
			if attributes["command"] == nil || attributes["interval"] != 15.0 || !strings.Contains(name, "{") {
				t.Errorf("%s: check %s is %v", tt.Type, name, attributes)
			}
		}
		if len(checks) != 1 || tt.Side != "client" {
			t.Errorf("%s: %d checks on side %s", tt.Type, len(checks), tt.Side)
		}
	}
	if len(ids) != len(templates) || len(templates) < 20 {
		t.Errorf("%d templates with %d ids", len(templates), len(ids))
	}
}

func TestWrongTemplates(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`[{side: middle, type: a.json, config: {a: 1}}]`:                                       `f:1: side "middle" is none of client, server`,
		"\n- side: client\n  config: {a: 1}":                                                   "f:2: the template has no type",
		`[{side: client, type: a.json}]`:                                                       "f:1: the template has no config",
		`[{side: client, type: a.json, order: -1, config: {a: 1}}]`:                            "f:1: order is a number from 1 on",
		`[{side: client, type: a.json, monitoring_system: x, config: {a: 1}}]`:                 "f:1: monitoring_system is sensu",
		`[{side: client, type: a.json, condition: {moon: [full]}, config: {a: 1}}]`:            `f:1: unknown condition "moon"`,
		"- {side: client, type: a, config: {a: 1}}\n- {side: client, type: a, config: {a: 1}}": "f:2: there is another template of side client, type a and order 1",
	} {
		if _, err := ParseTemplates(document.Source{File: "f", Content: []byte(content)}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\n got %v, want %s", content, err, want)
		}
	}
}
