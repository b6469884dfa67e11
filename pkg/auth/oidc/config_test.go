package oidc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/auth/oidc"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadConfig(t *testing.T) {
	t.Parallel()
	secret := write(t, "secret", "s3cret\n")
	got, err := oidc.ReadConfig(write(t, "oidc.yaml", "issuer: https://sso.example.com/realms/a\nclient_id: calipso\nclient_secret_file: "+secret+"\nredirect_url: "+redirect))
	want := oidc.Config{Issuer: "https://sso.example.com/realms/a", ClientID: "calipso", ClientSecret: "s3cret", ClientSecretFile: secret, RedirectURL: redirect,
		Name: "sso.example.com", Scopes: []string{"openid", "profile"}, UserClaim: "preferred_username", GroupsClaim: "groups"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err = oidc.ReadConfig(write(t, "oidc.yaml", "{issuer: 'http://localhost:9000', client_id: c, redirect_url: 'http://127.0.0.1:8000"+oidc.CallbackPath+
		"', scopes: [email, openid], user_claim: email, groups_claim: roles, name: SSO}"))
	if err != nil || strings.Join(got.Scopes, " ") != "openid email" || got.UserClaim != "email" || got.GroupsClaim != "roles" || got.Name != "SSO" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReadConfigRefuses(t *testing.T) {
	t.Parallel()
	const good = "issuer: https://a.example\nclient_id: c\nredirect_url: " + redirect + "\n"
	for text, want := range map[string]string{
		good + "clientsecret: x":                                      "oidc.yaml:4: ",
		strings.Replace(good, "https://a", "http://a", 1):             `oidc.yaml:1: issuer: "http://a.example" must be the provider's URL`,
		strings.Replace(good, "issuer", "name", 1):                    `issuer: "" must be the provider's URL`,
		strings.Replace(good, "client_id: c", "client_id: ''", 1):     "oidc.yaml:2: client_id: it is missing",
		strings.Replace(good, oidc.CallbackPath, "/login", 1):         `oidc.yaml:3: redirect_url: "https://calipso.example.com/login" must be`,
		strings.Replace(good, "https://calipso", "http://calipso", 1): "oidc.yaml:3: redirect_url: ",
		good + "client_secret: a\nclient_secret_file: b":              "oidc.yaml:5: client_secret_file: client_secret is given, too",
		good + "client_secret_file: /nonexistent/x":                   "oidc.yaml:4: client_secret_file: open /nonexistent/x",
		"issuer: [": "oidc.yaml:1: it is not YAML",
	} {
		if _, err := oidc.ReadConfig(write(t, "oidc.yaml", text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestAuthoritiesRefused(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{"/nonexistent/ca.pem": "ca_file: open /nonexistent/ca.pem", write(t, "ca.pem", "none"): "has no certificate in PEM format"} {
		if _, err := oidc.New(oidc.Config{CAFile: file}, time.Now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
}
