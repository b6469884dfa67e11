package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	tokens2 "github.com/gophercloud/gophercloud/v2/openstack/identity/v2/tokens"
	tokens3 "github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"

	"calipso.io/calipso/pkg/conn/rest"
)

// session is a login at Keystone and what came with it.
type session struct {
	provider *gophercloud.ProviderClient
	v2       bool   // Keystone has only its version 2
	project  string // id of the project that the token is for
	regions  []Region
}

// login gets a token. Version 3 is tried first: asking which versions there are would cost every scan a request, for
// clouds of before 2016.
func (c *Client) login(ctx context.Context) (*session, error) {
	provider, err := openstack.NewClient(c.cfg.identityURL())
	if err != nil {
		return nil, fmt.Errorf("the address of Keystone, %s: %w", c.cfg.identityURL(), err)
	}
	provider.HTTPClient = http.Client{Transport: c.http, CheckRedirect: rest.NoRedirects}
	provider.UserAgent.Prepend("calipso")
	s := &session{provider: provider}
	err = openstack.AuthenticateV3(ctx, provider, c.authOptions(), gophercloud.EndpointOpts{})
	if gophercloud.ResponseCodeIs(err, http.StatusNotFound) {
		s.v2 = true
		err = openstack.AuthenticateV2(ctx, provider, c.authOptions(), gophercloud.EndpointOpts{})
	}
	if gophercloud.ResponseCodeIs(err, http.StatusNotFound) {
		return nil, fmt.Errorf("there is no Keystone, version 3 or 2, at %s: check host, port and path of the OpenStack section", c.cfg.identityURL())
	}
	if err == nil {
		err = s.read(c.cfg.Region)
	}
	if err != nil {
		return nil, c.refused(err)
	}
	return s, nil
}

func (c *Client) authOptions() *gophercloud.AuthOptions {
	if c.cfg.Password == "" {
		return &gophercloud.AuthOptions{TokenID: c.cfg.Token, TenantName: c.cfg.Project}
	}
	return &gophercloud.AuthOptions{
		Username: c.cfg.User, Password: c.cfg.Password, DomainName: c.cfg.UserDomain,
		TenantName:  c.cfg.Project,
		Scope:       &gophercloud.AuthScope{ProjectName: c.cfg.Project, DomainName: c.cfg.ProjectDomain},
		AllowReauth: true,
	}
}

// read takes the project and the catalogue out of Keystone's answer.
func (s *session) read(region string) error {
	if s.provider.Token() == "" {
		return errors.New("the answer holds no token")
	}
	var endpoints []catalogued
	var err error
	switch r := s.provider.GetAuthResult().(type) {
	case tokens3.CreateResult:
		s.project, endpoints, err = readV3(r)
	case tokens3.GetResult:
		s.project, endpoints, err = readV3(r)
	case tokens2.CreateResult:
		s.project, endpoints, err = readV2(r)
	}
	if err != nil {
		return err
	}
	s.regions, err = regionsOf(endpoints, region)
	return err
}

func readV3(r interface {
	ExtractProject() (*tokens3.Project, error)
	ExtractServiceCatalog() (*tokens3.ServiceCatalog, error)
}) (project string, endpoints []catalogued, err error) {
	p, err := r.ExtractProject()
	if err != nil {
		return "", nil, err
	}
	if p != nil {
		project = p.ID
	}
	catalog, err := r.ExtractServiceCatalog()
	if err != nil {
		return "", nil, err
	}
	for _, service := range catalog.Entries {
		for _, e := range service.Endpoints {
			endpoints = append(endpoints, catalogued{service.Name, service.Type, first(e.Region, e.RegionID), e.Interface, e.URL})
		}
	}
	return project, endpoints, nil
}

func readV2(r tokens2.CreateResult) (project string, endpoints []catalogued, err error) {
	var answer struct {
		Access struct {
			Token struct{ Tenant struct{ ID string } }
		}
	}
	if err := r.ExtractInto(&answer); err != nil {
		return "", nil, err
	}
	catalog, err := r.ExtractServiceCatalog()
	if err != nil {
		return "", nil, err
	}
	for _, service := range catalog.Entries {
		for _, e := range service.Endpoints {
			for kind, address := range map[string]string{"public": e.PublicURL, "internal": e.InternalURL, "admin": e.AdminURL} {
				endpoints = append(endpoints, catalogued{service.Name, service.Type, e.Region, kind, address})
			}
		}
	}
	return answer.Access.Token.Tenant.ID, endpoints, nil
}
