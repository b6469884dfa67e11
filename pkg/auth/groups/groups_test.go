package groups

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "groups.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOf(t *testing.T) {
	t.Parallel()
	m, err := Read(write(t, `
- group: CN=Net Admins, OU=Groups,DC=example,DC=org
  roles: [edit-env, view-env]
- {group: netops, roles: view-env, view-env: [a, b], edit-env: c}
- {group: NETOPS, roles: [manage-users]}
`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		groups []string
		want   Grant
	}{
		{nil, Grant{}},
		{[]string{"other", "", "*"}, Grant{}},
		{[]string{"cn=net admins,ou=groups,dc=example,dc=org"}, Grant{Roles: []string{"edit-env", "view-env"}}},
		{[]string{"cn=net admins,ou=mine,ou=groups,dc=example,dc=org", "net admins"}, Grant{}},
		{[]string{"netops", "cn=Net Admins,ou=Groups,dc=example,dc=org"},
			Grant{Roles: []string{"edit-env", "view-env"}, View: []string{"a", "b"}, Edit: []string{"c"}}},
		{[]string{"NetOps"}, Grant{}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, m.Of(tt.groups)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.groups, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"- {group: a, roles: [admin]}":    `groups.yaml:1: roles: "admin" must be one of manage-users, `,
		"- {group: a, rolls: [view-env]}": "groups.yaml:1: ",
		"- {group: a}":                    `groups.yaml:1: group: "a" may do nothing`,
		"- {roles: [view-env]}":           "groups.yaml:1: group: the group's name is missing",
		"- {group: a, view-env: ['']}":    "groups.yaml:1: view-env: an environment's name is blank",
		"- {group: a, roles: [view-env]}\n- {group: a, roles: [edit-env]}":                      `groups.yaml:2: group: "a" is there already`,
		"- {group: 'cn=A,dc=b', roles: [view-env]}\n- {group: 'CN=a, dc=b', roles: [edit-env]}": `groups.yaml:2: group: "CN=a, dc=b" is there already`,
		"group: a": "groups.yaml:1: ",
	} {
		if _, err := Read(write(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
