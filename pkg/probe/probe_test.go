package probe_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/probe"
)

const secret = "sesame-open-4711"

// start starts a cloud of two hosts, whose passwords are all the secret.
func start(t *testing.T, change func(*lab.EnvConfig)) (*lab.Lab, *model.Environment) {
	t.Helper()
	config := lab.EnvConfig{Name: "lab", Hosts: 2, Instances: 2, Fabric: true, Passwords: map[string]string{}}
	for _, name := range model.TestTargets() {
		config.Passwords[name] = secret
	}
	if change != nil {
		change(&config)
	}
	started, err := lab.Start(t.Context(), lab.Config{Environments: []lab.EnvConfig{config}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(started.Close)
	env := started.Environments()[0]
	return started, &env
}

// try tests one section.
func try(t *testing.T, cfg probe.Config, name string) model.TargetResult {
	t.Helper()
	result := probe.Run(t.Context(), cfg, []string{name})[name]
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), secret) {
		t.Errorf("the secret is in %s", text)
	}
	return result
}

func TestHealthyCloud(t *testing.T) {
	t.Parallel()
	_, env := start(t, nil)
	names := []string{model.SectionOpenStack, model.SectionMySQL, model.SectionCLI, model.SectionACI}
	for name, result := range probe.Run(t.Context(), probe.Config{Env: env}, names) {
		if !result.OK || result.Error != "" || result.Hint != "" || len(result.Tried) < 2 {
			t.Errorf("%s: %+v", name, result)
		}
	}
}

func TestWhatIsSeen(t *testing.T) {
	t.Parallel()
	started, env := start(t, nil)
	for name, wants := range map[string][]string{
		model.SectionOpenStack: {"as admin; the catalogue has RegionOne", "os-services", "ports"},
		model.SectionMySQL:     {"schema neutron has ml2_", "endpoints"},
		model.SectionCLI: {"as scan; 127.0.0.1", ssh.FingerprintSHA256(started.HostKey("lab", "node-1")) + ", which is new",
			"allowed: ovs-vsctl show", "run on node-2, through the gateway"},
		model.SectionACI: {"as admin", "controller: ", "version of the controller: "},
	} {
		tried := fmt.Sprint(try(t, probe.Config{Env: env}, name).Tried)
		for _, want := range wants {
			if !strings.Contains(tried, want) {
				t.Errorf("%s: %s\nhas no %q", name, tried, want)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		faults      lab.Faults
		target      string
		error, hint string
	}{
		"OpenStack password":   {lab.Faults{RefuseAPI: true}, model.SectionOpenStack, "Keystone refused user admin", ""},
		"OpenStack port":       {lab.Faults{Closed: []string{"keystone"}}, model.SectionOpenStack, "connection refused", "nothing listens at this port"},
		"a service's port":     {lab.Faults{Closed: []string{"neutron"}}, model.SectionOpenStack, "/v2.0/", "nothing listens at this port"},
		"Nova is broken":       {lab.Faults{API: map[string]faults.API{"/v2.1": faults.Error500}}, model.SectionOpenStack, "500 Internal Server Error", ""},
		"Keystone hangs":       {lab.Faults{API: map[string]faults.API{"/v3/auth": faults.HangingAPI}}, model.SectionOpenStack, "no answer within", "nothing answers"},
		"database password":    {lab.Faults{RefuseSQL: true}, model.SectionMySQL, "refused user scan: check user and pwd of the mysql section", ""},
		"database port":        {lab.Faults{Closed: []string{"mysql"}}, model.SectionMySQL, "connection refused", "nothing listens at this port"},
		"no schema":            {lab.Faults{NoNeutronSchema: true}, model.SectionMySQL, "has neutron in its name", ""},
		"SSH password":         {lab.Faults{RefuseSSH: true}, model.SectionCLI, "password refused: check the CLI section's user and pwd", ""},
		"SSH port":             {lab.Faults{Closed: []string{"ssh"}}, model.SectionCLI, "connection refused", "nothing listens at this port"},
		"another host refuses": {lab.Faults{Hosts: map[string]faults.Host{"node-2": faults.Refused}}, model.SectionCLI, "ssh from gateway", ""},
		"another host hangs":   {lab.Faults{Hosts: map[string]faults.Host{"node-2": faults.HangingHost}}, model.SectionCLI, "did not end in time", "nothing answers"},
		"fabric password":      {lab.Faults{RefuseAPIC: true}, model.SectionACI, "refused user admin: check user and pwd of the ACI section", ""},
		"fabric port":          {lab.Faults{Closed: []string{"apic"}}, model.SectionACI, "connection refused", "nothing listens at this port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, env := start(t, func(c *lab.EnvConfig) { c.Faults = tt.faults })
			got := try(t, probe.Config{Env: env}, tt.target)
			if got.OK || !strings.Contains(got.Error, tt.error) || !strings.Contains(got.Hint, tt.hint) {
				t.Errorf("%+v\nwant the error %q and the hint %q", got, tt.error, tt.hint)
			}
			failed := slices.IndexFunc(got.Tried, func(s model.TestStep) bool { return !s.OK })
			if failed < 0 || got.Tried[failed].Result != got.Error {
				t.Errorf("the error is not that of the first step that failed: %+v", got)
			}
		})
	}
}

func TestFabricWithAnotherAuthority(t *testing.T) {
	t.Parallel()
	_, env := start(t, nil)
	_, other := start(t, nil)
	env.Section(model.SectionACI)["ca_cert"] = other.Section(model.SectionACI)["ca_cert"]
	if got := try(t, probe.Config{Env: env}, model.SectionACI); got.OK || !strings.Contains(got.Hint, "authority that is not trusted") {
		t.Errorf("got %+v", got)
	}
}

// TestDeadCloud: what does not even refuse is given up in time.
func TestDeadCloud(t *testing.T) {
	t.Parallel()
	_, env := start(t, func(c *lab.EnvConfig) { c.Dead = true })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	names := []string{model.SectionOpenStack, model.SectionMySQL, model.SectionCLI, model.SectionACI}
	for name, result := range probe.Run(ctx, probe.Config{Env: env, Limit: time.Second}, names) {
		if result.OK || !strings.Contains(result.Hint, "nothing answers") {
			t.Errorf("%s: %+v", name, result)
		}
	}
	if ctx.Err() != nil {
		t.Error("it took five minutes")
	}
}

// keys are host keys that are known.
type keys map[string]string

func (k keys) Known(_ context.Context, host string) (string, bool, error) {
	key, ok := k[host]
	return key, ok, nil
}

func (k keys) Accept(context.Context, string, string) (string, error) {
	panic("a test remembers no key")
}

func TestHostKeys(t *testing.T) {
	t.Parallel()
	started, env := start(t, nil)
	address := net.JoinHostPort("127.0.0.1", env.Section(model.SectionCLI).Str("port"))
	known := keys{address: string(ssh.MarshalAuthorizedKey(started.HostKey("lab", "node-1")))}
	got := try(t, probe.Config{Env: env, HostKeys: known}, model.SectionCLI)
	if !got.OK || !strings.Contains(got.Tried[0].Result, "has the host key that is known") {
		t.Errorf("got %+v", got)
	}
	if err := started.SetFaults("lab", lab.Faults{NewHostKey: true}); err != nil {
		t.Fatal(err)
	}
	got = try(t, probe.Config{Env: env, HostKeys: known}, model.SectionCLI)
	if got.OK || !strings.Contains(got.Error, "has changed from") || !strings.Contains(got.Hint, "compare the fingerprint") {
		t.Errorf("got %+v", got)
	}
}

func TestSudoRefuses(t *testing.T) {
	t.Parallel()
	_, env := start(t, func(c *lab.EnvConfig) { c.Faults.RefuseSudo = true })
	got := try(t, probe.Config{Env: env}, model.SectionCLI)
	if got.OK || !strings.HasPrefix(got.Error, "sudo refuses ovs-vsctl show, ovs-dpctl show") || !strings.Contains(got.Hint, "/etc/sudoers.d") {
		t.Errorf("got %+v", got)
	}
}

func TestWhatFailsThoughSudoAllowsIt(t *testing.T) {
	t.Parallel()
	_, env := start(t, func(c *lab.EnvConfig) {
		c.Faults.Output = map[string]map[string]faults.Output{"node-2": {"ovs-vsctl show": faults.Fails}}
	})
	got := try(t, probe.Config{Env: env}, model.SectionCLI)
	if last := got.Tried[len(got.Tried)-1]; !got.OK || !strings.Contains(last.Result, "failed on this host, though allowed: ovs-vsctl show") {
		t.Errorf("got %+v", got)
	}
}

func TestKubernetes(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.Header.Get("Authorization") {
		case "Bearer " + secret:
			fmt.Fprint(w, `{"items": [{"metadata": {"name": "default"}}, {}]}`)
		case "Bearer narrow":
			w.WriteHeader(http.StatusForbidden)
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(server.Close)
	authority := pemOf(server.Certificate())
	address := server.Listener.Addr().(*net.TCPAddr)
	for name, tt := range map[string]struct {
		token, authority, error, hint string
	}{
		"right":             {secret, authority, "", ""},
		"wrong token":       {"other-token", authority, "refuses the token", ""},
		"a role is missing": {"narrow", authority, "may not list namespaces", ""},
		"another authority": {secret, "", "certificate", "authority that is not trusted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			section := model.Section{"name": "Kubernetes", "host": "127.0.0.1", "port": address.Port, "user": "calipso", "token": tt.token, "ca_cert": tt.authority}
			env := &model.Environment{Name: "k8s", Configuration: []model.Section{section}}
			got := try(t, probe.Config{Env: env}, "Kubernetes")
			if got.OK != (tt.error == "") || !strings.Contains(got.Error, tt.error) || !strings.Contains(got.Hint, tt.hint) {
				t.Errorf("got %+v", got)
			}
			if got.OK && got.Tried[0].Result != "2 namespaces" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestMonitoringIsTriedPortByPort(t *testing.T) {
	t.Parallel()
	open, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { open.Close() })
	_, cloud := start(t, nil)
	section := model.Section{"name": "Monitoring", "server_ip": "127.0.0.1", "api_port": open.Addr().(*net.TCPAddr).Port, "rabbitmq_port": 1,
		"rabbitmq_user": "sensu", "rabbitmq_pass": secret, "ssh_port": cloud.Section(model.SectionCLI)["port"], "ssh_user": "scan", "ssh_password": secret}
	env := &model.Environment{Name: "lab", Configuration: []model.Section{section}}
	got := try(t, probe.Config{Env: env}, "Monitoring")
	var ok []bool
	for _, s := range got.Tried {
		ok = append(ok, s.OK)
	}
	if !slices.Equal(ok, []bool{true, false, true}) || !strings.Contains(got.Error, "connection refused") {
		t.Errorf("got %+v", got)
	}
}

func TestNoSuchSection(t *testing.T) {
	t.Parallel()
	if got := try(t, probe.Config{Env: &model.Environment{}}, "AMQP"); got.OK || !strings.Contains(got.Error, "no section AMQP") {
		t.Errorf("got %+v", got)
	}
}

func pemOf(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}
