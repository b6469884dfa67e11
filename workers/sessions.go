package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"calipso.io/calipso/pkg/conn/apic"
	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/conn/sqldb"
	"calipso.io/calipso/pkg/conn/ssh"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/limit"
	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/topology"
)

// sessions are the scans that this worker takes part in. What their steps share (connections, answers of the cloud,
// networks, the graph of links) is opened once for each scan, and closed when no step has used it for a while.
type sessions struct {
	config Config
	mu     sync.Mutex
	byScan map[string]*session
	group  singleflight.Group
}

// idleSession is how long a session stays open that no step uses.
const idleSession = 30 * time.Second

// session is what the steps of one scan share in one worker.
type session struct {
	scan      model.Scan
	env       *model.Environment // with its secrets open
	inventory *store.Inventory
	cloud     *cloud.Client
	database  *sqldb.Client
	fabric    *apic.Client
	hosts     *ssh.Client
	sudo      string
	limits    *limit.Limiter
	metrics   *metrics.Metrics

	users int
	idle  *time.Timer

	group   singleflight.Group
	mu      sync.Mutex
	known   map[string][]model.Object // networks, and switches, by their type and the scope that they were found in
	links   *topology.Graph
	counted model.Counts
}

func newSessions(c Config) *sessions { return &sessions{config: c, byScan: map[string]*session{}} }

// open returns the scan's session. Call done when the step has ended.
func (s *sessions) open(ctx context.Context, scan *model.Scan) (*session, func(), error) {
	for {
		if found := s.use(scan.ID); found != nil {
			return found, func() { s.release(found) }, nil
		}
		_, err, _ := s.group.Do(scan.ID, func() (any, error) {
			made, err := s.connect(ctx, scan)
			if err == nil {
				s.mu.Lock()
				s.byScan[scan.ID] = made
				s.mu.Unlock()
			}
			return nil, err
		})
		if err != nil {
			return nil, nil, err
		}
	}
}

func (s *sessions) use(scan string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byScan[scan]
	if found == nil {
		return nil
	}
	found.users++
	if found.idle != nil {
		found.idle.Stop()
	}
	return found
}

func (s *sessions) release(used *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	used.users--
	if used.users > 0 {
		return
	}
	used.idle = time.AfterFunc(idleSession, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if used.users == 0 && s.byScan[used.scan.ID] == used {
			delete(s.byScan, used.scan.ID)
			used.close()
		}
	})
}

// end closes the session of a scan that has ended: the next scan begins perhaps at once, and needs the memory.
func (s *sessions) end(scan string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := s.byScan[scan]
	if ended == nil || ended.users > 0 {
		return
	}
	if ended.idle != nil {
		ended.idle.Stop()
	}
	delete(s.byScan, scan)
	ended.close()
}

func (s *sessions) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, open := range s.byScan {
		delete(s.byScan, id)
		open.close()
	}
}

// connect prepares a session. Nothing is contacted yet: what can't be reached fails the steps that need it.
func (s *sessions) connect(ctx context.Context, scan *model.Scan) (*session, error) {
	stored, err := s.config.DB.Environments.Get(ctx, scan.Environment)
	if err != nil {
		return nil, fmt.Errorf("read environment %s: %w", scan.Environment, err)
	}
	env, err := s.config.Sealer.OpenEnvironment(&stored)
	if err != nil {
		return nil, fmt.Errorf("open the secrets of environment %s: %w", stored.Name, err)
	}
	made := &session{scan: *scan, env: env, known: map[string][]model.Object{}, limits: s.config.Limits, metrics: s.config.Metrics}
	if made.inventory, err = s.config.DB.Inventory(ctx, scan.Inventory); err != nil {
		return nil, err
	}
	return made, errors.Join(made.useCloud(), made.useDatabase(), made.useFabric(), made.useHosts(s.config))
}

func (s *session) useCloud() error {
	section := s.env.Section(model.SectionOpenStack)
	if section == nil {
		return nil
	}
	config, err := cloud.FromSection(section)
	if err == nil {
		config.Hooks = s.apiHooks()
		s.cloud = cloud.New(config)
	}
	return err
}

func (s *session) useDatabase() error {
	section := s.env.Section(model.SectionMySQL)
	if section == nil {
		return nil
	}
	config, err := sqldb.FromSection(section)
	if err == nil {
		config.Hooks = s.sqlHooks()
		s.database = sqldb.New(config)
	}
	return err
}

func (s *session) useFabric() error {
	section := s.env.Section(model.SectionACI)
	if section == nil || !s.env.ACIEnabled {
		return nil
	}
	config, err := apic.FromSection(section)
	if err == nil {
		config.Hooks = s.apiHooks()
		s.fabric = apic.New(config)
	}
	return err
}

func (s *session) useHosts(c Config) error {
	section := s.env.Section(model.SectionCLI)
	if section == nil {
		return nil
	}
	config, err := ssh.FromSection(s.env.Name, section)
	if err != nil {
		return err
	}
	config.HostKeys = hostKeys{db: c.DB, environment: s.env.Name, now: c.Now}
	config.RunTimeout = c.HostTimeout
	s.limitSSH(&config)
	if section.Str("user") != "root" {
		s.sudo = "sudo -n"
	}
	if s.hosts, err = ssh.New(config); err != nil {
		return err
	}
	// While the cloud's API is asked which hosts there are.
	if slices.Contains(s.scan.Phases(), model.PhaseInventory) {
		go s.hosts.Warm(context.Background())
	}
	return nil
}

func (s *session) close() {
	if s.hosts != nil {
		s.hosts.Close()
	}
}

// refresh makes the session forget what it has read, so that it is read again; connections and the login stay.
func (s *session) refresh() {
	if s.cloud != nil {
		s.cloud.Refresh()
	}
	if s.database != nil {
		s.database.Refresh()
	}
	if s.fabric != nil {
		s.fabric.Refresh()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.known)
}

func (s *session) sources() discover.Sources {
	return discover.Sources{Cloud: s.cloud, Database: s.database, Fabric: s.fabric, Sudo: s.sudo,
		Host: func(ctx context.Context, host string, script []byte, args ...string) ([]byte, []byte, error) {
			if s.hosts == nil {
				return nil, nil, fmt.Errorf("environment %s has no CLI section, so its hosts can't be reached", s.env.Name)
			}
			result, err := s.hosts.Run(ctx, host, script, args...)
			return result.Stdout, result.Stderr, err
		}}
}

// takeCounts returns the round trips since it was called last.
func (s *session) takeCounts() model.Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	var now model.Counts
	if s.cloud != nil {
		now.API = s.cloud.Requests()
	}
	if s.fabric != nil {
		now.API += s.fabric.Requests()
	}
	if s.database != nil {
		now.SQL = s.database.Queries()
	}
	if s.hosts != nil {
		now.SSH = s.hosts.Stats().RoundTrips
	}
	since := model.Counts{API: now.API - s.counted.API, SSH: now.SSH - s.counted.SSH, SQL: now.SQL - s.counted.SQL}
	s.counted = now
	return since
}

// networks returns the networks that were found in a scope; in all of the environment when it is "".
func (s *session) networks(ctx context.Context, scope string) ([]model.Object, error) {
	return s.foundIn(ctx, model.TypeNetwork, scope)
}

// switches returns the switches of the fabric: what its controller has told of in the environment's step. None of an
// environment whose fabric is not read.
func (s *session) switches(ctx context.Context) ([]model.Object, error) {
	if s.fabric == nil {
		return nil, nil
	}
	if s.scan.ObjectID != "" {
		return s.foundIn(ctx, model.TypeSwitch, rootScope)
	}
	return s.foundIn(ctx, model.TypeSwitch, rootScope, store.Since(s.scan.Generation))
}

// foundIn returns the objects of a type that were found in a scope; in all of the environment when it is "".
func (s *session) foundIn(ctx context.Context, objectType, scope string, more ...store.Cond) ([]model.Object, error) {
	key := objectType + " " + scope
	s.mu.Lock()
	known, ok := s.known[key]
	s.mu.Unlock()
	if ok {
		return known, nil
	}
	found, err, _ := s.group.Do(key, func() (any, error) {
		q := store.Where(append(more, store.Is(store.Environment, s.env.Name), store.Is(store.Type, objectType))...)
		if scope != "" {
			q.Where = append(q.Where, store.Is(store.Scope, scope))
		}
		return s.inventory.Objects.Find(ctx, q)
	})
	if err != nil {
		return nil, fmt.Errorf("read objects of type %s: %w", objectType, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[key] = found.([]model.Object)
	return s.known[key], nil
}

// graph returns the environment's links as a graph. It is loaded when the first clique is built: then all links are
// there.
func (s *session) graph(ctx context.Context) (*topology.Graph, error) {
	s.mu.Lock()
	known := s.links
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	loaded, err, _ := s.group.Do("graph", func() (any, error) {
		q := store.Where(store.Is(store.Environment, s.env.Name))
		if s.scan.ObjectID == "" && slices.Contains(s.scan.Phases(), model.PhaseLinks) {
			q.Where = append(q.Where, store.Since(s.scan.Generation))
		}
		return topology.NewGraph(func(add func(model.Link) error) error { return s.inventory.Links.Each(ctx, q, add) })
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links = loaded.(*topology.Graph)
	return s.links, nil
}
