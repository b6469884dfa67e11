package api

import (
	"context"
	"maps"
	"time"

	"github.com/redis/go-redis/v9"

	"calipso.io/calipso/pkg/auth"
)

// guesses is the prefix under which unknown tokens count. A name can't have it: it has a NUL.
const guesses = "\x00token"

// shutFor returns how long no token from an address is looked at; 0 when they are. It asks nobody: tokens come with each
// request.
func (t *throttle) shutFor(address string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(t.shut[networkOf(address)].Sub(t.clock()), 0)
}

// unknown counts an unknown token from an address. The same one counts once: it is a program with an old token that comes again
// and again, and not somebody who tries one after the other.
func (t *throttle) unknown(ctx context.Context, token, address string) error {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	tried, count := throttleKey(guesses+auth.HashToken(token), address), throttleKey(guesses, address)
	another, err := t.redis.SetNX(ctx, tried, 1, failureWindow).Result()
	if err != nil || !another {
		return err
	}
	var n *redis.IntCmd
	_, err = t.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.SetNX(ctx, count, 0, failureWindow)
		n = p.Incr(ctx, count)
		return nil
	})
	if err == nil && n.Val() >= maxUnknownTokens {
		t.close(address)
	}
	return err
}

// close lets no token from an address be looked at for a while.
func (t *throttle) close(address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	maps.DeleteFunc(t.shut, func(_ string, until time.Time) bool { return until.Before(now) })
	t.shut[networkOf(address)] = now.Add(failureWindow)
}
