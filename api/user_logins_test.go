package api

import (
	"net/http"
	"testing"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// TestEndLogins: all that lets a user of a directory in ends, and nobody else's: not those of who has the name elsewhere, when
// the source is said.
func TestEndLogins(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("manager", auth.ManageUsers)
	s.addUser("viewer", auth.ViewEnv)
	manager, viewer := s.as("manager"), s.as("viewer")
	now := s.clock.Now()
	has := func(source string, kind store.TokenKind) string {
		token := source + string(kind)
		must(t, s.db.Tokens.Create(t.Context(), store.Token{Hash: auth.HashToken(token), Kind: kind, User: "alice", Source: source, Used: now, Confirmed: now, Expires: now.AddDate(1, 0, 0)}))
		return "X-Auth-Token: " + token
	}
	local := has(auth.SourceLocal, store.LoginToken)
	directory := []string{has(auth.SourceLDAP, store.LoginToken), has(auth.SourceLDAP, store.SessionToken), has(auth.SourceLDAP, store.KeyToken)}
	end := func(source string, who string, status int) map[string]any {
		return s.call("DELETE", "/users/alice/logins"+source, "", who).want(status)
	}
	end("", viewer, http.StatusForbidden)
	end("?source=moon", manager, http.StatusBadRequest)
	if n := end("?source=ldap", manager, http.StatusOK)["count"]; n != 3.0 {
		t.Errorf("%v logins are ended", n)
	}
	left, err := s.db.Tokens.Count(t.Context(), store.Is(store.TokenOwner, "ldap/alice"))
	if err != nil || left != 0 {
		t.Errorf("%d are left, %v", left, err)
	}
	s.anonymous("GET", "/auth/tokens", "", directory[0]).want(http.StatusUnauthorized)
	s.anonymous("GET", "/auth/tokens", "", manager).want(http.StatusOK)
	if n, err := s.db.Tokens.Count(t.Context(), store.Is(store.TokenOwner, "local/alice")); err != nil || n != 1 {
		t.Errorf("of the other one are left %d, %v", n, err)
	}
	if n := end("", manager, http.StatusOK)["count"]; n != 1.0 {
		t.Errorf("%v logins are ended", n)
	}
	s.anonymous("GET", "/auth/tokens", "", local).want(http.StatusUnauthorized)
	s.forget()
	if n := end("", manager, http.StatusOK)["count"]; n != 0.0 {
		t.Errorf("%v logins are ended of who has none", n)
	}
	if said := s.entries(); len(said) != 1 || said[0].Note != `ended all logins of "alice"` || said[0].User != "manager" {
		t.Errorf("the audit log has %+v", said)
	}
}
