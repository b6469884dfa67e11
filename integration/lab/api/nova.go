package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	lowestMinor  = 1
	pagedMinor   = 33 // hypervisors come in pages
	novaMaxLimit = 1000
)

func (s *Server) nova() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, doc{"versions": []doc{s.computeVersion()}})
	})
	version := func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, doc{"version": s.computeVersion()})
	}
	base := s.novaPath("{project}")
	mux.HandleFunc("GET "+base, version)
	mux.HandleFunc("GET "+base+"/{$}", version)
	get := func(path string, next novaHandler) {
		mux.HandleFunc("GET "+base+"/"+path, s.authorised(s.microversion(next)))
	}
	get("os-services", s.whole("services", (*Server).serviceDocs))
	get("os-aggregates", s.whole("aggregates", (*Server).aggregateDocs))
	get("flavors/detail", s.whole("flavors", (*Server).flavorDocs))
	get("os-hypervisors/detail", s.hypervisors)
	get("servers/detail", s.servers)
	get("servers/{id}", s.server)
	get("servers/{id}/os-interface", s.interfaces)
	get("os-availability-zone/detail", s.zones)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "404 Not Found\n\nThe resource could not be found.\n\n   ", http.StatusNotFound)
	})
	return mux
}

func (s *Server) computeVersion() doc {
	if s.highestMinor() == 0 {
		return doc{"id": "v2.0", "status": "CURRENT", "updated": "2011-01-21T11:33:21Z", "links": []doc{{"rel": "self", "href": s.cfg.Nova + "/v2/"}}}
	}
	return doc{
		"id": "v2.1", "status": "CURRENT", "version": fmt.Sprintf("2.%d", s.highestMinor()), "min_version": "2.1",
		"updated": "2013-07-23T11:33:21Z", "links": []doc{{"rel": "self", "href": s.cfg.Nova + "/v2.1/"}},
	}
}

// novaHandler answers a request of a minor version: 53 for microversion 2.53.
type novaHandler func(w http.ResponseWriter, r *http.Request, t token, minor int)

// microversion finds out which version a client wants.
func (s *Server) microversion(next novaHandler) func(http.ResponseWriter, *http.Request, token) {
	return func(w http.ResponseWriter, r *http.Request, t token) {
		highest := s.highestMinor()
		if highest == 0 { // it does not know of such headers
			next(w, r, t, lowestMinor)
			return
		}
		wanted := requestedVersion(r, highest)
		w.Header().Set("OpenStack-API-Version", "compute "+wanted)
		w.Header().Set("X-OpenStack-Nova-API-Version", wanted)
		minor, err := strconv.Atoi(strings.TrimPrefix(wanted, "2."))
		if err != nil || minor < lowestMinor || minor > highest {
			novaError(w, http.StatusNotAcceptable, "computeFault", fmt.Sprintf(
				"Version %s is not supported by the API. Minimum is 2.1 and maximum is 2.%d.", wanted, highest))
			return
		}
		next(w, r, t, minor)
	}
}

func requestedVersion(r *http.Request, highest int) string {
	version := r.Header.Get("X-OpenStack-Nova-API-Version")
	if v, ok := strings.CutPrefix(r.Header.Get("OpenStack-API-Version"), "compute "); ok {
		version = v
	}
	switch version {
	case "":
		return "2.1"
	case "latest":
		return fmt.Sprintf("2.%d", highest)
	}
	return version
}

func novaError(w http.ResponseWriter, status int, kind, message string) {
	answer(w, status, doc{kind: doc{"code": status, "message": message}})
}

// documents makes the documents of one of Nova's collections.
type documents func(s *Server, minor int, add func(id string, document any))

// novaListing returns a collection as it is in a microversion.
func (s *Server) novaListing(key string, minor int, docs documents) *listing {
	return s.cache.get(s.cfg.Cloud.Version(), fmt.Sprintf("%s 2.%d", key, minor), func() *listing {
		s.cfg.Cloud.RLock()
		defer s.cfg.Cloud.RUnlock()
		var l listing
		docs(s, minor, func(id string, document any) { l.add(id, encode(document)) })
		return &l
	})
}

// whole answers with a collection that has no pages.
func (s *Server) whole(key string, docs documents) novaHandler {
	return func(w http.ResponseWriter, _ *http.Request, _ token, minor int) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(join(key, s.novaListing(key, minor, docs).items, nil))
	}
}

func (s *Server) hypervisors(w http.ResponseWriter, r *http.Request, _ token, minor int) {
	l := s.novaListing("hypervisors", minor, (*Server).hypervisorDocs)
	if minor < pagedMinor {
		w.Header().Set("Content-Type", "application/json")
		w.Write(join("hypervisors", l.items, nil))
		return
	}
	s.novaPage(w, r, "hypervisors", l)
}

// novaPage sends at most 1000 documents, and a link when there may be more.
func (s *Server) novaPage(w http.ResponseWriter, r *http.Request, key string, l *listing) {
	query := r.URL.Query()
	limit, err := strconv.Atoi("0" + query.Get("limit"))
	if err != nil {
		novaError(w, http.StatusBadRequest, "badRequest", "limit must be an integer")
		return
	}
	if limit == 0 || limit > novaMaxLimit {
		limit = novaMaxLimit
	}
	ids, items, ok := l.page(query.Get("marker"), limit)
	if !ok {
		novaError(w, http.StatusBadRequest, "badRequest", fmt.Sprintf("marker [%s] not found", query.Get("marker")))
		return
	}
	var links []doc
	if len(ids) == limit {
		links = []doc{{"rel": "next", "href": pageURL(s.cfg.Nova, r, ids[len(ids)-1], false)}}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(join(key, items, links))
}

// servers lists the token's project's instances, or everybody's.
func (s *Server) servers(w http.ResponseWriter, r *http.Request, t token, minor int) {
	l := s.novaListing("servers", minor, (*Server).serverDocs)
	filters := filtersOf(r.URL.Query())
	if all := filters.Get("all_tenants"); all != "1" && !strings.EqualFold(all, "true") {
		filters.Set("tenant_id", t.project.ID)
	}
	filters.Del("all_tenants")
	if host := filters.Get("host"); host != "" {
		filters.Set("OS-EXT-SRV-ATTR:host", host)
		filters.Del("host")
	}
	if id := filters.Get("uuid"); id != "" {
		filters.Set("id", id)
		filters.Del("uuid")
	}
	if len(filters) > 0 {
		l = filtered(l, filters)
	}
	s.novaPage(w, r, "servers", l)
}

func (s *Server) server(w http.ResponseWriter, r *http.Request, _ token, minor int) {
	l, id := s.novaListing("servers", minor, (*Server).serverDocs), r.PathValue("id")
	at, ok := l.at[id]
	if !ok {
		novaError(w, http.StatusNotFound, "itemNotFound", fmt.Sprintf("Instance %s could not be found.", id))
		return
	}
	answer(w, http.StatusOK, doc{"server": json.RawMessage(l.items[at])})
}

func (s *Server) interfaces(w http.ResponseWriter, r *http.Request, _ token, _ int) {
	s.cfg.Cloud.RLock()
	defer s.cfg.Cloud.RUnlock()
	for _, i := range s.cfg.Cloud.Instances {
		if i.ID != r.PathValue("id") {
			continue
		}
		list := []doc{}
		for _, p := range i.Ports {
			list = append(list, doc{
				"net_id": p.Network.ID, "port_id": p.ID, "mac_addr": p.MAC, "port_state": "ACTIVE",
				"fixed_ips": []fixedIP{{p.Network.Subnet, p.Address.String()}},
			})
		}
		answer(w, http.StatusOK, doc{"interfaceAttachments": list})
		return
	}
	novaError(w, http.StatusNotFound, "itemNotFound", fmt.Sprintf("Instance %s could not be found.", r.PathValue("id")))
}

// zones lists the availability zones with the hosts' services.
func (s *Server) zones(w http.ResponseWriter, _ *http.Request, _ token, _ int) {
	s.cfg.Cloud.RLock()
	defer s.cfg.Cloud.RUnlock()
	hosts := map[string]doc{"internal": {}, "nova": {}}
	for _, h := range s.cfg.Cloud.Hosts {
		for _, service := range h.Services {
			zone := hosts[service.Zone]
			if zone[h.Name] == nil {
				zone[h.Name] = doc{}
			}
			zone[h.Name].(doc)[service.Binary] = doc{"available": true, "active": true, "updated_at": stamp(s.cfg.Cloud.Started)}
		}
	}
	list := []doc{}
	for _, zone := range []string{"internal", "nova"} {
		list = append(list, doc{"zoneName": zone, "zoneState": doc{"available": true}, "hosts": hosts[zone]})
	}
	answer(w, http.StatusOK, doc{"availabilityZoneInfo": list})
}
