package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net/http"
	"net/netip"
	"runtime"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"
)

// So many wrong passwords for one user from one address in so much time, and then none is looked at until that is over.
const (
	maxFailures   = 10
	failureWindow = 15 * time.Minute
)

// throttle counts the failed logins of users, by where they come from. The counts are in Redis, so that all servers of the
// API share them and they go by themselves. Losing them gives a guesser a few more guesses, and nothing else.
type throttle struct {
	redis redis.UniversalClient
	// checks bounds how many passwords are checked at once: as many as there are processors, which is as fast as more, so
	// that few guesses get past the count before the first of them has failed.
	checks chan struct{}
}

func newThrottle(client redis.UniversalClient) *throttle {
	return &throttle{redis: client, checks: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// begin waits until a password may be checked; done says that it has been.
func (t *throttle) begin(ctx context.Context) (done func(), err error) {
	select {
	case t.checks <- struct{}{}:
		return func() { <-t.checks }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// redisPatience is how long a login waits for Redis. One that gives no answer keeps nobody out.
const redisPatience = 2 * time.Second

// wait returns how long no further password of this key is looked at; 0 when one may be.
func (t *throttle) wait(ctx context.Context, key string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	failures, err := t.redis.Get(ctx, key).Int()
	if err == redis.Nil || err == nil && failures < maxFailures {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	left, err := t.redis.PTTL(ctx, key).Result()
	return max(left, 0), err
}

// failed counts a wrong password.
func (t *throttle) failed(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	_, err := t.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.SetNX(ctx, key, 0, failureWindow)
		p.Incr(ctx, key)
		return nil
	})
	return err
}

// throttleKey is the key of a user's failures from an address. An IPv6 address counts as its network: who has one of these
// has all of them. The name is hashed, since anybody can send any.
func throttleKey(user, address string) string {
	if addr, err := netip.ParseAddr(address); err == nil && addr.Is6() && !addr.Is4In6() {
		network, _ := addr.Prefix(64)
		address = network.String()
	}
	sum := sha256.Sum256([]byte(user + "\x00" + address))
	return "calipso:login:" + hex.EncodeToString(sum[:16])
}

// tooMany answers a login that has to wait.
func tooMany(c *gin.Context, wait time.Duration) error {
	seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
	c.Header("Retry-After", seconds)
	return &refusal{http.StatusTooManyRequests, "too many wrong passwords for this user from this address: try again in " + seconds + " seconds"}
}
