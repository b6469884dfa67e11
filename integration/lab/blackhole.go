package lab

import (
	"context"
	"net"
	"syscall"
	"time"
)

// blackHole is what a gate of a dead cloud serves: who connects gets no answer, and waits until they give up. Linux
// drops requests for connections while one more than the listener's backlog waits to be accepted.
func blackHole(ctx context.Context, l net.Listener) {
	defer l.Close()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(socket uintptr) { err = syscall.Listen(int(socket), 0) })
	if err != nil {
		return
	}
	// Who came before the backlog was cut fills it as well: then there is nobody to wait for.
	if waiting, err := net.DialTimeout("tcp", l.Addr().String(), 100*time.Millisecond); err == nil {
		defer waiting.Close()
	}
	<-ctx.Done()
}
