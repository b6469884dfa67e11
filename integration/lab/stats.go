package lab

import "sync/atomic"

// Stats counts what an environment was asked.
type Stats struct {
	APIRequests int64
	SSHLogins   int64 // to the gateway, and through it
	SSHCommands int64 // sessions: what costs a round trip
	SSHHops     int64 // ssh from the gateway to a host
	Commands    int64 // run by scripts on all hosts
	SQLQueries  int64
}

// counters are Stats that are being counted.
type counters struct{ api, logins, sessions, hops, commands, queries atomic.Int64 }

// count returns a function that counts one.
func count(n *atomic.Int64) func() { return func() { n.Add(1) } }

func (c *counters) read() Stats {
	return Stats{
		APIRequests: c.api.Load(), SSHLogins: c.logins.Load(), SSHCommands: c.sessions.Load(), SSHHops: c.hops.Load(),
		Commands: c.commands.Load(), SQLQueries: c.queries.Load(),
	}
}
