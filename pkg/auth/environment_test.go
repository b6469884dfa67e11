package auth

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

const pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nS3CRET\n-----END OPENSSH PRIVATE KEY-----\n"

func lab() *model.Environment {
	return &model.Environment{Name: "lab", Distribution: "OpenStack", Configuration: []model.Section{
		{"name": "OpenStack", "host": "10.0.0.1", "port": 5000, "user": "admin", "pwd": "S3CRET", "admin_token": "S3CRET"},
		{"name": "mysql", "host": "10.0.0.1", "port": "3306", "user": "scan", "pwd": "S3CRET"},
		{"name": "CLI", "host": "10.0.0.1", "user": "scan", "key": pem, "hosts": []any{
			map[string]any{"name": "node-2", "pwd": "S3CRET"},
			map[string]any{"name": "node-3", "key": "/etc/calipso/key"}}},
		{"name": "Monitoring", "rabbitmq_pass": "S3CRET", "ssh_password": "S3CRET", "server_ip": "10.0.0.1"},
		{"name": "NFV_provider", "nfv_token": "S3CRET", "pwd": ""},
		{"name": "Kubernetes", "token": "S3CRET"},
	}}
}

func text(t *testing.T, e *model.Environment) string {
	t.Helper()
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// reread returns the environment as it comes back from the store.
func reread(t *testing.T, e *model.Environment) *model.Environment {
	t.Helper()
	var back model.Environment
	if err := json.Unmarshal([]byte(text(t, e)), &back); err != nil {
		t.Fatal(err)
	}
	return &back
}

func TestSealEnvironment(t *testing.T) {
	t.Parallel()
	s := newSealer(t)
	plain := lab()
	sealed := s.SealEnvironment(plain)
	if strings.Contains(text(t, sealed), "S3CRET") {
		t.Errorf("a secret is not sealed: %s", text(t, sealed))
	}
	if n := strings.Count(text(t, sealed), sealedPrefix); n != 9 {
		t.Errorf("%d sealed values, want 9", n)
	}
	for _, open := range []string{`"/etc/calipso/key"`, `"10.0.0.1"`, `"pwd":""`} {
		if !strings.Contains(text(t, sealed), open) {
			t.Errorf("%s was sealed too", open)
		}
	}
	if diff := cmp.Diff(lab(), plain); diff != "" {
		t.Errorf("the given environment was changed: %s", diff)
	}
	if again := s.SealEnvironment(reread(t, sealed)); text(t, again) != text(t, sealed) {
		t.Error("sealing twice is not the same as sealing once")
	}
	opened, err := s.OpenEnvironment(reread(t, sealed))
	if err != nil || text(t, opened) != text(t, plain) {
		t.Errorf("opened %s, %v", text(t, opened), err)
	}
}

func TestSealedValuesStayInTheirPlace(t *testing.T) {
	t.Parallel()
	s := newSealer(t)
	moves := map[string]func(e *model.Environment){
		"another environment": func(e *model.Environment) { e.Name = "mine" },
		"another section":     func(e *model.Environment) { e.Configuration[1]["pwd"] = e.Configuration[0]["pwd"] },
		"another key":         func(e *model.Environment) { e.Configuration[0]["pwd"] = e.Configuration[0]["admin_token"] },
		"another host":        func(e *model.Environment) { e.Configuration[2].Hosts()[0]["name"] = "mine" },
	}
	for name, move := range moves {
		sealed := s.SealEnvironment(lab())
		move(sealed)
		if _, err := s.OpenEnvironment(sealed); err == nil || !strings.Contains(err.Error(), "open secret ") {
			t.Errorf("%s: error %v, want that the value is refused", name, err)
		}
	}
}

func TestMaskEnvironment(t *testing.T) {
	t.Parallel()
	for _, e := range []*model.Environment{lab(), newSealer(t).SealEnvironment(lab())} {
		got := text(t, MaskEnvironment(e))
		if strings.Contains(got, "S3CRET") || strings.Contains(got, sealedPrefix) || strings.Count(got, Masked) != 9 {
			t.Errorf("masked: %s", got)
		}
	}
}

func TestKeepSecrets(t *testing.T) {
	t.Parallel()
	stored := newSealer(t).SealEnvironment(lab())
	updated := MaskEnvironment(reread(t, stored))
	updated.Distribution = "RDO"
	updated.Configuration[1]["pwd"] = "new"
	kept, err := KeepSecrets(updated, stored)
	if err != nil {
		t.Fatal(err)
	}
	want := reread(t, stored)
	want.Distribution = "RDO"
	want.Configuration[1]["pwd"] = "new"
	if text(t, kept) != text(t, want) {
		t.Errorf("kept %s, want %s", text(t, kept), text(t, want))
	}
}

func TestKeepSecretsRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(e *model.Environment)
		want   string
	}{
		"nothing stored": {func(e *model.Environment) {
			e.Configuration = append(e.Configuration, model.Section{"name": "AMQP", "pwd": Masked})
		}, "AMQP/pwd: there is no stored value to keep: give it"},
		"another machine": {func(e *model.Environment) { e.Configuration[0]["host"] = "6.6.6.6" },
			"OpenStack/admin_token: give it again, since host is another one than the stored value was for"},
		"without encryption": {func(e *model.Environment) {
			e.Configuration[0]["protocol"] = "http"
			delete(e.Configuration[0], "admin_token")
		}, "OpenStack/pwd: give it again, since protocol"},
		"another choice of encryption": {func(e *model.Environment) { e.Configuration[1]["tls"] = false },
			"mysql/pwd: give it again, since tls is another one"},
		"another gateway to own hosts": {func(e *model.Environment) {
			e.Configuration[2]["host"] = "6.6.6.6"
			delete(e.Configuration[2], "key")
		}, "CLI/hosts/node-2/pwd: give it again, since host"},
		"another own host": {func(e *model.Environment) { e.Configuration[2].Hosts()[0]["host"] = "6.6.6.6" },
			"CLI/hosts/node-2/pwd: give it again, since host"},
		"another environment": {func(e *model.Environment) { e.Name = "mine" }, "another environment's"},
	}
	for name, tc := range cases {
		updated := MaskEnvironment(lab())
		tc.change(updated)
		for range 20 { // maps have no order: which secret is named first must not depend on it
			if _, err := KeepSecrets(updated, lab()); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: error %v, want %q", name, err, tc.want)
			}
		}
	}
}
