package sshd

import (
	"context"
	"io"
	"os"
	"time"

	"golang.org/x/crypto/ssh"
)

// session runs the one command that a session is for.
func (s *Server) session(ctx context.Context, ch ssh.NewChannel, host, user string) {
	channel, requests, err := ch.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for r := range requests {
		var command struct{ Line string }
		switch r.Type {
		case "exec":
			if ssh.Unmarshal(r.Payload, &command) != nil {
				r.Reply(false, nil)
				continue
			}
		case "shell":
		case "env", "pty-req":
			r.Reply(true, nil)
			continue
		default:
			r.Reply(false, nil)
			continue
		}
		r.Reply(true, nil)
		go untilClosed(requests, cancel)
		code := s.run(ctx, channel, host, user, command.Line)
		channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(code)}))
		return
	}
}

// untilClosed ends a command when its session does.
func untilClosed(requests <-chan *ssh.Request, cancel context.CancelFunc) {
	defer cancel()
	for r := range requests {
		if r.WantReply {
			r.Reply(false, nil)
		}
	}
}

// run runs a command line with the channel as its standard streams, after the delay.
func (s *Server) run(ctx context.Context, channel ssh.Channel, host, user, line string) int {
	defer s.cfg.BeginExec()()
	if !sleep(ctx, s.cfg.Delay) {
		return 255
	}
	// The shell needs a file for its input, so that it can be told to stop reading.
	in, feed, err := os.Pipe()
	if err != nil {
		io.WriteString(channel.Stderr(), err.Error()+"\n")
		return 255
	}
	defer in.Close()
	go func() {
		io.Copy(feed, channel)
		feed.Close()
	}()
	return s.cfg.Login(ctx, host, user, line, in, channel, channel.Stderr())
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
