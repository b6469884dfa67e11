package discover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
)

// fetchFunc is a fetcher made of a function, and perhaps of commands.
type fetchFunc struct {
	fetch    func(*Request) ([]model.Object, error)
	commands []hostcmd.Command
}

func (f fetchFunc) Fetch(_ context.Context, r *Request) ([]model.Object, error) { return f.fetch(r) }

type commander struct{ fetchFunc }

func (c commander) Commands(*model.Environment, *model.Object) []hostcmd.Command { return c.commands }

func fetchers(m map[string]fetchFunc) map[string]Constructor {
	all := map[string]Constructor{}
	for name, f := range m {
		all[name] = func() Fetcher {
			if f.commands != nil {
				return commander{f}
			}
			return f
		}
	}
	return all
}

// shell runs scripts as a host would, and counts them.
func shell(t *testing.T, runs *int) func(context.Context, string, []byte, ...string) ([]byte, []byte, error) {
	return func(ctx context.Context, _ string, script []byte, args ...string) ([]byte, []byte, error) {
		*runs++
		var stdout, stderr bytes.Buffer
		cmd := exec.CommandContext(ctx, "sh", append([]string{"-s", "--"}, args...)...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(script), &stdout, &stderr
		err := cmd.Run()
		return stdout.Bytes(), stderr.Bytes(), err
	}
}

func run(t *testing.T, plan string, fs map[string]fetchFunc, change func(*Input)) Outcome {
	t.Helper()
	all := fetchers(fs)
	p, err := ParsePlan(all, document.Source{File: "plan.yaml", Content: []byte(plan)})
	if err != nil {
		t.Fatal(err)
	}
	env := &model.Environment{Name: "lab", MechanismDrivers: []string{"OVS"}}
	in := Input{Env: env, Parent: EnvironmentObject(env), Scope: "environment", Now: time.Unix(1, 0)}
	if change != nil {
		change(&in)
	}
	return (&Discoverer{Plan: p, Fetchers: all}).Run(context.Background(), in)
}

func paths(objects []model.Object) (list []string) {
	for _, o := range objects {
		list = append(list, o.Type+" "+o.IDPath)
	}
	slices.Sort(list)
	return list
}

func TestRunCompletesObjects(t *testing.T) {
	t.Parallel()
	out := run(t, `
- {parent: environment, task: true, find: [
    {folder: regions, text: Regions},
    {type: region, fetcher: regions},
    {type: network, fetcher: networks},
    {type: never, fetcher: never, when: {mechanism_drivers: [VPP]}}]}
- {parent: network, find: [{folder: ports, text: Ports}]}`, map[string]fetchFunc{
		"regions": {fetch: func(*Request) ([]model.Object, error) {
			return []model.Object{{ID: "R/1", ParentType: "regions_folder", ParentID: "lab-regions"}}, nil
		}},
		"networks": {fetch: func(r *Request) ([]model.Object, error) {
			if len(r.Known("region")) != 1 {
				t.Error("what an earlier fetcher found is not known")
			}
			return []model.Object{{ID: "n", Name: "net", ParentType: "region", ParentID: "R/1"}, {ID: "lost", ParentType: "region", ParentID: "other"}, {}}, nil
		}},
		"never": {fetch: func(*Request) ([]model.Object, error) { t.Error("condition does not hold"); return nil, nil }},
	}, nil)
	want := []string{
		"network /lab/lab-regions/R%2F1/n",
		"ports_folder /lab/lab-regions/R%2F1/n/n-ports",
		"region /lab/lab-regions/R%2F1",
		"regions_folder /lab/lab-regions",
	}
	if got := paths(out.Objects); !slices.Equal(got, want) {
		t.Errorf("objects\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	result := out.Results[1]
	if result.Found != 1 || len(result.Warnings) != 2 || !strings.Contains(result.Warnings[0].Reason, `region "other", is not known`) {
		t.Errorf("result of networks: %+v", result)
	}
	network := out.Objects[slices.IndexFunc(out.Objects, func(o model.Object) bool { return o.Type == "network" })]
	if network.NamePath != "/lab/Regions/R%2F1/net" || network.Scope != "environment" || network.Fetcher != "networks" || !network.ShowInTree {
		t.Errorf("network is %+v", network)
	}
}

func TestRunGoesOnAfterFailures(t *testing.T) {
	t.Parallel()
	out := run(t, `
- {parent: environment, task: true, find: [
    {type: a, fetcher: fails}, {type: b, fetcher: needs, needs: [fails]}, {type: c, fetcher: panics}, {type: d, fetcher: works}]}`,
		map[string]fetchFunc{
			"fails":  {fetch: func(*Request) ([]model.Object, error) { return []model.Object{{ID: "half"}}, errors.New("no answer") }},
			"needs":  {fetch: func(*Request) ([]model.Object, error) { t.Error("ran without what it needs"); return nil, nil }},
			"panics": {fetch: func(*Request) ([]model.Object, error) { panic("index out of range") }},
			"works":  {fetch: func(*Request) ([]model.Object, error) { return []model.Object{{ID: "d1"}}, nil }},
		}, nil)
	var got []string
	for _, r := range out.Results {
		got = append(got, r.Fetcher+": "+r.Status+" "+r.Error)
	}
	want := []string{"fails: failed no answer", "needs: failed it needs fails, which failed",
		"panics: failed internal error: index out of range", "works: ok "}
	if !slices.Equal(got, want) {
		t.Errorf("results %q, want %q", got, want)
	}
	if got := paths(out.Objects); !slices.Equal(got, []string{"a /lab/half", "d /lab/d1"}) {
		t.Errorf("objects %q", got)
	}
}

// TestRunTellsOneCause: why a host can't be reached is told in the same words by all of its fetchers, and Names knows
// them before.
func TestRunTellsOneCause(t *testing.T) {
	t.Parallel()
	hello := hostcmd.Command{Name: "hello", Script: "echo"}
	reads := func(r *Request) ([]model.Object, error) {
		_, err := r.Output(hello)
		return nil, fmt.Errorf("list things: %w", err)
	}
	plan := `
- {parent: environment, task: true, find: []}
- {parent: host, task: true, find: [{adds_to: host, fetcher: os}, {type: vnic, fetcher: vnics, needs: [os]}, {type: none, fetcher: nothing}]}`
	fs := map[string]fetchFunc{"os": {reads, []hostcmd.Command{hello}}, "vnics": {reads, []hostcmd.Command{hello}}, "nothing": {reads, []hostcmd.Command{}}}
	host := &model.Object{Environment: "lab", Type: "host", ID: "h1"}
	out := run(t, plan, fs, func(in *Input) {
		in.Parent, in.Sources.Host = host, func(context.Context, string, []byte, ...string) ([]byte, []byte, error) {
			return nil, nil, errors.New("ssh to h1: timed out")
		}
	})
	p, err := ParsePlan(fetchers(fs), document.Source{File: "plan.yaml", Content: []byte(plan)})
	if err != nil {
		t.Fatal(err)
	}
	names := (&Discoverer{Plan: p, Fetchers: fetchers(fs)}).Names(&model.Environment{}, host)
	for i, r := range out.Results {
		if r.Error != "ssh to h1: timed out" || r.Fetcher != names[i] {
			t.Errorf("%s says %q", r.Fetcher, r.Error)
		}
	}
	if !slices.Equal(names, []string{"os", "vnics"}) || len(out.Results) != 2 {
		t.Errorf("the fetchers are %q, those with a result %d", names, len(out.Results))
	}
}

const hostPlan = `
- {parent: environment, task: true, find: []}
- {parent: host, task: true, find: [
    {adds_to: host, fetcher: os}, {type: vnic, fetcher: vnics}, {type: pnic, fetcher: pnics}, {type: none, fetcher: nothing}]}`

func TestRunReadsAHostInOneRoundTrip(t *testing.T) {
	t.Parallel()
	hello := hostcmd.Command{Name: "hello", Script: `for n in a b; do printf '%s %s\n' "$mark" "$n"; echo "[$sudo]"; done; echo tail`}
	missing := hostcmd.Command{Name: "missing", Script: "no-such-command-anywhere --x"}
	host := &model.Object{Environment: "lab", Type: "host", ID: "h1", IDPath: "/lab/h1", NamePath: "/lab/h1"}
	runs := 0
	out := run(t, hostPlan, map[string]fetchFunc{
		"os": {commands: []hostcmd.Command{hello}, fetch: func(r *Request) ([]model.Object, error) {
			o, err := r.Output(hello)
			return []model.Object{{Type: "host", ID: "h1", Part: model.PartHost, Attrs: map[string]any{"sections": len(o.Sections())}}}, err
		}},
		"vnics": {commands: []hostcmd.Command{hello, missing}, fetch: func(r *Request) ([]model.Object, error) {
			o, err := r.Output(hello)
			if got := string(o.Sections()[1].Body); got != "[sudo -n]\ntail\n" {
				t.Errorf("second section is %q", got)
			}
			return []model.Object{{ID: "v"}}, err
		}},
		"pnics": {commands: []hostcmd.Command{missing}, fetch: func(r *Request) ([]model.Object, error) {
			_, err := r.Output(missing)
			return nil, err
		}},
		"nothing": {commands: []hostcmd.Command{}, fetch: func(*Request) ([]model.Object, error) { t.Error("has no commands"); return nil, nil }},
	}, func(in *Input) {
		in.Parent, in.Sources = host, Sources{Host: shell(t, &runs), Sudo: "sudo -n"}
	})
	if runs != 1 {
		t.Errorf("%d round trips, want 1", runs)
	}
	if len(out.Objects) != 2 || out.Objects[1].Part != model.PartHost || out.Objects[1].Attrs["sections"] != 2 {
		t.Errorf("objects: %+v", out.Objects)
	}
	if len(out.Results) != 3 || !strings.Contains(out.Results[2].Error, "missing: the command is missing on the host") {
		t.Errorf("results: %+v", out.Results)
	}
}

func TestRunSaysWhyAHostCouldNotBeRead(t *testing.T) {
	t.Parallel()
	command := hostcmd.Command{Name: "ip address show", Script: "true"}
	read := fetchFunc{commands: []hostcmd.Command{command}, fetch: func(r *Request) ([]model.Object, error) {
		_, err := r.Output(command)
		return nil, err
	}}
	tests := map[string]struct {
		stdout string
		err    error
		want   string
	}{
		"unreachable": {"", errors.New("ssh to h1: refused"), "ssh to h1: refused"},
		"garbage":     {"\x00\xff garbage", nil, "host h1: what the script printed is not all of its output"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := run(t, hostPlan, map[string]fetchFunc{"os": read, "vnics": read, "pnics": read, "nothing": read}, func(in *Input) {
				in.Parent = &model.Object{Type: "host", ID: "h1"}
				in.Sources.Host = func(context.Context, string, []byte, ...string) ([]byte, []byte, error) {
					return []byte(test.stdout), nil, test.err
				}
			})
			for _, r := range out.Results {
				if r.Status != model.ResultFailed || r.Error != test.want {
					t.Errorf("%s: %s %q, want failed %q", r.Fetcher, r.Status, r.Error, test.want)
				}
			}
		})
	}
}

func TestRunLimitedToOneObject(t *testing.T) {
	t.Parallel()
	fetch := fetchFunc{fetch: func(*Request) ([]model.Object, error) {
		return []model.Object{{ID: "n1"}, {ID: "n10"}, {Type: "port", ID: "p", ParentType: "network", ParentID: "n1"}}, nil
	}}
	out := run(t, "- {parent: environment, task: true, find: [{type: network, fetcher: f}]}", map[string]fetchFunc{"f": fetch},
		func(in *Input) { in.Only = &model.Object{IDPath: "/lab/n1"} })
	if got, want := paths(out.Objects), []string{"network /lab/n1", "port /lab/n1/p"}; !slices.Equal(got, want) {
		t.Errorf("objects %q, want %q", got, want)
	}
}
