package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	xssh "golang.org/x/crypto/ssh"
)

// unreachable turns the error of a connection that could not be opened into one that says what to do.
func (d *dialer) unreachable(err error) error {
	var refused *xssh.OpenChannelError
	switch {
	case errors.As(err, &refused) && refused.Reason == xssh.Prohibited:
		return failure(Refused, err, "ssh to %s: the gateway forwards no connections: allow it (AllowTcpForwarding in its sshd_config), "+
			"or remove the host from the CLI section's hosts", d.title)
	case errors.As(err, &refused):
		return failure(Unreachable, err, "ssh to %s: the gateway can't connect to it: %s: check %s's host and port",
			d.title, printable([]byte(refused.Message)), d.where)
	case errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err):
		return failure(Unreachable, err, "ssh to %s: no answer within %s: check %s's host and port, and firewalls in between",
			d.title, d.wait, d.where)
	}
	return failure(Unreachable, err, "ssh to %s: %v: check %s's host and port, and that sshd runs", d.title, err, d.where)
}

func (d *dialer) keyRefused(err error) error {
	var known *Error
	if errors.As(err, &known) {
		refused := *known
		refused.Message = "ssh to " + d.title + ": " + known.Message
		return &refused
	}
	return failure(HostKeyRefused, err, "ssh to %s: %v", d.title, err)
}

// explain turns the error of a handshake into one that says what to do; after the host's key was trusted, it is about
// the login.
func (d *dialer) explain(ctx context.Context, err error, trusted bool, keyAdvice string) error {
	var algorithms *xssh.AlgorithmNegotiationError
	switch {
	case ctx.Err() != nil:
		return failure(Unreachable, err, "ssh to %s: the handshake did not end within %s: check that %s's host and port are those of an sshd",
			d.title, d.login, d.where)
	case trusted && !isBroken(err):
		return d.authRefused(err)
	case errors.As(err, &algorithms) && strings.Contains(err.Error(), "host key"):
		return failure(HostKeyRefused, err, "ssh to %s: the host has no key of the type that is known of it (%v): "+
			"somebody may be in between; %s", d.title, err, keyAdvice)
	case errors.As(err, &algorithms):
		return failure(Unreachable, err, "ssh to %s: no way to talk that both sides know: %v", d.title, err)
	}
	return failure(Unreachable, fmt.Errorf("%w: %w", errBroken, err), "ssh to %s: the host ended the connection before the login (%v): "+
		"check that %s's host and port are those of an sshd, and that it takes more connections (MaxStartups in sshd_config)", d.title, err, d.where)
}

// isBroken tells the end of a connection from an answer on it.
func isBroken(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network)
}

// authRefused says which credentials were not accepted.
func (d *dialer) authRefused(err error) error {
	if strings.Contains(err.Error(), "attempted methods [none]") {
		return failure(AuthFailed, err, "ssh to %s: the host does not take a %s: give what it takes in %s (pwd or key)",
			d.title, d.creds, d.where)
	}
	fields := map[string]string{"password": "pwd", "key": "key", "key and password": "key or pwd"}[d.creds]
	return failure(AuthFailed, err, "ssh to %s: %s refused: check %s's user and %s", d.title, d.creds, d.where, fields)
}
