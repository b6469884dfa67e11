package workers

import (
	"context"
	"fmt"
	"slices"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/topology"
)

// linkSteps returns one step for each host: links join what is on one host, and that to the networks. A scan of one
// object looks only at the hosts that it read, if it read any. What is in a fabric is on no host: one more step is for it.
func (w *Workers) linkSteps(ctx context.Context, scan *model.Scan) ([]model.Step, error) {
	inv, err := w.DB.Inventory(ctx, scan.Inventory)
	if err != nil {
		return nil, err
	}
	if scan.ObjectID != "" {
		// What is gone must not be linked again. A full scan tells what is gone by its generation; here most of the
		// inventory is older and yet there.
		if err := w.sweepBelow(ctx, inv, scan); err != nil {
			return nil, err
		}
	}
	read, err := w.hostsRead(ctx, scan)
	if err != nil {
		return nil, err
	}
	var steps []model.Step
	err = inv.Objects.Each(ctx, store.Where(w.current(scan, store.Is(store.Type, model.TypeHost))...), func(o model.Object) error {
		if len(read) > 0 && !slices.Contains(read, o.ID) {
			return nil
		}
		s := newStep(scan, model.PhaseLinks, "links", o.DBID())
		s.ParentID, s.ParentType, s.Host = o.ID, o.Type, o.ID
		steps = append(steps, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	env, err := w.DB.Environments.Get(ctx, scan.Environment)
	if env.ACIEnabled && len(read) == 0 {
		s := newStep(scan, model.PhaseLinks, "links", fabricLinks)
		s.ParentID, s.ParentType = env.Name, model.TypeEnvironment
		steps = append(steps, s)
	}
	return steps, err
}

// fabricLinks stands for the fabric in the id of its link step.
const fabricLinks = "fabric"

// hostsRead returns the hosts that a scan of one object read; none for other scans.
func (w *Workers) hostsRead(ctx context.Context, scan *model.Scan) ([]string, error) {
	if scan.ObjectID == "" {
		return nil, nil
	}
	var hosts []string
	err := w.DB.Steps.Each(ctx, store.Where(store.Is(store.ScanID, scan.ID), store.Is(store.Phase, model.PhaseInventory)), func(s model.Step) error {
		if s.Host != "" {
			hosts = append(hosts, s.Host)
		}
		return nil
	})
	return hosts, err
}

// current returns conditions for the documents that a scan takes as there: all of the environment's, or, when the
// scan reads the whole inventory, those that it found or kept.
func (w *Workers) current(scan *model.Scan, conds ...store.Cond) []store.Cond {
	conds = append(conds, store.Is(store.Environment, scan.Environment))
	if scan.ObjectID == "" && slices.Contains(scan.Phases(), model.PhaseInventory) {
		conds = append(conds, store.Since(scan.Generation))
	}
	return conds
}

// findLinks finds the links of one host, or of the fabric.
func (w *Workers) findLinks(ctx context.Context, scan *model.Scan, step *model.Step) error {
	session, done, err := w.sessions.open(ctx, scan)
	if err != nil {
		return err
	}
	defer done()
	links, err := w.hostLinks(ctx, session, scan, step.Host, func(string) bool { return false })
	if err != nil {
		return err
	}
	if err := w.fence(ctx, step); err != nil {
		return err
	}
	refused, err := session.inventory.Links.Put(ctx, scan.GenerationOf(step), links...)
	if err != nil {
		return fmt.Errorf("write links: %w", err)
	}
	w.Metrics.Fenced(scan.Environment, refused)
	step.Found = len(links)
	return nil
}

// hostLinks finds the links of one host, or of the fabric when it is "", without what is gone, by its document id.
func (w *Workers) hostLinks(ctx context.Context, session *session, scan *model.Scan, host string, gone func(string) bool) ([]model.Link, error) {
	view := topology.View{Env: session.env, Host: host, Networks: map[string]*model.Object{}}
	networks, err := session.networks(ctx, "")
	if err != nil {
		return nil, err
	}
	for i := range networks {
		if !gone(networks[i].DBID()) {
			view.Networks[networks[i].ID] = &networks[i]
		}
	}
	of := []store.Cond{store.Is(store.Host, host)}
	if host == "" {
		of = []store.Cond{store.Is(store.Type, model.TypeSwitch, model.TypeSwitchPnic), store.Is(store.Scope, rootScope)}
	}
	err = session.inventory.Objects.Each(ctx, store.Where(w.current(scan, of...)...), func(o model.Object) error {
		if !gone(o.DBID()) {
			view.Objects = append(view.Objects, &o)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the objects of %s: %w", firstText(host, "the fabric"), err)
	}
	if view.Cabled, err = w.cabled(ctx, session, scan, view.Objects); err != nil {
		return nil, err
	}
	links := w.Finders.FindLinks(view)
	for i := range links {
		links[i].LastScanned = w.Now().UTC()
	}
	return links, nil
}

// cabled returns the ports of switches that a host's NICs are cabled to, and these switches.
func (w *Workers) cabled(ctx context.Context, session *session, scan *model.Scan, objects []*model.Object) (cabled []*model.Object, err error) {
	var ids []string
	for _, o := range objects {
		if o.Type != model.TypeHostPnic {
			continue
		}
		ports, switches := topology.CabledTo(o)
		for _, port := range ports {
			ids = append(ids, model.DBID(scan.Environment, model.TypeSwitchPnic, port))
		}
		for _, owner := range switches {
			ids = append(ids, model.DBID(scan.Environment, model.TypeSwitch, owner))
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	err = session.inventory.Objects.Each(ctx, store.Where(w.current(scan, store.IDs(slices.Compact(ids)...))...), func(o model.Object) error {
		cabled = append(cabled, &o)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the switches that a host is cabled to: %w", err)
	}
	return cabled, nil
}
