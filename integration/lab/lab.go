package lab

import (
	"context"
	"fmt"

	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/model"
)

// Lab is a running lab.
type Lab struct {
	environments []*environment
}

// Start makes the clouds of a lab and listens until ctx ends or Close is called. When one cannot be made
// or a port is taken it starts nothing and returns an error.
func Start(ctx context.Context, cfg Config) (*Lab, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	l := &Lab{}
	for _, e := range cfg.Environments {
		env, err := newEnvironment(ctx, e, cfg.Seed)
		if err != nil {
			l.Close()
			return nil, fmt.Errorf("start environment %s: %w", e.Name, err)
		}
		l.environments = append(l.environments, env)
	}
	context.AfterFunc(ctx, l.Close)
	return l, nil
}

// Close ends all listeners and connections.
func (l *Lab) Close() {
	for _, e := range l.environments {
		e.close()
	}
}

// Environments returns the environments' documents, ready to be registered.
func (l *Lab) Environments() []model.Environment {
	var documents []model.Environment
	for _, e := range l.environments {
		documents = append(documents, e.document())
	}
	return documents
}

// environment returns the environment of that name; asking for one that isn't there is an error in the caller.
func (l *Lab) environment(name string) *environment {
	for _, e := range l.environments {
		if e.cfg.Name == name {
			return e
		}
	}
	panic(fmt.Sprintf("the lab has no environment %q", name))
}

// Cloud returns an environment's cloud, to look at (under its RLock) and to change: AddInstance, DeleteInstance,
// AddNetwork and DeleteNetwork keep what the APIs and the hosts say consistent.
func (l *Lab) Cloud(env string) *sim.Cloud { return l.environment(env).cloud }

// Truth returns what is in an environment's cloud now.
func (l *Lab) Truth(env string) sim.Truth { return l.environment(env).cloud.Truth() }

// SetFaults changes what is wrong with an environment. The error says which port could not be opened again.
func (l *Lab) SetFaults(env string, faults Faults) error { return l.environment(env).setFaults(faults) }

// Stats returns what an environment was asked so far.
func (l *Lab) Stats(env string) Stats { return l.environment(env).counters.read() }

// HostKey returns the key that a host of an environment shows.
func (l *Lab) HostKey(env, host string) ssh.PublicKey { return l.environment(env).ssh.HostKey(host) }

// ClientKey returns the private key, in PEM, that may log in to an environment's hosts.
func (l *Lab) ClientKey(env string) string { return l.environment(env).clientKey() }
