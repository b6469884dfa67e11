package lab

import "sync/atomic"

// Stats counts what an environment was asked.
type Stats struct {
	APIRequests int64 // to Keystone, Nova and Neutron
	APIC        int64 // requests to the fabric's controller
	SSHLogins   int64 // to the gateway, and through it
	SSHCommands int64 // sessions: what costs a round trip
	SSHHops     int64 // ssh from the gateway to a host
	Commands    int64 // run by scripts on all hosts
	SQLQueries  int64

	MostAPIRequests, MostSSHDials, MostSSHCommands int64 // at the same time; dials end with the login
}

// counters are Stats that are being counted.
type counters struct {
	logins, hops, commands, queries atomic.Int64
	api, apic, dials, sessions      gauge
}

// gauge counts what goes on, and how much of it at most at the same time.
type gauge struct{ all, now, most atomic.Int64 }

func (g *gauge) begin() (end func()) {
	g.all.Add(1)
	now := g.now.Add(1)
	for most := g.most.Load(); now > most && !g.most.CompareAndSwap(most, now); most = g.most.Load() {
	}
	return func() { g.now.Add(-1) }
}

// count returns a function that counts one.
func count(n *atomic.Int64) func() { return func() { n.Add(1) } }

func (c *counters) read() Stats {
	return Stats{
		APIRequests: c.api.all.Load(), APIC: c.apic.all.Load(), SSHLogins: c.logins.Load(), SSHCommands: c.sessions.all.Load(), SSHHops: c.hops.Load(),
		Commands: c.commands.Load(), SQLQueries: c.queries.Load(),
		MostAPIRequests: c.api.most.Load(), MostSSHDials: c.dials.most.Load(), MostSSHCommands: c.sessions.most.Load(),
	}
}
