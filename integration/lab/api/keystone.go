package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"calipso.io/calipso/integration/lab/sim"
)

type doc = map[string]any

func (s *Server) keystone() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.keystoneVersions)
	if s.cfg.Cloud.Release < sim.Queens {
		s.keystoneV2(mux)
	}
	if s.cfg.Cloud.Release >= sim.Liberty {
		s.keystoneV3(mux)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusNotFound, doc{"error": doc{
			"code": 404, "message": "The requested URL was not found on the server.", "title": "Not Found",
		}})
	})
	return mux
}

func (s *Server) keystoneV3(mux *http.ServeMux) {
	mux.HandleFunc("GET /v3", s.keystoneVersion)
	mux.HandleFunc("GET /v3/{$}", s.keystoneVersion)
	mux.HandleFunc("POST /v3/auth/tokens", s.login)
	mux.HandleFunc("GET /v3/projects", s.authorised(s.projects))
	mux.HandleFunc("GET /v3/auth/projects", s.authorised(s.projects))
	mux.HandleFunc("GET /v3/regions", s.authorised(s.regions))
	mux.HandleFunc("GET /v3/auth/catalog", s.authorised(func(w http.ResponseWriter, _ *http.Request, t token) {
		answer(w, http.StatusOK, doc{"catalog": s.catalog(t.project), "links": s.links("/v3/auth/catalog")})
	}))
}

func (s *Server) identityVersion() doc {
	return doc{
		"id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
		"links":       []doc{{"rel": "self", "href": s.cfg.Keystone + "/v3/"}},
		"media-types": []doc{{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}},
	}
}

func (s *Server) keystoneVersions(w http.ResponseWriter, _ *http.Request) {
	versions, latest := []doc{}, "/v2.0/"
	if s.cfg.Cloud.Release >= sim.Liberty {
		versions, latest = append(versions, s.identityVersion()), "/v3/"
	}
	if s.cfg.Cloud.Release < sim.Queens {
		versions = append(versions, doc{"id": "v2.0", "status": "stable", "updated": "2014-04-17T00:00:00Z",
			"links": []doc{{"rel": "self", "href": s.cfg.Keystone + "/v2.0/"}}})
	}
	w.Header().Set("Location", s.cfg.Keystone+latest)
	answer(w, http.StatusMultipleChoices, doc{"versions": doc{"values": versions}})
}

func (s *Server) keystoneVersion(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, doc{"version": s.identityVersion()})
}

// loginRequest is what a client sends to get a token for a project, with a password.
type loginRequest struct {
	Auth struct {
		Identity struct {
			Methods  []string
			Password struct {
				User struct{ Name, ID, Password string }
			}
		}
		Scope struct {
			Project struct{ Name, ID string }
		}
	}
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	var req loginRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&req); err != nil {
		answer(w, http.StatusBadRequest, doc{"error": doc{"code": 400, "message": err.Error(), "title": "Bad Request"}})
		return
	}
	user, scope := req.Auth.Identity.Password.User, req.Auth.Scope.Project
	project := s.project(scope.Name, scope.ID)
	known := user.Name == s.cfg.User || user.ID == s.cfg.Cloud.AdminUser
	if !known || user.Password != s.cfg.Password || project == nil || s.cfg.Faults().RefuseAPI {
		s.unauthorised(w)
		return
	}
	s.grant(w, project)
}

// grant answers with a new token.
func (s *Server) grant(w http.ResponseWriter, project *sim.Project) {
	now := time.Now().UTC()
	expires := now.Add(time.Hour)
	id := s.tokens.add(project, expires)
	w.Header().Set("X-Subject-Token", id)
	w.Header().Set("Vary", "X-Auth-Token")
	domain := doc{"id": "default", "name": "Default"}
	answer(w, http.StatusCreated, doc{"token": doc{
		"methods":    []string{"password"},
		"user":       doc{"domain": domain, "id": s.cfg.Cloud.AdminUser, "name": s.cfg.User, "password_expires_at": nil},
		"audit_ids":  []string{id[len(id)-22:]},
		"expires_at": expires.Format("2006-01-02T15:04:05.000000Z"),
		"issued_at":  now.Format("2006-01-02T15:04:05.000000Z"),
		"project":    doc{"domain": domain, "id": project.ID, "name": project.Name},
		"is_domain":  false,
		"roles":      []doc{{"id": project.SecurityGroup[:8] + "1", "name": "reader"}, {"id": project.SecurityGroup[:8] + "2", "name": "admin"}},
		"catalog":    s.catalog(project),
	}})
}

// project finds a project by its name or id.
func (s *Server) project(name, id string) *sim.Project {
	s.cfg.Cloud.RLock()
	defer s.cfg.Cloud.RUnlock()
	for _, p := range s.cfg.Cloud.Projects {
		if p.ID == id || p.Name == name && name != "" {
			return p
		}
	}
	return nil
}

func (s *Server) catalog(project *sim.Project) []doc {
	catalog := []doc{}
	for _, service := range s.services(project, "/v3") {
		var endpoints []doc
		for i, face := range []string{"admin", "internal", "public"} {
			endpoints = append(endpoints, doc{
				"id": fmt.Sprintf("%s%s%d", s.cfg.Cloud.AdminUser[:29], service.id, i), "interface": face,
				"region_id": s.cfg.Cloud.Region, "url": service.url, "region": s.cfg.Cloud.Region,
			})
		}
		catalog = append(catalog, doc{
			"endpoints": endpoints, "id": s.cfg.Cloud.AdminUser[:30] + service.id, "type": service.kind, "name": service.name,
		})
	}
	return catalog
}

func (s *Server) projects(w http.ResponseWriter, r *http.Request, _ token) {
	s.cfg.Cloud.RLock()
	defer s.cfg.Cloud.RUnlock()
	list := []doc{}
	for _, p := range s.cfg.Cloud.Projects {
		list = append(list, doc{
			"id": p.ID, "name": p.Name, "domain_id": "default", "description": p.Description, "enabled": true,
			"parent_id": "default", "is_domain": false, "tags": []string{}, "options": doc{},
			"links": doc{"self": s.cfg.Keystone + "/v3/projects/" + p.ID},
		})
	}
	answer(w, http.StatusOK, doc{"projects": list, "links": s.links(r.URL.Path)})
}

func (s *Server) regions(w http.ResponseWriter, r *http.Request, _ token) {
	region := s.cfg.Cloud.Region
	answer(w, http.StatusOK, doc{"links": s.links(r.URL.Path), "regions": []doc{{
		"id": region, "description": "", "parent_region_id": nil,
		"links": doc{"self": s.cfg.Keystone + "/v3/regions/" + region},
	}}})
}

func (s *Server) links(path string) doc {
	return doc{"next": nil, "self": s.cfg.Keystone + path, "previous": nil}
}
