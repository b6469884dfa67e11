package model

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the errors of testdata/bad")

// Each bad document stands beside its exact error. Their passwords are all "s3cret" or 31337, and never told.
func TestBadEnvironments(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			t.Parallel()
			_, err := ParseEnvironment(read(t, path), nil)
			if err == nil {
				t.Fatal("it was accepted")
			}
			got := err.Error() + "\n"
			for _, secret := range []string{"s3cret", "31337", "12345", "\033"} {
				if strings.Contains(got, secret) {
					t.Errorf("the message has %q: %s", secret, got)
				}
			}
			wantPath := strings.TrimSuffix(path, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(wantPath, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(read(t, wantPath)), got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t *testing.T, path string) *Environment {
	t.Helper()
	e, err := ParseEnvironment(read(t, path), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ValidateEnvironment(e, nil); err != nil {
		t.Errorf("what was parsed is not valid: %v", err)
	}
	return e
}

func TestOriginalExampleIsAccepted(t *testing.T) {
	t.Parallel()
	e := parse(t, "testdata/good/openstack.json")
	if e.LastScanned != nil {
		t.Errorf("last_scanned %v, want none", e.LastScanned)
	}
	if got := e.Section("Monitoring")["ssh_port"]; got != 20022 {
		t.Errorf("ssh_port %#v, want the number 20022", got)
	}
	if len(e.Configuration) != 6 || e.Auth.EditEnv[0] != "example-user" || !e.Listen {
		t.Errorf("parsed %+v", e)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	want := &Environment{Name: "lab", Type: "environment", EnvironmentType: "OpenStack", Distribution: "OpenStack", DistributionVersion: "Zed",
		MechanismDrivers: []string{"OVS"}, TypeDrivers: "vxlan", Operational: "stopped", Configuration: []Section{
			{"name": "OpenStack", "host": "10.77.0.11", "port": 5000, "user": "admin", "pwd": "lab"},
			{"name": "CLI", "host": "node-1.lab", "user": "scan", "key": "/etc/calipso/id_rsa"}}}
	if diff := cmp.Diff(want, parse(t, "testdata/good/least.yaml")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEverythingThatADocumentMayHave(t *testing.T) {
	t.Parallel()
	e := parse(t, "testdata/good/all.yaml")
	if diff := cmp.Diff([]string{"LXB", "OVS"}, e.MechanismDrivers); diff != "" {
		t.Errorf("mechanism drivers (-want +got):\n%s", diff)
	}
	if want := time.Date(2026, 1, 31, 11, 0, 0, 5e8, time.UTC); e.LastScanned == nil || !e.LastScanned.Equal(want) {
		t.Errorf("last_scanned %v, want %v", e.LastScanned, want)
	}
	want := []any{map[string]any{"name": "node-2", "key": "enc:v1:AAAA"},
		map[string]any{"name": "node-3", "host": "10.0.0.3", "port": 22, "user": "root", "pwd": "x"}}
	if diff := cmp.Diff(want, e.Section(SectionCLI)["hosts"]); diff != "" {
		t.Errorf("hosts become a list (-want +got):\n%s", diff)
	}
	if got := e.Section(SectionMySQL)["port"]; got != 3306 {
		t.Errorf("port %#v, want 3306", got)
	}
}

// A caller can show problems one by one.
func TestProblemsHavePaths(t *testing.T) {
	t.Parallel()
	e := parse(t, "testdata/good/least.yaml")
	e.Configuration[1]["host"] = "a b"
	e.TypeDrivers = ""
	var invalid *InvalidError
	if err := ValidateEnvironment(e, nil); !errors.As(err, &invalid) {
		t.Fatalf("error %v", err)
	}
	want := []Problem{
		{"type_drivers", "is missing: it must be one of local, vlan, vxlan, gre, flat, geneve"},
		{"configuration[1].CLI.host", `must be a host name or an IP address, not "a b"`}}
	if diff := cmp.Diff(want, invalid.Problems); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{"lab": true, "Mirantis-8.0": true, "a": true, "a b": true, "me@cloud:5000": true, "_": true,
		strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "": false, " lab": false, "lab ": false, "a/b": false, "a\nb": false,
		"lab\n": false, "lab\x00": false, "läb": false, "$(x)": false, "ANY": false} {
		e := parse(t, "testdata/good/least.yaml")
		e.Name = name
		if err := ValidateEnvironment(e, nil); (err == nil) != good {
			t.Errorf("name %q: error %v", name, err)
		}
	}
}

func FuzzParseEnvironment(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEnvironment(data, nil)
		if err == nil {
			if err := ValidateEnvironment(e, nil); err != nil {
				t.Errorf("what was parsed is not valid: %v", err)
			}
		} else if strings.TrimSpace(err.Error()) == "" {
			t.Error("the error says nothing")
		}
	})
}
