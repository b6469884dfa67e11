package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/probe"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

// testsAtOnce is how many tests a process does at once, beside its other work: who asks for one waits for the answer.
const testsAtOnce = 4

var errAnswered = errors.New("the test has been answered already")

// testConnection tries what a connection test asks for, and writes down what came of it. The secrets of the request are gone
// then.
func (w *Workers) testConnection(ctx context.Context, t tasks.TestConnection) error {
	test, err := w.DB.Tests.Get(ctx, t.Test)
	if store.CodeOf(err) == store.NotFound || err == nil && test.Status != model.TestRequest {
		return nil
	}
	if err != nil {
		return err
	}
	began := w.Now()
	results, err := w.probe(ctx, &test)
	if err != nil {
		return err
	}
	now := w.Now().UTC()
	_, err = w.DB.Tests.Update(ctx, test.ID, func(asked *model.ConnectionTest) error {
		if asked.Status != model.TestRequest {
			return errAnswered
		}
		answer(asked, results)
		asked.ResponseTimestamp, asked.ResponseTime, asked.Worker = &now, fmt.Sprintf("%dms", now.Sub(began).Milliseconds()), w.Name
		return nil
	})
	if errors.Is(err, errAnswered) || store.CodeOf(err) == store.NotFound {
		return nil
	}
	return err
}

// answer makes a request an answer, in which there are no secrets.
func answer(test *model.ConnectionTest, results map[string]model.TargetResult) {
	test.Status, test.Targets = model.TestResponse, results
	test.TestResults, test.Errors = map[string]bool{}, map[string]string{}
	for name, result := range results {
		test.TestResults[name] = result.OK
		if !result.OK {
			test.Errors[name] = result.Error
		}
	}
	masked := auth.MaskEnvironment(&model.Environment{Name: test.Environment, Configuration: test.TargetsConfiguration})
	test.TargetsConfiguration = masked.Configuration
}

// probe tries the targets. What else it takes to try them is the stored environment's, if it is stored.
func (w *Workers) probe(ctx context.Context, test *model.ConnectionTest) (map[string]model.TargetResult, error) {
	env, err := w.DB.Environments.Get(ctx, test.Environment)
	if err != nil && store.CodeOf(err) != store.NotFound {
		return nil, err
	}
	env.Name = test.Environment
	env.Configuration = merged(env.Configuration, test.TargetsConfiguration)
	opened, err := w.Sealer.OpenEnvironment(&env)
	if err != nil {
		return nil, fmt.Errorf("open the secrets of connection test %s: %w", test.ID, err)
	}
	hosts, err := w.someHosts(ctx, env.Name)
	if err != nil {
		return nil, err
	}
	cfg := probe.Config{Env: opened, Hosts: hosts, Wrappers: w.Discoverer.Wrappers, Queue: "calipso.test." + test.ID,
		HostKeys: hostKeys{db: w.DB, environment: env.Name, now: w.Now}}
	return probe.Run(ctx, cfg, test.TestTargets), nil
}

// merged returns the sections of a configuration, of which some are replaced by others.
func merged(configuration, by []model.Section) []model.Section {
	sections := append([]model.Section{}, by...)
	given := model.Environment{Configuration: by}
	for _, s := range configuration {
		if given.Section(s.Name()) == nil {
			sections = append(sections, s)
		}
	}
	return sections
}

// someHosts returns names of hosts that scans have found.
func (w *Workers) someHosts(ctx context.Context, environment string) (names []string, err error) {
	inv, err := w.DB.Inventory(ctx, store.DefaultInventory)
	if err != nil {
		return nil, err
	}
	q := store.Where(store.Is(store.Environment, environment), store.Is(store.Type, model.TypeHost))
	q.Limit = 10
	err = inv.Objects.Each(ctx, q, func(o model.Object) error { names = append(names, o.ID); return nil })
	return names, err
}

// keepTests is how long connection tests are kept. One that nobody has answered in testPatience is not kept: it holds secrets.
const (
	keepTests    = 14 * 24 * time.Hour
	testPatience = time.Hour
)

// forgetTests removes connection tests that are too old.
func (w *Workers) forgetTests(ctx context.Context) error {
	before := func(age time.Duration) store.Cond { return store.Less(store.Submitted, store.Time(w.Now().Add(-age))) }
	_, err := w.DB.Tests.Delete(ctx, before(keepTests))
	if err == nil {
		_, err = w.DB.Tests.Delete(ctx, store.Is(store.Status, model.TestRequest), before(testPatience))
	}
	return err
}
