// Package api answers like the APIs of an OpenStack cloud, Keystone, Nova and Neutron of its release, and like the APIC of
// the fabric that its hosts are cabled to.
package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/integration/lab/sim"
)

// Config says what the APIs answer, and to whom.
type Config struct {
	Cloud          *sim.Cloud
	User, Password string // of the one user there is, in domain Default
	Delay          time.Duration
	Faults         func() *faults.Set
	Begin          func() (end func()) // called for each request
	Keystone       string              // base URLs, without a slash at the end
	Nova, Neutron  string              //
}

// Server has the handlers of a cloud's APIs.
type Server struct {
	cfg    Config
	tokens tokens
	apic   sessions
	cache  cache
}

// New makes the APIs of a cloud.
func New(cfg Config) *Server { return &Server{cfg: cfg} }

// Keystone returns the handler of the identity service.
func (s *Server) Keystone() http.Handler { return s.outer(s.keystone()) }

// Nova returns the handler of the compute service.
func (s *Server) Nova() http.Handler { return s.outer(s.nova()) }

// Neutron returns the handler of the networking service.
func (s *Server) Neutron() http.Handler { return s.outer(s.neutron()) }

// APIC returns the handler of the fabric's controller.
func (s *Server) APIC() http.Handler { return s.outer(s.controller()) }

// outer is around every service: it counts, delays, and breaks what should be broken.
func (s *Server) outer(service http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.cfg.Begin()()
		if !wait(r, s.cfg.Delay) {
			return
		}
		if fault := s.cfg.Faults().APIFault(r.URL.Path); fault != "" {
			broken(fault, service, w, r)
			return
		}
		service.ServeHTTP(w, r)
	})
}

// wait delays an answer; false when the client did not wait for it.
func wait(r *http.Request, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// broken answers a request as the fault says.
func broken(fault faults.API, service http.Handler, w http.ResponseWriter, r *http.Request) {
	switch fault {
	case faults.LostRows:
		service.ServeHTTP(w, r) // which leaves them out
	case faults.HangingAPI:
		<-r.Context().Done()
	case faults.HTML:
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<!DOCTYPE html>\n<html><head><title>It works!</title></head><body>Apache2 Debian Default Page</body></html>\n"))
	case faults.TruncatedJSON:
		half := &recorder{header: w.Header(), status: http.StatusOK}
		service.ServeHTTP(half, r)
		w.Header().Del("Content-Length")
		w.WriteHeader(half.status)
		w.Write(half.body.Bytes()[:half.body.Len()/2])
	default:
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(http.StatusInternalServerError)
		w.Write([]byte(`{"computeFault": {"code": 500, "message": "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if possible.\n<class 'oslo_db.exception.DBConnectionError'>"}}`))
	}
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// answer sends a value as JSON.
func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(encode(value))
}

// encode is JSON as the cloud's services write it: "<" and "&" are themselves.
func encode(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic("a cloud's document cannot be written as JSON: " + err.Error()) // they are made of plain values
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// stamp writes a time as Nova does.
func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000000") }

// zulu writes a time as Neutron does.
func zulu(t time.Time) string { return t.Format("2006-01-02T15:04:05Z") }
