package scheduler

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"calipso.io/calipso/pkg/event/listen"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// silence is how long nobody may hold on to listening to an environment before its document says so: longer than another
// listener takes to take over.
const silence = 30 * time.Second

// LookAfterListened looks once at the environments that want to be listened to. It asks for comparisons with their clouds that
// are due, and notes on the environment when nobody listens to it anymore: the last listener may have been killed.
func (s *Scheduler) LookAfterListened(ctx context.Context) error {
	environments, err := s.DB.Environments.Find(ctx, store.Query{})
	if err != nil {
		return fmt.Errorf("read the environments: %w", err)
	}
	var errs []error
	for _, env := range environments {
		if !env.Listen || !env.Scanned {
			continue
		}
		if err := errors.Join(s.reconcile(ctx, &env), s.noteSilence(ctx, &env)); err != nil {
			errs = append(errs, fmt.Errorf("environment %s: %w", env.Name, err))
		}
	}
	return errors.Join(errs...)
}

// reconcile asks for a comparison with the cloud, unless there was one in the time that is now, or a scan. The event's name
// follows from that time, so there is one however many schedulers there are, and its message says that it was handled.
// Environments take their times one after the other.
func (s *Scheduler) reconcile(ctx context.Context, env *model.Environment) error {
	every := env.ReconcileEvery()
	if every == 0 {
		return nil
	}
	hash := fnv.New32a()
	hash.Write([]byte(env.Name))
	offset := time.Duration(hash.Sum32()) * time.Millisecond % every
	began := s.Now().Add(-offset).Truncate(every).Add(offset)
	if env.LastScanned != nil && !env.LastScanned.Before(began) {
		return nil
	}
	event := model.NewReconcile(env.Name, "reconcile-"+store.Time(began), s.Now())
	if done, err := s.DB.Messages.Count(ctx, store.IDs(event.ID)); err != nil || done > 0 {
		return err
	}
	_, err := s.DB.Events.Insert(ctx, event) // recoverEvents asks for it to be handled
	return err
}

// noteSilence notes on an environment that nobody listens to it, if that has been so for a while.
func (s *Scheduler) noteSilence(ctx context.Context, env *model.Environment) error {
	if env.Operational != model.OperationalRunning {
		return nil
	}
	silent, err := s.shared().leases.Abandoned(ctx, listen.LeaseName(env.Name))
	if err != nil || !silent {
		return err
	}
	_, err = s.DB.Environments.Update(ctx, env.Name, func(now *model.Environment) error {
		if now.Listen && now.Operational == model.OperationalRunning {
			now.Operational, now.OperationalReason = model.OperationalStopped, "no listener runs"
		}
		return nil
	})
	if err == nil {
		s.Log.Warn("nobody listens to an environment that wants it", "environment", env.Name)
	}
	return err
}
