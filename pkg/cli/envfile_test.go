package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// keyDocument has keys where they are read in, in the CLI section and its hosts, and where they are not.
const keyDocument = `{"name": "a", "configuration": [
	{"name": "CLI", "key": "KEY", "hosts": {"node-2": {"key": "id_rsa"}, "node-3": {"pwd": "x"}}},
	{"name": "ACI", "key": "id_rsa"}]}`

const keyYAML = `
name: b
configuration:
- name: CLI
  key: KEY
  hosts:
  - name: node-2
    key: |
      -----BEGIN
      in place
`

// TestReadEnvironments: environments come as JSON and YAML, alone and in lists.
func TestReadEnvironments(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want, err string }{
		{"json", `{"name": "a", "port": 5000}`, "a", ""},
		{"json with tabs", "{\n\t\"name\": \"a\"\n}", "a", ""},
		{"json list", `[{"name": "a"}, {"name": "b"}]`, "a b", ""},
		{"yaml", "# a comment\nname: a\nlisten: false\n", "a", ""},
		{"yaml list", "- name: a\n- name: b\n", "a b", ""},
		{"nothing", "", "", "there is no environment in it"},
		{"empty list", "[]", "", "there is no environment in it"},
		{"numbers", "[1]", "", "an environment is an object with the keys name, distribution, configuration and so on, but there is something else"},
		{"text", "hello", "", "an environment is an object with the keys name, distribution, configuration and so on, but there is something else"},
		{"broken", "{name: [", "", "neither JSON nor YAML: "},
		{"key twice", "name: a\nname: b\n", "", `key "name" already set in map`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			documents, err := readEnvironments("-", strings.NewReader(test.text))
			var names []string
			for _, d := range documents {
				names = append(names, d.name())
			}
			if got := strings.Join(names, " "); got != test.want {
				t.Errorf("read %q, want %q", got, test.want)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}

// TestReadKeys: keys that are paths of files become the files' content; paths are relative to the environment's file.
func TestReadKeys(t *testing.T) {
	t.Parallel()
	const content = "-----BEGIN OPENSSH PRIVATE KEY-----\nthe key\n"
	folder := t.TempDir()
	keyFile := filepath.Join(folder, "id_rsa")
	if err := os.WriteFile(keyFile, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, text, key, want, err string }{
		{"absolute", keyDocument, keyFile, content, ""},
		{"relative", keyDocument, "id_rsa", content, ""},
		{"of the workers", keyDocument, "/no/such/file", "/no/such/file", ""},
		{"a folder", keyDocument, ".", "", "environment a: read the key of the CLI section: "},
		{"hosts as a list", keyYAML, "id_rsa", content, ""},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(folder, string(rune('a'+i))+".yaml")
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(test.text, "KEY", test.key)), 0o600); err != nil {
				t.Fatal(err)
			}
			documents, err := readEnvironments(file, nil)
			if test.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			sections := documents[0]["configuration"].([]any)
			section := sections[0].(map[string]any)
			if section["key"] != test.want {
				t.Errorf("key is %q, want %q", section["key"], test.want)
			}
			switch hosts := section["hosts"].(type) {
			case map[string]any:
				want := map[string]any{"node-2": map[string]any{"key": content}, "node-3": map[string]any{"pwd": "x"}}
				if diff := cmp.Diff(want, hosts); diff != "" {
					t.Errorf("hosts (-want +got):\n%s", diff)
				}
				if aci := sections[1].(map[string]any); aci["key"] != "id_rsa" {
					t.Errorf("the key of another section became %q", aci["key"])
				}
			case []any:
				if key := hosts[0].(map[string]any)["key"]; key != "-----BEGIN\nin place\n" {
					t.Errorf("a key in place became %q", key)
				}
			}
		})
	}
}

func TestHostAndPort(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"node-1": "node-1:22", "node-1:2222": "node-1:2222", "10.0.0.1": "10.0.0.1:22", "::1": "[::1]:22", "[::1]": "[::1]:22", "[::1]:23": "[::1]:23",
	} {
		if got := hostAndPort(host); got != want {
			t.Errorf("%s becomes %s, want %s", host, got, want)
		}
	}
}
