package api

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/pkg/store"
)

// TestLogins: a user sees what logins there are, and can end each of them, and nobody else's.
func TestLogins(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	token := "X-Auth-Token: " + s.tokenOf("admin", password)
	s.clock.add(time.Hour)
	get, post := s.browser()
	post("/login", url.Values{"username": {"admin"}, "password": {password}})
	other := s.hasUser("other")
	list := s.anonymous("GET", "/auth/tokens", "", token).want(200)["tokens"].([]any)
	if len(list) != 2 {
		t.Fatalf("logins %v", list)
	}
	session, first := list[0].(map[string]any), list[1].(map[string]any)
	if session["kind"] != "session" || session["method"] != "credentials" || session["address"] != "127.0.0.1" || first["kind"] != "token" ||
		first["issued_at"] != "2026-03-04T12:00:00Z" || first["used_at"] != "2026-03-04T13:00:00Z" || first["expires_at"] != "2026-03-05T12:00:00Z" {
		t.Errorf("logins %v", list)
	}
	path := "/auth/tokens/" + session["_id"].(string)
	s.anonymous("DELETE", path, "", other).wantError(404, "404", "Not Found", "", `you have no login "`+session["_id"].(string)+`"`)
	if a := get("/scans"); a.StatusCode != 200 {
		t.Errorf("the session: %d", a.StatusCode)
	}
	if a := s.anonymous("DELETE", path, "", token); a.Code != 204 {
		t.Errorf("revoked: %d %s", a.Code, a.Body)
	}
	if a := get("/scans"); a.StatusCode != 401 {
		t.Errorf("the session that was ended: %d", a.StatusCode)
	}
	if got := column(s.call("GET", "/auth/tokens", "").want(200)["tokens"], "_id"); len(got) > 0 {
		t.Errorf("the machine's own commands see %q", got)
	}
}

// TestSessionEnds: a session ends when it is not used for a while, and at last whatever is done.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	s.configure(func(c *Config) { c.TokenLifetime, c.SessionIdle = 5*time.Hour, time.Hour })
	form := url.Values{"username": {"admin"}, "password": {password}}
	get, post := s.browser()
	a := post("/login", form)
	if c := a.Cookies()[0]; c.MaxAge != 5*3600 {
		t.Errorf("cookie %+v", c)
	}
	for range 5 {
		s.clock.add(59 * time.Minute)
		if a := get("/scans"); a.StatusCode != 200 {
			t.Fatalf("in use: %d", a.StatusCode)
		}
	}
	s.clock.add(6 * time.Minute)
	if a := get("/scans"); a.StatusCode != 401 {
		t.Errorf("after its lifetime: %d", a.StatusCode)
	}
	post("/login", form)
	token := "X-Auth-Token: " + s.tokenOf("admin", password)
	s.clock.add(time.Hour + time.Second)
	if a := get("/monitor"); a.StatusCode != 303 || a.Header.Get("Location") != "/login?next=%2Fmonitor" {
		t.Errorf("not used: %d", a.StatusCode)
	}
	s.anonymous("GET", "/scans", "", token).want(200) // it has no browser that was left alone
}

// TestSessionRotated: each login has a session of its own, and ends the one that the browser had.
func TestSessionRotated(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	form := url.Values{"username": {"admin"}, "password": {password}}
	_, post := s.browser()
	first := post("/login", form).Cookies()[0]
	second := post("/login", form).Cookies()[0]
	if first.Value == second.Value {
		t.Error("the same session after another login")
	}
	s.anonymous("GET", "/scans", "", "Cookie: calipso_session="+first.Value).want(401)
	s.anonymous("GET", "/scans", "", "Cookie: calipso_session="+second.Value).want(200)
	// A session that somebody else has put there is not taken over, and somebody's token is not ended by it.
	token := s.tokenOf("admin", password)
	a := s.anonymous("POST", "/login", form.Encode(), "Content-Type: application/x-www-form-urlencoded", "Cookie: calipso_session="+token)
	if c := a.Result().Cookies(); len(c) != 1 || c[0].Value == token {
		t.Errorf("cookies %v", c)
	}
	s.anonymous("GET", "/scans", "", "X-Auth-Token: "+token).want(200)
}

// TestSessionBehindTLS: over TLS only the cookie counts that a browser takes from nobody else.
func TestSessionBehindTLS(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	form := url.Values{"username": {"admin"}, "password": {password}}
	a := s.anonymous("POST", "/login", form.Encode(), "Content-Type: application/x-www-form-urlencoded", "X-Forwarded-Proto: https")
	c := a.Result().Cookies()[0]
	if c.Name != "__Host-calipso_session" || !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
	s.anonymous("GET", "/scans", "", "Cookie: __Host-calipso_session="+c.Value, "X-Forwarded-Proto: https").want(200)
	s.anonymous("GET", "/scans", "", "Cookie: calipso_session="+c.Value, "X-Forwarded-Proto: https").want(401)
	if a := s.anonymous("POST", "/logout", "", "Cookie: __Host-calipso_session="+c.Value, "X-Forwarded-Proto: https", "Sec-Fetch-Site: cross-site"); a.Code != 403 || len(a.Result().Cookies()) > 0 {
		t.Errorf("logout from elsewhere: %d", a.Code)
	}
	if a := s.anonymous("POST", "/logout", "", "Cookie: __Host-calipso_session="+c.Value, "X-Forwarded-Proto: https"); a.Code != 303 || !strings.HasPrefix(a.Header().Get("Set-Cookie"), "__Host-calipso_session=;") {
		t.Errorf("logout: %d %v", a.Code, a.Header())
	}
}

// TestOlderTokens: what an earlier version stored, which does not say whose a token is, lets nobody in.
func TestOlderTokens(t *testing.T) {
	t.Parallel()
	s, _ := withAdmin(t)
	const hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of abc
	if err := s.db.Tokens.Create(t.Context(), store.Token{Hash: hash, User: AdminUser, Expires: s.clock.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	s.anonymous("GET", "/scans", "", "X-Auth-Token: abc").want(401)
}
