package ldap_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/auth/ldap"
	"calipso.io/calipso/pkg/auth/ldap/slapdtest"
)

const (
	admins  = "cn=net admins,ou=groups,dc=example,dc=org"
	viewers = "cn=viewers,ou=groups,dc=example,dc=org"
	staff   = "cn=staff,ou=groups,dc=example,dc=org"
)

// directory makes one of lines "key value".
func directory(t *testing.T, lines ...string) *ldap.Directory {
	t.Helper()
	c, err := ldap.ReadConfig(write(t, lines...))
	if err != nil {
		t.Fatal(err)
	}
	d, err := ldap.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func write(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ldap.conf")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// directly and searching are the lines of the two ways to log in.
func directly(s *slapdtest.Server, more ...string) []string {
	return append([]string{"url " + s.Plain, "user_id_attribute uid", "user_tree_dn ou=people,dc=example,dc=org", "tls_cacertfile " + s.CAFile}, more...)
}

func searching(s *slapdtest.Server, more ...string) []string {
	return append(directly(s, "user "+slapdtest.Reader, "password "+slapdtest.ReaderSecret), more...)
}

// TestLogin: who has the right password is let in, by either way, under the name that the directory has; and nobody else.
func TestLogin(t *testing.T) {
	t.Parallel()
	s := slapdtest.Start(t)
	direct, search := directory(t, directly(s)...), directory(t, searching(s)...)
	people := directory(t, searching(s, "user_objectclass inetOrgPerson")...)
	near := directory(t, searching(s, "query_scope one")...)
	const odd = `a*(b)\,c=d+e<"é`
	tests := []struct {
		way                   *ldap.Directory
		name, password, whose string // whose: "" for a refusal
	}{
		{search, "alice", slapdtest.AlicePassword, "alice"},
		{search, "ALICE", slapdtest.AlicePassword, "alice"},
		{search, " alice ", slapdtest.AlicePassword, "alice"},
		{search, "aliceb", slapdtest.AlicePassword, "alice"},
		{search, "bob", "bob's secret", "bob"},
		{search, odd, "odd secret", odd},
		{search, "robot", "robot secret", "robot"},
		{direct, "alice", slapdtest.AlicePassword, "alice"},
		{direct, "Alice", slapdtest.AlicePassword, "alice"},
		{direct, " alice", slapdtest.AlicePassword, "alice"},
		{direct, odd, "odd secret", odd},

		{search, "alice", "wrong", ""},
		{search, "alice", "", ""},
		{search, "alice", slapdtest.AlicePassword + "\x00", ""},
		{search, "alice", strings.Repeat("x", 1025), ""},
		{search, "nobody", slapdtest.AlicePassword, ""},
		{search, "carol", "anything", ""}, // who has no password
		{search, "", slapdtest.AlicePassword, ""},
		{search, "reader", slapdtest.ReaderSecret, ""}, // who is not below the tree
		{direct, "alice", "wrong", ""},
		{direct, "alice", "", ""},
		{direct, "bob", "bob's secret", ""}, // who is further below
		{direct, "aliceb", slapdtest.AlicePassword, ""},
		{direct, "nobody", "x", ""},
		{direct, "carol", "anything", ""},
		{people, "robot", "robot secret", ""},
		{people, "alice", slapdtest.AlicePassword, "alice"},
		{near, "bob", "bob's secret", ""},
		{near, "alice", slapdtest.AlicePassword, "alice"},
	}
	for _, tt := range tests {
		user, err := tt.way.Login(t.Context(), tt.name, tt.password)
		if tt.whose == "" && !errors.Is(err, auth.ErrPassword) || tt.whose != "" && err != nil || user.Name != tt.whose {
			t.Errorf("%q with %q: %+v, %v; want %q", tt.name, tt.password, user, err, tt.whose)
		}
	}
	if _, err := search.Login(t.Context(), "twin", "twin secret"); err == nil || errors.Is(err, auth.ErrPassword) || !strings.Contains(err.Error(), "several entries") {
		t.Errorf("a name that two have: %v", err)
	}
}

// TestNamesAreText: no name changes the question that the directory is asked: with anybody's right password, none of these
// is anybody.
func TestNamesAreText(t *testing.T) {
	t.Parallel()
	s := slapdtest.Start(t)
	ways := map[string]*ldap.Directory{"direct": directory(t, directly(s)...), "search": directory(t, searching(s)...)}
	names := []string{"*", "a*", "alice)(uid=*", "alice)(|(uid=*", "*)(objectClass=*", "alice))(|(uid=*", `\2a`, `\61lice`, "alice\x00", "alice\x00)",
		"alice,ou=people,dc=example,dc=org", "alice,ou=people,dc=example,dc=org\x00", "alice+uid=bob", "alice,", `alice\`, `"alice"`, "#616c696365",
		"bob,ou=far", "alice;x", "<alice>", "alice=", "uid=alice", "cn=reader,dc=example,dc=org", "\xff\xfe", "alice\xff", "al\nice", "alice\u202e",
		strings.Repeat("a", 300), "   ", "\t", "ａｌｉｃｅ)(", "(&)", "(|)", "!", "alice)(!(uid=x)"}
	for way, d := range ways {
		for _, name := range names {
			for _, password := range []string{slapdtest.AlicePassword, slapdtest.ReaderSecret, "bob's secret"} {
				if user, err := d.Login(t.Context(), name, password); !errors.Is(err, auth.ErrPassword) || user.Name != "" {
					t.Errorf("%s: %q: %+v, %v", way, name, user, err)
				}
			}
		}
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	s := slapdtest.Start(t)
	tests := map[string]struct {
		lines []string
		want  []string
	}{
		"memberOf":         {searching(s), []string{admins}},
		"memberOf, direct": {directly(s), []string{admins}},
		"groupOfNames":     {searching(s, "group_tree_dn ou=groups,dc=example,dc=org", "group_member_attribute member"), []string{admins, viewers}},
		"posixGroup": {searching(s, "group_tree_dn ou=groups,dc=example,dc=org", "group_objectclass posixGroup", "group_member_attribute memberUid"),
			[]string{admins, staff}},
		"none below": {searching(s, "group_tree_dn ou=far,ou=people,dc=example,dc=org"), []string{admins}},
	}
	for name, tt := range tests {
		user, err := directory(t, tt.lines...).Login(t.Context(), "alice", slapdtest.AlicePassword)
		if diff := cmp.Diff(tt.want, user.Groups); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	user, err := directory(t, searching(s, "group_tree_dn ou=groups,dc=example,dc=org")...).Login(t.Context(), "robot", "robot secret")
	if err != nil || len(user.Groups) > 0 {
		t.Errorf("who is in no group: %+v, %v", user, err)
	}
	_, err = directory(t, searching(s, "group_tree_dn ou=nothing,dc=example,dc=org")...).Login(t.Context(), "alice", slapdtest.AlicePassword)
	if err == nil || errors.Is(err, auth.ErrPassword) || !strings.Contains(err.Error(), "ou=nothing,dc=example,dc=org") {
		t.Errorf("a tree that is not there: %v", err)
	}
}

// TestEncryption: passwords go only to a server whose certificate is believed, unless that is switched off.
func TestEncryption(t *testing.T) {
	t.Parallel()
	s := slapdtest.Start(t)
	lines := func(more ...string) []string {
		return append([]string{"user_id_attribute uid", "user_tree_dn ou=people,dc=example,dc=org"}, more...)
	}
	byName := "ldaps://localhost" + s.Secure[strings.LastIndexByte(s.Secure, ':'):]
	for name, tt := range map[string]struct {
		lines []string
		wrong string // what the error says; "" for a login
	}{
		"StartTLS":                  {lines("url "+s.Plain, "tls_cacertfile "+s.CAFile, "tls_req_cert demand"), ""},
		"LDAPS":                     {lines("url "+s.Secure, "tls_cacertfile "+s.CAFile), ""},
		"StartTLS, other authority": {lines("url "+s.Plain, "tls_cacertfile "+s.OtherCAFile), "certificate signed by unknown authority"},
		"LDAPS, other authority":    {lines("url "+s.Secure, "tls_cacertfile "+s.OtherCAFile), "certificate signed by unknown authority"},
		"LDAPS, the system's":       {lines("url " + s.Secure), "certificate"},
		"StartTLS, the system's":    {lines("url " + s.Plain), "certificate"},
		"other name":                {lines("url "+byName, "tls_cacertfile "+s.CAFile), "certificate"},
		"allow":                     {lines("url "+s.Plain, "tls_cacertfile "+s.OtherCAFile, "tls_req_cert allow"), ""},
		"never":                     {lines("url "+s.Secure, "tls_req_cert never"), ""},
		"plain":                     {lines("url "+s.Plain, "start_tls false"), ""},
		"LDAPS port, spoken plain":  {lines("url ldap"+s.Secure[5:], "start_tls false"), "log in as uid=alice"},
	} {
		user, err := directory(t, tt.lines...).Login(t.Context(), "alice", slapdtest.AlicePassword)
		if tt.wrong == "" && (err != nil || user.Name != "alice") || tt.wrong != "" && (err == nil || errors.Is(err, auth.ErrPassword) || !strings.Contains(err.Error(), tt.wrong)) {
			t.Errorf("%s: %+v, %v; want %q", name, user, err, tt.wrong)
		}
	}
}

// TestServerDown: another server is asked; when there is none, nobody is let in, and the error says who does not answer.
func TestServerDown(t *testing.T) {
	t.Parallel()
	s, other := slapdtest.Start(t), slapdtest.Start(t)
	// Two authorities: the second server's certificate is not looked at here.
	both := directory(t, searching(s, "url "+other.Plain, "tls_req_cert never")...)
	one := directory(t, searching(s)...)
	s.Stop()
	if user, err := both.Login(t.Context(), "alice", slapdtest.AlicePassword); err != nil || user.Name != "alice" {
		t.Errorf("with another server: %+v, %v", user, err)
	}
	if _, err := both.Login(t.Context(), "alice", "wrong"); !errors.Is(err, auth.ErrPassword) {
		t.Errorf("a wrong password with another server: %v", err)
	}
	if _, err := one.Login(t.Context(), "alice", slapdtest.AlicePassword); err == nil || errors.Is(err, auth.ErrPassword) || !strings.Contains(err.Error(), "connect to "+s.Plain) {
		t.Errorf("without: %v", err)
	}
	s.Run()
	if _, err := one.Login(t.Context(), "alice", slapdtest.AlicePassword); err != nil {
		t.Errorf("when it is back: %v", err)
	}
}

// TestServerSilent: a server that takes connections and says nothing holds a login up until its context ends.
func TestServerSilent(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	for _, tls := range []string{"true", "false"} {
		d := directory(t, "url ldap://"+listener.Addr().String(), "user_id_attribute uid", "user_tree_dn dc=example,dc=org", "start_tls "+tls)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { _, err := d.Login(ctx, "alice", "x"); done <- err }()
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		cancel()
		if err := <-done; err == nil || errors.Is(err, auth.ErrPassword) {
			t.Errorf("start_tls %s: %v", tls, err)
		}
	}
}

// TestSearchAccountRefused: when the account that looks for users can't log in, that is not the user's fault.
func TestSearchAccountRefused(t *testing.T) {
	t.Parallel()
	s := slapdtest.Start(t)
	d := directory(t, directly(s, "user "+slapdtest.Reader, "password wrong")...)
	_, err := d.Login(t.Context(), "alice", slapdtest.AlicePassword)
	if err == nil || errors.Is(err, auth.ErrPassword) || !strings.Contains(err.Error(), "as "+slapdtest.Reader) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("error %v", err)
	}
}
