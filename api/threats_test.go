package api

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatModel: each test that the threat model names exists.
func TestThreatModel(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../THREAT_MODEL.md")
	must(t, err)
	var tests strings.Builder
	must(t, filepath.WalkDir("..", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		source, err := os.ReadFile(file)
		tests.Write(source)
		return err
	}))
	named := regexp.MustCompile("`(Test[A-Za-z]+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 15 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, name := range named {
		if !strings.Contains(tests.String(), "func "+name[1]+"(t *testing.T)") {
			t.Errorf("THREAT_MODEL.md names %s, which is no test", name[1])
		}
	}
}
