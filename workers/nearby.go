package workers

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/model"
)

// nearby reads, instead of all lists of a region, those rows that hints are about, with what their objects are described
// with: the ports of an instance, the instances that have a port, the networks of ports. What is asked for by its id and is
// not in the answer is gone; of all else nothing is known, and it stays as it is.
type nearby struct {
	client *cloud.Client
	region string
	before map[string]bare

	ports, devices, networks, instances *wanted
	attached                            set // networks that ports are on

	mu   sync.Mutex
	rows map[string]cloud.Item // ports, by id
}

// More than so many things, or instances, of which each is a request, are not asked for one by one.
const (
	mostNearby  = 100
	mostServers = 10
)

// wanted is a set of ids that grows, and knows which of them have been asked for.
type wanted struct{ all, asked set }

func want() *wanted { return &wanted{set{}, set{}} }

func (w *wanted) add(id string) {
	if id != "" {
		w.all[id] = true
	}
}

// next returns what has been added since it was called last.
func (w *wanted) next() (ids []string) {
	for id := range w.all {
		if !w.asked[id] {
			w.asked[id] = true
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// near reads what hints are about. It is nil when all has to be read: since they are about too much, or about what is
// not asked for one by one, or since something could not be read.
func (r *reconciler) near(ctx context.Context, region string, before map[string]bare) *nearby {
	if r.session.cloud == nil {
		return nil
	}
	n := &nearby{client: r.session.cloud, region: region, before: before, ports: want(), devices: want(), networks: want(),
		instances: want(), attached: set{}, rows: map[string]cloud.Item{}}
	for i := range r.hints {
		if !n.aim(&r.hints[i]) {
			return nil
		}
	}
	for more := true; more; {
		n.lookAround()
		if n.tooMany() {
			return nil
		}
		var err error
		if more, err = n.readPorts(ctx); err != nil {
			return nil
		}
	}
	return n
}

// unasked returns those objects of before of which nothing is known, since nobody asked for them. A folder of a project's
// networks is gone when it is empty.
func (n *nearby) unasked(now []model.Object) (kept []*model.Object) {
	if n == nil {
		return nil
	}
	parents := set{}
	for i := range now {
		parents[now[i].ParentType+" "+now[i].ParentID] = true
	}
	var others []*model.Object
	for _, was := range n.before {
		switch o := &was.object; {
		case n.tells(o):
		case o.ParentType == model.TypeProject:
			others = append(others, o)
		default:
			kept = append(kept, o)
			parents[o.ParentType+" "+o.ParentID] = true
		}
	}
	for _, o := range others {
		if parents[o.Type+" "+o.ID] {
			kept = append(kept, o)
		}
	}
	return kept
}

// aim notes what a hint is about. It is false when that is nothing that can be asked for.
func (n *nearby) aim(h *model.Hint) bool {
	switch h.Kind {
	case model.EventInstance:
		n.instances.add(h.Object)
		n.devices.add(h.Object)
	case model.EventPort:
		n.ports.add(h.Object)
		n.instances.add(h.Related[model.EventInstance])
		n.devices.add(h.Related[model.EventInstance])
		n.devices.add(h.Related[model.EventRouter])
	case model.EventNetwork:
		n.networks.add(h.Object)
	case model.EventSubnet:
		n.networks.add(h.Related[model.EventNetwork])
		n.networkOf(h.Object)
	case model.EventRouter:
		n.devices.add(h.Object)
		n.ports.add(h.Related[model.EventPort])
	default:
		return false
	}
	return true
}

// networkOf adds the network that had a subnet.
func (n *nearby) networkOf(subnet string) {
	for _, was := range n.before {
		if was.object.Type == model.TypeNetwork && slices.Contains(was.object.Strs("subnet_ids"), subnet) {
			n.networks.add(was.object.ID)
		}
	}
}

// lookAround adds the ports that the inventory has of devices, and the instances that have, or had, one of the ports.
func (n *nearby) lookAround() {
	for _, was := range n.before {
		p := &was.object
		if p.Type != model.TypePort {
			continue
		}
		if n.devices.all[p.Str("device_id")] {
			n.ports.add(p.ID)
		}
		if n.ports.all[p.ID] || n.networks.all[p.Str("network_id")] {
			n.plugged(p.Str("device_owner"), p.Str("device_id"), p.Str("network_id"))
		}
	}
	for _, row := range n.rows {
		n.plugged(row.Str("device_owner"), row.Str("device_id"), row.Str("network_id"))
	}
}

func (n *nearby) plugged(owner, device, network string) {
	n.attached[network] = true
	if strings.HasPrefix(owner, "compute:") || strings.HasPrefix(owner, "baremetal:") {
		n.instances.add(device)
		n.devices.add(device)
	}
}

func (n *nearby) tooMany() bool {
	return len(n.instances.all) > mostServers || len(n.ports.all)+len(n.devices.all)+len(n.networks.all)+len(n.attached) > mostNearby
}

// readPorts reads the ports that have been added, and tells whether there were any.
func (n *nearby) readPorts(ctx context.Context) (more bool, err error) {
	group, ctx := errgroup.WithContext(ctx)
	for attribute, ids := range map[string][]string{"id": n.ports.next(), "device_id": n.devices.next(), "network_id": n.networks.next()} {
		if len(ids) == 0 {
			continue
		}
		more = true
		group.Go(func() error {
			rows, err := n.client.Some(ctx, n.region, cloud.Ports, attribute, ids...)
			n.mu.Lock()
			defer n.mu.Unlock()
			for _, row := range rows {
				n.rows[row.Str("id")] = row
			}
			return err
		})
	}
	return more, group.Wait()
}

// limited reads the rest, and returns a client for which what was read is all that there is.
func (n *nearby) limited(ctx context.Context) (*cloud.Client, error) {
	maps.Copy(n.attached, n.networks.all)
	delete(n.attached, "")
	given := cloud.Given{cloud.Ports: slices.Collect(maps.Values(n.rows)), cloud.Networks: nil, cloud.Subnets: nil, cloud.Servers: nil}
	group, ctx := errgroup.WithContext(ctx)
	read := func(name string, rows func() ([]cloud.Item, error)) {
		group.Go(func() error {
			found, err := rows()
			n.mu.Lock()
			defer n.mu.Unlock()
			given[name] = append(given[name], found...)
			return err
		})
	}
	networks := slices.Sorted(maps.Keys(n.attached))
	for name, attribute := range map[string]string{cloud.Networks: "id", cloud.Subnets: "network_id"} {
		read(name, func() ([]cloud.Item, error) { return n.client.Some(ctx, n.region, name, attribute, networks...) })
	}
	if len(n.instances.all) > 0 { // they are described with their hypervisor
		group.Go(func() error {
			_, err := n.client.Hypervisors(ctx, n.region)
			return err
		})
	}
	for id := range n.instances.all {
		read(cloud.Servers, func() ([]cloud.Item, error) { return n.client.Server(ctx, n.region, id) })
	}
	return n.client.With(given), group.Wait()
}

// tells tells whether it is known of an object whether it is still there.
func (n *nearby) tells(o *model.Object) bool {
	switch {
	case o.Type == model.TypePort:
		return n.ports.all[o.ID] || n.networks.all[o.Str("network_id")]
	case o.Type == model.TypeNetwork:
		return n.attached[o.ID]
	case o.Type == model.TypeInstance:
		return n.instances.all[o.ID]
	case o.ParentType == model.TypeNetwork:
		return n.attached[o.ParentID]
	case o.ParentType == model.TypeInstance:
		return n.instances.all[o.ParentID]
	}
	return false
}
