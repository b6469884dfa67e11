// Package limit lets only so many of a kind go on at once, in all processes together. They count in Redis; a process
// that dies gives back what it held when its leases have run out. Without Redis, and while Redis does not answer, each
// process counts for itself.
package limit

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Limiter hands out slots. It may be used by many goroutines at once.
type Limiter struct {
	redis   redis.Cmdable // nil when this process is the only one
	log     *slog.Logger
	process string
	local   local
	times   times
	slots   atomic.Int64 // handed out so far
	away    atomic.Int64 // when Redis is asked again, in Unix nanoseconds; 0 when it answers
}

type times struct {
	lease    time.Duration // a process that does not renew what it holds for so long has died
	patience time.Duration // with one answer of Redis
	away     time.Duration // for which Redis is left alone when it did not answer
	poll     time.Duration // between two questions of the process whose turn is next
}

// New makes a Limiter that counts in Redis, with all others that use the same one. With nil it counts in this process
// only, which costs nothing: right where there is no other.
func New(client redis.Cmdable, log *slog.Logger) *Limiter {
	l := &Limiter{redis: client, log: log, process: rand.Text(),
		times: times{lease: 15 * time.Second, patience: time.Second, away: 5 * time.Second, poll: 20 * time.Millisecond}}
	if c, ok := client.(*redis.Client); ok {
		l.redis = c.WithTimeout(l.times.patience)
	}
	return l
}

// Acquire waits until fewer than n slots of a name are held, and takes one. In a process, who asks first is served
// first; processes take turns. release gives the slot back and must be called once. The only error is that the context
// has ended.
func (l *Limiter) Acquire(ctx context.Context, name string, n int) (release func(), err error) {
	leave, err := l.local.acquire(ctx, name, n)
	if err == nil && l.redis != nil {
		leave, err = l.acquireShared(ctx, name, n, leave)
	}
	if err != nil {
		return nil, fmt.Errorf("wait for one of the %d %s: %w", n, name, err)
	}
	return leave, nil
}

// acquireShared adds a slot in Redis to the one in this process, which leave gives back.
func (l *Limiter) acquireShared(ctx context.Context, name string, n int, leave func()) (release func(), err error) {
	s := &slot{limiter: l, key: keyOf(name, "held"), id: fmt.Sprintf("%s/%d", l.process, l.slots.Add(1))}
	if err := l.queue(ctx, name, n, s); err != nil {
		leave()
		return nil, err
	}
	s.keep()
	return func() { s.release(); leave() }, nil
}

// queue waits for a slot in Redis. One goroutine of a process asks at a time: the others would only be in its way.
func (l *Limiter) queue(ctx context.Context, name string, n int, s *slot) error {
	done, err := l.local.acquire(ctx, "turn "+name, 1)
	if err != nil {
		return err
	}
	defer done()
	for {
		ahead := l.take(name, n, s.id)
		if ahead < 0 {
			return nil
		}
		select {
		case <-time.After(l.pause(ahead)):
		case <-ctx.Done():
			l.leave(name)
			return context.Cause(ctx)
		}
	}
}
