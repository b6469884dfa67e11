package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/api"
)

// serve starts the API and tells commands on this machine where it is.
func (a *App) serve(ctx context.Context, group *errgroup.Group, r Roles) error {
	handler, err := a.handler(r.Private)
	if err != nil {
		return err
	}
	password := ""
	if !r.Private {
		if password, err = api.EnsureAdmin(ctx, a.db, a.config.Admin); err != nil {
			return fmt.Errorf("make the first user (CALIPSO_ADMIN_PASSWORD): %w", err)
		}
	}
	listeners, err := a.listen(r.Private)
	if err != nil {
		return err
	}
	// The last one is for the commands of this machine.
	forget := func() {}
	if !r.Private || r.Workers {
		if forget, err = announce(a.config.Data, listeners[len(listeners)-1].url(), a.token); err != nil {
			closeAll(listeners)
			return err
		}
	}
	for i, l := range listeners {
		ended := func() {}
		if i == 0 {
			ended = forget
		}
		serveHTTP(ctx, group, l, handler, a.log, ended)
	}
	if r.Started != nil {
		r.Started(listeners[0].url(), password)
	}
	return nil
}

// listener takes connections, with TLS when it has a certificate.
type listener struct {
	net.Listener
	certificate *certificate
}

func (l listener) url() string {
	scheme := "http://"
	if l.certificate != nil {
		scheme = "https://"
	}
	return scheme + reachable(l.Addr().(*net.TCPAddr))
}

// listen listens where the configuration says. Where that takes TLS, commands on this machine come in beside it, by the
// loopback address: the certificate is for other names than that.
func (a *App) listen(private bool) (listeners []listener, err error) {
	c := a.config
	var pair *certificate
	if c.TLSCert != "" && !private {
		if pair, err = newCertificate(c.TLSCert, c.TLSKey, a.log); err != nil {
			return nil, fmt.Errorf("the API's certificate (CALIPSO_TLS_CERT, CALIPSO_TLS_KEY): %w", err)
		}
	}
	first, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (CALIPSO_LISTEN): %w", c.Listen, err)
	}
	listeners = append(listeners, listener{first, pair})
	if pair == nil {
		return listeners, nil
	}
	local, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		closeAll(listeners)
		return nil, fmt.Errorf("listen for the commands of this machine: %w", err)
	}
	return append(listeners, listener{Listener: local}), nil
}

func closeAll(listeners []listener) {
	for _, l := range listeners {
		l.Close()
	}
}

// Who sends or reads slowly keeps a connection no longer than this. Answers that are streams have a limit of their own,
// which each of their parts extends.
const (
	headerTimeout  = 10 * time.Second
	writeTimeout   = 2 * time.Minute
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// serveHTTP answers requests until the context is done, and calls ended when it takes no more.
func serveHTTP(ctx context.Context, group *errgroup.Group, l listener, handler http.Handler, log *slog.Logger, ended func()) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx }}
	serve := func() error { return server.Serve(l) }
	if l.certificate != nil {
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: l.certificate.get}
		serve = func() error { return server.ServeTLS(l, "", "") }
	}
	group.Go(func() error {
		defer ended()
		if err := serve(); err != http.ErrServerClosed {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return server.Shutdown(stop)
	})
}

// reachable is the address by which this machine reaches a listener that may listen on all of its addresses.
func reachable(addr *net.TCPAddr) string {
	if addr.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", addr.Port)
	}
	return addr.String()
}
