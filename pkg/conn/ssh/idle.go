package ssh

import (
	"context"
	"net"
	"sync"
	"time"
)

// rest begins the time after which a connection is closed, if nothing uses it now. The pool is locked.
func (p *pool) rest(c *conn) {
	if c.active > 0 || c.routed > 0 {
		return
	}
	c.wake()
	var timer *time.Timer
	timer = time.AfterFunc(p.idleAfter, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if c.idle == timer {
			p.remove(c)
			go c.client.Close()
		}
	})
	c.idle = timer
}

// wake ends the rest of a connection. The pool is locked.
func (c *conn) wake() {
	if c.idle != nil {
		c.idle.Stop()
		c.idle = nil
	}
}

// through returns how to open connections to other hosts through this one, which is kept as long as there are any.
func (p *pool) through(c *conn) opener {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		inner, err := c.client.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		p.route(c, 1)
		return &routed{Conn: inner, end: sync.OnceFunc(func() { p.route(c, -1) })}, nil
	}
}

func (p *pool) route(c *conn, change int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.routed += change
	p.rest(c)
}

// routed is a connection that goes through another one.
type routed struct {
	net.Conn
	end func()
}

// Close closes the connection, and lets the one that it went through rest.
func (r *routed) Close() error {
	r.end()
	return r.Conn.Close()
}
