package amqp

import (
	"strings"
	"testing"
	"time"

	rabbit "github.com/rabbitmq/amqp091-go"
)

const newQueue = "the queue is new"

// TestLabTake: notifications arrive in their order, once; other messages of the exchange don't.
func TestLabTake(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	r := read(t, b.cfg).ready()
	b.send("notifications.info", numbers(1, 1000)...)
	b.send("conductor", "rpc")
	b.send("notifications.info.more", "something else")
	b.send("notifications.error", "a failure")
	b.send("versioned_notifications.info", "a versioned one")
	r.gets(append(numbers(1, 1000), "a failure", "a versioned one"))
	r.misses(newQueue)
	r.end(nil)
	if n := b.waiting(); n != 0 {
		t.Errorf("%d messages were not acknowledged", n)
	}
}

// TestLabAway: what is sent while nobody listens is kept, and nothing counts as missed.
func TestLabAway(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	read(t, b.cfg).ready().end(nil)
	b.send("notifications.info", numbers(1, 10)...)
	r := read(t, b.cfg)
	r.gets(numbers(1, 10))
	r.misses()
}

// TestLabRefused: what could not be kept comes again.
func TestLabRefused(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	r := start(t, b.cfg, &reader{refuses: true}).ready()
	b.send("notifications.info", numbers(1, 10)...)
	r.fails(errRefused.Error())
	read(t, b.cfg).gets(numbers(1, 10))
}

// TestLabOverflow: a full queue forgets the oldest messages, and says so.
func TestLabOverflow(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	b.cfg.Length = 10
	read(t, b.cfg).ready().end(nil)
	b.send("notifications.info", numbers(1, 30)...)
	for b.waiting() < 10 {
		time.Sleep(time.Millisecond)
	}
	r := read(t, b.cfg)
	r.gets(numbers(21, 30))
	r.misses(fullQueue(10))
}

// TestLabChanged: a queue that is otherwise than the configuration says now is made anew.
func TestLabChanged(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	read(t, b.cfg).ready().end(nil)
	b.cfg.Length = 10
	r := read(t, b.cfg).ready()
	r.misses(newQueue)
	b.send("notifications.info", "a")
	r.gets([]string{"a"})
}

// TestLabQueueDeleted: a queue that somebody deletes is noticed, and made anew.
func TestLabQueueDeleted(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	r := read(t, b.cfg).ready()
	b.removeQueue()
	r.fails(b.cfg.Queue)
	r = read(t, b.cfg).ready()
	r.misses(newQueue)
	b.send("notifications.info", "a")
	r.gets([]string{"a"})
}

// TestLabExchangeLater: an exchange that is there later is bound then; until then it is told of.
func TestLabExchangeLater(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	if err := b.channel.ExchangeDelete(b.cfg.Exchanges[0], false, false); err != nil {
		t.Fatal(err)
	}
	r := read(t, b.cfg).ready()
	r.until("the missing exchange", func() bool { return len(r.missing) == 1 && r.missing[0] == b.cfg.Exchanges[0] })
	b.exchange()
	r.until("the exchange", func() bool { return len(r.missing) == 0 })
	r.misses(newQueue, "exchange "+b.cfg.Exchanges[0]+" is there only now")
	b.send("notifications.info", "a")
	r.gets([]string{"a"})
}

// TestLabUnwanted: a queue that nobody wants anymore is removed.
func TestLabUnwanted(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	read(t, b.cfg).ready().end(ErrUnwanted)
	r := read(t, b.cfg).ready()
	r.misses(newQueue)
}

// TestLabOthers: others' queues on the same exchange keep their messages, and the exchange is as it was.
func TestLabOthers(t *testing.T) {
	t.Parallel()
	b := labBroker(t)
	other, err := b.channel.QueueDeclare("", false, true, true, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.channel.QueueBind(other.Name, "notifications.info", b.cfg.Exchanges[0], false, nil); err != nil {
		t.Fatal(err)
	}
	r := read(t, b.cfg).ready()
	b.send("notifications.info", numbers(1, 3)...)
	r.gets(numbers(1, 3))
	theirs, err := b.channel.QueueDeclarePassive(other.Name, false, true, true, false, nil)
	if err != nil || theirs.Messages != 3 {
		t.Errorf("the other queue has %d messages, want 3; error %v", theirs.Messages, err)
	}
	if err := b.channel.ExchangeDeclarePassive(b.cfg.Exchanges[0], "topic", false, false, false, false, rabbit.Table{}); err != nil {
		t.Error(err)
	}
}

// TestLabRefusedLogin: who is not let in is told why, without the password.
func TestLabRefusedLogin(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"password": {func(c *Config) { c.Password = "wr0ng" }, "refused user openstack: check user and pwd of the AMQP section"},
		"vhost":    {func(c *Config) { c.VHost = "nowhere" }, `has no virtual host "nowhere" that user openstack may use: check vhost of the AMQP section`},
		"port":     {func(c *Config) { c.Port = 1 }, "connection refused: check host and port of the AMQP section"},
		"sshd":     {func(c *Config) { c.Port = 22 }, "is it a broker that speaks AMQP 0-9-1?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := labConfig(t)
			cfg.Queue, cfg.Exchanges = "calipso.none", []string{"none"}
			tt.change(&cfg)
			err := Consume(t.Context(), cfg, &reader{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "wr0ng") {
				t.Errorf("error: %v; want %q in it", err, tt.want)
			}
		})
	}
}
