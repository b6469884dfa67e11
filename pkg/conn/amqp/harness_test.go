package amqp

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	rabbit "github.com/rabbitmq/amqp091-go"
)

// broker is a real one, with an exchange and a queue that are this test's own.
type broker struct {
	t       *testing.T
	cfg     Config
	channel *rabbit.Channel
}

// labBroker connects to the broker of the lab that CALIPSO_OPENSTACK_LAB, the path of its env.json, describes.
func labBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{t: t, cfg: labConfig(t)}
	name := "test-" + rand.Text()
	b.cfg.Exchanges, b.cfg.Queue, b.cfg.LookEvery = []string{name}, "calipso."+name, 50*time.Millisecond
	conn, err := rabbit.Dial(fmt.Sprintf("amqp://%s:%s@%s/", b.cfg.User, b.cfg.Password, b.cfg.address()))
	if err != nil {
		t.Fatal(err)
	}
	if b.channel, err = conn.Channel(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.removeQueue()
		conn.Close()
	})
	b.exchange()
	return b
}

func labConfig(t *testing.T) Config {
	t.Helper()
	path := os.Getenv("CALIPSO_OPENSTACK_LAB")
	if path == "" {
		t.Skip("CALIPSO_OPENSTACK_LAB is not set")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lab struct{ AMQP Config }
	if err := json.Unmarshal(data, &lab); err != nil {
		t.Fatal(err)
	}
	return lab.AMQP.withDefaults()
}

// exchange makes the exchange, as services do.
func (b *broker) exchange() {
	b.t.Helper()
	name := b.cfg.Exchanges[0]
	if err := b.channel.ExchangeDeclare(name, "topic", false, false, false, false, nil); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { b.channel.ExchangeDelete(name, false, false) })
}

func (b *broker) send(key string, messages ...string) {
	b.t.Helper()
	for _, m := range messages {
		err := b.channel.PublishWithContext(b.t.Context(), b.cfg.Exchanges[0], key, false, false,
			rabbit.Publishing{ContentType: "application/json", DeliveryMode: rabbit.Persistent, Body: []byte(m)})
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *broker) removeQueue() {
	if _, err := b.channel.QueueDelete(b.cfg.Queue, false, false, false); err != nil {
		b.t.Error(err)
	}
}

// waiting is how many messages wait in the queue.
func (b *broker) waiting() int {
	b.t.Helper()
	state, err := b.channel.QueueDeclarePassive(b.cfg.Queue, true, false, false, false, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return state.Messages
}

// numbers are messages from 1 to n.
func numbers(from, to int) (messages []string) {
	for i := from; i <= to; i++ {
		messages = append(messages, fmt.Sprint("message ", i))
	}
	return messages
}

// reader is a Consumer that keeps all in memory.
type reader struct {
	t       *testing.T
	stop    context.CancelCauseFunc
	ended   chan error
	refuses bool // everything

	mu      sync.Mutex
	got     []string
	missed  []string
	looks   int
	missing []string
}

var errRefused = errors.New("the reader does not take it")

// read consumes until the test ends or stops it.
func read(t *testing.T, cfg Config) *reader { return start(t, cfg, &reader{}) }

func start(t *testing.T, cfg Config, r *reader) *reader {
	t.Helper()
	ctx, stop := context.WithCancelCause(t.Context())
	r.t, r.stop, r.ended = t, stop, make(chan error, 1)
	go func() { r.ended <- Consume(ctx, cfg, r) }()
	t.Cleanup(func() { stop(nil) })
	return r
}

func (r *reader) Take(_ context.Context, messages [][]byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuses {
		return errRefused
	}
	for _, m := range messages {
		r.got = append(r.got, string(m))
	}
	return nil
}

func (r *reader) Missed(_ context.Context, why string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.missed = append(r.missed, why)
	return nil
}

func (r *reader) Looked(_ int, missing []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks, r.missing = r.looks+1, missing
}

// until waits until something is so.
func (r *reader) until(what string, is func() bool) *reader {
	r.t.Helper()
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		r.mu.Lock()
		ok := is()
		r.mu.Unlock()
		select {
		case err := <-r.ended:
			r.t.Fatalf("it ended while waiting for %s: %v", what, err)
		default:
		}
		if ok {
			return r
		}
		if time.Now().After(end) {
			r.t.Fatalf("gave up waiting for %s: %+v", what, r)
		}
	}
}

// ready waits until messages that are sent arrive.
func (r *reader) ready() *reader {
	r.t.Helper()
	return r.until("the connection", func() bool { return r.looks > 0 })
}

// gets waits until exactly these messages have come.
func (r *reader) gets(want []string) {
	r.t.Helper()
	r.until("the messages", func() bool { return len(r.got) >= len(want) })
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.got, want) {
		r.t.Errorf("got %q, want %q", r.got, want)
	}
}

// misses checks what it was told that it may have missed.
func (r *reader) misses(want ...string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.missed, want) {
		r.t.Errorf("missed: %q, want %q", r.missed, want)
	}
}

// end stops it, and waits for its end.
func (r *reader) end(cause error) {
	r.t.Helper()
	r.stop(cause)
	if err := <-r.ended; !errors.Is(err, context.Canceled) {
		r.t.Errorf("it ended with %v", err)
	}
}

// fails waits until it ends by itself, with an error.
func (r *reader) fails(want ...string) {
	r.t.Helper()
	select {
	case err := <-r.ended:
		for _, text := range want {
			if err == nil || !strings.Contains(err.Error(), text) {
				r.t.Errorf("error: %v; want %q in it", err, text)
			}
		}
	case <-time.After(5 * time.Minute):
		r.t.Fatal("it does not end")
	}
}
