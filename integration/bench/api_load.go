package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/integration/proc"
)

// load is clients that ask a running server.
type load struct {
	URL, Token string // as the server's file in the data folder says
	clients    int
	known      known
	server     *proc.Process
	http       *http.Client
}

func newLoad(data string, clients int, k known, server *proc.Process) (*load, error) {
	l := &load{clients: clients, known: k, server: server, http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: clients}}}
	text, err := os.ReadFile(filepath.Join(data, "server.json"))
	if err == nil {
		err = json.Unmarshal(text, l)
	}
	return l, err
}

// apiRoute is a kind of request.
type apiRoute struct {
	name string
	path func(*load, *rand.Rand) string
}

// baseline is what all others are compared with: an answer that needs neither login nor store.
const baseline = "baseline: /healthz"

func apiRoutes() []apiRoute {
	return []apiRoute{
		{baseline, func(*load, *rand.Rand) string { return "/healthz" }},
		{"list: /inventory, 100 of a type", func(l *load, r *rand.Rand) string {
			return "/inventory?page_size=100&type=" + one(r, []string{"instance", "port", "vnic", "host"}) + l.in(r)
		}},
		{"list: /inventory, page 50 of 100", func(l *load, r *rand.Rand) string { return "/inventory?page_size=100&page=50" + l.in(r) }},
		{"list: /links, 100 of a host", func(l *load, r *rand.Rand) string {
			return "/links?page_size=100&host=" + url.QueryEscape(one(r, l.known.hosts)) + l.in(r)
		}},
		{"get: /inventory?id=", func(l *load, r *rand.Rand) string {
			o := one(r, l.known.some)
			return "/inventory?env_name=" + o.Environment + "&type=" + o.Type + "&id=" + url.QueryEscape(o.ID)
		}},
		{"search: a name", func(l *load, r *rand.Rand) string { return search(one(r, l.known.some).Name) }},
		{"search: four letters of an id", func(l *load, r *rand.Rand) string {
			id := one(r, l.known.some).ID
			at := r.IntN(max(1, len(id)-4))
			return search(id[at:min(at+4, len(id))])
		}},
		{"search: two letters", func(_ *load, r *rand.Rand) string { return search(one(r, []string{"ta", "no", "qb", "10", "vm"})) }},
		{"tree: a host's", func(l *load, r *rand.Rand) string {
			return "/tree?id=" + url.QueryEscape(one(r, l.known.hosts)) + l.in(r)
		}},
		{"tree: below an object", func(l *load, r *rand.Rand) string {
			o := one(r, l.known.some)
			return "/tree?env_name=" + o.Environment + "&node=" + o.DBID()
		}},
		{"clique: /cliques?focal_point=", func(l *load, r *rand.Rand) string {
			o := one(r, l.known.focal)
			return "/cliques?env_name=" + o.Environment + "&focal_point=" + o.DBID()
		}},
		{"graph: type=clique", func(l *load, r *rand.Rand) string {
			o := one(r, l.known.focal)
			return "/graph?type=clique&env_name=" + o.Environment + "&focal_point_id=" + o.DBID()
		}},
		{"graph: type=vega_tree", func(l *load, r *rand.Rand) string { return "/graph?type=vega_tree" + l.in(r) }},
	}
}

func one[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (l *load) in(r *rand.Rand) string { return "&env_name=" + one(r, l.known.environments) }

func search(text string) string { return "/search?query=" + url.QueryEscape(text) }

// timed is how long the answers to requests of one kind took.
type timed struct {
	name  string
	took  []time.Duration // in order
	wall  time.Duration
	first time.Duration // the very first one, alone
	load  string
	cpu   time.Duration // that the server took, in all threads
}

// routes measures each kind of request whose name has a text in it, and the baseline, for a time.
func (l *load) routes(ctx context.Context, named string, each time.Duration) (all []timed, err error) {
	for _, r := range apiRoutes() {
		if r.name != baseline && !strings.Contains(r.name, named) {
			continue
		}
		began := time.Now()
		if err := l.ask(ctx, r.path(l, rand.New(rand.NewPCG(1, 1)))); err != nil {
			return all, fmt.Errorf("%s: %w", r.name, err)
		}
		first := time.Since(began)
		t, err := l.measure(ctx, []apiRoute{r}, each)
		if err != nil {
			return all, fmt.Errorf("%s: %w", r.name, err)
		}
		t.name, t.first = r.name, first
		all = append(all, t)
		fmt.Fprintln(os.Stderr, r.name, len(t.took), t.part(0.95))
	}
	return all, nil
}

// measure asks with all clients for a time; each takes the routes in turn.
func (l *load) measure(ctx context.Context, routes []apiRoute, during time.Duration) (t timed, err error) {
	t.load = proc.Load()
	before, err := l.server.Usage()
	if err != nil {
		return t, err
	}
	began := time.Now()
	took := make([][]time.Duration, l.clients)
	group, ctx := errgroup.WithContext(ctx)
	for client := range l.clients {
		random := rand.New(rand.NewPCG(7, uint64(client)))
		group.Go(func() error {
			for n := client; time.Since(began) < during; n++ {
				asked := time.Now()
				if err := l.ask(ctx, routes[n%len(routes)].path(l, random)); err != nil {
					return err
				}
				took[client] = append(took[client], time.Since(asked))
			}
			return nil
		})
	}
	err = group.Wait()
	t.wall, t.took = time.Since(began), slices.Concat(took...)
	slices.Sort(t.took)
	after, failed := l.server.Usage()
	t.cpu = after.CPU - before.CPU
	return t, errors.Join(err, failed)
}

func (l *load) ask(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.URL+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("X-Auth-Token", l.Token)
	answer, err := l.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", path, answer.Status, body)
	}
	return err
}
