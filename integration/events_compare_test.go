package integration

import (
	"testing"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// TestCompared: what no event told of is found by the comparison with the cloud that the scheduler asks for, and its message
// says so; within its interval there is no second one.
func TestCompared(t *testing.T) {
	t.Parallel()
	i, l := pieces(t), simulate(t, small("e"))
	i.work(t)
	i.add(document(t, l, "e"))
	i.completed(scanOfE)
	_, err := i.db.Environments.Update(t.Context(), "e", func(env *model.Environment) error { env.Listen = true; return nil })
	check(t, err)

	cloud := l.Cloud("e")
	check(t, cloud.DeleteInstance(cloud.Instances[0].ID))
	check(t, cloud.RenameInstance(cloud.Instances[0].ID, "another"))
	_, err = cloud.AddInstance("new", cloud.Instances[0].Host.Name, cloud.Instances[0].Ports[0].Network.ID)
	check(t, err)
	compared := func() int {
		check(t, i.scheduler.LookAfterListened(t.Context()))
		i.handled(t)
		n := 0
		check(t, i.db.Messages.Each(t.Context(), store.Where(store.Is(store.Environment, "e")), func(m model.Message) error {
			if m.OriginType == model.OriginEvent {
				n++
			}
			return nil
		}))
		return n
	}
	before := compared()
	after := before
	// In quarters of its interval, so that the next one is not due for a while, whatever the time is now.
	for quarter := 0; after == before && quarter < 5; quarter++ {
		i.recover(t, 15*time.Minute)
		after = compared()
	}
	if after != before+1 {
		t.Errorf("%d messages of events before it was due, %d after", before, after)
	}
	i.agrees(t, "after the comparison")
	if again := compared(); again != before+1 {
		t.Errorf("%d messages after another look", again)
	}
}
