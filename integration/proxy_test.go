package integration

import (
	"net"
	"sync"
	"testing"
	"time"
)

// proxy stands between Calipso and a server. It can stop answering, as a server that has ended does, and it can be
// silent, as a network that is broken is: then nothing that is sent gets lost, it only arrives later.
type proxy struct {
	t       *testing.T
	address string // to connect to
	server  string

	mu      sync.Mutex
	listen  net.Listener
	flowing chan struct{} // closed while bytes pass
	open    map[net.Conn]bool
}

// between starts a proxy to a server.
func between(t *testing.T, server string) *proxy {
	t.Helper()
	p := &proxy{t: t, address: "127.0.0.1:0", server: server, flowing: make(chan struct{}), open: map[net.Conn]bool{}}
	close(p.flowing)
	p.start()
	t.Cleanup(func() { p.speak(); p.stop() })
	return p
}

// start begins to answer.
func (p *proxy) start() {
	p.t.Helper()
	l, err := net.Listen("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	p.listen, p.address = l, l.Addr().String()
	p.mu.Unlock()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
}

// stop breaks all connections; new ones are refused until start.
func (p *proxy) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listen.Close()
	for c := range p.open {
		c.Close()
	}
}

// hush makes nothing pass until speak. Connections stay open, new ones are taken and get no answer.
func (p *proxy) hush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flowing = make(chan struct{})
}

// speak delivers what was sent meanwhile, and all that follows.
func (p *proxy) speak() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flowing:
	default:
		close(p.flowing)
	}
}

func (p *proxy) flow() {
	p.mu.Lock()
	flowing := p.flowing
	p.mu.Unlock()
	<-flowing
}

func (p *proxy) serve(client net.Conn) {
	p.note(client, true)
	p.flow()
	server, err := net.DialTimeout("tcp", p.server, 5*time.Second)
	if err != nil {
		p.note(client, false)
		return
	}
	p.note(server, true)
	go p.pass(server, client)
	p.pass(client, server)
}

// pass passes on what comes, until one side has ended.
func (p *proxy) pass(to, from net.Conn) {
	defer p.note(to, false)
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.flow() // the end, too, arrives late
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}

// note keeps which connections are open, and closes one that is not to be anymore.
func (p *proxy) note(c net.Conn, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !open {
		c.Close()
		delete(p.open, c)
		return
	}
	p.open[c] = true
}

// idle tells whether no connection is open: all that was sent has arrived.
func (p *proxy) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open) == 0
}
