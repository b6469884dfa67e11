package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// hasUser makes a user with roles, and returns the headers of a login.
func (s *site) hasUser(name string, roles ...string) (header string) {
	s.t.Helper()
	const password = "password of a user"
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err == nil {
		err = s.db.Users.Create(s.t.Context(), store.User{Name: name, PasswordHash: string(hash), Roles: roles})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return "X-Auth-Token: " + s.tokenOf(name, password)
}

// TestKeys: a key lets its program do what its user may do, until it expires or is revoked; it is shown once.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.hasEnvironments("lab")
	ci := s.hasUser("ci", auth.ViewEnv, auth.EditEnv)
	other := s.hasUser("other", auth.ViewEnv)
	made := s.anonymous("POST", "/auth/keys", `{"name":"build 1"}`, ci).want(201)
	key := "X-Auth-Token: " + made["key"].(string)
	if !strings.HasPrefix(key, "X-Auth-Token: calipso_") || made["expires_at"] != "2026-06-02T12:00:00Z" || made["read_only"] != false || made["used_at"] != nil {
		t.Errorf("made %v", made)
	}
	s.clock.add(time.Hour)
	if diff := cmp.Diff([]string{"lab"}, s.environments(key)); diff != "" {
		t.Errorf("the key shows (-want +got):\n%s", diff)
	}
	list := s.anonymous("GET", "/auth/keys", "", ci)
	entry := list.want(200)["keys"].([]any)[0].(map[string]any)
	if entry["_id"] != made["_id"] || entry["name"] != "build 1" || entry["used_at"] != "2026-03-04T13:00:00Z" || strings.Contains(list.Body.String(), made["key"].(string)) {
		t.Errorf("listed %v", list.Body)
	}
	if got := s.anonymous("GET", "/auth/keys", "", other).want(200)["keys"].([]any); len(got) > 0 {
		t.Errorf("another one sees %v", got)
	}
	path := "/auth/keys/" + made["_id"].(string)
	s.anonymous("DELETE", path, "", other).want(404)
	s.anonymous("DELETE", "/auth/tokens/"+made["_id"].(string), "", ci).want(404)
	s.environments(key)

	s.anonymous("POST", "/auth/keys", `{"name":"build 1"}`, ci).want(409)
	s.anonymous("POST", "/auth/keys", `{"name":"another"}`, key).want(403)
	s.anonymous("POST", "/auth/tokens", `{"auth":{"methods":["token"],"token":"`+made["key"].(string)+`"}}`).want(401)
	s.anonymous("DELETE", "/auth/tokens", "", key).want(401)
	s.call("POST", "/auth/keys", `{"name":"nobody's"}`).want(403)
	s.anonymous("DELETE", "/environment_configs/lab", "", key).want(200)
	if a := s.anonymous("DELETE", path, "", ci); a.Code != 204 {
		t.Errorf("revoked: %d %s", a.Code, a.Body)
	}
	s.anonymous("GET", "/scans", "", key).wantError(401, "401", "Unauthorized", "", "the token is unknown: log in again")
	stored, err := s.db.Tokens.Find(t.Context(), store.Query{})
	if text := fmt.Sprint(stored) + s.log.String(); err != nil || strings.Contains(text, made["key"].(string)) {
		t.Errorf("the key is stored or logged: %v", err)
	}
}

// TestReadOnlyKey: nothing is changed by it, whatever its user may do.
func TestReadOnlyKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.hasEnvironments("lab")
	key := "X-Auth-Token: " + s.anonymous("POST", "/auth/keys", `{"name":"look","read_only":true}`, s.hasUser("boss", auth.Roles()...)).want(201)["key"].(string)
	s.environments(key)
	s.anonymous("GET", "/metrics", "", key)
	for _, r := range append(routes(), route{method: "POST", path: monitorPath + "/api/queues/scan:pause", access: login}) {
		if r.access == public || r.method == "GET" {
			continue
		}
		if a := s.anonymous(r.method, strings.NewReplacer(":name", "lab", ":id", strings.Repeat("0", 24)).Replace(r.path), "{}", key); a.Code != 403 || !strings.Contains(a.Body.String(), "may only read") {
			t.Errorf("%s %s: %d %s", r.method, r.path, a.Code, a.Body)
		}
	}
}

func TestKeyRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user := s.hasUser("ci")
	for body, want := range map[string]string{
		`{}`:           "name: must be a text of 1 to 64 characters",
		`{"name":" "}`: "name: must be a text",
		`{"name":"` + strings.Repeat("x", 65) + `"}`: "name: must be a text",
		`{"name":"a\nb"}`:                                  "name: must be a text",
		`{"name":"a","expires_at":"tomorrow"}`:             "expires_at: must be a time within the next 366 days, such as 2026-06-02T12:00:00Z",
		`{"name":"a","expires_at":"2026-03-04T12:00:00Z"}`: "expires_at: must be",
		`{"name":"a","expires_at":"2027-03-06T12:00:00Z"}`: "expires_at: must be",
		`{"name":"a","roles":["x"]}`:                       `unknown keys: "roles"`,
		`{"name":{"$ne":""}}`:                              "name: must be a string, not an object",
	} {
		if a := s.anonymous("POST", "/auth/keys", body, user); a.Code != 400 || !strings.Contains(a.want(400)["error"].(map[string]any)["message"].(string), want) {
			t.Errorf("%s: %d %s", body, a.Code, a.Body)
		}
	}
}

// TestKeysEnd: a key ends with its time, and with its user's password.
func TestKeysEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user := s.hasUser("ci")
	short := "X-Auth-Token: " + s.anonymous("POST", "/auth/keys", `{"name":"a","expires_at":"2026-03-04T13:00:00+00:00"}`, user).want(201)["key"].(string)
	long := "X-Auth-Token: " + s.anonymous("POST", "/auth/keys", `{"name":"b"}`, user).want(201)["key"].(string)
	s.clock.add(time.Hour + time.Second)
	s.anonymous("GET", "/scans", "", short).want(401)
	s.environments(long)
	if got := column(s.anonymous("GET", "/auth/keys", "", user).want(200)["keys"], "name"); cmp.Diff([]string{"b"}, got) != "" {
		t.Errorf("keys that last: %q", got)
	}
	s.clock.add(60 * 24 * time.Hour) // no login is needed for a user of the store
	s.environments(long)
	if err := SetPassword(t.Context(), s.db, "ci", "another password"); err != nil {
		t.Fatal(err)
	}
	s.anonymous("GET", "/scans", "", long).want(401)
}
