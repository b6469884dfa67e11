package amqp

import (
	"context"
	"errors"
	"fmt"
	"slices"

	rabbit "github.com/rabbitmq/amqp091-go"
)

// queue is the queue at the broker, and what it is bound to.
type queue struct {
	cfg      Config
	conn     *rabbit.Connection
	channel  *rabbit.Channel
	consumer Consumer
	missing  []string // exchanges that were not there when they were looked for last
}

// open makes the queue if it is not there, binds it, and tells the consumer when it can't have got all messages.
func (q *queue) open(ctx context.Context) error {
	waiting, isNew, err := q.declare()
	if err != nil {
		return err
	}
	if q.missing, err = q.bind(); err != nil {
		return err
	}
	switch {
	case isNew:
		err = q.consumer.Missed(ctx, "the queue is new")
	case q.full(waiting):
		err = q.consumer.Missed(ctx, fullQueue(q.cfg.Length))
	}
	if err == nil {
		q.consumer.Looked(waiting, q.missing)
		return nil
	}
	if isNew {
		removeQueue(q.conn, q.cfg.Queue) // so that it is new the next time, too
	}
	return err
}

// full tells whether a queue with so many messages is full, or may have been a moment ago: what is taken from it at once
// makes room.
func (q *queue) full(waiting int) bool {
	return waiting >= q.cfg.Length-min(2*prefetch, q.cfg.Length/10)
}

func fullQueue(length int) string {
	return fmt.Sprintf("the queue was full: it holds %d messages", length)
}

// look sees to it that the queue is bound to what has come into being, and that it has not overflowed.
func (q *queue) look(ctx context.Context) error {
	state, err := q.channel.QueueDeclarePassive(q.cfg.Queue, true, false, false, false, nil)
	if err != nil {
		return fmt.Errorf("look at queue %s: %w", q.cfg.Queue, err)
	}
	missing, err := q.bind()
	if err != nil {
		return err
	}
	why := ""
	for _, exchange := range q.missing {
		if !slices.Contains(missing, exchange) {
			why = "exchange " + exchange + " is there only now"
		}
	}
	if q.full(state.Messages) {
		why = fullQueue(q.cfg.Length)
	}
	q.missing = missing
	if why != "" {
		if err := q.consumer.Missed(ctx, why); err != nil {
			return err
		}
	}
	q.consumer.Looked(state.Messages, missing)
	return nil
}

// declare makes sure that the queue is there, as it has to be. One that is otherwise, since the configuration has
// changed, is replaced.
func (q *queue) declare() (waiting int, isNew bool, err error) {
	state, err := try(q.conn, func(c *rabbit.Channel) (rabbit.Queue, error) {
		return c.QueueDeclarePassive(q.cfg.Queue, true, false, false, false, nil)
	})
	if hasCode(err, rabbit.NotFound) {
		isNew, err = true, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("look for queue %s: %w", q.cfg.Queue, err)
	}
	_, err = try(q.conn, q.make)
	if hasCode(err, rabbit.PreconditionFailed) {
		removeQueue(q.conn, q.cfg.Queue)
		isNew = true
		_, err = try(q.conn, q.make)
	}
	if err != nil {
		return 0, false, fmt.Errorf("make queue %s: %w", q.cfg.Queue, err)
	}
	return state.Messages, isNew, nil
}

// make declares the queue: it survives the broker, but takes little of it, and goes when nobody uses it.
func (q *queue) make(channel *rabbit.Channel) (rabbit.Queue, error) {
	keep := q.cfg.KeepFor.Milliseconds()
	return channel.QueueDeclare(q.cfg.Queue, true, false, false, false, rabbit.Table{
		rabbit.QueueMaxLenArg: int64(q.cfg.Length), rabbit.QueueMaxLenBytesArg: int64(maxQueueBytes),
		rabbit.QueueMessageTTLArg: keep, rabbit.QueueTTLArg: keep,
	})
}

// bind binds the queue to each exchange that is there, which does nothing where it is bound already, and returns those
// that are not. It doesn't make them: services would fail if they found them otherwise than they make them.
func (q *queue) bind() (missing []string, err error) {
	for _, exchange := range q.cfg.Exchanges {
		_, err := try(q.conn, func(c *rabbit.Channel) (none struct{}, err error) {
			for _, topic := range q.cfg.Topics {
				// The last word is the priority. Exchanges carry much else besides notifications.
				if err := c.QueueBind(q.cfg.Queue, topic+".*", exchange, false, nil); err != nil {
					return none, err
				}
			}
			return none, nil
		})
		if hasCode(err, rabbit.NotFound) {
			missing = append(missing, exchange)
		} else if err != nil {
			return nil, fmt.Errorf("bind queue %s to exchange %s: %w", q.cfg.Queue, exchange, err)
		}
	}
	return missing, nil
}

func removeQueue(conn *rabbit.Connection, name string) {
	// What can't be removed the broker removes itself, later.
	_, _ = try(conn, func(c *rabbit.Channel) (int, error) { return c.QueueDelete(name, false, false, false) })
}

// try does something on a channel of its own, since the broker closes the channel of what it refuses.
func try[T any](conn *rabbit.Connection, do func(*rabbit.Channel) (T, error)) (result T, err error) {
	channel, err := conn.Channel()
	if err != nil {
		return result, err
	}
	defer channel.Close()
	return do(channel)
}

func hasCode(err error, code int) bool {
	var refused *rabbit.Error
	return errors.As(err, &refused) && refused.Code == code
}
