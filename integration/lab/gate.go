package lab

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// gate is a port that can be closed and opened again.
type gate struct {
	name  string
	addr  *net.TCPAddr
	serve func(ctx context.Context, l net.Listener) // returns when ctx has ended and all is closed

	mu    sync.Mutex
	first net.Listener // open, but not served yet
	shut  func()       // nil while the gate is closed
}

// newGate takes a port of an address of this machine; 0 is any. It is not served before open.
func newGate(name, address string, port int) (*gate, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", address, port))
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", name, err)
	}
	return &gate{name: name, addr: l.Addr().(*net.TCPAddr), first: l}, nil
}

// open begins to serve the port, if it doesn't.
func (g *gate) open(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		return nil
	}
	l := g.first
	g.first = nil
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", g.addr.String()); err != nil {
			return fmt.Errorf("listen for %s again: %w", g.name, err)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.serve(ctx, l)
	}()
	g.shut = func() {
		cancel()
		<-done
	}
	return nil
}

// close closes the port and all connections to it.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.first != nil {
		g.first.Close()
		g.first = nil
	}
	if g.shut != nil {
		g.shut()
		g.shut = nil
	}
}

// serveHTTPS makes a handler what a gate serves by TLS.
func serveHTTPS(handler http.Handler, certificate tls.Certificate) func(context.Context, net.Listener) {
	serve := serveHTTP(handler)
	return func(ctx context.Context, l net.Listener) {
		serve(ctx, tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}}))
	}
}

// serveHTTP makes a handler what a gate serves.
func serveHTTP(handler http.Handler) func(context.Context, net.Listener) {
	return func(ctx context.Context, l net.Listener) {
		server := &http.Server{
			Handler: handler, ReadHeaderTimeout: 30 * time.Second,
			BaseContext: func(net.Listener) context.Context { return ctx },
		}
		stop := context.AfterFunc(ctx, func() { server.Close() })
		defer stop()
		server.Serve(l)
		server.Close()
	}
}
