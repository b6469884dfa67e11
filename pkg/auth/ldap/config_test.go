package ldap_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/auth/ldap"
)

// TestReadConfig: the keys of the original's file are understood, with and without what groups need.
func TestReadConfig(t *testing.T) {
	t.Parallel()
	got, err := ldap.ReadConfig(write(t, "# a directory", "", "user cn=admin,dc=example,dc=com", "password two words # and this", "url\tldap://ldap.example.com:389",
		"url ldaps://b.example.com ldaps://[2001:db8::1]:636/", "user_id_attribute CN", "user_pass_attribute userPassword", "user_objectclass inetOrgPerson",
		"user_tree_dn OU=Employees,OU=Example Users,DC=example,DC=com", "query_scope ONE", "group_member_attribute memberUid", "tls_req_cert Allow", "tls_cacertfile /etc/ca.pem"))
	want := ldap.Config{URLs: []string{"ldap://ldap.example.com:389", "ldaps://b.example.com", "ldaps://[2001:db8::1]:636"},
		User: "cn=admin,dc=example,dc=com", Password: "two words # and this", UserIDAttribute: "CN", UserObjectClass: "inetOrgPerson",
		UserTreeDN: "OU=Employees,OU=Example Users,DC=example,DC=com", QueryScope: "one",
		GroupMemberAttribute: "memberUid", GroupObjectClass: "groupOfNames", StartTLS: true, CACertFile: "/etc/ca.pem"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err = ldap.ReadConfig(write(t, "user_id_attribute uid", "user_tree_dn dc=example", "user cn=a", "password_file "+secret))
	if err != nil || got.Password != "s3cret" || !got.Verify || !got.StartTLS || got.QueryScope != "sub" || got.URLs[0] != "ldap://localhost:389" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReadConfigRefuses(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"uri ldap://a":                       "ldap.conf:1: uri: there is no such key",
		"url":                                "ldap.conf:1: url: the value is missing",
		"url http://a":                       `ldap.conf:1: url: "http://a" must be as ldap://host:389 or ldaps://host:636`,
		"url ldap://a/dc=b":                  "ldap.conf:1: url: ",
		"url ldap://":                        "ldap.conf:1: url: ",
		"url ldap://me:pw@a":                 "ldap.conf:1: url: ",
		"query_scope tree":                   `ldap.conf:1: query_scope: "tree" must be one of one, sub`,
		"tls_req_cert perhaps":               `ldap.conf:1: tls_req_cert: "perhaps" must be one of demand, allow, never`,
		"start_tls maybe":                    `ldap.conf:1: start_tls: "maybe" must be one of true, false`,
		"user_id_attribute uid)(x=":          `ldap.conf:1: user_id_attribute: "uid)(x=" must be a name of letters, digits`,
		"user_objectclass *":                 "ldap.conf:1: user_objectclass: ",
		"group_tree_dn people":               `ldap.conf:1: group_tree_dn: "people" must be a distinguished name, such as`,
		"user_tree_dn ou=a\nuser_tree_dn x=": `ldap.conf:2: user_tree_dn: it is given twice`,
		"password_file /nonexistent/x":       "ldap.conf:1: password_file: open /nonexistent/x",
		"user_tree_dn dc=a":                  "ldap.conf: user_id_attribute is missing",
		"user_id_attribute uid":              "ldap.conf: user_tree_dn is missing",
		"user_id_attribute uid\nuser_tree_dn dc=a\nuser cn=b": "ldap.conf: user and password: give both",
	} {
		if _, err := ldap.ReadConfig(write(t, line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	if _, err := ldap.ReadConfig("/nonexistent/ldap.conf"); err == nil || !strings.Contains(err.Error(), "/nonexistent/ldap.conf") {
		t.Errorf("no file: %v", err)
	}
}

func TestAuthoritiesRefused(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{"/nonexistent/ca.pem": "tls_cacertfile: open /nonexistent/ca.pem", write(t, "no certificate"): "has no certificate in PEM format"} {
		if _, err := ldap.New(ldap.Config{CACertFile: file}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
}

// TestWarnings: who lets passwords be read by others is told so.
func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		config ldap.Config
		want   []string
	}{
		{ldap.Config{URLs: []string{"ldap://a", "ldaps://b"}, StartTLS: true, Verify: true}, nil},
		{ldap.Config{URLs: []string{"ldap://a", "ldaps://b"}, Verify: true}, []string{"start_tls is false: passwords go to ldap://a as they are"}},
		{ldap.Config{URLs: []string{"ldaps://b"}}, []string{"tls_req_cert is not demand: anybody between here and the directory can read passwords"}},
	} {
		if diff := cmp.Diff(tt.want, tt.config.Warnings()); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.config, diff)
		}
	}
}
