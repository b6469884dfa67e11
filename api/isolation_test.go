package api

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/auth"
)

// world is a server with these tenants, and the users viewer and editor of the tenant mine; the editor has the roles that
// are not about environments, too, but for users.
func world(t *testing.T, tenants ...tenant) *site {
	t.Helper()
	s := newSite(t)
	s.addUser(AdminUser)
	s.addUser("viewer")
	s.addUser("editor", auth.ManageCliqueTypes, auth.ManageLinkTypes, auth.ManageCliqueConstraints)
	s.addUser("manager", auth.ManageUsers)
	for _, n := range []tenant{mine, foreign} {
		s.addUser(string(n)+"-user", auth.ManageLinkTypes)
	}
	for _, n := range tenants {
		n.put(s)
	}
	s.grant(string(mine), []string{"viewer", "manager"}, []string{"editor"})
	return s
}

// flusher ends a request that never ends by itself when something of its answer was sent.
type flusher struct {
	*httptest.ResponseRecorder
	path string
	end  context.CancelFunc
}

func (f flusher) Flush() {
	if f.path != "/monitor/events" || strings.Contains(f.Body.String(), "event:") {
		f.end()
	}
}

// told is all that a client is told, apart from what is random.
func (s *site) told(method, target, body string, headers ...string) string {
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := flusher{httptest.NewRecorder(), r.URL.Path, cancel}
	s.handler.ServeHTTP(w, r)
	head := w.Header().Clone()
	head.Del("X-Request-Id")
	body = outsideTime.Replace(w.Body.String())
	return random.ReplaceAllString(http.StatusText(w.Code)+"\n"+headerText(head)+body, "RANDOM")
}

// outsideTime is what a stream may or may not say when it is ended from outside.
var outsideTime = strings.NewReplacer(": still there\n\n", "", "event: end\ndata: {}\n\n", "")

// random is what a token looks like, and a request's id where an error names it.
var random = regexp.MustCompile(`\b[0-9a-f]{32}\b|\brequest [A-Z2-7]{12}|"request":"[A-Z2-7]{12}"`)

func headerText(h http.Header) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		text.WriteString(name + ": " + strings.Join(h[name], ", ") + "\n")
	}
	return text.String()
}

// shapes are requests that a route takes which name something of a tenant: in the path, in the body, and in each parameter.
func shapes(r route, key string, of tenant) (targets []string) {
	example := rules()[key]
	targets = append(targets, of.fill(example.path))
	values := slices.Sorted(maps.Values(of.values()))
	base, _, _ := strings.Cut(example.path, "?")
	for _, v := range values {
		if strings.Contains(r.path, "/:") && example.about == aTenants {
			targets = append(targets, regexp.MustCompile(`:[a-z]+`).ReplaceAllLiteralString(r.path, url.PathEscape(v)))
		}
		for _, p := range r.params {
			for _, within := range []tenant{mine, of} {
				if within == of && !strings.Contains(example.path, "env_name=") {
					continue // it makes no difference
				}
				if p.check(v) == nil && !p.prefix {
					targets = append(targets, of.fill(base)+"?"+parameters(r, within, p.name, v))
				}
			}
		}
	}
	return append(targets, of.fill(base))
}

// parameters sets one parameter, and those that are needed to what a tenant has.
func parameters(r route, within tenant, name, value string) string {
	q := url.Values{}
	for _, p := range r.params {
		if needed := map[string]string{"env_name": "$env", "inventory": "$inventory"}[p.name]; p.needed && needed != "" {
			q.Set(p.name, within.fill(needed))
		}
	}
	q.Set(name, value)
	return q.Encode()
}

// TestIsolation: to who may see one environment, a server that has another one answers byte for byte what a server answers
// that does not have it, whatever is asked for on whatever route; and nothing of the other one changes.
func TestIsolation(t *testing.T) {
	t.Parallel()
	with, without := world(t, mine, foreign), world(t, mine)
	declared := map[string]route{}
	for _, r := range routes() {
		declared[r.method+" "+r.path] = r
	}
	before := foreign.has(with)
	if !strings.Contains(before, "zebra-vnic") || foreign.has(without) != "" {
		t.Fatal("the other tenant is not where it should be")
	}
	asked := 0
	for user, reads := range map[string]bool{"viewer": true, "editor": false} {
		who := []string{with.as(user), without.as(user)}
		for _, got := range with.handler.(*gin.Engine).Routes() {
			key := got.Method + " " + got.Path
			rule := rules()[key]
			if reads != (got.Method == "GET") {
				continue // the viewer reads, and the editor tries to change
			}
			if strings.HasPrefix(got.Path, "/auth/") {
				continue // the own logins, which are random
			}
			if rule.about == nobodys && got.Method != "GET" || rule.about == oneselfs && got.Method != "GET" {
				continue // logging in and out
			}
			r := declared[key]
			r.method, r.path = got.Method, got.Path
			for _, target := range shapes(r, key, foreign) {
				body := foreign.fill(rule.body)
				a, b := with.told(got.Method, target, body, who[0]), without.told(got.Method, target, body, who[1])
				asked++
				if diff := cmp.Diff(b, a); diff != "" {
					t.Errorf("%s: %s %s %s tells whether there is another environment (-without +with):\n%s", user, got.Method, target, body, diff)
				}
			}
		}
	}
	if diff := cmp.Diff(before, foreign.has(with)); diff != "" {
		t.Errorf("the other environment was changed (-before +after):\n%s", diff)
	}
	if asked < 1000 {
		t.Errorf("only %d requests were tried", asked)
	}
}

// TestOnlyLookers: who may see an environment, but not change it, can't by any route.
func TestOnlyLookers(t *testing.T) {
	t.Parallel()
	s := world(t, mine, foreign)
	viewer := s.as("viewer")
	before, tried := mine.has(s), 0
	for _, key := range slices.Sorted(maps.Keys(rules())) {
		rule := rules()[key]
		method, _, _ := strings.Cut(key, " ")
		if method == "GET" || method == "HEAD" || rule.about != aTenants && rule.about != installation {
			continue
		}
		tried++
		if a := s.anonymous(method, mine.fill(rule.path), mine.fill(rule.body), viewer); a.Code != 403 {
			t.Errorf("%s: status %d %s", key, a.Code, a.Body)
		}
	}
	if diff := cmp.Diff(before, mine.has(s)); diff != "" || tried < 20 {
		t.Errorf("%d routes were tried; what was changed (-before +after):\n%s", tried, diff)
	}
}

// TestManagersOfUsers: who manages users reads no name of an environment that they don't see.
func TestManagersOfUsers(t *testing.T) {
	t.Parallel()
	s := world(t, mine, foreign)
	manager := s.as("manager")
	for _, key := range slices.Sorted(maps.Keys(rules())) {
		rule := rules()[key]
		if !strings.HasPrefix(key, "GET ") || rule.about == nobodys {
			continue
		}
		told := s.told("GET", mine.fill(rule.path), "", manager)
		if strings.Contains(strings.ReplaceAll(told, string(foreign)+"-user", ""), string(foreign)) {
			t.Errorf("%s: %s", key, told)
		}
	}
}
