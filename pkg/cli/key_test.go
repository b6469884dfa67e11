package cli_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"calipso.io/calipso/api"
	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/cli"
)

// TestTokensAndKeys: a user logs in, makes a key, looks after both, and ends both.
func TestTokensAndKeys(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const password = "the first password"
	_, err := api.EnsureAdmin(t.Context(), s.db, password)
	must(t, err)
	if got := run(t.Context(), s.connect, "wrong\n", "token", "create", "admin"); got.code != cli.ExitFailed || !strings.Contains(got.stderr, "the user name or the password is wrong") {
		t.Errorf("a wrong password: %+v", got)
	}
	token := strings.TrimSpace(run(t.Context(), s.connect, password+"\n", "token", "create", "admin").stdout)
	as := func(token string) cli.Connect {
		return func(context.Context, bool) (*client.Client, func(), error) {
			return client.New(s.url, token), func() {}, nil
		}
	}
	key := run(t.Context(), as(token), "", "key", "create", "nightly", "--read-only", "--expires", noon.AddDate(0, 0, 30).Format("2006-01-02"))
	if key.code != 0 || !strings.HasPrefix(key.stdout, "calipso_") || strings.Count(key.stdout, "\n") != 1 {
		t.Fatalf("the key: %+v", key)
	}
	ids := regexp.MustCompile(`[0-9a-f]{24}`)
	text := func(connect cli.Connect, args ...string) string {
		return ids.ReplaceAllString(run(t.Context(), connect, "", args...).text(args), strings.Repeat("0", 24))
	}
	secret := strings.TrimSpace(key.stdout)
	golden(t, "token-list.txt", text(as(token), "token", "list"))
	golden(t, "key-list.txt", text(as(secret), "key", "list"))
	golden(t, "key-refused.txt", text(as(secret), "key", "create", "another"))
	golden(t, "key-expires.txt", text(as(token), "key", "create", "another", "--expires", "soon"))
	golden(t, "key-delete-unknown.txt", text(as(token), "key", "delete", "x\x1b"))
	id := ids.FindString(run(t.Context(), as(token), "", "key", "list").stdout)
	golden(t, "key-delete.txt", text(as(token), "key", "delete", id))
	id = ids.FindString(run(t.Context(), as(token), "", "token", "list").stdout)
	golden(t, "token-delete.txt", text(as(token), "token", "delete", id))
	golden(t, "token-ended.txt", text(as(token), "token", "list"))
}
