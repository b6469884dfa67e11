package ssh

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"calipso.io/calipso/pkg/conn/hooks"
)

// dialer opens connections to one host.
type dialer struct {
	title string // "gateway 10.0.0.1:22 as scan"
	where string // where its credentials come from, for messages
	addr  string
	user  string
	creds string // "password", "key" or "key or password"
	auth  []xssh.AuthMethod
	keys  keyChecker
	hooks hooks.Hooks
	wait  time.Duration // for connecting
	login time.Duration // for the handshake and login
	count *atomic.Int64 // of connections begun
	via   *pool         // of the gateway; nil: dial directly
}

// dial connects and logs in. A connection that breaks before the login, as by an sshd that has too many of them,
// is tried a second time.
func (d *dialer) dial(ctx context.Context) (*xssh.Client, error) {
	client, err := d.attempt(ctx)
	if !errors.Is(err, errBroken) {
		return client, err
	}
	select {
	case <-time.After(200 * time.Millisecond):
		return d.attempt(ctx)
	case <-ctx.Done():
		return nil, err
	}
}

var errBroken = errors.New("the connection broke")

func (d *dialer) attempt(ctx context.Context) (client *xssh.Client, err error) {
	keys, err := d.keys(ctx, d.addr)
	if err != nil {
		return nil, failure(Unreachable, err, "ssh to %s: %v", d.title, err)
	}
	open, done, err := d.route(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	end, err := d.hooks.Begin(ctx, OperationDial)
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	d.count.Add(1)
	conn, err := d.connect(ctx, open)
	if err != nil {
		return nil, d.unreachable(err)
	}
	return d.handshake(ctx, conn, keys)
}

// opener opens a TCP connection.
type opener func(ctx context.Context, network, addr string) (net.Conn, error)

// route returns how to connect to the host: directly, or through the gateway, on a connection that is kept until done.
func (d *dialer) route(ctx context.Context) (open opener, done func(), err error) {
	if d.via == nil {
		return (&net.Dialer{}).DialContext, func() {}, nil
	}
	gateway, err := d.via.acquire(ctx)
	if err != nil {
		return nil, nil, err
	}
	return d.via.through(gateway), func() { d.via.release(gateway) }, nil
}

func (d *dialer) connect(ctx context.Context, open opener) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.wait)
	defer cancel()
	return open(ctx, "tcp", d.addr)
}

// handshake makes sure of the host's key and logs in.
func (d *dialer) handshake(ctx context.Context, conn net.Conn, keys check) (*xssh.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, d.login)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()

	var keyErr error
	var trusted bool
	config := &xssh.ClientConfig{User: d.user, Auth: d.auth, HostKeyAlgorithms: keys.algorithms,
		HostKeyCallback: func(host string, remote net.Addr, key xssh.PublicKey) error {
			keyErr = keys.callback(host, remote, key)
			trusted = keyErr == nil
			return keyErr
		}}
	c, channels, requests, err := xssh.NewClientConn(conn, d.addr, config)
	switch {
	case err != nil && keyErr != nil:
		return nil, d.keyRefused(keyErr)
	case err != nil:
		return nil, d.explain(ctx, err, trusted, keys.advice)
	}
	return xssh.NewClient(c, channels, requests), nil
}
