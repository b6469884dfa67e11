// Package sqld answers like the MySQL server of an OpenStack cloud: the wire is a MySQL server's, queries are answered
// by an SQLite database in memory that has the cloud's tables.
package sqld

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"sync"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/server"

	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/integration/lab/sim"
)

// Config says what is in the database, and who may read it.
type Config struct {
	Cloud     *sim.Cloud
	User, Pwd string
	Faults    func() *faults.Set
	Count     func() // called for each query
}

// Server is the cloud's MySQL server.
type Server struct {
	cfg  Config
	wire *server.Server

	whole, bare *database // with Neutron's schema and without
}

// New makes the database of a cloud. Close frees it.
func New(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, wire: server.NewServer("10.11.6-MariaDB", mysql.DEFAULT_COLLATION_ID, mysql.AUTH_NATIVE_PASSWORD, nil, nil)}
	var err error
	if s.whole, err = newDatabase(schemata(cfg.Cloud)); err != nil {
		return nil, fmt.Errorf("make the database of %s: %w", cfg.Cloud.Spec.Name, err)
	}
	bare := schemata(cfg.Cloud)
	delete(bare, cfg.Cloud.Setup.Schema)
	if s.bare, err = newDatabase(bare); err != nil {
		s.whole.Close()
		return nil, fmt.Errorf("make the database of %s: %w", cfg.Cloud.Spec.Name, err)
	}
	return s, nil
}

// Close frees the database.
func (s *Server) Close() {
	s.whole.Close()
	s.bare.Close()
}

// Serve accepts connections until ctx ends, and closes the listener and all connections then.
func (s *Server) Serve(ctx context.Context, l net.Listener) {
	var connections sync.WaitGroup
	defer connections.Wait()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		connections.Go(func() { s.connection(ctx, c) })
	}
}

func (s *Server) connection(ctx context.Context, c net.Conn) {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	conn, err := s.wire.NewCustomizedConn(c, &logins{s}, &handler{s})
	for err == nil && !conn.Closed() {
		err = conn.HandleCommand()
	}
}

// logins lets the one user in. Others have a password too, that nobody knows, so that they are refused like a wrong one.
type logins struct{ *Server }

func (l *logins) GetCredential(user string) (server.Credential, bool, error) {
	password := rand.Text()
	if user == l.cfg.User && !l.cfg.Faults().RefuseSQL {
		password = l.cfg.Pwd
	}
	return server.Credential{Passwords: []string{password}, AuthPluginName: mysql.AUTH_NATIVE_PASSWORD}, true, nil
}

func (*logins) OnAuthSuccess(*server.Conn) error  { return nil }
func (*logins) OnAuthFailure(*server.Conn, error) {}
