// Lab runs simulated OpenStack clouds until it is told to stop.
//
//	lab --environments 2 --hosts 10   clouds of one kind
//	lab fleet --environments 60       clouds of many sizes, some slow, half broken or dead
//	lab fleet --variances             a cloud of each supported kind
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/model"
)

// options are the command's flags.
type options struct {
	environments, basePort int
	seed                   int64
	config                 string
	env                    lab.EnvConfig
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var err error
	if len(os.Args) > 1 && os.Args[1] == fleetCommand {
		err = runFleet(ctx, os.Args[2:], os.Stdout)
	} else {
		err = run(ctx, parse(os.Args[1:]), os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

func parse(args []string) options {
	var o options
	f := flag.NewFlagSet("lab", flag.ExitOnError)
	f.IntVar(&o.environments, "environments", 1, "number of clouds; they are called lab-1, lab-2, …")
	f.Int64Var(&o.seed, "seed", 1, "same seed, same clouds")
	f.StringVar(&o.config, "write-config", "", "`folder` to write each environment's document to, as NAME.json")
	f.IntVar(&o.basePort, "base-port", 0, "first of ten ports for each cloud; 0: any free ports")
	f.IntVar(&o.env.Hosts, "hosts", 3, "hosts of each cloud")
	f.IntVar(&o.env.Controllers, "controllers", 0, "of these, how many are controllers; 0: by the number of hosts")
	f.IntVar(&o.env.Instances, "instances", 7, "instances of each cloud")
	f.IntVar(&o.env.Networks, "networks", 0, "tenant networks of each cloud; 0: by the number of instances")
	f.IntVar(&o.env.Ports, "ports", 0, "at least so many ports in each cloud")
	f.StringVar(&o.env.Tunnel, "tunnel", "vxlan", "type of the tenant networks: vxlan, gre or geneve; vlan: no tunnels")
	f.StringVar((*string)(&o.env.Mechanism), "mechanism", string(sim.OpenVSwitch), "lxb, vpp or mixed; Open vSwitch when empty")
	f.BoolVar(&o.env.SRIOV, "sriov", false, "instances on vlan networks have virtual functions of a NIC")
	f.BoolVar(&o.env.Teams, "teams", false, "these bonds are teams")
	f.BoolVar(&o.env.TunnelVLAN, "tunnel-vlan", false, "the tunnel address is on a VLAN of the bond")
	f.BoolVar(&o.env.Leafs, "leafs", false, "the NICs are cabled to leaf switches")
	f.BoolVar(&o.env.Fabric, "fabric", false, "the NICs are cabled to an ACI fabric, whose APIC answers")
	f.StringVar((*string)(&o.env.Plugging), "plugging", string(sim.Mixed), "hybrid or direct; both when empty")
	f.BoolVar(&o.env.Bonds, "bonds", false, "provider NICs are bonds")
	f.BoolVar(&o.env.NoMySQL, "no-mysql", false, "no databases")
	f.DurationVar(&o.env.APIDelay, "api-delay", 0, "how long an API takes to answer")
	f.DurationVar(&o.env.SSHDelay, "ssh-delay", 0, "how long a command over SSH takes to begin")
	f.Parse(args) // exits when it fails
	return o
}

// run runs the lab until ctx ends.
func run(ctx context.Context, o options, out io.Writer) error {
	cfg := lab.Config{Seed: o.seed}
	for i := range o.environments {
		env := o.env
		env.Name = fmt.Sprintf("lab-%d", i+1)
		if o.basePort > 0 {
			env.BasePort = o.basePort + 10*i
		}
		cfg.Environments = append(cfg.Environments, env)
	}
	began := time.Now()
	l, err := lab.Start(ctx, cfg)
	if err != nil {
		return err
	}
	defer l.Close()
	for _, env := range l.Environments() {
		if err := write(o.config, env); err != nil {
			return err
		}
		describe(out, l, env)
	}
	fmt.Fprintf(out, "ready after %s\n", time.Since(began).Round(time.Millisecond))
	<-ctx.Done()
	return nil
}

// write writes an environment's document, so that whoever waits for the file finds it whole.
func write(folder string, env model.Environment) error {
	if folder == "" {
		return nil
	}
	text, err := json.MarshalIndent(env, "", "  ")
	if err != nil {
		return fmt.Errorf("write the document of %s: %w", env.Name, err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make a folder for documents: %w", err)
	}
	file := filepath.Join(folder, env.Name+".json")
	if err := os.WriteFile(file+".part", append(text, '\n'), 0o600); err != nil { // it holds passwords
		return fmt.Errorf("write the document of %s: %w", env.Name, err)
	}
	return os.Rename(file+".part", file)
}

func describe(out io.Writer, l *lab.Lab, env model.Environment) {
	truth := l.Truth(env.Name)
	fmt.Fprintf(out, "%s: %d hosts, %d networks, %d ports, %d instances\n",
		env.Name, len(truth.Hosts), len(truth.Networks), len(truth.Ports), len(truth.Instances))
	for _, s := range env.Configuration {
		fmt.Fprintf(out, "  %-10s %s:%s as %s\n", s.Name(), s.Str("host"), s.Str("port"), s.Str("user"))
	}
}
