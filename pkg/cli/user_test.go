package cli_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/cli"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/open"
)

// execute types a command that needs no API.
func execute(t *testing.T, cmd *cobra.Command, stdin string, args ...string) result {
	var stdout, stderr bytes.Buffer
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	code := cli.Exit(&stderr, cmd.ExecuteContext(t.Context()))
	return result{stdout.String(), stderr.String(), code}
}

func TestPasswd(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "calipso.db")
	openStore := func(ctx context.Context) (*store.DB, error) { return open.Store(ctx, file) }
	db, err := openStore(t.Context())
	must(t, err)
	defer db.Close()
	_, err = api.EnsureAdmin(t.Context(), db, "the first password")
	must(t, err)
	tests := []struct {
		stdin, user string
		want        result
	}{
		{"another password\n", "nobody\x1b", result{stderr: `calipso: there is no user "nobody\x1b" in this store (CALIPSO_STORE, ` +
			"CALIPSO_DATA); the first start of the API makes \"admin\"\n", code: 2}},
		{"short\n", "admin", result{stderr: "calipso: the password has 5 characters; it must have 12 at least\n", code: 2}},
		{"", "admin", result{stderr: "calipso: the password has 0 characters; it must have 12 at least\n", code: 2}},
		{"another password\r\nmore", "admin", result{stdout: "admin has a new password, and must log in again\n"}},
	}
	for _, tt := range tests {
		if got := execute(t, cli.UserCommand(nil, openStore), tt.stdin, "passwd", tt.user); got != tt.want {
			t.Errorf("%q for %q: %+v, want %+v", tt.stdin, tt.user, got, tt.want)
		}
	}
	user, err := db.Users.Get(t.Context(), "admin")
	must(t, err)
	must(t, auth.CheckPassword(user.PasswordHash, "another password"))
}

func TestHealth(t *testing.T) {
	t.Parallel()
	well := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !well {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write([]byte("at " + r.URL.Path))
	}))
	t.Cleanup(server.Close)
	command := func() *cobra.Command { return cli.HealthCommand(func() (string, error) { return server.URL, nil }) }
	if got, want := execute(t, command(), ""), (result{stdout: "at /readyz\n"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := execute(t, command(), "", server.URL+"/other"), (result{stdout: "at /other\n"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	well = false
	want := result{stderr: "calipso: " + server.URL + "/readyz answers 503 Service Unavailable: at /readyz\n", code: 2}
	if got := execute(t, command(), ""); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	server.Close()
	if got := execute(t, command(), ""); got.code != 2 || !strings.Contains(got.stderr, "connection refused") {
		t.Errorf("nobody is there: %+v", got)
	}
}
