package integration

import (
	"bytes"
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
	hushAt  func(sent []byte) bool // when what a client sends is this, it is the first that does not pass
	refused int                    // documents of which the server said that a write was refused
}

// lastAnswer is how long the server has for the answer to what a client asked before it went away. Some servers stop
// what they are at when they hear of that.
const lastAnswer = 10 * time.Second

// duplicateKey is how a server that speaks MongoDB's protocol says so: the element "code" with the number 11000.
var duplicateKey = []byte("code\x00\xf8\x2a\x00\x00")

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
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		p.pass(server, client, p.sent)
		server.SetReadDeadline(time.Now().Add(lastAnswer))
	}()
	p.pass(client, server, p.answered)
	p.note(client, false)
	<-asked
	p.note(server, false)
}

// pass passes on what comes, until it ends. It is read also when nobody wants it anymore.
func (p *proxy) pass(to, from net.Conn, look func([]byte)) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		look(buffer[:n])
		p.flow() // the end, too, arrives late
		to.Write(buffer[:n])
		if err != nil {
			return
		}
	}
}

func (p *proxy) sent(data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hushAt != nil && p.hushAt(data) {
		p.hushAt, p.flowing = nil, make(chan struct{})
	}
}

func (p *proxy) answered(data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused += bytes.Count(data, duplicateKey)
}

// hushBefore makes nothing pass from the moment at which a client sends all of these.
func (p *proxy) hushBefore(texts ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hushAt = func(sent []byte) bool {
		for _, text := range texts {
			if !bytes.Contains(sent, []byte(text)) {
				return false
			}
		}
		return true
	}
}

// silent tells whether nothing passes.
func (p *proxy) silent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flowing:
		return false
	default:
		return true
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
