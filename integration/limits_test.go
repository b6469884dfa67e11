package integration

import (
	"testing"
	"time"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/tasks"
)

// TestLimitsOfAllWorkers: however many workers there are, together they ask no more of a cloud at once than its
// environment allows.
func TestLimitsOfAllWorkers(t *testing.T) {
	t.Parallel()
	i := install(t, build(t), stores(t)["sqlite"])
	i.run(t, "scheduler")
	for range 3 {
		i.run(t, "worker", "--concurrency", "4") // neither can take all of the hosts
	}
	queue := tasks.NewEnqueuer(i.redis)
	until(t, "three workers", func() bool { _, workers, err := queue.State(); return err == nil && len(workers) == 3 })
	l := simulate(t, lab.EnvConfig{Name: "e", Hosts: 12, SSHDelay: 500 * time.Millisecond, APIDelay: 20 * time.Millisecond})
	env := document(t, l, "e")
	env.Limits = model.Limits{model.LimitAPICalls: 2, model.LimitSSHDials: 1, model.LimitSSHSessions: 3}
	i.add(env)
	i.completed(scanOfE)
	got := l.Stats("e")
	if got.MostAPIRequests != 2 || got.MostSSHDials != 1 || got.MostSSHCommands != 3 {
		t.Errorf("up to %d requests, %d dials and %d scripts at once; want 2, 1 and 3", got.MostAPIRequests, got.MostSSHDials, got.MostSSHCommands)
	}
	if got.SSHLogins < 2 {
		t.Errorf("%d logins: one worker did it all", got.SSHLogins)
	}
}
