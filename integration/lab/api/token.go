package api

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"calipso.io/calipso/integration/lab/sim"
)

// tokens remembers the tokens that were given out.
type tokens struct {
	mu   sync.Mutex
	live map[string]token
}

type token struct {
	project *sim.Project
	expires time.Time
}

func (t *tokens) add(project *sim.Project, expires time.Time) string {
	id := "gAAAAAB" + rand.Text() + rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.live == nil {
		t.live = map[string]token{}
	}
	t.live[id] = token{project, expires}
	return id
}

// of returns the token that a request came with.
func (t *tokens) of(r *http.Request) (token, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, ok := t.live[r.Header.Get("X-Auth-Token")]
	return found, ok && time.Now().Before(found.expires)
}

// authorised lets requests with a live token through.
func (s *Server) authorised(next func(http.ResponseWriter, *http.Request, token)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t, ok := s.tokens.of(r)
		if !ok {
			s.unauthorised(w)
			return
		}
		next(w, r, t)
	}
}

func (s *Server) unauthorised(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Keystone uri="`+s.cfg.Keystone+`/v3"`)
	answer(w, http.StatusUnauthorized, map[string]any{"error": map[string]any{
		"code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized",
	}})
}
