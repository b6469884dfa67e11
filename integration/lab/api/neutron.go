package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// collection is a collection of Neutron: its name, its documents' name, and what is in it.
type collection struct {
	plural, single string
	paged          bool // agents are not
	documents      func(s *Server, add func(id string, document any))
}

// collections are all that this Neutron has.
func collections() []collection {
	return []collection{
		{"networks", "network", true, (*Server).networkDocs},
		{"subnets", "subnet", true, (*Server).subnetDocs},
		{"ports", "port", true, (*Server).portDocs},
		{"routers", "router", true, (*Server).routerDocs},
		{"floatingips", "floatingip", true, (*Server).floatingDocs},
		{"agents", "agent", false, (*Server).agentDocs},
	}
}

func (s *Server) neutron() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		self := []doc{{"rel": "self", "href": s.cfg.Neutron + "/v2.0/"}}
		answer(w, http.StatusOK, doc{"versions": []doc{{"id": "v2.0", "status": "CURRENT", "links": self}}})
	})
	for _, c := range collections() {
		mux.HandleFunc("GET /v2.0/"+c.plural, s.authorised(func(w http.ResponseWriter, r *http.Request, _ token) {
			s.neutronList(w, r, c)
		}))
		mux.HandleFunc("GET /v2.0/"+c.plural+"/{id}", s.authorised(func(w http.ResponseWriter, r *http.Request, _ token) {
			s.neutronShow(w, r, c)
		}))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		neutronError(w, http.StatusNotFound, "HTTPNotFound", "The resource could not be found.")
	})
	return mux
}

func neutronError(w http.ResponseWriter, status int, kind, message string) {
	answer(w, status, doc{"NeutronError": doc{"type": kind, "message": message, "detail": ""}})
}

// neutronListing returns a collection ordered by id, as Neutron gives it.
func (s *Server) neutronListing(c collection) *listing {
	return s.cache.get(s.cfg.Cloud.Version(), c.plural, func() *listing {
		s.cfg.Cloud.RLock()
		defer s.cfg.Cloud.RUnlock()
		var l listing
		c.documents(s, func(id string, document any) { l.add(id, encode(s.asOf(document, c.plural == "agents"))) })
		l.sort()
		return &l
	})
}

func (s *Server) neutronShow(w http.ResponseWriter, r *http.Request, c collection) {
	l, id := s.neutronListing(c), r.PathValue("id")
	at, ok := l.at[id]
	if !ok {
		kind := strings.ToUpper(c.single[:1]) + c.single[1:]
		neutronError(w, http.StatusNotFound, kind+"NotFound", fmt.Sprintf("%s %s could not be found.", kind, id))
		return
	}
	answer(w, http.StatusOK, doc{c.single: json.RawMessage(l.items[at])})
}

func (s *Server) neutronList(w http.ResponseWriter, r *http.Request, c collection) {
	query := r.URL.Query()
	limit, err := strconv.Atoi("0" + query.Get("limit"))
	if err != nil {
		neutronError(w, http.StatusBadRequest, "BadRequest",
			fmt.Sprintf("Bad limit request: Limit must be an integer 0 or greater and not '%s'.", query.Get("limit")))
		return
	}
	if !c.paged {
		limit = 0
	}
	l := s.neutronListing(c)
	if filters := filtersOf(query); len(filters) > 0 {
		l = filtered(l, filters)
	}
	ids, items, ok := l.page(query.Get("marker"), limit)
	if !ok {
		kind := strings.ToUpper(c.single[:1]) + c.single[1:]
		neutronError(w, http.StatusNotFound, kind+"NotFound", fmt.Sprintf("%s %s could not be found.", kind, query.Get("marker")))
		return
	}
	if fields := query["fields"]; len(fields) > 0 {
		items = project(items, fields)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(join(c.plural, items, s.neutronLinks(r, ids, limit)))
}

// neutronLinks are there whenever a limit is given; the next one only when the page is full.
func (s *Server) neutronLinks(r *http.Request, ids []string, limit int) []doc {
	if limit == 0 {
		return nil
	}
	links := []doc{}
	if len(ids) == limit {
		links = append(links, doc{"rel": "next", "href": pageURL(s.cfg.Neutron, r, ids[len(ids)-1], false)})
	}
	if r.URL.Query().Get("marker") != "" || len(ids) > 0 {
		first := ""
		if len(ids) > 0 {
			first = ids[0]
		}
		links = append(links, doc{"rel": "previous", "href": pageURL(s.cfg.Neutron, r, first, true)})
	}
	return links
}

// pageURL is the request's URL with another marker.
func pageURL(base string, r *http.Request, marker string, reverse bool) string {
	query := r.URL.Query()
	query.Del("marker")
	if marker != "" {
		query.Set("marker", marker)
	}
	if reverse {
		query.Set("page_reverse", "True")
	}
	return base + r.URL.Path + "?" + query.Encode()
}

// filtersOf returns the query's attribute filters.
func filtersOf(query url.Values) url.Values {
	filters := url.Values{}
	for key, values := range query {
		if !slices.Contains([]string{"limit", "marker", "page_reverse", "fields", "sort_key", "sort_dir"}, key) {
			filters[key] = values
		}
	}
	return filters
}

// filtered keeps the documents whose attributes have one of the values asked for.
func filtered(l *listing, filters url.Values) *listing {
	var result listing
	for i, item := range l.items {
		if matches(item, filters) {
			result.add(l.ids[i], item)
		}
	}
	return &result
}

func matches(item []byte, filters url.Values) bool {
	var document map[string]any
	if json.Unmarshal(item, &document) != nil {
		return false
	}
	for key, values := range filters {
		if !slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, fmt.Sprint(document[key])) }) {
			return false
		}
	}
	return true
}

// project keeps only some attributes of each document.
func project(items [][]byte, fields []string) [][]byte {
	result := make([][]byte, len(items))
	for i, item := range items {
		var document, some map[string]json.RawMessage
		some = map[string]json.RawMessage{}
		if json.Unmarshal(item, &document) == nil {
			for _, field := range fields {
				if value, ok := document[field]; ok {
					some[field] = value
				}
			}
		}
		result[i] = encode(some)
	}
	return result
}
