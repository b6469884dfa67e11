package cloud

import (
	"context"
	"fmt"
	"net/url"

	"calipso.io/calipso/pkg/conn/memo"
	"github.com/gophercloud/gophercloud/v2"
)

// reading is a list that scans read in a region.
type reading struct {
	service serviceKind
	listing
}

var (
	zones       = reading{compute, listing{path: "os-availability-zone/detail", key: "availabilityZoneInfo"}}
	services    = reading{compute, listing{path: "os-services", key: "services"}}
	hypervisors = reading{compute, listing{path: "os-hypervisors/detail", key: "hypervisors", pages: true}}
	aggregates  = reading{compute, listing{path: "os-aggregates", key: "aggregates"}}
	servers     = reading{compute, listing{path: "servers/detail", key: "servers", pages: true, query: url.Values{"all_tenants": {"1"}}}}
	networks    = reading{network, listing{path: "networks", key: "networks", pages: true}}
	subnets     = reading{network, listing{path: "subnets", key: "subnets", pages: true}}
	ports       = reading{network, listing{path: "ports", key: "ports", pages: true}}
	agents      = reading{network, listing{path: "agents", key: "agents", pages: true}}
	routers     = reading{network, listing{path: "routers", key: "routers", pages: true}}
)

// Projects returns all projects of the cloud. https://docs.openstack.org/api-ref/identity/v3/#list-projects
func (c *Client) Projects(ctx context.Context) ([]Item, error) {
	return memo.Get(ctx, c.answers, "projects", func(ctx context.Context) ([]Item, error) {
		s, err := c.session(ctx)
		if err != nil {
			return nil, err
		}
		keystone := &gophercloud.ServiceClient{ProviderClient: s.provider, Type: identity, Endpoint: s.provider.IdentityBase + "v3/"}
		projects := listing{path: "projects", key: "projects"}
		if s.v2 {
			keystone.Endpoint = s.tenantsAt(c.cfg.Host)
			projects = listing{path: "tenants", key: "tenants"}
		}
		items, err := c.list(ctx, keystone, projects)
		if err != nil {
			return nil, fmt.Errorf("list projects: %w", err)
		}
		return items, nil
	})
}

// Zones returns a region's availability zones with their hosts and services, "internal" included.
// https://docs.openstack.org/api-ref/compute/#get-detailed-availability-zone-information
func (c *Client) Zones(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, zones)
}

// Services returns Nova's services, disabled ones included, which the zones leave out.
// https://docs.openstack.org/api-ref/compute/#list-compute-services
func (c *Client) Services(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, services)
}

// Hypervisors returns Nova's hypervisors. https://docs.openstack.org/api-ref/compute/#list-hypervisors-details
func (c *Client) Hypervisors(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, hypervisors)
}

// Aggregates returns Nova's host aggregates. https://docs.openstack.org/api-ref/compute/#list-aggregates
func (c *Client) Aggregates(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, aggregates)
}

// Servers returns the servers of all projects. https://docs.openstack.org/api-ref/compute/#list-servers-detailed
func (c *Client) Servers(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, servers)
}

// Networks returns the networks of all projects. https://docs.openstack.org/api-ref/network/v2/#list-networks
func (c *Client) Networks(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, networks)
}

// Subnets returns the subnets of all projects. https://docs.openstack.org/api-ref/network/v2/#list-subnets
func (c *Client) Subnets(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, subnets)
}

// Ports returns the ports of all projects. https://docs.openstack.org/api-ref/network/v2/#list-ports
func (c *Client) Ports(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, ports)
}

// Agents returns Neutron's agents. https://docs.openstack.org/api-ref/network/v2/#list-all-agents
func (c *Client) Agents(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, agents)
}

// Routers returns the routers of all projects. https://docs.openstack.org/api-ref/network/v2/#list-routers
func (c *Client) Routers(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, routers)
}

// read returns the remembered list of a region, and reads it at the first call.
func (c *Client) read(ctx context.Context, region string, r reading) ([]Item, error) {
	if rows, ok := c.given[r.key]; ok {
		return rows, nil
	}
	return memo.Get(ctx, c.answers, region+"/"+r.path, func(ctx context.Context) ([]Item, error) {
		return c.readAnew(ctx, region, r)
	})
}

func (c *Client) readAnew(ctx context.Context, region string, r reading) ([]Item, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	service, err := c.service(s, region, r.service)
	if err != nil || service == nil {
		return nil, err
	}
	items, err := c.list(ctx, service, r.listing)
	if err != nil {
		return nil, fmt.Errorf("list %s of %s: %w", r.key, region, err)
	}
	return items, nil
}
