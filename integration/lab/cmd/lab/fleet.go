package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"calipso.io/calipso/integration/lab/fleet"
)

// fleetCommand makes the lab one of many clouds, some of which are not well.
const fleetCommand = "fleet"

// runFleet runs a fleet until ctx ends.
func runFleet(ctx context.Context, args []string, out io.Writer) error {
	var s fleet.Spec
	f := flag.NewFlagSet("lab fleet", flag.ExitOnError)
	f.Int64Var(&s.Seed, "seed", 1, "same seed, same fleet")
	f.IntVar(&s.Environments, "environments", 60, "number of clouds; they are called fleet-01, fleet-02, …")
	f.DurationVar(&s.APIDelay, "api-delay", 100*time.Millisecond, "how long an API takes to answer; slow clouds take 5 times as long")
	f.DurationVar(&s.SSHDelay, "ssh-delay", 100*time.Millisecond, "how long a command over SSH takes to begin; slow clouds take 5 times as long")
	f.BoolVar(&s.Healed, "healed", false, "the same clouds, but none is slow, broken or dead")
	variances := f.Bool("variances", false, "60 healthy clouds instead, one of each supported kind; they are called variance-01, variance-02, …")
	folder := f.String("write", "", "`folder` to write environments.json (for calipso env add) and truth.json (what scans have to find) to")
	f.Parse(args) // exits when it fails
	began := time.Now()
	running, err := startFleet(ctx, s, *variances)
	if err != nil {
		return err
	}
	defer running.Close()
	for i, e := range running.Environments() {
		t := running.Truths[i]
		fmt.Fprintf(out, "%s: %s %s, %s, %s, %d hosts, %s\n", e.Name, e.Distribution, e.DistributionVersion,
			strings.Join(e.MechanismDrivers, " "), e.TypeDrivers, t.Hosts, t.Kind)
	}
	if *folder != "" {
		if err := running.Write(*folder); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "ready after %s\n", time.Since(began).Round(time.Millisecond))
	<-ctx.Done()
	return nil
}

func startFleet(ctx context.Context, s fleet.Spec, variances bool) (*fleet.Fleet, error) {
	if !variances {
		return fleet.Start(ctx, s)
	}
	return fleet.StartVariances(ctx, s, fleet.Variances())
}
