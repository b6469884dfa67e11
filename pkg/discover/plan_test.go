package discover

import (
	"strings"
	"testing"

	"calipso.io/calipso/pkg/document"
)

func TestParsePlanRefusesBadPlans(t *testing.T) {
	t.Parallel()
	fetchers := map[string]Constructor{"a": nil, "b": nil}
	for name := range fetchers {
		fetchers[name] = func() Fetcher { return nil }
	}
	root := "- {parent: environment, task: true, find: [{type: region, fetcher: a}]}\n"
	tests := map[string]struct{ plan, want string }{
		"not yaml":          {"][", "plan.yaml: it is not YAML"},
		"unknown key":       {"- {parent: environment, fnd: []}", `plan.yaml:1: unknown key "fnd"; there are find, parent, task`},
		"no root":           {"- {parent: region, task: true, find: []}", `no step for parent "environment"`},
		"parent twice":      {root + root, `plan.yaml:2: step "environment": each step needs a parent, and each parent one step`},
		"unknown fetcher":   {"- {parent: environment, task: true, find: [{type: x, fetcher: zz}]}", `plan.yaml:1: unknown fetcher "zz"; there are a, b`},
		"unknown condition": {"- {parent: environment, task: true, find: [{type: x, fetcher: a, when: {moon: [full]}}]}", `unknown condition "moon"`},
		"type and adds_to":  {"- {parent: environment, task: true, find: [{type: x, adds_to: y, fetcher: a}]}", "either type or adds_to"},
		"not a task":        {root + "- {parent: region, find: [{type: x, fetcher: b}]}", `only steps with "task: true" have fetchers`},
		"need comes later":  {"- {parent: environment, task: true, find: [{type: x, fetcher: a, needs: [b]}, {type: y, fetcher: b}]}", `needs "b", which does not stand before it`},
		"cycle":             {root + "- {parent: region, task: true, find: [{type: host, fetcher: a}]}\n- {parent: host, task: true, find: [{type: region, fetcher: b}]}", "region > host > region is found below itself"},
		"folder, no text":   {"- {parent: environment, task: true, find: [{folder: x}]}", "a folder has a text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParsePlan(fetchers, document.Source{File: "plan.yaml", Content: []byte(test.plan)})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
	if _, err := ParsePlan(fetchers, document.Source{File: "plan.yaml", Content: []byte(root)}); err != nil {
		t.Errorf("a good plan is refused: %v", err)
	}
}
