package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// serve starts a server that gives one answer, and tells what it was asked.
func serve(t *testing.T, status int, answer string) (c *client.Client, asked func() string) {
	t.Helper()
	var request string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		request = fmt.Sprintf("%s %s token=%s %s", r.Method, r.RequestURI, r.Header.Get("X-Auth-Token"), body)
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return client.New(server.URL+"/", "secret"), func() string { return strings.TrimSpace(request) }
}

// TestRequests: each method asks what the API's routes take, and understands what they answer.
func TestRequests(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		call   func(context.Context, *client.Client) (any, error)
		asks   string
		answer string
		want   any
	}{
		{
			name:   "log in",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.CreateToken(ctx, "admin", "pass") },
			asks:   `POST /auth/tokens token=secret {"auth":{"methods":["credentials"],"credentials":{"username":"admin","password":"pass"}}}`,
			answer: `{"_id":"a1","token":"0123","issued_at":"2026-01-02T12:00:00Z","expires_at":"2026-01-02T12:00:00Z","method":"credentials"}`,
			want:   wire.Token{ID: "a1", Token: "0123", Issued: noon, Expires: noon, Method: "credentials"},
		},
		{
			name: "log out",
			call: func(ctx context.Context, c *client.Client) (any, error) { return nil, c.DeleteToken(ctx) },
			asks: `DELETE /auth/tokens token=secret`,
		},
		{
			name: "ready",
			call: func(ctx context.Context, c *client.Client) (any, error) { return nil, c.Ready(ctx) },
			asks: `GET /readyz token=secret`,
		},
		{
			name:   "environments",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Environments(ctx) },
			asks:   `GET /environment_configs?page_size=1000 token=secret`,
			answer: `{"environment_configs":[{"name":"lab","distribution":"Canonical"}]}`,
			want:   []model.Environment{{Name: "lab", Distribution: "Canonical"}},
		},
		{
			name:   "environment",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Environment(ctx, "my lab&") },
			asks:   `GET /environment_configs?name=my+lab%26 token=secret`,
			answer: `{"name":"my lab&","configuration":[{"name":"CLI","pwd":"***"}]}`,
			want:   model.Environment{Name: "my lab&", Configuration: []model.Section{{"name": "CLI", "pwd": "***"}}},
		},
		{
			name: "add environment",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return nil, c.AddEnvironment(ctx, map[string]any{"name": "lab", "unknown": 1})
			},
			asks:   `POST /environment_configs token=secret {"name":"lab","unknown":1}`,
			answer: `{"message":"created","id":"lab"}`,
		},
		{
			name: "replace environment",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return nil, c.ReplaceEnvironment(ctx, "a/b", map[string]any{"name": "a/b"})
			},
			asks: `PUT /environment_configs/a%2Fb token=secret {"name":"a/b"}`,
		},
		{
			name: "delete environment",
			call: func(ctx context.Context, c *client.Client) (any, error) { return nil, c.DeleteEnvironment(ctx, "lab") },
			asks: `DELETE /environment_configs/lab token=secret`,
		},
		{
			name:   "host keys",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.HostKeys(ctx, "lab") },
			asks:   `GET /environment_configs/lab/host_keys token=secret`,
			answer: `{"host_keys":[{"host":"10.0.0.1:22","fingerprint":"SHA256:x","accepted":"2026-01-02T12:00:00Z"}]}`,
			want:   []wire.HostKey{{Host: "10.0.0.1:22", Fingerprint: "SHA256:x", Accepted: noon}},
		},
		{
			name: "forget host key",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return nil, c.DeleteHostKey(ctx, "lab", "[::1]:22")
			},
			asks: `DELETE /environment_configs/lab/host_keys/%5B::1%5D:22 token=secret`,
		},
		{
			name: "start scan",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.StartScan(ctx, client.ScanRequest{Environment: "lab", ScanOnlyLinks: true})
			},
			asks:   `POST /scans token=secret {"environment":"lab","scan_only_links":true}`,
			answer: `{"message":"accepted","id":"5c"}`,
			want:   "5c",
		},
		{
			name:   "scans",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Scans(ctx, "lab", "running") },
			asks:   `GET /scans?env_name=lab&page_size=1000&status=running token=secret`,
			answer: `{"scans":[{"id":"5c","environment":"lab","status":"running","inventory":"verify","submit_timestamp":"2026-01-02T12:00:00Z"}]}`,
			want:   []wire.ScanEntry{{ID: "5c", Environment: "lab", Status: "running", Inventory: "verify", SubmitTimestamp: noon}},
		},
		{
			name:   "scan",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Scan(ctx, "5c") },
			asks:   `GET /scans/5c token=secret`,
			answer: `{"_id":"5c","id":"5c","environment":"lab","status":"running","progress":[{"phase":"links","total":3,"done":1}]}`,
			want: wire.WholeScan{Scan: model.Scan{ID: "5c", Environment: "lab", Status: "running"}, Key: "5c",
				Progress: []model.PhaseProgress{{Phase: "links", Total: 3, Done: 1}}},
		},
		{
			name: "release scan",
			call: func(ctx context.Context, c *client.Client) (any, error) { return nil, c.ReleaseScan(ctx, "5c") },
			asks: `PUT /scans/5c token=secret {"status":"pending"}`,
		},
		{
			name: "abort scan",
			call: func(ctx context.Context, c *client.Client) (any, error) { return nil, c.AbortScan(ctx, "5c") },
			asks: `POST /scans/5c/abort token=secret`,
		},
		{
			name: "messages",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.Messages(ctx, client.MessageFilter{Environment: "lab", Levels: []string{"error", "warn"}, Since: noon, Scan: "5c", Unseen: true, Limit: 20})
			},
			asks:   `GET /messages?env_name=lab&level=error&level=warn&origin_id=5c&page_size=20&start_time=2026-01-02T12%3A00%3A00Z&viewed=false token=secret`,
			answer: `{"messages":[{"id":"5c.ended","environment":"lab","level":"info","message":"done","timestamp":"2026-01-02T12:00:00Z"}]}`,
			want:   []model.Message{{ID: "5c.ended", Environment: "lab", Level: "info", Message: "done", Timestamp: noon}},
		},
		{
			name:   "mark messages",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.MarkMessages(ctx, "lab", "a", "b") },
			asks:   `PATCH /messages?env_name=lab&ids=a&ids=b token=secret {"viewed":true}`,
			answer: `{"count":2}`,
			want:   2,
		},
		{
			name:   "delete messages",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.DeleteMessages(ctx, "lab") },
			asks:   `DELETE /messages?all=true&env_name=lab token=secret`,
			answer: `{"count":7}`,
			want:   7,
		},
		{
			name:   "stale objects",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Stale(ctx, "5c", "node-1") },
			asks:   `GET /scans/5c/stale?host=node-1 token=secret`,
			answer: `{"stale":[{"type":"vedge","id":"x","since":"2026-01-02T12:00:00Z","reason":"timed out"}]}`,
			want:   []model.StaleObject{{Type: "vedge", ID: "x", Since: noon, Reason: "timed out"}},
		},
		{
			name:   "coverage",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Coverage(ctx, "5c") },
			asks:   `GET /scans/5c/coverage token=secret`,
			answer: `{"coverage":[{"parent_type":"host","parent":"node-1","fetcher":"bridges","status":"ok","found":2}]}`,
			want:   []model.CoverageRow{{ParentType: "host", Parent: "node-1", Fetcher: "bridges", Status: "ok", Found: 2}},
		},
		{
			name: "add schedule",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				id, next, err := c.AddSchedule(ctx, wire.ScheduleRequest{ScanRequest: client.ScanRequest{Environment: "lab", Clear: true},
					Freq: "DAILY", TimeZone: "Asia/Tokyo", SubmitTimestamp: "2026-01-02T12:00:00Z"})
				return []any{id, next}, err
			},
			asks: `POST /scheduled_scans token=secret {"environment":"lab","clear":true,"freq":"DAILY","timezone":"Asia/Tokyo",` +
				`"submit_timestamp":"2026-01-02T12:00:00Z"}`,
			answer: `{"message":"accepted","id":"5c","scheduled_timestamp":"2026-01-02T12:00:00Z"}`,
			want:   []any{"5c", noon},
		},
		{
			name: "replace schedule",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.ReplaceSchedule(ctx, "5c", wire.ScheduleRequest{ScanRequest: client.ScanRequest{Environment: "lab"}, Cron: "0 2 * * *"})
			},
			asks:   `PUT /scheduled_scans/5c token=secret {"environment":"lab","cron":"0 2 * * *"}`,
			answer: `{"message":"changed","id":"5c","scheduled_timestamp":"2026-01-02T12:00:00Z"}`,
			want:   noon,
		},
		{
			name:   "schedules",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Schedules(ctx, "lab") },
			asks:   `GET /scheduled_scans?env_name=lab&page_size=1000 token=secret`,
			answer: `{"scheduled_scans":[{"id":"5c","environment":"lab","freq":"DAILY","scheduled_timestamp":"2026-01-02T12:00:00Z","last_error":"x"}]}`,
			want:   []wire.ScheduleEntry{{ID: "5c", Environment: "lab", Freq: "DAILY", ScheduledTimestamp: noon, LastError: "x"}},
		},
		{
			name:   "schedule",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Schedule(ctx, "5c") },
			asks:   `GET /scheduled_scans/5c token=secret`,
			answer: `{"_id":"5c","id":"5c","environment":"lab","cron":"0 2 * * *","next_runs":["2026-01-02T12:00:00Z"]}`,
			want:   wire.WholeSchedule{ScheduledScan: model.ScheduledScan{ID: "5c", Environment: "lab", Cron: "0 2 * * *"}, Key: "5c", NextRuns: []time.Time{noon}},
		},
		{
			name: "delete schedule",
			call: func(ctx context.Context, c *client.Client) (any, error) { return nil, c.DeleteSchedule(ctx, "5c") },
			asks: `DELETE /scheduled_scans/5c token=secret`,
		},
		{
			name: "objects",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.Objects(ctx, client.ObjectFilter{Environment: "lab", Inventory: "test", ParentPath: "/lab/x", SubTree: true,
					Projection: []string{"id", "host"}})
			},
			asks:   `GET /inventory?env_name=lab&inventory=test&page_size=1000&parent_path=%2Flab%2Fx&projection=id%2Chost&sub_tree=true token=secret`,
			answer: `{"objects":[{"id":"n1","host":"h"}]}`,
			want:   []model.Object{{ID: "n1", Host: "h", Attrs: map[string]any{}}},
		},
		{
			name: "object",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.Object(ctx, "lab", "", "host", "n1")
			},
			asks:   `GET /inventory?env_name=lab&id=n1&type=host token=secret`,
			answer: `{"_id":"00","environment":"lab","type":"host","id":"n1","name":"n1","os_id":"7"}`,
			want:   model.Object{Environment: "lab", Type: "host", ID: "n1", Name: "n1", Attrs: map[string]any{"os_id": "7"}},
		},
		{
			name: "links",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.Links(ctx, client.LinkFilter{Environment: "lab", LinkType: "vnic-vedge", Network: "net"})
			},
			asks:   `GET /links?attributes%3Anetwork=net&env_name=lab&link_type=vnic-vedge&page_size=1000 token=secret`,
			answer: `{"links":[{"id":"l1","link_type":"vnic-vedge","link_name":"a"}]}`,
			want:   []model.Link{{ID: "l1", LinkType: "vnic-vedge", LinkName: "a"}},
		},
		{
			name:   "link",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Link(ctx, "lab", "", "l1") },
			asks:   `GET /links?env_name=lab&id=l1 token=secret`,
			answer: `{"_id":"l1","id":"l1","attributes":{"network":["net"]}}`,
			want:   model.Link{ID: "l1", Attributes: model.LinkAttributes{Network: []string{"net"}}},
		},
		{
			name: "cliques",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.Cliques(ctx, client.CliqueFilter{Environment: "lab", FocalPointType: "instance"})
			},
			asks:   `GET /cliques?env_name=lab&focal_point_type=instance&page_size=1000 token=secret`,
			answer: `{"cliques":[{"id":"c1","focal_point":"f1"}]}`,
			want:   []model.Clique{{ID: "c1", FocalPoint: "f1"}},
		},
		{
			name:   "clique",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Clique(ctx, "lab", "", "f1") },
			asks:   `GET /cliques?env_name=lab&focal_point=f1 token=secret`,
			answer: `{"_id":"c1","id":"c1","focal_point":"f1","nodes":["f1"],"nodes_detailed":[{"_id":"f1","id":"vm","type":"instance","name":"vm","host":"h"}]}`,
			want: wire.WholeClique{Clique: model.Clique{ID: "c1", FocalPoint: "f1", Nodes: []string{"f1"}}, Key: "c1",
				NodesDetailed: []wire.Node{{DBID: "f1", ID: "vm", Type: "instance", Name: "vm", Host: "h"}}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, asked := serve(t, http.StatusOK, test.answer)
			got, err := test.call(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.asks, asked()); diff != "" {
				t.Errorf("asked something else (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("understood something else (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		status     int
		want       client.Error
	}{
		{"of the API", `{"error":{"message":"env_name: there is none","code":"400","title":"Bad Request","field":"env_name"}}`, 400,
			client.Error{Status: 400, Message: "env_name: there is none", Field: "env_name"}},
		{"of somebody else", `<html>Bad Gateway</html>`, 502,
			client.Error{Status: 502, Message: "GET URL/scans/1: 502 Bad Gateway: is this the address of a Calipso server?"}},
		{"without words", ``, 401,
			client.Error{Status: 401, Message: "GET URL/scans/1: 401 Unauthorized: is this the address of a Calipso server?"}},
		{"of a server with TLS", "Client sent an HTTP request to an HTTPS server.\n", 400,
			client.Error{Status: 400, Message: "GET URL/scans/1: 400 Bad Request: it speaks TLS, so its address begins with https://"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var url string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			}))
			t.Cleanup(server.Close)
			url = server.URL
			_, err := client.New(url, "").Scan(t.Context(), "1")
			var got *client.Error
			if !errors.As(err, &got) {
				t.Fatalf("error %v is not an *Error", err)
			}
			test.want.Message = strings.ReplaceAll(test.want.Message, "URL", url)
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if client.StatusOf(fmt.Errorf("wrapped: %w", err)) != test.status {
				t.Errorf("StatusOf(%v) is not %d", err, test.status)
			}
		})
	}
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	err := client.New(server.URL, "").Ready(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "no answer from the Calipso server at "+server.URL+": ") {
		t.Errorf("got %v", err)
	}
}

// TestWrongScheme: who asks for TLS where there is none is told what address would be right.
func TestWrongScheme(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	err := client.New(strings.Replace(server.URL, "http:", "https:", 1), "").Ready(t.Context())
	if err == nil || !strings.HasSuffix(err.Error(), "it does not speak TLS, so its address begins with http://") {
		t.Errorf("got %v", err)
	}
}

func TestAnswerThatIsNotWhole(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, http.StatusOK, `{"scans": [`)
	if _, err := c.Scans(t.Context(), "lab", ""); err == nil || !strings.Contains(err.Error(), "/scans") {
		t.Errorf("the error %v does not name the route", err)
	}
}

// TestPages: lists are read to their end, page by page.
func TestPages(t *testing.T) {
	t.Parallel()
	total := 2003
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var page, size int
		fmt.Sscan(r.FormValue("cursor"), &page)
		fmt.Sscan(r.FormValue("page_size"), &size)
		objects := []map[string]any{}
		for i := page * size; i < min(total, (page+1)*size); i++ {
			objects = append(objects, map[string]any{"id": fmt.Sprint(i)})
		}
		answer := map[string]any{"objects": objects}
		if (page+1)*size < total {
			answer["next"] = fmt.Sprint(page + 1)
		}
		json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	objects, err := client.New(server.URL, "").Objects(t.Context(), client.ObjectFilter{Environment: "lab"})
	if err != nil || len(objects) != total || objects[total-1].ID != "2002" {
		t.Errorf("got %d objects, error %v", len(objects), err)
	}
}
