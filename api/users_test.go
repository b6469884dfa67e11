package api

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

const userPassword = "correct horse battery"

// addUser stores a user with roles, whose password is userPassword.
func (s *site) addUser(name string, roles ...string) {
	s.t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(userPassword), bcrypt.MinCost)
	if err == nil {
		err = s.db.Users.Create(s.t.Context(), store.User{Name: name, PasswordHash: string(hash), Roles: roles, Created: s.clock.Now()})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// as logs a user in, and returns the header that says so.
func (s *site) as(name string) string {
	s.t.Helper()
	token := s.anonymous("POST", "/auth/tokens", credentials(name, userPassword)).want(201)["token"].(string)
	return "X-Auth-Token: " + token
}

// grant names users in the environment's list of those who may see it, and of those who may change it.
func (s *site) grant(environment string, view, edit []string) {
	s.t.Helper()
	for _, name := range view {
		s.call("PUT", "/users/"+name, `{"view-env":["`+environment+`"]}`).want(200)
	}
	for _, name := range edit {
		s.call("PUT", "/users/"+name, `{"edit-env":["`+environment+`"]}`).want(200)
	}
}

// withTenants is a server with the environments lab and prod, and users: viewer and editor of lab, manager, who manages
// users and sees lab, and chief, who has everything.
func withTenants(t *testing.T) *site {
	s, _ := withCloud(t)
	s.call("POST", "/environment_configs", otherDoc("prod")).want(201)
	s.addUser(AdminUser)
	s.addUser("viewer")
	s.addUser("editor")
	s.addUser("manager", auth.ManageUsers)
	s.addUser("chief", auth.Roles()...)
	s.grant("lab", []string{"viewer", "manager"}, []string{"editor"})
	return s
}

func TestUsers(t *testing.T) {
	t.Parallel()
	s := withTenants(t)
	body := `{"name":"new@example.com","password":"` + userPassword + `","roles":["manage-link-types","manage-clique-types"],"view-env":["lab"],"edit-env":["prod"]}`
	s.call("POST", "/users", body).want(201)
	want := map[string]any{"name": "new@example.com", "source": "local", "roles": []any{"manage-clique-types", "manage-link-types"},
		"view-env": []any{"lab"}, "edit-env": []any{"prod"}, "created": "2026-03-04T12:00:00Z"}
	if diff := cmp.Diff(want, s.call("GET", "/users/new@example.com", "").want(200)); diff != "" {
		t.Errorf("the user is another one (-want +got):\n%s", diff)
	}
	me := s.as("new@example.com")
	if got := column(s.anonymous("GET", "/environment_configs", "", me).want(200)["environment_configs"], "name"); !slices.Equal(got, []string{"lab", "prod"}) {
		t.Errorf("the user sees %v", got)
	}
	own := s.anonymous("GET", "/users/new@example.com", "", me).want(200)
	if diff := cmp.Diff([]any{"prod"}, own["edit-env"]); diff != "" {
		t.Errorf("the own rights (-want +got):\n%s", diff)
	}
	s.anonymous("GET", "/users/viewer", "", me).want(403)
	s.anonymous("GET", "/users", "", me).want(403)

	s.call("PUT", "/users/new@example.com", `{"edit-env":[]}`).want(200)
	if got := column(s.anonymous("GET", "/environment_configs", "", me).want(200)["environment_configs"], "name"); !slices.Equal(got, []string{"lab"}) {
		t.Errorf("after a right is withdrawn the user sees %v", got)
	}
	if got := s.call("GET", "/users/new@example.com", "").want(200); len(got["roles"].([]any)) != 2 || len(got["view-env"].([]any)) != 1 {
		t.Errorf("what was left out is changed: %v", got)
	}
	names := column(s.call("GET", "/users", "").want(200)["users"], "name")
	if diff := cmp.Diff([]string{"admin", "chief", "editor", "manager", "new@example.com", "viewer"}, names); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}

	s.call("DELETE", "/users/new@example.com", "").want(200)
	s.anonymous("GET", "/environment_configs", "", me).want(401)
	s.call("DELETE", "/users/new@example.com", "").wantError(404, "404", "Not Found", "", `there is no user "new@example.com"`)
	s.call("POST", "/users", `{"name":"new@example.com","password":"`+userPassword+`"}`).want(201)
	s.anonymous("GET", "/environment_configs", "", me).want(401)
	if got := s.anonymous("GET", "/environment_configs", "", s.as("new@example.com")).want(200)["environment_configs"].([]any); len(got) != 0 {
		t.Errorf("somebody of the same name sees %v", got)
	}
}

func TestBadUsers(t *testing.T) {
	t.Parallel()
	s := withTenants(t)
	for body, field := range map[string]string{
		`{"name":"x","password":"short"}`:                                               "password",
		`{"name":"a:b","password":"` + userPassword + `"}`:                              "name",
		`{"name":"","password":"` + userPassword + `"}`:                                 "name",
		`{"name":"group:x","password":"` + userPassword + `"}`:                          "name",
		`{"name":"<b>","password":"` + userPassword + `"}`:                              "name",
		`{"name":"` + strings.Repeat("x", 65) + `","password":"` + userPassword + `"}`:  "name",
		`{"name":"x","password":"` + userPassword + `","roles":["root"]}`:               "roles",
		`{"name":"x","password":"` + userPassword + `","view-env":["nowhere"]}`:         "view-env",
		`{"name":"x","password":"` + userPassword + `","edit-env":["lab","nowhere"]}`:   "edit-env",
		`{"name":"x","password":"` + userPassword + `","edit-env":"lab"}`:               "edit-env",
		`{"name":"x","password":"` + strings.Repeat("ü", 40) + `","view-env":["prod"]}`: "password",
	} {
		if got := s.call("POST", "/users", body).want(400)["error"].(map[string]any); got["field"] != field {
			t.Errorf("%s: %v", body, got)
		}
	}
	s.call("POST", "/users", `{"name":"viewer","password":"`+userPassword+`"}`).wantError(409, "409", "Conflict", "", `there is a user "viewer" already`)
	s.call("PUT", "/users/admin", `{"roles":[]}`).want(409)
	s.call("DELETE", "/users/admin", "").want(409)
	s.call("PUT", "/users/nobody", `{}`).want(404)
	if names := column(s.call("GET", "/users", "").want(200)["users"], "name"); len(names) != 5 {
		t.Errorf("there are %v", names)
	}
}

// TestNoEscalation: nobody can give what they don't have, nor become somebody who has more.
func TestNoEscalation(t *testing.T) {
	t.Parallel()
	s := withTenants(t)
	manager, editor, chief := s.as("manager"), s.as("editor"), s.as("chief")
	s.call("PUT", "/users/viewer", `{"view-env":["lab","prod"]}`).want(200)
	refused := []struct{ who, method, path, body string }{
		{manager, "PUT", "/users/manager", `{"roles":["manage-users","edit-env"]}`},
		{manager, "PUT", "/users/manager", `{"edit-env":["lab"]}`},
		{manager, "POST", "/users", `{"name":"x","password":"` + userPassword + `","roles":["view-env"]}`},
		{manager, "POST", "/users", `{"name":"x","password":"` + userPassword + `","edit-env":["lab"]}`},
		{manager, "PUT", "/users/editor", `{"edit-env":[]}`},
		{manager, "PUT", "/users/editor/password", `{"new":"a password of mine"}`},
		{manager, "PUT", "/users/admin/password", `{"new":"a password of mine"}`},
		{manager, "PUT", "/users/chief/password", `{"new":"a password of mine"}`},
		{manager, "DELETE", "/users/chief", ""},
		{manager, "PUT", "/users/viewer", `{"view-env":["lab"]}`}, // who sees more than the manager
		{manager, "DELETE", "/users/viewer", ""},
		{editor, "POST", "/users", `{"name":"x","password":"` + userPassword + `"}`},
		{editor, "PUT", "/users/editor", `{"view-env":[]}`},
		{editor, "PUT", "/users/viewer/password", `{"new":"a password of mine"}`},
		{editor, "DELETE", "/users/viewer", ""},
	}
	before := s.call("GET", "/users", "").want(200)
	for _, tt := range refused {
		if a := s.anonymous(tt.method, tt.path, tt.body, tt.who); a.Code != 403 || strings.Contains(a.Body.String(), "prod") {
			t.Errorf("%s %s %s: %d %s", tt.method, tt.path, tt.body, a.Code, a.Body)
		}
	}
	if diff := cmp.Diff(before, s.call("GET", "/users", "").want(200)); diff != "" {
		t.Errorf("something was changed (-before +after):\n%s", diff)
	}
	s.anonymous("PUT", "/users/manager", `{"view-env":["prod"]}`, manager).
		wantError(400, "400", "Bad Request", "view-env", `view-env: there is no environment "prod"`)
	if a := s.anonymous("GET", "/users", "", manager); strings.Contains(a.Body.String(), "prod") {
		t.Errorf("who does not see an environment reads its name: %s", a.Body)
	}
	s.anonymous("POST", "/users", `{"name":"helper","password":"`+userPassword+`","roles":["manage-users"],"view-env":["lab"]}`, manager).want(201)
	s.anonymous("DELETE", "/users/helper", "", manager).want(200)
	s.anonymous("PUT", "/users/manager", `{"roles":["manage-users","edit-env"]}`, chief).want(200)
}

// TestPasswordOfOneself: a stolen session can't be kept by changing the password.
func TestPasswordOfOneself(t *testing.T) {
	t.Parallel()
	s := withTenants(t)
	me := s.as("viewer")
	s.anonymous("PUT", "/users/viewer/password", `{"new":"another password"}`, me).
		wantError(400, "400", "Bad Request", "old", "old: give the password that you have now")
	s.anonymous("PUT", "/users/viewer/password", `{"old":"wrong","new":"another password"}`, me).
		wantError(400, "400", "Bad Request", "old", "old: this is not the password that you have now")
	s.anonymous("PUT", "/users/viewer/password", `{"old":"`+userPassword+`","new":"short"}`, me).
		wantError(400, "400", "Bad Request", "new", "new: the password has 5 characters; it must have 12 at least")
	s.anonymous("PUT", "/users/viewer/password", `{"old":"`+userPassword+`","new":"another password"}`, me).want(200)
	s.anonymous("GET", "/scans", "", me).want(401)
	s.anonymous("POST", "/auth/tokens", credentials("viewer", userPassword)).want(401)
	s.anonymous("POST", "/auth/tokens", credentials("viewer", "another password")).want(201)
	s.call("PUT", "/users/(local)/password", `{"old":"x","new":"another password"}`).want(409)
	s.call("PUT", "/users/viewer/password", `{"new":"one more password"}`).want(200)
	s.anonymous("POST", "/auth/tokens", credentials("viewer", "one more password")).want(201)
}

// TestAuthOfEnvironments: who may change an environment can't say who else may.
func TestAuthOfEnvironments(t *testing.T) {
	t.Parallel()
	s := withTenants(t)
	with := func(auth string) string {
		return strings.Replace(environmentDoc, `"listen":false`, `"listen":false,`+auth, 1)
	}
	editor := s.as("editor")
	wanted := with(`"auth":{"view-env":["editor","stranger"],"edit-env":["editor"]}`)
	got := s.anonymous("PUT", "/environment_configs/lab", wanted, editor).want(403)["error"].(map[string]any)
	if got["field"] != "auth" {
		t.Errorf("error %v", got)
	}
	s.anonymous("PUT", "/environment_configs/lab", environmentDoc, editor).want(200)
	s.anonymous("PUT", "/environment_configs/lab", with(`"auth":{"view-env":["viewer","manager"],"edit-env":["editor"]}`), editor).want(200)
	stored, err := s.db.Environments.Get(t.Context(), "lab")
	if err != nil || !slices.Equal(stored.Auth.ViewEnv, []string{"viewer", "manager"}) || !slices.Equal(stored.Auth.EditEnv, []string{"editor"}) {
		t.Errorf("lists %+v, %v", stored.Auth, err)
	}
	s.addUser("maker", auth.EditEnv)
	maker := s.as("maker")
	third := strings.Replace(wanted, `"name":"lab"`, `"name":"third"`, 1)
	s.anonymous("POST", "/environment_configs", third, maker).want(403)
	s.anonymous("POST", "/environment_configs", strings.Replace(environmentDoc, `"name":"lab"`, `"name":"third"`, 1), maker).want(201)
	s.call("PUT", "/environment_configs/lab", wanted).want(200)
	if a := s.anonymous("GET", "/environment_configs?name=lab", "", s.as("viewer")); a.Code != 404 {
		t.Errorf("who is no longer named sees it: %d", a.Code)
	}
}

// TestRightsOfGroups: an environment may name a group; nobody is one by the name.
func TestRightsOfGroups(t *testing.T) {
	t.Parallel()
	s := withTenants(t)
	doc := strings.Replace(environmentDoc, `"listen":false`, `"listen":false,"auth":{"view-env":["group:netops"],"edit-env":[]}`, 1)
	s.call("PUT", "/environment_configs/lab", doc).want(200)
	g := &grants{db: s.db, now: s.clock.Now}
	for _, tt := range []struct {
		id   auth.Identity
		want []string
	}{
		{auth.Identity{User: "ann", Source: "ldap", Groups: []string{"netops"}}, []string{"lab"}},
		{auth.Identity{User: "group:netops", Source: "ldap"}, nil},
		{auth.Identity{User: "netops"}, nil},
	} {
		if view, _, err := g.of(t.Context(), tt.id); err != nil || !slices.Equal(view, tt.want) {
			t.Errorf("%+v sees %v, %v", tt.id, view, err)
		}
	}
}

// TestRightsElsewhere: what another process gives or withdraws takes effect after a second; here it does so at once.
func TestRightsElsewhere(t *testing.T) {
	t.Parallel()
	s := withTenants(t)
	me := s.as("viewer")
	other := newSiteOn(t, s.db)
	sees := func() int {
		return len(s.anonymous("GET", "/environment_configs", "", me).want(200)["environment_configs"].([]any))
	}
	if sees() != 1 {
		t.Fatal("the user sees nothing")
	}
	other.call("PUT", "/users/viewer", `{"view-env":[]}`).want(200)
	s.clock.add(grantsLifetime + time.Millisecond)
	if n := sees(); n != 0 {
		t.Errorf("after a second the user sees %d", n)
	}
	s.call("PUT", "/users/viewer", `{"view-env":["lab","prod"]}`).want(200)
	if n := sees(); n != 2 {
		t.Errorf("at once the user sees %d", n)
	}
}
