package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/integration/lab/fleet"
	"calipso.io/calipso/pkg/model"
)

// writer tells when the lab says that it is ready.
type writer struct {
	strings.Builder
	ready func()
}

func (w *writer) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), "ready") {
		w.ready()
	}
	return w.Builder.Write(p)
}

func TestRun(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "environments")
	o := parse([]string{"--environments", "2", "--hosts", "4", "--instances", "5", "--api-delay", "2ms", "--write-config", folder})
	if o.env.APIDelay != 2*time.Millisecond {
		t.Errorf("API delay: %s", o.env.APIDelay)
	}
	ctx, stop := context.WithCancel(t.Context())
	out := &writer{ready: stop}
	if err := run(ctx, o, out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"lab-1: 4 hosts", "lab-2: 4 hosts", "5 instances", "mysql      127.0.0.1:"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "lab-2.json"))
	if err != nil {
		t.Fatal(err)
	}
	var env model.Environment
	if err := json.Unmarshal(text, &env); err != nil || env.Name != "lab-2" || env.Section(model.SectionCLI) == nil {
		t.Errorf("the document is %s, %v", text, err)
	}
}

func TestRunVariances(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	out := &writer{ready: stop}
	if err := runFleet(ctx, []string{"--variances", "--write", folder}, out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "variance-60: Devstack Mitaka, VPP, gre, 3 hosts, healthy\n") {
		t.Errorf("it says %s", out)
	}
	environments, truths, err := fleet.Read(folder)
	if err != nil || len(environments) != 60 || len(truths) != 60 || truths[0].Objects["host"] != 3 {
		t.Errorf("it wrote %d environments and %d truths (%v)", len(environments), len(truths), err)
	}
}

func TestRunFleet(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	out := &writer{ready: stop}
	if err := runFleet(ctx, []string{"--environments", "6", "--seed", "5", "--api-delay", "0", "--write", folder}, out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "fleet-06: ") || !strings.Contains(out.String(), " hosts, dead\n") {
		t.Errorf("it says %s", out)
	}
	environments, truths, err := fleet.Read(folder)
	if err != nil || len(environments) != 6 || len(truths) != 6 {
		t.Errorf("it wrote %d environments and %d truths (%v)", len(environments), len(truths), err)
	}
}
