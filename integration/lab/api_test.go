package lab_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/aggregates"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/hypervisors"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/services"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/projects"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/agents"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"
	"github.com/gophercloud/gophercloud/v2/pagination"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
)

// clients are gophercloud's clients of a cloud.
type clients struct{ identity, compute, network *gophercloud.ServiceClient }

// login logs in with gophercloud.
func login(ctx context.Context, url, user, password, project string) (*clients, error) {
	provider, err := openstack.AuthenticatedClient(ctx, gophercloud.AuthOptions{
		IdentityEndpoint: url, Username: user, Password: password, TenantName: project, DomainName: "Default",
	})
	if err != nil {
		return nil, err
	}
	var c clients
	if c.identity, err = openstack.NewIdentityV3(provider, gophercloud.EndpointOpts{}); err != nil {
		return nil, err
	}
	if c.compute, err = openstack.NewComputeV2(provider, gophercloud.EndpointOpts{}); err != nil {
		return nil, err
	}
	c.compute.Microversion = "2.53"
	c.network, err = openstack.NewNetworkV2(provider, gophercloud.EndpointOpts{})
	return &c, err
}

func simulated(t testing.TB, l *lab.Lab) (*clients, error) {
	t.Helper()
	s := section(l, model.SectionOpenStack)
	return login(t.Context(), "http://"+address(l, model.SectionOpenStack)+"/v3", s.Str("user"), s.Str("pwd"), s.Str("admin_project"))
}

// all reads every page of a listing.
func all[T any](t testing.TB, pager pagination.Pager, extract func(pagination.Page) ([]T, error), id func(T) string) []string {
	t.Helper()
	var ids []string
	err := pager.EachPage(t.Context(), func(_ context.Context, page pagination.Page) (bool, error) {
		list, err := extract(page)
		for _, e := range list {
			ids = append(ids, id(e))
		}
		return true, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestAPIsTellTheTruth reads everything in small pages with an ordinary client.
func TestAPIsTellTheTruth(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{Hosts: 5, Instances: 12, Ports: 40})
	c, err := simulated(t, l)
	if err != nil {
		t.Fatal(err)
	}
	truth := l.Truth("e")
	same(t, "networks", all(t, networks.List(c.network, networks.ListOpts{Limit: 2}), networks.ExtractNetworks,
		func(n networks.Network) string { return n.ID }), truth.Networks)
	same(t, "ports", all(t, ports.List(c.network, ports.ListOpts{Limit: 7}), ports.ExtractPorts,
		func(p ports.Port) string { return p.ID }), truth.Ports)
	same(t, "subnets' networks", all(t, subnets.List(c.network, subnets.ListOpts{Limit: 1}), subnets.ExtractSubnets,
		func(s subnets.Subnet) string { return s.NetworkID }), truth.Networks)
	same(t, "agents", all(t, agents.List(c.network, nil), agents.ExtractAgents, func(a agents.Agent) string { return a.ID }), truth.Agents)
	same(t, "instances", all(t, servers.List(c.compute, servers.ListOpts{AllTenants: true, Limit: 5}), servers.ExtractServers,
		func(s servers.Server) string { return s.ID }), truth.Instances)
	same(t, "projects", all(t, projects.List(c.identity, nil), projects.ExtractProjects,
		func(p projects.Project) string { return p.Name }), truth.Projects)
	same(t, "aggregates", all(t, aggregates.List(c.compute), aggregates.ExtractAggregates,
		func(a aggregates.Aggregate) string { return a.Name }), truth.Aggregates)
	same(t, "compute hosts", all(t, hypervisors.List(c.compute, nil), hypervisors.ExtractHypervisors,
		func(h hypervisors.Hypervisor) string { return h.HypervisorHostname }), truth.Hosts[1:])
	same(t, "compute services", all(t, services.List(c.compute, nil), services.ExtractServices,
		func(s services.Service) string { return s.Host }), append(truth.Hosts, "node-1"))
}

func TestAPIQueries(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{})
	c, err := simulated(t, l)
	if err != nil {
		t.Fatal(err)
	}
	truth := l.Truth("e")
	vnic := truth.Vnics[0]
	var some struct{ Ports []map[string]string }
	url := c.network.ServiceURL("ports") + "?fields=id&fields=status&device_id=" + vnic.Instance
	if _, err := c.network.Get(t.Context(), url, &some, nil); err != nil {
		t.Fatal(err)
	}
	if want := []map[string]string{{"id": vnic.Port, "status": "ACTIVE"}}; !reflect.DeepEqual(some.Ports, want) {
		t.Errorf("some fields of an instance's ports: got %v, want %v", some.Ports, want)
	}
	if p, err := ports.Get(t.Context(), c.network, vnic.Port).Extract(); err != nil || p.MACAddress != vnic.MAC {
		t.Errorf("one port: %+v, %v", p, err)
	}
	if s, err := servers.Get(t.Context(), c.compute, vnic.Instance).Extract(); err != nil || s.ID != vnic.Instance {
		t.Errorf("one server: %+v, %v", s, err)
	}
	for want, err := range map[string]error{
		"Port nosuch could not be found":     ports.Get(t.Context(), c.network, "nosuch").Err,
		"Instance nosuch could not be found": servers.Get(t.Context(), c.compute, "nosuch").Err,
	} {
		if !gophercloud.ResponseCodeIs(err, 404) {
			t.Errorf("wanted %q, got %v", want, err)
		}
	}
	c.compute.Microversion = "2.999"
	if err := servers.Get(t.Context(), c.compute, vnic.Instance).Err; !gophercloud.ResponseCodeIs(err, 406) {
		t.Errorf("an unknown microversion gave %v", err)
	}
}

func TestWrongLogins(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{})
	url := "http://" + address(l, model.SectionOpenStack) + "/v3"
	for _, c := range [][3]string{{"admin", "wrong", "admin"}, {"nobody", "lab", "admin"}, {"admin", "lab", "nosuch"}} {
		if _, err := login(t.Context(), url, c[0], c[1], c[2]); !gophercloud.ResponseCodeIs(err, 401) {
			t.Errorf("login as %v: wanted 401, got %v", c, err)
		}
	}
}
