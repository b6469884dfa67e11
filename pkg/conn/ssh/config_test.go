package ssh

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

func TestFromSection(t *testing.T) {
	t.Parallel()
	gateway := Login{Host: "10.0.0.1", Port: 22, User: "scan", Pwd: "secret"}
	withPort := gateway
	withPort.Port = 2222
	hosts := []Login{{Name: "node-2", Host: "node-2", Port: 22, User: "scan", Pwd: "secret"},
		{Name: "node-3", Host: "10.0.0.3", Port: 2200, User: "root", Key: "/root/key"}}
	node3 := map[string]any{"host": "10.0.0.3", "port": "2200", "user": "root", "key": "/root/key"}
	node3Named := map[string]any{"name": "node-3", "host": "10.0.0.3", "port": "2200", "user": "root", "key": "/root/key"}
	cases := map[string]struct {
		change model.Section
		want   Config
		err    string
	}{
		"least":         {nil, Config{Environment: "lab", Gateway: gateway}, ""},
		"port as text":  {model.Section{"port": "2222"}, Config{Environment: "lab", Gateway: withPort}, ""},
		"port as float": {model.Section{"port": 2222.0}, Config{Environment: "lab", Gateway: withPort}, ""},
		"known hosts":   {model.Section{"known_hosts": "x y z"}, Config{Environment: "lab", Gateway: gateway, KnownHosts: "x y z"}, ""},
		"hosts as list": {model.Section{"hosts": []any{map[string]any{"name": "node-2"}, node3Named}},
			Config{Environment: "lab", Gateway: gateway, Hosts: hosts}, ""},
		"hosts by name": {model.Section{"hosts": map[string]any{"node-3": node3, "node-2": map[string]any{}}},
			Config{Environment: "lab", Gateway: gateway, Hosts: hosts}, ""},
		"no host":           {model.Section{"host": ""}, Config{}, "environment lab: CLI section: host is missing"},
		"no user":           {model.Section{"user": nil}, Config{}, "environment lab: CLI section: user is missing"},
		"no credentials":    {model.Section{"pwd": ""}, Config{}, "environment lab: CLI section: one of pwd and key is needed"},
		"bad port":          {model.Section{"port": 0}, Config{}, `environment lab: CLI section: port "0" is not a number from 1 to 65535`},
		"host without name": {model.Section{"hosts": []any{map[string]any{"host": "x"}}}, Config{}, "environment lab: CLI section: hosts[0]: name is missing"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			section := model.Section{"name": "CLI", "host": "10.0.0.1", "user": "scan", "pwd": "secret"}
			for key, value := range tc.change {
				section[key] = value
			}
			got, err := FromSection("lab", section)
			if fmt.Sprint(err) != tc.err && (err != nil || tc.err != "") {
				t.Fatalf("error %v, want %q", err, tc.err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := FromSection("lab", nil); err == nil {
		t.Error("no section was no error")
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	text, public := newKey(t)
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, func(s *server) { s.userKey = public })
	for _, key := range []string{text, path} {
		c := newClient(t, s.addr, func(cfg *Config) { cfg.Gateway.Pwd, cfg.Gateway.Key = "", key })
		run(t, c, "gw", "echo")
	}
	for key, want := range map[string]string{
		"/nowhere/key":        "the CLI section: read the private key: open /nowhere/key",
		"secret garbage":      "must be PEM text, or the absolute path",
		text[:len(text)/2]:    "must be PEM text",
		"relative/id_ed25519": "absolute path",
	} {
		_, err := New(Config{Gateway: Login{Host: "x", Port: 22, Key: key}, HostKeys: unavailable{}})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "garbage") {
			t.Errorf("error %v, want %q and no part of the key", err, want)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	cfg := Config{Environment: "lab", Gateway: Login{Host: "10.0.0.1", Port: 22, User: "scan", Pwd: "s3cret"},
		Hosts: []Login{{Name: "n", Pwd: "s3cret", Key: "s3cret"}}, HostKeys: unavailable{}}
	cfg.Hosts[0].Key = ""
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Hosts[0].Key = "s3cret"
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "cfg", cfg, "login", cfg.Gateway, "client", c)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "cfg", &cfg, "login", &cfg.Gateway, "client", c)
	document, err := json.Marshal([]any{cfg, cfg.Gateway})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{log.String(), string(document), fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, cfg),
		fmt.Sprintf("%v %+v %#v", cfg.Hosts, &cfg, cfg.Gateway), fmt.Sprintf("%v %+v %#v", c, c, c)} {
		if strings.Contains(text, "s3cret") {
			t.Errorf("a secret is told: %s", text)
		}
	}
}
