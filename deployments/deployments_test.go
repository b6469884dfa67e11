// Package deployments tests what is in this folder as far as the program itself can; package check does the rest.
package deployments

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"calipso.io/calipso/pkg/auth"
)

// TestSettings: each variable that the files set is one that the program reads.
func TestSettings(t *testing.T) {
	t.Parallel()
	own := []string{"CALIPSO_IMAGE", "CALIPSO_ADDRESS", "CALIPSO_WORKERS", "CALIPSO_CONCURRENCY"} // of the files themselves
	name := regexp.MustCompile(`CALIPSO_[A-Z_]+[A-Z]`)
	config := readFile(t, "../pkg/app/config.go")
	read := name.FindAllString(config, -1)
	for _, secret := range regexp.MustCompile(`secret\("(CALIPSO_[A-Z_]+)"`).FindAllStringSubmatch(config, -1) {
		read = append(read, secret[1]+"_FILE")
	}
	for _, folder := range []string{"compose", "helm", "systemd", "Dockerfile"} {
		must(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasPrefix(path, "compose/secrets/") {
				return err
			}
			for _, used := range name.FindAllString(readFile(t, path), -1) {
				if !slices.Contains(own, used) && !slices.Contains(read, used) {
					t.Errorf("%s: nothing reads %s", path, used)
				}
			}
			return nil
		}))
	}
}

// TestSecrets: what secrets.sh makes fits together, differs each time, and what is there stays.
func TestSecrets(t *testing.T) {
	t.Parallel()
	folder, other := filepath.Join(t.TempDir(), "secrets"), filepath.Join(t.TempDir(), "secrets")
	for _, f := range []string{folder, other} {
		if out, err := exec.CommandContext(t.Context(), "compose/secrets.sh", f).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	file := func(name string) string { return strings.TrimSpace(readFile(t, filepath.Join(folder, name))) }
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder's mode is %v, %v", info.Mode(), err)
	}
	if key, err := auth.LoadKey("", file("key")); err != nil || len(key) != auth.KeySize {
		t.Errorf("the key: %v", err)
	}
	address, err := redis.ParseURL(file("redis_url"))
	must(t, err)
	if file("redis.conf") != "requirepass "+address.Password || address.Addr != "redis:6379" || len(address.Password) < 32 {
		t.Errorf("Redis at %s has another password", address.Addr)
	}
	client := options.Client().ApplyURI(file("store_url"))
	if client.Validate() != nil || client.Auth.Password != file("mongo_password") || client.Auth.AuthSource != "calipso" || len(client.Auth.Password) < 32 {
		t.Errorf("MongoDB: %+v", client.Auth)
	}
	if len(file("admin_password")) < 12 {
		t.Error("the password of admin is too short")
	}
	before := file("key")
	if out, err := exec.CommandContext(t.Context(), "compose/secrets.sh", folder).CombinedOutput(); err == nil ||
		!strings.Contains(string(out), "nothing is changed") || file("key") != before || readFile(t, filepath.Join(other, "key")) == before {
		t.Errorf("the second time: %v: %s", err, out)
	}
}

// TestUnits: systemd takes the units, and finds that they expose little.
func TestUnits(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("there is no systemd here")
	}
	folder := t.TempDir()
	must(t, os.CopyFS(folder, os.DirFS("systemd")))
	must(t, os.Rename(filepath.Join(folder, "calipso-worker@.service"), filepath.Join(folder, "calipso-worker@1.service")))
	var units []string
	for _, name := range []string{"calipso-api.service", "calipso-worker@1.service", "calipso-scheduler.service", "calipso-listen.service"} {
		unit := filepath.Join(folder, name)
		text := strings.Replace(readFile(t, unit), "/usr/local/bin/calipso", "/bin/true", 1) // verify wants the program to be there
		must(t, os.WriteFile(unit, []byte(text), 0o600))
		units = append(units, unit)
	}
	verify := exec.CommandContext(t.Context(), "systemd-analyze", append([]string{"verify", filepath.Join(folder, "calipso.target")}, units...)...)
	verify.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+folder+":")
	if out, err := verify.CombinedOutput(); err != nil || strings.Contains(string(out), folder) {
		t.Errorf("%v: %s", err, out)
	}
	for _, unit := range units {
		exposure(t, folder, unit)
	}
}

// exposure checks what `systemd-analyze security` thinks of a unit: 10 times 2.0 is a service that can do little.
func exposure(t *testing.T, folder, unit string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--threshold=20", "--json=short", unit)
	cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+folder+":")
	out, err := cmd.Output()
	if !json.Valid(out) || err != nil {
		t.Errorf("%s: %v: %s", unit, err, out)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
