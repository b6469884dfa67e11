package integration

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/api"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/auth/oidc"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store/open"
	"calipso.io/calipso/tasks"
)

// TestOpenIDProvider: with a provider that others wrote, a browser goes from Calipso's form to the provider's, logs in there, and
// comes back as the user whom the provider knows; with a wrong password it does not.
func TestOpenIDProvider(t *testing.T) {
	t.Parallel()
	site, serve := lateServer(t)
	redirect := site + oidc.CallbackPath
	issuer := startProvider(t, redirect)
	serve(apiWithProvider(t, oidc.Config{Issuer: issuer, ClientID: "calipso", ClientSecret: "secret", RedirectURL: redirect, Name: "Example",
		Scopes: []string{"openid", "profile"}, UserClaim: "preferred_username", GroupsClaim: "groups"}))
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	form := page(t, browser.Get, site+"/login/oidc?next=/environment_configs")
	_, id, _ := strings.Cut(form, `name="id" value="`)
	id, _, _ = strings.Cut(id, `"`)
	logIn := func(password string) string {
		return page(t, func(address string) (*http.Response, error) {
			return browser.PostForm(address, url.Values{"id": {id}, "username": {"test-user2"}, "password": {password}})
		}, issuer+"login/username")
	}
	if got := logIn("wrong"); strings.Contains(got, "/environment_configs") {
		t.Errorf("a wrong password leads to %s", got)
	}
	if got := logIn("verysecure"); !strings.Contains(got, `content="0; url=/environment_configs"`) {
		t.Fatalf("the right password leads to %s", got)
	}
	if got := page(t, browser.Get, site+"/environment_configs"); !strings.Contains(got, `"lab"`) || strings.Contains(got, "hidden") {
		t.Errorf("the user sees %s", got)
	}
	logOut := func(address string) (*http.Response, error) { return browser.PostForm(address, nil) }
	if got := page(t, logOut, site+"/logout"); !strings.Contains(got, issuer+"end_session?client_id=calipso") {
		t.Errorf("logout leads to %s", got)
	}
	if got := page(t, browser.Get, site+"/environment_configs"); !strings.Contains(got, "log in first") {
		t.Errorf("after logout the user sees %s", got)
	}
}

// lateServer is a server whose handler comes when its address is known.
func lateServer(t *testing.T) (address string, serve func(http.Handler)) {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	return server.URL, func(h http.Handler) { handler = h }
}

// startProvider builds and runs the provider, and returns its issuer.
func startProvider(t *testing.T, redirect string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "provider")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-C", "provider", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the provider: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), program, redirect)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); _ = cmd.Wait() })
	issuer, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider's issuer: %v", err)
	}
	return strings.TrimSpace(issuer)
}

// apiWithProvider is the API with a provider, and with an environment that one of its users may see and one that nobody may.
func apiWithProvider(t *testing.T, config oidc.Config) http.Handler {
	t.Helper()
	db, err := open.Store(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for name, auth := range map[string]*model.EnvAuth{"lab": {ViewEnv: []string{"test-user2"}}, "hidden": nil} {
		if err := db.Environments.Create(t.Context(), model.Environment{Name: name, Auth: auth}); err != nil {
			t.Fatal(err)
		}
	}
	redis, stop, err := tasks.OpenRedis(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{7}, auth.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	provider, err := oidc.New(config, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return api.New(api.Config{DB: db, Queue: tasks.NewEnqueuer(redis), Redis: redis, Sealer: sealer, Log: slog.New(slog.DiscardHandler), Now: time.Now, OIDC: provider})
}

// page returns what a browser is shown.
func page(t *testing.T, ask func(string) (*http.Response, error), address string) string {
	t.Helper()
	answer, err := ask(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
