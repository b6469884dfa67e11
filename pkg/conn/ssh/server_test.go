package ssh

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"calipso.io/calipso/integration/proc"
	xssh "golang.org/x/crypto/ssh"
)

// server is an SSH server in this process. It runs commands with /bin/sh, in a world where "uname -n" says gw.lab and
// ssh reaches one other host.
type server struct {
	addr string
	key  ed25519.PrivateKey // of the host

	password     string        // "": none is taken
	userKey      []byte        // authorized public key, in wire format
	noForward    bool          // as AllowTcpForwarding no
	maxSessions  int64         // as MaxSessions; 0: any
	dropOnOutput bool          // breaks the connection when a command prints something
	env          []string      // of commands
	gate         chan struct{} // when not nil, commands begin when it is closed

	listener  net.Listener
	conns     sync.Map      // net.Conn → nothing
	deafUntil atomic.Int64  // connections with a number up to this one are no longer answered
	started   atomic.Int64  // commands
	stopped   chan struct{} // gets one for each command that was stopped by the client
	logins    atomic.Int64  // attempts by password
	accepted  atomic.Int64  // connections
	open      atomic.Int64  // connections
	mostOpen  atomic.Int64  // at the same time
	mostExecs atomic.Int64  // at the same time on one connection
}

const fakeUname = "#!/bin/sh\n[ \"$1\" = -n ] && echo gw.lab\n"

// fakeSSH is the gateway's ssh: it has the host node-2.lab, does not know others, and is as old as OLD_SSH says.
const fakeSSH = `#!/bin/sh
while [ $# -gt 2 ]; do
	case $2 in StrictHostKeyChecking=accept-new)
		if [ -n "$OLD_SSH" ]; then echo 'command-line line 0: unsupported option "accept-new".' >&2; exit 255; fi;;
	esac
	shift
done
case $1 in
node-2|node-2.lab) HOP=$1 exec sh -c "$2";;
*) printf 'ssh: connect to host %s port 22: No route to host\033[31m\r\n' "$1" >&2; exit 255;;
esac
`

func newServer(t *testing.T, change ...func(*server)) *server {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	for name, text := range map[string]string{"uname": fakeUname, "ssh": fakeSSH} {
		if err := proc.Install(filepath.Join(bin, name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	s := &server{key: key, password: "secret", stopped: make(chan struct{}, 100), env: []string{"PATH=" + bin + ":/usr/bin:/bin"}}
	for _, f := range change {
		f(s)
	}
	s.listen(t, "127.0.0.1:0")
	return s
}

func (s *server) listen(t *testing.T, addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close(); s.dropAll() })
	s.addr, s.listener = listener.Addr().String(), listener
	config := s.config(t)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn, config)
		}
	}()
}

func (s *server) dropAll() {
	s.conns.Range(func(conn, _ any) bool { conn.(net.Conn).Close(); return true })
}

func (s *server) config(t *testing.T) *xssh.ServerConfig {
	config := &xssh.ServerConfig{MaxAuthTries: 10}
	if s.password != "" {
		config.PasswordCallback = func(_ xssh.ConnMetadata, pwd []byte) (*xssh.Permissions, error) {
			s.logins.Add(1)
			if string(pwd) == s.password {
				return nil, nil
			}
			return nil, errors.New("wrong")
		}
	}
	if s.userKey != nil {
		config.PublicKeyCallback = func(_ xssh.ConnMetadata, key xssh.PublicKey) (*xssh.Permissions, error) {
			if bytes.Equal(key.Marshal(), s.userKey) {
				return nil, nil
			}
			return nil, errors.New("unknown")
		}
	}
	config.AddHostKey(signer(t, s.key))
	return config
}

func signer(t *testing.T, key ed25519.PrivateKey) xssh.Signer {
	t.Helper()
	signer, err := xssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// newKey returns a private key as PEM text, and its public key in wire format.
func newKey(t *testing.T) (text string, public []byte) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := xssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block)), signer(t, key).PublicKey().Marshal()
}

func (s *server) serve(raw net.Conn, config *xssh.ServerConfig) {
	s.conns.Store(raw, nil)
	defer s.conns.Delete(raw)
	number := s.accepted.Add(1)
	deaf := func() bool { return number <= s.deafUntil.Load() }
	most(&s.mostOpen, s.open.Add(1))
	defer s.open.Add(-1)
	conn, channels, requests, err := xssh.NewServerConn(raw, config)
	if err != nil {
		return
	}
	defer conn.Close()
	go func() {
		for r := range requests {
			if r.WantReply && !deaf() {
				_ = r.Reply(false, nil)
			}
		}
	}()
	var sessions atomic.Int64
	for c := range channels {
		switch {
		case deaf():
		case c.ChannelType() == "direct-tcpip" && !s.noForward:
			go forward(c)
		case c.ChannelType() != "session":
			_ = c.Reject(xssh.Prohibited, "administratively prohibited")
		case s.maxSessions > 0 && sessions.Load() >= s.maxSessions:
			_ = c.Reject(xssh.ResourceShortage, "too many sessions")
		default:
			most(&s.mostExecs, sessions.Add(1))
			go s.session(raw, c, func() { sessions.Add(-1) })
		}
	}
}

func most(highest *atomic.Int64, n int64) {
	for {
		old := highest.Load()
		if n <= old || highest.CompareAndSwap(old, n) {
			return
		}
	}
}

func forward(c xssh.NewChannel) {
	var to struct {
		Host  string
		Port  uint32
		Host0 string
		Port0 uint32
	}
	if err := xssh.Unmarshal(c.ExtraData(), &to); err != nil {
		return
	}
	target, err := net.Dial("tcp", net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port))))
	if err != nil {
		_ = c.Reject(xssh.ConnectionFailed, err.Error())
		return
	}
	channel, requests, err := c.Accept()
	if err != nil {
		return
	}
	go xssh.DiscardRequests(requests)
	go func() { _, _ = io.Copy(target, channel); target.Close() }()
	_, _ = io.Copy(channel, target)
	channel.Close()
}

// session serves a session. ended is called before the client can know that it has.
func (s *server) session(raw net.Conn, c xssh.NewChannel, ended func()) {
	channel, requests, err := c.Accept()
	if err != nil {
		ended()
		return
	}
	defer channel.Close()
	defer ended()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	status := make(chan uint32, 1)
	for {
		select {
		case code := <-status:
			_, _ = channel.SendRequest("exit-status", false, xssh.Marshal(struct{ Code uint32 }{code}))
			return
		case r, ok := <-requests:
			if !ok || r.Type == "signal" {
				s.stopped <- struct{}{}
				return
			}
			if r.Type != "exec" {
				_ = r.Reply(false, nil)
				continue
			}
			_ = r.Reply(true, nil)
			s.started.Add(1)
			go func() { status <- s.exec(ctx, raw, channel, string(r.Payload[4:])) }()
		}
	}
}

func (s *server) exec(ctx context.Context, raw net.Conn, channel xssh.Channel, command string) uint32 {
	if s.gate != nil {
		select {
		case <-s.gate:
		case <-ctx.Done():
			return 1
		}
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.env, channel, channel, channel.Stderr()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	if s.dropOnOutput {
		cmd.Stdout = dropper{channel, raw}
	}
	if err := cmd.Run(); err != nil {
		return uint32(cmd.ProcessState.ExitCode())
	}
	return 0
}

// dropper breaks the connection after the first output.
type dropper struct {
	io.Writer
	raw net.Conn
}

func (d dropper) Write(p []byte) (int, error) {
	n, err := d.Writer.Write(p)
	d.raw.Close()
	return n, err
}
