package api

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/auth/groups"
	"calipso.io/calipso/pkg/auth/oidc"
	"calipso.io/calipso/pkg/auth/oidc/optest"
	"calipso.io/calipso/pkg/store"
)

// browser is a browser that has its cookies, and goes only where a test sends it.
type browser struct {
	*http.Client
	t    *testing.T
	site string
}

// asksProvider lets a server's browsers log in by a provider, too, and opens one.
func (s *site) asksProvider(op *optest.Provider) *browser {
	s.t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }))
	s.t.Cleanup(web.Close)
	op.Redirect = web.URL + oidc.CallbackPath
	provider, err := oidc.New(oidc.Config{Issuer: op.URL, ClientID: optest.ClientID, ClientSecret: optest.ClientSecret, RedirectURL: op.Redirect,
		Name: "Example SSO", Scopes: []string{"openid"}, UserClaim: "preferred_username", GroupsClaim: "groups", CAFile: op.CAFile}, time.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	s.configure(func(c *Config) {
		c.OIDC, c.Groups = provider, groups.Mapping{"netops": {View: []string{"lab"}}}
	})
	return newBrowser(s.t, op, web.URL)
}

func newBrowser(t *testing.T, op *optest.Provider, site string) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{op.Browser(jar), t, site}
}

// opens goes to an address, of the site when it is a path, and returns the answer and where it leads.
func (b *browser) opens(address string) (answer *http.Response, body, next string) {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.site + address
	}
	r, _ := http.NewRequestWithContext(b.t.Context(), "GET", address, nil)
	r.Header.Set("Accept", "text/html")
	return b.sends(r)
}

func (b *browser) sends(r *http.Request) (answer *http.Response, body, next string) {
	b.t.Helper()
	answer, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	var text strings.Builder
	_ = answer.Write(&text)
	if _, after, ok := strings.Cut(text.String(), `content="0; url=`); ok {
		next, _, _ = strings.Cut(after, `"`)
	}
	if next == "" {
		next = answer.Header.Get("Location")
	}
	return answer, text.String(), strings.ReplaceAll(next, "&amp;", "&")
}

// logsIn goes to the provider and back, and returns the answer to that.
func (b *browser) logsIn() (answer *http.Response, body, next string) {
	b.t.Helper()
	return b.opens(b.back())
}

// back goes to the provider, and returns where that sends it back to.
func (b *browser) back() string {
	b.t.Helper()
	_, _, there := b.opens("/login/oidc?next=/monitor")
	_, _, back := b.opens(there)
	return back
}

// TestOIDC: a browser logs in by the provider, sees what the user's groups may see, and ends both sessions when it logs out.
func TestOIDC(t *testing.T) {
	t.Parallel()
	s, op := newSite(t), optest.Start(t)
	s.hasEnvironments("lab", "other")
	b := s.asksProvider(op)
	if _, body, _ := b.opens("/login?next=/tasks"); !strings.Contains(body, `<a href="/login/oidc?next=%2Ftasks">Log in by Example SSO</a>`) {
		t.Errorf("the form has no button: %s", body)
	}
	answer, _, there := b.opens("/login/oidc?next=/monitor")
	if c := answer.Cookies(); answer.StatusCode != 303 || len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode || c[0].MaxAge != 600 {
		t.Errorf("on the way to the provider: %d, %+v", answer.StatusCode, c)
	}
	_, _, back := b.opens(there)
	answer, _, next := b.opens(back)
	if answer.StatusCode != 200 || next != "/monitor" || len(answer.Cookies()) != 2 {
		t.Fatalf("back from the provider: %d to %q, %v", answer.StatusCode, next, answer.Cookies())
	}
	for _, c := range answer.Cookies() {
		if c.Name == sessionCookie && (!c.HttpOnly || c.SameSite != http.SameSiteStrictMode) || c.Name == pendingCookie && c.MaxAge != -1 {
			t.Errorf("cookie %+v", c)
		}
	}
	if answer, body, _ := b.opens("/environment_configs"); answer.StatusCode != 200 || !strings.Contains(body, `"lab"`) || strings.Contains(body, "other") {
		t.Errorf("olga sees: %d %s", answer.StatusCode, body)
	}
	if answer, _, _ := b.opens(back); answer.StatusCode != 401 || len(answer.Cookies()) != 1 {
		t.Errorf("the same answer again: %d, %v", answer.StatusCode, answer.Cookies())
	}
	r, _ := http.NewRequestWithContext(t.Context(), "POST", b.site+"/logout", nil)
	if answer, _, next := b.sends(r); answer.StatusCode != 200 || !strings.HasPrefix(next, op.URL+"/end?client_id=calipso&post_logout_redirect_uri=") {
		t.Errorf("logout: %d to %q", answer.StatusCode, next)
	}
	if answer, _, next := b.opens("/monitor"); answer.StatusCode != 303 || next != "/login?next=%2Fmonitor" {
		t.Errorf("after logout: %d to %q", answer.StatusCode, next)
	}
}

// TestOIDCBoundToBrowser: what one browser has begun, no other one can finish, nor anybody who comes too late.
func TestOIDCBoundToBrowser(t *testing.T) {
	t.Parallel()
	s, op := newSite(t), optest.Start(t)
	mine := s.asksProvider(op)
	theirs := newBrowser(t, op, mine.site)
	attacks := map[string]func() string{
		"a login that another browser began":   func() string { return theirs.back() },
		"the same, with one of one's own":      func() string { back := theirs.back(); mine.back(); return back },
		"nothing":                              func() string { mine.back(); return oidc.CallbackPath },
		"too late":                             func() string { back := mine.back(); s.clock.add(pendingFor + time.Second); return back },
		"a code of another login of one's own": func() string { return exchange(t, mine.back(), theirs.back(), "code") },
		"a state of another login":             func() string { return exchange(t, mine.back(), theirs.back(), "state") },
	}
	for name, attack := range attacks {
		answer, body, _ := mine.opens(attack())
		if answer.StatusCode != 401 || !strings.Contains(body, "Logging in by Example SSO did not work") {
			t.Errorf("%s: %d %s", name, answer.StatusCode, body)
		}
		if answer, _, _ := mine.opens("/scans"); answer.StatusCode != 401 {
			t.Fatalf("%s: it let somebody in", name)
		}
	}
	if answer, _, _ := mine.logsIn(); answer.StatusCode != 200 {
		t.Errorf("an honest login: %d %s", answer.StatusCode, s.log.String())
	}
}

// exchange puts a parameter of one address into another one.
func exchange(t *testing.T, into, from, name string) string {
	t.Helper()
	a, err := url.Parse(into)
	if err != nil {
		t.Fatal(err)
	}
	b, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	query := a.Query()
	query.Set(name, b.Query().Get(name))
	a.RawQuery = query.Encode()
	return a.String()
}

// TestOIDCRefused: who is not let in is told nothing but that, the log tells why; a local user's name is nobody else's.
func TestOIDCRefused(t *testing.T) {
	t.Parallel()
	s, op := newSite(t), optest.Start(t)
	b := s.asksProvider(op)
	op.Deny = `<script>alert("x")</script>`
	if answer, body, _ := b.logsIn(); answer.StatusCode != 401 || strings.Contains(body, "script") || !strings.Contains(s.log.String(), "the provider says") {
		t.Errorf("denied: %d %s", answer.StatusCode, body)
	}
	op.Deny = ""
	if err := s.db.Users.Create(t.Context(), store.User{Name: AdminUser, PasswordHash: "x"}); err != nil {
		t.Fatal(err)
	}
	op.Claims = map[string]any{"preferred_username": AdminUser, "groups": "netops"}
	if answer, body, _ := b.logsIn(); answer.StatusCode != 403 || !strings.Contains(body, "A user of Calipso&#39;s own has the name admin") {
		t.Errorf("a local user's name: %d %s", answer.StatusCode, body)
	}
	op.Claims = map[string]any{"preferred_username": localUser, "groups": []string{}}
	if answer, _, _ := b.logsIn(); answer.StatusCode != 200 {
		t.Errorf("a name like the machine's own: %d", answer.StatusCode)
	}
	if answer, _, _ := b.opens("/metrics"); answer.StatusCode != 403 {
		t.Errorf("it has the machine's rights: %d", answer.StatusCode)
	}
	if n, err := s.db.Tokens.CountBy(t.Context(), store.TokenOwner); err != nil || cmp.Diff(map[string]int{"oidc/" + localUser: 1}, n) != "" {
		t.Errorf("sessions %v, %v", n, err)
	}
}

// TestOIDCAway: without the provider, or without one that is configured, the form still works.
func TestOIDCAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/login/oidc", oidc.CallbackPath + "?code=x&state=y"} {
		if a := s.anonymous("GET", path, ""); a.Code != 404 || !strings.Contains(a.Body.String(), "Logging in by OpenID Connect is not set up here.") || len(a.Result().Cookies()) > 0 {
			t.Errorf("%s: %d %s", path, a.Code, a.Body)
		}
	}
	if body := s.anonymous("GET", "/login", "").Body.String(); strings.Contains(body, "oidc") {
		t.Errorf("the form has a button that leads nowhere: %s", body)
	}
	provider, err := oidc.New(oidc.Config{Issuer: "https://127.0.0.1:1", Name: "Example SSO"}, s.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	s.configure(func(c *Config) { c.OIDC = provider })
	a := s.anonymous("GET", "/login/oidc?next=/tasks", "")
	if body := a.Body.String(); a.Code != 503 || !strings.Contains(body, "Example SSO can&#39;t be asked now") || !strings.Contains(body, `name="next" value="/tasks"`) {
		t.Errorf("the provider is away: %d %s", a.Code, body)
	}
}
