package discover

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"calipso.io/calipso/pkg/conn/apic"
	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/conn/sqldb"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/trace"
)

// Discoverer carries out the steps of a plan. It has no state of its own and may be used from many goroutines.
type Discoverer struct {
	Plan     Plan
	Fetchers map[string]Constructor
	Wrappers hostcmd.Wrappers // how hosts' commands reach their programs; directly when there are none
}

// Sources are where a step reads.
type Sources struct {
	Cloud    *cloud.Client // nil for environments without such an API
	Database *sqldb.Client // nil when there is none
	Fabric   *apic.Client  // nil when there is none

	// Host runs a script on a host with `sh -s`, with the given arguments. The error says why it could not.
	Host func(ctx context.Context, host string, script []byte, args ...string) (stdout, stderr []byte, err error)
	// Sudo is what stands before commands that need root: "" or "sudo -n".
	Sudo string
}

// Input is what one step is to do.
type Input struct {
	Env     *model.Environment
	Parent  *model.Object // the object to look below; EnvironmentObject for the environment itself
	Scope   string        // names this step across scans
	Sources Sources
	Now     time.Time

	// Known are objects that the step's fetchers build on, in addition to what they find themselves.
	Known []model.Object
	// Lookup finds an object that is known from elsewhere, for the paths of objects that belong below it; nil if none.
	Lookup func(ctx context.Context, objectType, id string) (*model.Object, error)
	// Only, when set, limits what comes out to this object and what is below it.
	Only *model.Object
	// Skip, when set, tells which fetchers not to ask: what they would find is known from elsewhere.
	Skip func(fetcher string) bool
}

// Outcome is what a step found.
type Outcome struct {
	Objects []model.Object // complete; those with a Part are additions to others
	Results []model.Result // one per fetcher that applies to the parent
}

// EnvironmentObject returns the root of an environment's tree. It is not a document of the inventory.
func EnvironmentObject(env *model.Environment) *model.Object {
	return &model.Object{Environment: env.Name, Type: model.TypeEnvironment, ID: env.Name, Name: env.Name,
		ObjectName: env.Name, IDPath: "/" + pathPart(env.Name), NamePath: "/" + pathPart(env.Name)}
}

// Run carries out the plan's step for one parent. Failures of single fetchers are in the results; what the others
// found is complete.
func (d *Discoverer) Run(ctx context.Context, in Input) Outcome {
	step := d.Plan.step(in.Parent.Type)
	req := &Request{Env: in.Env, Parent: in.Parent, Cloud: in.Sources.Cloud, Database: in.Sources.Database, Fabric: in.Sources.Fabric}
	for i := range in.Known {
		req.learn(&in.Known[i])
	}
	keep := newKeeper(d.Plan, in)
	keep.folders(ctx, in.Parent, "plan")

	entries, fetchers := d.applicable(step, in)
	var reading sync.WaitGroup
	reading.Go(func() { begin(ctx, req, fetchers) })
	d.runHost(ctx, req, in, fetchers)
	reading.Wait()

	var results []model.Result
	failed := map[string]bool{}
	for i, entry := range entries {
		req.warnings = nil
		objects, err := fetch(ctx, req, entry, fetchers[i], failed)
		found := keep.add(ctx, req, entry, objects)
		failed[entry.Fetcher] = err != nil
		results = append(results, result(entry, found, err, req.warnings))
	}
	return Outcome{Objects: keep.objects(), Results: results}
}

// Names returns the names of the fetchers that Run asks for a parent, in their order.
func (d *Discoverer) Names(env *model.Environment, parent *model.Object) []string {
	entries, _ := d.applicable(d.Plan.step(parent.Type), Input{Env: env, Parent: parent})
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Fetcher
	}
	return names
}

// applicable returns the entries whose condition holds, with their fetchers. Fetchers of host commands that have none
// for this host are left out: there is nothing for them to do.
func (d *Discoverer) applicable(step PlanStep, in Input) (entries []Entry, fetchers []Fetcher) {
	for _, e := range step.Find {
		if e.Fetcher == "" || !e.When.Hold(in.Env, in.Parent) || in.Skip != nil && in.Skip(e.Fetcher) {
			continue
		}
		f := d.Fetchers[e.Fetcher]()
		if c, ok := f.(Commander); ok && len(c.Commands(in.Env, in.Parent)) == 0 {
			continue
		}
		entries, fetchers = append(entries, e), append(fetchers, f)
	}
	return entries, fetchers
}

// begin starts all reads of the fetchers; their answers are waited for where they are needed.
func begin(ctx context.Context, req *Request, fetchers []Fetcher) {
	var wg sync.WaitGroup
	for _, f := range fetchers {
		if r, ok := f.(Reader); ok {
			for _, read := range r.Reads(req) {
				wg.Go(func() { read(ctx) })
			}
		}
	}
	wg.Wait()
}

// runHost runs the commands of all fetchers on the parent, in one round trip.
func (d *Discoverer) runHost(ctx context.Context, req *Request, in Input, fetchers []Fetcher) {
	var commands []hostcmd.Command
	seen := map[string]bool{}
	for _, f := range fetchers {
		c, ok := f.(Commander)
		if !ok {
			continue
		}
		for _, command := range c.Commands(in.Env, in.Parent) {
			if !seen[command.Name] {
				seen[command.Name] = true
				commands = append(commands, command)
			}
		}
	}
	if len(commands) == 0 {
		return
	}
	mark := "mark-" + rand.Text()
	ctx, end := trace.Call(ctx, "ssh", attribute.String("server.address", in.Parent.ID))
	wrapped, sudo := d.Wrappers.Wrap(in.Env, in.Parent, commands, in.Sources.Sudo)
	stdout, stderr, err := in.Sources.Host(ctx, in.Parent.ID, hostcmd.Script(wrapped, mark), hostcmd.Args(wrapped, sudo)...)
	end(err)
	req.Outputs = hostcmd.Split(commands, mark, stdout, stderr)
	if err == nil {
		err = fmt.Errorf("host %s: what the script printed is not all of its output", in.Parent.ID)
	}
	if req.cutOff = err; len(req.Outputs) == 0 {
		req.HostErr = err
	}
}

// fetch runs one fetcher. A panic becomes an error: garbage from one host must not take the others down.
func fetch(ctx context.Context, req *Request, entry Entry, f Fetcher, failed map[string]bool) (objects []model.Object, err error) {
	// One cause is told in one way, whichever fetcher it hit.
	if _, ok := f.(Commander); ok && req.HostErr != nil {
		return nil, req.HostErr
	}
	for _, need := range entry.Needs {
		if failed[need] {
			return nil, fmt.Errorf("it needs %s, which failed", need)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, end := trace.Start(ctx, entry.Fetcher)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: %v", p)
		}
		end(err)
	}()
	return f.Fetch(ctx, req)
}

func result(entry Entry, found int, err error, warnings []model.Warning) model.Result {
	r := model.Result{Fetcher: entry.Fetcher, Found: found, Warnings: warnings, Status: model.ResultOK}
	switch {
	case err != nil:
		r.Status, r.Error = model.ResultFailed, message(err)
	case found == 0:
		r.Status = model.ResultEmpty
	}
	return r
}

// message is an error's text, or what it means when the scan itself ran out of time.
func message(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time: " + err.Error()
	}
	return err.Error()
}
