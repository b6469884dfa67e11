package amqp

import (
	"context"
	"fmt"
	"time"

	rabbit "github.com/rabbitmq/amqp091-go"
)

// Probe is a connection to a broker that takes no messages, to find out what the account may do there.
type Probe struct {
	cfg  Config
	conn *rabbit.Connection
}

// Dial logs in at the broker. Close the probe.
func Dial(ctx context.Context, cfg Config) (*Probe, error) {
	cfg = cfg.withDefaults()
	conn, err := dial(ctx, cfg)
	if err != nil {
		return nil, cfg.refused(err)
	}
	return &Probe{cfg, conn}, nil
}

// Broker names the broker's product and version, as it does, and says whether it is spoken to by TLS.
func (p *Probe) Broker() string {
	text := func(key string) string { s, _ := p.conn.Properties[key].(string); return s }
	way := "without TLS"
	if p.cfg.TLS != nil {
		way = "by TLS"
	}
	return fmt.Sprintf("%s %s, %s", text("product"), text("version"), way)
}

// Bind makes a queue, which goes with the connection, binds it as one that is listened to would be, and returns the exchanges
// that are not there.
func (p *Probe) Bind() (missing []string, err error) {
	_, err = try(p.conn, func(c *rabbit.Channel) (rabbit.Queue, error) {
		// It may hold nothing: what comes while it is there is not ours to keep.
		return c.QueueDeclare(p.cfg.Queue, false, true, true, false, rabbit.Table{rabbit.QueueMaxLenArg: int64(0)})
	})
	if err != nil {
		return nil, p.cfg.broken(fmt.Errorf("make queue %s: %w", p.cfg.Queue, err))
	}
	defer removeQueue(p.conn, p.cfg.Queue)
	q := queue{cfg: p.cfg, conn: p.conn}
	if missing, err = q.bind(); err != nil {
		return nil, p.cfg.broken(err)
	}
	return missing, nil
}

// Close ends the connection.
func (p *Probe) Close() { _ = p.conn.CloseDeadline(time.Now().Add(time.Second)) }
