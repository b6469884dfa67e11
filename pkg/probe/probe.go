// Package probe finds out whether what scans and listeners need of an environment can be reached: it does the first bit of
// what they would do, and says in words what failed. It changes nothing in the cloud, and remembers nothing.
package probe

import (
	"context"
	"sync"
	"time"

	"calipso.io/calipso/pkg/conn/ssh"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

// Config says what is tried.
type Config struct {
	Env      *model.Environment // with its secrets open; what is tried of a section may need another one
	HostKeys ssh.HostKeys       // what is known of the hosts; nothing is added to it
	Hosts    []string           // names of hosts that may be there beside the gateway
	Wrappers hostcmd.Wrappers   // how commands are run on hosts

	Queue string        // name of the queue that is made for a moment at the message bus
	Limit time.Duration // for each target; 15 s when zero
}

const (
	defaultLimit = 15 * time.Second
	stepLimit    = 6 * time.Second // for one connection, request or script
)

// target tries one section. It ends with the first step that the others need.
type target func(Config, model.Section, *trial)

// targets are the sections that can be tried. They are those of model.TestTargets.
func targets() map[string]target {
	return map[string]target{
		model.SectionOpenStack:  openStack,
		model.SectionMySQL:      database,
		model.SectionCLI:        hosts,
		model.SectionAMQP:       bus,
		model.SectionACI:        fabric,
		model.SectionMonitoring: monitoring,
		model.SectionKubernetes: kubernetes,
	}
}

// Run tries sections of the environment, all at the same time, and returns what came of each.
func Run(ctx context.Context, cfg Config, names []string) map[string]model.TargetResult {
	if cfg.Limit == 0 {
		cfg.Limit = defaultLimit
	}
	results := map[string]model.TargetResult{}
	var mu sync.Mutex
	var trying sync.WaitGroup
	for _, name := range names {
		trying.Go(func() {
			result := cfg.run(ctx, name)
			mu.Lock()
			defer mu.Unlock()
			results[name] = result
		})
	}
	trying.Wait()
	return results
}

func (cfg Config) run(ctx context.Context, name string) model.TargetResult {
	ctx, cancel := context.WithTimeout(ctx, cfg.Limit)
	defer cancel()
	t := &trial{ctx: ctx, result: model.TargetResult{OK: true, Tried: []model.TestStep{}}}
	section, try := cfg.Env.Section(name), targets()[name]
	if section == nil || try == nil {
		t.result.OK, t.result.Error = false, "there is no section "+name+" whose connection can be tested"
		return t.result
	}
	try(cfg, section, t)
	return t.result
}
