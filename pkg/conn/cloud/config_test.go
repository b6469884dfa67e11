package cloud_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/model"
)

func TestFromSection(t *testing.T) {
	t.Parallel()
	cfg, err := cloud.FromSection(model.Section{"name": "OpenStack", "host": "10.0.0.1", "port": 5000.0, "user": "u",
		"pwd": password, "domain": "corp", "project_domain": "shared"})
	if err != nil {
		t.Fatal(err)
	}
	want := cloud.Config{Protocol: "http", Host: "10.0.0.1", Port: 5000, User: "u", Password: password, Project: "admin",
		UserDomain: "corp", ProjectDomain: "shared", Interface: "public",
		Timeout: cfg.Timeout, PageSize: cfg.PageSize}
	if !reflect.DeepEqual(cfg, want) {
		t.Errorf("got %+v", cfg)
	}
}

func TestFromSectionRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		section model.Section
		want    string
	}{
		"no host":      {model.Section{"pwd": "x"}, "host is empty"},
		"bad port":     {model.Section{"host": "h", "pwd": "x", "port": "70000"}, `port is "70000"; it is a number from 1 to 65535`},
		"no password":  {model.Section{"host": "h", "user": "joe"}, `pwd is empty; give the password of user "joe"`},
		"no user":      {model.Section{"host": "h", "pwd": "x"}, "user is empty; give a user"},
		"bad protocol": {model.Section{"host": "h", "pwd": "x", "protocol": "ftp"}, "it is http or https"},
		"bad ca":       {model.Section{"host": "h", "pwd": "x", "ca_cert": "garbage"}, "ca_cert holds no certificate"},
		"interface":    {model.Section{"host": "h", "pwd": "x", "endpoint_interface": "secret"}, "public, internal, admin"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := cloud.FromSection(c.section)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	cfg := cloud.Config{Host: "h", Password: password, Token: "admin-token"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", cfg, "client", cloud.New(cfg))
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", cfg, "client", cloud.New(cfg))
	data, _ := json.Marshal(map[string]any{"cfg": cfg})
	all := fmt.Sprintf("%v %+v %#v %s %v %+v %#v %s %s", cfg, cfg, cfg, cfg, cloud.New(cfg), cloud.New(cfg), cloud.New(cfg), log.String(), data)
	if strings.Contains(all, password) || strings.Contains(all, "admin-token") {
		t.Errorf("a secret is in %s", all)
	}
}
