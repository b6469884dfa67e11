// Package amqp takes notifications from a cloud's message bus (RabbitMQ). It has a queue of its own there, and touches
// nothing else: it neither makes exchanges nor takes messages that others wait for.
package amqp

import (
	"context"
	"errors"
	"fmt"
	"time"

	rabbit "github.com/rabbitmq/amqp091-go"
)

// Consumer is who gets messages. Its methods are called one after the other.
type Consumer interface {
	// Take keeps messages, in the order in which they came. Once it returns nil the broker forgets them; after an error
	// they come again.
	Take(ctx context.Context, messages [][]byte) error

	// Missed is called when messages may have been lost that should have been taken, and when it is not known which there
	// were before. From now on they arrive.
	Missed(ctx context.Context, why string) error

	// Looked is called when the connection stands, and then from time to time: so many messages wait in the queue, and
	// these exchanges are not there (yet).
	Looked(waiting int, missing []string)
}

// ErrUnwanted is the cause with which a context ends when nobody wants the messages of the queue anymore: it is removed.
var ErrUnwanted = errors.New("nobody listens anymore")

// Consume connects to the broker and passes messages to the consumer until the context is done. Every error ends it: call
// it again after a while.
func Consume(ctx context.Context, cfg Config, consumer Consumer) error {
	cfg = cfg.withDefaults()
	conn, err := dial(ctx, cfg)
	if err != nil {
		return cfg.refused(err)
	}
	defer conn.CloseDeadline(time.Now().Add(connectTimeout))
	// A broker that does not answer anymore must not hold up who has ended the context.
	defer context.AfterFunc(ctx, func() {
		time.AfterFunc(connectTimeout, func() { conn.CloseDeadline(time.Now()) })
	})()
	err = consume(ctx, cfg, conn, consumer)
	if errors.Is(context.Cause(ctx), ErrUnwanted) {
		removeQueue(conn, cfg.Queue)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return cfg.broken(err)
}

func consume(ctx context.Context, cfg Config, conn *rabbit.Connection, consumer Consumer) error {
	channel, err := conn.Channel()
	if err != nil {
		return fmt.Errorf("open a channel: %w", err)
	}
	q := &queue{cfg: cfg, conn: conn, channel: channel, consumer: consumer}
	if err := q.open(ctx); err != nil {
		return err
	}
	if err := channel.Qos(prefetch, 0, false); err != nil {
		return fmt.Errorf("limit what is taken at once: %w", err)
	}
	closed := channel.NotifyClose(make(chan *rabbit.Error, 1))
	deliveries, err := channel.Consume(cfg.Queue, "", false, false, false, false, nil)
	if err != nil {
		return fmt.Errorf("consume from queue %s: %w", cfg.Queue, err)
	}
	ticker := time.NewTicker(cfg.LookEvery)
	defer ticker.Stop()
	for {
		select {
		case first, ok := <-deliveries:
			if !ok {
				return ended(cfg.Queue, closed)
			}
			if err := take(ctx, consumer, first, deliveries); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			if err := q.look(ctx); err != nil {
				return err
			}
		}
	}
}

// ended says why there are no more deliveries: the broker has taken back the consumer, or all of the connection.
func ended(queue string, closed <-chan *rabbit.Error) error {
	select {
	case why := <-closed:
		if why != nil {
			return why
		}
		return errors.New("the connection was closed")
	case <-time.After(time.Second):
		return fmt.Errorf("queue %s was deleted", queue)
	}
}

// take passes on a message and all that have arrived after it, and acknowledges them together.
func take(ctx context.Context, consumer Consumer, first rabbit.Delivery, deliveries <-chan rabbit.Delivery) error {
	messages, last := [][]byte{first.Body}, first
	for more := true; more && len(messages) < prefetch; {
		select {
		case next, ok := <-deliveries:
			if more = ok; ok {
				messages, last = append(messages, next.Body), next
			}
		default:
			more = false
		}
	}
	if err := consumer.Take(ctx, messages); err != nil {
		return err
	}
	if err := last.Ack(true); err != nil {
		return fmt.Errorf("acknowledge %d messages: %w", len(messages), err)
	}
	return nil
}
