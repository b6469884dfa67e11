package tasks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// OpenRedis connects to the Redis at a URL (redis://…, rediss://…), or starts one inside this process when the URL is
// empty. What the queues hold can be rebuilt from the step ledger, so an embedded Redis that forgets is enough for one
// process. close ends what was opened.
func OpenRedis(ctx context.Context, address string) (client redis.UniversalClient, close func(), err error) {
	if address == "" {
		return embedded()
	}
	options, err := redis.ParseURL(address)
	if err != nil {
		return nil, nil, fmt.Errorf("redis address: %w; it looks like redis://:password@host:6379/0, where \"/\" in the "+
			"password is %%2F, and so on", withoutURL(err))
	}
	client = redis.NewClient(options)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		client.Close()
		if errors.Is(err, context.DeadlineExceeded) { // of all that it tried until then, the client says nothing
			conn, why := net.DialTimeout(options.Network, options.Addr, time.Second)
			if why != nil {
				err = why
			} else {
				conn.Close()
			}
		}
		return nil, nil, fmt.Errorf("redis at %s does not answer: %w", options.Addr, err)
	}
	return client, func() { client.Close() }, nil
}

// withoutURL returns the error of an address without the parts of the address that it quotes: they may be the password.
func withoutURL(err error) error {
	if quoting := new(url.Error); errors.As(err, &quoting) {
		return errors.New("it can't be read")
	}
	return err
}

func embedded() (redis.UniversalClient, func(), error) {
	server, err := miniredis.Run()
	if err != nil {
		return nil, nil, fmt.Errorf("start the embedded redis: %w", err)
	}
	// It listens on the loopback, where others of this machine could reach it.
	password := rand.Text()
	server.RequireAuth(password)
	// Its clock stands still unless it is moved, and then keys with a lifetime would live for ever.
	const tick = 250 * time.Millisecond
	ticker, done := time.NewTicker(tick), make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
				server.FastForward(tick)
			case <-done:
				return
			}
		}
	}()
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), Password: password})
	return client, func() {
		ticker.Stop()
		close(done)
		client.Close()
		server.Close()
	}, nil
}
