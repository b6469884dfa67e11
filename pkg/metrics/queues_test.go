package metrics

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"calipso.io/calipso/tasks"
)

// TestQueues: the queues are looked at when Prometheus asks, those that nothing was put into as well.
func TestQueues(t *testing.T) {
	t.Parallel()
	client, stop, err := tasks.OpenRedis(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	m := New("")
	m.Queues(client, []string{"scan", "events"})
	queue := asynq.NewClientFromRedisClient(client)
	for range 3 {
		if _, err := queue.Enqueue(asynq.NewTask("a", nil), asynq.Queue("scan")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := queue.Enqueue(asynq.NewTask("b", nil), asynq.Queue("scan"), asynq.ProcessIn(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := asynq.NewInspectorFromRedisClient(client).PauseQueue("scan"); err != nil {
		t.Fatal(err)
	}
	want := `
# HELP calipso_queue_paused Whether somebody has paused the queue.
# TYPE calipso_queue_paused gauge
calipso_queue_paused{queue="events"} 0
calipso_queue_paused{queue="scan"} 1
# HELP calipso_queue_tasks Tasks in a queue, by state: pending, active, scheduled, retry or archived.
# TYPE calipso_queue_tasks gauge
calipso_queue_tasks{queue="events",state="active"} 0
calipso_queue_tasks{queue="events",state="archived"} 0
calipso_queue_tasks{queue="events",state="pending"} 0
calipso_queue_tasks{queue="events",state="retry"} 0
calipso_queue_tasks{queue="events",state="scheduled"} 0
calipso_queue_tasks{queue="scan",state="active"} 0
calipso_queue_tasks{queue="scan",state="archived"} 0
calipso_queue_tasks{queue="scan",state="pending"} 3
calipso_queue_tasks{queue="scan",state="retry"} 0
calipso_queue_tasks{queue="scan",state="scheduled"} 1
# HELP calipso_redis_up Whether Redis answers.
# TYPE calipso_redis_up gauge
calipso_redis_up 1
# HELP calipso_workers Worker processes that have reported in the last seconds.
# TYPE calipso_workers gauge
calipso_workers 0
`
	if err := testutil.GatherAndCompare(m.Gatherer(), strings.NewReader(want), "calipso_queue_paused", "calipso_queue_tasks",
		"calipso_redis_up", "calipso_workers"); err != nil {
		t.Error(err)
	}
	lint(t, m)
	if age := value(t, scrape(t, m), `calipso_queue_oldest_pending_seconds{queue="scan"}`); age <= 0 {
		t.Errorf("the oldest of three waiting tasks waits for %v s", age)
	}

	server := asynq.NewServerFromRedisClient(client, asynq.Config{Concurrency: 7, LogLevel: asynq.FatalLevel})
	if err := server.Start(asynq.NewServeMux()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	for deadline := time.Now().Add(5 * time.Minute); value(t, scrape(t, m), "calipso_workers") != 1; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the worker is not seen")
		}
	}
	if slots := value(t, scrape(t, m), "calipso_worker_slots"); slots != 7 {
		t.Errorf("%v slots", slots)
	}
}

// TestRedisDown: when Redis does not answer the page says so, and the rest of it is there.
func TestRedisDown(t *testing.T) {
	t.Parallel()
	client, stop, err := tasks.OpenRedis(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	m := New("")
	m.Queues(client, []string{"scan"})
	stop()
	page := scrape(t, m)
	if up := value(t, page, "calipso_redis_up"); up != 0 {
		t.Errorf("calipso_redis_up is %v", up)
	}
	if !strings.Contains(page, "calipso_build_info") || strings.Contains(page, "calipso_queue_tasks") {
		t.Errorf("the page: %s", page)
	}
}

// value returns the value of a series on a page.
func value(t *testing.T, page, series string) float64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no %s in:\n%s", series, page)
	}
	v, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
