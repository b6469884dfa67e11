package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/integration/proc"
	"calipso.io/calipso/pkg/app"
	"calipso.io/calipso/pkg/model"
)

// What a simulated cloud has for each host, and how long it takes to answer.
const (
	instancesPerHost = 30
	portsPerHost     = 100
	apiDelay         = 20 * time.Millisecond
	sshDelay         = 5 * time.Millisecond
)

// labName is the name of the simulated environment.
const labName = "lab-1"

// measured is a scan and what it took.
type measured struct {
	hosts   int
	again   bool // it is not the first one
	scan    model.Scan
	calipso proc.Usage // the peak is that of all scans so far, the time that of this one
	lab     time.Duration
	load    string // of the machine, before
	floor   floor
}

// wall is the time from the request to the end.
func (m *measured) wall() time.Duration { return m.scan.EndTimestamp.Sub(m.scan.SubmitTimestamp) }

// rest is the part of it between the phases, and for the end: to wait for a worker, and to remove what is gone.
func (m *measured) rest() time.Duration {
	phases := 0.0
	for _, seconds := range m.scan.Summary.PhaseSeconds {
		phases += seconds
	}
	return m.wall() - time.Duration(phases*float64(time.Second))
}

// calipso is a running Calipso and, unless the cloud is a real one, the lab that it scans.
type calipso struct {
	*client.Client
	process, lab *proc.Process
}

// start runs a Calipso on a place.
func (b *bench) start(ctx context.Context, p place, profile string) (*calipso, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{serveCommand, "-data", p.data, "-store", p.store}
	if b.profile != "" {
		args = append(args, "-profile", filepath.Join(b.profile, profile))
	}
	c := &calipso{}
	if c.process, err = proc.Launch(ctx, self, args...); err != nil {
		return nil, err
	}
	c.Client, _, err = app.Connect(ctx, app.Config{Data: p.data}, false)
	return c, err
}

// cloud measures the scans of one simulated cloud.
func (b *bench) cloud(ctx context.Context, store string, hosts int) ([]measured, error) {
	name := fmt.Sprint(hosts)
	p, gone, err := b.place(ctx, store, name)
	if err != nil {
		return nil, err
	}
	defer gone()
	lab, err := proc.Launch(ctx, filepath.Join(b.work, "lab"), "-write-config", p.data, "-hosts", name,
		"-instances", fmt.Sprint(instancesPerHost*hosts), "-ports", fmt.Sprint(portsPerHost*hosts),
		"-api-delay", apiDelay.String(), "-ssh-delay", sshDelay.String())
	if err != nil {
		return nil, err
	}
	defer lab.Stop()
	c, err := b.start(ctx, p, store+"-"+name)
	if err != nil {
		return nil, err
	}
	defer c.process.Stop()
	c.lab = lab
	if err := c.register(ctx, filepath.Join(p.data, labName+".json")); err != nil {
		return nil, err
	}
	return c.scans(ctx, hosts, hosts <= b.again, p)
}

func (c *calipso) register(ctx context.Context, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return c.AddEnvironment(ctx, json.RawMessage(text))
}

// scans scans once or twice, and then measures the floor with what was found.
func (c *calipso) scans(ctx context.Context, hosts int, again bool, p place) ([]measured, error) {
	first, err := c.scan(ctx, labName)
	if err != nil {
		return nil, err
	}
	all := []measured{first}
	if again {
		second, err := c.scan(ctx, labName)
		if err != nil {
			return nil, err
		}
		all = append(all, second)
	}
	writings, err := writeTimes(ctx, p, len(all))
	if err != nil {
		return nil, fmt.Errorf("write the documents directly: %w", err)
	}
	for i := range all {
		m := &all[i]
		m.hosts, m.again, m.floor = hosts, i > 0, floorOf(hosts, m.scan.Summary, writings[i])
	}
	return all, nil
}

// scan scans once.
func (c *calipso) scan(ctx context.Context, environment string) (m measured, err error) {
	m.load = proc.Load()
	before, err := c.usage()
	if err != nil {
		return m, err
	}
	id, err := c.StartScan(ctx, client.ScanRequest{Environment: environment})
	if err != nil {
		return m, err
	}
	if err := c.ScanEvents(ctx, id, func(e client.Event) error { m.scan = e.Scan; return nil }); err != nil {
		return m, err
	}
	if m.scan.Status != model.ScanCompleted {
		return m, fmt.Errorf("scan ended %s: %s", m.scan.Status, m.scan.Error)
	}
	after, err := c.usage()
	m.calipso = proc.Usage{Peak: after.calipso.Peak, CPU: after.calipso.CPU - before.calipso.CPU}
	m.lab = after.lab - before.lab
	fmt.Fprintf(os.Stderr, "%d objects and links: %.1f s, load before %s\n",
		objects(m.scan.Summary)+m.scan.Summary.Links, m.wall().Seconds(), m.load)
	return m, err
}

// usages is what both processes have taken so far.
type usages struct {
	calipso proc.Usage
	lab     time.Duration
}

func (c *calipso) usage() (u usages, err error) {
	if u.calipso, err = c.process.Usage(); err != nil || c.lab == nil {
		return u, err
	}
	lab, err := c.lab.Usage()
	u.lab = lab.CPU
	return u, err
}
