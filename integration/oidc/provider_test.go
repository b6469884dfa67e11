// Package oidc tests logging in by a provider that others wrote: the example of zitadel/oidc, whose library is certified.
package oidc

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"calipso.io/calipso/api"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/auth/oidc"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store/open"
	"calipso.io/calipso/tasks"
)

// late is a server whose handler comes when its address is known.
func late(t *testing.T) (address string, serve func(http.Handler)) {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1), func(h http.Handler) { handler = h }
}

// startCalipso serves the API at an address, with a provider, and an environment that one user of the provider may see.
func startCalipso(t *testing.T, config oidc.Config, serve func(http.Handler)) {
	t.Helper()
	db, err := open.Store(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	must(t, db.Environments.Create(t.Context(), model.Environment{Name: "lab", Auth: &model.EnvAuth{ViewEnv: []string{"test-user2"}}}))
	redis, stop, err := tasks.OpenRedis(t.Context(), "")
	must(t, err)
	t.Cleanup(stop)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{7}, auth.KeySize))
	must(t, err)
	provider, err := oidc.New(config, time.Now)
	must(t, err)
	serve(api.New(api.Config{DB: db, Queue: tasks.NewEnqueuer(redis), Redis: redis, Sealer: sealer, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: time.Now, OIDC: provider}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestProvider: a browser goes from Calipso's form to the provider's, logs in there, and comes back as the user whom the provider
// knows; with a wrong password it does not.
func TestProvider(t *testing.T) {
	t.Parallel()
	issuer, serveProvider := late(t)
	site, serveSite := late(t)
	issuer += "/"
	redirect := site + oidc.CallbackPath
	storage.RegisterClients(storage.WebClient("calipso", "secret", redirect))
	serveProvider(exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)), slog.New(slog.DiscardHandler), false))
	startCalipso(t, oidc.Config{Issuer: issuer, ClientID: "calipso", ClientSecret: "secret", RedirectURL: redirect, Name: "Example",
		Scopes: []string{"openid", "profile"}, UserClaim: "preferred_username", GroupsClaim: "groups"}, serveSite)

	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	form := read(t, browser.Get, site+"/login/oidc?next=/environment_configs")
	_, id, _ := strings.Cut(form, `name="id" value="`)
	id, _, _ = strings.Cut(id, `"`)
	logIn := func(password string) string {
		return read(t, func(address string) (*http.Response, error) {
			return browser.PostForm(address, url.Values{"id": {id}, "username": {"test-user2"}, "password": {password}})
		}, issuer+"login/username")
	}
	if page := logIn("wrong"); strings.Contains(page, "/environment_configs") {
		t.Errorf("a wrong password leads to %s", page)
	}
	if page := logIn("verysecure"); !strings.Contains(page, `content="0; url=/environment_configs"`) {
		t.Fatalf("the right password leads to %s", page)
	}
	if got := read(t, browser.Get, site+"/environment_configs"); !strings.Contains(got, `"lab"`) {
		t.Errorf("the user sees %s", got)
	}
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if page := read(t, func(a string) (*http.Response, error) { return browser.PostForm(a, nil) }, site+"/logout"); !strings.Contains(page, issuer+"end_session?client_id=calipso") {
		t.Errorf("logout leads to %s", page)
	}
	if got := read(t, browser.Get, site+"/environment_configs"); !strings.Contains(got, "log in first") {
		t.Errorf("after logout the user sees %s", got)
	}
}

// read returns the body of an answer.
func read(t *testing.T, ask func(string) (*http.Response, error), address string) string {
	t.Helper()
	answer, err := ask(address)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	return string(body)
}
