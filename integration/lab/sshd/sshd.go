// Package sshd is the SSH server of a simulated cloud's hosts: logins by password and key, commands, and connections
// forwarded from the gateway to the other hosts. The limits are those of an ordinary sshd.
package sshd

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/integration/lab/faults"
)

// The limits of an ordinary sshd: MaxStartups (there, chance plays a part) and MaxSessions.
const (
	maxStartups = 10
	maxSessions = 10
)

// Config says who may log in where, and what runs commands.
type Config struct {
	Gateway string
	Seed    string // host keys and the client key follow from it
	User    string // root may log in too
	Pwd     string
	Delay   time.Duration // before each command
	Faults  func() *faults.Set
	// Find returns the name of the host with that name or address, or "".
	Find func(name string) string
	// Login runs a command line on a host and returns its exit status.
	Login func(ctx context.Context, host, user, line string, in *os.File, out, err io.Writer) int

	CountConn            func()              // called for each login
	BeginDial, BeginExec func() (end func()) // called for each connection to the gateway until its login, and for each command
}

// Server is the gateway's SSH server.
type Server struct {
	cfg       Config
	startups  chan struct{}
	clientKey ed25519.PrivateKey
}

// New makes the SSH server of a cloud.
func New(cfg Config) *Server {
	return &Server{cfg: cfg, startups: make(chan struct{}, maxStartups), clientKey: key(cfg.Seed + "/client")}
}

// key derives a key: the same for the same text.
func key(text string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(text))
	return ed25519.NewKeyFromSeed(seed[:])
}

// ClientKey returns the private key that may log in.
func (s *Server) ClientKey() ed25519.PrivateKey { return s.clientKey }

// hostKey returns a host's key; the gateway has another one when the fault says so.
func (s *Server) hostKey(host string) ssh.Signer {
	name := s.cfg.Seed + "/host/" + host
	if host == s.cfg.Gateway && s.cfg.Faults().NewHostKey {
		name += "/new"
	}
	signer, err := ssh.NewSignerFromKey(key(name))
	if err != nil {
		panic("an ed25519 key is not a key: " + err.Error())
	}
	return signer
}

// HostKey returns the public key that a host shows.
func (s *Server) HostKey(host string) ssh.PublicKey { return s.hostKey(host).PublicKey() }

// Serve accepts connections to the gateway until ctx ends, and closes the listener and all connections then.
func (s *Server) Serve(ctx context.Context, l net.Listener) {
	ctx, cancel := context.WithCancel(ctx)
	var connections sync.WaitGroup
	defer connections.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		connections.Go(func() { s.dial(ctx, c) })
	}
}

// dial serves a new connection, unless too many are logging in.
func (s *Server) dial(ctx context.Context, c net.Conn) {
	defer c.Close()
	select {
	case s.startups <- struct{}{}:
	default:
		io.WriteString(c, "Exceeded MaxStartups\r\n")
		return
	}
	end := s.cfg.BeginDial()
	done := sync.OnceFunc(func() { <-s.startups; end() })
	defer done()
	s.connection(ctx, c, s.cfg.Gateway, done)
}

// connection serves a connection to a host. loggedIn is called when its login is over.
func (s *Server) connection(ctx context.Context, c net.Conn, host string, loggedIn func()) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	config := s.serverConfig(host)
	config.AuthLogCallback = func(_ ssh.ConnMetadata, _ string, refused error) {
		if refused == nil {
			loggedIn() // before the client hears of it
		}
	}
	conn, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		return
	}
	s.cfg.CountConn()
	go ssh.DiscardRequests(requests)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	sessions := make(chan struct{}, maxSessions)
	for ch := range channels {
		s.channel(ctx, &running, ch, host, conn.User(), sessions)
	}
}

func (s *Server) serverConfig(host string) *ssh.ServerConfig {
	config := &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2", MaxAuthTries: 6,
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if s.refuses(c.User()) || string(password) != s.cfg.Pwd {
				return nil, errors.New("permission denied")
			}
			return nil, nil
		},
		PublicKeyCallback: func(c ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
			mine, err := ssh.NewPublicKey(s.clientKey.Public())
			if err != nil || s.refuses(c.User()) || string(mine.Marshal()) != string(k.Marshal()) {
				return nil, errors.New("permission denied")
			}
			return nil, nil
		},
	}
	config.AddHostKey(s.hostKey(host))
	return config
}

func (s *Server) refuses(user string) bool {
	return s.cfg.Faults().RefuseSSH || user != s.cfg.User && user != "root"
}

// channel serves what a client opens on its connection: a session, or a connection to another host.
func (s *Server) channel(ctx context.Context, running *sync.WaitGroup, ch ssh.NewChannel, host, user string, sessions chan struct{}) {
	switch ch.ChannelType() {
	case "session":
		select {
		case sessions <- struct{}{}:
			running.Go(func() {
				defer func() { <-sessions }()
				s.session(ctx, ch, host, user)
			})
		default:
			ch.Reject(ssh.ResourceShortage, "open failed") // MaxSessions
		}
	case "direct-tcpip":
		running.Go(func() { s.forward(ctx, ch) })
	default:
		ch.Reject(ssh.UnknownChannelType, fmt.Sprintf("unsupported channel type %s", ch.ChannelType()))
	}
}
