package model

import (
	"cmp"
	"maps"
	"slices"
)

// Limits say how much of each kind may go on in an environment at once, all workers together. What is left out has its
// default: Environment.Limit tells.
type Limits map[string]int

// Kinds of limits.
const (
	LimitAPICalls    = "api_calls"    // requests to the cloud's APIs
	LimitSSHDials    = "ssh_dials"    // connections being opened to the gateway, and through it
	LimitSSHSessions = "ssh_sessions" // scripts that run on the gateway and through it
	LimitSQLQueries  = "sql_queries"  // queries of the cloud's database
	LimitSteps       = "steps"        // steps of scans that run or are queued
)

// An ordinary sshd begins to refuse connections when ten are not logged in yet (MaxStartups). The sessions are those of
// four connections.
var defaultLimits = Limits{LimitAPICalls: 4, LimitSSHDials: 8, LimitSSHSessions: 32, LimitSQLQueries: 4, LimitSteps: 16}

// Limit returns how much of a kind may go on in the environment at once.
func (e *Environment) Limit(kind string) int { return cmp.Or(e.Limits[kind], defaultLimits[kind]) }

var aLimit = rule{right: "a whole number from 1 to 10000", ok: func(v any) bool {
	_, isText := v.(string)
	n, ok := wholeNumber(v)
	return ok && !isText && n >= 1 && n <= 10000
}}

var someLimits = rule{right: "an object, as {api_calls: 4, ssh_sessions: 32}", ok: func(v any) bool { _, ok := v.(map[string]any); return ok }}

// limits checks the limits of a document, takes out what is empty, and tells whether they are as they must be.
func (c *checker) limits(limits map[string]any) bool {
	before := len(c.problems)
	maps.DeleteFunc(limits, func(_ string, n any) bool { return isAbsent(n) })
	for _, kind := range slices.Sorted(maps.Keys(limits)) {
		if _, known := defaultLimits[kind]; !known {
			c.unknown("limits", kind, slices.Sorted(maps.Keys(defaultLimits)))
		} else {
			c.value("limits."+pathElement(kind), limits[kind], aLimit)
		}
	}
	return len(c.problems) == before
}

// values returns the limits as they are in a document.
func (l Limits) values() map[string]any {
	values := map[string]any{}
	for kind, n := range l {
		values[kind] = n
	}
	return values
}
