package cloud

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/gophercloud/gophercloud/v2"
)

// Check says whether a list that scans read can be read.
type Check struct {
	Service string // that has it: "compute"
	List    string // "os-services"
	Err     error
}

// needs names the attributes, of which each row must have one: Neutron doesn't refuse who may not see everything, but leaves
// out these, and rows.
var needs = map[string][]string{
	networks.path: {"provider:network_type", "segments"},
	ports.path:    {"binding:host_id"},
}

// Check asks for a row of each list that scans read in a region, of the long ones for no more than that. Lists of services
// that the region does not have, though others do, are left out.
func (c *Client) Check(ctx context.Context, region string) ([]Check, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	readings := []reading{zones, services, hypervisors, aggregates, servers, networks, subnets, ports, agents, routers}
	checks := make([]Check, len(readings))
	var asking sync.WaitGroup
	for i, r := range readings {
		asking.Go(func() {
			service, err := c.service(s, region, r.service)
			if err == nil && service != nil {
				err = c.sample(ctx, service, r)
			}
			if service != nil || err != nil {
				checks[i] = Check{r.service.name, r.path, err}
			}
		})
	}
	asking.Wait()
	return slices.DeleteFunc(checks, func(c Check) bool { return c.List == "" }), nil
}

// CheckProjects asks for the list of all projects.
func (c *Client) CheckProjects(ctx context.Context) Check {
	_, err := c.Projects(ctx)
	return Check{identity, "projects", err}
}

// sample reads the first row of a list.
func (c *Client) sample(ctx context.Context, service *gophercloud.ServiceClient, r reading) error {
	query := url.Values{}
	for key, values := range r.query {
		query[key] = values
	}
	if r.pages {
		query.Set("limit", "1")
	}
	rows, _, err := c.page(ctx, service, r.listing, query)
	if err != nil {
		return err
	}
	wanted := needs[r.path]
	for _, row := range rows {
		shown := func(key string) bool { _, ok := row[key]; return ok }
		if len(wanted) > 0 && !slices.ContainsFunc(wanted, shown) {
			return fmt.Errorf("%s %s: Neutron shows no %s, so user %s may not see all of the cloud: it needs the role of an administrator, or the policy that the documentation lists",
				http.MethodGet, service.ServiceURL(r.path), wanted[0], c.cfg.User)
		}
	}
	return nil
}
