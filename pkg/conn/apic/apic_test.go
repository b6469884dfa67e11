package apic_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"calipso.io/calipso/pkg/conn/apic"
	"calipso.io/calipso/pkg/model"
)

const password = "sesame-open"

// fake is an APIC whose clock is moved by hand. Its tokens are good for ten minutes.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	now      time.Time
	tokens   map[string]time.Time
	logins   int
	renewals int
	extra    map[string]http.HandlerFunc // by method and path
	requests []string
}

func serve(t *testing.T, extra map[string]http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{now: time.Unix(1_800_000_000, 0), tokens: map[string]time.Time{}, extra: extra}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that don't trust it
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

func (f *fake) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fake) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r.Method+" "+r.URL.RequestURI())
	if handler := f.extra[r.Method+" "+r.URL.Path]; handler != nil {
		handler(w, r)
		return
	}
	cookie, _ := r.Cookie("APIC-cookie")
	alive := cookie != nil && f.now.Before(f.tokens[cookie.Value])
	switch {
	case r.URL.Path == "/api/aaaLogin.json":
		f.logins++
		f.giveToken(w)
	case !alive:
		text(403, `{"totalCount":"1","imdata":[{"error":{"attributes":{"code":"403","text":"Token was invalid (Error: Token timeout)"}}}]}`)(w, r)
	case r.URL.Path == "/api/aaaRefresh.json":
		f.renewals++
		f.giveToken(w)
	default:
		text(200, `{"totalCount":"0","imdata":[]}`)(w, r)
	}
}

func (f *fake) giveToken(w http.ResponseWriter) {
	token := fmt.Sprintf("token-%d", f.logins+f.renewals)
	f.tokens[token] = f.now.Add(10 * time.Minute)
	fmt.Fprintf(w, `{"totalCount":"1","imdata":[{"aaaLogin":{"attributes":{"token":%q,"refreshTimeoutSeconds":"600"}}}]}`, token)
}

func text(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// section returns the ACI section for a server; further keys are given as pairs.
func section(t *testing.T, server *httptest.Server, pairs ...string) model.Section {
	t.Helper()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	s := model.Section{"name": "ACI", "host": u.Hostname(), "port": u.Port(), "user": "reader", "pwd": password}
	if certificate := server.Certificate(); certificate != nil {
		s["ca_cert"] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
	}
	for i := 0; i < len(pairs); i += 2 {
		s[pairs[i]] = pairs[i+1]
	}
	return s
}

func client(t *testing.T, s model.Section, change ...func(*apic.Config)) *apic.Client {
	t.Helper()
	cfg, err := apic.FromSection(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(&cfg)
	}
	return apic.New(cfg)
}

func each(c *apic.Client, q apic.Query) (found []string, err error) {
	err = c.Each(context.Background(), q, func(a apic.Attributes) { found = append(found, a["dn"]) })
	return found, err
}

func TestSessionIsRenewedInTime(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	c := client(t, section(t, f.Server), func(cfg *apic.Config) { cfg.Now = f.clock })
	for _, step := range []struct {
		pass             time.Duration
		logins, renewals int
	}{
		{0, 1, 0}, {time.Minute, 1, 0}, {7 * time.Minute, 1, 1}, {8 * time.Minute, 1, 2}, {11 * time.Minute, 2, 2},
	} {
		f.pass(step.pass)
		if _, err := each(c, apic.Query{Class: "fabricNode"}); err != nil {
			t.Fatal(err)
		}
		if f.logins != step.logins || f.renewals != step.renewals {
			t.Errorf("after %s more: %d logins and %d renewals, want %d and %d", step.pass, f.logins, f.renewals, step.logins, step.renewals)
		}
	}
}

func TestSessionThatEndsEarly(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	c := client(t, section(t, f.Server), func(cfg *apic.Config) { cfg.Now = f.clock })
	if _, err := each(c, apic.Query{Class: "fabricNode"}); err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	clear(f.tokens) // the APIC was restarted
	f.mu.Unlock()
	if _, err := each(c, apic.Query{Class: "fabricNode"}); err != nil || f.logins != 2 {
		t.Errorf("%d logins, error %v", f.logins, err)
	}
}

// TestOneLoginForAll: however many ask at first, there is one login, and one query for each class.
func TestOneLoginForAll(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	c := client(t, section(t, f.Server), func(cfg *apic.Config) { cfg.Now = f.clock })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { _, _ = c.Nodes(t.Context()) })
		wg.Go(func() { _, _ = c.Neighbors(t.Context()) })
		wg.Go(func() { _, _ = c.Learned(t.Context()) })
		wg.Go(func() { _, _ = c.Interfaces(t.Context()) })
	}
	wg.Wait()
	if f.logins != 1 || len(f.requests) != 7 || c.Requests() != 7 {
		t.Errorf("%d logins, requests %q", f.logins, f.requests)
	}
}

func TestWrongPasswordIsTriedOnce(t *testing.T) {
	t.Parallel()
	var logins atomic.Int32
	f := serve(t, map[string]http.HandlerFunc{"POST /api/aaaLogin.json": func(w http.ResponseWriter, r *http.Request) {
		logins.Add(1)
		text(401, `{"imdata":[{"error":{"attributes":{"code":"401","text":"Username or password is incorrect - `+password+`"}}}]}`)(w, r)
	}})
	c := client(t, section(t, f.Server))
	for _, read := range []func() error{
		func() error { _, err := c.Nodes(t.Context()); return err },
		func() error { _, err := c.Neighbors(t.Context()); return err },
	} {
		err := read()
		expect(t, err, "log in: the APIC at "+f.URL+` refused user reader: check user and pwd of the ACI section; it says "Username or password is incorrect - ********"`)
	}
	if n := logins.Load(); n != 1 {
		t.Errorf("%d logins: the user may get locked out", n)
	}
}

func expect(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err != nil && (strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "token-2")) {
		t.Errorf("a secret is in %v", err)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	const query, login = "GET /api/class/fabricNode.json", "POST /api/aaaLogin.json"
	for name, test := range map[string]struct {
		path   string
		answer http.HandlerFunc
		want   string
	}{
		"no APIC":       {login, text(404, "<html>"), "there is no APIC at {URL}: check host and port of the ACI section"},
		"no token":      {login, text(200, `{"totalCount":"1","imdata":[{"aaaLogin":{"attributes":{}}}]}`), "log in at {URL}: the answer holds no token"},
		"web page":      {login, text(200, "<!DOCTYPE html>\n<title>Portal</title>"), "log in at {URL}: the answer is not JSON: <!DOCTYPE html> <title>Portal</title>"},
		"elsewhere":     {login, http.RedirectHandler("https://elsewhere.example/", http.StatusFound).ServeHTTP, "302 Found: it sends us on to https://elsewhere.example/; check host and port"},
		"html":          {query, text(200, "<h1>\x1b[31mWelcome"), "list fabricNode of the fabric: GET {URL}/api/class/fabricNode.json"},
		"html status":   {query, text(500, "<h1>Oops</h1>"), "500 Internal Server Error: <h1>Oops</h1>"},
		"bad request":   {query, text(400, `{"imdata":[{"error":{"attributes":{"code":"12","text":"no class"}}}]}`), "400 Bad Request: no class"},
		"error in 200":  {query, text(200, `{"imdata":[{"error":{"attributes":{"text":"Unable to process the query, result dataset is too big"}}}]}`), "result dataset is too big"},
		"forbidden":     {query, text(403, `{"imdata":[{"error":{"attributes":{"text":"denied to token-2"}}}]}`), "403 Forbidden: denied to ********: user reader needs a role"},
		"broken":        {query, text(200, `{"totalCount":"1","imdata":[{"fabr`), "is broken JSON: it ends with"},
		"rows missing":  {query, text(200, `{"totalCount":"7","imdata":[{"fabricNode":{"attributes":{"dn":"a"}}}]}`), "the answer is not complete: it has 1 of 7 objects"},
		"no rows":       {query, text(200, `{"totalCount":"7","imdata":[]}`), "it has 0 of 7 objects"},
		"other class":   {query, text(200, `{"totalCount":"1","imdata":[{"x":{"attributes":{"dn":"a"}}}]}`), "it has 0 of 1 objects"},
		"no count":      {query, text(200, `{"imdata":[]}`), "the answer has no list of objects (imdata) with a totalCount"},
		"null":          {query, text(200, `{"totalCount":"0","imdata":null}`), "the answer has no list of objects (imdata)"},
		"another shape": {query, text(200, `{"totalCount":"1","imdata":{"a":1}}`), "the answer can't be understood"},
		"not an object": {query, text(200, `[]`), "the answer can't be understood"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, map[string]http.HandlerFunc{test.path: test.answer})
			_, err := client(t, section(t, f.Server)).Nodes(t.Context())
			expect(t, err, strings.ReplaceAll(test.want, "{URL}", f.URL))
			if err != nil && strings.Contains(err.Error(), "\x1b") {
				t.Errorf("a terminal would obey %q", err)
			}
		})
	}
}

func TestNotReached(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	f := serve(t, nil)
	closed := httptest.NewTLSServer(nil)
	closed.Close()
	for name, test := range map[string]struct {
		section model.Section
		want    string
	}{
		"closed port":       {section(t, closed), "connection refused: check host and port of the ACI section"},
		"unknown authority": {section(t, f.Server, "ca_cert", ""), "give the authority's certificate as ca_cert of the ACI section"},
		"no TLS":            {section(t, plain), "what is there does not speak TLS: check port of the ACI section"},
		"another's name":    {section(t, f.Server, "host", "localhost"), "certificate is valid for example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client(t, test.section).Nodes(t.Context())
			expect(t, err, test.want)
		})
	}
}

func TestFromSection(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]model.Section{
		"ACI section: host is empty":                               {"user": "u", "pwd": "p"},
		"ACI section: user is empty":                               {"host": "h", "pwd": "p"},
		"ACI section: pwd is empty":                                {"host": "h", "user": "u"},
		`ACI section: port is "x"; it is a number from 1 to 65535`: {"host": "h", "user": "u", "pwd": "p", "port": "x"},
		"ACI section: ca_cert holds no certificate; give the authority's certificate as PEM text": {"host": "h", "user": "u", "pwd": "p", "ca_cert": "x"},
	} {
		if _, err := apic.FromSection(s); err == nil || err.Error() != want && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	c := client(t, model.Section{"host": "apic.example", "user": "u", "pwd": password})
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); text != strings.Repeat(" APIC at https://apic.example:443", 3)[1:] {
		t.Error(text)
	}
}

// TestPages reads a list of several pages, whose last one is full.
func TestPages(t *testing.T) {
	t.Parallel()
	const rows = 6
	page := func(w http.ResponseWriter, r *http.Request) {
		size, from := 0, 0
		fmt.Sscan(r.URL.Query().Get("page-size"), &size)
		fmt.Sscan(r.URL.Query().Get("page"), &from)
		var data []any
		for i := from * size; i < min(rows, (from+1)*size); i++ {
			data = append(data, map[string]any{"fabricLink": map[string]any{"attributes": map[string]string{"dn": fmt.Sprint(i)}}})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"totalCount": fmt.Sprint(rows), "imdata": data})
	}
	f := serve(t, map[string]http.HandlerFunc{"GET /api/class/fabricLink.json": page, "GET /api/mo/topology/pod-1.json": page})
	c := client(t, section(t, f.Server), func(cfg *apic.Config) { cfg.PageSize = 2 })
	want := []string{"0", "1", "2", "3", "4", "5"}
	if found, err := each(c, apic.Query{Class: "fabricLink"}); err != nil || !slices.Equal(found, want) {
		t.Errorf("found %q, error %v", found, err)
	}
	found, err := each(c, apic.Query{Class: "fabricLink", Below: "topology/pod-1", Filter: `eq(fabricLink.linkState,"ok")`})
	if err != nil || !slices.Equal(found, want) {
		t.Errorf("found %q, error %v", found, err)
	}
	last := "GET /api/mo/topology/pod-1.json?order-by=fabricLink.dn&page=2&page-size=2&query-target=subtree" +
		"&query-target-filter=eq%28fabricLink.linkState%2C%22ok%22%29&target-subtree-class=fabricLink"
	if len(f.requests) != 7 || f.requests[6] != last {
		t.Errorf("requests %q", f.requests)
	}
}

// TestHooks: every request waits for its turn, and is told of.
func TestHooks(t *testing.T) {
	t.Parallel()
	f := serve(t, nil)
	var turns, told atomic.Int32
	c := client(t, section(t, f.Server), func(cfg *apic.Config) {
		cfg.Now = f.clock
		cfg.Hooks.Limit = func(context.Context, string) (func(), error) { turns.Add(1); return func() {}, nil }
		cfg.Hooks.Observe = func(operation string, _ time.Duration, err error) {
			if operation == apic.Operation && err == nil {
				told.Add(1)
			}
		}
	})
	if _, err := c.Learned(t.Context()); err != nil || turns.Load() != 2 || told.Load() != 2 {
		t.Errorf("%d turns, %d told, error %v", turns.Load(), told.Load(), err)
	}
}
