package integration

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// notify writes events as the listener does, and asks for them to be handled.
func (i *inside) notify(t *testing.T, events ...model.Event) {
	t.Helper()
	for n := range events {
		events[n].Status, events[n].Received = model.EventWaiting, i.now()
	}
	if _, err := i.db.Events.Insert(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
	if err := i.config.Queue.Enqueue(t.Context(), tasks.HandleEvents{Environment: events[0].Environment}); err != nil {
		t.Fatal(err)
	}
}

// handled waits until no event is kept anymore. The scheduler looks meanwhile, as it does all the time.
func (i *inside) handled(t *testing.T) {
	t.Helper()
	until(t, "the events to be handled", func() bool {
		i.recover(t, 0)
		kept, err := i.db.Events.Count(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return kept == 0
	})
}

// agrees compares the inventory with a full scan into another one.
func (i *inside) agrees(t *testing.T, what string) {
	t.Helper()
	i.completed(client.ScanRequest{Environment: "e", Inventory: "verify", Clear: true})
	if d := changes(i.look("e", ""), i.look("e", "verify")); d != "" {
		t.Fatalf("%s: a scan finds something else:\n%s", what, d)
	}
}

// eventOf makes an event of environment e.
func eventOf(n int, eventType, kind, object string, related map[string]string, hosts ...string) model.Event {
	id := fmt.Sprintf("message-%d-%s", n, eventType)
	body, _ := json.Marshal(map[string]any{"event_type": eventType, "message_id": id})
	return model.Event{ID: model.EventID("e", id), Environment: "e", MessageID: id, Type: eventType, Level: model.LevelInfo, Body: body,
		Hint: model.Hint{Kind: kind, Object: object, Related: related, Hosts: hosts}}
}

// act is something that happens in a cloud, with what the cloud's bus says of it.
type act struct {
	name string
	do   func(t *testing.T, cloud *sim.Cloud, n int) []model.Event
}

func acts() []act {
	return []act{
		{"create instance", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			on := pick(tenantNetworks(c))
			i := addInstance(t, c, fmt.Sprint("new-", n), computeHost(c), on.ID)
			return slices.Concat(portEvents(n, "port.create.end", i.Ports...),
				[]model.Event{eventOf(n, "compute.instance.create.end", model.EventInstance, i.ID, nil, i.Host.Name)})
		}},
		{"delete instance", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			if len(c.Instances) == 0 {
				return nil
			}
			i := pick(c.Instances)
			check(t, c.DeleteInstance(i.ID))
			return slices.Concat(portEvents(n, "port.delete.end", i.Ports...),
				[]model.Event{eventOf(n, "compute.instance.delete.end", model.EventInstance, i.ID, nil, i.Host.Name)})
		}},
		{"rename instance", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			if len(c.Instances) == 0 {
				return nil
			}
			i := pick(c.Instances)
			check(t, c.RenameInstance(i.ID, fmt.Sprint("renamed-", n)))
			return []model.Event{eventOf(n, "compute.instance.update", model.EventInstance, i.ID, nil)}
		}},
		{"migrate instance", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			if len(c.Instances) == 0 {
				return nil
			}
			i := pick(c.Instances)
			from, to := i.Host.Name, computeHost(c)
			check(t, c.MoveInstance(i.ID, to))
			return []model.Event{eventOf(n, "compute.instance.live_migration._post.end", model.EventInstance, i.ID, nil, from, to)}
		}},
		{"attach interface", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			if len(c.Instances) == 0 {
				return nil
			}
			i := pick(c.Instances)
			p, err := c.AttachInterface(i.ID, pick(tenantNetworks(c)).ID)
			check(t, err)
			return portEvents(n, "port.create.end", p)
		}},
		{"detach interface", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			for _, i := range c.Instances {
				if len(i.Ports) > 1 {
					p := i.Ports[0]
					check(t, c.DetachInterface(i.ID, p.ID))
					return portEvents(n, "port.delete.end", p)
				}
			}
			return nil
		}},
		{"create network", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			network, err := c.AddNetwork(fmt.Sprint("network-", n), pick([]string{"vxlan", "vlan"}))
			check(t, err)
			return []model.Event{eventOf(n, "network.create.end", model.EventNetwork, network.ID, nil),
				eventOf(n, "subnet.create.end", model.EventSubnet, network.Subnet, map[string]string{model.EventNetwork: network.ID})}
		}},
		{"rename network", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			network := pick(tenantNetworks(c))
			check(t, c.RenameNetwork(network.ID, fmt.Sprint("renamed-", n)))
			return []model.Event{eventOf(n, "network.update.end", model.EventNetwork, network.ID, nil)}
		}},
		{"delete network", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			for _, network := range tenantNetworks(c) {
				used := slices.ContainsFunc(c.Ports, func(p *sim.Port) bool {
					return p.Network == network && p.DeviceOwner == sim.OwnerInstance
				})
				if used || len(tenantNetworks(c)) < 3 {
					continue
				}
				check(t, c.DeleteNetwork(network.ID))
				return []model.Event{eventOf(n, "subnet.delete.end", model.EventSubnet, network.Subnet, map[string]string{model.EventNetwork: network.ID}),
					eventOf(n, "network.delete.end", model.EventNetwork, network.ID, nil)}
			}
			return nil
		}},
		{"rename router", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			r := pick(c.Routers)
			check(t, c.RenameRouter(r.ID, fmt.Sprint("router-", n)))
			return []model.Event{eventOf(n, "router.update.end", model.EventRouter, r.ID, nil)}
		}},
		{"add interface", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			r, network := pick(c.Routers), pick(tenantNetworks(c))
			_, err := c.AddInterface(r.ID, network.ID)
			check(t, err)
			return []model.Event{eventOf(n, "router.interface.create", model.EventRouter, r.ID, map[string]string{model.EventNetwork: network.ID})}
		}},
		{"remove interface", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			r := pick(c.Routers)
			if len(r.Interfaces) == 0 {
				return nil
			}
			p := pick(r.Interfaces)
			check(t, c.RemoveInterface(r.ID, p.ID))
			return []model.Event{eventOf(n, "router.interface.delete", model.EventRouter, r.ID, map[string]string{model.EventPort: p.ID})}
		}},
		{"DHCP off or on", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			network := pick(tenantNetworks(c))
			check(t, c.SetDHCP(network.ID, network.DHCP == nil))
			return []model.Event{eventOf(n, "subnet.update.end", model.EventSubnet, network.Subnet, map[string]string{model.EventNetwork: network.ID})}
		}},
		{"create port", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			p, err := c.AddPort(pick(tenantNetworks(c)).ID)
			check(t, err)
			return portEvents(n, "port.create.end", p)
		}},
		{"update port", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			p := pick(c.Ports)
			check(t, c.RenamePort(p.ID, fmt.Sprint("port-", n)))
			return portEvents(n, "port.update.end", p)
		}},
		{"delete port", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			for _, p := range c.Ports {
				if p.DeviceOwner == "" {
					check(t, c.DeletePort(p.ID))
					return portEvents(n, "port.delete.end", p)
				}
			}
			return nil
		}},
		{"create router", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			network := pick(tenantNetworks(c))
			r, err := c.AddRouter(network.Project.ID, fmt.Sprint("router-", n))
			check(t, err)
			return []model.Event{eventOf(n, "router.create.end", model.EventRouter, r.ID, map[string]string{model.EventNetwork: r.Gateway.Network.ID})}
		}},
		{"create floating IP", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			for _, i := range c.Instances {
				if len(i.Ports) > 0 {
					r := pick(c.Routers)
					f, err := c.AddFloatingIP(r.ID, i.Ports[0].ID)
					check(t, err)
					return []model.Event{eventOf(n, "floatingip.create.end", model.EventFloatingIP, f.ID, map[string]string{model.EventNetwork: f.Port.Network.ID})}
				}
			}
			return nil
		}},
		{"delete router", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			if len(c.Routers) < 2 {
				return nil
			}
			r := pick(c.Routers)
			var events []model.Event
			for at, f := range r.Floating { // Neutron wants them to be gone first
				events = append(events, eventOf(100*n+at, "floatingip.delete.end", model.EventFloatingIP, f.ID, nil))
			}
			check(t, c.DeleteRouter(r.ID))
			return append(events, eventOf(n, "router.delete.end", model.EventRouter, r.ID, nil))
		}},
		{"host joins aggregate", func(t *testing.T, c *sim.Cloud, n int) []model.Event {
			if len(c.Aggregates) == 0 || slices.Contains(c.Aggregates[0].Hosts, "node-3") {
				return nil
			}
			check(t, c.AddToAggregate(c.Aggregates[0].ID, "node-3"))
			return []model.Event{eventOf(n, "aggregate.addhost.end", model.EventAggregate, fmt.Sprint(c.Aggregates[0].ID), nil, "node-3")}
		}},
	}
}

func portEvents(n int, eventType string, ports ...*sim.Port) (events []model.Event) {
	for at, p := range ports {
		events = append(events, eventOf(100*n+at, eventType, model.EventPort, p.ID,
			map[string]string{model.EventNetwork: p.Network.ID, model.EventInstance: p.DeviceID}))
	}
	return events
}

func pick[T any](list []T) T { return list[rand.IntN(len(list))] }

func tenantNetworks(c *sim.Cloud) []*sim.Network {
	return slices.DeleteFunc(slices.Clone(c.Networks), func(n *sim.Network) bool { return n.External })
}

func computeHost(c *sim.Cloud) string {
	return pick(slices.DeleteFunc(slices.Clone(c.Hosts), func(h *sim.Host) bool { return h.Controller })).Name
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestEvents: after each kind of thing that happens in a cloud, the inventory is what a scan finds.
func TestEvents(t *testing.T) {
	t.Parallel()
	for _, config := range []lab.EnvConfig{
		{Name: "e", Hosts: 3, Instances: 4},
		{Name: "e", Hosts: 3, Instances: 4, Mechanism: sim.LinuxBridge},
	} {
		t.Run(fmt.Sprint(config.Mechanism), func(t *testing.T) {
			t.Parallel()
			i, l := pieces(t), simulate(t, config)
			i.work(t)
			i.add(document(t, l, "e"))
			i.completed(scanOfE)
			cloud := l.Cloud("e")
			for n, a := range acts() {
				events := a.do(t, cloud, n)
				if len(events) == 0 {
					continue
				}
				i.notify(t, events...)
				i.handled(t)
				i.agrees(t, a.name)
				i.told(t, events)
			}
		})
	}
}

// told checks that there is a message of each event, which is not a warning.
func (i *inside) told(t *testing.T, events []model.Event) {
	t.Helper()
	for _, e := range events {
		m, err := i.db.Messages.Get(t.Context(), e.ID)
		if err != nil || m.Level != model.LevelInfo || m.FinishedTimestamp == nil || m.RelatedObject == "" {
			t.Errorf("message of %s: %+v, %v", e.Type, m, err)
		}
		if late, err := i.db.Messages.Get(t.Context(), e.ID+".late"); store.CodeOf(err) != store.NotFound {
			t.Errorf("%s was given up: %v, %v", e.Type, late.Message, err)
		}
	}
}

// TestEventsInAnyOrder: whatever happens, and in whatever order and however often the events of it come, the inventory
// then is what a scan finds. CALIPSO_EVENT_ROUNDS says how often this is tried.
func TestEventsInAnyOrder(t *testing.T) {
	t.Parallel()
	rounds := 5
	if text := os.Getenv("CALIPSO_EVENT_ROUNDS"); text != "" {
		rounds, _ = strconv.Atoi(text)
	}
	i, l := pieces(t), simulate(t, lab.EnvConfig{Name: "e", Hosts: 4, Instances: 6})
	i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	cloud, all := l.Cloud("e"), acts()
	for round := range rounds {
		var names []string
		var events []model.Event
		for n := range 2 + rand.IntN(8) {
			a := pick(all)
			names = append(names, a.name)
			events = append(events, a.do(t, cloud, 1000*round+n)...)
			// Some of the events come early, before what happens next: in any order, and twice.
			rand.Shuffle(len(events), func(a, b int) { events[a], events[b] = events[b], events[a] })
			if some := rand.IntN(len(events) + 1); some > 0 && n%2 == 0 {
				i.notify(t, slices.Clone(events[:some])...)
				events = events[rand.IntN(some+1):]
			}
		}
		if len(events) > 0 {
			i.notify(t, events...)
		}
		i.handled(t)
		i.agrees(t, fmt.Sprint("round ", round, " ", names))
	}
}
