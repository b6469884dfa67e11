// Package slapdtest starts OpenLDAP servers for tests: real ones, each with a folder, ports and certificates of its own.
package slapdtest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/integration/proc"
)

// Server is a running OpenLDAP. Its entries are those of people.ldif, below dc=example,dc=org.
type Server struct {
	Plain, Secure string // URLs: ldap://, which offers StartTLS, and ldaps://
	CAFile        string // of the authority that its certificate is from
	OtherCAFile   string // of another one

	t      testing.TB
	folder string
	cmd    *exec.Cmd
	ended  chan struct{} // closed when it has
}

// Passwords of the accounts below ou=people, by their uid, and of the account that may look for users.
const (
	AlicePassword = "pass:word ✓"
	Reader        = "cn=reader,dc=example,dc=org"
	ReaderSecret  = "reader's secret"
)

// Start starts a server, which ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	program := slapd(t)
	s := &Server{t: t, folder: t.TempDir()}
	s.CAFile, s.OtherCAFile = writeCertificates(t, s.folder)
	// A profile of AppArmor that confines the installed one to its own folders is about its path.
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if err := proc.Install(filepath.Join(s.folder, "slapd"), content); err != nil {
		t.Fatal(err)
	}
	s.write("slapd.conf", fmt.Sprintf(configuration, s.folder))
	s.write("people.ldif", people)
	if err := os.Mkdir(filepath.Join(s.folder, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	load := exec.Command(filepath.Join(s.folder, "slapd"), "-T", "add", "-f", filepath.Join(s.folder, "slapd.conf"), "-l", filepath.Join(s.folder, "people.ldif"))
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("load the entries: %v\n%s", err, out)
	}
	t.Cleanup(s.Stop)
	for range 5 { // others may take a free port meanwhile
		s.Plain, s.Secure = "ldap://"+freePort(t), "ldaps://"+freePort(t)
		if err = s.run(); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return nil
}

// slapd returns the path of the installed program.
func slapd(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"slapd", "/usr/sbin/slapd", "/usr/libexec/slapd"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("slapd is not installed: make test installs it")
	return ""
}

// Run starts the server again after Stop.
func (s *Server) Run() {
	s.t.Helper()
	if err := s.run(); err != nil {
		s.t.Fatal(err)
	}
}

// run starts the program, and waits until it answers.
func (s *Server) run() error {
	var log bytes.Buffer
	s.cmd = exec.Command(filepath.Join(s.folder, "slapd"), "-d", "0", "-f", filepath.Join(s.folder, "slapd.conf"), "-h", s.Plain+" "+s.Secure)
	s.cmd.Stderr = &log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	cmd, ended := s.cmd, make(chan struct{})
	s.ended = ended
	go func() { _ = cmd.Wait(); close(ended) }()
	for deadline := time.After(2 * time.Minute); ; {
		select {
		case <-ended:
			return fmt.Errorf("slapd has ended: %s\n%s", cmd.ProcessState, log.String())
		case <-deadline:
			s.Stop()
			return fmt.Errorf("slapd does not answer\n%s", log.String())
		case <-time.After(10 * time.Millisecond):
		}
		if conn, err := net.Dial("tcp", strings.TrimPrefix(s.Secure, "ldaps://")); err == nil {
			conn.Close()
			return nil
		}
	}
}

// Stop ends the server.
func (s *Server) Stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		<-s.ended
		s.cmd = nil
	}
}

func (s *Server) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
