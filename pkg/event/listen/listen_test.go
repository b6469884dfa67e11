package listen_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"calipso.io/calipso/pkg/event/feed"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// TestLabListen: what the cloud tells is kept once, somebody is asked to handle it, and those who watch see it.
func TestLabListen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	exchange := s.add("e", nil)
	watched := s.watch("e")
	s.run()
	s.running("e")
	s.send(exchange, networkUpdate("m-1", "net-1"), networkUpdate("m-2", "net-2"), networkUpdate("m-1", "net-1"))
	kept := s.untilEvents("e", 2)
	e := kept["m-1"]
	if e.ID != "e/m-1" || e.Hint.Kind != model.EventNetwork || e.Hint.Object != "net-1" || e.Status != model.EventWaiting ||
		!e.Timestamp.Equal(time.Date(2026, 3, 1, 10, 11, 12, 500e6, time.UTC)) || time.Since(e.Received) > time.Minute {
		t.Errorf("event: %+v", e)
	}
	s.until("the task", func() bool { return s.asked("e") })
	for _, want := range []string{"m-1", "m-2"} {
		if got := <-watched; got.MessageID != want || got.Stage != feed.Received {
			t.Errorf("watched: %+v, want %s", got, want)
		}
	}
}

// watch returns what those see who watch an environment's events.
func (s *site) watch(environment string) <-chan feed.Entry {
	s.t.Helper()
	entries, begun := make(chan feed.Entry, 100), make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := feed.Watch(ctx, s.redis, environment, time.Hour, func(all ...feed.Entry) error {
			if len(all) == 0 {
				close(begun)
			}
			for _, e := range all {
				entries <- e
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			s.t.Error(err)
		}
	}()
	s.t.Cleanup(func() { stop(); <-ended })
	<-begun
	return entries
}

// asked tells whether a task to handle the environment's events waits.
func (s *site) asked(environment string) bool {
	task, err := asynq.NewInspectorFromRedisClient(s.redis).GetTaskInfo(tasks.QueueEvents, tasks.HandleEvents{Environment: environment}.ID())
	return err == nil && task.State == asynq.TaskStatePending
}

// TestLabAskedAgain: when an event comes while a handler is at work, which may have looked before it was there, one is
// asked for again.
func TestLabAskedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	exchange := s.add("e", nil)
	began, end := make(chan bool), make(chan error)
	server := asynq.NewServerFromRedisClient(s.redis, asynq.Config{Queues: tasks.Queues(), Concurrency: 1, TaskCheckInterval: time.Millisecond,
		LogLevel: asynq.FatalLevel})
	must(t, server.Start(asynq.HandlerFunc(func(_ context.Context, task *asynq.Task) error {
		if task.Type() != (tasks.HandleEvents{}).Kind() {
			return nil // scans
		}
		began <- true
		return <-end
	})))
	t.Cleanup(server.Shutdown)
	s.run()
	<-began // of what was left from before
	s.running("e")
	s.send(exchange, networkUpdate("m-1", "net-1"))
	s.untilEvents("e", 1)
	end <- nil
	<-began // of m-1
	end <- nil
}

// TestLabNewQueue: what was told before the queue was there is unknown, so the environment is scanned, once.
func TestLabNewQueue(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.add("e", nil)
	stop := s.run()
	s.running("e")
	stop()
	s.operational("e", model.OperationalStopped, "")
	s.run()
	s.running("e")
	scans, err := s.db.Scans.Find(t.Context(), store.Query{})
	must(t, err)
	if len(scans) != 1 || scans[0].Environment != "e" || scans[0].OriginType != model.OriginEvent || scans[0].Status != model.ScanPending {
		t.Errorf("scans: %+v", scans)
	}
	messages, err := s.db.Messages.Find(t.Context(), store.Query{})
	must(t, err)
	if len(messages) != 1 || !strings.Contains(messages[0].Message.(string), "the queue is new") {
		t.Errorf("messages: %+v", messages)
	}
}

// TestLabPoison: messages that can't be used are forgotten, and those around them are kept.
func TestLabPoison(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	exchange := s.add("e", nil)
	s.driver.refuses = func(r store.Record) bool { return r.ID == "e/unstorable" }
	s.run()
	s.running("e")
	deep := strings.Repeat("[", 1000) + strings.Repeat("]", 1000)
	s.send(exchange, networkUpdate("m-1", "net-1"), "not JSON", `{"event_type": "network.update", "payload": `+deep+`}`,
		`{"event_type": "network.update", "x": "`+strings.Repeat("x", 10<<20)+`"}`, `{"event_type": "unknown.kind", "payload": {}}`,
		`{"event_type": "network.update", "payload": {"network": {"id": "$(reboot)"}}}`, networkUpdate("unstorable", "net-2"), networkUpdate("m-2", "net-2"))
	kept := s.untilEvents("e", 2)
	if len(kept) != 2 || kept["m-1"].ID == "" || kept["m-2"].ID == "" {
		t.Errorf("events: %v", kept)
	}
	s.until("all to be acknowledged", func() bool {
		state, err := s.channel.QueueDeclarePassive(s.queueOf("e"), true, false, false, false, nil)
		must(t, err)
		return state.Messages == 0
	})
	want := map[string]float64{"network kept": 2, "network malformed": 1, "other malformed": 4, "other ignored": 1}
	if got := s.counted(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

// counted returns how many notifications were counted, by kind and result.
func (s *site) counted() map[string]float64 {
	families, err := s.metrics.Gatherer().Gather()
	must(s.t, err)
	counted := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			labels := map[string]string{}
			for _, l := range m.Label {
				labels[l.GetName()] = l.GetValue()
			}
			if f.GetName() == "calipso_events_received_total" {
				counted[labels["kind"]+" "+labels["result"]] = m.GetCounter().GetValue()
			}
		}
	}
	return counted
}

// TestLabStoreAway: while the store is away nothing is lost.
func TestLabStoreAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	exchange := s.add("e", nil)
	s.run()
	s.running("e")
	s.driver.away.Store(true)
	var want []string
	for i := range 600 { // more than are taken at once
		want = append(want, networkUpdate(fmt.Sprint("m-", i), "net-1"))
	}
	s.send(exchange, want...)
	s.driver.away.Store(false)
	if got := s.untilEvents("e", len(want)); len(got) != len(want) {
		t.Errorf("%d events, want %d", len(got), len(want))
	}
}

// TestLabOneOfSeveral: of several listeners one listens to an environment, and another one takes its place when it ends.
func TestLabOneOfSeveral(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	exchange := s.add("e", nil)
	consumers := func() int {
		state, err := s.channel.QueueDeclarePassive(s.queueOf("e"), true, false, false, false, nil)
		must(t, err)
		return state.Consumers
	}
	first := s.run()
	s.running("e")
	for range 3 {
		s.run()
	}
	s.send(exchange, networkUpdate("m-1", "net-1"))
	s.untilEvents("e", 1)
	if n := consumers(); n != 1 {
		t.Errorf("%d listeners consume", n)
	}
	first()
	s.running("e")
	s.until("another one to consume", func() bool { return consumers() == 1 })
	s.send(exchange, networkUpdate("m-2", "net-1"))
	s.untilEvents("e", 2)
}

// TestLabChanges: environments are picked up, changed and dropped while it runs.
func TestLabChanges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.run()
	exchange := s.add("e", func(e *model.Environment) { e.Scanned = false })
	s.operational("e", model.OperationalStopped, "")
	s.change("e", func(e *model.Environment) { e.Scanned = true })
	s.running("e")

	other := s.add("other", nil)
	s.change("e", func(e *model.Environment) { e.Configuration[0]["exchanges"] = []any{exchange, other} })
	s.until("the other exchange to be bound", func() bool {
		s.send(other, networkUpdate("m-1", "net-1"))
		return len(s.events("e")) == 1
	})

	s.change("e", func(e *model.Environment) { e.Listen = false })
	s.operational("e", model.OperationalStopped, "")
	s.gone(s.queueOf("e"))

	_, err := s.db.Environments.Delete(t.Context(), store.IDs("other"))
	must(t, err)
	s.gone(s.queueOf("other"))
	s.until("its events to be gone", func() bool { return len(s.events("other")) == 0 })
}

// gone waits until a queue is not there anymore.
func (s *site) gone(queue string) {
	s.t.Helper()
	s.until("queue "+queue+" to be gone", func() bool {
		channel, err := s.conn.Channel() // the broker closes it when there is no such queue
		must(s.t, err)
		defer channel.Close()
		_, err = channel.QueueDeclarePassive(queue, true, false, false, false, nil)
		return err != nil && strings.Contains(err.Error(), "NOT_FOUND")
	})
}

// TestLabWrongPassword: it is said on the environment why it can't be listened to; others don't notice, and a right
// password is taken.
func TestLabWrongPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.add("bad", func(e *model.Environment) { e.Configuration[0]["pwd"] = "wr0ng" })
	exchange := s.add("good", nil)
	s.run()
	s.running("good")
	s.operational("bad", model.OperationalError, "check user and pwd of the AMQP section")
	s.send(exchange, networkUpdate("m-1", "net-1"))
	s.untilEvents("good", 1)
	s.change("bad", func(e *model.Environment) {
		e.Configuration[0]["pwd"] = s.bus["pwd"]
		*e = *s.sealer.SealEnvironment(e)
	})
	s.running("bad")
}

// TestLabUnsupported: an environment that can't be listened to says so.
func TestLabUnsupported(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.add("kube", func(e *model.Environment) { e.EnvironmentType = "Kubernetes" })
	s.add("no section", func(e *model.Environment) { e.Configuration = nil })
	s.run()
	s.operational("kube", model.OperationalError, "environments of type Kubernetes can't be listened to")
	s.operational("no section", model.OperationalError, "configuration.AMQP: the section is missing: listen needs it")
}

// TestLabQueueDeleted: a queue that is deleted under the listener is made anew, and the environment scanned.
func TestLabQueueDeleted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	exchange := s.add("e", nil)
	s.run()
	s.running("e")
	_, err := s.db.Scans.Delete(t.Context())
	must(t, err)
	if _, err := s.channel.QueueDelete(s.queueOf("e"), false, false, false); err != nil {
		t.Fatal(err)
	}
	s.until("a scan", func() bool {
		n, err := s.db.Scans.Count(t.Context())
		must(t, err)
		return n == 1
	})
	s.running("e")
	s.send(exchange, networkUpdate("m-1", "net-1"))
	s.untilEvents("e", 1)
}
