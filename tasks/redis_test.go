package tasks

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// TestOpenRedisSaysWhy: who waits for a Redis that nobody runs is told what became of it, also when time ran out first.
func TestOpenRedisSaysWhy(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err = OpenRedis(ctx, "redis://"+address)
	if want := "redis at " + address + " does not answer: dial tcp " + address + ": connect: connection refused"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
