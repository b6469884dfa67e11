package rest

import (
	"net"
	"testing"
	"time"
)

func TestWhatCannotBeReachedIsLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	d := &dialer{}
	_, first := d.dial(t.Context(), "tcp", addr)
	if first == nil {
		t.Fatal("a closed port took a connection")
	}
	if listener, err = net.Listen("tcp", addr); err != nil {
		t.Skip("somebody else has taken the port: ", err)
	}
	defer listener.Close()
	if _, again := d.dial(t.Context(), "tcp", addr); again != first {
		t.Errorf("error %v, want the same as before: %v", again, first)
	}
	d.failed[addr] = failure{first, time.Now()} // its time has passed
	conn, err := d.dial(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
