package check

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// project reads compose.yaml as `docker compose` does.
func project(t *testing.T, env ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../compose/compose.yaml"}, cli.WithEnv(env))
	must(t, err)
	p, err := options.LoadProject(t.Context())
	must(t, err)
	return p
}

// TestCompose: services have few rights, limits, and no secret in their environment; the files of all secrets are made by
// secrets.sh.
func TestCompose(t *testing.T) {
	t.Parallel()
	secrets := filepath.Join(t.TempDir(), "secrets")
	if out, err := exec.CommandContext(t.Context(), "../compose/secrets.sh", secrets).CombinedOutput(); err != nil {
		t.Fatalf("secrets.sh: %v: %s", err, out)
	}
	p := project(t)
	if got := p.ServiceNames(); !slices.Equal(got, []string{"api", "listen", "mongo", "redis", "scheduler", "worker"}) {
		t.Errorf("services %v", got)
	}
	for _, s := range p.Secrets {
		if _, err := os.Stat(filepath.Join(secrets, filepath.Base(s.File))); err != nil {
			t.Error(err)
		}
	}
	for _, s := range p.Services {
		checkService(t, s)
	}
	if strings.Contains(strings.Join(p.Services["redis"].Command, " "), "requirepass") {
		t.Error("Redis's password is in its command")
	}
}

func checkService(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	if !s.ReadOnly || s.Restart != "unless-stopped" || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") ||
		s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 {
		t.Errorf("%s: %+v", s.Name, s)
	}
	if s.HealthCheck == nil && s.Build == nil {
		t.Errorf("%s has no health check", s.Name)
	}
	for name, value := range s.Environment {
		file, isFile := strings.CutPrefix(*value, "/run/secrets/")
		if isFile != strings.HasSuffix(name, "_FILE") || isFile && !slices.ContainsFunc(s.Secrets, func(c types.ServiceSecretConfig) bool { return c.Source == file }) {
			t.Errorf("%s: %s=%s, with the secrets %v", s.Name, name, *value, s.Secrets)
		}
	}
	for name, d := range s.DependsOn {
		if d.Condition != types.ServiceConditionHealthy {
			t.Errorf("%s does not wait until %s is well", s.Name, name)
		}
	}
}

// TestComposeSettings: each variable of .env.example has the default that it shows, and an effect.
func TestComposeSettings(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../compose/.env.example")
	must(t, err)
	before, err := project(t).MarshalYAML()
	must(t, err)
	for line := range strings.Lines(string(example)) {
		setting, ok := strings.CutPrefix(strings.TrimSpace(line), "#CALIPSO_")
		if !ok {
			continue
		}
		name, value, _ := strings.Cut("CALIPSO_"+setting, "=")
		same, err := project(t, name+"="+value).MarshalYAML()
		must(t, err)
		if optional := name == "CALIPSO_PROXIES"; bytes.Equal(before, same) == optional {
			t.Errorf("%s: %q is not the default", name, value)
		}
		other, err := project(t, name+"="+map[bool]string{true: "10.0.0.1:80", false: "7"}[name == "CALIPSO_ADDRESS"]).MarshalYAML()
		must(t, err)
		if bytes.Equal(before, other) {
			t.Errorf("%s has no effect", name)
		}
	}
}

// TestDockerfile: the image is built from what is there, runs as nobody, and is only the program.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../Dockerfile")
	must(t, err)
	defer file.Close()
	parsed, err := parser.Parse(file)
	must(t, err)
	for _, w := range parsed.Warnings {
		t.Error(w)
	}
	stages, _, err := instructions.Parse(parsed.AST, nil)
	must(t, err)
	made := map[string]string{} // what a stage has, by what made it
	for _, stage := range stages {
		for _, command := range stage.Commands {
			if c, ok := command.(*instructions.CopyCommand); ok {
				checkCopy(t, c, made)
			}
			if c, ok := command.(*instructions.RunCommand); ok {
				made["build"] += strings.Join(c.CmdLine, " ")
			}
		}
	}
	final := stages[len(stages)-1]
	i := slices.IndexFunc(final.Commands, func(c instructions.Command) bool { return c.Name() == "USER" })
	if final.BaseName != "scratch" || i < 0 || final.Commands[i].(*instructions.UserCommand).User != "65532:65532" {
		t.Errorf("the image is of %s, and whose are its processes?", final.BaseName)
	}
}

func checkCopy(t *testing.T, c *instructions.CopyCommand, made map[string]string) {
	t.Helper()
	for _, source := range c.SourcePaths {
		if c.From != "" && !strings.HasPrefix(source, "/etc/ssl/") && !strings.Contains(made[c.From], source) {
			t.Errorf("%v: nothing makes %s", c, source)
		}
		if c.From == "" {
			if _, err := os.Stat(filepath.Join("../..", source)); err != nil {
				t.Error(err)
			}
		}
	}
}
