package cloud_test

import (
	"context"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/model"
)

type list = func(context.Context, string) ([]cloud.Item, error)

// all returns every listing of a region.
func all(c *cloud.Client) []list {
	return []list{c.Zones, c.Services, c.Hypervisors, c.Aggregates, c.Servers, c.Networks, c.Subnets, c.Ports, c.Agents, c.Routers}
}

// expect checks an error's text, in which {URL} stands for the server's address, and that it holds no secret.
func expect(t *testing.T, err error, want, address string) {
	t.Helper()
	want = strings.ReplaceAll(want, "{URL}", address)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err != nil && strings.Contains(err.Error(), password) {
		t.Errorf("the password is in %v", err)
	}
}

func withToken(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Subject-Token", "token-1")
		text(201, body)(w, r)
	}
}

func redirect(location string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusMovedPermanently)
	}
}

func TestLoginFailures(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"wrong password": {text(401, `{"error": {"message": "requires authentication"}}`),
			`Keystone refused user admin at {URL}/: check user and pwd of the OpenStack section`},
		"server error":  {text(500, `{"error": {"message": "database is down"}}`), "log in at {URL}/: 500 Internal Server Error: database is down"},
		"not Keystone":  {text(404, "<html>"), "there is no Keystone, version 3 or 2, at {URL}/"},
		"html":          {text(201, "<!DOCTYPE html>\n<title>Login</title>"), "the answer is not JSON: <!DOCTYPE html> <title>Login</title>"},
		"empty":         {text(201, ""), "log in at {URL}/: the answer is empty"},
		"no token":      {text(201, `{"token": {"catalog": []}}`), "the answer holds no token"},
		"garbage":       {withToken(`{"token": {"catalog": "x"}}`), "the answer can't be understood"},
		"no catalogue":  {withToken(`{"token": {}}`), "the catalogue is empty"},
		"redirect":      {redirect("https://elsewhere.example/"), "301 Moved Permanently: it sends us on to https://elsewhere.example/; check protocol"},
		"echoed secret": {text(400, `{"error": {"message": "bad password `+password+`"}}`), "bad password ********"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, routes{"POST /v3/auth/tokens": c.answer})
			_, err := client(t, section(t, server.URL)).Regions(t.Context())
			expect(t, err, c.want, server.URL)
		})
	}
}

func TestLoginWithToken(t *testing.T) {
	t.Parallel()
	server := serve(t, routes{"GET /v3/auth/tokens": func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Subject-Token") != "good" {
			text(401, `{}`)(w, r)
			return
		}
		w.Header().Set("X-Subject-Token", "good")
		text(200, strings.ReplaceAll(catalog, "{URL}", "http://"+r.Host))(w, r)
	}})
	if _, err := client(t, section(t, server.URL, "pwd", "", "admin_token", "good")).Regions(t.Context()); err != nil {
		t.Error(err)
	}
	_, err := client(t, section(t, server.URL, "pwd", "", "admin_token", "bad")).Regions(t.Context())
	expect(t, err, "refused the token: check admin_token of the OpenStack section", server.URL)
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	_, err := client(t, section(t, closed.URL)).Regions(t.Context())
	expect(t, err, "connection refused: check host and port of the OpenStack section", "")
	if !strings.Contains(err.Error(), "log in at "+closed.URL) {
		t.Error(err)
	}
	_, err = client(t, model.Section{"host": "no-such-host.invalid", "user": "u", "pwd": password}).Regions(t.Context())
	expect(t, err, "check host and port of the OpenStack section", "")

	catalogued := strings.ReplaceAll(catalog, "{URL}", closed.URL)
	_, err = client(t, section(t, serve(t, routes{"POST /v3/auth/tokens": withToken(catalogued)}).URL)).Ports(t.Context(), "RegionOne")
	expect(t, err, "connection refused: the address is from Keystone's catalogue", "")
}

func TestCatalogueFailures(t *testing.T) {
	t.Parallel()
	server := serve(t, nil)
	_, err := client(t, section(t, server.URL, "region", "Mars")).Regions(t.Context())
	expect(t, err, `the catalogue has no region "Mars"; it has No-Region, RegionOne, Two`, "")
	_, err = client(t, section(t, server.URL, "endpoint_interface", "internal")).Servers(t.Context(), "RegionOne")
	expect(t, err, "no internal endpoint of compute in region RegionOne, only admin and public", "")
	without := serve(t, routes{"POST /v3/auth/tokens": withToken(`{"token": {"catalog": [{"type": "image", "name": "glance",
		"endpoints": [{"interface": "public", "region": "R", "url": "http://h"}]}]}}`)})
	_, err = client(t, section(t, without.URL)).Ports(t.Context(), "R")
	expect(t, err, `the catalogue has no service of type "network"`, "")
}

func TestListFailures(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"forbidden":   {text(403, `{"NeutronError": {"message": "policy"}}`), "403 Forbidden: policy: user admin needs a role"},
		"fault":       {text(500, `{"computeFault": {"code": 500, "message": "Unexpected API Error"}}`), "500 Internal Server Error: Unexpected API Error"},
		"html":        {text(200, "<!DOCTYPE html><h1>\x1b[31mWelcome</h1>"), "the answer is not JSON: <!DOCTYPE html><h1> [31mWelcome</h1>"},
		"html error":  {text(404, "<h1>Not Found</h1>"), "404 Not Found: <h1>Not Found</h1>"},
		"truncated":   {truncated, "the answer broke off after 14 bytes"},
		"broken":      {text(200, `{"ports": [{"id`), "broken JSON: it ends with"},
		"other shape": {text(200, `{"status": 400}`), `the answer has no list `},
		"null":        {text(200, `{"ports": null, "networks": null}`), `the answer has no list `},
		"no object":   {text(200, `[]`), "the answer is not an object: []"},
		"not a list":  {text(200, `{"ports": {"a": 1}, "networks": "x", "servers": [1]}`), `the answer has no list `},
		"bad token":   {text(401, `{}`), "401 Unauthorized"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, routes{"GET /v2.0/{list}": c.answer, "GET /v2.1/{list...}": c.answer})
			for _, list := range all(client(t, section(t, server.URL))) {
				_, err := list(t.Context(), "RegionOne")
				expect(t, err, c.want, server.URL)
				expect(t, err, " of RegionOne: GET {URL}/v2.", server.URL)
			}
		})
	}
}

func truncated(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte(`{"ports": [{"i`))
}

func TestRepeatingPages(t *testing.T) {
	t.Parallel()
	server := serve(t, routes{"GET /v2.0/ports": text(200, `{"ports": [{"id": "a"}], "ports_links": [{"rel": "next"}]}`)})
	_, err := client(t, section(t, server.URL)).Ports(t.Context(), "RegionOne")
	expect(t, err, "its pages repeat after 2 rows", "")
}

func TestHangingServer(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	reached := make(chan struct{}, 10)
	server := serve(t, routes{"GET /v2.0/ports": func(w http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}})
	c := client(t, section(t, server.URL))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	if _, err := c.Ports(ctx, "RegionOne"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	slow := client(t, section(t, server.URL), func(cfg *cloud.Config) { cfg.Timeout = 50 * time.Millisecond })
	_, err := slow.Ports(t.Context(), "RegionOne")
	expect(t, err, "no answer within 50ms", "")
	if _, again := slow.Ports(t.Context(), "RegionOne"); again != err {
		t.Errorf("a timeout is not remembered: %v", again)
	}
}

func TestRepeatsOnce(t *testing.T) {
	t.Parallel()
	reset := func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}
	cases := map[string]struct {
		failure  http.HandlerFunc
		failures int32
		requests int32
		want     string // the error; none when empty
	}{
		"502 once":   {text(502, "<html>"), 1, 2, ""},
		"503 twice":  {text(503, "busy"), 2, 2, "503 Service Unavailable: busy"},
		"reset once": {reset, 1, 2, ""},
		"500":        {text(500, "{}"), 1, 1, "500 Internal Server Error"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			server := serve(t, nil)
			login := keystone(server)
			flaky := serve(t, routes{"POST /v3/auth/tokens": func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) <= c.failures {
					c.failure(w, r)
					return
				}
				login(w, r)
			}})
			_, err := client(t, section(t, flaky.URL)).Regions(t.Context())
			if n.Load() != c.requests || (err == nil) != (c.want == "") {
				t.Errorf("%d requests, %v", n.Load(), err)
			}
			if c.want != "" {
				expect(t, err, c.want, "")
			}
		})
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = keystone(server)
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := client(t, section(t, server.URL)).Regions(t.Context())
	expect(t, err, "give the authority's certificate as ca_cert of the OpenStack section", "")

	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if _, err := client(t, section(t, server.URL, "ca_cert", string(ca))).Regions(t.Context()); err != nil {
		t.Error(err)
	}
	_, err = client(t, section(t, server.URL, "protocol", "http")).Regions(t.Context())
	expect(t, err, "400 Bad Request: Client sent an HTTP request to an HTTPS server", "")
	_, err = client(t, section(t, serve(t, nil).URL, "protocol", "https")).Regions(t.Context())
	expect(t, err, "set protocol of the OpenStack section to http", "")
	_, err = client(t, section(t, hangUp(t), "protocol", "https")).Regions(t.Context())
	expect(t, err, "EOF: it hung up: if it does not speak TLS, set protocol of the OpenStack section to http", "")
}

// hangUp starts a server that ends each connection when it was sent something, and returns its URL.
func hangUp(t *testing.T) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Read(make([]byte, 4096))
			conn.Close()
		}
	}()
	return "http://" + listener.Addr().String()
}
