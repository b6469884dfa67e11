package compare_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/compare"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, a, b string
		want       []string
	}{
		{"the same", `{"name": "x", "ports": [{"id": 1}]}`, `{"ports": [{"id": 1}], "name": "x"}`, nil},
		{"read at another time, elsewhere", `{"name": "x", "last_scanned": "a", "found_in": "host-1", "stale": {"reason": "gone"}}`, `{"name": "x", "last_scanned": "b"}`, nil},
		{"a value", `{"status": "ACTIVE"}`, `{"status": "DOWN"}`, []string{`status: "ACTIVE", "DOWN"`}},
		{"one has it", `{"a": 1}`, `{"b": null}`, []string{"a: 1, -"}},
		{"inside", `{"config": {"l3": {"mode": "legacy"}}}`, `{"config": {"l3": {"mode": "dvr"}}}`, []string{`config.l3.mode: "legacy", "dvr"`}},
		{"an element", `{"ports": [{"tag": "1"}, {"tag": "2"}]}`, `{"ports": [{"tag": "1"}, {"tag": "3"}]}`, []string{`ports.1.tag: "2", "3"`}},
		{"more elements", `{"network": ["a"]}`, `{"network": ["a", "b"]}`, []string{`network: ["a"], ["a","b"]`}},
		{"heartbeats", `{"agents": [{"heartbeat_timestamp": "1", "alive": true}]}`, `{"agents": [{"heartbeat_timestamp": "2", "alive": true}]}`, nil},
		{"what an agent counts", `{"configurations": {"log_agent_heartbeats": false, "devices": 4, "mode": "x"}}`,
			`{"configurations": {"log_agent_heartbeats": false, "devices": 5, "mode": "y"}}`, []string{`configurations.mode: "x", "y"`}},
		{"what else is counted", `{"vfs": 4}`, `{"vfs": 5}`, []string{"vfs: 4, 5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := parse(t, c.a), parse(t, c.b)
			got := compare.Differences(a, b)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if back := compare.Differences(b, a); len(back) != len(got) {
				t.Errorf("the other way round: %q", back)
			}
		})
	}
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	doc, err := compare.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestSame: a document is the same before and after it was written as JSON.
func TestSame(t *testing.T) {
	t.Parallel()
	type document struct {
		Name  string           `json:"name"`
		Ports []map[string]any `json:"ports"`
		N     int              `json:"n"`
	}
	a, err := compare.Normal(document{"x", []map[string]any{{"id": int64(1), "networks": []string{"a"}}}, 7})
	if err != nil {
		t.Fatal(err)
	}
	if b := parse(t, `{"name": "x", "ports": [{"networks": ["a"], "id": 1}], "n": 7}`); !compare.Same(a, b) {
		t.Errorf("%v is not the same as %v", a, b)
	}
	if _, err := compare.Parse([]byte(`[1]`)); err == nil {
		t.Error("a list passes as a document")
	}
}
