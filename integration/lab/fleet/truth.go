package fleet

import (
	"path"
	"slices"
	"strings"

	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/model"
)

// Truth is what a first scan of an environment has to come to.
type Truth struct {
	Environment string         `json:"environment"`
	Kind        Kind           `json:"kind"`
	Hosts       int            `json:"hosts"`
	Status      string         `json:"status"`
	Objects     map[string]int `json:"objects"` // by type; types of which there are none are left out, and so are folders
	Failed      []Failure      `json:"failed"`  // what can't be read; everything else can
}

// Failure names the fetchers of a parent that fail. All three may be patterns, as path.Match has them.
type Failure struct {
	ParentType string `json:"parent_type"`
	Parent     string `json:"parent"`
	Fetcher    string `json:"fetcher"`
}

// Fits tells whether a line of a coverage report is one of those that the failure is about.
func (f Failure) Fits(r model.CoverageRow) bool {
	match := func(pattern, text string) bool {
		ok, err := path.Match(pattern, text)
		return ok && err == nil
	}
	return match(f.ParentType, r.ParentType) && match(f.Parent, r.Parent) && match(f.Fetcher, r.Fetcher)
}

// Expect says what a scan of a member of the fleet, whose cloud holds this, has to come to.
func Expect(m Member, in sim.Truth) Truth {
	t := Truth{Environment: m.Name, Kind: m.Kind, Hosts: m.Hosts, Status: model.ScanCompleted, Objects: map[string]int{}}
	if m.Dead {
		t.Status, t.Failed = model.ScanFailed, []Failure{{model.TypeEnvironment, m.Name, "api.*"}}
		return t
	}
	t.countCloud(in)
	t.countHosts(in, func(host string) bool { return !m.Faults.RefuseSSH && m.Faults.Hosts[host] == "" })
	t.add(model.TypeAggregate, len(in.Aggregates))
	t.add(model.TypeHostRef, len(in.Aggregates)) // each of them has one host
	t.breakDown(m, in)
	if len(t.Failed) > 0 {
		t.Status = model.ScanCompletedWithErrors
	}
	return t
}

func (t *Truth) add(objectType string, n int) {
	if n > 0 {
		t.Objects[objectType] += n
	}
}

// countCloud counts what the APIs tell of.
func (t *Truth) countCloud(in sim.Truth) {
	t.add(model.TypeRegion, 1)
	t.add(model.TypeProject, len(in.Projects))
	t.add(model.TypeAvailabilityZone, len(in.Zones))
	t.add(model.TypeHost, len(in.Hosts))
	t.add(model.TypeNetwork, len(in.Networks))
	t.add(model.TypePort, len(in.Ports))
	t.add(model.TypeInstance, len(in.Instances))
	t.add(model.TypeNetworkAgent, len(in.Agents))
}

// countHosts counts what the hosts tell of that can be read. Texts of sim.Truth about a host begin with its name.
func (t *Truth) countHosts(in sim.Truth, readable func(host string) bool) {
	count := func(objectType string, texts []string) {
		for _, text := range texts {
			if host, _, _ := strings.Cut(text, " "); readable(host) {
				t.add(objectType, 1)
			}
		}
	}
	nics, cables := in.Seen()
	count(model.TypeVedge, in.Switches)
	count(model.TypeOtep, ofHosts(in.TunnelEnds))
	count(model.TypeHostPnic, nics)
	count(model.TypeVconnector, in.LinuxBridges)
	count(model.TypeVconnector, in.BridgeDomains)
	count(model.TypeVservice, in.Namespaces)
	count(model.TypeVnic, in.ServiceVnics)
	for _, v := range in.Vnics {
		count(model.TypeVnic, []string{v.Host})
	}

	// Switches and their ports are known by the hosts that are cabled to them: "node-1 ens3 leaf-1 Ethernet1/1".
	switches, ports := map[string]bool{}, map[string]bool{}
	for _, name := range in.Fabric {
		switches[strings.ToLower(name)] = true
	}
	for _, trunk := range in.Trunks {
		ends := strings.Fields(strings.ToLower(trunk))
		ports[ends[0]+" "+ends[1]], ports[ends[2]+" "+ends[3]] = true, true
	}
	for _, cable := range cables {
		if ends := strings.Fields(cable); len(ends) == 4 && readable(ends[0]) {
			switches[ends[2]], ports[ends[2]+" "+ends[3]] = true, true
		}
	}
	t.add(model.TypeSwitch, len(switches))
	t.add(model.TypeSwitchPnic, len(ports))
}

// ofHosts returns the hosts that ends of tunnels are on: "node-1-otep-vxlan-35".
func ofHosts(ends []string) (hosts []string) {
	for _, end := range ends {
		host, _, _ := strings.Cut(end, "-otep")
		hosts = append(hosts, host)
	}
	return hosts
}

// breakDown notes what can't be read, and takes what would be found there away.
func (t *Truth) breakDown(m Member, in sim.Truth) {
	fails := func(parentType, parent, fetcher string) {
		t.Failed = append(t.Failed, Failure{parentType, parent, fetcher})
	}
	silent := slices.DeleteFunc(slices.Clone(in.Hosts), func(h string) bool { return m.Faults.Hosts[h] == "" })
	if m.Faults.RefuseSSH {
		silent = in.Hosts
	}
	for _, host := range silent {
		fails(model.TypeHost, host, "cli.*")
	}
	if m.Faults.RefuseSQL {
		fails(model.TypeRegion, "*", "sql.endpoints")
	}
	if m.Faults.API[aggregates] != "" {
		fails(model.TypeRegion, "*", "api.aggregates")
		fails(model.TypeRegion, "*", "api.host_refs")
		delete(t.Objects, model.TypeAggregate)
		delete(t.Objects, model.TypeHostRef)
	}
}
