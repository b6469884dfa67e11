package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// TestBuild: the Dockerfile's command makes a static program of what .dockerignore leaves of the files that are under
// version control.
func TestBuild(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../Dockerfile")
	must(t, err)
	command := regexp.MustCompile(`CGO_ENABLED=0 go build .* -o /calipso \.`).FindString(string(text))
	program := filepath.Join(t.TempDir(), "calipso")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(command, "/calipso ", program+" ", 1))
	cmd.Dir, cmd.Env = buildContext(t), append(os.Environ(), "VERSION=v1.2.3", "GOFLAGS=-buildvcs=false -mod=readonly", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	out, err := exec.CommandContext(t.Context(), program, "--version").CombinedOutput()
	if err != nil || string(out) != "calipso version v1.2.3\n" {
		t.Errorf("the program says %q, %v", out, err)
	}
	if out, _ := exec.CommandContext(t.Context(), "ldd", program).CombinedOutput(); !strings.Contains(string(out), "not a dynamic executable") {
		t.Errorf("the program needs %s", out)
	}
}

// buildContext returns a folder with what a builder is sent.
func buildContext(t *testing.T) string {
	t.Helper()
	file, err := os.Open("../Dockerfile.dockerignore")
	must(t, err)
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	must(t, err)
	ignored, err := patternmatcher.New(patterns)
	must(t, err)
	list, err := exec.CommandContext(t.Context(), "git", "-C", "../..", "ls-files").Output()
	must(t, err)
	context := t.TempDir()
	for _, name := range strings.Fields(string(list)) {
		skip, err := ignored.MatchesOrParentMatches(name)
		must(t, err)
		if !skip {
			copyFile(t, filepath.Join("../..", name), filepath.Join(context, name))
		}
	}
	return context
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	must(t, err)
	must(t, os.MkdirAll(filepath.Dir(to), 0o755))
	must(t, os.WriteFile(to, data, 0o644))
}
