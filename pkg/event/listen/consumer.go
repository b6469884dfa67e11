package listen

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"calipso.io/calipso/pkg/conn/amqp"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// consumer listens to one environment.
type consumer struct {
	*listening
	environment string
	section     string // of the configuration, as it is stored
	db          *store.DB
	cancel      context.CancelCauseFunc
	done        chan struct{}
	news        chan struct{} // there are events that nobody may have been asked to handle

	mu  sync.Mutex
	now state
}

// storePatience is how long what was received waits for a store that can't be reached, before it is left to the broker.
const storePatience = time.Minute

// Attempts at connecting are this far apart; the more have failed, the further.
const (
	firstPause = time.Second
	mostPause  = 30 * time.Second
)

// start begins to consume. What the environment's section says is taken from the environment.
func (r *listening) start(ctx context.Context, env model.Environment, section string) *consumer {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &consumer{listening: r, environment: env.Name, section: section, db: r.DB.Patient(storePatience), cancel: cancel,
		done: make(chan struct{}), news: make(chan struct{}, 1)}
	r.consumers[env.Name] = c
	go func() {
		defer close(c.done)
		var asking sync.WaitGroup
		asking.Go(func() { c.ask(ctx) })
		c.run(ctx, env)
		asking.Wait()
	}()
	return c
}

// stop ends the consumer.
func (c *consumer) stop(cause error) {
	c.cancel(cause)
	<-c.done
	c.Metrics.NotListening(c.environment)
}

func (c *consumer) state() state {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// set notes how it goes, and wakes up who writes it down.
func (c *consumer) set(status, reason string) {
	c.mu.Lock()
	before := c.now
	c.now = state{status, reason}
	c.mu.Unlock()
	c.Metrics.Listening(c.environment, status == model.OperationalRunning)
	if before == (state{status, reason}) {
		return
	}
	c.Log.Info("listening", "environment", c.environment, "status", status, "reason", reason)
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// run consumes until the context is done.
func (c *consumer) run(ctx context.Context, env model.Environment) {
	pause := firstPause
	for ctx.Err() == nil {
		err := c.consume(ctx, env)
		if ctx.Err() != nil {
			return
		}
		if c.state().status == model.OperationalRunning {
			pause = firstPause
		}
		c.set(model.OperationalError, err.Error())
		wait(ctx, pause/2+rand.N(pause/2))
		pause = min(2*pause, mostPause)
	}
}

func wait(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// consume connects once, and consumes until that breaks.
func (c *consumer) consume(ctx context.Context, env model.Environment) error {
	opened, err := c.Sealer.OpenEnvironment(&env)
	if err != nil {
		return err
	}
	config, err := amqp.FromSection(opened.Section(model.SectionAMQP))
	if err != nil {
		return err
	}
	// Others may listen to the same cloud, with environments of the same name.
	config.Queue = fmt.Sprintf("calipso.%s.%x", env.Name, uint64(c.installation))
	return amqp.Consume(ctx, config, c)
}

// Looked implements amqp.Consumer.
func (c *consumer) Looked(waiting int, missing []string) {
	reason := ""
	if len(missing) > 0 {
		reason = "there is no exchange " + strings.Join(missing, ", ") + " yet"
	}
	c.set(model.OperationalRunning, reason)
	c.Metrics.BusQueue(c.environment, waiting)
}

// ask asks for the events to be handled whenever there are new ones.
func (c *consumer) ask(ctx context.Context) {
	c.tell() // what is left from before
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.news:
		}
		for ctx.Err() == nil && !c.asked(ctx) {
			wait(ctx, askAgain)
		}
	}
}

func (c *consumer) tell() {
	select {
	case c.news <- struct{}{}:
	default:
	}
}
