package rest

import (
	"context"
	"net"
	"sync"
	"time"
)

// dialer opens connections. What could not be reached is not tried again for a while: each of the many lists of a
// service that is gone would else take its time to say so.
type dialer struct {
	mu     sync.Mutex
	failed map[string]failure // by address
}

type failure struct {
	err   error
	until time.Time
}

// failureMemory is how long a failure is the answer without another attempt.
const failureMemory = 30 * time.Second

func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if err := d.known(addr); err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{Timeout: ConnectTimeout}).DialContext(ctx, network, addr)
	if err != nil && ctx.Err() == nil {
		d.remember(addr, err)
	}
	return conn, err
}

func (d *dialer) known(addr string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.failed[addr]; time.Now().Before(f.until) {
		return f.err
	}
	return nil
}

func (d *dialer) remember(addr string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed == nil {
		d.failed = map[string]failure{}
	}
	d.failed[addr] = failure{err, time.Now().Add(failureMemory)}
}
