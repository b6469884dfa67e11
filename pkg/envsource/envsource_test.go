package envsource_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/envsource"
	"calipso.io/calipso/pkg/model"
)

var update = flag.Bool("update", false, "write the documents that must come out, instead of comparing")

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// check compares what was found with a file, and sees to it that it can be registered when nothing is missing.
func check(t *testing.T, want string, found *envsource.Found, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	text, err := found.YAML()
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	for _, missing := range found.Missing {
		got += "# missing: " + missing + "\n"
	}
	path := filepath.Join("testdata", want)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(read(t, want)), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := model.ParseEnvironment(text, nil); (err == nil) != (len(found.Missing) == 0) {
		t.Errorf("missing is %q, and the document's check says %v", found.Missing, err)
	}
}

func apexFiles(t *testing.T) envsource.ApexFiles {
	key := "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
	return envsource.ApexFiles{Overcloudrc: read(t, "apex", "overcloudrc"), Hosts: read(t, "apex", "hosts"),
		Hieradata: [][]byte{read(t, "apex", "service_configs.json"), read(t, "apex", "vip_data.json")},
		Gateway:   envsource.Login{Host: "192.168.122.62", User: "stack", Key: key}, Node: envsource.Login{User: "heat-admin", Key: key}}
}

func TestApex(t *testing.T) {
	t.Parallel()
	found, err := envsource.Apex(apexFiles(t))
	check(t, "apex.yaml", found, err)

	files := apexFiles(t)
	files.Hieradata, files.Hosts, files.Gateway = nil, nil, envsource.Login{User: "stack"}
	found, err = envsource.Apex(files)
	check(t, "apex-without-hieradata.yaml", found, err)

	files.Hieradata = [][]byte{[]byte("[]")}
	if _, err := envsource.Apex(files); err == nil {
		t.Error("hieradata that is no object is accepted")
	}
	files.Hieradata, files.Overcloudrc = nil, []byte("export OS_AUTH_URL=nowhere")
	if _, err := envsource.Apex(files); err == nil || !strings.Contains(err.Error(), `overcloudrc: the URL of Keystone is "nowhere"`) {
		t.Errorf("error %v", err)
	}
}

func TestKolla(t *testing.T) {
	t.Parallel()
	files := envsource.KollaFiles{Passwords: read(t, "kolla", "passwords.yml"), Globals: read(t, "kolla", "globals.yml"), Inventory: read(t, "kolla", "inventory")}
	found, err := envsource.Kolla(files)
	check(t, "kolla.yaml", found, err)

	files.Inventory, files.Globals = nil, []byte("kolla_internal_fqdn: cloud.example.com\nkolla_enable_tls_internal: yes\nneutron_plugin_agent: ovn")
	found, err = envsource.Kolla(files)
	check(t, "kolla-without-inventory.yaml", found, err)

	files.Globals = nil
	if _, err := envsource.Kolla(files); err == nil || !strings.Contains(err.Error(), "kolla_internal_vip_address is missing") {
		t.Errorf("error %v", err)
	}
	files.Globals = []byte("][")
	if _, err := envsource.Kolla(files); err == nil || !strings.Contains(err.Error(), "globals.yml: ") {
		t.Errorf("error %v", err)
	}
}

func TestClouds(t *testing.T) {
	t.Parallel()
	text := []byte(`clouds:
  mycloud:
    auth: {auth_url: "https://cloud.example.com/identity/v3", username: me, password: "1234", project_name: admin, user_domain_name: Default, project_domain_name: Other}
    region_name: RegionOne
    interface: public
    verify: true
  other: {auth: {auth_url: "http://10.0.0.1:5000/v3"}}
`)
	found, err := envsource.Clouds(text, "mycloud")
	check(t, "clouds.yaml", found, err)
	if _, err := envsource.Clouds(text, ""); err == nil || !strings.Contains(err.Error(), "it has mycloud, other: choose one") {
		t.Errorf("error %v", err)
	}
}

func TestParseRC(t *testing.T) {
	t.Parallel()
	got := envsource.ParseRC([]byte("export OS_A=plain # why\n OS_B='it is $HOME'\nOS_C=\"a b\"\nexport OS_D=$(whoami)\nOS_E=\nif x; then\nexport lower=x\nOS_F=\"${X:-y}\"\n"))
	if diff := cmp.Diff(map[string]string{"OS_A": "plain", "OS_B": "it is $HOME", "OS_C": "a b", "OS_E": ""}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func FuzzSources(f *testing.F) {
	for _, name := range []string{"kolla/inventory", "kolla/globals.yml", "apex/overcloudrc", "apex/hosts", "apex/vip_data.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _ = envsource.Kolla(envsource.KollaFiles{Globals: text, Inventory: text, Passwords: text})
		_, _ = envsource.Kolla(envsource.KollaFiles{Globals: []byte("kolla_internal_vip_address: 10.0.0.1"), Inventory: text})
		_, _ = envsource.Apex(envsource.ApexFiles{Overcloudrc: text, Hosts: text})
		_, _ = envsource.Apex(envsource.ApexFiles{Hieradata: [][]byte{text}})
		_, _ = envsource.Clouds(text, "")
	})
}
