package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// tenant is an environment that has something of everything that can belong to one. All names and ids are its own.
type tenant string

const (
	mine    tenant = "mine"
	foreign tenant = "zebra"
)

// hostKeyLine is a host key in the format of authorized_keys.
const hostKeyLine = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFplgrYAbSLPvCJPrm6Hk1AOZ7Ttxbwr8h4tBWzmB9ny"

// id is the id of the tenant's document of a kind.
func (n tenant) id(kind string) string { return model.DBID(kind, string(n)) }

func (n tenant) cliqueType() string {
	return model.DBID("made clique type", "instance", "environment "+string(n))
}

func (n tenant) inventory() string { return "alt" + string(n) }

func (n tenant) cloud() cloud {
	name := string(n)
	root := model.Object{Environment: name, Type: model.TypeEnvironment, ID: name, IDPath: "/" + name, NamePath: "/" + name}
	host := object(&root, model.TypeHost, name+"-host", map[string]any{"ip_address": "192.0.2.1"})
	vm := object(&host, model.TypeInstance, name+"-vm", map[string]any{"clique": true})
	vm.Host = host.ID
	vnic := object(&vm, model.TypeVnic, name+"-vnic", map[string]any{"mac_address": "fa:16:3e:00:00:01"})
	vnic.Host = host.ID
	l := link(vm, vnic, model.LinkUp)
	l.Host = host.ID
	return cloud{objects: []model.Object{host, vm, vnic}, links: []model.Link{l},
		clique: model.Clique{ID: model.CliqueID(name, vm.DBID()), Environment: name, FocalPoint: vm.DBID(), FocalPointType: vm.Type,
			FocalPointID: vm.ID, Links: []string{l.ID}, Nodes: []string{vm.DBID(), vnic.DBID()}}}
}

// values are what of the tenant can be named in a request, by the names that stand for it.
func (n tenant) values() map[string]string {
	c := n.cloud()
	return map[string]string{"$env": string(n), "$inventory": n.inventory(), "$scan": n.id("scan"), "$draft": n.id("draft"), "$ended": n.id("ended"), "$schedule": n.id("schedule"),
		"$message": n.id("message"), "$cliquetype": n.cliqueType(), "$hostname": string(n) + "-host", "$hostkey": string(n) + ".example:22",
		"$object": string(n) + "-vm", "$path": "/" + string(n) + "/" + string(n) + "-host", "$dbid": c.clique.FocalPoint, "$link": c.links[0].ID,
		"$linkname": c.links[0].LinkName, "$clique": c.clique.ID, "$user": string(n) + "-user", "$group": "group:" + string(n)}
}

// fill puts the tenant's values into a text.
func (n tenant) fill(text string) string {
	pairs := []string{}
	for name, value := range n.values() {
		pairs = append(pairs, name, value)
	}
	return strings.NewReplacer(longestFirst(pairs)...).Replace(text)
}

// longestFirst orders pairs so that no name is taken for the beginning of another one.
func longestFirst(pairs []string) []string {
	for i := 0; i < len(pairs); i += 2 {
		for j := i + 2; j < len(pairs); j += 2 {
			if len(pairs[j]) > len(pairs[i]) {
				pairs[i], pairs[i+1], pairs[j], pairs[j+1] = pairs[j], pairs[j+1], pairs[i], pairs[i+1]
			}
		}
	}
	return pairs
}

// put stores all that the tenant has.
func (n tenant) put(s *site) {
	s.t.Helper()
	ctx, name, now := s.t.Context(), string(n), s.clock.Now()
	s.call("POST", "/environment_configs", otherDoc(name)).want(201)
	n.cloud().put(s.t, s.db, "")
	n.cloud().put(s.t, s.db, n.inventory())
	scan := func(kind, status string) model.Scan {
		return model.Scan{ID: n.id(kind), Environment: name, Status: status, SubmitTimestamp: now, StartTimestamp: &now, Phase: model.PhaseInventory,
			ScanOptions: model.ScanOptions{Inventory: n.inventory()}, Error: name + "-error"}
	}
	_, err := s.db.Scans.Insert(ctx, scan("scan", model.ScanRunning), scan("draft", model.ScanDraft), scan("ended", model.ScanFailed))
	must(s.t, err)
	_, err = s.db.Steps.Insert(ctx, model.Step{ID: n.id("step"), Scan: n.id("scan"), Environment: name, Phase: model.PhaseInventory, ParentType: "host",
		ParentID: name + "-host", Host: name + "-host", Status: model.StepFailed, Error: name + "-error", Scope: "environment/host:" + name + "-host"})
	must(s.t, err)
	_, err = s.db.Messages.Insert(ctx, model.Message{ID: n.id("message"), Environment: name, Level: model.LevelError, Message: name + "-message",
		Timestamp: now, OriginID: n.id("scan"), SourceSystem: name, RelatedObject: name + "-vm", RelatedObjectType: "instance"})
	must(s.t, err)
	_, err = s.db.Events.Insert(ctx, model.Event{ID: n.id("event"), Environment: name})
	must(s.t, err)
	must(s.t, s.db.Schedules.Create(ctx, model.ScheduledScan{ID: n.id("schedule"), Environment: name, Freq: model.FreqDaily, SubmitTimestamp: now,
		ScheduledTimestamp: now, LastError: name + "-error"}))
	must(s.t, s.db.HostKeys.Create(ctx, store.HostKey{ID: store.HostKeyID(name, name+".example:22"), Environment: name, Host: name + ".example:22", Key: hostKeyLine, Accepted: now}))
	must(s.t, s.db.CliqueTypes.Create(ctx, model.CliqueType{ID: n.cliqueType(), Environment: name, Name: name + "-type", FocalPointType: "instance",
		LinkTypes: []string{"instance-vnic"}}))
	must(s.t, tasks.NewEnqueuer(s.redis).Enqueue(ctx, tasks.StartScan{Scan: n.id("scan")}))
	s.call("PUT", "/users/"+name+"-user", fmt.Sprintf(`{"view-env":[%q]}`, name)).want(200)
}

// has returns all that the store has of the tenant, as text.
func (n tenant) has(s *site) string {
	s.t.Helper()
	var all strings.Builder
	ctx, its := s.t.Context(), store.Where(store.Is(store.Environment, string(n)))
	dump(s, &all, s.db.Environments, store.Where(store.IDs(string(n))))
	dump(s, &all, s.db.Scans, its)
	dump(s, &all, s.db.Steps, its)
	dump(s, &all, s.db.Messages, its)
	dump(s, &all, s.db.Events, its)
	dump(s, &all, s.db.Schedules, its)
	dump(s, &all, s.db.HostKeys, its)
	dump(s, &all, s.db.CliqueTypes, its)
	for _, name := range []string{"", n.inventory()} {
		inv, err := s.db.Inventory(ctx, name)
		must(s.t, err)
		dump(s, &all, inv.Objects, its)
		dump(s, &all, inv.Links, its)
		dump(s, &all, inv.Cliques, its)
	}
	return all.String()
}

func dump[T any](s *site, w *strings.Builder, from *store.Collection[T], q store.Query) {
	s.t.Helper()
	must(s.t, from.Each(s.t.Context(), q, func(doc T) error {
		text, err := json.Marshal(doc)
		fmt.Fprintf(w, "%s\n", text)
		return err
	}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
