package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/api"
)

// TestLoginFiles: what is wrong with the files about logins keeps the API from starting, and is told with variable, file and
// line, before a first user is made whose password nobody would see.
func TestLoginFiles(t *testing.T) {
	t.Parallel()
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for want, login := range map[string]Login{
		"CALIPSO_LDAP: open /nonexistent/ldap.conf":   {LDAP: "/nonexistent/ldap.conf"},
		"ldap.conf:2: uri: there is no such key":      {LDAP: file("ldap.conf", "# x\nuri ldap://a")},
		"CALIPSO_OIDC: ":                              {OIDC: file("oidc.yaml", "issuer: x")},
		`groups.yaml:1: roles: "root" must be one of`: {Groups: file("groups.yaml", "- {group: a, roles: root}")},
	} {
		a, err := Open(t.Context(), Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Login: login}, slog.DiscardHandler)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(a.Close)
		err = a.Run(t.Context(), Roles{API: true})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "CALIPSO_") {
			t.Errorf("%v, want %q", err, want)
		}
		if n, err := a.db.Users.Count(t.Context()); n != 0 || err != nil {
			t.Errorf("%s: %d users, %v", want, n, err)
		}
	}
}

// TestLoginOpened: what is configured gets to the API; warnings are logged.
func TestLoginOpened(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"ldap.conf":   "url ldap://localhost\nuser_id_attribute uid\nuser_tree_dn dc=example\nstart_tls false",
		"oidc.yaml":   "{issuer: 'https://sso.example.com', client_id: c, redirect_url: 'https://a.example/login/oidc/callback'}",
		"groups.yaml": "- {group: a, roles: [view-env]}",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	a := &App{log: slog.New(slog.NewTextHandler(&log, nil))}
	config := api.Config{Now: time.Now}
	login := Login{LDAP: filepath.Join(folder, "ldap.conf"), OIDC: filepath.Join(folder, "oidc.yaml"), Groups: filepath.Join(folder, "groups.yaml"), TokenLifetime: time.Hour, SessionIdle: time.Minute}
	if err := login.open(a, &config); err != nil {
		t.Fatal(err)
	}
	if config.LDAP == nil || config.OIDC.Name() != "sso.example.com" || len(config.Groups) != 1 || config.TokenLifetime != time.Hour || config.SessionIdle != time.Minute {
		t.Errorf("%+v", config)
	}
	if !strings.Contains(log.String(), "start_tls is false: passwords go to ldap://localhost as they are") {
		t.Errorf("the log: %s", log.String())
	}
}
