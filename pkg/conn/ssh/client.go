// Package ssh runs scripts on the hosts of an environment, one round trip each. Hosts are reached through the
// environment's gateway: with the gateway's own keys, by the ssh command there, or by a connection that is forwarded
// through it, for hosts that have an own login in the configuration.
package ssh

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// Client runs scripts on the hosts of one environment. It opens connections when they are needed and keeps them until
// Close. It may be used by many goroutines at once.
type Client struct {
	cfg     Config // without secrets
	gateway *pool
	own     []ownHost
	oldHop  atomic.Bool     // the gateway's ssh does not know accept-new
	life    context.Context // ends with Close
	end     context.CancelFunc

	roundTrips, dials atomic.Int64
}

// ownHost is a host with an own login.
type ownHost struct {
	name, addr string
	pool       *pool
}

// Result is what a script printed.
type Result struct {
	Stdout []byte
	Stderr []byte
}

// Stats counts what a client did.
type Stats struct {
	RoundTrips int64 // scripts sent
	Dials      int64 // connections begun
}

// New makes a client; it reads key files, but opens no connection yet.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	checker, err := newKeyChecker(cfg)
	if err != nil {
		return nil, err
	}
	life, end := context.WithCancel(context.Background())
	c := &Client{cfg: cfg.withoutSecrets(), life: life, end: end}
	base := dialer{keys: checker, hooks: cfg.Hooks, wait: cfg.DialTimeout, login: cfg.LoginTimeout, count: &c.dials}
	if err := c.addPools(cfg, base); err != nil {
		end()
		return nil, err
	}
	return c, nil
}

func (c *Client) addPools(cfg Config, d dialer) (err error) {
	d.title, d.where = fmt.Sprintf("gateway %s as %s", cfg.Gateway.Addr(), cfg.Gateway.User), "the CLI section"
	if c.gateway, err = newPool(c.life, cfg, d, cfg.Gateway); err != nil {
		return err
	}
	d.via = c.gateway
	for _, l := range cfg.Hosts {
		d.title = fmt.Sprintf("host %s (%s) as %s, through gateway %s", l.Name, l.Addr(), l.User, cfg.Gateway.Addr())
		d.where = "entry " + l.Name + " of the CLI section's hosts"
		p, err := newPool(c.life, cfg, d, l)
		if err != nil {
			return err
		}
		c.own = append(c.own, ownHost{name: l.Name, addr: l.Host, pool: p})
	}
	return nil
}

// Run feeds the script to a POSIX shell on the host, with the arguments, and returns what it printed: also beside an
// error, as far as it got. The host is a name as the cloud knows it; "localhost" is the gateway. The script may take
// Config.RunTimeout; how long it waits for its turn is up to the context. The error is an *Error.
func (c *Client) Run(ctx context.Context, host string, script []byte, args ...string) (Result, error) {
	if err := checkHost(host); err != nil {
		return Result{}, err
	}
	if err := checkArgs(args); err != nil {
		return Result{}, failure(BadHost, err, "host %s: %v", host, err).forHost(host)
	}
	result, err := c.run(ctx, host, script, args)
	if err != nil && c.life.Err() != nil {
		err = errClosed
	}
	return result, describe(host, err)
}

// Warm connects to the gateway, so that the first Run need not. Why it could not, the first Run will say.
func (c *Client) Warm(ctx context.Context) {
	if conn, err := c.gateway.acquire(ctx); err == nil {
		c.gateway.release(conn)
	}
}

func (c *Client) run(ctx context.Context, host string, script []byte, args []string) (Result, error) {
	if p := c.ownPool(host); p != nil {
		return c.exec(ctx, p, shellCommand(args), script)
	}
	name := host
	if host == c.cfg.Gateway.Host {
		name = "localhost"
	}
	keys := acceptNew
	if c.oldHop.Load() {
		keys = knownOnly
	}
	result, err := c.exec(ctx, c.gateway, hopCommand(name, keys, args), script)
	result, err = c.hopped(host, result, err)
	if keys == acceptNew && isHopFailure(err) && strings.Contains(err.Error(), `"accept-new"`) {
		c.oldHop.Store(true)
		return c.run(ctx, host, script, args)
	}
	return result, err
}

// ownPool returns the connections to a host with an own login, found by its name, full or short, or by its address.
func (c *Client) ownPool(host string) *pool {
	for _, h := range c.own {
		if h.name == host || h.addr == host {
			return h.pool
		}
	}
	for _, h := range c.own {
		if name, _, _ := strings.Cut(h.name, "."); name == host {
			return h.pool
		}
		if name, _, _ := strings.Cut(host, "."); name == h.name {
			return h.pool
		}
	}
	return nil
}

// exec runs a command on a connection of the pool. When the connection turns out to be dead before the command has
// begun, or has no session left, another one is taken, once.
func (c *Client) exec(ctx context.Context, p *pool, command string, script []byte) (Result, error) {
	result, err := c.execOnce(ctx, p, command, script)
	if errors.Is(err, errNotBegun) {
		return c.execOnce(ctx, p, command, script)
	}
	return result, err
}

func (c *Client) execOnce(ctx context.Context, p *pool, command string, script []byte) (Result, error) {
	for {
		conn, err := p.acquire(ctx)
		if err != nil {
			return Result{}, err
		}
		end, err := c.cfg.Hooks.Begin(ctx, OperationScript)
		if err != nil {
			p.release(conn)
			return Result{}, failure(Stopped, err, "no turn for the script: %v", err)
		}
		result, err := c.execOn(ctx, p, conn, command, script, end)
		if !errors.Is(err, errFull) {
			return result, err
		}
	}
}

// errFull says that a connection takes no further session: wait for one, or open another connection.
var errFull = errors.New("no session left")

// execOn runs a command on a connection that was acquired, and gives that back. end is called when the command has
// ended, which may be after a caller that has lost patience was told so.
func (c *Client) execOn(ctx context.Context, p *pool, conn *conn, command string, script []byte, end func(error)) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.RunTimeout)
	defer cancel()
	session, err := openSession(ctx, conn.client)
	if err != nil {
		end(err)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		p.release(conn)
		return Result{}, err
	case isOpenRefused(err) && p.full(conn):
		return Result{}, errFull
	case err != nil:
		p.drop(conn)
		return Result{}, fmt.Errorf("%w: open a session on %s: %w", errNotBegun, p.dialer.title, err)
	}
	c.roundTrips.Add(1)
	result, err := runScript(ctx, session, command, script, c.cfg.MaxOutput, func(err error) { p.release(conn); end(err) })
	if errors.Is(err, errNotBegun) {
		p.drop(conn)
	}
	return result, err
}

// Stats returns what the client did until now.
func (c *Client) Stats() Stats {
	return Stats{RoundTrips: c.roundTrips.Load(), Dials: c.dials.Load()}
}

// Close ends all connections; scripts that run end with an error.
func (c *Client) Close() {
	c.end()
	c.gateway.close()
	for _, h := range c.own {
		h.pool.close()
	}
}
