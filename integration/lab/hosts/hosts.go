// Package hosts plays the hosts of a simulated cloud: it runs shell scripts in an interpreter whose commands and files
// are those of the simulated host, and nothing of this machine's.
package hosts

import (
	"sync"

	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/integration/lab/sim"
)

// Config says which cloud's hosts are played.
type Config struct {
	Cloud  *sim.Cloud
	Faults func() *faults.Set
	Files  map[string]string // what is in files of all hosts, beside what a host has
	Count  func()            // called for each command, builtins of the shell apart
	Hop    func()            // called for each ssh from the gateway to a host
}

// Hosts are the hosts of one cloud.
type Hosts struct {
	cfg     Config
	mu      sync.Mutex
	version uint64
	views   map[string]*view
}

// New makes the hosts of a cloud.
func New(cfg Config) *Hosts { return &Hosts{cfg: cfg} }

// Find returns the name of the host with that name or address, or "".
func (hs *Hosts) Find(name string) string {
	hs.cfg.Cloud.RLock()
	defer hs.cfg.Cloud.RUnlock()
	if h := hs.cfg.Cloud.Host(name); h != nil {
		return h.Name
	}
	return ""
}

// view returns what there is on a host now; nil when there is no such host.
func (hs *Hosts) view(name string) *view {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if now := hs.cfg.Cloud.Version(); hs.views == nil || hs.version != now {
		hs.views, hs.version = map[string]*view{}, now
	}
	if v := hs.views[name]; v != nil {
		return v
	}
	hs.cfg.Cloud.RLock()
	defer hs.cfg.Cloud.RUnlock()
	h := hs.cfg.Cloud.Host(name)
	if h == nil {
		return nil
	}
	hs.views[name] = newView(hs.cfg.Cloud, h)
	hs.views[name].files = hs.cfg.Files
	return hs.views[name]
}
