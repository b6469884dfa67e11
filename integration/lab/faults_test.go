package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/pkg/model"
)

// set puts faults in force.
func set(t *testing.T, l *lab.Lab, f lab.Faults) {
	t.Helper()
	if err := l.SetFaults("e", f); err != nil {
		t.Fatal(err)
	}
}

func TestAPIFaults(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{})
	c, err := simulated(t, l)
	if err != nil {
		t.Fatal(err)
	}
	get := func(ctx context.Context, path string) (int, string, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.network.Endpoint+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Auth-Token", c.network.TokenID)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, "", err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		return answer.StatusCode, string(body), err
	}
	c.network.TokenID = c.network.Token()
	for _, f := range []struct {
		fault  faults.API
		status int
		body   string
		json   bool
	}{
		{"", 200, `{"ports": [`, true},
		{faults.Error500, 500, "Unexpected API Error", true},
		{faults.HTML, 200, "<!DOCTYPE html>", false},
		{faults.TruncatedJSON, 200, `{"ports": [`, false},
	} {
		set(t, l, lab.Faults{API: map[string]faults.API{"/v2.0/ports": f.fault}})
		status, body, err := get(t.Context(), "v2.0/ports")
		if err != nil || status != f.status || !strings.Contains(body, f.body) || json.Valid([]byte(body)) != f.json {
			t.Errorf("fault %q: %d %v\n%.100s", f.fault, status, err, body)
		}
		if status, _, err := get(t.Context(), "v2.0/networks"); status != 200 || err != nil {
			t.Errorf("fault %q hit networks too: %d %v", f.fault, status, err)
		}
	}
	set(t, l, lab.Faults{API: map[string]faults.API{"/v2.0": faults.HangingAPI}})
	ctx, cancel := context.WithCancel(t.Context())
	asked := l.Stats("e").APIRequests
	go func() {
		for l.Stats("e").APIRequests == asked {
			runtime.Gosched()
		}
		cancel()
	}()
	if _, _, err := get(ctx, "v2.0/ports"); !errors.Is(err, context.Canceled) {
		t.Errorf("a hanging API gave %v", err)
	}
}

func TestRefusedLogins(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{})
	set(t, l, lab.Faults{RefuseAPI: true, RefuseSSH: true, RefuseSQL: true})
	if _, err := simulated(t, l); err == nil || !strings.Contains(err.Error(), "requires authentication") {
		t.Errorf("Keystone: %v", err)
	}
	if _, err := ssh.Dial("tcp", address(l, model.SectionCLI), clientConfig()); err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
		t.Errorf("SSH: %v", err)
	}
	if err := openSQL(t, l, "").PingContext(t.Context()); err == nil || !strings.Contains(err.Error(), "1045") {
		t.Errorf("MySQL: %v", err)
	}
}

func TestClosedPorts(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{})
	client := dial(t, l)
	for section, listener := range map[string]string{model.SectionOpenStack: "keystone", model.SectionCLI: "ssh", model.SectionMySQL: "mysql"} {
		set(t, l, lab.Faults{Closed: []string{listener}})
		if _, err := net.Dial("tcp", address(l, section)); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s should be closed: %v", listener, err)
		}
	}
	if err := client.Wait(); err == nil {
		t.Error("the connection did not end when the port was closed")
	}
	set(t, l, lab.Faults{})
	if got := run(t, dial(t, l), "uname -n", ""); got.out != "node-1\n" {
		t.Errorf("after it was opened again: %+v", got)
	}
}

func TestHostFaults(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{})
	client := dial(t, l)
	for _, c := range []struct {
		faults lab.Faults
		line   string
		want   output
	}{
		{lab.Faults{Hosts: map[string]faults.Host{"node-2": faults.Unreachable}}, "ssh node-2 uname -n; ssh node-3 uname -n", output{out: "node-3\n", err: "ssh: connect to host node-2 port 22: Connection timed out\r\n"}},
		{lab.Faults{Hosts: map[string]faults.Host{"node-2": faults.Refused}}, "ssh node-2 uname -n", output{err: "ssh: connect to host node-2 port 22: Connection refused\r\n", code: 255}},
		{lab.Faults{Missing: map[string][]string{"node-2": {"brctl"}}}, "ssh node-2 brctl show", output{err: "bash: 1: brctl: not found\n", code: 127}},
		{lab.Faults{Missing: map[string][]string{faults.AllHosts: {"ovs-vsctl"}}}, "sudo -n ovs-vsctl show", output{err: "sudo: ovs-vsctl: command not found\n", code: 1}},
		{lab.Faults{Output: map[string]map[string]faults.Output{"node-1": {"uname": faults.Truncated}}}, "uname -n; ssh node-2 uname -n", output{out: "nodnode-2\n"}},
		{lab.Faults{Output: map[string]map[string]faults.Output{faults.AllHosts: {"ip address": faults.Fails}}}, "ip address show", output{err: "ip: Input/output error\n", code: 1}},
	} {
		set(t, l, c.faults)
		if got := run(t, client, c.line, ""); got != c.want {
			t.Errorf("%+v: %s\ngot  %+v\nwant %+v", c.faults, c.line, got, c.want)
		}
	}
	set(t, l, lab.Faults{Output: map[string]map[string]faults.Output{"node-1": {"brctl": faults.Garbage}}})
	if got := run(t, client, "brctl show", ""); got.code != 0 || !strings.Contains(got.out, "\x00") {
		t.Errorf("garbage: %q", got.out)
	}
}

// TestHangingHost logs in to a host whose commands never end, and gives up.
func TestHangingHost(t *testing.T) {
	t.Parallel()
	for _, f := range []lab.Faults{
		{Hosts: map[string]faults.Host{"node-2": faults.HangingHost}},
		{Output: map[string]map[string]faults.Output{"node-2": {"uname": faults.Hangs}}},
	} {
		l := start(t, lab.EnvConfig{Faults: f})
		client := dial(t, l)
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		hops := l.Stats("e").SSHHops
		if err := session.Start("ssh node-2 uname -n"); err != nil {
			t.Fatal(err)
		}
		go func() { done <- session.Wait() }()
		for l.Stats("e").SSHHops == hops {
			select {
			case err := <-done:
				t.Fatalf("the command ended: %v", err)
			default:
				runtime.Gosched()
			}
		}
		client.Close()
		if err := <-done; err == nil {
			t.Error("the command ended well")
		}
	}
}

func TestNewHostKey(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{})
	key := func() (fingerprint string) {
		cfg := clientConfig()
		cfg.HostKeyCallback = func(_ string, _ net.Addr, k ssh.PublicKey) error {
			fingerprint = ssh.FingerprintSHA256(k)
			return nil
		}
		c, err := ssh.Dial("tcp", address(l, model.SectionCLI), cfg)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		return fingerprint
	}
	before, again := key(), key()
	set(t, l, lab.Faults{NewHostKey: true})
	if after := key(); before != again || before == after {
		t.Errorf("keys: %s, %s, and with the fault %s", before, again, after)
	}
}

func TestNoNeutronSchema(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{Faults: lab.Faults{NoNeutronSchema: true}})
	got, err := table(openSQL(t, l, ""), "SHOW DATABASES")
	if err != nil || strings.Contains(got, "neutron") || !strings.Contains(got, "nova_api") {
		t.Errorf("databases: %s, %v", got, err)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{})
	if _, err := simulated(t, l); err != nil {
		t.Fatal(err)
	}
	run(t, dial(t, l), "uname -n; ssh node-2 uname -m", "")
	if _, err := table(openSQL(t, l, ""), "SHOW DATABASES"); err != nil {
		t.Fatal(err)
	}
	want := lab.Stats{APIRequests: 2, SSHLogins: 1, SSHCommands: 1, SSHHops: 1, Commands: 3, SQLQueries: 1,
		MostAPIRequests: 1, MostSSHDials: 1, MostSSHCommands: 1}
	if got := l.Stats("e"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
