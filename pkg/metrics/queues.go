package metrics

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// Queues adds the metrics of the task queues with these names, and of the workers on them. They are asked for at each
// scrape. Processes that share the queues all report the same: let few of them do so.
func (m *Metrics) Queues(client redis.UniversalClient, names []string) {
	m.registry.MustRegister(&queues{client: client, inspector: asynq.NewInspectorFromRedisClient(client), names: slices.Sorted(slices.Values(names))})
}

type queues struct {
	client    redis.UniversalClient
	inspector *asynq.Inspector
	names     []string
}

// redisTimeout is how long a scrape waits for Redis.
const redisTimeout = 2 * time.Second

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	redisUp     = desc("calipso_redis_up", "Whether Redis answers.")
	queueTasks  = desc("calipso_queue_tasks", "Tasks in a queue, by state: pending, active, scheduled, retry or archived.", "queue", "state")
	queueOldest = desc("calipso_queue_oldest_pending_seconds", "How long the first of the tasks that could run has been waiting for a worker.", "queue")
	queuePaused = desc("calipso_queue_paused", "Whether somebody has paused the queue.", "queue")
	workersUp   = desc("calipso_workers", "Worker processes that have reported in the last seconds.")
	workerSlots = desc("calipso_worker_slots", "Tasks that all workers together can run at once.")
)

// Describe implements prometheus.Collector.
func (q *queues) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{redisUp, queueTasks, queueOldest, queuePaused, workersUp, workerSlots} {
		out <- d
	}
}

// Collect implements prometheus.Collector. When Redis does not answer, calipso_redis_up is 0 and the others are absent.
func (q *queues) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), redisTimeout)
	defer cancel()
	up := q.client.Ping(ctx).Err() == nil
	gauge(out, redisUp, flag(up))
	if !up {
		return
	}
	if err := errors.Join(q.collectQueues(out), q.collectWorkers(out)); err != nil {
		out <- prometheus.NewInvalidMetric(queueTasks, err)
	}
}

func (q *queues) collectQueues(out chan<- prometheus.Metric) error {
	existing, err := q.inspector.Queues()
	if err != nil {
		return fmt.Errorf("list the queues: %w", err)
	}
	for _, name := range q.names {
		info := &asynq.QueueInfo{} // of one that nothing was ever put into
		if slices.Contains(existing, name) {
			if info, err = q.inspector.GetQueueInfo(name); err != nil {
				return fmt.Errorf("look at queue %s: %w", name, err)
			}
		}
		collectQueue(out, name, info)
	}
	return nil
}

func (q *queues) collectWorkers(out chan<- prometheus.Metric) error {
	servers, err := q.inspector.Servers()
	if err != nil {
		return fmt.Errorf("list the workers: %w", err)
	}
	slots := 0
	for _, s := range servers {
		slots += s.Concurrency
	}
	gauge(out, workersUp, float64(len(servers)))
	gauge(out, workerSlots, float64(slots))
	return nil
}

func collectQueue(out chan<- prometheus.Metric, name string, info *asynq.QueueInfo) {
	for state, n := range map[string]int{"pending": info.Pending, "active": info.Active, "scheduled": info.Scheduled,
		"retry": info.Retry, "archived": info.Archived} {
		gauge(out, queueTasks, float64(n), name, state)
	}
	gauge(out, queueOldest, info.Latency.Seconds(), name)
	gauge(out, queuePaused, flag(info.Paused), name)
}

func gauge(out chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func flag(set bool) float64 {
	if set {
		return 1
	}
	return 0
}
