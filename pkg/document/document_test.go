package document_test

import (
	"testing"

	"calipso.io/calipso/pkg/document"
	"github.com/google/go-cmp/cmp"
)

type step struct {
	Parent string              `json:"parent"`
	Task   bool                `json:"task"`
	Limit  int                 `json:"limit"`
	Find   []entry             `json:"find"`
	When   map[string][]string `json:"when"`
}

type entry struct {
	Type  string   `json:"type"`
	Needs []string `json:"needs"`
	Sudo  *bool    `json:"sudo"`
}

func TestRead(t *testing.T) {
	t.Parallel()
	var got []step
	doc, err := document.Read(document.Source{File: "plan.yaml", Content: []byte(`# a plan
- parent: host
  task: true
  limit: 3
  find:
    - {type: 6.0, needs: one}
    - type: vnic
      needs: [a, 007]
      sudo: false
  when: &when
    version: [10239, "x"]
- {parent: port, when: *when, find: }
`)}, &got)
	if err != nil {
		t.Fatal(err)
	}
	no, when := false, map[string][]string{"version": {"10239", "x"}}
	want := []step{
		{Parent: "host", Task: true, Limit: 3, When: when,
			Find: []entry{{Type: "6.0", Needs: []string{"one"}}, {Type: "vnic", Needs: []string{"a", "007"}, Sudo: &no}}},
		{Parent: "port", When: when},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, tt := range []struct {
		at   document.Path
		want string
	}{
		{document.Path{0, "find", 1, "needs"}, "plan.yaml:8: bad"},
		{document.Path{0, "find", 0, "nothing"}, "plan.yaml:6: bad"},
		{document.Path{1, "when", "version"}, "plan.yaml:11: bad"},
		{document.Path{7}, "plan.yaml:2: bad"},
	} {
		if err := doc.Errorf(tt.at, "bad"); err.Error() != tt.want {
			t.Errorf("%v: %v", tt.at, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ content, want string }{
		"unknown keys, types": {"- {parnt: host}\n- task: 1\n  limit: x\n  find: {}\n- host\n- parent: [a]",
			"f:1: unknown key \"parnt\"; there are find, limit, parent, task, when\nf:2: this must be true or false, not \"1\"\n" +
				"f:3: this must be a whole number, not \"x\"\nf:4: this must be a list, not an object\n" +
				"f:5: this must be an object, as {key: value}, not \"host\"\nf:6: this must be text, not a list"},
		"a key twice":     {"- parent: a\n  parent: b", `f:2: the key "parent" is there twice`},
		"not a list":      {"parent: a", "f:1: this must be a list, not an object"},
		"not YAML":        {"- parent: a\n  task: [", "f:2: it is not YAML: did not find expected node content"},
		"no such anchor":  {"- parent: *a", "f: it is not YAML: yaml: unknown anchor 'a' referenced"},
		"a key in a list": {"- find:\n  - type: a\n    nedes: [b]", `f:3: unknown key "nedes"; there are needs, sudo, type`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []step
			if _, err := document.Read(document.Source{File: "f", Content: []byte(tt.content)}, &got); err == nil || err.Error() != tt.want {
				t.Errorf("error\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
	var got []step
	if _, err := document.Read(document.Source{File: "f", Content: []byte("# nothing\n")}, &got); err != nil || got != nil {
		t.Errorf("an empty file: %v, %v", got, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("- {parent: host, find: [{type: a}]}")
	f.Add("- &a [*a]")
	f.Fuzz(func(t *testing.T, content string) {
		var got []step
		_, _ = document.Read(document.Source{File: "f", Content: []byte(content)}, &got)
	})
}
