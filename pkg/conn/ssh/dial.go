package ssh

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	xssh "golang.org/x/crypto/ssh"
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
	limit chan struct{} // has room for as many connections as may be opened at the same time
	wait  time.Duration // for connecting, and again for the handshake
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

func (d *dialer) attempt(ctx context.Context) (*xssh.Client, error) {
	check, err := d.keys(ctx, d.addr)
	if err != nil {
		return nil, failure(Unreachable, err, "ssh to %s: %v", d.title, err)
	}
	conn, done, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, d.wait)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()

	var keyErr error
	var trusted bool
	config := &xssh.ClientConfig{User: d.user, Auth: d.auth, HostKeyAlgorithms: check.algorithms,
		HostKeyCallback: func(host string, remote net.Addr, key xssh.PublicKey) error {
			keyErr = check.callback(host, remote, key)
			trusted = keyErr == nil
			return keyErr
		}}
	c, channels, requests, err := xssh.NewClientConn(conn, d.addr, config)
	switch {
	case err != nil && keyErr != nil:
		return nil, d.keyRefused(keyErr)
	case err != nil:
		return nil, d.explain(ctx, err, trusted, check.advice)
	}
	return xssh.NewClient(c, channels, requests), nil
}

// connect opens the TCP connection, directly or through the gateway; done is to be called after the handshake.
func (d *dialer) connect(ctx context.Context) (conn net.Conn, done func(), err error) {
	open := (&net.Dialer{}).DialContext
	release := func() {}
	if d.via != nil {
		gateway, err := d.via.acquire(ctx)
		if err != nil {
			return nil, nil, err
		}
		open, release = gateway.client.DialContext, func() { d.via.release(gateway) }
	}
	select {
	case d.limit <- struct{}{}:
	case <-ctx.Done():
		release()
		return nil, nil, context.Cause(ctx)
	}
	done = func() { <-d.limit; release() }
	d.count.Add(1)
	ctx, cancel := context.WithTimeout(ctx, d.wait)
	defer cancel()
	conn, err = open(ctx, "tcp", d.addr)
	if err != nil {
		done()
		return nil, nil, d.unreachable(err)
	}
	return conn, done, nil
}
