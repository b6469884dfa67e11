package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const cloudFile = `{"environments":[{"name":"new","distribution":"Mirantis","distribution_version":"8.0","mechanism_drivers":["OVS"],"type_drivers":"vxlan",
"configuration":[{"name":"OpenStack","host":"10.0.0.1","port":5000,"user":"admin","pwd":"s3cret-api"},
{"name":"CLI","host":"10.0.0.1","user":"scan","pwd":"s3cret-ssh"}]}],
"link_types":[{"endPointA":"vedge","endPointB":"vservice","description":"serves"}]}`

// TestExportAndImport: what was exported with its secrets, and a key, is imported again; without the key it is not.
func TestExportAndImport(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	folder := t.TempDir()
	file, key := filepath.Join(folder, "env.json"), filepath.Join(folder, "key")
	must(t, os.WriteFile(key, []byte(strings.Repeat("4b", 32)+"\n"), 0o600))
	calipso := func(stdin string, code int, args ...string) string {
		t.Helper()
		got := run(t.Context(), s.connect, stdin, args...)
		if got.code != code {
			t.Fatalf("exit status %d, want %d: %s", got.code, code, got.text(args))
		}
		return got.stdout + got.stderr
	}
	if text := calipso(cloudFile, 0, "import", "-", "--dry-run"); !strings.Contains(text, "create  environments  new") || !strings.Contains(text, "Nothing was written") {
		t.Errorf("the dry run says %s", text)
	}
	calipso(cloudFile, 0, "import", "-")
	if text := calipso("", 0, "export", "environment", "new"); strings.Contains(text, "s3cret") || strings.Contains(text, "enc:v1:") {
		t.Errorf("without key the export has secrets: %s", text)
	}
	calipso("", 2, "export", "environment", "new", "--with-secrets")
	calipso("", 0, "export", "environment", "new", "--with-secrets", "--key", key, "-f", file)
	text, err := os.ReadFile(file)
	must(t, err)
	if strings.Contains(string(text), "s3cret") || !strings.Contains(string(text), "enc:v1:") {
		t.Errorf("the exported file is %s", text)
	}
	if text := calipso("", 2, "import", file); !strings.Contains(text, "--key FILE") {
		t.Errorf("without key it says %s", text)
	}
	if text := calipso("", 0, "import", file, "--key", key); !strings.Contains(text, "same    environments  new") {
		t.Errorf("imported again it is %s", text)
	}
	types := calipso("", 0, "export", "clique-types")
	if text := calipso(types, 0, "import", "-"); !strings.Contains(text, "same    link_types  vedge-vservice") {
		t.Errorf("%s\nimported again is %s", types, text)
	}
	if text := calipso(`{"moons":[]}`, 2, "import", "-"); !strings.Contains(text, "moons") {
		t.Errorf("an unknown key is told as %s", text)
	}
}

// TestExportAndImportInventory: what was exported of an inventory is imported as an alternate one, and compares as the same.
func TestExportAndImportInventory(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	text := run(t.Context(), s.connect, "", "export").stdout
	file := filepath.Join(t.TempDir(), "lab.jsonl")
	must(t, os.WriteFile(file, []byte(text), 0o600))
	for _, step := range []struct{ name, options string }{
		{"import-inventory-dry-run.txt", "-y copy --dry-run"}, {"import-inventory.txt", "-y copy"},
		{"import-inventory-again.txt", "-y copy -e lab"}, {"import-inventory-key.txt", "-y other --key k"},
	} {
		args := append([]string{"import", "-"}, strings.Fields(step.options)...)
		golden(t, step.name, run(t.Context(), s.connect, text, args...).text(args))
	}
	if got := run(t.Context(), s.connect, "", "export", "-y", "copy"); got.stdout != text {
		t.Errorf("exported again it is %s", got.stdout)
	}
	if got := run(t.Context(), s.connect, "", "import", file, "-y", "other"); got.code != 0 || !strings.HasPrefix(got.stdout, "other of lab: ") {
		t.Errorf("of a file: %+v", got)
	}
	wrong := []string{"import", "-", "-y", "wrong"}
	golden(t, "import-inventory-wrong.txt", run(t.Context(), s.connect, strings.Replace(text, `"environment":"lab"`, `"environment":"prod"`, 1), wrong...).text(wrong))
}
