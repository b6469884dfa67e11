package api

import (
	"context"
	"sync"
	"time"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// grantsLifetime is how soon rights that another process has given or withdrawn take effect, at the latest.
const grantsLifetime = time.Second

// grants remembers for a moment who may see and change which environment, since each request asks for it.
type grants struct {
	db  *store.DB
	now func() time.Time

	mu    sync.Mutex
	until time.Time
	lists map[string]model.EnvAuth // by environment; only those that name somebody
}

// of returns the environments that name somebody, as those who may see and who may change them.
func (g *grants) of(ctx context.Context, id auth.Identity) (view, edit []string, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().After(g.until) {
		if err := g.read(ctx); err != nil {
			return nil, nil, err
		}
	}
	for name, list := range g.lists {
		if id.Named(list.ViewEnv) {
			view = append(view, name)
		}
		if id.Named(list.EditEnv) {
			edit = append(edit, name)
		}
	}
	return view, edit, nil
}

func (g *grants) read(ctx context.Context) error {
	lists, at := map[string]model.EnvAuth{}, g.now()
	err := g.db.Environments.Each(ctx, store.Query{}, func(e model.Environment) error {
		if e.Auth != nil {
			lists[e.Name] = *e.Auth
		}
		return nil
	})
	if err == nil {
		g.lists, g.until = lists, at.Add(grantsLifetime)
	}
	return err
}

// forget has the environments read anew, after this process has changed some of them.
func (g *grants) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until = time.Time{}
}
