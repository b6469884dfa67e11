package cloud

import (
	"context"
	"fmt"

	"calipso.io/calipso/pkg/conn/memo"
	"github.com/gophercloud/gophercloud/v2"
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
	return c.read(ctx, region, compute, listing{path: "os-availability-zone/detail", key: "availabilityZoneInfo"})
}

// Services returns Nova's services, disabled ones included, which the zones leave out.
// https://docs.openstack.org/api-ref/compute/#list-compute-services
func (c *Client) Services(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, compute, listing{path: "os-services", key: "services"})
}

// Hypervisors returns Nova's hypervisors. https://docs.openstack.org/api-ref/compute/#list-hypervisors-details
func (c *Client) Hypervisors(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, compute, listing{path: "os-hypervisors/detail", key: "hypervisors", pages: true})
}

// Aggregates returns Nova's host aggregates. https://docs.openstack.org/api-ref/compute/#list-aggregates
func (c *Client) Aggregates(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, compute, listing{path: "os-aggregates", key: "aggregates"})
}

// Servers returns the servers of all projects. https://docs.openstack.org/api-ref/compute/#list-servers-detailed
func (c *Client) Servers(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, compute, servers)
}

// Networks returns the networks of all projects. https://docs.openstack.org/api-ref/network/v2/#list-networks
func (c *Client) Networks(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, network, networks)
}

// Subnets returns the subnets of all projects. https://docs.openstack.org/api-ref/network/v2/#list-subnets
func (c *Client) Subnets(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, network, subnets)
}

// Ports returns the ports of all projects. https://docs.openstack.org/api-ref/network/v2/#list-ports
func (c *Client) Ports(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, network, ports)
}

// Agents returns Neutron's agents. https://docs.openstack.org/api-ref/network/v2/#list-all-agents
func (c *Client) Agents(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, network, listing{path: "agents", key: "agents", pages: true})
}

// Routers returns the routers of all projects. https://docs.openstack.org/api-ref/network/v2/#list-routers
func (c *Client) Routers(ctx context.Context, region string) ([]Item, error) {
	return c.read(ctx, region, network, listing{path: "routers", key: "routers", pages: true})
}

// read returns the remembered list of a region, and reads it at the first call.
func (c *Client) read(ctx context.Context, region string, what serviceKind, l listing) ([]Item, error) {
	if rows, ok := c.given[l.key]; ok {
		return rows, nil
	}
	return memo.Get(ctx, c.answers, region+"/"+l.path, func(ctx context.Context) ([]Item, error) {
		return c.readAnew(ctx, region, what, l)
	})
}

func (c *Client) readAnew(ctx context.Context, region string, what serviceKind, l listing) ([]Item, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	service, err := c.service(s, region, what)
	if err != nil || service == nil {
		return nil, err
	}
	items, err := c.list(ctx, service, l)
	if err != nil {
		return nil, fmt.Errorf("list %s of %s: %w", l.key, region, err)
	}
	return items, nil
}
