package integration

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
)

// plug is an interface of an instance as the cloud itself tells of it: what its path has to lead along.
type plug struct {
	instance, host, tap    string
	hybrid                 bool   // the tap is in a bridge of its own, which is joined to the switch
	network, networkType   string // the network's id; vxlan, vlan, …
	tunnelNIC, providerNIC string // which NICs of the host carry tunnels, and networks without a tunnel

	mechanism         string   // lxb, vpp or sriov; else Open vSwitch
	bridge, tunnelEnd string   // where these have such: a bridge or bridge domain, and the end of tunnels
	tunnelBridge      string   // the linux bridge that has the address of tunnels
	members           []string // the NICs that the one that carries the traffic consists of
}

// tunnelled tells whether networks of a type travel in tunnels between the hosts.
func tunnelled(networkType string) bool {
	return slices.Contains([]string{"vxlan", "gre", "geneve"}, networkType)
}

// steps describes the nodes of the interface's path, past the instance: their types, and ids in which * stands for
// anything.
func (p plug) steps() []string {
	return append(p.inside(), "host_pnic "+p.nic(), "network "+p.network)
}

// nic describes the NIC that carries the interface's traffic.
func (p plug) nic() string {
	nic := p.providerNIC
	if tunnelled(p.networkType) {
		nic = p.tunnelNIC
	}
	if p.mechanism == "vpp" {
		return p.host + "-pnic-" + nic
	}
	return nic + "-*"
}

// stepsTo describes the nodes of the path to a NIC that the one that carries the traffic consists of.
func (p plug) stepsTo(member string) []string {
	steps := append(p.inside(), "host_pnic "+p.nic())
	if bond, _, vlan := strings.Cut(p.nic(), "."); vlan {
		steps = append(steps, "host_pnic "+bond+"-*")
	}
	return append(steps, "host_pnic "+member+"-*")
}

// inside describes the nodes on the host, past the instance and before the NIC.
func (p plug) inside() []string {
	if tunnelled(p.networkType) && p.tunnelBridge != "" {
		return append(p.untilTunnel(), "vconnector "+p.host+"-"+p.tunnelBridge+"-*")
	}
	return p.untilTunnel()
}

// untilTunnel describes the nodes until the end of tunnels, where the network has such.
func (p plug) untilTunnel() []string {
	vnic, end := "vnic "+p.host+"-*"+p.tap, "otep "+p.tunnelEnd
	var steps []string
	switch p.mechanism {
	case "sriov":
		return []string{vnic}
	case "lxb":
		steps = []string{vnic, "vconnector " + p.host + "-" + p.bridge + "-*"}
	case "vpp":
		steps = []string{vnic, "vconnector " + p.host + "-vconnector-" + p.bridge, "vedge " + p.host + "-VPP"}
	default:
		return p.insideSwitch()
	}
	if tunnelled(p.networkType) {
		steps = append(steps, end)
	}
	return steps
}

// insideSwitch describes the way through Open vSwitch.
func (p plug) insideSwitch() []string {
	short := strings.TrimPrefix(p.tap, "tap")
	steps := []string{"vnic " + p.host + "-" + p.tap}
	if p.hybrid {
		steps = append(steps, "vconnector *qbr"+short+"*")
	}
	steps = append(steps, "vedge *")
	if tunnelled(p.networkType) {
		steps = append(steps, "otep "+p.host+"-otep")
	}
	return steps
}

// checkTree makes sure that every object hangs in the tree, below a parent of the type that it says.
func checkTree(t *testing.T, inventory *found) {
	t.Helper()
	known := map[string]bool{model.TypeEnvironment + " " + inventory.environment: true}
	for _, o := range inventory.objects {
		known[o.Type+" "+o.ID] = true
	}
	for _, o := range inventory.objects {
		if !known[o.ParentType+" "+o.ParentID] {
			t.Errorf("%s %s: there is no parent %s %s", o.Type, o.ID, o.ParentType, o.ParentID)
		}
		if !strings.HasPrefix(o.IDPath, "/"+inventory.environment+"/") || o.Name == "" || !o.ShowInTree {
			t.Errorf("%s %s is not complete: %+v", o.Type, o.ID, o)
		}
	}
}

// checkCliques makes sure that every interface has its whole path, and that there are the cliques that there should be,
// each sound.
func checkCliques(t *testing.T, inventory *found, plugs []plug) {
	t.Helper()
	if len(plugs) == 0 {
		t.Error("the cloud has no instance")
	}
	for _, p := range plugs {
		checkPath(t, inventory, p)
	}
	types := map[string]int{}
	for _, c := range inventory.cliques {
		types[c.FocalPointType]++
		checkClique(t, inventory, c)
	}
	want := map[string]int{model.TypeInstance: len(inventory.of(model.TypeInstance)), model.TypeNetwork: len(inventory.networksInUse()),
		model.TypeVservice: len(inventory.of(model.TypeVservice))}
	if ports := len(inventory.of(model.TypeSwitchPnic)); ports > 0 {
		want[model.TypeSwitchPnic] = ports
	}
	if n := fabricSwitches(inventory); n > 0 {
		want[model.TypeSwitch] = n
	}
	if !maps.Equal(types, want) {
		t.Errorf("cliques by focal point: %v, want %v", types, want)
	}
}

// networksInUse lists the networks that something on a host is on.
func (f *found) networksInUse() (networks []string) {
	for _, p := range f.of(model.TypePort) {
		if id := p.Str("network_id"); p.Host != "" && !slices.Contains(networks, id) {
			networks = append(networks, id)
		}
	}
	return networks
}

// checkPath follows one interface's path through its instance's clique.
func checkPath(t *testing.T, inventory *found, p plug) {
	t.Helper()
	if problem := p.problem(inventory); problem != "" {
		t.Error(problem)
	}
}

// problem says what is wrong with the interface's path through its instance's clique; "" when it is whole.
func (p plug) problem(inventory *found) string {
	clique, ok := inventory.clique(model.DBID(inventory.environment, model.TypeInstance, p.instance))
	if !ok {
		return fmt.Sprintf("instance %s has no clique", p.instance)
	}
	paths := [][]string{p.steps()}
	for _, member := range p.members {
		paths = append(paths, p.stepsTo(member))
	}
	for _, steps := range paths {
		if problem := p.breaksOff(inventory, clique, steps); problem != "" {
			return problem
		}
	}
	return ""
}

// checkSteps follows steps through a clique.
func checkSteps(t *testing.T, inventory *found, clique model.Clique, p plug, steps []string) {
	t.Helper()
	if problem := p.breaksOff(inventory, clique, steps); problem != "" {
		t.Error(problem)
	}
}

// breaksOff says which of the steps is not there in a clique; "" when all are.
func (p plug) breaksOff(inventory *found, clique model.Clique, steps []string) string {
	here := []string{clique.FocalPoint}
	for _, step := range steps {
		if here = inventory.next(clique, here, step); len(here) == 0 {
			return fmt.Sprintf("path of %s (%s, %s network) breaks off before %q; the clique has %q", p.tap, p.host, p.networkType, step, inventory.linkTexts(clique))
		}
	}
	return ""
}

func (f *found) clique(focal string) (model.Clique, bool) {
	for _, c := range f.cliques {
		if c.FocalPoint == focal {
			return c, true
		}
	}
	return model.Clique{}, false
}

// next returns the nodes that a clique's links join to the given ones and that a step describes.
func (f *found) next(clique model.Clique, from []string, step string) (to []string) {
	objectType, pattern, _ := strings.Cut(step, " ")
	for _, linkID := range clique.Links {
		l := f.links[linkID]
		for _, end := range [][3]string{{l.Source, l.Target, l.TargetID}, {l.Target, l.Source, l.SourceID}} {
			if slices.Contains(from, end[0]) && model.DBID(f.environment, objectType, end[2]) == end[1] && matches(pattern, end[2]) {
				to = append(to, end[1])
			}
		}
	}
	return to
}

func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(text, parts[0]) || !strings.HasSuffix(text, parts[len(parts)-1]) {
		return false
	}
	for _, p := range parts {
		i := strings.Index(text, p)
		if i < 0 {
			return false
		}
		text = text[i+len(p):]
	}
	return true
}

// checkClique makes sure that a clique hangs together, refers to what there is, and holds nothing of another network.
func checkClique(t *testing.T, inventory *found, clique model.Clique) {
	t.Helper()
	if clique.FocalPointType == model.TypeSwitchPnic || clique.FocalPointType == model.TypeSwitch {
		return // it is of all networks
	}
	of := clique.FocalPointType + " " + clique.FocalPointID
	own := clique.Constraints["network"]
	reached := reachable(inventory, clique)
	for _, id := range clique.Links {
		l, ok := inventory.links[id]
		if !ok {
			t.Errorf("clique of %s: there is no link %s", of, id)
			continue
		}
		if !reached[l.Source] {
			t.Errorf("clique of %s: %s does not hang together with the rest", of, l.LinkType+" "+l.LinkName)
		}
		if strings.HasSuffix(l.LinkType, "-network") && !slices.Contains(own, l.TargetID) {
			t.Errorf("clique of %s leads to network %s, which is not its own", of, l.TargetID)
		}
		if len(l.Attributes.Network) > 0 && !slices.ContainsFunc(l.Attributes.Network, func(n string) bool { return slices.Contains(own, n) }) {
			t.Errorf("clique of %s: %s carries other networks", of, l.LinkType+" "+l.LinkName)
		}
	}
	if clique.FocalPointType == model.TypeInstance && !inventory.onTunnel(own) {
		checkNoTunnel(t, inventory, clique)
	}
}

// reachable returns the nodes that the clique's links join to its focal point.
func reachable(inventory *found, clique model.Clique) map[string]bool {
	reached := map[string]bool{clique.FocalPoint: true}
	for range clique.Links {
		for _, id := range clique.Links {
			if l := inventory.links[id]; reached[l.Source] || reached[l.Target] {
				reached[l.Source], reached[l.Target] = true, true
			}
		}
	}
	return reached
}

// onTunnel tells whether one of the networks travels in tunnels.
func (f *found) onTunnel(networks []string) bool {
	return slices.ContainsFunc(f.of(model.TypeNetwork), func(n model.Object) bool {
		return slices.Contains(networks, n.ID) && tunnelled(n.Str("provider:network_type"))
	})
}

func checkNoTunnel(t *testing.T, inventory *found, clique model.Clique) {
	t.Helper()
	for _, text := range inventory.linkTexts(clique) {
		if strings.Contains(text, "otep") {
			t.Errorf("clique of %s, which is on no tunnelled network, has a tunnel: %s", clique.FocalPointID, text)
		}
	}
}

func (f *found) linkTexts(clique model.Clique) (texts []string) {
	for _, id := range clique.Links {
		l := f.links[id]
		texts = append(texts, fmt.Sprintf("%s %s>%s", l.LinkType, l.SourceID, l.TargetID))
	}
	return texts
}
