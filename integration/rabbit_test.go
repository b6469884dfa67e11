package integration

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	rabbit "github.com/rabbitmq/amqp091-go"

	"calipso.io/calipso/pkg/model"
)

// rabbitmq is a broker of this test's own, that can be stopped and started again with what it has kept.
type rabbitmq struct {
	port   int
	folder string
	env    []string
	server *exec.Cmd
}

// rabbitServer is where packages put it. The one that is in the path wants to be another user.
const rabbitServer = "/usr/lib/rabbitmq/bin/rabbitmq-server"

// startRabbitMQ starts a broker with the exchange neutron, as Neutron makes it.
func startRabbitMQ(t *testing.T) *rabbitmq {
	t.Helper()
	if _, err := os.Stat(rabbitServer); err != nil {
		t.Skip("RabbitMQ is not installed: make test-openstack does it")
	}
	var ports [3]int
	for n := range ports {
		_, port, err := net.SplitHostPort(freeAddress(t))
		check(t, err)
		ports[n], err = strconv.Atoi(port)
		check(t, err)
	}
	r := &rabbitmq{port: ports[0], folder: t.TempDir()}
	plugins := filepath.Join(r.folder, "plugins")
	check(t, os.WriteFile(plugins, []byte("[].\n"), 0o600))
	r.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.folder, "ERL_EPMD_PORT=" + strconv.Itoa(ports[2]), "ERL_EPMD_ADDRESS=127.0.0.1",
		fmt.Sprintf("RABBITMQ_NODENAME=calipso%d@localhost", r.port), "RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",
		"RABBITMQ_NODE_PORT=" + strconv.Itoa(r.port), "RABBITMQ_DIST_PORT=" + strconv.Itoa(ports[1]), "RABBITMQ_MNESIA_BASE=" + r.folder,
		"RABBITMQ_LOG_BASE=" + r.folder, "RABBITMQ_ENABLED_PLUGINS_FILE=" + plugins, "RABBITMQ_CONF_ENV_FILE=/dev/null"}
	r.start(t)
	t.Cleanup(func() {
		r.stop(t)
		names := exec.Command("epmd", "-kill") // that of this broker: it has a port of its own
		names.Env = r.env
		_ = names.Run()
	})
	check(t, r.channel(t).ExchangeDeclare("neutron", "topic", true, false, false, false, nil))
	return r
}

func (r *rabbitmq) start(t *testing.T) {
	t.Helper()
	r.server = exec.CommandContext(context.Background(), rabbitServer)
	r.server.Env = r.env
	check(t, r.server.Start())
	until(t, "the broker", func() bool {
		conn, err := rabbit.Dial(r.url())
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// stop ends the broker as its machine's end would: in good order.
func (r *rabbitmq) stop(t *testing.T) {
	t.Helper()
	if r.server == nil {
		return
	}
	check(t, r.server.Process.Signal(syscall.SIGTERM))
	_ = r.server.Wait()
	r.server = nil
}

func (r *rabbitmq) url() string { return fmt.Sprintf("amqp://guest:guest@127.0.0.1:%d/", r.port) }

// section is how an environment's message bus is reached.
func (r *rabbitmq) section() model.Section {
	return model.Section{"name": model.SectionAMQP, "host": "127.0.0.1", "port": r.port, "user": "guest", "pwd": "guest", "exchanges": []any{"neutron"}}
}

func (r *rabbitmq) channel(t *testing.T) *rabbit.Channel {
	t.Helper()
	conn, err := rabbit.Dial(r.url())
	check(t, err)
	t.Cleanup(func() { conn.Close() })
	channel, err := conn.Channel()
	check(t, err)
	check(t, channel.Confirm(false))
	return channel
}

// send sends notifications as Neutron does. When it returns the broker has them.
func send(t *testing.T, channel *rabbit.Channel, messages ...string) {
	t.Helper()
	var sent []*rabbit.DeferredConfirmation
	for _, m := range messages {
		c, err := channel.PublishWithDeferredConfirmWithContext(t.Context(), "neutron", "notifications.info", false, false,
			rabbit.Publishing{ContentType: "application/json", DeliveryMode: rabbit.Persistent, Body: []byte(m)})
		check(t, err)
		sent = append(sent, c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for _, c := range sent {
		if ok, err := c.WaitContext(ctx); !ok || err != nil {
			t.Fatalf("the broker does not have a message: %v", err)
		}
	}
}
