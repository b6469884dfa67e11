package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"calipso.io/calipso/integration/lab/sim"
)

// keystoneV2 adds version 2 of Keystone, which clouds had until Pike. Its addresses for administrators are below /admin.
func (s *Server) keystoneV2(mux *http.ServeMux) {
	mux.HandleFunc("POST /v2.0/tokens", s.loginV2)
	mux.HandleFunc("GET /v2.0/tenants", s.authorised(func(w http.ResponseWriter, _ *http.Request, t token) {
		s.tenants(w, []*sim.Project{t.project}) // those that the user has a role in
	}))
	mux.HandleFunc("GET "+adminPath+"/v2.0/tenants", s.authorised(func(w http.ResponseWriter, _ *http.Request, _ token) {
		s.tenants(w, s.cfg.Cloud.Projects)
	}))
}

const adminPath = "/admin"

func (s *Server) loginV2(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Auth struct {
			PasswordCredentials struct{ Username, Password string }
			TenantName          string
		}
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&req); err != nil {
		answer(w, http.StatusBadRequest, doc{"error": doc{"code": 400, "message": err.Error(), "title": "Bad Request"}})
		return
	}
	given, project := req.Auth.PasswordCredentials, s.project(req.Auth.TenantName, "")
	if given.Username != s.cfg.User || given.Password != s.cfg.Password || project == nil || s.cfg.Faults().RefuseAPI {
		s.unauthorised(w)
		return
	}
	now := time.Now().UTC()
	expires := now.Add(time.Hour)
	answer(w, http.StatusOK, doc{"access": doc{
		"token": doc{
			"id": s.tokens.add(project, expires), "expires": expires.Format("2006-01-02T15:04:05Z"), "issued_at": now.Format("2006-01-02T15:04:05.000000"),
			"tenant": tenant(project),
		},
		"serviceCatalog": s.catalogV2(project),
		"user": doc{
			"id": s.cfg.Cloud.AdminUser, "name": s.cfg.User, "username": s.cfg.User, "roles": []doc{{"name": "admin"}}, "roles_links": []doc{},
		},
		"metadata": doc{"is_admin": 0, "roles": []string{project.SecurityGroup}},
	}})
}

func tenant(p *sim.Project) doc {
	return doc{"id": p.ID, "name": p.Name, "description": p.Description, "enabled": true}
}

func (s *Server) tenants(w http.ResponseWriter, projects []*sim.Project) {
	s.cfg.Cloud.RLock()
	defer s.cfg.Cloud.RUnlock()
	list := []doc{}
	for _, p := range projects {
		list = append(list, tenant(p))
	}
	answer(w, http.StatusOK, doc{"tenants": list, "tenants_links": []doc{}})
}

func (s *Server) catalogV2(project *sim.Project) []doc {
	catalog := []doc{}
	for _, service := range s.services(project, "/v2.0") {
		catalog = append(catalog, doc{
			"name": service.name, "type": service.kind, "endpoints_links": []doc{}, "endpoints": []doc{{
				"id": fmt.Sprintf("%s%s", s.cfg.Cloud.AdminUser[:30], service.id), "region": s.cfg.Cloud.Region,
				"publicURL": service.url, "internalURL": service.url, "adminURL": service.admin,
			}},
		})
	}
	return catalog
}

// service is a service in the catalogue.
type service struct{ id, kind, name, url, admin string }

// services are what a project's catalogue has, with Keystone in a version.
func (s *Server) services(project *sim.Project, identity string) []service {
	network, compute := s.cfg.Neutron, s.cfg.Nova+s.novaPath(project.ID)
	return []service{
		{"a1", "network", s.cfg.Cloud.Setup.Network, network, network},
		{"b2", "compute", "nova", compute, compute},
		{"c3", "identity", "keystone", s.cfg.Keystone + identity, s.cfg.Keystone + adminPath + identity},
	}
}
