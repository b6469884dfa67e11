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
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"
)

// So many wrong passwords in so much time, and then none is looked at until that is over: for one user from one address, and
// for all users together from one address. So many unknown tokens from one address, and then no token from there is.
const (
	maxFailures        = 10
	maxAddressFailures = 100
	maxUnknownTokens   = 100
	failureWindow      = 15 * time.Minute
)

// throttle counts failed logins, by where they come from. The counts are in Redis, so that all servers of the API share them
// and they go by themselves. Losing them gives a guesser a few more guesses, and nothing else.
type throttle struct {
	redis redis.UniversalClient
	// checks bounds how many passwords are checked at once: as many as there are processors, which is as fast as more, so
	// that few guesses get past the count before the first of them has failed. asks does for a directory, which is waited for.
	checks, asks chan struct{}

	mu    sync.Mutex
	shut  map[string]time.Time // addresses whose tokens are not looked at, and until when
	clock func() time.Time
}

func newThrottle(client redis.UniversalClient, clock func() time.Time) *throttle {
	return &throttle{redis: client, checks: make(chan struct{}, runtime.GOMAXPROCS(0)), asks: make(chan struct{}, 16),
		shut: map[string]time.Time{}, clock: clock}
}

// begin waits for a place; done gives it back.
func begin(ctx context.Context, places chan struct{}) (done func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// redisPatience is how long a login waits for Redis. One that gives no answer keeps nobody out.
const redisPatience = 2 * time.Second

// tally is a count of failures, and how many of them are too many.
type tally struct {
	key  string
	most int
	why  string
}

// passwordKeys are the counts of wrong passwords that a login is for.
func passwordKeys(user, address string) []tally {
	return []tally{
		{throttleKey(user, address), maxFailures, "too many wrong passwords for this user from this address"},
		{throttleKey("", address), maxAddressFailures, "too many wrong passwords from this address"},
	}
}

// wait returns how long nothing is looked at, and why; 0 when it is.
func (t *throttle) wait(ctx context.Context, tallies []tally) (time.Duration, string, error) {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	for _, one := range tallies {
		failures, err := t.redis.Get(ctx, one.key).Int()
		if err == redis.Nil || err == nil && failures < one.most {
			continue
		}
		if err != nil {
			return 0, "", err
		}
		left, err := t.redis.PTTL(ctx, one.key).Result()
		return max(left, 0), one.why, err
	}
	return 0, "", nil
}

// failed counts a failure.
func (t *throttle) failed(ctx context.Context, tallies []tally) error {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	_, err := t.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for _, one := range tallies {
			p.SetNX(ctx, one.key, 0, failureWindow)
			p.Incr(ctx, one.key)
		}
		return nil
	})
	return err
}

// throttleKey is the key of a user's failures from an address. An IPv6 address counts as its network: who has one of these
// has all of them. The name is hashed, since anybody can send any; how it is written makes no difference to a directory.
func throttleKey(user, address string) string {
	user = strings.ToLower(strings.TrimSpace(user))
	sum := sha256.Sum256([]byte(user + "\x00" + networkOf(address)))
	return "calipso:login:" + hex.EncodeToString(sum[:16])
}

func networkOf(address string) string {
	if addr, err := netip.ParseAddr(address); err == nil && addr.Is6() && !addr.Is4In6() {
		network, _ := addr.Prefix(64)
		return network.String()
	}
	return address
}

// tooMany answers a login that has to wait.
func tooMany(c *gin.Context, why string, wait time.Duration) error {
	seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
	c.Header("Retry-After", seconds)
	return &refusal{http.StatusTooManyRequests, why + ": try again in " + seconds + " seconds"}
}
