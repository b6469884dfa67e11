package amqp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	rabbit "github.com/rabbitmq/amqp091-go"
)

// dial opens a connection; everything until it stands has to be done within connectTimeout.
func dial(ctx context.Context, cfg Config) (*rabbit.Connection, error) {
	config := rabbit.Config{
		SASL: []rabbit.Authentication{&rabbit.PlainAuth{Username: cfg.User, Password: cfg.Password}}, Vhost: cfg.VHost,
		Heartbeat: cfg.Heartbeat, Locale: "en_US", Properties: rabbit.NewConnectionProperties(),
		Dial: func(network, _ string) (net.Conn, error) { return connect(ctx, network, cfg) },
	}
	config.Properties.SetClientConnectionName("calipso " + cfg.Queue)
	// TLS is the dialer's, which has the time limit: the library is told of none.
	return rabbit.DialConfig("amqp://"+cfg.address(), config)
}

// connect opens the connection below. Its deadline is taken away when the broker has let us in.
func connect(ctx context.Context, network string, cfg Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, network, cfg.address())
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(connectTimeout)); err != nil {
		conn.Close()
		return nil, err
	}
	if cfg.TLS == nil {
		return conn, nil
	}
	secured := tls.Client(conn, cfg.TLS)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secured, nil
}

// refused says which broker did not let us in, and what would be right.
func (c Config) refused(err error) error {
	var dial *net.OpError
	var header tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	hint := ""
	switch {
	case errors.Is(err, rabbit.ErrCredentials):
		return fmt.Errorf("the broker at %s refused user %s: check user and pwd of the AMQP section", c.address(), c.User)
	case errors.Is(err, rabbit.ErrVhost), hasCode(err, rabbit.NotAllowed):
		return fmt.Errorf("the broker at %s has no virtual host %q that user %s may use: check vhost of the AMQP section", c.address(), c.VHost, c.User)
	case errors.As(err, &certificate):
		hint = ": check host and ca_cert of the AMQP section"
	case errors.As(err, &header):
		hint = ": it does not speak TLS at this port: check port and tls of the AMQP section"
	case errors.As(err, &dial) && dial.Op == "dial":
		hint = ": check host and port of the AMQP section"
	case hasCode(err, rabbit.FrameError), hasCode(err, rabbit.SyntaxError), errors.Is(err, io.EOF):
		hint = ": is it a broker that speaks AMQP 0-9-1? check port and tls of the AMQP section"
	}
	return fmt.Errorf("broker at %s: %w%s", c.address(), err, hint)
}

// broken says which broker it was that we were connected to.
func (c Config) broken(err error) error {
	if hasCode(err, rabbit.AccessRefused) {
		return fmt.Errorf("broker at %s: %w: user %s needs the rights to its own queue and to the exchanges that the documentation lists", c.address(), err, c.User)
	}
	return fmt.Errorf("broker at %s: %w", c.address(), err)
}
