package integration

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/cli"
	"calipso.io/calipso/pkg/model"
)

// command runs a command of calipso that needs no server.
func command(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	root := &cobra.Command{}
	root.AddCommand(cli.Commands(nil)...)
	var out, errs bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&errs)
	root.SetArgs(args)
	err = root.ExecuteContext(t.Context())
	return out.String(), errs.String(), err
}

const apexFixtures = "../pkg/envsource/testdata/apex"

// apexCloud is a simulated cloud whose hosts have the files of Apex, and what is needed to log in to them.
func apexCloud(t *testing.T) (address, keyFile, knownHosts string) {
	t.Helper()
	files := map[string]string{}
	for path, fixture := range map[string]string{"/home/scan/overcloudrc": "overcloudrc", "/etc/hosts": "hosts",
		"/etc/puppet/hieradata/service_configs.json": "service_configs.json", "/etc/puppet/hieradata/vip_data.json": "vip_data.json"} {
		text, err := os.ReadFile(filepath.Join(apexFixtures, fixture))
		if err != nil {
			t.Fatal(err)
		}
		files[path] = string(text)
	}
	config := small("apex")
	config.Files = files
	l := simulate(t, config)
	doc := document(t, l, "apex")
	section := doc.Section(model.SectionCLI)
	address = net.JoinHostPort(section.Str("host"), section.Str("port"))
	keyFile, knownHosts = filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "known_hosts")
	write(t, keyFile, l.ClientKey("apex"))
	write(t, knownHosts, fmt.Sprintf("[%s]:%s %snode-2 %s", section.Str("host"), section.Str("port"),
		hostKeyLine(l, "node-1"), hostKeyLine(l, "node-2")))
	return address, keyFile, knownHosts
}

func hostKeyLine(l *lab.Lab, host string) string {
	return string(ssh.MarshalAuthorizedKey(l.HostKey("apex", host)))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDiscoverApex: the document that is made of files read by SSH can be registered, and is the same as one that is made of
// a folder with them.
func TestDiscoverApex(t *testing.T) {
	t.Parallel()
	address, key, known := apexCloud(t)
	login := []string{"--host", address, "--user", "scan", "--node-user", "root", "--key", key, "--known-hosts", known}
	out := filepath.Join(t.TempDir(), "apex.yaml")
	_, stderr, err := command(t, append([]string{"env", "discover", "apex", "--controller", "node-2", "--out", out}, login...)...)
	if err != nil || stderr != "" {
		t.Fatalf("%v\n%s", err, stderr)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	env, err := model.ParseEnvironment(text, nil)
	if err != nil || env.Name != "Apex-Euphrates" || env.Section(model.SectionMySQL).Str("pwd") != "hGz3mZqF2D" {
		t.Fatalf("%v\n%s", err, text)
	}
	folder, _, err := command(t, append([]string{"env", "discover", "apex", apexFixtures}, login...)...)
	if err != nil || folder != string(text) {
		t.Errorf("from a folder: %v\n%s", err, folder)
	}
	start(t).add(env)

	if _, _, err := command(t, append([]string{"env", "discover", "apex", "--controller", "node-2", "--out", out}, login...)...); err == nil ||
		!strings.Contains(err.Error(), "is there already") {
		t.Errorf("a file that is there: %v", err)
	}
	write(t, known, "other.example "+strings.SplitN(string(mustRead(t, known)), " ", 2)[1])
	if _, _, err := command(t, append([]string{"env", "discover", "apex", "--controller", "node-2"}, login...)...); err == nil {
		t.Error("a host whose key is not known is believed")
	}
	if _, _, err := command(t, "env", "discover", "apex", "--key", key); err == nil || !strings.Contains(err.Error(), "give a FOLDER, or --host") {
		t.Errorf("nothing to read from: %v", err)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestDiscoverOthers makes documents of a clouds.yaml and of Kolla's files, and tells what they lack.
func TestDiscoverOthers(t *testing.T) {
	t.Parallel()
	stdout, stderr, err := command(t, "env", "discover", "kolla", "../pkg/envsource/testdata/kolla",
		"--inventory", "../pkg/envsource/testdata/kolla/inventory", "--name", "mine")
	if err != nil || stderr != "" || !strings.Contains(stdout, "name: mine\n") {
		t.Errorf("%v %s\n%s", err, stderr, stdout)
	}
	clouds := filepath.Join(t.TempDir(), "clouds.yaml")
	write(t, clouds, `clouds: {one: {auth: {auth_url: "http://10.0.0.1:5000/v3", username: me, password: x}}}`)
	stdout, stderr, err = command(t, "env", "discover", "clouds", clouds)
	if err != nil || !strings.Contains(stderr, "not found: section CLI\n") || !strings.Contains(stdout, "host: 10.0.0.1\n") {
		t.Errorf("%v %s\n%s", err, stderr, stdout)
	}
}
