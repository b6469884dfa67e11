package cli_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"sigs.k8s.io/yaml"
)

// TestLooking compares what the commands that only look print, and how they end.
func TestLooking(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	tests := map[string]string{
		"tree":                      "tree",
		"tree-depth":                "tree -e lab --depth 2",
		"tree-object":               "tree -e lab node-2",
		"tree-ambiguous-id":         "tree nova",
		"tree-typed":                "tree nova -t availability_zone --depth 1",
		"tree-unknown":              "tree nothing",
		"tree-negative":             "tree --depth -1",
		"tree-json":                 "tree node-1 -o json",
		"search":                    "search vm",
		"search-some":               "search node -t host,vnic -n 2",
		"search-json":               "search web-1 -o json -n 1",
		"search-nothing":            "search zzzz",
		"search-limit":              "search a -n 0",
		"search-unknown-env":        "search a -e nowhere",
		"get-object":                "get instance/vm-1",
		"get-by-name":               "get instance/web-1 -o json",
		"get-yaml":                  "get instance/vm-2 -o yaml",
		"get-list":                  "get instance -e lab",
		"get-list-yaml":             "get network -e lab -o yaml",
		"get-list-empty":            "get vservice",
		"get-list-empty-json":       "get vservice -o json",
		"get-unknown":               "get instance/nothing",
		"get-twins":                 "get instance/twin",
		"get-unknown-type":          "get nosuch",
		"get-near-type":             "get pnics",
		"get-near-type-json":        "get Instances -o json",
		"get-no-type":               "get /vm-1",
		"get-no-id":                 "get host/",
		"get-unknown-environment":   "get host -e nowhere",
		"get-unknown-inventory":     "get host -y other",
		"graph":                     "graph web-1",
		"graph-network":             "graph net-1 -t network",
		"graph-evil":                "graph vm-2",
		"graph-dot":                 "graph web-1 -o dot",
		"graph-evil-dot":            "graph vm-2 -o dot",
		"graph-evil-json":           "graph vm-2 -o json",
		"graph-no-clique":           "graph node-1",
		"graph-format":              "graph web-1 -o svg",
		"scans":                     "scans -e lab",
		"scans-json":                "scans -o json",
		"schedule-list":             "schedule list",
		"schedule-list-json":        "schedule list -e lab -o json",
		"schedule-list-unknown-env": "schedule list -e nowhere",
		"schedule-show":             "schedule show " + scheduleID,
		"schedule-show-yaml":        "schedule show -o yaml " + scheduleID,
		"schedule-show-unknown":     "schedule show nothing",
		"coverage":                  "coverage " + faultyID,
		"coverage-failed":           "coverage --failed " + faultyID,
		"coverage-host":             "coverage --host node-2 " + faultyID,
		"coverage-no-host":          "coverage --host node-7 " + faultyID,
		"coverage-table":            "coverage -o table --failed " + faultyID,
		"coverage-stale":            "coverage --stale " + faultyID,
		"coverage-stale-csv":        "coverage --stale -o csv " + faultyID,
		"coverage-yaml":             "coverage " + completedID + " -o yaml",
		"coverage-csv":              "coverage -o csv " + faultyID,
		"coverage-unknown":          "coverage nothing",
		"follow-completed":          "follow " + completedID,
		"follow-with-errors":        "follow " + faultyID,
		"follow-failed":             "follow " + failedID,
		"follow-json":               "follow -o json " + completedID,
		"follow-unknown":            "follow nothing",
		"env-list":                  "env list",
		"env-list-yaml":             "env list -o yaml",
		"env-show":                  "env show lab",
		"env-show-json":             "env show lab -o json",
		"env-show-unknown":          "env show nowhere",
		"env-host-keys":             "env host-keys lab",
		"env-host-keys-json":        "env host-keys lab -o json",
		"env-host-keys-unknown-env": "env host-keys nowhere",
	}
	for name, command := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(command)
			got := run(t.Context(), s.connect, "", args...)
			golden(t, name+".txt", got.text(args))
			for _, r := range got.stdout + got.stderr {
				if unicode.IsControl(r) && r != '\n' {
					t.Errorf("prints %q", r)
				}
			}
		})
	}
}

// TestDOT: what `graph -o dot` prints is a graph for Graphviz, whatever the names are.
func TestDOT(t *testing.T) {
	t.Parallel()
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("Graphviz is not installed")
	}
	s := newServer(t)
	seed(t, s.db)
	for _, id := range []string{"vm-1", "vm-2", "net-1"} {
		got := run(t.Context(), s.connect, "", "graph", id, "-o", "dot")
		cmd := exec.CommandContext(t.Context(), dot, "-Tplain")
		cmd.Stdin = strings.NewReader(got.stdout)
		if text, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(text), "rror") {
			t.Errorf("%s: %v\n%s", id, err, text)
		}
	}
}

// TestFormats: data is valid, and the same in each format, and names are what they are in the cloud.
func TestFormats(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	asJSON := run(t.Context(), s.connect, "", "get", "instance/vm-2", "-o", "json").stdout
	asYAML := run(t.Context(), s.connect, "", "get", "instance/vm-2", "-o", "yaml").stdout
	for format, read := range map[string]func() (map[string]any, error){
		"json": func() (o map[string]any, err error) { return o, json.Unmarshal([]byte(asJSON), &o) },
		"yaml": func() (o map[string]any, err error) { return o, yaml.Unmarshal([]byte(asYAML), &o) },
	} {
		if object, err := read(); err != nil || object["name"] != evil {
			t.Errorf("%s: error %v, name %q, want %q", format, err, object["name"], evil)
		}
	}
	asCSV := run(t.Context(), s.connect, "", "coverage", "-o", "csv", faultyID).stdout
	lines, err := csv.NewReader(strings.NewReader(asCSV)).ReadAll()
	if err != nil || len(lines) != 7 {
		t.Errorf("csv: error %v, %d lines", err, len(lines))
	}
	for _, cell := range strings.FieldsFunc(asCSV, func(r rune) bool { return r == ',' || r == '\n' || r == '"' }) {
		if strings.ContainsAny(cell[:1], "=+-@") {
			t.Errorf("a spreadsheet takes %q for a formula", cell)
		}
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	folder := t.TempDir()
	file := filepath.Join(folder, "lab.jsonl")
	onScreen := run(t.Context(), s.connect, "", "export", "-e", "lab")
	inv := newInventory()
	want := len(inv.objects) + len(inv.links) + len(inv.cliques)
	if lines := strings.Count(onScreen.stdout, "\n"); lines != want || onScreen.code != 0 {
		t.Errorf("%d lines, exit status %d: %s", lines, onScreen.code, onScreen.stderr)
	}
	inFile := run(t.Context(), s.connect, "", "export", "-f", file)
	content, err := os.ReadFile(file)
	if err != nil || string(content) != onScreen.stdout || inFile.stdout != "" {
		t.Errorf("the file has something else than the screen: %v", err)
	}
	failed := run(t.Context(), s.connect, "", "export", "-e", "nowhere", "-f", file)
	if failed.code != 2 || !strings.Contains(failed.stderr, `there is no environment "nowhere"`) {
		t.Errorf("exit status %d: %s", failed.code, failed.stderr)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("a failed export leaves %v behind", left)
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != string(content) {
		t.Error("a failed export changes the file")
	}
}
