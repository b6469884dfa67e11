package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/event/listen"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// updated is a notification of Neutron's that a port was updated.
func updated(id, port string, at time.Time) string {
	inner, _ := json.Marshal(map[string]any{"event_type": "port.update.end", "message_id": id, "priority": "INFO", "publisher_id": "network.node-1",
		"timestamp": at.UTC().Format("2006-01-02 15:04:05.000000"), "payload": map[string]any{"port": map[string]any{"id": port}}})
	outer, _ := json.Marshal(map[string]string{"oslo.version": "2.0", "oslo.message": string(inner)})
	return string(outer)
}

// listen runs a listener until stop is called, or the test ends.
func (i *inside) listen(t *testing.T) (stop func()) {
	t.Helper()
	sealer, err := auth.NewSealer(make([]byte, auth.KeySize))
	check(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	l := &listen.Listener{DB: i.db, Queue: i.config.Queue, Redis: i.redis, Sealer: sealer, Log: slog.New(slog.NewTextHandler(logs(), nil)),
		Now: i.now, Name: "listener", Every: 100 * time.Millisecond}
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			check(t, <-ended)
		}
	}
	t.Cleanup(stop)
	return stop
}

// listens waits until the environment says that it is so.
func (i *inside) listens(t *testing.T, status, reason string) {
	t.Helper()
	until(t, "the environment to be "+status, func() bool {
		env, err := i.db.Environments.Get(t.Context(), "e")
		check(t, err)
		return env.Operational == status && strings.Contains(env.OperationalReason, reason)
	})
}

// TestRealBrokerStops: a broker is stopped and started again, with and without a listener. The environment says so, the listener
// comes back by itself, and what the broker has kept meanwhile arrives.
func TestRealBrokerStops(t *testing.T) {
	t.Parallel()
	broker := startRabbitMQ(t)
	i, l := pieces(t), simulate(t, small("e"))
	stopWorking := i.work(t)
	i.add(listenedTo(t, l, broker))
	i.completed(scanOfE)
	stop := i.listen(t)
	i.listens(t, model.OperationalRunning, "")
	i.handled(t)
	i.idle(t)
	stopWorking() // events stay where they can be counted
	kept := func(n int) {
		t.Helper()
		until(t, fmt.Sprint(n, " events"), func() bool {
			got, err := i.db.Events.Count(t.Context(), store.Is(store.Environment, "e"))
			check(t, err)
			return got == n
		})
	}
	send(t, broker.channel(t), updated("before", "p", i.now()))
	kept(1)

	broker.stop(t)
	i.listens(t, model.OperationalError, fmt.Sprintf("broker at 127.0.0.1:%d", broker.port))
	broker.start(t)
	i.listens(t, model.OperationalRunning, "")
	send(t, broker.channel(t), updated("after", "p", i.now()))
	kept(2)

	stop()
	i.listens(t, model.OperationalStopped, "")
	var waiting []string
	for n := range 100 {
		waiting = append(waiting, updated(fmt.Sprint("kept-", n), "p", i.now()))
	}
	send(t, broker.channel(t), waiting...)
	broker.stop(t)
	i.listen(t)
	i.listens(t, model.OperationalError, "check host and port of the AMQP section")
	broker.start(t)
	kept(102)
	scans, err := i.db.Scans.Count(t.Context(), store.Is(store.Status, model.ScanPending))
	check(t, err)
	if scans != 0 {
		t.Errorf("%d scans were asked for, though nothing was missed", scans)
	}
}

// idle waits until no scan is open.
func (i *inside) idle(t *testing.T) {
	t.Helper()
	until(t, "scans to be over", func() bool {
		open, err := i.db.Scans.Count(t.Context(), store.Is(store.Status, model.ScanPending, model.ScanRunning))
		check(t, err)
		return open == 0
	})
}

// listenedTo is the document of a simulated cloud whose bus is a broker.
func listenedTo(t *testing.T, l *lab.Lab, broker *rabbitmq) model.Environment {
	t.Helper()
	env := document(t, l, "e")
	env.Listen = true
	env.Configuration = append(slices.Clone(env.Configuration), broker.section())
	return env
}
