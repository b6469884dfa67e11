package integration

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// TestEventDuringScan: an instance is deleted after a scan has read that it is there, and before the scan writes that.
// The event is handled meanwhile, and once more after the scan.
func TestEventDuringScan(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	cloud := l.Cloud("e")
	instance := cloud.Instances[0]
	id := model.DBID("e", model.TypeInstance, instance.ID)

	reached, let := make(chan struct{}), make(chan struct{})
	var once sync.Once
	hold := func(spec store.Spec, records []store.Record) {
		if slices.ContainsFunc(records, func(r store.Record) bool { return spec.Name == "inventory" && r.ID == id }) {
			once.Do(func() { close(reached); <-let })
		}
	}
	i.driver.hold.Store(&hold)
	scan := i.submit(scanOfE)
	<-reached
	check(t, cloud.DeleteInstance(instance.ID))
	event := eventOf(1, "compute.instance.delete.end", model.EventInstance, instance.ID, nil, instance.Host.Name)
	i.notify(t, event)
	until(t, "the event to be handled", func() bool {
		kept, err := i.db.Events.Get(t.Context(), model.EventID("e", event.MessageID))
		return err == nil && kept.Status == model.EventHandled
	})
	if _, err := i.db.Messages.Get(t.Context(), event.ID); err != nil {
		t.Errorf("the event was handled without a message: %v", err)
	}
	if _, err := i.inventory(t).Objects.Get(t.Context(), id); store.CodeOf(err) != store.NotFound {
		t.Errorf("the instance is still there during the scan: %v", err)
	}
	close(let)
	i.wait(scan)
	i.handled(t)
	i.agrees(t, "after the scan")
}

// TestEventOfWhatIsBuilt: while a cloud builds an instance it is asked for that instance, and for nothing else.
func TestEventOfWhatIsBuilt(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	cloud := l.Cloud("e")
	instance, err := cloud.AddInstance("new", cloud.Instances[0].Host.Name, cloud.Instances[0].Ports[0].Network.ID)
	check(t, err)
	check(t, cloud.SetStatus(instance.ID, "BUILD"))
	event := eventOf(1, "compute.instance.create.end", model.EventInstance, instance.ID, nil)
	i.notify(t, event)

	attempts := 0
	looked := func(times int) lab.Stats {
		until(t, "the event to be looked at", func() bool {
			i.recover(t, 0)
			kept, err := i.db.Events.Get(t.Context(), model.EventID("e", event.MessageID))
			check(t, err)
			attempts = kept.Attempts
			return attempts >= times
		})
		return l.Stats("e")
	}
	before, first := looked(1), attempts
	after := looked(first + 2)
	if after.SSHCommands != before.SSHCommands {
		t.Errorf("its host was asked: %d commands, then %d", before.SSHCommands, after.SSHCommands)
	}
	if asked, most := after.APIRequests-before.APIRequests, int64(attempts-first+1); asked > most {
		t.Errorf("%d requests to the cloud for %d looks", asked, most)
	}

	check(t, cloud.SetStatus(instance.ID, "ACTIVE"))
	i.handled(t)
	i.agrees(t, "when it is built")
}

func (i *inside) inventory(t *testing.T) *store.Inventory {
	t.Helper()
	inv, err := i.db.Inventory(t.Context(), store.DefaultInventory)
	check(t, err)
	return inv
}

// TestEventsGivenUp: while a host can't be reached its events are tried again, and then a scan is asked for. What can be
// read is there at once.
func TestEventsGivenUp(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, lab.EnvConfig{Name: "e", Hosts: 3, Instances: 2, VLANs: -1})
	i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	inject(t, l, "e", host(faults.Refused))
	cloud := l.Cloud("e")
	instance := addInstance(t, cloud, "new", "node-2", tenantNetworks(cloud)[0].ID)
	event := eventOf(1, "compute.instance.create.end", model.EventInstance, instance.ID, nil, "node-2")
	i.notify(t, event)
	until(t, "the instance", func() bool {
		_, err := i.inventory(t).Objects.Get(t.Context(), model.DBID("e", model.TypeInstance, instance.ID))
		return err == nil
	})
	var late model.Message
	until(t, "the event to be given up", func() bool {
		i.recover(t, 5*time.Second)
		var err error
		late, err = i.db.Messages.Get(t.Context(), event.ID+".late")
		return err == nil
	})
	if text, _ := late.Message.(string); late.Level != model.LevelWarn || !strings.Contains(text, "node-2") {
		t.Errorf("the warning does not say what is wrong: %+v", late)
	}
	inject(t, l, "e", lab.Faults{})
	i.handled(t)
	scans, err := i.db.Scans.Find(t.Context(), store.Where(store.Is(store.Environment, "e")))
	check(t, err)
	if n := slices.IndexFunc(scans, func(s model.Scan) bool { return s.OriginType == model.OriginEvent }); n < 0 {
		t.Error("no scan was asked for")
	} else {
		i.wait(scans[n].ID)
	}
	i.handled(t)
	i.completed(scanOfE)
	i.agrees(t, "after the scan")
}

// TestManyHandlers: workers that are asked to handle the same events at once do it one after the other.
func TestManyHandlers(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	stop := i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	stop()
	cloud := l.Cloud("e")
	var events []model.Event
	for n := range 5 {
		instance := addInstance(t, cloud, "new", "node-2", tenantNetworks(cloud)[0].ID)
		events = append(events, eventOf(n, "compute.instance.create.end", model.EventInstance, instance.ID, nil))
	}
	i.notify(t, events...)
	for range 3 {
		i.work(t)
		// The queue forgets, so that each worker is asked.
		check(t, i.redis.FlushAll(t.Context()).Err())
		i.notify(t, slices.Clone(events)...)
	}
	i.handled(t)
	i.agrees(t, "after all")
	i.told(t, events)
}
