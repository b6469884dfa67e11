package app

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// set clears the environment of all that the program reads, and sets these variables.
func set(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "CALIPSO_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("HOME", "/home/me")
	t.Setenv("XDG_CONFIG_HOME", "")
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

func TestConfig(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(" from a file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		variables map[string]string
		want      Config
	}{
		"nothing is set": {nil, Config{Data: "/home/me/.config/calipso", Listen: "127.0.0.1:8000"}},
		"values": {map[string]string{"CALIPSO_DATA": "/data", "CALIPSO_KEY": "key", "CALIPSO_SERVER": "http://server/", "CALIPSO_IMPORT_LIMIT": "3", "CALIPSO_AUDIT_KEEP": "48h",
			"CALIPSO_PROXIES": "10.0.0.0/8, 192.0.2.1,,2001:db8::1"},
			Config{Data: "/data", Listen: "127.0.0.1:8000", Key: "key", Server: "http://server", Import: 3 << 20, KeepAudit: 48 * time.Hour, Proxies: []netip.Prefix{
				netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::1/128")}}},
		"logins": {map[string]string{"CALIPSO_DATA": "/data", "CALIPSO_LDAP": "/etc/ldap.conf", "CALIPSO_OIDC": "oidc.yaml", "CALIPSO_GROUPS": "groups.yaml",
			"CALIPSO_TOKEN_LIFETIME": "12h", "CALIPSO_SESSION_IDLE": "30m"},
			Config{Data: "/data", Listen: "127.0.0.1:8000", Login: Login{LDAP: "/etc/ldap.conf", OIDC: "oidc.yaml", Groups: "groups.yaml",
				TokenLifetime: 12 * time.Hour, SessionIdle: 30 * time.Minute}}},
		"files": {map[string]string{"CALIPSO_DATA": "/data", "CALIPSO_KEY_FILE": secret, "CALIPSO_REDIS_FILE": secret,
			"CALIPSO_STORE_FILE": secret, "CALIPSO_TOKEN_FILE": secret, "CALIPSO_ADMIN_PASSWORD_FILE": secret},
			Config{Data: "/data", Listen: "127.0.0.1:8000", Key: " from a file", Redis: " from a file", Store: " from a file",
				Token: " from a file", Admin: " from a file"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			set(t, tt.variables)
			got, err := FromEnvironment()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestConfigRefused: all that is wrong is said, by the variables' names, and no secret with it.
func TestConfigRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	set(t, map[string]string{"CALIPSO_DATA": "/data", "CALIPSO_KEY": "secret", "CALIPSO_KEY_FILE": "/a", "CALIPSO_REDIS_FILE": "/nowhere",
		"CALIPSO_STORE_FILE": empty, "CALIPSO_PROXIES": "10.0.0.1,proxy", "CALIPSO_LOG_LEVEL": "loud", "CALIPSO_TLS_CERT": "/tls.crt",
		"CALIPSO_CORS_ORIGINS": "https://ui.example/, *", "CALIPSO_AUDIT_KEEP": "1h", "CALIPSO_IMPORT_LIMIT": "1G"})
	_, err := FromEnvironment()
	want := "CALIPSO_STORE_FILE: " + empty + ` is empty
CALIPSO_REDIS_FILE: open /nowhere: no such file or directory
CALIPSO_CORS_ORIGINS: "https://ui.example/" is no origin, as https://ui.example.org or http://10.0.0.1:8080
CALIPSO_CORS_ORIGINS: "*" is no origin, as https://ui.example.org or http://10.0.0.1:8080
CALIPSO_PROXIES: "proxy" is neither an address, as 10.0.0.1, nor a network, as 10.0.0.0/8
CALIPSO_KEY and CALIPSO_KEY_FILE are both set: keep one of them
CALIPSO_AUDIT_KEEP: "1h" is not a length of time from 24h0m0s to 876000h0m0s, such as 12h or 30m
CALIPSO_IMPORT_LIMIT: "1G" is not a number of MiB, such as 4096
CALIPSO_TLS_CERT and CALIPSO_TLS_KEY go together: set both, or none
CALIPSO_LOG_LEVEL: "loud" is not one of debug, info, warn, error`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ listen, server, want string }{
		{"127.0.0.1:8000", "", "http://127.0.0.1:8000"},
		{"0.0.0.0:80", "", "http://127.0.0.1:80"},
		{":8000", "", "http://127.0.0.1:8000"},
		{"[::]:8000", "", "http://127.0.0.1:8000"},
		{"[2001:db8::1]:8000", "", "http://[2001:db8::1]:8000"},
		{"0.0.0.0:80", "https://calipso.example", "https://calipso.example"},
	} {
		if got := (Config{Listen: tt.listen, Server: tt.server}).URL(); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}
