package lab_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
)

// start starts a lab of one environment called "e".
func start(t testing.TB, cfg lab.EnvConfig) *lab.Lab {
	t.Helper()
	cfg.Name = "e"
	l, err := lab.Start(t.Context(), lab.Config{Seed: 1, Environments: []lab.EnvConfig{cfg}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// section returns a section of the lab's environment document.
func section(l *lab.Lab, name string) model.Section {
	environment := l.Environments()[0]
	return environment.Section(name)
}

// address is where a section's service listens.
func address(l *lab.Lab, name string) string {
	s := section(l, name)
	return s.Str("host") + ":" + s.Str("port")
}

// dial logs in to the gateway.
func dial(t testing.TB, l *lab.Lab) *ssh.Client {
	t.Helper()
	client, err := ssh.Dial("tcp", address(l, model.SectionCLI), clientConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func clientConfig() *ssh.ClientConfig {
	return &ssh.ClientConfig{
		User: "scan", Auth: []ssh.AuthMethod{ssh.Password("scan")}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	}
}

// output is what a command printed.
type output struct {
	out, err string
	code     int
}

// run runs a command line with the given input.
func run(t testing.TB, client *ssh.Client, line, stdin string) output {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	var stdout, stderr bytes.Buffer
	session.Stdin, session.Stdout, session.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err = session.Run(line)
	var exit *ssh.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %q: %v", line, err)
	}
	result := output{out: stdout.String(), err: stderr.String()}
	if exit != nil {
		result.code = exit.ExitStatus()
	}
	return result
}

// on runs a script on a host through the gateway.
func on(t testing.TB, client *ssh.Client, host, script string) output {
	t.Helper()
	return run(t, client, fmt.Sprintf("ssh -q %s sh -s", host), script)
}

func TestSameSeedSameCloud(t *testing.T) {
	t.Parallel()
	cfg := lab.EnvConfig{Hosts: 5, Instances: 20, Ports: 60}
	one, other := start(t, cfg).Truth("e"), start(t, cfg).Truth("e")
	if a, b := fmt.Sprint(one), fmt.Sprint(other); a != b {
		t.Errorf("the same seed gave two clouds:\n%s\n%s", a, b)
	}
	if len(one.Ports) != 60 || len(one.Instances) != 20 || len(one.Hosts) != 5 {
		t.Errorf("wanted 5 hosts, 20 instances, 60 ports; there are %d, %d, %d", len(one.Hosts), len(one.Instances), len(one.Ports))
	}
}

func TestEnvironmentsDiffer(t *testing.T) {
	t.Parallel()
	l, err := lab.Start(t.Context(), lab.Config{Environments: []lab.EnvConfig{{Name: "a"}, {Name: "b", NoMySQL: true, KeyLogin: true}}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if l.Truth("a").Ports[0] == l.Truth("b").Ports[0] {
		t.Error("two environments have the same port")
	}
	b := l.Environments()[1]
	if b.Section(model.SectionMySQL) != nil || b.Section(model.SectionCLI).Str("pwd") != "" {
		t.Errorf("environment b should have no mysql section and no password: %v", b.Configuration)
	}
	signer, err := ssh.ParsePrivateKey([]byte(b.Section(model.SectionCLI).Str("key")))
	if err != nil {
		t.Fatal(err)
	}
	cfg := clientConfig()
	cfg.Auth = []ssh.AuthMethod{ssh.PublicKeys(signer)}
	client, err := ssh.Dial("tcp", "127.0.0.1:"+b.Section(model.SectionCLI).Str("port"), cfg)
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
}

func TestBadConfigs(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string][]lab.EnvConfig{
		"each needs a name of its own": {{Name: "a"}, {Name: "a"}},
		"at least one controller":      {{Name: "a", Hosts: 1}},
		"gre, geneve, vlan or flat":    {{Name: "a", Tunnel: "stt"}},
		"vxlan, gre, vlan or flat":     {{Name: "a", Tunnel: "geneve", Mechanism: "lxb"}},
		"one physical network for one": {{Name: "a", Tunnel: "flat", Networks: 2}},
		"lxb, vpp or mixed":            {{Name: "a", Mechanism: "ovn"}},
		"need bonds":                   {{Name: "a", Teams: true}},
		"need a network":               {{Name: "a", Networks: -1}},
	} {
		l, err := lab.Start(context.Background(), lab.Config{Environments: cfg})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("wanted an error with %q, got %v", want, err)
		}
		if l != nil {
			l.Close()
		}
	}
}
