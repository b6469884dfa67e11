package scheduler_test

import (
	"testing"

	"github.com/hibiken/asynq"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/tasks"
)

// TestLostConnectionTest: a connection test whose task got lost is asked for again, one that has its answer is not.
func TestLostConnectionTest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for id, status := range map[string]string{"lost": model.TestRequest, "answered": model.TestResponse} {
		must(t, s.db.Tests.Create(t.Context(), model.ConnectionTest{ID: id, Environment: "lab", Status: status}))
	}
	client, stop, err := tasks.OpenRedis(t.Context(), "")
	must(t, err)
	t.Cleanup(stop)
	scheduler := s.scheduler()
	scheduler.Queue = tasks.NewEnqueuer(client)
	must(t, scheduler.Recover(t.Context()))
	must(t, scheduler.Recover(t.Context()))
	found, err := asynq.NewInspectorFromRedisClient(client).ListPendingTasks(tasks.QueueTests)
	must(t, err)
	if len(found) != 1 || found[0].ID != "lost" {
		t.Errorf("enqueued are %v", found)
	}
}
