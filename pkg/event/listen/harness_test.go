package listen_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	rabbit "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/event/listen"
	"calipso.io/calipso/pkg/metrics"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/sqlite"
	"calipso.io/calipso/tasks"
)

// site is an installation without workers, whose environments' message bus is the real lab's, with exchanges of their own.
type site struct {
	t       *testing.T
	driver  *unsteady
	db      *store.DB
	redis   redis.UniversalClient
	queue   *tasks.Enqueuer
	sealer  *auth.Sealer
	metrics *metrics.Metrics
	bus     model.Section // how it is reached
	conn    *rabbit.Connection
	channel *rabbit.Channel
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, bus: labBus(t), metrics: metrics.New("test")}
	driver, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	must(t, err)
	s.driver = &unsteady{Driver: driver}
	s.db, err = store.NewDB(t.Context(), s.driver)
	must(t, err)
	t.Cleanup(func() { s.db.Close() })
	client, stop, err := tasks.OpenRedis(t.Context(), "")
	must(t, err)
	t.Cleanup(stop)
	s.redis, s.queue = client, tasks.NewEnqueuer(client)
	s.sealer, err = auth.NewSealer(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	conn, err := rabbit.Dial(fmt.Sprintf("amqp://%s:%s@%s:%s/", s.bus.Str("user"), s.bus.Str("pwd"), s.bus.Str("host"), s.bus.Str("port")))
	must(t, err)
	s.conn = conn
	t.Cleanup(func() { conn.Close() })
	s.channel, err = conn.Channel()
	must(t, err)
	return s
}

// labBus is the AMQP section for the lab that CALIPSO_OPENSTACK_LAB, the path of its env.json, describes.
func labBus(t *testing.T) model.Section {
	t.Helper()
	path := os.Getenv("CALIPSO_OPENSTACK_LAB")
	if path == "" {
		t.Skip("CALIPSO_OPENSTACK_LAB is not set")
	}
	data, err := os.ReadFile(path)
	must(t, err)
	var lab struct {
		AMQP struct {
			Host, User, Password string
			Port                 int
		}
	}
	must(t, json.Unmarshal(data, &lab))
	return model.Section{"name": model.SectionAMQP, "host": lab.AMQP.Host, "port": lab.AMQP.Port, "user": lab.AMQP.User, "pwd": lab.AMQP.Password}
}

// add makes an environment that was scanned and wants to be listened to, with an exchange of its own; change may change it.
func (s *site) add(name string, change func(*model.Environment)) (exchange string) {
	s.t.Helper()
	exchange = "test-" + rand.Text()
	must(s.t, s.channel.ExchangeDeclare(exchange, "topic", false, false, false, false, nil))
	bus := model.Section{"exchanges": []any{exchange}}
	for key, value := range s.bus {
		bus[key] = value
	}
	env := model.Environment{Name: name, EnvironmentType: model.EnvironmentOpenStack, Listen: true, Scanned: true, Operational: model.OperationalStopped,
		Configuration: []model.Section{bus}}
	if change != nil {
		change(&env)
	}
	must(s.t, s.db.Environments.Create(s.t.Context(), *s.sealer.SealEnvironment(&env)))
	s.t.Cleanup(func() {
		s.channel.QueueDelete(s.queueOf(name), false, false, false)
		s.channel.ExchangeDelete(exchange, false, false)
	})
	return exchange
}

func (s *site) queueOf(environment string) string {
	n, err := s.db.Installation(context.WithoutCancel(s.t.Context()))
	must(s.t, err)
	return fmt.Sprintf("calipso.%s.%x", environment, uint64(n))
}

// change changes an environment.
func (s *site) change(name string, change func(*model.Environment)) {
	s.t.Helper()
	_, err := s.db.Environments.Update(s.t.Context(), name, func(e *model.Environment) error { change(e); return nil })
	must(s.t, err)
}

// run runs a listener until stop, which waits for its end, or the end of the test.
func (s *site) run() (stop func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &listen.Listener{DB: s.db, Queue: s.queue, Redis: s.redis, Sealer: s.sealer, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Metrics: s.metrics, Name: "test", Every: 20 * time.Millisecond}
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		must(s.t, <-ended)
	}
	s.t.Cleanup(stop)
	return stop
}

// send sends a notification as a service does.
func (s *site) send(exchange string, messages ...string) {
	s.t.Helper()
	for _, m := range messages {
		must(s.t, s.channel.PublishWithContext(s.t.Context(), exchange, "notifications.info", false, false,
			rabbit.Publishing{ContentType: "application/json", DeliveryMode: rabbit.Persistent, Body: []byte(m)}))
	}
}

// networkUpdate is a notification that a network was changed, in the envelope 2.0.
func networkUpdate(message, network string) string {
	inner := fmt.Sprintf(`{"event_type": "network.update.end", "message_id": %q, "priority": "INFO", "publisher_id": "network.node-1",
"timestamp": "2026-03-01 10:11:12.5", "payload": {"network": {"id": %q}}}`, message, network)
	outer, _ := json.Marshal(map[string]string{"oslo.version": "2.0", "oslo.message": inner})
	return string(outer)
}

// until waits until something is so.
func (s *site) until(what string, is func() bool) {
	s.t.Helper()
	for end := time.Now().Add(5 * time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("gave up waiting for %s", what)
		}
	}
}

// operational waits until an environment's document says so.
func (s *site) operational(name, status, reason string) {
	s.t.Helper()
	var env model.Environment
	s.until(fmt.Sprintf("%s to be %s %q, it is %s %q", name, status, reason, env.Operational, env.OperationalReason), func() bool {
		var err error
		env, err = s.db.Environments.Get(s.t.Context(), name)
		must(s.t, err)
		return env.Operational == status && (env.OperationalReason == reason || reason != "" && bytes.Contains([]byte(env.OperationalReason), []byte(reason)))
	})
}

func (s *site) running(name string) { s.t.Helper(); s.operational(name, model.OperationalRunning, "") }

// events returns what is kept of an environment, by message id.
func (s *site) events(environment string) map[string]model.Event {
	s.t.Helper()
	found, err := s.db.Events.Find(s.t.Context(), store.Where(store.Is(store.Environment, environment)))
	must(s.t, err)
	byID := map[string]model.Event{}
	for _, e := range found {
		byID[e.MessageID] = e
	}
	return byID
}

func (s *site) untilEvents(environment string, n int) map[string]model.Event {
	s.t.Helper()
	s.until(fmt.Sprintf("%d events", n), func() bool {
		kept, err := s.db.Events.Count(s.t.Context(), store.Is(store.Environment, environment))
		must(s.t, err)
		return kept >= n
	})
	return s.events(environment)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
