package workers

import (
	"context"
	"time"

	"calipso.io/calipso/pkg/conn/hooks"
	"calipso.io/calipso/pkg/conn/ssh"
	"calipso.io/calipso/pkg/model"
)

// sessionsPerConnection is what one SSH connection carries: an ordinary sshd grants 10 (MaxSessions).
const sessionsPerConnection = 8

// limit waits for the environment's turn of something that is counted for an owner, in all workers together.
func (s *session) limit(ctx context.Context, kind, owner string) (release func(), err error) {
	return s.limits.Acquire(ctx, kind+" of "+owner, s.env.Limit(kind))
}

// limitOf is a hook that limits all operations of a client as one kind.
func (s *session) limitOf(kind string) func(context.Context, string) (func(), error) {
	return func(ctx context.Context, _ string) (func(), error) {
		return s.limit(ctx, kind, "environment "+s.env.Name)
	}
}

// The hooks of a session's clients: what waits for its turn, and who is told how long it took.

func (s *session) apiHooks() hooks.Hooks {
	return hooks.Hooks{Limit: s.limitOf(model.LimitAPICalls), Observe: func(service string, took time.Duration, err error) {
		s.metrics.API(s.env.Name, service, took, err)
	}}
}

func (s *session) sqlHooks() hooks.Hooks {
	return hooks.Hooks{Limit: s.limitOf(model.LimitSQLQueries), Observe: func(_ string, took time.Duration, err error) {
		s.metrics.SQL(s.env.Name, took, err)
	}}
}

// sshHooks count by gateway: it is its sshd that would refuse what is too much, whichever environment it is for.
func (s *session) sshHooks(gateway ssh.Login) hooks.Hooks {
	kinds := map[string]string{ssh.OperationDial: model.LimitSSHDials, ssh.OperationScript: model.LimitSSHSessions}
	return hooks.Hooks{Limit: func(ctx context.Context, operation string) (func(), error) {
		return s.limit(ctx, kinds[operation], "gateway "+gateway.Addr())
	}, Observe: func(operation string, took time.Duration, err error) { s.metrics.SSH(s.env.Name, operation, took, err) }}
}

// limitSSH makes a client's connections those that the environment's sessions need.
func (s *session) limitSSH(c *ssh.Config) {
	sessions := s.env.Limit(model.LimitSSHSessions)
	c.MaxSessions = min(sessions, sessionsPerConnection)
	c.MaxConnections = (sessions + c.MaxSessions - 1) / c.MaxSessions
	c.Hooks = s.sshHooks(c.Gateway)
}
