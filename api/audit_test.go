package api

import (
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/sqlite"
)

// entries returns what is in the audit log.
func (s *site) entries() []model.AuditEntry {
	s.t.Helper()
	all, err := s.db.Audit.Find(s.t.Context(), store.Query{})
	must(s.t, err)
	return all
}

// forget empties the audit log.
func (s *site) forget() {
	s.t.Helper()
	_, err := s.db.Audit.Delete(s.t.Context())
	must(s.t, err)
}

// TestAuditOfEachRoute: whatever changes something leaves an entry that says who did what, from where.
func TestAuditOfEachRoute(t *testing.T) {
	t.Parallel()
	for _, key := range slices.Sorted(maps.Keys(rules())) {
		method, path, _ := strings.Cut(key, " ")
		if method == "GET" || strings.HasPrefix(path, monitorPath) && method != "POST" || path == monitorPath {
			continue
		}
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			s := world(t, mine)
			s.addUser("chief", auth.Roles()...)
			chief := s.as("chief")
			_, err := s.db.Scans.Update(t.Context(), mine.id("scan"), func(scan *model.Scan) error { scan.Status = model.ScanPending; return nil })
			must(t, err)
			if key == "DELETE /inventory" {
				_, err := s.db.Scans.Delete(t.Context(), store.IDs(mine.id("scan")))
				must(t, err)
			}
			s.forget()
			rule, headers := rules()[key], []string{chief, "X-Forwarded-For: 203.0.113.9"}
			if path == "/login" {
				headers = []string{"Content-Type: application/x-www-form-urlencoded"}
			}
			a := s.anonymous(method, mine.fill(rule.path), mine.fill(rule.body), headers...)
			if a.Code >= 400 {
				t.Fatalf("status %d %s", a.Code, a.Body)
			}
			got := s.entries()
			if len(got) != 1 {
				t.Fatalf("%d entries: %+v", len(got), got)
			}
			user := "chief"
			if rule.access == public && method == "POST" {
				user = string(mine) + "-user"
			}
			e := got[0]
			want := model.AuditEntry{User: user, Address: "192.0.2.1", Method: method, Route: path, Result: model.AuditDone, Status: a.Code, Request: a.Header().Get("X-Request-Id")}
			if diff := cmp.Diff(want, model.AuditEntry{User: e.User, Address: e.Address, Method: e.Method, Route: e.Route, Result: e.Result, Status: e.Status, Request: e.Request}); diff != "" {
				t.Errorf("the entry is another one (-want +got):\n%s", diff)
			}
			if e.Kind == "" || rule.about == aTenants && !slices.Equal(e.Environments, []string{string(mine)}) || len(e.Changes) == 0 && e.Note == "" {
				t.Errorf("the entry says too little: %+v", e)
			}
			for _, secret := range append(secrets(), userPassword, "$2a$") {
				if all := asText(got); strings.Contains(all, secret) {
					t.Errorf("a secret is in the audit log: %s", all)
				}
			}
		})
	}
}

// TestAuditOfRefusals: who tried what is in the log, too; requests that make no sense are not.
func TestAuditOfRefusals(t *testing.T) {
	t.Parallel()
	s := world(t, mine)
	viewer := s.as("viewer")
	s.forget()
	s.anonymous("DELETE", "/environment_configs/mine", "", viewer).want(403)
	s.anonymous("POST", "/auth/tokens", credentials("viewer", "wrong")).want(401)
	s.anonymous("GET", "/scans", "", "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte("nobody:wrong"))).want(401)
	s.anonymous("POST", "/users", `{}`, viewer).want(403)
	s.anonymous("POST", "/scans", `{"environment":"nowhere"}`, viewer).want(400)
	s.anonymous("POST", "/scans", `{"environment":"mine"}`).want(401)
	s.anonymous("POST", "/nothing", "", viewer).want(404)
	s.anonymous("GET", "/scans", "", viewer).want(200)
	var got []string
	for _, e := range s.entries() {
		got = append(got, strings.Join([]string{e.User, e.Kind, e.Resource, e.Result, e.Error}, "|"))
	}
	slices.Sort(got)
	want := []string{"nobody|login||refused|" + wrongLogin, "viewer|environment_configs|mine|refused|you may not change this: it takes the right edit-env for its environment",
		"viewer|login||refused|" + wrongLogin, "viewer|users||refused|this takes the role manage-users"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// TestAuditBeforeAndAfter: it is told which values were changed, and secrets are masked.
func TestAuditBeforeAndAfter(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.forget()
	doc := strings.NewReplacer(`"10.0.0.1","port":"5000"`, `"10.0.0.2","port":"5000"`, "s3cret-api", "s3cret-new", `"listen":false`,
		`"listen":false,"auth":{"view-env":["ann"],"edit-env":[]}`).Replace(environmentDoc)
	s.call("PUT", "/environment_configs/lab", doc).want(200)
	want := []model.AuditChange{{Collection: "environments_config", ID: "lab", Fields: []model.AuditField{
		{Path: "auth.edit-env", After: "[]"}, {Path: "auth.view-env", After: `["ann"]`},
		{Path: "configuration[0].admin_token", Before: "********", After: "********"},
		{Path: "configuration[0].host", Before: "10.0.0.1", After: "10.0.0.2"}, {Path: "configuration[0].pwd", Before: "********", After: "********"}}}}
	got := s.entries()[0].Changes
	// Secrets are sealed anew each time that they are given.
	got[0].Fields = slices.DeleteFunc(got[0].Fields, func(f model.AuditField) bool {
		return strings.HasPrefix(f.Path, "configuration[1]") || strings.HasPrefix(f.Path, "configuration[2]")
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

// TestAuditIsBounded: a change of very many documents, or of very long ones, makes no long entry.
func TestAuditIsBounded(t *testing.T) {
	t.Parallel()
	var c changes
	for i := range 1000 {
		c.add(store.Change{Collection: "messages", ID: strings.Repeat("i", i), After: []byte(`{"a":"` + strings.Repeat("ü", 9999) + `"}`)})
	}
	c.add(store.Change{Collection: "messages", More: 7})
	if text := asText(c.told()); len(text) > 20_000 || !strings.Contains(text, `"more":987`) {
		t.Errorf("%d bytes: %.300s", len(text), text)
	}
}

// TestAuditList: who may read it, and what it is filtered by.
func TestAuditList(t *testing.T) {
	t.Parallel()
	s := world(t, mine, foreign)
	s.call("POST", "/scans", `{"environment":"zebra"}`).want(201)
	s.addUser("chief", auth.Roles()...)
	chief := s.as("chief")
	s.anonymous("GET", "/audit", "", s.as("manager")).want(403)
	s.anonymous("GET", "/audit", "", s.as("editor")).want(403)
	count := func(query string) int {
		return len(s.anonymous("GET", "/audit?"+query, "", chief).want(200)["audit"].([]any))
	}
	all := count("page_size=1000")
	for query, want := range map[string]int{"env_name=zebra": 3, "env_name=ZEBRA": 0, "env_name=zeb": 0, "user=chief": 1, "user=chief&kind=scans": 0,
		"kind=scans": 1, "kind=login&kind=scans": 4, "result=refused": 0, "result=done&kind=login": 3, "end_time=2026-03-04T11:00:00Z": 0,
		"start_time=2026-03-04T12:00:00Z&page_size=2": 2, "page=1&page_size=2": 2, "start_time=2026-03-04T11:00:00Z&page_size=999": all} {
		if got := count(query); got != want {
			t.Errorf("%s: %d entries, want %d", query, got, want)
		}
	}
	s.anonymous("GET", "/audit?result=good", "", chief).want(400)
}

// failing is a driver whose audit log can't be written.
type failing struct{ store.Driver }

func (d failing) Insert(ctx context.Context, spec store.Spec, records []store.Record) (int, error) {
	if spec.Name == "audit" {
		return 0, store.Errorf(store.Unavailable, "%w", errors.New("disk full"))
	}
	return d.Driver.Insert(ctx, spec, records)
}

// TestAuditFailsClosed: what can't be noted is not done, and nobody logs in unseen.
func TestAuditFailsClosed(t *testing.T) {
	t.Parallel()
	driver, err := sqlite.Open(t.Context(), t.TempDir()+"/calipso.db")
	must(t, err)
	db, err := store.NewDB(t.Context(), failing{driver})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	s := newSiteOn(t, db)
	must(t, db.Environments.Create(t.Context(), model.Environment{Name: "lab"}))
	s.addUser(AdminUser)
	for _, key := range []string{"POST /scans", "DELETE /environment_configs/lab", "POST /auth/tokens", "POST /tasks/api/queues/scan:pause", "POST /users"} {
		method, path, _ := strings.Cut(key, " ")
		body := map[string]string{"/scans": `{"environment":"lab","force":true}`, "/auth/tokens": credentials(AdminUser, userPassword),
			"/users": `{"name":"x","password":"` + userPassword + `"}`}[path]
		s.call(method, path, body).want(503)
	}
	scans, err1 := db.Scans.Count(t.Context())
	tokens, err2 := db.Tokens.Count(t.Context())
	users, err3 := db.Users.Count(t.Context())
	environments, err4 := db.Environments.Count(t.Context())
	if err := errors.Join(err1, err2, err3, err4); err != nil || scans != 0 || tokens != 0 || users != 1 || environments != 1 {
		t.Errorf("%d scans, %d tokens, %d users, %d environments, %v", scans, tokens, users, environments, err)
	}
	s.call("GET", "/environment_configs", "").want(200)
}
