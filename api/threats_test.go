package api

import (
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
	files, err := filepath.Glob("*_test.go")
	must(t, err)
	var tests strings.Builder
	for _, file := range files {
		source, err := os.ReadFile(file)
		must(t, err)
		tests.Write(source)
	}
	named := regexp.MustCompile("`(Test[A-Za-z]+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 15 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, name := range named {
		if !strings.Contains(tests.String(), "func "+name[1]+"(t *testing.T)") {
			t.Errorf("THREAT_MODEL.md names %s, which is no test of the API", name[1])
		}
	}
}
