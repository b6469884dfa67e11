package sshd

import (
	"context"
	"fmt"
	"net"
	"time"

	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/integration/lab/faults"
)

// target is what a direct-tcpip channel is to be connected to.
type target struct {
	Host       string
	Port       uint32
	OriginHost string
	OriginPort uint32
}

// forward connects a channel to the SSH server of another host.
func (s *Server) forward(ctx context.Context, ch ssh.NewChannel) {
	var to target
	if err := ssh.Unmarshal(ch.ExtraData(), &to); err != nil {
		ch.Reject(ssh.ConnectionFailed, "cannot read where to connect to")
		return
	}
	host := s.cfg.Find(to.Host)
	switch fault := s.cfg.Faults().Hosts[host]; {
	case host == "":
		ch.Reject(ssh.ConnectionFailed, "Name or service not known")
		return
	case fault == faults.Unreachable:
		ch.Reject(ssh.ConnectionFailed, "Connection timed out")
		return
	case fault == faults.Refused || to.Port != 22:
		ch.Reject(ssh.ConnectionFailed, "Connection refused")
		return
	}
	channel, requests, err := ch.Accept()
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	defer channel.Close()
	s.connection(ctx, &pipe{channel, address(fmt.Sprintf("%s:%d", to.Host, to.Port))}, host, func() {})
}

// pipe makes a channel a network connection.
type pipe struct {
	ssh.Channel
	at address
}

func (p *pipe) LocalAddr() net.Addr              { return p.at }
func (p *pipe) RemoteAddr() net.Addr             { return p.at }
func (p *pipe) SetDeadline(time.Time) error      { return nil }
func (p *pipe) SetReadDeadline(time.Time) error  { return nil }
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }
