package model

import (
	"strings"
	"testing"
	"time"
)

// TestReconcileMinutes: what an environment's document may say, what comes of it, and what is wrong.
func TestReconcileMinutes(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		every   time.Duration
		problem string
	}{
		"listen: true":                           {time.Hour, ""},
		"listen: false":                          {0, ""},
		"listen: true\nreconcile_minutes: 5":     {5 * time.Minute, ""},
		"listen: true\nreconcile_minutes: 0":     {0, ""},
		"listen: true\nreconcile_minutes: null":  {time.Hour, ""},
		"listen: true\nreconcile_minutes: -1":    {0, "reconcile_minutes: must be a whole number of minutes from 0 (never) to 10080 (a week), not the number -1"},
		"listen: true\nreconcile_minutes: 1.5":   {0, "reconcile_minutes: must be a whole number"},
		"listen: true\nreconcile_minutes: 99999": {0, "reconcile_minutes: must be a whole number"},
		"listen: true\nreconcile_minutes: \"5\"": {0, "reconcile_minutes: must be a whole number"},
	} {
		env, err := ParseEnvironment([]byte("name: e\ndistribution: RDO\ndistribution_version: Zed\nmechanism_drivers: [OVS]\ntype_drivers: vxlan\n"+line+`
configuration:
  - {name: OpenStack, host: h, port: 5000, user: u, pwd: "p", admin_project: a}
  - {name: CLI, host: h, user: u, pwd: "p"}
  - {name: AMQP, host: h, port: 5672, user: u, pwd: "p"}
`), nil)
		switch {
		case want.problem != "" && (err == nil || !strings.Contains(err.Error(), want.problem)):
			t.Errorf("%s: error %v, want %s", line, err, want.problem)
		case want.problem == "" && err != nil:
			t.Errorf("%s: %v", line, err)
		case want.problem == "" && env.ReconcileEvery() != want.every:
			t.Errorf("%s: every %v, want %v", line, env.ReconcileEvery(), want.every)
		}
	}
}
