package limit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// fast makes a limiter of which a test can see leases end.
func fast(client redis.Cmdable) *Limiter {
	l := New(client, slog.New(slog.DiscardHandler))
	l.times = times{lease: 4 * time.Second, patience: 3 * time.Second, away: 50 * time.Millisecond, poll: time.Millisecond}
	return l
}

// servers returns what limiters count in, by name: nil is this process alone.
func servers(t *testing.T) map[string]*redis.Client {
	t.Helper()
	all := map[string]*redis.Client{"process": nil, "miniredis": connect(t, miniredis.RunT(t).Addr())}
	if path, err := exec.LookPath("redis-server"); err == nil {
		all["redis"] = connect(t, startRedis(t, path))
	}
	return all
}

func connect(t testing.TB, addr string) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { client.Close() })
	return client
}

// startRedis starts a redis-server that keeps nothing, and returns its address.
func startRedis(t testing.TB, path string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	listener.Close()
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	client := connect(t, "127.0.0.1:"+port)
	until(t, "redis to answer", func() bool { return client.Ping(context.Background()).Err() == nil })
	return "127.0.0.1:" + port
}

// patience is how long something may take to come about before it counts as failed.
const patience = 5 * time.Minute

// until waits for something to come about.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// each runs a test with each kind of server, and with several limiters, as of several processes.
func each(t *testing.T, test func(t *testing.T, client *redis.Client, limiters []*Limiter)) {
	t.Parallel()
	for name, client := range servers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limiters := []*Limiter{fast(nil)}
			if client != nil {
				limiters = []*Limiter{fast(client), fast(client), fast(client)}
			}
			test(t, client, limiters)
		})
	}
}

func acquire(t *testing.T, l *Limiter, name string, n int) (release func()) {
	t.Helper()
	release, err := l.Acquire(t.Context(), name, n)
	if err != nil {
		t.Fatal(err)
	}
	return release
}

// busy tells whether no slot of a name is to be had now.
func busy(t *testing.T, l *Limiter, name string, n int) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	release, err := l.Acquire(ctx, name, n)
	if err == nil {
		release()
	} else if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	return err != nil
}

func TestNeverMoreThanTheLimit(t *testing.T) {
	each(t, func(t *testing.T, _ *redis.Client, limiters []*Limiter) {
		const most = 3
		var held, highest, served atomic.Int64
		var group sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for i := range 60 {
			group.Go(func() {
				release, err := limiters[i%len(limiters)].Acquire(ctx, "calls of e", most)
				if err != nil {
					t.Error(err)
					return
				}
				for n := held.Add(1); ; {
					old := highest.Load()
					if n <= old || highest.CompareAndSwap(old, n) {
						break
					}
				}
				for highest.Load() < most && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				held.Add(-1)
				served.Add(1)
				release()
			})
		}
		group.Wait()
		if highest.Load() != most || served.Load() != 60 {
			t.Errorf("%d were served, up to %d at once; want 60 and %d", served.Load(), highest.Load(), most)
		}
	})
}

func TestNamesDoNotShareSlots(t *testing.T) {
	each(t, func(t *testing.T, _ *redis.Client, limiters []*Limiter) {
		defer acquire(t, limiters[0], "calls of a", 1)()
		for _, l := range limiters {
			acquire(t, l, "calls of b", 1)()
			if !busy(t, l, "calls of a", 1) {
				t.Error("want that a is busy")
			}
		}
	})
}

func TestLimitsOfWhoShares(t *testing.T) {
	each(t, func(t *testing.T, _ *redis.Client, limiters []*Limiter) {
		a, b := limiters[0], limiters[len(limiters)-1]
		defer acquire(t, a, "dials", 2)()
		defer acquire(t, b, "dials", 2)()
		if !busy(t, a, "dials", 2) {
			t.Error("want that both slots are held")
		}
		acquire(t, b, "dials", 3)()
	})
}

func TestWhoGivesUpLeavesTheQueue(t *testing.T) {
	each(t, func(t *testing.T, client *redis.Client, limiters []*Limiter) {
		release := acquire(t, limiters[0], "x", 1)
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("the worker stops")
		var group sync.WaitGroup
		for _, l := range limiters {
			group.Go(func() {
				if _, err := l.Acquire(ctx, "x", 1); !errors.Is(err, cause) {
					t.Errorf("error %v, want %v", err, cause)
				}
			})
		}
		cancel(cause)
		group.Wait()
		release()
		for _, l := range limiters {
			acquire(t, l, "x", 1)()
		}
		if client != nil {
			if keys := client.Keys(t.Context(), "*").Val(); len(keys) > 0 {
				t.Errorf("redis holds %s, want nothing", keys)
			}
		}
	})
}

// A process that has one slot after the other does not keep others from theirs.
func TestProcessesTakeTurns(t *testing.T) {
	each(t, func(t *testing.T, _ *redis.Client, limiters []*Limiter) {
		if len(limiters) == 1 {
			t.Skip("there is one process")
		}
		var group sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		for range 20 {
			group.Go(func() {
				for ctx.Err() == nil {
					if release, err := limiters[0].Acquire(ctx, "x", 1); err == nil {
						release()
					}
				}
			})
		}
		for range 20 {
			acquire(t, limiters[1], "x", 1)()
		}
		stop()
		group.Wait()
	})
}

func TestInAProcessFirstComeFirstServed(t *testing.T) {
	each(t, func(t *testing.T, _ *redis.Client, limiters []*Limiter) {
		l := limiters[0]
		release := acquire(t, l, "x", 1)
		var order []int
		var group sync.WaitGroup
		for i := range 5 {
			group.Go(func() {
				defer acquire(t, l, "x", 1)()
				order = append(order, i)
			})
			until(t, "it to wait", func() bool {
				l.local.mu.Lock()
				defer l.local.mu.Unlock()
				return len(l.local.names["x"].waiting) == i+1
			})
		}
		release()
		group.Wait()
		if fmt.Sprint(order) != "[0 1 2 3 4]" {
			t.Errorf("served in the order %d", order)
		}
	})
}

// onRedis runs a test with miniredis and, where it is installed, with redis-server.
func onRedis(t *testing.T, test func(t *testing.T, client *redis.Client, a, b *Limiter)) {
	each(t, func(t *testing.T, client *redis.Client, limiters []*Limiter) {
		if client == nil {
			t.Skip("there is one process")
		}
		test(t, client, limiters[0], limiters[1])
	})
}

func TestSlotsOfAProcessThatDiesComeBack(t *testing.T) {
	onRedis(t, func(t *testing.T, _ *redis.Client, a, b *Limiter) {
		if a.take("x", 1, "a/1") != -1 { // and never renewed
			t.Fatal("the slot is not free")
		}
		if a.take("x", 1, "a/2") != 0 {
			t.Fatal("want that the slot is held, and a the first in the queue")
		}
		acquire(t, b, "x", 1)()
	})
}

func TestSlotsThatAreHeldLongAreKept(t *testing.T) {
	onRedis(t, func(t *testing.T, client *redis.Client, a, b *Limiter) {
		release := acquire(t, a, "x", 1)
		lease := func() float64 {
			held := client.ZRangeWithScores(t.Context(), keyOf("x", "held"), 0, -1).Val()
			if len(held) != 1 {
				t.Fatalf("held is %v, want one slot", held)
			}
			return held[0].Score
		}
		first := lease()
		until(t, "the lease to be renewed past its first end", func() bool { return lease() > first+float64(a.times.lease.Milliseconds()) })
		if !busy(t, b, "x", 1) {
			t.Error("want that the slot is still held")
		}
		release()
		acquire(t, b, "x", 1)()
	})
}

func TestWhatRedisForgetsIsTold(t *testing.T) {
	onRedis(t, func(t *testing.T, client *redis.Client, a, b *Limiter) {
		defer acquire(t, a, "x", 1)()
		if err := client.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		acquire(t, b, "x", 1)() // forgotten is all that it is
		until(t, "the slot to be known again", func() bool { return busy(t, b, "x", 1) })
	})
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	client := connect(t, server.Addr())
	a, b := fast(client), fast(client)
	var text lines
	a.log = slog.New(slog.NewTextHandler(&text, nil))
	server.Close()
	release := acquire(t, a, "x", 1)
	if !busy(t, a, "x", 1) {
		t.Error("want that the limit holds in the process")
	}
	acquire(t, b, "x", 1)() // but not beyond it
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	until(t, "the slot to be known to others", func() bool { return busy(t, b, "x", 1) })
	release()
	until(t, "the slot to be free for others", func() bool { return !busy(t, b, "x", 1) })
	// The line about the end may come a moment later.
	if got := text.written.Load(); got < 1 || got > 2 {
		t.Errorf("want that the log tells of the beginning and of the end; it has %d lines", got)
	}
}

// lines counts the lines that several goroutines write into a log.
type lines struct{ written atomic.Int64 }

func (l *lines) Write(p []byte) (int, error) {
	l.written.Add(1)
	return len(p), nil
}

// A Redis that takes connections and says nothing costs patience once.
func TestRedisHangs(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	var text bytes.Buffer
	l := New(connect(t, silent.Addr().String()), slog.New(slog.NewTextHandler(&text, nil)))
	for range 100 {
		acquire(t, l, "x", 1)()
	}
	if got := bytes.Count(text.Bytes(), []byte("\n")); got != 1 {
		t.Errorf("want that the log tells of it once:\n%s", text.String())
	}
}

func BenchmarkAcquire(b *testing.B) {
	limiters := map[string]*Limiter{"process": New(nil, slog.Default()), "miniredis": New(connect(b, miniredis.RunT(b).Addr()), slog.Default())}
	if path, err := exec.LookPath("redis-server"); err == nil {
		limiters["redis"] = New(connect(b, startRedis(b, path)), slog.Default())
	}
	for name, l := range limiters {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				release, err := l.Acquire(b.Context(), "x", 8)
				if err != nil {
					b.Fatal(err)
				}
				release()
			}
		})
	}
}
