package cloud

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2"
)

// Region is a region of the cloud, with what Keystone's catalogue says of its services.
type Region struct {
	Name      string
	Endpoints []Endpoint // one per service, in the order of their names
}

// Endpoint is where one service of a region is.
type Endpoint struct {
	Name        string            // of the service: "nova"
	ServiceType string            // "compute"
	URLs        map[string]string // by interface: public, internal, admin
}

// NoRegion is the name of the region of endpoints that have none.
const NoRegion = "No-Region"

// interfaces are those that an endpoint can have.
var interfaces = []string{"public", "internal", "admin"}

// catalogued is one line of Keystone's catalogue.
type catalogued struct{ name, serviceType, region, kind, url string }

// Regions returns the cloud's regions, in the order of their names; only the configured one when there is one.
func (c *Client) Regions(ctx context.Context) ([]Region, error) {
	s, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	return s.regions, nil
}

// ProjectID returns the id of the project that the client is logged in to.
func (c *Client) ProjectID(ctx context.Context) (string, error) {
	s, err := c.session(ctx)
	if err != nil {
		return "", err
	}
	return s.project, nil
}

func regionsOf(lines []catalogued, only string) ([]Region, error) {
	regions := map[string]Region{}
	for _, line := range lines {
		name := first(line.region, NoRegion)
		region := regions[name]
		region.Name = name
		region.add(line)
		regions[name] = region
	}
	if only != "" {
		region, ok := regions[only]
		if !ok {
			return nil, fmt.Errorf("the catalogue has no region %q; it has %s: check region of the OpenStack section",
				only, strings.Join(slices.Sorted(maps.Keys(regions)), ", "))
		}
		regions = map[string]Region{only: region}
	}
	if len(regions) == 0 {
		return nil, fmt.Errorf("the catalogue is empty: the user needs a role in the project (admin_project)")
	}
	return slices.SortedFunc(maps.Values(regions), func(a, b Region) int { return cmp.Compare(a.Name, b.Name) }), nil
}

func (r *Region) add(line catalogued) {
	if !slices.Contains(interfaces, line.kind) || line.url == "" {
		return
	}
	i, found := slices.BinarySearchFunc(r.Endpoints, line, func(e Endpoint, l catalogued) int {
		return cmp.Or(cmp.Compare(e.Name, l.name), cmp.Compare(e.ServiceType, l.serviceType))
	})
	if !found {
		r.Endpoints = slices.Insert(r.Endpoints, i, Endpoint{Name: line.name, ServiceType: line.serviceType, URLs: map[string]string{}})
	}
	if urls := r.Endpoints[i].URLs; urls[line.kind] == "" {
		urls[line.kind] = line.url
	}
}

// service returns where the requests for a service of a region go, and nil when the region does not have the service
// but another one does: a region may hold, say, only volumes.
func (c *Client) service(s *session, region string, what serviceKind) (*gophercloud.ServiceClient, error) {
	elsewhere := false
	for _, r := range s.regions {
		for _, e := range r.Endpoints {
			switch {
			case e.ServiceType != what.name:
			case r.Name != region:
				elsewhere = true
			case e.URLs[c.cfg.Interface] == "":
				return nil, fmt.Errorf("the catalogue has no %s endpoint of %s in region %s, only %s: check endpoint_interface of the OpenStack section",
					c.cfg.Interface, what.name, region, strings.Join(slices.Sorted(maps.Keys(e.URLs)), " and "))
			default:
				return &gophercloud.ServiceClient{ProviderClient: s.provider, Type: what.name,
					Endpoint: versioned(e.URLs[c.cfg.Interface], what.version)}, nil
			}
		}
	}
	if elsewhere {
		return nil, nil
	}
	return nil, fmt.Errorf("the catalogue has no service of type %q", what.name)
}

// serviceKind is a service's type in the catalogue, and the version of it that is asked when the catalogue leaves
// that open.
type serviceKind struct{ name, version string }

var (
	compute = serviceKind{"compute", "v2.1"}
	network = serviceKind{"network", "v2.0"}
)

// tenantsAt returns where a Keystone of version 2 lists projects. Its address for administrators has all of them, the usual one
// those that the user has a role in. The host is the configured one, since the catalogue's may be known only inside the cloud.
func (s *session) tenantsAt(host string) string {
	for _, r := range s.regions {
		for _, e := range r.Endpoints {
			admin, err := url.Parse(e.URLs["admin"])
			if e.ServiceType != identity || err != nil || admin.Port() == "" {
				continue
			}
			admin.Host = net.JoinHostPort(host, admin.Port())
			return versioned(admin.String(), "v2.0")
		}
	}
	return s.provider.IdentityBase + "v2.0/"
}

var versionInPath = regexp.MustCompile(`/v[0-9]+(\.[0-9]+)?(/|$)`)

func versioned(url, version string) string {
	url = strings.TrimSuffix(url, "/")
	if !versionInPath.MatchString(url) {
		url += "/" + version
	}
	return url + "/"
}
