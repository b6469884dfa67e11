package api

import (
	"strings"
	"sync"
	"testing"

	"calipso.io/calipso/pkg/store"
)

// TestEnsureAdminTogether: of many servers that start at once on an empty store, one makes the user.
func TestEnsureAdminTogether(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var passwords [4]string
	var starts sync.WaitGroup
	for i := range passwords {
		starts.Go(func() {
			var err error
			if passwords[i], err = EnsureAdmin(t.Context(), s.db, ""); err != nil {
				t.Error(err)
			}
		})
	}
	starts.Wait()
	all := strings.Join(passwords[:], "")
	if len(all) != 26 {
		t.Fatalf("the generated passwords are %q; want one", passwords)
	}
	s.anonymous("POST", "/auth/tokens", credentials(AdminUser, all)).want(201)
}

// TestEnsureAdminWanted: the password that the operator chose is taken, and not told.
func TestEnsureAdminWanted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for password, message := range map[string]string{
		"elevenchars":           "the password has 11 characters; it must have 12 at least",
		strings.Repeat("ü", 37): "the password has 74 bytes; 72 is the most"} {
		if _, err := EnsureAdmin(t.Context(), s.db, password); store.CodeOf(err) != store.Invalid || err.Error() != message {
			t.Errorf("%q: %v", password, err)
		}
	}
	if got, err := EnsureAdmin(t.Context(), s.db, "a password of mine"); got != "" || err != nil {
		t.Fatalf("generated %q, %v", got, err)
	}
	if got, err := EnsureAdmin(t.Context(), s.db, "another password"); got != "" || err != nil {
		t.Fatalf("the second time: %q, %v", got, err)
	}
	s.anonymous("POST", "/auth/tokens", credentials(AdminUser, "another password")).want(401)
	s.anonymous("POST", "/auth/tokens", credentials(AdminUser, "a password of mine")).want(201)
}

// TestSetPassword: the old password and all logins are worth nothing afterwards; others' logins are.
func TestSetPassword(t *testing.T) {
	t.Parallel()
	s, old := withAdmin(t)
	if err := s.db.Tokens.Create(t.Context(), store.Token{Hash: "x", User: "somebody", Expires: s.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	token := s.anonymous("POST", "/auth/tokens", credentials(AdminUser, old)).want(201)["token"].(string)
	const changed = "a new password"
	if err := SetPassword(t.Context(), s.db, "nobody", changed); store.CodeOf(err) != store.NotFound {
		t.Errorf("of nobody: %v", err)
	}
	if err := SetPassword(t.Context(), s.db, AdminUser, "short"); store.CodeOf(err) != store.Invalid {
		t.Errorf("a short one: %v", err)
	}
	s.anonymous("GET", "/scans", "", "X-Auth-Token: "+token).want(200)
	if err := SetPassword(t.Context(), s.db, AdminUser, changed); err != nil {
		t.Fatal(err)
	}
	s.anonymous("GET", "/scans", "", "X-Auth-Token: "+token).want(401)
	s.anonymous("POST", "/auth/tokens", credentials(AdminUser, old)).want(401)
	s.anonymous("POST", "/auth/tokens", credentials(AdminUser, changed)).want(201)
	if _, err := s.db.Tokens.Get(t.Context(), "x"); err != nil {
		t.Errorf("somebody else's login: %v", err)
	}
}
