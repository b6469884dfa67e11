// Package fleet makes up a fleet of simulated clouds from a seed: many of several sizes, most of them healthy, some
// slow, some half broken and one dead. It says what a scan of each has to come to.
package fleet

import (
	"fmt"
	"math/rand/v2"
	"time"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/integration/lab/sim"
)

// Spec says what a fleet is like.
type Spec struct {
	Seed         int64 // same seed and number, same fleet
	Environments int
	APIDelay     time.Duration // before each answer of an API
	SSHDelay     time.Duration // before each command over SSH
	Healed       bool          // the same clouds, but none of them is slow, broken or dead
}

// Kind says how well a cloud is.
type Kind string

// The kinds of clouds.
const (
	Healthy Kind = "healthy"
	Slow    Kind = "slow"        // its answers take SlowFactor times as long
	Broken  Kind = "half broken" // a part of it cannot be read
	Dead    Kind = "dead"        // nothing answers
)

// SlowFactor is how many times longer slow clouds take to answer.
const SlowFactor = 5

// Member is a cloud of a fleet.
type Member struct {
	lab.EnvConfig
	Kind Kind
}

// What there is in a fleet: of how many environments one is slow, broken or large; sizes, in hosts, of all but the
// large ones, and how many instances there are for each host.
const (
	fewest           = 6 // environments, so that there is one of each kind and a pair of equal size
	oneSlowOf        = 8
	oneBrokenOf      = 8
	oneLargeOf       = 20
	largeHosts       = 50
	instancesPerHost = 3
)

func sizes() []int { return []int{2, 3, 4, 6, 8, 10, 12, 16, 20} }

// Members returns the clouds of a fleet, in the order in which they are numbered.
func Members(s Spec) ([]Member, error) {
	if s.Environments < fewest || s.Environments > 250 {
		return nil, fmt.Errorf("a fleet of %d environments: it has %d to 250", s.Environments, fewest)
	}
	var members []Member
	for _, p := range places(s.Environments) {
		m := Member{Kind: p.kind, EnvConfig: shape(p.hosts())}
		m.APIDelay, m.SSHDelay = s.APIDelay, s.SSHDelay
		if s.Healed {
			m.Kind = Healthy
		}
		m.afflict(p.number)
		members = append(members, m)
	}
	rng := rand.New(rand.NewPCG(uint64(s.Seed), 0))
	rng.Shuffle(len(members), func(i, k int) { members[i], members[k] = members[k], members[i] })
	for i := range members {
		members[i].Name, members[i].Address = fmt.Sprintf("fleet-%02d", i+1), fmt.Sprintf("127.16.0.%d", i+1)
	}
	return members, nil
}

// place is a place in a fleet: the number of a cloud among those of its kind.
type place struct {
	kind   Kind
	number int
	large  bool
}

// hosts is how many hosts the cloud at a place has. Healthy ones come in pairs of equal size.
func (p place) hosts() int {
	switch {
	case p.large:
		return largeHosts
	case p.kind == Healthy:
		return sizes()[p.number/2%len(sizes())]
	case p.kind == Broken:
		return max(4, sizes()[p.number%len(sizes())]) // so that something is left
	}
	return sizes()[p.number%len(sizes())]
}

// places returns the places of a fleet, kind by kind.
func places(environments int) (all []place) {
	add := func(kind Kind, count int, large bool) {
		for i := range count {
			all = append(all, place{kind, i, large})
		}
	}
	add(Dead, 1, false)
	add(Slow, max(1, environments/oneSlowOf), false)
	add(Broken, max(1, environments/oneBrokenOf), false)
	add(Healthy, environments/oneLargeOf, true)
	add(Healthy, environments-len(all), false)
	return all
}

// shape is a cloud of a size. Clouds of equal size have the same shape, so that scans of them can be compared.
func shape(hosts int) lab.EnvConfig {
	return lab.EnvConfig{
		Hosts: hosts, Instances: instancesPerHost * hosts, Bonds: hosts%3 == 0,
		Tunnel:   []string{"vxlan", "gre", "geneve"}[hosts/2%3],
		Plugging: []sim.Plugging{sim.Mixed, sim.Hybrid, sim.Direct}[hosts%3],
	}
}

// afflict gives a cloud what makes it the kind that it is.
func (m *Member) afflict(number int) {
	switch m.Kind {
	case Slow:
		m.APIDelay, m.SSHDelay = SlowFactor*m.APIDelay, SlowFactor*m.SSHDelay
	case Dead:
		m.Dead = true
	case Broken:
		m.Faults = breakages(m.Hosts)[number%4]
	}
}

// breakages are what can be wrong with a cloud of so many hosts: a quarter of the hosts does not answer, the password for
// the hosts is wrong, or that for the database, or one of the APIs' listings is an error of the service.
func breakages(hosts int) [4]lab.Faults {
	silent := map[string]faults.Host{}
	for n := hosts; n > hosts-max(1, hosts/4); n-- {
		silent[fmt.Sprintf("node-%d", n)] = faults.Unreachable
	}
	return [...]lab.Faults{
		{Hosts: silent},
		{RefuseSSH: true},
		{API: map[string]faults.API{aggregates: faults.Error500}},
		{RefuseSQL: true},
	}
}

// aggregates is the beginning of the path of Nova's listing of aggregates.
const aggregates = "/v2.1/os-aggregates"
