package api

import (
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/auth/groups"
	"calipso.io/calipso/pkg/auth/ldap"
	"calipso.io/calipso/pkg/auth/ldap/slapdtest"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// asksLDAP lets a server ask a directory, too, and lets the members of a group see everything.
func (s *site) asksLDAP(directory *slapdtest.Server) {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "ldap.conf")
	text := "url " + directory.Plain + "\nuser_id_attribute uid\nuser_tree_dn ou=people,dc=example,dc=org\ntls_cacertfile " + directory.CAFile +
		"\nuser " + slapdtest.Reader + "\npassword " + slapdtest.ReaderSecret + "\ngroup_tree_dn ou=groups,dc=example,dc=org\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	config, err := ldap.ReadConfig(path)
	if err != nil {
		s.t.Fatal(err)
	}
	s.configure(func(c *Config) {
		if c.LDAP, err = ldap.New(config); err != nil {
			s.t.Fatal(err)
		}
		c.Groups = groups.Mapping{
			"cn=net admins,ou=groups,dc=example,dc=org": {Roles: []string{auth.ViewEnv}, Edit: []string{"lab"}},
			"cn=viewers,ou=groups,dc=example,dc=org":    {View: []string{"lab"}},
		}
	})
}

// tokenOf logs somebody in and returns the token.
func (s *site) tokenOf(user, password string) string {
	s.t.Helper()
	return s.anonymous("POST", "/auth/tokens", credentials(user, password)).want(201)["token"].(string)
}

// environments are the names of what a token's user sees.
func (s *site) environments(header string) []string {
	s.t.Helper()
	return column(s.anonymous("GET", "/environment_configs", "", header).want(200)["environment_configs"], "name")
}

func (s *site) hasEnvironments(names ...string) {
	s.t.Helper()
	for _, name := range names {
		if err := s.db.Environments.Create(s.t.Context(), model.Environment{Name: name, MechanismDrivers: []string{"OVS"}}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestLDAP: who is in the directory gets in by its password, with what the groups there may do, and as nobody else.
func TestLDAP(t *testing.T) {
	t.Parallel()
	s, adminPassword := withAdmin(t)
	s.hasEnvironments("lab", "other")
	s.asksLDAP(slapdtest.Start(t))
	alice, bob := s.tokenOf("alice", slapdtest.AlicePassword), s.tokenOf("BOB", "bob's secret")
	if diff := cmp.Diff([]string{"lab", "other"}, s.environments("X-Auth-Token: "+alice)); diff != "" {
		t.Errorf("alice sees (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"lab"}, s.environments("X-Auth-Token: "+bob)); diff != "" {
		t.Errorf("bob sees (-want +got):\n%s", diff)
	}
	s.anonymous("DELETE", "/environment_configs/other", "", "X-Auth-Token: "+alice).want(403)
	s.anonymous("DELETE", "/environment_configs/lab", "", "X-Auth-Token: "+bob).want(403)
	r := httptest.NewRequest("GET", "/", nil)
	r.SetBasicAuth("alice", slapdtest.AlicePassword) // which has a colon
	if diff := cmp.Diff([]string{"lab", "other"}, s.environments("Authorization: "+r.Header.Get("Authorization"))); diff != "" {
		t.Errorf("alice by name and password sees (-want +got):\n%s", diff)
	}
	if got := s.environments("X-Auth-Token: " + s.tokenOf("robot", "robot secret")); len(got) > 0 {
		t.Errorf("who is in no group sees %q", got)
	}
	for _, body := range []string{credentials("alice", "wrong"), credentials("alice", ""), credentials("nobody", "x"), credentials("*", slapdtest.AlicePassword),
		credentials("alice)(uid=*", slapdtest.AlicePassword), credentials("twi*", "twin secret"), credentials("admin", "bob's secret")} {
		s.anonymous("POST", "/auth/tokens", body).wantError(401, "401", "Unauthorized", "", wrongLogin)
	}
	s.tokenOf(AdminUser, adminPassword)
	s.anonymous("DELETE", "/environment_configs/lab", "", "X-Auth-Token: "+alice).want(200)
	for _, secret := range []string{slapdtest.AlicePassword, slapdtest.ReaderSecret, "bob's secret", alice} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// TestLDAPSharesNoName: a user of the store is nobody else, in whatever way the directory writes the name.
func TestLDAPSharesNoName(t *testing.T) {
	t.Parallel()
	s, _ := withAdmin(t)
	s.asksLDAP(slapdtest.Start(t))
	s.tokenOf("alice", slapdtest.AlicePassword)
	if err := s.db.Users.Create(t.Context(), store.User{Name: "alice", PasswordHash: "x", Roles: []string{auth.ManageUsers}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ALICE", " alice", "aliceb"} {
		s.anonymous("POST", "/auth/tokens", credentials(name, slapdtest.AlicePassword)).wantError(401, "401", "Unauthorized", "", wrongLogin)
	}
}

// TestLDAPDown: without the directory nobody of it gets in, and the store's users do; with it, everybody does again.
func TestLDAPDown(t *testing.T) {
	t.Parallel()
	s, adminPassword := withAdmin(t)
	directory := slapdtest.Start(t)
	s.asksLDAP(directory)
	token := s.tokenOf("alice", slapdtest.AlicePassword)
	directory.Stop()
	for _, password := range []string{slapdtest.AlicePassword, "wrong"} {
		a := s.anonymous("POST", "/auth/tokens", credentials("alice", password)).want(503)["error"].(map[string]any)
		if message := a["message"].(string); !strings.Contains(message, "the LDAP directory can't be asked now") || strings.Contains(message, "ldap://") {
			t.Errorf("%q", message)
		}
	}
	form := url.Values{"username": {"alice"}, "password": {slapdtest.AlicePassword}}.Encode()
	if a := s.anonymous("POST", "/login", form, "Content-Type: application/x-www-form-urlencoded"); a.Code != 503 || !strings.Contains(a.Body.String(), "LDAP directory can") || len(a.Result().Cookies()) > 0 {
		t.Errorf("the form: %d %s", a.Code, a.Body)
	}
	s.tokenOf(AdminUser, adminPassword)
	s.environments("X-Auth-Token: " + token)
	if !strings.Contains(s.log.String(), "connect to "+directory.Plain) {
		t.Error("the log does not say who does not answer")
	}
	directory.Run()
	s.tokenOf("alice", slapdtest.AlicePassword)
}

// TestLDAPTokensEnd: what somebody of the directory has does not outlive the knowledge of it.
func TestLDAPTokensEnd(t *testing.T) {
	t.Parallel()
	s, _ := withAdmin(t)
	s.hasEnvironments("lab")
	s.asksLDAP(slapdtest.Start(t))
	alice := s.tokenOf("alice", slapdtest.AlicePassword)
	key := s.anonymous("POST", "/auth/keys", `{"name":"ci","expires_at":"2026-12-31T00:00:00Z"}`, "X-Auth-Token: "+alice).want(201)["key"].(string)
	s.clock.add(DefaultTokenLifetime - time.Hour)
	renewed := s.anonymous("POST", "/auth/tokens", `{"auth":{"methods":["token"],"token":"`+alice+`"}}`).want(201)["token"].(string)
	s.environments("X-Auth-Token: " + renewed)
	s.clock.add(time.Hour + time.Second)
	s.anonymous("GET", "/scans", "", "X-Auth-Token: "+renewed).wantError(401, "401", "Unauthorized", "", "the token has expired: log in again")
	s.environments("X-Auth-Token: " + key)
	s.clock.add(30 * 24 * time.Hour)
	s.anonymous("GET", "/scans", "", "X-Auth-Token: "+key).
		wantError(401, "401", "Unauthorized", "", "the key's user has not logged in for 30 days: a login makes it work again")
	s.tokenOf("alice", slapdtest.AlicePassword)
	s.environments("X-Auth-Token: " + key)

	// The groups of a key are those of the last login.
	tokens, err := s.db.Tokens.Find(t.Context(), store.Where(store.Is(store.TokenOwner, "ldap/alice")))
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if _, err := s.db.Tokens.Update(t.Context(), token.Hash, func(t *store.Token) error { t.Groups = nil; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.environments("X-Auth-Token: " + key); len(got) > 0 {
		t.Errorf("without groups the key shows %q", got)
	}
	s.tokenOf("alice", slapdtest.AlicePassword)
	if diff := cmp.Diff([]string{"lab"}, s.environments("X-Auth-Token: "+key)); diff != "" {
		t.Errorf("after a login the key shows (-want +got):\n%s", diff)
	}
}
