package cli_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/api"
	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/cli"
	"calipso.io/calipso/pkg/store"
)

// as is a Connect to the server by a user's password.
func (s *server) as(t *testing.T, user, password string) cli.Connect {
	t.Helper()
	token, err := client.New(s.url, "").CreateToken(t.Context(), user, password)
	must(t, err)
	return func(context.Context, bool) (*client.Client, func(), error) {
		return client.New(s.url, token.Token), func() {}, nil
	}
}

// TestUsers lets a user live: made, changed, logged out, removed; and what is wrong is said.
func TestUsers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	_, err := api.EnsureAdmin(t.Context(), s.db, "the first password")
	must(t, err)
	admin := s.as(t, "admin", "the first password")
	const password = "a password of ann\n"
	made := regexp.MustCompile(`20\d\d-\d\d-\d\dT[0-9:.]+Z`)
	for _, step := range []struct{ name, stdin, command string }{
		{"user-add", password, "user add ann --view-env lab"},
		{"user-add-twice", password, "user add ann"},
		{"user-add-short", "short\n", "user add bob"},
		{"user-add-name", password, "user add b:ob"},
		{"user-add-role", password, "user add bob --roles king"},
		{"user-add-env", password, "user add bob --edit-env nowhere"},
		{"user-list", "", "user list"},
		{"user-set", "", "user set ann --edit-env lab --roles manage-link-types,manage-clique-types"},
		{"user-set-nothing", "", "user set ann"},
		{"user-set-unknown", "", "user set bob --roles view-env"},
		{"user-list-yaml", "", "user list -o yaml"},
		{"user-logout", "", "user logout ann"},
		{"user-logout-none", "", "user logout nobody --source ldap"},
		{"user-logout-source", "", "user logout ann --source moon"},
		{"user-remove-admin", "", "user remove admin"},
		{"user-remove", "", "user remove ann bob"},
		{"user-roles", "", "user roles"},
	} {
		if step.name == "user-logout" {
			s.as(t, "ann", strings.TrimSpace(password))
		}
		args := strings.Fields(step.command)
		text := execute(t, cli.UserCommand(admin, nil), step.stdin, args[1:]...).text(args)
		golden(t, step.name+".txt", made.ReplaceAllString(text, "…"))
	}
	left, err := s.db.Users.IDs(t.Context(), store.Query{})
	must(t, err)
	env, err := s.db.Environments.Get(t.Context(), "lab")
	must(t, err)
	if strings.Join(left, " ") != "admin" || env.Auth != nil && len(env.Auth.ViewEnv)+len(env.Auth.EditEnv) > 0 {
		t.Errorf("left are the users %q and the rights %+v", left, env.Auth)
	}
}

// TestAudit: who did what is shown to those who may read it; filters choose; what names turn terminals around does not.
func TestAudit(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	_, err := api.EnsureAdmin(t.Context(), s.db, "the first password")
	must(t, err)
	admin := s.as(t, "admin", "the first password")
	_, err = client.New(s.url, "").CreateToken(t.Context(), evil, "a wrong password")
	if err == nil {
		t.Fatal("anybody gets in")
	}
	execute(t, cli.UserCommand(admin, nil), "a password of ann\n", "add", "ann", "--roles", auth.ManageUsers)
	random := regexp.MustCompile(`[0-9a-f]{24}|[A-Z2-7]{12}|127\.0\.0\.1`)
	for name, command := range map[string]string{
		"audit":         "audit",
		"audit-refused": "audit --kind login --result refused",
		"audit-json":    "audit --kind users --limit 1 -o json",
		"audit-none":    "audit -e lab --user nobody --since 2026-01-01",
		"audit-later":   "audit --since 2026-01-02T12:00:01Z",
		"audit-since":   "audit --since soon",
		"audit-result":  "audit --result lost",
	} {
		args := strings.Fields(command)
		got := run(t.Context(), admin, "", args...)
		if name == "audit" { // all happened at noon: in no order
			got.stdout = strings.Join(slices.Sorted(strings.Lines(got.stdout)), "")
		}
		golden(t, name+".txt", random.ReplaceAllString(got.text(args), "…"))
	}
	args := []string{"audit"}
	golden(t, "audit-forbidden.txt", run(t.Context(), s.as(t, "ann", "a password of ann"), "", args...).text(args))
}
