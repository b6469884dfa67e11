package limit

import (
	"context"
	_ "embed"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Of each name there are three sorted sets: the slots that are held, by when their leases end; the processes that wait,
// by since when; and these again, by when they count as gone. Redis' own clock is the only one that is looked at.
var (
	//go:embed take.lua
	takeText   string
	takeScript = redis.NewScript(takeText)
	keepScript = redis.NewScript(`local t = redis.call('TIME')
redis.call('ZADD', KEYS[1], t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])`)
)

// keyOf names a set; the braces keep those of a name on one node of a cluster.
func keyOf(name, set string) string { return "calipso:limit:{" + name + "}:" + set }

// longestPause is well below a third of a lease, after which a process that waits counts as gone.
const longestPause = time.Second

// take asks Redis for a slot. It returns how many processes are ahead in the queue, and -1 when it got the slot or Redis
// does not answer: then the process's own count has to do.
func (l *Limiter) take(name string, n int, slot string) (ahead int) {
	keys := []string{keyOf(name, "held"), keyOf(name, "waiting"), keyOf(name, "seen")}
	ahead = -1
	l.ask(func(ctx context.Context) error {
		answer, err := takeScript.Run(ctx, l.redis, keys, l.process, slot, n, l.times.lease.Milliseconds()).Int()
		if err == nil {
			ahead = answer
		}
		return err
	})
	return ahead
}

// leave takes the process out of the queue.
func (l *Limiter) leave(name string) {
	l.ask(func(ctx context.Context) error {
		_, err := l.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.ZRem(ctx, keyOf(name, "waiting"), l.process)
			p.ZRem(ctx, keyOf(name, "seen"), l.process)
			return nil
		})
		return err
	})
}

// ask asks Redis something, unless it did not answer a moment ago. A slot may hang on the answer, so this is not cut
// short when its caller is.
func (l *Limiter) ask(what func(context.Context) error) {
	if time.Now().UnixNano() < l.away.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.times.patience)
	defer cancel()
	err, until := what(ctx), int64(0)
	if err != nil {
		until = time.Now().Add(l.times.away).UnixNano()
	}
	switch before := l.away.Swap(until); {
	case err != nil && before == 0:
		l.log.Warn("limits hold in this process only: redis does not count", "error", err)
	case err == nil && before != 0:
		l.log.Info("limits hold in all processes together again")
	}
}

// pause is how long to wait before Redis is asked again, by how many processes are ahead: the first one of a queue asks
// often, and a long queue hardly more often in all.
func (l *Limiter) pause(ahead int) time.Duration {
	d := min(l.times.poll*time.Duration(ahead+1), longestPause)
	return d*3/4 + rand.N(d/2)
}

// slot is one that is held in Redis.
type slot struct {
	limiter *Limiter
	key, id string

	mu       sync.Mutex
	renewal  *time.Timer
	released bool
}

// keep renews the lease until the slot is released. A slot that Redis has forgotten, or never heard of, is told anew.
func (s *slot) keep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewal = time.AfterFunc(s.limiter.times.lease/3, s.renew)
}

func (s *slot) renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.released {
		return
	}
	l := s.limiter
	l.ask(func(ctx context.Context) error {
		return keepScript.Run(ctx, l.redis, []string{s.key}, s.id, l.times.lease.Milliseconds()).Err()
	})
	s.renewal.Reset(l.times.lease / 3)
}

func (s *slot) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.released = true
	if s.renewal != nil {
		s.renewal.Stop()
	}
	l := s.limiter
	l.ask(func(ctx context.Context) error { return l.redis.ZRem(ctx, s.key, s.id).Err() })
}
