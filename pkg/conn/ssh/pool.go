package ssh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// pool holds the connections to one host. A connection carries several sessions; when all are busy a further one is
// opened, up to a maximum; then who wants a session waits for its turn.
type pool struct {
	dialer    *dialer
	maxConns  int
	maxActive int           // sessions on a connection
	keepAlive time.Duration // see Config
	idleAfter time.Duration // see Config.IdleTimeout
	life      context.Context

	mu      sync.Mutex
	conns   []*conn
	dialing int
	waiting []chan grant // first come, first served

	failure      error // why there is no connection
	failureUntil time.Time
}

// conn is one connection, and its place in a pool.
type conn struct {
	client *xssh.Client
	active int // sessions in use
	limit  int // how many it may have; lowered when the host refuses a further one
	routed int // connections to other hosts that go through it
	idle   *time.Timer
}

// grant is the answer to a waiting acquire: a connection with a session that may be opened, or an error.
type grant struct {
	conn *conn
	err  error
}

// newPool makes the pool for a login; d has all but the login's own fields.
func newPool(life context.Context, cfg Config, d dialer, l Login) (*pool, error) {
	auth, creds, err := l.authMethods()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.where, err)
	}
	d.addr, d.user, d.creds, d.auth = l.Addr(), l.User, creds, auth
	return &pool{dialer: &d, maxConns: cfg.MaxConnections, maxActive: cfg.MaxSessions, keepAlive: cfg.KeepAlive,
		idleAfter: cfg.IdleTimeout, life: life}, nil
}

// failureMemory is how long a failure is the answer without another attempt. Asking a host again at once that has
// refused the login could lock the account; one that does not answer would have each of the many who ask wait for it.
const failureMemory = 30 * time.Second

// acquire returns a connection on which one more session may be opened; it must be given back with release.
func (p *pool) acquire(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	if err := p.unusable(); err != nil {
		p.mu.Unlock()
		return nil, err
	}
	if c := p.takeFree(); c != nil {
		p.mu.Unlock()
		return c, nil
	}
	turn := make(chan grant, 1)
	p.waiting = append(p.waiting, turn)
	p.dialMore()
	p.mu.Unlock()
	select {
	case g := <-turn:
		return g.conn, g.err
	case <-ctx.Done():
		p.leave(turn)
		cause := context.Cause(ctx)
		return nil, failure(Stopped, cause, "no connection to %s in time: %v", p.dialer.title, cause)
	}
}

func (p *pool) unusable() error {
	if p.life.Err() != nil {
		return errClosed
	}
	if time.Now().Before(p.failureUntil) {
		return p.failure
	}
	return nil
}

var errClosed = errors.New("the connection to the environment's hosts was closed")

// release gives a session back.
func (p *pool) release(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.active--
	p.serve()
	p.rest(c)
}

// full gives a session back that the host did not grant, and remembers how many it grants. It returns false when
// there are no others on the connection, so that none would ever be granted.
func (p *pool) full(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.active--
	if c.active < 1 {
		return false
	}
	c.limit = min(c.limit, c.active)
	return true
}

// drop closes a connection that turned out to be dead.
func (p *pool) drop(c *conn) {
	c.client.Close()
	p.forget(c)
}

// forget takes a connection out of the pool.
func (p *pool) forget(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remove(c)
	p.dialMore()
}

func (p *pool) remove(c *conn) {
	p.conns = slices.DeleteFunc(p.conns, func(other *conn) bool { return other == c })
}

// takeFree reserves a session on the connection that has the fewest; nil when all are busy.
func (p *pool) takeFree() *conn {
	var best *conn
	for _, c := range p.conns {
		if c.active < c.limit && (best == nil || c.active < best.active) {
			best = c
		}
	}
	if best != nil {
		best.active++
		best.wake()
	}
	return best
}

// serve gives free sessions to those who wait.
func (p *pool) serve() {
	for len(p.waiting) > 0 {
		c := p.takeFree()
		if c == nil {
			return
		}
		p.answer(grant{conn: c})
	}
}

func (p *pool) answer(g grant) {
	p.waiting[0] <- g
	p.waiting = p.waiting[1:]
}

// leave takes back a wish; if it was granted meanwhile, the session is given back.
func (p *pool) leave(turn chan grant) {
	p.mu.Lock()
	for i := range p.waiting {
		if p.waiting[i] == turn {
			p.waiting = append(p.waiting[:i:i], p.waiting[i+1:]...)
			p.mu.Unlock()
			return
		}
	}
	p.mu.Unlock()
	if g := <-turn; g.conn != nil {
		p.release(g.conn)
	}
}

// dialMore opens as many connections as those who wait need, within the maximum.
func (p *pool) dialMore() {
	for len(p.waiting) > p.dialing*p.maxActive && len(p.conns)+p.dialing < p.maxConns && p.life.Err() == nil {
		p.dialing++
		go p.dialOne()
	}
}

// dialOne opens a connection. It belongs to the pool, not to who asked first: it goes on when that one gives up.
func (p *pool) dialOne() {
	client, err := p.dialer.dial(p.life)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dialing--
	if err != nil {
		p.failed(err)
		return
	}
	c := &conn{client: client, limit: p.maxActive}
	if p.life.Err() != nil {
		client.Close()
		p.failed(errClosed)
		return
	}
	p.conns = append(p.conns, c)
	go p.watch(c)
	p.serve()
	p.rest(c)
}

// failed tells those who wait, unless another connection can still serve them.
func (p *pool) failed(err error) {
	var e *Error
	alone := len(p.conns) == 0 && p.dialing == 0
	if errors.As(err, &e) && (alone || e.Code == AuthFailed) {
		p.failure, p.failureUntil = err, time.Now().Add(failureMemory)
	}
	if !alone {
		return
	}
	for len(p.waiting) > 0 {
		p.answer(grant{err: err})
	}
}

// close ends the wait of all who wait; the connections end with the pool's life.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.waiting) > 0 {
		p.answer(grant{err: errClosed})
	}
}
