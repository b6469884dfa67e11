package integration

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	rabbit "github.com/rabbitmq/amqp091-go"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

const perSecond = 1000

// TestManyNotifications: a cloud notifies 1,000 times a second of updates of its ports. None is lost: each is a message in the
// end. CALIPSO_EVENTS_LOAD says for how many seconds; a table says how many waited where, and what memory the processes took.
func TestManyNotifications(t *testing.T) {
	seconds, _ := strconv.Atoi(os.Getenv("CALIPSO_EVENTS_LOAD"))
	seconds = max(seconds, 1)
	broker, l := startRabbitMQ(t), simulate(t, lab.EnvConfig{Name: "e", Hosts: 10, Instances: 100})
	i := install(t, build(t), filepath.Join(t.TempDir(), "calipso.db"))
	x := &load{installation: i, broker: broker, processes: map[string]*process{"worker": i.run(t, "worker"), "listener": i.run(t, "listen")}}
	i.run(t, "scheduler")
	i.add(listenedTo(t, l, broker))
	i.completed(scanOfE)
	i.operational("e", model.OperationalRunning)
	i.settled(t)
	x.row(t, 0)
	x.send(t, l, seconds)
	sent := time.Now()
	x.settledWithin(t, 15*time.Minute)
	x.row(t, seconds*perSecond)
	fmt.Fprintf(&x.table, "drained %v after the last one\n", time.Since(sent).Round(time.Second))
	told, err := i.db.Messages.Count(t.Context(), store.Is(store.Environment, "e"), store.Is(store.RelatedType, model.TypePort))
	check(t, err)
	if told != seconds*perSecond {
		t.Errorf("%d messages of %d notifications", told, seconds*perSecond)
	}
	t.Logf("\n%s", x.table.String())
}

// load is an installation that a cloud keeps busy.
type load struct {
	*installation
	broker    *rabbitmq
	processes map[string]*process
	began     time.Time
	table     bytes.Buffer
}

// send sends notifications, as evenly as it can, and notes every five seconds how it goes.
func (x *load) send(t *testing.T, l *lab.Lab, seconds int) {
	channel, ports := x.broker.channel(t), l.Cloud("e").Ports
	for second := range seconds {
		next := x.began.Add(time.Duration(second+1) * time.Second)
		messages := make([]string, perSecond)
		for n := range messages {
			messages[n] = updated(fmt.Sprintf("m-%d-%d", second, n), ports[(second*perSecond+n)%len(ports)].ID, time.Now())
		}
		send(t, channel, messages...)
		if second%5 == 4 {
			x.row(t, (second+1)*perSecond)
		}
		time.Sleep(time.Until(next)) // the rate is what is wanted here
	}
}

// row adds a line to the table.
func (x *load) row(t *testing.T, sent int) {
	t.Helper()
	if x.began.IsZero() {
		x.began = time.Now()
		fmt.Fprintf(&x.table, "%7s %7s %14s %13s %8s %13s %11s\n", "after", "sent", "at the broker", "in the store", "handled", "listener, MB", "worker, MB")
	}
	waiting, err := x.db.Events.Count(t.Context(), store.Is(store.Environment, "e"))
	check(t, err)
	told, err := x.db.Messages.Count(t.Context(), store.Is(store.Environment, "e"), store.Is(store.RelatedType, model.TypePort))
	check(t, err)
	fmt.Fprintf(&x.table, "%5.0f s %7d %14d %13d %8d %13d %11d\n", time.Since(x.began).Seconds(), sent, x.atBroker(t), waiting, told,
		x.resident(t, "listener"), x.resident(t, "worker"))
}

// atBroker returns how many messages wait in the environment's queue.
func (x *load) atBroker(t *testing.T) int {
	number, err := x.db.Installation(context.WithoutCancel(t.Context()))
	check(t, err)
	conn, err := rabbit.Dial(x.broker.url())
	check(t, err)
	defer conn.Close()
	channel, err := conn.Channel()
	check(t, err)
	queue, err := channel.QueueDeclarePassive(fmt.Sprintf("calipso.e.%x", uint64(number)), true, false, false, false, nil)
	check(t, err)
	return queue.Messages
}

// resident returns a process' memory in MB.
func (x *load) resident(t *testing.T, name string) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", x.processes[name].cmd.Process.Pid))
	check(t, err)
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); fields[0] == "VmRSS:" {
			kilobytes, err := strconv.Atoi(fields[1])
			check(t, err)
			return kilobytes / 1000
		}
	}
	return 0
}

// settledWithin waits until all events are handled.
func (x *load) settledWithin(t *testing.T, limit time.Duration) {
	within(t, limit, "all events to be handled", func() bool {
		waiting, err := x.db.Events.Count(t.Context(), store.Is(store.Environment, "e"))
		check(t, err)
		return waiting == 0 && x.atBroker(t) == 0
	})
}
