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
	"golang.org/x/crypto/bcrypt"

	"calipso.io/calipso/pkg/store"
)

// wrongLogin is what everybody is told whose name or password is wrong.
const wrongLogin = "the user name or the password is wrong"

// withAdmin starts a server that has a user, and returns that user's password. Its hash is the cheapest: a day's tests
// check it often.
func withAdmin(t *testing.T) (s *site, password string) {
	t.Helper()
	s, password = newSite(t), "pass:word ✓"
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err == nil {
		err = s.db.Users.Create(t.Context(), store.User{Name: AdminUser, PasswordHash: string(hash)})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, password
}

func credentials(user, password string) string {
	return `{"auth":{"methods":["credentials"],"credentials":{"username":"` + user + `","password":"` + password + `"}}}`
}

// TestWithoutLogin: nothing but what is meant for everybody can be had without login.
func TestWithoutLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	everybody := map[string]bool{"/healthz": true, "/readyz": true, "/auth/tokens": true, "/login": true, "/logout": true,
		"/login/oidc": true, "/login/oidc/callback": true, "/openapi.json": true, "/docs": true}
	for _, r := range append(routes(), route{method: "GET", path: "/nothing"}, route{method: "PATCH", path: "/scans"},
		route{method: "GET", path: "/tasks"}, route{method: "POST", path: "/tasks/api/queues/scan:pause"}) {
		if everybody[r.path] {
			continue
		}
		for _, header := range []string{"X-None: ", "X-Auth-Token: 00112233445566778899aabbccddeeff", "Authorization: Bearer x",
			"Authorization: Basic !", "Cookie: calipso_session=x", "Authorization: Bearer " + localToken + "x"} {
			a := s.anonymous(r.method, r.path, `{"environment":"lab"}`, header)
			got := a.want(401)["error"].(map[string]any)
			if got["code"] != "401" || got["title"] != "Unauthorized" || got["message"] == "" {
				t.Errorf("%s %s with %q: %v", r.method, r.path, header, got)
			}
		}
	}
}

func TestNothingThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("GET", "/nothing?x=1", "").wantError(404, "404", "Not Found", "", `there is nothing at "/nothing"`)
	s.call("PATCH", "/scans", "").wantError(405, "405", "Method Not Allowed", "", `"/scans" can't be called with PATCH`)
}

// TestEnsureAdmin: the first start makes one user, whose password is told once and works.
func TestEnsureAdmin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	password, err := EnsureAdmin(t.Context(), s.db, "")
	if err != nil || len(password) < 20 {
		t.Fatalf("the generated password is %q, %v", password, err)
	}
	if again, err := EnsureAdmin(t.Context(), s.db, ""); again != "" || err != nil {
		t.Errorf("the second time: %q, %v", again, err)
	}
	s.anonymous("POST", "/auth/tokens", credentials(AdminUser, password)).want(201)
	user, err := s.db.Users.Get(t.Context(), AdminUser)
	if err != nil || strings.Contains(user.PasswordHash, password) {
		t.Errorf("stored user %+v, %v", user, err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	got := s.anonymous("POST", "/auth/tokens", credentials("admin", password)).want(201)
	token := got["token"].(string)
	if len(token) != 32 || len(got["_id"].(string)) != 24 || got["method"] != "credentials" ||
		got["issued_at"] != "2026-03-04T12:00:00Z" || got["expires_at"] != "2026-03-05T12:00:00Z" {
		t.Errorf("token %v", got)
	}
	for _, header := range []string{"X-Auth-Token: " + token, "Authorization: Bearer " + token, "Authorization: bearer " + token} {
		s.anonymous("GET", "/scans", "", header).want(200)
	}
	renewed := s.anonymous("POST", "/auth/tokens", `{"auth":{"methods":["token"],"token":"`+token+`"}}`).want(201)
	if renewed["method"] != "token" || renewed["token"] == token {
		t.Errorf("renewed token %v", renewed)
	}
	if a := s.anonymous("DELETE", "/auth/tokens", "", "X-Auth-Token: "+token); a.Code != 200 || a.Body.Len() > 0 {
		t.Errorf("logging out: %d %s", a.Code, a.Body)
	}
	s.anonymous("DELETE", "/auth/tokens", "", "X-Auth-Token: "+token).want(401)
	s.anonymous("DELETE", "/auth/tokens", "").want(401)
	s.anonymous("DELETE", "/auth/tokens", "", "X-Auth-Token: "+localToken).want(401)
	s.anonymous("GET", "/scans", "", "X-Auth-Token: "+token).
		wantError(401, "401", "Unauthorized", "", "the token is unknown: log in again")

	s.clock.add(DefaultTokenLifetime + time.Second)
	s.anonymous("GET", "/scans", "", "X-Auth-Token: "+renewed["token"].(string)).
		wantError(401, "401", "Unauthorized", "", "the token has expired: log in again")
	s.anonymous("POST", "/auth/tokens", credentials("admin", password)).want(201)
	if n, err := s.db.Tokens.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("%d tokens are stored, %v; the expired ones should be gone", n, err)
	}
}

// TestWrongLogin: nobody learns whether it is the name or the password that is wrong.
func TestWrongLogin(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	for _, body := range []string{credentials("admin", "wrong"), credentials("nobody", password), credentials("", ""),
		credentials("admin", ""), credentials("admin", password+strings.Repeat("x", 72)), credentials("nobody", strings.Repeat("x", 73))} {
		s.anonymous("POST", "/auth/tokens", body).wantError(401, "401", "Unauthorized", "", wrongLogin)
	}
	for _, body := range []string{`{"auth":{}}`, `{"auth":{"methods":["credentials"]}}`, `{"auth":{"methods":["token"]}}`,
		`{"auth":{"methods":["token"],"token":"x"}}`} {
		s.anonymous("POST", "/auth/tokens", body).want(401)
	}
	if strings.Contains(s.log.String(), password) {
		t.Error("the password is in the log")
	}
}

func TestBasic(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	as := func(user, password string) string {
		r := httptest.NewRequest("GET", "/", nil)
		r.SetBasicAuth(user, password)
		return "Authorization: " + r.Header.Get("Authorization")
	}
	a := s.anonymous("GET", "/scans", "", as("admin", password), "X-Auth-Token: wrong")
	a.want(200)
	if got := a.Header().Get("Calipso-Version"); got != "1.2.3" {
		t.Errorf("version %q", got)
	}
	s.anonymous("GET", "/scans", "", as("admin", "x:"+password), "X-Auth-Token: "+localToken).wantError(401, "401", "Unauthorized", "", wrongLogin)
	s.anonymous("GET", "/scans", "", as("nobody", password)).wantError(401, "401", "Unauthorized", "", wrongLogin)
}

// browser is a client that keeps cookies and follows no redirect.
func (s *site) browser() (get func(path string) *http.Response, post func(path string, form url.Values, headers ...string) *http.Response) {
	web := httptest.NewServer(s.handler)
	s.t.Cleanup(web.Close)
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	do := func(method, path string, form url.Values, headers ...string) *http.Response {
		s.t.Helper()
		r, _ := http.NewRequestWithContext(s.t.Context(), method, web.URL+path, strings.NewReader(form.Encode()))
		r.Header.Set("Accept", "text/html,*/*")
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		answer, err := client.Do(r)
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { answer.Body.Close() })
		return answer
	}
	return func(path string) *http.Response { return do("GET", path, nil) },
		func(path string, form url.Values, headers ...string) *http.Response {
			return do("POST", path, form, headers...)
		}
}

// TestTaskMonitorLogin: a browser is sent to the form, and after the login to the page that it wanted.
func TestTaskMonitorLogin(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	get, post := s.browser()
	for path, want := range map[string]string{"/tasks": "/login?next=%2Ftasks", "/tasks/queues/scan?page=1": "/login?next=%2Ftasks%2Fqueues%2Fscan%3Fpage%3D1"} {
		if a := get(path); a.StatusCode != 303 || a.Header.Get("Location") != want {
			t.Errorf("%s without login: %d to %q", path, a.StatusCode, a.Header.Get("Location"))
		}
	}
	if a := get("/login?next=/tasks"); a.StatusCode != 200 || a.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("the form: %d %s", a.StatusCode, a.Header.Get("Content-Type"))
	}
	if a := post("/login", url.Values{"username": {"admin"}, "password": {"wrong"}}); a.StatusCode != 401 || len(a.Cookies()) > 0 {
		t.Errorf("wrong password: %d, %v", a.StatusCode, a.Cookies())
	}
	form := url.Values{"username": {"admin"}, "password": {password}, "next": {"/tasks"}}
	a := post("/login", form)
	if a.StatusCode != 303 || a.Header.Get("Location") != "/tasks" || len(a.Cookies()) != 1 {
		t.Fatalf("right password: %d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	if c := a.Cookies()[0]; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.MaxAge != 86400 {
		t.Errorf("cookie %+v", c)
	}
	for _, path := range []string{"/tasks", "/tasks/", "/tasks/queues/scan", "/tasks/static/js/main.5adda2da.chunk.js", "/tasks/api/queues", "/scans"} {
		if a := get(path); a.StatusCode != 200 {
			t.Errorf("%s after login: %d", path, a.StatusCode)
		}
	}
	if a := get("/logout"); a.StatusCode != 405 || len(a.Cookies()) > 0 || get("/scans").StatusCode != 200 {
		t.Errorf("a link that logs out: %d", a.StatusCode)
	}
	if a := post("/logout", url.Values{}); a.StatusCode != 303 || a.Header.Get("Location") != "/login" || a.Cookies()[0].MaxAge != -1 {
		t.Errorf("logout: %d", a.StatusCode)
	}
	if a := get("/tasks"); a.StatusCode != 303 {
		t.Errorf("after logout: %d", a.StatusCode)
	}
	if n, err := s.db.Tokens.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d sessions after logout, %v", n, err)
	}
}

// TestTaskMonitorToken: programs use the monitor's API with a token, and it shows the tasks.
func TestTaskMonitorToken(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.call("POST", "/scans", `{"environment":"lab"}`).want(201)
	got := s.call("GET", "/tasks/api/queues/scan/pending_tasks", "").want(200)
	if diff := cmp.Diff([]string{"scan:start"}, column(got["tasks"], "type")); diff != "" {
		t.Errorf("other tasks (-want +got):\n%s", diff)
	}
	if a := s.call("POST", "/tasks/api/queues/scan:pause", ""); a.Code != 204 {
		t.Errorf("pausing a queue: %d %s", a.Code, a.Body)
	}
}

// TestOtherOrigins: a page of another origin can't make a logged-in browser do something, nor log it in.
func TestOtherOrigins(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	get, post := s.browser()
	form := url.Values{"username": {"admin"}, "password": {password}}
	for _, header := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: http://evil.example"} {
		if a := post("/login", form, header); a.StatusCode != 403 || len(a.Cookies()) > 0 {
			t.Errorf("login with %q: %d", header, a.StatusCode)
		}
	}
	if a := post("/login", form, "Sec-Fetch-Site: same-origin"); a.StatusCode != 303 {
		t.Fatalf("login: %d", a.StatusCode)
	}
	if a := post("/tasks/api/queues/scan:pause", nil, "Sec-Fetch-Site: cross-site"); a.StatusCode != 403 {
		t.Errorf("pausing a queue from elsewhere: %d", a.StatusCode)
	}
	for path, header := range map[string]string{"/login": "default-src 'none'", "/tasks": "default-src 'self'", "/monitor": "default-src 'self'; base-uri 'none'", "/scans": "default-src 'none'"} {
		a := get(path)
		if csp := a.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, header) || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s may be used thus: %q", path, csp)
		}
		if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("X-Frame-Options") != "DENY" || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers of %s: %v", path, a.Header)
		}
	}
}

// TestNext: a link to the form leads nowhere but to this server, and is text within the page.
func TestNext(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	tests := map[string]string{"/tasks/servers": "/tasks/servers", "//evil.example": "/monitor", "https://evil.example": "/monitor",
		`/\evil.example`: "/monitor", "evil": "/monitor", "": "/monitor", "/\t/evil.example": "/monitor", `/"><script>`: `/"><script>`}
	for next, want := range tests {
		if next != "" {
			page := s.anonymous("GET", "/login?next="+url.QueryEscape(next), "").Body.String()
			if strings.Contains(page, "evil") || strings.Contains(page, "<script>") {
				t.Errorf("the form with next=%q: %s", next, page)
			}
		}
		form := url.Values{"username": {"admin"}, "password": {password}, "next": {next}}
		a := s.anonymous("POST", "/login", form.Encode(), "Content-Type: application/x-www-form-urlencoded")
		if got := a.Header().Get("Location"); got != want {
			t.Errorf("next=%q leads to %q, want %q", next, got, want)
		}
	}
}

func TestSecureCookie(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	form := url.Values{"username": {"admin"}, "password": {password}}
	a := s.anonymous("POST", "/login", form.Encode(), "Content-Type: application/x-www-form-urlencoded", "X-Forwarded-Proto: https")
	if c := a.Result().Cookies()[0]; !c.Secure {
		t.Errorf("cookie behind TLS: %+v", c)
	}
}
