package cloud_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/conn/cloud"
)

// TestSome: rows are asked for by the values of an attribute, many of them in several requests; what is given is all that
// there is of a listing, and the rest is shared.
func TestSome(t *testing.T) {
	t.Parallel()
	var asked []string
	server := serve(t, routes{
		"GET /v2.0/ports": func(w http.ResponseWriter, r *http.Request) {
			var rows []string
			for _, id := range r.URL.Query()["id"] {
				rows = append(rows, fmt.Sprintf(`{"id": %q}`, id))
			}
			asked = append(asked, fmt.Sprint(len(rows)))
			fmt.Fprintf(w, `{"ports": [%s]}`, strings.Join(rows, ","))
		},
		"GET /v2.0/networks": text(http.StatusOK, `{"networks": [{"id": "n"}]}`),
		"GET /v2.1/servers/detail": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"servers": [{"id": %q, "all": %q}]}`, r.URL.Query().Get("uuid"), r.URL.Query().Get("all_tenants"))
		},
	})
	c := client(t, section(t, server.URL))
	var ids []string
	for n := range 50 {
		ids = append(ids, fmt.Sprint("port-", n))
	}
	ports, err := c.Some(t.Context(), "RegionOne", cloud.Ports, "id", ids...)
	if err != nil || len(ports) != 50 || ports[49].Str("id") != "port-49" || !slices.Equal(asked, []string{"40", "10"}) {
		t.Errorf("%d ports in requests of %v, error %v", len(ports), asked, err)
	}
	if server, err := c.Server(t.Context(), "RegionOne", "s-1"); err != nil || len(server) != 1 || server[0].Str("id") != "s-1" || server[0].Str("all") != "1" {
		t.Errorf("server %v, error %v", server, err)
	}
	limited := c.With(cloud.Given{cloud.Ports: ports[:1]})
	if given, err := limited.Ports(t.Context(), "RegionOne"); err != nil || len(given) != 1 {
		t.Errorf("given are %d ports, error %v", len(given), err)
	}
	before := c.Requests()
	for _, c := range []*cloud.Client{limited, c} {
		if networks, err := c.Networks(t.Context(), "RegionOne"); err != nil || len(networks) != 1 {
			t.Errorf("%d networks, error %v", len(networks), err)
		}
	}
	if c.Requests() != before+1 {
		t.Errorf("networks were asked for %d times", c.Requests()-before)
	}
}
