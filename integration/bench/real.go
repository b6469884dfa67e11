package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"calipso.io/calipso/pkg/model"
)

// realScans is how often a real cloud is scanned; the best counts.
const realScans = 3

// realName is the name of the real environment.
const realName = "real"

// description is what is needed of a description of a real cloud, as integration/openstack/up writes it.
type description struct {
	API struct {
		Host, User, Password, Project string
		Port                          int
	}
	MySQL, SSH struct {
		Host, User, Password string
		Port                 int
	}
}

// real scans a real cloud and compares with the original, of which this is the successor.
func (b *bench) real(ctx context.Context) error {
	env, err := realEnvironment(b.options.lab)
	if err != nil {
		return err
	}
	p, gone, err := b.place(ctx, onSQLite, realName)
	if err != nil {
		return err
	}
	defer gone()
	c, err := b.start(ctx, p, realName)
	if err != nil {
		return err
	}
	defer c.process.Stop()
	if err := c.AddEnvironment(ctx, env); err != nil {
		return err
	}
	var all []measured
	for range realScans {
		m, err := c.scan(ctx, realName)
		if err != nil {
			return err
		}
		all = append(all, m)
	}
	b.compare(all)
	return nil
}

// compare prints the scans of the real cloud.
func (b *bench) compare(all []measured) {
	best := &all[0]
	for i := range all {
		if all[i].wall() < best.wall() {
			best = &all[i]
		}
	}
	s := best.scan.Summary
	fmt.Fprintf(b.out, "\na real cloud: the best of %d scans\n\n", len(all))
	line(b.out, []string{"", "the original", "Calipso"})
	line(b.out, []string{"---", "---:", "---:"})
	line(b.out, []string{"wall time", "12.2 s", seconds(best.wall())})
	line(b.out, []string{"SSH round trips", "56", fmt.Sprint(s.SSHCommands)})
	line(b.out, []string{"HTTP requests", "58", fmt.Sprint(s.APIRequests)})
	line(b.out, []string{"SQL queries", "29", fmt.Sprint(s.SQLQueries)})
	line(b.out, []string{"objects, links, cliques", "", fmt.Sprintf("%d, %d, %d", objects(s), s.Links, s.Cliques)})
	for i, m := range all {
		fmt.Fprintf(b.out, "\nscan %d: %s (inventory %.2f s, links %.2f s, cliques %.2f s), load before %s\n", i+1, seconds(m.wall()),
			m.scan.Summary.PhaseSeconds[model.PhaseInventory], m.scan.Summary.PhaseSeconds[model.PhaseLinks],
			m.scan.Summary.PhaseSeconds[model.PhaseCliques], m.load)
	}
}

func realEnvironment(file string) (env model.Environment, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return env, fmt.Errorf("description of the real cloud: %w", err)
	}
	var d description
	if err := json.Unmarshal(text, &d); err != nil {
		return env, fmt.Errorf("description of the real cloud %s: %w", file, err)
	}
	return model.Environment{
		Name: realName, Type: model.TypeEnvironment, EnvironmentType: model.EnvironmentOpenStack,
		Distribution: "OpenStack", DistributionVersion: "Zed", MechanismDrivers: []string{"OVS"}, TypeDrivers: "vxlan",
		Operational: "running",
		Configuration: []model.Section{
			{"name": model.SectionOpenStack, "host": d.API.Host, "port": d.API.Port, "user": d.API.User, "pwd": d.API.Password,
				"admin_project": d.API.Project},
			{"name": model.SectionMySQL, "host": d.MySQL.Host, "port": d.MySQL.Port, "user": d.MySQL.User, "pwd": d.MySQL.Password},
			{"name": model.SectionCLI, "host": d.SSH.Host, "port": d.SSH.Port, "user": d.SSH.User, "pwd": d.SSH.Password},
		},
	}, nil
}
